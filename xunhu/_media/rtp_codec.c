/* The table of RTP codecs, and G.711. See include/xunhu/rtp_codec.h. */
#include "xunhu/rtp_codec.h"

#include <errno.h>
#include <strings.h>

#include "rtp_codec_rows.h"
#include "xunhu/g711.h"

static int g711_samples(const uint8_t *payload, size_t octets)
{
    return octets > XH_RTP_SAMPLES_MAX ? -EBADMSG : (int)octets;
}

static int fits(size_t samples, size_t room)
{
    return !samples || samples > XH_RTP_SAMPLES_MAX ? -EINVAL : samples > room ? -ENOSPC : (int)samples;
}

static int ulaw_encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    int n = fits(samples, room);
    if (n > 0)
        xh_ulaw_encode(out, in, samples);
    return n;
}

static int alaw_encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    int n = fits(samples, room);
    if (n > 0)
        xh_alaw_encode(out, in, samples);
    return n;
}

static int ulaw_decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    if (octets > room)
        return -EBADMSG;
    xh_ulaw_decode(out, payload, octets);
    return (int)octets;
}

static int alaw_decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    if (octets > room)
        return -EBADMSG;
    xh_alaw_decode(out, payload, octets);
    return (int)octets;
}

/* G.113 Appendix I (2007), table I.1 and I.4: G.711 with concealment by Appendix I of G.711 */
#define G711(rtpmap, type, encoder, decoder)                                                                            \
    {                                                                                                                   \
        .name = rtpmap, .payload_type = type, .frame = 1, .ptime_ms = 20, .clock_hz = 8000, .ie = 0.0f, .bpl = 25.1f,   \
        .encode = encoder, .decode = decoder, .samples = g711_samples,                                                  \
    }
static const struct xh_rtp_codec PCMU = G711("PCMU", 0, ulaw_encode, ulaw_decode);
static const struct xh_rtp_codec PCMA = G711("PCMA", 8, alaw_encode, alaw_decode);

/* Further rows: rtp_codec_rows.h */
static const struct xh_rtp_codec *const ROWS[] = {&PCMU, &PCMA, XH_RTP_CODEC_ROWS};

const struct xh_rtp_codec *xh_rtp_codec_at(size_t i)
{
    return i < sizeof ROWS / sizeof *ROWS ? ROWS[i] : 0;
}

const struct xh_rtp_codec *xh_rtp_codec_named(const char *name, uint32_t clock_hz)
{
    const struct xh_rtp_codec *row;
    for (size_t i = 0; (row = xh_rtp_codec_at(i)); i++)
        if (!strcasecmp(row->name, name) && (!clock_hz || row->clock_hz == clock_hz))
            return row;
    return 0;
}

const struct xh_rtp_codec *xh_rtp_codec_static(int payload_type)
{
    const struct xh_rtp_codec *row;
    for (size_t i = 0; (row = xh_rtp_codec_at(i)); i++)
        if (row->payload_type == payload_type && payload_type != XH_RTP_DYNAMIC)
            return row;
    return 0;
}
