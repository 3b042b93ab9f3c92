/* Recorder, see player.h.
 *
 * The tick side encodes into a ring of octets as they will be in the file, two seconds long; the file side writes them out
 * every quarter of a second and mends the lengths in the header every half, so a file whose writer was killed is valid and
 * ends less than a second early. When the file side is behind by the whole ring, the samples are counted instead of kept, and
 * once there is room again a note says where in the stream how much silence is to be put.
 *
 * When the disk fails (full, broken, file size limit) recording ends: the file is cut to whole frames, its header made to
 * fit, and the state shows errno. The tick side then drops what it is given. */
#define _GNU_SOURCE
#include "xunhu/player.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "wav.h"
#include "xunhu/engine.h"
#include "xunhu/g711.h"

#define RING_FRAMES 16384u      /* 2.05 s */
#define RING_OCTETS (RING_FRAMES * 4)   /* of the widest frame; narrower ones use the beginning */
#define RESUME_FRAMES (RING_FRAMES / 4) /* room wanted before a gap ends: few long gaps, not many short ones */
#define WRITE_FRAMES 2000u      /* 0.25 s */
#define MEND_FRAMES 4000u       /* 0.5 s */
#define GAPS 16                 /* notes waiting for the file side */
#define PATH_LONGEST 511
#define BLOCK 160               /* frames encoded at a time */

struct gap {
    uint32_t at;                /* frame index in the ring before which the silence belongs */
    uint64_t frames;
};

struct xh_recorder {
    struct xh_recorder_params params;
    uint32_t frame_octets, capacity;    /* octets of a frame; of the ring in use */
    uint64_t frames_max;
    /* written by the tick side */
    _Atomic uint32_t head;      /* frames put in */
    _Atomic uint32_t gap_head;
    _Atomic int finished;
    _Atomic uint64_t samples, lost;     /* frames given; of these not kept */
    uint64_t gap;               /* not kept and not yet noted */
    /* written by the file side */
    char apart[64];             /* the two sides on cache lines of their own */
    _Atomic uint32_t tail;      /* frames taken out */
    _Atomic uint32_t gap_tail;
    _Atomic int error, done;
    _Atomic uint64_t written;   /* frames in the file */
    uint64_t mended;            /* frames the header tells of */
    uint64_t gap_left;          /* frames of silence of the first note still to be written */
    int fd;
    char path[PATH_LONGEST + 1];
    struct gap gaps[GAPS];
    uint8_t ring[RING_OCTETS];
};

size_t xh_recorder_size(void)
{
    return sizeof(struct xh_recorder);
}

int xh_recorder_init(struct xh_recorder *r, const struct xh_recorder_params *params, const char *path)
{
    size_t len = strlen(path);
    int codec = params->format;
    if ((params->tracks != 1 && params->tracks != 2) || len == 0)
        return -EINVAL;
    if (codec != XH_REC_ALAW && codec != XH_REC_ULAW && codec != XH_REC_PCM16)
        return -EINVAL;
    if (len > PATH_LONGEST)
        return -ENAMETOOLONG;
    memset(r, 0, offsetof(struct xh_recorder, gaps));
    r->params = *params;
    r->frame_octets = (uint32_t)xh_wav_frame_octets(codec, params->tracks);
    r->capacity = RING_FRAMES * r->frame_octets;
    r->frames_max = xh_wav_frames_max(codec, params->tracks);
    r->fd = -1;
    memcpy(r->path, path, len + 1);
    return 0;
}

/* -- tick side ---------------------------------------------------------------------------------- */

static void encode_track(const struct xh_recorder *r, uint8_t *out, const int16_t *in, int n)
{
    if (r->params.format == XH_REC_ALAW)
        xh_alaw_encode(out, in, (size_t)n);
    else if (r->params.format == XH_REC_ULAW)
        xh_ulaw_encode(out, in, (size_t)n);
    else
        for (int i = 0; i < n; i++) {
            out[2 * i] = (uint8_t)in[i];
            out[2 * i + 1] = (uint8_t)((uint16_t)in[i] >> 8);
        }
}

