// sources: xunhu/net/udp_filter.c
/* The filter by itself: networks, counts of trust and gaps closed, bans that end, buckets by time, what gives way in full tables, words. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xunhu/udp_filter.h"

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)
#define NS 1000000000ull

static const struct xh_udp_limits limits = {.octets = 4000, .rate = 10, .burst = 20, .unknown_rate = 1000000, .unknown_burst = 1000000};
static const char message[] = "REGISTER sip:example.com SIP/2.0\r\nFrom: <sip:8001@example.com>\r\n\r\n";

static struct xh_udp_source v4(uint32_t address)
{
    struct xh_udp_source s = {{0}};
    s.address[10] = s.address[11] = 0xff;
    for (int i = 0; i < 4; i++)
        s.address[12 + i] = (uint8_t)(address >> (24 - 8 * i));
    return s;
}

static struct xh_udp_source v6(uint64_t network, uint64_t host)
{
    struct xh_udp_source s;
    for (int i = 0; i < 8; i++) {
        s.address[i] = (uint8_t)(network >> (56 - 8 * i));
        s.address[8 + i] = (uint8_t)(host >> (56 - 8 * i));
    }
    return s;
}

static enum xh_udp_verdict judge(struct xh_udp_filter *f, struct xh_udp_source s, const char *text, uint64_t now)
{
    return xh_udp_filter_judge(f, &s, (const uint8_t *)text, strlen(text), now);
}

static void networks(struct xh_udp_filter *f)
{
    struct xh_udp_source a = v4(0x0a010000), b = v6(0x20010db800000000ull, 0), c = v4(0xc0000280);
    CHECK(!xh_udp_filter_network(f, &a, 96 + 15) && !xh_udp_filter_network(f, &b, 29) && !xh_udp_filter_network(f, &c, 96 + 25));
    struct { struct xh_udp_source s; int in; } row[] = {
        {v4(0x0a000000), 1}, {v4(0x0a01ffff), 1}, {v4(0x0a020000), 0}, {v4(0xc0000280), 1}, {v4(0xc000027f), 0}, {v4(0xc00002ff), 1},
        {v6(0x20010db800000000ull, 1), 1}, {v6(0x20010dbfffffffffull, 1), 1}, {v6(0x20010dc000000000ull, 1), 0}, {v6(0, 0x0a000000), 0},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        CHECK(xh_udp_filter_trusts(f, &row[i].s) == row[i].in);
    xh_udp_filter_networks_clear(f);
    CHECK(!xh_udp_filter_trusts(f, &a));
    for (int i = 0; i < XH_UDP_NETWORKS; i++)
        CHECK(!xh_udp_filter_network(f, &b, 128));
    CHECK(xh_udp_filter_network(f, &b, 128) == -28 && xh_udp_filter_network(f, &b, 129) == -22);
    xh_udp_filter_networks_clear(f);
}

/* Many come and go in an order of their own; a model says who is trusted. */
static void trust(struct xh_udp_filter *f)
{
    static uint8_t model[20000];
    uint32_t x = 1;
    for (int n = 0; n < 300000; n++) {
        x = x * 1664525 + 1013904223;
        uint32_t who = (x >> 8) % 20000;
        struct xh_udp_source s = v4(who);
        CHECK(xh_udp_filter_trusts(f, &s) == (model[who] > 0));
        if (x >> 31 && model[who] < 3) {
            CHECK(!xh_udp_filter_trust(f, &s));
            model[who]++;
        } else if (model[who]) {
            CHECK(!xh_udp_filter_distrust(f, &s));
            model[who]--;
        } else {
            CHECK(xh_udp_filter_distrust(f, &s) == -2);
        }
    }
    for (uint32_t who = 0; who < 20000; who++)
        for (struct xh_udp_source s = v4(who); model[who]; model[who]--)
            CHECK(!xh_udp_filter_distrust(f, &s));
    uint32_t n = 0;
    for (struct xh_udp_source s = v4(0); !xh_udp_filter_trust(f, &s); s = v4(++n))
        ;
    CHECK(n == XH_UDP_TRUSTED / 4 * 3);
    for (uint32_t who = 0; who < n; who++) {
        struct xh_udp_source s = v4(who);
        CHECK(!xh_udp_filter_distrust(f, &s));
    }
}

