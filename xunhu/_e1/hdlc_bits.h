/* The bits that every HDLC framer here shares (hdlc.c, su.c): flags, stuffing, FCS-16.
 *
 * Receiver: every bit goes into an octet LSB first; five ones and a zero drop the zero.  Flags need no look-ahead: the
 * zero that ends six ones finds the flag's own first seven bits in the unfinished octet, so a frame of whole octets has
 * exactly seven bits there, and flags that follow one another have begun no octet.  An octet of the line in which no
 * six ones come together is taken whole, less the zeros that were stuffed into it.
 * Transmitter: bits are stuffed into an accumulator, MSB out first; again whole octets, the zeros put in where rows of five
 * ones end. */
#ifndef XUNHU_HDLC_BITS_H
#define XUNHU_HDLC_BITS_H

#include "hdlc_table.h"
#include "xunhu/hdlc.h"

#include <stddef.h>
#include <string.h>

#define XH_FLAG 0x7e
#define XH_FCS_GOOD 0xf0b8      /* what is left of a good frame with its FCS, X.25 §2.2.7 */
#define XH_FCS_START 0xffff
#define XH_WHOLE 7              /* bits in the unfinished octet when a flag ends a frame of whole octets */

/* A table of 256 where each bit of the index, the lowest first, adds a number of its own. */
#define XH_T0(v, a) (v), (v) ^ (a)
#define XH_T1(v, a, b) XH_T0(v, a), XH_T0((v) ^ (b), a)
#define XH_T2(v, a, b, c) XH_T1(v, a, b), XH_T1((v) ^ (c), a, b)
#define XH_T3(v, a, b, c, d) XH_T2(v, a, b, c), XH_T2((v) ^ (d), a, b, c)
#define XH_T4(v, a, b, c, d, e) XH_T3(v, a, b, c, d), XH_T3((v) ^ (e), a, b, c, d)
#define XH_T5(v, a, b, c, d, e, f) XH_T4(v, a, b, c, d, e), XH_T4((v) ^ (f), a, b, c, d, e)
#define XH_T6(v, a, b, c, d, e, f, g) XH_T5(v, a, b, c, d, e, f), XH_T5((v) ^ (g), a, b, c, d, e, f)
#define XH_TABLE(a, b, c, d, e, f, g, h) {XH_T6(0, a, b, c, d, e, f, g), XH_T6(h, a, b, c, d, e, f, g)}

/* FCS of n octets more, eight of them at a time: each has its row of the table, so none waits for another. */
static inline uint16_t xh_fcs_more(uint16_t fcs, const uint8_t *x, size_t n)
{
    for (; n >= 8; n -= 8, x += 8)
        fcs = (uint16_t)(xh_fcs_part[7][(uint8_t)(fcs ^ x[0])] ^ xh_fcs_part[6][(uint8_t)(fcs >> 8 ^ x[1])] ^
                         xh_fcs_part[5][x[2]] ^ xh_fcs_part[4][x[3]] ^ xh_fcs_part[3][x[4]] ^ xh_fcs_part[2][x[5]] ^
                         xh_fcs_part[1][x[6]] ^ xh_fcs_part[0][x[7]]);
    for (; n; n--, x++)
        fcs = (uint16_t)(fcs >> 8 ^ xh_fcs_part[0][(uint8_t)(fcs ^ *x)]);
    return fcs;
}

static inline uint8_t xh_reversed(uint8_t octet)
{
    static const uint8_t table[256] = XH_TABLE(0x80, 0x40, 0x20, 0x10, 0x08, 0x04, 0x02, 0x01);
    return table[octet];
}

/* 1: these eight bits, MSB first after `ones` ones, neither end nor hold a row of five ones. */
static inline int xh_plain(unsigned ones, uint8_t octet)
{
    unsigned x = ((1u << ones) - 1) << 8 | octet, two = x & x >> 1;
    return ones < 5 && !(two & two >> 2 & x >> 4);
}

/* Ones at the end of a plain octet. */
static inline uint8_t xh_last_ones(uint8_t octet)
{
    return (uint8_t)__builtin_ctz(~(unsigned)octet);
}

/* -- receiver ---------------------------------------------------------------------------- */

enum { XH_BIT_NONE, XH_BIT_FLAG, XH_BIT_ABORT, XH_BIT_FULL };

static inline void xh_bits_begin(struct xh_hdlc_bits *b)
{
    b->len = 0;
    b->nbits = 0;
    b->octet = 0;
}

/* An octet of the frame; 0, or XH_BIT_FULL: it has none to spare in buf. */
static inline int xh_bits_keep(struct xh_hdlc_bits *b, uint8_t octet, uint8_t *buf, size_t room)
{
    if (b->len == room) {
        b->hunting = 1;
        return XH_BIT_FULL;
    }
    buf[b->len++] = octet;
    return XH_BIT_NONE;
}

/* A bit of the line.  XH_BIT_FLAG: a flag has ended, judge what lies before it and call xh_bits_begin.  XH_BIT_ABORT, XH_BIT_FULL:
 * the frame is no more, from now on a flag is hunted for; not told while hunting already. */
