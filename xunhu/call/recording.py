"""`CallRecorder`: records a call, never a channel.

One file a call, two tracks: left what the caller says, right what the caller is given: the other parties, prompts,
music. It goes on over hold and transfer, and ends with the call. Whatever fails here hurts the call in nothing: it ends the recording
and says so. A conference room is recorded in the same way, on one track.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from xunhu._media import engine as en
from xunhu.call.media import Ended, Job, MediaFullError
from xunhu.call.media_record import RecordOptions

if TYPE_CHECKING:
    from xunhu.call.control import CallControl

_END_WAIT_S = 5.0  # the engine itself gives a file up after 4 s
_WHY = {en.END_STOPPED: "stopped", en.END_DONE: "stopped", en.END_LONGEST: "longest", en.END_SILENCE: "silence"}


class Recorded(Protocol):
    """Who is recorded: a `Call`, a `Room`."""

    @property
    def control(self) -> CallControl: ...
    @property
    def id(self) -> str: ...
    def log(self, kind: str, *, party: str = "", **data: Any) -> None: ...


class CallRecorder:
    """start -> add sources -> stop -> finished(). `active` until rec.end has been written."""

    def __init__(self, call: Recorded, finished: Callable[[], None], *, what: str = "call", tracks: int = 2) -> None:
        self._call = call
        self._what, self._tracks = what, tracks
        self._finished = finished
        self._job: Job | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.path = ""
        self.active = False

    def start(self, path: Path) -> bool:
        """False: it could not be started; the call has a note of it."""
        control = self._call.control
        try:
            os.makedirs(path.parent, exist_ok=True)
            job = control.media.record(str(path), self._options())
        except (OSError, MediaFullError, ValueError) as error:
            control.alarm("error", f"{self._what} {self._call.id} is not recorded: {error}", self._call.id)
            return False
        self._run(path, job)
        self._call.log("rec.start", path=self.path, tracks=self._tracks, port=job.port)
        return True

    def _options(self) -> RecordOptions:
        settings = self._call.control.settings
        return RecordOptions(settings.recorded_as.number, self._tracks, sync_s=settings.recording_sync_s)

    def adopt(self, path: Path, port: int) -> None:
        """After a restart of control: the recorder has gone on in the engine."""
        self._run(path, self._call.control.media.adopt_job(port, en.PORT_RECORDER))

    def _run(self, path: Path, job: Job) -> None:
        self.path = str(path)
        self._job = job
        self.active = True
        job.done.add_done_callback(lambda ended: self._end(job, ended.result()))

    def add(self, port: int, track: int) -> None:
        """Record what comes from a port. track: 0 left, 1 right."""
        if self._job is not None and not self._job.done.done() and self._job.port >= 0:
            self._call.control.media.connect(port, self._job.port, track=track)

    @property
    def goes_on(self) -> bool:
        """Active, and not being stopped."""
        return self.active and self._timer is None

    def drop(self, port: int) -> None:
        """Record a port no more."""
        if self._job is not None and not self._job.done.done() and self._job.port >= 0:
            self._call.control.media.disconnect(port, self._job.port)

    def stop(self) -> None:
        """Close the file; rec.end follows when the engine has written it, or after 5 s without a word from it."""
        if self._job is not None and self.active and self._timer is None:
            self._job.stop()
            self._timer = self._call.control.loop.call_later(_END_WAIT_S, self._silent)

    def _silent(self) -> None:
        if self.active:
            self._finish(0.0, "the media engine does not answer")

    def _end(self, job: Job, ended: Ended) -> None:
        if not self.active or job is not self._job:
            return
        if ended.failed:
            text = os.strerror(ended.error)
            control = self._call.control
            control.alarm("error", f"recording of {self._what} {self._call.id} broke off: {text}", self._call.id)
            self._finish(ended.samples / 8000, text)
        else:
            self._finish(ended.samples / 8000, _WHY.get(ended.reason, "stopped"))

    def _finish(self, seconds: float, why: str) -> None:
        self.active = False
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._call.log("rec.end", path=self.path, seconds=round(seconds, 3), why=why)
        self._finished()
