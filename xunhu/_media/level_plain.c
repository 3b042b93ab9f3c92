/* The kernel of level control for any machine: vectors as the compiler's target has them (SSE2 on x86-64). */
#define XH_TARGET
#define XH_WIDE 4
#include "level_kernel.h"

void xh_level_kernel_plain(struct level_group *g, const struct vad_group *vad, int16_t *const samples[LANES], size_t n)
{
    levels(g, vad, samples, n);
}
