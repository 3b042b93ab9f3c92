/* IMA ADPCM, see codec.h. */
#include <errno.h>

#include "codec_adpcm4.h"
#include "xunhu/codec.h"

static const int16_t STEP[89] = {
    7, 8, 9, 10, 11, 12, 13, 14, 16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118,
    130, 143, 157, 173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166,
    1282, 1411, 1552, 1707, 1878, 2066, 2272, 2499, 2749, 3024, 3327, 3660, 4026, 4428, 4871, 5358, 5894, 6484, 7132, 7845,
    8630, 9493, 10442, 11487, 12635, 13899, 15289, 16818, 18500, 20350, 22385, 24623, 27086, 29794, 32767,
};
static const struct adpcm4 IMA = {STEP, 88, 32767};

static inline int16_t decode_one(struct xh_ima *s, unsigned code)
{
    return (int16_t)adpcm4_decode(&IMA, &s->predictor, &s->index, code);
}

static inline unsigned encode_one(struct xh_ima *s, int sample)
{
    return adpcm4_encode(&IMA, &s->predictor, &s->index, sample);
}

void xh_dvi4_decode(struct xh_ima *s, int16_t *out, const uint8_t *in, size_t octets)
{
    struct xh_ima at = *s;
    for (size_t i = 0; i < octets; i++) {
        out[2 * i] = decode_one(&at, in[i] >> 4);
        out[2 * i + 1] = decode_one(&at, in[i] & 15);
    }
    *s = at;
}

void xh_dvi4_encode(struct xh_ima *s, uint8_t *out, const int16_t *in, size_t octets)
{
    struct xh_ima at = *s;
    for (size_t i = 0; i < octets; i++) {
        unsigned first = encode_one(&at, in[2 * i]);
        out[i] = (uint8_t)(first << 4 | encode_one(&at, in[2 * i + 1]));
    }
    *s = at;
}

int xh_ima_block_frames(int octets, int channels)
{
    int body = octets - 4 * channels;
    return body < 0 ? 0 : body / (4 * channels) * 8 + 1;
}

/* The head of each channel: first sample, step index, an octet of zero. Then groups of 4 octets, the channels in turn, 8 nibbles each, the
 * low one first. */
int xh_ima_block_decode(int16_t *out, const uint8_t *block, int octets, int channels)
{
    int frames = xh_ima_block_frames(octets, channels);
    if (frames == 0)
        return -EBADMSG;
    for (int c = 0; c < channels; c++) {
        const uint8_t *head = block + 4 * c, *group = block + 4 * channels + 4 * c;
        struct xh_ima at = {(int16_t)(head[0] | head[1] << 8), head[2]};
        int16_t *to = out + c;
        if (at.index > 88)
            return -EBADMSG;
        *to = (int16_t)at.predictor;
        for (int f = 1; f < frames; f += 8, group += 4 * channels)
            for (int i = 0; i < 8; i++)
                *(to += channels) = decode_one(&at, i & 1 ? group[i >> 1] >> 4 : group[i >> 1] & 15);
    }
    return frames;
}

/* The smallest step that reaches from the first sample to the second: the first block of a file then follows from the start. */
static int first_index(int apart)
{
    int index = 0;
    apart = apart < 0 ? -apart : apart;
    while (index < 88 && STEP[index] < apart)
        index++;
    return index;
}

void xh_ima_block_encode(struct xh_ima *state, uint8_t *block, int octets, const int16_t *in, int channels)
{
    int frames = xh_ima_block_frames(octets, channels);
    for (int c = 0; c < channels; c++) {
        uint8_t *head = block + 4 * c, *group = block + 4 * channels + 4 * c;
        struct xh_ima at = {in[c], state[c].index};
        const int16_t *from = in + c;
        if (at.index == XH_IMA_FRESH)
            at.index = frames > 1 ? first_index(in[c + channels] - in[c]) : 0;
        head[0] = (uint8_t)at.predictor;
        head[1] = (uint8_t)((unsigned)at.predictor >> 8);
        head[2] = (uint8_t)at.index;
        head[3] = 0;
        for (int f = 1; f < frames; f += 8, group += 4 * channels)
            for (int i = 0; i < 4; i++) {
                unsigned low = encode_one(&at, *(from += channels));
                group[i] = (uint8_t)(low | encode_one(&at, *(from += channels)) << 4);
            }
        state[c] = at;
    }
}
