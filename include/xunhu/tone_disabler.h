/* Tone disabler of an echo canceller: ITU-T G.168 (earlier G.165) clause 7, for one 4-wire channel.
 *
 * A data modem that does its own echo control says so with 2100 Hz whose phase is reversed every 450 +- 25 ms. From then on
 * the network's canceller must stand aside, until the call has been quiet in both directions. What it must do:
 *   - hear 2100 +- 21 Hz from -6 to -31 dBm0 with reversals of 180 +- 25 degrees, within 1 s, also with noise 11 dB below;
 *   - not disable for the tone without reversals (fax CED), for phase steps of 0 +- 110 degrees, below -36 dBm0, for other
 *     frequencies (< 1900, > 2350 Hz), nor for speech;
 *   - hold while either direction carries a signal of -31 dBm0 or more, over gaps of 100 ms; release 250 +- 150 ms after both
 *     have fallen below -36 dBm0.
 *
 * How: 5 ms of sound (40 samples, ten and a half periods) are turned into one complex amplitude at 2100 Hz. A tone carries
 * nearly all of the energy there and its amplitudes turn at a steady rate (the frequency's offset); a reversal is an
 * amplitude that is found opposite to where that rate would have it. Two reversals 415 to 485 ms apart, with tone all the
 * time between, disable. Anything that is no tone costs four sums over the samples and a comparison.
 *
 * No allocation; the caller owns the struct. Samples: int16, 8 kHz, 0 dBm0 sine = 22779 peak. */
#ifndef XUNHU_TONE_DISABLER_H
#define XUNHU_TONE_DISABLER_H
#include <stddef.h>
#include <stdint.h>

#define XH_TONE_DISABLER_PART 40        /* samples looked at together */

struct xh_tone_disabler_side {          /* one direction */
    float re, im;                       /* amplitude of the newest part that was tone */
    float turn_re, turn_im;             /* how it turns from one part to the next, mean of the last ones */
    uint32_t parts;                     /* of tone in a row, breaks of a reversal not counted; 0 = none */
    uint16_t missing;                   /* parts since the newest that was tone */
    uint16_t since;                     /* parts since the last reversal, 0 = none yet */
};

struct xh_tone_disabler {
    struct xh_tone_disabler_side side[2];   /* receive (from the far end), send (from the near end) */
    int64_t energy[2];                  /* of both sides while disabled, over 20 ms */
    uint32_t quiet;                     /* parts in which neither carried a signal */
    uint8_t disabled, count;            /* count: parts in energy */
    uint8_t fill;                       /* samples in part */
    int16_t part[2][XH_TONE_DISABLER_PART];
};

void xh_tone_disabler_init(struct xh_tone_disabler *d);
/* n samples of both directions, any n; NULL = that side is silent. 1 while the canceller is to stand aside, else 0. Give all
 * calls the same n pattern for both sides: they are one stream. Cheapest with n a multiple of 40. */
int xh_tone_disabler_run_both(struct xh_tone_disabler *d, const int16_t *receive, const int16_t *send, size_t n);
/* The same where only one direction is at hand. */
int xh_tone_disabler_run(struct xh_tone_disabler *d, const int16_t *samples, size_t n);
#endif
