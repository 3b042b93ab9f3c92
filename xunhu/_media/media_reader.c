/* Readers, see xunhu/media_file.h: input -> parser -> codec -> (mixed down) -> (resampled) -> out.
 *
 * Samples pass in pieces: `wide` holds what the codec has made of some blocks, at the rate of the file. To seek, codecs whose blocks
 * stand by themselves begin at the block; the others go back to the start of the file and decode without giving out, a piece
 * a call, so that no call takes long. With a resampler, the place sought is approached from a point where both rates meet, so that every
 * sample is the one a reading from the start would have given. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "media_private.h"

#define WIDE 2048               /* frames decoded at a time, or one block where that is more */
#define WORK 65536              /* frames thrown away in one call */
#define SETTLE 400              /* frames before the place sought that fill the resampler */

struct xh_reader {
    struct xh_parser parser;
    struct xh_reader_info info;
    struct xh_coder coder;
    struct xh_mp3 *mp3;
    struct xh_resample *resample;
    int16_t *wide;
    int wide_frames, wide_at, wide_n;   /* room; next frame to give, how many are left */
    int ready, ended, error, reason;
    uint32_t detail;
    uint64_t native, native_at;         /* frames of the file; index of the next that the codec makes */
    uint64_t drop;                      /* frames of the file to be thrown away */
    uint64_t drop_out;                  /* the same behind the resampler */
    uint64_t position;
    struct xh_input in;
};

static const struct xh_layout *layout(const struct xh_reader *r)
{
    return &r->parser.layout;
}

static int fail(struct xh_reader *r, int error, int reason)
{
    r->error = error;
    r->reason = reason;
    return error;
}

/* -- blocks of the file ------------------------------------------------------------------------------ */

/* The last block of a file may be shorter. Frames, 0. */
static int short_block(struct xh_reader *r, uint32_t octets)
{
    int frames = xh_coder_short_frames(&r->coder, (int)octets);
    if (frames == 0)
        return 0;
    frames = xh_coder_decode_short(&r->coder, r->wide, xh_input_peek(&r->in), (int)octets);
    xh_input_take(&r->in, octets);
    return frames;
}

/* Some blocks into wide: frames, 0 at the end, -errno. */
static int decode_some(struct xh_reader *r)
{
    const struct xh_layout *l = layout(r);
    uint32_t each = (uint32_t)r->coder.block_octets;
    uint64_t at = r->in.at + r->in.skip, rest = l->end > at ? l->end - at : 0;
    uint32_t blocks = (uint32_t)(r->wide_frames / r->coder.block_frames), most = XH_INPUT_OCTETS / 2 / each;
    blocks = blocks < most ? blocks : most;
    if (rest / each < blocks)
        blocks = (uint32_t)(rest / each);
    int got = xh_input_want(&r->in, blocks ? blocks * each : (uint32_t)rest);
    if (got < 0 && got != -EAGAIN)
        return fail(r, got, XH_MEDIA_SYSTEM);
    if (got != 1 && (r->in.skip || r->in.held / each < blocks))
        blocks = r->in.skip ? 0 : r->in.held / each;    /* a file that was cut, a stream that has no more yet */
    if (blocks == 0 && got == -EAGAIN)
        return -EAGAIN;
    if (blocks == 0) {
        uint32_t held = r->in.held < rest ? r->in.held : (uint32_t)rest;
        int frames = short_block(r, held);
        return frames < 0 ? fail(r, frames, XH_MEDIA_DAMAGED) : frames;
    }
    int good, frames = xh_coder_decode(&r->coder, r->wide, xh_input_peek(&r->in), (int)blocks, &good);
    xh_input_take(&r->in, blocks * each);
    if (frames < 0) {
        fail(r, frames, XH_MEDIA_DAMAGED);
        return good ? good * r->coder.block_frames : frames;
    }
    return frames;
}

static void mix(struct xh_reader *r, int n)
{
    int16_t *x = r->wide;
    if (r->mp3 || r->coder.channels == r->info.out_channels)
        return;
    for (int i = 0; i < n; i++)
        x[i] = (int16_t)((x[2 * i] + x[2 * i + 1]) >> 1);
}

