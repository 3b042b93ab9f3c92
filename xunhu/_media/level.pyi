"""Voice activity and level control over many channels at once (C below: include/xunhu/vad.h, level.h; docs/level.md).

The engine has banks of its own; these classes are the same kernels for tests, tools and files.
Samples: 8 kHz, int16, 0 dBm0 = 22779 peak.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

Mode = Literal["off", "fixed", "agc"]

class Change(NamedTuple):
    channel: int
    voice: bool  # a voice has begun and lasts since 50 ms, or has ended
    level_dbm0: float  # of the voice, so far or on the whole
    offset: int  # samples of the block (of all in `feed`) after which it was decided

class Voice(NamedTuple):
    voice: bool  # there is a voice, short pauses included
    active: bool  # it sounds in the newest 10 ms
    tone: bool  # one or two steady tones, no voice
    known: bool  # False: off, or not yet 10 ms of sound
    level_dbm0: float  # of the newest 10 ms, at least -100
    noise_dbm0: float  # of the noise floor
    speech_dbm0: float  # of the voice over about 100 ms, -100 while there is none
    score: float  # how sure: above 0 it is a voice

class Level(NamedTuple):
    mode: Mode
    limiting: bool
    gain_db: float  # without the limiter
    limiter_db: float  # 0 or less
    voice_dbm0: float  # of the voice that comes in, as the automatic gain knows it; -100: nobody has spoken

class VadBank:
    """A voice detector a channel; all channels take the same number of samples a call.

    quietest_dbm0: what is softer is no voice (-80 to -20). strictness: 0 to 4, what is doubtful is no voice. hang_ms: a pause so
    long is still the voice (10 to 2000). plain: do without AVX2 also where the machine has it; same decisions, bit for bit.
    ValueError: a number out of range.
    """

    channels: int
    def __init__(
        self, channels: int, *, quietest_dbm0: float = -55.0, strictness: float = 0.0, hang_ms: int = 200, plain: bool = False
    ) -> None: ...
    def run(self, samples: NDArray[np.int16], active: Sequence[bool] | None = None) -> list[Change]:
        """One block, shape (channels, n), n from 1 to 160, C order. A channel that is not active is off: its state is reset.
        ValueError: wrong shape."""
    def feed(self, samples: NDArray[np.int16], block: int = 80) -> list[Change]:
        """A whole sound, shape (channels, any length), in blocks; offsets count from its begin."""
    def voices(self, samples: NDArray[np.int16]) -> bytes:
        """A whole sound in blocks of 80: for each channel, one octet a block, 1 where there is a voice."""
    def state(self, channel: int) -> Voice:
        """After the newest 10 ms. IndexError: no such channel."""
    def reset(self, channel: int) -> None:
        """A new call on the channel. IndexError: no such channel."""
    @property
    def size(self) -> int:
        """Memory of the bank, octets."""

class LevelBank:
    """A gain and a limiter a channel, all off at first. plain: as with VadBank."""

    channels: int
    def __init__(self, channels: int, *, plain: bool = False) -> None: ...
    def set(
        self,
        channel: int,
        mode: Mode,
        *,
        gain_db: float = 0.0,
        target_dbm0: float = -18.0,
        most_db: float = 18.0,
        least_db: float = 12.0,
        rise_db: float = 6.0,
        fall_db: float = 20.0,
        ceiling_dbm0: float = 2.0,
    ) -> None:
        """fixed: gain_db, -30 to 30 in steps of 0.1. agc: the voice to target_dbm0 (-40 to -3), at most most_db up and least_db
        down (0.1 to 30), rise_db (0.1 to 60) up and fall_db (0.1 to 120) down a second. ceiling_dbm0: of the limiter, as the level of
        a sine of that peak (-20 to 3). ValueError: out of range, nothing is changed. IndexError: no such channel."""
    def run(self, samples: NDArray[np.int16], vad: VadBank | None = None, active: Sequence[bool] | None = None) -> None:
        """One block, shape (channels, n), n from 1 to 160, changed in place; vad has seen it before, as it came in (without it automatic
        gains stay what they are). A channel that is not active is left alone. ValueError: wrong shape."""
    def feed(self, samples: NDArray[np.int16], vad: VadBank | None = None, block: int = 80) -> None:
        """A whole sound in place, block by block, each through vad first."""
    def state(self, channel: int) -> Level: ...
    def reset(self, channel: int) -> None:
        """Off, all forgotten. IndexError: no such channel."""
    @property
    def size(self) -> int: ...
