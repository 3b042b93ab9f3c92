# cython: language_level=3
"""Streaming resampler (include/xunhu/resample.h)."""

from libc.stdint cimport int16_t, int64_t


cdef extern from "xunhu/resample.h" nogil:
    struct xh_resampler_filter:
        int up, down, plain
    struct xh_resampler:
        pass
    int xh_resampler_design(xh_resampler_filter *f, int hz_in, int hz_out)
    double xh_resampler_delay_ms(const xh_resampler_filter *f)
    void xh_resampler_init(xh_resampler *s)
    int64_t xh_resampler_run(const xh_resampler_filter *f, xh_resampler *s, const int16_t *in_, size_t n, int16_t *out)


cdef class Resampler:
    cdef xh_resampler_filter filter
    cdef xh_resampler state

    def __cinit__(self, int from_hz, int to_hz, *, bint plain=False):
        if xh_resampler_design(&self.filter, from_hz, to_hz) < 0:
            raise ValueError(f"two different ones of 8000, 16000, 32000 and 48000 Hz are wanted, not {from_hz} and {to_hz}")
        self.filter.plain = plain
        xh_resampler_init(&self.state)

    def run(self, const int16_t[::1] samples, int16_t[::1] out):
        cdef size_t n = samples.shape[0], made = n * self.filter.up // self.filter.down
        if n % <size_t>self.filter.down:
            raise ValueError(f"{n} samples are not a multiple of {self.filter.down}")
        if <size_t>out.shape[0] != made:
            raise ValueError(f"{n} samples become {made}, there is room for {out.shape[0]}")
        if n:
            with nogil:
                xh_resampler_run(&self.filter, &self.state, &samples[0], n, &out[0])

    def stream(self, const int16_t[::1] samples, int16_t[::1] out, size_t n):
        cdef size_t total = samples.shape[0], at = 0, up = self.filter.up, down = self.filter.down
        if n < 1 or n % down or total % n:
            raise ValueError(f"{total} samples are not in pieces of {n}, or {n} is not a multiple of {down}")
        if <size_t>out.shape[0] != total * up // down:
            raise ValueError(f"{total} samples become {total * up // down}, there is room for {out.shape[0]}")
        with nogil:
            while at < total:
                xh_resampler_run(&self.filter, &self.state, &samples[at], n, &out[at * up // down])
                at += n

    def reset(self):
        xh_resampler_init(&self.state)

    @property
    def delay_ms(self):
        return xh_resampler_delay_ms(&self.filter)
