// sources: xunhu/_media/*.c xunhu/_e1/*.c
// libs: -lsoxr -lgsm -lmpg123 -lmp3lame -lcurl -lssl -lcrypto -lopus -lopencore-amrnb -ldl
/* RTP lines of the engine: commands in any order with fields that mostly mean something, any octets as datagrams to their sockets (all of it on
 * the loopback interface), ticks between. The engine must go on; what is given back must come together to what was taken. */
#define _GNU_SOURCE
#include "engine_private.h"
#include "rtp_socket.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINES 3

struct input { const uint8_t *at; size_t left; };

static uint8_t octet(struct input *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->at++;
}

static const struct xh_rtp_address LOOPBACK = {.family = 4, .ip = {127, 0, 0, 1}};

static void put(struct xh_engine *e, struct input *in, uint32_t op, const void *payload, size_t octets)
{
    struct xh_command c = {.op = op, .port = XH_TS_PORTS + octet(in) % LINES, .tag = 1, .payload_len = (uint32_t)octets};
    if (octets)
        memcpy(c.payload, payload, octets);
    c.a0 = octet(in);
    c.a1 = octet(in);
    if (octet(in) == 255)
        c.payload_len = octet(in);
    xh_commands_put(e->shm, &c, 1);
}

static void secret(struct input *in, struct xh_srtp_secret *s)
{
    s->suite = octet(in) < 128 ? 0 : octet(in) % (XH_SRTP_SUITES + 1);
    s->octets = (uint8_t)xh_srtp_key_octets(s->suite);
    s->key[0] = octet(in) & 1;
}

static void open_line(struct xh_engine *e, struct input *in)
{
    struct xh_rtp_open o = {.local = LOOPBACK, .flags = octet(in) % 9, .silent_ms = octet(in), .tos = octet(in), .seed = octet(in)};
    if (octet(in) > 240)
        o.local.family = octet(in);
    put(e, in, XH_CMD_RTP_OPEN, &o, sizeof o);
}

static void send_line(struct xh_engine *e, struct input *in, uint16_t far)
{
    struct xh_rtp_send s = {.remote = LOOPBACK, .codec = octet(in) % 24, .payload_type = octet(in) % 130, .key_type = octet(in),
                            .noise_type = octet(in), .ptime_ms = (uint8_t)(octet(in) % 8 * 10), .dtx = octet(in) & 1,
                            .source = octet(in) % 4, .flags = octet(in) & 5, .mode = octet(in) & 1};
    s.remote.port = octet(in) & 1 ? far : e->rtp.line[octet(in) % LINES].local.port;
    if (octet(in) > 200)
        s.remote.family = 0;
    secret(in, &s.secret);
    put(e, in, XH_CMD_RTP_SEND, &s, sizeof s);
}

static void receive_line(struct xh_engine *e, struct input *in)
{
    struct xh_rtp_receive r = {.count = octet(in) % 12};
    for (int i = 0; i < XH_RTP_ACCEPTS; i++)
        r.accept[i] = (struct xh_rtp_accept){.payload_type = octet(in) % 130, .kind = octet(in) % 4, .codec = octet(in) % 24};
    if (octet(in) > 128) {
        r.adaptive = octet(in) & 1;
        r.fixed_ms = octet(in);
        r.max_ms = octet(in);
        r.start_ms = octet(in);
        r.late_cost_ms = octet(in);
    }
    secret(in, &r.secret);
    put(e, in, XH_CMD_RTP_RECEIVE, &r, sizeof r);
}

static void dtls_line(struct xh_engine *e, struct input *in)
{
    struct xh_rtp_dtls d = {.client = octet(in) & 1, .hash = octet(in) % 5, .octets = octet(in) & 1 ? 32 : octet(in)};
    if (e->shm->dtls_known && octet(in) & 1)
        memcpy(d.fingerprint, e->shm->dtls_fingerprint, sizeof e->shm->dtls_fingerprint);
    put(e, in, XH_CMD_RTP_DTLS, &d, sizeof d);
}

static void datagram(struct xh_engine *e, struct input *in, int fd)
{
    uint8_t packet[300], what = octet(in);
    size_t n = octet(in);
    struct xh_rtp_line *l = &e->rtp.line[octet(in) % LINES];
    for (size_t i = 0; i < n; i++)
        packet[i] = octet(in);
    if (what < 200 && n >= XH_RTP_HEADER)       /* RTP in some order */
        xh_rtp_build(packet, packet[1] & 127, packet[0] & 1, packet[2] % 32, packet[3] * 80u, packet[4] & 1);
    if (what < 100 && n >= XH_RTP_HEADER && l->sending && l->sending->srtp && l->started)
        memcpy(packet + 8, &l->tx.ssrc, 4);
    struct xh_rtp_address to = LOOPBACK;
    to.port = (uint16_t)(l->local.port + (what & 1));
    if (to.port && l->local.family)
        xh_rtp_socket_send(fd, packet, n, &to);
}

#define HOLDS(x) do { if (!(x)) abort(); } while (0)

static void books_are_right(struct xh_engine *e)
{
    uint32_t used = 0;
    xh_rtps_make(e);
    xh_rtps_collect(e);
    xh_rtps_make(e);
    xh_rtps_collect(e);
    for (int i = 0; i < XH_RTP_PORTS; i++) {
        const struct xh_rtp_line *l = &e->rtp.line[i];
        int open = e->port[XH_TS_PORTS + i].kind == XH_PORT_RTP;
        HOLDS(!l->making && (open || (!l->sending && !l->hearing)));
        HOLDS(((e->shm->rtp[i].state & XH_RTP_STATE_OPEN) != 0) == open);
        used += (l->sending != NULL) + (l->hearing != NULL);
    }
    HOLDS(used + e->rtp.nfree == XH_RTP_MADES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xh_span_spec specs[1] = {{.driver = XH_DRIVER_LOOP, .number = 0, .peer = 1, .law = 'A'}};
    struct xh_span_spec two[2] = {specs[0], {.driver = XH_DRIVER_LOOP, .number = 1, .peer = 0, .law = 'A'}};
    struct input in = {data, size};
    struct xh_rtp_address far, none = {0};
    int err = 0, ticks = 0, fd = xh_rtp_socket_open(&LOOPBACK, &none, 0, 0, &far);
    struct xh_engine *e = xh_engine_new(two, 2, octet(&in) & 1 ? 10 : 20, 'A', 1, 0, &err);
    if (!e || fd < 0)
        abort();
    while (in.left && ticks < 200) {
        switch (octet(&in) % 16) {
        case 0: case 1: open_line(e, &in); break;
        case 2: case 3: send_line(e, &in, far.port); break;
        case 4: case 5: receive_line(e, &in); break;
        case 6: put(e, &in, XH_CMD_RTP_DIRECTION, NULL, 0); break;
        case 7: put(e, &in, XH_CMD_RTP_DIGITS, "1*!,#A", octet(&in) % 7); break;
        case 8: put(e, &in, octet(&in) & 1 ? XH_CMD_CLOSE : XH_CMD_KEY, NULL, 0); break;
        case 9:
            if (octet(&in) & 1)
                dtls_line(e, &in);
            else
                put(e, &in, XH_CMD_DETECT, NULL, 0);
            break;
        case 10: case 11: case 12: datagram(e, &in, fd); break;
        default:
            xh_engine_tick_virtual(e);
            ticks++;
        }
    }
    xh_engine_tick_virtual(e);
    books_are_right(e);
    xh_engine_free(e);
    close(fd);
    return 0;
}
