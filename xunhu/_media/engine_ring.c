/* Rings of the shared region: one producer, one consumer, C11 atomics (engine_shm.h says who trusts whom). */
#include "engine_shm.h"

#include <errno.h>
#include <string.h>

#define LOAD(p) atomic_load_explicit(&(p), memory_order_acquire)
#define STORE(p, v) atomic_store_explicit(&(p), (v), memory_order_release)

int xh_commands_put(struct xh_shm *m, const struct xh_command *c, uint32_t n)
{
    uint32_t head = LOAD(m->commands_at.head), used = head - LOAD(m->commands_at.tail);
    if (used > XH_COMMANDS || n > XH_COMMANDS - used)
        return -EAGAIN;
    for (uint32_t i = 0; i < n; i++)
        m->commands[(head + i) % XH_COMMANDS] = c[i];
    STORE(m->commands_at.head, head + n);
    return 0;
}

int xh_commands_get(struct xh_shm *m, uint32_t *tail, struct xh_command *out)
{
    uint32_t head = LOAD(m->commands_at.head), used = head - *tail;
    int r = used != 0;
    if (used > XH_COMMANDS) {
        *tail = head;
        r = -EPROTO;
    } else if (used) {
        memcpy(out, &m->commands[*tail % XH_COMMANDS], sizeof *out);
        *tail += 1;
    }
    STORE(m->commands_at.tail, *tail);          /* always: whoever wrote over it, this mends it */
    return r;
}

uint32_t xh_events_room(struct xh_shm *m, uint32_t head)
{
    uint32_t used = head - LOAD(m->events_at.tail);
    if (used <= XH_EVENTS)
        return XH_EVENTS - used;
    STORE(m->events_at.tail, head);
    STORE(m->events_at.head, head);
    return XH_EVENTS;
}

void xh_events_put(struct xh_shm *m, uint32_t *head, const struct xh_event *e)
{
    m->events[*head % XH_EVENTS] = *e;
    *head += 1;
    STORE(m->events_at.head, *head);
}

int xh_events_get(struct xh_shm *m, struct xh_event *out)
{
    uint32_t head = LOAD(m->events_at.head), tail = LOAD(m->events_at.tail), used = head - tail;
    if (!used)
        return 0;
    if (used > XH_EVENTS) {
        STORE(m->events_at.tail, head);
        return 0;
    }
    memcpy(out, &m->events[tail % XH_EVENTS], sizeof *out);
    STORE(m->events_at.tail, tail + 1);
    return 1;
}

void xh_events_discard(struct xh_shm *m)
{
    STORE(m->events_at.tail, LOAD(m->events_at.head));
}

static void ring_write(struct xh_frame_ring *r, uint32_t at, const uint8_t *from, uint32_t n)
{
    at %= XH_LINK_OCTETS;
    uint32_t first = XH_LINK_OCTETS - at < n ? XH_LINK_OCTETS - at : n;
    memcpy(r->octets + at, from, first);
    memcpy(r->octets, from + first, n - first);
}

static void ring_read(const struct xh_frame_ring *r, uint32_t at, uint8_t *to, uint32_t n)
{
    at %= XH_LINK_OCTETS;
    uint32_t first = XH_LINK_OCTETS - at < n ? XH_LINK_OCTETS - at : n;
    memcpy(to, r->octets + at, first);
    memcpy(to + first, r->octets, n - first);
}

int xh_frames_put(struct xh_frame_ring *r, uint32_t *own, const uint8_t *frame, size_t len)
{
    const uint8_t head[2] = {(uint8_t)len, (uint8_t)(len >> 8)};
    if (len == 0 || len > XH_FRAME_MAX)
        return -EMSGSIZE;
    uint32_t used = *own - LOAD(r->at.tail);
    if (used > XH_LINK_OCTETS) {
        STORE(r->at.tail, *own);
        used = 0;
    }
    if (len + 2 > XH_LINK_OCTETS - used)
        return -EAGAIN;
    ring_write(r, *own, head, 2);
    ring_write(r, *own + 2, frame, (uint32_t)len);
    *own += (uint32_t)len + 2;
    STORE(r->at.head, *own);
    return 0;
}

/* What the other side has written may change under us: the length is read once, and nothing but it decides. */
int xh_frames_get(struct xh_frame_ring *r, uint32_t *own, uint8_t *frame, size_t room)
{
    uint32_t head = LOAD(r->at.head), used = head - *own;
    int result = used ? -EPROTO : 0;
    if (used > XH_LINK_OCTETS || used < 3) {
        *own = head;
    } else {
        uint8_t two[2];
        ring_read(r, *own, two, 2);
        uint32_t len = two[0] | (uint32_t)two[1] << 8;
        if (len == 0 || len > XH_FRAME_MAX || len + 2 > used) {
            *own = head;
        } else {
            if (len <= room) {
                ring_read(r, *own + 2, frame, len);
                result = (int)len;
            }
            *own += len + 2;
        }
    }
    STORE(r->at.tail, *own);
    return result;
}

uint32_t xh_frames_waiting(const struct xh_frame_ring *r, uint32_t head)
{
    uint32_t used = head - LOAD(r->at.tail);
    return used > XH_LINK_OCTETS ? 0 : used;
}

uint32_t xh_frames_taken(const struct xh_frame_ring *r)
{
    return LOAD(r->at.tail);
}

void xh_frames_discard(struct xh_frame_ring *r, uint32_t *own)
{
    *own = LOAD(r->at.head);
    STORE(r->at.tail, *own);
}

void xh_frames_sync(struct xh_frame_ring *r, uint32_t *head, uint32_t *tail)
{
    if (head)
        *head = LOAD(r->at.head);
    if (tail)
        *tail = LOAD(r->at.tail);
}

uint64_t xh_links_waiting(struct xh_shm *m, int word)
{
    return atomic_exchange(&m->links_waiting[word], 0);
}

void xh_row_begin(uint32_t *sequence)
{
    __atomic_store_n(sequence, *sequence + 1, __ATOMIC_RELAXED);
    __atomic_thread_fence(__ATOMIC_RELEASE);
}

void xh_row_end(uint32_t *sequence)
{
    __atomic_store_n(sequence, *sequence + 1, __ATOMIC_RELEASE);
}

void xh_row_read(const uint32_t *sequence, const void *row, void *out, size_t size)
{
    for (int tries = 0; tries < 1000; tries++) {
        uint32_t before = __atomic_load_n(sequence, __ATOMIC_ACQUIRE);
        memcpy(out, row, size);
        __atomic_thread_fence(__ATOMIC_ACQUIRE);
        if (!(before & 1) && __atomic_load_n(sequence, __ATOMIC_RELAXED) == before)
            return;
    }
}

void xh_wake_clear(struct xh_shm *m)
{
    atomic_store(&m->wake, 0);
}
