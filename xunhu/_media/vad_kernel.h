/* The kernel of the voice activity detector, over LANES channels at once; included by vad_plain.c and vad_avx2.c, which differ only
 * in the instruction set they are compiled for. One hop is 80 samples, 10 ms.
 *
 * Bands: a tree of half-band splits, each two all-pass sections of first order at half the rate (0-250, -500, -750, -1000,
 * then 500 Hz each). Its branch below 1 kHz, at 2 kHz, is also where the period of a voice is looked for. */
#ifndef XUNHU_VAD_KERNEL_H
#define XUNHU_VAD_KERNEL_H
#include "vad_bank.h"

#define AP_DIRECT 0.21f         /* sections of the half-band filter: stop band 32 dB down */
#define AP_DELAYED 0.695f
#define DC_POLE 0.85f           /* high pass in the lowest band at 2 kHz: 50 Hz; rumble and hum are no voices */

#define SMOOTH 0.35f            /* of a band's energy: 23 ms */
#define GROUND 16.0f            /* energy a sample that all bands have: the noise of G.711 on a quiet line */
#define VAD_SHARE (8.0f / XH_VAD_HOP)   /* a split halves the number of samples: energy of a wide band to mean square */
#define VAD_WHOLE 10.0f         /* shares of all samples of the bands */
#define ABOVE_LEAST 4.0f        /* a band so far above its minimum (6 dB) may be speech */
#define NOISE_RATE 0.05f        /* noise is followed in 200 ms */
#define LEAST_BIAS 1.4f         /* the mean of noise lies so far above its minimum */
#define CALM_RANGE 2.0f         /* 3 dB */
#define CALM_HOPS 40            /* sound that is so steady and has no period is noise */
#define PERIODIC 0.9f

#define TONE_LEFT 0.01f         /* of the energy: 20 dB of prediction */
#define TONE_NOISE (100.0f * XH_VAD_HOP)        /* what G.711's steps add to a soft tone, through the predictor */
#define TONE_HOPS 4
#define SPEECH_RATE 0.1f
#define NEAR_RATE 0.1f
#define NEAR_FALLS 0.9954f     /* 2 dB a second */
#define FAR_FROM 3.0f           /* below the voice of late by more than 9 dB */
#define FAR_TO 8.0f             /* 24 dB */

/* Weights of what is measured, found on espeak-ng's voices of five languages in four noises at 5 to 20 dB (docs/level.md). */
#define BIAS -4.9f
#define PART_ABOVE 1.3f         /* an octave of power (3 dB) above the noise */
#define PART_PERIOD 2.5f
#define PART_AWAY 1.2f          /* an octave below the voice of late: others in the background */
#define DEEPEST -1.0f           /* a score that falls on is far from a voice's begin */
#define SCORE_RATE 0.5f
#define SURE 1.0f               /* begins at once; what is doubtful after two hops */
#define ONSET 2
#define TONE_ENDS 12            /* hops of a tone that end a voice; a voice that began with the tone was none */
#define TONE_BEGAN 3
#define LASTED 5                /* hops of a voice that is told of: a digit is known by then for what it is */

/* Logarithm of base 2, within 0.01. */
XH_TARGET static inline vf log_2(vf x)
{
    vi bits = (vi)x;
    vf exponent = __builtin_convertvector((bits >> 23) - 127, vf);
    vf m = (vf)((bits & 0x7fffff) | 0x3f800000);
    return exponent + (m * -0.34484843f + 2.02466578f) * m - 1.67487759f;
}

/* One step of a split: two samples in, one of the lower and one of the upper half of the band out, both doubled. */
XH_TARGET static inline void step(vf state[2], vf early, vf late, vf *low, vf *high)
{
    vf t = late - state[0] * AP_DIRECT, u = early - state[1] * AP_DELAYED;
    vf direct = t * AP_DIRECT + state[0], delayed = u * AP_DELAYED + state[1];
    state[0] = t;
    state[1] = u;
    *low = direct + delayed;
    *high = direct - delayed;
}

