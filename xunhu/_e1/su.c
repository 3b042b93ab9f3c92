/* MTP2 signal units over a line (include/xunhu/su.h). */
#include "xunhu/su.h"
#include "hdlc_bits.h"

#include <errno.h>
#include <string.h>

#define BY_HEART 8              /* repetitions after which the line is compared rather than taken apart */
#define PATTERN_MAX 160         /* bits of one, with its flags */

static size_t header_of(int header)
{
    return header == XH_SU_EXTENDED ? 6 : 3;
}

static unsigned indicator_of(int header, const uint8_t *unit)
{
    return header == XH_SU_EXTENDED ? unit[4] | (unit[5] & 1u) << 8 : unit[2] & 0x3fu;
}

/* 1: a FISU or LSSU (§2.2); a unit whose length indicator is wrong is level 2's to judge. */
static int is_fill(int header, const uint8_t *unit, size_t len)
{
    unsigned indicator = indicator_of(header, unit);
    return indicator <= 2 && len == header_of(header) + indicator;
}

void xh_su_fill(int header, const uint8_t *unit, size_t len, int outage, uint8_t *fill, size_t *fill_len)
{
    size_t head = header_of(header);
    int itself = is_fill(header, unit, len);
    *fill_len = itself ? len : head;
    memcpy(fill, unit, *fill_len);
    if (*fill_len > head)
        return;
    memset(fill + head / 3 * 2, 0, head / 3);   /* length indicator */
    if (outage) {
        fill[head / 3 * 2] = 1;
        fill[head] = XH_SU_SIPO;
        *fill_len = head + 1;
    }
}

/* -- what repeats itself ----------------------------------------------------------------------- */

static int cycle_put(struct xh_su_cycle *c, struct xh_stuffer *s)
{
    for (; s->nbits >= 8; s->nbits -= 8, c->bits += 8) {
        if (c->bits + 8 > PATTERN_MAX)
            return -1;
        c->pattern[c->bits / 8] = (uint8_t)(s->acc >> (s->nbits - 8));
    }
    return 0;
}

/* A unit with its check bits and 1 + more flags; 0, or -1: longer than what is worth knowing by heart. */
static int cycle_make(struct xh_su_cycle *c, const uint8_t *unit, size_t len, unsigned more)
{
    struct xh_stuffer s = {0};
    c->bits = 0;
    for (size_t i = 0; i < more + len + 1; i++) {
        if (i < more || i == more + len)
            xh_stuff_flag(&s);
        else
            xh_stuff_octet(&s, unit[i - more]);
        if (cycle_put(c, &s))
            return -1;
    }
    c->pattern[c->bits / 8] = (uint8_t)(s.acc << (8 - s.nbits));
    c->bits = (uint16_t)(c->bits + s.nbits);
    return 0;
}

/* Eight bits of the endless pattern, from bit `phase` on. */
static uint8_t cycle_octet(const struct xh_su_cycle *c, unsigned phase)
{
    unsigned left = c->bits - phase;
    unsigned two = (unsigned)c->pattern[phase / 8] << 8 | c->pattern[phase / 8 + 1];
    unsigned octet = two << (phase % 8) >> 8 & 0xff;
    if (left < 8)
        octet = (octet & 0xff00u >> left) | c->pattern[0] >> left;
    return (uint8_t)octet;
}

/* Lay the octets out; the first begins at `phase`. */
static void cycle_lay(struct xh_su_cycle *c, unsigned phase)
{
    unsigned n = 0, at = phase;
    do {
        c->octet[n++] = cycle_octet(c, at);
        at = (at + 8) % c->bits;
    } while (at != phase);
    unsigned once = n;
    while (n + once <= XH_SU_CYCLE) {
        memcpy(c->octet + n, c->octet, once);
        n += once;
    }
    c->n = (uint16_t)n;
    c->at = 0;
    c->phase = (uint16_t)phase;
}

/* -- receiver ---------------------------------------------------------------------------------- */

void xh_su_rx_init(struct xh_su_rx *h, int header)
{
    memset(h, 0, sizeof *h);
    h->header = (uint8_t)header;
    h->min = (uint8_t)(header_of(header) + 2);
    h->max = (uint16_t)((header == XH_SU_EXTENDED ? XH_SU_MAX : XH_SU_BASIC_MAX) + 2);
    h->bits.hunting = 1;
    h->counting = 1;
    xh_bits_begin(&h->bits);
}

void xh_su_rx_monitor(struct xh_su_rx *h, int on)
{
    h->monitor = on != 0;
    h->good = 0;
    h->due = 0;
    h->counted = 0;
}

static void count_good(struct xh_su_rx *h, uint64_t n)
{
    h->units += n;
    h->good = (uint16_t)(h->good + n > UINT16_MAX ? UINT16_MAX : h->good + n);
}

