/* RTCP of one session of two parties: intervals, round trips, what is said and what was heard. See include/xunhu/rtcp.h. */
#include <errno.h>
#include <string.h>

#include "xunhu/e_model.h"
#include "xunhu/rtcp.h"

#define INTERVAL_MS 5000u               /* §6.2 */
#define BANDWIDTH 400u                  /* octets a second: 5 % of 64 kbit/s */
#define MEMBERS 2u
#define LOWER_HEADERS 28u               /* IP and UDP, §6.3.3 */
#define FIRST_OCTETS 128u               /* what the first packet is taken to have */
#define ROUND_TRIP_MOST (60u << 16)     /* a minute: it is no round trip */
#define UNKNOWN 127

static double random_share(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);        /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (double)((z ^ z >> 31) >> 11) * 0x1p-53;
}

/* A.7: half to one and a half times the interval, by e - 3/2 less for timer reconsideration. */
static void schedule(struct xh_rtcp *c, uint64_t now, int first)
{
    double least = (c->params.interval_ms ? c->params.interval_ms : INTERVAL_MS) / (first ? 2.0 : 1.0);
    double by_size = 1000.0 * MEMBERS * c->octets_mean / 16.0 / BANDWIDTH;
    double ms = by_size > least ? by_size : least;
    c->due = now + (uint64_t)(ms * (random_share(&c->seed) + 0.5) / (2.71828182845904523 - 1.5) * 1e6);
}

static void size_seen(struct xh_rtcp *c, size_t octets)
{
    int32_t more = (int32_t)(16 * (octets + LOWER_HEADERS)) - (int32_t)c->octets_mean;
    c->octets_mean = (uint32_t)((int32_t)c->octets_mean + more / 16);
}

void xh_rtcp_init(struct xh_rtcp *c, const struct xh_rtcp_params *params, uint64_t seed, uint64_t now)
{
    memset(c, 0, sizeof *c);
    c->params = *params;
    c->seed = seed;
    c->octets_mean = 16 * FIRST_OCTETS;
    schedule(c, now, 1);
}

/* -- received --------------------------------------------------------------------------------------- */

static uint32_t middle(uint64_t ntp)
{
    return (uint32_t)(ntp >> 16);
}

static void round_trip(struct xh_rtcp *c, uint32_t then, uint32_t held, uint64_t ntp)
{
    uint32_t trip = middle(ntp) - then - held;
    if (!then)
        return;
    if ((int32_t)trip < 0 && (int32_t)trip > -655)      /* rounding, and clocks of 10 ms: none */
        trip = 0;
    if (trip > ROUND_TRIP_MOST)
        return;
    c->round_trip = trip;
    c->round_trip_least = !c->round_trips || trip < c->round_trip_least ? trip : c->round_trip_least;
    c->round_trip_most = trip > c->round_trip_most ? trip : c->round_trip_most;
    c->round_trips += c->round_trips < UINT32_MAX;
}

static void hear(struct xh_rtcp *c, const struct xh_rtcp_item *item, uint64_t now, uint64_t ntp)
{
    if (item->kind == XH_RTCP_SR) {
        c->theirs = item->u.sender;
        c->lsr = middle(item->u.sender.ntp);
        c->lsr_at = now;
        c->peer = item->ssrc;
    } else if (item->kind == XH_RTCP_RR && item->u.report.ssrc == c->params.ssrc) {
        c->report = item->u.report;
        c->reported = 1;
        round_trip(c, c->report.lsr, c->report.dlsr, ntp);
    } else if (item->kind == XH_RTCP_BYE) {
        c->ended = 1;
    } else if (item->kind == XH_RTCP_XR && item->block == XH_XR_REFERENCE_TIME) {
        c->lrr = middle(item->u.reference);
        c->lrr_at = now;
        c->peer = item->ssrc;
    } else if (item->kind == XH_RTCP_XR && item->block == XH_XR_DLRR && item->u.dlrr.ssrc == c->params.ssrc) {
        round_trip(c, item->u.dlrr.lrr, item->u.dlrr.dlrr, ntp);
    } else if (item->kind == XH_RTCP_XR && item->block == XH_XR_VOIP && item->u.voip.ssrc == c->params.ssrc) {
        c->voip = item->u.voip;
        c->voip_known = 1;
    }
}

