/* The kernel of the voice activity detector for x86-64 with AVX2. FMA stays off on purpose: same bits as vad_plain.c. */
#if defined(__x86_64__)
#define XH_TARGET __attribute__((target("avx2")))
#define XH_WIDE 8
#include "vad_kernel.h"

XH_TARGET void xh_vad_kernel_avx2(struct vad_group *g, const int16_t *const samples[LANES], const struct vad_limits *limits)
{
    hop(g, samples, limits);
}
#else
typedef int xh_vad_avx2_elsewhere;      /* a C file may not be empty */
#endif
