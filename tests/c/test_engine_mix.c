// sources: xunhu/_media/engine_mix.c xunhu/_media/engine_load.c
/* Kernels against plain arithmetic in 64 bits (odd lengths, extreme values), meters against known sines, and the
 * overload detector. */
#include "engine_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)

static uint32_t seed = 12345;

static int16_t noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    int kind = seed >> 29;
    return kind == 0 ? INT16_MIN : kind == 1 ? INT16_MAX : (int16_t)(seed >> 8);
}

static int16_t clamp(int64_t v)
{
    return (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}

static void mixes_like_arithmetic(const struct xh_kernels *k, size_t n)
{
    int16_t a[160], b[160], out[160];
    int32_t acc[160];
    int gains[] = {4096, 1, 0, 32767, 2048, 4095};
    for (size_t g = 0; g < sizeof gains / sizeof *gains; g++) {
        for (size_t i = 0; i < n; i++) {
            a[i] = noise();
            b[i] = noise();
        }
        k->mix_set(acc, a, gains[g], n);
        k->mix_add(acc, b, 4096, n);
        k->mix_out(out, acc, n);
        for (size_t i = 0; i < n; i++)
            CHECK(out[i] == clamp((((int64_t)a[i] * gains[g] + 2048) >> 12) + b[i]));
        k->mix_two(out, a, b, n);
        for (size_t i = 0; i < n; i++)
            CHECK(out[i] == clamp((int64_t)a[i] + b[i]));
    }
}

static void the_most_that_can_be_summed_fits(const struct xh_kernels *k)
{
    int16_t low[8] = {-32768, -32768, -32768, -32768, -32768, -32768, -32768, -32768}, out[8];
    int32_t acc[8] = {0};
    for (int i = 0; i < XH_INPUTS_MAX; i++)
        k->mix_add(acc, low, 32767, 8);
    k->mix_out(out, acc, 8);
    CHECK(out[0] == -32768 && out[7] == -32768);
}

static void meters_know_dbm0(const struct xh_kernels *k)
{
    struct xh_meter m = {0};
    int16_t sine[800];
    for (int i = 0; i < 800; i++)
        sine[i] = (int16_t)lrint(22779.0 * 0.1 * sin(2 * M_PI * 1000 * i / 8000));      /* -20 dBm0 */
    k->meter(&m, sine, 800);
    CHECK(abs(xh_meter_rms_dbm0x10(&m, 800) + 200) <= 1);
    CHECK(abs(xh_meter_peak_dbm0x10(&m) + 200) <= 1);
    struct xh_meter silence = {0};
    CHECK(xh_meter_rms_dbm0x10(&silence, 800) == -990 && xh_meter_peak_dbm0x10(&silence) == -990);
    int16_t square[160];
    for (int i = 0; i < 160; i++)
        square[i] = -32768;
    memset(&m, 0, sizeof m);
    k->meter(&m, square, 160);
    CHECK(m.squares == 160ull << 30 && m.peak == 32768);
}

static void overload_begins_and_ends(void)
{
    struct xh_load l = {0};
    for (int i = 0; i < 1000; i++)
        CHECK(xh_load_tick(&l, 500, 0) == XH_LOAD_SAME);
    CHECK(xh_load_tick(&l, 50000, 0) == XH_LOAD_SAME);  /* one long tick is no overload */
    for (int i = 0; i < 200; i++)
        CHECK(xh_load_tick(&l, 100, 0) == XH_LOAD_SAME);
    int begins = 0;
    for (int i = 0; i < 200; i++)
        begins += xh_load_tick(&l, 950, 0) == XH_LOAD_BEGINS;
    CHECK(begins == 1 && l.overloaded && !xh_load_full(&l));
    for (int i = 0; i < 100; i++)
        CHECK(xh_load_tick(&l, 1200, 0) == XH_LOAD_SAME);
    CHECK(xh_load_full(&l));
    for (int i = 0; i < 1000; i++)
        CHECK(xh_load_tick(&l, 700, 0) == XH_LOAD_SAME);        /* between the two marks it stays */
    int ticks = 1;
    while (xh_load_tick(&l, 300, 0) != XH_LOAD_ENDS)
        CHECK(++ticks < 200);
    CHECK(ticks > 100 && !l.overloaded);
}

static void late_ticks_are_overload_too(void)
{
    struct xh_load l = {0};
    int begins = 0;
    for (int i = 0; i < 4; i++)
        begins += xh_load_tick(&l, 10, 1) == XH_LOAD_BEGINS;
    CHECK(begins == 0);
    CHECK(xh_load_tick(&l, 10, 1) == XH_LOAD_BEGINS);
    int ticks = 1;
    while (xh_load_tick(&l, 10, 0) != XH_LOAD_ENDS)
        CHECK(++ticks < 400);
    CHECK(ticks >= 100);
}

int main(void)
{
    struct xh_kernels k;
    xh_kernels_init(&k);
    for (size_t n = 1; n <= 160; n += n < 40 ? 1 : 40)
        mixes_like_arithmetic(&k, n);
    the_most_that_can_be_summed_fits(&k);
    meters_know_dbm0(&k);
    overload_begins_and_ends();
    late_ticks_are_overload_too();
    return 0;
}
