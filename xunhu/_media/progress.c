/* Receiver of call progress tones, see progress.h: the course of the energy, and bursts out of it.
 *
 * Each hop of 10 ms the spectrum of the newest 32 ms (Hann) is taken. The two (or more, if a row has more) strongest bands of 150 Hz
 * are "narrow" sound when they hold 65 % of the energy. From its fourth hop on a burst is followed in its own bands alone, so noise
 * and other sound hardly move its edges. An edge is where the energy crosses 45 % of the burst's level: there half of the window is tone.
 * Two tones beat, a modulated one breathes: a dip shorter than `bridge` is no gap. */
#include "progress_private.h"
#include "spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HOP 80
#define WINDOW 256
#define BINS 128
#define FIRST_BIN 3
#define LAST_BIN 124
#define SCALE (2.0f / (WINDOW * 96.0f))         /* sum of squared Hann weights: 96 */
#define NARROW 0.65f
#define EDGE 0.45f
#define EDGE_AM 0.2f            /* of a tone that breathes; both edges are some 2 ms later and earlier then */
#define CONFIRMED 4             /* hops: the window lies within the burst */
#define LOUD_HOPS 6
#define COVERED_HOPS 4
#define BRIDGE (20 * 8)
#define BRIDGE_AM (44 * 8)      /* a tone modulated with 16 Hz is weak for 30 ms */
#define BEAT_HZ 36
#define LOOK_SAMPLES (XH_SPECTRUM_MAX + 64)
#define LOOK_AGAIN_MS 500u
#define MARGIN 32               /* samples left out at the edges of a burst */
#define RING_MASK (XH_PROGRESS_RING - 1)
#define ANY_SOUND_FLOOR 82042.0f        /* -35 dBm0 */

enum kind { SILENCE, NARROW_SOUND, OTHER_SOUND };

struct hop {
    float power[BINS];
    float total, narrow;        /* mean squares */
    uint64_t mask[2];
    enum kind kind;
    uint32_t middle;            /* sample at the window's middle */
};

static float newest_energy(const struct xh_progress *p)
{
    int16_t x[HOP];
    int64_t sum = 0;
    xh_newest(x, HOP, p->ring, XH_PROGRESS_RING, p->now);
    for (int i = 0; i < HOP; i++)
        sum += (int32_t)x[i] * x[i];
    return (float)sum / HOP;
}

/* The strongest band not yet taken: its energy goes to h->narrow. 0: nothing worth the name is left. */
static int strongest_band(struct hop *h, float *rest, float all)
{
    int bin;
    float sum = xh_take_band(rest, FIRST_BIN, LAST_BIN, &bin);
    if (sum < 0.03f * all)
        return 0;
    h->narrow += sum;
    for (int k = bin - 2; k <= bin + 2; k++)
        h->mask[k / 64] |= 1ull << k % 64;
    return 1;
}

static void spectrum_of(const struct xh_progress *p, struct hop *h)
{
    float x[WINDOW], rest[BINS], all = 0.0f;
    int16_t samples[WINDOW];
    xh_newest(samples, WINDOW, p->ring, XH_PROGRESS_RING, p->now);
    for (uint32_t i = 0; i < WINDOW; i++)
        x[i] = xh_hann_256[i] * (float)samples[i];
    xh_spectrum(x, WINDOW, h->power);
    memcpy(rest, h->power, sizeof rest);
    for (int k = FIRST_BIN; k <= LAST_BIN; k++)
        all += rest[k];
    for (int i = 0; i < p->lines && strongest_band(h, rest, all); i++)
        ;
    h->total = all * SCALE;
    h->narrow *= SCALE;
    h->kind = h->total < FLOOR ? SILENCE : h->narrow >= NARROW * h->total ? NARROW_SOUND : OTHER_SOUND;
}

