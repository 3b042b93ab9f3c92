"""What the functional blocks of mtp3 share: the network's data, the way out, timers, alarms, and the running of tables.

A block runs one kind of machine for all its subjects (links, routes ...). Where a row ends in one state, the subject is put into it before the
action runs, so that what the action sets off finds it there; where a row has several, the action itself says which (`enter`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from xunhu._ss7.mtp3_messages import MANAGEMENT_PRIORITY, SNM, Label, Message, encode_message
from xunhu._ss7.mtp3_routing import Destination, Link, LinkSet, NeighbourPoint
from xunhu._ss7.mtp3_tables import MACHINES, Activity, Machine, Outage
from xunhu._ss7.mtp3_timers import Options, Timer
from xunhu._ss7.mtp_primitives import LinkRequest, LinkRequestKind, ManagementIndication
from xunhu.protocol.timer_queue import TimerQueue

if TYPE_CHECKING:
    from xunhu._ss7.mtp3_changeover import ChangeoverControl
    from xunhu._ss7.mtp3_configuration import Configuration
    from xunhu._ss7.mtp3_congestion import CongestionControl
    from xunhu._ss7.mtp3_diversion import DiversionControl
    from xunhu._ss7.mtp3_inhibit import LocalInhibiting, RemoteInhibiting
    from xunhu._ss7.mtp3_link import LinkActivity, LinkOutage, LinkTest
    from xunhu._ss7.mtp3_restart import NeighbourControl, RestartControl
    from xunhu._ss7.mtp3_route import RouteControl
    from xunhu._ss7.mtp3_traffic import TrafficControl

TraceHook = Callable[[str, str, IntEnum, IntEnum, IntEnum, int], None]
MACHINE: Mapping[str, Machine] = {machine.key: machine for machine in MACHINES}


class Core:
    """One network of one node. The blocks are put in by mtp3.Mtp3."""

    links_block: LinkActivity
    outage: LinkOutage
    test: LinkTest
    local: LocalInhibiting
    remote: RemoteInhibiting
    traffic: TrafficControl
    changeover: ChangeoverControl
    diversion: DiversionControl
    route: RouteControl
    restart: RestartControl
    neighbour: NeighbourControl
    congestion: CongestionControl
    configuration: Configuration

    def __init__(
        self,
        own: int,
        ni: int,
        bits: int,
        aliases: frozenset[int],
        transfer: bool,
        options: Options,
        times: Mapping[Timer, int],
        rotation: int,
        name: str,
        trace: TraceHook | None,
    ) -> None:
        self.own = own
        self.ni = ni
        self.bits = bits
        self.aliases = aliases
        self.transfer = transfer
        self.options = options
        self.times = times
        self.rotation = rotation
        self.name = name
        self.trace = trace
        self.state = 0  # of our own restart
        self.index = 0
        self.running = False
        self.quiet = False  # routes that appear are not broadcast: a restart tells the whole picture
        self.out: list[Any] = []
        self.timers = TimerQueue()
        self.subjects: dict[int, Any] = {0: self}
        self._indexes = 0
        self.links: dict[int, Link] = {}
        self.linksets: dict[int, LinkSet] = {}
        self.neighbours: dict[int, NeighbourPoint] = {}
        self.destinations: dict[int, Destination] = {}
        self.counts: dict[str, int] = {}
        self.alarms: set[tuple[str, str]] = set()

    def __repr__(self) -> str:
        return f"<Core {self.name}>"

    # -- subjects and their timers ---------------------------------------------------------------------------------

    def next_index(self) -> int:
        self._indexes += 1
        return self._indexes

    def forget(self, index: int) -> None:
        self.subjects.pop(index, None)
        self.timers.stop_all(index)

    def start(self, subject: Any, timer: Timer, now: int) -> None:
        self.timers.start(subject.index, timer, now + self.times[timer])

    def stop(self, subject: Any, *timers: Timer) -> None:
        for timer in timers:
            self.timers.stop(subject.index, timer)

    # -- out ---------------------------------------------------------------------------------------------------------

    def request(self, link: Link, kind: LinkRequestKind, value: int = 0) -> None:
        self.out.append(LinkRequest(link.number, kind, b"", value))

    def send(self, link: Link, octets: bytes) -> None:
        link.tx_msus += 1
        link.tx_octets += len(octets)
        self.out.append(LinkRequest(link.number, LinkRequestKind.MESSAGE, octets, 0))

    def way_to(self, point: int, selection: int = 0) -> Link | None:
        """A link for a management message: by the routes, else over a direct one that is in service (an inhibited one, §10, or that of a
        point which is restarting, §9). None: there is no way."""
        destination = self.destinations.get(point)
        if destination is not None and destination.accessible:
            return destination.target(selection, self.rotation)
        neighbour = self.neighbours.get(point)
        if neighbour is None:
            return None
        ready = [link for linkset in neighbour.linksets for link in linkset.links if self.in_service(link)]
        ready.sort(key=lambda link: not link.usable)  # stable: usable ones first
        return ready[0] if ready else None

    @staticmethod
    def in_service(link: Link) -> bool:
        return link.activity == Activity.ACTIVE and link.outage == Outage.NONE

    def own_to(self, point: int) -> int:
        """By which of our point codes a point knows us."""
        neighbour = self.neighbours.get(point)
        return self.own if neighbour is None else neighbour.own

    def tell(
        self, name: str, point: int, *, slc: int = 0, value: int = 0, destination: int = 0, by: Link | None = None, extended: bool = False
    ) -> bool:
        """Send a management message. by: on this link; else where there is a way. Whether it was sent."""
        link = by if by is not None else self.way_to(point, slc)
        if link is None:
            self.count(f"{name} without a way")
            return False
        priority = MANAGEMENT_PRIORITY if self.options.priorities else 0
        label = Label(SNM, self.ni, priority, point, self.own_to(point), slc)
        self.count(f"{name} sent")
        self.send(link, encode_message(Message(name, label, value, destination), self.bits, extended=extended))
        return True

    def tell_about(self, name: str, link: Link, *, value: int = 0, by: Link | None = None) -> bool:
        """Send a message that concerns a link to its far end."""
        return self.tell(name, link.linkset.neighbour.point, slc=link.slc, value=value, by=by, extended=link.extended)

    # -- what people hear of -----------------------------------------------------------------------------------------

    def count(self, name: str, amount: int = 1) -> None:
        """Names are ours alone, so that no peer makes this grow."""
        self.counts[name] = self.counts.get(name, 0) + amount

    def inform(self, code: str, subject: str, text: str, severity: str = "info") -> None:
        self.out.append(ManagementIndication(severity, code, subject, text))

    def alarm(self, code: str, subject: str, text: str, severity: str = "warning") -> None:
        """Once, until it is cleared."""
        if (code, subject) not in self.alarms:
            self.alarms.add((code, subject))
            self.out.append(ManagementIndication(severity, code, subject, text))

    def clear(self, code: str, subject: str, text: str) -> None:
        if (code, subject) in self.alarms:
            self.alarms.discard((code, subject))
            self.out.append(ManagementIndication("info", code, subject, text, cleared=True))

    def point_name(self, point: int) -> str:
        """As people write it: 3-8-3 bits, or three octets."""
        if self.bits == 14:
            return f"{point >> 11}-{point >> 3 & 255}-{point & 7}"
        return f"{point >> 16}-{point >> 8 & 255}-{point & 255}"


def counted(counts: dict[str, int], name: str) -> None:
    counts[name] = counts.get(name, 0) + 1


class Durations:
    """How long each of several facts has held, in nanoseconds (Q.752 asks for durations of unavailability and congestion)."""

    def __init__(self) -> None:
        self._since: dict[str, int] = {}
        self._total: dict[str, int] = {}

    def turn(self, name: str, holds: bool, now: int) -> None:
        if holds:
            self._since.setdefault(name, now)
        elif name in self._since:
            self._total[name] = self._total.get(name, 0) + now - self._since.pop(name)

    def values_ms(self, now: int) -> dict[str, int]:
        names = sorted({*self._since, *self._total})
        return {
            f"{name} ms": (self._total.get(name, 0) + (now - self._since[name] if name in self._since else 0)) // 1_000_000
            for name in names
        }


class Block:
    """Runs one machine of mtp3_tables. key: which; field: the subject's attribute that holds the state."""

    key = ""
    field = "state"

    def __init__(self, core: Core) -> None:
        self.core = core
        machine = MACHINE[self.key]
        self._states = machine.states
        self._events = machine.events
        self._width = len(machine.events)
        cells: list[Callable[[Any, int, int], None] | None] = [None] * (len(machine.states) * self._width)
        self._ends: list[IntEnum | None] = [None] * len(cells)
        for row in machine.rows:
            cell = row.state * self._width + row.event
            cells[cell] = getattr(self, "_" + row.action)
            self._ends[cell] = row.ends_in[0] if len(row.ends_in) == 1 else None
        assert None not in cells, f"{machine.key}: a cell is missing"
        self._cells: list[Any] = cells
        self._open: tuple[int, IntEnum, int] | None = None  # an event whose action has not said yet where it ends

    def event(self, subject: Any, event: IntEnum, now: int, value: int = 0) -> None:
        """value: what the event brings, such as an FSN."""
        before = getattr(subject, self.field)
        cell = before * self._width + event
        end = self._ends[cell]
        if end is not None:
            setattr(subject, self.field, int(end))
            self._traced(subject, before, event, int(end), now)
            self._cells[cell](subject, value, now)
        else:
            outer, self._open = self._open, (before, event, now)
            self._cells[cell](subject, value, now)
            if self._open is not None:
                self._traced(subject, before, event, before, now)
            self._open = outer

    def enter(self, subject: Any, state: IntEnum) -> None:
        """By an action whose row has several ends: this is the one. Without a call the state stays as it is."""
        setattr(subject, self.field, int(state))
        if self._open is not None:
            before, event, now = self._open
            self._open = None
            self._traced(subject, before, event, int(state), now)

    def _traced(self, subject: Any, before: int, event: IntEnum, after: int, now: int) -> None:
        if self.core.trace is not None:
            self.core.trace(self.key, repr(subject), self._states(before), event, self._states(after), now)

    def _ignore(self, subject: Any, value: int, now: int) -> None:
        self.core.count(f"{self.key} ignored")
