"""MFC/R2 register signals over many channels at once: ITU-T Q.441, Q.454, Q.455 (C below: include/xunhu/r2mf.h)."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xunhu._media.tones import Step

FORWARD: int  # 1380 to 1980 Hz, signals 1 to 15
BACKWARD: int  # 1140 to 540 Hz, signals 1 to 15
BACKWARD_4: int  # 1140 to 780 Hz, signals 1 to 6, as China No.1 has them
LEVEL_DBM0: float  # each frequency, Q.454

class Hit(NamedTuple):
    channel: int
    code: int  # the signal that begins, 0 when one only ended
    ended: int  # the signal that ended, else 0
    level_dbm0: float  # at begin: of the stronger frequency, in steps of 0.1
    offset: int  # sample of the block (of all samples in `feed`) at which it was decided
    length: int  # how long the signal that ended has lasted, in samples, within 10 ms

def r2_step(direction: int, signal: int, *, level_dbm0: float = ..., twist_db: float = 0.0, ms: int = 0) -> Step:
    """The step for the tone generator; level of each frequency, the higher one twist_db above it. ms 0: for ever.
    ValueError: no such signal in that direction, or a value out of range."""

class R2Bank:
    """A receiver a channel; all channels take the same number of 8 kHz samples a call.

    `room`: hits handed out a call at most (default 4 a channel); the others come with the next call.
    `plain`: do without AVX2 also where the machine has it; same hits, bit for bit.
    Raises ValueError for a number of channels or a room outside 1 to 65536 and 1 to 524288, or another direction.
    """

    channels: int
    def __init__(self, channels: int, direction: int, *, room: int | None = None, plain: bool = False) -> None: ...
    def run(self, samples: NDArray[np.int16], active: Sequence[bool] | None = None) -> list[Hit]:
        """One block. samples: shape (channels, n), n from 1 to 160, C order, int16 with 0 dBm0 = 22779 peak.
        A channel that is not active is off: its state is reset. ValueError: wrong shape."""
    def feed(self, samples: NDArray[np.int16], block: int = 80) -> list[Hit]:
        """A whole sound, shape (channels, any length), in blocks of `block`; offsets count from its begin."""
    def reset(self, channel: int) -> None:
        """A new call on the channel: forget what was heard. IndexError: no such channel."""
    @property
    def lost(self) -> int:
        """Hits lost because they were not taken for too long (more than 8 a channel waiting)."""
    @property
    def size(self) -> int:
        """Memory of the bank, octets."""
