/* Two spans back to back in one process (include/xunhu/span.h, xh_loop_pair_new).
 *
 * Each end writes into a ring of frames that the other reads; an engine that reads all lines before it writes
 * any has one tick between the two.  CAS bits and RAI travel with the blocks: what is set shows at the far end with
 * the first block written after it.  Nothing depends on a clock, so the same calls give the same octets. */
#include "span_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define RING 1024               /* frames, power of two */
#define BACKLOG 320             /* frames a reader may be behind; older ones are dropped */
#define CAS_BLOCKED 0xd         /* 1101, ITU-T Q.421: blocked, until somebody sets the bits */

struct loop_way {               /* one direction */
    uint8_t ring[XH_TIMESLOTS][RING];
    uint64_t written, read;     /* frames */
    uint8_t cas[XH_TIMESLOTS];  /* as sent with the last block */
    int rai, was_read;
};

struct loop_end {
    struct xh_span span;
    struct loop_pair *pair;
    int side, started;
    uint32_t forced;            /* alarms set by xh_loop_alarm */
    int rai;                    /* we send it */
    uint8_t cas_tx[XH_TIMESLOTS], cas_rx[XH_TIMESLOTS];
    int rai_rx;
    struct xh_span_status st;
};

struct loop_pair {
    struct loop_end end[2];
    struct loop_way way[2];     /* way[s]: from end s */
    int cut, ends;
};

static struct loop_end *loop_of(struct xh_span *s)
{
    return (struct loop_end *)s;
}

static uint32_t loop_alarms(const struct loop_end *e)
{
    const struct loop_end *peer = &e->pair->end[!e->side];
    uint32_t alarms = e->forced;
    if (e->pair->cut || !peer->started)
        alarms |= XH_ALARM_LOS;
    if (e->rai_rx && !(alarms & (XH_ALARM_LOS | XH_ALARM_LOF | XH_ALARM_AIS)))
        alarms |= XH_ALARM_RAI;
    return alarms;
}

static int loop_down(const struct loop_end *e)
{
    return (loop_alarms(e) & (XH_ALARM_LOS | XH_ALARM_LOF | XH_ALARM_AIS | XH_ALARM_MISSING)) != 0;
}

static int loop_start(struct xh_span *s)
{
    struct loop_end *e = loop_of(s);
    struct loop_way *in = &e->pair->way[!e->side];
    in->read = in->written;     /* what was on the line before us is gone */
    in->was_read = 0;
    e->started = 1;
    return 0;
}

static void loop_stop(struct xh_span *s)
{
    loop_of(s)->started = 0;
}

static void ring_get(const struct loop_way *w, int t, uint8_t *out, int n)
{
    size_t at = w->read % RING, first = RING - at;
    if (first > (size_t)n)
        first = (size_t)n;
    memcpy(out, &w->ring[t][at], first);
    memcpy(out + first, w->ring[t], (size_t)n - first);
}

static void ring_set(struct loop_way *w, int t, const uint8_t *in, uint8_t idle, int n)
{
    size_t at = w->written % RING, first = RING - at;
    if (first > (size_t)n)
        first = (size_t)n;
    if (in) {
        memcpy(&w->ring[t][at], in, first);
        memcpy(w->ring[t], in + first, (size_t)n - first);
    } else {
        memset(&w->ring[t][at], idle, first);
        memset(w->ring[t], idle, (size_t)n - first);
    }
}

static int loop_read(struct xh_span *s, uint8_t *octets, size_t stride, int frames, uint32_t mask)
{
    struct loop_end *e = loop_of(s);
    struct loop_way *w = &e->pair->way[!e->side];
    int have = w->written - w->read < (uint64_t)frames ? (int)(w->written - w->read) : frames;
    int down = loop_down(e);
    if (!e->pair->cut) {
        memcpy(e->cas_rx, w->cas, sizeof e->cas_rx);
        e->rai_rx = w->rai;
    }
    for (int t = 1; t < XH_TIMESLOTS; t++) {
        int use = mask >> t & 1 && !down ? have : 0;
        ring_get(w, t, octets + (size_t)t * stride, use);
        memset(octets + (size_t)t * stride + use, s->idle, (size_t)(frames - use));
    }
    if (have < frames && w->was_read)
        e->st.underruns++;
    w->was_read |= have > 0;
    w->read += (uint64_t)have;
    e->st.frames_rx += (uint64_t)have;
    return down ? -ENETDOWN : 0;
}

