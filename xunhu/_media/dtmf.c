/* DTMF receiver bank: memory, blocks, and the state machine of a channel. See include/xunhu/dtmf.h and docs/dtmf.md.
 *
 * Each 2.5 ms the kernel says, of the newest 10 ms of each channel, whether one low and one high tone carry nearly all of
 * its energy. A run of such windows long enough to be a signal (Q.24: 40 ms yes, 23 ms no) is looked at exactly
 * (dtmf_verify.c); if it holds, the digit begins. It ends when it has been missing longer than an interruption may last. */
#include <math.h>
#include <string.h>
#include "bank_memory.h"
#include "dtmf_bank.h"

#define ONSET 11                /* windows in a row: a tone of 27.4 ms may do, one of 33.7 ms surely does */
#define TRIES 4                 /* looks in the first windows after that, then one each TRIES windows */
#define SHORT 8                 /* windows: a tone of 25 ms shows in so many or more */
#define SHORT_ENDED 38          /* samples: so long it has been over, more or less, when its run ends */
#define SHORTEST 202            /* samples: 25.25 ms; Q.24 has administrations that want no digit of 25 ms */
#define SHARP 0.35f             /* amplitude beside the tone, of its own: switched on in the noise, not sung */
#define SHARPER 0.20f           /* beside a voice or noise less than 8 dB weaker */
#define LONGEST_RUN 211         /* counting goes on from ONSET + TRIES: the same place in the rhythm of looks */
#define AGREE 4                 /* regular looks that agree, for a pair that is covered or was off: 60 ms of tone */
#define ECHO 60                 /* windows since the digit was last heard: 150 ms */
#define GONE 7                  /* windows missed: a gap of 19.5 ms may end a digit, one of 22 ms surely does */
#define LIKELY 3                /* windows that are nearly all a pair: two in a row are heard in speech every few minutes */
#define DROP 0.16f              /* power against the digit's: what is 8 dB weaker is an echo of the digit, not the digit */
#define FADE 0.98f              /* a level that sinks by less than 35 dB/s is followed */
#define PENDING_A_CHANNEL 8
#define NOBODY UINT32_MAX

static const char digits_by_code[17] = "123A456B789C*0#D";

size_t xh_dtmf_bank_size(uint32_t channels)
{
    size_t groups = groups_of(channels);
    return round64(sizeof(struct xh_dtmf_bank)) + groups * round64(sizeof(struct dtmf_group)) +
           groups * LANES * PENDING_A_CHANNEL * sizeof(struct xh_dtmf_hit);
}

static struct dtmf_group *group_at(struct xh_dtmf_bank *b, uint32_t i)
{
    return (struct dtmf_group *)((char *)b->group + i * round64(sizeof(struct dtmf_group)));
}

static dtmf_kernel *best_kernel(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        return xh_dtmf_kernel_avx2;
#endif
    return xh_dtmf_kernel_plain;
}

void xh_dtmf_bank_init(struct xh_dtmf_bank *b, void *memory, uint32_t channels)
{
    memset(memory, 0, xh_dtmf_bank_size(channels));
    b->channels = channels;
    b->groups = groups_of(channels);
    b->group = (struct dtmf_group *)((char *)memory + round64(sizeof *b));
    b->pending = (struct xh_dtmf_hit *)((char *)b->group + b->groups * round64(sizeof(struct dtmf_group)));
    b->pending_room = b->groups * LANES * PENDING_A_CHANNEL;
    b->kernel = best_kernel();
    xh_dtmf_tables_init(&b->tables);
}

void xh_dtmf_bank_plain(struct xh_dtmf_bank *b)
{
    b->kernel = xh_dtmf_kernel_plain;
}

uint64_t xh_dtmf_bank_lost(const struct xh_dtmf_bank *b)
{
    return b->lost;
}

