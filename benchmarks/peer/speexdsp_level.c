/* speexdsp's preprocessor, its noise suppressor off, as a voice detector, as an automatic gain control and, for speed, as
 * both; see level_peer.h. OPTION: level the gain control aims at, as its manual has it (0 to 32768); 0: its default. */
#include "level_peer.h"

#include <speex/speex_preprocess.h>

static void *level_peer_new(enum level_work work, int option)
{
    SpeexPreprocessState *s = speex_preprocess_state_init(LEVEL_BLOCK, 8000);
    int off = 0, vad = work != LEVEL_FILTER, agc = work != LEVEL_VAD;
    float level = (float)option;
    if (!s)
        return NULL;
    speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_DENOISE, &off);
    speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_VAD, &vad);
    speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_AGC, &agc);
    if (option)
        speex_preprocess_ctl(s, SPEEX_PREPROCESS_SET_AGC_LEVEL, &level);
    return s;
}

static int level_peer_run(void *state, int16_t *samples)
{
    return speex_preprocess_run(state, samples);
}
