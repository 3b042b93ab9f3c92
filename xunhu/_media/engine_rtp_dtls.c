/* RTP lines: keys by DTLS (dtls_srtp.h). The handshake is the maker's (engine_rtp_make.c); the tick carries its datagrams.
 *
 * A line whose keys DTLS is to agree sends no sound, and takes none, before they are there. Each line has a box of datagrams both ways, one producer and
 * one consumer each: what the tick reads from the line's socket for the maker, what the maker has for the tick to send. Boxes are zero pages until
 * a line first shakes hands. When keys are agreed they are the secrets of XH_CMD_RTP_SEND and XH_CMD_RTP_RECEIVE, now and whenever
 * those are said anew. */
#define _GNU_SOURCE
#include "engine_private.h"
#include "rtp_socket.h"
#include "xunhu/dtls_srtp.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define DATAGRAM 1500

struct letter { uint16_t octets; uint8_t data[DATAGRAM]; };
struct way {
    _Atomic uint32_t head, tail;
    struct letter letter[XH_DTLS_QUEUE];
};

struct xh_rtp_box {
    struct way in, out;
    _Atomic uint32_t outcome;           /* 0 under way, 1 agreed, 2 failed: told once */
    struct xh_dtls_keys keys;           /* of outcome 1 */
    /* the maker's */
    struct xh_dtls *dtls;
    uint32_t life;
    int told;
};

struct xh_rtp_shakes {
    struct xh_dtls_identity *identity;
    uint64_t active[XH_RTP_PORTS / 64];
    uint32_t count;
};

/* -- boxes ------------------------------------------------------------------------------ */

static void post(struct way *w, const uint8_t *data, size_t n)
{
    uint32_t head = atomic_load_explicit(&w->head, memory_order_relaxed);
    if (n > DATAGRAM || head - atomic_load_explicit(&w->tail, memory_order_acquire) >= XH_DTLS_QUEUE)
        return;         /* as a network would: DTLS says it again */
    struct letter *l = &w->letter[head % XH_DTLS_QUEUE];
    memcpy(l->data, data, n);
    l->octets = (uint16_t)n;
    atomic_store_explicit(&w->head, head + 1, memory_order_release);
}

static const struct letter *first(struct way *w)
{
    uint32_t tail = atomic_load_explicit(&w->tail, memory_order_relaxed);
    return tail == atomic_load_explicit(&w->head, memory_order_acquire) ? NULL : &w->letter[tail % XH_DTLS_QUEUE];
}

static void drop(struct way *w)
{
    atomic_store_explicit(&w->tail, atomic_load_explicit(&w->tail, memory_order_relaxed) + 1, memory_order_release);
}

/* -- the maker ---------------------------------------------------------------------------- */

int xh_rtp_identity(struct xh_engine *e)
{
    int err = 0;
    struct xh_rtp_shakes *s = e->rtp.shakes;
    if (s->identity)
        return 0;
    s->identity = xh_dtls_identity_new(NULL, &err);
    if (!s->identity)
        return err;
    uint8_t fingerprint[XH_DTLS_FINGERPRINT_MAX];
    int n = xh_dtls_identity_fingerprint(s->identity, XH_DTLS_SHA_256, fingerprint);
    if (n != (int)sizeof e->shm->dtls_fingerprint)
        return -EINVAL;
    memcpy(e->shm->dtls_fingerprint, fingerprint, (size_t)n);
    atomic_store(&e->shm->dtls_known, 1);
    return 0;
}

static void end(struct xh_engine *e, uint32_t line)
{
    struct xh_rtp_box *b = &e->rtp.box[line];
    struct xh_rtp_shakes *s = e->rtp.shakes;
    if (!(s->active[line / 64] >> line % 64 & 1))
        return;
    xh_dtls_free(b->dtls);
    b->dtls = NULL;
    while (first(&b->in))
        drop(&b->in);
    s->active[line / 64] &= ~(1ull << line % 64);
    s->count--;
}

void xh_rtp_shake_drop(struct xh_engine *e, const struct xh_rtp_made *m)
{
    if (e->rtp.box[m->line].life == m->life)
        end(e, m->line);
}

int xh_rtp_shake_make(struct xh_engine *e, const struct xh_rtp_made *m)
{
    struct xh_rtp_box *b = &e->rtp.box[m->line];
    struct xh_rtp_shakes *s = e->rtp.shakes;
    int r = xh_rtp_identity(e);
    if (r)
        return r;
    end(e, m->line);
    b->dtls = xh_dtls_new(s->identity, m->dtls.client, m->dtls.suites, m->dtls.hash, m->dtls.fingerprint, m->dtls.octets);
    if (!b->dtls)
        return -EINVAL;
    b->life = m->life;
    b->told = 0;
    atomic_store(&b->outcome, 0);
    s->active[m->line / 64] |= 1ull << m->line % 64;
    s->count++;
    xh_dtls_start(b->dtls);
    return 0;
}

static void work(struct xh_rtp_box *b)
{
    uint8_t out[XH_DTLS_MTU];
    size_t n;
    for (const struct letter *l; (l = first(&b->in)) != NULL; drop(&b->in))
        xh_dtls_receive(b->dtls, l->data, l->octets);
    if (xh_dtls_due(b->dtls) == 0)
        xh_dtls_timeout(b->dtls);
    while ((n = xh_dtls_send(b->dtls, out, sizeof out)) > 0)
        post(&b->out, out, n);
    enum xh_dtls_state state = xh_dtls_state(b->dtls);
    if (b->told || (state != XH_DTLS_DONE && state != XH_DTLS_FAILED))
        return;
    b->told = 1;
    int agreed = state == XH_DTLS_DONE && xh_dtls_agreed(b->dtls, &b->keys) == 0;
    atomic_store_explicit(&b->outcome, agreed ? 1 : 2, memory_order_release);
}

