# cython: language_level=3
"""Codecs of RTP (include/xunhu/rtp_codec.h). See rtp_codec.pyi."""

from libc.stdint cimport int16_t, uint8_t, uint16_t, uint32_t

import os


cdef extern from "stdlib.h":
    int posix_memalign(void **at, size_t alignment, size_t octets)
    void free(void *at)


cdef extern from "xunhu/rtp_codec.h":
    enum: XH_RTP_DYNAMIC, XH_RTP_SAMPLES_MAX, XH_RTP_PAYLOAD_MAX, XH_RTP_AMR_OCTET_ALIGNED
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
        int (*encode)(void *state, uint8_t *out, size_t room, const int16_t *samples, size_t n) nogil
        int (*decode)(void *state, int16_t *out, size_t room, const uint8_t *payload, size_t octets) nogil
        void (*conceal)(void *state, int16_t *out, size_t samples) nogil
        int (*samples)(const uint8_t *payload, size_t octets)
        int (*available)()
        int (*asked)(const void *decoder)
        void (*obey)(void *encoder, int asked)
    const xh_rtp_codec *xh_rtp_codec_at(size_t i)
    const xh_rtp_codec *xh_rtp_codec_named(const char *name, uint32_t clock_hz)
    const xh_rtp_codec *xh_rtp_codec_static(int payload_type)


AMR_OCTET_ALIGNED = XH_RTP_AMR_OCTET_ALIGNED
SAMPLES_MAX = XH_RTP_SAMPLES_MAX


cdef class RtpCodec:
    cdef const xh_rtp_codec *row

    @property
    def name(self):
        return self.row.name.decode()

    @property
    def payload_type(self):
        return None if self.row.payload_type == XH_RTP_DYNAMIC else self.row.payload_type

    @property
    def frame(self):
        return self.row.frame

    @property
    def ptime_ms(self):
        return self.row.ptime_ms

    @property
    def clock_hz(self):
        return self.row.clock_hz

    @property
    def ie(self):
        return self.row.ie

    @property
    def bpl(self):
        return self.row.bpl

    @property
    def available(self):
        return self.row.available == NULL or self.row.available() != 0

    def samples(self, const uint8_t[::1] payload not None):
        cdef int n = self.row.samples(&payload[0] if payload.shape[0] else NULL, <size_t>payload.shape[0])
        return None if n < 0 else n

    def encoder(self, *, int bits_per_second=0, bint silence=False, int mode=0):
        return Encoder(self, bits_per_second, silence, mode)

    def decoder(self, *, int mode=0):
        return Decoder(self, 0, False, mode)


cdef RtpCodec _codec(const xh_rtp_codec *row):
    cdef RtpCodec codec = RtpCodec.__new__(RtpCodec)
    codec.row = row
    return codec


def codecs():
    found = []
    cdef size_t i = 0
    while xh_rtp_codec_at(i) != NULL:
        found.append(_codec(xh_rtp_codec_at(i)))
        i += 1
    return found


def named(str name, uint32_t clock_hz=0):
    encoded = name.encode()
    cdef const xh_rtp_codec *row = xh_rtp_codec_named(encoded, clock_hz)
    return _codec(row) if row != NULL else None


def by_payload_type(int payload_type):
    cdef const xh_rtp_codec *row = xh_rtp_codec_static(payload_type)
    return _codec(row) if row != NULL else None


cdef class _Coder:
    cdef const xh_rtp_codec *row
    cdef void *state
    cdef bint opened
    cdef readonly RtpCodec codec

    def __cinit__(self, RtpCodec codec not None, int bits_per_second, bint silence, int mode):
        cdef xh_rtp_codec_options options
        cdef int err = 0
        self.codec = codec
        self.row = codec.row
        if self.row.state_octets and posix_memalign(&self.state, 64, (self.row.state_octets + 63) // 64 * 64):
            raise MemoryError
        options.bits_per_second, options.silence, options.mode = bits_per_second, silence, mode
        if self.row.open != NULL:
            err = self.row.open(self.state, &options, isinstance(self, Encoder))
        if err < 0:
            raise OSError(-err, os.strerror(-err))
        self.opened = True

    def __dealloc__(self):
        if self.opened and self.row.close != NULL:
            self.row.close(self.state)
        free(self.state)


cdef class Encoder(_Coder):
    def encode(self, const int16_t[::1] samples not None):
        cdef uint8_t out[1440]
        cdef size_t n = <size_t>samples.shape[0]
        cdef const int16_t *first = &samples[0] if n else NULL
        cdef int octets
        with nogil:
            octets = self.row.encode(self.state, out, 1440, first, n)
        if octets < 0:
            raise ValueError(os.strerror(-octets))
        return bytes(out[:octets])

    def obey(self, int asked):
        if self.row.obey != NULL:
            self.row.obey(self.state, asked)


cdef class Decoder(_Coder):
    def decode(self, const uint8_t[::1] payload not None):
        cdef int16_t out[480]
        cdef size_t n = <size_t>payload.shape[0]
        cdef const uint8_t *first = &payload[0] if n else NULL
        cdef int samples
        with nogil:
            samples = self.row.decode(self.state, out, 480, first, n)
        if samples < 0:
            raise ValueError(os.strerror(-samples))
        return (<char *>out)[:samples * 2]

    def conceal(self, size_t samples):
        cdef int16_t out[480]
        if self.row.conceal == NULL:
            return None
        if not 0 < samples <= XH_RTP_SAMPLES_MAX or samples % self.row.frame:
            raise ValueError(f"{samples} samples")
        self.row.conceal(self.state, out, samples)
        return (<char *>out)[:samples * 2]

    @property
    def asked(self):
        if self.row.asked == NULL:
            return None
        asked = self.row.asked(self.state)
        return None if asked < 0 else asked
