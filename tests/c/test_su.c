// sources: xunhu/_e1/su.c xunhu/_e1/hdlc.c
/* MTP2 signal units: known octets, every class of error, octet counting, the filter, repetition; any split and any
 * phase of the line, and a receiver that never knows anything by heart, give the same. */
#include "xunhu/su.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)
#define LINE 60000
#define RECORDS 6000

static uint32_t seed = 2463534242u;
static uint32_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

struct log { int n; size_t len[RECORDS]; uint8_t octets[RECORDS][XH_SU_MAX]; };
static struct log got, reference;

static void keep(struct log *l, const uint8_t *unit, int len)
{
    CHECK(l->n < RECORDS && len >= 2 && len <= XH_SU_MAX);
    l->len[l->n] = (size_t)len;
    memcpy(l->octets[l->n++], unit, (size_t)len);
}

static int same(const struct log *a, const struct log *b)
{
    if (a->n != b->n)
        return 0;
    for (int i = 0; i < a->n; i++)
        if (a->len[i] != b->len[i] || memcmp(a->octets[i], b->octets[i], a->len[i]))
            return 0;
    return 1;
}

static void feed(struct xh_su_rx *rx, struct log *l, const uint8_t *in, size_t n, size_t piece_max)
{
    uint8_t unit[XH_SU_MAX];
    for (size_t at = 0; at < n;) {
        size_t piece = 1 + rnd() % piece_max, used = 0;
        int len;
        if (piece > n - at)
            piece = n - at;
        while ((len = xh_su_rx_octets(rx, in + at, piece, &used, unit)) > 0)
            keep(l, unit, len);
        CHECK(used == piece);
        at += piece;
    }
}

/* The same by bits alone: never eight repetitions in its memory. */
static void feed_plainly(struct xh_su_rx *rx, struct log *l, const uint8_t *in, size_t n)
{
    uint8_t unit[XH_SU_MAX];
    for (size_t at = 0; at < n; at++) {
        size_t used = 0;
        int len;
        while ((len = xh_su_rx_octets(rx, in + at, 1, &used, unit)) > 0)
            keep(l, unit, len);
        CHECK(!rx->cycling);
        rx->repeats = 0;
        rx->steady = 0;
    }
}

static void both(int header, int monitor, const uint8_t *in, size_t n)
{
    struct xh_su_rx a, b;
    got.n = reference.n = 0;
    xh_su_rx_init(&b, header);
    xh_su_rx_monitor(&b, monitor);
    feed_plainly(&b, &reference, in, n);
    for (int round = 0; round < 4; round++) {
        static const size_t pieces[] = {1, 7, 80, 4960};
        got.n = 0;
        xh_su_rx_init(&a, header);
        xh_su_rx_monitor(&a, monitor);
        feed(&a, &got, in, n, pieces[round]);
        CHECK(same(&got, &reference));
        CHECK(a.units == b.units && a.filtered == b.filtered && a.good == b.good);
        CHECK(a.fcs_errors == b.fcs_errors && a.aborts == b.aborts && a.too_long == b.too_long);
        CHECK(a.too_short == b.too_short && a.not_octets == b.not_octets && a.octets_counted == b.octets_counted);
    }
}

/* A FISU by hand: BSN 127 BIB 1, FSN 127 FIB 1, LI 0, in the order of Q.703 §2.2; check bits by X.25's polynomial. */
static void test_known(void)
{
    static const uint8_t fisu[] = {0xff, 0xff, 0x00};
    struct xh_su_tx tx;
    uint8_t out[8];
    xh_su_tx_init(&tx, XH_SU_BASIC);
    CHECK(xh_su_tx_put(&tx, fisu, 3) == 0 && xh_su_tx_waiting(&tx) == 5);
    xh_su_tx_octets(&tx, out, sizeof out);
    CHECK(out[0] == 0x7e);
    CHECK(out[1] == 0xfb);      /* 11111 0 11 | 111 0 1111 | 1 0 1 00000 | 000, check bits */
    CHECK(out[2] == 0xef);
    CHECK(out[3] == 0xa0);
    CHECK(out[4] >> 5 == 0);
    CHECK(xh_su_tx_waiting(&tx) == 0);
}

