"""`Ss7Service`: signalling system No.7 of a running switch, made from the configuration. What people ask of it: ss7_desk.py.

One network (Mtp3) for each own point code; links, linksets and routes in it; a user part for each own point code and variant; a trunk for each
[CircuitsN]. What management hears becomes the switch's alarms; those that stand are kept until they are cleared.
"""

from __future__ import annotations

from collections.abc import Callable

from xunhu._ss7.circuit_primitives import CircuitUserPart
from xunhu._ss7.isup import Isup
from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp_primitives import ManagementIndication
from xunhu._ss7.tup import Tup
from xunhu.call.media import MediaPlane
from xunhu.call.ss7_shell import PartShell, Ss7Shell
from xunhu.call.ss7_trunk import Ss7Trunk
from xunhu.call.trunk import TrunkEvents
from xunhu.config.lines import Lines
from xunhu.config.ss7 import CircuitsLine, LinkSetLine, OwnPoint, SignallingLinkLine, Ss7Lines
from xunhu.vclock import Clock

ISUP_SERVICE, TUP_SERVICE = 5, 4
_STANDING = 500  # alarms that are kept until they are cleared


class Ss7Service:
    """See the module's text. alarm(severity, text): for the operator."""

    def __init__(
        self,
        lines: Lines,
        media: MediaPlane,
        clock: Clock,
        events: TrunkEvents,
        alarm: Callable[[str, str], None],
    ) -> None:
        assert lines.ss7 is not None
        self.trunk_lines = lines.trunks
        self.lines: Ss7Lines = lines.ss7
        self._media = media
        self._clock = clock
        self._events = events
        self._alarm = alarm
        self.shell = Ss7Shell(media, clock)
        self.shell.on_management.append(self._management)
        self.shell.on_unit = self._unit
        self.on_unit: Callable[[str, str, bytes], None] = lambda link, direction, unit: None  # link's name, "rx" | "tx"
        self.on_link: Callable[[SignallingLinkLine], None] = lambda link: None  # a link more, made while it runs
        self.standing: dict[tuple[str, str], ManagementIndication] = {}
        self.links: dict[int, SignallingLinkLine] = {}
        self.linksets: dict[int, LinkSetLine] = {line.number: line for line in self.lines.linksets}
        self.parts: dict[tuple[int, str], PartShell] = {}
        self.trunks: list[Ss7Trunk] = []
        self._make_networks()
        for linkset in self.lines.linksets:
            for link in linkset.links:
                self.make_link(link)
        self._make_routes()
        for circuits in self.lines.circuits:
            self.trunks.append(self._make_trunk(circuits))

    def start(self) -> None:
        """Bring the links into service: the networks restart (Q.704 §9)."""
        for point in self.lines.points:
            self.shell.manage(point.number, lambda mtp3, now: mtp3.start(now))
        for linkset in self.lines.linksets:
            self._activate(linkset)

    def _activate(self, linkset: LinkSetLine) -> None:
        self.shell.manage(linkset.own, lambda mtp3, now: mtp3.activate_linkset(linkset.number, now))

    def _unit(self, number: int, direction: str, unit: bytes) -> None:
        link = self.links.get(number)
        if link is not None:
            self.on_unit(link.name, direction, unit)

    def media_lost(self) -> None:
        self.shell.media_lost()

    def close(self) -> None:
        """The trunks are closed by whoever has them."""
        self.shell.close()

    # -- what it is made of --------------------------------------------------------------------------------------

    def _timers(self, level: str) -> dict[str, int]:
        return dict(self.lines.timers.get(level, {}))

    def _make_networks(self) -> None:
        for point in self.lines.points:
            mtp3 = Mtp3(
                point.point_code,
                point.ni,
                point.bits,
                transfer=self.lines.transfer,
                congestion=self.lines.congestion,
                timers_ms=self._timers("mtp3"),
                name=f"Point{point.number}",
            )
            self.shell.add_network(point.number, mtp3)
        for linkset in self.lines.linksets:
            self.shell.node.network(linkset.own).add_linkset(
                linkset.number, linkset.name, linkset.adjacent, self.shell.now()
            )

    def make_link(self, link: SignallingLinkLine) -> None:
        """LocalError, ValueError."""
        own = self.linksets[link.linkset].own
        mtp2 = Mtp2(
            link.name, rate=link.rate, correction=link.correction, timers_ms=dict(self.lines.mtp2_timers(link))
        )
        self.shell.add_link(link.number, mtp2, own, link.trunk, link.timeslot, link.rate)
        extended = link.rate == "2M"
        self.shell.node.network(own).add_link(link.number, link.linkset, link.slc, extended, self.shell.now())
        self.links[link.number] = link
        self.on_link(link)

    def _make_routes(self) -> None:
        for route in self.lines.routes:
            for linkset, priority in route.linksets:
                self.shell.node.network(route.own).add_route(route.dpc, linkset, priority, self.shell.now())

    def own(self, number: int) -> OwnPoint:
        return next(own for own in self.lines.points if own.number == number)

    def _part(self, circuits: CircuitsLine) -> PartShell:
        """The user part of this variant at this point code, made when it is first needed."""
        key = (circuits.own, circuits.variant)
        if key in self.parts:
            return self.parts[key]
        point = self.own(circuits.own)
        part: CircuitUserPart
        if circuits.variant.startswith("TUP"):
            service = TUP_SERVICE
            part = Tup(
                point.point_code, circuits.variant, bits=point.bits, timers_ms=self._timers("tup"), name=circuits.variant
            )
        else:
            service = ISUP_SERVICE
            part = Isup(point.point_code, circuits.variant, timers_ms=self._timers("isup"), name=circuits.variant)
        points = sorted({c.dpc for c in self.lines.circuits if (c.own, c.variant) == key})
        number = len(self.parts)
        self.parts[key] = self.shell.add_part(number, part, circuits.own, service, points)
        return self.parts[key]

    def _make_trunk(self, circuits: CircuitsLine) -> Ss7Trunk:
        line = next(line for line in self.trunk_lines if line.number == circuits.trunk)
        taken = {slot for link in self.lines.links_of(circuits.trunk) for slot in link.timeslots}
        slots = {slot: (circuits.dpc, circuits.cic(slot)) for slot in line.voice if slot not in taken}
        point = self.own(circuits.own)
        return Ss7Trunk(
            line.name, line.number, slots, point.point_code, self._part(circuits), self._media, self._clock, self._events
        )

    # -- alarms --------------------------------------------------------------------------------------------------

    def _management(self, output: ManagementIndication) -> None:
        key = (output.subject, output.code)
        if output.cleared:
            self.standing.pop(key, None)
        elif output.severity != "info" and len(self.standing) < _STANDING:
            self.standing[key] = output
        if output.code == "link-removed":
            self._removed(output.subject)
        self._alarm(output.severity, f"{output.subject}: {output.text}")

    def _removed(self, name: str) -> None:
        """The network has let go of a link."""
        for number, link in tuple(self.links.items()):
            if link.name == name:
                self.shell.remove_link(number)
                del self.links[number]
