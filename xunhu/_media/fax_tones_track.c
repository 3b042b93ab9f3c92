/* The single tones of one channel of the fax tone receiver: 1100, 1300, 2100 and 2225 Hz. See include/xunhu/fax_tones.h.
 *
 * A tone is followed from hop to hop by its phase: each amplitude is compared with the one before, turned on by the mean
 * turn, so what is followed is one steady sine whose frequency is known within 1 Hz after 100 ms. What is opposite to the
 * expected phase is a reversal (V.25); the envelope's 15 Hz (V.8) is measured over 200 ms, three of its periods. */
#define _GNU_SOURCE
#include <math.h>
#include <string.h>
#include "fax_tones_bank.h"

#define SECONDS_A_HOP (FAX_HOP / 8000.0f)
#define HOPS(ms) ((uint32_t)((ms) * 8 / FAX_HOP))
#define GONE 4                  /* hops without it: a burst is over */
#define GONE_LASTING 8          /* a reported tone is over */
#define REVERSED (-0.5f)        /* cosine: 180 +- 60 degrees */
#define STEADY 0.7f             /* 45 degrees */
#define LEARN 0.08f
#define REVERSAL_LEAST HOPS(420)        /* 450 +- 25 ms, and a hop */
#define REVERSAL_MOST HOPS(480)
#define AM_WINDOW HOPS(200)
#define AM_LEAST 0.12f          /* depth; V.8: 0.2 */
#define AM_MOST 0.35f
#define EARLY HOPS(80)
#define DRIFT 1.6f              /* power against that of the begin, 2 dB: notes of music fade */
#define STAY 4.0f               /* power against the mean: 6 dB */
#define CLEAN 0.94f             /* share of the energy: noise 12 dB below, so that most notes of music are none */
#define COVERED 0.80f           /* 6 dB: a burst needs another before it, a lasting tone twice the time */
#define RHYTHM_FORGOTTEN HOPS(4500)
#define LEVEL_LEAST (400.0f * 143.0f * 143.0f)  /* -44 dBm0 */

static const struct {
    float off_hz;               /* accepted: the recommendation's, and what noise does to the estimate */
    uint8_t burst;              /* reported at the end of a burst of burst_least to burst_most hops, 0 none */
    uint8_t lasting;            /* reported after `after` hops, 0 none */
    uint32_t burst_least, burst_most, pause_least, pause_most, after;
} rows[FAX_SINGLE] = {
    /* T.30: 38 Hz, 425-575 ms, 2.55-3.45 s */
    [FAX_1100] = {42.0f, XH_FAX_CNG, XH_FAX_1100, HOPS(410), HOPS(600), HOPS(2520), HOPS(3480), HOPS(650)},
    /* V.25: 15 Hz, 500-700 ms, 1.5-2.0 s */
    [FAX_1300] = {17.5f, XH_FAX_CALLING, 0, HOPS(480), HOPS(725), HOPS(1470), HOPS(2030), 0},
    /* V.25: 15 Hz */
    [FAX_2100] = {17.5f, 0, XH_FAX_ANS, 0, 0, 0, 0, HOPS(600)},
    [FAX_2225] = {17.5f, 0, XH_FAX_BELL_ANS, 0, 0, 0, 0, HOPS(600)},
};
/* Amplitudes are taken with the phase counted from each hop's middle: a tone exactly right turns by this much a hop. */
static const float turn_of[FAX_SINGLE] = {1100 * SECONDS_A_HOP, 1300 * SECONDS_A_HOP, 2100 * SECONDS_A_HOP, 2225 * SECONDS_A_HOP};
#define AM_CYCLES (15 * SECONDS_A_HOP)  /* of V.8's modulation, a hop */

static void forget(struct fax_channel *c)
{
    uint32_t rested = c->rested;
    uint8_t burst = c->burst;
    memset(c, 0, offsetof(struct fax_channel, keyed));
    c->tone = FAX_NO_TONE;
    c->rested = rested;
    c->burst = burst;
}

