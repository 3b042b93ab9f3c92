/* Links of MTP2: signal units over one timeslot or several, by su.c, or by a driver that repeats and filters itself.
 *
 * Whoever repeats: the far end must not be acknowledged for ever by a unit behind which nobody is.  While control is away, or has
 * not looked at a waiting receive queue for STALLED, the link status "processor outage" (SIPO, Q.703 §8) goes out in
 * the place of a FISU.  It ends with the first unit of a new control, or when the stalled one looks again.
 *
 * A driver that filters passes on the first of equal units alone and says nothing of the good ones it dropped.  Level 2
 * wants two: where for a whole tick nothing else came, the same came again.  The good units between two errored
 * ones are reckoned from the octets of the time between. */
#include "engine_private.h"

#include <errno.h>
#include <string.h>

#define STALLED (XH_RATE * 2 / 5)       /* samples: 400 ms; T7 of the far end is 500 ms or more */
#define UNITS_A_TICK 1024
#define SHOWN 16                        /* ticks, while a counter alone has changed */
#define FISU_OCTETS 6                   /* of the line, with flag and check bits */
#define DOWN_OCTETS 16                  /* of a line that is down, for one errored unit, Q.703 §10.2 */

void xh_su_link_begin(struct xh_link *k)
{
    xh_su_rx_init(&k->su_rx, k->header);
    xh_su_tx_init(&k->su_tx, k->header);
    xh_su_rx_monitor(&k->su_rx, k->monitor);
    if (k->fill_len)                    /* the span is back: what control gave last goes on */
        xh_su_tx_put(&k->su_tx, k->fill, k->fill_len);
    k->last_len = 0;
    k->last_given = 0;
    k->refill = 1;
    k->backlog = k->passed_units = k->passed_octets = 0;
    if (k->outage)
        xh_su_tx_outage(&k->su_tx, 1);
}

static void outage(struct xh_link *k, int on)
{
    if (k->outage == on)
        return;
    k->outage = on;
    k->changed = 1;
    if (k->by_driver)
        k->refill = 1;
    else
        xh_su_tx_outage(&k->su_tx, on);
}

void xh_su_links_control(struct xh_engine *e)
{
    uint32_t attached = atomic_load_explicit(&e->attached, memory_order_relaxed);
    int control = atomic_load_explicit(&e->control, memory_order_relaxed);
    if (attached == e->links_attached && control)
        return;
    for (uint32_t i = 0; i < e->links_high; i++) {
        struct xh_link *k = &e->link[i];
        if (!k->open || k->kind == XH_LINK_HDLC)
            continue;
        k->orphan = 1;
        if (attached == e->links_attached)
            continue;
        k->monitor = 0;                 /* the new one knows nothing yet: it is told what comes */
        xh_su_rx_monitor(&k->su_rx, 0);
        xh_su_rx_again(&k->su_rx);
        k->last_given = 0;
    }
    e->links_attached = attached;
}

/* Control has not looked at what waits for it for too long. */
static int stalled(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    uint32_t taken = xh_frames_taken(&e->shm->link_rx[number]);
    if (taken == k->rx_head || taken != k->drained) {
        k->drained = taken;
        k->drained_at = e->now;
    }
    return e->now - k->drained_at > STALLED;
}

static void watch(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    outage(k, stalled(e, number) || k->orphan);
}

/* -- receiving ----------------------------------------------------------------------------------- */

/* The timeslots of the link, the octets of each E1 frame in their order; how many. */
static size_t gather(struct xh_engine *e, const struct xh_link *k, uint8_t *out)
{
    size_t n = 0, step = (size_t)__builtin_popcount(k->slots);
    for (int t = 1; t < XH_TIMESLOTS; t++) {
        if (!(k->slots >> t & 1))
            continue;
        const uint8_t *row = e->rx[k->span][t];
        for (size_t i = 0; i < (size_t)e->samples; i++)
            out[i * step + n] = row[i];
        n++;
    }
    return step * (size_t)e->samples;
}

static void spread(struct xh_engine *e, const struct xh_link *k, const uint8_t *in)
{
    size_t n = 0, step = (size_t)__builtin_popcount(k->slots);
    for (int t = 1; t < XH_TIMESLOTS; t++) {
        if (!(k->slots >> t & 1))
            continue;
        uint8_t *row = e->tx[k->span][t];
        for (size_t i = 0; i < (size_t)e->samples; i++)
            row[i] = in[i * step + n];
        n++;
    }
}

