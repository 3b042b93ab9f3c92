/* DTMF receiver, ITU-T Q.23/Q.24, over many channels at once.
 *
 * How: one bank holds `channels` receivers in structure-of-arrays, so that the filters run over channels with SIMD
 * (AVX2 where the machine has it, plain C elsewhere, chosen at init). Every channel takes the same number of samples a call.
 * Memory is the caller's: ask xh_dtmf_bank_size, give aligned (64) memory to init. No allocation, no globals. */
#ifndef XUNHU_DTMF_H
#define XUNHU_DTMF_H
#include <stddef.h>
#include <stdint.h>
struct xh_dtmf_bank;
struct xh_dtmf_hit {
    uint32_t channel;
    uint8_t digit;              /* ASCII; 0 = digit ended */
    uint8_t ended;              /* the digit that ended, ASCII, else 0 */
    int16_t level_dbm0x10;      /* of the stronger tone, at begin */
    uint32_t offset;            /* sample in this call's block at which it was decided */
    uint32_t length;            /* at end: length in samples */
};
size_t xh_dtmf_bank_size(uint32_t channels);
void xh_dtmf_bank_init(struct xh_dtmf_bank *b, void *memory, uint32_t channels);  /* memory == b is right */
void xh_dtmf_bank_reset(struct xh_dtmf_bank *b, uint32_t channel);                /* a new call on the channel */
/* samples[i]: pointer to n samples of channel i, NULL = channel off (its state is reset). Any n from 1 to 160.
 * Writes up to `room` hits, returns how many (hits beyond room are kept for the next call). */
size_t xh_dtmf_bank_run(struct xh_dtmf_bank *b, const int16_t *const *samples, size_t n,
                        struct xh_dtmf_hit *hits, size_t room);
/* A kept hit comes with offset 0. Eight hits a channel are kept; what comes beyond is lost and counted here. */
uint64_t xh_dtmf_bank_lost(const struct xh_dtmf_bank *b);
/* A digit is being heard, or 15 ms of what may become one (docs/conference.md: how seldom that is in speech). Before the channel's first run: 0. */
int xh_dtmf_bank_likely(const struct xh_dtmf_bank *b, uint32_t channel);
void xh_dtmf_bank_plain(struct xh_dtmf_bank *b);    /* the plain C filters from now on, as on a machine without AVX2 */
#endif
