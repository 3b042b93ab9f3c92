"""The network of test_mtp3_three_nodes.py over MTP level 2 as it is: sequence numbers, retrieval and processor outage
of Q.703."""

from __future__ import annotations

import pytest
from mtp3_net import MS, Net, Node
from test_mtp3_three_nodes import assert_nothing_lost, both_ways, settle, three

from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp_primitives import LinkIndication, LinkRequest


class Mtp2End:
    """An end of a line: Mtp2, and the framer's part: the unit that is repeated."""

    def __init__(self, line: Mtp2Line, node: Node, number: int) -> None:
        self.line = line
        self.node = node
        self.number = number
        self.mtp2 = Mtp2(f"{node.name}{number}", correction=line.correction)
        self.filler = b""
        self.turning = False
        self.wake_at = -1

    @property
    def far(self) -> Mtp2End:
        a, b = self.line.ends
        return b if self is a else a

    def request(self, request: LinkRequest) -> None:
        self.mtp2.request(request.kind, request.octets, request.value, self.line.net.now)
        self.soon()

    def soon(self) -> None:
        if not self.turning:
            self.turning = True
            self.line.net.after(0, self.turn)

    def turn(self) -> None:
        self.turning = False
        net = self.line.net
        for output in self.mtp2.drain():
            if isinstance(output, LinkIndication):
                self.node.mtp3.link_indication(self.number, output.kind, output.octets, output.value, net.now)
        self.node.pump()
        if not self.line.busy(self):
            unit = self.mtp2.next_signal_unit(net.now)
            if unit is not None:
                self.filler = unit if len(unit) <= 5 else unit[:2] + b"\0"
                self.line.carry(self, unit)
        due = self.mtp2.next_deadline
        if due is not None and (self.wake_at < net.now or due < self.wake_at):
            self.wake_at = due
            net.after(due - net.now, self.wake)

    def wake(self) -> None:
        self.wake_at = -1
        self.mtp2.handle_timeout(self.line.net.now)
        self.soon()

    def hears(self, unit: bytes) -> None:
        """A FISU or LSSU that is repeated is passed up twice (include/xunhu/su.h)."""
        for _ in range(1 if len(unit) > 5 else 2):
            self.mtp2.receive(unit, self.line.net.now)
        self.soon()

    def sees_line(self, up: bool) -> None:
        self.mtp2.line(up, self.line.net.now)
        self.soon()


class Mtp2Line:
    """64 kbit/s and a delay; a unit that is under way when the line is cut is lost."""

    correction = "basic"
    delay = 20 * MS

    def __init__(self, net: Net, a: tuple[Node, int], b: tuple[Node, int]) -> None:
        self.net = net
        self.up = True
        self.epoch = 0
        self.free_at = {0: 0, 1: 0}
        self.ends = (Mtp2End(self, *a), Mtp2End(self, *b))

    def _side(self, end: Mtp2End) -> int:
        return self.ends.index(end)

    def busy(self, end: Mtp2End) -> bool:
        return self.net.now < self.free_at[self._side(end)]

    def carry(self, end: Mtp2End, unit: bytes) -> None:
        took = (len(unit) + 4) * MS // 8
        self.free_at[self._side(end)] = self.net.now + took
        self.net.after(took, end.soon)
        epoch = self.epoch
        if self.up:
            self.net.after(took + self.delay, lambda: end.far.hears(unit) if epoch == self.epoch else None)

    def cut(self, first: int = 40 * MS, second: int = 130 * MS) -> None:
        self.up = False
        self.epoch += 1
        for end, after in zip(self.ends, (first, second), strict=True):
            self.net.after(after, lambda end=end: None if self.up else end.sees_line(False))

    def mend(self) -> None:
        self.up = True
        self.epoch += 1
        for end in self.ends:
            end.sees_line(True)
            if end.filler:
                filler = end.filler
                epoch = self.epoch
                self.net.after(self.delay, lambda end=end, filler=filler, epoch=epoch: end.far.hears(filler) if epoch == self.epoch else None)


class PcrLine(Mtp2Line):
    correction = "PCR"


class OverMtp2(Net):
    line = Mtp2Line


class OverPcr(Net):
    line = PcrLine


@pytest.mark.parametrize("kind", [OverMtp2, OverPcr])
@pytest.mark.parametrize("line", ["as0", "sb1"])
def test_one_link_fails_and_returns(line: str, kind: type[Net]) -> None:
    net = three(net=kind(), seconds=25)
    assert net.all_up()
    flows = both_ways(net)
    net.run(1)
    net.lines[line].cut()
    net.run(4)
    net.lines[line].mend()
    net.run(25)  # normal proving: 8.2 s
    settle(net, flows)
    assert_nothing_lost(flows)
    assert sum(node.mtp3.counters.get("retrieved", 0) for node in net.nodes.values()) > 0


def test_deactivated_under_traffic() -> None:
    net = three(net=OverMtp2(), seconds=25)
    flows = both_ways(net)
    net.run(1)
    node = net.nodes["s"]
    link = next(iter(node.ends))
    node.mtp3.deactivate_link(link, net.now)
    node.pump()
    net.run(4)
    node.mtp3.activate_link(link, net.now)
    node.pump()
    net.run(25)
    settle(net, flows)
    assert_nothing_lost(flows)


@pytest.mark.parametrize("seconds", [0.3, 5.0])
def test_processor_outage_under_traffic(seconds: float) -> None:
    """A short one holds traffic; a long one diverts it, and what was on its way then may be lost (§5.6.2)."""
    net = three(net=OverMtp2(), seconds=25)
    flows = both_ways(net)
    net.run(1)
    node = net.nodes["a"]
    link = next(iter(node.ends))
    began = net.now
    node.mtp3.local_processor_outage(link, True, net.now)
    node.pump()
    net.run(seconds)
    node.mtp3.local_processor_outage(link, False, net.now)
    node.pump()
    net.run(5)
    settle(net, flows)
    for flow in flows:
        lost, wrong, _ = flow.result()
        assert not wrong
        if seconds < 0.5:
            assert not lost
        assert all(abs(when - began) < 200 * MS for when, _ in lost)
    assert all(link.state == "available" for node in net.nodes.values() for link in node.mtp3.links())


@pytest.mark.parametrize("linkset", ["as", "sb"])
def test_a_linkset_fails_and_returns(linkset: str) -> None:
    net = three(net=OverMtp2(), seconds=25)
    flows = both_ways(net)
    net.run(1)
    cut = net.now
    for slc in (0, 1):
        net.lines[f"{linkset}{slc}"].cut()
    net.run(3)
    for slc in (0, 1):
        net.lines[f"{linkset}{slc}"].mend()
    net.run(30)
    settle(net, flows)
    for flow in flows:
        lost, _, _ = flow.result()
        assert all(cut - 100 * MS <= when <= cut + 250 * MS for when, _ in lost)
        assert flow.refused
