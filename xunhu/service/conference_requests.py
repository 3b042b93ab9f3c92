"""What may be asked of conference rooms (xunhu/cli/conf.py asks; xunhu/api/local.py carries it).

    conferences                     a row for each room that is open, and for each of the configuration that is not
    conference     room             its row with "members", a row for each party; whoever asks again and again sees who speaks
    conference_do  room, action ... the room's row afterwards, null when it is open no longer

Actions, and what they take beside the room:

    mute, unmute           party, a member's number or "all" (leaders excepted)
    deaf, undeaf, remove   party
    role                   party, role (talk, listen, leader, whisper), to: whom a whisperer speaks to
    whisper                party, to: as role whisper
    gain                   party, db (-24 to 12), of: "talk" (what it says, as if not given) or "hear"
    floor                  party: it alone is heard of all members, leaders excepted, until unmute all
    talkers                talkers: so many voices are heard, the loudest; 0 all
    lock, unlock, record, stop-record, end
    play                   file: a prompt's name or a path on this machine; party: that one alone hears it
    invite                 target, as of a call that we make ("8001", "group/digits"); calling; it is in the room when it answers, which may be
                           the first of a room of the configuration
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xunhu.api.local import Handler, RequestError
from xunhu.call.errors import CallControlError, NoSuchRoomError, RoomError
from xunhu.call.room_settings import MOST_TALKERS, ROLES, RoomSettings
from xunhu.call.trunk import NoCircuitError
from xunhu.text import tr

if TYPE_CHECKING:
    from xunhu.call.control import CallControl
    from xunhu.call.rooms import Party, Room

Row = dict[str, Any]
BY = "operator"
ACTIONS = (
    *("mute", "unmute", "deaf", "undeaf", "remove", "role", "whisper", "gain", "floor", "talkers"),
    *("lock", "unlock", "record", "stop-record", "end", "play", "invite"),
)


def handlers(control: Callable[[], CallControl]) -> dict[str, Handler]:
    """By the name of the request."""
    requests = _Requests(control)
    return {
        "conferences": requests.conferences,
        "conference": requests.conference,
        "conference_do": requests.do,
    }


def _bad(en: str, zh: str) -> RequestError:
    return RequestError("bad-request", tr(en, zh))


def _refused(error: CallControlError | NoCircuitError) -> RequestError:
    return RequestError(error.reason if isinstance(error, RoomError) else "not-possible", str(error))


# -- rows ------------------------------------------------------------------------------------------------------------


def room_row(room: Room) -> Row:
    parties = list(room.parties.values())
    floor = room.floor
    return {
        "room": room.number,
        "name": room.settings.name,
        "open": True,
        "id": room.id,
        "seconds": _seconds(room.control, room.opened_ns),
        "parties": len(parties),
        "leaders": room.roles["leader"],
        "talkers": room.talkers,
        "listeners": len(parties) - room.talkers,
        "muted": sum(1 for party in parties if party.muted),
        "locked": room.locked,
        "waiting": not room.begun,
        "recording": room.recorder.path if room.recorder is not None and room.recording else "",
        "loudest": room.media.loudest,
        "floor": floor.number if floor is not None else "",
        "floor_party": floor.leg.party if floor is not None else "",
        "speakers": room.speakers,
    }


def closed_row(settings: RoomSettings) -> Row:
    """Of a room of the configuration that nobody is in."""
    return {
        "room": settings.number,
        "name": settings.name,
        "open": False,
        "id": "",
        "seconds": 0.0,
        **dict.fromkeys(("parties", "leaders", "talkers", "listeners", "muted", "speakers"), 0),
        "locked": settings.locked,
        "waiting": settings.wait_for_leader,
        "recording": "",
        "loudest": settings.loudest,
        "floor": "",
        "floor_party": "",
    }


def party_row(party: Party) -> Row:
    engine = party.room.control.media.engine
    level = engine.port(party.port).rms_in_dbm0 if engine is not None else None
    return {
        "member": party.number,
        "party": party.leg.party,
        "call": party.leg.call.id,
        "leg": party.leg.name,
        "circuit": party.leg.trunk_call.circuit,
        "role": party.role,
        "to": party.to.number if party.to is not None else "",
        "muted": party.muted,
        "muted_by": party.muted_by,
        "deaf": party.deaf,
        "gain_db": party.gain_db,
        "hear_db": party.hear_db,
        "speaks": party.speaks,
        "floor": party.room.floor is party,
        "level_dbm0": level,
        "seconds": _seconds(party.room.control, party.since_ns),
    }


def _seconds(control: CallControl, since_ns: int) -> float:
    return round((control.clock.wall_ns() - since_ns) / 1e9, 1)


# -- requests --------------------------------------------------------------------------------------------------------


class _Requests:
    def __init__(self, control: Callable[[], CallControl]) -> None:
        self._get = control

    async def conferences(self, _request: Row) -> list[Row]:
        control = self._get()
        rows = [room_row(room) for room in control.rooms]
        there = {row["room"] for row in rows}
        rows += [closed_row(settings) for number, settings in control.settings.rooms.items() if number not in there]
        return sorted(rows, key=lambda row: (not row["open"], row["room"]))

    def _room(self, request: Row) -> Room:
        number = str(request.get("room", ""))
        try:
            return self._get().rooms.room(number)
        except NoSuchRoomError as error:
            listed = ", ".join(room.number for room in self._get().rooms) or "-"
            raise RequestError(
                "no-such-room",
                tr(
                    f"nobody is in a conference {number}; open are: {listed}",
                    f"会议室 {number} 中没有人；正在进行的有：{listed}",
                ),
            ) from error

    @staticmethod
    def _party(room: Room, request: Row, key: str = "party") -> Party:
        number = str(request.get(key, ""))
        try:
            return room.party(number)
        except NoSuchRoomError as error:
            listed = ", ".join(room.parties)
            raise RequestError(
                "no-such-party",
                tr(
                    f"conference {room.number} has no party {number!r}; there are: {listed}",
                    f"会议室 {room.number} 中没有成员 {number!r}；现有：{listed}",
                ),
            ) from error

    async def conference(self, request: Row) -> Row:
        number = str(request.get("room", ""))
        control = self._get()
        if number in control.settings.rooms and not any(room.number == number for room in control.rooms):
            return closed_row(control.settings.rooms[number]) | {"members": []}
        room = self._room(request)
        room.watch()
        return room_row(room) | {"members": [party_row(party) for party in room.parties.values()]}

    async def do(self, request: Row) -> Row | None:
        action, settings = str(request.get("action", "")), self._get().settings.rooms.get(str(request.get("room", "")))
        if action == "invite" and settings is not None:  # the first who comes opens it
            self._originate(settings.number, request)
            return next((room_row(room) for room in self._get().rooms if room.number == settings.number), closed_row(settings))
        room = self._room(request)
        act = _ACTS.get(action)
        if act is None:
            listed = ", ".join(ACTIONS)
            raise _bad(f"unknown action {action!r}; one of {listed}", f"未知操作 {action!r}；应为其中之一：{listed}")
        try:
            act(self, room, request)
        except (CallControlError, NoCircuitError) as error:
            raise _refused(error) from error
        except ValueError as error:
            raise RequestError("bad-request", str(error)) from error
        return None if room.ending else room_row(room)

    # -- actions -------------------------------------------------------------------------------------------------

    def _mute(self, room: Room, request: Row, on: bool) -> None:
        if request.get("party") == "all":
            room.mute_all(on, BY)
        else:
            self._party(room, request).mute(on, BY)

    def mute(self, room: Room, request: Row) -> None:
        self._mute(room, request, True)

    def unmute(self, room: Room, request: Row) -> None:
        self._mute(room, request, False)

    def deaf(self, room: Room, request: Row) -> None:
        self._party(room, request).make_deaf(True, BY)

    def undeaf(self, room: Room, request: Row) -> None:
        self._party(room, request).make_deaf(False, BY)

    def remove(self, room: Room, request: Row) -> None:
        room.remove(self._party(room, request), BY)

    def role(self, room: Room, request: Row) -> None:
        role = str(request.get("role", ""))
        if role not in ROLES:
            listed = ", ".join(ROLES)
            raise _bad(f"role is one of {listed}", f"角色应为其中之一：{listed}")
        to = self._party(room, request, "to") if request.get("to") else None
        room.set_role(self._party(room, request), role, BY, to)

    def whisper(self, room: Room, request: Row) -> None:
        room.set_role(self._party(room, request), "whisper", BY, self._party(room, request, "to"))

    def gain(self, room: Room, request: Row) -> None:
        party, of = self._party(room, request), request.get("of", "talk")
        if of not in ("talk", "hear"):
            raise _bad('a gain is of "talk" or "hear"', '增益应为 "talk" 或 "hear"')
        try:
            db = float(request.get("db", ""))
        except (TypeError, ValueError):
            raise _bad("db is a number from -24 to 12", "db 应为 -24 到 12 的数") from None
        (party.set_gain if of == "talk" else party.set_hear_gain)(db, BY)

    def floor(self, room: Room, request: Row) -> None:
        party = self._party(room, request)
        if not party.may_talk:
            room.set_role(party, "talk", BY)
        room.mute_all(True, BY)
        party.mute(False, BY)

    def talkers(self, room: Room, request: Row) -> None:
        count = request.get("talkers")
        if not isinstance(count, int) or not 0 <= count <= MOST_TALKERS:
            raise _bad(f"talkers is 0 to {MOST_TALKERS}", f"talkers 应为 0 到 {MOST_TALKERS}")
        room.set_loudest(count, BY)

    def lock(self, room: Room, _request: Row) -> None:
        room.lock(True, BY)

    def unlock(self, room: Room, _request: Row) -> None:
        room.lock(False, BY)

    def record(self, room: Room, _request: Row) -> None:
        if not room.record(True, BY):
            raise RequestError("not-possible", tr("it cannot be recorded; see the alarms", "无法录音；请查看告警"))

    def stop_record(self, room: Room, _request: Row) -> None:
        room.record(False, BY)

    def end(self, room: Room, _request: Row) -> None:
        room.end("by an operator", BY)

    def play(self, room: Room, request: Row) -> None:
        name = str(request.get("file", ""))
        files = self._get().prompt_files([name], room.settings.language) if name else []
        if not files and name and Path(name).is_absolute() and Path(name).is_file():
            files = [name]
        if not files:
            raise RequestError(
                "no-such-file",
                tr(
                    f"there is no prompt and no file '{name}'; write a prompt's name or a whole path on the switch",
                    f"没有提示音或文件 '{name}'；请写提示音名称或交换机上的完整路径",
                ),
            )
        if request.get("party"):
            self._party(room, request).play(files)
        else:
            room.play(files)

    def invite(self, room: Room, request: Row) -> None:
        self._originate(room.number, request)

    def _originate(self, number: str, request: Row) -> None:
        target, calling = str(request.get("target", "")), str(request.get("calling", ""))
        try:
            self._get().originate(target, calling=calling, flow=f"invited:{number}")
        except (CallControlError, NoCircuitError) as error:
            raise _refused(error) from error


_ACTS: dict[str, Callable[[_Requests, Room, Row], None]] = {
    name: getattr(_Requests, name.replace("-", "_")) for name in ACTIONS
}
