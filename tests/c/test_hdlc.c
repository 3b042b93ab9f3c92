// sources: xunhu/_e1/hdlc.c
/* HDLC framing: known answers, any split of the line, damage, idle lines. */
#include "xunhu/hdlc.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)

static uint32_t seed = 12345;
static uint32_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
    return seed;
}

/* The check value that CRC-16/X-25 is known by, and the SABM and UA of ITU-T X.25 Appendix I */
static void test_fcs(void)
{
    static const uint8_t sabm[] = {0x01, 0x3f}, ua[] = {0x01, 0x73};
    CHECK(xh_hdlc_fcs((const uint8_t *)"123456789", 9) == 0x906e);
    CHECK(xh_hdlc_fcs(sabm, 0) == 0x0000);
    CHECK(xh_hdlc_fcs(sabm, 2) == 0xdfeb);
    CHECK(xh_hdlc_fcs(ua, 2) == 0x5783);
}

/* Flags share nothing and lie on octets; ff 03 00 with its FCS, stuffed by hand. */
static void test_stream(void)
{
    struct xh_hdlc_tx tx;
    static const uint8_t frame[] = {0xff, 0x03, 0x00};
    uint8_t out[12];
    xh_hdlc_tx_init(&tx);
    CHECK(xh_hdlc_tx_ready(&tx) && xh_hdlc_tx_idle(&tx));
    CHECK(xh_hdlc_tx_put(&tx, frame, 3) == 0 && !xh_hdlc_tx_idle(&tx));
    xh_hdlc_tx_octets(&tx, out, sizeof out);
    CHECK(out[0] == 0x7e);
    CHECK(out[1] == 0xfb);      /* 11111 0 11 | 1 11... */
    CHECK(out[2] == 0xe0);      /* 1 | 11 0 0000: five ones run over the octet's end */
    CHECK(tx.frames == 1 && xh_hdlc_tx_idle(&tx));
    CHECK(xh_hdlc_tx_put(&tx, frame, 2) == -EMSGSIZE);
    CHECK(xh_hdlc_tx_put(&tx, out, XH_HDLC_MAX + 1) == -EMSGSIZE);
    uint8_t big[XH_HDLC_MAX] = {0};
    CHECK(xh_hdlc_tx_put(&tx, big, sizeof big) == 0);
    CHECK(xh_hdlc_tx_put(&tx, big, sizeof big) == 0);
    CHECK(xh_hdlc_tx_put(&tx, big, sizeof big) == 0);
    CHECK(!xh_hdlc_tx_ready(&tx) && xh_hdlc_tx_put(&tx, big, sizeof big) == -EAGAIN);
}

struct line { uint8_t octets[40000]; size_t n; uint8_t frame[120][XH_HDLC_MAX]; size_t len[120]; int frames; };

/* A line with `frames` random frames, in pieces of random size, random idle between. */
static void make_line(struct line *l, int frames)
{
    struct xh_hdlc_tx tx;
    int put = 0;
    xh_hdlc_tx_init(&tx);
    l->n = 0;
    l->frames = frames;
    while (put < frames || !xh_hdlc_tx_idle(&tx)) {
        while (put < frames && rnd() % 3 && xh_hdlc_tx_ready(&tx)) {
            size_t len = XH_HDLC_MIN + rnd() % (rnd() % 4 ? 30 : XH_HDLC_MAX - 2);
            for (size_t i = 0; i < len; i++)
                l->frame[put][i] = (uint8_t)(rnd() % 3 ? rnd() : 0xff);
            l->len[put] = len;
            CHECK(xh_hdlc_tx_put(&tx, l->frame[put++], len) == 0);
        }
        size_t piece = 1 + rnd() % 160;
        CHECK(l->n + piece + 8 < sizeof l->octets);
        xh_hdlc_tx_octets(&tx, l->octets + l->n, piece);
        l->n += piece;
    }
    xh_hdlc_tx_octets(&tx, l->octets + l->n, 4);
    l->n += 4;
}

static int receive(struct xh_hdlc_rx *rx, const struct line *l, size_t piece_max)
{
    int got = 0;
    for (size_t at = 0; at < l->n;) {
        size_t piece = 1 + rnd() % piece_max, used = 0;
        uint8_t frame[XH_HDLC_MAX];
        if (piece > l->n - at)
            piece = l->n - at;
        while (used < piece) {
            int n = xh_hdlc_rx_octets(rx, l->octets + at, piece, &used, frame, sizeof frame);
            if (n > 0) {
                CHECK(got < l->frames && (size_t)n == l->len[got] && !memcmp(frame, l->frame[got], (size_t)n));
                got++;
            }
        }
        at += piece;
    }
    return got;
}

static void test_any_split(void)
{
    static struct line l;
    for (int round = 0; round < 60; round++) {
        struct xh_hdlc_rx rx;
        make_line(&l, 1 + (int)(rnd() % 100));
        xh_hdlc_rx_init(&rx);
        CHECK(receive(&rx, &l, round % 2 ? 1 : 1 + rnd() % 160) == l.frames);
        CHECK(rx.frames == (uint64_t)l.frames);
        CHECK(!(rx.fcs_errors | rx.aborts | rx.too_long | rx.too_short | rx.not_octets));
    }
}

/* Bit slip: the same line shifted by k bits must give the same frames. */
static void test_any_phase(void)
{
    static struct line l, shifted;
    make_line(&l, 50);
    for (int k = 1; k < 8; k++) {
        struct xh_hdlc_rx rx;
        shifted = l;
        shifted.n = l.n + 1;
        for (size_t i = 0; i < shifted.n; i++) {
            uint8_t before = i ? l.octets[i - 1] : 0xff, now = i < l.n ? l.octets[i] : 0xff;
            shifted.octets[i] = (uint8_t)((before << 8 | now) >> k);
        }
        xh_hdlc_rx_init(&rx);
        CHECK(receive(&rx, &shifted, 100) == l.frames);
    }
}

