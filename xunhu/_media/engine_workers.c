/* Threads that share the work of a tick.
 *
 * Work is a range of ops; whoever is free takes the next few.  The place of the next one and the number of the work stand
 * in one word, taken by compare-and-swap, so that a worker that wakes late finds another number there and goes to sleep
 * again: the tick waits for ops that were begun, never for a thread that has not come.  What a work is stands in one of two
 * places by its number, so that it is not written over while a late worker may still look at it. */
#define _GNU_SOURCE
#include "engine_private.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#define SPINS 2000              /* some 50 us, before the processor is left to others */
#if defined(__x86_64__)
#define PAUSE() __builtin_ia32_pause()
#else
#define PAUSE() sched_yield()
#endif

typedef void (*xh_part)(struct xh_engine *e, uint32_t first, uint32_t count);

struct work {
    xh_part part;
    uint32_t total, chunk;
    _Atomic uint32_t done;
};

struct xh_workers {
    _Alignas(64) _Atomic uint64_t at;           /* number of the work << 32 | first op that nobody has taken */
    _Alignas(64) struct work work[2];
    struct xh_engine *engine;
    sem_t wake;
    _Atomic int stop;
    int count;
    pthread_t thread[XH_THREADS];
};

static void take_part(struct xh_workers *w, uint32_t number)
{
    struct work *work = &w->work[number & 1];
    uint64_t at = atomic_load(&w->at);
    while (at >> 32 == number && (uint32_t)at < work->total) {
        uint32_t first = (uint32_t)at, left = work->total - first, n = left < work->chunk ? left : work->chunk;
        if (!atomic_compare_exchange_weak(&w->at, &at, at + n))
            continue;
        work->part(w->engine, first, n);
        atomic_fetch_add(&work->done, n);
        at = atomic_load(&w->at);
    }
}

static void *worker_main(void *arg)
{
    struct xh_workers *w = arg;
    for (;;) {
        while (sem_wait(&w->wake) < 0)
            ;
        if (atomic_load(&w->stop))
            return NULL;
        take_part(w, (uint32_t)(atomic_load(&w->at) >> 32));
    }
}

static void wait_for(struct work *work)
{
    for (uint32_t i = 0; atomic_load(&work->done) < work->total; i++) {
        if (i < SPINS)
            PAUSE();
        else
            sched_yield();
    }
}

void xh_workers_run(struct xh_engine *e, xh_part part, uint32_t total, uint32_t chunk)
{
    struct xh_workers *w = e->workers;
    if (!w || total <= chunk) {
        if (total)
            part(e, 0, total);
        return;
    }
    uint32_t number = (uint32_t)(atomic_load(&w->at) >> 32) + 1;
    struct work *work = &w->work[number & 1];
    work->part = part;
    work->total = total;
    work->chunk = chunk;
    atomic_store(&work->done, 0);
    atomic_store(&w->at, (uint64_t)number << 32);
    int posted = 0;
    sem_getvalue(&w->wake, &posted);
    for (; posted < w->count; posted++)
        sem_post(&w->wake);
    take_part(w, number);
    wait_for(work);
}

int xh_workers_new(struct xh_engine *e, int threads)
{
    if (threads < 1 || threads > XH_THREADS)
        return -EINVAL;
    if (threads == 1)
        return 0;
    struct xh_workers *w = aligned_alloc(64, (sizeof *w + 63) & ~(size_t)63);
    if (!w)
        return -ENOMEM;
    *w = (struct xh_workers){.engine = e};
    if (sem_init(&w->wake, 0, 0) < 0) {
        free(w);
        return -errno;
    }
    e->workers = w;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);        /* signals are for the owner's threads */
    int r = 0;
    while (!r && w->count < threads - 1) {
        r = pthread_create(&w->thread[w->count], NULL, worker_main, w);
        w->count += !r;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return -r;
}

void xh_workers_free(struct xh_engine *e)
{
    struct xh_workers *w = e->workers;
    if (!w)
        return;
    atomic_store(&w->stop, 1);
    for (int i = 0; i < w->count; i++)
        sem_post(&w->wake);
    for (int i = 0; i < w->count; i++)
        pthread_join(w->thread[i], NULL);
    sem_destroy(&w->wake);
    free(w);
    e->workers = NULL;
}

void xh_workers_real_time(struct xh_engine *e, int priority)
{
    struct sched_param fifo = {.sched_priority = priority};
    for (int i = 0; e->workers && i < e->workers->count; i++)
        pthread_setschedparam(e->workers->thread[i], SCHED_FIFO, &fifo);        /* stats.realtime tells of the tick's */
}
