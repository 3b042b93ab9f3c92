# cython: annotation_typing=False
"""Signalling network functions, ITU-T Q.704 (07/96) and Q.707 (07/96): one signalling point or transfer point in one network.

`Mtp3` is sans-IO: what level 2 says goes in by `link_indication`, messages of users by `transfer_request`, commands of management by the methods named
after them, time by `handle_timeout` when `next_deadline` is reached. What comes out is drained in order: LinkRequest, TransferIndication,
PauseIndication, ResumeIndication, StatusIndication, ManagementIndication. A destination counts as paused until it is first resumed.

Here are message discrimination, distribution and routing (HMDC, HMDT, HMRT), of which every message takes a step; the rest is in files of its own:

    mtp3_routing       links, linksets, routes, destinations; where a flow belongs
    mtp3_link          activation, restoration, test, processor outage   mtp3_changeover   changeover
    mtp3_traffic       which link a flow is on, forced rerouting         mtp3_diversion    changeback, controlled rerouting
    mtp3_inhibit       management inhibiting                             mtp3_route        TFP, TFA, TFR, RST
    mtp3_restart       MTP restart, TRA                                  mtp3_congestion   TFC, RCT, link congestion
    mtp3_distribution  management messages, UPU                          mtp3_configuration  what is there, changed while running

The cells of their tables are in mtp3_tables, messages in mtp3_messages, timers and national options in mtp3_timers.

Left out: automatic allocation of data links and terminals (§12.3 ff.), processor outage latching (T24, national), XCO and XCA (Q.2210).
Messages for users are delivered during our own restart: the adjacent points decide by TRA when they send.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cython

from xunhu._ss7.mtp3_changeover import ChangeoverControl
from xunhu._ss7.mtp3_configuration import Configuration
from xunhu._ss7.mtp3_congestion import CongestionControl
from xunhu._ss7.mtp3_core import Core, TraceHook
from xunhu._ss7.mtp3_distribution import Distribution
from xunhu._ss7.mtp3_diversion import DiversionControl
from xunhu._ss7.mtp3_inhibit import LocalInhibiting, RemoteInhibiting
from xunhu._ss7.mtp3_link import LinkActivity, LinkOutage, LinkTest
from xunhu._ss7.mtp3_messages import MANAGEMENT_MESSAGES, SLT_SPECIAL, SNM, WIDTHS
from xunhu._ss7.mtp3_restart import NeighbourControl, RestartControl
from xunhu._ss7.mtp3_route import RouteControl
from xunhu._ss7.mtp3_routing import Destination, Link
from xunhu._ss7.mtp3_status import (
    DestinationStatus,
    LinkSetStatus,
    LinkStatus,
    destination_status,
    link_status,
    linkset_status,
)
from xunhu._ss7.mtp3_tables import (
    ActivityEvent,
    ChangeoverEvent,
    CongestionEvent,
    DiversionEvent,
    LocalEvent,
    NeighbourEvent,
    OutageEvent,
    RemoteEvent,
    Restart,
    RestartEvent,
    RouteEvent,
    TestEvent,
)
from xunhu._ss7.mtp3_timers import MTP3_TIMERS, OPTIONS, Timer, row_name
from xunhu._ss7.mtp3_traffic import TrafficControl
from xunhu._ss7.mtp_primitives import LinkIndicationKind, LinkRequestKind
from xunhu.protocol.errors import LocalError
from xunhu.protocol.timers import with_values

if not cython.compiled:  # else their C form
    from xunhu._ss7.mtp3_make import head_of, message_request, transfer_indication, unit

__all__ = ["DestinationStatus", "LinkSetStatus", "LinkStatus", "Mtp3"]

_MESSAGE = int(LinkIndicationKind.MESSAGE)
_LAST_MANAGEMENT = SLT_SPECIAL  # service indicators up to here are not users'
_SNM = SNM
_RCT = MANAGEMENT_MESSAGES["RCT"].heading
_MAX_SIF = 272  # octets, Q.703 §2.3.8
_MS = 1_000_000


class Mtp3:
    """One network of a node. own: point code; ni: network indicator, 0 to 3; bits: 14 or 24; aliases: further own point codes; transfer: it passes on
    what is not for it (STP); congestion: the network's options; timers_ms: by name, in the place of the table's defaults; sls_rotation: bits by
    which the link selection is turned before links are chosen, 0 to 3, for the second point in a row that shares load by the same code.

    Configuration methods take `now` last; None: the time of the last call. LocalError: a number that is not there, or what cannot be; ValueError:
    a timer out of its range."""

    def __init__(
        self,
        own: int,
        ni: int,
        bits: int,
        *,
        aliases: Sequence[int] = (),
        transfer: bool = False,
        congestion: str = "international",
        timers_ms: Mapping[str, int] | None = None,
        name: str = "",
        trace: TraceHook | None = None,
        sls_rotation: int = 0,
    ) -> None:
        if bits not in WIDTHS or not 0 <= ni <= 3 or not 0 <= sls_rotation <= 3:
            raise LocalError(f"{bits} bits, network indicator {ni}, rotation {sls_rotation}: 14 or 24, 0 to 3, 0 to 3")
        if any(not 0 <= point < 1 << bits for point in (own, *aliases)):
            raise LocalError(f"an own point code does not fit into {bits} bits")
        if congestion not in OPTIONS:
            raise LocalError(f"congestion {congestion} is not known; {', '.join(OPTIONS)}")
        values = with_values(MTP3_TIMERS, timers_ms or {})
        times = {timer: values[row_name(timer)] * _MS for timer in Timer}
        core = Core(own, ni, bits, frozenset(aliases), transfer, OPTIONS[congestion], times, sls_rotation, name, trace)
        self.name = name
        self.own = own
        self.bits = bits
        self.transfer = transfer
        self._core: Any = core
        core.traffic = TrafficControl(core)
        core.links_block, core.outage, core.test = LinkActivity(core), LinkOutage(core), LinkTest(core)
        core.local, core.remote = LocalInhibiting(core), RemoteInhibiting(core)
        core.changeover, core.diversion = ChangeoverControl(core), DiversionControl(core)
        core.route, core.congestion = RouteControl(core), CongestionControl(core)
        core.restart, core.neighbour = RestartControl(core), NeighbourControl(core)
        core.configuration = Configuration(core)
        self._distribution: Any = Distribution(core)
        self._timeouts = _timeouts(core)
        self._now = 0
        self._ni = ni
        self._priorities = 3 if core.options.priorities else 0  # else those bits are spare, §14.2.1
        self._wide = bits == 24
        self._head = 8 if self._wide else 5
        self._selections = 255 if self._wide else 15
        self._longest = _MAX_SIF - self._head + 1
        self._mask = (1 << bits) - 1
        self._opc_at = 8 + bits
        self._sls_at = 8 + 2 * bits
        self._aliases = core.aliases
        self._links = core.links
        self._destinations = core.destinations
        self._out = core.out
        self._timers = core.timers
        self._attached = self._distribution.attached
        self._transferred = 0
        self._sent = 0
        self._received = 0

    # -- configuration ---------------------------------------------------------------------------------------------------

    def _time(self, now: int | None) -> int:
        if now is not None:
            self._now = now
        return self._now

    def add_linkset(self, number: int, name: str, adjacent: int, now: int | None = None, *, own: int | None = None) -> None:
        """own: by which of our point codes the adjacent point knows us, for our management and test messages to it."""
        self._core.configuration.add_linkset(number, name, adjacent, self.own if own is None else own, self._time(now))

    def remove_linkset(self, number: int, now: int | None = None) -> None:
        """Its links must have been removed."""
        self._core.configuration.remove_linkset(number, self._time(now))

    def add_link(self, link: int, linkset: int, slc: int, extended: bool = False, now: int | None = None) -> None:
        self._core.configuration.add_link(link, linkset, slc, extended, self._time(now))

    def remove_link(self, link: int, now: int | None = None) -> None:
        """Its traffic is diverted first; it has gone when ManagementIndication `link-removed` says so."""
        self._core.configuration.remove_link(link, self._time(now))

    def add_route(self, dpc: int, linkset: int, priority: int, now: int | None = None) -> None:
        """priority: lower is better; equal ones share the load."""
        self._core.configuration.add_route(dpc, linkset, priority, self._time(now))

    def remove_route(self, dpc: int, linkset: int | None = None, now: int | None = None) -> None:
        self._core.configuration.remove_route(dpc, linkset, self._time(now))

    def attach_user(self, service: int) -> None:
        """A user part is there; messages for others are answered by UPU."""
        self._check_service(service)
        self._distribution.attached[service] = self._distribution.known[service] = True

    def detach_user(self, service: int) -> None:
        self._check_service(service)
        self._distribution.attached[service] = False

    @staticmethod
    def _check_service(service: int) -> None:
        if not _LAST_MANAGEMENT < service < 16:
            raise LocalError(f"service indicator {service} is not a user part's; 3 to 15")

    # -- management --------------------------------------------------------------------------------------------------------

    def start(self, now: int) -> None:
        """The node comes up; links may be activated before or after."""
        self._core.restart.event(self._core, RestartEvent.START, self._time(now))

    def activate_link(self, link: int, now: int) -> None:
        self._link_event(link, ActivityEvent.ACTIVATE, 0, now)

    def deactivate_link(self, link: int, now: int) -> None:
        self._link_event(link, ActivityEvent.DEACTIVATE, 0, now)

    def restart_link(self, link: int, emergency: bool, now: int) -> None:
        """Down, and up again after T17, with emergency proving if wanted."""
        self._link_event(link, ActivityEvent.RESTART, int(emergency), now)

    def _link_event(self, number: int, event: ActivityEvent, value: int, now: int) -> None:
        link = self._core.configuration.link(number)
        if event == ActivityEvent.ACTIVATE and link.removing:
            raise LocalError(f"link {link.name} is being removed")
        self._core.links_block.event(link, event, self._time(now), value)

    def activate_linkset(self, number: int, now: int) -> None:
        for link in self._core.configuration.linkset(number).links:
            self.activate_link(link.number, now)

    def deactivate_linkset(self, number: int, now: int) -> None:
        for link in list(self._core.configuration.linkset(number).links):
            self.deactivate_link(link.number, now)

    def inhibit_link(self, link: int, now: int) -> None:
        """Answered by ManagementIndication: `link-inhibited`, `inhibit-denied` or `inhibit-failed`."""
        self._core.local.event(self._core.configuration.link(link), LocalEvent.INHIBIT, self._time(now))

    def uninhibit_link(self, link: int, now: int) -> None:
        """Answered by ManagementIndication: `link-inhibited` cleared, or `uninhibit-failed`."""
        self._core.local.event(self._core.configuration.link(link), LocalEvent.UNINHIBIT, self._time(now))

    def local_processor_outage(self, link: int, on: bool, now: int) -> None:
        core = self._core
        found = core.configuration.link(link)
        core.request(
            found, LinkRequestKind.LOCAL_PROCESSOR_OUTAGE if on else LinkRequestKind.LOCAL_PROCESSOR_RECOVERED
        )
        core.outage.event(found, OutageEvent.LOCAL if on else OutageEvent.LOCAL_ENDS, self._time(now))

    # -- from level 2 ------------------------------------------------------------------------------------------------------

    def link_indication(self, link: int, kind: int, octets: bytes, value: int, now: int) -> None:
        """kind: LinkIndicationKind. One for a link that has just been removed is discarded."""
        found = self._links.get(link)
        if found is None:
            return
        self._now = now
        if kind == _MESSAGE:
            self._message(found, octets, now)
        else:
            self._indication(found, kind, octets, value, now)

    def _message(self, link: Link, octets: bytes, now: int) -> None:
        """Discrimination and distribution, Q.704 §2.4."""
        size = len(octets)
        link.rx_msus += 1
        link.rx_octets += size
        if size < self._head:
            self._discard("malformed")
            self._distribution.alert(link, f"{size} octets are no message", now)
            return
        word = head_of(octets, self._head)
        sio = word & 255
        dpc = word >> 8 & self._mask
        opc = word >> self._opc_at & self._mask
        sls = word >> self._sls_at & self._selections  # the upper half is the user part's: TUP has more of its CIC there (GF 001-9001)
        service = sio & 15
        if sio >> 6 != self._ni:
            self._discard("discarded: network indicator")
        elif dpc != self.own and dpc not in self._aliases:
            self._transfer(link, octets, dpc, opc, sls & 15, now)
        elif service <= _LAST_MANAGEMENT:
            self._distribution.receive(link, octets, now)
        elif self._attached[service]:
            self._received += 1
            self._out.append(transfer_indication(service, opc, dpc, sls, sio >> 4 & 3, octets, self._head))
        else:
            self._distribution.unavailable(service, opc, dpc, now)

    def _transfer(self, link: Link, octets: bytes, dpc: int, opc: int, sls: int, now: int) -> None:
        """A message for another point: routing at a transfer point (§2.3)."""
        destination = self._destinations.get(dpc) if self.transfer else None
        if destination is not None:
            onward = destination.table[sls]
            if onward is not None and not onward.congestion and onward.linkset.neighbour is not link.linkset.neighbour:
                self._transferred += 1
                onward.tx_msus += 1
                onward.tx_octets += len(octets)
                self._out.append(message_request(onward.number, octets))
                return
        self._transfer_slowly(link, destination, octets, dpc, opc, sls, now)

    def _transfer_slowly(
        self, link: Link, destination: Destination | None, octets: bytes, dpc: int, opc: int, sls: int, now: int
    ) -> None:
        core = self._core
        if not self.transfer:
            self._discard("discarded: not for us")
        elif not core.running:
            self._discard("discarded: restart")
        elif destination is None or not destination.accessible:
            core.route.respond(dpc, link.linkset.neighbour, now)
        else:
            onward = destination.current[sls]
            if onward is not None and onward.linkset.neighbour is link.linkset.neighbour and destination.held[sls] is None:
                self._discard("discarded: circular route")
                core.route.respond(dpc, link.linkset.neighbour, now)
                return
            self._transferred += 1
            # management messages but RCT keep the network in order, and are not held up by congestion (§13.9.2)
            exempt = octets[0] & 15 == _SNM and octets[self._head : self._head + 1] != bytes((_RCT,))
            self._send_slowly(destination, sls, octets, opc, 3 if exempt else octets[0] >> 4 & 3, exempt, now)

    def _send_slowly(
        self, destination: Destination, sls: int, octets: bytes, opc: int, priority: int, exempt: bool, now: int
    ) -> None:
        """The flow is held, or its link is congested."""
        core = self._core
        link = destination.table[sls]
        if link is None:
            core.traffic.wait(destination, sls, octets)
        elif not link.congestion or exempt or core.congestion.admits(link, destination, opc, priority, now):
            core.send(link, octets)

    def _discard(self, why: str) -> None:
        self._core.count(why)

    def _indication(self, link: Link, kind: int, octets: bytes, value: int, now: int) -> None:
        core = self._core
        if kind == LinkIndicationKind.IN_SERVICE:
            core.links_block.event(link, ActivityEvent.IN_SERVICE, now)
        elif kind == LinkIndicationKind.OUT_OF_SERVICE:
            core.links_block.event(link, ActivityEvent.OUT_OF_SERVICE, now, value)
        elif kind == LinkIndicationKind.REMOTE_PROCESSOR_OUTAGE:
            core.outage.event(link, OutageEvent.REMOTE, now)
        elif kind == LinkIndicationKind.REMOTE_PROCESSOR_RECOVERED:
            core.outage.event(link, OutageEvent.REMOTE_ENDS, now)
        elif kind == LinkIndicationKind.BSNT:
            core.changeover.bsnt(link, value, now)
        elif kind == LinkIndicationKind.RETRIEVED:
            core.changeover.retrieved(link, octets)
        elif kind == LinkIndicationKind.RETRIEVAL_COMPLETE:
            core.changeover.event(link, ChangeoverEvent.RETRIEVED, now)
        elif kind == LinkIndicationKind.TRANSMIT_CONGESTION:
            core.congestion.link_level(link, value, now)
        else:  # BUFFERS_CLEARED: nothing waits for it
            core.count("level 2 indications ignored")

    # -- from users ----------------------------------------------------------------------------------------------------------

    def transfer_request(
        self, service: int, opc: int, dpc: int, sls: int, priority: int, octets: bytes, now: int
    ) -> None:
        """MTP-TRANSFER request. opc: our own or an alias; sls: with 24-bit codes the whole octet behind them, of which routing takes the
        lower half; octets: up to 268 (14 bits) or 265. One for a destination that is not reached is
        discarded and counted, for its user has been told by MTP-PAUSE. LocalError: a value out of range."""
        if opc != self.own and opc not in self._aliases:
            raise LocalError(f"point code {opc} is not our own")
        if not (0 <= sls <= self._selections and 0 <= priority <= 3 and _LAST_MANAGEMENT < service <= 15) or len(octets) > self._longest:
            raise LocalError(f"service {service}, selection {sls}, priority {priority}, {len(octets)} octets: out of range")
        self._now = now
        destination = self._destinations.get(dpc)
        if destination is None or not destination.accessible:
            self._discard("discarded: destination not reached")
            return
        self._sent += 1
        message = unit(self._ni << 6 | (priority & self._priorities) << 4 | service, dpc, opc, sls, self._wide, octets)
        sls &= 15
        link = destination.table[sls]
        if link is not None and not link.congestion:
            link.tx_msus += 1
            link.tx_octets += len(message)
            self._out.append(message_request(link.number, message))
        else:
            self._send_slowly(destination, sls, message, opc, priority, False, now)

    # -- out and time --------------------------------------------------------------------------------------------------------

    def drain(self) -> list[Any]:
        """What has come out since the last time, in order."""
        out = self._out[:]
        self._out.clear()
        return out

    @property
    def next_deadline(self) -> int | None:
        return self._timers.next_deadline

    def handle_timeout(self, now: int) -> None:
        self._now = now
        core = self._core
        while True:
            found = self._timers.expired(now)
            if found is None:
                break
            index, timer = found
            subject = core.subjects.get(index)
            action = self._timeouts.get(timer)
            if subject is not None and action is not None:
                block, event = action
                block(subject, event, now)

    # -- for people ------------------------------------------------------------------------------------------------------------

    def accessible(self, dpc: int) -> bool:
        destination = self._destinations.get(dpc)
        return destination is not None and destination.accessible

    @property
    def state(self) -> str:
        """Of the restart: STOPPED, ISOLATED, RESTARTING or RUNNING."""
        return Restart(self._core.state).name

    def links(self) -> list[LinkStatus]:
        return [link_status(self._core, self._links[number], self._now) for number in sorted(self._links)]

    def linksets(self) -> list[LinkSetStatus]:
        linksets = self._core.linksets
        return [linkset_status(self._core, linksets[number], self._now) for number in sorted(linksets)]

    def routes(self) -> list[DestinationStatus]:
        return [destination_status(self._core, self._destinations[point], self._now) for point in sorted(self._destinations)]

    @property
    def counters(self) -> dict[str, int]:
        """Since the beginning: MSUs of our users sent and received, MSUs passed on, messages of management by name, what was discarded and why."""
        return {
            **self._core.counts,
            "user MSUs sent": self._sent,
            "user MSUs received": self._received,
            "MSUs transferred": self._transferred,
        }


def _timeouts(core: Core) -> dict[int, Any]:
    """Timer -> (what takes its expiry, its event). T19 has none: it is only looked at."""

    def direct(action: Any) -> Any:
        return lambda subject, event, now: action(subject, now)

    table: dict[int, Any] = {
        Timer.T1: (core.changeover.event, ChangeoverEvent.T1),
        Timer.T2: (core.changeover.event, ChangeoverEvent.T2),
        Timer.T3: (core.diversion.event, DiversionEvent.T3),
        Timer.T4: (core.diversion.event, DiversionEvent.T4),
        Timer.T5: (core.diversion.event, DiversionEvent.T5),
        Timer.T6: (core.diversion.event, DiversionEvent.T6),
        Timer.T10: (core.route.event, RouteEvent.T10),
        Timer.T11: (direct(core.route.restrict_timeout), None),
        Timer.T12: (core.local.event, LocalEvent.T12),
        Timer.T13: (core.remote.event, RemoteEvent.T13),
        Timer.T14: (core.local.event, LocalEvent.T14),
        Timer.T15: (core.congestion.event, CongestionEvent.T15),
        Timer.T16: (core.congestion.event, CongestionEvent.T16),
        Timer.T17: (core.links_block.event, ActivityEvent.T17),
        Timer.T18: (core.restart.event, RestartEvent.T18),
        Timer.T20: (core.restart.event, RestartEvent.T20),
        Timer.T21: (core.neighbour.event, NeighbourEvent.T21),
        Timer.T22: (core.local.event, LocalEvent.T22),
        Timer.T23: (core.remote.event, RemoteEvent.T23),
        Timer.T31: (direct(core.congestion.guard_timeout), None),
        Timer.SLT_T1: (core.test.event, TestEvent.T1),
        Timer.SLT_T2: (core.test.event, TestEvent.T2),
    }
    return {int(timer): action for timer, action in table.items()}
