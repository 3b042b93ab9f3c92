"""Reports: the page is whole and says what the JSON says, in both languages; charts are SVG; plans and command lines with faults are explained."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from math import inf, isfinite, nan
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xunhu.config import ConfigError, load
from xunhu.load.figures import Times
from xunhu.load.html import page_of
from xunhu.load.knee import KneeSearch
from xunhu.load.lines import mirror
from xunhu.load.own_site import OwnSip, write_site
from xunhu.load.plan import CallKind, Limits, call_kind, load_plan
from xunhu.load.probe import Probe, usage
from xunhu.load.report import make_report, ramp_of, write_report
from xunhu.load.svg import Chart, Line, round_step
from xunhu.load.tally import Outcome, Tally
from xunhu.text import set_language

VOID = {"meta", "br", "link"}


class Balanced(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


def example(*, ramp: bool = False) -> dict[str, Any]:
    tally = Tally()
    for n in range(40):
        tally.begun(n / 4)
        result = {3: "cause:42", 7: "crossed", 9: "<b>"}.get(n, "ok")
        answered = None if n == 3 else 50.0 + n
        tally.ended(Outcome(n, "menu", n / 4, result, answered, audio_ms=3, cause=16, keys_ms=[9.0], ended_s=n / 4 + 2))
    probe = Probe()
    for n in range(12):
        row = probe.look({"media": {"late_ticks": n // 4, "load_permille": 100}, "calls": 3}, float(n), {"far": 1})
        tally.seconds.at(n).probe = row
    search = KneeSearch(10, 40)
    for why in ("", "failed 3 % > 0.5 %"):
        search.went(search.next_rate() or 0, why)
    figures = tally.as_dict()
    return make_report(
        "e1",
        began_ns=1_795_626_423 * 10**9,
        seconds=12.34,
        what=[("lines", "Trunk0 <ces>")],
        rate=4,
        figures=figures,
        switch=probe.as_dict(),
        far={"late_ticks": 0, "lag_ms": 1.5},
        rows=tally.seconds.rows(),
        limits=Limits(setup_p99_ms=80),
        beyond=["failed 7.50 % > 0.5 %"],
        ramp=ramp_of(search, [figures, figures]) if ramp else None,
        notes=["Trunk1: R2 & more"],
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("ramp", [False, True])
def test_the_page_is_whole(language: str, ramp: bool, tmp_path: Path) -> None:
    set_language(language)
    try:
        report = example(ramp=ramp)
        write_report(report, tmp_path / "load.html", tmp_path / "load.json")
    finally:
        set_language(None)
    page = (tmp_path / "load.html").read_text()
    assert json.loads((tmp_path / "load.json").read_text()) == json.loads(json.dumps(report))
    parser = Balanced()
    parser.feed(page)
    assert (parser.open, parser.faults) == ([], [])
    assert not re.search(r'(src|href)=|url\(|@import|<script', page), "it needs nothing else"
    assert "&lt;b&gt;" in page
    assert "R2 &amp; more" in page
    assert ("拐点" in page) == (language == "zh" and ramp)
    charts = re.findall(r"<svg.*?</svg>", page)
    assert len(charts) == 6 + 2 * ramp  # neither memory nor MOS were there
    for chart in charts:
        ET.fromstring(chart)
    assert ("串音" if language == "zh" else "somebody else") in page


@given(st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9), st.just(nan), st.just(inf)), max_size=30), st.booleans(), st.booleans())
def test_charts_of_anything(values: list[float | None], bars: bool, limit: bool) -> None:
    x = [float(n) for n in range(len(values))]
    chart = Chart("a < b", x, "s", "ms", [Line("one", values, bars and all(v is None or isfinite(v) for v in values))], 5.0 if limit else None)
    text = chart.svg()
    good = [v for v in values if v is not None and abs(v) < inf]
    assert bool(text) == bool(good)
    if text:
        ET.fromstring(text)
        assert "nan" not in text
        assert "inf" not in text
        assert text.count("<text") < 60


@given(st.floats(1e-6, 1e9))
def test_scales_have_round_steps(span: float) -> None:
    step = round_step(span)
    assert 2 <= span / step <= 5.1
    assert f"{step:e}"[0] in "125"


def test_times_of_one_value() -> None:
    times = Times([3.25])
    assert times.summary() == {"count": 1, "p50": 3.2, "p90": 3.2, "p99": 3.2, "most": 3.2, "mean": 3.2, "curve": [3.2] * 21}


def test_numbers_of_calls() -> None:
    wide, one, pattern = CallKind("bridge", "8001-8003"), CallKind("answer", "4000"), CallKind("bridge", "8?0?")
    assert [wide.number(n) for n in range(4)] == ["8001", "8002", "8003", "8001"]
    assert [one.number(n) for n in range(2)] == ["4000"] * 2
    assert [pattern.number(n) for n in (0, 7, 12, 100)] == ["8000", "8007", "8102", "8000"]
    assert call_kind("menu", "4000:1*x3") == CallKind("menu", "4000", 3, keys="1*")
    assert call_kind("menu", "4000").keys == "1"
    for wrong in ("80a1", "8009-8001", "8001-80", "", "4000x0", "4000xx", "4000:z"):
        with pytest.raises(ValueError, match=r".+"):
            call_kind("menu", wrong)


def test_a_plan_file(tmp_path: Path) -> None:
    path = tmp_path / "load.yaml"
    path.write_text(
        "rate: 12.5\nseconds: 20\nvia: [Trunk0]\npoisson: yes\nmix:\n  - {do: bridge, called: 8001-8009, share: 3, hold_ms: 2500}\n"
        '  - {do: menu, called: "4000", keys: "12"}\nlimits: {failed_percent: 1, setup_p99_ms: 200}\n'
    )
    plan = load_plan(path)
    assert (plan.rate, plan.total, plan.via, plan.poisson) == (12.5, 250, ("Trunk0",), True)
    assert plan.kinds[0] == CallKind("bridge", "8001-8009", 3, 2.5)
    assert plan.limits == Limits(0.01, 200.0)
    assert [plan.kind_of(n)[0].do for n in range(8)] == ["bridge", "bridge", "bridge", "menu"] * 2
    assert [plan.kind_of(n)[1] for n in range(8)] == [0, 1, 2, 0, 3, 4, 5, 1]


def test_faults_of_a_plan_are_told_all_at_once(tmp_path: Path) -> None:
    path = tmp_path / "load.yaml"
    path.write_text("rate: fast\nmix:\n  - {do: sing, called: 4000}\n  - {called: 80x}\nlimts: {}\n")
    with pytest.raises(ConfigError) as caught:
        load_plan(path)
    text = str(caught.value)
    for word in ("fast", "sing", "80x", "limts"):
        assert word in text
    assert len({problem.line for problem in caught.value.problems}) == 4


def test_a_site_of_its_own_and_its_mirror(tmp_path: Path) -> None:
    write_site(tmp_path / "site", ["PRI", "SS7"], sip=OwnSip(5060, 5070, phones=2))
    config = load(tmp_path / "site")
    seen = mirror(config)
    assert seen.left_out == ()
    assert seen.calling == ("Trunk0", "Trunk2")
    ours, theirs = config.lines.trunks, seen.lines.trunks
    assert [(t.local, t.remote) for t in theirs] == [(t.remote, t.local) for t in ours]
    assert [t.side for t in theirs if t.signalling == "PRI"] == ["network", "user", "user"]
    assert config.lines.ss7 is not None
    assert seen.lines.ss7 is not None
    assert seen.lines.ss7.points[0].point_code == 2
    assert seen.lines.ss7.circuits[0].dpc == 1
    assert seen.lines.ss7.linksets[0].adjacent == 1
    assert config.site.sip is not None
    assert set(config.site.sip.phones) == {"9000", "9001"}


def test_what_cannot_be_mirrored_is_told() -> None:
    config = load(Path(__file__).parents[2] / "conf")
    seen = mirror(config)
    assert seen.lines.trunks == ()
    assert [name for name, _ in seen.left_out] == ["Trunk0", "Trunk1", "Trunk2", "Trunk3"]
    behind = mirror(load(Path(__file__).parents[2] / "conf" / "ss7"))
    assert [name for name, _ in behind.left_out] == ["Circuits1"]
    assert behind.calling == ("Trunk0",)


def test_the_probe_counts_from_its_first_look() -> None:
    probe = Probe()

    def status(late: int) -> dict[str, Any]:
        return {"media": {"late_ticks": late, "load_permille": 50}, "calls": 1}

    import os

    rows = [probe.look(status(late), float(n), {"control": os.getpid(), "media": 2**30}) for n, late in enumerate((100, 103, 5, 6))]
    assert [row["late_ticks"] for row in rows] == [0, 3, 0, 1]  # a new engine begins anew
    assert probe.late_ticks == 4
    assert "control_cpu_percent" not in rows[0]
    assert rows[1]["control_cpu_percent"] >= 0
    assert "media_rss_mib" not in rows[1]
    assert "late_ticks" not in probe.look(None, 9.0, {})
    assert usage(os.getpid()) is not None
    assert usage(2**30) is None
    assert probe.as_dict()["figures"]["late_ticks"]["most"] == 3


def test_page_of_sip() -> None:
    report = example()
    report["kind"] = "sip"
    report["figures"] |= {"mos": {"count": 4, "p50": 4.21, "p1": 3.9, "least": 3.8}, "failures": {"status:503": 2, "retransmissions": 1}}
    page = page_of(report)
    assert "4.21" in page
    assert "503" in page
