// sources: xunhu/_media/echo.c xunhu/_media/echo_decide.c xunhu/_media/echo_plain.c xunhu/_media/echo_avx2.c xunhu/_media/tone_disabler.c
/* The echo canceller under the sanitizers: the transform against its definition, halves of numbers against the machine's,
 * every tail and tick, sounds that are none. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define XH_TARGET
#include "echo_private.h"
#include "echo_vector.h"

#define CHECK(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); return 1; } } while (0)

static uint32_t chance = 1;

static int16_t noise(int most)
{
    chance = chance * 1664525u + 1013904223u;
    return (int16_t)((int64_t)(chance >> 8) * (2 * most + 1) / (1 << 24) - most);
}

static struct xh_echo *make(int tail_ms, int flags, int law)
{
    struct xh_echo_params p = {tail_ms, flags, law};
    struct xh_echo *e = aligned_alloc(64, (xh_echo_size(&p) + 63) / 64 * 64);
    if (!e || xh_echo_init(e, &p) != 0)
        abort();
    return e;
}

/* The transform: bins as defined, half of it zeros, and back. */
static int transform(void)
{
    float x[160] __attribute__((aligned(64))), y[160] __attribute__((aligned(64))), s[160] __attribute__((aligned(64)));
    for (int i = 0; i < 160; i++)
        x[i] = noise(1000);
    fft160_forward(x, x + 80, s, 16);
    for (int i = 0; i < 80; i++) {
        double re = 0, im = 0, turn = 2 * M_PI * (fft160_bin[i] + 0.5) / 160;
        for (int n = 0; n < 160; n++) {
            re += x[n] * cos(turn * n);
            im -= x[n] * sin(turn * n);
        }
        CHECK(fabs(s[i / 8 * 16 + i % 8] - re) < 0.05);
        CHECK(fabs(fabs(s[i / 8 * 16 + 8 + i % 8]) - fabs(im)) < 0.05);     /* every other bin is the conjugate */
    }
    fft160_back(s, 16, y, y + 80);
    for (int i = 0; i < 160; i++)
        CHECK(fabs(x[i] - y[i]) < 0.002);
    fft160_forward(NULL, x + 80, s, 16);
    fft160_back(s, 16, y, y + 80);
    for (int i = 0; i < 160; i++)
        CHECK(fabs((i < 80 ? 0 : x[i]) - y[i]) < 0.002);
    return 0;
}

/* All numbers of half precision, and those between. */
static int halves(void)
{
    uint16_t h[8] __attribute__((aligned(16)));
    for (uint32_t i = 0; i < 0x7c00; i += 8) {
        uint16_t in[8] __attribute__((aligned(16)));
        for (uint32_t j = 0; j < 8; j++)
            in[j] = (uint16_t)((i + j) | (j & 1 ? 0x8000 : 0));
        v8 x = load_half(in);
        store_half(h, x);
        CHECK(memcmp(h, in, sizeof h) == 0);
        for (int j = 0; j < 8; j++) {
            int exponent = (in[j] & 0x7fff) >> 10, fraction = in[j] & 0x3ff;
            double value = exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);
            CHECK(x[j] == (float)(in[j] & 0x8000 ? -value : value));
        }
    }
    store_half(h, SPLAT(1e9));
    CHECK(h[0] == 0x7bff);
    store_half(h, SPLAT(-1e9));
    CHECK(h[0] == 0xfbff);
    return 0;
}

static int smoothing(void)
{
    float a[80] __attribute__((aligned(64))), b[80] __attribute__((aligned(64))), line[82];
    for (int i = 0; i < 80; i++) {
        a[i] = noise(1000);
        line[1 + fft160_bin[i]] = a[i];
    }
    line[0] = line[1];
    line[81] = line[80];
    neighbours(a, b);
    for (int i = 0; i < 80; i++) {
        const float *at = line + fft160_bin[i];
        CHECK(fabs(b[i] - (0.25 * (at[0] + at[2]) + 0.5 * at[1])) < 1e-3);
    }
    return 0;
}

