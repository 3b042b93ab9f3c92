"""The echo canceller's kernel: what every input has to bear.  The tests of G.168 by their numbers are in test_g168*.py."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from xunhu._media.echo import EchoBank

RATE = 8000


def noise(seconds: float, rms: float, seed: int = 1) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(0, rms, int(seconds * RATE))


def to_int16(x: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.clip(np.round(x), -32768, 32767).astype(np.int16)


def path(delay_samples: int, erl_db: float, seed: int = 3) -> NDArray[np.float64]:
    """A hybrid: 8 ms that die away, behind a pure delay."""
    h = np.random.default_rng(seed).normal(0, 1, 64) * np.exp(-np.arange(64) / 12)
    return np.concatenate([np.zeros(delay_samples), h / np.sqrt((h**2).sum()) * 10 ** (-erl_db / 20)])


def echo_of(x: NDArray[np.int16], h: NDArray[np.float64]) -> NDArray[np.float64]:
    out: NDArray[np.float64] = np.convolve(x.astype(float), h)[: len(x)]
    return out


def db(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    return float(10 * np.log10(((a.astype(float) ** 2).sum() + 1) / ((b.astype(float) ** 2).sum() + 1)))


@pytest.mark.parametrize("delay", [0, 240, 800])
def test_an_echo_is_taken_away(delay: int) -> None:
    x = to_int16(noise(3, 2000))
    echo = echo_of(x, path(delay, 10))
    bank = EchoBank(1, nlp=False, law=None)
    out = bank.run(x[None], to_int16(echo)[None])[0].astype(float)
    assert db(echo[-RATE:], out[-RATE:]) > 35
    assert bank.state(0).erl_db == pytest.approx(10, abs=1)
    assert abs(bank.state(0).delay_ms - delay / 8) <= 12


def test_what_is_out_of_range_is_refused() -> None:
    for wrong in ({"tail_ms": 7}, {"tail_ms": 129}, {"law": "X"}, {"channels": 0}):
        with pytest.raises(ValueError, match=r"must be|multiple"):
            EchoBank(**{"channels": 1, **wrong})  # type: ignore[arg-type]
    bank = EchoBank(2)
    with pytest.raises(ValueError, match=r"must be|multiple"):
        bank.run(np.zeros((2, 81), np.int16), np.zeros((2, 81), np.int16))
    with pytest.raises(ValueError, match=r"must be|multiple"):
        bank.run(np.zeros((1, 80), np.int16), np.zeros((1, 80), np.int16))
    with pytest.raises(IndexError):
        bank.state(2)