/* Before anything was put: flags. */
static void test_nothing_to_send(void)
{
    struct xh_su_tx tx;
    uint8_t out[500];
    xh_su_tx_init(&tx, XH_SU_BASIC);
    xh_su_tx_octets(&tx, out, sizeof out);
    for (size_t i = 0; i < sizeof out; i++)
        CHECK(out[i] == 0x7e);
    CHECK(xh_su_tx_waiting(&tx) == 0);
}

static size_t make_fisu(int header, uint8_t *u)
{
    size_t n = header == XH_SU_EXTENDED ? 6 : 3;
    memset(u, 0, n);
    u[0] = (uint8_t)(rnd() % 4 ? rnd() : 0xff);
    u[n / 3] = (uint8_t)(rnd() % 4 ? rnd() : 0xff);
    return n;
}

static size_t make_unit(int header, uint8_t *u)
{
    size_t n = make_fisu(header, u), kind = rnd() % 8, at = n / 3 * 2;
    if (kind < 2)
        return n;
    if (kind == 2) {
        u[at] = 1;
        u[n] = (uint8_t)(rnd() % 6);
        return n + 1;
    }
    size_t more = kind == 3 ? 273 : 3 + rnd() % 40, li = header == XH_SU_BASIC && more > 63 ? 63 : more;
    u[at] = (uint8_t)li;
    if (header == XH_SU_EXTENDED)
        u[at + 1] = (uint8_t)(li >> 8);
    for (size_t i = 0; i < more; i++)
        u[n + i] = (uint8_t)(rnd() % 3 ? rnd() : 0xff);
    return n + more;
}

static uint8_t line[LINE + 8];

/* A line that idles now and then; the units put are in `reference`. */
static size_t make_line(int header, int units)
{
    static struct xh_su_tx tx;
    size_t n = 0;
    reference.n = 0;
    xh_su_tx_init(&tx, header);
    for (int put = 0; put < units || xh_su_tx_waiting(&tx);) {
        while (put < units && rnd() % 3) {
            uint8_t u[XH_SU_MAX];
            size_t len = make_unit(header, u);
            CHECK(xh_su_tx_put(&tx, u, len) == 0);
            keep(&reference, u, (int)len);
            put++;
        }
        size_t piece = rnd() % 5 ? 1 + rnd() % 100 : 200 + rnd() % 300;
        CHECK(n + piece + 64 < LINE);
        xh_su_tx_octets(&tx, line + n, piece);
        n += piece;
    }
    xh_su_tx_octets(&tx, line + n, 64);
    CHECK(tx.units == (uint64_t)units);
    return n + 64;
}

/* What must come up: each unit put, its FISUs where it is an MSU, fills at most twice in a row. */
static void test_there_and_back(int header)
{
    for (int round = 0; round < 40; round++) {
        static struct log put;
        struct xh_su_rx rx;
        size_t n = make_line(header, 1 + (int)(rnd() % 120));
        put = reference;
        got.n = 0;
        xh_su_rx_init(&rx, header);
        feed(&rx, &got, line, n, round % 2 ? 1 : 160);
        CHECK(rx.fcs_errors + rx.aborts + rx.too_long + rx.too_short + rx.not_octets == 0);
        CHECK(rx.units == (uint64_t)got.n + rx.filtered);
        int i = 0, in_row = 0;
        uint8_t fill[8];
        size_t fill_len = 0;
        for (int k = 0; k < got.n; k++) {
            int again = k && got.len[k] == got.len[k - 1] && !memcmp(got.octets[k], got.octets[k - 1], got.len[k]);
            in_row = again ? in_row + 1 : 1;
            CHECK(in_row <= 2 || got.len[k] > 8);
            if (i < put.n && got.len[k] == put.len[i] && !memcmp(got.octets[k], put.octets[i], put.len[i])) {
                xh_su_fill(header, put.octets[i], put.len[i], 0, fill, &fill_len);
                i++;
            } else
                CHECK(got.len[k] == fill_len && !memcmp(got.octets[k], fill, fill_len));
        }
        for (; i < put.n; i++)          /* fills equal to what went before, filtered */
            CHECK(put.len[i] == fill_len && !memcmp(put.octets[i], fill, fill_len));
        both(header, 1, line, n);
    }
}

