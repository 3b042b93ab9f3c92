/* UDP sockets of RTP lines: opened, many datagrams received at once, one sent. Linux. All calls are non-blocking.
 * Needs _GNU_SOURCE before the first header. */
#ifndef XUNHU_RTP_SOCKET_H
#define XUNHU_RTP_SOCKET_H
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "rtp_address.h"

#define XH_RTP_BATCH 8                  /* datagrams of one socket in a tick: 800 a second and more with a tick of 10 ms */
#define XH_RTP_DATAGRAM 1536            /* octets that are read of one; longer ones are told with octets 0 */

struct xh_rtp_datagram {
    size_t octets;
    struct xh_rtp_address from;
    uint64_t age_ns;                    /* since it came, by the kernel's stamp; 0 where there is none */
};

struct xh_rtp_batch {
    struct xh_rtp_datagram got[XH_RTP_BATCH];
    _Alignas(8) uint8_t octets[XH_RTP_BATCH][XH_RTP_DATAGRAM];
    union { struct sockaddr_in v4; struct sockaddr_in6 v6; } name[XH_RTP_BATCH];
    _Alignas(8) uint8_t control[XH_RTP_BATCH][64];
    struct iovec part[XH_RTP_BATCH];
    struct mmsghdr message[XH_RTP_BATCH];
};

/* Bound to local (with group: to it, and joined at local's interface; several may). *bound: its address with its port. A descriptor, -errno. */
int xh_rtp_socket_open(const struct xh_rtp_address *local, const struct xh_rtp_address *group, int tos, int ttl, struct xh_rtp_address *bound);
void xh_rtp_batch_init(struct xh_rtp_batch *b);
/* most: 1 to XH_RTP_BATCH; one alone is the cheapest way to get one. wall_ns: CLOCK_REALTIME now. How many came, 0 none; errors of the socket count
 * as none. */
int xh_rtp_socket_receive(int fd, struct xh_rtp_batch *b, int most, uint64_t wall_ns);
int xh_rtp_socket_send(int fd, const uint8_t *packet, size_t octets, const struct xh_rtp_address *to);   /* 0, -errno */

#endif
