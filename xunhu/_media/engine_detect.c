/* Detectors and meters of ports, and what detectors say.
 *
 * A port that listens has one slot, whatever it listens for. DTMF is one bank over all slots, engine_banks.c has more such; of every
 * other kind there is a row in KINDS: a state for each slot, in zero pages that cost nothing until a port first listens in this way, and a list
 * of ports in the plan. */
#include "engine_private.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

struct kind {
    uint32_t bits;              /* XH_DETECT_*: the detector runs while one of them is on */
    size_t size;                /* of its state */
    void (*begin)(struct xh_engine *e, const struct xh_port *p, void *state);   /* when these bits have changed */
    void (*run)(struct xh_engine *e, uint32_t port, void *state);       /* one tick of e->linear[port] */
};

static void say(struct xh_engine *e, uint32_t type, uint32_t port, int32_t a0)
{
    xh_engine_emit(e, (struct xh_event){.type = type, .port = port, .tag = e->port[port].tag, .a0 = a0});
}

static void progress_begin(struct xh_engine *e, const struct xh_port *p, void *state)
{
    xh_progress_init(state, p->detect & XH_DETECT_PROGRESS ? xh_progress_country(p->country) : NULL,
                     p->detect & XH_DETECT_TONE ? &e->tones : NULL, (p->detect & XH_DETECT_REPEAT) != 0);
}

static void progress_run(struct xh_engine *e, uint32_t port, void *state)
{
    static const uint32_t types[] = {XH_EV_PROGRESS, XH_EV_TONE, XH_EV_REPEAT};
    struct xh_progress_event heard[12];
    int n = xh_progress_run(state, e->linear[port], (size_t)e->samples, heard, 12);
    for (int i = 0; i < n; i++) {
        const struct xh_progress_event *h = &heard[i];
        xh_engine_emit(e, (struct xh_event){.type = types[h->source], .port = port, .tag = e->port[port].tag, .a0 = h->tone,
                                            .a1 = (int32_t)(h->hz[0] | (uint32_t)h->hz[1] << 16),
                                            .a2 = (int32_t)(h->on_ms | (uint32_t)h->off_ms << 16), .a3 = h->level_dbm0x10});
    }
}

static void continuity_begin(struct xh_engine *e, const struct xh_port *p, void *state)
{
    (void)e, (void)p;
    xh_continuity_init(state);
}

static void continuity_run(struct xh_engine *e, uint32_t port, void *state)
{
    int there = xh_continuity_run(state, e->linear[port], (size_t)e->samples);
    if (there >= 0)
        say(e, XH_EV_CONTINUITY, port, there);
}

static void machine_begin(struct xh_engine *e, const struct xh_port *p, void *state)
{
    (void)e, (void)p;
    xh_answer_init(state, NULL);
}

static void machine_run(struct xh_engine *e, uint32_t port, void *state)
{
    struct xh_answer_event h;
    if (!xh_answer_run(state, e->linear[port], (size_t)e->samples, &h))
        return;
    xh_engine_emit(e, (struct xh_event){.type = XH_EV_ANSWER, .port = port, .tag = e->port[port].tag, .a0 = h.answer,
                                        .a1 = h.confidence, .a2 = (int32_t)h.greeting_ms, .a3 = (int32_t)h.initial_ms,
                                        .samples = h.words | (uint64_t)h.beep_hz << 32});
}

static void caller_id_begin(struct xh_engine *e, const struct xh_port *p, void *state)
{
    (void)e, (void)p;
    xh_caller_id_rx_init(state);
}

/* A message has up to 258 octets, an event room for 16 of them. */
static void tell_message(struct xh_engine *e, uint32_t port, const struct xh_caller_id_rx *r, int good)
{
    for (uint32_t at = 0; at < r->length; at += XH_CALLER_ID_PART) {
        uint8_t part[XH_CALLER_ID_PART] = {0};
        uint32_t n = r->length - at < XH_CALLER_ID_PART ? r->length - at : XH_CALLER_ID_PART;
        struct xh_event ev = {.type = XH_EV_CALLER_ID, .port = port, .tag = e->port[port].tag};
        memcpy(part, r->message + at, n);
        ev.a0 = (int32_t)(r->length | (uint32_t)good << 16);
        ev.a1 = (int32_t)at;
        memcpy(&ev.a2, part, 4);
        memcpy(&ev.a3, part + 4, 4);
        memcpy(&ev.samples, part + 8, 8);
        xh_engine_emit(e, ev);
    }
}

static void caller_id_run(struct xh_engine *e, uint32_t port, void *state)
{
    struct xh_caller_id_rx *r = state;
    size_t n = (size_t)e->samples, taken;
    for (size_t at = 0; at < n; at += taken) {
        enum xh_caller_id_result got = xh_caller_id_rx_run(r, e->linear[port] + at, n - at, &taken);
        if (got != XH_CALLER_ID_NOTHING)
            tell_message(e, port, r, got == XH_CALLER_ID_MESSAGE_GOOD);
    }
}