/* Any phase, and damage of every kind, against the receiver by bits. */
static void test_by_heart(int header)
{
    for (int round = 0; round < 60; round++) {
        size_t n = make_line(header, 1 + (int)(rnd() % 60));
        unsigned shift = rnd() % 8;
        for (size_t i = n; i-- > 0;)
            line[i] = (uint8_t)((i ? line[i - 1] << 8 | line[i] : 0xff00 | line[i]) >> shift);
        for (uint32_t hits = rnd() % 12; hits; hits--)
            line[rnd() % n] ^= (uint8_t)(1u << rnd() % 8);
        if (round % 3 == 0) {           /* a cut */
            size_t from = rnd() % n, length = rnd() % 700;
            memset(line + from, (int)(rnd() % 2 ? 0xff : 0xd5), length > n - from ? n - from : length);
        }
        if (round % 5 == 0) {           /* octets lost */
            size_t from = rnd() % n, length = 1 + rnd() % 9;
            length = length > n - from ? n - from : length;
            memmove(line + from, line + from + length, n - from - length);
            n -= length;
        }
        both(header, 1, line, n);
        both(header, 0, line, n);
    }
}

/* Other senders: two or three flags between units, and flags that share a zero. */
static void test_more_flags(void)
{
    for (unsigned gap = 7; gap <= 32; gap++) {
        struct xh_su_tx tx;
        uint8_t once[16];
        const uint8_t u[] = {0x85, 0xff, 0};
        size_t bits = 0;
        xh_su_tx_init(&tx, XH_SU_BASIC);
        CHECK(xh_su_tx_put(&tx, u, 3) == 0);
        xh_su_tx_octets(&tx, once, sizeof once);
        size_t unit_bits = 40 + 1;      /* ff 85: one zero stuffed; looked up below */
        for (unit_bits = 40; unit_bits < 50; unit_bits++) {
            unsigned flag = 0;
            for (size_t k = 0; k < 8; k++)
                flag = flag << 1 | (once[(8 + unit_bits + k) / 8] >> (7 - (8 + unit_bits + k) % 8) & 1u);
            if (flag == 0x7e)
                break;
        }
        CHECK(unit_bits < 50);
        memset(line, 0, 4000);
        while (bits + 120 < 4000 * 8) {
            for (size_t k = 0; k < unit_bits; k++, bits++)
                line[bits / 8] |= (uint8_t)((once[(8 + k) / 8] >> (7 - (8 + k) % 8) & 1u) << (7 - bits % 8));
            for (size_t k = 0; k < gap; k++, bits++) {      /* flags; those of 7 bits share a zero with the next */
                unsigned in = gap % 8 ? k % 7 : k % 8;
                line[bits / 8] |= (uint8_t)((in >= 1 && in <= 6) << (7 - bits % 8));
            }
            if (gap % 8 && gap % 7 != 1)
                break;
        }
        both(XH_SU_BASIC, 1, line, bits / 8);
    }
}

static int errors(const struct log *l)
{
    int n = 0;
    for (int i = 0; i < l->n; i++)
        n += l->len[i] == XH_SU_ERRORED;
    return n;
}

#define FEED(...) feed(&rx, &got, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}), 100)

/* A good FISU, not stuffed: 01 01 00 and its check bits, sent LSB first. */
static size_t good_fisu(uint8_t *out)
{
    struct xh_su_tx tx;
    xh_su_tx_init(&tx, XH_SU_BASIC);
    CHECK(xh_su_tx_put(&tx, (const uint8_t[]){1, 1, 0}, 3) == 0);
    xh_su_tx_octets(&tx, out, 8);
    return 7;                   /* flag, 3, 2, flag; nothing stuffed in it */
}

