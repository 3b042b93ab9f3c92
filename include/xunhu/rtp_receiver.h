/* RTP receiver of one stream: packets in as they come, sound of 8 kHz out at each tick.
 *
 * What does it do: RFC 3550 validity, order, probation, change of source; jitter buffer (jitter_buffer.h), decoding by the table of
 * payload types (rtp_codec.h), concealment of what is lost (the codec's own, or plc.h), comfort noise (RFC 3389, cng.h), keys (RFC 4733,
 * rtp_event.h); follows the sender's clock; counts for RTCP, XR and the E-model.
 *
 * How it follows the clock: sound is played with a delay; the jitter buffer says which is right. Where the delay is too long, one pitch period is
 * left out, where it is too short one is said twice, joined by overlap-add where sound resembles itself, best in a pause (docs/rtp-kernels.md);
 * in comfort noise, and in the silence of a sender that stops, it is put right at once. A packet that comes too late for a delay that ought
 * to be longer makes it longer at once: it is played.
 *
 * How do I use it: init, accept for each payload type, then xh_rtp_receiver_packet for what comes (after SRTP, RTCP sorted out) and
 * xh_rtp_receiver_read at each tick, always. Keys are taken after either. One owner. The engine's clock is the samples read. States
 * of codecs are the caller's. No memory is taken, no clock is looked at. */
#ifndef XUNHU_RTP_RECEIVER_H
#define XUNHU_RTP_RECEIVER_H
#include "xunhu/cng.h"
#include "xunhu/jitter_buffer.h"
#include "xunhu/plc.h"
#include "xunhu/rtp.h"
#include "xunhu/rtp_codec.h"
#include "xunhu/rtp_event.h"

#define XH_RTP_TYPES 10                 /* payload types of one stream */
#define XH_RTP_QUEUE 640                /* decoded samples waiting */

enum xh_rtp_kind { XH_RTP_AUDIO, XH_RTP_NOISE, XH_RTP_KEY };

struct xh_rtp_type {
    const struct xh_rtp_codec *codec;   /* AUDIO */
    void *state;                        /* its decoder, opened by the caller; NULL where the codec has none */
    uint32_t clock_hz;
    uint8_t payload_type, kind;
};

enum xh_rtp_taken {                     /* what has become of a packet */
    XH_RTP_KEPT,                        /* to be played; or a key, or noise */
    XH_RTP_LATE,                        /* its time is over */
    XH_RTP_DUPLICATE,
    XH_RTP_UNKNOWN_TYPE,                /* no such payload type was accepted */
    XH_RTP_UNPLAYABLE,                  /* wild sequence number; a payload that is none of its codec's; too long */
};

struct xh_rtp_receiver_params {
    struct xh_jitter_params jitter;
    uint32_t seed;                      /* of comfort noise */
};

struct xh_rtp_bursts {                  /* RFC 3611 Appendix A.2, Gmin 16 */
    uint32_t packets, lost, since;      /* lost: since the last Gmin packets in a row that came */
    uint32_t c11, c13, c14, c22, c23, c33;
    uint32_t losses, runs;              /* all packets that did not come in time; how often it was one or several in a row */
};

struct xh_rtp_receiver_stats {
    uint32_t ssrc;
    uint8_t heard;                      /* 1: a source has been believed */
    uint8_t payload_type;               /* of the newest sound; 255 none */
    uint8_t noise;                      /* 1: comfort noise is made now */
    uint8_t fixed;                      /* 1: fixed buffer */
    uint64_t packets, octets;           /* valid, of payload; of all sources since reset */
    uint64_t late, early;               /* thrown away: too late; pushed out of a full buffer */
    uint64_t duplicates, reordered, invalid, unknown;
    uint64_t conceals;                  /* holes */
    uint64_t concealed;                 /* samples made up in them */
    uint64_t played;                    /* samples of sound that came */
    uint64_t left_out, said_twice;      /* samples, to follow clock and delay */
    uint32_t splices;                   /* how often */
    uint32_t sources;                   /* changes of source */
    uint32_t silent;                    /* samples read since the last valid packet of any kind */
    int32_t lost;                       /* cumulative, RFC 3550 */
    uint32_t highest;                   /* extended sequence number */
    uint32_t jitter;                    /* clock ticks of the timestamp, RFC 3550 */
    float jitter_ms;
    float delay_ms;                     /* from a packet's coming (the quickest of them) to its being played */
    float wanted_ms;                    /* what the jitter buffer would have it be */
    float skew_ppm;                     /* sender's clock against ours, + faster; 0 until 10 s were heard */
    float loss;                         /* share of packets not played: lost and thrown away, 0 to 1 */
    float burst_ratio;                  /* of G.107 */
    float ie, bpl;                      /* of the codec that is heard */
    /* RFC 3611 §4.7.2: densities in 1/256, durations in ms */
    uint8_t loss_rate, discard_rate, burst_density, gap_density;
    uint16_t burst_ms, gap_ms;
    int16_t signal_dbm0, noise_dbm0;    /* relative levels of §4.7.4; 127: not known */
};

