/* RTP sender of one stream. See include/xunhu/rtp_sender.h. */
#include "xunhu/rtp_sender.h"

#include <errno.h>
#include <string.h>

#define RATE 8                          /* samples a ms */

static uint64_t spread(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9e3779b97f4a7c15u);        /* splitmix64 */
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static int packet_ms(const struct xh_rtp_sender_params *p)
{
    return p->ptime_ms ? p->ptime_ms : p->codec->ptime_ms;
}

static int is_type(int type)
{
    return type <= 127 || type == XH_RTP_NO_TYPE;
}

static int is_fine(const struct xh_rtp_sender_params *p)
{
    return p->codec && p->codec->encode && (!p->codec->state_octets || p->state) && p->payload_type <= 127 && is_type(p->key_type) &&
           is_type(p->noise_type) && packet_ms(p) >= 10 && packet_ms(p) <= 60 && packet_ms(p) * RATE % p->codec->frame == 0 &&
           p->key_clock_hz <= 192000;
}

int xh_rtp_sender_init(struct xh_rtp_sender *s, const struct xh_rtp_sender_params *params, uint64_t seed)
{
    struct xh_dtx_params dtx = XH_DTX_DEFAULTS;
    if (!is_fine(params))
        return -EINVAL;
    memset(s, 0, sizeof *s);
    s->ssrc = (uint32_t)spread(&seed);
    s->first_timestamp = (uint32_t)spread(&seed);
    s->sequence = (uint16_t)spread(&seed);
    s->marker = 1;
    xh_rtp_dialing_init(&s->dialing);
    xh_dtx_init(&s->dtx, &dtx);
    return xh_rtp_sender_set(s, params);
}

static uint32_t stamp(const struct xh_rtp_sender *s, uint64_t at)
{
    uint32_t clock_hz = s->params.codec->clock_hz;
    return s->first_timestamp + (uint32_t)(clock_hz == 8000 ? at : at * clock_hz / 8000);
}

int xh_rtp_sender_set(struct xh_rtp_sender *s, const struct xh_rtp_sender_params *params)
{
    if (!is_fine(params))
        return -EINVAL;
    if (s->params.codec && s->params.codec->clock_hz != params->codec->clock_hz) {     /* RFC 7160 §4.1: no jump of time */
        uint32_t now = stamp(s, s->now);
        s->params = *params;
        s->first_timestamp = 0;
        s->first_timestamp = now - stamp(s, s->now);
    }
    s->params = *params;
    if (!s->params.key_clock_hz)
        s->params.key_clock_hz = 8000;
    s->packet = (uint16_t)(packet_ms(params) * RATE);
    s->filled = 0;                      /* less than a packet's time */
    s->marker = 1;
    return 0;
}

void xh_rtp_sender_write(struct xh_rtp_sender *s, const int16_t *in, size_t n, int voice)
{
    if (xh_rtp_dialing_speaks(&s->dialing)) {
        xh_rtp_sender_pass(s, n);
        return;
    }
    size_t room = (size_t)(XH_RTP_SAMPLES_MAX - s->filled), part = n < room ? n : room;
    if (!s->filled) {
        s->begun = s->now;
        s->voice = 0;
    }
    memcpy(s->pending + s->filled, in, part * sizeof *in);
    s->filled = (uint16_t)(s->filled + part);
    s->voice |= voice != 0;
    s->now += n;
}

void xh_rtp_sender_pass(struct xh_rtp_sender *s, size_t n)
{
    s->filled = 0;
    s->marker = 1;
    s->now += n;
}

static int finish(struct xh_rtp_sender *s, uint8_t *packet, int type, int marker, uint32_t timestamp, int octets)
{
    xh_rtp_build(packet, type, marker, s->sequence++, timestamp, s->ssrc);
    s->packets++;
    s->octets += (uint64_t)octets;
    return XH_RTP_HEADER + octets;
}

static int key(struct xh_rtp_sender *s, uint8_t *packet, size_t room)
{
    struct xh_rtp_dialed d;
    if (room < XH_RTP_HEADER + XH_RTP_EVENT_OCTETS)
        return -ENOSPC;
    if (!xh_rtp_dialing_next(&s->dialing, &d, (uint32_t)s->now, s->packet, s->params.key_clock_hz))
        return 0;
    if (d.marker) {                     /* sound of less than a packet is left out */
        s->filled = 0;
        s->marker = 1;
    }
    memcpy(packet + XH_RTP_HEADER, d.block, XH_RTP_EVENT_OCTETS);
    uint64_t at = s->now - (uint32_t)((uint32_t)s->now - d.at);
    return finish(s, packet, s->params.key_type, d.marker, stamp(s, at) + d.ticks, XH_RTP_EVENT_OCTETS);
}

/* What is pending is done with: it begins behind. */
static void take(struct xh_rtp_sender *s)
{
    s->filled = (uint16_t)(s->filled - s->packet);
    memmove(s->pending, s->pending + s->packet, s->filled * sizeof *s->pending);
    s->begun += s->packet;
}

int xh_rtp_sender_packet(struct xh_rtp_sender *s, uint8_t *packet, size_t room)
{
    if (s->params.key_type != XH_RTP_NO_TYPE) {
        int octets = key(s, packet, room);
        if (octets)
            return octets;
    }
    while (s->filled >= s->packet) {
        uint64_t begun = s->begun;
        uint8_t sid[XH_CNG_SID_MAX];
        size_t sid_octets = 0;
        int what = XH_DTX_SOUND, octets;
        if (room < XH_RTP_HEADER + XH_CNG_SID_MAX)
            return -ENOSPC;
        if (s->params.dtx && s->params.noise_type != XH_RTP_NO_TYPE)
            what = xh_dtx_run(&s->dtx, s->pending, s->packet, s->voice, sid, &sid_octets);
        if (what == XH_DTX_SOUND) {
            octets = s->params.codec->encode(s->params.state, packet + XH_RTP_HEADER, room - XH_RTP_HEADER, s->pending, s->packet);
            if (octets == -ENOSPC)
                return octets;
            if (octets < 0) {           /* what it will not code is left out */
                take(s);
                s->marker = 1;
                return -EINVAL;
            }
        } else
            octets = (int)sid_octets;
        take(s);
        if (!octets || what == XH_DTX_NOTHING) {
            s->marker = 1;
            continue;
        }
        s->last_timestamp = stamp(s, begun);
        s->last_at = begun;
        if (what == XH_DTX_SID) {
            memcpy(packet + XH_RTP_HEADER, sid, sid_octets);
            s->marker = 1;              /* of the sound that follows */
            return finish(s, packet, s->params.noise_type, 0, s->last_timestamp, octets);
        }
        int marker = s->marker;
        s->marker = 0;
        return finish(s, packet, s->params.payload_type, marker, s->last_timestamp, octets);
    }
    return 0;
}

int xh_rtp_sender_digits(struct xh_rtp_sender *s, const char *digits, size_t n, int on_ms, int off_ms)
{
    if (s->params.key_type == XH_RTP_NO_TYPE)
        return -ENOTSUP;
    return xh_rtp_dialing_add(&s->dialing, digits, n, on_ms, off_ms);
}

void xh_rtp_sender_digits_stop(struct xh_rtp_sender *s)
{
    xh_rtp_dialing_stop(&s->dialing);
}

int xh_rtp_sender_dialing(const struct xh_rtp_sender *s)
{
    return s->dialing.active || s->dialing.count || s->dialing.repeats;
}

uint32_t xh_rtp_sender_timestamp(const struct xh_rtp_sender *s)
{
    return stamp(s, s->now);
}
