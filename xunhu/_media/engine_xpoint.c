/* Crosspoints, and the plan of a tick.
 *
 * Crosspoints are edges in two doubly linked lists, one at the destination (who do I hear) and one at the source (who
 * hears me).  The plan turns them into flat lists of work: which timeslots to decode, which to copy octet for octet,
 * which to mix.  It is made again at the beginning of a tick in which anything changed. */
#include "engine_private.h"

#include <errno.h>
#include <string.h>

static uint32_t find(const struct xh_engine *e, uint32_t source, uint32_t destination)
{
    uint32_t i = e->port[destination].first_in;
    while (i != XH_NO_XPOINT && e->xpoint[i].source != source)
        i = e->xpoint[i].next_in;
    return i;
}

static void link_in(struct xh_engine *e, uint32_t i)
{
    struct xh_xpoint *x = &e->xpoint[i];
    struct xh_port *s = &e->port[x->source], *d = &e->port[x->destination];
    x->prev_in = x->prev_out = XH_NO_XPOINT;
    x->next_in = d->first_in;
    x->next_out = s->first_out;
    if (d->first_in != XH_NO_XPOINT)
        e->xpoint[d->first_in].prev_in = i;
    if (s->first_out != XH_NO_XPOINT)
        e->xpoint[s->first_out].prev_out = i;
    d->first_in = s->first_out = i;
    d->inputs++;
    e->xpoints++;
}

static void unlink_from(struct xh_engine *e, uint32_t i)
{
    struct xh_xpoint *x = &e->xpoint[i];
    struct xh_port *s = &e->port[x->source], *d = &e->port[x->destination];
    if (x->prev_in != XH_NO_XPOINT)
        e->xpoint[x->prev_in].next_in = x->next_in;
    else
        d->first_in = x->next_in;
    if (x->next_in != XH_NO_XPOINT)
        e->xpoint[x->next_in].prev_in = x->prev_in;
    if (x->prev_out != XH_NO_XPOINT)
        e->xpoint[x->prev_out].next_out = x->next_out;
    else
        s->first_out = x->next_out;
    if (x->next_out != XH_NO_XPOINT)
        e->xpoint[x->next_out].prev_out = x->prev_out;
    d->inputs--;
    e->xpoints--;
    x->next_in = e->xpoint_free;
    e->xpoint_free = i;
    e->plan.stale = 1;
}

static uint32_t take_free(struct xh_engine *e)
{
    uint32_t i = e->xpoint_free;
    if (i != XH_NO_XPOINT) {
        e->xpoint_free = e->xpoint[i].next_in;
        return i;
    }
    return e->xpoint_high < XH_CROSSPOINTS ? e->xpoint_high++ : XH_NO_XPOINT;
}

static int may_hear(const struct xh_port *s, const struct xh_port *d)
{
    if (s->kind == XH_PORT_RECORDER)
        return 0;
    if (d->kind == XH_PORT_CONFERENCE)
        return s->kind != XH_PORT_CONFERENCE;
    return xh_is_line(d) || d->kind == XH_PORT_RECORDER;
}

int xh_connect(struct xh_engine *e, uint32_t source, uint32_t destination, int gain, int track)
{
    const struct xh_port *s = &e->port[source], *d = &e->port[destination];
    if (s->kind == XH_PORT_FREE || d->kind == XH_PORT_FREE || d->ending)
        return -ENOENT;
    if (!may_hear(s, d))
        return -EINVAL;
    uint32_t i = find(e, source, destination);
    int fresh = i == XH_NO_XPOINT;
    if (fresh)
        i = d->inputs < XH_INPUTS_MAX ? take_free(e) : XH_NO_XPOINT;
    if (i == XH_NO_XPOINT)
        return -ENOSPC;
    struct xh_xpoint *x = &e->xpoint[i];
    x->source = (uint16_t)source;
    x->destination = (uint16_t)destination;
    x->gain = (int16_t)gain;
    x->track = (uint16_t)track;
    if (fresh)
        link_in(e, i);
    if (fresh && d->kind == XH_PORT_CONFERENCE)
        xh_conference_joined(e, i);
    e->plan.stale = 1;
    xh_port_show(e, destination);
    return 0;
}

int xh_disconnect(struct xh_engine *e, uint32_t source, uint32_t destination)
{
    uint32_t i = find(e, source, destination);
    if (i == XH_NO_XPOINT)
        return -ENOENT;
    unlink_from(e, i);
    xh_port_show(e, destination);
    return 0;
}

