#define _GNU_SOURCE
#include "xunhu/udp_receiver.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

/* Octets of the ancillary data that names the source address. */
#define CONTROL CMSG_SPACE(sizeof(struct in6_pktinfo))

struct slot {
    union {
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } to;
    struct iovec vec;
    _Alignas(struct cmsghdr) uint8_t control[CONTROL];
};

static int is_v4(const struct xh_udp_source *s)
{
    static const uint8_t start[12] = {[10] = 0xff, [11] = 0xff};
    return !memcmp(s->address, start, 12);
}

static int is_zero(const struct xh_udp_source *s)
{
    static const struct xh_udp_source none;
    return !memcmp(s, &none, sizeof none);
}

static void control_put(struct msghdr *m, uint8_t *room, int level, int type, const void *data, size_t n)
{
    m->msg_control = room;
    m->msg_controllen = CMSG_SPACE(n);
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    c->cmsg_level = level;
    c->cmsg_type = type;
    c->cmsg_len = CMSG_LEN(n);
    memcpy(CMSG_DATA(c), data, n);
}

static void fill(struct mmsghdr *message, struct slot *slot, const struct xh_udp_send *send)
{
    struct msghdr *m = &message->msg_hdr;
    memset(slot, 0, sizeof *slot);
    memset(message, 0, sizeof *message);
    slot->vec = (struct iovec){(void *)send->octets, send->n};
    m->msg_iov = &slot->vec;
    m->msg_iovlen = 1;
    m->msg_name = &slot->to;
    if (is_v4(&send->to)) {
        slot->to.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(send->port)};
        memcpy(&slot->to.v4.sin_addr, send->to.address + 12, 4);
        m->msg_namelen = sizeof slot->to.v4;
        if (!is_zero(&send->local)) {
            struct in_pktinfo info = {0};
            memcpy(&info.ipi_spec_dst, send->local.address + 12, 4);
            control_put(m, slot->control, IPPROTO_IP, IP_PKTINFO, &info, sizeof info);
        }
        return;
    }
    slot->to.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(send->port), .sin6_scope_id = send->scope};
    memcpy(&slot->to.v6.sin6_addr, send->to.address, 16);
    m->msg_namelen = sizeof slot->to.v6;
    if (!is_zero(&send->local)) {
        struct in6_pktinfo info = {0};
        memcpy(&info.ipi6_addr, send->local.address, 16);
        control_put(m, slot->control, IPPROTO_IPV6, IPV6_PKTINFO, &info, sizeof info);
    }
}

/* The error of an earlier datagram (ICMP) is reported once, by the next call; this one is then tried again. */
static int pending(int error)
{
    return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN || error == ENETDOWN || error == EINTR;
}

static size_t batch(struct xh_udp_send *sends, size_t n)
{
    struct mmsghdr message[XH_UDP_BATCH];
    struct slot slot[XH_UDP_BATCH];
    size_t failed = 0;
    int again = 0;
    for (size_t i = 0; i < n; i++) {
        fill(&message[i], &slot[i], &sends[i]);
        sends[i].error = 0;
    }
    for (size_t i = 0; i < n;) {
        int sent = sendmmsg(sends[i].fd, message + i, (unsigned)(n - i), MSG_DONTWAIT);
        if (sent > 0) {
            i += (size_t)sent;
            again = 0;
        } else if (pending(errno) && again < 2) {
            again++;
        } else {
            sends[i++].error = errno;
            failed++;
            again = 0;
        }
    }
    return failed;
}

size_t xh_udp_send(struct xh_udp_send *sends, size_t n)
{
    size_t failed = 0;
    for (size_t i = 0; i < n;) {
        size_t k = 1;
        while (i + k < n && k < XH_UDP_BATCH && sends[i + k].fd == sends[i].fd)
            k++;
        failed += batch(sends + i, k);
        i += k;
    }
    return failed;
}
