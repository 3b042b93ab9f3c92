"""The whole switch against libpri: callers on one span, extensions on another, each served by a far end of libpri.

Every test leaves the switch with all circuits idle and no port open, and tshark has nothing against a frame it sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from far_end import Event, FarEnd
from switch_process import SwitchProcess, read_recording

from xunhu.records.cdr import Cdr

pytestmark = pytest.mark.interop

HOTLINE = "4006000998"
CALLER_TONES, AGENT_TONES = 500, 1000  # Hz of call 0, each further call 10 Hz above

#: 1 and 2 lead to questions of their own for the number of the extension, 3 to a goodbye
FLOW = """\
<flow name="main" language="en">
  <node code="menu" type="play" files="welcome,main-menu" digits="1" valid="123" timeout="10">
    <node code="by-order" type="play" key="1" files="order-enter" store="who" digits="3" timeout="10">
      <node code="order-agent" type="agent" extensions="8@who" wait="20">
        <node code="order-thanks" type="play" files="thanks-talk"><node code="order-bye" type="hangup"/></node>
        <node code="order-failed" type="play" result="0004,0005,0006,0007,0008" files="no-key">
          <node code="order-end" type="hangup" cause="16"/>
        </node>
      </node>
    </node>
    <node code="by-name" type="play" key="2" files="operator" store="who" digits="3" timeout="10">
      <node code="name-agent" type="agent" extensions="8@who" wait="20">
        <node code="name-thanks" type="play" files="thanks-talk"><node code="name-bye" type="hangup"/></node>
      </node>
    </node>
    <node code="goodbye" type="play" key="3" files="goodbye"><node code="end" type="hangup"/></node>
  </node>
</flow>
"""

#: rings the extension at once, and tells the caller the result as a cause of its own
TRY = """\
<flow name="try">
  <node code="who" type="set" values="who=right(@called,3)">
  <node code="agent" type="agent" extensions="8@{who}" wait="20">
    <node code="done" type="hangup" cause="16"/>
    <node code="busy" type="hangup" result="0004" cause="17"/>
    <node code="no-answer" type="hangup" result="0005" cause="19"/>
    <node code="refused" type="hangup" result="0006" cause="21"/>
    <node code="other" type="hangup" result="0007,0008,0010" cause="127"/>
  </node>
  </node>
