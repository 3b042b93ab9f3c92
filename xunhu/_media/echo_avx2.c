/* The echo canceller's kernel for x86-64 with AVX2, FMA and F16C. */
#if defined(__x86_64__)
#define XH_TARGET __attribute__((target("avx2,fma,f16c")))
#define XH_HALF
#include "echo_kernel.h"

XH_TARGET void xh_echo_block_avx2(struct xh_echo *e, const struct echo_samples *in, const struct xh_echo *next)
{
    block(e, in, next);
}
#else
typedef int xh_echo_avx2_elsewhere;     /* a C file may not be empty */
#endif
