/* CESoPSN packets and the jitter buffer (ces_jitter.h), RFC 5086. */
#include "ces_jitter.h"

#include "span_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WATCH 2048              /* frames, 256 ms: drift is looked at this often, and one frame slipped at most */
#define TOO_FULL 800            /* frames above the target: too late to slip away, dropped at once */
#define STRAY_FAR 2             /* packets in order, far from where they should be: the peer has begun anew */
#define STRAY_NEAR 4            /* the same for packets that are only late */

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

/* RTP as RFC 5086 §4.4 wants it: version 2, no padding, extension or CSRC, the control word's sequence number */
static int rtp_is_good(const uint8_t *data)
{
    return data[0] == 0x80;
}

int xh_ces_packet_parse(struct xh_ces_packet *p, const uint8_t *data, size_t len, int frames, int rtp)
{
    size_t head = XH_CES_HEADER + (rtp ? XH_CES_RTP : 0), payload = (size_t)frames * XH_CES_FRAME;
    if (len < head || (rtp && !rtp_is_good(data)))
        return -EBADMSG;
    const uint8_t *cw = data + head - XH_CES_HEADER;
    unsigned fragment = cw[1] >> 6, length = cw[1] & 0x3f;
    p->l = cw[0] >> 3 & 1;
    p->r = cw[0] >> 2 & 1;
    p->m = cw[0] & 3;
    p->sequence = be16(cw + 2);
    if (cw[0] >> 4 || fragment || (rtp && be16(data + 2) != p->sequence))
        return -EBADMSG;
    if (!p->l && (p->m & 1))            /* reserved, or signalling packets, §4.3 */
        return -EBADMSG;
    if (len == head + payload && length == 0)
        p->payload = data + head;
    else if (p->l && len == head && (length == 0 || length == head))
        p->payload = NULL;
    else
        return -EBADMSG;
    return 0;
}

int xh_ces_jitter_init(struct xh_ces_jitter *j, int frames, int target, uint8_t idle)
{
    uint32_t size = 1024;
    memset(j, 0, sizeof *j);
    while (size < (uint32_t)(target + TOO_FULL + XH_CES_BLOCK_MAX + 4 * frames))
        size *= 2;
    j->frames = frames;
    j->target = target;
    j->idle = idle;
    j->mask = size - 1;
    j->ring = malloc((size_t)size * XH_TIMESLOTS);
    j->have = malloc(size);
    if (!j->ring || !j->have) {
        xh_ces_jitter_release(j);
        return -ENOMEM;
    }
    xh_ces_jitter_reset(j);
    return 0;
}

void xh_ces_jitter_release(struct xh_ces_jitter *j)
{
    free(j->ring);
    free(j->have);
    j->ring = j->have = NULL;
}

/* Forget the stream: the next packet is the first. */
static void jitter_forget(struct xh_ces_jitter *j)
{
    j->based = j->playing = j->stray_run = 0;
    j->floor = j->lost_packet = INT64_MIN;
    j->seen = 0;
    memset(j->have, 0, j->mask + 1u);
}

void xh_ces_jitter_reset(struct xh_ces_jitter *j)
{
    jitter_forget(j);
    j->los = 1;
    j->l_bit = j->r_bit = j->silent = j->missing_run = 0;
    memset(j->last, j->idle, sizeof j->last);
}

static int64_t jitter_level(const struct xh_ces_jitter *j)
{
    return (j->newest + 1) * j->frames - j->play;
}

static void jitter_store(struct xh_ces_jitter *j, int64_t first, const uint8_t *payload)
{
    for (int i = 0; i < j->frames; i++) {
        size_t at = (uint64_t)(first + i) & j->mask;
        if (first + i < j->play)
            continue;
        if (payload)
            memcpy(j->ring + at * XH_TIMESLOTS + 1, payload + i * XH_CES_FRAME, XH_CES_FRAME);
        else
            memset(j->ring + at * XH_TIMESLOTS, j->idle, XH_TIMESLOTS);
        j->have[at] = 1;
    }
}

/* The first packet of a stream, or the first after all that there was has been played. */
static void jitter_base(struct xh_ces_jitter *j, int64_t number)
{
    j->based = 1;
    j->newest = number;
    j->seen = 1;
    j->play = number * j->frames;
    if (j->play < j->floor)
        j->play = j->floor;
}

