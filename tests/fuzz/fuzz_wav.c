// sources: xunhu/_media/wav.c xunhu/_media/g711.c
/* Any octets as a file: either an errno, or as many frames as the header parser promised, and no more than fit in the file. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wav.h"

static void read_all(const char *path)
{
    int16_t out[XH_WAV_BLOCK];
    struct xh_wav w;
    uint64_t total = 0, promised;
    int n;
    if (xh_wav_open(&w, path) < 0)
        return;
    promised = w.left;
    while ((n = xh_wav_read(&w, out, XH_WAV_BLOCK)) > 0)
        total += (uint64_t)n;
    if (n < 0 || total != promised)
        abort();
    xh_wav_close(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const names[] = {NULL, "a.wav", "a.al", "a.ul", "a.raw"};
    struct xh_wav_info info;
    char path[64];
    int fd = memfd_create("fuzz", MFD_CLOEXEC);
    if (fd < 0 || write(fd, data, size) != (ssize_t)size)
        abort();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (xh_wav_parse(fd, size, names[i], &info) == 0 &&
            info.data_at + info.frames * (unsigned)info.frame_octets > size)
            abort();
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_all(path);
    close(fd);
    return 0;
}
