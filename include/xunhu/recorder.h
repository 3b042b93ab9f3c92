/* Recorder: the tick on one side, a file on the other, a ring of samples between.
 *
 * The tick side (write, heard, start, finish) never does I/O; the file side (pump, by one of the file workers, by the tick's own thread
 * under the virtual clock) opens, writes and may block; one thread at a time. The file is made by include/xunhu/media_file.h, in any of its
 * formats, and can be played at every moment: its header is mended every half second.
 *
 * Armed, it has no file yet and keeps the last preroll_ms of what it is given; xh_recorder_start gives it one, which begins with that.
 * cut_silence: silence (all that follows the last xh_recorder_heard by more than 0.2 s) is held back in memory, at most 30 s, until sound
 * follows; at the end it is left out. A recording is a new file (mode 0640; -EEXIST where there is one) unless append. */
#ifndef XUNHU_RECORDER_H
#define XUNHU_RECORDER_H
#include <stddef.h>
#include <stdint.h>

#define XH_PREROLL_MS_MAX 120000

struct xh_recorder;             /* opaque: size by call */
size_t xh_recorder_size(void);
struct xh_recorder_params {
    int tracks;                 /* 1 mix, 2 left/right */
    int format;                 /* enum xh_format of media_file.h; the first three are XH_REC_* of engine.h */
    int append;                 /* behind what is in the file, which must be of the same format */
    int armed, preroll_ms;      /* at most XH_PREROLL_MS_MAX; only when armed */
    int cut_silence;
    int sync_s;                 /* fdatasync so often and at the end; 0 never: the system writes within half a minute */
};
/* path: NULL when armed. 0, -EINVAL, -ENAMETOOLONG (more than 511 octets). */
int xh_recorder_init(struct xh_recorder *r, const struct xh_recorder_params *params, const char *path);
/* Tick side: n samples of one or two tracks (right NULL when tracks == 1). 0, or -ENOBUFS when the file side is
 * behind: the samples are then kept as a gap of silence so that length stays true, counted. Another -errno: the recording has
 * failed (or was finished, -EINVAL), nothing is taken. A track that is NULL is silent. */
int xh_recorder_write(struct xh_recorder *r, const int16_t *left, const int16_t *right, int n);
void xh_recorder_heard(struct xh_recorder *r);  /* tick side: there was sound in what was written last */
int xh_recorder_start(struct xh_recorder *r, const char *path); /* tick side; 0, -EALREADY not armed, -EINVAL, -ENAMETOOLONG */
void xh_recorder_finish(struct xh_recorder *r); /* tick side: no more samples come */
struct xh_recorder_state { int done; int error; uint64_t samples; /* given; when done: in the file, without what was there before */ uint64_t lost; };
void xh_recorder_state(const struct xh_recorder *r, struct xh_recorder_state *s);
int xh_recorder_wants(const struct xh_recorder *r);     /* any thread, a hint: the file side has something to do */
const char *xh_recorder_where(const struct xh_recorder *r);     /* file side: its path, "" none yet */
int xh_recorder_holds(const struct xh_recorder *r);     /* file side: 1 a file is open */
int xh_recorder_pump(struct xh_recorder *r);    /* file side; after finish: writes out, mends the header, closes, done */
void xh_recorder_release(struct xh_recorder *r);        /* file side: writes out what was given, closes, gives memory back */
#endif
