/* Player, the side of the files.
 *
 * It reads up to a second ahead, the next file as soon as the last is in the ring: between files no sample is missing. A file that cannot
 * be read ends the list: what stands before it is played, then the player is done with the error and the number of the file, so that
 * a flow learns of it (result 0009) instead of going on with half a sentence. */
#include "player_private.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#define REFILL (RING / 8)       /* room before somebody is sent to fill it */

static void close_reader(struct xh_player *p)
{
    xh_reader_close(p->reader);
    p->reader = NULL;
}

static void close_file(struct xh_player *p)
{
    close_reader(p);
    xh_fetch_close(p->net);
    p->net = NULL;
    atomic_store_explicit(&p->holding, 0, memory_order_relaxed);
}

static int fail(struct xh_player *p, int error)
{
    close_file(p);
    atomic_store_explicit(&p->error_file, p->next_file - 1, memory_order_relaxed);
    atomic_store_explicit(&p->error, error, memory_order_release);
    return 1;
}

/* All that was added has been read once. 1: the list begins again. */
static int begin_round(struct xh_player *p, uint32_t path_head)
{
    uint32_t head = atomic_load_explicit(&p->head, memory_order_relaxed);
    if (!p->params.loop || path_head == 0)
        return 0;
    if (p->params.loops && p->rounds >= p->params.loops - 1)
        return 0;
    if (head == p->round_at) {  /* not one sample in the whole list: would be tried again for ever */
        fail(p, ENODATA);
        return 1;
    }
    p->rounds += p->params.loops != 0;  /* a loop for ever is not counted: it would overflow within days */
    p->round_at = head;
    p->cursor = 0;              /* of a loop nothing is forgotten */
    p->next_file = 0;
    return 1;
}

/* The path that begins at `at`; returns the octet behind it. */
static uint32_t path_of(const struct xh_player *p, uint32_t at, char *path)
{
    size_t i = 0;
    do
        path[i] = p->paths[at++ % PATHS];
    while (path[i++] != '\0' && i <= PATH_LONGEST);
    path[i - 1] = '\0';
    return at;
}

static int begin_file(struct xh_player *p)
{
    atomic_store_explicit(&p->holding, 1, memory_order_relaxed);
    p->unmarked = 1;
    p->mark_position = p->skip_to;
    if (p->reader && p->skip_to) {
        int r = xh_reader_seek(p->reader, p->skip_to);
        if (r)
            return fail(p, -r);
    }
    p->skip_to = 0;
    return 1;
}

static int open_path(struct xh_player *p, const char *path)
{
    if (xh_fetch_is_url(path)) {
        int r = p->params.fetch ? xh_fetch_open(p->params.fetch, path, &p->net) : -EPROTONOSUPPORT;
        if (r)
            return fail(p, -r);
        atomic_store_explicit(&p->holding, 1, memory_order_relaxed);
        return 1;
    }
    struct xh_reader_options options = XH_READER_DEFAULTS;
    options.name = path;
    int r = xh_reader_open_path(&p->reader, path, &options, NULL, NULL);
    if (r == -ENODATA) {        /* no sample in it: a file like any other, only short; but no octet is no file */
        struct stat st;
        return stat(path, &st) == 0 && st.st_size == 0 ? fail(p, EBADMSG) : 1;
    }
    return r ? fail(p, -r) : begin_file(p);
}

static int open_next(struct xh_player *p)
{
    char path[PATH_LONGEST + 1];
    uint32_t head = atomic_load_explicit(&p->path_head, memory_order_acquire);
    if (p->cursor == head) {
        if (begin_round(p, head))
            return 1;
        if (atomic_load_explicit(&p->dry_at, memory_order_relaxed) == head)
            return 0;
        atomic_store_explicit(&p->dry_at, head, memory_order_release);
        return 0;
    }
    uint32_t mark = atomic_load_explicit(&p->mark_head, memory_order_relaxed);
    if (mark - atomic_load_explicit(&p->mark_tail, memory_order_acquire) == MARKS)
        return 0;               /* no room for the mark of one more file */
    p->path_at = p->cursor;
    p->cursor = path_of(p, p->cursor, path);
    if (!p->params.loop)
        atomic_store_explicit(&p->path_free, p->path_at, memory_order_release);
    p->next_file++;
    return open_path(p, path);
}

/* A transfer that breaks off is the end of the sound first, an error then: what has come is played. */
static ssize_t source(void *context, void *out, size_t n)
{
    struct xh_player *p = context;
    ssize_t r = xh_fetch_read(p->net, out, n);
    if (r >= 0 || r == -EAGAIN)
        return r;
    p->net_error = (int)-r;
    return 0;
}

/* The server has said yes: what it gives is read. Whole, it is memory, and can be gone back in. */
static int open_net(struct xh_player *p)
{
    char path[PATH_LONGEST + 1];
    struct xh_reader_options options = XH_READER_DEFAULTS;
    const void *octets;
    size_t n;
    int r = xh_fetch_ready(p->net);
    if (r <= 0)
        return r ? fail(p, -r) : 0;
    path_of(p, p->path_at, path);
    options.name = path;
    p->net_error = 0;
    if (xh_fetch_whole(p->net, &octets, &n))
        r = xh_reader_open_memory(&p->reader, octets, n, &options, NULL, NULL);
    else
        r = xh_reader_open_stream(&p->reader, source, p, xh_fetch_size(p->net), &options, NULL,
                                  NULL);
    if (p->net_error)
        return fail(p, p->net_error);
    if (r == -ENODATA) {
        close_file(p);
        return 1;
    }
    return r ? fail(p, -r) : begin_file(p);
}

/* -- wishes ------------------------------------------------------------------------------------------ */

