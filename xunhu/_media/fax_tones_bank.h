/* Inside of the fax tone receiver bank: shared by fax_tones.c (memory, blocks), fax_tones_track.c (a channel's tones),
 * fax_tones_v21.c (its flags) and the two builds of the filter kernel. Not for other users. */
#ifndef XUNHU_FAX_TONES_BANK_H
#define XUNHU_FAX_TONES_BANK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tone_hits.h"
#include "tone_lanes.h"
#include "xunhu/fax_tones.h"
#include "xunhu/fsk.h"

#define FAX_HOP 40              /* 5 ms: the step of the analysis, and its window */
#define FAX_TONES 6             /* 1100, 1300, 2100, 2225; 1650 and 1850 Hz of V.21 */
enum { FAX_1100, FAX_1300, FAX_2100, FAX_2225, FAX_SINGLE, FAX_NO_TONE = FAX_SINGLE };

struct fax_channel {
    uint8_t tone;               /* which is followed, FAX_NO_TONE none */
    uint8_t code;               /* reported: XH_FAX_* */
    uint8_t missing;            /* hops in a row without it */
    uint8_t reversals;          /* in their rhythm */
    uint8_t modulated, plain;   /* windows of 200 ms with and without 15 Hz */
    uint32_t hops;              /* since its first, of those that were tone, to the newest */
    uint32_t since;             /* hops since the newest reversal */
    uint32_t rested;            /* hops since the last burst, at most a great many */
    float re, im;               /* amplitude as it is expected now */
    float turn_re, turn_im;     /* how it turns from one hop to the next, mean */
    float power, early;         /* mean of the last 60 ms; of the first */
    float share_sum, share_count;       /* of the energy, of all hops */
    float am_sum, am_re, am_im; /* of the amplitudes in this window of 200 ms */
    uint32_t am_count;
    uint8_t burst;              /* tone + 1 of the last burst, 0 none lately */
    /* V.21 */
    uint8_t keyed;              /* hops in a row in which its frequencies prevailed; falls by one in each other */
    uint8_t flags, bits;        /* in a row; since the last flag */
    uint8_t octet;              /* the newest bits */
    uint8_t preamble;           /* reported */
    uint32_t preamble_hops;
    struct xh_fsk_rx v21;
};

struct fax_group {
    _Alignas(32) float x[FAX_HOP][LANES];
    uint32_t on;                /* bit a lane: has run since its reset */
    uint32_t busy;              /* bit a lane: a tone is followed, or V.21 is listened to */
    struct fax_channel channel[LANES];
};

struct fax_window {             /* what the kernel says of one hop of one group */
    _Alignas(32) float re[FAX_SINGLE][LANES], im[FAX_SINGLE][LANES];
    float energy[LANES];        /* scaled so that a pure tone's power is as much */
    int32_t tone[LANES];        /* FAX_1100 ...: most of the energy is there; FAX_NO_TONE */
    int32_t keyed[LANES];       /* -1: most of it is at V.21's frequencies */
    uint64_t any;               /* non-zero: something in some lane */
};

struct fax_tables {
    _Alignas(32) float cosine[FAX_HOP / 2][FAX_TONES], sine[FAX_HOP / 2][FAX_TONES];    /* from the hop's middle */
};

typedef void fax_kernel(const struct fax_tables *t, const struct fax_group *g, struct fax_window *out);
fax_kernel xh_fax_kernel_plain, xh_fax_kernel_avx2;
typedef void fax_take(struct fax_group *g, const int16_t *const samples[LANES], size_t from, uint32_t at, size_t n);
fax_take xh_fax_take_plain, xh_fax_take_avx2;

/* One hop of a channel. Fills hits (at most two), returns how many; offset and channel are the caller's. */
unsigned xh_fax_track(struct fax_channel *c, const struct fax_window *w, unsigned lane, struct xh_tone_hit *hits);
unsigned xh_fax_v21(struct fax_channel *c, const float (*x)[LANES], bool keyed, unsigned lane, struct xh_tone_hit *hits);
static inline bool fax_busy(const struct fax_channel *c)
{
    return c->tone != FAX_NO_TONE || c->code || c->keyed || c->preamble || c->burst;
}

struct xh_fax_bank {
    struct fax_tables tables;
    fax_kernel *kernel;
    fax_take *take;
    struct fax_group *group;
    struct tone_hits hits;
    uint32_t channels, groups;
    uint32_t fill;              /* samples in the hop being filled */
};
#endif
