# cython: language_level=3
"""Fax and modem tones for Python (include/xunhu/fax_tones.h)."""

from cpython cimport array
from libc.stdint cimport int16_t, int32_t, uint8_t, uint32_t, uint64_t

import array
from libc.stdlib cimport calloc, free

from typing import NamedTuple

cdef extern from "stdlib.h" nogil:
    void *aligned_alloc(size_t alignment, size_t size)

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
    int xh_fax_steps(xh_tone_step *out, xh_fax_tone tone, double level_dbm0, int ms)
    struct xh_tone_hit:
        uint32_t channel
        uint8_t code
        uint8_t ended
        int16_t level_dbm0x10
        uint32_t offset
        uint32_t length
    struct xh_fax_bank:
        pass
    size_t xh_fax_bank_size(uint32_t channels)
    void xh_fax_bank_init(xh_fax_bank *b, void *memory, uint32_t channels)
    void xh_fax_bank_reset(xh_fax_bank *b, uint32_t channel)
    size_t xh_fax_bank_run(xh_fax_bank *b, const int16_t *const *samples, size_t n, xh_tone_hit *hits, size_t room)
    uint64_t xh_fax_bank_lost(const xh_fax_bank *b)
    void xh_fax_bank_plain(xh_fax_bank *b)
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


class Hit(NamedTuple):
    channel: int
    code: int
    ended: int
    level_dbm0: float
    offset: int
    length: int


cdef class FaxBank:
    cdef xh_fax_bank *bank
    cdef const int16_t **rows
    cdef xh_tone_hit *hits
    cdef readonly uint32_t channels
    cdef uint32_t room

    def __cinit__(self, channels, *, room=None, plain=False):
        if not 1 <= channels <= 65536:
            raise ValueError(f"channels must be 1 to 65536, not {channels}")
        if room is not None and not 1 <= room <= 65536 * 8:
            raise ValueError(f"room must be 1 to 524288, not {room}")
        self.channels = channels
        self.room = 4 * channels if room is None else room
        size = (xh_fax_bank_size(self.channels) + 63) // 64 * 64
        self.bank = <xh_fax_bank *>aligned_alloc(64, size)
        self.rows = <const int16_t **>calloc(self.channels, sizeof(int16_t *))
        self.hits = <xh_tone_hit *>calloc(self.room, sizeof(xh_tone_hit))
        if self.bank is NULL or self.rows is NULL or self.hits is NULL:
            raise MemoryError
        xh_fax_bank_init(self.bank, self.bank, self.channels)
        if plain:
            xh_fax_bank_plain(self.bank)

    def __dealloc__(self):
        free(self.bank)
        free(<void *>self.rows)
        free(self.hits)

    def run(self, const int16_t[:, ::1] samples, active=None):
        cdef uint32_t i
        cdef size_t n = samples.shape[1], got
        if samples.shape[0] != self.channels:
            raise ValueError(f"{self.channels} channels wanted, {samples.shape[0]} given")
        if not 1 <= n <= 160:
            raise ValueError(f"a block has 1 to 160 samples, not {n}")
        if active is not None and len(active) != self.channels:
            raise ValueError(f"active has {len(active)} entries for {self.channels} channels")
        for i in range(self.channels):
            self.rows[i] = &samples[i, 0] if active is None or active[i] else NULL
        with nogil:
            got = xh_fax_bank_run(self.bank, self.rows, n, self.hits, self.room)
        return self._hits(got)

    def feed(self, const int16_t[:, ::1] samples, size_t block=80):
        cdef size_t total = samples.shape[1], at = 0, n, got
        cdef uint32_t i
        if samples.shape[0] != self.channels:
            raise ValueError(f"{self.channels} channels wanted, {samples.shape[0]} given")
        if not 1 <= block <= 160:
            raise ValueError(f"a block has 1 to 160 samples, not {block}")
        found = []
        while at < total:
            n = min(block, total - at)
            with nogil:
                for i in range(self.channels):
                    self.rows[i] = &samples[i, at]
                got = xh_fax_bank_run(self.bank, self.rows, n, self.hits, self.room)
            found += [h._replace(offset=h.offset + at) for h in self._hits(got)]
            at += n
        return found

    def reset(self, channel):
        if not 0 <= channel < self.channels:
            raise IndexError(f"channel {channel} of {self.channels}")
        xh_fax_bank_reset(self.bank, channel)

    @property
    def lost(self):
        return xh_fax_bank_lost(self.bank)

    @property
    def size(self):
        return xh_fax_bank_size(self.channels)

    cdef list _hits(self, size_t got):
        return [Hit(self.hits[i].channel, self.hits[i].code, self.hits[i].ended, self.hits[i].level_dbm0x10 / 10,
                    self.hits[i].offset, self.hits[i].length) for i in range(got)]