int xh_rtcp_receive(struct xh_rtcp *c, const uint8_t *packet, size_t octets, uint64_t now, uint64_t ntp)
{
    struct xh_rtcp_reader reader;
    struct xh_rtcp_item item;
    if (octets > XH_RTP_PACKET_MAX || !xh_rtcp_is_valid(packet, octets, c->params.reduced)) {
        c->invalid++;
        return -EBADMSG;
    }
    xh_rtcp_read(&reader, packet, octets);
    while (xh_rtcp_next(&reader, &item))
        hear(c, &item, now, ntp);
    c->received++;
    c->heard = 1;
    size_seen(c, octets);
    return 0;
}

/* -- sent ------------------------------------------------------------------------------------------- */

static uint32_t since(uint64_t then, uint64_t now)
{
    uint64_t units = (now - then) / 1000 * 65536 / 1000000;
    return then ? (uint32_t)(units > UINT32_MAX ? UINT32_MAX : units) : 0;
}

static uint8_t rating(float x, float times)
{
    return (uint8_t)(x * times + 0.5f);
}

static uint16_t whole_ms(float ms)
{
    return (uint16_t)(ms < 0.0f ? 0.0f : ms > 65535.0f ? 65535.0f : ms + 0.5f);
}

static int8_t level(int16_t dbm0)
{
    return (int8_t)(dbm0 > 127 ? 127 : dbm0 < -128 ? -128 : dbm0);
}

static struct xh_e_model heard_model(const struct xh_rtp_receiver_stats *rx)
{
    return (struct xh_e_model){.ie = rx->ie, .bpl = rx->bpl, .loss = rx->loss, .burst_ratio = rx->burst_ratio};
}

static size_t metrics(const struct xh_rtcp *c, const struct xh_rtp_receiver *rx, const struct xh_rtp_receiver_stats *s, float ptime_ms, uint8_t *out,
                      size_t room)
{
    struct xh_rtp_quality q;
    struct xh_e_model listening = heard_model(s);
    xh_rtcp_quality(c, s, 0, ptime_ms, &q);
    const struct xh_jitter_params *jitter = &rx->jitter.params;
    struct xh_rtcp_voip v = {
        .ssrc = s->ssrc, .loss_rate = s->loss_rate, .discard_rate = s->discard_rate, .burst_density = s->burst_density,
        .gap_density = s->gap_density, .burst_ms = s->burst_ms, .gap_ms = s->gap_ms, .round_trip_ms = whole_ms(xh_rtcp_round_trip_ms(c)),
        .end_system_ms = whole_ms(s->delay_ms + ptime_ms), .signal_dbm0 = level(s->signal_dbm0), .noise_dbm0 = level(s->noise_dbm0),
        .rerl = UNKNOWN, .gmin = 16, .r_factor = rating(q.r_in, 1.0f), .ext_r_factor = UNKNOWN,
        .mos_lq = rating(xh_e_model_mos(xh_e_model_r(&listening)), 10.0f), .mos_cq = rating(q.mos_in, 10.0f),
        .rx_config = (uint8_t)(0x80 | (jitter->adaptive ? 0x30 : 0x20)),        /* §4.7.6: enhanced concealment */
        .jb_nominal = whole_ms(s->delay_ms), .jb_maximum = whole_ms(s->delay_ms > s->wanted_ms ? s->delay_ms : s->wanted_ms),
        .jb_abs_max = jitter->adaptive ? jitter->max_ms : jitter->fixed_ms,
    };
    return xh_rtcp_build_voip(out, room, c->params.ssrc, &v);
}

/* Writes one part of the compound; the whole is as long as `at` then. */
struct compound {
    uint8_t *packet;
    size_t room, at;
    int full;
};

static void add(struct compound *p, size_t octets)
{
    p->full |= !octets;
    p->at += octets;
}

#define HERE(p) (p)->packet + (p)->at, (p)->room - (p)->at

