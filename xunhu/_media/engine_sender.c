/* Tone ports: steps (tones.h), answering tones of fax machines and modems (fax_tones.h), caller id as FSK (caller_id.h).
 *
 * All three share the slots and the end of a tone port: XH_EV_TONE_DONE when what was asked for is over. */
#include "engine_private.h"

#include <errno.h>

#define FAX_MS_MAX 3600000
#define SEIZURE_BITS_MAX 3000           /* 2.5 s each */
#define MARK_BITS_MAX 3000

static int free_slot(const struct xh_engine *e, uint32_t port)
{
    if (port < XH_LINE_PORTS || port >= XH_MAX_PORTS)
        return -EINVAL;
    if (e->port[port].kind != XH_PORT_FREE)
        return -EBUSY;
    return e->ntone_free ? e->tone_free[e->ntone_free - 1] : -ENOSPC;
}

static int opened(struct xh_engine *e, const struct xh_command *c, int slot, uint8_t kind)
{
    e->ntone_free--;
    e->tones_open++;
    e->sender[slot].kind = kind;
    xh_port_open(e, c->port, XH_PORT_TONE, c->tag);
    e->port[c->port].slot = (uint16_t)slot;
    return 0;
}

int xh_send_steps(struct xh_engine *e, const struct xh_command *c, const struct xh_tone_step *steps, int count, int repeats)
{
    int slot = free_slot(e, c->port);
    if (slot < 0)
        return slot;
    int r = xh_tonegen_init(&e->tone[slot], steps, (uint32_t)count, (uint32_t)repeats);
    return r ? r : opened(e, c, slot, XH_SEND_STEPS);
}

/* CNG and the calling tone: whole periods. */
static int send_fax_steps(struct xh_engine *e, const struct xh_command *c)
{
    struct xh_tone_step steps[2];
    int count = xh_fax_steps(steps, (enum xh_fax_tone)c->a0, c->a1 / 10.0, c->a2);
    if (count < 0)
        return count;
    int period = count == 2 ? steps[0].ms + steps[1].ms : 0;
    return xh_send_steps(e, c, steps, count, period ? (c->a2 + period - 1) / period : c->a2 > 0);
}

int xh_send_fax(struct xh_engine *e, const struct xh_command *c)
{
    struct xh_faxgen g;
    if (c->a0 <= XH_FAX_NONE || c->a0 > XH_FAX_BELL_ANS || c->a1 < -600 || c->a1 > 0 || c->a2 < 0 || c->a2 > FAX_MS_MAX)
        return -EINVAL;
    if (c->a0 < XH_FAX_ANS || c->a0 > XH_FAX_ANSAM_PR)
        return send_fax_steps(e, c);
    int slot = free_slot(e, c->port);
    if (slot < 0)
        return slot;
    int r = xh_faxgen_init(&g, (enum xh_fax_tone)c->a0, c->a1 / 10.0, c->a2);
    if (r)
        return r;
    e->sender[slot].fax = g;
    return opened(e, c, slot, XH_SEND_FAX);
}

int xh_send_caller_id(struct xh_engine *e, const struct xh_command *c)
{
    struct xh_caller_id_tx t;
    if (c->a0 < XH_FSK_V23 || c->a0 > XH_FSK_BELL202 || c->a1 < -600 || c->a1 > 0 || c->a2 < 0 || c->a2 > SEIZURE_BITS_MAX ||
        c->a3 < 0 || c->a3 > MARK_BITS_MAX)
        return -EINVAL;
    int slot = free_slot(e, c->port);
    if (slot < 0)
        return slot;
    int r = xh_caller_id_tx_init(&t, (enum xh_fsk_modem)c->a0, c->a1 / 10.0, (unsigned)c->a2, (unsigned)c->a3, c->payload,
                                 c->payload_len);
    if (r)
        return r;
    e->sender[slot].caller_id = t;
    return opened(e, c, slot, XH_SEND_CALLER_ID);
}

static size_t make(struct xh_engine *e, uint32_t slot, int16_t *out, size_t n)
{
    struct xh_sender *s = &e->sender[slot];
    switch (s->kind) {
    case XH_SEND_FAX: return xh_faxgen_run(&s->fax, out, n);
    case XH_SEND_CALLER_ID: return xh_caller_id_tx_run(&s->caller_id, out, n);
    default: return xh_tonegen_run(&e->tone[slot], out, n);
    }
}

void xh_senders_run(struct xh_engine *e)
{
    for (uint32_t i = 0; i < e->plan.tones; i++) {
        uint32_t port = e->plan.tone_port[i];
        const struct xh_port *p = &e->port[port];
        if (p->kind != XH_PORT_TONE)
            continue;
        size_t made = make(e, p->slot, e->linear[port], (size_t)e->samples);
        if (made == (size_t)e->samples)
            continue;
        xh_engine_emit(e, (struct xh_event){.type = XH_EV_TONE_DONE, .port = port, .tag = p->tag, .sample = e->now + made,
                                            .a0 = XH_END_DONE});
        xh_port_free(e, port);
    }
}
