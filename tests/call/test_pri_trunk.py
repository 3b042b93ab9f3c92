"""Call control over real PRI: two Q.931 stacks a span, Q.921, HDLC and the engine, spans back to back, on the virtual clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from test_recovery import Row
from test_sound import FarEnd, spans
from world import World

from xunhu import vclock
from xunhu._media.engine import Engine
from xunhu.call import recovery
from xunhu.call.pri_trunk import PriCall, PriTrunk
from xunhu.call.trunk import CallRequest, Party, Trunk
from xunhu.ivr.session import Session


class FarSwitch:
    """The other side of a span: notes what it is told; `auto` answers what is offered."""

    def __init__(self, auto: str = "") -> None:
        self.auto = auto
        self.calls: list[PriCall] = []
        self.heard: list[tuple[Any, ...]] = []
        self.states: list[bool] = []
        self.types: list[str] = []  # of called numbers

    def trunk_offered(self, call: Any, called: Party, calling: Any, redirecting: Any, complete: bool) -> None:
        self.calls.append(call)
        self.types.append(called.type)
        self.heard.append(("offered", called.digits, calling.digits if calling else ""))
        if self.auto == "busy":
            call.release(17)
        elif self.auto.startswith("taken"):
            call.release(44)
            self.auto = self.auto.removeprefix("taken once, ")
        elif self.auto:
            call.proceed()
            call.alert(False)
            if self.auto == "answer":
                call.answer()

    def trunk_digits(self, call: Any, digits: str, complete: bool) -> None:
        self.heard.append(("digits", digits, complete))

    def trunk_wants_digits(self, call: Any) -> None:
        self.heard.append(("wants",))

    def trunk_proceeding(self, call: Any, inband: bool) -> None:
        self.heard.append(("proceeding", inband))

    def trunk_progress(self, call: Any, inband: bool, cause: Any) -> None:
        self.heard.append(("progress", inband, cause))

    def trunk_alerting(self, call: Any, inband: bool) -> None:
        self.heard.append(("alerting", inband))

    def trunk_answered(self, call: Any) -> None:
        self.heard.append(("answered",))

    def trunk_disconnecting(self, call: Any, cause: int, inband: bool) -> None:
        self.heard.append(("disconnecting", cause))

    def trunk_released(self, call: Any, cause: int, by_peer: bool) -> None:
        self.heard.append(("released", cause, by_peer))

    def trunk_state(self, trunk: Trunk, up: bool, why: str) -> None:
        self.states.append(up)

    def trunk_alarm(self, trunk: Trunk, severity: str, text: str) -> None:
        self.heard.append(("alarm", severity, text))


class PriWorld(World):
    """Trunk0 (user side) to a public exchange, Trunk1 (network side) to a PBX; spans 2 and 3 are those."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(engine=settings.pop("engine", None) or Engine(spans()), trunks=False, **settings)
        self.carrier_far = FarSwitch()
        self.pbx_far = FarSwitch("ring")
        make: Callable[..., PriTrunk] = lambda name, span, events, side: PriTrunk(  # noqa: E731
            name, span, self.media, self.clock, events, side=side
        )
        self.trunk0 = make("Trunk0", 0, self.control, "user")
        self.trunk1 = make("Trunk1", 1, self.control, "network")
        self.far0 = make("Far0", 2, self.carrier_far, "network")
        self.far1 = make("Far1", 3, self.pbx_far, "user")
        self.control.add_trunks([self.trunk0, self.trunk1])

    def call_in(self, called: str, complete: bool = True) -> PriCall:
        return self.far0.setup(CallRequest(called, Party("13800138000"), complete=complete))

    def check_clean(self) -> None:
        super().check_clean()
        for trunk in (self.far0, self.far1):
            assert "busy" not in trunk.circuits().values()


def simulate(main: Callable[[PriWorld], Awaitable[None]], **settings: Any) -> PriWorld:
    async def body() -> PriWorld:
        w = PriWorld(**settings)
        await w.sleep(1)
        assert w.trunk0.up
        assert w.trunk1.up
        assert w.far0.up
        await main(w)
        await w.sleep(2)
        w.check_clean()
        return w

    return vclock.run(body())


