"""Comfort noise: G.711 Appendix II with the payload of RFC 3389, and DTX (C below: include/xunhu/cng.h). One channel, 8 kHz.

A SID is 1 to 11 octets: the level in -dBov (0: a square wave of full scale; 127: silence), then up to ten reflection coefficients.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SILENCE: int  # -dBov

def parse(sid: bytes) -> tuple[int, tuple[float, ...]]:
    """Level in -dBov and reflection coefficients, at most ten. ValueError: no octet at all; all others can be heard."""

def pack(level: int, reflection: Sequence[float] = ()) -> bytes:
    """ValueError: level not 0 to 127, more than ten coefficients or one not between -1 and 1."""

class NoiseAnalyser:
    """Mean of the last 160 ms of background it was fed."""

    def __init__(self) -> None: ...
    def feed(self, samples: NDArray[np.int16]) -> None: ...
    def sid(self, order: int = 10) -> bytes:
        """What was heard; order: coefficients, 0 to 10. Silence has none."""

class NoiseGenerator:
    """Silent until it hears a SID; later ones are reached over 50 ms. seed: another one, another noise."""

    def __init__(self, seed: int = 1) -> None: ...
    def hear(self, sid: bytes) -> None: ...
    def make(self, samples: NDArray[np.int16]) -> None:
        """Overwritten with noise."""

class Dtx:
    """What to send of each block. order: of SIDs; hangover_ms: sound goes on so long after the last voice; least_ms, most_ms: between two
    SIDs of a silence, most_ms 0: only when the background has changed. ValueError: out of range."""

    def __init__(
        self, *, order: int = 10, hangover_ms: int = 100, least_ms: int = 100, most_ms: int = 2000
    ) -> None: ...
    def run(self, samples: NDArray[np.int16], voice: bool) -> bool | bytes | None:
        """True: the sound itself; octets: this SID in its place; None: nothing. voice: somebody speaks in the block."""
