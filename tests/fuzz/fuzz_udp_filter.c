// sources: xunhu/net/udp_filter.c
/* Any datagrams from any sources at any time: every one is counted once, nothing is read past its end, trusted ones are never limited.
 * Input: a row of datagrams, each an octet of source and kind, an octet of time, an octet of length, and its octets. */
#include <stdlib.h>
#include <string.h>
#include "xunhu/udp_filter.h"

static void need(int holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const struct xh_udp_limits limits = {.octets = 200, .rate = 2, .burst = 3, .unknown_rate = 5, .unknown_burst = 5};
    static const char *const words[] = {"friendly-scanner", "sipcli", "s"};
    static struct xh_udp_filter *f;
    uint64_t counts[XH_UDP_VERDICTS], sum = 0, given = 0, now = 0;
    if (!f)
        f = malloc(xh_udp_filter_size());
    xh_udp_filter_init(f, &limits, 1);
    need(!xh_udp_filter_words(f, words, 3));
    while (n >= 3) {
        struct xh_udp_source s = {{0}};
        s.address[10] = s.address[11] = data[0] & 0x40 ? 0 : 0xff;
        s.address[15] = data[0] & 7;
        now += (uint64_t)data[1] << 22;
        size_t octets = data[2] < n - 3 ? data[2] : n - 3;
        if (data[0] & 0x80)
            xh_udp_filter_ban(f, &s, now + 500000000, now);
        if (data[0] & 0x20)
            xh_udp_filter_unban(f, &s);
        if (data[0] & 0x10)
            need(!xh_udp_filter_trust(f, &s));
        uint8_t *exact = malloc(octets ? octets : 1);
        memcpy(exact, data + 3, octets);
        enum xh_udp_verdict v = xh_udp_filter_judge(f, &s, exact, octets, now);
        need(v < XH_UDP_FULL);
        if (xh_udp_filter_trusts(f, &s))
            need(v == XH_UDP_PASS_TRUSTED || v == XH_UDP_EMPTY || v == XH_UDP_NOT_SIP || v == XH_UDP_TOO_LONG);
        else
            need(v != XH_UDP_PASS_TRUSTED && (v != XH_UDP_PASS || (xh_udp_is_sip(exact, octets) && !xh_udp_is_scanner(f, exact, octets))));
        free(exact);
        given++;
        data += 3 + octets;
        n -= 3 + octets;
    }
    xh_udp_filter_counts(f, counts);
    for (int i = 0; i < XH_UDP_VERDICTS; i++)
        sum += counts[i];
    need(sum == given);
    return 0;
}
