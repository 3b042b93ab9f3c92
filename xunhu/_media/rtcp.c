/* RTCP packets: taken apart and built. See include/xunhu/rtcp.h. */
#include "xunhu/rtcp.h"

#include <string.h>

#define HEADER 4
#define REPORT 24
#define SENDER_INFO 20
#define VOIP_WORDS 8                    /* RFC 3611 §4.7: block length */

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put16(uint8_t *p, uint32_t x)
{
    p[0] = (uint8_t)(x >> 8);
    p[1] = (uint8_t)x;
}

static void put32(uint8_t *p, uint32_t x)
{
    put16(p, x >> 16);
    put16(p + 2, x);
}

int xh_rtcp_is_valid(const uint8_t *packet, size_t octets, int reduced)
{
    size_t at = 0;
    if (octets < 8 || (!reduced && ((packet[0] & 0x20) || (packet[1] != XH_RTCP_SR && packet[1] != XH_RTCP_RR))))
        return 0;
    while (octets - at >= HEADER) {
        size_t length = HEADER + 4u * get16(packet + at + 2);
        if (packet[at] >> 6 != 2 || packet[at + 1] < 192 || packet[at + 1] > 223 || length > octets - at)
            return 0;
        if (packet[at] & 0x20 && (at + length != octets || !packet[octets - 1] || packet[octets - 1] > length - HEADER))
            return 0;
        at += length;
    }
    return at == octets;
}

void xh_rtcp_read(struct xh_rtcp_reader *r, const uint8_t *packet, size_t octets)
{
    memset(r, 0, sizeof *r);
    r->at = packet;
    r->end = packet + octets;
    if (octets && packet[octets - 1] <= octets) {       /* padding is of the last packet, and no part of it */
        const uint8_t *p = packet;
        while (r->end - p >= HEADER && p + HEADER + 4u * get16(p + 2) < r->end)
            p += HEADER + 4u * get16(p + 2);
        if (r->end - p >= HEADER && p[0] & 0x20 && packet[octets - 1] <= r->end - p - HEADER)
            r->end -= packet[octets - 1];
    }
}

/* -- one thing at a time ---------------------------------------------------------------------------- */

static size_t rest(const struct xh_rtcp_reader *r)
{
    return (size_t)(r->part_end - r->part);
}

static const uint8_t *take(struct xh_rtcp_reader *r, size_t octets)
{
    const uint8_t *p = r->part;
    r->part += octets;
    return p;
}

/* The next packet of the compound. 1, 0: there is none. */
static int next_packet(struct xh_rtcp_reader *r)
{
    if (r->end - r->at < HEADER)
        return 0;
    size_t length = HEADER + 4u * get16(r->at + 2), there = (size_t)(r->end - r->at);
    r->kind = r->at[1];
    r->left = r->at[0] & 31;
    r->chunk = 0;
    r->part = r->at + HEADER;
    r->part_end = r->at + (length < there ? length : there);
    r->at = r->part_end;
    if (r->kind == XH_RTCP_SR || r->kind == XH_RTCP_RR || r->kind == XH_RTCP_XR || r->kind == XH_RTCP_APP) {
        if (rest(r) < 4)
            r->part = r->part_end;
        else
            r->ssrc = get32(take(r, 4));
    }
    return 1;
}

static void report(struct xh_rtcp_report *b, const uint8_t *p)
{
    uint32_t lost = get32(p + 4) & 0xffffff;
    b->ssrc = get32(p);
    b->fraction = p[4];
    b->lost = (int32_t)(lost << 8) >> 8;
    b->highest = get32(p + 8);
    b->jitter = get32(p + 12);
    b->lsr = get32(p + 16);
    b->dlsr = get32(p + 20);
}

static int next_report(struct xh_rtcp_reader *r, struct xh_rtcp_item *item)
{
    if (r->kind == XH_RTCP_SR) {
        if (rest(r) < SENDER_INFO) {
            r->part = r->part_end;
            return 0;
        }
        const uint8_t *p = take(r, SENDER_INFO);
        item->kind = XH_RTCP_SR;
        item->u.sender = (struct xh_rtcp_sender_info){(uint64_t)get32(p) << 32 | get32(p + 4), get32(p + 8), get32(p + 12), get32(p + 16)};
        r->kind = XH_RTCP_RR;           /* what follows are its reports */
        return 1;
    }
    if (!r->left || rest(r) < REPORT) {
        r->part = r->part_end;          /* profile specific extensions */
        return 0;
    }
    r->left--;
    item->kind = XH_RTCP_RR;
    report(&item->u.report, take(r, REPORT));
    return 1;
}

