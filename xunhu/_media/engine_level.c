/* Level control and voice detectors of ports: see engine_level.h, level.h, vad.h.
 *
 * What comes in is levelled behind the echo canceller and before all who hear it, detectors and recorders among them; the voice detector
 * hears it as it was before. What goes out is levelled when it has been mixed, before it is encoded. So the octets of a timeslot that
 * is levelled are never copied. Recorders that mind silence hear their tracks through voice detectors, one tick late. */
#include "engine_private.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define CHUNK 4                 /* groups of eight that a thread takes at once */
#define SHOW_EVERY 16           /* ticks between two looks at a timeslot */
#define SILENCE (-420)          /* dBm0*10 */
#define OUT_OF_NOISE 60         /* dB*10 */
#define TONE_TICKS 10

_Static_assert(XH_PLACE_BLOCK == XH_TICK_MAX, "a block holds a tick");
_Static_assert(XH_PLACES >= 2 * XH_RECORDERS && XH_PLACES >= XH_LINE_PORTS, "places for both tracks of all recorders");

static const uint32_t PLACES[XH_SIDES] = {XH_DETECTORS, XH_LINE_PORTS, 2 * XH_RECORDERS};
/* A recording is over when nobody speaks; so soft a voice is none in a conversation, but may be the message itself. */
static const struct xh_vad_params RECORDED = {.quietest_dbm0 = -60, .hang_ms = 200};

int xh_levels_new(struct xh_engine *e)
{
    for (int i = 0; i < XH_SIDES; i++)
        if (!(e->level[i] = xh_pages(sizeof *e->level[i])))
            return -ENOMEM;
    return 0;
}

void xh_levels_free(struct xh_engine *e)
{
    for (int i = 0; i < XH_SIDES; i++) {
        struct xh_level_side *s = e->level[i];
        if (!s)
            continue;
        if (s->vad)
            munmap(s->vad, xh_vad_bank_size(PLACES[i]));
        if (s->level)
            munmap(s->level, xh_level_bank_size(PLACES[i]));
        if (s->block)
            munmap(s->block, PLACES[i] * sizeof *s->block);
        munmap(s, sizeof *s);
    }
}

/* A millisecond, once. */
static int begin(struct xh_level_side *s, int side)
{
    s->vad = xh_pages(xh_vad_bank_size(PLACES[side]));
    s->level = xh_pages(xh_level_bank_size(PLACES[side]));
    s->block = xh_pages(PLACES[side] * sizeof *s->block);
    if (s->vad && s->level && s->block) {
        xh_vad_bank_init(s->vad, PLACES[side], side == XH_SIDE_RECORD ? &RECORDED : NULL);
        xh_level_bank_init(s->level, PLACES[side]);
        return 0;
    }
    if (s->vad)
        munmap(s->vad, xh_vad_bank_size(PLACES[side]));
    if (s->level)
        munmap(s->level, xh_level_bank_size(PLACES[side]));
    if (s->block)
        munmap(s->block, PLACES[side] * sizeof *s->block);
    s->vad = NULL;
    s->level = NULL;
    s->block = NULL;
    return -ENOMEM;
}

/* -- places ------------------------------------------------------------------------ */

static uint8_t bit_of(uint32_t place)
{
    return (uint8_t)(1u << place % 8);
}

/* The lowest that is free, or -errno. */
static int take(struct xh_engine *e, int side, uint32_t port)
{
    struct xh_level_side *s = e->level[side];
    if (!s->vad && begin(s, side))
        return -ENOMEM;
    for (uint32_t g = 0; g < PLACES[side] / 8; g++) {
        if (s->taken[g] == 0xff)
            continue;
        uint32_t place = g * 8 + (uint32_t)__builtin_ctz(~(unsigned)s->taken[g]);
        s->taken[g] |= bit_of(place);
        s->port[place] = (uint16_t)port;
        s->at[place] = side == XH_SIDE_IN ? e->linear[port] : NULL;
        if (g >= s->groups)
            s->groups = g + 1;
        return (int)place;
    }
    return -ENOSPC;
}

static void clear(uint8_t *bits, uint32_t place)
{
    bits[place / 8] &= (uint8_t)~bit_of(place);
}

static void give_back(struct xh_level_side *s, uint32_t place)
{
    xh_vad_bank_reset(s->vad, place);
    xh_level_bank_reset(s->level, place);
    uint8_t *all[] = {s->taken, s->levelled, s->automatic, s->watched, s->leaving};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        clear(all[i], place);
    s->at[place] = NULL;
    s->tone_for[place] = 0;
    while (s->groups && !s->taken[s->groups - 1])
        s->groups--;
}

