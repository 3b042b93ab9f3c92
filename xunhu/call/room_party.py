"""`Party`: one who is in a conference room. It is one leg of a call, which stays what it was: when the leg goes, the party leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from xunhu.call.media import Job, MediaFullError
from xunhu.call.room_settings import GAIN_LEAST_DB, GAIN_MOST_DB, GAIN_STEP_DB, ROLES, KeyCommands

if TYPE_CHECKING:
    from collections.abc import Callable

    from xunhu.call.leg import Leg
    from xunhu.call.rooms import Room

KEYS_WAIT_S = 3.0  # after so long without a key a command that was begun is forgotten

#: why a party is in the room no longer: it hung up, by key, removed, the room has ended, talks with somebody else, engine lost
LEFT = ("hung-up", "left", "removed", "ended", "moved", "lost")


class Party:
    """See the module's text. number: in the order of coming in, from "1". done: why it left, one of LEFT. role: one of ROLES; of a whisperer
    `to` is who hears it (None: nobody). speaks is known while somebody watches the room (`Room.watch`)."""

    def __init__(self, room: Room, number: str, leg: Leg, role: str) -> None:
        self.room = room
        self.number = number
        self.leg = leg
        self.role = role
        self.since_ns = room.control.clock.wall_ns()
        self.muted = False
        self.muted_by = ""
        self.deaf = False
        self.gain_db = 0.0
        self.hear_db = 0.0
        self.to: Party | None = None
        self.speaks = False
        self.name_clip = ""
        self.clip_is_ours = False
        self.language = room.settings.language
        self.recordings: list[str] = []
        self.done: asyncio.Future[str] = room.control.loop.create_future()
        assert leg.port is not None
        self.port: int = leg.port
        self._commands = KeyCommands(room.settings.keys)
        self._timer: asyncio.TimerHandle | None = None
        self._prompt: Job | None = None
        self._key_before: Callable[[], None] | None = None
        self._has_keys = False

    @property
    def here(self) -> bool:
        return not self.done.done()

    @property
    def is_leader(self) -> bool:
        return self.role == "leader"

    @property
    def may_talk(self) -> bool:
        """Whether its role is to talk to all."""
        return self.role in ("talk", "leader")

    @property
    def talks(self) -> bool:
        """Whether all hear it now."""
        return self.may_talk and not self.muted and self.room.begun

    # -- what is asked of it -------------------------------------------------------------------------------------

    def apply(self) -> None:
        """Make the engine as it is here."""
        agc = self.room.settings.agc or None
        self.room.media.join(self.port, self.gain_db, self.talks, not self.deaf, self.hear_db, agc)
        if self.role == "whisper" and self.to is not None and not self.muted:
            self.room.control.media.connect(self.port, self.to.port, gain_db=self.gain_db)

    def _whispers_no_more(self) -> None:
        if self.role == "whisper" and self.to is not None:
            self.room.control.media.disconnect(self.port, self.to.port)

    def mute(self, on: bool, by: str = "") -> None:
        """by: "" itself, else a leader's number or "operator"."""
        if (self.muted, self.muted_by) != (on, by if on else ""):
            self.muted, self.muted_by = on, by if on else ""
            if on:
                self._whispers_no_more()
            self._changed(by)

    def make_deaf(self, on: bool, by: str = "") -> None:
        if self.deaf != on:
            self.deaf = on
            self._changed(by)

    def set_gain(self, db: float, by: str = "") -> None:
        """Of what it says. ValueError: outside GAIN_LEAST_DB to GAIN_MOST_DB."""
        self.gain_db = _gain(db)
        self._changed(by)

    def set_hear_gain(self, db: float, by: str = "") -> None:
        """Of what it hears. ValueError."""
        self.hear_db = _gain(db)
        self._changed(by)

    def set_role(self, role: str, to: Party | None = None, by: str = "") -> None:
        """to: whom a whisperer speaks to. ValueError: no such role, or it would whisper to itself. What the room makes of it:
        `Room.set_role`."""
        if role not in ROLES:
            raise ValueError(f"role {role!r}: one of {', '.join(ROLES)}")
        if to is self or (to is not None and (role != "whisper" or to.room is not self.room or not to.here)):
            raise ValueError("somebody whispers to another one of the same room")
        self._whispers_no_more()
        self.room.roles[self.role] -= 1
        self.room.roles[role] += 1
        self.role, self.to = role, to
        self._changed(by)

    def _changed(self, by: str) -> None:
        self.apply()
        self.log("conference.changed", by=by, **self.state())

    def state(self) -> dict[str, Any]:
        """What `restore` needs."""
        return {
            "role": self.role,
            "muted": self.muted,
            "muted_by": self.muted_by,
            "deaf": self.deaf,
            "gain_db": self.gain_db,
            "hear_db": self.hear_db,
            "to": self.to.number if self.to is not None else "",
        }

    def restore(self, state: dict[str, Any]) -> None:
        """After a restart of control; `to` is for the room to find."""
        self.role = str(state.get("role", self.role))
        self.muted, self.muted_by = bool(state.get("muted")), str(state.get("muted_by", ""))
        self.deaf = bool(state.get("deaf"))
        self.gain_db, self.hear_db = float(state.get("gain_db", 0.0)), float(state.get("hear_db", 0.0))

    def log(self, kind: str, **data: Any) -> None:
        """Into the ledger, among the events of the call."""
        self.leg.call.log(
            kind, party=self.leg.party, conference=self.room.id, room=self.room.number, member=self.number, **data
        )

    # -- what it hears alone -------------------------------------------------------------------------------------

    def say(self, *stems: str) -> None:
        """Prompts to this party alone, in the place of what it is being told."""
        files = self.room.control.prompt_files(stems, self.language)
        if files:
            self.play(files)

    def play(self, files: Sequence[str]) -> None:
        if not self.here:
            return
        self._quiet()
        try:
            self._prompt = self.leg.call.control.media.play(files)
        except (MediaFullError, ValueError) as error:
            self.leg.call.note(f"no prompt for leg {self.leg.name}: {error}")
            return
        self.leg.call.feed(self.leg, self._prompt)

    def _quiet(self) -> None:
        prompt, self._prompt = self._prompt, None
        if prompt is not None:
            prompt.stop()

    # -- keys ----------------------------------------------------------------------------------------------------

    def take_keys(self) -> None:
        """From now on its keys are commands, until it leaves."""
        if self.here:
            if not self._has_keys:
                self._key_before, self._has_keys = self.leg.on_key, True
            self.leg.keys.clear()
            self.leg.on_key = self._key

    def _key(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self.room.control.loop.call_later(KEYS_WAIT_S, self._commands.reset)
        while self.leg.keys and self.here:
            action = self._commands.key(self.leg.keys.popleft())
            if action:
                self.room.command(self, action)

    def step(self, action: str) -> None:
        """hear-softer, hear-louder, talk-softer, talk-louder: one step."""
        what, _, way = action.partition("-")
        before = self.hear_db if what == "hear" else self.gain_db
        db = min(max(before + (GAIN_STEP_DB if way == "louder" else -GAIN_STEP_DB), GAIN_LEAST_DB), GAIN_MOST_DB)
        (self.set_hear_gain if what == "hear" else self.set_gain)(db)

    # -- the end -------------------------------------------------------------------------------------------------

    def gone(self, why: str) -> None:
        """For the room, which has taken it from its list: nothing of it stays."""
        if self._timer is not None:
            self._timer.cancel()
        self._quiet()
        if self._has_keys:
            self.leg.on_key = self._key_before
            self.leg.keys.clear()
        if self.leg.seat is self:
            self.leg.seat = None
        self._whispers_no_more()
        self.done.set_result(why)


def _gain(db: float) -> float:
    if not GAIN_LEAST_DB <= db <= GAIN_MOST_DB:
        raise ValueError(f"a gain is {GAIN_LEAST_DB:g} to {GAIN_MOST_DB:g} dB, not {db}")
    return float(db)
