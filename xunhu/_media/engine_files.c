/* Slots of players and recorders, and the file side when nobody else does it: under the virtual clock, and at the end. */
#include "engine_files.h"

#include <errno.h>
#include <string.h>

#define PUMPS_A_PASS 32

/* -- slots: the tick's side ----------------------------------------------------------------- */

int xh_slot_peek(const struct xh_pool *pool)
{
    return pool->nfree ? pool->free[pool->nfree - 1] : -ENOSPC;
}

void xh_slot_take(struct xh_engine *e, struct xh_pool *pool, uint32_t slot)
{
    pool->nfree--;
    if (slot >= atomic_load_explicit(&pool->high, memory_order_relaxed))
        atomic_store_explicit(&pool->high, slot + 1, memory_order_release);
    atomic_store_explicit(&pool->state[slot], XH_SLOT_ACTIVE, memory_order_release);
    e->kick = 1;
}

void xh_slot_leave(struct xh_engine *e, struct xh_pool *pool, uint32_t slot)
{
    atomic_store_explicit(&pool->state[slot], XH_SLOT_LEAVING, memory_order_release);
    e->kick = 1;
}

void xh_slots_collect(struct xh_pool *pool)
{
    uint32_t head = atomic_load_explicit(&pool->back_head, memory_order_acquire);
    while (pool->back_tail != head)
        pool->free[pool->nfree++] = pool->back[pool->back_tail++ % XH_PLAYERS];
}

int xh_pool_port_check(const struct xh_engine *e, uint32_t port)
{
    if (port < XH_LINE_PORTS || port >= XH_MAX_PORTS)
        return -EINVAL;
    return e->port[port].kind == XH_PORT_FREE ? 0 : -EBUSY;
}

void xh_files_collect(struct xh_engine *e)
{
    xh_slots_collect(&e->players);
    xh_slots_collect(&e->recorders);
    xh_recorders_collect(e);
    int stuck = (int)atomic_load_explicit(&e->lanes.stuck, memory_order_relaxed);
    if (stuck != e->stuck_told) {
        xh_engine_emit(e, (struct xh_event){.type = XH_EV_FILES, .a0 = stuck, .a1 = e->stuck_told});
        e->stuck_told = stuck;
    }
}

/* -- keys that stop ------------------------------------------------------------------ */

int xh_keys_check(const struct xh_engine *e, int key_port, int mask)
{
    if (key_port == 0)
        return mask ? -EINVAL : 0;
    if (key_port < 0 || key_port > XH_MAX_PORTS || mask < 1 || mask > 0xffff)
        return -EINVAL;
    return e->port[key_port - 1].kind == XH_PORT_FREE ? -ENOENT : 0;
}

void xh_keys_add(struct xh_engine *e, uint32_t port, int key_port, int mask)
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

void xh_keys_remove(struct xh_engine *e, struct xh_port *p)
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
    xh_keys_remove(e, p);
    while (p->key_first != XH_NONE)
        xh_keys_remove(e, &e->port[p->key_first]);
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

/* -- items: the file side ------------------------------------------------------------------------ */

static struct xh_pool *pool_of(struct xh_engine *e, uint32_t item)
{
    return item < XH_PLAYERS ? &e->players : &e->recorders;
}

static int state_of(const struct xh_engine *e, uint32_t item)
{
    const struct xh_pool *pool = item < XH_PLAYERS ? &e->players : &e->recorders;
    return atomic_load_explicit(&pool->state[item % XH_PLAYERS], memory_order_acquire);
}

int xh_item_leaving(const struct xh_engine *e, uint32_t item)
{
    return state_of(e, item) == XH_SLOT_LEAVING;
}

int xh_item_active(const struct xh_engine *e, uint32_t item)
{
    return state_of(e, item) != XH_SLOT_FREE;
}

int xh_item_wants(struct xh_engine *e, uint32_t item)
{
    return item < XH_PLAYERS ? xh_player_wants(xh_player_at(e, item)) : xh_recorder_wants(xh_recorder_at(e, item - XH_PLAYERS));
}

int xh_item_holds(struct xh_engine *e, uint32_t item)
{
    return item < XH_PLAYERS ? xh_player_holds(xh_player_at(e, item)) : xh_recorder_holds(xh_recorder_at(e, item - XH_PLAYERS));
}

int xh_item_pump(struct xh_engine *e, uint32_t item)
{
    return item < XH_PLAYERS ? xh_player_pump(xh_player_at(e, item)) : xh_recorder_pump(xh_recorder_at(e, item - XH_PLAYERS));
}

const char *xh_item_where(struct xh_engine *e, uint32_t item, char *path, size_t room)
{
    return item < XH_PLAYERS ? xh_player_where(xh_player_at(e, item), path, room) : xh_recorder_where(xh_recorder_at(e, item - XH_PLAYERS));
}

void xh_item_release(struct xh_engine *e, uint32_t item)
{
    if (item < XH_PLAYERS)
        xh_player_release(xh_player_at(e, item));
    else
        xh_recorder_release(xh_recorder_at(e, item - XH_PLAYERS));
}

void xh_item_give_back(struct xh_engine *e, uint32_t item)
{
    struct xh_pool *pool = pool_of(e, item);
    uint32_t head = atomic_load_explicit(&pool->back_head, memory_order_relaxed);
    atomic_store_explicit(&pool->state[item % XH_PLAYERS], XH_SLOT_FREE, memory_order_relaxed);
    pool->back[head % XH_PLAYERS] = (uint16_t)(item % XH_PLAYERS);
    atomic_store_explicit(&pool->back_head, head + 1, memory_order_release);
}

/* -- the file side without workers --------------------------------------------------------------------- */

static int pump(struct xh_engine *e, uint32_t item)
{
    int did = 0;
    if (xh_item_leaving(e, item)) {
        xh_item_release(e, item);
        xh_item_give_back(e, item);
        return 1;
    }
    while (did < PUMPS_A_PASS && !xh_lanes_avoid(e, item) && xh_item_pump(e, item))
        did++;
    return did != 0;
}

int xh_files_pump(struct xh_engine *e)
{
    int did = 0;
    uint32_t players = atomic_load_explicit(&e->players.high, memory_order_acquire);
    uint32_t recorders = atomic_load_explicit(&e->recorders.high, memory_order_acquire);
    for (uint32_t i = 0; i < players; i++)
        if (xh_item_active(e, i) && !xh_lanes_avoid(e, i))
            did |= pump(e, i);
    for (uint32_t i = 0; i < recorders; i++)
        if (xh_item_active(e, XH_PLAYERS + i) && !xh_lanes_avoid(e, XH_PLAYERS + i))
            did |= pump(e, XH_PLAYERS + i);
    atomic_fetch_add_explicit(&e->shm->stats.file_passes, 1, memory_order_relaxed);
    return did;
}
