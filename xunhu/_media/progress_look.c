/* The frequencies of a burst: a spectrum of up to 128 ms from within it, compared with the rows of the tables. */
#include "progress_private.h"
#include "spectrum.h"

#include <math.h>
#include <string.h>

#define N XH_SPECTRUM_MAX
#define HZ_A_BIN (8000.0f / N)
#define LOWEST_BIN 8            /* 62 Hz: what is below is hum */
#define HIGHEST_BIN 500
#define WITHIN 0.72f            /* share of the energy that must lie in the row's bands; noise 12 dB below leaves 94 % */
#define WEAKER_LINE 0.05f       /* of the strongest: 13 dB */
#define OTHER_LINE 0.12f        /* of the strongest, 9 dB below: a line that the row does not have */
#define SHORTEST 320            /* samples */
#define RING_MASK (XH_PROGRESS_RING - 1)

struct look {
    float power[N / 2];
    float total, strongest;
    float spread_hz;            /* half the width of a line */
};

static int take(const struct xh_progress *p, struct look *l, uint32_t from, uint32_t to)
{
    uint32_t n = to - from, start = from;
    if ((int32_t)n < SHORTEST)
        return 0;
    if (n > N) {
        start = to - N;
        n = N;
    }
    float x[N] = {0};
    for (uint32_t i = 0; i < n; i++) {
        float w = n == N ? 0.5f - 0.5f * xh_turn_cos[i] : xh_hann(i, n);
        x[i] = w * (float)p->ring[(start + i) & RING_MASK];
    }
    xh_spectrum(x, N, l->power);
    l->total = l->strongest = 0.0f;
    for (int k = LOWEST_BIN; k < HIGHEST_BIN; k++) {
        l->total += l->power[k];
        l->strongest = l->power[k] > l->strongest ? l->power[k] : l->strongest;
    }
    l->spread_hz = 18.0f * N / (float)n;
    return l->total > 0.0f;
}

static int bin_at(float hz)
{
    int k = (int)lrintf(hz / HZ_A_BIN);
    return k < LOWEST_BIN ? LOWEST_BIN : k >= HIGHEST_BIN ? HIGHEST_BIN - 1 : k;
}

static int is_peak(const struct look *l, int k)
{
    return l->power[k] >= l->power[k - 1] && l->power[k] >= l->power[k + 1];
}

/* The strongest peak whose frequency lies within low..high; its power, 0 none. */
static float line_power(const struct look *l, float low, float high)
{
    float best = 0.0f;
    for (int k = bin_at(low) - 1; k <= bin_at(high) + 1; k++) {
        if (k <= LOWEST_BIN || k >= HIGHEST_BIN - 1 || l->power[k] <= best || !is_peak(l, k))
            continue;
        float hz = xh_peak_hz(l->power, k, HZ_A_BIN);
        if (hz >= low && hz <= high)
            best = l->power[k];
    }
    return best;
}

static float energy_between(const struct look *l, float low, float high, uint8_t *taken)
{
    float sum = 0.0f;
    for (int k = bin_at(low); k <= bin_at(high); k++) {
        sum += taken[k] ? 0.0f : l->power[k];
        taken[k] = 1;
    }
    return sum;
}

static int row_fits(const struct look *l, const struct xh_progress_row *r)
{
    uint8_t taken[N / 2] = {0};
    float within = 0.0f;
    for (int i = 0; i < r->lines; i++) {
        float low = r->low_hz[i], high = r->high_hz[i], side = l->spread_hz + r->am_hz * 1.05f;
        if (line_power(l, low, high) < WEAKER_LINE * l->strongest)
            return 0;
        within += energy_between(l, low - side, high + side, taken);
    }
    if (within < WITHIN * l->total)
        return 0;
    for (int k = LOWEST_BIN; k < HIGHEST_BIN; k++)
        if (!taken[k] && l->power[k] > OTHER_LINE * l->strongest)
            return 0;
    return 1;
}

