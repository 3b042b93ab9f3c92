/* See rtp_socket.h. */
#define _GNU_SOURCE
#include "rtp_socket.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RECEIVE_BUFFER (64 * 1024)      /* half a second of 20 ms G.711 as the kernel counts, 30 packets at least; a flood fills no more */

static socklen_t to_system(const struct xh_rtp_address *a, struct sockaddr_in6 *out)
{
    memset(out, 0, sizeof *out);
    if (a->family == 4) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)out;
        v4->sin_family = AF_INET;
        v4->sin_port = htons(a->port);
        memcpy(&v4->sin_addr, a->ip, 4);
        return sizeof *v4;
    }
    out->sin6_family = AF_INET6;
    out->sin6_port = htons(a->port);
    out->sin6_scope_id = a->scope;
    memcpy(&out->sin6_addr, a->ip, 16);
    return sizeof *out;
}

static void from_system(const void *name, struct xh_rtp_address *a)
{
    const struct sockaddr *any = name;
    memset(a, 0, sizeof *a);
    if (any->sa_family == AF_INET) {
        const struct sockaddr_in *v4 = name;
        a->family = 4;
        a->port = ntohs(v4->sin_port);
        memcpy(a->ip, &v4->sin_addr, 4);
    } else if (any->sa_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = name;
        a->family = 6;
        a->port = ntohs(v6->sin6_port);
        a->scope = v6->sin6_scope_id;
        memcpy(a->ip, &v6->sin6_addr, 16);
    }
}

int xh_rtp_address_same_host(const struct xh_rtp_address *a, const struct xh_rtp_address *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

int xh_rtp_address_is(const struct xh_rtp_address *a, const struct xh_rtp_address *b)
{
    return a->port == b->port && xh_rtp_address_same_host(a, b);
}

int xh_rtp_address_good(const struct xh_rtp_address *a)
{
    return a->family == 4 || a->family == 6;
}

int xh_rtp_address_multicast(const struct xh_rtp_address *a)
{
    return (a->family == 4 && (a->ip[0] & 0xf0) == 0xe0) || (a->family == 6 && a->ip[0] == 0xff);
}

static int set(int fd, int level, int name, int value)
{
    return setsockopt(fd, level, name, &value, sizeof value) < 0 ? -errno : 0;
}

/* What IPv6 has in the place of an address of the interface: its number, the local address's scope. */
static int multicast(int fd, const struct xh_rtp_address *local, const struct xh_rtp_address *group, int ttl)
{
    int r;
    if (local->family == 4) {
        struct ip_mreqn join = {.imr_ifindex = 0};
        memcpy(&join.imr_address, local->ip, 4);
        r = setsockopt(fd, IPPROTO_IP, IP_MULTICAST_IF, &join, sizeof join) < 0 ? -errno : set(fd, IPPROTO_IP, IP_MULTICAST_TTL, ttl);
        if (r || !group->family)
            return r;
        memcpy(&join.imr_multiaddr, group->ip, 4);
        return setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &join, sizeof join) < 0 ? -errno : 0;
    }
    struct ipv6_mreq join = {.ipv6mr_interface = local->scope};
    r = local->scope ? set(fd, IPPROTO_IPV6, IPV6_MULTICAST_IF, (int)local->scope) : 0;
    r = r ? r : set(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, ttl);
    if (r || !group->family)
        return r;
    memcpy(&join.ipv6mr_multiaddr, group->ip, 16);
    return setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &join, sizeof join) < 0 ? -errno : 0;
}

static int prepare(int fd, const struct xh_rtp_address *local, const struct xh_rtp_address *group, int tos, int ttl)
{
    struct sockaddr_in6 name;
    struct xh_rtp_address at = group->family ? *group : *local;
    at.port = local->port;
    socklen_t length = to_system(&at, &name);
    int r = set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);     /* what the system gives instead is as good */
    if (!r && group->family)
        r = set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
    if (!r && local->family == 6)
        r = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    if (!r && tos)
        r = local->family == 4 ? set(fd, IPPROTO_IP, IP_TOS, tos) : set(fd, IPPROTO_IPV6, IPV6_TCLASS, tos);
    if (!r)
        r = bind(fd, (struct sockaddr *)&name, length) < 0 ? -errno : 0;
    return r ? r : multicast(fd, local, group, ttl ? ttl : 1);
}

int xh_rtp_socket_open(const struct xh_rtp_address *local, const struct xh_rtp_address *group, int tos, int ttl, struct xh_rtp_address *bound)
{
    int fd = socket(local->family == 4 ? AF_INET : AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    int r = prepare(fd, local, group, tos, ttl);
    struct sockaddr_in6 name;
    socklen_t length = sizeof name;
    if (!r && getsockname(fd, (struct sockaddr *)&name, &length) < 0)
        r = -errno;
    if (r) {
        close(fd);
        return r;
    }
    from_system(&name, bound);
    return fd;
}

void xh_rtp_batch_init(struct xh_rtp_batch *b)
{
    for (int i = 0; i < XH_RTP_BATCH; i++) {
        b->part[i] = (struct iovec){b->octets[i], XH_RTP_DATAGRAM};
        b->message[i].msg_hdr = (struct msghdr){
            .msg_name = &b->name[i], .msg_namelen = sizeof b->name[i], .msg_iov = &b->part[i], .msg_iovlen = 1,
            .msg_control = b->control[i], .msg_controllen = sizeof b->control[i],
        };
    }
}

static uint64_t age_of(struct msghdr *m, uint64_t wall_ns)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
        if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_TIMESTAMPNS) {
            struct timespec t;
            memcpy(&t, CMSG_DATA(c), sizeof t);
            uint64_t at = (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
            return at < wall_ns ? wall_ns - at : 0;
        }
    return 0;
}

static int receive_one(int fd, struct mmsghdr *m)
{
    ssize_t octets = recvmsg(fd, &m->msg_hdr, MSG_DONTWAIT);
    m->msg_len = octets < 0 ? 0 : (unsigned)octets;
    return octets < 0 ? 0 : 1;
}

int xh_rtp_socket_receive(int fd, struct xh_rtp_batch *b, int most, uint64_t wall_ns)
{
    int n = most == 1 ? receive_one(fd, b->message) : recvmmsg(fd, b->message, (unsigned)most, MSG_DONTWAIT, NULL);
    for (int i = 0; i < n; i++) {
        struct msghdr *m = &b->message[i].msg_hdr;
        b->got[i].octets = m->msg_flags & MSG_TRUNC ? 0 : b->message[i].msg_len;
        b->got[i].age_ns = age_of(m, wall_ns);
        from_system(&b->name[i], &b->got[i].from);
        m->msg_namelen = sizeof b->name[i];
        m->msg_controllen = sizeof b->control[i];
    }
    return n < 0 ? 0 : n;
}

int xh_rtp_socket_send(int fd, const uint8_t *packet, size_t octets, const struct xh_rtp_address *to)
{
    struct sockaddr_in6 name;
    socklen_t length = to_system(to, &name);
    return sendto(fd, packet, octets, MSG_DONTWAIT | MSG_NOSIGNAL, (struct sockaddr *)&name, length) < 0 ? -errno : 0;
}
