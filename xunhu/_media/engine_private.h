/* What only the engine knows.  Control's side: include/xunhu/engine.h and engine_shm.h.
 *
 * Files: engine_core.c    life of the engine, ports, events
 *        engine_command.c commands: every field is checked here
 *        engine_xpoint.c  crosspoints, and the plan of a tick made from them
 *        engine_conference.c, engine_floor.c  conferences; who of them is heard and has the floor
 *        engine_tick.c    the tick
 *        engine_detect.c  detectors and meters of ports, and what detectors say
 *        engine_banks.c   detectors over many channels at once
 *        engine_sender.c  tone ports
 *        engine_mix.c     kernels: mixing, meters
 *        engine_line.c    spans: opening, alarms, CAS
 *        engine_link.c    HDLC links
 *        engine_echo.c    echo cancellers of timeslots
 *        engine_level.c   level control and voice detectors
 *        engine_conceal.c what lines over packets have lost
 *        engine_rtp*.c    RTP lines: see engine_rtp.h
 *        engine_workers.c threads that share a tick's work
 *        engine_play.c    players
 *        engine_record.c  recorders
 *        engine_files.c   their slots, the keys that stop them, the file side under the virtual clock
 *        engine_lanes.c the file side in service: lanes and workers
 *        engine_load.c    overload
 *        engine_thread.c  the real-time thread and the dispatcher of files
 *
 * The thread that ticks and those that do files touch an engine (under the virtual clock they are the same); of a player or recorder one
 * file thread at a time.  What they share is atomic and marked so below.
 */
#ifndef XUNHU_ENGINE_PRIVATE_H
#define XUNHU_ENGINE_PRIVATE_H

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "engine_conference.h"
#include "engine_level.h"
#include "engine_rtp.h"
#include "engine_shm.h"
#include "xunhu/answer_class.h"
#include "xunhu/caller_id.h"
#include "xunhu/continuity.h"
#include "xunhu/dtmf.h"
#include "xunhu/echo.h"
#include "xunhu/fax_tones.h"
#include "xunhu/g711.h"
#include "xunhu/su.h"
#include "xunhu/fetch.h"
#include "xunhu/player.h"
#include "xunhu/plc.h"
#include "xunhu/recorder.h"
#include "xunhu/progress.h"
#include "xunhu/r2mf.h"
#include "xunhu/tones.h"

#define XH_TICK_MAX 160                 /* samples of the longest tick, 20 ms */
#define XH_RATE 8000
#define XH_PLAYERS 2048
#define XH_RECORDERS 2048
#define XH_TONES 2048
#define XH_DETECTORS 2048
#define XH_METERS 4096
#define XH_CROSSPOINTS 32768
#define XH_INPUTS_MAX 8192              /* of one port: so many products of 2^18 fit into a sum of 32 bits (engine_mix.c) */
#define XH_HITS 4096
#define XH_LISTENERS 8                  /* at most so many kinds of detectors that run one by one */
#define XH_BANKS 6                      /* and of those that run over all slots at once, beside DTMF */
#define XH_THREADS 16                   /* that share a tick at most */
#define XH_NONE 0xffffu                 /* no port, no slot */
#define XH_NO_XPOINT 0xffffffffu
#define XH_METER_MS 100

/* -- kernels (engine_mix.c) -------------------------------------------------- */

struct xh_meter {                       /* one direction */
    uint64_t squares;
    uint32_t peak;
};

struct xh_kernels {
    /* acc = or += in * gain / 4096, rounded */
    void (*mix_set)(int32_t *acc, const int16_t *in, int gain_q12, size_t n);
    void (*mix_add)(int32_t *acc, const int16_t *in, int gain_q12, size_t n);
    void (*mix_out)(int16_t *out, const int32_t *acc, size_t n);                /* saturates */
    void (*mix_two)(int16_t *out, const int16_t *a, const int16_t *b, size_t n);        /* a + b, saturated */
    void (*meter)(struct xh_meter *m, const int16_t *in, size_t n);
};
void xh_kernels_init(struct xh_kernels *k);
int16_t xh_meter_rms_dbm0x10(const struct xh_meter *m, uint64_t samples);
int16_t xh_meter_peak_dbm0x10(const struct xh_meter *m);

