// sources: xunhu/_media/recorder.c xunhu/_media/recorder_files.c xunhu/_media/codec*.c xunhu/_media/media_*.c xunhu/_media/wav.c xunhu/_media/g711.c
// libs: -lgsm -lmpg123 -lmp3lame -lsoxr
/* Both sides of a recorder at once. The tick side is faster than any disk, so that it overflows again and again: what the
 * file holds is what was given, or silence where a write said so, and nothing has moved. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wav.h"
#include "xunhu/engine.h"
#include "xunhu/recorder.h"

#define CHECK(what) do { if (!(what)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); exit(1); } } while (0)
#define TOTAL 1500000

static void *file_side(void *arg)
{
    struct xh_recorder *r = arg;
    struct xh_recorder_state s;
    for (;;) {
        if (!xh_recorder_pump(r))
            sched_yield();
        xh_recorder_state(r, &s);
        if (s.done)
            return NULL;
    }
}

static int16_t sample(uint32_t i)
{
    return (int16_t)(i * 2654435761u >> 16 | 1);        /* never zero */
}

/* slow 1: as the engine, in blocks with pauses, nothing may be lost. slow 0: flat out. */
static void sides_at_once(const char *path, int tracks, int slow)
{
    struct xh_recorder *r = calloc(1, xh_recorder_size());
    uint8_t *kept = calloc(1, TOTAL);
    struct xh_recorder_params params = {.tracks = tracks, .format = XH_REC_PCM16};
    struct xh_recorder_state s = {0};
    uint32_t total = slow ? TOTAL / 5 : TOTAL;
    pthread_t thread;
    uint64_t lost = 0;
    CHECK(r && kept && xh_recorder_init(r, &params, path) == 0);
    CHECK(pthread_create(&thread, NULL, file_side, r) == 0);
    for (uint32_t at = 0; at < total;) {
        int16_t left[160], right[160];
        uint32_t n = at * 7919 % 160 + 1;
        n = n > total - at ? total - at : n;
        for (uint32_t i = 0; i < n; i++) {
            left[i] = sample(at + i);
            right[i] = (int16_t)-left[i];
        }
        int e = xh_recorder_write(r, left, right, (int)n);
        CHECK(e == 0 || e == -ENOBUFS);
        memset(kept + at, e == 0, n);
        lost += e ? n : 0;
        at += n;
        if (slow && at / 8000 != (at - n) / 8000)
            usleep(2000);
    }
    xh_recorder_state(r, &s);
    CHECK(s.lost == lost);
    xh_recorder_finish(r);
    CHECK(pthread_join(thread, NULL) == 0);
    xh_recorder_state(r, &s);
    CHECK(s.done && s.error == 0 && s.samples == total && s.lost == lost);
    int fd = open(path, O_RDONLY);
    uint32_t each = 2 * (uint32_t)tracks;
    uint8_t *file = malloc(44 + (size_t)total * each);
    CHECK(fd >= 0 && file && read(fd, file, 44 + (size_t)total * each) == (ssize_t)(44 + (size_t)total * each));
    for (uint32_t i = 0; i < total; i++) {
        const uint8_t *f = file + 44 + (size_t)i * each;
        int16_t left = (int16_t)(f[0] | f[1] << 8);
        CHECK(left == (kept[i] ? sample(i) : 0));
        if (tracks == 2)
            CHECK((int16_t)(f[2] | f[3] << 8) == (int16_t)-left);
    }
    close(fd);
    unlink(path);
    xh_recorder_release(r);
    free(file);
    free(kept);
    free(r);
}

static void is_not_overwritten(const char *path)
{
    struct xh_recorder *r = calloc(1, xh_recorder_size());
    struct xh_recorder_params params = {.tracks = 1, .format = XH_REC_ALAW};
    struct xh_recorder_state s;
    struct stat st;
    int16_t x[80] = {0};
    int fd = open(path, O_WRONLY | O_CREAT, 0600);
    CHECK(r && fd >= 0 && write(fd, "x", 1) == 1);
    close(fd);
    CHECK(xh_recorder_init(r, &params, path) == 0);
    CHECK(xh_recorder_write(r, x, NULL, 80) == 0);
    while (xh_recorder_pump(r))
        ;
    xh_recorder_state(r, &s);
    CHECK(s.done && s.error == EEXIST && xh_recorder_write(r, x, NULL, 80) == -EEXIST);
    xh_recorder_release(r);
    CHECK(stat(path, &st) == 0 && st.st_size == 1);
    unlink(path);
    free(r);
}

/* The file side is told to let go while samples wait: they are written. */
static void released_early(const char *path)
{
    struct xh_recorder *r = calloc(1, xh_recorder_size());
    struct xh_recorder_params params = {.tracks = 1, .format = XH_REC_ULAW};
    struct xh_recorder_state s;
    struct stat st;
    int16_t x[160] = {0};
    CHECK(r && xh_recorder_init(r, &params, path) == 0);
    CHECK(xh_recorder_pump(r) == 1);
    for (int i = 0; i < 11; i++)
        CHECK(xh_recorder_write(r, x, NULL, 101) == 0);
    CHECK(xh_recorder_pump(r) == 0);
    xh_recorder_release(r);
    xh_recorder_state(r, &s);
    CHECK(s.done && s.error == 0 && s.samples == 1111);
    CHECK(stat(path, &st) == 0 && st.st_size == 58 + 1112);
    unlink(path);
    free(r);
}

/* As under load: the file side comes every quarter of a second, once a minute it is a second late. The ring is 64 KiB; a recorder whose disk
 * keeps up leaves most of it alone, one that has waited has had to use more. */
static void little_is_touched(const char *path, int late)
{
    size_t size = xh_recorder_size(), ring = 65536, untouched = 0;
    uint8_t *octets = malloc(size);
    struct xh_recorder *r = (struct xh_recorder *)octets;
    struct xh_recorder_params params = {.tracks = 2, .format = XH_REC_ALAW};
    struct xh_recorder_state s;
    CHECK(octets);
    memset(octets, 0xA5, size);
    CHECK(xh_recorder_init(r, &params, path) == 0 && xh_recorder_pump(r) == 1);
    for (uint32_t tick = 0; tick < 30000; tick++) {
        int16_t left[80], right[80];
        for (uint32_t i = 0; i < 80; i++) {
            left[i] = sample(80 * tick + i);
            right[i] = (int16_t)-left[i];
        }
        CHECK(xh_recorder_write(r, left, right, 80) == 0);
        if (late ? tick % 6000 > 100 && tick % 25 == 0 : tick % 25 == 0)
            xh_recorder_pump(r);
    }
    xh_recorder_finish(r);
    while (xh_recorder_pump(r))
        ;
    xh_recorder_state(r, &s);
    CHECK(s.done && s.error == 0 && s.lost == 0 && s.samples == 30000 * 80);
    while (untouched < ring && octets[size - 1 - untouched] == 0xA5)
        untouched++;
    printf("%zu of %zu octets touched%s\n", size - untouched, size, late ? ", a second late" : "");
    CHECK(size - untouched < (late ? 56u : 24u) << 10);
    xh_recorder_release(r);
    unlink(path);
    free(octets);
}

int main(void)
{
    char folder[] = "/tmp/xunhu-recorder-XXXXXX", path[64];
    CHECK(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/r.wav", folder);
    sides_at_once(path, 1, 0);
    sides_at_once(path, 2, 0);
    sides_at_once(path, 2, 1);
    is_not_overwritten(path);
    released_early(path);
    little_is_touched(path, 0);
    little_is_touched(path, 1);
    CHECK(rmdir(folder) == 0);
    return 0;
}
