/* Players: commands and tick. */
#include "engine_files.h"

#include <errno.h>
#include <string.h>

int xh_play(struct xh_engine *e, const struct xh_command *c)
{
    int r = xh_pool_port_check(e, c->port), keep = c->a0 & XH_PLAY_KEEP;
    if (!r && ((c->a0 & ~(XH_PLAY_LOOP | XH_PLAY_KEEP)) || c->a1 < 0 || c->a1 > 32767 || c->a2 < 0))
        r = -EINVAL;
    if (!r)
        r = xh_keys_check(e, c->a3, c->a4);
    if (r)
        return r;
    int slot = xh_slot_peek(&e->players);
    if (slot < 0)
        return slot;
    struct xh_player *player = xh_player_at(e, (uint32_t)slot);
    struct xh_player_params params = {
        .loop = (c->a0 & XH_PLAY_LOOP) != 0, .loops = c->a2, .keep = keep != 0, .gain_q12 = c->a1,
        .fetch = e->fetch,
    };
    r = xh_player_init(player, &params);
    if (!r && (c->payload_len || !keep))
        r = xh_player_add(player, (const char *)c->payload, c->payload_len);
    if (r)
        return r;
    xh_slot_take(e, &e->players, (uint32_t)slot);
    e->player[slot] = (struct xh_player_slot){.keep = keep != 0, .announced = !c->payload_len};
    xh_port_open(e, c->port, XH_PORT_PLAYER, c->tag);
    e->port[c->port].slot = (uint16_t)slot;
    xh_keys_add(e, c->port, c->a3, c->a4);
    return 0;
}

static int check_player(const struct xh_engine *e, uint32_t port)
{
    if (port < XH_LINE_PORTS || port >= XH_MAX_PORTS)
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

int xh_play_seek(struct xh_engine *e, const struct xh_command *c)
{
    int r = check_player(e, c->port);
    if (!r)
        r = xh_player_seek(xh_player_at(e, e->port[c->port].slot), (int64_t)c->a0 * (XH_RATE / 1000), c->a1);
    e->kick |= !r;
    return r;
}

int xh_play_skip(struct xh_engine *e, const struct xh_command *c)
{
    int r = check_player(e, c->port);
    if (r)
        return r;
    uint32_t slot = e->port[c->port].slot;
    r = xh_player_skip(xh_player_at(e, slot), c->a0);
    if (!r) {
        e->player[slot].announced = 0;
        e->kick = 1;
    }
    return r;
}

int xh_play_speed(struct xh_engine *e, const struct xh_command *c)
{
    int r = check_player(e, c->port);
    if (!r)
        xh_player_speed(xh_player_at(e, e->port[c->port].slot), c->a0);
    return r;
}

int xh_play_gain(struct xh_engine *e, const struct xh_command *c)
{
    int r = check_player(e, c->port);
    if (!r)
        xh_player_gain(xh_player_at(e, e->port[c->port].slot), c->a0);
    return r;
}

/* error: instead of the player's own */
static void tell_played(struct xh_engine *e, uint32_t port, int reason, int error)
{
    struct xh_player_state s;
    xh_player_state(xh_player_at(e, e->port[port].slot), &s);
    error = error ? error : s.error;
    struct xh_event ev = {.type = XH_EV_PLAYED, .port = port, .tag = e->port[port].tag, .a0 = reason, .a1 = s.file,
                          .a2 = error, .samples = s.samples};
    if (reason == XH_END_DONE && error)
        ev.a0 = XH_END_ERROR;
    xh_engine_emit(e, ev);
}

static void end_player(struct xh_engine *e, uint32_t port, int reason, int error)
{
    uint32_t slot = e->port[port].slot;
    tell_played(e, port, reason, error);
    xh_port_free(e, port);
    xh_slot_leave(e, &e->players, slot);
}

void xh_player_end(struct xh_engine *e, uint32_t port, int reason)
{
    end_player(e, port, reason, 0);
}

/* The list is through: a player that keeps waits for more, unless a file has failed. */
static void player_done(struct xh_engine *e, uint32_t port, const struct xh_player_state *s)
{
    struct xh_player_slot *slot = &e->player[e->port[port].slot];
    if (!slot->keep || s->error) {
        xh_player_end(e, port, XH_END_DONE);
    } else if (!slot->announced) {
        tell_played(e, port, XH_END_DONE, 0);
        slot->announced = 1;
    }
}

static void show(struct xh_engine *e, uint32_t port, const struct xh_player_state *s)
{
    struct xh_media_row *row = &e->shm->media[port];
    __atomic_store_n(&e->shm->ports[port].samples, s->samples, __ATOMIC_RELAXED);
    __atomic_store_n(&row->position, s->position, __ATOMIC_RELAXED);
    __atomic_store_n(&row->length, s->length, __ATOMIC_RELAXED);
    __atomic_store_n(&row->file, (uint32_t)s->file, __ATOMIC_RELAXED);
    __atomic_store_n(&row->speed, (uint32_t)s->speed, __ATOMIC_RELAXED);
}

void xh_players_run(struct xh_engine *e)
{
    for (uint32_t i = 0; i < e->plan.players; i++) {
        uint32_t port = e->plan.player_port[i], index = e->port[port].slot;
        if (e->port[port].kind != XH_PORT_PLAYER)
            continue;
        int16_t *out = e->linear[port];
        struct xh_player *player = xh_player_at(e, index);
        struct xh_player_slot *slot = &e->player[index];
        if (slot->paused) {
            memset(out, 0, (size_t)e->samples * sizeof *out);
            continue;
        }
        int n = xh_player_read(player, out, e->samples);
        struct xh_player_state s;
        xh_player_state(player, &s);
        show(e, port, &s);
        slot->starved = s.waiting && !n ? slot->starved + (uint32_t)e->samples : 0;
        if (n < e->samples && s.done)
            player_done(e, port, &s);
        else if (slot->starved >= XH_STALL_SAMPLES)
            end_player(e, port, XH_END_ERROR, ETIMEDOUT);
    }
}
