"""Players, recorders and WAV files for Python, see files.pyi."""
from cpython cimport array
from cpython.mem cimport PyMem_Calloc, PyMem_Free
from libc.errno cimport ENOBUFS
from libc.stddef cimport size_t
from libc.stdint cimport UINT64_MAX, int16_t, int64_t, uint8_t, uint32_t, uint64_t
from libc.string cimport memcpy, memset

import array
import os
from typing import NamedTuple

cdef extern from "xunhu/engine.h" nogil:
    enum: XH_REC_ALAW, XH_REC_ULAW, XH_REC_PCM16, XH_GAIN_UNITY

cdef extern from "xunhu/g711.h" nogil:
    void xh_alaw_encode(uint8_t *out, const int16_t *samples, size_t n)
    void xh_ulaw_encode(uint8_t *out, const int16_t *samples, size_t n)

cdef extern from "wav.h" nogil:
    enum: XH_WAV_BLOCK, XH_WAV_HEADER_MAX
    struct xh_wav_info:
        int codec, channels, rate, headerless
        uint64_t frames
    struct xh_wav:
        xh_wav_info info
    int xh_wav_open(xh_wav *w, const char *path)
    int xh_wav_read(xh_wav *w, int16_t *out, int frames)
    void xh_wav_close(xh_wav *w)
    size_t xh_wav_header(uint8_t *out, int codec, int channels, int rate, uint64_t frames)
    uint64_t xh_wav_frames_max(int codec, int channels)

cdef extern from "xunhu/fetch.h" nogil:
    enum:
        XH_FETCH_HOSTS
    struct xh_fetch
    struct xh_fetch_limits:
        size_t file_octets, all_octets
        int transfers, connect_ms, first_ms, low_octets, low_ms, fresh_ms, insecure, only_hosts
        char hosts[XH_FETCH_HOSTS]
    int xh_fetch_host_allowed(const char *hosts, const char *url, const char *location)
    struct xh_fetch_stats_s "xh_fetch_stats":
        uint64_t opened, hits, transfers, unchanged, failed, octets
        uint32_t active, kept
        uint64_t kept_octets
    xh_fetch *xh_fetch_new(const xh_fetch_limits *limits)
    void xh_fetch_free(xh_fetch *f)
    void xh_fetch_stats(xh_fetch *f, xh_fetch_stats_s *s)

cdef extern from "xunhu/player.h" nogil:
    struct xh_player
    struct xh_player_params:
        int loop, loops, keep, gain_q12
        xh_fetch *fetch
    struct xh_player_state_s "xh_player_state":
        int done, error, file
        uint64_t samples
        int underruns, waiting
        uint64_t position, length
        int speed
    size_t xh_player_size()
    int xh_player_init(xh_player *p, const xh_player_params *params)
    int xh_player_add(xh_player *p, const char *paths, size_t n)
    int xh_player_read(xh_player *p, int16_t *out, int n)
    void xh_player_gain(xh_player *p, int gain_q12)
    void xh_player_speed(xh_player *p, int percent)
    int xh_player_seek(xh_player *p, int64_t samples, int relative)
    int xh_player_skip(xh_player *p, int n)
    void xh_player_state(const xh_player *p, xh_player_state_s *s)
    int xh_player_wants(const xh_player *p)
    int xh_player_pump(xh_player *p)
    void xh_player_release(xh_player *p)

cdef extern from "xunhu/recorder.h" nogil:
    struct xh_recorder
    struct xh_recorder_params:
        int tracks, format, append, armed, preroll_ms, cut_silence, sync_s
    struct xh_recorder_state_s "xh_recorder_state":
        int done, error
        uint64_t samples, lost
    size_t xh_recorder_size()
    int xh_recorder_init(xh_recorder *r, const xh_recorder_params *params, const char *path)
    int xh_recorder_write(xh_recorder *r, const int16_t *left, const int16_t *right, int n)
    void xh_recorder_heard(xh_recorder *r)
    int xh_recorder_start(xh_recorder *r, const char *path)
    void xh_recorder_finish(xh_recorder *r)
    void xh_recorder_state(const xh_recorder *r, xh_recorder_state_s *s)
    int xh_recorder_wants(const xh_recorder *r)
    int xh_recorder_pump(xh_recorder *r)
    void xh_recorder_release(xh_recorder *r)

ALAW = XH_REC_ALAW
ULAW = XH_REC_ULAW
PCM16 = XH_REC_PCM16
PLAYER_SIZE = xh_player_size()
RECORDER_SIZE = xh_recorder_size()

cdef array.array SAMPLES = array.array("h")


class WavInfo(NamedTuple):
    fmt: int
    channels: int
    rate: int
    frames: int
    headerless: bool


class PlayerState(NamedTuple):
    done: bool
    error: int
    file: int
    samples: int
    underruns: int


