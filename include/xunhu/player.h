/* Player: files on one side, the tick on the other, a ring of samples between.
 *
 * The tick side never does I/O: it takes samples from the ring and leaves wishes. The file side (xh_player_pump, by one of the file
 * workers in service, by the tick's own thread under the virtual clock) opens, reads ahead, and may block; one thread at a time. Indices
 * are C11 atomics. Paths are copied at add. A file is whatever include/xunhu/media_file.h reads, or a URL (fetch.h). A file that
 * cannot be read ends the list there: what stands before it is played, then done with errno and the file's number.
 *
 * Seeking, next and previous are wishes to the file side: what is in the ring is dropped at once, silence until the new place is read.
 * Speed (time_scale.h) and volume are the tick side's own and heard at once. Positions are in samples of 8 kHz of the file. */
#ifndef XUNHU_PLAYER_H
#define XUNHU_PLAYER_H
#include <stddef.h>
#include <stdint.h>

struct xh_fetch;
struct xh_player;               /* opaque: size by call */
size_t xh_player_size(void);
struct xh_player_params {
    int loop;                   /* play the list again: loops times, 0 = for ever */
    int loops;
    int keep;                   /* at the end of the list wait for more */
    int gain_q12;
    struct xh_fetch *fetch;     /* for URLs; NULL: they end with EPROTONOSUPPORT */
};
int xh_player_init(struct xh_player *p, const struct xh_player_params *params);
/* Tick side. paths: NUL-separated, len octets in all. 0, -ENOSPC (more than 2,048 octets wait or are heard), -EINVAL (empty or overlong
 * name, or the list has failed). After the end of the list it goes on with what is added. Paths played are kept for
 * xh_player_skip as long as there is room. */
int xh_player_add(struct xh_player *p, const char *paths, size_t len);
/* Tick side: fills out with n samples (zeros beyond the end). Returns how many came from files. */
int xh_player_read(struct xh_player *p, int16_t *out, int n);
void xh_player_gain(struct xh_player *p, int gain_q12);         /* 0..32767; faded to within the next read */
void xh_player_speed(struct xh_player *p, int percent);         /* clamped to 50..200 */
/* Tick side: to a place in the file that is heard now; before its beginning: the beginning, beyond its end: the next file.
 * relative: from where it is (or is about to be). 0, -EINVAL: the list has failed. */
int xh_player_seek(struct xh_player *p, int64_t samples, int relative);
/* Tick side: n files on (1 the next, -1 the previous, 0 this one from its beginning). Before the first (that is still known): the
 * first. Beyond the last: the end, in a loop the first. 0, -EINVAL. */
int xh_player_skip(struct xh_player *p, int n);
struct xh_player_state {
    int done;
    int error;                  /* errno of the file that failed, 0 */
    int file;                   /* its index; else that of the file heard last */
    uint64_t samples;           /* played in all */
    int underruns;
    int waiting;                /* the last read got less than it wanted and the list is not done */
    uint64_t position, length;  /* in the file heard, of it; length UINT64_MAX: not known */
    int speed;                  /* percent */
};
void xh_player_state(const struct xh_player *p, struct xh_player_state *s);     /* tick side */
int xh_player_wants(const struct xh_player *p); /* any thread, a hint: the file side has something to do */
const char *xh_player_where(const struct xh_player *p, char *path, size_t room);       /* file side: what the next pump touches, "" nothing */
int xh_player_holds(const struct xh_player *p); /* file side: 1 a file is open */
int xh_player_pump(struct xh_player *p);        /* file side: 1 did something, 0 nothing to do */
void xh_player_release(struct xh_player *p);    /* file side: closes what is open */
#endif
