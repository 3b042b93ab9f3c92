"""What people and programs see of a network: links, linksets, routes, counters (measurements of ITU-T Q.752 (06/97) Tables 1 to 5)."""

from __future__ import annotations

from dataclasses import dataclass

from xunhu._ss7.mtp3_core import Core
from xunhu._ss7.mtp3_routing import SELECTIONS, Destination, Link, LinkSet
from xunhu._ss7.mtp3_tables import Activity, Changeover, Local, Neighbour, Outage, Remote, Restart, RouteStatus, Test

Counts = dict[str, int]


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """state: available | unavailable and, after a colon, why. inhibited: by whom. since: nanoseconds of the owner's clock. msus, octets: SIO + SIF,
    since the link is there. counters: events, and durations in ms by names that end in " ms", up to the last call."""

    link: int
    name: str
    linkset: int
    slc: int
    state: str
    activity: str
    test: str
    processor_outage: str
    inhibited_locally: bool
    inhibited_remotely: bool
    changeover: str
    congestion: int
    since: int
    last_failure: str
    sent_msus: int
    sent_octets: int
    received_msus: int
    received_octets: int
    counters: Counts


@dataclass(frozen=True, slots=True)
class LinkSetStatus:
    """state: available | unavailable | restarting (of the adjacent point). available: links that carry traffic."""

    linkset: int
    name: str
    adjacent: int
    state: str
    links: tuple[int, ...]
    available: tuple[int, ...]
    since: int
    counters: Counts


@dataclass(frozen=True, slots=True)
class RouteStatusEntry:
    """One linkset towards a destination. status: allowed | restricted | prohibited, as the adjacent point says; usable: with its linkset."""

    linkset: int
    priority: int
    status: str
    usable: bool
    counters: Counts


@dataclass(frozen=True, slots=True)
class DestinationStatus:
    """links: for each signalling link selection the link it is on, None where the destination is not reached; held: selections that a
    procedure holds."""

    dpc: int
    name: str
    accessible: bool
    congestion: int
    routes: tuple[RouteStatusEntry, ...]
    links: tuple[int | None, ...]
    linksets: tuple[int | None, ...]
    held: tuple[int, ...]
    since: int
    counters: Counts


def link_status(core: Core, link: Link, now: int) -> LinkStatus:
    local = link.local in (Local.INHIBITED, Local.LUN_SENT, Local.LUN_REPEATED)
    remote = link.remote != Remote.FREE
    reasons = []
    if link.activity == Activity.INACTIVE:
        reasons.append("deactivated")
    elif link.activity != Activity.ACTIVE:
        reasons.append(Activity(link.activity).name.lower())
    if link.outage != Outage.NONE:
        reasons.append("blocked")
    if local or remote:
        reasons.append("inhibited")
    return LinkStatus(
        link=link.number,
        name=link.name,
        linkset=link.linkset.number,
        slc=link.slc,
        state="available" if link.usable else "unavailable: " + ", ".join(reasons),
        activity=Activity(link.activity).name,
        test=Test(link.test).name,
        processor_outage=Outage(link.outage).name,
        inhibited_locally=local,
        inhibited_remotely=remote,
        changeover=Changeover(link.changeover).name,
        congestion=link.congestion,
        since=link.since,
        last_failure=link.last_failure,
        sent_msus=link.tx_msus,
        sent_octets=link.tx_octets,
        received_msus=link.rx_msus,
        received_octets=link.rx_octets,
        counters={**link.counts, **link.durations.values_ms(now)},
    )


def linkset_status(core: Core, linkset: LinkSet, now: int) -> LinkSetStatus:
    if not linkset.carriers:
        state = "unavailable"
    elif linkset.neighbour.state == Neighbour.RESTARTING or core.state != Restart.RUNNING:
        state = "restarting"
    else:
        state = "available"
    return LinkSetStatus(
        linkset=linkset.number,
        name=linkset.name,
        adjacent=linkset.neighbour.point,
        state=state,
        links=tuple(link.number for link in linkset.links),
        available=tuple(link.number for link in linkset.carriers),
        since=linkset.since,
        counters={**linkset.counts, **linkset.durations.values_ms(now)},
    )


def destination_status(core: Core, destination: Destination, now: int) -> DestinationStatus:
    return DestinationStatus(
        dpc=destination.point,
        name=core.point_name(destination.point),
        accessible=destination.accessible,
        congestion=destination.level,
        routes=tuple(
            RouteStatusEntry(
                route.linkset.number, route.priority, RouteStatus(route.status).name.lower(), route.usable(), dict(route.counts)
            )
            for route in destination.routes
        ),
        links=tuple(None if link is None else link.number for link in destination.current),
        linksets=tuple(None if link is None else link.linkset.number for link in destination.current),
        held=tuple(sls for sls in range(SELECTIONS) if destination.held[sls] is not None),
        since=destination.since,
        counters={**destination.counts, **destination.durations.values_ms(now)},
    )
