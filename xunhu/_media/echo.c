/* Echo canceller: memory, ticks, and what is told of it. See include/xunhu/echo.h and docs/echo.md. */
#include <errno.h>
#include <string.h>
#include "echo_private.h"

static uint32_t parts_of(const struct xh_echo_params *p)
{
    return ((uint32_t)p->tail_ms + 9) / 10;
}

static bool sound(const struct xh_echo_params *p)
{
    return p->tail_ms >= 8 && p->tail_ms <= 128 && (p->law == 0 || p->law == 'A' || p->law == 'U');
}

size_t xh_echo_size(const struct xh_echo_params *p)
{
    return sound(p) ? echo_octets(parts_of(p)) : 0;
}

void xh_echo_clear(struct xh_echo *e)
{
    struct xh_echo_params p = {(int)e->parts * 10 > 128 ? 128 : (int)e->parts * 10, (int)e->flags, e->law};
    bool frozen = e->frozen, nlp = e->nlp;
    memset(e, 0, xh_echo_size(&p));
    e->parts = parts_of(&p);
    e->flags = (uint32_t)p.flags;
    e->law = p.law;
    e->frozen = frozen;
    e->nlp = nlp;
    e->random = 1;
    for (int i = 0; i < BINS; i++)
        e->misalignment[i] = 0.5f;
    for (uint32_t i = 0; i < e->parts; i++)
        e->share[i] = 1.0f / (float)e->parts;
    for (uint32_t i = 0; i < e->parts; i++)
        e->keep[i] = 1.0f;
    e->gain = e->leak = 1.0f;
    xh_tone_disabler_init(&e->tone);
    e->pause_length = 20;
    e->noise_search = 1e9f;
    e->turned = 1.0f;
}

int xh_echo_init(struct xh_echo *e, const struct xh_echo_params *p)
{
    if (!sound(p))
        return -EINVAL;
    e->parts = parts_of(p);
    e->flags = (uint32_t)p->flags;
    e->law = p->law;
    e->frozen = false;
    e->nlp = p->flags & XH_ECHO_NLP;
    xh_echo_clear(e);
    return 0;
}

void xh_echo_freeze(struct xh_echo *e, int on)
{
    e->frozen = on;
}

void xh_echo_nlp(struct xh_echo *e, int on)
{
    e->nlp = on;
}

static bool has_avx2(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    /* the third, F16C, has no name in every compiler; no processor has AVX2 without it */
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

static void run_one(const struct xh_echo_op *op, size_t n, bool wide, const struct xh_echo *next)
{
    struct xh_echo *e = op->canceller;
    echo_kernel *kernel = xh_echo_block_plain;
#if defined(__x86_64__)
    if (wide && !(e->flags & XH_ECHO_PLAIN))
        kernel = xh_echo_block_avx2;
#endif
    if (e->flags & XH_ECHO_TONE_DISABLER)
        e->disabled = xh_tone_disabler_run_both(&e->tone, op->rout, op->sin, n);
    for (size_t at = 0; at < n;) {
        size_t room = HOP - e->fill, take = n - at < room ? n - at : room;
        struct echo_samples in = {op->rout + at, op->sin + at, e->fill, e->fill + (uint32_t)take, e->disabled};
        kernel(e, &in, at == 0 ? next : NULL);
        e->fill = in.to % HOP;
        at += take;
    }
}

void xh_echo_run(const struct xh_echo_op *ops, size_t count, size_t n)
{
    if (n != 40 && n != 80 && n != 160)
        return;
    bool wide = has_avx2();
    for (size_t i = 0; i < count; i++) {
        const struct xh_echo *next = i + 1 < count ? ops[i + 1].canceller : NULL;
        if (i + 2 < count)
            __builtin_prefetch(ops[i + 2].canceller);
        run_one(&ops[i], n, wide, next);
    }
}
