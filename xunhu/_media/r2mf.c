/* MFC/R2 receiver bank: memory, blocks, and the state machine of a channel. See include/xunhu/r2mf.h and docs/tones.md.
 *
 * Each 5 ms the kernel says, of the newest 20 ms of each channel, whether exactly two of the six tones are there. From the
 * second such window on the pair is looked at exactly (r2mf_verify.c); if it holds, the signal begins. It ends when one of its
 * tones has been missing longer than an interruption may last (Q.455: 7 ms). */
#include <math.h>
#include <string.h>
#include "bank_memory.h"
#include "r2mf_bank.h"

#define ONSET 2                 /* windows in a row */
#define TRIES 5                 /* looks in the first windows after that, then one each TRIES windows */
#define LONGEST_RUN 200
#define GONE 3                  /* windows missed; a gap of 7 ms makes two at most */
#define DROP 0.3f               /* power of a tone against what it had: 5.2 dB */
#define FADE 0.97f              /* a level that sinks by less than 26 dB/s is followed */

size_t xh_r2mf_bank_size(uint32_t channels)
{
    size_t groups = groups_of(channels);
    return round64(sizeof(struct xh_r2mf_bank)) + groups * round64(sizeof(struct r2_group)) +
           groups * LANES * HITS_A_CHANNEL * sizeof(struct xh_tone_hit);
}

static struct r2_group *group_at(struct xh_r2mf_bank *b, uint32_t i)
{
    return (struct r2_group *)((char *)b->group + i * round64(sizeof(struct r2_group)));
}

static r2_kernel *best_kernel(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        return xh_r2mf_kernel_avx2;
#endif
    return xh_r2mf_kernel_plain;
}

void xh_r2mf_bank_init(struct xh_r2mf_bank *b, void *memory, uint32_t channels, enum xh_r2mf_direction direction)
{
    memset(memory, 0, xh_r2mf_bank_size(channels));
    b->channels = channels;
    b->groups = groups_of(channels);
    b->group = (struct r2_group *)((char *)memory + round64(sizeof *b));
    b->hits.ring = (struct xh_tone_hit *)((char *)b->group + b->groups * round64(sizeof(struct r2_group)));
    b->hits.room = b->groups * LANES * HITS_A_CHANNEL;
    b->kernel = best_kernel();
    xh_r2mf_tables_init(&b->tables, direction);
}

void xh_r2mf_bank_plain(struct xh_r2mf_bank *b)
{
    b->kernel = xh_r2mf_kernel_plain;
}

uint64_t xh_r2mf_bank_lost(const struct xh_r2mf_bank *b)
{
    return b->hits.lost;
}

static void reset_lane(struct xh_r2mf_bank *b, uint32_t index, unsigned lane)
{
    struct r2_group *g = group_at(b, index);
    if (!(g->on >> lane & 1))
        return;
    for (int i = 0; i < 2 * R2_RING; i++)
        g->x[i][lane] = 0.0f;
    memset(&g->channel[lane], 0, sizeof g->channel[lane]);
    g->on &= ~(1u << lane);
    g->busy &= ~(1u << lane);
    tone_hits_forget(&b->hits, index * LANES + lane);
}

void xh_r2mf_bank_reset(struct xh_r2mf_bank *b, uint32_t channel)
{
    if (channel < b->channels)
        reset_lane(b, channel / LANES, channel % LANES);
}

struct moment {                 /* where in the stream a window ends */
    uint32_t hop;               /* its number */
    uint32_t at;                /* row of the ring behind it */
    uint32_t offset;            /* in this call's block, of its last sample */
};

/* What the reported signal's tones do. True: it is over. */
static bool over(struct r2_channel *c, const struct r2_window *w, unsigned lane, const struct moment *m)
{
    const uint8_t *pair = xh_r2mf_pairs[c->signal];
    float a = w->power[pair[0]][lane], b = w->power[pair[1]][lane];
    if (a < c->power[0] * DROP || b < c->power[1] * DROP)
        return ++c->miss >= GONE;
    c->power[0] = fmaxf(c->power[0] * FADE, a);
    c->power[1] = fmaxf(c->power[1] * FADE, b);
    c->miss = 0;
    c->last = m->hop;
    return false;
}

