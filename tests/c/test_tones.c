// sources: xunhu/_media/tones.c xunhu/_media/progress*.c xunhu/_media/spectrum.c
/* Generators of random steps and receivers of random sound: nothing overflows, whatever comes; every generator makes exactly
 * as many samples as its steps say. (Levels, frequencies, cadences: tests/_media/test_tones.py.) */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xunhu/progress.h"
#include "xunhu/tones.h"

#define CHECK(what) do { if (!(what)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); exit(1); } } while (0)

static uint32_t seed = 1;

static uint32_t dice(uint32_t sides)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % sides;
}

/* Any country's tones and what is repeated; the events are of kinds that there are. */
static void begin(struct xh_progress *p)
{
    uint32_t countries = 0;
    while (xh_progress_country(countries))
        countries++;
    CHECK(countries >= 10);
    xh_progress_init(p, xh_progress_country(dice(countries)), NULL, (int)dice(2));
}

static void hear(struct xh_progress *p, const int16_t *x, size_t n)
{
    struct xh_progress_event heard[12];
    int count = xh_progress_run(p, x, n, heard, 12);
    CHECK(count >= 0 && count <= 12);
    for (int i = 0; i < count; i++)
        CHECK(heard[i].tone <= XH_TONE_THIRD_PARTY);
}

static void random_steps(void)
{
    struct xh_tone_step steps[XH_TONE_STEPS];
    struct xh_tonegen g;
    struct xh_progress p;
    uint32_t count = dice(XH_TONE_STEPS) + 1, repeats = dice(3) + 1;
    uint64_t whole = 0, made = 0;
    begin(&p);
    for (uint32_t i = 0; i < count; i++) {
        steps[i] = (struct xh_tone_step){(float)(dice(3) ? dice(3999) : 0), (float)(dice(3) ? dice(3999) : 0),
                                         (float)dice(90) - 87, (float)dice(90) - 87, (int32_t)dice(400) + 1};
        whole += (uint64_t)steps[i].ms * 8;
    }
    CHECK(xh_tonegen_init(&g, steps, count, repeats) == 0);
    for (;;) {
        size_t n = dice(160) + 1, got;
        int16_t *out = malloc(n * sizeof *out);
        CHECK(out);
        got = xh_tonegen_run(&g, out, n);
        made += got;
        for (size_t i = got; i < n; i++)
            CHECK(out[i] == 0);
        hear(&p, out, n);
        free(out);
        if (got < n)
            break;
    }
    CHECK(made == whole * repeats && g.done);
}

static void random_sound(void)
{
    struct xh_progress p;
    begin(&p);
    for (int i = 0; i < 20000; i++) {
        int16_t x[160];
        int kind = (int)dice(4);
        for (int k = 0; k < 160; k++)
            x[k] = kind == 0 ? -32768 : kind == 1 ? (int16_t)dice(65536) : kind == 2 ? 0 : (int16_t)((k / 9 & 1) * 60000 - 30000);
        hear(&p, x, dice(161));
    }
}

static void refusals(void)
{
    struct xh_tone_step step = {450, 0, -10, 0, 100}, out[4];
    struct xh_tonegen g;
    CHECK(xh_tonegen_init(&g, &step, 0, 1) == -EINVAL);
    CHECK(xh_tonegen_init(&g, &step, XH_TONE_STEPS + 1, 1) == -EINVAL);
    step.ms = -1;
    CHECK(xh_tonegen_init(&g, &step, 1, 1) == -EINVAL);
    CHECK(xh_dtmf_steps(out, 4, "12", 2, 70, 70, -9, 0) == 4);
    CHECK(xh_dtmf_steps(out, 4, "123", 3, 70, 70, -9, 0) == -E2BIG);
    CHECK(xh_dtmf_steps(out, 4, "1\0", 2, 70, 70, -9, 0) == -EINVAL);
    CHECK(xh_dtmf_steps(out, 4, "1", 1, 70, 70, -9, 20) == -EINVAL);
    CHECK(xh_dtmf_steps(out, 4, "1", 1, 70, 70, 0.0 / 0.0, 0) == -EINVAL);
}

int main(void)
{
    for (int i = 0; i < 60; i++)
        random_steps();
    random_sound();
    refusals();
    return 0;
}
