"""Tone generator and call progress receiver for Python, see tones.pyi."""
from cpython cimport array
from libc.errno cimport E2BIG
from libc.stddef cimport size_t
from libc.stdint cimport int16_t, int32_t, uint8_t, uint16_t, uint32_t
from libc.string cimport memcpy, memset

import array
from collections import namedtuple

from xunhu._media.tone_countries import COUNTRIES

cdef extern from "xunhu/tones.h" nogil:
    enum: XH_TONE_STEPS
    struct xh_tone_step:
        float f1_hz, f2_hz, level1_dbm0, level2_dbm0
        int32_t ms
    struct xh_tonegen:
        uint32_t done
    int xh_tonegen_init(xh_tonegen *g, const xh_tone_step *steps, uint32_t count, uint32_t repeats)
    int xh_dtmf_steps(xh_tone_step *out, uint32_t room, const char *digits, size_t n, int on_ms, int off_ms,
                      double level_dbm0, double twist_db)
    size_t xh_tonegen_run(xh_tonegen *g, int16_t *out, size_t n)

cdef extern from "xunhu/progress.h" nogil:
    enum: XH_TONE_NONE, XH_TONE_DIAL, XH_TONE_RINGBACK, XH_TONE_BUSY, XH_TONE_CONGESTION
    enum: XH_TONE_SPECIAL_DIAL, XH_TONE_CALL_WAITING, XH_TONE_HOWLER, XH_TONE_SIT, XH_TONE_UNOBTAINABLE
    enum: XH_TONE_TRUNK_OFFERING, XH_TONE_THIRD_PARTY
    enum: XH_PROGRESS_ROWS, XH_PROGRESS_COUNTRY, XH_PROGRESS_CUSTOM, XH_PROGRESS_REPEAT
    struct xh_progress_row:
        uint16_t tone
        uint8_t lines, pairs, flags, cycles
        int16_t least_dbm0x10
        uint16_t low_hz[4]
        uint16_t high_hz[4]
        uint16_t am_hz, after_ms
        uint16_t on_low[4]
        uint16_t on_high[4]
        uint16_t off_low[4]
        uint16_t off_high[4]
    struct xh_progress_table:
        uint32_t rows
    struct xh_progress_event:
        uint8_t source
        uint16_t tone
        uint16_t hz[2]
        uint16_t on_ms, off_ms
        int16_t level_dbm0x10
    struct xh_progress:
        uint32_t now
    ctypedef struct xh_progress_table_holder "struct xh_progress_table":
        uint32_t rows
        xh_progress_row row[32]
    int xh_progress_table_check(const xh_progress_table *t)
    const xh_progress_table *xh_progress_country(uint32_t number)
    void xh_progress_init(xh_progress *p, const xh_progress_table *country, const xh_progress_table *custom, int repeat)
    int xh_progress_run(xh_progress *p, const int16_t *samples, size_t n, xh_progress_event *out, int room)

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
TONE_TRUNK_OFFERING = XH_TONE_TRUNK_OFFERING
TONE_THIRD_PARTY = XH_TONE_THIRD_PARTY

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


ToneEvent = namedtuple("ToneEvent", "source tone hz on_ms off_ms level_dbm0", module=__name__)
FROM_COUNTRY = XH_PROGRESS_COUNTRY
FROM_CUSTOM = XH_PROGRESS_CUSTOM
FROM_REPEAT = XH_PROGRESS_REPEAT


cdef int _put_row(object source, xh_progress_row *r) except -1:
    """A tone_rows.CompiledRow as the struct; xh_progress_table_check looks at its ranges."""
    tone, bands, windows, flags, cycles, least, am_hz, after_ms = source
    if len(bands) > 4 or len(windows) > 4:
        raise ValueError("a tone has at most 4 frequencies and 4 on/off windows")
    memset(r, 0, sizeof(r[0]))
    try:
        r.tone, r.lines, r.pairs, r.flags, r.cycles = tone, len(bands), len(windows), flags, cycles
        r.least_dbm0x10, r.am_hz, r.after_ms = round(least * 10), am_hz, after_ms
        for i, (low, high) in enumerate(bands):
            r.low_hz[i], r.high_hz[i] = low, high
        for i, (on_low, on_high, off_low, off_high) in enumerate(windows):
            r.on_low[i], r.on_high[i], r.off_low[i], r.off_high[i] = on_low, on_high, off_low, off_high
    except OverflowError:
        raise ValueError(f"a number of this tone is out of range: {source}") from None
    return 0


def row_octets(row):
    """struct xh_progress_row of a tone_rows.CompiledRow. ValueError: out of range (progress.h)."""
    cdef xh_progress_table_holder holder
    memset(&holder, 0, sizeof(holder))
    holder.rows = 1
    _put_row(row, &holder.row[0])
    if xh_progress_table_check(<xh_progress_table *>&holder) != 0:
        raise ValueError(f"a number of this tone is out of range: {row}")
    return (<char *>&holder.row[0])[: sizeof(xh_progress_row)]


cdef class ProgressReceiver:
    cdef xh_progress p
    cdef xh_progress_table_holder custom

    def __init__(self, country="china", custom=(), *, bint repeat=False):
        cdef const xh_progress_table *table = NULL
        if country is not None:
            if country not in COUNTRIES:
                raise ValueError(f"no tones of {country!r}; there are {', '.join(COUNTRIES)}")
            table = xh_progress_country(list(COUNTRIES).index(country))
        if len(custom) > XH_PROGRESS_ROWS:
            raise ValueError(f"at most {XH_PROGRESS_ROWS} tones of one's own, not {len(custom)}")
        memset(&self.custom, 0, sizeof(self.custom))
        for row in custom:
            _put_row(row, &self.custom.row[self.custom.rows])
            self.custom.rows += 1
        if xh_progress_table_check(<xh_progress_table *>&self.custom) != 0:
            raise ValueError(f"a number of these tones is out of range: {list(custom)}")
        xh_progress_init(&self.p, table, <xh_progress_table *>&self.custom if custom else NULL, repeat)

    def hear(self, const int16_t[::1] samples):
        cdef xh_progress_event got[64]
        cdef Py_ssize_t at = 0, n
        cdef int i, count
        out = []
        while at < samples.shape[0]:
            n = min(800, samples.shape[0] - at)
            with nogil:
                count = xh_progress_run(&self.p, &samples[at], n, got, 64)
            for i in range(count):
                hz = tuple([got[i].hz[k] for k in range(2) if got[i].hz[k]])
                out.append((at + n, ToneEvent(got[i].source, got[i].tone, hz, got[i].on_ms, got[i].off_ms,
                                              got[i].level_dbm0x10 / 10)))
            at += n
        return out

    def run(self, samples):
        tone = None
        for _, event in self.hear(samples):
            if event.source == XH_PROGRESS_COUNTRY:
                tone = event.tone
        return tone

    @property
    def size(self):
        return sizeof(self.p)
