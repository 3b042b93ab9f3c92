/* Command line, and commands on standard input. */
#include "far_end.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NORMAL_CLEARING 16

static const struct row rows[] = {
#define ROW(name, kind, member, help) {name, kind, &fe.opt.member, sizeof fe.opt.member, help}
    ROW("local", TEXT, local, "a.b.c.d:port to listen at; a comma between those of several lines"),
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
    ROW("descending", FLAG, descending, "take free channels from the highest down"),
    ROW("channels", NUMBER, highest_timeslot, "highest timeslot for our calls (31)"),
    ROW("answer-ms", NUMBER, answer_ms, "ms from the call to our answer; -1 never (0)"),
    ROW("alert-ms", NUMBER, alert_ms, "ms from the call to alerting; -1 never (0)"),
    ROW("refuse", NUMBER, refuse, "refuse calls with this cause"),
    ROW("refuse-by-called", FLAG, refuse_by_called, "refuse calls with the last three called digits as cause, 0 takes them"),
    ROW("early-tone", FLAG, early_tone, "send the tone from alerting on, and say so"),
    ROW("tone-base", NUMBER, tone_base, "Hz of tone 0 we send, + 10 n (0: none)"),
    ROW("hear-base", NUMBER, hear_base, "Hz of tone 0 to listen for, + 10 n (tone-base)"),
    ROW("tone-level", NUMBER, tone_level_dbm0, "dBm0 (-13)"),
    ROW("tone-by", LETTER, tone_by, "n is c channel, i number of the call, d or g last three digits of called or calling"),
    ROW("react-hz", NUMBER, react_hz, "measure from a digit's end to this frequency beginning (steps of 10 ms; below 0: before the end)"),
    ROW("audio-events", FLAG, audio_events, "tell when sound begins and ends"),
    ROW("level-ms", NUMBER, level_ms, "tell the level so often (0: never)"),
    ROW("heard", TEXT, heard, "folder; what each call hears goes into CALL.s16 there, 16-bit samples from the event \"listening\" on"),
    ROW("guard-ms", NUMBER, guard_ms, "hang up a call older than this, count it as stuck (120000)"),
    ROW("exit-when-done", FLAG, exit_when_done, "summary and end after the last of --calls"),
    ROW("debug", FLAG, debug, "the library's messages on standard error"),
#undef ROW
};
enum { ROWS = sizeof rows / sizeof *rows, MAX_ROWS = 80 };

static void set(const struct row *r, const char *value)
{
    switch (r->kind) {
    case TEXT: *(const char **)r->at = value; break;
    case NUMBER: *(int *)r->at = atoi(value); break;
    case REAL: *(double *)r->at = atof(value); break;
    case LETTER: *(char *)r->at = *value; break;
    case COPY: snprintf(r->at, r->size, "%s", value); break;
    case FLAG:
        if (r->size == sizeof(bool))
            *(bool *)r->at = true;
        else
            *(int *)r->at = 1;
        break;
    }
}

static int usage(const struct row *all, int n)
{
    for (int i = 0; i < n; i++)
        fprintf(stderr, "  --%-15s %s\n", all[i].name, all[i].help);
    return -1;
}

