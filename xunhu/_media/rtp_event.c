/* Telephone events, RFC 4733. See include/xunhu/rtp_event.h. */
#include "xunhu/rtp_event.h"

#include <errno.h>
#include <string.h>

#define RATE 8                          /* samples a ms */
#define SEGMENT 0xffffu                 /* §2.5.1.3: longest duration, clock ticks */
#define UPDATE_MS 50                    /* §2.6.1: recommended */
#define COMMA_MS 500
#define VOLUME 10                       /* -dBm0, of what is sent */
static const char DIGITS[] = "0123456789*#ABCD!";

void xh_rtp_event_parse(struct xh_rtp_event *e, const uint8_t b[XH_RTP_EVENT_OCTETS])
{
    e->event = b[0];
    e->end = b[1] >> 7;
    e->volume = b[1] & 63;
    e->duration = (uint16_t)(b[2] << 8 | b[3]);
}

void xh_rtp_event_build(uint8_t b[XH_RTP_EVENT_OCTETS], const struct xh_rtp_event *e)
{
    b[0] = e->event;
    b[1] = (uint8_t)((e->end ? 0x80 : 0) | (e->volume & 63));
    b[2] = (uint8_t)(e->duration >> 8);
    b[3] = (uint8_t)e->duration;
}

char xh_rtp_event_digit(int event)
{
    return event >= 0 && event <= XH_RTP_EVENT_FLASH ? DIGITS[event] : 0;
}

int xh_rtp_event_code(char digit)
{
    if (digit >= 'a' && digit <= 'd')
        digit = (char)(digit - 'a' + 'A');
    const char *at = digit ? strchr(DIGITS, digit) : 0;
    return at ? (int)(at - DIGITS) : -EINVAL;
}

/* -- received --------------------------------------------------------------------------------------- */

void xh_rtp_events_init(struct xh_rtp_events *e)
{
    memset(e, 0, sizeof *e);
}

static void tell(struct xh_rtp_events *e, int ended)
{
    if (e->count == XH_RTP_KEYS) {
        e->lost++;
        return;
    }
    struct xh_rtp_key *key = &e->keys[(e->first + e->count++) % XH_RTP_KEYS];
    key->event = e->event;
    key->digit = xh_rtp_event_digit(e->event);
    key->ended = (uint8_t)ended;
    key->volume = e->volume;
    key->samples = (uint32_t)(((uint64_t)e->before + e->duration) * 8000 / e->clock_hz);
}

static void end(struct xh_rtp_events *e)
{
    if (e->active)
        tell(e, 1);
    e->active = 0;
}

/* The block is of the event that is known, under a newer timestamp: its next segment, or a sender that moves the timestamp along. */
static int goes_on(const struct xh_rtp_events *e, const struct xh_rtp_event *x, uint32_t ahead)
{
    uint32_t longer = e->duration > x->duration ? e->duration : x->duration;
    return e->active && x->event == e->event && (ahead <= longer || ahead == SEGMENT);
}

static void block(struct xh_rtp_events *e, uint32_t timestamp, const struct xh_rtp_event *x, uint32_t clock_hz, uint32_t now)
{
    uint32_t ahead = timestamp - e->at;
    int older = e->known && (int32_t)ahead < 0, same = e->known && !ahead && x->event == e->event;
    if (older || (same && !e->active))
        return;
    if (!same) {
        if (e->known && goes_on(e, x, ahead)) {
            /* a segment begins where the last one ended; a moved timestamp counts the whole duration from another place */
            e->before = x->duration >= e->duration ? e->before : e->before + ahead;
            e->duration = x->duration >= e->duration ? e->duration : 0;
        } else {
            end(e);
            e->clock_hz = clock_hz;
            e->event = x->event;
            e->before = e->duration = 0;
            e->volume = x->volume;
            e->active = 1;
            tell(e, 0);
        }
        e->at = timestamp;
        e->known = 1;
    }
    e->duration = x->duration > e->duration ? x->duration : e->duration;
    e->updated = now;
    if (x->end)
        end(e);
}

int xh_rtp_events_payload(struct xh_rtp_events *e, uint32_t timestamp, const uint8_t *payload, size_t octets, uint32_t clock_hz, uint32_t now)
{
    if (!octets || octets % XH_RTP_EVENT_OCTETS || octets > 16 * XH_RTP_EVENT_OCTETS)
        return -EBADMSG;
    for (size_t i = 0; i < octets; i += XH_RTP_EVENT_OCTETS) {
        struct xh_rtp_event x;
        xh_rtp_event_parse(&x, payload + i);
        block(e, timestamp, &x, clock_hz, now);
        timestamp += x.duration;        /* §2.3.5 of those that follow: each begins where the one before ended */
    }
    return 0;
}

void xh_rtp_events_tick(struct xh_rtp_events *e, uint32_t now)
{
    if (e->active && now - e->updated >= XH_RTP_EVENT_GONE)
        end(e);
}

