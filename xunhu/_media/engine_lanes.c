/* File workers: so that a file server that does not answer holds up nobody else.
 *
 * A read from a dead network mount can sleep in the kernel for minutes, and nothing wakes it. Therefore the dispatcher (the thread that
 * was all of the file side once) touches no file: it looks which players and recorders want something, and queues them in lanes: one for
 * what is local, one for each network mount (/proc/self/mountinfo, read again every few seconds). A pool of threads works the lanes off;
 * of a network lane at most three at once, so a dead server has three of them, whoever else wants it waits, and is told ETIMEDOUT by the
 * tick after five seconds. Of the local lane two; one that does not come back within a second is given up and another takes its
 * place, up to eight. URLs are in the local lane: their octets come from memory (fetch.h).
 *
 * An item (player or recorder) is IDLE, QUEUED or BUSY, under the lock; who has it BUSY is its file side. The tick never takes the lock. */
#define _GNU_SOURCE
#include "engine_files.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS 1000000000ll
#define LOOK_EVERY (NS / 50)
#define MOUNTS_EVERY (5 * NS)
#define STUCK_AFTER NS
#define IDLE_S 10
#define STOP_S 2
#define BASE 2                  /* threads that stay, and that work at once in the local lane */
#define LOCAL_MOST 8
#define NETWORK_EACH 3
#define NETWORK_ALL 24
#define PUMPS 32
#define STACK (512 * 1024)

enum { IDLE, QUEUED, BUSY };

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * NS + t.tv_nsec;
}

/* -- mounts -------------------------------------------------------------------------------------------- */

static int is_network(const char *type)
{
    static const char *const types[] = {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "ceph", "afs", "lustre", "gpfs", "beegfs", "gfs2",
                                        "ocfs2", "autofs", "virtiofs"};
    if (strncmp(type, "fuse", 4) == 0)
        return strcmp(type, "fuseblk") != 0;
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (strcmp(type, types[i]) == 0)
            return 1;
    return 0;
}

static void unescape(char *s)
{
    char *to = s;
    for (; *s; s++)
        if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
            *to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
            s += 3;
        } else {
            *to++ = *s;
        }
    *to = '\0';
}

/* Under the lock. A lane is not taken away as long as it has work. */
static void add_lane(struct xh_lanes *w, const char *root)
{
    int unused = -1;
    for (int i = 1; i < XH_LANES; i++) {
        if (strcmp(w->lane[i].root, root) == 0) {
            w->lane[i].seen = 1;
            return;
        }
        if (!w->lane[i].root[0] && unused < 0)
            unused = i;
    }
    if (unused < 0 || strlen(root) >= sizeof w->lane[0].root)
        return;                         /* then it is treated as local: bounded all the same */
    strcpy(w->lane[unused].root, root);
    w->lane[unused].seen = 1;
}

static void read_mounts(struct xh_lanes *w)
{
    char line[4096], root[512], type[64];
    if (!w->mounts)
        w->mounts = fopen("/proc/self/mountinfo", "re");
    FILE *f = w->mounts;
    if (!f)
        return;
    rewind(f);
    pthread_mutex_lock(&w->lock);
    for (int i = 1; i < XH_LANES; i++)
        w->lane[i].seen = w->lane[i].pretended;
    while (fgets(line, sizeof line, f)) {
        const char *rest = strstr(line, " - ");
        if (!rest || sscanf(line, "%*s %*s %*s %*s %511s", root) != 1 || sscanf(rest, " - %63s", type) != 1)
            continue;
        unescape(root);
        if (is_network(type) && strcmp(root, "/") != 0)
            add_lane(w, root);
    }
    for (int i = 1; i < XH_LANES; i++)
        if (!w->lane[i].seen && !w->lane[i].busy && w->lane[i].head == w->lane[i].tail)
            w->lane[i].root[0] = '\0';
    pthread_mutex_unlock(&w->lock);
}

static int below(const char *path, const char *root)
{
    size_t n = strlen(root);
    return n && strncmp(path, root, n) == 0 && (path[n] == '/' || path[n] == '\0' || root[n - 1] == '/');
}

