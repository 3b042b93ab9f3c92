/* RTP lines: what goes. A packet leaves in the tick in which its time is complete, lines in the order of their numbers: so the distance of
 * two packets of a line is that of two ticks. Lines begin in different ticks, so that each tick has its share. */
#define _GNU_SOURCE
#include "engine_private.h"
#include "rtp_socket.h"

#include <string.h>

#define PACKET_ROOM (XH_RTP_HEADER + XH_RTP_PAYLOAD_MAX + XH_SRTP_ROOM)
#define PACKETS_A_TICK 8
#define NTP_EPOCH 2208988800u           /* 1900 to 1970, s */
#define QUIET 64                        /* -51 dBm0: what is below, of all a tick's samples, is no voice */

static const struct xh_rtp_address *target(const struct xh_rtp_line *l)
{
    return l->locked && !xh_rtp_address_multicast(&l->remote) ? &l->source : &l->remote;
}

static void transmit(struct xh_rtp_line *l, int fd, uint8_t *packet, int octets, int rtcp, const struct xh_rtp_address *to)
{
    struct xh_srtp *srtp = l->sending->srtp;
    if (srtp)
        octets = xh_srtp_protect(srtp, packet, (size_t)octets, PACKET_ROOM, rtcp);
    if (octets < 0 || xh_rtp_socket_send(fd, packet, (size_t)octets, to))
        l->failed++;
}

static uint64_t ntp_of(const struct xh_engine *e)
{
    uint64_t s = e->rtp.wall_ns / 1000000000u, ns = e->rtp.wall_ns % 1000000000u;
    return (s + NTP_EPOCH) << 32 | (ns << 32) / 1000000000u;
}

static int says_rtcp(const struct xh_rtp_line *l)
{
    return l->started && !(l->dtls && !l->sending->srtp) && !(l->open.flags & XH_RTP_NO_RTCP) && l->sending->send.remote.family && (l->mux || l->rtcp_fd >= 0);
}

static void send_rtcp(struct xh_rtp_line *l, uint8_t *packet, int octets)
{
    struct xh_rtp_address to = l->mux ? *target(l) : l->remote_rtcp;
    if (!l->mux && l->source_rtcp.family)
        to = l->source_rtcp;
    else if (!l->mux && !to.family) {
        to = *target(l);
        to.port = (uint16_t)(to.port + 1);
    }
    if (octets > 0 && to.port)
        transmit(l, l->mux ? l->fd : l->rtcp_fd, packet, octets, 1, &to);
}

static int is_voice(const int16_t *x, size_t n)
{
    int loud = 0;
    for (size_t i = 0; i < n; i++)
        loud |= x[i] > QUIET || x[i] < -QUIET;
    return loud;
}

static void say(struct xh_engine *e, struct xh_rtp_line *l)
{
    _Alignas(8) uint8_t packet[PACKET_ROOM];
    size_t n = (size_t)e->samples, room = XH_RTP_HEADER + XH_RTP_PAYLOAD_MAX;
    if (l->dtls)
        xh_rtp_dtls_say(e, l, target(l));
    if (!l->started || !l->sending->send.remote.family)
        return;
    int mute = l->dtls && !l->sending->srtp;    /* keys are still being agreed on */
    if (l->wait) {
        l->wait--;
        return;
    }
    if (l->direction & XH_RTP_SENDS && !mute)
        xh_rtp_sender_write(&l->tx, l->out, n, !l->sending->send.dtx || is_voice(l->out, n));
    else
        xh_rtp_sender_pass(&l->tx, n);
    for (int i = 0, octets; i < PACKETS_A_TICK && (octets = xh_rtp_sender_packet(&l->tx, packet, room)) > 0; i++)
        if (!mute)
            transmit(l, l->fd, packet, octets, 0, target(l));
    if (l->dialing && !xh_rtp_sender_dialing(&l->tx)) {
        l->dialing = 0;
        l->tell |= XH_RTP_TELL_DIALED;
    }
    if (says_rtcp(l) && e->rtp.now_ns >= l->rtcp.due)
        send_rtcp(l, packet, xh_rtcp_send(&l->rtcp, &l->rx, &l->tx, e->rtp.now_ns, ntp_of(e), packet, XH_RTCP_ROOM));
}

void xh_rtp_bye(struct xh_engine *e, struct xh_rtp_line *l)
{
    _Alignas(8) uint8_t packet[PACKET_ROOM];
    if (says_rtcp(l))
        send_rtcp(l, packet, xh_rtcp_bye(&l->rtcp, &l->rx, &l->tx, e->rtp.now_ns, ntp_of(e), NULL, packet, XH_RTCP_ROOM));
}

static void part(struct xh_engine *e, uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < first + count; i++)
        say(e, &e->rtp.line[e->plan.rtp[i]]);
}

void xh_rtps_say(struct xh_engine *e)
{
    xh_workers_run(e, part, e->plan.rtps, XH_RTP_CHUNK);
}
