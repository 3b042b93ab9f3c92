/* Jitter buffer of one stream: packets in, in the order of their timestamps out, and how long to wait for them.
 *
 * What does it do: keeps payloads as they came until their time has come, and says from when the packets came how much delay is right.
 * Times are counted in samples of 8 kHz, modulo 2^32: `now` is what the owner has played so far (its own clock), `at` the place of a packet's
 * first sample on the sender's clock. now - at of a packet when it comes is its transit; the stream is played with a delay, now - at of the
 * sample that is played next, and a packet is in time when its transit is not above the delay.
 *
 * How: transits of the last XH_JITTER_SEEN packets are kept in steps of 2.5 ms. The wanted delay is the one that costs least: each ms costs 1, and
 * each per cent of packets that would be late costs late_cost_ms (150: what the E-model takes 1 % of loss of G.711 and 150 ms for). A fixed buffer
 * wants the least transit seen and fixed_ms. Clock skew moves transits, and the wanted delay with them; the owner follows it.
 * A step of all transits (another route, a sender that stopped its clock) is found by packets beyond the longest delay for 400 ms.
 *
 * Payloads lie in cells of 80 octets, XH_JITTER_CELLS of them: 340 ms of G.711. When they are full the oldest packet goes. State is the caller's;
 * no memory is taken. */
#ifndef XUNHU_JITTER_BUFFER_H
#define XUNHU_JITTER_BUFFER_H
#include <stddef.h>
#include <stdint.h>

#define XH_JITTER_CELL 80               /* octets */
#define XH_JITTER_CELLS 34
#define XH_JITTER_PACKETS 34
#define XH_JITTER_SEEN 512              /* packets whose transit is remembered: 10 s of 20 ms */
#define XH_JITTER_STEP 20               /* samples: 2.5 ms */
#define XH_JITTER_LONGEST_MS 300

struct xh_jitter_params {
    uint8_t adaptive;                   /* 0: fixed */
    uint16_t fixed_ms;                  /* 0 to 300, over the least transit */
    uint16_t min_ms, max_ms;            /* adaptive: over the least transit; 0 to 300 */
    uint16_t start_ms;                  /* adaptive: before anything is known */
    uint16_t late_cost_ms;              /* adaptive: delay that one per cent of late packets is worth; 10 to 1000 */
};
#define XH_JITTER_DEFAULTS {.adaptive = 1, .fixed_ms = 60, .min_ms = 0, .max_ms = 200, .start_ms = 40, .late_cost_ms = 150}

struct xh_jitter_packet {               /* 16 octets */
    uint32_t at;                        /* its first sample */
    uint32_t sequence;                  /* extended */
    uint16_t samples;                   /* 0: comfort noise, a moment */
    uint16_t octets;                    /* of payload */
    uint8_t cell;                       /* first cell */
    uint8_t type;                       /* the owner's */
    uint8_t marker;
    uint8_t reserved;
};

struct xh_jitter {
    struct xh_jitter_params params;
    uint32_t base;                      /* transit that a seen value of 0 stands for */
    uint32_t seen_at, seen_count;
    uint32_t beyond, beyond_at;         /* packets in a row that came later than the longest delay; now of the first */
    uint32_t since;                     /* packets since the wanted delay was worked out */
    uint32_t wanted;                    /* transit up to which packets are to be in time */
    uint32_t least;                     /* smallest transit of those remembered, as it was when wanted was worked out */
    uint8_t known;                      /* 1: wanted is of packets */
    uint8_t packets, free_cells, free_cell;
    uint8_t order[XH_JITTER_PACKETS];   /* of those in use, by their time; then those free */
    uint8_t next_cell[XH_JITTER_CELLS];
    struct xh_jitter_packet packet[XH_JITTER_PACKETS];
    uint8_t seen[XH_JITTER_SEEN];       /* transits less base in steps, rounded up; 255: that or more */
    uint8_t cells[XH_JITTER_CELLS][XH_JITTER_CELL];
};

int xh_jitter_init(struct xh_jitter *j, const struct xh_jitter_params *params);         /* 0, -EINVAL: out of range */
void xh_jitter_flush(struct xh_jitter *j);      /* packets go, what is known of delays stays */
void xh_jitter_forget(struct xh_jitter *j);     /* the stream begins anew: packets and delays go */

/* A packet's transit: remembered, the wanted delay worked out anew where that is due. late: it came after its time, and the delay may have to
 * grow at once. Returns 1 when the row of packets beyond the longest delay tells that all has moved: the owner starts anew with
 * this one, else 0. */
int xh_jitter_transit(struct xh_jitter *j, uint32_t now, uint32_t at, int late);
/* Kept: 0. -EEXIST: one with this time is there. *pushed: how many of the oldest had to go. -EMSGSIZE: longer than all cells. */
int xh_jitter_put(struct xh_jitter *j, const struct xh_jitter_packet *p, const uint8_t *payload, int *pushed);
const struct xh_jitter_packet *xh_jitter_first(const struct xh_jitter *j);      /* NULL: there is none */
void xh_jitter_payload(const struct xh_jitter *j, uint8_t *out);        /* of the first packet: its octets */
void xh_jitter_drop(struct xh_jitter *j);       /* the first packet is done with */
#endif
