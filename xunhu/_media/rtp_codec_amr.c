/* AMR in RTP (RFC 4867), bandwidth-efficient and octet-aligned, by opencore-amr; without interleaving, frame CRCs or several channels. */
#include <errno.h>
#include <opencore-amrnb/interf_dec.h>
#include <opencore-amrnb/interf_enc.h>
#include <string.h>

#include "rtp_codec_rows.h"

#define FRAME 160
#define FRAMES_MAX (XH_RTP_SAMPLES_MAX / FRAME)
#define SID 8
#define NO_DATA 15
#define CMR_NONE 15

static const uint8_t BITS[16] = {95, 103, 118, 134, 148, 159, 204, 244, 39};    /* by frame type; 9 to 14 are not of AMR */
static const int RATES[8] = {4750, 5150, 5900, 6700, 7400, 7950, 10200, 12200};

struct state {
    void *coder;
    int encoder, aligned, mode, wanted;
};

/* A payload as a string of bits, read or written. */
struct bits {
    uint8_t *octets;
    size_t at, end;             /* bits */
};

static unsigned take(struct bits *b, size_t n)
{
    unsigned v = 0;
    for (; n; n--, b->at++)
        v = v << 1 | (b->octets[b->at / 8] >> (7 - b->at % 8) & 1u);
    return v;
}

static void put(struct bits *b, unsigned v, size_t n)
{
    for (; n; n--, b->at++)
        b->octets[b->at / 8] |= (uint8_t)((v >> (n - 1) & 1u) << (7 - b->at % 8));
}

static void align(struct bits *b) { b->at = (b->at + 7) / 8 * 8; }

static size_t length(unsigned type, int aligned)        /* bits of a frame in a payload */
{
    return aligned ? (BITS[type] + 7u) / 8 * 8 : BITS[type];
}

struct contents {
    int cmr, frames;
    uint8_t type[FRAMES_MAX], good[FRAMES_MAX];
    size_t need;                /* bits of the whole payload */
};

/* 0, -EBADMSG. b stands at the first frame then. */
static int look(struct contents *c, struct bits *b, int aligned)
{
    size_t toc = aligned ? 8 : 6;
    int more = 1;
    *c = (struct contents){0};
    if (b->end < (aligned ? 16u : 10u))
        return -EBADMSG;
    c->cmr = (int)take(b, 4);
    if (aligned)
        align(b);
    size_t need = 0;
    while (more) {
        if (b->at + toc > b->end || c->frames == FRAMES_MAX)
            return -EBADMSG;
        more = (int)take(b, 1);
        unsigned type = take(b, 4);
        if (type > SID && type != NO_DATA)
            return -EBADMSG;
        c->type[c->frames] = (uint8_t)type;
        c->good[c->frames++] = (uint8_t)take(b, 1);
        if (aligned)
            align(b);
        need += length(type, aligned);
    }
    c->need = b->at + need;
    return c->need > b->end ? -EBADMSG : 0;
}

static int open_(void *state, const struct xh_rtp_codec_options *options, int encoder)
{
    struct state *s = state;
    *s = (struct state){.encoder = encoder, .aligned = options->mode & XH_RTP_AMR_OCTET_ALIGNED, .mode = 7, .wanted = -1};
    for (int i = 7; i >= 0 && options->bits_per_second; i--)
        if (options->bits_per_second <= RATES[i])
            s->mode = i;
    s->coder = encoder ? Encoder_Interface_init(options->silence != 0) : Decoder_Interface_init();
    return s->coder ? 0 : -ENOMEM;
}

static void close_(void *state)
{
    struct state *s = state;
    if (!s->coder)
        return;
    if (s->encoder)
        Encoder_Interface_exit(s->coder);
    else
        Decoder_Interface_exit(s->coder);
    s->coder = NULL;
}

static void pack(uint8_t *out, const uint8_t frame[][64], size_t count, int aligned)
{
    struct bits b = {.octets = out};
    put(&b, CMR_NONE, 4);
    for (size_t i = 0; i < count; i++) {
        if (aligned)
            align(&b);
        put(&b, (i + 1 < count ? 32u : 0u) | (frame[i][0] >> 3 & 15u) << 1 | 1u, 6);
    }
    for (size_t i = 0; i < count; i++) {
        if (aligned)
            align(&b);
        for (size_t bits = BITS[frame[i][0] >> 3 & 15], k = 0; k < bits; k += 8) {
            size_t n = bits - k < 8 ? bits - k : 8;
            put(&b, (unsigned)frame[i][1 + k / 8] >> (8 - n), n);
        }
    }
}

