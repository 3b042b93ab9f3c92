/* libspandsp's receivers of fax and modem tones, MFC/R2 and caller id: blocks of 10 ms of CHANNELS channels on standard input, one block after
 * the other, as the receivers of ours get them. Prints ns a channel and block (median of the blocks), and how often they reported. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tiffio.h>

#include <spandsp.h>
#include "peer_clock.h"

#define BLOCK 80

static long reports;

static void on_tone(void *user, int code, int level, int delay)
{
    (void)user, (void)code, (void)level, (void)delay;
    reports++;
}

static void on_message(void *user, const uint8_t *octets, int n)
{
    (void)user, (void)octets, (void)n;
    reports++;
}

/* What makes and runs a receiver; a name may stand for several that must run beside each other. */
static void *make(const char *what)
{
    if (!strcmp(what, "r2"))
        return r2_mf_rx_init(NULL, true, on_tone, NULL);
    if (!strcmp(what, "caller-id"))
        return adsi_rx_init(NULL, ADSI_STANDARD_CLIP, on_message, NULL);
    static const struct { const char *name; int tone; } tones[] = {
        {"cng", MODEM_CONNECT_TONES_FAX_CNG}, {"ced", MODEM_CONNECT_TONES_FAX_CED_OR_PREAMBLE}, {"ansam", MODEM_CONNECT_TONES_ANSAM_PR},
        {"calling", MODEM_CONNECT_TONES_CALLING_TONE}, {"bell", MODEM_CONNECT_TONES_BELL_ANS},
    };
    for (size_t i = 0; i < sizeof tones / sizeof *tones; i++)
        if (!strcmp(what, tones[i].name))
            return modem_connect_tones_rx_init(NULL, tones[i].tone, on_tone, NULL);
    return NULL;
}

static void run(const char *what, void *receiver, const int16_t *samples)
{
    if (!strcmp(what, "r2"))
        r2_mf_rx(receiver, samples, BLOCK);
    else if (!strcmp(what, "caller-id"))
        adsi_rx(receiver, samples, BLOCK);
    else
        modem_connect_tones_rx(receiver, samples, BLOCK);
}

int main(int argc, char **argv)
{
    int channels = argc > 3 ? atoi(argv[1]) : 0, blocks = argc > 3 ? atoi(argv[2]) : 0, kinds = argc - 3;
    int16_t *samples = malloc(sizeof *samples * BLOCK * (size_t)(channels > 0 ? channels : 1));
    double *took = calloc(blocks > 0 ? (size_t)blocks : 1, sizeof *took);
    void **receiver = calloc(channels > 0 && kinds > 0 ? (size_t)channels * (size_t)kinds : 1, sizeof *receiver);
    if (channels < 1 || blocks < 1 || !samples || !took || !receiver) {
        fprintf(stderr, "spandsp_tones CHANNELS BLOCKS r2|caller-id|cng|ced|ansam|calling|bell ... <blocks\n");
        return 1;
    }
    for (int i = 0; i < channels * kinds; i++)
        if (!(receiver[i] = make(argv[3 + i % kinds])))
            return 1;
    for (int b = 0; b < blocks; b++) {
        if (fread(samples, sizeof *samples * BLOCK, (size_t)channels, stdin) != (size_t)channels)
            return 1;
        double begin = now_ns();
        for (int i = 0; i < channels * kinds; i++)
            run(argv[3 + i % kinds], receiver[i], samples + i / kinds * BLOCK);
        took[b] = (now_ns() - begin) / channels;
    }
    qsort(took, (size_t)blocks, sizeof *took, smaller);
    printf("{\"ns\": %.1f, \"reports\": %ld}\n", took[blocks / 2], reports);
    free(receiver);
    free(took);
    free(samples);
    return 0;
}
