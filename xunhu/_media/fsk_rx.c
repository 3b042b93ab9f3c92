/* FSK receiver, see include/xunhu/fsk.h.
 *
 * The band-pass has complex taps (a low-pass moved to the middle frequency), so its output turns with the instantaneous
 * frequency whatever the level: twist does no harm. The sine of the angle from one sample to the next, less the middle
 * frequency's, is averaged over three quarters of a bit and compared with the middle of what zeros and ones were last. */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>
#include "xunhu/fsk.h"

#define RATE 8000.0
#define LEAST_DBM0 (-46.0)
#define SMOOTH 0.06f            /* of the power: 16 samples */
#define UP 24                   /* samples with carrier before it is up: the filters are filled then */
#define DOWN 24                 /* without it, before it is down */
#define LONG_MARK_BITS 32.0f
#define LEARN 0.1f              /* of the levels, a bit */
#define LEVEL_LEAST 0.6f        /* of the nominal level: between these a level may move */
#define LEVEL_MOST 1.45f
#define PULL 0.3f               /* of the distance between a transition and where it was expected, bits alone */

typedef float v4 __attribute__((vector_size(16)));

static const struct {
    float middle_hz, cut_hz;
    uint32_t taps, averaged;    /* taps: a multiple of 4 */
} filters[XH_FSK_MODEMS] = {
    [XH_FSK_V23] = {1700, 850, 16, 5},
    [XH_FSK_BELL202] = {1700, 850, 16, 5},
    [XH_FSK_V21_CHANNEL1] = {1080, 280, 48, 20},
    [XH_FSK_V21_CHANNEL2] = {1750, 280, 48, 20},
};

static void make_taps(struct xh_fsk_rx *r, double middle, double cut)
{
    double sum = 0.0, centre = (r->taps - 1) / 2.0;
    double low[XH_FSK_TAPS];
    for (uint32_t i = 0; i < r->taps; i++) {
        double at = i - centre, x = 2.0 * cut / RATE * at;
        double sinc = x == 0.0 ? 1.0 : sin(M_PI * x) / (M_PI * x);
        low[i] = sinc * (0.54 + 0.46 * cos(M_PI * at / (centre + 0.5)));
        sum += low[i];
    }
    for (uint32_t i = 0; i < r->taps; i++) {
        double turn = 2.0 * M_PI * middle / RATE * (i - centre);
        r->tap_re[i] = (float)(2.0 * low[i] / sum * cos(turn));
        r->tap_im[i] = (float)(2.0 * low[i] / sum * -sin(turn));
    }
}

int xh_fsk_rx_init(struct xh_fsk_rx *r, enum xh_fsk_modem modem, int asynchronous)
{
    const struct xh_fsk_spec *spec = xh_fsk_spec(modem);
    if (!spec)
        return -EINVAL;
    memset(r, 0, sizeof *r);
    r->taps = filters[modem].taps;
    r->averaged = filters[modem].averaged;
    r->samples_a_bit = (float)RATE / spec->rate;
    double middle = (double)filters[modem].middle_hz;
    make_taps(r, middle, (double)filters[modem].cut_hz);
    r->middle_re = (float)cos(2.0 * M_PI * middle / RATE);
    r->middle_im = (float)sin(2.0 * M_PI * middle / RATE);
    r->nominal = sinf((float)M_PI * (spec->space_hz - spec->mark_hz) / (float)RATE);
    r->level[0] = r->nominal;
    r->level[1] = -r->nominal;
    double least = 22779.0 * pow(10.0, LEAST_DBM0 / 20.0);
    r->least_power = (float)(least * least);
    r->asynchronous = asynchronous != 0;
    return 0;
}

struct output {
    uint16_t *codes;
    size_t count, room;
};

static void put(struct output *o, unsigned code)
{
    if (o->count < o->room)
        o->codes[o->count++] = (uint16_t)code;
}

