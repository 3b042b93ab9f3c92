/* Links: HDLC frames over a timeslot, by the driver where it frames itself, else by hdlc.c.  MTP2 is engine_link_su.c.
 *
 * While control is away links are framed on: flags go out, frames come in until the queue is full, and are then counted
 * as lost.  While the span is missing, frames to be sent are dropped and counted, as a dead line would. */
#include "engine_private.h"

#include <errno.h>
#include <string.h>

#define FRAMES_A_TICK 64

static void show_link(struct xh_engine *e, uint32_t number)
{
    struct xh_link_row *row = &e->shm->links[number];
    struct xh_link *k = &e->link[number];
    xh_row_begin(&row->sequence);
    row->open = (uint32_t)k->open;
    row->span = (uint32_t)k->span;
    row->timeslot = (uint32_t)k->timeslot;
    row->kind = (uint32_t)k->kind;
    row->rx = k->row.rx;
    row->tx = k->row.tx;
    row->rx_lost = k->row.rx_lost;
    row->tx_lost = k->row.tx_lost;
    row->bad = k->row.bad;
    row->repeats = k->row.repeats;
    row->outage = (uint32_t)k->outage;
    xh_row_end(&row->sequence);
    k->changed = 0;
}

/* Who frames it: the driver if it will, else we. 0 or -errno */
static int begin_framing(struct xh_engine *e, struct xh_link *k)
{
    struct xh_line *line = &e->line[k->span];
    xh_hdlc_rx_init(&k->rx);
    xh_hdlc_tx_init(&k->tx);
    xh_su_link_begin(k);
    k->bad_seen = 0;
    k->pending_len = 0;
    k->by_driver = 0;
    if (line->span && k->kind == XH_LINK_MTP2_HIGH_SPEED && line->span->ops->in_step &&
        !line->span->ops->in_step(line->span, k->slots))
        return -EOPNOTSUPP;
    if (line->span && line->span->ops->link_open && k->kind != XH_LINK_MTP2_HIGH_SPEED) {
        int r = line->span->ops->link_open(line->span, k->timeslot, k->kind != XH_LINK_HDLC);
        if (r < 0 && r != -EINVAL && r != -ENOTSUP)
            return r;
        k->by_driver = r >= 0;
    }
    if (k->by_driver)
        line->mask &= ~k->slots;
    else
        line->mask |= k->slots;
    return 0;
}

static int slots_of(const struct xh_engine *e, const struct xh_command *c, uint32_t *slots)
{
    uint32_t span = (uint32_t)c->a1, timeslot = (uint32_t)c->a2;
    if (span >= XH_MAX_SPANS || timeslot < 1 || timeslot >= XH_TIMESLOTS || (uint32_t)c->a3 > XH_LINK_MTP2_HIGH_SPEED ||
        (uint32_t)c->a5 > XH_SU_EXTENDED)
        return -EINVAL;
    *slots = c->a3 == XH_LINK_MTP2_HIGH_SPEED ? (uint32_t)c->a4 : 1u << timeslot;
    if (*slots & 1 || !(*slots >> timeslot & 1))
        return -EINVAL;
    const struct xh_line *line = &e->line[span];
    if (line->spec.driver == XH_DRIVER_NONE)
        return -ENODEV;
    if (line->links & *slots)
        return -EBUSY;
    for (uint32_t t = 1; t < XH_TIMESLOTS; t++)
        if (*slots >> t & 1 && e->port[span * XH_TIMESLOTS + t].kind != XH_PORT_FREE)
            return -EBUSY;
    return 0;
}

int xh_link_open(struct xh_engine *e, const struct xh_command *c)
{
    uint32_t link = (uint32_t)c->a0, slots = 0;
    if (link >= XH_MAX_LINKS)
        return -EINVAL;
    struct xh_link *k = &e->link[link];
    if (k->open)
        return -EEXIST;
    int r = slots_of(e, c, &slots);
    if (r)
        return r;
    k->span = c->a1;
    k->timeslot = c->a2;
    k->kind = c->a3;
    k->header = c->a5;
    k->slots = slots;
    k->monitor = k->orphan = k->outage = 0;
    k->drained_at = e->now;
    k->fill_len = 0;
    r = begin_framing(e, k);
    if (r)
        return r;
    k->open = 1;
    k->trouble = 0;
    k->lost = 0;
    k->told = 0;
    memset(&k->row, 0, sizeof k->row);
    e->line[k->span].links |= slots;
    e->links_open++;
    if (link >= e->links_high)
        e->links_high = link + 1;
    show_link(e, link);
    return 0;
}

