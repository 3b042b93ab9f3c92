/* What a media file is, by its first octets, else by its name.
 *
 * Every length in a file is taken as a claim: chunks are walked by their position, compared with the file's size before use,
 * and at most MAX_CHUNKS of them. A data chunk that says 0 or 0xFFFFFFFF octets (written to a pipe, or the writer was killed), or more than
 * the file has, is read to the end of the file as it was when it was opened.
 *
 * The parser may be called again where a stream has nothing yet: nothing is taken from the input before all of a step is there. */
#include <errno.h>
#include <string.h>

#include "media_private.h"

#define MAX_CHUNKS 1000
#define UNKNOWN_SIZE 0xFFFFFFFFu
#define PIPE_SIZE 0x7FFFF000u   /* from here on a size is what a program writes that does not know it (sox) */
#define ID3_MOST (64u << 20)    /* a tag holds pictures */

enum {
    TAG_PCM = 1, TAG_MS_ADPCM = 2, TAG_FLOAT = 3, TAG_ALAW = 6, TAG_ULAW = 7, TAG_OKI = 0x10, TAG_IMA = 0x11, TAG_DIALOGIC_OKI = 0x17, TAG_GSM = 0x31,
    TAG_G726 = 0x45, TAG_G726_OTHER = 0x64, TAG_MPEG = 0x50, TAG_MP3 = 0x55, TAG_EXTENSIBLE = 0xFFFE,
};

/* The part of a WAVE_FORMAT_EXTENSIBLE sub-format behind its tag: 0000-0010-8000-00AA00389B71. */
static const uint8_t SUBFORMAT_TAIL[14] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71};

static int refuse(struct xh_parser *p, int error, int reason, uint32_t detail)
{
    p->layout.reason = reason;
    p->layout.detail = detail;
    return error;
}

static int check_shape(struct xh_parser *p, uint32_t channels, uint32_t rate)
{
    if (channels == 0)
        return refuse(p, -EBADMSG, XH_MEDIA_HEADER, 0);
    if (channels > XH_MEDIA_CHANNELS)
        return refuse(p, -ENOTSUP, XH_MEDIA_CHANNELS_TOO_MANY, channels);
    if (rate < 1000 || rate > 384000)
        return refuse(p, -ENOTSUP, XH_MEDIA_RATE_ODD, rate);
    p->layout.channels = (int)channels;
    p->layout.rate = (int)rate;
    return 0;
}

static int find_end(struct xh_parser *p, const struct xh_input *in, uint64_t at)
{
    p->layout.from = at;
    p->layout.end = in->size;
    p->stage = XH_PARSE_DONE;
    return 0;
}

/* -- WAV ---------------------------------------------------------------------------------------------- */

/* Linear codec of so many bits, XH_CODEC_NONE where there is none. */
static int linear(unsigned bits)
{
    return bits == 8 ? XH_CODEC_PCM8 : bits == 16 ? XH_CODEC_PCM16 : bits == 24 ? XH_CODEC_PCM24 : bits == 32 ? XH_CODEC_PCM32 : XH_CODEC_NONE;
}

static int codec_of_tag(unsigned tag, unsigned bits)
{
    switch (tag) {
    case TAG_PCM:
        return linear(bits);
    case TAG_FLOAT:
        return bits == 32 ? XH_CODEC_FLOAT32 : XH_CODEC_NONE;
    case TAG_ALAW:
        return bits == 8 ? XH_CODEC_ALAW : XH_CODEC_NONE;
    case TAG_ULAW:
        return bits == 8 ? XH_CODEC_ULAW : XH_CODEC_NONE;
    case TAG_MS_ADPCM:
        return bits == 4 ? XH_CODEC_MS_ADPCM : XH_CODEC_NONE;
    case TAG_IMA:
        return bits == 4 ? XH_CODEC_IMA : XH_CODEC_NONE;
    case TAG_OKI:
    case TAG_DIALOGIC_OKI:
        return bits == 4 ? XH_CODEC_VOX : XH_CODEC_NONE;
    case TAG_GSM:
        return XH_CODEC_WAV49;
    case TAG_G726:
    case TAG_G726_OTHER:
        return bits >= 2 && bits <= 5 ? XH_CODEC_G726_16_AAL2 + (int)bits - 2 : XH_CODEC_NONE;
    case TAG_MPEG:
    case TAG_MP3:
        return XH_CODEC_MP3;
    default:
        return XH_CODEC_NONE;
    }
}

