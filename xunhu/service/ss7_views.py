"""Pictures of No.7 for people and programs: what `xunhu ss7` shows, as plain data. Times are seconds, counts since start."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp3 import DestinationStatus, LinkSetStatus, LinkStatus
from xunhu.config.ss7 import NETWORKS, LinkSetLine, OwnPoint, SignallingLinkLine, point_text
from xunhu.vclock import NS


def point(own: OwnPoint, state: str) -> dict[str, Any]:
    return {
        "name": f"Point{own.number}",
        "code": own.text,
        "network": NETWORKS[own.ni],
        "bits": own.bits,
        "state": state,
    }


def link(line: SignallingLinkLine, status: LinkStatus, level2: Mtp2, now: int) -> dict[str, Any]:
    return {
        "name": line.name,
        "linkset": f"LinkSet{line.linkset}",
        "slc": line.slc,
        "trunk": f"Trunk{line.trunk}",
        "timeslot": line.timeslot,
        "rate": line.rate,
        "correction": line.correction,
        "state": status.state,
        "level2": level2.state,
        "inhibited": [status.inhibited_locally, status.inhibited_remotely],  # locally, remotely
        "blocked": status.processor_outage != "NONE",
        "congestion": status.congestion,
        "failures": level2.counters["failures"],
        "last_failure": status.last_failure,
        "since_s": round((now - status.since) / NS, 1),
        "msu_rx": status.received_msus,
        "msu_tx": status.sent_msus,
    }


def linkset(line: LinkSetLine, own: OwnPoint, status: LinkSetStatus, names: Mapping[int, str], now: int) -> dict[str, Any]:
    return {
        "name": line.name,
        "point": own.text,
        "adjacent": point_text(line.adjacent, own.bits),
        "state": status.state,
        "links": [names[number] for number in status.links],
        "available": [names[number] for number in status.available],
        "since_s": round((now - status.since) / NS, 1),
    }


def route(own: OwnPoint, status: DestinationStatus, linksets: Mapping[int, str], now: int) -> dict[str, Any]:
    """current: the linksets that carry traffic now."""
    carrying = [linksets[number] for number in sorted({n for n in status.linksets if n is not None})]
    return {
        "point": own.text,
        "dpc": point_text(status.dpc, own.bits),
        "network": NETWORKS[own.ni],
        "linksets": [
            {"name": linksets[row.linkset], "priority": row.priority, "status": row.status, "usable": row.usable}
            for row in status.routes
        ],
        "state": "accessible" if status.accessible else "inaccessible",
        "congestion": status.congestion,
        "current": carrying,
        "since_s": round((now - status.since) / NS, 1),
    }


def merged(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Counts of several machines of a kind, added up."""
    out: dict[str, int] = {}
    for counts in parts:
        for name, count in counts.items():
            out[name] = out.get(name, 0) + count
    return out
