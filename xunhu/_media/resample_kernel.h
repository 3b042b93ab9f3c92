/* One phase of the resampler, outputs side by side in vectors; included by resample_plain.c and resample_avx2.c. */
#ifndef XUNHU_RESAMPLE_KERNEL_H
#define XUNHU_RESAMPLE_KERNEL_H
#include "resample_private.h"

typedef float vf __attribute__((vector_size(4 * XH_WIDE), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(4 * XH_WIDE), aligned(4), may_alias));

#define ROW (5 * XH_WIDE)
_Static_assert(RESAMPLE_GROUP % ROW == 0, "a whole number of rows");

/* To the nearest of 16 bits: beside 1.5 * 2^23 a float has no room for a fraction. */
XH_TARGET static inline vi rounded(vf x)
{
    const vf magic = (vf){0} + 12582912.0f, most = (vf){0} + 32767.0f, least = (vf){0} - 32768.0f;
    vi above = x > most, below = x < least;
    vi bits = (vi)(x + magic) - (vi)magic;
    bits = (above & 32767) | (~above & bits);
    return (below & -32768) | (~below & bits);
}

XH_TARGET static inline void phase(int32_t *out, const float *const *tap, const float *h, int taps, int n)
{
    for (int i = 0; i < n; i += ROW) {
        vf a = {0}, b = {0}, c = {0}, d = {0}, e = {0};
        for (int k = 0; k < taps; k++) {
            const float *x = tap[k] + i;
            a += h[k] * *(const vf *)x;
            b += h[k] * *(const vf *)(x + XH_WIDE);
            c += h[k] * *(const vf *)(x + 2 * XH_WIDE);
            d += h[k] * *(const vf *)(x + 3 * XH_WIDE);
            e += h[k] * *(const vf *)(x + 4 * XH_WIDE);
        }
        *(vi *)(out + i) = rounded(a);
        *(vi *)(out + i + XH_WIDE) = rounded(b);
        *(vi *)(out + i + 2 * XH_WIDE) = rounded(c);
        *(vi *)(out + i + 3 * XH_WIDE) = rounded(d);
        *(vi *)(out + i + 4 * XH_WIDE) = rounded(e);
    }
}
#endif
