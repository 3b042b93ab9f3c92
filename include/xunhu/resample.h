/* Sound from one of the rates 8, 16, 32 and 48 kHz to another, in a stream, one channel.
 *
 * What it does: for codecs and conferences of a wider band. Files are resampled by libsoxr (media_resample.c), of higher quality and
 * with more delay.
 * How: a polyphase FIR filter, Kaiser window, 40 taps of the lower rate. Flat within 0.02 dB up to 7/16 of the lower rate (3.5 kHz of
 * 8 kHz, 7 of 16, 14 of 32), 70 dB down from 9/16 of it on (4.5, 9, 18 kHz). Delay: 20 samples of the lower rate, exactly: 2.5 ms
 * where 8 kHz is one of the two, 1.25 ms between 16 and more, 0.625 ms between 32 and 48. Gain one; what exceeds 16 bits is limited.
 *
 * A filter is made once for a pair of rates and never changes then: all channels share it. A state is one direction of one
 * channel. Both are the caller's. The kernel is AVX2 with FMA where the machine has it, else plain C: samples differ by one at most. */
#ifndef XUNHU_RESAMPLE_H
#define XUNHU_RESAMPLE_H
#include <stddef.h>
#include <stdint.h>

#define XH_RESAMPLER_TAPS 240            /* of the longest filter: 48 to 8 kHz, and the phases of 8 to 48 kHz together */
#define XH_RESAMPLER_PAST 240            /* input samples that a filter looks back over, at most */
#define XH_RESAMPLER_OUT(n, from, to) ((size_t)(n) * (size_t)(to) / (size_t)(from))

struct xh_resampler_filter {
    int from, to;                       /* Hz */
    int up, down;                       /* out = in * up / down */
    int taps;                           /* of a phase */
    int plain;                          /* 1: without AVX2 also where the machine has it */
    float phase[XH_RESAMPLER_TAPS];      /* phase after phase; the tap of the newest sample first */
};

struct xh_resampler {
    int16_t past[XH_RESAMPLER_PAST];     /* what came before, the newest last */
};

/* 0, or -EINVAL: not two different ones of the four rates. */
int xh_resampler_design(struct xh_resampler_filter *f, int from, int to);
double xh_resampler_delay_ms(const struct xh_resampler_filter *f);
void xh_resampler_init(struct xh_resampler *s);
/* n samples in, XH_RESAMPLER_OUT(n, from, to) out; n is a multiple of `down`: ticks of whole milliseconds always are. in and out apart.
 * Returns how many out, or -EINVAL for another n. */
int64_t xh_resampler_run(const struct xh_resampler_filter *f, struct xh_resampler *s, const int16_t *in, size_t n, int16_t *out);

#endif
