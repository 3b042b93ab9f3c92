/* RTP lines: opened, told what to hear and to say, closed. See engine_rtp.h and include/xunhu/engine_rtp.h. */
#define _GNU_SOURCE
#include "engine_private.h"
#include "rtp_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <unistd.h>

#define DIGIT_ON_MS 100
#define OPEN_TRIES 32

int xh_rtps_new(struct xh_engine *e)
{
    e->rtp.epoll = epoll_create1(EPOLL_CLOEXEC);
    e->rtp.line = xh_pages(XH_RTP_PORTS * sizeof *e->rtp.line);
    e->rtp.made = xh_pages(XH_RTP_MADES * sizeof *e->rtp.made);
    xh_stack_of(e->rtp.free, &e->rtp.nfree, XH_RTP_MADES);
    return e->rtp.epoll >= 0 && e->rtp.line && e->rtp.made && !xh_rtp_shakes_new(e) ? 0 : -ENOMEM;
}

void xh_rtps_free(struct xh_engine *e)
{
    for (uint32_t i = 0; e->rtp.line && i < XH_RTP_PORTS; i++)
        if (e->port[XH_TS_PORTS + i].kind == XH_PORT_RTP)
            xh_rtp_end(e, XH_TS_PORTS + i);
    if (e->rtp.made && e->rtp.shakes)
        xh_rtps_make(e);
    xh_rtp_shakes_free(e);
    if (e->rtp.epoll >= 0)
        close(e->rtp.epoll);
    if (e->rtp.line)
        munmap(e->rtp.line, XH_RTP_PORTS * sizeof *e->rtp.line);
    if (e->rtp.made)
        munmap(e->rtp.made, XH_RTP_MADES * sizeof *e->rtp.made);
}

static struct xh_rtp_line *line_at(struct xh_engine *e, uint32_t port)
{
    return &e->rtp.line[port - XH_TS_PORTS];
}

static int is_rtp_port(uint32_t port)
{
    return port >= XH_TS_PORTS && port < XH_LINE_PORTS;
}

/* -- open -------------------------------------------------------------------------- */

