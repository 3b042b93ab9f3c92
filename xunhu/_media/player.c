/* Player, see player.h; this is the side of the tick, the side of the files is player_files.c, what both share player_private.h. */
#include "player_private.h"

#include <errno.h>
#include <string.h>

#include "xunhu/engine.h"

#define PART 160                /* samples scaled at a time */

size_t xh_player_size(void)
{
    return sizeof(struct xh_player);
}

int xh_player_init(struct xh_player *p, const struct xh_player_params *params)
{
    if (params->gain_q12 < 0 || params->gain_q12 > 32767 || params->loops < 0)
        return -EINVAL;
    memset(p, 0, offsetof(struct xh_player, marks));
    p->params = *params;
    p->gain = p->gain_wanted = params->gain_q12;
    p->heard.length = UINT64_MAX;
    return 0;
}

/* -- the list ------------------------------------------------------------------------------------- */

static int check_paths(const char *paths, size_t len)
{
    size_t start = 0;
    if (len == 0)
        return -EINVAL;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && paths[i] != '\0')
            continue;
        if (i == len && start == len)
            break;              /* a NUL behind the last path is no further path */
        if (i == start || i - start > PATH_LONGEST)
            return -EINVAL;
        start = i + 1;
    }
    return 0;
}

static int failed(const struct xh_player *p)
{
    return atomic_load_explicit(&p->error, memory_order_acquire) != 0;
}

/* A wish that has not been acted on, fulfilled or not. */
static int pending(const struct xh_player *p)
{
    return p->wanted != p->taken_up && !failed(p);
}

/* The octet behind the path that begins at `at`. */
static uint32_t path_end(const struct xh_player *p, uint32_t at)
{
    while (p->paths[at++ % PATHS] != '\0')
        ;
    return at;
}

/* Forgets paths already played, the oldest first, until `need` octets are free. */
static int make_room(struct xh_player *p, uint32_t head, size_t need)
{
    int wish = pending(p);
    uint32_t limit = atomic_load_explicit(&p->path_free, memory_order_acquire);
    uint32_t place = wish ? p->wish.path_at : p->heard.path_at;
    if ((int32_t)(place - limit) < 0)
        limit = place;
    if (p->again && (int32_t)(p->next_wish.path_at - limit) < 0)
        limit = p->next_wish.path_at;
    while (need > PATHS - (head - p->path_first)) {
        if ((int32_t)(limit - p->path_first) <= 0)
            return -ENOSPC;
        p->path_first = path_end(p, p->path_first);
    }
    return 0;
}

int xh_player_add(struct xh_player *p, const char *paths, size_t len)
{
    uint32_t head = atomic_load_explicit(&p->path_head, memory_order_relaxed);
    if (len > PATHS)
        return -ENOSPC;
    int r = check_paths(paths, len);
    if (r)
        return r;
    if (failed(p))
        return -EINVAL;
    size_t need = len + (paths[len - 1] != '\0');
    r = need > PATHS ? -ENOSPC : make_room(p, head, need);
    if (r)
        return r;
    for (size_t i = 0; i < need; i++)
        p->paths[(head + i) % PATHS] = i < len ? paths[i] : '\0';
    atomic_store_explicit(&p->path_head, head + (uint32_t)need, memory_order_release);
    return 0;
}

/* -- wishes ------------------------------------------------------------------------------------------ */

/* Another wish while one is pending waits for that, the last one counts. */
static void wish(struct xh_player *p, struct xh_wish w)
{
    if (pending(p)) {
        p->next_wish = w;
        p->again = 1;
        return;
    }
    p->wish = w;
    p->wanted++;
    atomic_store_explicit(&p->wish_number, p->wanted, memory_order_release);
}

/* Where it is, or is about to be. */
static struct xh_wish place(const struct xh_player *p)
{
    if (p->again)
        return p->next_wish;
    if (pending(p))
        return p->wish;
    uint32_t heard = atomic_load_explicit(&p->tail, memory_order_relaxed) - (uint32_t)(p->scaling ? xh_time_scale_held(&p->scale) : 0);
    int32_t since = (int32_t)(heard - p->heard.at);
    return (struct xh_wish){p->heard.path_at, p->heard.file, p->heard.position + (since > 0 ? (uint64_t)since : 0)};
}

