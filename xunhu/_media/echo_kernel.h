/* A tick's work of one echo canceller; included by echo_plain.c and echo_avx2.c, which define XH_TARGET. docs/echo.md. */
#ifndef XUNHU_ECHO_KERNEL_H
#define XUNHU_ECHO_KERNEL_H
#include <math.h>
#include <string.h>
#include "echo_private.h"
#include "echo_tuning.h"
#include "echo_vector.h"

typedef uint32_t v8u32 __attribute__((vector_size(32), may_alias));

struct spectra {
    float back[160] __attribute__((aligned(64)));       /* echo as the background has it, as the foreground has it */
    float fore[160] __attribute__((aligned(64)));
    float power[BINS] __attribute__((aligned(64)));     /* of the far side, weighted by share */
    float second[BINS] __attribute__((aligned(64)));    /* by its square */
};

/* A part (of `all`) of the memory of the canceller whose turn is next, so that it is in the cache by then. */
INLINE void fetch(const struct xh_echo *next, uint32_t part, uint32_t all)
{
    if (!next)
        return;
    /* one that has been idle will hardly be anything else */
    uint32_t octets = next->idle ? sizeof *next : echo_octets(next->parts), lines = octets / 64, to = lines * (part + 1) / all;
    for (uint32_t i = lines * part / all; i < to; i++)
        __builtin_prefetch((const char *)next + 64 * i, 1, T_LOCALITY);
}

/* Both paths on the far spectra, `late` blocks ago; with the foreground or without. */
INLINE void filter(struct xh_echo *e, struct spectra *s, uint32_t late, bool with_fore, const struct xh_echo *next)
{
    const uint32_t parts = e->parts, slots = parts + 1;
    const float *w = echo_background(e);
    const uint16_t *x = echo_far(e), *f = echo_foreground(e);
    const uint32_t first = (e->newest + late) % slots;
    for (uint32_t k = 0; k < VECTORS; k++) {
        fetch(next, k, VECTORS);
        v8 br = {0}, bi = {0}, fr = {0}, fi = {0}, power = {0}, second = {0};
        uint32_t slot = first;
        for (uint32_t p = 0; p < parts; p++) {
            const uint16_t *xp = x + (k * slots + slot) * 16;
            v8 xr = load_half(xp), xi = load_half(xp + 8), q = SPLAT(e->share[p]);
            const float *wp = w + (k * parts + p) * 16;
            v8 wr = LOAD8(wp), wi = LOAD8(wp + 8);
            br += xr * wr, bi += xr * wi;
            br -= xi * wi, bi += xi * wr;
            if (with_fore) {
                const uint16_t *fp = f + (k * parts + p) * 16;
                wr = load_half(fp), wi = load_half(fp + 8);
                fr += xr * wr, fi += xr * wi;
                fr -= xi * wi, fi += xi * wr;
            }
            v8 weighted = q * (xr * xr + xi * xi);
            power += weighted;
            second += q * weighted;
            slot = slot + 1 == slots ? 0 : slot + 1;
        }
        STORE8(s->back + 16 * k, br);
        STORE8(s->back + 16 * k + 8, bi);
        if (with_fore) {
            STORE8(s->fore + 16 * k, fr);
            STORE8(s->fore + 16 * k + 8, fi);
        }
        STORE8(s->power + 8 * k, power);
        STORE8(s->second + 8 * k, second);
    }
}

