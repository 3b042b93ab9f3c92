// sources: xunhu/_media/level.c xunhu/_media/level_plain.c xunhu/_media/level_avx2.c xunhu/_media/vad.c xunhu/_media/vad_plain.c xunhu/_media/vad_avx2.c
/* The bank of level controls under the sanitizers: samples against the definition, any sound below the ceiling, both kernels bit for bit
 * the same, channels that come and go, bad parameters. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xunhu/level.h"
#include "xunhu/vad.h"

#define CHECK(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); return 1; } } while (0)
#define PEAK_0 22779.0

static struct xh_level_bank *make(uint32_t channels)
{
    struct xh_level_bank *b = aligned_alloc(64, (xh_level_bank_size(channels) + 63) / 64 * 64);
    if (!b)
        abort();
    xh_level_bank_init(b, channels);
    return b;
}

static struct xh_vad_bank *make_vad(uint32_t channels)
{
    struct xh_vad_bank *b = aligned_alloc(64, (xh_vad_bank_size(channels) + 63) / 64 * 64);
    if (!b || xh_vad_bank_init(b, channels, NULL))
        abort();
    return b;
}

static uint32_t seed = 1;
static int noise(int most)
{
    seed = seed * 1664525u + 1013904223u;
    return (int)((int64_t)(seed >> 8) * (2 * most + 1) >> 24) - most;
}

/* Once it is there, a gain is the product, rounded to the nearest. */
static int is_the_product(int gain_dbx10, size_t block, int plain)
{
    struct xh_level_bank *b = make(1);
    const struct xh_level_params p = {.mode = XH_LEVEL_FIXED, .gain_dbx10 = (int16_t)gain_dbx10};
    double factor = pow(10, gain_dbx10 / 200.0);
    int most = (int)fmin(28000 / factor / 1.26, 32767);       /* below the limiter's knee */
    int16_t in[160], out[160], *row[1] = {out};
    if (plain)
        xh_level_bank_plain(b);
    CHECK(xh_level_bank_set(b, 0, &p) == 0);
    for (int k = 0; k < 20; k++) {
        for (size_t i = 0; i < block; i++)
            out[i] = in[i] = (int16_t)noise(most);
        xh_level_bank_run(b, NULL, row, block);
        for (size_t i = 0; k && i < block; i++)
            CHECK(fabs(out[i] - in[i] * factor) <= 0.5 + 2e-5 * fabs(in[i] * factor));
    }
    free(b);
    return 0;
}

static int16_t sample(int kind, size_t i)
{
    switch (kind) {
    case 0: return (int16_t)noise(32767);
    case 1: return noise(1) > 0 ? INT16_MAX : INT16_MIN;
    case 2: return 0;
    case 3: return INT16_MIN;
    case 4: return i / 9 % 2 ? INT16_MAX : INT16_MIN;
    case 5: return (int16_t)noise(1);
    default: return (int16_t)lrint(20000 * sin(0.3 * (double)i));
    }
}

static int anything(size_t block)
{
    enum { CHANNELS = 9 };
    struct xh_level_bank *b[2] = {make(CHANNELS), make(CHANNELS)};
    struct xh_vad_bank *vad = make_vad(CHANNELS);
    static int16_t x[2][CHANNELS][160];
    double ceiling[CHANNELS];
    xh_level_bank_plain(b[1]);
    for (int k = 0; k < 300; k++) {
        int16_t *rows[2][CHANNELS];
        for (uint32_t c = 0; c < CHANNELS; c++) {
            int off = noise(20) == 7;
            if (k % 30 == 0) {
                struct xh_level_params p = {.mode = (uint8_t)(XH_LEVEL_FIXED + (c + (uint32_t)k / 30) % 2), .gain_dbx10 = (int16_t)noise(300),
                                            .most_dbx10 = 300, .least_dbx10 = 300, .ceiling_dbm0x10 = (int16_t)(-190 + noise(200) / 2 + 110)};
                ceiling[c] = fmin(PEAK_0 * pow(10, (p.ceiling_dbm0x10 ? p.ceiling_dbm0x10 : 20) / 200.0), 32767);
                for (int j = 0; j < 2; j++)
                    CHECK(xh_level_bank_set(b[j], c, &p) == 0);
            }
            for (size_t i = 0; i < block; i++)
                x[0][c][i] = x[1][c][i] = sample((int)(c + (uint32_t)k / 40) % 7, i);
            for (int j = 0; j < 2; j++)
                rows[j][c] = off ? NULL : x[j][c];
        }
        CHECK(xh_vad_bank_run(vad, (const int16_t *const *)rows[0], block, NULL, 0) == 0);
        for (int j = 0; j < 2; j++)
            xh_level_bank_run(b[j], vad, rows[j], block);
        CHECK(!memcmp(x[0], x[1], sizeof x[0]));
        for (uint32_t c = 0; c < CHANNELS; c++) {
            struct xh_level_state s[2];
            for (size_t i = 0; rows[0][c] && i < block; i++)
                CHECK(abs(x[0][c][i]) <= ceiling[c] + 1);
            for (int j = 0; j < 2; j++)
                xh_level_bank_state(b[j], c, &s[j]);
            CHECK(!memcmp(&s[0], &s[1], sizeof s[0]));
            CHECK(abs(s[0].gain_dbx10) <= 300 && s[0].limiter_dbx10 <= 0 && s[0].limiter_dbx10 > -1000);
        }
    }
    free(vad);
    free(b[0]);
    free(b[1]);
    return 0;
}

