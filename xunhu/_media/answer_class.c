/* Who has answered, see answer_class.h. */
#include "xunhu/answer_class.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "spectrum.h"

#define HOP 80
#define HOP_MS 10u
#define WINDOW XH_ANSWER_RING
#define BINS (WINDOW / 2)
#define HZ_A_BIN (8000.0f / WINDOW)
#define FIRST_BIN 3
#define LAST_BIN 124
#define ZERO_DBM0 259441720.0f  /* mean square of a sine of 0 dBm0 */
#define WEAKEST (ZERO_DBM0 * 6.3e-6f)   /* -52 dBm0: not worth a spectrum */
#define TONAL 0.75f             /* share of the four strongest bands: voice, music, tones */
#define PURE 0.80f              /* share of the strongest band: one tone */
#define FLOOR_HOPS 10
#define STARTS_MS 30u           /* so long a sound has begun */
#define TONE_DRIFT_HZ 14.0f
#define TONE_STEADY 1.7f        /* energy, 2.3 dB */
#define TONE_HOPS 6             /* the window sees a tone 30 ms before it is full of it */
#define SIT_HZ 40.0f            /* E.180: 950, 1400, 1800 +-50; North America sends 914 to 985, 1371 to 1429, 1777 */
#define SIT_GAP_MS 90u
#define SAYS_SOMETHING_MS 350u  /* of speech before a beep */

static uint32_t now_ms(const struct xh_answer *a)
{
    return a->samples / 8;
}

static uint16_t or_default(uint16_t value, uint16_t fallback)
{
    return value ? value : fallback;
}

int xh_answer_init(struct xh_answer *a, const struct xh_answer_parameters *parameters)
{
    struct xh_answer_parameters p = {0};
    if (parameters)
        p = *parameters;
    p.initial_silence_ms = or_default(p.initial_silence_ms, 3500);
    p.greeting_ms = or_default(p.greeting_ms, 2800);
    p.after_greeting_ms = or_default(p.after_greeting_ms, 700);
    p.total_ms = or_default(p.total_ms, 5000);
    p.min_word_ms = or_default(p.min_word_ms, 100);
    p.between_words_ms = or_default(p.between_words_ms, 60);
    p.max_words = or_default(p.max_words, 7);
    p.quiet_ms = or_default(p.quiet_ms, 2500);
    p.threshold_dbm0x10 = p.threshold_dbm0x10 ? p.threshold_dbm0x10 : -470;
    p.above_noise_db = or_default(p.above_noise_db, 7);
    p.beep_low_hz = or_default(p.beep_low_hz, 400);
    p.beep_high_hz = or_default(p.beep_high_hz, 2500);
    p.beep_low_ms = or_default(p.beep_low_ms, 100);
    p.beep_high_ms = or_default(p.beep_high_ms, 2000);
    if (p.beep_low_hz > p.beep_high_hz || p.beep_high_hz > 3800 || p.beep_low_ms > p.beep_high_ms || p.above_noise_db > 60 ||
        p.threshold_dbm0x10 > 0 || p.threshold_dbm0x10 < -600 || p.before_answer > 1 || p.initial_silence_ms > 60000 ||
        p.total_ms > 60000 || p.greeting_ms > 60000)
        return -EINVAL;
    memset(a, 0, sizeof *a);
    a->p = p;
    for (int i = 0; i < XH_ANSWER_FLOORS; i++)
        a->floors[i] = INFINITY;
    a->lowest = INFINITY;
    return 0;
}

/* -- sound or silence ------------------------------------------------------------------------------------------------------ */

/* Mean square of the newest hop, without what a constant adds. */
static float hop_energy(const struct xh_answer *a)
{
    int16_t x[HOP];
    int64_t squares = 0, sum = 0;
    xh_newest(x, HOP, a->ring, WINDOW, a->samples);
    for (int i = 0; i < HOP; i++) {
        squares += (int32_t)x[i] * x[i];
        sum += x[i];
    }
    return (float)(squares - sum * sum / HOP) / HOP;
}

