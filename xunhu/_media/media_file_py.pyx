"""Media files and their codecs for Python, see media_file.pyi."""
from cpython cimport array
from libc.errno cimport EAGAIN, EIO
from libc.stddef cimport size_t
from libc.stdint cimport int16_t, uint8_t, uint32_t, uint64_t, UINT64_MAX
from libc.string cimport memcpy

import array
import os
from math import log10
from typing import NamedTuple

cdef extern from "<sys/types.h>" nogil:
    ctypedef Py_ssize_t ssize_t

cdef extern from "xunhu/media_file.h" nogil:
    enum: XH_MEDIA_BLOCK, XH_FORMATS, XH_CODECS, XH_MEDIA_CHANNELS
    struct xh_format_info_s "xh_format_info":
        const char *name
        const char *suffix
        int container, codec, rate, channels_max, octets_a_second
    const xh_format_info_s *xh_format_info(int format)
    int xh_format_by_name(const char *name)
    int xh_format_by_suffix(const char *path)
    const char *xh_codec_name(int codec)

    struct xh_reader_info_s "xh_reader_info":
        int container, codec, channels, rate, out_channels, out_rate, block_octets, block_frames, estimated, seekable, note
        uint64_t frames
    struct xh_reader_options:
        const char *name
        int format, rate, out_rate, out_channels
    ctypedef ssize_t xh_source_fn(void *context, void *out, size_t n) noexcept nogil
    struct xh_reader
    int xh_reader_open_path(xh_reader **out, const char *path, const xh_reader_options *options, int *reason, uint32_t *detail)
    int xh_reader_open_fd(xh_reader **out, int fd, const xh_reader_options *options, int *reason, uint32_t *detail)
    int xh_reader_open_memory(xh_reader **out, const void *octets, size_t n, const xh_reader_options *options, int *reason, uint32_t *detail)
    int xh_reader_open_stream(xh_reader **out, xh_source_fn *read, void *context, uint64_t size, const xh_reader_options *options,
                              int *reason, uint32_t *detail)
    const xh_reader_info_s *xh_reader_info(const xh_reader *r)
    int xh_reader_read(xh_reader *r, int16_t *out, int n)
    int xh_reader_seek(xh_reader *r, uint64_t frame)
    uint64_t xh_reader_position(const xh_reader *r)
    int xh_reader_reason(const xh_reader *r, uint32_t *detail)
    void xh_reader_close(xh_reader *r)

    struct xh_writer
    struct xh_writer_options:
        int format, channels, append, replace, bitrate
    int xh_writer_open_path(xh_writer **out, const char *path, const xh_writer_options *options, int *reason)
    int xh_writer_write(xh_writer *w, const int16_t *samples, int n)
    int xh_writer_mend(xh_writer *w)
    uint64_t xh_writer_frames(const xh_writer *w)
    int xh_writer_close(xh_writer *w)

cdef extern from "xunhu/codec.h" nogil:
    struct xh_coder:
        int channels, encoding, block_octets, block_frames
    int xh_coder_init(xh_coder *c, int codec, int channels, int block_octets, int encoding)
    int xh_coder_reset(xh_coder *c)
    void xh_coder_release(xh_coder *c)
    int xh_coder_decode(xh_coder *c, int16_t *out, const uint8_t *data, int blocks, int *good)
    void xh_coder_encode(xh_coder *c, uint8_t *out, const int16_t *data, int blocks)
    void xh_g726_plain(int on)

cdef extern from "xunhu/media_measure.h" nogil:
    struct xh_measure:
        uint64_t frames, squares, clipped, head, tail, active, active_squares
        long long sum
        int peak
    void xh_measure_init(xh_measure *m, int rate, int silence_rms)
    void xh_measure_run(xh_measure *m, const int16_t *samples, size_t n, size_t stride)
    void xh_measure_end(xh_measure *m)
    size_t xh_media_gain(int16_t *samples, size_t n, float gain, float zero)

BLOCK = XH_MEDIA_BLOCK
cdef array.array SAMPLES = array.array("h")


