#include "xunhu/udp_filter.h"

#include <errno.h>
#include <string.h>

#define PROBE 8
#define NS 1000000000ull
#define LOOK 8192 /* octets of the header that are looked through for the words */

struct bucket {
    struct xh_udp_source source;
    uint64_t last;    /* when it was touched; 0: free */
    uint64_t credit;  /* nanoseconds' worth: a datagram costs NS / rate */
    uint32_t scanner, rate, banned;
};

struct ban {
    struct xh_udp_source source;
    uint64_t until; /* 0: free */
};

struct trust {
    struct xh_udp_source source;
    uint32_t count; /* 0: free */
};

struct network {
    struct xh_udp_source source;
    unsigned bits;
};

struct xh_udp_filter {
    struct xh_udp_limits limits;
    uint64_t seed;
    uint64_t cost, room;                 /* of a source's bucket, in nanoseconds */
    uint64_t unknown_cost, unknown_room; /* of that of all unknown sources */
    uint64_t unknown_credit, unknown_last;
    uint64_t counts[XH_UDP_VERDICTS];
    size_t words, networks, trusted;
    uint8_t word_octets[XH_UDP_WORDS];
    char word[XH_UDP_WORDS][XH_UDP_WORD]; /* small letters */
    uint64_t first[4];                    /* set of the words' first octets, in both cases */
    struct network network[XH_UDP_NETWORKS];
    struct bucket bucket[XH_UDP_BUCKETS];
    struct ban ban[XH_UDP_BANS];
    struct trust trust[XH_UDP_TRUSTED];
};

size_t xh_udp_filter_size(void)
{
    return sizeof(struct xh_udp_filter);
}

int xh_udp_filter_limits(struct xh_udp_filter *f, const struct xh_udp_limits *l)
{
    if (!l->octets || l->octets > 65535 || !l->rate || !l->burst || !l->unknown_rate || !l->unknown_burst)
        return -EINVAL;
    f->limits = *l;
    f->cost = NS / l->rate;
    f->room = f->cost * l->burst;
    f->unknown_cost = NS / l->unknown_rate;
    f->unknown_room = f->unknown_cost * l->unknown_burst;
    if (f->unknown_credit > f->unknown_room)
        f->unknown_credit = f->unknown_room;
    return 0;
}

int xh_udp_filter_init(struct xh_udp_filter *f, const struct xh_udp_limits *limits, uint64_t seed)
{
    memset(f, 0, sizeof *f);
    f->seed = seed;
    int e = xh_udp_filter_limits(f, limits);
    f->unknown_credit = f->unknown_room;
    return e;
}

/* -- keys ------------------------------------------------------------------------------------------------------ */

static int is_v4(const struct xh_udp_source *s)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    return !memcmp(s->address, mapped, 12);
}

/* What a bucket is kept for: an IPv4 address, or the first 64 bits of an IPv6 one. */
static struct xh_udp_source host_of(const struct xh_udp_source *s)
{
    struct xh_udp_source h = *s;
    if (!is_v4(s))
        memset(h.address + 8, 0, 8);
    return h;
}

static int same(const struct xh_udp_source *a, const struct xh_udp_source *b)
{
    return !memcmp(a->address, b->address, 16);
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    x ^= x >> 32;
    x *= 0xd6e8feb86659fd93ull;
    return x ^ x >> 32;
}

static uint32_t hash(const struct xh_udp_filter *f, const struct xh_udp_source *s)
{
    uint64_t a, b;
    memcpy(&a, s->address, 8);
    memcpy(&b, s->address + 8, 8);
    return (uint32_t)(mix(mix(a ^ f->seed) + b) >> 16);
}

/* -- trusted ------------------------------------------------------------------------------------------------------ */

/* Its place, or that where it would stand; the table is never full. */
static uint32_t trust_place(const struct xh_udp_filter *f, const struct xh_udp_source *s)
{
    uint32_t i = hash(f, s);
    while (f->trust[i & (XH_UDP_TRUSTED - 1)].count && !same(&f->trust[i & (XH_UDP_TRUSTED - 1)].source, s))
        i++;
    return i & (XH_UDP_TRUSTED - 1);
}