/* The next frames of the file stand in wide. How many, 0 at the end. */
static int native_more(struct xh_reader *r)
{
    int work = 0;
    for (;;) {
        if (r->error)
            return r->error;
        uint64_t left = r->native == XH_LENGTH_UNKNOWN ? UINT64_MAX : r->native > r->native_at ? r->native - r->native_at : 0;
        if (left == 0)
            return 0;
        int n = r->mp3 ? xh_mp3_read(r->mp3, &r->in, layout(r)->end, r->wide, r->wide_frames) : decode_some(r);
        if (n < 0 && n != -EAGAIN && !r->error)
            return fail(r, n, n == -EBADMSG ? XH_MEDIA_DAMAGED : XH_MEDIA_SYSTEM);
        if (n <= 0)
            return n;
        if ((uint64_t)n > left)
            n = (int)left;
        mix(r, n);
        int dropped = r->drop < (uint64_t)n ? (int)r->drop : n;
        r->native_at += (unsigned)n;
        r->drop -= (unsigned)dropped;
        r->wide_at = dropped;
        r->wide_n = n - dropped;
        if (r->wide_n)
            return r->wide_n;
        work += n;
        if (work >= WORK)
            return -EAGAIN;
    }
}

/* -- out ----------------------------------------------------------------------------------------------- */

static int resampled(struct xh_reader *r, int16_t *out, int n)
{
    int channels = r->info.out_channels;
    for (;;) {
        int taken = 0, last = 0, made;
        if (r->wide_n == 0 && !r->ended) {
            int got = native_more(r);
            if (got < 0 && !(got == r->error && r->native_at))
                return got;
            last = got <= 0;    /* what was good before a damage is still in the resampler */
        }
        if (r->ended || last) {
            r->ended = 1;
            made = xh_resample_run(r->resample, NULL, 0, &taken, out, n);
            return made == 0 && r->error ? r->error : made;
        }
        made = xh_resample_run(r->resample, r->wide + r->wide_at * channels, r->wide_n, &taken, out, n);
        r->wide_at += taken;
        r->wide_n -= taken;
        if (made)
            return made;
    }
}

static int produce(struct xh_reader *r, int16_t *out, int n)
{
    int channels = r->info.out_channels;
    if (r->resample)
        return resampled(r, out, n);
    if (r->wide_n == 0) {
        int got = native_more(r);
        if (got <= 0)
            return got;
    }
    n = n < r->wide_n ? n : r->wide_n;
    memcpy(out, r->wide + r->wide_at * channels, (size_t)(n * channels) * sizeof *out);
    r->wide_at += n;
    r->wide_n -= n;
    return n;
}

/* -- opening ------------------------------------------------------------------------------------------- */

/* Frames of all whole blocks, less what the fact chunk says the last one is filled up with. */
static uint64_t count_frames(const struct xh_reader *r)
{
    const struct xh_layout *l = layout(r);
    uint32_t each = (uint32_t)r->coder.block_octets, frames = (uint32_t)r->coder.block_frames;
    if (l->end == XH_LENGTH_UNKNOWN)
        return XH_LENGTH_UNKNOWN;
    uint64_t octets = l->end > l->from ? l->end - l->from : 0, n = octets / each * frames;
    n += (uint32_t)xh_coder_short_frames(&r->coder, (int)(octets % each));
    return frames > 1 && l->fact && l->fact <= n && n - l->fact < frames ? l->fact : n;
}

static int make_wide(struct xh_reader *r, int frames)
{
    r->wide_frames = frames > WIDE ? frames : WIDE;
    r->wide = malloc((size_t)r->wide_frames * XH_MEDIA_CHANNELS * sizeof *r->wide);
    return r->wide ? 0 : -ENOMEM;
}

