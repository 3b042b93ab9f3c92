/* RTP lines: their events, and their rows in shared memory. */
#include "engine_private.h"

#include <math.h>
#include <string.h>

#define SHOW_EVERY 50                   /* ticks between two looks at a line */

static uint32_t port_of(const struct xh_engine *e, const struct xh_rtp_line *l)
{
    return XH_TS_PORTS + (uint32_t)(l - e->rtp.line);
}

static uint32_t state_of(const struct xh_rtp_line *l, const struct xh_rtp_receiver_stats *s, int open)
{
    if (!open)
        return 0;
    return XH_RTP_STATE_OPEN | (l->direction & XH_RTP_SENDS ? XH_RTP_STATE_SENDS : 0) | (l->direction & XH_RTP_HEARS ? XH_RTP_STATE_HEARS : 0) |
           (s->heard ? XH_RTP_STATE_HEARD : 0) | (l->locked ? XH_RTP_STATE_LOCKED : 0) |
           (l->sending && l->sending->srtp && l->hearing && l->hearing->srtp ? XH_RTP_STATE_SECURE : 0) |
           (l->silent ? XH_RTP_STATE_SILENT : 0) | (l->ended ? XH_RTP_STATE_BYE : 0) | (s->noise ? XH_RTP_STATE_NOISE : 0) |
           (l->sending ? XH_RTP_STATE_SENDING : 0) | (l->mux ? XH_RTP_STATE_MUX : 0);
}

static uint16_t small(double v)
{
    return (uint16_t)(v < 0 || isnan(v) ? 0 : v > UINT16_MAX ? UINT16_MAX : lrint(v));
}

static int16_t signed_small(double v)
{
    return (int16_t)(isnan(v) ? 0 : v < INT16_MIN ? INT16_MIN : v > INT16_MAX ? INT16_MAX : lrint(v));
}

static uint8_t codec_heard(const struct xh_rtp_line *l, int type)
{
    for (int i = 0; l->hearing && i < l->hearing->hear.count; i++)
        if (l->hearing->hear.accept[i].payload_type == type && l->hearing->hear.accept[i].kind == XH_RTP_AUDIO)
            return l->hearing->hear.accept[i].codec;
    return UINT8_MAX;
}

static void show_sent(const struct xh_rtp_line *l, struct xh_rtp_row *r)
{
    r->codec = r->payload_type = UINT8_MAX;
    if (!l->started)
        return;
    r->ssrc = l->tx.ssrc;
    r->packets = l->tx.packets;
    r->octets = l->tx.octets;
    r->ptime_ms = (uint8_t)(l->tx.packet / (XH_RATE / 1000));
    if (l->sending) {
        r->codec = l->sending->send.codec;
        r->payload_type = l->sending->send.payload_type;
    }
    r->remote_lost = l->rtcp.reported ? l->rtcp.report.lost : 0;
    if (l->rtcp.reported && l->sending)
        r->remote_jitter_us = (uint32_t)((uint64_t)l->rtcp.report.jitter * 1000000u / xh_rtp_codec_at(l->sending->send.codec)->clock_hz);
    r->round_trip_ms = small(xh_rtcp_round_trip_ms(&l->rtcp));
}

static void show_heard(const struct xh_rtp_line *l, const struct xh_rtp_receiver_stats *s, struct xh_rtp_row *r)
{
    struct xh_rtp_quality q = {0};
    r->remote_ssrc = s->ssrc;
    r->remote_type = s->payload_type;
    r->remote_codec = codec_heard(l, s->payload_type);
    r->remote_packets = s->packets;
    r->remote_octets = s->octets;
    r->late = s->late;
    r->early = s->early;
    r->duplicates = s->duplicates;
    r->reordered = s->reordered;
    r->invalid = s->invalid + s->unknown + l->damaged;
    r->concealed = s->concealed;
    r->lost = s->lost;
    r->jitter_us = (uint32_t)(1000.0f * s->jitter_ms);
    r->delay_ms = small(s->delay_ms);
    r->wanted_ms = small(s->wanted_ms);
    r->loss_x10000 = small(10000.0 * s->loss);
    r->skew_ppm = signed_small(s->skew_ppm);
    if (!l->started || !s->heard)
        return;
    xh_rtcp_quality(&l->rtcp, s, l->sending ? xh_rtp_codec_at(l->sending->send.codec) : NULL, r->ptime_ms, &q);
    r->mos_in_x100 = small(100.0 * q.mos_in);
    r->mos_out_x100 = small(100.0 * q.mos_out);
    r->r_in_x10 = small(10.0 * q.r_in);
    r->r_out_x10 = small(10.0 * q.r_out);
}

