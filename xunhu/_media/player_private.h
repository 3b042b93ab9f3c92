/* What the two sides of a player share (player.c: the tick, player_files.c: the files).
 *
 * Two rings join the sides. Paths go from the tick side to the file side, each with its NUL; samples go back, and beside them a mark for
 * every file and every place sought: at which sample it begins, and what that is. All indices count up for ever and are taken
 * modulo the ring; each is written by one side only.
 *
 * A wish (seek, skip) is a place: the octet of a path, its number in the list, a sample in the file. The tick side writes it down, then its
 * number; the file side goes there, says at which sample of the ring the new begins, then the number as fulfilled. Until then the wish
 * is not written over, and the path it points at is not forgotten. */
#ifndef XUNHU_PLAYER_PRIVATE_H
#define XUNHU_PLAYER_PRIVATE_H
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "xunhu/fetch.h"
#include "xunhu/media_file.h"
#include "xunhu/player.h"
#include "xunhu/time_scale.h"

#define RING 8192               /* samples, 1.02 s */
#define PATHS 2048              /* octets of paths: waiting, and played ones that can be gone back to */
#define PATH_LONGEST 1023
#define MARKS 32                /* in the sample ring at once */

struct xh_mark {
    uint32_t at;                /* index in the sample ring of the first sample */
    uint32_t path_at;
    int32_t file, reserved;
    uint64_t position, length;  /* of that sample in the file; of the file, UINT64_MAX unknown */
};

struct xh_wish {
    uint32_t path_at;
    int32_t file;
    uint64_t position;
};

struct xh_player {
    struct xh_player_params params;
    /* written by the tick side */
    _Atomic uint32_t path_head; /* octets put in */
    _Atomic uint32_t tail;      /* samples taken out */
    _Atomic uint32_t mark_tail;
    _Atomic uint32_t wish_number;
    uint32_t wanted, taken_up;  /* numbers of wishes: given, and acted on after they were fulfilled */
    uint32_t path_first;        /* octet of the first path still known */
    uint64_t samples;
    int32_t underruns, waiting, drained, scaling, again;
    int32_t gain, gain_wanted;
    struct xh_wish wish, next_wish;
    struct xh_mark heard;
    struct xh_time_scale scale;
    /* written by the file side */
    char apart[64];             /* the two sides on cache lines of their own */
    _Atomic uint32_t path_free; /* paths before this octet are not needed here */
    _Atomic uint32_t head;
    _Atomic uint32_t mark_head;
    _Atomic uint32_t dry_at;    /* the file side is through with all paths up to this path_head */
    _Atomic uint32_t fulfilled;
    _Atomic int error, error_file;
    uint32_t fulfilled_at;      /* sample of the ring */
    uint32_t cursor;            /* octet of the next path */
    uint32_t path_at;           /* of the path that is open */
    uint32_t round_at;          /* samples made before this round of the loop */
    int32_t next_file, rounds, unmarked;
    uint64_t skip_to, mark_position;
    struct xh_reader *reader;
    struct xh_fetch_file *net;
    int net_error;              /* errno: it has broken off, which is told after what had come */
    _Atomic int holding;        /* reader or net are there */
    struct xh_mark marks[MARKS];
    char paths[PATHS];
    int16_t ring[RING];
};
#endif
