/* webrtc-audio-processing's voice detector and digital gain control; see level_peer.h. OPTION: likelihood of its voice
 * detector, 0 (very low: it finds all) to 3 (high). */
#include "level_peer.h"

#include <memory>

#include <webrtc/modules/audio_processing/include/audio_processing.h>
#include <webrtc/modules/interface/module_common_types.h>

struct peer {
    std::unique_ptr<webrtc::AudioProcessing> processing;
    webrtc::AudioFrame frame;
};

static void *level_peer_new(enum level_work work, int option)
{
    auto mono = webrtc::AudioProcessing::kMono;
    peer *p = new peer;
    p->processing.reset(webrtc::AudioProcessing::Create());
    webrtc::AudioProcessing *a = p->processing.get();
    int failed = !a || a->Initialize(8000, 8000, 8000, mono, mono, mono);
    if (!failed && work != LEVEL_FILTER) {
        failed |= a->voice_detection()->set_likelihood(static_cast<webrtc::VoiceDetection::Likelihood>(option));
        failed |= a->voice_detection()->Enable(true);
    }
    if (!failed && work != LEVEL_VAD) {
        failed |= a->gain_control()->set_mode(webrtc::GainControl::kAdaptiveDigital);
        failed |= a->gain_control()->Enable(true);
    }
    return failed ? nullptr : p;
}

static int level_peer_run(void *state, int16_t *samples)
{
    peer *p = static_cast<peer *>(state);
    p->frame.sample_rate_hz_ = 8000;
    p->frame.samples_per_channel_ = LEVEL_BLOCK;
    p->frame.num_channels_ = 1;
    memcpy(p->frame.data_, samples, LEVEL_BLOCK * sizeof *samples);
    if (p->processing->ProcessStream(&p->frame)) {
        fprintf(stderr, "webrtc_level: refused\n");
        exit(1);
    }
    memcpy(samples, p->frame.data_, LEVEL_BLOCK * sizeof *samples);
    return p->processing->voice_detection()->is_enabled() && p->processing->voice_detection()->stream_has_voice();
}
