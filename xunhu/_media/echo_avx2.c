/* The echo canceller's kernel for x86-64 with AVX2 and FMA. */
#if defined(__x86_64__)
#define XH_TARGET __attribute__((target("avx2,fma")))
#include "echo_kernel.h"

XH_TARGET void xh_echo_block_avx2(struct xh_echo *e, struct echo_block *b)
{
    block(e, b);
}
#else
typedef int xh_echo_avx2_elsewhere;     /* a C file may not be empty */
#endif
