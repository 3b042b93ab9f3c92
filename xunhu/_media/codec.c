/* All codecs behind one face, see codec.h: a row a codec, and GSM through libgsm. */
#include <errno.h>
#include <gsm/gsm.h>
#include <string.h>

#include "xunhu/codec.h"
#include "xunhu/g711.h"

typedef void plain_decode_fn(int16_t *, const uint8_t *, size_t);
typedef void plain_encode_fn(uint8_t *, const int16_t *, size_t);

/* Codecs without state: octets a sample, and the functions. */
static const struct plain_codec {
    int octets;
    plain_decode_fn *decode;
    plain_encode_fn *encode;
} PLAIN[XH_CODECS] = {
    [XH_CODEC_ALAW] = {1, xh_alaw_decode, xh_alaw_encode},
    [XH_CODEC_ULAW] = {1, xh_ulaw_decode, xh_ulaw_encode},
    [XH_CODEC_PCM16] = {2, xh_pcm16_decode, xh_pcm16_encode},
    [XH_CODEC_PCM16BE] = {2, xh_pcm16be_decode, xh_pcm16be_encode},
    [XH_CODEC_PCM8] = {1, xh_pcm8_decode, xh_pcm8_encode},
    [XH_CODEC_PCM8S] = {1, xh_pcm8s_decode, NULL},
    [XH_CODEC_PCM24] = {3, xh_pcm24_decode, NULL},
    [XH_CODEC_PCM32] = {4, xh_pcm32_decode, NULL},
    [XH_CODEC_FLOAT32] = {4, xh_float32_decode, NULL},
};

static int is_g726(int codec)
{
    return codec >= XH_CODEC_G726_16 && codec <= XH_CODEC_G726_40_AAL2;
}

static int g726_bits(int codec)
{
    return 2 + (codec - XH_CODEC_G726_16) % 4;
}

static int set_blocks(struct xh_coder *c, int octets, int frames)
{
    c->block_octets = octets;
    c->block_frames = frames;
    return 0;
}

static int block_frames(const struct xh_coder *c, int octets)
{
    return c->codec == XH_CODEC_IMA ? xh_ima_block_frames(octets, c->channels) : xh_ms_adpcm_block_frames(octets, c->channels);
}

static int has_block_size(const struct xh_coder *c)
{
    return c->codec == XH_CODEC_IMA || c->codec == XH_CODEC_MS_ADPCM;
}

static int find_blocks(struct xh_coder *c, int block_octets)
{
    if (has_block_size(c)) {
        int frames = block_octets > XH_CODEC_BLOCK ? 0 : block_frames(c, block_octets);
        if (frames == 0)
            return -EINVAL;
        return c->encoding && c->codec != XH_CODEC_IMA ? -ENOTSUP : set_blocks(c, block_octets, frames);
    }
    if (PLAIN[c->codec].octets)
        return c->encoding && !PLAIN[c->codec].encode ? -ENOTSUP : set_blocks(c, PLAIN[c->codec].octets * c->channels, 1);
    if (c->channels != 1)
        return -EINVAL;
    if (is_g726(c->codec))
        return set_blocks(c, xh_g726_block_octets(g726_bits(c->codec)), xh_g726_block_frames(g726_bits(c->codec)));
    switch (c->codec) {
    case XH_CODEC_DVI4:
    case XH_CODEC_VOX:
        return set_blocks(c, 1, 2);
    case XH_CODEC_GSM:
        return set_blocks(c, 33, 160);
    case XH_CODEC_WAV49:
        return set_blocks(c, 65, 320);
    default:
        return -ENOTSUP;
    }
}

static int is_gsm(const struct xh_coder *c)
{
    return c->codec == XH_CODEC_GSM || c->codec == XH_CODEC_WAV49;
}

int xh_coder_init(struct xh_coder *c, int codec, int channels, int block_octets, int encoding)
{
    memset(c, 0, sizeof *c);
    if (codec <= XH_CODEC_NONE || codec >= XH_CODECS || channels < 1 || channels > XH_MEDIA_CHANNELS)
        return -EINVAL;
    c->codec = (enum xh_codec)codec;
    c->channels = channels;
    c->encoding = encoding;
    int r = find_blocks(c, block_octets);
    return r ? r : xh_coder_reset(c);
}

