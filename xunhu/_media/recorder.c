/* Recorder, see recorder.h; this is the side of the tick, the side of the files is recorder_files.c.
 *
 * The ring holds two seconds of samples. When the file side is behind by all of it, the samples are counted instead of kept, and once
 * there is room again a note says where in the stream how much silence is to be put. When the disk fails (full, broken, file size limit)
 * recording ends and the state shows errno; the tick side then drops what it is given. */
#include "recorder_private.h"

#include <errno.h>
#include <string.h>

#define RESUME_FRAMES (RING_FRAMES / 4) /* room wanted before a gap ends: few long gaps, not many short ones */

size_t xh_recorder_size(void)
{
    return sizeof(struct xh_recorder);
}

static int take_path(struct xh_recorder *r, const char *path)
{
    size_t len = path ? strlen(path) : 0;
    if (len == 0)
        return -EINVAL;
    if (len > RECORDER_PATH)
        return -ENAMETOOLONG;
    memcpy(r->path, path, len + 1);
    return 0;
}

int xh_recorder_init(struct xh_recorder *r, const struct xh_recorder_params *params, const char *path)
{
    const struct xh_format_info *format = xh_format_info(params->format);
    if (!format || params->tracks < 1 || params->tracks > format->channels_max)
        return -EINVAL;
    if (params->preroll_ms < 0 || params->preroll_ms > XH_PREROLL_MS_MAX || (params->preroll_ms && !params->armed) ||
        params->sync_s < 0 || (params->armed && path))
        return -EINVAL;
    memset(r, 0, offsetof(struct xh_recorder, gaps));
    r->params = *params;
    r->path[0] = '\0';
    return params->armed ? 0 : take_path(r, path);
}

static void put(struct xh_recorder *r, uint32_t at, const int16_t *left, const int16_t *right, uint32_t n)
{
    int16_t *to = r->ring + (size_t)at * (size_t)r->params.tracks;
    if (r->params.tracks == 1) {
        if (left)
            memcpy(to, left, n * sizeof *to);
        else
            memset(to, 0, n * sizeof *to);
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        to[2 * i] = left ? left[i] : 0;
        to[2 * i + 1] = right ? right[i] : 0;
    }
}

/* Only this side writes it, so no locked instruction is needed; anyone may read it. */
static void count(_Atomic uint64_t *counter, int n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + (unsigned)n,
                          memory_order_relaxed);
}

/* Tells the file side of the silence owed. 0 when all notes are taken. */
static int note_gap(struct xh_recorder *r, uint32_t head)
{
    uint32_t at = atomic_load_explicit(&r->gap_head, memory_order_relaxed);
    if (at - atomic_load_explicit(&r->gap_tail, memory_order_acquire) == GAPS)
        return 0;
    r->gaps[at % GAPS] = (struct xh_gap){head, r->gap};
    atomic_store_explicit(&r->gap_head, at + 1, memory_order_release);
    r->gap = 0;
    return 1;
}

static int lose(struct xh_recorder *r, int n)
{
    r->gap += (unsigned)n;
    count(&r->lost, n);
    return -ENOBUFS;
}

int xh_recorder_write(struct xh_recorder *r, const int16_t *left, const int16_t *right, int n)
{
    uint32_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_acquire), room = RING_FRAMES - (head - tail);
    int error = atomic_load_explicit(&r->error, memory_order_relaxed);
    if (error || n < 0 || atomic_load_explicit(&r->finished, memory_order_relaxed))
        return error ? -error : -EINVAL;
    count(&r->samples, n);
    if ((uint32_t)n > room || (r->gap && (room < RESUME_FRAMES || !note_gap(r, head))))
        return lose(r, n);
    if (head == tail)   /* the file side reads nothing now, and looks at base only after it has seen a later head */
        atomic_store_explicit(&r->base, head, memory_order_relaxed);
    uint32_t at = (head - atomic_load_explicit(&r->base, memory_order_relaxed)) % RING_FRAMES;
    uint32_t first = (uint32_t)n < RING_FRAMES - at ? (uint32_t)n : RING_FRAMES - at;
    put(r, at, left, right, first);
    put(r, 0, left ? left + first : NULL, right ? right + first : NULL, (uint32_t)n - first);
    atomic_store_explicit(&r->head, head + (uint32_t)n, memory_order_release);
    return 0;
}

void xh_recorder_heard(struct xh_recorder *r)
{
    atomic_store_explicit(&r->sound_at, atomic_load_explicit(&r->head, memory_order_relaxed), memory_order_release);
}

int xh_recorder_start(struct xh_recorder *r, const char *path)
{
    if (!r->params.armed || atomic_load_explicit(&r->started, memory_order_relaxed))
        return -EALREADY;
    int e = take_path(r, path);
    if (e)
        return e;
    r->start_at = atomic_load_explicit(&r->head, memory_order_relaxed);
    atomic_store_explicit(&r->samples, 0, memory_order_relaxed);
    atomic_store_explicit(&r->started, 1, memory_order_release);
    return 0;
}

/* A gap not yet noted stays in r->gap, which the tick side no longer touches: the file side puts it last. */
void xh_recorder_finish(struct xh_recorder *r)
{
    atomic_store_explicit(&r->finished, 1, memory_order_release);
}

/* Either side. */
void xh_recorder_state(const struct xh_recorder *r, struct xh_recorder_state *s)
{
    s->done = atomic_load_explicit(&r->done, memory_order_acquire);
    s->error = atomic_load_explicit(&r->error, memory_order_relaxed);
    s->samples = atomic_load_explicit(s->done ? &r->written : &r->samples, memory_order_relaxed);
    s->lost = atomic_load_explicit(&r->lost, memory_order_relaxed);
}
