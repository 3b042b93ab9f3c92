// sources: xunhu/_media/*.c xunhu/_e1/*.c
// libs: -lsoxr -lgsm -lmpg123 -lmp3lame -lcurl -lssl -lcrypto -lopus -lopencore-amrnb -ldl
/* A hostile control: any commands in any order, units into the links, and any octets written over the rings.  The engine must go on
 * and its own books must stay right: what is open is listed, every crosspoint is in the lists of both its ends. */
#include "engine_private.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ONE_FILE "/tmp/xunhu-fuzz-engine.wav"   /* no other file of this machine is touched */

struct input { const uint8_t *at; size_t left; };

static uint8_t octet(struct input *in)
{
    if (!in->left)
        return 0;
    in->left--;
    return *in->at++;
}

/* Mostly numbers that mean something, sometimes any. */
static int32_t number(struct input *in)
{
    static const int32_t often[] = {0, 1, 2, 3, 33, 34, 2048, 2049, 4097, 4096, 16383, 16384, -1, 100, 16, 32767};
    uint8_t k = octet(in);
    if (k < 240)
        return often[k % 16];
    uint32_t v = 0;
    for (int i = 0; i < 4; i++)
        v = v << 8 | octet(in);
    return (int32_t)v;
}

static void fill_payload(struct input *in, struct xh_command *c)
{
    size_t n = octet(in);
    memset(c->payload, 0, sizeof c->payload);
    c->payload_len = (uint32_t)n;
    if (c->op == XH_CMD_RECORD || c->op == XH_CMD_PLAY || c->op == XH_CMD_PLAY_MORE || c->op == XH_CMD_RECORD_START) {
        if (c->op == XH_CMD_RECORD && c->a6 & XH_REC_ARMED && n < 200) {
            c->payload_len = 0;
            return;
        }
        memcpy(c->payload, ONE_FILE, sizeof ONE_FILE);
        c->payload_len = n < 250 ? sizeof ONE_FILE - 1 : (uint32_t)n;
        return;
    }
    for (size_t i = 0; i < n && in->left; i++)
        c->payload[i] = octet(in);
    if (n == 255)
        c->payload_len = (uint32_t)number(in);
}

static void command(struct input *in, struct xh_shm *m)
{
    struct xh_command c = {0};
    uint8_t op = octet(in);
    /* sometimes of conferences, of echo cancellers, of levels, of concealment, of detectors, of players */
    c.op = op < 180   ? op % 20u
           : op < 195 ? XH_CMD_CONFERENCE + op % 2u
           : op < 201 ? XH_CMD_ECHO
           : op < 206 ? XH_CMD_LEVEL
           : op < 210 ? XH_CMD_CONCEAL
           : op < 228 ? 72 + op % 5u
                      : XH_CMD_PLAY_SEEK + op % 6u;
    c.port = (uint32_t)number(in);
    c.tag = octet(in);
    c.a0 = number(in);
    c.a1 = number(in);
    c.a2 = number(in);
    c.a3 = number(in);
    c.a4 = number(in);
    c.a5 = number(in);
    if (c.op == XH_CMD_RECORD && octet(in) > 127) {
        c.a6 = octet(in) % 9;
        c.a7 = number(in);
        c.a8 = number(in);
        c.a9 = octet(in) % 3;
    }
    if (c.op == XH_CMD_LEVEL && octet(in) > 63) {       /* most are good */
        c.a2 %= 301;
        c.a3 = c.a4 = c.a5 = 0;
    }
    fill_payload(in, &c);
    xh_commands_put(m, &c, 1);
}

static void send(struct input *in, struct xh_engine *e)
{
    uint8_t frame[XH_FRAME_MAX];
    uint32_t link = octet(in) % 4, head = atomic_load(&e->shm->link_tx[link].at.head);
    size_t n = octet(in) + 45u * (octet(in) & 1);
    for (size_t i = 0; i < n; i++)
        frame[i] = octet(in);
    xh_frames_put(&e->shm->link_tx[link], &head, frame, n);
}

static void scribble(struct input *in, struct xh_shm *m)
{
    uint32_t value = (uint32_t)number(in);
    uint8_t link = octet(in) % 4;
    switch (octet(in) % 8) {
    case 0: m->commands_at.head = value; break;
    case 1: m->commands_at.tail = value; break;
    case 2: m->events_at.tail = value; break;
    case 3: m->events_at.head = value; break;
    case 4: m->link_tx[link].at.head = value; break;
    case 5: m->link_rx[link].at.tail = value; break;
    case 6: m->link_tx[link].octets[value % XH_LINK_OCTETS] = octet(in); break;
    case 7: m->wake = value; break;
    }
}

