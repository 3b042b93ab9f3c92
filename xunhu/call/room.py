"""`Room`: a conference room from the first who comes in to the last who leaves.

It has one conference of the media engine and a `Party` for each who is in it. Whatever ends it (a leader, an operator, the last one's
leaving, the engine's end) goes through `end` once: every party is told why, music, prompts and recorder stop, and when the engine has closed
the conference and the recording is whole `conference.closed` is written, as the last event. A room that is ending lets nobody in;
who dials its number meanwhile is the first of a new one.

Events in the ledger. Under the room's own id: conference.opened, .begun (a leader has come), .floor, .locked, .recording, .closed, rec.start,
rec.end. Under the call's: conference.joined, .changed, .left, .refused.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from xunhu.call.errors import NoSuchRoomError, NotPossibleError, RoomFullError, RoomLockedError
from xunhu.call.media_conference import MediaConference
from xunhu.call.recording import CallRecorder
from xunhu.call.room_commands import obey
from xunhu.call.room_party import Party
from xunhu.call.room_settings import MOST_LISTENERS, RoomSettings
from xunhu.call.room_sound import RoomSound

if TYPE_CHECKING:
    from xunhu.call.control import CallControl
    from xunhu.call.leg import Leg

FLOOR_EVERY_MS = 500
FLOOR_LOG_S = 2.0  # at most so often into the ledger
WATCH_S = 10.0


class Room:
    """See the module's text. Made by `Rooms`. port: that of a conference which has been open in the engine since before a restart of control."""

    def __init__(self, control: CallControl, room_id: str, settings: RoomSettings, *, port: int | None = None) -> None:
        self.control = control
        self.id = room_id
        self.number = settings.number
        self.settings = settings
        self.parties: dict[str, Party] = {}
        self.roles: Counter[str] = Counter()  # how many of each are there
        self.locked = settings.locked
        self.begun = not settings.wait_for_leader
        self.floor: Party | None = None
        self.speakers = 0
        self.ending = False
        self.why = ""
        self.opened_ns = control.clock.wall_ns()
        self.closed: asyncio.Future[None] = control.loop.create_future()
        self.members_made = 0
        self.most = 0
        self._by_port: dict[int, Party] = {}
        self._by = ""
        self._floor_timer: asyncio.TimerHandle | None = None
        self._floor_told: tuple[str, int] = ("", 0)
        self._floor_at = -FLOOR_LOG_S
        self._watch_timer: asyncio.TimerHandle | None = None
        self.media = MediaConference(
            control.media,
            loudest=settings.loudest,
            on_floor=self._on_floor,
            every_ms=FLOOR_EVERY_MS,
            hold_keys=True,
            adopt=port,
        )
        self.media.done.add_done_callback(lambda _ended: self._media_over())
        self.sound = RoomSound(self)
        self.recorder: CallRecorder | None = None
        self.recordings: list[str] = []

    def log(self, kind: str, *, party: str = "", **data: Any) -> None:
        self.control.ledger.append(kind, call=self.id, party=party, room=self.number, **data)

    def note(self, text: str) -> None:
        self.log("conference.note", text=text)

    # -- who is there --------------------------------------------------------------------------------------------

    def party(self, number: str) -> Party:
        """NoSuchRoomError."""
        found = self.parties.get(number)
        if found is None:
            raise NoSuchRoomError(f"nobody in conference {self.number} has the number {number}")
        return found

    @property
    def talkers(self) -> int:
        """How many have a role in which they talk to all."""
        return self.roles["talk"] + self.roles["leader"]

    def check(self, role: str) -> str:
        """The role in which somebody would be let in now. RoomLockedError, RoomFullError."""
        if self.locked and role not in ("leader", "whisper"):
            raise RoomLockedError(f"conference {self.number} is locked")
        if len(self.parties) >= self.settings.max_parties:
            raise RoomFullError(f"conference {self.number} has {len(self.parties)} parties, as many as it may")
        if role in ("talk", "leader") and self.talkers >= self.settings.max_talkers:
            if role == "leader" or self.settings.when_full == "refuse":
                raise RoomFullError(f"in conference {self.number} {self.settings.max_talkers} talk, as many as may")
            role = "listen"
        if role in ("listen", "whisper") and len(self.parties) - self.talkers >= MOST_LISTENERS:
            raise RoomFullError(f"in conference {self.number} {MOST_LISTENERS} listen, as many as can")
        return role

    def enter(self, leg: Leg, role: str, *, to: Party | None, name_clip: str, clip_is_ours: bool, language: str) -> Party:
        """The leg is one that talks with nobody; see `Rooms.enter`."""
        role = self.check(role)
        self.members_made += 1
        party = Party(self, str(self.members_made), leg, role)
        party.to = to if role == "whisper" else None
        party.name_clip, party.clip_is_ours = name_clip, clip_is_ours
        party.language = language or self.settings.language
        party.muted = self.settings.muted and role == "talk"
        party.muted_by = "entry" if party.muted else ""
        self.take_in(party)
        party.log(
            "conference.joined", leg=leg.name, port=party.port, clip=name_clip, clip_is_ours=clip_is_ours, language=party.language, **party.state()
        )
        party.take_keys()
        if party.may_talk and self.begun and len(self.parties) > 1:
            if name_clip:
                self._announce(party, "conf-joined")
            elif self.settings.entry_tone:
                self.sound.tone(True)
        if party.is_leader:
            self.begin()
        self._sounds()
        if self.settings.record and self.begun:
            self.record(True, "settings")
        return party

    def take_in(self, party: Party) -> None:
        self.parties[party.number] = party
        self.roles[party.role] += 1
        self._by_port[party.port] = party
        self.most = max(self.most, len(self.parties))
        party.leg.seat = party
        party.apply()
        recorder = party.leg.call.recorder
        if recorder.active and self.media.port >= 0:
            recorder.add(self.media.port, 1)
        if self.recorder is not None and self.recorder.active:
            party.recordings.append(self.recorder.path)

    def begin(self) -> None:
        """A leader is there: who has waited for it talks from now on."""
        if self.begun:
            return
        self.begun = True
        self.log("conference.begun")
        self.sound.music(False)
        for party in self.parties.values():
            party.apply()
        if self.settings.record:
            self.record(True, "settings")

    def _announce(self, party: Party, stem: str) -> None:
        """Its name, and what it does. The clip of one who leaves goes when it has been heard."""
        files = [party.name_clip, *self.control.prompt_files((stem,), self.settings.language)]
        after = None if party.here else (lambda: self.control.rooms.drop_clip(party))
        self.sound.play(files, after)

    def _sounds(self) -> None:
        """Music for one who is alone, and for those who wait."""
        self.sound.music(self.settings.music and bool(self.parties) and (not self.begun or len(self.parties) == 1))

    def leave(self, party: Party, why: str, by: str = "") -> None:
        """Take a party out; nothing for who is out already. why: one of room_party.LEFT."""
        if not party.here:
            return
        del self.parties[party.number]
        self.roles[party.role] -= 1
        del self._by_port[party.port]
        self.media.leave(party.port)
        self._out(party, why, by)
        for other in self.parties.values() if self.roles["whisper"] else ():
            if other.to is party:
                other.set_role("whisper", None)
        if self.floor is party:
            self.floor = None
        over = "" if self.parties else "empty"
        if party.is_leader and not self.roles["leader"] and self.settings.end_with_leader:
            over = over or "the leader has left"
        if over:
            self.end(over)
        if self.ending or not (party.may_talk and self.begun and party.name_clip):
            self.control.rooms.drop_clip(party)
        if self.ending:
            return
        if party.name_clip:
            self._announce(party, "conf-left")
        elif party.may_talk and self.begun and self.settings.entry_tone:
            self.sound.tone(False)
        self._sounds()

    def _out(self, party: Party, why: str, by: str) -> None:
        recorder = party.leg.call.recorder
        if recorder.active and self.media.port >= 0:
            recorder.drop(self.media.port)
        seconds = round((self.control.clock.wall_ns() - party.since_ns) / 1e9, 3)
        by_whom = {"by": by} if by else {}
        party.log("conference.left", why=why, seconds=seconds, recordings=party.recordings, **by_whom)
        party.gone(why)

    # -- what leaders and operators do; by: number of the leader, "operator" ------------------------------------------

    def command(self, party: Party, action: str) -> None:
        """A command by keys, one of room_settings.ACTIONS."""
        obey(self, party, action)

    def lock(self, on: bool, by: str) -> None:
        if self.locked != on:
            self.locked = on
            self.log("conference.locked", on=on, by=by)

    def mute_all(self, on: bool, by: str) -> None:
        """All who talk, leaders excepted."""
        for party in self.parties.values():
            if party.role == "talk":
                party.mute(on, by)

    def remove(self, party: Party, by: str) -> None:
        self.leave(party, "removed", by)

    def set_loudest(self, count: int, by: str) -> None:
        """So many voices are heard; 0 all."""
        self.media.set_loudest(count)
        self.log("conference.loudest", count=count, by=by)

    def set_role(self, party: Party, role: str, by: str, to: Party | None = None) -> None:
        """ValueError (Party.set_role), RoomFullError: as many talk as may, NotPossibleError: it is no longer there."""
        if not party.here:
            raise NotPossibleError(f"party {party.number} has left conference {self.number}")
        if role in ("talk", "leader") and not party.may_talk and self.talkers >= self.settings.max_talkers:
            raise RoomFullError(f"in conference {self.number} {self.settings.max_talkers} talk, as many as may")
        party.set_role(role, to, by)
        if party.is_leader:
            self.begin()
            self._sounds()

    def record(self, on: bool, by: str) -> bool:
        """Begin or end a recording; whether one goes on now."""
        active = self.recorder is not None and self.recorder.active
        if on and not active and not self.ending:
            path = self.control.recording_path(f"{self.id}-{self.number}" + (f"-{len(self.recordings) + 1}" if self.recordings else ""))
            recorder = self.new_recorder()
            if recorder.start(path):
                self.recorder = recorder
                self.recordings.append(recorder.path)
                for party in self.parties.values():
                    party.recordings.append(recorder.path)
                recorder.add(self.media.port, 0)
                self.log("conference.recording", on=True, by=by, path=recorder.path)
        elif not on and active:
            assert self.recorder is not None
            self.recorder.stop()
            self.log("conference.recording", on=False, by=by, path=self.recorder.path)
        return self.recording

    @property
    def recording(self) -> bool:
        return self.recorder is not None and self.recorder.goes_on

    def new_recorder(self) -> CallRecorder:
        return CallRecorder(self, self._check_closed, what="conference", tracks=1)

    def taken_over(self) -> None:
        """After a restart of control all its parties are in again."""
        self.note("taken over after a restart of control")
        self._sounds()

    def play(self, files: Sequence[str]) -> None:
        """Let all hear files, after what they are being told already."""
        self.sound.play(files)

    # -- who speaks ----------------------------------------------------------------------------------------------

    def _on_floor(self, port: int | None, speakers: int) -> None:
        self.floor = self._by_port.get(port) if port is not None else None
        self.speakers = speakers
        if self._floor_timer is None and not self.ending:
            wait = self._floor_at + FLOOR_LOG_S - self.control.loop.time()
            if wait <= 0:
                self._tell_floor()
            else:
                self._floor_timer = self.control.loop.call_later(wait, self._tell_floor)

    def _tell_floor(self) -> None:
        self._floor_timer = None
        member = self.floor.number if self.floor is not None else ""
        if self.ending or self._floor_told[0] == member:
            return
        self._floor_told = (member, self.speakers)
        self._floor_at = self.control.loop.time()
        self.log(
            "conference.floor",
            party=self.floor.leg.party if self.floor is not None else "",
            member=member,
            speakers=self.speakers,
        )

    def watch(self) -> None:
        """Somebody looks at who speaks: `Party.speaks` is right from a moment after this on, for WATCH_S."""
        if self.ending:
            return
        if self._watch_timer is None:
            self.media.watch_talk(self._on_talk)
        else:
            self._watch_timer.cancel()
        self._watch_timer = self.control.loop.call_later(WATCH_S, self._unwatch)

    def _unwatch(self) -> None:
        self._watch_timer = None
        self.media.watch_talk(None)
        for party in self.parties.values():
            party.speaks = False

    def _on_talk(self, port: int, speaks: bool) -> None:
        party = self._by_port.get(port)
        if party is not None:
            party.speaks = speaks

    # -- the end -------------------------------------------------------------------------------------------------

    def end(self, why: str, by: str = "") -> None:
        """End it; only the first one counts."""
        if self.ending:
            return
        self.ending = True
        self.why, self._by = why, by
        for timer in (self._floor_timer, self._watch_timer):
            if timer is not None:
                timer.cancel()
        self._floor_timer = self._watch_timer = None
        self.control.rooms.ended(self)
        self.sound.close()
        if self.recorder is not None:
            self.recorder.stop()
        self.media.stop()  # with it all its crosspoints go
        parties, self.parties = list(self.parties.values()), {}
        self.roles.clear()
        self._by_port.clear()
        self.floor = None
        for party in parties:
            self._out(party, "lost" if why == "lost" else "ended", by)
            self.control.rooms.drop_clip(party)
        self._check_closed()

    def _media_over(self) -> None:
        if not self.ending:
            self.end("lost")
        self._check_closed()

    def _check_closed(self) -> None:
        if not self.ending or self.closed.done() or not self.media.done.done():
            return
        if self.recorder is not None and self.recorder.active:
            return
        by = {"by": self._by} if self._by else {}
        seconds = round((self.control.clock.wall_ns() - self.opened_ns) / 1e9, 3)
        self.log("conference.closed", why=self.why, seconds=seconds, parties=self.members_made, most=self.most, **by)
        self.closed.set_result(None)
        self.control.rooms.forget(self)
