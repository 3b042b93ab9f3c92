"""Tone disabler of an echo canceller, ITU-T G.168 clause 7: 2100 Hz with phase reversals (C below: include/xunhu/tone_disabler.h).

The echo canceller has one a channel; this class is the same kernel for tests, tools and files.
"""

import numpy as np
from numpy.typing import NDArray

class ToneDisabler:
    """One 4-wire channel. Samples: int16, 8 kHz, C order, 0 dBm0 sine = 22779 peak."""

    def run(self, receive: NDArray[np.int16], send: NDArray[np.int16] | None = None) -> bool:
        """Samples of both directions, equally many, any number; None: that side is silent. True while the canceller is to
        stand aside. ValueError: unequal lengths."""
    def feed(
        self, receive: NDArray[np.int16], send: NDArray[np.int16] | None = None, block: int = 80
    ) -> list[tuple[int, bool]]:
        """A whole sound in blocks; the changes: how many samples were heard, disabled or not. ValueError: block < 1."""
    def reset(self) -> None:
        """As new: a new call."""
