/* Packet loss concealment, ITU-T G.711 Appendix I (09/99), one channel at 8 kHz.
 *
 * What it does: fills holes in speech with what went before, so that they are not heard as clicks and cuts.
 * How: at the beginning of a hole the pitch period (5 to 15 ms) of what came last is searched, and the last period is said again;
 * from 20 ms of hole on the last two, from 30 ms on the last three, each joined by overlap-add of a quarter period. It gets weaker
 * all the time, and after 60 ms there is silence. When sound comes again a quarter period of it is faded in.
 *
 * What is not the Appendix's, each because it measured better (docs/conceal.md):
 * - There is no delay. The Appendix holds all sound back by 3.75 ms so as to change the last quarter period before a hole. Here
 *   linear prediction says how that sound would have gone on, and this is faded into the repeated period. What comes is given out at
 *   once and, but for the fade after a hole, as it is.
 * - The second and third period come in 10 ms later, the weakening begins at once and not after 10 ms, and the fade at the end does
 *   not grow with the hole: it spoils sound that is there.
 *
 * How to use it: for each piece of sound in its order, of any length, either xh_plc_good with what came or xh_plc_lost where nothing
 * came. The state is the caller's, 1.9 KiB of it (octets: 1.5); no memory is taken, and while nothing is lost a piece costs one copy. */
#ifndef XUNHU_PLC_H
#define XUNHU_PLC_H
#include <stddef.h>
#include <stdint.h>

#define XH_PLC_PERIOD_MIN 40            /* samples: 200 Hz */
#define XH_PLC_PERIOD_MAX 120           /* 66 Hz */
#define XH_PLC_QUARTER_MAX (XH_PLC_PERIOD_MAX / 4)
#define XH_PLC_TAIL (3 * XH_PLC_PERIOD_MAX + XH_PLC_QUARTER_MAX)        /* of the past, what a hole may be filled with */
#define XH_PLC_HISTORY 480              /* samples kept, a whole number of ticks of 5, 10 and 20 ms */
#define XH_PLC_SILENT 480               /* samples of hole after which there is silence: 60 ms */

struct xh_plc_hole {                    /* a hole and the way back from it */
    uint16_t missing;                   /* samples made since the last that came, at most XH_PLC_SILENT */
    uint16_t joining, joined;           /* length of the fade back into sound that comes, and how much of it is done; 0 none */
    uint8_t plain;                      /* 1: without AVX2 also where the machine has it; same samples, bit for bit */
    uint8_t quarter;                    /* of the period */
    uint8_t periods, period;            /* said again: 1 to 3, of so many samples */
    uint8_t bridge, bridged;            /* length of the fade into what is said now, and how much of it is done */
    uint16_t at;                        /* next sample of the cycle, from its beginning */
    int16_t from[XH_PLC_QUARTER_MAX];   /* what is faded from */
    int16_t last[XH_PLC_QUARTER_MAX];   /* the last quarter period as it was */
    int16_t tail[XH_PLC_TAIL];          /* the past; its last quarter leads into the cycle's beginning */
};

struct xh_plc {                         /* samples, 16 bit */
    uint16_t at;                        /* next place in history */
    struct xh_plc_hole hole;            /* beside it: of what came, its first field alone is looked at */
    int16_t history[XH_PLC_HISTORY];
};

struct xh_plc_octets {                  /* octets of G.711: where nobody needs samples, a piece that came is half the copy */
    uint16_t at;
    uint8_t law;                        /* 'A' or 'U' */
    struct xh_plc_hole hole;
    uint8_t history[XH_PLC_HISTORY];
};

void xh_plc_init(struct xh_plc *p);
/* n samples came: x is remembered, and changed within the first 4 ms after a hole. */
void xh_plc_good(struct xh_plc *p, int16_t *x, size_t n);
/* n samples did not come: x gets them. */
void xh_plc_lost(struct xh_plc *p, int16_t *x, size_t n);

void xh_plc_octets_init(struct xh_plc_octets *p, int law);
void xh_plc_octets_good(struct xh_plc_octets *p, uint8_t *x, size_t n);
void xh_plc_octets_lost(struct xh_plc_octets *p, uint8_t *x, size_t n);

#endif
