/* What the two sides of a recorder share (recorder.c: the tick, recorder_files.c: the files). */
#ifndef XUNHU_RECORDER_PRIVATE_H
#define XUNHU_RECORDER_PRIVATE_H
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "xunhu/media_file.h"
#include "xunhu/recorder.h"

/* 2.05 s. Whenever the file side has emptied the ring the next samples go to its beginning (`base`), so that of these 64 KiB a recorder
 * whose disk keeps up touches the first 8 to 16 only: two tracks, 0.25 s and what comes until they are written. */
#define RING_FRAMES 16384u
#define GAPS 16                 /* notes waiting for the file side */
#define RECORDER_PATH 511

struct xh_gap {
    uint32_t at;                /* frame index in the ring before which the silence belongs */
    uint64_t frames;
};

/* Frames in memory, first in first out; capacity in frames, grows up to `most`. */
struct xh_store {
    int16_t *frames;
    uint32_t capacity, most, first, count;
};

struct xh_recorder {
    struct xh_recorder_params params;
    /* written by the tick side */
    _Atomic uint32_t head;      /* frames put in */
    _Atomic uint32_t base;      /* head when the ring was last found empty: this frame lies at the ring's beginning */
    _Atomic uint32_t gap_head;
    _Atomic uint32_t sound_at;  /* head when sound was last heard */
    _Atomic int finished, started;
    uint32_t start_at;          /* armed: head when it was started */
    _Atomic uint64_t samples, lost;     /* frames given; of these not kept */
    uint64_t gap;               /* not kept and not yet noted */
    /* written by the file side */
    char apart[64];             /* the two sides on cache lines of their own */
    _Atomic uint32_t tail;      /* frames taken out */
    _Atomic uint32_t gap_tail;
    _Atomic int error, done;
    _Atomic uint64_t written;   /* frames in the file */
    _Atomic int opened;
    uint64_t before;            /* frames the file had */
    uint64_t mended, synced;    /* frames the header tells of; that are on the disk for sure */
    struct xh_writer *writer;
    struct xh_store store;      /* armed: the pre-roll; then: silence held back */
    struct xh_gap gaps[GAPS];
    char path[RECORDER_PATH + 1];
    int16_t ring[RING_FRAMES * 2];
};
#endif
