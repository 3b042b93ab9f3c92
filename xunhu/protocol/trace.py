"""Traces of signalling: what has been sent and received, as lines of text for people and as captures for Wireshark.

A channel is what frames are traced of: the D channel of a trunk (xunhu/_isdn/trace.py) or a signalling link of No.7 (xunhu/_ss7/trace.py). It knows
its name, how a frame reads, and how it stands in a capture. `Tracer` keeps the last frames of each channel in memory and, where
a path is given, writes all of them to a file that is rotated by size. Nothing here raises on what a line may bring; a file that cannot be
written (disk full) ends the file, not the trace: `file_error` says so.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import gmtime, strftime
from typing import NamedTuple

from xunhu.protocol import pcap
from xunhu.protocol.pcap import Direction, RotatedFile

__all__ = ["Channel", "Direction", "Source", "TracedFrame", "Tracer", "capture"]

Source = int | str  # of a frame: number of the trunk of a D channel, name of a signalling link


class TracedFrame(NamedTuple):
    """time_ns: wall clock, UTC nanoseconds; frame: without flags and check bits."""

    time_ns: int
    source: Source
    direction: Direction
    frame: bytes


@dataclass(frozen=True, slots=True)
class Channel:
    """text: a frame for people, one line; data: a frame as the link type wants it, with its pseudo header; description: what whoever reads the
    capture needs to know."""

    name: str
    link_type: int
    description: str
    text: Callable[[bytes, Direction], str]
    data: Callable[[bytes, Direction], bytes]


def _undeclared(source: Source) -> Channel:
    return Channel(str(source), pcap.USER0, "", lambda frame, direction: frame.hex(), lambda frame, direction: frame)


class _Writer:
    """Blocks of one section; interfaces are declared when the first frame of their channel comes."""

    def __init__(self, channel_of: Callable[[Source], Channel]) -> None:
        self._channel_of = channel_of
        self._numbers: dict[Source, int] = {}

    def begin(self) -> bytes:
        self._numbers.clear()
        return pcap.section()

    def frame(self, traced: TracedFrame) -> bytes:
        channel = self._channel_of(traced.source)
        out = b""
        number = self._numbers.get(traced.source)
        if number is None:
            number = self._numbers[traced.source] = len(self._numbers)
            out = pcap.interface(channel.link_type, channel.name, channel.description)
        return out + pcap.packet(number, traced.time_ns, traced.direction, channel.data(traced.frame, traced.direction))


def capture(frames: Iterable[TracedFrame], channel_of: Callable[[Source], Channel]) -> bytes:
    """A whole file of pcapng."""
    writer = _Writer(channel_of)
    return writer.begin() + b"".join(writer.frame(f) for f in frames)


class Tracer:
    """`channels`: by source; frames of one that is not declared are shown in hexadecimal. `per_trunk`: frames kept in memory for each channel. `path`: the
    continuous file, pcapng where it ends in .pcap or .pcapng, else text. OSError: the file cannot be opened. ValueError: a limit below
    what makes sense."""

    def __init__(
        self,
        *,
        channels: Mapping[Source, Channel] | None = None,
        per_trunk: int = 1000,
        path: str | os.PathLike[str] | None = None,
        rotate_bytes: int = 16 << 20,
        rotate_keep: int = 4,
    ) -> None:
        if per_trunk < 1 or rotate_bytes < 1024 or rotate_keep < 0:
            raise ValueError("per_trunk from 1, rotate_bytes from 1024, rotate_keep from 0")
        self.channels: dict[Source, Channel] = dict(channels or {})
        self.per_trunk = per_trunk
        self.file_error: OSError | None = None  # why the continuous file ended
        self.not_written = 0  # frames since then
        self._rings: dict[Source, deque[TracedFrame]] = {}
        self._writer = _Writer(self.channel) if path is not None and str(path).endswith((".pcap", ".pcapng")) else None
        self._begun = False  # the section
        self._file = RotatedFile(Path(path), rotate_bytes, rotate_keep) if path is not None else None

    def channel(self, source: Source) -> Channel:
        found = self.channels.get(source)
        return found if found is not None else _undeclared(source)

    def add(self, time_ns: int, source: Source, direction: Direction, frame: bytes) -> None:
        """A frame has been sent or received."""
        traced = TracedFrame(time_ns, source, direction, bytes(frame))
        ring = self._rings.get(source)
        if ring is None:
            ring = self._rings[source] = deque(maxlen=self.per_trunk)
        ring.append(traced)
        if self._file is not None:
            self._write(self._file, traced)
        elif self.file_error is not None:
            self.not_written += 1

    def _data(self, traced: TracedFrame) -> bytes:
        if self._writer is None:
            return (self.line(traced) + "\n").encode()
        head = b"" if self._begun else self._writer.begin()
        self._begun = True
        return head + self._writer.frame(traced)

    def _write(self, file: RotatedFile, traced: TracedFrame) -> None:
        data = self._data(traced)
        try:
            if file.full(len(data)):
                file.rotate()
                self._begun = False
                data = self._data(traced)
            file.write(data)
        except OSError as error:
            # calls go on without their trace; the owner shows file_error as an alarm
            self.file_error = error
            self.not_written += 1
            self._file = None
            try:
                file.close()
            except OSError as second:
                error.add_note(f"and it could not be closed: {second}")

    def frames(self, source: Source | None = None) -> list[TracedFrame]:
        """What memory holds, of one channel or of all, in order of time."""
        if source is not None:
            return list(self._rings.get(source, ()))
        return sorted((f for ring in self._rings.values() for f in ring), key=lambda f: f.time_ns)

    def line(self, traced: TracedFrame) -> str:
        """Time (UTC), channel, arrow (-> sent, <- received), frame."""
        seconds, nanoseconds = divmod(traced.time_ns, 1_000_000_000)
        time = strftime("%Y-%m-%d %H:%M:%S", gmtime(seconds)) + f".{nanoseconds // 1000:06d}"
        channel = self.channel(traced.source)
        arrow = "->" if traced.direction == "tx" else "<-"
        return f"{time}  {channel.name:<8} {arrow} {channel.text(traced.frame, traced.direction)}"

    def lines(self, source: Source | None = None) -> Iterator[str]:
        for traced in self.frames(source):
            yield self.line(traced)

    def write_pcap(self, path: str | os.PathLike[str], source: Source | None = None) -> int:
        """What memory holds as a capture; how many frames. OSError as open and write."""
        frames = self.frames(source)
        Path(path).write_bytes(capture(frames, self.channel))
        return len(frames)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
