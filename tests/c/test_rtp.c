// sources: xunhu/_media/rtp.c xunhu/_media/rtp_event.c xunhu/_media/rtp_receiver.c xunhu/_media/rtp_receiver_play.c xunhu/_media/rtp_receiver_follow.c xunhu/_media/rtp_receiver_stats.c xunhu/_media/rtp_sender.c xunhu/_media/jitter_buffer.c xunhu/_media/cng.c xunhu/_media/plc.c xunhu/_media/plc_plain.c xunhu/_media/plc_avx2.c xunhu/_media/g711.c
/* Codecs that have a state, frames and a concealment of their own: what the receiver asks of them, and the sender. Under the sanitizers. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "xunhu/rtp_receiver.h"
#include "xunhu/rtp_sender.h"

#define CHECK(what) do { if (!(what)) { printf("line %d: %s\n", __LINE__, #what); return 1; } } while (0)

struct counter {
    int decoded, concealed;             /* frames */
    uint8_t last;                       /* number of the frame */
    int broken;                         /* a frame followed another than the one before */
};

/* A frame: 80 samples, one octet, its number. Samples are the number. */
static int decode(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
{
    struct counter *c = state;
    if (octets * 80 > room)
        return -EBADMSG;
    for (size_t i = 0; i < octets; i++) {
        c->broken += (uint8_t)(c->last + 1) != payload[i];
        c->last = payload[i];
        c->decoded++;
        for (int n = 0; n < 80; n++)
            out[80 * i + (size_t)n] = (int16_t)(100 + payload[i]);
    }
    return (int)octets * 80;
}

static void conceal(void *state, int16_t *out, size_t samples)
{
    struct counter *c = state;
    c->last++;
    c->concealed++;
    for (size_t n = 0; n < samples; n++)
        out[n] = (int16_t)(100 + c->last);
}

static int samples_of(const uint8_t *payload, size_t octets)
{
    return octets > 6 ? -EBADMSG : (int)octets * 80;
}

static int encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    struct counter *c = state;
    if (in[0] == 0)
        return 0;                       /* silence is not sent */
    for (size_t i = 0; i < samples / 80; i++)
        out[i] = ++c->last;
    return (int)(samples / 80);
}

static const struct xh_rtp_codec CODEC = {.name = "TEST", .payload_type = XH_RTP_DYNAMIC, .frame = 80, .ptime_ms = 20, .clock_hz = 16000,
                                          .state_octets = sizeof(struct counter), .encode = encode, .decode = decode, .conceal = conceal,
                                          .samples = samples_of};

static struct xh_rtp_receiver rx;
static struct xh_rtp_sender tx;

static int start(struct counter *decoder, struct counter *encoder)
{
    struct xh_rtp_receiver_params receiving = {.jitter = {.adaptive = 0, .fixed_ms = 40}};
    struct xh_rtp_sender_params sending = {.codec = &CODEC, .state = encoder, .payload_type = 96, .key_type = XH_RTP_NO_TYPE,
                                           .noise_type = XH_RTP_NO_TYPE};
    memset(decoder, 0, sizeof *decoder);
    memset(encoder, 0, sizeof *encoder);
    CHECK(!xh_rtp_receiver_init(&rx, &receiving));
    CHECK(xh_rtp_receiver_accept(&rx, 96, XH_RTP_AUDIO, &CODEC, 0, 0) == -EINVAL);      /* its state is missing */
    CHECK(!xh_rtp_receiver_accept(&rx, 96, XH_RTP_AUDIO, &CODEC, decoder, 0));
    CHECK(!xh_rtp_sender_init(&tx, &sending, 5));
    sending.ptime_ms = 15;
    CHECK(xh_rtp_sender_set(&tx, &sending) == -EINVAL);         /* no whole frames */
    return 0;
}

