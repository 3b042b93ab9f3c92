/* The calls: libpri's events, and the script of each call. */
#include "far_end.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

#define ANY_TONE(n) ((unsigned)(n) % TONES)

static int read_frame(struct pri *pri, void *buf, int room)
{
    int len = fifo_get(&fe.line.rx, buf, room - 2);
    return len > 0 ? len + 2 : 0;       /* libpri counts two octets of FCS it never looks at */
}

static int write_frame(struct pri *pri, void *buf, int len)
{
    if (clock_ns() >= fe.line.deaf_until_ns && !fifo_put(&fe.line.tx, buf, len - 2))
        fe.line.overflow++;
    return len;
}

static void pri_says(struct pri *pri, char *text)
{
    if (fe.opt.debug)
        fputs(text, stderr);
}

int calls_start(void)
{
    pri_set_message(pri_says);
    pri_set_error(pri_says);
    fe.pri = pri_new_cb(-1, fe.opt.network ? PRI_NETWORK : PRI_CPE, PRI_SWITCH_EUROISDN_E1, read_frame, write_frame, &fe);
    if (!fe.pri)
        return -1;
    pri_hangup_fix_enable(fe.pri, 1);
    pri_set_overlapdial(fe.pri, fe.opt.overlap);
    if (fe.opt.t309_ms >= 0)
        pri_set_timer(fe.pri, PRI_TIMER_T309, fe.opt.t309_ms ? fe.opt.t309_ms : -1);
    if (fe.opt.debug)
        pri_set_debug(fe.pri, PRI_DEBUG_Q921_DUMP | PRI_DEBUG_Q931_DUMP | PRI_DEBUG_Q931_ANOMALY | PRI_DEBUG_Q921_STATE);
    return 0;
}

static struct call *call_of(q931_call *q)
{
    for (int ts = 1; ts <= TIMESLOTS; ts++)
        if (fe.calls[ts].state != CALL_FREE && fe.calls[ts].q931 == q)
            return &fe.calls[ts];
    return NULL;
}

struct call *call_by_number(int number)
{
    for (int ts = 1; ts <= TIMESLOTS; ts++)
        if (fe.calls[ts].state != CALL_FREE && fe.calls[ts].number == number)
            return &fe.calls[ts];
    return NULL;
}

int calls_busy(void)
{
    int busy = 0;
    for (int ts = 1; ts <= TIMESLOTS; ts++)
        busy += fe.calls[ts].state != CALL_FREE;
    return busy;
}

bool calls_done(void)
{
    return fe.opt.calls && fe.placed >= fe.opt.calls && !calls_busy();
}

/* The other side may name another channel than we asked for: the call moves there. */
static struct call *moved(struct call *c, int channel)
{
    channel &= 0xFF;
    if (!c || channel < 1 || channel > TIMESLOTS || channel == D_CHANNEL || channel == c->channel ||
        fe.calls[channel].state != CALL_FREE)
        return c;
    struct call *to = &fe.calls[channel];
    *to = *c;
    memset(c, 0, sizeof *c);
    to->channel = channel;
    return to;
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
    pri_hangup(fe.pri, c->q931, cause);
}

