/* An exchange of libss7: a linkset with a link on each line, ISUP circuits on all timeslots that carry no link. */
#ifndef EXCHANGE_H
#define EXCHANGE_H

#include "../far_end_common/far_end.h"

#include <libss7.h>

struct exchange {
    int own, adjacent, network, pcm, links;     /* options */
    bool reset, no_loop;
    int t7_ms, t1_ms;
    struct ss7 *ss7, *without_st;
    struct isup_call *leg[CIRCUITS];            /* libss7 has one of a circuit for its call and its supervision */
    int ask[CIRCUITS], ask_cause[CIRCUITS];     /* SS7_HANGUP_* that libss7 has asked for */
    bool iam_waits[CIRCUITS];                   /* for the end of its continuity check */
    ss7_event_iam iam[CIRCUITS];
};

extern struct exchange ex;

/* -- isup.c -- */
int circuit_of(int cic);                        /* 0: none of ours */
int cic_of(int circuit);
struct call *call_on(int circuit);              /* NULL: none */
struct isup_call *leg_of(int circuit);          /* made where there is none; NULL: libss7 refuses */
void free_leg_if_clear(int circuit);
void call_ends(int circuit, int cause);         /* nothing more is to be signalled */
void isup_event(ss7_event *e);
bool do_what_was_asked(void);                   /* of the callback for hanging up; true: there was something */
int on_hangup(struct ss7 *ss7, int cic, unsigned dpc, int cause, int how);
void on_call_null(struct ss7 *ss7, struct isup_call *leg, int lock);

/* -- supervision.c -- */
bool supervision_event(ss7_event *e);           /* false: no event of blocking, resetting or continuity */
bool supervision_command(const char *cmd, const char *json);
void reset_all(void);

#endif