int xh_rtp_shakes_work(struct xh_engine *e)
{
    struct xh_rtp_shakes *s = e->rtp.shakes;
    for (uint32_t w = 0; s->count && w < XH_RTP_PORTS / 64; w++)
        for (uint64_t bits = s->active[w]; bits; bits &= bits - 1)
            work(&e->rtp.box[w * 64 + (uint32_t)__builtin_ctzll(bits)]);
    return s->count != 0;
}

int xh_rtp_shakes_new(struct xh_engine *e)
{
    e->rtp.box = xh_pages(XH_RTP_PORTS * sizeof *e->rtp.box);
    e->rtp.shakes = calloc(1, sizeof *e->rtp.shakes);
    return e->rtp.box && e->rtp.shakes ? 0 : -ENOMEM;
}

void xh_rtp_shakes_free(struct xh_engine *e)
{
    for (uint32_t i = 0; e->rtp.box && e->rtp.shakes && i < XH_RTP_PORTS; i++)
        end(e, i);
    if (e->rtp.box)
        munmap(e->rtp.box, XH_RTP_PORTS * sizeof *e->rtp.box);
    if (e->rtp.shakes && e->rtp.shakes->identity)
        xh_dtls_identity_free(e->rtp.shakes->identity);
    free(e->rtp.shakes);
}

/* -- the tick ------------------------------------------------------------------------------ */

int xh_rtp_dtls_is_good(const struct xh_rtp_dtls *d)
{
    static const uint8_t octets[] = {[XH_DTLS_SHA_1] = 20, [XH_DTLS_SHA_256] = 32, [XH_DTLS_SHA_384] = 48, [XH_DTLS_SHA_512] = 64};
    return d->client <= 1 && d->hash < sizeof octets && d->octets == octets[d->hash];
}

/* The line begins to shake hands, now or anew: what is in the box is of before. */
void xh_rtp_shake_begin(struct xh_engine *e, struct xh_rtp_line *l)
{
    struct xh_rtp_box *b = &e->rtp.box[l - e->rtp.line];
    while (first(&b->out))
        drop(&b->out);
    atomic_store(&b->outcome, 0);
    l->dtls = 1;
    l->dtls_told = 0;
    l->keyed = 0;
    memset(&l->dtls_from, 0, sizeof l->dtls_from);
}

int xh_rtp_dtls_came(struct xh_engine *e, struct xh_rtp_line *l, const uint8_t *packet, size_t octets, const struct xh_rtp_address *from)
{
    if (!l->dtls || !xh_dtls_is_mine(packet, octets))
        return 0;
    const struct xh_rtp_address *who = l->locked ? &l->source : &l->remote;
    if (!xh_rtp_address_same_host(from, who) && (l->locked || l->from != XH_RTP_FROM_ANY)) {
        l->strange++;
        return 1;
    }
    l->dtls_from = *from;
    post(&e->rtp.box[l - e->rtp.line].in, packet, octets);
    if (e->rtp.threaded)
        sem_post(&e->rtp.wake);
    return 1;
}

void xh_rtp_dtls_say(struct xh_engine *e, struct xh_rtp_line *l, const struct xh_rtp_address *to)
{
    struct way *w = &e->rtp.box[l - e->rtp.line].out;
    to = l->dtls_from.family ? &l->dtls_from : to;
    if (!to->family)
        return;
    for (const struct letter *m; (m = first(w)) != NULL; drop(w))
        l->failed += xh_rtp_socket_send(l->fd, m->data, m->octets, to) != 0;
}

static void set(struct xh_srtp_secret *secret, const struct xh_dtls_keys *keys, const uint8_t *key)
{
    secret->suite = (uint8_t)keys->suite;
    secret->octets = (uint8_t)keys->octets;
    memcpy(secret->key, key, sizeof secret->key);
}

void xh_rtp_dtls_keys(struct xh_engine *e, const struct xh_rtp_line *l, struct xh_rtp_made *m)
{
    const struct xh_rtp_box *b = &e->rtp.box[l - e->rtp.line];
    if (!l->keyed || m->shakes)
        return;
    if (m->hears)
        set(&m->hear.secret, &b->keys, b->keys.theirs);
    else
        set(&m->send.secret, &b->keys, b->keys.ours);
}

static void say_again(struct xh_engine *e, struct xh_rtp_line *l, const struct xh_rtp_made *old)
{
    struct xh_rtp_made *m = old ? xh_rtp_made_take(e) : NULL;
    if (!m)
        return;
    m->hears = old->hears;
    m->line = old->line;
    m->life = l->life;
    if (m->hears)
        m->hear = old->hear;
    else
        m->send = old->send;
    xh_rtp_dtls_keys(e, l, m);
    xh_rtp_made_begin(e, l, m);
}

/* After the tick before this one's parts are done: who has agreed, or failed? */
void xh_rtp_dtls_look(struct xh_engine *e, struct xh_rtp_line *l)
{
    uint32_t port = XH_TS_PORTS + (uint32_t)(l - e->rtp.line);
    const struct xh_rtp_box *b = &e->rtp.box[l - e->rtp.line];
    uint32_t outcome = l->dtls_told || l->making ? 0 : atomic_load_explicit(&b->outcome, memory_order_acquire);
    if (!outcome)
        return;
    l->dtls_told = 1;
    l->keyed = outcome == 1;
    if (l->keyed) {
        say_again(e, l, l->sending);
        say_again(e, l, l->hearing);
    }
    xh_engine_emit(e, (struct xh_event){.type = XH_EV_RTP_SECURE, .port = port, .tag = e->port[port].tag, .a0 = l->keyed,
                                        .a1 = l->keyed ? b->keys.suite : 0});
}
