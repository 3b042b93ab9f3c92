/* RTCP: RFC 3550 §6 (SR, RR, SDES, BYE) and RFC 3611 (XR: receiver reference time, DLRR, VoIP metrics), of one RTP session of two parties.
 *
 * What does it do: takes compound packets apart, builds them, says when the next is due (§6.3, A.7, randomised by the seed), and works out round trip
 * times from LSR and DLSR, or from the reference time of XR where the far end sends no sound. How do I use it: xh_rtcp_init, xh_rtcp_receive of what
 * comes, xh_rtcp_send when `due` is reached, xh_rtcp_bye at the end. Any octets may be received. Times: `now` ns of a steady clock; `ntp` the
 * 64 bit NTP timestamp of the same moment. No clock, no memory is taken. */
#ifndef XUNHU_RTCP_H
#define XUNHU_RTCP_H
#include <stddef.h>
#include <stdint.h>

#include "xunhu/rtp_receiver.h"
#include "xunhu/rtp_sender.h"

enum { XH_RTCP_SR = 200, XH_RTCP_RR = 201, XH_RTCP_SDES = 202, XH_RTCP_BYE = 203, XH_RTCP_APP = 204, XH_RTCP_XR = 207 };
enum { XH_XR_REFERENCE_TIME = 4, XH_XR_DLRR = 5, XH_XR_VOIP = 7 };
#define XH_RTCP_CNAME 64                /* octets of a CNAME that are kept */
#define XH_RTCP_ROOM 256                /* enough for any packet that is built here */

struct xh_rtcp_report {                 /* §6.4.1, a report block */
    uint32_t ssrc;
    uint8_t fraction;                   /* lost, 1/256 */
    int32_t lost;                       /* cumulative, 24 bits with sign */
    uint32_t highest, jitter, lsr, dlsr;
};

struct xh_rtcp_sender_info {
    uint64_t ntp;
    uint32_t timestamp, packets, octets;
};

struct xh_rtcp_voip {                   /* RFC 3611 §4.7; fields as on the wire */
    uint32_t ssrc;
    uint8_t loss_rate, discard_rate, burst_density, gap_density;
    uint16_t burst_ms, gap_ms, round_trip_ms, end_system_ms;
    int8_t signal_dbm0, noise_dbm0;
    uint8_t rerl, gmin, r_factor, ext_r_factor, mos_lq, mos_cq;        /* 127: not known; MOS times 10 */
    uint8_t rx_config;
    uint16_t jb_nominal, jb_maximum, jb_abs_max;
};

struct xh_rtcp_text {                   /* SDES, §6.5; item 1: CNAME */
    uint8_t item, octets;
    const uint8_t *text;                /* in the packet */
};

struct xh_rtcp_reason {                 /* BYE; octets 0: none is given */
    const uint8_t *text;
    uint8_t octets;
};

struct xh_rtcp_dlrr {
    uint32_t ssrc, lrr, dlrr;
};

union xh_rtcp_what {
    struct xh_rtcp_sender_info sender;  /* SR */
    struct xh_rtcp_report report;       /* RR */
    struct xh_rtcp_text text;           /* SDES */
    struct xh_rtcp_reason bye;          /* BYE */
    uint64_t reference;                 /* XR 4: NTP timestamp */
    struct xh_rtcp_dlrr dlrr;           /* XR 5 */
    struct xh_rtcp_voip voip;           /* XR 7 */
};

struct xh_rtcp_item {                   /* what a compound packet says, one thing at a time */
    uint8_t kind;                       /* XH_RTCP_*; RR: one of what an SR or RR reports; of XR the block's kind is in `block` */
    uint8_t block;
    uint32_t ssrc;                      /* who says it */
    union xh_rtcp_what u;
};

struct xh_rtcp_reader {
    const uint8_t *at, *end;            /* of packets not begun */
    const uint8_t *part, *part_end;     /* of the one that is being read */
    uint32_t ssrc;                      /* who says it */
    uint8_t kind, left;                 /* left: reports, chunks or sources to come */
    uint8_t chunk;                      /* 1: within a chunk of SDES */
};

/* A.2: 1 when the octets are a compound packet: version 2, lengths that add up, first SR or RR without padding (reduced: RFC 5506, any first),
 * padding in the last alone. */
int xh_rtcp_is_valid(const uint8_t *packet, size_t octets, int reduced);
void xh_rtcp_read(struct xh_rtcp_reader *r, const uint8_t *packet, size_t octets);      /* of a valid one */
int xh_rtcp_next(struct xh_rtcp_reader *r, struct xh_rtcp_item *item);          /* 1, or 0: that was all. Damaged parts are passed over */

