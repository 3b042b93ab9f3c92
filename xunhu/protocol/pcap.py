"""Capture files: pcapng (draft-ietf-opsawg-pcapng) to write, pcapng and pcap to read; and files that are rotated by size.

Each channel of signalling is an interface of its own, with its link type, name and description, so that D channels and links of MTP2 go into
one file. Times are nanoseconds. The direction stands in the flags of each packet. A section may follow on another: a file is
continued by beginning a new one.
"""

from __future__ import annotations

import errno
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal, NamedTuple

Direction = Literal["rx", "tx"]

LINUX_LAPD = 177  # link types of the registry of tcpdump.org
MTP2 = 140
MTP2_WITH_PHDR = 139
USER0 = 147  # whatever the writer means

_SECTION, _INTERFACE, _PACKET = 0x0A0D0D0A, 1, 6
_BYTE_ORDER = 0x1A2B3C4D
_IF_NAME, _IF_DESCRIPTION, _IF_TSRESOL, _EPB_FLAGS = 2, 3, 9, 2
_INBOUND, _OUTBOUND = 1, 2
_PCAP = {0xA1B23C4D: 1, 0xA1B2C3D4: 1000}  # magic -> nanoseconds of a fraction


class CaptureError(Exception):
    """The file is no capture, or damaged so early that nothing can be read."""


class Packet(NamedTuple):
    """A packet of a file. name, description: of its interface; direction: None where the file does not say."""

    time_ns: int
    link_type: int
    name: str
    description: str
    direction: Direction | None
    data: bytes


# -- writing ---------------------------------------------------------------------------------------------------------


def _block(kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    size = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + size + body + size


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + value + bytes(-len(value) % 4)


def section() -> bytes:
    """The beginning of a file, or of what is added to one. Interfaces are counted from 0 again."""
    return _block(_SECTION, struct.pack("<IHHq", _BYTE_ORDER, 1, 0, -1))


def interface(link_type: int, name: str, description: str) -> bytes:
    options = _option(_IF_NAME, name.encode()) + _option(_IF_DESCRIPTION, description.encode())
    options += _option(_IF_TSRESOL, b"\x09") + _option(0, b"")
    return _block(_INTERFACE, struct.pack("<HHI", link_type, 0, 0) + options)


def packet(number: int, time_ns: int, direction: Direction, data: bytes) -> bytes:
    """number: of the interface."""
    head = struct.pack("<IIIII", number, time_ns >> 32 & 0xFFFFFFFF, time_ns & 0xFFFFFFFF, len(data), len(data))
    flags = struct.pack("<I", _OUTBOUND if direction == "tx" else _INBOUND)
    return _block(_PACKET, head + data + bytes(-len(data) % 4) + _option(_EPB_FLAGS, flags) + _option(0, b""))


class RotatedFile:
    """path, path.1 (younger) .. path.keep (oldest); each at most `limit` octets. OSError: it cannot be opened or written."""

    def __init__(self, path: Path, limit: int, keep: int) -> None:
        self.path, self.limit, self.keep = path, limit, keep
        self._file: BinaryIO = self._open()

    def _open(self) -> BinaryIO:
        return open(self.path, "ab", buffering=0)

    def full(self, octets: int) -> bool:
        """So many more would be too many."""
        return self._file.tell() > 0 and self._file.tell() + octets > self.limit

    def write(self, data: bytes) -> None:
        if self._file.write(data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(self.path))

    def rotate(self) -> None:
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


# -- reading ---------------------------------------------------------------------------------------------------------


def packets(data: bytes) -> Iterator[Packet]:
    """All of a file that can be read; a damaged end is left out. CaptureError: it is no capture at all."""
    if len(data) >= 24 and struct.unpack_from("<I", data)[0] in _PCAP:
        return _pcap(data)
    if len(data) >= 28 and struct.unpack_from("<I", data)[0] == _SECTION:
        return _pcapng(data)
    raise CaptureError("neither pcapng nor pcap")


def _pcap(data: bytes) -> Iterator[Packet]:
    magic, _, _, _, _, _, link_type = struct.unpack_from("<IHHiIII", data)
    at = 24
    while at + 16 <= len(data):
        seconds, fraction, size, _ = struct.unpack_from("<IIII", data, at)
        at += 16
        if at + size > len(data):
            return
        yield Packet(seconds * 1_000_000_000 + fraction * _PCAP[magic], link_type & 0xFFFF, "", "", None, data[at : at + size])
        at += size


class _Interface(NamedTuple):
    link_type: int
    name: str
    description: str
    scale: int  # nanoseconds of a unit of time


def _pcapng(data: bytes) -> Iterator[Packet]:
    """Files of the other byte order, which no machine of today writes, end at once."""
    interfaces: list[_Interface] = []
    at = 0
    while at + 12 <= len(data):
        kind, size = struct.unpack_from("<II", data, at)
        if size < 12 or size % 4 or at + size > len(data):
            return
        body = data[at + 8 : at + size - 4]
        at += size
        if kind == _SECTION:
            if len(body) < 16 or struct.unpack_from("<I", body)[0] != _BYTE_ORDER:
                return
            interfaces = []
        elif kind == _INTERFACE and len(body) >= 8:
            interfaces.append(_read_interface(body))
        elif kind == _PACKET and len(body) >= 20:
            number, high, low, captured, _ = struct.unpack_from("<IIIII", body)
            if number >= len(interfaces) or 20 + captured > len(body):
                return
            link_type, name, description, scale = interfaces[number]
            flags = _options(body, 20 + captured + -captured % 4).get(_EPB_FLAGS, b"")
            way = flags[0] & 3 if flags else 0
            direction: Direction | None = "rx" if way == _INBOUND else "tx" if way == _OUTBOUND else None
            yield Packet((high << 32 | low) * scale, link_type, name, description, direction, body[20 : 20 + captured])


def _read_interface(body: bytes) -> _Interface:
    options = _options(body, 8)
    text = {code: options.get(code, b"").decode(errors="replace") for code in (_IF_NAME, _IF_DESCRIPTION)}
    resolution = options.get(_IF_TSRESOL, b"\x06")[:1] or b"\x06"
    digits = min(resolution[0] & 127, 9)
    return _Interface(struct.unpack_from("<H", body)[0], text[_IF_NAME], text[_IF_DESCRIPTION], 10 ** (9 - digits))


def _options(body: bytes, at: int) -> dict[int, bytes]:
    out: dict[int, bytes] = {}
    while at + 4 <= len(body):
        code, size = struct.unpack_from("<HH", body, at)
        if code == 0 or at + 4 + size > len(body):
            break
        out[code] = body[at + 4 : at + 4 + size]
        at += 4 + size + -size % 4
    return out
