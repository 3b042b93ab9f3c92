/* The echo canceller's inside; see include/xunhu/echo.h and docs/echo.md.
 *
 * Samples inside are in steps of 128, so that the spectra of a block fit into numbers of half precision.  Energies are sums of
 * squares over a block of 80 such samples.  Spectra: 80 bins, fft160.h; a white sound of energy E has |X|^2 = E in each bin. */
#ifndef XUNHU_ECHO_PRIVATE_H
#define XUNHU_ECHO_PRIVATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "xunhu/echo.h"
#include "xunhu/tone_disabler.h"

#define HOP 80                          /* samples of a block, and of a part of the echo path: 10 ms */
#define BINS 80
#define VECTORS 10                      /* of eight bins */
#define PARTS 13                        /* at most: 130 ms */
#define SLOTS (PARTS + 1)               /* the block before is learned from once more, so one spectrum more is kept */
#define STEP 128.0f                     /* int16 steps a unit */
#define DBM0(power) (1.2668e6f * (float)(power))      /* energy of a block at that power, 1 = 0 dBm0 */

#define WIDE 5          /* blocks of sound that is no tone, from which a path may be known */

enum echo_mode { ECHO_EAGER, ECHO_CAREFUL };

struct echo_average {                   /* background against foreground, over one time constant */
    float mean, variance;
};

struct xh_echo {
    uint32_t parts, flags;
    int32_t law;
    uint32_t fill;                      /* samples of the block at hand: 0 or 40 */
    uint32_t newest;                    /* slot of the ring of far spectra */
    uint32_t turn;                      /* part that was constrained in turn */
    uint32_t random;                    /* of the comfort noise */
    uint32_t silent;                    /* blocks of far silence in a row */
    bool frozen, nlp, disabled, idle, settled, comfort_made, careful_shares;
    uint8_t mode;
    uint16_t eager, calm, excess, pause;        /* blocks: in the mode; as expected; above it; before the next try */
    uint16_t pause_length;
    uint16_t talk;                      /* blocks that near speech is still taken as going on */
    uint16_t young;                     /* blocks with far speech since nothing was known, up to a second */
    uint16_t wide;                      /* blocks of other sound since nothing was known */
    uint16_t narrow;                    /* blocks of steady tones in a row */
    uint16_t thin;                      /* blocks in a row with their power in few bins, steady or not */
    bool over;                          /* the block before was louder than echo should be */
    bool known;                         /* a path that took away 10 dB of other sound than tones */
    bool was_wide, only_tones;          /* the block before was no tone; nothing but tones since the last of them */
    float width;                        /* in how many bins the far block's power is: of one tone 1 to 3, of two up to 6 */
    float steady;                       /* largest energy of four blocks, when `narrow` began */
    float gain;                         /* of the non-linear processor, at the end of the last block */
    float near_level, back_level, fore_level;   /* energies of Sin and of what the paths leave, over 100 ms */
    float told_near, told_fore;         /* the same over 200 ms of far speech alone, for what is told */
    float hold;                         /* energy of the echo as estimated, dying away by 1 dB a block */
    float turned;                       /* least share of the far side's energy seen to come back */
    float leak;                         /* what the foreground leaves of it, upper edge */
    float noise_level, noise_search, noise_energy;      /* near side's background: of late; its least; mean of `noise` */
    uint16_t noise_blocks;              /* that `noise` was learned from, up to 20 */
    struct echo_average average[3];      /* over 20, 60 and 300 ms */
    float far_energy[SLOTS + 2];        /* by slot */
    struct xh_tone_disabler tone;
    /* by part: energy of the background's coefficients; its share of the step; what of it stays */
    float energy[16], share[16], keep[16];
    float x[2 * HOP] __attribute__((aligned(64)));      /* the block before and the one at hand */
    float d[2][HOP] __attribute__((aligned(64)));       /* the one at hand and the block before */
    float misalignment[BINS] __attribute__((aligned(64)));     /* power of what is wrong in the background, by bin */
    float noise[BINS] __attribute__((aligned(64)));            /* of the near side's background, by bin */
    float comfort[HOP] __attribute__((aligned(64)));           /* noise for this block; what of it reaches into the next */
    float comfort_next[HOP] __attribute__((aligned(64)));
    /* then, each [VECTORS][parts or slots][8 real, 8 imaginary]:
     * background float, parts; far side's spectra half, slots; foreground half, parts */
};

static inline uint32_t echo_octets(uint32_t parts)
{
    return (uint32_t)sizeof(struct xh_echo) + VECTORS * 16 * (uint32_t)(parts * sizeof(float) + (2 * parts + 1) * sizeof(uint16_t));
}

static inline float *echo_background(struct xh_echo *e)
{
    return (float *)(e + 1);
}

static inline uint16_t *echo_far(struct xh_echo *e)
{
    return (uint16_t *)(echo_background(e) + VECTORS * 16 * e->parts);
}

static inline uint16_t *echo_foreground(struct xh_echo *e)
{
    return echo_far(e) + VECTORS * 16 * (e->parts + 1);
}

/* What is known of a block when its errors are. */
struct echo_block {
    float near_energy, fore_energy, back_energy;    /* of Sin, and of what the two paths leave of it */
    float echo_energy;                              /* of the foreground's estimate */
    float gain, scatter;                            /* energy that the background leaves less; sum of squares of it over parts of 2 ms */
    float expected;                                 /* of echo that the background will leave, by its own reckoning */
    float far_peak;                                 /* largest energy of the far blocks in the tail */
    float floor;                                    /* energy of noise that the law makes of Sin */
    bool whole;                                     /* these are all its samples */
};

enum echo_choice { ECHO_KEEP, ECHO_TAKE_BACK, ECHO_RESTORE, ECHO_FORGET };

struct seen {                           /* power of the background's error, all bins: there is; explained by echo; by noise */
    float error, echo, noise;
    float boldness;                     /* mean part of the full step */
};

/* echo_decide.c */
enum echo_choice xh_echo_compare(struct xh_echo *e, const struct echo_block *b);
void xh_echo_next_mode(struct xh_echo *e, const struct echo_block *b, enum echo_choice choice, bool learning, const struct seen *seen);
bool xh_echo_tones(struct xh_echo *e);
bool xh_echo_misled(const struct xh_echo *e);
bool xh_echo_noise(struct xh_echo *e, float energy);
void xh_echo_found(struct xh_echo *e, const struct echo_block *b);
float xh_echo_gain(struct xh_echo *e, const struct echo_block *b);
void xh_echo_shares(struct xh_echo *e, float boldness);

/* New samples that complete a block or half-fill it. */
struct echo_samples {
    const int16_t *rout;
    int16_t *sin;
    uint32_t from, to;                  /* 0-80, 0-40 or 40-80 */
    bool through;                       /* Sin leaves as it is */
};
/* next: the canceller that will be worked on after this one, or NULL */
typedef void echo_kernel(struct xh_echo *e, const struct echo_samples *in, const struct xh_echo *next);
echo_kernel xh_echo_block_plain, xh_echo_block_avx2;
#endif
