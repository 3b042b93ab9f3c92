/* libspeexdsp's echo canceller (MDF) as a filter and a stop-watch; see echo_peer.h. NLP: with its preprocessor, which
 * suppresses the residual echo together with noise (the one is not had without the other). */
#include "echo_peer.h"

#include <speex/speex_echo.h>
#include <speex/speex_preprocess.h>

struct peer {
    SpeexEchoState *echo;
    SpeexPreprocessState *suppressor;
};

static void *echo_peer_new(int tail_ms, int nlp)
{
    struct peer *p = calloc(1, sizeof *p);
    int rate = 8000;
    if (!p || !(p->echo = speex_echo_state_init(ECHO_BLOCK, tail_ms * 8)))
        return NULL;
    speex_echo_ctl(p->echo, SPEEX_ECHO_SET_SAMPLING_RATE, &rate);
    if (nlp) {
        if (!(p->suppressor = speex_preprocess_state_init(ECHO_BLOCK, rate)))
            return NULL;
        speex_preprocess_ctl(p->suppressor, SPEEX_PREPROCESS_SET_ECHO_STATE, p->echo);
    }
    return p;
}

static void echo_peer_run(void *state, const int16_t *rout, const int16_t *sin, int16_t *sout)
{
    struct peer *p = state;
    speex_echo_cancellation(p->echo, sin, rout, sout);
    if (p->suppressor)
        speex_preprocess_run(p->suppressor, sout);
}