int options_parse(int argc, char **argv)
{
    struct options *o = &fe.opt;
    *o = (struct options){.frames = 40, .rate = 10, .hold_ms = 2000, .digits_after_ms = 500, .digit_on_ms = 100,
                          .digit_off_ms = 100, .digit_level_dbm0 = -10, .expect_digits = 4, .tone_level_dbm0 = -13,
                          .tone_by = 'c', .guard_ms = 120000, .highest_timeslot = TIMESLOTS,
                          .called = "4006000998", .calling = "1390000{n}"};
    struct row all[MAX_ROWS];
    struct option list[MAX_ROWS + 2] = {0};
    int n = ROWS, got;
    memcpy(all, rows, sizeof rows);
    for (const struct row *r = signalling_rows; r->name && n < MAX_ROWS; r++)
        all[n++] = *r;
    for (int i = 0; i < n; i++)
        list[i] = (struct option){all[i].name, all[i].kind == FLAG ? no_argument : required_argument, NULL, i};
    list[n] = (struct option){"help", no_argument, NULL, n};
    while ((got = getopt_long(argc, argv, "", list, NULL)) != -1) {
        if (got < 0 || got >= n)
            return usage(all, n);
        set(&all[got], optarg);
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
bool json_text(const char *json, const char *name, char *out, size_t room)
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

int json_number(const char *json, const char *name, int otherwise)
{
    char text[32];
    return json_text(json, name, text, sizeof text) ? atoi(text) : otherwise;
}

static void command_call(const char *json)
{
    char called[64], calling[64], digits[128];
    if (!json_text(json, "called", called, sizeof called))
        snprintf(called, sizeof called, "%s", fe.opt.called);
    if (!json_text(json, "calling", calling, sizeof calling))
        snprintf(calling, sizeof calling, "%s", fe.opt.calling);
    if (!json_text(json, "digits", digits, sizeof digits))
        digits[0] = 0;
    int circuit = json_number(json, "channel", fe.channel_base) - fe.channel_base;     /* 0: any */
    if (!call_place(circuit, called, calling, digits, json_number(json, "hold", fe.opt.hold_ms)))
        report("error", NULL, ",\"text\":\"no free channel\"");
}

/* true: it was a command for a line */
static bool command_line(const char *cmd, const char *json)
{
    int number = json_number(json, "line", 0);
    struct line *l = &fe.line[number >= 0 && number < fe.lines ? number : 0];
    int64_t until = clock_ns() + json_number(json, "ms", 0) * MS;
    if (!strcmp(cmd, "drop-link"))
        l->deaf_until_ns = until;
    else if (!strcmp(cmd, "cut-link"))
        l->cut_until_ns = until;
    else if (!strcmp(cmd, "los"))
        l->quiet_until_ns = until;
    else
        return false;
    return true;
}

static bool command_calls(const char *cmd, const char *json)
{
    if (!strcmp(cmd, "hangup-all")) {
        for (int i = 0; i < CIRCUITS; i++)
            call_hang_up(&fe.calls[i], json_number(json, "cause", NORMAL_CLEARING));
    } else if (!strcmp(cmd, "call")) {
        command_call(json);
    } else if (!strcmp(cmd, "calls")) { /* so many more, at --rate */
        fe.opt.calls = fe.placed + json_number(json, "n", 1);
        fe.next_call_at = fe.now_ns;
    } else if (!strcmp(cmd, "refuse")) {
        fe.opt.refuse = json_number(json, "cause", 0);
    } else {
        return false;
    }
    return true;
}

/* true: it was a command for a call that is up */
static bool command_of_call(const char *cmd, const char *json)
{
    char digits[128];
    struct call *c = call_by_number(json_number(json, "call", -1));
    if (!c)
        return false;
    if (!strcmp(cmd, "hangup"))
        call_hang_up(c, json_number(json, "cause", NORMAL_CLEARING));
    else if (!strcmp(cmd, "answer"))
        c->answer_at = fe.now_ns;
    else if (!strcmp(cmd, "digits") && json_text(json, "digits", digits, sizeof digits))
        voice_digits(c, digits);
    else if (!strcmp(cmd, "tone"))
        c->voice.tone_hz = json_number(json, "hz", 0);
    else
        return false;
    return true;
}

void command_run(const char *json)
{
    char cmd[32];
    if (!json_text(json, "cmd", cmd, sizeof cmd))
        report("error", NULL, ",\"text\":\"no cmd\"");
    else if (!strcmp(cmd, "quit"))
        fe.quit = true;
    else if (!strcmp(cmd, "summary"))
        report_summary();
    else if (!command_line(cmd, json) && !command_calls(cmd, json) && !signalling_command(cmd, json) && !command_of_call(cmd, json))
        report("error", NULL, ",\"text\":\"cannot %s\"", cmd);
}