enum { PROGRESS, CONTINUITY, MACHINE, CALLER_ID };
static const struct kind KINDS[] = {
    [PROGRESS] = {XH_DETECT_PROGRESS | XH_DETECT_TONE | XH_DETECT_REPEAT, sizeof(struct xh_progress), progress_begin, progress_run},
    [CONTINUITY] = {XH_DETECT_CONTINUITY, sizeof(struct xh_continuity), continuity_begin, continuity_run},
    [MACHINE] = {XH_DETECT_MACHINE, sizeof(struct xh_answer), machine_begin, machine_run},
    [CALLER_ID] = {XH_DETECT_FSK, sizeof(struct xh_caller_id_rx), caller_id_begin, caller_id_run},
};
#define KIND_COUNT (sizeof KINDS / sizeof *KINDS)
_Static_assert(KIND_COUNT <= XH_LISTENERS, "XH_LISTENERS");

/* Bits that need a slot. */
static uint32_t listening(void)
{
    uint32_t bits = XH_DETECT_DTMF | xh_banks_bits();
    for (size_t k = 0; k < KIND_COUNT; k++)
        bits |= KINDS[k].bits;
    return bits;
}

static size_t pool_bytes(size_t k)
{
    return ((KINDS[k].size + 63) & ~(size_t)63) * XH_DETECTORS;
}

static void *state_of(const struct xh_engine *e, size_t k, uint32_t slot)
{
    return e->listener[k] + pool_bytes(k) / XH_DETECTORS * slot;
}

int xh_detectors_new(struct xh_engine *e)
{
    e->bank_memory = xh_pages(xh_dtmf_bank_size(XH_DETECTORS));
    if (!e->bank_memory)
        return -ENOMEM;
    e->bank = e->bank_memory;
    xh_dtmf_bank_init(e->bank, e->bank_memory, XH_DETECTORS);
    for (size_t k = 0; k < KIND_COUNT; k++)
        if (!(e->listener[k] = xh_pages(pool_bytes(k))))
            return -ENOMEM;
    if (xh_banks_new(e))
        return -ENOMEM;
    xh_stack_of(e->detector_free, &e->ndetector_free, XH_DETECTORS);
    xh_stack_of(e->meter_free, &e->nmeter_free, XH_METERS);
    return 0;
}

void xh_detectors_free(struct xh_engine *e)
{
    if (e->bank_memory)
        munmap(e->bank_memory, xh_dtmf_bank_size(XH_DETECTORS));
    for (size_t k = 0; k < KIND_COUNT; k++)
        if (e->listener[k])
            munmap(e->listener[k], pool_bytes(k));
    xh_banks_free(e);
}

/* -- of a port --------------------------------------------------------------------- */

static void slot_give_back(struct xh_engine *e, struct xh_port *p)
{
    if (p->detector == XH_NONE)
        return;
    xh_dtmf_bank_reset(e->bank, p->detector);
    xh_banks_reset(e, p->detector);
    e->detector_port[p->detector] = XH_NONE;
    e->detector_free[e->ndetector_free++] = p->detector;
    p->detector = XH_NONE;
    e->detectors_open--;
}

static void meter_give_back(struct xh_engine *e, struct xh_port *p)
{
    if (p->meter == XH_NONE)
        return;
    e->meter_free[e->nmeter_free++] = p->meter;
    p->meter = XH_NONE;
}

void xh_detectors_give_back(struct xh_engine *e, struct xh_port *p)
{
    slot_give_back(e, p);
    meter_give_back(e, p);
}

static void slot_take(struct xh_engine *e, uint32_t port)
{
    struct xh_port *p = &e->port[port];
    if (p->detector != XH_NONE)
        return;
    p->detector = e->detector_free[--e->ndetector_free];
    e->detector_port[p->detector] = (uint16_t)port;
    e->detectors_open++;
}

static void meter_take(struct xh_engine *e, struct xh_port *p)
{
    if (p->meter != XH_NONE)
        return;
    p->meter = e->meter_free[--e->nmeter_free];
    p->meter_ticks = 0;
    memset(&e->meters[p->meter], 0, sizeof e->meters[p->meter]);
}

int xh_port_detect(struct xh_engine *e, uint32_t port, uint32_t mask)
{
    struct xh_port *p = &e->port[port];
    uint32_t listen = mask & listening(), before = p->detect;
    if (mask & ~(listening() | XH_DETECT_METER | XH_DETECT_VOICE) || ((listen | (mask & XH_DETECT_VOICE)) && p->kind == XH_PORT_RECORDER))
        return -EINVAL;
    if ((listen && p->detector == XH_NONE && !e->ndetector_free) ||
        (mask & XH_DETECT_METER && p->meter == XH_NONE && !e->nmeter_free))
        return -ENOSPC;
    int r = xh_level_watch(e, port, (mask & XH_DETECT_VOICE) != 0);
    if (r)
        return r;
    if (!listen)
        slot_give_back(e, p);
    if (!(mask & XH_DETECT_METER))
        meter_give_back(e, p);
    if (listen)
        slot_take(e, port);
    if (mask & XH_DETECT_METER)
        meter_take(e, p);
    p->detect = mask;
    for (size_t k = 0; k < KIND_COUNT; k++)
        if (mask & KINDS[k].bits && (mask ^ before) & KINDS[k].bits)
            KINDS[k].begin(e, p, state_of(e, k, p->detector));
    if (listen && (mask ^ before) & xh_banks_bits())
        xh_banks_reset(e, p->detector);
    e->plan.stale = 1;
    xh_port_show(e, port);
    return 0;
}

