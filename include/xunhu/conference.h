/* Kernels of a conference: one sum for all, and for each party the sum without what it said itself.
 *
 * The sum of all contributions S has 32 bits. What is heard is S - own, limited to 16 bits, exactly: no wrap with any number of
 * parties up to 65,536 at full scale. S is kept as two rows of 16 bits, low = S limited and rest = (S - low) limited; then
 *
 *     limit(S - own) = limit(limit(low - own) + rest)
 *
 * holds for every S and own (docs/conference.md has the proof), and a party costs two saturating instructions for sixteen samples.
 * `low` is at the same time what a mere listener hears.
 *
 * Blocks of n samples, any n from 0 to 160; rows of different arguments must not overlap. No state, no allocation.
 */
#ifndef XUNHU_CONFERENCE_H
#define XUNHU_CONFERENCE_H

#include <stddef.h>
#include <stdint.h>

#define XH_CONFERENCE_BLOCK 160

struct xh_conference_kernels {
    /* A contribution: out[i] = limit(in[i] * gain), the gain moving straight from `from` (before the block) to `to` (at its last sample); Q12,
       0 to 32767, rounded to the nearest. from == to: a fixed gain. */
    void (*scale)(int16_t *out, const int16_t *in, int from_q12, int to_q12, size_t n);
    /* low and rest of the sum of `parties` rows; none: silence */
    void (*sum)(int16_t *low, int16_t *rest, const int16_t *const *in, size_t parties, size_t n);
    /* what the party hears that said `own` */
    void (*minus)(int16_t *out, const int16_t *low, const int16_t *rest, const int16_t *own, size_t n);
    /* sum of squares / 64, each pair of neighbours rounded down */
    uint32_t (*energy)(const int16_t *in, size_t n);
};

/* plain: without vector instructions beyond the machine's base; results are the same bit for bit */
void xh_conference_kernels(struct xh_conference_kernels *k, int plain);

#endif
