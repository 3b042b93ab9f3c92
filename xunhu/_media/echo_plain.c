/* The echo canceller's kernel for any machine: vectors as the compiler's target has them (SSE2 on x86-64). */
#define XH_TARGET
#include "echo_kernel.h"

void xh_echo_block_plain(struct xh_echo *e, const struct echo_samples *in, const struct xh_echo *next)
{
    block(e, in, next);
}
