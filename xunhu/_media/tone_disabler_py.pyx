# cython: language_level=3
"""Tone disabler of an echo canceller (include/xunhu/tone_disabler.h)."""

from libc.stdint cimport int16_t


cdef extern from "xunhu/tone_disabler.h" nogil:
    struct xh_tone_disabler:
        pass
    void xh_tone_disabler_init(xh_tone_disabler *d)
    int xh_tone_disabler_run_both(xh_tone_disabler *d, const int16_t *receive, const int16_t *send, size_t n)


cdef class ToneDisabler:
    cdef xh_tone_disabler state

    def __cinit__(self):
        xh_tone_disabler_init(&self.state)

    def run(self, const int16_t[::1] receive, const int16_t[::1] send=None):
        cdef size_t n = receive.shape[0]
        cdef const int16_t *other = NULL
        if send is not None and <size_t>send.shape[0] != n:
            raise ValueError(f"{n} samples received, {send.shape[0]} sent")
        if n == 0:
            return bool(xh_tone_disabler_run_both(&self.state, NULL, NULL, 0))
        if send is not None:
            other = &send[0]
        return bool(xh_tone_disabler_run_both(&self.state, &receive[0], other, n))

    def feed(self, const int16_t[::1] receive, const int16_t[::1] send=None, size_t block=80):
        cdef size_t n = receive.shape[0], at = 0, part
        cdef bint was = self.run(receive[:0]), now
        changes = []
        if block < 1:
            raise ValueError("a block has at least one sample")
        while at < n:
            part = min(block, n - at)
            now = self.run(receive[at : at + part], None if send is None else send[at : at + part])
            at += part
            if now != was:
                changes.append((at, now))
            was = now
        return changes

    def reset(self):
        xh_tone_disabler_init(&self.state)
