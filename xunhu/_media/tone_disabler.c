/* The tone disabler of an echo canceller, ITU-T G.168 clause 7. See include/xunhu/tone_disabler.h. */
#include <string.h>
#include "xunhu/tone_disabler.h"

#define PART XH_TONE_DISABLER_PART
#define SCALE 4095              /* of the tables */
#define SHIFT 3                 /* samples are taken in eighths: 40 products of 13 bits each fit 32 bits */

/* A sine of amplitude A (int16) has the amplitude A / 8 * SCALE * 20 here; -33.7 dBm0 = 470.6. Between -31 dBm0 with the
 * 20 % of V.8's modulation downwards and -36 dBm0 with the same upwards. */
#define WEAKEST 2.32e13f
/* Share of the energy: a tone 21 Hz off and noise 11 dB below leave 0.89, one 60 Hz off 0.74, noise of its own power 0.5. */
#define PURE (0.68f * (PART / 2) * SCALE * SCALE)
#define OPPOSITE 0.456f         /* cos^2 of 132.5 degrees: between 110, which is none, and 155, which is one */
#define SETTLED 4               /* parts after which the rate of turning is known */
#define MEMORY 16               /* parts over which it is a mean */
#define BREAK 4                 /* parts a reversal may spoil */
#define EARLIEST 83             /* parts between two reversals: 415 to 485 ms */
#define LATEST 97
#define FRAME 4                 /* parts: 20 ms */
#define HELD 289950             /* energy of a frame, eighths squared: -33.5 dBm0 */
#define RELEASE 12              /* frames: 240 ms */

static const int16_t cosine[PART] = {
    4095, -321, -4045, 956, 3895, -1567, -3649, 2140, 3313, -2659, -2896, 3114, 2407, -3492, -1859, 3783, 1265, -3982, -641,
    4082, 0, -4082, 641, 3982, -1265, -3783, 1859, 3492, -2407, -3114, 2896, 2659, -3313, -2140, 3649, 1567, -3895, -956,
    4045, 321};
static const int16_t sine[PART] = {
    0, 4082, -641, -3982, 1265, 3783, -1859, -3492, 2407, 3114, -2896, -2659, 3313, 2140, -3649, -1567, 3895, 956, -4045,
    -321, 4095, -321, -4045, 956, 3895, -1567, -3649, 2140, 3313, -2659, -2896, 3114, 2407, -3492, -1859, 3783, 1265, -3982,
    -641, 4082};

struct sums {
    int32_t energy, re, im;     /* energy: without the constant part */
};

static inline struct sums sums_of(const int16_t *x)
{
    int32_t sum = 0, energy = 0, re = 0, im = 0;
    for (int i = 0; i < PART; i++) {
        int16_t v = (int16_t)(x[i] >> SHIFT);
        sum += v;
        energy += v * v;
        re += v * cosine[i];
        im += v * sine[i];
    }
    return (struct sums){energy - (int32_t)((int64_t)sum * sum / PART), re, im};
}

void xh_tone_disabler_init(struct xh_tone_disabler *d)
{
    memset(d, 0, sizeof *d);
}

/* The newest amplitude as the mean rate of turning has it, `missing` parts after the last tone. */
static void expected(const struct xh_tone_disabler_side *s, float *re, float *im)
{
    float a = s->re, b = s->im;
    for (unsigned i = 0; i <= s->missing; i++) {
        float c = a * s->turn_re - b * s->turn_im;
        b = a * s->turn_im + b * s->turn_re;
        a = c;
    }
    *re = a;
    *im = b;
}

static float inverse_root(float x)      /* 1 / sqrt, to 0.1 %; x is a tone's power, never near 0 */
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    bits = 0x5f3759dfu - (bits >> 1);
    float y;
    memcpy(&y, &bits, sizeof y);
    y *= 1.5f - 0.5f * x * y * y;
    return y * (1.5f - 0.5f * x * y * y);
}

