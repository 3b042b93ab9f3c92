/* A phase of the resampler on x86-64 with AVX2 and fused multiply-add. */
#if defined(__x86_64__)
#define XH_TARGET __attribute__((target("avx2,fma")))
#define XH_WIDE 8
#include "resample_kernel.h"

XH_TARGET void xh_resampler_phase_avx2(int32_t *out, const float *const *tap, const float *h, int taps, int n)
{
    phase(out, tap, h, taps, n);
}
#else
typedef int xh_resample_avx2_elsewhere; /* a C file may not be empty */
#endif
