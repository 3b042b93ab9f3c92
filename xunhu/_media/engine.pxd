# The C side of the engine as engine.pyx calls it: include/xunhu/engine.h, engine_shm.h, engine_private.h.

from libc.stdint cimport int16_t, int32_t, uint8_t, uint16_t, uint32_t, uint64_t

cdef extern from "xunhu/engine.h":
    enum:
        XH_MAX_SPANS, XH_TS_PORTS, XH_RTP_PORTS, XH_LINE_PORTS, XH_MAX_PORTS, XH_MAX_LINKS, XH_FRAME_MAX, XH_PAYLOAD, XH_GAIN_UNITY
        XH_PORT_FREE, XH_PORT_TIMESLOT, XH_PORT_PLAYER, XH_PORT_RECORDER, XH_PORT_TONE, XH_PORT_CONFERENCE, XH_PORT_RTP
        XH_CMD_CONFERENCE, XH_CMD_CONFERENCE_SET, XH_EV_FLOOR, XH_EV_TALK, XH_CONFERENCE_FLOOR, XH_CONFERENCE_TALKERS, XH_CONFERENCE_HOLD_KEYS
        XH_CMD_TS_OPEN, XH_CMD_CLOSE, XH_CMD_PLAY, XH_CMD_PLAY_MORE, XH_CMD_RECORD, XH_CMD_TONE, XH_CMD_DTMF
        XH_CMD_CONNECT, XH_CMD_DISCONNECT, XH_CMD_DETECT, XH_CMD_LINK_OPEN, XH_CMD_LINK_CLOSE, XH_CMD_CAS, XH_CMD_RAI
        XH_CMD_PAUSE, XH_CMD_LINK_MONITOR, XH_CMD_DETECT_WITH, XH_CMD_TONE_ROW, XH_CMD_ANSWER
        XH_CMD_FAX_TONE, XH_CMD_CALLER_ID, XH_DETECT_FAX, XH_DETECT_FSK, XH_EV_FAX, XH_EV_CALLER_ID, XH_CALLER_ID_PART
        XH_CMD_PLAY_SEEK, XH_CMD_PLAY_SKIP, XH_CMD_PLAY_SPEED, XH_CMD_PLAY_GAIN, XH_CMD_RECORD_START, XH_CMD_RECORD_PAUSE
        XH_REC_APPEND, XH_REC_CUT, XH_REC_ARMED, XH_REC_GO_ON, XH_REC_LEAVE_OUT, XH_REC_SILENCE, XH_EV_FILES
        XH_CMD_ECHO, XH_CMD_CONCEAL, XH_CMD_LEVEL, XH_EV_VOICE, XH_DETECT_VOICE, XH_VOICE_UNKNOWN
        XH_ECHO_ON, XH_ECHO_CONVERGED, XH_ECHO_DOUBLE_TALK, XH_ECHO_DISABLED, XH_ECHO_NARROW_BAND, XH_ECHO_SUPPRESSING
        XH_LINK_HDLC, XH_LINK_MTP2, XH_LINK_MTP2_HIGH_SPEED
        XH_PLAY_LOOP, XH_PLAY_KEEP, XH_REC_ALAW, XH_REC_ULAW, XH_REC_PCM16
        XH_DETECT_DTMF, XH_DETECT_PROGRESS, XH_DETECT_METER, XH_DETECT_CONTINUITY, XH_DETECT_ALL
        XH_DETECT_TONE, XH_DETECT_REPEAT, XH_DETECT_R2F, XH_DETECT_R2B, XH_DETECT_MACHINE
        XH_EV_TONE, XH_EV_REPEAT, XH_EV_R2, XH_EV_ANSWER
        XH_EV_REFUSED, XH_EV_CLOSED, XH_EV_PLAYED, XH_EV_RECORDED, XH_EV_TONE_DONE, XH_EV_DIGIT, XH_EV_DIGIT_END
        XH_EV_PROGRESS, XH_EV_ALARM, XH_EV_CAS, XH_EV_LINK, XH_EV_OVERLOAD, XH_EV_LATE, XH_EV_CONTINUITY, XH_EV_LOST_EVENTS
        XH_CMD_RTP_OPEN, XH_CMD_RTP_SEND, XH_CMD_RTP_RECEIVE, XH_CMD_RTP_DIGITS, XH_CMD_RTP_DIRECTION, XH_CMD_KEY, XH_CMD_RTP_DTLS
        XH_EV_RTP_SILENT, XH_EV_RTP_LEARNT, XH_EV_RTP_CHANGED, XH_EV_RTP_EVENT, XH_EV_RTP_BYE, XH_EV_RTP_DIALED, XH_EV_RTP_SECURE
        XH_END_DONE, XH_END_STOPPED, XH_END_KEY, XH_END_LONGEST, XH_END_SILENCE, XH_END_ERROR
    struct xh_tone_step:
        float f1_hz, f2_hz, level1_dbm0, level2_dbm0
        int32_t ms
    struct xh_command:
        uint32_t op, port
        uint64_t tag
        int32_t a0, a1, a2, a3, a4, a5
        uint32_t payload_len
        int32_t a6, a7, a8, a9
        uint8_t payload[448]
    struct xh_event:
        uint32_t type, port
        uint64_t tag, sample
        int32_t a0, a1, a2, a3
        uint64_t samples
    struct xh_port_row:
        uint32_t kind, detect
        uint64_t tag, opened, samples
        int16_t rms_in_dbm0x10, peak_in_dbm0x10, rms_out_dbm0x10, peak_out_dbm0x10
        uint32_t sources[4]
        uint32_t cas_rx, reserved
    struct xh_conceal_row:
        uint64_t samples
        uint32_t holes, on
    struct xh_echo_row:
        uint32_t sequence
        uint16_t flags
        int16_t erl_dbx10, erle_dbx10, residual_dbm0x10, noise_dbm0x10
        uint16_t delay_ms

    struct xh_level_row:
        uint32_t sequence
        uint8_t mode[2]
        uint8_t voice
        int16_t gain_dbx10[2]
        int16_t limiter_dbx10[2]
        int16_t voice_dbm0x10[2]
        int16_t speech_dbm0x10, noise_dbm0x10