void xh_disconnect_all(struct xh_engine *e, uint32_t port)
{
    struct xh_port *p = &e->port[port];
    while (p->first_in != XH_NO_XPOINT)
        unlink_from(e, p->first_in);
    while (p->first_out != XH_NO_XPOINT) {
        uint32_t destination = e->xpoint[p->first_out].destination;
        unlink_from(e, p->first_out);
        xh_port_show(e, destination);
    }
}

/* -- the plan ------------------------------------------------------------------ */

static uint8_t *octets_of(uint8_t (*block)[XH_TIMESLOTS][XH_TICK_MAX], uint32_t port)
{
    return block[port / XH_TIMESLOTS][port % XH_TIMESLOTS];
}

static void need(struct xh_engine *e, uint32_t port)
{
    e->plan.needed[port / 64] |= 1ull << port % 64;
}

static uint32_t party_of(struct xh_engine *e, const struct xh_xpoint *x)
{
    return e->port[x->source].kind == XH_PORT_CONFERENCE ? xh_conference_party(e, x->destination, x->source) : 0;
}

/* The terms of a destination, silent ones left out; how many. */
static uint32_t add_terms(struct xh_engine *e, const struct xh_port *p)
{
    struct xh_plan *plan = &e->plan;
    uint32_t first = plan->terms;
    for (uint32_t i = p->first_in; i != XH_NO_XPOINT; i = e->xpoint[i].next_in) {
        const struct xh_xpoint *x = &e->xpoint[i];
        if (x->gain)
            plan->term[plan->terms++] = (struct xh_term){e->linear[x->source], x->gain, x->track, party_of(e, x)};
    }
    return plan->terms - first;
}

static void need_inputs(struct xh_engine *e, const struct xh_port *p)
{
    for (uint32_t i = p->first_in; i != XH_NO_XPOINT; i = e->xpoint[i].next_in)
        if (e->xpoint[i].gain)
            need(e, e->xpoint[i].source);
}

/* The octets that `port` gets as they are when it hears one source, *from, at unity gain that has them in its law; else NULL. */
static const uint8_t *transparent(struct xh_engine *e, uint32_t port, uint32_t *from)
{
    const struct xh_xpoint *only = NULL;
    int law = xh_line_of(e, port)->law;
    if (e->port[port].levelled & 1 << XH_SIDE_OUT)
        return NULL;
    for (uint32_t i = e->port[port].first_in; i != XH_NO_XPOINT; i = e->xpoint[i].next_in) {
        const struct xh_xpoint *x = &e->xpoint[i];
        if (!x->gain)
            continue;
        if (only || x->gain != XH_GAIN_UNITY)
            return NULL;
        only = x;
    }
    if (!only)
        return NULL;
    *from = only->source;
    if (only->source < XH_TS_PORTS) {
        const struct xh_port *s = &e->port[only->source];
        int as_it_is = !s->echo && !(s->levelled & 1 << XH_SIDE_IN) && xh_line_of(e, only->source)->law == law;
        return as_it_is ? octets_of(e->rx, only->source) : NULL;
    }
    if (e->port[only->source].kind == XH_PORT_CONFERENCE && !party_of(e, only))
        return xh_conference_octets(e, only->source, law);
    return NULL;
}

static void plan_meter(struct xh_engine *e, uint32_t port, const int16_t *out)
{
    const struct xh_port *p = &e->port[port];
    if (p->meter == XH_NONE)
        return;
    const int16_t *in = p->kind == XH_PORT_RECORDER ? NULL : e->linear[port];
    e->plan.meter[e->plan.meters++] = (struct xh_op_meter){(uint16_t)port, p->meter, in, out};
}

static void plan_timeslot(struct xh_engine *e, uint32_t port)
{
    struct xh_plan *plan = &e->plan;
    const struct xh_port *p = &e->port[port];
    const struct xh_line *line = xh_line_of(e, port);
    const int16_t *out = NULL;
    uint32_t only = XH_NONE;
    const uint8_t *octets = transparent(e, port, &only);
    if (p->detect || p->echo || p->levelled & 1 << XH_SIDE_IN)
        need(e, port);
    if (p->echo)
        xh_echoes_plan(e, port);
    if (p->conceal)
        xh_conceals_plan(e, port);
    if (octets) {
        plan->copy[plan->copies++] = (struct xh_op_copy){octets, octets_of(e->tx, port)};
        if (p->meter != XH_NONE) {
            need(e, only);
            out = e->linear[only];
        }
    } else {
        uint32_t first = plan->terms, count = add_terms(e, p);
        need_inputs(e, p);
        if (count)
            plan->mix[plan->mixes++] = (struct xh_op_mix){first, count, (uint16_t)port, p->meter,
                                                          p->levelled & 1 << XH_SIDE_OUT ? p->level_out + 1u : 0};
        else
            memset(octets_of(e->tx, port), line->idle, XH_TICK_MAX);
    }
    if (line->span && line->span->ops->cas_read)
        plan->cas_port[plan->cas++] = (uint16_t)port;
    plan_meter(e, port, out);
}

