/* An E1: RFC 5086 packets (control word, then frames x 31 octets, timeslots 1..31) over UDP, HDLC in one timeslot.
 *
 * Received packets are taken in order of sequence without a jitter buffer: nothing here must be played out in time.
 * Sending goes at the pace of the caller's clock. */
#include "far_end.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONTROL_WORD 4
#define L_BIT 0x08
#define R_BIT 0x04
#define IDLE 0xD5

bool fifo_put(struct fifo *f, const uint8_t *octets, int len)
{
    if (f->count == FIFO_FRAMES || len > FRAME_OCTETS)
        return false;
    int at = (f->head + f->count++) % FIFO_FRAMES;
    f->slot[at].len = len;
    memcpy(f->slot[at].octets, octets, len);
    return true;
}

int fifo_get(struct fifo *f, uint8_t *octets, int room)
{
    if (!f->count)
        return 0;
    int at = f->head, len = f->slot[at].len;
    f->head = (at + 1) % FIFO_FRAMES;
    f->count--;
    if (len > room)
        return 0;
    memcpy(octets, f->slot[at].octets, len);
    return len;
}

/* hdlc_tx_frame refuses while it still has a frame: the frame then stays at the head of the queue. */
static void next_frame(void *context)
{
    struct line *l = context;
    if (!l->tx.count) {
        uint8_t octets[FRAME_OCTETS];
        int len = signalling_fill(l, octets);
        if (len)
            hdlc_tx_frame(l->hdlc_tx, octets, len);
        return;
    }
    if (hdlc_tx_frame(l->hdlc_tx, l->tx.slot[l->tx.head].octets, l->tx.slot[l->tx.head].len))
        return;
    l->tx.head = (l->tx.head + 1) % FIFO_FRAMES;
    l->tx.count--;
    l->frames_out++;
}

/* next_frame has been asked at the octet before. */
static void nothing_left(void *context)
{
}

static void got_frame(void *context, const uint8_t *frame, int len, int ok)
{
    struct line *l = context;
    if (len <= 0)
        return;                 /* status of the receiver: flags seen, abort ... */
    if (!ok) {
        l->bad_frames++;
        return;
    }
    l->frames_in++;
    int64_t now = clock_ns();
    if (now >= l->deaf_until_ns && now >= l->cut_until_ns)
        signalling_frame(l, frame, len);
}

static int resolve(const char *text, struct sockaddr_storage *out, socklen_t *len)
{
    char host[128];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host)
        return -1;
    memcpy(host, text, colon - text);
    host[colon - text] = 0;
    struct addrinfo hints = {.ai_family = AF_INET, .ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST}, *found;
    if (getaddrinfo(host, colon + 1, &hints, &found))
        return -1;
    memcpy(out, found->ai_addr, found->ai_addrlen);
    *len = found->ai_addrlen;
    freeaddrinfo(found);
    return 0;
}

int line_open(struct line *l, const char *local, const char *remote, int frames)
{
    struct sockaddr_storage a, b;
    socklen_t alen, blen;
    if (resolve(local, &a, &alen) || resolve(remote, &b, &blen)) {
        fprintf(stderr, "far_end: addresses must be a.b.c.d:port\n");
        return -1;
    }
    l->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    int room = 1 << 20;
    if (l->fd < 0 || setsockopt(l->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room) ||
        bind(l->fd, (struct sockaddr *)&a, alen) || connect(l->fd, (struct sockaddr *)&b, blen)) {
        fprintf(stderr, "far_end: %s -> %s: %s\n", local, remote, strerror(errno));
        return -1;
    }
    l->frames = frames;
    l->hdlc_tx = hdlc_tx_init(NULL, false, 1, false, nothing_left, l);
    l->hdlc_rx = hdlc_rx_init(NULL, false, true, 1, got_frame, l);
    return l->hdlc_tx && l->hdlc_rx ? 0 : -1;
}

static void report_alarm(const struct line *l)
{
    report("alarm", NULL, ",\"line\":%d,\"los\":%d,\"ais\":%d,\"rai\":%d", l->number, l->los, l->ais, l->rai);
}

