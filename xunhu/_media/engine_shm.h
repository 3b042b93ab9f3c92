/* The memory that engine and control share, and the rings in it.
 *
 * One region (memfd in service, anonymous memory in-process), one struct, no pointers inside: both sides map it
 * wherever they like.  Every ring has one producer and one consumer; each index stands on a cache line of its own.
 *
 * Who trusts whom: the engine trusts nothing in here.  It keeps its own copy of every index it owns, copies a record
 * out before it looks at it, and treats an index of the other side that is out of range as "drop all and go on".
 * A control that dies half way through a write has not yet moved the head: the record does not exist.
 * Rows (ports, spans, links) are written by the engine only, under a sequence number that is odd while it writes.
 */
#ifndef XUNHU_ENGINE_SHM_H
#define XUNHU_ENGINE_SHM_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "xunhu/engine.h"
#include "xunhu/span.h"

#define XH_SHM_MAGIC 0x31656e6967756878ull      /* "xhugine1" */
#define XH_SHM_VERSION 7u
#define XH_COMMANDS 4096u
#define XH_EVENTS 16384u
#define XH_LINK_OCTETS 32768u   /* of a queue: 120 ms of a full 2 Mbit/s link, 4 s of one of 64 kbit/s */

struct xh_indices {
    _Alignas(64) _Atomic uint32_t head;         /* the producer's: records ever put, modulo 2^32 */
    _Alignas(64) _Atomic uint32_t tail;         /* the consumer's: records ever taken */
};

struct xh_frame_ring {          /* its indices count octets; a frame is its length, low octet first, and itself */
    struct xh_indices at;
    uint8_t octets[XH_LINK_OCTETS];
};

struct xh_link_row {
    uint32_t sequence, open;
    uint32_t span, timeslot;
    uint32_t kind;
    _Atomic uint32_t waiting;                   /* octets taken from the queue and not yet sent; not under the sequence */
    uint64_t rx, tx, rx_lost, tx_lost, bad;     /* frames */
    uint64_t repeats;                           /* MTP2: good units that were not passed up */
    uint32_t outage, reserved;                  /* MTP2: SIPO is sent for want of a control */
};

struct xh_span_row {
    uint32_t sequence, configured;
    char driver[8];
    struct xh_span_status status;
};

struct xh_shm_stats {
    _Atomic uint64_t ticks, sample;
    _Atomic uint64_t late_ticks, skipped_ticks, max_tick_us;
    _Atomic uint64_t events, events_lost, commands, commands_refused, commands_damaged;
    _Atomic uint64_t file_passes;
    _Atomic uint64_t concealed;                 /* samples, of all timeslots */
    _Atomic uint32_t load_permille, overload, realtime, locked, wake_failed;
    _Atomic uint32_t file_workers, files_stuck;
    _Atomic uint32_t ports_open, players, recorders, tones, crosspoints, detectors, links_open;
    _Atomic uint32_t levels, voices;            /* directions that are levelled, voice detectors at work */
};

struct xh_shm {
    uint64_t magic;
    uint32_t version, size;
    uint32_t tick_samples, law;
    uint32_t pid;
    _Atomic uint32_t epoch;                     /* one more for every control that attached */
    _Atomic uint32_t wake;                      /* 1: the eventfd has been written since control last looked */
    _Alignas(64) _Atomic uint64_t links_waiting[2];     /* bit a link: frames came in; a hint, set by the engine */
    _Alignas(64) struct xh_shm_stats stats;
    struct xh_indices commands_at, events_at;
    struct xh_span_row spans[XH_MAX_SPANS];
    struct xh_link_row links[XH_MAX_LINKS];
    _Alignas(64) struct xh_port_row ports[XH_MAX_PORTS];
    _Alignas(64) struct xh_echo_row echo[XH_LINE_PORTS];
    _Alignas(64) struct xh_level_row level[XH_LINE_PORTS];
    _Alignas(64) struct xh_command commands[XH_COMMANDS];
    _Alignas(64) struct xh_event events[XH_EVENTS];
    struct xh_frame_ring link_rx[XH_MAX_LINKS], link_tx[XH_MAX_LINKS];
    _Alignas(64) struct xh_media_row media[XH_MAX_PORTS];
    _Alignas(64) struct xh_conceal_row conceal[XH_TS_PORTS];
    _Alignas(64) struct xh_rtp_row rtp[XH_RTP_PORTS];
    _Atomic uint32_t dtls_known;                /* the fingerprint is there */
    uint8_t dtls_fingerprint[32];               /* SHA-256 of our certificate */
};

