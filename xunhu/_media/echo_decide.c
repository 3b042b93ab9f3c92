/* What an echo canceller makes of a block's figures: which path is the better one, how boldly to learn, whether the near side
 * speaks. docs/echo.md. */
#include <math.h>
#include <string.h>
#include "echo_private.h"
#include "echo_tuning.h"

#define NARROW 6                        /* blocks of steady tones */
#define LONG 20                         /* blocks of steady tones for certain */
#define BEATING 25                      /* blocks of power in few bins, more than vowels have */
#define ACTIVE DBM0(3.2e-5)             /* -45 dBm0: a far side that can be learned from */

/* Is the background better than the foreground, over one of three time constants?  The near side's sound is in both errors
 * alike, so the difference of their energies is zero but for chance, or a true gain; what it is over parts of 2 ms shows how
 * much chance there is.  1 better, -1 worse, 0 not known. */
static int better(struct xh_echo *e, const struct echo_block *b)
{
    static const float speed[3] = {0.4f, 0.15f, 0.03f};
    const float sure = e->settled ? T_SURE_SETTLED : T_SURE, sure_back = e->known ? T_SURE_BACK_KNOWN : T_SURE_BACK;
    int found = 0;
    for (int i = 0; i < 3; i++) {
        struct echo_average *a = &e->average[i];
        a->mean = (1.0f - speed[i]) * a->mean + speed[i] * b->gain;
        a->variance = (1.0f - speed[i]) * (1.0f - speed[i]) * a->variance + speed[i] * speed[i] * b->scatter;
        float square = a->mean * a->mean;
        if (a->mean > 0.0f && square > sure * a->variance)
            found = 1;
        else if (found == 0 && a->mean < 0.0f && square > sure_back * a->variance)
            found = -1;
    }
    return found;
}

enum echo_choice xh_echo_compare(struct xh_echo *e, const struct echo_block *b)
{
    e->near_level += 0.1f * (b->near_energy - e->near_level);
    e->back_level += 0.1f * (b->back_energy - e->back_level);
    e->fore_level += 0.1f * (b->fore_energy - e->fore_level);
    int back = better(e, b);
    bool worse = e->fore_level > 2.0f * e->near_level + b->floor;      /* an echo is put in where there is none */
    if (back == 0 && !worse)
        return ECHO_KEEP;
    memset(e->average, 0, sizeof e->average);
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
    e->careful_shares = false;
}