/* Under the lock: the lane of a path, the longest root wins. */
static int lane_of(const struct xh_lanes *w, const char *path)
{
    int best = 0;
    size_t longest = 0;
    for (int i = 1; i < XH_LANES; i++)
        if (below(path, w->lane[i].root) && strlen(w->lane[i].root) > longest) {
            best = i;
            longest = strlen(w->lane[i].root);
        }
    return best;
}

static int lane_of_item(struct xh_engine *e, uint32_t item)
{
    char path[1024];
    return lane_of(&e->lanes, xh_item_where(e, item, path, sizeof path));
}

/* -- pretending ------------------------------------------------------------------------------------------- */

void xh_lanes_pretend(struct xh_engine *e, const char *root, int network)
{
    struct xh_lanes *w = &e->lanes;
    pthread_mutex_lock(&w->lock);
    w->stalled[0] = '\0';
    strncat(w->stalled, root, sizeof w->stalled - 1);
    atomic_store(&w->pretending, root[0] != '\0');
    if (network && root[0]) {
        add_lane(w, root);
        w->lane[lane_of(w, root)].pretended = 1;
    }
    pthread_mutex_unlock(&w->lock);
}

/* As the kernel would: sleeps as long as it lasts. */
static void stall(struct xh_engine *e, uint32_t item)
{
    const struct timespec nap = {.tv_nsec = 2000000};
    struct xh_lanes *w = &e->lanes;
    char path[1024];
    const char *where = xh_item_where(e, item, path, sizeof path);
    for (;;) {
        pthread_mutex_lock(&w->lock);
        int stalled = below(where, w->stalled);
        pthread_mutex_unlock(&w->lock);
        if (!stalled)
            return;
        nanosleep(&nap, NULL);
    }
}

int xh_lanes_avoid(struct xh_engine *e, uint32_t item)
{
    struct xh_lanes *w = &e->lanes;
    char path[1024];
    if (w->item[item] == BUSY)          /* a thread that never came back has it */
        return 1;
    if (!w->stalled[0] && !w->lost)
        return 0;
    const char *where = xh_item_where(e, item, path, sizeof path);
    if (xh_item_leaving(e, item) && !xh_item_holds(e, item))
        return 0;
    return below(where, w->stalled) || (w->lost && w->lane[lane_of(w, where)].busy);
}

/* -- lanes ---------------------------------------------------------------------------------------------------- */

static void queue(struct xh_lanes *w, int lane, uint32_t item)
{
    struct xh_lane *l = &w->lane[lane];
    w->item[item] = QUEUED;
    l->queue[l->head++ % XH_ITEMS] = (uint16_t)item;
}

static int may_run(const struct xh_lanes *w, int lane)
{
    const struct xh_lane *l = &w->lane[lane];
    if (l->head == l->tail)
        return 0;
    if (lane)
        return l->busy < NETWORK_EACH && w->network_busy < NETWORK_ALL;
    return l->busy < BASE + l->stuck && l->busy < LOCAL_MOST;
}

/* The next lane in turn that has work and may; -1 none. */
static int next_lane(struct xh_lanes *w)
{
    for (int i = 0; i < XH_LANES; i++) {
        int lane = (w->turn + i) % XH_LANES;
        if (may_run(w, lane)) {
            w->turn = (lane + 1) % XH_LANES;
            return lane;
        }
    }
    return -1;
}

/* -- a worker --------------------------------------------------------------------------------------------------- */

/* The item is ours. 1: there is more to do. *gone: its slot has been given back. */
static int work(struct xh_engine *e, uint32_t item, int lane, int *gone)
{
    struct xh_lanes *w = &e->lanes;
    for (int i = 0; i < PUMPS; i++) {
        if (atomic_load(&w->pretending))
            stall(e, item);
        if (xh_item_leaving(e, item)) {
            xh_item_release(e, item);
            *gone = 1;
            return 0;
        }
        if (!xh_item_pump(e, item))
            return 0;
        if (w->networks) {
            pthread_mutex_lock(&w->lock);
            int now = lane_of_item(e, item);
            pthread_mutex_unlock(&w->lock);
            if (now != lane)
                return 1;
        }
    }
    return 1;
}

