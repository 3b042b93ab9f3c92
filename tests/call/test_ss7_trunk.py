"""Call control over No.7: user part, MTP 3, MTP 2, signal units and the engine at both ends of a span, on the virtual clock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from test_pri_trunk import FarSwitch
from test_recovery import Row
from test_sound import FarEnd, spans
from world import World

from xunhu import vclock
from xunhu._media.engine import ALARM_LOS, Engine
from xunhu._ss7.isup import Isup
from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.tup import Tup
from xunhu.call import recovery
from xunhu.call.pri_trunk import PriTrunk
from xunhu.call.ss7_shell import PartShell, Ss7Shell
from xunhu.call.ss7_trunk import Ss7Call, Ss7Trunk
from xunhu.call.trunk import CallRequest, NoCircuitError, Party
from xunhu.ivr.session import Session

VARIANTS = {
    "ISUP-ITU": (14, 0x0A53, 0x0A54),
    "ISUP-CHINA": (24, 0x22384E, 0x223801),
    "TUP-CHINA": (24, 0x22384E, 0x223801),
}


class Exchange:
    """One end: a shell with one link in one linkset, and a trunk of 30 circuits on the same span."""

    def __init__(self, w: World, name: str, span: int, events: Any, variant: str, own: int, adjacent: int, bits: int):
        self.shell = Ss7Shell(w.media, w.clock)
        self.said: list[str] = []
        self.shell.on_management.append(lambda output: self.said.append(f"{output.subject}: {output.text}"))
        mtp3 = Mtp3(own, 2, bits, name=name)
        self.shell.add_network(0, mtp3)
        mtp3.add_linkset(0, "LinkSet0", adjacent)
        self.shell.add_link(0, Mtp2("LinkSet0/0"), 0, span, 16, "64k")
        mtp3.add_link(0, 0, 0)
        mtp3.add_route(adjacent, 0, 0)
        part = Tup(own, variant, bits=bits) if variant.startswith("TUP") else Isup(own, variant)
        self.part: PartShell = self.shell.add_part(0, part, 0, 4 if variant.startswith("TUP") else 5, None)
        circuits = {slot: (adjacent, slot) for slot in range(1, 32) if slot != 16}
        self.trunk = Ss7Trunk(name, span, circuits, own, self.part, w.media, w.clock, events)
        self.shell.manage(0, lambda mtp3, now: mtp3.start(now))
        self.shell.manage(0, lambda mtp3, now: mtp3.activate_linkset(0, now))

    def close(self) -> None:
        self.trunk.close()
        self.shell.close()


class Ss7World(World):
    """Trunk0 to a public exchange by No.7, Trunk1 (PRI, network side) to a PBX; spans 2 and 3 are those."""

    def __init__(self, variant: str = "ISUP-ITU", **settings: Any) -> None:
        super().__init__(engine=settings.pop("engine", None) or Engine(spans()), trunks=False, **settings)
        self.variant = variant
        bits, own, far = VARIANTS[variant]
        self.carrier_far = FarSwitch()
        self.pbx_far = FarSwitch("ring")
        self.near = Exchange(self, "Trunk0", 0, self.control, variant, own, far, bits)
        self.far = Exchange(self, "Far0", 2, self.carrier_far, variant, far, own, bits)
        self.trunk0, self.far0 = self.near.trunk, self.far.trunk
        self.trunk1 = PriTrunk("Trunk1", 1, self.media, self.clock, self.control, side="network")
        self.far1 = PriTrunk("Far1", 3, self.media, self.clock, self.pbx_far, side="user")
        self.control.add_trunks([self.trunk0, self.trunk1])

    def call_in(self, called: str, complete: bool = True, port: int | None = None) -> Ss7Call:
        return self.far0.setup(CallRequest(called, Party("13800138000", "national"), complete=complete), port)

    def check_clean(self) -> None:
        super().check_clean()
        for trunk in (self.far0, self.far1):
            assert "busy" not in trunk.circuits().values()


def simulate(main: Callable[[Ss7World], Awaitable[None]], **settings: Any) -> Ss7World:
    async def body() -> Ss7World:
        w = Ss7World(**settings)
        await w.sleep(25)  # alignment, link test, restart of both networks
        for trunk in (w.trunk0, w.trunk1, w.far0):
            assert trunk.up, (trunk.name, w.near.said, w.far.said)
        w.trunk0.restart_idle()
        await w.sleep(2)
        await main(w)
        await w.sleep(3)
        w.check_clean()
        return w

    return vclock.run(body())


@pytest.mark.parametrize("variant", VARIANTS)
def test_extension_both_ways_with_sound_and_release_from_the_callee(variant: str) -> None:
    async def main(w: Ss7World) -> None:
        out = w.call_in("8001")
        await w.sleep(0.3)
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
        await w.sleep(0.5)
        assert ("released", 16, True) in w.carrier_far.heard
        assert out.state.value == "released"
        a.leave()
        b.leave()

    world = simulate(main, variant=variant)
    assert world.ended() == {"cause": 16, "by": "called", "answered": True}


@pytest.mark.parametrize(
    ("variant", "cause"),
    [("ISUP-ITU", c) for c in (1, 17, 18, 21, 27, 34, 41, 42, 88)] + [("TUP-CHINA", c) for c in (1, 17, 27, 42)],
)
def test_refusal_of_the_pbx_reaches_the_caller(variant: str, cause: int) -> None:
    async def main(w: Ss7World) -> None:
        w.pbx_far.auto = ""
        w.call_in("8001")
        await w.sleep(0.3)
        w.pbx_far.calls[0].release(cause)
        await w.sleep(0.5)
        heard = next(row[1] for row in w.carrier_far.heard if row[0] in ("disconnecting", "released"))
        assert heard == cause or (variant.startswith("TUP") and heard != 16)

    assert simulate(main, variant=variant).ended()["cause"] == cause


@pytest.mark.parametrize("variant", VARIANTS)
def test_both_sides_seize_the_same_circuit_at_once(variant: str) -> None:
    """Q.764 §2.9.1: the exchange that controls the circuit has it, the other's call is moved; both get through."""

    async def main(w: Ss7World) -> None:
        w.carrier_far.auto = w.pbx_far.auto = "answer"
        ours = w.control.originate("carrier/13900000000", connect_to="8002")
        port = ours.legs["1"].trunk_call.port or 0
        theirs = w.call_in("8001", port=port + 2 * 32)
        assert theirs.port == port + 64
        await w.sleep(1)
        assert [info.bridged for info in w.control.calls()] == [("1", "2")] * 2
        here = ours.legs["1"].trunk_call.port
        there = theirs.port or 0
        assert (here == port) != (there == port + 64)
        for info in w.control.calls():
            w.control.hangup(info.call, 16)
        await w.sleep(1)

    w = simulate(main, variant=variant)
    assert "call.note" not in [row[2] for row in w.ledger.rows]


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_flow_answers_and_speaks(variant: str) -> None:
    async def walk(session: Session) -> str:
        await session.answer()
        await session.hangup(16)
        return "0000"

    async def main(w: Ss7World) -> None:
        w.flows.walks["main"] = walk
        w.call_in("4000")
        await w.sleep(0.5)
        assert ("answered",) in w.carrier_far.heard
        assert any(row[0] in ("disconnecting", "released") and row[1] == 16 for row in w.carrier_far.heard)

    assert simulate(main, variant=variant).ended()["cause"] == 16


