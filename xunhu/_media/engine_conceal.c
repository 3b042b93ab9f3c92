/* Concealment of what a line over packets has lost (plc.h), in timeslots that carry voice and whose control asked for it.
 *
 * It is done to the octets as they came in, before anything else looks at them: who gets them unchanged, who decodes them, detectors
 * and recorders all have the concealed sound.  Links, and timeslots that carry data, are never touched. */
#include "engine_private.h"

#include <errno.h>
#include <sys/mman.h>

#define CHUNK 32                /* timeslots that a thread takes at once */
#define AHEAD 6                 /* timeslots: so far ahead the past that is to be written is fetched */

static struct xh_plc_octets *state(struct xh_engine *e, uint32_t port)
{
    return &e->conceal[port];
}

int xh_conceals_new(struct xh_engine *e)
{
    e->conceal = xh_pages(XH_TS_PORTS * sizeof *e->conceal);
    return e->conceal ? 0 : -ENOMEM;
}

void xh_conceals_free(struct xh_engine *e)
{
    if (e->conceal)
        munmap(e->conceal, XH_TS_PORTS * sizeof *e->conceal);
}

int xh_conceal_command(struct xh_engine *e, const struct xh_command *c)
{
    if (c->port >= XH_TS_PORTS || (uint32_t)c->a0 > 1)
        return -EINVAL;
    struct xh_port *p = &e->port[c->port];
    struct xh_conceal_row *row = &e->shm->conceal[c->port];
    if (p->kind != XH_PORT_TIMESLOT)
        return -ENOENT;
    if (c->a0)
        xh_plc_octets_init(state(e, c->port), xh_line_of(e, c->port)->law);
    p->conceal = c->a0 != 0;
    e->plan.stale = 1;
    atomic_store_explicit(&row->holes, 0, memory_order_relaxed);
    atomic_store_explicit(&row->samples, 0, memory_order_relaxed);
    atomic_store_explicit(&row->on, p->conceal, memory_order_relaxed);
    return 0;
}

void xh_conceal_end(struct xh_engine *e, uint32_t port)
{
    e->port[port].conceal = 0;
    atomic_store_explicit(&e->shm->conceal[port].on, 0, memory_order_relaxed);
}

void xh_conceals_plan(struct xh_engine *e, uint32_t port)
{
    e->plan.conceal[e->plan.conceals++] = (uint16_t)port;
}

static uint32_t is_missing(const struct xh_span *s, uint32_t i)
{
    return (uint32_t)(s->missing[i / 64] >> i % 64) & 1;
}

/* Counts what is made up, not the silence after it. */
static void count(struct xh_engine *e, uint32_t port, uint32_t before, uint32_t n)
{
    struct xh_conceal_row *row = &e->shm->conceal[port];
    uint32_t made = before + n < XH_PLC_SILENT ? n : XH_PLC_SILENT - before;
    if (!before)
        atomic_store_explicit(&row->holes, atomic_load_explicit(&row->holes, memory_order_relaxed) + 1, memory_order_relaxed);
    atomic_store_explicit(&row->samples, atomic_load_explicit(&row->samples, memory_order_relaxed) + made, memory_order_relaxed);
    atomic_fetch_add_explicit(&e->shm->stats.concealed, made, memory_order_relaxed);
}

/* A block of which something is missing, piece by piece. */
static void mend(struct xh_engine *e, uint32_t port, const struct xh_span *s, uint8_t *octets)
{
    struct xh_plc_octets *p = state(e, port);
    uint32_t samples = (uint32_t)e->samples;
    for (uint32_t at = 0, end; at < samples; at = end) {
        uint32_t lost = is_missing(s, at);
        for (end = at + 1; end < samples && is_missing(s, end) == lost; end++)
            ;
        if (lost) {
            count(e, port, p->hole.joining ? 0 : p->hole.missing, end - at);
            xh_plc_octets_lost(p, octets + at, end - at);
        } else {
            xh_plc_octets_good(p, octets + at, end - at);
        }
    }
}

static void fetch(const struct xh_plc_octets *p, uint32_t at)
{
    __builtin_prefetch(p, 1);
    __builtin_prefetch(p->history + at, 1);
    __builtin_prefetch(p->history + at + 64, 1);
}

static void part(struct xh_engine *e, uint32_t first, uint32_t n)
{
    for (uint32_t i = first; i < first + n; i++) {
        if (i + AHEAD < first + n)      /* most are at the same place in their past */
            fetch(state(e, e->plan.conceal[i + AHEAD]), state(e, e->plan.conceal[i])->at);
        uint32_t port = e->plan.conceal[i], span = port / XH_TIMESLOTS;
        const struct xh_span *s = e->line[span].span;
        uint8_t *octets = e->rx[span][port % XH_TIMESLOTS];
        if (s && (s->missing[0] | s->missing[1] | s->missing[2]))
            mend(e, port, s, octets);
        else
            xh_plc_octets_good(state(e, port), octets, (size_t)e->samples);
    }
}
_Static_assert(XH_TICK_MAX <= 3 * 64, "a tick's frames are in three words");

void xh_conceals_run(struct xh_engine *e)
{
    xh_workers_run(e, part, e->plan.conceals, CHUNK);
}
