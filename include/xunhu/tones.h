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
    double from[2], target[2];  /* amplitude moves from one to the other in a ramp of 2.5 ms */
    uint32_t ramp, done;
};
/* Repeats 0 = for ever. -EINVAL: no or too many steps, a frequency outside 0..3,999 Hz, a level outside -90..+3.14 dBm0,
 * a negative length. A step for ever (0 ms) is the last that is heard. */
int xh_tonegen_init(struct xh_tonegen *g, const struct xh_tone_step *steps, uint32_t count, uint32_t repeats);  /* 0, -EINVAL */
/* Digits (0-9*#A-D, comma: pause of 500 ms) with Q.23 frequencies as steps; returns count, or -EINVAL, or -E2BIG when the
 * steps find no room: two a digit, one where off_ms is 0, one a comma. level is that of the low group, the high group is
 * twist_db above it. */
int xh_dtmf_steps(struct xh_tone_step *out, uint32_t room, const char *digits, size_t n, int on_ms, int off_ms,
                  double level_dbm0, double twist_db);
/* Returns samples made; fewer than n = the tone is over (the rest is zero). */
size_t xh_tonegen_run(struct xh_tonegen *g, int16_t *out, size_t n);

/* Call progress receiver: China (450 Hz; GB/T 3380 dial, ringback 1 s/4 s, busy 0.35/0.35, congestion 0.7/0.7, special) and ITU-T E.180 425 Hz. */
enum { XH_TONE_NONE, XH_TONE_DIAL, XH_TONE_RINGBACK, XH_TONE_BUSY, XH_TONE_CONGESTION, XH_TONE_SPECIAL_DIAL, XH_TONE_CALL_WAITING,
       XH_TONE_HOWLER, XH_TONE_SIT, XH_TONE_UNOBTAINABLE };
#define XH_PROGRESS_BLOCK 160   /* samples looked at together */
struct xh_progress {
    int16_t block[XH_PROGRESS_BLOCK];
    uint32_t fill;
    float level, last_energy;   /* mean square of the burst heard; of the last block */
    float last_level;           /* of the burst before */
    uint32_t now, edge, gap_edge;   /* samples: end of the last block; when the present burst or gap, the last gap began */
    uint16_t on[4], off[4];     /* ms, newest first: bursts, and the gap behind each */
    uint8_t band, last_band;    /* of the present burst (0: gap); of the last burst */
    uint8_t tone, loud, sit;    /* reported; blocks of other sound in a row; SIT tones heard in order */
};
void xh_progress_init(struct xh_progress *p);
/* Any n. Returns XH_TONE_* when what is heard has changed, -1 when it has not. */
int xh_progress_run(struct xh_progress *p, const int16_t *in, size_t n);
#endif
