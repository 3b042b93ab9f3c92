"""Distribution of what is not a user part's (HMDT, ITU-T Q.704 (07/96) §2.4): management and test messages to the blocks that understand them, and
messages for users that are not there (UPU, §11.2.7).

A management message concerns a link (its code is in the label and must be one of the links to the point that sent it), an adjacent point (which
must have sent it), or a user part. Whatever is malformed or fits nothing of ours is counted and discarded, with no further action (§14, Q.782
group 13); an operator hears of malformed ones once a minute and link.
"""

from __future__ import annotations

from collections.abc import Callable

from xunhu._ss7.mtp3_core import Core
from xunhu._ss7.mtp3_messages import SNM, Message, decode_message
from xunhu._ss7.mtp3_routing import Link, NeighbourPoint
from xunhu._ss7.mtp3_tables import LocalEvent, NeighbourEvent, RemoteEvent
from xunhu._ss7.mtp_primitives import StatusCause, StatusIndication
from xunhu.protocol.errors import RemoteError

SERVICES = 16
_MINUTE = 60_000_000_000
_UNAVAILABLE_LIMIT = 64  # origins that are told of one user part within a second
_SECOND = 1_000_000_000
_CAUSES = {0: StatusCause.USER_UNAVAILABLE_UNKNOWN, 1: StatusCause.USER_UNEQUIPPED, 2: StatusCause.USER_INACCESSIBLE}
UNEQUIPPED, INACCESSIBLE = 1, 2

LinkHandler = Callable[[Link, Message, int], None]
PointHandler = Callable[[NeighbourPoint, Message, int], None]


class Distribution:
    """attached, known: by service indicator; a user part that is known but not attached is inaccessible, one never attached unequipped."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.attached = [False] * SERVICES
        self.known = [False] * SERVICES
        self._alerted: dict[int, int] = {}  # link -> when
        self._told: dict[tuple[int, int], int] = {}  # (origin, service) -> when
        changeover, diversion, route = core.changeover.receive, core.diversion.receive, core.route
        self._of_links: dict[str, LinkHandler] = {
            **dict.fromkeys(("COO", "COA", "ECO", "ECA"), changeover),
            **dict.fromkeys(("CBD", "CBA"), diversion),
            **dict.fromkeys(("LIA", "LID", "LUA", "LFU", "LRT"), self._local),
            **dict.fromkeys(("LIN", "LUN", "LLT"), self._remote),
        }
        self._of_points: dict[str, PointHandler] = {
            **dict.fromkeys(("TFP", "TFA", "TFR"), route.receive),
            **dict.fromkeys(("RST", "RSR"), route.asked),
            "TRA": self._restart_allowed,
        }

    def receive(self, link: Link, octets: bytes, now: int) -> None:
        """A message of service indicator 0 to 2 for this point, which came over `link`."""
        core = self.core
        try:
            message = decode_message(octets, core.bits)
        except RemoteError as error:
            core.count("malformed")
            self.alert(link, str(error), now)
            return
        core.count(f"{message.name} received")
        if message.label.service != SNM:
            core.test.receive(link, message, now)
        else:
            self._manage(message, now)

    def alert(self, link: Link, text: str, now: int) -> None:
        last = self._alerted.get(link.number)
        if last is None or now - last >= _MINUTE:
            self._alerted[link.number] = now
            self.core.inform("malformed-message", link.name, text, "warning")

    def _manage(self, message: Message, now: int) -> None:
        core = self.core
        neighbour = core.neighbours.get(message.label.opc)
        about_link = self._of_links.get(message.name)
        about_point = self._of_points.get(message.name)
        if about_link is not None:
            link = neighbour.by_slc.get(message.slc) if neighbour is not None else None
            if link is None:
                core.count("discarded: no such link")
            else:
                about_link(link, message, now)
        elif about_point is not None:
            if neighbour is None:
                core.count("discarded: not an adjacent point")
            else:
                about_point(neighbour, message, now)
        elif message.name == "TFC":
            core.congestion.receive(message, now)
        elif message.name == "UPU":
            self._user_unavailable(message)
        else:  # RCT, which is for points on its way; allocation of data links, which we do without
            core.count(f"{message.name} discarded")

    def _local(self, link: Link, message: Message, now: int) -> None:
        self.core.local.event(link, LocalEvent[message.name], now)

    def _remote(self, link: Link, message: Message, now: int) -> None:
        self.core.remote.event(link, RemoteEvent[message.name], now)

    def _restart_allowed(self, neighbour: NeighbourPoint, message: Message, now: int) -> None:
        self.core.neighbour.event(neighbour, NeighbourEvent.TRA, now)

    def _user_unavailable(self, message: Message) -> None:
        """UPU received: the users hear which part of which point is not there (§11.2.7)."""
        core = self.core
        if message.destination not in core.destinations:
            core.count("UPU about no route")
            return
        cause = _CAUSES.get(message.value >> 4, StatusCause.USER_UNAVAILABLE_UNKNOWN)
        core.out.append(StatusIndication(message.destination, cause, message.value & 15, 0))

    def unavailable(self, service: int, opc: int, dpc: int, now: int) -> None:
        """A message came for a user part that is not there: UPU to its origin, once a second each (§11.2.7 leaves the rate to us)."""
        core = self.core
        core.count("discarded: no user part")
        if len(self._told) >= _UNAVAILABLE_LIMIT:
            self._told = {key: at for key, at in self._told.items() if now - at < _SECOND}
        last = self._told.get((opc, service))
        if (last is not None and now - last < _SECOND) or len(self._told) >= _UNAVAILABLE_LIMIT:
            return
        self._told[opc, service] = now
        cause = INACCESSIBLE if self.known[service] else UNEQUIPPED
        core.tell("UPU", opc, value=cause << 4 | service, destination=dpc)
