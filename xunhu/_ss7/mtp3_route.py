"""Signalling route management (ITU-T Q.704 (07/96) §13): what adjacent points say of routes, and what a transfer point says to them.

RouteControl runs a machine for each route: TFP, TFA and TFR of the adjacent point (RTPC, RTAC, RTRC), and the signalling route set test each T10 as long
as it has not allowed the route again (RSRT). The rest is the transfer point's own part (§13.2.2, §13.3.2, §13.4.2):

- TFP about X to the adjacent point over which X is reached from now on, before the traffic, so that it sends nothing back; TFA to the
  one over which it is not any more;
- TFP to all adjacent points when X cannot be reached, TFA when it can again;
- TFP in answer to a message for X that cannot be sent on, once each T8;
- TFR, a national option, to all when X is reached by less than its best routes for longer than T11.
A point without transfer function says nothing of this kind.
"""

from __future__ import annotations

from xunhu._ss7.mtp3_core import Block, counted
from xunhu._ss7.mtp3_messages import Message
from xunhu._ss7.mtp3_routing import Destination, Move, NeighbourPoint, Route
from xunhu._ss7.mtp3_tables import Neighbour, RouteEvent, RouteStatus
from xunhu._ss7.mtp3_timers import Timer
from xunhu._ss7.mtp3_traffic import Cause


