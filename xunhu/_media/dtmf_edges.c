/* Where the pair of a DTMF candidate begins and ends. A key switches both tones on at once and off at once; what a voice
 * does comes and goes by degrees. With the pair's frequencies, levels and phases known from a proof, each sample says
 * whether it is better explained with the pair or without; the sum of that is lowest where the pair begins and highest where
 * it ends, within a sample or two in a quiet line. */
#include <math.h>
#include "dtmf_bank.h"

#define BESIDE 64               /* samples looked at beside the tone: longer than any pair's beat */
#define MARGIN 4                /* of these the nearest, which may be the tone's own */
#define LEAST 16                /* fewer say nothing */

struct turning {                /* e^(j w t), step by step */
    float c, s, tc, ts;
};

static struct turning turning_at(float w, int t)
{
    return (struct turning){cosf(w * (float)t), sinf(w * (float)t), cosf(w), sinf(w)};
}

static void turn(struct turning *u)
{
    float c = u->c * u->tc - u->s * u->ts;
    u->s = u->c * u->ts + u->s * u->tc;
    u->c = c;
}

/* Complex amplitude of n samples at w, phase counted from sample 0 of the look. */
static void amplitude(const int16_t *x, unsigned from, unsigned n, float w, float *re, float *im)
{
    struct turning u = turning_at(w, (int)from);
    float r = 0.0f, i = 0.0f;
    for (unsigned k = 0; k < n; k++) {
        r += (float)x[from + k] * u.c;
        i -= (float)x[from + k] * u.s;
        turn(&u);
    }
    *re = 2.0f * r / (float)n;
    *im = 2.0f * i / (float)n;
}

static float beside(const int16_t *x, unsigned from, unsigned to, float w, float own)
{
    float re, im;
    if (to < from + LEAST)
        return 1.0f;
    amplitude(x, from, to - from, w, &re, &im);
    return sqrtf(re * re + im * im) / own;
}

void xh_dtmf_find_edges(const struct dtmf_proof *proof, const int16_t x[LOOK], unsigned at, unsigned code,
                        struct dtmf_edges *edges)
{
    const unsigned tone[2] = {code >> 2, 4 + (code & 3)};
    float w[2], re[2], im[2];
    struct turning u[2];
    for (int k = 0; k < 2; k++) {
        w[k] = (float)(2.0 * M_PI / 8000.0) * (xh_dtmf_tone_hz[tone[k]] + proof->offset[k]);
        amplitude(x, at, PROOF, w[k], &re[k], &im[k]);
        u[k] = turning_at(w[k], 0);
    }
    float sum = 0.0f, lowest = 0.0f, highest = 0.0f;
    unsigned middle = at + PROOF / 2;
    edges->begin = 0;
    edges->end = middle;
    for (unsigned t = 0; t < LOOK; t++) {
        if (t == middle)
            highest = sum;
        float p = re[0] * u[0].c - im[0] * u[0].s + re[1] * u[1].c - im[1] * u[1].s;
        sum += p * (2.0f * (float)x[t] - p);
        if (t < middle && sum < lowest) {
            lowest = sum;
            edges->begin = t + 1;
        } else if (t >= middle && sum > highest) {
            highest = sum;
            edges->end = t + 1;
        }
        turn(&u[0]);
        turn(&u[1]);
    }
    unsigned b = edges->begin < MARGIN ? 0 : edges->begin - MARGIN, e = edges->end + MARGIN;
    for (int k = 0; k < 2; k++) {
        float own = fmaxf(sqrtf(re[k] * re[k] + im[k] * im[k]), 1.0f);
        edges->before[k] = beside(x, b < BESIDE ? 0 : b - BESIDE, b, w[k], own);
        edges->after[k] = beside(x, e, e + BESIDE > LOOK ? LOOK : e + BESIDE, w[k], own);
    }
}
