/* The links: signal units between the lines and libss7, as dahdi's driver carries them in its MTP 2 mode.
 *
 * libss7 reads and writes a descriptor a link, a unit with two octets of room for check bits.  It writes an FISU or LSSU once;
 * the line repeats the last one while there is nothing else (Q.703 §8.2), and repeated ones of the other side are dropped here. */
#include "exchange.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LI 2
#define UNIT_ROOM 512

struct exchange ex = {.own = 2, .adjacent = 1, .network = SS7_NI_NAT, .links = LINES, .t7_ms = 20000, .t1_ms = 15000};

static struct link {
    int theirs, ours;           /* descriptors: libss7's end, ours */
    uint8_t last_in[UNIT_ROOM]; /* FISU or LSSU */
    int last_in_len;
    uint8_t fill[16];           /* last FISU or LSSU; after an MSU the FISU that goes with it */
    int fill_len;
    bool alarm;
} links[LINES];

const struct row signalling_rows[] = {
#define ROW(name, kind, member, help) {name, kind, &ex.member, sizeof ex.member, help}
    ROW("own", NUMBER, own, "our point code (2)"),
    ROW("adjacent", NUMBER, adjacent, "point code of the other side (1)"),
    ROW("network", NUMBER, network, "network indicator, 0..3 (2)"),
    ROW("pcm", NUMBER, pcm, "CIC of timeslot t of line l is 32 (pcm + l) + t (0)"),
    ROW("links", NUMBER, links, "lines from the first with a link in timeslot 16 (all)"),
    ROW("reset", FLAG, reset, "reset all circuits when the linkset comes up"),
    ROW("no-loop", FLAG, no_loop, "make no loop for continuity checks"),
    ROW("t1-ms", NUMBER, t1_ms, "ISUP T1 (15000)"),
    ROW("t7-ms", NUMBER, t7_ms, "ISUP T7 (20000)"),
    {0},
#undef ROW
};

static void says(struct ss7 *ss7, char *text)
{
    if (fe.opt.debug)
        fputs(text, stderr);
}

static void on_not_in_service(struct ss7 *ss7, int cic, unsigned dpc)
{
    report("not-in-service", NULL, ",\"channel\":%d", cic);
}

const char *signalling_side(void)
{
    return "exchange";
}

static void set_timers(void)
{
    /* Q.764 Table A.1; libss7 has none unless they are set */
    static const struct { char *name; int ms; } timers[] = {
        {"t2", 180000}, {"t5", 300000}, {"t6", 60000}, {"t8", 12000}, {"t12", 15000}, {"t13", 300000}, {"t14", 15000},
        {"t15", 300000}, {"t16", 15000}, {"t17", 300000}, {"t18", 15000}, {"t19", 300000}, {"t20", 15000}, {"t21", 300000},
        {"t22", 15000}, {"t23", 300000}, {"t27", 240000}, {"t33", 12000}, {"t35", 15000},
    };
    for (size_t i = 0; i < sizeof timers / sizeof *timers; i++)
        ss7_set_isup_timer(ex.ss7, timers[i].name, timers[i].ms);
    /* Q.704 §16.8: of changeover, without which libss7 stays in it for ever, and of changeback */
    static const struct { char *name; int ms; } mtp3_timers[] = {
        {"t1", 800}, {"t2", 1400}, {"t3", 800}, {"t4", 800}, {"t5", 800}, {"t12", 1200}, {"t13", 1200}, {"t14", 2500},
    };
    for (size_t i = 0; i < sizeof mtp3_timers / sizeof *mtp3_timers; i++)
        ss7_set_mtp3_timer(ex.ss7, mtp3_timers[i].name, mtp3_timers[i].ms);
    ss7_set_isup_timer(ex.ss7, "t1", ex.t1_ms);
    ss7_set_isup_timer(ex.ss7, "t7", ex.t7_ms);
}

int signalling_start(void)
{
    fe.channel_base = 32 * ex.pcm;
    ss7_set_message(says);
    ss7_set_error(says);
    ss7_set_notinservice(on_not_in_service);
    ss7_set_hangup(on_hangup);
    ss7_set_call_null(on_call_null);
    ex.ss7 = ss7_new(SS7_ITU);
    ex.without_st = ss7_new(SS7_ANSI);
    if (!ex.ss7 || !ex.without_st || ss7_set_network_ind(ex.ss7, ex.network) || ss7_set_pc(ex.ss7, ex.own))
        return -1;
    for (int i = 0; i < fe.lines; i++) {
        if (i >= ex.links) {
            fe.line[i].signalling = 0;
            continue;
        }
        int fds[2];
        if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0, fds) ||
            ss7_add_link(ex.ss7, SS7_TRANSPORT_DAHDIMTP2, fds[0], i, ex.adjacent))
            return -1;
        links[i].theirs = fds[0];
        links[i].ours = fds[1];
    }
    set_timers();
    if (fe.opt.debug)
        ss7_set_debug(ex.ss7, SS7_DEBUG_MTP2 | SS7_DEBUG_MTP3 | SS7_DEBUG_ISUP);
    for (int i = 0; i < fe.lines && i < ex.links; i++)
        ss7_link_noalarm(ex.ss7, links[i].theirs);
    return ss7_start(ex.ss7);
}