static void read_octets(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    struct xh_line *line = &e->line[k->span];
    uint8_t many[XH_TIMESLOTS * XH_TICK_MAX], unit[XH_SU_MAX];
    const uint8_t *in = e->rx[k->span][k->timeslot];
    size_t used = 0, n = (size_t)e->samples * (size_t)__builtin_popcount(k->slots);
    int len;
    if (!line->span || line->down) {
        memset(many, 0xff, n);          /* no line: ones, which have no end */
        in = many;
    } else if (k->kind == XH_LINK_MTP2_HIGH_SPEED) {
        gather(e, k, many);
        in = many;
    }
    while ((len = xh_su_rx_octets(&k->su_rx, in, n, &used, unit)) > 0)
        xh_link_came_in(e, number, unit, len);
    const struct xh_su_rx *h = &k->su_rx;
    uint64_t bad = h->fcs_errors + h->aborts + h->too_long + h->too_short + h->not_octets;
    if (k->row.repeats != h->filtered && (e->ticks + number) % SHOWN == 0) {
        k->row.repeats = h->filtered;
        k->changed = 1;
    }
    if (bad != k->bad_seen) {
        k->row.bad += bad - k->bad_seen;
        k->bad_seen = bad;
        if (line->span && !line->down)
            xh_link_trouble(k, EBADMSG, 0);
    }
}

/* -- receiving by driver -- */

static void errored(struct xh_engine *e, uint32_t number, int64_t octets)
{
    struct xh_link *k = &e->link[number];
    int64_t idle = octets - (int64_t)k->passed_octets;
    uint64_t good = k->passed_units + (uint64_t)(idle > 0 ? idle / FISU_OCTETS : 0);
    uint8_t two[XH_SU_ERRORED];
    k->passed_octets = k->passed_units = 0;
    k->good_at = e->now;
    if (!k->monitor)
        return;
    good = good > UINT16_MAX ? UINT16_MAX : good;
    two[0] = (uint8_t)(good >> 8);
    two[1] = (uint8_t)good;
    xh_link_came_in(e, number, two, XH_SU_ERRORED);
}

static void unit_by_driver(struct xh_engine *e, uint32_t number, const uint8_t *unit, int len)
{
    struct xh_link *k = &e->link[number];
    size_t header = k->header == XH_SU_EXTENDED ? 6 : 3;
    if ((size_t)len < header) {
        k->row.bad++;
        errored(e, number, (int64_t)(e->now - k->good_at));
        return;
    }
    k->passed_units++;
    k->passed_octets += (uint32_t)len + 3;
    k->last_len = 0;
    if ((size_t)len <= header + 2) {
        memcpy(k->last, unit, (size_t)len);
        k->last_len = (size_t)len;
        k->last_given = 1;
    }
    xh_link_came_in(e, number, unit, len);
}

static void read_driver(struct xh_engine *e, uint32_t number, struct xh_span *span)
{
    struct xh_link *k = &e->link[number];
    uint8_t unit[XH_FRAME_MAX];
    int quiet = 1;
    for (int i = 0; i < UNITS_A_TICK; i++) {
        int n = span->ops->link_read(span, k->timeslot, unit, sizeof unit);
        if (n == 0)
            break;
        quiet = 0;
        if (n > 0) {
            unit_by_driver(e, number, unit, n);
            continue;
        }
        xh_link_trouble(k, -n, 0);
        if (n != -EBADMSG)
            break;
        k->row.bad++;
        errored(e, number, (int64_t)(e->now - k->good_at));
    }
    if (quiet && k->last_len && k->last_given < 2 && !e->line[k->span].down) {
        k->last_given++;
        xh_link_came_in(e, number, k->last, (int)k->last_len);
    }
}

/* A driver does not frame what does not come, and says nothing of a line that is down. */
static void down_by_driver(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    k->last_len = 0;
    for (int octets = DOWN_OCTETS; k->monitor && octets <= e->samples; octets += DOWN_OCTETS)
        errored(e, number, 0);
}

