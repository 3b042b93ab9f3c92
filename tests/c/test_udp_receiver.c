// sources: xunhu/net/udp_receiver.c xunhu/net/udp_filter.c xunhu/net/udp_send.c
/* The receiver's thread and ring over loopback: all that was sent comes in order while the ring goes round many times, the reader is woken
 * whenever it waits, a full ring loses nothing that it has taken, stopping leaves what is there to be read. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include "xunhu/udp_receiver.h"

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)
#define PACKETS 20000

static const struct xh_udp_limits limits = {.octets = 65535, .rate = 1, .burst = 1, .unknown_rate = 1, .unknown_burst = 1};

static int bound(uint16_t *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_DGRAM, 0), room = 4 << 20;
    CHECK(fd >= 0 && !bind(fd, (struct sockaddr *)&a, sizeof a) && !getsockname(fd, (struct sockaddr *)&a, &n));
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    *port = ntohs(a.sin_port);
    return fd;
}

/* A message of a length of its own, with its number at the front. */
static size_t message(uint8_t *out, uint32_t number)
{
    size_t n = 64 + number * 7919u % 3000;
    memset(out, 'x', n);
    memcpy(out, "SIP/2.0 ", 8);
    memcpy(out + 8, &number, 4);
    return n;
}

/* Waits as the loop does; NULL: nothing for a second. */
static const struct xh_udp_packet *next(struct xh_udp_receiver *r, int wake, const uint8_t **octets)
{
    for (;;) {
        const struct xh_udp_packet *p = xh_udp_receiver_next(r, octets);
        if (p)
            return p;
        uint64_t count;
        struct pollfd fd = {.fd = wake, .events = POLLIN};
        if (read(wake, &count, sizeof count) < 0)
            count = 0; /* nothing was written */
        if (xh_udp_receiver_wait(r) && poll(&fd, 1, 1000) == 0)
            return NULL;
    }
}

int main(void)
{
    struct xh_udp_receiver *r;
    static uint8_t sent[64][4096], wanted[4096];
    uint16_t port, from;
    int wake = eventfd(0, EFD_NONBLOCK), fd = bound(&port), peer = bound(&from);
    CHECK(xh_udp_receiver_new(&r, &limits, 3, 3 << 20, wake) == -22 && xh_udp_receiver_new(&r, &limits, 3, 1 << 20, wake) == 0);
    CHECK(xh_udp_receiver_add(r, fd) == 0);
    struct xh_udp_source trusted = {{[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
    CHECK(!xh_udp_filter_trust(xh_udp_receiver_lock(r), &trusted));
    xh_udp_receiver_unlock(r);
    CHECK(!xh_udp_receiver_start(r));
    const uint8_t *octets;
    for (uint32_t first = 0; first < PACKETS; first += 64) {
        struct xh_udp_send sends[64] = {{0}};
        for (uint32_t i = 0; i < 64; i++)
            sends[i] = (struct xh_udp_send){.fd = peer, .octets = sent[i], .n = message(sent[i], first + i), .to = trusted, .port = port};
        CHECK(xh_udp_send(sends, 64) == 0);
        for (uint32_t i = 0; i < 64; i++) {
            const struct xh_udp_packet *p = next(r, wake, &octets);
            CHECK(p && p->octets == message(wanted, first + i) && !memcmp(octets, wanted, p->octets));
            CHECK(p->port == from && p->trusted && !p->error && !memcmp(&p->peer, &trusted, sizeof trusted));
            xh_udp_receiver_done(r);
        }
    }
    /* Nobody reads: the ring takes what it can and counts the rest; what it took is whole, also after the end. */
    struct xh_udp_receiver_counts counts;
    for (uint32_t i = 0; i < 2000; i++) {
        struct xh_udp_send one = {.fd = peer, .octets = sent[0], .n = message(sent[0], i), .to = trusted, .port = port};
        CHECK(xh_udp_send(&one, 1) == 0);
        if (i % 50 == 49)
            do
                xh_udp_receiver_counts(r, &counts);
            while (counts.received < i + 1 + (PACKETS + 63) / 64 * 64);
    }
    xh_udp_receiver_stop(r);
    uint64_t verdicts[XH_UDP_VERDICTS], got = 0;
    xh_udp_filter_counts(xh_udp_receiver_lock(r), verdicts);
    xh_udp_receiver_unlock(r);
    const struct xh_udp_packet *p;
    uint32_t last = 0;
    while ((p = xh_udp_receiver_next(r, &octets))) {
        uint32_t number;
        memcpy(&number, octets + 8, 4);
        CHECK(p->octets == message(wanted, number) && !memcmp(octets, wanted, p->octets) && (!got || number > last));
        last = number;
        got++;
        xh_udp_receiver_done(r);
    }
    CHECK(got > 500 && verdicts[XH_UDP_FULL] == 2000 - got);
    xh_udp_receiver_free(r);
    close(fd);
    close(peer);
    close(wake);
    return 0;
}
