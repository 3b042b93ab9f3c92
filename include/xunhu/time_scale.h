/* Time scale: speech slower or faster at the same pitch, 50 to 200 %.
 *
 * What does it do: makes n samples out of n * percent / 100. How: WSOLA (Verhelst and Roelands, ICASSP 1993). Sound is cut
 * into frames of 30 ms that overlap by half; each is taken from where the scale says it should be, give or take 7.5 ms, at the
 * place that looks most like the natural continuation of the frame before (normalised cross-correlation), and the two are faded into
 * each other. 15 ms of search hold one period of any voice above 67 Hz, so periods are repeated or left out whole.
 * At 100 % each frame is the natural continuation: what comes out is what went in, sample for sample, 0 to 30 ms later.
 *
 * How do I use it: put what xh_time_scale_want asks for, get. One owner; no allocation, no I/O. 8 kHz, int16. */
#ifndef XUNHU_TIME_SCALE_H
#define XUNHU_TIME_SCALE_H
#include <stddef.h>
#include <stdint.h>

#define XH_SCALE_HOP 120                /* samples of output a step: half a frame */
#define XH_SCALE_FRAME (2 * XH_SCALE_HOP)
#define XH_SCALE_SEARCH 60              /* to either side */
#define XH_SCALE_HOLD 1024              /* input kept */
#define XH_SCALE_MIN 50
#define XH_SCALE_MAX 200

struct xh_time_scale {
    int percent, begun, ended;
    int32_t rest;                       /* hundredths of a sample of the nominal place */
    int32_t nominal, last;              /* where the next frame should be, where the last was: in `in` */
    uint32_t have;                      /* samples in `in` */
    uint32_t ready, taken;              /* of `out`: made, given */
    int16_t in[XH_SCALE_HOLD];
    int16_t out[XH_SCALE_HOP];
    int16_t tail[XH_SCALE_HOP];         /* second half of the last frame, before its fade */
};

void xh_time_scale_init(struct xh_time_scale *s, int percent);  /* clamped to 50..200 */
void xh_time_scale_set(struct xh_time_scale *s, int percent);   /* from the next frame on */
void xh_time_scale_reset(struct xh_time_scale *s);              /* forgets the sound, keeps the speed */
/* Samples of input wanted before n (at most 160) can be got; 0: enough is there, or the end has been told. */
size_t xh_time_scale_want(const struct xh_time_scale *s, size_t n);
/* Takes up to n, returns how many (all, when no more than xh_time_scale_want said). */
size_t xh_time_scale_put(struct xh_time_scale *s, const int16_t *in, size_t n);
void xh_time_scale_end(struct xh_time_scale *s);                /* no more comes (until a put): what is held is given out */
size_t xh_time_scale_get(struct xh_time_scale *s, int16_t *out, size_t n);      /* how many; fewer for want of input */
size_t xh_time_scale_held(const struct xh_time_scale *s);       /* samples of input not yet heard, about */
#endif