/* The block of the header against the codec's own. */
static int check_block(struct xh_parser *p, unsigned align)
{
    struct xh_coder coder;
    int codec = p->layout.codec, sized = codec <= XH_CODEC_FLOAT32 || codec == XH_CODEC_WAV49;
    if (codec == XH_CODEC_MP3)
        return 0;
    if (codec == XH_CODEC_IMA || codec == XH_CODEC_MS_ADPCM)
        p->layout.block_octets = (int)align;
    int r = xh_coder_init(&coder, codec, p->layout.channels, p->layout.block_octets, 0);
    if (r == 0) {
        r = sized && (unsigned)coder.block_octets != align ? -EINVAL : 0;
        xh_coder_release(&coder);
    }
    return r == -EINVAL ? refuse(p, -EBADMSG, XH_MEDIA_HEADER, 0) : r;
}

static int parse_format(struct xh_parser *p, const uint8_t *f, uint32_t len)
{
    unsigned tag = xh_le16(f), bits = xh_le16(f + 14);
    if (tag == TAG_EXTENSIBLE) {
        if (len < 40)
            return refuse(p, -EBADMSG, XH_MEDIA_HEADER, 0);
        if (memcmp(f + 26, SUBFORMAT_TAIL, sizeof SUBFORMAT_TAIL) != 0)
            return refuse(p, -ENOTSUP, XH_MEDIA_CODEC, tag);
        tag = xh_le16(f + 24);
    }
    int codec = codec_of_tag(tag, bits);
    if (codec == XH_CODEC_NONE)
        return refuse(p, -ENOTSUP, XH_MEDIA_CODEC, tag);
    p->layout.codec = (enum xh_codec)codec;
    p->have_format = 1;
    int r = check_shape(p, xh_le16(f + 2), xh_le32(f + 4));
    return r ? r : check_block(p, xh_le16(f + 12));
}

/* How many octets of samples there are: the claim of the data chunk against what the file has. */
static int data_found(struct xh_parser *p, const struct xh_input *in, uint32_t claim)
{
    struct xh_layout *l = &p->layout;
    int unknown = claim >= PIPE_SIZE;
    if (!p->have_format)
        return refuse(p, -EBADMSG, XH_MEDIA_NO_DATA_CHUNK, 0);
    find_end(p, in, in->at);
    if (in->size == XH_LENGTH_UNKNOWN) {
        if (claim && !unknown)
            l->end = in->at + claim;
        return 0;
    }
    uint64_t rest = in->size > in->at ? in->size - in->at : 0;
    int finished = p->riff != 0 && p->riff != UNKNOWN_SIZE && (uint64_t)p->riff + 8 >= in->size;
    if (claim == 0 && finished)
        l->end = in->at;        /* an empty recording, perhaps with other chunks behind */
    else if (claim && claim <= rest)
        l->end = in->at + claim;
    else
        l->note = claim == 0 || unknown ? XH_MEDIA_UNFINISHED : XH_MEDIA_TRUNCATED;
    if (l->note)
        l->fact = 0;
    return 0;
}