static void set_bit(uint8_t *bits, uint32_t place, int on)
{
    clear(bits, place);
    if (on)
        bits[place / 8] |= bit_of(place);
}

static int is_set(const uint8_t *bits, uint32_t place)
{
    return bits[place / 8] >> place % 8 & 1;
}

static uint16_t *place_of(struct xh_port *p, int side)
{
    return side == XH_SIDE_IN ? &p->level_in : &p->level_out;
}

static void tally(struct xh_engine *e)
{
    uint32_t levels = 0, voices = 0;
    for (int side = 0; side < XH_SIDES; side++)
        for (uint32_t g = 0; g < e->level[side]->groups; g++) {
            const struct xh_level_side *s = e->level[side];
            levels += (uint32_t)__builtin_popcount(s->levelled[g]);
            voices += (uint32_t)__builtin_popcount(s->automatic[g] | s->watched[g]);
        }
    atomic_store_explicit(&e->shm->stats.levels, levels, memory_order_relaxed);
    atomic_store_explicit(&e->shm->stats.voices, voices, memory_order_relaxed);
}

static void show(struct xh_engine *e, uint32_t port)
{
    if (port >= XH_LINE_PORTS)
        return;
    struct xh_level_row *row = &e->shm->level[port], now = {.voice = XH_VOICE_UNKNOWN, .speech_dbm0x10 = -1000, .noise_dbm0x10 = -1000};
    const struct xh_port *p = &e->port[port];
    for (int side = XH_SIDE_IN; side <= XH_SIDE_OUT; side++) {
        struct xh_level_side *s = e->level[side];
        uint32_t place = side == XH_SIDE_IN ? p->level_in : p->level_out;
        struct xh_level_state state = {.voice_dbm0x10 = -1000};
        if (place != XH_NONE)
            xh_level_bank_state(s->level, place, &state);
        now.mode[side] = state.mode;
        now.gain_dbx10[side] = state.gain_dbx10;
        now.limiter_dbx10[side] = state.limiter_dbx10;
        now.voice_dbm0x10[side] = state.voice_dbm0x10;
    }
    if (p->level_in != XH_NONE) {
        struct xh_vad_state v;
        xh_vad_bank_state(e->level[XH_SIDE_IN]->vad, p->level_in, &v);
        now.voice = v.known ? v.voice : XH_VOICE_UNKNOWN;
        now.speech_dbm0x10 = v.speech_dbm0x10;
        now.noise_dbm0x10 = v.noise_dbm0x10;
    }
    xh_row_begin(&row->sequence);
    now.sequence = row->sequence;
    *row = now;
    xh_row_end(&row->sequence);
}

/* -- of a port --------------------------------------------------------------------- */

static int small(int32_t value)
{
    return value >= INT16_MIN && value <= INT16_MAX;
}

static int params_of(const struct xh_command *c, struct xh_level_params *p)
{
    if (c->a1 < XH_LEVEL_OFF || c->a1 > XH_LEVEL_AUTO || !small(c->a2) || !small(c->a3) || !small(c->a4) || !small(c->a5) ||
        !small(c->a6) || !small(c->a7) || !small(c->a8))
        return -EINVAL;
    *p = (struct xh_level_params){
        .mode = (uint8_t)c->a1, .gain_dbx10 = (int16_t)c->a2, .target_dbm0x10 = (int16_t)c->a3, .most_dbx10 = (int16_t)c->a4,
        .least_dbx10 = (int16_t)c->a5, .rise_dbx10 = (int16_t)c->a6, .fall_dbx10 = (int16_t)c->a7, .ceiling_dbm0x10 = (int16_t)c->a8};
    return 0;
}

static void set_automatic(struct xh_level_side *s, uint32_t place, int on)
{
    if (!on && is_set(s->automatic, place) && !is_set(s->watched, place))
        xh_vad_bank_reset(s->vad, place);
    set_bit(s->automatic, place, on);
}

