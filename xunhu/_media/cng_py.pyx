# cython: language_level=3
"""Comfort noise and DTX (include/xunhu/cng.h)."""

from libc.stdint cimport int16_t, uint8_t, uint32_t


cdef extern from "xunhu/cng.h" nogil:
    enum:
        XH_CNG_ORDER_MAX, XH_CNG_SID_MAX, XH_CNG_SILENCE, XH_DTX_SOUND, XH_DTX_SID, XH_DTX_NOTHING
    struct xh_cng_noise:
        uint8_t level, order
        float reflection[10]
    struct xh_cng_analyser:
        pass
    struct xh_cng_generator:
        pass
    struct xh_dtx_params:
        int order, hangover_ms, least_ms, most_ms
    struct xh_dtx:
        pass
    int xh_cng_parse(xh_cng_noise *noise, const uint8_t *sid, size_t n)
    size_t xh_cng_pack(uint8_t *sid, const xh_cng_noise *noise)
    void xh_cng_analyser_init(xh_cng_analyser *a)
    void xh_cng_analyse(xh_cng_analyser *a, const int16_t *x, size_t n)
    void xh_cng_describe(const xh_cng_analyser *a, int order, xh_cng_noise *noise)
    void xh_cng_generator_init(xh_cng_generator *g, uint32_t seed)
    void xh_cng_hear(xh_cng_generator *g, const xh_cng_noise *noise)
    void xh_cng_make(xh_cng_generator *g, int16_t *x, size_t n)
    int xh_dtx_init(xh_dtx *d, const xh_dtx_params *params)
    int xh_dtx_run(xh_dtx *d, const int16_t *x, size_t n, int voice, uint8_t *sid, size_t *octets)


SILENCE = XH_CNG_SILENCE


cdef int _parse(xh_cng_noise *noise, bytes sid) except -1:
    if xh_cng_parse(noise, <const uint8_t *><const char *>sid, len(sid)) < 0:
        raise ValueError("a SID has at least one octet")
    return 0


def parse(bytes sid not None):
    cdef xh_cng_noise noise
    _parse(&noise, sid)
    return noise.level, tuple([noise.reflection[i] for i in range(noise.order)])


def pack(level, reflection=()):
    cdef xh_cng_noise noise
    cdef uint8_t sid[11]
    cdef size_t n
    if not 0 <= level <= XH_CNG_SILENCE:
        raise ValueError(f"level must be 0 to 127 -dBov, not {level!r}")
    if len(reflection) > XH_CNG_ORDER_MAX or not all(-1 < k < 1 for k in reflection):
        raise ValueError(f"at most {XH_CNG_ORDER_MAX} coefficients between -1 and 1, not {reflection!r}")
    noise.level = level
    noise.order = len(reflection)
    for i, k in enumerate(reflection):
        noise.reflection[i] = k
    n = xh_cng_pack(sid, &noise)
    return (<char *>sid)[:n]


cdef class NoiseAnalyser:
    cdef xh_cng_analyser state

    def __cinit__(self):
        xh_cng_analyser_init(&self.state)

    def feed(self, const int16_t[::1] samples):
        if samples.shape[0]:
            with nogil:
                xh_cng_analyse(&self.state, &samples[0], samples.shape[0])

    def sid(self, int order=10):
        cdef xh_cng_noise noise
        cdef uint8_t sid[11]
        cdef size_t n
        if not 0 <= order <= <int>XH_CNG_ORDER_MAX:
            raise ValueError(f"order must be 0 to {XH_CNG_ORDER_MAX}, not {order}")
        xh_cng_describe(&self.state, order, &noise)
        n = xh_cng_pack(sid, &noise)
        return (<char *>sid)[:n]


cdef class NoiseGenerator:
    cdef xh_cng_generator state

    def __cinit__(self, uint32_t seed=1):
        xh_cng_generator_init(&self.state, seed)

    def hear(self, bytes sid not None):
        cdef xh_cng_noise noise
        _parse(&noise, sid)
        xh_cng_hear(&self.state, &noise)

    def make(self, int16_t[::1] samples):
        if samples.shape[0]:
            with nogil:
                xh_cng_make(&self.state, &samples[0], samples.shape[0])


cdef class Dtx:
    cdef xh_dtx state

    def __cinit__(self, *, int order=10, int hangover_ms=100, int least_ms=100, int most_ms=2000):
        cdef xh_dtx_params p
        p.order, p.hangover_ms, p.least_ms, p.most_ms = order, hangover_ms, least_ms, most_ms
        if xh_dtx_init(&self.state, &p) < 0:
            raise ValueError("order 0 to 10, hangover_ms 0 to 10000, least_ms 0 to 60000, most_ms 0 or least_ms to 60000")

    def run(self, const int16_t[::1] samples, bint voice):
        cdef uint8_t sid[11]
        cdef size_t octets = 0
        cdef int what
        if not samples.shape[0]:
            raise ValueError("a block has at least one sample")
        what = xh_dtx_run(&self.state, &samples[0], samples.shape[0], voice, sid, &octets)
        if what == XH_DTX_SOUND:
            return True
        return (<char *>sid)[:octets] if what == XH_DTX_SID else None
