/* Inside of the level bank: shared by level.c and the two builds of its kernel (level_plain.c, level_avx2.c). */
#ifndef XUNHU_LEVEL_BANK_H
#define XUNHU_LEVEL_BANK_H
#include <stdint.h>
#include "vad_bank.h"
#include "xunhu/level.h"

/* The hops that count have a mean 1.5 dB and more above P.56's active level, which has weak parts and short pauses in it. */
#define LEVEL_ACTIVE 0.7f

/* Vectors lie as [LANES]. Gains are factors, levels mean squares. */
struct level_group {
    _Alignas(32) float gain[LANES];             /* fixed, or found */
    float guard[LANES];                         /* the limiter's part, at most 1 */
    float last[LANES];                          /* gain at the end of the block before */
    float level[LANES], heard[LANES];           /* of the voice; blocks of 10 ms that it was heard, at most LONG */
    float sure[LANES];                          /* hops of voice in a row that may be no tone */
    float target[LANES], most[LANES], least[LANES];
    float rise[LANES], fall[LANES];             /* part of the gain a sample */
    float ceiling[LANES];                       /* sample value */
    int32_t automatic[LANES];                   /* 0 or -1 */
    uint8_t mode[LANES];
    uint32_t on, reserved[5];                   /* bit a lane: not OFF, or on the way there */
};

/* One block of one group; vad may be NULL. samples of lanes that are off: NULL. */
typedef void level_kernel(struct level_group *g, const struct vad_group *vad, int16_t *const samples[LANES], size_t n);
level_kernel xh_level_kernel_plain, xh_level_kernel_avx2;

struct xh_level_bank {
    level_kernel *kernel;
    struct level_group *group;
    uint32_t channels, groups;
};
#endif
