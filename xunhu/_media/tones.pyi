"""Tone generator (ITU-T Q.23 for DTMF, E.180 for call progress) and call progress tone receiver.

A step is (f1_hz, f2_hz, level1_dbm0, level2_dbm0, ms): f2_hz 0 for a single tone, both 0 for silence, ms 0 for ever. f2_hz from -200 to
-1: the first tone is modulated with so many Hz, level2 dB below 100 % (-40 to 0).
0 dBm0 is a sine of amplitude 22,779 on the 16-bit scale. 8,000 samples a second.
"""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

from typing_extensions import Buffer

from xunhu._media.tone_rows import CompiledRow

Step = tuple[float, float, float, float, int]

TONE_STEPS: int  # most steps of a generator
TONE_NONE: int
TONE_DIAL: int
TONE_RINGBACK: int
TONE_BUSY: int
TONE_CONGESTION: int
TONE_SPECIAL_DIAL: int
TONE_CALL_WAITING: int
TONE_HOWLER: int
TONE_SIT: int
TONE_UNOBTAINABLE: int
TONE_TRUNK_OFFERING: int
TONE_THIRD_PARTY: int

class ToneGenerator:
    def __init__(self, steps: Sequence[Step], *, repeats: int = 0) -> None:
        """repeats 0: for ever. ValueError: no or too many steps, or a value out of range."""
    def run(self, n: int) -> array[int]:
        """The next n samples; fewer when the tone is over."""
    @property
    def done(self) -> bool: ...

def dtmf_steps(
    digits: str, *, on_ms: int = 100, off_ms: int = 100, level_dbm0: float = -9.0, twist_db: float = 0.0
) -> list[Step]:
    """Steps for digits 0-9 * # A-D; a comma is a pause of 500 ms. level is that of the low group, the high group is
    twist_db above it. ValueError for another character, or when more than TONE_STEPS steps come out."""

FROM_COUNTRY: int
FROM_CUSTOM: int
FROM_REPEAT: int

class ToneEvent(NamedTuple):
    source: int  # FROM_*
    tone: int  # TONE_*, number of a tone of one's own, 1 for a repetition; 0: what was reported has gone
    hz: tuple[int, ...]  # up to two, the stronger first; of the newest burst
    on_ms: int  # of the newest complete burst and gap, 0 none
    off_ms: int
    level_dbm0: float

class ProgressReceiver:
    """Recognises call progress tones by the table of a country, tones of one's own, and what is repeated but unknown
    (include/xunhu/progress.h, docs/call-progress.md)."""

    def __init__(
        self, country: str | None = "china", custom: Sequence[CompiledRow] = (), *, repeat: bool = False
    ) -> None:
        """country: a name of tone_countries.COUNTRIES, None for none. custom: of tone_rows.custom_row. ValueError."""
    def run(self, samples: Buffer) -> int | None:
        """TONE_* when what is heard of the country's tones has changed within these samples (int16), else None."""
    def hear(self, samples: Buffer) -> list[tuple[int, ToneEvent]]:
        """All events, each with the number of samples after which it was told (to the next 800)."""
    @property
    def size(self) -> int:
        """Octets of one receiver."""

def row_octets(row: CompiledRow) -> bytes:
    """The struct xh_progress_row of a tone_rows.custom_row. ValueError: a number is out of its range."""
