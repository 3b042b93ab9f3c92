"""Packet loss concealment, ITU-T G.711 Appendix I without its delay (C below: include/xunhu/plc.h). One channel, 8 kHz.

The engine conceals with the same kernel; these classes are for tests, tools and files.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

class Plc:
    """Samples of 16 bits. Pieces of any length, in their order: `good` what came, `lost` where nothing came.

    `plain`: do without AVX2 also where the machine has it; same samples, bit for bit.
    """

    def __init__(self, *, plain: bool = False) -> None: ...
    def good(self, samples: NDArray[np.int16]) -> None:
        """Remembered; changed in place within the first 4 ms after a hole."""
    def lost(self, samples: NDArray[np.int16]) -> None:
        """Overwritten with what stands in for them."""
    def run(self, samples: NDArray[np.int16], lost: Sequence[bool], block: int = 80) -> None:
        """A whole sound in place, in blocks; lost: whether each block (the last may be short) did not come. ValueError: not as many
        entries as blocks."""
    @property
    def period(self) -> int:
        """Samples of the pitch period of the last hole, 40 to 120; 0 when there was none."""

class PlcOctets:
    """The same for octets of G.711, law "A" or "U"."""

    def __init__(self, law: str = "A", *, plain: bool = False) -> None: ...
    def good(self, octets: NDArray[np.uint8]) -> None: ...
    def lost(self, octets: NDArray[np.uint8]) -> None: ...

class PlcBank:
    """Many channels of octets at once, shape (channels, n). ValueError: another shape."""

    channels: int
    def __init__(self, channels: int, law: str = "A", *, plain: bool = False) -> None: ...
    def good(self, octets: NDArray[np.uint8]) -> None: ...
    def lost(self, octets: NDArray[np.uint8]) -> None: ...