#define HOLDS(x) do { if (!(x)) abort(); } while (0)

/* Every place that is taken is known to its port, and the other way round. */
static void places_are_right(const struct xh_engine *e)
{
    for (int side = 0; side < XH_SIDES; side++) {
        const struct xh_level_side *s = e->level[side];
        for (uint32_t i = 0; i < XH_PLACES; i++) {
            int bits = s->levelled[i / 8] | s->automatic[i / 8] | s->watched[i / 8] | s->leaving[i / 8];
            HOLDS(!(bits & ~s->taken[i / 8]) && (i / 8 < s->groups || !s->taken[i / 8]));
            if (!(s->taken[i / 8] >> i % 8 & 1))
                continue;
            const struct xh_port *p = &e->port[s->port[i]];
            if (side == XH_SIDE_RECORD)
                HOLDS(p->kind == XH_PORT_RECORDER && (e->recorder[p->slot].place[0] == i || e->recorder[p->slot].place[1] == i));
            else
                HOLDS(p->kind != XH_PORT_FREE && (side == XH_SIDE_IN ? p->level_in : p->level_out) == i);
        }
    }
    for (uint32_t i = 0; i < XH_MAX_PORTS; i++) {
        const struct xh_port *p = &e->port[i];
        HOLDS(p->level_in == XH_NONE || e->level[XH_SIDE_IN]->port[p->level_in] == i);
        HOLDS(p->level_out == XH_NONE || e->level[XH_SIDE_OUT]->port[p->level_out] == i);
        HOLDS(!(p->levelled & 1) || p->level_in != XH_NONE);
        HOLDS(!(p->levelled & 2) || p->level_out != XH_NONE);
        HOLDS(((p->detect & XH_DETECT_VOICE) != 0) <= (p->level_in != XH_NONE));
    }
}

static void books_are_right(const struct xh_engine *e)
{
    places_are_right(e);
    uint32_t open = 0, in = 0, out = 0;
    for (uint32_t p = 0; p < XH_MAX_PORTS; p++) {
        const struct xh_port *port = &e->port[p];
        HOLDS((e->open[p / 64] >> p % 64 & 1) == (port->kind != XH_PORT_FREE));
        HOLDS(e->shm->ports[p].kind == port->kind);
        open += port->kind != XH_PORT_FREE;
        for (uint32_t x = port->first_in; x != XH_NO_XPOINT; x = e->xpoint[x].next_in, in++)
            HOLDS(e->xpoint[x].destination == p && e->port[e->xpoint[x].source].kind != XH_PORT_FREE);
        for (uint32_t x = port->first_out; x != XH_NO_XPOINT; x = e->xpoint[x].next_out, out++)
            HOLDS(e->xpoint[x].source == p);
        for (uint32_t k = port->key_first; k != XH_NONE; k = e->port[k].key_next)
            HOLDS(e->port[k].key_port == p);
    }
    HOLDS(open == e->ports_open && in == out && in == e->xpoints);
    uint32_t links = 0, slots[XH_MAX_SPANS] = {0};
    for (int i = 0; i < XH_MAX_LINKS; i++) {
        const struct xh_link *k = &e->link[i];
        links += k->open != 0;
        HOLDS(!k->open || !(slots[k->span] & k->slots));
        slots[k->span] |= k->open ? k->slots : 0;
    }
    HOLDS(links == e->links_open);
    for (int i = 0; i < XH_MAX_SPANS; i++)
        HOLDS(e->line[i].links == slots[i] && !(slots[i] & ~e->line[i].mask));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xh_span_spec specs[2] = {
        {.driver = XH_DRIVER_LOOP, .number = 0, .peer = 1, .law = 'A'},
        {.driver = XH_DRIVER_LOOP, .number = 1, .peer = 0, .law = 'U'},
    };
    struct input in = {data, size};
    int err = 0;
    struct xh_engine *e = xh_engine_new(specs, 2, octet(&in) & 1 ? 10 : 20, 'A', 1, 0, &err);
    if (!e)
        abort();
    int ticks = 0;
    while (in.left && ticks < 200) {
        uint8_t what = octet(&in);
        if (what < 150) {
            command(&in, e->shm);
        } else if (what < 170) {
            send(&in, e);
        } else if (what < 230) {
            xh_engine_tick_virtual(e);
            ticks++;
        } else if (what < 250) {
            scribble(&in, e->shm);
        } else if (what < 253) {
            xh_engine_attach(e);
        } else {
            xh_engine_detach(e);
        }
    }
    xh_engine_tick_virtual(e);
    books_are_right(e);
    xh_engine_free(e);
    unlink(ONE_FILE);
    return 0;
}
