/* RTP packets and their source. See include/xunhu/rtp.h. */
#include "xunhu/rtp.h"

#include <errno.h>
#include <string.h>

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int xh_rtp_parse(struct xh_rtp_header *h, const uint8_t *packet, size_t octets)
{
    size_t at = XH_RTP_HEADER;
    if (octets < XH_RTP_HEADER || octets > UINT16_MAX || packet[0] >> 6 != 2)
        return -EBADMSG;
    h->csrcs = packet[0] & 15;
    h->marker = packet[1] >> 7;
    h->payload_type = packet[1] & 127;
    h->sequence = get16(packet + 2);
    h->timestamp = get32(packet + 4);
    h->ssrc = get32(packet + 8);
    h->padding = 0;
    h->extension_profile = 0;
    h->extension = h->extension_octets = 0;
    at += 4u * h->csrcs;
    if (packet[0] & 0x10) {
        if (octets < at + 4)
            return -EBADMSG;
        h->extension_profile = get16(packet + at);
        h->extension = (uint32_t)at + 4;
        h->extension_octets = 4u * get16(packet + at + 2);
        at += 4 + (size_t)h->extension_octets;
    }
    if (octets < at)
        return -EBADMSG;
    if (packet[0] & 0x20) {
        h->padding = packet[octets - 1];
        if (octets == at || !h->padding || h->padding > octets - at)
            return -EBADMSG;
    }
    h->payload = (uint32_t)at;
    h->payload_octets = (uint32_t)(octets - at - h->padding);
    return 0;
}

void xh_rtp_build(uint8_t p[XH_RTP_HEADER], int payload_type, int marker, uint16_t sequence, uint32_t timestamp, uint32_t ssrc)
{
    p[0] = 0x80;
    p[1] = (uint8_t)((marker ? 0x80 : 0) | (payload_type & 127));
    p[2] = (uint8_t)(sequence >> 8);
    p[3] = (uint8_t)sequence;
    for (int i = 0; i < 4; i++) {
        p[4 + i] = (uint8_t)(timestamp >> (24 - 8 * i));
        p[8 + i] = (uint8_t)(ssrc >> (24 - 8 * i));
    }
}

int xh_rtp_is_rtcp(const uint8_t *packet, size_t octets)
{
    return octets >= 2 && packet[0] >> 6 == 2 && packet[1] >= 192 && packet[1] <= 223;
}

/* -- A.1 -------------------------------------------------------------------------------------------- */

static void restart(struct xh_rtp_source *s, uint16_t sequence)
{
    s->base_seq = sequence;
    s->max_seq = sequence;
    s->bad_seq = 65536 + 1;             /* no sequence number */
    s->cycles = 0;
    s->received = s->received_prior = s->expected_prior = 0;
}

void xh_rtp_source_init(struct xh_rtp_source *s, uint32_t ssrc, uint16_t sequence)
{
    memset(s, 0, sizeof *s);
    restart(s, sequence);
    s->ssrc = ssrc;
    s->max_seq = (uint16_t)(sequence - 1);
    s->probation = XH_RTP_SEQUENTIAL;
}

static enum xh_rtp_verdict prove(struct xh_rtp_source *s, uint16_t sequence)
{
    if (sequence != (uint16_t)(s->max_seq + 1)) {
        s->probation = XH_RTP_SEQUENTIAL - 1;
        s->max_seq = sequence;
        return XH_RTP_PROBATION;
    }
    s->max_seq = sequence;
    if (--s->probation)
        return XH_RTP_PROBATION;
    restart(s, sequence);
    s->received = 1;
    return XH_RTP_VALID;
}

enum xh_rtp_verdict xh_rtp_source_update(struct xh_rtp_source *s, uint16_t sequence)
{
    uint16_t ahead = (uint16_t)(sequence - s->max_seq);
    enum xh_rtp_verdict verdict = XH_RTP_VALID;
    if (s->probation)
        return prove(s, sequence);
    if (ahead < XH_RTP_DROPOUT) {
        if (sequence < s->max_seq)
            s->cycles += 65536;
        s->max_seq = sequence;
    } else if (ahead <= 65536 - XH_RTP_MISORDER) {
        if (sequence != s->bad_seq) {
            s->bad_seq = (uint16_t)(sequence + 1);
            return XH_RTP_WILD;
        }
        restart(s, sequence);
        s->timed = 0;
        verdict = XH_RTP_RESTARTED;
    }
    s->received++;
    return verdict;
}

/* -- A.8 and A.3 ------------------------------------------------------------------------------------ */

void xh_rtp_source_arrived(struct xh_rtp_source *s, uint32_t timestamp, uint64_t arrival_ns, uint32_t clock_hz)
{
    /* seconds and their rest apart, so that neither overflows; modulo 2^36 as the timestamp is modulo 2^32 */
    uint64_t ticks16 = arrival_ns / 1000000000u * clock_hz * 16 + arrival_ns % 1000000000u * clock_hz * 16 / 1000000000u;
    int64_t transit = (int64_t)(ticks16 - ((uint64_t)timestamp << 4));
    if (s->timed) {
        int64_t d = (int64_t)((uint64_t)(transit - s->transit) << 28) >> 28;
        d = d < 0 ? -d : d;
        if (d < 16 * 10 * (int64_t)clock_hz) {  /* 10 s: the timestamps have jumped */
            /* J += (|D| - J) / 16, rounded as in A.8; d is in sixteenths */
            int64_t j = (int64_t)s->jitter + (d >> 4) - (((int64_t)s->jitter + 8) >> 4);
            s->jitter = j < 0 ? 0 : j > INT32_MAX ? INT32_MAX : (uint32_t)j;
        }
    }
    s->transit = transit;
    s->timed = 1;
}

uint32_t xh_rtp_source_highest(const struct xh_rtp_source *s)
{
    return s->cycles + s->max_seq;
}

static uint32_t expected(const struct xh_rtp_source *s)
{
    return xh_rtp_source_highest(s) - s->base_seq + 1;
}

int32_t xh_rtp_source_lost(const struct xh_rtp_source *s)
{
    int64_t lost = s->probation ? 0 : (int64_t)expected(s) - s->received;
    return lost > 0x7fffff ? 0x7fffff : lost < -0x800000 ? -0x800000 : (int32_t)lost;
}

uint8_t xh_rtp_source_fraction(struct xh_rtp_source *s)
{
    if (s->probation)
        return 0;
    uint32_t now = expected(s), interval = now - s->expected_prior, received = s->received - s->received_prior;
    s->expected_prior = now;
    s->received_prior = s->received;
    if (!interval || received >= interval)
        return 0;
    uint64_t fraction = ((uint64_t)(interval - received) << 8) / interval;
    return (uint8_t)(fraction > 255 ? 255 : fraction);
}
