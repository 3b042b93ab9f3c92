// sources: xunhu/_e1/ces_jitter.c xunhu/_e1/ces.c xunhu/_e1/span.c
/* The jitter buffer by itself: order, loss, wrap of the sequence number, restart of the peer, drift of the clocks; the
 * parser; and two spans over loopback sockets. */
#include "ces_jitter.h"
#include "span_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)
#define IDLE 0xd5

/* What the far end's frame n holds in timeslot t; never the idle octet. */
static uint8_t octet_of(int64_t n, int t)
{
    uint8_t v = (uint8_t)(n * 7 + t * 13 + (n >> 8));
    return v == IDLE ? 0x11 : v;
}

static void put(struct xh_ces_jitter *j, int64_t number)
{
    uint8_t payload[XH_CES_FRAMES_MAX * XH_CES_FRAME];
    struct xh_ces_packet p = {.sequence = (uint16_t)number, .payload = payload};
    for (int i = 0; i < j->frames; i++)
        for (int t = 1; t < XH_TIMESLOTS; t++)
            payload[i * XH_CES_FRAME + t - 1] = octet_of(number * j->frames + i, t);
    xh_ces_jitter_put(j, &p);
}

static uint8_t block[XH_TIMESLOTS][XH_CES_BLOCK_MAX];

static void get(struct xh_ces_jitter *j, int frames)
{
    xh_ces_jitter_get(j, block[0], XH_CES_BLOCK_MAX, frames, XH_ALL_TIMESLOTS);
}

/* 1: the block holds frames first .. first+n-1 in every timeslot */
static int holds(int64_t first, int n)
{
    for (int t = 1; t < XH_TIMESLOTS; t++)
        for (int i = 0; i < n; i++)
            if (block[t][i] != octet_of(first + i, t))
                return 0;
    return 1;
}

static int idle(int n)
{
    for (int t = 1; t < XH_TIMESLOTS; t++)
        for (int i = 0; i < n; i++)
            if (block[t][i] != IDLE)
                return 0;
    return 1;
}

static void test_in_order(int frames, int target, int tick)
{
    struct xh_ces_jitter j;
    int64_t next = 0, sent = 0, played = -1;
    CHECK(xh_ces_jitter_init(&j, frames, target, IDLE) == 0);
    CHECK(xh_ces_jitter_alarms(&j) == XH_ALARM_LOS);
    for (int64_t now = 0; now < 600000 && sent < 66000; now += tick) {      /* the sequence number wraps */
        for (; (sent + 1) * frames <= now; sent++)
            put(&j, sent);
        get(&j, tick);
        if (!j.playing) {
            CHECK(idle(tick) && played < 0);
            continue;
        }
        CHECK(xh_ces_jitter_alarms(&j) == 0);
        CHECK(holds(next, tick));
        next += tick;
        played = now;
    }
    CHECK(played > 0 && next > 1000);
    CHECK(!(j.lost | j.late | j.reordered | j.duplicated | j.underruns | j.overruns | j.slips));
    xh_ces_jitter_release(&j);
}

static struct xh_ces_jitter started(int frames, int target)
{
    struct xh_ces_jitter j;
    CHECK(xh_ces_jitter_init(&j, frames, target, IDLE) == 0);
    return j;
}

static void test_reordered_and_duplicated(void)
{
    struct xh_ces_jitter j = started(40, 160);
    static const int order[] = {1, 0, 2, 3, 5, 4, 4, 6, 7, 9, 8, 8};
    size_t n = 0;
    for (; n < 4; n++)
        put(&j, order[n]);
    for (int64_t at = 0; at < 400; at += 80) {
        get(&j, 80);
        CHECK(holds(at, 80));
        for (int k = 0; k < 2 && n < sizeof order / sizeof *order; k++)
            put(&j, order[n++]);
    }
    CHECK(j.reordered == 3 && j.duplicated == 2 && j.lost == 0 && j.late == 0);
    xh_ces_jitter_release(&j);
}

static void test_lost_and_late(void)
{
    struct xh_ces_jitter j = started(40, 160);
    for (int i = 0; i < 12; i++)
        if (i != 2 && i != 6 && i != 7)
            put(&j, i);
    get(&j, 80);
    CHECK(holds(0, 80));
    CHECK(!(j.missing[0] | j.missing[1]));
    get(&j, 80);                        /* packet 2 is held, 3 is there */
    CHECK(j.missing[0] == (UINT64_C(1) << 40) - 1 && !j.missing[1]);
    for (int i = 0; i < 40; i++)
        CHECK(block[5][i] == octet_of(79, 5));
    CHECK(block[5][40] == octet_of(120, 5));
    CHECK(j.lost == 1);
    put(&j, 2);
    CHECK(j.late == 1);
    get(&j, 80);
    CHECK(holds(160, 80));
    get(&j, 80);                        /* two missing: held, then idle */
    CHECK(block[1][0] == octet_of(239, 1) && block[1][39] == octet_of(239, 1));
    CHECK(block[1][40] == IDLE && block[31][79] == IDLE);
    CHECK(j.lost == 3);
    get(&j, 80);
    CHECK(holds(320, 80));
    CHECK(xh_ces_jitter_alarms(&j) == 0);
    xh_ces_jitter_release(&j);
}