static void errored(struct xh_su_rx *h)
{
    h->due += h->monitor;
}

static void count_octets(struct xh_su_rx *h, size_t n)
{
    if (!h->counting)
        return;
    size_t all = h->counted + n;
    h->octets_counted += n;
    h->counted = (uint8_t)(all % XH_SU_OCTETS_COUNTED);
    if (h->monitor)
        h->due += (uint32_t)(all / XH_SU_OCTETS_COUNTED);
}

static int record(struct xh_su_rx *h, uint8_t *unit)
{
    h->due--;
    unit[0] = (uint8_t)(h->good >> 8);
    unit[1] = (uint8_t)h->good;
    h->good = 0;
    return XH_SU_ERRORED;
}

static void count_from_here(struct xh_su_rx *h)
{
    if (!h->counting) {
        h->counting = 1;
        h->counted = 0;
    }
    h->repeats = 0;
}

/* A good unit of len octets has ended, `bits` after the one before.  Its length, or 0 where it was given twice already. */
static int good_unit(struct xh_su_rx *h, size_t len, int32_t bits, uint8_t *unit)
{
    h->counting = 0;
    count_good(h, 1);
    if (!is_fill(h->header, h->buf, len)) {
        h->same_len = 0;
    } else if (len == h->same_len && !memcmp(h->same, h->buf, len)) {
        h->repeats = h->repeats && bits != h->apart ? 1 : (uint16_t)(h->repeats + (h->repeats < UINT16_MAX));
        h->apart = bits;
        if (h->known) {
            h->filtered++;
            return 0;
        }
        h->known = 1;
    } else {
        memcpy(h->same, h->buf, len);
        h->same_len = (uint8_t)len;
        h->repeats = h->known = 0;
    }
    memcpy(unit, h->buf, len);
    return (int)len;
}

/* A flag has ended, with bits_left of the octet after it. */
static int rx_flag(struct xh_su_rx *h, int bits_left, uint8_t *unit)
{
    struct xh_hdlc_bits *b = &h->bits;
    int got = 0;
    if (!b->hunting && b->len) {
        uint64_t *bad = b->nbits != XH_WHOLE ? &h->not_octets : b->len < h->min ? &h->too_short :
                        xh_fcs_more(XH_FCS_START, h->buf, b->len) != XH_FCS_GOOD ? &h->fcs_errors : NULL;
        if (!bad) {
            got = good_unit(h, b->len - 2u, h->since + 8 - bits_left, unit);
            h->since = bits_left - 8;
        } else {
            ++*bad;
            h->repeats = 0;
            if (!h->counting)
                errored(h);
        }
    }
    b->hunting = 0;
    xh_bits_begin(b);
    return got;
}

/* One octet of the line; the length of a unit that ended in it. */
static int rx_octet(struct xh_su_rx *h, uint8_t in, uint8_t *unit)
{
    int got = 0;
    if (xh_plain(h->bits.ones, in)) {
        if (xh_bits_plain(&h->bits, in, h->buf, h->max) == XH_BIT_FULL) {
            h->too_long++;
            count_from_here(h);
        }
        return 0;
    }
    for (int i = 7; i >= 0; i--) {
        int event = xh_bits_bit(&h->bits, in >> i & 1u, h->buf, h->max);
        if (event == XH_BIT_FLAG) {
            int n = rx_flag(h, i, unit);
            got = n ? n : got;
        } else if (event != XH_BIT_NONE) {
            *(event == XH_BIT_ABORT ? &h->aborts : &h->too_long) += 1;
            count_from_here(h);
        }
    }
    return got;
}

/* -- receiver: what is known by heart -- */

/* The octet `in` has ended the unit once more: from now on compare, if the line is what it seems to be. */
static void cycle_begin(struct xh_su_rx *h, uint8_t in)
{
    struct xh_su_cycle *c = &h->cycle;
    size_t len = h->same_len + 2u;      /* still in buf, for less than an octet came after it */
    if (cycle_make(c, h->buf, len, 0))
        return;
    int more = h->apart - c->bits;
    if (more < 0 || more % 8 || (more && cycle_make(c, h->buf, len, (unsigned)more / 8)))
        return;                         /* flags that share a zero, or something else between */
    unsigned after = (unsigned)h->since;
    if (cycle_octet(c, (c->bits + after - 8) % c->bits) != in)
        return;
    cycle_lay(c, after);
    h->cycling = 1;
}

/* Back to bits: what came since the unit ended is taken apart once more. */
static void cycle_leave(struct xh_su_rx *h)
{
    const struct xh_su_cycle *c = &h->cycle;
    struct xh_hdlc_bits *b = &h->bits;
    h->cycling = h->steady = 0;
    h->repeats = 0;
    h->since = c->phase;
    b->ones = b->hunting = 0;
    xh_bits_begin(b);
    for (unsigned i = 0; i < c->phase; i++)
        if (xh_bits_bit(b, c->pattern[i / 8] >> (7 - i % 8) & 1u, h->buf, h->max) == XH_BIT_FLAG)
            xh_bits_begin(b);
}

