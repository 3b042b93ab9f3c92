"""How a caller comes into a conference room, and what he is told when he is out of it again: PIN (three tries), name, greeting.

`attend` is `Session.conference` of flows. `RoomFlows` gives call control, beside the flows of the site, two for each number: a call with the
flow "conference:8800" is in room 8800 until it ends; with "invited:8800" too, and is asked for no PIN. So a route goes straight to a room,
a call of ours is put into one when it is answered, and after a restart of control all of them are where they were.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xunhu.call import causes
from xunhu.call.errors import CallControlError, RoomError, WrongPinError
from xunhu.call.room_commands import count_stems
from xunhu.call.room_settings import RoomSettings
from xunhu.ivr.session import ConferenceResult, ServiceError, Session

if TYPE_CHECKING:
    from xunhu.call.control import Flows
    from xunhu.call.flow_session import FlowSession
    from xunhu.call.room_party import Party

FLOW, INVITED = "conference:", "invited:"
TRIES = 3
PIN_WAIT_S, PIN_BETWEEN_S = 10.0, 4.0
NAME_MOST_S, NAME_SILENCE_S = 5.0, 1.5
_SAID = {"wrong-pin": "conf-pin-wrong", "locked": "conf-locked", "full": "conf-full", "no-room": "conf-no-room"}
_SAID_AFTER = {"removed": "conf-removed", "ended": "conf-ended"}


@dataclass(slots=True)
class _Wish:
    """What `attend` was asked for."""

    number: str
    role: str
    pin: str | None
    ask: bool
    made: RoomSettings | None
    to: str
    language: str


async def attend(
    session: FlowSession,
    number: str,
    *,
    role: str = "talk",
    pin: str | None = None,
    ask: bool = True,
    create: bool = False,
    to: str = "",
    language: str = "",
) -> ConferenceResult:
    """`Session.conference`."""
    call, leg = session.call, session.leg
    await session.answer()
    party = leg.seat
    if party is not None and party.room.number == number:  # since before a restart of control
        party.take_keys()
    else:
        wish = _Wish(number, role, pin, ask, RoomSettings(number) if create else None, to, language)
        found = await _come_in(session, wish)
        if isinstance(found, str):
            return ConferenceResult(found)
        party = found
        _greet(party, role)
    try:
        await session.wait_outcome(party.done, None)
    finally:
        party.room.leave(party, "left")
    why = party.done.result()
    if why == "moved":  # it talks with somebody now, which this flow waits for
        partner = call.partner(leg)
        if partner is not None and partner.role == "consult":  # nobody is on hold for it: this is the talk
            partner.role = "callee"
        if call.talk is None:
            call.talk = call.control.loop.create_future()
        await session.wait_outcome(call.talk, None)
    elif why in _SAID_AFTER:
        await _say(session, party.language, _SAID_AFTER[why])
    seconds = (call.control.clock.wall_ns() - party.since_ns) / 1e9
    return ConferenceResult(why, party.number, round(seconds, 3))


async def _say(session: FlowSession, language: str, *stems: str) -> None:
    files = session.call.control.prompt_files(stems, language)
    if files:
        await session.play_collect(files)


async def _come_in(session: FlowSession, wish: _Wish) -> Party | str:
    """The party, or why there is none, of which the caller has been told."""
    rooms, leg = session.call.control.rooms, session.leg
    language = wish.language
    clip = ""
    try:
        settings = rooms.settings(wish.number, wish.made)
        language = wish.language or settings.language
        given = await _admitted(session, settings, wish, language)
        if settings.announce_names and given in ("talk", "leader"):
            clip = await _name(session, language)
        # the PIN was right a moment ago; whoever has it may come in with the role that it gives
        party = rooms.enter(
            leg, wish.number, role=given, to=wish.to, name_clip=clip, clip_is_ours=True, settings=wish.made, language=language
        )
        clip = ""
        return party
    except RoomError as error:
        await _say(session, language, _SAID.get(error.reason, "service-error"))
        return error.reason
    except (CallControlError, ValueError) as error:
        session.note(f"not let into conference {wish.number}: {error}")
        return "refused"
    finally:
        if clip:
            with contextlib.suppress(OSError):
                os.unlink(clip)


async def _admitted(session: FlowSession, settings: RoomSettings, wish: _Wish, language: str) -> str:
    """The role in which the caller may come in. RoomError."""
    rooms = session.call.control.rooms
    pin, tries = wish.pin, 0
    while True:
        if wish.ask and settings.asks_pin and (pin is None or tries):
            pin = await _ask_pin(session, settings, language)
        tries += 1
        try:
            return rooms.admit(wish.number, role=wish.role, pin=pin, settings=wish.made)
        except WrongPinError as error:
            if tries >= TRIES or not wish.ask:
                _refused(session, wish, error)
                raise
            await _say(session, language, _SAID["wrong-pin"])
        except RoomError as error:
            _refused(session, wish, error)
            raise


def _refused(session: FlowSession, wish: _Wish, error: RoomError) -> None:
    session.call.log("conference.refused", party=session.leg.party, room=wish.number, why=error.reason)


async def _ask_pin(session: FlowSession, settings: RoomSettings, language: str) -> str:
    """Ended by #, or when it is as long as any can be. It stays out of the ledger."""
    session.leg.keys_are_secret = True
    try:
        got = await session.play_collect(
            session.call.control.prompt_files(("conf-pin",), language),
            digits=max(len(settings.pin), len(settings.leader_pin)),
            interrupt="0123456789#",
            end="#",
            timeout_s=PIN_WAIT_S,
            between_s=PIN_BETWEEN_S,
        )
    finally:
        session.leg.keys_are_secret = False
    return got.digits