static void compose(struct xh_rtcp *c, struct xh_rtp_receiver *rx, const struct xh_rtp_sender *tx, uint64_t now, uint64_t ntp, struct compound *p)
{
    struct xh_rtp_receiver_stats s;
    uint32_t ssrc = c->params.ssrc;
    int sends = (uint32_t)tx->packets != c->packets_prior;
    xh_rtp_receiver_stats(rx, &s);
    struct xh_rtcp_sender_info info = {ntp, xh_rtp_sender_timestamp(tx), (uint32_t)tx->packets, (uint32_t)tx->octets};
    struct xh_rtcp_report r = {.ssrc = s.ssrc, .lost = s.lost, .highest = s.highest, .jitter = s.jitter, .lsr = c->lsr_at ? c->lsr : 0,
                               .dlsr = since(c->lsr_at, now)};
    if (s.heard)
        r.fraction = xh_rtp_source_fraction(&rx->source);
    c->packets_prior = (uint32_t)tx->packets;
    add(p, xh_rtcp_build_report(HERE(p), ssrc, sends ? &info : 0, &r, s.heard));
    add(p, xh_rtcp_build_cname(HERE(p), ssrc, c->params.cname, strnlen(c->params.cname, XH_RTCP_CNAME)));
    if (!c->params.xr)
        return;
    if (s.heard)
        add(p, metrics(c, rx, &s, (float)tx->packet / 8.0f, HERE(p)));
    if (!sends)
        add(p, xh_rtcp_build_reference_time(HERE(p), ssrc, ntp));
    if (c->lrr_at)
        add(p, xh_rtcp_build_dlrr(HERE(p), ssrc, c->peer, c->lrr, since(c->lrr_at, now)));
}

static int finish(struct xh_rtcp *c, const struct compound *p)
{
    if (p->full)
        return -ENOSPC;
    c->sent++;
    size_seen(c, p->at);
    return (int)p->at;
}

int xh_rtcp_send(struct xh_rtcp *c, struct xh_rtp_receiver *rx, const struct xh_rtp_sender *tx, uint64_t now, uint64_t ntp, uint8_t *packet, size_t room)
{
    struct compound p = {packet, room, 0, 0};
    compose(c, rx, tx, now, ntp, &p);
    schedule(c, now, 0);
    return finish(c, &p);
}

int xh_rtcp_bye(struct xh_rtcp *c, struct xh_rtp_receiver *rx, const struct xh_rtp_sender *tx, uint64_t now, uint64_t ntp, const char *reason,
                uint8_t *packet, size_t room)
{
    struct compound p = {packet, room, 0, 0};
    compose(c, rx, tx, now, ntp, &p);
    add(&p, xh_rtcp_build_bye(HERE(&p), c->params.ssrc, reason, reason ? strnlen(reason, 255) : 0));
    c->due = UINT64_MAX;
    return finish(c, &p);
}

float xh_rtcp_round_trip_ms(const struct xh_rtcp *c)
{
    return c->round_trips ? (float)c->round_trip * (1000.0f / 65536.0f) : 0.0f;
}

void xh_rtcp_quality(const struct xh_rtcp *c, const struct xh_rtp_receiver_stats *rx, const struct xh_rtp_codec *sent, float ptime_ms,
                     struct xh_rtp_quality *q)
{
    struct xh_e_model in = heard_model(rx);
    memset(q, 0, sizeof *q);
    q->delay_ms = in.delay_ms = xh_rtcp_round_trip_ms(c) / 2.0f + ptime_ms + rx->delay_ms;
    if (rx->heard) {
        q->r_in = xh_e_model_r(&in);
        q->mos_in = xh_e_model_mos(q->r_in);
    }
    if (!c->reported || !sent)
        return;
    struct xh_e_model out = {.ie = sent->ie, .bpl = sent->bpl, .loss = (float)c->report.fraction / 256.0f, .burst_ratio = 1.0f};
    out.delay_ms = xh_rtcp_round_trip_ms(c) / 2.0f + ptime_ms;
    if (c->voip_known) {
        out.loss = (float)(c->voip.loss_rate + c->voip.discard_rate) / 256.0f;
        out.delay_ms += c->voip.jb_nominal;
    } else
        out.delay_ms += 2.0f * (float)c->report.jitter * 1000.0f / (float)sent->clock_hz;       /* what a buffer has to hold */
    q->r_out = xh_e_model_r(&out);
    q->mos_out = xh_e_model_mos(q->r_out);
}
