// sources: xunhu/_media/engine_ring.c xunhu/_media/engine_shm.c
/* Rings of the shared region: wrap of the indices, full and empty, indices and lengths made up by a hostile other side,
 * a writer that dies before its record is visible, and two threads at once. */
#include "engine_shm.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)

static struct xh_shm *fresh(void)
{
    int err = 0;
    struct xh_shm *m = xh_shm_new(NULL, &err);
    CHECK(m);
    return m;
}

static void commands_wrap_and_fill(void)
{
    struct xh_shm *m = fresh();
    uint32_t start = 0xffffff00u, tail = start;         /* so that the indices pass 2^32 */
    m->commands_at.head = m->commands_at.tail = start;
    struct xh_command c = {0}, out;
    for (uint64_t i = 0; i < XH_COMMANDS; i++) {
        c.tag = i;
        CHECK(xh_commands_put(m, &c, 1) == 0);
    }
    CHECK(xh_commands_put(m, &c, 1) == -EAGAIN);
    for (uint64_t i = 0; i < XH_COMMANDS; i++) {
        CHECK(xh_commands_get(m, &tail, &out) == 1);
        CHECK(out.tag == i);
    }
    CHECK(xh_commands_get(m, &tail, &out) == 0);
    struct xh_command many[3] = {{.tag = 7}, {.tag = 8}, {.tag = 9}};
    CHECK(xh_commands_put(m, many, 3) == 0);
    for (uint64_t i = 7; i < 10; i++)
        CHECK(xh_commands_get(m, &tail, &out) == 1 && out.tag == i);
    xh_shm_unmap(m);
}

static void several_commands_come_all_or_none(void)
{
    struct xh_shm *m = fresh();
    struct xh_command c[2] = {{0}, {0}};
    for (uint32_t i = 0; i < XH_COMMANDS - 1; i++)
        CHECK(xh_commands_put(m, c, 1) == 0);
    CHECK(xh_commands_put(m, c, 2) == -EAGAIN);
    CHECK(m->commands_at.head == XH_COMMANDS - 1);
    CHECK(xh_commands_put(m, c, 1) == 0);
    xh_shm_unmap(m);
}

static void writer_dies_half_way(void)
{
    struct xh_shm *m = fresh();
    uint32_t tail = 0;
    struct xh_command out;
    memset(&m->commands[0], 0xa5, 300);                 /* begun, head not moved */
    CHECK(xh_commands_get(m, &tail, &out) == 0);
    struct xh_command c = {.op = XH_CMD_CLOSE, .tag = 5};
    CHECK(xh_commands_put(m, &c, 1) == 0);              /* the next control begins where the head stands */
    CHECK(xh_commands_get(m, &tail, &out) == 1 && out.op == XH_CMD_CLOSE && out.tag == 5);
    xh_shm_unmap(m);
}

static void nonsense_indices_are_survived(void)
{
    struct xh_shm *m = fresh();
    uint32_t tail = 0, head = 0;
    struct xh_command out, c = {.tag = 3};
    struct xh_event ev = {.type = XH_EV_CLOSED}, got;
    m->commands_at.head = 0x80000000u;
    CHECK(xh_commands_get(m, &tail, &out) == -EPROTO);
    CHECK(xh_commands_get(m, &tail, &out) == 0);
    CHECK(xh_commands_put(m, &c, 1) == 0);
    CHECK(xh_commands_get(m, &tail, &out) == 1 && out.tag == 3);
    m->events_at.tail = 77777777u;                      /* ahead of the head */
    CHECK(xh_events_room(m, head) == XH_EVENTS);        /* dropped, and good again */
    CHECK(m->events_at.tail == head);
    m->events_at.head = 5;                              /* the engine's own index, written over by control */
    xh_events_discard(m);
    CHECK(xh_events_room(m, head) == XH_EVENTS);
    m->commands_at.tail = 99;
    CHECK(xh_commands_get(m, &tail, &out) == 0 && m->commands_at.tail == tail);
    xh_events_put(m, &head, &ev);
    CHECK(xh_events_get(m, &got) == 1 && got.type == XH_EV_CLOSED);
    m->events_at.tail = head + 9;
    CHECK(xh_events_get(m, &got) == 0);
    CHECK(m->events_at.tail == head);
    xh_shm_unmap(m);
}

static void events_wrap(void)
{
    struct xh_shm *m = fresh();
    uint32_t head = 0xfffffff0u;
    m->events_at.head = m->events_at.tail = head;
    struct xh_event ev = {.type = XH_EV_DIGIT}, got;
    for (uint32_t i = 0; i < XH_EVENTS; i++) {
        CHECK(xh_events_room(m, head) == XH_EVENTS - i);
        ev.samples = i;
        xh_events_put(m, &head, &ev);
    }
    CHECK(xh_events_room(m, head) == 0);
    for (uint32_t i = 0; i < XH_EVENTS; i++)
        CHECK(xh_events_get(m, &got) == 1 && got.samples == i);
    CHECK(xh_events_get(m, &got) == 0);
    xh_shm_unmap(m);
}