@pytest.mark.parametrize("variant", VARIANTS)
def test_digits_one_by_one(variant: str) -> None:
    async def main(w: Ss7World) -> None:
        call = w.call_in("8", complete=False)
        await w.sleep(0.2)
        for digit in "001":
            call.send_digits(digit)
            await w.sleep(0.1)
        await w.sleep(0.3)
        assert w.pbx_far.heard[0][:2] == ("offered", "8001")
        w.pbx_far.calls[0].release(17)
        await w.sleep(0.5)

    assert simulate(main, variant=variant).ended()["cause"] == 17


def test_a_call_in_talk_lives_through_the_loss_of_the_link_and_a_new_one_waits() -> None:
    """Q.764 §2.13: MTP-PAUSE; the talk goes on, the circuits are not to be had."""

    async def main(w: Ss7World) -> None:
        w.pbx_far.auto = "answer"
        w.call_in("8001")
        await w.sleep(1)
        (talk,) = w.control.calls()
        assert talk.bridged == ("1", "2")
        w.far.shell.manage(0, lambda mtp3, now: mtp3.deactivate_link(0, now))
        await w.sleep(2)
        assert not w.trunk0.up
        with pytest.raises(NoCircuitError):
            w.control._hunters["carrier"].setup(CallRequest("13900000000"))
        assert w.control.calls()[0].bridged == ("1", "2")
        w.far.shell.manage(0, lambda mtp3, now: mtp3.activate_link(0, now))
        await w.sleep(30)
        assert w.trunk0.up
        assert w.control.calls()[0].bridged == ("1", "2")
        w.control.hangup(talk.call, 16)
        await w.sleep(1)
        assert any(row[0] in ("disconnecting", "released") for row in w.carrier_far.heard)

    simulate(main)


def test_a_line_that_stays_away_ends_its_calls_and_blocks_its_circuits() -> None:
    async def main(w: Ss7World) -> None:
        w.pbx_far.auto = "answer"
        w.call_in("8001")
        await w.sleep(1)
        w.engine.loop_cut(0, True)
        await w.sleep(5)
        assert w.control.calls() == []
        assert set(w.trunk0.circuits().values()) <= {"down", "blocked"}
        assert w.trunk0.alarms & ALARM_LOS
        w.engine.loop_cut(0, False)
        await w.sleep(60)
        assert w.trunk0.up
        assert set(w.trunk0.circuits().values()) == {"idle"}, w.near.said
        assert set(w.far0.circuits().values()) == {"idle"}, w.far.said

    assert simulate(main).ended()["cause"] == 27