/* By how much each bin of the error may move the path: g, which the far spectra are to be multiplied by. */
INLINE struct seen gains(struct xh_echo *e, const struct spectra *s, const float *error, const float *power_seen, float floor, float *g)
{
    v8 all = {0}, echo = {0}, noise = {0}, bold = {0};
    float far[BINS] __attribute__((aligned(64)));
    neighbours(s->power, far);          /* between the harmonics of a voice the step must not grow without bound */
    for (int k = 0; k < VECTORS; k++) {
        v8 er = LOAD8(error + 16 * k), ei = LOAD8(error + 16 * k + 8), e2 = LOAD8(power_seen + 8 * k);
        v8 m = LOAD8(e->misalignment + 8 * k), power = LOAD8(far + 8 * k);
        v8 n = SPLAT(T_LAW_OVER * floor) + LOAD8(e->noise + 8 * k);
        v8 r = 0.5f * m * power;
        all += e2;
        echo += r;
        if (e->mode == ECHO_EAGER) {
            r = min8(max8(r, e2 - n), T_CAP * power);
            m += 0.3f * (r / (0.5f * power + 1e-3f) - m);
            m = min8(m, SPLAT(1.0f));
        }
        noise += n;
        n = max8(n, e2 - r);
        v8 mu = r / (r + n);
        bold += mu;
        v8 step = (e->mode == ECHO_EAGER ? 2.0f * T_EAGER_STEP : 2.0f * T_CAREFUL_STEP) * mu / (power + 1e-3f);
        STORE8(g + 16 * k, er * step);
        STORE8(g + 16 * k + 8, ei * step);
        m -= m * mu * T_DECAY * LOAD8(s->second + 8 * k) / (power + 1e-3f);
        STORE8(e->misalignment + 8 * k, max8(m, SPLAT(T_LEAST)));
    }
    return (struct seen){sum8(all), sum8(echo), sum8(noise), sum8(bold) * (1.0f / BINS)};
}

/* Energy of echo that the background must be expected to leave, by what it knows of its own faults. */
INLINE float expected_rest(const struct xh_echo *e, const struct spectra *s)
{
    v8 sum = {0};
    for (int k = 0; k < VECTORS; k++)
        sum += LOAD8(e->misalignment + 8 * k) * LOAD8(s->power + 8 * k);
    return sum8(sum) * (0.5f / BINS);
}

INLINE void learn(struct xh_echo *e, const float *g, uint32_t late)
{
    const uint32_t parts = e->parts, slots = parts + 1, first = (e->newest + late) % slots;
    float *w = echo_background(e);
    const uint16_t *x = echo_far(e);
    v8 energy[PARTS] = {{0}};
    for (uint32_t k = 0; k < VECTORS; k++) {
        uint32_t slot = first;
        v8 gr = LOAD8(g + 16 * k), gi = LOAD8(g + 16 * k + 8);
        for (uint32_t p = 0; p < parts; p++) {
            const uint16_t *xp = x + (k * slots + slot) * 16;
            float *wp = w + (k * parts + p) * 16;
            v8 q = SPLAT(e->share[p]), keep = SPLAT(e->keep[p]);
            v8 xr = load_half(xp) * q, xi = load_half(xp + 8) * q;
            v8 wr = LOAD8(wp) * keep + xr * gr + xi * gi, wi = LOAD8(wp + 8) * keep + xr * gi - xi * gr;
            STORE8(wp, wr);
            STORE8(wp + 8, wi);
            energy[p] += wr * wr + wi * wi;
            slot = slot + 1 == slots ? 0 : slot + 1;
        }
    }
    for (uint32_t p = 0; p < parts; p++)
        e->energy[p] = sum8(energy[p]) * (1.0f / BINS);
}

/* A part of the path is 80 samples long: what has grown beyond is cut. */
INLINE void constrain(struct xh_echo *e, uint32_t part)
{
    float h[HOP] __attribute__((aligned(64)));
    float *w = echo_background(e) + part * 16;
    fft160_back(w, e->parts * 16, h, NULL);
    fft160_forward(h, NULL, w, e->parts * 16);
}

/* Those that change most, and the others in turn. */
INLINE void constrain_some(struct xh_echo *e)
{
    uint32_t best = 0, next = e->parts;
    for (uint32_t p = 1; p < e->parts; p++) {
        if (e->share[p] > e->share[best])
            next = best, best = p;
        else if (next == e->parts || e->share[p] > e->share[next])
            next = p;
    }
    e->turn = e->turn + 1 >= e->parts ? 0 : e->turn + 1;
    constrain(e, best);
    if (next < e->parts)
        constrain(e, next);
    if (e->turn != best && e->turn != next)
        constrain(e, e->turn);
}

