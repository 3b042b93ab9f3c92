/* The odd Fourier transform of 160 real samples, forwards and back, in vectors of eight floats; included by kernels, which
 * define XH_TARGET (the instruction set their functions are compiled for) before.
 *
 * "Odd": the bins lie at half-odd multiples of 1/160, X[k] = sum x[n] e^(-2 i pi n (k + 1/2) / 160).  Of real samples that
 * makes exactly 80 complex bins: no bin at 0 and none at half the sampling rate that would have to be treated apart.
 * A product of two such spectra is a convolution whose wrapped part comes with a minus sign; where the wrapped part is
 * thrown away (overlap and save), that is all the same.
 *
 * As the bins with odd k are the conjugates of those with even k, it is enough to have the even ones, and these are a
 * complex transform of 80 of (x[n] - i x[n + 80]) e^(-i pi n / 160): no second pass that separates real from imaginary.
 * 80 = 10 x 8: transforms of ten over vectors (2 x 5, without factors between), factors, transforms of eight over lanes.
 * A spectrum stays in the order in which that leaves it, fft160_bin tells which bin is where.
 *
 * A spectrum is 10 x {8 real parts, 8 imaginary parts}; stride: distance of these tens, in floats. */
#ifndef XUNHU_FFT160_H
#define XUNHU_FFT160_H
#include <stddef.h>
#include "fft160_tables.h"

/* All of this is inlined: no vector is ever passed in a register whose use depends on the instruction set. */
#pragma GCC diagnostic ignored "-Wpsabi"

typedef float v8 __attribute__((vector_size(32), may_alias));
typedef int32_t v8i __attribute__((vector_size(32), may_alias));
typedef int16_t v8s __attribute__((vector_size(16), may_alias));
#define INLINE XH_TARGET static inline __attribute__((always_inline))
#define LOAD8(p) (*(const v8 *)(p))
#define STORE8(p, v) (*(v8 *)(p) = (v))
#define SPLAT(x) ((v8){0} + (float)(x))

/* Transform of five; sign +1: forwards. */
INLINE void fft160_five(v8 re[5], v8 im[5], float sign)
{
    const float c1 = 0.309016994f, c2 = -0.809016994f, s1 = 0.951056516f * sign, s2 = 0.587785252f * sign;
    v8 ar = re[1] + re[4], ai = im[1] + im[4], br = re[2] + re[3], bi = im[2] + im[3];
    v8 cr = re[1] - re[4], ci = im[1] - im[4], dr = re[2] - re[3], di = im[2] - im[3];
    v8 pr = re[0] + ar * c1 + br * c2, pi = im[0] + ai * c1 + bi * c2;
    v8 qr = re[0] + ar * c2 + br * c1, qi = im[0] + ai * c2 + bi * c1;
    v8 ur = ci * s1 + di * s2, ui = cr * s1 + dr * s2;         /* -i (s1 c + s2 d), without the minus of ui */
    v8 wr = ci * s2 - di * s1, wi = cr * s2 - dr * s1;
    re[0] += ar + br;
    im[0] += ai + bi;
    re[1] = pr + ur, im[1] = pi - ui;
    re[4] = pr - ur, im[4] = pi + ui;
    re[2] = qr + wr, im[2] = qi - wi;
    re[3] = qr - wr, im[3] = qi + wi;
}

/* Transform of ten over the vectors: place 5 i + 2 j of the input, 5 k + 6 l of the output. */
INLINE void fft160_ten(v8 re[10], v8 im[10], float sign)
{
    v8 r[2][5], m[2][5];
    for (int j = 0; j < 5; j++) {
        int a = 2 * j, b = (5 + 2 * j) % 10;
        r[0][j] = re[a] + re[b], m[0][j] = im[a] + im[b];
        r[1][j] = re[a] - re[b], m[1][j] = im[a] - im[b];
    }
    for (int k = 0; k < 2; k++) {
        fft160_five(r[k], m[k], sign);
        for (int l = 0; l < 5; l++) {
            re[(5 * k + 6 * l) % 10] = r[k][l];
            im[(5 * k + 6 * l) % 10] = m[k][l];
        }
    }
}

