/* Where RTP streams end: one socket gets all of them and tells how evenly their packets came. Not the program of others, but a process of
 * its own, so that what receiving costs is not counted as sending.
 *
 *     rtp_sink MS PTIME_MS    prints the UDP port on a line, then listens for MS and prints JSON
 *
 * Timing error of a packet: how much its distance to the one before, by the kernel's stamps, differs from PTIME_MS. */
#define _GNU_SOURCE
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64
#define STREAMS 65536
#define MOST 4000000

static int64_t last[STREAMS];
static uint16_t sequence[STREAMS];
static float errors[MOST];

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000ll + t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
    if (argc < 3)
        return 2;
    int64_t ms = atoll(argv[1]), ptime = atoll(argv[2]) * 1000000;
    int fd = socket(AF_INET, SOCK_DGRAM, 0), one = 1, room = 16 << 20;
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof a;
    struct timeval patience = {.tv_usec = 50000};
    setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &one, sizeof one);
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || getsockname(fd, (struct sockaddr *)&a, &length))
        return 1;
    printf("%d\n", ntohs(a.sin_port));
    fflush(stdout);
    static uint8_t octets[BATCH][256], control[BATCH][64];
    static struct sockaddr_in from[BATCH];
    struct iovec part[BATCH];
    struct mmsghdr m[BATCH];
    uint64_t packets = 0, missing = 0, streams = 0;
    size_t n = 0;
    int64_t end = 0;
    while (!end || now_ns() < end) {
        for (int i = 0; i < BATCH; i++) {
            part[i] = (struct iovec){octets[i], sizeof octets[i]};
            m[i].msg_hdr = (struct msghdr){&from[i], sizeof from[i], &part[i], 1, control[i], sizeof control[i], 0};
        }
        int got = recvmmsg(fd, m, BATCH, MSG_WAITFORONE, NULL);
        if (!end && got > 0)
            end = now_ns() + ms * 1000000;
        for (int i = 0; i < got; i++) {
            struct cmsghdr *c = CMSG_FIRSTHDR(&m[i].msg_hdr);
            struct timespec t = {0};
            if (c)
                memcpy(&t, CMSG_DATA(c), sizeof t);
            int64_t at = t.tv_sec * 1000000000ll + t.tv_nsec;
            uint16_t stream = ntohs(from[i].sin_port), number = (uint16_t)(octets[i][2] << 8 | octets[i][3]);
            if (m[i].msg_len < 12 || (octets[i][1] & 0x7f) >= 64)
                continue;
            packets++;
            if (last[stream]) {
                missing += (uint16_t)(number - sequence[stream] - 1);
                int64_t off = at - last[stream] - ptime;
                if (n < MOST)
                    errors[n++] = (float)(off < 0 ? -off : off) / 1e6f;
            } else {
                streams++;
            }
            last[stream] = at;
            sequence[stream] = number;
        }
    }
    qsort(errors, n, sizeof *errors, by_size);
    printf("{\"streams\": %llu, \"packets\": %llu, \"missing\": %llu, \"p50_ms\": %.4f, \"p99_ms\": %.4f, \"most_ms\": %.4f}\n",
           (unsigned long long)streams, (unsigned long long)packets, (unsigned long long)missing, n ? errors[n / 2] : 0.0f,
           n ? errors[n * 99 / 100] : 0.0f, n ? errors[n - 1] : 0.0f);
    return 0;
}
