# cython: language_level=3
"""Speech slower or faster at the same pitch (include/xunhu/time_scale.h), see time_scale.pyi."""
from cpython cimport array
from libc.stddef cimport size_t
from libc.stdint cimport int16_t

import array

cdef extern from "xunhu/time_scale.h" nogil:
    enum: XH_SCALE_MIN, XH_SCALE_MAX
    struct xh_time_scale:
        int percent
    void xh_time_scale_init(xh_time_scale *s, int percent)
    void xh_time_scale_set(xh_time_scale *s, int percent)
    void xh_time_scale_reset(xh_time_scale *s)
    size_t xh_time_scale_want(const xh_time_scale *s, size_t n)
    size_t xh_time_scale_put(xh_time_scale *s, const int16_t *samples, size_t n)
    void xh_time_scale_end(xh_time_scale *s)
    size_t xh_time_scale_get(xh_time_scale *s, int16_t *out, size_t n)
    size_t xh_time_scale_held(const xh_time_scale *s)

PERCENT_MIN = XH_SCALE_MIN
PERCENT_MAX = XH_SCALE_MAX
STATE_SIZE = sizeof(xh_time_scale)

cdef array.array SAMPLES = array.array("h")


cdef class TimeScale:
    cdef xh_time_scale s

    def __cinit__(self, int percent=100):
        if not XH_SCALE_MIN <= percent <= XH_SCALE_MAX:
            raise ValueError(f"percent is {XH_SCALE_MIN} to {XH_SCALE_MAX}, not {percent}")
        xh_time_scale_init(&self.s, percent)

    def set(self, int percent):
        if not XH_SCALE_MIN <= percent <= XH_SCALE_MAX:
            raise ValueError(f"percent is {XH_SCALE_MIN} to {XH_SCALE_MAX}, not {percent}")
        xh_time_scale_set(&self.s, percent)

    def reset(self):
        xh_time_scale_reset(&self.s)

    @property
    def held(self):
        return xh_time_scale_held(&self.s)

    def run(self, const int16_t[::1] samples, *, bint end=True, int block=80):
        cdef size_t n = samples.shape[0], at = 0, want, got, made = 0
        cdef size_t room = n * 100 // XH_SCALE_MIN + 2048
        cdef int16_t *to
        if not 1 <= block <= 160:
            raise ValueError("block is 1 to 160 samples")
        cdef array.array out = array.clone(SAMPLES, room, False)
        to = <int16_t *>out.data.as_voidptr
        with nogil:
            while made + block <= room:
                want = xh_time_scale_want(&self.s, block)
                if want > n - at:
                    want = n - at
                if want:
                    at += xh_time_scale_put(&self.s, &samples[at], want)
                if at == n and end:
                    xh_time_scale_end(&self.s)
                got = xh_time_scale_get(&self.s, to + made, block)
                made += got
                if got < <size_t>block and at == n:
                    break
        array.resize(out, made)
        return out