/* One part of tone; 1 when it is behind the second of two reversals in their rhythm. */
static int tone_part(struct xh_tone_disabler_side *s, float re, float im, float power)
{
    float unit = inverse_root(power);
    re *= unit;
    im *= unit;
    int found = 0;
    if (s->parts <= SETTLED) {
        if (s->parts > 0 && s->missing == 0) {
            s->turn_re += re * s->re + im * s->im;
            s->turn_im += im * s->re - re * s->im;
            if (s->parts == SETTLED) {
                float length = s->turn_re * s->turn_re + s->turn_im * s->turn_im;
                if (length < SETTLED * SETTLED * 0.75f)     /* it did not turn steadily: begin again */
                    s->parts = 0;
                length = inverse_root(length + 1e-6f);
                s->turn_re *= length;
                s->turn_im *= length;
            }
        } else {
            s->parts = 0;
        }
        if (s->parts == 0)
            *s = (struct xh_tone_disabler_side){0};
        s->parts++;
    } else {
        float er, ei;
        expected(s, &er, &ei);
        float along = re * er + im * ei, size = er * er + ei * ei;
        if (along < 0 && along * along >= OPPOSITE * size) {
            found = s->since >= EARLIEST && s->since <= LATEST;
            s->since = 1;
        } else if (s->missing == 0 && along > 0 && along * along >= 0.5f * size) {
            float tr = re * s->re + im * s->im, ti = im * s->re - re * s->im;
            tr = s->turn_re + (tr - s->turn_re) / MEMORY;
            ti = s->turn_im + (ti - s->turn_im) / MEMORY;
            float length = inverse_root(tr * tr + ti * ti);
            s->turn_re = tr * length;
            s->turn_im = ti * length;
        }
    }
    s->re = re;
    s->im = im;
    s->missing = 0;
    return found;
}

static int side_part(struct xh_tone_disabler_side *s, const struct sums *sum)
{
    float re = (float)sum->re, im = (float)sum->im, power = re * re + im * im;
    if (s->since > 0 && s->since <= LATEST)
        s->since++;
    if (power >= WEAKEST && power >= PURE * (float)sum->energy)
        return tone_part(s, re, im, power);
    if (s->parts > 0 && ++s->missing > BREAK)
        *s = (struct xh_tone_disabler_side){0};
    return 0;
}

static void hold(struct xh_tone_disabler *d, const struct sums *receive, const struct sums *send)
{
    d->energy[0] += receive->energy;
    d->energy[1] += send->energy;
    if (++d->count < FRAME)
        return;
    d->quiet = d->energy[0] >= HELD || d->energy[1] >= HELD ? 0 : d->quiet + 1;
    d->energy[0] = d->energy[1] = 0;
    d->count = 0;
    if (d->quiet >= RELEASE)
        xh_tone_disabler_init(d);
}

static void part(struct xh_tone_disabler *d, const int16_t *receive, const int16_t *send)
{
    struct sums r = {0}, s = {0};
    if (receive)
        r = sums_of(receive);
    if (send)
        s = sums_of(send);
    if (d->disabled) {
        hold(d, &r, &s);
    } else if (side_part(&d->side[0], &r) | side_part(&d->side[1], &s)) {
        xh_tone_disabler_init(d);
        d->disabled = 1;
    }
}

int xh_tone_disabler_run_both(struct xh_tone_disabler *d, const int16_t *receive, const int16_t *send, size_t n)
{
    const int16_t *in[2] = {receive, send};
    for (size_t at = 0; at < n;) {
        if (d->fill == 0 && n - at >= PART) {
            part(d, receive ? receive + at : NULL, send ? send + at : NULL);
            at += PART;
            continue;
        }
        size_t take = n - at < (size_t)(PART - d->fill) ? n - at : (size_t)(PART - d->fill);
        for (int i = 0; i < 2; i++) {
            if (in[i])
                memcpy(d->part[i] + d->fill, in[i] + at, take * sizeof *in[i]);
            else
                memset(d->part[i] + d->fill, 0, take * sizeof *in[i]);
        }
        at += take;
        d->fill = (uint8_t)(d->fill + take);
        if (d->fill == PART) {
            d->fill = 0;
            part(d, d->part[0], d->part[1]);
        }
    }
    return d->disabled;
}

int xh_tone_disabler_run(struct xh_tone_disabler *d, const int16_t *samples, size_t n)
{
    return xh_tone_disabler_run_both(d, samples, NULL, n);
}