/* -- overload (engine_load.c) -------------------------------------------------- */

struct xh_load {
    uint32_t load_q8;                   /* EWMA over 16 ticks, 1/256 permille */
    uint32_t heat;                      /* of late wake-ups, cools by one a tick */
    uint32_t calm;                      /* ticks in a row that would end an overload */
    uint32_t overloaded;
};
enum { XH_LOAD_SAME, XH_LOAD_BEGINS, XH_LOAD_ENDS };
/* One tick used `permille` of its period; late: it began more than a period after its time. */
int xh_load_tick(struct xh_load *l, uint32_t permille, int late);
int xh_load_full(const struct xh_load *l);

/* -- the engine -------------------------------------------------------------------- */

struct xh_port {
    uint8_t kind;
    uint8_t ending;                     /* recorder: no more samples, the file is being finished */
    uint8_t reason;                     /* XH_END_* then */
    int8_t cas;                         /* ABCD last seen, -1 unknown */
    uint32_t detect;                    /* XH_DETECT_* */
    uint8_t country, r2_four;           /* of XH_DETECT_PROGRESS; of XH_DETECT_R2B: four frequencies */
    uint8_t meter_ticks;
    uint8_t echo;                       /* a canceller works on what comes in */
    uint8_t conceal;                    /* what the line loses is made up */
    uint16_t slot;                      /* of the player, recorder or tone */
    uint16_t detector, meter;           /* slots, XH_NONE */
    uint16_t level_in, level_out;       /* places (engine_level.h), XH_NONE */
    uint8_t levelled;                   /* bit XH_SIDE_IN: what comes in is, XH_SIDE_OUT: what goes out */
    uint16_t key_port, key_mask;        /* player, recorder: what stops it */
    uint16_t key_first, key_next, key_prev;     /* the list of those that this port's keys stop, and our place in one */
    uint16_t inputs;
    uint32_t first_in, first_out;       /* crosspoints to and from us */
    uint64_t tag, opened;
};

struct xh_xpoint {
    uint16_t source, destination;
    int16_t gain;
    uint16_t track;
    uint32_t next_in, prev_in;          /* next_in is also the free list */
    uint32_t next_out, prev_out;
};

struct xh_meters {
    struct xh_meter in, out;
};

/* A tone port's slot: XH_SEND_STEPS is xh_engine's `tone`. */
enum { XH_SEND_STEPS, XH_SEND_FAX, XH_SEND_CALLER_ID };
struct xh_sender {
    uint8_t kind;
    union {
        struct xh_faxgen fax;
        struct xh_caller_id_tx caller_id;
    };
};

struct xh_player_slot {
    uint8_t paused, keep, announced;
    uint32_t starved;                   /* samples in a row that the file side owes */
};

struct xh_recorder_slot {
    uint8_t tracks, armed, paused;      /* paused: XH_REC_GO_ON ... */
    uint8_t listens, heard, sounding;   /* silence matters; there was sound; ticks of sound on end */
    uint32_t stalled;                   /* samples: lost on end, or waited for the end of the file */
    uint64_t samples, longest, silence, lead, silent;
    uint64_t preroll;                   /* octets of the memory all share */
    uint16_t place[2];                  /* of its tracks' voice detectors, XH_NONE */
};
#define XH_PREROLL_OCTETS (256u << 20)

