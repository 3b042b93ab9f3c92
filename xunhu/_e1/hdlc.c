/* HDLC framing over a timeslot (include/xunhu/hdlc.h).
 *
 * The bits are hdlc_bits.h.  An octet that leaves the receiver's state as it was (flags, or ones without end) will do so
 * again: such runs are passed over.  Frames to be sent wait with their FCS in a ring. */
#include "hdlc_bits.h"

#include <errno.h>
#include <string.h>

uint16_t xh_hdlc_fcs(const uint8_t *data, size_t n)
{
    return xh_fcs_more(XH_FCS_START, data, n) ^ 0xffff;
}

/* -- receiver ------------------------------------------------------------------------------------ */

void xh_hdlc_rx_init(struct xh_hdlc_rx *h)
{
    memset(h, 0, sizeof *h);
    h->bits.hunting = 1;
    xh_bits_begin(&h->bits);
}

/* A flag has ended: judge what lies before it.  Length of a good frame, else 0. */
static int rx_flag(struct xh_hdlc_rx *h, uint8_t *frame, size_t room)
{
    struct xh_hdlc_bits *b = &h->bits;
    int got = 0;
    if (!b->hunting && b->len) {
        if (b->nbits != XH_WHOLE)
            h->not_octets++;
        else if (b->len < XH_HDLC_MIN + 2)
            h->too_short++;
        else if (xh_fcs_more(XH_FCS_START, h->buf, b->len) != XH_FCS_GOOD)
            h->fcs_errors++;
        else if ((size_t)b->len - 2 > room)
            h->too_long++;
        else {
            got = b->len - 2;
            memcpy(frame, h->buf, (size_t)got);
            h->frames++;
        }
    }
    b->hunting = 0;
    xh_bits_begin(b);
    return got;
}

/* One octet of the line; the length of a frame that ended in it.  A second frame cannot end in the same octet. */
static int rx_octet(struct xh_hdlc_rx *h, uint8_t in, uint8_t *frame, size_t room)
{
    int got = 0;
    if (xh_plain(h->bits.ones, in)) {
        h->too_long += xh_bits_plain(&h->bits, in, h->buf, sizeof h->buf) == XH_BIT_FULL;
        return 0;
    }
    struct xh_hdlc_bits b = h->bits;    /* a copy cannot be what h->buf points to: it stays in registers */
    for (int i = 7; i >= 0; i--) {
        int event = xh_bits_bit(&b, in >> i & 1u, h->buf, sizeof h->buf);
        if (event == XH_BIT_FLAG) {
            h->bits = b;
            int n = rx_flag(h, frame, room);
            got = n ? n : got;
            b = h->bits;
        } else if (event == XH_BIT_ABORT)
            h->aborts += b.len != 0;
        else if (event == XH_BIT_FULL)
            h->too_long++;
    }
    h->bits = b;
    return got;
}

/* How many of n octets are this one, eight at a time: idle is what a line mostly is. */
static size_t alike(const uint8_t *in, size_t n, uint8_t octet)
{
    const uint64_t eight = 0x0101010101010101u * octet;
    size_t i = 0;
    for (uint64_t word; i + 8 <= n; i += 8) {
        memcpy(&word, in + i, sizeof word);
        if (word != eight)
            break;
    }
    while (i < n && in[i] == octet)
        i++;
    return i;
}

int xh_hdlc_rx_octets(struct xh_hdlc_rx *h, const uint8_t *in, size_t n, size_t *used,
                      uint8_t *frame, size_t room)
{
    size_t i = *used;
    int got = 0;
    while (i < n && !got) {
        if (!h->bits.hunting && !(h->steady && in[i] == h->last)) {
            int event;
            size_t done = xh_bits_run(&h->bits, in + i, n - i, h->buf, sizeof h->buf, &event);
            h->too_long += event == XH_BIT_FULL;
            h->steady = 0;
            i += done;
            if (done)
                continue;
        }
        if (h->steady) {
            i += alike(in + i, n - i, h->last);
            if (i == n)
                break;
        }
        uint8_t octet = in[i++];
        struct xh_hdlc_bits was = h->bits, *now = &h->bits;
        got = rx_octet(h, octet, frame, room);
        h->last = octet;
        h->steady = !got && !was.len && !now->len && was.ones == now->ones && was.hunting == now->hunting &&
                    (now->hunting || was.nbits == now->nbits);
    }
    *used = i;
    return got;
}

