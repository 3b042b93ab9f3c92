"""MFC/R2 receivers by ITU-T Q.455, ours and libspandsp's, on the same sounds: what each takes, how fast, and what it must not take.

Sounds by NumPy, each signal of each direction several times, at any phase; a case counts the sounds that were heard right: the signal once and
nothing else, or nothing at all.
"""

from collections.abc import Callable

import numpy as np
import pytest
import spandsp_tones as spandsp
from numpy.typing import NDArray

from xunhu._media.r2mf import BACKWARD, FORWARD, R2Bank, r2_step

pytestmark = pytest.mark.interop

Samples = NDArray[np.int16]
Rng = np.random.Generator
Make = Callable[[Rng, int, int], NDArray[np.float64]]
CODES = "1234567890BCDEF"
EACH = 8


def tone(hz: float, level: float, ms: float, phase: float = 0.0) -> NDArray[np.float64]:
    t = np.arange(round(ms * 8))
    return 22779.0 * 10 ** (level / 20) * np.sin(2 * np.pi * hz / 8000 * t + phase)


def pair(
    rng: Rng, direction: int, signal: int, *, level: float = -11.5, ms: float = 100, twist: float = 0.0, off: float = 0.0
) -> NDArray[np.float64]:
    """level: of the stronger one; off: Hz, each up or down."""
    f1, f2 = r2_step(direction, signal)[:2]
    turned = twist * float(rng.choice([-1, 1]))
    a, b = (level, level - abs(turned)) if turned > 0 else (level - abs(turned), level)
    offs, phases = off * rng.choice([-1.0, 1.0], 2), rng.uniform(0, 6.28, 2)
    return tone(f1 + offs[0], a, ms, phases[0]) + tone(f2 + offs[1], b, ms, phases[1])


def neighbours(direction: int, signal: int) -> bool:
    f1, f2 = r2_step(direction, signal)[:2]
    return abs(f1 - f2) == 120


def apart(rng: Rng, direction: int, signal: int) -> NDArray[np.float64]:
    twist = 5.0 if neighbours(direction, signal) else 7.0
    return pair(rng, direction, signal, level=-20, twist=twist, off=10)


def interrupted(rng: Rng, direction: int, signal: int) -> NDArray[np.float64]:
    x = pair(rng, direction, signal, ms=150)
    at = int(rng.integers(480, 640))
    x[at : at + 56] = 0
    return x


def alone(rng: Rng, direction: int, signal: int) -> NDArray[np.float64]:
    return tone(r2_step(direction, signal)[int(rng.integers(2))], -5, 150, float(rng.uniform(0, 6)))


TAKEN: dict[str, Make] = {
    "-5 dBm0": lambda rng, d, s: pair(rng, d, s, level=-5),
    "-20 dBm0": lambda rng, d, s: pair(rng, d, s, level=-20),
    "-35 dBm0": lambda rng, d, s: pair(rng, d, s, level=-35),
    "10 Hz off, -11.5 dBm0": lambda rng, d, s: pair(rng, d, s, off=10),
    "10 Hz off, 5 or 7 dB apart": apart,
    "7 ms of interruption": interrupted,
}
LEFT: dict[str, Make] = {
    "7 ms long": lambda rng, d, s: pair(rng, d, s, level=-5, ms=7),
    "one frequency": alone,
    "-42 dBm0": lambda rng, d, s: pair(rng, d, s, level=-42),
    "20 dB apart": lambda rng, d, s: pair(rng, d, s, level=-5, twist=20),
}
CASES = [(name, make, True) for name, make in TAKEN.items()] + [(name, make, False) for name, make in LEFT.items()]


