#define _GNU_SOURCE
#include "xunhu/udp_receiver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONTROL 256
#define SKIP UINT32_MAX /* octets of a record: the ring goes on at its beginning */
#define ALIGN(n) (((n) + 15) & ~(size_t)15)
/* What is left at the ring's end is a multiple of 16 octets, and must have room for the mark. */
_Static_assert(sizeof(struct xh_udp_packet) % 16 == 0 && offsetof(struct xh_udp_packet, octets) + 4 <= 16, "records and marks in the ring");

struct xh_udp_receiver {
    uint8_t *ring;
    size_t size;
    _Alignas(64) _Atomic uint64_t head; /* written up to here */
    _Alignas(64) _Atomic uint64_t tail; /* read up to here */
    _Atomic int waiting;                /* the reader will look at the eventfd */
    _Alignas(64) int wake, stop;
    int fd[XH_UDP_SOCKETS];
    uint32_t overflow[XH_UDP_SOCKETS];
    int sockets, running;
    pthread_t thread;
    pthread_mutex_t mutex;
    struct xh_udp_filter *filter;
    struct xh_udp_receiver_counts counts;
    uint8_t *buffers;
    struct mmsghdr message[XH_UDP_BATCH];
    struct iovec vec[XH_UDP_BATCH];
    struct sockaddr_in6 from[XH_UDP_BATCH]; /* room for both families */
    uint8_t control[XH_UDP_BATCH][CONTROL];
};

static uint64_t nanoseconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

int xh_udp_receiver_new(struct xh_udp_receiver **out, const struct xh_udp_limits *limits, uint64_t seed, size_t ring, int wake)
{
    if (ring < 1u << 20 || (ring & (ring - 1)))
        return -EINVAL;
    struct xh_udp_receiver *r = aligned_alloc(64, (sizeof *r + 63) & ~(size_t)63);
    if (!r)
        return -ENOMEM;
    memset(r, 0, sizeof *r);
    r->size = ring;
    r->wake = wake;
    r->ring = malloc(ring);
    r->buffers = malloc((size_t)XH_UDP_BATCH * XH_UDP_DATAGRAM);
    r->filter = malloc(xh_udp_filter_size());
    r->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pthread_mutex_init(&r->mutex, NULL);
    int e = r->ring && r->buffers && r->filter && r->stop >= 0 ? xh_udp_filter_init(r->filter, limits, seed) : -ENOMEM;
    if (e < 0) {
        xh_udp_receiver_free(r);
        return e;
    }
    atomic_store(&r->waiting, 1);
    *out = r;
    return 0;
}

void xh_udp_receiver_free(struct xh_udp_receiver *r)
{
    if (!r)
        return;
    xh_udp_receiver_stop(r);
    if (r->stop >= 0)
        close(r->stop);
    pthread_mutex_destroy(&r->mutex);
    free(r->filter);
    free(r->buffers);
    free(r->ring);
    free(r);
}

int xh_udp_receiver_add(struct xh_udp_receiver *r, int fd)
{
    if (r->sockets >= XH_UDP_SOCKETS)
        return -ENOSPC;
    r->fd[r->sockets] = fd;
    return r->sockets++;
}

struct xh_udp_filter *xh_udp_receiver_lock(struct xh_udp_receiver *r)
{
    pthread_mutex_lock(&r->mutex);
    return r->filter;
}

void xh_udp_receiver_unlock(struct xh_udp_receiver *r)
{
    pthread_mutex_unlock(&r->mutex);
}

/* -- the ring --------------------------------------------------------------------------------------------------- */

/* 1: the packet is in the ring. */
static int put(struct xh_udp_receiver *r, const struct xh_udp_packet *p, const uint8_t *octets)
{
    uint64_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_acquire);
    size_t need = sizeof *p + ALIGN(p->octets), at = head & (r->size - 1), rest = r->size - at;
    size_t whole = need > rest ? need + rest : need;
    if (head - tail + whole > (p->trusted ? r->size : r->size / 2))
        return 0;
    if (need > rest) {
        ((struct xh_udp_packet *)(r->ring + at))->octets = SKIP;
        head += rest;
        at = 0;
    }
    memcpy(r->ring + at, p, sizeof *p);
    if (p->octets)
        memcpy(r->ring + at + sizeof *p, octets, p->octets);
    atomic_store_explicit(&r->head, head + need, memory_order_release);
    return 1;
}

