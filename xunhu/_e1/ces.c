/* Structured E1 over UDP, RFC 5086 (CESoPSN), xh_ces_new of include/xunhu/span.h.
 *
 * Sending: blocks of the engine are cut into packets of F frames, whatever the block's size.  A packet leaves with the
 * block that fills it, or, where the owner paces, at its own time within the block: one every F frames, however a block
 * and F divide, as RFC 5086 §5.1 wants them from a packetizer.  Receiving: all that waits in the socket is taken in batches before a block is read
 * (ces_jitter.c does the rest).  Time is the reader's pace: 100 ms are 800 frames read.
 * R says that packets do not come (LOS).  M = 10 is the RAI of the E1 itself: while the peer sends L (AIS), and on demand.
 * L is never ours to send, the engine always has octets. */
#define _GNU_SOURCE
#include "ces_jitter.h"
#include "span_private.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#define BATCH 32                        /* packets a recvmmsg */
#define BATCHES 16                      /* at most so many a read: 64 ms of the smallest packets, then it is a flood */
#define DRAIN 256                       /* batches: more than the socket's buffer holds */
#define ROOM 1600                       /* octets; longer ones are malformed */
#define SEND_MAX (XH_CES_BLOCK_MAX / XH_CES_FRAMES_MIN + 1)
#define SOCKET_BUFFER (1 << 20)         /* octets: all of a stall of a few 100 ms */
#define RTP_TYPE 97                     /* dynamic; both ends are configured */

struct ces {
    struct xh_span span;
    int fd, started, rtp, frames, rai;
    struct sockaddr_storage remote;
    socklen_t remote_len;
    struct xh_ces_jitter jitter;
    struct xh_span_status st;

    uint16_t sequence;
    uint32_t timestamp, ssrc;           /* RTP: 8 kHz, one a frame */
    int filled;                         /* frames in the packet under way */
    int packets, sent;                  /* whole ones before it; of these, gone */
    int due[SEND_MAX + 1];              /* frames after the write at which each leaves */
    uint8_t tx[SEND_MAX + 1][XH_CES_PACKET_MAX];
    struct mmsghdr tx_msg[SEND_MAX + 1];
    struct iovec tx_iov[SEND_MAX + 1];

    int64_t transit_ns, jitter_ns16;    /* RFC 3550 §6.4.1, the estimate times 16 */
    int transit_known;
    uint16_t transit_sequence;
    uint8_t rx[BATCH][ROOM];
    struct mmsghdr rx_msg[BATCH];
    struct iovec rx_iov[BATCH];
    struct sockaddr_storage rx_from[BATCH];
    union {
        struct cmsghdr head;
        uint8_t room[CMSG_SPACE(sizeof(struct timespec))];
    } rx_control[BATCH];
};

static struct ces *ces_of(struct xh_span *s)
{
    return (struct ces *)s;
}

/* -- receiving ------------------------------------------------------------------------------------ */

/* When the kernel got it, 0 = it does not say. */
static int64_t arrival_ns(struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
        }
    return 0;
}

/* Interarrival jitter, RFC 3550 §6.4.1, with the sequence number for the sender's clock. */
static void ces_measure(struct ces *c, uint16_t sequence, int64_t arrival)
{
    if (!arrival)
        return;
    int16_t packets = (int16_t)(sequence - c->transit_sequence);
    int64_t d = arrival - c->transit_ns - (int64_t)packets * c->frames * 125000;
    c->transit_ns = arrival;
    c->transit_sequence = sequence;
    d = d < 0 ? -d : d;
    if (c->transit_known && d < 1000000000)     /* more is a restart of the peer or a step of the clock */
        c->jitter_ns16 += d - (c->jitter_ns16 + 8) / 16;
    c->transit_known = 1;
}

static void ces_packet(struct ces *c, int i)
{
    struct msghdr *m = &c->rx_msg[i].msg_hdr;
    struct xh_ces_packet p;
    if (!xh_span_address_equal(&c->rx_from[i], &c->remote)) {
        c->st.rejected++;
        return;
    }
    if (m->msg_flags & MSG_TRUNC ||
        xh_ces_packet_parse(&p, c->rx[i], c->rx_msg[i].msg_len, c->frames, c->rtp)) {
        c->st.malformed++;
        return;
    }
    ces_measure(c, p.sequence, arrival_ns(m));
    xh_ces_jitter_put(&c->jitter, &p);
}

/* One batch; how many, 0 none wait.  An error that the network reports (ICMP) is noted and ends nothing. */
static int ces_batch(struct ces *c)
{
    for (int i = 0; i < BATCH; i++) {
        c->rx_msg[i].msg_hdr.msg_namelen = sizeof c->rx_from[i];
        c->rx_msg[i].msg_hdr.msg_controllen = sizeof c->rx_control[i];
    }
    int n = recvmmsg(c->fd, c->rx_msg, BATCH, MSG_DONTWAIT, NULL);
    if (n >= 0)
        return n;
    if (errno != EAGAIN && errno != EINTR)
        c->st.error = errno;
    return 0;
}

