/* Tone generator, see tones.h.
 *
 * Each of the two oscillators is a complex number turned by a fixed angle a sample, in double precision and pulled back to
 * unit length once a call: frequency and level are exact however long the tone lasts. At a step the amplitude goes to its
 * new value along half a cosine of 2.5 ms; the phase goes on, or begins at zero where there was silence before. A tone
 * that ends falls within the first 2.5 ms of the silence behind it, so that between the half-level points it has its exact
 * length; only a tone that is the very last thing falls within its own time. */
#define _GNU_SOURCE
#include "xunhu/tones.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define RATE 8000.0
#define RAMP 20u                /* samples */
#define PEAK_0DBM0 22779.0
#define LEVEL_MAX 3.14f
#define LEVEL_MIN -90.0f
#define PAUSE_MS 500

static int sine_ok(float hz, float dbm0)
{
    if (!(hz >= 0.0f && hz < 4000.0f))
        return 0;
    return hz == 0.0f || (dbm0 >= LEVEL_MIN && dbm0 <= LEVEL_MAX);
}

static int modulates(const struct xh_tone_step *s)
{
    return s->f2_hz < 0.0f;
}

static int step_ok(const struct xh_tone_step *s)
{
    if (s->ms < 0 || !sine_ok(s->f1_hz, s->level1_dbm0))
        return 0;
    if (modulates(s))
        return s->f1_hz > 0.0f && s->f2_hz <= -1.0f && s->f2_hz >= -200.0f && s->level2_dbm0 >= -40.0f && s->level2_dbm0 <= 0.0f;
    return sine_ok(s->f2_hz, s->level2_dbm0);
}

/* The depth has no ramp: what it changes is at zero, or the phase is kept. */
static void begin_modulation(struct xh_tonegen *g, float hz, float depth_db)
{
    if (g->amp[0] == 0.0 || !g->modulated) {
        g->re[1] = 1.0;
        g->im[1] = 0.0;
    }
    g->amp[1] = g->from[1] = g->target[1] = pow(10.0, depth_db / 20.0);
    g->cr[1] = cos(2.0 * M_PI * hz / RATE);
    g->ci[1] = sin(2.0 * M_PI * hz / RATE);
}

static void begin_sine(struct xh_tonegen *g, int i, float hz, float dbm0)
{
    g->from[i] = g->amp[i];
    g->target[i] = hz > 0.0f ? PEAK_0DBM0 * pow(10.0, dbm0 / 20.0) : 0.0;
    if (hz <= 0.0f)
        return;                 /* what sounds dies away at its own frequency */
    if (g->amp[i] == 0.0) {
        g->re[i] = 1.0;
        g->im[i] = 0.0;
    }
    g->cr[i] = cos(2.0 * M_PI * hz / RATE);
    g->ci[i] = sin(2.0 * M_PI * hz / RATE);
}

static void begin_step(struct xh_tonegen *g)
{
    const struct xh_tone_step *s = &g->steps[g->step];
    begin_sine(g, 0, s->f1_hz, s->level1_dbm0);
    if (modulates(s)) {
        begin_modulation(g, -s->f2_hz, s->level2_dbm0);
        g->modulated = 1;
    } else {
        if (g->modulated && s->f1_hz > 0.0f)
            g->amp[1] = 0.0;
        g->modulated = g->modulated && s->f1_hz == 0.0f && s->f2_hz == 0.0f;    /* the tone dies away as it sounded */
        begin_sine(g, 1, s->f2_hz, s->level2_dbm0);
    }
    g->left = s->ms ? (uint64_t)s->ms * 8 : UINT64_MAX;
    g->ramp = g->from[0] != g->target[0] || g->from[1] != g->target[1] ? RAMP : 0;
}

int xh_tonegen_init(struct xh_tonegen *g, const struct xh_tone_step *steps, uint32_t count, uint32_t repeats)
{
    if (count == 0 || count > XH_TONE_STEPS)
        return -EINVAL;
    for (uint32_t i = 0; i < count; i++)
        if (!step_ok(&steps[i]))
            return -EINVAL;
    memset(g, 0, sizeof *g);
    memcpy(g->steps, steps, count * sizeof *steps);
    g->count = count;
    g->repeats = repeats;
    begin_step(g);
    return 0;
}

static int is_last(const struct xh_tonegen *g)
{
    return g->step + 1 == g->count && g->repeats && g->round + 1 >= g->repeats;
}

static void next_step(struct xh_tonegen *g)
{
    if (is_last(g)) {
        g->done = 1;
        return;
    }
    if (++g->step == g->count) {
        g->step = 0;
        g->round++;
    }
    begin_step(g);
}

static void move_amplitude(struct xh_tonegen *g)
{
    g->ramp--;
    for (int i = 0; i < 2; i++) {
        double part = 0.5 + 0.5 * cos(M_PI * g->ramp / RAMP);   /* 0 .. 1 as ramp goes RAMP .. 0 */
        g->amp[i] = g->ramp ? g->from[i] + (g->target[i] - g->from[i]) * part : g->target[i];
    }
}

static inline int16_t to_sample(double v)
{
    int s = (int)(v < 0.0 ? v - 0.5 : v + 0.5);
    return (int16_t)(s > 32767 ? 32767 : s < -32768 ? -32768 : s);
}

