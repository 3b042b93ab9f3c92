/* Circuits without regard to calls: blocking, resetting, continuity checks of idle ones, queries. */
#include "exchange.h"

#include <stdio.h>
#include <string.h>

#define HARDWARE 1              /* type of a group message, Q.763 §3.13 */
#define RANGE 32                /* circuits of a group message, Q.763 §3.43 */
#define NORMAL_CLEARING 16
#define TEMPORARY_FAILURE 41

static bool blocked_by_us[CIRCUITS];

static void status_text(char *out, const unsigned char *status, int n)
{
    for (int i = 0; i < n; i++)
        out[i] = status[i] ? '1' : '0';
    out[n] = 0;
}

/* -- commands ------------------------------------------------------------------------------------------------ */

static bool one_circuit(const char *cmd, struct isup_call *leg)
{
    if (!strcmp(cmd, "block"))
        isup_blo(ex.ss7, leg);
    else if (!strcmp(cmd, "unblock"))
        isup_ubl(ex.ss7, leg);
    else
        return false;
    return true;
}

static void reset_one(int circuit)
{
    call_ends(circuit, NORMAL_CLEARING);
    isup_rsc(ex.ss7, leg_of(circuit));
}

/* first..last: circuits of one group; status of all: 1 */
static bool group(const char *cmd, int first, int last, int hardware)
{
    unsigned char status[RANGE];
    memset(status, 1, sizeof status);
    if (first < 1 || last <= first || last - first >= RANGE || last >= CIRCUITS)
        return false;
    for (int i = first; i <= last; i++)
        if (!is_circuit(i))
            status[i - first] = 0;
    if (!strcmp(cmd, "block-group")) {
        isup_cgb(ex.ss7, leg_of(first), cic_of(last), status, hardware);
    } else if (!strcmp(cmd, "unblock-group")) {
        isup_cgu(ex.ss7, leg_of(first), cic_of(last), status, hardware);
    } else if (!strcmp(cmd, "reset-group")) {
        for (int i = first; i <= last; i++) {
            call_ends(i, NORMAL_CLEARING);
            if (i > first && ex.leg[i]) {
                isup_free_call(ex.ss7, ex.leg[i]);
                ex.leg[i] = NULL;
            }
        }
        isup_grs(ex.ss7, leg_of(first), cic_of(last));
    } else {
        return false;
    }
    return true;
}

bool supervision_command(const char *cmd, const char *json)
{
    int channel = json_number(json, "channel", 0), last = json_number(json, "last", 0);
    int circuit = channel - fe.channel_base;
    if (last)
        return group(cmd, circuit, last - fe.channel_base, json_number(json, "hardware", 0));
    if (!is_circuit(circuit))
        return false;
    if (!strcmp(cmd, "reset")) {
        reset_one(circuit);
        return true;
    }
    struct isup_call *leg = leg_of(circuit);
    return leg && one_circuit(cmd, leg);
}

void reset_all(void)
{
    for (int l = 0; l < fe.lines; l++) {
        int signalling = fe.line[l].signalling, first = 32 * l;
        group("reset-group", first + 1, first + (signalling ? signalling - 1 : TIMESLOTS), 0);
        if (signalling)
            group("reset-group", first + signalling + 1, first + TIMESLOTS, 0);
    }
}

/* -- events ---------------------------------------------------------------------------------------------------- */

static void on_group_reset(const ss7_event_cicrange *e)
{
    unsigned char blocked[255] = {0};
    int first = circuit_of(e->startcic), n = e->endcic - e->startcic + 1;
    report("grs", NULL, ",\"channel\":%d,\"last\":%d", e->startcic, e->endcic);
    if (!first || n > RANGE)
        return isup_free_call(ex.ss7, e->call);
    ex.leg[first] = e->call;
    for (int i = 0; i < n; i++) {
        blocked[i] = blocked_by_us[first + i];
        fe.out_of_use[first + i] = blocked[i];
        call_ends(first + i, NORMAL_CLEARING);
        if (i && ex.leg[first + i]) {
            isup_free_call(ex.ss7, ex.leg[first + i]);
            ex.leg[first + i] = NULL;
        }
    }
    isup_gra(ex.ss7, ex.leg[first], e->endcic, blocked);
    free_leg_if_clear(first);
}

/* Hardware failure: the call is over, and neither side says REL (Q.764 §2.8.2.2). */
static void drop_call(int circuit, bool and_leg)
{
    if (!call_on(circuit))
        return;
    call_ends(circuit, TEMPORARY_FAILURE);
    if (and_leg && ex.leg[circuit]) {
        isup_free_call(ex.ss7, ex.leg[circuit]);
        ex.leg[circuit] = NULL;
    }
}

/* Blocking or unblocking of a group by the other side, which is acknowledged, or of ours, which has been. */
static void on_group(const char *name, const ss7_event_cicrange *e, bool ours, bool block)
{
    char text[256];
    int first = circuit_of(e->startcic), n = e->endcic - e->startcic + 1;
    status_text(text, e->status, n < 255 ? n : 255);
    report(name, NULL, ",\"channel\":%d,\"last\":%d,\"status\":\"%s\",\"hardware\":%d", e->startcic, e->endcic, text, e->type);
    if (!first || n > RANGE)
        return isup_free_call(ex.ss7, e->call);
    ex.leg[first] = e->call;
    unsigned char status[255];
    memcpy(status, e->status, sizeof status);
    for (int i = 0; i < n && first + i < CIRCUITS; i++) {
        if (!is_circuit(first + i))
            status[i] = 0;
        if (!status[i])
            continue;
        if (ours)
            blocked_by_us[first + i] = block;
        fe.out_of_use[first + i] = block;
        if (block && e->type == HARDWARE)
            drop_call(first + i, i > 0);
    }
    if (!ours && block)
        isup_cgba(ex.ss7, ex.leg[first], e->endcic, status);
    else if (!ours)
        isup_cgua(ex.ss7, ex.leg[first], e->endcic, status);
    free_leg_if_clear(first);
}