</flow>
"""

Running = Callable[..., SwitchProcess]


@pytest.fixture(params=["user", "network"])
def side(request: pytest.FixtureRequest) -> str:
    """Ours on the callers' span; on the extensions' span it is the other one."""
    return str(request.param)


@pytest.fixture
def running(side: str, tmp_path: Path) -> Iterator[Running]:
    """running(routes): a switch that serves; afterwards it must be as good as new, and its frames are judged."""
    made: list[SwitchProcess] = []

    def run(*routes: str) -> SwitchProcess:
        switch = SwitchProcess(tmp_path, side=side, flows=(FLOW, TRY), routes=routes)
        made.append(switch)
        return switch.start()

    yield run
    for switch in made:
        assert switch.stop() == 0, switch.log()
        assert "Traceback" not in switch.log(), switch.log()
        frames, complaints = switch.judged()
        assert (frames > 10, complaints) == (True, [])


def numbers(events: list[Event], key: str) -> list[int]:
    """The last three digits of a number in events."""
    return [int(e[key][-3:]) for e in events]


def answered_seconds(switch: SwitchProcess) -> dict[str, float]:
    """By call: from the answer until a party hung up, which ends the talk or the flow at once (the circuits are free a moment later)."""
    answer: dict[str, int] = {}
    found: dict[str, float] = {}
    for e in switch.events():
        if e.kind == "leg.answered" and e.data["leg"] == "1":
            answer[e.call] = e.time_ns
        elif e.kind in ("call.unbridged", "flow.end") and e.call in answer:
            found[e.call] = (e.time_ns - answer[e.call]) / 1e9
    return found


def check_recordings(switch: SwitchProcess, calls: int) -> None:
    """Every answered call has one, as long as the call."""
    length = answered_seconds(switch)
    recorded = {cdr.call: cdr.recordings for cdr in switch.cdrs() if cdr.answer}
    assert len(recorded) == calls
    assert recorded.keys() == length.keys()
    for call, (path,) in recorded.items():
        assert read_recording(path).seconds == pytest.approx(length[call], abs=0.3)


def test_thirty_calls_at_once_through_the_flow_to_extensions(running: Running) -> None:
    switch = running()
    common = {"tone_by": "g", "level_ms": 250}
    with (
        FarEnd(**switch.far("carrier"), hold=0, tone_base=CALLER_TONES, hear_base=AGENT_TONES, **common) as callers,
        FarEnd(
            **switch.far("pbx"), tone_base=AGENT_TONES, hear_base=CALLER_TONES, tone_by="d", alert_ms=50, answer_ms=300
        ) as agents,
    ):
        switch.up(callers, agents)
        for n in range(30):
            branch = 1 + n % 2
            callers.send("call", called=HOTLINE, calling=f"13900000{n:03d}", digits=f",,{branch},{n:03d}", hold=0)
            time.sleep(0.05)
        callers.wait("answer", 10, count=30)
        agents.wait("answered", 20, count=30)
        assert len({e["channel"] for e in callers.of("answer")}) == 30, "all channels of the span"
        switch.wait("thirty talks", lambda: [len(row["bridged"]) for row in switch.ask("calls")] == [2] * 30)
        time.sleep(2.0)  # talk
        for n in range(0, 30, 2):
            callers.send("hangup", call=n)
        for e in [e for e in agents.of("answered") if int(ring_of(agents, e)["called"][-3:]) % 2]:
            agents.send("hangup", call=e["call"])
        callers.wait("end", 15, count=30)
        agents.wait("end", 5, count=30)
        switch.quiet()
        both_ways_and_none_crossed(callers, agents)
        prompts_were_heard(callers)
        assert [e["by"] for e in sorted(callers.of("end"), key=lambda e: e["call"])] == ["us", "peer"] * 15
        assert {e["cause"] for e in callers.of("end") + agents.of("end")} == {16}
    check_thirty_records(switch)


def ring_of(peer: FarEnd, event: Event) -> Event:
    return peer.of("ring", call=event["call"])[0]


def both_ways_and_none_crossed(callers: FarEnd, agents: FarEnd) -> None:
    """Who called as number n heard extension n, and extension n heard nobody else."""
    for mine, base, ends in (("calling", AGENT_TONES, callers.of("end")), ("called", CALLER_TONES, agents.of("end"))):
        assert sorted(numbers(ends, mine)) == list(range(30))
        for e in ends:
            n = int(e[mine][-3:])
            right = e["tones"].pop(str(base + 10 * n), 0)
            assert right >= 12, f"{mine} {n} heard its party for {right} windows of 100 ms"
            # speech of the prompts may look like a tone for one window
            assert sum(e["tones"].values()) <= (2 if mine == "calling" else 0), f"{mine} {n} heard {e['tones']}"


def prompts_were_heard(callers: FarEnd) -> None:
    """Between the answer and the first key, at the level that prompts are made for (-16 dBm0 of speech)."""
    for answer in callers.of("answer"):
        call = answer["call"]
        key = callers.of("digit-sent", call=call)[0]["mono_ns"]
        levels = [e["dbm0"] for e in callers.of("level", call=call) if answer["mono_ns"] + 3e8 < e["mono_ns"] < key]
        assert len(levels) >= 2
        assert max(levels) > -22
        assert max(levels) < -8


def check_thirty_records(switch: SwitchProcess) -> None:
    cdrs = switch.cdrs()
    check_recordings(switch, 30)
    assert len(cdrs) == 30
    talks = talk_times(switch)
    for cdr in cdrs:
        n = int(cdr.calling[-3:])
        branch = ["by-order", "order-agent"] if n % 2 == 0 else ["by-name", "name-agent"]
        assert cdr.nodes[:3] == ["menu", *branch]
        assert cdr.digits == f"{1 + n % 2}{n:03d}"
        assert cdr.parties == [f"8{n:03d}"]
        assert (cdr.cause, cdr.released_by) == ((16, "caller") if n % 2 == 0 else (16, "system"))
        assert cdr.nodes[3:] == ([] if n % 2 == 0 else ["name-thanks", "name-bye"])
        talk_is_on_its_tracks(cdr, n, *talks[cdr.call])


def talk_times(switch: SwitchProcess) -> dict[str, tuple[float, float]]:
    """Begin and end of each call's talk, in seconds from its answer."""
    found: dict[str, tuple[float, float]] = {}
    marks: dict[tuple[str, str], int] = {}
    for e in switch.events():
        if e.kind != "leg.answered" or e.data["leg"] == "1":
            marks[e.call, e.kind] = e.time_ns
        if e.kind == "call.unbridged":
            answer = marks[e.call, "leg.answered"]
            found[e.call] = ((marks[e.call, "call.bridged"] - answer) / 1e9, (e.time_ns - answer) / 1e9)
    return found


