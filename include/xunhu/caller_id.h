/* Caller id as FSK: the data link layer of ETSI EN 300 659-1 §5 (V.23) and Bellcore GR-30-CORE (Bell 202): channel seizure
 * (alternating bits), mark, then one message: type, length, that many octets, checksum. What stands in the message is
 * xunhu/protocol/caller_id.py's. One channel each. */
#ifndef XUNHU_CALLER_ID_H
#define XUNHU_CALLER_ID_H
#include <stddef.h>
#include <stdint.h>
#include "xunhu/fsk.h"

#define XH_CALLER_ID_MESSAGE 258        /* type, length, 255 octets, checksum */

enum xh_caller_id_result {
    XH_CALLER_ID_NOTHING,
    XH_CALLER_ID_MESSAGE_GOOD,          /* message[0 .. length) is whole, checksum included and right */
    XH_CALLER_ID_MESSAGE_BAD,           /* checksum wrong, framing errors, or the carrier went before the end */
};
struct xh_caller_id_rx {
    struct xh_fsk_rx fsk;
    uint16_t length;                    /* octets of the message heard */
    uint16_t seizure;                   /* octets of alternating bits heard since the carrier came up */
    uint8_t state;
    uint8_t message[XH_CALLER_ID_MESSAGE];
};
void xh_caller_id_rx_init(struct xh_caller_id_rx *r);   /* hears V.23 and Bell 202 */
/* Takes samples up to the end of a message, or all n; *taken says how many. The message stays until the next call. A bad
 * message is one only where channel seizure was heard before; sound that looks like a message for a while is none. */
enum xh_caller_id_result xh_caller_id_rx_run(struct xh_caller_id_rx *r, const int16_t *in, size_t n, size_t *taken);

struct xh_caller_id_tx {
    struct xh_fsk_tx fsk;
    uint16_t seizure, mark, tail;       /* bits to go: alternating, mark before and after the message */
    uint16_t length, at;
    uint8_t bit;                        /* of the character: 0 start, 1-8, 9 stop */
    uint8_t message[XH_CALLER_ID_MESSAGE];
};
/* message: type, length and contents; the checksum is added. seizure_bits 300 and mark_bits 180 when on hook; 0 and 80 in a
 * call (EN 300 659-2). -EINVAL: no such modem, a level outside -60..0 dBm0, a length octet that is not the message's. */
int xh_caller_id_tx_init(struct xh_caller_id_tx *t, enum xh_fsk_modem modem, double level_dbm0, unsigned seizure_bits,
                         unsigned mark_bits, const uint8_t *message, size_t length);
size_t xh_caller_id_tx_run(struct xh_caller_id_tx *t, int16_t *out, size_t n);  /* samples made; the rest is zero */
#endif
