/* MFC/R2 register signals: receiver over many channels at once, and the steps that send them. ITU-T Q.441 (the code),
 * Q.454 (senders), Q.455 (receivers); China No.1 (GF 002-9002) uses the same frequencies.
 *
 * Forward: two of 1380, 1500, 1620, 1740, 1860, 1980 Hz. Backward: two of 1140, 1020, 900, 780, 660, 540 Hz. Signals 1 to 15
 * by the numbers of Q.441, Table 5. China's backward signals are 1 to 6, of 1140, 1020, 900, 780 Hz.
 *
 * What Q.455 asks of the receiver: each frequency -5 to -35 dBm0 and within 10 Hz, the levels of the two apart by at most
 * 5 dB (neighbours) or 7 dB (others): the time to operate and the time to release are together at most 80 ms. Not for
 * signals below -42 dBm0, shorter than 7 ms, of two levels 20 dB apart, of one frequency or more than two; an interruption
 * of 7 ms does not end a signal. A receiver here also hears beside the echo of what its own side sends in the other
 * direction.
 *
 * One bank holds `channels` receivers of one direction in structure-of-arrays; filters run over channels with SIMD (AVX2
 * where the machine has it, plain C elsewhere, chosen at init; both give the same bits). Memory is the caller's: ask
 * xh_r2mf_bank_size, give memory aligned to 64 to init. No allocation, no globals that change. */
#ifndef XUNHU_R2MF_H
#define XUNHU_R2MF_H
#include <stddef.h>
#include <stdint.h>
#include "xunhu/tone_hit.h"

enum xh_r2mf_direction {
    XH_R2MF_FORWARD,            /* signals 1 to 15 */
    XH_R2MF_BACKWARD,           /* signals 1 to 15 */
    XH_R2MF_BACKWARD_4,         /* signals 1 to 6 of four frequencies, as China No.1 sends them; no others are reported */
};
struct xh_r2mf_bank;
size_t xh_r2mf_bank_size(uint32_t channels);
void xh_r2mf_bank_init(struct xh_r2mf_bank *b, void *memory, uint32_t channels, enum xh_r2mf_direction direction);
void xh_r2mf_bank_reset(struct xh_r2mf_bank *b, uint32_t channel);      /* a new call on the channel */
/* samples[i]: pointer to n samples of channel i, NULL = channel off (its state is reset). Any n from 1 to 160.
 * Writes up to `room` hits (code: signal 1 to 15), returns how many; hits beyond room are kept for the next call. */
size_t xh_r2mf_bank_run(struct xh_r2mf_bank *b, const int16_t *const *samples, size_t n,
                        struct xh_tone_hit *hits, size_t room);
uint64_t xh_r2mf_bank_lost(const struct xh_r2mf_bank *b);   /* hits lost because more than eight a channel waited */
void xh_r2mf_bank_plain(struct xh_r2mf_bank *b);            /* the plain C filters from now on */

struct xh_tone_step;
/* The step (tones.h) that sends a signal: level of each frequency, the higher one twist_db above the lower; ms as there (0 for
 * ever: a compelled signal lasts until it is answered). -EINVAL: no such signal in that direction. Q.454: -11.5 dBm0 +-1 dB
 * each (-8 dBm0 on some national networks), 1 dB apart at most. */
int xh_r2mf_step(struct xh_tone_step *step, enum xh_r2mf_direction direction, unsigned signal, double level_dbm0,
                 double twist_db, int ms);
#define XH_R2MF_LEVEL_DBM0 (-11.5)
#endif
