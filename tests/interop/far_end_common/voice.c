/* Sound of one timeslot: a steady tone and DTMF out; level, tone of the 32, DTMF in. */
#include "far_end.h"

#include <math.h>
#include <string.h>

#define BLOCK 80                /* 10 ms */
#define WINDOW 800              /* 100 ms: tones 10 Hz apart fall into bins of their own */
#define AUDIBLE_DBM0 -45.0
#define HANG_BLOCKS 5           /* 50 ms of silence end what is audible */
#define IDLE 0xD5

/* Mean square of 16-bit samples to dBm0: a sine of full scale is +3.14 dBm0. */
static double dbm0(double mean_square)
{
    return mean_square < 1e-3 ? -99.0 : 10 * log10(2 * mean_square / (32768.0 * 32768.0)) + 3.14;
}

void voice_open(struct call *c)
{
    struct voice *v = &c->voice;
    if (v->open)
        return;
    memset(v, 0, sizeof *v);
    v->open = true;
    v->dtmf_rx = dtmf_rx_init(NULL, NULL, NULL);
    v->dtmf_tx = dtmf_tx_init(NULL);
    dtmf_tx_set_timing(v->dtmf_tx, fe.opt.digit_on_ms, fe.opt.digit_off_ms);
    dtmf_tx_set_level(v->dtmf_tx, fe.opt.digit_level_dbm0, 0);
    v->peak_dbm0 = -99;
    if (fe.opt.heard) {
        char path[512];
        snprintf(path, sizeof path, "%s/%d.s16", fe.opt.heard, c->number);
        v->heard_file = fopen(path, "wb");
        report(v->heard_file ? "listening" : "error", c, ",\"file\":\"%s\"", path);
    }
    v->first_audio_sample = -1;
    if (fe.opt.react_hz) {
        v->react_cr = cos(2 * M_PI * fe.opt.react_hz / 8000.0);
        v->react_ci = sin(2 * M_PI * fe.opt.react_hz / 8000.0);
        v->react_c = 1;
    }
}

void voice_close(struct call *c)
{
    if (c->voice.heard_file)
        fclose(c->voice.heard_file);
    if (c->voice.dtmf_rx)
        dtmf_rx_free(c->voice.dtmf_rx);
    if (c->voice.dtmf_tx)
        dtmf_tx_free(c->voice.dtmf_tx);
    memset(&c->voice, 0, sizeof c->voice);
}

static void note_heard(struct voice *v, int hz)
{
    for (int i = 0; i < v->heard_count; i++)
        if (v->heard[i] == hz) {
            v->heard_windows[i]++;
            return;
        }
    if (v->heard_count < 8) {
        v->heard[v->heard_count] = hz;
        v->heard_windows[v->heard_count++] = 1;
    }
}

/* Which of the 32 tones fills the window, 0 none. */
static int tone_of(const int16_t *w)
{
    double energy = 0, best = 0;
    int best_hz = 0;
    for (int i = 0; i < WINDOW; i++)
        energy += (double)w[i] * w[i];
    if (dbm0(energy / WINDOW) < -40)
        return 0;
    for (int n = 0; n < TONES; n++) {
        int hz = fe.opt.hear_base + 10 * n;
        double k = 2 * cos(2 * M_PI * hz / 8000.0), s1 = 0, s2 = 0;
        for (int i = 0; i < WINDOW; i++) {
            double s = w[i] + k * s1 - s2;
            s2 = s1;
            s1 = s;
        }
        double power = s1 * s1 + s2 * s2 - k * s1 * s2;
        if (power > best) {
            best = power;
            best_hz = hz;
        }
    }
    /* a pure tone has power = energy * WINDOW / 2 */
    return best > 0.5 * energy * WINDOW / 2 ? best_hz : 0;
}

static void window_sample(struct call *c, int16_t x)
{
    struct voice *v = &c->voice;
    v->window[v->tone_fill++] = x;
    if (v->tone_fill < WINDOW)
        return;
    v->tone_fill = 0;
    int hz = tone_of(v->window);
    if (hz)
        note_heard(v, hz);
    if (hz != v->hears_hz) {
        v->hears_hz = hz;
        report("hears", c, ",\"hz\":%d", hz);
    }
}

static void react_sample(struct call *c, int16_t x)
{
    struct voice *v = &c->voice;
    v->react_re += x * v->react_c;
    v->react_im += x * v->react_s;
    v->react_energy += (double)x * x;
    double re = v->react_c * v->react_cr - v->react_s * v->react_ci;
    v->react_s = v->react_c * v->react_ci + v->react_s * v->react_cr;
    v->react_c = re;
    if (++v->react_fill < BLOCK)
        return;
    double amplitude = 2 * hypot(v->react_re, v->react_im) / BLOCK, power = amplitude * amplitude / 2;
    bool heard = dbm0(power) > -30 && power > 0.6 * v->react_energy / BLOCK;
    v->react_fill = 0;
    v->react_re = v->react_im = v->react_s = v->react_energy = 0;
    v->react_c = 1;
    bool begins = heard && !v->react_heard;
    v->react_heard = heard;
    if (v->react_armed && begins) {
        v->react_armed = false;
        double ms = (clock_ns() - v->digit_end_ns) / 1e6;
        report_sample(&fe.react_ms, &fe.reacts, ms);
        report("react", c, ",\"ms\":%.2f", ms);
    }
}

