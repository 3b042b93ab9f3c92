/* WAV reader and header writer, see wav.h.
 *
 * Every length in a file is taken as a claim: chunks are walked by their position in the file, compared with the file's
 * size before use, and at most MAX_CHUNKS of them. */
#define _GNU_SOURCE
#include "wav.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xunhu/engine.h"
#include "xunhu/g711.h"

#define MAX_CHUNKS 1000
#define UNKNOWN_SIZE 0xFFFFFFFFu

enum { TAG_PCM = 1, TAG_ALAW = 6, TAG_ULAW = 7, TAG_EXTENSIBLE = 0xFFFE };

/* The part of a WAVE_FORMAT_EXTENSIBLE sub-format behind its tag: 0000-0010-8000-00AA00389B71. */
static const uint8_t SUBFORMAT_TAIL[14] = {0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71};

/* Half-band low-pass, Kaiser window (beta 5.8), Q15: the centre tap is 16384, taps 1, 3, 5 ... away from it are these, the
 * others zero. Flat within 0.01 dB up to 3,400 Hz, 66 dB down from 4,600 Hz (what would fold into the telephone band). */
#define SIDE_TAPS 16
#define CENTRE ((XH_WAV_TAPS - 1) / 2)
static const int16_t HALF_BAND[SIDE_TAPS] = {10404, -3392, 1947, -1301, 924, -674, 495, -362,
                                             261, -184, 126, -83, 52, -30, 15, -6};

static unsigned le16(const uint8_t *p)
{
    return (unsigned)p[0] | (unsigned)p[1] << 8;
}

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)le16(p) | (uint32_t)le16(p + 2) << 16;
}

/* Reads until n octets are there or the file ends; returns how many, or -errno. */
static ssize_t read_at(int fd, void *out, size_t n, uint64_t at)
{
    size_t got = 0;
    while (got < n) {
        ssize_t r = pread(fd, (uint8_t *)out + got, n - got, (off_t)(at + got));
        if (r < 0 && errno == EINTR)
            continue;
        if (r < 0)
            return -errno;
        if (r == 0)
            break;
        got += (size_t)r;
    }
    return (ssize_t)got;
}

int xh_wav_frame_octets(int codec, int channels)
{
    return (codec == XH_REC_PCM16 ? 2 : 1) * channels;
}

static int headerless_codec(const char *name)
{
    const char *dot = name ? strrchr(name, '.') : NULL;
    if (dot && strcasecmp(dot, ".al") == 0)
        return XH_REC_ALAW;
    if (dot && strcasecmp(dot, ".ul") == 0)
        return XH_REC_ULAW;
    if (dot && strcasecmp(dot, ".raw") == 0)
        return XH_REC_PCM16;
    return -1;
}

static int parse_format(const uint8_t *f, size_t len, struct xh_wav_info *info)
{
    unsigned tag = le16(f), bits = le16(f + 14);
    info->channels = (int)le16(f + 2);
    if (tag == TAG_EXTENSIBLE) {
        if (len < 40)
            return -EBADMSG;
        if (memcmp(f + 26, SUBFORMAT_TAIL, sizeof SUBFORMAT_TAIL) != 0)
            return -ENOTSUP;
        tag = le16(f + 24);
    }
    if (tag == TAG_PCM && bits == 16)
        info->codec = XH_REC_PCM16;
    else if (tag == TAG_ALAW && bits == 8)
        info->codec = XH_REC_ALAW;
    else if (tag == TAG_ULAW && bits == 8)
        info->codec = XH_REC_ULAW;
    else
        return -ENOTSUP;
    if (info->channels != 1 && info->channels != 2)
        return -ENOTSUP;
    if (le32(f + 4) != 8000 && le32(f + 4) != 16000)
        return -ENOTSUP;
    info->rate = (int)le32(f + 4);
    info->frame_octets = xh_wav_frame_octets(info->codec, info->channels);
    return le16(f + 12) == (unsigned)info->frame_octets ? 0 : -EBADMSG;
}

/* How many octets of samples there are: the claim of the data chunk against what the file has. */
static uint64_t data_octets(uint32_t claim, uint32_t riff, uint64_t at, uint64_t size)
{
    uint64_t rest = size - at;
    int finished = riff != 0 && riff != UNKNOWN_SIZE && (uint64_t)riff + 8 >= size;
    if (claim == 0 && finished)
        return 0;               /* an empty recording, perhaps with other chunks behind */
    return claim == 0 || claim > rest ? rest : claim;
}

