/* Players and recorders: commands and tick on one side, the files on the other.
 *
 * A slot is ACTIVE from the command until the tick lets it go (LEAVING); the file side then closes what is open and gives
 * the number back through a ring.  A recorder stays with its port until its file is whole, so that XH_EV_RECORDED tells
 * the truth and the port number is not taken again too soon. */
#include "engine_private.h"

#include <errno.h>
#include <string.h>

#define PUMPS_A_PASS 32

/* -- slots -------------------------------------------------------------------------- */

static int slot_peek(const struct xh_pool *pool)
{
    return pool->nfree ? pool->free[pool->nfree - 1] : -ENOSPC;
}

static void slot_take(struct xh_engine *e, struct xh_pool *pool, uint32_t slot)
{
    pool->nfree--;
    if (slot >= atomic_load_explicit(&pool->high, memory_order_relaxed))
        atomic_store_explicit(&pool->high, slot + 1, memory_order_release);
    atomic_store_explicit(&pool->state[slot], XH_SLOT_ACTIVE, memory_order_release);
    e->kick = 1;
}

static void slot_leave(struct xh_engine *e, struct xh_pool *pool, uint32_t slot)
{
    atomic_store_explicit(&pool->state[slot], XH_SLOT_LEAVING, memory_order_release);
    e->kick = 1;
}

static void slots_collect(struct xh_pool *pool)
{
    uint32_t head = atomic_load_explicit(&pool->back_head, memory_order_acquire);
    while (pool->back_tail != head)
        pool->free[pool->nfree++] = pool->back[pool->back_tail++ % XH_PLAYERS];
}

static void slot_give_back(struct xh_pool *pool, uint32_t slot)         /* file side */
{
    uint32_t head = atomic_load_explicit(&pool->back_head, memory_order_relaxed);
    atomic_store_explicit(&pool->state[slot], XH_SLOT_FREE, memory_order_relaxed);
    pool->back[head % XH_PLAYERS] = (uint16_t)slot;
    atomic_store_explicit(&pool->back_head, head + 1, memory_order_release);
}

/* -- keys that stop ------------------------------------------------------------------ */

static int check_keys(const struct xh_engine *e, int key_port, int mask)
{
    if (key_port == 0)
        return mask ? -EINVAL : 0;
    if (key_port < 0 || key_port > XH_MAX_PORTS || mask < 1 || mask > 0xffff)
        return -EINVAL;
    return e->port[key_port - 1].kind == XH_PORT_FREE ? -ENOENT : 0;
}

static void keys_add(struct xh_engine *e, uint32_t port, int key_port, int mask)
{
    if (!key_port)
        return;
    struct xh_port *p = &e->port[port], *k = &e->port[key_port - 1];
    p->key_port = (uint16_t)(key_port - 1);
    p->key_mask = (uint16_t)mask;
    p->key_prev = XH_NONE;
    p->key_next = k->key_first;
    if (k->key_first != XH_NONE)
        e->port[k->key_first].key_prev = (uint16_t)port;
    k->key_first = (uint16_t)port;
}

static void keys_remove(struct xh_engine *e, struct xh_port *p)
{
    if (p->key_port == XH_NONE)
        return;
    if (p->key_prev != XH_NONE)
        e->port[p->key_prev].key_next = p->key_next;
    else
        e->port[p->key_port].key_first = p->key_next;
    if (p->key_next != XH_NONE)
        e->port[p->key_next].key_prev = p->key_prev;
    p->key_port = p->key_next = p->key_prev = XH_NONE;
}

void xh_keys_drop(struct xh_engine *e, uint32_t port)
{
    struct xh_port *p = &e->port[port];
    keys_remove(e, p);
    while (p->key_first != XH_NONE)
        keys_remove(e, &e->port[p->key_first]);
}

