// sources: xunhu/_media/fsk_rx.c xunhu/_media/fsk_tx.c xunhu/_media/caller_id_rx.c xunhu/_media/caller_id_tx.c
/* Any samples to the caller id receiver and to the modems; and any message sent is heard as it was sent.
 * Input: an octet that says which; then samples, or a message's contents. */
#include <stdlib.h>
#include <string.h>
#include "xunhu/caller_id.h"

static void need(int holds)
{
    if (!holds)
        abort();
}

static void any_samples(const uint8_t *data, size_t size, unsigned how)
{
    static int16_t x[4096];
    size_t n = size / 2 < 4096 ? size / 2 : 4096;
    memcpy(x, data, n * 2);
    struct xh_caller_id_rx r;
    xh_caller_id_rx_init(&r);
    for (size_t at = 0, taken; at < n; at += taken) {
        enum xh_caller_id_result got = xh_caller_id_rx_run(&r, x + at, n - at, &taken);
        need(taken > 0 && taken <= n - at && r.length <= XH_CALLER_ID_MESSAGE);
        need(got != XH_CALLER_ID_MESSAGE_GOOD || r.length == r.message[1] + 3);
    }
    struct xh_fsk_rx modem;
    need(xh_fsk_rx_init(&modem, how % XH_FSK_MODEMS, how & 4) == 0);
    for (size_t at = 0; at < n; at += 80) {
        uint16_t out[24];
        size_t part = n - at < 80 ? n - at : 80;
        need(xh_fsk_rx_run(&modem, x + at, part, out, 24) <= part / 4 + 4);
    }
}

static void there_and_back(const uint8_t *data, size_t size, unsigned how)
{
    uint8_t message[XH_CALLER_ID_MESSAGE] = {0x80, (uint8_t)(size < 40 ? size : 40)};
    memcpy(message + 2, data, message[1]);
    size_t length = message[1] + 2u;
    struct xh_caller_id_tx t;
    struct xh_caller_id_rx r;
    need(xh_caller_id_tx_init(&t, how & 1, -10.0 - how % 32, how & 2 ? 300 : 0, 180, message, length) == 0);
    xh_caller_id_rx_init(&r);
    int good = 0;
    for (int block = 0; block < 120; block++) {
        int16_t x[80];
        size_t made = xh_caller_id_tx_run(&t, x, 80);
        need(made <= 80);
        for (size_t at = 0, taken; at < 80; at += taken)
            if (xh_caller_id_rx_run(&r, x + at, 80 - at, &taken) == XH_CALLER_ID_MESSAGE_GOOD) {
                good++;
                need(r.length == length + 1 && memcmp(r.message, message, length) == 0);
            }
    }
    need(good == 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    if (data[0] & 0x80)
        there_and_back(data + 1, size - 1, data[0]);
    else
        any_samples(data + 1, size - 1, data[0]);
    return 0;
}