static int parse_chunks(int fd, uint64_t size, uint32_t riff, struct xh_wav_info *info)
{
    uint64_t at = 12;
    int have_format = 0;
    for (int i = 0; i < MAX_CHUNKS; i++) {
        uint8_t head[8], format[40];
        ssize_t got = read_at(fd, head, sizeof head, at);
        if (got < 0)
            return (int)got;
        if (got < (ssize_t)sizeof head)
            return -EBADMSG;
        uint32_t len = le32(head + 4);
        at += sizeof head;
        if (memcmp(head, "data", 4) == 0) {
            if (!have_format)
                return -EBADMSG;
            info->data_at = at;
            info->frames = data_octets(len, riff, at, size) / (unsigned)info->frame_octets;
            return 0;
        }
        if (memcmp(head, "fmt ", 4) == 0) {
            size_t want = len < sizeof format ? len : sizeof format;
            if (len < 16)
                return -EBADMSG;
            got = read_at(fd, format, want, at);
            if (got != (ssize_t)want)
                return got < 0 ? (int)got : -EBADMSG;
            int r = parse_format(format, want, info);
            if (r)
                return r;
            have_format = 1;
        }
        at += (uint64_t)len + (len & 1);        /* chunks begin at even octets */
        if (at >= size)
            return -EBADMSG;
    }
    return -EBADMSG;
}

int xh_wav_parse(int fd, uint64_t size, const char *name, struct xh_wav_info *info)
{
    uint8_t head[12];
    ssize_t got = read_at(fd, head, sizeof head, 0);
    int bare = headerless_codec(name);
    memset(info, 0, sizeof *info);
    if (got < 0)
        return (int)got;
    if (got == (ssize_t)sizeof head && memcmp(head, "RIFF", 4) == 0 && memcmp(head + 8, "WAVE", 4) == 0)
        return parse_chunks(fd, size, le32(head + 4), info);
    if (bare < 0)
        return -EBADMSG;
    info->codec = bare;
    info->channels = 1;
    info->rate = 8000;
    info->headerless = 1;
    info->frame_octets = xh_wav_frame_octets(bare, 1);
    info->frames = size / (unsigned)info->frame_octets;
    return 0;
}

/* Takes `frames` frames at the file's own rate, mixed down; what the file no longer has becomes silence. */
static int read_native(struct xh_wav *w, int16_t *out, int frames)
{
    uint8_t raw[XH_WAV_BLOCK * 4];
    int16_t wide[XH_WAV_BLOCK * 2];
    size_t each = (size_t)w->info.frame_octets, want = (size_t)frames * each;
    uint64_t rest = w->end - w->at;
    ssize_t got = read_at(w->fd, raw, want < rest ? want : (size_t)rest, w->at);
    if (got < 0)
        return (int)got;
    size_t values = (size_t)got / each * (size_t)w->info.channels;
    int whole = (int)((size_t)got / each);
    w->at += (uint64_t)whole * each;
    if (w->info.codec == XH_REC_ALAW)
        xh_alaw_decode(wide, raw, values);
    else if (w->info.codec == XH_REC_ULAW)
        xh_ulaw_decode(wide, raw, values);
    else
        for (size_t i = 0; i < values; i++)
            wide[i] = (int16_t)le16(raw + 2 * i);
    for (int i = 0; i < whole; i++)
        out[i] = w->info.channels == 1 ? wide[i] : (int16_t)((wide[2 * i] + wide[2 * i + 1]) >> 1);
    memset(out + whole, 0, (size_t)(frames - whole) * sizeof *out);
    return whole;
}

static int16_t half_band(const int16_t *x)      /* x: XH_WAV_TAPS samples */
{
    const int16_t *centre = x + CENTRE;
    int32_t sum = 16384 * (int32_t)*centre + 16384;
    for (int k = 0; k < SIDE_TAPS; k++)
        sum += HALF_BAND[k] * ((int32_t)centre[2 * k + 1] + centre[-2 * k - 1]);
    sum >>= 15;
    return (int16_t)(sum > 32767 ? 32767 : sum < -32768 ? -32768 : sum);
}