def sounds_of(direction: int, make: Make, noise_dbm0: float | None = None) -> tuple[list[int], list[int], list[int], list[Samples]]:
    """Signals, where each begins and ends, and the sounds."""
    rng = np.random.default_rng(455)
    signals, begins, ends, sounds = [], [], [], []
    for signal in range(1, 16):
        for _ in range(EACH):
            begin = int(rng.integers(160, 400))
            x = make(rng, direction, signal)
            y = np.concatenate([np.zeros(begin), x, np.zeros(1000)])
            if noise_dbm0 is not None:
                y += rng.normal(0, 22779 / 2**0.5 * 10 ** (noise_dbm0 / 20), len(y))
            signals.append(signal)
            begins.append(begin)
            ends.append(begin + len(x))
            sounds.append(np.clip(np.round(y), -32768, 32767).astype(np.int16))
    return signals, begins, ends, sounds


Times = list[tuple[int, int]]  # signal that begins, 0 one has ended; samples heard until then


def ours(direction: int, sounds: list[Samples]) -> list[Times]:
    rows = np.zeros((len(sounds), max(map(len, sounds))), np.int16)
    for row, x in zip(rows, sounds, strict=True):
        row[: len(x)] = x
    out: list[Times] = [[] for _ in sounds]
    for hit in R2Bank(len(rows), direction).feed(rows):
        out[hit.channel].append((hit.code, hit.offset + 1))
    return out


def theirs(direction: int, sounds: list[Samples]) -> list[Times]:
    return [
        [(CODES.index(chr(code)) + 1 if code else 0, at) for code, at in spandsp.r2_receive_timed(x, direction == FORWARD)]
        for x in sounds
    ]


def right(got: Times, signal: int, taken: bool) -> bool:
    return [code for code, _ in got if code] == ([signal] if taken else [])


@pytest.mark.parametrize("direction", [FORWARD, BACKWARD])
def test_never_worse_by_the_cases_of_q455(direction: int) -> None:
    for name, make, taken in CASES:
        signals, _, _, sounds = sounds_of(direction, make)
        mine = sum(right(got, s, taken) for got, s in zip(ours(direction, sounds), signals, strict=True))
        other = sum(right(got, s, taken) for got, s in zip(theirs(direction, sounds), signals, strict=True))
        print(f"{'forward' if direction == FORWARD else 'backward'}, {name}: {mine} of {len(sounds)}, libspandsp {other}")
        assert mine == len(sounds), name
        assert mine >= other


@pytest.mark.parametrize("direction", [FORWARD, BACKWARD])
@pytest.mark.parametrize("below_db", [18, 12])
def test_never_worse_in_noise(direction: int, below_db: float) -> None:
    """White noise so far below each frequency; 18 dB: all are heard."""
    signals, _, _, sounds = sounds_of(direction, lambda rng, d, s: pair(rng, d, s, level=-20), -20.0 - below_db)
    mine = sum(right(got, s, True) for got, s in zip(ours(direction, sounds), signals, strict=True))
    other = sum(right(got, s, True) for got, s in zip(theirs(direction, sounds), signals, strict=True))
    print(f"noise {below_db} dB below: {mine} of {len(sounds)}, libspandsp {other}")
    assert mine >= other
    assert mine == len(sounds) or below_db < 18


@pytest.mark.parametrize("direction", [FORWARD, BACKWARD])
def test_operate_and_release_within_80_ms_and_no_slower(direction: int) -> None:
    """The sum of both, of the worst signal at any of its levels."""
    worst = {"ours": 0.0, "theirs": 0.0}
    for level in (-5.0, -20.0, -35.0):
        _, begins, ends, sounds = sounds_of(direction, lambda rng, d, s, level=level: pair(rng, d, s, level=level))  # type: ignore[misc]
        for who, heard in (("ours", ours(direction, sounds)), ("theirs", theirs(direction, sounds))):
            for got, begin, end in zip(heard, begins, ends, strict=True):
                on = next((at for code, at in got if code), None)
                off = next((at for code, at in got if not code), None)
                both = (on - begin + off - end) / 8 if on is not None and off is not None else 1000.0
                worst[who] = max(worst[who], both)
    print(f"operate + release, worst: {worst['ours']:.1f} ms, libspandsp {worst['theirs']:.1f} ms")
    assert worst["ours"] <= 80 - 10  # what a tick of 10 ms adds
    assert worst["ours"] <= worst["theirs"]
