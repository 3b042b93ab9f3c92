/* Comfort noise and DTX. See include/xunhu/cng.h and docs/conceal.md. */
#include "xunhu/cng.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define OVERLOAD (32768.0 * 32768.0)    /* 0 dBov, RFC 3389 §3.1 */
#define STEP (258.0f / 32768.0f)        /* of a coefficient, §3.2 */
#define BLOCK 80                        /* 10 ms: half a window of the analyser, a step of the generator */
#define AVERAGED 16                     /* blocks */
#define WHITE 1.0001f                   /* 40 dB of white noise below the background: dents are not modelled deeper */
#define APPROACH 0.4f                   /* of the way to a new SID, a step: nine tenths in 50 ms */
#define CHANGED_DB 2                    /* of level */
#define CHANGED_FIT 1.26f               /* of prediction error, 1 dB */
#define RATE 8

/* -- payload --------------------------------------------------------------------------------------- */

int xh_cng_parse(struct xh_cng_noise *noise, const uint8_t *sid, size_t n)
{
    *noise = (struct xh_cng_noise){.level = XH_CNG_SILENCE};
    if (!n)
        return -EINVAL;
    noise->level = sid[0] & 0x7f;
    for (size_t i = 1; i < n && i <= XH_CNG_ORDER_MAX && sid[i] != 255; i++)
        noise->reflection[noise->order++] = (float)(sid[i] - 127) * STEP;
    return 0;
}

size_t xh_cng_pack(uint8_t sid[XH_CNG_SID_MAX], const struct xh_cng_noise *noise)
{
    sid[0] = noise->level & 0x7f;
    for (int i = 0; i < noise->order; i++)
        sid[1 + i] = (uint8_t)(127 + lrintf(fminf(fmaxf(noise->reflection[i] / STEP, -127.0f), 127.0f)));
    return 1u + noise->order;
}

/* -- filters --------------------------------------------------------------------------------------- */

/* Step-up: a[0] to a[order - 1] of 1 + sum a[i] z^-(i+1). */
static void step_up(double *a, const float *k, int order)
{
    for (int m = 0; m < order; m++) {
        a[m] = k[m];
        for (int i = 0; i < m / 2; i++) {
            double low = a[i] + k[m] * a[m - 1 - i], high = a[m - 1 - i] + k[m] * a[i];
            a[i] = low;
            a[m - 1 - i] = high;
        }
        if (m % 2)
            a[m / 2] *= 1.0 + k[m];
    }
}

/* Levinson-Durbin: reflection coefficients of the autocorrelation; what is left of the energy. */
static float reflections(float *k, const float *r, int order)
{
    float a[XH_CNG_ORDER_MAX + 1] = {1.0f}, error = r[0] * WHITE;
    for (int m = 1; m <= order; m++) {
        float sum = r[m];
        for (int i = 1; i < m; i++)
            sum += a[i] * r[m - i];
        float c = error > 0.0f ? -sum / error : 0.0f;
        for (int i = 1; i <= m / 2; i++) {
            float low = a[i] + c * a[m - i], high = a[m - i] + c * a[i];
            a[i] = low;
            a[m - i] = high;
        }
        a[m] = c;
        k[m - 1] = c;
        error *= 1.0f - c * c;
    }
    return error;
}

/* -- analysis -------------------------------------------------------------------------------------- */

void xh_cng_analyser_init(struct xh_cng_analyser *a)
{
    memset(a, 0, sizeof *a);
}

/* A window of two blocks, each sample in two windows, whose weights squared add up to one. */
static void window(struct xh_cng_analyser *a)
{
    enum { LAGS = 12 };                 /* a whole number of vectors */
    _Static_assert(LAGS > XH_CNG_ORDER_MAX, "all lags");
    float x[2 * BLOCK + LAGS] = {0}, r[LAGS] = {0};
    double step = M_PI / (2 * BLOCK), twice = 2.0 * cos(step), s = sin(step / 2), before = -s;
    for (int i = 0; i < 2 * BLOCK; i++) {       /* s: sine of (i + 1/2) steps */
        x[i] = (float)a->x[i] * (float)s;
        double next = twice * s - before;
        before = s;
        s = next;
    }
    for (int i = 0; i < 2 * BLOCK; i++)
        for (int lag = 0; lag < LAGS; lag++)
            r[lag] += x[i] * x[i + lag];
    a->blocks += a->blocks < AVERAGED;
    for (int lag = 0; lag <= XH_CNG_ORDER_MAX; lag++)
        a->r[lag] += (r[lag] * (1.0f / BLOCK) - a->r[lag]) / (float)a->blocks;
}

