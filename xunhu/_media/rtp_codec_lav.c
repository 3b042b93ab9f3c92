/* G.723.1 (RFC 3551 §4.5.3) and G.722 (§4.5.2) in RTP, by libavcodec.
 *
 * G.723.1 is sent at 6.3 kbit/s; what comes in may switch between 6.3, 5.3 and silence (Annex A) from frame to frame. G.722 is of 16 kHz:
 * resample.h makes 8 kHz of it; its RTP clock is 8000 all the same. libavcodec takes and gives back memory for each packet.
 *
 * It is opened when the first call asks for one of these: with the hundred libraries it stands on it costs 20 MiB and a tenth of a second, which a
 * switch without such calls need not have. */
#include <dlfcn.h>
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libavutil/channel_layout.h>
#include <pthread.h>
#include <string.h>

#include "rtp_codec_rows.h"
#include "xunhu/resample.h"

/* What is called of it, by the types of its headers. */
#define CALLS(row)                                                                                                                  \
    row(avcodec_find_encoder) row(avcodec_find_decoder) row(avcodec_alloc_context3) row(avcodec_free_context) row(avcodec_open2)     \
        row(avcodec_send_frame) row(avcodec_receive_packet) row(avcodec_send_packet) row(avcodec_receive_frame) row(av_packet_alloc) \
            row(av_packet_free) row(av_packet_unref) row(av_frame_alloc) row(av_frame_free) row(av_frame_unref)
