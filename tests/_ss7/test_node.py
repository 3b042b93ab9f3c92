"""Nodes with all layers: Mtp2, Mtp3, ISUP and TUP over simulated lines."""

from __future__ import annotations

import random
from typing import Any

import pytest
from node_wire import MS, Net, add_linkset, add_network, start, user_part

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7.node import Node
from xunhu.protocol.errors import LocalError

A, B, STP = 0x0101, 0x0202, 0x0303
CIRCUITS = tuple(range(1, 32))


class Office:
    """An exchange with circuits to one other: answers what comes, unless told otherwise; counts what happens."""

    def __init__(self, net: Net, own: int, far: int, variant: str, bits: int, answers: bool = True) -> None:
        self.net = net
        self.node = net.node(self.heard)
        self.mtp3 = add_network(self.node, 0, own, bits)
        self.part = user_part(variant, own, bits)
        self.far = far
        self.answers = answers
        self.told: list[Any] = []
        self.ended: dict[int, p.ReleaseIndication] = {}
        self.up: set[int] = set()

    def ready(self) -> None:
        """The circuits, once links and routes are there."""
        self.node.add_user(0, self.part, 0, 4 if hasattr(self.part, "bits") else 5, None)
        for cic in CIRCUITS:
            self.part.add_circuit(cic, self.far, cic)
        start(self.node, 0, self.net.now)

    def heard(self, source: int, output: Any) -> None:
        self.told.append(output)
        now = self.net.now
        if isinstance(output, p.SetupIndication) and self.answers:
            self.part.address_complete_request(output.call, True, False, now)
            self.part.answer_request(output.call, now)
            self.up.add(output.call)
        elif isinstance(output, p.AnswerIndication):
            self.up.add(output.call)
        elif isinstance(output, p.DisconnectIndication):
            self.part.release_request(output.call, output.cause, now)
        elif isinstance(output, p.ReleaseIndication):
            assert output.call not in self.ended
            self.ended[output.call] = output
            self.up.discard(output.call)
        self.node.touch_user(0)

    def call(self, circuit: int, digits: str = "4006000998") -> int | None:
        try:
            return self.part.setup_request(p.SetupRequest(p.Number(digits)), circuit, self.net.now)
        except LocalError:
            return None
        finally:
            self.node.touch_user(0)

    def release(self, call: int, cause: int = 16) -> None:
        self.part.release_request(call, p.Cause(cause), self.net.now)
        self.node.touch_user(0)

    def states(self) -> set[str]:
        return {self.part.circuit_state(cic) for cic in CIRCUITS}


def two(variant: str, bits: int, links: int = 1, seed: int = 1) -> tuple[Net, Office, Office]:
    net = Net(seed)
    a, b = Office(net, A, B, variant, bits), Office(net, B, A, variant, bits)
    for office, far in ((a, B), (b, A)):
        add_linkset(office.node, 0, 0, far, links, 0)
    for link in range(links):
        net.join((a.node, link), (b.node, link))
    a.ready()
    b.ready()
    net.run_for(30)
    assert a.mtp3.accessible(B), net.alarms
    assert b.mtp3.accessible(A), net.alarms
    return net, a, b


VARIANTS = [("ISUP-ITU", 14), ("ISUP-CHINA", 24), ("TUP-CHINA", 24), ("TUP-ITU", 14)]


@pytest.mark.parametrize(("variant", "bits"), VARIANTS)
def test_calls_both_ways_and_every_circuit_idle_after_them(variant: str, bits: int) -> None:
    net, a, b = two(variant, bits)
    mine = [a.call(cic) for cic in CIRCUITS[:10]]
    theirs = [b.call(cic) for cic in CIRCUITS[10:20]]
    net.run_for(2)
    assert len(a.up) == len(b.up) == 20
    for call in mine:
        assert call is not None
        a.release(call)
    for call in theirs:
        assert call is not None
        b.release(call)
    net.run_for(3)
    assert len(a.ended) == len(b.ended) == 20
    assert {e.cause.value for e in a.ended.values()} == {16}
    assert a.states() == b.states() == {"idle"}
    assert a.part.next_deadline is None
    assert b.part.next_deadline is None