/* The file side in service (engine_lanes.c). All but what is atomic is under the lock. */
#define XH_LANES 16
#define XH_FILERS 32
#define XH_ITEMS (XH_PLAYERS + XH_RECORDERS)
struct xh_lane {
    char root[256];                     /* mount point; "" the local lane, or unused */
    uint16_t queue[XH_ITEMS];
    uint32_t head, tail;
    int busy, stuck, seen, pretended;
};
struct xh_filer {
    struct xh_engine *engine;           /* NULL: no thread */
    int64_t since;                      /* when it took its item, 0 it has none */
    int lane, given_up;
};
struct xh_lanes {
    pthread_mutex_t lock;
    pthread_cond_t work, gone;
    struct xh_lane lane[XH_LANES];
    struct xh_filer filer[XH_FILERS];
    uint8_t item[XH_ITEMS];
    int threads, idle, stop, turn, network_busy;
    int lost;                           /* threads that did not come back when the engine stopped */
    _Atomic int networks;               /* there are network lanes */
    _Atomic int stuck;                  /* workers given up */
    FILE *mounts;                       /* the dispatcher's */
    char stalled[256];                  /* tests: files below it never answer */
    _Atomic int pretending;
};

/* A pool whose objects go tick -> file side -> tick: FREE, ACTIVE, LEAVING (the file side releases it), then back
 * through `back` to the tick's free list. */
enum { XH_SLOT_FREE, XH_SLOT_ACTIVE, XH_SLOT_LEAVING };
struct xh_pool {
    uint8_t *memory;
    size_t each, bytes;
    uint32_t count;
    _Atomic uint32_t high;              /* slots ever used */
    _Atomic uint8_t state[XH_PLAYERS];
    uint16_t free[XH_PLAYERS];
    uint32_t nfree;
    uint16_t back[XH_PLAYERS];
    _Atomic uint32_t back_head;         /* file side */
    uint32_t back_tail;                 /* tick */
};

struct xh_span_spec {                   /* one configured span; strings are the spec's own */
    int driver;                         /* XH_DRIVER_* */
    int number, peer, law;
    char local[64], remote[64], root[256];
    int frames, jitter_ms, rtp, dahdi_span;
    uint32_t hdlc_mask, cas_mask;
};
enum { XH_DRIVER_NONE, XH_DRIVER_LOOP, XH_DRIVER_CES, XH_DRIVER_DAHDI };

struct xh_line {
    struct xh_span_spec spec;
    struct xh_span *span;               /* the tick's; NULL: missing */
    _Atomic(struct xh_span *) coming;   /* file side -> tick: opened and started */
    _Atomic(struct xh_span *) going;    /* tick -> file side: to be stopped and freed */
    _Atomic int error;                  /* errno of the last attempt */
    _Atomic int lost;                   /* tick -> file side: open it again */
    uint32_t mask;                      /* timeslots in use: ports and links framed by us */
    uint32_t links;                     /* timeslots that are links */
    uint32_t alarms;
    int idle, law, down;
    struct xh_span_status last;
};

struct xh_link {
    int open, by_driver, span, timeslot;
    int kind, header, monitor;          /* XH_LINK_*; MTP2: XH_SU_*, errored units are passed up */
    uint32_t slots;                     /* mask of its timeslots */
    uint32_t rx_head, tx_tail;          /* our indices */
    struct xh_hdlc_rx rx;
    struct xh_hdlc_tx tx;
    struct xh_su_rx su_rx;
    struct xh_su_tx su_tx;
    int orphan, outage;                 /* MTP2: control went and none has sent since; SIPO is sent */
    uint32_t drained;                   /* MTP2: control's index in the receive queue, and since when it stands still */
    uint64_t drained_at;
    /* MTP2: what is repeated; by driver: it must be written now; what came last and how often control got it; since the last
       errored unit, at good_at: what came; octets that it has not sent yet */
    uint8_t fill[XH_SU_FILL_MAX], last[XH_SU_FILL_MAX];
    size_t fill_len, last_len;
    int refill, last_given;
    uint64_t good_at;
    uint32_t passed_units, passed_octets, backlog;
    struct xh_link_row row;             /* what the shared row gets */
    int changed;                        /* the shared row is to be written */
    uint16_t pending_len;               /* a frame the driver had no room for */
    uint8_t pending[XH_FRAME_MAX];
    uint64_t bad_seen;
    int trouble;                        /* errno since the last XH_EV_LINK */
    uint32_t lost;                      /* frames since then */
    uint64_t told;                      /* sample of that event */
};

