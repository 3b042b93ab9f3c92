/* libspandsp's DTMF receiver, one a channel, on sound from standard input: what 10 ms of a channel cost it.
 *
 *     spandsp_dtmf CHANNELS BLOCKS <sound    ->  {"ns", "digits"}
 *
 * sound: samples of 16 bits, BLOCKS x CHANNELS x 80 of them. ns: a channel and block, CPU, median of the blocks. digits: found
 * on all channels. A program of its own, as for libpri. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <spandsp.h>
#include "peer_clock.h"

#define BLOCK 80

int main(int argc, char **argv)
{
    int channels = argc > 1 ? atoi(argv[1]) : 0, blocks = argc > 2 ? atoi(argv[2]) : 0;
    if (channels < 1 || blocks < 1) {
        fprintf(stderr, "spandsp_dtmf CHANNELS BLOCKS <sound\n");
        return 1;
    }
    dtmf_rx_state_t **bank = calloc(channels, sizeof *bank);
    int16_t *sound = calloc((size_t)channels * BLOCK, sizeof *sound);
    double *took = calloc(blocks, sizeof *took);
    if (!bank || !sound || !took)
        return 1;
    for (int c = 0; c < channels; c++)
        if (!(bank[c] = dtmf_rx_init(NULL, NULL, NULL)))
            return 1;
    long digits = 0;
    char found[32];
    for (int b = 0; b < blocks; b++) {
        if (fread(sound, BLOCK * sizeof *sound, channels, stdin) != (size_t)channels) {
            fprintf(stderr, "spandsp_dtmf: the sound ends too early\n");
            return 1;
        }
        double begin = now_ns();
        for (int c = 0; c < channels; c++) {
            dtmf_rx(bank[c], sound + (size_t)c * BLOCK, BLOCK);
            digits += dtmf_rx_get(bank[c], found, sizeof found - 1);
        }
        took[b] = (now_ns() - begin) / channels;
    }
    qsort(took, blocks, sizeof *took, smaller);
    printf("{\"ns\": %.2f, \"digits\": %ld}\n", took[blocks / 2], digits);
    for (int c = 0; c < channels; c++)
        dtmf_rx_free(bank[c]);
    free(bank);
    free(sound);
    free(took);
    return 0;
}
