// sources: xunhu/_media/cng.c
/* Any SID, any background, voice or not: parsed and packed it is itself, what is generated is bounded and dies away, and DTX says what
 * there is. Input: an octet of length and kind, then octets that are SIDs or samples. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "xunhu/cng.h"

static void need(int holds)
{
    if (!holds)
        abort();
}

static void sid(struct xh_cng_generator *g, const uint8_t *data, size_t n)
{
    struct xh_cng_noise noise;
    uint8_t again[XH_CNG_SID_MAX];
    int16_t x[160];
    need(xh_cng_parse(&noise, data, n) == (n ? 0 : -22));
    need(noise.level <= 127 && noise.order <= XH_CNG_ORDER_MAX);
    for (int i = 0; i < noise.order; i++)
        need(fabsf(noise.reflection[i]) < 1.0f);
    size_t octets = xh_cng_pack(again, &noise);
    need(octets == 1u + noise.order && (!n || again[0] == (data[0] & 0x7f)) && !memcmp(again + 1, data + 1, octets - 1));
    xh_cng_hear(g, &noise);
    xh_cng_make(g, x, 160);
    for (int i = 0; i < XH_CNG_ORDER_MAX; i++)
        need(isfinite(g->y[i]) && fabs(g->y[i]) < 1e9);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xh_cng_generator g;
    struct xh_dtx d;
    if (size < 4)
        return 0;
    const struct xh_dtx_params p = {.order = data[0] % 11, .hangover_ms = data[1], .least_ms = data[2], .most_ms = 256};
    xh_cng_generator_init(&g, data[3]);
    need(xh_dtx_init(&d, &p) == 0);
    data += 4;
    size -= 4;
    while (size > 1) {
        size_t n = data[0] >> 1;
        int background = data[0] & 1;
        data++, size--;
        n = n < size ? n : size;
        if (!background) {
            sid(&g, data, n);
        } else if (n > 1) {
            int16_t x[128];
            uint8_t out[XH_CNG_SID_MAX];
            size_t octets = 99;
            for (size_t i = 0; i < n; i++)
                x[i] = (int16_t)(data[i] << 8 | data[(i + 1) % n]);
            int what = xh_dtx_run(&d, x, n, data[0] > 250, out, &octets);
            need(what == XH_DTX_SID ? octets >= 1 && octets <= 1u + (unsigned)p.order : octets == 0);
            if (what == XH_DTX_SID)
                sid(&g, out, octets);
        }
        data += n;
        size -= n;
    }
    return 0;
}
