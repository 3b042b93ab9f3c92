// sources: xunhu/_media/rtp.c xunhu/_media/rtp_event.c xunhu/_media/rtp_receiver.c xunhu/_media/rtp_receiver_play.c xunhu/_media/rtp_receiver_follow.c xunhu/_media/rtp_receiver_stats.c xunhu/_media/rtp_sender.c xunhu/_media/jitter_buffer.c xunhu/_media/cng.c xunhu/_media/plc.c xunhu/_media/plc_plain.c xunhu/_media/plc_avx2.c xunhu/_media/g711.c
/* Any packets at any times: the receiver gives what it is asked for, its counters agree with each other, what was taken was taken once. A codec of frames with
 * concealment of its own stands beside G.711. Input: rows of a head (what to do) and octets of a packet. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "xunhu/g711.h"
#include "xunhu/rtp_receiver.h"
#include "xunhu/rtp_sender.h"

static void need(int holds)
{
    if (!holds)
        abort();
}

static int plain_decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    if (octets > room)
        return -EBADMSG;
    xh_alaw_decode(out, payload, octets);
    return (int)octets;
}

static int plain_encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    if (samples > room)
        return -ENOSPC;
    xh_alaw_encode(out, in, samples);
    return (int)samples;
}

static int plain_samples(const uint8_t *payload, size_t octets)
{
    return octets > XH_RTP_SAMPLES_MAX ? -EBADMSG : (int)octets;
}

/* Ten octets are a frame of 80 samples; what begins with 0xff is none. */
static int frame_decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    if (octets % 10 || octets * 8 > room || (octets && payload[0] == 0xff))
        return -EBADMSG;
    for (size_t i = 0; i < octets * 8; i++)
        out[i] = (int16_t)(payload[i / 8] << 6);
    return (int)octets * 8;
}

static int frame_samples(const uint8_t *payload, size_t octets)
{
    return octets % 10 || octets * 8 > XH_RTP_SAMPLES_MAX ? -EBADMSG : (int)octets * 8;
}

static void frame_conceal(void *state, int16_t *out, size_t samples)
{
    need(samples == 80);
    memset(out, 1, samples * sizeof *out);
}

static const struct xh_rtp_codec PLAIN = {.name = "PCMA", .payload_type = 8, .frame = 1, .ptime_ms = 20, .clock_hz = 8000, .encode = plain_encode,
                                          .decode = plain_decode, .samples = plain_samples};
static const struct xh_rtp_codec FRAMES = {.name = "F", .payload_type = 18, .frame = 80, .ptime_ms = 20, .clock_hz = 8000, .encode = plain_encode,
                                           .decode = frame_decode, .conceal = frame_conceal, .samples = frame_samples};
static const struct xh_rtp_codec WIDE = {.name = "W", .payload_type = 96, .frame = 80, .ptime_ms = 20, .clock_hz = 48000, .dtx = 1, .encode = plain_encode,
                                         .decode = frame_decode, .conceal = frame_conceal, .samples = frame_samples};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xh_rtp_receiver r;
    static struct xh_rtp_sender s;
    struct xh_rtp_receiver_params params = {.jitter = XH_JITTER_DEFAULTS, .seed = 1};
    struct xh_rtp_sender_params sending = {.codec = &PLAIN, .payload_type = 8, .key_type = 101, .noise_type = 13};
    struct xh_rtp_receiver_stats stats;
    struct xh_rtp_key keys[4];
    uint64_t now = 0, reads = 0;
    int began = 0, ended = 0;
    if (size < 2)
        return 0;
    params.jitter.adaptive = data[0] & 1;
    need(!xh_rtp_receiver_init(&r, &params));
    need(!xh_rtp_receiver_accept(&r, 8, XH_RTP_AUDIO, &PLAIN, 0, 0));
    need(!xh_rtp_receiver_accept(&r, 18, XH_RTP_AUDIO, &FRAMES, 0, 0));
    if (data[0] & 2)
        need(!xh_rtp_receiver_accept(&r, 96, XH_RTP_AUDIO, &WIDE, 0, 0));
    need(!xh_rtp_receiver_accept(&r, 13, XH_RTP_NOISE, 0, 0, 0));
    need(!xh_rtp_receiver_accept(&r, 101, XH_RTP_KEY, 0, 0, 0));
    need(!xh_rtp_sender_init(&s, &sending, data[1]));
    data += 2;
    size -= 2;
    for (int rounds = 0; size >= 2 && rounds < 400; rounds++) {
        int what = data[0] & 7;
        size_t n = data[1], length = n < size - 2 ? n : size - 2;
        uint8_t packet[300];
        int16_t out[160], in[160];
        data += 2;
        size -= 2;
        if (what < 3) {                 /* as it is */
            xh_rtp_receiver_packet(&r, data, length, now);
            data += length;
            size -= length;
        } else if (what == 3 && size >= 4) {    /* a well formed header of near numbers */
            static const uint8_t TYPES[] = {8, 18, 96, 13, 101};
            xh_rtp_build(packet, TYPES[data[0] % 5], data[0] >> 7, (uint16_t)(data[1]), (uint32_t)(int8_t)data[2] * 80u, data[3] & 1);
            size_t payload = size - 4 < n ? size - 4 : n;
            memcpy(packet + XH_RTP_HEADER, data + 4, payload);
            xh_rtp_receiver_packet(&r, packet, XH_RTP_HEADER + payload, now);
            data += 4 + payload;
            size -= 4 + payload;
        } else if (what == 4) {         /* ours */
            memset(in, (int)n, sizeof in);
            if (n & 1)
                xh_rtp_sender_digits(&s, "1#", 2, 40, 40);
            xh_rtp_sender_write(&s, in, 80, 1);
            int octets;
            for (int i = 0; (octets = xh_rtp_sender_packet(&s, packet, sizeof packet)) > 0; i++) {
                need(i < 4);
                xh_rtp_receiver_packet(&r, packet, (size_t)octets, now);
            }
            need(!octets);
        } else if (what == 5 && n == 7)
            xh_rtp_receiver_reset(&r);
        else if (what == 5 && n == 8)
            now += (uint64_t)data[0] << 27;
        for (int ticks = what >= 6 ? 1 + (int)(n & 63) : what == 4; ticks > 0; ticks--) {
            static const size_t BLOCKS[] = {80, 40, 160, 80};
            size_t block = BLOCKS[n >> 6];
            out[block - 1] = 0;
            xh_rtp_receiver_read(&r, out, block);
            now += block * 125000;
            reads += block;
        }
        need(r.queued <= XH_RTP_QUEUE && r.queue_at + r.queued <= XH_RTP_QUEUE && r.made <= r.queued);
        need(r.jitter.packets <= XH_JITTER_PACKETS && r.jitter.free_cells <= XH_JITTER_CELLS);
        size_t got = xh_rtp_receiver_keys(&r, keys, 4);
        for (size_t i = 0; i < got; i++) {
            began += !keys[i].ended;
            ended += keys[i].ended;
        }
        need(ended <= began + 8);
        xh_rtp_receiver_stats(&r, &stats);
        need(stats.played + stats.concealed <= reads + stats.said_twice + stats.left_out);
    }
    return 0;
}