int xh_link_monitor(struct xh_engine *e, uint32_t link, int on)
{
    if (link >= XH_MAX_LINKS || (e->link[link].open && e->link[link].kind == XH_LINK_HDLC))
        return -EINVAL;
    struct xh_link *k = &e->link[link];
    if (!k->open)
        return -ENOENT;
    k->monitor = on;
    k->good_at = e->now;
    k->last_given = 0;
    xh_su_rx_monitor(&k->su_rx, on);
    xh_su_rx_again(&k->su_rx);
    return 0;
}

int xh_link_close(struct xh_engine *e, uint32_t link)
{
    if (link >= XH_MAX_LINKS)
        return -EINVAL;
    struct xh_link *k = &e->link[link];
    if (!k->open)
        return -ENOENT;
    struct xh_line *line = &e->line[k->span];
    line->links &= ~k->slots;
    line->mask &= ~k->slots;
    for (int t = 1; t < XH_TIMESLOTS; t++)
        if (k->slots >> t & 1)
            memset(e->tx[k->span][t], line->idle, XH_TICK_MAX);
    xh_frames_discard(&e->shm->link_tx[link], &k->tx_tail);
    atomic_store_explicit(&e->shm->links[link].waiting, 0, memory_order_relaxed);
    k->open = 0;
    k->outage = 0;
    e->links_open--;
    show_link(e, link);
    return 0;
}

void xh_link_trouble(struct xh_link *k, int err, uint32_t lost)
{
    k->trouble = err;
    k->lost += lost;
    k->changed = 1;
}

void xh_links_again(struct xh_engine *e, uint32_t span)
{
    for (uint32_t i = 0; i < e->links_high; i++) {
        struct xh_link *k = &e->link[i];
        int r = k->open && k->span == (int)span ? begin_framing(e, k) : 0;
        if (r)
            xh_link_trouble(k, -r, 0);
    }
}

static void tell(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    if (!k->trouble || (k->told && e->now - k->told < XH_RATE))
        return;
    xh_engine_emit(e, (struct xh_event){.type = XH_EV_LINK, .a0 = (int32_t)number, .a1 = k->trouble,
                                        .a2 = (int32_t)(k->lost > INT32_MAX ? INT32_MAX : k->lost)});
    k->trouble = 0;
    k->lost = 0;
    k->told = e->now ? e->now : 1;
}

void xh_link_came_in(struct xh_engine *e, uint32_t number, const uint8_t *frame, int len)
{
    struct xh_link *k = &e->link[number];
    int r = xh_frames_put(&e->shm->link_rx[number], &k->rx_head, frame, (size_t)len);
    if (r < 0) {
        k->row.rx_lost++;
        xh_link_trouble(k, r == -EAGAIN ? ENOBUFS : -r, 1);
        return;
    }
    k->row.rx++;
    k->changed = 1;
    e->links_waiting[number / 64] |= 1ull << number % 64;
    e->produced = 1;
}

static void read_driver(struct xh_engine *e, uint32_t number, struct xh_span *span)
{
    struct xh_link *k = &e->link[number];
    uint8_t frame[XH_FRAME_MAX];
    for (int i = 0; i < FRAMES_A_TICK; i++) {
        int n = span->ops->link_read(span, k->timeslot, frame, sizeof frame);
        if (n == 0)
            return;
        if (n > 0) {
            xh_link_came_in(e, number, frame, n);
            continue;
        }
        xh_link_trouble(k, -n, 0);
        if (n != -EBADMSG)
            return;
        k->row.bad++;
    }
}

static void read_octets(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    const uint8_t *in = e->rx[k->span][k->timeslot];
    uint8_t frame[XH_FRAME_MAX];
    size_t used = 0;
    int n;
    while ((n = xh_hdlc_rx_octets(&k->rx, in, (size_t)e->samples, &used, frame, sizeof frame)) > 0)
        xh_link_came_in(e, number, frame, n);
    uint64_t bad = k->rx.fcs_errors + k->rx.aborts + k->rx.too_long + k->rx.too_short + k->rx.not_octets;
    if (bad != k->bad_seen) {
        k->row.bad += bad - k->bad_seen;
        k->bad_seen = bad;
        xh_link_trouble(k, EBADMSG, 0);
    }
}