/* The least of the smoothed energy in the last 1.6 s: speech has pauses in it, noise has not. */
static float noise_of(struct xh_answer *a, float energy)
{
    a->smooth = a->samples <= HOP ? energy : a->smooth + 0.3f * (energy - a->smooth);
    a->lowest = fminf(a->lowest, a->smooth);
    float least = a->lowest;
    for (int i = 0; i < XH_ANSWER_FLOORS; i++)
        least = fminf(least, a->floors[i]);
    if (a->samples / HOP % FLOOR_HOPS == 0) {
        a->floors[a->floor_at++ % XH_ANSWER_FLOORS] = a->lowest;
        a->lowest = a->smooth;
    }
    return least;
}

struct look {
    float tonal, pure, hz, level;
};

static void look_at(const struct xh_answer *a, struct look *l)
{
    float x[WINDOW], power[BINS], all = 0.0f, first = 0.0f, sum = 0.0f;
    int bin = FIRST_BIN, other;
    int16_t samples[WINDOW];
    xh_newest(samples, WINDOW, a->ring, WINDOW, a->samples);
    for (uint32_t i = 0; i < WINDOW; i++)
        x[i] = xh_hann_256[i] * (float)samples[i];
    xh_spectrum(x, WINDOW, power);
    for (int k = FIRST_BIN; k <= LAST_BIN; k++)
        all += power[k];
    float rest[BINS];
    memcpy(rest, power, sizeof rest);
    for (int i = 0; i < 4; i++) {
        float band = xh_take_band(rest, FIRST_BIN, LAST_BIN, i ? &other : &bin);
        first = i ? first : band;
        sum += band;
    }
    l->tonal = all > 0.0f ? sum / all : 0.0f;
    l->pure = all > 0.0f ? first / all : 0.0f;
    l->hz = xh_peak_hz(power, bin, HZ_A_BIN);
    l->level = all * (2.0f / (WINDOW * 96.0f));
}

static int is_sound(struct xh_answer *a, float energy, const struct look *l)
{
    float noise = noise_of(a, energy);
    float least = ZERO_DBM0 * powf(10.0f, a->p.threshold_dbm0x10 * 0.01f);
    float above = noise * powf(10.0f, a->p.above_noise_db * 0.1f);
    if (energy < least)
        return 0;
    if (a->samples < 8 * 300 && energy < least * 30.0f)         /* the noise is not known yet: be sure */
        return l->tonal >= TONAL && energy >= 2.0f * noise;
    return energy >= above || l->tonal >= TONAL;
}

/* -- words ------------------------------------------------------------------------------------------------------------------ */

static void word_ends(struct xh_answer *a)
{
    a->sounding = 0;
    if (a->last - a->begin < a->p.min_word_ms)
        return;
    if (a->words++ == 0)
        a->first_word = a->begin;
    a->last_word = a->last;
}

static void follow_words(struct xh_answer *a, int sound)
{
    uint32_t now = now_ms(a);
    if (sound) {
        if (!a->sounding) {
            a->sounding = 1;
            a->begin = now - HOP_MS;
        }
        a->last = now;
    } else if (a->sounding && now - a->last >= (now - a->begin < STARTS_MS ? HOP_MS : a->p.between_words_ms)) {
        word_ends(a);
    }
}

/* The word that sounds now counts as soon as it is one. */
static int in_word(const struct xh_answer *a)
{
    return a->sounding && a->last - a->begin >= a->p.min_word_ms;
}

static uint32_t words_heard(const struct xh_answer *a)
{
    return a->words + (in_word(a) ? 1u : 0u);
}

static uint32_t greeting_begin(const struct xh_answer *a)
{
    return a->words ? a->first_word : a->begin;
}

static uint32_t greeting_ms(const struct xh_answer *a)
{
    return words_heard(a) ? (in_word(a) ? a->last : a->last_word) - greeting_begin(a) : 0;
}