@pytest.mark.parametrize(("variant", "bits"), VARIANTS)
def test_an_idle_link_sets_no_timer_in_level_2_and_4(variant: str, bits: int) -> None:
    net, a, _b = two(variant, bits)
    assert a.node.link(0).next_deadline is None
    assert a.part.next_deadline is None
    sent = net.lines[0].ways[0].sent
    net.run_for(25)
    assert net.lines[0].ways[0].sent - sent < 10  # a link test in 30 s and its answer


@pytest.mark.parametrize(("variant", "bits"), VARIANTS)
@pytest.mark.parametrize("seed", range(3))
def test_offices_agree_after_quiet_whatever_the_line_does(variant: str, bits: int, seed: int) -> None:
    """Damage of one unit in twelve, cuts, calls at random from both sides, blocking and resets: at the end all agree."""
    dice = random.Random(seed)
    net, a, b = two(variant, bits, links=2, seed=seed)
    for line in net.lines:
        line.damage = 0.004
    live: list[tuple[Office, int]] = []
    for _ in range(300):
        office = dice.choice((a, b))
        what = dice.random()
        if what < 0.5:
            call = office.call(dice.choice(CIRCUITS))
            if call is not None:
                live.append((office, call))
        elif what < 0.85 and live:
            who, call = live.pop(dice.randrange(len(live)))
            if call not in who.ended:
                who.release(call)
        elif what < 0.9:
            office.part.reset_request([dice.choice(CIRCUITS)], net.now)
        elif what < 0.95:
            first = dice.randrange(1, 20)
            group = list(range(first, first + dice.randrange(1, 8)))
            office.part.block_request(group, net.now)
            office.part.unblock_request(group, net.now)
        else:
            line = dice.choice(net.lines)
            net.cut(line, not line.cut)
        office.node.touch_user(0)
        net.run(net.now + dice.randrange(2000) * MS)
    for line in net.lines:
        line.damage = 0.0
        if line.cut:
            net.cut(line, False)
    net.run_for(120)
    for who, call in live:
        if call not in who.ended:
            who.release(call)
    for office in (a, b):
        for call in tuple(office.up):
            if call not in office.ended:
                office.release(call)
    net.run_for(1500)
    assert a.states() == b.states() == {"idle"}, [
        (i.cic, i.state, i.call_state) for o in (a, b) for i in o.part.circuits() if i.state != "idle"
    ]
    assert a.part.next_deadline is None
    assert b.part.next_deadline is None


@pytest.mark.parametrize(("variant", "bits"), [("ISUP-ITU", 14), ("TUP-CHINA", 24)])
def test_a_transfer_point_between_two_offices(variant: str, bits: int) -> None:
    """SP - STP - SP with two links each: a linkset that loses one link loses no call."""
    net = Net()
    a, b = Office(net, A, B, variant, bits), Office(net, B, A, variant, bits)
    stp: Node = net.node()
    add_network(stp, 0, STP, bits, transfer=True)
    add_linkset(a.node, 0, 0, STP, 2, 0)
    add_linkset(b.node, 0, 0, STP, 2, 0)
    add_linkset(stp, 0, 1, A, 2, 0)
    add_linkset(stp, 0, 2, B, 2, 2)
    a.mtp3.add_route(B, 0, 0)
    b.mtp3.add_route(A, 0, 0)
    for link in (0, 1):
        net.join((a.node, link), (stp, link))
        net.join((b.node, link), (stp, link + 2))
    a.ready()
    b.ready()
    start(stp, 0, net.now)
    net.run_for(60)
    assert a.mtp3.accessible(B), list(net.alarms)
    assert b.mtp3.accessible(A)
    calls: list[int] = []
    for n, cic in enumerate(CIRCUITS):
        call = a.call(cic)
        assert call is not None
        calls.append(call)
        if n == 12:
            net.cut(net.lines[0], True)
        net.run_for(0.1)
    net.run_for(3)
    assert len(a.up) == len(b.up) == len(CIRCUITS)
    net.cut(net.lines[0], False)
    net.run_for(60)
    for call in calls:
        a.release(call)
        net.run_for(0.02)
    net.run_for(3)
    assert len(a.ended) == len(b.ended) == len(CIRCUITS)
    assert a.states() == b.states() == {"idle"}
