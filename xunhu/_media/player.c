/* Player, see player.h.
 *
 * Two rings join the sides. Paths go from the tick side (add) to the file side, each with its NUL; when the list is played
 * again the file side keeps them and reads from the start. Samples go back, and beside them one mark a file: at which
 * sample it begins. All indices count up for ever and are taken modulo the ring; each is written by one side only.
 *
 * The file side reads up to a second ahead, the next file as soon as the last is in the ring: between files no sample is
 * missing. A file that cannot be read ends the list: what stands before it is played, then the player is done with the
 * error and the number of the file, so that a flow learns of it (result 0009) instead of going on with half a sentence. */
#include "xunhu/player.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

#include "wav.h"
#include "xunhu/engine.h"

#define RING 8192               /* samples, 1.02 s */
#define PATHS 2048              /* octets of paths waiting (or of the list played in a loop) */
#define PATH_LONGEST 1023
#define MARKS 64                /* files in the sample ring at once */

struct mark {
    uint32_t at;                /* index in the sample ring of the first sample */
    int32_t file;
};

struct xh_player {
    struct xh_player_params params;
    /* written by the tick side */
    _Atomic uint32_t path_head; /* octets put in */
    _Atomic uint32_t tail;      /* samples taken out */
    _Atomic uint32_t mark_tail;
    uint64_t samples;
    int32_t file, underruns;
    /* written by the file side */
    char apart[64];             /* the two sides on cache lines of their own */
    _Atomic uint32_t path_tail; /* octets that may be overwritten */
    _Atomic uint32_t head;
    _Atomic uint32_t mark_head;
    _Atomic uint32_t dry_at;    /* the file side is through with all paths up to this path_head */
    _Atomic int error, error_file;
    uint32_t cursor;            /* octet of the next path */
    uint32_t round_at;        /* samples made before this round of the loop */
    int32_t next_file, rounds, unmarked;
    struct xh_wav wav;
    struct mark marks[MARKS];
    char paths[PATHS];
    int16_t ring[RING];
};

size_t xh_player_size(void)
{
    return sizeof(struct xh_player);
}

int xh_player_init(struct xh_player *p, const struct xh_player_params *params)
{
    if (params->gain_q12 < 0 || params->gain_q12 > 32767 || params->loops < 0)
        return -EINVAL;
    memset(p, 0, offsetof(struct xh_player, marks));
    p->params = *params;
    p->wav.fd = -1;
    return 0;
}

/* -- tick side ---------------------------------------------------------------------------------- */

static int check_paths(const char *paths, size_t len)
{
    size_t start = 0;
    if (len == 0)
        return -EINVAL;
    for (size_t i = 0; i <= len; i++) {
        if (i < len && paths[i] != '\0')
            continue;
        if (i == len && start == len)
            break;              /* a NUL behind the last path is no further path */
        if (i == start || i - start > PATH_LONGEST)
            return -EINVAL;
        start = i + 1;
    }
    return 0;
}

int xh_player_add(struct xh_player *p, const char *paths, size_t len)
{
    uint32_t head = atomic_load_explicit(&p->path_head, memory_order_relaxed);
    uint32_t used = head - atomic_load_explicit(&p->path_tail, memory_order_acquire);
    if (len > PATHS)
        return -ENOSPC;
    int r = check_paths(paths, len);
    if (r)
        return r;
    if (atomic_load_explicit(&p->error, memory_order_relaxed))
        return -EINVAL;
    size_t need = len + (paths[len - 1] != '\0');
    if (need > PATHS - used)
        return -ENOSPC;
    for (size_t i = 0; i < need; i++)
        p->paths[(head + i) % PATHS] = i < len ? paths[i] : '\0';
    atomic_store_explicit(&p->path_head, head + (uint32_t)need, memory_order_release);
    return 0;
}

/* Nothing more comes from what has been added; only true for good once error is set. */
static int is_dry(const struct xh_player *p)
{
    return atomic_load_explicit(&p->error, memory_order_acquire) != 0 ||
           atomic_load_explicit(&p->dry_at, memory_order_acquire) ==
               atomic_load_explicit(&p->path_head, memory_order_relaxed);
}

/* The file whose sample was taken last. */
static void pass_marks(struct xh_player *p, uint32_t tail)
{
    uint32_t head = atomic_load_explicit(&p->mark_head, memory_order_acquire);
    uint32_t at = atomic_load_explicit(&p->mark_tail, memory_order_relaxed);
    while (at != head && (int32_t)(p->marks[at % MARKS].at - tail) < 0)
        p->file = p->marks[at++ % MARKS].file;
    atomic_store_explicit(&p->mark_tail, at, memory_order_release);
}

int xh_player_read(struct xh_player *p, int16_t *out, int n)
{
    uint32_t tail = atomic_load_explicit(&p->tail, memory_order_relaxed);
    int dry = is_dry(p);        /* before head: what was put in before the end is then seen */
    uint32_t ready = atomic_load_explicit(&p->head, memory_order_acquire) - tail;
    uint32_t take = n <= 0 ? 0 : (uint32_t)n < ready ? (uint32_t)n : ready;
    uint32_t from = tail % RING, first = take < RING - from ? take : RING - from;
    memcpy(out, p->ring + from, first * sizeof *out);
    memcpy(out + first, p->ring, (take - first) * sizeof *out);
    if (n > 0)
        memset(out + take, 0, ((uint32_t)n - take) * sizeof *out);
    if (take) {
        pass_marks(p, tail + take);
        atomic_store_explicit(&p->tail, tail + take, memory_order_release);
        p->samples += take;
    }
    if (n > 0 && take < (uint32_t)n && !dry && p->samples)
        p->underruns++;         /* before the first sample there is only the wait for the disk */
    return (int)take;
}

