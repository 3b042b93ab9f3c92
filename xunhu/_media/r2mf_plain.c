/* The MFC/R2 kernel for any machine: vectors as the compiler's target has them (SSE2 on x86-64). */
#define XH_TARGET
#define XH_WIDE 4
#include "r2mf_kernel.h"

bool xh_r2mf_kernel_plain(const struct r2_tables *t, const struct r2_part *part, struct r2_group *g,
                          const int16_t *const samples[LANES], struct r2_window *out)
{
    return feed(t, part, g, samples, out);
}
