"""Fax and modem tones, ITU-T T.30, V.25, V.8, V.21 (C below: include/xunhu/fax_tones.h)."""

from array import array
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xunhu._media.tones import Step

NONE: int
CNG: int
TONE_1100: int
ANS: int  # CED
ANS_PR: int
ANSAM: int
ANSAM_PR: int
V21_PREAMBLE: int
CALLING: int
BELL_ANS: int

def fax_steps(tone: int, *, level_dbm0: float = -13.0, ms: int = 0) -> list[Step]:
    """Steps for the tone generator: CNG and CALLING (burst and pause), TONE_1100, ANS, BELL_ANS (ms, 0 for ever).
    ValueError: another tone, or a value out of range."""

class AnswerToneGenerator:
    """ANS, ANS_PR, ANSAM, ANSAM_PR: 2100 Hz with reversals each 450 ms and modulation of 15 Hz by 20 %."""

    def __init__(self, tone: int, *, level_dbm0: float = -13.0, ms: int = 0) -> None:
        """level: of the carrier, -60 to 0 dBm0; ms 0: for ever. ValueError: another tone, or a value out of range."""
    def run(self, n: int) -> array[int]:
        """The next n samples; fewer when the tone is over."""

class Hit(NamedTuple):
    channel: int
    code: int  # what begins or has turned out to be, NONE when something only ended
    ended: int  # what ended, else NONE
    level_dbm0: float  # at begin: of the tone, in steps of 0.1
    offset: int  # sample of the block (of all samples in `feed`) at which it was decided
    length: int  # of what ended, or of the burst (CNG, CALLING), in samples, within 10 ms

class FaxBank:
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
