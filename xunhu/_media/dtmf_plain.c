/* The DTMF kernel for any machine: vectors as the compiler's target has them (SSE2 on x86-64). */
#define XH_TARGET
#define XH_WIDE 4
#include "dtmf_kernel.h"

unsigned xh_dtmf_kernel_plain(const struct dtmf_tables *t, const struct dtmf_block *block, struct dtmf_group *g,
                              const int16_t *const samples[LANES], struct dtmf_window *out)
{
    return feed(t, block, g, samples, out);
}
