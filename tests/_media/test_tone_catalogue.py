"""The catalogue of test sounds: lengths, levels and frequencies by NumPy."""

import re

import numpy as np
import pytest
from dtmf_sounds import FULL, RATE
from numpy.typing import NDArray

from xunhu._media.tone_catalogue import CATALOGUE


def made(
    name: str, seconds: float | None = None, level: float | None = None, argument: str | None = None
) -> NDArray[np.float64]:
    return np.frombuffer(CATALOGUE[name].samples(seconds, level, argument), np.int16).astype(np.float64)


def lines(x: NDArray[np.float64], above: float = -40) -> dict[int, float]:
    """Peaks of the spectrum in whole Hz, dBm0."""
    w = np.blackman(len(x))
    spectrum = 2 * np.abs(np.fft.rfft(x * w)) / w.sum()
    level = 20 * np.log10(np.maximum(spectrum, 1e-9) / FULL)
    peaks = [i for i in range(1, len(level) - 1) if level[i] > above and level[i] == level[i - 1 : i + 2].max()]
    return {round(i * RATE / len(x)): float(level[i]) for i in peaks}


@pytest.mark.parametrize("name", CATALOGUE)
def test_each_has_its_length_and_says_so_in_two_languages(name: str) -> None:
    sound = CATALOGUE[name]
    assert len(sound.samples()) == 2 * round(sound.seconds * RATE)
    assert len(sound.samples(0.25)) == 4000
    assert sound.en
    assert re.search("[\u4e00-\u9fff]", sound.zh)
    assert sound.samples(0.5) == sound.samples(0.5)
    if name != "silence":
        assert np.abs(made(name)).max() > 0


@pytest.mark.parametrize("name", [n for n, s in CATALOGUE.items() if n not in ("silence", "noise")])
@pytest.mark.parametrize("level", [-40.0, -12.0])
def test_levels_are_as_asked_for(name: str, level: float) -> None:
    """The greatest sample: one sine, two sines, or a sine modulated by 20 %."""
    peak = 20 * np.log10(np.abs(made(name, level=level)).max() / FULL)
    room = 6.03 if "dtmf" in name or "r2-" in name else 1.6 if "ansam" in name else 0.02
    assert level - 0.05 <= peak <= level + room


def test_milliwatt_is_exact() -> None:
    x = made("milliwatt", 2)
    assert lines(x) == {1004: pytest.approx(0, abs=0.01)}


@pytest.mark.parametrize(("name", "hz"), [("cng", 1100), ("ced", 2100), ("calling", 1300), ("dial", 450), ("continuity", 2000)])
def test_frequencies(name: str, hz: int) -> None:
    assert lines(made(name, 0.45, -13)[400:3600]) == {hz: pytest.approx(-13, abs=0.05)}


def test_r2_pairs_are_those_of_q441() -> None:
    """Table 5: signal n is the sum of the weights 0 1 2 4 7 11, but for 10, 14 and 15."""
    weights = dict(zip((0, 1, 2, 4, 7, 11), range(6), strict=True))
    forward, backward = (1380, 1500, 1620, 1740, 1860, 1980), (1140, 1020, 900, 780, 660, 540)
    for name, hz in (("r2-forward", forward), ("r2-backward", backward)):
        for signal in range(1, 16):
            total = {10: 11, 14: 15, 15: 18}.get(signal, signal)
            pairs = {(i, j) for a, i in weights.items() for b, j in weights.items() if a < b and a + b == total}
            want = {hz[i] for i, j in pairs for i in (i, j)} if signal != 11 else {hz[0], hz[5]}
            if signal == 10:
                want = {hz[3], hz[4]}
            got = lines(made(name, 0.07, -11.5, str(signal))[20:540])
            assert len(got) == 2, signal
            assert all(min(abs(g - w) for w in want) <= 8 for g in got), signal


@pytest.mark.parametrize(
    ("name", "modulated", "reversed_"), [("ced", 0, 0), ("ans-pr", 0, 1), ("ansam", 1, 0), ("ansam-pr", 1, 1)]
)
def test_answering_tones(name: str, modulated: int, reversed_: int) -> None:
    """Brought to 0 Hz: 15 Hz of 20 % in the amplitude, and the phase turned over each 450 ms."""
    x = made(name, 3.3, -12)
    base = (x * np.exp(-2j * np.pi * 2100 * np.arange(len(x)) / RATE))[: 8000 * 3]
    smooth = base.reshape(-1, 40).mean(1)
    level = 2 * np.abs(smooth) / (FULL * 10 ** (-12 / 20))
    steady = level[20:80]
    assert steady.max() - steady.min() == pytest.approx(0.4 * modulated, abs=0.02)
    turns = np.flatnonzero(np.real(smooth[4:] * np.conj(smooth[:-4])) < 0) // 4 * 4
    assert len({round((t + 4) * 5 / 450) for t in turns}) == (6 if reversed_ else 0)


def test_sweep_goes_through_its_band() -> None:
    x = made("sweep", 5, -10, "300-3400")
    for at, hz in ((0.5, 610), (2.5, 1850), (4.5, 3090)):
        part = x[int(at * RATE) - 200 : int(at * RATE) + 200]
        spectrum = np.abs(np.fft.rfft(part * np.hanning(400), 8000))
        assert abs(int(spectrum.argmax()) - hz) <= 20


def test_noise_has_the_power_of_its_level() -> None:
    x = made("noise", 5, -20)
    assert 20 * np.log10(x.std() * 2**0.5 / FULL) == pytest.approx(-20, abs=0.1)


@pytest.mark.parametrize(
    ("name", "arguments", "text"),
    [
        ("cng", (1, -10, "x"), "no argument"),
        ("tone", (1, -10, "5000"), "1 to 3999"),
        ("tone", (1, -10, "a"), "number"),
        ("tone", (0, -10, "1"), "seconds"),
        ("tone", (1, 4, "1"), "level"),
        ("dial", (1, -10, "moon"), "there are"),
        ("r2-forward", (1, -10, "16"), "1 to 15"),
        ("sweep", (1, -10, "300"), "number"),
        ("dtmf", (1, -10, "12Z"), "digits"),
    ],
)
def test_wrong_use_is_refused(name: str, arguments: tuple[float, float, str], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        CATALOGUE[name].samples(*arguments)
