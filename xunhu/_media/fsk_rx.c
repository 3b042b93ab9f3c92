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

#define BLOCK 40
#define LANES 4

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

/* At most BLOCK samples at once: what came in, behind the newest taps - 1 before it; the band-pass's output, behind its newest; the
 * angles, behind the newest averaged - 1. All in whole vectors, so that a sample gives the same bits wherever blocks are cut. */
struct block {
    float x[XH_FSK_TAPS + BLOCK + 2 * LANES];
    float re[1 + BLOCK + 2 * LANES], im[1 + BLOCK + 2 * LANES];
    float power[1 + BLOCK + 2 * LANES];
    float angle[XH_FSK_AVERAGE + BLOCK + 2 * LANES];
    float value[BLOCK + 2 * LANES];
};

static v4 load(const float *from)
{
    v4 v;
    memcpy(&v, from, sizeof v);
    return v;
}

static void store(float *to, v4 v)
{
    memcpy(to, &v, sizeof v);
}

static void band_pass(const struct xh_fsk_rx *r, struct block *b, size_t n)
{
    b->re[0] = r->re;
    b->im[0] = r->im;
    b->power[0] = r->re * r->re + r->im * r->im;
    for (size_t i = 0; i < n; i += 2 * LANES) {
        v4 re0 = {0}, im0 = {0}, re1 = {0}, im1 = {0};
        for (uint32_t k = 0; k < r->taps; k++) {
            v4 x0 = load(b->x + i + k), x1 = load(b->x + i + k + LANES);
            re0 += x0 * r->tap_re[k];
            im0 += x0 * r->tap_im[k];
            re1 += x1 * r->tap_re[k];
            im1 += x1 * r->tap_im[k];
        }
        store(b->re + 1 + i, re0);
        store(b->im + 1 + i, im0);
        store(b->power + 1 + i, re0 * re0 + im0 * im0);
        store(b->re + 1 + i + LANES, re1);
        store(b->im + 1 + i + LANES, im1);
        store(b->power + 1 + i + LANES, re1 * re1 + im1 * im1);
    }
}

static void discriminate(const struct xh_fsk_rx *r, struct block *b, size_t n)
{
    uint32_t before = r->averaged - 1;
    for (size_t i = 0; i < n; i += LANES) {
        v4 re0 = load(b->re + i), im0 = load(b->im + i), re = load(b->re + 1 + i), im = load(b->im + 1 + i);
        v4 cosine = re * re0 + im * im0, sine = im * re0 - re * im0;
        v4 mean = 0.5f * (load(b->power + 1 + i) + load(b->power + i)) + 1.0f;
        store(b->angle + before + i, (sine * r->middle_re - cosine * r->middle_im) / mean);
    }
    for (size_t i = 0; i < n; i += LANES) {
        v4 sum = {0};
        for (uint32_t k = 0; k <= before; k++)
            sum += load(b->angle + i + k);
        store(b->value + i, sum * (1.0f / (float)r->averaged));
    }
}

/* Fills power and value of the next n samples. */
static void demodulate(struct xh_fsk_rx *r, struct block *b, const int16_t *in, size_t n)
{
    size_t past = r->taps - 1, angles = r->averaged - 1;
    memcpy(b->x, r->history, past * sizeof *b->x);
    memcpy(b->angle, r->angle, angles * sizeof *b->angle);
    for (size_t i = 0; i < n; i++)
        b->x[past + i] = in[i];
    memset(b->x + past + n, 0, 2 * LANES * sizeof *b->x);
    band_pass(r, b, n);
    discriminate(r, b, n);
    memcpy(r->history, b->x + n, past * sizeof *b->x);
    memcpy(r->angle, b->angle + n, angles * sizeof *b->angle);
    r->re = b->re[n];
    r->im = b->im[n];
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

static void character(struct xh_fsk_rx *r, float power, float before, float threshold, float since, struct output *o)
{
    if (r->count == 0) {
        bool loud = power >= 0.25f * r->least_power;
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

static void take(struct xh_fsk_rx *r, float power, float value, struct output *o)
{
    r->power += SMOOTH * (power - r->power);
    carrier(r, o);
    float before = r->value, threshold = 0.5f * (r->level[0] + r->level[1]);
    r->value = value;
    if (!r->carrier)
        return;
    bool crossed = (before < threshold) != (value < threshold);
    float since = crossed ? (value - threshold) / (value - before) : -1.0f;     /* samples */
    if (r->asynchronous)
        character(r, power, before, threshold, since, o);
    else
        bits(r, before, threshold, since, o);
    r->mark = value < threshold ? r->mark + 1 : 0;
    if (r->mark == (uint32_t)(LONG_MARK_BITS * r->samples_a_bit))
        put(o, XH_FSK_MARK);
}

size_t xh_fsk_rx_run(struct xh_fsk_rx *r, const int16_t *in, size_t n, uint16_t *out, size_t room)
{
    struct output o = {out, 0, room};
    struct block b;
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t part = n - at < BLOCK ? n - at : BLOCK;
        demodulate(r, &b, in + at, part);
        for (size_t i = 0; i < part; i++)
            take(r, b.power[1 + i], b.value[i], &o);
    }
    return o.count;
}
