"""The whole switch against libss7: two E1s with a signalling link each, to an exchange that calls the flow and is called through it.

Every test leaves the switch with all circuits idle and no port open, and tshark has nothing against a unit it sent.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from far_end import Event, Exchange
from ss7_switch import Ss7Switch

pytestmark = pytest.mark.interop

HOTLINE = "4006000998"
TONES = 600  # Hz of call 0, each further call 10 Hz above

#: 1 leads to extension 8000 with the last three digits of the caller's number, 2 to a goodbye
FLOW = """\
<flow name="main" language="en">
  <node code="menu" type="play" files="welcome,main-menu" digits="1" valid="12" timeout="10">
    <node code="by-order" type="play" key="1" files="order-enter" store="who" digits="3" timeout="10">
      <node code="agent" type="agent" extensions="8@who" wait="20">
        <node code="thanks" type="hangup" cause="16"/>
        <node code="failed" type="hangup" result="0004,0005,0006,0007,0008" cause="17"/>
      </node>
    </node>
    <node code="goodbye" type="play" key="2" files="goodbye"><node code="end" type="hangup"/></node>
  </node>
</flow>
"""

Running = Callable[..., Ss7Switch]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    """running(timers): a switch that serves; afterwards it must be as good as new, and its units are judged."""
    made: list[Ss7Switch] = []

    def run(timers: str = "") -> Ss7Switch:
        made.append(Ss7Switch(tmp_path, flows=(FLOW,), timers=timers))
        return made[-1].start()

    yield run
    for switch in made:
        assert switch.stop() == 0, switch.log()
        assert "Traceback" not in switch.log(), switch.log()
        units, complaints = switch.judged()
        assert (units > 10, complaints) == (True, [])


def up(switch: Ss7Switch, exchange: Exchange) -> None:
    """Both links in service, the circuits reset at both ends."""
    exchange.wait("link-up", 20)
    exchange.wait("mtp2-up", 20, count=2)
    switch.wait("links up", lambda: switch.links() == ["available"] * 2)
    switch.quiet(20)


def test_links_come_up_from_either_side(running: Running) -> None:
    switch = running()
    time.sleep(1.0)  # nobody there
    with Exchange(**switch.far("carrier"), hold=300) as exchange:
        up(switch, exchange)
        exchange.send("call", called=HOTLINE)
        exchange.wait("end")
        switch.quiet()
        assert {e["channel"] for e in exchange.of("grs")} <= {1, 17, 33, 49}
        assert {n for e in exchange.of("grs") for n in range(e["channel"], e["last"] + 1)} >= set(range(1, 16))
    switch.wait("nobody there", lambda: "available" not in switch.links(), 20)
    assert set(switch.circuits("carrier").values()) == {"down"}
    with Exchange(**switch.far("carrier"), hold=300, reset=True) as exchange:
        up(switch, exchange)
        exchange.wait("gra", 10, count=4)
        exchange.send("call", called=HOTLINE)
        assert exchange.wait("end")["answered"]
        switch.quiet()


def test_twenty_talks_both_ways_on_both_lines(running: Running) -> None:
    """Keys in band choose the extension; each pair hears itself and nobody else, on circuits of both lines and both directions."""
    switch = running()
    calls = 20
    with Exchange(
        **switch.far("carrier"), tone_base=TONES, tone_by="i", hold=0, alert_ms=50, answer_ms=300
    ) as exchange:
        up(switch, exchange)
        for n in range(calls):
            exchange.send("call", called=HOTLINE, calling=f"13900000{n:03d}", digits=f",,1,{n:03d}")
            time.sleep(0.1)
        exchange.wait("answer", 10, count=calls)
        exchange.wait("answered", 20, count=calls)
        switch.wait("talks", lambda: [len(row["bridged"]) for row in switch.ask("calls")] == [2] * calls)
        pairs = pairs_of(exchange)
        tones = {call: 1 + n for n, call in enumerate(call for pair in pairs for call in pair)}
        for call, tone in tones.items():  # 40 ends, 32 tones: neighbours in a row never share one
            exchange.send("tone", call=call, hz=TONES + 10 * (tone % 32))
        time.sleep(1.5)
        heard: dict[int, int] = {}
        for e in exchange.of("hears"):
            heard[e["call"]] = e["hz"]
        for a, b in pairs:
            assert heard[a] == TONES + 10 * (tones[b] % 32)
            assert heard[b] == TONES + 10 * (tones[a] % 32)
        assert len({e["channel"] for e in exchange.of("answer") + exchange.of("answered")}) == 2 * calls
        exchange.send("hangup-all")
        exchange.wait("end", 10, count=2 * calls)
        switch.quiet()
    assert {(cdr.cause, cdr.digits[0]) for cdr in switch.cdrs()} == {(16, "1")}


def pairs_of(exchange: Exchange) -> list[tuple[int, int]]:
    """Numbers of the call to us and of the call from us that belong together, by the last digits of the caller and the extension."""
    callers = {e["calling"][-3:]: e["call"] for e in exchange.of("setup")}
    return [(callers[e["called"][-3:]], e["call"]) for e in exchange.of("ring")]


def test_causes_reach_the_other_side(running: Running) -> None:
    causes = (1, 16, 17, 18, 19, 21, 27, 34, 38, 41, 47, 127)
    switch = running()
    with Exchange(**switch.far("carrier"), refuse_by_called=True, hold=0) as exchange:
        up(switch, exchange)
        for cause in causes:
            exchange.send("call", called=f"8{cause:03d}")
        exchange.send("call", called="999")
        exchange.wait("end", 20, count=len(causes) + 1, dir="out")
        heard = {e["called"]: e["cause"] for e in exchange.of("end", dir="out")}
        assert heard == {f"8{cause:03d}": cause for cause in causes} | {"999": 1}
        switch.quiet()


def test_blocked_circuits_are_not_used(running: Running) -> None:
    """Blocked by the exchange: not for calls of ours. Blocked by us: the exchange does not take them."""
    switch = running()
    with Exchange(**switch.far("carrier"), hold=0, descending=True) as exchange:
        up(switch, exchange)
        for first, last in ((1, 15), (17, 31)):
            exchange.send("block-group", channel=first, last=last)
        exchange.wait("cgba", count=2)
        for n in range(10):
            exchange.send("call", called=f"8{n:03d}")
        exchange.wait("answer", 10, count=10)
        assert all(e["channel"] > 32 for e in exchange.of("ring"))
        exchange.send("hangup-all")
        exchange.wait("end", 10, count=20)
        for first, last in ((1, 15), (17, 31)):
            exchange.send("unblock-group", channel=first, last=last)
        exchange.wait("cgua", count=2)
        switch.quiet()


def test_dual_seizure(running: Running) -> None:
    """Both sides seize in the same order: every call gets through, on another circuit where the other side controls the first one."""
    switch = running()
    with Exchange(**switch.far("carrier"), hold=700) as exchange:
        up(switch, exchange)
        for n in range(60):
            exchange.send("call", called=f"8{n:03d}")
            time.sleep(0.15 if n % 2 else 0.05)  # our call for the first one meets the second one
        for which in ("in", "out"):
            exchange.wait("end", 20, count=60, dir=which)
        assert {(e["cause"], e["answered"]) for e in exchange.of("end")} == {(16, True)}
        assert exchange.of("dual-seizure")
        switch.quiet()


def test_a_link_is_cut_for_three_seconds_under_load(running: Running) -> None:
    """Two links in the set. What is up stays up, with sound without a gap, and is released; what is being set up meanwhile may lose a message,
    for libss7 does not take part in the changeover, and is ended by timers: no call stands at the end."""
    switch = running("ISUP.T1 = 15\nISUP.T7 = 20")
    common = {"t1_ms": 4000, "t7_ms": 5000, "guard_ms": 60_000}
    with Exchange(**switch.far("carrier"), hold=8000, tone_base=TONES, **common) as exchange:
        up(switch, exchange)
        for n in range(10):
            exchange.send("call", called=f"8{n:03d}", calling=f"1390{n:03d}")
        exchange.wait("answer", 10, count=10)
        exchange.wait("hears", 5, count=20)
        talks = {e["call"] for e in exchange.of("answer") + exchange.of("answered")}
        exchange.send("cut-link", line=1, ms=3000)
        for n in range(10, 40):
            exchange.send("call", called=f"8{n:03d}", calling=f"1390{n:03d}", hold=1000)
            time.sleep(0.1)
        switch.wait("link back", lambda: switch.links() == ["available"] * 2, 20)
        switch.wait("all over", lambda: exchange_is_idle(exchange), 60)
        ends = {e["call"]: e for e in exchange.of("end")}
        assert {ends[call]["cause"] for call in talks} == {16}
        assert max(ends[call]["longest_gap_ms"] for call in talks) < 100
        assert all(ends[call]["talk_ms"] > 7000 for call in talks)
        good = [e for e in ends.values() if e["cause"] == 16]
        assert len(good) >= len(ends) * 3 // 4
        switch.quiet(30)


def exchange_is_idle(exchange: Exchange) -> bool:
    before = len(exchange.of("summary"))
    exchange.send("summary")
    summary: Event = exchange.wait("summary", 5, count=before + 1)
    return bool(summary["busy"] == 0)
