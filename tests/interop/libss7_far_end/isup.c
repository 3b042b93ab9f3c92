/* The calls: libss7's events, and what the scripts ask of it. */
#include "exchange.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_CIRCUIT 34
#define TEMPORARY_FAILURE 41
#define CHANNEL_UNAVAILABLE 44
#define NORMAL_CLEARING 16
#define NOTHING_ASKED -1
#define SUBSCRIBER_FREE 1

int cic_of(int circuit)
{
    return circuit + fe.channel_base;
}

int circuit_of(int cic)
{
    int circuit = cic - fe.channel_base;
    return is_circuit(circuit) ? circuit : 0;
}

struct call *call_on(int circuit)
{
    return fe.calls[circuit].state != CALL_FREE ? &fe.calls[circuit] : NULL;
}

struct isup_call *leg_of(int circuit)
{
    if (!ex.leg[circuit])
        ex.leg[circuit] = isup_new_call(ex.ss7, cic_of(circuit), ex.adjacent, 0);
    return ex.leg[circuit];
}

void free_leg_if_clear(int circuit)
{
    if (ex.leg[circuit] && !call_on(circuit))
        ex.leg[circuit] = isup_free_call_if_clear(ex.ss7, ex.leg[circuit]);
}

void call_ends(int circuit, int cause)
{
    fe.calls[circuit].loop = false;
    ex.iam_waits[circuit] = false;
    call_over(call_on(circuit), cause);
}

/* -- what the scripts ask ------------------------------------------------------------------------------- */

/* libss7 puts ST behind the digits where the stack that it is given here is an ITU one. */
static void send_iam(struct call *c, const char *digits)
{
    struct isup_call *leg = ex.leg[c->circuit];
    isup_set_called(leg, digits, SS7_NAI_NATIONAL, fe.opt.overlap ? ex.without_st : ex.ss7);
    isup_set_calling(leg, c->calling, SS7_NAI_NATIONAL, SS7_PRESENTATION_ALLOWED, SS7_SCREENING_NETWORK_PROVIDED);
    if (fe.opt.redirecting[0]) {
        isup_set_redirecting_number(leg, fe.opt.redirecting, SS7_NAI_NATIONAL, SS7_PRESENTATION_ALLOWED,
                                    SS7_SCREENING_NETWORK_PROVIDED);
        isup_set_redirection_info(leg, 3, 0, 1, 15);    /* diverted, unknown, once, unconditional */
    }
    isup_iam(ex.ss7, leg);
}

/* libss7 has no SAM: all digits go into the IAM, in overlap without ST. */
bool signalling_place(struct call *c, const char *first_digits)
{
    if (ex.leg[c->circuit]) {
        isup_free_call(ex.ss7, ex.leg[c->circuit]);
        ex.leg[c->circuit] = NULL;
    }
    c->overlap[0] = 0;
    ex.leg[c->circuit] = isup_new_call(ex.ss7, cic_of(c->circuit), ex.adjacent, 1);
    if (!ex.leg[c->circuit])
        return false;
    send_iam(c, c->called);
    return true;
}

bool signalling_refuse(struct call *c, int cause)
{
    call_hang_up(c, cause);
    return false;
}

void signalling_take(struct call *c)
{
}

void signalling_need_more(struct call *c)
{
}

/* An ACM of libss7's says nothing of the called party; the CPG does. */
void signalling_alert(struct call *c)
{
    isup_acm(ex.ss7, ex.leg[c->circuit]);
    isup_cpg(ex.ss7, ex.leg[c->circuit], fe.opt.early_tone ? CPG_EVENT_INBANDINFO : CPG_EVENT_ALERTING);
}

void signalling_answer(struct call *c)
{
    if (fe.opt.alert_ms < 0)
        isup_con(ex.ss7, ex.leg[c->circuit]);
    else
        isup_anm(ex.ss7, ex.leg[c->circuit]);
}

void signalling_digit(struct call *c, char digit)
{
}

void signalling_hang_up(struct call *c, int cause)
{
    isup_rel(ex.ss7, ex.leg[c->circuit], cause);
}

bool signalling_command(const char *cmd, const char *json)
{
    struct call *c = call_by_number(json_number(json, "call", -1));
    struct isup_call *leg = c ? ex.leg[c->circuit] : NULL;
    if (leg && !strcmp(cmd, "suspend"))
        isup_sus(ex.ss7, leg, json_number(json, "network", 1));
    else if (leg && !strcmp(cmd, "resume"))
        isup_res(ex.ss7, leg, json_number(json, "network", 1));
    else if (leg && !strcmp(cmd, "progress"))
        isup_cpg(ex.ss7, leg, json_number(json, "what", CPG_EVENT_PROGRESS));
    else
        return supervision_command(cmd, json);
    return true;
}

/* -- what libss7 asks, from within its own calls: done when these are over --------------------------------- */

static bool some_asked;

