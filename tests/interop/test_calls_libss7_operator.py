"""What an operator does to links and circuits of a running switch, against libss7, with calls up: and digits that come one by one."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from far_end import Exchange
from ss7_switch import Ss7Switch

pytestmark = pytest.mark.interop

HOTLINE = "4006000998"
FLOW = """\
<flow name="main" language="en">
  <node code="menu" type="play" files="welcome" digits="1" valid="1" timeout="10"><node code="end" type="hangup"/></node>
</flow>
"""

Running = Callable[[], Ss7Switch]


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made: list[Ss7Switch] = []

    def run() -> Ss7Switch:
        made.append(Ss7Switch(tmp_path, flows=(FLOW,)))
        return made[-1].start()

    yield run
    for switch in made:
        assert switch.stop() == 0, switch.log()
        assert "Traceback" not in switch.log(), switch.log()
        units, complaints = switch.judged()
        assert (units > 10, complaints) == (True, [])


def up(switch: Ss7Switch, exchange: Exchange) -> None:
    exchange.wait("mtp2-up", 20, count=2)
    switch.wait("links up", lambda: switch.links() == ["available"] * 2)
    switch.quiet(20)


def circuits(switch: Ss7Switch, verb: str, *names: str, **options: Any) -> None:
    switch.ask("ss7-circuit", verb=verb, circuits=list(names), **options)


def talks(exchange: Exchange, calls: int) -> set[int]:
    """So many calls through the switch, on circuits of both lines: both numbers of each."""
    before = len(exchange.of("answer"))
    for n in range(calls):
        exchange.send("call", called=f"8{n:03d}", hold=0)
        time.sleep(0.05)
    exchange.wait("answer", 10, count=before + calls)
    return {e["call"] for e in exchange.of("answer")[before:] + exchange.of("answered")[before:]}


def test_blocked_and_unblocked_with_calls_up(running: Running) -> None:
    """For maintenance calls go on and no new one comes; for hardware failure they are over."""
    switch = running()
    with Exchange(**switch.far("carrier")) as exchange:
        up(switch, exchange)
        up_now = talks(exchange, 4)
        circuits(switch, "block", "Trunk0/1-31", "Trunk1/5")
        exchange.wait("cgb", hardware=0)
        exchange.wait("blo", channel=37)
        talks(exchange, 4)
        assert not exchange.of("end")
        new = [e for e in exchange.of("setup") + exchange.of("ring") if e["call"] not in up_now]
        assert len(new) == 8
        assert all(e["channel"] > 32 and e["channel"] != 37 for e in new)
        circuits(switch, "unblock", "Trunk0/1-31", "Trunk1/5")
        exchange.wait("cgu", hardware=0)
        exchange.wait("ubl", channel=37)
        circuits(switch, "block", "Trunk0/1-31", hardware=True)
        exchange.wait("cgb", hardware=1)
        gone = {e["call"] for e in exchange.of("answer") + exchange.of("answered") if e["channel"] < 32}
        assert gone <= up_now
        exchange.wait(
            "end", 10, count=len(up_now)
        )  # both circuits of each of the first talks, wherever the other one is
        assert {e["call"] for e in exchange.of("end")} == up_now
        circuits(switch, "unblock", "Trunk0/1-31", hardware=True)
        exchange.wait("cgu", hardware=1)
        exchange.send("hangup-all")
        switch.quiet(15)


def test_reset_with_calls_up(running: Running) -> None:
    switch = running()
    with Exchange(**switch.far("carrier")) as exchange:
        up(switch, exchange)
        talks(exchange, 6)
        since = len(exchange.events)
        circuits(switch, "reset", "Trunk0/1")
        exchange.wait("rsc", since=since, channel=1)
        circuits(switch, "reset", "Trunk0/2-31", "Trunk1/1-31")
        exchange.wait("grs", since=since, count=2)
        exchange.wait("end", 10, count=12)
        switch.quiet()
        assert talks(exchange, 2)
        exchange.send("hangup-all")
        switch.quiet()


def test_continuity_check_with_the_real_tone(running: Running) -> None:
    """2000 Hz go out, come back by the loop of the exchange and are heard (Q.724 §7): the circuit is idle, and can be called on."""
    switch = running()
    with Exchange(**switch.far("carrier"), hold=300) as exchange:
        up(switch, exchange)
        circuits(switch, "continuity", "Trunk0/7", "Trunk1/8")
        exchange.wait("ccr", channel=7)
        exchange.wait("ccr", channel=40)
        switch.quiet(10)
        assert not exchange.of("cot", good=False)
        exchange.send("call", channel=7, called="8001")
        assert exchange.wait("end", 10, dir="out")["answered"]
        switch.quiet()


def test_continuity_check_without_a_loop(running: Running) -> None:
    """No tone comes back: the circuit is not used until a later check is good."""
    switch = running()
    with Exchange(**switch.far("carrier"), no_loop=True) as exchange:
        up(switch, exchange)
        circuits(switch, "continuity", "Trunk0/7")
        exchange.wait("ccr", channel=7)
        assert exchange.wait("cot", 10, channel=7)["good"] is False
        time.sleep(0.5)
        assert switch.circuits("carrier")["Trunk0/7"] != "idle"
        circuits(switch, "reset", "Trunk0/7")
        exchange.wait("rsc", channel=7)
        switch.quiet(15)


def test_links_deactivated_restarted_removed_and_added_with_calls_up(running: Running) -> None:
    switch = running()
    with Exchange(**switch.far("carrier")) as exchange:
        up(switch, exchange)
        up_now = talks(exchange, 6)

        def link(verb: str, **options: Any) -> None:
            switch.ask("ss7-link", verb=verb, link="LinkSet0/1", **options)

        def back() -> bool:
            return switch.links() == ["available"] * 2

        link("deactivate")
        switch.wait("down", lambda: switch.links() != ["available"] * 2)
        time.sleep(2.0)
        up_now |= talks(exchange, 3)
        link("activate")
        switch.wait("back", back, 30)
        link("restart", emergency=True)
        switch.wait("restarted", lambda: not back())
        switch.wait("back", back, 30)
        link("remove")
        switch.wait("gone", lambda: switch.links() == ["available"], 10)
        link("add", place="Trunk1/16")
        switch.wait("back", back, 30)
        time.sleep(2.0)
        assert not exchange.of("end")
        talks(exchange, 2)
        exchange.send("hangup-all")
        switch.quiet(30)
        assert exchange.of("link-down") == []
        assert {e["cause"] for e in exchange.of("end") if e["call"] in up_now} == {16}


def test_overlap_receiving(running: Running) -> None:
    """No ST: complete as soon as the route says so."""
    switch = running()
    with Exchange(**switch.far("carrier"), overlap=True, hold=300, expect_digits=4) as exchange:
        up(switch, exchange)
        exchange.send("call", called="8007")
        exchange.send("call", called=HOTLINE)
        exchange.wait("end", 10, count=3)
        exchange.send("call", called="999")
        exchange.wait("end", 10, count=4)
        causes = {e["called"]: e["cause"] for e in exchange.of("end", dir="out")}
        assert causes == {"8007": 16, HOTLINE: 16, "999": 1}
        assert exchange.of("ring")[0]["complete"]
        switch.quiet()
