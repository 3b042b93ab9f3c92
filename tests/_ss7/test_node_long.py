"""10,000 simulated hours of two offices with two links: calls and faults drawn by seed; nothing grows, no circuit is left behind.

Quiet hours are passed in one step of the clock; every hour with something to do is simulated unit by unit.
"""

from __future__ import annotations

import gc
import random

import pytest
from node_wire import MS, Net, S
from test_node import CIRCUITS, Office, two

HOURS = 10_000
BUSY_EACH = 25  # one hour in so many has calls and faults


def quiet(net: Net, hours: int) -> None:
    net.now += hours * 3600 * S
    net.run_for(2)


def fault(net: Net, dice: random.Random, a: Office, b: Office) -> None:
    """One thing that goes wrong, or that people do."""
    office, line = dice.choice((a, b)), dice.choice(net.lines)
    match dice.randrange(6):
        case 0:
            net.cut(line, True)
        case 1:
            for every in net.lines:
                net.cut(every, True)
        case 2:
            line.damage = dice.choice((0.001, 0.01, 0.05))
        case 3:
            office.part.reset_request(dice.sample(CIRCUITS, 3), net.now)
        case 4:
            group = list(range(1, 1 + dice.randrange(2, 31)))
            office.part.block_request(group, net.now)
            office.part.unblock_request(group, net.now)
        case _:
            office.mtp3.restart_link(dice.randrange(2), dice.random() < 0.5, net.now)
            office.node.touch_network(0)
    office.node.touch_user(0)


def busy(net: Net, dice: random.Random, a: Office, b: Office) -> None:
    made: list[tuple[Office, int]] = []
    for n in range(12):
        office = dice.choice((a, b))
        call = office.call(dice.choice(CIRCUITS))
        if call is not None:
            made.append((office, call))
        if n == 5:
            fault(net, dice, a, b)
        net.run(net.now + dice.randrange(50, 1500) * MS)
    net.run_for(dice.randrange(1, 20))
    for line in net.lines:
        line.damage = 0.0
        if line.cut:
            net.cut(line, False)
    net.run_for(20)
    for office, call in made:
        if call not in office.ended:
            office.release(call)
    for office in (a, b):
        for call in tuple(office.up):
            if call not in office.ended:
                office.release(call)
        office.ended.clear()
        office.told.clear()
    net.alarms.clear()


@pytest.mark.slow
@pytest.mark.parametrize(("variant", "bits"), [("ISUP-ITU", 14), ("TUP-CHINA", 24)])
def test_ten_thousand_hours(variant: str, bits: int) -> None:
    dice = random.Random(variant)
    net, a, b = two(variant, bits, links=2)
    hour, objects = 0, 0
    while hour < HOURS:
        step = dice.randrange(1, 2 * BUSY_EACH)
        quiet(net, step)
        busy(net, dice, a, b)
        hour += step
        if not objects and hour > HOURS // 10:
            gc.collect()
            objects = len(gc.get_objects())
    net.run_for(1500)
    for office in (a, b):
        assert office.states() == {"idle"}, [(i.cic, i.state, i.call_state) for i in office.part.circuits() if i.state != "idle"]
        assert office.part.next_deadline is None
        assert {row.state for row in office.mtp3.links()} == {"available"}
    gc.collect()
    assert len(gc.get_objects()) - objects < 2000
