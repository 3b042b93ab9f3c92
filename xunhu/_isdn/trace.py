"""Traces of D channels: each frame as a line of text for people, and as pcap for Wireshark.

`Tracer` collects (time, trunk, direction, frame) as the owner of the data links passes them, keeps the last ones of
each trunk in memory and, where a path is given, writes all of them to a file that is rotated by size. `describe` is the
text of one frame: Q.921 §3 and within it Q.931 §4. Nothing here raises on what a line may bring; a file that
cannot be written (disk full) ends the file, not the trace: `file_error` says so.

pcap: LINKTYPE_LINUX_LAPD (177). Each frame follows a pseudo header of 16 octets: direction (0 received, 4 sent),
ARPHRD, length 1 and the address field, whose first octet says whether we are the network side and whose second is the
trunk's number here, protocol 0x0030 (LAPD).
"""

from __future__ import annotations

import errno
import os
import struct
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from time import gmtime, strftime
from typing import BinaryIO, Literal, NamedTuple

from xunhu._isdn.causes import meaning_of
from xunhu._isdn.primitives import Cause, Progress
from xunhu._isdn.q921_frames import FrameInfo, decode_frame
from xunhu._isdn.q921_table import MDL_ERRORS
from xunhu._isdn.q931_codec import Message, decode
from xunhu._isdn.q931_ie import (
    BearerCapability,
    CalledPartyNumber,
    CallingPartyNumber,
    CallState,
    ChannelIdentification,
    ConnectedNumber,
    Display,
    Element,
    Keypad,
    Notification,
    RedirectingNumber,
    RestartIndicator,
    SingleOctet,
)
from xunhu.protocol.errors import RemoteError

__all__ = ["Direction", "TracedFrame", "Tracer", "describe", "pcap_bytes"]

Direction = Literal["rx", "tx"]


class TracedFrame(NamedTuple):
    """time_ns: wall clock, UTC nanoseconds; frame: without flags and FCS."""

    time_ns: int
    trunk: int
    direction: Direction
    frame: bytes


# -- text --------------------------------------------------------------------------------------------------------


def _number(label: str, digits: str, presentation: int | None = None) -> str:
    hidden = " (restricted)" if presentation == 1 else ""
    return f"{label} {digits or '-'}{hidden}"


def _channel(element: ChannelIdentification) -> str:
    if element.d_channel:
        return "D-channel"
    if element.selection != 1 or not element.channels:
        return "any channel" if element.selection == 3 else "no channel"
    numbers = ",".join(str(c) for c in element.channels)
    return f"channel {numbers}{' exclusive' if element.exclusive else ''}"


def _element(element: Element) -> str:
    """What a person looks for in a trace; "" for the rest."""
    match element:
        case ChannelIdentification():
            return _channel(element)
        case CalledPartyNumber():
            return _number("called", element.digits)
        case CallingPartyNumber():
            return _number("calling", element.digits, element.presentation)
        case ConnectedNumber():
            return _number("connected", element.digits, element.presentation)
        case RedirectingNumber():
            return _number("redirecting", element.digits, element.presentation)
        case Cause():
            return f"cause {element.value} {meaning_of(element.value).text}"
        case Progress():
            return f"progress {element.description}"
        case BearerCapability():
            return "" if element.capability == 0 else f"bearer {element.capability}"
        case CallState():
            return f"call state {element.value}"
        case Display():
            return f'display "{element.text}"'
        case Keypad():
            return f"keypad {element.text}"
        case Notification():
            return f"notification {element.description}"
        case RestartIndicator():
            return f"restart class {element.restart_class}"
        case SingleOctet():
            return "complete" if element.code == 0xA1 else ""
        case _:
            return ""


def _message(payload: bytes) -> str:
    try:
        message: Message = decode(payload)
    except RemoteError as error:
        return f"not Q.931 ({error}): {payload.hex()}"
    parts = [message.name, f"ref {message.reference}{'<' if message.flag else '>'}"]
    parts += [text for text in map(_element, message.elements) if text]
    parts += [f"fault in {fault.code:#04x}, cause {fault.cause}" for fault in message.faults]
    return "  ".join(parts)