static int encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    struct state *s = state;
    uint8_t frame[FRAMES_MAX][64] = {0};
    size_t count = samples / FRAME, need = s->aligned ? 8 : 4;
    int heard = 0;
    if (!samples || samples % FRAME || samples > XH_RTP_SAMPLES_MAX)
        return -EINVAL;
    for (size_t i = 0; i < count; i++) {
        int16_t block[FRAME];           /* it is changed by the coder */
        memcpy(block, in + i * FRAME, sizeof block);
        Encoder_Interface_Encode(s->coder, (enum Mode)s->mode, block, frame[i], 0);
        unsigned type = frame[i][0] >> 3 & 15;
        heard |= BITS[type] != 0;
        need += (s->aligned ? 8 : 6) + length(type, s->aligned);
    }
    if ((need + 7) / 8 > room)
        return -ENOSPC;
    if (!heard)
        return 0;
    memset(out, 0, (need + 7) / 8);
    pack(out, frame, count, s->aligned);
    return (int)((need + 7) / 8);
}

static int decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    struct state *s = state;
    uint8_t copy[XH_RTP_PAYLOAD_MAX];
    struct contents c;
    if (octets > sizeof copy)
        return -EBADMSG;
    memcpy(copy, payload, octets);
    struct bits b = {.octets = copy, .end = octets * 8};
    if (look(&c, &b, s->aligned) < 0 || (size_t)c.frames * FRAME > room)
        return -EBADMSG;
    s->wanted = c.cmr <= 7 ? c.cmr : s->wanted;
    for (int i = 0; i < c.frames; i++) {
        uint8_t frame[33] = {(uint8_t)(c.type[i] << 3 | c.good[i] << 2)};
        if (s->aligned)
            align(&b);
        for (size_t bits = BITS[c.type[i]], k = 0; k < bits; k += 8) {
            size_t n = bits - k < 8 ? bits - k : 8;
            frame[1 + k / 8] = (uint8_t)(take(&b, n) << (8 - n));
        }
        Decoder_Interface_Decode(s->coder, frame, out + i * FRAME, !c.good[i]);
    }
    return c.frames * FRAME;
}

static void conceal(void *state, int16_t *out, size_t samples)
{
    struct state *s = state;
    static const uint8_t lost[33] = {NO_DATA << 3};
    int16_t frame[FRAME];
    for (size_t at = 0; at < samples; at += FRAME) {
        Decoder_Interface_Decode(s->coder, lost, frame, 1);
        memcpy(out + at, frame, (samples - at < FRAME ? samples - at : FRAME) * sizeof *out);
    }
}

/* How the payload is packed is not written in it: both are tried, the one that comes out to the octet is right. */
static int samples_of(const uint8_t *payload, size_t octets)
{
    uint8_t copy[XH_RTP_PAYLOAD_MAX];
    struct contents c;
    if (octets > sizeof copy)
        return -EBADMSG;
    memcpy(copy, payload, octets);
    for (int aligned = 0; aligned < 2; aligned++) {
        struct bits b = {.octets = copy, .end = octets * 8};
        if (look(&c, &b, aligned) == 0 && (c.need + 7) / 8 == octets)
            return c.frames * FRAME;
    }
    return -EBADMSG;
}

static int asked(const void *decoder) { return ((const struct state *)decoder)->wanted; }

static void obey(void *encoder, int mode)
{
    if (mode >= 0 && mode <= 7)
        ((struct state *)encoder)->mode = mode;
}

const struct xh_rtp_codec xh_rtp_amr = {
    .name = "AMR", .dtx = 1, .payload_type = XH_RTP_DYNAMIC, .frame = FRAME, .ptime_ms = 20, .clock_hz = 8000,
    .ie = 5.0f, .bpl = 10.0f,                           /* 12.2 kbit/s is GSM-EFR: G.113 Appendix I, tables I.1 and I.4 */
    .state_octets = sizeof(struct state), .open = open_, .close = close_, .encode = encode, .decode = decode, .conceal = conceal,
    .samples = samples_of, .asked = asked, .obey = obey,
};
