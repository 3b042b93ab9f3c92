/* One tick: read all lines, decode, detect, play, mix, encode, record, write all lines.
 *
 * A key heard in this tick has stopped its player before the player is asked for this tick's samples.  What one span
 * sends another hears in the same tick; what a pool port plays is heard in the same tick, its own detectors (if any)
 * look at it one tick later. */
#include "engine_private.h"

#include <string.h>
#include <unistd.h>

static void decode(struct xh_engine *e)
{
    size_t n = (size_t)e->samples;
    for (uint32_t i = 0; i < e->plan.decodes; i++) {
        const struct xh_op_decode *op = &e->plan.decode[i];
        if (op->law == 'A')
            xh_alaw_decode(op->out, op->octets, n);
        else
            xh_ulaw_decode(op->out, op->octets, n);
    }
}

/* What a destination hears of a term: the source, or a conference without the destination's own contribution. */
static const int16_t *heard(const struct xh_engine *e, const struct xh_term *term, int16_t *block)
{
    const struct xh_party *party = term->party ? &e->plan.party[term->party - 1] : NULL;
    if (!party || !party->own)
        return term->in;
    e->mixer.minus(block, term->in, party->conference->rest, party->own, (size_t)e->samples);
    return block;
}

/* The terms of one track (-1: all) to `out`; returns out, or the only source itself where nothing is to be changed. */
static const int16_t *mix(const struct xh_engine *e, const struct xh_op_mix *op, int track, int16_t *out)
{
    const struct xh_term *term = &e->plan.term[op->first], *one = NULL, *two = NULL;
    size_t n = (size_t)e->samples;
    uint32_t count = 0;
    int plain = 1;
    for (uint32_t i = 0; i < op->count; i++) {
        if (track >= 0 && term[i].track != track)
            continue;
        plain &= term[i].gain == XH_GAIN_UNITY;
        two = one;
        one = &term[i];
        count++;
    }
    if (count == 1 && plain)
        return heard(e, one, out);
    int16_t first[XH_TICK_MAX], second[XH_TICK_MAX];
    if (count == 2 && plain) {
        e->kernels.mix_two(out, heard(e, one, first), heard(e, two, second), n);
        return out;
    }
    int32_t acc[XH_TICK_MAX] = {0};
    for (uint32_t i = 0; i < op->count; i++)
        if (track < 0 || term[i].track == track)
            e->kernels.mix_add(acc, heard(e, &term[i], first), term[i].gain, n);
    e->kernels.mix_out(out, acc, n);
    return out;
}

/* The octets all listeners share, where somebody who talks into the conference, and hears nothing else, is not among those summed. */
static const uint8_t *shared(const struct xh_engine *e, const struct xh_op_mix *op)
{
    const struct xh_term *term = &e->plan.term[op->first];
    if (op->count != 1 || !term->party || term->gain != XH_GAIN_UNITY || op->meter != XH_NONE || op->level)
        return NULL;
    const struct xh_party *party = &e->plan.party[term->party - 1];
    return party->own ? NULL : party->octets;
}

static void send(struct xh_engine *e, const struct xh_op_mix *op, const int16_t *out)
{
    size_t n = (size_t)e->samples;
    if (op->port >= XH_TS_PORTS) {
        memcpy(xh_rtp_out(e, op->port), out, n * sizeof *out);
    } else {
        uint8_t *octets = e->tx[op->port / XH_TIMESLOTS][op->port % XH_TIMESLOTS];
        if (xh_line_of(e, op->port)->law == 'A')
            xh_alaw_encode(octets, out, n);
        else
            xh_ulaw_encode(octets, out, n);
    }
    if (op->meter != XH_NONE)
        e->kernels.meter(&e->meters[op->meter].out, out, n);
}

static void mix_lines(struct xh_engine *e)
{
    int16_t block[XH_TICK_MAX];
    size_t n = (size_t)e->samples;
    for (uint32_t i = 0; i < e->plan.copies; i++)
        memcpy(e->plan.copy[i].to, e->plan.copy[i].from, n);
    for (uint32_t i = 0; i < e->plan.mixes; i++) {
        const struct xh_op_mix *op = &e->plan.mix[i];
        const uint8_t *same = shared(e, op);
        if (same) {
            memcpy(e->tx[op->port / XH_TIMESLOTS][op->port % XH_TIMESLOTS], same, n);
            continue;
        }
        const int16_t *out = mix(e, op, -1, block);
        if (op->level)
            xh_level_hold(e, op->level - 1u, out);
        else
            send(e, op, out);
    }
    xh_levels_out(e);
    for (uint32_t i = 0; i < e->plan.mixes && e->level[XH_SIDE_OUT]->vad; i++)
        if (e->plan.mix[i].level)
            send(e, &e->plan.mix[i], xh_level_held(e, e->plan.mix[i].level - 1u));
}

static void mix_recorders(struct xh_engine *e)
{
    int16_t left[XH_TICK_MAX], right[XH_TICK_MAX];
    size_t n = (size_t)e->samples;
    for (uint32_t i = 0; i < e->plan.recs; i++) {
        const struct xh_op_mix *op = &e->plan.rec[i];
        int two = e->recorder[e->port[op->port].slot].tracks == 2;
        const int16_t *l = mix(e, op, two ? 0 : -1, left), *r = two ? mix(e, op, 1, right) : NULL;
        if (op->meter != XH_NONE) {
            e->kernels.meter(&e->meters[op->meter].out, l, n);
            if (r)
                e->kernels.meter(&e->meters[op->meter].out, r, n);
        }
        xh_recorder_run(e, op->port, l, r);
    }
}

