"""`Background`: a sound under a talk or a flow, lowered while a prompt is played or a party speaks.

It is a player that goes round its list, heard by every leg that has answered over a crosspoint of its own; lowering is this crosspoint's gain, a
little each time, so that nothing is heard to jump. Recordings are left without it: they are to be understood.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from xunhu.call.media import Job
from xunhu.call.media_level import Voice

if TYPE_CHECKING:
    from xunhu.call.call import Call
    from xunhu.call.leg import Leg

_DOWN_DB, _UP_DB = 3.0, 1.0  # a step
_DOWN_S, _UP_S = 0.02, 0.04  # from step to step: 12 dB down in 80 ms, up in half a second
_HOLD_S = 0.6  # a pause between two words does not raise it


class Background:
    """gain_db: of the sound as it is; duck_db: by so much it is lowered, 0 never. MediaFullError; ValueError for an empty list."""

    def __init__(self, call: Call, files: Sequence[str], gain_db: float, duck_db: float) -> None:
        self._call = call
        self._high, self._low = gain_db, gain_db - duck_db
        self._gain = gain_db
        self._legs: list[Leg] = []
        self._over: set[Job] = set()  # prompts that are played now
        self._speaking: set[str] = set()  # legs
        self._timer: asyncio.TimerHandle | None = None
        self._job = call.control.media.play(files, loop=True)
        self._job.done.add_done_callback(lambda done: self._ended(done.result().failed, done.result().error))
        for leg in call.open_legs():
            self.join(leg)

    @property
    def port(self) -> int:
        return self._job.port

    def join(self, leg: Leg) -> None:
        """Who has answered hears it, and lowers it by speaking."""
        if not leg.answered or leg.port is None or leg in self._legs or self._job.closed:
            return
        self._legs.append(leg)
        leg.hear(self._job.port, self._gain)
        if self._low < self._high and self._call.control.media.engine is not None:
            self._call.control.media.watch_voice(leg.port, lambda voice: self._voice(leg, voice))

    def prompt(self, job: Job) -> None:
        """A prompt or another sound is played to a leg: lowered until it has ended."""
        self._over.add(job)
        job.done.add_done_callback(lambda _done: self._prompt_ended(job))
        self._move()

    def _prompt_ended(self, job: Job) -> None:
        self._over.discard(job)
        self._hold()

    def _voice(self, leg: Leg, voice: Voice) -> None:
        if voice.speaks and leg.open:
            self._speaking.add(leg.name)
            self._move()
        else:
            self._speaking.discard(leg.name)
            self._hold()

    def gone(self, leg: Leg) -> None:
        """It speaks no more."""
        if leg in self._legs:
            self._legs.remove(leg)
            self._speaking.discard(leg.name)
            self._hold()

    # -- the gain ------------------------------------------------------------------------------------------------

    def _hold(self) -> None:
        if not self._over and not self._speaking:
            self._later(_HOLD_S)

    def _later(self, seconds: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if self._job.closed else self._call.control.loop.call_later(seconds, self._move)

    def _move(self) -> None:
        """One step to where it should be."""
        lowered = bool(self._over or self._speaking)
        goal = self._low if lowered else self._high
        if self._gain == goal:
            return
        self._gain = max(goal, self._gain - _DOWN_DB) if lowered else min(goal, self._gain + _UP_DB)
        for leg in self._legs:
            leg.hear(self._job.port, self._gain)
        if self._gain != goal:
            self._later(_DOWN_S if lowered else _UP_S)

    # -- the end -------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        """Harmless as often as one likes."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        for leg in self._legs:
            if leg.port is not None and leg.open:
                leg.unhear(self._job.port)
                if self._call.control.media.engine is not None:
                    self._call.control.media.watch_voice(leg.port, None)
        self._legs.clear()
        self._job.stop()

    def _ended(self, failed: bool, error: int) -> None:
        if failed and not self._call.ending:
            self._call.note(f"the background sound cannot be played: {os.strerror(error)}")
            self.stop()


def set_background(call: Call, files: Sequence[str], gain_db: float | None = None, duck_db: float | None = None) -> None:
    """Another background sound for a call, no files: none. gain_db, duck_db: None as the site says. MediaFullError."""
    settings = call.control.settings
    before, call.background = call.background, None
    if before is not None:
        before.stop()
    if files and not call.ending:
        gain = settings.background_gain_db if gain_db is None else gain_db
        call.background = Background(call, files, gain, settings.background_duck_db if duck_db is None else duck_db)
        call.log("call.background", files=list(files))
    elif before is not None:
        call.log("call.background", files=[])
