/* DTLS-SRTP: keys of SRTP agreed by a DTLS handshake in the media path (RFC 5763, 5764; DTLS 1.2 by OpenSSL).
 *
 * What does it do: one association, client (a=setup:active) or server (passive). The far end's certificate is believed when its fingerprint is that of the SDP
 * (RFC 8122), whoever signed it. At the end both directions' master keys are there.
 * How do I use it: xh_dtls_identity_new once; xh_dtls_new for a stream; a client's xh_dtls_start. What comes with a first octet of 20 to 63
 * (RFC 7983) goes to xh_dtls_receive; after it, and when xh_dtls_due says so, all of xh_dtls_send goes out. No sockets; the time is OpenSSL's own (for
 * repeating lost flights). A handshake takes up to some milliseconds of CPU and takes memory: never in the tick. One owner.
 * Bounded: a flight queues XH_DTLS_QUEUE datagrams of at most XH_DTLS_MTU octets; a handshake may last for any time, its owner ends it. */
#ifndef XUNHU_DTLS_SRTP_H
#define XUNHU_DTLS_SRTP_H
#include <stddef.h>
#include <stdint.h>

#define XH_DTLS_MTU 1200
#define XH_DTLS_QUEUE 16
#define XH_DTLS_FINGERPRINT_MAX 64      /* octets: SHA-512 */

enum xh_dtls_hash { XH_DTLS_SHA_1, XH_DTLS_SHA_256, XH_DTLS_SHA_384, XH_DTLS_SHA_512 };        /* of a=fingerprint */
enum xh_dtls_state { XH_DTLS_NEW, XH_DTLS_SHAKING, XH_DTLS_DONE, XH_DTLS_FAILED, XH_DTLS_CLOSED /* the far end has said so */ };

struct xh_dtls_identity;
struct xh_dtls;

struct xh_dtls_keys {                   /* master key, then master salt (RFC 5764 §4.2); suite: XH_SRTP_* of engine_rtp.h */
    int suite, octets;
    uint8_t ours[46], theirs[46];       /* what we encrypt with; what they do */
};

/* pem: a file with certificate and key, or NULL: a new key on P-256 with a certificate of its own. NULL, *err: -errno; -EBADMSG: no such in the file. */
struct xh_dtls_identity *xh_dtls_identity_new(const char *pem, int *err);
void xh_dtls_identity_free(struct xh_dtls_identity *identity);
/* Octets of its certificate's fingerprint, written to out; -EINVAL. */
int xh_dtls_identity_fingerprint(const struct xh_dtls_identity *identity, enum xh_dtls_hash hash, uint8_t out[XH_DTLS_FINGERPRINT_MAX]);

/* suites: allowed XH_SRTP_* as bits, 0: all that DTLS-SRTP knows (AES_CM_128 with 80 and 32 bits, both AEAD). octets: of the fingerprint, as hash has them.
 * NULL: no memory, or a fingerprint that is none. The identity must outlive it. */
struct xh_dtls *xh_dtls_new(struct xh_dtls_identity *identity, int client, uint32_t suites, enum xh_dtls_hash hash, const uint8_t *fingerprint,
                            size_t octets);
void xh_dtls_free(struct xh_dtls *d);
enum xh_dtls_state xh_dtls_start(struct xh_dtls *d);            /* client: ClientHello; server: nothing yet */
enum xh_dtls_state xh_dtls_receive(struct xh_dtls *d, const uint8_t *datagram, size_t octets);
/* ms until xh_dtls_timeout is to be called, 0: now, -1: not at all. */
int xh_dtls_due(const struct xh_dtls *d);
enum xh_dtls_state xh_dtls_timeout(struct xh_dtls *d);
size_t xh_dtls_send(struct xh_dtls *d, uint8_t *out, size_t room);     /* octets of the next datagram, 0: none; room: XH_DTLS_MTU */
enum xh_dtls_state xh_dtls_state(const struct xh_dtls *d);
const char *xh_dtls_why(const struct xh_dtls *d);               /* FAILED: for people */
int xh_dtls_agreed(const struct xh_dtls *d, struct xh_dtls_keys *keys);   /* 0, -EAGAIN: not DONE */
void xh_dtls_close(struct xh_dtls *d);  /* close_notify waits in xh_dtls_send then */

static inline int xh_dtls_is_mine(const uint8_t *datagram, size_t octets) { return octets > 0 && datagram[0] >= 20 && datagram[0] <= 63; }
#endif
