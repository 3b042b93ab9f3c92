"""Echo paths out of recordings: least squares against NumPy's, and the measurement on the hybrids of G.168."""

from array import array

import g168_sounds as g168
import numpy as np
import pytest
from dtmf_sounds import Sound, alaw
from g168_speech import voice
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu._media import echo_path
from xunhu._media.echo_measure import Measurement, TooLittleError, measure


def samples(x: Sound) -> "array[int]":
    return array("h", g168.pcm(x).tobytes())


def measured(sent: Sound, received: Sound, **options: object) -> Measurement:
    return measure(samples(sent), samples(received), **options)  # type: ignore[arg-type]


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_least_squares_as_numpy_has_it(count: int, seed: int) -> None:
    """White sound, so that neither the ends nor the floor make a difference."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 3000, 4000).round()
    h = rng.normal(0, 0.2, count)
    y = (np.convolve(x, h)[:4000] + rng.normal(0, 50, 4000)).clip(-32768, 32767).round()
    got = np.array(echo_path.estimate(samples(x), samples(y), count))
    rows = np.array([np.concatenate([np.zeros(k), x[: 4000 - k]]) for k in range(count)]).T
    best = np.linalg.lstsq(rows - rows.mean(axis=0), y - y.mean(), rcond=None)[0]
    assert np.abs(got - best).max() < 0.06 * np.abs(h).max() + 0.01
    left = np.array(echo_path.residual(samples(x), samples(y), array("d", best.tolist())))
    assert np.abs(left - (y - rows @ best)).max() <= 0.51


@pytest.mark.parametrize("model", g168.MODELS)
def test_hybrids_of_g168(model: int) -> None:
    """Their loss within 0.5 dB, their place within 2 ms, from 6 s of speech on a line with noise and A-law."""
    x = voice("en-gb", 6000, -15)
    for delay, erl in ((5, 8), (60, 14)):
        taps = g168.path(model, delay, erl)
        echo = g168.convolved(alaw(x), taps)
        m = measured(x, alaw(echo + g168.hoth(np.random.default_rng(1), 6000, -60)))
        true = 10 * np.log10(np.mean(x**2) / np.mean(echo**2))
        assert abs(m.erl_db - true) < 0.5
        one = m.reflections[0]
        assert len(m.reflections) == 1
        assert abs(one.delay_ms - np.argmax(np.abs(taps)) / 8) <= 0.5
        assert delay - 2 <= one.from_ms <= one.delay_ms <= one.to_ms <= delay + len(g168.hybrid(model)) / 8 + 3
        assert m.reachable_db > 13


def test_two_echoes_with_the_near_end_speaking() -> None:
    x, near = voice("en-gb", 10_000, -15), voice("cmn", 10_000, -20)
    near[: len(near) // 2] = 0
    taps = np.zeros(1024)
    for part in (g168.path(3, 20, 12), g168.path(5, 90, 20)):
        taps[: len(part)] += part
    m = measured(x, g168.convolved(x, taps) + near)
    assert [r.delay_ms for r in m.reflections] == pytest.approx([21.5, 92.1], abs=0.5)
    assert [r.loss_db for r in m.reflections] == pytest.approx([12.6, 20.3], abs=1)
    assert m.as_dict()["tail_ms"] == m.tail_ms == pytest.approx(100, abs=4)


def test_an_echo_beyond_the_tail() -> None:
    x = voice("de", 8000, -15)
    late = np.concatenate([np.zeros(2400), g168.convolved(x, g168.path(2, 0, 15))])[: len(x)]
    m = measured(x, late + g168.hoth(np.random.default_rng(1), 8000, -60))
    assert [round(r.delay_ms, -1) for r in m.reflections] == [300]
    assert m.canceller_db < 3


def test_no_echo() -> None:
    x = voice("fr", 6000, -15)
    for near in (np.zeros(len(x)), g168.hoth(np.random.default_rng(1), 6000, -55), voice("ru", 6000, -20)):
        m = measured(x, near)
        assert (m.reflections, m.erl_db, m.reachable_db, m.tail_ms) == ((), 99.0, 0.0, 0.0)


def test_too_little_and_wrong_use() -> None:
    x = voice("ja", 6000, -15)
    with pytest.raises(TooLittleError, match="2 s are needed"):
        measured(x[:8000], x[:8000])
    with pytest.raises(TooLittleError):
        measured(np.zeros(48_000), x)
    with pytest.raises(ValueError, match="samples sent"):
        measured(x, x[:-1])
    with pytest.raises(ValueError, match="taps"):
        echo_path.estimate(samples(x[:100]), samples(x[:100]), 101)
    with pytest.raises(ValueError, match="taps"):
        echo_path.estimate(samples(x), samples(x), 0)
    with pytest.raises(ValueError, match="nothing was sent"):
        echo_path.estimate(samples(np.zeros(100)), samples(x[:100]), 8)
    with pytest.raises(ValueError, match="samples sent"):
        echo_path.residual(samples(x), samples(x[:-1]), array("d", [1.0]))
    assert list(echo_path.residual(samples(x[:0]), samples(x[:0]), array("d", [1.0]))) == []
