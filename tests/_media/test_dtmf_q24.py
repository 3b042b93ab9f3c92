"""The DTMF receiver by ITU-T Q.24 (Annex A, Table A-1: what administrations ask for; China by GB/T 3378) and by the steps of the
Bellcore/Mitel CM7291 test tape, built synthetically; beside libspandsp's receiver on the same sound: never worse."""

import importlib.util
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import numpy as np
import pytest
from dtmf_sounds import DIGITS, FULL, RATE, Sound, alaw, heard, noise, pair, pcm, silence, sine
from progress_sounds import speech

from xunhu._media.dtmf import DtmfBank


def _spandsp() -> ModuleType:
    path = Path(__file__).resolve().parents[1] / "interop" / "spandsp_dtmf.py"
    spec = importlib.util.spec_from_file_location("spandsp_dtmf_q24", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


spandsp = _spandsp()


def theirs(sounds: list[Sound]) -> list[str]:
    return [spandsp.receive(pcm(np.concatenate([x, silence(60)]))) for x in sounds]


class Administration(NamedTuple):
    name: str
    offset: tuple[float, float]  # accepted: part of the frequency, and Hz
    rejected: float  # part of the frequency from which on it must not be accepted
    levels: tuple[float, float]  # of each tone, dBm0: strongest, weakest accepted
    twist: tuple[float, float]  # high over low, dB: lowest, highest
    tone_ms: float  # accepted from
    short_ms: float  # not accepted up to
    pause_ms: float  # tells two digits apart
    interruption_ms: float  # does not
    cycle_ms: float  # tone and pause of the fastest sender


ADMINISTRATIONS = (
    Administration("NTT", (0.018, 0), 0.03, (-3, -24), (-5, 5), 40, 24, 30, 10, 120),
    Administration("AT&T", (0.015, 0), 0.035, (0, -25), (-8, 4), 40, 23, 40, 10, 93),
    Administration("Denmark", (0.015, 2), 0.035, (-2, -27), (-6, 6), 40, 20, 40, 15, 100),
    Administration("Australia", (0.015, 4), 0.07, (-5, -27), (-9, 8), 40, 25, 70, 12, 125),
    Administration("Brazil", (0.018, 0), 0.03, (-3, -25), (-9, 8), 40, 20, 30, 10, 120),
    Administration("China", (0.015, 0), 0.035, (-4, -23), (-6, 6), 40, 20, 40, 10, 100),
)
EACH = pytest.mark.parametrize("a", ADMINISTRATIONS, ids=[a.name for a in ADMINISTRATIONS])


def keyed(make: Callable[[str, float], Sound], ms: float) -> list[Sound]:
    """All sixteen digits, each behind some silence."""
    return [np.concatenate([silence(30 + 3.3 * i), make(digit, ms), silence(60)]) for i, digit in enumerate(DIGITS)]


def right(sounds: list[Sound]) -> tuple[int, int]:
    """How many of the sixteen ours and spandsp's give, each once."""
    wanted = list(DIGITS)
    return (
        sum(a == b for a, b in zip(heard(sounds), wanted, strict=True)),
        sum(a == b for a, b in zip(theirs(sounds), wanted, strict=True)),
    )


@EACH
@pytest.mark.parametrize("signs", [(1, 1), (1, -1), (-1, 1), (-1, -1)])
def test_frequencies_that_are_accepted(a: Administration, signs: tuple[int, int]) -> None:
    off = (a.offset[0] * signs[0], a.offset[0] * signs[1])
    for level in (a.levels[0] - 3, a.levels[1] + 1):
        ours, other = right(keyed(lambda d, ms, level=level: pair(d, ms, level=level, off=off, off_hz=a.offset[1]), 50))
        assert ours == 16
        assert ours >= other


@EACH
def test_frequencies_that_are_not(a: Administration) -> None:
    for off in ((a.rejected, 0.0), (-a.rejected, 0.0), (0.0, a.rejected), (0.0, -a.rejected)):
        assert heard(keyed(lambda d, ms, off=off: pair(d, ms, level=-10, off=off), 100)) == [""] * 16


@EACH
def test_levels_and_twist(a: Administration) -> None:
    for stronger in (a.levels[0], (a.levels[0] + a.levels[1]) / 2, a.levels[1]):
        for twist in (a.twist[0], 0, a.twist[1]):
            ours, other = right(keyed(lambda d, ms, s=stronger, t=twist: pair(d, ms, level=s, twist=t), a.tone_ms + 2))
            assert ours == 16, (stronger, twist)
            assert ours >= other


@EACH
def test_lengths_pauses_and_interruptions(a: Administration) -> None:
    assert right(keyed(lambda d, ms: pair(d, ms, level=-10), a.tone_ms))[0] == 16
    assert heard(keyed(lambda d, ms: pair(d, ms, level=-10), a.short_ms)) == [""] * 16
    twice = [np.concatenate([silence(40), pair(d, 50), silence(a.pause_ms), pair(d, 50), silence(60)]) for d in DIGITS]
    assert heard(twice) == [d * 2 for d in DIGITS]
    once = [
        np.concatenate([silence(40), pair(d, 60), silence(a.interruption_ms), pair(d, 60), silence(60)]) for d in DIGITS
    ]
    assert heard(once) == list(DIGITS)
    fast = np.concatenate(
        [
            silence(40),
            *[np.concatenate([pair(d, a.tone_ms + 5), silence(a.cycle_ms - a.tone_ms - 5)]) for d in DIGITS * 3],
        ]
    )
    assert heard([np.concatenate([fast, silence(60)])]) == [DIGITS * 3]


# -- Bellcore / Mitel CM7291 ---------------------------------------------------------------------------------------------


def test_tape_1_decode_check() -> None:
    """Each digit ten times, 50 ms on and off, at nominal frequencies and levels, through A-law."""
    sounds = [
        alaw(np.concatenate([silence(40), *[np.concatenate([pair(d, 50, level=-10), silence(50)])] * 10]))
        for d in DIGITS
    ]
    assert heard(sounds) == [d * 10 for d in DIGITS]


def bandwidth(digit: str, tone: int, hears: Callable[[list[Sound]], list[str]]) -> tuple[float, float]:
    """How far one tone may be off, below and above, in steps of 0.1 %; the other is right."""
    steps = [k / 1000 for k in range(1, 61)]
    out = []
    for sign in (-1, 1):
        sounds = []
        for step in steps:
            off = (sign * step, 0.0) if tone == 0 else (0.0, sign * step)
            sounds.append(np.concatenate([silence(37), pair(digit, 50, level=-10, off=off), silence(60)]))
        good = [got == digit for got in hears(sounds)]
        out.append(steps[good.index(False) - 1] if False in good else steps[-1])
    return out[0], out[1]


@pytest.mark.parametrize(
    ("digit", "tone"), [("1", 0), ("5", 0), ("9", 0), ("D", 0), ("1", 1), ("5", 1), ("9", 1), ("D", 1)]
)
def test_tape_2_recognition_bandwidth(digit: str, tone: int) -> None:
    low, high = bandwidth(digit, tone, heard)
    print(f"tone {tone} of {digit}: -{low:.1%} +{high:.1%}")
    assert 0.015 <= low <= 0.033
    assert 0.015 <= high <= 0.033
    assert abs(low - high) < 0.005  # its centre is where it should be


def widest(
    make: Callable[[float], Sound], digit: str, steps: list[float], hears: Callable[[list[Sound]], list[str]]
) -> float:
    good = [got == digit for got in hears([np.concatenate([silence(37), make(step), silence(60)]) for step in steps])]
    return steps[good.index(False) - 1] if False in good else steps[-1]


@pytest.mark.parametrize("digit", ["1", "5", "9", "D"])
def test_tape_3_twist(digit: str) -> None:
    steps = [k / 10 for k in range(0, 200, 2)]
    for sign, least in ((1, 4.0), (-1, 8.0)):
        ours, other = (
            widest(lambda t, sign=sign: pair(digit, 50, level=-8, twist=sign * t), digit, steps, h)
            for h in (heard, theirs)
        )
        print(f"{digit}: twist {sign * ours:+.1f} dB, libspandsp {sign * other:+.1f} dB")
        assert ours >= least
        assert ours >= min(other, least)


@pytest.mark.parametrize("digit", ["1", "5", "9", "D"])
def test_tape_4_dynamic_range(digit: str) -> None:
    steps = [float(k) for k in range(60)]
    ours, other = (widest(lambda down: pair(digit, 50, level=-2.9 - down), digit, steps, h) for h in (heard, theirs))
    print(f"{digit}: {ours} dB, libspandsp {other} dB")
    assert ours >= 28
    assert ours >= other


@pytest.mark.parametrize("digit", ["1", "5", "9", "D"])
def test_tape_5_guard_time(digit: str) -> None:
    """Pulses from 49 ms downwards in steps of 0.1 ms: the shortest that is heard."""
    steps = [k / 10 for k in range(300)]
    ours, other = (
        49 - widest(lambda less: pair(digit, 49 - less, level=-10), digit, steps, h) for h in (heard, theirs)
    )
    print(f"{digit}: from {ours:.1f} ms, libspandsp {other:.1f} ms")
    assert 25 < ours <= 26  # Q.24, Australia: 25 ms are none
    assert ours <= max(other, 25.6)


@pytest.mark.parametrize("snr", [24, 18, 15])
def test_tape_6_white_noise(snr: int) -> None:
    """A thousand pulses of 50 ms with noise below the stronger tone: none is missed, none is made of noise."""
    rng = np.random.default_rng(snr)
    row = np.concatenate(
        [silence(100), *[np.concatenate([pair(d, 50, level=-10), silence(50)]) for d in (DIGITS * 63)[:1000]]]
    )
    x = row + noise(rng, -10 - snr, len(row))
    ours, other = heard([x])[0], theirs([x])[0]
    assert ours == (DIGITS * 63)[:1000]
    assert len(ours) >= len(other)


@pytest.mark.parametrize("kind", [0, 1])
def test_impulse_noise_makes_no_digit_and_hides_none(kind: int) -> None:
    """Bellcore's tape of impulses: short crackles, up to the overload of the codec, ten a second or in packs."""
    rng = np.random.default_rng(kind)
    n = 60 * RATE
    x = np.zeros(n)
    for at in (
        rng.integers(0, n - 200, 600)
        if kind == 0
        else np.repeat(rng.integers(0, n - 4000, 60), 10) + rng.integers(0, 3000, 600)
    ):
        length = int(rng.integers(2, 40))
        x[at : at + length] += rng.uniform(3000, 20000) * np.exp(-np.arange(length) / 6) * rng.choice([-1, 1], length)
    assert heard([x]) == [""]
    digits = DIGITS * 20
    pulses = np.concatenate([silence(50), *[np.concatenate([pair(d, 70, level=-8), silence(70)]) for d in digits]])
    ours, other = heard([pulses + 0.25 * x[: len(pulses)]])[0], theirs([pulses + 0.25 * x[: len(pulses)]])[0]
    print(f"among crackles: ours {len(ours)} of {len(digits)}, libspandsp {len(other)}")
    assert len(ours) >= 0.97 * len(digits)
    assert len(ours) >= min(len(other), len(digits))


@pytest.mark.parametrize(("hz", "below"), [((350, 440), 15), ((425,), 15), ((450,), 15)])
def test_dial_tone_behind_the_digits(hz: tuple[int, ...], below: float) -> None:
    digits = DIGITS * 4
    row = np.concatenate([silence(50), *[np.concatenate([pair(d, 70, level=-8), silence(60)]) for d in digits]])
    dial = sum(sine(f, -8 - below, len(row)) for f in hz)
    assert heard([row + dial]) == [digits]
    assert np.abs(row).max() < FULL


# -- talk-off --------------------------------------------------------------------------------------------------------------


def false_digits(sound: np.ndarray) -> tuple[str, str]:
    ours = "".join(hit.digit for hit in DtmfBank(1).feed(sound[None, :]))
    return ours, spandsp.receive(sound)


def test_ten_minutes_of_speech_in_eleven_languages() -> None:
    ours, _ = false_digits(speech(600, np.random.default_rng(21)))
    assert ours == ""


@pytest.mark.slow
def test_an_hour_of_speech_in_eleven_languages() -> None:
    rng = np.random.default_rng(22)
    ours = other = ""
    for _ in range(12):
        a, b = false_digits(speech(300, rng))
        ours, other = ours + a, other + b
    print(f"an hour of speech: ours {ours!r}, libspandsp {other!r}")
    assert len(ours) <= len(other)
    assert ours == ""
