/* The calls and their scripts, whatever signals them. */
#include "far_end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ANY_TONE(n) ((unsigned)(n) % TONES)
#define NORMAL_CLEARING 16
#define RECOVERY_ON_TIMER_EXPIRY 102

bool is_circuit(int circuit)
{
    int line = circuit / 32, ts = circuit % 32;
    return circuit > 0 && line < fe.lines && ts && ts != fe.line[line].signalling;
}

struct call *call_by_number(int number)
{
    for (int i = 0; i < CIRCUITS; i++)
        if (fe.calls[i].state != CALL_FREE && fe.calls[i].number == number)
            return &fe.calls[i];
    return NULL;
}

int calls_busy(void)
{
    int busy = 0;
    for (int i = 0; i < CIRCUITS; i++)
        busy += fe.calls[i].state != CALL_FREE;
    return busy;
}

bool calls_done(void)
{
    return fe.opt.calls && fe.placed >= fe.opt.calls && !calls_busy();
}

static int last_digits(const char *number)
{
    size_t n = strlen(number);
    return atoi(number + (n > 3 ? n - 3 : 0));
}

static void start_sending(struct call *c)
{
    c->voice.sending = true;
    if (!fe.opt.tone_base)
        return;
    int n = fe.opt.tone_by == 'c'   ? c->channel
            : fe.opt.tone_by == 'd' ? last_digits(c->called)
            : fe.opt.tone_by == 'g' ? last_digits(c->calling)
                                    : c->number;
    c->voice.tone_hz = fe.opt.tone_base + 10 * ANY_TONE(n);
}

static void ended(struct call *c, int cause)
{
    struct voice *v = &c->voice;
    char heard[256] = "";
    for (int i = 0, at = 0; i < v->heard_count; i++)
        at += snprintf(heard + at, sizeof heard - at, "%s\"%d\":%d", i ? "," : "", v->heard[i], v->heard_windows[i]);
    v->heard_digits[v->heard_digits_len] = 0;
    report("end", c,
           ",\"cause\":%d,\"answered\":%s,\"by\":\"%s\",\"stuck\":%s,\"talk_ms\":%.1f,\"audio_ms\":%.1f,"
           "\"peak_dbm0\":%.1f,\"longest_gap_ms\":%.1f,\"tones\":{%s},\"digits\":\"%s\",\"called\":\"%s\","
           "\"calling\":\"%s\"",
           cause, c->answered ? "true" : "false", c->we_hang_up ? "us" : "peer", c->stuck ? "true" : "false",
           c->answer_ns ? (clock_ns() - c->answer_ns) / 1e6 : 0.0, v->audio_samples / 8.0, v->peak_dbm0,
           v->longest_gap_samples / 8.0, heard, v->heard_digits, c->called, c->calling);
    if (cause >= 0 && cause < CAUSES)
        fe.causes[cause]++;
    fe.ended++;
    voice_close(c);
    memset(c, 0, sizeof *c);
}

void call_hang_up(struct call *c, int cause)
{
    if (c->state == CALL_FREE || c->state == CALL_CLEARING)
        return;
    report("hang-up", c, ",\"cause\":%d", cause);
    c->state = CALL_CLEARING;
    c->we_hang_up = true;
    c->cause = cause;
    c->end_ns = fe.now_ns;
    c->voice.sending = false;
    signalling_hang_up(c, cause);
}

/* The two sides should search from opposite ends, so that they rarely seize the same channel. */
static int free_circuit(void)
{
    for (int i = 0; i < CIRCUITS; i++) {
        int at = fe.opt.descending ? CIRCUITS - 1 - i : i;
        const struct call *c = &fe.calls[at];
        if (is_circuit(at) && at % 32 <= fe.opt.highest_timeslot && c->state == CALL_FREE && !c->loop && !fe.out_of_use[at])
            return at;
    }
    return 0;
}

static struct call *begin(int circuit, bool outgoing, int hold_ms)
{
    struct call *c = &fe.calls[circuit];
    memset(c, 0, sizeof *c);
    c->state = CALL_SETUP;
    c->outgoing = outgoing;
    c->number = fe.numbered++;
    c->circuit = circuit;
    c->channel = circuit + fe.channel_base;
    c->hold_ms = hold_ms;
    c->setup_ns = clock_ns();
    return c;
}

