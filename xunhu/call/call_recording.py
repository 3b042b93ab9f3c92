"""`CallRecording`: the recorder of a call as operators, services and flows command it.

It may be stopped and begun anew (a file each), and what is said may be hidden from it: "mask" puts silence in its place, "pause" leaves it out. While
something is hidden the keys that are pressed are hidden too, from the ledger as well: they are the number of a card. With pre-roll the
last seconds of every answered call are kept, and a recording that is begun later begins with them.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from xunhu._media.tone_tables import cadence
from xunhu.call.errors import NotPossibleError
from xunhu.call.media import Job, MediaFullError
from xunhu.call.media_record import RecordOptions
from xunhu.call.recording import CallRecorder

if TYPE_CHECKING:
    from xunhu.call.call import Call
    from xunhu.call.leg import Leg

#: what may be asked for (`CallRecording.act`)
ACTIONS = ("start", "stop", "mask", "pause")
HIDDEN_KEY = "-"  # in the ledger, in the place of a key
_WARNING = cadence(1400.0, 260, level=-20.0)


@dataclass(frozen=True, slots=True)
class RecordingInfo:
    """state: "recording", "mask" or "pause" (hidden meanwhile), "armed" (pre-roll is kept), "none"; path and seconds: of the file that is being made,
    else of the last one."""

    call: str
    state: str
    path: str
    seconds: float


class CallRecording(CallRecorder):
    """hidden: "", "mask" or "pause"."""

    def __init__(self, call: Call, finished: Callable[[], None]) -> None:
        super().__init__(call, finished)
        self._of = call
        self._armed: Job | None = None
        self._beep: asyncio.TimerHandle | None = None
        self._seconds = 0.0
        self.hidden = ""

    # -- beginning -----------------------------------------------------------------------------------------------

    def begin(self) -> bool:
        """A new file, with all that is heard now; with pre-roll it begins with what was before. False: not started; the call has a note of it."""
        path = _free(self._of.control.recording_path(self._of.id))
        armed, self._armed = self._armed, None
        if armed is not None and not armed.done.done():
            try:
                os.makedirs(path.parent, exist_ok=True)
            except OSError as error:
                armed.stop()
                self._of.control.alarm("error", f"call {self._of.id} is not recorded: {error}", self._of.id)
                return False
            armed.begin(str(path))
            self._run(path, armed)
            self._of.log("rec.start", path=self.path, tracks=2, port=armed.port)
        elif not self.start(path):
            return False
        else:
            self._add_all()
        if self.hidden:
            self._hide()
            self._of.log("rec.mask", on=True, how=self.hidden, at=0.0, path=self.path)
        self._warn()
        return True

    def arm(self) -> None:
        """Keep the last seconds. Nothing where the site wants no pre-roll."""
        if self.active or self._armed is not None or not self._of.control.settings.recording_preroll_s:
            return
        options = replace(self._options(), preroll_s=self._of.control.settings.recording_preroll_s)
        try:
            self._armed = self._of.control.media.arm(options)
        except (MediaFullError, ValueError) as error:
            self._of.note(f"no pre-roll is kept: {error}")
            return
        self._add_all()
        if self.hidden:
            self._hide()

    def _options(self) -> RecordOptions:
        settings = self._of.control.settings
        return replace(super()._options(), longest_s=settings.recording_longest_s, silence_s=settings.recording_silence_s)

    # -- what is recorded ----------------------------------------------------------------------------------------

    def _add_all(self) -> None:
        """The legs, and what the caller is given that is no leg."""
        ports = {leg.port for leg in self._of.legs.values()}
        if self._of.background is not None:
            ports.add(self._of.background.port)  # recordings are to be understood
        for leg in self._of.legs.values():
            self.add_leg(leg)
            if leg.track == 0 and leg.open:
                for source in leg.sources:
                    if source not in ports:
                        self.add(source, 1)

    def add_leg(self, leg: Leg) -> None:
        if leg.answered and leg.port is not None:
            self.add(leg.port, leg.track)

    def add(self, port: int, track: int) -> None:
        if self._armed is not None and not self._armed.done.done():
            self._of.control.media.connect(port, self._armed.port, track=track)
        elif self.active:
            super().add(port, track)

    def hide(self, how: str) -> None:
        """ "mask" or "pause", "" no more; the call's log says from when to when, and where that is in the recording."""
        if how == self.hidden:
            return
        self.hidden = how
        self._hide()
        if self.active:
            self._of.log("rec.mask", on=bool(how), how=how, at=self.seconds, path=self.path)
        else:
            self._of.log("rec.mask", on=bool(how), how=how)

    def _hide(self) -> None:
        for job in (self._job if self.active else None, self._armed):
            if job is not None:
                {"mask": job.mask, "pause": job.leave_out, "": job.unmask}[self.hidden]()

    @property
    def seconds(self) -> float:
        """Of the file that is being made, else of the last one."""
        now = self._job.recorded_s if self.active and self._job is not None else 0.0
        return round(now or self._seconds, 2)

    def _warn(self) -> None:
        """The tone that tells the parties that they are recorded, where the site wants one: at the beginning and every so often."""
        every = self._of.control.settings.recording_beep_s
        if not every or not self.active:
            return
        try:
            job = self._of.control.media.tone(_WARNING, repeats=1)
        except MediaFullError as error:
            self._of.note(f"no tone of being recorded: {error}")
        else:
            for leg in self._of.legs.values():
                if leg.answered and leg.port is not None:
                    job.feed(leg.port)
        self._beep = self._of.control.loop.call_later(every, self._warn)

    # -- what may be asked for -------------------------------------------------------------------------------------

    def act(self, what: str, on: bool = True) -> RecordingInfo:
        """What an operator, a service or a flow may want: one of ACTIONS, of mask and pause also its end. NotPossibleError."""
        call = self._of
        if what == "start":
            self._start(call)
        elif what == "stop":
            if not self.goes_on:
                raise NotPossibleError(f"call {call.id} is not being recorded")
            call.record = False
            self.stop()
        elif what in ("mask", "pause"):
            self.hide(what if on else "")
        else:
            raise NotPossibleError(f"{what!r}: one of {', '.join(ACTIONS)}")
        return self.info

    def _start(self, call: Call) -> None:
        if self.active:
            raise NotPossibleError(f"call {call.id} is being recorded already")
        if call.ending:
            raise NotPossibleError(f"call {call.id} has ended")
        call.record = True  # one that is not answered yet is recorded from its answer on
        if call.answered and not self.begin():
            raise NotPossibleError(f"call {call.id} cannot be recorded; xunhu status says why")

    @property
    def info(self) -> RecordingInfo:
        state = "armed" if self._armed is not None else "none"
        if self.goes_on:
            state = self.hidden or "recording"
        return RecordingInfo(self._of.id, state, self.path, self.seconds)

    # -- ending ----------------------------------------------------------------------------------------------------

    def stop(self) -> None:
        if self._armed is not None:
            self._armed.stop()
            self._armed = None
        if self.goes_on:
            self._seconds = self.seconds
        super().stop()

    def _finish(self, seconds: float, why: str) -> None:
        self._seconds = seconds
        if self._beep is not None:
            self._beep.cancel()
            self._beep = None
        super()._finish(seconds, why)


def _free(path: Path) -> Path:
    """CALL.wav, then CALL-2.wav: what is there is never overwritten."""
    number, free = 1, path
    while free.exists():
        number += 1
        free = path.with_name(f"{path.name.removesuffix(path.suffix)}-{number}{path.suffix}")
    return free