static float masked(const struct hop *h, const uint64_t mask[2])
{
    float sum = 0.0f;
    for (int w = 0; w < 2; w++)
        for (uint64_t bits = mask[w]; bits; bits &= bits - 1)
            sum += h->power[w * 64 + __builtin_ctzll(bits)];
    return sum * SCALE;
}

/* -- bursts of narrow sound ------------------------------------------------------------------------------------------------ */

static int same_bands(const uint64_t a[2], const uint64_t b[2])
{
    int both = __builtin_popcountll(a[0] & b[0]) + __builtin_popcountll(a[1] & b[1]);
    int of_a = __builtin_popcountll(a[0]) + __builtin_popcountll(a[1]);
    return 2 * both >= of_a;
}

/* Where the course crossed `limit` between hop i (below) and hop i-1 (above), samples before the newest middle. */
static uint32_t crossing(const float *course, int i, float limit)
{
    float above = course[i - 1], below = course[i];
    float part = above > below ? (above - limit) / (above - below) : 0.0f;
    return (uint32_t)((float)HOP * ((float)(i - 1) + fminf(fmaxf(part, 0.0f), 1.0f)));
}

/* Where it fell below `limit` after the last hop, samples behind that hop's middle. */
static uint32_t fallen(const float *course, float limit)
{
    float above = course[1], below = course[0];
    float part = above > below ? (above - limit) / (above - below) : 0.0f;
    return (uint32_t)((float)HOP * fminf(fmaxf(part, 0.0f), 1.0f));
}

static uint32_t find_start(const struct xh_progress *p, const struct hop *h)
{
    float limit = p->edge * p->level;
    for (int i = 1; i < XH_PROGRESS_COURSE; i++)
        if (p->course[i] < limit)
            return h->middle - crossing(p->course, i, limit);
    return h->middle - (XH_PROGRESS_COURSE - 1) * HOP;
}

static void push(struct xh_cadence *c, uint32_t end)
{
    c->now.on = (uint16_t)ms_between(c->edge, end);
    c->now.off = 0;
    memmove(c->past + 1, c->past, sizeof c->past - sizeof c->past[0]);
    c->past[0] = c->now;
    c->count += c->count < XH_PROGRESS_BURSTS;
    c->edge = end;
    c->sounding = 0;
}

/* The burst is confirmed: from now on it is heard in its own bands. */
static void burst_begins(struct xh_progress *p, const struct hop *h)
{
    struct xh_cadence *c = &p->tone;
    memcpy(p->mask, h->mask, sizeof p->mask);
    p->level = p->course[0];
    uint32_t start = find_start(p, h), gap = start - c->edge;
    if ((int32_t)gap < 0)
        start = c->edge;
    p->gap_edge = c->edge;
    memset(&c->now, 0, sizeof c->now);
    c->edge = start;
    c->sounding = 1;
    c->known = 0;
    p->looks = 0;
    p->dipping = p->covered = 0;
}

static void burst_ends(struct xh_progress *p, uint32_t end, struct told *t)
{
    struct xh_cadence *c = &p->tone;
    p->age = 0;
    if (ms_between(c->edge, end) < SHORTEST_MS) {       /* a click or a vowel: the gap goes on */
        c->edge = p->gap_edge;
        c->sounding = 0;
        return;
    }
    c->now.level = p->level;
    if (!p->looks)
        xh_progress_look(p, &c->now, c->edge + MARGIN, end - MARGIN);
    if (!c->known && c->count)
        c->past[0].off = (uint16_t)ms_between(p->gap_edge, c->edge);
    push(c, end);
    memcpy(p->last_mask, p->mask, sizeof p->mask);
    xh_cadence_burst_ended(p, c, t);
}

