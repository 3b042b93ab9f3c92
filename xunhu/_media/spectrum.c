/* Power spectra, see spectrum.h: a real transform of n points as a complex one of n/2 (radix 4, Stockham's order: what is read and
 * written in the inner loop lies side by side, so that the compiler makes vectors of it). */
#include "spectrum.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

struct complex_rows { float *re, *im; };

static void pass4(struct complex_rows x, struct complex_rows y, size_t n, size_t s)
{
    size_t m = n / 4, turn = XH_SPECTRUM_MAX / n;
    for (size_t p = 0; p < m; p++) {
        float c1 = xh_turn_cos[p * turn], s1 = -xh_turn_sin[p * turn];
        float c2 = xh_turn_cos[2 * p * turn], s2 = -xh_turn_sin[2 * p * turn];
        float c3 = xh_turn_cos[3 * p * turn], s3 = -xh_turn_sin[3 * p * turn];
        const float *ar = x.re + s * p, *ai = x.im + s * p, *br = ar + s * m, *bi = ai + s * m;
        const float *cr = br + s * m, *ci = bi + s * m, *dr = cr + s * m, *di = ci + s * m;
        float *restrict yr = y.re + 4 * s * p, *restrict yi = y.im + 4 * s * p;
        for (size_t q = 0; q < s; q++) {
            float apr = ar[q] + cr[q], api = ai[q] + ci[q], amr = ar[q] - cr[q], ami = ai[q] - ci[q];
            float bpr = br[q] + dr[q], bpi = bi[q] + di[q], bmr = br[q] - dr[q], bmi = bi[q] - di[q];
            float t1r = amr + bmi, t1i = ami - bmr, t3r = amr - bmi, t3i = ami + bmr, t2r = apr - bpr, t2i = api - bpi;
            yr[q] = apr + bpr;
            yi[q] = api + bpi;
            yr[q + s] = t1r * c1 - t1i * s1;
            yi[q + s] = t1r * s1 + t1i * c1;
            yr[q + 2 * s] = t2r * c2 - t2i * s2;
            yi[q + 2 * s] = t2r * s2 + t2i * c2;
            yr[q + 3 * s] = t3r * c3 - t3i * s3;
            yi[q + 3 * s] = t3r * s3 + t3i * c3;
        }
    }
}

static void pass2(struct complex_rows x, struct complex_rows y, size_t s)
{
    for (size_t q = 0; q < s; q++) {
        y.re[q] = x.re[q] + x.re[q + s];
        y.im[q] = x.im[q] + x.im[q + s];
        y.re[q + s] = x.re[q] - x.re[q + s];
        y.im[q + s] = x.im[q] - x.im[q + s];
    }
}

void xh_spectrum(float *x, size_t n, float *power)
{
    enum { HALF = XH_SPECTRUM_MAX / 2 };
    _Alignas(32) float are[HALF], aim[HALF], bre[HALF], bim[HALF];
    struct complex_rows a = {are, aim}, b = {bre, bim};
    size_t m = n / 2, left = m, s = 1;
    for (size_t i = 0; i < m; i++) {
        are[i] = x[2 * i];
        aim[i] = x[2 * i + 1];
    }
    while (left > 1) {
        if (left >= 4)
            pass4(a, b, left, s);
        else
            pass2(a, b, s);
        struct complex_rows t = a;
        a = b;
        b = t;
        s *= left >= 4 ? 4 : 2;
        left /= left >= 4 ? 4 : 2;
    }
    power[0] = (a.re[0] + a.im[0]) * (a.re[0] + a.im[0]);
    size_t turn = XH_SPECTRUM_MAX / n;
    for (size_t k = 1; k < m; k++) {
        float er = 0.5f * (a.re[k] + a.re[m - k]), ei = 0.5f * (a.im[k] - a.im[m - k]);
        float or = 0.5f * (a.im[k] + a.im[m - k]), oi = 0.5f * (a.re[m - k] - a.re[k]);
        float c = xh_turn_cos[k * turn], w = xh_turn_sin[k * turn];
        float re = er + or * c + oi * w, im = ei + oi * c - or * w;
        power[k] = re * re + im * im;
    }
}

float xh_hann(size_t i, size_t n)
{
    return 0.5f - 0.5f * cosf((float)(2.0 * M_PI) * ((float)i + 0.5f) / (float)n);
}

float xh_take_band(float *power, int first, int last, int *bin)
{
    /* Of numbers that are not negative, the greatest has the greatest bits: a maximum of integers, which becomes vectors. */
    int32_t bits[XH_SPECTRUM_MAX / 2], most = 0;
    int n = last - first + 1, best = 0;
    memcpy(bits, power + first, (size_t)n * sizeof *bits);
    for (int k = 0; k < n; k++)
        most = bits[k] > most ? bits[k] : most;
    while (bits[best] != most && best < n - 1)
        best++;
    best += first;
    float sum = 0.0f;
    for (int k = best - 2; k <= best + 2; k++) {
        sum += power[k];
        power[k] = 0.0f;
    }
    *bin = best;
    return sum;
}

/* A Gauss curve through three logarithms, close for Hann's lobe. */
float xh_peak_hz(const float *power, int k, float hz)
{
    float a = logf(power[k - 1] + 1e-3f), b = logf(power[k] + 1e-3f), c = logf(power[k + 1] + 1e-3f);
    float bend = a - 2.0f * b + c, off = bend < 0.0f ? 0.5f * (a - c) / bend : 0.0f;
    return ((float)k + fmaxf(-0.6f, fminf(0.6f, off))) * hz;
}

void xh_newest(int16_t *out, size_t n, const int16_t *ring, size_t size, uint32_t end)
{
    size_t from = (end - (uint32_t)n) & (size - 1), first = size - from < n ? size - from : n;
    memcpy(out, ring + from, first * sizeof *out);
    memcpy(out + first, ring, (n - first) * sizeof *out);
}
