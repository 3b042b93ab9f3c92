/* An ISDN PRI far end: LAPD and Q.931 by libpri, one line, D channel in timeslot 16. */
#include "../far_end_common/far_end.h"

#include <libpri.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>

static struct {
    bool network, user, exclusive, no_proceeding;
    int t309_ms;
} opt = {.t309_ms = -1};

static struct pri *pri;
static struct fifo rx;

const struct row signalling_rows[] = {
#define ROW(name, kind, member, help) {name, kind, &opt.member, sizeof opt.member, help}
    ROW("network", FLAG, network, "be the network side"),
    ROW("user", FLAG, user, "be the user side (it is so without)"),
    ROW("exclusive", FLAG, exclusive, "no other channel than the one we name"),
    ROW("no-proceeding", FLAG, no_proceeding, "no CALL PROCEEDING"),
    ROW("t309-ms", NUMBER, t309_ms, "libpri's T309; 0 off (libpri's default)"),
    {0},
#undef ROW
};

static int read_frame(struct pri *p, void *buf, int room)
{
    int len = fifo_get(&rx, buf, room - 2);
    return len > 0 ? len + 2 : 0;       /* libpri counts two octets of FCS it never looks at */
}

static int write_frame(struct pri *p, void *buf, int len)
{
    struct line *l = &fe.line[0];
    if (clock_ns() >= l->deaf_until_ns && !fifo_put(&l->tx, buf, len - 2))
        l->overflow++;
    return len;
}

void signalling_frame(struct line *l, const uint8_t *octets, int len)
{
    if (!fifo_put(&rx, octets, len))
        l->overflow++;
}

int signalling_fill(struct line *l, uint8_t *octets)
{
    return 0;
}

const char *signalling_side(void)
{
    return opt.network ? "network" : "user";
}

static void pri_says(struct pri *p, char *text)
{
    if (fe.opt.debug)
        fputs(text, stderr);
}

int signalling_start(void)
{
    fe.opt.descending = fe.opt.descending || !opt.network;
    pri_set_message(pri_says);
    pri_set_error(pri_says);
    pri = pri_new_cb(-1, opt.network ? PRI_NETWORK : PRI_CPE, PRI_SWITCH_EUROISDN_E1, read_frame, write_frame, &fe);
    if (!pri)
        return -1;
    pri_hangup_fix_enable(pri, 1);
    pri_set_overlapdial(pri, fe.opt.overlap);
    if (opt.t309_ms >= 0)
        pri_set_timer(pri, PRI_TIMER_T309, opt.t309_ms ? opt.t309_ms : -1);
    if (fe.opt.debug)
        pri_set_debug(pri, PRI_DEBUG_Q921_DUMP | PRI_DEBUG_Q931_DUMP | PRI_DEBUG_Q931_ANOMALY | PRI_DEBUG_Q921_STATE);
    return 0;
}

static struct call *call_of(q931_call *q)
{
    for (int ts = 1; ts <= TIMESLOTS; ts++)
        if (fe.calls[ts].state != CALL_FREE && fe.calls[ts].leg == q)
            return &fe.calls[ts];
    return NULL;
}

static struct call *moved_call_of(q931_call *q, int channel)
{
    return call_moved(call_of(q), channel & 0xFF);
}

/* -- what the scripts ask --------------------------------------------------------------------------- */

bool signalling_place(struct call *c, const char *first_digits)
{
    q931_call *q = pri_new_call(pri);
    struct pri_sr *sr = q ? pri_sr_new() : NULL;
    if (!sr)
        return false;
    c->leg = q;
    pri_sr_set_channel(sr, c->channel, opt.exclusive, 0);
    pri_sr_set_bearer(sr, PRI_TRANS_CAP_SPEECH, PRI_LAYER_1_ALAW);
    pri_sr_set_called(sr, (char *)first_digits, PRI_UNKNOWN, !fe.opt.overlap);
    pri_sr_set_caller(sr, c->calling, NULL, PRI_NATIONAL_ISDN, PRES_ALLOWED_USER_NUMBER_NOT_SCREENED);
    if (fe.opt.redirecting[0])
        pri_sr_set_redirecting(sr, fe.opt.redirecting, PRI_NATIONAL_ISDN, PRES_ALLOWED_NETWORK_NUMBER, PRI_REDIR_UNCONDITIONAL);
    bool good = !pri_setup(pri, q, sr);
    pri_sr_free(sr);
    return good;
}

/* CALL PROCEEDING, then DISCONNECT; with --no-proceeding RELEASE COMPLETE at once, after which libpri says no more of
 * the call. In Call Present libpri sends that for a few causes only and keeps silent with others (17, 21). */