void xh_keys(struct xh_engine *e, uint32_t port, int digit)
{
    int bit = xh_digit_bit(digit);
    if (bit < 0)
        return;
    uint32_t at = e->port[port].key_first;
    while (at != XH_NONE) {
        struct xh_port *p = &e->port[at];
        uint32_t next = p->key_next;
        if (p->key_mask >> bit & 1) {
            if (p->kind == XH_PORT_PLAYER)
                xh_player_end(e, at, XH_END_KEY);
            else
                xh_recorder_end(e, at, XH_END_KEY);
        }
        at = next;
    }
}

/* -- players --------------------------------------------------------------------------- */

static int check_pool_port(const struct xh_engine *e, uint32_t port)
{
    if (port < XH_TS_PORTS || port >= XH_MAX_PORTS)
        return -EINVAL;
    return e->port[port].kind == XH_PORT_FREE ? 0 : -EBUSY;
}

int xh_play(struct xh_engine *e, const struct xh_command *c)
{
    int r = check_pool_port(e, c->port), keep = c->a0 & XH_PLAY_KEEP;
    if (!r && ((c->a0 & ~(XH_PLAY_LOOP | XH_PLAY_KEEP)) || c->a1 < 0 || c->a1 > 32767 || c->a2 < 0))
        r = -EINVAL;
    if (!r)
        r = check_keys(e, c->a3, c->a4);
    if (r)
        return r;
    int slot = slot_peek(&e->players);
    if (slot < 0)
        return slot;
    struct xh_player *player = xh_player_at(e, (uint32_t)slot);
    struct xh_player_params params = {
        .loop = (c->a0 & XH_PLAY_LOOP) != 0, .loops = c->a2, .keep = keep != 0, .gain_q12 = c->a1,
    };
    r = xh_player_init(player, &params);
    if (!r && (c->payload_len || !keep))
        r = xh_player_add(player, (const char *)c->payload, c->payload_len);
    if (r)
        return r;
    slot_take(e, &e->players, (uint32_t)slot);
    e->player[slot] = (struct xh_player_slot){.keep = keep != 0, .announced = !c->payload_len};
    xh_port_open(e, c->port, XH_PORT_PLAYER, c->tag);
    e->port[c->port].slot = (uint16_t)slot;
    keys_add(e, c->port, c->a3, c->a4);
    return 0;
}

static int check_player(const struct xh_engine *e, uint32_t port)
{
    if (port < XH_TS_PORTS || port >= XH_MAX_PORTS)
        return -EINVAL;
    return e->port[port].kind == XH_PORT_PLAYER ? 0 : -ENOENT;
}

int xh_play_more(struct xh_engine *e, const struct xh_command *c)
{
    int r = check_player(e, c->port);
    if (r)
        return r;
    uint32_t slot = e->port[c->port].slot;
    r = xh_player_add(xh_player_at(e, slot), (const char *)c->payload, c->payload_len);
    if (!r) {
        e->player[slot].announced = 0;
        e->kick = 1;
    }
    return r;
}

int xh_pause(struct xh_engine *e, uint32_t port, int on)
{
    int r = check_player(e, port);
    if (!r)
        e->player[e->port[port].slot].paused = (uint8_t)on;
    return r;
}

static void tell_played(struct xh_engine *e, uint32_t port, int reason)
{
    struct xh_player_state s;
    xh_player_state(xh_player_at(e, e->port[port].slot), &s);
    struct xh_event ev = {.type = XH_EV_PLAYED, .port = port, .tag = e->port[port].tag, .a0 = reason, .a1 = s.file,
                          .a2 = s.error, .samples = s.samples};
    if (reason == XH_END_DONE && s.error)
        ev.a0 = XH_END_ERROR;
    xh_engine_emit(e, ev);
}

void xh_player_end(struct xh_engine *e, uint32_t port, int reason)
{
    uint32_t slot = e->port[port].slot;
    tell_played(e, port, reason);
    xh_port_free(e, port);
    slot_leave(e, &e->players, slot);
}

