"""Networks of several nodes under traffic: each link and linkset fails and returns. What Q.704 keeps is kept; what it may lose is lost in that time only."""

from __future__ import annotations

import random

import pytest
from mtp3_net import MS, Net, S, Traffic

from xunhu._ss7.mtp3_tables import MACHINES

ENDS = {(machine.key, row.state, row.event): row.ends_in for machine in MACHINES for row in machine.rows}


def check_rows(net: Net) -> None:
    for key, state, event, after in net.rows:
        assert after in ENDS[key, state, event], (key, state, event, after)


def three(bits: int = 14, net: Net | None = None, seconds: float = 5, **options: object) -> Net:
    """SP a - STP s - SP b, two links in each linkset. seconds: until they are in service."""
    net = net or Net(bits)
    net.node("a", **options)
    net.node("s", transfer=True, **options)
    net.node("b", **options)
    net.join("a", "s", 2)
    net.join("s", "b", 2)
    net.route("a", "b", "s", 1)
    net.route("b", "a", "s", 1)
    net.start()
    net.run(seconds)
    return net


def mated(bits: int = 14) -> Net:
    """SP a and SP b, each on the STPs s and t by linksets of equal priority; s and t joined."""
    net = Net(bits)
    net.node("a")
    net.node("s", transfer=True)
    net.node("t", transfer=True)
    net.node("b")
    for x, y in ("as", "at", "sb", "tb", "st"):
        net.join(x, y, 2)
    for origin, far in ("ab", "ba"):
        net.route(origin, far, "s", 1)
        net.route(origin, far, "t", 1)
        net.route(origin, "s", "t", 2)
        net.route(origin, "t", "s", 2)
    for stp, other in ("st", "ts"):
        for sp in "ab":
            net.route(stp, sp, other, 2)
    net.start()
    net.run(70)
    return net


def both_ways(net: Net) -> list[Traffic]:
    flows = [Traffic(net, "a", "b"), Traffic(net, "b", "a")]
    for flow in flows:
        flow.begin()
    return flows


def settle(net: Net, flows: list[Traffic]) -> None:
    for flow in flows:
        flow.running = False
    net.run(5)
    assert net.all_up()
    check_rows(net)
    for node in net.nodes.values():
        for route in node.mtp3.routes():
            assert not route.held
    for flow in flows:
        lost, wrong, received = flow.result()
        assert not wrong
        assert received + len(lost) + len(flow.refused) == sum(len(sent) for sent in flow.sent.values())


def assert_nothing_lost(flows: list[Traffic]) -> None:
    for flow in flows:
        lost, _, received = flow.result()
        assert not lost, lost[:20]
        assert not flow.refused
        assert received > 500


@pytest.mark.parametrize("bits", [14, 24])
@pytest.mark.parametrize("line", ["as0", "as1", "sb0", "sb1"])
def test_one_link_fails_and_returns(line: str, bits: int) -> None:
    net = three(bits)
    flows = both_ways(net)
    net.run(1)
    net.lines[line].cut()
    net.run(3)
    net.lines[line].mend()
    net.run(4)
    settle(net, flows)
    assert_nothing_lost(flows)
    changed = [link for node in net.nodes.values() for link in node.mtp3.links() if link.counters.get("changeovers")]
    assert len(changed) == 2


@pytest.mark.parametrize("first", [0, 1])
def test_deactivated_and_activated_under_traffic(first: int) -> None:
    """By management of either end: nothing is lost either."""
    net = three()
    flows = both_ways(net)
    net.run(1)
    node = net.nodes["as"[first]]
    link = next(iter(node.ends))
    node.mtp3.deactivate_link(link, net.now)
    node.pump()
    net.run(4)
    node.mtp3.activate_link(link, net.now)
    node.pump()
    net.run(4)
    settle(net, flows)
    assert_nothing_lost(flows)


def test_inhibited_and_uninhibited_under_traffic() -> None:
    net = three()
    flows = both_ways(net)
    net.run(1)
    node = net.nodes["s"]
    for link in list(node.ends)[::2]:
        node.mtp3.inhibit_link(link, net.now)
        node.pump()
    net.run(3)
    assert sum(status.inhibited_remotely for other in "ab" for status in net.nodes[other].mtp3.links()) == 2
    for link in list(node.ends)[::2]:
        node.mtp3.uninhibit_link(link, net.now)
        node.pump()
    net.run(4)
    settle(net, flows)
    assert_nothing_lost(flows)


