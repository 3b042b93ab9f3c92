/* Telephone events, RFC 4733: keys in RTP packets. One key is one key, however often it is said, and whatever is lost.
 *
 * Receiver: an event is known by its timestamp. It begins with the first packet seen of it, whichever that is; it ends with the first packet
 * that has the E bit, with an event that is newer, or when nothing came of it for XH_RTP_EVENT_GONE. Old and repeated packets are passed
 * over. Long events in segments (§2.5.1.3) are one; so are those of senders that move the timestamp in each update.
 * Sender: first packet at once, with marker, as if a packet's time had gone by; then updates about each 50 ms; three packets with E, a packet's
 * time apart, the first when the event is over. */
#ifndef XUNHU_RTP_EVENT_H
#define XUNHU_RTP_EVENT_H
#include <stddef.h>
#include <stdint.h>

#define XH_RTP_EVENT_OCTETS 4
#define XH_RTP_EVENT_FLASH 16
#define XH_RTP_EVENT_GONE 1600          /* samples without an update after which it has ended: 200 ms */
#define XH_RTP_KEYS 8                   /* begins and ends kept for the owner */
#define XH_RTP_DIGITS 64                /* to be sent, waiting */

struct xh_rtp_event {                   /* §2.3, one block of a payload */
    uint8_t event;
    uint8_t end;
    uint8_t volume;                     /* -dBm0, 0 to 63 */
    uint16_t duration;                  /* clock ticks of the payload type */
};
void xh_rtp_event_parse(struct xh_rtp_event *e, const uint8_t block[XH_RTP_EVENT_OCTETS]);
void xh_rtp_event_build(uint8_t block[XH_RTP_EVENT_OCTETS], const struct xh_rtp_event *e);
char xh_rtp_event_digit(int event);     /* "0123456789*#ABCD", '!' flash, else 0 */
int xh_rtp_event_code(char digit);      /* -EINVAL: there is none; a to d too */

struct xh_rtp_key {
    uint8_t event;                      /* 0 to 255 */
    char digit;                         /* ASCII, '!' flash, 0: another event */
    uint8_t ended;                      /* 0 it has begun, 1 it has ended */
    uint8_t volume;                     /* -dBm0 */
    uint32_t samples;                   /* of 8 kHz; ended: how long it was */
};

struct xh_rtp_events {                  /* received */
    uint32_t at;                        /* timestamp of the newest event, of its last segment */
    uint32_t before;                    /* clock ticks of its segments before that */
    uint32_t duration;                  /* of the last segment so far */
    uint32_t clock_hz;                  /* of the event that is known */
    uint32_t updated;                   /* samples, now: when something came of it */
    uint8_t known, active;              /* at is of one; it has not ended */
    uint8_t event, volume;
    uint8_t first, count;               /* of keys */
    uint32_t lost;                      /* keys that found no room */
    struct xh_rtp_key keys[XH_RTP_KEYS];
};
void xh_rtp_events_init(struct xh_rtp_events *e);
/* A payload of one or more blocks. now: samples of 8 kHz, modulo 2^32. 0, -EBADMSG: not whole blocks. */
int xh_rtp_events_payload(struct xh_rtp_events *e, uint32_t timestamp, const uint8_t *payload, size_t octets, uint32_t clock_hz, uint32_t now);
void xh_rtp_events_tick(struct xh_rtp_events *e, uint32_t now); /* ends what nothing comes of */
size_t xh_rtp_events_take(struct xh_rtp_events *e, struct xh_rtp_key *keys, size_t room);

struct xh_rtp_dialing {                 /* sent */
    uint32_t at;                        /* samples, the sender's: when the event began */
    uint32_t length;                    /* of the key that is being sent, whole packets; what it was while its end is repeated */
    uint32_t off;                       /* samples of pause behind it */
    uint32_t next;                      /* when the next packet is due */
    uint32_t free_at;                   /* when the next key may begin; holds while waits */
    uint32_t segment;                   /* clock ticks of the segments before this one */
    uint8_t waits;
    uint8_t active, event, volume;
    uint8_t repeats;                    /* packets with E to come */
    uint8_t first, count;
    char digit[XH_RTP_DIGITS];
    uint16_t on_ms[XH_RTP_DIGITS], off_ms[XH_RTP_DIGITS];
};
void xh_rtp_dialing_init(struct xh_rtp_dialing *d);
/* Digits 0-9*#A-D, ! flash and , (pause of 500 ms) behind those waiting. 0; -EINVAL: another, or on_ms not 20 to 60000, off_ms not 0 to 60000;
 * -ENOSPC: no room for all: none is taken. */
int xh_rtp_dialing_add(struct xh_rtp_dialing *d, const char *digits, size_t n, int on_ms, int off_ms);
void xh_rtp_dialing_stop(struct xh_rtp_dialing *d);     /* the key that is being sent ends, those waiting go */
struct xh_rtp_dialed {
    uint32_t at;                        /* samples: when the event began */
    uint32_t ticks;                     /* to be added to the timestamp of that: segments before this one */
    uint8_t marker;
    uint8_t block[XH_RTP_EVENT_OCTETS];
};
/* 1: a packet is to be sent now (call again), 0: none. clock_hz: of the events' payload type; packet: samples of a packet. */
int xh_rtp_dialing_next(struct xh_rtp_dialing *d, struct xh_rtp_dialed *out, uint32_t now, uint32_t packet, uint32_t clock_hz);
int xh_rtp_dialing_speaks(const struct xh_rtp_dialing *d);      /* 1: a key is being sent, sound is not */
#endif
