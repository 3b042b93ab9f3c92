/* The fax tone kernel for x86-64 with AVX2. FMA stays off on purpose: same bits as fax_tones_plain.c. */
#if defined(__x86_64__)
#define XH_TARGET __attribute__((target("avx2")))
#define XH_WIDE 8
#include "fax_tones_kernel.h"

XH_TARGET void xh_fax_kernel_avx2(const struct fax_tables *t, const struct fax_group *g, struct fax_window *out)
{
    judge_all(t, g, out);
}

XH_TARGET void xh_fax_take_avx2(struct fax_group *g, const int16_t *const samples[LANES], size_t from, uint32_t at, size_t n)
{
    take(g, samples, from, at, n);
}
#else
typedef int xh_fax_tones_avx2_elsewhere;        /* a C file may not be empty */
#endif