/* The next sample through band-pass, discriminator and averager. */
static void demodulate(struct xh_fsk_rx *r, float x)
{
    r->history[r->at] = r->history[r->at + r->taps] = x;
    r->at = r->at + 1 < r->taps ? r->at + 1 : 0;
    v4 sums[2] = {0};
    for (uint32_t i = 0; i < r->taps; i += 4) {
        v4 part[3];
        memcpy(&part[0], r->history + r->at + i, sizeof *part);
        memcpy(&part[1], r->tap_re + i, sizeof *part);
        memcpy(&part[2], r->tap_im + i, sizeof *part);
        sums[0] += part[0] * part[1];
        sums[1] += part[0] * part[2];
    }
    float re = (sums[0][0] + sums[0][1]) + (sums[0][2] + sums[0][3]);
    float im = (sums[1][0] + sums[1][1]) + (sums[1][2] + sums[1][3]);
    float cosine = re * r->re + im * r->im, sine = im * r->re - re * r->im;
    float power = re * re + im * im, before = r->re * r->re + r->im * r->im;
    float angle = (sine * r->middle_re - cosine * r->middle_im) / (0.5f * (power + before) + 1.0f);
    r->re = re;
    r->im = im;
    r->power += SMOOTH * (power - r->power);
    r->sum += angle - r->angle[r->average_at];
    r->angle[r->average_at] = angle;
    if (++r->average_at == r->averaged) {
        r->average_at = 0;
        r->sum = 0.0f;          /* afresh, so that rounding does not add up */
        for (uint32_t i = 0; i < r->averaged; i++)
            r->sum += r->angle[i];
    }
}

static void carrier(struct xh_fsk_rx *r, struct output *o)
{
    bool heard = r->power >= (r->carrier ? 0.25f * r->least_power : r->least_power);
    r->settle = heard != r->carrier ? r->settle + 1 : 0;
    if (r->settle < (r->carrier ? DOWN : UP))
        return;
    r->carrier = heard;
    r->settle = 0;
    r->count = 0;
    r->mark = 0;
    r->level[0] = r->nominal;
    r->level[1] = -r->nominal;
    r->left = r->samples_a_bit;
    put(o, heard ? XH_FSK_CARRIER_UP : XH_FSK_CARRIER_DOWN);
}

static void learn(struct xh_fsk_rx *r, int bit, float value)
{
    float sign = bit ? -1.0f : 1.0f;
    float level = sign * (r->level[bit] + LEARN * (value - r->level[bit]));
    r->level[bit] = sign * fminf(fmaxf(level, LEVEL_LEAST * r->nominal), LEVEL_MOST * r->nominal);
}

/* Time goes on by one sample. The bit whose middle has been reached, else -1. */
static int sampled(struct xh_fsk_rx *r, float before, float threshold)
{
    r->left -= 1.0f;
    if (r->left > 0.0f)
        return -1;
    float value = before + (1.0f + r->left) * (r->value - before);
    int bit = value < threshold;
    learn(r, bit, value);
    r->left += r->samples_a_bit;
    return bit;
}

static void character(struct xh_fsk_rx *r, float before, float threshold, float since, struct output *o)
{
    if (r->count == 0) {
        bool loud = r->re * r->re + r->im * r->im >= 0.25f * r->least_power;
        if (since >= 0.0f && r->value >= threshold && loud) {   /* from mark to space, not from mark to silence */
            r->left = 0.5f * r->samples_a_bit - since;
            r->character = 0;
            r->count = 1;
        }
        return;
    }
    int bit = sampled(r, before, threshold);
    if (bit < 0)
        return;
    unsigned count = r->count++;
    if (count == 1 && bit) {
        r->count = 0;           /* no start bit after all */
    } else if (count == 10) {
        put(o, bit ? r->character : XH_FSK_FRAMING);
        r->count = 0;
    } else if (count > 1) {
        r->character = (uint16_t)(r->character | bit << (count - 2));
    }
}

static void bits(struct xh_fsk_rx *r, float before, float threshold, float since, struct output *o)
{
    if (since >= 0.0f) {
        float off = 0.5f * r->samples_a_bit - since + 1.0f - r->left;   /* the sample at hand is counted below */
        off -= r->samples_a_bit * rintf(off / r->samples_a_bit);
        r->left += PULL * off;
    }
    int bit = sampled(r, before, threshold);
    if (bit >= 0)
        put(o, (unsigned)bit);
}

size_t xh_fsk_rx_run(struct xh_fsk_rx *r, const int16_t *in, size_t n, uint16_t *out, size_t room)
{
    struct output o = {out, 0, room};
    for (size_t i = 0; i < n; i++) {
        demodulate(r, in[i]);
        carrier(r, &o);
        float before = r->value, threshold = 0.5f * (r->level[0] + r->level[1]);
        r->value = r->sum / (float)r->averaged;
        if (!r->carrier)
            continue;
        bool crossed = (before < threshold) != (r->value < threshold);
        float since = crossed ? (r->value - threshold) / (r->value - before) : -1.0f;   /* samples */
        if (r->asynchronous)
            character(r, before, threshold, since, &o);
        else
            bits(r, before, threshold, since, &o);
        r->mark = r->value < threshold ? r->mark + 1 : 0;
        if (r->mark == (uint32_t)(LONG_MARK_BITS * r->samples_a_bit))
            put(&o, XH_FSK_MARK);
    }
    return o.count;
}
