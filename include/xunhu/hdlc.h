/* HDLC over a timeslot, bit by bit (ISO/IEC 13239; ITU-T Q.921 §2, Q.703 §2-3 with `octet counting` left to mtp2).
 *
 * How: rx takes raw timeslot octets, MSB first, and returns one finished frame a call; tx gives raw
 * octets and asks for frames through a pending buffer.  Bits of a frame's octets go LSB first.
 * FCS-16 is checked and cut by rx, made by tx.  No allocation; state is the caller's. */
#ifndef XUNHU_HDLC_H
#define XUNHU_HDLC_H

#include <stddef.h>
#include <stdint.h>

#define XH_HDLC_MAX 300         /* octets of a frame without FCS */

struct xh_hdlc_rx {
    uint32_t shift;
    uint16_t fcs;
    uint8_t ones, hunting, nbits, octet;
    uint16_t len;
    uint8_t buf[XH_HDLC_MAX + 2];
    uint64_t frames, fcs_errors, aborts, too_long, too_short, not_octets;
};
void xh_hdlc_rx_init(struct xh_hdlc_rx *h);
/* Eat octets from in[*used..n); on a whole good frame copy it to frame (room octets) and return its
 * length; 0 when the input is used up.  Bad frames are counted in h and skipped. */
int xh_hdlc_rx_octets(struct xh_hdlc_rx *h, const uint8_t *in, size_t n, size_t *used,
                      uint8_t *frame, size_t room);

struct xh_hdlc_tx {
    uint32_t bits;              /* bits waiting to go out, LSB first */
    uint8_t nbits, ones, state;
    uint16_t len, pos, fcs;
    uint8_t buf[XH_HDLC_MAX + 2];
    uint64_t frames;
};
void xh_hdlc_tx_init(struct xh_hdlc_tx *h);
int xh_hdlc_tx_ready(const struct xh_hdlc_tx *h);               /* 1: a frame may be put */
int xh_hdlc_tx_put(struct xh_hdlc_tx *h, const uint8_t *frame, size_t len);     /* 0, -EAGAIN, -EMSGSIZE */
void xh_hdlc_tx_octets(struct xh_hdlc_tx *h, uint8_t *out, size_t n);   /* flags when idle */

#endif