def _letter(info: FrameInfo, sent: bool, network: bool | None) -> str:
    """P or F where the bit is set; without the side a supervisory frame's cannot be told apart."""
    if not info.pf:
        return ""
    if info.kind in ("I", "SABME", "DISC", "UI", "XID"):
        return " P"
    if info.kind in ("UA", "DM", "FRMR"):
        return " F"
    if network is None:
        return " P/F"
    from_network = network == sent
    return " P" if info.cr == int(from_network) else " F"


def describe(frame: bytes, direction: Direction = "rx", network: bool | None = None) -> str:
    """One frame as text. `network`: the side we are, None where it is not known. The call reference is followed by
    > from the side that chose it, < from the other."""
    info = decode_frame(frame)
    if info.kind == "invalid":
        return f"invalid  {frame.hex()}"
    where = "" if info.sapi == 0 and info.tei == 0 else f"  sapi {info.sapi} tei {info.tei}"
    if info.kind == "error":
        return f"error {info.error} ({MDL_ERRORS[info.error]}){where}  {frame.hex()}"
    head = info.kind + _letter(info, direction == "tx", network)
    numbers = "" if info.ns is None else f" S={info.ns}"
    numbers += "" if info.nr is None else f" R={info.nr}"
    text = f"{head:<7}{numbers}{where}".rstrip()
    if info.kind in ("I", "UI") and info.payload:
        return f"{text:<19}  {_message(info.payload)}"
    return f"{text}  {info.payload.hex()}" if info.payload else text


# -- pcap --------------------------------------------------------------------------------------------------------

_PCAP_NANOSECONDS = 0xA1B23C4D
_LINUX_LAPD = 177
_PCAP_HEADER = struct.pack("<IHHiIII", _PCAP_NANOSECONDS, 2, 4, 0, 0, 65535, _LINUX_LAPD)
_SLL_OUTGOING, _SLL_HOST = 4, 0
_ARPHRD_LAPD = 8445
_ETH_P_LAPD = 0x0030


def _pcap_record(traced: TracedFrame, network: bool) -> bytes:
    address = struct.pack("!BB6x", network, traced.trunk & 0xFF)
    kind = _SLL_OUTGOING if traced.direction == "tx" else _SLL_HOST
    data = struct.pack("!HHH", kind, _ARPHRD_LAPD, 1) + address + struct.pack("!H", _ETH_P_LAPD) + traced.frame
    seconds, nanoseconds = divmod(traced.time_ns, 1_000_000_000)
    return struct.pack("<IIII", seconds & 0xFFFFFFFF, nanoseconds, len(data), len(data)) + data


def pcap_bytes(frames: Iterable[TracedFrame], sides: Mapping[int, bool]) -> bytes:
    """A whole pcap file. `sides`: by trunk, True where we are the network side."""
    return _PCAP_HEADER + b"".join(_pcap_record(f, sides.get(f.trunk, False)) for f in frames)


# -- the continuous file -----------------------------------------------------------------------------------------


class _RotatedFile:
    """path, path.1 (younger) .. path.keep (oldest); each at most `limit` octets and begun with `head`."""

    def __init__(self, path: Path, head: bytes, limit: int, keep: int) -> None:
        self.path, self.head, self.limit, self.keep = path, head, limit, keep
        self._file: BinaryIO = self._open()

    def _open(self) -> BinaryIO:
        file = open(self.path, "ab", buffering=0)  # noqa: SIM115 - lives as long as the trace
        try:
            if self.head and file.tell() == 0:
                file.write(self.head)
        except OSError:
            file.close()
            raise
        return file

    def write(self, data: bytes) -> None:
        if self._file.tell() + len(data) > self.limit and self._file.tell() > len(self.head):
            self._rotate()
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def _rotate(self) -> None:
        self._file.close()
        for n in range(self.keep - 1, -1, -1):
            source = self.path if n == 0 else Path(f"{self.path}.{n}")
            if source.exists():
                os.replace(source, f"{self.path}.{n + 1}")
        if self.keep == 0:
            self.path.unlink()
        self._file = self._open()

    def close(self) -> None:
        self._file.close()


