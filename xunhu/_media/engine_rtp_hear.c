/* RTP lines: what comes.
 *
 * Whom to believe (docs/rtp.md): packets are taken from one source only. Before there is one, a packet from the remote address that signalling
 * has said makes its sender the source at once, if it is RTP of a payload type that is expected; from elsewhere, as far as the line allows that at
 * all, two in a row of one SSRC must come (with SRTP: one that is authentic). From then on nothing else is listened to, until
 * signalling says another remote address, or says one again after silence. RTCP must come from the source's host. */
#define _GNU_SOURCE
#include "engine_private.h"
#include "rtp_socket.h"

#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#define EPOLL_MOST 512

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#define SAMPLE_NS (1000000000u / XH_RATE)
#define VIRTUAL_EPOCH 1577836800u       /* 2020-01-01: what the virtual clock's wall clock begins with */

static void look_at_clock(struct xh_engine *e)
{
    if (e->real_time) {
        e->rtp.now_ns = clock_ns(CLOCK_MONOTONIC);
        e->rtp.wall_ns = clock_ns(CLOCK_REALTIME);
    } else {
        e->rtp.now_ns = (e->now + XH_RATE) * SAMPLE_NS;
        e->rtp.wall_ns = VIRTUAL_EPOCH * 1000000000ull + e->rtp.now_ns;
    }
}

/* Level-triggered: what is left over is told again in the next tick. */
static void look_at_sockets(struct xh_engine *e)
{
    struct epoll_event ev[EPOLL_MOST];
    for (int round = 0; round < 2 * XH_RTP_PORTS / EPOLL_MOST; round++) {
        int n = epoll_wait(e->rtp.epoll, ev, EPOLL_MOST, 0);
        for (int i = 0; i < n; i++)
            e->rtp.line[ev[i].data.u32 / 2].ready |= (uint8_t)(1u << ev[i].data.u32 % 2);
        if (n < EPOLL_MOST)
            return;
    }
}

/* -- whom to believe ---------------------------------------------------------------------- */

static int may_come(const struct xh_rtp_line *l, const struct xh_rtp_address *from)
{
    if (l->locked)
        return xh_rtp_address_is(from, &l->source);
    switch (l->from) {
    case XH_RTP_FROM_ANY: return 1;
    case XH_RTP_FROM_HOST: return xh_rtp_address_same_host(from, &l->remote);
    default: return xh_rtp_address_is(from, &l->remote);
    }
}

static int is_expected(const struct xh_rtp_line *l, const uint8_t *packet, size_t octets, struct xh_rtp_header *h)
{
    if (xh_rtp_parse(h, packet, octets))
        return 0;
    for (int i = 0; i < l->hearing->hear.count; i++)
        if (l->hearing->hear.accept[i].payload_type == h->payload_type)
            return 1;
    return 0;
}

/* Of one that may come while nobody is the source yet: 1 its sender is now. */
static int believe(struct xh_rtp_line *l, const uint8_t *packet, size_t octets, const struct xh_rtp_address *from)
{
    struct xh_rtp_header h;
    if (!is_expected(l, packet, octets, &h))
        return 0;
    int row = l->candidate.packets && xh_rtp_address_is(&l->candidate.from, from) && l->candidate.ssrc == h.ssrc &&
              (uint16_t)(l->candidate.sequence + 1) == h.sequence;
    if (!row && !l->hearing->srtp && !xh_rtp_address_is(from, &l->remote)) {
        l->candidate.from = *from;
        l->candidate.ssrc = h.ssrc;
        l->candidate.sequence = h.sequence;
        l->candidate.packets = 1;
        return 0;
    }
    l->source = *from;
    l->locked = 1;
    l->tell |= XH_RTP_TELL_LEARNT;
    return 1;
}

/* -- datagrams -------------------------------------------------------------------------------- */

static void rtcp_came(struct xh_engine *e, struct xh_rtp_line *l, uint8_t *packet, size_t octets, const struct xh_rtp_address *from,
                      uint64_t arrival)
{
    const struct xh_rtp_address *who = l->locked ? &l->source : &l->remote;
    if (!l->started || (!(l->from == XH_RTP_FROM_ANY && !l->locked) && !xh_rtp_address_same_host(from, who))) {
        l->strange++;
        return;
    }
    if (l->dtls && !(l->hearing && l->hearing->srtp)) {
        l->strange++;
        return;
    }
    if (l->hearing && l->hearing->srtp) {
        int n = xh_srtp_unprotect(l->hearing->srtp, packet, octets, 1);
        if (n < 0) {
            l->unauthentic++;
            return;
        }
        octets = (size_t)n;
    }
    uint64_t ntp = ((e->rtp.wall_ns / 1000000000u + 2208988800u) << 32) + ((e->rtp.wall_ns % 1000000000u) << 32) / 1000000000u;
    if (xh_rtcp_receive(&l->rtcp, packet, octets, arrival, ntp)) {
        l->damaged++;
        return;
    }
    l->source_rtcp = *from;
    if (l->rtcp.ended && !l->ended)
        l->tell |= XH_RTP_TELL_BYE;
    l->ended = l->rtcp.ended;
}

