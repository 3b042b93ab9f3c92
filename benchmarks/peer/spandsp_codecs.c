/* libspandsp's G.726, IMA and OKI ADPCM, and libgsm itself, on sound from standard input: ns a sample, CPU, best of the rounds.
 *
 *     spandsp_codecs ROUNDS <sound    ->  {"g726-32 encode": ns, ...}
 *
 * sound: samples of 16 bits, a multiple of 320, at most 10 s of 8 kHz. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <gsm.h>
#include <spandsp.h>
#include "peer_clock.h"

#define MOST 80000

static int16_t sound[MOST], back[MOST + 16];
static uint8_t octets[2 * MOST + 16];

typedef int work_fn(int n);
static int rate;

static int g726_there(int n)
{
    g726_state_t *s = g726_init(NULL, rate, G726_ENCODING_LINEAR, G726_PACKING_RIGHT);
    int r = g726_encode(s, octets, sound, n);
    g726_free(s);
    return r;
}

static int g726_back(int n)
{
    g726_state_t *s = g726_init(NULL, rate, G726_ENCODING_LINEAR, G726_PACKING_RIGHT);
    int r = g726_decode(s, back, octets, n);
    g726_free(s);
    return r;
}

static int ima_there(int n)
{
    ima_adpcm_state_t *s = ima_adpcm_init(NULL, IMA_ADPCM_DVI4, 0);
    int r = ima_adpcm_encode(s, octets, sound, n);
    ima_adpcm_free(s);
    return r;
}

static int ima_back(int n)
{
    ima_adpcm_state_t *s = ima_adpcm_init(NULL, IMA_ADPCM_DVI4, 0);
    int r = ima_adpcm_decode(s, back, octets, n);
    ima_adpcm_free(s);
    return r;
}

static int oki_there(int n)
{
    oki_adpcm_state_t *s = oki_adpcm_init(NULL, 32000);
    int r = oki_adpcm_encode(s, octets, sound, n);
    oki_adpcm_free(s);
    return r;
}

static int oki_back(int n)
{
    oki_adpcm_state_t *s = oki_adpcm_init(NULL, 32000);
    int r = oki_adpcm_decode(s, back, octets, n);
    oki_adpcm_free(s);
    return r;
}

static int gsm_there(int n)
{
    gsm s = gsm_create();
    for (int i = 0; i < n / 160; i++)
        gsm_encode(s, sound + 160 * i, octets + 33 * i);
    gsm_destroy(s);
    return n / 160 * 33;
}

static int gsm_back(int n)
{
    gsm s = gsm_create();
    for (int i = 0; i < n / 33; i++)
        gsm_decode(s, octets + 33 * i, back + 160 * i);
    gsm_destroy(s);
    return n / 33 * 160;
}

static const char *comma = "{";

static void measure(const char *name, work_fn *there, work_fn *back_again, int n, int rounds)
{
    double best[2] = {1e18, 1e18};
    for (int i = 0; i < rounds; i++) {
        double begin = now_ns();
        int made = there(n);
        double between = now_ns();
        back_again(made);
        double end = now_ns();
        best[0] = between - begin < best[0] ? between - begin : best[0];
        best[1] = end - between < best[1] ? end - between : best[1];
    }
    printf("%s\"%s encode\": %.3f, \"%s decode\": %.3f", comma, name, best[0] / n, name, best[1] / n);
    comma = ", ";
}

int main(int argc, char **argv)
{
    int rounds = argc > 1 ? atoi(argv[1]) : 0, n = (int)fread(sound, sizeof *sound, MOST, stdin) / 320 * 320;
    if (rounds < 1 || n < 320) {
        fprintf(stderr, "spandsp_codecs ROUNDS <sound\n");
        return 1;
    }
    static const char *const names[] = {"g726-16", "g726-24", "g726-32", "g726-40"};
    for (int i = 0; i < 4; i++) {
        rate = 16000 + 8000 * i;
        measure(names[i], g726_there, g726_back, n, rounds);
    }
    measure("dvi4", ima_there, ima_back, n, rounds);
    measure("vox", oki_there, oki_back, n, rounds);
    measure("gsm", gsm_there, gsm_back, n, rounds);
    printf("}\n");
    return 0;
}
