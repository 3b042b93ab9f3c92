/* Spans: opened and closed by the file side, read and written by the tick.
 *
 * A span that cannot be opened is MISSING with the errno of the attempt; the file side tries again each second and hands
 * the opened span over through `coming`.  A span whose device goes away under us says so in its status; the tick then
 * hands it back through `going`, the file side closes it and tries to open it anew. */
#include "engine_private.h"

#include <errno.h>
#include <string.h>

static struct xh_span *make(const struct xh_engine *e, const struct xh_line *line, int *err)
{
    const struct xh_span_spec *s = &line->spec;
    if (s->driver == XH_DRIVER_CES) {
        struct xh_ces_params p = {
            .number = s->number, .idle = (uint8_t)line->idle, .local = s->local, .remote = s->remote,
            .frames = s->frames, .jitter_ms = s->jitter_ms, .rtp = s->rtp,
        };
        return xh_ces_new(&p, err);
    }
    struct xh_dahdi_params p = {
        .number = s->number, .idle = (uint8_t)line->idle, .law = s->law, .span = s->dahdi_span, .block = e->samples,
        .root = s->root, .hdlc_mask = s->hdlc_mask, .cas_mask = s->cas_mask,
    };
    return xh_dahdi_new(&p, err);
}

/* Makes and starts; NULL and *err on failure. */
static struct xh_span *open_line(const struct xh_engine *e, const struct xh_line *line, int *err)
{
    *err = EIO;
    struct xh_span *span = make(e, line, err);
    if (!span)
        return NULL;
    int r = span->ops->start(span);
    if (r < 0) {
        *err = -r;
        span->ops->free(span);
        return NULL;
    }
    return span;
}

static void shut(struct xh_span *span)
{
    span->ops->stop(span);
    span->ops->free(span);
}

static void open_loop(struct xh_engine *e, struct xh_line *a)
{
    struct xh_line *b = &e->line[a->spec.peer];
    struct xh_loop_params pa = {a->spec.number, (uint8_t)a->idle}, pb = {b->spec.number, (uint8_t)b->idle};
    int r = xh_loop_pair_new(&pa, &pb, &a->span, &b->span);
    if (r < 0) {
        atomic_store(&a->error, -r);
        atomic_store(&b->error, -r);
        return;
    }
    a->span->ops->start(a->span);
    b->span->ops->start(b->span);
}

void xh_lines_open(struct xh_engine *e, const struct xh_span_spec *specs, int n)
{
    static const char *const names[] = {"", "loop", "ces", "dahdi"};
    for (int i = 0; i < n; i++) {
        struct xh_line *line = &e->line[specs[i].number];
        line->spec = specs[i];
        line->law = specs[i].law;
        line->idle = line->law == 'A' ? XH_IDLE_ALAW : XH_IDLE_ULAW;
        struct xh_span_row *row = &e->shm->spans[specs[i].number];
        row->configured = 1;
        memcpy(row->driver, names[specs[i].driver], strlen(names[specs[i].driver]));
        memset(e->tx[specs[i].number], line->idle, sizeof e->tx[0]);
        memset(e->rx[specs[i].number], line->idle, sizeof e->rx[0]);
    }
    for (int i = 0; i < n; i++) {
        struct xh_line *line = &e->line[specs[i].number];
        int err = 0;
        if (line->spec.driver == XH_DRIVER_LOOP) {
            if (!line->span)
                open_loop(e, line);
            continue;
        }
        line->span = open_line(e, line, &err);
        atomic_store(&line->error, line->span ? 0 : err);
        atomic_store(&line->lost, line->span == NULL);
    }
    xh_lines_watch(e);
}

void xh_lines_close(struct xh_engine *e)
{
    for (int i = 0; i < XH_MAX_SPANS; i++) {
        struct xh_line *line = &e->line[i];
        struct xh_span *left[] = {line->span, atomic_exchange(&line->coming, NULL), atomic_exchange(&line->going, NULL)};
        line->span = NULL;
        for (int k = 0; k < 3; k++)
            if (left[k])
                shut(left[k]);
    }
}

/* -- file side ----------------------------------------------------------------------- */

void xh_lines_hand(struct xh_engine *e)
{
    for (int i = 0; i < XH_MAX_SPANS; i++) {
        struct xh_line *line = &e->line[i];
        struct xh_span *span = atomic_load(&line->going) ? atomic_exchange(&line->going, NULL) : NULL;
        if (!span)
            continue;
        shut(span);
        atomic_store(&line->lost, 1);
    }
}

void xh_lines_retry(struct xh_engine *e)
{
    for (int i = 0; i < XH_MAX_SPANS; i++) {
        struct xh_line *line = &e->line[i];
        if (!atomic_load(&line->lost))
            continue;
        int err = 0;
        struct xh_span *span = open_line(e, line, &err);
        atomic_store(&line->error, err);
        if (span) {
            atomic_store(&line->lost, 0);
            atomic_store(&line->coming, span);
        }
    }
}