static int watch(struct xh_engine *e, uint32_t port, int fd, int rtcp)
{
    struct epoll_event ev = {.events = EPOLLIN, .data.u32 = (port - XH_TS_PORTS) * 2 + (uint32_t)rtcp};
    return epoll_ctl(e->rtp.epoll, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static void close_sockets(struct xh_rtp_line *l)
{
    if (l->fd >= 0)
        close(l->fd);
    if (l->rtcp_fd >= 0)
        close(l->rtcp_fd);
    l->fd = l->rtcp_fd = -1;
}

static int try_sockets(struct xh_engine *e, uint32_t port, struct xh_rtp_line *l)
{
    const struct xh_rtp_open *o = &l->open;
    struct xh_rtp_address rtcp;
    l->rtcp_fd = -1;
    l->fd = xh_rtp_socket_open(&o->local, &o->group, o->tos, o->ttl, &l->local);
    if (l->fd < 0)
        return l->fd;
    int r = watch(e, port, l->fd, 0);
    if (!r && !(o->flags & (XH_RTP_MUX | XH_RTP_NO_RTCP))) {
        struct xh_rtp_address local = o->local;
        local.port = (uint16_t)(l->local.port + 1);
        l->rtcp_fd = local.port % 2 ? xh_rtp_socket_open(&local, &o->group, o->tos, o->ttl, &rtcp) : -EADDRINUSE;
        r = l->rtcp_fd < 0 ? l->rtcp_fd : watch(e, port, l->rtcp_fd, 1);
    }
    if (r)
        close_sockets(l);
    return r;
}

/* RFC 3550 §11: RTP at an even port, RTCP at the next. The system gives any, and the next may be taken: then another is tried. */
static int open_sockets(struct xh_engine *e, uint32_t port, struct xh_rtp_line *l)
{
    int r = try_sockets(e, port, l);
    for (int i = 0; r == -EADDRINUSE && l->open.local.port == 0 && i < OPEN_TRIES; i++)
        r = try_sockets(e, port, l);
    return r;
}

static int open_is_good(const struct xh_rtp_open *o)
{
    int group = o->group.family == 0 || (xh_rtp_address_good(&o->group) && xh_rtp_address_multicast(&o->group) &&
                                         o->group.family == o->local.family);
    return xh_rtp_address_good(&o->local) && group && !(o->flags & ~(uint32_t)(XH_RTP_MUX | XH_RTP_NO_RTCP | XH_RTP_XR)) &&
           o->silent_ms <= 86400000 && o->local.port < UINT16_MAX && memchr(o->cname, 0, sizeof o->cname);
}

int xh_rtp_open(struct xh_engine *e, const struct xh_command *c)
{
    struct xh_rtp_open o;
    if (!is_rtp_port(c->port) || c->payload_len != sizeof o)
        return -EINVAL;
    memcpy(&o, c->payload, sizeof o);
    if (!open_is_good(&o))
        return -EINVAL;
    if (e->port[c->port].kind != XH_PORT_FREE)
        return -EBUSY;
    struct xh_rtp_line *l = line_at(e, c->port);
    struct xh_rtp_receiver_params params = {.jitter = XH_JITTER_DEFAULTS, .seed = (uint32_t)(o.seed >> 32)};
    uint32_t life = l->life + 1;
    memset(l, 0, sizeof *l);
    l->life = life;
    l->open = o;
    l->fd = l->rtcp_fd = -1;
    int r = xh_rtp_receiver_init(&l->rx, &params);
    r = r ? r : open_sockets(e, c->port, l);
    if (r)
        return r;
    l->direction = XH_RTP_SENDS | XH_RTP_HEARS;
    l->mux = (o.flags & XH_RTP_MUX) != 0;
    l->from = o.group.family ? XH_RTP_FROM_ANY : XH_RTP_FROM_EXACT;
    l->told_type = UINT8_MAX;
    xh_port_open(e, c->port, XH_PORT_RTP, c->tag);
    xh_rtp_show(e, l);
    return 0;
}

void xh_rtp_end(struct xh_engine *e, uint32_t port)
{
    struct xh_rtp_line *l = line_at(e, port);
    xh_rtp_bye(e, l);
    close_sockets(l);
    xh_rtp_made_drop(e, l->sending);
    xh_rtp_made_drop(e, l->hearing);
    l->sending = l->hearing = NULL;
    l->started = 0;
    struct xh_rtp_made *m = l->dtls ? xh_rtp_made_take(e) : NULL;
    if (m) {
        m->shakes = 1;
        m->line = (uint16_t)(port - XH_TS_PORTS);
        m->life = l->life;
        xh_rtp_made_drop(e, m);
    }
    xh_rtp_show(e, l);
}

/* -- send and receive ------------------------------------------------------------------- */

static int secret_is_good(const struct xh_srtp_secret *s)
{
    return s->suite < XH_SRTP_SUITES && (!s->suite || s->octets == xh_srtp_key_octets(s->suite));
}

static int type_is_good(uint8_t type)
{
    return type < 128 || type == XH_RTP_NO_TYPE;
}

static int send_is_good(const struct xh_rtp_send *s)
{
    int remote = s->remote.family == 0 || (xh_rtp_address_good(&s->remote) && s->remote.port);
    int rtcp = s->remote_rtcp.family == 0 || (xh_rtp_address_good(&s->remote_rtcp) && s->remote_rtcp.port);
    return remote && rtcp && xh_rtp_codec_at(s->codec) && s->payload_type < 128 && type_is_good(s->key_type) &&
           type_is_good(s->noise_type) && (s->ptime_ms == 0 || (s->ptime_ms >= 10 && s->ptime_ms <= 60)) && s->dtx <= 1 &&
           s->source <= XH_RTP_FROM_ANY && !(s->flags & ~(XH_RTP_MUX | XH_RTP_XR)) && secret_is_good(&s->secret);
}

static int receive_is_good(const struct xh_rtp_receive *r)
{
    if (r->count > XH_RTP_ACCEPTS || !secret_is_good(&r->secret))
        return 0;
    for (int i = 0; i < r->count; i++) {
        const struct xh_rtp_accept *a = &r->accept[i];
        if (a->payload_type > 127 || a->kind > XH_RTP_KEY || (a->kind == XH_RTP_AUDIO && !xh_rtp_codec_at(a->codec)) || a->clock_hz > 192000)
            return 0;
    }
    return 1;
}

static int begin(struct xh_engine *e, const struct xh_command *c, int hears)
{
    if (!is_rtp_port(c->port) || c->payload_len != (hears ? sizeof(struct xh_rtp_receive) : sizeof(struct xh_rtp_send)))
        return -EINVAL;
    if (e->port[c->port].kind != XH_PORT_RTP)
        return -ENOENT;
    struct xh_rtp_made *m = xh_rtp_made_take(e);
    if (!m)
        return -ENOSPC;
    struct xh_rtp_line *l = line_at(e, c->port);
    m->hears = (uint8_t)hears;
    m->line = (uint16_t)(c->port - XH_TS_PORTS);
    m->life = l->life;
    m->tag = c->tag;
    if (hears)
        memcpy(&m->hear, c->payload, sizeof m->hear);
    else
        memcpy(&m->send, c->payload, sizeof m->send);
    if (hears ? !receive_is_good(&m->hear) : !send_is_good(&m->send)) {
        xh_rtp_made_drop(e, m);
        return -EINVAL;
    }
    xh_rtp_dtls_keys(e, l, m);
    xh_rtp_made_begin(e, l, m);
    return 0;
}

int xh_rtp_dtls(struct xh_engine *e, const struct xh_command *c)
{
    struct xh_rtp_dtls d;
    if (!is_rtp_port(c->port) || c->payload_len != sizeof d)
        return -EINVAL;
    memcpy(&d, c->payload, sizeof d);
    if (!xh_rtp_dtls_is_good(&d))
        return -EINVAL;
    if (e->port[c->port].kind != XH_PORT_RTP)
        return -ENOENT;
    struct xh_rtp_made *m = xh_rtp_made_take(e);
    if (!m)
        return -ENOSPC;
    struct xh_rtp_line *l = line_at(e, c->port);
    m->shakes = 1;
    m->line = (uint16_t)(c->port - XH_TS_PORTS);
    m->life = l->life;
    m->tag = c->tag;
    m->dtls = d;
    xh_rtp_shake_begin(e, l);
    xh_rtp_made_begin(e, l, m);
    return 0;
}

int xh_rtp_send(struct xh_engine *e, const struct xh_command *c)
{
    return begin(e, c, 0);
}

int xh_rtp_receive(struct xh_engine *e, const struct xh_command *c)
{
    return begin(e, c, 1);
}

static void swap(void *a, void *b)
{
    void *x, *y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    memcpy(a, &y, sizeof y);
    memcpy(b, &x, sizeof x);
}

/* A key that is said again goes on where it was: packets counted, repeats known. */
static void keep_srtp(struct xh_rtp_made *old, struct xh_rtp_made *m)
{
    const struct xh_srtp_secret *was = old->hears ? &old->hear.secret : &old->send.secret;
    const struct xh_srtp_secret *is = m->hears ? &m->hear.secret : &m->send.secret;
    if (was->suite && was->suite == is->suite && memcmp(was->key, is->key, was->octets) == 0)
        swap(&old->srtp, &m->srtp);
}

static int same_encoder(const struct xh_rtp_send *a, const struct xh_rtp_send *b)
{
    return a->codec == b->codec && a->bits_per_second == b->bits_per_second && a->mode == b->mode && a->dtx == b->dtx;
}

/* Where the first packet of a line begins, so that lines are spread over the ticks of a packet. */
static uint8_t wait_of(const struct xh_engine *e, const struct xh_rtp_line *l)
{
    uint32_t ticks = l->tx.packet / (uint32_t)e->samples, number = (uint32_t)(l - e->rtp.line);
    return (uint8_t)(ticks > 1 ? (number % ticks + ticks - e->ticks % ticks) % ticks : 0);
}

static void begin_rtcp(struct xh_engine *e, struct xh_rtp_line *l, int xr)
{
    struct xh_rtcp_params params = {.ssrc = l->tx.ssrc, .xr = (uint8_t)xr};
    memcpy(params.cname, l->open.cname, sizeof params.cname);
    xh_rtcp_init(&l->rtcp, &params, l->open.seed, e->rtp.now_ns);
}

static int apply_send(struct xh_engine *e, struct xh_rtp_line *l, struct xh_rtp_made *m)
{
    const struct xh_rtp_send *s = &m->send;
    struct xh_rtp_made *old = l->sending;
    if (old && same_encoder(&old->send, s))
        swap(&old->state[0], &m->state[0]);
    struct xh_rtp_sender_params params = {
        .codec = xh_rtp_codec_at(s->codec), .state = m->state[0], .payload_type = s->payload_type, .key_type = s->key_type,
        .noise_type = s->noise_type, .dtx = s->dtx, .ptime_ms = s->ptime_ms, .key_clock_hz = s->key_clock_hz,
    };
    int r = l->started ? xh_rtp_sender_set(&l->tx, &params) : xh_rtp_sender_init(&l->tx, &params, l->open.seed);
    if (r) {
        if (old && same_encoder(&old->send, s))
            swap(&old->state[0], &m->state[0]);
        return r;
    }
    if (old)
        keep_srtp(old, m);
    int xr = ((s->flags | l->open.flags) & XH_RTP_XR) != 0;
    if (!l->started) {
        l->started = 1;
        l->wait = wait_of(e, l);
        begin_rtcp(e, l, xr);
    }
    l->rtcp.params.xr = (uint8_t)xr;
    if (!old || !xh_rtp_address_is(&l->remote, &s->remote) || l->silent) {
        l->locked = 0;          /* another far end, or one that has gone silent may be found elsewhere */
        memset(&l->candidate, 0, sizeof l->candidate);
        memset(&l->source, 0, sizeof l->source);
        memset(&l->source_rtcp, 0, sizeof l->source_rtcp);
        l->quiet = 0;
    }
    l->remote = s->remote;
    l->remote_rtcp = s->remote_rtcp;
    l->from = l->open.group.family ? XH_RTP_FROM_ANY : s->source;
    l->mux = ((l->open.flags | s->flags) & XH_RTP_MUX) != 0;
    l->sending = m;
    xh_rtp_made_drop(e, old);
    return 0;
}

static int same_decoders(const struct xh_rtp_receive *a, const struct xh_rtp_receive *b)
{
    return a->count == b->count && memcmp(a->accept, b->accept, a->count * sizeof a->accept[0]) == 0;
}

static int accept_all(struct xh_rtp_line *l, const struct xh_rtp_made *m)
{
    xh_rtp_receiver_types_clear(&l->rx);
    for (int i = 0; i < m->hear.count; i++) {
        const struct xh_rtp_accept *a = &m->hear.accept[i];
        const struct xh_rtp_codec *codec = a->kind == XH_RTP_AUDIO ? xh_rtp_codec_at(a->codec) : NULL;
        int r = xh_rtp_receiver_accept(&l->rx, a->payload_type, a->kind, codec, m->state[i], a->clock_hz);
        if (r)
            return r;
    }
    return 0;
}

static int apply_receive(struct xh_engine *e, struct xh_rtp_line *l, struct xh_rtp_made *m)
{
    const struct xh_rtp_receive *h = &m->hear;
    struct xh_rtp_made *old = l->hearing;
    struct xh_jitter_params jitter = XH_JITTER_DEFAULTS;
    if (h->start_ms)
        jitter = (struct xh_jitter_params){.adaptive = h->adaptive, .fixed_ms = h->fixed_ms, .min_ms = h->min_ms, .max_ms = h->max_ms,
                                           .start_ms = h->start_ms, .late_cost_ms = h->late_cost_ms};
    int r = xh_rtp_receiver_buffer(&l->rx, &jitter);
    if (r)
        return r;
    if (old && same_decoders(&old->hear, h)) {
        for (int i = 0; i < XH_RTP_ACCEPTS; i++)
            swap(&old->state[i], &m->state[i]);
    } else if ((r = accept_all(l, m)) != 0) {
        if (old)
            accept_all(l, old);
        else
            xh_rtp_receiver_types_clear(&l->rx);
        return r;
    }
    if (old)
        keep_srtp(old, m);
    l->hearing = m;
    xh_rtp_made_drop(e, old);
    return 0;
}

int xh_rtp_apply(struct xh_engine *e, struct xh_rtp_line *l, struct xh_rtp_made *m)
{
    int r = m->hears ? apply_receive(e, l, m) : apply_send(e, l, m);
    if (!r)
        xh_rtp_show(e, l);
    return r;
}

/* -- the rest of the commands -------------------------------------------------------------- */

int xh_rtp_digits(struct xh_engine *e, const struct xh_command *c)
{
    if (!is_rtp_port(c->port))
        return -EINVAL;
    struct xh_rtp_line *l = line_at(e, c->port);
    if (e->port[c->port].kind != XH_PORT_RTP || !l->started)
        return -ENOENT;
    if (!c->payload_len) {
        xh_rtp_sender_digits_stop(&l->tx);
        return 0;
    }
    int r = xh_rtp_sender_digits(&l->tx, (const char *)c->payload, c->payload_len, c->a0 ? c->a0 : DIGIT_ON_MS, c->a1);
    l->dialing |= !r;
    return r;
}

int xh_rtp_direction(struct xh_engine *e, const struct xh_command *c)
{
    if (!is_rtp_port(c->port) || c->a0 & ~(XH_RTP_SENDS | XH_RTP_HEARS))
        return -EINVAL;
    if (e->port[c->port].kind != XH_PORT_RTP)
        return -ENOENT;
    struct xh_rtp_line *l = line_at(e, c->port);
    l->direction = (uint8_t)c->a0;
    l->quiet = 0;
    if (!(l->direction & XH_RTP_HEARS))
        memset(e->linear[c->port], 0, sizeof e->linear[c->port]);
    xh_rtp_show(e, l);
    return 0;
}

int xh_rtp_law(struct xh_engine *e, uint32_t port)
{
    const struct xh_rtp_made *m = line_at(e, port)->hearing;
    for (int i = 0; m && i < m->hear.count; i++)
        if (m->hear.accept[i].kind == XH_RTP_AUDIO)
            return m->hear.accept[i].codec == 0 ? 'U' : m->hear.accept[i].codec == 1 ? 'A' : 0;
    return 0;
}

int16_t *xh_rtp_out(struct xh_engine *e, uint32_t port)
{
    return line_at(e, port)->out;
}

void xh_rtp_plan(struct xh_engine *e, uint32_t port)
{
    e->plan.rtp[e->plan.rtps++] = (uint16_t)(port - XH_TS_PORTS);
}
