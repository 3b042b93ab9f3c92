/* What a command of an RTP line needs memory or time for: states of codecs, SRTP sessions.
 *
 * The tick gives what was said to the maker, a thread of its own, and takes over the result at the beginning of a later tick; commands
 * of a line keep their order. What needs neither (G.711 in the clear) is taken over at once. What is no longer used goes to the maker too, which takes it
 * apart. Without a thread (virtual clock) whoever ticks is the maker. */
#define _GNU_SOURCE
#include "engine_private.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LOOK_EVERY_NS 20000000          /* while hands are being shaken: what was lost is said again */

_Static_assert(XH_RTP_MADES < XH_RTP_QUEUE_ITEMS, "a queue has room for all");

static void put(struct xh_rtp_queue *q, uint16_t item)
{
    uint32_t head = atomic_load_explicit(&q->head, memory_order_relaxed);
    q->item[head % XH_RTP_QUEUE_ITEMS] = item;
    atomic_store_explicit(&q->head, head + 1, memory_order_release);
}

static int get(struct xh_rtp_queue *q, uint16_t *item)
{
    if (q->tail == atomic_load_explicit(&q->head, memory_order_acquire))
        return 0;
    *item = q->item[q->tail++ % XH_RTP_QUEUE_ITEMS];
    return 1;
}

static const struct xh_rtp_codec *codec_of(const struct xh_rtp_made *m, int i)
{
    if (m->shakes)
        return NULL;
    if (!m->hears)
        return i == 0 ? xh_rtp_codec_at(m->send.codec) : NULL;
    return i < m->hear.count && m->hear.accept[i].kind == XH_RTP_AUDIO ? xh_rtp_codec_at(m->hear.accept[i].codec) : NULL;
}

static const struct xh_srtp_secret *secret_of(const struct xh_rtp_made *m)
{
    return m->hears ? &m->hear.secret : &m->send.secret;
}

/* -- the maker ----------------------------------------------------------------------- */

static void take_apart(struct xh_engine *e, struct xh_rtp_made *m)
{
    if (m->shakes)
        xh_rtp_shake_drop(e, m);
    for (int i = 0; i < XH_RTP_ACCEPTS; i++) {
        const struct xh_rtp_codec *codec = m->state[i] ? codec_of(m, i) : NULL;
        if (codec && codec->close)
            codec->close(m->state[i]);
        free(m->state[i]);
        m->state[i] = NULL;
    }
    xh_srtp_free(m->srtp);
    m->srtp = NULL;
    explicit_bzero(&m->hear, sizeof m->hear);
    explicit_bzero(&m->send, sizeof m->send);
}

static int make_state(struct xh_rtp_made *m, int i)
{
    const struct xh_rtp_codec *codec = codec_of(m, i);
    if (!codec || !(codec->state_octets || codec->available))
        return 0;
    if (codec->available && !codec->available())
        return -EOPNOTSUPP;
    struct xh_rtp_codec_options options = {0};
    if (m->hears)
        options = (struct xh_rtp_codec_options){m->hear.accept[i].bits_per_second, 0, m->hear.accept[i].mode};
    else
        options = (struct xh_rtp_codec_options){m->send.bits_per_second, m->send.dtx, m->send.mode};
    void *state = aligned_alloc(64, (codec->state_octets + 63) & ~(size_t)63);
    if (!state)
        return -ENOMEM;
    memset(state, 0, codec->state_octets);
    int r = codec->open ? codec->open(state, &options, !m->hears) : 0;
    if (r) {
        free(state);
        return r;
    }
    m->state[i] = state;
    return 0;
}

static int make(struct xh_engine *e, struct xh_rtp_made *m)
{
    if (m->shakes)
        return xh_rtp_shake_make(e, m);
    int r = 0, err = 0;
    for (int i = 0; i < XH_RTP_ACCEPTS && !r; i++)
        r = make_state(m, i);
    if (!r && secret_of(m)->suite) {
        m->srtp = xh_srtp_new(secret_of(m), m->hears, &err);
        r = m->srtp ? 0 : -err;
    }
    return r;
}

int xh_rtps_make(struct xh_engine *e)
{
    uint16_t item;
    while (get(&e->rtp.to_make, &item)) {
        struct xh_rtp_made *m = &e->rtp.made[item];
        if (m->gone)
            take_apart(e, m);
        else
            m->error = make(e, m);
        put(&e->rtp.come_back, item);
    }
    return xh_rtp_shakes_work(e);
}

