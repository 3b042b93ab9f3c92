/* A span of the DAHDI kernel driver, xh_dahdi_new of include/xunhu/span.h.
 *
 * Every timeslot is a channel with a device of its own.  A voice channel is read and written in blocks of one tick;
 * the driver hands blocks over in bursts (4 ms where the kernel ticks at 250 Hz), so each way keeps one block more than
 * the tick needs: in our queue when receiving, in the driver's when sending.  Only timeslots in the engine's mask cost
 * anything; one that comes into it begins with both ways empty, so that delay never grows from call to call.
 * Signalling channels are framed by the driver (HDLC-FCS, or MTP2: it repeats what was written last, an MSU as well, and drops what
 * equals the frame before).  Channels that dahdi_cfg has bundled (`clear=1-31`) are one stream at the first of them, the octets of each
 * E1 frame in their order: only so are several timeslots in step.  Alarms are asked for once a second and when an event says so.
 * A device that has gone (module unloaded, card pulled) closes all: MISSING, until start finds it again. */
#include "dahdi_private.h"
#include "xunhu/dahdi_abi.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CHANNELS_MAX 4096               /* numbers looked through for those of the span */
#define BUFFERS 16                      /* blocks the driver keeps each way: 160 ms of 10 ms blocks, power of two */
#define BLOCK_MAX 160
#define BLOCKS 4                        /* received and not yet taken by the engine */
#define BUFFER_SPACE 32768              /* octets the driver gives a channel each way */
#define LOOK_FRAMES 8000                /* ask for the alarms once a second */

static void dahdi_close(struct dahdi *d)
{
    for (int t = 1; t < XH_TIMESLOTS; t++) {
        if (d->channel[t].fd >= 0)
            close(d->channel[t].fd);
        free(d->channel[t].queue);
        d->channel[t] = (struct channel){.fd = -1, .cas_rx = -1};
    }
    if (d->ctl >= 0)
        close(d->ctl);
    d->ctl = -1;
}

int xh_dahdi_gone(struct dahdi *d, int error)
{
    d->st.error = error;
    d->st.alarms = XH_ALARM_MISSING;
    d->gone = 1;
    dahdi_close(d);
    return -error;
}

/* -- state of the line ---------------------------------------------------------------------------- */

static uint32_t alarms_of(uint32_t a)
{
    uint32_t out = 0;
    if (a & XH_DAHDI_ALARM_LOS)
        out |= XH_ALARM_LOS;
    if (a & (XH_DAHDI_ALARM_LFA | XH_DAHDI_ALARM_LMFA | XH_DAHDI_ALARM_RECOVER))
        out |= XH_ALARM_LOF;
    if (a & XH_DAHDI_ALARM_BLUE)
        out |= XH_ALARM_AIS;
    if (a & XH_DAHDI_ALARM_YELLOW)
        out |= XH_ALARM_RAI;
    if (a & XH_DAHDI_ALARM_NOTOPEN)
        out |= XH_ALARM_MISSING;
    if (a & XH_DAHDI_ALARM_RED && !(out & (XH_ALARM_LOS | XH_ALARM_LOF | XH_ALARM_AIS)))
        out |= XH_ALARM_LOS;            /* a driver that does not say why it is red */
    return out;
}

static int dahdi_look(struct dahdi *d)
{
    struct xh_dahdi_spaninfo info = {.spanno = d->number};
    d->since_look = 0;
    if (ioctl(d->ctl, XH_DAHDI_SPANSTAT, &info))
        return xh_dahdi_gone(d, errno == EINVAL ? ENXIO : errno);
    d->st.alarms = alarms_of((uint32_t)info.alarms);
    d->st.bpv = (uint64_t)(uint32_t)info.bpvcount;
    d->st.crc4_errors = (uint64_t)(uint32_t)info.crc4count;
    d->st.ebit_errors = (uint64_t)(uint32_t)info.ebitcount;
    d->st.fas_errors = (uint64_t)(uint32_t)info.fascount;
    return 0;
}

