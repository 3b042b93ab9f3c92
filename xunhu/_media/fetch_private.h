/* What the store (fetch.c) and the thread (fetch_thread.c) share. Everything is under the lock unless it says otherwise. */
#ifndef XUNHU_FETCH_PRIVATE_H
#define XUNHU_FETCH_PRIVATE_H
#include <pthread.h>
#include <stdatomic.h>

#include "xunhu/fetch.h"

#define XH_FETCH_ENTRIES 1024           /* bodies kept */
#define XH_FETCH_FAILED_MS 1000         /* an error is told again without asking the server again */

enum { XH_FETCH_LOADING, XH_FETCH_GIVING, XH_FETCH_WHOLE, XH_FETCH_FAILED };

struct xh_body {
    int users;                          /* entries */
    uint8_t *octets;                    /* file_octets reserved */
    _Atomic size_t have;                /* written by the thread; what is below is never written again */
};

struct xh_entry {
    struct xh_entry *next;
    char *url;
    int state, error;
    int readers, queued, cancelled;
    uint64_t size;
    struct xh_body *body, *old;         /* old: what is used if the server says it has not changed, or cannot be reached */
    char etag[128], modified[64];
    uint64_t checked_ms, used_ms;
    void *transfer;                     /* struct transfer of the thread, NULL none */
};

struct xh_fetch_file {
    struct xh_fetch *fetch;
    struct xh_entry *entry;
    size_t at;                          /* the reader's own */
};

struct xh_fetch {
    struct xh_fetch_limits limits;
    pthread_mutex_t lock;
    struct xh_entry *entries;           /* the newest first */
    uint32_t waiting;                   /* queued */
    struct xh_fetch_stats stats;
    int running, stop;
    pthread_t thread;
    void *multi;                        /* CURLM; the thread's own but for wake-ups */
};

uint64_t xh_fetch_now_ms(void);
struct xh_body *xh_body_new(struct xh_fetch *f);
void xh_body_leave(struct xh_fetch *f, struct xh_body *b);
void xh_entry_free(struct xh_fetch *f, struct xh_entry *e);
int xh_fetch_make_room(struct xh_fetch *f, size_t n);   /* 0, -ENOSPC */
int xh_fetch_thread_wake(struct xh_fetch *f);           /* under the lock; begins the thread. 0 or -errno */
void xh_fetch_thread_stop(struct xh_fetch *f);          /* not under the lock */
#endif