/* party: of a conference whose source it is, plus 1, where who hears it talks too; 0 elsewhere */
struct xh_term { const int16_t *in; int gain; int track; uint32_t party; };
struct xh_op_decode { const uint8_t *octets; int16_t *out; int law; /* 0: octets are samples */ };
struct xh_op_copy { const uint8_t *from; uint8_t *to; };
struct xh_op_mix { uint32_t first, count; uint16_t port, meter, level /* place + 1 where what goes out is levelled */; };
struct xh_op_meter { uint16_t port, meter; const int16_t *in, *out; };

struct xh_plan {
    int stale;
    uint32_t decodes, copies, mixes, recs, terms, meters, dtmf_high, players, tones, cas;
    struct xh_op_decode decode[XH_TS_PORTS];
    struct xh_op_copy copy[XH_TS_PORTS];
    struct xh_op_mix mix[XH_LINE_PORTS], rec[XH_RECORDERS];
    struct xh_term term[XH_CROSSPOINTS];
    struct xh_op_meter meter[XH_METERS];
    uint32_t echoes;
    struct xh_echo_op echo[XH_LINE_PORTS];
    struct xh_op_decode sent[XH_LINE_PORTS];    /* of the same ports: what the line is sent, for the next tick */
    uint16_t echo_port[XH_LINE_PORTS];
    uint32_t conceals;
    uint16_t conceal[XH_TS_PORTS];      /* ports */
    const int16_t *dtmf[XH_DETECTORS];
    uint32_t listens[XH_LISTENERS], bank_ports[XH_BANKS];
    const int16_t *bank_in[XH_BANKS][XH_DETECTORS];
    uint16_t listen_port[XH_LISTENERS][XH_DETECTORS];
    uint32_t conferences, parties;
    uint16_t conference[XH_CONFERENCES];        /* slots */
    struct xh_party party[XH_CROSSPOINTS];
    const int16_t *row[XH_CROSSPOINTS]; /* of the conference whose parties stand at the same place: contributions to be summed */
    uint32_t party_at[XH_CROSSPOINTS];  /* of a crosspoint into a conference: its party */
    uint16_t player_port[XH_PLAYERS], tone_port[XH_TONES];
    uint16_t cas_port[XH_TS_PORTS];
    uint32_t rtps;
    uint16_t rtp[XH_RTP_PORTS];         /* lines that are open: port - XH_TS_PORTS */
    uint64_t needed[XH_MAX_PORTS / 64]; /* ports whose linear samples are wanted */
};

struct xh_thread {
    pthread_t tick, files;
    int running;
    _Atomic int stop;
    sem_t files_wake;
};

struct xh_engine {
    struct xh_shm *shm;
    int memfd, eventfd;
    size_t bytes;                       /* of this struct */
    int samples, law;                   /* of a tick; 'A' or 'U' */
    int real_time;                      /* a thread ticks: load is measured */
    uint64_t now;                       /* sample at which this tick begins */
    uint64_t ticks;
    struct xh_kernels kernels;

    uint32_t command_tail, event_head;
    _Atomic uint32_t attached;          /* controls so far; by the thread that accepts them */
    uint32_t attached_seen, links_attached;
    _Atomic int control;                /* there is one; by the thread that accepts them */
    uint64_t events_lost;               /* since the last XH_EV_LOST_EVENTS */
    int produced;                       /* this tick: control is to be woken */
    uint64_t links_waiting[2];

    struct xh_port port[XH_MAX_PORTS];
    uint64_t open[XH_MAX_PORTS / 64];
    uint32_t ports_open, tones_open, detectors_open;
    struct xh_xpoint xpoint[XH_CROSSPOINTS];
    uint32_t xpoint_free, xpoint_high, xpoints;
    struct xh_plan plan;

    struct xh_line line[XH_MAX_SPANS];
    struct xh_link link[XH_MAX_LINKS];
    uint32_t links_open, links_high;
    int kick;                           /* the file side has work */
    uint32_t recorders_ending;
    uint64_t preroll_octets;
    int stuck_told;
    struct xh_lanes lanes;
    struct xh_fetch *fetch;
    uint64_t retry_at;                  /* virtual clock: sample of the next attempt at missing spans */