/* Off again: within a block nothing is changed any more. */
static int off_again(void)
{
    struct xh_level_bank *b = make(2);
    struct xh_level_params p = {.mode = XH_LEVEL_FIXED, .gain_dbx10 = -60};
    int16_t in[80], out[80], *rows[2] = {NULL, out};
    for (int i = 0; i < 80; i++)
        in[i] = (int16_t)(100 * i);
    CHECK(xh_level_bank_set(b, 1, &p) == 0);
    for (int k = 0; k < 4; k++) {
        memcpy(out, in, sizeof out);
        xh_level_bank_run(b, NULL, rows, 80);
        if (k != 2)
            CHECK(!memcmp(out, in, sizeof out) == (k == 3));
        p.mode = XH_LEVEL_OFF;
        if (k == 1)
            CHECK(xh_level_bank_set(b, 1, &p) == 0);
    }
    free(b);
    return 0;
}

static int bad_calls(void)
{
    const struct xh_level_params bad[] = {{.mode = 3}, {.gain_dbx10 = 301}, {.gain_dbx10 = -301}, {.target_dbm0x10 = -29}, {.target_dbm0x10 = -401},
                                          {.most_dbx10 = 301}, {.most_dbx10 = -1}, {.least_dbx10 = 301}, {.rise_dbx10 = 601},
                                          {.fall_dbx10 = 1201}, {.fall_dbx10 = -1}, {.ceiling_dbm0x10 = 31}, {.ceiling_dbm0x10 = -201}};
    const struct xh_level_params good = {.mode = XH_LEVEL_AUTO};
    struct xh_level_bank *b = make(3);
    int16_t x[161] = {0}, *rows[3] = {x, NULL, x}, *eight[8] = {x};
    struct xh_level_state s;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(xh_level_bank_set(b, 0, &bad[i]) == -EINVAL);
    CHECK(xh_level_bank_set(b, 3, &good) == -EINVAL && xh_level_bank_set(b, UINT32_MAX, &good) == -EINVAL);
    CHECK(xh_level_bank_set(b, 2, &good) == 0);
    xh_level_bank_run(b, NULL, rows, 0);
    xh_level_bank_run(b, NULL, rows, 161);
    xh_level_bank_run(b, NULL, rows, 160);
    xh_level_bank_group(b, 1, NULL, eight, 80);
    xh_level_bank_group(b, UINT32_MAX, NULL, eight, 80);
    xh_level_bank_reset(b, UINT32_MAX);
    xh_level_bank_state(b, UINT32_MAX, &s);
    CHECK(s.mode == XH_LEVEL_OFF && s.voice_dbm0x10 == -1000);
    xh_level_bank_state(b, 2, &s);
    CHECK(s.mode == XH_LEVEL_AUTO);
    xh_level_bank_reset(b, 2);
    xh_level_bank_state(b, 2, &s);
    CHECK(s.mode == XH_LEVEL_OFF);
    free(b);
    return 0;
}

int main(void)
{
    static const size_t blocks[] = {1, 5, 40, 80, 100, 160};
    static const int gains[] = {-300, -123, -1, 0, 1, 60, 177, 300};
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        for (size_t j = 0; j < sizeof gains / sizeof *gains; j++)
            if (is_the_product(gains[j], blocks[i], (int)(i + j) % 2))
                return 1;
        if (anything(blocks[i]))
            return 1;
    }
    return off_again() || bad_calls();
}