static void on_reset(const ss7_event_rsc *e)
{
    int circuit = circuit_of(e->cic);
    report("rsc", NULL, ",\"channel\":%d", e->cic);
    if (!circuit)
        return isup_free_call(ex.ss7, e->call);
    ex.leg[circuit] = e->call;
    fe.out_of_use[circuit] = blocked_by_us[circuit];
    call_ends(circuit, NORMAL_CLEARING);
    isup_rlc(ex.ss7, ex.leg[circuit]);
    if (blocked_by_us[circuit])
        isup_blo(ex.ss7, ex.leg[circuit]);
    free_leg_if_clear(circuit);
}

static void on_block(const char *name, const ss7_event_cic *e)
{
    int circuit = circuit_of(e->cic);
    report(name, NULL, ",\"channel\":%d", e->cic);
    if (!circuit)
        return isup_free_call(ex.ss7, e->call);
    ex.leg[circuit] = e->call;
    bool block = e->e == ISUP_EVENT_BLO || e->e == ISUP_EVENT_BLA;
    fe.out_of_use[circuit] = block;
    if (e->e == ISUP_EVENT_BLO)
        isup_bla(ex.ss7, ex.leg[circuit]);
    else if (e->e == ISUP_EVENT_UBL)
        isup_uba(ex.ss7, ex.leg[circuit]);
    else
        blocked_by_us[circuit] = block;
    free_leg_if_clear(circuit);
}

/* Continuity check of an idle circuit: a loop until COT or REL. */
static void on_ccr(const ss7_event_cic *e)
{
    int circuit = circuit_of(e->cic);
    report("ccr", NULL, ",\"channel\":%d", e->cic);
    if (!circuit)
        return isup_free_call(ex.ss7, e->call);
    ex.leg[circuit] = e->call;
    fe.calls[circuit].loop = !ex.no_loop;
}

static void on_group_query(const ss7_event_cicrange *e)
{
    unsigned char status[255] = {0};
    int first = circuit_of(e->startcic), n = e->endcic - e->startcic + 1;
    report("cqm", NULL, ",\"channel\":%d,\"last\":%d", e->startcic, e->endcic);
    if (!first || n > RANGE)
        return isup_free_call(ex.ss7, e->call);
    for (int i = 0; i < n; i++) {
        const struct call *c = call_on(first + i);
        status[i] = !c ? 0x0C : c->outgoing ? 0x08 : 0x04;      /* Q.763 §3.14: idle, outgoing, incoming busy */
    }
    isup_cqr(ex.ss7, e->startcic, e->endcic, ex.adjacent, status);
    ex.leg[first] = e->call;
    free_leg_if_clear(first);
}

static void on_group_reset_done(const ss7_event_cicrange *e)
{
    char text[256];
    int first = circuit_of(e->startcic), n = e->endcic - e->startcic + 1;
    status_text(text, e->status, n < 255 ? n : 255);
    report("gra", NULL, ",\"channel\":%d,\"last\":%d,\"status\":\"%s\"", e->startcic, e->endcic, text);
    if (!first)
        return isup_free_call(ex.ss7, e->call);
    for (int i = 0; i < n && first + i < CIRCUITS; i++) {
        fe.out_of_use[first + i] = e->status[i];
        blocked_by_us[first + i] = false;
    }
    ex.leg[first] = e->call;
    free_leg_if_clear(first);
}

bool supervision_event(ss7_event *e)
{
    switch (e->e) {
    case ISUP_EVENT_GRS: on_group_reset(&e->grs); break;
    case ISUP_EVENT_GRA: on_group_reset_done(&e->gra); break;
    case ISUP_EVENT_CGB: on_group("cgb", &e->cgb, false, true); break;
    case ISUP_EVENT_CGU: on_group("cgu", &e->cgu, false, false); break;
    case ISUP_EVENT_CGBA: on_group("cgba", &e->cgba, true, true); break;
    case ISUP_EVENT_CGUA: on_group("cgua", &e->cgua, true, false); break;
    case ISUP_EVENT_CQM: on_group_query(&e->cqm); break;
    case ISUP_EVENT_RSC: on_reset(&e->rsc); break;
    case ISUP_EVENT_BLO: on_block("blo", &e->blo); break;
    case ISUP_EVENT_UBL: on_block("ubl", &e->ubl); break;
    case ISUP_EVENT_BLA: on_block("bla", &e->bla); break;
    case ISUP_EVENT_UBA: on_block("uba", &e->uba); break;
    case ISUP_EVENT_CCR: on_ccr(&e->ccr); break;
    case ISUP_EVENT_UCIC: report("ucic", NULL, ",\"channel\":%d", e->ucic.cic); break;
    default: return false;
    }
    return true;
}