const struct xh_udp_packet *xh_udp_receiver_next(struct xh_udp_receiver *r, const uint8_t **octets)
{
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    if (tail == atomic_load_explicit(&r->head, memory_order_acquire))
        return NULL;
    const struct xh_udp_packet *p = (const struct xh_udp_packet *)(r->ring + (tail & (r->size - 1)));
    if (p->octets == SKIP) {
        tail += r->size - (tail & (r->size - 1));
        atomic_store_explicit(&r->tail, tail, memory_order_release);
        p = (const struct xh_udp_packet *)r->ring;
    }
    *octets = (const uint8_t *)(p + 1);
    return p;
}

void xh_udp_receiver_done(struct xh_udp_receiver *r)
{
    uint64_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    const struct xh_udp_packet *p = (const struct xh_udp_packet *)(r->ring + (tail & (r->size - 1)));
    atomic_store_explicit(&r->tail, tail + sizeof *p + ALIGN(p->octets), memory_order_release);
}

int xh_udp_receiver_wait(struct xh_udp_receiver *r)
{
    atomic_store(&r->waiting, 1);
    if (atomic_load(&r->tail) == atomic_load(&r->head))
        return 1;
    atomic_store(&r->waiting, 0);
    return 0;
}

/* Something was put: the reader is woken when it waits. */
static void wake(struct xh_udp_receiver *r)
{
    uint64_t one = 1;
    if (atomic_exchange(&r->waiting, 0) && write(r->wake, &one, sizeof one) < 0)
        atomic_store(&r->waiting, 1); /* it is full already, and so readable */
}

/* -- addresses ---------------------------------------------------------------------------------------------------- */

static void mapped(struct xh_udp_source *s, const void *v4)
{
    memset(s->address, 0, 10);
    s->address[10] = s->address[11] = 0xff;
    memcpy(s->address + 12, v4, 4);
}

static void peer_of(struct xh_udp_packet *p, const struct sockaddr_in6 *from)
{
    if (from->sin6_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)from;
        mapped(&p->peer, &v4->sin_addr);
        p->port = ntohs(v4->sin_port);
        return;
    }
    memcpy(p->peer.address, &from->sin6_addr, 16);
    p->port = ntohs(from->sin6_port);
    p->scope = from->sin6_scope_id;
}

/* The address it was sent to; the kernel's count of what it had no room for. */
static void control_of(struct xh_udp_receiver *r, struct xh_udp_packet *p, struct msghdr *m)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c)) {
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            mapped(&p->local, &info.ipi_addr);
        } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
            struct in6_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            memcpy(p->local.address, &info.ipi6_addr, 16);
        } else if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_RXQ_OVFL) {
            uint32_t lost;
            memcpy(&lost, CMSG_DATA(c), sizeof lost);
            r->counts.kernel_dropped += lost - r->overflow[p->socket];
            r->overflow[p->socket] = lost;
        }
    }
}

/* -- the thread ------------------------------------------------------------------------------------------------------ */

static void prepare(struct xh_udp_receiver *r, int i)
{
    r->vec[i] = (struct iovec){r->buffers + (size_t)i * XH_UDP_DATAGRAM, XH_UDP_DATAGRAM};
    r->message[i].msg_hdr = (struct msghdr){.msg_name = &r->from[i], .msg_namelen = sizeof r->from[i], .msg_iov = &r->vec[i],
                                            .msg_iovlen = 1, .msg_control = r->control[i], .msg_controllen = CONTROL};
}

