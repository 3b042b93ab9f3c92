/* Command line, and commands on standard input. */
#include "far_end.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT, NUMBER, REAL, FLAG, LETTER, COPY };

static const struct row {
    const char *name;
    int kind;
    size_t offset, size;
    const char *help;
} rows[] = {
#define ROW(name, kind, member, help) {name, kind, offsetof(struct options, member), sizeof(((struct options *)0)->member), help}
    ROW("network", FLAG, network, "be the network side (default: user)"),
    ROW("local", TEXT, local, "a.b.c.d:port to listen at"),
    ROW("remote", TEXT, remote, "a.b.c.d:port of the other side"),
    ROW("frames", NUMBER, frames, "frames a packet, 8..40 (40)"),
    ROW("calls", NUMBER, calls, "calls to place (0)"),
    ROW("rate", REAL, rate, "calls a second (10)"),
    ROW("hold", NUMBER, hold_ms, "ms from the answer to our hanging up; 0: the other side does (2000)"),
    ROW("callee-hold", NUMBER, callee_hold_ms, "the same for calls we answer (0)"),
    ROW("called", COPY, called, "called number; {n} becomes the number of the call"),
    ROW("calling", COPY, calling, "calling number; {n} as above"),
    ROW("redirecting", COPY, redirecting, "redirecting number, reason 15 (none)"),
    ROW("digits", COPY, digits, "DTMF after the answer; ',' is half a second"),
    ROW("digits-after", NUMBER, digits_after_ms, "ms from the answer to the first digit (500)"),
    ROW("digit-on", NUMBER, digit_on_ms, "ms (100)"),
    ROW("digit-off", NUMBER, digit_off_ms, "ms (100)"),
    ROW("digit-level", NUMBER, digit_level_dbm0, "dBm0 of each tone (-10)"),
    ROW("overlap", FLAG, overlap, "overlap sending and receiving"),
    ROW("expect-digits", NUMBER, expect_digits, "called digits of a whole number in overlap receiving (4)"),
    ROW("exclusive", FLAG, exclusive, "no other channel than the one we name"),
    ROW("channels", NUMBER, trunk_channels, "highest timeslot for our calls (31)"),
    ROW("answer-ms", NUMBER, answer_ms, "ms from SETUP to our answer; -1 never (0)"),
    ROW("alert-ms", NUMBER, alert_ms, "ms from SETUP to ALERTING; -1 never (0)"),
    ROW("no-proceeding", FLAG, no_proceeding, "no CALL PROCEEDING"),
    ROW("refuse", NUMBER, refuse, "refuse calls with this cause"),
    ROW("refuse-by-called", FLAG, refuse_by_called, "refuse calls with the last three called digits as cause, 0 takes them"),
    ROW("early-tone", FLAG, early_tone, "send the tone from ALERTING on, with progress 8"),
    ROW("tone-base", NUMBER, tone_base, "Hz of tone 0 we send, + 10 n (0: none)"),
    ROW("hear-base", NUMBER, hear_base, "Hz of tone 0 to listen for, + 10 n (tone-base)"),
    ROW("tone-level", NUMBER, tone_level_dbm0, "dBm0 (-13)"),
    ROW("tone-by", LETTER, tone_by, "n is c channel, i number of the call, d or g last three digits of called or calling"),
    ROW("react-hz", NUMBER, react_hz, "measure from a digit's end to this frequency beginning (steps of 10 ms; below 0: before the end)"),
    ROW("audio-events", FLAG, audio_events, "tell when sound begins and ends"),
    ROW("level-ms", NUMBER, level_ms, "tell the level so often (0: never)"),
    ROW("guard-ms", NUMBER, guard_ms, "hang up a call older than this, count it as stuck (120000)"),
    ROW("t309-ms", NUMBER, t309_ms, "libpri's T309; 0 off (libpri's default)"),
    ROW("exit-when-done", FLAG, exit_when_done, "summary and end after the last of --calls"),
    ROW("debug", FLAG, debug, "libpri's messages on standard error"),
#undef ROW
};
enum { ROWS = sizeof rows / sizeof *rows };

static void set(struct options *o, const struct row *r, const char *value)
{
    char *at = (char *)o + r->offset;
    switch (r->kind) {
    case TEXT: *(const char **)at = value; break;
    case NUMBER: *(int *)at = atoi(value); break;
    case REAL: *(double *)at = atof(value); break;
    case LETTER: *at = *value; break;
    case COPY: snprintf(at, r->size, "%s", value); break;
    case FLAG:
        if (r->size == sizeof(bool))
            *(bool *)at = true;
        else
            *(int *)at = 1;
        break;
    }
}

