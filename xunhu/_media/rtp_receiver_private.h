/* What the files of the RTP receiver share: rtp_receiver.c takes packets, rtp_receiver_play.c makes sound of them, rtp_receiver_follow.c keeps
 * the delay right, rtp_receiver_stats.c counts. */
#ifndef XUNHU_RTP_RECEIVER_PRIVATE_H
#define XUNHU_RTP_RECEIVER_PRIVATE_H
#include "xunhu/rtp_receiver.h"

#define RATE 8                          /* samples a ms */
#define SILENT XH_PLC_SILENT            /* samples of hole after which nothing is heard of it */

/* Delay with which the next sample of the queue is played: transit of a packet that comes just in time for it. */
static inline uint32_t xh_rtp_delay(const struct xh_rtp_receiver *r)
{
    return r->now - (r->next - r->queued);
}

/* Delay that there should be. A slow sender's packets come later and later, and all of a sudden a tick too late: that is waited for. */
static inline uint32_t xh_rtp_wanted(const struct xh_rtp_receiver *r)
{
    return r->jitter.wanted + r->margin;
}

/* What is missing now is heard as silence or comfort noise: time may be put in or left out. */
static inline int xh_rtp_is_silence(const struct xh_rtp_receiver *r)
{
    return r->noising || r->gone >= SILENT;
}

int xh_rtp_fetch(struct xh_rtp_receiver *r);    /* what comes next is decoded into the queue: 1; 0: it is not there */
void xh_rtp_follow(struct xh_rtp_receiver *r, size_t n);
void xh_rtp_bursts_received(struct xh_rtp_bursts *b);
void xh_rtp_bursts_lost(struct xh_rtp_bursts *b);
void xh_rtp_skew(struct xh_rtp_receiver *r, uint64_t arrival_ns, uint64_t place);
#endif
