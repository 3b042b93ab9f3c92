"""G.168 test 9 (comfort noise); noise and other troubles in the echo path, tests 13 and 15.

Test 9: Hoth noise of -45 dBm0 at the near end for 30 s, then Rin of -10 dBm0 for 2 s; 700 ms later Sout has the noise's level
within 2 dB. Then the same with -55 dBm0 and again with -45 dBm0, each learned in 10 s. As published test programs have it; the
recommendation's text was not at hand. Test 13 (low bit rate coders in the echo path) was under study in the editions known here;
test 15 is optional. What is asked in them is ours.
"""

import g168_sounds as g168
import numpy as np
import pytest
from g168_cancellers import SOME_LINES, Cancellers
from g168_sounds import Phase, css, figure_11


def level_of(x: np.ndarray) -> np.ndarray:
    return 10 * np.log10(np.maximum(np.mean(np.square(x.astype(float)), axis=1), 1e-3) / g168.RMS_0**2)


@pytest.mark.parametrize("make", [g168.hoth, g168.white])
@pytest.mark.parametrize("talk", ["hoth", "css"])
def test_g168_9_comfort_noise(make: object, talk: str) -> None:
    assert callable(make)
    on = Cancellers(SOME_LINES, nlp=True, comfort_noise=True)
    rng = np.random.default_rng(9)
    rin = css(2700, -10) if talk == "css" else g168.hoth(rng, 2700, -10)
    phases = [Phase(200), Phase(5000, css(5000, -10))]
    for level, ms in ((-45, 30_000), (-55, 10_000), (-45, 10_000)):
        noise = make(rng, ms + 2700, level)
        phases += [Phase(ms, sgen=noise), Phase(2700, rin, noise[ms * 8 :])]
    got = on.through(phases)
    for phase in (3, 5, 7):
        part = got.part(phase, 700)
        assert on.failing(np.abs(level_of(got.sout[:, part]) - level_of(got.sgen[:, part])), 2) == {}


def test_comfort_noise_has_no_holes() -> None:
    """Beyond the recommendation: in each 100 ms of far-end speech Sout has the noise's level within 4 dB, and its colour: the
    share below 1 kHz within 4 dB."""
    on = Cancellers(SOME_LINES, nlp=True, comfort_noise=True)
    noise = g168.hoth(np.random.default_rng(10), 26_000, -50)
    got = on.through([Phase(200), Phase(5000, css(5000, -10), noise), Phase(15_000, sgen=noise[40_000:]), Phase(6000, css(6000, -10), noise[160_000:])])
    part = got.part(3, 500)
    sout, sgen = got.sout[:, part].astype(float), got.sgen[:, part]
    n = sout.shape[1] // 800 * 800
    levels = [10 * np.log10(np.maximum(np.mean(np.square(x[:, :n]).reshape(len(on.lines), -1, 800), axis=2), 1e-3)) for x in (sout, sgen)]
    assert on.failing(np.quantile(np.abs(levels[0] - levels[1]), 0.98, axis=1), 4) == {}
    low = [np.cumsum(np.abs(np.fft.rfft(x, axis=1)) ** 2, axis=1)[:, x.shape[1] // 8] for x in (sout, sgen)]
    assert on.failing(np.abs(10 * np.log10(low[0] / low[1])), 4) == {}


@pytest.mark.parametrize("level", [-65, -55, -45, -35])
def test_noise_on_the_line_is_what_remains(level: float) -> None:
    """Without the non-linear processor, 5 s: the residual echo is below the near end's noise (white here), which passes."""
    on = Cancellers(SOME_LINES)
    rng = np.random.default_rng(11)
    noise = g168.white(rng, 10_000, level)
    got = on.through(
        [Phase(200), Phase(5000, css(5000, -10), noise), Phase(500, css(500, -10), before=on.freeze), Phase(3000, css(3000, -10))]
    )
    assert on.failing(got.peak("sout", 3), max(level, -55)) == {}


def test_g168_15_pcm_offset() -> None:
    """A constant of up to 10 steps of the codec's finest (16-bit: 160) on the way back."""
    on = Cancellers(SOME_LINES)
    offset = np.linspace(-160, 160, len(SOME_LINES))[:, None] + np.zeros((1, 96_000))
    got = on.through([Phase(200, sgen=offset), Phase(10_000, css(10_000, -10), offset)])
    assert on.failing(got.peak("sout", 1, 8000), figure_11(-10)) == {}


@pytest.mark.parametrize("limit", [6000, 12_000])
def test_a_path_that_clips(limit: int) -> None:
    """G.168 6.4.3, non-linear paths: the echo is limited, at 6,000 so hard that hardly a filter fits it. It must not get worse than
    doing nothing anywhere; where the clipping is slight, the non-linear processor hides the rest."""
    on = Cancellers(SOME_LINES, nlp=True)
    rout = g168.pcm(np.tile(css(6000, -3), (len(SOME_LINES), 1)))
    sin = g168.line(rout, np.zeros(rout.shape), [[line.path] for line in SOME_LINES], [(0, 0)], None)
    sin = np.clip(sin, -limit, limit).astype(np.int16)
    sout = on.run(rout, sin)
    assert on.failing(g168.peak_level(sout, 500), g168.peak_level(sin)) == {}
    assert on.failing(g168.peak_level(sout, 3000), -40 if limit == 12_000 else -20) == {}