int on_hangup(struct ss7 *ss7, int cic, unsigned dpc, int cause, int how)
{
    int circuit = circuit_of(cic);
    if (!circuit)
        return SS7_CIC_NOT_EXISTS;
    report("hang-up-asked", NULL, ",\"channel\":%d,\"cause\":%d,\"how\":%d", cic, cause, how);
    if (!call_on(circuit))
        return SS7_CIC_IDLE;
    ex.ask[circuit] = how + 1;
    ex.ask_cause[circuit] = cause;
    some_asked = true;
    return SS7_CIC_USED;
}

void on_call_null(struct ss7 *ss7, struct isup_call *leg, int lock)
{
    for (int i = 0; i < CIRCUITS; i++)
        if (ex.leg[i] && ex.leg[i] == leg) {
            ex.leg[i] = NULL;
            ex.ask[i] = SS7_HANGUP_DO_NOTHING + 1;
            ex.ask_cause[i] = TEMPORARY_FAILURE;
            some_asked = true;
            report("call-lost-by-libss7", NULL, ",\"channel\":%d", cic_of(i));
        }
}

/* The other side has seized the circuit at the same time and controls it: our call goes to another one, theirs comes here. */
static void give_way(int circuit)
{
    struct call *c = call_on(circuit), *to = c;
    report("dual-seizure", c, NULL);
    for (int i = 1; i < CIRCUITS && to == c; i++) {
        int at = fe.opt.descending ? CIRCUITS - i : i;
        if (!fe.out_of_use[at] && !ex.leg[at])
            to = call_moved(c, at);
    }
    if (to == c)
        call_over(c, NO_CIRCUIT);
    else
        signalling_place(to, to->called);
    isup_clear_callflags(ex.ss7, ex.leg[circuit], ISUP_SENT_IAM | ISUP_PENDING_IAM);
    isup_event_iam(ex.ss7, ex.leg[circuit], ex.adjacent);
}

static void do_asked(int circuit, int how, int cause)
{
    struct call *c = call_on(circuit);
    switch (how) {
    case SS7_HANGUP_SEND_REL:
        if (c)
            call_hang_up(c, cause);
        break;
    case SS7_HANGUP_SEND_RSC:
        call_ends(circuit, cause);
        isup_rsc(ex.ss7, leg_of(circuit));
        break;
    case SS7_HANGUP_SEND_RLC:
        call_ends(circuit, cause);
        isup_rlc(ex.ss7, leg_of(circuit));
        free_leg_if_clear(circuit);
        break;
    case SS7_HANGUP_FREE_CALL:
        call_ends(circuit, cause);
        isup_free_call(ex.ss7, ex.leg[circuit]);
        ex.leg[circuit] = NULL;
        break;
    case SS7_HANGUP_REEVENT_IAM:
        if (c)
            give_way(circuit);
        break;
    default:
        call_ends(circuit, cause);
        free_leg_if_clear(circuit);
    }
}

bool do_what_was_asked(void)
{
    bool some = some_asked;
    some_asked = false;
    for (int i = 0; some && i < CIRCUITS; i++) {
        int how = ex.ask[i] + NOTHING_ASKED;
        ex.ask[i] = 0;
        if (how != NOTHING_ASKED)
            do_asked(i, how, ex.ask_cause[i]);
    }
    return some;
}

/* -- events ------------------------------------------------------------------------------------------------ */

static void offer(int circuit, const ss7_event_iam *e)
{
    char called[52];
    snprintf(called, sizeof called, "%s", e->called_party_num);
    char *st = strchr(called, '#');
    if (st)
        *st = 0;
    struct call *c = call_offered(circuit, NULL, called, e->calling_party_num, e->redirecting_num, st != NULL);
    if (!c)
        isup_rel(ex.ss7, ex.leg[circuit], CHANNEL_UNAVAILABLE);
}

static void on_iam(int circuit, const ss7_event_iam *e)
{
    report("iam", NULL,
           ",\"channel\":%d,\"called\":\"%s\",\"called_nature\":%d,\"calling\":\"%s\",\"calling_nature\":%d,\"presentation\":%d,"
           "\"screening\":%d,\"category\":%d,\"medium\":%d,\"original_called\":\"%s\",\"redirecting\":\"%s\",\"reason\":%d,"
           "\"continuity\":%s",
           e->cic, e->called_party_num, e->called_nai, e->calling_party_num, e->calling_nai, e->presentation_ind,
           e->screening_ind, e->calling_party_cat, e->transcap, e->orig_called_num, e->redirecting_num,
           e->redirect_info_reas, e->cot_check_required ? "true" : "false");
    if (call_on(circuit)) {             /* libss7 lets an IAM through on a circuit with a call that is up */
        report("collision", NULL, ",\"channel\":%d", e->cic);
        return;
    }
    ex.leg[circuit] = e->call;
    fe.out_of_use[circuit] = false;     /* Q.764 §2.8.2.3 */
    if (e->cot_check_required) {
        ex.iam[circuit] = *e;
        ex.iam_waits[circuit] = true;
        fe.calls[circuit].loop = !ex.no_loop;
    } else {
        offer(circuit, e);
    }
}

