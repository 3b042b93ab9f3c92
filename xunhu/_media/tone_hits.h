/* A ring of hits not yet handed out, as the banks of tone receivers have it. Not for other users. */
#ifndef XUNHU_TONE_HITS_H
#define XUNHU_TONE_HITS_H
#include <stddef.h>
#include <stdint.h>
#include "xunhu/tone_hit.h"

#define HITS_A_CHANNEL 8
#define HIT_OF_NOBODY UINT32_MAX

struct tone_hits {
    struct xh_tone_hit *ring;
    uint32_t room, first, count;
    uint64_t lost;
};

static inline void tone_hits_put(struct tone_hits *q, const struct xh_tone_hit *h)
{
    if (q->count == q->room) {
        q->lost++;
        return;
    }
    q->ring[(q->first + q->count++) % q->room] = *h;
}

static inline void tone_hits_forget(struct tone_hits *q, uint32_t channel)
{
    for (uint32_t i = 0; i < q->count; i++) {
        struct xh_tone_hit *h = &q->ring[(q->first + i) % q->room];
        if (h->channel == channel)
            h->channel = HIT_OF_NOBODY;
    }
}

static inline size_t tone_hits_drain(struct tone_hits *q, struct xh_tone_hit *hits, size_t room)
{
    size_t n = 0;
    while (q->count > 0 && n < room) {
        struct xh_tone_hit *h = &q->ring[q->first];
        q->first = (q->first + 1) % q->room;
        q->count--;
        if (h->channel != HIT_OF_NOBODY)
            hits[n++] = *h;
    }
    for (uint32_t i = 0; i < q->count; i++)     /* a later call's block is not the one they were decided in */
        q->ring[(q->first + i) % q->room].offset = 0;
    return n;
}
#endif