    struct xh_pool players, recorders;
    struct xh_player_slot player[XH_PLAYERS];
    struct xh_recorder_slot recorder[XH_RECORDERS];
    uint16_t recorder_port[XH_RECORDERS];
    struct xh_tonegen tone[XH_TONES];
    struct xh_sender sender[XH_TONES];
    uint16_t tone_free[XH_TONES];
    uint32_t ntone_free;

    struct xh_conference_kernels mixer;
    struct xh_conference *conference;   /* XH_CONFERENCES, and how each crosspoint into one speaks: zero pages */
    struct xh_talk *talk;
    int16_t (*scaled)[XH_TICK_MAX];     /* of each party of the plan: its contribution where it is not what came in */
    uint16_t conference_free[XH_CONFERENCES];
    uint32_t nconference_free;

    void *bank_memory;
    struct xh_dtmf_bank *bank;
    uint16_t detector_port[XH_DETECTORS], detector_free[XH_DETECTORS];
    uint32_t ndetector_free;
    uint8_t *listener[XH_LISTENERS];    /* of each kind: a state for each slot */
    void *tone_bank[XH_BANKS];
    uint32_t tone_bank_begun;           /* bit a bank: initialised, when first used */
    struct xh_tone_hit tone_hits[XH_HITS];
    struct xh_progress_table tones;     /* of XH_DETECT_TONE */
    struct xh_dtmf_hit hits[XH_HITS];
    struct xh_meters meters[XH_METERS];
    uint16_t meter_free[XH_METERS];
    uint32_t nmeter_free;

    uint8_t *echo_memory;               /* a canceller of 128 ms for each timeslot, zero pages until it is used */
    size_t echo_each;
    struct xh_level_side *level[XH_SIDES];      /* zero pages */
    struct xh_plc_octets *conceal;      /* of each timeslot, zero pages until it is used */
    struct xh_rtps rtp;
    struct xh_workers *workers;         /* NULL: the tick's thread does all */

    struct xh_load load;
    uint64_t late_told, late_since, late_ticks, skipped_ticks, max_tick_us;
    int pretend_permille, pretend_late; /* virtual clock: what tests say a tick costs */
    struct xh_thread thread;

    _Alignas(64) int16_t linear[XH_MAX_PORTS][XH_TICK_MAX];     /* what comes in from each port */
    _Alignas(64) int16_t sent[XH_LINE_PORTS][XH_TICK_MAX];      /* to lines whose echo is cancelled, the tick before */
    _Alignas(64) uint8_t rx[XH_MAX_SPANS][XH_TIMESLOTS][XH_TICK_MAX];
    _Alignas(64) uint8_t tx[XH_MAX_SPANS][XH_TIMESLOTS][XH_TICK_MAX];
};

/* engine_core.c.  specs: at most XH_MAX_SPANS, numbers and loop pairs already checked.  threads: that share a tick.  shared: make a
 * memfd and an eventfd.  NULL and *err = errno. */
struct xh_engine *xh_engine_new(const struct xh_span_spec *specs, int n, int tick_ms, int law, int threads, int shared, int *err);
/* Finishes all recorders (their files are whole afterwards), stops the spans.  No thread may run. */
void xh_engine_free(struct xh_engine *e);
/* A new control: what is left for the old one is discarded.  Called by the thread that accepts it, before it gets the
 * region, after the old one has gone. */
void xh_engine_attach(struct xh_engine *e);
void xh_engine_detach(struct xh_engine *e);     /* control is gone; same thread */
void xh_engine_emit(struct xh_engine *e, struct xh_event ev);   /* ev.sample 0: now */
void xh_engine_emit_lost(struct xh_engine *e);
void xh_port_open(struct xh_engine *e, uint32_t port, int kind, uint64_t tag);
void xh_port_free(struct xh_engine *e, uint32_t port);          /* -> XH_EV_CLOSED */
void xh_port_show(struct xh_engine *e, uint32_t port);          /* writes the shared row */
void *xh_pages(size_t bytes);           /* zero pages that cost nothing until they are touched; NULL */
void xh_stack_of(uint16_t *free, uint32_t *n, uint32_t count);  /* all of 0..count-1, the first on top */

