/* What dahdi.c (voice, alarms, bits) and dahdi_link.c (signalling channels) of one span share. */
#ifndef XUNHU_DAHDI_PRIVATE_H
#define XUNHU_DAHDI_PRIVATE_H

#include "span_private.h"

#define ROOT_MAX 200

struct channel {
    int fd;                             /* -1: timeslot without a channel */
    int number, sigtype, hdlc;
    uint32_t slots;                     /* timeslots of it: more than one in a bundle; 0 where it belongs to another's */
    int width;                          /* how many */
    uint32_t bundle;                    /* of a timeslot in another's bundle: those of the bundle */
    int receiving, sending, primed;     /* in the engine's mask; its queue has been filled */
    int refill;                         /* idle blocks to be sent ahead of the next one */
    int bad;                            /* frames dropped by the driver, not yet told */
    int cas_rx;                         /* 0..15, -1 not known */
    int level;
    uint8_t *queue;                     /* BLOCKS of a tick, of all its timeslots */
};

struct dahdi {
    struct xh_span span;
    int number, block, law, ctl, started, gone, since_look, reserve;
    uint32_t hdlc_mask, cas_mask;
    char root[ROOT_MAX];
    struct channel channel[XH_TIMESLOTS];
    struct xh_span_status st;
};

static inline struct dahdi *dahdi_of(struct xh_span *s)
{
    return (struct dahdi *)s;
}

/* The device is no longer there; everything is closed at once, for a removed device makes each call wait.  -error. */
int xh_dahdi_gone(struct dahdi *d, int error);

/* Octets, 0 for none now, -errno.  The channel's events are taken care of. */
int xh_dahdi_channel_read(struct dahdi *d, struct channel *c, uint8_t *to, size_t room);
int xh_dahdi_channel_write(struct dahdi *d, struct channel *c, const uint8_t *from, size_t n);

/* Buffers of the driver each way, in octets; 0 or -errno. */
int xh_dahdi_channel_buffers(const struct channel *c, int number, int size);

/* The open channel of a timeslot, or NULL. */
struct channel *xh_dahdi_slot(struct dahdi *d, int timeslot);

/* 1: dahdi_cfg has made it a signalling channel */
int xh_dahdi_channel_frames(const struct channel *c);

/* As in struct xh_span_ops. */
int xh_dahdi_link_open(struct xh_span *s, int timeslot, int mtp2);
int xh_dahdi_link_read(struct xh_span *s, int timeslot, uint8_t *frame, size_t room);
int xh_dahdi_link_write(struct xh_span *s, int timeslot, const uint8_t *frame, size_t len);

#endif
