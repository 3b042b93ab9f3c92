"""The tone disabler against ITU-T G.168 clause 7 (numbers carried over from G.165), with sounds made here; against another
implementation and on speech: tests/interop.

The recommendation's text was not at hand; the limits are those of xunhu/tone_disabler.h. Of them, the band (2100 +- 21 Hz),
the range of levels (-31 dBm0 hears, -36 dBm0 does not), the reversals (450 +- 25 ms, 180 +- 25 degrees, none at 110) and the
times (1 s to operate, drop-outs of 100 ms, release after 250 +- 150 ms) are well known; where a limit is ours it says so.
"""

import numpy as np
import pytest
from dtmf_sounds import FULL, RATE, Sound, alaw, noise, pcm, silence, sine, ulaw
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media.tone_disabler import ToneDisabler


def answer_tone(
    ms: float = 3300,
    *,
    hz: float = 2100,
    level: float = -12,
    every_ms: float = 450,
    degrees: float = 180,
    am: float = 0,
    phase: float = 0.3,
    first_ms: float | None = None,
) -> Sound:
    """2100 Hz, its phase stepped by `degrees` each `every_ms` (0: never), the first time after first_ms; am: depth of V.8's
    15 Hz."""
    t = np.arange(round(ms * RATE / 1000)) / RATE
    late = 0 if first_ms is None else every_ms - first_ms
    steps = np.floor((t + late / 1000) / (every_ms / 1000)) if every_ms else np.zeros(len(t))
    carrier = np.sin(2 * np.pi * hz * t + phase + np.deg2rad(degrees) * steps)
    return FULL * 10 ** (level / 20) * (1 + am * np.sin(2 * np.pi * 15 * t)) * carrier


def changes(x: Sound, **options: int) -> list[tuple[float, bool]]:
    """When it disabled and released, ms."""
    return [(n / RATE * 1000, on) for n, on in ToneDisabler().feed(pcm(x), **options)]


def disables(x: Sound) -> bool:
    return changes(x) != []


@pytest.mark.parametrize("hz", [2079, 2090, 2100, 2110, 2121])
@pytest.mark.parametrize("level", [-6, -12, -20, -31])
@pytest.mark.parametrize("degrees", [155, 180, 205])
@pytest.mark.parametrize("am", [0, 0.2])
def test_disables_within_1_s(hz: float, level: float, degrees: float, am: float) -> None:
    for every_ms in (425, 450, 475):
        got = changes(answer_tone(hz=hz, level=level, degrees=degrees, am=am, every_ms=every_ms))
        assert [on for _, on in got] == [True]
        assert got[0][0] <= 1000, every_ms


def test_also_where_a_reversal_comes_soon() -> None:
    """The tone may be cut in anywhere."""
    for first_ms in range(5, 450, 5):
        got = changes(answer_tone(first_ms=first_ms))
        assert got, first_ms
        assert got[0][0] <= 1000


def test_reversals_in_their_band_and_in_the_channel() -> None:
    """Reversals rounded off by a filter of 300 to 3,400 Hz, and by one 200 Hz wide."""
    for low, high in ((300, 3400), (2000, 2200)):
        x = answer_tone(hz=2105)
        spectrum, f = np.fft.rfft(x), np.fft.rfftfreq(len(x), 1 / RATE)
        assert disables(np.fft.irfft(np.where((f >= low) & (f <= high), spectrum, 0), len(x))), (low, high)


@pytest.mark.parametrize("codec", [alaw, ulaw])
@pytest.mark.parametrize("level", [-6, -31])
def test_coded(codec: object, level: float) -> None:
    assert callable(codec)
    assert disables(codec(answer_tone(level=level, hz=2121)))


@pytest.mark.parametrize("hz", [2079, 2100, 2121])
@pytest.mark.parametrize("am", [0, 0.2])
def test_noise_11_db_below_is_borne(hz: float, am: float) -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        x = answer_tone(2000, hz=hz, am=am, phase=rng.uniform(0, 6), first_ms=rng.uniform(1, 449))
        got = changes(x + noise(rng, -12 - 11, len(x)))
        assert [on for _, on in got] == [True]


def test_noise_as_strong_as_the_tone_keeps_it_from_disabling() -> None:
    """Energy beside the disabling band guards against it (clause 7: the level is ours)."""
    rng = np.random.default_rng(2)
    x = answer_tone(60_000)
    assert not disables(x + noise(rng, -12, len(x)))


def test_a_constant_offset_is_borne() -> None:
    assert disables(answer_tone(level=-31) + 900)


@pytest.mark.parametrize("kind", ["CED", "ANSam", "level", "step 110", "step -110", "step 90", "low", "high", "350", "550"])
def test_what_must_not_disable(kind: str) -> None:
    x = {
        "CED": lambda: answer_tone(every_ms=0),
        "ANSam": lambda: answer_tone(every_ms=0, am=0.2),
        "level": lambda: answer_tone(level=-36, am=0.2),
        "step 110": lambda: answer_tone(degrees=110),
        "step -110": lambda: answer_tone(degrees=-110),
        "step 90": lambda: answer_tone(degrees=90),
        "low": lambda: answer_tone(hz=1900),
        "high": lambda: answer_tone(hz=2350),
        "350": lambda: answer_tone(every_ms=350),
        "550": lambda: answer_tone(every_ms=550),
    }[kind]()
    assert not disables(np.concatenate([silence(100), x, silence(100), x]))