class FormatInfo(NamedTuple):
    number: int
    name: str
    suffix: str
    container: str
    codec: int
    rate: int
    channels_max: int
    octets_a_second: int


class ReaderInfo(NamedTuple):
    container: str
    codec: int
    channels: int
    rate: int
    out_channels: int
    out_rate: int
    block_octets: int
    block_frames: int
    frames: int | None
    estimated: bool
    seekable: bool
    note: int


class MediaError(OSError):
    """errno, text, file; reason and detail: enum xh_media_reason, see media_reasons.py."""

    reason = 0
    detail = 0


CONTAINERS = ("raw", "wav", "au", "mp3")
CODECS = tuple(xh_codec_name(n).decode() for n in range(XH_CODECS))


cdef object format_info(int n):
    cdef const xh_format_info_s *f = xh_format_info(n)
    return FormatInfo(n, f.name.decode(), f.suffix.decode(), CONTAINERS[f.container], f.codec, f.rate, f.channels_max, f.octets_a_second)


FORMATS = {info.name: info for info in (format_info(n) for n in range(XH_FORMATS))}


def format_of_path(path):
    cdef int n = xh_format_by_suffix(os.fsencode(path))
    return None if n < 0 else format_info(n)


cdef object media_error(int code, int reason, uint32_t detail, object path):
    error = MediaError(-code, os.strerror(-code), path)
    error.reason = reason
    error.detail = detail
    return error


cdef int number_of(object fmt) except -2:
    if fmt is None:
        return -1
    if fmt not in FORMATS:
        raise ValueError(f"format {fmt!r}: one of {', '.join(FORMATS)}")
    return FORMATS[fmt].number


cdef ssize_t pull(void *context, void *out, size_t n) noexcept with gil:
    cdef bytes data
    reader = <Reader>context
    try:
        got = reader.source(n)
        if got is None:
            return -EAGAIN
        data = bytes(got)
    except Exception as error:
        reader.trouble = error
        return -EIO
    if <size_t>len(data) > n:
        reader.trouble = ValueError("the source gave more than it was asked for")
        return -EIO
    memcpy(out, <const char *>data, len(data))
    return len(data)


