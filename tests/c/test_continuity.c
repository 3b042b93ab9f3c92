// sources: xunhu/_media/continuity.c
/* The check tone receiver against the limits of ITU-T Q.724 §7.3.3. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "xunhu/continuity.h"

#define CHECK(what) do { if (!(what)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); exit(1); } } while (0)

/* ms from the beginning of the tone until it is reported, -1: never in a second; blocks of `step` samples */
static int heard_after(double hz, double dbm0, double phase, size_t step)
{
    struct xh_continuity c;
    int16_t block[160] = {0};
    double amplitude = 22779.0 * pow(10.0, dbm0 / 20.0);
    xh_continuity_init(&c);
    CHECK(xh_continuity_run(&c, block, 37) == -1);      /* tones do not begin with a block */
    for (size_t at = 0; at < 8000; at += step) {
        for (size_t i = 0; i < step; i++)
            block[i] = (int16_t)lrint(amplitude * sin(6.283185307179586 * hz * (double)(at + i) / 8000.0 + phase));
        if (xh_continuity_run(&c, block, step) == 1)
            return (int)((at + step) / 8);
    }
    return -1;
}

static void operates_within_30_to_60_ms(void)
{
    for (double hz = 1970; hz <= 2030; hz += 10)
        for (double dbm0 = -18; dbm0 <= -6; dbm0 += 3)
            for (double phase = 0; phase < 6; phase += 0.7) {
                int ms = heard_after(hz, dbm0, phase, 40);
                CHECK(ms >= 30 && ms <= 60);
            }
}

static void does_not_operate(void)
{
    for (double hz = 300; hz < 3500; hz += 25)
        if (hz <= 1800 || hz >= 2200)
            CHECK(heard_after(hz, -12, 0.3, 80) == -1);
    CHECK(heard_after(2000, -22, 0.3, 80) == -1);
    CHECK(heard_after(2000, -60, 0.3, 80) == -1);
}

static void releases_and_splits_alike(void)
{
    struct xh_continuity whole, parts;
    int16_t x[16000];
    for (int i = 0; i < 16000; i++)     /* tone with a gap, then noise */
        x[i] = (int16_t)(i < 6000 || (i > 8000 && i < 11000) ? 5722.0 * sin(1.5707963267948966 * i) : rand() % 3000 - 1500);
    xh_continuity_init(&whole);
    xh_continuity_init(&parts);
    int changes = 0;
    for (int i = 0; i < 16000; i += 160) {
        int a = xh_continuity_run(&whole, x + i, 160), b = -1;
        for (int k = 0, n; k < 160; k += n) {
            n = 1 + rand() % 50;
            n = n > 160 - k ? 160 - k : n;
            int r = xh_continuity_run(&parts, x + i + k, (size_t)n);
            b = r >= 0 ? r : b;
        }
        CHECK(a == b);
        changes += a >= 0;
        CHECK(a < 0 || a == changes % 2);
    }
    CHECK(changes == 4);
}

static void loudest_sound_overflows_nothing(void)
{
    struct xh_continuity c;
    int16_t x[80];
    xh_continuity_init(&c);
    for (int i = 0; i < 80; i++)
        x[i] = i & 2 ? 32767 : -32768;
    for (int i = 0; i < 100; i++)
        CHECK(xh_continuity_run(&c, x, 80) == -1);      /* far above -6 dBm0 */
}

int main(void)
{
    operates_within_30_to_60_ms();
    does_not_operate();
    releases_and_splits_alike();
    loudest_sound_overflows_nothing();
    return 0;
}