# -- the tracer --------------------------------------------------------------------------------------------------


class Tracer:
    """`sides`: by trunk number, True where we are the network side. `names`: what a trunk is called in text.
    `per_trunk`: frames kept in memory for each. `path`: the continuous file, pcap where it ends in .pcap, else text.
    OSError: the file cannot be opened. ValueError: a limit below what makes sense."""

    def __init__(
        self,
        *,
        sides: Mapping[int, bool] | None = None,
        names: Mapping[int, str] | None = None,
        per_trunk: int = 1000,
        path: str | os.PathLike[str] | None = None,
        rotate_bytes: int = 16 << 20,
        rotate_keep: int = 4,
    ) -> None:
        if per_trunk < 1 or rotate_bytes < 1024 or rotate_keep < 0:
            raise ValueError("per_trunk from 1, rotate_bytes from 1024, rotate_keep from 0")
        self.sides: dict[int, bool] = dict(sides or {})
        self.names: dict[int, str] = dict(names or {})
        self.per_trunk = per_trunk
        self.file_error: OSError | None = None  # why the continuous file ended
        self.not_written = 0  # frames since then
        self._rings: dict[int, deque[TracedFrame]] = {}
        self._pcap = path is not None and str(path).endswith(".pcap")
        self._file: _RotatedFile | None = None
        if path is not None:
            self._file = _RotatedFile(Path(path), _PCAP_HEADER if self._pcap else b"", rotate_bytes, rotate_keep)

    def add(self, time_ns: int, trunk: int, direction: Direction, frame: bytes) -> None:
        """A frame has been sent or received."""
        traced = TracedFrame(time_ns, trunk, direction, bytes(frame))
        ring = self._rings.get(trunk)
        if ring is None:
            ring = self._rings[trunk] = deque(maxlen=self.per_trunk)
        ring.append(traced)
        if self._file is not None:
            self._write(self._file, traced)
        elif self.file_error is not None:
            self.not_written += 1

    def _write(self, file: _RotatedFile, traced: TracedFrame) -> None:
        if self._pcap:
            data = _pcap_record(traced, self.sides.get(traced.trunk, False))
        else:
            data = (self.line(traced) + "\n").encode()
        try:
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

    def frames(self, trunk: int | None = None) -> list[TracedFrame]:
        """What memory holds, of one trunk or of all, in order of time."""
        if trunk is not None:
            return list(self._rings.get(trunk, ()))
        return sorted((f for ring in self._rings.values() for f in ring), key=lambda f: f.time_ns)

    def line(self, traced: TracedFrame) -> str:
        """Time (UTC), trunk, arrow (-> sent, <- received), frame."""
        seconds, nanoseconds = divmod(traced.time_ns, 1_000_000_000)
        time = strftime("%Y-%m-%d %H:%M:%S", gmtime(seconds)) + f".{nanoseconds // 1000:06d}"
        name = self.names.get(traced.trunk, f"Trunk{traced.trunk}")
        arrow = "->" if traced.direction == "tx" else "<-"
        text = describe(traced.frame, traced.direction, self.sides.get(traced.trunk))
        return f"{time}  {name:<8} {arrow} {text}"

    def lines(self, trunk: int | None = None) -> Iterator[str]:
        for traced in self.frames(trunk):
            yield self.line(traced)

    def write_pcap(self, path: str | os.PathLike[str], trunk: int | None = None) -> int:
        """What memory holds as a pcap file; how many frames. OSError as open and write."""
        frames = self.frames(trunk)
        Path(path).write_bytes(pcap_bytes(frames, self.sides))
        return len(frames)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
