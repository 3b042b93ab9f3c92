/* Level bank: memory, parameters, what is known of a channel. See include/xunhu/level.h and docs/level.md. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "bank_memory.h"
#include "level_bank.h"

#define PEAK_0 22779.0f         /* of a sine of 0 dBm0 */
#define HIGHEST 32767.0f

_Static_assert(sizeof(struct level_group) % 32 == 0, "vectors of the next group must be aligned");

size_t xh_level_bank_size(uint32_t channels)
{
    return round64(sizeof(struct xh_level_bank)) + round64(groups_of(channels) * sizeof(struct level_group));
}

static level_kernel *best_kernel(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        return xh_level_kernel_avx2;
#endif
    return xh_level_kernel_plain;
}

void xh_level_bank_init(struct xh_level_bank *b, uint32_t channels)
{
    memset(b, 0, xh_level_bank_size(channels));
    b->channels = channels;
    b->groups = groups_of(channels);
    b->group = (struct level_group *)((char *)b + round64(sizeof *b));
    b->kernel = best_kernel();
    for (uint32_t i = 0; i < b->groups * LANES; i++)
        xh_level_bank_reset(b, i);
}

void xh_level_bank_plain(struct xh_level_bank *b)
{
    b->kernel = xh_level_kernel_plain;
}

void xh_level_bank_reset(struct xh_level_bank *b, uint32_t channel)
{
    if (channel / LANES >= b->groups)
        return;
    struct level_group *g = &b->group[channel / LANES];
    unsigned lane = channel % LANES;
    g->on &= ~(1u << lane);
    g->mode[lane] = XH_LEVEL_OFF;
    g->automatic[lane] = 0;
    g->level[lane] = g->heard[lane] = g->sure[lane] = g->rise[lane] = g->fall[lane] = 0;
    g->gain[lane] = g->guard[lane] = g->last[lane] = g->most[lane] = g->least[lane] = g->target[lane] = 1;
    g->ceiling[lane] = HIGHEST;
}

static float factor(int16_t dbx10)
{
    return powf(10, (float)dbx10 / 200);
}

static int16_t fallback(int16_t value, int16_t otherwise)
{
    return value ? value : otherwise;
}

static int within(int16_t value, int16_t low, int16_t high)
{
    return value >= low && value <= high;
}

/* dB a second to part of the gain a sample */
static float speed(int16_t dbx10)
{
    return (float)dbx10 / 10 * 0.11512925f / 8000;
}

int xh_level_bank_set(struct xh_level_bank *b, uint32_t channel, const struct xh_level_params *params)
{
    struct xh_level_params p = *params;
    p.target_dbm0x10 = fallback(p.target_dbm0x10, -180);
    p.most_dbx10 = fallback(p.most_dbx10, 180);
    p.least_dbx10 = fallback(p.least_dbx10, 120);
    p.rise_dbx10 = fallback(p.rise_dbx10, 60);
    p.fall_dbx10 = fallback(p.fall_dbx10, 200);
    p.ceiling_dbm0x10 = fallback(p.ceiling_dbm0x10, 20);
    if (channel >= b->channels || p.mode > XH_LEVEL_AUTO || !within(p.gain_dbx10, -300, 300) ||
        !within(p.target_dbm0x10, -400, -30) || !within(p.most_dbx10, 1, 300) || !within(p.least_dbx10, 1, 300) ||
        !within(p.rise_dbx10, 1, 600) || !within(p.fall_dbx10, 1, 1200) || !within(p.ceiling_dbm0x10, -200, 30))
        return -EINVAL;
    struct level_group *g = &b->group[channel / LANES];
    unsigned lane = channel % LANES;
    if (p.mode == XH_LEVEL_OFF && !(g->on >> lane & 1))
        return 0;
    if (p.mode != XH_LEVEL_AUTO || g->mode[lane] != XH_LEVEL_AUTO) {
        g->gain[lane] = p.mode == XH_LEVEL_FIXED ? factor(p.gain_dbx10) : 1;
        g->level[lane] = g->heard[lane] = g->sure[lane] = 0;
    }
    float peak = PEAK_0 * factor(p.ceiling_dbm0x10);
    g->mode[lane] = p.mode;
    g->automatic[lane] = -(p.mode == XH_LEVEL_AUTO);
    g->target[lane] = PEAK_0 * PEAK_0 / 2 * factor(p.target_dbm0x10) * factor(p.target_dbm0x10);
    g->most[lane] = factor(p.most_dbx10);
    g->least[lane] = factor((int16_t)-p.least_dbx10);
    g->rise[lane] = speed(p.rise_dbx10);
    g->fall[lane] = speed(p.fall_dbx10);
    g->ceiling[lane] = p.mode == XH_LEVEL_OFF ? HIGHEST : fminf(peak, HIGHEST);
    if (p.mode == XH_LEVEL_AUTO)
        g->gain[lane] = fminf(fmaxf(g->gain[lane], g->least[lane]), g->most[lane]);
    g->on |= 1u << lane;
    return 0;
}

void xh_level_bank_group(struct xh_level_bank *b, uint32_t group, const struct xh_vad_bank *vad, int16_t *const samples[LANES], size_t n)
{
    if (group >= b->groups || n == 0 || n > 160 || !b->group[group].on)
        return;
    b->kernel(&b->group[group], vad && group < vad->groups ? &vad->group[group] : NULL, samples, n);
}

void xh_level_bank_run(struct xh_level_bank *b, const struct xh_vad_bank *vad, int16_t *const *samples, size_t n)
{
    for (uint32_t i = 0; i < b->groups; i++) {
        int16_t *p[LANES] = {0};
        for (uint32_t lane = 0; lane < LANES && i * LANES + lane < b->channels; lane++)
            p[lane] = samples[i * LANES + lane];
        xh_level_bank_group(b, i, vad, p, n);
    }
}

static int16_t dbx10(float value)
{
    return value > 0 ? (int16_t)lrintf(fmaxf(200 * log10f(value), -1000)) : -1000;
}

void xh_level_bank_state(const struct xh_level_bank *b, uint32_t channel, struct xh_level_state *s)
{
    memset(s, 0, sizeof *s);
    s->voice_dbm0x10 = -1000;
    if (channel >= b->channels)
        return;
    const struct level_group *g = &b->group[channel / LANES];
    unsigned lane = channel % LANES;
    s->mode = g->mode[lane];
    s->gain_dbx10 = dbx10(g->gain[lane]);
    s->limiter_dbx10 = dbx10(g->guard[lane]);
    s->limiting = g->guard[lane] < 1;
    s->voice_dbm0x10 = dbx10(sqrtf(g->level[lane] * LEVEL_ACTIVE * 2) / PEAK_0);
}
