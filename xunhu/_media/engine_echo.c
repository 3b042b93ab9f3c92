/* Echo cancellers of timeslots: between what a line sends us and all who hear it (echo.h).
 *
 * What we sent to the line in the tick before stands beside what comes from it in this one: nothing can come back sooner.
 * It is taken as the line gets it, after its last coding, whatever it was made of; so octets that are copied are decoded
 * for the canceller.  What comes from a line whose echo is cancelled is never copied octet for octet. */
#include "engine_private.h"

#include <errno.h>
#include <math.h>
#include <string.h>
#include <sys/mman.h>

#define TAIL_MOST 128
#define FLAGS (XH_ECHO_NLP | XH_ECHO_COMFORT_NOISE | XH_ECHO_TONE_DISABLER)
#define SHOW_EVERY 16           /* ticks between two looks at a canceller */
#define CHUNK 16                /* cancellers that a thread takes at once */

static struct xh_echo *canceller(struct xh_engine *e, uint32_t port)
{
    return (struct xh_echo *)(e->echo_memory + e->echo_each * port);
}

int xh_echoes_new(struct xh_engine *e)
{
    struct xh_echo_params most = {.tail_ms = TAIL_MOST, .flags = FLAGS};
    e->echo_each = (xh_echo_size(&most) + 63) & ~(size_t)63;
    e->echo_memory = xh_pages(e->echo_each * XH_LINE_PORTS);
    return e->echo_memory ? 0 : -ENOMEM;
}

void xh_echoes_free(struct xh_engine *e)
{
    if (e->echo_memory)
        munmap(e->echo_memory, e->echo_each * XH_LINE_PORTS);
}

static void show(struct xh_engine *e, uint32_t port)
{
    struct xh_echo_row *row = &e->shm->echo[port];
    struct xh_echo_state s = {0};
    int on = e->port[port].echo;
    if (on)
        xh_echo_state(canceller(e, port), &s);
    xh_row_begin(&row->sequence);
    row->flags = (uint16_t)(!on ? 0 : XH_ECHO_ON | (s.converged ? XH_ECHO_CONVERGED : 0) |
                            (s.double_talk ? XH_ECHO_DOUBLE_TALK : 0) | (s.disabled ? XH_ECHO_DISABLED : 0) |
                            (s.narrow_band ? XH_ECHO_NARROW_BAND : 0) | (s.suppressing ? XH_ECHO_SUPPRESSING : 0));
    row->erl_dbx10 = (int16_t)lrintf(10 * s.erl_db);
    row->erle_dbx10 = (int16_t)lrintf(10 * s.erle_db);
    row->residual_dbm0x10 = (int16_t)lrintf(10 * s.residual_dbm0);
    row->noise_dbm0x10 = (int16_t)lrintf(10 * s.noise_dbm0);
    row->delay_ms = (uint16_t)lrintf(s.delay_ms);
    xh_row_end(&row->sequence);
}

static int law_of(struct xh_engine *e, uint32_t port)
{
    return port < XH_TS_PORTS ? xh_line_of(e, port)->law : xh_rtp_law(e, port);
}

int xh_echo_command(struct xh_engine *e, const struct xh_command *c)
{
    struct xh_echo_params params = {.tail_ms = c->a0, .flags = c->a1};
    if (c->port >= XH_LINE_PORTS || (c->a1 & ~FLAGS))
        return -EINVAL;
    struct xh_port *p = &e->port[c->port];
    if (!xh_is_line(p))
        return -ENOENT;
    params.law = law_of(e, c->port);
    int r = c->a0 ? xh_echo_init(canceller(e, c->port), &params) : 0;
    if (r)
        return r;
    if (!p->echo)
        memset(e->sent[c->port], 0, sizeof e->sent[c->port]);
    p->echo = c->a0 != 0;
    e->plan.stale = 1;
    show(e, c->port);
    return 0;
}

void xh_echo_end(struct xh_engine *e, uint32_t port)
{
    if (!e->port[port].echo)
        return;
    e->port[port].echo = 0;
    show(e, port);
}

void xh_echoes_plan(struct xh_engine *e, uint32_t port)
{
    struct xh_plan *plan = &e->plan;
    uint32_t i = plan->echoes++;
    int linear = port >= XH_TS_PORTS;
    const uint8_t *octets = linear ? (const uint8_t *)xh_rtp_out(e, port) : e->tx[port / XH_TIMESLOTS][port % XH_TIMESLOTS];
    plan->echo[i] = (struct xh_echo_op){canceller(e, port), e->sent[port], e->linear[port]};
    plan->sent[i] = (struct xh_op_decode){octets, e->sent[port], linear ? 0 : law_of(e, port)};
    plan->echo_port[i] = (uint16_t)port;
}

static void part(struct xh_engine *e, uint32_t first, uint32_t count)
{
    xh_echo_run(e->plan.echo + first, count, (size_t)e->samples);
}

void xh_echoes_run(struct xh_engine *e)
{
    xh_workers_run(e, part, e->plan.echoes, CHUNK);
    for (uint32_t i = (uint32_t)(e->ticks % SHOW_EVERY); i < e->plan.echoes; i += SHOW_EVERY)
        show(e, e->plan.echo_port[i]);
}

void xh_echoes_sent(struct xh_engine *e)
{
    for (uint32_t i = 0; i < e->plan.echoes; i++) {
        const struct xh_op_decode *op = &e->plan.sent[i];
        if (!op->law)
            memcpy(op->out, op->octets, (size_t)e->samples * sizeof *op->out);
        else if (op->law == 'A')
            xh_alaw_decode(op->out, op->octets, (size_t)e->samples);
        else
            xh_ulaw_decode(op->out, op->octets, (size_t)e->samples);
    }
}
