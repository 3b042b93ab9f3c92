/* Inside of media files: octets in (input), formats by content (parse), samples out (reader). See xunhu/media_file.h. */
#ifndef XUNHU_MEDIA_PRIVATE_H
#define XUNHU_MEDIA_PRIVATE_H
#include <stddef.h>
#include <stdint.h>

#include "xunhu/codec.h"
#include "xunhu/media_file.h"

/* -- little helpers ------------------------------------------------------------------ */

static inline unsigned xh_le16(const uint8_t *p)
{
    return (unsigned)p[0] | (unsigned)p[1] << 8;
}

static inline uint32_t xh_le32(const uint8_t *p)
{
    return (uint32_t)xh_le16(p) | (uint32_t)xh_le16(p + 2) << 16;
}

static inline uint32_t xh_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* v * a / b, rounded to nearest, without overflow up to 2^95 between. */
static inline uint64_t xh_scaled(uint64_t v, uint32_t a, uint32_t b)
{
    return (uint64_t)(((unsigned __int128)v * a + b / 2) / b);
}

/* -- input: octets in order, some of them at once ------------------------------------- */

#define XH_INPUT_OCTETS 16384           /* most that can be looked at together; a block is at most half of it */

struct xh_input {
    int fd;                             /* -1: memory or stream */
    const uint8_t *memory;
    xh_source_fn *fn;
    void *context;
    uint64_t size;                      /* octets in all, as it was at opening; XH_LENGTH_UNKNOWN */
    uint64_t at;                        /* offset of the first octet held */
    uint64_t skip;                      /* of a stream: octets still to be thrown away */
    uint32_t off, held;                 /* where in buf, how many */
    int ended, error;
    uint8_t buf[XH_INPUT_OCTETS];
};

void xh_input_init(struct xh_input *in);        /* then set fd, memory or fn, and size */
/* At least n (<= XH_INPUT_OCTETS / 2) octets at xh_input_peek: 1; the end comes before that: 0; -EAGAIN, -errno. */
int xh_input_want(struct xh_input *in, uint32_t n);
static inline const uint8_t *xh_input_peek(const struct xh_input *in)
{
    return in->buf + in->off;
}
void xh_input_take(struct xh_input *in, uint32_t n);    /* n <= held */
void xh_input_skip(struct xh_input *in, uint64_t n);
int xh_input_seekable(const struct xh_input *in);
void xh_input_seek(struct xh_input *in, uint64_t at);

/* -- MP3 by libmpg123 ------------------------------------------------------------------ */

struct xh_mp3;
struct xh_mp3 *xh_mp3_open(int mono);   /* NULL: no memory. mono: mixed down */
void xh_mp3_close(struct xh_mp3 *m);
/* Decodes from in, up to `end`, n frames at most. Frames; 0: the end; -EAGAIN: nothing there yet, or much garbage passed; -EBADMSG. */
int xh_mp3_read(struct xh_mp3 *m, struct xh_input *in, uint64_t end, int16_t *out, int n);
int xh_mp3_format(const struct xh_mp3 *m, int *rate, int *channels);   /* 0: not known yet */
void xh_mp3_size(struct xh_mp3 *m, uint64_t octets);
uint64_t xh_mp3_length(struct xh_mp3 *m, int *estimated);      /* frames, XH_LENGTH_UNKNOWN */
/* from: where in the file the MP3 data begin. Returns the frame that is read next, at or before the one wanted; -EBADMSG. */
int64_t xh_mp3_seek(struct xh_mp3 *m, struct xh_input *in, uint64_t from, uint64_t frame);
int xh_mp3_has_table(const struct xh_mp3 *m);
int xh_mp3_is_header(const uint8_t head[4]);    /* octets of the whole MPEG frame, 0: none, 1: one of free bit rate */

/* -- resampler by libsoxr ---------------------------------------------------------------- */

struct xh_resample;
struct xh_resample *xh_resample_open(int from, int to, int channels);   /* NULL: no memory */
void xh_resample_close(struct xh_resample *s);
int xh_resample_reset(struct xh_resample *s);
/* Takes *taken of n_in frames (in NULL: the end), makes up to n_out. Returns frames made, -ENOMEM. */
int xh_resample_run(struct xh_resample *s, const int16_t *in, int n_in, int *taken, int16_t *out, int n_out);

/* -- reader -------------------------------------------------------------------------------- */

enum xh_parse_stage { XH_PARSE_BEGIN, XH_PARSE_CHUNK, XH_PARSE_MP3, XH_PARSE_DONE };

/* What a parser finds; see media_parse.c. */
struct xh_layout {
    enum xh_container container;
    enum xh_codec codec;
    int channels, rate, block_octets;   /* block_octets: of IMA and Microsoft ADPCM */
    uint64_t from, end;                 /* octets of the samples; end XH_LENGTH_UNKNOWN in a stream */
    uint64_t fact;                      /* frames, by the fact chunk; 0: not told */
    int note, reason;                   /* enum xh_media_reason */
    uint32_t detail;
};

struct xh_parser {
    enum xh_parse_stage stage;
    int chunks, have_format;
    uint32_t riff;
    struct xh_reader_options options;
    int named;                          /* format by name or wish, -1 */
    struct xh_layout layout;
};
/* 0: layout found and the input stands at its first octet of sound; -EAGAIN: again later; -errno with layout.reason. */
int xh_parse(struct xh_parser *p, struct xh_input *in);

/* Of a reader that stands on a file to be appended to. */
struct xh_reader;
const struct xh_coder *xh_reader_coder(const struct xh_reader *r);
uint64_t xh_reader_from(const struct xh_reader *r);             /* octets before the sound */
uint64_t xh_reader_end(const struct xh_reader *r);              /* octet behind it */
int xh_reader_has_table(const struct xh_reader *r);             /* MP3 with a table of its frames, which could not grow */

/* Suffix of a path or URL -> format, and the rate it stands for. */
int xh_format_of_name(const char *name, int *rate);

#endif
