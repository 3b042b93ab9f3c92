"""Files that the scenarios of SIPp want beside them: voice in A-law, a key as a capture of RFC 4733 events, users who register."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from pathlib import Path

from xunhu._media import g711
from xunhu._media.tones import ToneGenerator
from xunhu.load.code import WORD_MS, word

_EVENTS = {**{str(n): n for n in range(10)}, "*": 10, "#": 11, "A": 12, "B": 13, "C": 14, "D": 15}
_EVENT_TYPE = 101
_STEP_MS = 20


def voice(identity: int = 0) -> bytes:
    """A code word, repeated to some ten seconds, as A-law octets."""
    samples = ToneGenerator(word(identity, backward=False)).run(20 * WORD_MS * 8)
    return bytes(g711.alaw_encode(samples))


def key_packets(key: str, on_ms: int = 100) -> list[tuple[int, bytes]]:
    """RTP packets of one key (RFC 4733 §2.5): (ms since its beginning, packet). The end is sent three times. KeyError: no such key."""
    event, volume = _EVENTS[key], 10
    packets = []
    times = [*range(0, on_ms, _STEP_MS), *(on_ms,) * 3]
    for sequence, ms in enumerate(times):
        last = ms == on_ms
        duration = max(8 * ms, 8 * _STEP_MS) if not last else 8 * on_ms
        head = struct.pack("!BBHII", 0x80, (0x80 if sequence == 0 else 0) | _EVENT_TYPE, sequence + 1, 8000, 0x10AD)
        packets.append((ms, head + struct.pack("!BBH", event, (0x80 if last else 0) | volume, duration)))
    return packets


def capture(packets: Iterable[tuple[int, bytes]]) -> bytes:
    """A pcap file of Ethernet, IPv4 and UDP around them; SIPp puts in addresses and ports of its own."""
    out = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)]
    for ms, packet in packets:
        udp = struct.pack("!HHHH", 6000, 6000, 8 + len(packet), 0) + packet
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
        frame = b"\0" * 12 + b"\x08\0" + ip[:10] + struct.pack("!H", _checksum(ip)) + ip[12:] + udp
        out.append(struct.pack("<IIII", ms // 1000, ms % 1000 * 1000, len(frame), len(frame)) + frame)
    return b"".join(out)


def _checksum(head: bytes) -> int:
    """RFC 1071."""
    total = sum(struct.unpack("!10H", head))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    inverted: int = ~total & 0xFFFF
    return inverted


def write_files(folder: Path, *, key: str, users: Iterable[tuple[str, str]]) -> None:
    """All of them. users: extension, secret."""
    (folder / "voice.alaw").write_bytes(voice())
    (folder / "keys.pcap").write_bytes(capture(key_packets(key)))
    rows = [f"{user};[authentication username={user} password={secret}]" for user, secret in users]
    (folder / "users.csv").write_text("SEQUENTIAL\n" + "".join(f"{row}\n" for row in rows))