def talk_is_on_its_tracks(cdr: Cdr, n: int, begin: float, end: float) -> None:
    """Left the caller's tone and no other, right the extension's, while they talked."""
    recording = read_recording(cdr.recordings[0])
    begin, end = begin + 0.4, end - 0.6  # the line is 0.1 s long, and the release takes its time on a busy D channel
    assert end - begin > 0.8
    assert recording.share(0, CALLER_TONES + 10 * n, begin, end) > 0.98
    assert recording.share(1, AGENT_TONES + 10 * n, begin, end) > 0.98
    assert recording.level_dbm0(0, begin, end) == pytest.approx(-13, abs=0.3)
    assert recording.level_dbm0(1, begin, end) == pytest.approx(-13, abs=0.3)


def test_calls_both_ways_on_the_same_channels(running: Running) -> None:
    """Ten calls a second each way: where both sides seize a channel at once, both calls get through all the same (Q.931 §5.7)."""
    switch, calls = running(), 30
    options = {"hold": 400, "tone_base": AGENT_TONES}
    with FarEnd(**switch.far("carrier"), **options) as callers, FarEnd(**switch.far("pbx"), **options) as agents:
        switch.up(callers, agents)
        for n in range(calls):
            callers.send("call", called=f"8{n:03d}", calling=f"1{n:03d}")
            agents.send("call", called=f"6{n:03d}", calling=f"2{n:03d}")
            time.sleep(0.1)
        for peer in (callers, agents):
            peer.wait("end", 15, count=calls, dir="out")
            assert {(e["cause"], e["answered"]) for e in peer.of("end", dir="out")} == {(16, True)}
            assert not peer.of("error")
        for peer in (callers, agents):
            peer.wait("end", 5, count=calls, dir="in")
        switch.quiet()
    assert {(cdr.cause, bool(cdr.answer)) for cdr in switch.cdrs()} == {(16, True)}
    check_recordings(switch, 2 * calls)


# -- refusal -----------------------------------------------------------------------------------------------------

CAUSES = (1, 3, 17, 18, 19, 21, 22, 27, 28, 31, 34, 38, 41, 42, 44, 47, 57, 58, 63, 65, 79, 88, 102, 111, 127)
#: what an agent node makes of a cause: 0004 busy, 0005 no answer, all others 0006 unreachable or refused
RESULTS = {17: "0004", 18: "0005", 19: "0005", 102: "0005"}
TOLD = {"0004": 17, "0005": 19, "0006": 21}  # by the flow `try`


def test_refusal_by_an_extension_reaches_the_caller(running: Running) -> None:
    """Over a direct route the cause itself; in a flow as the result of the agent node."""
    switch = running('{called: "7???", flow: try}')
    with (
        FarEnd(**switch.far("carrier"), hold=0) as callers,
        FarEnd(**switch.far("pbx"), refuse_by_called=True) as agents,
    ):
        switch.up(callers, agents)
        for n, way in enumerate("87", 1):
            for cause in CAUSES:
                callers.send("call", called=f"{way}{cause:03d}", calling=f"{n}{cause:03d}")
            callers.wait("end", 20, count=n * len(CAUSES))
        switch.quiet()
        heard = {e["calling"]: e["cause"] for e in callers.of("end")}
        assert heard == {f"1{c:03d}": c for c in CAUSES} | {f"2{c:03d}": TOLD[RESULTS.get(c, "0006")] for c in CAUSES}
        assert {e["cause"] for e in agents.of("end")} == set(CAUSES)
    cdrs = {cdr.calling: cdr for cdr in switch.cdrs()}
    results = {e.call: e.data["result"] for e in switch.events("flow.result", node="agent")}
    for cause in CAUSES:
        direct, through_flow = cdrs[f"1{cause:03d}"], cdrs[f"2{cause:03d}"]
        assert (direct.cause, direct.released_by, direct.answer) == (cause, "called", "")
        assert results[through_flow.call] == RESULTS.get(cause, "0006"), cause


