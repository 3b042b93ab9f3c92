# cython: language_level=3
"""Voice activity and level control over many channels (include/xunhu/vad.h, level.h)."""

from libc.math cimport lrint
from libc.stdint cimport int16_t, uint8_t, uint32_t
from libc.stdlib cimport calloc, free

from typing import NamedTuple


cdef extern from "stdlib.h" nogil:
    void *aligned_alloc(size_t alignment, size_t size)


cdef extern from "xunhu/vad.h" nogil:
    struct xh_vad_bank:
        pass
    struct xh_vad_params:
        float quietest_dbm0
        float strictness
        uint32_t hang_ms
    struct xh_vad_change:
        uint32_t channel
        uint8_t voice
        int16_t level_dbm0x10
        uint32_t offset
    struct xh_vad_state:
        uint8_t voice
        uint8_t active
        uint8_t tone
        uint8_t known
        int16_t level_dbm0x10
        int16_t noise_dbm0x10
        int16_t speech_dbm0x10
        float score
    size_t xh_vad_bank_size(uint32_t channels)
    int xh_vad_bank_init(xh_vad_bank *b, uint32_t channels, const xh_vad_params *params)
    void xh_vad_bank_reset(xh_vad_bank *b, uint32_t channel)
    size_t xh_vad_bank_run(xh_vad_bank *b, const int16_t *const *samples, size_t n, xh_vad_change *changes, size_t room)
    void xh_vad_bank_state(const xh_vad_bank *b, uint32_t channel, xh_vad_state *s)
    void xh_vad_bank_plain(xh_vad_bank *b)


cdef extern from "xunhu/level.h" nogil:
    enum:
        XH_LEVEL_OFF
        XH_LEVEL_FIXED
        XH_LEVEL_AUTO
    struct xh_level_bank:
        pass
    struct xh_level_params:
        uint8_t mode
        int16_t gain_dbx10
        int16_t target_dbm0x10
        int16_t most_dbx10
        int16_t least_dbx10
        int16_t rise_dbx10
        int16_t fall_dbx10
        int16_t ceiling_dbm0x10
    struct xh_level_state:
        uint8_t mode
        uint8_t limiting
        int16_t gain_dbx10
        int16_t limiter_dbx10
        int16_t voice_dbm0x10
    size_t xh_level_bank_size(uint32_t channels)
    void xh_level_bank_init(xh_level_bank *b, uint32_t channels)
    int xh_level_bank_set(xh_level_bank *b, uint32_t channel, const xh_level_params *params)
    void xh_level_bank_reset(xh_level_bank *b, uint32_t channel)
    void xh_level_bank_run(xh_level_bank *b, const xh_vad_bank *vad, int16_t *const *samples, size_t n)
    void xh_level_bank_state(const xh_level_bank *b, uint32_t channel, xh_level_state *s)
    void xh_level_bank_plain(xh_level_bank *b)


class Change(NamedTuple):
    channel: int
    voice: bool
    level_dbm0: float
    offset: int


class Voice(NamedTuple):
    voice: bool
    active: bool
    tone: bool
    known: bool
    level_dbm0: float
    noise_dbm0: float
    speech_dbm0: float
    score: float


class Level(NamedTuple):
    mode: str
    limiting: bool
    gain_db: float
    limiter_db: float
    voice_dbm0: float


cdef tuple MODES = ("off", "fixed", "agc")


cdef class _Rows:
    """Pointers to the rows of an array, one a channel."""
    cdef int16_t **row
    cdef uint32_t channels

    def __cinit__(self, channels):
        if not 1 <= channels <= 65536:
            raise ValueError(f"channels must be 1 to 65536, not {channels}")
        self.channels = channels
        self.row = <int16_t **>calloc(self.channels, sizeof(int16_t *))
        if self.row is NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.row)

    cdef int check(self, Py_ssize_t channels, Py_ssize_t n, active) except -1:
        if channels != self.channels:
            raise ValueError(f"{self.channels} channels wanted, {channels} given")
        if not 1 <= n <= 160:
            raise ValueError(f"a block has 1 to 160 samples, not {n}")
        if active is not None and len(active) != self.channels:
            raise ValueError(f"active has {len(active)} entries for {self.channels} channels")
        return 0


