// sources: xunhu/_media/dtmf.c xunhu/_media/dtmf_plain.c xunhu/_media/dtmf_avx2.c xunhu/_media/dtmf_verify.c xunhu/_media/dtmf_edges.c
/* Any samples in any blocks, channels off and on: the bank reports only what can be, and both kernels the same.
 * Input: blocks of a head octet (length), an octet of channels on, then octets that are samples or the digits' tones. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "xunhu/dtmf.h"

#define CHANNELS 9
#define ROOM 3
#define HOP_LEAST 200

static void need(int holds)
{
    if (!holds)
        abort();
}

static struct xh_dtmf_bank *make(void)
{
    struct xh_dtmf_bank *b = aligned_alloc(64, (xh_dtmf_bank_size(CHANNELS) + 63) / 64 * 64);
    need(b != NULL);
    xh_dtmf_bank_init(b, b, CHANNELS);
    return b;
}

/* Samples from the octet: the upper half a level, the lower half a digit; 0xff takes them from the input itself.
 * A second of each tone is made once: whole Hz, so it repeats. */
static void fill(int16_t *x, size_t n, const uint8_t *data, size_t size, uint8_t how, size_t at)
{
    static const double hz[8] = {697, 770, 852, 941, 1209, 1336, 1477, 1633};
    static float tone[8][8000];
    static int made;
    for (size_t k = 0; k < 8 && !made; k++)
        for (size_t i = 0; i < 8000; i++)
            tone[k][i] = (float)sin(2 * M_PI * hz[k] * (double)i / 8000);
    made = 1;
    for (size_t i = 0; i < n; i++)
        if (how == 0xff)
            x[i] = size ? (int16_t)((data[i % size] << 8) ^ (data[(i + 1) % size] * 3)) : 0;
        else
            x[i] = (int16_t)((float)(how >> 4) * 1000 * (tone[how >> 2 & 3][(at + i) % 8000] + tone[4 + (how & 3)][(at + i) % 8000]));
}

static void check(const struct xh_dtmf_hit *hits, size_t got, size_t n, char *now)
{
    need(got <= ROOM);
    for (size_t i = 0; i < got; i++) {
        need(hits[i].channel < CHANNELS && hits[i].offset < n);
        need(!hits[i].digit != !hits[i].ended);
        need(!hits[i].digit || strchr("0123456789*#ABCD", hits[i].digit) != NULL);
        need(!hits[i].ended || (hits[i].ended == now[hits[i].channel] && hits[i].length >= HOP_LEAST));
        now[hits[i].channel] = (char)hits[i].digit;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xh_dtmf_bank *fast = make(), *plain = make();
    xh_dtmf_bank_plain(plain);
    char now[CHANNELS] = {0};
    size_t at = 0;
    for (unsigned rounds = 0; size >= 3 && rounds < 160; rounds++) {
        size_t n = data[0] % 160 + 1u;
        uint8_t on = data[1], how = data[2];
        int16_t x[160];
        const int16_t *rows[CHANNELS];
        struct xh_dtmf_hit a[ROOM], b[ROOM];
        memset(a, 0, sizeof a);
        memset(b, 0, sizeof b);
        data += 3;
        size -= 3;
        fill(x, n, data, size, how, at);
        for (unsigned c = 0; c < CHANNELS; c++) {
            rows[c] = c == 8 || on >> c & 1 ? x : NULL;
            if (!rows[c])
                now[c] = 0;
        }
        size_t got = xh_dtmf_bank_run(fast, rows, n, a, ROOM);
        need(got == xh_dtmf_bank_run(plain, rows, n, b, ROOM) && memcmp(a, b, sizeof a) == 0);
        check(a, got, n, now);
        if (how == 0xff && size)
            size--, data++;
        at += n;
    }
    need(xh_dtmf_bank_lost(fast) == xh_dtmf_bank_lost(plain));
    free(fast);
    free(plain);
    return 0;
}
