/* RTP sender of one stream: sound of 8 kHz in at each tick, packets out.
 *
 * What does it do: collects a packet's time (10 to 60 ms), encodes it (rtp_codec.h), numbers and stamps it; marker on the first packet after
 * silence; keys by RFC 4733 in the place of sound (rtp_event.h); optionally nothing but SIDs (RFC 3389) where nobody speaks. SSRC, first
 * sequence number and first timestamp come of the seed.
 *
 * How do I use it: init, then at each tick xh_rtp_sender_write and xh_rtp_sender_packet until it returns 0. While nothing is to be sent (hold)
 * xh_rtp_sender_pass in the place of write: time goes on. One owner; the encoder's state is the caller's; no memory is taken. */
#ifndef XUNHU_RTP_SENDER_H
#define XUNHU_RTP_SENDER_H
#include "xunhu/cng.h"
#include "xunhu/rtp.h"
#include "xunhu/rtp_codec.h"
#include "xunhu/rtp_event.h"

#define XH_RTP_NO_TYPE 255

struct xh_rtp_sender_params {
    const struct xh_rtp_codec *codec;
    void *state;                        /* its encoder, opened by the caller */
    uint8_t payload_type;
    uint8_t key_type;                   /* RFC 4733; XH_RTP_NO_TYPE: none */
    uint8_t noise_type;                 /* RFC 3389; XH_RTP_NO_TYPE: none */
    uint8_t dtx;                        /* 1: SIDs in silence, where noise_type is there */
    uint16_t ptime_ms;                  /* 10 to 60, whole frames of the codec; 0: the codec's usual */
    uint32_t key_clock_hz;              /* 0: 8000 */
};

struct xh_rtp_sender {
    struct xh_rtp_sender_params params;
    uint32_t ssrc;
    uint32_t first_timestamp;
    uint16_t sequence;                  /* of the next packet */
    uint16_t filled;                    /* samples of pending */
    uint16_t packet;                    /* samples of a packet */
    uint8_t marker;                     /* the next packet of sound has it */
    uint8_t silent;                     /* nothing was sent of the last packet's time */
    uint64_t now;                       /* samples that have been written or passed */
    uint64_t begun;                     /* of them: first of pending */
    uint64_t packets, octets;           /* sent, payload alone: as in SR */
    uint32_t last_timestamp;            /* of the newest packet of sound */
    uint64_t last_at;                   /* now of that */
    struct xh_rtp_dialing dialing;
    struct xh_dtx dtx;
    uint8_t voice;                      /* of what is pending: somebody spoke */
    int16_t pending[XH_RTP_SAMPLES_MAX];
};

int xh_rtp_sender_init(struct xh_rtp_sender *s, const struct xh_rtp_sender_params *params, uint64_t seed);      /* 0, -EINVAL */
/* Other codec, types or packet time from the next packet on; SSRC, numbers and time go on. 0, -EINVAL: nothing has changed. */
int xh_rtp_sender_set(struct xh_rtp_sender *s, const struct xh_rtp_sender_params *params);
/* n samples, 1 to 160; voice: 1 somebody speaks in them (dtx alone looks at it). */
void xh_rtp_sender_write(struct xh_rtp_sender *s, const int16_t *in, size_t n, int voice);
void xh_rtp_sender_pass(struct xh_rtp_sender *s, size_t n);     /* n samples of time in which no sound is sent; keys are */
/* Octets of a packet that is to be sent now, 0: none. room: XH_RTP_HEADER + XH_RTP_PAYLOAD_MAX is always enough; -ENOSPC: it was not. */
int xh_rtp_sender_packet(struct xh_rtp_sender *s, uint8_t *packet, size_t room);
int xh_rtp_sender_digits(struct xh_rtp_sender *s, const char *digits, size_t n, int on_ms, int off_ms);        /* 0, -EINVAL, -ENOSPC, -ENOTSUP: no key_type */
void xh_rtp_sender_digits_stop(struct xh_rtp_sender *s);
int xh_rtp_sender_dialing(const struct xh_rtp_sender *s);       /* 1: digits are waiting or being sent */
uint32_t xh_rtp_sender_timestamp(const struct xh_rtp_sender *s);        /* of this moment: SR's RTP timestamp */
#endif