int xh_player_seek(struct xh_player *p, int64_t samples, int relative)
{
    struct xh_wish w = place(p);
    int64_t to = relative ? (int64_t)w.position : 0;
    if (failed(p))
        return -EINVAL;
    if (samples > INT64_MAX - to)
        samples = INT64_MAX - to;
    to += samples;
    w.position = to < 0 ? 0 : (uint64_t)to;
    wish(p, w);
    return 0;
}

int xh_player_skip(struct xh_player *p, int n)
{
    struct xh_wish w = place(p);
    uint32_t head = atomic_load_explicit(&p->path_head, memory_order_relaxed);
    if (failed(p) || head == p->path_first)
        return -EINVAL;
    w.position = 0;
    for (; n < 0 && w.path_at != p->path_first; n++) {
        do
            w.path_at--;
        while (w.path_at != p->path_first && p->paths[(w.path_at - 1) % PATHS] != '\0');
        w.file--;
    }
    for (; n > 0 && w.path_at != head; n--) {
        w.path_at = path_end(p, w.path_at);
        w.file++;
    }
    if (w.path_at == head && p->params.loop)
        w = (struct xh_wish){p->path_first, 0, 0};
    wish(p, w);
    return 0;
}

void xh_player_gain(struct xh_player *p, int gain_q12)
{
    p->gain_wanted = gain_q12 < 0 ? 0 : gain_q12 > 32767 ? 32767 : gain_q12;
}

void xh_player_speed(struct xh_player *p, int percent)
{
    if (p->scaling) {
        xh_time_scale_set(&p->scale, percent);
        return;
    }
    if (percent == 100)
        return;
    xh_time_scale_init(&p->scale, percent);
    p->scaling = 1;
}

/* -- reading ------------------------------------------------------------------------------------------ */

/* Nothing more comes from what has been added; only true for good once error is set. */
static int is_dry(const struct xh_player *p)
{
    if (failed(p))
        return 1;
    return atomic_load_explicit(&p->dry_at, memory_order_acquire) ==
               atomic_load_explicit(&p->path_head, memory_order_relaxed) && !pending(p) && !p->again;
}

/* The file whose sample was heard last. */
static void pass_marks(struct xh_player *p, uint32_t heard)
{
    uint32_t head = atomic_load_explicit(&p->mark_head, memory_order_acquire);
    uint32_t at = atomic_load_explicit(&p->mark_tail, memory_order_relaxed);
    while (at != head && (int32_t)(p->marks[at % MARKS].at - heard) < 0)
        p->heard = p->marks[at++ % MARKS];
    atomic_store_explicit(&p->mark_tail, at, memory_order_release);
}

/* A wish is pending: what is in the ring is of the old place. head is read before the wish is looked at, so that nothing new is
 * among what is dropped. 1: still pending. */
static int take_up_wish(struct xh_player *p)
{
    uint32_t head = atomic_load_explicit(&p->head, memory_order_acquire);
    if (p->wanted == p->taken_up)
        return 0;
    if (p->wanted != atomic_load_explicit(&p->fulfilled, memory_order_acquire) && !failed(p)) {
        pass_marks(p, head);
        atomic_store_explicit(&p->tail, head, memory_order_release);
        return 1;
    }
    p->taken_up = p->wanted;
    if (failed(p)) {
        atomic_store_explicit(&p->tail, head, memory_order_release);
        return 0;
    }
    uint32_t tail = p->fulfilled_at;
    pass_marks(p, tail);
    p->heard = (struct xh_mark){.at = tail, .file = p->wish.file, .path_at = p->wish.path_at, .position = p->wish.position,
                                .length = p->heard.path_at == p->wish.path_at ? p->heard.length : UINT64_MAX};
    atomic_store_explicit(&p->tail, tail, memory_order_release);
    if (p->scaling) {
        xh_time_scale_reset(&p->scale);
        p->scaling = p->scale.percent != 100;
    }
    if (!p->again)
        return 0;
    p->again = 0;
    wish(p, p->next_wish);
    return 1;
}

