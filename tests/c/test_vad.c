// sources: xunhu/_media/vad.c xunhu/_media/vad_plain.c xunhu/_media/vad_avx2.c
/* The bank of voice detectors under the sanitizers: buzz and pauses in, begins and ends out; channels off and on, no room for changes, garbage
 * of every kind, and both kernels bit for bit the same. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xunhu/vad.h"

#define CHECK(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); return 1; } } while (0)
#define TOTAL 32000
static int16_t sound[TOTAL];

static struct xh_vad_bank *make(uint32_t channels, const struct xh_vad_params *params)
{
    struct xh_vad_bank *b = aligned_alloc(64, (xh_vad_bank_size(channels) + 63) / 64 * 64);
    if (!b || xh_vad_bank_init(b, channels, params))
        abort();
    return b;
}

static uint32_t seed = 1;
static int noise(int most)
{
    seed = seed * 1664525u + 1013904223u;
    return (int)((int64_t)(seed >> 8) * (2 * most + 1) >> 24) - most;
}

/* Two bursts of 1.2 s like a vowel: pulses of a throat, and breath, through three resonances, its pitch moving; soft noise all the time. */
static void vowels(void)
{
    static const double at_hz[] = {550, 1200, 2500}, by_hz[] = {150, 300, 200}, rate[] = {3.7, 2.3, 1.9};
    double y[3][2] = {{0}}, phase = 0;
    for (int i = 0; i < TOTAL; i++) {
        int on = (i >= 6000 && i < 15600) || (i >= 20000 && i < 29600);
        phase += (115 + 20 * sin(2 * M_PI * 3.1 * i / 8000)) / 8000;
        double loud = on ? 0.55 + 0.45 * sin(2 * M_PI * 4.3 * i / 8000) : 0, x = loud * noise(700);
        if (phase >= 1) {
            phase -= 1;
            x += 9000 * loud;
        }
        for (int k = 0; k < 3; k++) {
            double hz = at_hz[k] + by_hz[k] * sin(2 * M_PI * rate[k] * i / 8000), r = 0.93;
            double v = x + 2 * r * cos(2 * M_PI * hz / 8000) * y[k][0] - r * r * y[k][1];
            y[k][1] = y[k][0];
            y[k][0] = v;
            x = v * 0.4;
        }
        sound[i] = (int16_t)lrint(fmin(fmax(x + noise(12), -32768), 32767));
    }
}

/* Each other channel is off; with `room` changes a call. */
static int bursts(uint32_t channels, size_t block, size_t room, int plain)
{
    struct xh_vad_bank *b = make(channels, NULL);
    if (plain)
        xh_vad_bank_plain(b);
    const int16_t **rows = calloc(channels, sizeof *rows);
    struct xh_vad_change *changes = calloc(room + 1, sizeof *changes);
    uint32_t begun = 0, ended = 0;
    CHECK(rows && changes);
    for (size_t at = 0; at + block <= TOTAL; at += block) {
        for (uint32_t c = 0; c < channels; c += 2)
            rows[c] = sound + at;
        size_t got = xh_vad_bank_run(b, rows, block, changes, room);
        CHECK(got <= room);
        for (size_t i = 0; i < got; i++) {
            size_t when = at + changes[i].offset;
            CHECK(changes[i].channel % 2 == 0 && changes[i].channel < channels && changes[i].offset <= block);
            if (changes[i].voice)
                CHECK((when >= 6400 && when < 7600) || (when >= 20400 && when < 21600));
            else
                CHECK((when >= 15600 && when < 18400) || when >= 29600);
            CHECK(changes[i].level_dbm0x10 > -400 && changes[i].level_dbm0x10 < 0);
            begun += changes[i].voice;
            ended += !changes[i].voice;
        }
    }
    if (room >= channels)
        CHECK(begun == (channels + 1) / 2 * 2 && ended == begun);
    for (uint32_t c = 0; c < channels; c++) {
        struct xh_vad_state s;
        xh_vad_bank_state(b, c, &s);
        CHECK(s.known == (c % 2 == 0) && !s.voice);
    }
    free(changes);
    free(rows);
    free(b);
    return 0;
}

