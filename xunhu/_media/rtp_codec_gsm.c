/* GSM 06.10 full rate in RTP: 33 octets of 20 ms, RFC 3551 §4.5.8; by libgsm. */
#include <errno.h>
#include <gsm.h>

#include "rtp_codec_rows.h"

#define FRAME 160
#define OCTETS 33
#define SIGNATURE 0xD0          /* upper half of each frame's first octet */

struct state { gsm coder; };

static int open_(void *state, const struct xh_rtp_codec_options *options, int encoder)
{
    struct state *s = state;
    s->coder = gsm_create();
    return s->coder ? 0 : -ENOMEM;
}

static void close_(void *state)
{
    struct state *s = state;
    if (s->coder)
        gsm_destroy(s->coder);
    s->coder = NULL;
}

static int encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    struct state *s = state;
    if (!samples || samples % FRAME || samples > XH_RTP_SAMPLES_MAX)
        return -EINVAL;
    if (samples / FRAME * OCTETS > room)
        return -ENOSPC;
    for (size_t i = 0; i < samples / FRAME; i++) {
        gsm_signal block[FRAME];
        for (int k = 0; k < FRAME; k++)
            block[k] = in[i * FRAME + (size_t)k];
        gsm_encode(s->coder, block, out + i * OCTETS);
    }
    return (int)(samples / FRAME * OCTETS);
}

static int samples_of(const uint8_t *payload, size_t octets)
{
    if (octets % OCTETS || octets / OCTETS * FRAME > XH_RTP_SAMPLES_MAX)
        return -EBADMSG;
    for (size_t i = 0; i < octets; i += OCTETS)
        if ((payload[i] & 0xF0) != SIGNATURE)
            return -EBADMSG;
    return (int)(octets / OCTETS * FRAME);
}

static int decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    struct state *s = state;
    int samples = samples_of(payload, octets);
    if (samples < 0 || (size_t)samples > room)
        return -EBADMSG;
    for (size_t i = 0; i < octets / OCTETS; i++) {
        gsm_byte frame[OCTETS];
        for (int k = 0; k < OCTETS; k++)
            frame[k] = payload[i * OCTETS + (size_t)k];
        if (gsm_decode(s->coder, frame, out + i * FRAME) < 0)
            return -EBADMSG;
    }
    return samples;
}

const struct xh_rtp_codec xh_rtp_gsm = {
    .name = "GSM", .payload_type = 3, .frame = FRAME, .ptime_ms = 20, .clock_hz = 8000,
    .ie = 20.0f,                                        /* G.113 Appendix I, table I.1 */
    .state_octets = sizeof(struct state), .open = open_, .close = close_, .encode = encode, .decode = decode, .samples = samples_of,
};
