# cython: language_level=3
"""RTP: packets, receiver, sender, keys (include/xunhu/rtp*.h), RTCP (rtcp.h), E-model (e_model.h), see rtp.pyi."""
from cpython cimport array
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memset

import array


include "rtp_names.pxi"

KEPT, LATE, DUPLICATE, UNKNOWN_TYPE, UNPLAYABLE = XH_RTP_KEPT, XH_RTP_LATE, XH_RTP_DUPLICATE, XH_RTP_UNKNOWN_TYPE, XH_RTP_UNPLAYABLE
AUDIO, NOISE, KEY = XH_RTP_AUDIO, XH_RTP_NOISE, XH_RTP_KEY
NO_TYPE = XH_RTP_NO_TYPE
RECEIVER_SIZE = sizeof(xh_rtp_receiver)
SENDER_SIZE = sizeof(xh_rtp_sender)

cdef array.array SAMPLES = array.array("h")


def parse(bytes packet not None):
    cdef xh_rtp_header h
    cdef const uint8_t *p = packet
    if xh_rtp_parse(&h, p, len(packet)) < 0:
        raise ValueError("no RTP packet")
    return {
        "payload_type": h.payload_type, "marker": bool(h.marker), "csrcs": h.csrcs, "padding": h.padding, "sequence": h.sequence,
        "timestamp": h.timestamp, "ssrc": h.ssrc, "extension_profile": h.extension_profile,
        "extension": packet[h.extension:h.extension + h.extension_octets], "payload": packet[h.payload:h.payload + h.payload_octets],
    }


def build(int payload_type, bint marker, uint16_t sequence, uint32_t timestamp, uint32_t ssrc, bytes payload=b""):
    cdef uint8_t header[12]
    xh_rtp_build(header, payload_type, marker, sequence, timestamp, ssrc)
    return (<char *>header)[:12] + payload


def is_rtcp(bytes packet not None):
    return bool(xh_rtp_is_rtcp(packet, len(packet)))


def codecs():
    cdef const xh_rtp_codec *row
    cdef size_t i = 0
    out = []
    while True:
        row = xh_rtp_codec_at(i)
        if row == NULL:
            return out
        out.append((row.name.decode(), row.payload_type, row.clock_hz, row.frame, row.ptime_ms, row.ie, row.bpl))
        i += 1


cdef class Source:
    """RFC 3550 A.1, A.3, A.8 of one source."""
    cdef xh_rtp_source s

    def __cinit__(self, uint32_t ssrc, uint16_t sequence):
        xh_rtp_source_init(&self.s, ssrc, sequence)

    def update(self, uint16_t sequence):
        return ("valid", "probation", "restarted", "wild")[<int>xh_rtp_source_update(&self.s, sequence)]

    def arrived(self, uint32_t timestamp, uint64_t arrival_ns, uint32_t clock_hz=8000):
        xh_rtp_source_arrived(&self.s, timestamp, arrival_ns, clock_hz)

    def fraction(self):
        return xh_rtp_source_fraction(&self.s)

    @property
    def highest(self):
        return xh_rtp_source_highest(&self.s)

    @property
    def lost(self):
        return xh_rtp_source_lost(&self.s)

    @property
    def received(self):
        return self.s.received

    @property
    def jitter(self):
        return self.s.jitter / 16


