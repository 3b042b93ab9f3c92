# The media engine for Python: see engine.pyi for what each call means, include/xunhu/engine.h for what crosses.
# Here: argument checks, records into and out of the rings, and the configuration of spans as C structs. What it calls
# is declared in engine.pxd.

import json
import os
import socket
from collections import namedtuple
from math import isfinite, isinf, log10

from libc.errno cimport EAGAIN
from libc.stdint cimport int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset, strerror
from posix.unistd cimport close as c_close
from posix.unistd cimport read as c_read

include "engine_names.pxi"

ALL_TIMESLOTS = 0xfffffffe  # 1 to 31
LIST_MAX = 2048  # octets of the file names of one player, each with its NUL

Event = namedtuple("Event", "type port tag sample a0 a1 a2 a3 samples", module=__name__)
MediaRow = namedtuple("MediaRow", "file position_ms length_ms speed", module=__name__)
PortRow = namedtuple(
    "PortRow",
    "kind detect tag opened samples rms_in_dbm0 peak_in_dbm0 rms_out_dbm0 peak_out_dbm0 sources cas_rx",
    module=__name__,
)
_KEYS = "0123456789*#ABCD"


cdef int _whole(str what, object value, long low, long high) except? -1:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{what} must be a whole number from {low} to {high}, not {value!r}")
    return <int>value


cdef int _port(object port) except? -1:
    return _whole("port", port, 0, XH_MAX_PORTS - 1)


cdef int _pool_port(object port) except? -1:
    return _whole("port of a player, recorder or tone", port, XH_LINE_PORTS, XH_MAX_PORTS - 1)


cdef int _timeslot_port(object port) except? -1:
    cdef int n = _whole("port of a timeslot", port, 0, XH_TS_PORTS - 1)
    if n % 32 == 0:
        raise ValueError(f"port {n} is timeslot 0, which carries no voice")
    return n


cdef int _gain(double gain_db) except? -1:
    if isinf(gain_db) and gain_db < 0:
        return 0
    if not isfinite(gain_db):
        raise ValueError(f"gain must be a number of dB, not {gain_db}")
    gain = round(XH_GAIN_UNITY * 10 ** (min(gain_db, 100.0) / 20))
    if gain > 32767:
        raise ValueError(f"gain must be at most 18 dB, not {gain_db}")
    return gain


cdef int _ms(str what, double seconds) except? -1:
    if not 0 <= seconds <= 2_000_000:
        raise ValueError(f"{what} must be from 0 to 2000000 seconds, not {seconds}")
    return round(seconds * 1000)


cdef int _key_mask(str keys) except? -1:
    mask = 0
    for key in keys:
        at = _KEYS.find(key)
        if at < 0:
            raise ValueError(f"{key!r} is no key; keys are {_KEYS}")
        mask |= 1 << at
    return mask


cdef int _set_keys(object key_port, str keys, int32_t *port, int32_t *mask) except -1:
    if (key_port is None) != (not keys):
        raise ValueError("key_port and keys belong together")
    if key_port is not None:
        port[0] = _port(key_port) + 1
        mask[0] = _key_mask(keys)
    return 0


include "engine_lists.pxi"


def _level(value):
    return None if value == -32768 else value / 10


