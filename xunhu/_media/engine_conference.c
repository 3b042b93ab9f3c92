/* Conferences: opened and closed, planned, summed once a tick.
 *
 * Each tick a party's contribution is what came in, or that with its gain, or nothing where it is as quiet as A-law can be; the kernel makes the sum of all of them, and for each
 * party that hears the conference the mixing of timeslots (engine_tick.c) takes its own away. Whoever contributes nothing
 * (listeners, parties that are silent, muted or not among the loudest) gets the octets of the sum, encoded once for each law.
 * Where it is asked for, a party is faded out for as long as it presses a key (XH_CONFERENCE_HOLD_KEYS).
 * A gain never jumps: it moves to its new value within the tick, so a party is faded in and out. Prompts, tones and other ports of the
 * pool are always heard, and as they are from their first sample on. */
#include "engine_private.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define LOUDEST_MAX 128
#define EVERY_MS 200
#define EVERY_MS_MAX 60000

int xh_conferences_new(struct xh_engine *e)
{
    xh_conference_kernels(&e->mixer, 0);
    e->conference = xh_pages(XH_CONFERENCES * sizeof *e->conference);
    e->talk = xh_pages(XH_CROSSPOINTS * sizeof *e->talk);
    e->scaled = xh_pages(XH_CROSSPOINTS * sizeof *e->scaled);
    xh_stack_of(e->conference_free, &e->nconference_free, XH_CONFERENCES);
    return e->conference && e->talk && e->scaled ? 0 : -ENOMEM;
}

void xh_conferences_free(struct xh_engine *e)
{
    if (e->conference)
        munmap(e->conference, XH_CONFERENCES * sizeof *e->conference);
    if (e->talk)
        munmap(e->talk, XH_CROSSPOINTS * sizeof *e->talk);
    if (e->scaled)
        munmap(e->scaled, XH_CROSSPOINTS * sizeof *e->scaled);
}

static int is_good(const struct xh_command *c)
{
    int flags = XH_CONFERENCE_FLOOR | XH_CONFERENCE_TALKERS | XH_CONFERENCE_HOLD_KEYS;
    return c->port >= XH_LINE_PORTS && c->port < XH_MAX_PORTS && c->a0 >= 0 && c->a0 <= LOUDEST_MAX && !(c->a1 & ~flags) && c->a2 >= 0 &&
           c->a2 <= EVERY_MS_MAX;
}

static void set(struct xh_conference *k, const struct xh_command *c)
{
    k->loudest = (uint8_t)c->a0;
    k->flags = (uint8_t)c->a1;
    k->every = (uint32_t)(c->a2 ? c->a2 : EVERY_MS) * (XH_RATE / 1000);
}

int xh_conference_open(struct xh_engine *e, const struct xh_command *c)
{
    if (!is_good(c))
        return -EINVAL;
    if (e->port[c->port].kind != XH_PORT_FREE)
        return -EBUSY;
    if (!e->nconference_free)
        return -ENOSPC;
    uint16_t slot = e->conference_free[--e->nconference_free];
    struct xh_conference *k = &e->conference[slot];
    memset(k, 0, sizeof *k);
    k->port = (uint16_t)c->port;
    set(k, c);
    xh_port_open(e, c->port, XH_PORT_CONFERENCE, c->tag);
    e->port[c->port].slot = slot;
    return 0;
}

int xh_conference_set(struct xh_engine *e, const struct xh_command *c)
{
    if (!is_good(c))
        return -EINVAL;
    if (e->port[c->port].kind != XH_PORT_CONFERENCE)
        return -ENOENT;
    set(&e->conference[e->port[c->port].slot], c);
    e->plan.stale = 1;
    return 0;
}

void xh_conference_give_back(struct xh_engine *e, struct xh_port *p)
{
    e->conference_free[e->nconference_free++] = p->slot;
}

void xh_conference_joined(struct xh_engine *e, uint32_t xpoint)
{
    const struct xh_xpoint *x = &e->xpoint[xpoint];
    e->talk[xpoint] = (struct xh_talk){.gain = x->source >= XH_LINE_PORTS ? x->gain : 0};
}

/* -- the plan ---------------------------------------------------------------------- */

static void plan_party(struct xh_engine *e, struct xh_conference *k, uint32_t xpoint)
{
    struct xh_plan *plan = &e->plan;
    const struct xh_xpoint *x = &e->xpoint[xpoint];
    plan->party_at[xpoint] = 0;
    if (!x->gain && !e->talk[xpoint].gain)
        return;
    plan->needed[x->source / 64] |= 1ull << x->source % 64;
    plan->party[plan->parties] = (struct xh_party){
        .in = e->linear[x->source], .conference = k, .xpoint = xpoint, .port = x->source, .gain = x->gain,
    };
    plan->party_at[xpoint] = ++plan->parties;
}