static void ces_receive(struct ces *c)
{
    for (int batch = 0; batch < BATCHES; batch++) {
        int n = ces_batch(c);
        for (int i = 0; i < n; i++)
            ces_packet(c, i);
        if (n < BATCH)
            return;
    }
}

static int ces_down(const struct ces *c)
{
    return (xh_ces_jitter_alarms(&c->jitter) & (XH_ALARM_LOS | XH_ALARM_AIS)) != 0;
}

static int ces_read(struct xh_span *s, uint8_t *octets, size_t stride, int frames, uint32_t mask)
{
    struct ces *c = ces_of(s);
    if (frames < 1 || frames > XH_CES_BLOCK_MAX)
        return -EINVAL;
    ces_receive(c);
    xh_ces_jitter_get(&c->jitter, octets, stride, frames, mask);
    memcpy(s->missing, c->jitter.missing, sizeof s->missing);
    if (!ces_down(c))
        return 0;
    xh_span_fill(octets, stride, frames, XH_ALL_TIMESLOTS, s->idle);
    return -ENETDOWN;
}

/* -- sending -------------------------------------------------------------------------------------- */

static void put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static int ces_head(const struct ces *c)
{
    return XH_CES_HEADER + (c->rtp ? XH_CES_RTP : 0);
}

/* L = 0, R, M of the control word, §4.3 */
static uint8_t ces_bits(const struct ces *c)
{
    uint32_t alarms = xh_ces_jitter_alarms(&c->jitter);
    if (alarms & XH_ALARM_LOS)
        return c->rai ? 0x06 : 0x04;
    return c->rai || alarms & XH_ALARM_AIS ? 0x02 : 0;
}

/* The packet under way is full: its header, RFC 5086 §4.2 (RTP before the control word over UDP), §4.3, §4.4 */
static void ces_finish(struct ces *c)
{
    uint8_t *p = c->tx[c->packets];
    if (c->rtp) {
        p[0] = 0x80;
        p[1] = RTP_TYPE;
        put16(p + 2, c->sequence);
        put16(p + 4, c->timestamp >> 16);
        put16(p + 6, c->timestamp & 0xffff);
        put16(p + 8, c->ssrc >> 16);
        put16(p + 10, c->ssrc & 0xffff);
        p += XH_CES_RTP;
    }
    p[0] = ces_bits(c);
    p[1] = 0;                                   /* LEN: 0, for it is never under 64 octets */
    put16(p + 2, c->sequence);
    c->sequence++;
    c->timestamp += (uint32_t)c->frames;
    c->packets++;
    c->filled = 0;
}

static void ces_send(struct ces *c, int upto)
{
    while (c->sent < upto) {
        int n = sendmmsg(c->fd, c->tx_msg + c->sent, (unsigned)(upto - c->sent), MSG_DONTWAIT);
        if (n > 0) {
            c->st.frames_tx += (uint64_t)n * (uint64_t)c->frames;
            c->sent += n;
        } else if (errno != EINTR) {            /* this one is lost, the far end sees the gap */
            c->st.error = errno;
            c->st.overruns++;
            c->sent++;
        }
    }
}

static int ces_send_due(struct xh_span *s, int frames)
{
    struct ces *c = ces_of(s);
    int upto = c->sent;
    while (upto < c->packets && c->due[upto] <= frames)
        upto++;
    ces_send(c, upto);
    return c->sent < c->packets ? c->due[c->sent] : 0;
}

/* What the last block has left behind goes out; the beginning of the next packet comes first. */
static void ces_next_block(struct ces *c)
{
    ces_send(c, c->packets);
    if (c->packets && c->filled)
        memcpy(c->tx[0], c->tx[c->packets], sizeof c->tx[0]);
    c->packets = c->sent = 0;
}

