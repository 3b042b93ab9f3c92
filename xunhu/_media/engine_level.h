/* Level control and voice detectors inside the engine (engine_level.c).
 *
 * There are three sides: what comes in from a port, what goes out to a timeslot, and the tracks of recorders. A side has a place for
 * each of those on which level control or a voice detector works: a channel of both its banks. Places are taken from below, so that few
 * groups of eight are worked on, and full ones. */
#ifndef XUNHU_ENGINE_LEVEL_H
#define XUNHU_ENGINE_LEVEL_H

#include <stdint.h>

#include "xunhu/level.h"
#include "xunhu/vad.h"

enum { XH_SIDE_IN, XH_SIDE_OUT, XH_SIDE_RECORD, XH_SIDES };
#define XH_PLACES 4096                  /* of a side, at most */
#define XH_PLACE_GROUPS (XH_PLACES / 8)
#define XH_PLACE_BLOCK 160
#define XH_PLACE_CHANGES 16             /* of a group in one tick: two decisions of eight channels */

struct xh_level_side {
    struct xh_vad_bank *vad;            /* NULL until a place is first taken */
    struct xh_level_bank *level;
    uint32_t groups;                    /* from here on all are empty */
    /* of each group, a bit a channel: taken; levelled; its gain follows the voice; somebody asked for its voice; off, on the way to unity */
    uint8_t taken[XH_PLACE_GROUPS], levelled[XH_PLACE_GROUPS], automatic[XH_PLACE_GROUPS], watched[XH_PLACE_GROUPS];
    uint8_t leaving[XH_PLACE_GROUPS];
    uint8_t changes[XH_PLACE_GROUPS];
    uint16_t port[XH_PLACES];
    int16_t *at[XH_PLACES];             /* this tick's samples; NULL: there are none */
    int16_t (*block)[XH_PLACE_BLOCK];   /* OUT, RECORD: they stand here */
    uint8_t tone_for[XH_PLACES];        /* RECORD: ticks of a tone on end */
    struct xh_vad_change change[XH_PLACE_GROUPS][XH_PLACE_CHANGES];
};

#endif
