// sources: xunhu/_media/fax_tones.c xunhu/_media/fax_tones_track.c xunhu/_media/fax_tones_v21.c xunhu/_media/fax_tones_plain.c xunhu/_media/fax_tones_avx2.c xunhu/_media/fsk_rx.c xunhu/_media/fsk_tx.c
/* Any samples in any blocks, channels off and on: the bank reports only what can be, and both kernels the same.
 * Input: blocks of a head octet (length), an octet of channels on, an octet that says which sound. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "fax_tones_bank.h"

#define CHANNELS 9
#define ROOM 3

static void need(int holds)
{
    if (!holds)
        abort();
}

static struct xh_fax_bank *make(void)
{
    struct xh_fax_bank *b = aligned_alloc(64, (xh_fax_bank_size(CHANNELS) + 63) / 64 * 64);
    need(b != NULL);
    xh_fax_bank_init(b, b, CHANNELS);
    return b;
}

/* 0xff: the input itself; else the low three bits a tone, two for a bit of V.21's, the upper ones a level. */
static void fill(int16_t *x, size_t n, const uint8_t *data, size_t size, uint8_t how, double *phase)
{
    static const double hz[8] = {1100, 1300, 2100, 2225, 1650, 1850, 1110, 0};
    for (size_t i = 0; i < n; i++) {
        if (how == 0xff) {
            x[i] = size ? (int16_t)((data[i % size] << 8) ^ (data[(i + 1) % size] * 3)) : 0;
            continue;
        }
        *phase += hz[how & 7] / 8000.0;
        x[i] = (int16_t)((how >> 3) * 700 * sin(2 * M_PI * (*phase - floor(*phase))));
    }
}

static void check(const struct xh_tone_hit *hits, size_t got, size_t n)
{
    need(got <= ROOM);
    for (size_t i = 0; i < got; i++) {
        need(hits[i].channel < CHANNELS && hits[i].offset < n);
        need((hits[i].code || hits[i].ended) && hits[i].code <= XH_FAX_BELL_ANS && hits[i].ended <= XH_FAX_BELL_ANS);
        need(hits[i].code != XH_FAX_CNG || (hits[i].length > 3000 && hits[i].length < 5000));
        need(!hits[i].ended || hits[i].length > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xh_fax_bank *fast = make(), *plain = make();
    xh_fax_bank_plain(plain);
    double phase = 0;
    for (unsigned rounds = 0; size >= 3 && rounds < 200; rounds++) {
        size_t n = data[0] % 160 + 1u;
        uint8_t on = data[1], how = data[2];
        int16_t x[160];
        const int16_t *rows[CHANNELS];
        struct xh_tone_hit a[ROOM], b[ROOM];
        memset(a, 0, sizeof a);
        memset(b, 0, sizeof b);
        data += 3;
        size -= 3;
        fill(x, n, data, size, how, &phase);
        for (unsigned c = 0; c < CHANNELS; c++)
            rows[c] = c == 8 || on >> c & 1 ? x : NULL;
        size_t got = xh_fax_bank_run(fast, rows, n, a, ROOM);
        need(got == xh_fax_bank_run(plain, rows, n, b, ROOM) && memcmp(a, b, sizeof a) == 0);
        check(a, got, n);
    }
    need(xh_fax_bank_lost(fast) == xh_fax_bank_lost(plain));
    free(fast);
    free(plain);
    return 0;
}
