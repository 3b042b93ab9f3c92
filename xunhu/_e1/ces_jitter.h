/* CESoPSN packets and the jitter buffer (ces_jitter.c); no sockets and no clock here.
 *
 * What it does: turns packets, as they come, into blocks of timeslot octets at the pace of the reader.
 * How: packet number u (16-bit sequence unwrapped) holds the E1 frames u*F .. u*F+F-1 of a stream; frames lie in a
 * ring at their number.  `play` is the next frame to be given out.  Playing begins when enough lies ahead of it,
 * stops when nothing does (then what comes next is waited for again, not thrown away). */
#ifndef XUNHU_CES_JITTER_H
#define XUNHU_CES_JITTER_H

#include "xunhu/span.h"

#define XH_CES_FRAME 31                         /* octets of an E1 frame in a packet: timeslots 1..31 */
#define XH_CES_HEADER 4                         /* control word */
#define XH_CES_RTP 12
#define XH_CES_FRAMES_MIN 8
#define XH_CES_FRAMES_MAX 40
#define XH_CES_PACKET_MAX (XH_CES_RTP + XH_CES_HEADER + XH_CES_FRAMES_MAX * XH_CES_FRAME)
#define XH_CES_BLOCK_MAX XH_BLOCK_MAX           /* frames a read or write */
#define XH_CES_LOS_FRAMES 800                   /* 100 ms without a packet */

struct xh_ces_packet {
    uint16_t sequence;
    uint8_t l, r, m;
    const uint8_t *payload;                     /* F * 31 octets; NULL: left out (only with L) */
};

/* What stands in a packet of `frames` E1 frames; 0 or -EBADMSG. */
int xh_ces_packet_parse(struct xh_ces_packet *p, const uint8_t *data, size_t len, int frames, int rtp);

struct xh_ces_jitter {
    int frames;                                 /* F, E1 frames a packet */
    int target;                                 /* frames that lie ahead when playing begins */
    uint8_t idle;
    uint32_t mask;                              /* ring size - 1, in frames */
    uint8_t *ring;                              /* 32 octets a frame, octet t = timeslot t */
    uint8_t *have;                              /* 1: the frame is there */
    uint8_t last[XH_TIMESLOTS];                 /* the last frame played, to conceal with */

    int based, playing, los, l_bit, r_bit;
    int64_t newest;                             /* number of the newest packet */
    int64_t play;                               /* number of the next frame to play */
    int64_t floor;                              /* frames before this one have been played */
    int64_t lost_packet;                        /* the last one counted as lost */
    uint64_t seen;                              /* bit k: packet newest - k has come */
    uint16_t stray_next;                        /* packets out of all order: the one that would go on */
    int stray_run;
    int silent;                                 /* frames read since a packet came */
    int missing_run;                            /* frames concealed in a row */
    uint64_t missing[XH_CES_BLOCK_MAX / 64];    /* as in struct xh_span */
    int window, least;                          /* drift: frames watched so far, the least that lay ahead */

    uint64_t frames_rx, lost, late, reordered, duplicated, underruns, overruns, slips;
};

/* Allocates the ring: 0 or -ENOMEM.  target: frames. */
int xh_ces_jitter_init(struct xh_ces_jitter *j, int frames, int target, uint8_t idle);
void xh_ces_jitter_release(struct xh_ces_jitter *j);
void xh_ces_jitter_reset(struct xh_ces_jitter *j);      /* as at the start: LOS; counters stay */
void xh_ces_jitter_put(struct xh_ces_jitter *j, const struct xh_ces_packet *p);
/* The next `frames` (1..XH_CES_BLOCK_MAX) of every timeslot; those not in mask are idle. */
void xh_ces_jitter_get(struct xh_ces_jitter *j, uint8_t *octets, size_t stride, int frames, uint32_t mask);
uint32_t xh_ces_jitter_alarms(const struct xh_ces_jitter *j);

#endif
