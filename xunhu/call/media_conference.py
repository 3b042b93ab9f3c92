"""A conference of the media engine as call control uses it: `MediaPlane.open_conference`.

Its members are ports (timeslots of legs, as a rule). What a member contributes and whether it hears is kept here, so that a mute or another
gain is one command. Everything said to a conference that has ended comes to nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from xunhu._media import engine as en
from xunhu.call.media_level import agc as to_target

if TYPE_CHECKING:
    import asyncio

    from xunhu.call.media import Ended, Job, MediaPlane

OnFloor = Callable[[int | None, int], None]  # port of who has the floor, None nobody; how many speak
OnTalk = Callable[[int, bool], None]  # port of a member, whether it speaks now

SILENT_DB = -math.inf


@dataclass(slots=True)
class MediaMember:
    """gain_db: of what it says; hear_db: of what it hears; agc: what it says comes at this level first (dBm0), None: as its line has it."""

    gain_db: float = 0.0
    talk: bool = True
    listen: bool = True
    hear_db: float = 0.0
    talked: bool = False  # there is a crosspoint into the conference, perhaps a silent one
    agc: float | None = None


class MediaConference:
    """See the module's text. `done` comes once, with how it ended; `port` is the engine's, -1 or less where there was none."""

    def __init__(
        self,
        media: MediaPlane,
        *,
        loudest: int = 0,
        on_floor: OnFloor | None = None,
        on_talk: OnTalk | None = None,
        every_ms: int = 0,
        hold_keys: bool = False,
        adopt: int | None = None,
    ) -> None:
        """every_ms: least time between two words of the floor (0: the engine's). hold_keys: members do not hear the keys of others. adopt:
        after a restart of control, the port at which it is open in the engine; whoever is in it has to `join` again."""
        self._media = media
        self._on_floor, self._on_talk = on_floor, on_talk
        self._more = {"every_ms": every_ms, "hold_keys": hold_keys}
        self._adopted = adopt is not None
        self.loudest = loudest
        self.members: dict[int, MediaMember] = {}
        self.floor: int | None = None
        self._job: Job
        if adopt is None:
            self._job = media.begin(en.PORT_CONFERENCE, lambda engine, port: engine.conference(port, **self._options()))
        else:
            self._job = media.adopt_job(adopt, en.PORT_CONFERENCE)
        self._job.on_event = self._heard
        self.port = self._job.port
        self.done: asyncio.Future[Ended] = self._job.done
        if adopt is not None:
            self.set_loudest(loudest)

    def _options(self) -> dict[str, Any]:
        listeners = {"floor": self._on_floor is not None, "talkers": self._on_talk is not None}
        return {"loudest": self.loudest, **listeners, **self._more}

    @property
    def is_open(self) -> bool:
        return not (self._job.closing or self._job.closed) and self.port >= 0

    def set_loudest(self, loudest: int) -> None:
        """So many voices are heard, the loudest; 0 all."""
        self.loudest = loudest
        self._set()

    def watch_talk(self, on_talk: OnTalk | None) -> None:
        """Hear of who begins and ceases to speak, from now on, or no more."""
        if on_talk is not self._on_talk:
            self._on_talk = on_talk
            self._set()

    def _set(self) -> None:
        if self.is_open:
            port, options = self.port, self._options()
            self._media.command(lambda engine: engine.conference_set(port, **options))

    # -- members -------------------------------------------------------------------------------------------------

    def join(
        self,
        port: int,
        gain_db: float = 0.0,
        talk: bool = True,
        listen: bool = True,
        hear_db: float | None = None,
        agc: float | None = None,
    ) -> None:
        """A port becomes a member; of whoever is one already what differs is set. hear_db None: as it was. agc: as long as it is a member, its
        timeslot has an automatic gain to this level of the voice, -40 to -3 dBm0."""
        before = self.members.get(port)
        if hear_db is None:
            hear_db = before.hear_db if before else 0.0
        talked = before.talked if before else False
        now = self.members[port] = MediaMember(gain_db, talk, listen, hear_db, talked, agc)
        if (before.agc if before else None) != agc:
            self._level(port, agc)
        if before is None and self._adopted and not talk and self.is_open:  # it may have talked before the restart
            self._media.disconnect(port, self.port)
        if before is None or (before.gain_db, before.talk) != (now.gain_db, now.talk):
            self._talk(port)
        if before is None or (before.hear_db, before.listen) != (now.hear_db, now.listen):
            self._listen(port)

    def leave(self, port: int) -> None:
        """Nothing for who is no member."""
        member = self.members.pop(port, None)
        if member is not None and member.agc is not None:
            self._level(port, None)
        if member is None or not self.is_open:
            return
        if member.talked:
            self._media.disconnect(port, self.port)
        if member.listen:
            self._media.disconnect(self.port, port)

    def set_talk(self, port: int, on: bool) -> None:
        """Mute a member, or let it speak again; KeyError for who is none."""
        self.members[port].talk = on
        self._talk(port)

    def set_listen(self, port: int, on: bool) -> None:
        self.members[port].listen = on
        self._listen(port)

    def set_gain(self, port: int, gain_db: float) -> None:
        """Of what the member says, up to 18 dB."""
        self.members[port].gain_db = gain_db
        self._talk(port)

    def set_hear_gain(self, port: int, gain_db: float) -> None:
        """Of what the member hears."""
        self.members[port].hear_db = gain_db
        self._listen(port)

    def feed(self, port: int, *, track: int = 0) -> None:
        """Let a port that is no member hear all of it, such as a recorder."""
        if self.is_open:
            self._media.connect(self.port, port, track=track)

    def _talk(self, port: int) -> None:
        """A member that is muted keeps its crosspoint, so that it is faded out and the engine remembers how it speaks."""
        member = self.members[port]
        if not self.is_open or not (member.talk or member.talked):
            return
        member.talked = True
        self._media.connect(port, self.port, gain_db=member.gain_db if member.talk else SILENT_DB)

    def _listen(self, port: int) -> None:
        member = self.members[port]
        if not self.is_open:
            return
        if member.listen:
            self._media.connect(self.port, port, gain_db=member.hear_db)
        else:
            self._media.disconnect(self.port, port)

    def _level(self, port: int, target_dbm0: float | None) -> None:
        """Prompts and other ports of the pool have their level from whoever made them."""
        if port < en.LINE_PORTS:
            self._media.set_level(
                port, rx=self._media.line_level(port)[0] if target_dbm0 is None else to_target(target_dbm0)
            )

    # -- the end -------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """End it; harmless at any time and as often as one likes."""
        for port, member in self.members.items():
            if member.agc is not None:
                self._level(port, None)
        self.members.clear()
        self._job.stop()

    def _heard(self, event: en.Event) -> None:
        if event.type == en.EV_FLOOR:
            self.floor = event.a0 - 1 if event.a0 else None
            if self._on_floor is not None:
                self._on_floor(self.floor, event.a1)
        elif event.type == en.EV_TALK and self._on_talk is not None:
            self._on_talk(event.a0, bool(event.a1))
