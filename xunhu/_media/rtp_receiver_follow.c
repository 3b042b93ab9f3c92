/* RTP receiver: keeps the delay what the jitter buffer wants it to be, so that nobody hears it. See include/xunhu/rtp_receiver.h. */
#include <string.h>

#include "plc_private.h"
#include "rtp_receiver_private.h"
#include "xunhu/rtp_receiver.h"

#define ENOUGH (5 * RATE)               /* wrong by less than that is right */
#define FAR (200 * RATE)                /* so much too long in silence: packets that wait are left out too */
#define SHORTEST 24                     /* samples of a period: 333 Hz */
#define LAGS 96
#define LONGEST (SHORTEST + LAGS - 1)   /* 67 Hz */
#define SPAN 80                         /* samples that are compared, and faded over */
#define NEED (SPAN + SHORTEST + LAGS)
#define REST (50 * RATE)                /* from one splice to the next, while the delay is far off; else twice that */
#define PAUSE_POWER 1000.0f             /* mean square: -57 dBm0; what is softer is a pause */
#define PAUSE_OVER 3.0f                 /* times the power of the background */

static plc_correlate *kernel(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        return xh_plc_correlate_avx2;
#endif
    return xh_plc_correlate_plain;
}

/* In silence: at once. What waits is begun sooner or later. */
static void align(struct xh_rtp_receiver *r, const struct xh_jitter_packet *p)
{
    int32_t ahead = (int32_t)(r->now - r->jitter.wanted - r->next), room = (int32_t)(p->at - r->next);
    if (ahead > 0 && ahead <= FAR && ahead > room)
        ahead = room;
    r->next += (uint32_t)ahead;
    r->off_since = 0;
}

struct likeness {
    int lag;                            /* samples */
    float like;                         /* normalised correlation of what is a lag apart, -1 to 1 */
    float power;                        /* mean square of the sound looked at */
};

/* The lag, up to `most` samples, at which what is played next is most like what comes a lag later. */
static struct likeness resemblance(const int16_t *s, int most)
{
    float x[NEED], found[LAGS], whole = 0.0f, energy = 0.0f, later = 0.0f;
    struct likeness best = {SHORTEST, -1.0f, 0.0f};
    for (int i = 0; i < NEED; i++)
        x[i] = s[i];
    kernel()(found, x, x + SHORTEST, SPAN, LAGS);
    for (int i = 0; i < SPAN; i++) {
        energy += x[i] * x[i];
        later += x[SHORTEST + i] * x[SHORTEST + i];
    }
    for (int i = 0; i < NEED; i++)
        whole += x[i] * x[i];
    best.power = whole / NEED;
    for (int l = 0; l < LAGS && SHORTEST + l <= most; l++) {
        float like = found[l] / __builtin_sqrtf(energy * (later > 0.0f ? later : 0.0f) + 1.0f);
        if (like > best.like) {
            best.like = like;
            best.lag = SHORTEST + l;
        }
        float out = x[SHORTEST + l], in = x[SHORTEST + l + SPAN];
        later += in * in - out * out;
    }
    return best;
}

/* How alike sound must be: less so the longer and the farther the delay is off. */
static float asked(const struct xh_rtp_receiver *r, int off)
{
    if (off > 100 * RATE || r->off_since > 5000 * RATE)
        return 0.5f;
    if (off > 40 * RATE || r->off_since > 2000 * RATE)
        return 0.7f;
    return 0.9f;
}

static int16_t mix(int16_t from, int16_t to, int i)
{
    int w = 2 * i + 1;
    return (int16_t)((from * (2 * SPAN - w) + to * w) / (2 * SPAN));
}

static void leave_out(struct xh_rtp_receiver *r, int lag)
{
    int16_t *s = r->queue + r->queue_at;
    for (int i = SPAN - 1; i >= 0; i--)
        s[lag + i] = mix(s[i], s[lag + i], i);
    r->queue_at = (uint16_t)(r->queue_at + lag);
    r->queued = (uint16_t)(r->queued - lag);
    r->count.left_out += (uint32_t)lag;
}

static void say_twice(struct xh_rtp_receiver *r, int lag)
{
    int16_t *s = r->queue + r->queue_at, joined[SPAN];
    for (int i = 0; i < SPAN; i++)
        joined[i] = mix(s[lag + i], s[i], i);
    memmove(s + lag + SPAN, s + SPAN, (size_t)(r->queued - SPAN) * sizeof *s);
    memcpy(s + lag, joined, sizeof joined);
    r->queued = (uint16_t)(r->queued + lag);
    r->count.said_twice += (uint32_t)lag;
}

static void splice(struct xh_rtp_receiver *r, int32_t excess)
{
    int off = excess < 0 ? -excess : excess, room = XH_RTP_QUEUE - r->queued;
    while (r->queued < NEED && xh_rtp_fetch(r))
        ;
    if (r->queued < NEED || (excess < 0 && room < LONGEST))
        return;
    if (r->queue_at + r->queued + LONGEST > XH_RTP_QUEUE) {
        memmove(r->queue, r->queue + r->queue_at, r->queued * sizeof *r->queue);
        r->queue_at = 0;
        if (excess < 0 && r->queued + LONGEST > XH_RTP_QUEUE)
            return;
    }
    struct likeness l = resemblance(r->queue + r->queue_at, off + ENOUGH / 2);
    if (l.like < asked(r, off) && l.power > PAUSE_POWER && l.power > PAUSE_OVER * r->floor) {
        r->wait = 10 * RATE;            /* here it would be heard */
        return;
    }
    if (excess > 0)
        leave_out(r, l.lag);
    else
        say_twice(r, l.lag);
    r->count.splices++;
    r->wait = off > 60 * RATE ? REST : 2 * REST;
}

void xh_rtp_follow(struct xh_rtp_receiver *r, size_t n)
{
    const struct xh_jitter_packet *p = xh_jitter_first(&r->jitter);
    if (!r->queued && p && xh_rtp_is_silence(r) && r->type[p->type].kind == XH_RTP_AUDIO) {
        align(r, p);
        return;
    }
    int32_t excess = (int32_t)(xh_rtp_delay(r) - r->jitter.wanted);
    if ((excess < ENOUGH && excess > -ENOUGH) || r->gone) {
        r->off_since = 0;
        return;
    }
    r->off_since += (uint32_t)n;
    if (r->wait > n) {
        r->wait -= (uint32_t)n;
        return;
    }
    r->wait = 0;
    splice(r, excess);
}