int xh_coder_reset(struct xh_coder *c)
{
    int yes = 1;
    xh_coder_release(c);
    memset(&c->u, 0, sizeof c->u);
    if (c->codec == XH_CODEC_IMA && c->encoding)
        c->u.ima[0].index = c->u.ima[1].index = XH_IMA_FRESH;
    if (is_g726(c->codec))
        return xh_g726_init(&c->u.g726, g726_bits(c->codec), c->codec >= XH_CODEC_G726_16_AAL2);
    if (!is_gsm(c))
        return 0;
    c->u.gsm = gsm_create();
    if (!c->u.gsm)
        return -ENOMEM;
    if (c->codec == XH_CODEC_WAV49)
        gsm_option(c->u.gsm, GSM_OPT_WAV49, &yes);
    return 0;
}

void xh_coder_release(struct xh_coder *c)
{
    if (is_gsm(c) && c->u.gsm) {
        gsm_destroy(c->u.gsm);
        c->u.gsm = NULL;
    }
}

/* libgsm takes its octets without const and does not write them. */
static int gsm_block(struct xh_coder *c, int16_t *out, const uint8_t *in)
{
    if (gsm_decode(c->u.gsm, (gsm_byte *)in, out) < 0)
        return -EBADMSG;
    if (c->codec == XH_CODEC_WAV49 && gsm_decode(c->u.gsm, (gsm_byte *)in + 33, out + 160) < 0)
        return -EBADMSG;
    return c->block_frames;
}

static int sized_block(const struct xh_coder *c, int16_t *out, const uint8_t *in, int octets)
{
    return c->codec == XH_CODEC_IMA ? xh_ima_block_decode(out, in, octets, c->channels) : xh_ms_adpcm_block_decode(out, in, octets, c->channels);
}

int xh_coder_short_frames(const struct xh_coder *c, int octets)
{
    return has_block_size(c) && octets < c->block_octets ? block_frames(c, octets) : 0;
}

int xh_coder_decode_short(struct xh_coder *c, int16_t *out, const uint8_t *in, int octets)
{
    return xh_coder_short_frames(c, octets) ? sized_block(c, out, in, octets) : 0;
}

static int decode_blocks(struct xh_coder *c, int16_t *out, const uint8_t *in, int blocks, int *good)
{
    for (*good = 0; *good < blocks; ++*good) {
        int r = has_block_size(c) ? sized_block(c, out, in, c->block_octets) : gsm_block(c, out, in);
        if (r < 0)
            return r;
        out += c->block_frames * c->channels;
        in += c->block_octets;
    }
    return blocks * c->block_frames;
}

int xh_coder_decode(struct xh_coder *c, int16_t *out, const uint8_t *in, int blocks, int *good)
{
    int nowhere, frames = blocks * c->block_frames;
    good = good ? good : &nowhere;
    *good = blocks;
    if (PLAIN[c->codec].octets)
        PLAIN[c->codec].decode(out, in, (size_t)frames * (size_t)c->channels);
    else if (is_g726(c->codec))
        xh_g726_decode(&c->u.g726, out, in, (size_t)blocks);
    else if (c->codec == XH_CODEC_DVI4)
        xh_dvi4_decode(c->u.ima, out, in, (size_t)blocks);
    else if (c->codec == XH_CODEC_VOX)
        xh_vox_decode(&c->u.vox, out, in, (size_t)blocks);
    else
        return decode_blocks(c, out, in, blocks, good);
    return frames;
}

static void encode_block(struct xh_coder *c, uint8_t *out, const int16_t *in)
{
    int16_t copy[320];          /* libgsm does not promise const */
    if (c->codec == XH_CODEC_IMA) {
        xh_ima_block_encode(c->u.ima, out, c->block_octets, in, c->channels);
        return;
    }
    memcpy(copy, in, (size_t)c->block_frames * sizeof *copy);
    gsm_encode(c->u.gsm, copy, out);
    if (c->codec == XH_CODEC_WAV49)
        gsm_encode(c->u.gsm, copy + 160, out + 32);
}

void xh_coder_encode(struct xh_coder *c, uint8_t *out, const int16_t *in, int blocks)
{
    if (PLAIN[c->codec].octets)
        PLAIN[c->codec].encode(out, in, (size_t)blocks * (size_t)c->channels);
    else if (is_g726(c->codec))
        xh_g726_encode(&c->u.g726, out, in, (size_t)blocks);
    else if (c->codec == XH_CODEC_DVI4)
        xh_dvi4_encode(c->u.ima, out, in, (size_t)blocks);
    else if (c->codec == XH_CODEC_VOX)
        xh_vox_encode(&c->u.vox, out, in, (size_t)blocks);
    else
        for (int b = 0; b < blocks; b++, out += c->block_octets, in += c->block_frames * c->channels)
            encode_block(c, out, in);
}