def test_other_signals_do_not_disable() -> None:
    rng = np.random.default_rng(3)
    n = 5 * RATE
    sweep = 9000 * np.sin(2 * np.pi * np.cumsum(np.linspace(300, 3400, n)) / RATE)
    keyed = np.where(np.arange(n) // 3600 % 2, sine(2100, -10, n), 0)  # 450 ms on, 450 ms off
    square = np.where(sine(2100, 0, n) > 0, 32767.0, -32768.0)
    bits = np.repeat(rng.integers(0, 2, n // 13 + 1) * 2 - 1, 13)[:n]
    psk = sine(1800, -10, n) * bits
    sounds = [sweep, keyed, square, psk, np.full(n, 32767.0), np.full(n, -32768.0), *(noise(rng, level, n) for level in (-3, -30))]
    sounds += [sine(f, -9, n) for f in (425, 1100, 2000, 2060, 2225, 2600, 3400)]
    assert not any(disables(x) for x in sounds)


@pytest.mark.parametrize("level", [-6, -31])
@pytest.mark.parametrize("ms", [1003, 2010, 3300])
def test_releases_250_ms_after_the_signal(level: float, ms: float) -> None:
    got = changes(np.concatenate([answer_tone(ms, level=level), silence(2000)]))
    assert [on for _, on in got] == [True, False]
    assert 100 <= got[1][0] - ms <= 400


@pytest.mark.parametrize("level", [-60, -40, -36.5])
def test_releases_below_36_dbm0(level: float) -> None:
    rng = np.random.default_rng(4)
    for rest in (noise(rng, level, 2 * RATE), sine(1200, level, 2 * RATE)):
        got = changes(np.concatenate([answer_tone(2000), rest]))
        assert [on for _, on in got] == [True, False]
        assert 100 <= got[1][0] - 2000 <= 400


@pytest.mark.parametrize(("hz", "level"), [(390, -27), (700, -27), (700, -31), (1200, -31), (3000, -31), (2100, -31)])
def test_holds_for_a_signal_in_the_holding_band(hz: float, level: float) -> None:
    got = changes(np.concatenate([answer_tone(2000), sine(hz, level, 5 * RATE)]))
    assert [on for _, on in got] == [True]


def test_holds_over_gaps_of_100_ms() -> None:
    burst = np.concatenate([sine(1650, -20, 200), silence(100)])
    got = changes(np.concatenate([answer_tone(2000), np.tile(burst, 50)]))
    assert [on for _, on in got] == [True]


def test_either_direction_disables_and_holds() -> None:
    tone = pcm(np.concatenate([answer_tone(2000), silence(3000)]))
    talk = pcm(np.concatenate([silence(1900), sine(1650, -20, RATE), silence(2100)]))
    for sides in ((tone, talk), (talk, tone)):
        got = ToneDisabler().feed(*sides)
        assert [on for _, on in got] == [True, False]
        assert got[0][0] <= RATE
        assert 100 <= got[1][0] / 8 - 2900 <= 400
    assert ToneDisabler().feed(np.zeros_like(tone), tone)[0][1]


def test_disables_again_after_a_release() -> None:
    call = np.concatenate([answer_tone(2000), silence(1000)])
    assert [on for _, on in changes(np.tile(call, 3))] == [True, False] * 3


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 200), min_size=1, max_size=40), st.floats(2079, 2121))
def test_blocks_may_be_cut_anywhere(cuts: list[int], hz: float) -> None:
    x = pcm(np.concatenate([answer_tone(1300, hz=hz), silence(700)]))
    whole, parts = ToneDisabler(), ToneDisabler()
    at = 0
    for cut in cuts * (len(x) // max(sum(cuts), 400) + 1):
        part = x[at : at + cut]
        at += len(part)
        got = parts.run(part, part)
    for begin in range(0, at, 40):
        want = whole.run(x[begin : min(begin + 40, at)], x[begin : min(begin + 40, at)])
    if at:
        assert got == want


def test_reset_is_like_new() -> None:
    d = ToneDisabler()
    x = pcm(answer_tone(1200))
    assert d.feed(x)
    d.reset()
    assert not d.run(x[:0])
    assert d.feed(x) == ToneDisabler().feed(x)


def test_wrong_use_is_refused() -> None:
    with pytest.raises(ValueError, match="80 samples received, 40 sent"):
        ToneDisabler().run(np.zeros(80, np.int16), np.zeros(40, np.int16))
    with pytest.raises(ValueError, match="at least one sample"):
        ToneDisabler().feed(np.zeros(80, np.int16), block=0)
