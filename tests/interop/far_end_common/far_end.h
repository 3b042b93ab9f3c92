/* A far end for tests: E1 lines by circuit emulation (RFC 5086) over UDP, HDLC and DTMF by libspandsp, the scripts of calls, and
 * signalling by a library of whoever links this: libpri (../libpri_far_end) or libss7 (../libss7_far_end).  Programs of their own,
 * linked with GPL libraries, so never part of the package.
 *
 * One thread.  Every tick (`frames` x 125 us, 5 ms by default) on an absolute monotonic clock: read all
 * packets, feed the signalling timeslots to the library, run the scripts of the calls, send one packet a line.  What happens is
 * told on standard output, one JSON object a line; commands come on standard input, one JSON object a line. */
#ifndef FAR_END_H
#define FAR_END_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <spandsp.h>

#define LINES 2
#define TIMESLOTS 31            /* 1..31 are carried */
#define CIRCUITS (32 * LINES)   /* circuit 32 l + t is timeslot t of line l */
#define MAX_FRAMES 40
#define FRAME_OCTETS 300        /* longest frame on a signalling timeslot, with two octets for the FCS */
#define FIFO_FRAMES 512
#define TONES 32                /* tone n of a call is base + 10 n Hz */
#define CAUSES 128
#define MS 1000000LL            /* nanoseconds */

struct options {
    bool overlap, descending, early_tone, audio_events, exit_when_done, refuse_by_called;
    const char *local, *remote; /* one address a line, with commas between */
    int frames;
    int calls;
    double rate;                /* calls a second */
    int hold_ms;                /* caller: hang up so long after the answer; 0: wait for the other side */
    int callee_hold_ms;         /* callee: the same */
    int answer_ms;              /* callee: answer so long after the call came; -1 never */
    int alert_ms;               /* callee: alert so long after it came; -1 never */
    int refuse;                 /* callee: cause, 0 take the call */
    int guard_ms;               /* a call older than this is hung up and counted as stuck */
    int expect_digits;          /* callee in overlap: so many digits are a whole number */
    int digits_after_ms, digit_on_ms, digit_off_ms, digit_level_dbm0;
    int tone_base, hear_base, tone_level_dbm0, react_hz;
    int level_ms, highest_timeslot, debug;
    const char *heard;          /* folder, NULL: none */
    char tone_by;               /* 'c' channel, 'i' number of the call, 'd' last three called digits, 'g' calling */
    char called[64], calling[64], redirecting[64], digits[128];
};

/* -- line.c: the E1s ------------------------------------------------------------------------------- */

struct fifo {
    int head, count;
    struct { int len; uint8_t octets[FRAME_OCTETS]; } slot[FIFO_FRAMES];
};

struct line {
    int number, fd, frames;
    int signalling;             /* timeslot of frames, 0: none */
    uint16_t seq_out, seq_in;
    bool synced, los, ais, rai;
    int late_run;
    int64_t heard_ns;           /* last packet received */
    int64_t quiet_until_ns;     /* no packets are sent before */
    int64_t deaf_until_ns;      /* no frames either way before */
    int64_t cut_until_ns;       /* as deaf, and ones in the place of flags */
    uint64_t packets_in, packets_out, lost, late, malformed, frames_in, frames_out, bad_frames, overflow;
    struct fifo tx;
    hdlc_tx_state_t *hdlc_tx;
    hdlc_rx_state_t *hdlc_rx;
};

int line_open(struct line *l, const char *local, const char *remote, int frames);
void line_receive(struct line *l);      /* all packets waiting: voice_receive for each timeslot, frames to signalling_frame */
void line_send(struct line *l, int64_t now);    /* one packet: voice_send for each timeslot, frames from tx */
bool fifo_put(struct fifo *f, const uint8_t *octets, int len);
int fifo_get(struct fifo *f, uint8_t *octets, int room);

/* -- voice.c: one timeslot's sound ----------------------------------------------------------------- */

struct voice {
    bool open;                  /* sound is measured */
    FILE *heard_file;
    bool sending;               /* tone and digits may be sent */
    double tone_hz, tone_phase;
    dtmf_tx_state_t *dtmf_tx;
    dtmf_rx_state_t *dtmf_rx;
    char digits[128];           /* to be sent; ',' is half a second of pause */
    int digit_at, digits_len;
    int64_t digit_pause;        /* samples */
    bool digit_running;
    int64_t digit_end_ns;       /* when the last digit's tone ended */
    bool react_armed, react_heard;
    /* measured */
    int fill, tone_fill, react_fill;
    double energy, level_energy, react_re, react_im, react_c, react_s, react_cr, react_ci, react_energy;
    int level_samples;
    int16_t window[800];
    bool audible;
    int hang;                   /* 10 ms blocks of silence since it was audible */
    int64_t samples, first_audio_sample, audio_samples, gap_samples, longest_gap_samples;
    double audio_energy, peak_dbm0;
    int hears_hz;
    int heard_count, heard[8], heard_windows[8];
    char heard_digits[256];
    int heard_digits_len;
};

