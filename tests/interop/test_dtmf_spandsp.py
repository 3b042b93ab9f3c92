"""Our DTMF receiver against libspandsp: its generator heard by ours, and its receiver on the same sounds as ours."""

import numpy as np
import pytest
import spandsp_dtmf as spandsp
from dtmf_speech import SPEEDS, played, speech
from numpy.typing import NDArray

from xunhu._media.dtmf import DtmfBank

pytestmark = pytest.mark.interop

Samples = NDArray[np.int16]
DIGITS = "123A456B789C*0#D"
LOW = (697, 770, 852, 941)
HIGH = (1209, 1336, 1477, 1633)


def ours(sounds: list[Samples]) -> list[str]:
    rows = np.zeros((len(sounds), max(map(len, sounds)) + 400), np.int16)
    for row, sound in zip(rows, sounds, strict=True):
        row[: len(sound)] = sound
    digits = [""] * len(sounds)
    for hit in DtmfBank(len(sounds)).feed(rows):
        digits[hit.channel] += hit.digit
    return digits


def theirs(sounds: list[Samples]) -> list[str]:
    return [spandsp.receive(np.concatenate([x, np.zeros(400, np.int16)])) for x in sounds]


def from_tones(low_off: float, high_off: float, *, level: int = -10, twist: int = 0, ms: int = 50) -> list[Samples]:
    """Each digit by spandsp's tone generator, in whole Hz, frequencies off by a part of nominal; twist = high over low."""
    levels = (level - max(twist, 0), level + min(twist, 0))
    lead = np.zeros(160, np.int16)
    pairs = [(round(lo * (1 + low_off)), round(hi * (1 + high_off))) for lo in LOW for hi in HIGH]
    return [
        np.concatenate([lead, spandsp.tones(lo, levels[0], hi, levels[1], on_ms=ms, off_ms=60)]) for lo, hi in pairs
    ]


@pytest.mark.parametrize(("on", "off"), [(40, 40), (50, 50), (70, 30), (100, 100)])
@pytest.mark.parametrize("twist", [-8, -4, 0, 4])
@pytest.mark.parametrize("level", [-4, -10, -17, -25])
def test_its_generator_is_heard(on: int, off: int, twist: int, level: int) -> None:
    """Levels of the stronger tone. spandsp makes each digit at its own phase, so blocks and digits drift apart."""
    digits = DIGITS * 3
    sound = spandsp.send(digits, level=level - max(twist, 0), twist=twist, on_ms=on, off_ms=off)
    assert ours([sound]) == [digits]


@pytest.mark.parametrize("off", [(0.015, 0.015), (-0.015, -0.015), (0.015, -0.015), (-0.015, 0.015)])
@pytest.mark.parametrize("twist", [-8, 0, 4])
def test_its_tones_1_5_percent_off_are_heard(off: tuple[float, float], twist: int) -> None:
    assert ours(from_tones(*off, twist=twist)) == list(DIGITS)


def test_ours_hears_all_where_spandsp_misses_some() -> None:
    """The corners of Q.24 (frequencies, twist) at six levels: the other receiver, as it comes, misses some of them."""
    levels = range(-24, -3, 4)
    offs = [s for sign in (1, -1) for at in levels for s in from_tones(0.015 * sign, 0.015, level=at)]
    twists = [s for twist in (4, -8) for at in levels for s in from_tones(0, 0, twist=twist, level=at)]
    for name, sounds in (("1.5 % off", offs), ("twist +4 and -8 dB", twists)):
        right = list(DIGITS) * 12
        found = sum(a == b for a, b in zip(theirs(sounds), right, strict=True))
        print(f"{name}: ours {sum(a == b for a, b in zip(ours(sounds), right, strict=True))}, spandsp {found} of {len(right)}")
        assert ours(sounds) == right
        assert found < len(right)


@pytest.mark.parametrize("off", [(0.036, 0.0), (-0.036, 0.0), (0.0, 0.036), (0.0, -0.036)])
def test_none_beyond_3_5_percent(off: tuple[float, float]) -> None:
    assert ours(from_tones(*off, ms=100)) == [""] * 16


@pytest.mark.slow
def test_fewer_false_digits_in_speech_than_spandsp() -> None:
    """More than 30 minutes of espeak-ng, Chinese and English, in 24 voices at -20 to -3 dBm0, as it is and 5 % slower."""
    minutes, false, false_theirs = 0.0, "", ""
    for speed in SPEEDS:
        sounds = [played(x, speed) for x in speech()]
        minutes += sum(map(len, sounds)) / 8000 / 60
        false += "".join(ours(sounds))
        false_theirs += "".join(theirs(sounds))
    print(f"{minutes:.0f} minutes of speech: false digits ours {len(false)} {false!r}, spandsp's {len(false_theirs)} {false_theirs!r}")
    assert minutes >= 30
    assert len(false) < len(false_theirs) or false == false_theirs == ""
