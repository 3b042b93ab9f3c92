/* Which datagrams to a SIP port are worth the control process's time. No socket, no clock: octets, a source and `now` in, a verdict out.
 *
 * Sources are of four kinds, looked at in this order:
 *   trusted   configured peers (addresses and networks) and addresses that hold a registration: neither words nor buckets nor bans
 *             are asked, only whether it is SIP at all and not too long
 *   banned    until a time; nothing of them is looked at
 *   unknown   each has a bucket of tokens, and all of them together have one more, so that a flood from forged sources that are never
 *             the same is bounded, too
 * A bucket is of one IPv4 address or of one IPv6 network of 64 bits, since a host has all of these.
 *
 * All tables are bounded: open addressing, a short probe, and when all places of a probe are taken the one least worth is given up (bucket
 * that was touched longest ago, ban that ends first). Hashes are keyed by `seed`, so that nobody outside can choose what meets in one probe.
 *
 * State is one block of xh_udp_filter_size() octets that the caller owns; calls are not to be made at the same time (udp_receiver.h locks).
 * Times are nanoseconds of one monotonic clock. */
#ifndef XUNHU_UDP_FILTER_H
#define XUNHU_UDP_FILTER_H

#include <stddef.h>
#include <stdint.h>

#define XH_UDP_WORDS 64        /* names of scanners */
#define XH_UDP_WORD 32         /* octets of one, with its zero */
#define XH_UDP_NETWORKS 256    /* trusted networks that are more than one address */
#define XH_UDP_BUCKETS 32768   /* a power of 2 */
#define XH_UDP_BANS 65536      /* a power of 2 */
#define XH_UDP_TRUSTED 32768   /* a power of 2; addresses, at most three quarters are taken */
#define XH_UDP_DATAGRAM 65536  /* octets of the longest datagram there is */

/* IPv6, or IPv4 as ::ffff:a.b.c.d */
struct xh_udp_source {
    uint8_t address[16];
};

/* What becomes of a datagram; also the index of its counter. */
enum xh_udp_verdict {
    XH_UDP_PASS = 0,       /* an unknown source, within its limits */
    XH_UDP_PASS_TRUSTED,
    XH_UDP_EMPTY,          /* only CR, LF, zero octets or nothing: keep-alive of a NAT binding; nothing to do */
    XH_UDP_NOT_SIP,        /* its first line has no SIP/ in it */
    XH_UDP_TOO_LONG,
    XH_UDP_SCANNER,        /* User-Agent or From has one of the words */
    XH_UDP_BANNED,
    XH_UDP_RATE,           /* the source's bucket is empty */
    XH_UDP_UNKNOWN_RATE,   /* the bucket of all unknown sources is empty */
    XH_UDP_FULL,           /* no room in the ring (udp_receiver.h) */
    XH_UDP_VERDICTS
};

struct xh_udp_limits {
    uint32_t octets;         /* of a message, 1 to 65535 */
    uint32_t rate, burst;    /* datagrams a second of one unknown source; at once */
    uint32_t unknown_rate, unknown_burst; /* of all unknown sources together */
};

/* A source that something was refused of, for operators. */
struct xh_udp_suspect {
    struct xh_udp_source source;
    uint64_t scanner, rate, banned; /* datagrams dropped, by why, since its place in the table is its own */
    uint64_t last_ns;
};

struct xh_udp_filter;

size_t xh_udp_filter_size(void);
/* seed: from a random source. Nothing is trusted, banned or a word. -EINVAL: a limit is 0 or octets above 65535. */
int xh_udp_filter_init(struct xh_udp_filter *f, const struct xh_udp_limits *limits, uint64_t seed);
int xh_udp_filter_limits(struct xh_udp_filter *f, const struct xh_udp_limits *limits);
/* The words in place of those before: ASCII, without regard to case. -EINVAL: one is empty, longer than 31 or not ASCII; -ENOSPC: above 64. */
int xh_udp_filter_words(struct xh_udp_filter *f, const char *const *words, size_t n);

/* An address is trusted once more, or once less; it is as long as the count is above 0. -ENOSPC: table full; -ENOENT: was not trusted. */
int xh_udp_filter_trust(struct xh_udp_filter *f, const struct xh_udp_source *source);
int xh_udp_filter_distrust(struct xh_udp_filter *f, const struct xh_udp_source *source);
/* bits: of the prefix, 0 to 128 (an IPv4 network of n bits: 96 + n). -ENOSPC: above XH_UDP_NETWORKS. The list is given anew as a whole:
 * xh_udp_filter_networks_clear, then one call each. */
void xh_udp_filter_networks_clear(struct xh_udp_filter *f);
int xh_udp_filter_network(struct xh_udp_filter *f, const struct xh_udp_source *source, unsigned bits);
int xh_udp_filter_trusts(const struct xh_udp_filter *f, const struct xh_udp_source *source);

/* Nothing of this source until `until`; a later time than before stands. Trusted sources can be banned, too, and are heard all the same. */
void xh_udp_filter_ban(struct xh_udp_filter *f, const struct xh_udp_source *source, uint64_t until, uint64_t now);
void xh_udp_filter_unban(struct xh_udp_filter *f, const struct xh_udp_source *source);
/* Time of the ban's end; 0: none. */
uint64_t xh_udp_filter_banned(const struct xh_udp_filter *f, const struct xh_udp_source *source, uint64_t now);

/* One datagram of n octets, of which `octets` holds min(n, XH_UDP_DATAGRAM). Counts what it says. */
enum xh_udp_verdict xh_udp_filter_judge(struct xh_udp_filter *f, const struct xh_udp_source *source, const uint8_t *octets, size_t n,
                                        uint64_t now);
/* The receiver had no room for what had passed. */
void xh_udp_filter_full(struct xh_udp_filter *f, enum xh_udp_verdict passed);
void xh_udp_filter_counts(const struct xh_udp_filter *f, uint64_t counts[XH_UDP_VERDICTS]);
/* The n sources most was refused of, most first; returns how many. Reads the whole table of buckets. */
size_t xh_udp_filter_suspects(const struct xh_udp_filter *f, struct xh_udp_suspect *out, size_t n);

/* The look alone. */
int xh_udp_is_sip(const uint8_t *octets, size_t n);
int xh_udp_is_scanner(const struct xh_udp_filter *f, const uint8_t *octets, size_t n);

#endif
