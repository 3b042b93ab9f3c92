"""Our tone disabler against libspandsp: its generator heard by ours, its receiver on the same sounds, and hours of speech."""

import numpy as np
import pytest
import spandsp_answer as spandsp
from dtmf_speech import SPEEDS, played, speech
from numpy.typing import NDArray

from xunhu._media.tone_disabler import ToneDisabler

pytestmark = pytest.mark.interop

Samples = NDArray[np.int16]


@pytest.mark.parametrize(
    ("kind", "disables"),
    [(spandsp.ANS, False), (spandsp.ANSAM, False), (spandsp.ANS_PR, True), (spandsp.ANSAM_PR, True)],
)
def test_its_generator(kind: int, disables: bool) -> None:
    got = ToneDisabler().feed(spandsp.send(kind, 6 * 8000))
    assert [on for _, on in got] == ([True, False] if disables else [])


def answer(hz: float = 2100, level: float = -12, degrees: float = 180, am: float = 0, noise: float = -99) -> Samples:
    """noise: white, dBm0."""
    t = np.arange(3 * 8000) / 8000
    phase = 2 * np.pi * hz * t + np.deg2rad(degrees) * np.floor(t / 0.45)
    x = 22779 * 10 ** (level / 20) * (1 + am * np.sin(2 * np.pi * 15 * t)) * np.sin(phase)
    x += np.random.default_rng(1).normal(0, 22779 / np.sqrt(2) * 10 ** (noise / 20), len(x))
    return np.clip(np.round(x), -32768, 32767).astype(np.int16)


def both(sounds: list[Samples]) -> tuple[int, int]:
    """How many of the sounds disable ours, and are reversals for spandsp."""
    return sum(bool(ToneDisabler().feed(x)) for x in sounds), sum(map(spandsp.hears_reversals, sounds))


def test_the_corners_of_the_tone() -> None:
    """Band, levels and reversals: both hear all."""
    cases = [(hz, level, degrees, am) for hz in (2079, 2100, 2121) for level in (-6, -20, -31)
             for degrees in (155, 180, 205) for am in (0.0, 0.2)]  # fmt: skip
    assert both([answer(*case) for case in cases]) == (54, 54)


def test_under_noise_ours_hears_it() -> None:
    """11 dB below the tone: spandsp's receiver, as it comes, hears none of these."""
    assert both([answer(hz, am=am, noise=-23) for hz in (2079, 2100, 2121) for am in (0.0, 0.2)]) == (6, 0)


def test_what_is_no_reversal() -> None:
    """Phase steps up to 110 degrees and levels of -36 dBm0 and below: spandsp's receiver takes each of them for one."""
    wrong = [answer(degrees=degrees) for degrees in (110, -110, 90)] + [answer(level=level) for level in (-36, -40)]
    assert both(wrong) == (0, 5)


def test_no_false_operation_on_speech() -> None:
    seconds = 0.0
    for speed in SPEEDS:
        for x in (played(sound, speed) for sound in speech()):
            assert ToneDisabler().feed(x) == []
            seconds += len(x) / 8000
    assert seconds > 2000