int xh_udp_filter_trust(struct xh_udp_filter *f, const struct xh_udp_source *s)
{
    struct trust *t = &f->trust[trust_place(f, s)];
    if (!t->count) {
        if (f->trusted >= XH_UDP_TRUSTED / 4 * 3)
            return -ENOSPC;
        f->trusted++;
        t->source = *s;
    }
    t->count++;
    return 0;
}

int xh_udp_filter_distrust(struct xh_udp_filter *f, const struct xh_udp_source *s)
{
    uint32_t i = trust_place(f, s);
    if (!f->trust[i].count)
        return -ENOENT;
    if (--f->trust[i].count)
        return 0;
    f->trusted--;
    /* Close the gap: what stands behind it and would be found only past it moves up. */
    for (uint32_t k = (i + 1) & (XH_UDP_TRUSTED - 1); f->trust[k].count; k = (k + 1) & (XH_UDP_TRUSTED - 1)) {
        uint32_t home = hash(f, &f->trust[k].source) & (XH_UDP_TRUSTED - 1);
        if (((k - home) & (XH_UDP_TRUSTED - 1)) >= ((k - i) & (XH_UDP_TRUSTED - 1))) {
            f->trust[i] = f->trust[k];
            f->trust[k].count = 0;
            i = k;
        }
    }
    return 0;
}

void xh_udp_filter_networks_clear(struct xh_udp_filter *f)
{
    f->networks = 0;
}

int xh_udp_filter_network(struct xh_udp_filter *f, const struct xh_udp_source *s, unsigned bits)
{
    if (bits > 128)
        return -EINVAL;
    if (f->networks >= XH_UDP_NETWORKS)
        return -ENOSPC;
    f->network[f->networks++] = (struct network){*s, bits};
    return 0;
}

static int within(const struct network *n, const struct xh_udp_source *s)
{
    unsigned whole = n->bits / 8, rest = n->bits % 8;
    return !memcmp(n->source.address, s->address, whole) &&
           (!rest || !((n->source.address[whole] ^ s->address[whole]) & (0xff00 >> rest & 0xff)));
}

int xh_udp_filter_trusts(const struct xh_udp_filter *f, const struct xh_udp_source *s)
{
    if (f->trust[trust_place(f, s)].count)
        return 1;
    for (size_t i = 0; i < f->networks; i++)
        if (within(&f->network[i], s))
            return 1;
    return 0;
}

/* -- bans ----------------------------------------------------------------------------------------------------------- */

static struct ban *ban_find(const struct xh_udp_filter *f, const struct xh_udp_source *host)
{
    uint32_t h = hash(f, host);
    for (uint32_t i = 0; i < PROBE; i++) {
        const struct ban *b = &f->ban[(h + i) & (XH_UDP_BANS - 1)];
        if (b->until && same(&b->source, host))
            return (struct ban *)b;
    }
    return NULL;
}

void xh_udp_filter_ban(struct xh_udp_filter *f, const struct xh_udp_source *s, uint64_t until, uint64_t now)
{
    struct xh_udp_source host = host_of(s);
    struct ban *b = ban_find(f, &host);
    if (!b) {
        uint32_t h = hash(f, &host);
        b = &f->ban[h & (XH_UDP_BANS - 1)];
        for (uint32_t i = 0; i < PROBE; i++) {
            struct ban *c = &f->ban[(h + i) & (XH_UDP_BANS - 1)];
            if (c->until < b->until)
                b = c;
            if (b->until <= now)
                break; /* free, or over */
        }
        *b = (struct ban){host, 0};
    }
    if (until > b->until)
        b->until = until;
}

void xh_udp_filter_unban(struct xh_udp_filter *f, const struct xh_udp_source *s)
{
    struct xh_udp_source host = host_of(s);
    struct ban *b = ban_find(f, &host);
    if (b)
        b->until = 0;
}

uint64_t xh_udp_filter_banned(const struct xh_udp_filter *f, const struct xh_udp_source *s, uint64_t now)
{
    struct xh_udp_source host = host_of(s);
    const struct ban *b = ban_find(f, &host);
    return b && b->until > now ? b->until : 0;
}

/* -- buckets ---------------------------------------------------------------------------------------------------------- */

