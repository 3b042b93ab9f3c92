/* Bursts and gaps compared with the rows of the tables, and with each other. See progress.h.
 *
 * A row is found at one of four moments: when a gap is over (so many whole cycles fit), within a long gap (the burst before it
 * fits and the gap is longer than those of other tones), at the end of a burst (patterns of three bursts and more), and within a burst
 * (tones without end, tones in turn). Among rows that fit the one whose middle is nearest is taken. */
#include "progress_private.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define LONG_GAP_MS 1000u       /* rows with such a gap are found within it */
#define SHORT_CYCLE_MS 590u     /* syllables come as fast: one cycle more is asked for */
#define TURN_GAP_MS 80u
#define TURN_MS 200u            /* of the last tone in turn */
#define REPEATS 4

int xh_progress_table_check(const struct xh_progress_table *t)
{
    if (t->rows > XH_PROGRESS_ROWS)
        return -EINVAL;
    for (uint32_t i = 0; i < t->rows; i++) {
        const struct xh_progress_row *r = &t->row[i];
        int any = (r->flags & XH_ROW_ANY_SOUND) != 0, in_turn = (r->flags & XH_ROW_IN_TURN) != 0;
        if (!r->tone || r->lines > XH_ROW_LINES || r->pairs > XH_ROW_PAIRS || r->flags > 3 || r->cycles > 4 || r->am_hz > 200 ||
            r->least_dbm0x10 > 31 || r->least_dbm0x10 < -600 || r->after_ms > FORGET_MS || (any && (r->lines || in_turn)) ||
            (in_turn && (r->lines < 2 || r->pairs != r->lines)) || (!r->pairs && r->after_ms < SHORTEST_MS))
            return -EINVAL;
        for (int k = 0; k < r->lines; k++)
            if (r->low_hz[k] < 100 || r->high_hz[k] > 3900 || r->low_hz[k] > r->high_hz[k])
                return -EINVAL;
        for (int k = 0; k < r->pairs; k++)
            if (r->on_low[k] > r->on_high[k] || r->on_high[k] < SHORTEST_MS || r->on_high[k] > FORGET_MS ||
                (!in_turn && (r->off_low[k] > r->off_high[k] || r->off_high[k] == 0 || r->off_high[k] > FORGET_MS)))
                return -EINVAL;
    }
    return 0;
}

static const struct xh_progress_row *row_at(const struct xh_progress *p, int set, int row)
{
    return row < 0 ? NULL : &p->table[set]->row[row];
}

static void tell(const struct xh_progress *p, const struct xh_cadence *c, uint8_t source, uint16_t tone, struct told *t)
{
    (void)p;
    if (t->count >= t->room)
        return;
    const struct xh_burst *b = !c->count || (c->sounding && c->now.hz[0]) ? &c->now : &c->past[0];
    struct xh_progress_event e = {.source = source, .tone = tone};
    if (tone) {
        e.hz[0] = b->hz[0];
        e.hz[1] = b->hz[1];
        e.level_dbm0x10 = (int16_t)lrintf(100.0f * log10f(fmaxf(b->level, 1.0f) / 259441720.0f));
        const struct xh_burst *whole = c->count && c->past[0].off ? &c->past[0] : c->count > 1 ? &c->past[1] : NULL;
        e.on_ms = whole ? whole->on : 0;
        e.off_ms = whole ? whole->off : 0;
    }
    t->out[t->count++] = e;
}

static void report(struct xh_progress *p, struct xh_cadence *c, int set, int row, struct told *t)
{
    const struct xh_progress_row *before = row_at(p, set, c->row[set]), *after = row_at(p, set, row);
    c->row[set] = (int8_t)row;
    uint16_t was = before ? before->tone : 0, is = after ? after->tone : 0;
    if (is && c->repeat) {
        c->repeat = 0;
        tell(p, c, XH_PROGRESS_REPEAT, 0, t);
    }
    if (was != is)
        tell(p, c, set ? XH_PROGRESS_CUSTOM : XH_PROGRESS_COUNTRY, is, t);
}

static int within(uint32_t v, uint32_t low, uint32_t high)
{
    return v >= low && v <= high;
}

static int near(uint32_t a, uint32_t b, uint32_t slack)
{
    return (a > b ? a - b : b - a) <= slack;
}

static int equally_loud(float a, float b)
{
    return a <= STEADY * b && b <= STEADY * a;
}

static int as_loud(const struct xh_progress_row *r, const struct xh_burst *a, const struct xh_burst *b)
{
    return r->flags & XH_ROW_ANY_SOUND || equally_loud(a->level, b->level);
}

