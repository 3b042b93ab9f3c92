/* Tones of fax machines and modems: receiver over many channels at once, and the generator of those that a tone step
 * (tones.h) cannot express. ITU-T T.30 §4 (CNG, CED), V.25 (calling tone, answering tone), V.8 §7 (ANSam), V.21.
 *
 * heard as        | what it is                                                     | reported
 * CNG             | 1100 +-38 Hz, 0.5 s, pauses of 3 s (each +-15 %)               | once a burst, when it has ended
 * 1100            | 1100 Hz that lasts longer than a burst of CNG                  | after 650 ms; its end
 * ANS             | 2100 +-15 Hz: CED of T.30, answering tone of V.25              | after 600 ms; its end
 * ANS_PR          | the same with its phase reversed every 450 +-25 ms             | when the second reversal has been heard
 * ANSAM, ANSAM_PR | the same two with 15 Hz amplitude modulation of 20 %           | as ANS, ANS_PR
 * V21_PREAMBLE    | flags at 300 bit/s, V.21 channel 2 (T.30 §5.3.1)               | after 6 flags in a row; when they end
 * CALLING         | 1300 Hz, 0.5-0.7 s, pauses of 1.5-2.0 s: calling tone of V.25  | once a burst, when it has ended
 * BELL_ANS        | 2225 +-15 Hz: answering tone of Bell 103 modems                | after 600 ms; its end
 *
 * That is for a tone that is clean, 12 dB above all else. Down to 6 dB it takes longer: a burst needs another one before it in the
 * rhythm, 1100, ANS and BELL_ANS twice the time. A tone that turns out to be another (ANS, then ANS_PR) gives a hit with both `code` and `ended`. Levels 0 to -43 dBm0.
 *
 * The bank's memory, SIMD and rules: as in r2mf.h. */
#ifndef XUNHU_FAX_TONES_H
#define XUNHU_FAX_TONES_H
#include <stddef.h>
#include <stdint.h>
#include "xunhu/tone_hit.h"

enum xh_fax_tone {
    XH_FAX_NONE,
    XH_FAX_CNG,
    XH_FAX_1100,
    XH_FAX_ANS,
    XH_FAX_ANS_PR,
    XH_FAX_ANSAM,
    XH_FAX_ANSAM_PR,
    XH_FAX_V21_PREAMBLE,
    XH_FAX_CALLING,
    XH_FAX_BELL_ANS,
};
struct xh_fax_bank;
size_t xh_fax_bank_size(uint32_t channels);
void xh_fax_bank_init(struct xh_fax_bank *b, void *memory, uint32_t channels);
void xh_fax_bank_reset(struct xh_fax_bank *b, uint32_t channel);
/* As xh_r2mf_bank_run; code and ended are XH_FAX_*. A burst (CNG, CALLING) has its length in its only hit. */
size_t xh_fax_bank_run(struct xh_fax_bank *b, const int16_t *const *samples, size_t n, struct xh_tone_hit *hits, size_t room);
uint64_t xh_fax_bank_lost(const struct xh_fax_bank *b);
void xh_fax_bank_plain(struct xh_fax_bank *b);

struct xh_tone_step;
/* Steps of CNG or CALLING (burst and pause; repeats are the generator's), 1100, ANS, BELL_ANS (one step of ms). Returns their
 * number (at most 2), -EINVAL for the others. */
int xh_fax_steps(struct xh_tone_step *out, enum xh_fax_tone tone, double level_dbm0, int ms);

struct xh_faxgen {              /* ANS, ANS_PR, ANSAM, ANSAM_PR with a clean begin and end */
    double re, im, cr, ci;      /* carrier */
    double am_re, am_im, am_cr, am_ci;
    double amplitude, depth;
    uint64_t done, length;      /* samples; length 0: for ever */
    uint32_t reversal;          /* samples between reversals, 0 none */
};
/* 0; -EINVAL: another tone, or a level outside -60..0 dBm0, or ms < 0 (0: for ever). The level is that of the carrier. */
int xh_faxgen_init(struct xh_faxgen *g, enum xh_fax_tone tone, double level_dbm0, int ms);
size_t xh_faxgen_run(struct xh_faxgen *g, int16_t *out, size_t n);      /* samples made; the rest is zero */
#endif
