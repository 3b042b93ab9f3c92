"""What keys do in a room, and what is said to whoever has pressed them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from xunhu.call.room_settings import ACTIONS
from xunhu.ivr import speak

if TYPE_CHECKING:
    from xunhu.call.room import Room
    from xunhu.call.room_party import Party

NAMES_MOST = 20  # of those who are there, said at once


def count_stems(room: Room, language: str) -> tuple[str, ...]:
    """Prompts that say how many are there."""
    return ("conf-count-before", *speak.number(str(len(room.parties)), language), "conf-count-after")


def _mute(room: Room, party: Party) -> None:
    if party.muted and party.muted_by and not party.is_leader and not room.settings.unmute_self:
        party.say("conf-no-unmute")
        return
    party.mute(not party.muted)
    party.say("conf-muted" if party.muted else "conf-unmuted")


def _deaf(_room: Room, party: Party) -> None:
    party.make_deaf(not party.deaf)
    party.say("conf-deaf" if party.deaf else "conf-undeaf")


def _count(room: Room, party: Party) -> None:
    party.say(*count_stems(room, party.language))


def _names(room: Room, party: Party) -> None:
    clips = [other.name_clip for other in room.parties.values() if other.name_clip][:NAMES_MOST]
    files = [*room.control.prompt_files(count_stems(room, party.language), party.language), *clips]
    if files:
        party.play(files)


def _leave(room: Room, party: Party) -> None:
    room.leave(party, "left")


def _lock(on: bool) -> Callable[[Room, Party], None]:
    def act(room: Room, party: Party) -> None:
        room.lock(on, party.number)
        party.say("conf-now-locked" if on else "conf-now-unlocked")

    return act


def _mute_all(on: bool) -> Callable[[Room, Party], None]:
    def act(room: Room, party: Party) -> None:
        room.mute_all(on, party.number)
        room.sound.say("conf-all-muted" if on else "conf-all-unmuted")

    return act


def _remove_last(room: Room, party: Party) -> None:
    last = next((other for other in reversed(room.parties.values()) if not other.is_leader and other.role != "whisper"), None)
    if last is not None:
        room.remove(last, party.number)
        if party.here:
            party.say("conf-last-removed")


def _record(room: Room, party: Party) -> None:
    before = room.recording
    if room.record(not before, party.number) != before:
        room.sound.say("conf-recording-off" if before else "conf-recording-on")
    else:
        party.say("conf-no-recording")


def _end(room: Room, party: Party) -> None:
    room.end("by a leader", party.number)


_ACTS: Mapping[str, Callable[[Room, Party], None]] = {
    "mute": _mute,
    "deaf": _deaf,
    "count": _count,
    "names": _names,
    "leave": _leave,
    "lock": _lock(True),
    "unlock": _lock(False),
    "mute-all": _mute_all(True),
    "unmute-all": _mute_all(False),
    "remove-last": _remove_last,
    "record": _record,
    "end": _end,
}


def obey(room: Room, party: Party, action: str) -> None:
    """Do what a party's keys ask for, if it may."""
    if ACTIONS[action] and not party.is_leader:
        party.say("conf-leaders-only")
    elif action in _ACTS:
        _ACTS[action](room, party)
    else:
        party.step(action)