static void on_sam(int circuit, const ss7_event_sam *e)
{
    char digits[52];
    snprintf(digits, sizeof digits, "%s", e->called_party_num);
    char *st = strchr(digits, '#');
    if (st)
        *st = 0;
    call_more_digits(call_on(circuit), digits, st != NULL);
}

static void on_cot(int circuit, const ss7_event_cot *e)
{
    report("cot", NULL, ",\"channel\":%d,\"good\":%s", e->cic, e->passed ? "true" : "false");
    fe.calls[circuit].loop = false;
    bool waits = ex.iam_waits[circuit];
    ex.iam_waits[circuit] = false;
    if (waits && e->passed)
        offer(circuit, &ex.iam[circuit]);
    free_leg_if_clear(circuit);
}

static void on_rel(int circuit, const ss7_event_rel *e)
{
    struct call *c = call_on(circuit);
    isup_rlc(ex.ss7, ex.leg[circuit]);
    if (!c || c->state != CALL_CLEARING) {      /* else both have released, and RLC for ours follows */
        call_clearing(c, e->cause);
        call_ends(circuit, e->cause);
    }
    free_leg_if_clear(circuit);
}

static void on_acm(int circuit, const ss7_event_acm *e)
{
    bool alerting = e->called_party_status_ind == SUBSCRIBER_FREE;
    call_progressed(call_on(circuit), alerting ? CALL_ALERTING : CALL_PROCEEDING, alerting ? "alerting" : "proceeding", false);
}

static void on_cpg(int circuit, const ss7_event_cpg *e)
{
    bool alerting = e->event == CPG_EVENT_ALERTING;
    call_progressed(call_on(circuit), alerting ? CALL_ALERTING : CALL_PROCEEDING, alerting ? "alerting" : "progress",
                    e->event == CPG_EVENT_INBANDINFO);
}

static void on_suspend(int circuit, const char *event, const ss7_event_sus_res *e)
{
    report(event, call_on(circuit), ",\"network\":%s", e->network_isdn_indicator ? "true" : "false");
}

static void on_rlc(int circuit, const ss7_event_cic *e)
{
    report("rlc", NULL, ",\"channel\":%d,\"of\":\"%s\"", e->cic, e->got_sent_msg & ISUP_SENT_RSC ? "rsc" : "rel");
    call_ends(circuit, NORMAL_CLEARING);
    free_leg_if_clear(circuit);
}

/* All events of ISUP have the CIC in the same place, and a leg. */
static struct isup_call *leg_in(const ss7_event *e)
{
    switch (e->e) {
    case ISUP_EVENT_SAM: return e->sam.call;
    case ISUP_EVENT_COT: return e->cot.call;
    case ISUP_EVENT_REL: return e->rel.call;
    case ISUP_EVENT_ACM: return e->acm.call;
    case ISUP_EVENT_CPG: return e->cpg.call;
    case ISUP_EVENT_ANM: return e->anm.call;
    case ISUP_EVENT_CON: return e->con.call;
    case ISUP_EVENT_RLC: return e->rlc.call;
    case ISUP_EVENT_SUS: return e->sus.call;
    case ISUP_EVENT_RES: return e->res.call;
    default: return NULL;
    }
}

static void on_call_event(int circuit, const ss7_event *e)
{
    ex.leg[circuit] = leg_in(e);
    switch (e->e) {
    case ISUP_EVENT_SAM: return on_sam(circuit, &e->sam);
    case ISUP_EVENT_COT: return on_cot(circuit, &e->cot);
    case ISUP_EVENT_REL: return on_rel(circuit, &e->rel);
    case ISUP_EVENT_ACM: return on_acm(circuit, &e->acm);
    case ISUP_EVENT_CPG: return on_cpg(circuit, &e->cpg);
    case ISUP_EVENT_ANM:
    case ISUP_EVENT_CON: return call_answered(call_on(circuit));
    case ISUP_EVENT_RLC: return on_rlc(circuit, &e->rlc);
    case ISUP_EVENT_SUS: on_suspend(circuit, "suspended", &e->sus); return free_leg_if_clear(circuit);
    case ISUP_EVENT_RES: on_suspend(circuit, "resumed", &e->res); return free_leg_if_clear(circuit);
    }
}

void isup_event(ss7_event *e)
{
    if (supervision_event(e))
        return;
    int circuit = circuit_of(e->rel.cic);
    struct isup_call *leg = e->e == ISUP_EVENT_IAM ? e->iam.call : leg_in(e);
    if (!leg)
        report("ss7-event", NULL, ",\"text\":\"%s\"", ss7_event2str(e->e));
    else if (!circuit)
        isup_free_call(ex.ss7, leg);
    else if (e->e == ISUP_EVENT_IAM)
        on_iam(circuit, &e->iam);
    else
        on_call_event(circuit, e);
}
