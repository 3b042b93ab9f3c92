/* Signalling channels of a DAHDI span: frames with their FCS (D channel of ISDN), or MTP2's signal units (include/xunhu/span.h). */
#include "dahdi_private.h"
#include "xunhu/dahdi_abi.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define HDLC_BUFFERS 32
#define HDLC_ROOM 512                   /* octets; a frame with its FCS */
#define FRAME_MAX 300

int xh_dahdi_channel_frames(const struct channel *c)
{
    return c->sigtype == XH_DAHDI_SIG_HDLCFCS || c->sigtype == XH_DAHDI_SIG_HARDHDLC || c->sigtype == XH_DAHDI_SIG_MTP2;
}

/* The driver sends flags when it has nothing else and one after each frame, none before.  A frame that it is given within the first
 * millisecond runs into what the timeslot carried until then, and the far end never sees it.  So frames of no octets go first: with
 * their FCS alone they are too short to be valid (ITU-T Q.921 §2.9), and the flag behind them opens the first true one.  Two,
 * because a receiver that finds the first flag between two octets may discard it together with what came before it, as DAHDI's
 * own does.  MTP2 repeats its units, and cards that frame by themselves have sent flags all along. */
static int link_flag(struct dahdi *d, struct channel *c)
{
    static const uint8_t fcs[2];
    int n = 0, frames = c->sigtype == XH_DAHDI_SIG_HARDHDLC || c->sigtype == XH_DAHDI_SIG_MTP2 ? 0 : 2;
    while (frames-- > 0 && n >= 0)
        n = xh_dahdi_channel_write(d, c, fcs, sizeof fcs);
    return n < 0 ? n : 0;
}

/* A channel that dahdi_cfg made a D channel or a link of MTP2 frames already; a clear one is told to, or left to those who do
 * signal units themselves. */
int xh_dahdi_link_open(struct xh_span *s, int timeslot, int mtp2)
{
    struct dahdi *d = dahdi_of(s);
    struct channel *c = xh_dahdi_slot(d, timeslot);
    int32_t on = 1, off = 0;
    if (!c)
        return d->gone || !d->started ? -ENODEV : -EINVAL;
    if (xh_dahdi_channel_frames(c) && mtp2 != (c->sigtype == XH_DAHDI_SIG_MTP2))
        return -EPROTO;
    if (c->hdlc)
        return mtp2 && !xh_dahdi_channel_frames(c) ? -EPROTO : 0;
    if (c->sigtype == XH_DAHDI_SIG_CLEAR && mtp2)
        return -EINVAL;
    if (c->sigtype == XH_DAHDI_SIG_CLEAR) {
        if (ioctl(c->fd, XH_DAHDI_AUDIOMODE, &off) || ioctl(c->fd, XH_DAHDI_HDLCFCSMODE, &on))
            return -errno;
    } else if (!xh_dahdi_channel_frames(c))
        return -EINVAL;
    int r = ioctl(c->fd, XH_DAHDI_BUFFER_EVENTS, &off) ? -errno : xh_dahdi_channel_buffers(c, HDLC_BUFFERS, HDLC_ROOM);
    r = r ? r : link_flag(d, c);
    c->hdlc = r == 0;
    return r;
}

int xh_dahdi_link_read(struct xh_span *s, int timeslot, uint8_t *frame, size_t room)
{
    struct dahdi *d = dahdi_of(s);
    struct channel *c = xh_dahdi_slot(d, timeslot);
    uint8_t raw[HDLC_ROOM];
    if (!c || !c->hdlc)
        return d->gone || !d->started ? -ENODEV : -EINVAL;
    int n = 2;
    while (n == 2)                              /* a frame of no octets: what a driver like ours begins with */
        n = c->bad ? 0 : xh_dahdi_channel_read(d, c, raw, sizeof raw);
    if (n < 0)
        return n;
    if (c->bad && n == 0) {
        c->bad--;
        return -EBADMSG;
    }
    if (n == 0)
        return 0;
    if (n <= 2 || (size_t)n - 2 > room) {       /* the FCS comes with it */
        d->st.malformed++;
        return -EBADMSG;
    }
    memcpy(frame, raw, (size_t)n - 2);
    return n - 2;
}

int xh_dahdi_link_write(struct xh_span *s, int timeslot, const uint8_t *frame, size_t len)
{
    struct dahdi *d = dahdi_of(s);
    struct channel *c = xh_dahdi_slot(d, timeslot);
    uint8_t raw[FRAME_MAX + 2] = {0};
    if (!c || !c->hdlc)
        return d->gone || !d->started ? -ENODEV : -EINVAL;
    if (len < 1 || len > FRAME_MAX)
        return -EMSGSIZE;
    memcpy(raw, frame, len);                    /* two octets more: the driver puts the FCS there */
    int n = xh_dahdi_channel_write(d, c, raw, len + 2);
    return n > 0 ? (int)len : n;
}
