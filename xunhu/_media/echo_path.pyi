"""The echo path of a line, measured from recordings of both directions (C below: include/xunhu/echo_path.h)."""

from array import array

from typing_extensions import Buffer

TAPS: int  # at most

def estimate(sent: Buffer, received: Buffer, count: int) -> array[float]:
    """Impulse response of `count` samples by which sent explains received best. int16 of 8 kHz, equally many; at least as many as
    taps. ValueError: anything else, or nothing was sent."""

def residual(sent: Buffer, received: Buffer, taps: Buffer) -> array[int]:
    """What is left of received without the echo. taps: float64. ValueError: unequal lengths."""
