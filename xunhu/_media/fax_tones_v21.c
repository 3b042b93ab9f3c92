/* The flags that fax machines send before a frame at 300 bit/s (T.30 §5.3.1: preamble of 1 s), of one channel.
 *
 * The modem listens only while V.21's frequencies prevail. Six flags in a row, 48 bits that are all right, begin the
 * preamble; the first octet that is none ends it. */
#define _GNU_SOURCE
#include <math.h>
#include "fax_tones_bank.h"

#define LISTEN 3                /* hops keyed, then the modem is on */
#define MOST_KEYED 12
#define FLAG 0x7e
#define FLAGS 6

static unsigned end(struct fax_channel *c, struct xh_tone_hit *hits)
{
    c->flags = c->bits = 0;
    if (!c->preamble)
        return 0;
    c->preamble = 0;
    *hits = (struct xh_tone_hit){.ended = XH_FAX_V21_PREAMBLE, .length = c->preamble_hops * FAX_HOP};
    return 1;
}

static unsigned take_bit(struct fax_channel *c, unsigned bit, struct xh_tone_hit *hits)
{
    c->octet = (uint8_t)(c->octet >> 1 | bit << 7);     /* the lowest bit is sent first */
    if (c->bits < 9)
        c->bits++;
    if (c->octet == FLAG) {
        c->flags = c->bits == 8 && c->flags ? (uint8_t)(c->flags + (c->flags < FLAGS)) : 1;
        c->bits = 0;
        if (c->flags == FLAGS && !c->preamble) {
            c->preamble = 1;
            c->preamble_hops = FLAGS * 8 * 8000 / 300 / FAX_HOP;
            float level = 100.0f * log10f((c->v21.power + 1.0f) / (22779.0f * 22779.0f));
            *hits = (struct xh_tone_hit){.code = XH_FAX_V21_PREAMBLE, .level_dbm0x10 = (int16_t)lrintf(level)};
            return 1;
        }
        return 0;
    }
    return c->bits > 8 ? end(c, hits) : 0;
}

unsigned xh_fax_v21(struct fax_channel *c, const float (*x)[LANES], bool keyed, unsigned lane, struct xh_tone_hit *hits)
{
    uint8_t before = c->keyed;
    if (keyed)
        c->keyed = c->keyed < MOST_KEYED ? c->keyed + 1 : MOST_KEYED;
    else if (c->keyed)
        c->keyed--;
    if (c->keyed < LISTEN)
        return end(c, hits);
    if (before < LISTEN && !c->preamble)
        xh_fsk_rx_init(&c->v21, XH_FSK_V21_CHANNEL2, 0);
    int16_t samples[FAX_HOP];
    uint16_t codes[FAX_HOP];
    for (int i = 0; i < FAX_HOP; i++)
        samples[i] = (int16_t)x[i][lane];
    c->preamble_hops += c->preamble;
    size_t got = xh_fsk_rx_run(&c->v21, samples, FAX_HOP, codes, FAX_HOP);
    unsigned made = 0;
    for (size_t i = 0; i < got && !made; i++)
        made = codes[i] < 2 ? take_bit(c, codes[i], hits) : codes[i] == XH_FSK_CARRIER_DOWN ? end(c, hits) : 0;
    return made;
}