static int off_middle(uint32_t v, uint32_t low, uint32_t high)      /* 0 .. 100 */
{
    uint32_t middle = (low + high) / 2, half = (high - low) / 2 + 1;
    return (int)((v > middle ? v - middle : middle - v) * 100 / half);
}

static int worse(int a, int b)
{
    return a > b ? a : b;
}

/* Is this row one of bursts and gaps that this cadence hears? */
static int belongs(const struct xh_progress *p, const struct xh_cadence *c, const struct xh_progress_row *r)
{
    return r->pairs && !(r->flags & XH_ROW_IN_TURN) && !(r->flags & XH_ROW_ANY_SOUND) == (c == &p->tone);
}

/* -- the gap is over: whole cycles ------------------------------------------------------------------------------------- */

/* Whole pairs past[0..n-1] with past[0] at place `at` of the pattern; how far off the middle, -1 not at all. */
static int fits_at(const struct xh_cadence *c, const struct xh_progress_row *r, int set, uint32_t bit, uint32_t n, uint32_t at)
{
    int distance = 0;
    for (uint32_t i = 0; i < n; i++) {
        const struct xh_burst *b = &c->past[i];
        uint32_t k = (at + 4u * r->pairs * XH_PROGRESS_BURSTS - i) % r->pairs;
        if (!(b->rows[set] & bit) || !as_loud(r, b, &c->past[0]) || !within(b->on, r->on_low[k], r->on_high[k]) ||
            !within(b->off, r->off_low[k], r->off_high[k]))
            return -1;
        distance = worse(distance, off_middle(b->on + b->off, r->on_low[k] + r->off_low[k], r->on_high[k] + r->off_high[k]));
        uint32_t cycle = (uint32_t)b->on + b->off;
        if (i + r->pairs < n && !near(cycle, (uint32_t)b[r->pairs].on + b[r->pairs].off, 20 + cycle / 10))
            return -1;
    }
    return distance;
}

/* `cycle`: ms of the newest; what is heard counts, so that rows that come near each other are compared at the same moment. */
static uint32_t pairs_needed(const struct xh_progress_row *r, uint32_t cycle)
{
    uint32_t n = r->cycles ? (uint32_t)r->cycles * r->pairs : r->pairs > 1 ? r->pairs + 1u : (cycle < SHORT_CYCLE_MS ? 3u : 2u);
    return n > XH_PROGRESS_BURSTS ? XH_PROGRESS_BURSTS : n;
}

static int fits_cycles(const struct xh_cadence *c, const struct xh_progress_row *r, int set, uint32_t bit)
{
    uint32_t n = pairs_needed(r, (uint32_t)c->past[0].on + c->past[0].off);
    int best = -1;
    if (c->count < n)
        return -1;
    for (uint32_t at = 0; at < r->pairs; at++) {
        int distance = fits_at(c, r, set, bit, n, at);
        if (distance >= 0 && (best < 0 || distance < best))
            best = distance;
    }
    return best;
}

/* Does the newest whole pair fit the row somewhere? */
static int still_fits(const struct xh_cadence *c, const struct xh_progress_row *r)
{
    for (int k = 0; k < r->pairs; k++)
        if (within(c->past[0].on, r->on_low[k], r->on_high[k] + r->on_high[k] / 10u) &&
            within(c->past[0].off, r->off_low[k], r->off_high[k] + r->off_high[k] / 10u))
            return 1;
    return 0;
}

static int same_tone(const struct xh_burst *a, const struct xh_burst *b)
{
    return near(a->hz[0], b->hz[0], 2u + a->hz[0] / 50u) && near(a->hz[1], b->hz[1], 2u + a->hz[1] / 50u);
}

static int same_pair(const struct xh_burst *a, const struct xh_burst *b)
{
    return near(a->on, b->on, 15u + a->on / 10u) && near(a->off, b->off, 15u + a->off / 10u) && same_tone(a, b) &&
           equally_loud(a->level, b->level);
}

/* Periods of one, two or three bursts, each four times alike. */
static void look_for_repeat(struct xh_progress *p, struct xh_cadence *c, struct told *t)
{
    if (!p->want_repeat || c != &p->tone)
        return;
    if (c->repeat) {
        if (!same_pair(&c->past[0], &c->past[c->repeat])) {
            c->repeat = 0;
            tell(p, c, XH_PROGRESS_REPEAT, 0, t);
        }
        return;
    }
    for (uint32_t q = 1; q <= 3 && c->row[0] < 0 && c->row[1] < 0; q++) {
        uint32_t n = REPEATS * q, i = 0;
        if (c->count < n)
            return;
        while (i < n - q && c->past[i].hz[0] && same_pair(&c->past[i], &c->past[i + q]))
            i++;
        if (i == n - q) {
            c->repeat = (uint8_t)q;
            tell(p, c, XH_PROGRESS_REPEAT, 1, t);
            return;
        }
    }
}

