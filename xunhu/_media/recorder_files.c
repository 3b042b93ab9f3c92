/* Recorder, the side of the files: writes out every quarter of a second, mends the lengths in the header every half, so a file whose writer
 * was killed is valid and ends less than a second early. */
#define _GNU_SOURCE
#include "recorder_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WRITE_FRAMES 2000u      /* 0.25 s */
#define MEND_FRAMES 4000u       /* 0.5 s */
#define HANG_FRAMES 1600u       /* after the last sound what is still written, 0.2 s */
#define HELD_MOST (30u * XH_MEDIA_RATE)
#define STORE_GROWS 8000u
#define BLOCK XH_MEDIA_BLOCK

/* -- the store ---------------------------------------------------------------------------------------- */

static void store_free(struct xh_store *s)
{
    free(s->frames);
    memset(s, 0, sizeof *s);
}

/* Makes room for more frames, up to `most`; what is there becomes contiguous. 0 when there is no memory. */
static int store_grow(struct xh_store *s, size_t tracks)
{
    uint32_t capacity = s->capacity + STORE_GROWS < s->most ? s->capacity + STORE_GROWS : s->most;
    int16_t *frames = malloc((size_t)capacity * tracks * sizeof *frames);
    if (!frames)
        return 0;
    uint32_t first = s->count < s->capacity - s->first ? s->count : s->capacity - s->first;
    if (s->count) {
        memcpy(frames, s->frames + (size_t)s->first * tracks, (size_t)first * tracks * sizeof *frames);
        memcpy(frames + (size_t)first * tracks, s->frames, (size_t)(s->count - first) * tracks * sizeof *frames);
    }
    free(s->frames);
    s->frames = frames;
    s->capacity = capacity;
    s->first = 0;
    return 1;
}

/* The longest run at the front: *n frames. */
static const int16_t *store_front(const struct xh_store *s, size_t tracks, uint32_t *n)
{
    uint32_t run = s->capacity - s->first;
    *n = s->count < run ? s->count : run;
    return s->frames + (size_t)s->first * tracks;
}

static void store_drop(struct xh_store *s, uint32_t n)
{
    s->first = (s->first + n) % s->capacity;
    s->count -= n;
}

/* Puts what there is room for; returns how many frames. */
static uint32_t store_put(struct xh_store *s, size_t tracks, const int16_t *frames, uint32_t n)
{
    while (s->capacity - s->count < n && s->capacity < s->most)
        if (!store_grow(s, tracks))
            break;
    uint32_t room = s->capacity - s->count;
    n = n < room ? n : room;
    for (uint32_t put = 0; put < n;) {
        uint32_t at = (s->first + s->count) % s->capacity, run = s->capacity - at;
        uint32_t part = n - put < run ? n - put : run;
        memcpy(s->frames + (size_t)at * tracks, frames + (size_t)put * tracks, (size_t)part * tracks * sizeof *frames);
        s->count += part;
        put += part;
    }
    return n;
}

/* -- the file ------------------------------------------------------------------------------------------- */

/* Until it is on the disk. A descriptor for reading does: it is the same file. 0 or errno. */
static int sync_file(struct xh_recorder *r)
{
    int fd = open(r->path, O_RDONLY | O_CLOEXEC), error = 0;
    if (fd < 0)
        return errno;
    if (fdatasync(fd) < 0)
        error = errno;
    close(fd);
    r->synced = atomic_load_explicit(&r->written, memory_order_relaxed);
    return error;
}

/* Ends the recording; 0: all went well. */
static int end(struct xh_recorder *r, int error)
{
    int closing = r->writer ? -xh_writer_close(r->writer) : 0;
    if (r->writer && r->params.sync_s && !closing)
        closing = sync_file(r);
    r->writer = NULL;
    store_free(&r->store);
    atomic_store_explicit(&r->error, error ? error : closing, memory_order_relaxed);
    atomic_store_explicit(&r->done, 1, memory_order_release);
    return 1;
}

static int open_file(struct xh_recorder *r)
{
    struct xh_writer_options options = {.format = r->params.format, .channels = r->params.tracks, .append = r->params.append};
    int e = xh_writer_open_path(&r->writer, r->path, &options, NULL);
    if (e) {
        r->writer = NULL;
        return -e;
    }
    r->before = xh_writer_frames(r->writer);
    atomic_store_explicit(&r->opened, 1, memory_order_relaxed);
    return 0;
}

