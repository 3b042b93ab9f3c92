// sources: xunhu/_media/echo.c xunhu/_media/echo_decide.c xunhu/_media/echo_plain.c xunhu/_media/echo_avx2.c xunhu/_media/tone_disabler.c
/* Any sounds and any operations on a canceller: it stays sane, and what it cannot know it leaves alone.
 * Input: an octet of flags, one of the tail, then rounds of an octet: what is done, and two octets: how loud each side is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "xunhu/echo.h"

static void need(int holds)
{
    if (!holds)
        abort();
}

static uint32_t chance;

static void fill(int16_t *x, size_t n, uint8_t how)
{
    int most = 1 << (how & 15);
    for (size_t i = 0; i < n; i++) {
        chance = chance * 1664525u + 1013904223u;
        int value = (int)((int64_t)(chance >> 8) * (2 * most + 1) >> 24) - most;
        if (how & 16)
            value = i / 8 & 1 ? most - 1 : -most;
        if (how & 32)
            value = most - 1;
        x[i] = (int16_t)(value > 32767 ? 32767 : value < -32768 ? -32768 : value);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const size_t ticks[] = {40, 80, 160, 80};
    if (size < 2)
        return 0;
    struct xh_echo_params p = {8 + data[1] % 121, (data[0] & 7) | (data[0] & 8 ? XH_ECHO_PLAIN : 0), data[0] & 16 ? 'A' : data[0] & 32 ? 'U' : 0};
    size_t octets = (xh_echo_size(&p) + 63) / 64 * 64;
    struct xh_echo *e = aligned_alloc(64, octets);
    need(e != NULL && xh_echo_init(e, &p) == 0);
    chance = 7;
    int16_t before[160] = {0};
    for (data += 2, size -= 2; size >= 3; data += 3, size -= 3) {
        size_t n = ticks[data[0] & 3];
        int16_t x[160], d[160], was[160];
        fill(x, n, data[1]);
        fill(d, n, data[2]);
        if (data[0] & 4)                        /* an echo of the block before */
            for (size_t i = 0; i < n; i++)
                d[i] = (int16_t)((d[i] + before[i]) / 2);
        memcpy(was, d, sizeof was);
        struct xh_echo_op op = {e, x, d};
        xh_echo_run(&op, 1, n);
        struct xh_echo_state s;
        xh_echo_state(e, &s);
        need(isfinite(s.erl_db) && isfinite(s.erle_db) && isfinite(s.delay_ms) && isfinite(s.residual_dbm0) && isfinite(s.noise_dbm0));
        need(s.delay_ms >= 0 && s.delay_ms <= 130 && s.erl_db <= 99 && s.erle_db >= 0);
        need(!s.disabled || memcmp(was, d, n * sizeof *d) == 0);
        memcpy(before, x, n * sizeof *x);
        if (data[0] >> 3 == 1)
            xh_echo_freeze(e, data[1] & 1);
        else if (data[0] >> 3 == 2)
            xh_echo_nlp(e, data[1] & 1);
        else if (data[0] >> 3 == 3)
            xh_echo_clear(e);
    }
    free(e);
    return 0;
}
