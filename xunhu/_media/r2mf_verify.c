/* The exact look at an MFC/R2 candidate, a few times a signal: over the newest 20 ms, is this one steady pair within the
 * limits of ITU-T Q.455?
 *
 * Two amplitudes are fitted to the sound under the Hann window, each freed from what leaks out of the other; how their
 * phases move from the window 5 ms before gives the true frequencies, at which they are fitted again. What neither explains
 * must be little, once the pair that the own side sends in the other direction is taken away. */
#define _GNU_SOURCE
#include <math.h>
#include "r2mf_bank.h"

#define OFF_HZ 14.0f            /* Q.455: 10 Hz; 4 more for what noise does to the estimate */
#define LEAST 281.0f            /* weaker tone -38.2 dBm0 */
#define NEIGHBOURS 2.2f         /* amplitudes of neighbours, 6.8 dB; of others: */
#define OTHERS 2.8f             /* 8.9 dB */
#define RESIDUE 0.07f           /* of the pair's energy, 11.5 dB */
#define ECHO 32.0f              /* energy of the own side's pair over that of the heard one, 15 dB */
#define ECHO_THIRD 10.0f        /* powers, 10 dB */
#define SUM 80.0f               /* of the Hann window */

struct number { float re, im; };

/* Correlation with a tone under the window, phase counted from its middle. */
static struct number correlate(const struct r2_tables *t, const float *x, float omega)
{
    float c = cosf(omega), s = sinf(omega), re = 0.0f, im = 0.0f;
    float begin = -omega * (R2_WINDOW - 1) / 2.0f;
    float pc = cosf(begin), ps = sinf(begin);
    for (int i = 0; i < R2_WINDOW; i++) {
        float v = t->hann[i] * x[i];
        re += v * pc;
        im -= v * ps;
        float next = pc * c - ps * s;
        ps = pc * s + ps * c;
        pc = next;
    }
    return (struct number){re, im};
}

/* The Hann window's own spectrum at a distance from its middle. */
static float spectrum(float omega)
{
    float x = omega * R2_WINDOW / (2.0f * (float)M_PI);     /* bins */
    if (fabsf(x) < 1e-3f)
        return SUM;
    if (fabsf(fabsf(x) - 1.0f) < 1e-3f)
        return SUM / 2.0f;
    return SUM * sinf((float)M_PI * x) / ((float)M_PI * x * (1.0f - x * x));
}

struct fit {
    struct number c[2], a[2];   /* correlations, amplitudes */
};

static void fit_pair(const struct r2_tables *t, const float *x, const float omega[2], struct fit *f)
{
    float own = SUM / 2.0f, other = spectrum(omega[1] - omega[0]) / 2.0f, scale = 1.0f / (own * own - other * other);
    for (int k = 0; k < 2; k++)
        f->c[k] = correlate(t, x, omega[k]);
    for (int k = 0; k < 2; k++) {
        f->a[k].re = (own * f->c[k].re - other * f->c[1 - k].re) * scale;
        f->a[k].im = (own * f->c[k].im - other * f->c[1 - k].im) * scale;
    }
}

static float fitted_energy(const struct fit *f)
{
    float energy = 0.0f;
    for (int k = 0; k < 2; k++)
        energy += f->a[k].re * f->c[k].re + f->a[k].im * f->c[k].im;
    return energy;
}

/* How far a tone is from where it was looked for, rad a sample, from its amplitudes in two windows a hop apart. */
static float offset(struct number late, struct number early, float omega)
{
    float turn = omega * R2_HOP, c = cosf(turn), s = sinf(turn);
    float re = late.re * early.re + late.im * early.im, im = late.im * early.re - late.re * early.im;
    return atan2f(im * c - re * s, re * c + im * s) / R2_HOP;
}

static float energy_of(const struct r2_tables *t, const float *x)
{
    float energy = 0.0f, sum = 0.0f;
    for (int i = 0; i < R2_WINDOW; i++) {
        float v = t->hann[i] * x[i];
        energy += v * x[i];
        sum += v;
    }
    return energy - sum * sum / SUM;        /* what a constant adds is no sound */
}

/* Energy of a clean pair of the other direction, 0 if there is none. */
static float echo_of(const struct r2_tables *t, const float *x)
{
    float strong = 0.0f, weak = 0.0f, third = 0.0f;
    for (int k = 0; k < R2_TONES; k++) {
        struct number c = correlate(t, x, t->omega[1][k]);
        float p = c.re * c.re + c.im * c.im;
        third = fmaxf(third, fminf(p, weak));
        weak = fmaxf(fminf(p, strong), weak);
        strong = fmaxf(strong, p);
    }
    return third * ECHO_THIRD <= weak ? (strong + weak) / (SUM / 2.0f) : 0.0f;
}

bool xh_r2mf_prove(const struct r2_tables *t, const float x[R2_RING], const uint8_t pair[2], float *level)
{
    float omega[2] = {t->omega[0][pair[0]], t->omega[0][pair[1]]};
    const float *newest = x + R2_HOP;
    struct fit before, now;
    fit_pair(t, x, omega, &before);
    fit_pair(t, newest, omega, &now);
    for (int k = 0; k < 2; k++) {
        float off = offset(now.a[k], before.a[k], omega[k]);
        if (!(fabsf(off) <= OFF_HZ * (float)(2.0 * M_PI / 8000.0)))
            return false;
        omega[k] += off;
    }
    fit_pair(t, newest, omega, &now);
    float a = hypotf(now.a[0].re, now.a[0].im), b = hypotf(now.a[1].re, now.a[1].im);
    float strong = fmaxf(a, b), weak = fminf(a, b);
    if (weak < LEAST || strong > weak * (pair[1] == pair[0] + 1 ? NEIGHBOURS : OTHERS))
        return false;
    float fitted = fitted_energy(&now), rest = energy_of(t, newest) - fitted;
    if (rest > fitted * ECHO)
        return false;
    if (rest > fitted * RESIDUE)
        rest -= echo_of(t, newest);
    *level = strong;
    return rest <= fitted * RESIDUE;
}

void xh_r2mf_tables_init(struct r2_tables *t, enum xh_r2mf_direction direction)
{
    int own = direction != XH_R2MF_FORWARD;
    for (int i = 0; i < R2_WINDOW; i++)
        t->hann[i] = (float)(0.5 - 0.5 * cos(2.0 * M_PI * (i + 0.5) / R2_WINDOW));
    for (int k = 0; k < R2_TONES; k++) {
        double w = 2.0 * M_PI * (double)xh_r2mf_tone_hz[own][k] / 8000.0;
        for (int i = 0; i < R2_WINDOW / 2; i++) {
            double h = (double)t->hann[R2_WINDOW / 2 + i];
            t->cosine[i][k] = (float)(h * cos(w * (i + 0.5)));
            t->sine[i][k] = (float)(h * sin(w * (i + 0.5)));
        }
        t->omega[0][k] = (float)w;
        t->omega[1][k] = (float)(2.0 * M_PI * (double)xh_r2mf_tone_hz[!own][k] / 8000.0);
    }
    for (unsigned signal = 1; signal <= (direction == XH_R2MF_BACKWARD_4 ? 6 : 15); signal++)
        t->signal_of[xh_r2mf_pairs[signal][0] * 8 + xh_r2mf_pairs[signal][1]] = (uint8_t)signal;
}
