cdef extern from "xunhu/rtp.h" nogil:
    struct xh_rtp_header:
        uint8_t payload_type, marker, csrcs, padding
        uint16_t sequence, extension_profile
        uint32_t timestamp, ssrc, extension, extension_octets, payload, payload_octets
    struct xh_rtp_source:
        uint32_t received, jitter
    enum xh_rtp_verdict:
        XH_RTP_VALID
    int xh_rtp_parse(xh_rtp_header *h, const uint8_t *packet, size_t octets)
    void xh_rtp_build(uint8_t *packet, int payload_type, int marker, uint16_t sequence, uint32_t timestamp, uint32_t ssrc)
    int xh_rtp_is_rtcp(const uint8_t *packet, size_t octets)
    void xh_rtp_source_init(xh_rtp_source *s, uint32_t ssrc, uint16_t sequence)
    xh_rtp_verdict xh_rtp_source_update(xh_rtp_source *s, uint16_t sequence)
    void xh_rtp_source_arrived(xh_rtp_source *s, uint32_t timestamp, uint64_t arrival_ns, uint32_t clock_hz)
    uint32_t xh_rtp_source_highest(const xh_rtp_source *s)
    int32_t xh_rtp_source_lost(const xh_rtp_source *s)
    uint8_t xh_rtp_source_fraction(xh_rtp_source *s)

cdef extern from "xunhu/rtp_codec.h" nogil:
    struct xh_rtp_codec_options:
        int bits_per_second, silence, mode
    struct xh_rtp_codec:
        const char *name
        uint8_t payload_type
        uint16_t frame, ptime_ms
        uint32_t clock_hz
        float ie, bpl
        size_t state_octets
        int (*open)(void *state, const xh_rtp_codec_options *options, int encoder)
        void (*close)(void *state)
        int (*encode)(void *state, uint8_t *out, size_t room, const int16_t *samples, size_t n)
        int (*decode)(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets)
    const xh_rtp_codec *xh_rtp_codec_at(size_t i)
    const xh_rtp_codec *xh_rtp_codec_named(const char *name, uint32_t clock_hz)

cdef extern from "xunhu/jitter_buffer.h" nogil:
    struct xh_jitter_params:
        uint8_t adaptive
        uint16_t fixed_ms, min_ms, max_ms, start_ms, late_cost_ms

cdef extern from "xunhu/rtp_event.h" nogil:
    struct xh_rtp_key:
        uint8_t event
        char digit
        uint8_t ended, volume
        uint32_t samples
    struct xh_rtp_events:
        pass
    void xh_rtp_events_init(xh_rtp_events *e)
    int xh_rtp_events_payload(xh_rtp_events *e, uint32_t timestamp, const uint8_t *payload, size_t octets, uint32_t clock_hz, uint32_t now)
    void xh_rtp_events_tick(xh_rtp_events *e, uint32_t now)
    size_t xh_rtp_events_take(xh_rtp_events *e, xh_rtp_key *keys, size_t room)

cdef extern from "xunhu/rtp_receiver.h" nogil:
    enum:
        XH_RTP_KEPT, XH_RTP_LATE, XH_RTP_DUPLICATE, XH_RTP_UNKNOWN_TYPE, XH_RTP_UNPLAYABLE
    enum xh_rtp_kind:
        XH_RTP_AUDIO, XH_RTP_NOISE, XH_RTP_KEY
    struct xh_rtp_receiver_params:
        xh_jitter_params jitter
        uint32_t seed
    struct xh_rtp_receiver:
        uint32_t now, next
        uint16_t queued
    struct xh_rtp_receiver_stats:
        uint32_t ssrc
        uint8_t heard, payload_type, noise, fixed
        uint64_t packets, octets, late, early, duplicates, reordered, invalid, unknown, conceals, concealed, played, left_out, said_twice
        uint32_t splices, sources, silent
        int32_t lost
        uint32_t highest, jitter
        float jitter_ms, delay_ms, wanted_ms, skew_ppm, loss, burst_ratio, ie, bpl
        uint8_t loss_rate, discard_rate, burst_density, gap_density
        uint16_t burst_ms, gap_ms
        int16_t signal_dbm0, noise_dbm0
    int xh_rtp_receiver_init(xh_rtp_receiver *r, const xh_rtp_receiver_params *params)
    int xh_rtp_receiver_buffer(xh_rtp_receiver *r, const xh_jitter_params *params)
    int xh_rtp_receiver_accept(xh_rtp_receiver *r, int payload_type, xh_rtp_kind kind, const xh_rtp_codec *codec, void *state, uint32_t clock_hz)
    void xh_rtp_receiver_reset(xh_rtp_receiver *r)
    int xh_rtp_receiver_packet(xh_rtp_receiver *r, const uint8_t *packet, size_t octets, uint64_t arrival_ns)
    int xh_rtp_receiver_read(xh_rtp_receiver *r, int16_t *out, size_t n)
    size_t xh_rtp_receiver_keys(xh_rtp_receiver *r, xh_rtp_key *keys, size_t room)
    void xh_rtp_receiver_stats_of "xh_rtp_receiver_stats"(const xh_rtp_receiver *r, xh_rtp_receiver_stats *s)

cdef extern from "xunhu/rtp_sender.h" nogil:
    enum:
        XH_RTP_NO_TYPE
    struct xh_rtp_sender_params:
        const xh_rtp_codec *codec
        void *state
        uint8_t payload_type, key_type, noise_type, dtx
        uint16_t ptime_ms
        uint32_t key_clock_hz
    struct xh_rtp_sender:
        uint32_t ssrc
        uint64_t packets, octets
    int xh_rtp_sender_init(xh_rtp_sender *s, const xh_rtp_sender_params *params, uint64_t seed)
    int xh_rtp_sender_set(xh_rtp_sender *s, const xh_rtp_sender_params *params)
    void xh_rtp_sender_write(xh_rtp_sender *s, const int16_t *samples, size_t n, int voice)
    void xh_rtp_sender_pass(xh_rtp_sender *s, size_t n)
    int xh_rtp_sender_packet(xh_rtp_sender *s, uint8_t *packet, size_t room)
    int xh_rtp_sender_digits(xh_rtp_sender *s, const char *digits, size_t n, int on_ms, int off_ms)
    void xh_rtp_sender_digits_stop(xh_rtp_sender *s)
    int xh_rtp_sender_dialing(const xh_rtp_sender *s)
    uint32_t xh_rtp_sender_timestamp(const xh_rtp_sender *s)