static int next_text(struct xh_rtcp_reader *r, struct xh_rtcp_item *item)
{
    while (rest(r) >= 1) {
        if (!r->chunk) {
            if (!r->left || rest(r) < 4)
                break;
            r->ssrc = get32(take(r, 4));
            r->left--;
            r->chunk = 1;
            continue;
        }
        if (!*r->part) {                /* end of the chunk, up to the next word; packets are whole words */
            size_t after = rest(r) % 4;
            take(r, after ? after : 4);
            r->chunk = 0;
            continue;
        }
        if (rest(r) < 2 || rest(r) < 2u + r->part[1])
            break;
        item->u.text.item = r->part[0];
        item->u.text.octets = r->part[1];
        item->u.text.text = r->part + 2;
        take(r, 2u + r->part[1]);
        item->kind = XH_RTCP_SDES;
        item->ssrc = r->ssrc;
        return 1;
    }
    r->part = r->part_end;
    return 0;
}

static int next_bye(struct xh_rtcp_reader *r, struct xh_rtcp_item *item)
{
    if (!r->left || rest(r) < 4) {
        r->part = r->part_end;
        return 0;
    }
    item->kind = XH_RTCP_BYE;
    item->ssrc = get32(take(r, 4));
    r->left--;
    const uint8_t *reason = r->part + 4u * r->left;
    item->u.bye.octets = 0;
    item->u.bye.text = r->part;
    if (rest(r) > 4u * r->left && rest(r) - 4u * r->left > *reason) {
        item->u.bye.octets = *reason;
        item->u.bye.text = reason + 1;
    }
    return 1;
}

static void voip(struct xh_rtcp_voip *v, const uint8_t *p)
{
    *v = (struct xh_rtcp_voip){
        .ssrc = get32(p), .loss_rate = p[4], .discard_rate = p[5], .burst_density = p[6], .gap_density = p[7], .burst_ms = get16(p + 8),
        .gap_ms = get16(p + 10), .round_trip_ms = get16(p + 12), .end_system_ms = get16(p + 14), .signal_dbm0 = (int8_t)p[16],
        .noise_dbm0 = (int8_t)p[17], .rerl = p[18], .gmin = p[19], .r_factor = p[20], .ext_r_factor = p[21], .mos_lq = p[22], .mos_cq = p[23],
        .rx_config = p[24], .jb_nominal = get16(p + 26), .jb_maximum = get16(p + 28), .jb_abs_max = get16(p + 30),
    };
}

static int next_block(struct xh_rtcp_reader *r, struct xh_rtcp_item *item)
{
    while (rest(r) >= 4) {
        size_t length = 4u * get16(r->part + 2);
        uint8_t block = r->part[0];
        if (rest(r) < 4 + length)
            break;
        const uint8_t *p = take(r, 4 + length) + 4;
        item->kind = XH_RTCP_XR;
        item->block = block;
        if (block == XH_XR_REFERENCE_TIME && length >= 8) {
            item->u.reference = (uint64_t)get32(p) << 32 | get32(p + 4);
            return 1;
        }
        if (block == XH_XR_VOIP && length >= 4 * VOIP_WORDS) {
            voip(&item->u.voip, p);
            return 1;
        }
        if (block == XH_XR_DLRR && length >= 12) {
            item->u.dlrr.ssrc = get32(p);
            item->u.dlrr.lrr = get32(p + 4);
            item->u.dlrr.dlrr = get32(p + 8);
            if (length >= 24 && length % 12 == 0) {     /* further receivers: the block goes on as one of its own */
                r->part -= length - 12;
                r->left = (uint8_t)(length / 12 - 1 > 255 ? 255 : length / 12 - 1);
                r->chunk = 1;
            }
            return 1;
        }
    }
    r->part = r->part_end;
    return 0;
}

/* Further sub-blocks of a DLRR block (RFC 3611 §4.5). */
static int next_dlrr(struct xh_rtcp_reader *r, struct xh_rtcp_item *item)
{
    const uint8_t *p = take(r, 12);
    item->kind = XH_RTCP_XR;
    item->block = XH_XR_DLRR;
    item->u.dlrr.ssrc = get32(p);
    item->u.dlrr.lrr = get32(p + 4);
    item->u.dlrr.dlrr = get32(p + 8);
    if (!--r->left)
        r->chunk = 0;
    return 1;
}

int xh_rtcp_next(struct xh_rtcp_reader *r, struct xh_rtcp_item *item)
{
    for (;;) {
        int found = 0;
        memset(item, 0, sizeof *item);
        item->ssrc = r->ssrc;
        if (r->part == r->part_end) {
            if (!next_packet(r))
                return 0;
            continue;
        }
        if (r->kind == XH_RTCP_SR || r->kind == XH_RTCP_RR)
            found = next_report(r, item);
        else if (r->kind == XH_RTCP_SDES)
            found = next_text(r, item);
        else if (r->kind == XH_RTCP_BYE)
            found = next_bye(r, item);
        else if (r->kind == XH_RTCP_XR)
            found = r->chunk ? next_dlrr(r, item) : next_block(r, item);
        else
            r->part = r->part_end;
        if (found)
            return 1;
    }
}

/* -- built ------------------------------------------------------------------------------------------ */

