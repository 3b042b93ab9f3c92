# cython: language_level=3
"""Fax and modem tones for Python (include/xunhu/fax_tones.h)."""

from cpython cimport array
from libc.stdint cimport int16_t, int32_t, uint8_t, uint32_t, uint64_t

import array

cdef extern from "xunhu/tones.h" nogil:
    struct xh_tone_step:
        float f1_hz, f2_hz, level1_dbm0, level2_dbm0
        int32_t ms

cdef extern from "xunhu/fax_tones.h" nogil:
    enum xh_fax_tone:
        XH_FAX_NONE
        XH_FAX_CNG
        XH_FAX_1100
        XH_FAX_ANS
        XH_FAX_ANS_PR
        XH_FAX_ANSAM
        XH_FAX_ANSAM_PR
        XH_FAX_V21_PREAMBLE
        XH_FAX_CALLING
        XH_FAX_BELL_ANS
        XH_FAX_CI
    int xh_fax_steps(xh_tone_step *out, xh_fax_tone tone, double level_dbm0, int ms)
    struct xh_faxgen:
        uint64_t done
    int xh_faxgen_init(xh_faxgen *g, xh_fax_tone tone, double level_dbm0, int ms)
    size_t xh_faxgen_run(xh_faxgen *g, int16_t *out, size_t n)

NONE = XH_FAX_NONE
CNG = XH_FAX_CNG
TONE_1100 = XH_FAX_1100
ANS = XH_FAX_ANS
ANS_PR = XH_FAX_ANS_PR
ANSAM = XH_FAX_ANSAM
ANSAM_PR = XH_FAX_ANSAM_PR
V21_PREAMBLE = XH_FAX_V21_PREAMBLE
CALLING = XH_FAX_CALLING
BELL_ANS = XH_FAX_BELL_ANS
CI = XH_FAX_CI

cdef array.array SAMPLES = array.array("h")


def fax_steps(int tone, *, double level_dbm0=-13.0, int ms=0):
    cdef xh_tone_step rows[2]
    cdef int count = xh_fax_steps(rows, <xh_fax_tone>tone, level_dbm0, ms) if tone >= 0 else -1
    if count < 0:
        raise ValueError(f"tone {tone} is none of steps, or a level outside -90..+3.14 dBm0, or a negative length")
    return [(rows[i].f1_hz, rows[i].f2_hz, rows[i].level1_dbm0, rows[i].level2_dbm0, rows[i].ms) for i in range(count)]


cdef class AnswerToneGenerator:
    cdef xh_faxgen g

    def __init__(self, int tone, *, double level_dbm0=-13.0, int ms=0):
        if tone < 0 or xh_faxgen_init(&self.g, <xh_fax_tone>tone, level_dbm0, ms) != 0:
            raise ValueError(f"tone {tone} is no answering tone, or a level outside -60..0 dBm0, or a negative length")

    def run(self, size_t n):
        cdef array.array out = array.clone(SAMPLES, n, False)
        cdef size_t made = xh_faxgen_run(&self.g, <int16_t *>out.data.as_voidptr, n)
        return out[:made]