static void read_batch(struct xh_udp_receiver *r, int socket)
{
    for (int i = 0; i < XH_UDP_BATCH; i++)
        prepare(r, i);
    int n = recvmmsg(r->fd[socket], r->message, XH_UDP_BATCH, MSG_DONTWAIT, NULL);
    if (n <= 0)
        return; /* nothing, or an error whose reason the error queue tells */
    uint64_t now = nanoseconds(CLOCK_MONOTONIC);
    int given = 0;
    pthread_mutex_lock(&r->mutex);
    r->counts.received += (uint64_t)n;
    for (int i = 0; i < n; i++) {
        struct xh_udp_packet p = {.at_ns = now, .socket = (uint8_t)socket, .octets = r->message[i].msg_len};
        const uint8_t *octets = r->vec[i].iov_base;
        peer_of(&p, &r->from[i]);
        control_of(r, &p, &r->message[i].msg_hdr);
        enum xh_udp_verdict v = xh_udp_filter_judge(r->filter, &p.peer, octets, p.octets, now);
        if (v > XH_UDP_PASS_TRUSTED)
            continue;
        p.trusted = v == XH_UDP_PASS_TRUSTED;
        if (put(r, &p, octets))
            given = 1;
        else
            xh_udp_filter_full(r->filter, v);
    }
    pthread_mutex_unlock(&r->mutex);
    if (given)
        wake(r);
}

/* One entry of a socket's error queue; 1: there may be more. */
static int read_error(struct xh_udp_receiver *r, int socket)
{
    uint8_t first[1];
    prepare(r, 0);
    struct iovec vec = {first, sizeof first};
    struct msghdr m = r->message[0].msg_hdr;
    m.msg_iov = &vec;
    if (recvmsg(r->fd[socket], &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
        return 0;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
        if ((c->cmsg_level != IPPROTO_IP || c->cmsg_type != IP_RECVERR) && (c->cmsg_level != IPPROTO_IPV6 || c->cmsg_type != IPV6_RECVERR))
            continue;
        struct sock_extended_err e;
        memcpy(&e, CMSG_DATA(c), sizeof e);
        struct xh_udp_packet p = {.at_ns = nanoseconds(CLOCK_MONOTONIC), .socket = (uint8_t)socket, .error = (int32_t)e.ee_errno, .trusted = 1};
        if (!m.msg_namelen || !p.error || e.ee_errno == EMSGSIZE)
            continue; /* a path's MTU is the kernel's business */
        peer_of(&p, &r->from[0]);
        int given = put(r, &p, NULL);
        pthread_mutex_lock(&r->mutex);
        r->counts.errors++;
        r->counts.error_full += !given;
        pthread_mutex_unlock(&r->mutex);
        if (given)
            wake(r);
    }
    return 1;
}

static void *run(void *argument)
{
    struct xh_udp_receiver *r = argument;
    struct pollfd p[XH_UDP_SOCKETS + 1];
    for (int i = 0; i < r->sockets; i++)
        p[i] = (struct pollfd){.fd = r->fd[i], .events = POLLIN};
    p[r->sockets] = (struct pollfd){.fd = r->stop, .events = POLLIN};
    for (;;) {
        if (poll(p, (nfds_t)r->sockets + 1, -1) < 0)
            continue; /* EINTR */
        if (p[r->sockets].revents)
            return NULL;
        for (int i = 0; i < r->sockets; i++) {
            int more = 1;
            for (int k = 0; (p[i].revents & POLLERR) && k < XH_UDP_BATCH && more; k++)
                more = read_error(r, i);
            if (p[i].revents & (POLLIN | POLLERR))
                read_batch(r, i);
        }
        pthread_mutex_lock(&r->mutex);
        r->counts.cpu_ns = nanoseconds(CLOCK_THREAD_CPUTIME_ID);
        pthread_mutex_unlock(&r->mutex);
    }
}

int xh_udp_receiver_start(struct xh_udp_receiver *r)
{
    int e = pthread_create(&r->thread, NULL, run, r);
    if (e)
        return -e;
    r->running = 1;
    pthread_setname_np(r->thread, "sip-udp");
    return 0;
}

void xh_udp_receiver_stop(struct xh_udp_receiver *r)
{
    uint64_t one = 1;
    if (!r->running)
        return;
    while (write(r->stop, &one, sizeof one) < 0 && errno == EINTR)
        ;
    pthread_join(r->thread, NULL);
    r->running = 0;
}

void xh_udp_receiver_counts(struct xh_udp_receiver *r, struct xh_udp_receiver_counts *counts)
{
    pthread_mutex_lock(&r->mutex);
    *counts = r->counts;
    pthread_mutex_unlock(&r->mutex);
}
