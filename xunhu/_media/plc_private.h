/* What plc.c asks of its kernel, which is built twice (plc_avx2.c, plc_plain.c). */
#ifndef XUNHU_PLC_PRIVATE_H
#define XUNHU_PLC_PRIVATE_H
#include <stdint.h>

#define PLC_LANES 32                    /* lags are worked on in so many at once */

/* out[s] = sum over `span` samples of x[n] * y[n + s], s below `lags`, a multiple of PLC_LANES.  y has span + lags - 1 values.
 * Every sum is taken in the order of n: the same bits on every machine. */
typedef void plc_correlate(float *out, const float *x, const float *y, int span, int lags);
plc_correlate xh_plc_correlate_plain, xh_plc_correlate_avx2;

#endif
