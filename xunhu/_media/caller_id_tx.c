/* Sender of caller id messages, see include/xunhu/caller_id.h. */
#include <errno.h>
#include <string.h>
#include "xunhu/caller_id.h"

#define TAIL_BITS 12            /* mark behind the checksum; GR-30 asks for 2 at least, EN 300 659-1 for 1 to 10 */

int xh_caller_id_tx_init(struct xh_caller_id_tx *t, enum xh_fsk_modem modem, double level_dbm0, unsigned seizure_bits,
                         unsigned mark_bits, const uint8_t *message, size_t length)
{
    memset(t, 0, sizeof *t);
    if ((modem != XH_FSK_V23 && modem != XH_FSK_BELL202) || !(level_dbm0 >= -60.0 && level_dbm0 <= 0.0) ||
        seizure_bits > 10000 || mark_bits > 10000 || length < 2 || length > XH_CALLER_ID_MESSAGE - 1 ||
        message[1] != length - 2)
        return -EINVAL;
    unsigned sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += message[i];
    memcpy(t->message, message, length);
    t->message[length] = (uint8_t)-sum;
    t->length = (uint16_t)(length + 1);
    t->seizure = (uint16_t)seizure_bits;
    t->mark = (uint16_t)mark_bits;
    t->tail = TAIL_BITS;
    return xh_fsk_tx_init(&t->fsk, modem, level_dbm0, 0.0, 1.0);
}

static int next_bit(void *user)
{
    struct xh_caller_id_tx *t = user;
    if (t->seizure)
        return t->seizure-- & 1 ? 1 : 0;        /* even number of bits: space first, mark last (GR-30: 0 1 0 1 ...) */
    if (t->mark) {
        t->mark--;
        return 1;
    }
    if (t->at < t->length) {
        unsigned bit = t->bit, octet = t->message[t->at];
        t->bit = (uint8_t)((bit + 1) % 10);
        t->at = (uint16_t)(t->at + (bit == 9));
        return bit == 0 ? 0 : bit == 9 ? 1 : octet >> (bit - 1) & 1;
    }
    if (t->tail) {
        t->tail--;
        return 1;
    }
    return -1;
}

size_t xh_caller_id_tx_run(struct xh_caller_id_tx *t, int16_t *out, size_t n)
{
    return xh_fsk_tx_run(&t->fsk, out, n, next_bit, t);
}