void xh_echo_next_mode(struct xh_echo *e, const struct echo_block *b, enum echo_choice choice, bool learning, const struct seen *seen)
{
    if (choice == ECHO_FORGET) {
        set_misalignment(e, 0.5f);
        e->young = 0;
        e->wide = 0;
        e->settled = e->known = false;
        e->leak = 1.0f;
        enter(e, ECHO_EAGER);
        return;
    }
    bool active = b->far_peak > ACTIVE;
    if (active && e->talk == 0) {
        e->told_near += 0.05f * (b->near_energy - e->told_near);
        e->told_fore += 0.05f * (b->fore_energy - e->told_fore);
    }
    if (active && e->young < 100)
        e->young++;
    if (!learning)
        return;
    e->known |= active && e->fore_level < 0.1f * e->near_level;
    if (e->pause > 0)
        e->pause--;
    if (e->mode == ECHO_EAGER) {
        e->eager += active;
        bool good = b->near_energy > 10.0f * b->back_energy && seen->error < 2.0f * seen->noise;
        e->calm = active && good ? e->calm + 1 : 0;
        if (choice == ECHO_RESTORE && !e->known && e->young < 100 && e->near_level > DBM0(1e-5)) {
            /* misled by the sound that the first echo was of, a voice's few harmonics: from the beginning again */
            set_misalignment(e, 0.5f);
            enter(e, ECHO_EAGER);
        } else if (choice == ECHO_RESTORE && e->near_level > DBM0(1e-5)) {     /* softer: no echo has come yet that could be learned */
            set_misalignment(e, 0.02f);
            e->pause = e->pause_length;
            e->pause_length = e->pause_length < 100 ? 2 * e->pause_length : 200;
            e->settled |= e->fore_level < 0.1f * e->near_level;
            enter(e, ECHO_CAREFUL);
        } else if (e->calm >= T_CALM || e->eager >= T_EAGER_LONG) {
            e->pause_length = 20;
            e->settled |= e->fore_level < 0.1f * e->near_level;
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
void xh_echo_shares(struct xh_echo *e, float boldness)
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
    if (e->mode == ECHO_CAREFUL && e->careful_shares) {
        float sum = 0.0f;
        for (uint32_t p = 0; p < e->parts; p++) {
            e->share[p] *= 1.0f - T_DECAY * boldness * e->share[p];
            e->share[p] += T_RENEW * (total < 1e-6f ? each : root[p] / total);
            sum += e->share[p];
        }
        for (uint32_t p = 0; p < e->parts; p++) {
            e->share[p] /= sum;
            e->keep[p] = 1.0f;
        }
        return;
    }
    e->careful_shares = e->mode == ECHO_CAREFUL;
    for (uint32_t p = 0; p < e->parts; p++) {
        e->share[p] = total < 1e-6f ? each : (1.0f - T_SHARE_MIX) * each + T_SHARE_MIX * root[p] / total;
        e->keep[p] = 1.0f - shrink * fminf(1.0f, low / (e->energy[p] + 1e-12f));
    }
}

/* The far side sends one or two tones: all its power is in few bins, and the loudest of four blocks stays the same, so that tones
 * which beat are steady too.  A vowel is like that in one block of fifty.  Where nothing else was heard yet, power in few bins is
 * enough.  Tones show a path at two frequencies only, and what the near side sends at the same time looks like their echo: nothing
 * is learned from them, be a path known or not.
 *
 * Their begin and end are wide, for one block; so sound is wide where two blocks in a row are. */
bool xh_echo_tones(struct xh_echo *e)
{
    const uint32_t slots = e->parts + 1;
    const bool heard = e->far_energy[e->newest] > DBM0(1e-6), thin = heard && e->width < 6.5f, wide = heard && !thin;
    float top = 0.0f;
    for (uint32_t i = 0; i < 4 && i < slots; i++)
        top = fmaxf(top, e->far_energy[(e->newest + i) % slots]);
    if (wide && e->was_wide) {
        e->wide = (uint16_t)(e->wide < 1000 ? e->wide + 1 : 1000);
        e->only_tones = false;
    }
    e->was_wide = wide;
    e->thin = (uint16_t)(!thin ? 0 : e->thin < 60000 ? e->thin + 1 : 60000);
    if (thin && e->narrow > 0 && top < 1.15f * e->steady && top > 0.85f * e->steady) {
        e->narrow = (uint16_t)(e->narrow < 60000 ? e->narrow + 1 : 60000);
    } else {
        e->narrow = thin;
        e->steady = top;
    }
    const bool tones = e->narrow >= NARROW || e->thin >= (e->wide < WIDE ? NARROW : BEATING);
    e->only_tones |= tones;
    return tones;
}

/* What was learned before they were known to be tones is no path: where nothing else taught any of it, and where no path was known
 * and they last longer than any vowel. */
bool xh_echo_misled(const struct xh_echo *e)
{
    return e->wide < WIDE || (!e->known && (e->narrow >= LONG || e->thin >= 4 * LONG));
}

/* A block of this energy, without echo: is it background noise of the near side?  So is what is hardly louder than the softest of
 * late; that mark rises by itself, so that louder noise is found after some seconds. */
bool xh_echo_noise(struct xh_echo *e, float energy)
{
    e->noise_level += 0.25f * (energy - e->noise_level);
    e->noise_search = fminf(fmaxf(e->noise_search * T_NOISE_RISE, DBM0(2.5e-7)), fmaxf(e->noise_level, DBM0(1e-9)));
    return energy < T_NOISE_GATE * e->noise_search;
}

/* The background is taken.  Near speech is in both errors alike; so where it leaves much less, what was taken for near speech was
 * the echo of a new path, and that is known by halves only. */
void xh_echo_found(struct xh_echo *e, const struct echo_block *b)
{
    if (b->back_energy < 0.25f * b->fore_energy && b->near_energy > DBM0(1e-5))
        e->leak = fmaxf(e->leak, fminf(T_LEAK_NEW, b->back_energy / b->near_energy));
}

/* How much of the echo the filter leaves, at most, of late: the mark rises within some blocks and falls within seconds, so that the
 * sound which suits the filter least, a voice's few harmonics, is remembered from one time to the next. */
static void follow_leak(struct xh_echo *e, float left, bool talk)
{
    float ratio = fminf(left / e->hold, 1.0f);
    if (talk) {                         /* if it is no talk but a path that got worse, the mark must find it */
        if (e->leak < 1.2e-3f)
            e->leak *= 1.005f;
    } else if (ratio > e->leak) {
        e->leak += T_LEAK_UP * fminf(ratio - e->leak, e->leak);
    } else {
        e->leak += (ratio < T_LEAK_FAR * e->leak ? T_LEAK_DOWN : T_LEAK_DOWN_NEAR) * (ratio - e->leak);
    }
    e->leak = fmaxf(e->leak, 2e-4f);
}

/* What the non-linear processor is to let through of this block: 1 all, 0 nothing.  It closes where all that the filter leaves
 * is explained by echo, and only if that could be heard. */
float xh_echo_gain(struct xh_echo *e, const struct echo_block *b)
{
    e->hold = fmaxf(b->echo_energy, (b->whole ? 0.8f : 0.9f) * e->hold);
    float left = e->leak * e->hold;
    if (e->mode == ECHO_CAREFUL)        /* while eager it takes near speech for its fault */
        left = fmaxf(left, b->expected);
    if (e->only_tones)                  /* nothing is learned that would lower the mark: a path that is known leaves so much at most */
        left = fminf(left, 0.1f * e->hold);
    if (b->far_peak > DBM0(1e-5))       /* so little came back once: no hybrid turns back much more */
        e->turned = fminf(1.0005f * e->turned + 1e-6f, b->near_energy / b->far_peak);
    float most = T_TALK_OVER * left + 3.0f * e->noise_energy + b->floor + T_TALK_LEAST;
    if (!e->settled && !e->only_tones)  /* no path is known yet: whatever a hybrid may turn back; after a second, 7 dB below */
        most = fmaxf(most, fminf(e->young < 100 ? 0.5f : 0.2f, 8.0f * e->turned) * b->far_peak);
    bool over = b->fore_energy > most, talk = over && (!e->known || e->over || b->fore_energy > T_TALK_SURE * most);
    if (b->whole)
        e->over = over;
    if (talk)
        e->talk = 20;
    else if (b->whole && e->talk > 0)
        e->talk--;
    if (b->whole && e->hold > DBM0(3e-6))
        follow_leak(e, b->fore_energy, over);
    bool echo = left > 0.25f * e->noise_energy + DBM0(1.6e-7) || (!e->settled && b->far_peak > DBM0(1e-5));
    if (!e->known && e->only_tones)     /* what comes back may be echo as well as the other party's own tone, which must not be lost */
        echo = false;
    return e->talk > 0 || !echo ? 1.0f : 0.0f;
}

static float dbm0(float energy)
{
    return fmaxf(10.0f * log10f(energy / DBM0(1) + 1e-12f), -90.0f);
}

void xh_echo_state(const struct xh_echo *e, struct xh_echo_state *s)
{
    float total = 0.0f;
    uint32_t best = 0;
    for (uint32_t p = 0; p < e->parts; p++) {
        total += e->energy[p];
        best = e->energy[p] > e->energy[best] ? p : best;
    }
    memset(s, 0, sizeof *s);
    s->erl_db = fminf(-10.0f * log10f(total + 1e-12f), 99.0f);
    s->erle_db = fmaxf(10.0f * log10f((e->told_near + 1e-3f) / (e->told_fore + 1e-3f)), 0.0f);
    s->delay_ms = total > 0.0f ? (float)best * 10.0f + 5.0f : 0.0f;
    s->residual_dbm0 = dbm0(e->told_fore);
    s->noise_dbm0 = dbm0(e->noise_energy);
    s->converged = e->told_near > 0.0f && e->told_fore < 0.03f * e->told_near + 2.0f * e->noise_energy;
    s->double_talk = e->talk > 0 && e->hold > DBM0(3e-6);
    s->disabled = e->disabled;
    s->narrow_band = e->only_tones && (e->narrow >= NARROW || e->thin >= NARROW);
    s->suppressing = e->gain < 0.5f;
}