void xh_cadence_gap_known(struct xh_progress *p, struct xh_cadence *c, int same, struct told *t)
{
    for (int s = 0; s < 2; s++) {
        int best = -1, nearest = 0;
        for (uint32_t i = 0; p->table[s] && i < p->table[s]->rows; i++) {
            const struct xh_progress_row *r = &p->table[s]->row[i];
            int distance = same && belongs(p, c, r) ? fits_cycles(c, r, s, 1u << i) : -1;
            if (distance >= 0 && (best < 0 || distance < nearest)) {
                best = (int)i;
                nearest = distance;
            }
        }
        const struct xh_progress_row *now = row_at(p, s, c->row[s]);
        if (best >= 0)
            report(p, c, s, best, t);
        else if (now && now->pairs && !(now->flags & XH_ROW_IN_TURN) && c->count && !still_fits(c, now))
            report(p, c, s, -1, t);
    }
    if (same)
        look_for_repeat(p, c, t);
}

/* -- within a burst ------------------------------------------------------------------------------------------------------ */

static int turn_complete(const struct xh_cadence *c, const struct xh_progress_row *r, int set, uint32_t ms)
{
    uint32_t last = r->lines - 1u;
    if (c->now.step[set] != r->lines || !within(ms, TURN_MS, r->on_high[last]) || c->count < last)
        return 0;
    for (uint32_t i = 0; i < last; i++) {
        const struct xh_burst *b = &c->past[i];
        uint32_t k = last - 1 - i;
        if (b->step[set] != k + 1 || b->off > TURN_GAP_MS || !within(b->on, r->on_low[k], r->on_high[k]))
            return 0;
    }
    return 1;
}

static uint32_t longest_on(const struct xh_progress_row *r)
{
    uint32_t ms = 0;
    for (int k = 0; k < r->pairs; k++)
        ms = r->on_high[k] > ms ? r->on_high[k] : ms;
    return ms;
}

static void burst_goes_on(struct xh_progress *p, struct xh_cadence *c, int s, uint32_t ms, struct told *t)
{
    const struct xh_progress_row *now = row_at(p, s, c->row[s]);
    if (now && now->pairs && ms > 60u + longest_on(now) * 5u / 4u)
        report(p, c, s, -1, t);
    for (uint32_t i = 0; p->table[s] && i < p->table[s]->rows; i++) {
        const struct xh_progress_row *r = &p->table[s]->row[i];
        if (!(c->now.rows[s] >> i & 1))
            continue;
        if (!r->pairs && ms >= r->after_ms)
            report(p, c, s, (int)i, t);
        else if (r->flags & XH_ROW_IN_TURN && turn_complete(c, r, s, ms))
            report(p, c, s, (int)i, t);
    }
    now = row_at(p, s, c->row[s]);
    if (now && c->now.hz[0] && !(c->now.rows[s] >> c->row[s] & 1) && c == &p->tone)
        report(p, c, s, -1, t);         /* looked at, and it is another tone */
}

void xh_cadence_sounds(struct xh_progress *p, struct xh_cadence *c, struct told *t)
{
    uint32_t ms = ms_between(c->edge, p->now);
    for (int s = 0; s < 2; s++)
        burst_goes_on(p, c, s, ms, t);
    if (c->repeat && ms > 200u + c->past[c->repeat - 1u].on * 3u / 2u) {
        c->repeat = 0;
        tell(p, c, XH_PROGRESS_REPEAT, 0, t);
    }
}

/* -- the burst is over ----------------------------------------------------------------------------------------------------- */

/* All bursts of a pattern and the gaps between them, the newest burst at place `last`: how far off the middle, -1 not at all. */
static int pattern_fits(const struct xh_cadence *c, const struct xh_progress_row *r, int set, uint32_t bit, uint32_t last)
{
    int distance = 0;
    if (c->count < r->pairs)
        return -1;
    for (uint32_t i = 0; i < r->pairs; i++) {
        const struct xh_burst *b = &c->past[i];
        uint32_t k = (last + r->pairs - i) % r->pairs;
        if (!(b->rows[set] & bit) || !as_loud(r, b, &c->past[0]) || !within(b->on, r->on_low[k], r->on_high[k]) ||
            (i && !within(b->off, r->off_low[k], r->off_high[k])))
            return -1;
        distance = worse(distance, off_middle(b->on, r->on_low[k], r->on_high[k]));
    }
    return distance;
}