/* Two samples in, one out; output k is centred on input 2 k (open has read CENTRE samples ahead). */
static int read_halved(struct xh_wav *w, int16_t *out, int frames)
{
    int16_t x[XH_WAV_TAPS - 1 + XH_WAV_BLOCK];
    int done = 0;
    while (done < frames) {
        int part = frames - done < XH_WAV_BLOCK / 2 ? frames - done : XH_WAV_BLOCK / 2;
        memcpy(x, w->history, sizeof w->history);
        int r = read_native(w, x + XH_WAV_TAPS - 1, 2 * part);
        if (r < 0)
            return r;
        for (int i = 0; i < part; i++)
            out[done + i] = half_band(x + 2 * i);
        memcpy(w->history, x + 2 * part, sizeof w->history);
        done += part;
    }
    return done;
}

int xh_wav_read(struct xh_wav *w, int16_t *out, int frames)
{
    if (w->fd < 0 || frames < 0)
        return -EINVAL;
    if (frames > XH_WAV_BLOCK)
        frames = XH_WAV_BLOCK;
    if ((uint64_t)frames > w->left)
        frames = (int)w->left;
    if (frames == 0)
        return 0;
    int r = w->info.rate == 16000 ? read_halved(w, out, frames) : read_native(w, out, frames);
    if (r < 0)
        return r;
    w->left = r < frames ? 0 : w->left - (unsigned)frames;      /* the file was cut while we read it */
    return r;
}

static int open_at_start(struct xh_wav *w, const char *path)
{
    struct stat st;
    if (fstat(w->fd, &st) < 0)
        return -errno;
    if (S_ISDIR(st.st_mode))
        return -EISDIR;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    int r = xh_wav_parse(w->fd, (uint64_t)st.st_size, path, &w->info);
    if (r)
        return r;
    w->at = w->info.data_at;
    w->end = w->at + w->info.frames * (unsigned)w->info.frame_octets;
    w->left = w->info.rate == 16000 ? (w->info.frames + 1) / 2 : w->info.frames;
    memset(w->history, 0, sizeof w->history);
    /* The first window has input 0 in its middle: the newer half but one sample is read now, silence stands before. */
    r = w->info.rate == 16000 ? read_native(w, w->history + CENTRE, CENTRE) : 0;
    return r < 0 ? r : 0;
}

int xh_wav_open(struct xh_wav *w, const char *path)
{
    memset(w, 0, sizeof *w);
    /* O_NONBLOCK: to open a FIFO must not wait for its writer. It has no effect on plain files. */
    w->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (w->fd < 0)
        return -errno;
    int r = open_at_start(w, path);
    if (r)
        xh_wav_close(w);
    return r;
}

void xh_wav_close(struct xh_wav *w)
{
    if (w->fd >= 0)
        close(w->fd);
    w->fd = -1;
}

static uint8_t *put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
    return put16(put16(p, v & 0xFFFFu), v >> 16);
}

static uint8_t *put_id(uint8_t *p, const char *id)
{
    memcpy(p, id, 4);
    return p + 4;
}

uint64_t xh_wav_frames_max(int codec, int channels)
{
    return (UNKNOWN_SIZE - 2u * XH_WAV_HEADER_MAX) / (unsigned)xh_wav_frame_octets(codec, channels);
}

size_t xh_wav_header(uint8_t out[XH_WAV_HEADER_MAX], int codec, int channels, int rate, uint64_t frames)
{
    int each = xh_wav_frame_octets(codec, channels), pcm = codec == XH_REC_PCM16;
    uint32_t data = (uint32_t)(frames * (unsigned)each), head = pcm ? 44 : 58;
    uint8_t *p = put_id(out, "RIFF");
    p = put32(p, head - 8 + data + (data & 1));
    p = put_id(put_id(p, "WAVE"), "fmt ");
    p = put32(p, pcm ? 16 : 18);
    p = put16(p, pcm ? TAG_PCM : codec == XH_REC_ALAW ? TAG_ALAW : TAG_ULAW);
    p = put16(p, (unsigned)channels);
    p = put32(p, (uint32_t)rate);
    p = put32(p, (uint32_t)(rate * each));
    p = put16(p, (unsigned)each);
    p = put16(p, pcm ? 16 : 8);
    if (!pcm) {
        p = put16(p, 0);
        p = put32(put_id(p, "fact"), 4);
        p = put32(p, (uint32_t)frames);
    }
    put32(put_id(p, "data"), data);
    return head;
}
