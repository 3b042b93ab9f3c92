/* What the level controls and voice detectors of others share as programs: each is a filter and a stop-watch.
 *
 *     NAME vad OPTION <samples >decisions             an octet, 0 or 1, for each 80 samples
 *     NAME filter OPTION <samples >samples            levelled
 *     NAME speed OPTION CHANNELS BLOCKS <samples      ->  {"ns", "octets"}
 *
 * samples: of 16 bits, 8 kHz; a rest of less than 80 is left out. OPTION: a number, what it means is the program's affair.
 * speed: all channels take the same sound, one after the other, block by block, and do all that the program can. ns: a sample
 * and channel, CPU, median of the blocks. octets: of memory, a channel, as the growth of the heap says.
 * The program that includes this defines level_peer_new and level_peer_run before. */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "peer_clock.h"

#define LEVEL_BLOCK 80

enum level_work { LEVEL_VAD, LEVEL_FILTER, LEVEL_SPEED };
static void *level_peer_new(enum level_work work, int option);         /* NULL: cannot */
static int level_peer_run(void *state, int16_t *samples);              /* in place; 1: a voice */

static int level_stream(enum level_work work, int option)
{
    int16_t x[LEVEL_BLOCK];
    void *state = level_peer_new(work, option);
    if (!state)
        return 1;
    while (fread(x, sizeof x, 1, stdin) == 1) {
        int voice = level_peer_run(state, x);
        if (work == LEVEL_VAD)
            putchar(voice);
        else if (fwrite(x, sizeof x, 1, stdout) != 1)
            return 1;
    }
    return fflush(stdout) ? 1 : 0;
}

static int level_speed(int option, int channels, int blocks)
{
    int16_t in[LEVEL_BLOCK], x[LEVEL_BLOCK];
    void **state = (void **)calloc((size_t)channels, sizeof *state);
    double *took = (double *)calloc((size_t)blocks, sizeof *took);
    if (!state || !took)
        return 1;
    struct mallinfo2 before = mallinfo2();
    for (int c = 0; c < channels; c++)
        if (!(state[c] = level_peer_new(LEVEL_SPEED, option)))
            return 1;
    struct mallinfo2 after = mallinfo2();
    for (int b = 0; b < blocks; b++) {
        if (fread(in, sizeof in, 1, stdin) != 1) {
            fprintf(stderr, "the sound ends too early\n");
            return 1;
        }
        double begin = now_ns();
        for (int c = 0; c < channels; c++) {
            memcpy(x, in, sizeof x);
            level_peer_run(state[c], x);
        }
        took[b] = (now_ns() - begin) / channels / LEVEL_BLOCK;
    }
    qsort(took, (size_t)blocks, sizeof *took, smaller);
    double octets = (double)(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / channels;
    printf("{\"ns\": %.2f, \"octets\": %.0f}\n", took[blocks / 2], octets);
    return 0;
}

int main(int argc, char **argv)
{
    int option = argc > 2 ? atoi(argv[2]) : 0, channels = argc > 3 ? atoi(argv[3]) : 0, blocks = argc > 4 ? atoi(argv[4]) : 0;
    if (argc == 3 && !strcmp(argv[1], "vad"))
        return level_stream(LEVEL_VAD, option);
    if (argc == 3 && !strcmp(argv[1], "filter"))
        return level_stream(LEVEL_FILTER, option);
    if (argc == 5 && !strcmp(argv[1], "speed") && channels > 0 && blocks > 0)
        return level_speed(option, channels, blocks);
    fprintf(stderr, "%s vad|filter OPTION <samples\n%s speed OPTION CHANNELS BLOCKS <samples\n", argv[0], argv[0]);
    return 1;
}
