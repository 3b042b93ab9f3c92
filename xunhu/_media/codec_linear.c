/* Linear samples of other widths and orders, see codec.h. */
#include <math.h>
#include <string.h>

#include "xunhu/codec.h"

static int16_t limited(int32_t v)
{
    return (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}

void xh_pcm16_decode(int16_t *out, const uint8_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)(in[2 * i] | in[2 * i + 1] << 8);
}

void xh_pcm16_encode(uint8_t *out, const int16_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[2 * i] = (uint8_t)in[i];
        out[2 * i + 1] = (uint8_t)((uint16_t)in[i] >> 8);
    }
}

void xh_pcm16be_decode(int16_t *out, const uint8_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)(in[2 * i + 1] | in[2 * i] << 8);
}

void xh_pcm16be_encode(uint8_t *out, const int16_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[2 * i + 1] = (uint8_t)in[i];
        out[2 * i] = (uint8_t)((uint16_t)in[i] >> 8);
    }
}

void xh_pcm8_decode(int16_t *out, const uint8_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)((in[i] - 128) * 256);
}

void xh_pcm8_encode(uint8_t *out, const int16_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int v = (in[i] + 128) >> 8;
        out[i] = (uint8_t)((v > 127 ? 127 : v) + 128);
    }
}

void xh_pcm8s_decode(int16_t *out, const uint8_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = (int16_t)((int8_t)in[i] * 256);
}

void xh_pcm24_decode(int16_t *out, const uint8_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = limited(((int16_t)(in[3 * i + 1] | in[3 * i + 2] << 8)) + (in[3 * i] >> 7));
}

void xh_pcm32_decode(int16_t *out, const uint8_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++)
        out[i] = limited(((int16_t)(in[4 * i + 2] | in[4 * i + 3] << 8)) + (in[4 * i + 1] >> 7));
}

void xh_float32_decode(int16_t *out, const uint8_t *in, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        uint32_t bits = (uint32_t)in[4 * i] | (uint32_t)in[4 * i + 1] << 8 | (uint32_t)in[4 * i + 2] << 16 | (uint32_t)in[4 * i + 3] << 24;
        float v;
        memcpy(&v, &bits, sizeof v);
        v *= 32768.0f;
        out[i] = v != v ? 0 : v >= 32767.0f ? 32767 : v <= -32768.0f ? -32768 : (int16_t)lrintf(v);
    }
}
