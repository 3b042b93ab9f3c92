// sources: xunhu/_media/rtcp.c xunhu/_media/rtcp_session.c xunhu/_media/e_model.c xunhu/_media/rtp.c xunhu/_media/rtp_event.c xunhu/_media/rtp_receiver.c xunhu/_media/rtp_receiver_play.c xunhu/_media/rtp_receiver_follow.c xunhu/_media/rtp_receiver_stats.c xunhu/_media/rtp_sender.c xunhu/_media/jitter_buffer.c xunhu/_media/cng.c xunhu/_media/plc.c xunhu/_media/plc_plain.c xunhu/_media/plc_avx2.c xunhu/_media/g711.c
/* Any octets as RTCP: reading ends, nothing outside the packet is pointed at, a session lives through it and goes on sending what is valid. */
#include <stdlib.h>
#include <string.h>
#include "xunhu/rtcp.h"

static void need(int holds)
{
    if (!holds)
        abort();
}

static int encode(void *state, uint8_t *out, size_t room, const int16_t *in, size_t samples)
{
    return 0;
}
static const struct xh_rtp_codec CODEC = {.name = "N", .payload_type = 8, .frame = 1, .ptime_ms = 20, .clock_hz = 8000, .encode = encode};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xh_rtp_receiver rx;
    static struct xh_rtp_sender tx;
    struct xh_rtp_receiver_params receiving = {.jitter = XH_JITTER_DEFAULTS};
    struct xh_rtp_sender_params sending = {.codec = &CODEC, .payload_type = 8, .key_type = XH_RTP_NO_TYPE, .noise_type = XH_RTP_NO_TYPE};
    struct xh_rtcp_params params = {.ssrc = 0x01020304, .xr = 1, .reduced = 1, .cname = "x"};
    struct xh_rtcp_reader reader;
    struct xh_rtcp_item item;
    struct xh_rtcp c;
    struct xh_rtp_quality q;
    struct xh_rtp_receiver_stats stats;
    uint8_t out[XH_RTCP_ROOM];
    xh_rtp_receiver_init(&rx, &receiving);
    xh_rtp_sender_init(&tx, &sending, 1);
    xh_rtcp_init(&c, &params, 1, 0);
    int valid = xh_rtcp_is_valid(data, size, 1);
    need(valid || !xh_rtcp_is_valid(data, size, 0));
    xh_rtcp_read(&reader, data, size);  /* also of what is not valid */
    for (size_t items = 0; xh_rtcp_next(&reader, &item); items++) {
        need(items <= size / 2 + 1);
        if (item.kind == XH_RTCP_SDES)
            need(item.u.text.text >= data && item.u.text.text + item.u.text.octets <= data + size);
        if (item.kind == XH_RTCP_BYE)
            need(item.u.bye.text >= data && item.u.bye.text + item.u.bye.octets <= data + size);
    }
    int taken = xh_rtcp_receive(&c, data, size, 5000000000u, (uint64_t)1 << 60) == 0;
    need(taken == (valid && size <= XH_RTP_PACKET_MAX));
    xh_rtp_receiver_stats(&rx, &stats);
    xh_rtcp_quality(&c, &stats, &CODEC, 20.0f, &q);
    need(q.r_in >= 0.0f && q.r_in <= 100.0f && q.r_out >= 0.0f && q.r_out <= 100.0f);
    int octets = xh_rtcp_send(&c, &rx, &tx, 6000000000u, (uint64_t)1 << 60, out, sizeof out);
    need(octets > 0 && xh_rtcp_is_valid(out, (size_t)octets, 0));
    need(c.due > 6000000000u);
    return 0;
}
