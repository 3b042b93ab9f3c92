/* libss7 against itself: what one ISUP call costs it, both ends, MTP 2, MTP 3 and ISUP.
 *
 *     libss7_call CALLS [OTHERS]  ->  {"calls", "us_a_call", "us_a_call_socket", "others", "us_a_call_others",
 *                                      "messages_a_call", "units_a_call", "octets_a_call"}
 *
 * A program of its own: libss7 is GPL and no part of the package. Messages of a call: IAM, ACM, ANM, REL, RLC. libss7 moves signal
 * units by read() and write() on a descriptor, each with two octets at its end for check bits that it neither fills nor reads. Three
 * pairs of stacks: over a descriptor that is no file, whose read() and write() are those below, so that nothing but libss7 is
 * measured; over a socket pair, as libss7 is meant to be used; and as the first, with OTHERS calls up beside the one measured. The
 * clock is our own, so that links come up at once. */
#include <libss7.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define QUEUE 64
#define ROOM 300
#define MEMORY 100000            /* descriptors from here on are rings of ours */
#define LSSU_OR_FISU 2           /* length indicator of an MSU is above */
#define CAUSE_NORMAL 16
#define NATIONAL 2
#define CICS 4096

struct end {
    struct ss7 *ss7;
    int fd;
    unsigned own, far;
    bool up;
    struct {
        int len;
        unsigned char octets[ROOM];
    } in[QUEUE];
    unsigned put, got;
};

static struct end ends[6];
static long units, messages, octets, answered, ended;
static struct timeval virtual_now = {1000000000, 0};
static bool hold;                /* calls stay up */

static void fail(const char *why)
{
    fprintf(stderr, "libss7_call: %s\n", why);
    exit(1);
}

/* -- what libss7 finds in the place of the C library's ---------------------------------------------------------- */

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    (void)zone;
    *now = virtual_now;
    return 0;
}

ssize_t read(int fd, void *buf, size_t room)
{
    if (fd < MEMORY)
        return syscall(SYS_read, fd, buf, room);
    struct end *e = &ends[fd - MEMORY];
    if (e->got == e->put) {
        errno = EAGAIN;
        return -1;
    }
    unsigned at = e->got++ % QUEUE;
    if ((size_t)e->in[at].len > room)
        fail("a unit does not fit");
    memcpy(buf, e->in[at].octets, e->in[at].len);
    return e->in[at].len;
}

ssize_t write(int fd, const void *buf, size_t len)
{
    const unsigned char *unit = buf;
    units++;
    octets += len - 2;
    messages += len > 2 && (unit[2] & 0x3F) > LSSU_OR_FISU;
    if (fd < MEMORY)
        return syscall(SYS_write, fd, buf, len);
    struct end *e = &ends[(fd - MEMORY) ^ 1];
    if (e->put - e->got == QUEUE || len > ROOM)
        fail("the queue is full");
    unsigned at = e->put++ % QUEUE;
    memcpy(e->in[at].octets, buf, len);
    e->in[at].len = (int)len;
    return (ssize_t)len;
}

/* -- callbacks: all five must be there ---------------------------------------------------------------------------- */

static void quiet(struct ss7 *ss7, char *text)
{
    (void)ss7;
    (void)text;
}

static void not_in_service(struct ss7 *ss7, int cic, unsigned dpc)
{
    (void)ss7;
    (void)cic;
    (void)dpc;
}

static int on_hangup(struct ss7 *ss7, int cic, unsigned dpc, int cause, int how)
{
    (void)ss7;
    (void)cic;
    (void)dpc;
    (void)cause;
    (void)how;
    fail("a call was hung up by libss7 itself");
    return SS7_CIC_NOT_EXISTS;
}

static void call_null(struct ss7 *ss7, struct isup_call *call, int lock)
{
    (void)ss7;
    (void)call;
    (void)lock;
}

/* -- the calls ------------------------------------------------------------------------------------------------------ */

static void on_event(struct end *e, ss7_event *event)
{
    switch (event->e) {
    case SS7_EVENT_UP:
        e->up = true;
        break;
    case SS7_EVENT_DOWN:
        fail("the link went down");
        break;
    case ISUP_EVENT_IAM:
        isup_acm(e->ss7, event->iam.call);
        isup_anm(e->ss7, event->iam.call);
        break;
    case ISUP_EVENT_ANM:
        answered++;
        if (!hold)
            isup_rel(e->ss7, event->anm.call, CAUSE_NORMAL);
        break;
    case ISUP_EVENT_REL:
        isup_rlc(e->ss7, event->rel.call);
        isup_free_call(e->ss7, event->rel.call);
        ended++;
        break;
    case ISUP_EVENT_RLC:
        isup_free_call(e->ss7, event->rlc.call);
        ended++;
        break;
    default:
        break;
    }
}

