"""libspandsp's supervisory tone receiver (super_tone_rx) through ctypes, told the frequencies of the same rows; test use only.

Version 0.0.6 as packaged gave nothing through its tone callback, whatever it was told (also called from C), so its segments are
taken - which tone for how long, then which pause - and compared here with the windows of the rows: it is given more than it says.
"""

from collections.abc import Sequence
from ctypes import CDLL, CFUNCTYPE, POINTER, c_int, c_int16, c_void_p

import numpy as np
from numpy.typing import NDArray

from xunhu._media.tone_countries import Row
from xunhu._media.tone_rows import CompiledRow, compile_country

_REPORT = CFUNCTYPE(None, c_void_p, c_int, c_int, c_int)
_SEGMENT = CFUNCTYPE(None, c_void_p, c_int, c_int, c_int)
Segment = tuple[int, int, int]  # places of two frequencies, -1 none; ms


def _library() -> CDLL:
    lib = CDLL("libspandsp.so.2")
    lib.super_tone_rx_make_descriptor.restype = c_void_p
    lib.super_tone_rx_make_descriptor.argtypes = [c_void_p]
    lib.super_tone_rx_add_tone.argtypes = [c_void_p]
    lib.super_tone_rx_add_element.argtypes = [c_void_p, *[c_int] * 5]
    lib.super_tone_rx_init.restype = c_void_p
    lib.super_tone_rx_init.argtypes = [c_void_p, c_void_p, _REPORT, c_void_p]
    lib.super_tone_rx_segment_callback.argtypes = [c_void_p, _SEGMENT]
    lib.super_tone_rx.argtypes = [c_void_p, POINTER(c_int16), c_int]
    lib.super_tone_rx_free.argtypes = [c_void_p]
    lib.super_tone_rx_free_descriptor.argtypes = [c_void_p]
    return lib


_lib = _library()


def segments(rows: Sequence[Row], x: NDArray[np.int16]) -> list[Segment]:
    """What it cuts the sound into; rows of more than two frequencies at once it cannot know."""
    descriptor = _lib.super_tone_rx_make_descriptor(None)
    for row in rows:
        tone = _lib.super_tone_rx_add_tone(descriptor)
        pairs = [(hz, -1) for hz in row.hz] if row.in_turn or len(row.hz) == 1 else [row.hz[:2]]
        for f1, f2 in pairs:
            _lib.super_tone_rx_add_element(descriptor, tone, round(f1), round(f2), 50, 60000)
    found: list[Segment] = []
    on_report = _REPORT(lambda _user, _code, _level, _delay: None)
    on_segment = _SEGMENT(lambda _user, f1, f2, ms: found.append((f1, f2, ms)))
    state = _lib.super_tone_rx_init(None, descriptor, on_report, None)
    _lib.super_tone_rx_segment_callback(state, on_segment)
    x = np.concatenate([x, np.zeros(2400, np.int16)])
    for at in range(0, len(x), 160):
        part = np.ascontiguousarray(x[at : at + 160])
        _lib.super_tone_rx(state, part.ctypes.data_as(POINTER(c_int16)), len(part))
    _lib.super_tone_rx_free(state)
    _lib.super_tone_rx_free_descriptor(descriptor)
    return found


def _is_tone(segment: Segment) -> bool:
    return segment[0] >= 0 or segment[1] >= 0


def fits(row: Row, compiled: CompiledRow, found: list[Segment]) -> bool:
    """Two patterns on end within the windows of the row (one where a pause is longer than a second); frequencies are not asked for."""
    if not compiled.windows:
        return any(_is_tone(s) and s[2] >= compiled.after_ms for s in found)
    long = any(off >= 1000 for off in row.on_off_ms[1::2])
    wanted = []
    for on_low, on_high, off_low, off_high in compiled.windows * (1 if long or row.in_turn else 2):
        wanted.append((True, on_low, on_high))
        if not row.in_turn:
            wanted.append((False, off_low, off_high))
    for at in range(len(found) - len(wanted) + 1):
        if all(
            _is_tone(s) == tone and low <= s[2] <= high
            for s, (tone, low, high) in zip(found[at : at + len(wanted)], wanted, strict=True)
        ):
            return True
    return False


def hears(rows: Sequence[Row], row: Row, x: NDArray[np.int16]) -> bool:
    compiled = compile_country(rows)[list(rows).index(row)]
    return fits(row, compiled, segments(rows, x))
