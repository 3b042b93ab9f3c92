"""`Rooms`: the conference rooms of a switch, owned by call control (`CallControl.rooms`).

    party = control.rooms.enter(leg, "8800", role="talk", pin="1234")     # NoSuchRoomError, WrongPinError, RoomLockedError, RoomFullError
    why = await party.done                                                # "hung-up" | "left" | "removed" | "ended" | "moved" | "lost"

Rooms of the configuration (`CallSettings.rooms`) are open from the first who comes in to the last who leaves; others are made with
`settings=` by whoever comes in first. One conversation of a caller with all this, asking for PIN and name, is `room_entry.attend`, which a flow
has as `Session.conference` and a route as the flow "conference:NUMBER".

room.py           a room                room_party.py     one who is in it
room_settings.py  its settings, keys    room_commands.py  what keys do
room_sound.py     tones, prompts to all, music
room_entry.py     how a caller comes in   room_recovery.py  rooms after a restart of control
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from xunhu.call.errors import (
    NoSuchRoomError,
    NotPossibleError,
    RoomError,
    RoomFullError,
    RoomLockedError,
    WrongPinError,
)
from xunhu.call.media import MediaFullError
from xunhu.call.room import Room
from xunhu.call.room_party import Party
from xunhu.call.room_settings import MOST_ROOMS, ROLES, RoomSettings

if TYPE_CHECKING:
    from xunhu.call.control import CallControl
    from xunhu.call.leg import Leg

__all__ = ["Party", "Room", "RoomSettings", "Rooms"]

CLIPS = ".names"  # folder of names recorded at entry, beside the recordings


class Rooms:
    """See the module's text."""

    def __init__(self, control: CallControl) -> None:
        self._control = control
        self._open: dict[str, Room] = {}
        self._ending: dict[str, Room] = {}  # by id
        self._made = 0
        self._clips = 0

    def __iter__(self) -> Iterator[Room]:
        """Rooms that are open."""
        return iter(list(self._open.values()))

    def __len__(self) -> int:
        """Of the engine's conferences, those that are ending among them."""
        return len(self._open) + len(self._ending)

    def room(self, number: str) -> Room:
        """A room that is open. NoSuchRoomError."""
        found = self._open.get(number)
        if found is None:
            raise NoSuchRoomError(f"nobody is in a conference {number}")
        return found

    def settings(self, number: str, made: RoomSettings | None = None) -> RoomSettings:
        """Of the room that is open, else of the configuration, else those to make it with. NoSuchRoomError."""
        room = self._open.get(number)
        found = room.settings if room is not None else self._control.settings.rooms.get(number, made)
        if found is None:
            raise NoSuchRoomError(f"there is no conference {number}")
        return found

    def admit(self, number: str, *, role: str = "talk", pin: str | None = None, settings: RoomSettings | None = None) -> str:
        """The role in which somebody would be let in now; nothing changes. For errors and arguments see `enter`."""
        if role not in ROLES:
            raise ValueError(f"role {role!r}: one of {', '.join(ROLES)}")
        if self._control.media.engine is None or not self._control.accepting:
            raise RoomError("no conferences now: there is no media engine, or xunhu is being stopped")
        wanted = self.settings(number, settings)
        if pin is not None:
            role = _role_of_pin(wanted, role, pin)
        room = self._open.get(number)
        if room is not None:
            return room.check(role)
        if len(self) >= MOST_ROOMS:
            raise RoomFullError(f"{MOST_ROOMS} conferences are open, as many as can be")
        if wanted.locked and role not in ("leader", "whisper"):
            raise RoomLockedError(f"conference {number} is locked until a leader comes")
        return role

    def enter(
        self,
        leg: Leg,
        number: str,
        *,
        role: str = "talk",
        pin: str | None = None,
        to: str = "",
        name_clip: str = "",
        clip_is_ours: bool = False,
        settings: RoomSettings | None = None,
        language: str = "",
    ) -> Party:
        """Let a leg into a room; until it leaves its keys are commands.

        pin None: whoever asks vouches for it, and it gets `role`; else the leaders' PIN makes it a leader, and a wrong one (of a room that
        has one) raises WrongPinError. to: number of the party a whisperer speaks to. name_clip: a file with its name, for all to hear when it
        comes and goes; clip_is_ours: removed when it has gone. settings: to make a room that is not in the configuration.

        The party may have another role than asked for: one more than `max_talkers` listens. NoSuchRoomError, WrongPinError, RoomLockedError,
        RoomFullError, RoomError (no engine); LegGoneError, NotPossibleError: the leg has gone, has not answered, talks, or is in a room."""
        call = leg.call
        call.check_talking(leg)
        if leg.seat is not None or (call.bridged is not None and leg in call.bridged) or call.held(leg):
            raise NotPossibleError(f"leg {leg.name} of call {call.id} talks with somebody, or is in a conference")
        try:
            role = self.admit(number, role=role, pin=pin, settings=settings)
            room = self._open.get(number)
            target = None
            if to and role == "whisper":
                target = (room or self.room(number)).party(to)
            room = room or self._make(self.settings(number, settings))
        except RoomError as error:
            call.log("conference.refused", party=leg.party, room=number, why=error.reason)
            raise
        return room.enter(leg, role, to=target, name_clip=name_clip, clip_is_ours=clip_is_ours, language=language)

    def _make(self, settings: RoomSettings) -> Room:
        self._made += 1
        room_id = f"{self._control.local_time():%Y%m%dT%H%M%S}-C{self._control.first_number + self._made - 1:06d}"
        try:
            room = Room(self._control, room_id, settings)
        except MediaFullError as error:
            raise RoomFullError(str(error)) from error
        self._open[settings.number] = room
        room.log("conference.opened", name=settings.name, port=room.media.port, settings=settings.changed())
        return room

    def adopt(self, room: Room) -> None:
        """After a restart of control."""
        self._open[room.number] = room

    # -- rooms tell ----------------------------------------------------------------------------------------------

    def ended(self, room: Room) -> None:
        """It lets nobody in any more."""
        if self._open.get(room.number) is room:
            del self._open[room.number]
        self._ending[room.id] = room

    def forget(self, room: Room) -> None:
        self._ending.pop(room.id, None)

    # -- names recorded at entry ---------------------------------------------------------------------------------

    def clip_path(self) -> Path:
        """Where to record the next name."""
        self._clips += 1
        folder = self._control.settings.recordings / CLIPS
        return folder / f"{os.getpid()}-{self._control.clock.wall_ns()}-{self._clips}.wav"

    @staticmethod
    def drop_clip(party: Party) -> None:
        """The name of one who has gone is needed no more."""
        if party.clip_is_ours and party.name_clip:
            with contextlib.suppress(OSError):  # a folder that is not to be written any more does no harm here
                os.unlink(party.name_clip)
        party.name_clip = ""

    # -- the end -------------------------------------------------------------------------------------------------

    def media_lost(self) -> None:
        """The media engine is gone, and with it all rooms."""
        for room in self:
            room.end("lost")

    async def all_closed(self, seconds: float) -> bool:
        """Wait until every room that is ending has its last event; whether that was so in time."""
        waiting = [room.closed for room in self._ending.values()]
        if waiting and seconds > 0:
            await asyncio.wait(waiting, timeout=seconds)
        return not self._ending


def _role_of_pin(settings: RoomSettings, role: str, pin: str) -> str:
    """The role that a PIN gives. WrongPinError."""
    if settings.leader_pin and hmac.compare_digest(pin.encode(), settings.leader_pin.encode()):
        return "leader" if role in ("talk", "leader") else role
    if role == "leader" and settings.leader_pin:
        raise WrongPinError(f"not the PIN of the leaders of conference {settings.number}")
    if settings.pin and not hmac.compare_digest(pin.encode(), settings.pin.encode()):
        raise WrongPinError(f"not the PIN of conference {settings.number}")
    return role
