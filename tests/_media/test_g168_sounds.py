"""The judge's own instruments: signals, lines and meters of G.168 (tests/_media/g168_sounds.py)."""

import g168_sounds as g168
import numpy as np
import pytest
from dtmf_sounds import FULL, RATE, alaw, sine


@pytest.mark.parametrize("double", [False, True])
@pytest.mark.parametrize("level", [-30, -10, 0])
def test_composite_source_signal(double: bool, level: float) -> None:
    """Annex C: 48.62 + 200 + 101.38 ms, or 72.69 + 200 + 127.31 ms; each other period inverted; exact level of the sound."""
    n, voiced = (3200, 582) if double else (2800, 389)
    x = g168.css(2 * n / 8 + 100, level, double=double)
    assert abs(g168.dbm0(x[: voiced + 1600]) - level) < 0.02
    assert abs(g168.dbm0(x[:voiced]) - g168.dbm0(x[voiced : voiced + 1600])) < 0.1
    assert np.all(x[voiced + 1601 : n] == 0)
    assert np.allclose(x[:n], -x[n : 2 * n])
    assert np.allclose(x[2 * n :], x[:800])
    spectrum = np.abs(np.fft.rfft(x[:n])) ** 2
    f = np.fft.rfftfreq(n, 1 / RATE)
    assert spectrum[(f < 150) | (f > 3600)].sum() < 0.01 * spectrum.sum()
    assert np.abs(x).max() < FULL * 10 ** (level / 20) * (3.2 if double else 2.6)


def test_level_with_pauses() -> None:
    assert abs(g168.dbm0(g168.css(7000, -10, pauses_count=True)) + 10) < 0.02


def test_meter_shows_a_tone_and_forgets_in_35_ms() -> None:
    x = np.concatenate([sine(1000, -10, 8000), np.zeros(800)])
    shown = g168.meter(x)
    assert abs(shown[4000] + 10) < 0.1
    assert shown[8000 + 280 + 101] < -100
    assert abs(g168.peak_level(g168.css(1000, -10)) + 10) < 1.2


@pytest.mark.parametrize("model", g168.MODELS)
def test_hybrids_have_their_loss_on_the_composite_source_signal(model: int) -> None:
    x = g168.css(7000, -10)
    for erl in (6, 10):
        echo = g168.convolved(x, g168.path(model, 20, erl))
        assert abs(g168.dbm0(x) - g168.dbm0(echo) - erl) < 0.1
        own = g168.convolved(x, g168.path(model, 20, erl, own=True))
        assert -2 < g168.dbm0(own) - g168.dbm0(echo) < 4
    assert 64 <= len(g168.hybrid(model)) <= 128


@pytest.mark.parametrize("make", [g168.hoth, g168.white])
def test_noises(make: object) -> None:
    assert callable(make)
    x = make(np.random.default_rng(1), 5000, -40)
    assert abs(g168.dbm0(x) + 40) < 0.01
    spectrum = np.abs(np.fft.rfft(x)) ** 2
    f = np.fft.rfftfreq(len(x), 1 / RATE)
    low, high = spectrum[(f > 300) & (f < 600)].mean(), spectrum[(f > 2400) & (f < 3400)].mean()
    assert (10 * np.log10(low / high) > 10) == (make is g168.hoth)


def test_figure_11() -> None:
    assert [g168.figure_11(x) for x in (0, -10, -30, -40)] == pytest.approx([-30, -38.333, -55, -55], abs=0.01)


def test_line_changes_its_path_and_codes() -> None:
    rout = g168.pcm(np.tile(g168.css(700, -10), (2, 1)))
    near = np.zeros(rout.shape)
    one, two = g168.path(2, 0, 6), g168.path(5, 30, 10)
    sin = g168.line(rout, near, [[one, two], [g168.OPEN, one]], [(0, 0), (2800, 1)], None)
    assert np.abs(sin[0] - np.where(np.arange(5600) < 2800, g168.convolved(rout[0], one), g168.convolved(rout[0], two))).max() <= 0.5
    assert not sin[1, :2800].any()
    coded = g168.line(rout, near, [[one], [one]], [(0, 0)], alaw)
    assert 33 < g168.dbm0(sin[0, :2800]) - g168.dbm0(coded[0, :2800] - sin[0, :2800].astype(float)) < 42  # of 38 dB a codec


def test_course_runs_phases_in_order() -> None:
    seen: list[tuple[str, int]] = []

    def run(rout: g168.Samples, sin: g168.Samples) -> g168.Samples:
        seen.append(("run", rout.shape[1]))
        return sin // 2

    got = g168.course(
        run,
        [
            g168.Phase(100, rin=g168.css(100, -10)),
            g168.Phase(50, sgen=g168.css(50, -20, double=True), before=lambda: seen.append(("before", 0))),
        ],
        [[g168.path(2, 10, 6)], [g168.OPEN]],
    )
    assert seen == [("run", 800), ("before", 0), ("run", 400)]
    assert got.sout.shape == (2, 1200)
    assert got.peak("sout", 0)[1] == g168.NOTHING
    assert got.peak("sout", 1)[1] == pytest.approx(-26, abs=2.5)
    assert np.nanmean(g168.erle(got.sin, got.sout)) == pytest.approx(6, abs=0.2)