static void reset_lane(struct xh_dtmf_bank *b, uint32_t index, unsigned lane)
{
    struct dtmf_group *g = group_at(b, index);
    if (!(g->on >> lane & 1))
        return;
    for (int s = 0; s < SLOTS; s++) {
        for (int k = 0; k < TONES; k++)
            g->re[s][k][lane] = g->im[s][k][lane] = 0.0f;
        g->energy[s][lane] = g->sum[s][lane] = 0.0f;
    }
    for (int i = 0; i < HOP; i++)
        g->x[i][lane] = 0.0f;
    memset(g->history[lane], 0, sizeof g->history[lane]);
    memset(&g->channel[lane], 0, sizeof g->channel[lane]);
    g->on &= ~(1u << lane);
    g->busy &= ~(1u << lane);
    for (uint32_t i = 0; i < b->pending_count; i++) {
        struct xh_dtmf_hit *h = &b->pending[(b->pending_first + i) % b->pending_room];
        if (h->channel == index * LANES + lane)
            h->channel = NOBODY;
    }
}

void xh_dtmf_bank_reset(struct xh_dtmf_bank *b, uint32_t channel)
{
    if (channel < b->channels)
        reset_lane(b, channel / LANES, channel % LANES);
}

static void put(struct xh_dtmf_bank *b, const struct xh_dtmf_hit *h)
{
    if (b->pending_count == b->pending_room) {
        b->lost++;
        return;
    }
    b->pending[(b->pending_first + b->pending_count++) % b->pending_room] = *h;
}

static size_t drain(struct xh_dtmf_bank *b, struct xh_dtmf_hit *hits, size_t room)
{
    size_t n = 0;
    while (b->pending_count > 0 && n < room) {
        struct xh_dtmf_hit *h = &b->pending[b->pending_first];
        b->pending_first = (b->pending_first + 1) % b->pending_room;
        b->pending_count--;
        if (h->channel != NOBODY)
            hits[n++] = *h;
    }
    for (uint32_t i = 0; i < b->pending_count; i++)     /* a later call's block is not the one they were decided in */
        b->pending[(b->pending_first + i) % b->pending_room].offset = 0;
    return n;
}

static int16_t level_dbm0x10(float amplitude)
{
    return (int16_t)lrintf(200.0f * log10f(fmaxf(amplitude, 1.0f) / 22779.0f));
}

/* The LOOK samples of a lane that end at ring position `end`. */
static void copy_history(const struct dtmf_group *g, unsigned lane, uint32_t end, int16_t *x)
{
    uint32_t from = (end - LOOK) % HISTORY, first = HISTORY - from < LOOK ? HISTORY - from : LOOK;
    memcpy(x, &g->history[lane][from], first * sizeof *x);
    memcpy(x + first, g->history[lane], (LOOK - first) * sizeof *x);
}

struct moment {                 /* where in the stream a window ends */
    uint32_t hop;               /* its number */
    uint32_t history_end;
    uint32_t offset;            /* in this call's block, of its last sample */
};

static void end_digit(struct xh_dtmf_bank *b, struct dtmf_channel *c, uint32_t channel, const struct moment *m)
{
    struct xh_dtmf_hit h = {.channel = channel, .ended = c->digit, .offset = m->offset};
    /* A window counts while half of it or more is tone, so there are as many as hops in the tone. */
    h.length = (c->last - c->first + 1) * HOP;
    c->digit = 0;
    put(b, &h);
}

/* Beside the tone, at its begin or its end, is there so little of it that it was switched? The more else there is to hear, the
 * less is borne. */
static bool sharp(enum dtmf_grade grade, const float beside[2])
{
    float limit = grade >= DTMF_NOISY ? SHARP : SHARPER;
    return beside[0] <= limit && beside[1] <= limit;
}

