/* Opus in RTP (RFC 6716, 7587) by libopus: its narrow band, for all sound here is of 8 kHz; what a peer sends of wider bands is decoded to
 * 8 kHz by libopus itself. Packets of 20, 40 or 60 ms are sent, all lengths of up to 60 ms received. */
#include <errno.h>
#include <opus/opus.h>

#include "rtp_codec_rows.h"

#define RATE 8000
#define FRAME 160

struct state {
    OpusEncoder *encoder;
    OpusDecoder *decoder;
};

static int open_(void *state, const struct xh_rtp_codec_options *options, int encoder)
{
    struct state *s = state;
    int err = OPUS_OK;
    *s = (struct state){0};
    if (!encoder) {
        s->decoder = opus_decoder_create(RATE, 1, &err);
        return s->decoder ? 0 : -ENOMEM;
    }
    s->encoder = opus_encoder_create(RATE, 1, OPUS_APPLICATION_VOIP, &err);
    if (!s->encoder)
        return -ENOMEM;
    opus_encoder_ctl(s->encoder, OPUS_SET_BITRATE(options->bits_per_second ? options->bits_per_second : 16000));
    opus_encoder_ctl(s->encoder, OPUS_SET_COMPLEXITY(5));       /* above it, narrow band sounds no better */
    opus_encoder_ctl(s->encoder, OPUS_SET_SIGNAL(OPUS_SIGNAL_VOICE));
    opus_encoder_ctl(s->encoder, OPUS_SET_DTX(options->silence != 0));
    opus_encoder_ctl(s->encoder, OPUS_SET_INBAND_FEC(1));
    opus_encoder_ctl(s->encoder, OPUS_SET_PACKET_LOSS_PERC(3));
    return 0;
}

static void close_(void *state)
{
    struct state *s = state;
    if (s->encoder)
        opus_encoder_destroy(s->encoder);
    if (s->decoder)
        opus_decoder_destroy(s->decoder);
    *s = (struct state){0};
}

static int encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    struct state *s = state;
    if (!samples || samples % FRAME || samples > XH_RTP_SAMPLES_MAX)
        return -EINVAL;
    int n = opus_encode(s->encoder, in, (int)samples, out, (opus_int32)(room < XH_RTP_PAYLOAD_MAX ? room : XH_RTP_PAYLOAD_MAX));
    if (n == OPUS_BUFFER_TOO_SMALL)
        return -ENOSPC;
    return n < 0 ? -EINVAL : n <= 2 ? 0 : n;    /* one or two octets: its DTX, nothing is to be sent */
}

static int samples_of(const uint8_t *payload, size_t octets)
{
    int n = octets && octets <= XH_RTP_PAYLOAD_MAX ? opus_packet_get_nb_samples(payload, (opus_int32)octets, RATE) : -1;
    return n > 0 && n <= XH_RTP_SAMPLES_MAX ? n : -EBADMSG;
}

static int decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    struct state *s = state;
    int samples = samples_of(payload, octets);
    if (samples < 0 || (size_t)samples > room)
        return -EBADMSG;
    int n = opus_decode(s->decoder, payload, (opus_int32)octets, out, (int)room, 0);
    return n < 0 ? -EBADMSG : n;
}

/* Opus conceals in steps of 2.5 ms; what is left over is silence: ticks are whole ones. */
static void conceal(void *state, int16_t *out, size_t samples)
{
    struct state *s = state;
    size_t whole = samples / 20 * 20;
    int n = whole ? opus_decode(s->decoder, NULL, 0, out, (int)whole, 0) : 0;
    for (size_t i = n > 0 ? (size_t)n : 0; i < samples; i++)
        out[i] = 0;
}

const struct xh_rtp_codec xh_rtp_opus = {
    .name = "opus", .dtx = 1, .payload_type = XH_RTP_DYNAMIC, .frame = FRAME, .ptime_ms = 20, .clock_hz = 48000, .state_octets = sizeof(struct state),
    .open = open_, .close = close_, .encode = encode, .decode = decode, .conceal = conceal, .samples = samples_of,
};
