/* One E1 span, whatever carries it: the interface of the drivers in xunhu/_e1.
 *
 * What it does: gives the engine, once a tick, `frames` octets of each of the
 * timeslots 1..31 (in and out), HDLC frames where the driver itself frames a
 * timeslot, line state, CAS bits.
 * How: a driver fills struct xh_span_ops; the engine calls it from one thread.
 * No call may block.  `read` always fills the whole block: what did not arrive
 * is concealed (idle octets), counted, and shown in the status.
 *
 * Octets are as on the line (A-law octets with even bits inverted, ITU-T G.711).
 * Layout of a block: timeslot-major, row t (0..31) at octets + t * stride; row 0
 * (TS0) is never read or written by a driver.
 */
#ifndef XUNHU_SPAN_H
#define XUNHU_SPAN_H

#include <stddef.h>
#include <stdint.h>

#define XH_TIMESLOTS 32
#define XH_BLOCK_MAX 320        /* frames that a driver is asked for at a time */
#define XH_IDLE_ALAW 0xD5
#define XH_IDLE_ULAW 0xFF

/* Alarms, ITU-T G.775 / G.706 / O.162; bits of xh_span_status.alarms */
enum {
    XH_ALARM_LOS = 1 << 0,      /* nothing is received */
    XH_ALARM_LOF = 1 << 1,      /* no frame alignment */
    XH_ALARM_AIS = 1 << 2,      /* all ones */
    XH_ALARM_RAI = 1 << 3,      /* the far end does not receive us */
    XH_ALARM_MISSING = 1 << 4,  /* device gone or not to be opened */
};

struct xh_span_status {
    uint32_t alarms;            /* XH_ALARM_* now */
    uint32_t running;
    uint64_t frames_rx, frames_tx;      /* E1 frames of 125 us */
    uint64_t lost, late, reordered, duplicated;  /* packets (ces) or blocks (dahdi) */
    uint64_t underruns, overruns;       /* blocks concealed / dropped */
    uint64_t slips;
    uint64_t crc4_errors, fas_errors, ebit_errors, bpv;
    int32_t jitter_us;          /* ces: measured, RFC 3550 style */
    int32_t error;              /* last errno of the driver, 0 = none */
    uint64_t malformed;         /* ces: packets that are none; dahdi: frames with bad FCS or aborted */
    uint64_t rejected;          /* ces: packets from elsewhere than the remote address */
};

struct xh_span;

struct xh_span_ops {
    const char *name;           /* "dahdi", "ces", "loop" */
    /* 0 or -errno.  start is called once, before the first tick; stop undoes it. */
    int (*start)(struct xh_span *s);
    void (*stop)(struct xh_span *s);
    /* One block of `frames` octets a timeslot.  mask: bit t set = timeslot t is in use and is
     * wanted (others may be filled with idle).  Return 0, or -errno for a line that is down:
     * the block is then idle all the same. */
    int (*read)(struct xh_span *s, uint8_t *octets, size_t stride, int frames, uint32_t mask);
    int (*write)(struct xh_span *s, const uint8_t *octets, size_t stride, int frames, uint32_t mask);
    /* HDLC by the driver (dahdi HDLC-FCS): NULL where it has none, the engine then runs hdlc.c
     * over the timeslot.  Frames are without flags and FCS.  Return octets, 0 = nothing / no room,
     * -errno; -EBADMSG = a frame with bad FCS or abort was dropped.
     * mtp2: signal units, what was written last is repeated for ever, a frame equal to the one before is dropped.
     * link_open returns -EINVAL where the driver does not frame the timeslot and the engine may, -EPROTO where it frames it
     * in another way. */
    int (*link_open)(struct xh_span *s, int timeslot, int mtp2);
    int (*link_read)(struct xh_span *s, int timeslot, uint8_t *frame, size_t room);
    int (*link_write)(struct xh_span *s, int timeslot, const uint8_t *frame, size_t len);
    void (*status)(struct xh_span *s, struct xh_span_status *out);
    /* ABCD bits of a timeslot; NULL where the driver carries none. Return 0 or -errno. */
    int (*cas_write)(struct xh_span *s, int timeslot, int abcd);
    int (*cas_read)(struct xh_span *s, int timeslot);           /* 0..15 or -errno */
    /* Ask the far end to see us: 1 = send RAI, 0 = stop. NULL where not to be done. */
    int (*send_rai)(struct xh_span *s, int on);
    void (*free)(struct xh_span *s);
    /* Drivers that send packets; NULL: all has left when write returns.  While `paced`, what is not yet due stays behind:
     * send what is due `frames` frames after the last write.  Returns when to ask again, counted from that write, or 0:
     * nothing waits.  What still waits at the next write leaves with it. */
    int (*send_due)(struct xh_span *s, int frames);
    /* 1: the octets that these timeslots (bit t) carry in one E1 frame stay together from end to end.  NULL: always. */
    int (*in_step)(struct xh_span *s, uint32_t slots);
};

struct xh_span {
    const struct xh_span_ops *ops;
    int number;                 /* [TrunkN] */
    uint8_t idle;               /* idle octet, XH_IDLE_* */
    uint8_t paced;              /* the owner calls send_due between blocks */
    /* Of the block read last: bit i % 64 of word i / 64 set: frame i did not come and was made up.  Of drivers that lose nothing, 0. */
    uint64_t missing[XH_BLOCK_MAX / 64];
    /* the driver's own state follows in its private struct */
};

/* -- makers; each returns NULL and sets *err to errno on failure ------------------ */

struct xh_loop_params { int number; uint8_t idle; };
/* Two spans back to back: what one writes in a tick the other reads in the next. */
int xh_loop_pair_new(const struct xh_loop_params *a, const struct xh_loop_params *b,
                     struct xh_span **span_a, struct xh_span **span_b);
/* For tests and the demo.  cut: both ends see LOS and hear nothing while on.  alarm: this end reports these
 * XH_ALARM_* besides its own (LOS, LOF, AIS, MISSING also silence it).  0, or -ENOTSUP for a span that is no loop. */
int xh_loop_cut(struct xh_span *s, int on);
int xh_loop_alarm(struct xh_span *s, uint32_t alarms);

struct xh_ces_params {
    int number;
    uint8_t idle;
    const char *local, *remote; /* "address:port", IPv4, or "[v6]:port" */
    int frames;                 /* E1 frames a packet, 8..40 */
    int jitter_ms;              /* what lies ahead when playing begins, 1..500 */
    int rtp;                    /* 1: RTP header before the control word */
};
struct xh_span *xh_ces_new(const struct xh_ces_params *p, int *err);

struct xh_dahdi_params {
    int number;
    uint8_t idle;
    int law;                    /* 'A' or 'U' */
    int span;                   /* number in /proc/dahdi */
    int block;                  /* octets a read, = samples a tick (40, 80, 160) */
    const char *root;           /* "/dev/dahdi" */
    uint32_t hdlc_mask;         /* timeslots that are D channels */
    uint32_t cas_mask;          /* timeslots whose ABCD bits are ours */
};
struct xh_span *xh_dahdi_new(const struct xh_dahdi_params *p, int *err);

#endif