/* engine_banks.c: detectors over many channels at once */
uint32_t xh_banks_bits(void);           /* XH_DETECT_* of all of them */
int xh_banks_new(struct xh_engine *e);  /* 0, -ENOMEM */
void xh_banks_free(struct xh_engine *e);
void xh_banks_reset(struct xh_engine *e, uint32_t slot);
void xh_banks_plan(struct xh_engine *e, uint32_t port);
void xh_banks_run(struct xh_engine *e);

/* engine_detect.c */
int xh_detectors_new(struct xh_engine *e);      /* 0, -ENOMEM */
void xh_detectors_free(struct xh_engine *e);
int xh_port_detect(struct xh_engine *e, uint32_t port, uint32_t mask);
void xh_detectors_give_back(struct xh_engine *e, struct xh_port *p);    /* detector and meter */
void xh_detectors_plan(struct xh_engine *e, uint32_t port);
void xh_detectors_run(struct xh_engine *e);
int xh_detect_with(struct xh_engine *e, uint32_t port, int country, int r2_four);
int xh_answer(struct xh_engine *e, uint32_t port, const uint8_t *parameters, size_t octets);
int xh_tone_row(struct xh_engine *e, uint32_t place, const uint8_t *row, size_t octets);

/* engine_sender.c: 0 or -errno */
int xh_send_steps(struct xh_engine *e, const struct xh_command *c, const struct xh_tone_step *steps, int count, int repeats);
int xh_send_fax(struct xh_engine *e, const struct xh_command *c);
int xh_send_caller_id(struct xh_engine *e, const struct xh_command *c);
void xh_senders_run(struct xh_engine *e);

/* engine_command.c: all that wait; bounded by the ring. */
void xh_commands_run(struct xh_engine *e);
int xh_digit_bit(int digit);            /* of a key mask, -1 */

/* engine_xpoint.c: 0 or -errno */
int xh_connect(struct xh_engine *e, uint32_t source, uint32_t destination, int gain, int track);
int xh_disconnect(struct xh_engine *e, uint32_t source, uint32_t destination);
void xh_disconnect_all(struct xh_engine *e, uint32_t port);
void xh_plan_make(struct xh_engine *e);

/* engine_conference.c */
int xh_conferences_new(struct xh_engine *e);    /* 0, -ENOMEM */
void xh_conferences_free(struct xh_engine *e);
int xh_conference_open(struct xh_engine *e, const struct xh_command *c);
int xh_conference_set(struct xh_engine *e, const struct xh_command *c);
void xh_conference_give_back(struct xh_engine *e, struct xh_port *p);
void xh_conference_joined(struct xh_engine *e, uint32_t xpoint);        /* a new crosspoint into one */
void xh_conferences_plan(struct xh_engine *e);  /* before the ports are planned */
uint32_t xh_conference_party(struct xh_engine *e, uint32_t port, uint32_t conference);   /* xh_term's */
/* Octets of what a mere listener of this law hears, made each tick from now to the next plan. */
const uint8_t *xh_conference_octets(struct xh_engine *e, uint32_t conference, int law);
void xh_conferences_run(struct xh_engine *e);

/* engine_floor.c: who speaks, who is heard, who has the floor; the events of it */
void xh_floor_run(struct xh_engine *e, struct xh_conference *c);

/* engine_tick.c */
void xh_engine_tick(struct xh_engine *e);       /* one tick, no I/O on files */
void xh_engine_tick_virtual(struct xh_engine *e);       /* one tick with the file side in it */
void xh_engine_load(struct xh_engine *e, uint32_t permille, int late);  /* after a tick; -> XH_EV_OVERLOAD, XH_EV_LATE */

