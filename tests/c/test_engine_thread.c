// sources: xunhu/_media/*.c xunhu/_e1/*.c
// libs: -lsoxr -lgsm -lmpg123 -lmp3lame -lcurl -lssl -lcrypto -lopus -lopencore-amrnb -ldl
/* The engine's two threads and a control as third: recordings and players come and go while the tick runs, frames go
 * over a link, a span is missing and tried again.  Meant for the sanitizers; nothing here depends on how fast it runs. */
#include "engine_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)
#define POOL XH_LINE_PORTS

static void nap(void)
{
    const struct timespec t = {.tv_nsec = 2000000};
    nanosleep(&t, NULL);
}

static void send(struct xh_engine *e, struct xh_command c, const char *payload)
{
    c.payload_len = (uint32_t)strlen(payload);
    memcpy(c.payload, payload, c.payload_len);
    while (xh_commands_put(e->shm, &c, 1) < 0)
        nap();
}

/* The next event of this kind; a busy machine may refuse for a while, then it is tried again by the caller. */
static struct xh_event wait_for(struct xh_engine *e, uint32_t type)
{
    struct xh_event ev;
    for (;;) {
        while (xh_events_get(e->shm, &ev))
            if (ev.type == type || ev.type == XH_EV_REFUSED)
                return ev;
        nap();
    }
}

static void record_and_play(struct xh_engine *e, const char *path, int round)
{
    struct xh_event ev;
    do {
        unlink(path);
        send(e, (struct xh_command){.op = XH_CMD_RECORD, .port = POOL, .a0 = 1 + round % 2, .a1 = round % 3, .a2 = 50}, path);
        ev = wait_for(e, XH_EV_RECORDED);
    } while (ev.type == XH_EV_REFUSED);
    CHECK(ev.a0 == XH_END_LONGEST && ev.samples == 400);
    do {
        send(e, (struct xh_command){.op = XH_CMD_PLAY, .port = POOL + 1, .a1 = XH_GAIN_UNITY}, path);
        ev = wait_for(e, XH_EV_PLAYED);
    } while (ev.type == XH_EV_REFUSED);
    CHECK(ev.a0 == XH_END_DONE && ev.samples == 400);
}

static void frames_go_over(struct xh_engine *e)
{
    uint32_t head = 0, tail = 0;
    uint8_t frame[8] = "a frame", got[XH_FRAME_MAX];
    send(e, (struct xh_command){.op = XH_CMD_LINK_OPEN, .a0 = 0, .a1 = 0, .a2 = 16}, "");
    send(e, (struct xh_command){.op = XH_CMD_LINK_OPEN, .a0 = 1, .a1 = 1, .a2 = 16}, "");
    for (int i = 0; i < 50; i++) {
        frame[7] = (uint8_t)i;
        while (xh_frames_put(&e->shm->link_tx[0], &head, frame, sizeof frame) < 0)
            nap();
        int n;
        while ((n = xh_frames_get(&e->shm->link_rx[1], &tail, got, sizeof got)) == 0)
            nap();
        CHECK(n == 8 && got[7] == i);
    }
}

int main(void)
{
    struct xh_span_spec specs[3] = {
        {.driver = XH_DRIVER_LOOP, .number = 0, .peer = 1, .law = 'A'},
        {.driver = XH_DRIVER_LOOP, .number = 1, .peer = 0, .law = 'A'},
        {.driver = XH_DRIVER_CES, .number = 2, .law = 'A', .local = "192.0.2.1:9", .remote = "127.0.0.1:9", .frames = 40,
         .jitter_ms = 20},
    };
    char path[64];
    int err = 0;
    snprintf(path, sizeof path, "/tmp/xunhu-test-engine-%d.wav", (int)getpid());
    struct xh_engine *e = xh_engine_new(specs, 3, 5, 'A', 2, 1, &err);
    CHECK(e);
    CHECK(xh_engine_start(e, 0) == 0);
    CHECK(xh_engine_start(e, 0) < 0);
    frames_go_over(e);
    for (int round = 0; round < 6; round++)
        record_and_play(e, path, round);
    struct xh_span_row row;
    xh_row_read(&e->shm->spans[2].sequence, &e->shm->spans[2], &row, sizeof row);
    CHECK(row.status.alarms == XH_ALARM_MISSING);
    xh_engine_attach(e);
    xh_engine_stop(e);
    xh_engine_stop(e);
    xh_engine_free(e);
    unlink(path);
    return 0;
}