static float off_hz(const struct fax_channel *c)
{
    float full = turn_of[c->tone] - rintf(turn_of[c->tone]);    /* cycles */
    float off = atan2f(c->turn_im, c->turn_re) * (float)(0.5 / M_PI) - full;
    return (off - rintf(off)) / SECONDS_A_HOP;
}

/* Mean share of the energy, freed from what the frequency's offset takes from the window. */
static float purity(const struct fax_channel *c, float off)
{
    float x = (float)M_PI * off * SECONDS_A_HOP, loss = fabsf(x) < 1e-3f ? 1.0f : sinf(x) / x;
    return c->share_sum / (c->share_count * loss * loss);
}

static int16_t level(const struct fax_channel *c)
{
    return (int16_t)lrintf(100.0f * log10f(c->power / (400.0f * 22779.0f * 22779.0f)));
}

static bool right(const struct fax_channel *c, float *clean)
{
    float off = off_hz(c);
    *clean = purity(c, off);
    bool steady = c->power <= c->early * DRIFT && c->early <= c->power * DRIFT;
    return fabsf(off) <= rows[c->tone].off_hz && c->power >= LEVEL_LEAST && steady;
}

/* A burst is over: is it one of CNG or of the calling tone? A clean one is; one that is not, behind another in the rhythm. */
static unsigned burst(struct fax_channel *c, struct xh_tone_hit *hits)
{
    float clean;
    uint32_t hops = c->hops;
    if (!rows[c->tone].burst || hops < rows[c->tone].burst_least || hops > rows[c->tone].burst_most || !right(c, &clean))
        return 0;
    uint32_t pause = c->rested - hops - c->missing;
    bool rhythm = c->burst == c->tone + 1 && pause >= rows[c->tone].pause_least && pause <= rows[c->tone].pause_most;
    c->burst = c->tone + 1;
    c->rested = c->missing;
    if (clean < COVERED || (clean < CLEAN && !rhythm))
        return 0;
    *hits = (struct xh_tone_hit){.code = rows[c->tone].burst, .level_dbm0x10 = level(c), .length = hops * FAX_HOP};
    return 1;
}

/* Which of the four answering tones it is, as far as it is known. */
static uint8_t answer(const struct fax_channel *c)
{
    bool am = c->modulated > c->plain, reversed = c->reversals >= 2;
    return am ? (reversed ? XH_FAX_ANSAM_PR : XH_FAX_ANSAM) : reversed ? XH_FAX_ANS_PR : XH_FAX_ANS;
}

static unsigned report(struct fax_channel *c, struct xh_tone_hit *hits)
{
    float clean;
    uint8_t code = c->tone == FAX_2100 ? answer(c) : rows[c->tone].lasting;
    if (!rows[c->tone].lasting || c->hops < rows[c->tone].after || code == c->code)
        return 0;
    if (!c->code && (!right(c, &clean) || clean < (c->hops < 2 * rows[c->tone].after ? CLEAN : COVERED)))
        return 0;
    *hits = (struct xh_tone_hit){.code = code, .ended = c->code, .level_dbm0x10 = level(c)};
    if (c->code)
        hits->length = c->hops * FAX_HOP;
    c->code = code;
    return 1;
}

static void envelope(struct fax_channel *c, float amplitude)
{
    float angle = (float)(2.0 * M_PI) * AM_CYCLES * (float)c->am_count;
    c->am_sum += amplitude;
    c->am_re += amplitude * cosf(angle);
    c->am_im += amplitude * sinf(angle);
    if (++c->am_count < AM_WINDOW)
        return;
    float depth = 2.0f * hypotf(c->am_re, c->am_im) / fmaxf(c->am_sum, 1.0f);
    uint8_t *which = depth >= AM_LEAST && depth <= AM_MOST ? &c->modulated : &c->plain;
    *which = (uint8_t)(*which + (*which < UINT8_MAX));
    c->am_sum = c->am_re = c->am_im = 0.0f;
    c->am_count = 0;
}

