/* Microsoft ADPCM, to read what Windows programs have made; see codec.h.
 *
 * A block: of each channel the number of a predictor, then of each the step, then the second sample, then the first; then nibbles, the high one first, the
 * channels in turn. A sample is foretold from the two before it, in 256ths. */
#include <errno.h>

#include "xunhu/codec.h"

/* The seven predictors that every file has; programs that write others are not known. */
static const int16_t COEFFICIENT[7][2] = {{256, 0}, {512, -256}, {0, 0}, {192, 64}, {240, 0}, {460, -208}, {392, -232}};
static const int16_t ADAPT[16] = {230, 230, 230, 230, 307, 409, 512, 614, 768, 614, 512, 409, 307, 230, 230, 230};

struct side {
    const int16_t *coefficient;
    int step, newest, older;
};

static int le16s(const uint8_t *p)
{
    return (int16_t)(p[0] | p[1] << 8);
}

static int16_t decode_one(struct side *s, unsigned code)
{
    int foretold = (s->newest * s->coefficient[0] + s->older * s->coefficient[1]) >> 8;
    int64_t v = foretold + (int64_t)((int)(code ^ 8) - 8) * s->step;
    int64_t step = (int64_t)s->step * ADAPT[code] >> 8;
    s->older = s->newest;
    s->newest = (int)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
    s->step = (int)(step < 16 ? 16 : step > INT32_MAX ? INT32_MAX : step);
    return (int16_t)s->newest;
}

int xh_ms_adpcm_block_frames(int octets, int channels)
{
    int body = octets - 7 * channels;
    return body < 0 ? 0 : 2 + body * 2 / channels;
}

int xh_ms_adpcm_block_decode(int16_t *out, const uint8_t *block, int octets, int channels)
{
    struct side side[XH_MEDIA_CHANNELS];
    int frames = xh_ms_adpcm_block_frames(octets, channels);
    if (frames == 0)
        return -EBADMSG;
    for (int c = 0; c < channels; c++) {
        if (block[c] > 6)
            return -EBADMSG;
        const uint8_t *head = block + channels + 2 * c;
        side[c] = (struct side){COEFFICIENT[block[c]], le16s(head), le16s(head + 2 * channels), le16s(head + 4 * channels)};
        out[c] = (int16_t)side[c].older;
        out[channels + c] = (int16_t)side[c].newest;
    }
    block += 7 * channels;
    out += 2 * channels;
    for (int i = 0; i < (frames - 2) * channels; i++)
        out[i] = decode_one(&side[i % channels], i & 1 ? block[i >> 1] & 15 : block[i >> 1] >> 4);
    return frames;
}