/* One chunk. 0: go on. */
static int parse_chunk(struct xh_parser *p, struct xh_input *in)
{
    int r = p->chunks < MAX_CHUNKS ? xh_input_want(in, 8) : 0;
    if (r <= 0)
        return r ? r : refuse(p, -EBADMSG, XH_MEDIA_NO_DATA_CHUNK, 0);
    uint8_t head[8];
    memcpy(head, xh_input_peek(in), sizeof head);
    uint32_t len = xh_le32(head + 4);
    int format = memcmp(head, "fmt ", 4) == 0, fact = memcmp(head, "fact", 4) == 0 && len >= 4;
    uint32_t want = format ? (len < 40 ? len : 40) : fact ? 4 : 0;
    if (format && len < 16)
        return refuse(p, -EBADMSG, XH_MEDIA_HEADER, 0);
    r = want ? xh_input_want(in, 8 + want) : 1;
    if (r <= 0)
        return r ? r : refuse(p, -EBADMSG, XH_MEDIA_HEADER, 0);
    if (memcmp(head, "data", 4) == 0) {
        xh_input_take(in, 8);
        return data_found(p, in, len);
    }
    if (fact)
        p->layout.fact = xh_le32(xh_input_peek(in) + 8);
    r = format ? parse_format(p, xh_input_peek(in) + 8, want) : 0;
    if (r)
        return r;
    p->chunks++;
    xh_input_skip(in, 8 + (uint64_t)len + (len & 1));   /* chunks begin at even octets */
    return 0;
}

/* -- .au, .snd ------------------------------------------------------------------------------------------ */

static int parse_au(struct xh_parser *p, struct xh_input *in)
{
    int r = xh_input_want(in, 24);
    if (r <= 0)
        return r ? r : refuse(p, -EBADMSG, XH_MEDIA_HEADER, 0);
    static const struct {
        uint32_t encoding;
        int codec;
    } known[] = {
        {1, XH_CODEC_ULAW}, {2, XH_CODEC_PCM8S}, {3, XH_CODEC_PCM16BE}, {27, XH_CODEC_ALAW},
        {23, XH_CODEC_G726_32}, {25, XH_CODEC_G726_24}, {26, XH_CODEC_G726_40},
    };
    const uint8_t *h = xh_input_peek(in);
    uint32_t offset = xh_be32(h + 4), claim = xh_be32(h + 8), encoding = xh_be32(h + 12);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].encoding == encoding)
            p->layout.codec = (enum xh_codec)known[i].codec;
    if (p->layout.codec == XH_CODEC_NONE)
        return refuse(p, -ENOTSUP, XH_MEDIA_CODEC, encoding);
    if (offset < 24)
        return refuse(p, -EBADMSG, XH_MEDIA_HEADER, 0);
    r = check_shape(p, xh_be32(h + 20), xh_be32(h + 16));
    if (!r)
        r = check_block(p, p->layout.codec == XH_CODEC_PCM16BE ? 2 * (unsigned)p->layout.channels : (unsigned)p->layout.channels);
    if (r)
        return r;
    p->layout.container = XH_BOX_AU;
    xh_input_skip(in, offset);
    find_end(p, in, offset);
    if (in->size != XH_LENGTH_UNKNOWN && offset > in->size)
        return refuse(p, -EBADMSG, XH_MEDIA_HEADER, 0);
    if (claim == UNKNOWN_SIZE)
        p->layout.note = in->size == XH_LENGTH_UNKNOWN ? 0 : XH_MEDIA_UNFINISHED;
    else if (in->size == XH_LENGTH_UNKNOWN || claim <= in->size - offset)
        p->layout.end = (uint64_t)offset + claim;
    else
        p->layout.note = XH_MEDIA_TRUNCATED;
    return 0;
}

/* -- MP3 -------------------------------------------------------------------------------------------------- */

static int begin_mp3(struct xh_parser *p)
{
    p->layout.container = XH_BOX_MP3;
    p->layout.codec = XH_CODEC_MP3;
    p->stage = XH_PARSE_MP3;
    return 0;
}

