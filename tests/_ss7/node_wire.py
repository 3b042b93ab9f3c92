"""Nodes joined by lines on a virtual clock: what the framer does (repetition, filter, errored records), rate, delay, damage, cuts.

`Net.run(until)` goes from event to event: a unit that has crossed a line, a line that is free again, a machine's timer. Time is nanoseconds.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from typing import Any

from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp_primitives import LinkRequestKind, ManagementIndication
from xunhu._ss7.node import Node
from xunhu._ss7.tup import Tup

MS = 1_000_000
S = 1000 * MS
OVERHEAD = 3  # flag and check bits


class Way:
    """One direction of a line."""

    def __init__(self, line: Line, source: tuple[Node, int], sink: tuple[Node, int]) -> None:
        self.line = line
        self.source, self.sink = source, sink
        self.filler: bytes | None = None  # what is repeated when there is nothing new
        self.unheard = False  # the filler has been damaged whenever it was sent
        self.heard: bytes | None = None
        self.busy = False
        self.since = 0  # when the good units were last counted
        self.sent = 0


class Line:
    """octets_s: 8000 for 64 kbit/s. damage: share of units that arrive errored. deaf: nothing arrives."""

    def __init__(self, a: tuple[Node, int], b: tuple[Node, int], octets_s: int, delay_ns: int, extended: bool) -> None:
        self.octets_s, self.delay_ns, self.extended = octets_s, delay_ns, extended
        self.damage = 0.0
        self.cut = False
        self.ways = (Way(self, a, b), Way(self, b, a))


class Net:
    """See the module's text. seed: of damage."""

    def __init__(self, seed: int = 1) -> None:
        self.now = 0
        self.nodes: list[Node] = []
        self.lines: list[Line] = []
        self.owners: dict[int, Callable[[int, Any], None]] = {}
        self.alarms: list[tuple[int, ManagementIndication]] = []
        self._random = random.Random(seed)
        self._events: list[tuple[int, int, Callable[[], None]]] = []
        self._count = 0

    def node(self, owner: Callable[[int, Any], None] = lambda source, output: None) -> Node:
        """owner(source, output): hears what the node says, as Node.drain gives it."""
        node = Node()
        self.nodes.append(node)
        self.owners[id(node)] = owner
        return node

    def join(
        self,
        a: tuple[Node, int],
        b: tuple[Node, int],
        octets_s: int = 8000,
        delay_ns: int = 5 * MS,
        extended: bool = False,
    ) -> Line:
        """A line between link numbers of two nodes; both are powered on."""
        line = Line(a, b, octets_s, delay_ns, extended)
        self.lines.append(line)
        for node, link in (a, b):
            node.link(link).request(LinkRequestKind.POWER_ON, b"", 0, self.now)
            node.touch_link(link)
        self.settle()
        return line

    def cut(self, line: Line, on: bool) -> None:
        """A line that is cut brings nothing; its ends know, as of LOS, a little later."""
        line.cut = on

        def tell() -> None:
            if line.cut == on:
                for way in line.ways:
                    way.heard = None
                    way.unheard = True
                    way.sink[0].line(way.sink[1], not on, self.now)

        self.at(self.now + (150 * MS if on else 0), tell)

    def at(self, when: int, action: Callable[[], None]) -> None:
        self._count += 1
        heapq.heappush(self._events, (when, self._count, action))

    def settle(self) -> None:
        """All machines silent, all owners told, all free lines given what waits."""
        again = True
        while again:
            again = False
            for node in self.nodes:
                node.turn(self.now)
                for source, output in node.drain():
                    again = True
                    if isinstance(output, ManagementIndication):
                        self.alarms.append((self.now, output))
                    self.owners[id(node)](source, output)
            for line in self.lines:
                for way in line.ways:
                    if not way.busy:
                        again |= self._send(way)

    def _send(self, way: Way) -> bool:
        """Begin to send what is new, or the filler when the far end has not got it yet."""
        node, link = way.source
        units = node.signal_units(link, 1, self.now)
        if units:
            unit = units[0]
            head = 6 if way.line.extended else 3
            long = len(unit) > head + 2
            way.filler = unit[: head - head // 3] + bytes(head // 3) if long else unit
            way.unheard = True
        elif way.unheard and way.filler is not None:
            unit, long = way.filler, False
        else:
            return False
        way.busy = True
        way.sent += 1
        done = self.now + (len(unit) + OVERHEAD) * S // way.line.octets_s
        self.at(done, lambda: self._free(way))
        self.at(done + way.line.delay_ns, lambda: self._arrive(way, unit, long))
        return bool(units)

    def _free(self, way: Way) -> None:
        way.busy = False

    def _arrive(self, way: Way, unit: bytes, message: bool) -> None:
        line = way.line
        if line.cut:
            return
        node, link = way.sink
        if line.damage and self._random.random() < line.damage:
            good = min(0xFFFF, (self.now - way.since) * line.octets_s // S // 6)
            way.since = self.now
            node.received(link, [good.to_bytes(2, "big")], self.now)
            return
        if not message:
            if unit == way.filler:
                way.unheard = False
            if unit == way.heard:
                return
        way.heard = unit
        # the framer passes an FISU or LSSU that is repeated up twice
        node.received(link, [unit, unit] if unit == way.filler and not message else [unit], self.now)

    def run(self, until: int) -> None:
        """Up to a time; what is due then is done."""
        self.settle()
        while True:
            due = [node.next_deadline for node in self.nodes]
            times = [at for at in due if at is not None]
            if self._events:
                times.append(self._events[0][0])
            if not times or min(times) > until:
                break
            self.now = max(self.now, min(times))
            while self._events and self._events[0][0] <= self.now:
                heapq.heappop(self._events)[2]()
            for node in self.nodes:
                at = node.next_deadline
                if at is not None and at <= self.now:
                    node.handle_timeout(self.now)
            self.settle()
        self.now = until

    def run_for(self, seconds: float) -> None:
        self.run(self.now + round(seconds * S))


def add_network(node: Node, number: int, own: int, bits: int = 14, ni: int = 2, **options: Any) -> Mtp3:
    mtp3 = Mtp3(own, ni, bits, **options)
    node.add_network(number, mtp3)
    return mtp3


def add_linkset(node: Node, network: int, linkset: int, adjacent: int, links: int, first: int, **options: Any) -> None:
    """A linkset with its links (numbers from `first`, SLC from 0) and the route to the adjacent point."""
    mtp3 = node.network(network)
    mtp3.add_linkset(linkset, f"LinkSet{linkset}", adjacent)
    for slc in range(links):
        node.add_link(first + slc, Mtp2(f"LinkSet{linkset}/{slc}", **options), network)
        mtp3.add_link(first + slc, linkset, slc, extended=options.get("rate") == "2M")
    mtp3.add_route(adjacent, linkset, 0)


def start(node: Node, network: int, now: int) -> None:
    mtp3 = node.network(network)
    mtp3.start(now)
    for linkset in mtp3.linksets():
        mtp3.activate_linkset(linkset.linkset, now)
    node.touch_network(network)


def user_part(variant: str, own: int, bits: int) -> Any:
    if not variant.startswith("TUP"):
        from xunhu._ss7.isup import Isup
    return Tup(own, variant, bits=bits) if variant.startswith("TUP") else Isup(own, variant)