static void frames_are_checked(void)
{
    struct xh_shm *m = fresh();
    struct xh_frame_ring *r = &m->link_tx[5];
    uint32_t head = 0, tail = 0;
    uint8_t frame[XH_FRAME_MAX + 1] = {1, 2, 3}, out[XH_FRAME_MAX];
    CHECK(xh_frames_put(r, &head, frame, 0) == -EMSGSIZE);
    CHECK(xh_frames_put(r, &head, frame, XH_FRAME_MAX + 1) == -EMSGSIZE);
    head = tail = r->at.head = r->at.tail = 0xffffff00u;
    for (int round = 0; round < 10; round++) {          /* more than once around */
        uint32_t n = 0, octets = 0, len = 3 + 7 * (uint32_t)round;
        for (; xh_frames_put(r, &head, frame, len) == 0; n++) {
            octets += len + 2;
            CHECK(xh_frames_waiting(r, head) == octets);
            len = len % 280 + 1;
        }
        CHECK(octets <= XH_LINK_OCTETS && octets + len + 2 > XH_LINK_OCTETS);
        CHECK(xh_frames_put(r, &head, frame, len) == -EAGAIN);
        len = 3 + 7 * (uint32_t)round;
        for (uint32_t i = 0; i < n; i++) {
            CHECK(xh_frames_get(r, &tail, out, sizeof out) == (int)len && (len < 3 || out[2] == 3));
            CHECK(xh_frames_taken(r) == tail);
            len = len % 280 + 1;
        }
        CHECK(xh_frames_get(r, &tail, out, sizeof out) == 0 && xh_frames_waiting(r, head) == 0);
    }
    CHECK(xh_frames_put(r, &head, frame, 8) == 0);
    CHECK(xh_frames_get(r, &tail, out, 4) == -EPROTO);  /* longer than there is room */
    CHECK(xh_frames_put(r, &head, frame, 8) == 0);
    r->octets[(tail + 1) % XH_LINK_OCTETS] = 0xff;      /* a hostile length: nothing behind it can be found */
    CHECK(xh_frames_get(r, &tail, out, sizeof out) == -EPROTO && tail == head);
    CHECK(xh_frames_put(r, &head, frame, 8) == 0);
    r->octets[tail % XH_LINK_OCTETS] = 9;               /* more than there is */
    CHECK(xh_frames_get(r, &tail, out, sizeof out) == -EPROTO && tail == head);
    CHECK(xh_frames_put(r, &head, frame, 8) == 0);
    r->octets[tail % XH_LINK_OCTETS] = 0;
    CHECK(xh_frames_get(r, &tail, out, sizeof out) == -EPROTO && tail == head);
    r->at.head = head + 2;                              /* no room for a length and an octet */
    CHECK(xh_frames_get(r, &tail, out, sizeof out) == -EPROTO);
    r->at.head = head;
    CHECK(xh_frames_get(r, &tail, out, sizeof out) == -EPROTO);
    r->at.head = 1000000;                               /* a hostile head */
    CHECK(xh_frames_get(r, &tail, out, sizeof out) == -EPROTO);
    CHECK(xh_frames_get(r, &tail, out, sizeof out) == 0);
    head = tail;
    r->at.tail = 12345;                                 /* a hostile tail */
    CHECK(xh_frames_put(r, &head, frame, 8) == 0);
    CHECK(xh_frames_get(r, &tail, out, sizeof out) == 8);
    xh_shm_unmap(m);
}

static void row_of_a_dead_writer_can_be_read(void)
{
    struct xh_port_row row = {.kind = 2}, out;
    xh_row_begin(&row.reserved);
    row.kind = 3;
    xh_row_read(&row.reserved, &row, &out, sizeof out); /* comes back all the same */
    CHECK(out.kind == 3);
    xh_row_end(&row.reserved);
    CHECK(row.reserved == 2);
}

static void region_of_a_stranger_is_refused(void)
{
    int fd = -1, err = 0;
    struct xh_shm *m = xh_shm_new(&fd, &err);
    CHECK(m && fd >= 0);
    struct xh_shm *again = xh_shm_map(fd, &err);
    CHECK(again);
    xh_shm_unmap(again);
    CHECK(ftruncate(fd, 4096) < 0);                     /* sealed */
    m->version++;
    CHECK(!xh_shm_map(fd, &err) && err == EPROTO);
    xh_shm_unmap(m);
    close(fd);
    CHECK(!xh_shm_map(fd, &err) && err == EBADF);
}

#define MANY 200000u

static void *produce(void *arg)
{
    struct xh_shm *m = arg;
    struct xh_command c = {0};
    for (uint64_t i = 0; i < MANY;) {
        c.tag = i;
        c.a5 = (int32_t)i;
        i += xh_commands_put(m, &c, 1) == 0;
    }
    return NULL;
}

static void two_threads_lose_nothing(void)
{
    struct xh_shm *m = fresh();
    pthread_t t;
    uint32_t tail = 0;
    CHECK(pthread_create(&t, NULL, produce, m) == 0);
    struct xh_command out;
    for (uint64_t i = 0; i < MANY;) {
        int r = xh_commands_get(m, &tail, &out);
        CHECK(r >= 0);
        if (r == 0)
            continue;
        CHECK(out.tag == i && out.a5 == (int32_t)i);
        i++;
    }
    pthread_join(t, NULL);
    xh_shm_unmap(m);
}

int main(void)
{
    commands_wrap_and_fill();
    several_commands_come_all_or_none();
    writer_dies_half_way();
    nonsense_indices_are_survived();
    events_wrap();
    frames_are_checked();
    row_of_a_dead_writer_can_be_read();
    region_of_a_stranger_is_refused();
    two_threads_lose_nothing();
    return 0;
}
