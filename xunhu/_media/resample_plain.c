/* A phase of the resampler on any machine: vectors as the compiler's target has them (SSE2 on x86-64). */
#define XH_TARGET
#define XH_WIDE 4
#include "resample_kernel.h"

void xh_resampler_phase_plain(int32_t *out, const float *const *tap, const float *h, int taps, int n)
{
    phase(out, tap, h, taps, n);
}