void xh_su_link_read(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    struct xh_line *line = &e->line[k->span];
    if (!k->by_driver) {
        read_octets(e, number);
        return;
    }
    if (line->span)
        read_driver(e, number, line->span);
    if (!line->span || line->down)
        down_by_driver(e, number);
}

/* -- sending ------------------------------------------------------------------------------------- */

void xh_su_link_remember(struct xh_link *k, const uint8_t *unit, size_t len)
{
    if (len >= (k->header == XH_SU_EXTENDED ? 6 : 3))
        xh_su_fill(k->header, unit, len, 0, k->fill, &k->fill_len);
}

/* The next unit of control: octets, 0 none, -errno it was none. */
static int next(struct xh_engine *e, uint32_t number, uint8_t *unit)
{
    struct xh_link *k = &e->link[number];
    int n = xh_link_next(e, number, unit);
    if (n > 0 && atomic_load_explicit(&e->control, memory_order_relaxed))
        k->orphan = 0;
    return n;
}

static void write_octets(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    uint8_t many[XH_TIMESLOTS * XH_TICK_MAX], unit[XH_FRAME_MAX];
    size_t n = (size_t)e->samples * (size_t)__builtin_popcount(k->slots);
    while (xh_su_tx_waiting(&k->su_tx) < n && xh_su_tx_ready(&k->su_tx)) {
        int len = next(e, number, unit);
        if (len == 0)
            break;
        if (len < 0)
            continue;
        int r = xh_su_tx_put(&k->su_tx, unit, (size_t)len);
        k->changed = 1;
        if (r == 0) {
            k->row.tx++;
            xh_su_link_remember(k, unit, (size_t)len);
        } else {
            k->row.tx_lost++;
            xh_link_trouble(k, -r, 1);
        }
    }
    watch(e, number);
    if (k->kind == XH_LINK_MTP2_HIGH_SPEED) {
        xh_su_tx_octets(&k->su_tx, many, n);
        spread(e, k, many);
    } else
        xh_su_tx_octets(&k->su_tx, e->tx[k->span][k->timeslot], n);
    xh_link_waiting(e, number, xh_su_tx_waiting(&k->su_tx));
}

/* -- sending by driver -- */

/* It repeats whatever came last, an MSU as well: the fill follows. */
static void refill(struct xh_engine *e, uint32_t number, struct xh_span *span)
{
    struct xh_link *k = &e->link[number];
    uint8_t fill[XH_SU_FILL_MAX];
    size_t len = 0;
    if (!k->fill_len || !k->refill)
        return;
    xh_su_fill(k->header, k->fill, k->fill_len, k->outage, fill, &len);
    int r = span->ops->link_write(span, k->timeslot, fill, len);
    if (r == 0)
        return;
    if (r < 0)
        xh_link_trouble(k, -r, 0);
    k->refill = 0;
    k->backlog += (uint32_t)len + 3;
}

/* 1: it has been sent, or was none. */
static int unit_to_driver(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    size_t len = k->pending_len;
    if (!xh_link_write_driver(e, number, k->pending, len))
        return 0;
    k->pending_len = 0;
    k->backlog += (uint32_t)len + 3;
    xh_su_link_remember(k, k->pending, len);
    k->refill = k->fill_len != len || k->outage;
    return 1;
}

static void write_driver(struct xh_engine *e, uint32_t number, struct xh_span *span)
{
    struct xh_link *k = &e->link[number];
    uint32_t tick = (uint32_t)e->samples;
    k->backlog = k->backlog > tick ? k->backlog - tick : 0;
    while (k->backlog < 2 * tick) {
        if (!k->pending_len) {
            int n = next(e, number, k->pending);
            if (n == 0)
                break;
            if (n > 0 && n >= (k->header == XH_SU_EXTENDED ? 6 : 3)) {
                k->pending_len = (uint16_t)n;
            } else {
                k->row.tx_lost += n > 0;
                continue;
            }
        }
        if (!unit_to_driver(e, number))
            break;              /* no room: the unit waits */
    }
    watch(e, number);
    if (!k->pending_len)
        refill(e, number, span);
    xh_link_waiting(e, number, k->backlog + k->pending_len);
}

void xh_su_link_write(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    if (k->by_driver)
        write_driver(e, number, e->line[k->span].span);
    else
        write_octets(e, number);
}
