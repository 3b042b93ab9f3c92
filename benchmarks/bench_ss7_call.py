"""An ISUP or TUP call, both ends in memory: us of CPU from MTP 2 to the user part, beside libss7 with the same call.

IAM, ACM, ANM, REL, RLC in signal units with their acknowledgements between two nodes; and the same with 1,920 other calls up. Rounds of ours
and of libss7's take turns. What carries units between the nodes is part of our figure.
"""

from __future__ import annotations

from typing import Any

import common

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7 import isup as isup_module
from xunhu._ss7 import mtp2 as mtp2_module
from xunhu._ss7 import mtp3 as mtp3_module
from xunhu._ss7 import node as node_module
from xunhu._ss7.isup import Isup
from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp_primitives import LinkRequestKind
from xunhu._ss7.node import Node
from xunhu._ss7.tup import Tup

BUDGET_US = 30.0
OTHERS = 1920
SECOND = 1_000_000_000
NORMAL = p.Cause(16)
REQUEST = p.SetupRequest(p.Number("4006000998"), p.Number("13800138000"))
STEP = 1000  # ns of the clock between turns


class End:
    """One side; answers what is offered, releases what it has made once that is answered, unless it is told to hold."""

    def __init__(self, own: int, far: int, variant: str, bits: int) -> None:
        self.node = Node()
        self.node.add_network(0, Mtp3(own, 2, bits))
        mtp3 = self.node.network(0)
        mtp3.add_linkset(0, "LinkSet0", far)
        self.node.add_link(0, Mtp2("LinkSet0/0"), 0)
        mtp3.add_link(0, 0, 0)
        mtp3.add_route(far, 0, 0)
        tup = variant.startswith("TUP")
        self.part: Any = Tup(own, variant, bits=bits) if tup else Isup(own, variant)
        self.node.add_user(0, self.part, 0, 4 if tup else 5, None)
        for cic in range(1, OTHERS + 32):
            self.part.add_circuit(cic, far, cic)
        self.units = self.messages = self.octets = self.answered = self.ended = 0
        self.hold = False
        self.last = b""
        self.other = self

    def begin(self, now: int) -> None:
        self.node.link(0).request(LinkRequestKind.POWER_ON, b"", 0, now)
        self.node.touch_link(0)
        mtp3 = self.node.network(0)
        mtp3.start(now)
        mtp3.activate_linkset(0, now)
        self.node.touch_network(0)

    def turn(self, now: int) -> bool:
        """What this side has to say goes to the other; whether there was anything."""
        node, part, spoke = self.node, self.part, False
        while True:
            node.turn(now)
            outputs = node.drain()
            for source, output in outputs:
                if source == 0:
                    self._heard(part, output, now)
                    node.touch_user(0)
            if not outputs:
                break
        for link in node.wanting():
            units = node.signal_units(link, 4096, now)
            if units:
                spoke = True
                self.units += len(units)
                self.last = units[-1] if len(units[-1]) <= 5 else b""
                for unit in units:
                    self.octets += len(unit)
                    self.messages += len(unit) > 5
                self.other.node.received(link, units, now)
        return spoke

    def repeat(self, now: int) -> None:
        """As the framer does, of which alignment lives; a unit of a call is not repeated here."""
        if self.last:
            self.other.node.received(0, [self.last], now)

    def _heard(self, part: Any, output: Any, now: int) -> None:
        kind = type(output)
        if kind is p.SetupIndication:
            part.address_complete_request(output.call, True, False, now)
            part.answer_request(output.call, now)
        elif kind is p.AnswerIndication:
            self.answered += 1
            if not self.hold:
                part.release_request(output.call, NORMAL, now)
        elif kind is p.DisconnectIndication:
            part.release_request(output.call, output.cause, now)
        elif kind is p.ReleaseIndication:
            self.ended += 1


class Pair:
    """Two ends with a link in service between them."""

    def __init__(self, variant: str, bits: int) -> None:
        self.a, self.b = End(0x101, 0x202, variant, bits), End(0x202, 0x101, variant, bits)
        self.a.other, self.b.other = self.b, self.a
        self.now = 0
        for end in (self.a, self.b):
            end.begin(0)
        while self.now < 60 * SECOND:
            self.carry()
            self.now += SECOND // 20
            for end in (self.a, self.b):
                end.repeat(self.now)
                end.node.handle_timeout(self.now)
        assert self.a.node.network(0).accessible(0x202)
        assert self.b.node.network(0).accessible(0x101)

    def carry(self) -> None:
        while self.a.turn(self.now) | self.b.turn(self.now):
            self.now += STEP

    def many(self, calls: int) -> None:
        a = self.a
        for _ in range(calls):
            a.part.setup_request(REQUEST, 1, self.now)
            a.node.touch_user(0)
            self.carry()

    def others(self) -> None:
        """Calls on all circuits but the first ones."""
        self.a.hold = True
        for cic in range(32, 32 + OTHERS):
            self.a.part.setup_request(REQUEST, cic, self.now)
            self.a.node.touch_user(0)
            self.carry()
        self.a.hold = False


def main() -> None:
    options = common.parser(__doc__).parse_args()
    calls, rounds = (50, 1) if options.quick else (2000, 9)
    report = common.Report("ss7_call", "ISUP call, both ends in memory, MTP 2 to ISUP", options.quick)
    program = common.peer_program("libss7_call", ["ss7"])
    peer: dict[str, float] = {}

    def theirs() -> float:
        peer.update(common.peer_run(program, calls, OTHERS))
        return peer["us_a_call"]

    alone, among, china, tup = Pair("ISUP-ITU", 14), Pair("ISUP-ITU", 14), Pair("ISUP-CHINA", 24), Pair("TUP-CHINA", 24)
    among.others()
    pairs = (alone, among, china, tup)
    for pair in pairs:
        for end in (pair.a, pair.b):
            end.units = end.messages = end.octets = end.answered = end.ended = 0
    works = [lambda pair=pair: common.cpu_us(lambda: pair.many(calls), calls) for pair in pairs]
    *ours, peer_us = common.in_turns(rounds, *works, theirs)
    total = calls * rounds
    for pair in pairs:
        assert pair.a.answered == total
        assert pair.a.ended == pair.b.ended == total
    report.add("ISUP call, 14-bit", ours[0], "us", budget=BUDGET_US, peer="libss7", peer_value=peer_us)
    report.add(
        f"ISUP call, {OTHERS:,} others up", ours[1], "us", budget=BUDGET_US, peer="libss7", peer_value=peer["us_a_call_others"]
    )
    report.add("ISUP call, China, 24-bit", ours[2], "us", budget=BUDGET_US)
    report.add("TUP call, China, 24-bit", ours[3], "us", budget=BUDGET_US)
    for name, mine in (("messages", alone.a.messages + alone.b.messages), ("units", alone.a.units + alone.b.units)):
        report.add(f"{name} a call", mine / total, name, peer="libss7", peer_value=peer[f"{name}_a_call"])
        report.rows[-1].headline = False
    report.add("octets a call, without check bits", (alone.a.octets + alone.b.octets) / total, "octets")
    modules = (mtp2_module, mtp3_module, isup_module, node_module)
    forms = {module.__name__: str(module.__file__).endswith(".so") for module in modules}
    report.note("stacks are compiled" if all(forms.values()) else f"NOT ALL COMPILED: {forms}")
    report.note(f"libss7 over a socket pair, as it is meant to be used: {peer['us_a_call_socket']:.1f} us")
    report.print(options)


if __name__ == "__main__":
    main()