static bool accepted(const struct xh_r2mf_bank *b, const struct r2_group *g, unsigned lane, const struct moment *m,
                     float *level)
{
    const struct r2_channel *c = &g->channel[lane];
    if (c->run < ONSET || (c->run >= ONSET + TRIES && (c->run - ONSET) % TRIES))
        return false;
    float x[R2_RING];
    for (int i = 0; i < R2_RING; i++)
        x[i] = g->x[m->at + (uint32_t)i][lane];
    return xh_r2mf_prove(&b->tables, x, xh_r2mf_pairs[c->run_signal], level);
}

static void count(struct r2_channel *c, unsigned signal)
{
    if (!signal || signal == c->signal)
        c->run = 0;
    else if (c->run == 0 || signal != c->run_signal)
        c->run = 1;
    else
        c->run = c->run < LONGEST_RUN ? c->run + 1 : ONSET + TRIES;
    c->run_signal = (uint8_t)signal;
}

static void step(struct xh_r2mf_bank *b, struct r2_group *g, uint32_t index, unsigned lane, const struct r2_window *w,
                 const struct moment *m)
{
    struct r2_channel *c = &g->channel[lane];
    struct xh_tone_hit h = {.channel = index * LANES + lane, .offset = m->offset};
    float level;
    count(c, w->pair[lane] < 0 ? 0 : b->tables.signal_of[w->pair[lane]]);
    if (c->signal && over(c, w, lane, m))
        h.ended = c->signal;
    if (c->run && accepted(b, g, lane, m, &level)) {
        h.ended = c->signal;
        h.code = c->run_signal;
        h.level_dbm0x10 = (int16_t)lrintf(200.0f * log10f(level / 22779.0f));
    }
    /* A window counts while half of it or more is tone, so there are as many as hops in the tone. */
    if (h.ended) {
        h.length = (c->last - c->first + 1) * R2_HOP;
        c->signal = 0;
    }
    if (h.code) {
        c->signal = h.code;
        for (int k = 0; k < 2; k++)
            c->power[k] = w->power[xh_r2mf_pairs[h.code][k]][lane];
        c->first = m->hop - c->run + 1;
        c->last = m->hop;
        c->run = c->miss = 0;
    }
    if (h.code || h.ended)
        tone_hits_put(&b->hits, &h);
    g->busy = (g->busy & ~(1u << lane)) | (uint32_t)(c->signal || c->run) << lane;
}

static void run_group(struct xh_r2mf_bank *b, uint32_t index, const int16_t *const *samples, size_t n)
{
    static const int16_t silence[160];
    struct r2_group *g = group_at(b, index);
    const int16_t *p[LANES];
    uint32_t on = 0;
    for (unsigned lane = 0; lane < LANES; lane++) {
        uint32_t channel = index * LANES + lane;
        p[lane] = channel < b->channels ? samples[channel] : NULL;
        if (p[lane]) {
            on |= 1u << lane;
        } else {
            reset_lane(b, index, lane);
            p[lane] = silence;
        }
    }
    g->on |= on;
    if (!on)
        return;
    struct moment m = {.hop = b->hop, .at = b->at};
    struct r2_part part = {0};
    for (; part.from < n; part.from += part.n) {
        part.at = m.at;
        part.n = R2_HOP - m.at % R2_HOP;
        part.n = part.n < n - part.from ? part.n : n - part.from;
        m.at = (uint32_t)((m.at + part.n) % R2_RING);
        m.offset = (uint32_t)(part.from + part.n - 1);
        struct r2_window w;
        if (!b->kernel(&b->tables, &part, g, p, &w))
            continue;
        for (unsigned lane = 0; lane < LANES && (w.any || g->busy); lane++)
            if (w.pair[lane] >= 0 || g->busy >> lane & 1)
                step(b, g, index, lane, &w, &m);
        m.hop++;
    }
}

size_t xh_r2mf_bank_run(struct xh_r2mf_bank *b, const int16_t *const *samples, size_t n, struct xh_tone_hit *hits, size_t room)
{
    if (n == 0 || n > 160)
        return tone_hits_drain(&b->hits, hits, room);
    for (uint32_t i = 0; i < b->groups; i++)
        run_group(b, i, samples, n);
    b->hop += (uint32_t)((b->at % R2_HOP + n) / R2_HOP);
    b->at = (uint32_t)((b->at + n) % R2_RING);
    return tone_hits_drain(&b->hits, hits, room);
}
