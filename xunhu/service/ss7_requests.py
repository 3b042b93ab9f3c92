"""What the command line may ask about signalling system No.7 (xunhu/cli/ss7.py asks; xunhu/api/local.py carries it).

    ss7-status                           points, linksets, circuits by trunk and state, standing alarms
    ss7-links, ss7-routes, ss7-circuits  lists of rows
    ss7-counters                         by kind, name and counter (Q.752)
    ss7-link     verb, link, ...         activate | deactivate | restart (emergency) | inhibit | uninhibit | remove | add (trunk, timeslot, rate, correction)
    ss7-circuit  verb, circuits          block | unblock (hardware) | reset | continuity

Links are named LINKSET/SLC: LinkSet0/1. Circuits TRUNK/TIMESLOT: Trunk0/5, Trunk0/1-15, Trunk0 (all of it), or DPC:CIC: 34-56-1:33, 34-56-1:33-63.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from xunhu._ss7.mtp_primitives import ManagementIndication
from xunhu.api.local import Handler, RequestError
from xunhu.config.ss7 import CORRECTIONS, LINKS, RATES
from xunhu.text import tr

LINK_VERBS = ("activate", "deactivate", "restart", "inhibit", "uninhibit")
CIRCUIT_VERBS = ("block", "unblock", "reset", "continuity")
_MOST_NAMES = 2048  # of one request
Row = dict[str, Any]


class Ss7Rows(Protocol):
    """What a running switch has to say and do (xunhu/service/ss7.py). Commands raise RequestError."""

    @property
    def standing(self) -> Mapping[tuple[str, str], ManagementIndication]:
        """Alarms that have not been cleared."""

    def points(self) -> list[Row]:
        """name, code (text), network, bits, state."""

    def links(self) -> list[Row]:
        """name, linkset, slc, trunk, timeslot, rate, correction, state, level2, inhibited [here, there], blocked, congestion, failures,
        since_s, msu_rx, msu_tx."""

    def linksets(self) -> list[Row]:
        """name, point, adjacent (text), state, links, available (names)."""

    def routes(self) -> list[Row]:
        """point, dpc (text), network, linksets (name, priority, status), state, current (names of the linksets that carry traffic)."""

    def circuits(self) -> list[Row]:
        """circuit, trunk, dpc (text), cic, variant, state, call."""

    def counters(self) -> dict[str, dict[str, dict[str, int]]]:
        """links, linksets, networks, parts: by name, by counter."""

    def link_command(self, verb: str, name: str, **options: bool) -> None: ...

    def add_link(self, linkset: str, slc: int, trunk: str, timeslot: int, rate: str, correction: str) -> None: ...

    def remove_link(self, name: str) -> None: ...

    def circuit_command(self, verb: str, circuits: list[str], hardware: bool = False) -> None: ...


def handlers(service: Callable[[], Ss7Rows | None]) -> dict[str, Handler]:
    """By the name of the request. service: None where the configuration has no [SS7]."""
    requests = _Requests(service)
    return {
        "ss7-status": requests.status,
        "ss7-links": requests.links,
        "ss7-routes": requests.routes,
        "ss7-circuits": requests.circuits,
        "ss7-counters": requests.counters,
        "ss7-link": requests.link,
        "ss7-circuit": requests.circuit,
    }


def _bad(en: str, zh: str) -> RequestError:
    return RequestError("bad-request", tr(en, zh))


class _Requests:
    def __init__(self, service: Callable[[], Ss7Rows | None]) -> None:
        self._get = service

    @property
    def _service(self) -> Ss7Rows:
        found = self._get()
        if found is None:
            raise RequestError("no-ss7", tr("Tce1-32.ini has no [SS7]", "Tce1-32.ini 中没有 [SS7]"))
        return found

    async def status(self, _request: Row) -> Row:
        service = self._service
        trunks: dict[str, Counter[str]] = {}
        variants: dict[str, Row] = {}
        for row in service.circuits():
            trunks.setdefault(row["trunk"], Counter())[row["state"]] += 1
            variants.setdefault(row["trunk"], {"variant": row["variant"], "dpc": row["dpc"]})
        return {
            "points": service.points(),
            "linksets": service.linksets(),
            "trunks": [{"name": name, **variants[name], "states": dict(states)} for name, states in trunks.items()],
            "alarms": [
                {"severity": a.severity, "code": a.code, "subject": a.subject, "text": a.text}
                for a in service.standing.values()
            ],
        }

    async def links(self, _request: Row) -> list[Row]:
        return self._service.links()

    async def routes(self, _request: Row) -> list[Row]:
        return self._service.routes()

    async def circuits(self, request: Row) -> list[Row]:
        rows = self._service.circuits()
        wanted = request.get("circuits")
        if not wanted:
            return rows
        names = set(named_circuits(wanted, rows))
        return [row for row in rows if row["circuit"] in names]

    async def counters(self, _request: Row) -> dict[str, dict[str, dict[str, int]]]:
        return self._service.counters()

    async def link(self, request: Row) -> Row:
        """The link as it is afterwards, None when it is no longer there; what has been asked for may take its time."""
        service = self._service
        verb, text = str(request.get("verb")), str(request.get("link"))
        linkset, slc = link_name(text)
        name = f"{linkset}/{slc}"
        if verb == "add":
            self._add(service, linkset, slc, request)
        else:
            if name not in {row["name"] for row in service.links()}:
                listed = ", ".join(row["name"] for row in service.links()) or "-"
                raise RequestError(
                    "no-such-link", tr(f"there is no link {text}; there are: {listed}", f"没有链路 {text}；可用的有：{listed}")
                )
            if verb == "remove":
                service.remove_link(name)
            elif verb in LINK_VERBS:
                options = {"emergency": bool(request.get("emergency"))} if verb == "restart" else {}
                service.link_command(verb, name, **options)
            else:
                raise _bad(f"unknown command {verb}", f"未知命令 {verb}")
        return {"name": name, "link": next((row for row in service.links() if row["name"] == name), None)}

    @staticmethod
    def _add(service: Ss7Rows, linkset: str, slc: int, request: Row) -> None:
        rate, correction = str(request.get("rate", "64k")), str(request.get("correction", "basic"))
        if rate not in RATES or correction not in CORRECTIONS:
            raise _bad("rate is 64k or 2M, correction basic or PCR", "速率为 64k 或 2M，纠错为 basic 或 PCR")
        trunk, timeslot = link_place(str(request.get("place")), rate)
        known = [row["name"] for row in service.linksets()]
        if linkset not in known:
            listed = ", ".join(known)
            raise RequestError(
                "no-such-linkset",
                tr(f"there is no {linkset}; there are: {listed}", f"没有 {linkset}；可用的有：{listed}"),
            )
        service.add_link(linkset, slc, trunk, timeslot, rate, correction)

    async def circuit(self, request: Row) -> Row:
        service = self._service
        verb = str(request.get("verb"))
        if verb not in CIRCUIT_VERBS:
            raise _bad(f"unknown command {verb}", f"未知命令 {verb}")
        names = named_circuits(request.get("circuits"), service.circuits())
        service.circuit_command(verb, names, hardware=bool(request.get("hardware")))
        return {"circuits": names}


# -- names -----------------------------------------------------------------------------------------------------------


def link_name(text: str) -> tuple[str, int]:
    """LinkSet0/1 -> ("LinkSet0", 1). RequestError."""
    found = re.fullmatch(r"(?i)linkset([0-9]{1,2})/([0-9]{1,2})", text.strip())
    if not found or int(found[2]) >= LINKS:
        raise _bad(
            f"'{text}' names no link; write LINKSET/SLC such as LinkSet0/1",
            f"'{text}' 不是链路；请写 链路组/SLC，例如 LinkSet0/1",
        )
    return f"LinkSet{int(found[1])}", int(found[2])


def link_place(text: str, rate: str) -> tuple[str, int]:
    """Trunk0/16 -> ("Trunk0", 16); the whole trunk, timeslot 0, for 2M. RequestError."""
    found = re.fullmatch(r"(?i)trunk([0-9]{1,2})(?:/([0-9]{1,2}))?", text.strip())
    timeslot = int(found[2] or 0) if found else 0
    if not found or timeslot > 31 or (rate == "2M") != (not found[2]) or (rate == "64k" and not timeslot):
        raise _bad(
            f"'{text}' is no place for a link of {rate}; write TRUNK/TIMESLOT such as Trunk0/16, or the trunk alone for 2M",
            f"'{text}' 不能用于 {rate} 链路；请写 中继/时隙，例如 Trunk0/16，2M 只写中继",
        )
    return f"Trunk{int(found[1])}", timeslot


def _range(text: str) -> range | None:
    """"5" or "1-15"."""
    found = re.fullmatch(r"([0-9]{1,4})(?:-([0-9]{1,4}))?", text)
    if not found or int(found[2] or found[1]) < int(found[1]):
        return None
    return range(int(found[1]), int(found[2] or found[1]) + 1)


def named_circuits(names: Any, rows: Iterable[Row]) -> list[str]:
    """Circuits that are meant, each once, in order. RequestError: a name that means none."""
    if not isinstance(names, list) or not names or len(names) > _MOST_NAMES:
        raise _bad("name the circuits, such as Trunk0/1-31", "请指定电路，例如 Trunk0/1-31")
    by_place: dict[str, dict[int, str]] = {}
    for row in rows:
        trunk, _, timeslot = str(row["circuit"]).partition("/")
        by_place.setdefault(trunk.lower(), {})[int(timeslot)] = row["circuit"]
        by_place.setdefault(f"{row['dpc']}:", {})[int(row["cic"])] = row["circuit"]
    out: dict[str, None] = {}
    for name in names:
        out.update(dict.fromkeys(_circuits_of(str(name).strip(), by_place)))
    return list(out)


def _circuits_of(name: str, by_place: Mapping[str, Mapping[int, str]]) -> list[str]:
    place, mark, numbers = name.partition(":") if ":" in name else name.partition("/")
    there = by_place.get(place.lower() + (":" if mark == ":" else ""))
    wanted = _range(numbers) if mark else None
    if there is None or (mark and wanted is None):
        listed = ", ".join(sorted(place.removesuffix(":").replace("trunk", "Trunk") for place in by_place)) or "-"
        raise RequestError(
            "no-such-circuit",
            tr(
                f"'{name}' names no circuit; write Trunk0/5, Trunk0/1-15 or DPC:CIC; there are circuits of {listed}",
                f"'{name}' 不是电路；请写 Trunk0/5、Trunk0/1-15 或 DPC:CIC；有电路的是：{listed}",
            ),
        )
    found = [circuit for number, circuit in there.items() if wanted is None or number in wanted]
    if not found:
        raise RequestError(
            "no-such-circuit", tr(f"there is no circuit {name}", f"没有电路 {name}")
        )
    return found
