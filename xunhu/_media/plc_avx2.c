/* Correlation for packet loss concealment on x86-64 with AVX2. FMA stays off on purpose: same bits as plc_plain.c. */
#if defined(__x86_64__)
#define XH_TARGET __attribute__((target("avx2")))
#define XH_WIDE 8
#include "plc_kernel.h"

XH_TARGET void xh_plc_correlate_avx2(float *out, const float *x, const float *y, int span, int lags)
{
    correlate(out, x, y, span, lags);
}
#else
typedef int xh_plc_avx2_elsewhere;      /* a C file may not be empty */
#endif