#define MEMBER(name) __typeof__(&name) name;
static struct { CALLS(MEMBER) int there; } lav;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void look(void)
{
    void *library = dlopen("libavcodec.so." AV_STRINGIFY(LIBAVCODEC_VERSION_MAJOR), RTLD_NOW | RTLD_LOCAL), *at;
    if (!library)
        return;
#define FIND(name)                             \
    if (!(at = dlsym(library, #name)))         \
        return;                                \
    memcpy(&lav.name, &at, sizeof at);
    CALLS(FIND)         /* those of libavutil are found among what libavcodec stands on */
    lav.there = 1;
}

static int available(void)
{
    pthread_once(&once, look);
    return lav.there;
}

#define G723_FRAME 240
#define G722_FRAME 80           /* of 8 kHz: 10 ms */

struct state {
    AVCodecContext *coder;
    AVFrame *frame;
    AVPacket *packet;
    struct xh_resampler_filter filter;          /* G.722 */
    struct xh_resampler resampler;
};

static void close_(void *state)
{
    struct state *s = state;
    if (!s->coder && !s->frame && !s->packet)
        return;
    lav.avcodec_free_context(&s->coder);
    lav.av_frame_free(&s->frame);
    lav.av_packet_free(&s->packet);
}

static int opened(struct state *s, enum AVCodecID id, int encoder, int rate, int bits_per_second, int samples)
{
    memset(s, 0, sizeof *s);
    if (!available())
        return -ENOTSUP;
    const AVCodec *codec = encoder ? lav.avcodec_find_encoder(id) : lav.avcodec_find_decoder(id);
    if (!codec)
        return -ENOTSUP;
    s->coder = lav.avcodec_alloc_context3(codec);
    s->frame = lav.av_frame_alloc();
    s->packet = lav.av_packet_alloc();
    if (!s->coder || !s->frame || !s->packet) {
        close_(s);
        return -ENOMEM;
    }
    s->coder->sample_rate = rate;
    s->coder->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_MONO;
    s->coder->thread_count = 1;
    if (encoder) {
        s->coder->sample_fmt = AV_SAMPLE_FMT_S16;
        s->coder->bit_rate = bits_per_second;
        s->coder->frame_size = samples;
    }
    int err = lav.avcodec_open2(s->coder, codec, NULL);
    if (err < 0) {
        close_(s);
        return err == AVERROR(ENOMEM) ? -ENOMEM : -ENOTSUP;
    }
    return 0;
}

/* One frame of samples to octets, -EINVAL. The caller has looked at the room. */
static int encode_frame(struct state *s, uint8_t *out, size_t room, const int16_t *in, int samples)
{
    AVFrame *f = s->frame;
    f->nb_samples = samples;
    f->format = AV_SAMPLE_FMT_S16;
    f->sample_rate = s->coder->sample_rate;
    f->ch_layout = s->coder->ch_layout;
    f->data[0] = (uint8_t *)(uintptr_t)in;      /* read only, copied by libavcodec as it has no reference */
    f->linesize[0] = samples * 2;
    f->extended_data = f->data;
    int n = lav.avcodec_send_frame(s->coder, f);
    if (n >= 0)
        n = lav.avcodec_receive_packet(s->coder, s->packet);
    f->data[0] = NULL;
    if (n < 0)
        return -EINVAL;
    n = s->packet->size;
    if (n >= 0 && (size_t)n <= room)
        memcpy(out, s->packet->data, (size_t)n);
    else
        n = -EINVAL;
    lav.av_packet_unref(s->packet);
    return n;
}

/* One frame of octets to samples, -EBADMSG. */
static int decode_frame(struct state *s, int16_t *out, size_t room, const uint8_t *in, size_t octets)
{
    uint8_t padded[XH_RTP_PAYLOAD_MAX + AV_INPUT_BUFFER_PADDING_SIZE];
    memcpy(padded, in, octets);
    memset(padded + octets, 0, AV_INPUT_BUFFER_PADDING_SIZE);
    s->packet->data = padded;
    s->packet->size = (int)octets;
    int n = lav.avcodec_send_packet(s->coder, s->packet);   /* copied: it has no reference */
    s->packet->data = NULL;
    s->packet->size = 0;
    if (n >= 0)
        n = lav.avcodec_receive_frame(s->coder, s->frame);
    if (n < 0)
        return -EBADMSG;
    n = s->frame->nb_samples;
    if (n < 0 || (size_t)n > room)
        n = -EBADMSG;
    else
        memcpy(out, s->frame->data[0], (size_t)n * sizeof *out);
    lav.av_frame_unref(s->frame);
    return n;
}

/* -- G.723.1 ------------------------------------------------------------------------------------------- */

static int g723_open(void *state, const struct xh_rtp_codec_options *options, int encoder)
{
    return opened(state, AV_CODEC_ID_G723_1, encoder, 8000, 6300, G723_FRAME);
}

static int g723_encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    size_t n = 0;
    if (!samples || samples % G723_FRAME || samples > XH_RTP_SAMPLES_MAX)
        return -EINVAL;
    if (samples / G723_FRAME * 24 > room)
        return -ENOSPC;
    for (size_t i = 0; i < samples; i += G723_FRAME) {
        int octets = encode_frame(state, out + n, room - n, in + i, G723_FRAME);
        if (octets < 0)
            return octets;
        n += (size_t)octets;
    }
    return (int)n;
}

static size_t g723_octets(uint8_t first)        /* of a frame, by its first octet's lowest bits */
{
    static const uint8_t OCTETS[4] = {24, 20, 4, 1};
    return OCTETS[first & 3];
}

static int g723_samples(const uint8_t *payload, size_t octets)
{
    size_t at = 0, frames = 0;
    for (; at < octets && frames <= XH_RTP_SAMPLES_MAX / G723_FRAME; frames++)
        at += g723_octets(payload[at]);
    return at == octets && frames && frames <= XH_RTP_SAMPLES_MAX / G723_FRAME ? (int)frames * G723_FRAME : -EBADMSG;
}

static int g723_decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    int samples = g723_samples(payload, octets);
    if (samples < 0 || (size_t)samples > room)
        return -EBADMSG;
    for (size_t at = 0; at < octets; at += g723_octets(payload[at]), out += G723_FRAME)
        if (decode_frame(state, out, G723_FRAME, payload + at, g723_octets(payload[at])) != G723_FRAME)
            return -EBADMSG;
    return samples;
}

const struct xh_rtp_codec xh_rtp_g723 = {
    .name = "G723", .payload_type = 4, .frame = G723_FRAME, .ptime_ms = 30, .clock_hz = 8000,
    .ie = 15.0f, .bpl = 16.1f,                          /* at 6.3 kbit/s with VAD: G.113 Appendix I, table I.4 */
    .state_octets = sizeof(struct state), .available = available, .open = g723_open, .close = close_, .encode = g723_encode, .decode = g723_decode,
    .samples = g723_samples,
};

/* -- G.722 ---------------------------------------------------------------------------------------------- */

static int g722_open(void *state, const struct xh_rtp_codec_options *options, int encoder)
{
    struct state *s = state;
    int err = opened(s, AV_CODEC_ID_ADPCM_G722, encoder, 16000, 64000, 2 * G722_FRAME);
    if (err < 0)
        return err;
    xh_resampler_init(&s->resampler);
    return encoder ? xh_resampler_design(&s->filter, 8000, 16000) : xh_resampler_design(&s->filter, 16000, 8000);
}

static int g722_encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    struct state *s = state;
    int16_t wide[2 * G722_FRAME];
    if (!samples || samples % G722_FRAME || samples > XH_RTP_SAMPLES_MAX)
        return -EINVAL;
    if (samples > room)
        return -ENOSPC;
    for (size_t i = 0; i < samples; i += G722_FRAME) {
        xh_resampler_run(&s->filter, &s->resampler, in + i, G722_FRAME, wide);
        int n = encode_frame(s, out + i, room - i, wide, 2 * G722_FRAME);
        if (n != G722_FRAME)
            return -EINVAL;
    }
    return (int)samples;
}

static int g722_samples(const uint8_t *payload, size_t octets)
{
    return octets && octets <= XH_RTP_SAMPLES_MAX ? (int)octets : -EBADMSG;
}

static int g722_decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    struct state *s = state;
    int16_t wide[2 * XH_RTP_SAMPLES_MAX];
    if (g722_samples(payload, octets) < 0 || octets > room || decode_frame(s, wide, 2 * XH_RTP_SAMPLES_MAX, payload, octets) != (int)(2 * octets))
        return -EBADMSG;
    return (int)xh_resampler_run(&s->filter, &s->resampler, wide, 2 * octets, out);
}

const struct xh_rtp_codec xh_rtp_g722 = {
    .name = "G722", .payload_type = 9, .frame = G722_FRAME, .ptime_ms = 20, .clock_hz = 8000, .state_octets = sizeof(struct state),
    .available = available, .open = g722_open, .close = close_, .encode = g722_encode, .decode = g722_decode, .samples = g722_samples,
};