cdef class VadBank:
    cdef xh_vad_bank *bank
    cdef _Rows rows
    cdef xh_vad_change *changes
    cdef uint32_t room
    cdef readonly uint32_t channels

    def __cinit__(self, channels, *, quietest_dbm0=-55.0, strictness=0.0, hang_ms=200, plain=False):
        cdef xh_vad_params p
        self.rows = _Rows(channels)
        self.channels = channels
        self.room = 4 * self.channels
        if not 10 <= hang_ms <= 2000 or not -80 <= quietest_dbm0 <= -20 or not 0 <= strictness <= 4:
            raise ValueError("quietest_dbm0 must be -80 to -20, strictness 0 to 4, hang_ms 10 to 2000")
        p.quietest_dbm0, p.strictness, p.hang_ms = quietest_dbm0, strictness, hang_ms
        self.bank = <xh_vad_bank *>aligned_alloc(64, (xh_vad_bank_size(self.channels) + 63) // 64 * 64)
        self.changes = <xh_vad_change *>calloc(self.room, sizeof(xh_vad_change))
        if self.bank is NULL or self.changes is NULL:
            raise MemoryError
        xh_vad_bank_init(self.bank, self.channels, &p)
        if plain:
            xh_vad_bank_plain(self.bank)

    def __dealloc__(self):
        free(self.bank)
        free(self.changes)

    def run(self, const int16_t[:, ::1] samples, active=None):
        cdef size_t n = samples.shape[1], got, i
        self.rows.check(samples.shape[0], n, active)
        for i in range(self.channels):
            self.rows.row[i] = <int16_t *>&samples[i, 0] if active is None or active[i] else NULL
        with nogil:
            got = xh_vad_bank_run(self.bank, <const int16_t *const *>self.rows.row, n, self.changes, self.room)
        return self._found(got, 0)

    def feed(self, const int16_t[:, ::1] samples, size_t block=80):
        cdef size_t total = samples.shape[1], at = 0, n, got, i
        self.rows.check(samples.shape[0], block, None)
        found = []
        while at < total:
            n = min(block, total - at)
            with nogil:
                for i in range(self.channels):
                    self.rows.row[i] = <int16_t *>&samples[i, at]
                got = xh_vad_bank_run(self.bank, <const int16_t *const *>self.rows.row, n, self.changes, self.room)
            found += self._found(got, at)
            at += n
        return found

    def voices(self, const int16_t[:, ::1] samples):
        cdef size_t total = samples.shape[1] // 80, i, at
        cdef xh_vad_state s
        self.rows.check(samples.shape[0], 80, None)
        out = bytearray(total * self.channels)
        cdef uint8_t[::1] to = out
        with nogil:
            for at in range(total):
                for i in range(self.channels):
                    self.rows.row[i] = <int16_t *>&samples[i, at * 80]
                xh_vad_bank_run(self.bank, <const int16_t *const *>self.rows.row, 80, self.changes, self.room)
                for i in range(self.channels):
                    xh_vad_bank_state(self.bank, <uint32_t>i, &s)
                    to[i * total + at] = s.voice
        return bytes(out)

    cdef list _found(self, size_t got, size_t at):
        cdef size_t i
        return [
            Change(self.changes[i].channel, bool(self.changes[i].voice), self.changes[i].level_dbm0x10 / 10, self.changes[i].offset + at)
            for i in range(got)
        ]

    def state(self, channel):
        cdef xh_vad_state s
        if not 0 <= channel < self.channels:
            raise IndexError(f"channel {channel} of {self.channels}")
        xh_vad_bank_state(self.bank, channel, &s)
        return Voice(bool(s.voice), bool(s.active), bool(s.tone), bool(s.known), s.level_dbm0x10 / 10, s.noise_dbm0x10 / 10,
                     s.speech_dbm0x10 / 10, s.score)

    def reset(self, channel):
        if not 0 <= channel < self.channels:
            raise IndexError(f"channel {channel} of {self.channels}")
        xh_vad_bank_reset(self.bank, channel)

    @property
    def size(self):
        return xh_vad_bank_size(self.channels)


cdef int16_t tenths(str name, double value) except? -1:
    if not -3000 <= value <= 3000:
        raise ValueError(f"{name}: {value} dB")
    return <int16_t>lrint(value * 10)


cdef class LevelBank:
    cdef xh_level_bank *bank
    cdef _Rows rows
    cdef readonly uint32_t channels

    def __cinit__(self, channels, *, plain=False):
        self.rows = _Rows(channels)
        self.channels = channels
        self.bank = <xh_level_bank *>aligned_alloc(64, (xh_level_bank_size(self.channels) + 63) // 64 * 64)
        if self.bank is NULL:
            raise MemoryError
        xh_level_bank_init(self.bank, self.channels)
        if plain:
            xh_level_bank_plain(self.bank)

    def __dealloc__(self):
        free(self.bank)

    def set(self, channel, mode, *, gain_db=0.0, target_dbm0=-18.0, most_db=18.0, least_db=12.0, rise_db=6.0, fall_db=20.0, ceiling_dbm0=2.0):
        cdef xh_level_params p
        if not 0 <= channel < self.channels:
            raise IndexError(f"channel {channel} of {self.channels}")
        if mode not in MODES:
            raise ValueError(f"mode must be one of {', '.join(MODES)}, not {mode!r}")
        p.mode = MODES.index(mode)
        p.gain_dbx10 = tenths("gain_db", gain_db)
        p.target_dbm0x10 = tenths("target_dbm0", target_dbm0)
        p.most_dbx10 = tenths("most_db", most_db)
        p.least_dbx10 = tenths("least_db", least_db)
        p.rise_dbx10 = tenths("rise_db", rise_db)
        p.fall_dbx10 = tenths("fall_db", fall_db)
        p.ceiling_dbm0x10 = tenths("ceiling_dbm0", ceiling_dbm0)
        if xh_level_bank_set(self.bank, channel, &p):
            raise ValueError("a level parameter is out of range")

    def run(self, int16_t[:, ::1] samples, VadBank vad=None, active=None):
        cdef size_t n = samples.shape[1], i
        cdef const xh_vad_bank *seen = vad.bank if vad is not None else NULL
        self.rows.check(samples.shape[0], n, active)
        if vad is not None and vad.channels != self.channels:
            raise ValueError(f"a detector of {vad.channels} channels for {self.channels}")
        for i in range(self.channels):
            self.rows.row[i] = &samples[i, 0] if active is None or active[i] else NULL
        with nogil:
            xh_level_bank_run(self.bank, seen, self.rows.row, n)

    def feed(self, int16_t[:, ::1] samples, VadBank vad=None, size_t block=80):
        """As run, block by block, the detector first."""
        cdef size_t total = samples.shape[1], at = 0, n, i
        cdef const xh_vad_bank *seen = vad.bank if vad is not None else NULL
        self.rows.check(samples.shape[0], block, None)
        if vad is not None and vad.channels != self.channels:
            raise ValueError(f"a detector of {vad.channels} channels for {self.channels}")
        while at < total:
            n = min(block, total - at)
            with nogil:
                for i in range(self.channels):
                    self.rows.row[i] = &samples[i, at]
                if seen is not NULL:
                    xh_vad_bank_run(vad.bank, <const int16_t *const *>self.rows.row, n, vad.changes, vad.room)
                xh_level_bank_run(self.bank, seen, self.rows.row, n)
            at += n

    def state(self, channel):
        cdef xh_level_state s
        if not 0 <= channel < self.channels:
            raise IndexError(f"channel {channel} of {self.channels}")
        xh_level_bank_state(self.bank, channel, &s)
        return Level(MODES[s.mode], bool(s.limiting), s.gain_dbx10 / 10, s.limiter_dbx10 / 10, s.voice_dbm0x10 / 10)

    def reset(self, channel):
        if not 0 <= channel < self.channels:
            raise IndexError(f"channel {channel} of {self.channels}")
        xh_level_bank_reset(self.bank, channel)

    @property
    def size(self):
        return xh_level_bank_size(self.channels)