static uint32_t pause_ms(const struct xh_answer *a)
{
    return in_word(a) ? now_ms(a) - a->last : now_ms(a) - a->last_word;
}

/* -- single tones ------------------------------------------------------------------------------------------------------------ */

/* A tone has ended: what was it? The event's class, or NONE. */
static int tone_meaning(struct xh_answer *a, uint32_t begin, uint32_t ms, float hz)
{
    static const float sit[] = {950.0f, 1400.0f, 1800.0f};
    if (ms >= 200 && ms <= 480) {
        int step = a->sit_step && begin - a->sit_end <= SIT_GAP_MS ? a->sit_step : 0;
        if (fabsf(hz - sit[step]) > SIT_HZ)
            step = 0;
        a->sit_step = (uint8_t)(fabsf(hz - sit[step]) <= SIT_HZ ? step + 1 : 0);
        a->sit_end = begin + ms;
        if (a->sit_step == 3)
            return XH_ANSWER_ANNOUNCEMENT;
    }
    if (fabsf(hz - 1100.0f) <= 38.0f && ms >= 420 && ms <= 580 && !a->words)
        return XH_ANSWER_FAX;
    if (a->sit_step == 0 && hz >= a->p.beep_low_hz && hz <= a->p.beep_high_hz && ms >= a->p.beep_low_ms && ms <= a->p.beep_high_ms)
        return XH_ANSWER_BEEP;
    return XH_ANSWER_NONE;
}

static int follow_tone(struct xh_answer *a, const struct look *l, uint16_t *hz)
{
    uint32_t now = now_ms(a);
    int pure = l->pure >= PURE && l->hz >= 350.0f;
    if (a->sit_step == 1 && !a->tone_count && now - a->sit_end > SIT_GAP_MS + 60) {
        a->sit_step = 0;                /* it was no special information tone: a beep of that frequency */
        *hz = (uint16_t)lrintf(a->tone_hz);
        return XH_ANSWER_BEEP;
    }
    if (!a->tone_on) {
        a->tone_count = pure ? (uint8_t)(a->tone_count + 1) : 0;
        if (!pure)
            return XH_ANSWER_NONE;
        if (a->tone_count == 1)
            a->tone_begin = now;
        else if (fabsf(l->hz - a->tone_hz) > TONE_DRIFT_HZ)
            a->tone_begin = now, a->tone_count = 1;
        a->tone_hz = l->hz;
        a->tone_level = l->level;
        a->tone_miss = 0;
        a->tone_on = a->tone_count >= TONE_HOPS;
        return XH_ANSWER_NONE;
    }
    int same = pure && fabsf(l->hz - a->tone_hz) <= TONE_DRIFT_HZ && l->level <= a->tone_level * TONE_STEADY &&
               l->level >= a->tone_level / TONE_STEADY;
    if (same) {
        a->tone_miss = 0;
        a->tone_hz += 0.2f * (l->hz - a->tone_hz);
        int fax = fabsf(a->tone_hz - 2100.0f) <= 20.0f && now - a->tone_begin >= 500;
        return fax ? XH_ANSWER_FAX : XH_ANSWER_NONE;
    }
    if (++a->tone_miss < 2)
        return XH_ANSWER_NONE;
    a->tone_on = a->tone_count = 0;
    uint32_t ms = now - 2 * HOP_MS - a->tone_begin;     /* the window is as late at the end as at the begin */
    *hz = (uint16_t)lrintf(a->tone_hz);
    return tone_meaning(a, a->tone_begin, ms, a->tone_hz);
}

/* -- decisions ------------------------------------------------------------------------------------------------------------- */