/* 0 or errno: the recording ends with what found room. */
static int write_frames(struct xh_recorder *r, const int16_t *frames, uint32_t n)
{
    int error = 0;
    for (uint32_t at = 0; at < n && !error;) {
        uint32_t part = n - at < BLOCK ? n - at : BLOCK;
        error = -xh_writer_write(r->writer, frames + (size_t)at * (size_t)r->params.tracks, (int)part);
        at += part;
    }
    uint64_t there = error ? xh_writer_stored(r->writer) : xh_writer_frames(r->writer);
    atomic_store_explicit(&r->written, there > r->before ? there - r->before : 0, memory_order_relaxed);
    return error;
}

static int write_store(struct xh_recorder *r)
{
    int error = 0;
    while (r->store.count && !error) {
        uint32_t n;
        const int16_t *front = store_front(&r->store, (size_t)r->params.tracks, &n);
        error = write_frames(r, front, n);
        store_drop(&r->store, n);
    }
    return error;
}

/* Silence that may be the last is held back; what no longer has room is written. */
static int hold(struct xh_recorder *r, const int16_t *frames, uint32_t n)
{
    size_t tracks = (size_t)r->params.tracks;
    r->store.most = HELD_MOST;
    while (n) {
        uint32_t put = store_put(&r->store, tracks, frames, n);
        frames += put * tracks;
        n -= put;
        if (put || !n)
            continue;
        if (!r->store.count)            /* no memory at all */
            return write_frames(r, frames, n);
        uint32_t run;
        const int16_t *front = store_front(&r->store, tracks, &run);
        run = run < n ? run : n;
        int error = write_frames(r, front, run);
        store_drop(&r->store, run);
        if (error)
            return error;
    }
    return 0;
}

/* The last preroll_ms are kept. */
static void remember(struct xh_recorder *r, const int16_t *frames, uint32_t n)
{
    size_t tracks = (size_t)r->params.tracks;
    struct xh_store *s = &r->store;
    s->most = (uint32_t)r->params.preroll_ms * (XH_MEDIA_RATE / 1000);
    if (n > s->most) {
        frames += (n - s->most) * tracks;
        n = s->most;
    }
    uint32_t put = n ? store_put(s, tracks, frames, n) : 0;
    while (put < n && s->count) {
        uint32_t drop = n - put < s->count ? n - put : s->count;
        store_drop(s, drop);
        put += store_put(s, tracks, frames + put * tracks, n - put);
    }
}

/* -- from the ring to where it belongs ----------------------------------------------------------------------- */

/* n frames; silent: of them the first `sound` are not to be held back. */
static int give(struct xh_recorder *r, const int16_t *frames, uint32_t n, uint32_t sound)
{
    if (!r->writer) {
        remember(r, frames, n);
        return 0;
    }
    if (!r->params.cut_silence)
        return write_frames(r, frames, n);
    int error = 0;
    sound = sound < n ? sound : n;
    if (sound) {
        error = write_store(r);
        error = error ? error : write_frames(r, frames, sound);
    }
    return error || sound == n ? error : hold(r, frames + (size_t)sound * (size_t)r->params.tracks, n - sound);
}

static int give_silence(struct xh_recorder *r, uint32_t n)
{
    static const int16_t silence[BLOCK * 2];
    int error = 0;
    while (n && !error) {
        uint32_t part = n < BLOCK ? n : BLOCK;
        error = give(r, silence, part, 0);
        n -= part;
    }
    return error;
}

/* One piece of what waits: silence of a note, or frames up to the next note or the end of the ring. */
static int give_piece(struct xh_recorder *r, uint32_t upto)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    uint32_t note = atomic_load_explicit(&r->gap_tail, memory_order_relaxed);
    uint32_t frames = upto - tail, at = (tail - atomic_load_explicit(&r->base, memory_order_relaxed)) % RING_FRAMES;
    if (note != atomic_load_explicit(&r->gap_head, memory_order_acquire)) {
        struct xh_gap *gap = &r->gaps[note % GAPS];
        if (gap->at == tail) {
            uint32_t part = gap->frames < 8 * BLOCK ? (uint32_t)gap->frames : 8 * BLOCK;
            gap->frames -= part;
            int error = give_silence(r, part);
            if (gap->frames == 0)
                atomic_store_explicit(&r->gap_tail, note + 1, memory_order_release);
            return error;
        }
        if (gap->at - tail < frames)
            frames = gap->at - tail;
    }
    if (frames > RING_FRAMES - at)
        frames = RING_FRAMES - at;
    int32_t sound = (int32_t)(atomic_load_explicit(&r->sound_at, memory_order_acquire) + HANG_FRAMES - tail);
    int error = give(r, r->ring + (size_t)at * (size_t)r->params.tracks, frames, sound > 0 ? (uint32_t)sound : 0);
    atomic_store_explicit(&r->tail, tail + frames, memory_order_release);
    return error;
}

