/* Inside of the call progress receiver: progress.c (course of the energy, bursts), progress_look.c (frequencies of a burst),
 * progress_match.c (rows and repetition). */
#ifndef XUNHU_PROGRESS_PRIVATE_H
#define XUNHU_PROGRESS_PRIVATE_H
#include "xunhu/progress.h"

#define FLOOR 13003.0f          /* -43 dBm0 as mean square: 22779^2 / 2 * 10^-4.3 */
#define LOUD 0.4f               /* of the tone's energy, -4 dB: other sound that ends it */
#define SHORTEST_MS 60u
#define STEADY 2.0f             /* 3 dB: what bursts of one tone may differ by */
#define FORGET_MS 30000u

struct told {                   /* events of one call */
    struct xh_progress_event *out;
    int room, count;
};

/* progress_look.c: frequencies of samples [from, to) (modulo 2^32, still in the ring) into b: hz, rows, step. */
void xh_progress_look(const struct xh_progress *p, struct xh_burst *b, uint32_t from, uint32_t to);

/* progress_match.c; `sets`: bit a table that this cadence is compared with */
void xh_cadence_gap_known(struct xh_progress *p, struct xh_cadence *c, int same, struct told *t);   /* 60 ms into a burst */
void xh_cadence_sounds(struct xh_progress *p, struct xh_cadence *c, struct told *t);        /* each hop within a burst */
void xh_cadence_burst_ended(struct xh_progress *p, struct xh_cadence *c, struct told *t);   /* past[0] is the burst */
void xh_cadence_silent(struct xh_progress *p, struct xh_cadence *c, uint32_t ms, struct told *t);   /* each hop of a gap */
void xh_cadence_broken(struct xh_progress *p, struct xh_cadence *c, struct told *t);        /* other sound: all is forgotten */

static inline uint32_t ms_between(uint32_t from, uint32_t to)
{
    uint32_t ms = (to - from) / 8;
    return ms > FORGET_MS ? FORGET_MS : ms;
}
#endif