/* -- from the line ------------------------------------------------------------------------------------- */

void signalling_frame(struct line *l, const uint8_t *octets, int len)
{
    struct link *link = &links[l->number];
    uint8_t unit[UNIT_ROOM] = {0};
    if (len < 3 || len > FRAME_OCTETS)
        return;
    bool fill = (octets[LI] & 0x3F) <= 2;
    if (fill && len == link->last_in_len && !memcmp(octets, link->last_in, len))
        return;
    link->last_in_len = fill ? len : 0;
    memcpy(link->last_in, octets, len);
    memcpy(unit, octets, len);
    if (send(link->ours, unit, len + 2, 0) != len + 2)
        l->overflow++;
}

/* -- to the line --------------------------------------------------------------------------------------- */

int signalling_fill(struct line *l, uint8_t *octets)
{
    struct link *link = &links[l->number];
    memcpy(octets, link->fill, link->fill_len);
    return link->fill_len;
}

static bool is_fill(const struct fifo *f)
{
    return f->count && (f->slot[(f->head + f->count - 1) % FIFO_FRAMES].octets[LI] & 0x3F) <= 2;
}

/* Units that libss7 has written.  An FISU or LSSU that still waits gives way to the next one. */
static void take_units(struct line *l)
{
    struct link *link = &links[l->number];
    uint8_t unit[UNIT_ROOM];
    ssize_t len;
    while ((len = recv(link->ours, unit, sizeof unit, 0)) > 2) {
        len -= 2;
        bool fill = len >= 3 && (unit[LI] & 0x3F) <= 2;
        if (fill && is_fill(&l->tx))
            l->tx.count--;
        if (!fifo_put(&l->tx, unit, (int)len))
            l->overflow++;
        link->fill_len = fill ? (int)len : 3;
        memcpy(link->fill, unit, link->fill_len);
        if (!fill)
            link->fill[LI] = 0;
    }
}

static bool readable(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void on_event(ss7_event *e)
{
    switch (e->e) {
    case SS7_EVENT_UP:
        if (!fe.up) {
            link_state(true);
            if (ex.reset)
                reset_all();
        }
        break;
    case SS7_EVENT_DOWN:
        if (fe.up)
            link_state(false);
        break;
    case MTP2_LINK_UP: report("mtp2-up", NULL, NULL); break;
    case MTP2_LINK_DOWN: report("mtp2-down", NULL, NULL); break;
    default: isup_event(e);
    }
}

static void events(void)
{
    ss7_event *e;
    do
        while ((e = ss7_check_event(ex.ss7)))
            on_event(e);
    while (do_what_was_asked());
}

/* What a driver tells of its line, and of a timeslot that is cut: libss7 itself counts no errors. */
static void alarms(void)
{
    for (int i = 0; i < fe.lines && i < ex.links; i++) {
        bool alarm = fe.line[i].los || fe.line[i].ais || fe.now_ns < fe.line[i].cut_until_ns;
        if (alarm == links[i].alarm)
            continue;
        links[i].alarm = alarm;
        report("link-alarm", NULL, ",\"line\":%d,\"on\":%s", i, alarm ? "true" : "false");
        if (alarm)
            ss7_link_alarm(ex.ss7, links[i].theirs);
        else
            ss7_link_noalarm(ex.ss7, links[i].theirs);
    }
}

void signalling_events(void)
{
    alarms();
    ss7_schedule_run(ex.ss7);
    events();
    for (int i = 0; i < fe.lines && i < ex.links; i++) {
        while (readable(links[i].theirs)) {
            ss7_read(ex.ss7, links[i].theirs);
            events();           /* libss7's queue of events has room for 16 */
        }
    }
    for (int i = 0; i < fe.lines && i < ex.links; i++) {
        while (ss7_pollflags(ex.ss7, links[i].theirs) & POLLOUT)
            if (ss7_write(ex.ss7, links[i].theirs) < 0)
                break;
        take_units(&fe.line[i]);
    }
}
