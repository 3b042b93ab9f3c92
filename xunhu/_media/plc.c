/* Packet loss concealment, G.711 Appendix I. See include/xunhu/plc.h and docs/conceal.md. */
#include "xunhu/plc.h"

#include <math.h>
#include <string.h>

#include "plc_private.h"
#include "xunhu/g711.h"

#define STEP 80                 /* samples of a step of the Appendix: 10 ms */
#define QUIET_QUARTER 8         /* in the place of the quarter period after silence */
#define SPAN 100                /* samples compared to find the period: what is longer ago has another */
#define SPAN_RING 160           /* that the prediction is made from */
#define ORDER 16                /* of the prediction that leads out of what came */
#define FADE 40                 /* samples at the old end of the prediction's window */
#define WHITE 1.0001f           /* 40 dB of white noise below, so that the prediction is no oscillator */
#define QUIET 16                /* a past that never gets above that is silence: -63 dBm0 */

/* -- what a hole is filled with -------------------------------------------------------------------- */

static plc_correlate *kernel(const struct xh_plc_hole *h)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!h->plain && __builtin_cpu_supports("avx2"))
        return xh_plc_correlate_avx2;
#endif
    return xh_plc_correlate_plain;
}

/* The lag at which the last 12.5 ms are most like what was before them. */
static int find_period(const struct xh_plc_hole *h, const int16_t *tail, const float *x)
{
    enum { LAGS = XH_PLC_PERIOD_MAX - XH_PLC_PERIOD_MIN + 1, ROOM = (LAGS + PLC_LANES - 1) / PLC_LANES * PLC_LANES };
    const int16_t *past = tail + XH_PLC_TAIL - SPAN - XH_PLC_PERIOD_MAX;
    const float *end = x + XH_PLC_TAIL;
    float found[ROOM], best = 0.0f;
    int period = XH_PLC_PERIOD_MAX;
    int64_t energy = 0;
    kernel(h)(found, end - SPAN, end - SPAN - XH_PLC_PERIOD_MAX, SPAN, ROOM);
    for (int n = 0; n < SPAN; n++)
        energy += past[n] * past[n];
    for (int s = 0; s < LAGS; s++) {
        float like = found[s] > 0.0f ? found[s] * found[s] / (float)(energy + 1) : 0.0f;
        if (like >= best && like > 0.0f) {
            best = like;
            period = XH_PLC_PERIOD_MAX - s;
        }
        energy += past[s + SPAN] * past[s + SPAN] - past[s] * past[s];
    }
    return period;
}

/* Levinson-Durbin: a[1] to a[ORDER] of x[n] = -sum a[i] x[n - i]. */
static void predictor(float *a, const float *r)
{
    float error = r[0] * WHITE + 1.0f;
    memset(a, 0, (ORDER + 1) * sizeof *a);
    a[0] = 1.0f;
    for (int m = 1; m <= ORDER; m++) {
        float sum = r[m];
        for (int i = 1; i < m; i++)
            sum += a[i] * r[m - i];
        float k = -sum / error;
        for (int i = 1; i <= m / 2; i++) {
            float low = a[i] + k * a[m - i], high = a[m - i] + k * a[i];
            a[i] = low;
            a[m - i] = high;
        }
        a[m] = k;
        error *= 1.0f - k * k;
        if (error <= 0.0f)
            return;
    }
}

static int16_t sample(float x)
{
    return (int16_t)(x >= 32767.0f ? 32767 : x <= -32768.0f ? -32768 : (int)(x < 0.0f ? x - 0.5f : x + 0.5f));
}

/* How the sound would have gone on by itself: what the predictor rings with from its last samples. */
static void ring_out(struct xh_plc_hole *h, const float *x)
{
    float window[SPAN_RING + PLC_LANES] = {0}, r[PLC_LANES], a[ORDER + 1], y[ORDER + XH_PLC_QUARTER_MAX];
    const float *end = x + XH_PLC_TAIL;
    for (int n = 0; n < SPAN_RING; n++)
        window[n] = end[n - SPAN_RING] * (n < FADE ? (float)(n + 1) / (FADE + 1) : 1.0f);
    kernel(h)(r, window, window, SPAN_RING, PLC_LANES);
    predictor(a, r);
    memcpy(y, end - ORDER, ORDER * sizeof *y);
    for (int n = 0; n < h->quarter; n++) {
        float sum = 0.0f;
        for (int i = ORDER; i >= 1; i--)
            sum -= a[i] * y[ORDER + n - i];
        y[ORDER + n] = sum;
        h->from[n] = sample(sum);
    }
}

