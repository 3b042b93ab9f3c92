/* The quantiser of 4-bit ADPCM that IMA and OKI have in common: code = sign, step, half, quarter; what differs are the steps and the
 * range of samples. Step, half and quarter are compared with the difference one after the other, each shifted down on its own, so that
 * encoder and all decoders that follow it agree to the bit. */
#ifndef XUNHU_CODEC_ADPCM4_H
#define XUNHU_CODEC_ADPCM4_H
#include <stdint.h>

struct adpcm4 {
    const int16_t *step;                /* steps[0..last] */
    int last, most;                     /* largest index; largest sample, the smallest is -most - 1 */
};

static inline void adpcm4_adapt(const struct adpcm4 *a, int *value, int *index, int v, unsigned code)
{
    static const int8_t change[8] = {-1, -1, -1, -1, 2, 4, 6, 8};
    int i = *index + change[code & 7];
    *value = v > a->most ? a->most : v < -a->most - 1 ? -a->most - 1 : v;
    *index = i < 0 ? 0 : i > a->last ? a->last : i;
}

static inline int adpcm4_decode(const struct adpcm4 *a, int *value, int *index, unsigned code)
{
    int step = a->step[*index];
    int move = (step >> 3) + (code & 4 ? step : 0) + (code & 2 ? step >> 1 : 0) + (code & 1 ? step >> 2 : 0);
    adpcm4_adapt(a, value, index, code & 8 ? *value - move : *value + move, code);
    return *value;
}

/* Without branches: which bits are set follows the sound, and no processor foretells it. */
static inline unsigned adpcm4_encode(const struct adpcm4 *a, int *value, int *index, int sample)
{
    int apart = sample - *value, sign = apart >> 31, step = a->step[*index], half = step >> 1, quarter = step >> 2;
    int mag = (apart ^ sign) - sign, b4 = -(mag >= step);
    mag -= b4 & step;
    int b2 = -(mag >= half);
    mag -= b2 & half;
    int b1 = -(mag >= quarter);
    int move = (step >> 3) + (b4 & step) + (b2 & half) + (b1 & quarter);
    unsigned code = (b4 & 4u) | (b2 & 2u) | (b1 & 1u);
    adpcm4_adapt(a, value, index, *value + ((move ^ sign) - sign), code);
    return code | (sign & 8u);
}

#endif