/* How many of the n octets are as they must be; when not all are, the cycle has been left. */
static size_t cycle_compare(struct xh_su_rx *h, const uint8_t *in, size_t n)
{
    struct xh_su_cycle *c = &h->cycle;
    size_t done = 0;
    int same = 1;
    while (same && done < n) {
        size_t piece = n - done < (size_t)(c->n - c->at) ? n - done : (size_t)(c->n - c->at);
        same = !memcmp(in + done, c->octet + c->at, piece);
        if (!same)
            for (piece = 0; in[done + piece] == c->octet[c->at + piece];)
                piece++;
        done += piece;
        c->at = (uint16_t)((c->at + piece) % c->n);
    }
    size_t bits = c->phase + 8 * done;
    c->phase = (uint16_t)(bits % c->bits);
    h->filtered += bits / c->bits;
    count_good(h, bits / c->bits);
    if (!same)
        cycle_leave(h);
    return done;
}

void xh_su_rx_again(struct xh_su_rx *h)
{
    if (h->cycling)
        cycle_leave(h);
    h->same_len = 0;
    h->repeats = h->known = 0;
}

/* Octets that are like the one before, which changed nothing. */
static size_t steady(struct xh_su_rx *h, const uint8_t *in, size_t n)
{
    size_t same = 0;
    while (same < n && in[same] == h->last)
        same++;
    count_octets(h, same);
    return same;
}

static void passed(struct xh_su_rx *h, size_t octets)
{
    size_t since = (size_t)h->since + 8 * octets;
    h->since = since > INT16_MAX ? INT16_MAX : (int32_t)since;
}

static int one_octet(struct xh_su_rx *h, uint8_t in, uint8_t *unit)
{
    struct xh_hdlc_bits was = h->bits;
    const struct xh_hdlc_bits *now = &h->bits;
    int counting = h->counting;
    uint64_t before = h->units;
    int got = rx_octet(h, in, unit);
    h->since = h->since > INT16_MAX - 8 ? INT16_MAX : h->since + 8;
    if (counting)
        count_octets(h, 1);
    h->last = in;
    h->steady = !was.len && !now->len && was.ones == now->ones && was.hunting == now->hunting &&
                (now->hunting || was.nbits == now->nbits) && before == h->units;
    if (before != h->units && h->repeats == BY_HEART)
        cycle_begin(h, in);
    return got;
}

/* Plain octets of a unit that has begun: nothing else can happen in them than that it grows too long. */
static size_t plain_octets(struct xh_su_rx *h, const uint8_t *in, size_t n)
{
    int event;
    size_t done = xh_bits_run(&h->bits, in, n, h->buf, h->max, &event);
    h->steady = 0;
    if (event == XH_BIT_FULL) {
        h->too_long++;
        count_from_here(h);
    }
    return done;
}

int xh_su_rx_octets(struct xh_su_rx *h, const uint8_t *in, size_t n, size_t *used, uint8_t *unit)
{
    size_t i = *used;
    int got = 0;
    while (i < n && !got && !h->due) {
        size_t done = 0;
        if (h->cycling) {
            i += cycle_compare(h, in + i, n - i);
            continue;
        }
        if (h->bits.len && !h->bits.hunting && !h->counting) {
            done = plain_octets(h, in + i, n - i);
        } else if (h->steady && in[i] == h->last) {
            done = steady(h, in + i, n - i);
        }
        if (done) {
            passed(h, done);
            i += done;
        } else
            got = one_octet(h, in[i++], unit);
    }
    *used = i;
    return !got && h->due ? record(h, unit) : got;
}

/* -- transmitter ------------------------------------------------------------------------------- */

void xh_su_tx_init(struct xh_su_tx *t, int header)
{
    memset(t, 0, sizeof *t);
    t->header = (uint8_t)header;
    xh_stuff_flag(&t->bits);            /* a unit always has a flag before it */
}

int xh_su_tx_ready(const struct xh_su_tx *t)
{
    return t->used + XH_SU_MAX + 2 <= XH_SU_TX_RING;
}

size_t xh_su_tx_waiting(const struct xh_su_tx *t)
{
    return t->used + (t->filling ? 0u : t->left);
}

static void ring_put(struct xh_su_tx *t, const uint8_t *from, size_t n)
{
    size_t at = (t->head + t->used) % XH_SU_TX_RING, first = XH_SU_TX_RING - at < n ? XH_SU_TX_RING - at : n;
    memcpy(t->ring + at, from, first);
    memcpy(t->ring, from + first, n - first);
    t->used = (uint16_t)(t->used + n);
}