static int dahdi_bits(struct dahdi *d, struct channel *c)
{
    int32_t bits = 0;
    if (ioctl(c->fd, XH_DAHDI_GETRXBITS, &bits))
        return xh_dahdi_gone(d, errno);
    c->cas_rx = bits & 15;              /* some drivers leave a neighbour's bits above */
    return 0;
}

static int dahdi_event(struct dahdi *d, struct channel *c, int event)
{
    switch (event) {
    case XH_DAHDI_EVENT_ALARM:
    case XH_DAHDI_EVENT_NOALARM:
        return dahdi_look(d);
    case XH_DAHDI_EVENT_ABORT:
    case XH_DAHDI_EVENT_OVERRUN:
    case XH_DAHDI_EVENT_BADFCS:
        c->bad++;
        d->st.malformed++;
        return 0;
    case XH_DAHDI_EVENT_BITSCHANGED:
        return dahdi_bits(d, c);
    case XH_DAHDI_EVENT_READ_OVERRUN:
        d->st.overruns += c->receiving != 0;
        return 0;
    case XH_DAHDI_EVENT_WRITE_UNDERRUN:
        d->st.underruns += c->sending != 0;
        c->refill = d->reserve;
        return 0;
    case XH_DAHDI_EVENT_REMOVED:
        return xh_dahdi_gone(d, ENODEV);
    default:
        return 0;
    }
}

/* All that wait; 0 or -errno. */
static int dahdi_events(struct dahdi *d, struct channel *c)
{
    for (int i = 0; i < 64; i++) {
        int32_t event = 0;
        if (ioctl(c->fd, XH_DAHDI_GETEVENT, &event))
            return xh_dahdi_gone(d, errno);
        if (event == XH_DAHDI_EVENT_NONE)
            return 0;
        int r = dahdi_event(d, c, event);
        if (r < 0)
            return r;
    }
    return 0;
}

/* After a read or write that gave -1: 1 = try again, 0 = nothing to be had now, -errno = the device is gone */
static int dahdi_again(struct dahdi *d, struct channel *c)
{
    if (errno == EAGAIN)
        return 0;
    if (errno == EINTR)
        return 1;
    if (errno != XH_DAHDI_ELAST)
        return xh_dahdi_gone(d, errno);
    int r = dahdi_events(d, c);
    return r < 0 ? r : 1;
}

/* A read or a write of what there is; octets, 0 for none now, -errno */
static int channel_move(struct dahdi *d, struct channel *c, uint8_t *to, const uint8_t *from, size_t n)
{
    for (int i = 0; i < 16; i++) {
        ssize_t done = to ? read(c->fd, to, n) : write(c->fd, from, n);
        if (done >= 0)
            return (int)done;
        int r = dahdi_again(d, c);
        if (r <= 0)
            return r;
    }
    return 0;
}

int xh_dahdi_channel_read(struct dahdi *d, struct channel *c, uint8_t *to, size_t room)
{
    return channel_move(d, c, to, NULL, room);
}

int xh_dahdi_channel_write(struct dahdi *d, struct channel *c, const uint8_t *from, size_t n)
{
    return channel_move(d, c, NULL, from, n);
}

/* -- voice ---------------------------------------------------------------------------------------- */

/* A timeslot comes into use: away with what is old, and with the events of a channel nobody served. */
static int channel_begin(struct dahdi *d, struct channel *c, int32_t which)
{
    return ioctl(c->fd, XH_DAHDI_FLUSH, &which) ? xh_dahdi_gone(d, errno) : dahdi_events(d, c);
}

/* Take what the driver has until a block more than the tick needs is in the queue. */
static int channel_fill(struct dahdi *d, struct channel *c, int frames)
{
    int block = d->block * c->width, want = frames * c->width + d->reserve * block;
    while (c->level < want && c->level + block <= BLOCKS * block) {
        int n = xh_dahdi_channel_read(d, c, c->queue + c->level, (size_t)block);
        if (n <= 0)
            return n;
        c->level += n;
        d->st.frames_rx += (uint64_t)(n / c->width);
    }
    return 0;
}

