// sources: xunhu/_media/rtp_codec.c xunhu/_media/rtp_codec_amr.c xunhu/_media/rtp_codec_g726.c xunhu/_media/rtp_codec_g729.c xunhu/_media/rtp_codec_gsm.c xunhu/_media/rtp_codec_lav.c xunhu/_media/rtp_codec_opus.c xunhu/_media/g711.c xunhu/_media/codec_g726.c xunhu/_media/resample.c xunhu/_media/resample_plain.c xunhu/_media/resample_avx2.c
// libs: -lgsm -lopus -lopencore-amrnb -ldl
/* Any payloads to any codec: nothing beyond what there is room for is written, and what `samples` says comes out where decoding goes well.
 * Input: codec and mode, then payloads, each with its length in two octets before it. */
#include <stdlib.h>
#include <string.h>
#include "xunhu/rtp_codec.h"

static void need(int holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    size_t rows = 0;
    while (xh_rtp_codec_at(rows))
        rows++;
    const struct xh_rtp_codec *codec = xh_rtp_codec_at(data[0] % rows);
    const struct xh_rtp_codec_options options = {.mode = data[1] & 1};
    void *state = codec->state_octets ? aligned_alloc(64, (codec->state_octets + 63) / 64 * 64) : NULL;
    if (codec->open && codec->open(state, &options, 0) < 0) {
        free(state);
        return 0;
    }
    data += 2;
    size -= 2;
    while (size >= 2) {
        size_t n = (size_t)(data[0] | data[1] << 8) % (XH_RTP_PAYLOAD_MAX + 1);
        data += 2;
        size -= 2;
        if (n > size)
            n = size;
        uint8_t *payload = malloc(n ? n : 1);           /* of its own: reading beyond it is seen */
        int16_t *out = malloc(XH_RTP_SAMPLES_MAX * sizeof *out);
        memcpy(payload, data, n);
        int samples = codec->samples(payload, n), got = codec->decode(state, out, XH_RTP_SAMPLES_MAX, payload, n);
        need(got <= XH_RTP_SAMPLES_MAX && samples <= XH_RTP_SAMPLES_MAX);
        need(got < 0 || samples < 0 || got == samples || codec->asked);      /* AMR: not in one way */
        if (codec->conceal)
            codec->conceal(state, out, codec->frame);
        if (codec->asked)
            need(codec->asked(state) <= 7);
        free(out);
        free(payload);
        data += n;
        size -= n;
    }
    if (codec->close)
        codec->close(state);
    free(state);
    return 0;
}