int xh_level_command(struct xh_engine *e, const struct xh_command *c)
{
    struct xh_level_params params;
    if (c->port >= XH_LINE_PORTS || c->a0 < XH_SIDE_IN || c->a0 > XH_SIDE_OUT || params_of(c, &params))
        return -EINVAL;
    struct xh_port *p = &e->port[c->port];
    if (!xh_is_line(p))
        return -ENOENT;
    struct xh_level_side *s = e->level[c->a0];
    uint16_t *slot = place_of(p, c->a0);
    int fresh = *slot == XH_NONE, place = fresh ? take(e, c->a0, c->port) : *slot;
    if (place < 0)
        return place;
    uint32_t at = (uint32_t)place;
    int r = xh_level_bank_set(s->level, at, &params);
    if (r || (params.mode == XH_LEVEL_OFF && fresh)) {
        if (fresh)
            give_back(s, at);
        return r;
    }
    *slot = (uint16_t)at;
    set_automatic(s, at, params.mode == XH_LEVEL_AUTO);
    if (params.mode == XH_LEVEL_OFF)
        set_bit(s->leaving, at, is_set(s->levelled, at));
    else {
        set_bit(s->leaving, at, 0);
        set_bit(s->levelled, at, 1);
        p->levelled |= (uint8_t)(1u << c->a0);
    }
    e->plan.stale = 1;
    tally(e);
    show(e, c->port);
    return 0;
}

int xh_level_watch(struct xh_engine *e, uint32_t port, int on)
{
    struct xh_level_side *s = e->level[XH_SIDE_IN];
    struct xh_port *p = &e->port[port];
    if (p->level_in == XH_NONE) {
        int place = on ? take(e, XH_SIDE_IN, port) : 0;
        if (place < 0 || !on)
            return place;
        p->level_in = (uint16_t)place;
    }
    if (is_set(s->watched, p->level_in) == on)
        return 0;
    set_bit(s->watched, p->level_in, on);
    if (on || !is_set(s->automatic, p->level_in))
        xh_vad_bank_reset(s->vad, p->level_in);         /* a voice that lasts begins anew, so that it is told */
    if (!on && !is_set(s->levelled, p->level_in)) {
        give_back(s, p->level_in);
        p->level_in = XH_NONE;
    }
    tally(e);
    show(e, port);
    return 0;
}

void xh_levels_give_back(struct xh_engine *e, uint32_t port)
{
    struct xh_port *p = &e->port[port];
    if (p->level_in == XH_NONE && p->level_out == XH_NONE)
        return;
    for (int side = XH_SIDE_IN; side <= XH_SIDE_OUT; side++) {
        uint16_t *slot = place_of(p, side);
        if (*slot != XH_NONE)
            give_back(e->level[side], *slot);
        *slot = XH_NONE;
    }
    p->levelled = 0;
    tally(e);
    show(e, port);
}

/* -- the tick ---------------------------------------------------------------------- */

static void run_group(struct xh_engine *e, struct xh_level_side *s, uint32_t g)
{
    const int16_t *heard[8];
    size_t n = (size_t)e->samples;
    unsigned voices = s->automatic[g] | s->watched[g];
    s->changes[g] = 0;
    if (voices) {
        for (unsigned lane = 0; lane < 8; lane++)
            heard[lane] = voices >> lane & 1 ? s->at[g * 8 + lane] : NULL;
        s->changes[g] = (uint8_t)xh_vad_bank_group(s->vad, g, heard, n, s->change[g], XH_PLACE_CHANGES);
    }
    if (s->levelled[g])
        xh_level_bank_group(s->level, g, s->vad, &s->at[g * 8], n);
}

static void part_in(struct xh_engine *e, uint32_t first, uint32_t count)
{
    for (uint32_t g = first; g < first + count; g++)
        run_group(e, e->level[XH_SIDE_IN], g);
}

static void part_out(struct xh_engine *e, uint32_t first, uint32_t count)
{
    for (uint32_t g = first; g < first + count; g++)
        run_group(e, e->level[XH_SIDE_OUT], g);
}

static void part_record(struct xh_engine *e, uint32_t first, uint32_t count)
{
    for (uint32_t g = first; g < first + count; g++)
        run_group(e, e->level[XH_SIDE_RECORD], g);
}

/* Whoever was switched off and has come back to what it is without us. */
static void let_go(struct xh_engine *e, int side, uint32_t place)
{
    struct xh_level_side *s = e->level[side];
    struct xh_level_state state;
    xh_level_bank_state(s->level, place, &state);
    if (state.limiting)
        return;
    uint32_t port = s->port[place];
    e->port[port].levelled &= (uint8_t)~(1u << side);
    clear(s->levelled, place);
    clear(s->leaving, place);
    if (!is_set(s->watched, place)) {
        give_back(s, place);
        *place_of(&e->port[port], side) = XH_NONE;
    }
    e->plan.stale = 1;
    tally(e);
    show(e, port);
}

