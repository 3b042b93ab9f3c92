/* Streaming resampler. See include/xunhu/resample.h and docs/conceal.md. */
#include "xunhu/resample.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "resample_private.h"

#define TAPS_LOW 40                     /* of the lower rate */
#define BETA 6.8                        /* of the Kaiser window: 70 dB */

/* -- the filter ------------------------------------------------------------------------------------ */

/* Modified Bessel function of the first kind, order 0. */
static double bessel(double x)
{
    double sum = 1.0, term = 1.0;
    for (int k = 1; term > sum * 1e-16; k++) {
        term *= (x / (2 * k)) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

static int is_rate(int hz)
{
    return hz == 8000 || hz == 16000 || hz == 32000 || hz == 48000;
}

static int common(int a, int b)
{
    while (b) {
        int rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

int xh_resampler_design(struct xh_resampler_filter *f, int from, int to)
{
    if (!is_rate(from) || !is_rate(to) || from == to)
        return -EINVAL;
    int one = common(from, to);
    *f = (struct xh_resampler_filter){.from = from, .to = to, .up = to / one, .down = from / one};
    int most = f->up > f->down ? f->up : f->down, length = TAPS_LOW * most;
    double low = 1.0 / most, sum = 0.0, h[XH_RESAMPLER_TAPS];        /* the lower rate in units of the common one */
    f->taps = length / f->up;
    for (int i = 0; i < length; i++) {          /* symmetric about length / 2; the first has no partner and is nothing */
        double t = i - length / 2, u = 2.0 * t / length, x = M_PI * t * low;
        h[i] = (t == 0 ? 1.0 : sin(x) / x) * bessel(BETA * sqrt(1.0 - u * u)) / bessel(BETA);
        sum += h[i];
    }
    for (int i = 0; i < length; i++)
        f->phase[i % f->up * f->taps + i / f->up] = (float)(h[i] * f->up / sum);
    return 0;
}

double xh_resampler_delay_ms(const struct xh_resampler_filter *f)
{
    return TAPS_LOW / 2 * 1000.0 / (f->from < f->to ? f->from : f->to);
}

/* -- the stream ------------------------------------------------------------------------------------ */

void xh_resampler_init(struct xh_resampler *s)
{
    memset(s, 0, sizeof *s);
}

static resample_phase *kernel(const struct xh_resampler_filter *f)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (!f->plain && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return xh_resampler_phase_avx2;
#endif
    return xh_resampler_phase_plain;
}

/* Past and input into the streams; each is `each` places long. */
static void deal(struct resample_work *w, const struct xh_resampler *s, const int16_t *in, int n, int down, int each)
{
    int past = XH_RESAMPLER_PAST / down;
    for (int r = 0; r < down; r++) {
        float *to = w->stream + r * each;
        for (int i = 0; i < past; i++)
            to[i] = s->past[i * down + r];
        for (int i = 0; i < n / down; i++)
            to[past + i] = in[i * down + r];
        memset(to + past + n / down, 0, (size_t)(each - past - n / down) * sizeof *to);
    }
}

/* Where the taps of an output find their input; newest: of the first such output, counted from the first of this piece, below down. */
static void aim(struct resample_work *w, int newest, int taps, int down, int each)
{
    int r = newest, place = XH_RESAMPLER_PAST / down;
    for (int k = 0; k < taps; k++) {
        w->tap[k] = w->stream + r * each + place;
        if (r-- == 0) {
            r = down - 1;
            place--;
        }
    }
}

static void piece(const struct xh_resampler_filter *f, const struct xh_resampler *s, const int16_t *in, int n, int16_t *out)
{
    struct resample_work w;
    int up = f->up, down = f->down, count = n / down;
    int each = XH_RESAMPLER_PAST / down + (count + RESAMPLE_GROUP - 1) / RESAMPLE_GROUP * RESAMPLE_GROUP + 8;
    resample_phase *run = kernel(f);
    deal(&w, s, in, n, down, each);
    for (int j = 0; j < up; j++) {              /* outputs j, j + up ...: at time j * down / up of the input */
        aim(&w, j * down / up, f->taps, down, each);
        run(w.out, w.tap, f->phase + j * down % up * f->taps, f->taps, count);
        for (int i = 0; i < count; i++)
            out[i * up + j] = (int16_t)w.out[i];
    }
}

static void remember(struct xh_resampler *s, const int16_t *in, size_t n)
{
    if (n < XH_RESAMPLER_PAST) {
        memmove(s->past, s->past + n, (XH_RESAMPLER_PAST - n) * sizeof *in);
        memcpy(s->past + XH_RESAMPLER_PAST - n, in, n * sizeof *in);
    } else {
        memcpy(s->past, in + n - XH_RESAMPLER_PAST, sizeof s->past);
    }
}

int64_t xh_resampler_run(const struct xh_resampler_filter *f, struct xh_resampler *s, const int16_t *in, size_t n, int16_t *out)
{
    int64_t made = 0;
    if (n % (size_t)f->down)
        return -EINVAL;
    while (n) {
        size_t part = n < RESAMPLE_PIECE ? n : RESAMPLE_PIECE;
        piece(f, s, in, (int)part, out + made);
        remember(s, in, part);
        in += part;
        n -= part;
        made += (int64_t)part * f->up / f->down;
    }
    return made;
}
