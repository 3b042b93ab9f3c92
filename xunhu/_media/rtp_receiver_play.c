/* RTP receiver: sound of what has come, and in the place of what has not. See include/xunhu/rtp_receiver.h. */
#include <string.h>

#include "rtp_receiver_private.h"
#include "xunhu/rtp_receiver.h"

/* The sequence number of what is played next: what lies between has not come in time. 1: nothing does, or keys alone. */
static int account(struct xh_rtp_receiver *r, uint32_t sequence, int heard)
{
    int32_t between = (int32_t)(sequence - r->last_sequence) - 1;
    int32_t keys = (int32_t)r->key_sequences < between ? (int32_t)r->key_sequences : between < 0 ? 0 : between;
    if (between < 0)
        return 0;                       /* a packet that came after others were played without it */
    if (heard) {
        r->key_sequences -= (uint32_t)keys;
        for (int32_t i = 0; i < between - keys && i < XH_RTP_DROPOUT; i++)
            xh_rtp_bursts_lost(&r->bursts);
        xh_rtp_bursts_received(&r->bursts);
        r->last_sequence = sequence;
    }
    return between == keys;
}

/* Decodes the first packet behind what is queued; leaves out `skip` samples of it. */
static int decode(struct xh_rtp_receiver *r, const struct xh_jitter_packet *p, size_t skip)
{
    const struct xh_rtp_type *t = &r->type[p->type];
    uint8_t payload[XH_JITTER_CELLS * XH_JITTER_CELL];
    if (r->queue_at) {
        memmove(r->queue, r->queue + r->queue_at, r->queued * sizeof *r->queue);
        r->queue_at = 0;
    }
    xh_jitter_payload(&r->jitter, payload);
    int16_t *to = r->queue + r->queued;
    int n = t->codec->decode(t->state, to, (size_t)(XH_RTP_QUEUE - r->queued), payload, p->octets);
    if (n <= 0) {
        r->count.invalid++;
        return 0;
    }
    if (skip) {
        skip = skip < (size_t)n ? skip : (size_t)n;
        memmove(to, to + skip, ((size_t)n - skip) * sizeof *to);
    }
    r->queued = (uint16_t)(r->queued + (size_t)n - skip);
    r->next = p->at + (uint32_t)n;
    return n > (int)skip;
}

int xh_rtp_fetch(struct xh_rtp_receiver *r)
{
    const struct xh_jitter_packet *p;
    while ((p = xh_jitter_first(&r->jitter))) {
        int32_t ahead = (int32_t)(p->at - r->next);
        const struct xh_rtp_type *t = &r->type[p->type];
        if (ahead > 0 || (r->queued && (t->kind == XH_RTP_NOISE || r->queued + p->samples > XH_RTP_QUEUE)))
            return 0;
        int all_came = account(r, p->sequence, 1);
        if (all_came && !ahead && r->hole == 1) {       /* nothing was lost: the sender was silent */
            r->count.conceals--;
            r->count.concealed -= r->hole_made;
            r->hole = 2;
        }
        if (t->kind == XH_RTP_NOISE) {
            uint8_t sid[XH_JITTER_CELLS * XH_JITTER_CELL];
            struct xh_cng_noise noise;
            xh_jitter_payload(&r->jitter, sid);
            if (!xh_cng_parse(&noise, sid, p->octets)) {
                xh_cng_hear(&r->noise, &noise);
                r->noising = 1;
            }
            xh_jitter_drop(&r->jitter);
            continue;
        }
        if (-ahead >= p->samples) {
            r->count.late++;
            xh_jitter_drop(&r->jitter);
            continue;
        }
        int made = decode(r, p, (size_t)-ahead);
        xh_jitter_drop(&r->jitter);
        r->noising = 0;
        if (made)
            return 1;
    }
    return 0;
}

static void begin_hole(struct xh_rtp_receiver *r)
{
    if (r->hole || r->gone >= SILENT)
        return;
    r->hole = 1;
    r->hole_made = 0;
    r->count.conceals++;
}

/* n samples are made up for what seems to be lost. Behind SILENT there is nothing to be heard of it. */
static void count_made(struct xh_rtp_receiver *r, size_t n)
{
    if ((r->hole != 1 && r->hole != 3) || r->gone >= SILENT)
        return;
    r->count.concealed += n;
    r->hole_made += (uint32_t)n;
}

