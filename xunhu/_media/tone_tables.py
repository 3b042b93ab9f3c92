"""Call progress tones as steps for the tone generator (`tones.Step`), of the table in tone_countries.py.

Tones are named by what the caller is to learn: "dial", "ringback", "busy" ... `SETS` has the tones of every network by its name there;
`CHINA` and `ITU` have all the names that tone_countries knows, so that a call flow may use any of them. The level is that of a tone sent
into the trunk, -10 dBm0 (E.180: -10 +-5 dBm0), of two tones together -13 dBm0 each; the call waiting tone, heard during a talk, is lower.
"""

from types import MappingProxyType
from typing import NamedTuple

from xunhu._media.tone_countries import COUNTRIES, Row
from xunhu._media.tones import Step

LEVEL_DBM0 = -10.0
WAITING_DBM0 = -20.0
AM_DEPTH_DB = -1.4  # 85 %
#: the check tone of circuits: 2000 +-20 Hz, -12 +-1 dBm0 (ITU-T Q.724 §7.3.2, Q.764 §2.1.8)
CONTINUITY: Step = (2000.0, 0.0, -12.0, 0.0, 0)


class Tone(NamedTuple):
    """steps: as for ToneGenerator; repeats: 0 = until it is stopped."""

    steps: tuple[Step, ...]
    repeats: int = 0


def cadence(hz: float, *on_off_ms: int, level: float = LEVEL_DBM0) -> tuple[Step, ...]:
    """Steps of one frequency: on, off, on, off ... in ms. A single 0 is a tone without a pause."""
    return tuple((0.0, 0.0, 0.0, 0.0, ms) if odd % 2 else (hz, 0.0, level, 0.0, ms) for odd, ms in enumerate(on_off_ms))


def _sound(row: Row, level: float, ms: int) -> Step:
    if row.am_hz:
        return (row.hz[0], -row.am_hz, level, AM_DEPTH_DB, ms)
    if len(row.hz) == 2:
        return (row.hz[0], row.hz[1], level - 3.0, level - 3.0, ms)
    return (row.hz[0], 0.0, level, 0.0, ms)


def steps_of(row: Row, level: float = LEVEL_DBM0) -> tuple[Step, ...]:
    """What sounds as this row; level: of all of it together (of a modulated tone, of its carrier). ValueError: it has three or four
    frequencies at once, which one generator does not make (connect two)."""
    if row.in_turn:
        times = zip(row.hz, row.on_off_ms[::2], row.on_off_ms[1::2], strict=True)
        return tuple(step for hz, on, off in times for step in cadence(hz, on, off, level=level) if step[4])
    if len(row.hz) > 2:
        raise ValueError(f"{row.name}: {len(row.hz)} frequencies at once")
    if not row.on_off_ms:
        return (_sound(row, level, 0),)
    return tuple(
        (0.0, 0.0, 0.0, 0.0, ms) if odd % 2 else _sound(row, level, ms) for odd, ms in enumerate(row.on_off_ms)
    )


# The howler gets louder in five steps within 15 s and stays there.
_HOWLER: tuple[Step, ...] = tuple(
    (950.0, 0.0, level, 0.0, ms) for level, ms in ((-25.0, 3000), (-19.0, 3000), (-13.0, 3000), (-7.0, 3000), (-1.0, 0))
)


def _tones(rows: tuple[Row, ...]) -> dict[str, Tone]:
    out: dict[str, Tone] = {}
    for row in rows:
        if row.name in out or (len(row.hz) > 2 and not row.in_turn):
            continue
        waiting = row.name in ("call-waiting", "third-party")
        out[row.name] = Tone(steps_of(row, WAITING_DBM0 if waiting else LEVEL_DBM0))
    return out


SETS = MappingProxyType({name: MappingProxyType(_tones(rows)) for name, rows in COUNTRIES.items()})
CHINA = MappingProxyType({**SETS["china"], "howler": Tone(_HOWLER)})
ITU = MappingProxyType({**SETS["itu"], "howler": Tone(_HOWLER), "unobtainable": SETS["itu"]["sit"]})