void xh_cng_analyse(struct xh_cng_analyser *a, const int16_t *x, size_t n)
{
    while (n) {
        size_t part = 2 * BLOCK - a->filled < n ? 2 * BLOCK - a->filled : n;
        memcpy(a->x + a->filled, x, part * sizeof *x);
        a->filled += (uint32_t)part;
        x += part;
        n -= part;
        if (a->filled < 2 * BLOCK)
            return;
        window(a);
        memmove(a->x, a->x + BLOCK, BLOCK * sizeof *x);
        a->filled = BLOCK;
    }
}

static int level_of(float power)
{
    long level = power > 0.0f ? lrint(-10.0 * log10((double)power / OVERLOAD)) : XH_CNG_SILENCE;
    return level < 0 ? 0 : level > XH_CNG_SILENCE ? XH_CNG_SILENCE : (int)level;
}

void xh_cng_describe(const struct xh_cng_analyser *a, int order, struct xh_cng_noise *noise)
{
    *noise = (struct xh_cng_noise){.level = (uint8_t)level_of(a->r[0])};
    if (noise->level == XH_CNG_SILENCE)
        return;
    noise->order = (uint8_t)(order < 0 ? 0 : order > XH_CNG_ORDER_MAX ? XH_CNG_ORDER_MAX : order);
    reflections(noise->reflection, a->r, noise->order);
}

/* -- generation ------------------------------------------------------------------------------------ */

void xh_cng_generator_init(struct xh_cng_generator *g, uint32_t seed)
{
    memset(g, 0, sizeof *g);
    g->seed = seed ? seed : 1;
}

void xh_cng_hear(struct xh_cng_generator *g, const struct xh_cng_noise *noise)
{
    g->gain_wanted = noise->level >= XH_CNG_SILENCE ? 0.0f : 32768.0f * powf(10.0f, -(float)noise->level / 20.0f);
    memset(g->k_wanted, 0, sizeof g->k_wanted);
    memcpy(g->k_wanted, noise->reflection, noise->order * sizeof *g->k_wanted);
    if (!g->heard) {
        memcpy(g->k, g->k_wanted, sizeof g->k);
        g->gain = g->gain_wanted;
    }
    g->heard = 1;
    g->left = 0;
}

/* A step towards what was heard last.  Between two stable filters the coefficients' way is stable all along. */
static void approach(struct xh_cng_generator *g)
{
    double left = 1.0;
    g->gain += APPROACH * (g->gain_wanted - g->gain);
    for (int i = 0; i < XH_CNG_ORDER_MAX; i++) {
        g->k[i] += APPROACH * (g->k_wanted[i] - g->k[i]);
        left *= 1.0 - (double)g->k[i] * g->k[i];
    }
    step_up(g->a, g->k, XH_CNG_ORDER_MAX);
    /* the noise below is the sum of two uniform ones of 16 bits: its variance is 2/12 of 65536 squared */
    g->drive = g->gain * sqrt(left * 6.0) / 65536.0;
    g->left = BLOCK;
}

static double white(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return (double)(int16_t)(*seed & 0xffff) + (double)(int16_t)(*seed >> 16) + 1.0;
}

static int16_t sample(double x)
{
    return (int16_t)(x >= 32767.0 ? 32767 : x <= -32768.0 ? -32768 : (int)(x < 0.0 ? x - 0.5 : x + 0.5));
}

