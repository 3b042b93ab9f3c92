// sources: xunhu/_e1/hdlc.c
/* Any line: whole and split must agree, a frame that comes out must come back through the transmitter; any frame
 * must pass both ways. */
#include "xunhu/hdlc.h"

#include <stdlib.h>
#include <string.h>

static void must(int x)
{
    if (!x)
        abort();
}

static void there_and_back(const uint8_t *frame, size_t len)
{
    struct xh_hdlc_tx tx;
    struct xh_hdlc_rx rx;
    uint8_t line[512], back[XH_HDLC_MAX];
    size_t used = 0;
    xh_hdlc_tx_init(&tx);
    xh_hdlc_rx_init(&rx);
    must(xh_hdlc_tx_put(&tx, frame, len) == 0);
    xh_hdlc_tx_octets(&tx, line, sizeof line);
    must(xh_hdlc_rx_octets(&rx, line, sizeof line, &used, back, sizeof back) == (int)len);
    must(!memcmp(frame, back, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xh_hdlc_rx whole, single;
    uint8_t a[XH_HDLC_MAX], b[XH_HDLC_MAX];
    size_t used = 0, at = 0;
    if (size >= XH_HDLC_MIN && size <= XH_HDLC_MAX)
        there_and_back(data, size);
    xh_hdlc_rx_init(&whole);
    xh_hdlc_rx_init(&single);
    while (used < size) {
        int n = xh_hdlc_rx_octets(&whole, data, size, &used, a, sizeof a);
        int m = 0;
        while (at < used && !m) {
            size_t one = 0;
            m = xh_hdlc_rx_octets(&single, data + at++, 1, &one, b, sizeof b);
        }
        must(n == m && at == used);
        if (n > 0) {
            must(!memcmp(a, b, (size_t)n));
            there_and_back(a, (size_t)n);
        }
    }
    must(whole.frames == single.frames && whole.aborts == single.aborts && whole.fcs_errors == single.fcs_errors);
    return 0;
}