static uint32_t copy_out(struct xh_player *p, int16_t *out, uint32_t tail, uint32_t n)
{
    uint32_t from = tail % RING, first = n < RING - from ? n : RING - from;
    memcpy(out, p->ring + from, first * sizeof *out);
    memcpy(out + first, p->ring, (n - first) * sizeof *out);
    return tail + n;
}

/* At another speed: what the scale wants goes in, n samples come out as long as there is something. */
static uint32_t read_scaled(struct xh_player *p, int16_t *out, uint32_t n, uint32_t *tail, uint32_t ready, int dry)
{
    int16_t part[XH_SCALE_HOLD];
    uint32_t got = 0;
    while (got < n) {
        uint32_t block = n - got < PART ? n - got : PART;
        uint32_t want = (uint32_t)xh_time_scale_want(&p->scale, block);
        want = want < ready ? want : ready;
        if (want) {
            *tail = copy_out(p, part, *tail, want);
            xh_time_scale_put(&p->scale, part, want);
            ready -= want;
        }
        if (dry && !ready)
            xh_time_scale_end(&p->scale);
        uint32_t made = (uint32_t)xh_time_scale_get(&p->scale, out + got, block);
        got += made;
        if (made < block && !want)
            break;
    }
    return got;
}

static void apply_gain(struct xh_player *p, int16_t *x, uint32_t n)
{
    int32_t from = p->gain, to = p->gain_wanted;
    if (from == XH_GAIN_UNITY && to == XH_GAIN_UNITY)
        return;
    for (uint32_t i = 0; i < n; i++) {
        int32_t g = from == to ? to : from + (to - from) * (int32_t)(i + 1) / (int32_t)n;
        int32_t v = (x[i] * g + XH_GAIN_UNITY / 2) >> 12;
        x[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
    }
    if (n)
        p->gain = to;
}

int xh_player_read(struct xh_player *p, int16_t *out, int n)
{
    uint32_t room = n > 0 ? (uint32_t)n : 0, take = 0;
    p->waiting = p->drained = 0;
    if (take_up_wish(p)) {
        memset(out, 0, room * sizeof *out);
        p->waiting = room > 0;
        return 0;
    }
    uint32_t tail = atomic_load_explicit(&p->tail, memory_order_relaxed), begin = tail;
    int dry = is_dry(p);        /* before head: what was put in before the end is then seen */
    uint32_t ready = atomic_load_explicit(&p->head, memory_order_acquire) - tail;
    if (p->scaling) {
        take = read_scaled(p, out, room, &tail, ready, dry);
        p->drained = dry && take < room;
    } else {
        take = room < ready ? room : ready;
        tail = copy_out(p, out, tail, take);
    }
    memset(out + take, 0, (room - take) * sizeof *out);
    if (tail != begin || take) {
        pass_marks(p, tail - (uint32_t)(p->scaling ? xh_time_scale_held(&p->scale) : 0));
        atomic_store_explicit(&p->tail, tail, memory_order_release);
        p->samples += take;
        apply_gain(p, out, take);
    }
    if (take < room && !dry) {
        p->waiting = 1;
        if (p->samples)
            p->underruns++;     /* before the first sample there is only the wait for the disk */
    }
    return (int)take;
}

void xh_player_state(const struct xh_player *p, struct xh_player_state *s)
{
    int dry = is_dry(p);
    uint32_t left = atomic_load_explicit(&p->head, memory_order_acquire) -
                    atomic_load_explicit(&p->tail, memory_order_relaxed);
    struct xh_wish at = place(p);
    s->done = dry && left == 0 && (!p->scaling || p->drained || !p->scale.begun);
    s->error = s->done ? atomic_load_explicit(&p->error, memory_order_relaxed) : 0;
    s->file = s->error ? atomic_load_explicit(&p->error_file, memory_order_relaxed) : at.file;
    s->samples = p->samples;
    s->underruns = p->underruns;
    s->waiting = p->waiting;
    s->position = at.position;
    s->length = at.file == p->heard.file ? p->heard.length : UINT64_MAX;
    s->speed = p->scaling ? p->scale.percent : 100;
}
