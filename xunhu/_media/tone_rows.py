"""Rows of a tone table as the receiver compares them (include/xunhu/progress.h): frequencies become bands, times windows.

`compile_country` for the tables of countries; `custom_row` for a tone a user describes.
"""

from collections.abc import Sequence
from types import MappingProxyType
from typing import NamedTuple

from xunhu._media.tone_countries import Row

#: numbers of include/xunhu/progress.h, XH_TONE_*
TONES = MappingProxyType(
    {
        **{"dial": 1, "ringback": 2, "busy": 3, "congestion": 4, "special-dial": 5, "call-waiting": 6, "howler": 7},
        **{"sit": 8, "unobtainable": 9, "trunk-offering": 10, "third-party": 11},
    }
)
TONE_NAMES = MappingProxyType({number: name for name, number in TONES.items()})
IN_TURN = 1
ANY_SOUND = 2

Band = tuple[int, int]
Window = tuple[int, int, int, int]  # on from, on to, off from, off to; ms


class CompiledRow(NamedTuple):
    """What becomes a struct xh_progress_row."""

    tone: int
    bands: tuple[Band, ...]
    windows: tuple[Window, ...]
    flags: int = 0
    cycles: int = 0
    least_dbm0: float = 0.0
    am_hz: int = 0
    after_ms: int = 0


def band(hz: float, tolerance: float = 0.02, wider_hz: float = 2.0) -> Band:
    """What is taken for a frequency."""
    return (round(hz - hz * tolerance - wider_hz), round(hz + hz * tolerance + wider_hz))


def _window(on_ms: int, off_ms: int, tolerance: float) -> Window:
    return (
        *(max(15, round(on_ms * (1 - tolerance)) - 10), round(on_ms * (1 + tolerance)) + 15),
        *(max(15, round(off_ms * (1 - tolerance)) - 10), round(off_ms * (1 + tolerance)) + 15),
    )


def _windows(row: Row) -> tuple[Window, ...]:
    times = row.on_off_ms
    return tuple(_window(on, off, row.cadence_tolerance) for on, off in zip(times[::2], times[1::2], strict=True))


def _bands(row: Row) -> tuple[Band, ...]:
    if row.band_hz is not None:
        low, high = row.band_hz
        return ((round(low), round(high)),)
    return tuple(band(hz) for hz in row.hz)


def _overlap(a: Sequence[Band], b: Sequence[Band]) -> bool:
    return any(low <= high2 and low2 <= high for low, high in a for low2, high2 in b)


def _alike(a: Row, b: Row) -> bool:
    """May the one be taken for the other while it sounds? In turn each burst is a tone of its own."""
    if b.in_turn or a.in_turn:
        return _overlap(_bands(a), _bands(b))
    return len(a.hz) == len(b.hz) and all(_overlap((x,), (y,)) for x, y in zip(_bands(a), _bands(b), strict=True))


def _after_ms(row: Row, rows: Sequence[Row]) -> int:
    """A tone without end is known when it lasts longer than any burst of the tones that sound like it."""
    longest = max((window[1] for other in rows if _alike(row, other) for window in _windows(other)), default=0)
    return max(600, longest + 350)


def compile_country(rows: Sequence[Row]) -> list[CompiledRow]:
    return [
        CompiledRow(
            TONES[row.name],
            _bands(row),
            _windows(row),
            flags=IN_TURN if row.in_turn else 0,
            am_hz=round(row.am_hz),
            after_ms=0 if row.on_off_ms else _after_ms(row, rows),
        )
        for row in rows
    ]


def custom_row(
    number: int,
    *,
    hz: Sequence[float] = (),
    tolerance_hz: float | None = None,
    windows: Sequence[Window] = (),
    any_sound: bool = False,
    least_dbm0: float = 0.0,
    am_hz: int = 0,
    after_ms: int = 1000,
    cycles: int = 0,
) -> CompiledRow:
    """A tone of one's own. number: what is reported, 1 to 65,535. hz: up to four frequencies that sound together, each +- tolerance_hz
    (not said: 2 % and 2 Hz); none: any steady tone, with any_sound: whatever sounds. windows: up to four (on from, on to, off from,
    off to) in ms; none: a tone without end, reported after after_ms. least_dbm0: weaker is not heard (0: -43). cycles: how often the
    windows must be heard (0: as often as is wise). Ranges are checked where it is used: ValueError there."""
    bands = tuple(band(f) if tolerance_hz is None else band(f, 0.0, tolerance_hz) for f in hz)
    return CompiledRow(
        number,
        bands,
        tuple(tuple(w) for w in windows),  # type: ignore[misc]
        flags=ANY_SOUND if any_sound else 0,
        cycles=cycles,
        least_dbm0=least_dbm0,
        am_hz=am_hz,
        after_ms=0 if windows else after_ms,
    )
