"""Signalling traffic management: which link each flow is on, and the procedure that carries it to another (ITU-T Q.704 (07/96) §4).

After any change `update` looks at every destination anew. A flow that is not where it belongs (mtp3_routing) is moved by

    its link is lost                              changeover (§5), mtp3_changeover: held until the procedure of that link ends
    its route is lost, the link is not            forced rerouting (§7, TFRC): at once, there is nothing to wait for
    a link or linkset has come back               changeback (§6, TCBC), mtp3_diversion: held until CBA
    an adjacent point has restarted               time-controlled diversion (§6.4): held for T3
    a better route is allowed, ours is restricted controlled rerouting (§8, TCRC): held for T6
    the destination comes into reach              at once, there is nothing to be overtaken

Every procedure ends with `release`: the flows go where they belong by then. A flow held by a changeback or rerouting is taken over by the
changeover of its link, and by a rerouting that comes after; never the other way. Messages of held flows wait, at most WAITING_LIMIT of them.
"""

from __future__ import annotations

from enum import IntEnum

from xunhu._ss7.mtp3_core import Core, counted
from xunhu._ss7.mtp3_messages import SLT_SPECIAL, SNM, decode_label
from xunhu._ss7.mtp3_routing import SELECTIONS, Destination, Held, Link, LinkSet, Move
from xunhu._ss7.mtp3_tables import (
    Changeover,
    ChangeoverEvent,
    CongestionEvent,
    DiversionEvent,
    Local,
    LocalEvent,
    Remote,
    RemoteEvent,
    RouteStatus,
)
from xunhu._ss7.mtp_primitives import PauseIndication, ResumeIndication

WAITING_LIMIT = 8192  # messages of held flows, all together
_INHIBITED = (Local.INHIBITED, Local.LUN_SENT, Local.LUN_REPEATED)


class Cause(IntEnum):
    """Why a flow may find a better link; says how it is moved."""

    LINK = 0
    ROUTE = 1
    RESTART = 2


_BEGIN = {Cause.LINK: DiversionEvent.DECLARE, Cause.ROUTE: DiversionEvent.REROUTE, Cause.RESTART: DiversionEvent.WAIT}


