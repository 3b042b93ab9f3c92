// sources: xunhu/_media/player.c xunhu/_media/player_files.c xunhu/_media/time_scale.c xunhu/_media/fetch.c xunhu/_media/fetch_hosts.c xunhu/_media/fetch_thread.c xunhu/_media/codec*.c xunhu/_media/media_*.c xunhu/_media/wav.c xunhu/_media/g711.c
// libs: -lgsm -lmpg123 -lmp3lame -lsoxr -lcurl
/* Both sides of a player at once, each in its thread and as fast as it goes: not a sample lost, doubled or out of place,
 * whatever the interleaving. Run under ThreadSanitizer too (tools/sanitize covers addresses and undefined behaviour). */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "wav.h"
#include "xunhu/engine.h"
#include "xunhu/player.h"

#define CHECK(what) do { if (!(what)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); exit(1); } } while (0)
#define FILES 5
#define ADDED 400

static const int lengths[FILES] = {1, 79, 1024, 3000, 9001};

struct both {
    struct xh_player *p;
    atomic_int stop;
};

static void make_files(char paths[FILES][64])
{
    for (int f = 0; f < FILES; f++) {
        size_t frames = (size_t)lengths[f], size = 44 + 2 * frames;
        uint8_t *file = malloc(size);
        CHECK(file);
        xh_wav_header(file, XH_REC_PCM16, 1, 8000, frames);
        for (size_t i = 0; i < frames; i++) {
            file[44 + 2 * i] = (uint8_t)i;
            file[45 + 2 * i] = (uint8_t)((i >> 8 & 0x3F) | (size_t)f << 6);
        }
        int fd = memfd_create("prompt", 0);
        CHECK(fd >= 0 && write(fd, file, size) == (ssize_t)size);
        snprintf(paths[f], 64, "/proc/self/fd/%d", fd);
        free(file);
    }
}

static void *file_side(void *arg)
{
    struct both *b = arg;
    while (!atomic_load(&b->stop))
        if (!xh_player_pump(b->p))
            sched_yield();
    xh_player_release(b->p);
    return NULL;
}

static int16_t expected(int f, int i)
{
    return (int16_t)((i & 0xFF) | (((i >> 8 & 0x3F) | f << 6) & 0xFF) << 8);
}

static void sides_at_once(char paths[FILES][64])
{
    struct xh_player *p = calloc(1, xh_player_size());
    struct xh_player_params params = {.keep = 1, .gain_q12 = XH_GAIN_UNITY};
    struct both b = {.p = p};
    struct xh_player_state s;
    pthread_t thread;
    int added = 0, file = 0, at = 0;
    unsigned odd = 1;
    CHECK(p && xh_player_init(p, &params) == 0);
    CHECK(pthread_create(&thread, NULL, file_side, &b) == 0);
    while (file < ADDED) {
        int16_t out[160];
        odd = odd * 1103515245u + 12345u;
        while (added < ADDED) {
            int r = xh_player_add(p, paths[added % FILES], strlen(paths[added % FILES]));
            CHECK(r == 0 || r == -ENOSPC);
            if (r)
                break;
            added++;
        }
        int n = xh_player_read(p, out, (int)(odd >> 16) % 160 + 1);
        for (int i = 0; i < n; i++) {
            CHECK(out[i] == expected(file % FILES, at));
            if (++at == lengths[file % FILES]) {
                at = 0;
                file++;
            }
        }
        xh_player_state(p, &s);
        CHECK(s.error == 0);
        CHECK(n == 0 || s.file == file - (at == 0));
        if (n == 0)
            sched_yield();
    }
    do
        xh_player_state(p, &s);
    while (!s.done);
    CHECK(s.samples == ADDED / FILES * (1 + 79 + 1024 + 3000 + 9001) && s.file == ADDED - 1);
    atomic_store(&b.stop, 1);
    CHECK(pthread_join(thread, NULL) == 0);
    free(p);
}

