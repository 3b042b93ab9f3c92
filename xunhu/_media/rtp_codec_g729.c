/* G.729 Annex A with Annex B in RTP (RFC 3551 §4.5.6): frames of 10 octets, a frame of 2 octets of silence at the end.
 *
 * The coder is a plug-in: libbcg729, under the GPL, is no part of xunhu and not needed by it. Where an operator has installed it, it is
 * opened when the first call asks for G.729; elsewhere the codec is not offered. */
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "rtp_codec_rows.h"

#define FRAME 80
#define OCTETS 10
#define SID_OCTETS 2

/* What the plug-in has to have. */
static struct {
    void *(*decoder_new)(void);
    void (*decoder_free)(void *);
    void (*decode)(void *, const uint8_t *octets, uint8_t count, uint8_t lost, uint8_t sid, uint8_t rfc3389, int16_t *out);
    void *(*encoder_new)(uint8_t silence);
    void (*encoder_free)(void *);
    void (*encode)(void *, const int16_t *in, uint8_t *octets, uint8_t *count);
    int there;
} plugin;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void look(void)
{
    static const char *const NAMES[] = {"initBcg729DecoderChannel", "closeBcg729DecoderChannel", "bcg729Decoder", "initBcg729EncoderChannel",
                                        "closeBcg729EncoderChannel", "bcg729Encoder"};
    void *at[6], *library = dlopen("libbcg729.so.0", RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return;
    for (int i = 0; i < 6; i++)
        if (!(at[i] = dlsym(library, NAMES[i]))) {
            dlclose(library);
            return;
        }
    memcpy(&plugin.decoder_new, &at[0], sizeof at[0]);
    memcpy(&plugin.decoder_free, &at[1], sizeof at[1]);
    memcpy(&plugin.decode, &at[2], sizeof at[2]);
    memcpy(&plugin.encoder_new, &at[3], sizeof at[3]);
    memcpy(&plugin.encoder_free, &at[4], sizeof at[4]);
    memcpy(&plugin.encode, &at[5], sizeof at[5]);
    plugin.there = 1;
}

static int available(void)
{
    pthread_once(&once, look);
    return plugin.there;
}

struct state {
    void *coder;
    int encoder;
};

static int open_(void *state, const struct xh_rtp_codec_options *options, int encoder)
{
    struct state *s = state;
    *s = (struct state){.encoder = encoder};
    if (!available())
        return -ENOTSUP;
    s->coder = encoder ? plugin.encoder_new(options->silence != 0) : plugin.decoder_new();
    return s->coder ? 0 : -ENOMEM;
}

static void close_(void *state)
{
    struct state *s = state;
    if (s->coder)
        (s->encoder ? plugin.encoder_free : plugin.decoder_free)(s->coder);
    s->coder = NULL;
}

/* A silence frame ends a packet (RFC 3551): speech behind it in the same packet would make the frame ambiguous, so that what is silent
 * before speech is sent as speech is not possible; the coder has already gone on. Frames behind it in this packet are then not sent, which
 * the far end conceals. */
static int encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    struct state *s = state;
    size_t n = 0;
    int ended = 0;
    if (!samples || samples % FRAME || samples > XH_RTP_SAMPLES_MAX)
        return -EINVAL;
    if (samples / FRAME * OCTETS > room)
        return -ENOSPC;
    for (size_t i = 0; i < samples / FRAME; i++) {
        uint8_t frame[OCTETS], count = 0;
        plugin.encode(s->coder, in + i * FRAME, frame, &count);
        if (ended)
            continue;
        if (count > OCTETS)
            return -EINVAL;
        memcpy(out + n, frame, count);
        n += count;
        ended = count != OCTETS;
    }
    return (int)n;
}

static int samples_of(const uint8_t *payload, size_t octets)
{
    size_t sid = octets % OCTETS;
    if (!octets || (sid && sid != SID_OCTETS))
        return -EBADMSG;
    size_t samples = (octets / OCTETS + (sid != 0)) * FRAME;
    return samples > XH_RTP_SAMPLES_MAX ? -EBADMSG : (int)samples;
}

static int decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    struct state *s = state;
    int samples = samples_of(payload, octets);
    if (samples < 0 || (size_t)samples > room)
        return -EBADMSG;
    for (size_t at = 0; at < octets; at += OCTETS, out += FRAME) {
        uint8_t left = (uint8_t)(octets - at < OCTETS ? octets - at : OCTETS);
        plugin.decode(s->coder, payload + at, left, 0, left == SID_OCTETS, 0, out);
    }
    return samples;
}

static void conceal(void *state, int16_t *out, size_t samples)
{
    struct state *s = state;
    int16_t frame[FRAME];
    for (size_t at = 0; at < samples; at += FRAME) {
        plugin.decode(s->coder, NULL, 0, 1, 0, 0, frame);
        memcpy(out + at, frame, (samples - at < FRAME ? samples - at : FRAME) * sizeof *out);
    }
}

const struct xh_rtp_codec xh_rtp_g729 = {
    .name = "G729", .payload_type = 18, .frame = FRAME, .ptime_ms = 20, .clock_hz = 8000,
    .ie = 11.0f, .bpl = 19.0f,                          /* G.729A with VAD: G.113 Appendix I, table I.4 */
    .state_octets = sizeof(struct state), .available = available, .open = open_, .close = close_, .encode = encode, .decode = decode,
    .conceal = conceal, .samples = samples_of, .dtx = 1,
};