static struct bucket *bucket_of(struct xh_udp_filter *f, const struct xh_udp_source *host, uint64_t now)
{
    uint32_t h = hash(f, host);
    struct bucket *oldest = &f->bucket[h & (XH_UDP_BUCKETS - 1)];
    for (uint32_t i = 0; i < PROBE; i++) {
        struct bucket *b = &f->bucket[(h + i) & (XH_UDP_BUCKETS - 1)];
        if (b->last && same(&b->source, host))
            return b;
        if (b->last < oldest->last)
            oldest = b;
    }
    *oldest = (struct bucket){.source = *host, .last = now, .credit = f->room};
    return oldest;
}

/* 1: a datagram's cost is taken. */
static int take(uint64_t *credit, uint64_t *last, uint64_t now, uint64_t cost, uint64_t room)
{
    uint64_t gained = now > *last ? now - *last : 0;
    *last = now;
    *credit = gained >= room - (*credit > room ? room : *credit) ? room : *credit + gained;
    if (*credit < cost)
        return 0;
    *credit -= cost;
    return 1;
}

/* -- the look ----------------------------------------------------------------------------------------------------------- */

static size_t blank(const uint8_t *o, size_t n)
{
    size_t i = 0;
    while (i < n && (o[i] == '\r' || o[i] == '\n' || o[i] == 0))
        i++;
    return i;
}

int xh_udp_is_sip(const uint8_t *o, size_t n)
{
    size_t i = blank(o, n);
    o += i;
    n -= i;
    if (n >= 4 && !memcmp(o, "SIP/", 4))
        return 1;
    const uint8_t *end = memchr(o, '\n', n);
    if (!end)
        return 0;
    /* From the back: the version is the last word; white space behind it is a fault the parser answers. */
    for (const uint8_t *p = end; p - o >= 5; p--)
        if (p[-4] == 'S' && p[-3] == 'I' && p[-2] == 'P' && p[-1] == '/' && (p[-5] == ' ' || p[-5] == '\t'))
            return 1;
    return 0;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 0x20 : c;
}

/* 1: one of the words stands between o and end. */
static int has_word(const struct xh_udp_filter *f, const uint8_t *o, const uint8_t *end)
{
    for (; o < end; o++) {
        if (!(f->first[*o >> 6] >> (*o & 63) & 1))
            continue;
        for (size_t w = 0; w < f->words; w++) {
            size_t k = 0, n = f->word_octets[w];
            if ((size_t)(end - o) < n)
                continue;
            while (k < n && lower(o[k]) == (uint8_t)f->word[w][k])
                k++;
            if (k == n)
                return 1;
        }
    }
    return 0;
}

/* 1: the line begins with this name (small letters), white space, and a colon. */
static int is_header(const uint8_t *line, const uint8_t *end, const char *name)
{
    for (; *name; name++, line++)
        if (line >= end || lower(*line) != (uint8_t)*name)
            return 0;
    while (line < end && (*line == ' ' || *line == '\t'))
        line++;
    return line < end && *line == ':';
}

int xh_udp_is_scanner(const struct xh_udp_filter *f, const uint8_t *o, size_t n)
{
    if (!f->words)
        return 0;
    size_t skip = blank(o, n);
    const uint8_t *end = o + (n > LOOK ? LOOK : n);
    int told = 0; /* the line before was one of ours: a folded line belongs to it */
    for (o += skip; o < end;) {
        const uint8_t *line = o, *stop = memchr(o, '\n', (size_t)(end - o));
        if (!stop)
            stop = end;
        o = stop + 1;
        if (stop == line || (stop == line + 1 && *line == '\r'))
            return 0; /* the header's end */
        uint8_t c = lower(*line);
        if (c == 'u')
            told = is_header(line, stop, "user-agent");
        else if (c == 'f')
            told = is_header(line, stop, "from") || is_header(line, stop, "f");
        else if (c != ' ' && c != '\t')
            told = 0;
        if (told && has_word(f, line, stop))
            return 1;
    }
    return 0;
}