static void conceal(struct line *l, int packets)
{
    uint8_t idle[MAX_FRAMES];
    memset(idle, IDLE, sizeof idle);
    l->lost += packets;
    for (int p = 0; p < packets && p < 200; p++)
        for (int ts = 1; ts <= TIMESLOTS; ts++)
            voice_receive(&fe.calls[32 * l->number + ts], idle, l->frames);
}

/* true: the packet is to be used */
static bool in_sequence(struct line *l, uint16_t seq)
{
    uint16_t ahead = seq - l->seq_in;
    if (l->synced && ahead >= 0x8000 && ++l->late_run < 10) {
        l->late++;
        return false;
    }
    if (l->synced && ahead && ahead < 0x8000)
        conceal(l, ahead);
    l->late_run = 0;
    l->synced = true;
    l->seq_in = seq + 1;
    return true;
}

static void take_packet(struct line *l, const uint8_t *p, int len)
{
    int frames = (len - CONTROL_WORD) / TIMESLOTS;
    if (len < CONTROL_WORD + TIMESLOTS || (len - CONTROL_WORD) % TIMESLOTS || frames > MAX_FRAMES || p[0] & 0xF0) {
        l->malformed++;
        return;
    }
    l->packets_in++;
    l->heard_ns = clock_ns();
    if (!in_sequence(l, (uint16_t)(p[2] << 8 | p[3])))
        return;
    bool ais = p[0] & L_BIT, rai = p[0] & R_BIT;
    if (ais != l->ais || rai != l->rai) {
        l->ais = ais;
        l->rai = rai;
        report_alarm(l);
    }
    const uint8_t *octets = p + CONTROL_WORD;
    uint8_t slot[MAX_FRAMES];
    for (int ts = 1; ts <= TIMESLOTS; ts++) {
        for (int f = 0; f < frames; f++)
            slot[f] = octets[f * TIMESLOTS + ts - 1];
        if (ts != l->signalling) {
            voice_receive(&fe.calls[32 * l->number + ts], slot, frames);
            continue;
        }
        for (int f = 0; f < frames; f++)
            for (int bit = 7; bit >= 0; bit--)
                hdlc_rx_put_bit(l->hdlc_rx, slot[f] >> bit & 1);
    }
}

void line_receive(struct line *l)
{
    uint8_t packet[2048];
    for (;;) {
        ssize_t len = recv(l->fd, packet, sizeof packet, 0);
        if (len < 0) {
            if (errno == ECONNREFUSED || errno == EINTR)
                continue;       /* the other side is not there yet */
            break;
        }
        take_packet(l, packet, (int)len);
    }
    bool los = clock_ns() - l->heard_ns > 100 * MS;
    if (los != l->los) {
        l->los = los;
        report_alarm(l);
    }
}

static void signalling_octets(struct line *l, uint8_t *slot, bool deaf, bool cut)
{
    for (int f = 0; f < l->frames; f++) {
        if (!deaf)
            next_frame(l);
        slot[f] = 0;
        for (int bit = 7; bit >= 0; bit--)
            slot[f] |= (hdlc_tx_get_bit(l->hdlc_tx) & 1) << bit;
    }
    if (cut)
        memset(slot, 0xFF, l->frames);
}

void line_send(struct line *l, int64_t now)
{
    uint8_t packet[CONTROL_WORD + MAX_FRAMES * TIMESLOTS], slot[MAX_FRAMES];
    int len = CONTROL_WORD + l->frames * TIMESLOTS;
    bool cut = now < l->cut_until_ns, deaf = cut || now < l->deaf_until_ns;
    if (deaf)
        l->tx.count = 0;
    packet[0] = l->los ? R_BIT : 0;
    packet[1] = len < 64 ? len : 0;
    packet[2] = l->seq_out >> 8;
    packet[3] = l->seq_out & 0xFF;
    l->seq_out++;
    for (int ts = 1; ts <= TIMESLOTS; ts++) {
        if (ts == l->signalling)
            signalling_octets(l, slot, deaf, cut);
        else
            voice_send(&fe.calls[32 * l->number + ts], slot, l->frames);
        for (int f = 0; f < l->frames; f++)
            packet[CONTROL_WORD + f * TIMESLOTS + ts - 1] = slot[f];
    }
    if (now < l->quiet_until_ns)
        return;
    if (send(l->fd, packet, len, 0) == len)
        l->packets_out++;
}