static void test_classes(void)
{
    static struct xh_su_rx rx;
    uint8_t good[8];
    size_t n = good_fisu(good);
    CHECK(good[0] == 0x7e && good[6] == 0x7e);
    xh_su_rx_init(&rx, XH_SU_BASIC);
    xh_su_rx_monitor(&rx, 1);
    got.n = 0;
    feed(&rx, &got, good, n, 10);
    CHECK(got.n == 1 && got.len[0] == 3 && rx.good == 1);
    /* check bits */
    good[2] ^= 0x01;
    feed(&rx, &got, good, n, 10);
    CHECK(rx.fcs_errors == 1 && got.n == 2 && got.len[1] == 2 && got.octets[1][0] == 0 && got.octets[1][1] == 1);
    /* four octets with their check bits: too short (§4.1.3: six with the flag) */
    FEED(0x12, 0x34, 0x12, 0x34, 0x7e);
    CHECK(rx.too_short == 1 && got.n == 3 && got.octets[2][1] == 0);
    /* one octet is a unit in error as well; flags in any number are none */
    FEED(0x7e, 0x7e, 0x12, 0x7e, 0x7e, 0x7e);
    CHECK(rx.too_short == 2 && got.n == 4);
    /* not a multiple of eight bits: a flag three bits late */
    FEED(0x12, 0x34, 0x12, 0x34, 0x12, 0x12, 0x0f, 0xc0);
    CHECK(rx.not_octets == 1 && got.n == 5);
    FEED(0x7e);                 /* the five bits left of that octet lie between two flags */
    CHECK(rx.not_octets == 2 && got.n == 6 && errors(&got) == 5);
    /* seven ones: octet counting; then a good unit, which is accepted and ends it (§4.1.4) */
    good[2] ^= 0x01;
    FEED(0x7e, 0x12, 0x7f, 0x12, 0x12);
    CHECK(rx.aborts == 1 && rx.counting && got.n == 6);
    feed(&rx, &got, good, n, 10);
    CHECK(!rx.counting && got.n == 7 && got.len[6] == 3);
    CHECK(errors(&got) == 5);
}

/* In octet counting each 16 octets are one errored unit, whatever lies in them, until a unit is good. */
static void test_octet_counting(void)
{
    static struct xh_su_rx rx;
    uint8_t good[8], ones[400];
    size_t n = good_fisu(good);
    memset(ones, 0xff, sizeof ones);
    for (int steady = 0; steady < 2; steady++) {
        xh_su_rx_init(&rx, XH_SU_BASIC);
        xh_su_rx_monitor(&rx, 1);
        got.n = 0;
        feed(&rx, &got, good, n, 10);
        if (steady)
            feed(&rx, &got, ones, 161, 400);
        else
            for (int i = 0; i < 161; i++)
                FEED(i % 2 ? 0xff : 0xfe);      /* and not always the same */
        CHECK(errors(&got) == 10);      /* the first octet entered it */
        CHECK(got.octets[1][1] == 1 && got.octets[2][1] == 0);
        /* bad units within it are not counted beside the octets */
        FEED(0x7e, 0x12, 0x34, 0x12, 0x7e, 0x12, 0x34, 0x12, 0x7e);
        CHECK(rx.too_short == 2 && errors(&got) == 10);
        FEED(0, 0, 0, 0, 0, 0, 0);
        CHECK(errors(&got) == 11);      /* 9 + 7 */
        feed(&rx, &got, good, n, 10);
        CHECK(!rx.counting && got.len[got.n - 1] == 3);
        feed(&rx, &got, ones, 16, 400);
        CHECK(errors(&got) == 11);      /* counted from nothing: one octet entered, 15 more */
        feed(&rx, &got, ones, 1, 400);
        CHECK(errors(&got) == 12);
    }
    /* too long: m + 7 octets with the opening flag are the most; off when nobody monitors */
    for (int more = 0; more < 2; more++) {
        static const uint8_t zero[300];
        xh_su_rx_init(&rx, XH_SU_BASIC);
        xh_su_rx_monitor(&rx, 1);
        got.n = 0;
        feed(&rx, &got, good, n, 10);
        feed(&rx, &got, zero, 278 + (size_t)more, 10);
        CHECK(rx.too_long == (uint64_t)more && rx.counting == more && errors(&got) == 0);
        FEED(0x7e);
        CHECK(errors(&got) == !more);
        xh_su_rx_monitor(&rx, 0);
        feed(&rx, &got, ones, sizeof ones, 400);
        CHECK(errors(&got) == !more);
    }
}

