/* The kernel of level control: gains of LANES channels side by side, then the samples of one channel after the other.
 * Included by level_plain.c and level_avx2.c, which differ only in the instruction set they are compiled for. */
#ifndef XUNHU_LEVEL_KERNEL_H
#define XUNHU_LEVEL_KERNEL_H
#include "level_bank.h"

#define LONG 40.0f              /* blocks: the level of the voice is a mean over 400 ms; less when it was heard for less */
#define SURE_OF_VOICE 0.5f      /* score above which a hop counts */
#define SURE_HOPS 4.0f          /* when so many came before it: a digit is known by then for what it is */
#define KNEE 0.87f              /* of the ceiling, -1.2 dB: above it samples are bent; where the limiter holds a steady sound */
#define ATTACK 16               /* samples: 2 ms */
#define RELEASE (0.023f / 80)   /* a sample: 20 dB a second */

typedef int16_t vh __attribute__((vector_size(2 * XH_WIDE), may_alias, aligned(2)));

XH_TARGET static inline int peak_of(const int16_t *x, size_t n)
{
    int16_t most[XH_WIDE];
    vn high = {0}, low = {0};
    size_t i = 0;
    for (; i + XH_WIDE <= n; i += XH_WIDE) {
        vn v = (vn)*(const vh *)(x + i);
        high = PICKI(v > high, v, high);
        low = PICKI(v < low, v, low);
    }
    int peak = 0;
    memcpy(most, &high, sizeof most);
    for (int k = 0; k < XH_WIDE; k++)
        peak = most[k] > peak ? most[k] : peak;
    memcpy(most, &low, sizeof most);
    for (int k = 0; k < XH_WIDE; k++)
        peak = -most[k] > peak ? -most[k] : peak;
    for (; i < n; i++) {
        int a = x[i] < 0 ? -x[i] : x[i];
        peak = a > peak ? a : peak;
    }
    return peak;
}

/* The gain of the automatic lanes in which there is a voice. */
XH_TARGET static inline void follow(struct level_group *g, const struct vad_group *vad, const float *peak, float part, unsigned o)
{
    vi heard = *(const vi *)&g->automatic[o] & *(const vi *)&vad->active[o] & (*(const vi *)&vad->held[o] < 2) &
               (LOAD(&vad->score[o]) > SURE_OF_VOICE) & (LOAD(peak + o) >= 0);
    vf sure = LOAD(&g->sure[o]);
    STORE(&g->sure[o], PICK(heard, MIN(sure + part, (vf){0} + LONG), (vf){0}));
    heard &= sure >= SURE_HOPS;
    vf power = LOAD(&vad->power[o]), level = LOAD(&g->level[o]), hops = LOAD(&g->heard[o]), gain = LOAD(&g->gain[o]);
    vf one = {0};
    one += 1.0f;
    hops = MIN(hops + part, (vf){0} + LONG);
    level += (power - level) * (part / MAX(hops, one));
    /* sqrt by way of the logarithm's bits, then two steps of Newton: within 1e-5 */
    vf square = LOAD(&g->target[o]) / MAX(level * LEVEL_ACTIVE, one);
    vf wanted = (vf)(((vi)square >> 1) + 0x1fbd1df5);
    wanted = (wanted + square / wanted) * 0.5f;
    wanted = (wanted + square / wanted) * 0.5f;
    wanted = MIN(MAX(wanted, LOAD(&g->least[o])), LOAD(&g->most[o]));
    float n = part * XH_VAD_HOP;
    wanted = MIN(wanted, gain * (one + LOAD(&g->rise[o]) * n));
    wanted = MAX(wanted, gain * MAX(one - LOAD(&g->fall[o]) * n, one * 0.1f));
    STORE(&g->heard[o], PICK(heard, hops, LOAD(&g->heard[o])));
    STORE(&g->level[o], PICK(heard, level, LOAD(&g->level[o])));
    STORE(&g->gain[o], PICK(heard, wanted, gain));
}