/* -- tick ---------------------------------------------------------------------------- */

static void take_coming(struct xh_engine *e, uint32_t i)
{
    struct xh_line *line = &e->line[i];
    if (line->span || !atomic_load_explicit(&line->coming, memory_order_relaxed))
        return;
    line->span = atomic_exchange(&line->coming, NULL);
    line->down = 0;
    e->plan.stale = 1;
    xh_links_again(e, i);
}

void xh_lines_read(struct xh_engine *e)
{
    for (uint32_t i = 0; i < XH_MAX_SPANS; i++) {
        struct xh_line *line = &e->line[i];
        if (line->spec.driver == XH_DRIVER_NONE)
            continue;
        take_coming(e, i);
        if (line->span)
            line->down = line->span->ops->read(line->span, e->rx[i][0], XH_TICK_MAX, e->samples, line->mask) < 0;
        else
            memset(e->rx[i], line->idle, sizeof e->rx[i]);
    }
}

void xh_lines_write(struct xh_engine *e)
{
    for (uint32_t i = 0; i < XH_MAX_SPANS; i++) {
        struct xh_line *line = &e->line[i];
        if (!line->span)
            continue;
        line->span->paced = e->real_time != 0;
        line->span->ops->write(line->span, e->tx[i][0], XH_TICK_MAX, e->samples, line->mask);
    }
}

int xh_lines_send_due(struct xh_engine *e, int frames)
{
    int next = 0;
    for (uint32_t i = 0; i < XH_MAX_SPANS; i++) {
        struct xh_span *span = e->line[i].span;
        int at = span && span->ops->send_due ? span->ops->send_due(span, frames) : 0;
        if (at && (!next || at < next))
            next = at;
    }
    return next;
}

static void give_back(struct xh_engine *e, struct xh_line *line)
{
    atomic_store(&line->error, line->last.error ? line->last.error : ENODEV);
    atomic_store(&line->going, line->span);
    line->span = NULL;
    e->kick = 1;
    e->plan.stale = 1;
}

static void show_line(struct xh_engine *e, uint32_t i)
{
    struct xh_span_row *row = &e->shm->spans[i];
    xh_row_begin(&row->sequence);
    row->status = e->line[i].last;
    xh_row_end(&row->sequence);
}

static void watch_line(struct xh_engine *e, uint32_t i)
{
    struct xh_line *line = &e->line[i];
    uint32_t before = line->alarms;
    if (line->span) {
        line->span->ops->status(line->span, &line->last);
        if (line->last.alarms & XH_ALARM_MISSING && line->spec.driver != XH_DRIVER_LOOP)
            give_back(e, line);
    } else {
        line->last.alarms = XH_ALARM_MISSING;
        line->last.running = 0;
        line->last.error = atomic_load_explicit(&line->error, memory_order_relaxed);
    }
    line->alarms = line->last.alarms;
    if (line->alarms != before || !e->real_time || (e->ticks + i) % 10 == 0)
        show_line(e, i);
    if (line->alarms != before)
        xh_engine_emit(e, (struct xh_event){.type = XH_EV_ALARM, .a0 = (int32_t)i, .a1 = (int32_t)line->alarms,
                                            .a2 = (int32_t)before});
}

static void watch_cas(struct xh_engine *e, uint32_t port)
{
    struct xh_port *p = &e->port[port];
    struct xh_span *span = xh_line_of(e, port)->span;
    int abcd = p->kind == XH_PORT_TIMESLOT && span ? span->ops->cas_read(span, (int)(port % XH_TIMESLOTS)) : -1;
    if (abcd < 0 || abcd == p->cas)
        return;
    int before = p->cas;
    p->cas = (int8_t)abcd;
    xh_port_show(e, port);
    if (before >= 0)
        xh_engine_emit(e, (struct xh_event){.type = XH_EV_CAS, .port = port, .tag = p->tag, .a0 = abcd, .a1 = before});
}

void xh_lines_watch(struct xh_engine *e)
{
    for (uint32_t i = 0; i < XH_MAX_SPANS; i++)
        if (e->line[i].spec.driver != XH_DRIVER_NONE)
            watch_line(e, i);
    for (uint32_t i = 0; i < e->plan.cas; i++)
        watch_cas(e, e->plan.cas_port[i]);
}

int xh_cas_write(struct xh_engine *e, uint32_t port, int abcd)
{
    struct xh_span *span = xh_line_of(e, port)->span;
    if (!span)
        return -ENODEV;
    return span->ops->cas_write ? span->ops->cas_write(span, (int)(port % XH_TIMESLOTS), abcd) : -EOPNOTSUPP;
}

int xh_rai(struct xh_engine *e, uint32_t span, int on)
{
    if (span >= XH_MAX_SPANS)
        return -EINVAL;
    struct xh_span *s = e->line[span].span;
    if (!s)
        return -ENODEV;
    return s->ops->send_rai ? s->ops->send_rai(s, on) : -EOPNOTSUPP;
}
