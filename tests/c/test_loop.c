// sources: xunhu/_e1/loop.c xunhu/_e1/span.c
/* Two spans back to back: octets, CAS bits, alarms, and what happens when one end is slow. */
#include "span_private.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)
#define ROOM 320

static uint8_t out[XH_TIMESLOTS][ROOM], in[XH_TIMESLOTS][ROOM];

static void make(int seed, int n)
{
    for (int t = 0; t < XH_TIMESLOTS; t++)
        for (int i = 0; i < n; i++)
            out[t][i] = (uint8_t)(seed + t * 3 + i);
}

static int is_made(int seed, int n, uint32_t mask, uint8_t idle)
{
    for (int t = 1; t < XH_TIMESLOTS; t++)
        for (int i = 0; i < n; i++)
            if (in[t][i] != (mask >> t & 1 ? (uint8_t)(seed + t * 3 + i) : idle))
                return 0;
    return 1;
}

static int rd(struct xh_span *s, int n, uint32_t mask)
{
    return s->ops->read(s, in[0], ROOM, n, mask);
}

static int wr(struct xh_span *s, int n, uint32_t mask)
{
    return s->ops->write(s, out[0], ROOM, n, mask);
}

static struct xh_span_status status(struct xh_span *s)
{
    struct xh_span_status st;
    s->ops->status(s, &st);
    return st;
}

static void test_octets(struct xh_span *a, struct xh_span *b)
{
    memset(in, 0xee, sizeof in);
    CHECK(rd(a, 80, XH_ALL_TIMESLOTS) == 0 && rd(b, 80, XH_ALL_TIMESLOTS) == 0);
    CHECK(in[1][0] == 0xd5 && in[31][79] == 0xd5 && in[0][0] == 0xee && in[1][80] == 0xee);
    for (int k = 0; k < 100; k++) {
        int n = k < 50 ? 80 : k < 80 ? 160 : 40;
        make(k, n);
        CHECK(wr(a, n, XH_ALL_TIMESLOTS) == 0);
        make(k + 100, n);
        CHECK(wr(b, n, XH_ALL_TIMESLOTS & ~2u) == 0);
        CHECK(rd(b, n, XH_ALL_TIMESLOTS & ~8u) == 0 && is_made(k, n, XH_ALL_TIMESLOTS & ~8u, 0xd5));
        CHECK(rd(a, n, XH_ALL_TIMESLOTS) == 0 && is_made(k + 100, n, XH_ALL_TIMESLOTS & ~2u, 0xd5));
    }
    struct xh_span_status st = status(a);
    CHECK(st.running && st.alarms == 0 && st.underruns == 0 && st.overruns == 0);
    CHECK(st.frames_tx == 50 * 80 + 30 * 160 + 20 * 40 && st.frames_rx == st.frames_tx);
}

static void test_slow_end(struct xh_span *a, struct xh_span *b)
{
    for (int k = 0; k < 10; k++) {
        make(k, 80);
        CHECK(wr(a, 80, XH_ALL_TIMESLOTS) == 0);
    }
    CHECK(status(b).overruns > 0);
    while (status(b).underruns == 0)
        CHECK(rd(b, 80, XH_ALL_TIMESLOTS) == 0);
    CHECK(is_made(0, 80, 0, 0xd5));
    CHECK(wr(a, 321, XH_ALL_TIMESLOTS) == -EINVAL);
}

static void test_cas(struct xh_span *a, struct xh_span *b)
{
    CHECK(b->ops->cas_read(b, 1) == 0xd);
    CHECK(a->ops->cas_write(a, 1, 0x9) == 0);
    CHECK(rd(b, 80, 2) == 0 && b->ops->cas_read(b, 1) == 0xd);
    CHECK(wr(a, 80, 2) == 0 && rd(b, 80, 2) == 0 && b->ops->cas_read(b, 1) == 0x9);
    CHECK(b->ops->cas_read(b, 2) == 0xd && a->ops->cas_read(a, 1) == 0xd);
    CHECK(a->ops->cas_write(a, 0, 1) == -EINVAL && a->ops->cas_write(a, 32, 1) == -EINVAL);
    CHECK(a->ops->cas_write(a, 1, 16) == -EINVAL && a->ops->cas_read(a, 32) == -EINVAL);
}

static void test_alarms(struct xh_span *a, struct xh_span *b)
{
    make(7, 80);
    CHECK(xh_loop_cut(a, 1) == 0);
    CHECK(wr(a, 80, XH_ALL_TIMESLOTS) == -ENETDOWN);
    CHECK(rd(b, 80, XH_ALL_TIMESLOTS) == -ENETDOWN && is_made(0, 80, 0, 0xd5));
    CHECK(status(a).alarms == XH_ALARM_LOS && status(b).alarms == XH_ALARM_LOS);
    CHECK(xh_loop_cut(b, 0) == 0 && status(a).alarms == 0);
    CHECK(a->ops->send_rai(a, 1) == 0 && status(b).alarms == 0);
    CHECK(wr(a, 80, XH_ALL_TIMESLOTS) == 0 && rd(b, 80, XH_ALL_TIMESLOTS) == 0);
    CHECK(status(b).alarms == XH_ALARM_RAI && is_made(7, 80, XH_ALL_TIMESLOTS, 0xd5));
    CHECK(a->ops->send_rai(a, 0) == 0 && wr(a, 80, 0) == 0 && rd(b, 80, 0) == 0 && status(b).alarms == 0);
    CHECK(xh_loop_alarm(b, XH_ALARM_AIS) == 0 && status(b).alarms == XH_ALARM_AIS && status(a).alarms == 0);
    CHECK(wr(a, 80, XH_ALL_TIMESLOTS) == 0 && rd(b, 80, XH_ALL_TIMESLOTS) == -ENETDOWN && is_made(0, 80, 0, 0xd5));
    CHECK(xh_loop_alarm(b, 0) == 0 && status(b).alarms == 0);
}

int main(void)
{
    struct xh_loop_params pa = {.number = 3, .idle = 0xd5}, pb = {.number = 4, .idle = 0xd5};
    struct xh_span *a, *b;
    CHECK(xh_loop_pair_new(&pa, &pb, &a, &b) == 0);
    CHECK(a->number == 3 && b->number == 4);
    CHECK(a->ops->start(a) == 0);
    CHECK(status(a).alarms == XH_ALARM_LOS);    /* nobody at the far end yet */
    CHECK(b->ops->start(b) == 0 && status(a).alarms == 0);
    test_octets(a, b);
    test_cas(a, b);
    test_alarms(a, b);
    test_slow_end(a, b);
    b->ops->stop(b);
    CHECK(status(a).alarms == XH_ALARM_LOS);
    b->ops->free(b);
    CHECK(rd(a, 80, XH_ALL_TIMESLOTS) == -ENETDOWN);
    a->ops->free(a);
    return 0;
}
