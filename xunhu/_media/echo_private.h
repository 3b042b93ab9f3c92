/* The echo canceller's inside; see include/xunhu/echo.h and docs/echo.md. */
#ifndef XUNHU_ECHO_PRIVATE_H
#define XUNHU_ECHO_PRIVATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "xunhu/echo.h"

#define HOP 80                  /* samples of a block, and of a part of the echo path */
#define HALF 40                 /* the smallest tick */
#define BINS 80
#define VECTORS 10              /* of eight bins */
#define PARTS 13                /* at most: 130 ms */

struct echo_path_stat {         /* foreground against background, over one time constant */
    float mean, variance;
};

struct echo_block;
typedef void echo_block_kernel(struct xh_echo *e, struct echo_block *b);

/* What one block's work leaves behind for decisions; lives on the stack. */
struct echo_block {
    const int16_t *rout;
    int16_t *sin;
    unsigned from, to;          /* samples of the block that are new: 0-80, 0-40 or 40-80 */
    float near_energy, fore_energy, back_energy, between_energy, far_energy;
};

struct xh_echo {
    uint32_t parts, flags;
    int32_t law;
    uint32_t fill;              /* samples of the block at hand: 0 or 40 */
    uint32_t newest;            /* slot of the ring of spectra */
    uint32_t constrained;       /* part whose turn it was */
    uint32_t random;
    bool frozen, nlp, copied;
    uint32_t blocks;
    float x[2 * HOP] __attribute__((aligned(64)));      /* the last block and the one at hand */
    float d[HOP] __attribute__((aligned(64)));
    float misalignment[BINS] __attribute__((aligned(64)));
    float noise[BINS] __attribute__((aligned(64)));
    float x_scale[16] __attribute__((aligned(64)));     /* by slot */
    float fore_scale[16], energy[16], share[16];        /* by part */
    struct echo_path_stat fast, slow;
    float total;
    float excess;
    float spare[32];
    /* then: background float[VECTORS][parts][16], far int16[VECTORS][parts][16], foreground int16[VECTORS][parts][16] */
};

static inline float *echo_background(struct xh_echo *e)
{
    return (float *)(e + 1);
}

static inline int16_t *echo_far(struct xh_echo *e)
{
    return (int16_t *)(echo_background(e) + VECTORS * 16 * e->parts);
}

static inline int16_t *echo_foreground(struct xh_echo *e)
{
    return echo_far(e) + VECTORS * 16 * e->parts;
}

void xh_echo_block_plain(struct xh_echo *e, struct echo_block *b);
void xh_echo_block_avx2(struct xh_echo *e, struct echo_block *b);
#endif
