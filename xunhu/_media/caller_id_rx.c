/* Data link layer of caller id, receiver: see include/xunhu/caller_id.h.
 *
 * A message begins with the first octet after a long mark; channel seizure before it is heard as octets 0x55 (a start bit,
 * alternating bits, a stop bit). */
#define _GNU_SOURCE
#include <string.h>
#include "xunhu/caller_id.h"

#define SEIZURE 0x55
#define SEIZURE_OCTETS 8        /* 80 bits of 300 */

#define STEP 40                 /* samples at once: 6 bits, so at most one octet ends in them */

/* Types of messages: GR-30's single data formats, and all others have this bit. */
#define SDMF_CALL 0x04
#define SDMF_MESSAGE_WAITING 0x06
#define MULTIPLE 0x80

enum { IDLE, READY, MESSAGE };

void xh_caller_id_rx_init(struct xh_caller_id_rx *r)
{
    memset(r, 0, sizeof *r);
    xh_fsk_rx_init(&r->fsk, XH_FSK_V23, 1);
}

static enum xh_caller_id_result finish(struct xh_caller_id_rx *r, int good)
{
    int begun = r->seizure >= SEIZURE_OCTETS;
    r->state = IDLE;
    r->seizure = 0;
    return good ? XH_CALLER_ID_MESSAGE_GOOD : begun ? XH_CALLER_ID_MESSAGE_BAD : XH_CALLER_ID_NOTHING;
}

static enum xh_caller_id_result take(struct xh_caller_id_rx *r, unsigned octet)
{
    if (r->state == IDLE) {
        if (octet == SEIZURE)
            r->seizure = (uint16_t)(r->seizure + (r->seizure < UINT16_MAX));
        else if (octet != 0xd5 && octet != 0xf5 && octet != 0xfd && octet != 0xff)      /* its end, the mark begins */
            r->seizure = 0;
        return XH_CALLER_ID_NOTHING;
    }
    if (r->state == READY) {
        if (octet == SEIZURE) {         /* no message is of this type: a pause was taken for the mark */
            r->state = IDLE;
            r->seizure = 1;
            return XH_CALLER_ID_NOTHING;
        }
        if (!(octet & MULTIPLE) && octet != SDMF_CALL && octet != SDMF_MESSAGE_WAITING)
            return finish(r, 0);
        r->state = MESSAGE;
        r->length = 0;
    }
    r->message[r->length++] = (uint8_t)octet;
    if (r->length == 2 && octet == 0)
        return finish(r, 0);            /* no message says nothing */
    if (r->length < 3 || r->length < r->message[1] + 3u)
        return XH_CALLER_ID_NOTHING;
    unsigned sum = 0;
    for (unsigned i = 0; i < r->length; i++)
        sum += r->message[i];
    return finish(r, (sum & 255) == 0);
}

static enum xh_caller_id_result code(struct xh_caller_id_rx *r, unsigned what)
{
    int broken = r->state == MESSAGE;
    switch (what) {
    case XH_FSK_CARRIER_UP:
        r->state = IDLE;
        r->seizure = 0;
        return XH_CALLER_ID_NOTHING;
    case XH_FSK_CARRIER_DOWN:
        return broken ? finish(r, 0) : XH_CALLER_ID_NOTHING;
    case XH_FSK_FRAMING:
        if (r->state == IDLE)
            r->seizure = 0;
        return broken ? finish(r, 0) : XH_CALLER_ID_NOTHING;
    case XH_FSK_MARK: {
        enum xh_caller_id_result got = broken ? finish(r, 0) : XH_CALLER_ID_NOTHING;
        r->state = READY;
        return got;
    }
    default:
        return take(r, what);
    }
}

enum xh_caller_id_result xh_caller_id_rx_run(struct xh_caller_id_rx *r, const int16_t *in, size_t n, size_t *taken)
{
    uint16_t codes[STEP];
    for (size_t at = 0; at < n; at += STEP) {
        size_t part = n - at < STEP ? n - at : STEP;
        size_t got = xh_fsk_rx_run(&r->fsk, in + at, part, codes, STEP);
        enum xh_caller_id_result result = XH_CALLER_ID_NOTHING;
        for (size_t i = 0; i < got; i++) {
            enum xh_caller_id_result next = code(r, codes[i]);
            result = next != XH_CALLER_ID_NOTHING ? next : result;
        }
        if (result != XH_CALLER_ID_NOTHING) {
            *taken = at + part;
            return result;
        }
    }
    *taken = n;
    return XH_CALLER_ID_NOTHING;
}
