/* Receiver of the continuity check tone, 2000 Hz (ITU-T Q.724 §7.3.3, Q.764 §2.1.8, Q.271 §7.1).
 *
 * What the recommendation asks of it: it operates for 2000 +-30 Hz of -18 to -6 dBm0 after 30 to 60 ms; it does not for tones further than
 * 200 Hz away, nor below -22 dBm0; it releases when the tone has gone.
 * How: blocks of 10 ms; a block is tone when most of its energy stands at 2000 Hz, which is a quarter of the sampling rate, so
 * that the correlation needs no multiplication. Four blocks in a row operate it, two without release it. */
#ifndef XUNHU_CONTINUITY_H
#define XUNHU_CONTINUITY_H
#include <stddef.h>
#include <stdint.h>

#define XH_CONTINUITY_BLOCK 80          /* samples */

struct xh_continuity {
    int32_t re, im;
    int64_t energy;
    uint16_t fill;
    uint8_t streak, operated;           /* blocks in a row that differ from what is reported; 1: tone is reported */
};
void xh_continuity_init(struct xh_continuity *c);
/* Any n. 1: the tone is there now; 0: it has gone; -1: nothing has changed. */
int xh_continuity_run(struct xh_continuity *c, const int16_t *in, size_t n);
#endif