int xh_udp_filter_words(struct xh_udp_filter *f, const char *const *words, size_t n)
{
    if (n > XH_UDP_WORDS)
        return -ENOSPC;
    for (size_t w = 0; w < n; w++) {
        size_t octets = strnlen(words[w], XH_UDP_WORD);
        if (!octets || octets >= XH_UDP_WORD)
            return -EINVAL;
        for (size_t k = 0; k < octets; k++)
            if ((uint8_t)words[w][k] >= 0x80)
                return -EINVAL;
    }
    f->words = n;
    memset(f->first, 0, sizeof f->first);
    for (size_t w = 0; w < n; w++) {
        f->word_octets[w] = (uint8_t)strlen(words[w]);
        for (size_t k = 0; k < f->word_octets[w]; k++)
            f->word[w][k] = (char)lower((uint8_t)words[w][k]);
        uint8_t c = (uint8_t)f->word[w][0];
        f->first[c >> 6] |= 1ull << (c & 63);
        if (c >= 'a' && c <= 'z')
            f->first[(c ^ 0x20) >> 6] |= 1ull << ((c ^ 0x20) & 63);
    }
    return 0;
}

/* -- the verdict ---------------------------------------------------------------------------------------------------------- */

static enum xh_udp_verdict judge(struct xh_udp_filter *f, const struct xh_udp_source *s, const uint8_t *o, size_t n, uint64_t now)
{
    if (xh_udp_filter_trusts(f, s)) {
        if (n > f->limits.octets)
            return XH_UDP_TOO_LONG;
        if (blank(o, n) == n)
            return XH_UDP_EMPTY;
        return xh_udp_is_sip(o, n) ? XH_UDP_PASS_TRUSTED : XH_UDP_NOT_SIP;
    }
    struct xh_udp_source host = host_of(s);
    const struct ban *ban = ban_find(f, &host);
    if (ban && ban->until > now) {
        struct bucket *b = bucket_of(f, &host, now);
        b->banned++;
        b->last = now;
        return XH_UDP_BANNED;
    }
    if (n > f->limits.octets)
        return XH_UDP_TOO_LONG;
    if (blank(o, n) == n)
        return XH_UDP_EMPTY;
    if (!xh_udp_is_sip(o, n))
        return XH_UDP_NOT_SIP;
    struct bucket *b = bucket_of(f, &host, now);
    if (!take(&b->credit, &b->last, now, f->cost, f->room)) {
        b->rate++;
        return XH_UDP_RATE;
    }
    if (xh_udp_is_scanner(f, o, n)) {
        b->scanner++;
        return XH_UDP_SCANNER;
    }
    if (!take(&f->unknown_credit, &f->unknown_last, now, f->unknown_cost, f->unknown_room))
        return XH_UDP_UNKNOWN_RATE;
    return XH_UDP_PASS;
}

enum xh_udp_verdict xh_udp_filter_judge(struct xh_udp_filter *f, const struct xh_udp_source *s, const uint8_t *o, size_t n, uint64_t now)
{
    enum xh_udp_verdict v = judge(f, s, o, n, now ? now : 1);
    f->counts[v]++;
    return v;
}

void xh_udp_filter_full(struct xh_udp_filter *f, enum xh_udp_verdict passed)
{
    f->counts[passed]--;
    f->counts[XH_UDP_FULL]++;
}

void xh_udp_filter_counts(const struct xh_udp_filter *f, uint64_t counts[XH_UDP_VERDICTS])
{
    memcpy(counts, f->counts, sizeof f->counts);
}

static uint64_t refused(const struct xh_udp_suspect *s)
{
    return s->scanner + s->rate + s->banned;
}

size_t xh_udp_filter_suspects(const struct xh_udp_filter *f, struct xh_udp_suspect *out, size_t n)
{
    size_t have = 0;
    for (size_t i = 0; n && i < XH_UDP_BUCKETS; i++) {
        const struct bucket *b = &f->bucket[i];
        struct xh_udp_suspect s = {b->source, b->scanner, b->rate, b->banned, b->last};
        if (!b->last || !refused(&s) || (have == n && refused(&s) <= refused(&out[have - 1])))
            continue;
        size_t k = have < n ? have++ : have - 1;
        for (; k > 0 && refused(&out[k - 1]) < refused(&s); k--)
            out[k] = out[k - 1];
        out[k] = s;
    }
    return have;
}
