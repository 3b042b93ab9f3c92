"""What stands for a port of the engine in call control: a `Job` (player, recorder, tone), a `Timeslot` of whatever line."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xunhu._media import engine as en
from xunhu.call.media_detect import Ear
from xunhu.call.media_level import OnVoice
from xunhu.call.media_play import Played
from xunhu.call.media_record import Recorded

if TYPE_CHECKING:
    from xunhu.call.media import MediaPlane

_ALARMS = (
    (en.ALARM_LOS, "LOS"),
    (en.ALARM_LOF, "LOF"),
    (en.ALARM_AIS, "AIS"),
    (en.ALARM_RAI, "RAI"),
    (en.ALARM_MISSING, "MISSING"),
)


def alarm_names(alarms: int) -> str:
    """ "LOS+RAI"; "" for none."""
    return "+".join(name for bit, name in _ALARMS if alarms & bit)


@dataclass(frozen=True, slots=True)
class Ended:
    """How a job ended. reason: END_*; file: index of the file it was at; error: errno; samples played or recorded (8 kHz)."""

    reason: int
    file: int = 0
    error: int = 0
    samples: int = 0

    @property
    def failed(self) -> bool:
        return self.reason == en.END_ERROR

    @property
    def by_key(self) -> bool:
        return self.reason == en.END_KEY


class MediaFullError(Exception):
    """All pool ports are in use."""


class Job(Played, Recorded):
    """A player, recorder or tone on a pool port. `done` always comes, exactly once. What can be done with it while it goes on:
    media_play.py, media_record.py."""

    def __init__(self, media: MediaPlane, port: int, kind: int) -> None:
        self.media = media
        self.port = port
        self.kind = kind
        self.done: asyncio.Future[Ended] = media.loop.create_future()
        self.closing = False
        self.closed = False
        self.on_event: Callable[[en.Event], None] | None = None  # what only its kind knows of

    def feed(self, destination: int, *, gain_db: float = 0.0, track: int = 0) -> None:
        """Let the port `destination` hear this job."""
        if not self.closed and self.port >= 0:
            self.media.connect(self.port, destination, gain_db=gain_db, track=track)

    def stop(self) -> None:
        """End it now; `done` comes with END_STOPPED. Harmless at any time and as often as one likes."""
        if not (self.closing or self.closed) and self.port >= 0:
            self.closing = True
            self.media.close_port(self.port)

    def finish(self, ended: Ended) -> None:
        if not self.done.done():
            self.done.set_result(ended)


class Timeslot:
    """A timeslot in use. on_digit(digit, level in dBm0*10) for each key heard when the detector is on."""

    def __init__(self, port: int, on_digit: Callable[[str, int], None]) -> None:
        self.port = port
        self.tag = 0
        self.dtmf = False
        self.on_digit = on_digit
        self.on_continuity: Callable[[bool], None] | None = None
        self.on_voice: OnVoice | None = None
        self.ear = Ear()
        self.detectors = 0  # DETECT_* beside the keys' and the meter's
        self.on_refused: Callable[[int], None] | None = None
