/* What resample.c asks of its kernel, which is built twice (resample_avx2.c, resample_plain.c).
 *
 * The input of a piece, with the past before it, is dealt out into `down` streams: stream r has the samples r, r + down ... Then output
 * i * up + p of a phase p is a sum over its taps of streams at place i, and what is side by side in i is side by side in memory. */
#ifndef XUNHU_RESAMPLE_PRIVATE_H
#define XUNHU_RESAMPLE_PRIVATE_H
#include "xunhu/resample.h"

#define RESAMPLE_PIECE 480              /* input samples at a time: 10 ms of 48 kHz */
#define RESAMPLE_GROUP 40               /* outputs of a phase that are worked on at once */
#define RESAMPLE_STREAM (XH_RESAMPLER_PAST + RESAMPLE_PIECE + 6 * (RESAMPLE_GROUP + 8))  /* of all streams, up to six */

struct resample_work {
    const float *tap[XH_RESAMPLER_PAST]; /* of the phase at hand: where tap k finds its input for output 0 */
    _Alignas(64) float stream[RESAMPLE_STREAM];
    _Alignas(64) int32_t out[RESAMPLE_PIECE + RESAMPLE_GROUP];
};

/* out[i] = sum over k of h[k] * tap[k][i], rounded and held to 16 bits, i below n; up to RESAMPLE_GROUP - 1 more are read and
 * written. */
typedef void resample_phase(int32_t *out, const float *const *tap, const float *h, int taps, int n);
resample_phase xh_resampler_phase_plain, xh_resampler_phase_avx2;

#endif
