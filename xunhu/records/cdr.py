"""Call detail records: one row a call, derived from the ledger's events of that call (docs/architecture.md, "The
ledger").

A record is about parties, not channels: a transfer adds a party and changes neither the caller nor the recording.
The parts add up: `ring_s + flow_s + wait_s + talk_s == duration_s` for every call, by construction of the intervals.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from xunhu.ledger.event import Event


@dataclass(slots=True)
class Cdr:
    """Times are seconds; start, answer and end are UTC, ISO 8601 with milliseconds, "" when it did not happen.

    ring_s: until the answer; flow_s: answered and led by a flow, also on hold; wait_s: after the answer, while a
    party is rung or waited for; talk_s: bridged to somebody, or in a conference.
    """

    call: str
    direction: str = ""
    calling: str = ""
    called: str = ""
    trunk: str = ""
    circuit: str = ""
    start: str = ""
    answer: str = ""
    end: str = ""
    ring_s: float = 0.0
    flow_s: float = 0.0
    wait_s: float = 0.0
    talk_s: float = 0.0
    duration_s: float = 0.0
    route: str = ""
    flow: str = ""
    flow_version: str = ""
    nodes: list[str] = field(default_factory=list)
    digits: str = ""
    parties: list[str] = field(default_factory=list)  # who talked with the caller, in order; conference:NUMBER
    transfers: int = 0
    recordings: list[str] = field(default_factory=list)
    masks: list[dict[str, Any]] = field(default_factory=list)  # what was hidden of a recording: recording, at (s), how; how "": no more
    heard: list[str] = field(default_factory=list)  # of parties that were called: tones before the answer, who answered
    cause: int = 0
    released_by: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _FIELDS}

    @staticmethod
    def decode(row: bytes) -> Cdr:
        return Cdr(**orjson.loads(row))


_FIELDS = tuple(Cdr.__dataclass_fields__)


def _iso(time_ns: int) -> str:
    moment = datetime.fromtimestamp(time_ns // 1_000_000 / 1000, tz=UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(slots=True)
class _Open:
    cdr: Cdr
    start_ns: int
    since_ns: int  # begin of the interval that runs
    phase: str = "ring_s"  # the field of Cdr that the running interval is added to
    ns: dict[str, int] = field(default_factory=lambda: {"ring_s": 0, "flow_s": 0, "wait_s": 0, "talk_s": 0})
    callee_ringing: set[str] = field(default_factory=set)
    legs: dict[str, str] = field(default_factory=dict)  # leg -> number of the party
    roles: dict[str, str] = field(default_factory=dict)
    bridged: int = 0


class CdrProjection:
    """Feed events in order; a call's last event gives its row (JSON)."""

    name = "cdr"
    version = 4

    def __init__(self) -> None:
        self._open: dict[str, _Open] = {}

    def feed(self, event: Event) -> list[bytes]:
        if not event.call:
            return []
        if event.kind == "call.new":
            self._begin(event)
            return []
        call = self._open.get(event.call)
        if call is None:
            return []
        self._note(call, event)
        if event.kind != "call.ended":
            self._switch(call, event.time_ns, self._phase(call))
            return []
        del self._open[event.call]
        return [self._finish(call, event)]

    def _begin(self, event: Event) -> None:
        data = event.data
        cdr = Cdr(call=event.call, start=_iso(event.time_ns))
        for name in ("direction", "calling", "called", "trunk", "circuit"):
            setattr(cdr, name, str(data.get(name) or ""))
        self._open[event.call] = _Open(cdr, event.time_ns, event.time_ns)

    def _note(self, call: _Open, event: Event) -> None:
        data, cdr = event.data, call.cdr
        leg = str(data.get("leg", ""))
        match event.kind:
            case "call.route":
                cdr.route = str(data.get("target", ""))
                cdr.called = str(data.get("called") or cdr.called)  # the whole number, where it came digit by digit
            case "leg.new":
                call.roles[leg] = str(data.get("role", ""))
                outward = call.roles[leg] != "caller"
                call.legs[leg] = str(data.get("called" if outward else "calling") or "")
                if outward:
                    call.callee_ringing.add(leg)
            case "leg.answered":
                call.callee_ringing.discard(leg)
                if call.roles.get(leg) == "caller" and not cdr.answer:
                    cdr.answer = _iso(event.time_ns)
            case "leg.released":
                call.callee_ringing.discard(leg)
            case "leg.digit":
                cdr.digits += str(data.get("digit", ""))
            case "flow.start":
                cdr.flow, cdr.flow_version = str(data.get("flow", "")), str(data.get("version", ""))
            case "flow.node":
                cdr.nodes.append(str(data.get("node", "")))
            case "call.bridged":
                call.bridged += 1
                for bridged in data.get("legs", []):
                    if call.roles.get(bridged) != "caller" and call.legs.get(bridged) not in (None, *cdr.parties[-1:]):
                        cdr.parties.append(call.legs[bridged])
            case "conference.joined":
                call.bridged += 1
                cdr.parties.append(f"conference:{data.get('room', '')}")
            case "conference.left":
                call.bridged = max(0, call.bridged - 1)
                cdr.recordings += [str(path) for path in data.get("recordings", []) if path not in cdr.recordings]
            case "call.unbridged":
                call.bridged = max(0, call.bridged - 1)
            case "call.transferred":
                cdr.transfers += 1
            case "rec.start":
                cdr.recordings.append(str(data.get("path", "")))
            case "rec.mask" if data.get("at") is not None:
                cdr.masks.append({"recording": str(data.get("path", "")), "at": data["at"], "how": str(data.get("how", ""))})
            case "leg.heard":
                if (what := str(data.get("what", ""))) not in cdr.heard[-1:]:  # a fax machine has several tones
                    cdr.heard.append(what)
            case _:
                pass

    @staticmethod
    def _phase(call: _Open) -> str:
        if call.bridged:
            return "talk_s"
        if not call.cdr.answer:
            return "ring_s"
        return "wait_s" if call.callee_ringing else "flow_s"

    @staticmethod
    def _switch(call: _Open, now_ns: int, phase: str) -> None:
        if phase != call.phase:
            call.ns[call.phase] += now_ns - call.since_ns
            call.since_ns, call.phase = now_ns, phase

    def _finish(self, call: _Open, event: Event) -> bytes:
        cdr = call.cdr
        call.ns[call.phase] += event.time_ns - call.since_ns
        cdr.end = _iso(event.time_ns)
        total = 0
        for phase, ns in call.ns.items():
            ms = (ns + 500_000) // 1_000_000
            total += ms
            setattr(cdr, phase, ms / 1000)
        cdr.duration_s = total / 1000
        cdr.cause = int(event.data.get("cause", 0))
        cdr.released_by = str(event.data.get("by", ""))
        return orjson.dumps(cdr.as_dict())
