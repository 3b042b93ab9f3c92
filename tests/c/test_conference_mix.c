// sources: xunhu/_media/conference_mix.c
/* The kernels of a conference on rows of exactly their length (one sample too far is seen by the sanitizer), plain and wide alike,
 * against sums in 64 bits. */
#include "xunhu/conference.h"

#include <stdio.h>
#include <stdlib.h>

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)
#define PARTIES 9

static uint32_t seed = 1;

static int16_t noise(void)
{
    seed = seed * 1664525u + 1013904223u;
    int kind = seed >> 30;
    return kind == 0 ? INT16_MIN : kind == 1 ? INT16_MAX : (int16_t)(seed >> 8);
}

static int16_t *row_of(size_t n)
{
    int16_t *row = malloc(n * sizeof *row);
    CHECK(n == 0 || row);
    for (size_t i = 0; i < n; i++)
        row[i] = noise();
    return row;
}

static int16_t limit(int64_t v)
{
    return (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}

static void mixes_like_arithmetic(const struct xh_conference_kernels *k, size_t n)
{
    int16_t *row[PARTIES], *low = row_of(n), *rest = row_of(n), *out = row_of(n);
    for (int p = 0; p < PARTIES; p++)
        row[p] = row_of(n);
    for (size_t parties = 0; parties <= PARTIES; parties++) {
        k->sum(low, rest, (const int16_t *const *)row, parties, n);
        for (size_t p = 0; p < parties; p++) {
            k->minus(out, low, rest, row[p], n);
            for (size_t i = 0; i < n; i++) {
                int64_t others = 0;
                for (size_t q = 0; q < parties; q++)
                    others += q == p ? 0 : row[q][i];
                CHECK(out[i] == limit(others));
            }
        }
    }
    k->scale(out, row[0], 4096, 4096, n);
    for (size_t i = 0; i < n; i++)
        CHECK(out[i] == row[0][i]);
    k->scale(out, row[0], 32767, 0, n);
    CHECK(n == 0 || out[n - 1] == 0);
    for (int p = 0; p < PARTIES; p++)
        free(row[p]);
    free(low);
    free(rest);
    free(out);
}

static void full_scale_has_the_most_energy(const struct xh_conference_kernels *k)
{
    int16_t row[XH_CONFERENCE_BLOCK];
    for (int i = 0; i < XH_CONFERENCE_BLOCK; i++)
        row[i] = INT16_MIN;
    CHECK(k->energy(row, XH_CONFERENCE_BLOCK) == XH_CONFERENCE_BLOCK / 2 * (1u << 25));
}

int main(void)
{
    for (int plain = 0; plain < 2; plain++) {
        struct xh_conference_kernels k;
        xh_conference_kernels(&k, plain);
        for (size_t n = 0; n <= XH_CONFERENCE_BLOCK; n++)
            mixes_like_arithmetic(&k, n);
        full_scale_has_the_most_energy(&k);
    }
    return 0;
}