/* All is known but the length of MP3. */
static int set_out(struct xh_reader *r, int rate, int channels)
{
    const struct xh_reader_options *o = &r->parser.options;
    struct xh_reader_info *i = &r->info;
    i->codec = layout(r)->codec;
    i->container = layout(r)->container;
    i->note = layout(r)->note;
    i->rate = rate;
    i->channels = channels;
    i->out_rate = o->out_rate < 0 ? rate : o->out_rate ? o->out_rate : XH_MEDIA_RATE;
    i->out_channels = o->out_channels < 0 ? channels : 1;
    i->block_octets = r->coder.block_octets ? r->coder.block_octets : 1;
    i->block_frames = r->coder.block_frames ? r->coder.block_frames : 1;
    i->seekable = xh_input_seekable(&r->in);
    if (i->out_rate != rate)
        r->resample = xh_resample_open(rate, i->out_rate, i->out_channels);
    if (i->out_rate != rate && !r->resample)
        return fail(r, -ENOMEM, XH_MEDIA_SYSTEM);
    i->frames = r->native == XH_LENGTH_UNKNOWN ? r->native : xh_scaled(r->native, (uint32_t)i->out_rate, (uint32_t)rate);
    return 0;
}

static int settle_mp3(struct xh_reader *r)
{
    int rate, channels, n;
    const struct xh_layout *l = layout(r);
    if (!r->mp3) {
        r->mp3 = xh_mp3_open(r->parser.options.out_channels >= 0);
        if (!r->mp3 || make_wide(r, 0))
            return fail(r, -ENOMEM, XH_MEDIA_SYSTEM);
        if (l->end != XH_LENGTH_UNKNOWN)
            xh_mp3_size(r->mp3, l->end > l->from ? l->end - l->from : 0);
    }
    r->native = XH_LENGTH_UNKNOWN;
    n = native_more(r);
    if (n == -EAGAIN)
        return n;
    if (n < 0 || !xh_mp3_format(r->mp3, &rate, &channels))
        return n < 0 && r->reason == XH_MEDIA_SYSTEM ? n : fail(r, -EBADMSG, XH_MEDIA_UNKNOWN);
    n = set_out(r, rate, channels);
    if (n == 0 && l->end != XH_LENGTH_UNKNOWN) {
        uint64_t frames = xh_mp3_length(r->mp3, &r->info.estimated);
        r->info.frames = frames == XH_LENGTH_UNKNOWN ? frames : xh_scaled(frames, (uint32_t)r->info.out_rate, (uint32_t)rate);
    } else {
        r->info.estimated = 1;
    }
    return n;
}

static int settle(struct xh_reader *r)
{
    const struct xh_layout *l = layout(r);
    int n = xh_parse(&r->parser, &r->in);
    if (n == -EAGAIN)
        return n;
    r->detail = l->detail;
    if (n)
        return fail(r, n, l->reason);
    if (l->codec == XH_CODEC_MP3)
        n = settle_mp3(r);
    else if (xh_coder_init(&r->coder, l->codec, l->channels, l->block_octets, 0) || make_wide(r, r->coder.block_frames))
        n = fail(r, -ENOMEM, XH_MEDIA_SYSTEM);
    else {
        r->native = count_frames(r);
        n = set_out(r, l->rate, l->channels);
    }
    r->ready = n == 0;
    return n;
}

static int say(int error, int reason, uint32_t detail, int *reason_out, uint32_t *detail_out)
{
    if (reason_out)
        *reason_out = reason;
    if (detail_out)
        *detail_out = detail;
    return error;
}

static int check_options(const struct xh_reader_options *o)
{
    if (o->format < -1 || o->format >= XH_FORMATS || o->rate < 0 || o->out_rate < -1 || o->out_channels < -1 || o->out_channels > 1)
        return -EINVAL;
    return (o->rate && (o->rate < 1000 || o->rate > 384000)) || (o->out_rate > 0 && (o->out_rate < 1000 || o->out_rate > 384000)) ? -EINVAL : 0;
}

static struct xh_reader *new_reader(const struct xh_reader_options *options)
{
    static const struct xh_reader_options defaults = XH_READER_DEFAULTS;
    struct xh_reader *r = malloc(sizeof *r);
    int rate;
    if (!r)
        return NULL;
    memset(r, 0, offsetof(struct xh_reader, in));
    xh_input_init(&r->in);
    r->parser.options = options ? *options : defaults;
    r->parser.named = xh_format_of_name(r->parser.options.name, &rate);
    if (r->parser.options.rate == 0)
        r->parser.options.rate = rate;
    r->parser.options.name = NULL;      /* not kept by the caller for us */
    return r;
}

