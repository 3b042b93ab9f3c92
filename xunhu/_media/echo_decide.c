/* What an echo canceller makes of a block's figures: which path is the better one, how boldly to learn, whether the near side
 * speaks. docs/echo.md. */
#include <math.h>
#include <string.h>
#include "echo_private.h"
#include "echo_tuning.h"

#define ACTIVE DBM0(3.2e-5)             /* -45 dBm0: a far side that can be learned from */

static bool clearly(float value, float scatter, float times)
{
    return value > 0.0f && value * value > times * scatter;
}

/* Is the first path better than the second over this block, over 25 ms or over 60 ms?  The near side's sound is in both errors
 * alike, so that the difference of their energies scatters by about the energy times that of the difference of the estimates. */
static int better(struct echo_average *fast, struct echo_average *slow, float gain, float scatter, float sure)
{
    fast->mean = 0.6f * fast->mean + 0.4f * gain;
    fast->variance = 0.36f * fast->variance + 0.16f * scatter;
    slow->mean = 0.85f * slow->mean + 0.15f * gain;
    slow->variance = 0.7225f * slow->variance + 0.0225f * scatter;
    if (clearly(gain, scatter, 1.0f) || clearly(fast->mean, fast->variance, 0.5f) || clearly(slow->mean, slow->variance, 0.25f))
        return 1;
    if (clearly(-fast->mean, fast->variance, sure) || clearly(-slow->mean, slow->variance, sure))
        return -1;
    return 0;
}

enum echo_choice xh_echo_compare(struct xh_echo *e, const struct echo_block *b)
{
    e->near_level += 0.1f * (b->near_energy - e->near_level);
    e->back_level += 0.1f * (b->back_energy - e->back_level);
    e->fore_level += 0.1f * (b->fore_energy - e->fore_level);
    int back = better(&e->fast, &e->slow, b->fore_energy - b->back_energy, b->fore_energy * b->between_energy, 4.0f);
    bool worse = e->fore_level > 2.0f * e->near_level + b->floor;      /* an echo is put in where there is none */
    if (back == 0 && !worse)
        return ECHO_KEEP;
    memset(&e->fast, 0, sizeof e->fast);
    memset(&e->slow, 0, sizeof e->slow);
    if (!worse || e->back_level < e->near_level)
        return back > 0 || worse ? ECHO_TAKE_BACK : ECHO_RESTORE;
    e->fore_level = e->back_level = e->near_level;
    return ECHO_FORGET;
}

static void set_misalignment(struct xh_echo *e, float m)
{
    for (int i = 0; i < BINS; i++)
        e->misalignment[i] = m;
}

static void enter(struct xh_echo *e, enum echo_mode mode)
{
    e->mode = (uint8_t)mode;
    e->eager = e->calm = e->excess = 0;
}

void xh_echo_next_mode(struct xh_echo *e, const struct echo_block *b, enum echo_choice choice, bool learning, const struct seen *seen)
{
    if (choice == ECHO_FORGET) {
        set_misalignment(e, 0.5f);
        enter(e, ECHO_EAGER);
        return;
    }
    if (!learning)
        return;
    bool active = b->far_peak > ACTIVE;
    if (e->pause > 0)
        e->pause--;
    if (e->mode == ECHO_EAGER) {
        e->eager += active;
        e->calm = active && seen->error < 2.0f * seen->noise ? e->calm + 1 : 0;
        if (choice == ECHO_RESTORE) {
            set_misalignment(e, 0.02f);
            e->pause = e->pause_length;
            e->pause_length = e->pause_length < 100 ? 2 * e->pause_length : 200;
            enter(e, ECHO_CAREFUL);
        } else if (e->calm >= 3 || e->eager >= 150) {
            e->pause_length = 20;
            enter(e, ECHO_CAREFUL);
        }
        return;
    }
    if (active && seen->error > 4.0f * (seen->echo + seen->noise))
        e->excess++;
    else if (e->excess > 0)
        e->excess--;
    if (e->excess >= 6 && e->pause == 0)
        enter(e, ECHO_EAGER);
}

/* The step is given to the parts of the path in which an echo was found, and some to all.  What is no larger in a part than in
 * the emptiest ones is taken for chance, and shrinks as long as the path is far from known. */
void xh_echo_shares(struct xh_echo *e)
{
    float mean = 0.0f, low = 0.0f, total = 0.0f, root[PARTS];
    uint32_t few = 0;
    for (uint32_t p = 0; p < e->parts; p++)
        mean += e->energy[p] / (float)e->parts;
    for (uint32_t p = 0; p < e->parts; p++)
        if (e->energy[p] <= mean) {
            low += e->energy[p];
            few++;
        }
    if (few > 0)
        low /= (float)few;
    for (uint32_t p = 0; p < e->parts; p++) {
        root[p] = sqrtf(fmaxf(e->energy[p] - low, 0.0f));
        total += root[p];
    }
    float each = 1.0f / (float)e->parts, shrink = T_SHRINK * fminf(1.0f, T_SHRINK_LEVEL * e->back_level / (e->near_level + 1e-3f));
    if (e->parts < 4)
        shrink = 0.0f;
    for (uint32_t p = 0; p < e->parts; p++) {
        e->share[p] = total < 1e-6f ? each : (1.0f - T_SHARE_MIX) * each + T_SHARE_MIX * root[p] / total;
        e->keep[p] = 1.0f - shrink * fminf(1.0f, low / (e->energy[p] + 1e-12f));
    }
}

/* What the non-linear processor is to let through. */
float xh_echo_gain(struct xh_echo *e, const struct echo_block *b)
{
    return 1.0f;
}