/* -- transmitter --------------------------------------------------------------------------------- */

void xh_hdlc_tx_init(struct xh_hdlc_tx *h)
{
    memset(h, 0, sizeof *h);
    xh_stuff_flag(&h->bits);    /* a frame always has a flag before it */
}

int xh_hdlc_tx_ready(const struct xh_hdlc_tx *h)
{
    return h->used + XH_HDLC_MAX + 4 <= XH_HDLC_TX_RING;
}

int xh_hdlc_tx_idle(const struct xh_hdlc_tx *h)
{
    return !h->used && !h->left;
}

static void ring_put(struct xh_hdlc_tx *h, const uint8_t *octets, size_t n)
{
    size_t at = (h->head + (size_t)h->used) % XH_HDLC_TX_RING, end = XH_HDLC_TX_RING - at, first = n < end ? n : end;
    memcpy(h->ring + at, octets, first);
    memcpy(h->ring, octets + first, n - first);
    h->used = (uint16_t)(h->used + n);
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
    const uint8_t before[] = {(uint8_t)(len + 2), (uint8_t)((len + 2) >> 8)}, behind[] = {(uint8_t)fcs, (uint8_t)(fcs >> 8)};
    ring_put(h, before, sizeof before);
    ring_put(h, frame, len);
    ring_put(h, behind, sizeof behind);
    return 0;
}

static void tx_more(struct xh_hdlc_tx *h)
{
    if (!h->left && h->used) {
        h->left = ring_take(h);
        h->left |= (uint16_t)(ring_take(h) << 8);
    }
    if (!h->left) {
        xh_stuff_flag(&h->bits);
        return;
    }
    xh_stuff_octet(&h->bits, ring_take(h));
    if (--h->left == 0) {
        xh_stuff_flag(&h->bits);        /* closes this frame and opens the next */
        h->frames++;
    }
}

/* Octets of the line made of the frame under way, but for its last; how many. */
static size_t tx_run(struct xh_hdlc_tx *h, uint8_t *out, size_t n)
{
    struct xh_stuffer bits = h->bits;
    unsigned head = h->head, left = h->left;
    size_t i = 0;
    while (left > 4 && i + 8 <= n && bits.nbits < 8 && head + 4 <= XH_HDLC_TX_RING) {
        i += xh_stuff_four(&bits, h->ring + head, out + i);
        head = (head + 4) % XH_HDLC_TX_RING;
        left -= 4;
    }
    while (left > 1 && i + 2 <= n && bits.nbits < 8) {
        xh_stuff_octet(&bits, h->ring[head]);
        head = (head + 1) % XH_HDLC_TX_RING;
        left--;
        for (; bits.nbits >= 8; bits.nbits -= 8)
            out[i++] = (uint8_t)(bits.acc >> (bits.nbits - 8));
    }
    h->used = (uint16_t)(h->used - (h->left - left));
    h->head = (uint16_t)head;
    h->left = (uint16_t)left;
    h->bits = bits;
    return i;
}

void xh_hdlc_tx_octets(struct xh_hdlc_tx *h, uint8_t *out, size_t n)
{
    int idle = 0;               /* octets since there is nothing to send */
    for (size_t i = 0; i < n; i++) {
        if (h->left > 1) {
            i += tx_run(h, out + i, n - i);
            if (i == n)
                return;
        }
        idle = xh_hdlc_tx_idle(h) ? idle + 1 : 0;
        if (idle > 3) {         /* 17 bits may have waited: the octet before is the first of flags alone, the rest is like it */
            memset(out + i, out[i - 1], n - i);
            return;
        }
        if (h->bits.nbits < 8)
            tx_more(h);
        h->bits.nbits -= 8;
        out[i] = (uint8_t)(h->bits.acc >> h->bits.nbits);
    }
}
