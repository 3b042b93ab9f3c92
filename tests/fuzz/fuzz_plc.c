// sources: xunhu/_media/plc.c xunhu/_media/plc_plain.c xunhu/_media/plc_avx2.c xunhu/_media/g711.c
/* Any sound in any pieces, lost and not: both kernels give the same samples, a piece that came is changed in its first 30 samples
 * at most, and 60 ms into a hole there is silence. Input: octets of how and how long, then octets that are samples. */
#include <stdlib.h>
#include <string.h>
#include "xunhu/plc.h"

#define LONGEST 700

static void need(int holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct xh_plc fast, plain;
    static struct xh_plc_octets octets;
    if (size < 4)
        return 0;
    xh_plc_init(&fast);
    xh_plc_init(&plain);
    plain.hole.plain = 1;
    xh_plc_octets_init(&octets, data[0] & 1 ? 'A' : 'U');
    size_t hole = 0, back = 0;
    for (unsigned rounds = 0; size >= 4 && rounds < 200; rounds++) {
        int lost = data[0] & 1, shift = data[0] >> 1 & 15;
        size_t n = (size_t)(data[1] | data[2] << 8) % LONGEST;
        int16_t in[LONGEST], x[LONGEST], y[LONGEST];
        uint8_t o[LONGEST];
        data += 3;
        size -= 3;
        for (size_t i = 0; i < n; i++) {
            in[i] = (int16_t)(size ? (int16_t)((data[i % size] << 8) ^ (data[(i + 1) % size] * 3)) >> (shift > 8 ? 8 : shift) : 0);
            o[i] = (uint8_t)in[i];
        }
        memcpy(x, in, sizeof x);
        memcpy(y, in, sizeof y);
        if (lost) {
            xh_plc_lost(&fast, x, n);
            xh_plc_lost(&plain, y, n);
            xh_plc_octets_lost(&octets, o, n);
            for (size_t i = 0; i < n; i++)
                need(hole + i < XH_PLC_SILENT || x[i] == 0);
            hole += n;
            back = n ? 0 : back;
        } else {
            xh_plc_good(&fast, x, n);
            xh_plc_good(&plain, y, n);
            xh_plc_octets_good(&octets, o, n);
            for (size_t i = 0; i < n; i++)
                need((back + i < XH_PLC_QUARTER_MAX) || x[i] == in[i]);
            back += n;
            hole = n ? 0 : hole;
        }
        need(memcmp(x, y, n * sizeof *x) == 0);
        size -= size > 0;
        data++;
    }
    return 0;
}
