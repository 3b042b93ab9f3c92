"""Streaming resampler between 8, 16, 32 and 48 kHz (C below: include/xunhu/resample.h). One channel.

Flat within 0.02 dB up to 7/16 of the lower rate, 70 dB down from 9/16 of it on. Files are resampled by libsoxr (media_file.py).
"""

import numpy as np
from numpy.typing import NDArray

class Resampler:
    """`plain`: do without AVX2 also where the machine has it; samples differ by one at most. ValueError: not two different ones of the
    four rates."""

    def __init__(self, from_hz: int, to_hz: int, *, plain: bool = False) -> None: ...
    def run(self, samples: NDArray[np.int16], out: NDArray[np.int16]) -> None:
        """The next samples; out: exactly len(samples) * to_hz / from_hz of them. ValueError: that is no whole number, or out has another
        length."""
    def stream(self, samples: NDArray[np.int16], out: NDArray[np.int16], n: int) -> None:
        """The same in pieces of n, of which there is a whole number."""
    def reset(self) -> None:
        """Forget what came before."""
    @property
    def delay_ms(self) -> float:
        """20 samples of the lower rate."""