static void work_lane(struct xh_engine *e, struct xh_filer *me, int lane)
{
    struct xh_lanes *w = &e->lanes;
    struct xh_lane *l = &w->lane[lane];
    uint32_t item = l->queue[l->tail++ % XH_ITEMS];
    int gone = 0;
    w->item[item] = BUSY;
    l->busy++;
    w->network_busy += lane != 0;
    me->lane = lane;
    me->since = now_ns();
    pthread_mutex_unlock(&w->lock);
    int more = work(e, item, lane, &gone);
    pthread_mutex_lock(&w->lock);
    me->since = 0;
    l->busy--;
    w->network_busy -= lane != 0;
    if (me->given_up) {
        me->given_up = 0;
        l->stuck--;
        atomic_fetch_sub(&w->stuck, 1);
    }
    w->item[item] = IDLE;
    if (gone)
        xh_item_give_back(e, item);
    else if (more)
        queue(w, lane_of_item(e, item), item);
}

static void *worker_main(void *arg)
{
    struct xh_filer *me = arg;
    struct xh_engine *e = me->engine;
    struct xh_lanes *w = &e->lanes;
    pthread_mutex_lock(&w->lock);
    while (!w->stop) {
        int lane = next_lane(w);
        if (lane >= 0) {
            work_lane(e, me, lane);
            continue;
        }
        int64_t until = now_ns() + IDLE_S * NS;
        struct timespec t = {.tv_sec = until / NS, .tv_nsec = until % NS};
        w->idle++;
        int r = pthread_cond_timedwait(&w->work, &w->lock, &t);
        w->idle--;
        if (r == ETIMEDOUT && w->threads > BASE && next_lane(w) < 0)
            break;
    }
    me->engine = NULL;
    w->threads--;
    pthread_cond_broadcast(&w->gone);
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* Under the lock. What cannot be started now is tried again at the next look. */
static void add_worker(struct xh_engine *e)
{
    struct xh_lanes *w = &e->lanes;
    pthread_attr_t attributes;
    pthread_t thread;
    struct xh_filer *me = NULL;
    for (int i = 0; i < XH_FILERS && !me; i++)
        if (!w->filer[i].engine)
            me = &w->filer[i];
    if (!me || pthread_attr_init(&attributes))
        return;
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, STACK);
    memset(me, 0, sizeof *me);
    me->engine = e;
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);        /* signals are for the owner's threads */
    if (pthread_create(&thread, &attributes, worker_main, me) == 0)
        w->threads++;
    else
        me->engine = NULL;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
}

/* -- the dispatcher --------------------------------------------------------------------------------------------- */

/* Under the lock. 1: queued. */
static int look_at(struct xh_engine *e, uint32_t item)
{
    struct xh_lanes *w = &e->lanes;
    if (w->item[item] != IDLE || !xh_item_active(e, item))
        return 0;
    if (xh_item_leaving(e, item)) {
        if (!xh_item_holds(e, item)) {  /* nothing is open: no file is touched */
            xh_item_release(e, item);
            xh_item_give_back(e, item);
            return 0;
        }
    } else if (!xh_item_wants(e, item)) {
        return 0;
    }
    queue(w, w->networks ? lane_of_item(e, item) : 0, item);
    return 1;
}

static void give_up_the_stuck(struct xh_lanes *w, int64_t now)
{
    for (int i = 0; i < XH_FILERS; i++) {
        struct xh_filer *k = &w->filer[i];
        if (k->engine && k->since && !k->given_up && now - k->since > STUCK_AFTER) {
            k->given_up = 1;
            w->lane[k->lane].stuck++;
            atomic_fetch_add(&w->stuck, 1);
        }
    }
}

