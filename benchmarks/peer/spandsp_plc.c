/* libspandsp's packet loss concealer, one a channel: what 10 ms of a channel cost it.
 *
 *     spandsp_plc CHANNELS BLOCKS <sound    ->  {"good", "lost"}
 *
 * sound: BLOCKS x 80 samples of 16 bits, the same for all channels. good: ns a channel and block, CPU, of blocks that came; lost: of the
 * first block of a hole, which is each tenth. Medians of the blocks. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <spandsp.h>
#include "peer_clock.h"

#define BLOCK 80

int main(int argc, char **argv)
{
    int channels = argc > 1 ? atoi(argv[1]) : 0, blocks = argc > 2 ? atoi(argv[2]) : 0, good = 0, lost = 0;
    if (channels < 1 || blocks < 20) {
        fprintf(stderr, "spandsp_plc CHANNELS BLOCKS <sound\n");
        return 1;
    }
    plc_state_t *bank = calloc(channels, sizeof *bank);
    int16_t *sound = calloc((size_t)channels * BLOCK, sizeof *sound), block[BLOCK];
    double *good_ns = calloc(blocks, sizeof *good_ns), *lost_ns = calloc(blocks, sizeof *lost_ns);
    if (!bank || !sound || !good_ns || !lost_ns)
        return 1;
    for (int c = 0; c < channels; c++)
        plc_init(&bank[c]);
    for (int b = 0; b < blocks; b++) {
        if (fread(block, sizeof block, 1, stdin) != 1) {
            fprintf(stderr, "spandsp_plc: the sound ends too early\n");
            return 1;
        }
        for (int c = 0; c < channels; c++)
            memcpy(sound + (size_t)c * BLOCK, block, sizeof block);
        double begin = now_ns();
        for (int c = 0; c < channels; c++) {
            if (b % 10 == 9)
                plc_fillin(&bank[c], sound + (size_t)c * BLOCK, BLOCK);
            else
                plc_rx(&bank[c], sound + (size_t)c * BLOCK, BLOCK);
        }
        double took = (now_ns() - begin) / channels;
        if (b % 10 == 9)
            lost_ns[lost++] = took;
        else if (b % 10)        /* not the one behind a hole */
            good_ns[good++] = took;
    }
    qsort(good_ns, good, sizeof *good_ns, smaller);
    qsort(lost_ns, lost, sizeof *lost_ns, smaller);
    printf("{\"good\": %.2f, \"lost\": %.2f}\n", good_ns[good / 2], lost_ns[lost / 2]);
    free(bank);
    free(sound);
    free(good_ns);
    free(lost_ns);
    return 0;
}
