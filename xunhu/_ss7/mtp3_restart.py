"""MTP restart (TPRC, ITU-T Q.704 (07/96) §9, Figures 33 and 43).

RestartControl: this point. From its first link in service (T20, and T18 at a transfer point) routing information comes in; nothing is carried
for users. It ends when there is enough of both: every adjacent point with a link that is wanted has one in service and has sent TRA. A
point all of whose destinations are adjacent ones has nothing to learn and waits for the links alone; else two such points that start at
the same time would each wait T20 for the other's TRA. Then each adjacent point is told what is not reached, and TRA.
A point that has lost its last link begins from the start (§9.1).

NeighbourControl: an adjacent point over its direct links. When the first comes into service and the point was not reached otherwise, it is told
what is not reached, then TRA, and its TRA is waited for (T21) before traffic. T19 runs from each TRA sent: an unexpected TRA within it is
not answered (§9.5).
"""

from __future__ import annotations

from xunhu._ss7.mtp3_core import Block, Core, counted
from xunhu._ss7.mtp3_routing import Link, NeighbourPoint
from xunhu._ss7.mtp3_tables import (
    Activity,
    LocalEvent,
    Neighbour,
    NeighbourEvent,
    RemoteEvent,
    Restart,
    RestartEvent,
    RouteEvent,
)
from xunhu._ss7.mtp3_timers import Timer
from xunhu._ss7.mtp3_traffic import Cause


class RestartControl(Block):
    key = "restart"

    # -- links ----------------------------------------------------------------------------------------------------

    def link_in_service(self, link: Link, now: int) -> None:
        core = self.core
        neighbour = link.linkset.neighbour
        if core.state == Restart.ISOLATED:
            self.event(core, RestartEvent.FIRST_LINK, now)
        reached = core.destinations[neighbour.point].accessible
        core.neighbour.event(neighbour, NeighbourEvent.FIRST_LINK_REACHED if reached else NeighbourEvent.FIRST_LINK, now)
        self.look(now)

    def link_out_of_service(self, link: Link, now: int) -> None:
        core = self.core
        neighbour = link.linkset.neighbour
        if not in_service(neighbour):
            core.neighbour.event(neighbour, NeighbourEvent.LAST_LINK, now)
        if not any(other.activity == Activity.ACTIVE for other in core.links.values()):
            self.event(core, RestartEvent.ISOLATED, now)
        self.look(now)

    def look(self, now: int) -> None:
        """Whether there is enough to end the restart."""
        core = self.core
        if core.state != Restart.RESTARTING:
            return
        learns = any(
            route.linkset.neighbour.point != destination.point
            for destination in core.destinations.values()
            for route in destination.routes
        )
        for neighbour in core.neighbours.values():
            wanted = any(link.activity != Activity.INACTIVE for linkset in neighbour.linksets for link in linkset.links)
            if wanted and not (neighbour.state == Neighbour.REACHED or (in_service(neighbour) and not learns)):
                return
        self.event(core, RestartEvent.ENOUGH, now)

    # -- actions -----------------------------------------------------------------------------------------------------

    def _wait_for_links(self, core: Core, value: int, now: int) -> None:
        for link in list(core.links.values()):
            if link.activity == Activity.ACTIVE:
                self.link_in_service(link, now)

    def _begin(self, core: Core, value: int, now: int) -> None:
        core.count("restarts")
        core.inform("restart", core.name, "MTP restart begins")
        core.start(core, Timer.T20, now)
        if core.transfer:
            core.start(core, Timer.T18, now)

    def _conclude(self, core: Core, value: int, now: int) -> None:
        core.stop(core, Timer.T18, Timer.T20)
        core.running = core.quiet = True
        core.traffic.update(Cause.RESTART, now)
        core.quiet = False
        for neighbour in core.neighbours.values():
            if in_service(neighbour):
                core.neighbour.introduce(neighbour, now)
        core.inform("restart-ended", core.name, "MTP restart has ended")

    def _abandon(self, core: Core, value: int, now: int) -> None:
        core.stop(core, Timer.T18, Timer.T20)
        core.running = False
        core.traffic.update(Cause.RESTART, now)
        for neighbour in core.neighbours.values():
            core.stop(neighbour, Timer.T19)


def in_service(neighbour: NeighbourPoint) -> bool:
    """Whether a direct link is; one that is blocked or inhibited counts, for the point has not gone."""
    return any(link.activity == Activity.ACTIVE for linkset in neighbour.linksets for link in linkset.links)


class NeighbourControl(Block):
    key = "neighbour"

    def introduce(self, neighbour: NeighbourPoint, now: int) -> None:
        """What the adjacent point has to know before it sends us traffic, and that it may (§9.2.2, §9.3.1)."""
        self.core.route.introduce(neighbour, now)
        self.core.tell("TRA", neighbour.point)
        self.core.start(neighbour, Timer.T19, now)

    def _await_tra(self, neighbour: NeighbourPoint, value: int, now: int) -> None:
        core = self.core
        for linkset in neighbour.linksets:
            for link in linkset.links:
                core.local.event(link, LocalEvent.RESET, now)
                core.remote.event(link, RemoteEvent.RESET, now)
        self._forget_routes(neighbour, now)
        core.start(neighbour, Timer.T21, now)
        if core.running:
            self.introduce(neighbour, now)

    def _forget_routes(self, neighbour: NeighbourPoint, now: int) -> None:
        """What it said of routes before counts no more."""
        for destination in self.core.destinations.values():
            for route in destination.routes:
                if route.linkset.neighbour is neighbour:
                    self.core.route.event(route, RouteEvent.RESET, now)

    def out_of_reach(self, point: int, now: int) -> None:
        """A destination is lost; if it is an adjacent point without a link, what it said of routes is void."""
        neighbour = self.core.neighbours.get(point)
        if neighbour is not None and neighbour.state == Neighbour.UNREACHED:
            self._forget_routes(neighbour, now)

    def _take_up(self, neighbour: NeighbourPoint, value: int, now: int) -> None:
        neighbour.open = True

    def _restarted(self, neighbour: NeighbourPoint, value: int, now: int) -> None:
        core = self.core
        core.stop(neighbour, Timer.T21)
        neighbour.open = True
        core.traffic.update(Cause.RESTART, now)
        core.restart.look(now)

    def _unexpected_tra(self, neighbour: NeighbourPoint, value: int, now: int) -> None:
        core = self.core
        if core.timers.runs(neighbour.index, Timer.T19) or not core.running:
            core.count("TRA discarded")
            return
        self.introduce(neighbour, now)

    def _lose(self, neighbour: NeighbourPoint, value: int, now: int) -> None:
        core = self.core
        core.stop(neighbour, Timer.T19, Timer.T21)
        neighbour.open = False
        for linkset in neighbour.linksets:
            counted(linkset.counts, "adjacent point lost")
        if not core.destinations[neighbour.point].accessible:
            self._forget_routes(neighbour, now)
