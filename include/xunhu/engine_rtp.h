/* RTP lines of the media engine: what control and engine share of them (docs/rtp.md).
 *
 * A line is a port XH_TS_PORTS .. XH_LINE_PORTS-1. It is opened at a local address (XH_CMD_RTP_OPEN), told what may come (XH_CMD_RTP_RECEIVE) and
 * where to and how to send (XH_CMD_RTP_SEND); the last two may be said again at any time, each takes effect as a whole. Structs stand in
 * the payload of their command, octet for octet; all fields in the machine's order, addresses as on the wire. */
#ifndef XUNHU_ENGINE_RTP_H
#define XUNHU_ENGINE_RTP_H

#include <stdint.h>

#define XH_RTP_ACCEPTS 10               /* payload types of a line: XH_RTP_TYPES of rtp_receiver.h */
#define XH_SRTP_KEY_MAX 46              /* octets of a master key with its salt: AES_256_CM */

struct xh_rtp_address {                 /* 24 octets */
    uint8_t family;                     /* 0 none, 4, 6 */
    uint8_t reserved;
    uint16_t port;
    uint32_t scope;                     /* of link-local IPv6: interface */
    uint8_t ip[16];                     /* IPv4: the first four, the rest 0 */
};

enum {                                  /* RFC 4568 §6.2, RFC 6188, RFC 7714 */
    XH_SRTP_NONE, XH_SRTP_AES_CM_128_80, XH_SRTP_AES_CM_128_32, XH_SRTP_AES_256_CM_80, XH_SRTP_AES_256_CM_32, XH_SRTP_AEAD_AES_128_GCM,
    XH_SRTP_AEAD_AES_256_GCM, XH_SRTP_SUITES
};

struct xh_srtp_secret {
    uint8_t suite;                      /* XH_SRTP_* */
    uint8_t octets;                     /* of key, as the suite has them */
    uint8_t key[XH_SRTP_KEY_MAX];       /* master key, then master salt */
};

enum { XH_RTP_MUX = 1 /* RTCP over the same socket, RFC 5761 */, XH_RTP_NO_RTCP = 2, XH_RTP_XR = 4 /* RFC 3611 reports too */ };

struct xh_rtp_open {
    struct xh_rtp_address local;        /* port 0: any; RTCP has port + 1 */
    struct xh_rtp_address group;        /* multicast address that is joined, local's port and interface; family 0: none */
    uint32_t flags;                     /* XH_RTP_* */
    uint32_t silent_ms;                 /* XH_EV_RTP_SILENT when nothing has come for so long; 0: never */
    uint8_t tos, ttl;                   /* octet of DS field and ECN; hops of multicast, 0: 1 */
    uint8_t reserved[6];
    uint64_t seed;                      /* of SSRC, first sequence number and timestamp: of a good random source */
    char cname[64];                     /* RTCP's, NUL at the end */
};

enum {                                  /* whence packets are believed before one source is: see docs/rtp.md */
    XH_RTP_FROM_EXACT,                  /* the remote address and port */
    XH_RTP_FROM_HOST,                   /* any port of the remote address */
    XH_RTP_FROM_ANY,
};

struct xh_rtp_send {
    struct xh_rtp_address remote;       /* family 0: nothing is sent */
    struct xh_rtp_address remote_rtcp;  /* family 0: remote's port + 1, or remote where it is multiplexed */
    uint8_t codec;                      /* row of rtp_codec.h */
    uint8_t payload_type, key_type, noise_type;         /* RFC 4733, RFC 3389; 255: none */
    uint8_t ptime_ms;                   /* 10 to 60; 0: the codec's usual */
    uint8_t dtx;                        /* 1: comfort noise alone where nobody speaks; the codec's own DTX */
    uint8_t source;                     /* XH_RTP_FROM_* */
    uint8_t flags;                      /* XH_RTP_MUX, XH_RTP_XR: as agreed now */
    uint32_t key_clock_hz;              /* 0: 8000 */
    int32_t bits_per_second, mode;      /* of the codec: struct xh_rtp_codec_options */
    uint32_t reserved;
    struct xh_srtp_secret secret;       /* of what we send */
};

