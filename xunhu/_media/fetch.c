/* Fetch, see fetch.h: the store and its readers. The thread with the transfers: fetch_thread.c. */
#define _GNU_SOURCE
#include "fetch_private.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <time.h>

uint64_t xh_fetch_now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

int xh_fetch_is_url(const char *path)
{
    return strncasecmp(path, "http://", 7) == 0 || strncasecmp(path, "https://", 8) == 0;
}

struct xh_fetch *xh_fetch_new(const struct xh_fetch_limits *limits)
{
    struct xh_fetch *f = calloc(1, sizeof *f);
    if (!f)
        return NULL;
    f->limits = *limits;
    pthread_mutex_init(&f->lock, NULL);
    return f;
}

int xh_fetch_limit(struct xh_fetch *f, const struct xh_fetch_limits *limits)
{
    pthread_mutex_lock(&f->lock);
    int r = f->running || f->entries ? -EBUSY : 0;
    if (!r)
        f->limits = *limits;
    pthread_mutex_unlock(&f->lock);
    return r;
}

/* -- bodies: all under the lock ------------------------------------------------------------------------- */

struct xh_body *xh_body_new(struct xh_fetch *f)
{
    struct xh_body *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    b->octets = mmap(NULL, f->limits.file_octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (b->octets == MAP_FAILED) {
        free(b);
        return NULL;
    }
    b->users = 1;
    return b;
}

void xh_body_leave(struct xh_fetch *f, struct xh_body *b)
{
    if (!b || --b->users)
        return;
    f->stats.kept_octets -= atomic_load(&b->have);
    munmap(b->octets, f->limits.file_octets);
    free(b);
}

/* -- entries -------------------------------------------------------------------------------------------- */

static void unlink_entry(struct xh_fetch *f, struct xh_entry *e)
{
    struct xh_entry **at = &f->entries;
    while (*at != e)
        at = &(*at)->next;
    *at = e->next;
    f->stats.kept--;
}

void xh_entry_free(struct xh_fetch *f, struct xh_entry *e)
{
    unlink_entry(f, e);
    xh_body_leave(f, e->body);
    xh_body_leave(f, e->old);
    free(e->url);
    free(e);
}

/* What is kept without a reader, used longest ago; NULL: there is none. */
static struct xh_entry *oldest(struct xh_fetch *f)
{
    struct xh_entry *found = NULL;
    for (struct xh_entry *e = f->entries; e; e = e->next)
        if (!e->readers && !e->transfer && !e->queued && (!found || e->used_ms < found->used_ms))
            found = e;
    return found;
}

int xh_fetch_make_room(struct xh_fetch *f, size_t n)
{
    while (f->stats.kept_octets + n > f->limits.all_octets) {
        struct xh_entry *e = oldest(f);
        if (!e)
            return -ENOSPC;
        xh_entry_free(f, e);
    }
    return 0;
}

static struct xh_entry *find(const struct xh_fetch *f, const char *url)
{
    for (struct xh_entry *e = f->entries; e; e = e->next)      /* the newest stands first */
        if (strcmp(e->url, url) == 0)
            return e;
    return NULL;
}

/* May what is there be used as it is? */
static int usable(const struct xh_fetch *f, const struct xh_entry *e, uint64_t now)
{
    if (e->state == XH_FETCH_LOADING || e->state == XH_FETCH_GIVING)
        return !e->cancelled;
    return now - e->checked_ms < (e->state == XH_FETCH_WHOLE ? (uint64_t)f->limits.fresh_ms : XH_FETCH_FAILED_MS);
}

static int new_entry(struct xh_fetch *f, const char *url, struct xh_entry *before, struct xh_entry **out)
{
    if (f->waiting + f->stats.active >= (uint32_t)f->limits.transfers)
        return -EMFILE;
    if (f->stats.kept >= XH_FETCH_ENTRIES) {
        struct xh_entry *least = oldest(f);
        if (!least)
            return -ENOSPC;
        if (least == before)
            before = NULL;
        xh_entry_free(f, least);
    }
    struct xh_entry *e = calloc(1, sizeof *e);
    if (!e)
        return -ENOMEM;
    e->url = strdup(url);
    if (!e->url) {
        free(e);
        return -ENOMEM;
    }
    e->size = UINT64_MAX;
    if (before && before->state == XH_FETCH_WHOLE) {
        e->old = before->body;
        e->old->users++;
        memcpy(e->etag, before->etag, sizeof e->etag);
        memcpy(e->modified, before->modified, sizeof e->modified);
    }
    e->next = f->entries;
    f->entries = e;
    f->stats.kept++;
    e->queued = 1;
    f->waiting++;
    *out = e;
    return 0;
}

int xh_fetch_open(struct xh_fetch *f, const char *url, struct xh_fetch_file **out)
{
    struct xh_fetch_file *file = calloc(1, sizeof *file);
    struct xh_entry *e;
    uint64_t now = xh_fetch_now_ms();
    int r = 0;
    *out = NULL;
    if (!file)
        return -ENOMEM;
    if (f->limits.only_hosts && !xh_fetch_host_allowed(f->limits.hosts, url, NULL)) {
        free(file);
        return -EACCES;
    }
    pthread_mutex_lock(&f->lock);
    f->stats.opened++;
    e = find(f, url);
    if (e && usable(f, e, now))
        f->stats.hits++;
    else
        r = new_entry(f, url, e, &e);
    if (!r) {
        e->readers++;
        e->used_ms = now;
        file->fetch = f;
        file->entry = e;
        r = xh_fetch_thread_wake(f);
        if (r)
            e->readers--;
    }
    pthread_mutex_unlock(&f->lock);
    if (r) {
        free(file);
        return r;
    }
    *out = file;
    return 0;
}

void xh_fetch_close(struct xh_fetch_file *file)
{
    if (!file)
        return;
    struct xh_fetch *f = file->fetch;
    struct xh_entry *e = file->entry;
    pthread_mutex_lock(&f->lock);
    e->used_ms = xh_fetch_now_ms();
    if (--e->readers == 0) {
        if (e->transfer || e->queued) {
            e->cancelled = 1;
            xh_fetch_thread_wake(f);
        } else if (e->state == XH_FETCH_FAILED || find(f, e->url) != e) {
            xh_entry_free(f, e);
        }
    }
    pthread_mutex_unlock(&f->lock);
    free(file);
}

/* -- reading ---------------------------------------------------------------------------------------------- */

int xh_fetch_ready(struct xh_fetch_file *file)
{
    struct xh_fetch *f = file->fetch;
    pthread_mutex_lock(&f->lock);
    const struct xh_entry *e = file->entry;
    int given = e->body && atomic_load(&e->body->have) > 0;
    int r = e->state == XH_FETCH_LOADING ? 0 : e->state == XH_FETCH_FAILED && !given ? -e->error : 1;
    pthread_mutex_unlock(&f->lock);
    return r;
}

uint64_t xh_fetch_size(struct xh_fetch_file *file)
{
    pthread_mutex_lock(&file->fetch->lock);
    uint64_t size = file->entry->size;
    pthread_mutex_unlock(&file->fetch->lock);
    return size;
}

int xh_fetch_whole(struct xh_fetch_file *file, const void **octets, size_t *n)
{
    struct xh_entry *e = file->entry;
    pthread_mutex_lock(&file->fetch->lock);
    int whole = e->state == XH_FETCH_WHOLE;
    if (whole) {
        *octets = e->body->octets;
        *n = atomic_load(&e->body->have);
    }
    pthread_mutex_unlock(&file->fetch->lock);
    return whole;
}

ssize_t xh_fetch_read(struct xh_fetch_file *file, void *out, size_t n)
{
    struct xh_entry *e = file->entry;
    pthread_mutex_lock(&file->fetch->lock);
    int state = e->state, error = e->error;
    const struct xh_body *b = e->body;
    size_t have = b ? atomic_load(&b->have) : 0;
    pthread_mutex_unlock(&file->fetch->lock);
    if (file->at >= have)
        return state == XH_FETCH_WHOLE ? 0 : state == XH_FETCH_FAILED ? -error : -EAGAIN;
    n = n < have - file->at ? n : have - file->at;
    memcpy(out, b->octets + file->at, n);       /* what has been written is never written again, and stays while we read */
    file->at += n;
    return (ssize_t)n;
}

int xh_fetch_waiting(struct xh_fetch_file *file)
{
    struct xh_entry *e = file->entry;
    pthread_mutex_lock(&file->fetch->lock);
    int giving = e->state == XH_FETCH_LOADING || e->state == XH_FETCH_GIVING;
    int waiting = giving && (!e->body || file->at >= atomic_load(&e->body->have));
    pthread_mutex_unlock(&file->fetch->lock);
    return waiting;
}

void xh_fetch_rewind(struct xh_fetch_file *file)
{
    file->at = 0;
}

void xh_fetch_stats(struct xh_fetch *f, struct xh_fetch_stats *s)
{
    pthread_mutex_lock(&f->lock);
    *s = f->stats;
    pthread_mutex_unlock(&f->lock);
}

void xh_fetch_free(struct xh_fetch *f)
{
    if (!f)
        return;
    xh_fetch_thread_stop(f);
    while (f->entries)
        xh_entry_free(f, f->entries);
    pthread_mutex_destroy(&f->lock);
    free(f);
}