static void plan_conference(struct xh_engine *e, uint32_t port)
{
    struct xh_plan *plan = &e->plan;
    struct xh_conference *k = &e->conference[e->port[port].slot];
    k->laws = 0;
    k->first = plan->parties;
    for (uint32_t i = e->port[port].first_in; i != XH_NO_XPOINT; i = e->xpoint[i].next_in)
        plan_party(e, k, i);
    k->parties = plan->parties - k->first;
    plan->conference[plan->conferences++] = e->port[port].slot;
}

void xh_conferences_plan(struct xh_engine *e)
{
    e->plan.conferences = e->plan.parties = 0;
    if (e->nconference_free == XH_CONFERENCES)
        return;
    for (uint32_t w = XH_LINE_PORTS / 64; w < XH_MAX_PORTS / 64; w++)
        for (uint64_t bits = e->open[w]; bits; bits &= bits - 1) {
            uint32_t port = w * 64 + (uint32_t)__builtin_ctzll(bits);
            if (e->port[port].kind == XH_PORT_CONFERENCE)
                plan_conference(e, port);
        }
}

/* Whoever hears the conference has few that hear him, the conference may have many that it hears: so the list is his. */
uint32_t xh_conference_party(struct xh_engine *e, uint32_t port, uint32_t conference)
{
    uint32_t i = e->port[port].first_out;
    while (i != XH_NO_XPOINT && e->xpoint[i].destination != conference)
        i = e->xpoint[i].next_out;
    uint32_t party = i == XH_NO_XPOINT ? 0 : e->plan.party_at[i];
    if (party && port < XH_TS_PORTS)
        e->plan.party[party - 1].octets = xh_conference_octets(e, conference, xh_line_of(e, port)->law);
    return party;
}

const uint8_t *xh_conference_octets(struct xh_engine *e, uint32_t conference, int law)
{
    struct xh_conference *k = &e->conference[e->port[conference].slot];
    int u = law != 'A';
    k->laws |= (uint8_t)(1 << u);
    return k->octets[u];
}

/* -- the tick ---------------------------------------------------------------------- */

static void contribute(struct xh_engine *e, struct xh_party *p)
{
    struct xh_talk *t = &e->talk[p->xpoint];
    int from = t->gain, to = t->chosen && !p->keys ? p->gain : 0;
    t->gain = (int16_t)to;
    p->own = NULL;
    if (p->energy <= (uint32_t)e->samples)
        return;         /* all is +-8, A-law's zero; a hundred idle lines would add up to an offset of some volume */
    if (from == XH_GAIN_UNITY && to == XH_GAIN_UNITY) {
        p->own = p->in;
    } else if (from || to) {
        int16_t *out = e->scaled[p - e->plan.party];
        e->mixer.scale(out, p->in, from, to, (size_t)e->samples);
        p->own = out;
    }
}

static int is_pressing_a_key(const struct xh_engine *e, uint32_t port)
{
    const struct xh_port *p = &e->port[port];
    return p->detect & XH_DETECT_DTMF && p->detector != XH_NONE && xh_dtmf_bank_likely(e->bank, p->detector);
}

static void run(struct xh_engine *e, struct xh_conference *k)
{
    size_t n = (size_t)e->samples, rows = 0;
    const int16_t **row = &e->plan.row[k->first];
    for (uint32_t i = k->first; i < k->first + k->parties; i++) {
        struct xh_party *p = &e->plan.party[i];
        p->energy = e->mixer.energy(p->in, n);
        p->keys = k->flags & XH_CONFERENCE_HOLD_KEYS && is_pressing_a_key(e, p->port);
    }
    xh_floor_run(e, k);
    for (uint32_t i = k->first; i < k->first + k->parties; i++) {
        contribute(e, &e->plan.party[i]);
        if (e->plan.party[i].own)
            row[rows++] = e->plan.party[i].own;
    }
    int16_t *low = e->linear[k->port];
    e->mixer.sum(low, k->rest, row, rows, n);
    if (k->laws & 1)
        xh_alaw_encode(k->octets[0], low, n);
    if (k->laws & 2)
        xh_ulaw_encode(k->octets[1], low, n);
}

void xh_conferences_run(struct xh_engine *e)
{
    for (uint32_t i = 0; i < e->plan.conferences; i++)
        run(e, &e->conference[e->plan.conference[i]]);
}
