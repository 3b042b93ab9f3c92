/* One block of the echo canceller; included by echo_plain.c and echo_avx2.c. */
#ifndef XUNHU_ECHO_KERNEL_H
#define XUNHU_ECHO_KERNEL_H
#include <math.h>
#include <string.h>
#include "echo_private.h"
#include "fft160.h"

#ifndef P_STEP
#define P_STEP 0.6f
#endif
#ifndef P_MIX
#define P_MIX 0.5f
#endif
#ifndef P_GAMMA
#define P_GAMMA 0.5f
#endif
#ifndef P_PSI
#define P_PSI 0.9f
#endif
#ifndef P_MMIN
#define P_MMIN 1e-3f
#endif
#ifndef P_CONSTRAIN
#define P_CONSTRAIN 2
#endif

INLINE v8 load_s16(const int16_t *p)
{
    v8s s = *(const v8s *)p;
    return __builtin_convertvector(__builtin_convertvector(s, v8i), v8);
}

INLINE float sum8(v8 v)
{
    float s = 0.0f;
    for (int i = 0; i < 8; i++)
        s += v[i];
    return s;
}

INLINE v8 max8(v8 a, v8 b)
{
    v8i m = a > b;
    return (v8)((m & (v8i)a) | (~m & (v8i)b));
}

INLINE v8 abs8(v8 a)
{
    return (v8)((v8i)a & 0x7fffffff);
}

INLINE float energy80(const float *x)
{
    v8 s = {0};
    for (int i = 0; i < VECTORS; i++)
        s += LOAD8(x + 8 * i) * LOAD8(x + 8 * i);
    return sum8(s);
}

/* 10 vectors of re, im at `from` (stride 16 floats) to int16 with one scale; returns the scale. */
INLINE float quantise(const float *from, size_t from_stride, int16_t *to, size_t to_stride)
{
    v8 top = {0};
    for (size_t k = 0; k < VECTORS; k++)
        top = max8(top, max8(abs8(LOAD8(from + k * from_stride)), abs8(LOAD8(from + k * from_stride + 8))));
    float largest = 1e-20f;
    for (int i = 0; i < 8; i++)
        largest = top[i] > largest ? top[i] : largest;
    v8 scale = SPLAT(32767.0f / largest);
    for (size_t k = 0; k < VECTORS; k++)
        for (size_t i = 0; i < 16; i += 8) {
            v8 x = LOAD8(from + k * from_stride + i) * scale;
            v8i half = (v8i)((v8i)SPLAT(0.5f) | ((v8i)x & (int32_t)0x80000000));
            *(v8s *)(to + k * to_stride + i) = __builtin_convertvector(__builtin_convertvector(x + (v8)half, v8i), v8s);
        }
    return largest * (1.0f / 32767.0f);
}

struct sums {
    float back[160] __attribute__((aligned(64))), fore[160] __attribute__((aligned(64)));
    float power[BINS] __attribute__((aligned(64))), share[BINS] __attribute__((aligned(64)));
};

INLINE void filter(struct xh_echo *e, struct sums *s)
{
    const size_t parts = e->parts;
    const float *w = echo_background(e);
    const int16_t *x = echo_far(e), *f = echo_foreground(e);
    for (size_t k = 0; k < VECTORS; k++) {
        v8 br = {0}, bi = {0}, fr = {0}, fi = {0}, power = {0}, second = {0};
        size_t slot = e->newest;
        for (size_t p = 0; p < parts; p++) {
            const int16_t *xp = x + (k * parts + slot) * 16, *fp = f + (k * parts + p) * 16;
            const float *wp = w + (k * parts + p) * 16;
            v8 xr = load_s16(xp) * SPLAT(e->x_scale[slot]), xi = load_s16(xp + 8) * SPLAT(e->x_scale[slot]);
            v8 wr = LOAD8(wp), wi = LOAD8(wp + 8);
            v8 gr = load_s16(fp) * SPLAT(e->fore_scale[p]), gi = load_s16(fp + 8) * SPLAT(e->fore_scale[p]);
            v8 q = SPLAT(e->share[p]);
            br += xr * wr;
            br -= xi * wi;
            bi += xr * wi;
            bi += xi * wr;
            fr += xr * gr;
            fr -= xi * gi;
            fi += xr * gi;
            fi += xi * gr;
            v8 e2 = q * (xr * xr + xi * xi);
            power += e2;
            second += q * e2;
            slot = slot + 1 == parts ? 0 : slot + 1;
        }
        STORE8(s->back + 16 * k, br);
        STORE8(s->back + 16 * k + 8, bi);
        STORE8(s->fore + 16 * k, fr);
        STORE8(s->fore + 16 * k + 8, fi);
        STORE8(s->power + 8 * k, power);
        STORE8(s->share + 8 * k, second);
    }
}

