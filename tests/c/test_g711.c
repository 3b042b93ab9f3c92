// sources: xunhu/_media/g711.c
/* The block functions keep within their buffers and give the same whatever the length and where the block begins.
 * (The values themselves are tested in tests/_media/test_g711.py.) */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xunhu/g711.h"

#define CHECK(what) do { if (!(what)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); exit(1); } } while (0)

typedef void encoder(uint8_t *, const int16_t *, size_t);
typedef void decoder(int16_t *, const uint8_t *, size_t);

static void all_lengths(encoder *encode, decoder *decode)
{
    for (size_t n = 0; n < 200; n++) {
        /* exact sizes: one octet too far is seen by the sanitizer */
        int16_t *in = malloc(n * sizeof *in), *back = malloc(n * sizeof *back);
        uint8_t *out = malloc(n);
        CHECK(n == 0 || (in && back && out));
        for (size_t i = 0; i < n; i++)
            in[i] = (int16_t)(i * 40503u * n);
        encode(out, in, n);
        decode(back, out, n);
        for (size_t i = 0; i < n; i++) {
            uint8_t octet;
            int16_t sample;
            encode(&octet, in + i, 1);
            decode(&sample, &octet, 1);
            CHECK(octet == out[i] && sample == back[i]);
        }
        free(in);
        free(back);
        free(out);
    }
}

int main(void)
{
    all_lengths(xh_alaw_encode, xh_alaw_decode);
    all_lengths(xh_ulaw_encode, xh_ulaw_decode);
    return 0;
}
