/* Time scale, see time_scale.h.
 *
 * `in` holds input from a little before the last frame on; places in it are indices. A step makes XH_SCALE_HOP samples: the tail of the
 * last frame fades out while the new frame fades in (raised cosine, the two add up to one), and the new frame's second half becomes the
 * tail. Correlation is integer: samples are shifted right by 4, so that 120 products of 24 bits stay within 31. */
#include "xunhu/time_scale.h"

#include <string.h>

#define HOP XH_SCALE_HOP
#define SEARCH XH_SCALE_SEARCH

/* 32768 * sin^2(pi/2 * (i + 0.5) / HOP) */
static const uint16_t FADE[HOP] = {
    1, 13, 35, 69, 114, 170, 237, 315, 404, 504, 615, 737,
    869, 1013, 1166, 1331, 1505, 1690, 1884, 2089, 2303, 2528, 2761, 3004,
    3256, 3517, 3787, 4066, 4353, 4648, 4951, 5263, 5581, 5907, 6241, 6581,
    6928, 7282, 7641, 8007, 8378, 8755, 9138, 9525, 9917, 10313, 10713, 11118,
    11525, 11937, 12351, 12768, 13188, 13609, 14033, 14458, 14885, 15312, 15741, 16170,
    16598, 17027, 17456, 17883, 18310, 18735, 19159, 19580, 20000, 20417, 20831, 21243,
    21650, 22055, 22455, 22851, 23243, 23630, 24013, 24390, 24761, 25127, 25486, 25840,
    26187, 26527, 26861, 27187, 27505, 27817, 28120, 28415, 28702, 28981, 29251, 29512,
    29764, 30007, 30240, 30465, 30679, 30884, 31078, 31263, 31437, 31602, 31755, 31899,
    32031, 32153, 32264, 32364, 32453, 32531, 32598, 32654, 32699, 32733, 32755, 32767,
};

static int clamp(int percent)
{
    return percent < XH_SCALE_MIN ? XH_SCALE_MIN : percent > XH_SCALE_MAX ? XH_SCALE_MAX : percent;
}

void xh_time_scale_reset(struct xh_time_scale *s)
{
    int percent = s->percent;
    memset(s, 0, sizeof *s);
    s->percent = percent;
}

void xh_time_scale_init(struct xh_time_scale *s, int percent)
{
    s->percent = clamp(percent);
    xh_time_scale_reset(s);
}

void xh_time_scale_set(struct xh_time_scale *s, int percent)
{
    s->percent = clamp(percent);
}

/* Input that a step needs, as an index. */
static uint32_t needed(const struct xh_time_scale *s)
{
    int32_t natural = s->last + HOP, at = s->nominal > natural ? s->nominal : natural;
    return s->begun ? (uint32_t)(at + SEARCH + XH_SCALE_FRAME) : HOP;
}

size_t xh_time_scale_want(const struct xh_time_scale *s, size_t n)
{
    size_t left = s->ready - s->taken;
    if (n <= left || s->ended)
        return 0;
    size_t steps = (n - left + HOP - 1) / HOP, need = needed(s) + (steps - 1) * (size_t)HOP * (size_t)s->percent / 100 + steps;
    if (!s->begun)
        need += SEARCH + XH_SCALE_FRAME;
    size_t room = XH_SCALE_HOLD - s->have;
    size_t want = need > s->have ? need - s->have : 0;
    return want < room ? want : room;
}

size_t xh_time_scale_put(struct xh_time_scale *s, const int16_t *in, size_t n)
{
    size_t room = XH_SCALE_HOLD - s->have;
    n = n < room ? n : room;
    memcpy(s->in + s->have, in, n * sizeof *in);
    s->have += (uint32_t)n;
    s->ended = n ? 0 : s->ended;
    return n;
}

void xh_time_scale_end(struct xh_time_scale *s)
{
    s->ended = 1;
}

static int32_t dot(const int16_t *a, const int16_t *b)
{
    int32_t sum = 0;
    for (int i = 0; i < HOP; i++)
        sum += a[i] * b[i];
    return sum;
}

