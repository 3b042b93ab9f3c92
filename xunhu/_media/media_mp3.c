/* MP3 (and the other layers of MPEG audio) by libmpg123, fed by hand: it never reads a file itself, and holds one piece of octets at a time. */
#include <errno.h>
#include <mpg123.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "media_private.h"

#define FEED 4096               /* octets given at a time */
#define GARBAGE (256 * 1024)    /* octets without a sample, then a pause */
#define PREFRAMES 12            /* decoded before the place sought: the reservoir of bits reaches so far back */
#define NEAR_START (16 * 1152)  /* samples; to a place before that all is decoded from the start */

struct xh_mp3 {
    mpg123_handle *handle;
    int rate, channels, file_channels, told, estimated;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;

static void start_library(void)
{
    mpg123_init();              /* nothing in newer versions, and cannot fail in a way that mpg123_new does not tell */
}

struct xh_mp3 *xh_mp3_open(int mono)
{
    const long *rates;
    size_t n;
    struct xh_mp3 *m = calloc(1, sizeof *m);
    pthread_once(&once, start_library);
    if (!m)
        return NULL;
    m->handle = mpg123_new(NULL, NULL);
    m->estimated = 1;
    if (!m->handle) {
        free(m);
        return NULL;
    }
    mpg123_param(m->handle, MPG123_ADD_FLAGS, MPG123_QUIET | MPG123_SKIP_ID3V2 | (mono ? MPG123_MONO_MIX : 0), 0);
    mpg123_param(m->handle, MPG123_RESYNC_LIMIT, -1, 0);
    mpg123_param(m->handle, MPG123_PREFRAMES, PREFRAMES, 0);
    mpg123_format_none(m->handle);
    mpg123_rates(&rates, &n);
    for (size_t i = 0; i < n; i++)
        mpg123_format(m->handle, rates[i], mono ? MPG123_MONO : MPG123_MONO | MPG123_STEREO, MPG123_ENC_SIGNED_16);
    if (mpg123_open_feed(m->handle) == MPG123_OK)
        return m;
    xh_mp3_close(m);
    return NULL;
}

void xh_mp3_close(struct xh_mp3 *m)
{
    if (!m)
        return;
    mpg123_delete(m->handle);
    free(m);
}

static int new_format(struct xh_mp3 *m)
{
    long rate;
    int channels, encoding;
    struct mpg123_frameinfo frame;
    if (mpg123_getformat(m->handle, &rate, &channels, &encoding) != MPG123_OK || encoding != MPG123_ENC_SIGNED_16)
        return -EBADMSG;
    if (m->rate && (m->rate != rate || m->channels != channels))
        return -EBADMSG;        /* a file of one sound behind another */
    m->rate = (int)rate;
    m->channels = channels;
    m->file_channels = channels;
    if (mpg123_info(m->handle, &frame) == MPG123_OK)
        m->file_channels = frame.mode == MPG123_M_MONO ? 1 : 2;
    return 0;
}

/* The table of frames that encoders put into the first frame: with it the length is exact. */
static int has_table(const uint8_t *p, uint32_t n)
{
    for (uint32_t i = 4; i + 4 <= n && i < 64; i++)
        if (memcmp(p + i, "Xing", 4) == 0 || memcmp(p + i, "Info", 4) == 0 || memcmp(p + i, "VBRI", 4) == 0)
            return 1;
    return 0;
}

/* 1: fed; 0: the end. */
static int feed(struct xh_mp3 *m, struct xh_input *in, uint64_t end)
{
    if (in->at + in->skip >= end)
        return 0;
    int r = xh_input_want(in, 1);
    if (r <= 0)
        return r;
    uint32_t n = in->held < FEED ? in->held : FEED;
    if (n > end - in->at)
        n = (uint32_t)(end - in->at);
    if (!m->told) {
        m->told = 1;
        m->estimated = !has_table(xh_input_peek(in), n);
    }
    if (mpg123_feed(m->handle, xh_input_peek(in), n) != MPG123_OK)
        return -EBADMSG;
    xh_input_take(in, n);
    return (int)n;
}

int xh_mp3_read(struct xh_mp3 *m, struct xh_input *in, uint64_t end, int16_t *out, int n)
{
    int fed = 0;
    for (;;) {
        size_t done = 0, room = (size_t)n * sizeof *out * (size_t)(m->channels ? m->channels : 1);
        int r = mpg123_read(m->handle, (unsigned char *)out, m->rate ? room : 0, &done);
        int bad = r == MPG123_NEW_FORMAT ? new_format(m) : r == MPG123_ERR ? -EBADMSG : 0;
        if (done)
            return (int)(done / sizeof *out / (size_t)m->channels);
        if (bad)
            return bad;
        if (r == MPG123_DONE)
            return 0;
        if (r != MPG123_NEED_MORE)
            continue;
        if (fed >= GARBAGE)
            return -EAGAIN;
        r = feed(m, in, end);
        if (r <= 0)
            return r;
        fed += r;
    }
}

int xh_mp3_format(const struct xh_mp3 *m, int *rate, int *channels)
{
    *rate = m->rate;
    *channels = m->file_channels;
    return m->rate != 0;
}

void xh_mp3_size(struct xh_mp3 *m, uint64_t octets)
{
    mpg123_set_filesize(m->handle, (off_t)octets);
}

uint64_t xh_mp3_length(struct xh_mp3 *m, int *estimated)
{
    off_t n = mpg123_length(m->handle);
    *estimated = m->estimated;
    return n < 0 ? XH_LENGTH_UNKNOWN : (uint64_t)n;
}

int xh_mp3_has_table(const struct xh_mp3 *m)
{
    return !m->estimated;
}

/* Near the start there are not enough frames before the place sought to fill the decoder, which would sound on from where it was. */
int64_t xh_mp3_seek(struct xh_mp3 *m, struct xh_input *in, uint64_t from, uint64_t frame)
{
    off_t offset = 0, at = 0;
    if (frame < NEAR_START) {
        if (mpg123_open_feed(m->handle) != MPG123_OK)
            return -EBADMSG;
    } else {
        at = mpg123_feedseek(m->handle, (off_t)frame, SEEK_SET, &offset);
        if (at < 0 || offset < 0)
            return -EBADMSG;
    }
    xh_input_seek(in, from + (uint64_t)offset);
    return at;
}

/* ISO/IEC 11172-3 §2.4.2.3 and 13818-3: sync, version, layer, bit rate, sampling rate, padding. */
int xh_mp3_is_header(const uint8_t h[4])
{
    static const int16_t kbit[5][15] = {
        {0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448},
        {0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384},
        {0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320},
        {0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256},
        {0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160},
    };
    static const int rates[3] = {44100, 48000, 32000};
    int version = h[1] >> 3 & 3, layer = 4 - (h[1] >> 1 & 3), rate = h[2] >> 2 & 3, bits = h[2] >> 4, pad = h[2] >> 1 & 1;
    if (h[0] != 0xFF || (h[1] & 0xE0) != 0xE0 || version == 1 || layer == 4 || rate == 3 || bits == 15)
        return 0;
    if (bits == 0)
        return 1;
    int low = version != 3, hz = rates[rate] >> (low + (version == 0));
    int k = kbit[low ? 3 + (layer > 1) : layer - 1][bits] * 1000;
    if (layer == 1)
        return (12 * k / hz + pad) * 4;
    return (layer == 3 && low ? 72 : 144) * k / hz + pad;
}