static void test_filter(void)
{
    static struct xh_su_rx rx;
    static struct xh_su_tx tx;
    uint8_t out[4000];
    const uint8_t msu[] = {0x11, 0x12, 5, 0x83, 1, 2, 3, 4}, lssu[] = {0x11, 0x12, 1, 3};
    xh_su_rx_init(&rx, XH_SU_BASIC);
    xh_su_rx_monitor(&rx, 1);
    xh_su_tx_init(&tx, XH_SU_BASIC);
    got.n = 0;
    CHECK(xh_su_tx_put(&tx, lssu, 4) == 0);
    xh_su_tx_octets(&tx, out, sizeof out);
    feed(&rx, &got, out, sizeof out, 80);
    CHECK(got.n == 2 && rx.cycling && rx.filtered > 400);
    xh_su_rx_again(&rx);
    xh_su_tx_octets(&tx, out, 400);
    feed(&rx, &got, out, 400, 80);
    CHECK(got.n == 4 && rx.cycling);
    /* an error is seen at once, and the count is of all good units */
    uint64_t before = rx.units;
    xh_su_tx_octets(&tx, out, 1000);
    out[500] ^= 0x10;
    feed(&rx, &got, out, 1000, 80);
    CHECK(errors(&got) >= 1 && got.len[4] == 2);
    CHECK((uint64_t)(got.octets[4][0] << 8 | got.octets[4][1]) > before);
    CHECK(rx.cycling);
    /* MSUs always pass, however alike */
    got.n = 0;
    for (int i = 0; i < 10; i++)
        CHECK(xh_su_tx_put(&tx, msu, sizeof msu) == 0);
    xh_su_tx_octets(&tx, out, 400);
    feed(&rx, &got, out, 400, 80);
    CHECK(got.n == 12 && got.len[0] == sizeof msu && got.len[9] == sizeof msu);
    CHECK(got.len[10] == 3 && !memcmp(got.octets[10], (const uint8_t[]){0x11, 0x12, 0}, 3) && got.len[11] == 3);
}

static void test_saturation(void)
{
    static struct xh_su_rx rx;
    static struct xh_su_tx tx;
    static uint8_t out[10000];
    xh_su_rx_init(&rx, XH_SU_BASIC);
    xh_su_rx_monitor(&rx, 1);
    xh_su_tx_init(&tx, XH_SU_BASIC);
    got.n = 0;
    CHECK(xh_su_tx_put(&tx, (const uint8_t[]){1, 1, 0}, 3) == 0);
    for (int i = 0; i < 50; i++) {
        xh_su_tx_octets(&tx, out, sizeof out);
        feed(&rx, &got, out, sizeof out, sizeof out);
    }
    CHECK(rx.units > 80000 && rx.good == 65535);
    CHECK(got.n == 2);
    FEED(0xff);
    for (int i = 0; i < 16; i++)
        FEED(0xff);
    CHECK(got.n == 3 && got.octets[2][0] == 0xff && got.octets[2][1] == 0xff);
}