bool signalling_refuse(struct call *c, int cause)
{
    bool at_once = opt.no_proceeding && (cause == PRI_CAUSE_UNALLOCATED || cause == PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION ||
                                         cause == PRI_CAUSE_REQUESTED_CHAN_UNAVAIL);
    if (!at_once)
        pri_proceeding(pri, c->leg, c->channel, 0);
    call_hang_up(c, cause);
    return at_once;
}

void signalling_take(struct call *c)
{
    if (!opt.no_proceeding)
        pri_proceeding(pri, c->leg, c->channel, 0);
}

void signalling_need_more(struct call *c)
{
    pri_need_more_info(pri, c->leg, c->channel, 0);
}

void signalling_alert(struct call *c)
{
    pri_acknowledge(pri, c->leg, c->channel, fe.opt.early_tone);
}

void signalling_answer(struct call *c)
{
    pri_answer(pri, c->leg, c->channel, 0);
}

void signalling_digit(struct call *c, char digit)
{
    pri_information(pri, c->leg, digit);
}

void signalling_hang_up(struct call *c, int cause)
{
    pri_hangup(pri, c->leg, cause);
}

bool signalling_command(const char *cmd, const char *json)
{
    if (strcmp(cmd, "restart"))
        return false;
    pri_reset(pri, json_number(json, "channel", 1));
    return true;
}

/* -- events of libpri ------------------------------------------------------------------------------ */

static void on_ring(const pri_event_ring *e)
{
    if (!call_offered(e->channel & 0xFF, e->call, e->callednum, e->callingnum, e->redirectingnum, e->complete))
        pri_hangup(pri, e->call, PRI_CAUSE_REQUESTED_CHAN_UNAVAIL);
}

static void progressed(q931_call *q, int channel, enum call_state state, const char *event, int progress)
{
    call_progressed(moved_call_of(q, channel), state, event, progress & PRI_PROG_INBAND_AVAILABLE);
}

static void on_setup_ack(const pri_event_setup_ack *e)
{
    struct call *c = moved_call_of(e->call, e->channel);
    if (!c)
        return;
    report("setup-ack", c, NULL);
    c->next_digit_at = fe.now_ns + 20 * MS;
}

static void on_hang_up(const pri_event_hangup *e, bool over)
{
    struct call *c = call_of(e->call);
    if (over)
        call_over(c, e->cause);
    else
        call_clearing(c, e->cause);
    if (e->e != PRI_EVENT_HANGUP_ACK)
        pri_hangup(pri, e->call, e->cause);
}

static void on_event(pri_event *e)
{
    switch (e->e) {
    case PRI_EVENT_DCHAN_UP: return link_state(true);
    case PRI_EVENT_DCHAN_DOWN: return link_state(false);
    case PRI_EVENT_RING: return on_ring(&e->ring);
    case PRI_EVENT_INFO_RECEIVED: return call_more_digits(call_of(e->ring.call), e->ring.callednum, e->ring.complete);
    case PRI_EVENT_SETUP_ACK: return on_setup_ack(&e->setup_ack);
    case PRI_EVENT_PROCEEDING:
        return progressed(e->proceeding.call, e->proceeding.channel, CALL_PROCEEDING, "proceeding", e->proceeding.progressmask);
    case PRI_EVENT_PROGRESS:
        return progressed(e->proceeding.call, e->proceeding.channel, CALL_PROCEEDING, "progress", e->proceeding.progressmask);
    case PRI_EVENT_RINGING:
        return progressed(e->ringing.call, e->ringing.channel, CALL_ALERTING, "alerting", e->ringing.progressmask);
    case PRI_EVENT_ANSWER: return call_answered(moved_call_of(e->answer.call, e->answer.channel));
    case PRI_EVENT_HANGUP_REQ: return on_hang_up(&e->hangup, false);
    case PRI_EVENT_HANGUP:
    case PRI_EVENT_HANGUP_ACK: return on_hang_up(&e->hangup, true);
    case PRI_EVENT_RESTART_ACK: return report("restart-ack", NULL, ",\"channel\":%d", e->restartack.channel);
    case PRI_EVENT_RESTART: return report("restart", NULL, ",\"channel\":%d", e->restart.channel);
    case PRI_EVENT_CONNECT_ACK: return;
    default: return report("pri-event", NULL, ",\"text\":\"%s\"", pri_event2str(e->e));
    }
}

void signalling_events(void)
{
    pri_event *e;
    for (;;) {
        bool more = rx.count > 0;
        if ((e = pri_check_event(pri)))
            on_event(e);
        else if (!more)
            break;
    }
    for (;;) {
        struct timeval *next = pri_schedule_next(pri), now;
        gettimeofday(&now, NULL);
        if (!next || timercmp(next, &now, >))
            break;
        if ((e = pri_schedule_run(pri)))
            on_event(e);
    }
}
