"""The continuity check tone, 2000 Hz: ITU-T Q.724 §7.3, Q.764 §2.1.8 (C below: include/xunhu/continuity.h).

The engine has a receiver a port (DETECT_CONTINUITY); this class is the same kernel for tests, tools and files.
"""

import numpy as np
from numpy.typing import NDArray

class ContinuityReceiver:
    """One channel. Samples: int16, 8 kHz, C order, 0 dBm0 sine = 22779 peak."""

    def run(self, samples: NDArray[np.int16]) -> bool | None:
        """Any number of samples. True: the tone is there from now on; False: it has gone; None: nothing has changed."""
    def feed(self, samples: NDArray[np.int16], block: int = 80) -> list[tuple[int, bool]]:
        """A whole sound in blocks; the changes: how many samples were heard, there or not. ValueError: block < 1."""
    def reset(self) -> None:
        """As new."""
