// sources: xunhu/_media/dtmf.c xunhu/_media/dtmf_plain.c xunhu/_media/dtmf_avx2.c xunhu/_media/dtmf_verify.c
/* The DTMF receiver bank under the sanitizers: digits in, digits out, channels off and on, no room for hits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xunhu/dtmf.h"

#define CHECK(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); return 1; } } while (0)

static struct xh_dtmf_bank *make(uint32_t channels)
{
    struct xh_dtmf_bank *b = aligned_alloc(64, (xh_dtmf_bank_size(channels) + 63) / 64 * 64);
    if (!b)
        abort();
    xh_dtmf_bank_init(b, b, channels);
    return b;
}

static void tone(int16_t *x, size_t n, double low, double high, double amplitude)
{
    for (size_t i = 0; i < n; i++)
        x[i] = (int16_t)lrint(amplitude * (sin(2 * M_PI * low * (double)i / 8000) + sin(2 * M_PI * high * (double)i / 8000)));
}

/* Channels hear the same digit, each other one is off; what is found through `room` hits a call? */
static int digits(uint32_t channels, size_t block, size_t room, int plain)
{
    struct xh_dtmf_bank *b = make(channels);
    if (plain)
        xh_dtmf_bank_plain(b);
    int16_t *x = calloc(1600, sizeof *x);
    const int16_t **rows = calloc(channels, sizeof *rows);
    struct xh_dtmf_hit *hits = calloc(room + 1, sizeof *hits);
    CHECK(x && rows && hits);
    tone(x + 160, 480, 852, 1477, 8000);
    uint32_t begun = 0, ended = 0;
    for (size_t at = 0; at < 1600 + 8000; at += block) {
        size_t n = at < 1600 && 1600 - at < block ? 1600 - at : block;
        for (uint32_t c = 0; c < channels; c += 2)
            rows[c] = at < 1600 ? x + at : x + 800;
        size_t got = xh_dtmf_bank_run(b, rows, n, hits, room);
        CHECK(got <= room);
        for (size_t i = 0; i < got; i++) {
            CHECK(hits[i].channel % 2 == 0 && hits[i].channel < channels && hits[i].offset < n);
            CHECK((hits[i].digit == '9') != (hits[i].ended == '9'));
            CHECK(!hits[i].ended || (hits[i].length >= 440 && hits[i].length <= 520));
            begun += hits[i].digit != 0;
            ended += hits[i].ended != 0;
        }
    }
    CHECK(xh_dtmf_bank_lost(b) == 0);
    CHECK(begun == (channels + 1) / 2 && ended == begun);
    free(hits);
    free(rows);
    free(x);
    free(b);
    return 0;
}

static int bad_calls(void)
{
    struct xh_dtmf_bank *b = make(3);
    int16_t x[160] = {0};
    const int16_t *rows[3] = {x, NULL, x};
    struct xh_dtmf_hit hit;
    CHECK(xh_dtmf_bank_run(b, rows, 0, &hit, 1) == 0);
    CHECK(xh_dtmf_bank_run(b, rows, 161, &hit, 1) == 0);
    CHECK(xh_dtmf_bank_run(b, rows, 160, NULL, 0) == 0);
    xh_dtmf_bank_reset(b, 3);
    xh_dtmf_bank_reset(b, UINT32_MAX);
    xh_dtmf_bank_reset(b, 2);
    free(b);
    CHECK(xh_dtmf_bank_size(0) > 0);
    b = make(0);
    CHECK(xh_dtmf_bank_run(b, NULL, 80, &hit, 1) == 0);
    free(b);
    return 0;
}

/* A new call does not get the hits of the old one. */
static int reset_drops_waiting_hits(void)
{
    struct xh_dtmf_bank *b = make(2);
    int16_t x[480];
    struct xh_dtmf_hit hit;
    tone(x, 480, 697, 1209, 5000);
    for (size_t at = 0; at < 480; at += 80) {
        const int16_t *rows[2] = {x + at, x + at};
        CHECK(xh_dtmf_bank_run(b, rows, 80, NULL, 0) == 0);
    }
    xh_dtmf_bank_reset(b, 0);
    const int16_t *off[2] = {NULL, x};
    CHECK(xh_dtmf_bank_run(b, off, 1, &hit, 1) == 1);
    CHECK(hit.channel == 1 && hit.digit == '1' && hit.offset == 0);
    CHECK(xh_dtmf_bank_run(b, off, 1, &hit, 1) == 0);
    free(b);
    return 0;
}

int main(void)
{
    static const size_t blocks[] = {1, 7, 20, 40, 80, 160};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
        for (uint32_t channels = 1; channels <= 17; channels += 4)
            for (int plain = 0; plain < 2; plain++)
                if (digits(channels, blocks[i], i % 2 ? 1 : 64, plain))
                    return 1;
    return bad_calls() || reset_drops_waiting_hits();
}
