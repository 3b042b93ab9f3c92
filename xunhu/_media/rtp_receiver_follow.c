/* RTP receiver: keeps the delay what the jitter buffer wants it to be, so that nobody hears it. See include/xunhu/rtp_receiver.h. */
#include <string.h>

#include "plc_private.h"
#include "rtp_receiver_private.h"
#include "xunhu/rtp_receiver.h"

#define ENOUGH (5 * RATE)               /* too long by less than that is right */
#define TOO_SHORT (1 * RATE)            /* too short by less than that is: here packets will be late */
#define FAR (200 * RATE)                /* so much too long in silence: packets that wait are left out too */
#define SHORTEST 24                     /* samples of a period: 333 Hz */
#define LAGS 96
#define LONGEST (SHORTEST + LAGS - 1)   /* 67 Hz */
#define SPAN 80                         /* samples that are compared, and faded over */
#define NEED (SPAN + SHORTEST + LAGS)
#define PAST (NEED - SPAN)
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
    int32_t ahead = (int32_t)(r->now - xh_rtp_wanted(r) - r->next), room = (int32_t)(p->at - r->next);
    if (ahead > 0 && ahead <= FAR && ahead > room)
        ahead = room;
    r->next += (uint32_t)ahead;
    r->off_since = 0;
}

struct likeness {
    int place;                          /* 0 to LAGS - 1 */
    float like;                         /* normalised correlation, -1 to 1 */
    float power;                        /* mean square of the sound looked at */
};

/* Of NEED samples: which of the places first..last behind `from` is most like the SPAN samples at `what`. */
static struct likeness resemblance(const int16_t *s, int what, int from, int first, int last)
{
    float x[NEED], found[LAGS], whole = 0.0f, energy = 0.0f, there = 0.0f;
    struct likeness best = {first, -1.0f, 0.0f};
    for (int i = 0; i < NEED; i++) {
        x[i] = s[i];
        whole += x[i] * x[i];
    }
    kernel()(found, x + what, x + from, SPAN, LAGS);
    for (int i = 0; i < SPAN; i++) {
        energy += x[what + i] * x[what + i];
        there += x[from + first + i] * x[from + first + i];
    }
    best.power = whole / NEED;
    for (int l = first; l <= last; l++) {
        float like = found[l] / __builtin_sqrtf(energy * (there > 0.0f ? there : 0.0f) + 1.0f);
        if (like > best.like) {
            best.like = like;
            best.place = l;
        }
        float out = x[from + l], in = from + l + SPAN < NEED ? x[from + l + SPAN] : 0.0f;
        there += in * in - out * out;
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

/* 1: here it would not be heard. */
static int is_asked_for(struct xh_rtp_receiver *r, const struct likeness *l, int off)
{
    if (l->like >= asked(r, off) || l->power <= PAUSE_POWER || l->power <= PAUSE_OVER * r->floor)
        return 1;
    r->wait = 10 * RATE;
    return 0;
}

/* What is played next fades into what comes a lag later; the lag is left out. */
static int leave_out(struct xh_rtp_receiver *r, int off)
{
    int most = off - SHORTEST;
    while (r->queued < NEED && xh_rtp_fetch(r))
        ;
    int16_t *s = r->queue + r->queue_at;
    if (r->queued < NEED || most < 0)
        return 0;
    struct likeness l = resemblance(s, 0, SHORTEST, 0, most < LAGS ? most : LAGS - 1);
    if (!is_asked_for(r, &l, off))
        return 0;
    int lag = SHORTEST + l.place;
    for (int i = SPAN - 1; i >= 0; i--)
        s[lag + i] = mix(s[i], s[lag + i], i);
    r->queue_at = (uint16_t)(r->queue_at + lag);
    r->queued = (uint16_t)(r->queued - lag);
    r->count.left_out += (uint32_t)lag;
    return 1;
}

/* What is played next fades into what was played a lag ago, and goes on from there: the lag is said twice. Of what is to come no more than
 * SPAN samples are wanted: where the delay is too short, no more are there. */
static int say_twice(struct xh_rtp_receiver *r, int off)
{
    int16_t s[NEED];
    int most = off + ENOUGH / 2;
    if (r->queued < SPAN && !xh_rtp_fetch(r))
        return 0;
    if (r->queued < SPAN || r->queued + LONGEST > XH_RTP_QUEUE || most < SHORTEST)
        return 0;
    for (int i = 0; i < PAST; i++)
        s[i] = r->plc.history[(r->plc.at + XH_PLC_HISTORY - PAST + i) % XH_PLC_HISTORY];
    memcpy(s + PAST, r->queue + r->queue_at, SPAN * sizeof *s);
    struct likeness l = resemblance(s, PAST, PAST - LONGEST, most < LONGEST ? LONGEST - most : 0, LAGS - 1);
    if (!is_asked_for(r, &l, off))
        return 0;
    int lag = LONGEST - l.place;
    memmove(r->queue + lag, r->queue + r->queue_at, r->queued * sizeof *r->queue);
    for (int i = 0; i < lag; i++)       /* beyond the past it is what follows, which lies there already */
        r->queue[i] = i < SPAN ? mix(s[PAST + i], s[PAST - lag + i], i) : s[PAST - lag + i];
    for (int i = lag; i < SPAN; i++)
        r->queue[i] = mix(s[PAST + i], s[PAST - lag + i], i);
    r->queue_at = 0;
    r->queued = (uint16_t)(r->queued + lag);
    r->count.said_twice += (uint32_t)lag;
    return 1;
}

static void splice(struct xh_rtp_receiver *r, int32_t excess)
{
    int off = excess < 0 ? -excess : excess;
    if (excess > 0 ? !leave_out(r, off) : !say_twice(r, off))
        return;
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
    int32_t excess = (int32_t)(xh_rtp_delay(r) - xh_rtp_wanted(r));
    if ((excess < ENOUGH && excess > -TOO_SHORT) || r->gone) {
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