/* In the file that is open. A stream does not go back: it begins again, its octets are all still there. */
static int seek_here(struct xh_player *p, uint64_t position)
{
    int r = xh_reader_seek(p->reader, position);
    if (r != -ESPIPE || !p->net)
        return r;
    close_reader(p);
    xh_fetch_rewind(p->net);
    p->skip_to = position;
    return 0;
}

static int fulfil(struct xh_player *p, uint32_t number)
{
    struct xh_wish w = p->wish;
    int r = 0;
    if (p->reader && w.path_at == p->path_at) {
        r = seek_here(p, w.position);
    } else if (p->net && w.path_at == p->path_at) {
        p->skip_to = w.position;
    } else {
        close_file(p);
        p->cursor = w.path_at;
        p->next_file = w.file;
        p->skip_to = w.position;
        if (!p->params.loop)
            atomic_store_explicit(&p->path_free, w.path_at, memory_order_release);
    }
    uint32_t head = atomic_load_explicit(&p->head, memory_order_relaxed);
    p->unmarked = 1;
    p->mark_position = w.position;
    p->round_at = head - 1;     /* a round that a wish has shortened is no empty one */
    p->fulfilled_at = head;
    atomic_store_explicit(&p->dry_at, w.path_at, memory_order_relaxed);
    atomic_store_explicit(&p->fulfilled, number, memory_order_release);
    return r ? fail(p, -r) : 1;
}

/* -- pumping ----------------------------------------------------------------------------------------- */

/* An empty file gets no mark: the tick side takes marks away by samples. */
static int put_mark(struct xh_player *p, uint32_t head)
{
    uint32_t mark = atomic_load_explicit(&p->mark_head, memory_order_relaxed);
    if (mark - atomic_load_explicit(&p->mark_tail, memory_order_acquire) == MARKS)
        return 0;
    p->marks[mark % MARKS] = (struct xh_mark){.at = head, .path_at = p->path_at, .file = p->next_file - 1,
                                              .position = p->mark_position, .length = xh_reader_info(p->reader)->frames};
    atomic_store_explicit(&p->mark_head, mark + 1, memory_order_release);
    p->unmarked = 0;
    return 1;
}

static int mark_room(const struct xh_player *p)
{
    return atomic_load_explicit(&p->mark_head, memory_order_relaxed) -
               atomic_load_explicit(&p->mark_tail, memory_order_acquire) < MARKS;
}

static int fill(struct xh_player *p)
{
    int16_t block[XH_MEDIA_BLOCK];
    uint32_t head = atomic_load_explicit(&p->head, memory_order_relaxed);
    uint32_t room = RING - (head - atomic_load_explicit(&p->tail, memory_order_acquire));
    if (room < XH_MEDIA_BLOCK || (p->unmarked && !mark_room(p)))
        return 0;
    int n = xh_reader_read(p->reader, block, XH_MEDIA_BLOCK);
    if (n == -EAGAIN)
        return !p->net || !xh_fetch_waiting(p->net);    /* of a file: it is still on its way to a place sought */
    if (n <= 0 && p->net && p->net_error)
        return fail(p, p->net_error);
    if (n < 0)
        return fail(p, -n);
    if (n == 0) {
        close_file(p);
        return 1;
    }
    if (p->unmarked)
        put_mark(p, head);
    uint32_t at = head % RING, first = (uint32_t)n < RING - at ? (uint32_t)n : RING - at;
    memcpy(p->ring + at, block, first * sizeof *block);
    memcpy(p->ring, block + first, ((uint32_t)n - first) * sizeof *block);
    atomic_store_explicit(&p->head, head + (uint32_t)n, memory_order_release);
    return 1;
}

int xh_player_pump(struct xh_player *p)
{
    if (atomic_load_explicit(&p->error, memory_order_relaxed))
        return 0;
    uint32_t number = atomic_load_explicit(&p->wish_number, memory_order_acquire);
    if (number != atomic_load_explicit(&p->fulfilled, memory_order_relaxed))
        return fulfil(p, number);
    if (p->reader)
        return fill(p);
    return p->net ? open_net(p) : open_next(p);
}

int xh_player_wants(const struct xh_player *p)
{
    if (atomic_load_explicit(&p->error, memory_order_relaxed))
        return 0;
    if (atomic_load_explicit(&p->wish_number, memory_order_relaxed) != atomic_load_explicit(&p->fulfilled, memory_order_relaxed))
        return 1;
    if (!atomic_load_explicit(&p->holding, memory_order_relaxed))
        return atomic_load_explicit(&p->dry_at, memory_order_relaxed) != atomic_load_explicit(&p->path_head, memory_order_relaxed) &&
               mark_room(p);
    uint32_t filled = atomic_load_explicit(&p->head, memory_order_relaxed) - atomic_load_explicit(&p->tail, memory_order_relaxed);
    return RING - filled >= REFILL;
}

const char *xh_player_where(const struct xh_player *p, char *path, size_t room)
{
    char whole[PATH_LONGEST + 1];
    uint32_t at = p->reader || p->net ? p->path_at : p->cursor;
    if (atomic_load_explicit(&p->wish_number, memory_order_acquire) != atomic_load_explicit(&p->fulfilled, memory_order_relaxed) &&
        !p->reader)
        at = p->wish.path_at;
    path[0] = '\0';
    if (at == atomic_load_explicit(&p->path_head, memory_order_acquire))
        return path;
    path_of(p, at, whole);
    strncat(path, whole, room - 1);
    return path;
}

int xh_player_holds(const struct xh_player *p)
{
    return p->reader || p->net;
}

void xh_player_release(struct xh_player *p)
{
    close_file(p);
}
