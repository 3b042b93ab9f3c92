// sources: xunhu/_e1/hdlc.c
/* Any line: whole and split must agree, and both with a receiver that keeps every bit by itself; a frame that comes out must come back through the transmitter; any frame
 * must pass both ways. */
#include "xunhu/hdlc.h"

#include <stdlib.h>
#include <string.h>

#define XH_FLAG_OCTET 0x7e

static void must(int x)
{
    if (!x)
        abort();
}

static void there_and_back(const uint8_t *frame, size_t len)
{
    struct xh_hdlc_tx tx;
    struct xh_hdlc_rx rx;
    uint8_t line[512], back[XH_HDLC_MAX];
    size_t used = 0;
    xh_hdlc_tx_init(&tx);
    xh_hdlc_rx_init(&rx);
    must(xh_hdlc_tx_put(&tx, frame, len) == 0);
    xh_hdlc_tx_octets(&tx, line, sizeof line);
    must(xh_hdlc_rx_octets(&rx, line, sizeof line, &used, back, sizeof back) == (int)len);
    must(!memcmp(frame, back, len));
}

/* The same receiver as the text of ISO/IEC 13239 has it: all bits since a flag are kept, the flag's own first seven among them. */
struct reference {
    uint8_t bit[8 * (XH_HDLC_MAX + 3)];
    unsigned bits, ones;
    int hunting;
    uint64_t frames, fcs_errors, aborts, too_long, too_short, not_octets;
};

/* A frame's octets, FCS included, into `out`; how many. */
static unsigned octets_of(const struct reference *r, uint8_t *out)
{
    unsigned n = (r->bits - 7) / 8;
    memset(out, 0, n);
    for (unsigned i = 0; i < 8 * n; i++)
        out[i / 8] |= (uint8_t)(r->bit[i] << i % 8);
    return n;
}

static int fcs_holds(const uint8_t *x, unsigned n)
{
    unsigned rest = 0xffff;
    for (unsigned i = 0; i < 8 * n; i++)
        rest = rest >> 1 ^ ((rest ^ x[i / 8] >> i % 8) & 1 ? 0x8408 : 0);
    return rest == 0xf0b8;
}

static unsigned flag_seen(struct reference *r, uint8_t *frame)
{
    uint8_t x[XH_HDLC_MAX + 3];
    unsigned n = 0;
    if (!r->hunting && r->bits >= 8) {
        if (r->bits % 8 != 7)
            r->not_octets++;
        else if ((n = octets_of(r, x)) < XH_HDLC_MIN + 2)
            r->too_short++;
        else if (!fcs_holds(x, n))
            r->fcs_errors++;
        else {
            r->frames++;
            memcpy(frame, x, n -= 2);
            r->bits = r->hunting = 0;
            return n;
        }
    }
    r->bits = 0;
    r->hunting = 0;
    return 0;
}

/* One octet of the line: length of a frame that ended in it, else 0. */
static unsigned reference_octet(struct reference *r, uint8_t in, uint8_t *frame)
{
    unsigned got = 0;
    for (int i = 7; i >= 0; i--) {
        unsigned bit = in >> i & 1u, ones = r->ones;
        r->ones = bit ? ones + 1 : 0;
        if (bit && ones >= 6) {
            r->aborts += !r->hunting && r->bits >= 8;
            r->hunting = 1;
        } else if (!bit && ones == 6) {
            unsigned n = flag_seen(r, frame);
            got = n ? n : got;
        } else if (!r->hunting && (bit || ones != 5)) {
            r->bit[r->bits++] = (uint8_t)bit;
            if (r->bits == 8 * (XH_HDLC_MAX + 3)) {
                r->too_long++;
                r->hunting = 1;
            }
        }
    }
    return got;
}

