// sources: xunhu/_media/wav.c xunhu/_media/g711.c
/* WAV header writer against the reader, and files that are not what they were when they were opened. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wav.h"
#include "xunhu/engine.h"

#define CHECK(what) do { if (!(what)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); exit(1); } } while (0)

static int file_of(const void *data, size_t n, char path[64])
{
    int fd = memfd_create("wav", 0);
    CHECK(fd >= 0);
    CHECK(write(fd, data, n) == (ssize_t)n);
    snprintf(path, 64, "/proc/self/fd/%d", fd);
    return fd;
}

static void headers_read_back(void)
{
    static const int codecs[] = {XH_REC_ALAW, XH_REC_ULAW, XH_REC_PCM16};
    for (int k = 0; k < 3; k++)
        for (int channels = 1; channels <= 2; channels++)
            for (uint64_t frames = 0; frames < 40; frames += 13) {
                uint8_t file[XH_WAV_HEADER_MAX + 200] = {0};
                char path[64];
                struct xh_wav_info info;
                size_t head = xh_wav_header(file, codecs[k], channels, 16000, frames);
                size_t size = head + frames * (size_t)xh_wav_frame_octets(codecs[k], channels);
                int fd = file_of(file, size, path);
                CHECK(head == (codecs[k] == XH_REC_PCM16 ? 44 : 58));
                CHECK(xh_wav_parse(fd, size, NULL, &info) == 0);
                CHECK(info.codec == codecs[k] && info.channels == channels && info.rate == 16000);
                CHECK(info.frames == frames && info.data_at == head && !info.headerless);
                close(fd);
            }
}

static void largest_file(void)
{
    uint8_t head[XH_WAV_HEADER_MAX];
    uint64_t most = xh_wav_frames_max(XH_REC_PCM16, 2);
    CHECK(most * 4 > 0xFFFFFF00u - 200 && most * 4 + 200 > most);
    CHECK(xh_wav_header(head, XH_REC_PCM16, 2, 8000, most) == 44);
    CHECK((head[4] | head[5] << 8 | head[6] << 16 | (uint64_t)head[7] << 24) > most * 4);     /* did not wrap */
}

static void file_cut_while_open(int rate)
{
    static uint8_t file[44 + 40000];
    int16_t out[XH_WAV_BLOCK];
    char path[64];
    struct xh_wav w;
    int n, total = 0;
    xh_wav_header(file, XH_REC_PCM16, 1, rate, 20000);
    int fd = file_of(file, sizeof file, path);
    CHECK(xh_wav_open(&w, path) == 0);
    CHECK(xh_wav_read(&w, out, XH_WAV_BLOCK) == XH_WAV_BLOCK);
    CHECK(ftruncate(fd, 5001) == 0);
    while ((n = xh_wav_read(&w, out, 100)) > 0)
        total += n;
    CHECK(n == 0 && total <= 20000);
    CHECK(xh_wav_read(&w, out, 100) == 0);
    xh_wav_close(&w);
    CHECK(xh_wav_read(&w, out, 1) == -EINVAL);
    xh_wav_close(&w);
    close(fd);
}

static void sizes_of_blocks(void)
{
    static uint8_t file[44 + 4000];
    int16_t whole[1000], parts[1000];
    char path[64];
    struct xh_wav w;
    for (size_t i = 44; i < sizeof file; i++)
        file[i] = (uint8_t)(i * 37 ^ i >> 3);
    xh_wav_header(file, XH_REC_PCM16, 1, 16000, 2000);
    int fd = file_of(file, sizeof file, path);
    CHECK(xh_wav_open(&w, path) == 0);
    CHECK(xh_wav_read(&w, whole, 5000) == 1000);
    xh_wav_close(&w);
    for (int step = 1; step < 700; step += 111) {
        int n, at = 0;
        CHECK(xh_wav_open(&w, path) == 0);
        while ((n = xh_wav_read(&w, parts + at, step)) > 0)
            at += n;
        CHECK(n == 0 && at == 1000 && memcmp(whole, parts, sizeof whole) == 0);
        CHECK(xh_wav_read(&w, parts, -1) == -EINVAL && xh_wav_read(&w, parts, 0) == 0);
        xh_wav_close(&w);
    }
    close(fd);
}

int main(void)
{
    headers_read_back();
    largest_file();
    file_cut_while_open(8000);
    file_cut_while_open(16000);
    sizes_of_blocks();
    return 0;
}