cdef extern from "xunhu/engine_rtp.h":
    enum:
        XH_RTP_ACCEPTS, XH_RTP_MUX, XH_RTP_NO_RTCP, XH_RTP_XR, XH_RTP_SENDS, XH_RTP_HEARS
        XH_SRTP_AES_CM_128_80, XH_SRTP_AES_CM_128_32, XH_SRTP_AES_256_CM_80, XH_SRTP_AES_256_CM_32
        XH_SRTP_AEAD_AES_128_GCM, XH_SRTP_AEAD_AES_256_GCM
        XH_RTP_STATE_OPEN, XH_RTP_STATE_SENDS, XH_RTP_STATE_HEARS, XH_RTP_STATE_HEARD, XH_RTP_STATE_LOCKED, XH_RTP_STATE_SECURE
        XH_RTP_STATE_SILENT, XH_RTP_STATE_BYE, XH_RTP_STATE_NOISE, XH_RTP_STATE_SENDING, XH_RTP_STATE_MUX
    struct xh_rtp_address:
        uint8_t family
        uint16_t port
        uint32_t scope
        uint8_t ip[16]
    struct xh_srtp_secret:
        uint8_t suite, octets
        uint8_t key[46]
    struct xh_rtp_open:
        xh_rtp_address local, group
        uint32_t flags, silent_ms
        uint8_t tos, ttl
        uint64_t seed
        char cname[64]
    struct xh_rtp_send:
        xh_rtp_address remote, remote_rtcp
        uint8_t codec, payload_type, key_type, noise_type, ptime_ms, dtx, source, flags
        uint32_t key_clock_hz
        int32_t bits_per_second, mode
        xh_srtp_secret secret
    struct xh_rtp_accept:
        uint8_t payload_type, kind, codec
        uint32_t clock_hz
        int32_t bits_per_second, mode
    struct xh_rtp_receive:
        uint8_t count, adaptive
        uint16_t fixed_ms, min_ms, max_ms, start_ms, late_cost_ms
        xh_rtp_accept accept[10]
        xh_srtp_secret secret
    struct xh_rtp_dtls:
        uint8_t client, hash, octets
        uint32_t suites
        uint8_t fingerprint[64]
    struct xh_rtp_row:
        uint32_t sequence, state
        xh_rtp_address local, remote
        uint32_t ssrc, remote_ssrc
        uint8_t codec, payload_type, remote_codec, remote_type, ptime_ms
        uint64_t packets, octets, send_failed, remote_packets, remote_octets, late, early, duplicates, reordered, invalid
        uint64_t strange, unauthentic, concealed
        int32_t lost, remote_lost
        uint32_t jitter_us, remote_jitter_us
        uint16_t delay_ms, wanted_ms, round_trip_ms, loss_x10000
        int16_t skew_ppm
        uint16_t mos_in_x100, mos_out_x100, r_in_x10, r_out_x10

cdef extern from "xunhu/rtp_codec.h":
    enum: XH_RTP_DYNAMIC
    struct xh_rtp_codec:
        const char *name
        uint8_t payload_type
        uint16_t frame, ptime_ms
        uint32_t clock_hz
        int (*available)() noexcept nogil
    const xh_rtp_codec *xh_rtp_codec_at(size_t i)
    const xh_rtp_codec *xh_rtp_codec_named(const char *name, uint32_t clock_hz)

cdef extern from "xunhu/rtp_receiver.h":
    enum: XH_RTP_AUDIO, XH_RTP_NOISE, XH_RTP_KEY

cdef extern from "xunhu/rtp_sender.h":
    enum: XH_RTP_NO_TYPE, XH_RTP_DIGITS

cdef extern from "xunhu/echo.h":
    enum:
        XH_ECHO_NLP, XH_ECHO_COMFORT_NOISE, XH_ECHO_TONE_DISABLER

    struct xh_media_row:
        uint64_t position, length
        uint32_t file, speed

