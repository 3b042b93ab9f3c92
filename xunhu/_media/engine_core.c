/* Life of the engine, its ports, its events. */
#include "engine_private.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* Zero pages, given by the kernel when they are first touched: the pools cost nothing until they are used. */
void *xh_pages(size_t bytes)
{
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

void xh_stack_of(uint16_t *free, uint32_t *n, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        free[i] = (uint16_t)(count - 1 - i);
    *n = count;
}

static int pool_new(struct xh_pool *pool, size_t each, uint32_t count)
{
    pool->each = (each + 63) & ~(size_t)63;
    pool->count = count;
    pool->bytes = pool->each * count;
    pool->memory = xh_pages(pool->bytes);
    xh_stack_of(pool->free, &pool->nfree, count);
    return pool->memory ? 0 : -ENOMEM;
}

int xh_pools_new(struct xh_engine *e)
{
    if (pool_new(&e->players, xh_player_size(), XH_PLAYERS) || pool_new(&e->recorders, xh_recorder_size(), XH_RECORDERS))
        return -ENOMEM;
    xh_stack_of(e->tone_free, &e->ntone_free, XH_TONES);
    return xh_detectors_new(e) || xh_echoes_new(e) || xh_levels_new(e) || xh_conceals_new(e) || xh_conferences_new(e) || xh_rtps_new(e) ? -ENOMEM : 0;
}

void xh_pools_free(struct xh_engine *e)
{
    if (e->players.memory)
        munmap(e->players.memory, e->players.bytes);
    if (e->recorders.memory)
        munmap(e->recorders.memory, e->recorders.bytes);
    xh_rtps_free(e);
    xh_conferences_free(e);
    xh_detectors_free(e);
    xh_echoes_free(e);
    xh_levels_free(e);
    xh_conceals_free(e);
}

static void ports_init(struct xh_engine *e)
{
    for (uint32_t i = 0; i < XH_MAX_PORTS; i++) {
        struct xh_port *p = &e->port[i];
        p->first_in = p->first_out = XH_NO_XPOINT;
        p->slot = p->detector = p->meter = p->level_in = p->level_out = XH_NONE;
        p->key_port = p->key_first = p->key_next = p->key_prev = XH_NONE;
        p->cas = -1;
    }
    e->xpoint_free = XH_NO_XPOINT;
}

static struct xh_engine *without(struct xh_engine *e)
{
    xh_workers_free(e);
    xh_fetch_free(e->fetch);
    xh_pools_free(e);
    if (e->shm)
        xh_shm_unmap(e->shm);
    if (e->memfd >= 0)
        close(e->memfd);
    if (e->eventfd >= 0)
        close(e->eventfd);
    munmap(e, e->bytes);
    return NULL;
}

struct xh_engine *xh_engine_new(const struct xh_span_spec *specs, int n, int tick_ms, int law, int threads, int shared, int *err)
{
    struct xh_engine *e = xh_pages(sizeof *e);
    if (!e) {
        *err = ENOMEM;
        return NULL;
    }
    e->bytes = sizeof *e;
    e->memfd = e->eventfd = e->rtp.epoll = -1;
    e->samples = tick_ms * XH_RATE / 1000;
    e->law = law;
    xh_lanes_init(e);
    *err = ENOMEM;
    e->shm = xh_shm_new(shared ? &e->memfd : NULL, err);
    const struct xh_fetch_limits limits = XH_FETCH_DEFAULTS;
    e->fetch = xh_fetch_new(&limits);
    if (!e->shm || !e->fetch || xh_pools_new(e))
        return without(e);
    e->shm->tick_samples = (uint32_t)e->samples;
    e->shm->law = (uint32_t)law;
    e->shm->pid = (uint32_t)getpid();
    e->control = !shared;
    e->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (e->eventfd < 0) {
        *err = errno;
        return without(e);
    }
    *err = -xh_workers_new(e, threads);
    if (*err)
        return without(e);
    ports_init(e);
    xh_kernels_init(&e->kernels);
    e->pretend_permille = -1;
    e->plan.stale = 1;
    xh_lines_open(e, specs, n);
    return e;
}

void xh_engine_free(struct xh_engine *e)
{
    for (uint32_t port = XH_LINE_PORTS; port < XH_MAX_PORTS; port++) {
        if (e->port[port].kind == XH_PORT_PLAYER)
            xh_player_end(e, port, XH_END_STOPPED);
        else if (e->port[port].kind == XH_PORT_RECORDER)
            xh_recorder_end(e, port, XH_END_STOPPED);
    }
    do {
        xh_files_collect(e);
    } while (xh_files_pump(e));
    xh_files_collect(e);
    xh_lines_close(e);
    if (xh_lanes_lost(e))
        return;         /* a thread sleeps in the kernel with one of our files: what it will touch when it wakes must stay */
    without(e);
}

/* What the old control had sent is done before the new one comes: refusals of it are then among what is discarded. */
static void let_commands_pass(struct xh_engine *e)
{
    const struct timespec nap = {.tv_nsec = 2000000};
    uint64_t first = atomic_load(&e->shm->stats.ticks);
    for (int i = 0; i < 100 && e->thread.running && atomic_load(&e->shm->stats.ticks) - first < 2; i++)
        nanosleep(&nap, NULL);
}

void xh_engine_attach(struct xh_engine *e)
{
    let_commands_pass(e);
    xh_events_discard(e->shm);
    for (int i = 0; i < XH_MAX_LINKS; i++) {
        uint32_t tail;
        xh_frames_discard(&e->shm->link_rx[i], &tail);
    }
    xh_wake_clear(e->shm);
    atomic_fetch_add(&e->shm->epoch, 1);
    atomic_fetch_add(&e->attached, 1);
    atomic_store(&e->control, 1);
}

void xh_engine_detach(struct xh_engine *e)
{
    atomic_store(&e->control, 0);
}

/* -- events ---------------------------------------------------------------------- */

static void put_lost(struct xh_engine *e)
{
    struct xh_event ev = {.type = XH_EV_LOST_EVENTS, .sample = e->now};
    ev.a0 = e->events_lost > INT32_MAX ? INT32_MAX : (int32_t)e->events_lost;
    xh_events_put(e->shm, &e->event_head, &ev);
    e->events_lost = 0;
    e->produced = 1;
}

void xh_engine_emit(struct xh_engine *e, struct xh_event ev)
{
    uint32_t room = xh_events_room(e->shm, e->event_head);
    if (room < (e->events_lost ? 2u : 1u)) {
        e->events_lost++;
        atomic_fetch_add_explicit(&e->shm->stats.events_lost, 1, memory_order_relaxed);
        return;
    }
    if (e->events_lost)
        put_lost(e);
    if (!ev.sample)
        ev.sample = e->now;
    xh_events_put(e->shm, &e->event_head, &ev);
    atomic_fetch_add_explicit(&e->shm->stats.events, 1, memory_order_relaxed);
    e->produced = 1;
}

void xh_engine_emit_lost(struct xh_engine *e)
{
    uint32_t attached = atomic_load(&e->attached);
    if (attached != e->attached_seen) {         /* what was lost was the old control's */
        e->attached_seen = attached;
        e->events_lost = 0;
    }
    if (e->events_lost && xh_events_room(e->shm, e->event_head))
        put_lost(e);
}

/* -- ports ------------------------------------------------------------------------ */

void xh_port_show(struct xh_engine *e, uint32_t port)
{
    const struct xh_port *p = &e->port[port];
    struct xh_port_row *row = &e->shm->ports[port];
    xh_row_begin(&row->reserved);
    row->kind = p->kind;
    row->detect = p->detect;
    row->tag = p->tag;
    row->opened = p->opened;
    row->cas_rx = p->cas < 0 ? UINT32_MAX : (uint32_t)p->cas;
    if (p->meter == XH_NONE)
        row->rms_in_dbm0x10 = row->peak_in_dbm0x10 = row->rms_out_dbm0x10 = row->peak_out_dbm0x10 = INT16_MIN;
    memset(row->sources, 0, sizeof row->sources);
    uint32_t x = p->first_in;
    for (int i = 0; i < 4 && x != XH_NO_XPOINT; i++, x = e->xpoint[x].next_in)
        row->sources[i] = e->xpoint[x].source + 1u;
    xh_row_end(&row->reserved);
}

void xh_port_open(struct xh_engine *e, uint32_t port, int kind, uint64_t tag)
{
    struct xh_port *p = &e->port[port];
    p->kind = (uint8_t)kind;
    p->detect = 0;
    p->ending = p->reason = p->meter_ticks = p->country = p->r2_four = p->echo = p->conceal = 0;
    p->cas = -1;
    p->tag = tag;
    p->opened = e->now;
    e->open[port / 64] |= 1ull << port % 64;
    e->ports_open++;
    memset(e->linear[port], 0, sizeof e->linear[port]);
    e->shm->ports[port].samples = 0;
    e->plan.stale = 1;
    xh_port_show(e, port);
}

void xh_port_free(struct xh_engine *e, uint32_t port)
{
    struct xh_port *p = &e->port[port];
    xh_disconnect_all(e, port);
    xh_keys_drop(e, port);
    xh_detectors_give_back(e, p);
    xh_levels_give_back(e, port);
    if (p->kind == XH_PORT_TONE) {
        e->tone_free[e->ntone_free++] = p->slot;
        e->tones_open--;
    }
    if (p->kind == XH_PORT_CONFERENCE)
        xh_conference_give_back(e, p);
    if (port < XH_LINE_PORTS)
        xh_echo_end(e, port);
    if (p->kind == XH_PORT_RTP)
        xh_rtp_end(e, port);
    if (port < XH_TS_PORTS) {
        struct xh_line *line = xh_line_of(e, port);
        xh_conceal_end(e, port);
        line->mask &= ~(1u << port % XH_TIMESLOTS);
        memset(e->tx[port / XH_TIMESLOTS][port % XH_TIMESLOTS], line->idle, XH_TICK_MAX);
    }
    uint64_t tag = p->tag;
    p->kind = XH_PORT_FREE;
    p->detect = p->ending = 0;
    p->slot = XH_NONE;
    p->cas = -1;
    p->tag = p->opened = 0;
    e->open[port / 64] &= ~(1ull << port % 64);
    e->ports_open--;
    e->plan.stale = 1;
    xh_port_show(e, port);
    xh_engine_emit(e, (struct xh_event){.type = XH_EV_CLOSED, .port = port, .tag = tag});
}
