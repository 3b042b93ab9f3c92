"""Taking over the calls that were up when control went away.

Two things are known after a restart: the ledger says which calls had no end yet (`open_calls` derives them from their events), and the
engine, which has gone on, says which ports are open and who hears whom. `recover` puts the two together:

- a leg that had been answered, whose circuit the trunk can restore and whose timeslot is open, is up again;
- a talk, a hold and a recording go on where both sides of the story are there;
- a conference room goes on where it is open in the engine and one of its parties is up again (room_recovery.py);
- a flow is entered again at the node it was at, with its variables and in its version; one whose caller talks with an extension is over,
  and the call ends with the talk;
- every other leg and call is ended in the ledger, so that each call has its end: cause 41;
- every port in the engine that belongs to none of them is closed;
- at last each trunk resets the circuits that no call holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from xunhu._media import engine as en
from xunhu.call import causes
from xunhu.call.call import Call
from xunhu.call.call_facts import CallFacts
from xunhu.call.control import CallControl
from xunhu.call.leg import Leg
from xunhu.call.room_recovery import OpenRoom, OpenSeat, leave_in_ledger, open_rooms, restore_rooms, seat_of

__all__ = ["OpenCall", "OpenRoom", "Recovered", "open_calls", "open_rooms", "recover"]


class LedgerEvent(Protocol):
    """`xunhu.ledger.Event`."""

    @property
    def time_ns(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def call(self) -> str: ...
    @property
    def data(self) -> dict[str, Any]: ...


@dataclass(slots=True)
class OpenLeg:
    name: str
    role: str
    trunk: str
    calling: str
    called: str
    extension: str
    circuit: str
    incoming: bool
    port: int | None = None
    restore: dict[str, int | str | bool] | None = None  # None: not answered yet

    @property
    def party(self) -> str:
        return self.calling if self.incoming else self.called


@dataclass(slots=True)
class OpenCall:
    """What the ledger says of a call without an end."""

    call: str
    facts: CallFacts
    began_ns: int
    legs: dict[str, OpenLeg] = field(default_factory=dict)
    primary: str = ""
    bridged: tuple[str, str] | None = None
    talked: tuple[str, str] | None = None  # the pair before a hold
    held: list[str] = field(default_factory=list)
    answered: bool = False
    flow: str = ""
    version: str = ""
    node: str | None = None
    variables: dict[str, str] = field(default_factory=dict)
    recording: tuple[str, int] | None = None  # path, port
    hidden: str = ""  # from the recording
    target: str = ""
    seat: OpenSeat | None = None


@dataclass(slots=True)
class Recovered:
    """What became of them: numbers of calls and ports."""

    taken_over: int = 0
    ended: int = 0
    ports_closed: int = 0
    rooms: int = 0  # conferences that go on


def open_calls(events: Iterable[LedgerEvent]) -> list[OpenCall]:
    """The calls that have no end among these events, oldest first. Events of calls whose beginning is missing are left out."""
    found: dict[str, OpenCall] = {}
    for event in events:
        if event.kind == "call.new":
            found[event.call] = _begin(event)
        elif event.kind == "call.ended":
            found.pop(event.call, None)
        elif event.call in found:
            _apply(found[event.call], event)
    return list(found.values())


def _begin(event: LedgerEvent) -> OpenCall:
    data = event.data
    facts = CallFacts(
        str(data.get("direction", "in")),
        str(data.get("calling", "")),
        str(data.get("called", "")),
        str(data.get("trunk", "")),
        str(data.get("circuit", "")),
        str(data.get("redirecting", "")),
    )
    return OpenCall(event.call, facts, event.time_ns)


def _apply(call: OpenCall, event: LedgerEvent) -> None:
    data = event.data
    match event.kind:
        case "leg.new":
            name = str(data["leg"])
            call.legs[name] = OpenLeg(
                name,
                str(data.get("role", "")),
                str(data.get("trunk", "")),
                str(data.get("calling", "")),
                str(data.get("called", "")),
                str(data.get("extension", "")),
                str(data.get("circuit", "")),
                data.get("direction") == "in",
                data.get("port"),
            )
            call.primary = call.primary or name
        case "leg.answered":
            _answered(call, data)
        case "leg.released":
            call.legs.pop(str(data["leg"]), None)
        case "call.route":
            call.target = str(data.get("target", ""))
            call.facts.called = str(data.get("called", "")) or call.facts.called
        case "call.bridged":
            one, other = data["legs"]
            call.bridged = call.talked = (str(one), str(other))
            call.held = [name for name in call.held if name not in call.bridged]
        case "call.unbridged":
            call.bridged = None
        case "call.held":
            call.held += [str(name) for name in data["legs"]]
        case "call.retrieved":
            call.held = [name for name in call.held if name not in data["legs"]]
        case "flow.start":
            call.flow, call.version, call.node = str(data.get("flow", "")), str(data.get("version", "")), None
        case "flow.node":
            call.flow, call.version = str(data.get("flow", "")), str(data.get("version", ""))
            call.node = str(data.get("node", ""))
            call.variables = {str(k): str(v) for k, v in dict(data.get("variables", {})).items()}
        case "flow.end":
            call.flow, call.node = "", None
        case "rec.start":
            port = data.get("port")
            call.recording = (str(data.get("path", "")), int(port)) if port is not None else None
        case "rec.end":
            call.recording = None
        case "conference.joined" | "conference.changed" | "conference.left":
            call.seat = seat_of(call.seat, event)
        case "rec.mask":
            call.hidden = str(data.get("how", "")) if data.get("on") else ""
        case _:
            pass


def _answered(call: OpenCall, data: dict[str, Any]) -> None:
    leg = call.legs.get(str(data["leg"]))
    if leg is None:
        return
    restore = data.get("restore")
    leg.restore = dict(restore) if isinstance(restore, dict) else None
    leg.port = data.get("port", leg.port)
    call.answered = call.answered or leg.name == call.primary


def recover(control: CallControl, calls: Iterable[OpenCall], rooms: Iterable[OpenRoom] = ()) -> Recovered:
    """Take over what can be; see the module's text. To be called once, with the engine attached and the trunks known, before any trunk
    is told to take calls."""
    done = Recovered()
    engine = control.media.engine
    rows = {} if engine is None else {port: engine.port(port) for port in engine.ports()}
    kept: set[int] = set()
    flows: list[tuple[Call, OpenCall]] = []
    taken: list[tuple[Call, OpenCall]] = []
    for known in calls:
        call = _restore(control, known, rows, kept)
        if call is None:
            done.ended += 1
            continue
        done.taken_over += 1
        taken.append((call, known))
        if known.flow and call.bridged is None and not call.on_hold:
            flows.append((call, known))
    done.rooms = restore_rooms(control, rooms, taken, rows, kept)
    for port in rows:
        if port not in kept:
            control.media.close_port(port)
            done.ports_closed += 1
    for call, known in flows:
        # node None: the call was on its way into the flow
        call.start_flow(known.flow, version=known.version, node=known.node, variables=known.variables)
    for trunk in control.trunks.values():
        trunk.restart_idle()
    return done


def _restore(control: CallControl, known: OpenCall, rows: dict[int, en.PortRow], kept: set[int]) -> Call | None:
    call = Call(control, known.call, known.facts)
    call.facts.group = control.settings.group_of(known.facts.trunk)
    call.began_ns = known.began_ns
    call.answered = known.answered
    for leg in known.legs.values():
        _restore_leg(call, leg, rows, kept)
    primary = call.legs.get(known.primary) or next(iter(call.legs.values()), None)
    if known.primary not in call.legs and not _transferred(known, call):
        primary = None
    call.primary = primary
    control.adopt_call(call)
    if primary is None:
        _end(call, known, rows)
        return None
    _restore_recording(call, known, rows, kept)
    _restore_talk(call, known)
    talks = call.bridged is not None or call.on_hold
    if known.flow and talks:
        # the node has done its work; entered again it would ring the extension anew
        call.log("flow.end", flow=known.flow, version=known.version, result="0000")
    if not known.flow and not talks:
        if known.seat is not None:
            leave_in_ledger(call, known.seat)
        call.end(causes.TEMPORARY_FAILURE, "system", "control was restarted")
        return None
    call.note("taken over after a restart of control")
    if call.answered and not call.recorder.active:
        call.recorder.arm()
    return call


def _transferred(known: OpenCall, call: Call) -> bool:
    """The first leg had left the call before, by a transfer: whoever was taken to another place is the one it is for."""
    return known.primary not in known.legs and bool(call.legs)


def _restore_leg(call: Call, leg: OpenLeg, rows: dict[int, en.PortRow], kept: set[int]) -> None:
    trunk = call.control.trunks.get(leg.trunk)
    row = rows.get(leg.port) if leg.port is not None else None
    trunk_call = None
    if trunk is not None and leg.restore is not None and row is not None and row.kind in (en.PORT_TIMESLOT, en.PORT_RTP):
        trunk_call = trunk.restore(leg.restore)
    if trunk_call is None or leg.port is None:
        call.log(
            "leg.released",
            party=leg.party,
            leg=leg.name,
            cause=causes.TEMPORARY_FAILURE,
            by="us",
            why="not to be taken over after a restart of control",
        )
        return
    kept.add(leg.port)
    call.restore_leg(
        leg.name, leg.role, trunk_call, calling=leg.calling, called=leg.called, extension=leg.extension
    )


def _restore_recording(call: Call, known: OpenCall, rows: dict[int, en.PortRow], kept: set[int]) -> None:
    call.recorder.hidden = known.hidden
    if known.recording is None:
        return
    path, port = known.recording
    row = rows.get(port)
    if row is not None and row.kind == en.PORT_RECORDER and port not in kept:
        kept.add(port)
        call.restore_recorder(Path(path), port)
    else:
        call.log("rec.end", path=path, seconds=0.0, why="not found after a restart of control")


def _restore_talk(call: Call, known: OpenCall) -> None:
    def both(pair: tuple[str, str] | None) -> tuple[Leg, Leg] | None:
        if pair is None or pair[0] not in call.legs or pair[1] not in call.legs:
            return None
        return call.legs[pair[0]], call.legs[pair[1]]

    pair = both(known.bridged)
    if pair is not None:
        call.restore_bridge(*pair)
    elif known.bridged is not None:
        call.log("call.unbridged", legs=list(known.bridged))
    before = both(known.talked)
    for name in known.held:
        if before is not None and pair is None and name in call.legs:
            partner = next(leg for leg in before if leg.name != name)
            call.restore_hold(call.legs[name], partner)


def _end(call: Call, known: OpenCall, rows: dict[int, en.PortRow]) -> None:
    if known.seat is not None:
        leave_in_ledger(call, known.seat)
    if known.bridged is not None:
        call.log("call.unbridged", legs=list(known.bridged))
    if known.recording is not None:
        # the engine closes the file when the port is closed; its length so far is in the port table
        row = rows.get(known.recording[1])
        seconds = row.samples / 8000 if row is not None else 0.0
        call.log("rec.end", path=known.recording[0], seconds=round(seconds, 3), why="control was restarted")
    if known.flow:
        call.log("flow.end", flow=known.flow, version=known.version, result="0010")
    call.end(causes.TEMPORARY_FAILURE, "system", "control was restarted")
