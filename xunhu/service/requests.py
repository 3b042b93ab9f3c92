"""What the command line may ask of a running xunhu (xunhu/api/local.py carries it)."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from xunhu import __version__
from xunhu._media import engine as en
from xunhu.api.local import Handler, RequestError
from xunhu.call.control import CallInfo
from xunhu.call.errors import CallControlError, NoSuchCallError
from xunhu.config import TrunkLine
from xunhu.ivr.checks import unknown_rooms
from xunhu.ivr.model import RECORD_ACTIONS
from xunhu.service import conference_requests, echo_requests, sip_requests, ss7_requests
from xunhu.text import language, tr

if TYPE_CHECKING:
    from xunhu.service.switch import Switch

_TRACE_MOST = 1000
ALARMS = {
    en.ALARM_LOS: "LOS",
    en.ALARM_LOF: "LOF",
    en.ALARM_AIS: "AIS",
    en.ALARM_RAI: "RAI",
    en.ALARM_MISSING: "MISSING",
}


def alarm_names(bits: int) -> list[str]:
    return [name for bit, name in ALARMS.items() if bits & bit]


def line_of(line: TrunkLine) -> str:
    """Where a line is, for people."""
    if line.driver == "dahdi":
        return f"span {line.span}"
    return f"{line.local} <> {line.remote}" if line.driver == "ces" else f"Trunk{line.peer}"


def handlers(switch: Switch) -> dict[str, Handler]:
    """By the name of the request."""
    requests = _Requests(switch)
    return {
        "ping": requests.ping,
        "status": requests.status,
        "spans": requests.spans,
        "calls": requests.calls,
        "hangup": requests.hangup,
        "record": requests.record,
        "flow-reload": requests.flow_reload,
        "trace": requests.trace,
        **ss7_requests.handlers(lambda: switch.ss7),
        **sip_requests.handlers(lambda: switch.sip),
        **echo_requests.handlers(switch),
        **conference_requests.handlers(lambda: switch.control),
    }


class _Requests:
    def __init__(self, switch: Switch) -> None:
        self._switch = switch

    async def ping(self, _request: dict[str, Any]) -> str:
        return "pong"

    def _span_status(self, trunk: TrunkLine) -> dict[str, int]:
        engine = self._switch.media.engine
        return {"alarms": en.ALARM_MISSING} if engine is None else engine.span_status(trunk.number)

    async def status(self, _request: dict[str, Any]) -> dict[str, Any]:
        switch = self._switch
        engine = switch.media.engine
        trunks = []
        for line in switch.config.lines.trunks:
            trunk = switch.control.trunks.get(line.name)
            states = Counter(trunk.circuits().values()) if trunk else Counter[str]()
            trunks.append(
                {
                    "name": line.name,
                    "up": trunk.up if trunk else not self._span_status(line)["alarms"],
                    "busy": states["busy"],
                    "idle": states["idle"],
                    "blocked": sum(states.values()) - states["busy"] - states["idle"],
                    "alarms": alarm_names(self._span_status(line)["alarms"]),
                }
            )
        for row in switch.sip.trunks() if switch.sip is not None else ():
            idle = row["circuits"] - row["calls"] if row["up"] else 0
            trunks.append(
                {
                    "name": row["name"],
                    "up": row["up"],
                    "busy": row["calls"],
                    "idle": idle,
                    "blocked": row["circuits"] - row["calls"] - idle,
                    "alarms": [],
                }
            )
        return {
            "version": __version__,
            "pid": os.getpid(),
            "media_pid": switch.media_link.pid,
            "uptime_s": round(asyncio.get_running_loop().time() - switch.started, 1),
            "calls": switch.control.call_count,
            "calls_total": switch.calls_total,
            "media": {"load_permille": 0, "ports_open": 0, "late_ticks": 0} if engine is None else dict(engine.stats()),
            "trunks": trunks,
            "alarms": [*switch.alarms, *switch.flows.troubles()],
            "ledger": {"last": switch.ledger.last_seq, "lost": switch.ledger.lost},
        }

    async def spans(self, _request: dict[str, Any]) -> list[dict[str, Any]]:
        out = []
        for line in self._switch.config.lines.trunks:
            trunk = self._switch.control.trunks.get(line.name)
            status = self._span_status(line)
            signalling = (
                f"{line.signalling} {line.side} {line.variant}" if line.signalling == "PRI" else line.signalling
            )
            row: dict[str, Any] = {name: status.get(name, 0) for name in ("lost", "late", "slips", "underruns")}
            row |= {
                "name": line.name,
                "driver": line.driver,
                "line": line_of(line),
                "signalling": signalling,
                "link": ("up" if trunk.up else "down") if trunk else "-",
                "alarms": alarm_names(status["alarms"]),
                "status": status,
                "circuits": trunk.circuits() if trunk else {},
            }
            out.append(row)
        return out

    def _call(self, info: CallInfo) -> dict[str, Any]:
        now = self._switch.clock.wall_ns()
        where = f"{info.flow}/{info.node}" if info.flow else ""
        return {
            "call": info.call,
            "state": info.state,
            "seconds": round((now - info.began_ns) / 1e9, 1),
            "direction": info.direction,
            "calling": info.calling,
            "called": info.called,
            "where": where,
            "legs": [f"{leg.party}@{leg.circuit}" for leg in info.legs],
            "answered": info.answered,
            "bridged": list(info.bridged or ()),
            "recording": info.recording,
        }

    async def calls(self, _request: dict[str, Any]) -> list[dict[str, Any]]:
        return [self._call(info) for info in self._switch.control.calls()]

    async def hangup(self, request: dict[str, Any]) -> list[str]:
        control = self._switch.control
        wanted, cause = str(request["call"]), int(request.get("cause", 16))
        if not 1 <= cause <= 127:
            raise RequestError("bad-request", tr("a Q.850 cause is 1 to 127", "Q.850 原因值为 1 到 127"))
        names = [info.call for info in control.calls()] if wanted == "all" else [wanted]
        try:
            for name in names:
                control.hangup(name, cause)
        except CallControlError as error:
            raise RequestError("no-such-call", str(error)) from error
        return names

    async def record(self, request: dict[str, Any]) -> list[dict[str, Any]]:
        """action: "list" (of all calls), or with `call` one of RECORD_ACTIONS; the recordings as they are after it."""
        control = self._switch.control
        what = str(request["action"])
        if what == "list":
            return [asdict(info) for info in control.recordings()]
        if what not in RECORD_ACTIONS:
            raise RequestError("bad-request", f"action {what!r}: list, {', '.join(RECORD_ACTIONS)}")
        try:
            return [asdict(control.record(str(request["call"]), *RECORD_ACTIONS[what]))]
        except NoSuchCallError as error:
            raise RequestError("no-such-call", str(error)) from error
        except CallControlError as error:
            raise RequestError("not-possible", str(error)) from error

    async def flow_reload(self, _request: dict[str, Any]) -> list[dict[str, Any]]:
        library, rooms = self._switch.flows.library, self._switch.config.site.calls.rooms
        outcomes = library.reload()
        there = {o.file: library.get(o.flow) for o in outcomes if o.status in ("loaded", "unchanged")}
        more = {file: tuple(unknown_rooms(flow, rooms)) for file, flow in there.items() if flow is not None}
        return [
            {
                "file": o.file,
                "flow": o.flow,
                "status": o.status,
                "version": o.version,
                "findings": [f.render(language()) for f in (*o.findings, *more.get(o.file, ()))],
            }
            for o in outcomes
        ]

    async def trace(self, request: dict[str, Any]) -> dict[str, Any]:
        """Frames later than `after` (wall clock, nanoseconds), of some channels where `sources` (numbers of trunks, names of signalling links) is
        given; the last 1000."""
        after = int(request.get("after", 0))
        sources = request.get("sources")
        tracer = self._switch.tracer
        frames = tracer.frames() if sources is None else [f for source in sources for f in tracer.frames(source)]
        later = sorted((f for f in frames if f.time_ns > after), key=lambda f: f.time_ns)[-_TRACE_MOST:]
        return {
            "now": self._switch.clock.wall_ns(),
            "frames": [[f.time_ns, f.source, f.direction, f.frame.hex()] for f in later],
        }
