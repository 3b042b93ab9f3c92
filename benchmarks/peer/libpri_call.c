/* libpri against itself, in memory: what one call costs it, both ends, Q.921 and Q.931.
 *
 *     libpri_call CALLS     ->  {"calls", "us_a_call", "frames_a_call", "messages_a_call", "octets_a_call"}
 *
 * A program of its own: libpri is GPL and no part of the package. Messages of a call: SETUP, CALL PROCEEDING, ALERTING,
 * CONNECT, CONNECT ACKNOWLEDGE, DISCONNECT, RELEASE, RELEASE COMPLETE. libpri counts two octets of FCS at the end of each
 * frame which it neither fills nor checks. */
#include <libpri.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#define QUEUE 64
#define ROOM 300
#define CAUSE_NORMAL 16

struct end {
    struct pri *pri;
    struct end *other;
    struct {
        int len;
        unsigned char octets[ROOM];
    } in[QUEUE];
    unsigned put, got;
    bool up;
    q931_call *call;
};

static long frames, messages, octets, answered, ended;

static void fail(const char *why)
{
    fprintf(stderr, "libpri_call: %s\n", why);
    exit(1);
}

static int take(struct pri *pri, void *buf, int room)
{
    struct end *e = pri_get_userdata(pri);
    if (e->got == e->put)
        return 0;
    unsigned at = e->got++ % QUEUE;
    if (e->in[at].len > room)
        fail("a frame does not fit");
    memcpy(buf, e->in[at].octets, e->in[at].len);
    return e->in[at].len;
}

static int give(struct pri *pri, void *buf, int len)
{
    struct end *e = ((struct end *)pri_get_userdata(pri))->other;
    if (e->put - e->got == QUEUE || len > ROOM)
        fail("the queue is full");
    unsigned at = e->put++ % QUEUE;
    memcpy(e->in[at].octets, buf, len);
    e->in[at].len = len;
    frames++;
    octets += len - 2;
    messages += len > 6 && !(e->in[at].octets[2] & 1);      /* an I frame with information */
    return len;
}

static void quiet(struct pri *pri, char *text)
{
    (void)pri;
    (void)text;
}

static void on_event(struct end *e, pri_event *event)
{
    switch (event->e) {
    case PRI_EVENT_DCHAN_UP:
        e->up = true;
        break;
    case PRI_EVENT_RING:
        pri_proceeding(e->pri, event->ring.call, event->ring.channel, 0);
        pri_acknowledge(e->pri, event->ring.call, event->ring.channel, 0);
        pri_answer(e->pri, event->ring.call, event->ring.channel, 0);
        break;
    case PRI_EVENT_ANSWER:
        answered++;
        pri_hangup(e->pri, event->answer.call, CAUSE_NORMAL);
        break;
    case PRI_EVENT_HANGUP_REQ:
        pri_hangup(e->pri, event->hangup.call, event->hangup.cause);
        break;
    case PRI_EVENT_HANGUP:
        pri_hangup(e->pri, event->hangup.call, event->hangup.cause);
        ended++;
        break;
    case PRI_EVENT_HANGUP_ACK:
        ended++;
        break;
    default:
        break;
    }
}

/* NULL of pri_check_event also means a frame without an event, so the queue says when there is no more. */
static void carry(struct end *a, struct end *b)
{
    pri_event *event;
    while (a->got != a->put || b->got != b->put) {
        for (struct end *e = a;; e = b) {
            while (e->got != e->put)
                if ((event = pri_check_event(e->pri)))
                    on_event(e, event);
            if (e == b)
                break;
        }
    }
}

static void timers(struct end *e)
{
    struct timeval now, *next = pri_schedule_next(e->pri);
    pri_event *event;
    gettimeofday(&now, NULL);
    if (next && !timercmp(next, &now, >) && (event = pri_schedule_run(e->pri)))
        on_event(e, event);
}

static void call(struct end *from, int channel)
{
    q931_call *q = pri_new_call(from->pri);
    struct pri_sr *sr = pri_sr_new();
    if (!q || !sr)
        fail("no call");
    pri_sr_set_channel(sr, channel, 0, 0);
    pri_sr_set_bearer(sr, PRI_TRANS_CAP_SPEECH, PRI_LAYER_1_ALAW);
    pri_sr_set_called(sr, "4006000998", PRI_UNKNOWN, 1);
    pri_sr_set_caller(sr, "13800138000", NULL, PRI_NATIONAL_ISDN, PRES_ALLOWED_NETWORK_NUMBER);
    if (pri_setup(from->pri, q, sr))
        fail("pri_setup refuses");
    pri_sr_free(sr);
}

int main(int argc, char **argv)
{
    static struct end user, network;
    long calls = argc > 1 ? atol(argv[1]) : 1000;
    user.other = &network;
    network.other = &user;
    pri_set_message(quiet);
    pri_set_error(quiet);
    user.pri = pri_new_cb(-1, PRI_CPE, PRI_SWITCH_EUROISDN_E1, take, give, &user);
    network.pri = pri_new_cb(-1, PRI_NETWORK, PRI_SWITCH_EUROISDN_E1, take, give, &network);
    if (!user.pri || !network.pri)
        fail("pri_new_cb");
    pri_hangup_fix_enable(user.pri, 1);
    pri_hangup_fix_enable(network.pri, 1);
    for (int i = 0; i < 5000 && !(user.up && network.up); i++) {
        carry(&user, &network);
        timers(&user);
        timers(&network);
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    }
    if (!user.up || !network.up)
        fail("the link does not come up");
    struct timespec begin, end;
    frames = messages = octets = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (long i = 0; i < calls; i++) {
        int channel = 1 + (int)(i % 30);
        call(&user, channel + (channel > 15));
        carry(&user, &network);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    if (answered != calls || ended != 2 * calls)
        fail("calls were lost");
    double us = ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / 1e3;
    printf("{\"calls\": %ld, \"us_a_call\": %.3f, \"frames_a_call\": %.2f, \"messages_a_call\": %.2f, \"octets_a_call\": %.1f}\n",
           calls, us / calls, (double)frames / calls, (double)messages / calls, (double)octets / calls);
    return 0;
}
