/* Player and recorder: files on one side, the tick on the other, a ring of samples between.
 *
 * The tick side never does I/O: xh_player_read and xh_recorder_write only touch the ring. The file side (a thread in service, the
 * tick's own thread under the virtual clock) calls *_pump, which opens, reads ahead, writes, and may block. One thread a side;
 * indices are C11 atomics. Paths are copied at init/add. A file that cannot be read ends the list there: what stands before it is
 * played, then done with errno and the file's number. A recording is a new file (O_EXCL, mode 0640): -EEXIST where there is one. */
#ifndef XUNHU_PLAYER_H
#define XUNHU_PLAYER_H
#include <stddef.h>
#include <stdint.h>

struct xh_player;               /* opaque: size by call */
size_t xh_player_size(void);
struct xh_player_params {
    int loop;                   /* play the list again: loops times, 0 = for ever */
    int loops;
    int keep;                   /* at the end of the list wait for more */
    int gain_q12;
};
int xh_player_init(struct xh_player *p, const struct xh_player_params *params);
/* Tick side. paths: NUL-separated, len octets in all. 0, -ENOSPC (more than 2,048 octets wait), -EINVAL (empty or overlong
 * name, or the list has failed). After the end of the list it goes on with what is added. */
int xh_player_add(struct xh_player *p, const char *paths, size_t len);
/* Tick side: fills out with n samples (zeros beyond the end). Returns how many came from files. */
int xh_player_read(struct xh_player *p, int16_t *out, int n);
struct xh_player_state { int done; int error; /* errno of the file that failed, 0 */ int file; /* its index */ uint64_t samples; int underruns; };
void xh_player_state(const struct xh_player *p, struct xh_player_state *s);     /* tick side */
int xh_player_pump(struct xh_player *p);        /* file side: 1 did something, 0 nothing to do */
void xh_player_release(struct xh_player *p);    /* file side: closes what is open */

struct xh_recorder;
size_t xh_recorder_size(void);
struct xh_recorder_params {
    int tracks;                 /* 1 mix, 2 left/right */
    int format;                 /* XH_REC_* of engine.h */
};
int xh_recorder_init(struct xh_recorder *r, const struct xh_recorder_params *params, const char *path);
/* Tick side: n samples of one or two tracks (right NULL when tracks == 1). 0, or -ENOBUFS when the file side is
 * behind: the samples are then kept as a gap of silence so that length stays true, counted. Another -errno: the recording has
 * failed (or was finished, -EINVAL), nothing is taken. A track that is NULL is silent. */
int xh_recorder_write(struct xh_recorder *r, const int16_t *left, const int16_t *right, int n);
void xh_recorder_finish(struct xh_recorder *r); /* tick side: no more samples come */
struct xh_recorder_state { int done; int error; uint64_t samples; /* given; when done: in the file */ uint64_t lost; };
void xh_recorder_state(const struct xh_recorder *r, struct xh_recorder_state *s);
int xh_recorder_pump(struct xh_recorder *r);    /* file side; after finish: writes out, mends the header, closes, done */
void xh_recorder_release(struct xh_recorder *r);
#endif
