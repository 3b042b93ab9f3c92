/* Who speaks in a conference, who is heard, who has the floor.
 *
 * Speech is what stands 6 dB out of the party's own noise, and above -45 dBm0, for 30 ms; it ends after 400 ms without. The noise
 * follows what is quieter within a few ticks and rises by 0.9 dB a second, up to -36 dBm0: what is louder is always speech.
 *
 * The loudest N: the places are kept as long as nobody needs them. A party that speaks and has none takes the place of the
 * weakest one when that does not speak, or is 3 dB weaker and has had it for 200 ms. One place changes a tick at most, so the choice
 * does not flicker and costs one pass over the parties.
 *
 * The floor goes to the loudest when its holder has ceased to speak, or has been 3 dB weaker than the same rival for 300 ms. Control hears
 * of it at most once in the time it has asked for, of a party that begins or ceases to speak as soon as that is certain, of
 * eight parties of a conference a tick at most; nothing is lost by that, the next tick tells the rest. */
#include "engine_private.h"

#define ENERGY(dbm0_square) ((uint32_t)((dbm0_square) * 80.0 / 64.0))
#define LEAST ENERGY(8203.0)            /* -45 dBm0: mean square 22779^2 / 2 * 10^-4.5 */
#define NOISE_MOST ENERGY(16292.0)      /* -42 dBm0: 6 dB above is -36 dBm0 */
#define MS(ms) ((ms) * (XH_RATE / 1000))
#define LOUD_FOR MS(30)
#define HANG MS(400)
#define HOLD MS(200)
#define RIVAL_FOR MS(300)
#define TALKS_A_TICK 8

static int is_voice(const struct xh_party *p)
{
    return p->port < XH_LINE_PORTS;
}

/* Energy of the contribution, as of 80 samples. A key is no speech. */
static uint32_t energy_of(const struct xh_engine *e, const struct xh_party *p)
{
    if (p->keys)
        return 0;
    uint64_t energy = (uint64_t)p->energy * 80u / (uint64_t)e->samples;
    uint64_t gain = (uint64_t)p->gain;
    energy = energy * (gain * gain) / ((uint64_t)XH_GAIN_UNITY * XH_GAIN_UNITY);
    return energy > UINT32_MAX ? UINT32_MAX : (uint32_t)energy;
}

static uint16_t longer(uint16_t for_samples, int by)
{
    int sum = for_samples + by;
    return (uint16_t)(sum > UINT16_MAX ? UINT16_MAX : sum);
}

static void listen(const struct xh_engine *e, const struct xh_party *p, struct xh_talk *t)
{
    uint32_t energy = energy_of(e, p);
    int n = e->samples;
    if (energy < t->noise)
        t->noise -= (t->noise - energy) / 4;
    else
        t->noise += t->noise / 480 + 1;
    if (t->noise > NOISE_MOST)
        t->noise = NOISE_MOST;
    if (energy > t->level)
        t->level += (energy - t->level) / 4;
    else
        t->level -= (t->level - energy) / 32;
    int is_loud = energy > LEAST && energy / 4 > t->noise;
    t->loud = is_loud ? longer(t->loud, n) : 0;
    if (t->loud >= LOUD_FOR) {
        t->speaks = 1;
        t->hang = HANG;
    } else if (!is_loud) {
        t->hang = (uint16_t)(t->hang > n ? t->hang - n : 0);
        t->speaks = t->hang > 0;
    }
    t->held = longer(t->held, n);
}

/* What is silent is far below all that speaks. */
static uint64_t rank(const struct xh_talk *t)
{
    return (uint64_t)t->speaks << 32 | t->level;
}

static struct xh_talk *talk_of(struct xh_engine *e, uint32_t party)
{
    return &e->talk[e->plan.party[party].xpoint];
}

struct choice {
    uint32_t chosen;                    /* how many */
    struct xh_talk *weakest, *strongest;        /* of those chosen, of those not */
};

static struct choice look(struct xh_engine *e, const struct xh_conference *k)
{
    struct choice c = {0};
    for (uint32_t i = k->first; i < k->first + k->parties; i++) {
        struct xh_talk *t = talk_of(e, i);
        if (!is_voice(&e->plan.party[i]) || !e->plan.party[i].gain)
            continue;
        c.chosen += t->chosen;
        if (t->chosen && (!c.weakest || rank(t) < rank(c.weakest)))
            c.weakest = t;
        if (!t->chosen && (!c.strongest || rank(t) > rank(c.strongest)))
            c.strongest = t;
    }
    return c;
}

