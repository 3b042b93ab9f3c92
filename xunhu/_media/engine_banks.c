/* Detectors that run over many channels at once, beside DTMF: MFC/R2, fax and modem tones. See engine_detect.c.
 *
 * A bank has a channel for each slot. Its memory is zero pages until a port first listens in this way; then it is made ready, which
 * takes about a millisecond, once. A bank that no port listens to is not run. */
#include "engine_private.h"

#include <errno.h>
#include <sys/mman.h>

struct bank {
    uint32_t bit;               /* XH_DETECT_* */
    int four;                   /* -1 any; else what r2_four of the port must be */
    size_t (*size)(uint32_t channels);
    void (*init)(void *memory);
    void (*reset)(void *bank, uint32_t channel);
    size_t (*run)(void *bank, const int16_t *const *in, size_t n, struct xh_tone_hit *hits, size_t room);
    void (*tell)(struct xh_event *ev, const struct xh_tone_hit *h);     /* type, a0 to a3 */
};

static void r2_forward_init(void *memory)
{
    xh_r2mf_bank_init(memory, memory, XH_DETECTORS, XH_R2MF_FORWARD);
}

static void r2_backward_init(void *memory)
{
    xh_r2mf_bank_init(memory, memory, XH_DETECTORS, XH_R2MF_BACKWARD);
}

static void r2_backward_four_init(void *memory)
{
    xh_r2mf_bank_init(memory, memory, XH_DETECTORS, XH_R2MF_BACKWARD_4);
}

static void r2_reset(void *bank, uint32_t channel)
{
    xh_r2mf_bank_reset(bank, channel);
}

static size_t r2_run(void *bank, const int16_t *const *in, size_t n, struct xh_tone_hit *hits, size_t room)
{
    return xh_r2mf_bank_run(bank, in, n, hits, room);
}

static void r2_tell(struct xh_event *ev, const struct xh_tone_hit *h)
{
    ev->type = XH_EV_R2;
    ev->a0 = h->code;
    ev->a2 = h->level_dbm0x10;
    ev->a3 = h->ended;
}

static void r2_backward_tell(struct xh_event *ev, const struct xh_tone_hit *h)
{
    r2_tell(ev, h);
    ev->a1 = 1;
}

static void fax_init(void *memory)
{
    xh_fax_bank_init(memory, memory, XH_DETECTORS);
}

static void fax_reset(void *bank, uint32_t channel)
{
    xh_fax_bank_reset(bank, channel);
}

static size_t fax_run(void *bank, const int16_t *const *in, size_t n, struct xh_tone_hit *hits, size_t room)
{
    return xh_fax_bank_run(bank, in, n, hits, room);
}

static void fax_tell(struct xh_event *ev, const struct xh_tone_hit *h)
{
    ev->type = XH_EV_FAX;
    ev->a0 = h->code;
    ev->a2 = h->level_dbm0x10;
    ev->a3 = h->ended;
}

static const struct bank BANKS[] = {
    {XH_DETECT_R2F, -1, xh_r2mf_bank_size, r2_forward_init, r2_reset, r2_run, r2_tell},
    {XH_DETECT_R2B, 0, xh_r2mf_bank_size, r2_backward_init, r2_reset, r2_run, r2_backward_tell},
    {XH_DETECT_R2B, 1, xh_r2mf_bank_size, r2_backward_four_init, r2_reset, r2_run, r2_backward_tell},
    {XH_DETECT_FAX, -1, xh_fax_bank_size, fax_init, fax_reset, fax_run, fax_tell},
};
#define BANK_COUNT (sizeof BANKS / sizeof *BANKS)
_Static_assert(BANK_COUNT <= XH_BANKS, "XH_BANKS");

uint32_t xh_banks_bits(void)
{
    uint32_t bits = 0;
    for (size_t b = 0; b < BANK_COUNT; b++)
        bits |= BANKS[b].bit;
    return bits;
}

int xh_banks_new(struct xh_engine *e)
{
    for (size_t b = 0; b < BANK_COUNT; b++)
        if (!(e->tone_bank[b] = xh_pages(BANKS[b].size(XH_DETECTORS))))
            return -ENOMEM;
    return 0;
}

void xh_banks_free(struct xh_engine *e)
{
    for (size_t b = 0; b < BANK_COUNT; b++)
        if (e->tone_bank[b])
            munmap(e->tone_bank[b], BANKS[b].size(XH_DETECTORS));
}

void xh_banks_reset(struct xh_engine *e, uint32_t slot)
{
    for (size_t b = 0; b < BANK_COUNT; b++)
        if (e->tone_bank_begun >> b & 1)
            BANKS[b].reset(e->tone_bank[b], slot);
}

static int wanted(const struct xh_port *p, const struct bank *bank)
{
    return p->detect & bank->bit && (bank->four < 0 || bank->four == p->r2_four);
}

void xh_banks_plan(struct xh_engine *e, uint32_t port)
{
    const struct xh_port *p = &e->port[port];
    for (size_t b = 0; b < BANK_COUNT; b++) {
        if (!wanted(p, &BANKS[b]))
            continue;
        if (!(e->tone_bank_begun >> b & 1)) {
            BANKS[b].init(e->tone_bank[b]);
            e->tone_bank_begun |= 1u << b;
        }
        e->plan.bank_in[b][p->detector] = e->linear[port];
        e->plan.bank_ports[b]++;
    }
}

void xh_banks_run(struct xh_engine *e)
{
    for (size_t b = 0; b < BANK_COUNT; b++) {
        if (!e->plan.bank_ports[b])
            continue;
        size_t n = BANKS[b].run(e->tone_bank[b], e->plan.bank_in[b], (size_t)e->samples, e->tone_hits, XH_HITS);
        for (size_t i = 0; i < n; i++) {
            const struct xh_tone_hit *h = &e->tone_hits[i];
            uint32_t port = h->channel < XH_DETECTORS ? e->detector_port[h->channel] : XH_NONE;
            if (port == XH_NONE || e->port[port].detector != h->channel || !wanted(&e->port[port], &BANKS[b]))
                continue;
            struct xh_event ev = {.port = port, .tag = e->port[port].tag, .sample = e->now + h->offset, .samples = h->length};
            BANKS[b].tell(&ev, h);
            xh_engine_emit(e, ev);
        }
    }
}