/* One stage of the transform of eight over lanes: sums and differences of lanes `distance` apart. */
#define FFT160_STAGE(x, sign, ...) ((x) * (sign) + __builtin_shufflevector(x, x, __VA_ARGS__))
#define FFT160_FAR(x) FFT160_STAGE(x, ((v8){1, 1, 1, 1, -1, -1, -1, -1}), 4, 5, 6, 7, 0, 1, 2, 3)
#define FFT160_MIDDLE(x) FFT160_STAGE(x, ((v8){1, 1, -1, -1, 1, 1, -1, -1}), 2, 3, 0, 1, 6, 7, 4, 5)
#define FFT160_NEAR(x) FFT160_STAGE(x, ((v8){1, -1, 1, -1, 1, -1, 1, -1}), 1, 0, 3, 2, 5, 4, 7, 6)

/* (re, im) times row `t` of a table, or times its conjugate */
INLINE void fft160_times(v8 *re, v8 *im, const float (*t)[8], float sign)
{
    v8 c = LOAD8(t[0]), s = LOAD8(t[1]) * sign, r = *re;
    *re = r * c - *im * s;
    *im = r * s + *im * c;
}

/* Of 160 samples, given as halves; NULL: a half of zeros. */
INLINE void fft160_forward(const float *first, const float *second, float *spectrum, size_t stride)
{
    v8 re[10], im[10];
    for (int a = 0; a < 10; a++) {
        v8 c = LOAD8(fft160_twist[2 * a]), s = LOAD8(fft160_twist[2 * a + 1]);
        v8 x = {0}, y = {0};
        if (first)
            x = LOAD8(first + 8 * a);
        if (second)
            y = LOAD8(second + 8 * a);
        re[a] = x * c + y * s;
        im[a] = x * s - y * c;
    }
    fft160_ten(re, im, 1.0f);
    for (int m = 0; m < 10; m++) {
        v8 r = re[m], i = im[m];
        fft160_times(&r, &i, &fft160_between[2 * m], 1.0f);
        r = FFT160_FAR(r), i = FFT160_FAR(i);
        fft160_times(&r, &i, &fft160_lanes[0], 1.0f);
        r = FFT160_MIDDLE(r), i = FFT160_MIDDLE(i);
        fft160_times(&r, &i, &fft160_lanes[2], 1.0f);
        STORE8(spectrum + (size_t)m * stride, FFT160_NEAR(r));
        STORE8(spectrum + (size_t)m * stride + 8, FFT160_NEAR(i));
    }
}

/* Back, the halves that are wanted (the others NULL). */
INLINE void fft160_back(const float *spectrum, size_t stride, float *first, float *second)
{
    v8 re[10], im[10];
    for (int m = 0; m < 10; m++) {
        v8 r = LOAD8(spectrum + (size_t)m * stride), i = LOAD8(spectrum + (size_t)m * stride + 8);
        r = FFT160_NEAR(r), i = FFT160_NEAR(i);
        fft160_times(&r, &i, &fft160_lanes[2], -1.0f);
        r = FFT160_MIDDLE(r), i = FFT160_MIDDLE(i);
        fft160_times(&r, &i, &fft160_lanes[0], -1.0f);
        r = FFT160_FAR(r), i = FFT160_FAR(i);
        fft160_times(&r, &i, &fft160_between[2 * m], -1.0f);
        re[m] = r, im[m] = i;
    }
    fft160_ten(re, im, -1.0f);
    for (int a = 0; a < 10; a++) {
        v8 c = LOAD8(fft160_twist[2 * a]) * (1.0f / 80), s = LOAD8(fft160_twist[2 * a + 1]) * (1.0f / 80);
        if (first)
            STORE8(first + 8 * a, re[a] * c + im[a] * s);
        if (second)
            STORE8(second + 8 * a, re[a] * s - im[a] * c);
    }
}
#endif