static void bans(struct xh_udp_filter *f)
{
    struct xh_udp_source a = v4(0x01020304), b = v6(0x20010db800000001ull, 5), neighbour = v6(0x20010db800000001ull, 77);
    xh_udp_filter_ban(f, &a, 100 * NS, NS);
    xh_udp_filter_ban(f, &a, 50 * NS, NS); /* the later one stands */
    xh_udp_filter_ban(f, &b, 10 * NS, NS);
    CHECK(xh_udp_filter_banned(f, &a, 99 * NS) == 100 * NS && !xh_udp_filter_banned(f, &a, 100 * NS));
    CHECK(judge(f, a, message, 60 * NS) == XH_UDP_BANNED && judge(f, a, message, 101 * NS) == XH_UDP_PASS);
    CHECK(judge(f, neighbour, message, 2 * NS) == XH_UDP_BANNED); /* the network of 64 bits */
    CHECK(!xh_udp_filter_trust(f, &neighbour) && judge(f, neighbour, message, 2 * NS) == XH_UDP_PASS_TRUSTED);
    CHECK(!xh_udp_filter_distrust(f, &neighbour));
    xh_udp_filter_unban(f, &neighbour);
    CHECK(!xh_udp_filter_banned(f, &b, 2 * NS));
    /* Far more than there is room for: the table keeps working, and the longest bans of a probe stay. */
    xh_udp_filter_ban(f, &a, 100000 * NS, NS);
    for (uint32_t i = 0; i < 4 * XH_UDP_BANS; i++) {
        struct xh_udp_source s = v4(0x20000000 + i);
        xh_udp_filter_ban(f, &s, 1000 * NS, 200 * NS);
        CHECK(xh_udp_filter_banned(f, &s, 200 * NS) == 1000 * NS);
    }
    CHECK(xh_udp_filter_banned(f, &a, 200 * NS) == 100000 * NS);
    xh_udp_filter_unban(f, &a);
}

static void buckets(struct xh_udp_filter *f)
{
    struct xh_udp_source a = v4(0x7f000001);
    uint64_t now = 5000 * NS;
    int passed = 0;
    for (int i = 0; i < 100; i++)
        passed += judge(f, a, message, now) == XH_UDP_PASS;
    CHECK(passed == 20);
    for (int i = 0; i < 1000; i++) { /* 100 a second for 10 s: the rate of 10 gets through */
        now += NS / 100;
        passed += judge(f, a, message, now) == XH_UDP_PASS;
    }
    CHECK(passed == 120);
    CHECK(judge(f, a, message, now + 3600 * NS) == XH_UDP_PASS);
    struct xh_udp_suspect s[4];
    size_t n = xh_udp_filter_suspects(f, s, 4);
    CHECK(n >= 1 && !memcmp(&s[0].source, &a, 16) && s[0].rate == 980);
    for (size_t i = 1; i < n; i++)
        CHECK(s[i].rate + s[i].scanner + s[i].banned <= s[i - 1].rate + s[i - 1].scanner + s[i - 1].banned);
}

/* A flood from sources that are never the same: the bucket of all unknown ones bounds it; trusted ones do not stand in it. */
static void unknown(struct xh_udp_filter *f)
{
    struct xh_udp_limits l = limits;
    struct xh_udp_source peer = v4(0x0a0a0a0a);
    l.unknown_rate = 100;
    l.unknown_burst = 50;
    uint64_t now = 20000 * NS;
    int passed = 0, trusted = 0;
    CHECK(!xh_udp_filter_limits(f, &l) && !xh_udp_filter_trust(f, &peer));
    for (uint32_t i = 0; i < 200000; i++) { /* two seconds */
        now += NS / 100000;
        passed += judge(f, v4(0x40000000 + i * 7), message, now) == XH_UDP_PASS;
        if (i % 100 == 0)
            trusted += judge(f, peer, message, now) == XH_UDP_PASS_TRUSTED;
    }
    CHECK(passed >= 248 && passed <= 251 && trusted == 2000);
    CHECK(!xh_udp_filter_distrust(f, &peer));
    CHECK(!xh_udp_filter_limits(f, &limits));
}