/* {n} in a number becomes the call's number, three digits */
static void number_text(char *out, size_t room, const char *pattern, int n)
{
    const char *at = strstr(pattern, "{n}");
    if (!at)
        snprintf(out, room, "%s", pattern);
    else
        snprintf(out, room, "%.*s%03d%s", (int)(at - pattern), pattern, n % 1000, at + 3);
}

struct call *call_place(int circuit, const char *called, const char *calling, const char *digits, int hold_ms)
{
    if (!circuit)
        circuit = free_circuit();
    if (!is_circuit(circuit) || fe.calls[circuit].state != CALL_FREE)
        return NULL;
    struct call *c = begin(circuit, true, hold_ms);
    c->wants_digits = digits[0] != 0;
    number_text(c->called, sizeof c->called, called, c->number);
    number_text(c->calling, sizeof c->calling, calling, c->number);
    voice_open(c);
    if (digits[0])
        voice_digits(c, digits);
    char first[64];
    snprintf(first, sizeof first, "%s", c->called);
    if (fe.opt.overlap) {       /* two digits at first, the rest one by one */
        snprintf(c->overlap, sizeof c->overlap, "%s", strlen(first) > 2 ? first + 2 : "");
        first[strlen(first) > 2 ? 2 : strlen(first)] = 0;
    }
    fe.attempts++;
    report("setup", c, ",\"called\":\"%s\",\"calling\":\"%s\"", c->called, c->calling);
    if (!signalling_place(c, first))
        report("error", c, ",\"text\":\"the call is refused by the library\"");
    return c;
}

/* -- what has been heard --------------------------------------------------------------------------------- */

static void taken(struct call *c)
{
    signalling_take(c);
    c->state = CALL_PROCEEDING;
    c->alert_at = fe.opt.alert_ms < 0 ? 0 : fe.now_ns + fe.opt.alert_ms * MS;
    c->answer_at = fe.opt.answer_ms < 0 ? 0 : fe.now_ns + fe.opt.answer_ms * MS;
}

static bool number_is_whole(const struct call *c, bool complete)
{
    return !fe.opt.overlap || complete || (int)strlen(c->called) >= fe.opt.expect_digits;
}

struct call *call_offered(int circuit, void *leg, const char *called, const char *calling, const char *redirecting, bool complete)
{
    fe.incoming++;
    if (!is_circuit(circuit) || fe.calls[circuit].state != CALL_FREE) {
        report("collision", NULL, ",\"channel\":%d", circuit + fe.channel_base);
        return NULL;
    }
    struct call *c = begin(circuit, false, fe.opt.callee_hold_ms);
    c->leg = leg;
    snprintf(c->called, sizeof c->called, "%.63s", called);
    snprintf(c->calling, sizeof c->calling, "%.63s", calling);
    report("ring", c, ",\"called\":\"%s\",\"calling\":\"%s\",\"redirecting\":\"%s\",\"complete\":%s", c->called, c->calling,
           redirecting, complete ? "true" : "false");
    int cause = fe.opt.refuse_by_called ? last_digits(c->called) % CAUSES : fe.opt.refuse;
    if (cause) {
        fe.refused++;
        if (signalling_refuse(c, cause))
            ended(c, cause);
        return c;
    }
    voice_open(c);
    if (number_is_whole(c, complete))
        taken(c);
    else
        signalling_need_more(c);
    return c;
}

void call_more_digits(struct call *c, const char *digits, bool complete)
{
    if (!c || c->state != CALL_SETUP || c->outgoing)
        return;
    size_t have = strlen(c->called);
    snprintf(c->called + have, sizeof c->called - have, "%.32s", digits);
    report("information", c, ",\"digits\":\"%s\",\"called\":\"%s\"", digits, c->called);
    if (number_is_whole(c, complete))
        taken(c);
}

/* The other side may name another channel than we asked for. */
struct call *call_moved(struct call *c, int circuit)
{
    if (!c || !is_circuit(circuit) || circuit == c->circuit || fe.calls[circuit].state != CALL_FREE)
        return c;
    struct call *to = &fe.calls[circuit];
    *to = *c;
    memset(c, 0, sizeof *c);
    to->circuit = circuit;
    to->channel = circuit + fe.channel_base;
    return to;
}

