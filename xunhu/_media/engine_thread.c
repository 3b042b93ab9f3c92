/* The engine's threads: the tick, paced by CLOCK_MONOTONIC and SCHED_FIFO where that is allowed, and the files (engine_lanes.c).
 *
 * Between two ticks the thread wakes to send what lines hold back for its time (packets of ces, one every F frames).
 * After a stall the tick catches up without sleeping; what is more than 200 ms old is skipped and counted.  The load is
 * the thread's own processor time, so that a busy machine shows as late ticks and not as our work. */
#define _GNU_SOURCE
#include "engine_private.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <time.h>

#define NS 1000000000ll
#define BEHIND_MOST (NS / 5)
#define PRIORITY 50
#define FRAME (NS / XH_RATE)

static int64_t clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

static struct timespec timespec_of(int64_t ns)
{
    return (struct timespec){.tv_sec = ns / NS, .tv_nsec = ns % NS};
}

static void sleep_until(int64_t ns)
{
    struct timespec t = timespec_of(ns);
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
        ;
}

/* *cpu: the thread's processor time at the end of the last tick; what was done between the two counts as well. */
static void one_tick(struct xh_engine *e, int64_t period, int late, int64_t *cpu)
{
    int64_t wall = clock_ns(CLOCK_MONOTONIC);
    xh_engine_tick(e);
    if (e->kick) {
        e->kick = 0;
        sem_post(&e->thread.files_wake);
    }
    int64_t used = clock_ns(CLOCK_THREAD_CPUTIME_ID) - *cpu;
    *cpu += used;
    uint64_t us = (uint64_t)(clock_ns(CLOCK_MONOTONIC) - wall) / 1000;
    if (us > e->max_tick_us) {
        e->max_tick_us = us;
        atomic_store_explicit(&e->shm->stats.max_tick_us, us, memory_order_relaxed);
    }
    xh_engine_load(e, (uint32_t)(used * 1000 / period), late);
}

/* From a tick, which was to be at `at`, to the next. */
static void between_ticks(struct xh_engine *e, int64_t at, int64_t next)
{
    for (;;) {
        int64_t now = clock_ns(CLOCK_MONOTONIC);
        if (now < at || now >= next)
            return;
        int frames = xh_lines_send_due(e, (int)((now - at) / FRAME));
        if (!frames || at + frames * FRAME >= next)
            return;
        sleep_until(at + frames * FRAME);
    }
}

static void *tick_main(void *arg)
{
    struct xh_engine *e = arg;
    int64_t period = NS * e->samples / XH_RATE, next = clock_ns(CLOCK_MONOTONIC), behind = 0;
    int64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    while (!atomic_load(&e->thread.stop)) {
        between_ticks(e, next, next + period);
        next += period;
        int slept = 0;
        if (clock_ns(CLOCK_MONOTONIC) < next) {
            sleep_until(next);
            slept = 1;
        }
        behind = clock_ns(CLOCK_MONOTONIC) - next;
        if (behind > BEHIND_MOST) {
            int64_t skip = behind / period;
            next += skip * period;
            e->skipped_ticks += (uint64_t)skip;
            atomic_store_explicit(&e->shm->stats.skipped_ticks, e->skipped_ticks, memory_order_relaxed);
        }
        one_tick(e, period, slept && behind > period, &cpu);  /* a stall counts once, not once a tick made up for it */
    }
    return NULL;
}

static int start_thread(pthread_t *t, void *(*run)(void *), void *arg)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);        /* signals are for the owner's threads */
    int r = pthread_create(t, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return r;
}

int xh_engine_start(struct xh_engine *e, int lock)
{
    struct xh_shm_stats *stats = &e->shm->stats;
    if (e->thread.running)
        return -EALREADY;
    if (lock)           /* refused without the right to: stats.locked says so */
        atomic_store(&stats->locked, mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) == 0);
    atomic_store(&e->thread.stop, 0);
    e->real_time = 1;
    if (sem_init(&e->thread.files_wake, 0, 0) < 0)
        return -errno;
    int r = start_thread(&e->thread.files, xh_files_main, e);
    if (r)
        return -r;
    r = -xh_rtps_start(e);
    if (!r && (r = start_thread(&e->thread.tick, tick_main, e)) != 0)
        xh_rtps_stop(e);
    if (r) {
        atomic_store(&e->thread.stop, 1);
        pthread_join(e->thread.files, NULL);
        xh_lanes_stop(e);
        return -r;
    }
    struct sched_param fifo = {.sched_priority = PRIORITY};
    xh_workers_real_time(e, PRIORITY);
    atomic_store(&stats->realtime, pthread_setschedparam(e->thread.tick, SCHED_FIFO, &fifo) == 0);
    e->thread.running = 1;
    return 0;
}

void xh_engine_stop(struct xh_engine *e)
{
    if (!e->thread.running)
        return;
    atomic_store(&e->thread.stop, 1);
    sem_post(&e->thread.files_wake);
    pthread_join(e->thread.tick, NULL);
    pthread_join(e->thread.files, NULL);
    xh_rtps_stop(e);
    xh_lanes_stop(e);
    sem_destroy(&e->thread.files_wake);
    e->thread.running = 0;
    e->real_time = 0;
}