def test_a_link_is_added_and_removed_under_traffic() -> None:
    """Flows are shared anew over three links, and over two again."""
    from mtp3_net import Line

    net = three()
    flows = both_ways(net)
    net.run(1)
    a, s = net.nodes["a"], net.nodes["s"]
    line = Line(net, (a, 99), (s, 99))
    a.ends[99], s.ends[99] = line.ends
    for node in (a, s):
        node.mtp3.add_link(99, 1, 2)
        node.mtp3.activate_link(99, net.now)
        node.pump()
    net.run(4)
    assert len(set(a.mtp3.routes()[0].links)) == 3
    a.mtp3.remove_link(99, net.now)
    a.pump()
    net.run(1)
    s.mtp3.remove_link(99, net.now)
    s.pump()
    net.run(5)
    assert all(link.link != 99 for node in (a, s) for link in node.mtp3.links())
    settle(net, flows)
    assert_nothing_lost(flows)


@pytest.mark.parametrize("linkset", ["as", "sb"])
def test_a_linkset_fails_and_returns(linkset: str) -> None:
    """Without another way, messages may be lost from the failure on (less than a way earlier) until the destination is told as not reached:
    Q.704 §7.2.3 discards them, and at the other nodes until TFP is there."""
    net = three()
    flows = both_ways(net)
    net.run(1)
    cut = net.now
    for slc in (0, 1):
        net.lines[f"{linkset}{slc}"].cut()
    net.run(3)
    assert not any(net.nodes[x].reached[net.nodes[y].point] for x, y in ("ab", "ba"))
    for slc in (0, 1):
        net.lines[f"{linkset}{slc}"].mend()
    net.run(6)
    settle(net, flows)
    for flow in flows:
        lost, _, _ = flow.result()
        assert all(cut - 20 * MS <= when <= cut + 200 * MS for when, _ in lost), [(when - cut) / MS for when, _ in lost]
        assert flow.refused  # the user was told, and everything before was carried


@pytest.mark.parametrize("lines", [("as0", "as1"), ("sb0", "sb1"), ("tb0", "tb1"), ("st0", "st1")])
def test_a_linkset_of_a_mated_pair_fails_and_returns(lines: tuple[str, str]) -> None:
    """There is another way for everything, COO and COA included, but what an STP has sent on before it hears of a failure further on."""
    net = mated()
    assert net.all_up()
    flows = both_ways(net)
    net.run(1)
    for line in lines:
        net.lines[line].cut()
    net.run(4)
    assert all(net.nodes[x].reached[net.nodes[y].point] for x, y in ("ab", "ba"))
    for line in lines:
        net.lines[line].mend()
    net.run(8)
    settle(net, flows)
    assert_nothing_lost(flows)


def test_every_single_link_of_a_mated_pair() -> None:
    net = mated()
    flows = both_ways(net)
    for line in list(net.lines):
        net.lines[line].cut()
        net.run(2.5)
        net.lines[line].mend()
        net.run(4)
    settle(net, flows)
    assert_nothing_lost(flows)
    assert net.now > 60 * S


@pytest.mark.parametrize("seed", range(10))
def test_overlapping_failures_of_a_mated_pair(seed: int) -> None:
    """Up to three links fail within a second, six times: nothing is doubled, and lost is only what was sent about when a link failed. (Its order
    can suffer where a declaration of changeback overtakes messages that wait at an STP for a changeover of their own, which Q.704 accepts.)"""
    draw = random.Random(seed)
    net = mated()
    flows = both_ways(net)
    net.run(1)
    cuts = []
    for _ in range(6):
        lines = draw.sample(list(net.lines), draw.choice((1, 2, 2, 3)))
        for line in lines:
            net.lines[line].cut(draw.randrange(300) * MS, draw.randrange(300) * MS)
            cuts.append(net.now)
            net.run(draw.choice((0, 0.05, 0.2, 1.0)))
        net.run(draw.choice((0.5, 3)))
        for line in lines:
            net.lines[line].mend()
            net.run(draw.choice((0, 0.1, 1.0)))
        net.run(draw.choice((1, 4)))
    for flow in flows:
        flow.running = False
    net.run(70)
    if not net.all_up():
        net.run(130)  # T20, T21
    assert net.all_up()
    check_rows(net)
    for flow in flows:
        lost, _, received = flow.result()
        numbers = [indication.octets for _, indication in flow.to.received if indication.opc == flow.origin.point]
        assert len(set(numbers)) == len(numbers) == received
        assert all(any(-50 * MS <= when - cut <= 500 * MS for cut in cuts) for when, _ in lost)
