/* libspandsp's line echo canceller as a filter and a stop-watch; see echo_peer.h. NLP: with its suppressor and comfort
 * noise. */
#include "echo_peer.h"

#include <spandsp.h>

static void *echo_peer_new(int tail_ms, int nlp)
{
    return echo_can_init(tail_ms * 8, ECHO_CAN_USE_ADAPTION | (nlp ? ECHO_CAN_USE_NLP | ECHO_CAN_USE_CNG : 0));
}

static void echo_peer_run(void *state, const int16_t *rout, const int16_t *sin, int16_t *sout)
{
    for (int i = 0; i < ECHO_BLOCK; i++)
        sout[i] = echo_can_update(state, rout[i], sin[i]);
}
