# cython: language_level=3
"""MFC/R2 receiver over many channels and its sender's steps (include/xunhu/r2mf.h)."""

from libc.stdint cimport int16_t, int32_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from typing import NamedTuple


cdef extern from "stdlib.h" nogil:
    void *aligned_alloc(size_t alignment, size_t size)


cdef extern from "xunhu/r2mf.h" nogil:
    struct xh_tone_hit:
        uint32_t channel
        uint8_t code
        uint8_t ended
        int16_t level_dbm0x10
        uint32_t offset
        uint32_t length
    enum xh_r2mf_direction:
        XH_R2MF_FORWARD
        XH_R2MF_BACKWARD
        XH_R2MF_BACKWARD_4
    double XH_R2MF_LEVEL_DBM0
    struct xh_r2mf_bank:
        pass
    size_t xh_r2mf_bank_size(uint32_t channels)
    void xh_r2mf_bank_init(xh_r2mf_bank *b, void *memory, uint32_t channels, xh_r2mf_direction direction)
    void xh_r2mf_bank_reset(xh_r2mf_bank *b, uint32_t channel)
    size_t xh_r2mf_bank_run(xh_r2mf_bank *b, const int16_t *const *samples, size_t n, xh_tone_hit *hits, size_t room)
    uint64_t xh_r2mf_bank_lost(const xh_r2mf_bank *b)
    void xh_r2mf_bank_plain(xh_r2mf_bank *b)


cdef extern from "xunhu/tones.h" nogil:
    struct xh_tone_step:
        float f1_hz, f2_hz, level1_dbm0, level2_dbm0
        int32_t ms


cdef extern from "xunhu/r2mf.h" nogil:
    int xh_r2mf_step(xh_tone_step *step, xh_r2mf_direction direction, unsigned signal, double level_dbm0, double twist_db, int ms)


FORWARD = XH_R2MF_FORWARD
BACKWARD = XH_R2MF_BACKWARD
BACKWARD_4 = XH_R2MF_BACKWARD_4
LEVEL_DBM0 = XH_R2MF_LEVEL_DBM0


class Hit(NamedTuple):
    channel: int
    code: int
    ended: int
    level_dbm0: float
    offset: int
    length: int


def r2_step(int direction, int signal, *, double level_dbm0=XH_R2MF_LEVEL_DBM0, double twist_db=0.0, int ms=0):
    cdef xh_tone_step s
    if not 0 <= direction <= XH_R2MF_BACKWARD_4 or signal < 0 or \
            xh_r2mf_step(&s, <xh_r2mf_direction>direction, <unsigned>signal, level_dbm0, twist_db, ms) != 0:
        raise ValueError(f"no signal {signal} in direction {direction}, or a level outside -90..+3.14 dBm0, or a negative length")
    return (s.f1_hz, s.f2_hz, s.level1_dbm0, s.level2_dbm0, s.ms)


cdef class R2Bank:
    cdef xh_r2mf_bank *bank
    cdef const int16_t **rows
    cdef xh_tone_hit *hits
    cdef readonly uint32_t channels
    cdef uint32_t room

    def __cinit__(self, channels, direction, *, room=None, plain=False):
        if not 1 <= channels <= 65536:
            raise ValueError(f"channels must be 1 to 65536, not {channels}")
        if room is not None and not 1 <= room <= 65536 * 8:
            raise ValueError(f"room must be 1 to 524288, not {room}")
        if direction not in (FORWARD, BACKWARD, BACKWARD_4):
            raise ValueError(f"direction must be FORWARD, BACKWARD or BACKWARD_4, not {direction!r}")
        self.channels = channels
        self.room = 4 * channels if room is None else room
        size = (xh_r2mf_bank_size(self.channels) + 63) // 64 * 64
        self.bank = <xh_r2mf_bank *>aligned_alloc(64, size)
        self.rows = <const int16_t **>calloc(self.channels, sizeof(int16_t *))
        self.hits = <xh_tone_hit *>calloc(self.room, sizeof(xh_tone_hit))
        if self.bank is NULL or self.rows is NULL or self.hits is NULL:
            raise MemoryError
        xh_r2mf_bank_init(self.bank, self.bank, self.channels, <xh_r2mf_direction><int>direction)
        if plain:
            xh_r2mf_bank_plain(self.bank)

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
            got = xh_r2mf_bank_run(self.bank, self.rows, n, self.hits, self.room)
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
                got = xh_r2mf_bank_run(self.bank, self.rows, n, self.hits, self.room)
            found += [h._replace(offset=h.offset + at) for h in self._hits(got)]
            at += n
        return found

    def reset(self, channel):
        if not 0 <= channel < self.channels:
            raise IndexError(f"channel {channel} of {self.channels}")
        xh_r2mf_bank_reset(self.bank, channel)

    @property
    def lost(self):
        return xh_r2mf_bank_lost(self.bank)

    @property
    def size(self):
        return xh_r2mf_bank_size(self.channels)

    cdef list _hits(self, size_t got):
        return [Hit(self.hits[i].channel, self.hits[i].code, self.hits[i].ended, self.hits[i].level_dbm0x10 / 10,
                    self.hits[i].offset, self.hits[i].length) for i in range(got)]