static void plan_rtp(struct xh_engine *e, uint32_t port)
{
    struct xh_plan *plan = &e->plan;
    const struct xh_port *p = &e->port[port];
    uint32_t first = plan->terms, count = add_terms(e, p);
    need_inputs(e, p);
    if (p->echo)
        xh_echoes_plan(e, port);
    if (count)
        plan->mix[plan->mixes++] = (struct xh_op_mix){first, count, (uint16_t)port, p->meter,
                                                      p->levelled & 1 << XH_SIDE_OUT ? p->level_out + 1u : 0};
    else
        memset(xh_rtp_out(e, port), 0, XH_TICK_MAX * sizeof(int16_t));
    xh_rtp_plan(e, port);
    plan_meter(e, port, NULL);
}

static void plan_recorder(struct xh_engine *e, uint32_t port)
{
    struct xh_plan *plan = &e->plan;
    const struct xh_port *p = &e->port[port];
    if (!p->ending) {
        uint32_t first = plan->terms, count = add_terms(e, p);
        need_inputs(e, p);
        plan->rec[plan->recs++] = (struct xh_op_mix){first, count, (uint16_t)port, p->meter, 0};
    }
    plan_meter(e, port, NULL);
}

static void plan_detectors(struct xh_engine *e, uint32_t port)
{
    struct xh_plan *plan = &e->plan;
    const struct xh_port *p = &e->port[port];
    if (p->detector == XH_NONE)
        return;
    if (p->detect & XH_DETECT_DTMF) {
        plan->dtmf[p->detector] = e->linear[port];
        if (p->detector >= plan->dtmf_high)
            plan->dtmf_high = p->detector + 1u;
    }
    xh_detectors_plan(e, port);
}

static void plan_port(struct xh_engine *e, uint32_t port)
{
    struct xh_plan *plan = &e->plan;
    switch (e->port[port].kind) {
    case XH_PORT_TIMESLOT:
        plan_timeslot(e, port);
        break;
    case XH_PORT_RTP:
        plan_rtp(e, port);
        break;
    case XH_PORT_RECORDER:
        plan_recorder(e, port);
        break;
    case XH_PORT_PLAYER:
        plan->player_port[plan->players++] = (uint16_t)port;
        plan_meter(e, port, NULL);
        break;
    case XH_PORT_TONE:
        plan->tone_port[plan->tones++] = (uint16_t)port;
        plan_meter(e, port, NULL);
        break;
    case XH_PORT_CONFERENCE:
        plan_meter(e, port, NULL);
        break;
    }
    plan_detectors(e, port);
}

void xh_plan_make(struct xh_engine *e)
{
    struct xh_plan *plan = &e->plan;
    plan->rtps = plan->decodes = plan->copies = plan->mixes = plan->recs = plan->terms = plan->meters = 0;
    plan->echoes = plan->conceals = plan->dtmf_high = plan->players = plan->tones = plan->cas = 0;
    memset(plan->needed, 0, sizeof plan->needed);
    memset(plan->dtmf, 0, sizeof plan->dtmf);
    memset(plan->listens, 0, sizeof plan->listens);
    memset(plan->bank_ports, 0, sizeof plan->bank_ports);
    memset(plan->bank_in, 0, sizeof plan->bank_in);
    xh_conferences_plan(e);
    for (uint32_t w = 0; w < XH_MAX_PORTS / 64; w++)
        for (uint64_t bits = e->open[w]; bits; bits &= bits - 1)
            plan_port(e, w * 64 + (uint32_t)__builtin_ctzll(bits));
    for (uint32_t w = 0; w < XH_TS_PORTS / 64; w++)
        for (uint64_t bits = plan->needed[w] & e->open[w]; bits; bits &= bits - 1) {
            uint32_t port = w * 64 + (uint32_t)__builtin_ctzll(bits);
            plan->decode[plan->decodes++] =
                (struct xh_op_decode){octets_of(e->rx, port), e->linear[port], xh_line_of(e, port)->law};
        }
    plan->stale = 0;
}