/* The mean over three neighbouring bins. */
INLINE void smooth(const float *from, float *to)
{
    float line[BINS + 2];
    for (int i = 0; i < BINS; i++)
        line[1 + fft160_bin[i]] = from[i];
    line[0] = line[1];
    line[BINS + 1] = line[BINS];
    for (int i = 0; i < BINS; i++) {
        const float *at = line + fft160_bin[i];
        to[i] = 0.25f * (at[0] + at[2]) + 0.5f * at[1];
    }
}

/* g: what the far spectra are to be multiplied by */
INLINE void gains(struct xh_echo *e, const struct sums *s, const float *error, float floor_noise, float *g)
{
    float raw[BINS] __attribute__((aligned(64))), seen[BINS] __attribute__((aligned(64)));
    for (size_t k = 0; k < VECTORS; k++) {
        v8 er = LOAD8(error + 16 * k), ei = LOAD8(error + 16 * k + 8);
        STORE8(raw + 8 * k, er * er + ei * ei);
    }
    smooth(raw, seen);
    for (size_t k = 0; k < VECTORS; k++) {
        v8 er = LOAD8(error + 16 * k), ei = LOAD8(error + 16 * k + 8);
        v8 e2 = LOAD8(seen + 8 * k);
        v8 m = LOAD8(e->misalignment + 8 * k), power = LOAD8(s->power + 8 * k), psi = LOAD8(e->noise + 8 * k);
        v8 r = 0.5f * m * power;
        v8 n = max8(max8(psi, e2 - r), SPLAT(floor_noise));
        v8 mu = r / (r + n);
        v8 step = 2.0f * P_STEP * mu / (power + 1.0f);
        STORE8(g + 16 * k, er * step);
        STORE8(g + 16 * k + 8, ei * step);
        v8 effective = LOAD8(s->share + 8 * k) / (power + 1e-3f);
        m -= m * mu * effective * P_STEP;
        m = max8(m + 0.0f, SPLAT(P_MMIN));
        STORE8(e->misalignment + 8 * k, m);
        v8 part = n / (r + n);
        v8 now = e2 * part * part + r * part;
        STORE8(e->noise + 8 * k, psi * P_PSI + now * (1.0f - P_PSI));
    }
}

INLINE void learn(struct xh_echo *e, const float *g)
{
    const size_t parts = e->parts;
    float *w = echo_background(e);
    const int16_t *x = echo_far(e);
    v8 energy[PARTS] = {{0}};
    for (size_t k = 0; k < VECTORS; k++) {
        size_t slot = e->newest;
        v8 gr = LOAD8(g + 16 * k), gi = LOAD8(g + 16 * k + 8);
        for (size_t p = 0; p < parts; p++) {
            const int16_t *xp = x + (k * parts + slot) * 16;
            float *wp = w + (k * parts + p) * 16;
            v8 q = SPLAT(e->share[p] * e->x_scale[slot]);
            v8 xr = load_s16(xp) * q, xi = load_s16(xp + 8) * q;
            v8 wr = LOAD8(wp) + xr * gr + xi * gi, wi = LOAD8(wp + 8) + xr * gi - xi * gr;
            STORE8(wp, wr);
            STORE8(wp + 8, wi);
            energy[p] += wr * wr + wi * wi;
            slot = slot + 1 == parts ? 0 : slot + 1;
        }
    }
    for (size_t p = 0; p < parts; p++)
        e->energy[p] = sum8(energy[p]) * (1.0f / BINS);
}

INLINE void constrain(struct xh_echo *e, size_t part)
{
    float h[HOP] __attribute__((aligned(64)));
    float *w = echo_background(e) + part * 16;
    fft160_back(w, e->parts * 16, h, NULL);
    fft160_forward(h, NULL, w, e->parts * 16);
}

INLINE void shares(struct xh_echo *e)
{
    float total = 0.0f, a[PARTS];
    for (size_t p = 0; p < e->parts; p++) {
        a[p] = P_GAMMA == 1.0f ? e->energy[p] : powf(e->energy[p], P_GAMMA);
        total += a[p];
    }
    float each = 1.0f / (float)e->parts;
    for (size_t p = 0; p < e->parts; p++)
        e->share[p] = total < 1e-9f ? each : (1.0f - P_MIX) * each + P_MIX * a[p] / total;
}

INLINE void choose(struct xh_echo *e)
{
    /* the parts that change most, and one in turn */
    if (P_CONSTRAIN >= 13) {
        for (size_t p = 0; p < e->parts; p++)
            constrain(e, p);
        return;
    }
    uint32_t best = 0, next = 0;
    for (uint32_t p = 1; p < e->parts; p++)
        if (e->share[p] > e->share[best])
            next = best, best = p;
        else if (next == best || e->share[p] > e->share[next])
            next = p;
    constrain(e, best);
    if (P_CONSTRAIN > 1 && next != best)
        constrain(e, next);
    e->constrained = e->constrained + 1 >= e->parts ? 0 : e->constrained + 1;
    if (e->constrained != best && e->constrained != next)
        constrain(e, e->constrained);
}