/* n samples, at most a block, of one filter. */
static void make(struct xh_cng_generator *g, int16_t *x, size_t n)
{
    double line[XH_CNG_ORDER_MAX + BLOCK], *y = line + XH_CNG_ORDER_MAX, loudest = 0.0;
    memcpy(line, g->y, sizeof g->y);
    for (size_t i = 0; i < n; i++, y++) {
        double sum = g->drive * white(&g->seed);
        for (int m = XH_CNG_ORDER_MAX; m > 0; m--)      /* the oldest first: the next sample need not wait for them */
            sum -= g->a[m - 1] * y[-m];
        *y = sum;
        double size = sum < 0.0 ? -sum : sum;
        loudest = size > loudest ? size : loudest;
        x[i] = sample(sum);
    }
    memcpy(g->y, y - XH_CNG_ORDER_MAX, sizeof g->y);
    if (!(loudest < 1e6) || loudest < 1e-9)     /* at the edge of stability, by rounding; or fading away for ever */
        memset(g->y, 0, sizeof g->y);
}

void xh_cng_make(struct xh_cng_generator *g, int16_t *x, size_t n)
{
    while (n) {
        if (!g->left)
            approach(g);
        size_t part = g->left < n ? g->left : n;
        make(g, x, part);
        g->left -= (uint32_t)part;
        x += part;
        n -= part;
    }
}

/* -- DTX ------------------------------------------------------------------------------------------- */

int xh_dtx_init(struct xh_dtx *d, const struct xh_dtx_params *p)
{
    if (p->order < 0 || p->order > XH_CNG_ORDER_MAX || p->hangover_ms < 0 || p->hangover_ms > 10000 || p->least_ms < 0 ||
        p->least_ms > 60000 || p->most_ms < 0 || p->most_ms > 60000 || (p->most_ms && p->most_ms < p->least_ms))
        return -EINVAL;
    memset(d, 0, sizeof *d);
    d->params = *p;
    return 0;
}

/* How much more the filter that was sent leaves of the background than its own would. */
static float misfit(const struct xh_dtx *d)
{
    const struct xh_cng_noise *sent = &d->sent;
    double a[XH_CNG_ORDER_MAX + 1] = {1.0}, left = 0.0;
    float own[XH_CNG_ORDER_MAX], least = reflections(own, d->background.r, d->params.order);
    step_up(a + 1, sent->reflection, sent->order);
    for (int i = 0; i <= sent->order; i++)
        for (int j = 0; j <= sent->order; j++)
            left += a[i] * a[j] * d->background.r[i < j ? j - i : i - j] * (i == j ? WHITE : 1.0);
    return least > 0.0f ? (float)left / least : 1.0f;
}

static int is_due(const struct xh_dtx *d, const struct xh_cng_noise *now)
{
    const struct xh_dtx_params *p = &d->params;
    if (!d->silent)
        return 1;
    if (d->since < (uint32_t)p->least_ms * RATE)
        return 0;
    if (p->most_ms && d->since >= (uint32_t)p->most_ms * RATE)
        return 1;
    int change = now->level - d->sent.level;
    return change >= CHANGED_DB || change <= -CHANGED_DB || (now->order && misfit(d) > CHANGED_FIT);
}

int xh_dtx_run(struct xh_dtx *d, const int16_t *x, size_t n, int voice, uint8_t sid[XH_CNG_SID_MAX], size_t *octets)
{
    uint32_t block = n < 80000 ? (uint32_t)n : 80000;
    struct xh_cng_noise now;
    *octets = 0;
    d->since = d->since < UINT32_MAX - block ? d->since + block : UINT32_MAX;
    if (voice) {
        d->quiet = d->silent = 0;
        d->background.filled = 0;       /* no window reaches from before a voice to behind it */
        return XH_DTX_SOUND;
    }
    xh_cng_analyse(&d->background, x, n);
    if (d->quiet < (uint32_t)d->params.hangover_ms * RATE || !d->background.blocks) {
        d->quiet += block;
        return XH_DTX_SOUND;
    }
    xh_cng_describe(&d->background, d->params.order, &now);
    if (!is_due(d, &now))
        return XH_DTX_NOTHING;
    *octets = xh_cng_pack(sid, &now);
    xh_cng_parse(&d->sent, sid, *octets);
    d->since = 0;
    d->silent = 1;
    return XH_DTX_SID;
}