/* engine_line.c */
void xh_lines_open(struct xh_engine *e, const struct xh_span_spec *specs, int n);       /* first attempt */
void xh_lines_close(struct xh_engine *e);
void xh_lines_retry(struct xh_engine *e);       /* file side, once a second */
void xh_lines_hand(struct xh_engine *e);        /* file side: takes what the tick gives back */
void xh_lines_read(struct xh_engine *e);
void xh_lines_write(struct xh_engine *e);
int xh_lines_send_due(struct xh_engine *e, int frames);         /* of all spans: send_due of span.h, the earliest */
void xh_lines_watch(struct xh_engine *e);       /* alarms, CAS */
int xh_cas_write(struct xh_engine *e, uint32_t port, int abcd);
int xh_rai(struct xh_engine *e, uint32_t span, int on);
static inline int xh_is_line(const struct xh_port *p) { return p->kind == XH_PORT_TIMESLOT || p->kind == XH_PORT_RTP; }
static inline struct xh_line *xh_line_of(struct xh_engine *e, uint32_t port) { return &e->line[port / XH_TIMESLOTS]; }

/* engine_link.c */
int xh_link_open(struct xh_engine *e, const struct xh_command *c);
int xh_link_close(struct xh_engine *e, uint32_t link);
int xh_link_monitor(struct xh_engine *e, uint32_t link, int on);
void xh_link_trouble(struct xh_link *k, int err, uint32_t lost);
void xh_link_came_in(struct xh_engine *e, uint32_t link, const uint8_t *frame, int len);
void xh_link_waiting(struct xh_engine *e, uint32_t link, size_t octets);        /* taken from the queue, not yet sent */
int xh_link_next(struct xh_engine *e, uint32_t link, uint8_t *frame);   /* from control's queue: octets, 0 none, -errno: dropped */
int xh_link_write_driver(struct xh_engine *e, uint32_t link, const uint8_t *frame, size_t len);  /* 0: no room now */
void xh_links_again(struct xh_engine *e, uint32_t span);        /* the span is back */
void xh_links_read(struct xh_engine *e);
void xh_links_write(struct xh_engine *e);

/* engine_link_su.c: MTP2 */
void xh_su_link_begin(struct xh_link *k);
void xh_su_links_control(struct xh_engine *e);  /* once a tick: another control, or none */
void xh_su_link_read(struct xh_engine *e, uint32_t link);
void xh_su_link_write(struct xh_engine *e, uint32_t link);
void xh_su_link_remember(struct xh_link *k, const uint8_t *unit, size_t len);   /* what is to be repeated after it */

/* engine_echo.c */
int xh_echoes_new(struct xh_engine *e);         /* 0, -ENOMEM */
void xh_echoes_free(struct xh_engine *e);
int xh_echo_command(struct xh_engine *e, const struct xh_command *c);
void xh_echo_end(struct xh_engine *e, uint32_t port);           /* the timeslot is closed */
void xh_echoes_plan(struct xh_engine *e, uint32_t port);
void xh_echoes_run(struct xh_engine *e);        /* on what came in, after it is decoded */
void xh_echoes_sent(struct xh_engine *e);       /* after what is sent is encoded */

/* engine_level.c */
int xh_levels_new(struct xh_engine *e);         /* 0, -ENOMEM */
void xh_levels_free(struct xh_engine *e);
int xh_level_command(struct xh_engine *e, const struct xh_command *c);
int xh_level_watch(struct xh_engine *e, uint32_t port, int on);         /* XH_DETECT_VOICE: 0, -ENOSPC, -ENOMEM; nothing is changed then */
void xh_levels_give_back(struct xh_engine *e, uint32_t port);
void xh_levels_in(struct xh_engine *e);         /* on what came in, after the echo cancellers */
/* What is to go out at a place is held, levelled with all that is, and taken from there to be encoded. */
void xh_level_hold(struct xh_engine *e, uint32_t place, const int16_t *out);
void xh_levels_out(struct xh_engine *e);
const int16_t *xh_level_held(struct xh_engine *e, uint32_t place);
/* Voice detectors of recorders: a place or -errno; a tick to be heard; was there sound in the tick before; after all have been given theirs */
int xh_track_open(struct xh_engine *e, uint32_t port);
void xh_track_close(struct xh_engine *e, uint32_t place);
void xh_track_hear(struct xh_engine *e, uint32_t place, const int16_t *in);
int xh_track_sounds(struct xh_engine *e, uint32_t place);
void xh_tracks_run(struct xh_engine *e);