static int loop_write(struct xh_span *s, const uint8_t *octets, size_t stride, int frames, uint32_t mask)
{
    struct loop_end *e = loop_of(s);
    struct loop_way *w = &e->pair->way[e->side];
    if (frames > BACKLOG)
        return -EINVAL;
    for (int t = 1; t < XH_TIMESLOTS; t++)
        ring_set(w, t, mask >> t & 1 ? octets + (size_t)t * stride : NULL, s->idle, frames);
    w->written += (uint64_t)frames;
    memcpy(w->cas, e->cas_tx, sizeof w->cas);
    w->rai = e->rai;
    e->st.frames_tx += (uint64_t)frames;
    if (w->written - w->read > BACKLOG) {
        w->read = w->written - (uint64_t)frames;
        if (e->pair->end[!e->side].started)
            e->pair->end[!e->side].st.overruns++;
    }
    return e->pair->cut ? -ENETDOWN : 0;
}

static void loop_status(struct xh_span *s, struct xh_span_status *out)
{
    struct loop_end *e = loop_of(s);
    *out = e->st;
    out->alarms = loop_alarms(e);
    out->running = (uint32_t)e->started;
}

static int loop_cas_write(struct xh_span *s, int timeslot, int abcd)
{
    if (timeslot < 1 || timeslot >= XH_TIMESLOTS || abcd < 0 || abcd > 15)
        return -EINVAL;
    loop_of(s)->cas_tx[timeslot] = (uint8_t)abcd;
    return 0;
}

static int loop_cas_read(struct xh_span *s, int timeslot)
{
    return timeslot < 1 || timeslot >= XH_TIMESLOTS ? -EINVAL : loop_of(s)->cas_rx[timeslot];
}

static int loop_send_rai(struct xh_span *s, int on)
{
    loop_of(s)->rai = on != 0;
    return 0;
}

static void loop_free(struct xh_span *s)
{
    struct loop_end *e = loop_of(s);
    e->started = 0;
    if (--e->pair->ends == 0)
        free(e->pair);
}

static const struct xh_span_ops loop_ops = {
    .name = "loop", .start = loop_start, .stop = loop_stop, .read = loop_read, .write = loop_write,
    .status = loop_status, .cas_write = loop_cas_write, .cas_read = loop_cas_read,
    .send_rai = loop_send_rai, .free = loop_free,
};

int xh_loop_pair_new(const struct xh_loop_params *a, const struct xh_loop_params *b,
                     struct xh_span **span_a, struct xh_span **span_b)
{
    struct loop_pair *p = calloc(1, sizeof *p);
    if (!p)
        return -ENOMEM;
    p->ends = 2;
    for (int i = 0; i < 2; i++) {
        struct loop_end *e = &p->end[i];
        const struct xh_loop_params *q = i ? b : a;
        e->span = (struct xh_span){.ops = &loop_ops, .number = q->number, .idle = q->idle};
        e->pair = p;
        e->side = i;
        memset(e->cas_tx, CAS_BLOCKED, sizeof e->cas_tx);
        memset(e->cas_rx, CAS_BLOCKED, sizeof e->cas_rx);
        memset(p->way[i].cas, CAS_BLOCKED, sizeof p->way[i].cas);
    }
    *span_a = &p->end[0].span;
    *span_b = &p->end[1].span;
    return 0;
}

int xh_loop_cut(struct xh_span *s, int on)
{
    if (s->ops != &loop_ops)
        return -ENOTSUP;
    loop_of(s)->pair->cut = on != 0;
    return 0;
}

int xh_loop_alarm(struct xh_span *s, uint32_t alarms)
{
    if (s->ops != &loop_ops)
        return -ENOTSUP;
    loop_of(s)->forced = alarms;
    return 0;
}
