// sources: xunhu/_e1/ces_jitter.c xunhu/_e1/span.c
/* Any packets at any moment: the first octet chooses F, RTP and depth, then records of
 * [what][length, 2 octets][that much of a packet, the rest zero up to a whole one], between them reads.
 * Whatever comes, blocks are filled and the buffer's numbers stay in bounds. */
#include "ces_jitter.h"
#include "span_private.h"

#include <stdlib.h>
#include <string.h>

static void must(int x)
{
    if (!x)
        abort();
}

static void look(const struct xh_ces_jitter *j)
{
    if (j->based) {
        int64_t level = (j->newest + 1) * j->frames - j->play;
        must(level >= -(int64_t)j->frames && level <= (int64_t)j->mask + 1);
    }
    must(j->play >= 0 || !j->based);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xh_ces_jitter j;
    static uint8_t block[XH_TIMESLOTS][XH_CES_BLOCK_MAX];
    if (size < 1)
        return 0;
    int frames = 8 + (data[0] & 31), rtp = data[0] >> 5 & 1, target = 8 << (data[0] >> 6) * 2;
    must(xh_ces_jitter_init(&j, frames, target, XH_IDLE_ALAW) == 0);
    for (size_t at = 1; at + 3 <= size;) {
        uint8_t packet[XH_CES_PACKET_MAX + 8] = {0};
        struct xh_ces_packet p;
        unsigned what = data[at];
        size_t len = (size_t)(data[at + 1] << 8 | data[at + 2]) % sizeof packet;
        size_t have = (what >> 4) < size - at - 3 ? what >> 4 : size - at - 3;
        at += 3;
        memcpy(packet, data + at, have);
        at += have;
        if (what & 1)
            len = (size_t)(4 + (rtp ? 12 : 0) + frames * XH_CES_FRAME);
        if (!xh_ces_packet_parse(&p, packet, len, frames, rtp))
            xh_ces_jitter_put(&j, &p);
        look(&j);
        if (what & 2) {
            xh_ces_jitter_get(&j, block[0], XH_CES_BLOCK_MAX, what & 4 ? 160 : what & 8 ? 80 : 1, XH_ALL_TIMESLOTS);
            look(&j);
        }
    }
    xh_ces_jitter_release(&j);
    return 0;
}