INLINE void copy_to_foreground(struct xh_echo *e)
{
    const float *from = echo_background(e);
    uint16_t *to = echo_foreground(e);
    for (uint32_t i = 0; i < VECTORS * 16 * e->parts; i += 8)
        store_half(to + i, LOAD8(from + i));
}

INLINE void copy_to_background(struct xh_echo *e)
{
    const uint16_t *from = echo_foreground(e);
    float *to = echo_background(e);
    for (uint32_t i = 0; i < VECTORS * 16 * e->parts; i += 8)
        STORE8(to + i, load_half(from + i));
}

INLINE void power_of(const float *spectrum, float *power)
{
    float raw[BINS] __attribute__((aligned(64)));
    for (int k = 0; k < VECTORS; k++) {
        v8 r = LOAD8(spectrum + 16 * k), i = LOAD8(spectrum + 16 * k + 8);
        STORE8(raw + 8 * k, r * r + i * i);
    }
    neighbours(raw, power);
}

INLINE void learn_noise(struct xh_echo *e, const float *power)
{
    v8 sum = {0};
    e->noise_blocks = e->noise_blocks < 20 ? e->noise_blocks + 1 : 20;
    const float speed = 1.0f / (float)e->noise_blocks;
    for (int k = 0; k < VECTORS; k++) {
        v8 n = LOAD8(e->noise + 8 * k);
        n += speed * (LOAD8(power + 8 * k) - n);
        STORE8(e->noise + 8 * k, n);
        sum += n;
    }
    e->noise_energy = sum8(sum) * (1.0f / BINS);
}

/* Noise like the near side's: its spectrum with phases by chance, blocks of 160 that overlap by half. */
INLINE void comfort_noise(struct xh_echo *e)
{
    float spectrum[160] __attribute__((aligned(64))), first[HOP] __attribute__((aligned(64))), second[HOP] __attribute__((aligned(64)));
    v8u32 chance = {0, 0x35a1f2c3, 0x7b03d51d, 0x12d687a9, 0x4c1b93e5, 0x29f0a6b7, 0x61c88647, 0x0e4f7d91};
    chance += e->random;
    for (int k = 0; k < VECTORS; k++) {
        v8 n = LOAD8(e->noise + 8 * k) + 1e-12f;                /* re^2 = im^2 = n: of 160 samples, |X|^2 is twice n */
        v8 root = (v8)(0x5f3759df - ((v8i)n >> 1));
        root *= 1.5f - 0.5f * n * root * root;
        root *= (1.5f - 0.5f * n * root * root) * n;
        chance = chance * 1664525u + 1013904223u;
        STORE8(spectrum + 16 * k, (v8)((v8u32)root | (chance & 0x80000000u)));
        STORE8(spectrum + 16 * k + 8, (v8)((v8u32)root | ((chance << 3) & 0x80000000u)));
    }
    e->random = chance[0];
    fft160_back(spectrum, 16, first, second);
    for (int a = 0; a < VECTORS; a++) {                         /* a quarter of a sine, and of a cosine */
        v8 fall = LOAD8(fft160_twist[2 * a]), rise = -LOAD8(fft160_twist[2 * a + 1]);
        STORE8(e->comfort + 8 * a, LOAD8(e->comfort_next + 8 * a) * fall + LOAD8(first + 8 * a) * rise);
        STORE8(e->comfort_next + 8 * a, LOAD8(second + 8 * a));
    }
}