@pytest.mark.parametrize("variant", ["ISUP-ITU", "TUP-CHINA"])
def test_continuity_check_with_the_real_tone(variant: str) -> None:
    """An idle circuit is checked: 2000 Hz goes out, the far end loops it, it is heard, both ends are idle again."""

    async def main(w: Ss7World) -> None:
        w.near.part.ask(lambda part, now: part.continuity_request(5, now))
        await w.sleep(0.1)
        assert w.trunk0.circuits()["Trunk0/5"] != "idle"
        await w.sleep(3)
        assert w.trunk0.circuits()["Trunk0/5"] == "idle", w.near.said
        assert w.far0.circuits()["Far0/5"] == "idle"

    simulate(main, variant=variant)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_plus_is_an_international_number(variant: str) -> None:
    async def body() -> None:
        w = Ss7World(variant)
        await w.sleep(25)
        call = w.trunk0.setup(CallRequest("+4989636"), 1)
        await w.sleep(0.3)
        assert ("offered", "4989636", "") in w.carrier_far.heard
        assert w.carrier_far.types == ["international"]
        call.release(16)
        await w.sleep(1)

    vclock.run(body())


def test_a_lost_seizure_goes_on_on_another_trunk_to_the_destination() -> None:
    """Q.764 §2.8.1: the trunk has no other idle circuit; one of the other trunk takes the call."""

    async def body() -> None:
        more = [{"number": 4, "driver": "loop", "peer": 5}, {"number": 5, "driver": "loop", "peer": 4}]
        w = Ss7World("ISUP-ITU", engine=Engine([*spans(), *more]))
        _, own, far = VARIANTS["ISUP-ITU"]
        far1 = Ss7Trunk("Far1", 5, {1: (own, 101)}, far, w.far.part, w.media, w.clock, w.carrier_far)
        near1 = Ss7Trunk("Trunk5", 4, {1: (far, 101)}, own, w.near.part, w.media, w.clock, w.control)
        await w.sleep(25)
        w.carrier_far.auto = "answer"
        # circuit 2 is the far end's (the higher point code controls even CICs); no other of Trunk0 is idle
        w.near.part.ask(lambda part, now: part.block_request([1, *range(3, 16), *range(17, 32)], now))
        await w.sleep(1)
        ours = w.trunk0.setup(CallRequest("13900000000"), 2)
        theirs = w.far0.setup(CallRequest("9999"), 2 * 32 + 2)
        await w.sleep(1)
        assert (ours.circuit, ours.trunk, ours.state.value) == ("Trunk5/1", near1, "active")
        assert theirs.circuit == "Far0/2"
        assert far1.circuits() == {"Far1/1": "busy"}

    vclock.run(body())


def test_blocked_circuits_are_not_chosen() -> None:
    async def main(w: Ss7World) -> None:
        w.near.part.ask(lambda part, now: part.block_request(list(range(1, 16)), now))
        await w.sleep(1)
        assert w.trunk0.circuits()["Trunk0/1"] == "blocked"
        assert w.far0.circuits()["Far0/1"] == "blocked"
        assert w.far0.idle()[0] == 2 * 32 + 17
        w.near.part.ask(lambda part, now: part.unblock_request(list(range(1, 16)), now))
        await w.sleep(1)
        assert set(w.far0.circuits().values()) == {"idle"}

    simulate(main)


@pytest.mark.parametrize("variant", VARIANTS)
def test_restart_of_control_takes_a_talk_over(variant: str) -> None:
    """New stacks over the same engine: the link is aligned anew, the circuit of the talk is left alone, all others are reset."""

    async def body() -> None:
        w = Ss7World(variant)
        await w.sleep(25)
        w.pbx_far.auto = "answer"
        call = w.call_in("8001")
        await w.sleep(0.5)
        rows = [Row(*row) for row in w.ledger.rows]
        w.trunk1._media.on_alarm.remove(w.trunk1._alarm)
        w.trunk1._timer.cancel() if w.trunk1._timer else None
        w.media._links.remove(w.trunk1._engine_link)
        for line in w.near.shell._lines.values():
            w.media._links.remove(line.handle)
        w.near.shell._lines.clear()
        w.near.close()
        old = w.control
        w.control = type(old)(old.settings, w.media, w.ledger, w.clock, w.flows, first_number=len(rows))
        w.media._slots.clear()
        kept = set(w.engine.ports())
        bits, own, far = VARIANTS[variant]
        w.near = Exchange(w, "Trunk0", 0, w.control, variant, own, far, bits)
        w.trunk0 = w.near.trunk
        w.trunk1 = PriTrunk("Trunk1", 1, w.media, w.clock, w.control, side="network")
        w.control.add_trunks([w.trunk0, w.trunk1])
        done = recovery.recover(w.control, recovery.open_calls(rows))
        assert (done.taken_over, done.ended) == (1, 0)
        await w.sleep(40)
        assert set(w.engine.ports()) == kept
        assert w.trunk0.up
        states = w.trunk0.circuits()
        assert sorted(states.values()) == ["busy"] + ["idle"] * 29, (states, w.near.said)
        (info,) = w.control.calls()
        assert info.bridged == ("1", "2")
        assert call.state.value == "active"
        call.release(16)
        await w.sleep(2)
        w.check_clean()
        assert w.ended() == {"cause": 16, "by": "caller", "answered": True}

    vclock.run(body())