class RouteControl(Block):
    key, field = "route", "status"

    # -- from an adjacent point ------------------------------------------------------------------------------------

    def receive(self, neighbour: NeighbourPoint, message: Message, now: int) -> None:
        """TFP, TFA or TFR about a destination that has routes by this point; what it says of itself is no route (§13.2.4)."""
        core = self.core
        destination = core.destinations.get(message.destination)
        found = False
        if destination is not None and destination.point != neighbour.point:
            if message.name == "TFR" and not core.options.restricted:
                core.count("TFR not in use")
                return
            if neighbour.state == Neighbour.UNREACHED and not core.destinations[neighbour.point].accessible:
                core.count("discarded: adjacent point not reached")
                return
            for route in destination.routes:
                if route.linkset.neighbour is neighbour:
                    found = True
                    counted(route.counts, f"{message.name} received")
                    self.event(route, RouteEvent[message.name], now)
        if not found:
            core.count(f"{message.name} about no route")

    def _prohibit(self, route: Route, value: int, now: int) -> None:
        self.core.start(route, Timer.T10, now)
        self.core.traffic.update_destination(route.destination, Cause.ROUTE, now)

    def _restrict(self, route: Route, value: int, now: int) -> None:
        self.core.start(route, Timer.T10, now)
        self.core.traffic.update_destination(route.destination, Cause.ROUTE, now)

    def _allow(self, route: Route, value: int, now: int) -> None:
        self.core.stop(route, Timer.T10)
        self.core.traffic.update_destination(route.destination, Cause.ROUTE, now)

    def _forget(self, route: Route, value: int, now: int) -> None:
        self.core.stop(route, Timer.T10)

    def _test(self, route: Route, value: int, now: int) -> None:
        """RST or RSR to the adjacent point, over a direct link or, while none is in service, by what reaches it (§13.5.2)."""
        name = "RST" if route.status == RouteStatus.PROHIBITED else "RSR"
        self.core.tell(name, route.linkset.neighbour.point, destination=route.destination.point)
        self.core.start(route, Timer.T10, now)

    # -- the transfer point's part -----------------------------------------------------------------------------------

    def use(self, destination: Destination, now: int) -> None:
        """The links of its flows have changed: tell the adjacent points concerned (§13.2.2 i, §13.3.2 i)."""
        core = self.core
        if not core.transfer:
            return
        links = (
            # what changeover holds goes there as soon as it may
            destination.target(sls, core.rotation) if held is not None and not isinstance(held, Move) else destination.current[sls]
            for sls, held in enumerate(destination.held)
        )
        used = {link.linkset.neighbour.point for link in links if link is not None} - {destination.point}
        before, destination.used = destination.used, used
        for point in sorted(used - before):
            self._tell("TFP", point, destination)
        if destination.accessible:
            for point in sorted(before - used):
                self._tell("TFA", point, destination)
            self._watch_efficiency(destination, now)

    def _watch_efficiency(self, destination: Destination, now: int) -> None:
        core = self.core
        if not core.options.restricted:
            return
        best = min(route.priority for route in destination.routes)
        worse = not any(linkset is route.linkset for route in destination.routes if route.priority == best for linkset in destination.usable)
        if worse and not destination.restricted:
            if not core.timers.runs(destination.index, Timer.T11):
                core.start(destination, Timer.T11, now)
        elif not worse:
            core.stop(destination, Timer.T11)
            if destination.restricted:
                destination.restricted = False
                self._broadcast("TFA", destination)

    def restrict_timeout(self, destination: Destination, now: int) -> None:
        """T11: long enough on a less efficient route (§13.4.2)."""
        if destination.accessible:
            destination.restricted = True
            self._broadcast("TFR", destination)

    def reached(self, destination: Destination, now: int) -> None:
        """Can be reached again (§13.3.2 ii)."""
        if self.core.transfer and not self.core.quiet:
            self._broadcast("TFA", destination)

    def lost(self, destination: Destination, now: int) -> None:
        """Cannot be reached any more (§13.2.2 ii)."""
        core = self.core
        destination.used = set()
        destination.restricted = False
        core.stop(destination, Timer.T11)
        if core.transfer and core.running:
            self._broadcast("TFP", destination)
            destination.told = dict.fromkeys(core.neighbours, now)

    def introduce(self, neighbour: NeighbourPoint, now: int) -> None:
        """To an adjacent point that (or to which we) come back: what it shall not send us (§9.2.2, §9.3.1)."""
        core = self.core
        if not core.transfer:
            return
        for destination in core.destinations.values():
            if destination.point == neighbour.point:
                continue
            if not destination.accessible or neighbour.point in destination.used:
                core.tell("TFP", neighbour.point, destination=destination.point)
            elif destination.restricted:
                core.tell("TFR", neighbour.point, destination=destination.point)

    def respond(self, destination_point: int, neighbour: NeighbourPoint, now: int) -> None:
        """A message came from there for what cannot be reached (§13.2.2 iii). A destination that we do not know at all is not told."""
        core = self.core
        destination = core.destinations.get(destination_point)
        if destination is None:
            core.count("discarded: unknown destination")
            return
        core.count("discarded: destination not reached")
        last = destination.told.get(neighbour.point)
        if last is None or now - last >= core.times[Timer.T8]:
            destination.told[neighbour.point] = now
            core.tell("TFP", neighbour.point, destination=destination_point)

    def asked(self, neighbour: NeighbourPoint, message: Message, now: int) -> None:
        """RST or RSR: answer when the state is another one than that point takes it for (§13.5.4)."""
        core = self.core
        destination = core.destinations.get(message.destination)
        if not core.transfer or not core.running or destination is None or destination.point == neighbour.point:
            core.count(f"{message.name} discarded")
            return
        if not destination.accessible or neighbour.point in destination.used:
            actual = RouteStatus.PROHIBITED
        else:
            actual = RouteStatus.RESTRICTED if destination.restricted else RouteStatus.ALLOWED
        if actual != (RouteStatus.PROHIBITED if message.name == "RST" else RouteStatus.RESTRICTED):
            core.tell(("TFA", "TFR", "TFP")[actual], neighbour.point, destination=destination.point)

    def _broadcast(self, name: str, destination: Destination) -> None:
        """To every adjacent point that is reached; not to X about X, nor TFA to those over which it is reached."""
        for point in sorted(self.core.neighbours):
            if point != destination.point and not (name != "TFP" and point in destination.used):
                self._tell(name, point, destination)

    def _tell(self, name: str, point: int, destination: Destination) -> None:
        """Also to a point that is restarting: it has been told how things were when its link came into service."""
        core = self.core
        if core.running and (core.destinations[point].accessible or core.neighbours[point].state == Neighbour.RESTARTING):
            core.tell(name, point, destination=destination.point)