_Static_assert(sizeof(struct xh_command) == 512, "a command is 512 octets");
_Static_assert(sizeof(struct xh_event) == 64, "an event is 64 octets");
_Static_assert(sizeof(struct xh_port_row) == 64, "a port row is 64 octets");
_Static_assert(sizeof(struct xh_rtp_row) == 256, "an RTP row is 256 octets");
_Static_assert(sizeof(struct xh_rtp_open) <= XH_PAYLOAD && sizeof(struct xh_rtp_send) <= XH_PAYLOAD && sizeof(struct xh_rtp_receive) <= XH_PAYLOAD,
               "they stand in a command");
_Static_assert(sizeof(struct xh_echo_row) == 16, "an echo row is 16 octets");
_Static_assert(sizeof(struct xh_level_row) == 24, "a level row is 24 octets");
_Static_assert(ATOMIC_INT_LOCK_FREE == 2 && ATOMIC_LLONG_LOCK_FREE == 2, "atomics must work between processes");

/* -- the region (engine_shm.c) ---------------------------------------------- */

/* fd NULL: anonymous; else a sealed memfd is made and given back.  NULL and *err = errno on failure. */
struct xh_shm *xh_shm_new(int *fd, int *err);
/* Maps what another process made, checks magic, version and size.  NULL, *err: errno, EPROTO = not ours. */
struct xh_shm *xh_shm_map(int fd, int *err);
void xh_shm_unmap(struct xh_shm *m);

/* -- rings (engine_ring.c) ----------------------------------------------------- */

/* Control: n commands become visible at once.  0, or -EAGAIN: no room for all of them. */
int xh_commands_put(struct xh_shm *m, const struct xh_command *c, uint32_t n);
/* Engine: 1 one copied to *out, 0 none, -EPROTO the head was nonsense: all dropped.  *tail is the engine's own index. */
int xh_commands_get(struct xh_shm *m, uint32_t *tail, struct xh_command *out);

/* Engine: free records of the event ring; nonsense in its indices is mended by dropping all. */
uint32_t xh_events_room(struct xh_shm *m, uint32_t head);
void xh_events_put(struct xh_shm *m, uint32_t *head, const struct xh_event *e);     /* needs room */
/* Control: 1 one copied, 0 none. */
int xh_events_get(struct xh_shm *m, struct xh_event *out);
void xh_events_discard(struct xh_shm *m);

/* Frames; `own` is the caller's own index (head to put, tail to get), kept where the other side cannot write.
 * put: 0, -EAGAIN full, -EMSGSIZE.  get: octets, 0 none, -EPROTO nonsense was dropped. */
int xh_frames_put(struct xh_frame_ring *r, uint32_t *own, const uint8_t *frame, size_t len);
int xh_frames_get(struct xh_frame_ring *r, uint32_t *own, uint8_t *frame, size_t room);
void xh_frames_discard(struct xh_frame_ring *r, uint32_t *own);     /* consumer */
uint32_t xh_frames_waiting(const struct xh_frame_ring *r, uint32_t head);       /* producer: octets, two a frame included */
uint32_t xh_frames_taken(const struct xh_frame_ring *r);                /* producer: the consumer's index, as it says */

/* Where the rings stand: what a new control begins with.  Either may be NULL. */
void xh_frames_sync(struct xh_frame_ring *r, uint32_t *head, uint32_t *tail);
uint64_t xh_links_waiting(struct xh_shm *m, int word);              /* control: takes the hint */

/* Rows under a sequence number. */
void xh_row_begin(uint32_t *sequence);
void xh_row_end(uint32_t *sequence);
/* Copies `size` octets of a row that hold still; what a dead writer left half written is given as it is. */
void xh_row_read(const uint32_t *sequence, const void *row, void *out, size_t size);

/* Control: call before draining, after reading the eventfd; so no wake-up is lost. */
void xh_wake_clear(struct xh_shm *m);

#endif
