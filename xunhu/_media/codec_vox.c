/* OKI ADPCM as in Dialogic's VOX files, see codec.h. 12-bit samples, here in the upper bits of 16.
 *
 * As in the chips: each part of the difference (step, half, quarter, eighth) is shifted down by itself before they are added. Programs
 * that multiply first (sox, ffmpeg) differ from it, and so from the boards, by a few of the 4,096 steps. */
#include "codec_adpcm4.h"
#include "xunhu/codec.h"

static const int16_t STEP[49] = {
    16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157,
    173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552,
};
static const struct adpcm4 OKI = {STEP, 48, 2047};

static inline int16_t decode_one(struct xh_vox *s, unsigned code)
{
    return (int16_t)(adpcm4_decode(&OKI, &s->last, &s->index, code) * 16);
}

static inline unsigned encode_one(struct xh_vox *s, int sample)
{
    return adpcm4_encode(&OKI, &s->last, &s->index, sample >> 4);
}

void xh_vox_decode(struct xh_vox *s, int16_t *out, const uint8_t *in, size_t octets)
{
    struct xh_vox at = *s;
    for (size_t i = 0; i < octets; i++) {
        out[2 * i] = decode_one(&at, in[i] >> 4);
        out[2 * i + 1] = decode_one(&at, in[i] & 15);
    }
    *s = at;
}

void xh_vox_encode(struct xh_vox *s, uint8_t *out, const int16_t *in, size_t octets)
{
    struct xh_vox at = *s;
    for (size_t i = 0; i < octets; i++) {
        unsigned first = encode_one(&at, in[2 * i]);
        out[i] = (uint8_t)(first << 4 | encode_one(&at, in[2 * i + 1]));
    }
    *s = at;
}