cdef class EngineBase:
    """What both faces share: commands in, events and frames out (engine.pyi). EngineControl adds the detectors (engine_detect.pxi)."""

    cdef xh_shm *shm
    cdef uint64_t tag
    cdef readonly int event_fd
    cdef uint32_t link_head[128]
    cdef uint32_t link_tail[128]
    cdef set links_wanted

    def __cinit__(self, *args, **kwargs):
        self.shm = NULL
        self.event_fd = -1
        self.links_wanted = set()

    cdef xh_shm *_live(self) except NULL:
        if self.shm == NULL:
            raise RuntimeError("no engine: detached or never attached")
        return self.shm

    cdef void _adopt(self, xh_shm *shm, uint64_t control):
        """Begin as the control number `control` (0 in-process): tags no other control has used, rings as they are."""
        cdef int i
        self.shm = shm
        self.tag = control << 40  # 200 commands a second for 10,000 hours are 2^33
        for i in range(XH_MAX_LINKS):
            xh_frames_sync(&shm.link_tx[i], &self.link_head[i], NULL)
            xh_frames_sync(&shm.link_rx[i], NULL, &self.link_tail[i])
            if shm.links[i].open:
                self.links_wanted.add(i)

    cdef object _send(self, xh_command *c, bytes payload=b""):
        cdef xh_shm *shm = self._live()
        cdef size_t n = len(payload)
        self.tag += 1
        c.tag = self.tag
        c.payload_len = <uint32_t>n
        memcpy(c.payload, <const char *>payload, n)
        if xh_commands_put(shm, c, 1) < 0:
            raise BlockingIOError(EAGAIN, "the command ring is full: the engine does not keep up or does not run")
        return self.tag

    cdef object _send_lists(self, xh_command *first, list parts):
        """PLAY or PLAY_MORE with the first part, PLAY_MORE with the others, visible to the engine at once."""
        cdef xh_command c[8]
        cdef xh_shm *shm = self._live()
        cdef uint32_t i, n = max(1, len(parts))
        if n > 8:
            raise ValueError("the file names are too long for one list")
        self.tag += 1
        for i in range(n):
            memset(&c[i], 0, sizeof(xh_command))
            if i == 0:
                c[0] = first[0]
            c[i].op = first.op if i == 0 else XH_CMD_PLAY_MORE
            c[i].port = first.port
            c[i].tag = self.tag
            part = <bytes>parts[i] if parts else b""
            c[i].payload_len = <uint32_t>len(part)
            memcpy(c[i].payload, <const char *>part, len(part))
        if xh_commands_put(shm, c, n) < 0:
            raise BlockingIOError(EAGAIN, "the command ring is full: the engine does not keep up or does not run")
        return self.tag

    cdef object _plain(self, uint32_t op, uint32_t port, int32_t a0=0, int32_t a1=0, int32_t a2=0, int32_t a3=0,
                       int32_t a4=0, int32_t a5=0):
        cdef xh_command c
        memset(&c, 0, sizeof(c))
        c.op = op
        c.port = port
        c.a0 = a0
        c.a1 = a1
        c.a2 = a2
        c.a3 = a3
        c.a4 = a4
        c.a5 = a5
        return self._send(&c)

    def ts_open(self, port):
        return self._plain(XH_CMD_TS_OPEN, _timeslot_port(port))

    def close(self, port):
        return self._plain(XH_CMD_CLOSE, _port(port))

    def play(self, port, files, *, double gain_db=0.0, bint loop=False, loops=0, bint keep=False, key_port=None,
             str keys=""):
        cdef xh_command c
        memset(&c, 0, sizeof(c))
        c.op = XH_CMD_PLAY
        c.port = _pool_port(port)
        c.a0 = (XH_PLAY_LOOP if loop else 0) | (XH_PLAY_KEEP if keep else 0)
        c.a1 = _gain(gain_db)
        c.a2 = _whole("loops", loops, 0, 1_000_000)
        _set_keys(key_port, keys, &c.a3, &c.a4)
        parts = _lists(files)
        if not parts and not keep:
            raise ValueError("nothing to play")
        return self._send_lists(&c, parts)

    def play_more(self, port, files):
        cdef xh_command c
        memset(&c, 0, sizeof(c))
        c.op = XH_CMD_PLAY_MORE
        c.port = _pool_port(port)
        parts = _lists(files)
        if not parts:
            raise ValueError("nothing to play")
        return self._send_lists(&c, parts)

    def pause(self, port, bint on):
        return self._plain(XH_CMD_PAUSE, _pool_port(port), on)

    def play_seek(self, port, ms, *, bint relative=False):
        return self._plain(XH_CMD_PLAY_SEEK, _pool_port(port), _whole("ms", ms, -2_000_000_000, 2_000_000_000), relative)

    def play_skip(self, port, n):
        return self._plain(XH_CMD_PLAY_SKIP, _pool_port(port), _whole("n", n, -10_000, 10_000))

    def play_speed(self, port, percent):
        return self._plain(XH_CMD_PLAY_SPEED, _pool_port(port), _whole("percent", percent, XH_SCALE_MIN, XH_SCALE_MAX))

    def play_gain(self, port, double gain_db):
        return self._plain(XH_CMD_PLAY_GAIN, _pool_port(port), _gain(gain_db))

    def record(self, port, path, *, tracks=1, fmt=XH_REC_ALAW, double longest_s=0.0, double silence_s=0.0, double lead_s=0.0,
               bint append=False, bint cut_silence=False, double preroll_s=0.0, sync_s=0, key_port=None, str keys=""):
        cdef xh_command c
        memset(&c, 0, sizeof(c))
        if path is not None and preroll_s:
            raise ValueError("pre-roll belongs to a recorder that is armed (path None)")
        c.op = XH_CMD_RECORD
        c.port = _pool_port(port)
        c.a0 = _whole("tracks", tracks, 1, 2)
        c.a1 = _whole("fmt", fmt, XH_REC_ALAW, XH_FORMATS - 1)
        c.a2 = _ms("longest_s", longest_s)
        c.a3 = _ms("silence_s", silence_s)
        c.a6 = (XH_REC_APPEND if append else 0) | (XH_REC_CUT if cut_silence else 0) | (XH_REC_ARMED if path is None else 0)
        c.a7 = _ms("lead_s", lead_s)
        c.a8 = _ms("preroll_s", preroll_s)
        if c.a8 > XH_PREROLL_MS_MAX:
            raise ValueError(f"preroll_s must be at most {XH_PREROLL_MS_MAX // 1000} seconds, not {preroll_s}")
        c.a9 = _whole("sync_s", sync_s, 0, 3600)
        _set_keys(key_port, keys, &c.a4, &c.a5)
        return self._send(&c, b"" if path is None else _path(path))

    def record_start(self, port, path):
        cdef xh_command c
        memset(&c, 0, sizeof(c))
        c.op = XH_CMD_RECORD_START
        c.port = _pool_port(port)
        return self._send(&c, _path(path))

    def record_pause(self, port, how):
        return self._plain(XH_CMD_RECORD_PAUSE, _pool_port(port), _whole("how", how, XH_REC_GO_ON, XH_REC_SILENCE))

    def tone(self, port, steps, *, repeats=0):
        cdef xh_command c
        cdef xh_tone_step *out = <xh_tone_step *>c.payload
        cdef int most = XH_PAYLOAD // sizeof(xh_tone_step), n = 0
        memset(&c, 0, sizeof(c))
        c.op = XH_CMD_TONE
        c.port = _pool_port(port)
        c.a1 = _whole("repeats", repeats, 0, 1_000_000)
        if not 1 <= len(steps) <= most:
            raise ValueError(f"a tone has 1 to {most} steps, not {len(steps)}")
        for f1, f2, level1, level2, ms in steps:
            if not (0 <= f1 < 4000 and -200 <= f2 < 4000 and -100 <= level1 <= 6 and -100 <= level2 <= 6):
                raise ValueError(f"tone step out of range (0..4000 Hz, -100..6 dBm0): {(f1, f2, level1, level2, ms)}")
            out[n].f1_hz, out[n].f2_hz, out[n].level1_dbm0, out[n].level2_dbm0 = f1, f2, level1, level2
            out[n].ms = _whole("ms of a tone step", ms, 0, 3_600_000)
            n += 1
        c.a0 = n
        return self._send(&c, (<char *>c.payload)[: n * sizeof(xh_tone_step)])

    def dtmf(self, port, str digits, *, on_ms=100, off_ms=100, double level_dbm0=-9.0, double twist_db=0.0):
        cdef xh_command c
        memset(&c, 0, sizeof(c))
        c.op = XH_CMD_DTMF
        c.port = _pool_port(port)
        if not digits or any(d not in _KEYS + "," for d in digits) or len(digits) > XH_PAYLOAD:
            raise ValueError(f"digits are of {_KEYS}, and the comma for a pause: {digits!r}")
        if not (-60 <= level_dbm0 <= 3 and -20 <= twist_db <= 20):
            raise ValueError(f"level is -60..3 dBm0, twist -20..20 dB, not {level_dbm0}, {twist_db}")
        c.a0 = _whole("on_ms", on_ms, 1, 10_000)
        c.a1 = _whole("off_ms", off_ms, 1, 10_000)
        c.a2 = round(level_dbm0 * 10)
        c.a3 = round(twist_db * 10)
        return self._send(&c, digits.encode())

    def connect(self, source, destination, *, double gain_db=0.0, track=0):
        return self._plain(
            XH_CMD_CONNECT, 0, _port(source), _port(destination), _gain(gain_db), _whole("track", track, 0, 1)
        )

    def disconnect(self, source, destination):
        return self._plain(XH_CMD_DISCONNECT, 0, _port(source), _port(destination))

    def conference(self, port, *, loudest=0, bint floor=False, bint talkers=False, every_ms=0, bint hold_keys=False):
        return self._conference(XH_CMD_CONFERENCE, port, loudest, floor, talkers, every_ms, hold_keys)

    def conference_set(self, port, *, loudest=0, bint floor=False, bint talkers=False, every_ms=0, bint hold_keys=False):
        return self._conference(XH_CMD_CONFERENCE_SET, port, loudest, floor, talkers, every_ms, hold_keys)

    cdef _conference(self, uint32_t op, port, loudest, bint floor, bint talkers, every_ms, bint hold_keys):
        flags = (XH_CONFERENCE_FLOOR if floor else 0) | (XH_CONFERENCE_TALKERS if talkers else 0)
        flags |= XH_CONFERENCE_HOLD_KEYS if hold_keys else 0
        return self._plain(op, _pool_port(port), _whole("loudest", loudest, 0, 128), flags, _whole("every_ms", every_ms, 0, 60_000))

    def detect(self, port, mask):
        return self._plain(XH_CMD_DETECT, _port(port), _whole("mask", mask, 0, XH_DETECT_ALL))

    def link_open(self, link, span, timeslot, kind=XH_LINK_HDLC, timeslots=0, extended=None):
        cdef int n = _whole("link", link, 0, XH_MAX_LINKS - 1)
        cdef int what = _whole("kind", kind, XH_LINK_HDLC, XH_LINK_MTP2_HIGH_SPEED)
        cdef uint32_t mask = 0
        if what == XH_LINK_MTP2_HIGH_SPEED:
            mask = ALL_TIMESLOTS if timeslots == 0 else timeslots
            if mask & 1 or not mask >> _whole("timeslot", timeslot, 1, 31) & 1:
                raise ValueError(f"timeslots is a mask of timeslots 1 to 31 that {timeslot} is among, not {timeslots:#x}")
        elif timeslots:
            raise ValueError("timeslots belong to a link of kind LINK_MTP2_HIGH_SPEED")
        if extended is None:
            extended = what == XH_LINK_MTP2_HIGH_SPEED
        elif what == XH_LINK_HDLC:
            raise ValueError("a link of kind LINK_HDLC has no header")
        tag = self._plain(XH_CMD_LINK_OPEN, 0, n, _whole("span", span, 0, XH_MAX_SPANS - 1),
                          _whole("timeslot", timeslot, 1, 31), what, <int32_t>mask, 1 if extended else 0)
        self.links_wanted.add(n)
        return tag

    def link_monitor(self, link, bint on):
        return self._plain(XH_CMD_LINK_MONITOR, 0, _whole("link", link, 0, XH_MAX_LINKS - 1), on)

    def link_close(self, link):
        cdef int n = _whole("link", link, 0, XH_MAX_LINKS - 1)
        tag = self._plain(XH_CMD_LINK_CLOSE, 0, n)
        self.links_wanted.discard(n)
        return tag

    def cas(self, port, abcd):
        return self._plain(XH_CMD_CAS, _timeslot_port(port), _whole("abcd", abcd, 0, 15))

    def rai(self, span, bint on):
        return self._plain(XH_CMD_RAI, 0, _whole("span", span, 0, XH_MAX_SPANS - 1), on)

    def link_send(self, link, const uint8_t[::1] frame):
        cdef xh_shm *shm = self._live()
        cdef int n = _whole("link", link, 0, XH_MAX_LINKS - 1)
        if n not in self.links_wanted:
            raise ValueError(f"link {n} is not open")
        if not 3 <= frame.shape[0] <= XH_FRAME_MAX:
            raise ValueError(f"a frame has 3 to {XH_FRAME_MAX} octets, not {frame.shape[0]}")
        return xh_frames_put(&shm.link_tx[n], &self.link_head[n], &frame[0], frame.shape[0]) == 0

    def link_waiting(self, int link):
        cdef xh_shm *shm = self._live()
        if not 0 <= link < <int>XH_MAX_LINKS:
            _whole("link", link, 0, XH_MAX_LINKS - 1)
        return xh_frames_waiting(&shm.link_tx[link], self.link_head[link]) + shm.links[link].waiting

    def link_receive(self, link):
        cdef xh_shm *shm = self._live()
        cdef int n = _whole("link", link, 0, XH_MAX_LINKS - 1), got
        cdef uint8_t frame[300]
        cdef list out = []
        while True:
            got = xh_frames_get(&shm.link_rx[n], &self.link_tail[n], frame, sizeof(frame))
            if got == 0:
                return out
            if got > 0:
                out.append((<char *>frame)[:got])

    def links_ready(self):
        cdef xh_shm *shm = self._live()
        cdef uint64_t bits
        out = []
        for word in range(2):
            bits = xh_links_waiting(shm, word)
            while bits:
                low = bits & -bits
                out.append(word * 64 + low.bit_length() - 1)
                bits &= bits - 1
        return out

    def events(self):
        cdef xh_shm *shm = self._live()
        cdef xh_event e
        cdef uint64_t count
        if self.event_fd >= 0:
            c_read(self.event_fd, &count, sizeof(count))  # EAGAIN is as good: nothing was written since
            xh_wake_clear(shm)
        out = []
        while xh_events_get(shm, &e):
            out.append(Event(e.type, e.port, e.tag, e.sample, e.a0, e.a1, e.a2, e.a3, e.samples))
        return out

    def port(self, port):
        cdef xh_shm *shm = self._live()
        cdef xh_port_row *row = &shm.ports[_port(port)]
        cdef xh_port_row r
        xh_row_read(&row.reserved, row, &r, sizeof(r))
        return PortRow(
            r.kind, r.detect, r.tag, r.opened, r.samples,
            _level(r.rms_in_dbm0x10), _level(r.peak_in_dbm0x10), _level(r.rms_out_dbm0x10), _level(r.peak_out_dbm0x10),
            tuple([r.sources[i] - 1 for i in range(4) if r.sources[i]]),
            -1 if r.cas_rx > 15 else r.cas_rx,
        )

    def media(self, port):
        cdef xh_shm *shm = self._live()
        cdef xh_media_row *row = &shm.media[_pool_port(port)]
        cdef uint64_t length = row.length
        return MediaRow(row.file, row.position // 8, None if length == <uint64_t>-1 else length // 8, row.speed)

    def ports(self):
        cdef xh_shm *shm = self._live()
        cdef int i
        return [i for i in range(XH_MAX_PORTS) if shm.ports[i].kind != XH_PORT_FREE]

    def span_status(self, span):
        cdef xh_shm *shm = self._live()
        cdef xh_span_row *row = &shm.spans[_whole("span", span, 0, XH_MAX_SPANS - 1)]
        cdef xh_span_row r
        if not row.configured:
            raise ValueError(f"span {span} is not configured")
        xh_row_read(&row.sequence, row, &r, sizeof(r))
        return dict(r.status)

    def span_drivers(self):
        cdef xh_shm *shm = self._live()
        cdef int i
        return {i: shm.spans[i].driver.decode() for i in range(XH_MAX_SPANS) if shm.spans[i].configured}

    def links(self):
        cdef xh_shm *shm = self._live()
        cdef int i
        return [(i, shm.links[i].span, shm.links[i].timeslot) for i in range(XH_MAX_LINKS) if shm.links[i].open]

    def link_status(self, link):
        cdef xh_shm *shm = self._live()
        cdef xh_link_row *row = &shm.links[_whole("link", link, 0, XH_MAX_LINKS - 1)]
        cdef xh_link_row r
        xh_row_read(&row.sequence, row, &r, sizeof(r))
        return {"open": r.open, "span": r.span, "timeslot": r.timeslot, "rx": r.rx, "tx": r.tx, "rx_lost": r.rx_lost,
                "tx_lost": r.tx_lost, "bad": r.bad, "kind": r.kind, "repeats": r.repeats, "outage": r.outage}

    @property
    def sample(self):
        return self._live().stats.sample

    @property
    def tick_samples(self):
        return self._live().tick_samples

    @property
    def law(self):
        return chr(self._live().law)

    def stats(self):
        cdef xh_shm *shm = self._live()
        cdef xh_shm_stats *s = &shm.stats
        return {
            "ticks": s.ticks, "sample": s.sample, "late_ticks": s.late_ticks, "skipped_ticks": s.skipped_ticks,
            "max_tick_us": s.max_tick_us, "load_permille": s.load_permille, "overload": s.overload,
            "realtime": s.realtime, "locked": s.locked, "events": s.events, "events_lost": s.events_lost,
            "commands": s.commands, "commands_refused": s.commands_refused, "commands_damaged": s.commands_damaged,
            "file_passes": s.file_passes, "concealed": s.concealed, "file_workers": s.file_workers,
            "files_stuck": s.files_stuck, "ports_open": s.ports_open, "players": s.players, "recorders": s.recorders,
            "tones": s.tones, "crosspoints": s.crosspoints, "detectors": s.detectors, "links_open": s.links_open,
            "levels": s.levels, "voices": s.voices,
            "controls": shm.epoch, "pid": shm.pid,
        }


include "engine_echo.pxi"
include "engine_level.pxi"
include "engine_rtp.pxi"
include "engine_detect.pxi"
include "engine_spans.pxi"
include "engine_http.pxi"


# -- the engine itself ------------------------------------------------------------------------

cdef class Engine(EngineControl):
    """An engine in this process (engine.pyi)."""

    cdef xh_engine *engine
    cdef bint running

    def __cinit__(self, *args, **kwargs):
        self.engine = NULL
        self.running = False

    def __init__(self, spans, *, tick_ms=10, law="A", threads=1, bint shared=False, http=None):
        cdef xh_span_spec specs[64]
        cdef xh_fetch_limits limits
        cdef int err = 0, n = 0, length = tick_ms, octet, share = _whole("threads", threads, 1, XH_THREADS)
        if self.engine != NULL:
            raise RuntimeError("already made")
        if tick_ms not in (5, 10, 20):
            raise ValueError(f"tick_ms must be 5, 10 or 20, not {tick_ms!r}")
        if law not in ("A", "U"):
            raise ValueError(f"law must be A or U, not {law!r}")
        octet = ord(law)
        _http_limits(&limits, dict(http or {}))
        for row in _rows_of(spans):
            if n == XH_MAX_SPANS:
                raise ValueError(f"more than {XH_MAX_SPANS} spans")
            _spec(row, law, &specs[n])
            n += 1
        with nogil:
            self.engine = xh_engine_new(specs, n, length, octet, share, shared, &err)
        if self.engine == NULL:
            raise OSError(err, strerror(err).decode())
        xh_fetch_limit(self.engine.fetch, &limits)
        self._adopt(self.engine.shm, 0)

    def __dealloc__(self):
        self.shm = NULL
        if self.engine != NULL:
            with nogil:
                xh_engine_stop(self.engine)
                xh_engine_free(self.engine)

    def dtls_fingerprint(self):
        self._live()
        if not self.running:
            xh_rtp_identity(self.engine)
        return EngineControl.dtls_fingerprint(self)

    def shut(self):
        """Stop for good: recordings are finished, spans closed."""
        if self.engine == NULL:
            return
        self.stop()
        self.shm = NULL
        with nogil:
            xh_engine_free(self.engine)
        self.engine = NULL

    def tick(self, int n=1):
        cdef int i
        self._live()
        if self.running:
            raise RuntimeError("the engine's own thread ticks")
        with nogil:
            for i in range(n):
                xh_engine_tick_virtual(self.engine)

    def start(self, *, bint lock=False):
        cdef int r
        self._live()
        r = xh_engine_start(self.engine, lock)
        if r < 0:
            raise OSError(-r, strerror(-r).decode())
        self.running = True
        self.event_fd = self.engine.eventfd

    def stop(self):
        if self.engine != NULL and self.running:
            with nogil:
                xh_engine_stop(self.engine)
            self.running = False
            self.event_fd = -1

    def share(self):
        """(memfd, eventfd) for a client; and what the last client has left unread is discarded."""
        self._live()
        if self.engine.memfd < 0:
            raise RuntimeError("made without shared=True")
        with nogil:
            xh_engine_attach(self.engine)
        return self.engine.memfd, self.engine.eventfd

    def control_gone(self):
        """The client has gone: links of MTP2 send SIPO from now on, until the next one sends."""
        self._live()
        xh_engine_detach(self.engine)

    def pretend_load(self, permille=None, *, bint late=False):
        self._live()
        self.engine.pretend_permille = -1 if permille is None else _whole("permille", permille, 0, 100_000)
        self.engine.pretend_late = late

    def pretend_stall(self, root=None, *, bint network=True):
        self._live()
        raw = b"" if root is None else os.fsencode(os.path.abspath(root))
        xh_lanes_pretend(self.engine, raw, network)

    def put_raw(self, bytes record):
        cdef xh_command c
        if len(record) != <Py_ssize_t>sizeof(c):
            raise ValueError(f"a record has {sizeof(xh_command)} octets, not {len(record)}")
        memcpy(&c, <const char *>record, sizeof(c))
        if xh_commands_put(self._live(), &c, 1) < 0:
            raise BlockingIOError(EAGAIN, "the command ring is full")

    def loop_cut(self, span, bint on):
        self._loop(span, xh_loop_cut(self._span(span), on))

    def loop_alarm(self, span, alarms):
        self._loop(span, xh_loop_alarm(self._span(span), _whole("alarms", alarms, 0, 31)))

    cdef xh_span *_span(self, object span) except NULL:
        cdef int n = _whole("span", span, 0, XH_MAX_SPANS - 1)
        self._live()
        if self.engine.line[n].span == NULL:
            raise ValueError(f"span {n} is not configured or missing")
        return self.engine.line[n].span

    cdef _loop(self, object span, int r):
        if r < 0:
            raise ValueError(f"span {span} is no loop")


# -- from another process ---------------------------------------------------------------------

class EngineBusyError(ConnectionError):
    """Another control is attached."""


cdef class EngineClient(EngineControl):
    """Attached to the engine of the process xunhu-media (engine.pyi, service.py)."""

    cdef object sock
    cdef readonly int alive_fd
    cdef readonly int pid

    def __cinit__(self, *args, **kwargs):
        self.sock = None
        self.alive_fd = -1
        self.pid = 0

    def __init__(self, socket_path):
        cdef int err = 0, memfd
        cdef xh_shm *shm
        if self.shm != NULL:
            raise RuntimeError("already attached")
        sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        fds = []
        try:
            sock.settimeout(5.0)
            try:
                sock.connect(os.fspath(socket_path))
                data, fds, _, _ = socket.recv_fds(sock, 4096, 4)
            except OSError as e:
                raise ConnectionError(f"no media engine at {socket_path}: {e}") from e
            hello = json.loads(data) if data else {"error": "it closed the connection"}
            if hello.get("busy"):
                raise EngineBusyError(f"media engine at {socket_path}: {hello['error']}")
            if "error" in hello or len(fds) != 2:
                raise ConnectionError(f"media engine at {socket_path}: {hello.get('error', 'it gave no memory')}")
            memfd = fds[0]
            shm = xh_shm_map(memfd, &err)
            if shm == NULL:
                raise ConnectionError(f"media engine at {socket_path}: its memory is of another version ({strerror(err).decode()})")
            os.set_inheritable(fds[1], False)
        except BaseException:
            sock.close()
            for fd in fds:
                os.close(fd)
            raise
        os.close(fds[0])
        sock.setblocking(False)
        self.sock = sock
        self.alive_fd = sock.fileno()
        self.event_fd = fds[1]
        self.pid = hello["pid"]
        self._adopt(shm, hello["control"])

    def detach(self):
        if self.shm != NULL:
            xh_shm_unmap(self.shm)
            self.shm = NULL
            os.close(self.event_fd)
            self.event_fd = -1
        if self.sock is not None:
            self.sock.close()
            self.sock = None
            self.alive_fd = -1

    def __dealloc__(self):
        if self.shm != NULL:
            xh_shm_unmap(self.shm)
            c_close(self.event_fd)