/* The sender stalls for 50 ms and sends all at once: idle meanwhile, but nothing is lost. */
static void test_stall(void)
{
    struct xh_ces_jitter j = started(40, 160);
    int sent = 0, before = 0;
    for (; sent < 6; sent++)
        put(&j, sent);
    for (int k = 0; k < 6; k++) {
        get(&j, 80);
        before += k < 3 ? holds(80 * k, 80) : idle(80) || 1;
    }
    CHECK(before == 6 && j.underruns == 1 && xh_ces_jitter_alarms(&j) == 0 && idle(80));
    for (; sent < 16; sent++)
        put(&j, sent);
    for (int k = 3; k < 8; k++) {
        get(&j, 80);
        CHECK(holds(80 * k, 80));
    }
    CHECK(j.lost == 0 && j.late == 0 && j.underruns == 1);
    xh_ces_jitter_release(&j);
}

/* Packets that never come while nothing is played are lost all the same. */
static void test_outage(void)
{
    struct xh_ces_jitter j = started(40, 160);
    for (int i = 0; i < 4; i++)
        put(&j, i);
    for (int k = 0; k < 5; k++)
        get(&j, 80);
    for (int i = 10; i < 14; i++)
        put(&j, i);
    get(&j, 80);
    CHECK(holds(400, 80) && j.lost == 6 && j.underruns == 1);
    xh_ces_jitter_release(&j);
}

static void test_silence(void)
{
    struct xh_ces_jitter j = started(40, 160);
    for (int i = 0; i < 4; i++)
        put(&j, i);
    for (int k = 0; k < 9; k++)
        get(&j, 80);
    CHECK(xh_ces_jitter_alarms(&j) == 0);
    for (int k = 0; k < 3; k++)
        get(&j, 80);
    CHECK(xh_ces_jitter_alarms(&j) == XH_ALARM_LOS && idle(80));
    for (int i = 0; i < 4; i++)         /* back, with another number */
        put(&j, 30000 + i);
    get(&j, 80);
    CHECK(xh_ces_jitter_alarms(&j) == 0 && holds(30000 * 40, 80) && j.lost == 0);
    xh_ces_jitter_release(&j);
}

/* The peer begins anew without a pause, far away, a little ahead, a little behind. */
static void test_restart(int64_t jump)
{
    struct xh_ces_jitter j = started(40, 160);
    int64_t n = 65530;
    for (int k = 0; k < 10; k++) {
        put(&j, n++);
        put(&j, n++);
        get(&j, 80);
    }
    n += jump;
    int good = -1;
    for (int k = 0; k < 20; k++) {
        put(&j, n++);
        put(&j, n++);
        get(&j, 80);
        int64_t found = -1;
        for (int64_t back = 0; back < 40 && found < 0; back++)
            for (int phase = 0; phase < 40 && found < 0; phase++)
                if (holds((n - back) * 40 - phase, 80))
                    found = back;
        good = found < 0 ? -1 : good < 0 ? k : good;
    }
    CHECK(good >= 0 && good <= 6);
    xh_ces_jitter_release(&j);
}

/* The far clock runs faster or slower by 200 ppm for 5 minutes: one frame is slipped now and then, the buffer neither
 * runs dry nor over. */
static void test_drift(int slower)
{
    struct xh_ces_jitter j = started(40, 160);
    int64_t sent = 0;
    for (int64_t tick = 0; tick < 30000; tick++) {
        int64_t theirs = tick * 80 + (slower ? -1 : 1) * tick * 80 / 5000;
        for (; sent * 40 <= theirs; sent++)
            put(&j, sent);
        get(&j, 80);
        if (j.playing)
            CHECK((j.newest + 1) * 40 - j.play < 700);
    }
    CHECK(j.slips > 300 && j.slips < 600);
    CHECK(j.underruns <= 1 && j.overruns == 0 && j.lost == 0 && j.late == 0);
    xh_ces_jitter_release(&j);
}

/* A burst far above the target is dropped at once. */
static void test_overrun(void)
{
    struct xh_ces_jitter j = started(40, 160);
    for (int i = 0; i < 4; i++)
        put(&j, i);
    get(&j, 80);
    for (int i = 4; i < 34; i++)
        put(&j, i);
    get(&j, 80);
    CHECK(j.overruns == 1 && j.lost == 0);
    CHECK((j.newest + 1) * 40 - j.play == 160);
    xh_ces_jitter_release(&j);
}

