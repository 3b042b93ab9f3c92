/* The kernel of level control for x86-64 with AVX2. FMA stays off on purpose: same bits as level_plain.c. */
#if defined(__x86_64__)
#define XH_TARGET __attribute__((target("avx2")))
#define XH_WIDE 8
#include "level_kernel.h"

XH_TARGET void xh_level_kernel_avx2(struct level_group *g, const struct vad_group *vad, int16_t *const samples[LANES], size_t n)
{
    levels(g, vad, samples, n);
}
#else
typedef int xh_level_avx2_elsewhere;    /* a C file may not be empty */
#endif
