"""The arithmetic: percentiles against NumPy, seconds, the search for the knee, what is beyond a limit, outcomes that add up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu.load.figures import Seconds, Times, percentile
from xunhu.load.heard import Path
from xunhu.load.knee import KneeSearch
from xunhu.load.plan import Limits
from xunhu.load.tally import OK, STOPPED, Outcome, Tally, beyond

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300)


@given(VALUES, st.integers(0, 1000))
def test_percentiles_are_those_of_numpy(values: list[float], permille: int) -> None:
    ordered = sorted(values)
    if permille * len(ordered) % 1000 == 0:  # a rank between two values is decided by rounding there, by definition here
        wanted = ordered[max(0, permille * len(ordered) // 1000 - 1)]
    else:
        wanted = float(np.percentile(ordered, permille / 10, method="inverted_cdf"))
    assert percentile(ordered, permille / 1000) == wanted


def test_percentiles_of_a_hundred() -> None:
    hundred = [float(n) for n in range(1, 101)]
    assert [percentile(hundred, share) for share in (0, 0.07, 0.5, 0.99, 1)] == [1, 7, 50, 99, 100]
    with pytest.raises(ValueError, match="nothing"):
        percentile([], 0.5)
    with pytest.raises(ValueError, match="0 to 1"):
        percentile(hundred, 99)


def test_summary() -> None:
    times = Times()
    assert times.summary() is None
    for n in range(1, 101):
        times.add(float(n))
    summary = times.summary()
    assert summary is not None
    assert {key: summary[key] for key in ("count", "p50", "p90", "p99", "most", "mean")} == {
        "count": 100, "p50": 50, "p90": 90, "p99": 99, "most": 100, "mean": 50.5,
    }  # fmt: skip
    assert summary["curve"][0] == 1
    assert len(summary["curve"]) == 21
    assert summary["curve"][-1] == 100


def test_seconds_keep_what_is_up_where_nothing_happens() -> None:
    seconds = Seconds()
    seconds.at(0.5).up = 3
    seconds.at(4.2).attempts += 1
    assert [row["up"] for row in seconds.rows()] == [3] * 5
    assert [row["at"] for row in seconds.rows()] == list(range(5))


def search_through(search: KneeSearch, knee: float) -> None:
    while (rate := search.next_rate()) is not None:
        assert 0 < rate <= search.most
        search.went(rate, "" if rate <= knee else "failed")


@given(st.floats(1, 990), st.floats(1, 50))
def test_the_knee_is_found(knee: float, first: float) -> None:
    search = KneeSearch(first, 1000.0)
    search_through(search, knee)
    if knee < first / 16:
        return
    assert search.best is not None
    assert search.worst is not None
    assert search.best <= knee < search.worst
    assert search.worst - search.best <= 0.05 * search.worst
    assert len(search.steps) < 30


def test_a_switch_that_is_never_at_its_end() -> None:
    search = KneeSearch(10, 100, factor=2)
    search_through(search, 1e9)
    assert [step.rate for step in search.steps] == [10, 20, 40, 80, 100]
    assert (search.best, search.worst) == (100, None)


def test_a_switch_that_does_nothing_well() -> None:
    search = KneeSearch(16, 100)
    search_through(search, 0)
    assert search.best is None
    assert [step.rate for step in search.steps] == [16, 8, 4, 2, 1]


def test_a_bad_step_below_a_good_one_is_believed() -> None:
    search = KneeSearch(10, 100, factor=2)
    for why in ("", "", "failed", "", "failed"):
        rate = search.next_rate()
        assert rate is not None
        search.went(rate, why)
    assert [step.rate for step in search.steps] == [10, 20, 40, 30, 35]
    search.went(25, "failed")
    assert (search.best, search.worst) == (20, 25)


@pytest.mark.parametrize("wrong", [(0, 10), (20, 10)])
def test_searches_that_make_no_sense(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="rates"):
        KneeSearch(*wrong)
    with pytest.raises(ValueError, match="factor"):
        KneeSearch(1, 10, factor=1)


def test_outcomes_add_up() -> None:
    tally = Tally()
    for n in range(5):
        tally.begun(n / 2)
    assert tally.up == 5
    tally.ended(Outcome(3, "answer", 1.5, "cause:42", cause=42, ended_s=1.6))
    tally.ended(Outcome(4, "answer", 2.0, STOPPED, cause=16, ended_s=1.9))
    tally.ended(Outcome(0, "menu", 0.0, setup_ms=50, audio_ms=1, cause=16, keys_ms=[5, 15], ended_s=2.0))
    tally.ended(Outcome(1, "bridge", 0.5, "one-way", setup_ms=1500, cause=16, path=Path.ONE_WAY, words=3, ended_s=3.0))
    tally.ended(Outcome(2, "bridge", 1.0, setup_ms=70, alert_ms=60, cause=16, path=Path.RIGHT, words=8, ended_s=3.0))
    figures = tally.as_dict()
    assert (tally.up, tally.done, tally.failed) == (0, 5, 2)
    assert figures["failures"] == {"cause:42": 1, "one-way": 1}
    assert figures["causes"] == {"16": 4, "42": 1}
    assert figures["talk_paths"] == {"one-way": 1, "right": 1}
    assert figures["failed_percent"] == 40
    assert (figures["answered"], figures["stopped"]) == (3, 1)
    assert figures["keys"] == {"right": 2, "missed": 0, "wrong": 0}
    rows = tally.seconds.rows()
    assert sum(row["attempts"] for row in rows) == sum(row["ended"] for row in rows) == 5
    assert sum(row["answered"] for row in rows) == 3
    assert sum(row["failed"] for row in rows) == 2
    assert rows[2]["answered"] == 1  # set up in the first second, answered in the third
    assert rows[-1]["up"] == 0
    assert OK not in figures["failures"]


def test_limits() -> None:
    tally = Tally()
    tally.begun(0)
    tally.ended(Outcome(0, "menu", 0.0, setup_ms=120, audio_ms=30, keys_ms=[90], ended_s=1))
    figures = tally.as_dict()
    assert beyond(figures, Limits()) == []
    assert beyond(figures, Limits(setup_p99_ms=120, audio_p99_ms=30, key_p99_ms=90, late_ticks=3), 3) == []
    found = beyond(figures, Limits(setup_p99_ms=119, audio_p99_ms=29, key_p99_ms=89, late_ticks=3), 4)
    assert len(found) == 4
    assert found[0] == "set-up p99 120 ms > 119 ms"
    assert beyond(Tally().as_dict(), Limits()) == ["attempts 0"]
    tally.begun(1)
    tally.ended(Outcome(1, "menu", 1.0, "no-answer", ended_s=2))
    assert beyond(tally.as_dict(), Limits()) == ["failed 50.00 % > 0.5 %"]
    assert beyond(tally.as_dict(), Limits(failed_share=0.5)) == []
    assert beyond(tally.as_dict(), Limits(failed_share=None)) == []