static inline int xh_bits_bit(struct xh_hdlc_bits *b, unsigned bit, uint8_t *buf, size_t room)
{
    if (bit) {
        if (b->ones >= 6) {             /* seven: abort, ISO/IEC 13239 §4.4; and any number more: idle */
            int was = b->hunting;
            b->ones = 7;
            b->hunting = 1;
            return was ? XH_BIT_NONE : XH_BIT_ABORT;
        }
        b->ones++;
    } else {
        unsigned ones = b->ones;
        b->ones = 0;
        if (ones == 5)
            return XH_BIT_NONE;
        if (ones == 6)
            return XH_BIT_FLAG;
    }
    if (b->hunting)
        return XH_BIT_NONE;
    b->octet = (uint8_t)(b->octet >> 1 | bit << 7);
    if (++b->nbits < 8)
        return XH_BIT_NONE;
    b->nbits = 0;
    return xh_bits_keep(b, b->octet, buf, room);
}

/* Eight bits of the line that are plain after b->ones: XH_BIT_NONE or XH_BIT_FULL. */
static inline int xh_bits_plain(struct xh_hdlc_bits *b, uint8_t in, uint8_t *buf, size_t room)
{
    b->ones = xh_last_ones(in);
    if (b->hunting)
        return XH_BIT_NONE;
    unsigned both = (unsigned)b->octet >> (8 - b->nbits) | (unsigned)xh_reversed(in) << b->nbits;
    b->octet = (uint8_t)(both >> 8 << (8 - b->nbits));
    return xh_bits_keep(b, (uint8_t)both, buf, room);
}

/* Eight octets, the lowest of `word` first. */
static inline void xh_store8(uint8_t *to, uint64_t word)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    word = __builtin_bswap64(word);
#endif
    memcpy(to, &word, sizeof word);
}

/* Row of xh_received behind an octet. Any zero begins the count anew, a stuffed one too, so nothing before the octet matters. */
static inline const uint16_t *xh_row_behind(uint8_t octet)
{
    return xh_received[__builtin_ctz(~(unsigned)octet | 1u << 5)];
}

/* As many octets as have no six ones together, while a frame is under way; *event: XH_BIT_FULL with the last of them, or XH_BIT_NONE.
 * Four at a time where they fit: none of the four looks into the table waits for another. */
static inline size_t xh_bits_run(struct xh_hdlc_bits *bits, const uint8_t *in, size_t n, uint8_t *buf, size_t room, int *event)
{
    struct xh_hdlc_bits b = *bits;      /* a copy cannot be what buf points to */
    unsigned nbits = b.nbits;
    uint64_t begun = (unsigned)b.octet >> (8 - nbits);
    size_t i = 0;
    *event = XH_BIT_NONE;
    if (b.ones > 5)
        return 0;
    for (; i + 4 <= n && b.len + 8u <= room; i += 4) {
        unsigned e[4] = {xh_received[b.ones][in[i]], xh_row_behind(in[i])[in[i + 1]], xh_row_behind(in[i + 1])[in[i + 2]],
                         xh_row_behind(in[i + 2])[in[i + 3]]};
        if ((e[0] | e[1] | e[2] | e[3]) & 0x8000)       /* one is XH_NOT_PLAIN: else at most 5 stands there */
            break;
        for (int k = 0; k < 4; k++) {
            begun |= (uint64_t)(e[k] & 0xff) << nbits;
            nbits += e[k] >> 8 & 15;
        }
        b.ones = (uint8_t)(e[3] >> 12);
        xh_store8(buf + b.len, begun);
        b.len = (uint16_t)(b.len + (nbits >> 3));
        begun >>= nbits & ~7u;
        nbits &= 7;
    }
    while (i < n && *event == XH_BIT_NONE) {
        unsigned entry = xh_received[b.ones][in[i]];
        if (entry == XH_NOT_PLAIN)
            break;
        begun |= (uint64_t)(entry & 0xff) << nbits;
        nbits += entry >> 8 & 15;
        b.ones = (uint8_t)(entry >> 12);
        i++;
        if (nbits >= 8) {
            *event = xh_bits_keep(&b, (uint8_t)begun, buf, room);
            begun >>= 8;
            nbits -= 8;
        }
    }
    b.nbits = (uint8_t)nbits;
    b.octet = (uint8_t)(begun << (8 - nbits));
    *bits = b;
    return i;
}

/* -- transmitter ------------------------------------------------------------------------- */

static inline void xh_stuff_flag(struct xh_stuffer *s)
{
    s->acc = s->acc << 8 | XH_FLAG;
    s->nbits += 8;
    s->ones = 0;
}

/* An octet with its stuffing: 8 to 10 bits, of which the zeros behind five ones each are new. */
static inline void xh_stuff_octet(struct xh_stuffer *s, uint8_t octet)
{
    unsigned entry = xh_sent[s->ones][octet], n = 8 + (entry >> 10 & 3);
    s->acc = s->acc << n | (entry & 0x3ff);
    s->nbits = (uint8_t)(s->nbits + n);
    s->ones = (uint8_t)(entry >> 12);
}

/* Four octets of a frame and the fewer than eight bits that wait: their whole octets of the line to `out`, which has room for
 * eight; how many they are. */
static inline size_t xh_stuff_four(struct xh_stuffer *s, const uint8_t *octets, uint8_t *out)
{
    uint64_t acc = s->acc;
    unsigned nbits = s->nbits, ones = s->ones;
    for (int k = 0; k < 4; k++) {
        unsigned entry = xh_sent[ones][octets[k]], n = 8 + (entry >> 10 & 3);
        acc = acc << n | (entry & 0x3ff);
        nbits += n;
        ones = entry >> 12;
    }
    xh_store8(out, __builtin_bswap64(acc << (64 - nbits)));
    s->acc = (uint32_t)acc;
    s->nbits = nbits & 7;
    s->ones = (uint8_t)ones;
    return nbits >> 3;
}

#endif