static void head(uint8_t *out, int count, int kind, size_t octets, uint32_t ssrc)
{
    out[0] = (uint8_t)(0x80 | count);
    out[1] = (uint8_t)kind;
    put16(out + 2, (uint32_t)(octets / 4 - 1));
    put32(out + 4, ssrc);
}

size_t xh_rtcp_build_report(uint8_t *out, size_t room, uint32_t ssrc, const struct xh_rtcp_sender_info *sender, const struct xh_rtcp_report *reports,
                            int count)
{
    size_t octets = 8 + (sender ? SENDER_INFO : 0) + (size_t)count * REPORT;
    if (count < 0 || count > 31 || octets > room)
        return 0;
    head(out, count, sender ? XH_RTCP_SR : XH_RTCP_RR, octets, ssrc);
    uint8_t *p = out + 8;
    if (sender) {
        put32(p, (uint32_t)(sender->ntp >> 32));
        put32(p + 4, (uint32_t)sender->ntp);
        put32(p + 8, sender->timestamp);
        put32(p + 12, sender->packets);
        put32(p + 16, sender->octets);
        p += SENDER_INFO;
    }
    for (int i = 0; i < count; i++, p += REPORT) {
        put32(p, reports[i].ssrc);
        put32(p + 4, ((uint32_t)reports[i].lost & 0xffffff) | (uint32_t)reports[i].fraction << 24);
        put32(p + 8, reports[i].highest);
        put32(p + 12, reports[i].jitter);
        put32(p + 16, reports[i].lsr);
        put32(p + 20, reports[i].dlsr);
    }
    return octets;
}

size_t xh_rtcp_build_cname(uint8_t *out, size_t room, uint32_t ssrc, const char *cname, size_t n)
{
    size_t octets = (8 + 2 + n + 4) / 4 * 4;    /* at least one octet of 0 behind it */
    if (n > 255 || octets > room)
        return 0;
    memset(out, 0, octets);
    head(out, 1, XH_RTCP_SDES, octets, ssrc);
    out[8] = 1;
    out[9] = (uint8_t)n;
    memcpy(out + 10, cname, n);
    return octets;
}

size_t xh_rtcp_build_bye(uint8_t *out, size_t room, uint32_t ssrc, const char *reason, size_t n)
{
    size_t octets = 8 + (n ? (1 + n + 3) / 4 * 4 : 0);
    if (n > 255 || octets > room)
        return 0;
    memset(out, 0, octets);
    head(out, 1, XH_RTCP_BYE, octets, ssrc);
    if (n) {
        out[8] = (uint8_t)n;
        memcpy(out + 9, reason, n);
    }
    return octets;
}

/* An XR packet with one block; its contents follow the twelve octets. 0: no room. */
static size_t block_head(uint8_t *out, size_t room, uint32_t ssrc, int block, size_t words)
{
    size_t octets = 12 + 4 * words;
    if (octets > room)
        return 0;
    memset(out, 0, octets);
    head(out, 0, XH_RTCP_XR, octets, ssrc);
    out[8] = (uint8_t)block;
    put16(out + 10, (uint32_t)words);
    return octets;
}

size_t xh_rtcp_build_reference_time(uint8_t *out, size_t room, uint32_t ssrc, uint64_t ntp)
{
    size_t octets = block_head(out, room, ssrc, XH_XR_REFERENCE_TIME, 2);
    if (octets) {
        put32(out + 12, (uint32_t)(ntp >> 32));
        put32(out + 16, (uint32_t)ntp);
    }
    return octets;
}

size_t xh_rtcp_build_dlrr(uint8_t *out, size_t room, uint32_t ssrc, uint32_t of, uint32_t lrr, uint32_t dlrr)
{
    size_t octets = block_head(out, room, ssrc, XH_XR_DLRR, 3);
    if (octets) {
        put32(out + 12, of);
        put32(out + 16, lrr);
        put32(out + 20, dlrr);
    }
    return octets;
}

size_t xh_rtcp_build_voip(uint8_t *out, size_t room, uint32_t ssrc, const struct xh_rtcp_voip *v)
{
    size_t octets = block_head(out, room, ssrc, XH_XR_VOIP, VOIP_WORDS);
    if (!octets)
        return 0;
    uint8_t *p = out + 12;
    const uint8_t fields[] = {v->loss_rate, v->discard_rate, v->burst_density, v->gap_density};
    const uint8_t levels[] = {(uint8_t)v->signal_dbm0, (uint8_t)v->noise_dbm0, v->rerl, v->gmin, v->r_factor, v->ext_r_factor, v->mos_lq, v->mos_cq};
    put32(p, v->ssrc);
    memcpy(p + 4, fields, sizeof fields);
    put16(p + 8, v->burst_ms);
    put16(p + 10, v->gap_ms);
    put16(p + 12, v->round_trip_ms);
    put16(p + 14, v->end_system_ms);
    memcpy(p + 16, levels, sizeof levels);
    p[24] = v->rx_config;
    put16(p + 26, v->jb_nominal);
    put16(p + 28, v->jb_maximum);
    put16(p + 30, v->jb_abs_max);
    return octets;
}
