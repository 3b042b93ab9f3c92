/* webrtc-audio-processing's echo canceller (AEC, extended filter) as a filter and a stop-watch; see echo_peer.h. It has no
 * linear part alone: its suppressor is always on, PLAIN at its lowest level, NLP at its highest. The length of its filter
 * is its own affair; TAIL_MS is not looked at. */
#include "echo_peer.h"

#include <memory>

#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

struct peer {
    std::unique_ptr<webrtc::AudioProcessing> processing;
    webrtc::AudioFrame far_side, near_side;
};

static void format(webrtc::AudioFrame &frame)
{
    frame.sample_rate_hz_ = 8000;
    frame.samples_per_channel_ = ECHO_BLOCK;
    frame.num_channels_ = 1;
}

static void *echo_peer_new(int, int nlp)
{
    webrtc::Config config;
    config.Set<webrtc::ExtendedFilter>(new webrtc::ExtendedFilter(true));
    peer *p = new peer;
    p->processing.reset(webrtc::AudioProcessing::Create(config));
    webrtc::AudioProcessing *a = p->processing.get();
    if (!a || a->Initialize(8000, 8000, 8000, webrtc::AudioProcessing::kMono, webrtc::AudioProcessing::kMono, webrtc::AudioProcessing::kMono))
        return nullptr;
    auto level = nlp ? webrtc::EchoCancellation::kHighSuppression : webrtc::EchoCancellation::kLowSuppression;
    if (a->echo_cancellation()->set_suppression_level(level) || a->echo_cancellation()->Enable(true))
        return nullptr;
    format(p->far_side);
    format(p->near_side);
    return p;
}

static void echo_peer_run(void *state, const int16_t *rout, const int16_t *sin, int16_t *sout)
{
    peer *p = static_cast<peer *>(state);
    memcpy(p->far_side.data_, rout, ECHO_BLOCK * sizeof *rout);
    memcpy(p->near_side.data_, sin, ECHO_BLOCK * sizeof *sin);
    format(p->far_side);
    format(p->near_side);
    int failed = p->processing->ProcessReverseStream(&p->far_side);
    p->processing->set_stream_delay_ms(0);
    failed |= p->processing->ProcessStream(&p->near_side);
    if (failed) {
        fprintf(stderr, "webrtc_echo: refused\n");
        exit(1);
    }
    memcpy(sout, p->near_side.data_, ECHO_BLOCK * sizeof *sout);
}