static void look_when_due(struct xh_progress *p)
{
    struct xh_cadence *c = &p->tone;
    uint32_t lasts = p->now - c->edge;
    if (lasts < LOOK_SAMPLES + MARGIN + p->looks * LOOK_AGAIN_MS * 8u || p->looks == UINT8_MAX)
        return;
    struct xh_burst fresh = c->now;
    xh_progress_look(p, &fresh, p->now - XH_SPECTRUM_MAX, p->now);
    for (int s = 0; s < 2 && p->looks; s++)             /* what it has been all the time */
        fresh.rows[s] &= c->now.rows[s];
    c->now = fresh;
    p->looks = (uint8_t)(p->looks + 1);
    if (p->looks > 60)
        p->looks = 60;
}

static void in_burst(struct xh_progress *p, const struct hop *h, struct told *t)
{
    struct xh_cadence *c = &p->tone;
    float e = p->course[0];
    if (e < p->edge * p->level) {
        if (!p->dipping)
            p->dip = h->middle - HOP + fallen(p->course, p->edge * p->level);
        p->dipping = 1;
        uint32_t since = h->middle - p->dip;
        int another = h->kind == NARROW_SOUND && h->total >= LOUD * p->level && since >= HOP && e < 0.5f * h->total;
        if (another || since >= p->bridge)
            burst_ends(p, p->dip, t);
        return;
    }
    p->dipping = 0;
    p->level += 0.2f * (e - p->level);
    c->now.level = p->level;
    p->covered = e < 0.5f * h->total ? (uint8_t)(p->covered + 1) : 0;
    if (p->covered >= COVERED_HOPS) {
        burst_ends(p, h->middle - COVERED_HOPS * HOP, t);
        return;
    }
    look_when_due(p);
    if (!c->known && h->middle - c->edge >= SHORTEST_MS * 8) {
        c->known = 1;
        if (c->count)
            c->past[0].off = (uint16_t)ms_between(p->gap_edge, c->edge);
        int same = c->count && same_bands(p->mask, p->last_mask) && p->level <= STEADY * c->past[0].level &&
                   c->past[0].level <= STEADY * p->level;
        xh_cadence_gap_known(p, c, same, t);
    }
    xh_cadence_sounds(p, c, t);
}

static void in_gap(struct xh_progress *p, const struct hop *h, struct told *t)
{
    struct xh_cadence *c = &p->tone;
    float last = c->count ? c->past[0].level : 0.0f;
    if (h->kind == NARROW_SOUND) {
        p->apart = 0;
        if (++p->age >= CONFIRMED) {
            p->loud = 0;
            burst_begins(p, h);
            return;
        }
    } else if (p->age && ++p->apart >= 2) {
        p->age = 0;
    }
    p->loud = h->kind == OTHER_SOUND && h->total > LOUD * last ? (uint8_t)(p->loud + 1) : 0;
    if (p->loud >= LOUD_HOPS) {
        p->loud = LOUD_HOPS;
        xh_cadence_broken(p, c, t);
    }
    if (ms_between(c->edge, p->now) >= FORGET_MS)
        c->edge = p->now - FORGET_MS * 8;
    if (!p->age)
        xh_cadence_silent(p, c, ms_between(c->edge, h->middle), t);
}

/* -- any sound, by its energy alone ---------------------------------------------------------------------------------------- */

static void any_sound(struct xh_progress *p, float energy, struct told *t)
{
    struct xh_cadence *c = &p->sound;
    int loud = energy >= p->sound_floor * (c->sounding ? 0.25f : 1.0f);
    uint32_t start = p->now - HOP;
    if (!c->sounding && loud) {
        if (c->count)
            c->past[0].off = (uint16_t)ms_between(c->edge, start);
        c->edge = start;
        c->sounding = 1;
        c->known = p->sound_dip = 0;
        memset(&c->now, 0, sizeof c->now);
        c->now.rows[1] = p->by_envelope;
    } else if (c->sounding && !loud && ++p->sound_dip >= 3) {
        push(c, p->now - 3 * HOP);
        xh_cadence_burst_ended(p, c, t);
    } else if (c->sounding && loud) {
        p->sound_dip = 0;
    }
    if (!c->sounding) {
        xh_cadence_silent(p, c, ms_between(c->edge, p->now), t);
        return;
    }
    c->now.level = 0.8f * c->now.level + 0.2f * energy;
    if (!c->known && p->now - c->edge >= SHORTEST_MS * 8) {
        c->known = 1;
        xh_cadence_gap_known(p, c, c->count > 0, t);
    }
    xh_cadence_sounds(p, c, t);
}