/* `count` splits of n samples each side by side, as each waits for its own last step. */
XH_TARGET static inline void split(float (*state)[2][LANES], int count, const float (*const *in)[LANES], float (*const *low)[LANES],
                                   float (*const *high)[LANES], int n, unsigned o)
{
    vf s[4][2], l, h;
    for (int k = 0; k < count; k++)
        for (int i = 0; i < 2; i++)
            s[k][i] = LOAD(&state[k][i][o]);
    for (int i = 0; i < n / 2; i++)
        for (int k = 0; k < count; k++) {
            step(s[k], LOAD(&in[k][2 * i][o]), LOAD(&in[k][2 * i + 1][o]), &l, &h);
            STORE(&low[k][i][o], l * 0.5f);
            STORE(&high[k][i][o], h * 0.5f);
        }
    for (int k = 0; k < count; k++)
        for (int i = 0; i < 2; i++)
            STORE(&state[k][i][o], s[k][i]);
}

/* The same, the energies of the halves alone: of split k e[2 * k] and e[2 * k + 1]. */
XH_TARGET static inline void energies(float (*state)[2][LANES], int count, const float (*const *in)[LANES], vf *e, int n, unsigned o)
{
    vf s[4][2], l, h;
    for (int k = 0; k < count; k++)
        for (int i = 0; i < 2; i++) {
            s[k][i] = LOAD(&state[k][i][o]);
            e[2 * k + i] = (vf){0};
        }
    for (int i = 0; i < n / 2; i++)
        for (int k = 0; k < count; k++) {
            step(s[k], LOAD(&in[k][2 * i][o]), LOAD(&in[k][2 * i + 1][o]), &l, &h);
            e[2 * k] += l * l;
            e[2 * k + 1] += h * h;
        }
    for (int k = 0; k < count; k++)
        for (int i = 0; i < 2; i++) {
            STORE(&state[k][i][o], s[k][i]);
            e[2 * k + i] *= 0.25f;
        }
}

/* The lowest band without what is below a voice. */
XH_TARGET static inline void high_pass(struct vad_group *g, float (*x)[LANES], unsigned o)
{
    vf last = LOAD(&g->highpass[0][o]), y = LOAD(&g->highpass[1][o]);
    for (int i = 0; i < VAD_LOW; i++) {
        vf now = LOAD(&x[i][o]);
        y = y * DC_POLE + (now - last);
        last = now;
        STORE(&x[i][o], y);
    }
    STORE(&g->highpass[0][o], last);
    STORE(&g->highpass[1][o], y);
}

/* Energies of the bands; their upper halves come mirrored out of a split. */
XH_TARGET static inline void bands(struct vad_group *g, const float (*x)[LANES], vf e[VAD_BANDS], unsigned o)
{
    _Alignas(32) float half[2][40][LANES], quarter[3][20][LANES], eighth[2][10][LANES];
    const float (*const whole[])[LANES] = {x};
    const float (*const halves[])[LANES] = {half[0], half[1]};
    float (*const low[])[LANES] = {g->low + VAD_PAST, quarter[1]}, (*const high[])[LANES] = {quarter[0], quarter[2]};
    const float (*const quarters[])[LANES] = {quarter[0], quarter[1], quarter[2]};     /* 1 to 2, 3 to 4, 2 to 3 kHz */
    const float (*const lowest[])[LANES] = {g->low + VAD_PAST}, (*const eighths[])[LANES] = {eighth[0], eighth[1]};
    vf upper[6], lower[4];
    split(g->allpass, 1, whole, (float (*const[])[LANES]){half[0]}, (float (*const[])[LANES]){half[1]}, 80, o);
    split(g->allpass + 1, 2, halves, low, high, 40, o);
    high_pass(g, g->low + VAD_PAST, o);
    energies(g->allpass + 4, 3, quarters, upper, 20, o);
    split(g->allpass + 3, 1, lowest, (float (*const[])[LANES]){eighth[0]}, (float (*const[])[LANES]){eighth[1]}, 20, o);
    energies(g->allpass + 7, 2, eighths, lower, 10, o);
    e[0] = lower[0], e[1] = lower[1], e[2] = lower[3], e[3] = lower[2];
    e[4] = upper[1], e[5] = upper[0], e[6] = upper[4], e[7] = upper[5], e[8] = upper[3], e[9] = upper[2];
}

