/* Fax tone receiver bank: memory and blocks. See include/xunhu/fax_tones.h and docs/tones.md.
 *
 * Each 5 ms the kernel says of each channel whether one of four frequencies, or the two of V.21, carry most of its energy.
 * Only channels where one does are looked at further (fax_tones_track.c, fax_tones_v21.c). */
#include <math.h>
#include <string.h>
#include "bank_memory.h"
#include "fax_tones_bank.h"

size_t xh_fax_bank_size(uint32_t channels)
{
    size_t groups = groups_of(channels);
    return round64(sizeof(struct xh_fax_bank)) + groups * round64(sizeof(struct fax_group)) +
           groups * LANES * HITS_A_CHANNEL * sizeof(struct xh_tone_hit);
}

static struct fax_group *group_at(struct xh_fax_bank *b, uint32_t i)
{
    return (struct fax_group *)((char *)b->group + i * round64(sizeof(struct fax_group)));
}

static void make_tables(struct fax_tables *t)
{
    static const double hz[FAX_TONES] = {1100, 1300, 2100, 2225, 1650, 1850};
    for (int k = 0; k < FAX_TONES; k++)
        for (int i = 0; i < FAX_HOP / 2; i++) {
            t->cosine[i][k] = (float)cos(2.0 * M_PI * hz[k] / 8000.0 * (i + 0.5));
            t->sine[i][k] = (float)sin(2.0 * M_PI * hz[k] / 8000.0 * (i + 0.5));
        }
}

void xh_fax_bank_plain(struct xh_fax_bank *b)
{
    b->kernel = xh_fax_kernel_plain;
    b->take = xh_fax_take_plain;
}

void xh_fax_bank_init(struct xh_fax_bank *b, void *memory, uint32_t channels)
{
    memset(memory, 0, xh_fax_bank_size(channels));
    b->channels = channels;
    b->groups = groups_of(channels);
    b->group = (struct fax_group *)((char *)memory + round64(sizeof *b));
    b->hits.ring = (struct xh_tone_hit *)((char *)b->group + b->groups * round64(sizeof(struct fax_group)));
    b->hits.room = b->groups * LANES * HITS_A_CHANNEL;
    make_tables(&b->tables);
    for (uint32_t i = 0; i < b->groups; i++)
        for (int lane = 0; lane < LANES; lane++)
            group_at(b, i)->channel[lane].tone = FAX_NO_TONE;
    xh_fax_bank_plain(b);
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2")) {
        b->kernel = xh_fax_kernel_avx2;
        b->take = xh_fax_take_avx2;
    }
#endif
}

uint64_t xh_fax_bank_lost(const struct xh_fax_bank *b)
{
    return b->hits.lost;
}

static void reset_lane(struct xh_fax_bank *b, uint32_t index, unsigned lane)
{
    struct fax_group *g = group_at(b, index);
    if (!(g->on >> lane & 1))
        return;
    for (int i = 0; i < FAX_HOP; i++)
        g->x[i][lane] = 0.0f;
    memset(&g->channel[lane], 0, sizeof g->channel[lane]);
    g->channel[lane].tone = FAX_NO_TONE;
    g->on &= ~(1u << lane);
    g->busy &= ~(1u << lane);
    tone_hits_forget(&b->hits, index * LANES + lane);
}

void xh_fax_bank_reset(struct xh_fax_bank *b, uint32_t channel)
{
    if (channel < b->channels)
        reset_lane(b, channel / LANES, channel % LANES);
}

static void step(struct xh_fax_bank *b, struct fax_group *g, uint32_t index, unsigned lane, const struct fax_window *w,
                 uint32_t offset)
{
    struct fax_channel *c = &g->channel[lane];
    struct xh_tone_hit hits[2];
    unsigned made = xh_fax_track(c, w, lane, hits);
    if (c->keyed || c->preamble || w->keyed[lane])
        made += xh_fax_v21(c, (const float (*)[LANES])g->x, w->keyed[lane], lane, hits + made);
    for (unsigned i = 0; i < made; i++) {
        hits[i].channel = index * LANES + lane;
        hits[i].offset = offset;
        tone_hits_put(&b->hits, &hits[i]);
    }
    g->busy = (g->busy & ~(1u << lane)) | (uint32_t)fax_busy(c) << lane;
}

static void run_group(struct xh_fax_bank *b, uint32_t index, const int16_t *const *samples, size_t n)
{
    static const int16_t silence[160];
    struct fax_group *g = group_at(b, index);
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
    uint32_t fill = b->fill;
    for (size_t from = 0; from < n;) {
        size_t part = n - from < FAX_HOP - fill ? n - from : FAX_HOP - fill;
        b->take(g, p, from, fill, part);
        from += part;
        fill += (uint32_t)part;
        if (fill < FAX_HOP)
            break;
        fill = 0;
        struct fax_window w;
        b->kernel(&b->tables, g, &w);
        for (unsigned lane = 0; lane < LANES && (w.any || g->busy); lane++)
            if (w.tone[lane] != FAX_NO_TONE || w.keyed[lane] || g->busy >> lane & 1)
                step(b, g, index, lane, &w, (uint32_t)from - 1);
    }
}

size_t xh_fax_bank_run(struct xh_fax_bank *b, const int16_t *const *samples, size_t n, struct xh_tone_hit *hits, size_t room)
{
    if (n == 0 || n > 160)
        return tone_hits_drain(&b->hits, hits, room);
    for (uint32_t i = 0; i < b->groups; i++)
        run_group(b, i, samples, n);
    b->fill = (uint32_t)((b->fill + n) % FAX_HOP);
    return tone_hits_drain(&b->hits, hits, room);
}
