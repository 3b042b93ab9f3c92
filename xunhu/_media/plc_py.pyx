# cython: language_level=3
"""Packet loss concealment (include/xunhu/plc.h)."""

from libc.stdint cimport int16_t, uint8_t
from libc.stdlib cimport calloc, free


cdef extern from *:
    """
    #define XH_PLC_FETCH(p, at) \\
        (__builtin_prefetch((p), 1), __builtin_prefetch((p)->history + (at), 1), __builtin_prefetch((p)->history + (at) + 64, 1))
    """
    void XH_PLC_FETCH(const xh_plc_octets *p, size_t at) nogil


cdef extern from "xunhu/plc.h" nogil:
    struct xh_plc_hole:
        uint8_t plain, period
    struct xh_plc:
        xh_plc_hole hole
    struct xh_plc_octets:
        xh_plc_hole hole
        size_t at
    void xh_plc_init(xh_plc *p)
    void xh_plc_good(xh_plc *p, int16_t *x, size_t n)
    void xh_plc_lost(xh_plc *p, int16_t *x, size_t n)
    void xh_plc_octets_init(xh_plc_octets *p, int law)
    void xh_plc_octets_good(xh_plc_octets *p, uint8_t *x, size_t n)
    void xh_plc_octets_lost(xh_plc_octets *p, uint8_t *x, size_t n)


cdef class Plc:
    cdef xh_plc state

    def __cinit__(self, *, bint plain=False):
        xh_plc_init(&self.state)
        self.state.hole.plain = plain

    def good(self, int16_t[::1] samples):
        if samples.shape[0]:
            with nogil:
                xh_plc_good(&self.state, &samples[0], samples.shape[0])

    def lost(self, int16_t[::1] samples):
        if samples.shape[0]:
            with nogil:
                xh_plc_lost(&self.state, &samples[0], samples.shape[0])

    def run(self, int16_t[::1] samples, lost, size_t block=80):
        cdef size_t at = 0, total = samples.shape[0], n
        if block < 1:
            raise ValueError("a block has at least one sample")
        if len(lost) != (total + block - 1) // block:
            raise ValueError(f"{(total + block - 1) // block} blocks of {block} samples, but {len(lost)} entries of lost")
        for missing in lost:
            n = min(block, total - at)
            if missing:
                xh_plc_lost(&self.state, &samples[at], n)
            else:
                xh_plc_good(&self.state, &samples[at], n)
            at += n

    @property
    def period(self):
        return self.state.hole.period


cdef class PlcOctets:
    cdef xh_plc_octets state

    def __cinit__(self, law="A", *, bint plain=False):
        if law not in ("A", "U"):
            raise ValueError(f"law must be A or U, not {law!r}")
        xh_plc_octets_init(&self.state, ord(law))
        self.state.hole.plain = plain

    def good(self, uint8_t[::1] octets):
        if octets.shape[0]:
            with nogil:
                xh_plc_octets_good(&self.state, &octets[0], octets.shape[0])

    def lost(self, uint8_t[::1] octets):
        if octets.shape[0]:
            with nogil:
                xh_plc_octets_lost(&self.state, &octets[0], octets.shape[0])


cdef class PlcBank:
    cdef xh_plc_octets *states
    cdef readonly size_t channels

    def __cinit__(self, size_t channels, law="A", *, bint plain=False):
        if not 1 <= channels <= 65536:
            raise ValueError(f"channels must be 1 to 65536, not {channels}")
        if law not in ("A", "U"):
            raise ValueError(f"law must be A or U, not {law!r}")
        self.channels = channels
        self.states = <xh_plc_octets *>calloc(channels, sizeof(xh_plc_octets))
        if self.states is NULL:
            raise MemoryError
        for i in range(channels):
            xh_plc_octets_init(&self.states[i], ord(law))
            self.states[i].hole.plain = plain

    def __dealloc__(self):
        free(self.states)

    cdef int _check(self, uint8_t[:, ::1] octets) except -1:
        if <size_t>octets.shape[0] != self.channels or octets.shape[1] < 1:
            raise ValueError(f"{self.channels} channels of at least one octet wanted, {octets.shape[0]} of {octets.shape[1]} given")
        return 0

    def good(self, uint8_t[:, ::1] octets):
        cdef size_t i, n = octets.shape[1]
        self._check(octets)
        with nogil:
            for i in range(self.channels):
                if i + 6 < self.channels:  # as the engine does
                    XH_PLC_FETCH(&self.states[i + 6], self.states[i].at)
                xh_plc_octets_good(&self.states[i], &octets[i, 0], n)

    def lost(self, uint8_t[:, ::1] octets):
        cdef size_t i, n = octets.shape[1]
        self._check(octets)
        with nogil:
            for i in range(self.channels):
                xh_plc_octets_lost(&self.states[i], &octets[i, 0], n)
