"""Two Mtp2 with a line between them, on a virtual clock.

The line is what framers and spans make of it: serial at its rate, with a delay, losses and bit errors; the last FISU
or LSSU is repeated, an MSU is followed by a FISU of its numbers, and repeated FISUs and LSSUs are passed up twice.
Repetition costs no time of the test: only what is passed up is carried.
"""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush

from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp_primitives import LinkIndication, LinkIndicationKind, LinkRequestKind

MS = 1_000_000
OVERHEAD = 3  # octets of a unit beside its own: flag and check bits
OCTETS_A_SECOND = {"64k": 8_000, "2M": 248_000, "4k8": 600}
# what becomes of a unit: it arrives, it is gone, it is errored
ARRIVES, LOST, ERRORED = range(3)
Fate = Callable[[int], int]
FILLS, TRIES = 3, 60  # copies of a repeated unit that are carried: that arrive, at most


class Way:
    """One direction: from a's transmission to b's reception."""

    def __init__(self, pair: Pair, sender: Mtp2, receiver: Mtp2, fate: Fate) -> None:
        self.pair = pair
        self.sender = sender
        self.receiver = receiver
        self.fate = fate
        self.header = 6 if sender.rate == "2M" else 3
        self.free_at = 0  # of the line
        self.fill: bytes | None = None  # what is being repeated
        self.fills = 0  # of it, how many have arrived
        self.tries = 0  # and have been carried
        self.last: bytes | None = None  # FISU or LSSU passed up last
        self.same = 0
        self.good = 0
        self.units = 0

    def pull(self) -> None:
        """Give the line what it takes until now."""
        pair = self.pair
        while self.free_at <= pair.now:
            unit = self.sender.next_signal_unit(pair.now)
            if unit is not None:
                self.fills = 0
                self.tries = 0
                short = len(unit) <= self.header + 2
                self.fill = unit if short else unit[: self.header // 3 * 2] + bytes(self.header // 3)
            elif self.fill is not None and self.repeats:
                unit = self.fill
                short = True
            else:
                return
            self.carry(unit, short)

    @property
    def repeats(self) -> bool:
        """The line repeats its last unit for ever; what the filter would not pass up need not be carried."""
        return self.fills < FILLS and self.tries < TRIES

    def carry(self, unit: bytes, short: bool) -> None:
        pair = self.pair
        takes = (len(unit) + OVERHEAD) * 1_000 * MS // OCTETS_A_SECOND[self.sender.rate]
        self.free_at = max(self.free_at, pair.now) + takes
        self.units += 1
        fate = self.fate(self.units)
        if short:
            self.tries += 1
            self.fills += fate == ARRIVES
        pair.later(self.free_at + pair.delay, self, unit, fate)

    def arrive(self, unit: bytes, fate: int) -> None:
        now = self.pair.now
        if fate == LOST:
            self.last = None
            return
        if fate == ERRORED:
            self.last = None
            if self.receiver.monitoring:
                self.receiver.receive_all([min(self.good, 65535).to_bytes(2, "big")], now)
            self.good = 0
            return
        self.good += 1
        short = len(unit) <= self.header + 2
        self.same = self.same + 1 if short and unit == self.last else 1
        self.last = unit if short else None
        if self.same <= 2:
            self.receiver.receive_all([unit], now)


class Pair:
    """Two ends; all that level 3 hears is in `said`, by end."""

    def __init__(
        self,
        *,
        rate: str = "64k",
        correction: str = "basic",
        delay_ms: float = 0,
        fate_a: Fate = lambda n: ARRIVES,
        fate_b: Fate = lambda n: ARRIVES,
        timers_ms: dict[str, int] | None = None,
        parameters: dict[str, int] | None = None,
        trace: Callable[[str, str, int, int, int, int], None] | None = None,
    ) -> None:
        common = {
            "rate": rate,
            "correction": correction,
            "timers_ms": timers_ms,
            "parameters": parameters,
            "trace": trace,
        }
        self.now = 0
        self.delay = int(delay_ms * MS)
        self.a = Mtp2("a", **common)  # type: ignore[arg-type]
        self.b = Mtp2("b", **common)  # type: ignore[arg-type]
        self.ways = [Way(self, self.a, self.b, fate_a), Way(self, self.b, self.a, fate_b)]
        self.said: dict[str, list[LinkIndication]] = {"a": [], "b": []}
        self.continuing = True  # level 3 answers the end of a processor outage with "continue"
        self._events: list[tuple[int, int, Way, bytes, int]] = []
        self._numbered = 0

    def later(self, at: int, way: Way, unit: bytes, fate: int) -> None:
        self._numbered += 1
        heappush(self._events, (at, self._numbered, way, unit, fate))

    def ask(self, end: str, kind: LinkRequestKind, octets: bytes = b"", value: int = 0) -> None:
        link = self.a if end == "a" else self.b
        link.request(kind, octets, value, self.now)
        self.settle()

    def send(self, end: str, octets: bytes) -> None:
        self.ask(end, LinkRequestKind.MESSAGE, octets)

    def settle(self) -> None:
        for name, link in (("a", self.a), ("b", self.b)):
            for output in link.drain():
                if isinstance(output, LinkIndication):
                    self.said[name].append(output)
                    if output.kind == LinkIndicationKind.REMOTE_PROCESSOR_RECOVERED and self.continuing:
                        link.request(LinkRequestKind.CONTINUE, b"", 0, self.now)
        for way in self.ways:
            way.pull()

    def run(self, ms: float) -> None:
        """Let time pass."""
        end = self.now + int(ms * MS)
        while True:
            self.settle()
            at = end
            if self._events:
                at = min(at, self._events[0][0])
            for way in self.ways:
                due = way.sender.next_deadline
                if due is not None:
                    at = min(at, due)
                if way.free_at > self.now and (way.sender.wants_line or way.repeats):
                    at = min(at, way.free_at)
            self.now = max(self.now, at)
            while self._events and self._events[0][0] <= self.now:
                _, _, way, unit, fate = heappop(self._events)
                way.arrive(unit, fate)
            for link in (self.a, self.b):
                due = link.next_deadline
                if due is not None and due <= self.now:
                    link.handle_timeout(self.now)
            if self.now >= end:
                self.settle()
                return

    def up(self, emergency: bool = True) -> Pair:
        """Both ends in service."""
        for end in "ab":
            self.ask(end, LinkRequestKind.POWER_ON)
            if emergency:
                self.ask(end, LinkRequestKind.EMERGENCY)
            self.ask(end, LinkRequestKind.START)
        self.run(2_000 if emergency else 12_000)
        assert self.a.state == self.b.state == "in service", (self.a.state, self.b.state)
        return self

    def messages(self, end: str) -> list[bytes]:
        """What level 3 of this end has received."""
        return [said.octets for said in self.said[end] if said.kind == LinkIndicationKind.MESSAGE]

    def heard(self, end: str) -> list[tuple[str, int]]:
        """Everything else."""
        return [
            (LinkIndicationKind(said.kind).name, said.value)
            for said in self.said[end]
            if said.kind != LinkIndicationKind.MESSAGE
        ]