static void test_bits(void)
{
    struct xh_ces_jitter j = started(8, 8);
    struct xh_ces_packet p = {.sequence = 0, .l = 1};
    for (int i = 0; i < 20; i++, p.sequence++)
        xh_ces_jitter_put(&j, &p);
    get(&j, 80);
    CHECK(xh_ces_jitter_alarms(&j) == XH_ALARM_AIS && idle(80));
    uint8_t payload[8 * XH_CES_FRAME] = {0};
    p = (struct xh_ces_packet){.sequence = p.sequence, .r = 1, .payload = payload};
    xh_ces_jitter_put(&j, &p);
    CHECK(xh_ces_jitter_alarms(&j) == XH_ALARM_RAI);
    p.r = 0;
    p.m = 2;
    p.sequence++;
    xh_ces_jitter_put(&j, &p);
    CHECK(xh_ces_jitter_alarms(&j) == XH_ALARM_RAI);
    p.m = 0;
    p.sequence++;
    xh_ces_jitter_put(&j, &p);
    CHECK(xh_ces_jitter_alarms(&j) == 0);
    xh_ces_jitter_release(&j);
}

static void test_parse(void)
{
    uint8_t d[XH_CES_PACKET_MAX + 1] = {0};
    struct xh_ces_packet p;
    size_t n = 4 + 8 * 31;
    d[2] = 0x12;
    d[3] = 0x34;
    CHECK(xh_ces_packet_parse(&p, d, n, 8, 0) == 0 && p.sequence == 0x1234 && p.payload == d + 4);
    CHECK(xh_ces_packet_parse(&p, d, n - 1, 8, 0) == -EBADMSG);
    CHECK(xh_ces_packet_parse(&p, d, n + 1, 8, 0) == -EBADMSG);
    CHECK(xh_ces_packet_parse(&p, d, n, 40, 0) == -EBADMSG);
    for (size_t len = 0; len < 4; len++)
        CHECK(xh_ces_packet_parse(&p, d, len, 8, 0) == -EBADMSG);
    CHECK(xh_ces_packet_parse(&p, d, 4, 8, 0) == -EBADMSG);     /* no payload without L */
    d[0] = 0x08;
    CHECK(xh_ces_packet_parse(&p, d, 4, 8, 0) == 0 && p.l && !p.payload);
    d[1] = 4;
    CHECK(xh_ces_packet_parse(&p, d, 4, 8, 0) == 0);
    d[1] = 5;
    CHECK(xh_ces_packet_parse(&p, d, 4, 8, 0) == -EBADMSG);
    d[0] = 0;
    d[1] = 0x40;                        /* FRG */
    CHECK(xh_ces_packet_parse(&p, d, n, 8, 0) == -EBADMSG);
    d[1] = 0;
    d[0] = 0x10;                        /* an associated channel */
    CHECK(xh_ces_packet_parse(&p, d, n, 8, 0) == -EBADMSG);
    d[0] = 0x03;                        /* M = 11: signalling */
    CHECK(xh_ces_packet_parse(&p, d, n, 8, 0) == -EBADMSG);
    memset(d, 0, sizeof d);
    d[0] = 0x80;
    d[3] = d[15] = 7;
    CHECK(xh_ces_packet_parse(&p, d, n + 12, 8, 1) == 0 && p.sequence == 7);
    d[15] = 8;
    CHECK(xh_ces_packet_parse(&p, d, n + 12, 8, 1) == -EBADMSG);
    d[15] = 7;
    d[0] = 0x40;
    CHECK(xh_ces_packet_parse(&p, d, n + 12, 8, 1) == -EBADMSG);
}

/* Two spans over loopback; blocks that are no multiple of the packet. */
static void test_sockets(int rtp)
{
    struct xh_ces_params a = {.idle = IDLE, .local = "127.0.0.1:41871", .remote = "127.0.0.1:41872", .frames = 27,
                              .jitter_ms = 10, .rtp = rtp}, b = a;
    int err = 0;
    b.local = a.remote;
    b.remote = a.local;
    struct xh_span *x = xh_ces_new(&a, &err), *y = xh_ces_new(&b, &err);
    CHECK(x && y);
    CHECK(!xh_ces_new(&a, &err) && err == EADDRINUSE);
    CHECK(x->ops->start(x) == 0 && y->ops->start(y) == 0);
    struct xh_span_status st;
    int64_t next = 0;
    for (int k = 0; k < 300; k++) {
        for (int t = 1; t < XH_TIMESLOTS; t++)
            for (int i = 0; i < 80; i++)
                block[t][i] = octet_of(k * 80 + i, t);
        CHECK(x->ops->write(x, block[0], XH_CES_BLOCK_MAX, 80, XH_ALL_TIMESLOTS) == 0);
        if (!y->ops->read(y, block[0], XH_CES_BLOCK_MAX, 80, XH_ALL_TIMESLOTS)) {
            CHECK(holds(next, 80));
            next += 80;
        }
    }
    y->ops->status(y, &st);
    CHECK(next >= 290 * 80 && !(st.lost | st.underruns | st.malformed | st.rejected));
    CHECK(st.alarms == XH_ALARM_RAI);   /* for y sends nothing, x sees LOS and says so */
    x->ops->stop(x);
    x->ops->free(x);
    y->ops->free(y);
}

