// sources: xunhu/_media/tone_disabler.c
/* The tone disabler under the sanitizers: the tone, its release, and the loudest sounds, in blocks of any length. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include "xunhu/tone_disabler.h"

#define CHECK(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); return 1; } } while (0)

static int whole_call(size_t block)
{
    enum { TONE = 16000, ALL = 24000 };
    int16_t *x = calloc(ALL, sizeof *x);
    CHECK(x);
    for (int i = 0; i < TONE; i++)
        x[i] = (int16_t)lrint(5000 * sin(2 * M_PI * 2100 * i / 8000) * (i / 3600 % 2 ? -1 : 1));
    struct xh_tone_disabler d;
    xh_tone_disabler_init(&d);
    size_t on = 0, off = 0;
    for (size_t at = 0; at < ALL; at += block) {
        int now = xh_tone_disabler_run_both(&d, x + at, NULL, ALL - at < block ? ALL - at : block);
        if (now && !on)
            on = at;
        if (!now && on && !off)
            off = at;
    }
    free(x);
    CHECK(block == ALL ? !on : on >= 8000 - block - 1000 && on < 8000 && off > 16800 - block && off < 19200);
    return 0;
}

static int loud(void)
{
    int16_t *x = calloc(8000, sizeof *x);
    CHECK(x);
    struct xh_tone_disabler d;
    xh_tone_disabler_init(&d);
    int seen = 0;
    for (int kind = 0; kind < 5; kind++) {
        for (int i = 0; i < 8000; i++)
            x[i] = kind == 0 ? INT16_MIN : kind == 1 ? INT16_MAX : kind == 2 ? (i & 1 ? INT16_MAX : INT16_MIN)
                   : kind == 3 ? (int16_t)rand() : (sin(2 * M_PI * 2100 * i / 8000) > 0 ? INT16_MAX : INT16_MIN);
        int disabled = 0;
        for (size_t at = 0; at < 8000; at += 160)
            disabled |= xh_tone_disabler_run_both(&d, x + at, x + 8000 - 160 - at, 160);
        if (disabled)
            break;
        seen++;
    }
    free(x);
    CHECK(seen == 5);
    return 0;
}

int main(void)
{
    return whole_call(40) || whole_call(80) || whole_call(37) || whole_call(1) || whole_call(24000) || loud();
}
