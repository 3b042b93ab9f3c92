/* libspandsp on what a line carries: `spandsp_lines g711 SAMPLES` and `spandsp_lines hdlc OCTETS`; CPU, best of some rounds.
 *
 * g711: A-law of random samples, each way, ns a sample; beside it a copy of as many octets.
 * hdlc: frames of 4 to 60 random octets, the least gap between them, ns an octet of the line each way. */
#include <spandsp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "peer_clock.h"

#define ROUNDS 15
#define LONGEST 64

static double least(double a, double b)
{
    return a < b ? a : b;
}

static int g711(size_t n)
{
    int16_t *linear = malloc(2 * n), *again = malloc(2 * n);
    uint8_t *octets = malloc(n);
    double encode = 1e18, decode = 1e18, copy = 1e18;
    if (!linear || !again || !octets)
        return 1;
    for (size_t i = 0; i < n; i++)
        linear[i] = (int16_t)rand();
    for (int round = 0; round < ROUNDS; round++) {
        double begin = now_ns();
        for (size_t i = 0; i < n; i++)
            octets[i] = linear_to_alaw(linear[i]);
        encode = least(encode, now_ns() - begin);
        begin = now_ns();
        for (size_t i = 0; i < n; i++)
            again[i] = alaw_to_linear(octets[i]);
        decode = least(decode, now_ns() - begin);
        begin = now_ns();
        memcpy(again, linear, 2 * n);
        __asm__ volatile("" : : "r"(again) : "memory");
        copy = least(copy, now_ns() - begin);
    }
    printf("{\"encode\": %f, \"decode\": %f, \"copy\": %f}\n", encode / n, decode / n, copy / n);
    return 0;
}

struct source {
    hdlc_tx_state_t *tx;
    unsigned seed;
    long frames;
};

static void another(void *context)
{
    struct source *s = context;
    uint8_t frame[LONGEST];
    int len = 4 + rand_r(&s->seed) % 57;
    for (int i = 0; i < len; i++)
        frame[i] = (uint8_t)rand_r(&s->seed);
    s->frames += !hdlc_tx_frame(s->tx, frame, len);
}

static long heard;

static void got(void *context, const uint8_t *frame, int len, int ok)
{
    (void)context;
    (void)frame;
    heard += ok && len > 0;
}

static int hdlc(size_t n)
{
    uint8_t *line = malloc(n);
    double sending = 1e18, receiving = 1e18;
    for (int round = 0; line && round < ROUNDS; round++) {
        struct source s = {.seed = 1};
        s.tx = hdlc_tx_init(NULL, false, 1, false, another, &s);
        another(&s);
        double begin = now_ns();
        for (size_t i = 0; i < n; i++)
            line[i] = (uint8_t)hdlc_tx_get_byte(s.tx);
        sending = least(sending, now_ns() - begin);
        hdlc_tx_free(s.tx);
        hdlc_rx_state_t *rx = hdlc_rx_init(NULL, false, false, 1, got, NULL);
        heard = 0;
        begin = now_ns();
        for (size_t i = 0; i < n; i++)
            hdlc_rx_put_byte(rx, line[i]);
        receiving = least(receiving, now_ns() - begin);
        hdlc_rx_free(rx);
    }
    printf("{\"sending\": %f, \"receiving\": %f, \"frames\": %ld}\n", sending / n, receiving / n, heard);
    return !line;
}

int main(int argc, char **argv)
{
    size_t n = argc > 2 ? strtoul(argv[2], NULL, 10) : 0;
    if (n && !strcmp(argv[1], "g711"))
        return g711(n);
    if (n && !strcmp(argv[1], "hdlc"))
        return hdlc(n);
    fprintf(stderr, "usage: spandsp_lines g711|hdlc COUNT\n");
    return 2;
}
