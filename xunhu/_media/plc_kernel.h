/* Correlation over many lags at once, the lags side by side in vectors; included by plc_plain.c and plc_avx2.c, which differ only in
 * the instruction set they are compiled for.  No fused multiply-add, so both give the same bits. */
#ifndef XUNHU_PLC_KERNEL_H
#define XUNHU_PLC_KERNEL_H
#include "plc_private.h"

typedef float vf __attribute__((vector_size(4 * XH_WIDE), aligned(4), may_alias));

#define BLOCK (4 * XH_WIDE)             /* lags in registers at a time */
_Static_assert(PLC_LANES % BLOCK == 0, "a whole number of blocks");

XH_TARGET static inline void correlate(float *out, const float *x, const float *y, int span, int lags)
{
    for (int s = 0; s < lags; s += BLOCK) {
        vf a = {0}, b = {0}, c = {0}, d = {0};
        const float *from = y + s;
        for (int n = 0; n < span; n++, from++) {
            a += x[n] * *(const vf *)from;
            b += x[n] * *(const vf *)(from + XH_WIDE);
            c += x[n] * *(const vf *)(from + 2 * XH_WIDE);
            d += x[n] * *(const vf *)(from + 3 * XH_WIDE);
        }
        *(vf *)(out + s) = a;
        *(vf *)(out + s + XH_WIDE) = b;
        *(vf *)(out + s + 2 * XH_WIDE) = c;
        *(vf *)(out + s + 3 * XH_WIDE) = d;
    }
}
#endif