void call_progressed(struct call *c, enum call_state state, const char *event, bool inband)
{
    if (!c || c->state == CALL_CLEARING)
        return;
    if (c->state < state)
        c->state = state;
    report(event, c, ",\"ms\":%.2f,\"inband\":%s", (clock_ns() - c->setup_ns) / 1e6, inband ? "true" : "false");
}

void call_answered(struct call *c)
{
    if (!c || c->state == CALL_CLEARING)
        return;
    c->state = CALL_ACTIVE;
    c->answered = true;
    c->answer_ns = clock_ns();
    fe.answered++;
    double ms = (c->answer_ns - c->setup_ns) / 1e6;
    report_sample(&fe.setup_ms, &fe.setups, ms);
    report("answer", c, ",\"ms\":%.2f", ms);
    start_sending(c);
    /* digits wait for their time: nothing is sent before */
    c->voice.digit_pause = fe.opt.digits_after_ms * 8LL;
    if (c->hold_ms)
        c->hang_up_at = c->answer_ns + c->hold_ms * MS;
}

void call_clearing(struct call *c, int cause)
{
    if (!c)
        return;
    report("disconnect", c, ",\"cause\":%d", cause);
    c->state = CALL_CLEARING;
    c->cause = cause;
    c->end_ns = fe.now_ns;
    c->voice.sending = false;
}

void call_over(struct call *c, int cause)
{
    if (c && c->state != CALL_FREE)
        ended(c, c->state == CALL_CLEARING ? c->cause : cause);
}

void link_state(bool up)
{
    if (fe.up && !up)
        fe.link_downs++;
    fe.up = up;
    fe.next_call_at = fe.now_ns + 200 * MS;
    report(up ? "link-up" : "link-down", NULL, NULL);
}

/* -- scripts ------------------------------------------------------------------------------------------ */

static void script_callee(struct call *c)
{
    int64_t now = fe.now_ns;
    if (c->alert_at && now >= c->alert_at) {
        c->alert_at = 0;
        c->state = CALL_ALERTING;
        signalling_alert(c);
        if (fe.opt.early_tone)
            start_sending(c);
    }
    if (c->answer_at && now >= c->answer_at) {
        c->answer_at = 0;
        c->state = CALL_ACTIVE;
        c->answered = true;
        c->answer_ns = clock_ns();
        fe.incoming_answered++;
        signalling_answer(c);
        report("answered", c, NULL);
        start_sending(c);
        if (c->hold_ms)
            c->hang_up_at = now + c->hold_ms * MS;
    }
}

static void script_call(struct call *c)
{
    int64_t now = fe.now_ns;
    if (c->overlap[c->overlap_at] && c->next_digit_at && now >= c->next_digit_at && c->state == CALL_SETUP) {
        signalling_digit(c, c->overlap[c->overlap_at++]);
        c->next_digit_at = now + 50 * MS;
    }
    if (!c->outgoing && (c->state == CALL_PROCEEDING || c->state == CALL_ALERTING))
        script_callee(c);
    if (c->hang_up_at && now >= c->hang_up_at) {
        c->hang_up_at = 0;
        call_hang_up(c, NORMAL_CLEARING);
    } else if (fe.opt.guard_ms && !c->stuck && now - c->setup_ns > fe.opt.guard_ms * MS) {
        c->stuck = true;
        fe.stuck++;
        report("stuck", c, ",\"state\":%d", c->state);
        call_hang_up(c, RECOVERY_ON_TIMER_EXPIRY);
    }
}

void calls_scripts(void)
{
    for (int i = 0; i < CIRCUITS; i++)
        if (fe.calls[i].state != CALL_FREE)
            script_call(&fe.calls[i]);
    if (!fe.up || fe.placed >= fe.opt.calls || fe.now_ns < fe.next_call_at)
        return;
    if (call_place(0, fe.opt.called, fe.opt.calling, fe.opt.digits, fe.opt.hold_ms)) {
        fe.placed++;
        fe.next_call_at += (int64_t)(1e9 / fe.opt.rate);
        if (fe.next_call_at < fe.now_ns)
            fe.next_call_at = fe.now_ns;    /* all channels were busy for a while */
    }
}