size_t xh_rtp_events_take(struct xh_rtp_events *e, struct xh_rtp_key *keys, size_t room)
{
    size_t n = 0;
    for (; n < room && e->count; n++) {
        keys[n] = e->keys[e->first];
        e->first = (uint8_t)((e->first + 1) % XH_RTP_KEYS);
        e->count--;
    }
    return n;
}

/* -- sent ------------------------------------------------------------------------------------------- */

void xh_rtp_dialing_init(struct xh_rtp_dialing *d)
{
    memset(d, 0, sizeof *d);
}

int xh_rtp_dialing_add(struct xh_rtp_dialing *d, const char *digits, size_t n, int on_ms, int off_ms)
{
    if (on_ms < 20 || on_ms > 60000 || off_ms < 0 || off_ms > 60000)
        return -EINVAL;
    for (size_t i = 0; i < n; i++)
        if (digits[i] != ',' && xh_rtp_event_code(digits[i]) < 0)
            return -EINVAL;
    if (n > (size_t)(XH_RTP_DIGITS - d->count))
        return -ENOSPC;
    for (size_t i = 0; i < n; i++) {
        int place = (d->first + d->count++) % XH_RTP_DIGITS;
        d->digit[place] = digits[i];
        d->on_ms[place] = (uint16_t)on_ms;
        d->off_ms[place] = (uint16_t)off_ms;
    }
    return 0;
}

void xh_rtp_dialing_stop(struct xh_rtp_dialing *d)
{
    d->count = 0;
    if (d->active) {                    /* it has been long enough */
        d->length = 1;
        d->next = d->at + 1;
    }
}

static int is_before(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b) < 0;
}

static uint32_t whole(uint32_t samples, uint32_t packet)
{
    return (samples + packet - 1) / packet * packet;
}

/* The next key that is waiting begins; 0: there is none, or it may not yet. */
static int begin(struct xh_rtp_dialing *d, uint32_t now, uint32_t packet)
{
    if (d->waits && is_before(now, d->free_at))
        return 0;
    d->waits = 0;
    if (!d->count)
        return 0;
    char digit = d->digit[d->first];
    uint32_t on = (uint32_t)d->on_ms[d->first] * RATE;
    d->off = (uint32_t)d->off_ms[d->first] * RATE;
    d->first = (uint8_t)((d->first + 1) % XH_RTP_DIGITS);
    d->count--;
    if (digit == ',') {
        d->free_at = now + COMMA_MS * RATE;
        d->waits = 1;
        return 0;
    }
    d->event = (uint8_t)xh_rtp_event_code(digit);
    d->volume = VOLUME;
    d->at = now;
    d->length = whole(on, packet);
    d->segment = 0;
    d->active = 1;
    return 1;
}

static void put(struct xh_rtp_dialed *out, struct xh_rtp_dialing *d, uint32_t samples, int ended, uint32_t clock_hz)
{
    uint64_t ticks = (uint64_t)samples * clock_hz / 8000 - d->segment;
    struct xh_rtp_event e = {d->event, (uint8_t)ended, d->volume, (uint16_t)(ticks > SEGMENT ? SEGMENT : ticks)};
    xh_rtp_event_build(out->block, &e);
    out->at = d->at;
    out->ticks = d->segment;
    out->marker = 0;
    if (ticks > SEGMENT)                /* this segment is full, the next packet is of a new one */
        d->segment += SEGMENT;
}

static void update(struct xh_rtp_dialing *d, struct xh_rtp_dialed *out, uint32_t now, uint32_t packet, uint32_t clock_hz)
{
    uint32_t times = (UPDATE_MS * RATE + packet / 2) / packet, step = packet * (times ? times : 1), gone = now - d->at;
    if (gone && gone >= d->length) {
        d->length = gone;
        put(out, d, gone, 1, clock_hz);
        d->active = 0;
        d->repeats = 2;
        d->next = now + packet;
        d->free_at = now + d->off;
        d->waits = 1;
        return;
    }
    put(out, d, gone ? gone : packet, 0, clock_hz);
    d->next = d->at + (gone + step < d->length ? gone + step : d->length);
}

int xh_rtp_dialing_next(struct xh_rtp_dialing *d, struct xh_rtp_dialed *out, uint32_t now, uint32_t packet, uint32_t clock_hz)
{
    if (d->repeats) {
        if (is_before(now, d->next))
            return 0;
        put(out, d, d->length, 1, clock_hz);
        d->repeats--;
        d->next = now + packet;
        return 1;
    }
    if (!d->active) {
        if (!begin(d, now, packet))
            return 0;
        update(d, out, now, packet, clock_hz);
        out->marker = 1;
        return 1;
    }
    if (is_before(now, d->next))
        return 0;
    update(d, out, now, packet, clock_hz);
    return 1;
}

int xh_rtp_dialing_speaks(const struct xh_rtp_dialing *d)
{
    return d->active;
}
