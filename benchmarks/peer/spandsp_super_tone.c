/* libspandsp's supervisory tone receiver, told the tones of China: a second of sound on standard input to each of CHANNELS receivers, in
 * blocks of 10 ms. Prints the median ns a channel and 10 ms. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <tiffio.h>

#include <spandsp.h>
#include "peer_clock.h"

#define BLOCK 80
#define BLOCKS 100

static void on_tone(void *user, int code, int level, int delay)
{
    (void)code, (void)level, (void)delay;
    ++*(long *)user;
}

static void cadence(super_tone_rx_descriptor_t *d, int hz, int on, int off)
{
    int tone = super_tone_rx_add_tone(d);
    super_tone_rx_add_element(d, tone, hz, -1, on * 3 / 4, off ? on * 5 / 4 : 0);
    if (off)
        super_tone_rx_add_element(d, tone, -1, -1, off * 3 / 4, off * 5 / 4);
}

int main(int argc, char **argv)
{
    int channels = argc > 1 ? atoi(argv[1]) : 0;
    static int16_t sound[BLOCK * BLOCKS];
    double *took = calloc(channels > 0 ? (size_t)channels : 1, sizeof *took);
    if (channels < 1 || !took || fread(sound, sizeof sound, 1, stdin) != 1) {
        fprintf(stderr, "spandsp_super_tone CHANNELS <sound\n");
        return 1;
    }
    super_tone_rx_descriptor_t *d = super_tone_rx_make_descriptor(NULL);
    static const int tones[][3] = {{450, 1765, 0}, {450, 400, 40}, {450, 1000, 4000}, {450, 350, 350}, {425, 500, 500},
                                   {450, 700, 700}, {425, 250, 250}, {450, 400, 4000}, {1400, 400, 10000}, {950, 811, 0}};
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++)
        cadence(d, tones[i][0], tones[i][1], tones[i][2]);
    long heard = 0;
    for (int c = 0; c < channels; c++) {
        super_tone_rx_state_t *s = super_tone_rx_init(NULL, d, on_tone, &heard);
        if (!s)
            return 1;
        double begin = now_ns();
        for (int b = 0; b < BLOCKS; b++)
            super_tone_rx(s, sound + b * BLOCK, BLOCK);
        took[c] = (now_ns() - begin) / BLOCKS;
        super_tone_rx_free(s);
    }
    qsort(took, (size_t)channels, sizeof *took, smaller);
    printf("{\"ns\": %.1f, \"heard\": %ld}\n", took[channels / 2], heard);
    super_tone_rx_free_descriptor(d);
    free(took);
    return 0;
}