/* A run has ended before it was long enough: was it a digit between 25 ms, which Q.24 wants not to be one, and ONSET? */
static bool short_digit(struct xh_dtmf_bank *b, struct dtmf_group *g, unsigned lane, const struct moment *m,
                        struct dtmf_proof *proof)
{
    struct dtmf_channel *c = &g->channel[lane];
    if (c->run < SHORT || c->run > ONSET + TRIES || c->spoiled)
        return false;
    int16_t x[LOOK];
    copy_history(g, lane, m->history_end, x);
    unsigned at = LOOK - PROOF - SHORT_ENDED, length = 0;
    for (int again = 0; again < 2; again++) {
        enum dtmf_grade grade = xh_dtmf_prove(&b->tables, x + at, c->run_code, proof);
        if (grade < DTMF_COVERED)
            return false;
        struct dtmf_edges edges;
        xh_dtmf_find_edges(proof, x, at, c->run_code, &edges);
        if (!sharp(grade, edges.before) || !sharp(grade, edges.after) || edges.end - edges.begin < SHORTEST)
            return false;
        at = (edges.begin + edges.end - PROOF) / 2;
        length = edges.end - edges.begin;
    }
    c->run = (uint8_t)((length + HOP / 2) / HOP);       /* of its length: weak ends hide a window */
    return true;
}

/* A run has lasted: is it time for an exact look, and does it hold? */
static bool accepted(struct xh_dtmf_bank *b, struct dtmf_group *g, unsigned lane, const struct moment *m,
                     struct dtmf_proof *proof)
{
    struct dtmf_channel *c = &g->channel[lane];
    bool regular = (c->run - ONSET) % TRIES == 0;
    if (c->run < ONSET || (c->run >= ONSET + TRIES && !regular))
        return false;
    int16_t x[LOOK];
    copy_history(g, lane, m->history_end, x);
    enum dtmf_grade grade = xh_dtmf_prove(&b->tables, x + LOOK - PROOF, c->run_code, proof);
    if (grade == DTMF_OFF)
        c->spoiled = true;
    if (grade == DTMF_CLEAN && !c->spoiled)
        return true;
    if (grade >= DTMF_COVERED && !c->spoiled && c->run < ONSET + TRIES) {
        struct dtmf_edges edges;
        xh_dtmf_find_edges(proof, x, LOOK - PROOF, c->run_code, &edges);
        if (sharp(grade, edges.before))
            return true;
    }
    if (!regular)
        return false;
    if (grade < DTMF_COVERED) {
        c->agreed = 0;
    } else if (c->agreed == 0 || !xh_dtmf_agree(proof, &c->proof)) {
        c->proof = *proof;
        c->agreed = 1;
    } else {
        c->agreed++;
    }
    return c->agreed >= AGREE;
}

/* Of the stronger tone, window scale. */
static float power_of(const struct dtmf_proof *proof)
{
    float level = fmaxf(proof->level[0], proof->level[1]) * (SLOTS * HOP / 2);
    return level * level;
}

/* The newest digit once more, much weaker and right behind it: an echo over a long way. */
static bool is_echo(const struct dtmf_channel *c, const struct dtmf_proof *proof, const struct moment *m)
{
    return c->strong > 0.0f && c->run_code == c->code && m->hop - c->last < ECHO && power_of(proof) < c->strong * DROP;
}

/* `last`: the newest window of the run. */
static void begin_digit(struct xh_dtmf_bank *b, struct dtmf_channel *c, uint32_t channel, uint32_t last,
                        const struct dtmf_proof *proof, const struct moment *m)
{
    if (c->digit)
        end_digit(b, c, channel, m);
    c->code = c->run_code;
    c->digit = (uint8_t)digits_by_code[c->code];
    c->miss = (uint8_t)(m->hop - last);
    c->first = last - c->run + 1;
    c->last = last;
    c->strong = power_of(proof);
    c->run = 0;
    struct xh_dtmf_hit h = {.channel = channel, .digit = c->digit, .offset = m->offset};
    h.level_dbm0x10 = level_dbm0x10(fmaxf(proof->level[0], proof->level[1]));
    put(b, &h);
}

