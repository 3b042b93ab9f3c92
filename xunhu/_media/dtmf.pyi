"""DTMF receiver over many channels at once, ITU-T Q.23 and Q.24 (C below: include/xunhu/dtmf.h).

The engine has a bank of its own; this class is the same kernel for tests, tools and files.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

class Hit(NamedTuple):
    channel: int
    digit: str  # the digit that begins, "" when one ended
    ended: str  # the digit that ended, else ""
    level_dbm0: float  # at begin: of the stronger tone, in steps of 0.1
    offset: int  # sample of the block (of all samples in `feed`) at which it was decided
    length: int  # at the end: how long the digit lasted, in samples, within 5 ms

class DtmfBank:
    """A receiver a channel; all channels take the same number of 8 kHz samples a call.

    `room`: hits handed out a call at most (default 4 a channel); the others come with the next call.
    `plain`: do without AVX2 also where the machine has it; same hits, bit for bit.
    Raises ValueError for a number of channels or a room outside 1 to 65536 and 1 to 524288.
    """

    channels: int
    def __init__(self, channels: int, *, room: int | None = None, plain: bool = False) -> None: ...
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
