/* The DTMF kernel for x86-64 with AVX2. FMA stays off on purpose: same bits as dtmf_plain.c. */
#if defined(__x86_64__)
#define XH_TARGET __attribute__((target("avx2")))
#define XH_WIDE 8
#include "dtmf_kernel.h"

XH_TARGET unsigned xh_dtmf_kernel_avx2(const struct dtmf_tables *t, const struct dtmf_block *block, struct dtmf_group *g,
                                       const int16_t *const samples[LANES], struct dtmf_window *out)
{
    return feed(t, block, g, samples, out);
}
#else
typedef int xh_dtmf_avx2_elsewhere;     /* a C file may not be empty */
#endif