/* n samples of the first oscillator, louder and weaker with the second. */
static void turn_modulated(struct xh_tonegen *g, int16_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = to_sample(g->amp[0] * g->im[0] * (1.0 + g->amp[1] * g->im[1]));
        for (int k = 0; k < 2; k++) {
            double next = g->re[k] * g->cr[k] - g->im[k] * g->ci[k];
            g->im[k] = g->re[k] * g->ci[k] + g->im[k] * g->cr[k];
            g->re[k] = next;
        }
    }
}

/* n samples of both oscillators at their present amplitude. */
static void turn(struct xh_tonegen *g, int16_t *out, size_t n)
{
    double re0 = g->re[0], im0 = g->im[0], re1 = g->re[1], im1 = g->im[1];
    double cr0 = g->cr[0], ci0 = g->ci[0], cr1 = g->cr[1], ci1 = g->ci[1];
    double a0 = g->amp[0], a1 = g->amp[1];
    for (size_t i = 0; i < n; i++) {
        double next0 = re0 * cr0 - im0 * ci0, next1 = re1 * cr1 - im1 * ci1;
        out[i] = to_sample(a0 * im0 + a1 * im1);
        im0 = re0 * ci0 + im0 * cr0;
        im1 = re1 * ci1 + im1 * cr1;
        re0 = next0;
        re1 = next1;
    }
    g->re[0] = re0;
    g->im[0] = im0;
    g->re[1] = re1;
    g->im[1] = im1;
}

static void end_at_zero(struct xh_tonegen *g)
{
    g->ramp = (uint32_t)g->left;
    for (int i = 0; i < 2; i++) {
        g->from[i] = g->amp[i];
        g->target[i] = 0.0;
    }
}

/* How many samples go by before anything changes. */
static size_t steady(const struct xh_tonegen *g, size_t n, int falls)
{
    uint64_t most = g->ramp ? 1 : falls ? g->left - RAMP : g->left;
    return most < n ? (size_t)most : n;
}

static void normalise(struct xh_tonegen *g)
{
    for (int i = 0; i < 2; i++) {
        double fix = 1.5 - 0.5 * (g->re[i] * g->re[i] + g->im[i] * g->im[i]);   /* 1 / length, near 1 */
        if (g->amp[i] != 0.0) {
            g->re[i] *= fix;
            g->im[i] *= fix;
        }
    }
}

size_t xh_tonegen_run(struct xh_tonegen *g, int16_t *out, size_t n)
{
    size_t made = 0;
    while (made < n && !g->done) {
        int falls = is_last(g) && (g->target[0] != 0.0 || g->target[1] != 0.0);
        if (falls && g->left <= RAMP) {
            end_at_zero(g);
            falls = 0;
        }
        size_t part = steady(g, n - made, falls);
        if (g->ramp)
            move_amplitude(g);
        if (g->amp[0] == 0.0 && (g->amp[1] == 0.0 || g->modulated))
            memset(out + made, 0, part * sizeof *out);
        else if (g->modulated)
            turn_modulated(g, out + made, part);
        else
            turn(g, out + made, part);
        made += part;
        g->left -= part;
        if (g->left == 0)
            next_step(g);
    }
    normalise(g);
    memset(out + made, 0, (n - made) * sizeof *out);
    return made;
}

/* ITU-T Q.23: rows 697 770 852 941 Hz, columns 1209 1336 1477 1633 Hz */
static int digit_tone(char digit, struct xh_tone_step *step)
{
    static const char keys[] = "123A456B789C*0#D";
    static const float rows[] = {697, 770, 852, 941}, columns[] = {1209, 1336, 1477, 1633};
    char upper = digit >= 'a' && digit <= 'd' ? (char)(digit - 'a' + 'A') : digit;
    const char *at = upper ? strchr(keys, upper) : NULL;
    if (!at)
        return -EINVAL;
    step->f1_hz = rows[(at - keys) / 4];
    step->f2_hz = columns[(at - keys) % 4];
    return 0;
}

int xh_dtmf_steps(struct xh_tone_step *out, uint32_t room, const char *digits, size_t n, int on_ms, int off_ms,
                  double level_dbm0, double twist_db)
{
    uint32_t count = 0;
    if (n == 0 || on_ms <= 0 || off_ms < 0 || !isfinite(level_dbm0) || !isfinite(twist_db))
        return -EINVAL;
    for (size_t i = 0; i < n; i++) {
        struct xh_tone_step step = {0, 0, (float)level_dbm0, (float)(level_dbm0 + twist_db), on_ms};
        int pause = digits[i] == ',';
        if (!pause && digit_tone(digits[i], &step))
            return -EINVAL;
        if (room - count < (pause || off_ms == 0 ? 1u : 2u))
            return -E2BIG;
        if (pause) {
            out[count++] = (struct xh_tone_step){.ms = PAUSE_MS};
            continue;
        }
        if (!sine_ok(step.f1_hz, step.level1_dbm0) || !sine_ok(step.f2_hz, step.level2_dbm0))
            return -EINVAL;
        out[count++] = step;
        if (off_ms)
            out[count++] = (struct xh_tone_step){.ms = off_ms};
    }
    return (int)count;
}
