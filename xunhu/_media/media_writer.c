/* Writers, see xunhu/media_file.h: samples -> (resampled) -> whole blocks of the codec -> file, with a header that is mended in place.
 *
 * Every write ends with whole blocks in the file; what is not yet a block waits in `block`. A file to be appended to is
 * read first: its form must be the same, codecs with state are brought to where the file ends (it is decoded for that: 0.1 s for an
 * hour), and a last block that silence had filled up is opened again. */
#define _GNU_SOURCE
#include "media_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media_write.h"

#define CODED 16384             /* octets encoded before they are written */
#define IMA_BLOCK 256           /* octets a channel, as is usual at 8 kHz */

struct xh_writer {
    const struct xh_format_info *format;
    int fd, channels, error, reason;
    struct xh_coder coder;
    struct xh_lame *lame;
    struct xh_resample *resample;
    uint64_t header;                    /* octets before the sound */
    uint64_t blocks;                    /* whole ones in the file; octets, of MP3 */
    uint64_t blocks_max;
    uint64_t frames;                    /* given, at 8 kHz */
    uint64_t native;                    /* the same at the rate of the file */
    int16_t *block;                     /* block_frames of each channel */
    int waiting;                        /* frames in it */
    uint8_t coded[CODED];
};

static int fail(struct xh_writer *w, int error)
{
    if (!w->error) {
        w->error = error;
        w->reason = error == -ENOSPC || error == -EFBIG || error == -EDQUOT ? XH_MEDIA_FULL : XH_MEDIA_SYSTEM;
    }
    return w->error;
}

/* All of it or none that counts. 0 or -errno. */
static int put(struct xh_writer *w, const uint8_t *data, size_t n, uint64_t at)
{
    size_t done = 0;
    while (done < n) {
        ssize_t r = pwrite(w->fd, data + done, n - done, (off_t)(at + done));
        if (r < 0 && errno == EINTR)
            continue;
        if (r <= 0)
            return fail(w, r < 0 ? -errno : -EIO);
        done += (size_t)r;
    }
    return 0;
}

static uint64_t block_octets(const struct xh_writer *w)
{
    return w->lame ? 1 : (uint64_t)w->coder.block_octets;
}

static uint64_t data_octets(const struct xh_writer *w)
{
    return w->blocks * block_octets(w);
}

/* -- encoding -------------------------------------------------------------------------------------- */

static int put_blocks(struct xh_writer *w, const int16_t *in, int blocks)
{
    int each = w->coder.block_octets, most = CODED / each;
    while (blocks) {
        int part = blocks < most ? blocks : most;
        if ((uint64_t)part > w->blocks_max - w->blocks)
            part = (int)(w->blocks_max - w->blocks);
        if (part == 0)
            return fail(w, -EFBIG);
        xh_coder_encode(&w->coder, w->coded, in, part);
        int r = put(w, w->coded, (size_t)(part * each), w->header + data_octets(w));
        if (r)
            return r;
        w->blocks += (unsigned)part;
        in += part * w->coder.block_frames * w->channels;
        blocks -= part;
    }
    return 0;
}

static int put_mp3(struct xh_writer *w, const int16_t *in, int n)
{
    do {                        /* n 0: the end, once */
        int part = n < XH_LAME_FRAMES ? n : XH_LAME_FRAMES, octets = xh_lame_encode(w->lame, in, part, w->coded, CODED);
        if (octets < 0)
            return fail(w, octets);
        int r = put(w, w->coded, (size_t)octets, data_octets(w));
        if (r)
            return r;
        w->blocks += (unsigned)octets;
        in = in ? in + part * w->channels : in;
        n -= part;
    } while (n);
    return 0;
}

/* n frames at the rate of the file. */
static int put_native(struct xh_writer *w, const int16_t *in, int n)
{
    int each = w->coder.block_frames, channels = w->channels, r = 0;
    w->native += (unsigned)n;
    if (w->lame)
        return n ? put_mp3(w, in, n) : 0;
    while (n && !r) {
        int whole = w->waiting ? 0 : n / each, part = whole * each;
        if (whole) {
            r = put_blocks(w, in, whole);
        } else {
            part = n < each - w->waiting ? n : each - w->waiting;
            memcpy(w->block + w->waiting * channels, in, (size_t)(part * channels) * sizeof *in);
            w->waiting += part;
            if (w->waiting == each) {
                w->waiting = 0;
                r = put_blocks(w, w->block, 1);
            }
        }
        in += part * channels;
        n -= part;
    }
    return r;
}