cdef class Reader:
    cdef xh_reader *r
    cdef object source, path
    cdef object trouble

    def __init__(self, source, *, name=None, fmt=None, int rate=0, int out_rate=0, int out_channels=0, size=None):
        cdef bytes raw = b"" if name is None else os.fsencode(name)
        cdef bytes path
        cdef const char *where
        cdef const uint8_t[::1] memory
        cdef int code, reason = 0, fd
        cdef uint32_t detail = 0
        cdef uint64_t octets = UINT64_MAX if size is None else size
        cdef xh_reader_options options = xh_reader_options(NULL, number_of(fmt), rate, out_rate, out_channels)
        if self.r is not NULL:
            raise ValueError("is open")
        if name is not None:
            options.name = raw
        self.source = source
        self.path = name
        if callable(source):
            code = xh_reader_open_stream(&self.r, pull, <void *>self, octets, &options, &reason, &detail)
        elif isinstance(source, (bytes, bytearray, memoryview)):
            memory = source
            self.source = memory
            code = xh_reader_open_memory(&self.r, &memory[0] if memory.shape[0] else NULL, memory.shape[0], &options, &reason, &detail)
        elif isinstance(source, int):
            fd = source
            with nogil:
                code = xh_reader_open_fd(&self.r, fd, &options, &reason, &detail)
        else:
            path = os.fsencode(source)
            self.path = source
            if path.find(b"\0") >= 0:
                raise ValueError("a NUL in the path")
            where = path
            with nogil:
                code = xh_reader_open_path(&self.r, where, &options, &reason, &detail)
        self.check(code, reason, detail)

    cdef int check(self, int code, int reason, uint32_t detail) except -1:
        if code >= 0:
            return code
        if self.trouble is not None:
            raise self.trouble
        raise media_error(code, reason, detail, self.path)

    cdef int usable(self) except -1:
        if self.r is NULL:
            raise ValueError("is closed")
        return 0

    def __dealloc__(self):
        xh_reader_close(self.r)

    def close(self):
        xh_reader_close(self.r)
        self.r = NULL

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.close()

    @property
    def info(self):
        self.usable()
        cdef const xh_reader_info_s *i = xh_reader_info(self.r)
        return ReaderInfo(CONTAINERS[i.container], i.codec, i.channels, i.rate, i.out_channels, i.out_rate, i.block_octets, i.block_frames,
                          None if i.frames == UINT64_MAX else i.frames, i.estimated != 0, i.seekable != 0, i.note)

    @property
    def reason(self):
        self.usable()
        cdef uint32_t detail = 0
        return xh_reader_reason(self.r, &detail), detail

    @property
    def position(self):
        self.usable()
        return xh_reader_position(self.r)

    def read(self, int n=XH_MEDIA_BLOCK):
        self.usable()
        if not 0 <= n <= XH_MEDIA_BLOCK:
            raise ValueError(f"n is 0 to {XH_MEDIA_BLOCK}")
        cdef array.array out = array.clone(SAMPLES, XH_MEDIA_BLOCK * XH_MEDIA_CHANNELS, False)
        cdef int16_t *to = <int16_t *>out.data.as_voidptr
        cdef int got, waits = callable(self.source)
        cdef uint32_t detail = 0
        with nogil:
            got = xh_reader_read(self.r, to, n)
            while got == -EAGAIN and not waits:
                got = xh_reader_read(self.r, to, n)
        if got == -EAGAIN:
            return None
        if got < 0:
            reason = xh_reader_reason(self.r, &detail)
            self.check(got, reason, detail)
        return out[:got * xh_reader_info(self.r).out_channels]

    def read_all(self, most=None):
        cdef array.array out = array.array("h")
        while most is None or len(out) < most:
            block = self.read()
            if block is None:
                raise BlockingIOError("the source has nothing yet")
            if not block:
                break
            out.extend(block)
        return out

    def seek(self, uint64_t frame):
        self.usable()
        cdef uint32_t detail = 0
        cdef int code
        with nogil:
            code = xh_reader_seek(self.r, frame)
        self.check(code, xh_reader_reason(self.r, &detail), detail)


