/* Codecs of RTP: one table row each, linear samples of 8 kHz on our side.
 *
 * Rows 0 and 1 are G.711 u-law and A-law (RFC 3551 §4.5.14); others stand in files of their own (rtp_codec_*.c), and are found by name or
 * static payload type. A row's functions work on a state that the caller owns: state_octets of memory aligned to 64, from open to close. Where
 * state_octets is 0 the state may be NULL. open and close may take memory (not in the tick); encode, decode and conceal take none,
 * but for libavcodec's (G.722, G.723.1), which give it back at once. One state
 * is one direction. Samples are of 8 kHz whatever the codec's own rate is; clock_hz is that of the RTP timestamps. */
#ifndef XUNHU_RTP_CODEC_H
#define XUNHU_RTP_CODEC_H
#include <stddef.h>
#include <stdint.h>

#define XH_RTP_DYNAMIC 255              /* no static payload type */
#define XH_RTP_SAMPLES_MAX 480          /* of a packet: 60 ms */
#define XH_RTP_PAYLOAD_MAX 1440         /* octets of a payload */

struct xh_rtp_codec_options {           /* of open; 0: the codec's default */
    int bits_per_second;
    int silence;                        /* encoder: its own DTX (Annex B and the like) may be used */
    int mode;                           /* of the codec: frame length, packing, complexity ... as its file says */
};

struct xh_rtp_codec {
    const char *name;                   /* encoding name as in a=rtpmap: "PCMU" */
    uint8_t dtx;                        /* 1: where it sends nothing its decoder makes the background by conceal, as long as it is asked */
    uint8_t payload_type;               /* RFC 3551 table 4, or XH_RTP_DYNAMIC */
    uint16_t frame;                     /* samples of 8 kHz of its smallest frame: 1 of G.711 */
    uint16_t ptime_ms;                  /* usual packet */
    uint32_t clock_hz;
    float ie, bpl;                      /* G.113 Appendix I: equipment impairment, robustness against loss (0: not known), for e_model.h */
    size_t state_octets;                /* the larger of both directions; 0: none */
    int (*open)(void *state, const struct xh_rtp_codec_options *options, int encoder);  /* 0 or -errno; may be NULL */
    void (*close)(void *state);         /* may be NULL */
    /* samples (a multiple of frame, at most XH_RTP_SAMPLES_MAX) to octets; 0: nothing is to be sent (DTX). -EINVAL, -ENOSPC. */
    int (*encode)(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples);
    /* Samples made of a payload, at most room; -EBADMSG: it is none of this codec's. */
    int (*decode)(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets);
    /* In the place of `samples`, one frame, that did not come; NULL: plc.h does it. */
    void (*conceal)(void *state, int16_t *out, size_t samples);
    /* Samples that decode would make of a payload, without a state; -EBADMSG. Of AMR, whose packing is not in the payload, what either makes. */
    int (*samples)(const uint8_t *payload, size_t octets);
    /* NULL: always. 0: what it needs is not on this machine (plug-ins). */
    int (*available)(void);
    /* Codecs whose receiver tells the sender how to code (AMR's CMR): what the far end asked last, -1 nothing; to be done by our encoder. NULL: no such. */
    int (*asked)(const void *decoder);
    void (*obey)(void *encoder, int asked);
};
enum { XH_RTP_AMR_OCTET_ALIGNED = 1 };  /* mode of AMR; else bandwidth-efficient (RFC 4867 §4.3) */

const struct xh_rtp_codec *xh_rtp_codec_at(size_t i);           /* NULL: there is no row i; 0 PCMU, 1 PCMA */
const struct xh_rtp_codec *xh_rtp_codec_named(const char *name, uint32_t clock_hz);     /* case does not matter; clock 0: any; NULL */
const struct xh_rtp_codec *xh_rtp_codec_static(int payload_type);       /* NULL: none of ours has it */
#endif
