/* G.726 at 16, 24, 32 and 40 kbit/s in RTP: RFC 3551 §4.5.4 (low bits first) and, as AAL2-G726-x, ITU-T I.366.2 Annex E (high bits first).
 * The coder is codec_g726.c. */
#include <errno.h>

#include "rtp_codec_rows.h"
#include "xunhu/codec.h"

#define BLOCK 8         /* samples that fill whole octets at every rate */

static int opened(void *state, int bits, int high_first)
{
    return xh_g726_init(state, bits, high_first);
}

static int encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    struct xh_g726 *s = state;
    size_t octets = samples * (size_t)s->bits / 8;
    if (!samples || samples % BLOCK || samples > XH_RTP_SAMPLES_MAX)
        return -EINVAL;
    if (octets > room)
        return -ENOSPC;
    xh_g726_encode(s, out, in, samples / (size_t)xh_g726_block_frames(s->bits));
    return (int)octets;
}

static int decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    struct xh_g726 *s = state;
    size_t block = (size_t)xh_g726_block_octets(s->bits), frames = (size_t)xh_g726_block_frames(s->bits);
    if (octets % block || octets / block * frames > room)
        return -EBADMSG;
    xh_g726_decode(s, out, payload, octets / block);
    return (int)(octets / block * frames);
}

static int samples_of(size_t octets, int bits)
{
    size_t block = (size_t)xh_g726_block_octets(bits), samples = octets / block * (size_t)xh_g726_block_frames(bits);
    return octets % block || samples > XH_RTP_SAMPLES_MAX ? -EBADMSG : (int)samples;
}

/* Equipment impairment: G.113 Appendix I, table I.1; how robust against loss is not given there. */
#define ROW(row, rtpmap, bit, high, impairment)                                                                                     \
    static int row##_open(void *state, const struct xh_rtp_codec_options *options, int encoder) { return opened(state, bit, high); } \
    static int row##_samples(const uint8_t *payload, size_t octets) { return samples_of(octets, bit); }                             \
    const struct xh_rtp_codec row = {.name = rtpmap, .payload_type = XH_RTP_DYNAMIC, .frame = BLOCK, .ptime_ms = 20,                 \
                                     .clock_hz = 8000, .ie = impairment, .state_octets = sizeof(struct xh_g726), .open = row##_open, \
                                     .encode = encode, .decode = decode, .samples = row##_samples};
ROW(xh_rtp_g726_16, "G726-16", 2, 0, 50.0f)
ROW(xh_rtp_g726_24, "G726-24", 3, 0, 25.0f)
ROW(xh_rtp_g726_32, "G726-32", 4, 0, 7.0f)
ROW(xh_rtp_g726_40, "G726-40", 5, 0, 2.0f)
ROW(xh_rtp_aal2_g726_16, "AAL2-G726-16", 2, 1, 50.0f)
ROW(xh_rtp_aal2_g726_24, "AAL2-G726-24", 3, 1, 25.0f)
ROW(xh_rtp_aal2_g726_32, "AAL2-G726-32", 4, 1, 7.0f)
ROW(xh_rtp_aal2_g726_40, "AAL2-G726-40", 5, 1, 2.0f)