static void put(struct xh_talk *t, int chosen)
{
    t->chosen = (uint8_t)chosen;
    t->held = 0;
}

static void choose(struct xh_engine *e, struct xh_conference *k)
{
    struct choice c = look(e, k);
    for (; c.chosen > k->loudest; c = look(e, k))       /* there are fewer places now */
        put(c.weakest, 0);
    for (; c.chosen < k->loudest && c.strongest; c = look(e, k))
        put(c.strongest, 1);
    if (!c.strongest || !c.weakest || !c.strongest->speaks)
        return;
    int gives_way = !c.weakest->speaks || (c.weakest->held >= HOLD && c.strongest->level / 2 > c.weakest->level);
    if (gives_way) {
        put(c.weakest, 0);
        put(c.strongest, 1);
    }
}

/* -- the floor ---------------------------------------------------------------------- */

struct speakers {
    uint32_t count, loudest, holder;    /* parties + 1, 0 none; the holder if it still speaks */
};

static struct speakers count_speakers(struct xh_engine *e, const struct xh_conference *k)
{
    struct speakers s = {0};
    for (uint32_t i = k->first; i < k->first + k->parties; i++) {
        if (!is_voice(&e->plan.party[i]) || !talk_of(e, i)->speaks)
            continue;
        s.count++;
        if (!s.loudest || talk_of(e, i)->level > talk_of(e, s.loudest - 1)->level)
            s.loudest = i + 1;
        if (e->plan.party[i].port + 1u == k->floor)
            s.holder = i + 1;
    }
    return s;
}

static uint32_t port_of(const struct xh_engine *e, uint32_t party)
{
    return party ? e->plan.party[party - 1].port + 1u : 0;
}

static void pass_floor(struct xh_engine *e, struct xh_conference *k)
{
    struct speakers s = count_speakers(e, k);
    uint32_t loudest = port_of(e, s.loudest);
    int rivals = s.holder && loudest != k->floor && talk_of(e, s.loudest - 1)->level / 2 > talk_of(e, s.holder - 1)->level;
    k->rival_for = rivals && loudest == k->rival ? k->rival_for + (uint32_t)e->samples : 0;
    k->rival = rivals ? loudest : 0;
    if (!s.holder || k->rival_for >= RIVAL_FOR)
        k->floor = loudest;
    if (k->floor == k->told || (k->told_at && e->now - k->told_at < k->every))
        return;
    k->told = k->floor;
    k->told_at = e->now;
    xh_engine_emit(e, (struct xh_event){.type = XH_EV_FLOOR, .port = k->port, .tag = e->port[k->port].tag, .a0 = (int32_t)k->floor,
                                        .a1 = (int32_t)s.count});
}

static void tell_talkers(struct xh_engine *e, struct xh_conference *k)
{
    int told = 0;
    for (uint32_t i = 0; i < k->parties && told < TALKS_A_TICK; i++) {
        uint32_t party = k->first + (k->turn + i) % k->parties;
        struct xh_talk *t = talk_of(e, party);
        if (t->told == t->speaks || !is_voice(&e->plan.party[party]))
            continue;
        t->told = t->speaks;
        if (++told == TALKS_A_TICK)
            k->turn = party - k->first + 1;
        xh_engine_emit(e, (struct xh_event){.type = XH_EV_TALK, .port = k->port, .tag = e->port[k->port].tag,
                                            .a0 = e->plan.party[party].port, .a1 = t->speaks});
    }
}

void xh_floor_run(struct xh_engine *e, struct xh_conference *k)
{
    int listens = k->loudest || k->flags & (XH_CONFERENCE_FLOOR | XH_CONFERENCE_TALKERS);
    for (uint32_t i = k->first; i < k->first + k->parties; i++) {
        const struct xh_party *p = &e->plan.party[i];
        struct xh_talk *t = talk_of(e, i);
        if (listens && is_voice(p))
            listen(e, p, t);
        if (!k->loudest || !is_voice(p))
            t->chosen = 1;
        else if (!p->gain)
            t->chosen = 0;
    }
    if (k->loudest)
        choose(e, k);
    if (k->flags & XH_CONFERENCE_FLOOR)
        pass_floor(e, k);
    if (k->flags & XH_CONFERENCE_TALKERS)
        tell_talkers(e, k);
}