int options_parse(struct options *o, int argc, char **argv)
{
    *o = (struct options){.frames = 40, .rate = 10, .hold_ms = 2000, .digits_after_ms = 500, .digit_on_ms = 100,
                          .digit_off_ms = 100, .digit_level_dbm0 = -10, .expect_digits = 4, .tone_level_dbm0 = -13,
                          .tone_by = 'c', .guard_ms = 120000, .t309_ms = -1, .trunk_channels = TIMESLOTS,
                          .called = "4006000998", .calling = "1390000{n}"};
    struct option list[ROWS + 3] = {{"user", no_argument, NULL, ROWS}, {"help", no_argument, NULL, ROWS + 1}};
    for (int i = 0; i < ROWS; i++)
        list[i + 2] = (struct option){rows[i].name, rows[i].kind == FLAG ? no_argument : required_argument, NULL, i};
    int got;
    while ((got = getopt_long(argc, argv, "", list, NULL)) != -1) {
        if (got == '?' || got == ROWS + 1) {
            for (int i = 0; i < ROWS; i++)
                fprintf(stderr, "  --%-15s %s\n", rows[i].name, rows[i].help);
            return -1;
        }
        if (got < ROWS)
            set(o, &rows[got], optarg);
    }
    if (!o->local || !o->remote || o->frames < 8 || o->frames > MAX_FRAMES || o->rate <= 0) {
        fprintf(stderr, "far_end: --local and --remote are needed, --frames is 8..40, --rate above 0\n");
        return -1;
    }
    if (!o->hear_base)
        o->hear_base = o->tone_base;
    return 0;
}

/* Value of a member of a flat JSON object, as text; false: not there. */
static bool member(const char *json, const char *name, char *out, size_t room)
{
    char key[40];
    snprintf(key, sizeof key, "\"%s\"", name);
    const char *at = json;
    do {                        /* a name is followed by a colon, a value of the same text is not */
        at = strstr(at, key);
        if (!at)
            return false;
        at += strlen(key);
        at += strspn(at, " ");
    } while (*at != ':');
    at += strspn(at, " :");
    bool text = *at == '"';
    at += text;
    size_t n = strcspn(at, text ? "\"" : ",} \n");
    if (n >= room)
        return false;
    memcpy(out, at, n);
    out[n] = 0;
    return true;
}

static int number(const char *json, const char *name, int otherwise)
{
    char text[32];
    return member(json, name, text, sizeof text) ? atoi(text) : otherwise;
}

static void command_call(const char *json)
{
    char called[64], calling[64], digits[128];
    if (!member(json, "called", called, sizeof called))
        snprintf(called, sizeof called, "%s", fe.opt.called);
    if (!member(json, "calling", calling, sizeof calling))
        snprintf(calling, sizeof calling, "%s", fe.opt.calling);
    if (!member(json, "digits", digits, sizeof digits))
        digits[0] = 0;
    if (!call_place(called, calling, digits, number(json, "hold", fe.opt.hold_ms)))
        report("error", NULL, ",\"text\":\"no free channel\"");
}

void command_run(const char *json)
{
    char cmd[32], text[128];
    if (!member(json, "cmd", cmd, sizeof cmd)) {
        report("error", NULL, ",\"text\":\"no cmd\"");
        return;
    }
    struct call *c = call_by_number(number(json, "call", -1));
    int64_t until = clock_ns() + number(json, "ms", 0) * MS;
    if (!strcmp(cmd, "drop-link"))
        fe.line.deaf_until_ns = until;
    else if (!strcmp(cmd, "los"))
        fe.line.quiet_until_ns = until;
    else if (!strcmp(cmd, "hangup-all"))
        for (int ts = 1; ts <= TIMESLOTS; ts++)
            call_hang_up(&fe.calls[ts], number(json, "cause", PRI_CAUSE_NORMAL_CLEARING));
    else if (!strcmp(cmd, "quit"))
        fe.quit = true;
    else if (!strcmp(cmd, "restart"))
        pri_reset(fe.pri, number(json, "channel", 1));
    else if (!strcmp(cmd, "call"))
        command_call(json);
    else if (!strcmp(cmd, "calls")) {   /* so many more, at --rate */
        fe.opt.calls = fe.placed + number(json, "n", 1);
        fe.next_call_at = fe.now_ns;
    } else if (!strcmp(cmd, "summary"))
        report_summary();
    else if (!strcmp(cmd, "refuse"))
        fe.opt.refuse = number(json, "cause", 0);
    else if (c && !strcmp(cmd, "hangup"))
        call_hang_up(c, number(json, "cause", PRI_CAUSE_NORMAL_CLEARING));
    else if (c && !strcmp(cmd, "answer"))
        c->answer_at = fe.now_ns;
    else if (c && !strcmp(cmd, "digits") && member(json, "digits", text, sizeof text))
        voice_digits(c, text);
    else if (c && !strcmp(cmd, "tone"))
        c->voice.tone_hz = number(json, "hz", 0);
    else
        report("error", NULL, ",\"text\":\"cannot %s\"", cmd);
}
