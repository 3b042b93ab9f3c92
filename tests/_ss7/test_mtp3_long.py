"""Ten thousand hours of a network of four nodes with faults drawn by seed: nothing is stuck, nothing grows."""

from __future__ import annotations

import random

from mtp3_net import HOUR, Net
from test_mtp3_three_nodes import check_rows

HOURS = 10_000


def network() -> Net:
    """SP a on the STPs s and t (combined linkset), SP b on s alone: restarts, changeovers of all kinds and rerouting all happen."""
    net = Net()
    net.node("a", congestion="national-priorities")
    net.node("s", transfer=True, congestion="national-priorities")
    net.node("t", transfer=True, congestion="national-priorities")
    net.node("b", congestion="national-priorities")
    for x, y, links in (("a", "s", 2), ("a", "t", 1), ("s", "t", 1), ("s", "b", 2)):
        net.join(x, y, links)
    for by in "st":
        net.route("a", "b", by, 1)
        net.route("b", "a", "s", 1)
        net.route("a", "st".replace(by, ""), by, 2)
    net.route("b", "t", "s", 1)
    net.route("s", "a", "t", 1)
    net.route("t", "a", "s", 1)
    net.route("t", "b", "s", 1)
    net.start()
    net.run(90)
    return net


def fault(net: Net, draw: random.Random) -> None:
    """One fault, or one command of a manager. What is broken is mended by the caller."""
    line = net.lines[draw.choice(list(net.lines))]
    end = draw.choice(line.ends)
    mtp3, now = end.node.mtp3, net.now
    kind = draw.randrange(9)
    if kind <= 2:
        for broken in draw.sample(list(net.lines.values()), draw.choice((1, 1, 2, 3, len(net.lines)))):
            broken.cut(draw.randrange(200_000_000), draw.randrange(200_000_000))
    elif kind == 3:
        mtp3.deactivate_link(end.number, now)
    elif kind == 4:
        mtp3.restart_link(end.number, draw.random() < 0.5, now)
    elif kind == 5:
        mtp3.inhibit_link(end.number, now)
    elif kind == 6:
        mtp3.local_processor_outage(end.number, True, now)
    elif kind == 7:
        mtp3.deactivate_linkset(draw.choice(mtp3.linksets()).linkset, now)
    else:
        name = draw.choice("abst")
        for broken in net.lines.values():
            if name in (broken.ends[0].node.name, broken.ends[1].node.name):
                broken.cut()
    for node in net.nodes.values():
        node.pump()


def mend(net: Net, draw: random.Random) -> None:
    now = net.now
    for line in net.lines.values():
        line.mend()
    for node in net.nodes.values():
        for status in node.mtp3.links():
            if status.processor_outage in ("LOCAL", "BOTH"):
                node.mtp3.local_processor_outage(status.link, False, now)
            if status.inhibited_locally and draw.random() < 0.9:
                node.mtp3.uninhibit_link(status.link, now)
            node.mtp3.activate_link(status.link, now)
        node.pump()


def sizes(net: Net) -> list[int]:
    """Everything that could grow, for each node."""
    out = []
    for node in net.nodes.values():
        core = node.mtp3._core
        out += [
            len(core.subjects),
            len(core.diversion.moves),
            len(core.timers),
            core.traffic.waiting,
            sum(len(messages) for route in core.destinations.values() for messages in route.waiting),
            sum(len(link.held.retrieved) for link in core.links.values() if link.held is not None),
            len(core.traffic._moves),
            len(core.out),
        ]
    return out


def test_ten_thousand_hours() -> None:
    draw = random.Random(704)
    net = network()
    assert net.all_up()
    quiet = sizes(net)
    faults = 0
    inhibited = 0
    while net.now < HOURS * HOUR:
        for _ in range(draw.choice((1, 1, 1, 2, 4))):
            fault(net, draw)
            faults += 1
            net.run(draw.choice((0.05, 0.4, 1.0, 3.0)))
        mend(net, draw)
        net.run(90)  # T18, then T19; T21
        if any(link.inhibited_locally for node in net.nodes.values() for link in node.mtp3.links()):
            inhibited += 1
            for node in net.nodes.values():
                for link in node.mtp3.links():
                    node.mtp3.uninhibit_link(link.link, net.now)
                node.pump()
            net.run(3)
        if not net.all_up() or sizes(net) != quiet:
            net.run(180)  # T20 then T19; a route set test; a mark that only one end has
        assert net.all_up(), [(node.name, node.mtp3.links(), node.mtp3.routes()) for node in net.nodes.values()]
        assert sizes(net) == quiet
        for node in net.nodes.values():
            node.told.clear()
        net.now += draw.randrange(2, 6) * HOUR  # nothing happens; timers that came due meanwhile are late
    check_rows(net)
    assert faults > 4_000
    assert inhibited > 10
    for node in net.nodes.values():
        assert len(node.mtp3.counters) < 120
