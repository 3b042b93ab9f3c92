/* The fax tone kernel for any machine: vectors as the compiler's target has them (SSE2 on x86-64). */
#define XH_TARGET
#define XH_WIDE 4
#include "fax_tones_kernel.h"

void xh_fax_kernel_plain(const struct fax_tables *t, const struct fax_group *g, struct fax_window *out)
{
    judge_all(t, g, out);
}

void xh_fax_take_plain(struct fax_group *g, const int16_t *const samples[LANES], size_t from, uint32_t at, size_t n)
{
    take(g, samples, from, at, n);
}