class PlayerPlace(NamedTuple):
    position: int
    length: int | None
    speed: int
    waiting: bool


class FetchStats(NamedTuple):
    opened: int
    hits: int
    transfers: int
    unchanged: int
    failed: int
    octets: int
    active: int
    kept: int
    kept_octets: int


class RecorderState(NamedTuple):
    done: bool
    error: int
    samples: int
    lost: int


cdef object os_error(int code, object path):
    return OSError(-code, os.strerror(-code), path)


cdef object as_info(const xh_wav_info *i):
    return WavInfo(i.codec, i.channels, i.rate, i.frames, i.headerless != 0)


def wav_info(path):
    cdef xh_wav w
    cdef bytes raw = os.fsencode(path)
    cdef int code = xh_wav_open(&w, raw)
    if code:
        raise os_error(code, path)
    xh_wav_close(&w)
    return as_info(&w.info)


def read_wav(path):
    cdef xh_wav w
    cdef bytes raw = os.fsencode(path)
    cdef array.array out = array.array("h")
    cdef array.array block = array.clone(SAMPLES, XH_WAV_BLOCK, False)
    cdef int n = xh_wav_open(&w, raw)
    if n:
        raise os_error(n, path)
    try:
        while True:
            with nogil:
                n = xh_wav_read(&w, <int16_t *>block.data.as_voidptr, XH_WAV_BLOCK)
            if n < 0:
                raise os_error(n, path)
            if n == 0:
                return as_info(&w.info), out
            out.extend(block[:n])
    finally:
        xh_wav_close(&w)


