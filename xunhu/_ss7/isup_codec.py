"""Messages of the ISDN user part as octets: ITU-T Q.763 (12/99) §1, read and written by the layouts of a variant.

    CIC, 2 octets, low first (12 bits) | message type | mandatory fixed parameters | pointers | mandatory variable | optional ... 0

Octets here begin with the CIC: the routing label is level 3's. A message is checked once and kept as it came; `get` cuts a parameter
out when asked. So nothing is lost, and a message that is passed on is passed on octet for octet (`Message.octets`).

What is a fault of format is said by Q.764 §2.9.5.1: too short for the fixed part and the pointers; a pointer beyond the end; a length
beyond the end. To these come parts that overlap. Such a message is thrown away, so the RemoteError has no cause. Everything else is
taken as it is: gaps, octets after the last parameter, a last octet of an optional part (end of optional parameters) that is not
there. A message type that is not known is never at fault: §2.9.5.2 wants its compatibility information, if that can be found.

Messages PAM and CRG, the rest of which is another's, have one "parameter" of code 0: all that follows the message type.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, TypeAlias

import cython

from xunhu._ss7.isup_names import MessageType
from xunhu._ss7.isup_variants import UNKNOWN, Layout, Variant
from xunhu.protocol.errors import LocalError, RemoteError

if not cython.compiled:  # else the C form in isup_codec.pxd

    def part(octets: bytes, start: int, end: int) -> bytes:
        return octets[start:end]

    def frozen(octets: bytearray) -> bytes:
        return bytes(octets)


# Names for types in signatures that isup_codec.pxd declares: C functions there.
Int: TypeAlias = int
Parameters: TypeAlias = Sequence[tuple[int, bytes]]

REST = 0  # code under which a message such as PAM has all that follows its type
MAXIMUM = 268  # octets after a routing label of 14-bit point codes, Q.703 §2.3.8
_UNKNOWN = UNKNOWN


@cython.freelist(32)
@cython.cclass
@dataclass(frozen=True, eq=False)
class Message:
    """A message as decoded. cic: 0 to 4095; known: the variant has this message type; octets: as they came, from the CIC on;
    optional_at: offset of the optional part, 0 where there is none."""

    cic: int
    type: int
    known: bool
    octets: bytes
    layout: Layout
    optional_at: int

    @property
    def acronym(self) -> str:
        return self.layout.row.acronym if self.known else f"message {self.type:#04x}"

    def get(self, code: Int) -> bytes | None:
        """Content of the first parameter of this code, mandatory or optional; None: it is not there."""
        layout: Layout = self.layout
        octets: bytes = self.octets
        role: cython.int
        at: cython.int
        if layout.raw:
            return part(octets, 3, len(octets)) if code == REST else None
        if code < 1 or code > 255:
            return None
        role = layout.roles[code]
        if role >= 64:
            at = layout.pointers_at + role - 64
            at += octets[at]
            return part(octets, at + 1, at + 1 + octets[at])
        if role:
            at = layout.fixed_at[role - 1]
            return part(octets, at, at + layout.fixed_sizes[role - 1])
        at = self.optional_at
        n: cython.int = len(octets)
        if at:
            while at < n and octets[at]:
                if octets[at] == code:
                    return part(octets, at + 2, at + 2 + octets[at + 1])
                at += 2 + octets[at + 1]
        return None

    def all(self, code: Int) -> list[bytes]:
        """Contents of every parameter of this code, in order."""
        return [content for found, content in self.items() if found == code]

    def items(self) -> list[tuple[int, bytes]]:
        """Every parameter, (code, content): fixed, variable, optional, each in order."""
        layout: Layout = self.layout
        octets: bytes = self.octets
        if layout.raw:
            return [(REST, octets[3:])]
        out = []
        at: cython.int
        number: cython.int
        for number in range(len(layout.fixed_codes)):
            at = layout.fixed_at[number]
            out.append((layout.fixed_codes[number], octets[at : at + layout.fixed_sizes[number]]))
        for number in range(len(layout.variable_codes)):
            at = layout.pointers_at + number
            at += octets[at]
            out.append((layout.variable_codes[number], octets[at + 1 : at + 1 + octets[at]]))
        out.extend(self.optional())
        return out

    def optional(self) -> list[tuple[int, bytes]]:
        """The parameters of the optional part, in order."""
        octets: bytes = self.octets
        out: list[tuple[int, bytes]] = []
        at: cython.int = self.optional_at
        n: cython.int = len(octets)
        if at:
            while at < n and octets[at]:
                out.append((octets[at], octets[at + 2 : at + 2 + octets[at + 1]]))
                at += 2 + octets[at + 1]
        return out


if not cython.compiled:  # else the C form in isup_codec.pxd

    def _message(cic: int, message_type: int, known: bool, octets: bytes, layout: Layout, optional_at: int) -> Message:
        return Message(cic, message_type, known, octets, layout, optional_at)


# -- decoding ------------------------------------------------------------------------------------------------------


@cython.cfunc  # type: ignore[untyped-decorator]
def _optional_end(octets: bytes, at: cython.int) -> cython.int:
    """Where an optional part that begins at `at` ends; -1 where a parameter of it runs past the message."""
    n: cython.int = len(octets)
    while at < n and octets[at]:
        if at + 1 >= n:
            return -1
        at += 2 + octets[at + 1]
        if at > n:
            return -1
    return at


@cython.cfunc  # type: ignore[untyped-decorator]
def _unknown(cic: cython.int, message_type: cython.int, octets: bytes) -> Message:
    """A message that is not known: its optional part is taken where the pointer says one is, and where it can be read."""
    n: cython.int = len(octets)
    at: cython.int = 0
    if n > 4 and octets[3] and 3 + octets[3] < n:
        at = 3 + octets[3]
        if _optional_end(octets, at) < 0:
            at = 0
    return _message(cic, message_type, False, octets, _UNKNOWN, at)


def _overlap(layout: Any, octets: bytes, optional_at: int) -> None:
    """Parts that are not in the usual order: allowed, as pointers lead to them, but none may lie in another."""
    spans = [(0, layout.head)]
    for number in range(len(layout.variable_codes)):
        at = layout.pointers_at + number + octets[layout.pointers_at + number]
        spans.append((at, at + 1 + octets[at]))
    if optional_at:
        spans.append((optional_at, _optional_end(octets, optional_at)))
    spans.sort()
    for (_, end), (start, _) in pairwise(spans):
        if start < end:
            raise RemoteError(f"{MessageType(layout.type).name}: parts of the message overlap")


def decode(octets: bytes, variant: Variant) -> Message:
    """A message from its CIC on. RemoteError: a fault of format, Q.764 §2.9.5.1; the message is to be thrown away."""
    n: cython.int = len(octets)
    if n < 3:
        raise RemoteError(f"message of {n} octets")
    cic: cython.int = octets[0] | (octets[1] & 0x0F) << 8
    message_type: cython.int = octets[2]
    layout: Layout | None = variant.layouts[message_type]
    if layout is None:
        unknown: Message = _unknown(cic, message_type, octets)
        return unknown
    if n < layout.head:
        raise RemoteError(f"{layout.row.acronym} of {n} octets, {layout.head} at least")
    at: cython.int
    end: cython.int = layout.head
    where: cython.int = layout.pointers_at
    odd: cython.int = 0
    for _ in range(len(layout.variable_codes)):
        at = where + octets[where]
        if at == where or at >= n or at + 1 + octets[at] > n:
            raise RemoteError(f"{layout.row.acronym}: pointer {octets[where]} or the length there leads out of the message")
        if at < end:
            odd = 1
        end = at + 1 + octets[at]
        where += 1
    at = 0
    if layout.optional and octets[where]:
        at = where + octets[where]
        if at >= n or _optional_end(octets, at) < 0:
            raise RemoteError(f"{layout.row.acronym}: optional part leads out of the message")
        if at < end:
            odd = 1
    if odd:
        _overlap(layout, octets, at)
    return _message(cic, message_type, True, octets, layout, at)


def joined(message: Message, segment: Message) -> Message:
    """A message and the optional parameters of the segmentation message that followed it (Q.764 §2.1.12), as one. Both have been
    decoded; it raises nothing, however their parts lay. It may be longer than a message can be on the line."""
    tail = bytearray()
    for code, content in message.optional() + segment.optional():
        tail.append(code)
        tail.append(len(content))
        tail += content
    tail.append(0)
    octets: bytes = message.octets
    layout: Layout = message.layout
    at: cython.int = message.optional_at
    behind: cython.int = at == 0  # is there anything of the message behind its optional part, which must stay?
    where: cython.int = layout.pointers_at
    for _ in range(len(layout.variable_codes)):
        if where + octets[where] > at:
            behind = 1
        where += 1
    if behind:
        at = len(octets)
    else:
        octets = octets[:at]
    return _message(message.cic, message.type, message.known, octets + bytes(tail), layout, at)


# -- encoding ------------------------------------------------------------------------------------------------------


def _missing(layout: Any, seen: int) -> str:
    row = layout.row
    missing = [code for number, (code, _) in enumerate(row.fixed) if not seen & 1 << (1 + number)]
    missing += [code for number, code in enumerate(row.variable) if not seen & 1 << (16 + number)]
    return f"{row.acronym} without {', '.join(code.name for code in missing)}"


def encode(cic: Int, message_type: Int, parameters: Parameters, variant: Variant) -> bytes:
    """The octets of a message. parameters: (code, content) in any order; mandatory ones find their places, all others (and a
    mandatory one given again) make the optional part in the order given.

    LocalError: no such message, a mandatory parameter missing or of a wrong length, CIC above 4095, content above 255 octets, a
    message above 268."""
    number: cython.int = cic
    role: cython.int
    code: cython.int
    size: cython.int
    at: cython.int
    k: cython.int
    seen: cython.int = 0
    if number < 0 or number > 4095 or message_type < 0 or message_type > 255:
        raise LocalError(f"CIC {cic} or message type {message_type} is out of range")
    layout: Layout | None = variant.layouts[message_type]
    if layout is None:
        raise LocalError(f"{variant.name} has no message {message_type:#04x}")
    out: bytearray = bytearray(layout.blank)
    out[0] = number & 0xFF
    out[1] = number >> 8
    if layout.raw:
        for found, rest in parameters:
            if found != REST:
                raise LocalError(f"{layout.row.acronym} has no parameter {found}")
            out += rest
        if len(out) > MAXIMUM:
            raise LocalError(f"{layout.row.acronym} of {len(out)} octets")
        return frozen(out)
    content: bytes
    first: bytes = b""
    second: bytes = b""
    tail: bytearray | None = None
    for found, content in parameters:
        code = found
        if code < 1 or code > 255:
            raise LocalError(f"parameter code {code}")
        size = len(content)
        role = layout.roles[code]
        if role and not seen & (1 << (role if role < 64 else role - 48)):
            if role >= 64:
                seen |= 1 << (role - 48)
                if role == 64:
                    first = content
                else:
                    second = content
            else:
                seen |= 1 << role
                if size != layout.fixed_sizes[role - 1]:
                    raise LocalError(f"{layout.row.acronym}: parameter {code} of {size} octets")
                at = layout.fixed_at[role - 1]
                for k in range(size):
                    out[at + k] = content[k]
            continue
        if size > 255 or not layout.optional:
            raise LocalError(f"{layout.row.acronym}: parameter {code} of {size} octets has no place")
        if tail is None:
            tail = bytearray()
        tail.append(code)
        tail.append(size)
        tail += content
    if seen != layout.complete:
        raise LocalError(_missing(layout, seen))
    at = layout.pointers_at
    for number in range(len(layout.variable_codes)):
        content = second if number else first
        size = len(content)
        k = len(out) - at
        if size > 255 or k > 255:
            raise LocalError(f"{layout.row.acronym}: mandatory parameter of {size} octets")
        out[at] = k
        out.append(size)
        out += content
        at += 1
    if tail is not None:
        k = len(out) - at
        if k > 255:
            raise LocalError(f"{layout.row.acronym}: no pointer reaches the optional part")
        out[at] = k
        tail.append(0)
        out += tail
    if len(out) > MAXIMUM:
        raise LocalError(f"{layout.row.acronym} of {len(out)} octets")
    return frozen(out)