class TrafficControl:
    """TLAC, TSRC, TFRC of Q.704 Figure 27, and what the other blocks of traffic management share."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.waiting = 0  # messages
        self._moves: dict[tuple[int, int, int], Move] = {}  # those begun in this update: (origin, goal, cause)
        self._settling = False

    # -- a link ----------------------------------------------------------------------------------------------------

    def refresh(self, link: Link, how: ChangeoverEvent, now: int) -> None:
        """The state of a link has changed. how: FAILED or DIVERT, the changeover if it is lost for traffic."""
        core = self.core
        usable = core.in_service(link) and link.local not in _INHIBITED and link.remote == Remote.FREE
        if usable == link.usable:
            if link.changeover == Changeover.TIMED and how == ChangeoverEvent.FAILED and self._far_end(link).accessible:
                core.changeover.event(link, ChangeoverEvent.FAILED, now)  # blocked, and now it has failed
            return
        link.usable = usable
        link.durations.turn("unavailable", not usable, now)
        linkset = link.linkset
        linkset.refresh()
        self._linkset_alarm(linkset, now)
        if usable:
            core.changeover.event(link, ChangeoverEvent.RESUME, now)
            self.update(Cause.LINK, now)
        else:
            self.update(Cause.LINK, now, link, how)

    def _linkset_alarm(self, linkset: LinkSet, now: int) -> None:
        available = bool(linkset.carriers)
        if available != linkset.was_available:
            linkset.was_available = available
            linkset.since = now
            linkset.durations.turn("unavailable", not available, now)
            if available:
                self.core.clear("linkset-unavailable", linkset.name, "a link is available")
            else:
                self.core.links_block.hurry(linkset)
                counted(linkset.counts, "failures")
                self.core.alarm("linkset-unavailable", linkset.name, "no link is available", "error")

    # -- all flows ---------------------------------------------------------------------------------------------------

    def update(self, cause: Cause, now: int, lost: Link | None = None, how: ChangeoverEvent = ChangeoverEvent.FAILED) -> None:
        """Look at all destinations. lost: a link whose flows need a changeover."""
        destinations = list(self.core.destinations.values())
        before = [destination.accessible for destination in destinations]
        for destination in destinations:
            destination.accessible = self.core.running and destination.choose()
        if lost is not None:
            self._begin_changeover(lost, how, now)
        for destination, was in zip(destinations, before, strict=True):
            self._follow(destination, was, cause, now)
        self._begin_moves(now)
        self._relieve(destinations, now)

    def update_destination(self, destination: Destination, cause: Cause, now: int) -> None:
        was = destination.accessible
        destination.accessible = self.core.running and destination.choose()
        self._follow(destination, was, cause, now)
        self._begin_moves(now)
        self._relieve([destination], now)

    def _follow(self, destination: Destination, was: bool, cause: Cause, now: int) -> None:
        if not destination.accessible:
            if was:
                self._lose(destination, now)
        elif was:
            self._settle(destination, cause, now)
        else:
            self._gain(destination, now)

    def _begin_changeover(self, link: Link, how: ChangeoverEvent, now: int) -> None:
        """Hold what is on the link and has another way. Orders can be exchanged where the far end is reached otherwise (§5.2, §5.6.2)."""
        core = self.core
        held = link.held = link.held or Held()
        touched = []
        for destination in core.destinations.values():
            if destination.accessible:
                mine = [sls for sls in range(SELECTIONS) if destination.current[sls] is link]
                for sls in mine:
                    self._hold(held, destination, sls)
                if mine:
                    touched.append(destination)
        if how == ChangeoverEvent.FAILED and self._far_end(link).accessible:
            core.changeover.event(link, ChangeoverEvent.FAILED, now)
        elif held.flows:
            core.changeover.event(link, ChangeoverEvent.DIVERT, now)
        for destination in touched:
            core.route.use(destination, now)

    def _far_end(self, link: Link) -> Destination:
        return self.core.destinations[link.linkset.neighbour.point]

    def _hold(self, held: Held, destination: Destination, sls: int) -> None:
        key = destination.point * SELECTIONS + sls
        before = destination.held[sls]
        if before is not None:
            before.flows.pop(key, None)
        held.flows[key] = destination
        destination.held[sls] = held
        destination.table[sls] = None

    def _open(self, destination: Destination, sls: int, link: Link | None) -> None:
        destination.held[sls] = None
        destination.current[sls] = destination.table[sls] = link

    def _gain(self, destination: Destination, now: int) -> None:
        """Into reach, Q.704 §8.2.3 and §9.2.4: traffic starts at once."""
        core = self.core
        for sls in range(SELECTIONS):
            self._open(destination, sls, destination.target(sls, core.rotation))
        destination.since = now
        destination.durations.turn("unavailable", False, now)
        core.route.use(destination, now)
        core.route.reached(destination, now)
        core.clear("route-unavailable", f"route {core.point_name(destination.point)}", "the destination is reached")
        core.out.append(ResumeIndication(destination.point))

    def _lose(self, destination: Destination, now: int) -> None:
        """Out of reach, §7.2.3: what waits is discarded."""
        core = self.core
        for sls in range(SELECTIONS):
            held = destination.held[sls]
            if held is not None:
                held.flows.pop(destination.point * SELECTIONS + sls, None)
            self._open(destination, sls, None)
            self._discard(destination, sls)
        destination.since = now
        destination.durations.turn("unavailable", True, now)
        counted(destination.counts, "unavailable")
        core.congestion.event(destination, CongestionEvent.RESET, now)
        core.neighbour.out_of_reach(destination.point, now)
        core.route.lost(destination, now)
        core.alarm("route-unavailable", f"route {core.point_name(destination.point)}", "the destination is not reached", "error")
        core.out.append(PauseIndication(destination.point))

    def _discard(self, destination: Destination, sls: int) -> None:
        waiting = destination.waiting[sls]
        if waiting:
            self.waiting -= len(waiting)
            self.core.count("discarded: destination lost while held", len(waiting))
            destination.waiting[sls] = []

    def _settle(self, destination: Destination, cause: Cause, now: int) -> None:
        core = self.core
        moved = False
        for sls in range(SELECTIONS):
            goal = destination.target(sls, core.rotation)
            origin = destination.current[sls]
            held = destination.held[sls]
            if held is not None:
                if isinstance(held, Move):
                    self._settle_held(destination, sls, held, goal, cause)
                continue
            if origin is goal:
                continue
            if origin is None or not self._still_good(destination, origin):
                self._open(destination, sls, goal)  # forced rerouting, §7.2
                moved = True
            else:
                self._hold(self._move(origin, goal, cause), destination, sls)
        if moved:
            counted(destination.counts, "forced reroutings")
            core.route.use(destination, now)

    @staticmethod
    def _still_good(destination: Destination, link: Link) -> bool:
        route = destination.route_by(link.linkset)
        return link.usable and route is not None and route.usable()

    def _settle_held(self, destination: Destination, sls: int, held: Move, goal: Link, cause: Cause) -> None:
        """A flow on its way to a better link, and what is best has changed."""
        if destination.current[sls] is goal:
            held.flows.pop(destination.point * SELECTIONS + sls, None)
            self._open(destination, sls, goal)
            self._flush(destination, sls)
        elif cause == Cause.ROUTE and held.goal is not goal:
            self._hold(self._move(held.origin, goal, cause), destination, sls)

    def _move(self, origin: Link, goal: Link, cause: Cause) -> Move:
        key = (origin.index, goal.index, cause)
        move = self._moves.get(key)
        if move is None:
            move = self._moves[key] = self.core.diversion.new(origin, goal)
        return move

    def _begin_moves(self, now: int) -> None:
        """Start what this update has begun, and end what it has emptied."""
        core = self.core
        moves, self._moves = self._moves, {}
        for (_, _, cause), move in moves.items():
            event = _BEGIN[Cause(cause)]
            if event == DiversionEvent.DECLARE and not core.diversion.has_path(move):
                event = DiversionEvent.WAIT
            core.diversion.event(move, event, now)
        core.diversion.sweep(now)

    def _relieve(self, destinations: list[Destination], now: int) -> None:
        """A destination out of reach asks inhibited links back (§10.3.2)."""
        core = self.core
        if not core.running:
            return
        for destination in destinations:
            if destination.accessible:
                continue
            for route in list(destination.routes):
                if route.status == RouteStatus.PROHIBITED or route.linkset.carriers:
                    continue
                for link in route.linkset.links:
                    if core.in_service(link) and not link.usable:
                        core.local.event(link, LocalEvent.RELIEVE, now)
                        core.remote.event(link, RemoteEvent.RELIEVE, now)

    # -- the end of a procedure ------------------------------------------------------------------------------------------

    def release(self, held: Held, now: int) -> None:
        """Let flows go where they belong now: first what was retrieved, then what waits (§5.5, §6.3.3, §8.2.1)."""
        core = self.core
        flows, held.flows = held.flows, {}
        retrieved, held.retrieved = held.retrieved, []
        touched = dict.fromkeys(flows.values())
        for key, destination in flows.items():
            self._open(destination, key % SELECTIONS, destination.target(key % SELECTIONS, core.rotation))
        for destination in touched:
            core.route.use(destination, now)
        for octets in retrieved:
            self._resend(octets, flows)
        for key, destination in flows.items():
            self._flush(destination, key % SELECTIONS)

    def _resend(self, octets: bytes, flows: dict[int, Destination]) -> None:
        """A message that the far end has not got over the old link. Tests belong to that link; what belongs to a flow that has gone on
        by itself meanwhile would come out of order (its destination was lost, or its route forced away)."""
        core = self.core
        label = decode_label(octets, core.bits)
        destination = flows.get(label.dpc * SELECTIONS + label.sls)
        link = destination.table[label.sls] if destination is not None else None
        if link is None and label.service == SNM:
            link = core.way_to(label.dpc, label.sls)
        if link is None or SNM < label.service <= SLT_SPECIAL:
            core.count("discarded: retrieved")
            return
        core.count("retrieved")
        core.send(link, octets)

    def _flush(self, destination: Destination, sls: int) -> None:
        waiting = destination.waiting[sls]
        if not waiting:
            return
        destination.waiting[sls] = []
        self.waiting -= len(waiting)
        link = destination.table[sls]
        for octets in waiting:
            self.core.send(link, octets)

    def wait(self, destination: Destination, sls: int, octets: bytes) -> None:
        """A message of a held flow."""
        if self.waiting >= WAITING_LIMIT:
            self.core.count("discarded: too many wait")
            return
        self.waiting += 1
        destination.waiting[sls].append(octets)