/* The octets of a channel from or to its rows: one timeslot, or those of a bundle, frame by frame. */
static void spread(const struct channel *c, const uint8_t *from, uint8_t *octets, size_t stride, int frames)
{
    int at = 0;
    if (c->width == 1)
        memcpy(octets + (size_t)__builtin_ctz(c->slots) * stride, from, (size_t)frames);
    for (int t = 1; t < XH_TIMESLOTS && c->width > 1; t++) {
        if (!(c->slots >> t & 1))
            continue;
        for (int i = 0; i < frames; i++)
            octets[(size_t)t * stride + (size_t)i] = from[i * c->width + at];
        at++;
    }
}

static void gather(const struct channel *c, const uint8_t *octets, size_t stride, uint8_t *to, int frames)
{
    int at = 0;
    if (c->width == 1)
        memcpy(to, octets + (size_t)__builtin_ctz(c->slots) * stride, (size_t)frames);
    for (int t = 1; t < XH_TIMESLOTS && c->width > 1; t++) {
        if (!(c->slots >> t & 1))
            continue;
        for (int i = 0; i < frames; i++)
            to[i * c->width + at] = octets[(size_t)t * stride + (size_t)i];
        at++;
    }
}

static int channel_receive(struct dahdi *d, struct channel *c, uint8_t *octets, size_t stride, int frames)
{
    int n = frames * c->width;
    if (!c->receiving) {
        int r = channel_begin(d, c, XH_DAHDI_FLUSH_READ);
        if (r < 0)
            return r;
        c->level = c->primed = 0;
        c->receiving = 1;
    }
    int r = channel_fill(d, c, frames);
    if (r < 0)
        return r;
    if (c->level >= n + d->reserve * d->block * c->width)
        c->primed = 1;
    if (!c->primed || c->level < n) {
        d->st.underruns += c->primed != 0;
        c->primed = 0;
        xh_span_fill(octets, stride, frames, c->slots, d->span.idle);
        return 0;
    }
    spread(c, c->queue, octets, stride, frames);
    c->level -= n;
    memmove(c->queue, c->queue + n, (size_t)c->level);
    return 0;
}

static int channel_send(struct dahdi *d, struct channel *c, const uint8_t *octets, size_t stride, int frames)
{
    uint8_t out[BLOCK_MAX * XH_TIMESLOTS];
    int block = d->block * c->width, all = frames * c->width;
    if (!c->sending) {
        int r = channel_begin(d, c, XH_DAHDI_FLUSH_WRITE);
        if (r < 0)
            return r;
        c->sending = 1;
        c->refill = d->reserve;
    }
    for (; c->refill > 0; c->refill--) {
        memset(out, d->span.idle, (size_t)block);
        int n = xh_dahdi_channel_write(d, c, out, (size_t)block);
        if (n <= 0)
            return n;
    }
    gather(c, octets, stride, out, frames);
    for (int at = 0; at < all;) {
        int piece = all - at < block ? all - at : block;
        int n = xh_dahdi_channel_write(d, c, out + at, (size_t)piece);
        if (n < 0)
            return n;
        if (n == 0) {                   /* the driver has 16 blocks: this one is dropped */
            d->st.overruns++;
            return 0;
        }
        at += n;
        d->st.frames_tx += (uint64_t)(n / c->width);
    }
    return 0;
}

static int dahdi_line(const struct dahdi *d)
{
    if (d->gone || !d->started)
        return -ENODEV;
    return d->st.alarms & (XH_ALARM_LOS | XH_ALARM_LOF | XH_ALARM_AIS | XH_ALARM_MISSING) ? -ENETDOWN : 0;
}

/* 1: a voice channel is there and wanted */
static int dahdi_wanted(const struct channel *c, uint32_t mask, int t)
{
    return mask >> t & 1 && c->fd >= 0 && !c->hdlc;
}

static int dahdi_in_step(struct xh_span *s, uint32_t slots)
{
    const struct dahdi *d = dahdi_of(s);
    for (int t = 1; t < XH_TIMESLOTS; t++)
        if (d->channel[t].fd >= 0 && d->channel[t].slots == slots)
            return 1;
    return 0;
}