/* The list is through: a player that keeps waits for more, unless a file has failed. */
static void player_done(struct xh_engine *e, uint32_t port, const struct xh_player_state *s)
{
    struct xh_player_slot *slot = &e->player[e->port[port].slot];
    if (!slot->keep || s->error) {
        xh_player_end(e, port, XH_END_DONE);
    } else if (!slot->announced) {
        tell_played(e, port, XH_END_DONE);
        slot->announced = 1;
    }
}

void xh_players_run(struct xh_engine *e)
{
    for (uint32_t i = 0; i < e->plan.players; i++) {
        uint32_t port = e->plan.player_port[i], slot = e->port[port].slot;
        if (e->port[port].kind != XH_PORT_PLAYER)
            continue;
        int16_t *out = e->linear[port];
        struct xh_player *player = xh_player_at(e, slot);
        if (e->player[slot].paused) {
            memset(out, 0, (size_t)e->samples * sizeof *out);
            continue;
        }
        int n = xh_player_read(player, out, e->samples);
        struct xh_player_state s;
        xh_player_state(player, &s);
        __atomic_store_n(&e->shm->ports[port].samples, s.samples, __ATOMIC_RELAXED);
        if (n < e->samples && s.done)
            player_done(e, port, &s);
    }
}

/* -- recorders --------------------------------------------------------------------------- */

static uint64_t samples_of(int ms)
{
    return (uint64_t)ms * (XH_RATE / 1000);
}

int xh_record(struct xh_engine *e, const struct xh_command *c)
{
    char path[XH_PAYLOAD + 1];
    int r = check_pool_port(e, c->port);
    if (!r && (c->a2 < 0 || c->a3 < 0 || !c->payload_len || memchr(c->payload, 0, c->payload_len)))
        r = -EINVAL;
    if (!r)
        r = check_keys(e, c->a4, c->a5);
    if (r)
        return r;
    int slot = slot_peek(&e->recorders);
    if (slot < 0)
        return slot;
    memcpy(path, c->payload, c->payload_len);
    path[c->payload_len] = 0;
    struct xh_recorder_params params = {.tracks = c->a0, .format = c->a1};
    r = xh_recorder_init(xh_recorder_at(e, (uint32_t)slot), &params, path);
    if (r)
        return r;
    slot_take(e, &e->recorders, (uint32_t)slot);
    e->recorder[slot] = (struct xh_recorder_slot){
        .tracks = (uint8_t)c->a0, .longest = samples_of(c->a2), .silence = samples_of(c->a3)};
    e->recorder_port[slot] = (uint16_t)c->port;
    xh_port_open(e, c->port, XH_PORT_RECORDER, c->tag);
    e->port[c->port].slot = (uint16_t)slot;
    keys_add(e, c->port, c->a4, c->a5);
    return 0;
}

void xh_recorder_end(struct xh_engine *e, uint32_t port, int reason)
{
    struct xh_port *p = &e->port[port];
    if (p->ending)
        return;
    p->ending = 1;
    p->reason = (uint8_t)reason;
    e->recorders_ending++;
    keys_remove(e, p);
    xh_disconnect_all(e, port);
    xh_recorder_finish(xh_recorder_at(e, p->slot));
    e->kick = 1;
    e->plan.stale = 1;
    xh_port_show(e, port);
}

static int is_sound(const struct xh_engine *e, const int16_t *in, int n)
{
    struct xh_meter m = {0};
    e->kernels.meter(&m, in, (size_t)n);
    return m.squares > (uint64_t)n * XH_SILENCE_RMS * XH_SILENCE_RMS;
}

