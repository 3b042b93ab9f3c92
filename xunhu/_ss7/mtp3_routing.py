# cython: annotation_typing=False
"""Message routing (HMRT, ITU-T Q.704 (07/96) §2.3): links, linksets, adjacent points, routes, destinations, and which link a message takes.

The traffic of one destination is sixteen flows, one for each signalling link selection. A flow is on one link (`current`), or on none while
the destination cannot be reached. `table` says the same to whoever sends, and None where a message has to go another way: the flow is held
by a procedure (`held`, its messages wait in `waiting`), or the destination cannot be reached.

Where a flow belongs is a pure function of the state of links and routes (`target`), so that each end of a procedure finds the same answer:
- of the routes that can be used, those with the best status (allowed before restricted) and then the best priority;
- linksets of equal priority share the load (combined linkset, §2.3.5): the selection modulo their number says which, what is left over says
  which link, modulo the number of links. Numbers are those configured, so a failure moves only what was on the link or linkset that failed.
"""

from __future__ import annotations

from typing import Any

SELECTIONS = 16


class Link:
    """One signalling link. number: the owner's; slc: signalling link code, 0 to 15; extended: sequence numbers of 12 bits (Q.703 Annex A).
    States are numbers of the enumerations of mtp3_tables."""

    def __init__(self, number: int, slc: int, linkset: LinkSet, extended: bool, index: int) -> None:
        self.number = number
        self.slc = slc
        self.linkset = linkset
        self.extended = extended
        self.index = index  # its timers' owner
        self.name = f"{linkset.name}/{slc}"
        self.activity = 0
        self.outage = 0
        self.test = 0
        self.local = 0
        self.remote = 0
        self.changeover = 0
        self.usable = False  # for traffic
        self.congestion = 0  # level that level 2 tells
        self.congested_messages = 0  # since it began
        self.emergency = False  # emergency proving at the next alignment, by command
        self.flushed = False  # level 2 was told to discard old messages
        self.removing = False
        self.bsnt = -1  # backward sequence number to be transmitted, of the link's last life
        self.order = -1  # FSN of the far end's order; -1: emergency
        self.pattern = b""
        self.tests = 0
        self.held: Held | None = None  # by changeover
        self.tx_msus = 0
        self.tx_octets = 0
        self.rx_msus = 0
        self.rx_octets = 0
        self.counts: dict[str, int] = {}
        self.since = 0  # when it became active, or stopped being so
        self.last_failure = ""
        self.durations: Any = None  # mtp3_core.Durations, as of linksets and destinations

    def __repr__(self) -> str:
        return f"<Link {self.name}>"


class LinkSet:
    """Links to one adjacent point. neighbour: NeighbourPoint."""

    def __init__(self, number: int, name: str, neighbour: NeighbourPoint) -> None:
        self.number = number
        self.name = name
        self.neighbour = neighbour
        self.links: list[Link] = []  # by SLC
        self.carriers: list[Link] = []  # those that are usable
        self.counts: dict[str, int] = {}
        self.since = 0
        self.durations: Any = None
        self.was_available = False

    def refresh(self) -> None:
        """After a link has changed."""
        self.links.sort(key=_slc)
        self.carriers = [link for link in self.links if link.usable]

    def carrier(self, value: int) -> Link:
        """The link for what the selection has left over; there is one that is usable."""
        links, carriers = self.links, self.carriers
        link = links[value % len(links)]
        if link.usable:
            return link
        return carriers[value // len(links) % len(carriers)]

    def __repr__(self) -> str:
        return f"<LinkSet {self.name}>"


def _slc(link: Link) -> int:
    return link.slc


class NeighbourPoint:
    """An adjacent signalling point: all linksets to it, and its restart. own: our point code, as it knows us."""

    def __init__(self, point: int, own: int, index: int) -> None:
        self.point = point
        self.own = own
        self.index = index
        self.state = 0
        self.open = False  # traffic may go over its linksets
        self.linksets: list[LinkSet] = []
        self.by_slc: dict[int, Link] = {}

    def __repr__(self) -> str:
        return f"<NeighbourPoint {self.point}>"


class Route:
    """A linkset as a way to a destination. priority: the lower, the better."""

    def __init__(self, destination: Destination, linkset: LinkSet, priority: int, index: int) -> None:
        self.destination = destination
        self.linkset = linkset
        self.priority = priority
        self.index = index
        self.status = 0
        self.counts: dict[str, int] = {}

    def usable(self) -> bool:
        return self.status != 2 and self.linkset.neighbour.open and bool(self.linkset.carriers)

    def __repr__(self) -> str:
        return f"<Route {self.destination.point} by {self.linkset.name}>"


class Held:
    """Flows that one procedure holds. flows: key of the flow -> destination."""

    def __init__(self) -> None:
        self.flows: dict[int, Destination] = {}
        self.retrieved: list[bytes] = []


class Move(Held):
    """Flows on their way from one link to a better one."""

    def __init__(self, code: int, origin: Link, goal: Link, index: int) -> None:
        super().__init__()
        self.code = code
        self.origin = origin
        self.goal = goal
        self.index = index
        self.state = 0

    def __repr__(self) -> str:
        return f"<Move {self.origin.name} to {self.goal.name}>"


class Destination:
    """A point that messages may be sent to."""

    def __init__(self, point: int, index: int) -> None:
        self.point = point
        self.index = index
        self.routes: list[Route] = []
        self.accessible = False
        self.choices: list[LinkSet] = []  # linksets of the chosen priority, as configured
        self.usable: list[LinkSet] = []  # those of them that can be used
        self.table: list[Any] = [None] * SELECTIONS  # Link
        self.current: list[Link | None] = [None] * SELECTIONS
        self.held: list[Held | None] = [None] * SELECTIONS
        self.waiting: list[list[bytes]] = [[] for _ in range(SELECTIONS)]
        self.congestion = 0  # state
        self.level = 0  # of congestion, as told by TFC
        self.used: set[int] = set()  # adjacent points that its traffic goes by
        self.told: dict[int, int] = {}  # adjacent point -> when TFP was last told by the response method
        self.restricted = False  # TFR was broadcast
        self.counts: dict[str, int] = {}
        self.since = 0
        self.durations: Any = None

    def choose(self) -> bool:
        """Look anew at the routes; whether there is one."""
        best: Route | None = None
        for route in self.routes:
            if route.usable() and (best is None or (route.status, route.priority) < (best.status, best.priority)):
                best = route
        if best is None:
            self.choices, self.usable = [], []
            return False
        peers = [route for route in self.routes if route.priority == best.priority]
        self.choices = [route.linkset for route in peers]
        self.usable = [route.linkset for route in peers if route.usable() and route.status == best.status]
        return True

    def target(self, sls: int, rotation: int) -> Link:
        """Where a flow belongs; `choose` has found a route. rotation: bits by which the selection is turned first."""
        value = (sls << rotation | sls >> (4 - rotation)) & 15 if rotation else sls
        choices, usable = self.choices, self.usable
        rest = value // len(choices)
        linkset = choices[value % len(choices)]
        if linkset not in usable:
            linkset = usable[rest % len(usable)]
        return linkset.carrier(rest)

    def route_by(self, linkset: LinkSet) -> Route | None:
        for route in self.routes:
            if route.linkset is linkset:
                return route
        return None

    def __repr__(self) -> str:
        return f"<Destination {self.point}>"