cdef class Coder:
    """State of one codec in one direction."""
    cdef const xh_rtp_codec *row
    cdef void *state
    cdef void *memory
    cdef bint opened

    def __cinit__(self, str name not None, *, uint32_t clock_hz=0, bint encoder=False, int bits_per_second=0, bint silence=False, int mode=0):
        cdef xh_rtp_codec_options options
        self.row = xh_rtp_codec_named(name.encode(), clock_hz)
        if self.row == NULL:
            raise ValueError(f"no codec {name!r}")
        memset(&options, 0, sizeof(options))
        options.bits_per_second, options.silence, options.mode = bits_per_second, silence, mode
        if self.row.state_octets:
            self.memory = calloc(1, self.row.state_octets + 64)
            if self.memory == NULL:
                raise MemoryError
            self.state = <void *>((<size_t>self.memory + 63) // 64 * 64)
        if self.row.open != NULL:
            error = self.row.open(self.state, &options, encoder)
            if error < 0:
                raise OSError(-error, f"codec {name} cannot be opened")
        self.opened = True

    def __dealloc__(self):
        if self.opened and self.row.close != NULL:
            self.row.close(self.state)
        free(self.memory)

    @property
    def frame(self):
        return self.row.frame

    def encode(self, const int16_t[::1] samples):
        cdef uint8_t out[1440]
        n = self.row.encode(self.state, out, 1440, &samples[0], samples.shape[0])
        if n < 0:
            raise ValueError(f"{samples.shape[0]} samples: {n}")
        return (<char *>out)[:n]

    def decode(self, bytes payload not None):
        cdef int16_t out[480]
        n = self.row.decode(self.state, out, 480, payload, len(payload))
        if n < 0:
            raise ValueError("no payload of this codec")
        result = array.clone(SAMPLES, n, False)
        memcpy(result.data.as_voidptr, out, n * 2)
        return result


cdef xh_jitter_params jitter_params(bint adaptive, int fixed_ms, int min_ms, int max_ms, int start_ms, int late_cost_ms) except *:
    cdef xh_jitter_params p
    for value in (fixed_ms, min_ms, max_ms, start_ms, late_cost_ms):
        if not 0 <= value <= 1000:
            raise ValueError("fixed_ms, min_ms, max_ms, start_ms 0 to 300, late_cost_ms 10 to 1000")
    p.adaptive, p.fixed_ms, p.min_ms, p.max_ms, p.start_ms, p.late_cost_ms = adaptive, fixed_ms, min_ms, max_ms, start_ms, late_cost_ms
    return p


cdef class Receiver:
    cdef xh_rtp_receiver r
    cdef dict coders

    def __cinit__(self, *, bint adaptive=True, int fixed_ms=60, int min_ms=0, int max_ms=200, int start_ms=40, int late_cost_ms=150, uint32_t seed=1):
        cdef xh_rtp_receiver_params p
        p.jitter = jitter_params(adaptive, fixed_ms, min_ms, max_ms, start_ms, late_cost_ms)
        p.seed = seed
        if xh_rtp_receiver_init(&self.r, &p) < 0:
            raise ValueError("fixed_ms, min_ms, max_ms, start_ms 0 to 300, min_ms not above max_ms, late_cost_ms 10 to 1000")
        self.coders = {}

    def buffer(self, *, bint adaptive=True, int fixed_ms=60, int min_ms=0, int max_ms=200, int start_ms=40, int late_cost_ms=150):
        cdef xh_jitter_params p = jitter_params(adaptive, fixed_ms, min_ms, max_ms, start_ms, late_cost_ms)
        if xh_rtp_receiver_buffer(&self.r, &p) < 0:
            raise ValueError("fixed_ms, min_ms, max_ms, start_ms 0 to 300, min_ms not above max_ms, late_cost_ms 10 to 1000")

    def accept(self, int payload_type, codec="", *, uint32_t clock_hz=0, int kind=-1):
        cdef Coder coder
        if kind < 0:
            kind = XH_RTP_AUDIO
        if kind == XH_RTP_AUDIO:
            coder = codec if isinstance(codec, Coder) else Coder(codec)
            error = xh_rtp_receiver_accept(&self.r, payload_type, <xh_rtp_kind>kind, coder.row, coder.state, clock_hz)
            self.coders[payload_type] = coder
        else:
            error = xh_rtp_receiver_accept(&self.r, payload_type, <xh_rtp_kind>kind, NULL, NULL, clock_hz)
        if error < 0:
            raise ValueError(f"payload type {payload_type} cannot be accepted: {error}")

    def reset(self):
        xh_rtp_receiver_reset(&self.r)

    def packet(self, bytes packet not None, uint64_t arrival_ns):
        return xh_rtp_receiver_packet(&self.r, packet, len(packet), arrival_ns)

    def read(self, int16_t[::1] out):
        if not 1 <= out.shape[0] <= 160:
            raise ValueError("1 to 160 samples")
        return bool(xh_rtp_receiver_read(&self.r, &out[0], out.shape[0]))

    def keys(self):
        cdef xh_rtp_key keys[8]
        cdef size_t n = xh_rtp_receiver_keys(&self.r, keys, 8)
        return [(chr(keys[i].digit) if keys[i].digit else "", bool(keys[i].ended), keys[i].samples, keys[i].event, keys[i].volume) for i in range(n)]

    @property
    def now(self):
        return self.r.now

    @property
    def delay(self):
        """Samples: transit of a packet that would be just in time."""
        return <int32_t>(self.r.now - (self.r.next - self.r.queued))

    @property
    def state(self):
        """All of it, for comparing two."""
        return (<char *>&self.r)[:sizeof(xh_rtp_receiver)]

    def stats(self):
        cdef xh_rtp_receiver_stats s
        xh_rtp_receiver_stats_of(&self.r, &s)
        return stats_dict(&s)

    def run(self, bytes packets not None, const uint32_t[::1] offsets, const int64_t[::1] arrivals_ns, size_t ticks, int block=80,
            int32_t[::1] delays=None):
        """ticks of `block` samples; packet i is packets[offsets[i]:offsets[i + 1]] and comes at arrivals_ns[i] (in order), before the
        tick that ends at or after it. delays: receives `delay` of each tick."""
        cdef size_t i = 0, n = arrivals_ns.shape[0], t
        cdef const uint8_t *p = packets
        cdef int64_t end
        cdef int16_t *to
        if not 1 <= block <= 160:
            raise ValueError("1 to 160 samples")
        if offsets.shape[0] != <Py_ssize_t>n + 1 or (n and offsets[n] > <size_t>len(packets)):
            raise ValueError("one offset a packet and one behind the last")
        if delays is not None and delays.shape[0] < <Py_ssize_t>ticks:
            raise ValueError("one delay a tick")
        out = array.clone(SAMPLES, ticks * block, False)
        to = <int16_t *>out.data.as_voidptr
        with nogil:
            for t in range(ticks):
                end = <int64_t>t * block * 125000
                while i < n and arrivals_ns[i] <= end:
                    xh_rtp_receiver_packet(&self.r, p + offsets[i], offsets[i + 1] - offsets[i], arrivals_ns[i])
                    i += 1
                xh_rtp_receiver_read(&self.r, to + t * block, block)
                if delays is not None:
                    delays[t] = <int32_t>(self.r.now - (self.r.next - self.r.queued))
        return out


cdef dict stats_dict(const xh_rtp_receiver_stats *s):
    return {
        "ssrc": s.ssrc, "heard": bool(s.heard), "payload_type": s.payload_type, "noise": bool(s.noise), "packets": s.packets, "octets": s.octets,
        "late": s.late, "early": s.early, "duplicates": s.duplicates, "reordered": s.reordered, "invalid": s.invalid, "unknown": s.unknown,
        "conceals": s.conceals, "concealed": s.concealed, "played": s.played, "left_out": s.left_out, "said_twice": s.said_twice,
        "splices": s.splices, "sources": s.sources, "silent": s.silent, "lost": s.lost, "highest": s.highest, "jitter": s.jitter,
        "jitter_ms": s.jitter_ms, "delay_ms": s.delay_ms, "wanted_ms": s.wanted_ms, "skew_ppm": s.skew_ppm, "loss": s.loss,
        "burst_ratio": s.burst_ratio, "ie": s.ie, "bpl": s.bpl, "loss_rate": s.loss_rate, "discard_rate": s.discard_rate,
        "burst_density": s.burst_density, "gap_density": s.gap_density, "burst_ms": s.burst_ms, "gap_ms": s.gap_ms,
        "signal_dbm0": s.signal_dbm0, "noise_dbm0": s.noise_dbm0,
    }


cdef class Sender:
    cdef xh_rtp_sender s
    cdef Coder coder

    def __cinit__(self, codec="PCMA", int payload_type=-1, *, int ptime_ms=0, int key_type=255, int noise_type=255, bint dtx=False,
                  uint32_t key_clock_hz=0, uint64_t seed=1):
        cdef xh_rtp_sender_params p
        self.coder = codec if isinstance(codec, Coder) else Coder(codec, encoder=True)
        p = self._params(self.coder, payload_type, ptime_ms, key_type, noise_type, dtx, key_clock_hz)
        if xh_rtp_sender_init(&self.s, &p, seed) < 0:
            raise ValueError("payload types 0 to 127, ptime_ms 10 to 60 and whole frames of the codec")

    cdef xh_rtp_sender_params _params(self, Coder coder, int payload_type, int ptime_ms, int key_type, int noise_type, bint dtx,
                                      uint32_t key_clock_hz) except *:
        cdef xh_rtp_sender_params p
        if payload_type < 0:
            payload_type = coder.row.payload_type
        if not (0 <= payload_type <= 255 and 0 <= key_type <= 255 and 0 <= noise_type <= 255 and 0 <= ptime_ms <= 1000):
            raise ValueError("payload types 0 to 127, ptime_ms 10 to 60")
        p.codec, p.state, p.payload_type = coder.row, coder.state, payload_type
        p.key_type, p.noise_type, p.dtx, p.ptime_ms, p.key_clock_hz = key_type, noise_type, dtx, ptime_ms, key_clock_hz
        return p

    def set(self, codec="PCMA", int payload_type=-1, *, int ptime_ms=0, int key_type=255, int noise_type=255, bint dtx=False, uint32_t key_clock_hz=0):
        cdef Coder coder = codec if isinstance(codec, Coder) else Coder(codec, encoder=True)
        cdef xh_rtp_sender_params p = self._params(coder, payload_type, ptime_ms, key_type, noise_type, dtx, key_clock_hz)
        if xh_rtp_sender_set(&self.s, &p) < 0:
            raise ValueError("payload types 0 to 127, ptime_ms 10 to 60 and whole frames of the codec")
        self.coder = coder

    @property
    def ssrc(self):
        return self.s.ssrc

    @property
    def packets(self):
        return self.s.packets

    @property
    def octets(self):
        return self.s.octets

    @property
    def timestamp(self):
        return xh_rtp_sender_timestamp(&self.s)

    @property
    def dialing(self):
        return bool(xh_rtp_sender_dialing(&self.s))

    cdef list _packets(self):
        cdef uint8_t packet[1452]
        out = []
        while True:
            n = xh_rtp_sender_packet(&self.s, packet, 1452)
            if n < 0:
                raise ValueError(f"the codec refuses: {n}")
            if not n:
                return out
            out.append((<char *>packet)[:n])

    def write(self, const int16_t[::1] samples, bint voice=True):
        if not 1 <= samples.shape[0] <= 160:
            raise ValueError("1 to 160 samples")
        xh_rtp_sender_write(&self.s, &samples[0], samples.shape[0], voice)
        return self._packets()

    def idle(self, size_t samples=80):
        """Time in which no sound is sent."""
        xh_rtp_sender_pass(&self.s, samples)
        return self._packets()

    def digits(self, str digits not None, int on_ms=100, int off_ms=50):
        octets = digits.encode()
        error = xh_rtp_sender_digits(&self.s, octets, len(octets), on_ms, off_ms)
        if error < 0:
            raise ValueError(f"digits {digits!r} cannot be sent: {error}")

    def digits_stop(self):
        xh_rtp_sender_digits_stop(&self.s)


cdef class Keys:
    """Telephone events as they come, without a stream."""
    cdef xh_rtp_events e

    def __cinit__(self):
        xh_rtp_events_init(&self.e)

    def payload(self, uint32_t timestamp, bytes payload not None, uint32_t now, uint32_t clock_hz=8000):
        if xh_rtp_events_payload(&self.e, timestamp, payload, len(payload), clock_hz, now) < 0:
            raise ValueError("no telephone events")
        return self.take()

    def tick(self, uint32_t now):
        xh_rtp_events_tick(&self.e, now)
        return self.take()

    def take(self):
        cdef xh_rtp_key keys[8]
        cdef size_t n = xh_rtp_events_take(&self.e, keys, 8)
        return [(chr(keys[i].digit) if keys[i].digit else "", bool(keys[i].ended), keys[i].samples) for i in range(n)]


include "rtp_rtcp.pxi"


cdef class Streams:
    """Many receivers and senders of G.711 in one go, for measuring."""
    cdef list receivers, senders
    cdef xh_rtp_receiver **r
    cdef xh_rtp_sender **s
    cdef size_t n

    def __cinit__(self, receivers, senders):
        cdef Receiver receiver
        cdef Sender sender
        self.receivers, self.senders = list(receivers), list(senders)
        self.n = len(self.receivers)
        if self.n != <size_t>len(self.senders):
            raise ValueError("as many senders as receivers")
        self.r = <xh_rtp_receiver **>calloc(self.n, sizeof(void *))
        self.s = <xh_rtp_sender **>calloc(self.n, sizeof(void *))
        if self.r == NULL or self.s == NULL:
            raise MemoryError
        for i in range(self.n):
            receiver, sender = self.receivers[i], self.senders[i]
            self.r[i], self.s[i] = &receiver.r, &sender.s

    def __dealloc__(self):
        free(self.r)
        free(self.s)

    def send(self, const int16_t[::1] samples, uint8_t[:, ::1] packets, int32_t[::1] octets):
        """A tick of all senders: at most one packet each, a row of packets; octets of each, 0: none."""
        cdef size_t i
        if packets.shape[0] < <Py_ssize_t>self.n or octets.shape[0] < <Py_ssize_t>self.n or not 1 <= samples.shape[0] <= 160:
            raise ValueError("a row a stream")
        with nogil:
            for i in range(self.n):
                xh_rtp_sender_write(self.s[i], &samples[0], samples.shape[0], 1)
                octets[i] = xh_rtp_sender_packet(self.s[i], &packets[i, 0], packets.shape[1])

    def receive(self, const uint8_t[:, ::1] packets, const int32_t[::1] octets, uint64_t arrival_ns):
        cdef size_t i
        if packets.shape[0] < <Py_ssize_t>self.n or octets.shape[0] < <Py_ssize_t>self.n:
            raise ValueError("a row a stream")
        with nogil:
            for i in range(self.n):
                if octets[i] > 0:
                    xh_rtp_receiver_packet(self.r[i], &packets[i, 0], octets[i], arrival_ns)

    def read(self, int16_t[:, ::1] out):
        cdef size_t i
        if out.shape[0] < <Py_ssize_t>self.n or not 1 <= out.shape[1] <= 160:
            raise ValueError("a row a stream")
        with nogil:
            for i in range(self.n):
                xh_rtp_receiver_read(self.r[i], &out[i, 0], out.shape[1])