async def _name(session: FlowSession, language: str) -> str:
    """The file with the caller's name, "" when he says none."""
    await _say(session, language, "conf-say-name")
    path = str(session.call.control.rooms.clip_path())
    try:
        seconds = await session.record(path, stop_keys="#", seconds=NAME_MOST_S, silence_s=NAME_SILENCE_S, lead_s=NAME_MOST_S)
    except ServiceError as error:
        session.note(f"no name for the conference: {error}")
        return ""
    return path if seconds > 0 else ""


def _greet(party: Party, wanted: str) -> None:
    room = party.room
    stems: list[str] = []
    if party.role == "listen" and wanted != "listen":
        stems.append("conf-you-listen")
    if not room.begun:
        stems.append("conf-wait-leader")
    elif len(room.parties) == 1:
        stems.append("conf-first")
    else:
        stems += count_stems(room, party.language)
    if party.muted:
        stems.append("conf-muted")
    party.say(*stems)


@dataclass(frozen=True, slots=True)
class _RoomFlow:
    name: str

    @property
    def number(self) -> str:
        return self.name.partition(":")[2]

    @property
    def invited(self) -> bool:
        return self.name.startswith(INVITED)


class RoomFlows:
    """The flows of the site, and "conference:NUMBER" and "invited:NUMBER" beside them."""

    def __init__(self, site: Flows) -> None:
        self._site = site

    def get(self, name: str, version: str = "") -> Any | None:
        return _RoomFlow(name) if name.startswith((FLOW, INVITED)) else self._site.get(name, version)

    def version(self, flow: Any) -> str:
        return "" if isinstance(flow, _RoomFlow) else self._site.version(flow)

    async def run(self, flow: Any, session: Session, *, start_node: str | None, variables: Mapping[str, str]) -> str:
        if not isinstance(flow, _RoomFlow):
            return await self._site.run(flow, session, start_node=start_node, variables=variables)
        session.node_entered(flow.name, "", "room", {})
        result = await session.conference(flow.number, ask=not flow.invited, create=flow.invited)
        session.node_result("room", result.outcome, "")
        if result.outcome == "no-room":
            await session.hangup(causes.UNALLOCATED)
        return "0000"