static int begin(struct xh_reader **out, struct xh_reader *r, int *reason, uint32_t *detail)
{
    int n = settle(r);
    if (n == 0 || n == -EAGAIN) {
        *out = r;
        return say(0, XH_MEDIA_FINE, 0, reason, detail);
    }
    say(n, r->reason, r->detail, reason, detail);
    r->in.fd = -1;              /* stays the caller's */
    xh_reader_close(r);
    return n;
}

int xh_reader_open_fd(struct xh_reader **out, int fd, const struct xh_reader_options *options, int *reason, uint32_t *detail)
{
    struct stat st;
    *out = NULL;
    if (options && check_options(options))
        return say(-EINVAL, XH_MEDIA_SYSTEM, 0, reason, detail);
    if (fstat(fd, &st) < 0)
        return say(-errno, XH_MEDIA_SYSTEM, 0, reason, detail);
    if (!S_ISREG(st.st_mode))
        return say(S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL, XH_MEDIA_NOT_PLAIN, 0, reason, detail);
    struct xh_reader *r = new_reader(options);
    if (!r)
        return say(-ENOMEM, XH_MEDIA_SYSTEM, 0, reason, detail);
    r->in.fd = fd;
    r->in.size = (uint64_t)st.st_size;
    return begin(out, r, reason, detail);
}