/* What the limiter leaves, from the peaks of this block. */
XH_TARGET static inline void guard(struct level_group *g, const float *peak, float n, unsigned o)
{
    vf one = {0};
    one += 1.0f;
    vf gain = LOAD(&g->gain[o]), room = LOAD(&g->ceiling[o]) * KNEE;
    vf may = room / MAX(LOAD(peak + o) * gain, one);
    vf value = LOAD(&g->guard[o]) * (one + RELEASE * n);
    STORE(&g->guard[o], MIN(MIN(value, may), one));
}

struct curve {                  /* what happens to the samples of one channel in one block */
    float gain, step;           /* of sample 0, and how it changes */
    float at;                   /* number of the first sample */
    float knee, ceiling;
    int bend;                   /* some sample may come above the knee */
};

XH_TARGET static inline vf bent(vf y, const struct curve *c)
{
    float room = c->ceiling - c->knee;
    vi negative = y < 0;
    vf a = PICK(negative, -y, y), over = MAX(a - c->knee, (vf){0}), b = MIN(a, (vf){0} + c->knee) + over * room / (over + room);
    return PICK(negative, -b, b);
}

/* Whole vectors only; n is a multiple of XH_WIDE. Rounds to the nearest by adding 3 * 2^22. */
XH_TARGET static inline void apply(int16_t *x, size_t n, const struct curve *c)
{
    vf number;
    for (int i = 0; i < XH_WIDE; i++)
        number[i] = c->at + (float)i;
    for (size_t i = 0; i < n; i += XH_WIDE) {
        vi wide = __builtin_convertvector((vn)*(const vh *)(x + i), vi);
        vf y = __builtin_convertvector(wide, vf) * (number * c->step + c->gain);
        if (c->bend)
            y = bent(y, c);
        wide = (vi)(y + 12582912.0f) - 0x4b400000;
        *(vh *)(x + i) = (vh)__builtin_convertvector(wide, vn);
        number += XH_WIDE;
    }
}

XH_TARGET static inline void part(int16_t *x, size_t n, const struct curve *c)
{
    size_t whole = n / XH_WIDE * XH_WIDE;
    apply(x, whole, c);
    if (whole == n)
        return;
    int16_t rest[XH_WIDE] = {0};
    struct curve end = *c;
    end.at += (float)whole;
    memcpy(rest, x + whole, (n - whole) * sizeof *x);
    apply(rest, XH_WIDE, &end);
    memcpy(x + whole, rest, (n - whole) * sizeof *x);
}

XH_TARGET static inline void level(int16_t *x, size_t n, float from, float to, float peak, float ceiling)
{
    struct curve c = {.knee = ceiling * KNEE, .ceiling = ceiling};
    c.bend = peak * (from > to ? from : to) > c.knee;
    if (from == to && from == 1.0f && !c.bend)
        return;
    size_t turn = c.bend && to < from && n > ATTACK ? ATTACK : n;
    c.step = (to - from) / (float)turn;
    c.gain = from + c.step;
    part(x, turn, &c);
    if (turn == n)
        return;
    c.gain = to;
    c.step = 0;
    part(x + turn, n - turn, &c);
}

XH_TARGET static inline void levels(struct level_group *g, const struct vad_group *vad, int16_t *const samples[LANES], size_t n)
{
    _Alignas(32) float peak[LANES] = {0};
    for (unsigned lane = 0; lane < LANES; lane++)
        if (g->on >> lane & 1)
            peak[lane] = samples[lane] ? (float)peak_of(samples[lane], n) : -1;
    for (unsigned o = 0; o < LANES; o += XH_WIDE) {
        if (vad)
            follow(g, vad, peak, (float)n / XH_VAD_HOP, o);
        guard(g, peak, (float)n, o);
    }
    for (unsigned lane = 0; lane < LANES; lane++) {
        if (!(g->on >> lane & 1))
            continue;
        float to = g->gain[lane] * g->guard[lane], from = g->last[lane];
        g->last[lane] = to;
        if (samples[lane])
            level(samples[lane], n, from, to, peak[lane], g->ceiling[lane]);
        if (g->mode[lane] == XH_LEVEL_OFF && to == 1.0f)
            g->on &= ~(1u << lane);
    }
}
#endif