static void ring_take(struct xh_su_tx *t, uint8_t *to, size_t n)
{
    size_t first = (size_t)(XH_SU_TX_RING - t->head) < n ? (size_t)(XH_SU_TX_RING - t->head) : n;
    memcpy(to, t->ring + t->head, first);
    memcpy(to + first, t->ring, n - first);
    t->head = (uint16_t)((t->head + n) % XH_SU_TX_RING);
    t->used = (uint16_t)(t->used - n);
}

int xh_su_tx_put(struct xh_su_tx *t, const uint8_t *unit, size_t len)
{
    const uint8_t head[2] = {(uint8_t)len, (uint8_t)(len >> 8)};
    if (len < header_of(t->header) || len > XH_SU_MAX)
        return -EMSGSIZE;
    if (t->used + len + 2 > XH_SU_TX_RING)
        return -EAGAIN;
    ring_put(t, head, 2);
    ring_put(t, unit, len);
    return 0;
}

void xh_su_tx_outage(struct xh_su_tx *t, int on)
{
    if (t->outage == (on != 0))
        return;
    t->outage = on != 0;
    if (t->filling)
        t->filling = 1;                 /* the fill is another from now on, and not yet known by heart */
    t->changed = 1;
}

/* The next unit, or the fill, into `unit`; 0: neither is there. */
static int load(struct xh_su_tx *t)
{
    size_t len = 0;
    if (t->used) {
        uint8_t head[2];
        ring_take(t, head, 2);
        len = head[0] | (size_t)head[1] << 8;
        ring_take(t, t->unit, len);
        size_t fill_len;
        xh_su_fill(t->header, t->unit, len, 0, t->fill, &fill_len);
        t->fill_len = (uint8_t)fill_len;
        t->filling = 0;
    } else if (t->fill_len) {
        xh_su_fill(t->header, t->fill, t->fill_len, t->outage, t->unit, &len);
        t->filling = (uint8_t)(t->changed ? 1 : t->filling + (t->filling < UINT8_MAX));
    } else
        return 0;
    t->changed = 0;
    uint16_t fcs = xh_hdlc_fcs(t->unit, len);
    t->unit[len] = (uint8_t)fcs;
    t->unit[len + 1] = (uint8_t)(fcs >> 8);
    t->left = (uint16_t)(len + 2);
    t->at = 0;
    return 1;
}

static void tx_more(struct xh_su_tx *t)
{
    if (!t->left && !load(t)) {
        xh_stuff_flag(&t->bits);
        return;
    }
    xh_stuff_octet(&t->bits, t->unit[t->at++]);
    if (--t->left == 0) {
        xh_stuff_flag(&t->bits);        /* closes this unit and opens the next */
        t->units += !t->filling;
    }
}

/* 1: the fill has gone out a few times, its flag is what is left of it, and nothing else is to be sent. */
static int may_cycle(const struct xh_su_tx *t)
{
    return t->filling > 2 && !t->left && !t->used && !t->changed;
}

static void cycle_send(struct xh_su_tx *t)
{
    t->cycling = cycle_make(&t->cycle, t->unit, t->at, 0) == 0;
    if (t->cycling)
        cycle_lay(&t->cycle, (t->cycle.bits - t->bits.nbits) % t->cycle.bits);
    else
        t->filling = 1;
}

/* n octets of the cycle; with `end` no more than up to the flag of a unit, where the cycle is left. */
static size_t cycle_octets(struct xh_su_tx *t, uint8_t *out, size_t n, int end)
{
    struct xh_su_cycle *c = &t->cycle;
    size_t done = 0;
    while (done < n) {
        unsigned left = c->phase ? (unsigned)c->bits - c->phase : 0u;
        if (end && left <= 8) {
            t->bits = (struct xh_stuffer){.acc = XH_FLAG, .nbits = (uint8_t)left};
            t->cycling = t->filling = 0;
            return done;
        }
        size_t piece = end ? 1 : n - done < (size_t)(c->n - c->at) ? n - done : (size_t)(c->n - c->at);
        memcpy(out + done, c->octet + c->at, piece);
        done += piece;
        c->at = (uint16_t)((c->at + piece) % c->n);
        c->phase = (uint16_t)((c->phase + 8 * piece) % c->bits);
    }
    return done;
}

void xh_su_tx_octets(struct xh_su_tx *t, uint8_t *out, size_t n)
{
    size_t i = 0;
    while (i < n) {
        if (t->cycling) {
            i += cycle_octets(t, out + i, n - i, t->used || t->changed);
            continue;
        }
        if (t->bits.nbits < 8) {
            if (may_cycle(t)) {
                cycle_send(t);
                continue;
            }
            tx_more(t);
        }
        t->bits.nbits -= 8;
        out[i++] = (uint8_t)(t->bits.acc >> t->bits.nbits);
    }
}