/* Tags before the sound are passed by their length, not read. */
static int pass_tags(struct xh_parser *p, struct xh_input *in)
{
    int r = xh_input_want(in, 10);
    if (r < 0)
        return r;
    const uint8_t *h = xh_input_peek(in);
    if (r == 0 || memcmp(h, "ID3", 3) != 0)
        return find_end(p, in, in->at);
    uint32_t len = (uint32_t)(h[6] & 127) << 21 | (uint32_t)(h[7] & 127) << 14 | (uint32_t)(h[8] & 127) << 7 | (h[9] & 127);
    if (len > ID3_MOST || ++p->chunks > MAX_CHUNKS)
        return refuse(p, -EBADMSG, XH_MEDIA_HEADER, 0);
    xh_input_skip(in, 10 + (uint64_t)len + (h[5] & 0x10 ? 10 : 0));
    return 0;
}

/* Two MPEG frames one behind the other, or one that fills all there is. */
static int looks_like_mp3(const uint8_t *h, uint32_t n)
{
    int octets = n >= 4 ? xh_mp3_is_header(h) : 0;
    if (octets <= 1)
        return octets;          /* free bit rate: its length is not told */
    if ((uint32_t)octets + 4 > n)
        return (uint32_t)octets <= n;
    return xh_mp3_is_header(h + octets) != 0;
}

/* -- the beginning ---------------------------------------------------------------------------------------- */

static int begin_raw(struct xh_parser *p, const struct xh_input *in, int format)
{
    const struct xh_format_info *f = xh_format_info(format);
    int rate = p->options.rate ? p->options.rate : f->rate;
    int r = check_shape(p, 1, (uint32_t)rate);
    p->layout.container = XH_BOX_RAW;
    p->layout.codec = f->codec;
    return r ? r : find_end(p, in, in->at);
}

static int is_raw(int format)
{
    return format >= 0 && xh_format_info(format)->container == XH_BOX_RAW;
}

static int begin_wav(struct xh_parser *p, struct xh_input *in)
{
    p->layout.container = XH_BOX_WAV;
    p->riff = xh_le32(xh_input_peek(in) + 4);
    p->stage = XH_PARSE_CHUNK;
    xh_input_skip(in, 12);
    return 0;
}

/* The longest MPEG frame is below 2,881 octets; two of them tell MP3 from chance. */
#define LOOK 2900

static int begin(struct xh_parser *p, struct xh_input *in)
{
    int wished = p->options.format;
    if (is_raw(wished))
        return begin_raw(p, in, wished);
    int r = xh_input_want(in, 12);
    if (r < 0)
        return r;
    const uint8_t *h = xh_input_peek(in);
    if (r && (memcmp(h, "RIFF", 4) == 0 || memcmp(h, "RF64", 4) == 0) && memcmp(h + 8, "WAVE", 4) == 0)
        return begin_wav(p, in);
    if (in->held >= 4 && memcmp(h, ".snd", 4) == 0)
        return parse_au(p, in);
    if (is_raw(p->named))
        return begin_raw(p, in, p->named);
    if (in->held == 0)
        return refuse(p, -ENODATA, XH_MEDIA_EMPTY, 0);
    if (wished == XH_FORMAT_MP3 || p->named == XH_FORMAT_MP3 || (in->held >= 3 && memcmp(h, "ID3", 3) == 0))
        return begin_mp3(p);
    r = xh_input_want(in, LOOK);
    if (r < 0)
        return r;
    return looks_like_mp3(xh_input_peek(in), in->held) ? begin_mp3(p) : refuse(p, -EBADMSG, XH_MEDIA_UNKNOWN, 0);
}

int xh_parse(struct xh_parser *p, struct xh_input *in)
{
    while (p->stage != XH_PARSE_DONE) {
        int r = p->stage == XH_PARSE_BEGIN ? begin(p, in) : p->stage == XH_PARSE_CHUNK ? parse_chunk(p, in) : pass_tags(p, in);
        if (r == -EAGAIN)
            return r;
        if (r)
            return p->layout.reason ? r : refuse(p, r, XH_MEDIA_SYSTEM, 0);
    }
    return 0;
}