/* How much the correlation rises behind its first fall, of the power: about 1 and more for a voice, below 0.6 for noise. */
XH_TARGET static inline vf period(struct vad_group *g, unsigned o)
{
    const float (*y)[LANES] = (const float (*)[LANES])g->low + VAD_PAST;
    vf whole = {0}, newest = {0}, best = {0}, least = {0}, r[VAD_LAGS];
    least += 1e30f;
    for (int i = -VAD_PAST; i < -VAD_LOW; i++)
        whole += LOAD(&y[i][o]) * LOAD(&y[i][o]);
    for (int i = -VAD_LOW; i < VAD_LOW; i++)
        newest += LOAD(&y[i][o]) * LOAD(&y[i][o]);
    whole = (whole + newest) * (2.0f * VAD_LOW / (VAD_PAST + VAD_LOW));
    for (int k = 0; k < VAD_LAGS; k += 4) {
        vf sum[4] = {0};
        for (int i = 0; i < VAD_LOW; i++) {
            vf now = LOAD(&y[i][o]);
            for (int j = 0; j < 4; j++)
                sum[j] += now * LOAD(&y[i - VAD_LAG_FIRST - k - j][o]);
        }
        for (int j = 0; j < 4; j++) {
            r[k + j] = LOAD(&g->correlation[k + j][o]) + sum[j];
            STORE(&g->correlation[k + j][o], sum[j]);
        }
    }
    for (int k = 0; k < VAD_LAGS; k++) {
        least = MIN(least, r[k]);
        best = MAX(best, r[k] - least);
    }
    return best / (MAX(newest, whole) + GROUND * 10);
}

/* Products of the samples i and j before each: the covariance of a predictor of four taps, and the power of the hop. */
XH_TARGET static inline void covariance(struct vad_group *g, const float (*x)[LANES], vf c[VAD_ORDER + 1][VAD_ORDER + 1],
                                        vf *power, unsigned o)
{
    vf past[VAD_ORDER + 1], sum = {0}, s[VAD_ORDER + 1] = {0};
    for (int k = 0; k < VAD_ORDER; k++)
        past[k + 1] = LOAD(&g->tail[k][o]);
    for (int i = 0; i < XH_VAD_HOP; i++) {
        past[0] = LOAD(&x[i][o]);
        sum += past[0];
        for (int k = 0; k <= VAD_ORDER; k++)
            s[k] += past[0] * past[k];
        for (int k = VAD_ORDER; k > 0; k--)
            past[k] = past[k - 1];
    }
    for (int k = 0; k <= VAD_ORDER; k++)
        c[0][k] = c[k][0] = s[k];
    for (int i = 1; i <= VAD_ORDER; i++)
        for (int j = i; j <= VAD_ORDER; j++)
            c[i][j] = c[j][i] = c[i - 1][j - 1] + LOAD(&g->tail[i - 1][o]) * LOAD(&g->tail[j - 1][o]) -
                                LOAD(&x[XH_VAD_HOP - i][o]) * LOAD(&x[XH_VAD_HOP - j][o]);
    for (int k = 0; k < VAD_ORDER; k++)
        STORE(&g->tail[k][o], LOAD(&x[XH_VAD_HOP - 1 - k][o]));
    vf p = (s[0] - sum * sum * (1.0f / XH_VAD_HOP)) * (1.0f / XH_VAD_HOP);
    *power = MAX(p, (vf){0});
}

/* Taps that predict best (Cholesky, by LDL). A pivot of nothing: its tap is 0. */
XH_TARGET static inline void predict(const vf c[VAD_ORDER + 1][VAD_ORDER + 1], vf taps[VAD_ORDER])
{
    vf l[VAD_ORDER][VAD_ORDER], d[VAD_ORDER], z[VAD_ORDER];
    vf least = c[0][0] * 1e-6f + 1.0f;
    for (int i = 0; i < VAD_ORDER; i++) {
        vf pivot = c[i + 1][i + 1];
        z[i] = c[0][i + 1];
        for (int k = 0; k < i; k++) {
            pivot -= l[i][k] * l[i][k] * d[k];
            z[i] -= l[i][k] * z[k];
        }
        d[i] = pivot;
        vf one = {0};
        one += 1.0f;
        vf inverse = PICK(pivot > least, one / MAX(pivot, least), (vf){0});
        for (int j = i + 1; j < VAD_ORDER; j++) {
            vf v = c[i + 1][j + 1];
            for (int k = 0; k < i; k++)
                v -= l[i][k] * l[j][k] * d[k];
            l[j][i] = v * inverse;
        }
        taps[i] = z[i] * inverse;
    }
    for (int i = VAD_ORDER - 1; i >= 0; i--)
        for (int j = i + 1; j < VAD_ORDER; j++)
            taps[i] -= l[j][i] * taps[j];
}

