"""E-model, ITU-T G.107: against its own numbers."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu._media import rtp


def test_default() -> None:
    """G.107 §7.7: with all defaults R = 93.2, MOS 4.41."""
    r, _, ie_eff = rtp.e_model()
    assert round(r, 1) == 93.2
    assert round(rtp.mos(r), 2) == 4.41
    assert ie_eff == 0


@pytest.mark.parametrize(("r", "mos"), [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58)])
def test_scores_of_annex_b(r: float, mos: float) -> None:
    """Table B.1, which is rounded up where the formula gives 4.024."""
    assert rtp.mos(r) == pytest.approx(mos, abs=0.006)


def test_scores_at_the_ends() -> None:
    assert (rtp.mos(-5), rtp.mos(0), rtp.mos(100), rtp.mos(120)) == (1.0, 1.0, 4.5, 4.5)
    assert min(rtp.mos(r / 10) for r in range(1000)) == 1.0
    scores = [rtp.mos(r / 10) for r in range(65, 1001)]
    assert scores == sorted(scores)


@given(st.floats(0, 50), st.floats(1, 60), st.floats(0, 1), st.floats(1, 8))
def test_loss(ie: float, bpl: float, loss: float, burst: float) -> None:
    """Equation 7-29."""
    _, _, got = rtp.e_model(ie=ie, bpl=bpl, loss=loss, burst_ratio=burst)
    wanted = ie + (95 - ie) * 100 * loss / (100 * loss / burst + bpl)
    assert got == pytest.approx(wanted, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("ie", "bpl", "loss", "wanted"),
    [
        (0, 25.1, 0.01, 3.64),
        (0, 25.1, 0.03, 10.14),
        (0, 4.3, 0.02, 30.16),
        (11, 19.0, 0.0, 11.0),
        (11, 19.0, 0.02, 19.0),
        (15, 16.1, 0.01, 19.68),
    ],
)
def test_codecs_of_g113(ie: float, bpl: float, loss: float, wanted: float) -> None:
    """G.711 with and without concealment, G.729A with VAD, G.723.1 at 6.3 kbit/s, worked out by hand from G.113's values."""
    assert rtp.e_model(ie=ie, bpl=bpl, loss=loss)[2] == pytest.approx(wanted, abs=0.01)


def idd(ms: float) -> float:
    """Equations 7-27 and 7-28."""
    if ms <= 100:
        return 0.0
    x = math.log2(ms / 100)
    return 25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)


def idte(ms: float, telr: float = 65.0, no: float = -61.18, rlr: float = 2.0) -> float:
    """Equations 7-19 to 7-23."""
    roe = -1.5 * (no - rlr)
    terv = telr - 40 * math.log10((1 + ms / 10) / (1 + ms / 150)) + 6 * math.exp(-0.3 * ms**2)
    re = 80 + 2.5 * (terv - 14)
    return ((roe - re) / 2 + math.sqrt((roe - re) ** 2 / 4 + 100) - 1) * (1 - math.exp(-ms))


def idle(ms: float, ro: float = 94.77, wepl: float = 110.0) -> float:
    """Equations 7-25 and 7-26, round trip twice the way."""
    rle = 10.5 * (wepl + 7) * (2 * ms + 1) ** -0.25
    return (ro - rle) / 2 + math.sqrt((ro - rle) ** 2 / 4 + 169)


@pytest.mark.parametrize("telr", [0.0, 45.0, 55.0, 70.0])
@pytest.mark.parametrize("ms", [0, 10, 50, 100, 120, 150, 200, 300, 400, 600, 1000])
def test_delay(ms: float, telr: float) -> None:
    _, got, _ = rtp.e_model(delay_ms=ms, telr_db=telr)
    assert got == pytest.approx(idd(ms) + idte(ms, telr or 65.0) + idle(ms), abs=0.05)


@pytest.mark.parametrize("ms", [0, 25, 50, 75, 100, 125, 150, 175, 200, 250, 300])
def test_delay_beside_the_known_line(ms: float) -> None:
    """Cole and Rosenbluth (2001) drew 0.024 d + 0.11 (d - 177.3) H(d - 177.3) through G.107's curve: within 1.5."""
    line = 0.024 * ms + 0.11 * max(ms - 177.3, 0)
    assert rtp.e_model(delay_ms=ms)[0] == pytest.approx(93.2 - line, abs=1.5)


@given(
    st.floats(allow_nan=True, allow_infinity=True, width=32), st.floats(-2, 2, width=32), st.floats(-10, 10, width=32)
)
def test_always_a_rating(ms: float, loss: float, ie: float) -> None:
    r, _, _ = rtp.e_model(ie=ie, bpl=-1.0, loss=loss, burst_ratio=-3.0, delay_ms=ms)
    assert 0 <= r <= 100
    assert 1 <= rtp.mos(r) <= 4.5