INLINE void to_int16(const float *x, int16_t *out, uint32_t n)
{
    for (uint32_t i = 0; i < n; i += 8) {
        v8 y = LOAD8(x + i) * STEP;
        y = max8(min8(y, SPLAT(32767)), SPLAT(-32768));
        y += (v8)((v8i)SPLAT(0.5f) | ((v8i)y & (int32_t)0x80000000));
        v8s narrow = __builtin_convertvector(__builtin_convertvector(y, v8i), v8s);
        memcpy(out + i, &narrow, sizeof narrow);
    }
}

/* Samples [from, to) leave: what the path leaves of them, and as much of it as the non-linear processor lets through. */
INLINE void put_out(struct xh_echo *e, const struct echo_block *b, float *error, int16_t *out, uint32_t from, uint32_t to)
{
    float gain = e->gain, wanted = e->nlp ? xh_echo_gain(e, b) : 1.0f;
    if (from == 0)
        e->comfort_made = false;
    if (gain < 1.0f || wanted < 1.0f) {
        bool comfort = e->flags & XH_ECHO_COMFORT_NOISE;
        if (comfort && !e->comfort_made)
            comfort_noise(e);
        e->comfort_made = true;
        const float slope = wanted > gain ? 1.0f / 20.0f : 1.0f / 240.0f;
        for (uint32_t i = from; i < to; i++) {
            gain = wanted > gain ? fminf(wanted, gain + slope) : fmaxf(wanted, gain - slope);
            error[i] *= gain;
            if (comfort)
                error[i] += e->comfort[i] * sqrtf(1.0f - gain * gain);
        }
        e->gain = gain;
    }
    to_int16(error + from, out, to - from);
}

/* The background learns from this block, and while it is eager from the one before once more. */
INLINE struct seen learn_from(struct xh_echo *e, struct spectra *s, const float *spectrum, const float *power, const struct echo_block *b)
{
    float g[160] __attribute__((aligned(64))), error[HOP] __attribute__((aligned(64)));
    float again[160] __attribute__((aligned(64))), again_power[BINS] __attribute__((aligned(64)));
    struct seen seen = gains(e, s, spectrum, power, b->floor, g);
    learn(e, g, 0);
    constrain_some(e);
    if (e->mode == ECHO_EAGER) {
        filter(e, s, 1, false, NULL);
        fft160_back(s->back, 16, NULL, error);
        for (int i = 0; i < HOP; i += 8)
            STORE8(error + i, LOAD8(e->d[1] + i) - LOAD8(error + i));
        fft160_forward(NULL, error, again, 16);
        power_of(again, again_power);
        gains(e, s, again, again_power, b->floor, g);
        learn(e, g, 1);
        constrain_some(e);
    }
    xh_echo_shares(e, seen.boldness);
    return seen;
}

/* The spectrum of the far side's block at hand into its slot. */
INLINE void take_far(struct xh_echo *e, float energy)
{
    float spectrum[160] __attribute__((aligned(64)));
    uint16_t *x = echo_far(e) + e->newest * 16;
    const uint32_t stride = (e->parts + 1) * 16;
    fft160_forward(e->x, e->x + HOP, spectrum, 16);
    v8 sum = {0}, squares = {0};
    for (uint32_t k = 0; k < VECTORS; k++) {
        v8 re = LOAD8(spectrum + 16 * k), im = LOAD8(spectrum + 16 * k + 8), power = re * re + im * im;
        sum += power;
        squares += power * power;
        store_half(x + k * stride, re);
        store_half(x + k * stride + 8, im);
    }
    float all = sum8(sum);
    e->width = all * all / (sum8(squares) + 1e-20f);
    e->far_energy[e->newest] = energy;
}

INLINE void take_samples(struct xh_echo *e, const int16_t *rout, const int16_t *sin, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i += 8) {
        v8s x, d;
        memcpy(&x, rout + i - from, sizeof x);
        memcpy(&d, sin + i - from, sizeof d);
        STORE8(e->x + HOP + i, __builtin_convertvector(__builtin_convertvector(x, v8i), v8) * (1.0f / STEP));
        STORE8(e->d[0] + i, __builtin_convertvector(__builtin_convertvector(d, v8i), v8) * (1.0f / STEP));
    }
    if (from == 0) {
        memset(e->x + HOP + to, 0, (HOP - to) * sizeof(float));
        memset(e->d[0] + to, 0, (HOP - to) * sizeof(float));
    }
}