static void look(struct xh_engine *e)
{
    struct xh_lanes *w = &e->lanes;
    uint32_t players = atomic_load_explicit(&e->players.high, memory_order_acquire);
    uint32_t recorders = atomic_load_explicit(&e->recorders.high, memory_order_acquire);
    int queued = 0, runnable = 0;
    pthread_mutex_lock(&w->lock);
    int networks = 0;
    for (int i = 1; i < XH_LANES; i++)
        networks |= w->lane[i].root[0] != '\0';
    atomic_store(&w->networks, networks);
    for (uint32_t i = 0; i < players; i++)
        queued += look_at(e, i);
    for (uint32_t i = 0; i < recorders; i++)
        queued += look_at(e, XH_PLAYERS + i);
    give_up_the_stuck(w, now_ns());
    for (int i = 0; i < XH_LANES; i++)
        runnable += may_run(w, i);
    if (w->threads < BASE || (runnable && !w->idle))
        add_worker(e);
    if (queued)
        pthread_cond_broadcast(&w->work);
    pthread_mutex_unlock(&w->lock);
    atomic_store_explicit(&e->shm->stats.file_workers, (uint32_t)w->threads, memory_order_relaxed);
    atomic_store_explicit(&e->shm->stats.files_stuck, (uint32_t)atomic_load(&w->stuck), memory_order_relaxed);
    atomic_fetch_add_explicit(&e->shm->stats.file_passes, 1, memory_order_relaxed);
}

void *xh_files_main(void *arg)
{
    struct xh_engine *e = arg;
    int64_t retry = now_ns() + NS, mounts = 0;
    while (!atomic_load(&e->thread.stop)) {
        int64_t now = now_ns();
        if (now >= mounts) {
            read_mounts(&e->lanes);
            mounts = now + MOUNTS_EVERY;
        }
        look(e);
        xh_lines_hand(e);
        if (now >= retry) {
            xh_lines_retry(e);
            retry = now + NS;
        }
        struct timespec t = {.tv_sec = (now + LOOK_EVERY) / NS, .tv_nsec = (now + LOOK_EVERY) % NS};
        if (sem_clockwait(&e->thread.files_wake, CLOCK_MONOTONIC, &t) == 0)
            while (sem_trywait(&e->thread.files_wake) == 0)     /* one look answers them all */
                ;
    }
    return NULL;
}

/* -- life ----------------------------------------------------------------------------------------------------------- */

void xh_lanes_init(struct xh_engine *e)
{
    struct xh_lanes *w = &e->lanes;
    pthread_condattr_t monotonic;
    pthread_mutex_init(&w->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&w->work, &monotonic);
    pthread_cond_init(&w->gone, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

void xh_lanes_stop(struct xh_engine *e)
{
    struct xh_lanes *w = &e->lanes;
    int64_t until = now_ns() + STOP_S * NS;
    struct timespec t = {.tv_sec = until / NS, .tv_nsec = until % NS};
    int r = 0;
    if (w->mounts)
        fclose(w->mounts);
    w->mounts = NULL;
    pthread_mutex_lock(&w->lock);
    w->stop = 1;
    pthread_cond_broadcast(&w->work);
    while (w->threads && r != ETIMEDOUT)
        r = pthread_cond_timedwait(&w->gone, &w->lock, &t);
    w->lost = w->threads;
    for (int i = 0; i < XH_LANES; i++)
        w->lane[i].head = w->lane[i].tail = 0;
    for (uint32_t i = 0; i < XH_ITEMS; i++)
        if (w->item[i] == QUEUED)
            w->item[i] = IDLE;
    w->stop = w->threads != 0;          /* those that come back late end */
    pthread_mutex_unlock(&w->lock);
}

/* 1: a thread is still in the kernel with a file of this engine, whose memory must stay. */
int xh_lanes_lost(struct xh_engine *e)
{
    struct xh_lanes *w = &e->lanes;
    pthread_mutex_lock(&w->lock);
    int lost = w->threads;
    pthread_mutex_unlock(&w->lock);
    return lost != 0;
}
