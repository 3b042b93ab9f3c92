"""Our MFC/R2 receiver and sender against libspandsp's, and both receivers on the same sounds."""

import numpy as np
import pytest
import spandsp_tones as spandsp
from dtmf_speech import SPEEDS, played, speech
from numpy.typing import NDArray

from xunhu._media.r2mf import BACKWARD, BACKWARD_4, FORWARD, R2Bank, r2_step
from xunhu._media.tones import ToneGenerator

pytestmark = pytest.mark.interop

Samples = NDArray[np.int16]
CODES = "1234567890BCDEF"  # its characters for signals 1 to 15
DIRECTIONS = pytest.mark.parametrize("direction", [FORWARD, BACKWARD])


def ours(sounds: list[Samples], direction: int) -> list[list[int]]:
    rows = np.zeros((len(sounds), max(map(len, sounds)) + 800), np.int16)
    for row, sound in zip(rows, sounds, strict=True):
        row[: len(sound)] = sound
    codes: list[list[int]] = [[] for _ in sounds]
    for hit in R2Bank(len(sounds), direction).feed(rows):
        if hit.code:
            codes[hit.channel].append(hit.code)
    return codes


def theirs(sounds: list[Samples], direction: int) -> list[list[int]]:
    padded = [np.concatenate([x, np.zeros(800, np.int16)]) for x in sounds]
    return [[CODES.index(chr(c)) + 1 for c in spandsp.r2_receive(x, direction == FORWARD) if c] for x in padded]


def sent(
    direction: int, number: int, *, level: float = -11.5, twist: float = 0.0, off: float = 1.0, ms: int = 60
) -> Samples:
    f1, f2, level1, level2, _ = r2_step(direction, number, level_dbm0=level, twist_db=twist)
    return np.array(ToneGenerator([(f1 * off, f2 * off, level1, level2, ms)], repeats=1).run(ms * 8), np.int16)


@DIRECTIONS
def test_its_sender_is_heard(direction: int) -> None:
    sounds = [
        np.concatenate([np.zeros(n * 7, np.int16), spandsp.r2_send(c, direction == FORWARD, 560)])
        for n, c in enumerate(CODES)
    ]
    assert ours(sounds, direction) == [[n] for n in range(1, 16)]


@DIRECTIONS
def test_it_hears_our_sender(direction: int) -> None:
    sounds = [sent(direction, number) for number in range(1, 16)]
    assert theirs(sounds, direction) == ours(sounds, direction) == [[n] for n in range(1, 16)]


@DIRECTIONS
def test_never_worse_on_the_same_signals(direction: int) -> None:
    """Levels, twists, 18 dB of noise, 60 ms each: how many are heard as what they are, and as nothing else."""
    rng = np.random.default_rng(1)
    total = {"ours": 0, "theirs": 0}
    for level in (-5.0, -20.0, -33.0):
        for twist in (-4.5, 0.0, 4.5):
            for snr in (18.0, 60.0):
                sounds = []
                for number in range(1, 16):
                    x = sent(
                        direction,
                        number,
                        level=level - max(twist, 0),
                        twist=twist,
                        off=float(1 + rng.uniform(-0.005, 0.005)),
                    )
                    x = np.concatenate([np.zeros(int(rng.integers(200, 400)), np.int16), x, np.zeros(400, np.int16)])
                    sigma = 22779 / 2**0.5 * 10 ** ((level - snr) / 20)
                    sounds.append(np.clip(np.round(x + rng.normal(0, sigma, len(x))), -32768, 32767).astype(np.int16))
                right = [[n] for n in range(1, 16)]
                ours_now = sum(a == b for a, b in zip(ours(sounds, direction), right, strict=True))
                theirs_now = sum(a == b for a, b in zip(theirs(sounds, direction), right, strict=True))
                assert ours_now >= theirs_now, (level, twist, snr)
                total["ours"] += ours_now
                total["theirs"] += theirs_now
    print(f"direction {direction}: {total} of {3 * 3 * 2 * 15}")
    assert total["ours"] == 3 * 3 * 2 * 15


@pytest.mark.slow
def test_no_false_signal_in_speech() -> None:
    """More than 45 minutes of espeak-ng in 24 voices; the other receiver has about one each second."""
    false, false_theirs, minutes = 0, 0, 0.0
    for speed in SPEEDS:
        sounds = [played(x, speed) for x in speech()]
        minutes += sum(map(len, sounds)) / 8000 / 60
        for direction in (FORWARD, BACKWARD, BACKWARD_4):
            false += sum(map(len, ours(sounds, direction)))
        false_theirs += sum(len(codes) for direction in (FORWARD, BACKWARD) for codes in theirs(sounds, direction))
    print(f"{minutes:.0f} minutes of speech: false signals ours {false}, spandsp's {false_theirs}")
    assert minutes >= 45
    assert false == 0
    assert false_theirs > 1000