int xh_reader_open_path(struct xh_reader **out, const char *path, const struct xh_reader_options *options, int *reason, uint32_t *detail)
{
    struct xh_reader_options named = options ? *options : (struct xh_reader_options)XH_READER_DEFAULTS;
    *out = NULL;
    if (!named.name)
        named.name = path;
    /* O_NONBLOCK: to open a FIFO must not wait for its writer. It has no effect on plain files. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        return say(-errno, XH_MEDIA_SYSTEM, 0, reason, detail);
    int n = xh_reader_open_fd(out, fd, &named, reason, detail);
    if (n)
        close(fd);
    return n;
}

int xh_reader_open_memory(struct xh_reader **out, const void *octets, size_t n, const struct xh_reader_options *options, int *reason,
                          uint32_t *detail)
{
    *out = NULL;
    if ((options && check_options(options)) || (!octets && n))
        return say(-EINVAL, XH_MEDIA_SYSTEM, 0, reason, detail);
    struct xh_reader *r = new_reader(options);
    if (!r)
        return say(-ENOMEM, XH_MEDIA_SYSTEM, 0, reason, detail);
    r->in.memory = octets ? octets : (const uint8_t *)"";
    r->in.size = n;
    return begin(out, r, reason, detail);
}

int xh_reader_open_stream(struct xh_reader **out, xh_source_fn *read, void *context, uint64_t size,
                          const struct xh_reader_options *options, int *reason, uint32_t *detail)
{
    *out = NULL;
    if ((options && check_options(options)) || !read)
        return say(-EINVAL, XH_MEDIA_SYSTEM, 0, reason, detail);
    struct xh_reader *r = new_reader(options);
    if (!r)
        return say(-ENOMEM, XH_MEDIA_SYSTEM, 0, reason, detail);
    r->in.fn = read;
    r->in.context = context;
    r->in.size = size;
    r->info.frames = XH_LENGTH_UNKNOWN;
    r->info.out_rate = XH_MEDIA_RATE;
    r->info.out_channels = 1;
    return begin(out, r, reason, detail);
}

/* -- reading ------------------------------------------------------------------------------------------- */

const struct xh_reader_info *xh_reader_info(const struct xh_reader *r)
{
    return &r->info;
}

static int drop_some(struct xh_reader *r)
{
    int16_t away[XH_MEDIA_BLOCK * XH_MEDIA_CHANNELS];
    for (int work = 0; r->drop_out; ) {
        int n = produce(r, away, r->drop_out < XH_MEDIA_BLOCK ? (int)r->drop_out : XH_MEDIA_BLOCK);
        if (n <= 0)
            return n;
        r->drop_out -= (unsigned)n;
        work += n;
        if (work >= WORK)
            return -EAGAIN;
    }
    return 1;
}

int xh_reader_read(struct xh_reader *r, int16_t *out, int n)
{
    if (n < 0)
        return -EINVAL;
    if (!r->ready) {
        int got = r->error ? r->error : settle(r);
        if (got)
            return got;
    }
    uint64_t left = r->info.frames == XH_LENGTH_UNKNOWN || r->info.estimated ? UINT64_MAX :
                    r->info.frames > r->position ? r->info.frames - r->position : 0;
    n = n > XH_MEDIA_BLOCK ? XH_MEDIA_BLOCK : n;
    n = (uint64_t)n > left ? (int)left : n;
    if (n == 0)
        return 0;
    int got = drop_some(r);
    if (got <= 0)
        return got;
    got = produce(r, out, n);
    if (got == 0 && r->resample && left == 1 && !r->error) {    /* the resampler rounded the length down */
        memset(out, 0, (size_t)r->info.out_channels * sizeof *out);
        got = 1;
    }
    if (got > 0)
        r->position += (unsigned)got;
    return got;
}

/* -- seeking ------------------------------------------------------------------------------------------- */

static uint32_t greatest_common(uint32_t a, uint32_t b)
{
    while (b) {
        uint32_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

static int native_seek(struct xh_reader *r, uint64_t frame)
{
    const struct xh_layout *l = layout(r);
    uint32_t frames = (uint32_t)r->info.block_frames;
    r->wide_n = 0;
    r->drop = 0;
    if (r->mp3) {
        int64_t at = xh_mp3_seek(r->mp3, &r->in, l->from, frame);
        if (at < 0)
            return fail(r, (int)at, XH_MEDIA_DAMAGED);
        r->native_at = (uint64_t)at;
        r->drop = (uint64_t)at < frame ? frame - (uint64_t)at : 0;
        return 0;
    }
    if (l->codec <= XH_CODEC_IMA) {     /* blocks that stand by themselves */
        uint64_t block = frame / frames;
        xh_input_seek(&r->in, l->from + block * (uint32_t)r->info.block_octets);
        r->native_at = block * frames;
    } else if (frame < r->native_at) {
        int n = xh_coder_reset(&r->coder);
        if (n)
            return fail(r, n, XH_MEDIA_SYSTEM);
        xh_input_seek(&r->in, l->from);
        r->native_at = 0;
    }
    r->drop = frame - r->native_at;
    return 0;
}

int xh_reader_seek(struct xh_reader *r, uint64_t frame)
{
    struct xh_reader_info *i = &r->info;
    if (r->error)
        return r->error;
    if (!r->ready || !i->seekable) {
        if (frame < r->position)
            return -ESPIPE;
        r->drop_out += frame - r->position;
        r->position = frame;
        return 0;
    }
    uint64_t most = i->frames == XH_LENGTH_UNKNOWN ? (uint64_t)1 << 40 : i->frames + (i->estimated ? i->frames / 4 + i->out_rate : 0);
    uint64_t to = frame < most ? frame : most, from = to;
    uint32_t common = greatest_common((uint32_t)i->rate, (uint32_t)i->out_rate), meet = (uint32_t)i->out_rate / common;
    if (r->resample) {
        from = to < SETTLE ? 0 : (to - SETTLE) / meet * meet;
        int n = xh_resample_reset(r->resample);
        if (n)
            return fail(r, n, XH_MEDIA_SYSTEM);
    }
    int n = native_seek(r, from / meet * ((uint32_t)i->rate / common));
    r->drop_out = to - from;
    r->position = frame;
    r->ended = 0;
    return n;
}

uint64_t xh_reader_position(const struct xh_reader *r)
{
    return r->position;
}

int xh_reader_reason(const struct xh_reader *r, uint32_t *detail)
{
    if (detail)
        *detail = r->detail;
    return r->reason ? r->reason : layout(r)->note;
}

const struct xh_coder *xh_reader_coder(const struct xh_reader *r)
{
    return &r->coder;
}

uint64_t xh_reader_from(const struct xh_reader *r)
{
    return layout(r)->from;
}

uint64_t xh_reader_end(const struct xh_reader *r)
{
    return layout(r)->end;
}

int xh_reader_has_table(const struct xh_reader *r)
{
    return r->mp3 && xh_mp3_has_table(r->mp3);
}

void xh_reader_close(struct xh_reader *r)
{
    if (!r)
        return;
    if (r->in.fd >= 0)
        close(r->in.fd);
    xh_coder_release(&r->coder);
    xh_mp3_close(r->mp3);
    xh_resample_close(r->resample);
    free(r->wide);
    free(r);
}