def test_refusal_by_us(running: Running) -> None:
    """Unknown numbers with cause 1, what a rule refuses with the rule's cause, all before an answer."""
    switch = running(*(f'{{called: "9{cause:03d}", refuse: {cause}}}' for cause in CAUSES))
    with FarEnd(**switch.far("carrier"), hold=0) as callers, FarEnd(**switch.far("pbx")) as agents:
        switch.up(callers, agents)
        called = ["12345678", "4006000999", "5", *(f"9{cause:03d}" for cause in CAUSES)]
        for number in called:
            callers.send("call", called=number)
        callers.wait("end", count=len(called))
        wanted = dict(zip(called, (1, 1, 1, *CAUSES), strict=True))
        assert {e["called"]: e["cause"] for e in callers.of("end")} == wanted
        assert not callers.of("answer")
        assert not agents.of("ring")
        switch.quiet()
    assert {cdr.called: cdr.cause for cdr in switch.cdrs()} == wanted
    assert {(cdr.released_by, cdr.answer) for cdr in switch.cdrs()} == {("system", "")}


def test_nobody_answers_and_the_line_of_the_extensions_is_dead(running: Running) -> None:
    switch = running()
    with FarEnd(**switch.far("carrier"), hold=0) as callers:
        with FarEnd(**switch.far("pbx"), answer_ms=-1) as agents:
            switch.up(callers, agents)
            callers.send("call", called="8001")
            assert callers.wait("alerting", 5)["inband"]
            assert callers.wait("end", 10)["cause"] == 19
            assert agents.wait("end", 5)["cause"] == 16
            # far end tones by the switch: ringing tone, 450 Hz at -10 dBm0 or so for as long as it rang
            assert callers.of("first-audio")[0]["dbm0"] > -20
            callers.send("call", called="8002")
            caller = callers.wait("alerting", 5, count=2)["call"]
            callers.send("hangup", call=caller)  # gives up
            assert agents.wait("end", 5, count=2)["cause"] == 16
            switch.quiet()
        switch.wait("extensions' line down", lambda: not switch.ask("status")["trunks"][1]["up"])
        callers.send("call", called="8003")
        assert callers.wait("end", 10, count=3)["cause"] == 38
        switch.wait("its record", lambda: len(switch.cdrs()) == 3)
    assert [cdr.cause for cdr in switch.cdrs()] == [19, 16, 38]


# -- digits one by one -------------------------------------------------------------------------------------------


def test_overlap_receiving(running: Running) -> None:
    """Two digits in SETUP, the rest one by one: complete as soon as the route says so, refused as soon as none can fit."""
    switch = running()
    with (
        FarEnd(**switch.far("carrier"), overlap=True, hold=500) as callers,
        FarEnd(**switch.far("pbx"), alert_ms=10, answer_ms=100) as agents,
    ):
        switch.up(callers, agents)
        callers.send("call", called="8007")
        callers.send("call", called=HOTLINE)
        callers.send("call", called="8008")
        callers.wait("answer", 10, count=3)
        callers.send("call", called="4009")
        callers.wait("end", 10, count=4)
        assert len(callers.of("setup-ack")) == 4
        assert {e["called"]: e["cause"] for e in callers.of("end")} == {"8007": 16, HOTLINE: 16, "8008": 16, "4009": 1}
        assert sorted(e["called"] for e in agents.of("ring")) == ["8007", "8008"]
        assert all(e["complete"] for e in agents.of("ring"))
        switch.quiet()
    assert sorted(cdr.called for cdr in switch.cdrs()) == ["4006000998", "4009", "8007", "8008"]


