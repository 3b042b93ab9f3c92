"""Conference rooms after a restart of control: what the ledger says of them, put together with the engine, which has gone on mixing them.

A room is taken over when its conference is open in the engine and at least one of its parties could be; locks, roles, mutes, gains,
whispers and the recording are as they were, music begins anew. Prompts that were being said are cut off. A room of which one of the two is
missing is closed in the ledger, and its parties have left it; a flow that had put them there is at its node again and lets them come in anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from xunhu._media import engine as en
from xunhu.call.room import Room
from xunhu.call.room_party import Party
from xunhu.call.room_settings import RoomSettings, restored

if TYPE_CHECKING:
    from xunhu.call.call import Call
    from xunhu.call.control import CallControl
    from xunhu.call.recovery import LedgerEvent


@dataclass(slots=True)
class OpenSeat:
    """Of a call that is in a room: conference is the room's id, state as of Party.state."""

    conference: str
    room: str
    member: str
    leg: str
    since_ns: int
    clip: str
    clip_is_ours: bool
    language: str
    state: dict[str, Any]


@dataclass(slots=True)
class OpenRoom:
    """What the ledger says of a room without an end."""

    id: str
    number: str
    opened_ns: int
    port: int
    settings: dict[str, Any]
    locked: bool | None = None
    begun: bool = False
    loudest: int | None = None
    recording: tuple[str, int] | None = None  # path, port
    recorded: list[tuple[str, int | None]] = field(default_factory=list)  # path, when it ended


def open_rooms(events: Iterable[LedgerEvent]) -> list[OpenRoom]:
    """The rooms that have no end among these events, oldest first."""
    found: dict[str, OpenRoom] = {}
    for event in events:
        if event.kind == "conference.opened":
            data = event.data
            settings = dict(data.get("settings") or {})
            found[event.call] = OpenRoom(
                event.call, str(data.get("room", "")), event.time_ns, int(data.get("port", -1)), settings
            )
        elif event.kind == "conference.closed":
            found.pop(event.call, None)
        elif event.call in found:
            _apply(found[event.call], event)
    return list(found.values())


def _apply(room: OpenRoom, event: LedgerEvent) -> None:
    data = event.data
    match event.kind:
        case "conference.begun":
            room.begun = True
        case "conference.locked":
            room.locked = bool(data.get("on"))
        case "conference.loudest":
            room.loudest = int(data.get("count", 0))
        case "rec.start":
            room.recording = (str(data.get("path", "")), int(data.get("port", -1)))
            room.recorded.append((room.recording[0], None))
        case "rec.end":
            room.recording = None
            room.recorded[-1:] = [(path, event.time_ns) for path, _ in room.recorded[-1:]]
        case _:
            pass


def seat_of(seat: OpenSeat | None, event: LedgerEvent) -> OpenSeat | None:
    """A call's seat after one more of its events conference.joined, .changed, .left."""
    data = event.data
    if event.kind == "conference.joined":
        return OpenSeat(
            str(data.get("conference", "")),
            str(data.get("room", "")),
            str(data.get("member", "")),
            str(data.get("leg", "")),
            event.time_ns,
            str(data.get("clip", "")),
            bool(data.get("clip_is_ours")),
            str(data.get("language", "")),
            dict(data),
        )
    if seat is None or event.kind == "conference.left":
        return None
    seat.state.update(data)
    return seat


class Seated(Protocol):
    """`recovery.OpenCall`, as far as it matters here."""

    @property
    def seat(self) -> OpenSeat | None: ...


def restore_rooms(
    control: CallControl,
    rooms: Iterable[OpenRoom],
    calls: Sequence[tuple[Call, Seated]],
    rows: Mapping[int, en.PortRow],
    kept: set[int],
) -> int:
    """Take over what can be; calls: those that are up again. How many rooms are."""
    done = 0
    seats = [(call, known.seat) for call, known in calls if known.seat is not None]
    for known in rooms:
        there = [(call, seat) for call, seat in seats if seat.conference == known.id]
        up = [(call, seat) for call, seat in there if seat.leg in call.legs]
        row = rows.get(known.port)
        is_open = bool(up) and row is not None and row.kind == en.PORT_CONFERENCE and known.port not in kept
        gone = [pair for pair in there if not is_open or pair not in up]
        for call, seat in gone:
            leave_in_ledger(call, seat)
        if is_open:
            kept.add(known.port)
            _restore(control, known, up, rows, kept)
            done += 1
        else:
            _close(control, known, rows)
    return done


def leave_in_ledger(call: Call, seat: OpenSeat) -> None:
    """Of a party that could not be taken over."""
    call.log(
        "conference.left",
        conference=seat.conference,
        room=seat.room,
        member=seat.member,
        why="lost",
        seconds=round((call.control.clock.wall_ns() - seat.since_ns) / 1e9, 3),
        recordings=[],
    )


def _settings(control: CallControl, known: OpenRoom) -> RoomSettings:
    found = control.settings.rooms.get(known.number)
    if found is not None:
        return found
    try:
        return restored(known.number, known.settings)
    except (TypeError, ValueError):  # written by another version
        return RoomSettings(known.number)


def _restore(
    control: CallControl,
    known: OpenRoom,
    up: Sequence[tuple[Call, OpenSeat]],
    rows: Mapping[int, en.PortRow],
    kept: set[int],
) -> None:
    room = Room(control, known.id, _settings(control, known), port=known.port)
    room.opened_ns = known.opened_ns
    room.locked = room.locked if known.locked is None else known.locked
    room.begun = room.begun or known.begun
    if known.loudest is not None:
        room.media.set_loudest(known.loudest)
    control.rooms.adopt(room)
    _restore_recording(room, known, rows, kept)
    for call, seat in up:
        party = Party(room, seat.member, call.legs[seat.leg], str(seat.state.get("role", "talk")))
        party.restore(seat.state)
        party.since_ns = seat.since_ns
        party.name_clip, party.clip_is_ours = seat.clip, seat.clip_is_ours
        party.language = seat.language or party.language
        room.members_made = max(room.members_made, int(seat.member) if seat.member.isdigit() else 0)
        room.take_in(party)
        party.recordings = [path for path, ended in known.recorded if ended is None or ended > seat.since_ns]
    for _, seat in up:
        party, to = room.parties[seat.member], room.parties.get(str(seat.state.get("to", "")))
        if to is not None and to is not party and party.role == "whisper":
            party.to = to
            party.apply()
    room.taken_over()


def _restore_recording(room: Room, known: OpenRoom, rows: Mapping[int, en.PortRow], kept: set[int]) -> None:
    if known.recording is None:
        return
    path, port = known.recording
    row = rows.get(port)
    if row is not None and row.kind == en.PORT_RECORDER and port not in kept:
        kept.add(port)
        recorder = room.new_recorder()
        recorder.adopt(Path(path), port)
        room.recorder = recorder
    else:
        room.log("rec.end", path=path, seconds=0.0, why="not found after a restart of control")
    room.recordings += [path for path, _ in known.recorded]


def _close(control: CallControl, known: OpenRoom, rows: Mapping[int, en.PortRow]) -> None:
    def log(kind: str, **data: Any) -> None:
        control.ledger.append(kind, call=known.id, party="", room=known.number, **data)

    if known.recording is not None:
        row = rows.get(known.recording[1])
        seconds = row.samples / 8000 if row is not None else 0.0
        log("rec.end", path=known.recording[0], seconds=round(seconds, 3), why="control was restarted")
    log("conference.closed", why="lost", seconds=round((control.clock.wall_ns() - known.opened_ns) / 1e9, 3))