static bool readable(const struct end *e)
{
    if (e->fd >= MEMORY)
        return e->got != e->put;
    struct pollfd p = {.fd = e->fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

/* All that one end has to read, to say and to write; true: there was something. */
static bool turn(struct end *e)
{
    bool some = false;
    ss7_event *event;
    while (readable(e)) {
        ss7_read(e->ss7, e->fd);
        while ((event = ss7_check_event(e->ss7)))
            on_event(e, event);
        some = true;
    }
    while ((event = ss7_check_event(e->ss7)))
        on_event(e, event);
    while (ss7_pollflags(e->ss7, e->fd) & POLLOUT) {
        ss7_write(e->ss7, e->fd);
        some = true;
    }
    return some;
}

static void carry(struct end *pair)
{
    bool some;
    do {
        some = turn(&pair[0]);
        some |= turn(&pair[1]);
    } while (some);
}

static void call(struct end *from, int cic)
{
    struct isup_call *c = isup_new_call(from->ss7, cic, from->far, 1);
    if (!c)
        fail("no call");
    isup_set_called(c, "4006000998", SS7_NAI_NATIONAL, from->ss7);
    isup_set_calling(c, "13800138000", SS7_NAI_NATIONAL, SS7_PRESENTATION_ALLOWED, SS7_SCREENING_NETWORK_PROVIDED);
    isup_iam(from->ss7, c);
}

static void open_end(struct end *e, int fd, unsigned own, unsigned far)
{
    e->fd = fd;
    e->own = own;
    e->far = far;
    e->ss7 = ss7_new(SS7_ITU);
    if (!e->ss7 || ss7_set_network_ind(e->ss7, NATIONAL) || ss7_set_pc(e->ss7, own) ||
        ss7_add_link(e->ss7, SS7_TRANSPORT_DAHDIMTP2, fd, 0, far))
        fail("no stack");
    ss7_start(e->ss7);
}

/* Two stacks with a link in service between them. */
static struct end *open_pair(int first, bool memory)
{
    struct end *pair = &ends[first];
    int fds[2] = {MEMORY + first, MEMORY + first + 1};
    if (!memory && socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds))
        fail("no socket pair");
    open_end(&pair[0], fds[0], 1, 2);
    open_end(&pair[1], fds[1], 2, 1);
    for (int ms = 0; ms < 30000 && !(pair[0].up && pair[1].up); ms += 5) {
        virtual_now.tv_usec += 5000;
        virtual_now.tv_sec += virtual_now.tv_usec / 1000000;
        virtual_now.tv_usec %= 1000000;
        ss7_schedule_run(pair[0].ss7);
        ss7_schedule_run(pair[1].ss7);
        carry(pair);
    }
    if (!pair[0].up || !pair[1].up)
        fail("the link does not come up");
    return pair;
}

/* us of CPU that a call takes. cic: the first of 30 that take turns. */
static double measure(struct end *pair, long calls, int cic)
{
    struct timespec begin, end;
    units = messages = octets = answered = ended = 0;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &begin);
    for (long i = 0; i < calls; i++) {
        call(&pair[0], cic + (int)(i % 30));
        carry(pair);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    if (answered != calls || ended != 2 * calls)
        fail("calls were lost");
    return ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / 1e3 / (double)calls;
}

int main(int argc, char **argv)
{
    long calls = argc > 1 ? atol(argv[1]) : 1000, others = argc > 2 ? atol(argv[2]) : 1920;
    if (calls < 1 || others < 0 || others > CICS - 32)
        fail("CALLS is above 0, OTHERS 0 to 4064");
    ss7_set_message(quiet);
    ss7_set_error(quiet);
    ss7_set_notinservice(not_in_service);
    ss7_set_hangup(on_hangup);
    ss7_set_call_null(call_null);
    struct end *pair = open_pair(0, true);
    double alone = measure(pair, calls, 1);
    double each_units = (double)units / calls, each_messages = (double)messages / calls, each_octets = (double)octets / calls;
    double socket_us = measure(open_pair(2, false), calls, 1);
    pair = open_pair(4, true);
    hold = true;
    answered = 0;
    for (int i = 0; i < others; i++) {
        call(&pair[0], 32 + i);
        carry(pair);
    }
    hold = false;
    if (answered != others)
        fail("other calls were lost");
    double among = measure(pair, calls, 1);
    printf("{\"calls\": %ld, \"us_a_call\": %.3f, \"us_a_call_socket\": %.3f, \"others\": %ld, \"us_a_call_others\": %.3f, ",
           calls, alone, socket_us, others, among);
    printf("\"messages_a_call\": %.2f, \"units_a_call\": %.2f, \"octets_a_call\": %.1f}\n", each_messages, each_units, each_octets);
    return 0;
}