static void *maker_main(void *arg)
{
    struct xh_engine *e = arg;
    xh_rtp_identity(e);         /* without one DTLS is refused, and says why */
    for (int soon = 0;;) {
        struct timespec t;
        clock_gettime(CLOCK_MONOTONIC, &t);
        t.tv_nsec += LOOK_EVERY_NS;
        t.tv_sec += t.tv_nsec / 1000000000;
        t.tv_nsec %= 1000000000;
        while ((soon ? sem_clockwait(&e->rtp.wake, CLOCK_MONOTONIC, &t) : sem_wait(&e->rtp.wake)) < 0 && errno == EINTR)
            ;
        soon = xh_rtps_make(e);
        if (atomic_load(&e->rtp.stop))
            return NULL;
    }
}

int xh_rtps_start(struct xh_engine *e)
{
    sigset_t all, before;
    atomic_store(&e->rtp.stop, 0);
    if (sem_init(&e->rtp.wake, 0, 0) < 0)
        return -errno;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);        /* signals are for the owner's threads */
    int r = pthread_create(&e->rtp.maker, NULL, maker_main, e);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    e->rtp.threaded = !r;
    if (r)
        sem_destroy(&e->rtp.wake);
    return -r;
}

void xh_rtps_stop(struct xh_engine *e)
{
    if (!e->rtp.threaded)
        return;
    atomic_store(&e->rtp.stop, 1);
    sem_post(&e->rtp.wake);
    pthread_join(e->rtp.maker, NULL);
    sem_destroy(&e->rtp.wake);
    e->rtp.threaded = 0;
}

/* -- the tick -------------------------------------------------------------------------- */

struct xh_rtp_made *xh_rtp_made_take(struct xh_engine *e)
{
    if (!e->rtp.nfree)
        return NULL;
    struct xh_rtp_made *m = &e->rtp.made[e->rtp.free[--e->rtp.nfree]];
    memset(m, 0, sizeof *m);
    return m;
}

static void to_maker(struct xh_engine *e, struct xh_rtp_made *m)
{
    put(&e->rtp.to_make, (uint16_t)(m - e->rtp.made));
    if (e->rtp.threaded)
        sem_post(&e->rtp.wake);
}

static int needs_the_maker(const struct xh_rtp_made *m)
{
    int needs = m->shakes || secret_of(m)->suite != XH_SRTP_NONE;
    for (int i = 0; i < XH_RTP_ACCEPTS; i++) {
        const struct xh_rtp_codec *codec = codec_of(m, i);
        needs |= codec && (codec->state_octets || codec->available);
    }
    return needs;
}

void xh_rtp_made_drop(struct xh_engine *e, struct xh_rtp_made *m)
{
    if (!m)
        return;
    m->gone = 1;
    to_maker(e, m);
}

static void refuse(struct xh_engine *e, const struct xh_rtp_made *m, int error)
{
    atomic_fetch_add_explicit(&e->shm->stats.commands_refused, 1, memory_order_relaxed);
    xh_engine_emit(e, (struct xh_event){.type = XH_EV_REFUSED, .port = XH_TS_PORTS + m->line, .tag = m->tag, .a0 = -error,
                                        .a1 = m->shakes ? XH_CMD_RTP_DTLS : m->hears ? XH_CMD_RTP_RECEIVE : XH_CMD_RTP_SEND});
}

static void apply(struct xh_engine *e, struct xh_rtp_line *l, struct xh_rtp_made *m)
{
    if (m->shakes && !m->error) {
        e->rtp.free[e->rtp.nfree++] = (uint16_t)(m - e->rtp.made);
        return;
    }
    int r = m->error ? m->error : xh_rtp_apply(e, l, m);
    if (r) {
        refuse(e, m, r);
        xh_rtp_made_drop(e, m);
    }
}

void xh_rtp_made_begin(struct xh_engine *e, struct xh_rtp_line *l, struct xh_rtp_made *m)
{
    if (!l->making && !needs_the_maker(m)) {
        apply(e, l, m);
        return;
    }
    l->making++;
    to_maker(e, m);
}

void xh_rtps_collect(struct xh_engine *e)
{
    uint16_t item;
    if (!e->rtp.threaded)
        xh_rtps_make(e);
    while (get(&e->rtp.come_back, &item)) {
        struct xh_rtp_made *m = &e->rtp.made[item];
        struct xh_rtp_line *l = &e->rtp.line[m->line];
        if (m->gone) {
            e->rtp.free[e->rtp.nfree++] = item;
        } else if (l->life == m->life && e->port[XH_TS_PORTS + m->line].kind == XH_PORT_RTP) {
            l->making--;
            apply(e, l, m);
        } else {
            xh_rtp_made_drop(e, m);
        }
    }
}