static int on_fits(const struct xh_progress_row *r, uint32_t on)
{
    for (int k = 0; k < r->pairs; k++)
        if (within(on, r->on_low[k], r->on_high[k]))
            return 1;
    return 0;
}

void xh_cadence_burst_ended(struct xh_progress *p, struct xh_cadence *c, struct told *t)
{
    for (int s = 0; s < 2; s++) {
        const struct xh_progress_row *now = row_at(p, s, c->row[s]);
        if (now && now->pairs && !(now->flags & XH_ROW_IN_TURN) &&
            (!on_fits(now, c->past[0].on) || !(c->past[0].rows[s] >> c->row[s] & 1)))
            report(p, c, s, -1, t);
        for (uint32_t i = 0; p->table[s] && i < p->table[s]->rows; i++) {
            const struct xh_progress_row *r = &p->table[s]->row[i];
            if (r->pairs >= 3 && belongs(p, c, r) && pattern_fits(c, r, s, 1u << i, r->pairs - 1u) >= 0)
                report(p, c, s, (int)i, t);
        }
    }
}

/* -- within a gap ---------------------------------------------------------------------------------------------------------- */

static uint32_t longest_gap_place(const struct xh_progress_row *r)
{
    uint32_t k = 0;
    for (uint32_t i = 1; i < r->pairs; i++)
        k = r->off_high[i] > r->off_high[k] ? i : k;
    return k;
}

/* Half the gap, but longer than the gaps of busy and congestion, shorter than those of ringback. */
static uint32_t decided_after(const struct xh_progress_row *r, uint32_t k)
{
    uint32_t half = (r->off_low[k] + r->off_high[k]) / 4u;
    return half < 700 ? 700 : half > 2000 ? 2000 : half;
}

/* How far off the middle a row with a long gap is that this gap may still become; -1: none. */
static int gap_fits(const struct xh_cadence *c, const struct xh_progress_row *r, int set, uint32_t bit, uint32_t ms)
{
    uint32_t k = longest_gap_place(r);
    if ((r->off_low[k] + r->off_high[k]) / 2u < LONG_GAP_MS || ms > r->off_high[k])
        return -1;
    /* the burst before the pattern was long ago: the last of many short cycles is none */
    if (c->count > r->pairs && c->past[r->pairs].off < decided_after(r, k))
        return -1;
    return pattern_fits(c, r, set, bit, k);
}

static void look_in_gap(struct xh_progress *p, struct xh_cadence *c, int s, uint32_t ms, struct told *t)
{
    int best = -1, nearest = 0;
    for (uint32_t i = 0; p->table[s] && i < p->table[s]->rows; i++) {
        const struct xh_progress_row *r = &p->table[s]->row[i];
        int distance = belongs(p, c, r) ? gap_fits(c, r, s, 1u << i, ms) : -1;
        if (distance >= 0 && (best < 0 || distance < nearest)) {
            best = (int)i;
            nearest = distance;
        }
    }
    if (best >= 0 && ms >= decided_after(row_at(p, s, best), longest_gap_place(row_at(p, s, best))))
        report(p, c, s, best, t);
}

static uint32_t longest_gap(const struct xh_progress_row *r)
{
    if (r->flags & XH_ROW_IN_TURN)
        return 2000;
    uint32_t ms = 0;
    for (int k = 0; k < r->pairs; k++)
        ms = r->off_high[k] > ms ? r->off_high[k] : ms;
    return 60u + ms * 5u / 4u;
}

void xh_cadence_silent(struct xh_progress *p, struct xh_cadence *c, uint32_t ms, struct told *t)
{
    for (int s = 0; s < 2; s++) {
        const struct xh_progress_row *now = row_at(p, s, c->row[s]);
        if (now && ms > longest_gap(now))
            report(p, c, s, -1, t);
        if (c->count && c->row[s] < 0 && ms >= 700)
            look_in_gap(p, c, s, ms, t);
    }
    if (c->repeat && ms > 200u + c->past[c->repeat].off * 3u / 2u) {
        c->repeat = 0;
        tell(p, c, XH_PROGRESS_REPEAT, 0, t);
    }
    if (ms >= FORGET_MS)
        c->count = 0;
}

void xh_cadence_broken(struct xh_progress *p, struct xh_cadence *c, struct told *t)
{
    for (int s = 0; s < 2; s++)
        report(p, c, s, -1, t);
    if (c->repeat)
        tell(p, c, XH_PROGRESS_REPEAT, 0, t);
    c->repeat = 0;
    c->count = 0;
}