static int common(int a, int b)
{
    while (b) {
        int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static int ces_write(struct xh_span *s, const uint8_t *octets, size_t stride, int frames, uint32_t mask)
{
    struct ces *c = ces_of(s);
    if (frames < 1 || frames > XH_CES_BLOCK_MAX)
        return -EINVAL;
    int first = common(frames, c->frames);      /* no packet is ever full earlier in a block than this */
    ces_next_block(c);
    for (int i = 0; i < frames; i++) {
        uint8_t *out = c->tx[c->packets] + ces_head(c) + c->filled * XH_CES_FRAME;
        for (int t = 1; t < XH_TIMESLOTS; t++)
            out[t - 1] = mask >> t & 1 ? octets[(size_t)t * stride + (size_t)i] : s->idle;
        if (++c->filled == c->frames) {
            c->due[c->packets] = i + 1 - first;
            ces_finish(c);
        }
    }
    if (s->paced)
        ces_send_due(s, 0);
    else
        ces_send(c, c->packets);
    return 0;
}

/* -- the rest ------------------------------------------------------------------------------------- */

static int ces_start(struct xh_span *s)
{
    struct ces *c = ces_of(s);
    for (int i = 0; i < DRAIN && ces_batch(c) > 0; i++)     /* what came before we listened is no longer true */
        continue;
    xh_ces_jitter_reset(&c->jitter);
    c->filled = c->packets = c->sent = c->transit_known = 0;
    c->started = 1;
    return 0;
}

static void ces_stop(struct xh_span *s)
{
    struct ces *c = ces_of(s);
    ces_send(c, c->packets);
    c->started = 0;
}

static void ces_status(struct xh_span *s, struct xh_span_status *out)
{
    const struct ces *c = ces_of(s);
    const struct xh_ces_jitter *j = &c->jitter;
    *out = c->st;
    out->alarms = xh_ces_jitter_alarms(j);
    out->running = (uint32_t)c->started;
    out->frames_rx = j->frames_rx;
    out->lost = j->lost;
    out->late = j->late;
    out->reordered = j->reordered;
    out->duplicated = j->duplicated;
    out->underruns = j->underruns;
    out->overruns += j->overruns;
    out->slips = j->slips;
    out->jitter_us = (int32_t)(c->jitter_ns16 / 16 / 1000);
}

static int ces_send_rai(struct xh_span *s, int on)
{
    ces_of(s)->rai = on != 0;
    return 0;
}

static void ces_free(struct xh_span *s)
{
    struct ces *c = ces_of(s);
    if (c->fd >= 0)
        close(c->fd);
    xh_ces_jitter_release(&c->jitter);
    free(c);
}

static const struct xh_span_ops ces_ops = {
    .name = "ces", .start = ces_start, .stop = ces_stop, .read = ces_read, .write = ces_write,
    .status = ces_status, .send_rai = ces_send_rai, .free = ces_free,
    .send_due = ces_send_due,
};

static void ces_vectors(struct ces *c)
{
    for (int i = 0; i < BATCH; i++) {
        c->rx_iov[i] = (struct iovec){.iov_base = c->rx[i], .iov_len = ROOM};
        c->rx_msg[i].msg_hdr = (struct msghdr){
            .msg_name = &c->rx_from[i], .msg_iov = &c->rx_iov[i], .msg_iovlen = 1, .msg_control = &c->rx_control[i],
        };
    }
    size_t len = (size_t)ces_head(c) + (size_t)c->frames * XH_CES_FRAME;
    for (int i = 0; i <= SEND_MAX; i++) {
        c->tx_iov[i] = (struct iovec){.iov_base = c->tx[i], .iov_len = len};
        c->tx_msg[i].msg_hdr = (struct msghdr){
            .msg_name = &c->remote, .msg_namelen = c->remote_len, .msg_iov = &c->tx_iov[i], .msg_iovlen = 1,
        };
    }
}

static int port_of(const struct sockaddr_storage *a)
{
    return a->ss_family == AF_INET ? ((const struct sockaddr_in *)a)->sin_port
                                   : ((const struct sockaddr_in6 *)a)->sin6_port;
}

/* The socket, bound; 0 or -errno.  Not connected: then a refusal by ICMP is not held against the next call, and
 * packets from elsewhere can be counted. */
static int ces_socket(struct ces *c, const struct xh_ces_params *p)
{
    struct sockaddr_storage local;
    socklen_t len;
    int on = 1, room = SOCKET_BUFFER;
    if (xh_span_address(p->local, &local, &len) || xh_span_address(p->remote, &c->remote, &c->remote_len) ||
        local.ss_family != c->remote.ss_family || !port_of(&local) || !port_of(&c->remote))
        return -EINVAL;
    c->fd = socket(local.ss_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0 || setsockopt(c->fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on) ||
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) ||
        setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room) ||
        (local.ss_family == AF_INET6 && setsockopt(c->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on)) ||
        bind(c->fd, (struct sockaddr *)&local, len))
        return -errno;
    return 0;
}

/* Sequence number and SSRC begin anywhere, RFC 3550 §5.1 */
static int ces_random(struct ces *c)
{
    struct { uint32_t ssrc, timestamp; uint16_t sequence; } r;
    if (getrandom(&r, sizeof r, GRND_NONBLOCK) != sizeof r)
        return -EIO;
    c->ssrc = r.ssrc;
    c->timestamp = r.timestamp;
    c->sequence = r.sequence;
    return 0;
}

struct xh_span *xh_ces_new(const struct xh_ces_params *p, int *err)
{
    if (p->frames < XH_CES_FRAMES_MIN || p->frames > XH_CES_FRAMES_MAX || p->jitter_ms < 1 || p->jitter_ms > 500) {
        *err = EINVAL;
        return NULL;
    }
    struct ces *c = calloc(1, sizeof *c);
    if (!c) {
        *err = ENOMEM;
        return NULL;
    }
    c->span = (struct xh_span){.ops = &ces_ops, .number = p->number, .idle = p->idle};
    c->fd = -1;
    c->frames = p->frames;
    c->rtp = p->rtp != 0;
    int r = ces_socket(c, p);
    if (!r)
        r = ces_random(c);
    if (!r)
        r = xh_ces_jitter_init(&c->jitter, p->frames, p->jitter_ms * 8, p->idle);
    if (r) {
        *err = -r;
        ces_free(&c->span);
        return NULL;
    }
    ces_vectors(c);
    return &c->span;
}