struct call;
void voice_open(struct call *c);
void voice_close(struct call *c);
void voice_receive(struct call *c, const uint8_t *alaw, int n);
void voice_send(struct call *c, uint8_t *alaw, int n);
void voice_digits(struct call *c, const char *digits);

/* -- calls.c: the calls and their scripts ---------------------------------------------------------- */

enum call_state { CALL_FREE, CALL_SETUP, CALL_PROCEEDING, CALL_ALERTING, CALL_ACTIVE, CALL_CLEARING };

struct call {
    enum call_state state;
    bool outgoing, answered, we_hang_up, stuck, wants_digits;
    int number, cause, hold_ms;
    int circuit;                /* its place in fe.calls */
    int channel;                /* what events name it by */
    void *leg;                  /* the library's own object */
    int64_t setup_ns, answer_ns, end_ns, alert_at, answer_at, hang_up_at, first_audio_ns, next_digit_at;
    char called[64], calling[64], overlap[64];
    int overlap_at;
    bool loop;                  /* what is received is sent: continuity check */
    uint8_t looped[MAX_FRAMES];
    struct voice voice;
};

struct far_end {
    struct options opt;
    struct line line[LINES];
    int lines;
    bool up, quit;
    int64_t start_ns, now_ns, next_call_at;
    struct call calls[CIRCUITS];
    bool out_of_use[CIRCUITS];  /* not to be taken for our calls: blocked, say */
    int channel_base;           /* channel of circuit 0 */
    int numbered, placed, ended;
    /* summary */
    int attempts, answered, refused, stuck, incoming, incoming_answered, link_downs;
    int causes[CAUSES];
    double *setup_ms, *react_ms;
    int setups, reacts;
};

extern struct far_end fe;

void calls_scripts(void);       /* timers of the calls */
bool is_circuit(int circuit);   /* a timeslot that can carry a call */
/* A call of ours; circuit: 0 = a free one; NULL: none is free */
struct call *call_place(int circuit, const char *called, const char *calling, const char *digits, int hold_ms);
void call_hang_up(struct call *c, int cause);
struct call *call_by_number(int number);
bool calls_done(void);
int calls_busy(void);
void link_state(bool up);       /* whether calls can be placed */

/* What the library has heard.  NULL for a call is allowed. */
struct call *call_offered(int circuit, void *leg, const char *called, const char *calling, const char *redirecting, bool complete);
void call_more_digits(struct call *c, const char *digits, bool complete);
struct call *call_moved(struct call *c, int circuit);
void call_progressed(struct call *c, enum call_state state, const char *event, bool inband);
void call_answered(struct call *c);
void call_clearing(struct call *c, int cause);          /* the other side hangs up; call_over follows */
void call_over(struct call *c, int cause);              /* cause: where nobody has named one before */

/* -- what the program with the library has ---------------------------------------------------------- */

int signalling_start(void);
void signalling_events(void);                           /* everything the library has to say, and its timers */
void signalling_frame(struct line *l, const uint8_t *octets, int len);  /* from the line, with a good FCS, without it */
int signalling_fill(struct line *l, uint8_t *octets);   /* a frame for a line that has nothing to send; 0: flags */
const char *signalling_side(void);                      /* for the event "ready" */
bool signalling_place(struct call *c, const char *first_digits);
bool signalling_refuse(struct call *c, int cause);      /* true: no more will be heard of the call */
void signalling_take(struct call *c);                   /* the number is whole */
void signalling_need_more(struct call *c);
void signalling_alert(struct call *c);
void signalling_answer(struct call *c);
void signalling_digit(struct call *c, char digit);
void signalling_hang_up(struct call *c, int cause);
bool signalling_command(const char *cmd, const char *json);     /* false: no command of the library's */

/* -- report.c ---------------------------------------------------------------------------------------- */

int64_t clock_ns(void);
void report(const char *event, const struct call *c, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void report_sample(double **list, int *count, double value);
void report_summary(void);

/* -- options.c --------------------------------------------------------------------------------------- */

enum { TEXT, NUMBER, REAL, FLAG, LETTER, COPY };

struct row {
    const char *name;
    int kind;
    void *at;
    size_t size;
    const char *help;
};

extern const struct row signalling_rows[];      /* options of the library's; the last one has no name */

int options_parse(int argc, char **argv);
void command_run(const char *json);
bool json_text(const char *json, const char *name, char *out, size_t room);
int json_number(const char *json, const char *name, int otherwise);

#endif