/* A packet nobody waits for.  1: it and those before it are a stream of their own, begin anew with it. */
static int jitter_stray(struct xh_ces_jitter *j, uint16_t sequence, int enough)
{
    j->stray_run = sequence == j->stray_next && j->stray_run ? j->stray_run + 1 : 1;
    j->stray_next = (uint16_t)(sequence + 1);
    return j->stray_run >= enough;
}

static void jitter_begin_anew(struct xh_ces_jitter *j, const struct xh_ces_packet *p)
{
    jitter_forget(j);
    jitter_base(j, (int64_t)p->sequence + 65536);
    jitter_store(j, j->play, p->payload);
}

/* Note that packet `number` has come; 1: it had come before. */
static int jitter_seen(struct xh_ces_jitter *j, int64_t number)
{
    int64_t behind = j->newest - number;
    if (behind < 0) {
        j->seen = -behind < 64 ? j->seen << -behind | 1 : 1;
        j->newest = number;
        return 0;
    }
    if (behind >= 64)
        return 0;
    uint64_t bit = UINT64_C(1) << behind;
    int before = (j->seen & bit) != 0;
    j->seen |= bit;
    return before;
}

/* A packet while frames lie ahead or are being gathered. */
static void jitter_take(struct xh_ces_jitter *j, const struct xh_ces_packet *p, int64_t number)
{
    int64_t first = number * j->frames, end = first + j->frames, newest = j->newest;
    if (end - j->play > (int64_t)j->mask || j->play - first > (int64_t)j->mask) {
        if (jitter_stray(j, p->sequence, STRAY_FAR))
            jitter_begin_anew(j, p);
        return;
    }
    if (jitter_seen(j, number)) {
        j->duplicated++;
        return;
    }
    if (!j->playing && first < j->play && end > j->floor && (newest + 1) * j->frames - first <= (int64_t)j->mask)
        j->play = first > j->floor ? first : j->floor;      /* came second, but nothing is played yet */
    if (end <= j->play) {
        j->late++;
        if (jitter_stray(j, p->sequence, STRAY_NEAR))
            jitter_begin_anew(j, p);
        return;
    }
    j->stray_run = 0;
    j->reordered += number < newest;
    jitter_store(j, first, p->payload);
}

/* A packet after all there was has been played. */
static void jitter_go_on(struct xh_ces_jitter *j, const struct xh_ces_packet *p, int64_t number)
{
    if (number <= j->newest && j->newest - number < 1000) {
        j->late++;
        if (jitter_stray(j, p->sequence, STRAY_NEAR))
            jitter_begin_anew(j, p);
    } else if (number > j->newest && (number - j->newest) * j->frames < 2 * XH_CES_LOS_FRAMES) {
        j->stray_run = 0;
        jitter_base(j, number);
        jitter_store(j, number * j->frames, p->payload);
    } else
        jitter_begin_anew(j, p);
}

void xh_ces_jitter_put(struct xh_ces_jitter *j, const struct xh_ces_packet *packet)
{
    struct xh_ces_packet p = *packet;
    int64_t number = j->newest + (int16_t)(p.sequence - (uint16_t)j->newest);
    if (p.l)
        p.payload = NULL;               /* whatever it carries is not to be played, §4.3 */
    j->silent = 0;
    j->frames_rx += (uint64_t)j->frames;
    if (j->based)
        jitter_take(j, &p, number);
    else if (j->floor != INT64_MIN)
        jitter_go_on(j, &p, number);
    else
        jitter_begin_anew(j, &p);
    if (p.sequence == (uint16_t)j->newest) {
        j->l_bit = p.l;
        j->r_bit = p.r || p.m == 2;     /* M = 10: the peer's own line has RDI, §4.3 */
    }
}

/* -- playing -------------------------------------------------------------------------------------- */

/* Pass over frames that shall not be played. */
static void jitter_skip(struct xh_ces_jitter *j, int64_t n)
{
    for (; n > 0; n--)
        j->have[(uint64_t)j->play++ & j->mask] = 0;
}

/* A frame that is not there: the last octets for as long as one packet lasts (flags stay flags, a short hole in speech
 * is not heard), idle from then on. */
static const uint8_t *jitter_conceal(struct xh_ces_jitter *j)
{
    if (j->missing_run++ == j->frames)
        memset(j->last, j->idle, sizeof j->last);
    return j->last;
}

