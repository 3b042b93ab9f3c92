/* Inside of the voice activity detector: shared by vad.c and the two builds of its kernel (vad_plain.c, vad_avx2.c), and
 * read by the level kernel, whose lanes are the same. */
#ifndef XUNHU_VAD_BANK_H
#define XUNHU_VAD_BANK_H
#include <stdbool.h>
#include <stdint.h>
#include "tone_lanes.h"
#include "xunhu/vad.h"

#define VAD_BANDS 10
#define VAD_SPLITS 9            /* band splits of the tree: 1 + 2 + 4 + 2 */
#define VAD_ORDER 4             /* taps of the predictor: two tones */
#define VAD_LOW 20              /* samples of a hop in the band below 1 kHz, at 2 kHz */
#define VAD_LAG_FIRST 2         /* of that band's samples */
#define VAD_LAG_LAST 33         /* 60 Hz */
#define VAD_LAGS (VAD_LAG_LAST - VAD_LAG_FIRST + 1)
#define VAD_PAST 53             /* of that band before this hop: LAG_LAST + LOW */

/* Vectors lie as [LANES]; every member's size is a multiple of 32 octets. */
struct vad_group {
    _Alignas(32) float allpass[VAD_SPLITS][2][LANES];
    float highpass[2][LANES];
    float low[VAD_PAST + VAD_LOW][LANES];       /* the band below 1 kHz, the newest last */
    float correlation[VAD_LAGS][LANES];         /* of the newest hop */
    float tail[VAD_ORDER][LANES];               /* the last samples, the newest first */
    float smooth[VAD_BANDS][LANES], noise[VAD_BANDS][LANES];
    float least[VAD_BANDS][LANES], least_next[VAD_BANDS][LANES];
    float predictor[VAD_ORDER][LANES];
    float power[LANES];                         /* mean square of the newest hop, its mean taken off */
    float speech[LANES];                        /* the same of a voice, smoothed; 0 none */
    float speech_sum[LANES], speech_hops[LANES];        /* of this voice, over its active hops */
    float floor[LANES];                         /* mean square of the noise */
    float calm_low[LANES], calm_high[LANES];    /* range of the power while it is steady */
    float near[LANES];                          /* level of the voice of late, mean square: falls by 2 dB a second */
    float score[LANES];
    int32_t held[LANES];                        /* hops for which the predictor has held */
    int32_t calm[LANES];                        /* hops of steady sound */
    int32_t run[LANES], hang[LANES];            /* active hops in a row; hops until the voice ends */
    int32_t voice[LANES], active[LANES], tone[LANES];   /* 0 or -1 */
    int32_t age[LANES], told[LANES];            /* hops of this voice; 0 or -1: it has lasted, control knows of it */
    int32_t hops[LANES];                        /* since the reset */
    int16_t part[LANES][XH_VAD_HOP];            /* a hop being filled, where blocks are no whole hops */
    uint32_t on, reserved[7];                   /* bit a lane: has run since its reset */
};

struct vad_limits {
    float quietest;             /* mean square */
    float strictness;           /* off the score */
    int32_t hang;               /* hops */
    bool turn;                  /* the windows of the minima move on in this hop */
};

/* One hop of one group. */
typedef void vad_kernel(struct vad_group *g, const int16_t *const samples[LANES], const struct vad_limits *limits);
vad_kernel xh_vad_kernel_plain, xh_vad_kernel_avx2;

struct xh_vad_bank {
    vad_kernel *kernel;
    struct vad_group *group;
    uint32_t channels, groups;
    uint32_t fill;              /* samples in the hop being filled */
    uint32_t hop;               /* hops done, modulo the window of the minima */
    struct vad_limits limits;
};
#endif
