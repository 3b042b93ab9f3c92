/* Correlation for packet loss concealment on any machine: vectors as the compiler's target has them (SSE2 on x86-64). */
#define XH_TARGET
#define XH_WIDE 4
#include "plc_kernel.h"

void xh_plc_correlate_plain(float *out, const float *x, const float *y, int span, int lags)
{
    correlate(out, x, y, span, lags);
}