/* Anything at all: states stay within bounds, and what both kernels say is the same. */
static int garbage(size_t block)
{
    enum { CHANNELS = 9 };
    struct xh_vad_bank *b[2] = {make(CHANNELS, NULL), make(CHANNELS, NULL)};
    static int16_t x[CHANNELS][160];
    const int16_t *rows[CHANNELS];
    struct xh_vad_change changes[2][4 * CHANNELS];
    xh_vad_bank_plain(b[1]);
    for (int k = 0; k < 400; k++) {
        for (int c = 0; c < CHANNELS; c++) {
            rows[c] = noise(20) == 7 ? NULL : x[c];
            for (size_t i = 0; i < block; i++)
                switch ((c + k / 50) % 7) {
                case 0: x[c][i] = (int16_t)noise(32767); break;
                case 1: x[c][i] = (int16_t)(noise(1) > 0 ? 32767 : -32768); break;
                case 2: x[c][i] = 0; break;
                case 3: x[c][i] = -32768; break;
                case 4: x[c][i] = (int16_t)(i % 2 ? 32767 : -32768); break;
                case 5: x[c][i] = (int16_t)noise(1); break;
                default: x[c][i] = sound[(size_t)(6000 + 80 * k) % 20000 + i];
                }
        }
        size_t n[2];
        for (int j = 0; j < 2; j++)
            n[j] = xh_vad_bank_run(b[j], rows, block, changes[j], 4 * CHANNELS);
        CHECK(n[0] == n[1]);
        for (size_t i = 0; i < n[0]; i++)
            CHECK(changes[0][i].channel == changes[1][i].channel && changes[0][i].voice == changes[1][i].voice &&
                  changes[0][i].level_dbm0x10 == changes[1][i].level_dbm0x10 && changes[0][i].offset == changes[1][i].offset);
        for (uint32_t c = 0; c < CHANNELS; c++) {
            struct xh_vad_state s[2];
            for (int j = 0; j < 2; j++)
                xh_vad_bank_state(b[j], c, &s[j]);
            CHECK(!memcmp(&s[0], &s[1], sizeof s[0]));
            CHECK(isfinite(s[0].score) && s[0].level_dbm0x10 >= -1000 && s[0].level_dbm0x10 <= 63 && s[0].noise_dbm0x10 <= 80);
        }
    }
    free(b[0]);
    free(b[1]);
    return 0;
}

static int bad_calls(void)
{
    const struct xh_vad_params bad[] = {{.quietest_dbm0 = -81}, {.quietest_dbm0 = NAN}, {.strictness = -1}, {.strictness = NAN},
                                        {.strictness = 4.1f}, {.hang_ms = 9}, {.hang_ms = 2001}};
    struct xh_vad_bank *b = make(3, NULL);
    const int16_t *rows[3] = {sound, NULL, sound}, *eight[8] = {sound};
    struct xh_vad_change change;
    struct xh_vad_state s;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        CHECK(xh_vad_bank_init(b, 3, &bad[i]) < 0);
    CHECK(xh_vad_bank_run(b, rows, 0, &change, 1) == 0 && xh_vad_bank_run(b, rows, 161, &change, 1) == 0);
    CHECK(xh_vad_bank_run(b, rows, 160, NULL, 0) == 0);
    CHECK(xh_vad_bank_group(b, 1, eight, 80, &change, 1) == 0 && xh_vad_bank_group(b, UINT32_MAX, eight, 80, &change, 1) == 0);
    xh_vad_bank_reset(b, 3);
    xh_vad_bank_reset(b, UINT32_MAX);
    xh_vad_bank_state(b, UINT32_MAX, &s);
    CHECK(!s.known);
    xh_vad_bank_state(b, 2, &s);
    CHECK(s.known);
    xh_vad_bank_reset(b, 2);
    xh_vad_bank_state(b, 2, &s);
    CHECK(!s.known);
    free(b);
    b = make(0, NULL);
    CHECK(xh_vad_bank_run(b, NULL, 80, &change, 1) == 0);
    free(b);
    return 0;
}

int main(void)
{
    static const size_t blocks[] = {1, 7, 40, 80, 100, 160};
    vowels();
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        for (uint32_t channels = 1; channels <= 17; channels += 8)
            for (int plain = 0; plain < 2; plain++)
                if (bursts(channels, blocks[i], i == 1 ? 1 : 64, plain))
                    return 1;
        if (garbage(blocks[i]))
            return 1;
    }
    return bad_calls();
}
