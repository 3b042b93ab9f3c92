"""Tone generator (ITU-T Q.23 for DTMF, E.180 for call progress) and call progress tone receiver.

A step is (f1_hz, f2_hz, level1_dbm0, level2_dbm0, ms): f2_hz 0 for a single tone, both 0 for silence, ms 0 for ever.
0 dBm0 is a sine of amplitude 22,779 on the 16-bit scale. 8,000 samples a second.
"""

from array import array
from collections.abc import Sequence

from typing_extensions import Buffer

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

class ProgressReceiver:
    """Recognises call progress tones by band (400-475 Hz, 950, 1400, 1800 Hz) and cadence."""

    def __init__(self) -> None: ...
    def run(self, samples: Buffer) -> int | None:
        """TONE_* when what is heard has changed within these samples (int16), else None."""
