// sources: xunhu/_media/dtmf.c xunhu/_media/dtmf_plain.c xunhu/_media/dtmf_avx2.c xunhu/_media/dtmf_verify.c xunhu/_media/dtmf_edges.c
/* The DTMF receiver bank under the sanitizers: digits in, digits out, channels off and on, no room for hits. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "dtmf_bank.h"

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

/* Power of a tone over a window as the definition has it: the reference for the kernels. */
static double direct(const int16_t *x, int n, double hz)
{
    double re = 0, im = 0;
    for (int i = 0; i < n; i++) {
        re += x[i] * cos(2 * M_PI * hz * i / 8000);
        im += x[i] * sin(2 * M_PI * hz * i / 8000);
    }
    return re * re + im * im;
}

/* Pairs in noise, a sound a lane: each window's stronger tone and code against the direct sums. */
static int kernels_against_the_definition(dtmf_kernel *kernel)
{
    struct dtmf_tables *t = aligned_alloc(64, (sizeof *t + 63) / 64 * 64);
    struct dtmf_group *g = aligned_alloc(64, (sizeof *g + 63) / 64 * 64);
    static int16_t x[LANES][800];
    struct dtmf_window out[HOPS_A_CALL];
    unsigned seen = 0;
    CHECK(t && g);
    xh_dtmf_tables_init(t);
    memset(g, 0, sizeof *g);
    srand(1);
    for (int lane = 0; lane < LANES; lane++) {
        tone(x[lane], 800, (double)xh_dtmf_tone_hz[lane % 4], (double)xh_dtmf_tone_hz[4 + lane / 2], 1000 + 1500 * lane);
        for (int i = 0; i < 800; i++)
            x[lane][i] = (int16_t)(x[lane][i] + rand() % 401 - 200);
    }
    for (uint32_t hop = 0; hop < 40; hop += 4) {
        const struct dtmf_block block = {4 * HOP, 0, hop % SLOTS, (hop + 397) % PHASE_PERIOD};
        const int16_t *rows[LANES];
        for (int lane = 0; lane < LANES; lane++)
            rows[lane] = x[lane] + hop * HOP;
        CHECK(kernel(t, &block, g, rows, out) == 4);
        for (uint32_t w = 0; w < 4 && hop > 0; w++)
            for (int lane = 0; lane < LANES; lane++, seen++) {
                const int16_t *window = x[lane] + (hop + w + 1 - SLOTS) * HOP;
                double low = direct(window, SLOTS * HOP, (double)xh_dtmf_tone_hz[lane % 4]);
                double high = direct(window, SLOTS * HOP, (double)xh_dtmf_tone_hz[4 + lane / 2]);
                CHECK(out[w].code[lane] == lane % 4 * 4 + lane / 2 && out[w].pure[lane] == -1);
                CHECK(fabs((double)out[w].strong[lane] / fmax(low, high) - 1) < 1e-4);
            }
    }
    CHECK(seen == 36 * LANES);
    free(g);
    free(t);
    return 0;
}

/* What the proof measures of pairs that are off, weak on one side, or beside another tone. */
static int proof_measures(void)
{
    struct dtmf_tables *t = aligned_alloc(64, (sizeof *t + 63) / 64 * 64);
    CHECK(t);
    xh_dtmf_tables_init(t);
    for (unsigned code = 0; code < 16; code++)
        for (int k = -1; k <= 1; k++) {
            double hz[2] = {(double)xh_dtmf_tone_hz[code >> 2] * (1 + 0.014 * k), (double)xh_dtmf_tone_hz[4 + (code & 3)] * (1 - 0.012 * k)};
            int16_t x[PROOF];
            for (int i = 0; i < PROOF; i++)
                x[i] = (int16_t)lrint(6000 * sin(2 * M_PI * hz[0] * i / 8000 + k) + 3000 * sin(2 * M_PI * hz[1] * i / 8000) +
                                      (k ? 0 : 2500 * sin(2 * M_PI * 425 * i / 8000)));
            struct dtmf_proof p;
            CHECK(xh_dtmf_prove(t, x, code, &p) == (k ? DTMF_CLEAN : DTMF_NOISY));
            for (int side = 0; side < 2; side++) {
                CHECK(fabs((double)p.offset[side] - (hz[side] - (double)xh_dtmf_tone_hz[side ? 4 + (code & 3) : code >> 2])) < 1.0);
                CHECK(fabs((double)p.level[side] / (side ? 3000 : 6000) - 1) < 0.02);
            }
            CHECK(fabs((double)p.residue - (k ? 0 : 6.25 / (36 + 9 + 6.25))) < 0.01);
            CHECK(xh_dtmf_agree(&p, &p));
        }
    int16_t nothing[PROOF] = {0};
    struct dtmf_proof p;
    CHECK(xh_dtmf_prove(t, nothing, 5, &p) == DTMF_NO);
    free(t);
    return 0;
}

/* A pair switched on and off again: to the sample, also when the proof was of a part that begins before it. */
static int edges_measure(void)
{
    struct dtmf_tables *t = aligned_alloc(64, (sizeof *t + 63) / 64 * 64);
    CHECK(t);
    xh_dtmf_tables_init(t);
    for (unsigned code = 0; code < 16; code++)
        for (unsigned begin = 70; begin < 98; begin += 3)
            for (unsigned n = 203; n < 226; n += 6) {
                int16_t x[LOOK];
                for (unsigned i = 0; i < LOOK; i++) {
                    double at = 2 * M_PI * (i - (double)begin) / 8000;
                    double pair = cos((double)xh_dtmf_tone_hz[code >> 2] * at) + cos((double)xh_dtmf_tone_hz[4 + (code & 3)] * at);
                    x[i] = (int16_t)lrint(i < begin || i >= begin + n ? 0 : 4000 * pair);
                }
                struct dtmf_proof p;
                struct dtmf_edges e;
                CHECK(xh_dtmf_prove(t, x + begin - 6, code, &p) == DTMF_CLEAN);
                xh_dtmf_find_edges(&p, x, begin - 6, code, &e);
                CHECK(abs((int)e.begin - (int)begin) <= 1 && abs((int)e.end - (int)(begin + n)) <= 3);
                for (int k = 0; k < 2; k++)
                    CHECK(e.before[k] < 0.01f && e.after[k] < 0.01f);
            }
    free(t);
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
    if (kernels_against_the_definition(xh_dtmf_kernel_plain) || proof_measures() || edges_measure())
        return 1;
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && kernels_against_the_definition(xh_dtmf_kernel_avx2))
        return 1;
#endif
    return bad_calls() || reset_drops_waiting_hits();
}
