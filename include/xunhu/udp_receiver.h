/* The thread that reads the UDP sockets of SIP, and the ring in which what is worth it goes to control.
 *
 * recvmmsg on all sockets, udp_filter.h on each datagram, then a ring of octets between this one writer and one reader. The reader is woken
 * by an eventfd, once, and has to say that it will wait again (xh_udp_receiver_wait). The ring is bounded: unknown sources may fill half of
 * it, the rest is for trusted ones.
 *
 * ICMP errors of what was sent (IP_RECVERR) come through the same ring: the destination, its port and the errno.
 *
 * The filter is the receiver's while it runs; others use it between xh_udp_receiver_lock and _unlock, for microseconds. */
#ifndef XUNHU_UDP_RECEIVER_H
#define XUNHU_UDP_RECEIVER_H

#include "xunhu/udp_filter.h"

#define XH_UDP_SOCKETS 16
#define XH_UDP_BATCH 64

struct xh_udp_packet {
    uint64_t at_ns;  /* CLOCK_MONOTONIC, when it was read */
    uint32_t octets;
    int32_t error;   /* 0: a datagram from peer; else errno: what was sent to peer did not get there (octets is 0) */
    struct xh_udp_source peer, local; /* local: where it was sent to, as IP_PKTINFO says; zero when it did not say */
    uint32_t scope;  /* of a link-local IPv6 peer */
    uint16_t port;   /* of the peer */
    uint8_t socket;  /* number that xh_udp_receiver_add gave */
    uint8_t trusted;
    uint64_t spare;
};

struct xh_udp_receiver;

/* ring: octets, a power of 2, 1 MiB or more. wake: an eventfd, which stays the caller's. -EINVAL, -ENOMEM. */
int xh_udp_receiver_new(struct xh_udp_receiver **out, const struct xh_udp_limits *limits, uint64_t seed, size_t ring, int wake);
/* A socket, bound, with IP_PKTINFO, IP_RECVERR and SO_RXQ_OVFL set as wanted; it stays the caller's and open until _stop. Before _start.
 * Its number, or -ENOSPC. */
int xh_udp_receiver_add(struct xh_udp_receiver *r, int fd);
int xh_udp_receiver_start(struct xh_udp_receiver *r);
/* Ends the thread; what is in the ring can still be read. */
void xh_udp_receiver_stop(struct xh_udp_receiver *r);
void xh_udp_receiver_free(struct xh_udp_receiver *r);

struct xh_udp_filter *xh_udp_receiver_lock(struct xh_udp_receiver *r);
void xh_udp_receiver_unlock(struct xh_udp_receiver *r);

/* The oldest packet; its octets stay where they are until xh_udp_receiver_done. NULL: none. */
const struct xh_udp_packet *xh_udp_receiver_next(struct xh_udp_receiver *r, const uint8_t **octets);
void xh_udp_receiver_done(struct xh_udp_receiver *r);
/* The reader is going to wait for the eventfd: 1, or 0 when there is something to read already. */
int xh_udp_receiver_wait(struct xh_udp_receiver *r);

struct xh_udp_receiver_counts {
    uint64_t received;       /* datagrams read from sockets */
    uint64_t kernel_dropped; /* datagrams that found no room in the kernel's buffer */
    uint64_t errors;         /* ICMP errors */
    uint64_t error_full;     /* of these: no room in the ring */
    uint64_t cpu_ns;         /* of the thread */
};
void xh_udp_receiver_counts(struct xh_udp_receiver *r, struct xh_udp_receiver_counts *counts);

/* -- sending: from the reader's thread, sendmmsg ------------------------------------------------------------------- */

struct xh_udp_send {
    int fd;
    const uint8_t *octets;
    size_t n;
    struct xh_udp_source to, local; /* local: source address to send from; zero: as the kernel chooses */
    uint32_t scope;
    uint16_t port;
    int error; /* out: 0 or errno */
};

/* Sends all of them, neighbours with the same fd at once. Returns how many have an error. */
size_t xh_udp_send(struct xh_udp_send *sends, size_t n);

#endif
