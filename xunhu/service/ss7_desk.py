"""`Ss7Desk`: what people ask and command of No.7 by name, for `xunhu ss7` and programs. RequestError: what cannot be done, and why."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xunhu._ss7.circuit_primitives import CircuitUserPart
from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp_primitives import ManagementIndication
from xunhu.api.local import RequestError
from xunhu.call.ss7_shell import PartShell
from xunhu.call.ss7_trunk import Ss7Trunk
from xunhu.config.ss7 import SignallingLinkLine, point_text
from xunhu.protocol.errors import LocalError
from xunhu.service import ss7_views as views
from xunhu.service.ss7 import Ss7Service
from xunhu.text import tr
from xunhu.vclock import Clock


class Ss7Desk:
    """See the module's text. Rows are plain data, as of ss7_views."""

    def __init__(self, service: Ss7Service, clock: Clock) -> None:
        self._service = service
        self._clock = clock
        self._node = service.shell.node

    # -- pictures ------------------------------------------------------------------------------------------------

    def points(self) -> list[dict[str, Any]]:
        return [views.point(own, self._node.network(own.number).state) for own in self._service.lines.points]

    def links(self) -> list[dict[str, Any]]:
        now, rows = self._clock.now_ns(), self._service.links
        found = [
            views.link(rows[status.link], status, self._node.link(status.link), now)
            for own in self._service.lines.points
            for status in self._node.network(own.number).links()
        ]
        return sorted(found, key=lambda row: (int(row["linkset"].removeprefix("LinkSet")), row["slc"]))

    def linksets(self) -> list[dict[str, Any]]:
        now, rows = self._clock.now_ns(), self._service.linksets
        names = {number: line.name for number, line in self._service.links.items()}
        return [
            views.linkset(rows[status.linkset], own, status, names, now)
            for own in self._service.lines.points
            for status in self._node.network(own.number).linksets()
        ]

    def routes(self) -> list[dict[str, Any]]:
        names = {number: line.name for number, line in self._service.linksets.items()}
        now = self._clock.now_ns()
        return [
            views.route(own, status, names, now)
            for own in self._service.lines.points
            for status in self._node.network(own.number).routes()
        ]

    def circuits(self) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        for index, trunk in enumerate(self._service.trunks):
            line = self._service.lines.circuits[index]
            bits = self._service.own(line.own).bits
            states = trunk.circuits()
            mine = {info.circuit: info for info in self._part(index).part.circuits()}
            for circuit in trunk.cics:
                name, info = f"{trunk.name}/{circuit % 32}", mine[circuit]
                out.append(
                    {
                        "circuit": name,
                        "trunk": trunk.name,
                        "dpc": point_text(info.dpc, bits),
                        "cic": info.cic,
                        "variant": line.variant,
                        "state": info.state if states[name] != "down" else "unavailable",
                        "call": info.call_state,
                        "locally_blocked": list(info.locally_blocked),
                        "remotely_blocked": list(info.remotely_blocked),
                    }
                )
        return out

    @property
    def standing(self) -> Mapping[tuple[str, str], ManagementIndication]:
        """Alarms that have not been cleared, by subject and code."""
        return self._service.standing

    def counters(self) -> dict[str, Any]:
        """Measurements of Q.752: of links by name; counts of networks and of user parts."""
        now, service = self._clock.now_ns(), self._service
        return {
            "links": {row.name: self._node.link(number).measurements(now) for number, row in sorted(service.links.items())},
            "linksets": {
                status.name: dict(status.counters)
                for own in service.lines.points
                for status in self._node.network(own.number).linksets()
            },
            "networks": {f"Point{own.number}": dict(self._node.network(own.number).counters) for own in service.lines.points},
            "parts": {
                f"Point{own} {variant}": dict(part.part.counters) for (own, variant), part in service.parts.items()
            },
        }

    # -- links ---------------------------------------------------------------------------------------------------

    def _link_number(self, name: str) -> int:
        rows = self._service.links
        for number, line in rows.items():
            if line.name.lower() == name.lower():
                return number
        names = ", ".join(line.name for line in rows.values())
        raise RequestError(
            "no-such-link", tr(f"there is no link {name}; there are: {names}", f"没有链路 {name}；可用的有：{names}")
        )

    def link_command(self, verb: str, name: str, **options: bool) -> None:
        """activate, deactivate, restart (option: emergency), inhibit, uninhibit."""
        number = self._link_number(name)
        commands: dict[str, Callable[[Mtp3, int], None]] = {
            "activate": lambda mtp3, now: mtp3.activate_link(number, now),
            "deactivate": lambda mtp3, now: mtp3.deactivate_link(number, now),
            "restart": lambda mtp3, now: mtp3.restart_link(number, options.get("emergency", False), now),
            "inhibit": lambda mtp3, now: mtp3.inhibit_link(number, now),
            "uninhibit": lambda mtp3, now: mtp3.uninhibit_link(number, now),
        }
        if verb not in commands:
            raise RequestError("bad-request", tr(f"'{verb}' is no command for a link", f"'{verb}' 不是链路命令"))
        self._manage(self._node.network_of(number), commands[verb])

    def _manage(self, network: int, request: Callable[[Mtp3, int], Any]) -> None:
        try:
            self._service.shell.manage(network, request)
        except LocalError as error:
            raise RequestError("refused", str(error)) from error

    def add_link(
        self, linkset: str, slc: int, trunk: str, timeslot: int, rate: str = "64k", correction: str = "basic"
    ) -> None:
        """A link more, activated at once; until the next start, for the file is not changed."""
        service = self._service
        line = next((row for row in service.linksets.values() if row.name.lower() == linkset.lower()), None)
        span = next((row for row in service.trunk_lines if row.name.lower() == trunk.lower()), None)
        if line is None:
            raise RequestError("no-such-linkset", tr(f"there is no linkset {linkset}", f"没有链路组 {linkset}"))
        if span is None:
            raise RequestError("no-such-trunk", tr(f"there is no trunk {trunk}", f"没有中继 {trunk}"))
        number = max(service.links, default=-1) + 1
        slot = 0 if rate == "2M" else timeslot
        new = SignallingLinkLine(number, line.number, slc, span.number, slot, rate, correction, 0)
        self._check_new(new, span.name)
        try:
            service.make_link(new)
        except (LocalError, ValueError) as error:
            if number in self._node.links():
                service.shell.remove_link(number)
            raise RequestError("refused", str(error)) from error
        self._manage(line.own, lambda mtp3, now: mtp3.activate_link(number, now))

    def _check_new(self, new: SignallingLinkLine, trunk: str) -> None:
        """The timeslots must be nobody's."""
        if not 0 <= new.slc <= 15 or not (new.rate == "2M" or 1 <= new.timeslot <= 31):
            raise RequestError(
                "bad-request", tr("SLC is 0 to 15, a timeslot 1 to 31", "SLC 为 0 到 15，时隙为 1 到 31")
            )
        if new.rate not in ("64k", "2M") or new.correction not in ("basic", "PCR"):
            raise RequestError(
                "bad-request",
                tr("the rate is 64k or 2M, the correction basic or PCR", "速率为 64k 或 2M，差错校正为 basic 或 PCR"),
            )
        used = {slot for link in self._service.links.values() if link.trunk == new.trunk for slot in link.timeslots}
        used |= {port % 32 for row in self._service.trunks if row.span == new.trunk for port in row.cics}
        taken = sorted(used & set(new.timeslots))
        if taken:
            raise RequestError(
                "in-use", tr(f"timeslot {taken[0]} of {trunk} is in use", f"{trunk} 的时隙 {taken[0]} 已被使用")
            )

    def remove_link(self, name: str) -> None:
        """Its traffic is led to the others first; it is gone when that is done."""
        number = self._link_number(name)
        self._manage(self._node.network_of(number), lambda mtp3, now: mtp3.remove_link(number, now))

    # -- circuits ------------------------------------------------------------------------------------------------

    def circuit_command(self, verb: str, circuits: list[str], hardware: bool = False) -> None:
        """block, unblock, reset, continuity."""
        chosen: dict[int, list[int]] = {}
        for name in circuits:
            index, port = self._circuit(name)
            chosen.setdefault(index, []).append(port)
        for index, ports in chosen.items():
            self._command(verb, self._service.trunks[index], self._part(index), sorted(ports), hardware)

    def _part(self, index: int) -> PartShell:
        line = self._service.lines.circuits[index]
        return self._service.parts[line.own, line.variant]

    def _circuit(self, name: str) -> tuple[int, int]:
        trunk, _, slot = name.partition("/")
        for index, row in enumerate(self._service.trunks):
            if row.name.lower() == trunk.lower() and slot.isdigit() and row.span * 32 + int(slot) in row.cics:
                return index, row.span * 32 + int(slot)
        raise RequestError("no-such-circuit", tr(f"there is no circuit {name}", f"没有电路 {name}"))

    def _command(self, verb: str, trunk: Ss7Trunk, shell: PartShell, ports: list[int], hardware: bool) -> None:
        def each(part: CircuitUserPart, now: int) -> None:
            for port in ports:
                part.continuity_request(port, now)

        commands: dict[str, Callable[[CircuitUserPart, int], None]] = {
            "block": lambda part, now: part.block_request(ports, now, hardware),
            "unblock": lambda part, now: part.unblock_request(ports, now, hardware),
            "reset": lambda part, now: part.reset_request(ports, now),
            "continuity": each,
        }
        if verb not in commands:
            raise RequestError("bad-request", tr(f"'{verb}' is no command for circuits", f"'{verb}' 不是电路命令"))
        try:
            shell.ask(commands[verb])
        except LocalError as error:
            raise RequestError("refused", f"{trunk.name}: {error}") from error
