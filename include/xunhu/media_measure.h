/* What a sound is like: level, peak, clipping, zero line, silence before and behind. And the little that mends it: gain. */
#ifndef XUNHU_MEDIA_MEASURE_H
#define XUNHU_MEDIA_MEASURE_H
#include <stddef.h>
#include <stdint.h>

struct xh_measure {
    uint64_t frames;
    int64_t sum;
    uint64_t squares;                   /* of up to 2^34 frames */
    int peak;                           /* largest magnitude, to 32,768 */
    uint64_t clipped;                   /* samples in runs of three and more alike at 32,000 or beyond */
    uint64_t head, tail;                /* frames of silence at the beginning and at the end so far, in blocks of 10 ms */
    uint64_t active, active_squares;    /* frames of blocks that are not silent, and their squares without the zero line's */
    /* within */
    uint64_t threshold;                 /* mean square of silence */
    uint64_t block_squares;
    int64_t block_sum;
    int block, fill, last, run, heard;
};

/* rate: 1,000 to 384,000 Hz. silence_rms: a block of 10 ms whose RMS about its own mean is below it is silent. */
void xh_measure_init(struct xh_measure *m, int rate, int silence_rms);
void xh_measure_run(struct xh_measure *m, const int16_t *samples, size_t n, size_t stride);     /* every stride-th of them, n in all */
void xh_measure_end(struct xh_measure *m);      /* the last block, shorter than 10 ms */

/* samples[i] = (samples[i] - zero) * gain, rounded to nearest, limited; returns how many had to be limited. */
size_t xh_media_gain(int16_t *samples, size_t n, float gain, float zero);
#endif