def test_an_extension_that_asks_for_more_digits(running: Running) -> None:
    """Overlap at the far end only: our number was whole, we say so, and the call goes through."""
    switch = running()
    with (
        FarEnd(**switch.far("carrier"), hold=300) as callers,
        FarEnd(**switch.far("pbx"), overlap=True, expect_digits=9) as agents,
    ):
        switch.up(callers, agents)
        callers.send("call", called="8001")
        assert callers.wait("end", 10)["answered"]
        assert agents.of("ring")[0]["complete"]
        switch.quiet()


# -- loss of the line --------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_talk_outlives_the_loss_of_layer_2(running: Running) -> None:
    """Both D channels dead for so long that both ends give the data link up, less than T309; sound goes on, new calls fail."""
    switch = running()
    common = {"t309_ms": 30_000}
    with (
        FarEnd(
            **switch.far("carrier"), hold=0, tone_base=CALLER_TONES, hear_base=AGENT_TONES, tone_by="g", **common
        ) as callers,
        FarEnd(**switch.far("pbx"), tone_base=AGENT_TONES, hear_base=CALLER_TONES, tone_by="d", **common) as agents,
    ):
        switch.up(callers, agents)
        callers.send("call", called="8003", calling="139003")
        talk = callers.wait("answer")["call"]
        agents.wait("hears", hz=CALLER_TONES + 30)
        agents.send("drop-link", ms=9000)
        callers.send("call", called="8004", calling="139004")
        assert callers.wait("end", called="8004")["cause"] == 19  # our SETUP found nobody
        callers.send("drop-link", ms=6000)
        callers.send("call", called="8005", calling="139005")
        callers.wait("link-down")
        switch.wait("link down", lambda: not switch.ask("status")["trunks"][1]["up"])
        switch.wait("link up", lambda: all(trunk["up"] for trunk in switch.ask("status")["trunks"]), 15)
        callers.wait("link-up", count=2)
        callers.wait("end", 15, called="8005")
        assert [row["bridged"] for row in switch.ask("calls") if row["called"] == "8003"] == [["1", "2"]]
        callers.send("hangup", call=talk)
        end, heard = callers.wait("end", call=talk), agents.wait("end", called="8003")
        assert (end["cause"], heard["cause"]) == (16, 16)
        for e, hz in ((end, AGENT_TONES + 30), (heard, CALLER_TONES + 30)):
            assert e["longest_gap_ms"] < 100
            assert list(e["tones"]) == [str(hz)]
            assert e["tones"][str(hz)] * 100 > e["talk_ms"] - 600
        switch.quiet()
        assert [e.data["up"] for e in switch.events("trunk.state", trunk="Trunk1")][-2:] == [False, True]
    check_recordings(switch, 1)


def test_loss_of_the_line_releases_and_the_circuits_come_back(running: Running) -> None:
    switch = running()
    with (
        FarEnd(**switch.far("carrier"), hold=0) as callers,
        FarEnd(**switch.far("pbx"), tone_base=AGENT_TONES) as agents,
    ):
        switch.up(callers, agents)
        for n in range(5):
            callers.send("call", called=f"800{n}", calling=f"13900{n}")
        callers.wait("answer", count=5)
        began = time.monotonic()
        callers.send("los", ms=4000)
        agents.wait("end", 10, count=5)
        held = time.monotonic() - began
        assert 2.0 < held < 4.0, "after the hold, before the line came back"
        assert {e["cause"] for e in agents.of("end")} == {27}
        assert set(switch.circuits("carrier").values()) <= {"down", "busy"}
        callers.wait("end", 15, count=5)
        switch.quiet(15)
        callers.send("call", called="8009")
        callers.wait("answer", count=6)
        callers.send("hangup-all")
        callers.wait("end", count=6)
        switch.quiet()
    cdrs = switch.cdrs()
    assert [cdr.cause for cdr in cdrs] == [27] * 5 + [16]
    check_recordings(switch, 6)