static int dahdi_read(struct xh_span *s, uint8_t *octets, size_t stride, int frames, uint32_t mask)
{
    struct dahdi *d = dahdi_of(s);
    if (frames < 1 || frames > BLOCK_MAX)
        return -EINVAL;
    for (int t = 1; t < XH_TIMESLOTS && !d->gone && d->started; t++) {
        struct channel *c = &d->channel[t];
        if (dahdi_wanted(c, mask, t)) {
            if (channel_receive(d, c, octets, stride, frames) < 0)
                break;
        } else {
            c->receiving = 0;
            if (!(c->bundle & mask))
                memset(octets + (size_t)t * stride, s->idle, (size_t)frames);
        }
    }
    d->since_look += frames;
    if (!d->gone && d->started && d->since_look >= LOOK_FRAMES)
        dahdi_look(d);
    int line = dahdi_line(d);
    if (line)
        xh_span_fill(octets, stride, frames, XH_ALL_TIMESLOTS, s->idle);
    return line;
}

static int dahdi_write(struct xh_span *s, const uint8_t *octets, size_t stride, int frames, uint32_t mask)
{
    struct dahdi *d = dahdi_of(s);
    if (frames < 1 || frames > BLOCK_MAX)
        return -EINVAL;
    for (int t = 1; t < XH_TIMESLOTS && !d->gone && d->started; t++) {
        struct channel *c = &d->channel[t];
        if (!dahdi_wanted(c, mask, t))
            c->sending = 0;
        else if (channel_send(d, c, octets, stride, frames) < 0)
            break;
    }
    return dahdi_line(d);
}

/* -- signalling ----------------------------------------------------------------------------------- */

struct channel *xh_dahdi_slot(struct dahdi *d, int timeslot)
{
    if (timeslot < 1 || timeslot >= XH_TIMESLOTS || d->channel[timeslot].fd < 0)
        return NULL;
    return &d->channel[timeslot];
}

int xh_dahdi_channel_buffers(const struct channel *c, int number, int size)
{
    struct xh_dahdi_bufferinfo info = {
        .txbufpolicy = XH_DAHDI_POLICY_IMMEDIATE, .rxbufpolicy = XH_DAHDI_POLICY_IMMEDIATE,
        .numbufs = number, .bufsize = size,
    };
    return ioctl(c->fd, XH_DAHDI_SET_BUFINFO, &info) ? -errno : 0;
}

static int dahdi_cas_write(struct xh_span *s, int timeslot, int abcd)
{
    struct dahdi *d = dahdi_of(s);
    struct channel *c = xh_dahdi_slot(d, timeslot);
    int32_t bits = abcd;
    if (!c)
        return d->gone || !d->started ? -ENODEV : -EINVAL;
    if (abcd < 0 || abcd > 15 || !(d->cas_mask >> timeslot & 1))
        return -EINVAL;
    return ioctl(c->fd, XH_DAHDI_SETTXBITS, &bits) ? -errno : 0;
}

static int dahdi_cas_read(struct xh_span *s, int timeslot)
{
    struct dahdi *d = dahdi_of(s);
    struct channel *c = xh_dahdi_slot(d, timeslot);
    if (!c)
        return d->gone || !d->started ? -ENODEV : -EINVAL;
    if (!(d->cas_mask >> timeslot & 1))
        return -EINVAL;
    if (!c->receiving) {                        /* nobody reads the channel: its events wait */
        int r = dahdi_events(d, c);
        if (r < 0)
            return r;
    }
    return c->cas_rx < 0 ? -EAGAIN : c->cas_rx;
}

/* -- opening -------------------------------------------------------------------------------------- */

