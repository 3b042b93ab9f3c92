// sources: xunhu/_media/r2mf.c xunhu/_media/r2mf_plain.c xunhu/_media/r2mf_avx2.c xunhu/_media/r2mf_verify.c xunhu/_media/r2mf_steps.c xunhu/_media/tones.c
/* Any samples in any blocks, channels off and on: the bank reports only what can be, and both kernels the same.
 * Input: blocks of a head octet (length), an octet of channels on, then octets that are samples or the signals' tones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "r2mf_bank.h"

#define CHANNELS 9
#define ROOM 3

static void need(int holds)
{
    if (!holds)
        abort();
}

static struct xh_r2mf_bank *make(enum xh_r2mf_direction direction)
{
    struct xh_r2mf_bank *b = aligned_alloc(64, (xh_r2mf_bank_size(CHANNELS) + 63) / 64 * 64);
    need(b != NULL);
    xh_r2mf_bank_init(b, b, CHANNELS, direction);
    return b;
}

/* Samples from the octet: the upper half a level, the lower half a signal; 0xff takes them from the input itself. */
static void fill(int16_t *x, size_t n, const uint8_t *data, size_t size, uint8_t how, int back, size_t at)
{
    static float tone[2][6][8000];
    static int made;
    for (int d = 0; d < 2 && !made; d++)
        for (int k = 0; k < 6; k++)
            for (int i = 0; i < 8000; i++)
                tone[d][k][i] = (float)sin(2 * M_PI * xh_r2mf_tone_hz[d][k] * i / 8000);
    made = 1;
    const uint8_t *pair = xh_r2mf_pairs[how & 15];
    for (size_t i = 0; i < n; i++)
        if (how == 0xff)
            x[i] = size ? (int16_t)((data[i % size] << 8) ^ (data[(i + 1) % size] * 3)) : 0;
        else
            x[i] = (int16_t)((float)(how >> 4) * 1000 * (tone[back][pair[0]][(at + i) % 8000] + tone[back][pair[1]][(at + i) % 8000]));
}

static void check(const struct xh_tone_hit *hits, size_t got, size_t n, uint8_t *now, unsigned most)
{
    need(got <= ROOM);
    for (size_t i = 0; i < got; i++) {
        need(hits[i].channel < CHANNELS && hits[i].offset < n);
        need((hits[i].code || hits[i].ended) && hits[i].code <= most);
        need(hits[i].ended == now[hits[i].channel]);
        need(!hits[i].ended || hits[i].length >= R2_HOP);
        now[hits[i].channel] = hits[i].code;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    enum xh_r2mf_direction direction = data[0] % 3;
    struct xh_r2mf_bank *fast = make(direction), *plain = make(direction);
    xh_r2mf_bank_plain(plain);
    uint8_t now[CHANNELS] = {0};
    size_t at = 0;
    data++, size--;
    for (unsigned rounds = 0; size >= 3 && rounds < 60; rounds++) {
        size_t n = data[0] % 160 + 1u;
        uint8_t on = data[1], how = data[2];
        int16_t x[160];
        const int16_t *rows[CHANNELS];
        struct xh_tone_hit a[ROOM], b[ROOM];
        memset(a, 0, sizeof a);
        memset(b, 0, sizeof b);
        data += 3;
        size -= 3;
        fill(x, n, data, size, how, direction != XH_R2MF_FORWARD, at);
        for (unsigned c = 0; c < CHANNELS; c++) {
            rows[c] = c == 8 || on >> c & 1 ? x : NULL;
            if (!rows[c])
                now[c] = 0;
        }
        size_t got = xh_r2mf_bank_run(fast, rows, n, a, ROOM);
        need(got == xh_r2mf_bank_run(plain, rows, n, b, ROOM) && memcmp(a, b, sizeof a) == 0);
        check(a, got, n, now, direction == XH_R2MF_BACKWARD_4 ? 6 : 15);
        if (how == 0xff && size)
            size--, data++;
        at += n;
    }
    need(xh_r2mf_bank_lost(fast) == xh_r2mf_bank_lost(plain));
    free(fast);
    free(plain);
    return 0;
}