static void error_after_sound(char paths[FILES][64])
{
    struct xh_player *p = calloc(1, xh_player_size());
    struct xh_player_params params = {.gain_q12 = XH_GAIN_UNITY};
    struct both b = {.p = p};
    struct xh_player_state s = {0};
    pthread_t thread;
    char list[256];
    int len, total = 0;
    int16_t out[80];
    CHECK(p && xh_player_init(p, &params) == 0);
    len = snprintf(list, sizeof list, "%s%c%s%c/nowhere/at/all", paths[3], 0, paths[4], 0);
    CHECK(xh_player_add(p, list, (size_t)len) == 0);
    CHECK(pthread_create(&thread, NULL, file_side, &b) == 0);
    while (!s.done) {
        total += xh_player_read(p, out, 80);
        xh_player_state(p, &s);
    }
    CHECK(total == 3000 + 9001 && s.error == ENOENT && s.file == 2);
    CHECK(xh_player_add(p, list, (size_t)len) == -EINVAL);
    atomic_store(&b.stop, 1);
    CHECK(pthread_join(thread, NULL) == 0);
    free(p);
}

/* Left in the middle: the descriptor is given back. */
static void released_early(char paths[FILES][64])
{
    struct xh_player *p = calloc(1, xh_player_size());
    struct xh_player_params params = {.loop = 1, .gain_q12 = 2048};
    int before = dup(0);
    CHECK(p && xh_player_init(p, &params) == 0);
    CHECK(xh_player_add(p, paths[4], strlen(paths[4])) == 0);
    while (xh_player_pump(p))
        ;
    xh_player_release(p);
    int after = dup(0);
    CHECK(after == before + 1);
    close(before);
    close(after);
    free(p);
}

/* Wishes in the middle of everything: what is heard is always a run of some file, and the list comes to its end. */
static void wishes_at_once(char paths[FILES][64])
{
    struct xh_player *p = calloc(1, xh_player_size());
    struct xh_player_params params = {.keep = 1, .gain_q12 = XH_GAIN_UNITY};
    struct both b = {.p = p};
    struct xh_player_state s;
    pthread_t thread;
    unsigned odd = 7;
    CHECK(p && xh_player_init(p, &params) == 0);
    for (int i = 0; i < 10; i++)
        CHECK(xh_player_add(p, paths[i % FILES], strlen(paths[i % FILES])) == 0);
    CHECK(pthread_create(&thread, NULL, file_side, &b) == 0);
    for (int i = 0; i < 60000; i++) {
        int16_t out[160];
        odd = odd * 1103515245u + 12345u;
        unsigned act = odd >> 16;
        if (act % 16 == 0)
            CHECK(xh_player_seek(p, (int64_t)(act % 9000), 0) == 0);
        else if (act % 16 == 1)
            CHECK(xh_player_seek(p, (int64_t)(act % 4000) - 2000, 1) == 0);
        else if (act % 16 == 2)
            CHECK(xh_player_skip(p, (int)(act / 16 % 5) - 2) == 0);
        xh_player_state(p, &s);
        int file = s.file;
        uint64_t at = s.position;
        int n = xh_player_read(p, out, (int)(act % 160) + 1);
        for (int k = 0; k < n; k++, at++) {
            while (at >= (uint64_t)lengths[file % FILES]) {     /* sought beyond its end: the next */
                file++;
                at = 0;
            }
            CHECK(at < (uint64_t)lengths[file % FILES] && out[k] == expected(file % FILES, (int)at));
        }
        xh_player_state(p, &s);
        CHECK(s.error == 0);
        if (s.done)
            CHECK(xh_player_skip(p, -(int)(act % 12)) == 0);
        if (n == 0)
            sched_yield();
    }
    atomic_store(&b.stop, 1);
    CHECK(pthread_join(thread, NULL) == 0);
    free(p);
}

int main(void)
{
    char paths[FILES][64];
    make_files(paths);
    sides_at_once(paths);
    error_after_sound(paths);
    released_early(paths);
    wishes_at_once(paths);
    return 0;
}
