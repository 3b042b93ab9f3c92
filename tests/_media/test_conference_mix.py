"""The kernels of a conference against NumPy: what each hears, gains, energy; plain and wide the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from xunhu._media import conference

Rows = NDArray[np.int16]


def reference(said: Rows) -> NDArray[np.int64]:
    wide = said.astype(np.int64)
    return np.clip(wide.sum(0) - wide, -32768, 32767)


def heard(said: Rows, *, plain: bool) -> Rows:
    out = np.full_like(said, 12345)
    conference.mix_minus(said, out, plain=plain)
    return out


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("n", [0, 1, 7, 15, 16, 17, 40, 79, 80, 81, 96, 159, 160])
@pytest.mark.parametrize("parties", [1, 2, 3, 8, 128, 300])
def test_everybody_hears_the_sum_without_himself(parties: int, n: int, plain: bool) -> None:
    rng = np.random.default_rng(parties * 1000 + n)
    for peak in (100, 9000, 32767):
        said = rng.integers(-peak - 1, peak + 1, (parties, n)).astype(np.int16)
        assert np.array_equal(heard(said, plain=plain), reference(said))


@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("parties", [2, 3, 128, 65536])
def test_full_scale_never_wraps(parties: int, plain: bool) -> None:
    for low, high in ((-32768, -32768), (32767, 32767), (-32768, 32767)):
        said = np.full((parties, 16), low, np.int16)
        said[1::2] = high
        said[0] = (low, high, 0, 1, -1, 32767, -32768, 5) * 2
        assert np.array_equal(heard(said, plain=plain), reference(said))


extremes = st.sampled_from([-32768, -32767, -1, 0, 1, 32766, 32767]) | st.integers(-32768, 32767)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(extremes, min_size=17, max_size=17), min_size=1, max_size=9), st.booleans())
def test_any_samples(rows: list[list[int]], plain: bool) -> None:
    said = np.array(rows, np.int16)
    assert np.array_equal(heard(said, plain=plain), reference(said))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(extremes, min_size=1, max_size=160), st.integers(0, 32767), st.integers(0, 32767), st.booleans(), st.booleans()
)
def test_gain_moves_straight(samples: list[int], start: int, end: int, same: bool, plain: bool) -> None:
    said = np.array(samples, np.int16)
    out = np.zeros_like(said)
    start = end if same else start
    conference.scale(said, out, start, end, plain=plain)
    n = len(samples)
    gains = np.array([start + int((end - start) * (i + 1) / n) for i in range(n)], np.int64)
    assert np.array_equal(out, np.clip((said * gains + 2048) >> 12, -32768, 32767))


@settings(max_examples=100, deadline=None)
@given(st.lists(extremes, max_size=160))
def test_energy_is_the_same_plain_and_wide(samples: list[int]) -> None:
    said = np.array(samples, np.int16)
    pairs = np.append(said, 0)[: len(samples) + len(samples) % 2].astype(np.int64).reshape(-1, 2)
    expected = int(((pairs**2).sum(1) >> 6).sum())
    assert conference.energy(said) == conference.energy(said, plain=True) == expected


def test_forms_that_do_not_fit() -> None:
    good = np.zeros((3, 80), np.int16)
    with pytest.raises(ValueError, match="form"):
        conference.mix_minus(good, np.zeros((2, 80), np.int16))
    with pytest.raises(ValueError, match="block"):
        conference.mix_minus(np.zeros((3, 161), np.int16), np.zeros((3, 161), np.int16))
    with pytest.raises(ValueError, match="gain"):
        conference.scale(good[0], good[1], 0, 40000)
    with pytest.raises(ValueError, match="room"):
        conference.scale(good[0], good[1][:5], 0, 1)
