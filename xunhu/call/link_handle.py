"""`LinkHandle`: a link over timeslots, as signalling uses it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xunhu.call.media import MediaPlane

OnFrame = Callable[[bytes], None]
OnFrames = Callable[[list[bytes]], None]


class LinkHandle:
    """Frames or signal units over a timeslot or several (`MediaPlane.open_link`)."""

    def __init__(
        self,
        media: MediaPlane,
        span: int,
        timeslot: int,
        on_frames: OnFrames,
        *,
        kind: int,
        timeslots: int = 0,
        extended: bool | None = None,
    ) -> None:
        self._media = media
        self.span = span
        self.timeslot = timeslot
        self.kind = kind
        self.timeslots = timeslots
        self.extended = extended
        self.number = -1
        self.on_frames = on_frames
        self.monitored = False
        self.lost = 0

    def send(self, frame: bytes) -> bool:
        """False: the transmit queue is full, or there is no engine now. Layer 2 repeats what it must."""
        engine = self._media.engine
        return engine is not None and self.number >= 0 and engine.link_send(self.number, frame)

    def waiting(self) -> int:
        """Octets given to `send` that have not left; 0 when there is no engine."""
        engine = self._media.engine
        return engine.link_waiting(self.number) if engine is not None and self.number >= 0 else 0

    def monitor(self, on: bool) -> None:
        """MTP2: whether errored units are passed up, as 2 octets (`EngineControl.link_monitor`). Holds over the life of several engines."""
        self.monitored = on
        number = self.number
        if number >= 0:
            self._media.command(lambda engine: engine.link_monitor(number, on))