static void rtp_came(struct xh_rtp_line *l, uint8_t *packet, size_t octets, const struct xh_rtp_address *from, uint64_t arrival)
{
    if (!l->hearing || !may_come(l, from) || (l->dtls && !l->hearing->srtp)) {
        l->strange++;
        return;
    }
    if (l->hearing->srtp) {
        int n = xh_srtp_unprotect(l->hearing->srtp, packet, octets, 0);
        if (n < 0) {
            l->unauthentic++;
            return;
        }
        octets = (size_t)n;
    }
    if (!l->locked && !believe(l, packet, octets, from)) {
        l->strange++;
        return;
    }
    int taken = xh_rtp_receiver_packet(&l->rx, packet, octets, arrival);
    if (taken < 0)
        l->damaged++;
    else if (taken != XH_RTP_UNKNOWN_TYPE && taken != XH_RTP_UNPLAYABLE)
        l->quiet = 0;
}

/* A socket that has something in two ticks on end may have more than one packet; one alone costs a third less to ask for one. */
static void read_socket(struct xh_engine *e, struct xh_rtp_line *l, int rtcp, int most, struct xh_rtp_batch *b)
{
    int n = xh_rtp_socket_receive(rtcp ? l->rtcp_fd : l->fd, b, most, e->rtp.wall_ns);
    for (int i = 0; i < n; i++) {
        uint64_t age = e->real_time ? b->got[i].age_ns : 0, most = 1000000000u;
        uint64_t arrival = e->rtp.now_ns - (age < most ? age : most);
        if (!b->got[i].octets)
            l->damaged++;
        else if (!rtcp && xh_rtp_dtls_came(e, l, b->octets[i], b->got[i].octets, &b->got[i].from))
            continue;
        else if (rtcp || (l->mux && xh_rtp_is_rtcp(b->octets[i], b->got[i].octets)))
            rtcp_came(e, l, b->octets[i], b->got[i].octets, &b->got[i].from, arrival);
        else
            rtp_came(l, b->octets[i], b->got[i].octets, &b->got[i].from, arrival);
    }
}

/* -- the tick ------------------------------------------------------------------------------- */

static void watch_silence(struct xh_engine *e, struct xh_rtp_line *l)
{
    uint64_t most = (uint64_t)l->open.silent_ms * (XH_RATE / 1000);
    if (!l->sending && !l->locked)
        return;         /* nobody has been told to send yet */
    if (l->quiet < UINT32_MAX - XH_TICK_MAX)
        l->quiet += (uint32_t)e->samples;
    if (!l->silent && most && l->quiet >= most) {
        l->silent = 1;
        l->tell |= XH_RTP_TELL_SILENT;
    } else if (l->silent && l->quiet <= (uint32_t)e->samples) {
        l->silent = 0;
        l->tell |= XH_RTP_TELL_SOUNDS;
    }
}

/* What the far end asks our encoder to do (AMR: codec mode requests). */
static void obey(struct xh_rtp_line *l)
{
    const struct xh_rtp_codec *codec = l->tx.params.codec;
    const struct xh_rtp_type *heard = &l->rx.type[l->rx.newest];
    if (!l->sending || !codec || !codec->obey || !l->rx.believed || heard->codec != codec)
        return;
    int asked = codec->asked(heard->state);
    if (asked >= 0)
        codec->obey(l->tx.params.state, asked);
}

static void hear(struct xh_engine *e, uint32_t number, struct xh_rtp_batch *b)
{
    struct xh_rtp_line *l = &e->rtp.line[number];
    uint8_t ready = l->ready;
    if (ready & 1)
        read_socket(e, l, 0, l->ready_before & 1 ? XH_RTP_BATCH : 1, b);
    if (ready & 2)
        read_socket(e, l, 1, l->ready_before & 2 ? XH_RTP_BATCH : 1, b);
    l->ready_before = ready;
    l->ready = 0;
    if (!l->hearing)
        return;
    int16_t *linear = e->linear[XH_TS_PORTS + number];
    xh_rtp_receiver_read(&l->rx, linear, (size_t)e->samples);
    l->keys = (uint8_t)xh_rtp_receiver_keys(&l->rx, l->key, XH_RTP_KEYS);
    if (!(l->direction & XH_RTP_HEARS)) {
        memset(linear, 0, (size_t)e->samples * sizeof *linear);
        l->keys = 0;
        return;
    }
    obey(l);
    watch_silence(e, l);
    if (l->rx.believed && (l->rx.source.ssrc != l->told_ssrc || l->rx.type[l->rx.newest].payload_type != l->told_type))
        l->tell |= XH_RTP_TELL_CHANGED;
}

static void part(struct xh_engine *e, uint32_t first, uint32_t count)
{
    struct xh_rtp_batch batch;
    xh_rtp_batch_init(&batch);
    for (uint32_t i = first; i < first + count; i++)
        hear(e, e->plan.rtp[i], &batch);
}

void xh_rtps_hear(struct xh_engine *e)
{
    look_at_clock(e);
    if (!e->plan.rtps)
        return;
    look_at_sockets(e);
    xh_workers_run(e, part, e->plan.rtps, XH_RTP_CHUNK);
    xh_rtps_tell(e);
}
