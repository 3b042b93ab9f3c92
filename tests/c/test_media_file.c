// sources: xunhu/_media/codec.c xunhu/_media/codec_g726.c xunhu/_media/codec_ima.c xunhu/_media/codec_linear.c xunhu/_media/codec_ms_adpcm.c xunhu/_media/codec_vox.c xunhu/_media/media_format.c xunhu/_media/media_header.c xunhu/_media/media_input.c xunhu/_media/media_lame.c xunhu/_media/media_measure.c xunhu/_media/media_mp3.c xunhu/_media/media_parse.c xunhu/_media/media_reader.c xunhu/_media/media_resample.c xunhu/_media/media_writer.c xunhu/_media/g711.c
// libs: -lgsm -lmpg123 -lmp3lame -lsoxr
/* Every format written, appended to and read back, from a path, memory and a stream; measuring; what the callers may do wrong. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "xunhu/codec.h"
#include "xunhu/media_file.h"
#include "xunhu/media_measure.h"

#define CHECK(what) do { if (!(what)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); exit(1); } } while (0)
#define N 6007

static int16_t sound[2 * N];
static char folder[] = "/tmp/xunhu-media-XXXXXX";

static void path_of(char path[256], int format)
{
    snprintf(path, 256, "%s/%d%s", folder, format, xh_format_info(format)->suffix);
}

static long read_all(struct xh_reader *r, uint32_t *sum)
{
    int16_t out[XH_MEDIA_BLOCK * XH_MEDIA_CHANNELS];
    long total = 0;
    int n;
    *sum = 0;
    while ((n = xh_reader_read(r, out, XH_MEDIA_BLOCK)) > 0 || n == -EAGAIN)
        for (total += n > 0 ? n : 0; n > 0; n--)
            *sum = *sum * 31 + (uint16_t)out[n - 1];
    CHECK(n == 0);
    return total;
}

static void write_file(const char *path, int format, int channels, int from, int to, int append)
{
    struct xh_writer_options o = {.format = format, .channels = channels, .append = append};
    struct xh_writer *w;
    int reason;
    CHECK(xh_writer_open_path(&w, path, &o, &reason) == 0 && reason == XH_MEDIA_FINE);
    for (int at = from; at < to; at += 501) {
        int part = to - at < 501 ? to - at : 501;
        CHECK(xh_writer_write(w, sound + at * channels, part) == 0);
        CHECK(xh_writer_mend(w) == 0);
    }
    CHECK(xh_writer_write(w, sound, 0) == 0);
    CHECK(xh_writer_frames(w) >= (uint64_t)(to - from));
    CHECK(xh_writer_close(w) == 0);
}

struct drip {
    const uint8_t *octets;
    size_t left;
    int turn;
};

static ssize_t drip(void *context, void *out, size_t n)
{
    struct drip *d = context;
    size_t part = d->left < 7 ? d->left : 7;
    if (d->turn++ & 1)
        return -EAGAIN;
    part = part < n ? part : n;
    memcpy(out, d->octets, part);
    d->octets += part;
    d->left -= part;
    return (ssize_t)part;
}

static void same_from_everywhere(const char *path)
{
    static uint8_t octets[1 << 17];
    struct xh_reader_options o = XH_READER_DEFAULTS;
    struct xh_reader *r;
    uint32_t sum, other;
    int fd = open(path, O_RDONLY);
    ssize_t size = read(fd, octets, sizeof octets);
    CHECK(size > 0 && size < (ssize_t)sizeof octets);
    o.name = path;
    CHECK(xh_reader_open_path(&r, path, NULL, NULL, NULL) == 0);
    long total = read_all(r, &sum);
    CHECK(xh_reader_seek(r, 0) == 0 && read_all(r, &other) == total && other == sum);
    CHECK(xh_reader_seek(r, (uint64_t)total + 10) == 0 && read_all(r, &other) == 0);
    xh_reader_close(r);
    CHECK(xh_reader_open_fd(&r, fd, &o, NULL, NULL) == 0);      /* taken over */
    xh_reader_close(r);
    CHECK(fcntl(fd, F_GETFD) < 0);
    CHECK(xh_reader_open_memory(&r, octets, (size_t)size, &o, NULL, NULL) == 0);
    xh_reader_close(r);
    struct drip d = {octets, (size_t)size, 0};
    CHECK(xh_reader_open_stream(&r, drip, &d, (uint64_t)size, &o, NULL, NULL) == 0);
    CHECK(xh_reader_info(r)->out_rate == XH_MEDIA_RATE);
    long streamed = 0;
    int16_t out[64];
    int n;
    while ((n = xh_reader_read(r, out, 64)) > 0 || n == -EAGAIN)
        streamed += n > 0 ? n : 0;
    CHECK(n == 0 && streamed == total);
    xh_reader_close(r);
}