static int free_channel(void)
{
    /* the two sides search from opposite ends, so that glare is rare */
    for (int i = 0; i < TIMESLOTS; i++) {
        int ts = fe.opt.network ? 1 + i : TIMESLOTS - i;
        if (ts != D_CHANNEL && ts <= fe.opt.trunk_channels && fe.calls[ts].state == CALL_FREE)
            return ts;
    }
    return 0;
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

struct call *call_place(const char *called, const char *calling, const char *digits, int hold_ms)
{
    int ts = free_channel();
    q931_call *q = ts ? pri_new_call(fe.pri) : NULL;
    struct pri_sr *sr = q ? pri_sr_new() : NULL;
    if (!sr)
        return NULL;
    struct call *c = &fe.calls[ts];
    c->state = CALL_SETUP;
    c->outgoing = true;
    c->number = fe.numbered++;
    c->channel = ts;
    c->q931 = q;
    c->hold_ms = hold_ms;
    c->setup_ns = clock_ns();
    c->wants_digits = digits[0] != 0;
    number_text(c->called, sizeof c->called, called, c->number);
    number_text(c->calling, sizeof c->calling, calling, c->number);
    voice_open(c);
    if (digits[0])
        voice_digits(c, digits);
    char first[64];
    snprintf(first, sizeof first, "%s", c->called);
    if (fe.opt.overlap) {       /* two digits in SETUP, the rest one by one */
        snprintf(c->overlap, sizeof c->overlap, "%s", strlen(first) > 2 ? first + 2 : "");
        first[strlen(first) > 2 ? 2 : strlen(first)] = 0;
    }
    pri_sr_set_channel(sr, ts, fe.opt.exclusive, 0);
    pri_sr_set_bearer(sr, PRI_TRANS_CAP_SPEECH, PRI_LAYER_1_ALAW);
    pri_sr_set_called(sr, first, PRI_UNKNOWN, !fe.opt.overlap);
    pri_sr_set_caller(sr, c->calling, NULL, PRI_NATIONAL_ISDN, PRES_ALLOWED_USER_NUMBER_NOT_SCREENED);
    if (fe.opt.redirecting[0])
        pri_sr_set_redirecting(sr, fe.opt.redirecting, PRI_NATIONAL_ISDN, PRES_ALLOWED_NETWORK_NUMBER, PRI_REDIR_UNCONDITIONAL);
    fe.attempts++;
    report("setup", c, ",\"called\":\"%s\",\"calling\":\"%s\"", c->called, c->calling);
    if (pri_setup(fe.pri, q, sr))
        report("error", c, ",\"text\":\"pri_setup refused\"");
    pri_sr_free(sr);
    return c;
}

/* -- events of libpri ------------------------------------------------------------------------------ */

/* CALL PROCEEDING, then DISCONNECT; with --no-proceeding RELEASE COMPLETE at once, after which libpri says no more of
 * the call. In Call Present libpri sends that for a few causes only and keeps silent with others (17, 21). */
static void refuse(struct call *c, int cause)
{
    fe.refused++;
    if (fe.opt.no_proceeding && (cause == PRI_CAUSE_UNALLOCATED || cause == PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION ||
                                 cause == PRI_CAUSE_REQUESTED_CHAN_UNAVAIL)) {
        call_hang_up(c, cause);
        ended(c, cause);
        return;
    }
    pri_proceeding(fe.pri, c->q931, c->channel, 0);
    call_hang_up(c, cause);
}

static void on_ring(const pri_event_ring *e)
{
    int ts = e->channel & 0xFF;
    fe.incoming++;
    if (ts < 1 || ts > TIMESLOTS || ts == D_CHANNEL || fe.calls[ts].state != CALL_FREE) {
        report("collision", NULL, ",\"channel\":%d", ts);
        pri_hangup(fe.pri, e->call, PRI_CAUSE_REQUESTED_CHAN_UNAVAIL);
        return;
    }
    struct call *c = &fe.calls[ts];
    c->state = CALL_SETUP;
    c->number = fe.numbered++;
    c->channel = ts;
    c->q931 = e->call;
    c->setup_ns = clock_ns();
    c->hold_ms = fe.opt.callee_hold_ms;
    snprintf(c->called, sizeof c->called, "%.63s", e->callednum);
    snprintf(c->calling, sizeof c->calling, "%.63s", e->callingnum);
    report("ring", c, ",\"called\":\"%s\",\"calling\":\"%s\",\"redirecting\":\"%s\",\"complete\":%s", c->called, c->calling,
           e->redirectingnum, e->complete ? "true" : "false");
    int cause = fe.opt.refuse_by_called ? last_digits(c->called) % CAUSES : fe.opt.refuse;
    if (cause) {
        refuse(c, cause);
        return;
    }
    voice_open(c);
    if (fe.opt.overlap && !e->complete && (int)strlen(c->called) < fe.opt.expect_digits) {
        pri_need_more_info(fe.pri, c->q931, ts, 0);
        return;
    }
    if (!fe.opt.no_proceeding)
        pri_proceeding(fe.pri, c->q931, ts, 0);
    c->state = CALL_PROCEEDING;
    c->alert_at = fe.opt.alert_ms < 0 ? 0 : fe.now_ns + fe.opt.alert_ms * MS;
    c->answer_at = fe.opt.answer_ms < 0 ? 0 : fe.now_ns + fe.opt.answer_ms * MS;
}

static void on_information(const pri_event_ring *e)
{
    struct call *c = call_of(e->call);
    if (!c || c->state != CALL_SETUP || c->outgoing)
        return;
    size_t have = strlen(c->called);
    snprintf(c->called + have, sizeof c->called - have, "%.32s", e->callednum);
    report("information", c, ",\"digits\":\"%s\",\"called\":\"%s\"", e->callednum, c->called);
    if (!e->complete && (int)strlen(c->called) < fe.opt.expect_digits)
        return;
    pri_proceeding(fe.pri, c->q931, c->channel, 0);
    c->state = CALL_PROCEEDING;
    c->alert_at = fe.opt.alert_ms < 0 ? 0 : fe.now_ns + fe.opt.alert_ms * MS;
    c->answer_at = fe.opt.answer_ms < 0 ? 0 : fe.now_ns + fe.opt.answer_ms * MS;
}

static void progressed(q931_call *q, int channel, enum call_state state, const char *event, int progress)
{
    struct call *c = moved(call_of(q), channel);
    if (!c || c->state == CALL_CLEARING)
        return;
    if (c->state < state)
        c->state = state;
    report(event, c, ",\"ms\":%.2f,\"inband\":%s", (clock_ns() - c->setup_ns) / 1e6,
           progress & PRI_PROG_INBAND_AVAILABLE ? "true" : "false");
}

static void on_answer(const pri_event_answer *e)
{
    struct call *c = moved(call_of(e->call), e->channel);
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

static void on_setup_ack(const pri_event_setup_ack *e)
{
    struct call *c = moved(call_of(e->call), e->channel);
    if (!c)
        return;
    report("setup-ack", c, NULL);
    c->next_digit_at = fe.now_ns + 20 * MS;
}

static void on_hang_up(const pri_event_hangup *e, bool over)
{
    struct call *c = call_of(e->call);
    if (c && !over) {
        report("disconnect", c, ",\"cause\":%d", e->cause);
        c->state = CALL_CLEARING;
        c->cause = e->cause;
        c->end_ns = fe.now_ns;
        c->voice.sending = false;
    }
    if (c && over)
        ended(c, c->state == CALL_CLEARING ? c->cause : e->cause);
    if (e->e != PRI_EVENT_HANGUP_ACK)
        pri_hangup(fe.pri, e->call, e->cause);
}

static void on_link(bool up)
{
    if (fe.up && !up)
        fe.link_downs++;
    fe.up = up;
    fe.next_call_at = fe.now_ns + 200 * MS;
    report(up ? "link-up" : "link-down", NULL, NULL);
}

static void on_event(pri_event *e)
{
    switch (e->e) {
    case PRI_EVENT_DCHAN_UP: return on_link(true);
    case PRI_EVENT_DCHAN_DOWN: return on_link(false);
    case PRI_EVENT_RING: return on_ring(&e->ring);
    case PRI_EVENT_INFO_RECEIVED: return on_information(&e->ring);
    case PRI_EVENT_SETUP_ACK: return on_setup_ack(&e->setup_ack);
    case PRI_EVENT_PROCEEDING:
        return progressed(e->proceeding.call, e->proceeding.channel, CALL_PROCEEDING, "proceeding", e->proceeding.progressmask);
    case PRI_EVENT_PROGRESS:
        return progressed(e->proceeding.call, e->proceeding.channel, CALL_PROCEEDING, "progress", e->proceeding.progressmask);
    case PRI_EVENT_RINGING:
        return progressed(e->ringing.call, e->ringing.channel, CALL_ALERTING, "alerting", e->ringing.progressmask);
    case PRI_EVENT_ANSWER: return on_answer(&e->answer);
    case PRI_EVENT_HANGUP_REQ: return on_hang_up(&e->hangup, false);
    case PRI_EVENT_HANGUP:
    case PRI_EVENT_HANGUP_ACK: return on_hang_up(&e->hangup, true);
    case PRI_EVENT_RESTART_ACK: return report("restart-ack", NULL, ",\"channel\":%d", e->restartack.channel);
    case PRI_EVENT_RESTART: return report("restart", NULL, ",\"channel\":%d", e->restart.channel);
    case PRI_EVENT_CONNECT_ACK: return;
    default: return report("pri-event", NULL, ",\"text\":\"%s\"", pri_event2str(e->e));
    }
}

void calls_events(void)
{
    pri_event *e;
    for (;;) {
        bool more = fe.line.rx.count > 0;
        if ((e = pri_check_event(fe.pri)))
            on_event(e);
        else if (!more)
            break;
    }
    for (;;) {
        struct timeval *next = pri_schedule_next(fe.pri), now;
        gettimeofday(&now, NULL);
        if (!next || timercmp(next, &now, >))
            break;
        if ((e = pri_schedule_run(fe.pri)))
            on_event(e);
    }
}

/* -- scripts ------------------------------------------------------------------------------------------ */

static void script_callee(struct call *c)
{
    int64_t now = fe.now_ns;
    if (c->alert_at && now >= c->alert_at) {
        c->alert_at = 0;
        c->state = CALL_ALERTING;
        pri_acknowledge(fe.pri, c->q931, c->channel, fe.opt.early_tone);
        if (fe.opt.early_tone)
            start_sending(c);
    }
    if (c->answer_at && now >= c->answer_at) {
        c->answer_at = 0;
        c->state = CALL_ACTIVE;
        c->answered = true;
        c->answer_ns = clock_ns();
        fe.incoming_answered++;
        pri_answer(fe.pri, c->q931, c->channel, 0);
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
        pri_information(fe.pri, c->q931, c->overlap[c->overlap_at++]);
        c->next_digit_at = now + 50 * MS;
    }
    if (!c->outgoing && (c->state == CALL_PROCEEDING || c->state == CALL_ALERTING))
        script_callee(c);
    if (c->hang_up_at && now >= c->hang_up_at) {
        c->hang_up_at = 0;
        call_hang_up(c, PRI_CAUSE_NORMAL_CLEARING);
    } else if (fe.opt.guard_ms && !c->stuck && now - c->setup_ns > fe.opt.guard_ms * MS) {
        c->stuck = true;
        fe.stuck++;
        report("stuck", c, ",\"state\":%d", c->state);
        call_hang_up(c, PRI_CAUSE_RECOVERY_ON_TIMER_EXPIRE);
    }
}

void calls_scripts(void)
{
    for (int ts = 1; ts <= TIMESLOTS; ts++)
        if (fe.calls[ts].state != CALL_FREE)
            script_call(&fe.calls[ts]);
    if (!fe.up || fe.placed >= fe.opt.calls || fe.now_ns < fe.next_call_at)
        return;
    if (call_place(fe.opt.called, fe.opt.calling, fe.opt.digits, fe.opt.hold_ms)) {
        fe.placed++;
        fe.next_call_at += (int64_t)(1e9 / fe.opt.rate);
        if (fe.next_call_at < fe.now_ns)
            fe.next_call_at = fe.now_ns;    /* all channels were busy for a while */
    }
}