struct xh_rtp_accept {                  /* 16 octets */
    uint8_t payload_type, kind;         /* enum xh_rtp_kind of rtp_receiver.h */
    uint8_t codec, reserved;            /* sound: row of rtp_codec.h */
    uint32_t clock_hz;                  /* 0: the codec's, or 8000 */
    int32_t bits_per_second, mode;
};

struct xh_rtp_receive {
    uint8_t count;                      /* of accept, 0: nothing is heard */
    uint8_t adaptive;                   /* jitter buffer: struct xh_jitter_params; start_ms 0: all as XH_JITTER_DEFAULTS */
    uint16_t fixed_ms, min_ms, max_ms, start_ms, late_cost_ms;
    uint32_t reserved;
    struct xh_rtp_accept accept[XH_RTP_ACCEPTS];
    struct xh_srtp_secret secret;       /* of what comes */
};

struct xh_rtp_dtls {                    /* keys are agreed by DTLS (dtls_srtp.h): no sound goes or is taken before */
    uint8_t client;                     /* 1: we begin (a=setup:active of ours) */
    uint8_t hash, octets;               /* enum xh_dtls_hash; of the far end's fingerprint */
    uint8_t reserved;
    uint32_t suites;                    /* bits of XH_SRTP_*; 0: all that DTLS has */
    uint8_t fingerprint[64];
};

enum { XH_RTP_SENDS = 1, XH_RTP_HEARS = 2 };    /* XH_CMD_RTP_DIRECTION: both when it is opened */

enum {                                  /* state of a row */
    XH_RTP_STATE_OPEN = 1, XH_RTP_STATE_SENDS = 2, XH_RTP_STATE_HEARS = 4, XH_RTP_STATE_HEARD = 8 /* a source is believed */,
    XH_RTP_STATE_LOCKED = 16 /* its address too */, XH_RTP_STATE_SECURE = 32, XH_RTP_STATE_SILENT = 64, XH_RTP_STATE_BYE = 128,
    XH_RTP_STATE_NOISE = 256 /* comfort noise is heard */, XH_RTP_STATE_SENDING = 512 /* XH_CMD_RTP_SEND has been said */,
    XH_RTP_STATE_MUX = 1024,
};

/* One row a line in shared memory, written by the engine about twice a second and when its state changes. Counters since it was opened. */
struct xh_rtp_row {                     /* 256 octets */
    uint32_t sequence;                  /* odd while the engine writes the row */
    uint32_t state;                     /* XH_RTP_STATE_* */
    struct xh_rtp_address local, remote;        /* remote: where we send, the learnt source when there is one */
    uint32_t ssrc, remote_ssrc;
    uint8_t codec, payload_type;        /* sent: row, 255 none */
    uint8_t remote_codec, remote_type;  /* newest heard; 255 none */
    uint8_t ptime_ms, source;
    uint8_t reserved[2];
    uint64_t packets, octets, send_failed;      /* sent; datagrams the system did not take */
    uint64_t remote_packets, remote_octets;     /* valid */
    uint64_t late, early, duplicates, reordered, invalid;       /* see struct xh_rtp_receiver_stats */
    uint64_t strange;                   /* from elsewhere than the source may be: rejected */
    uint64_t unauthentic;               /* SRTP: authentication failed, or repeated */
    uint64_t concealed;                 /* samples */
    int32_t lost, remote_lost;          /* RFC 3550: of what we hear; of what they hear, by their reports */
    uint32_t jitter_us, remote_jitter_us;
    uint16_t delay_ms, wanted_ms;       /* of our jitter buffer; what it would be */
    uint16_t round_trip_ms;             /* 0 not known */
    uint16_t loss_x10000;               /* share of what we hear that was not played */
    int16_t skew_ppm;
    uint16_t mos_in_x100, mos_out_x100; /* E-model: what we hear; what they hear, 0 not known */
    uint16_t r_in_x10, r_out_x10;
    uint16_t reserved2[3];
    uint64_t reserved3[5];
};

#endif
