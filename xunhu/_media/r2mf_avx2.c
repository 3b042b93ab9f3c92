/* The MFC/R2 kernel for x86-64 with AVX2. FMA stays off on purpose: same bits as r2mf_plain.c. */
#if defined(__x86_64__)
#define XH_TARGET __attribute__((target("avx2")))
#define XH_WIDE 8
#include "r2mf_kernel.h"

XH_TARGET bool xh_r2mf_kernel_avx2(const struct r2_tables *t, const struct r2_part *part, struct r2_group *g,
                                   const int16_t *const samples[LANES], struct r2_window *out)
{
    return feed(t, part, g, samples, out);
}
#else
typedef int xh_r2mf_avx2_elsewhere;     /* a C file may not be empty */
#endif