static void look(struct xh_udp_filter *f)
{
    static const char *const words[] = {"friendly-scanner", "SIPVicious", "sipcli"};
    CHECK(!xh_udp_filter_words(f, words, 3));
    static const struct { const char *text; int sip, scanner; } row[] = {
        {"OPTIONS sip:a@b SIP/2.0\r\n\r\n", 1, 0},
        {"\r\n\r\nOPTIONS sip:a@b SIP/2.0\r\n\r\n", 1, 0},
        {"INVITE  sip:a@b  SIP/2.0  \r\n\r\n", 1, 0},
        {"INVITE sip:a@b SIP/7.0\r\n\r\n", 1, 0}, /* for the parser: 505 */
        {"SIP/2.0 200 OK\r\n\r\n", 1, 0},
        {"INVITE sip:a@bSIP/2.0\r\n\r\n", 0, 0},
        {"INVITE sip:a@b\r\nSIP/2.0\r\n\r\n", 0, 0},
        {"INVITE sip:a@b SIP/2.0", 0, 0},
        {" SIP/\n", 1, 0},
        {"SIP/\n", 1, 0},
        {"x", 0, 0},
        {"GET / HTTP/1.1\r\n\r\n", 0, 0},
        {"OPTIONS sip:a@b SIP/2.0\r\nUser-Agent: friendly-scanner\r\n\r\n", 1, 1},
        {"OPTIONS sip:a@b SIP/2.0\r\nuser-agent \t: x FRIENDLY-Scanner y\r\n\r\n", 1, 1},
        {"OPTIONS sip:a@b SIP/2.0\nUser-Agent:\n  sipcli/v1.8\n\n", 1, 1}, /* folded */
        {"OPTIONS sip:a@b SIP/2.0\r\nf: \"sipvicious\" <sip:100@1.1.1.1>\r\n\r\n", 1, 1},
        {"OPTIONS sip:a@b SIP/2.0\r\nFrom: sipviciou\r\n\r\n", 1, 0},
        {"OPTIONS sip:a@b SIP/2.0\r\nSubject: sipvicious\r\n\r\n", 1, 0},
        {"OPTIONS sip:a@b SIP/2.0\r\n\r\nUser-Agent: sipcli\r\n", 1, 0}, /* a body */
        {"OPTIONS sip:sipcli@b SIP/2.0\r\nFrom: x\r\n y\r\nTo: sipcli\r\n\r\n", 1, 0},
        {"OPTIONS sip:a@b SIP/2.0\r\nUser-Agent: sipcli", 1, 1},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        size_t n = strlen(row[i].text);
        uint8_t *exact = malloc(n); /* so that a read past the end is seen */
        memcpy(exact, row[i].text, n);
        if (xh_udp_is_sip(exact, n) != row[i].sip || xh_udp_is_scanner(f, exact, n) != row[i].scanner) {
            fprintf(stderr, "look: %s\n", row[i].text);
            exit(1);
        }
        free(exact);
    }
    CHECK(judge(f, v4(1), row[12].text, 30000 * NS) == XH_UDP_SCANNER);
    static const char *const bad[] = {""}, *const none[] = {"x"};
    CHECK(xh_udp_filter_words(f, bad, 1) == -22 && xh_udp_filter_words(f, none, XH_UDP_WORDS + 1) == -28);
}

int main(void)
{
    struct xh_udp_filter *f = malloc(xh_udp_filter_size());
    struct xh_udp_limits none = {0};
    CHECK(xh_udp_filter_init(f, &none, 7) == -22 && xh_udp_filter_init(f, &limits, 7) == 0);
    networks(f);
    trust(f);
    buckets(f);
    bans(f);
    unknown(f);
    look(f);
    uint64_t counts[XH_UDP_VERDICTS], before[XH_UDP_VERDICTS];
    xh_udp_filter_counts(f, before);
    xh_udp_filter_full(f, XH_UDP_PASS);
    xh_udp_filter_counts(f, counts);
    CHECK(counts[XH_UDP_FULL] == before[XH_UDP_FULL] + 1 && counts[XH_UDP_PASS] == before[XH_UDP_PASS] - 1);
    free(f);
    return 0;
}