/* in NULL: what the resampler still has. */
static int put_resampled(struct xh_writer *w, const int16_t *in, int n)
{
    int16_t out[XH_MEDIA_BLOCK];
    int made;
    do {
        int taken = 0;
        made = xh_resample_run(w->resample, in, n, &taken, out, XH_MEDIA_BLOCK);
        if (made < 0)
            return fail(w, made);
        int r = put_native(w, out, made);
        if (r)
            return r;
        in = in ? in + taken : in;
        n -= taken;
    } while (n || (!in && made));
    return 0;
}

int xh_writer_write(struct xh_writer *w, const int16_t *samples, int n)
{
    if (w->error)
        return w->error;
    if (n < 0)
        return -EINVAL;
    if (n == 0)
        return 0;
    w->frames += (unsigned)n;
    return w->resample ? put_resampled(w, samples, n) : put_native(w, samples, n);
}

uint64_t xh_writer_frames(const struct xh_writer *w)
{
    return w->frames;
}

uint64_t xh_writer_stored(const struct xh_writer *w)
{
    uint64_t native = w->blocks * (unsigned)w->coder.block_frames;
    if (w->lame)
        return w->frames;
    return xh_scaled(w->native < native ? w->native : native, XH_MEDIA_RATE, (uint32_t)w->format->rate);
}

/* -- header ------------------------------------------------------------------------------------------ */

/* frames: how many of the last block count. */
static int put_header(struct xh_writer *w, uint64_t frames)
{
    uint8_t head[XH_HEADER_MOST];
    size_t n = xh_media_header(head, w->format, w->channels, w->coder.block_octets, w->coder.block_frames, data_octets(w), frames);
    return n ? put(w, head, n, 0) : 0;
}

int xh_writer_mend(struct xh_writer *w)
{
    return w->error ? w->error : put_header(w, w->blocks * (unsigned)w->coder.block_frames);
}

/* What waits becomes a block. */
static int finish(struct xh_writer *w)
{
    int r = 0;
    if (w->resample && w->frames)
        r = put_resampled(w, NULL, 0);
    if (!r && w->lame)
        return put_mp3(w, NULL, 0);
    if (!r && w->waiting) {
        int room = (w->coder.block_frames - w->waiting) * w->channels;
        memset(w->block + w->waiting * w->channels, 0, (size_t)room * sizeof *w->block);
        r = put_blocks(w, w->block, 1);
    }
    return r;
}

int xh_writer_close(struct xh_writer *w)
{
    static const uint8_t pad[1];
    if (!w)
        return 0;
    if (!w->error)
        finish(w);
    int error = w->error;
    uint64_t end = w->header + data_octets(w), frames = w->blocks * (unsigned)w->coder.block_frames;
    w->error = 0;               /* the file is made whole with what it has, whatever went wrong */
    if (ftruncate(w->fd, (off_t)end) < 0)
        fail(w, -errno);
    if (w->format->container == XH_BOX_WAV && (end & 1))
        put(w, pad, 1, end);    /* no room for it: the file is readable without */
    put_header(w, w->native < frames ? w->native : frames);
    if (close(w->fd) < 0)
        fail(w, -errno);
    error = error ? error : w->error;
    xh_coder_release(&w->coder);
    xh_lame_close(w->lame);
    xh_resample_close(w->resample);
    free(w->block);
    free(w);
    return error;
}

/* -- opening ------------------------------------------------------------------------------------------- */

static void drop(struct xh_writer *w)
{
    if (w->fd >= 0)
        close(w->fd);
    xh_coder_release(&w->coder);
    xh_lame_close(w->lame);
    xh_resample_close(w->resample);
    free(w->block);
    free(w);
}

static int prepare(struct xh_writer *w, const struct xh_writer_options *o)
{
    int r = 0, channels = w->channels;
    if (w->format->codec == XH_CODEC_MP3) {
        w->lame = xh_lame_open(channels, o->bitrate);
        w->blocks_max = UINT64_MAX;
        return w->lame ? 0 : -ENOMEM;
    }
    r = xh_coder_init(&w->coder, w->format->codec, channels, w->format->codec == XH_CODEC_IMA ? IMA_BLOCK * channels : 0, 1);
    if (r)
        return r;
    if (w->format->rate != XH_MEDIA_RATE)
        w->resample = xh_resample_open(XH_MEDIA_RATE, w->format->rate, channels);
    w->block = calloc((size_t)(w->coder.block_frames * channels), sizeof *w->block);
    if (!w->block || (w->format->rate != XH_MEDIA_RATE && !w->resample))
        return -ENOMEM;
    w->header = xh_media_header_octets(w->format);
    w->blocks_max = (w->format->container == XH_BOX_RAW ? (uint64_t)INT64_MAX / 2 : XH_CONTAINER_MOST) / block_octets(w);
    return 0;
}

