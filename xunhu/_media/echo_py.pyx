# cython: language_level=3
"""Line echo cancellers, one a channel (include/xunhu/echo.h)."""

from libc.stdint cimport int16_t
from libc.stdlib cimport calloc, free

from copy import copy
from typing import NamedTuple



cdef extern from "stdlib.h" nogil:
    void *aligned_alloc(size_t alignment, size_t size)


cdef extern from "xunhu/echo.h" nogil:
    enum:
        XH_ECHO_NLP
        XH_ECHO_COMFORT_NOISE
        XH_ECHO_TONE_DISABLER
        XH_ECHO_PLAIN
    struct xh_echo:
        pass
    struct xh_echo_params:
        int tail_ms
        int flags
        int law
    struct xh_echo_op:
        xh_echo *canceller
        const int16_t *rout
        int16_t *sin
    ctypedef struct echo_state "struct xh_echo_state":
        float erl_db
        float erle_db
        float delay_ms
        float residual_dbm0
        float noise_dbm0
        int converged
        int double_talk
        int disabled
        int narrow_band
        int suppressing
    size_t xh_echo_size(const xh_echo_params *p)
    int xh_echo_init(xh_echo *e, const xh_echo_params *p)
    void xh_echo_run(const xh_echo_op *ops, size_t count, size_t n)
    void xh_echo_state(const xh_echo *e, echo_state *s)
    void xh_echo_freeze(xh_echo *e, int on)
    void xh_echo_nlp(xh_echo *e, int on)
    void xh_echo_clear(xh_echo *e)


class EchoState(NamedTuple):
    erl_db: float
    erle_db: float
    delay_ms: float
    residual_dbm0: float
    noise_dbm0: float
    converged: bool
    double_talk: bool
    disabled: bool
    narrow_band: bool
    suppressing: bool


cdef class EchoBank:
    cdef char *memory
    cdef xh_echo_op *ops
    cdef readonly int channels
    cdef readonly size_t size

    def __cinit__(self, channels, tail_ms=128, nlp=True, comfort_noise=True, tone_disabler=True, plain=False, law="A"):
        cdef xh_echo_params p
        if not 1 <= channels <= 65536:
            raise ValueError(f"channels must be 1 to 65536, not {channels}")
        if law not in ("A", "U", None):
            raise ValueError(f"law must be 'A', 'U' or None, not {law!r}")
        p.tail_ms = tail_ms
        p.law = ord(law) if law else 0
        p.flags = 0
        for wanted, flag in (
            (nlp, XH_ECHO_NLP), (comfort_noise, XH_ECHO_COMFORT_NOISE), (tone_disabler, XH_ECHO_TONE_DISABLER), (plain, XH_ECHO_PLAIN)
        ):
            p.flags |= flag if wanted else 0
        self.channels = channels
        self.size = (xh_echo_size(&p) + 63) // 64 * 64
        if self.size == 0:
            raise ValueError(f"tail_ms must be 8 to 128, not {tail_ms}")
        self.memory = <char *>aligned_alloc(64, self.size * self.channels)
        self.ops = <xh_echo_op *>calloc(self.channels, sizeof(xh_echo_op))
        if self.memory is NULL or self.ops is NULL:
            raise MemoryError
        for i in range(self.channels):
            xh_echo_init(self._at(i), &p)
            self.ops[i].canceller = self._at(i)

    def __dealloc__(self):
        free(self.memory)
        free(self.ops)

    cdef xh_echo *_at(self, int channel) except NULL:
        if not 0 <= channel < self.channels:
            raise IndexError(f"channel {channel} of {self.channels}")
        return <xh_echo *>(self.memory + channel * self.size)

    def run(self, rout, sin, size_t block=80):
        out = copy(sin)
        self.run_in_place(rout, out, block)
        return out

    def run_in_place(self, const int16_t[:, ::1] rout, int16_t[:, ::1] sin, size_t block=80):
        cdef size_t n = rout.shape[1]
        if rout.shape[0] != self.channels or sin.shape[0] != self.channels or sin.shape[1] != rout.shape[1]:
            raise ValueError(f"rout and sin must be of the same shape ({self.channels}, n)")
        if block not in (40, 80, 160):
            raise ValueError(f"a block has 40, 80 or 160 samples, not {block}")
        if n == 0 or n % block:
            raise ValueError(f"{n} samples are not a multiple of {block}")
        self._run(rout, sin, n, block)

    cdef void _run(self, const int16_t[:, ::1] rout, int16_t[:, ::1] sin, size_t n, size_t block) noexcept:
        cdef size_t at
        cdef int i
        with nogil:
            at = 0
            while at < n:
                for i in range(self.channels):
                    self.ops[i].rout = &rout[i, at]
                    self.ops[i].sin = &sin[i, at]
                xh_echo_run(self.ops, self.channels, block)
                at += block

    def state(self, int channel):
        cdef echo_state s
        xh_echo_state(self._at(channel), &s)
        return EchoState(
            s.erl_db, s.erle_db, s.delay_ms, s.residual_dbm0, s.noise_dbm0,
            bool(s.converged), bool(s.double_talk), bool(s.disabled), bool(s.narrow_band), bool(s.suppressing),
        )

    def freeze(self, int channel, on=True):
        xh_echo_freeze(self._at(channel), bool(on))

    def nlp(self, int channel, on=True):
        xh_echo_nlp(self._at(channel), bool(on))

    def clear(self, int channel):
        xh_echo_clear(self._at(channel))

