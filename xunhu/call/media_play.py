"""What can be done with a player while it plays, and playing from memory.

A block of memory goes to the media process as a file in /dev/shm: the command ring carries names, a tmpfs is memory both processes see, the
player reads it like any other file and never waits for a disk, and when control is killed the next one finds and removes what is left. All
blocks together are bounded.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from xunhu._media import engine as en

if TYPE_CHECKING:
    from xunhu.call.media import MediaPlane

MEMORY_MOST = 64 << 20  # octets of all blocks
_SHARED = Path("/dev/shm")


class Played:
    """Of a `Job` that plays. Harmless when it has ended."""

    media: MediaPlane
    port: int
    kind: int
    closing: bool
    closed: bool

    def _playing(self) -> bool:
        return self.kind == en.PORT_PLAYER and self.port >= 0 and not (self.closing or self.closed)

    def pause(self) -> None:
        """Silence until `resume`; the place is kept."""
        if self._playing():
            self.media.command(lambda engine: engine.pause(self.port, True))

    def resume(self) -> None:
        if self._playing():
            self.media.command(lambda engine: engine.pause(self.port, False))

    def seek(self, ms: int, *, relative: bool = False) -> None:
        """To a place in the file that is heard; before its beginning: the beginning, beyond its end: the next file."""
        if self._playing():
            self.media.command(lambda engine: engine.play_seek(self.port, ms, relative=relative))

    def skip(self, n: int) -> None:
        """n files on: 1 the next, -1 the previous, 0 this one from its beginning."""
        if self._playing():
            self.media.command(lambda engine: engine.play_skip(self.port, n))

    def speed(self, percent: int) -> None:
        """50 to 200, at the same pitch. ValueError."""
        if not en.SPEED_MIN <= percent <= en.SPEED_MAX:
            raise ValueError(f"speed is {en.SPEED_MIN} to {en.SPEED_MAX} percent, not {percent}")
        if self._playing():
            self.media.command(lambda engine: engine.play_speed(self.port, percent))

    def volume(self, db: float) -> None:
        """At most 18 dB; faded to. ValueError."""
        if not db <= 18:
            raise ValueError(f"volume is at most 18 dB, not {db}")
        if self._playing():
            self.media.command(lambda engine: engine.play_gain(self.port, db))

    @property
    def place(self) -> en.MediaRow | None:
        """File, position and length in ms, speed; None when it does not play."""
        engine = self.media.engine
        return engine.media(self.port) if engine is not None and self._playing() else None

    @property
    def position_ms(self) -> int:
        """In the file that is heard; 0 when it does not play."""
        place = self.place
        return 0 if place is None else place.position_ms


class Controller:
    """What keys do with a job that plays (`xunhu.ivr.model.CONTROLS`)."""

    def __init__(self, job: Played, step_s: float) -> None:
        self._job = job
        self._step_ms = round(step_s * 1000)
        self._speed = 100
        self._volume_db = 0.0
        self.paused = False

    def act(self, what: str) -> None:
        job = self._job
        if what == "pause":
            self.paused = not self.paused
            (job.pause if self.paused else job.resume)()
            return
        if self.paused:  # whatever else is asked for is to be heard
            self.paused = False
            job.resume()
        if what in ("back", "forward"):
            job.seek(self._step_ms if what == "forward" else -self._step_ms, relative=True)
        elif what in ("again", "previous", "next"):
            job.skip({"again": 0, "previous": -1, "next": 1}[what])
        elif what in ("slower", "faster"):
            self._speed = min(max(self._speed + (25 if what == "faster" else -25), en.SPEED_MIN), en.SPEED_MAX)
            job.speed(self._speed)
        elif what in ("softer", "louder"):
            self._volume_db = min(max(self._volume_db + (3.0 if what == "louder" else -3.0), -24.0), 12.0)
            job.volume(self._volume_db)
        else:
            raise ValueError(f"{what!r} is nothing a key can do")


class MemoryFiles:
    """Blocks of memory as files, of one control."""

    def __init__(self, folder: Path = _SHARED, most: int = MEMORY_MOST) -> None:
        self._root = folder
        self._most = most
        self._folder: Path | None = None
        self._sizes: dict[Path, int] = {}

    @property
    def used(self) -> int:
        return sum(self._sizes.values())

    def put(self, octets: bytes, suffix: str) -> Path:
        """OSError ENOSPC (MEMORY_MOST) or from the system."""
        if self.used + len(octets) > self._most:
            raise OSError(28, "no more memory for prompts played from memory")
        if self._folder is None:
            self._clear_the_dead()
            self._folder = Path(tempfile.mkdtemp(prefix=f"xunhu-{os.getpid()}-", dir=self._root))
        handle, name = tempfile.mkstemp(suffix=suffix, dir=self._folder)
        path = Path(name)
        self._sizes[path] = len(octets)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(octets)
        except OSError:
            self.drop(path)
            raise
        return path

    def drop(self, path: Path) -> None:
        if self._sizes.pop(path, None) is not None:
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    def close(self) -> None:
        for path in tuple(self._sizes):
            self.drop(path)
        if self._folder is not None:
            with contextlib.suppress(OSError):  # a player has one of them open: it goes with the next control
                self._folder.rmdir()
            self._folder = None

    def _clear_the_dead(self) -> None:
        """What controls that were killed have left."""
        for folder in self._root.glob("xunhu-*-*"):
            pid = folder.name.split("-")[1]
            if not pid.isdigit() or Path("/proc", pid).exists() or folder.stat().st_uid != os.getuid():
                continue
            for path in folder.iterdir():
                path.unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                folder.rmdir()
