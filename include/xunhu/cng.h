/* Comfort noise: ITU-T G.711 Appendix II (02/00), payload of RFC 3389; and when to send it (DTX). One channel at 8 kHz.
 *
 * What it does: the sender, where nobody speaks, sends no more than a description of the background (a SID: its level, and reflection
 * coefficients of its spectrum); the receiver makes noise of that kind, so that the line does not sound dead.
 * How: the analyser averages autocorrelations of what is no speech over some 160 ms, Levinson-Durbin makes the coefficients of them.
 * The generator runs white noise through the all-pole filter, at the level the SID says; a new SID is reached over 50 ms.
 *
 * Levels are in -dBov as in RFC 3389: 0 dBov is a square wave of full scale (6.18 dBm0), 127 is silence. States are the caller's; no
 * memory is taken; nothing here looks at a clock. Appendix II leaves analysis, generation and DTX to the maker. */
#ifndef XUNHU_CNG_H
#define XUNHU_CNG_H
#include <stddef.h>
#include <stdint.h>

#define XH_CNG_ORDER_MAX 10
#define XH_CNG_SID_MAX (1 + XH_CNG_ORDER_MAX)
#define XH_CNG_SILENCE 127              /* -dBov */

struct xh_cng_noise {
    uint8_t level;                      /* -dBov, 0 to 127 */
    uint8_t order;                      /* how many reflection coefficients, 0 to 10 */
    float reflection[XH_CNG_ORDER_MAX]; /* -1 to 1; the spectrum is that of 1/A(z), A by the step-up recursion a[m] = k[m] */
};

/* RFC 3389 §3: a SID of n octets. 0, or -EINVAL: it is empty. Of longer ones the first ten coefficients are taken (§3: a decoder may);
 * an index of 255, which there is not, ends them. */
int xh_cng_parse(struct xh_cng_noise *noise, const uint8_t *sid, size_t n);
/* Octets written, 1 + order. Coefficients are rounded to steps of 258/32768. */
size_t xh_cng_pack(uint8_t sid[XH_CNG_SID_MAX], const struct xh_cng_noise *noise);

struct xh_cng_analyser {
    uint32_t blocks;                    /* seen, up to those averaged */
    uint32_t filled;
    float r[XH_CNG_ORDER_MAX + 1];      /* mean autocorrelation a sample */
    int16_t x[160];                     /* the block before, and the one that is being filled */
};
void xh_cng_analyser_init(struct xh_cng_analyser *a);
void xh_cng_analyse(struct xh_cng_analyser *a, const int16_t *x, size_t n);     /* background that follows what came before */
/* What has been heard; order: 0 to 10. Silence before anything was. */
void xh_cng_describe(const struct xh_cng_analyser *a, int order, struct xh_cng_noise *noise);

struct xh_cng_generator {
    uint32_t seed;
    uint32_t left;                      /* samples until the next step towards what is wanted */
    uint8_t heard;
    float gain, gain_wanted;            /* RMS of the noise, samples */
    float k[XH_CNG_ORDER_MAX], k_wanted[XH_CNG_ORDER_MAX];
    double a[XH_CNG_ORDER_MAX], y[XH_CNG_ORDER_MAX];    /* filter, newest output last */
    double drive;                       /* of the white noise */
};
void xh_cng_generator_init(struct xh_cng_generator *g, uint32_t seed);  /* silent until something is heard */
void xh_cng_hear(struct xh_cng_generator *g, const struct xh_cng_noise *noise);
void xh_cng_make(struct xh_cng_generator *g, int16_t *x, size_t n);

struct xh_dtx_params {
    int order;                          /* of SIDs, 0 to 10 */
    int hangover_ms;                    /* sound goes on so long after the last voice; the background is learned from it */
    int least_ms, most_ms;              /* between two SIDs; most 0: only when the background has changed */
};
#define XH_DTX_DEFAULTS {.order = 10, .hangover_ms = 100, .least_ms = 100, .most_ms = 2000}
enum { XH_DTX_SOUND, XH_DTX_SID, XH_DTX_NOTHING };      /* what a block is sent as */

struct xh_dtx {
    struct xh_dtx_params params;
    uint32_t quiet;                     /* samples since the last voice */
    uint32_t since;                     /* samples since the last SID */
    uint8_t silent;                     /* SIDs are sent */
    struct xh_cng_noise sent;
    struct xh_cng_analyser background;
};
int xh_dtx_init(struct xh_dtx *d, const struct xh_dtx_params *params);  /* 0, -EINVAL */
/* One block of n samples; voice: somebody speaks in it. XH_DTX_SID: sid and *octets are written. In a silence the first SID is sent at
 * its beginning, others when the level has changed by 2 dB, the spectrum as much as 1 dB of prediction, or most_ms have gone by. */
int xh_dtx_run(struct xh_dtx *d, const int16_t *x, size_t n, int voice, uint8_t sid[XH_CNG_SID_MAX], size_t *octets);

#endif