/* The last `periods` periods are the cycle: its last quarter is led into its beginning. */
static void make_cycle(struct xh_plc_hole *h, int periods)
{
    int q = h->quarter, length = periods * h->period;
    int16_t *to = h->tail + XH_PLC_TAIL - q;
    const int16_t *before = to - length;
    for (int i = 0; i < q; i++) {
        float w = (float)(i + 1) / (float)q;
        to[i] = sample((float)h->last[i] * (1.0f - w) + (float)before[i] * w);
    }
    h->periods = (uint8_t)periods;
}

static void cycle(struct xh_plc_hole *h, int16_t *out, int n)
{
    int length = h->periods * h->period;
    const int16_t *from = h->tail + XH_PLC_TAIL - length;
    for (int i = 0; i < n; i++) {
        out[i] = from[h->at];
        h->at = h->at + 1 < length ? (uint16_t)(h->at + 1) : 0;
    }
}

static void bridge(struct xh_plc_hole *h, float *x, int n)
{
    for (int i = 0; i < n && h->bridged < h->bridge; i++) {
        float w = (float)(h->bridged + 1) / (float)(h->bridge + 1);
        x[i] = (float)h->from[h->bridged++] * (1.0f - w) + x[i] * w;
    }
}

/* A hole begins; tail: the last XH_PLC_TAIL samples. */
static void begin(struct xh_plc_hole *h, const int16_t *tail)
{
    float x[XH_PLC_TAIL];
    int loudest = 0;
    h->joining = h->joined = 0;
    for (int i = 0; i < XH_PLC_TAIL; i++) {
        x[i] = tail[i];
        int size = tail[i] < 0 ? -tail[i] : tail[i];
        loudest = size > loudest ? size : loudest;
    }
    if (loudest <= QUIET) {             /* silence is said again */
        h->period = 0;
        h->quarter = QUIET_QUARTER;
        h->bridge = h->bridged = 0;
        return;
    }
    h->period = (uint8_t)find_period(h, tail, x);
    h->quarter = h->period / 4;
    memcpy(h->tail, tail, sizeof h->tail);
    memcpy(h->last, tail + XH_PLC_TAIL - h->quarter, h->quarter * sizeof *h->last);
    ring_out(h, x);
    make_cycle(h, 1);
    h->at = 0;
    h->bridge = h->quarter;
    h->bridged = 0;
}

/* From 20 and from 30 ms on one period more is said, so that it does not hum. */
static void lengthen(struct xh_plc_hole *h)
{
    uint16_t at = h->at;
    cycle(h, h->from, h->quarter);
    h->at = at % h->period;
    make_cycle(h, h->periods + 1);
    h->bridge = h->quarter;
    h->bridged = 0;
}

static float level(unsigned missing)
{
    return missing < XH_PLC_SILENT ? 1.0f - (float)missing * (1.0f / XH_PLC_SILENT) : 0.0f;
}

/* n samples of hole, not beyond the step of the Appendix in which it begins. */
static void fill(struct xh_plc_hole *h, int16_t *out, int n)
{
    float x[STEP];
    cycle(h, out, n);
    for (int i = 0; i < n; i++)
        x[i] = out[i];
    bridge(h, x, n);
    for (int i = 0; i < n; i++)
        out[i] = sample(x[i] * level(h->missing + (unsigned)i));
    h->missing = (uint16_t)(h->missing + n);
}

/* Some of n samples of a hole that has begun: how many. */
static size_t some(struct xh_plc_hole *h, int16_t *out, size_t n)
{
    size_t left = (size_t)(STEP - h->missing % STEP);
    if (!h->period || h->missing >= XH_PLC_SILENT) {
        memset(out, 0, n * sizeof *out);
        h->missing = (uint16_t)(n < (size_t)(XH_PLC_SILENT - h->missing) ? h->missing + n : XH_PLC_SILENT);
        return n;
    }
    if (h->missing == 2 * STEP || h->missing == 3 * STEP)
        lengthen(h);
    n = n < left ? n : left;
    fill(h, out, (int)n);
    return n;
}

/* The fade, over the beginning of the n samples that came: how many of them. */
static size_t join(struct xh_plc_hole *h, int16_t *x, size_t n)
{
    int16_t made[XH_PLC_QUARTER_MAX] = {0};
    float y[XH_PLC_QUARTER_MAX], high = level(h->missing);
    if (!h->joining)
        h->joining = h->quarter;
    int count = h->joining - h->joined;
    count = (size_t)count < n ? count : (int)n;
    if (h->period)
        cycle(h, made, count);
    for (int i = 0; i < count; i++)
        y[i] = made[i];
    bridge(h, y, count);
    for (int i = 0; i < count; i++) {
        float w = (float)(++h->joined) / (float)(h->joining + 1);
        x[i] = sample(y[i] * high * (1.0f - w) + (float)x[i] * w);
    }
    if (h->joined == h->joining)
        h->joining = h->joined = h->missing = 0;
    return (size_t)count;
}