static void must_be_as_the_reference(const uint8_t *line, size_t size)
{
    static struct reference r;
    struct xh_hdlc_rx rx;
    memset(&r, 0, sizeof r);
    r.hunting = 1;
    xh_hdlc_rx_init(&rx);
    size_t at = 0;
    while (at < size) {
        uint8_t a[XH_HDLC_MAX], b[XH_HDLC_MAX + 3];
        size_t used = at;
        int n = xh_hdlc_rx_octets(&rx, line, size, &used, a, sizeof a);
        unsigned m = 0;
        while (at < used && !m)
            m = reference_octet(&r, line[at++], b);
        must(at == used && n == (int)m && (!n || !memcmp(a, b, m)));
    }
    must(rx.frames == r.frames && rx.fcs_errors == r.fcs_errors && rx.aborts == r.aborts && rx.too_long == r.too_long &&
         rx.too_short == r.too_short && rx.not_octets == r.not_octets);
}

/* A line that is mostly sound, which chance hardly makes: of each octet of the input a piece. Flags apart or with one zero
 * between them, frames, ones, and single bits that bring everything after them to another place in the octets. */
static size_t line_of(const uint8_t *data, size_t size, uint8_t *line, size_t room)
{
    size_t bits = 0;
    struct xh_hdlc_tx tx;
    for (size_t i = 0; i < size && bits + 8 * 700 < 8 * room; i++) {
        unsigned kind = data[i] & 7, n = data[i] >> 3;
        uint8_t piece[512] = {0};
        size_t count;
        if (kind < 3) {
            count = 8 * (n + 1);
            memset(piece, XH_FLAG_OCTET, n + 1);
        } else if (kind == 3) {
            count = n % 8;
            piece[0] = (uint8_t)(i + 1 < size ? data[i + 1] : 0);
        } else if (kind == 4) {
            count = n % 12;
            memset(piece, 0xff, 2);
        } else {
            uint8_t frame[XH_HDLC_MAX];
            size_t len = kind == 7 ? 9 * n + 3 : n + 3;
            for (size_t k = 0; k < len; k++)
                frame[k] = i + 1 < size ? (uint8_t)(data[i + 1 + k % (size - i - 1)] | (n & 1 ? 0xf8 : 0)) : 0xff;
            xh_hdlc_tx_init(&tx);
            must(xh_hdlc_tx_put(&tx, frame, len) == 0);
            xh_hdlc_tx_octets(&tx, piece, sizeof piece);
            count = 8 * (len + len / 4 + 6);
            count = count < 8 * sizeof piece ? count : 8 * sizeof piece;
        }
        for (size_t k = 0; k < count; k++, bits++)
            line[bits / 8] |= (uint8_t)((piece[k / 8] >> (7 - k % 8) & 1) << (7 - bits % 8));
    }
    return bits / 8;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xh_hdlc_rx whole, single;
    uint8_t a[XH_HDLC_MAX], b[XH_HDLC_MAX];
    size_t used = 0, at = 0;
    if (size >= XH_HDLC_MIN && size <= XH_HDLC_MAX)
        there_and_back(data, size);
    static uint8_t made[8192];
    memset(made, 0, sizeof made);
    must_be_as_the_reference(made, line_of(data, size, made, sizeof made));
    must_be_as_the_reference(data, size);
    xh_hdlc_rx_init(&whole);
    xh_hdlc_rx_init(&single);
    while (used < size) {
        int n = xh_hdlc_rx_octets(&whole, data, size, &used, a, sizeof a);
        int m = 0;
        while (at < used && !m) {
            size_t one = 0;
            m = xh_hdlc_rx_octets(&single, data + at++, 1, &one, b, sizeof b);
        }
        must(n == m && at == used);
        if (n > 0) {
            must(!memcmp(a, b, (size_t)n));
            there_and_back(a, (size_t)n);
        }
    }
    must(whole.frames == single.frames && whole.aborts == single.aborts && whole.fcs_errors == single.fcs_errors);
    return 0;
}
