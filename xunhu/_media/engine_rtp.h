/* RTP lines inside the engine.
 *
 * Files: engine_rtp.c      life of a line, its commands
 *        engine_rtp_make.c what a command needs memory or time for (codecs, SRTP): made by a thread of its own, taken over by the tick
 *        engine_rtp_dtls.c keys by DTLS
 *        engine_rtp_hear.c what comes: sockets, whom to believe, the receiver
 *        engine_rtp_say.c  what goes: the sender, RTCP
 *        engine_rtp_show.c events, the row in shared memory
 *
 * The tick reads all sockets that have something (one epoll), then every line that is told to hear; both in parts that the threads of
 * the tick share. A line's state is touched by one thread at a time; events are collected in it and told when all parts are done. */
#ifndef XUNHU_ENGINE_RTP_PRIVATE_H
#define XUNHU_ENGINE_RTP_PRIVATE_H

#include <stdatomic.h>
#include <semaphore.h>
#include <stdint.h>

#include "rtp_address.h"
#include "srtp.h"
#include "xunhu/engine.h"
#include "xunhu/rtcp.h"
#include "xunhu/rtp_receiver.h"
#include "xunhu/rtp_sender.h"

#define XH_RTP_MADES (3 * XH_RTP_PORTS) /* two are in use by each line that hears and says; the rest is on its way */
#define XH_RTP_QUEUE_ITEMS 8192u        /* more than there are mades: a queue is never full */
#define XH_RTP_CHUNK 16                 /* lines that a thread takes at once */

/* What XH_CMD_RTP_SEND, XH_CMD_RTP_RECEIVE or XH_CMD_RTP_DTLS has said, with all that it needs. */
struct xh_rtp_made {
    uint8_t hears;                      /* of XH_CMD_RTP_RECEIVE */
    uint8_t shakes;                     /* of XH_CMD_RTP_DTLS */
    uint8_t gone;                       /* to be taken apart, then free */
    uint16_t line;
    uint32_t life;                      /* of the line when it was said */
    uint64_t tag;
    int error;
    union { struct xh_rtp_send send; struct xh_rtp_receive hear; struct xh_rtp_dtls dtls; };
    void *state[XH_RTP_ACCEPTS];        /* encoder, or decoders */
    struct xh_srtp *srtp;
};

struct xh_rtp_queue {                   /* one producer, one consumer */
    _Atomic uint32_t head;
    uint32_t tail;
    uint16_t item[XH_RTP_QUEUE_ITEMS];
};

enum { XH_RTP_TELL_LEARNT = 1, XH_RTP_TELL_BYE = 2, XH_RTP_TELL_SILENT = 4, XH_RTP_TELL_SOUNDS = 8, XH_RTP_TELL_CHANGED = 16,
       XH_RTP_TELL_DIALED = 32 };

struct xh_rtp_line {
    struct xh_rtp_open open;
    int fd, rtcp_fd;                    /* -1 none */
    uint32_t life;                      /* how often it was opened */
    uint16_t making;                    /* commands that are on their way */
    uint8_t direction;                  /* XH_RTP_SENDS, XH_RTP_HEARS */
    uint8_t ready;                      /* bit 0: fd has something, bit 1: rtcp_fd */
    uint8_t ready_before;               /* the same in the tick before: more than one may wait */
    uint8_t mux, from, locked, ended;
    uint8_t started;                    /* the sender has been begun */
    uint8_t wait;                       /* ticks until the first packet may begin */
    uint8_t dialing;
    uint8_t dtls, dtls_told, keyed;     /* DTLS agrees on keys; its outcome has been told; there are keys */
    uint8_t keys;                       /* how many in key */
    uint8_t told_type, silent;
    uint32_t told_ssrc;
    uint32_t tell;                      /* XH_RTP_TELL_*, since they were last told */
    uint32_t quiet;                     /* samples since something that is believed came */
    struct xh_rtp_made *sending, *hearing;
    struct xh_rtp_address local, remote, remote_rtcp, source, source_rtcp;      /* source: learnt; family 0 not */
    struct xh_rtp_address dtls_from;    /* where the far end's DTLS came from last */
    struct {                            /* who may become the source */
        struct xh_rtp_address from;
        uint32_t ssrc;
        uint16_t sequence, packets;
    } candidate;
    uint64_t strange, unauthentic, damaged, failed;
    struct xh_rtp_key key[XH_RTP_KEYS];
    struct xh_rtcp rtcp;
    struct xh_rtp_receiver rx;
    struct xh_rtp_sender tx;
    _Alignas(64) int16_t out[160];      /* what is to be sent, this tick's */
};

