# cython: language_level=3
"""DTMF receiver over many channels (include/xunhu/dtmf.h)."""

from libc.stdint cimport int16_t, uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free

from typing import NamedTuple


cdef extern from "stdlib.h" nogil:
    void *aligned_alloc(size_t alignment, size_t size)


cdef extern from "xunhu/dtmf.h" nogil:
    struct xh_dtmf_bank:
        pass
    struct xh_dtmf_hit:
        uint32_t channel
        uint8_t digit
        uint8_t ended
        int16_t level_dbm0x10
        uint32_t offset
        uint32_t length
    size_t xh_dtmf_bank_size(uint32_t channels)
    void xh_dtmf_bank_init(xh_dtmf_bank *b, void *memory, uint32_t channels)
    void xh_dtmf_bank_reset(xh_dtmf_bank *b, uint32_t channel)
    size_t xh_dtmf_bank_run(xh_dtmf_bank *b, const int16_t *const *samples, size_t n, xh_dtmf_hit *hits, size_t room)
    uint64_t xh_dtmf_bank_lost(const xh_dtmf_bank *b)
    void xh_dtmf_bank_plain(xh_dtmf_bank *b)


class Hit(NamedTuple):
    channel: int
    digit: str
    ended: str
    level_dbm0: float
    offset: int
    length: int


cdef class DtmfBank:
    cdef xh_dtmf_bank *bank
    cdef const int16_t **rows
    cdef xh_dtmf_hit *hits
    cdef readonly uint32_t channels
    cdef uint32_t room

    def __cinit__(self, channels, *, room=None, plain=False):
        if not 1 <= channels <= 65536:
            raise ValueError(f"channels must be 1 to 65536, not {channels}")
        if room is not None and not 1 <= room <= 65536 * 8:
            raise ValueError(f"room must be 1 to 524288, not {room}")
        self.channels = channels
        self.room = 4 * channels if room is None else room
        size = (xh_dtmf_bank_size(self.channels) + 63) // 64 * 64
        self.bank = <xh_dtmf_bank *>aligned_alloc(64, size)
        self.rows = <const int16_t **>calloc(self.channels, sizeof(int16_t *))
        self.hits = <xh_dtmf_hit *>calloc(self.room, sizeof(xh_dtmf_hit))
        if self.bank is NULL or self.rows is NULL or self.hits is NULL:
            raise MemoryError
        xh_dtmf_bank_init(self.bank, self.bank, self.channels)
        if plain:
            xh_dtmf_bank_plain(self.bank)

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
            got = xh_dtmf_bank_run(self.bank, self.rows, n, self.hits, self.room)
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
                got = xh_dtmf_bank_run(self.bank, self.rows, n, self.hits, self.room)
            found += [h._replace(offset=h.offset + at) for h in self._hits(got)]
            at += n
        return found

    def reset(self, channel):
        if not 0 <= channel < self.channels:
            raise IndexError(f"channel {channel} of {self.channels}")
        xh_dtmf_bank_reset(self.bank, channel)

    @property
    def lost(self):
        return xh_dtmf_bank_lost(self.bank)

    @property
    def size(self):
        return xh_dtmf_bank_size(self.channels)

    cdef list _hits(self, size_t got):
        cdef size_t i
        return [
            Hit(
                self.hits[i].channel,
                chr(self.hits[i].digit) if self.hits[i].digit else "",
                chr(self.hits[i].ended) if self.hits[i].ended else "",
                self.hits[i].level_dbm0x10 / 10,
                self.hits[i].offset,
                self.hits[i].length,
            )
            for i in range(got)
        ]
