/* FSK sender, see include/xunhu/fsk.h.
 *
 * The phase goes on from bit to bit. Where a bit ends between two samples, the sample gets as much of each frequency as each
 * bit lasts in it, so bits have their exact length. */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <string.h>
#include "xunhu/fsk.h"

#define RATE 8000.0
#define RAMP 20u                /* samples */
#define PEAK_0DBM0 22779.0

/* V.23 (mode 2), Bell 202, V.21: F_Z is the mark, F_A the space */
static const struct xh_fsk_spec specs[XH_FSK_MODEMS] = {
    [XH_FSK_V23] = {1300, 2100, 1200},
    [XH_FSK_BELL202] = {1200, 2200, 1200},
    [XH_FSK_V21_CHANNEL1] = {980, 1180, 300},
    [XH_FSK_V21_CHANNEL2] = {1650, 1850, 300},
};

const struct xh_fsk_spec *xh_fsk_spec(enum xh_fsk_modem modem)
{
    return (unsigned)modem < XH_FSK_MODEMS ? &specs[modem] : NULL;
}

int xh_fsk_tx_init(struct xh_fsk_tx *t, enum xh_fsk_modem modem, double level_dbm0, double twist_db, double rate)
{
    const struct xh_fsk_spec *spec = xh_fsk_spec(modem);
    double most = fmax(level_dbm0, level_dbm0 + twist_db);
    if (!spec || !(most <= 3.14) || !(fmin(level_dbm0, level_dbm0 + twist_db) >= -90.0) || !(rate >= 0.5 && rate <= 2.0))
        return -EINVAL;
    memset(t, 0, sizeof *t);
    t->mark_step = (double)spec->mark_hz / RATE;
    t->space_step = (double)spec->space_hz / RATE;
    t->mark_amplitude = PEAK_0DBM0 * pow(10.0, level_dbm0 / 20.0);
    t->space_amplitude = PEAK_0DBM0 * pow(10.0, (level_dbm0 + twist_db) / 20.0);
    t->samples_a_bit = RATE / ((double)spec->rate * rate);
    return 0;
}

/* Moves on by one sample: what phase and amplitude are at its end. */
static void advance(struct xh_fsk_tx *t, int (*next)(void *), void *user)
{
    double rest = 1.0, step = 0.0, amplitude = 0.0;
    while (rest > 0.0) {
        if (t->left <= 0.0 && !t->ending) {
            int bit = next(user);
            if (bit < 0) {
                t->ending = 1;          /* the last tone goes on while it falls away */
                t->ramp = RAMP;
            } else {
                t->bit = bit != 0;
                t->left += t->samples_a_bit;
            }
        }
        double part = t->ending || t->left > rest ? rest : t->left;
        step += part * (t->bit ? t->mark_step : t->space_step);
        amplitude += part * (t->bit ? t->mark_amplitude : t->space_amplitude);
        t->left -= part;
        rest -= part;
    }
    t->phase += step;
    t->phase -= floor(t->phase);
    t->amplitude = amplitude;
}

size_t xh_fsk_tx_run(struct xh_fsk_tx *t, int16_t *out, size_t n, int (*next)(void *user), void *user)
{
    size_t made = 0;
    while (made < n && !t->over) {
        advance(t, next, user);
        if (t->ending && (!t->begun || t->ramp == 0)) {
            t->over = 1;
            break;
        }
        double edge = 1.0;
        if (t->ending)
            edge = 0.5 - 0.5 * cos(M_PI * t->ramp-- / RAMP);
        else if (t->ramp < RAMP)
            edge = 0.5 - 0.5 * cos(M_PI * ++t->ramp / RAMP);
        t->begun = 1;
        out[made++] = (int16_t)lrint(edge * t->amplitude * sin(2.0 * M_PI * t->phase));
    }
    memset(out + made, 0, (n - made) * sizeof *out);
    return made;
}