void xh_detectors_plan(struct xh_engine *e, uint32_t port)
{
    struct xh_plan *plan = &e->plan;
    for (size_t k = 0; k < KIND_COUNT; k++)
        if (e->port[port].detect & KINDS[k].bits)
            plan->listen_port[k][plan->listens[k]++] = (uint16_t)port;
    xh_banks_plan(e, port);
}

/* The detectors of a port whose bits are among `bits` begin anew. */
static void begin_anew(struct xh_engine *e, uint32_t port, uint32_t bits)
{
    const struct xh_port *p = &e->port[port];
    for (size_t k = 0; k < KIND_COUNT; k++)
        if (p->detect & bits & KINDS[k].bits)
            KINDS[k].begin(e, p, state_of(e, k, p->detector));
}

int xh_detect_with(struct xh_engine *e, uint32_t port, int country, int r2_four)
{
    struct xh_port *p = &e->port[port];
    if (country < 0 || country > UINT8_MAX || !xh_progress_country((uint32_t)country) || r2_four < 0 || r2_four > 1)
        return -EINVAL;
    if (p->r2_four != r2_four && p->detector != XH_NONE)
        xh_banks_reset(e, p->detector);
    p->country = (uint8_t)country;
    p->r2_four = (uint8_t)r2_four;
    e->plan.stale = 1;
    begin_anew(e, port, XH_DETECT_PROGRESS);
    return 0;
}

int xh_answer(struct xh_engine *e, uint32_t port, const uint8_t *parameters, size_t octets)
{
    struct xh_answer_parameters given = {0};
    struct xh_answer try;
    if (octets && octets != sizeof given)
        return -EINVAL;
    memcpy(&given, parameters, octets);
    if (xh_answer_init(&try, &given))
        return -EINVAL;
    int r = xh_port_detect(e, port, e->port[port].detect | XH_DETECT_MACHINE);
    if (r == 0)
        xh_answer_init(state_of(e, MACHINE, e->port[port].detector), &given);
    return r;
}

/* Empty places stay among the rows: none of their lines can be found. */
int xh_tone_row(struct xh_engine *e, uint32_t place, const uint8_t *row, size_t octets)
{
    struct xh_progress_table one = {.rows = 1, .row = {{.tone = 1, .lines = 1, .low_hz = {UINT16_MAX}, .after_ms = UINT16_MAX}}};
    if (place >= XH_PROGRESS_ROWS || (octets && octets != sizeof one.row[0]))
        return -EINVAL;
    struct xh_progress_row empty = one.row[0];
    if (octets)
        memcpy(&one.row[0], row, octets);
    if (octets && (xh_progress_table_check(&one) || one.row[0].flags & XH_ROW_IN_TURN))
        return -EINVAL;
    while (e->tones.rows <= place)
        e->tones.row[e->tones.rows++] = empty;
    e->tones.row[place] = one.row[0];
    for (uint32_t slot = 0; slot < XH_DETECTORS; slot++)
        if (e->detector_port[slot] != XH_NONE && e->port[e->detector_port[slot]].detector == slot)
            begin_anew(e, e->detector_port[slot], XH_DETECT_TONE);
    return 0;
}

/* -- the tick ---------------------------------------------------------------------- */

static void hit(struct xh_engine *e, const struct xh_dtmf_hit *h)
{
    uint32_t port = h->channel < XH_DETECTORS ? e->detector_port[h->channel] : XH_NONE;
    if (port == XH_NONE)
        return;
    struct xh_event ev = {.port = port, .tag = e->port[port].tag, .sample = e->now + h->offset};
    if (h->ended) {
        ev.type = XH_EV_DIGIT_END;
        ev.a0 = h->ended;
        ev.a1 = (int32_t)(h->length / (XH_RATE / 1000));
        xh_engine_emit(e, ev);
    }
    if (h->digit) {
        ev.type = XH_EV_DIGIT;
        ev.a0 = h->digit;
        ev.a1 = h->level_dbm0x10;
        xh_engine_emit(e, ev);
        xh_keys(e, port, h->digit);
    }
}

void xh_detectors_run(struct xh_engine *e)
{
    if (!e->detectors_open)
        return;
    size_t hits = xh_dtmf_bank_run(e->bank, e->plan.dtmf, (size_t)e->samples, e->hits, XH_HITS);
    for (size_t i = 0; i < hits; i++)
        hit(e, &e->hits[i]);
    xh_banks_run(e);
    for (size_t k = 0; k < KIND_COUNT; k++)
        for (uint32_t i = 0; i < e->plan.listens[k]; i++) {
            uint32_t port = e->plan.listen_port[k][i];
            if (e->port[port].detector != XH_NONE)      /* a digit may have closed a port since the plan */
                KINDS[k].run(e, port, state_of(e, k, e->port[port].detector));
        }
}
