// sources: xunhu/_media/codec.c xunhu/_media/codec_g726.c xunhu/_media/codec_ima.c xunhu/_media/codec_linear.c xunhu/_media/codec_ms_adpcm.c xunhu/_media/codec_vox.c xunhu/_media/media_format.c xunhu/_media/media_header.c xunhu/_media/media_input.c xunhu/_media/media_lame.c xunhu/_media/media_mp3.c xunhu/_media/media_parse.c xunhu/_media/media_reader.c xunhu/_media/media_resample.c xunhu/_media/media_writer.c xunhu/_media/g711.c
// libs: -lgsm -lmpg123 -lmp3lame -lsoxr
/* Any octets as a media file of every kind, from memory, with seeks between, and as a stream that comes in pieces: an errno with a
 * reason, or samples; never more than was promised, and the same both ways. The first octet chooses the name. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "xunhu/media_file.h"

#define MOST 400000             /* samples read of one input: 3 octets of MP3 header can promise hours */

struct stream {
    const uint8_t *octets;
    size_t left;
    unsigned turn;
};

static ssize_t give(void *context, void *out, size_t n)
{
    struct stream *s = context;
    size_t part = s->turn % 37 + 1;
    if (s->turn++ % 3 == 0)
        return -EAGAIN;
    part = part < s->left ? part : s->left;
    part = part < n ? part : n;
    memcpy(out, s->octets, part);
    s->octets += part;
    s->left -= part;
    return (ssize_t)part;
}

/* Samples until the end, an error or MOST; their sum in *sum. */
static long read_all(struct xh_reader *r, uint32_t *sum, int *error)
{
    int16_t out[XH_MEDIA_BLOCK * XH_MEDIA_CHANNELS];
    long total = 0;
    int n, idle = 0;
    *sum = 0;
    while (total < MOST && ((n = xh_reader_read(r, out, XH_MEDIA_BLOCK)) > 0 || n == -EAGAIN)) {
        if (n > XH_MEDIA_BLOCK || (n == -EAGAIN && ++idle > 1000000))
            abort();
        for (int i = 0; i < n * xh_reader_info(r)->out_channels; i++)
            *sum = *sum * 31 + (uint16_t)out[i];
        total += n > 0 ? n : 0;
    }
    *error = total < MOST ? n : 0;
    if (*error < 0 && !xh_reader_reason(r, NULL))
        abort();
    return total;
}

static void seek_about(struct xh_reader *r, const uint8_t *data, size_t size)
{
    uint32_t sum;
    int16_t out[XH_MEDIA_BLOCK * XH_MEDIA_CHANNELS];
    uint64_t frames = xh_reader_info(r)->frames;
    int error;
    for (size_t i = 1; i < 5 && i < size; i++) {
        if (xh_reader_seek(r, frames == XH_LENGTH_UNKNOWN ? data[i] * 100u : frames * data[i] / 255) < 0)
            return;
        xh_reader_read(r, out, XH_MEDIA_BLOCK);
    }
    if (xh_reader_seek(r, 0) == 0)
        read_all(r, &sum, &error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {NULL, "a.wav", "a.al", "a.sln16", "a.vox", "a.vox6k", "a.dvi4", "a.g726-16", "a.g726-24", "a.g726",
                                        "a.g726-40", "a.g726-40-aal2", "a.gsm", "a.mp3", "a.au", "a.u8"};
    struct xh_reader_options options = XH_READER_DEFAULTS;
    struct xh_reader *r;
    uint32_t sum = 0, other = 0;
    int reason, error = 0, error_other;
    if (size < 1)
        return 0;
    options.name = names[data[0] & 15];
    if (data[0] & 16)
        options.out_channels = options.out_rate = -1;
    long total = -1;
    int opened = xh_reader_open_memory(&r, data + 1, size - 1, &options, &reason, NULL);
    if (opened == 0) {
        total = read_all(r, &sum, &error);
        const struct xh_reader_info *i = xh_reader_info(r);
        if (!i->estimated && i->frames != XH_LENGTH_UNKNOWN && (uint64_t)total > i->frames)
            abort();
        seek_about(r, data, size);
        xh_reader_close(r);
    } else if (reason == XH_MEDIA_FINE) {
        abort();
    }
    struct stream stream = {data + 1, size - 1, data[0] >> 5};
    int streamed = xh_reader_open_stream(&r, give, &stream, data[0] & 32 ? size - 1 : XH_LENGTH_UNKNOWN, &options, &reason, NULL);
    if (streamed)
        return 0;
    long again = read_all(r, &other, &error_other);
    /* A stream that does not tell its length cannot know where an .au or WAV file that lies ends; the sound before it is the same. */
    if ((data[0] & 32) && opened == 0 && error == 0 && error_other == 0 && xh_reader_info(r)->codec != XH_CODEC_MP3 &&
        (again != total || other != sum))
        abort();
    xh_reader_close(r);
    return 0;
}
