/* Octets of a media file in order, from a descriptor, memory or a stream, see media_private.h. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "media_private.h"

void xh_input_init(struct xh_input *in)
{
    memset(in, 0, offsetof(struct xh_input, buf));
    in->fd = -1;
    in->size = XH_LENGTH_UNKNOWN;
}

int xh_input_seekable(const struct xh_input *in)
{
    return in->fn == NULL;
}

/* Octets behind those held into out. Count, 0 at the end, -errno. */
static ssize_t fetch(struct xh_input *in, uint8_t *out, size_t n)
{
    uint64_t at = in->at + in->held;
    if (in->fn)
        return in->fn(in->context, out, n);
    if (at >= in->size)
        return 0;
    if (n > in->size - at)
        n = (size_t)(in->size - at);
    if (in->memory) {
        memcpy(out, in->memory + at, n);
        return (ssize_t)n;
    }
    ssize_t got;
    do
        got = pread(in->fd, out, n, (off_t)at);
    while (got < 0 && errno == EINTR);
    return got < 0 ? -errno : got;
}

/* Once: what the source has next. 1: some; 0: the end. */
static int fill(struct xh_input *in)
{
    if (in->error)
        return in->error;
    if (in->ended)
        return 0;
    if (in->off + in->held == XH_INPUT_OCTETS || in->off > XH_INPUT_OCTETS / 2) {
        memmove(in->buf, in->buf + in->off, in->held);
        in->off = 0;
    }
    size_t room = XH_INPUT_OCTETS - in->off - in->held;
    ssize_t got = fetch(in, in->buf + in->off + in->held, room);
    if (got == -EAGAIN)
        return -EAGAIN;
    if (got < 0 || (size_t)got > room)
        return in->error = got < 0 ? (int)got : -EIO;
    in->ended = got == 0;
    in->held += (uint32_t)got;
    return got > 0;
}

int xh_input_want(struct xh_input *in, uint32_t n)
{
    while (in->skip || in->held < n) {
        if (in->skip) {
            uint32_t part = in->skip < in->held ? (uint32_t)in->skip : in->held;
            xh_input_take(in, part);
            in->skip -= part;
        }
        if (in->skip || in->held < n) {
            int r = fill(in);
            if (r <= 0)
                return r;
        }
    }
    return 1;
}

void xh_input_take(struct xh_input *in, uint32_t n)
{
    in->off += n;
    in->held -= n;
    in->at += n;
    if (in->held == 0)
        in->off = 0;
}

void xh_input_skip(struct xh_input *in, uint64_t n)
{
    if (n <= in->held && !in->skip)
        xh_input_take(in, (uint32_t)n);
    else if (xh_input_seekable(in))
        xh_input_seek(in, n > UINT64_MAX / 2 - in->at ? UINT64_MAX / 2 : in->at + n);
    else
        in->skip += n;
}

void xh_input_seek(struct xh_input *in, uint64_t at)
{
    in->at = at;
    in->off = in->held = 0;
    in->skip = 0;
    in->ended = 0;
}