INLINE void copy_forward(struct xh_echo *e)
{
    for (size_t p = 0; p < e->parts; p++)
        e->fore_scale[p] = quantise(echo_background(e) + p * 16, e->parts * 16, echo_foreground(e) + p * 16, e->parts * 16);
}

INLINE void copy_back(struct xh_echo *e)
{
    for (size_t p = 0; p < e->parts; p++)
        for (size_t k = 0; k < VECTORS; k++)
            for (size_t i = 0; i < 16; i += 8) {
                size_t at = (k * e->parts + p) * 16 + i;
                STORE8(echo_background(e) + at, load_s16(echo_foreground(e) + at) * SPLAT(e->fore_scale[p]));
            }
}

INLINE bool clearly(float value, float variance, float times)
{
    return value > 0.0f && value * value > times * variance;
}

/* Which of the two paths is the better one.  The near side's sound is in both errors, so that the difference of their
 * energies has a scatter of about the energy times that of the difference of the two estimates. */
INLINE int compare(struct xh_echo *e, const struct echo_block *b)
{
    float better = b->fore_energy - b->back_energy, scatter = b->fore_energy * b->between_energy;
    e->fast.mean = 0.6f * e->fast.mean + 0.4f * better;
    e->slow.mean = 0.85f * e->slow.mean + 0.15f * better;
    e->fast.variance = 0.36f * e->fast.variance + 0.16f * scatter;
    e->slow.variance = 0.7225f * e->slow.variance + 0.0225f * scatter;
    if (clearly(better, scatter, 1.0f) || clearly(e->fast.mean, e->fast.variance, 0.5f) || clearly(e->slow.mean, e->slow.variance, 0.25f))
        return 1;
    if (clearly(-better, scatter, 4.0f) || clearly(-e->fast.mean, e->fast.variance, 4.0f) || clearly(-e->slow.mean, e->slow.variance, 4.0f))
        return -1;
    return 0;
}

INLINE int16_t to16(float x)
{
    x = x > 32767.0f ? 32767.0f : x < -32768.0f ? -32768.0f : x;
    return (int16_t)lrintf(x);
}

INLINE void block(struct xh_echo *e, struct echo_block *b)
{
    struct sums s;
    float spectrum[160] __attribute__((aligned(64))), back[HOP] __attribute__((aligned(64))), fore[HOP] __attribute__((aligned(64)));
    for (unsigned i = b->from; i < b->to; i++) {
        e->x[HOP + i] = b->rout[i - b->from];
        e->d[i] = b->sin[i - b->from];
    }
    if (b->from == 0) {
        e->newest = e->newest == 0 ? e->parts - 1 : e->newest - 1;
        memset(e->x + HOP + b->to, 0, (HOP - b->to) * sizeof(float));
        memset(e->d + b->to, 0, (HOP - b->to) * sizeof(float));
    }
    fft160_forward(e->x, e->x + HOP, spectrum, 16);
    e->x_scale[e->newest] = quantise(spectrum, 16, echo_far(e) + e->newest * 16, e->parts * 16);
    filter(e, &s);
    fft160_back(s.back, 16, NULL, back);
    fft160_back(s.fore, 16, NULL, fore);
    v8 between = {0};
    for (unsigned i = 0; i < HOP; i += 8) {
        v8 d = LOAD8(e->d + i), y = LOAD8(back + i), z = LOAD8(fore + i);
        between += (y - z) * (y - z);
        STORE8(back + i, d - y);
        STORE8(fore + i, d - z);
    }
    b->between_energy = sum8(between);
    b->near_energy = energy80(e->d);
    b->back_energy = energy80(back);
    b->fore_energy = energy80(fore);
    int choice = 0;
    if (b->to == HOP) {
        choice = compare(e, b);
        if (choice > 0)
            for (unsigned i = b->from; i < HOP; i++) {
                float t = (float)(i - b->from + 1) / (float)(HOP - b->from);
                fore[i] += t * (back[i] - fore[i]);
            }
    }
    for (unsigned i = b->from; i < b->to; i++)
        b->sin[i - b->from] = to16(fore[i]);
    if (b->to < HOP)
        return;
    if (choice)
        memset(&e->fast, 0, sizeof e->fast), memset(&e->slow, 0, sizeof e->slow);
    if (choice < 0)
        copy_back(e);
    if (choice > 0)
        copy_forward(e);        /* before learning from this block: the error was this path's */
    if (!e->frozen && choice >= 0) {
        float g[160] __attribute__((aligned(64)));
        fft160_forward(NULL, back, spectrum, 16);
        gains(e, &s, spectrum, b->near_energy * (e->law ? 1.5e-4f : 1e-6f) + 80.0f * 0.1f, g);
        learn(e, g);
        choose(e);
        shares(e);
    }
    memcpy(e->x, e->x + HOP, HOP * sizeof(float));
}
#endif
