/* Inside of the DTMF receiver bank: shared by dtmf.c (state machine), dtmf_verify.c (the exact look at a candidate),
 * dtmf_edges.c (where its tones begin and end) and the two builds of the filter kernel (dtmf_plain.c, dtmf_avx2.c). Not for other users. */
#ifndef XUNHU_DTMF_BANK_H
#define XUNHU_DTMF_BANK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tone_lanes.h"
#include "xunhu/dtmf.h"

#define TONES 8
#define HOP 20                  /* 2.5 ms: the step of the analysis */
#define SLOTS 4                 /* window = 4 hops = 80 samples = 10 ms */
#define HOPS_A_CALL ((160 + HOP - 1) / HOP)
#define PROOF 200               /* samples looked at when a candidate has lasted: 25 ms */
#define SEGMENT 100             /* parts of the proof, half overlapping */
#define LOOK 344                /* samples in which the begin and the end of a tone are looked for: 43 ms */
#define HISTORY 512             /* >= LOOK + longest block, a power of two */
#define PHASE_PERIOD 400        /* hops in one second: all tones are whole Hz, so phases repeat exactly */

struct dtmf_proof {
    float level[2];             /* amplitudes of the low and the high tone */
    float offset[2];            /* Hz from nominal */
    float residue;              /* share of the energy that is neither */
};

struct dtmf_channel {
    uint8_t run_code, run;      /* code of the newest windows, how many in a row */
    uint8_t digit, code;        /* digit being heard (0 none); code of the newest digit */
    uint8_t miss;               /* windows without it, in a row */
    uint32_t first, last;       /* hop numbers of its first and newest window */
    float strong;               /* power of its stronger tone, window scale */
    uint8_t agreed;             /* proofs of this run that agree, where one is not enough */
    bool spoiled;               /* this run has been out of frequency: it may be a voice gliding through */
    struct dtmf_proof proof;    /* the first of them */
};

/* Vectors lie as float[LANES]; every member's size is a multiple of 32 octets up to `channel`. */
struct dtmf_group {
    _Alignas(32) float re[SLOTS][TONES][LANES], im[SLOTS][TONES][LANES];
    float energy[SLOTS][LANES], sum[SLOTS][LANES];
    float x[HOP][LANES];        /* the hop being filled */
    struct dtmf_channel channel[LANES];
    int16_t history[LANES][HISTORY];
    uint32_t on;                /* bit a lane: has run since its reset */
    uint32_t busy;              /* bit a lane: a digit is being heard or a run is counted */
};

/* What the kernel says of one window of one group. */
struct dtmf_window {
    _Alignas(32) float strong[LANES];   /* power of the stronger tone */
    int32_t code[LANES];        /* 0-15: low index * 4 + high index; -1: no pair */
    int32_t pure[LANES];        /* -1: the pair is nearly all there is to hear (onset threshold), else 0 */
    uint64_t any;               /* non-zero: pure in some lane */
};

struct dtmf_tables {
    _Alignas(32) float cosine[HOP / 2][TONES], sine[HOP / 2][TONES];    /* of (i + 1/2) * omega */
    float proof_cos[TONES][PROOF], proof_sin[TONES][PROOF];
    float hann[PROOF], hann_segment[SEGMENT];
    float hann_sum;
    float rotate_re[PHASE_PERIOD][TONES], rotate_im[PHASE_PERIOD][TONES];   /* tone's phase at the middle of a hop, back to 0 */
};

struct dtmf_block {             /* one call, the same for all groups */
    size_t n;
    uint32_t fill, slot, phase; /* at its begin */
};

/* Feeds one group; returns the windows completed (at most HOPS_A_CALL). */
typedef unsigned dtmf_kernel(const struct dtmf_tables *t, const struct dtmf_block *block, struct dtmf_group *g,
                             const int16_t *const samples[LANES], struct dtmf_window *out);
dtmf_kernel xh_dtmf_kernel_plain, xh_dtmf_kernel_avx2;

/* Where in a look the pair of a proof begins and ends, and how sharply. */
struct dtmf_edges {
    unsigned begin, end;        /* samples; end: the first without it; 0 and LOOK: not seen */
    float before[2], after[2];  /* amplitude in the 8 ms next to it, part of the tone's own; 1 when there are not 2 ms to see */
};

void xh_dtmf_tables_init(struct dtmf_tables *t);
/* x: the newest PROOF samples. Are they one steady pair within Q.24's limits, and is there more to hear? */
enum dtmf_grade {
    DTMF_NO,
    DTMF_OFF,                   /* steady, but a frequency is out of limits */
    DTMF_COVERED,               /* a pair beside much other sound */
    DTMF_NOISY,                 /* beside less: enough if it was switched on and not sung */
    DTMF_CLEAN,
};
enum dtmf_grade xh_dtmf_prove(const struct dtmf_tables *t, const int16_t x[PROOF], unsigned code, struct dtmf_proof *proof);
/* x: LOOK samples; the proof was of those from `at` on. */
void xh_dtmf_find_edges(const struct dtmf_proof *proof, const int16_t x[LOOK], unsigned at, unsigned code,
                        struct dtmf_edges *edges);
bool xh_dtmf_agree(const struct dtmf_proof *a, const struct dtmf_proof *b);    /* same frequencies, same levels? */

extern const float xh_dtmf_tone_hz[TONES];

struct xh_dtmf_bank {
    struct dtmf_tables tables;
    dtmf_kernel *kernel;
    struct dtmf_group *group;
    struct xh_dtmf_hit *pending;        /* ring of hits not yet handed out */
    uint32_t channels, groups;
    uint32_t pending_room, pending_first, pending_count;
    uint32_t fill;                      /* samples in the hop being filled */
    uint32_t hop, phase;                /* hops done; the same modulo PHASE_PERIOD */
    uint32_t history_at;                /* where the next sample goes */
    uint64_t lost;
};
#endif