/* engine_conceal.c */
int xh_conceals_new(struct xh_engine *e);       /* 0, -ENOMEM */
void xh_conceals_free(struct xh_engine *e);
int xh_conceal_command(struct xh_engine *e, const struct xh_command *c);
void xh_conceal_end(struct xh_engine *e, uint32_t port);        /* the timeslot is closed */
void xh_conceals_plan(struct xh_engine *e, uint32_t port);
void xh_conceals_run(struct xh_engine *e);      /* on the octets that came in */

/* engine_workers.c: `part` is called for ranges that together are 0..total-1, by the caller and the workers at once; all is done when
 * it returns.  What ranges touch must be apart. */
struct xh_workers;
int xh_workers_new(struct xh_engine *e, int threads);   /* threads in all, the tick's among them: 1 to XH_THREADS; 0, -errno */
void xh_workers_free(struct xh_engine *e);
void xh_workers_real_time(struct xh_engine *e, int priority);   /* where it is allowed */
void xh_workers_run(struct xh_engine *e, void (*part)(struct xh_engine *e, uint32_t first, uint32_t count), uint32_t total,
                    uint32_t chunk);

/* engine_play.c, engine_record.c: commands, 0 or -errno */
int xh_pools_new(struct xh_engine *e);
void xh_pools_free(struct xh_engine *e);
int xh_play(struct xh_engine *e, const struct xh_command *c);
int xh_play_more(struct xh_engine *e, const struct xh_command *c);
int xh_pause(struct xh_engine *e, uint32_t port, int on);
int xh_play_seek(struct xh_engine *e, const struct xh_command *c);
int xh_play_skip(struct xh_engine *e, const struct xh_command *c);
int xh_play_speed(struct xh_engine *e, const struct xh_command *c);
int xh_play_gain(struct xh_engine *e, const struct xh_command *c);
int xh_record(struct xh_engine *e, const struct xh_command *c);
int xh_record_start(struct xh_engine *e, const struct xh_command *c);
int xh_record_pause(struct xh_engine *e, const struct xh_command *c);
void xh_player_end(struct xh_engine *e, uint32_t port, int reason);     /* events, port free, slot to the file side */
void xh_recorder_end(struct xh_engine *e, uint32_t port, int reason);   /* XH_EV_RECORDED follows when the file is whole */
void xh_keys(struct xh_engine *e, uint32_t port, int digit);    /* what this digit stops */
void xh_keys_drop(struct xh_engine *e, uint32_t port);
void xh_players_run(struct xh_engine *e);
void xh_recorder_run(struct xh_engine *e, uint32_t port, const int16_t *left, const int16_t *right);
void xh_files_collect(struct xh_engine *e);     /* tick: slots that came back, recorders that are done */
int xh_files_pump(struct xh_engine *e);         /* file side without workers: 1 something was done */

/* engine_lanes.c */
void xh_lanes_init(struct xh_engine *e);
void *xh_files_main(void *engine);              /* the dispatcher's thread */
void xh_lanes_stop(struct xh_engine *e);      /* after the dispatcher has ended */
int xh_lanes_lost(struct xh_engine *e);
int xh_lanes_avoid(struct xh_engine *e, uint32_t item);      /* without workers: its file does not answer */
void xh_lanes_pretend(struct xh_engine *e, const char *root, int network);    /* tests: files below root never answer; "" all do */
static inline struct xh_player *xh_player_at(struct xh_engine *e, uint32_t slot)
{
    return (struct xh_player *)(e->players.memory + slot * e->players.each);
}
static inline struct xh_recorder *xh_recorder_at(struct xh_engine *e, uint32_t slot)
{
    return (struct xh_recorder *)(e->recorders.memory + slot * e->recorders.each);
}

/* engine_thread.c: 0 or -errno.  lock: mlockall, for a process that does nothing else. */
int xh_engine_start(struct xh_engine *e, int lock);
void xh_engine_stop(struct xh_engine *e);

#endif
