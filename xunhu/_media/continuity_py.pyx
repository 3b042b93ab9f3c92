# cython: language_level=3
"""Receiver of the continuity check tone (include/xunhu/continuity.h)."""

from libc.stdint cimport int16_t


cdef extern from "xunhu/continuity.h" nogil:
    struct xh_continuity:
        pass
    void xh_continuity_init(xh_continuity *c)
    int xh_continuity_run(xh_continuity *c, const int16_t *samples, size_t n)


cdef class ContinuityReceiver:
    cdef xh_continuity state

    def __cinit__(self):
        xh_continuity_init(&self.state)

    def run(self, const int16_t[::1] samples):
        if samples.shape[0] == 0:
            return None
        cdef int there = xh_continuity_run(&self.state, &samples[0], samples.shape[0])
        return None if there < 0 else bool(there)

    def feed(self, const int16_t[::1] samples, size_t block=80):
        cdef size_t n = samples.shape[0], at = 0, part
        if block < 1:
            raise ValueError("a block has at least one sample")
        changes = []
        while at < n:
            part = min(block, n - at)
            there = self.run(samples[at : at + part])
            at += part
            if there is not None:
                changes.append((at, there))
        return changes

    def reset(self):
        xh_continuity_init(&self.state)