/* -- samples --------------------------------------------------------------------------------------- */

void xh_plc_init(struct xh_plc *p)
{
    memset(p, 0, sizeof *p);
}

static void remember(struct xh_plc *p, const int16_t *x, size_t n)
{
    if (n > XH_PLC_HISTORY) {
        x += n - XH_PLC_HISTORY;
        n = XH_PLC_HISTORY;
    }
    size_t room = (size_t)(XH_PLC_HISTORY - p->at), first = room < n ? room : n;
    memcpy(p->history + p->at, x, first * sizeof *x);
    memcpy(p->history, x + first, (n - first) * sizeof *x);
    p->at = (uint16_t)((p->at + n) % XH_PLC_HISTORY);
}

void xh_plc_good(struct xh_plc *p, int16_t *x, size_t n)
{
    if (p->hole.missing && n)
        join(&p->hole, x, n);
    remember(p, x, n);
}

void xh_plc_lost(struct xh_plc *p, int16_t *x, size_t n)
{
    if (n && (!p->hole.missing || p->hole.joining)) {
        int16_t tail[XH_PLC_TAIL];
        size_t from = (p->at + XH_PLC_HISTORY - XH_PLC_TAIL) % XH_PLC_HISTORY;
        size_t first = XH_PLC_HISTORY - from < XH_PLC_TAIL ? XH_PLC_HISTORY - from : XH_PLC_TAIL;
        memcpy(tail, p->history + from, first * sizeof *tail);
        memcpy(tail + first, p->history, (XH_PLC_TAIL - first) * sizeof *tail);
        p->hole.missing = 0;
        begin(&p->hole, tail);
    }
    for (size_t done = 0; done < n;)
        done += some(&p->hole, x + done, n - done);
    remember(p, x, n);
}

/* -- octets ---------------------------------------------------------------------------------------- */

static void decode(int law, int16_t *out, const uint8_t *in, size_t n)
{
    if (law == 'A')
        xh_alaw_decode(out, in, n);
    else
        xh_ulaw_decode(out, in, n);
}

static void encode(int law, uint8_t *out, const int16_t *in, size_t n)
{
    if (law == 'A')
        xh_alaw_encode(out, in, n);
    else
        xh_ulaw_encode(out, in, n);
}

void xh_plc_octets_init(struct xh_plc_octets *p, int law)
{
    memset(p, 0, sizeof *p);
    p->law = (uint8_t)law;
    memset(p->history, law == 'A' ? 0xd5 : 0xff, sizeof p->history);
}

static void remember_octets(struct xh_plc_octets *p, const uint8_t *x, size_t n)
{
    if (n > XH_PLC_HISTORY) {
        x += n - XH_PLC_HISTORY;
        n = XH_PLC_HISTORY;
    }
    size_t room = (size_t)(XH_PLC_HISTORY - p->at), first = room < n ? room : n;
    memcpy(p->history + p->at, x, first);
    if (n > first)
        memcpy(p->history, x + first, n - first);
    p->at = (uint16_t)(p->at + n < XH_PLC_HISTORY ? p->at + n : p->at + n - XH_PLC_HISTORY);
}

void xh_plc_octets_good(struct xh_plc_octets *p, uint8_t *x, size_t n)
{
    if (p->hole.missing && n) {
        int16_t linear[XH_PLC_QUARTER_MAX];
        size_t count = n < XH_PLC_QUARTER_MAX ? n : XH_PLC_QUARTER_MAX;
        decode(p->law, linear, x, count);
        count = join(&p->hole, linear, count);
        encode(p->law, x, linear, count);
    }
    remember_octets(p, x, n);
}

void xh_plc_octets_lost(struct xh_plc_octets *p, uint8_t *x, size_t n)
{
    if (n && (!p->hole.missing || p->hole.joining)) {
        int16_t tail[XH_PLC_TAIL];
        size_t from = (p->at + XH_PLC_HISTORY - XH_PLC_TAIL) % XH_PLC_HISTORY;
        size_t first = XH_PLC_HISTORY - from < XH_PLC_TAIL ? XH_PLC_HISTORY - from : XH_PLC_TAIL;
        decode(p->law, tail, p->history + from, first);
        decode(p->law, tail + first, p->history, XH_PLC_TAIL - first);
        p->hole.missing = 0;
        begin(&p->hole, tail);
    }
    for (size_t done = 0; done < n;) {
        int16_t linear[STEP];
        size_t count = some(&p->hole, linear, n - done < STEP ? n - done : STEP);
        encode(p->law, x + done, linear, count);
        done += count;
    }
    remember_octets(p, x, n);
}