static void step(struct xh_dtmf_bank *b, struct dtmf_group *g, uint32_t index, unsigned lane, const struct dtmf_window *w,
                 const struct moment *m)
{
    struct dtmf_channel *c = &g->channel[lane];
    uint32_t channel = index * LANES + lane;
    int code = w->code[lane];
    if (c->digit) {
        if (code == c->code && w->strong[lane] >= c->strong * DROP) {
            c->miss = 0;
            c->last = m->hop;
            c->strong = fmaxf(c->strong * FADE, w->strong[lane]);
        } else if (++c->miss >= GONE) {
            end_digit(b, c, channel, m);
        }
    }
    struct dtmf_proof proof;
    bool goes_on = w->pure[lane] && code == c->run_code && c->run;
    if (!goes_on && short_digit(b, g, lane, m, &proof) && !is_echo(c, &proof, m))
        begin_digit(b, c, channel, m->hop - 1, &proof, m);
    if (!w->pure[lane] || (c->digit && code == c->code))
        c->run = 0;
    else
        c->run = !goes_on ? 1 : c->run < LONGEST_RUN ? c->run + 1 : ONSET + TRIES;
    c->run_code = (uint8_t)code;
    if (c->run <= 1) {
        c->agreed = 0;
        c->spoiled = false;
    }
    if (c->run && accepted(b, g, lane, m, &proof) && !is_echo(c, &proof, m))
        begin_digit(b, c, channel, m->hop, &proof, m);
    g->busy = (g->busy & ~(1u << lane)) | (uint32_t)(c->digit || c->run) << lane;
}

static void run_group(struct xh_dtmf_bank *b, const struct dtmf_block *block, uint32_t index, const int16_t *const *samples)
{
    static const int16_t silence[160];
    struct dtmf_group *g = group_at(b, index);
    const int16_t *p[LANES];
    uint32_t on = 0, first = b->history_at, n = (uint32_t)block->n;
    uint32_t part = HISTORY - first < n ? HISTORY - first : n;
    for (unsigned lane = 0; lane < LANES; lane++) {
        uint32_t channel = index * LANES + lane;
        p[lane] = channel < b->channels ? samples[channel] : NULL;
        if (!p[lane]) {
            reset_lane(b, index, lane);
            p[lane] = silence;
            continue;
        }
        on |= 1u << lane;
        memcpy(&g->history[lane][first], p[lane], part * sizeof **p);
        memcpy(g->history[lane], p[lane] + part, (n - part) * sizeof **p);
    }
    g->on |= on;
    if (!on)
        return;
    struct dtmf_window windows[HOPS_A_CALL];
    unsigned done = b->kernel(&b->tables, block, g, p, windows);
    for (unsigned i = 0; i < done; i++) {
        uint32_t taken = (i + 1) * HOP - block->fill;
        struct moment m = {b->hop + i, first + taken, taken - 1};
        if (!windows[i].any && !g->busy)
            continue;
        for (unsigned lane = 0; lane < LANES; lane++)
            if (windows[i].pure[lane] || g->busy >> lane & 1)
                step(b, g, index, lane, &windows[i], &m);
    }
}

size_t xh_dtmf_bank_run(struct xh_dtmf_bank *b, const int16_t *const *samples, size_t n, struct xh_dtmf_hit *hits, size_t room)
{
    if (n == 0 || n > 160)
        return drain(b, hits, room);
    const struct dtmf_block block = {n, b->fill, b->hop % SLOTS, b->phase};
    for (uint32_t i = 0; i < b->groups; i++)
        run_group(b, &block, i, samples);
    uint32_t hops = (uint32_t)((b->fill + n) / HOP);
    b->hop += hops;
    b->phase = (b->phase + hops) % PHASE_PERIOD;
    b->fill = (uint32_t)((b->fill + n) % HOP);
    b->history_at = (uint32_t)((b->history_at + n) % HISTORY);
    return drain(b, hits, room);
}

int xh_dtmf_bank_likely(const struct xh_dtmf_bank *b, uint32_t channel)
{
    if (channel >= b->channels)
        return 0;
    const struct dtmf_channel *c = &b->group[channel / LANES].channel[channel % LANES];
    return c->digit || c->run >= LIKELY;
}
