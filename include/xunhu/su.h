/* MTP2 signal units over a line, bit by bit (ITU-T Q.703 (07/96) §§2-4 and Annex A).
 *
 * What: rx takes octets of the line and gives records: signal units without check bits, and, while monitoring is on, errored
 * units.  tx takes signal units into a ring and makes octets; when none waits it repeats the last fill-in or link status
 * unit by itself, with one flag between.  An MSU is followed by FISUs of its own sequence numbers.  Before the first unit
 * there are flags.
 * How: the bits are those of HDLC (hdlc_bits.h).  A line on which the same unit comes again and again is known by heart after a
 * few of them: what then comes is compared with what must come, octet by octet, until the first difference, so no error is
 * missed.  A unit that is sent for ever is laid out once, with its flag and stuffing, and copied.
 * No allocation; state is the caller's. */
#ifndef XUNHU_SU_H
#define XUNHU_SU_H

#include "xunhu/hdlc.h"

#define XH_SU_MAX 279           /* octets of a unit without check bits: extended header, SIO, SIF of 272 */
#define XH_SU_BASIC_MAX 276     /* the same with the basic header */
#define XH_SU_FILL_MAX 8         /* octets of a FISU or LSSU: extended header and two of status */
#define XH_SU_ERRORED 2         /* octets of the record of an errored unit */
#define XH_SU_OCTETS_COUNTED 16 /* N of octet counting, Q.703 §10.2 */
#define XH_SU_TX_RING 8192      /* octets; each unit takes its length + 2 */
#define XH_SU_CYCLE 256

enum { XH_SU_BASIC, XH_SU_EXTENDED };   /* header: 3 octets (§2.3), or 6 with 12-bit sequence numbers (Annex A) */
enum { XH_SU_SIO, XH_SU_SIN, XH_SU_SIE, XH_SU_SIOS, XH_SU_SIPO, XH_SU_SIB };    /* status field, §11.1.2 */

/* Octets of the line that repeat themselves: `n` of them, a whole number of times the `bits` of the unit and its flags. */
struct xh_su_cycle {
    uint16_t bits, n;
    uint16_t at, phase;         /* the next octet, and how many bits of the pattern lie before it */
    uint8_t pattern[24];        /* the bits once, MSB first: flags but the last, unit, flag */
    uint8_t octet[XH_SU_CYCLE];
};

struct xh_su_rx {
    struct xh_hdlc_bits bits;
    uint8_t header, min, monitor;
    uint8_t last, steady;       /* the octet before, and: it changed nothing */
    uint8_t counting, counted;  /* octet counting mode, and its octets */
    uint8_t cycling;            /* what comes is compared with `cycle` */
    uint8_t same[XH_SU_FILL_MAX], same_len;  /* the FISU or LSSU that came last; 0: another unit came */
    uint8_t known;              /* it was passed up twice */
    uint16_t max, good;         /* octets of a unit with check bits; units since the last record of an errored one */
    uint16_t repeats;           /* of `same`, `apart` bits from one to the next */
    int32_t apart, since;       /* since: bits since the last good unit ended, up to the next octet */
    uint32_t due;               /* records of errored units not yet given */
    uint8_t buf[XH_SU_MAX + 2];
    struct xh_su_cycle cycle;
    uint64_t units, filtered;   /* good ones, and those of them that were not passed up */
    uint64_t fcs_errors, aborts, too_long, too_short, not_octets, octets_counted;
};
void xh_su_rx_init(struct xh_su_rx *h, int header);
/* Errored units are passed up from now on, or no longer.  Good ones are counted from here. */
void xh_su_rx_monitor(struct xh_su_rx *h, int on);
/* Forget which unit came last: it is passed up again when it comes again. */
void xh_su_rx_again(struct xh_su_rx *h);
/* Eat octets from in[*used..n) until there is a record; its length, or 0 when the input is used up.  unit: XH_SU_MAX octets.
 * At least 3: a signal unit from its BSN on; a FISU or LSSU equal to the unit before it is given twice and no more.
 * XH_SU_ERRORED, only while monitoring: an errored unit; the octets are, high octet first, how many good units came since the
 * last such record (at most 65535).  A unit is errored when its check bits, its length in bits or its being too short say so
 * (§4.1.3, §4.2).  Seven ones or too many octets begin octet counting (§4.1.2, §4.1.3): each 16 octets of the line
 * are one errored unit, and nothing else is, until a good unit comes (§4.1.4).  The line begins like that. */
int xh_su_rx_octets(struct xh_su_rx *h, const uint8_t *in, size_t n, size_t *used, uint8_t *unit);

struct xh_su_tx {
    struct xh_stuffer bits;
    uint16_t head, used;        /* ring: where the next octet is taken, how many wait */
    uint16_t left, at;          /* octets of `unit` still to go, check bits included, and where */
    uint8_t header, fill_len, outage, changed;      /* changed: outage, since the last unit began */
    uint8_t filling, cycling;   /* how often in a row `unit` was the fill, and: it is copied from `cycle` */
    uint8_t fill[XH_SU_FILL_MAX];       /* what is repeated, without check bits; fill_len 0: nothing yet */
    uint8_t unit[XH_SU_MAX + 2];
    struct xh_su_cycle cycle;
    uint8_t ring[XH_SU_TX_RING];
    uint64_t units;
};
void xh_su_tx_init(struct xh_su_tx *t, int header);
/* 0; -EAGAIN no room now; -EMSGSIZE shorter than the header or longer than XH_SU_MAX */
int xh_su_tx_put(struct xh_su_tx *t, const uint8_t *unit, size_t len);
int xh_su_tx_ready(const struct xh_su_tx *t);           /* 1: a unit of any length may be put */
size_t xh_su_tx_waiting(const struct xh_su_tx *t);      /* octets of units put that are still to be sent */
/* Processor outage (§8) while nobody is there to make units: in the place of a FISU the link status SIPO is repeated, with the
 * FISU's sequence numbers.  Units that wait are sent all the same. */
void xh_su_tx_outage(struct xh_su_tx *t, int on);
void xh_su_tx_octets(struct xh_su_tx *t, uint8_t *out, size_t n);

/* What follows a unit when no other does: for a driver that repeats by itself.  Writes a unit of *fill_len octets (at most XH_SU_FILL_MAX) to
 * fill: the unit itself, the FISU of an MSU, or with `outage` the SIPO of a FISU.  unit has at least the header. */
void xh_su_fill(int header, const uint8_t *unit, size_t len, int outage, uint8_t *fill, size_t *fill_len);

#endif
