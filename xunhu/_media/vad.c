/* Voice activity detector bank: memory, blocks, changes. See include/xunhu/vad.h and docs/level.md. */
#include <errno.h>
#include <math.h>
#include <string.h>
#include "bank_memory.h"
#include "vad_bank.h"

#define FULL_SCALE 259441420.5f         /* mean square of 0 dBm0: 22779^2 / 2 */
#define LEAST_WINDOW 80                 /* hops; a minimum is that of the last 0.8 to 1.6 s */
#define NOTHING_DBM0X10 (-1000)

_Static_assert(sizeof(struct vad_group) % 32 == 0, "vectors of the next group must be aligned");

size_t xh_vad_bank_size(uint32_t channels)
{
    return round64(sizeof(struct xh_vad_bank)) + round64(groups_of(channels) * sizeof(struct vad_group));
}

static vad_kernel *best_kernel(void)
{
#if defined(__x86_64__)
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        return xh_vad_kernel_avx2;
#endif
    return xh_vad_kernel_plain;
}

int xh_vad_bank_init(struct xh_vad_bank *b, uint32_t channels, const struct xh_vad_params *params)
{
    struct xh_vad_params p = {0};
    if (params)
        p = *params;
    if (p.quietest_dbm0 == 0)
        p.quietest_dbm0 = -55;
    if (!p.hang_ms)
        p.hang_ms = 200;
    if (!(p.quietest_dbm0 >= -80 && p.quietest_dbm0 <= -20) || !(p.strictness >= 0 && p.strictness <= 4) || p.hang_ms < 10 || p.hang_ms > 2000)
        return -EINVAL;
    memset(b, 0, xh_vad_bank_size(channels));
    b->channels = channels;
    b->groups = groups_of(channels);
    b->group = (struct vad_group *)((char *)b + round64(sizeof *b));
    b->kernel = best_kernel();
    b->limits.quietest = FULL_SCALE * powf(10, p.quietest_dbm0 / 10);
    b->limits.strictness = p.strictness;
    b->limits.hang = (int32_t)(p.hang_ms / 10);
    return 0;
}

void xh_vad_bank_plain(struct xh_vad_bank *b)
{
    b->kernel = xh_vad_kernel_plain;
}

/* Vectors end where `part` begins: a row of LANES words each. */
static void reset_lane(struct vad_group *g, unsigned lane)
{
    if (!(g->on >> lane & 1))
        return;
    uint32_t (*row)[LANES] = (uint32_t (*)[LANES])g;
    for (size_t i = 0; i < offsetof(struct vad_group, part) / sizeof *row; i++)
        row[i][lane] = 0;
    memset(g->part[lane], 0, sizeof g->part[lane]);
    g->on &= ~(1u << lane);
}

void xh_vad_bank_reset(struct xh_vad_bank *b, uint32_t channel)
{
    if (channel < b->channels)
        reset_lane(&b->group[channel / LANES], channel % LANES);
}

static int16_t dbm0x10(float mean_square)
{
    return mean_square < FULL_SCALE * 1e-10f ? NOTHING_DBM0X10 : (int16_t)lrintf(100 * log10f(mean_square / FULL_SCALE));
}

static int16_t whole_level(const struct vad_group *g, unsigned lane)
{
    return dbm0x10(g->speech_sum[lane] / fmaxf(g->speech_hops[lane], 1));
}

static uint32_t told(const struct vad_group *g)
{
    uint32_t bits = 0;
    for (unsigned lane = 0; lane < LANES; lane++)
        bits |= (uint32_t)(g->told[lane] & 1) << lane;
    return bits;
}

struct place {                  /* where changes go */
    struct xh_vad_change *changes;
    size_t room, count;
};

