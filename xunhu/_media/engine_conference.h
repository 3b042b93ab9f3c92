/* Conferences inside the engine (engine_conference.c, engine_floor.c).
 *
 * A conference is a port whose samples, like those of any source, stand in xh_engine.linear: the sum, limited. Its parties are the
 * crosspoints into it; what is remembered of a party from tick to tick goes by the number of its crosspoint. */
#ifndef XUNHU_ENGINE_CONFERENCE_H
#define XUNHU_ENGINE_CONFERENCE_H

#include <stdint.h>

#include "xunhu/conference.h"

#define XH_CONFERENCES 3584

struct xh_conference {
    uint16_t port;                      /* XH_NONE: free */
    uint8_t loudest, flags;             /* XH_CONFERENCE_* */
    uint8_t laws;                       /* in which the sum is encoded: bit 0 A-law, bit 1 u-law */
    uint32_t first, parties;            /* of the plan */
    uint32_t every;                     /* samples, at least, between two events of the floor */
    uint32_t floor, told, rival;        /* port + 1, 0 nobody: who has the floor, whom control knows to have it, who is louder now */
    uint32_t rival_for;                 /* samples */
    uint64_t told_at;
    uint32_t turn;                      /* the party whose talk is told next */
    int16_t rest[XH_CONFERENCE_BLOCK];  /* of the sum, as in conference.h */
    uint8_t octets[2][XH_CONFERENCE_BLOCK];
};

struct xh_talk {                        /* of a crosspoint into a conference */
    uint32_t level;                     /* smoothed energy of a tick, in squares / 64 of 80 samples */
    uint32_t noise;                     /* and what of it is not speech */
    uint16_t loud, hang;                /* samples: so long above the noise; so long still taken for speech */
    uint16_t held;                      /* samples since it is among those heard, at most 65535 */
    int16_t gain;                       /* at the end of the last tick */
    uint8_t chosen, speaks, told;
};

struct xh_party {                       /* of the plan */
    const int16_t *in;
    const int16_t *own;                 /* its contribution in this tick; NULL: none */
    struct xh_conference *conference;
    const uint8_t *octets;              /* what it hears when it has none, in its law */
    uint32_t xpoint;
    uint32_t energy;                    /* of what came in, squares / 64 */
    uint16_t port;
    int16_t gain;
    uint8_t keys;                       /* it is pressing a key, which nobody is to hear */
};

#endif