/* An echo of 6 dB, `delay` samples late: how many dB are gone after a second. */
static double cancelled(struct xh_echo *e, size_t n, unsigned delay)
{
    static int16_t x[12000], d[12000];
    double before = 0, after = 0;
    for (unsigned i = 0; i < 12000; i++)
        x[i] = noise(6000);
    for (unsigned i = 0; i < 12000; i++)
        d[i] = (int16_t)(i >= delay ? x[i - delay] / 2 : 0);
    for (size_t i = 0; i < 12000 / n * n; i += n) {
        struct xh_echo_op op = {e, x + i, d + i};
        for (size_t j = 0; j < n && i > 8000; j++)
            before += (double)d[i + j] * d[i + j];
        xh_echo_run(&op, 1, n);
        for (size_t j = 0; j < n && i > 8000; j++)
            after += (double)d[i + j] * d[i + j];
    }
    return 10 * log10(before / (after + 1));
}

static int every_tail_and_tick(void)
{
    static const int tails[] = {8, 10, 11, 32, 64, 127, 128};
    static const size_t ticks[] = {40, 80, 160};
    for (size_t t = 0; t < sizeof tails / sizeof *tails; t++)
        for (size_t n = 0; n < 3; n++)
            for (int plain = 0; plain < 2; plain++) {
                struct xh_echo *e = make(tails[t], plain ? XH_ECHO_PLAIN : 0, 0);
                CHECK(cancelled(e, ticks[n], (unsigned)tails[t] * 8 - 8) > 25);
                struct xh_echo_state s;
                xh_echo_state(e, &s);
                CHECK(fabs(s.erl_db - 6) < 1.0);
                CHECK(s.converged && !s.disabled && s.erle_db > 15);
                free(e);
            }
    return 0;
}

/* Squares at full scale, constants, single clicks, turned about; every combination of settings. */
static int garbage(void)
{
    for (int flags = 0; flags < 8; flags++) {
        struct xh_echo *e = make(128, flags, flags & 1 ? 'U' : 'A'), *plain = make(32, flags | XH_ECHO_PLAIN, 0);
        for (int b = 0; b < 300; b++) {
            int16_t x[160], d[2][160];
            for (int i = 0; i < 160; i++) {
                int kind = b / 40 % 6;
                x[i] = kind == 0 ? (i / 10 % 2 ? 32767 : -32768) : kind == 1 ? -32768 : kind == 2 ? 0 : kind == 3 ? noise(32767) : kind == 4 ? (i == 7) * 32767 : (i & 1) * 32767;
                d[0][i] = d[1][i] = kind == 2 ? noise(32767) : kind == 4 ? 0 : (int16_t)-x[(i + b) % 160];
            }
            struct xh_echo_op ops[2] = {{e, x, d[0]}, {plain, x, d[1]}};
            xh_echo_run(ops, 2, b % 3 == 0 ? 40 : b % 3 == 1 ? 80 : 160);
            if (b % 50 == 49)
                xh_echo_freeze(e, b / 50 & 1);
            if (b % 70 == 69)
                xh_echo_nlp(plain, b / 70 & 1);
            struct xh_echo_state s;
            xh_echo_state(e, &s);
            CHECK(isfinite(s.erl_db) && isfinite(s.erle_db) && isfinite(s.delay_ms) && isfinite(s.noise_dbm0));
        }
        xh_echo_freeze(e, 0);
        xh_echo_clear(e);
        CHECK(cancelled(e, 80, 500) > 20 || flags & XH_ECHO_NLP);
        free(e);
        free(plain);
    }
    return 0;
}

static int refused(void)
{
    static const struct xh_echo_params wrong[] = {{7, 0, 0}, {129, 0, 0}, {0, 0, 'A'}, {-8, 0, 0}, {64, 0, 'X'}};
    struct xh_echo *e = make(128, 0, 0);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(xh_echo_size(&wrong[i]) == 0 && xh_echo_init(e, &wrong[i]) == -EINVAL);
    int16_t x[160] = {0}, d[160] = {1, 2, 3};
    struct xh_echo_op op = {e, x, d};
    xh_echo_run(&op, 1, 100);
    CHECK(d[0] == 1 && d[1] == 2 && d[2] == 3);
    free(e);
    return 0;
}

int main(void)
{
    return transform() || halves() || smoothing() || refused() || every_tail_and_tick() || garbage();
}