/* right NULL: one track */
void xh_recorder_run(struct xh_engine *e, uint32_t port, const int16_t *left, const int16_t *right)
{
    struct xh_port *p = &e->port[port];
    if (p->kind != XH_PORT_RECORDER || p->ending)
        return;
    struct xh_recorder_slot *slot = &e->recorder[p->slot];
    int n = e->samples;
    if (slot->longest && slot->samples + (uint64_t)n > slot->longest)
        n = (int)(slot->longest - slot->samples);
    int r = xh_recorder_write(xh_recorder_at(e, p->slot), left, right, n);
    slot->samples += (uint64_t)n;
    __atomic_store_n(&e->shm->ports[port].samples, slot->samples, __ATOMIC_RELAXED);
    if (r < 0 && r != -ENOBUFS) {
        xh_recorder_end(e, port, XH_END_ERROR);
    } else if (slot->longest && slot->samples >= slot->longest) {
        xh_recorder_end(e, port, XH_END_LONGEST);
    } else if (slot->silence) {
        slot->silent = is_sound(e, left, n) || (right && is_sound(e, right, n)) ? 0 : slot->silent + (uint64_t)n;
        if (slot->silent >= slot->silence)
            xh_recorder_end(e, port, XH_END_SILENCE);
    }
}

static void recorder_done(struct xh_engine *e, uint32_t port, const struct xh_recorder_state *s)
{
    const struct xh_port *p = &e->port[port];
    uint32_t slot = p->slot;
    struct xh_event ev = {.type = XH_EV_RECORDED, .port = port, .tag = p->tag, .a0 = p->reason, .a2 = s->error,
                          .samples = s->samples};
    if (s->error)
        ev.a0 = XH_END_ERROR;
    e->recorders_ending--;
    xh_engine_emit(e, ev);
    xh_port_free(e, port);
    slot_leave(e, &e->recorders, slot);
}

void xh_files_collect(struct xh_engine *e)
{
    slots_collect(&e->players);
    slots_collect(&e->recorders);
    if (!e->recorders_ending)
        return;
    uint32_t high = atomic_load_explicit(&e->recorders.high, memory_order_relaxed);
    for (uint32_t slot = 0; slot < high; slot++) {
        uint32_t port = e->recorder_port[slot];
        const struct xh_port *p = &e->port[port];
        if (atomic_load_explicit(&e->recorders.state[slot], memory_order_relaxed) != XH_SLOT_ACTIVE || !p->ending ||
            p->slot != slot || p->kind != XH_PORT_RECORDER)
            continue;
        struct xh_recorder_state s;
        xh_recorder_state(xh_recorder_at(e, slot), &s);
        if (s.done)
            recorder_done(e, port, &s);
    }
}

/* -- the file side ------------------------------------------------------------------------- */

static int pump_player(struct xh_engine *e, uint32_t slot)
{
    struct xh_player *player = xh_player_at(e, slot);
    if (atomic_load_explicit(&e->players.state[slot], memory_order_acquire) == XH_SLOT_LEAVING) {
        xh_player_release(player);
        slot_give_back(&e->players, slot);
        return 1;
    }
    int did = 0;
    while (did < PUMPS_A_PASS && xh_player_pump(player))
        did++;
    return did != 0;
}

static int pump_recorder(struct xh_engine *e, uint32_t slot)
{
    struct xh_recorder *recorder = xh_recorder_at(e, slot);
    if (atomic_load_explicit(&e->recorders.state[slot], memory_order_acquire) == XH_SLOT_LEAVING) {
        xh_recorder_release(recorder);
        slot_give_back(&e->recorders, slot);
        return 1;
    }
    int did = 0;
    while (did < PUMPS_A_PASS && xh_recorder_pump(recorder))
        did++;
    return did != 0;
}

int xh_files_pump(struct xh_engine *e)
{
    int did = 0;
    uint32_t high = atomic_load_explicit(&e->players.high, memory_order_acquire);
    for (uint32_t i = 0; i < high; i++)
        if (atomic_load_explicit(&e->players.state[i], memory_order_acquire) != XH_SLOT_FREE)
            did |= pump_player(e, i);
    high = atomic_load_explicit(&e->recorders.high, memory_order_acquire);
    for (uint32_t i = 0; i < high; i++)
        if (atomic_load_explicit(&e->recorders.state[i], memory_order_acquire) != XH_SLOT_FREE)
            did |= pump_recorder(e, i);
    atomic_fetch_add_explicit(&e->shm->stats.file_passes, 1, memory_order_relaxed);
    return did;
}
