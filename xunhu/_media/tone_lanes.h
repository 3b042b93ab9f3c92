/* Channels side by side in vectors, for the filter kernels of the tone receivers. Included by files compiled for one
 * instruction set: XH_TARGET is the attribute for functions, XH_WIDE the lanes in one register (8 or 4); `o` below is the
 * first lane of the register at hand. No fused multiply-add is allowed, so that all sets give the same bits. */
#ifndef XUNHU_TONE_LANES_H
#define XUNHU_TONE_LANES_H
#include <stdint.h>
#include <string.h>

#define LANES 8                 /* channels in a group */

#ifdef XH_TARGET
typedef float vf __attribute__((vector_size(4 * XH_WIDE), may_alias));
typedef int32_t vi __attribute__((vector_size(4 * XH_WIDE), may_alias));
typedef int16_t vn __attribute__((vector_size(2 * XH_WIDE), may_alias));
typedef int16_t vs __attribute__((vector_size(2 * LANES), may_alias));
#define LOAD(p) (*(const vf *)(p))
#define STORE(p, v) (*(vf *)(p) = (v))
#define PICK(mask, a, b) ((vf)(((mask) & (vi)(a)) | (~(mask) & (vi)(b))))
#define PICKI(mask, a, b) (((mask) & (a)) | (~(mask) & (b)))
#define MAX(a, b) PICK((a) > (b), a, b)
#define MIN(a, b) PICK((a) < (b), a, b)

/* 8 samples of 8 channels: rows of time out of rows of channels. */
XH_TARGET static inline void lanes_turn(const int16_t *const *p, size_t at, float *out)
{
    vs a[LANES], b[LANES];
    for (int i = 0; i < LANES; i++)
        memcpy(&a[i], p[i] + at, sizeof a[i]);
    for (int stage = 0; stage < 3; stage++) {
        for (int i = 0; i < LANES / 2; i++) {
            b[2 * i] = __builtin_shufflevector(a[i], a[i + 4], 0, 8, 1, 9, 2, 10, 3, 11);
            b[2 * i + 1] = __builtin_shufflevector(a[i], a[i + 4], 4, 12, 5, 13, 6, 14, 7, 15);
        }
        for (int i = 0; i < LANES; i++)
            a[i] = b[i];
    }
    for (int i = 0; i < LANES; i++)
        for (int o = 0; o < LANES; o += XH_WIDE) {
            vn narrow;
            memcpy(&narrow, (const int16_t *)&a[i] + o, sizeof narrow);
            vi wide = __builtin_convertvector(narrow, vi);
            STORE(out + i * LANES + o, __builtin_convertvector(wide, vf));
        }
}

/* n samples of all lanes from `at` on into rows of time. */
XH_TARGET static inline void lanes_take(const int16_t *const *p, size_t at, float *rows, size_t n)
{
    size_t i = 0;
    for (; i + 8 <= n; i += 8)
        lanes_turn(p, at + i, rows + i * LANES);
    for (; i < n; i++)
        for (int lane = 0; lane < LANES; lane++)
            rows[i * LANES + (size_t)lane] = p[lane][at + i];
}
#endif
#endif