/* Brings a codec with state to where the file ends, and takes the frames of a last block that was filled up. */
static int catch_up(struct xh_writer *w, struct xh_reader *r, uint64_t frames)
{
    int16_t in[XH_MEDIA_BLOCK * XH_MEDIA_CHANNELS];
    int each = w->coder.block_frames, channels = w->channels, codec = w->format->codec, n = 0, at = 0;
    int stateful = codec >= XH_CODEC_DVI4 && codec <= XH_CODEC_G726_40_AAL2;
    uint64_t whole = frames / (unsigned)each;
    int rest = (int)(frames - whole * (unsigned)each);
    if (stateful) {             /* one octet is a block or nearly: nothing was filled up */
        while ((n = xh_reader_read(r, in, XH_MEDIA_BLOCK)) > 0 || n == -EAGAIN)
            continue;
        w->coder.u = xh_reader_coder(r)->u;
    } else if (rest) {
        n = xh_reader_seek(r, whole * (unsigned)each);
        while (n >= 0 && at < rest && ((n = xh_reader_read(r, w->block + at * channels, rest - at)) > 0 || n == -EAGAIN))
            at += n > 0 ? n : 0, n = 0;
    }
    w->blocks = whole;
    w->waiting = at;
    w->native = whole * (unsigned)each + (unsigned)at;
    w->frames = xh_scaled(w->native, XH_MEDIA_RATE, (uint32_t)w->format->rate);
    return n < 0 ? n : 0;
}

/* The file must be what we would have made. */
static int take_over(struct xh_writer *w, const char *path)
{
    struct xh_reader_options as_is = XH_READER_DEFAULTS;
    struct xh_reader *r;
    as_is.out_rate = as_is.out_channels = -1;
    as_is.name = w->format->suffix;
    if (w->format->container == XH_BOX_RAW)
        as_is.format = (int)(w->format - xh_format_info(0));
    int n = xh_reader_open_path(&r, path, &as_is, &w->reason, NULL);
    if (n)
        return n;
    const struct xh_reader_info *i = xh_reader_info(r);
    int same = i->container == w->format->container && i->codec == w->format->codec && i->rate == w->format->rate && i->channels == w->channels;
    if (same && w->lame) {
        same = !xh_reader_has_table(r);
        w->blocks = xh_reader_end(r);
        w->frames = i->frames == XH_LENGTH_UNKNOWN ? 0 : i->frames;
    } else if (same && i->block_octets == w->coder.block_octets && xh_reader_from(r) == w->header) {
        n = catch_up(w, r, i->frames);
    } else {
        same = 0;
    }
    xh_reader_close(r);
    w->reason = same ? XH_MEDIA_SYSTEM : XH_MEDIA_MISMATCH;
    return same ? n : -EINVAL;
}

static int open_file(struct xh_writer *w, const char *path, const struct xh_writer_options *o)
{
    struct stat st;
    int flags = O_RDWR | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, there = 0;
    if (o->append)
        there = stat(path, &st) == 0 && st.st_size > 0;
    else if (!o->replace)
        flags |= O_EXCL;
    w->fd = open(path, flags | O_CREAT | (o->replace && !o->append ? O_TRUNC : 0), 0640);
    if (w->fd < 0) {
        w->reason = errno == EEXIST ? XH_MEDIA_EXISTS : XH_MEDIA_SYSTEM;
        return -errno;
    }
    if (fstat(w->fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode)) {
        w->reason = XH_MEDIA_NOT_PLAIN;
        return -EINVAL;
    }
    int r = there ? take_over(w, path) : put_header(w, 0);
    if (r && !there && !o->append && !o->replace)
        unlink(path);           /* ours and empty: not even a header found room */
    return r;
}

int xh_writer_open_path(struct xh_writer **out, const char *path, const struct xh_writer_options *o, int *reason)
{
    const struct xh_format_info *format = xh_format_info(o->format);
    struct xh_writer *w = NULL;
    int r = -EINVAL, nowhere;
    *out = NULL;
    reason = reason ? reason : &nowhere;
    *reason = XH_MEDIA_SYSTEM;
    if (!format || o->channels < 1 || o->channels > format->channels_max || o->bitrate < 0 || o->bitrate > 64)
        return r;
    w = calloc(1, sizeof *w);
    if (!w)
        return -ENOMEM;
    w->fd = -1;
    w->format = format;
    w->channels = o->channels;
    w->reason = XH_MEDIA_SYSTEM;
    r = prepare(w, o);
    if (!r)
        r = open_file(w, path, o);
    if (!r) {
        w->reason = XH_MEDIA_FINE;
        *reason = XH_MEDIA_FINE;
        *out = w;
        return 0;
    }
    *reason = w->reason;
    drop(w);
    return r;
}