static void block_end(struct call *c)
{
    struct voice *v = &c->voice;
    double level = dbm0(v->energy / BLOCK);
    bool loud = level > AUDIBLE_DBM0;
    if (loud) {
        v->audio_samples += BLOCK;
        v->audio_energy += v->energy;
        v->peak_dbm0 = fmax(v->peak_dbm0, level);
        if (v->first_audio_sample < 0) {
            v->first_audio_sample = v->samples;
            c->first_audio_ns = clock_ns();
            report("first-audio", c, ",\"dbm0\":%.1f,\"after_answer_ms\":%.1f", level,
                   c->answer_ns ? (c->first_audio_ns - c->answer_ns) / 1e6 : 0.0);
        }
        v->gap_samples = 0;
        v->hang = 0;
    } else if (v->first_audio_sample >= 0) {
        v->gap_samples += BLOCK;
        v->hang++;
        if (v->gap_samples > v->longest_gap_samples)
            v->longest_gap_samples = v->gap_samples;
    }
    bool audible = loud || (v->audible && v->hang < HANG_BLOCKS);
    if (audible != v->audible) {
        v->audible = audible;
        if (fe.opt.audio_events)
            report("audio", c, ",\"on\":%s,\"dbm0\":%.1f", audible ? "true" : "false", level);
    }
    v->fill = 0;
    v->energy = 0;
}

static void level_event(struct call *c)
{
    struct voice *v = &c->voice;
    if (!fe.opt.level_ms || v->level_samples < fe.opt.level_ms * 8)
        return;
    report("level", c, ",\"dbm0\":%.1f", dbm0(v->level_energy / v->level_samples));
    v->level_energy = 0;
    v->level_samples = 0;
}

static void dtmf_heard(struct call *c)
{
    struct voice *v = &c->voice;
    char digits[32];
    size_t n = dtmf_rx_get(v->dtmf_rx, digits, sizeof digits - 1);
    for (size_t i = 0; i < n; i++) {
        if (v->heard_digits_len < (int)sizeof v->heard_digits - 1)
            v->heard_digits[v->heard_digits_len++] = digits[i];
        report("digit", c, ",\"digit\":\"%c\"", digits[i]);
    }
}

void voice_receive(struct call *c, const uint8_t *alaw, int n)
{
    struct voice *v = &c->voice;
    if (c->loop)
        memcpy(c->looped, alaw, n);
    if (!v->open)
        return;
    int16_t x[MAX_FRAMES];
    for (int i = 0; i < n; i++) {
        x[i] = alaw_to_linear(alaw[i]);
        v->samples++;
        v->energy += (double)x[i] * x[i];
        v->level_energy += (double)x[i] * x[i];
        v->level_samples++;
        if (fe.opt.hear_base)
            window_sample(c, x[i]);
        if (fe.opt.react_hz)
            react_sample(c, x[i]);
        if (++v->fill == BLOCK)
            block_end(c);
    }
    if (v->heard_file)
        fwrite(x, sizeof *x, n, v->heard_file);
    level_event(c);
    dtmf_rx(v->dtmf_rx, x, n);
    dtmf_heard(c);
}

void voice_digits(struct call *c, const char *digits)
{
    struct voice *v = &c->voice;
    int len = (int)strlen(digits);
    if (v->digit_at == v->digits_len)
        v->digit_at = v->digits_len = 0;
    if (v->digits_len + len >= (int)sizeof v->digits)
        return report("error", c, ",\"text\":\"too many digits\"");
    memcpy(v->digits + v->digits_len, digits, len);
    v->digits_len += len;
}

static void next_digit(struct call *c, int n)
{
    struct voice *v = &c->voice;
    if (v->digit_pause > 0) {
        v->digit_pause -= n;
        return;
    }
    if (v->digit_running || v->digit_at == v->digits_len)
        return;
    char digit = v->digits[v->digit_at++];
    if (digit == ',') {
        v->digit_pause = 4000;
        return;
    }
    dtmf_tx_put(v->dtmf_tx, &digit, 1);
    v->digit_running = true;
    v->react_armed = true;
    v->digit_end_ns = clock_ns() + fe.opt.digit_on_ms * MS;
    report("digit-sent", c, ",\"digit\":\"%c\",\"end_ns\":%lld", digit, (long long)v->digit_end_ns);
}

void voice_send(struct call *c, uint8_t *alaw, int n)
{
    struct voice *v = &c->voice;
    memset(alaw, IDLE, n);
    if (c->loop)
        memcpy(alaw, c->looped, n);
    if (!v->open || !v->sending)
        return;
    next_digit(c, n);
    if (v->digit_running) {
        int16_t x[MAX_FRAMES];
        int made = dtmf_tx(v->dtmf_tx, x, n);
        for (int i = 0; i < made; i++)
            alaw[i] = linear_to_alaw(x[i]);
        if (made < n)
            v->digit_running = false;
        return;
    }
    if (v->tone_hz <= 0)
        return;
    double amplitude = 32768 * pow(10, (fe.opt.tone_level_dbm0 - 3.14) / 20);
    for (int i = 0; i < n; i++) {
        alaw[i] = linear_to_alaw((int)lrint(amplitude * sin(v->tone_phase)));
        v->tone_phase = fmod(v->tone_phase + 2 * M_PI * v->tone_hz / 8000, 2 * M_PI);
    }
}
