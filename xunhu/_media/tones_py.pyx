"""Tone generator and call progress receiver for Python, see tones.pyi."""
from cpython cimport array
from libc.errno cimport E2BIG
from libc.stddef cimport size_t
from libc.stdint cimport int16_t, int32_t, uint32_t

import array

cdef extern from "xunhu/tones.h" nogil:
    enum: XH_TONE_STEPS
    enum: XH_TONE_NONE, XH_TONE_DIAL, XH_TONE_RINGBACK, XH_TONE_BUSY, XH_TONE_CONGESTION
    enum: XH_TONE_SPECIAL_DIAL, XH_TONE_CALL_WAITING, XH_TONE_HOWLER, XH_TONE_SIT, XH_TONE_UNOBTAINABLE
    struct xh_tone_step:
        float f1_hz, f2_hz, level1_dbm0, level2_dbm0
        int32_t ms
    struct xh_tonegen:
        uint32_t done
    int xh_tonegen_init(xh_tonegen *g, const xh_tone_step *steps, uint32_t count, uint32_t repeats)
    int xh_dtmf_steps(xh_tone_step *out, uint32_t room, const char *digits, size_t n, int on_ms, int off_ms,
                      double level_dbm0, double twist_db)
    size_t xh_tonegen_run(xh_tonegen *g, int16_t *out, size_t n)
    struct xh_progress:
        uint32_t fill
    void xh_progress_init(xh_progress *p)
    int xh_progress_run(xh_progress *p, const int16_t *samples, size_t n)

TONE_STEPS = XH_TONE_STEPS
TONE_NONE = XH_TONE_NONE
TONE_DIAL = XH_TONE_DIAL
TONE_RINGBACK = XH_TONE_RINGBACK
TONE_BUSY = XH_TONE_BUSY
TONE_CONGESTION = XH_TONE_CONGESTION
TONE_SPECIAL_DIAL = XH_TONE_SPECIAL_DIAL
TONE_CALL_WAITING = XH_TONE_CALL_WAITING
TONE_HOWLER = XH_TONE_HOWLER
TONE_SIT = XH_TONE_SIT
TONE_UNOBTAINABLE = XH_TONE_UNOBTAINABLE

cdef array.array SAMPLES = array.array("h")
Step = tuple[float, float, float, float, int]


cdef class ToneGenerator:
    cdef xh_tonegen g

    def __init__(self, steps, *, uint32_t repeats=0):
        cdef xh_tone_step rows[XH_TONE_STEPS]
        cdef uint32_t count = 0
        if not 0 < len(steps) <= XH_TONE_STEPS:
            raise ValueError(f"{len(steps)} steps: must be 1 to {XH_TONE_STEPS}")
        for f1, f2, level1, level2, ms in steps:
            rows[count] = xh_tone_step(f1, f2, level1, level2, ms)
            count += 1
        if xh_tonegen_init(&self.g, rows, count, repeats) != 0:
            raise ValueError("a step has a frequency outside 0..3999 Hz, a level outside -90..+3.14 dBm0 or a negative length")

    def run(self, size_t n):
        cdef array.array out = array.clone(SAMPLES, n, False)
        cdef size_t made = xh_tonegen_run(&self.g, <int16_t *>out.data.as_voidptr, n)
        return out[:made]

    @property
    def done(self):
        return self.g.done != 0


def dtmf_steps(str digits, *, int on_ms=100, int off_ms=100, double level_dbm0=-9.0, double twist_db=0.0):
    cdef xh_tone_step rows[XH_TONE_STEPS]
    cdef bytes raw = digits.encode()
    cdef int count = xh_dtmf_steps(rows, XH_TONE_STEPS, raw, len(raw), on_ms, off_ms, level_dbm0, twist_db)
    if count == -E2BIG:
        raise ValueError(f"{digits!r} makes more than {XH_TONE_STEPS} steps")
    if count < 0:
        raise ValueError(f"{digits!r}: digits are 0-9 * # A-D and comma, on_ms > 0, off_ms >= 0, levels -90..+3.14 dBm0")
    return [(rows[i].f1_hz, rows[i].f2_hz, rows[i].level1_dbm0, rows[i].level2_dbm0, rows[i].ms) for i in range(count)]


cdef class ProgressReceiver:
    cdef xh_progress p

    def __init__(self):
        xh_progress_init(&self.p)

    def run(self, const int16_t[::1] samples):
        if samples.shape[0] == 0:
            return None
        cdef int tone = xh_progress_run(&self.p, &samples[0], samples.shape[0])
        return None if tone < 0 else tone