static void every_format(void)
{
    for (int f = 0; f < XH_FORMATS; f++)
        for (int channels = 1; channels <= xh_format_info(f)->channels_max; channels++) {
            char path[256];
            path_of(path, f);
            write_file(path, f, channels, 0, N / 2, 0);
            write_file(path, f, channels, N / 2, N, 1);
            same_from_everywhere(path);
            CHECK(unlink(path) == 0);
        }
}

static void wrong_use(void)
{
    struct xh_reader_options o = XH_READER_DEFAULTS;
    struct xh_writer_options w = {.format = XH_FORMATS, .channels = 1};
    struct xh_reader *r = (struct xh_reader *)1;
    struct xh_writer *writer = (struct xh_writer *)1;
    int reason;
    uint32_t detail;
    CHECK(xh_reader_open_path(&r, "/", NULL, &reason, &detail) == -EISDIR && reason == XH_MEDIA_NOT_PLAIN && !r);
    CHECK(xh_reader_open_fd(&r, -1, NULL, &reason, NULL) == -EBADF && reason == XH_MEDIA_SYSTEM && !r);
    CHECK(xh_reader_open_memory(&r, "", 0, NULL, &reason, NULL) == -ENODATA && reason == XH_MEDIA_EMPTY && !r);
    o.format = XH_FORMATS;
    CHECK(xh_reader_open_memory(&r, "abcd", 4, &o, NULL, NULL) == -EINVAL && !r);
    o.format = XH_FORMAT_PCM16;
    o.rate = 7;
    CHECK(xh_reader_open_memory(&r, "abcd", 4, &o, NULL, NULL) == -EINVAL && !r);
    CHECK(xh_reader_open_stream(&r, NULL, NULL, 0, NULL, NULL, NULL) == -EINVAL && !r);
    CHECK(xh_writer_open_path(&writer, "/tmp/x", &w, &reason) == -EINVAL && !writer);
    w.format = XH_FORMAT_VOX;
    w.channels = 2;
    CHECK(xh_writer_open_path(&writer, "/tmp/x", &w, NULL) == -EINVAL && !writer);
    w.channels = 1;
    CHECK(xh_writer_open_path(&writer, "/nowhere/x", &w, &reason) == -ENOENT && reason == XH_MEDIA_SYSTEM && !writer);
    CHECK(xh_writer_close(NULL) == 0);
    xh_reader_close(NULL);
    CHECK(xh_format_info(-1) == NULL && xh_format_info(XH_FORMATS) == NULL);
    CHECK(xh_format_by_name("vox") == XH_FORMAT_VOX && xh_format_by_name("") == -1);
    CHECK(xh_format_by_suffix("/a.wav/b") == -1 && xh_format_by_suffix("x.MP3") == XH_FORMAT_MP3);
    CHECK(strcmp(xh_codec_name(XH_CODECS), "?") == 0);
}

static void measured(void)
{
    static int16_t x[8000];
    struct xh_measure m;
    for (int i = 0; i < 8000; i++)
        x[i] = (int16_t)(i < 800 || i >= 7200 ? 500 : 500 + lrint(10000 * sin(i * 0.3)));
    xh_measure_init(&m, 8000, 50);
    for (int i = 0; i < 8000; i += 77)
        xh_measure_run(&m, x + i, i + 77 < 8000 ? 77 : (size_t)(8000 - i), 1);
    xh_measure_end(&m);
    CHECK(m.frames == 8000 && m.head == 800 && m.tail == 800 && m.active == 6400 && m.clipped == 0);
    CHECK(m.peak >= 10499 && m.peak <= 10500 && llabs(m.sum / 8000 - 500) < 2);
    CHECK(fabs(sqrt((double)m.active_squares / (double)m.active) - 10000 / sqrt(2)) < 20);
    CHECK(xh_media_gain(x, 8000, 4.0f, 500.0f) > 1000 && x[0] == 0 && x[7999] == 0);
    xh_measure_init(&m, 8000, 50);
    xh_measure_run(&m, x, 8000, 1);
    xh_measure_end(&m);
    CHECK(m.clipped > 1000 && m.peak == 32768);
    xh_measure_init(&m, 8000, 50);
    xh_measure_end(&m);
    CHECK(m.frames == 0 && m.head == 0);
}

int main(void)
{
    for (int i = 0; i < 2 * N; i++)
        sound[i] = (int16_t)(9000 * sin(i * 0.11) + (i % 3000 < 1500 ? 3000 * sin(i * 0.9) : 0));
    CHECK(mkdtemp(folder));
    every_format();
    wrong_use();
    measured();
    CHECK(rmdir(folder) == 0);
    return 0;
}
