/* The resamplers of libspeexdsp and libsoxr in ticks of 10 ms, one channel.
 *
 *     resamplers FROM TO TICKS    ->  {"speexdsp", "soxr"}
 *
 * ns a sample of the higher rate, CPU, the least of ten runs of TICKS ticks each. libspeexdsp at quality 5 (of 0 to 10), libsoxr at its
 * usual one (high), both 16 bits in and out. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <soxr.h>
#include <speex/speex_resampler.h>
#include "peer_clock.h"

static double with_speexdsp(int from, int to, int ticks, const int16_t *in, int16_t *out)
{
    int error = 0;
    SpeexResamplerState *s = speex_resampler_init(1, from, to, 5, &error);
    if (!s)
        return NAN;
    double begin = now_ns();
    for (int i = 0; i < ticks; i++) {
        spx_uint32_t n = from / 100, room = 480;
        speex_resampler_process_int(s, 0, in, &n, out, &room);
    }
    double took = now_ns() - begin;
    speex_resampler_destroy(s);
    return took / ticks;
}

static double with_soxr(int from, int to, int ticks, const int16_t *in, int16_t *out)
{
    soxr_io_spec_t io = soxr_io_spec(SOXR_INT16_I, SOXR_INT16_I);
    soxr_error_t error = NULL;
    soxr_t s = soxr_create(from, to, 1, &error, &io, NULL, NULL);
    if (!s)
        return NAN;
    double begin = now_ns();
    for (int i = 0; i < ticks; i++) {
        size_t taken, made;
        soxr_process(s, in, from / 100, &taken, out, 2000, &made);
    }
    double took = now_ns() - begin;
    soxr_delete(s);
    return took / ticks;
}

int main(int argc, char **argv)
{
    int from = argc > 1 ? atoi(argv[1]) : 0, to = argc > 2 ? atoi(argv[2]) : 0, ticks = argc > 3 ? atoi(argv[3]) : 0;
    if (from < 8000 || to < 8000 || from > 48000 || to > 48000 || ticks < 1) {
        fprintf(stderr, "resamplers FROM TO TICKS\n");
        return 1;
    }
    int16_t in[480], out[2000];
    for (int i = 0; i < 480; i++)
        in[i] = (int16_t)(rand() % 20000 - 10000);
    double speexdsp = INFINITY, soxr = INFINITY;
    for (int run = 0; run < 10; run++) {
        speexdsp = fmin(speexdsp, with_speexdsp(from, to, ticks, in, out));
        soxr = fmin(soxr, with_soxr(from, to, ticks, in, out));
    }
    double samples = (from > to ? from : to) / 100;
    printf("{\"speexdsp\": %.3f, \"soxr\": %.3f}\n", speexdsp / samples, soxr / samples);
    return 0;
}
