/* What the echo cancellers of others share as programs: each is a filter and a stop-watch.
 *
 *     NAME filter TAIL_MS PLAIN|NLP <pairs >sout      PLAIN: linear part alone, NLP: with suppressor and comfort noise
 *     NAME speed TAIL_MS PLAIN|NLP CHANNELS BLOCKS <pairs    ->  {"ns", "octets"}
 *
 * pairs: 16 bit samples, Rout and Sin in turn; sout: 16 bit samples. Blocks of ECHO_BLOCK samples; a rest is left out.
 * speed: all channels take the same sound, one after the other, block by block. ns: a sample and channel, CPU, median of
 * the second half of the blocks, when the filters have something to do with an echo they know. octets: of memory, a channel,
 * as the growth of the heap says.
 * The program that includes this defines echo_peer_new, echo_peer_run and ECHO_BLOCK before. */
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "peer_clock.h"

#ifndef ECHO_BLOCK
#define ECHO_BLOCK 80
#endif

static void *echo_peer_new(int tail_ms, int nlp);                                      /* NULL: cannot */
static void echo_peer_run(void *state, const int16_t *rout, const int16_t *sin, int16_t *sout);

static int echo_read(int16_t *rout, int16_t *sin)
{
    int16_t pairs[2 * ECHO_BLOCK];
    if (fread(pairs, sizeof pairs, 1, stdin) != 1)
        return 0;
    for (int i = 0; i < ECHO_BLOCK; i++) {
        rout[i] = pairs[2 * i];
        sin[i] = pairs[2 * i + 1];
    }
    return 1;
}

/* A stream of our own: libspandsp's canceller talks on standard output, which goes nowhere here. */
static FILE *echo_output(void)
{
    int fd = dup(STDOUT_FILENO);
    return fd < 0 || !freopen("/dev/null", "w", stdout) ? NULL : fdopen(fd, "w");
}

static int echo_filter(int tail_ms, int nlp, FILE *out)
{
    int16_t rout[ECHO_BLOCK], sin[ECHO_BLOCK], sout[ECHO_BLOCK];
    void *state = echo_peer_new(tail_ms, nlp);
    if (!state)
        return 1;
    while (echo_read(rout, sin)) {
        echo_peer_run(state, rout, sin, sout);
        if (fwrite(sout, sizeof sout, 1, out) != 1)
            return 1;
    }
    return fclose(out) ? 1 : 0;
}

static int echo_speed(int tail_ms, int nlp, int channels, int blocks, FILE *out)
{
    int16_t rout[ECHO_BLOCK], sin[ECHO_BLOCK], sout[ECHO_BLOCK];
    void **state = (void **)calloc((size_t)channels, sizeof *state);
    double *took = (double *)calloc((size_t)blocks, sizeof *took);
    if (!state || !took)
        return 1;
    struct mallinfo2 before = mallinfo2();
    for (int c = 0; c < channels; c++)
        if (!(state[c] = echo_peer_new(tail_ms, nlp)))
            return 1;
    struct mallinfo2 after = mallinfo2();
    for (int b = 0; b < blocks; b++) {
        if (!echo_read(rout, sin)) {
            fprintf(stderr, "the sound ends too early\n");
            return 1;
        }
        double begin = now_ns();
        for (int c = 0; c < channels; c++)
            echo_peer_run(state[c], rout, sin, sout);
        took[b] = (now_ns() - begin) / channels / ECHO_BLOCK;
    }
    int from = blocks / 2;
    qsort(took + from, (size_t)(blocks - from), sizeof *took, smaller);
    double octets = (double)(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) / channels;
    fprintf(out, "{\"ns\": %.2f, \"octets\": %.0f}\n", took[from + (blocks - from) / 2], octets);
    return fclose(out) ? 1 : 0;
}

int main(int argc, char **argv)
{
    int tail_ms = argc > 2 ? atoi(argv[2]) : 0, nlp = argc > 3 && !strcmp(argv[3], "NLP");
    int channels = argc > 4 ? atoi(argv[4]) : 0, blocks = argc > 5 ? atoi(argv[5]) : 0;
    FILE *out = echo_output();
    if (!out)
        return 1;
    if (argc == 4 && !strcmp(argv[1], "filter") && tail_ms > 0)
        return echo_filter(tail_ms, nlp, out);
    if (argc == 6 && !strcmp(argv[1], "speed") && tail_ms > 0 && channels > 0 && blocks > 0)
        return echo_speed(tail_ms, nlp, channels, blocks, out);
    fprintf(stderr, "%s filter TAIL_MS PLAIN|NLP <pairs >sout\n%s speed TAIL_MS PLAIN|NLP CHANNELS BLOCKS <pairs\n", argv[0], argv[0]);
    return 1;
}