/* -- the outside ------------------------------------------------------------------------------------------------------------ */

static void one_hop(struct xh_progress *p, struct told *t)
{
    struct hop h = {.middle = p->now - WINDOW / 2};
    memmove(p->total + 1, p->total, 3 * sizeof *p->total);
    p->total[0] = newest_energy(p);
    float newest = p->total[0] + p->total[1] + p->total[2] + p->total[3];
    if (p->by_envelope)
        any_sound(p, p->total[0], t);
    if (newest >= FLOOR * 0.25f || p->tone.sounding)
        spectrum_of(p, &h);
    memmove(p->course + 1, p->course, sizeof p->course - sizeof *p->course);
    p->course[0] = p->tone.sounding ? masked(&h, p->mask) : h.narrow;
    if (p->tone.sounding)
        in_burst(p, &h, t);
    else
        in_gap(p, &h, t);
}

/* Modulated, or two frequencies so near each other that they beat slower than a window is long. */
static int breathes(const struct xh_progress_row *r)
{
    int found = r->am_hz != 0;
    for (int i = 0; i < r->lines && !(r->flags & XH_ROW_IN_TURN); i++)
        for (int k = 0; k < i; k++)
            found |= abs(r->low_hz[i] - r->low_hz[k]) < BEAT_HZ;
    return found;
}

static void take_table(struct xh_progress *p, const struct xh_progress_table *t)
{
    for (uint32_t i = 0; t && i < t->rows; i++) {
        const struct xh_progress_row *r = &t->row[i];
        if (r->flags & XH_ROW_ANY_SOUND) {
            float least = r->least_dbm0x10 ? 259441720.0f * powf(10.0f, r->least_dbm0x10 * 0.01f) : ANY_SOUND_FLOOR;
            p->sound_floor = p->by_envelope ? fminf(p->sound_floor, least) : least;
            p->by_envelope |= 1u << i;
        } else if (!(r->flags & XH_ROW_IN_TURN) && r->lines > p->lines) {
            p->lines = r->lines;
        }
        if (breathes(r)) {
            p->bridge = BRIDGE_AM;
            p->edge = EDGE_AM;
        }
    }
}

void xh_progress_init(struct xh_progress *p, const struct xh_progress_table *country, const struct xh_progress_table *custom,
                      int repeat)
{
    memset(p, 0, sizeof *p);
    p->table[0] = country;
    p->table[1] = custom;
    p->want_repeat = repeat != 0;
    p->lines = 2;
    p->bridge = BRIDGE;
    p->edge = EDGE;
    p->tone.row[0] = p->tone.row[1] = p->sound.row[0] = p->sound.row[1] = -1;
    take_table(p, country);
    take_table(p, custom);
}

int xh_progress_run(struct xh_progress *p, const int16_t *in, size_t n, struct xh_progress_event *out, int room)
{
    struct told t = {out, room, 0};
    while (n) {
        size_t left = HOP - p->fill, end = XH_PROGRESS_RING - (p->now & RING_MASK);
        size_t part = n < left ? n : left;
        part = part < end ? part : end;
        memcpy(p->ring + (p->now & RING_MASK), in, part * sizeof *in);
        p->now += (uint32_t)part;
        p->fill = (uint16_t)(p->fill + part);
        in += part;
        n -= part;
        if (p->fill == HOP) {
            p->fill = 0;
            one_hop(p, &t);
        }
    }
    return t.count;
}
