/* The kernel of the voice activity detector for any machine: vectors as the compiler's target has them (SSE2 on x86-64). */
#define XH_TARGET
#define XH_WIDE 4
#include "vad_kernel.h"

void xh_vad_kernel_plain(struct vad_group *g, const int16_t *const samples[LANES], const struct vad_limits *limits)
{
    hop(g, samples, limits);
}