/* Damage: what still comes out has a good FCS; nothing out of bounds; the receiver finds itself again. */
static void test_damage(void)
{
    static struct line l;
    uint64_t bad = 0;
    for (int round = 0; round < 200; round++) {
        struct xh_hdlc_rx rx;
        uint8_t frame[XH_HDLC_MAX];
        size_t used = 0;
        int same = 0, next = 0;
        make_line(&l, 20);
        for (uint32_t hits = 1 + rnd() % 4; hits; hits--)
            l.octets[rnd() % l.n] ^= (uint8_t)(1u << rnd() % 8);
        xh_hdlc_rx_init(&rx);
        while (used < l.n) {
            int n = xh_hdlc_rx_octets(&rx, l.octets, l.n, &used, frame, sizeof frame);
            for (int i = next; n > 0 && i < l.frames; i++)
                if ((size_t)n == l.len[i] && !memcmp(frame, l.frame[i], (size_t)n)) {
                    same++;
                    next = i + 1;
                    break;
                }
        }
        CHECK((uint64_t)same == rx.frames);     /* never a wrong one */
        CHECK(same >= l.frames - 8);            /* an error costs two frames at most */
        bad += rx.fcs_errors + rx.aborts + rx.too_long + rx.too_short + rx.not_octets;
    }
    CHECK(bad > 100);
}

static void feed(struct xh_hdlc_rx *rx, const uint8_t *in, size_t n, int expect)
{
    uint8_t frame[XH_HDLC_MAX];
    size_t used = 0;
    int got = 0;
    while (used < n)
        got += xh_hdlc_rx_octets(rx, in, n, &used, frame, sizeof frame) > 0;
    CHECK(got == expect);
}

static void test_counters(void)
{
    struct xh_hdlc_rx rx;
    xh_hdlc_rx_init(&rx);
    feed(&rx, (const uint8_t[]){0xff, 0xff, 0x7e, 0x7e, 0x12, 0x34, 0xff, 0xff}, 8, 0);
    CHECK(rx.aborts == 1);
    feed(&rx, (const uint8_t[]){0x7e, 0x12, 0x34, 0x12, 0x34, 0x7e}, 6, 0);
    CHECK(rx.too_short == 1);
    feed(&rx, (const uint8_t[]){0x12, 0x34, 0x12, 0x34, 0x12, 0x7e}, 6, 0);
    CHECK(rx.fcs_errors == 1);
    feed(&rx, (const uint8_t[]){0x12, 0x34, 0x12, 0x34, 0x12, 0x3f, 0x7e}, 7, 0);
    CHECK(rx.not_octets + rx.aborts >= 2);
    uint8_t zero[400] = {0};
    feed(&rx, (const uint8_t[]){0x7e}, 1, 0);
    feed(&rx, zero, sizeof zero, 0);
    CHECK(rx.too_long == 1);
    feed(&rx, zero, sizeof zero, 0);
    CHECK(rx.too_long == 1);
    CHECK(rx.frames == 0);
}

static void test_room(void)
{
    struct xh_hdlc_rx rx;
    struct xh_hdlc_tx tx;
    uint8_t out[40], frame[20] = {2, 1, 0x7f};
    size_t used = 0;
    xh_hdlc_rx_init(&rx);
    xh_hdlc_tx_init(&tx);
    CHECK(xh_hdlc_tx_put(&tx, frame, sizeof frame) == 0);
    xh_hdlc_tx_octets(&tx, out, sizeof out);
    CHECK(xh_hdlc_rx_octets(&rx, out, sizeof out, &used, frame, 19) == 0 && rx.too_long == 1);
}

/* Long idle in every phase and idle of ones: no event, and the frame after it is found. */
static void test_idle(void)
{
    static uint8_t idle[1000];
    for (int k = 0; k < 9; k++) {
        struct xh_hdlc_rx rx;
        struct xh_hdlc_tx tx;
        uint8_t out[40], frame[4] = {0, 1, 1, 1};
        uint8_t flag = (uint8_t)(k == 8 ? 0xff : 0x7e >> k | 0x7e << (8 - k));
        memset(idle, flag, sizeof idle);
        xh_hdlc_rx_init(&rx);
        xh_hdlc_tx_init(&tx);
        feed(&rx, idle, sizeof idle, 0);
        CHECK(rx.steady);
        CHECK(xh_hdlc_tx_put(&tx, frame, sizeof frame) == 0);
        xh_hdlc_tx_octets(&tx, out, sizeof out);
        feed(&rx, out, sizeof out, 1);
        CHECK(rx.fcs_errors + rx.too_long + rx.too_short == 0);
    }
    /* flags that share a zero: 15 bits a pair */
    struct xh_hdlc_rx rx;
    xh_hdlc_rx_init(&rx);
    uint8_t shared[70] = {0};
    for (size_t i = 0; i < sizeof shared * 8; i++)
        if (i % 7)
            shared[i / 8] |= (uint8_t)(0x80 >> i % 8);
    feed(&rx, shared, sizeof shared, 0);
    CHECK(rx.fcs_errors + rx.too_long + rx.too_short + rx.aborts + rx.not_octets == 0 && !rx.bits.hunting);
}

int main(void)
{
    test_fcs();
    test_stream();
    test_any_split();
    test_any_phase();
    test_damage();
    test_counters();
    test_room();
    test_idle();
    return 0;
}