INLINE void fill_block(const struct xh_echo *e, struct echo_block *b, const float *back_echo, const float *fore_echo, float *back, float *fore)
{
    v8 echo = {0};
    float gain = 0.0f, scatter = 0.0f;
    for (int i = 0; i < HOP; i += 16) {         /* of 2 ms each: by how much the background leaves less */
        v8 c = {0};
        for (int j = i; j < i + 16; j += 8) {
            v8 d = LOAD8(e->d[0] + j), y = LOAD8(back_echo + j), z = LOAD8(fore_echo + j);
            c += (y - z) * (d - z + d - y);
            echo += z * z;
            STORE8(back + j, d - y);
            STORE8(fore + j, d - z);
        }
        float less = sum8(c);
        gain += less;
        scatter += less * less;
    }
    b->gain = gain;
    b->scatter = scatter;
    b->echo_energy = sum8(echo);
    b->near_energy = energy80(e->d[0]);
    b->back_energy = energy80(back);
    b->fore_energy = energy80(fore);
    b->far_peak = 0.0f;
    for (uint32_t i = 0; i <= e->parts; i++)
        b->far_peak = fmaxf(b->far_peak, e->far_energy[i]);
    /* rounding, and what each law adds: it is 38 dB below the signal */
    b->floor = 0.005f + (e->law ? (e->law == 'A' ? 0.1f : 0.03f) + 1.5e-4f * b->near_energy : 0.0f);
}

INLINE void forget(struct xh_echo *e)
{
    memset(echo_background(e), 0, VECTORS * 16 * e->parts * sizeof(float));
    memset(echo_foreground(e), 0, VECTORS * 16 * e->parts * sizeof(uint16_t));
}

INLINE void take_choice(struct xh_echo *e, enum echo_choice choice, float *back, float *fore, uint32_t from)
{
    if (choice == ECHO_TAKE_BACK) {
        for (uint32_t i = from; i < HOP; i++)
            fore[i] += (back[i] - fore[i]) * ((float)(i - from + 1) / (float)(HOP - from));
        copy_to_foreground(e);
    } else if (choice == ECHO_RESTORE) {
        memcpy(back, fore, HOP * sizeof *back);
        copy_to_background(e);
    } else if (choice == ECHO_FORGET) {
        for (uint32_t i = from; i < HOP; i++)
            fore[i] += (e->d[0][i] - fore[i]) * ((float)(i - from + 1) / (float)(HOP - from));
        memcpy(back, e->d[0], HOP * sizeof *back);
        forget(e);
    }
}

/* A tick without far side, or one that the tone disabler lets through: Sin leaves as it is. */
INLINE void pass(struct xh_echo *e, uint32_t to)
{
    float spectrum[160] __attribute__((aligned(64))), power[BINS] __attribute__((aligned(64)));
    if (to < HOP)
        return;
    float energy = energy80(e->d[0]);
    if (e->idle && xh_echo_noise(e, energy)) {
        fft160_forward(NULL, e->d[0], spectrum, 16);
        power_of(spectrum, power);
        learn_noise(e, power);
    }
    if (e->talk > 0)
        e->talk--;
    e->gain = 1.0f;
    e->hold = 0.0f;
}

/* An estimate that leaves more than there was is a wrong one: as much of it is taken as makes the block softest. */
INLINE void take_less(const float *d, float *error)
{
    v8 product = {0}, square = {0};
    for (int i = 0; i < HOP; i += 8) {
        v8 y = LOAD8(d + i) - LOAD8(error + i);
        product += y * LOAD8(d + i);
        square += y * y;
    }
    float part = fminf(fmaxf(sum8(product) / (sum8(square) + 1e-9f), 0.0f), 1.0f);
    for (int i = 0; i < HOP; i += 8) {
        v8 x = LOAD8(d + i);
        STORE8(error + i, x - part * (x - LOAD8(error + i)));
    }
}