static int give_upto(struct xh_recorder *r, uint32_t upto)
{
    int error = 0;
    while (!error && atomic_load_explicit(&r->tail, memory_order_relaxed) != upto)
        error = give_piece(r, upto);
    return error;
}

/* All that waits, and the little that has come meanwhile: a ring that was found empty is filled from its beginning. */
static int give_all(struct xh_recorder *r, uint32_t head)
{
    int error = give_upto(r, head);
    for (int again = 0; !error && again < 3; again++) {
        head = atomic_load_explicit(&r->head, memory_order_acquire);
        if (atomic_load_explicit(&r->tail, memory_order_relaxed) == head)
            break;
        error = give_upto(r, head);
    }
    return error;
}

/* The gap that was open when the recording was finished. */
static int give_last_gap(struct xh_recorder *r)
{
    int error = 0;
    while (r->gap && !error) {
        uint32_t part = r->gap < 8 * BLOCK ? (uint32_t)r->gap : 8 * BLOCK;
        error = give_silence(r, part);
        r->gap -= part;
    }
    return error;
}

/* -- pumping ---------------------------------------------------------------------------------------------------- */

/* Armed: what comes is remembered; started, what came before goes into the file first. */
static int pump_armed(struct xh_recorder *r)
{
    int finished = atomic_load_explicit(&r->finished, memory_order_acquire);
    if (!atomic_load_explicit(&r->started, memory_order_acquire)) {
        uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);
        if (finished)
            return end(r, 0);
        if (head - atomic_load_explicit(&r->tail, memory_order_relaxed) < WRITE_FRAMES)
            return 0;
        give_all(r, head);
        return 1;
    }
    if ((int32_t)(r->start_at - atomic_load_explicit(&r->tail, memory_order_relaxed)) > 0)
        give_upto(r, r->start_at);      /* else it was started while we were at it, and more is in the store already */
    int error = open_file(r);
    if (!error)
        error = write_store(r);
    store_free(&r->store);
    return error ? end(r, error) : 1;
}

static int keep_up(struct xh_recorder *r)
{
    uint64_t written = atomic_load_explicit(&r->written, memory_order_relaxed);
    int error = 0;
    if (written - r->mended >= MEND_FRAMES) {
        error = -xh_writer_mend(r->writer);
        r->mended = written;
    }
    if (!error && r->params.sync_s && written - r->synced >= (uint64_t)r->params.sync_s * XH_MEDIA_RATE)
        error = sync_file(r);
    return error;
}

int xh_recorder_pump(struct xh_recorder *r)
{
    if (atomic_load_explicit(&r->done, memory_order_relaxed))
        return 0;
    if (!r->writer && r->params.armed)
        return pump_armed(r);
    if (!r->writer) {
        int error = open_file(r);
        return error ? end(r, error) : 1;
    }
    int finished = atomic_load_explicit(&r->finished, memory_order_acquire);
    uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    if (!finished && head - atomic_load_explicit(&r->tail, memory_order_relaxed) < WRITE_FRAMES)
        return 0;
    int error = give_all(r, head);
    if (!error && finished)
        error = give_last_gap(r);
    if (error || finished)
        return end(r, error);
    error = keep_up(r);
    return error ? end(r, error) : 1;
}

int xh_recorder_wants(const struct xh_recorder *r)
{
    if (atomic_load_explicit(&r->done, memory_order_relaxed))
        return 0;
    if (atomic_load_explicit(&r->finished, memory_order_relaxed))
        return 1;
    if (!atomic_load_explicit(&r->opened, memory_order_relaxed) &&
        (!r->params.armed || atomic_load_explicit(&r->started, memory_order_relaxed)))
        return 1;
    return atomic_load_explicit(&r->head, memory_order_relaxed) - atomic_load_explicit(&r->tail, memory_order_relaxed) >= WRITE_FRAMES;
}

const char *xh_recorder_where(const struct xh_recorder *r)
{
    return r->params.armed && !atomic_load_explicit(&r->started, memory_order_acquire) ? "" : r->path;
}

int xh_recorder_holds(const struct xh_recorder *r)
{
    return r->writer != NULL;
}

/* The tick side is gone: what it gave is written out. A file that was never opened is not made. */
void xh_recorder_release(struct xh_recorder *r)
{
    atomic_store_explicit(&r->finished, 1, memory_order_release);
    if (!r->writer && !atomic_load_explicit(&r->done, memory_order_relaxed))
        end(r, 0);
    while (!atomic_load_explicit(&r->done, memory_order_relaxed))
        xh_recorder_pump(r);
}
