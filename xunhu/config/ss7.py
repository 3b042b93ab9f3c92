"""No.7 in Tce1-32.ini as it is known to the rest: own points, linksets, routes, circuits. Read by ss7_read.py, held together by ss7_check.py.

Point codes are numbers; on paper they are written in the parts of their network:

    14 bits   ZONE-AREA-POINT, 3-8-3 bits      2-100-3 = 2 << 11 | 100 << 3 | 3      Q.708
    24 bits   MAIN-SUB-POINT, 8-8-8 bits       34-56-78                              GF 001-9001
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from xunhu.config.values import ValueFaultError
from xunhu.text import tr

PARTS: Mapping[int, tuple[int, ...]] = {14: (3, 8, 3), 24: (8, 8, 8)}  # bits of a point code -> bits of its parts
NETWORKS = ("international", "international-spare", "national", "national-spare")  # by network indicator, Q.704 §14.2.2
RATES = ("64k", "2M")
CORRECTIONS = ("basic", "PCR")
VARIANTS = ("ISUP-ITU", "ISUP-ITU-1997", "ISUP-Q767", "ISUP-CHINA", "TUP-ITU", "TUP-CHINA")
CONGESTION = ("international", "national", "national-priorities")
LEVELS = ("mtp2", "mtp2-2M", "mtp3", "isup", "tup")  # of timers; mtp2: of 64k links
LAST_CIC = 4095
LINKS = 16  # of a linkset: SLC 0 to 15
WHOLE_TRUNK = tuple(range(1, 32))


@dataclass(frozen=True, slots=True)
class OwnPoint:
    """A point code of ours, and with it a network. ni: network indicator, 0 to 3; bits: 14 or 24; line: in the file."""

    number: int
    point_code: int
    ni: int
    bits: int
    line: int

    @property
    def text(self) -> str:
        return point_text(self.point_code, self.bits)


@dataclass(frozen=True, slots=True)
class SignallingLinkLine:
    """number: of the link in this node, from 0 in the order of linksets and codes; linkset: its number; timeslot: 0 where the link has the whole
    trunk (2M); rate: 64k | 2M; correction: basic | PCR."""

    number: int
    linkset: int
    slc: int
    trunk: int
    timeslot: int
    rate: str
    correction: str
    line: int

    @property
    def name(self) -> str:
        return f"LinkSet{self.linkset}/{self.slc}"

    @property
    def timeslots(self) -> tuple[int, ...]:
        return (self.timeslot,) if self.timeslot else WHOLE_TRUNK


@dataclass(frozen=True, slots=True)
class LinkSetLine:
    """own: number of the OwnPoint; adjacent: point code at the other end; links: in the order of their codes."""

    number: int
    name: str
    own: int
    adjacent: int
    links: tuple[SignallingLinkLine, ...]
    line: int


@dataclass(frozen=True, slots=True)
class RouteLine:
    """linksets: (number, priority); the lower number is preferred, two of equal priority share the load (combined linkset). number: of the
    section; IMPLIED where the file names none and the adjacent point is reached by its own linkset."""

    number: int
    own: int
    dpc: int
    linksets: tuple[tuple[int, int], ...]
    line: int


IMPLIED = -1


@dataclass(frozen=True, slots=True)
class CircuitsLine:
    """The circuits of a trunk: those of its timeslots that are not skipped. first_cic: CIC of timeslot 1, so that of timeslot t is
    first_cic + t - 1."""

    number: int
    name: str
    own: int
    trunk: int
    dpc: int
    first_cic: int
    variant: str
    line: int

    def cic(self, timeslot: int) -> int:
        return self.first_cic + timeslot - 1


@dataclass(frozen=True, slots=True)
class Ss7Lines:
    """transfer: the node passes on what is not for it (STP). congestion: the networks' options (xunhu/_ss7/mtp3_timers.py). timers: milliseconds
    by name within LEVELS; only what the file says."""

    points: tuple[OwnPoint, ...] = ()
    linksets: tuple[LinkSetLine, ...] = ()
    routes: tuple[RouteLine, ...] = ()
    circuits: tuple[CircuitsLine, ...] = ()
    transfer: bool = False
    congestion: str = "international"
    timers: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    @property
    def links(self) -> tuple[SignallingLinkLine, ...]:
        return tuple(link for linkset in self.linksets for link in linkset.links)

    def links_of(self, trunk: int) -> tuple[SignallingLinkLine, ...]:
        return tuple(link for link in self.links if link.trunk == trunk)

    def circuits_of(self, trunk: int) -> CircuitsLine | None:
        return next((c for c in self.circuits if c.trunk == trunk), None)

    def mtp2_timers(self, link: SignallingLinkLine) -> Mapping[str, int]:
        """Those that the file sets for links of this rate."""
        return self.timers.get("mtp2" if link.rate == "64k" else "mtp2-2M", {})


def point_text(code: int, bits: int) -> str:
    """As people write it: 2-100-3 or 34-56-78."""
    out: list[str] = []
    for width in reversed(PARTS[bits]):
        out.append(str(code & (1 << width) - 1))
        code >>= width
    return "-".join(reversed(out))


def point_code(text: str, bits: int) -> int:
    """A point code in decimal, 0x hexadecimal or its parts. ValueFaultError."""
    highest = (1 << bits) - 1
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,8}", text):
        code = int(text, 16)
    elif re.fullmatch(r"[0-9]{1,9}", text):
        code = int(text)
    else:
        return _from_parts(text, bits)
    if code > highest:
        raise ValueFaultError(
            tr(
                f"{code} does not fit into {bits} bits: at most {highest} (0x{highest:x}, {point_text(highest, bits)})",
                f"{code} 超出 {bits} 位：最大 {highest}（0x{highest:x}，{point_text(highest, bits)}）",
            )
        )
    return code


def _from_parts(text: str, bits: int) -> int:
    widths = PARTS[bits]
    if not re.fullmatch(r"[0-9]{1,5}-[0-9]{1,5}-[0-9]{1,5}", text):
        form = tr("ZONE-AREA-POINT such as 2-100-3", "大区-区域-信令点，例如 2-100-3")
        if bits == 24:
            form = tr("MAIN-SUB-POINT such as 34-56-78", "主信令区-分信令区-信令点，例如 34-56-78")
        raise ValueFaultError(
            tr(f"a point code of {bits} bits: {form}, or decimal, or 0x hex", f"{bits} 位信令点编码：{form}，或十进制，或 0x 十六进制")
        )
    code = 0
    for part, width in zip(text.split("-"), widths, strict=True):
        highest = (1 << width) - 1
        if int(part) > highest:
            limits = "-".join(f"(0..{(1 << w) - 1})" for w in widths)
            raise ValueFaultError(
                tr(
                    f"{part} is too large in a point code of {bits} bits: {limits}",
                    f"{bits} 位信令点编码中 {part} 过大：{limits}",
                )
            )
        code = code << width | int(part)
    return code
