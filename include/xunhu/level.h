/* Level of many channels at once: fixed gain, automatic gain control, and a limiter behind both.
 *
 * The automatic gain follows the level of the voice alone, as the voice detector of the same channel says (vad.h): in noise, silence
 * and tones it stays where it is. It looks at what comes in, so it cannot swing. The limiter knows the whole block before it
 * gives the first sample of it: gain sinks within 2 ms, in time for the block's peak; what would still be above is bent, not cut.
 * Nothing is ever above the ceiling.
 *
 * A bank holds `channels` of them, eight side by side (AVX2 where the machine has it, plain C elsewhere, same bits). Memory is the
 * caller's: ask xh_level_bank_size, give aligned (64) memory to init. No allocation, no globals. */
#ifndef XUNHU_LEVEL_H
#define XUNHU_LEVEL_H
#include <stddef.h>
#include <stdint.h>

struct xh_vad_bank;
struct xh_level_bank;

enum { XH_LEVEL_OFF, XH_LEVEL_FIXED, XH_LEVEL_AUTO };

struct xh_level_params {                /* dB and dBm0 in tenths; of AUTO, what is not said (0) has its default */
    uint8_t mode;                       /* XH_LEVEL_*; OFF: samples stay what they are */
    int16_t gain_dbx10;                 /* FIXED: -300 to 300 */
    int16_t target_dbm0x10;             /* AUTO: level of the voice, -400 to -30; default -180 */
    int16_t most_dbx10;                 /* AUTO: greatest gain, 1 to 300; default 180 */
    int16_t least_dbx10;                /* AUTO: greatest loss, 1 to 300; default 120 */
    int16_t rise_dbx10;                 /* AUTO: dB a second up, 1 to 600; default 60 */
    int16_t fall_dbx10;                 /* AUTO: dB a second down, 1 to 1200; default 200 */
    int16_t ceiling_dbm0x10;            /* limiter, as the level of a sine of that peak: -200 to 30; default 20; what is 0.0 is the default */
};

struct xh_level_state {
    uint8_t mode;
    uint8_t limiting;                   /* the limiter took something off in the newest block */
    int16_t gain_dbx10;                 /* now, without the limiter */
    int16_t limiter_dbx10;              /* 0 or less */
    int16_t voice_dbm0x10;              /* AUTO: level of the voice that comes in, as far as known; -1000: nobody has spoken */
};

size_t xh_level_bank_size(uint32_t channels);
void xh_level_bank_init(struct xh_level_bank *b, uint32_t channels);    /* all OFF */
/* 0, or -EINVAL: no such channel or a parameter out of range, nothing is changed. A channel that was in AUTO and stays in it
 * keeps the gain it has found; a new gain comes within a block, without a click. */
int xh_level_bank_set(struct xh_level_bank *b, uint32_t channel, const struct xh_level_params *params);
void xh_level_bank_reset(struct xh_level_bank *b, uint32_t channel);    /* OFF, all forgotten */
/* samples[i]: n samples (1 to 160) of channel i, changed in place; NULL: off, its gain stays. vad: the bank that has just seen the
 * same block, as it came in; without it (NULL) AUTO keeps its gain. */
void xh_level_bank_run(struct xh_level_bank *b, const struct xh_vad_bank *vad, int16_t *const *samples, size_t n);
void xh_level_bank_group(struct xh_level_bank *b, uint32_t group, const struct xh_vad_bank *vad, int16_t *const samples[8], size_t n);
void xh_level_bank_state(const struct xh_level_bank *b, uint32_t channel, struct xh_level_state *s);
void xh_level_bank_plain(struct xh_level_bank *b);      /* the plain C kernel from now on, as on a machine without AVX2 */
#endif
