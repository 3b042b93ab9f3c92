// sources: xunhu/_media/resample.c xunhu/_media/resample_plain.c xunhu/_media/resample_avx2.c
/* The resampler under the sanitizers: all pairs of rates, pieces of every length, the loudest sound, both kernels. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "xunhu/resample.h"

#define CHECK(x) do { if (!(x)) { fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #x); exit(1); } } while (0)

static const int rates[] = {8000, 16000, 32000, 48000};

static void pair(int from, int to)
{
    struct xh_resampler_filter f, g;
    struct xh_resampler a, b;
    CHECK(xh_resampler_design(&f, from, to) == 0);
    CHECK(f.up * f.taps <= XH_RESAMPLER_TAPS && f.taps <= XH_RESAMPLER_PAST);
    g = f;
    g.plain = 1;
    xh_resampler_init(&a);
    xh_resampler_init(&b);
    for (int n = 0; n <= 1000; n += n < 100 ? 1 : 37) {
        size_t made = XH_RESAMPLER_OUT(n, from, to);
        int16_t *in = malloc((size_t)n * 2 + 1), *x = malloc(made * 2 + 1), *y = malloc(made * 2 + 1);      /* to the octet */
        CHECK(in && x && y);
        for (int i = 0; i < n; i++)
            in[i] = (int16_t)(n % 3 ? rand() : i & 8 ? INT16_MAX : INT16_MIN);
        int64_t got = xh_resampler_run(&f, &a, in, (size_t)n, x);
        CHECK(got == (n % f.down ? -EINVAL : (int64_t)made));
        CHECK(xh_resampler_run(&g, &b, in, (size_t)n, y) == got);
        for (int64_t i = 0; i < got; i++)
            CHECK(abs(x[i] - y[i]) <= 1);
        free(in);
        free(x);
        free(y);
    }
}

int main(void)
{
    struct xh_resampler_filter f;
    for (int i = 0; i < 4; i++)
        for (int k = 0; k < 4; k++)
            if (i != k)
                pair(rates[i], rates[k]);
    CHECK(xh_resampler_design(&f, 8000, 8000) == -EINVAL);
    CHECK(xh_resampler_design(&f, 44100, 8000) == -EINVAL);
    CHECK(xh_resampler_design(&f, 8000, -1) == -EINVAL);
    return 0;
}
