/* Recorders: commands and tick.
 *
 * A recorder stays with its port until its file is whole, so that XH_EV_RECORDED tells the truth and the port number is not taken again too
 * soon; but no longer than XH_FINISH_SAMPLES: a file side that does not come back is told of as ETIMEDOUT, and what it still has to write
 * it writes when it comes back. */
#include "engine_files.h"

#include <errno.h>
#include <string.h>

#define SOUND_TICKS 2           /* on end, before it counts as sound: a click does not */

static uint64_t samples_of(int ms)
{
    return (uint64_t)ms * (XH_RATE / 1000);
}

static int path_of(const struct xh_command *c, char *path)
{
    if (!c->payload_len || memchr(c->payload, 0, c->payload_len))
        return -EINVAL;
    memcpy(path, c->payload, c->payload_len);
    path[c->payload_len] = 0;
    return 0;
}

static int check_record(const struct xh_engine *e, const struct xh_command *c)
{
    int flags = c->a6, armed = flags & XH_REC_ARMED;
    int r = xh_pool_port_check(e, c->port);
    if (r)
        return r;
    if (c->a2 < 0 || c->a3 < 0 || c->a7 < 0 || c->a8 < 0 || c->a9 < 0 || c->a9 > 3600 ||
        flags & ~(XH_REC_APPEND | XH_REC_CUT | XH_REC_ARMED) || (armed && c->payload_len))
        return -EINVAL;
    return xh_keys_check(e, c->a4, c->a5);
}

/* Octets that pre-roll takes from the memory all share. */
static uint64_t preroll_octets(const struct xh_recorder_params *params)
{
    return samples_of(params->preroll_ms) * 2 * (uint64_t)params->tracks;
}

static void tracks_close(struct xh_engine *e, struct xh_recorder_slot *slot)
{
    for (int i = 0; i < 2; i++) {
        if (slot->place[i] != XH_NONE)
            xh_track_close(e, slot->place[i]);
        slot->place[i] = XH_NONE;
    }
}

static int tracks_open(struct xh_engine *e, uint32_t port, struct xh_recorder_slot *slot)
{
    slot->place[0] = slot->place[1] = XH_NONE;
    for (int i = 0; slot->listens && i < slot->tracks; i++) {
        int place = xh_track_open(e, port);
        if (place < 0) {
            tracks_close(e, slot);
            return place;
        }
        slot->place[i] = (uint16_t)place;
    }
    return 0;
}

int xh_record(struct xh_engine *e, const struct xh_command *c)
{
    char path[XH_PAYLOAD + 1];
    int r = check_record(e, c), armed = c->a6 & XH_REC_ARMED;
    if (!r && !armed)
        r = path_of(c, path);
    if (r)
        return r;
    int index = xh_slot_peek(&e->recorders);
    if (index < 0)
        return index;
    struct xh_recorder_params params = {
        .tracks = c->a0, .format = c->a1, .append = (c->a6 & XH_REC_APPEND) != 0, .armed = armed != 0,
        .cut_silence = (c->a6 & XH_REC_CUT) != 0, .preroll_ms = c->a8, .sync_s = c->a9,
    };
    r = xh_recorder_init(xh_recorder_at(e, (uint32_t)index), &params, armed ? NULL : path);
    if (!r && e->preroll_octets + preroll_octets(&params) > XH_PREROLL_OCTETS)
        r = -ENOMEM;
    if (r)
        return r;
    struct xh_recorder_slot *slot = &e->recorder[index];
    *slot = (struct xh_recorder_slot){
        .tracks = (uint8_t)c->a0, .armed = armed != 0, .longest = samples_of(c->a2), .silence = samples_of(c->a3),
        .lead = samples_of(c->a7), .preroll = preroll_octets(&params), .listens = c->a3 || c->a7 || c->a6 & XH_REC_CUT};
    r = tracks_open(e, c->port, slot);
    if (r)
        return r;
    xh_slot_take(e, &e->recorders, (uint32_t)index);
    e->preroll_octets += slot->preroll;
    e->recorder_port[index] = (uint16_t)c->port;
    xh_port_open(e, c->port, XH_PORT_RECORDER, c->tag);
    e->port[c->port].slot = (uint16_t)index;
    xh_keys_add(e, c->port, c->a4, c->a5);
    return 0;
}

static int check_recorder(const struct xh_engine *e, uint32_t port)
{
    if (port < XH_LINE_PORTS || port >= XH_MAX_PORTS)
        return -EINVAL;
    return e->port[port].kind == XH_PORT_RECORDER && !e->port[port].ending ? 0 : -ENOENT;
}

int xh_record_start(struct xh_engine *e, const struct xh_command *c)
{
    char path[XH_PAYLOAD + 1];
    int r = check_recorder(e, c->port);
    if (!r)
        r = path_of(c, path);
    if (r)
        return r;
    struct xh_recorder_slot *slot = &e->recorder[e->port[c->port].slot];
    r = xh_recorder_start(xh_recorder_at(e, e->port[c->port].slot), path);
    if (r)
        return r;
    slot->armed = 0;
    slot->samples = slot->silent = 0;
    slot->heard = 0;
    e->kick = 1;
    return 0;
}

int xh_record_pause(struct xh_engine *e, const struct xh_command *c)
{
    int r = check_recorder(e, c->port);
    if (!r && (c->a0 < XH_REC_GO_ON || c->a0 > XH_REC_SILENCE))
        r = -EINVAL;
    if (!r)
        e->recorder[e->port[c->port].slot].paused = (uint8_t)c->a0;
    return r;
}