/* Which line of a row in turn this is, from 1; 0 none. */
static int step_of(const struct look *l, const struct xh_progress_row *r)
{
    for (int i = 0; i < r->lines; i++) {
        uint8_t taken[N / 2] = {0};
        float low = r->low_hz[i], high = r->high_hz[i];
        if (line_power(l, low, high) > 0.0f &&
            energy_between(l, low - l->spread_hz, high + l->spread_hz, taken) >= WITHIN * l->total)
            return i + 1;
    }
    return 0;
}

static int is_weak(const struct xh_progress_row *r, float level)
{
    return r->least_dbm0x10 && 10.0f * log10f(fmaxf(level, 1.0f) / 259441720.0f) < r->least_dbm0x10 * 0.1f;
}

/* How many lines of the sound the row explains: a modulated one has three. */
static int explains(const struct look *l, const struct xh_progress_row *r)
{
    float least = WEAKER_LINE * l->strongest, am = r->am_hz;
    for (int i = 0; i < r->lines && r->am_hz; i++)
        if (line_power(l, r->low_hz[i] - am, r->high_hz[i] - am) >= least && line_power(l, r->low_hz[i] + am, r->high_hz[i] + am) >= least)
            return r->lines + 2;
    return r->lines;
}

/* Bits of the rows of one table that fit; of those only the ones that explain most. */
static uint32_t rows_of(const struct look *l, const struct xh_progress_table *t, float level, uint8_t *step)
{
    uint32_t bits = 0;
    int most = 0, explained[XH_PROGRESS_ROWS] = {0};
    *step = 0;
    for (uint32_t i = 0; t && i < t->rows; i++) {
        const struct xh_progress_row *r = &t->row[i];
        if (r->flags & XH_ROW_ANY_SOUND || is_weak(r, level))
            continue;
        if (r->flags & XH_ROW_IN_TURN) {
            int found = step_of(l, r);
            if (found && !*step) {
                *step = (uint8_t)found;
                bits |= 1u << i;
            }
        } else if (r->lines == 0 || row_fits(l, r)) {
            bits |= 1u << i;
            explained[i] = explains(l, r);
            most = explained[i] > most ? explained[i] : most;
        }
    }
    for (uint32_t i = 0; t && i < t->rows; i++)
        if (explained[i] && explained[i] < most)
            bits &= ~(1u << i);
    return bits;
}

static int strongest_bin(const struct look *l, const uint8_t *taken)
{
    int best = 0;
    for (int k = LOWEST_BIN + 1; k < HIGHEST_BIN - 1; k++)
        if (!taken[k] && (!best || l->power[k] > l->power[best]))
            best = k;
    return best;
}

/* The two strongest lines, where they are most of what sounds. */
static void lines_of(const struct look *l, struct xh_burst *b)
{
    uint8_t taken[N / 2] = {0};
    float first = 0.0f, sum = 0.0f, hz[2] = {0};
    for (int i = 0; i < 2; i++) {
        int k = strongest_bin(l, taken);
        if (!k || !is_peak(l, k) || l->power[k] < WEAKER_LINE * first)
            break;
        first = i ? first : l->power[k];
        hz[i] = xh_peak_hz(l->power, k, HZ_A_BIN);
        sum += energy_between(l, hz[i] - l->spread_hz, hz[i] + l->spread_hz, taken);
    }
    for (int i = 0; i < 2; i++)
        b->hz[i] = sum >= WITHIN * l->total ? (uint16_t)lrintf(hz[i]) : 0;
}

void xh_progress_look(const struct xh_progress *p, struct xh_burst *b, uint32_t from, uint32_t to)
{
    struct look l;
    memset(b->hz, 0, sizeof b->hz);
    memset(b->rows, 0, sizeof b->rows);
    memset(b->step, 0, sizeof b->step);
    if (!take(p, &l, from, to))
        return;
    lines_of(&l, b);
    for (int s = 0; s < 2; s++)
        b->rows[s] = rows_of(&l, p->table[s], b->level, &b->step[s]);
    if (!b->hz[0])              /* no tone: rows of any tone do not fit either */
        for (uint32_t i = 0; p->table[1] && i < p->table[1]->rows; i++)
            if (p->table[1]->row[i].lines == 0)
                b->rows[1] &= ~(1u << i);
}