void xh_links_read(struct xh_engine *e)
{
    xh_su_links_control(e);
    for (uint32_t i = 0; i < e->links_high; i++) {
        struct xh_link *k = &e->link[i];
        if (!k->open)
            continue;
        struct xh_line *line = &e->line[k->span];
        if (k->kind != XH_LINK_HDLC)
            xh_su_link_read(e, i);
        else if (line->span && k->by_driver)
            read_driver(e, i, line->span);
        else if (line->span && !line->down)
            read_octets(e, i);
        tell(e, i);
        if (k->changed)
            show_link(e, i);
    }
}

void xh_link_waiting(struct xh_engine *e, uint32_t link, size_t octets)
{
    _Atomic uint32_t *row = &e->shm->links[link].waiting;
    if (atomic_load_explicit(row, memory_order_relaxed) != octets)
        atomic_store_explicit(row, (uint32_t)octets, memory_order_release);
}

int xh_link_next(struct xh_engine *e, uint32_t number, uint8_t *frame)
{
    struct xh_link *k = &e->link[number];
    int n = xh_frames_get(&e->shm->link_tx[number], &k->tx_tail, frame, XH_FRAME_MAX);
    if (n < 0) {
        k->row.tx_lost++;
        xh_link_trouble(k, -n, 1);
    }
    return n;
}

int xh_link_write_driver(struct xh_engine *e, uint32_t link, const uint8_t *frame, size_t len)
{
    struct xh_link *k = &e->link[link];
    struct xh_span *span = e->line[k->span].span;
    int r = span->ops->link_write(span, k->timeslot, frame, len);
    if (r == 0)
        return 0;
    k->changed = 1;
    if (r > 0) {
        k->row.tx++;
    } else {
        k->row.tx_lost++;
        xh_link_trouble(k, -r, 1);
    }
    return 1;
}

static void write_driver(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    for (int i = 0; i < FRAMES_A_TICK; i++) {
        if (!k->pending_len) {
            int n = xh_link_next(e, number, k->pending);
            if (n == 0)
                return;
            if (n < 0)
                continue;
            k->pending_len = (uint16_t)n;
        }
        if (!xh_link_write_driver(e, number, k->pending, k->pending_len))
            return;             /* no room: the frame waits */
        k->pending_len = 0;
    }
}

static void write_octets(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    uint8_t frame[XH_FRAME_MAX];
    for (int i = 0; i < FRAMES_A_TICK && xh_hdlc_tx_ready(&k->tx); i++) {
        int n = xh_link_next(e, number, frame);
        if (n == 0)
            break;
        if (n < 0)
            continue;
        int r = xh_hdlc_tx_put(&k->tx, frame, (size_t)n);
        k->changed = 1;
        if (r == 0) {
            k->row.tx++;
        } else {
            k->row.tx_lost++;
            xh_link_trouble(k, -r, 1);
        }
    }
    xh_hdlc_tx_octets(&k->tx, e->tx[k->span][k->timeslot], (size_t)e->samples);
    xh_link_waiting(e, number, (size_t)k->tx.used + k->tx.left);
}

static void drop(struct xh_engine *e, uint32_t number)
{
    struct xh_link *k = &e->link[number];
    uint8_t frame[XH_FRAME_MAX];
    int n;
    for (int i = 0; i < FRAMES_A_TICK && (n = xh_link_next(e, number, frame)) > 0; i++) {
        if (k->kind != XH_LINK_HDLC)
            xh_su_link_remember(k, frame, (size_t)n);
        k->row.tx_lost++;
        xh_link_trouble(k, ENODEV, 1);
    }
    xh_link_waiting(e, number, 0);
}

void xh_links_write(struct xh_engine *e)
{
    for (uint32_t i = 0; i < e->links_high; i++) {
        struct xh_link *k = &e->link[i];
        if (!k->open)
            continue;
        struct xh_span *span = e->line[k->span].span;
        if (!span)
            drop(e, i);
        else if (k->kind != XH_LINK_HDLC)
            xh_su_link_write(e, i);
        else if (k->by_driver)
            write_driver(e, i);
        else
            write_octets(e, i);
    }
}
