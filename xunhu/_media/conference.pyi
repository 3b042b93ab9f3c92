"""Kernels of a conference (include/xunhu/conference.h), for tests and measurements; in service they run inside the engine's tick.

Samples are int16, contiguous; a block is (parties, samples) with at most `BLOCK` samples. plain: without wide vector instructions, the same
results. ValueError: forms that do not fit.
"""

from typing_extensions import Buffer

BLOCK: int
PARTIES: int

def scale(said: Buffer, out: Buffer, from_q12: int, to_q12: int, *, plain: bool = False) -> None:
    """out = said with a gain that moves straight from one value to the other within the block, limited."""

def energy(said: Buffer, *, plain: bool = False) -> int:
    """Sum of squares / 64."""

def mix_minus(said: Buffer, heard: Buffer, *, plain: bool = False, times: int = 1) -> None:
    """heard[p] = the limited sum of all rows of said but p. times: do it so often, to be measured."""

def copy(said: Buffer, heard: Buffer, *, times: int = 1) -> None:
    """heard = said, sample by sample: what moving alone costs."""