/* What was heard before dies away; before the first sound there is nothing. */
static void vanish(struct xh_rtp_receiver *r, int16_t *out, size_t n)
{
    if (r->count.played)
        xh_plc_lost(&r->plc, out, n);
    else
        memset(out, 0, n * sizeof *out);
}

/* At most n samples in the place of what is not there. */
static size_t make(struct xh_rtp_receiver *r, int16_t *out, size_t n)
{
    const struct xh_jitter_packet *p = xh_jitter_first(&r->jitter);
    if (p && p->at - r->next < n)
        n = p->at - r->next;
    if (r->noising) {
        xh_cng_make(&r->noise, out, n);
        xh_plc_good(&r->plc, out, n);
    } else {
        int quiet = r->events.active || (p && account(r, p->sequence, 0));
        if (quiet)
            r->hole = 2;
        begin_hole(r);
        count_made(r, n);
        vanish(r, out, n);
    }
    r->gone = r->gone < UINT32_MAX - n ? r->gone + (uint32_t)n : UINT32_MAX;
    r->next += (uint32_t)n;
    return n;
}

/* A frame of the codec's own in the place of what is not there; 0: it has none, or has been at it for long enough. */
static int make_frame(struct xh_rtp_receiver *r)
{
    const struct xh_rtp_type *t = &r->type[r->newest];
    if (r->newest >= r->types || t->kind != XH_RTP_AUDIO || !t->codec->conceal || r->noising || r->events.active || (r->gone >= SILENT && !t->codec->dtx))
        return 0;
    begin_hole(r);
    const struct xh_jitter_packet *p = xh_jitter_first(&r->jitter);
    uint32_t n = t->codec->frame;
    t->codec->conceal(t->state, r->queue, n);
    if (p && p->at - r->next < n)       /* what comes next begins within it */
        n = p->at - r->next;
    r->queue_at = 0;
    r->queued = r->made = (uint16_t)n;
    r->next += n;
    return 1;
}

static size_t play(struct xh_rtp_receiver *r, int16_t *out, size_t n)
{
    size_t most = r->made ? r->made : r->queued;
    n = n < most ? n : most;
    memcpy(out, r->queue + r->queue_at, n * sizeof *out);
    r->queue_at = (uint16_t)(r->queue_at + n);
    r->queued = (uint16_t)(r->queued - n);
    xh_plc_good(&r->plc, out, n);
    if (r->made) {
        r->made = (uint16_t)(r->made - n);
        count_made(r, n);
        r->gone = r->gone < UINT32_MAX - n ? r->gone + (uint32_t)n : UINT32_MAX;
        return n;
    }
    r->gone = 0;
    r->hole = 0;
    r->count.played += n;
    return n;
}

/* Levels of speech and of its background, each mean squares. */
static void measure(struct xh_rtp_receiver *r, const int16_t *out, size_t n)
{
    int64_t sum = 0;
    if (r->gone)
        return;
    for (size_t i = 0; i < n; i++)
        sum += out[i] * out[i];
    float power = (float)sum / (float)n;
    r->floor = power < r->floor || r->floor == 0.0f ? power + 1e-3f : r->floor * 1.003f;
    if (power > 8.0f * r->floor && power > 1000.0f)
        r->level += (power - r->level) * (r->level > 0.0f ? 0.02f : 1.0f);
}

int xh_rtp_receiver_read(struct xh_rtp_receiver *r, int16_t *out, size_t n)
{
    if (r->playing && !r->guest) {
        xh_rtp_follow(r, n);
        for (size_t done = 0; done < n;) {
            if (r->queued || xh_rtp_fetch(r) || make_frame(r))
                done += play(r, out + done, n - done);
            else
                done += make(r, out + done, n - done);
        }
        measure(r, out, n);
    } else {                            /* what was before dies away */
        vanish(r, out, n);
        r->gone = r->gone < SILENT ? r->gone + (uint32_t)n : SILENT;
    }
    r->block = (uint16_t)n;
    r->now += (uint32_t)n;
    r->silent = r->silent < UINT32_MAX - n ? r->silent + (uint32_t)n : UINT32_MAX;
    if (r->events.active)
        xh_rtp_events_tick(&r->events, r->now);
    return r->noising || r->gone < SILENT;
}
