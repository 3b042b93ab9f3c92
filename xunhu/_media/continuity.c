/* Continuity check tone receiver, see continuity.h. */
#include "xunhu/continuity.h"

#include <string.h>

/* A sine of L dBm0 has the mean square 22779^2 / 2 * 10^(L/10); all limits are of the energy of a block of 80 samples. */
#define LOWEST 207547000.0              /* -20 dBm0, half way between must and must not */
#define HIGHEST 8262500000.0            /* -4 dBm0 */
#define PURITY 0.6                      /* a sine 45 Hz away has this share of its energy in the bin; 200 Hz away it has none */
#define OPERATE 4                       /* blocks: 40 to 50 ms */
#define RELEASE 2

void xh_continuity_init(struct xh_continuity *c)
{
    memset(c, 0, sizeof *c);
}

static int is_tone(const struct xh_continuity *c)
{
    double energy = (double)c->energy;
    /* a sine in the bin: (re^2 + im^2) = (A n / 2)^2, its energy A^2 n / 2 */
    double bin = ((double)c->re * c->re + (double)c->im * c->im) * 2.0 / XH_CONTINUITY_BLOCK;
    return energy >= LOWEST && energy <= HIGHEST && bin >= PURITY * energy;
}

int xh_continuity_run(struct xh_continuity *c, const int16_t *in, size_t n)
{
    int changed = -1;
    for (size_t i = 0; i < n; i++) {
        int32_t x = in[i];
        switch (c->fill & 3) {          /* e^(-j pi/2 k) */
        case 0: c->re += x; break;
        case 1: c->im -= x; break;
        case 2: c->re -= x; break;
        default: c->im += x; break;
        }
        c->energy += x * x;
        if (++c->fill < XH_CONTINUITY_BLOCK)
            continue;
        if (is_tone(c) == c->operated) {
            c->streak = 0;
        } else if (++c->streak >= (c->operated ? RELEASE : OPERATE)) {
            c->streak = 0;
            c->operated = !c->operated;
            changed = c->operated;
        }
        c->re = c->im = 0;
        c->energy = 0;
        c->fill = 0;
    }
    return changed;
}