/* Builders: octets written at `out`, 0: no room. */
size_t xh_rtcp_build_report(uint8_t *out, size_t room, uint32_t ssrc, const struct xh_rtcp_sender_info *sender /* NULL: RR */,
                            const struct xh_rtcp_report *reports, int count /* 0 to 31 */);
size_t xh_rtcp_build_cname(uint8_t *out, size_t room, uint32_t ssrc, const char *cname, size_t n);
size_t xh_rtcp_build_bye(uint8_t *out, size_t room, uint32_t ssrc, const char *reason, size_t n);
size_t xh_rtcp_build_reference_time(uint8_t *out, size_t room, uint32_t ssrc, uint64_t ntp);
size_t xh_rtcp_build_dlrr(uint8_t *out, size_t room, uint32_t ssrc, uint32_t of, uint32_t lrr, uint32_t dlrr);
size_t xh_rtcp_build_voip(uint8_t *out, size_t room, uint32_t ssrc, const struct xh_rtcp_voip *v);

struct xh_rtcp_params {
    uint32_t ssrc;                      /* ours: the sender's */
    uint32_t interval_ms;               /* §6.2: least, before randomisation; 0: 5000 */
    uint8_t xr;                         /* 1: VoIP metrics and reference time are sent */
    uint8_t reduced;                    /* RFC 5506: packets without SR or RR in front are taken */
    char cname[XH_RTCP_CNAME];          /* NUL at the end where it is shorter */
};

struct xh_rtcp {
    struct xh_rtcp_params params;
    uint64_t seed;
    uint64_t due;                       /* ns: when the next packet is to be sent */
    uint32_t sent, received, invalid;   /* packets */
    uint32_t octets_mean;               /* of packets with IP and UDP, avg_rtcp_size of §6.3.3, 1/16 octets */
    uint32_t packets_prior;             /* of the sender at the last report */
    uint8_t heard, ended;               /* something came; BYE came */
    uint32_t peer;                      /* SSRC of what came last */
    uint32_t lsr;                       /* middle 32 bits of the last SR's NTP timestamp */
    uint64_t lsr_at;                    /* ns: when it came; 0: none did */
    uint32_t lrr;                       /* the same of the last reference time */
    uint64_t lrr_at;
    struct xh_rtcp_sender_info theirs;  /* of the last SR */
    struct xh_rtcp_report report;       /* of our stream, as they have it */
    uint8_t reported;                   /* report is one */
    uint8_t voip_known;
    struct xh_rtcp_voip voip;           /* their VoIP metrics of our stream */
    uint32_t round_trip;                /* 1/65536 s; of the newest report */
    uint32_t round_trip_least, round_trip_most;
    uint32_t round_trips;               /* how many have been measured */
};

void xh_rtcp_init(struct xh_rtcp *c, const struct xh_rtcp_params *params, uint64_t seed, uint64_t now);
/* ntp: of `now`. 0, -EBADMSG: no compound packet of RTCP. */
int xh_rtcp_receive(struct xh_rtcp *c, const uint8_t *packet, size_t octets, uint64_t now, uint64_t ntp);
/* The packet of this moment; sets the next `due`. Octets; -ENOSPC. */
int xh_rtcp_send(struct xh_rtcp *c, struct xh_rtp_receiver *rx, const struct xh_rtp_sender *tx, uint64_t now, uint64_t ntp, uint8_t *packet, size_t room);
int xh_rtcp_bye(struct xh_rtcp *c, struct xh_rtp_receiver *rx, const struct xh_rtp_sender *tx, uint64_t now, uint64_t ntp, const char *reason,
                uint8_t *packet, size_t room);
float xh_rtcp_round_trip_ms(const struct xh_rtcp *c);   /* 0: not known */

struct xh_rtp_quality {                 /* E-model, live */
    float r_in, mos_in;                 /* of what we hear */
    float r_out, mos_out;               /* of what they hear, by their reports; 0: they have made none */
    float delay_ms;                     /* one way, mouth to ear, of what we hear */
};
/* ptime_ms: of the packets that come. */
void xh_rtcp_quality(const struct xh_rtcp *c, const struct xh_rtp_receiver_stats *rx, const struct xh_rtp_codec *sent, float ptime_ms,
                     struct xh_rtp_quality *q);
#endif