static void run_hop(struct xh_vad_bank *b, uint32_t index, const int16_t *const p[LANES], uint32_t hop, uint32_t offset, struct place *to)
{
    struct vad_group *g = &b->group[index];
    struct vad_limits limits = b->limits;
    uint32_t before = told(g);
    limits.turn = hop == 0;
    b->kernel(g, p, &limits);
    uint32_t changed = (told(g) ^ before) & g->on;
    for (; changed; changed &= changed - 1) {
        unsigned lane = (unsigned)__builtin_ctz(changed);
        if (to->count < to->room)
            to->changes[to->count++] = (struct xh_vad_change){index * LANES + lane, (uint8_t)(g->told[lane] & 1),
                                                              whole_level(g, lane), offset};
    }
}

size_t xh_vad_bank_group(struct xh_vad_bank *b, uint32_t index, const int16_t *const samples[LANES], size_t n,
                         struct xh_vad_change *changes, size_t room)
{
    static const int16_t silence[160];
    const int16_t *p[LANES];
    struct place to = {changes, room, 0};
    if (index >= b->groups || n == 0 || n > 160)
        return 0;
    struct vad_group *g = &b->group[index];
    uint32_t on = 0;
    for (unsigned lane = 0; lane < LANES; lane++) {
        p[lane] = samples[lane] ? samples[lane] : silence;
        if (samples[lane])
            on |= 1u << lane;
        else
            reset_lane(g, lane);
    }
    if (!on)
        return 0;
    g->on |= on;
    uint32_t fill = b->fill, hop = b->hop;
    for (size_t at = 0; at < n;) {
        size_t take = n - at < XH_VAD_HOP - fill ? n - at : XH_VAD_HOP - fill;
        const int16_t *whole[LANES];
        for (unsigned lane = 0; lane < LANES; lane++) {
            whole[lane] = p[lane] + at;
            if (take == XH_VAD_HOP)
                continue;
            memcpy(&g->part[lane][fill], p[lane] + at, take * sizeof **p);
            whole[lane] = g->part[lane];
        }
        at += take;
        fill += (uint32_t)take;
        if (fill < XH_VAD_HOP)
            break;
        fill = 0;
        run_hop(b, index, whole, hop, (uint32_t)at, &to);
        hop = (hop + 1) % LEAST_WINDOW;
    }
    return to.count;
}

void xh_vad_bank_next(struct xh_vad_bank *b, size_t n)
{
    b->hop = (uint32_t)((b->hop + (b->fill + n) / XH_VAD_HOP) % LEAST_WINDOW);
    b->fill = (uint32_t)((b->fill + n) % XH_VAD_HOP);
}

size_t xh_vad_bank_run(struct xh_vad_bank *b, const int16_t *const *samples, size_t n, struct xh_vad_change *changes, size_t room)
{
    size_t count = 0;
    if (n == 0 || n > 160)
        return 0;
    for (uint32_t i = 0; i < b->groups; i++) {
        const int16_t *p[LANES] = {0};
        for (uint32_t lane = 0; lane < LANES && i * LANES + lane < b->channels; lane++)
            p[lane] = samples[i * LANES + lane];
        count += xh_vad_bank_group(b, i, p, n, changes + count, room - count);
    }
    xh_vad_bank_next(b, n);
    return count;
}

void xh_vad_bank_state(const struct xh_vad_bank *b, uint32_t channel, struct xh_vad_state *s)
{
    memset(s, 0, sizeof *s);
    s->level_dbm0x10 = s->noise_dbm0x10 = s->speech_dbm0x10 = NOTHING_DBM0X10;
    if (channel >= b->channels)
        return;
    const struct vad_group *g = &b->group[channel / LANES];
    unsigned lane = channel % LANES;
    if (!(g->on >> lane & 1) || !g->hops[lane])
        return;
    s->known = 1;
    s->voice = (uint8_t)(g->voice[lane] & 1);
    s->active = (uint8_t)(g->active[lane] & 1);
    s->tone = (uint8_t)(g->tone[lane] & 1);
    s->level_dbm0x10 = dbm0x10(g->power[lane]);
    s->noise_dbm0x10 = dbm0x10(g->floor[lane]);
    s->speech_dbm0x10 = dbm0x10(g->speech[lane]);
    s->score = g->score[lane];
}