static int tell(struct xh_answer *a, struct xh_answer_event *e, int answer, float confidence)
{
    if (answer == XH_ANSWER_BEEP || answer == XH_ANSWER_QUIET)
        a->after = 1;
    a->decided = (uint8_t)(answer == XH_ANSWER_BEEP || answer == XH_ANSWER_QUIET ? XH_ANSWER_MACHINE : answer);
    *e = (struct xh_answer_event){.answer = (uint8_t)answer, .at_ms = now_ms(a), .greeting_ms = greeting_ms(a)};
    e->confidence = (uint16_t)lrintf(1000.0f * fminf(fmaxf(confidence, 0.0f), 1.0f));
    e->initial_ms = words_heard(a) ? greeting_begin(a) : now_ms(a);
    e->words = (uint16_t)words_heard(a);
    return 1;
}

/* 0 a person .. 1 a machine, of a greeting of so many ms. */
static float machine_by_length(const struct xh_answer *a)
{
    float spread = 0.14f * a->p.greeting_ms, over = (float)greeting_ms(a) - (float)a->p.greeting_ms;
    float p = 1.0f / (1.0f + expf(-over / spread));
    return words_heard(a) > a->p.max_words ? fmaxf(p, 0.8f) : p;
}

static int decide(struct xh_answer *a, struct xh_answer_event *e)
{
    uint32_t now = now_ms(a);
    int machine = a->p.before_answer ? XH_ANSWER_ANNOUNCEMENT : XH_ANSWER_MACHINE;
    if (!words_heard(a))
        return now >= a->p.initial_silence_ms ? tell(a, e, XH_ANSWER_SILENCE, 0.9f) : 0;
    float p = machine_by_length(a);
    uint32_t pause = pause_ms(a);
    if (pause >= a->p.after_greeting_ms)
        return p < 0.5f ? tell(a, e, XH_ANSWER_HUMAN, 1.0f - p) : tell(a, e, machine, p);
    if (p >= 0.92f && pause <= a->p.between_words_ms)
        return tell(a, e, machine, p);          /* still talking */
    if (now >= a->p.total_ms && pause * 2u <= a->p.after_greeting_ms)
        return p < 0.5f ? tell(a, e, XH_ANSWER_HUMAN, 1.0f - p) : tell(a, e, machine, p);
    return 0;
}

static int one_hop(struct xh_answer *a, struct xh_answer_event *e)
{
    struct look l = {0};
    uint16_t hz = 0;
    float energy = hop_energy(a);
    if (energy >= WEAKEST || a->tone_on || a->tone_count)
        look_at(a, &l);
    follow_words(a, is_sound(a, energy, &l));
    int tone = follow_tone(a, &l, &hz), is_machine = a->decided == XH_ANSWER_MACHINE;
    if (a->after || (a->decided && !is_machine))
        return 0;
    if (tone == XH_ANSWER_BEEP && (is_machine || greeting_ms(a) >= SAYS_SOMETHING_MS)) {
        tell(a, e, XH_ANSWER_BEEP, is_machine ? 0.97f : 0.9f);
        e->beep_hz = hz;
        return 1;
    }
    if (is_machine)
        return pause_ms(a) >= a->p.quiet_ms ? tell(a, e, XH_ANSWER_QUIET, 0.7f) : 0;
    if (tone == XH_ANSWER_FAX || tone == XH_ANSWER_ANNOUNCEMENT)
        return tell(a, e, tone, 0.97f);
    if (a->tone_on || a->sit_step)      /* wait what it will be, but not for ever */
        return now_ms(a) >= 2u * a->p.total_ms ? decide(a, e) : 0;
    return decide(a, e);
}

int xh_answer_run(struct xh_answer *a, const int16_t *in, size_t n, struct xh_answer_event *event)
{
    int told = 0;
    for (size_t i = 0; i < n; i++) {
        a->ring[a->samples % WINDOW] = in[i];
        a->samples++;
        if (++a->fill < HOP)
            continue;
        a->fill = 0;
        struct xh_answer_event e;
        if (one_hop(a, &e)) {
            *event = e;
            told = 1;
        }
    }
    return told;
}
