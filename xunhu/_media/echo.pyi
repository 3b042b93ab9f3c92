"""Line echo cancellers by ITU-T G.168, one a channel (C below: include/xunhu/echo.h).

The engine has cancellers of its own; this class is the same kernel for tests, tools and files.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

class EchoState(NamedTuple):
    erl_db: float  # echo return loss of the path learned; 99: no path known
    erle_db: float  # how much of the echo the filter takes away, without the non-linear processor
    delay_ms: float  # of the strongest part of the echo path, in steps of 10, its middle
    residual_dbm0: float  # what the filter leaves while the far side speaks; -90: nothing
    noise_dbm0: float  # background of the near side as learned; -90: none
    converged: bool
    double_talk: bool  # the near side speaks
    disabled: bool  # by the tone disabler
    narrow_band: bool  # the far side sends tones; nothing is learned from them
    suppressing: bool  # the non-linear processor is closed

class EchoBank:
    """A canceller a channel; all channels take the same number of 8 kHz samples a call.

    `tail_ms`: 8 to 128. `law`: "A", "U" or None, what Sin went through. `plain`: do without AVX2 also where the machine has it.
    Raises ValueError for what is out of range.
    """

    channels: int
    size: int  # octets a channel
    def __init__(
        self,
        channels: int,
        tail_ms: int = 128,
        nlp: bool = True,
        comfort_noise: bool = True,
        tone_disabler: bool = True,
        plain: bool = False,
        law: str | None = "A",
    ) -> None: ...
    def run(self, rout: NDArray[np.int16], sin: NDArray[np.int16], block: int = 80) -> NDArray[np.int16]:
        """Sout. rout, sin: shape (channels, n), C order, int16 with 0 dBm0 = 22779 peak; n: a multiple of block, which is
        40, 80 or 160 (a tick of 5, 10 or 20 ms). ValueError: anything else."""
    def run_in_place(self, rout: NDArray[np.int16], sin: NDArray[np.int16], block: int = 80) -> None:
        """As run, but Sin becomes Sout."""
    def state(self, channel: int) -> EchoState:
        """IndexError: no such channel."""
    def freeze(self, channel: int, on: bool = True) -> None:
        """Learn nothing."""
    def nlp(self, channel: int, on: bool = True) -> None:
        """The non-linear processor."""
    def clear(self, channel: int) -> None:
        """A new call: forget the path. Settings stay."""