void xh_recorder_end(struct xh_engine *e, uint32_t port, int reason)
{
    struct xh_port *p = &e->port[port];
    if (p->ending)
        return;
    p->ending = 1;
    p->reason = (uint8_t)reason;
    e->recorders_ending++;
    e->recorder[p->slot].stalled = 0;
    xh_keys_remove(e, p);
    tracks_close(e, &e->recorder[p->slot]);
    xh_disconnect_all(e, port);
    xh_recorder_finish(xh_recorder_at(e, p->slot));
    e->kick = 1;
    e->plan.stale = 1;
    xh_port_show(e, port);
}

/* Was there sound in the tick before this one? */
static int sounded(struct xh_engine *e, uint16_t place, const int16_t *in)
{
    int sound = xh_track_sounds(e, place);
    xh_track_hear(e, place, in);
    return sound;
}

/* Silence before the first sound is judged by `lead` when that is set, all other by `silence`. 1: it has lasted too long. */
static int too_silent(struct xh_recorder_slot *slot)
{
    uint64_t most = !slot->heard && slot->lead ? slot->lead : slot->silence;
    return most && slot->silent >= most;
}

static void listen(struct xh_engine *e, uint32_t port, const int16_t *left, const int16_t *right, int n)
{
    struct xh_recorder_slot *slot = &e->recorder[e->port[port].slot];
    int sound = sounded(e, slot->place[0], left);
    if (right)
        sound |= sounded(e, slot->place[1], right);
    slot->sounding = (uint8_t)(sound ? slot->sounding + (slot->sounding < SOUND_TICKS) : 0);
    slot->silent += (uint64_t)n;
    if (slot->sounding >= SOUND_TICKS) {
        slot->heard = 1;
        slot->silent = (uint64_t)n;     /* since the tick before */
        xh_recorder_heard(xh_recorder_at(e, e->port[port].slot));
    }
}

/* Paused: left out, or silence in its place. The result of the write. */
static int take(struct xh_engine *e, uint32_t port, const int16_t *left, const int16_t *right, int n)
{
    struct xh_recorder_slot *slot = &e->recorder[e->port[port].slot];
    struct xh_recorder *r = xh_recorder_at(e, e->port[port].slot);
    if (slot->paused == XH_REC_LEAVE_OUT)
        return 0;
    if (slot->paused == XH_REC_SILENCE) {
        int e1 = xh_recorder_write(r, NULL, NULL, n);
        if (slot->listens)
            xh_recorder_heard(r);       /* what is masked belongs to the talk, and does not end it */
        slot->samples += (uint64_t)n;
        return e1;
    }
    int result = xh_recorder_write(r, left, right, n);
    slot->samples += (uint64_t)n;
    if (slot->listens && !slot->armed)
        listen(e, port, left, right, n);
    return result;
}

/* right NULL: one track */
void xh_recorder_run(struct xh_engine *e, uint32_t port, const int16_t *left, const int16_t *right)
{
    struct xh_port *p = &e->port[port];
    if (p->kind != XH_PORT_RECORDER || p->ending)
        return;
    struct xh_recorder_slot *slot = &e->recorder[p->slot];
    int n = e->samples;
    if (!slot->armed && slot->longest && slot->samples + (uint64_t)n > slot->longest)
        n = (int)(slot->longest - slot->samples);
    int r = take(e, port, left, right, n);
    __atomic_store_n(&e->shm->ports[port].samples, slot->armed ? 0 : slot->samples, __ATOMIC_RELAXED);
    slot->stalled = r == -ENOBUFS ? slot->stalled + (uint32_t)n : 0;
    if ((r < 0 && r != -ENOBUFS) || slot->stalled >= XH_STALL_SAMPLES) {
        xh_recorder_end(e, port, XH_END_ERROR);
        if (r == -ENOBUFS)
            slot->stalled = XH_STALL_SAMPLES;   /* it has waited long enough */
    } else if (!slot->armed && slot->longest && slot->samples >= slot->longest) {
        xh_recorder_end(e, port, XH_END_LONGEST);
    } else if (!slot->armed && too_silent(slot)) {
        xh_recorder_end(e, port, XH_END_SILENCE);
    }
}

static void recorder_done(struct xh_engine *e, uint32_t port, uint64_t samples, int error)
{
    const struct xh_port *p = &e->port[port];
    uint32_t index = p->slot;
    struct xh_event ev = {.type = XH_EV_RECORDED, .port = port, .tag = p->tag, .a0 = p->reason,
                          .a1 = e->recorder[index].heard, .a2 = error, .samples = samples};
    if (error)
        ev.a0 = XH_END_ERROR;
    e->recorders_ending--;
    e->preroll_octets -= e->recorder[index].preroll;
    xh_engine_emit(e, ev);
    xh_port_free(e, port);
    xh_slot_leave(e, &e->recorders, index);
}

void xh_recorders_collect(struct xh_engine *e)
{
    if (!e->recorders_ending)
        return;
    uint32_t high = atomic_load_explicit(&e->recorders.high, memory_order_relaxed);
    for (uint32_t index = 0; index < high; index++) {
        uint32_t port = e->recorder_port[index];
        const struct xh_port *p = &e->port[port];
        if (atomic_load_explicit(&e->recorders.state[index], memory_order_relaxed) != XH_SLOT_ACTIVE || !p->ending ||
            p->slot != index || p->kind != XH_PORT_RECORDER)
            continue;
        struct xh_recorder_slot *slot = &e->recorder[index];
        struct xh_recorder_state s;
        xh_recorder_state(xh_recorder_at(e, index), &s);
        slot->stalled += (uint32_t)e->samples;
        if (s.done)
            recorder_done(e, port, s.samples, s.error);
        else if (slot->stalled >= XH_FINISH_SAMPLES)
            recorder_done(e, port, s.samples, ETIMEDOUT);
    }
}