cdef extern from "xunhu/media_file.h":
    enum: XH_FORMATS

cdef extern from "xunhu/recorder.h":
    enum: XH_PREROLL_MS_MAX

cdef extern from "xunhu/time_scale.h":
    enum: XH_SCALE_MIN, XH_SCALE_MAX

cdef extern from "xunhu/span.h":
    enum:
        XH_ALARM_LOS, XH_ALARM_LOF, XH_ALARM_AIS, XH_ALARM_RAI, XH_ALARM_MISSING
    struct xh_span_status:
        uint32_t alarms, running
        uint64_t frames_rx, frames_tx, lost, late, reordered, duplicated, underruns, overruns, slips
        uint64_t crc4_errors, fas_errors, ebit_errors, bpv
        int32_t jitter_us, error
    struct xh_span:
        pass
    int xh_loop_cut(xh_span *s, int on)
    int xh_loop_alarm(xh_span *s, uint32_t alarms)

cdef extern from "xunhu/progress.h":
    enum:
        XH_PROGRESS_ROWS
        XH_TONE_DIAL, XH_TONE_RINGBACK, XH_TONE_BUSY, XH_TONE_CONGESTION, XH_TONE_SPECIAL_DIAL, XH_TONE_CALL_WAITING
        XH_TONE_HOWLER, XH_TONE_SIT

cdef extern from "engine_private.h" nogil:
    enum:
        XH_THREADS
        XH_DRIVER_LOOP, XH_DRIVER_CES, XH_DRIVER_DAHDI
        XH_COMMANDS, XH_EVENTS
    struct xh_frame_ring:
        pass
    struct xh_link_row:
        uint32_t sequence, open, span, timeslot, kind, waiting
        uint64_t rx, tx, rx_lost, tx_lost, bad, repeats
        uint32_t outage
    struct xh_span_row:
        uint32_t sequence, configured
        char driver[8]
        xh_span_status status
    struct xh_shm_stats:
        uint64_t ticks, sample, late_ticks, skipped_ticks, max_tick_us, events, events_lost, commands
        uint64_t commands_refused, commands_damaged, file_passes, concealed
        uint32_t file_workers, files_stuck
        uint32_t load_permille, overload, realtime, locked, ports_open, players, recorders, tones, crosspoints
        uint32_t detectors, links_open, levels, voices
    struct xh_indices:
        uint32_t head, tail
    struct xh_shm:
        uint32_t tick_samples, law, pid, epoch
        uint64_t links_waiting[2]
        xh_shm_stats stats
        xh_span_row *spans
        xh_link_row *links
        xh_port_row *ports
        xh_echo_row *echo
        xh_level_row *level
        xh_conceal_row *conceal
        xh_frame_ring *link_rx
        xh_frame_ring *link_tx
        xh_media_row *media
        xh_rtp_row *rtp
        uint32_t dtls_known
        uint8_t dtls_fingerprint[32]
    xh_shm *xh_shm_map(int fd, int *err)
    void xh_shm_unmap(xh_shm *m)
    int xh_commands_put(xh_shm *m, const xh_command *c, uint32_t n)
    int xh_events_get(xh_shm *m, xh_event *out)
    int xh_frames_put(xh_frame_ring *r, uint32_t *own, const uint8_t *frame, size_t n)
    int xh_frames_get(xh_frame_ring *r, uint32_t *own, uint8_t *frame, size_t room)
    uint32_t xh_frames_waiting(const xh_frame_ring *r, uint32_t head)
    void xh_frames_sync(xh_frame_ring *r, uint32_t *head, uint32_t *tail)
    uint64_t xh_links_waiting(xh_shm *m, int word)
    void xh_row_read(const uint32_t *sequence, const void *row, void *out, size_t size)
    void xh_wake_clear(xh_shm *m)
    struct xh_span_spec:
        int driver, number, peer, law
        char local[64]
        char remote[64]
        char root[256]
        int frames, jitter_ms, rtp, dahdi_span
        uint32_t hdlc_mask, cas_mask
    struct xh_line:
        xh_span *span
    struct xh_fetch
    struct xh_fetch_limits:
        size_t file_octets, all_octets
        int transfers, connect_ms, first_ms, low_octets, low_ms, fresh_ms, insecure, only_hosts
        char hosts[2048]
    int xh_fetch_limit(xh_fetch *f, const xh_fetch_limits *limits)
    struct xh_engine:
        xh_shm *shm
        int memfd, eventfd
        int pretend_permille, pretend_late
        xh_line *line
        xh_fetch *fetch
    xh_engine *xh_engine_new(const xh_span_spec *specs, int n, int tick_ms, int law, int threads, int shared,
                              int *err)
    void xh_engine_free(xh_engine *e)
    int xh_rtp_identity(xh_engine *e)
    void xh_engine_attach(xh_engine *e)
    void xh_engine_detach(xh_engine *e)
    void xh_engine_tick_virtual(xh_engine *e)
    void xh_lanes_pretend(xh_engine *e, const char *root, int network)
    int xh_engine_start(xh_engine *e, int lock)
    void xh_engine_stop(xh_engine *e)
