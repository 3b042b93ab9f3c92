/* Voice activity detector over many channels at once, robust against noise.
 *
 * How: each 10 ms (80 samples of 8 kHz) the energy in ten bands is compared with the band's own noise floor, which follows the
 * minima and what is no speech; how periodic the band below 1 kHz is tells voices from noise that changes; and what a
 * predictor of four taps, found 30 ms and more ago, still predicts is a tone, not a voice. docs/level.md has the theory
 * and what was measured.
 *
 * A bank holds `channels` detectors in structure-of-arrays, eight side by side (AVX2 where the machine has it, plain C
 * elsewhere, same bits). Memory is the caller's: ask xh_vad_bank_size, give aligned (64) memory to init. No allocation, no globals. */
#ifndef XUNHU_VAD_H
#define XUNHU_VAD_H
#include <stddef.h>
#include <stdint.h>

#define XH_VAD_HOP 80                   /* samples of one decision */

struct xh_vad_bank;

struct xh_vad_params {                  /* of the whole bank; 0: the default */
    float quietest_dbm0;                /* what is softer is never a voice; -80 to -20, default -55 */
    float strictness;                   /* 0 to 4: what is doubtful is no voice; 1 or 2 where other people talk in the background */
    uint32_t hang_ms;                   /* a pause so long is still the voice; 10 to 2000, default 200 */
};

struct xh_vad_change {
    uint32_t channel;
    uint8_t voice;                      /* 1 a voice has begun and lasts since 50 ms, 0 it has ended */
    int16_t level_dbm0x10;              /* of the speech: so far, or on the whole */
    uint32_t offset;                    /* sample of this call's block after which it was decided */
};

struct xh_vad_state {                   /* of one channel, after its newest decision */
    uint8_t voice;                      /* there is a voice, short pauses included */
    uint8_t active;                     /* it sounds in these 10 ms */
    uint8_t tone;                       /* one or two steady tones (DTMF, call progress, fax), no voice */
    uint8_t known;                      /* 0: off, or no whole 10 ms yet */
    int16_t level_dbm0x10;              /* of these 10 ms; -1000 at least */
    int16_t noise_dbm0x10;              /* of the noise floor */
    int16_t speech_dbm0x10;             /* of the voice over about 100 ms; -1000 while there is none: who is the loudest */
    float score;                        /* how sure: above 0 it is a voice */
};

size_t xh_vad_bank_size(uint32_t channels);
/* params NULL: defaults. 0, or -EINVAL: a parameter is out of range. */
int xh_vad_bank_init(struct xh_vad_bank *b, uint32_t channels, const struct xh_vad_params *params);
void xh_vad_bank_reset(struct xh_vad_bank *b, uint32_t channel);        /* a new call on the channel */
/* samples[i]: pointer to n samples of channel i (0 dBm0 = 22779 peak), NULL = off (its state is reset). n: 1 to 160, the same for
 * all and, for one bank, best always the same: 40, 80 or 160. A channel that comes later than others hears its first decision
 * after at most 20 ms. Writes up to `room` changes, returns how many; what finds no room is lost, states tell all the same. */
size_t xh_vad_bank_run(struct xh_vad_bank *b, const int16_t *const *samples, size_t n, struct xh_vad_change *changes, size_t room);
/* The same for the channels of one group of eight, first = 8 * group; for callers that share the work or know who is on.
 * xh_vad_bank_run is these, then xh_vad_bank_next. */
size_t xh_vad_bank_group(struct xh_vad_bank *b, uint32_t group, const int16_t *const samples[8], size_t n,
                         struct xh_vad_change *changes, size_t room);
void xh_vad_bank_next(struct xh_vad_bank *b, size_t n);                 /* the block of n samples is over */
void xh_vad_bank_state(const struct xh_vad_bank *b, uint32_t channel, struct xh_vad_state *s);
void xh_vad_bank_plain(struct xh_vad_bank *b);  /* the plain C kernel from now on, as on a machine without AVX2 */
#endif
