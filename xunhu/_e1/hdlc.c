/* HDLC framing over a timeslot (include/xunhu/hdlc.h).
 *
 * Receiver: every bit goes into an octet LSB first; five ones and a zero drop the zero.  Flags need no
 * look-ahead: the zero that ends six ones finds the flag's own first seven bits in the unfinished octet, so a
 * frame of whole octets has exactly seven bits there.  An octet that leaves the state as it was (flags, or ones
 * without end) will do so again: such runs are passed over.
 * Transmitter: frames wait with their FCS in a ring; bits are stuffed into an accumulator, MSB out first. */
#include "xunhu/hdlc.h"

#include <errno.h>
#include <string.h>

#define FLAG 0x7e
#define FCS_GOOD 0xf0b8         /* what is left of a good frame with its FCS, X.25 §2.2.7 */
#define FCS_START 0xffff

/* x^16 + x^12 + x^5 + 1, bit-reversed (0x8408), a nibble at a time */
static const uint16_t fcs_nibble[16] = {
    0x0000, 0x1081, 0x2102, 0x3183, 0x4204, 0x5285, 0x6306, 0x7387,
    0x8408, 0x9489, 0xa50a, 0xb58b, 0xc60c, 0xd68d, 0xe70e, 0xf78f,
};

static inline uint16_t fcs_octet(uint16_t fcs, uint8_t octet)
{
    fcs = (uint16_t)(fcs >> 4) ^ fcs_nibble[(fcs ^ octet) & 15];
    return (uint16_t)(fcs >> 4) ^ fcs_nibble[(fcs ^ (octet >> 4)) & 15];
}

uint16_t xh_hdlc_fcs(const uint8_t *data, size_t n)
{
    uint16_t fcs = FCS_START;
    for (size_t i = 0; i < n; i++)
        fcs = fcs_octet(fcs, data[i]);
    return fcs ^ 0xffff;
}

/* -- receiver ------------------------------------------------------------------------------------ */

static void rx_frame_begin(struct xh_hdlc_rx *h)
{
    h->len = 0;
    h->nbits = 0;
    h->octet = 0;
    h->fcs = FCS_START;
}

void xh_hdlc_rx_init(struct xh_hdlc_rx *h)
{
    memset(h, 0, sizeof *h);
    h->hunting = 1;
    rx_frame_begin(h);
}

/* A flag has ended: judge what lies before it.  Length of a good frame, else 0. */
static int rx_flag(struct xh_hdlc_rx *h, uint8_t *frame, size_t room)
{
    int got = 0;
    if (!h->hunting && h->len) {
        if (h->nbits != 7)
            h->not_octets++;
        else if (h->len < XH_HDLC_MIN + 2)
            h->too_short++;
        else if (h->fcs != FCS_GOOD)
            h->fcs_errors++;
        else if ((size_t)h->len - 2 > room)
            h->too_long++;
        else {
            got = h->len - 2;
            memcpy(frame, h->buf, (size_t)got);
            h->frames++;
        }
    }
    h->hunting = 0;
    rx_frame_begin(h);
    return got;
}

static inline void rx_data(struct xh_hdlc_rx *h, unsigned bit)
{
    h->octet = (uint8_t)(h->octet >> 1 | bit << 7);
    if (++h->nbits < 8)
        return;
    if (h->len == sizeof h->buf) {
        h->too_long++;
        h->hunting = 1;
        return;
    }
    h->fcs = fcs_octet(h->fcs, h->octet);
    h->buf[h->len++] = h->octet;
    h->nbits = 0;
}

/* One octet of the line; the length of a frame that ended in it.  A second frame cannot end in the same octet. */
static int rx_octet(struct xh_hdlc_rx *h, uint8_t in, uint8_t *frame, size_t room)
{
    int got = 0;
    for (int i = 7; i >= 0; i--) {
        unsigned bit = in >> i & 1u;
        if (bit) {
            if (h->ones >= 6) {         /* seven: abort, ISO/IEC 13239 §4.4; and any number more: idle */
                if (!h->hunting && h->len)
                    h->aborts++;
                h->ones = 7;
                h->hunting = 1;
                continue;
            }
            h->ones++;
        } else {
            unsigned ones = h->ones;
            h->ones = 0;
            if (ones == 5)
                continue;
            if (ones == 6) {
                int n = rx_flag(h, frame, room);
                got = n ? n : got;
                continue;
            }
        }
        if (!h->hunting)
            rx_data(h, bit);
    }
    return got;
}