static void run(struct xh_engine *e, int side)
{
    static void (*const parts[XH_SIDES])(struct xh_engine *, uint32_t, uint32_t) = {part_in, part_out, part_record};
    struct xh_level_side *s = e->level[side];
    if (!s->groups)
        return;
    xh_workers_run(e, parts[side], s->groups, CHUNK);
    xh_vad_bank_next(s->vad, (size_t)e->samples);
    if (side == XH_SIDE_RECORD)
        return;
    for (uint32_t g = 0; g < s->groups; g++)
        for (unsigned bits = s->leaving[g]; bits; bits &= bits - 1)
            let_go(e, side, g * 8 + (uint32_t)__builtin_ctz(bits));
    for (uint32_t place = (uint32_t)(e->ticks % SHOW_EVERY); place < s->groups * 8; place += SHOW_EVERY)
        if (is_set(s->taken, place))
            show(e, s->port[place]);
}

static void tell(struct xh_engine *e, const struct xh_vad_change *change)
{
    struct xh_level_side *s = e->level[XH_SIDE_IN];
    if (!is_set(s->watched, change->channel))
        return;
    uint32_t port = s->port[change->channel];
    xh_engine_emit(e, (struct xh_event){.type = XH_EV_VOICE, .port = port, .tag = e->port[port].tag, .sample = e->now + change->offset,
                                        .a0 = change->voice, .a1 = change->level_dbm0x10});
    show(e, port);
}

void xh_levels_in(struct xh_engine *e)
{
    struct xh_level_side *s = e->level[XH_SIDE_IN];
    run(e, XH_SIDE_IN);
    for (uint32_t g = 0; g < s->groups; g++)
        for (uint32_t i = 0; i < s->changes[g]; i++)
            tell(e, &s->change[g][i]);
}

void xh_level_hold(struct xh_engine *e, uint32_t place, const int16_t *out)
{
    struct xh_level_side *s = e->level[XH_SIDE_OUT];
    memcpy(s->block[place], out, (size_t)e->samples * sizeof *out);
    s->at[place] = s->block[place];
}

void xh_levels_out(struct xh_engine *e)
{
    run(e, XH_SIDE_OUT);
}

const int16_t *xh_level_held(struct xh_engine *e, uint32_t place)
{
    struct xh_level_side *s = e->level[XH_SIDE_OUT];
    s->at[place] = NULL;
    return s->block[place];
}

/* -- tracks of recorders -------------------------------------------------------------- */

int xh_track_open(struct xh_engine *e, uint32_t port)
{
    int place = take(e, XH_SIDE_RECORD, port);
    if (place >= 0) {
        set_bit(e->level[XH_SIDE_RECORD]->watched, (uint32_t)place, 1);
        tally(e);
    }
    return place;
}

void xh_track_close(struct xh_engine *e, uint32_t place)
{
    give_back(e->level[XH_SIDE_RECORD], place);
    tally(e);
}

void xh_track_hear(struct xh_engine *e, uint32_t place, const int16_t *in)
{
    struct xh_level_side *s = e->level[XH_SIDE_RECORD];
    memcpy(s->block[place], in, (size_t)e->samples * sizeof *in);
    s->at[place] = s->block[place];
}

/* A voice, however soft; else what is above -42 dBm0 and is a tone, or stands out of the noise. Noise of a narrow band is like a tone, but never
 * for long. */
int xh_track_sounds(struct xh_engine *e, uint32_t place)
{
    struct xh_level_side *s = e->level[XH_SIDE_RECORD];
    struct xh_vad_state v;
    xh_vad_bank_state(s->vad, place, &v);
    s->tone_for[place] = (uint8_t)(v.tone ? s->tone_for[place] + (s->tone_for[place] < TONE_TICKS) : 0);
    int loud = v.level_dbm0x10 > SILENCE, stands_out = v.level_dbm0x10 >= v.noise_dbm0x10 + OUT_OF_NOISE && !v.tone;
    return v.active || (loud && (stands_out || s->tone_for[place] >= TONE_TICKS));
}

void xh_tracks_run(struct xh_engine *e)
{
    struct xh_level_side *s = e->level[XH_SIDE_RECORD];
    run(e, XH_SIDE_RECORD);
    memset(s->at, 0, s->groups * 8 * sizeof *s->at);
}