/* The place within SEARCH of `nominal` whose first half looks most like `s->tail`, the natural continuation. */
static int32_t best_place(const struct xh_time_scale *s)
{
    int16_t wanted[HOP], heard[HOP + 2 * SEARCH];
    int32_t first = s->nominal - SEARCH, best = SEARCH;
    float best_score = -1e30f;
    for (int i = 0; i < HOP; i++)
        wanted[i] = (int16_t)(s->tail[i] >> 4);
    for (int i = 0; i < HOP + 2 * SEARCH; i++) {
        int32_t at = first + i;
        heard[i] = at < 0 || at >= (int32_t)s->have ? 0 : (int16_t)(s->in[at] >> 4);
    }
    int32_t energy = dot(heard, heard);
    for (int d = 0; d <= 2 * SEARCH; d++) {
        float c = (float)dot(wanted, heard + d);
        float score = c * (c < 0 ? -c : c) / ((float)energy + 1000.0f);
        if (score > best_score) {
            best_score = score;
            best = d;
        }
        if (d < 2 * SEARCH)
            energy += heard[d + HOP] * heard[d + HOP] - heard[d] * heard[d];
    }
    return first + best;
}

/* What lies before the last frame and the search around the next is no longer wanted. */
static void forget(struct xh_time_scale *s)
{
    int32_t keep = (s->nominal < s->last + HOP ? s->nominal : s->last + HOP) - SEARCH;
    if (keep <= 0)
        return;
    if (keep > (int32_t)s->have)
        keep = (int32_t)s->have;
    memmove(s->in, s->in + keep, (s->have - (uint32_t)keep) * sizeof *s->in);
    s->have -= (uint32_t)keep;
    s->nominal -= keep;
    s->last -= keep;
}

static int16_t sample_at(const struct xh_time_scale *s, int32_t at)
{
    return at >= 0 && at < (int32_t)s->have ? s->in[at] : 0;
}

static void advance(struct xh_time_scale *s)
{
    s->rest += HOP * s->percent;
    s->nominal += s->rest / 100;
    s->rest %= 100;
}

/* The first half frame of all is given as it is. */
static void begin(struct xh_time_scale *s)
{
    for (int i = 0; i < HOP; i++) {
        s->out[i] = sample_at(s, i);
        s->tail[i] = sample_at(s, HOP + i);
    }
    s->last = 0;
    s->nominal = 0;
    s->begun = 1;
    advance(s);
}

/* 0: input is wanted, or the end is reached. */
static int step(struct xh_time_scale *s)
{
    uint32_t need = s->begun ? needed(s) : XH_SCALE_FRAME + SEARCH;
    if (s->have < need && !s->ended)
        return 0;
    if (!s->begun) {
        if (!s->have)
            return 0;
        begin(s);
        s->ready = s->have < HOP ? s->have : HOP;
        s->taken = 0;
        return 1;
    }
    int32_t natural = s->last + HOP;
    int32_t left = (int32_t)s->have - (s->percent == 100 ? natural : s->nominal);
    if (s->ended && (left <= 0 || (int32_t)s->have <= natural))
        return 0;
    int32_t place = s->percent == 100 ? natural : best_place(s);
    for (int i = 0; i < HOP; i++) {
        int32_t rise = FADE[i], a = s->tail[i], b = sample_at(s, place + i);
        s->out[i] = (int16_t)(a + (((b - a) * rise + 16384) >> 15));
        s->tail[i] = sample_at(s, place + HOP + i);
    }
    s->last = place;
    if (s->percent == 100)
        s->nominal = place;
    advance(s);
    s->ready = s->ended && left < HOP ? (uint32_t)left : HOP;
    s->taken = 0;
    forget(s);
    return 1;
}

size_t xh_time_scale_get(struct xh_time_scale *s, int16_t *out, size_t n)
{
    size_t got = 0;
    while (got < n) {
        if (s->taken == s->ready && !step(s))
            break;
        size_t part = s->ready - s->taken;
        part = part < n - got ? part : n - got;
        memcpy(out + got, s->out + s->taken, part * sizeof *out);
        s->taken += (uint32_t)part;
        got += part;
    }
    return got;
}

size_t xh_time_scale_held(const struct xh_time_scale *s)
{
    int32_t next = s->begun ? s->last + HOP - (int32_t)(s->ready - s->taken) : 0;
    int32_t held = (int32_t)s->have - next;
    return held > 0 ? (size_t)held : 0;
}
