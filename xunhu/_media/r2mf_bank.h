/* Inside of the MFC/R2 receiver bank: shared by r2mf.c (state machine), r2mf_verify.c (the exact look at a candidate),
 * r2mf_steps.c and the two builds of the filter kernel. Not for other users. */
#ifndef XUNHU_R2MF_BANK_H
#define XUNHU_R2MF_BANK_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "tone_hits.h"
#include "tone_lanes.h"
#include "xunhu/r2mf.h"

#define R2_TONES 6
#define R2_HOP 40               /* 5 ms: the step of the analysis */
#define R2_HOPS 4
#define R2_WINDOW (R2_HOP * R2_HOPS)    /* 20 ms, Hann: 120 Hz apart, 10 Hz off each: 33 dB down */
#define R2_RING (R2_WINDOW + R2_HOP)    /* the proof compares two windows */

extern const float xh_r2mf_tone_hz[2][R2_TONES];        /* forward, backward */
extern const uint8_t xh_r2mf_pairs[16][2];

struct r2_channel {
    uint8_t signal;             /* reported, 0 none */
    uint8_t run_signal, run;    /* of the newest windows; how many in a row */
    uint8_t miss;               /* windows without the reported signal, in a row */
    uint32_t first, last;       /* hops: its first and newest window */
    float power[2];             /* of its two tones, window scale */
};

struct r2_group {
    _Alignas(32) float x[2 * R2_RING][LANES];           /* ring, twice the same, so that any window lies in a row */
    struct r2_channel channel[LANES];
    uint32_t on;                /* bit a lane: has run since its reset */
    uint32_t busy;              /* bit a lane: a signal lasts or a run is counted */
};

struct r2_window {              /* what the kernel says of one window of one group */
    _Alignas(32) float power[R2_TONES][LANES];
    int32_t pair[LANES];        /* 8 * index of the one + index of the other, lower first, if two of six; -1: not */
    uint64_t any;               /* non-zero: some lane has a pair */
};

struct r2_tables {
    _Alignas(32) float cosine[R2_WINDOW / 2][R2_TONES], sine[R2_WINDOW / 2][R2_TONES];  /* Hann weighted, from the middle */
    float hann[R2_WINDOW];
    float omega[2][R2_TONES];           /* rad a sample: own tones; those of the other direction */
    uint8_t signal_of[64];              /* by r2_window.pair; 0: none in this direction */
};

struct r2_part {                /* of a call: at most to the end of a hop */
    size_t from, n;             /* samples of the block */
    uint32_t at;                /* row of the ring that is filled next */
};

/* Feeds one group; true: a window is complete and `out` filled. */
typedef bool r2_kernel(const struct r2_tables *t, const struct r2_part *part, struct r2_group *g,
                       const int16_t *const samples[LANES], struct r2_window *out);
r2_kernel xh_r2mf_kernel_plain, xh_r2mf_kernel_avx2;

void xh_r2mf_tables_init(struct r2_tables *t, enum xh_r2mf_direction direction);
/* x: the newest R2_RING samples of a lane. Is it that pair, within the limits of Q.455, and nothing else? level: amplitude
 * of the stronger tone. */
bool xh_r2mf_prove(const struct r2_tables *t, const float x[R2_RING], const uint8_t pair[2], float *level);

struct xh_r2mf_bank {
    struct r2_tables tables;
    r2_kernel *kernel;
    struct r2_group *group;
    struct tone_hits hits;
    uint32_t channels, groups;
    uint32_t at;                /* row of the ring that is filled next */
    uint32_t hop;               /* hops done */
};
#endif