static int path_open(const struct dahdi *d, const char *rest)
{
    char path[ROOT_MAX + 40];
    snprintf(path, sizeof path, "%s/%s", d->root, rest);
    int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* By number through the common device; where that is missing by the channel's own, old name first. */
static int channel_open(const struct dahdi *d, int t, int32_t number)
{
    char name[40];
    int fd = path_open(d, "channel");
    if (fd >= 0) {
        if (!ioctl(fd, XH_DAHDI_SPECIFY, &number))
            return fd;
        int error = errno;
        close(fd);
        return -error;
    }
    if (fd != -ENOENT)
        return fd;
    snprintf(name, sizeof name, "%d", number);
    fd = path_open(d, name);
    if (fd != -ENOENT)
        return fd;
    snprintf(name, sizeof name, "chan/%03d/%03d", d->number, t);
    return path_open(d, name);
}

/* How the channel is to work: law and blocks for voice; bits known from the start. */
static int channel_set_up(struct dahdi *d, struct channel *c, int t)
{
    int32_t on = 1, off = 0, law = d->law == 'U' ? XH_DAHDI_LAW_MULAW : XH_DAHDI_LAW_ALAW;
    if (d->hdlc_mask >> t & 1)
        return xh_dahdi_link_open(&d->span, t, c->sigtype == XH_DAHDI_SIG_MTP2);
    if (xh_dahdi_channel_frames(c))
        return 0;                               /* a link nobody has asked for yet */
    c->queue = malloc((size_t)(BLOCKS * d->block * c->width));
    if (!c->queue)
        return -ENOMEM;
    if (c->width > 1) {
        int size = d->block * c->width, number = BUFFER_SPACE / size;
        if (ioctl(c->fd, XH_DAHDI_AUDIOMODE, &off) || ioctl(c->fd, XH_DAHDI_BUFFER_EVENTS, &on))
            return -errno;
        return xh_dahdi_channel_buffers(c, number < BUFFERS ? number : BUFFERS, size);
    }
    if ((c->sigtype == XH_DAHDI_SIG_CLEAR && ioctl(c->fd, XH_DAHDI_AUDIOMODE, &on)) ||
        ioctl(c->fd, XH_DAHDI_SETLAW, &law) || ioctl(c->fd, XH_DAHDI_BUFFER_EVENTS, &on))
        return -errno;
    int r = xh_dahdi_channel_buffers(c, BUFFERS, d->block);
    if (!r && d->cas_mask >> t & 1)
        r = dahdi_bits(d, c);
    return r;
}

/* 0, also when dahdi_cfg has left the timeslot unused and nobody needs it for signalling */
static int slot_open(struct dahdi *d, int t)
{
    struct channel *c = &d->channel[t];
    int fd = channel_open(d, t, c->number);
    if (fd == -ENXIO && !((d->hdlc_mask | d->cas_mask) >> t & 1))
        return 0;
    if (fd < 0)
        return fd;
    c->fd = fd;
    return channel_set_up(d, c, t);
}

/* Where the channel of a timeslot stands: by itself, or in the bundle of an earlier one. */
static void slot_found(struct dahdi *d, int t, const struct xh_dahdi_channel *found)
{
    struct channel *c = &d->channel[t];
    int master = found->channo >> 16;
    c->number = found->channo & 0xffff;
    c->sigtype = found->sigtype;
    for (int m = 1; m < XH_TIMESLOTS && master && master != c->number; m++)
        if (d->channel[m].number == master) {
            d->channel[m].slots |= 1u << t;
            d->channel[m].width++;
            return;
        }
    c->slots = 1u << t;
    c->width = 1;
}

static int slots_open(struct dahdi *d)
{
    int opened = 0;
    for (int t = 1; t < XH_TIMESLOTS; t++) {
        const struct channel *c = &d->channel[t];
        if (!c->number)
            continue;
        opened++;
        for (int m = t + 1; m < XH_TIMESLOTS; m++)
            if (c->slots >> m & 1)
                d->channel[m].bundle = c->slots;
        int r = c->slots ? slot_open(d, t) : 0;
        if (r < 0)
            return r;
    }
    return opened ? dahdi_look(d) : -ENXIO;
}

/* All channels are asked where they are: the numbers of a span need not follow from those before it. */
static int dahdi_open(struct dahdi *d)
{
    int left = 0;
    struct xh_dahdi_spaninfo info = {.spanno = d->number};
    d->ctl = path_open(d, "ctl");
    if (d->ctl < 0)
        return d->ctl == -ENOENT ? -ENODEV : d->ctl;
    if (ioctl(d->ctl, XH_DAHDI_SPANSTAT, &info))
        return errno == EINVAL ? -ENXIO : -errno;
    left = info.totalchans;
    for (int number = 1; number < CHANNELS_MAX && left > 0; number++) {
        struct xh_dahdi_channel found = {.channo = number | XH_DAHDI_RETURN_MASTER};
        if (ioctl(d->ctl, XH_DAHDI_GET_PARAMS, &found) || found.spanno != d->number)
            continue;
        left--;
        if (found.chanpos < 1 || found.chanpos >= XH_TIMESLOTS || !found.sigtype)
            continue;
        slot_found(d, found.chanpos, &found);
    }
    return slots_open(d);
}

static int dahdi_start(struct xh_span *s)
{
    struct dahdi *d = dahdi_of(s);
    if (d->started && !d->gone)
        return 0;
    dahdi_close(d);
    d->gone = 0;
    int r = dahdi_open(d);
    for (int t = 1; t < XH_TIMESLOTS && !r; t++)        /* signalling that has no channel at all */
        if ((d->hdlc_mask | d->cas_mask) >> t & 1 && d->channel[t].fd < 0)
            r = -ENXIO;
    if (r < 0) {
        xh_dahdi_gone(d, -r);
        return r;
    }
    d->started = 1;
    d->st.error = 0;
    return 0;
}

static void dahdi_stop(struct xh_span *s)
{
    struct dahdi *d = dahdi_of(s);
    dahdi_close(d);
    d->started = 0;
    d->st.alarms = XH_ALARM_MISSING;
}

static void dahdi_status(struct xh_span *s, struct xh_span_status *out)
{
    const struct dahdi *d = dahdi_of(s);
    *out = d->st;
    out->running = (uint32_t)(d->started && !d->gone);
}

static void dahdi_free(struct xh_span *s)
{
    dahdi_close(dahdi_of(s));
    free(s);
}

static const struct xh_span_ops dahdi_ops = {
    .name = "dahdi", .start = dahdi_start, .stop = dahdi_stop, .read = dahdi_read, .write = dahdi_write,
    .link_open = xh_dahdi_link_open, .link_read = xh_dahdi_link_read, .link_write = xh_dahdi_link_write,
    .status = dahdi_status, .in_step = dahdi_in_step, .cas_write = dahdi_cas_write, .cas_read = dahdi_cas_read, .free = dahdi_free,
};

struct xh_span *xh_dahdi_new(const struct xh_dahdi_params *p, int *err)
{
    const char *root = p->root ? p->root : "/dev/dahdi";
    *err = EINVAL;
    if (p->span < 1 || p->block < 16 || p->block > BLOCK_MAX || (p->law != 'A' && p->law != 'U') ||
        strlen(root) >= ROOT_MAX || (p->hdlc_mask & p->cas_mask) || (p->hdlc_mask | p->cas_mask) & 1)
        return NULL;
    struct dahdi *d = calloc(1, sizeof *d);
    if (!d) {
        *err = ENOMEM;
        return NULL;
    }
    *err = 0;
    d->span = (struct xh_span){.ops = &dahdi_ops, .number = p->number, .idle = p->idle};
    d->number = p->span;
    d->block = p->block;
    d->law = p->law;
    d->hdlc_mask = p->hdlc_mask;
    d->cas_mask = p->cas_mask;
    d->reserve = p->block >= 80 ? 1 : 2;        /* blocks; a burst of the driver is 4 ms */
    d->ctl = -1;
    d->st.alarms = XH_ALARM_MISSING;
    strcpy(d->root, root);
    for (int t = 0; t < XH_TIMESLOTS; t++)
        d->channel[t].fd = -1;
    return &d->span;
}