/* The next unit follows the one under way at once, whether the line idled or not. */
static void test_sending(int header)
{
    static struct xh_su_tx tx;
    static struct xh_su_rx rx;
    uint8_t u[XH_SU_MAX], out[400];
    for (int round = 0; round < 300; round++) {
        xh_su_tx_init(&tx, header);
        xh_su_rx_init(&rx, header);
        size_t n = make_fisu(header, u);
        CHECK(xh_su_tx_put(&tx, u, n) == 0);
        size_t idle = 20 + rnd() % 300;
        got.n = 0;
        xh_su_tx_octets(&tx, out, idle);
        feed(&rx, &got, out, idle, 400);
        u[n / 3 * 2] = 4;
        memset(u + n, (int)rnd(), 4);
        CHECK(xh_su_tx_put(&tx, u, n + 4) == 0 && xh_su_tx_waiting(&tx) == n + 6);
        size_t octets = 0;
        for (got.n = 0; !got.n || got.len[got.n - 1] != n + 4; octets++) {
            CHECK(octets < 60);
            xh_su_tx_octets(&tx, out, 1);
            feed(&rx, &got, out, 1, 1);
        }
        /* the fill under way, the unit with stuffing, its flag, and what waited in the accumulator */
        CHECK(octets <= 2 * (n + 2 + 2) + 4 + 4);
        xh_su_tx_octets(&tx, out, 100);
        got.n = 0;
        feed(&rx, &got, out, 100, 100);
        CHECK(got.n == 2 && got.len[0] == n && got.octets[0][n / 3 * 2] == 0);
    }
    CHECK(xh_su_tx_put(&tx, u, 2) == -EMSGSIZE && xh_su_tx_put(&tx, u, XH_SU_MAX + 1) == -EMSGSIZE);
    while (xh_su_tx_ready(&tx))
        CHECK(xh_su_tx_put(&tx, u, XH_SU_MAX) == 0);
    while (xh_su_tx_put(&tx, u, 6) == 0)
        ;
    CHECK(xh_su_tx_put(&tx, u, 6) == -EAGAIN);
}

static void test_outage(int header)
{
    static struct xh_su_tx tx;
    static struct xh_su_rx rx;
    uint8_t u[16] = {0}, out[400], sipo[8];
    size_t n = make_fisu(header, u), fill_len;
    for (int idle = 1; idle < 300; idle += 37) {
        xh_su_tx_init(&tx, header);
        xh_su_rx_init(&rx, header);
        CHECK(xh_su_tx_put(&tx, u, n) == 0);
        xh_su_tx_octets(&tx, out, (size_t)idle);
        got.n = 0;
        feed(&rx, &got, out, (size_t)idle, 400);
        xh_su_tx_outage(&tx, 1);
        xh_su_tx_octets(&tx, out, 200);
        feed(&rx, &got, out, 200, 400);
        xh_su_fill(header, u, n, 1, sipo, &fill_len);
        CHECK(fill_len == n + 1 && sipo[n] == XH_SU_SIPO && sipo[n / 3 * 2] == 1);
        CHECK(got.len[got.n - 1] == fill_len && !memcmp(got.octets[got.n - 1], sipo, fill_len));
        CHECK(xh_su_tx_waiting(&tx) == 0);
        got.n = 0;
        xh_su_tx_outage(&tx, 0);
        xh_su_tx_octets(&tx, out, 200);
        feed(&rx, &got, out, 200, 400);
        CHECK(got.n == 2 && got.len[1] == n && !memcmp(got.octets[1], u, n));
        /* a link status unit stays what it is */
        u[n / 3 * 2] = 1;
        u[n] = XH_SU_SIOS;
        CHECK(xh_su_tx_put(&tx, u, n + 1) == 0);
        xh_su_tx_outage(&tx, 1);
        xh_su_tx_octets(&tx, out, 200);
        got.n = 0;
        feed(&rx, &got, out, 200, 400);
        CHECK(got.n == 2 && got.octets[1][n] == XH_SU_SIOS);
        u[n / 3 * 2] = 0;
    }
}

int main(void)
{
    test_known();
    test_nothing_to_send();
    for (int header = XH_SU_BASIC; header <= XH_SU_EXTENDED; header++) {
        test_there_and_back(header);
        test_by_heart(header);
        test_sending(header);
        test_outage(header);
    }
    test_more_flags();
    test_classes();
    test_octet_counting();
    test_filter();
    test_saturation();
    return 0;
}
