"""Speech slower or faster at the same pitch (C: include/xunhu/time_scale.h), for tests and tools; int16 at 8 kHz."""

from array import array

from typing_extensions import Buffer

PERCENT_MIN: int
PERCENT_MAX: int
STATE_SIZE: int  # octets

class TimeScale:
    def __init__(self, percent: int = 100) -> None:
        """percent: of the speed, 50 to 200. ValueError."""
    def set(self, percent: int) -> None: ...
    def reset(self) -> None:
        """Forget the sound, keep the speed."""
    @property
    def held(self) -> int:
        """Samples of input not yet heard, about."""
    def run(self, samples: Buffer, *, end: bool = True, block: int = 80) -> array[int]:
        """All of samples in, what comes out in blocks of `block` (1 to 160); end: nothing follows, give all out."""
