/* Overload: is the engine still in time?
 *
 * Two signs.  The share of its period that a tick computes, as a running mean over 16 ticks: above 85 % there is no
 * room left.  And late wake-ups: each heats by 20, each tick cools by 1; 100 is five in about a second, which the
 * machine, not our own work, has caused.  It ends when both have been good for a hundred ticks (hysteresis).
 *
 * Overloaded, the engine takes no further channels: calls that are up must be served to their end, with prompts and all.
 * Only when the mean comes to 97 % (`xh_load_full`) are players, recorders and tones refused too. */
#include "engine_private.h"

#define BEGIN_PERMILLE 850
#define END_PERMILLE 600
#define HEAT_LATE 20
#define HEAT_BEGIN 100
#define HEAT_MOST 200
#define CALM_TICKS 100
#define FULL_PERMILLE 970
#define ONE_TICK_MOST 2000      /* one stalled tick (swapping, a stopped virtual machine) says little of the load */

int xh_load_tick(struct xh_load *l, uint32_t permille, int late)
{
    uint32_t target = (permille > ONE_TICK_MOST ? ONE_TICK_MOST : permille) << 8;
    if (target > l->load_q8)
        l->load_q8 += (target - l->load_q8 + 15) / 16;
    else
        l->load_q8 -= (l->load_q8 - target + 15) / 16;
    if (late)
        l->heat = l->heat + HEAT_LATE > HEAT_MOST ? HEAT_MOST : l->heat + HEAT_LATE;
    else if (l->heat)
        l->heat--;
    uint32_t load = l->load_q8 >> 8;
    if (!l->overloaded) {
        if (load < BEGIN_PERMILLE && l->heat < HEAT_BEGIN)
            return XH_LOAD_SAME;
        l->overloaded = 1;
        l->calm = 0;
        return XH_LOAD_BEGINS;
    }
    l->calm = load <= END_PERMILLE && l->heat < HEAT_LATE ? l->calm + 1 : 0;
    if (l->calm < CALM_TICKS)
        return XH_LOAD_SAME;
    l->overloaded = 0;
    return XH_LOAD_ENDS;
}

int xh_load_full(const struct xh_load *l)
{
    return l->overloaded && l->load_q8 >> 8 >= FULL_PERMILLE;
}
