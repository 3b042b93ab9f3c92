"""The continuity check tone against the limits of ITU-T Q.724 §7.3 (Q.764 §2.1.8), sounds by NumPy; and what we send against our receiver."""

import numpy as np
import pytest
from dtmf_sounds import RATE, Sound, alaw, noise, pcm, sine, ulaw
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media.continuity import ContinuityReceiver
from xunhu._media.tone_catalogue import CATALOGUE
from xunhu._media.tone_tables import CONTINUITY


def heard(x: Sound, block: int = 80) -> list[tuple[int, bool]]:
    return ContinuityReceiver().feed(pcm(x), block)


def burst(hz: float, level: float, ms: float, *, before: int = 400, phase: float = 0.3) -> Sound:
    return np.concatenate([np.zeros(before), sine(hz, level, round(ms * 8), phase), np.zeros(1600)])


@pytest.mark.parametrize("level", [-18, -12, -6])
@pytest.mark.parametrize("hz", [1970, 1985, 2000, 2015, 2030])
def test_q724_operates_after_30_to_60_ms_and_releases(hz: float, level: float) -> None:
    for before in range(400, 480, 7):
        on, off = heard(burst(hz, level, 300, before=before), 40)
        assert (on[1], off[1]) == (True, False)
        assert 30 <= (on[0] - before) / 8 <= 60
        assert 0 <= (off[0] - before - 2400) / 8 <= 40


@pytest.mark.parametrize("level", [-18, -12, -6])
def test_q724_not_200_hz_off(level: float) -> None:
    for hz in (*range(300, 1801, 50), *range(2200, 3400, 50)):
        assert heard(burst(hz, level, 500)) == []


@pytest.mark.parametrize("level", [-22, -30, -60])
def test_q724_not_below_22_dbm0(level: float) -> None:
    assert heard(burst(2000, level, 500)) == []


@pytest.mark.parametrize("ms", [5, 15, 29])
def test_not_for_a_short_one(ms: float) -> None:
    for before in range(400, 480, 7):
        assert heard(burst(2000, -12, ms, before=before)) == []


def test_noise_and_coding_do_not_hinder() -> None:
    rng = np.random.default_rng(1)
    x = burst(2000, -12, 400)
    for y in (alaw(x), ulaw(x), x + noise(rng, -30, len(x))):
        assert [there for _, there in heard(y)] == [True, False]


def test_other_sounds() -> None:
    rng, n = np.random.default_rng(2), 4 * RATE
    vowel = sum((sine(125 * k, -14 - k, n) for k in range(1, 24)), np.zeros(n))
    dtmf = sine(770, -9, n) + sine(1477, -9, n)
    square = np.where(sine(400, 0, n) > 0, 32767.0, -32768.0)
    for x in (vowel, dtmf, square, noise(rng, -10, n), np.full(n, 32767.0), np.zeros(n), sine(1000, -12, n) + sine(2000, -12, n) * 0.5):
        assert heard(x) == []


def test_what_is_sent_for_checks_is_heard_and_stands_in_the_catalogue() -> None:
    assert CONTINUITY[:4] == (2000.0, 0.0, -12.0, 0.0)
    x = np.frombuffer(CATALOGUE["continuity"].samples(0.5), np.int16)
    rms = 20 * np.log10(np.sqrt(np.mean(x[400:-400].astype(float) ** 2)) * 2**0.5 / 22779)
    assert rms == pytest.approx(-12, abs=0.02)
    assert [there for _, there in ContinuityReceiver().feed(np.concatenate([x, np.zeros(800, np.int16)]))] == [True, False]


@settings(deadline=None, max_examples=40)
@given(st.binary(min_size=0, max_size=4000), st.lists(st.integers(1, 300), min_size=1, max_size=8))
def test_any_samples_in_any_blocks(octets: bytes, cuts: list[int]) -> None:
    x = np.frombuffer(octets[: len(octets) // 2 * 2], np.int16)
    whole = [there for _, there in ContinuityReceiver().feed(x, 1)]
    receiver, at, got = ContinuityReceiver(), 0, []
    while at < len(x):
        for cut in cuts:
            for one in range(at, min(at + cut, len(x))):
                got.append(receiver.run(x[one : one + 1]))
            at += cut
    assert [there for there in got if there is not None] == whole


def test_reset_forgets() -> None:
    receiver = ContinuityReceiver()
    x = pcm(sine(2000, -12, 240))
    assert receiver.run(x) is None
    receiver.reset()
    assert receiver.run(pcm(sine(2000, -12, 80))) is None
    with pytest.raises(ValueError, match="at least one"):
        receiver.feed(x, 0)