/* The decoder sees each frame once, in its order, and is asked to conceal exactly those that are lost. */
static int lost_frames(void)
{
    struct counter decoder, encoder;
    struct xh_rtp_receiver_stats s;
    int16_t in[80], out[80];
    uint8_t packet[XH_RTP_HEADER + XH_RTP_PAYLOAD_MAX];
    int lost = 0, sent = 0, octets;
    if (start(&decoder, &encoder))
        return 1;
    for (int i = 0; i < 80; i++)
        in[i] = 1;
    for (int tick = 0; tick < 400; tick++) {
        xh_rtp_sender_write(&tx, in, 80, 1);
        while ((octets = xh_rtp_sender_packet(&tx, packet, sizeof packet)) > 0) {
            CHECK(octets == XH_RTP_HEADER + 2);
            CHECK(packet[1] == (sent ? 96 : 96 | 0x80));
            if (++sent % 7 == 6)
                lost++;
            else
                CHECK(xh_rtp_receiver_packet(&rx, packet, (size_t)octets, (uint64_t)tick * 10000000) == XH_RTP_KEPT);
        }
        CHECK(!octets);
        xh_rtp_receiver_read(&rx, out, 80);
        if (tick > 10)
            CHECK(out[0] == out[79] && out[0] == (int16_t)(100 + (uint8_t)(out[0] - 100)));
    }
    xh_rtp_receiver_stats(&rx, &s);
    CHECK(decoder.broken == 0);
    CHECK(decoder.concealed == 2 * (lost - (sent - 4 <= (lost - 1) * 7 + 6)));
    CHECK(s.conceals == (unsigned)decoder.concealed / 2 && s.late == 0);
    CHECK(s.jitter == 0 && s.splices == 0);     /* the timestamps count 16 kHz */
    return 0;
}

/* An encoder that sends nothing in silence: marker behind it, time goes on. */
static int silence(void)
{
    struct counter decoder, encoder;
    int16_t in[80];
    uint8_t packet[XH_RTP_HEADER + XH_RTP_PAYLOAD_MAX];
    struct xh_rtp_header h, before = {0};
    int sent = 0, octets;
    if (start(&decoder, &encoder))
        return 1;
    for (int tick = 0; tick < 40; tick++) {
        for (int i = 0; i < 80; i++)
            in[i] = tick < 10 || tick >= 30;
        xh_rtp_sender_write(&tx, in, 80, 1);
        while ((octets = xh_rtp_sender_packet(&tx, packet, sizeof packet)) > 0) {
            CHECK(!xh_rtp_parse(&h, packet, (size_t)octets));
            CHECK(h.marker == (sent == 0 || sent == 5));
            CHECK(!sent || h.sequence == (uint16_t)(before.sequence + 1));
            CHECK(!sent || h.timestamp - before.timestamp == (sent == 5 ? 11u : 1u) * 320u);
            before = h;
            sent++;
        }
    }
    CHECK(sent == 10);
    CHECK(xh_rtp_sender_packet(&tx, packet, 4) == 0);
    xh_rtp_sender_write(&tx, in, 80, 1);
    xh_rtp_sender_write(&tx, in, 80, 1);
    CHECK(xh_rtp_sender_packet(&tx, packet, 4) == -ENOSPC);
    return 0;
}

/* A buffer that is full gives up its oldest. */
static int full(void)
{
    struct xh_jitter_params params = XH_JITTER_DEFAULTS;
    static struct xh_jitter j;
    uint8_t payload[XH_JITTER_CELLS * XH_JITTER_CELL + 1] = {0}, back[XH_JITTER_CELLS * XH_JITTER_CELL];
    int pushed, gone = 0;
    CHECK(!xh_jitter_init(&j, &params));
    for (int k = 0; k < 100; k++) {
        size_t n = (size_t)(1 + k * 37 % 480);
        struct xh_jitter_packet p = {.at = (uint32_t)k * 160u + 0xfffff000u, .samples = 160, .octets = (uint16_t)n};
        memset(payload, k, n);
        CHECK(!xh_jitter_put(&j, &p, payload, &pushed));
        CHECK(xh_jitter_put(&j, &p, payload, &pushed) == -EEXIST && !pushed);
        gone += pushed;
    }
    int left = j.packets, used = 0;
    CHECK(left > 5 && left < 100);
    for (int k = 100 - left; k < 100; k++) {
        const struct xh_jitter_packet *p = xh_jitter_first(&j);
        CHECK(p && p->at == (uint32_t)k * 160u + 0xfffff000u);
        xh_jitter_payload(&j, back);
        CHECK(back[0] == k && back[p->octets - 1] == k);
        used += (p->octets + XH_JITTER_CELL - 1) / XH_JITTER_CELL;
        xh_jitter_drop(&j);
    }
    CHECK(used <= XH_JITTER_CELLS && !xh_jitter_first(&j) && j.free_cells == XH_JITTER_CELLS);
    xh_jitter_drop(&j);
    struct xh_jitter_packet long_one = {.samples = 160, .octets = sizeof payload};
    CHECK(xh_jitter_put(&j, &long_one, payload, &pushed) == -EMSGSIZE);
    return gone < 0;
}

int main(void)
{
    return lost_frames() || silence() || full();
}
