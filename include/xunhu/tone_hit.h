/* What a bank of tone receivers reports (r2mf.h, fax_tones.h): something has begun, has ended, or has turned out to be
 * something else. */
#ifndef XUNHU_TONE_HIT_H
#define XUNHU_TONE_HIT_H
#include <stdint.h>

struct xh_tone_hit {
    uint32_t channel;
    uint8_t code;               /* what begins, of the receiver's own numbers; 0: only something ended */
    uint8_t ended;              /* what ended, else 0 */
    int16_t level_dbm0x10;      /* at begin, of the stronger tone */
    uint32_t offset;            /* sample in this call's block at which it was decided; 0 for a hit kept from an earlier call */
    uint32_t length;            /* what ended has lasted so many samples */
};
#endif
