/* OKI ADPCM as in Dialogic's VOX files, see codec.h. 12-bit samples, here in the upper bits of 16.
 *
 * As in the chips: each part of the difference (step, half, quarter, eighth) is shifted down by itself before they are added. Programs
 * that multiply first (sox, ffmpeg) differ from it, and so from the boards, by a few of the 4,096 steps. */
#include "xunhu/codec.h"

static const int16_t STEP[49] = {
    16, 17, 19, 21, 23, 25, 28, 31, 34, 37, 41, 45, 50, 55, 60, 66, 73, 80, 88, 97, 107, 118, 130, 143, 157,
    173, 190, 209, 230, 253, 279, 307, 337, 371, 408, 449, 494, 544, 598, 658, 724, 796, 876, 963, 1060, 1166, 1282, 1411, 1552,
};
static const int8_t INDEX[8] = {-1, -1, -1, -1, 2, 4, 6, 8};

static inline int16_t decode_one(struct xh_vox *s, unsigned code)
{
    int step = STEP[s->index];
    int move = (step >> 3) + (code & 4 ? step : 0) + (code & 2 ? step >> 1 : 0) + (code & 1 ? step >> 2 : 0);
    int v = code & 8 ? s->last - move : s->last + move;
    int index = s->index + INDEX[code & 7];
    s->last = v > 2047 ? 2047 : v < -2048 ? -2048 : v;
    s->index = index < 0 ? 0 : index > 48 ? 48 : index;
    return (int16_t)(s->last * 16);
}

/* Without branches: which bits are set follows the sound, and no processor foretells it. */
static inline unsigned encode_one(struct xh_vox *s, int sample)
{
    int apart = (sample >> 4) - s->last, sign = apart >> 31, step = STEP[s->index], half = step >> 1, quarter = step >> 2;
    int mag = (apart ^ sign) - sign, b4 = -(mag >= step);
    mag -= b4 & step;
    int b2 = -(mag >= half);
    mag -= b2 & half;
    int b1 = -(mag >= quarter);
    int move = (step >> 3) + (b4 & step) + (b2 & half) + (b1 & quarter);
    int v = s->last + ((move ^ sign) - sign);
    unsigned code = (b4 & 4u) | (b2 & 2u) | (b1 & 1u);
    int index = s->index + INDEX[code];
    s->last = v > 2047 ? 2047 : v < -2048 ? -2048 : v;
    s->index = index < 0 ? 0 : index > 48 ? 48 : index;
    return code | (sign & 8u);
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