void xh_player_state(const struct xh_player *p, struct xh_player_state *s)
{
    int dry = is_dry(p);
    uint32_t left = atomic_load_explicit(&p->head, memory_order_acquire) -
                    atomic_load_explicit(&p->tail, memory_order_relaxed);
    s->done = dry && left == 0;
    s->error = s->done ? atomic_load_explicit(&p->error, memory_order_relaxed) : 0;
    s->file = s->error ? atomic_load_explicit(&p->error_file, memory_order_relaxed) : p->file;
    s->samples = p->samples;
    s->underruns = p->underruns;
}

/* -- file side ---------------------------------------------------------------------------------- */

static int fail(struct xh_player *p, int error)
{
    xh_wav_close(&p->wav);
    atomic_store_explicit(&p->error_file, p->next_file - 1, memory_order_relaxed);
    atomic_store_explicit(&p->error, error, memory_order_release);
    return 1;
}

/* All that was added has been read once. 1: the list begins again. */
static int begin_round(struct xh_player *p, uint32_t path_head)
{
    uint32_t head = atomic_load_explicit(&p->head, memory_order_relaxed);
    if (!p->params.loop || path_head == atomic_load_explicit(&p->path_tail, memory_order_relaxed))
        return 0;
    if (p->params.loops && p->rounds >= p->params.loops - 1)
        return 0;
    if (head == p->round_at) {        /* not one sample in the whole list: would be tried again for ever */
        fail(p, ENODATA);
        return 1;
    }
    p->rounds += p->params.loops != 0;  /* a loop for ever is not counted: it would overflow within days */
    p->round_at = head;
    p->cursor = atomic_load_explicit(&p->path_tail, memory_order_relaxed);
    p->next_file = 0;
    return 1;
}

static int open_next(struct xh_player *p)
{
    char path[PATH_LONGEST + 1];
    uint32_t head = atomic_load_explicit(&p->path_head, memory_order_acquire);
    if (p->cursor == head) {
        if (begin_round(p, head))
            return 1;
        atomic_store_explicit(&p->dry_at, head, memory_order_release);
        return 0;
    }
    uint32_t mark = atomic_load_explicit(&p->mark_head, memory_order_relaxed);
    if (mark - atomic_load_explicit(&p->mark_tail, memory_order_acquire) == MARKS)
        return 0;               /* no room for the mark of one more file */
    size_t i = 0;
    do
        path[i] = p->paths[p->cursor++ % PATHS];
    while (path[i++] != '\0');
    if (!p->params.loop)
        atomic_store_explicit(&p->path_tail, p->cursor, memory_order_release);
    p->next_file++;
    int r = xh_wav_open(&p->wav, path);
    if (r)
        return fail(p, -r);
    p->unmarked = 1;
    return 1;
}

/* An empty file gets no mark: the tick side takes marks away by samples. */
static void put_mark(struct xh_player *p, uint32_t head)
{
    uint32_t mark = atomic_load_explicit(&p->mark_head, memory_order_relaxed);
    p->marks[mark % MARKS].at = head;
    p->marks[mark % MARKS].file = p->next_file - 1;
    atomic_store_explicit(&p->mark_head, mark + 1, memory_order_release);
    p->unmarked = 0;
}

static void apply_gain(int16_t *x, int n, int gain_q12)
{
    if (gain_q12 == XH_GAIN_UNITY)
        return;
    for (int i = 0; i < n; i++) {
        int32_t v = (x[i] * gain_q12 + XH_GAIN_UNITY / 2) >> 12;
        x[i] = (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
    }
}

int xh_player_pump(struct xh_player *p)
{
    int16_t block[XH_WAV_BLOCK];
    if (atomic_load_explicit(&p->error, memory_order_relaxed))
        return 0;
    if (p->wav.fd < 0)
        return open_next(p);
    uint32_t head = atomic_load_explicit(&p->head, memory_order_relaxed);
    uint32_t room = RING - (head - atomic_load_explicit(&p->tail, memory_order_acquire));
    if (room < XH_WAV_BLOCK)
        return 0;
    int n = xh_wav_read(&p->wav, block, XH_WAV_BLOCK);
    if (n < 0)
        return fail(p, -n);
    if (n == 0) {
        xh_wav_close(&p->wav);
        return 1;
    }
    if (p->unmarked)
        put_mark(p, head);
    apply_gain(block, n, p->params.gain_q12);
    uint32_t at = head % RING, first = (uint32_t)n < RING - at ? (uint32_t)n : RING - at;
    memcpy(p->ring + at, block, first * sizeof *block);
    memcpy(p->ring, block + first, ((uint32_t)n - first) * sizeof *block);
    atomic_store_explicit(&p->head, head + (uint32_t)n, memory_order_release);
    return 1;
}

void xh_player_release(struct xh_player *p)
{
    xh_wav_close(&p->wav);
}
