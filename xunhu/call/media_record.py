"""How a recording is to be made, and what can be done with it while it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from xunhu._media import engine as en

if TYPE_CHECKING:
    from xunhu.call.media import MediaPlane


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """Times in seconds; 0 = not.

    fmt: a number of `media_file.FORMATS`. tracks: 1 all mixed, 2 left and right by the track of what is connected. longest_s: of the recording.
    silence_s: it ends after so much silence; lead_s: instead, as long as there was no sound at all. cut_silence: silence at the end is left
    out. append: behind what is in the file. preroll_s: armed (`MediaPlane.arm`), so much is kept of what comes before the start. sync_s: on
    the disk for sure so often."""

    fmt: int = en.REC_ALAW
    tracks: int = 1
    longest_s: float = 0.0
    silence_s: float = 0.0
    lead_s: float = 0.0
    cut_silence: bool = False
    append: bool = False
    preroll_s: float = 0.0
    sync_s: int = 0


class Recorded:
    """Of a `Job` that records. Harmless when it has ended."""

    media: MediaPlane
    port: int
    kind: int
    closing: bool
    closed: bool

    def _recording(self) -> bool:
        return self.kind == en.PORT_RECORDER and self.port >= 0 and not (self.closing or self.closed)

    def begin(self, path: str) -> None:
        """Armed: from now on into this file, which begins with what was kept."""
        if self._recording():
            self.media.command(lambda engine: engine.record_start(self.port, path))

    def mask(self) -> None:
        """Silence in the place of what is said, as for the number of a card, until `unmask`."""
        self._pause(en.REC_SILENCE)

    def leave_out(self) -> None:
        """Nothing is recorded until `unmask`; the recording gets shorter by that."""
        self._pause(en.REC_LEAVE_OUT)

    def unmask(self) -> None:
        self._pause(en.REC_GO_ON)

    def _pause(self, how: int) -> None:
        if self._recording():
            self.media.command(lambda engine: engine.record_pause(self.port, how))

    @property
    def recorded_s(self) -> float:
        """So far."""
        engine = self.media.engine
        return engine.port(self.port).samples / 8000 if engine is not None and self._recording() else 0.0
