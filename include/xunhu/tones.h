/* Tone generators: sums of up to two sines by steps (call progress, DTMF), exact levels, clean starts; and the call
 * progress tone receiver. Levels in dBm0 of each sine; 0 dBm0 sine = amplitude 22779 peak on our 16-bit scale (overload 3.14 dBm0). */
#ifndef XUNHU_TONES_H
#define XUNHU_TONES_H
#include <stddef.h>
#include <stdint.h>
#include "xunhu/engine.h"       /* struct xh_tone_step */

#define XH_TONE_STEPS 64
struct xh_tonegen {
    struct xh_tone_step steps[XH_TONE_STEPS];
    uint32_t count, repeats, round, step;
    uint64_t left;              /* samples of this step to go */
    double re[2], im[2], cr[2], ci[2], amp[2];
    uint32_t ramp, done;
};
int xh_tonegen_init(struct xh_tonegen *g, const struct xh_tone_step *steps, uint32_t count, uint32_t repeats);  /* 0, -EINVAL */
/* Digits with Q.23 frequencies as steps; returns count or -EINVAL / -E2BIG. */
int xh_dtmf_steps(struct xh_tone_step *out, uint32_t room, const char *digits, size_t n, int on_ms, int off_ms,
                  double level_dbm0, double twist_db);
/* Returns samples made; fewer than n = the tone is over (the rest is zero). */
size_t xh_tonegen_run(struct xh_tonegen *g, int16_t *out, size_t n);

/* Call progress receiver: China (450 Hz; GB/T 3380 dial, ringback 1 s/4 s, busy 0.35/0.35, congestion 0.7/0.7, special) and ITU-T E.180 425 Hz. */
enum { XH_TONE_NONE, XH_TONE_DIAL, XH_TONE_RINGBACK, XH_TONE_BUSY, XH_TONE_CONGESTION, XH_TONE_SPECIAL_DIAL, XH_TONE_CALL_WAITING,
       XH_TONE_HOWLER, XH_TONE_SIT };
struct xh_progress {
    float s1[4], s2[4], energy;
    uint32_t fill, on, off, last_on, last_off, runs, tone, state;
};
void xh_progress_init(struct xh_progress *p);
/* Returns XH_TONE_* when what is heard has changed, -1 when it has not. */
int xh_progress_run(struct xh_progress *p, const int16_t *in, size_t n);
#endif
