/* FSK modems for caller id and fax: V.23 and Bell 202 at 1200 bit/s, V.21 at 300 bit/s. One channel each.
 *
 * Receiver: a band-pass of complex taps around the middle frequency, the angle from sample to sample, a filter as long as
 * most of a bit; characters (start bit, 8 bits with the lowest first, stop bit) are cut from their own start bit, bits from
 * the transitions. V.23 and Bell 202 have the same middle and rate: one receiver hears both.
 * Sender: the phase goes on from bit to bit, and a bit ends where it ends between two samples. */
#ifndef XUNHU_FSK_H
#define XUNHU_FSK_H
#include <stddef.h>
#include <stdint.h>

enum xh_fsk_modem { XH_FSK_V23, XH_FSK_BELL202, XH_FSK_V21_CHANNEL1, XH_FSK_V21_CHANNEL2, XH_FSK_MODEMS };
struct xh_fsk_spec {
    float mark_hz, space_hz;    /* 1, 0 */
    float rate;                 /* bit/s */
};
const struct xh_fsk_spec *xh_fsk_spec(enum xh_fsk_modem modem);         /* NULL: no such modem */

/* What the receiver hands out: octets (asynchronous) or bits, or these. */
enum {
    XH_FSK_CARRIER_UP = 256,
    XH_FSK_CARRIER_DOWN,
    XH_FSK_FRAMING,             /* the stop bit was none; the octet is lost */
    XH_FSK_MARK,                /* mark for 32 bits' time without a start bit */
};

#define XH_FSK_TAPS 48          /* room; the modem says how many are used */
#define XH_FSK_AVERAGE 24
struct xh_fsk_rx {
    float tap_re[XH_FSK_TAPS], tap_im[XH_FSK_TAPS];
    float history[XH_FSK_TAPS]; /* the newest samples, one less than there are taps */
    float angle[XH_FSK_AVERAGE];        /* the newest ones, one less than value is the mean of */
    float re, im;               /* band-pass output of the sample before */
    float middle_re, middle_im; /* one sample's turn of the middle frequency */
    float value;                /* mean of the angles: > 0 towards space_hz */
    float nominal;              /* value of a space as it should be; a mark's is its opposite */
    float level[2];             /* value at bits that were 0, 1; between them is the threshold */
    float power, least_power;   /* of the carrier; what it must have */
    float samples_a_bit, left;  /* samples until the next bit is looked at */
    uint32_t taps, averaged;
    uint32_t mark;              /* samples of mark in a row */
    uint32_t settle;            /* samples since the carrier came up, or since it has been missed */
    uint16_t character;
    uint8_t carrier, bit, asynchronous;
    uint8_t count;              /* bits of the character so far; 0: no start bit yet */
};
/* asynchronous 1: characters; 0: bits, timed by the transitions (xh_fsk_rx_run gives 0 or 1). -EINVAL: no such modem. */
int xh_fsk_rx_init(struct xh_fsk_rx *r, enum xh_fsk_modem modem, int asynchronous);
/* Any n. Returns how many of out are filled; n samples give at most n / 4 + 4: what finds no room is dropped. */
size_t xh_fsk_rx_run(struct xh_fsk_rx *r, const int16_t *in, size_t n, uint16_t *out, size_t room);

struct xh_fsk_tx {
    double phase, mark_step, space_step;        /* cycles; cycles a sample */
    double mark_amplitude, space_amplitude, amplitude;
    double samples_a_bit, left; /* samples of the present bit to go */
    uint32_t ramp;              /* samples since the begin, up to the ramp's length */
    uint8_t bit, begun, ending, over;
};
/* level_dbm0 of the mark; the space is twist_db above it. rate: times the nominal bit rate, 1 as it should be. */
int xh_fsk_tx_init(struct xh_fsk_tx *t, enum xh_fsk_modem modem, double level_dbm0, double twist_db, double rate);
/* next: the bit to be sent now, 0 or 1; -1: there is none, the tone falls away within 2.5 ms. Returns the samples made. */
size_t xh_fsk_tx_run(struct xh_fsk_tx *t, int16_t *out, size_t n, int (*next)(void *user), void *user);
#endif
