/* HDLC over a timeslot, bit by bit (ISO/IEC 13239; ITU-T Q.921 §2; octet counting and signal units: su.h).
 *
 * How: rx takes raw timeslot octets, MSB first, and returns one finished frame a call; tx gives raw
 * octets and takes frames into a small ring.  Bits of a frame's octets go LSB first.
 * FCS-16 is checked and cut by rx, made by tx.  No allocation; state is the caller's.
 * An idle line (the same octet over and over, wherever the flags lie in it) is skipped without looking at its bits. */
#ifndef XUNHU_HDLC_H
#define XUNHU_HDLC_H

#include <stddef.h>
#include <stdint.h>

#define XH_HDLC_MAX 300         /* octets of a frame without FCS */
#define XH_HDLC_MIN 3           /* the least: address and control of Q.921, or BSN, FSN, LI of Q.703 */
#define XH_HDLC_TX_RING 1024    /* octets; each frame takes its length + 4 */

struct xh_hdlc_bits {           /* where a receiver stands; also of su.h */
    uint16_t len;
    uint8_t ones, hunting, nbits, octet;
};

struct xh_hdlc_rx {
    struct xh_hdlc_bits bits;
    uint8_t last, steady;       /* the octet before, and: it changed nothing */
    uint8_t buf[XH_HDLC_MAX + 2];
    uint64_t frames, fcs_errors, aborts, too_long, too_short, not_octets;
};
void xh_hdlc_rx_init(struct xh_hdlc_rx *h);
/* Eat octets from in[*used..n); on a whole good frame copy it to frame (room octets) and return its
 * length; 0 when the input is used up.  Bad frames are counted in h and skipped; a frame that does not
 * fit in room counts as too long. */
int xh_hdlc_rx_octets(struct xh_hdlc_rx *h, const uint8_t *in, size_t n, size_t *used,
                      uint8_t *frame, size_t room);

struct xh_stuffer {             /* bits of the line that have not left; also of su.h */
    uint32_t acc;               /* the newest lowest */
    uint8_t nbits, ones;
};

struct xh_hdlc_tx {
    struct xh_stuffer bits;
    uint16_t head, used;        /* ring: where the next octet is taken, how many wait */
    uint16_t left;              /* octets of the frame under way, FCS included */
    uint8_t ring[XH_HDLC_TX_RING];
    uint64_t frames;
};
void xh_hdlc_tx_init(struct xh_hdlc_tx *h);
int xh_hdlc_tx_ready(const struct xh_hdlc_tx *h);               /* 1: a frame of any length may be put */
int xh_hdlc_tx_idle(const struct xh_hdlc_tx *h);                /* 1: nothing waits and no frame is under way */
/* 0; -EAGAIN no room now; -EMSGSIZE shorter than XH_HDLC_MIN or longer than XH_HDLC_MAX */
int xh_hdlc_tx_put(struct xh_hdlc_tx *h, const uint8_t *frame, size_t len);
void xh_hdlc_tx_octets(struct xh_hdlc_tx *h, uint8_t *out, size_t n);   /* flags when idle */

/* FCS-16 of n octets as it is sent, low octet first (ITU-T X.25 §2.2.7, Q.921 §2.7). */
uint16_t xh_hdlc_fcs(const uint8_t *data, size_t n);

#endif