struct xh_rtps {
    struct xh_rtp_line *line;           /* XH_RTP_PORTS, zero pages until they are used */
    struct xh_rtp_made *made;           /* XH_RTP_MADES, zero pages */
    uint16_t free[XH_RTP_MADES];
    uint32_t nfree;
    struct xh_rtp_queue to_make, come_back;
    sem_t wake;
    pthread_t maker;
    int threaded;                       /* the maker runs */
    _Atomic int stop;
    int epoll;
    struct xh_rtp_box *box;             /* XH_RTP_PORTS, zero pages */
    struct xh_rtp_shakes *shakes;       /* the maker's */
    uint64_t now_ns, wall_ns;           /* of this tick; virtual clock: made of its samples */
};

struct xh_engine;

/* engine_rtp.c: 0 or -errno */
int xh_rtps_new(struct xh_engine *e);
void xh_rtps_free(struct xh_engine *e);         /* no thread may run */
int xh_rtp_open(struct xh_engine *e, const struct xh_command *c);
int xh_rtp_send(struct xh_engine *e, const struct xh_command *c);
int xh_rtp_receive(struct xh_engine *e, const struct xh_command *c);
int xh_rtp_digits(struct xh_engine *e, const struct xh_command *c);
int xh_rtp_direction(struct xh_engine *e, const struct xh_command *c);
void xh_rtp_end(struct xh_engine *e, uint32_t port);    /* the line is closed: BYE, sockets */
int xh_rtp_law(struct xh_engine *e, uint32_t port);     /* of what it hears: 'A', 'U', 0 another or not known */
int16_t *xh_rtp_out(struct xh_engine *e, uint32_t port);
void xh_rtp_plan(struct xh_engine *e, uint32_t port);

/* engine_rtp_make.c */
struct xh_rtp_made *xh_rtp_made_take(struct xh_engine *e);      /* NULL: none is free */
void xh_rtp_made_begin(struct xh_engine *e, struct xh_rtp_line *l, struct xh_rtp_made *m);      /* made, then xh_rtp_apply, at once where it can be */
void xh_rtp_made_drop(struct xh_engine *e, struct xh_rtp_made *m);      /* NULL: nothing */
void xh_rtps_collect(struct xh_engine *e);      /* tick: what has been made is applied */
int xh_rtps_make(struct xh_engine *e);          /* all that waits; the maker, or without a thread whoever ticks; 1: again soon */
int xh_rtps_start(struct xh_engine *e);         /* the maker's thread */
void xh_rtps_stop(struct xh_engine *e);
int xh_rtp_apply(struct xh_engine *e, struct xh_rtp_line *l, struct xh_rtp_made *m);    /* engine_rtp.c; 0, -errno: m is still the caller's */

/* engine_rtp_dtls.c: the maker's */
int xh_rtp_identity(struct xh_engine *e);       /* our certificate is there: 0, -errno */
int xh_rtp_shake_make(struct xh_engine *e, const struct xh_rtp_made *m);
void xh_rtp_shake_drop(struct xh_engine *e, const struct xh_rtp_made *m);
int xh_rtp_shakes_work(struct xh_engine *e);    /* 1: to be called again soon */
int xh_rtp_shakes_new(struct xh_engine *e);
void xh_rtp_shakes_free(struct xh_engine *e);
/* the tick's */
int xh_rtp_dtls(struct xh_engine *e, const struct xh_command *c);       /* engine_rtp.c */
int xh_rtp_dtls_is_good(const struct xh_rtp_dtls *d);
void xh_rtp_shake_begin(struct xh_engine *e, struct xh_rtp_line *l);
int xh_rtp_dtls_came(struct xh_engine *e, struct xh_rtp_line *l, const uint8_t *packet, size_t octets, const struct xh_rtp_address *from);
void xh_rtp_dtls_say(struct xh_engine *e, struct xh_rtp_line *l, const struct xh_rtp_address *to);
void xh_rtp_dtls_keys(struct xh_engine *e, const struct xh_rtp_line *l, struct xh_rtp_made *m);         /* into what is to be made */
void xh_rtp_dtls_look(struct xh_engine *e, struct xh_rtp_line *l);

/* engine_rtp_hear.c, engine_rtp_say.c */
void xh_rtps_hear(struct xh_engine *e);
void xh_rtps_say(struct xh_engine *e);
void xh_rtp_bye(struct xh_engine *e, struct xh_rtp_line *l);

/* engine_rtp_show.c */
void xh_rtp_show(struct xh_engine *e, struct xh_rtp_line *l);
void xh_rtps_tell(struct xh_engine *e);         /* events of this tick */
#endif