#define XH_RTP_SKEW_POINTS 24

struct xh_rtp_receiver {
    struct xh_rtp_source source, fresh; /* fresh: another SSRC that is not believed yet */
    uint32_t now;                       /* samples read, modulo 2^32 */
    uint32_t next;                      /* place (sender's samples) of what is decoded next */
    uint64_t extended;                  /* timestamp of the newest packet, 64 bits; its place is this in samples of 8 kHz */
    uint8_t believed, playing;          /* source is one; next is known */
    uint8_t noising;                    /* comfort noise since the last SID */
    uint8_t types, newest;              /* how many; index of the last one used */
    uint8_t hole;                       /* what is missing: 0 nothing, 1 what seems to be lost, 2 what was never sent, 3 what came too late */
    uint8_t guest;                      /* 1: one packet waits of a source that is not believed yet, and is not played */
    uint8_t jumps;                      /* packets in a row with a timestamp from elsewhere */
    uint32_t highest;                   /* extended sequence number */
    uint64_t window;                    /* which of the last 64 sequence numbers have come; bit 0 the highest */
    uint32_t last_sequence;             /* extended, of the last packet decoded or passed over */
    uint32_t gone;                      /* samples made up since the last that came */
    uint32_t hole_made;                 /* samples made up in this hole and counted */
    uint32_t silent;
    uint32_t wait;                      /* samples until the next splice may be tried */
    uint32_t off_since;                 /* samples for which the delay has been wrong */
    uint32_t key_sequences;             /* packets of events since last_sequence */
    float level, floor;                 /* mean power of sound, of its pauses */
    uint16_t queue_at, queued;          /* in queue: first sample, how many */
    uint16_t block;                     /* samples of the last read */
    uint16_t margin;                    /* samples beyond what the jitter buffer wants: a tick, where the sender's clock is slow */
    uint16_t made;                      /* of them: so many of the first are no sound that came, the codec has made them up */
    struct xh_rtp_type type[XH_RTP_TYPES];
    struct xh_rtp_events events;
    struct xh_rtp_bursts bursts;
    struct {
        uint64_t packets, octets, late, early, duplicates, reordered, invalid, unknown, conceals, concealed, played, left_out, said_twice;
        uint32_t splices, sources;
    } count;
    struct {                            /* for skew_ppm: least transits of 5 s each */
        int64_t first;                  /* transit in ns that the points are from */
        uint64_t begun;                 /* ns, of the block */
        int32_t least;                  /* us */
        uint16_t points;
        uint8_t at, open;
        int32_t point[XH_RTP_SKEW_POINTS];      /* us */
    } skew;
    struct xh_cng_generator noise;
    struct xh_plc plc;
    struct xh_jitter jitter;
    int16_t queue[XH_RTP_QUEUE];
};

int xh_rtp_receiver_init(struct xh_rtp_receiver *r, const struct xh_rtp_receiver_params *params);       /* 0, -EINVAL */
/* Another jitter buffer from now on; what is waiting stays. */
int xh_rtp_receiver_buffer(struct xh_rtp_receiver *r, const struct xh_jitter_params *params);
/* kind NOISE and KEY: codec and state NULL; clock_hz 0: the codec's, or 8000. 0, -EINVAL, -ENOSPC: XH_RTP_TYPES are there. A payload type that is
 * there already is replaced. Packets that wait and decoded sound go when a state is replaced. */
int xh_rtp_receiver_accept(struct xh_rtp_receiver *r, int payload_type, enum xh_rtp_kind kind, const struct xh_rtp_codec *codec, void *state,
                           uint32_t clock_hz);
void xh_rtp_receiver_types_clear(struct xh_rtp_receiver *r);
void xh_rtp_receiver_reset(struct xh_rtp_receiver *r);  /* a new stream from now on: counters and sources too; types and parameters stay */
/* enum xh_rtp_taken, or -EBADMSG: no RTP. arrival_ns: any clock that does not jump. */
int xh_rtp_receiver_packet(struct xh_rtp_receiver *r, const uint8_t *packet, size_t octets, uint64_t arrival_ns);
/* n samples, 1 to 160. Returns 1: some of it is sound or noise that came (or what conceals it), 0: nothing is being received, all zero. */
int xh_rtp_receiver_read(struct xh_rtp_receiver *r, int16_t *out, size_t n);
size_t xh_rtp_receiver_keys(struct xh_rtp_receiver *r, struct xh_rtp_key *keys, size_t room);
void xh_rtp_receiver_stats(const struct xh_rtp_receiver *r, struct xh_rtp_receiver_stats *s);
#endif
