/* Headers of WAV (RIFF/WAVE, Microsoft Multimedia Standards Update of 1994, rev. 3) and .au files. */
#include <string.h>

#include "media_private.h"
#include "media_write.h"

static uint8_t *put16(uint8_t *p, unsigned v)
{
    p[0] = (uint8_t)v;
    p[1] = (uint8_t)(v >> 8);
    return p + 2;
}

static uint8_t *put32(uint8_t *p, uint32_t v)
{
    return put16(put16(p, v & 0xFFFFu), v >> 16);
}

static uint8_t *put32be(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
    return p + 4;
}

static uint8_t *put_id(uint8_t *p, const char *id)
{
    memcpy(p, id, 4);
    return p + 4;
}

/* Tag, bits a sample, and octets that follow the 16 of the oldest fmt chunk. */
struct wave_form {
    unsigned tag, bits, extra;
};

static struct wave_form wave_form(int codec)
{
    switch (codec) {
    case XH_CODEC_ALAW:
        return (struct wave_form){6, 8, 2};
    case XH_CODEC_ULAW:
        return (struct wave_form){7, 8, 2};
    case XH_CODEC_IMA:
        return (struct wave_form){0x11, 4, 4};
    case XH_CODEC_WAV49:
        return (struct wave_form){0x31, 0, 4};
    case XH_CODEC_PCM8:
        return (struct wave_form){1, 8, 0};
    default:
        return (struct wave_form){1, 16, 0};
    }
}

size_t xh_media_header_octets(const struct xh_format_info *format)
{
    unsigned extra = wave_form(format->codec).extra;
    if (format->container == XH_BOX_AU)
        return 24;
    if (format->container != XH_BOX_WAV)
        return 0;
    return 44 + extra + (extra ? 12 : 0);
}

static size_t wav(uint8_t *out, const struct xh_format_info *format, int channels, int block_octets, int block_frames, uint32_t octets,
                  uint32_t frames)
{
    struct wave_form form = wave_form(format->codec);
    size_t head = xh_media_header_octets(format);
    uint8_t *p = put_id(out, "RIFF");
    p = put32(p, (uint32_t)head - 8 + octets + (octets & 1));
    p = put_id(put_id(p, "WAVE"), "fmt ");
    p = put32(p, 16 + form.extra);
    p = put16(p, form.tag);
    p = put16(p, (unsigned)channels);
    p = put32(p, (uint32_t)format->rate);
    p = put32(p, (uint32_t)((uint64_t)(uint32_t)format->rate * (unsigned)block_octets / (unsigned)block_frames));
    p = put16(p, (unsigned)block_octets);
    p = put16(p, form.bits);
    if (form.extra) {
        p = put16(p, form.extra - 2);
        if (form.extra == 4)
            p = put16(p, (unsigned)block_frames);
        p = put32(put_id(p, "fact"), 4);
        p = put32(p, frames);
    }
    put32(put_id(p, "data"), octets);
    return head;
}

static size_t au(uint8_t *out, const struct xh_format_info *format, int channels, uint32_t octets)
{
    uint8_t *p = put32be(put_id(out, ".snd"), 24);
    p = put32be(p, octets);
    p = put32be(p, format->codec == XH_CODEC_ALAW ? 27 : format->codec == XH_CODEC_ULAW ? 1 : 3);
    put32be(put32be(p, (uint32_t)format->rate), (uint32_t)channels);
    return 24;
}

size_t xh_media_header(uint8_t out[XH_HEADER_MOST], const struct xh_format_info *format, int channels, int block_octets, int block_frames,
                       uint64_t octets, uint64_t frames)
{
    if (format->container == XH_BOX_WAV)
        return wav(out, format, channels, block_octets, block_frames, (uint32_t)octets, (uint32_t)frames);
    return format->container == XH_BOX_AU ? au(out, format, channels, (uint32_t)octets) : 0;
}
