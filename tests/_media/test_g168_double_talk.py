"""G.168 test 3: double talk. Models, delays and losses as in test_g168_convergence.py.

Limits as in published test programs of others (the recommendation's text was not at hand). 3A: near end 15 dB below Rin from the
begin, 5 s; what is left of the echo is no louder than the near end was. 3B: 5 s of single talk, 5 s of double talk, then the
residual is Figure 11 + 10 dB where the near end was loud, + 3 dB where it was 6 dB below Rin. 3C: after 5.6 s of double talk
Sout is no louder than the near end within 1.4 s, and later, in double and in single talk of the near end, at most 6 dB louder.
"""

import g168_sounds as g168
import numpy as np
import pytest
from dtmf_sounds import alaw
from g168_cancellers import ALL_LINES, LAWS, SOME_LINES, Cancellers
from g168_sounds import Phase, css, figure_11


def measured(on: Cancellers, level: float) -> list[Phase]:
    """Adaptation stops while Rin is silent; then single talk, half a second of it unmeasured."""
    return [Phase(150), Phase(500, css(500, level), before=on.freeze), Phase(4000, css(4500, level)[4000:])]


@pytest.mark.parametrize("level", [-5, -10, -20])
def test_g168_3a_low_cancelled_end(level: float) -> None:
    on = Cancellers(ALL_LINES if level == -10 else SOME_LINES)
    near = css(5000, level - 15, double=True)
    got = on.through([Phase(200), Phase(5000, css(5000, level), near), *measured(on, level)])
    assert on.failing(got.peak("sout", 4), got.peak("sgen", 1)) == {}


@pytest.mark.parametrize("law", [None, alaw])
@pytest.mark.parametrize(("level", "near", "more"), [(-10, -10, 10), (-15, -5, 10), (-20, -10, 10), (-10, -16, 3), (-20, -26, 3)])
def test_g168_3b_stability(level: float, near: float, more: float, law: object) -> None:
    """(a) near end as loud as Rin or louder: Figure 11 + 10 dB; (b) 6 dB below: Figure 11 + 3 dB."""
    on = Cancellers(ALL_LINES if level == -10 and law is None else SOME_LINES, law=LAWS[law])
    talk = css(5000, near, double=True)
    got = on.through([Phase(200), Phase(5000, css(5000, level)), Phase(5000, css(5000, level), talk), *measured(on, level)], law)
    assert on.failing(got.peak("sout", 5), figure_11(level) + more) == {}


@pytest.mark.parametrize("comfort_noise", [False, True])
@pytest.mark.parametrize(("level", "near"), [(-15, -15), (-10, -20), (-20, -10)])
def test_g168_3c_simulated_conversation(level: float, near: float, comfort_noise: bool) -> None:
    on = Cancellers(SOME_LINES, nlp=True, comfort_noise=comfort_noise)
    talk = css(5600, near, double=True)
    got = on.through(
        [
            Phase(200),
            Phase(5600, css(5600, level), talk),
            Phase(1400, css(1400, level)),
            Phase(5000, css(5000, level)),
            Phase(5600, css(5600, level), talk),
            Phase(5600, sgen=talk),
        ]
    )
    sgen = got.peak("sgen", 1)
    assert on.failing(got.peak("sout", 2, 200), sgen) == {}
    assert on.failing(got.peak("sout", 3), -55 if comfort_noise else -65) == {}
    for phase in (4, 5):
        assert on.failing(got.peak("sout", phase), sgen + 6) == {}


def test_the_near_end_is_heard_in_double_talk_and_after() -> None:
    """Beyond the recommendation: the non-linear processor cuts nothing from the near end. In single talk of the near end Sout is
    Sgen within 0.5 dB; in double talk its level in each 400 ms (a period of Sgen) is within 3 dB."""
    on = Cancellers(SOME_LINES, nlp=True, comfort_noise=True)
    talk = css(4000, -15, double=True)
    got = on.through([Phase(200), Phase(5000, css(5000, -12)), Phase(4000, css(4000, -12), talk), Phase(4000, sgen=talk)])
    for phase, within in ((2, 3.0), (3, 0.5)):
        part = got.part(phase, 200, 3800)
        levels = [
            10 * np.log10(np.mean(np.square(x[:, part].astype(float)).reshape(len(on.lines), -1, 3200), axis=2)) for x in (got.sgen, got.sout)
        ]
        assert on.failing(np.abs(levels[1] - levels[0]).max(axis=1), within) == {}


@pytest.mark.parametrize("near", [-25, -15, -5])
def test_near_end_alone_passes_unchanged(near: float) -> None:
    """Nothing is sent, so there is nothing to cancel, whatever the canceller knows: Sout is Sin, sample by sample."""
    on = Cancellers(SOME_LINES, nlp=True, comfort_noise=True)
    got = on.through([Phase(200), Phase(3000, css(3000, -10)), Phase(500), Phase(4000, sgen=css(4000, near, double=True))])
    part = got.part(3, 200)
    wrong = np.abs(got.sout[:, part].astype(int) - got.sin[:, part])
    assert on.failing(wrong.max(axis=1), 1) == {}


def test_g168_3_double_talk_from_a_noise_that_never_stops() -> None:
    """Beyond the recommendation: a near end of plain noise, in which no pause tells that the echo is still known."""
    on = Cancellers(SOME_LINES)
    noise = g168.white(np.random.default_rng(6), 5000, -15)
    got = on.through([Phase(200), Phase(5000, css(5000, -10)), Phase(5000, css(5000, -10), noise), *measured(on, -10)])
    assert on.failing(got.peak("sout", 5), figure_11(-10) + 3) == {}