/* What taps leave of the hop's energy. */
XH_TARGET static inline vf left_over(const vf c[VAD_ORDER + 1][VAD_ORDER + 1], const vf taps[VAD_ORDER])
{
    vf e = c[0][0];
    for (int i = 0; i < VAD_ORDER; i++) {
        vf row = c[i + 1][0] * -2.0f;
        for (int j = 0; j < VAD_ORDER; j++)
            row += c[i + 1][j + 1] * taps[j];
        e += taps[i] * row;
    }
    return e;
}

/* A steady tone, or two: what predicted the sound some time ago predicts it still. */
XH_TARGET static inline vi tones(struct vad_group *g, const vf c[VAD_ORDER + 1][VAD_ORDER + 1], vi loud, unsigned o)
{
    vf old[VAD_ORDER], taps[VAD_ORDER];
    for (int k = 0; k < VAD_ORDER; k++)
        old[k] = LOAD(&g->predictor[k][o]);
    vf limit = c[0][0] * TONE_LEFT + TONE_NOISE;
    vi held = *(const vi *)&g->held[o];
    vi holds = (left_over(c, old) <= limit) & loud & (held > 0);
    predict(c, taps);
    vi begins = (left_over(c, taps) <= limit) & loud;
    for (int k = 0; k < VAD_ORDER; k++)
        STORE(&g->predictor[k][o], PICK(holds, old[k], taps[k]));
    held = PICKI(holds, held + 1, begins & 1);
    held = PICKI(held > 10000, (vi){0} + 10000, held);
    *(vi *)&g->held[o] = held;
    return held >= TONE_HOPS;
}

/* Noise floors of the bands; how far above them, in octaves of power, the second best band is. */
XH_TARGET static inline vf floors(struct vad_group *g, const vf e[VAD_BANDS], const struct vad_limits *limits, unsigned o)
{
    vf most = {0}, second = {0}, sum = {0};
    vi hops = *(const vi *)&g->hops[o];
    vi fresh = hops == 0, early = hops < 8, calm = *(const vi *)&g->calm[o] >= CALM_HOPS;
    for (int b = 0; b < VAD_BANDS; b++) {
        float size = b < 4 ? 5.0f : 10.0f;
        vf energy = e[b] + GROUND * size, smooth = LOAD(&g->smooth[b][o]), noise = LOAD(&g->noise[b][o]);
        vf least = LOAD(&g->least[b][o]), next = LOAD(&g->least_next[b][o]);
        smooth = PICK(fresh, energy, smooth + (energy - smooth) * SMOOTH);
        next = PICK(fresh, smooth, MIN(next, smooth));
        least = PICK(fresh, smooth, MIN(least, smooth));
        if (limits->turn) {
            least = next;
            next = smooth;
        }
        vi quiet = (smooth < least * ABOVE_LEAST) | early;
        noise = PICK(fresh, smooth, PICK(quiet, noise + (energy - noise) * NOISE_RATE, noise));
        noise = PICK(calm, MIN(smooth, noise * CALM_RANGE), noise);      /* a voice that begins is no noise yet */
        least = PICK(calm, MAX(least, noise * 0.5f), least);
        noise = MAX(noise, least * LEAST_BIAS);
        noise = MIN(noise, least * (2 * ABOVE_LEAST));
        STORE(&g->smooth[b][o], smooth);
        STORE(&g->noise[b][o], noise);
        STORE(&g->least[b][o], least);
        STORE(&g->least_next[b][o], next);
        vf above = MAX(log_2(smooth / noise), (vf){0});
        second = MAX(second, MIN(most, above));
        most = MAX(most, above);
        sum += noise * (VAD_SHARE * (b < 4 ? 2.0f : 1.0f));
    }
    STORE(&g->floor[o], MAX(sum - GROUND * VAD_WHOLE, (vf){0}));
    return second;
}

/* Counts hops of sound that neither changes nor has a period. */
XH_TARGET static inline void steady(struct vad_group *g, vf periodic, vi tone, unsigned o)
{
    vf low = LOAD(&g->calm_low[o]), high = LOAD(&g->calm_high[o]);
    vf sound = LOAD(&g->smooth[0][o]);
    for (int b = 1; b < VAD_BANDS; b++)
        sound += LOAD(&g->smooth[b][o]);
    low = MIN(low, sound);
    high = MAX(high, sound);
    vi same = (high <= low * CALM_RANGE) & (periodic < PERIODIC) & ~tone;
    *(vi *)&g->calm[o] = (*(const vi *)&g->calm[o] + 1) & same;
    STORE(&g->calm_low[o], PICK(same, low, sound));
    STORE(&g->calm_high[o], PICK(same, high, sound));
}