def test_extension_both_ways_with_sound_and_release_from_the_callee(tmp_path: Path) -> None:
    async def main(w: PriWorld) -> None:
        out = w.call_in("8001")
        await w.sleep(0.2)
        callee = w.pbx_far.calls[0]
        assert w.pbx_far.heard[0] == ("offered", "8001", "13800138000")
        assert ("alerting", True) in w.carrier_far.heard
        callee.answer()
        await w.sleep(0.3)
        assert ("answered",) in w.carrier_far.heard
        (info,) = w.control.calls()
        ports = [leg.port or 0 for leg in info.legs]
        a, b = FarEnd(w, ports[0]), FarEnd(w, ports[1])
        await a.press("14")
        await b.press("7")
        await w.sleep(0.2)
        assert (a.heard, b.heard) == ("7", "14")
        callee.release(16)
        await w.sleep(0.3)
        assert ("released", 16, True) in w.carrier_far.heard
        assert out.state.value == "released"
        a.leave()
        b.leave()

    world = simulate(main)
    assert world.ended() == {"cause": 16, "by": "called", "answered": True}


@pytest.mark.parametrize("cause", [1, 17, 18, 21, 27, 34, 41, 42, 88])
def test_refusal_of_the_pbx_reaches_the_caller(cause: int) -> None:
    async def main(w: PriWorld) -> None:
        w.pbx_far.auto = ""
        w.call_in("8001")
        await w.sleep(0.2)
        w.pbx_far.calls[0].release(cause)
        await w.sleep(0.3)
        assert next(row[1] for row in w.carrier_far.heard if row[0] in ("disconnecting", "released")) == cause

    assert simulate(main).ended()["cause"] == cause


def test_both_sides_seize_the_same_channel_at_once() -> None:
    """Q.931 §5.7: the network's call has it, ours is moved; both get through."""

    async def main(w: PriWorld) -> None:
        w.carrier_far.auto = w.pbx_far.auto = "answer"
        ours = w.control.originate("carrier/13900000000", connect_to="8002")
        theirs = w.call_in("8001")
        assert (ours.legs["1"].trunk_call.port, theirs.port) == (1, 2 * 32 + 1)
        await w.sleep(1)
        assert [info.bridged for info in w.control.calls()] == [("1", "2")] * 2
        assert ours.legs["1"].port != 1
        for info in w.control.calls():
            w.control.hangup(info.call, 16)
        await w.sleep(1)

    w = simulate(main)
    assert "call.note" not in [row[2] for row in w.ledger.rows]


def test_a_call_goes_on_on_another_channel_three_times_at_most() -> None:
    async def main(w: PriWorld) -> None:
        w.pbx_far.auto = "taken"
        w.call_in("8001")
        await w.sleep(1)
        assert [row[0] for row in w.pbx_far.heard if row[0] == "offered"] == ["offered"] * 3
        assert ("released", 44, True) in w.carrier_far.heard or ("disconnecting", 44) in w.carrier_far.heard
        await w.sleep(1)
        w.pbx_far.heard.clear()
        w.pbx_far.auto = "taken once, answer"
        w.call_in("8002")
        await w.sleep(1)
        assert [row[0] for row in w.pbx_far.heard if row[0] == "offered"] == ["offered"] * 2
        (talk,) = w.control.calls()
        assert talk.bridged == ("1", "2")
        w.control.hangup(talk.call, 16)

    simulate(main)


def test_overlap_and_unknown_number() -> None:
    async def main(w: PriWorld) -> None:
        call = w.call_in("8", complete=False)
        await w.sleep(0.2)
        assert ("wants",) in w.carrier_far.heard
        for digit in "001":
            call.send_digits(digit)
            await w.sleep(0.2)
        assert w.pbx_far.heard[0][1] == "8001"
        call.release(16)
        await w.sleep(0.5)
        w.call_in("7777")
        await w.sleep(0.5)
        assert w.carrier_far.heard[-1] == ("released", 1, True)

    simulate(main)


def test_flow_over_pri_with_keys_to_an_extension() -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.play_collect([], digits=1, timeout_s=5))
        got.append(await session.connect(["8001"], wait_s=20, queue=False))
        return "0000"

    async def main(w: PriWorld) -> None:
        w.flows.walks["main"] = walk
        w.pbx_far.auto = "answer"
        call = w.call_in("4000")
        await w.sleep(0.3)
        assert ("answered",) in w.carrier_far.heard
        far = FarEnd(w, w.control.calls()[0].legs[0].port or 0)
        await far.press("3")
        await w.sleep(0.5)
        assert got[0].digits == "3"
        assert w.control.calls()[0].bridged == ("1", "2")
        call.release(16)
        await w.sleep(0.3)
        far.leave()

    assert simulate(main).ended() == {"cause": 16, "by": "caller", "answered": True}