/* n <= BLOCK frames into out, tracks side by side in each frame. */
static void encode(const struct xh_recorder *r, uint8_t *out, const int16_t *left, const int16_t *right, int n)
{
    static const int16_t silence[BLOCK];
    uint8_t a[2 * BLOCK], b[2 * BLOCK];
    size_t each = r->params.format == XH_REC_PCM16 ? 2 : 1;
    if (r->params.tracks == 1) {
        encode_track(r, out, left ? left : silence, n);
        return;
    }
    encode_track(r, a, left ? left : silence, n);
    encode_track(r, b, right ? right : silence, n);
    for (size_t i = 0; i < (size_t)n; i++) {
        memcpy(out + 2 * each * i, a + each * i, each);
        memcpy(out + 2 * each * i + each, b + each * i, each);
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
    r->gaps[at % GAPS] = (struct gap){head, r->gap};
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
    uint32_t room = RING_FRAMES - (head - atomic_load_explicit(&r->tail, memory_order_acquire));
    int error = atomic_load_explicit(&r->error, memory_order_relaxed);
    if (error || n < 0 || atomic_load_explicit(&r->finished, memory_order_relaxed))
        return error ? -error : -EINVAL;
    count(&r->samples, n);
    if ((uint32_t)n > room || (r->gap && (room < RESUME_FRAMES || !note_gap(r, head))))
        return lose(r, n);
    for (int i = 0; i < n;) {
        uint32_t at = (head + (uint32_t)i) % RING_FRAMES;
        int part = n - i < BLOCK ? n - i : BLOCK;
        if ((uint32_t)part > RING_FRAMES - at)
            part = (int)(RING_FRAMES - at);
        encode(r, r->ring + (size_t)at * r->frame_octets, left ? left + i : NULL, right ? right + i : NULL, part);
        i += part;
    }
    atomic_store_explicit(&r->head, head + (uint32_t)n, memory_order_release);
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

/* -- file side ---------------------------------------------------------------------------------- */

/* Octets written before an error, all of them without one; *error is 0 or errno. */
static size_t write_at(int fd, const uint8_t *data, size_t n, uint64_t at, int *error)
{
    size_t put = 0;
    *error = 0;
    while (put < n) {
        ssize_t w = pwrite(fd, data + put, n - put, (off_t)(at + put));
        if (w < 0 && errno == EINTR)
            continue;
        if (w <= 0) {
            *error = w < 0 ? errno : EIO;
            break;
        }
        put += (size_t)w;
    }
    return put;
}

static size_t make_header(const struct xh_recorder *r, uint8_t *header, uint64_t frames)
{
    return xh_wav_header(header, r->params.format, r->params.tracks, 8000, frames);
}

static uint64_t header_octets(const struct xh_recorder *r)
{
    return r->params.format == XH_REC_PCM16 ? 44 : 58;
}

/* Makes the header tell of what is written. 0 or errno. */
static int mend(struct xh_recorder *r)
{
    uint8_t header[XH_WAV_HEADER_MAX];
    uint64_t frames = atomic_load_explicit(&r->written, memory_order_relaxed);
    int error;
    write_at(r->fd, header, make_header(r, header, frames), 0, &error);
    if (!error)
        r->mended = frames;
    return error;
}

/* The end of the file in order (whole frames, even length, header), then closed. Returns 0 or errno. */
static int close_file(struct xh_recorder *r)
{
    int error = 0;
    if (r->fd < 0)
        return 0;
    uint64_t octets = atomic_load_explicit(&r->written, memory_order_relaxed) * r->frame_octets;
    if (ftruncate(r->fd, (off_t)(header_octets(r) + octets + (octets & 1))) < 0 &&
        ftruncate(r->fd, (off_t)(header_octets(r) + octets)) < 0)       /* no room for the octet that makes it even */
        error = errno;
    int mending = mend(r);
    error = mending ? mending : error;
    if (close(r->fd) < 0 && !error)
        error = errno;
    r->fd = -1;
    return error;
}

/* Ends the recording; 0: all went well. */
static int end(struct xh_recorder *r, int error)
{
    int closing = close_file(r);
    atomic_store_explicit(&r->error, error ? error : closing, memory_order_relaxed);
    atomic_store_explicit(&r->done, 1, memory_order_release);
    return 1;
}

static int open_file(struct xh_recorder *r)
{
    int error;
    r->fd = open(r->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
    if (r->fd < 0)
        return end(r, errno);
    error = mend(r);
    if (!error)
        return 1;
    unlink(r->path);            /* ours and empty: not even a header found room */
    close(r->fd);
    r->fd = -1;
    return end(r, error);
}

/* Appends whole frames; on trouble the recording ends with those that found room. */
static int append(struct xh_recorder *r, const uint8_t *data, uint64_t frames)
{
    uint64_t written = atomic_load_explicit(&r->written, memory_order_relaxed);
    uint64_t room = r->frames_max - written, part = frames < room ? frames : room;
    int error;
    size_t put = write_at(r->fd, data, (size_t)part * r->frame_octets,
                          header_octets(r) + written * r->frame_octets, &error);
    atomic_store_explicit(&r->written, written + put / r->frame_octets, memory_order_relaxed);
    return error ? error : part < frames ? EFBIG : 0;
}

static int append_silence(struct xh_recorder *r, uint64_t frames)
{
    uint8_t octets[4096];
    int codec = r->params.format;
    memset(octets, codec == XH_REC_ALAW ? 0xD5 : codec == XH_REC_ULAW ? 0xFF : 0, sizeof octets);
    return append(r, octets, frames);
}

/* One piece of what waits: silence of a note, or frames up to the next note or the end of the ring. *put: how much. */
static int write_piece(struct xh_recorder *r, uint32_t upto, uint64_t *put)
{
    uint32_t tail = atomic_load_explicit(&r->tail, memory_order_relaxed);
    uint32_t note = atomic_load_explicit(&r->gap_tail, memory_order_relaxed);
    uint32_t frames = upto - tail, at = tail % RING_FRAMES;
    if (note != atomic_load_explicit(&r->gap_head, memory_order_acquire)) {
        struct gap *gap = &r->gaps[note % GAPS];
        if (gap->at == tail) {
            uint64_t most = 4096 / r->frame_octets;
            *put = gap->frames < most ? gap->frames : most;
            gap->frames -= *put;
            int error = append_silence(r, *put);
            if (gap->frames == 0)
                atomic_store_explicit(&r->gap_tail, note + 1, memory_order_release);
            return error;
        }
        if (gap->at - tail < frames)
            frames = gap->at - tail;
    }
    if (frames > RING_FRAMES - at)
        frames = RING_FRAMES - at;
    *put = frames;
    int error = append(r, r->ring + (size_t)at * r->frame_octets, frames);
    atomic_store_explicit(&r->tail, tail + frames, memory_order_release);
    return error;
}

/* The gap that was open when the recording was finished. */
static int write_last_gap(struct xh_recorder *r)
{
    int error = 0;
    while (r->gap && !error) {
        uint64_t most = 4096 / r->frame_octets, part = r->gap < most ? r->gap : most;
        error = append_silence(r, part);
        r->gap -= part;
    }
    return error;
}

int xh_recorder_pump(struct xh_recorder *r)
{
    if (atomic_load_explicit(&r->done, memory_order_relaxed))
        return 0;
    if (r->fd < 0)
        return open_file(r);
    int finished = atomic_load_explicit(&r->finished, memory_order_acquire);
    uint32_t head = atomic_load_explicit(&r->head, memory_order_acquire);
    uint32_t waiting = head - atomic_load_explicit(&r->tail, memory_order_relaxed);
    if (!finished && waiting < WRITE_FRAMES)
        return 0;
    int error = 0;
    while (!error && atomic_load_explicit(&r->tail, memory_order_relaxed) != head) {
        uint64_t put;
        error = write_piece(r, head, &put);
    }
    if (!error && finished)
        error = write_last_gap(r);
    if (error || finished)
        return end(r, error);
    if (atomic_load_explicit(&r->written, memory_order_relaxed) - r->mended >= MEND_FRAMES) {
        error = mend(r);
        if (error)
            return end(r, error);
    }
    return 1;
}

/* The tick side is gone: what it gave is written out. A file that was never opened is not made. */
void xh_recorder_release(struct xh_recorder *r)
{
    atomic_store_explicit(&r->finished, 1, memory_order_release);
    if (r->fd < 0 && !atomic_load_explicit(&r->done, memory_order_relaxed))
        atomic_store_explicit(&r->done, 1, memory_order_release);
    while (!atomic_load_explicit(&r->done, memory_order_relaxed))
        xh_recorder_pump(r);
}
