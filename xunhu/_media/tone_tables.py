"""Call progress tones as steps for the tone generator (`tones.Step`).

`CHINA`: GB/T 3380, 450 Hz (howler 950 Hz, reminder 1400 Hz). `ITU`: ITU-T E.180 / Q.35 with 425 Hz, within the
recommended cadences; the special information tone is that of E.180 §5 (950, 1400, 1800 Hz of 330 ms).
Tones are named by what the caller is to learn; both sets have the same names. The level is that of a tone sent into the
trunk, -10 dBm0 (E.180: -10 +-5 dBm0); the call waiting tone, heard during a talk, is lower.
"""

from types import MappingProxyType
from typing import NamedTuple

from xunhu._media.tones import Step

LEVEL_DBM0 = -10.0
WAITING_DBM0 = -20.0


class Tone(NamedTuple):
    """steps: as for ToneGenerator; repeats: 0 = until it is stopped."""

    steps: tuple[Step, ...]
    repeats: int = 0


def cadence(hz: float, *on_off_ms: int, level: float = LEVEL_DBM0) -> tuple[Step, ...]:
    """Steps of one frequency: on, off, on, off ... in ms. A single 0 is a tone without a pause."""
    return tuple(
        (0.0, 0.0, 0.0, 0.0, ms) if odd % 2 else (hz, 0.0, level, 0.0, ms) for odd, ms in enumerate(on_off_ms)
    )


_SIT: tuple[Step, ...] = (
    *cadence(950.0, 330),
    *cadence(1400.0, 330),
    *cadence(1800.0, 330, 1000),
)

# The howler gets louder in five steps within 15 s and stays there.
_HOWLER: tuple[Step, ...] = tuple(
    (950.0, 0.0, level, 0.0, ms) for level, ms in ((-25.0, 3000), (-19.0, 3000), (-13.0, 3000), (-7.0, 3000), (-1.0, 0))
)

CHINA = MappingProxyType(
    {
        "dial": Tone(cadence(450.0, 0)),
        "special-dial": Tone(cadence(450.0, 400, 40)),
        "ringback": Tone(cadence(450.0, 1000, 4000)),
        "busy": Tone(cadence(450.0, 350, 350)),
        "congestion": Tone(cadence(450.0, 700, 700)),
        "unobtainable": Tone(cadence(450.0, 100, 100, 100, 100, 100, 100, 400, 400)),
        "trunk-offering": Tone(cadence(450.0, 200, 200, 200, 600)),
        "call-waiting": Tone(cadence(450.0, 400, 4000, level=WAITING_DBM0)),
        "third-party": Tone(cadence(1400.0, 400, 10000, level=WAITING_DBM0)),
        "howler": Tone(_HOWLER),
        "sit": Tone(_SIT),
    }
)

ITU = MappingProxyType(
    {
        "dial": Tone(cadence(425.0, 0)),
        "special-dial": Tone(cadence(425.0, 400, 40)),
        "ringback": Tone(cadence(425.0, 1000, 4000)),
        "busy": Tone(cadence(425.0, 500, 500)),
        "congestion": Tone(cadence(425.0, 250, 250)),
        "unobtainable": Tone(_SIT),
        "trunk-offering": Tone(cadence(425.0, 200, 200, 200, 600)),
        "call-waiting": Tone(cadence(425.0, 200, 600, 200, 9000, level=WAITING_DBM0)),
        "third-party": Tone(cadence(1400.0, 400, 10000, level=WAITING_DBM0)),
        "howler": Tone(_HOWLER),
        "sit": Tone(_SIT),
    }
)

SETS = MappingProxyType({"china": CHINA, "itu": ITU})