def write_wav(path, const int16_t[::1] samples, *, int fmt=XH_REC_PCM16, int channels=1, int rate=8000):
    cdef uint8_t header[XH_WAV_HEADER_MAX]
    cdef size_t n = samples.shape[0]
    cdef bytearray octets
    if fmt not in (XH_REC_ALAW, XH_REC_ULAW, XH_REC_PCM16) or channels not in (1, 2) or rate <= 0 or n % channels:
        raise ValueError("fmt is ALAW, ULAW or PCM16, channels 1 or 2, rate above 0, samples in whole frames")
    if n // channels > xh_wav_frames_max(fmt, channels):
        raise ValueError("more samples than a WAV file holds")
    cdef size_t length = xh_wav_header(header, fmt, channels, rate, n // channels)
    octets = bytearray(n * (2 if fmt == XH_REC_PCM16 else 1))
    cdef uint8_t[::1] view = octets
    if n and fmt == XH_REC_ALAW:
        xh_alaw_encode(&view[0], &samples[0], n)
    elif n and fmt == XH_REC_ULAW:
        xh_ulaw_encode(&view[0], &samples[0], n)
    for i in range(n if fmt == XH_REC_PCM16 else 0):
        view[2 * i] = samples[i] & 255
        view[2 * i + 1] = (samples[i] >> 8) & 255
    with open(path, "wb") as file:
        file.write(header[:length])
        file.write(octets)
        file.write(b"\0" * (len(octets) & 1))


def host_allowed(hosts, str url, str location=None):
    cdef bytes names = ",".join(hosts).encode(), at = url.encode(), to = b"" if location is None else location.encode()
    return bool(xh_fetch_host_allowed(names, at, NULL if location is None else <const char *>to))


cdef class Fetch:
    cdef xh_fetch *f

    def __cinit__(self, *, size_t file_octets=64 << 20, size_t all_octets=256 << 20, int transfers=256, int connect_ms=3000,
                  int first_ms=3000, int low_octets=400, int low_ms=5000, int fresh_ms=30000, bint insecure=False, hosts=None):
        cdef xh_fetch_limits limits
        cdef bytes names = b"" if hosts is None else ",".join(hosts).encode()
        if len(names) >= XH_FETCH_HOSTS:
            raise ValueError(f"the names of hosts have more than {XH_FETCH_HOSTS - 1} octets")
        memset(&limits, 0, sizeof(limits))
        limits.file_octets, limits.all_octets, limits.transfers = file_octets, all_octets, transfers
        limits.connect_ms, limits.first_ms, limits.low_octets, limits.low_ms = connect_ms, first_ms, low_octets, low_ms
        limits.fresh_ms, limits.insecure, limits.only_hosts = fresh_ms, insecure, hosts is not None
        memcpy(limits.hosts, <const char *>names, len(names))
        self.f = xh_fetch_new(&limits)
        if self.f is NULL:
            raise MemoryError

    def __dealloc__(self):
        if self.f is not NULL:
            with nogil:
                xh_fetch_free(self.f)

    def stats(self):
        cdef xh_fetch_stats_s s
        xh_fetch_stats(self.f, &s)
        return FetchStats(s.opened, s.hits, s.transfers, s.unchanged, s.failed, s.octets, s.active, s.kept, s.kept_octets)


cdef class Player:
    cdef xh_player *p
    cdef Fetch fetch

    def __cinit__(self, paths, *, bint loop=False, int loops=0, bint keep=False, int gain_q12=XH_GAIN_UNITY, Fetch fetch=None):
        cdef xh_player_params params = xh_player_params(loop, loops, keep, gain_q12, NULL)
        if fetch is not None:
            params.fetch = fetch.f
        self.fetch = fetch
        self.p = <xh_player *>PyMem_Calloc(1, xh_player_size())
        if self.p is NULL:
            raise MemoryError
        if xh_player_init(self.p, &params):
            PyMem_Free(self.p)
            self.p = NULL
            raise ValueError("gain_q12 is 0 to 32767, loops not negative")

    def __init__(self, paths, **options):
        if paths:
            self.add(paths)

    def __dealloc__(self):
        if self.p is not NULL:
            xh_player_release(self.p)
            PyMem_Free(self.p)

    def add(self, paths):
        cdef bytes raw = b"\0".join(os.fsencode(path) for path in paths)
        cdef int code = xh_player_add(self.p, raw, len(raw))
        if code:
            raise OSError(-code, os.strerror(-code))

    def pump(self):
        cdef int did
        with nogil:
            did = xh_player_pump(self.p)
        return did != 0

    def wants(self):
        return xh_player_wants(self.p) != 0

    def read(self, int n):
        if n < 0:
            raise ValueError("n is negative")
        cdef array.array out = array.clone(SAMPLES, n, False)
        cdef int16_t *to = <int16_t *>out.data.as_voidptr
        cdef int got
        with nogil:
            got = xh_player_read(self.p, to, n)
        return out, got

    def gain(self, int gain_q12):
        xh_player_gain(self.p, gain_q12)

    def speed(self, int percent):
        xh_player_speed(self.p, percent)

    def seek(self, int64_t samples, *, bint relative=False):
        cdef int code = xh_player_seek(self.p, samples, relative)
        if code:
            raise OSError(-code, os.strerror(-code))

    def skip(self, int n):
        cdef int code = xh_player_skip(self.p, n)
        if code:
            raise OSError(-code, os.strerror(-code))

    def state(self):
        cdef xh_player_state_s s
        xh_player_state(self.p, &s)
        return PlayerState(s.done != 0, s.error, s.file, s.samples, s.underruns)

    def place(self):
        cdef xh_player_state_s s
        xh_player_state(self.p, &s)
        return PlayerPlace(s.position, None if s.length == UINT64_MAX else s.length, s.speed, s.waiting != 0)

    def release(self):
        xh_player_release(self.p)


cdef class Recorder:
    cdef xh_recorder *r

    def __cinit__(self, path, *, int tracks=1, int fmt=XH_REC_ALAW, bint append=False, int preroll_ms=0, bint cut_silence=False,
                  int sync_s=0):
        cdef bint armed = path is None
        cdef xh_recorder_params params = xh_recorder_params(tracks, fmt, append, armed, preroll_ms, cut_silence, sync_s)
        cdef bytes raw = b"" if armed else os.fsencode(path)
        self.r = <xh_recorder *>PyMem_Calloc(1, xh_recorder_size())
        if self.r is NULL:
            raise MemoryError
        cdef int code = xh_recorder_init(self.r, &params, NULL if armed else <const char *>raw)
        if code:
            PyMem_Free(self.r)
            self.r = NULL
            raise os_error(code, path)

    def __dealloc__(self):
        if self.r is not NULL:
            xh_recorder_release(self.r)
            PyMem_Free(self.r)

    def write(self, const int16_t[::1] left, const int16_t[::1] right=None):
        cdef const int16_t *second = NULL
        cdef int n = <int>left.shape[0]
        cdef int code
        if right is not None:
            if right.shape[0] != n:
                raise ValueError("left and right differ in length")
            second = &right[0] if n else NULL
        if n == 0:
            return True
        with nogil:
            code = xh_recorder_write(self.r, &left[0], second, n)
        if code and code != -ENOBUFS:
            raise OSError(-code, os.strerror(-code))
        return code == 0

    def heard(self):
        xh_recorder_heard(self.r)

    def start(self, path):
        cdef bytes raw = os.fsencode(path)
        cdef int code = xh_recorder_start(self.r, raw)
        if code:
            raise os_error(code, path)

    def finish(self):
        xh_recorder_finish(self.r)

    def wants(self):
        return xh_recorder_wants(self.r) != 0

    def pump(self):
        cdef int did
        with nogil:
            did = xh_recorder_pump(self.r)
        return did != 0

    def state(self):
        cdef xh_recorder_state_s s
        xh_recorder_state(self.r, &s)
        return RecorderState(s.done != 0, s.error, s.samples, s.lost)

    def release(self):
        with nogil:
            xh_recorder_release(self.r)
