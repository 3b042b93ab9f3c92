"""Every codec of the table from our sender to our receiver, with loss and another clock: order, time and loudness stay."""

from __future__ import annotations

import numpy as np
import pytest
from plc_sounds import speech

from xunhu._media import rtp, rtp_codec

CODECS = [name for name, *_ in rtp.codecs() if (row := rtp_codec.named(name)) is not None and row.available]


def stream(name: str, seconds: float, loss: float, ptime: int = 0) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:  # type: ignore[type-arg]
    x = speech("en-gb", 20.0)[: int(seconds * 8000)]
    sender = rtp.Sender(rtp.Coder(name, encoder=True), 96, ptime_ms=ptime)
    receiver = rtp.Receiver(adaptive=False, fixed_ms=40)
    receiver.accept(96, rtp.Coder(name))
    rng, out, sound = np.random.default_rng(4), np.zeros(80, np.int16), []
    for tick in range(len(x) // 80):
        for p in sender.write(x[tick * 80 : tick * 80 + 80]):
            if rng.random() >= loss:
                assert receiver.packet(p, tick * 10_000_000) == rtp.KEPT
        receiver.read(out)
        sound.append(out.copy())
    return x, np.concatenate(sound), receiver.stats()


def envelope(x: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    return np.sqrt(np.convolve(x.astype(float) ** 2, np.ones(160) / 160, "same"))[80::20]


def likeness(x: np.ndarray, y: np.ndarray) -> float:  # type: ignore[type-arg]
    """Correlation of the envelopes, at the delay (up to 150 ms) at which it is best."""
    a, b = envelope(x), envelope(y)
    return float(max(np.corrcoef(a[: len(a) - k], b[k:])[0, 1] for k in range(60)))


@pytest.mark.parametrize("name", CODECS)
def test_whole(name: str) -> None:
    x, y, s = stream(name, 6.0, 0.0)
    assert (s["lost"], s["late"], s["early"], s["invalid"], s["conceals"], s["jitter"]) == (0, 0, 0, 0, 0, 0)
    assert likeness(x, y) > 0.97
    assert envelope(y).mean() == pytest.approx(envelope(x).mean(), rel=0.25)


@pytest.mark.parametrize("name", CODECS)
def test_with_loss(name: str) -> None:
    x, y, s = stream(name, 6.0, 0.05)
    row = rtp_codec.named(name)
    assert row is not None
    assert s["late"] == s["early"] == s["invalid"] == 0
    assert s["conceals"] <= s["lost"] + 1
    assert s["conceals"] > 3
    assert likeness(x, y) > 0.9
    assert np.abs(y.astype(int)).max() < 32767


@pytest.mark.parametrize("name", CODECS)
def test_the_same_twice(name: str) -> None:
    """The same twice: a stream leaves nothing behind for the next."""
    assert np.array_equal(stream(name, 1.0, 0.0)[1], stream(name, 1.0, 0.0)[1])
