"""The journal: each event is written here, into the page cache, before `append` returns.

LMDB commits cost a disk flush and go in batches; a process killed between two of them would lose what was waiting.
The journal
keeps it: on opening, whole records behind the last committed event are taken over, a torn last record is cut off.
A record is: length (4 octets, big endian), CRC-32 of the payload (4), payload.
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

_HEAD = struct.Struct(">II")
_LONGEST = 1 << 20


class Journal:
    """One writer; the owner holds the lock of the ledger's folder. All methods raise OSError as the file does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self._size = os.fstat(self._fd).st_size

    @property
    def size(self) -> int:
        """Octets in the file."""
        return self._size

    def records(self) -> Iterator[bytes]:
        """Whole records from the start; stops at the first torn or damaged one and cuts the file there."""
        offset = 0
        while True:
            head = os.pread(self._fd, _HEAD.size, offset)
            if len(head) < _HEAD.size:
                break
            length, crc = _HEAD.unpack(head)
            payload = os.pread(self._fd, length, offset + _HEAD.size) if length <= _LONGEST else b""
            if len(payload) < length or not length or zlib.crc32(payload) != crc:
                break
            offset += _HEAD.size + length
            yield payload
        if offset != self._size:
            os.ftruncate(self._fd, offset)
            self._size = offset

    def append(self, payload: bytes) -> None:
        """A short write (full disk) is taken back, so that the file stays whole; OSError is raised."""
        record = _HEAD.pack(len(payload), zlib.crc32(payload)) + payload
        try:
            written = os.pwrite(self._fd, record, self._size)
            if written != len(record):
                raise OSError(28, "journal: short write")
        except OSError:
            os.ftruncate(self._fd, self._size)
            raise
        self._size += written

    def clear(self) -> None:
        os.ftruncate(self._fd, 0)
        self._size = 0

    def close(self) -> None:
        os.close(self._fd)