static const uint8_t *jitter_frame(struct xh_ces_jitter *j)
{
    size_t at = (uint64_t)j->play & j->mask;
    int64_t number = j->play / j->frames;
    j->play++;
    if (!j->have[at]) {
        if (number > j->lost_packet) {
            j->lost_packet = number;
            j->lost++;
        }
        return jitter_conceal(j);
    }
    j->have[at] = 0;
    j->missing_run = 0;
    memcpy(j->last, j->ring + at * XH_TIMESLOTS, XH_TIMESLOTS);
    return j->last;
}

/* What must lie ahead for playing to begin with a block of so many frames. */
static int jitter_need(const struct xh_ces_jitter *j, int frames)
{
    return j->target > frames + j->frames ? j->target : frames + j->frames;
}

static void jitter_begin_playing(struct xh_ces_jitter *j)
{
    if (j->floor != INT64_MIN && j->play > j->floor) {  /* what never came while nothing was played */
        int64_t first = j->floor / j->frames, end = j->play / j->frames;
        first = first > j->lost_packet ? first : j->lost_packet + 1;
        j->lost += end > first ? (uint64_t)(end - first) : 0;
    }
    j->playing = 1;
    j->los = 0;
    j->window = 0;
    j->least = INT32_MAX;
}

/* The clocks of both ends are never quite the same: before the buffer runs dry or over, one frame twice or not at
 * all (a slip, as G.823 has it).  Packets come whole, so less than one ahead is the eve of an underrun.
 * 1: this block begins with a frame made up. */
static int jitter_drift(struct xh_ces_jitter *j, int frames)
{
    int64_t left = jitter_level(j) - frames;
    int high = jitter_need(j, frames) + j->frames, twice = 0;
    if (left > j->target + TOO_FULL) {
        jitter_skip(j, left - j->target);
        j->overruns++;
        left = j->target;
    }
    if (left < j->least)
        j->least = (int)left;
    j->window += frames;
    if (j->window < WATCH)
        return 0;
    if (j->least > high) {
        jitter_skip(j, 1);
        j->slips++;
    } else if (j->least < j->frames && left >= 0) {
        j->slips++;
        twice = 1;
    }
    j->window = 0;
    j->least = INT32_MAX;
    return twice;
}

static void jitter_watch(struct xh_ces_jitter *j, int frames)
{
    if (j->silent < XH_CES_LOS_FRAMES)
        j->silent += frames;
    if (j->silent >= XH_CES_LOS_FRAMES && (j->based || !j->los))
        xh_ces_jitter_reset(j);
    if (!j->playing && j->based && jitter_level(j) >= jitter_need(j, frames))
        jitter_begin_playing(j);
}

static void block_frame(uint8_t *octets, size_t stride, int at, const uint8_t *frame)
{
    uint8_t *out = octets + at;
    for (int t = 1; t < XH_TIMESLOTS; t++)
        out[(size_t)t * stride] = frame[t];
}

/* Frame i of this block is made up. */
static void jitter_note(struct xh_ces_jitter *j, int i)
{
    j->missing[i / 64] |= UINT64_C(1) << i % 64;
}

void xh_ces_jitter_get(struct xh_ces_jitter *j, uint8_t *octets, size_t stride, int frames, uint32_t mask)
{
    int i = 0;
    jitter_watch(j, frames);
    memset(j->missing, 0, sizeof j->missing);
    if (!j->playing) {
        xh_span_fill(octets, stride, frames, XH_ALL_TIMESLOTS, j->idle);
        for (; !j->los && i < frames; i++)
            jitter_note(j, i);
        return;
    }
    if (jitter_drift(j, frames))
        block_frame(octets, stride, i++, j->last);
    for (; i < frames && jitter_level(j) > 0; i++) {
        block_frame(octets, stride, i, jitter_frame(j));
        if (j->missing_run)
            jitter_note(j, i);
    }
    if (i < frames) {                   /* underrun: wait until enough lies ahead again */
        for (; i < frames; i++) {
            block_frame(octets, stride, i, jitter_conceal(j));
            jitter_note(j, i);
        }
        j->underruns++;
        j->playing = j->based = 0;
        j->floor = j->play;
    }
    xh_span_fill(octets, stride, frames, ~mask & XH_ALL_TIMESLOTS, j->idle);
}

uint32_t xh_ces_jitter_alarms(const struct xh_ces_jitter *j)
{
    if (j->los)
        return XH_ALARM_LOS;
    return (j->l_bit ? XH_ALARM_AIS : 0u) | (j->r_bit ? XH_ALARM_RAI : 0u);
}
