"""The network's links, linksets and routes, added and taken away while traffic runs.

Every change ends in a look at all traffic (mtp3_traffic), so that flows move to where they belong now, in order. A linkset brings its adjacent
point as a destination, with the direct route as the best (Q.704 §2.3.4, priority 0), until add_route says otherwise.
"""

from __future__ import annotations

from xunhu._ss7.mtp3_core import Core, Durations
from xunhu._ss7.mtp3_routing import Destination, Link, LinkSet, NeighbourPoint, Route
from xunhu._ss7.mtp3_tables import Activity, ActivityEvent, Changeover, LocalEvent, RemoteEvent
from xunhu._ss7.mtp3_traffic import Cause
from xunhu._ss7.mtp_primitives import LinkRequestKind
from xunhu.protocol.errors import LocalError

DIRECT = 0  # priority of the direct route
LINKS = 16  # of a linkset, by SLC


class Configuration:
    """LocalError of every method: what is asked cannot be, and nothing has changed."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def link(self, number: int) -> Link:
        found = self.core.links.get(number)
        if found is None:
            raise LocalError(f"there is no link {number}")
        return found

    def linkset(self, number: int) -> LinkSet:
        found = self.core.linksets.get(number)
        if found is None:
            raise LocalError(f"there is no linkset {number}")
        return found

    def _point(self, point: int) -> int:
        if not 0 <= point < 1 << self.core.bits:
            raise LocalError(f"point code {point} does not fit into {self.core.bits} bits")
        if point == self.core.own or point in self.core.aliases:
            raise LocalError(f"point code {self.core.point_name(point)} is our own")
        return point

    # -- linksets -------------------------------------------------------------------------------------------------

    def add_linkset(self, number: int, name: str, adjacent: int, own: int, now: int) -> None:
        core = self.core
        if number in core.linksets:
            raise LocalError(f"linkset {number} is there already")
        if own != core.own and own not in core.aliases:
            raise LocalError(f"point code {core.point_name(own)} is not our own")
        point = self._point(adjacent)
        neighbour = core.neighbours.get(point)
        if neighbour is None:
            neighbour = core.neighbours[point] = NeighbourPoint(point, own, core.next_index())
            core.subjects[neighbour.index] = neighbour
        elif neighbour.own != own:
            raise LocalError(f"{core.point_name(point)} knows us as {core.point_name(neighbour.own)} by another linkset")
        linkset = LinkSet(number, name, neighbour)
        linkset.since = now
        linkset.durations = Durations()
        linkset.durations.turn("unavailable", True, now)
        neighbour.linksets.append(linkset)
        core.linksets[number] = linkset
        self.add_route(point, number, DIRECT, now)

    def remove_linkset(self, number: int, now: int) -> None:
        core = self.core
        linkset = self.linkset(number)
        if linkset.links:
            raise LocalError(f"linkset {linkset.name} has links; remove them first")
        for destination in list(core.destinations.values()):
            route = destination.route_by(linkset)
            if route is not None:
                self._drop(route, now)
        neighbour = linkset.neighbour
        neighbour.linksets.remove(linkset)
        del core.linksets[number]
        core.clear("linkset-unavailable", linkset.name, "taken out of the configuration")
        if not neighbour.linksets:
            core.forget(neighbour.index)
            del core.neighbours[neighbour.point]
            for destination in core.destinations.values():
                destination.told.pop(neighbour.point, None)
                destination.used.discard(neighbour.point)
        core.restart.look(now)

    # -- links ------------------------------------------------------------------------------------------------------

    def add_link(self, number: int, linkset_number: int, slc: int, extended: bool, now: int) -> None:
        core = self.core
        linkset = self.linkset(linkset_number)
        if number in core.links:
            raise LocalError(f"link {number} is there already")
        if not 0 <= slc < LINKS:
            raise LocalError(f"signalling link code {slc}; 0 to {LINKS - 1}")
        if slc in linkset.neighbour.by_slc:
            raise LocalError(f"signalling link code {slc} to {core.point_name(linkset.neighbour.point)} is in use")
        link = Link(number, slc, linkset, extended, core.next_index())
        link.since = now
        link.durations = Durations()
        link.durations.turn("unavailable", True, now)
        core.links[number] = link
        core.subjects[link.index] = link
        linkset.neighbour.by_slc[slc] = link
        linkset.links.append(link)
        linkset.refresh()
        core.request(link, LinkRequestKind.POWER_ON)
        core.traffic.update(Cause.LINK, now)

    def remove_link(self, number: int, now: int) -> None:
        """Orderly: its traffic goes by changeover first, and `may_end` ends it."""
        link = self.link(number)
        link.removing = True
        self.core.links_block.event(link, ActivityEvent.DEACTIVATE, now)
        self.may_end(link, now)

    def may_end(self, link: Link, now: int) -> None:
        """The changeover of a link has ended; if it was to be removed, it is now."""
        core = self.core
        if not link.removing or link.changeover != Changeover.IDLE or link.activity != Activity.INACTIVE:
            return
        link.removing = False
        core.local.event(link, LocalEvent.RESET, now)
        core.remote.event(link, RemoteEvent.RESET, now)
        linkset = link.linkset
        linkset.links.remove(link)
        del linkset.neighbour.by_slc[link.slc]
        del core.links[link.number]
        linkset.refresh()
        core.forget(link.index)
        for code in ("link-failure", "link-blocked", "link-congested", "link-test-mismatch"):
            core.clear(code, link.name, "taken out of the configuration")
        core.traffic.update(Cause.LINK, now)
        core.inform("link-removed", link.name, "taken out of the configuration")

    # -- routes -------------------------------------------------------------------------------------------------------

    def add_route(self, point: int, linkset_number: int, priority: int, now: int) -> None:
        """A second time: its priority changes."""
        core = self.core
        linkset = self.linkset(linkset_number)
        destination = core.destinations.get(self._point(point))
        if destination is None:
            destination = core.destinations[point] = Destination(point, core.next_index())
            destination.since = now
            destination.durations = Durations()
            destination.durations.turn("unavailable", True, now)
            core.subjects[destination.index] = destination
        route = destination.route_by(linkset)
        if route is None:
            route = Route(destination, linkset, priority, core.next_index())
            core.subjects[route.index] = route
            destination.routes.append(route)
        route.priority = priority
        destination.routes.sort(key=lambda route: (route.priority, route.linkset.number))
        core.traffic.update_destination(destination, Cause.ROUTE, now)

    def remove_route(self, point: int, linkset_number: int | None, now: int) -> None:
        """linkset_number None: all of them. The direct routes to an adjacent point go with their linksets."""
        destination = self.core.destinations.get(point)
        if destination is None:
            raise LocalError(f"there is no route to {self.core.point_name(point)}")
        linkset = None if linkset_number is None else self.linkset(linkset_number)
        routes = [
            route
            for route in destination.routes
            if (linkset is None or route.linkset is linkset) and route.linkset.neighbour.point != point
        ]
        if not routes:
            raise LocalError(f"there is no such route to {self.core.point_name(point)}, or only the direct one, which goes with its linkset")
        for route in routes:
            self._drop(route, now)

    def _drop(self, route: Route, now: int) -> None:
        core, destination = self.core, route.destination
        destination.routes.remove(route)
        core.forget(route.index)
        core.traffic.update_destination(destination, Cause.ROUTE, now)
        if not destination.routes:
            core.clear("route-unavailable", f"route {core.point_name(destination.point)}", "taken out of the configuration")
            core.forget(destination.index)
            del core.destinations[destination.point]
