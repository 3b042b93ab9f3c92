"""Static payload types of RTP/AVP, RFC 3551 §6, tables 4 and 5: number -> encoding, clock in Hz, channels."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class RtpMap(NamedTuple):
    """encoding as it is written (compare without case); clock: Hz; channels: 1 for video, too."""

    encoding: str
    clock: int
    channels: int = 1

    def __str__(self) -> str:
        return f"{self.encoding}/{self.clock}" + (f"/{self.channels}" if self.channels > 1 else "")


STATIC: Mapping[int, RtpMap] = MappingProxyType(
    {
        0: RtpMap("PCMU", 8000),
        3: RtpMap("GSM", 8000),
        4: RtpMap("G723", 8000),
        5: RtpMap("DVI4", 8000),
        6: RtpMap("DVI4", 16000),
        7: RtpMap("LPC", 8000),
        8: RtpMap("PCMA", 8000),
        9: RtpMap("G722", 8000),
        10: RtpMap("L16", 44100, 2),
        11: RtpMap("L16", 44100),
        12: RtpMap("QCELP", 8000),
        13: RtpMap("CN", 8000),
        14: RtpMap("MPA", 90000),
        15: RtpMap("G728", 8000),
        16: RtpMap("DVI4", 11025),
        17: RtpMap("DVI4", 22050),
        18: RtpMap("G729", 8000),
        25: RtpMap("CelB", 90000),
        26: RtpMap("JPEG", 90000),
        28: RtpMap("nv", 90000),
        31: RtpMap("H261", 90000),
        32: RtpMap("MPV", 90000),
        33: RtpMap("MP2T", 90000),
        34: RtpMap("H263", 90000),
    }
)