def test_thirty_calls_fill_the_span_and_the_next_is_refused() -> None:
    async def main(w: PriWorld) -> None:
        w.pbx_far.auto = "answer"
        calls = [w.call_in("8001") for _ in range(30)]
        await w.sleep(1)
        assert len(w.control.calls()) == 30
        assert all(call.state.value == "active" for call in calls)
        assert w.trunk0.idle() == []
        with pytest.raises(Exception, match="idle"):
            w.call_in("8001")
        for n, call in enumerate(calls):
            (call if n % 2 else w.pbx_far.calls[n]).release(16)
        await w.sleep(1)
        assert len(w.trunk0.idle()) == 30

    simulate(main)


def test_loss_of_the_line_for_a_second_keeps_the_talk_and_longer_releases_it() -> None:
    async def main(w: PriWorld) -> None:
        w.pbx_far.auto = "answer"
        w.call_in("8001")
        await w.sleep(0.5)
        w.engine.loop_cut(2, True)
        await w.sleep(1)
        assert not w.trunk0.up
        w.engine.loop_cut(2, False)
        await w.sleep(5)
        assert w.trunk0.up
        assert len(w.control.calls()) == 1
        w.engine.loop_cut(2, True)
        await w.sleep(4)
        assert w.control.calls() == []
        assert w.trunk0.circuits()["Trunk0/5"] == "down"
        w.engine.loop_cut(2, False)
        await w.sleep(10)
        assert w.trunk0.up
        assert len(w.trunk0.idle()) == 30

    world = simulate(main)
    assert (world.ended()["cause"], world.ended()["by"]) == (27, "system")
    assert any(row[2] == "span.alarm" and "LOS" in row[5]["alarms"] for row in world.ledger.rows)


def test_restart_of_control_takes_a_talk_over() -> None:
    async def body() -> None:
        w = PriWorld()
        await w.sleep(1)
        w.pbx_far.auto = "answer"
        call = w.call_in("8001")
        await w.sleep(0.5)
        rows = [Row(*row) for row in w.ledger.rows]
        for trunk in (w.trunk0, w.trunk1):
            trunk._media.on_alarm.remove(trunk._alarm)
            trunk._timer.cancel() if trunk._timer else None
        old = w.control
        for trunk in (w.trunk0, w.trunk1):
            w.media._links.remove(trunk._engine_link)
        # a new control and new stacks over the same engine; the far ends know nothing of it
        w.control = type(old)(old.settings, w.media, w.ledger, w.clock, w.flows, first_number=len(rows))
        w.media._slots.clear()
        kept = set(w.engine.ports())
        w.trunk0 = PriTrunk("Trunk0", 0, w.media, w.clock, w.control, side="user")
        w.trunk1 = PriTrunk("Trunk1", 1, w.media, w.clock, w.control, side="network")
        w.control.add_trunks([w.trunk0, w.trunk1])
        done = recovery.recover(w.control, recovery.open_calls(rows))
        assert (done.taken_over, done.ended) == (1, 0)
        await w.sleep(5)
        assert set(w.engine.ports()) == kept
        assert w.trunk0.up
        (info,) = w.control.calls()
        assert info.bridged == ("1", "2")
        assert call.state.value == "active"
        call.release(16)
        await w.sleep(2)
        w.check_clean()
        assert w.ended() == {"cause": 16, "by": "caller", "answered": True}

    vclock.run(body())


def test_calls_at_ten_a_second_twice_give_the_same_ledger_and_frames() -> None:
    async def body() -> tuple[bytes, list[tuple[str, bytes]]]:
        w = PriWorld()
        frames: list[tuple[str, bytes]] = []
        w.trunk0.on_frame = lambda direction, octets: frames.append((direction, octets))
        await w.sleep(1)
        w.pbx_far.auto = "answer"
        for n in range(150):
            if n % 25 == 0:
                w.pbx_far.auto = "busy"
            w.call_in(("8001", "8002", "7777")[n % 3])
            await w.sleep(0.1)
            w.pbx_far.auto = "answer"
            if n >= 10 and n % 3 != 2:
                for call in [call for call in w.pbx_far.calls if call.state.value == "active"][:2]:
                    call.release(16)
        for call in w.pbx_far.calls:
            call.release(16)
        await w.sleep(2)
        w.check_clean()
        assert [row[2] for row in w.ledger.rows].count("call.ended") == 150
        return w.ledger.octets(), frames

    assert vclock.run(body()) == vclock.run(body())
