"""A signalling network on a virtual clock: nodes of Mtp3, joined by lines with a simple reliable level 2.

Level 2 here numbers messages modulo 128, keeps them until the far end's acknowledgement is back, and after a failure gives back what the far end
has not accepted (RETRIEVE), as Q.703 does; it aligns in half a second when both ends want it. What is under way when a line is cut is lost; each
end notices after a time of its own. `Traffic` sends numbered messages between users and says what came of them.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from typing import Any

from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp_primitives import (
    LinkFailure,
    LinkIndicationKind,
    LinkRequest,
    LinkRequestKind,
    ManagementIndication,
    PauseIndication,
    ResumeIndication,
    TransferIndication,
)

MS = 1_000_000
S = 1_000 * MS
HOUR = 3600 * S
ISUP = 5
_MASK = 127
K = LinkIndicationKind
R = LinkRequestKind


class End:
    """One end of a line. kept: (FSN, octets) not acknowledged; waiting: not sent; accepted: last FSN accepted from the far end."""

    def __init__(self, line: Line, node: Node, number: int) -> None:
        self.line = line
        self.node = node
        self.number = number
        self.wanted = False
        self.state = "out"
        self.life = 0
        self.fsn = _MASK
        self.accepted = _MASK
        self.kept: list[tuple[int, bytes]] = []
        self.waiting: list[bytes] = []

    @property
    def far(self) -> End:
        a, b = self.line.ends
        return b if self is a else a

    def tell(self, kind: LinkIndicationKind, octets: bytes = b"", value: int = 0) -> None:
        self.node.mtp3.link_indication(self.number, kind, octets, value, self.line.net.now)
        self.node.pump()

    def request(self, request: LinkRequest) -> None:
        kind = request.kind
        if kind == R.MESSAGE:
            self.send(request.octets)
        elif kind == R.START:
            if self.state == "out":
                self.wanted = True
                self.state = "aligning"
                self.line.try_to_align()
        elif kind == R.STOP:
            self.wanted = False
            self.out()
            self.line.net.after(self.line.delay, self.far.hears_out_of_service)
        elif kind == R.RETRIEVE_BSNT:
            self.line.net.after(0, lambda: self.tell(K.BSNT, value=self.accepted))
        elif kind == R.RETRIEVE:
            kept, waiting = self.kept, self.waiting
            self.kept, self.waiting = [], []
            self.line.net.after(0, lambda: self.give_back(kept, waiting, request.value))
        elif kind == R.FLUSH_BUFFERS:
            self.kept, self.waiting = [], []

    def give_back(self, kept: list[tuple[int, bytes]], waiting: list[bytes], fsn: int) -> None:
        """fsn -1: what was never sent alone; one that cannot be: nothing."""
        numbers = [number for number, _ in kept]
        if fsn == -1:
            kept = []
        elif kept and fsn != (numbers[0] - 1) & _MASK:
            if fsn in numbers:
                kept = kept[numbers.index(fsn) + 1 :]
            else:
                kept, waiting = [], []
        for octets in [octets for _, octets in kept] + waiting:
            self.tell(K.RETRIEVED, octets)
        self.tell(K.RETRIEVAL_COMPLETE)

    def out(self) -> None:
        self.state = "out"
        self.life += 1

    def fails(self, why: LinkFailure) -> None:
        if self.state == "in":
            self.out()
            self.tell(K.OUT_OF_SERVICE, value=why)
        elif self.state == "aligning":
            self.out()
            self.tell(K.OUT_OF_SERVICE, value=LinkFailure.ALIGNMENT_NOT_POSSIBLE)

    def hears_out_of_service(self) -> None:
        if self.line.up and self.state == "in":
            self.fails(LinkFailure.SIOS_RECEIVED)

    def send(self, octets: bytes) -> None:
        if self.state != "in":
            self.node.net.lost += 1
            return
        if len(self.kept) == _MASK:
            self.waiting.append(octets)
            return
        line, net = self.line, self.line.net
        self.fsn = fsn = (self.fsn + 1) & _MASK
        self.kept.append((fsn, octets))
        epoch, far, life = line.epoch, self.far, self.far.life
        if line.up:
            net.after(line.delay, lambda: self.arrives(far, fsn, octets, epoch, life))

    def arrives(self, far: End, fsn: int, octets: bytes, epoch: int, life: int) -> None:
        if epoch != self.line.epoch or far.life != life or far.state != "in":
            return
        assert fsn == (far.accepted + 1) & _MASK
        far.accepted = fsn
        own = self.life
        self.line.net.after(self.line.delay, lambda: self.acknowledged(fsn, epoch, own))
        far.tell(K.MESSAGE, octets)

    def acknowledged(self, fsn: int, epoch: int, life: int) -> None:
        if epoch == self.line.epoch and life == self.life and self.kept:
            numbers = [number for number, _ in self.kept]
            if fsn in numbers:
                del self.kept[: numbers.index(fsn) + 1]
            while self.waiting and len(self.kept) < _MASK:
                self.send(self.waiting.pop(0))


class Line:
    def __init__(self, net: Net, a: tuple[Node, int], b: tuple[Node, int]) -> None:
        self.net = net
        self.ends = (End(self, *a), End(self, *b))
        self.up = True
        self.epoch = 0
        self.delay = 5 * MS
        self.aligning = False

    def cut(self, first: int = 40 * MS, second: int = 130 * MS) -> None:
        """The line is gone; its ends notice after these times."""
        if not self.up:
            return
        self.up = False
        self.epoch += 1
        epoch = self.epoch
        for end, delay in zip(self.ends, (first, second), strict=True):
            self.net.after(delay, lambda end=end: end.fails(LinkFailure.ERROR_RATE) if epoch == self.epoch else None)

    def mend(self) -> None:
        if self.up:
            return
        self.up = True
        self.epoch += 1
        for end in self.ends:
            end.fails(LinkFailure.ERROR_RATE)
        self.try_to_align()

    def try_to_align(self) -> None:
        a, b = self.ends
        if self.up and not self.aligning and a.state == b.state == "aligning":
            self.aligning = True
            lives, epoch = (a.life, b.life), self.epoch
            self.net.after(500 * MS, lambda: self.aligned(lives, epoch))

    def aligned(self, lives: tuple[int, int], epoch: int) -> None:
        self.aligning = False
        a, b = self.ends
        if self.up and epoch == self.epoch and (a.life, b.life) == lives:
            # both ends count the link from the same moment: nothing of the earlier life is under way
            a.state = b.state = "in"
            a.fsn = a.accepted = b.fsn = b.accepted = _MASK
            for end in self.ends:
                end.kept, end.waiting = [], []
            a.tell(K.IN_SERVICE)
            b.tell(K.IN_SERVICE)
        else:
            self.try_to_align()


class Node:
    def __init__(self, net: Net, name: str, point: int, bits: int, **options: Any) -> None:
        self.net = net
        self.name = name
        self.point = point
        self.mtp3 = Mtp3(point, 2, bits, name=name, trace=net.trace, **options)
        self.mtp3.attach_user(ISUP)
        self.ends: dict[int, Any] = {}
        self.received: list[tuple[int, TransferIndication]] = []
        self.reached: dict[int, bool] = {}
        self.told: list[tuple[int, ManagementIndication]] = []
        self._pumping = False

    def pump(self) -> None:
        """Carry what has come out; level 2 answers later, so that nothing nests."""
        if self._pumping:
            return
        self._pumping = True
        while True:
            out = self.mtp3.drain()
            if not out:
                break
            for output in out:
                kind = type(output)
                if kind is LinkRequest:
                    self.ends[output.link].request(output)
                elif kind is TransferIndication:
                    self.received.append((self.net.now, output))
                elif kind is PauseIndication:
                    self.reached[output.dpc] = False
                elif kind is ResumeIndication:
                    self.reached[output.dpc] = True
                elif kind is ManagementIndication:
                    self.told.append((self.net.now, output))
        self._pumping = False


class Net:
    """rows: all changes of state of all machines. line: what joins two nodes."""

    line: type[Any] = Line

    def __init__(self, bits: int = 14) -> None:
        self.bits = bits
        self.now = 0
        self.lost = 0
        self.rows: set[tuple[str, int, int, int]] = set()
        self.nodes: dict[str, Node] = {}
        self.lines: dict[str, Any] = {}
        self._queue: list[tuple[int, int, Callable[[], None]]] = []
        self._order = 0
        self._linksets = 0

    def trace(self, key: str, subject: str, state: Any, event: Any, after: Any, now: int) -> None:
        self.rows.add((key, int(state), int(event), int(after)))

    def after(self, delay: int, action: Callable[[], None]) -> None:
        self._order += 1
        heappush(self._queue, (self.now + delay, self._order, action))

    def node(self, name: str, **options: Any) -> Node:
        point = 100 + len(self.nodes)
        node = self.nodes[name] = Node(self, name, point, self.bits, **options)
        return node

    def join(self, a: str, b: str, links: int) -> list[str]:
        """A linkset between two nodes; its lines are named "ab0", "ab1" ..."""
        self._linksets += 1
        number = self._linksets
        one, other = self.nodes[a], self.nodes[b]
        one.mtp3.add_linkset(number, f"{a}-{b}", other.point)
        other.mtp3.add_linkset(number, f"{b}-{a}", one.point)
        names = []
        for slc in range(links):
            link = number * 16 + slc
            one.mtp3.add_link(link, number, slc)
            other.mtp3.add_link(link, number, slc)
            line = self.lines[f"{a}{b}{slc}"] = self.line(self, (one, link), (other, link))
            one.ends[link], other.ends[link] = line.ends
            names.append(f"{a}{b}{slc}")
        return names

    def route(self, node: str, to: str, by: str, priority: int) -> None:
        """by: the adjacent node."""
        point = self.nodes[by].point
        mtp3 = self.nodes[node].mtp3
        for linkset in mtp3.linksets():
            if linkset.adjacent == point:
                mtp3.add_route(self.nodes[to].point, linkset.linkset, priority)

    def start(self) -> None:
        for node in self.nodes.values():
            node.mtp3.start(self.now)
            for linkset in node.mtp3.linksets():
                node.mtp3.activate_linkset(linkset.linkset, self.now)
            node.pump()

    def run(self, seconds: float) -> None:
        end = self.now + int(seconds * S)
        nodes = list(self.nodes.values())
        while True:
            due, which = end, None
            for node in nodes:
                at = node.mtp3.next_deadline
                if at is not None and at < due:
                    due, which = at, node
            if self._queue and self._queue[0][0] <= due:
                at, _, action = heappop(self._queue)
                self.now = max(self.now, at)
                action()
            elif which is not None:
                self.now = max(self.now, due)
                which.mtp3.handle_timeout(self.now)
                which.pump()
            else:
                self.now = end
                return

    def all_up(self) -> bool:
        return all(
            link.state == "available" for node in self.nodes.values() for link in node.mtp3.links()
        ) and all(route.accessible for node in self.nodes.values() for route in node.mtp3.routes())


class Traffic:
    """Numbered messages of one user to another, on all selections in turn."""

    def __init__(self, net: Net, origin: str, to: str, every: int = 10 * MS) -> None:
        self.net = net
        self.origin = net.nodes[origin]
        self.to = net.nodes[to]
        self.every = every
        self.running = False
        self.sent: dict[int, list[tuple[int, int]]] = {sls: [] for sls in range(16)}  # (when, number)
        self.refused: set[int] = set()  # sent while the destination was known not to be reached
        self._number = 0

    def begin(self) -> None:
        self.running = True
        self.net.after(0, self._next)

    def _next(self) -> None:
        if not self.running:
            return
        sls = self._number % 16
        number = self._number
        self._number += 1
        self.sent[sls].append((self.net.now, number))
        if not self.origin.mtp3.accessible(self.to.point):
            self.refused.add(number)
        self.origin.mtp3.transfer_request(
            ISUP, self.origin.point, self.to.point, sls, 0, number.to_bytes(4, "big"), self.net.now
        )
        self.origin.pump()
        self.net.after(self.every, self._next)

    def result(self) -> tuple[list[tuple[int, int]], list[int], int]:
        """(lost: when sent and number, those out of order or doubled, received)."""
        got: dict[int, list[int]] = {sls: [] for sls in range(16)}
        for _, indication in self.to.received:
            if indication.opc == self.origin.point:
                got[indication.sls].append(int.from_bytes(indication.octets, "big"))
        lost, wrong = [], []
        for sls, sent in self.sent.items():
            there = set(got[sls])
            lost += [(when, number) for when, number in sent if number not in there and number not in self.refused]
            last = -1
            for number in got[sls]:
                if number <= last:
                    wrong.append(number)
                last = max(last, number)
        return sorted(lost), wrong, sum(len(numbers) for numbers in got.values())
