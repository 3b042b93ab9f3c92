/* speexdsp's preprocessor, its noise suppressor off, as a voice detector, as an automatic gain control and, for speed, as
 * both; see level_peer.h. OPTION: level the gain control aims at, as its manual has it (0 to 32768); 0: its default. */
#include "level_peer.h"

#include <fcntl.h>
#include <speex/speex_preprocess.h>
#include <unistd.h>

/* The library complains of its own detector each time that is switched on. */
static void switch_on(SpeexPreprocessState *s, int vad)
{
    int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, STDERR_FILENO);
    speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_VAD, &vad);
    fflush(stderr);
    dup2(kept, STDERR_FILENO);
    close(kept);
    close(nowhere);
}

static void *level_peer_new(enum level_work work, int option)
{
    SpeexPreprocessState *s = speex_preprocess_state_init(LEVEL_BLOCK, 8000);
    int off = 0, vad = work != LEVEL_FILTER, agc = work != LEVEL_VAD;
    float level = (float)option;
    if (!s)
        return NULL;
    speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_DENOISE, &off);
    switch_on(s, vad);
    speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_AGC, &agc);
    if (option)
        speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_AGC_LEVEL, &level);
    return s;
}

static int level_peer_run(void *state, int16_t *samples)
{
    return speex_preprocess_run(state, samples);
}
