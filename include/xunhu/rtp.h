/* RTP packets (RFC 3550 §5.1) and the source that sends them (§6.4, Appendix A.1, A.3, A.8).
 *
 * What does it do: takes a packet apart, or puts one together; keeps of one source which packets have come: sequence numbers extended to
 * 32 bits, probation, restarts, loss, interarrival jitter. How do I use it: xh_rtp_parse of what came (after SRTP), xh_rtp_source_update
 * of its sequence number. Any octets may be parsed; nothing is read beyond what is given. No clock, no memory is taken. */
#ifndef XUNHU_RTP_H
#define XUNHU_RTP_H
#include <stddef.h>
#include <stdint.h>

#define XH_RTP_HEADER 12                /* octets without CSRC and extension */
#define XH_RTP_PACKET_MAX 1500          /* octets of a packet that is looked at */
#define XH_RTP_TYPE_CN 13               /* RFC 3389 §4: static payload type of comfort noise at 8 kHz */

struct xh_rtp_header {
    uint8_t payload_type;               /* 0 to 127 */
    uint8_t marker;                     /* 0, 1 */
    uint8_t csrcs;                      /* 0 to 15, left out of the payload */
    uint8_t padding;                    /* octets of it at the end, left out of the payload */
    uint16_t sequence;
    uint16_t extension_profile;         /* "defined by profile" of the header extension; 0 and length 0: there is none */
    uint32_t timestamp, ssrc;
    uint32_t extension, extension_octets;       /* offset in the packet and length */
    uint32_t payload, payload_octets;   /* offset in the packet and length; the length may be 0 */
};

/* 0; -EBADMSG: not version 2, too short for what it says of itself, or padding of 0 or more than there is. */
int xh_rtp_parse(struct xh_rtp_header *h, const uint8_t *packet, size_t octets);
/* The twelve octets of a header without CSRC, extension and padding. */
void xh_rtp_build(uint8_t packet[XH_RTP_HEADER], int payload_type, int marker, uint16_t sequence, uint32_t timestamp, uint32_t ssrc);
/* RFC 5761 §4: 1 when what came where both are received is RTCP (second octet 192 to 223), else 0. */
int xh_rtp_is_rtcp(const uint8_t *packet, size_t octets);

#define XH_RTP_SEQUENTIAL 2             /* A.1: packets in order before a source is believed */
#define XH_RTP_DROPOUT 3000             /* a jump ahead by so many is taken as loss */
#define XH_RTP_MISORDER 100             /* packets so many late are taken as late; what is older, twice in order, is a restart */

enum xh_rtp_verdict {                   /* of one sequence number */
    XH_RTP_VALID,
    XH_RTP_PROBATION,                   /* not believed yet; it may be kept, not counted */
    XH_RTP_RESTARTED,                   /* valid; the source has begun anew with other numbers: what came before is over */
    XH_RTP_WILD,                        /* a jump that nothing has confirmed: to be left out */
};

struct xh_rtp_source {
    uint32_t ssrc;
    uint16_t max_seq;                   /* highest sequence number seen */
    uint16_t probation;                 /* packets in order still wanted */
    uint32_t cycles;                    /* 65536 times how often it has gone round */
    uint32_t base_seq, bad_seq;
    uint32_t received;
    uint32_t expected_prior, received_prior;
    int64_t transit;                    /* arrival less timestamp of the packet before, in 1/16 of clock ticks */
    uint32_t jitter;                    /* A.8, in 1/16 of clock ticks of the timestamp */
    uint32_t timed;                     /* 1: transit is of a packet */
};

void xh_rtp_source_init(struct xh_rtp_source *s, uint32_t ssrc, uint16_t sequence);     /* before the update of its first packet */
enum xh_rtp_verdict xh_rtp_source_update(struct xh_rtp_source *s, uint16_t sequence);
/* Interarrival jitter; not of packets that repeat a timestamp (RFC 4733 updates). clock_hz 1 to 192000. */
void xh_rtp_source_arrived(struct xh_rtp_source *s, uint32_t timestamp, uint64_t arrival_ns, uint32_t clock_hz);
uint32_t xh_rtp_source_highest(const struct xh_rtp_source *s);          /* extended */
int32_t xh_rtp_source_lost(const struct xh_rtp_source *s);              /* cumulative, held to 24 bits; negative: duplicates */
/* The fraction lost (1/256) since the last call (A.3). */
uint8_t xh_rtp_source_fraction(struct xh_rtp_source *s);
#endif