cdef class Writer:
    cdef xh_writer *w
    cdef int channels
    cdef object path

    def __init__(self, path, fmt="wav", *, int channels=1, bint append=False, bint replace=False, int bitrate=0):
        cdef xh_writer_options options = xh_writer_options(number_of(fmt), channels, append, replace, bitrate)
        cdef bytes raw = os.fsencode(path)
        cdef const char *where = raw
        cdef int code, reason = 0
        if self.w is not NULL:
            raise ValueError("is open")
        if raw.find(b"\0") >= 0:
            raise ValueError("a NUL in the path")
        self.path = path
        self.channels = channels
        with nogil:
            code = xh_writer_open_path(&self.w, where, &options, &reason)
        if code:
            raise media_error(code, reason, 0, path)

    cdef int usable(self) except -1:
        if self.w is NULL:
            raise ValueError("is closed")
        return 0

    def __dealloc__(self):
        if self.w is not NULL:
            xh_writer_close(self.w)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        if self.w is not NULL:
            self.close()

    def write(self, const int16_t[::1] samples):
        self.usable()
        if samples.shape[0] % self.channels:
            raise ValueError("samples are not whole frames")
        cdef int n = <int>(samples.shape[0] // self.channels), code = 0
        if n:
            with nogil:
                code = xh_writer_write(self.w, &samples[0], n)
        if code:
            raise media_error(code, 0, 0, self.path)

    def mend(self):
        self.usable()
        cdef int code
        with nogil:
            code = xh_writer_mend(self.w)
        if code:
            raise media_error(code, 0, 0, self.path)

    @property
    def frames(self):
        self.usable()
        return xh_writer_frames(self.w)

    def close(self):
        cdef int code
        with nogil:
            code = xh_writer_close(self.w)
        self.w = NULL
        if code:
            raise media_error(code, 0, 0, self.path)


cdef class Coder:
    cdef xh_coder c

    def __cinit__(self, codec, *, int channels=1, int block_octets=0, bint encoding=False):
        cdef int number = CODECS.index(codec) if isinstance(codec, str) else codec
        cdef int code = xh_coder_init(&self.c, number, channels, block_octets, encoding)
        if code:
            raise ValueError(f"{CODECS[number] if 0 <= number < len(CODECS) else number}: {os.strerror(-code)}")

    def __dealloc__(self):
        xh_coder_release(&self.c)

    @property
    def block_octets(self):
        return self.c.block_octets

    @property
    def block_frames(self):
        return self.c.block_frames

    def reset(self):
        if xh_coder_reset(&self.c):
            raise MemoryError

    def decode(self, const uint8_t[::1] octets):
        cdef int blocks = <int>(octets.shape[0] // self.c.block_octets), good = 0, got = 0
        if octets.shape[0] % self.c.block_octets or self.c.encoding:
            raise ValueError("whole blocks, of a decoder")
        cdef array.array out = array.clone(SAMPLES, blocks * self.c.block_frames * self.c.channels, False)
        cdef int16_t *to = <int16_t *>out.data.as_voidptr
        if blocks:
            with nogil:
                got = xh_coder_decode(&self.c, to, &octets[0], blocks, &good)
        if got < 0:
            raise media_error(got, 0, 0, None)
        return out

    def encode(self, const int16_t[::1] samples):
        cdef int each = self.c.block_frames * self.c.channels
        cdef int blocks = <int>(samples.shape[0] // each)
        if samples.shape[0] % each or not self.c.encoding:
            raise ValueError("whole blocks, of an encoder")
        cdef bytearray out = bytearray(blocks * self.c.block_octets)
        cdef uint8_t[::1] view = out
        if blocks:
            with nogil:
                xh_coder_encode(&self.c, &view[0], &samples[0], blocks)
        return bytes(out)


class Measured(NamedTuple):
    frames: int
    peak: int
    rms_dbm0: float
    active_dbm0: float
    active_s: float
    zero: float
    clipped: int
    head_s: float
    tail_s: float


SILENT_DBM0 = -100.0
RMS_0DBM0 = 22779 / 2**0.5


def dbm0(double mean_square):
    return SILENT_DBM0 if mean_square <= 0 else max(SILENT_DBM0, 10 * log10(mean_square / (RMS_0DBM0 * RMS_0DBM0)))


cdef class Meter:
    cdef xh_measure m
    cdef int rate, channels, channel

    def __cinit__(self, int rate=8000, *, double silence_dbm0=-50.0, int channels=1, int channel=0):
        if not 1000 <= rate <= 384000 or not -100 <= silence_dbm0 <= 0 or not 0 <= channel < channels <= XH_MEDIA_CHANNELS:
            raise ValueError("rate is 1,000 to 384,000 Hz, silence_dbm0 -100 to 0, channel below channels")
        self.rate, self.channels, self.channel = rate, channels, channel
        xh_measure_init(&self.m, rate, <int>(RMS_0DBM0 * 10 ** (silence_dbm0 / 20) + 0.5))

    def run(self, const int16_t[::1] samples):
        cdef size_t n = samples.shape[0] // self.channels
        if n:
            with nogil:
                xh_measure_run(&self.m, &samples[self.channel], n, self.channels)

    def end(self):
        xh_measure_end(&self.m)
        cdef xh_measure *m = &self.m
        n = m.frames or 1
        mean = m.sum / n
        return Measured(m.frames, m.peak, dbm0(m.squares / n - mean * mean), dbm0(m.active_squares / (m.active or 1)), m.active / self.rate,
                        mean, m.clipped, m.head / self.rate, m.tail / self.rate)


def gain(int16_t[::1] samples, float factor, float zero=0.0):
    cdef size_t limited = 0
    if samples.shape[0]:
        with nogil:
            limited = xh_media_gain(&samples[0], samples.shape[0], factor, zero)
    return limited


def g726_plain(bint on):
    xh_g726_plain(on)