static uint64_t sent_frames(struct xh_span *s)
{
    struct xh_span_status st;
    s->ops->status(s, &st);
    return st.frames_tx;
}

/* Paced: one packet every F frames, exactly, whatever the block; the octets are the same.  Every tenth block nobody asks
 * between the writes, then all has left with the next. */
static void test_paced(int frames, int tick)
{
    struct xh_ces_params a = {.idle = IDLE, .local = "127.0.0.1:41875", .remote = "127.0.0.1:41876", .frames = frames,
                              .jitter_ms = 20}, b = a;
    int err = 0;
    b.local = a.remote;
    b.remote = a.local;
    struct xh_span *x = xh_ces_new(&a, &err), *y = xh_ces_new(&b, &err);
    CHECK(x && y && x->ops->start(x) == 0 && y->ops->start(y) == 0);
    int64_t next = 0, last = -1;
    x->paced = 1;
    for (int k = 0; k < 300; k++) {
        for (int t = 1; t < XH_TIMESLOTS; t++)
            for (int i = 0; i < tick; i++)
                block[t][i] = octet_of(k * tick + i, t);
        uint64_t before = sent_frames(x);
        CHECK(x->ops->write(x, block[0], XH_CES_BLOCK_MAX, tick, XH_ALL_TIMESLOTS) == 0);
        for (int at = 0; k % 10 != 9 && at < tick; at++) {
            int ask = at ? x->ops->send_due(x, at) : 1;
            uint64_t after = sent_frames(x);
            CHECK(after - before <= (uint64_t)frames || (at == 0 && k % 10 == 0));
            if (after != before) {
                CHECK(last < 0 || k % 10 == 0 || k * tick + at - last == frames);
                last = k * tick + at;
            }
            CHECK(!at || ask == 0 || ask > at);
            before = after;
        }
        CHECK(k % 10 == 9 || x->ops->send_due(x, tick) == 0);
        if (!y->ops->read(y, block[0], XH_CES_BLOCK_MAX, tick, XH_ALL_TIMESLOTS)) {
            CHECK(holds(next, tick));
            next += tick;
        }
    }
    CHECK(next > 250 * tick);
    x->ops->stop(x);
    CHECK(sent_frames(x) > (uint64_t)(300 * tick - frames));
    x->ops->free(x);
    y->ops->free(y);
}

static void test_parameters(void)
{
    struct xh_ces_params good = {.idle = IDLE, .local = "127.0.0.1:41873", .remote = "127.0.0.1:41874", .frames = 8,
                                 .jitter_ms = 10};
    static const char *const bad[] = {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "host:1",
                                      "127.0.0.1:4x", "[::1]:41874", "[::1:3", "127.0.0.1:-1", NULL};
    int err = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct xh_ces_params p = good;
        p.remote = bad[i];
        CHECK(!xh_ces_new(&p, &err) && err == EINVAL);
    }
    for (int i = 0; i < 4; i++) {
        struct xh_ces_params p = good;
        p.frames = i == 0 ? 7 : i == 1 ? 41 : 8;
        p.jitter_ms = i == 2 ? 0 : i == 3 ? 501 : 10;
        CHECK(!xh_ces_new(&p, &err) && err == EINVAL);
    }
}

int main(void)
{
    test_in_order(40, 160, 80);
    test_in_order(8, 80, 160);
    test_in_order(27, 100, 40);
    test_reordered_and_duplicated();
    test_lost_and_late();
    test_stall();
    test_outage();
    test_silence();
    test_restart(20000);
    test_restart(-30000);
    test_restart(10);
    test_restart(-10);
    test_restart(-3);
    test_drift(0);
    test_drift(1);
    test_overrun();
    test_bits();
    test_parse();
    test_sockets(0);
    test_sockets(1);
    test_paced(40, 80);
    test_paced(8, 80);
    test_paced(27, 80);
    test_paced(32, 160);
    test_paced(40, 40);
    test_parameters();
    return 0;
}