static void begin(struct fax_channel *c, int tone, float re, float im, float share)
{
    forget(c);
    c->tone = (uint8_t)tone;
    c->re = re;
    c->im = im;
    c->power = re * re + im * im;
    float turn = (float)(2.0 * M_PI) * turn_of[tone];
    c->turn_re = cosf(turn);
    c->turn_im = sinf(turn);
    c->hops = 1;
    c->share_sum = share;
    c->share_count = 1.0f;
}

/* The phase of this hop goes on as expected: learn from it. */
static void follow(struct fax_channel *c, float re, float im, float before_re, float before_im)
{
    float p = re * re + im * im, scale = 1.0f / sqrtf(p * (before_re * before_re + before_im * before_im) + 1.0f);
    float rate = c->hops < 12 ? 1.0f / (float)c->hops : LEARN;      /* the mean of what there is, at first */
    c->turn_re += rate * ((re * before_re + im * before_im) * scale - c->turn_re);
    c->turn_im += rate * ((im * before_re - re * before_im) * scale - c->turn_im);
    float length = 1.0f / sqrtf(c->turn_re * c->turn_re + c->turn_im * c->turn_im + 1e-9f);
    c->turn_re *= length;
    c->turn_im *= length;
    c->power += rate * (p - c->power);
    if (c->hops <= EARLY)
        c->early = c->power;
}

static void turn_on(struct fax_channel *c)
{
    float re = c->re * c->turn_re - c->im * c->turn_im;
    c->im = c->re * c->turn_im + c->im * c->turn_re;
    c->re = re;
}

/* This hop, if it is the tone that is followed. */
static bool goes_on(struct fax_channel *c, const struct fax_window *w, unsigned lane)
{
    float before_re = c->re, before_im = c->im;
    turn_on(c);
    c->since += c->since < UINT32_MAX;
    if (w->tone[lane] != c->tone)
        return false;
    float re = w->re[c->tone][lane], im = w->im[c->tone][lane], p = re * re + im * im;
    float cosine = (re * c->re + im * c->im) / sqrtf(p * (c->re * c->re + c->im * c->im) + 1.0f);
    if (p > c->power * STAY || p * STAY < c->power)
        return false;
    if (cosine <= REVERSED && c->tone == FAX_2100 && c->hops > 4) {
        bool rhythm = c->since >= REVERSAL_LEAST && c->since <= REVERSAL_MOST;
        c->reversals = rhythm ? (uint8_t)(c->reversals + (c->reversals < 2)) : 1;
        c->since = 0;
    } else if (cosine < STEADY && c->hops > 1) {
        return false;
    } else if (c->missing == 0) {
        follow(c, re, im, before_re, before_im);
    }
    c->re = re;
    c->im = im;
    c->hops += 1u + c->missing;
    c->missing = 0;
    c->share_sum += p / fmaxf(w->energy[lane], 1.0f);
    c->share_count += 1.0f;
    if (c->tone == FAX_2100)
        envelope(c, sqrtf(p));
    return true;
}

unsigned xh_fax_track(struct fax_channel *c, const struct fax_window *w, unsigned lane, struct xh_tone_hit *hits)
{
    unsigned made = 0;
    if (c->burst && ++c->rested > RHYTHM_FORGOTTEN)
        c->burst = 0;
    if (c->tone != FAX_NO_TONE) {
        if (goes_on(c, w, lane))
            return report(c, hits);
        if (++c->missing < (c->code ? GONE_LASTING : GONE) && c->hops > 2)      /* the first hop may be half a one */
            return 0;
        if (c->code) {
            *hits = (struct xh_tone_hit){.ended = c->code, .length = c->hops * FAX_HOP};
            made = 1;
        } else {
            made = burst(c, hits);
        }
        forget(c);
    }
    int tone = w->tone[lane];
    if (tone != FAX_NO_TONE) {
        float re = w->re[tone][lane], im = w->im[tone][lane];
        begin(c, tone, re, im, (re * re + im * im) / fmaxf(w->energy[lane], 1.0f));
    }
    return made;
}