static void meter_window_ends(struct xh_engine *e, const struct xh_op_meter *op)
{
    struct xh_port *p = &e->port[op->port];
    struct xh_meters *m = &e->meters[op->meter];
    struct xh_port_row *row = &e->shm->ports[op->port];
    uint64_t samples = (uint64_t)p->meter_ticks * (uint64_t)e->samples;
    int tracks = p->kind == XH_PORT_RECORDER && e->recorder[p->slot].tracks == 2 ? 2 : 1;
    xh_row_begin(&row->reserved);
    row->rms_in_dbm0x10 = op->in ? xh_meter_rms_dbm0x10(&m->in, samples) : INT16_MIN;
    row->peak_in_dbm0x10 = op->in ? xh_meter_peak_dbm0x10(&m->in) : INT16_MIN;
    row->rms_out_dbm0x10 = xh_meter_rms_dbm0x10(&m->out, samples * (uint64_t)tracks);
    row->peak_out_dbm0x10 = xh_meter_peak_dbm0x10(&m->out);
    xh_row_end(&row->reserved);
    memset(m, 0, sizeof *m);
    p->meter_ticks = 0;
}

static void meters(struct xh_engine *e)
{
    size_t n = (size_t)e->samples;
    for (uint32_t i = 0; i < e->plan.meters; i++) {
        const struct xh_op_meter *op = &e->plan.meter[i];
        struct xh_port *p = &e->port[op->port];
        if (p->kind == XH_PORT_FREE || p->meter != op->meter)
            continue;
        if (op->in)
            e->kernels.meter(&e->meters[op->meter].in, op->in, n);
        if (op->out)
            e->kernels.meter(&e->meters[op->meter].out, op->out, n);
        if (++p->meter_ticks * e->samples >= XH_METER_MS * XH_RATE / 1000)
            meter_window_ends(e, op);
    }
}

#define SHOW(field, value) atomic_store_explicit(&e->shm->stats.field, (value), memory_order_relaxed)

static void publish(struct xh_engine *e)
{
    SHOW(ticks, e->ticks);
    SHOW(sample, e->now);
    SHOW(ports_open, e->ports_open);
    SHOW(players, e->plan.players);
    SHOW(recorders, e->plan.recs);
    SHOW(tones, e->tones_open);
    SHOW(crosspoints, e->xpoints);
    SHOW(detectors, e->detectors_open);
    SHOW(links_open, e->links_open);
    for (int i = 0; i < 2; i++) {
        if (e->links_waiting[i])
            atomic_fetch_or(&e->shm->links_waiting[i], e->links_waiting[i]);
        e->links_waiting[i] = 0;
    }
    xh_engine_emit_lost(e);
    if (e->produced && e->eventfd >= 0 && !atomic_exchange(&e->shm->wake, 1)) {
        uint64_t one = 1;
        if (write(e->eventfd, &one, sizeof one) < 0)
            SHOW(wake_failed, 1);       /* EAGAIN: the counter is full, so control is awake */
    }
    e->produced = 0;
}

static void tick_body(struct xh_engine *e)
{
    xh_files_collect(e);
    xh_rtps_collect(e);
    xh_lines_read(e);
    if (e->plan.stale)
        xh_plan_make(e);
    xh_conceals_run(e);
    decode(e);
    xh_rtps_hear(e);
    xh_links_read(e);
    xh_echoes_run(e);
    xh_levels_in(e);
    xh_detectors_run(e);
    if (e->plan.stale)
        xh_plan_make(e);
    xh_players_run(e);
    xh_senders_run(e);
    xh_conferences_run(e);
    mix_lines(e);
    xh_rtps_say(e);
    xh_echoes_sent(e);
    mix_recorders(e);
    xh_tracks_run(e);
    meters(e);
    xh_links_write(e);
    xh_lines_write(e);
    xh_lines_watch(e);
    e->now += (uint64_t)e->samples;
    e->ticks++;
    publish(e);
}

void xh_engine_tick(struct xh_engine *e)
{
    xh_commands_run(e);
    tick_body(e);
}

static void files_now(struct xh_engine *e)
{
    while (xh_files_pump(e))
        ;
    e->kick = 0;
}

void xh_engine_tick_virtual(struct xh_engine *e)
{
    xh_commands_run(e);
    files_now(e);
    xh_lines_hand(e);
    if (e->now >= e->retry_at + XH_RATE) {
        e->retry_at = e->now;
        xh_lines_retry(e);
    }
    tick_body(e);
    files_now(e);
    if (e->pretend_permille >= 0)
        xh_engine_load(e, (uint32_t)e->pretend_permille, e->pretend_late);
}

void xh_engine_load(struct xh_engine *e, uint32_t permille, int late)
{
    int change = xh_load_tick(&e->load, permille, late);
    int load = (int)(e->load.load_q8 >> 8);
    SHOW(load_permille, (uint32_t)load);
    SHOW(overload, e->load.overloaded);
    if (change != XH_LOAD_SAME)
        xh_engine_emit(e, (struct xh_event){.type = XH_EV_OVERLOAD, .a0 = change == XH_LOAD_BEGINS, .a1 = load});
    if (late) {
        e->late_ticks++;
        e->late_since++;
        SHOW(late_ticks, e->late_ticks);
    }
    if (e->late_since && e->now - e->late_told >= XH_RATE) {
        xh_engine_emit(e, (struct xh_event){.type = XH_EV_LATE, .a0 = (int32_t)e->late_since});
        e->late_since = 0;
        e->late_told = e->now;
    }
}
