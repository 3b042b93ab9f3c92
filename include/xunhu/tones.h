/* Tone generators: sums of up to two sines by steps (call progress, DTMF), exact levels, clean starts. Levels in dBm0 of
 * each sine; 0 dBm0 sine = amplitude 22779 peak on our 16-bit scale (overload 3.14 dBm0). */
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
    double from[2], target[2];  /* amplitude moves from one to the other in a ramp of 2.5 ms */
    uint32_t ramp, done;
    uint32_t modulated;         /* the second oscillator is no sine of its own: its amplitude is the depth of modulation */
};
/* Repeats 0 = for ever. -EINVAL: no or too many steps, a frequency outside 0..3,999 Hz, a level outside -90..+3.14 dBm0,
 * a negative length. A step for ever (0 ms) is the last that is heard.
 * f2 of -1 to -200 Hz: the first sine (its level is that of the carrier) is modulated with so many Hz, level2 dB below 100 %, -40 to 0. */
int xh_tonegen_init(struct xh_tonegen *g, const struct xh_tone_step *steps, uint32_t count, uint32_t repeats);  /* 0, -EINVAL */
/* Digits (0-9*#A-D, comma: pause of 500 ms) with Q.23 frequencies as steps; returns count, or -EINVAL, or -E2BIG when the
 * steps find no room: two a digit, one where off_ms is 0, one a comma. level is that of the low group, the high group is
 * twist_db above it. */
int xh_dtmf_steps(struct xh_tone_step *out, uint32_t room, const char *digits, size_t n, int on_ms, int off_ms,
                  double level_dbm0, double twist_db);
/* Returns samples made; fewer than n = the tone is over (the rest is zero). */
size_t xh_tonegen_run(struct xh_tonegen *g, int16_t *out, size_t n);
#endif