INLINE void work(struct xh_echo *e, int16_t *sin, uint32_t from, uint32_t to, const struct xh_echo *next)
{
    struct spectra s;
    struct echo_block b;
    float back[HOP] __attribute__((aligned(64))), fore[HOP] __attribute__((aligned(64)));
    float spectrum[160] __attribute__((aligned(64))), power[BINS] __attribute__((aligned(64)));
    filter(e, &s, 0, true, next);
    fft160_back(s.back, 16, NULL, back);
    fft160_back(s.fore, 16, NULL, fore);
    memset(back + to, 0, (HOP - to) * sizeof *back);
    memset(fore + to, 0, (HOP - to) * sizeof *fore);
    fill_block(e, &b, back, fore, back, fore);
    b.whole = to == HOP;
    b.expected = expected_rest(e, &s);
    bool tones = b.whole && xh_echo_tones(e);
    enum echo_choice choice = e->frozen || !b.whole ? ECHO_KEEP : xh_echo_compare(e, &b);
    if (tones && !e->frozen && xh_echo_misled(e))
        choice = ECHO_FORGET;
    take_choice(e, choice, back, fore, from);
    bool louder = e->fore_level > T_LOUDER * e->near_level && b.fore_energy > b.near_energy + b.floor;
    if (b.whole && (louder || b.fore_energy > 2.0f * b.near_energy + b.floor))
        take_less(e->d[0], fore);
    if (choice == ECHO_TAKE_BACK)
        xh_echo_found(e, &b);
    if (choice != ECHO_KEEP)
        b.fore_energy = energy80(fore);
    put_out(e, &b, fore, sin, from, to);
    if (!b.whole)
        return;
    fft160_forward(NULL, back, spectrum, 16);
    power_of(spectrum, power);
    bool no_echo = b.far_peak < DBM0(3e-6) || (e->settled && b.echo_energy < T_NOISE_ECHO * b.fore_energy + DBM0(1e-7));
    if (no_echo && b.back_energy < 1.1f * b.fore_energy && xh_echo_noise(e, b.fore_energy))     /* the spectrum is the background's */
        learn_noise(e, power);
    struct seen seen = {0};
    bool learning = !e->frozen && b.far_peak > DBM0(2e-6) && !tones;
    if (learning)
        seen = learn_from(e, &s, spectrum, power, &b);
    xh_echo_next_mode(e, &b, choice, learning, &seen);
}

INLINE void block(struct xh_echo *e, const struct echo_samples *in, const struct xh_echo *next)
{
    const uint32_t from = in->from, to = in->to;
    take_samples(e, in->rout, in->sin, from, to);
    float far = energy80(e->x + HOP);
    if (far > DBM0(1e-6))
        e->silent = 0;
    if (from == 0) {
        e->idle = e->silent > e->parts + 1 && e->gain == 1.0f;
        if (!e->idle)
            e->newest = e->newest == 0 ? e->parts : e->newest - 1;
    }
    if (e->idle && e->silent == 0) {            /* the second half of a block is not silent any more */
        e->idle = false;
        e->newest = e->newest == 0 ? e->parts : e->newest - 1;
    }
    if (!e->idle)
        take_far(e, far);
    if (e->idle || in->through) {
        for (uint32_t k = 0; k < VECTORS; k++)
            fetch(next, k, VECTORS);
        pass(e, to);
    } else {
        work(e, in->sin, from, to, next);
    }
    if (to == HOP) {
        e->silent = e->silent < 10000 ? e->silent + (far <= DBM0(1e-6)) : e->silent;
        memcpy(e->x, e->x + HOP, HOP * sizeof(float));
        memcpy(e->d[1], e->d[0], HOP * sizeof(float));
    }
}
#endif
