"""Sounds for the tests of the DTMF receiver; 8 kHz, float until `pcm`, 0 dBm0 = 22779 peak."""

import numpy as np
from numpy.typing import NDArray

from xunhu._media.dtmf import DtmfBank

RATE = 8000
FULL = 22779.0  # peak of a 0 dBm0 sine
DIGITS = "123A456B789C*0#D"
LOW = (697, 770, 852, 941)  # Q.23
HIGH = (1209, 1336, 1477, 1633)
Sound = NDArray[np.float64]


def silence(ms: float) -> Sound:
    return np.zeros(round(ms * RATE / 1000))


def sine(hz: float, dbm0: float, samples: int, phase: float = 0.0) -> Sound:
    return FULL * 10 ** (dbm0 / 20) * np.sin(2 * np.pi * hz * np.arange(samples) / RATE + phase)


def pair(
    digit: str,
    ms: float,
    *,
    level: float = -9.0,
    twist: float = 0.0,
    off: tuple[float, float] = (0.0, 0.0),
    off_hz: float = 0.0,
    phase: tuple[float, float] = (0.0, 0.0),
) -> Sound:
    """level: of the stronger tone, dBm0; twist: high over low, dB; off: parts of the nominal frequencies."""
    index, n = DIGITS.index(digit), round(ms * RATE / 1000)
    low = LOW[index // 4] * (1 + off[0]) + off_hz * np.sign(off[0])
    high = HIGH[index % 4] * (1 + off[1]) + off_hz * np.sign(off[1])
    return sine(low, level - max(twist, 0), n, phase[0]) + sine(high, level + min(twist, 0), n, phase[1])


def noise(rng: np.random.Generator, dbm0: float, samples: int) -> Sound:
    """White, of the power of a sine of dbm0."""
    return rng.normal(0, FULL / np.sqrt(2) * 10 ** (dbm0 / 20), samples)


def pcm(x: Sound) -> NDArray[np.int16]:
    return np.clip(np.round(x), -32768, 32767).astype(np.int16)


def alaw(x: Sound) -> Sound:
    """Through an A-law codec (G.711, the compression curve in 13 segments), on our 16-bit scale."""
    a = np.minimum(np.abs(x), 32256.0)
    step = 16.0 * 2.0 ** np.floor(np.log2(np.maximum(a, 512.0) / 512.0))
    return np.sign(x) * (np.floor(a / step) + 0.5) * step


def ulaw(x: Sound) -> Sound:
    """Through a mu-law codec (G.711), on our 16-bit scale."""
    a = np.minimum(np.abs(x), 32124.0) + 132
    step = 2.0 ** np.floor(np.log2(a / 132)) * 8
    return np.sign(x) * (np.floor(a / step) * step + step / 2 - 132)


def heard(sounds: list[Sound], *, plain: bool = False) -> list[str]:
    """The digits of each sound, all in one bank."""
    samples = np.zeros((len(sounds), max(map(len, sounds)) + 800), np.int16)
    for row, sound in zip(samples, sounds, strict=True):
        row[: len(sound)] = pcm(sound)
    digits = [""] * len(sounds)
    for hit in DtmfBank(len(sounds), plain=plain).feed(samples):
        digits[hit.channel] += hit.digit
    return digits