int xh_hdlc_rx_octets(struct xh_hdlc_rx *h, const uint8_t *in, size_t n, size_t *used,
                      uint8_t *frame, size_t room)
{
    size_t i = *used;
    int got = 0;
    while (i < n && !got) {
        uint8_t octet = in[i++];
        if (h->steady && octet == h->last)
            continue;
        uint8_t ones = h->ones, hunting = h->hunting, nbits = h->nbits;
        uint16_t len = h->len;
        got = rx_octet(h, octet, frame, room);
        h->last = octet;
        h->steady = !got && !len && !h->len && ones == h->ones && hunting == h->hunting &&
                    (hunting || nbits == h->nbits);
    }
    *used = i;
    return got;
}

/* -- transmitter --------------------------------------------------------------------------------- */

static void tx_flag(struct xh_hdlc_tx *h)
{
    h->acc = h->acc << 8 | FLAG;
    h->nbits += 8;
    h->ones = 0;
}

void xh_hdlc_tx_init(struct xh_hdlc_tx *h)
{
    memset(h, 0, sizeof *h);
    tx_flag(h);                 /* a frame always has a flag before it */
}

int xh_hdlc_tx_ready(const struct xh_hdlc_tx *h)
{
    return h->used + XH_HDLC_MAX + 4 <= XH_HDLC_TX_RING;
}

int xh_hdlc_tx_idle(const struct xh_hdlc_tx *h)
{
    return !h->used && !h->left;
}

static void ring_put(struct xh_hdlc_tx *h, uint8_t octet)
{
    h->ring[(h->head + h->used++) % XH_HDLC_TX_RING] = octet;
}

static uint8_t ring_take(struct xh_hdlc_tx *h)
{
    uint8_t octet = h->ring[h->head];
    h->head = (uint16_t)((h->head + 1) % XH_HDLC_TX_RING);
    h->used--;
    return octet;
}

int xh_hdlc_tx_put(struct xh_hdlc_tx *h, const uint8_t *frame, size_t len)
{
    if (len < XH_HDLC_MIN || len > XH_HDLC_MAX)
        return -EMSGSIZE;
    if (h->used + len + 4 > XH_HDLC_TX_RING)
        return -EAGAIN;
    uint16_t fcs = xh_hdlc_fcs(frame, len);
    ring_put(h, (uint8_t)(len + 2));
    ring_put(h, (uint8_t)((len + 2) >> 8));
    for (size_t i = 0; i < len; i++)
        ring_put(h, frame[i]);
    ring_put(h, (uint8_t)fcs);
    ring_put(h, (uint8_t)(fcs >> 8));
    return 0;
}

/* An octet with its stuffing into the accumulator: 8 or 9 bits, 10 where five ones came before. */
static void tx_stuff(struct xh_hdlc_tx *h, uint8_t octet)
{
    for (int i = 0; i < 8; i++) {
        unsigned bit = octet >> i & 1u;
        h->acc = h->acc << 1 | bit;
        h->nbits++;
        h->ones = bit ? h->ones + 1 : 0;
        if (h->ones == 5) {
            h->acc <<= 1;
            h->nbits++;
            h->ones = 0;
        }
    }
}

static void tx_more(struct xh_hdlc_tx *h)
{
    if (!h->left && h->used) {
        h->left = ring_take(h);
        h->left |= (uint16_t)(ring_take(h) << 8);
    }
    if (!h->left) {
        tx_flag(h);
        return;
    }
    tx_stuff(h, ring_take(h));
    if (--h->left == 0) {
        tx_flag(h);             /* closes this frame and opens the next */
        h->frames++;
    }
}

void xh_hdlc_tx_octets(struct xh_hdlc_tx *h, uint8_t *out, size_t n)
{
    int idle = 0;               /* octets since there is nothing to send */
    for (size_t i = 0; i < n; i++) {
        idle = xh_hdlc_tx_idle(h) ? idle + 1 : 0;
        if (idle > 3) {         /* 17 bits may have waited: the octet before is the first of flags alone, the rest is like it */
            memset(out + i, out[i - 1], n - i);
            return;
        }
        if (h->nbits < 8)
            tx_more(h);
        h->nbits -= 8;
        out[i] = (uint8_t)(h->acc >> h->nbits);
    }
}