void xh_rtp_show(struct xh_engine *e, struct xh_rtp_line *l)
{
    struct xh_rtp_row *row = &e->shm->rtp[l - e->rtp.line], now = {0};
    struct xh_rtp_receiver_stats s;
    xh_rtp_receiver_stats(&l->rx, &s);
    now.state = state_of(l, &s, e->port[port_of(e, l)].kind == XH_PORT_RTP && l->fd >= 0);
    now.local = l->local;
    now.remote = l->locked && !xh_rtp_address_multicast(&l->remote) ? l->source : l->remote;
    now.source = l->from;
    now.send_failed = l->failed;
    now.strange = l->strange;
    now.unauthentic = l->unauthentic;
    show_sent(l, &now);
    show_heard(l, &s, &now);
    xh_row_begin(&row->sequence);
    now.sequence = row->sequence;
    *row = now;
    xh_row_end(&row->sequence);
}

/* -- events --------------------------------------------------------------------------------- */

static void say(struct xh_engine *e, uint32_t port, struct xh_event ev)
{
    ev.port = port;
    ev.tag = e->port[port].tag;
    xh_engine_emit(e, ev);
}

static void tell_key(struct xh_engine *e, uint32_t port, const struct xh_rtp_key *k)
{
    int ms = (int)(k->samples / (XH_RATE / 1000)), level = -10 * k->volume;
    if (xh_digit_bit(k->digit) < 0) {
        say(e, port, (struct xh_event){.type = XH_EV_RTP_EVENT, .a0 = k->event, .a1 = !k->ended, .a2 = ms, .a3 = level});
    } else if (k->ended) {
        say(e, port, (struct xh_event){.type = XH_EV_DIGIT_END, .a0 = k->digit, .a1 = ms, .a2 = 1});
    } else {
        say(e, port, (struct xh_event){.type = XH_EV_DIGIT, .a0 = k->digit, .a1 = level, .a2 = 1});
        xh_keys(e, port, k->digit);
    }
}

static void tell_learnt(struct xh_engine *e, uint32_t port, const struct xh_rtp_address *a)
{
    struct xh_event ev = {.type = XH_EV_RTP_LEARNT, .a0 = a->family, .a1 = a->port};
    memcpy(&ev.a2, a->ip, 4);
    memcpy(&ev.a3, a->ip + 4, 4);
    memcpy(&ev.samples, a->ip + 8, 8);
    say(e, port, ev);
}

static void tell_rest(struct xh_engine *e, uint32_t port, struct xh_rtp_line *l, uint32_t tell)
{
    int quiet_ms = (int)(l->quiet / (XH_RATE / 1000));
    if (tell & XH_RTP_TELL_LEARNT)
        tell_learnt(e, port, &l->source);
    if (tell & XH_RTP_TELL_CHANGED) {
        const struct xh_rtp_type *t = &l->rx.type[l->rx.newest];
        say(e, port, (struct xh_event){.type = XH_EV_RTP_CHANGED, .a0 = t->payload_type, .a1 = codec_heard(l, t->payload_type),
                                       .a2 = (int32_t)l->rx.source.ssrc, .a3 = l->told_ssrc != l->rx.source.ssrc});
        l->told_ssrc = l->rx.source.ssrc;
        l->told_type = t->payload_type;
    }
    if (tell & (XH_RTP_TELL_SILENT | XH_RTP_TELL_SOUNDS))
        say(e, port, (struct xh_event){.type = XH_EV_RTP_SILENT, .a0 = l->silent, .a1 = quiet_ms});
    if (tell & XH_RTP_TELL_BYE)
        say(e, port, (struct xh_event){.type = XH_EV_RTP_BYE});
    if (tell & XH_RTP_TELL_DIALED)
        say(e, port, (struct xh_event){.type = XH_EV_RTP_DIALED});
}

void xh_rtps_tell(struct xh_engine *e)
{
    for (uint32_t i = 0; i < e->plan.rtps; i++) {
        struct xh_rtp_line *l = &e->rtp.line[e->plan.rtp[i]];
        uint32_t tell = l->tell, port = port_of(e, l);
        if (l->dtls)
            xh_rtp_dtls_look(e, l);
        l->tell = 0;
        if (tell)
            tell_rest(e, port, l, tell);
        for (uint32_t k = 0; k < l->keys; k++)
            tell_key(e, port, &l->key[k]);
        l->keys = 0;
        if (tell || (e->ticks + e->plan.rtp[i]) % SHOW_EVERY == 0)
            xh_rtp_show(e, l);
    }
}