XH_TARGET static inline void decide(struct vad_group *g, const struct vad_limits *limits, vf power, vf above, vf periodic, vi tone,
                                    unsigned o)
{
    vf near = LOAD(&g->near[o]), zero = {0};
    vf away = log_2((near + GROUND) / (power + GROUND)) - FAR_FROM;
    away = MAX(away, zero);
    away = MIN(away, zero + (FAR_TO - FAR_FROM));
    vf now = above * PART_ABOVE + periodic * PART_PERIOD - away * PART_AWAY + (BIAS - limits->strictness);
    vf score = LOAD(&g->score[o]);
    score += (now - score) * SCORE_RATE;
    score = MAX(score, zero + DEEPEST);
    STORE(&g->score[o], score);
    vi active = (score > 0) & (power >= limits->quietest) & ~tone;
    vi run = (*(const vi *)&g->run[o] + 1) & active;
    vi hang = *(const vi *)&g->hang[o], was = *(const vi *)&g->voice[o];
    vi begins = (run >= ONSET) | (active & (score > SURE) & (periodic > PERIODIC));       /* a click is no voice */
    hang = PICKI(active & (was | begins), (vi){0} + limits->hang, hang - 1);
    vi held = *(const vi *)&g->held[o], age = *(const vi *)&g->age[o];
    vi none = (held >= TONE_ENDS) | (tone & (age <= held + TONE_BEGAN));
    hang = PICKI((hang < 0) | none, (vi){0}, hang);
    vi voice = hang > 0;
    age = (age + 1) & voice;
    age = PICKI(age > 10000, (vi){0} + 10000, age);
    active &= voice;
    vf speech = LOAD(&g->speech[o]), sum = LOAD(&g->speech_sum[o]), hops = LOAD(&g->speech_hops[o]);
    vi first = voice & ~was;
    speech = PICK(first, power, PICK(voice, speech + (power - speech) * SPEECH_RATE, (vf){0}));
    vf one = {0};
    one += 1.0f;
    sum = PICK(first, power, sum + PICK(active, power, (vf){0}));
    hops = PICK(first, one, hops + PICK(active, one, (vf){0}));
    STORE(&g->speech[o], speech);
    STORE(&g->speech_sum[o], sum);
    STORE(&g->speech_hops[o], hops);
    near = PICK(active, near + (MAX(power, near) - near) * NEAR_RATE, near) * NEAR_FALLS;
    STORE(&g->near[o], near);
    *(vi *)&g->run[o] = run;
    *(vi *)&g->hang[o] = hang;
    *(vi *)&g->voice[o] = voice;
    *(vi *)&g->age[o] = age;
    *(vi *)&g->told[o] = age >= LASTED;
    *(vi *)&g->active[o] = active;
    *(vi *)&g->tone[o] = tone;
}

XH_TARGET static inline void hop(struct vad_group *g, const int16_t *const samples[LANES], const struct vad_limits *limits)
{
    _Alignas(32) float x[XH_VAD_HOP][LANES];
    for (int i = 0; i < XH_VAD_HOP; i += 8)
        lanes_turn(samples, (size_t)i, x[i]);
    memmove(g->low, g->low + VAD_LOW, sizeof g->low - VAD_LOW * sizeof g->low[0]);
    for (unsigned o = 0; o < LANES; o += XH_WIDE) {
        vf e[VAD_BANDS], c[VAD_ORDER + 1][VAD_ORDER + 1], power;
        bands(g, (const float (*)[LANES])x, e, o);
        vf periodic = period(g, o);
        covariance(g, (const float (*)[LANES])x, c, &power, o);
        STORE(&g->power[o], power);
        vi tone = tones(g, c, power >= limits->quietest, o);
        vf above = floors(g, e, limits, o);
        steady(g, periodic, tone, o);
        decide(g, limits, power, above, periodic, tone, o);
        vi hops = *(const vi *)&g->hops[o];
        *(vi *)&g->hops[o] = PICKI(hops < 1000, hops + 1, hops);
    }
}
#endif
