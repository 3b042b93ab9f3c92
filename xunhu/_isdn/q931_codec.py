# cython: boundscheck=True
"""Messages of ITU-T Q.931 (05/98) §3 and §4, as a table: one row a message, its mandatory and optional elements.

`decode` raises `RemoteError` where there is no message to speak of (§5.8.1 to §5.8.3: other protocol, too short, call
reference that cannot be read). Anything else wrong is a `Fault` of the message it gives: the procedures of §5.8.4 to
§5.8.7 need the message all the same. An element that is unknown, of another codeset, of a form not read here, or faulty
is kept as `Raw`, so `encode(decode(x)) == x` octet for octet for any x whose spare bits are zero.

Left out: procedures of packet mode (§6) and of Q.932 other than carrying `facility`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import NamedTuple, TypeAlias, TypeVar

import cython

from xunhu._isdn.q931_ie import Element, Raw, Shift, SingleOctet
from xunhu._isdn.q931_ie_codec import (
    ELEMENT_ROWS,
    MAINTENANCE_ROWS,
    DecoderRow,
    ElementRow,
    decode_contents,
    decoder_row,
    encode_element,
)
from xunhu.protocol.errors import LocalError, RemoteError

if not cython.compiled:  # else their C form
    from xunhu._isdn.make import frozen, message_head, part

# Names for types in signatures that q931_codec.pxd declares: C functions there.
Int: TypeAlias = int
Elements: TypeAlias = tuple[Element, ...]
Encoded: TypeAlias = bytes
Flag: TypeAlias = bool
Codes: TypeAlias = tuple[int, ...]

CALL_CONTROL = 0x08  # protocol discriminator, §4.2
MAINTENANCE = 0x03  # of SERVICE messages, TR 41459

# -- message types, §4.4, Table 4-2 ----------------------------------------------------------------------------

ALERTING = 0x01
CALL_PROCEEDING = 0x02
PROGRESS = 0x03
SETUP = 0x05
CONNECT = 0x07
SETUP_ACKNOWLEDGE = 0x0D
CONNECT_ACKNOWLEDGE = 0x0F
USER_INFORMATION = 0x20
SUSPEND_REJECT = 0x21
RESUME_REJECT = 0x22
SUSPEND = 0x25
RESUME = 0x26
SUSPEND_ACKNOWLEDGE = 0x2D
RESUME_ACKNOWLEDGE = 0x2E
DISCONNECT = 0x45
RESTART = 0x46
RELEASE = 0x4D
RESTART_ACKNOWLEDGE = 0x4E
RELEASE_COMPLETE = 0x5A
SEGMENT = 0x60
FACILITY = 0x62
NOTIFY = 0x6E
STATUS_ENQUIRY = 0x75
CONGESTION_CONTROL = 0x79
INFORMATION = 0x7B
STATUS = 0x7D
# of protocol discriminator MAINTENANCE
SERVICE_ACKNOWLEDGE = 0x07
SERVICE = 0x0F


class MessageRow(NamedTuple):
    """mandatory: elements every such message has; mandatory_from_network: those only the network must send."""

    type: int
    name: str
    mandatory: tuple[int, ...]
    mandatory_from_network: tuple[int, ...]
    optional: tuple[int, ...]
    clause: str


_M = MessageRow
_INBAND = (0x1E, 0x28, 0x34)  # progress, display, signal
_COMMON = (0x1C, 0x7E)  # facility, user-user: Q.932, Q.957

MESSAGE_ROWS: tuple[MessageRow, ...] = (
    _M(ALERTING, "ALERTING", (), (), (0x04, 0x18, *_INBAND, 0x7D, *_COMMON), "§3.1.1"),
    _M(CALL_PROCEEDING, "CALL PROCEEDING", (), (), (0x04, 0x18, 0x1E, 0x28, 0x7D, 0x1C), "§3.1.2"),
    _M(CONNECT, "CONNECT", (), (), (0x04, 0x18, *_INBAND, 0x29, 0x4C, 0x7C, 0x7D, 0x27, *_COMMON), "§3.1.3"),
    _M(CONNECT_ACKNOWLEDGE, "CONNECT ACKNOWLEDGE", (), (), (0x18, 0x28, 0x34), "§3.1.4"),
    _M(DISCONNECT, "DISCONNECT", (0x08,), (), (*_INBAND, *_COMMON), "§3.1.5"),
    _M(INFORMATION, "INFORMATION", (), (), (0xA1, 0x08, 0x28, 0x2C, 0x34, 0x70, 0x1C), "§3.1.6"),
    _M(NOTIFY, "NOTIFY", (0x27,), (), (0x04, 0x28, 0x1C), "§3.1.7"),
    _M(PROGRESS, "PROGRESS", (0x1E,), (), (0x04, 0x08, 0x18, 0x28, 0x7D, *_COMMON), "§3.1.8"),
    _M(RELEASE, "RELEASE", (), (), (0x08, 0x28, 0x34, *_COMMON), "§3.1.9"),
    _M(RELEASE_COMPLETE, "RELEASE COMPLETE", (), (), (0x08, 0x28, 0x34, *_COMMON), "§3.1.10"),
    _M(
        SETUP,
        "SETUP",
        (0x04,),
        (0x18,),
        (
            *(0xA1, 0xD0, 0x18, *_INBAND, 0x20, 0x27, 0x2C, 0x40, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x4A),
            *(0x6C, 0x6D, 0x70, 0x71, 0x74, 0x78, 0x7C, 0x7D, *_COMMON),
        ),
        "§3.1.14",
    ),
    _M(SETUP_ACKNOWLEDGE, "SETUP ACKNOWLEDGE", (), (), (0x18, *_INBAND), "§3.1.15"),
    _M(STATUS, "STATUS", (0x08, 0x14), (), (0x28,), "§3.1.16"),
    _M(STATUS_ENQUIRY, "STATUS ENQUIRY", (), (), (0x28,), "§3.1.17"),
    _M(RESTART, "RESTART", (0x79,), (), (0x18, 0x28), "§3.4.1"),
    _M(RESTART_ACKNOWLEDGE, "RESTART ACKNOWLEDGE", (0x79,), (), (0x18, 0x28), "§3.4.2"),
    _M(SEGMENT, "SEGMENT", (0x00,), (), (), "§3.5.1"),
    _M(SUSPEND, "SUSPEND", (), (), (0x10,), "§3.1.18"),
    _M(SUSPEND_ACKNOWLEDGE, "SUSPEND ACKNOWLEDGE", (), (), (0x28,), "§3.1.19"),
    _M(SUSPEND_REJECT, "SUSPEND REJECT", (0x08,), (), (0x28,), "§3.1.20"),
    _M(RESUME, "RESUME", (), (), (0x10,), "§3.1.11"),
    _M(RESUME_ACKNOWLEDGE, "RESUME ACKNOWLEDGE", (0x18,), (), (0x28,), "§3.1.12"),
    _M(RESUME_REJECT, "RESUME REJECT", (0x08,), (), (0x28,), "§3.1.13"),
    _M(USER_INFORMATION, "USER INFORMATION", (0x7E,), (), (0xA0,), "§3.3.13"),
    _M(CONGESTION_CONTROL, "CONGESTION CONTROL", (0x08,), (), (0xB0, 0x28), "Q.957 §1.4"),
    _M(FACILITY, "FACILITY", (), (), (0x1C, 0x28), "§3.1, Q.932 §5"),
)

SERVICE_ROWS: tuple[MessageRow, ...] = (
    _M(SERVICE, "SERVICE", (0x01, 0x18), (), (), "TR 41459"),
    _M(SERVICE_ACKNOWLEDGE, "SERVICE ACKNOWLEDGE", (0x01, 0x18), (), (), "TR 41459"),
)

MESSAGES: Mapping[int, MessageRow] = MappingProxyType({row.type: row for row in MESSAGE_ROWS})
SERVICE_MESSAGES: Mapping[int, MessageRow] = MappingProxyType({row.type: row for row in SERVICE_ROWS})


def message_name(discriminator: int, message_type: int) -> str:
    """For people: "SETUP", or its number where there is no such message."""
    row = (SERVICE_MESSAGES if discriminator == MAINTENANCE else MESSAGES).get(message_type)
    return row.name if row is not None else f"message {message_type:#04x}"


# -- a message -------------------------------------------------------------------------------------------------


@cython.cclass
@dataclass(frozen=True)
class Fault:
    """What is wrong with an element. cause: 96 missing, 99 unknown, 100 contents; required: §5.8.7.1, bits 8 to 5 of the
    code are zero, so the message must not be acted upon if it is not understood."""

    code: int
    codeset: int
    cause: int
    required: bool = False


Faults: TypeAlias = tuple[Fault, ...]
_T = TypeVar("_T")


@cython.freelist(16)
@cython.cclass
@dataclass(frozen=True)
class Message:
    """flag False: sent by the side that chose the call reference (§4.3). reference_octets 0: dummy call reference."""

    type: int
    reference: int
    flag: bool
    elements: tuple[Element, ...] = ()
    reference_octets: int = 2
    discriminator: int = CALL_CONTROL
    faults: tuple[Fault, ...] = ()

    @property
    def name(self) -> str:
        return message_name(self.discriminator, self.type)

    def find(self, cls: Callable[..., _T]) -> _T | None:
        """The first element of a class (§5.8.5.2: repeated ones are not looked at)."""
        for element in self.elements:
            if type(element) is cls:
                found: _T = element
                return found
        return None

    def find_all(self, cls: Callable[..., _T]) -> tuple[_T, ...]:
        """Every element of a class: progress and display may be repeated."""
        for element in self.elements:
            if type(element) is cls:
                break
        else:
            return ()
        return tuple([e for e in self.elements if type(e) is cls])

    def has_octet(self, code: Int) -> bool:
        """Is the one-octet element there (SENDING_COMPLETE, MORE_DATA)?"""
        for element in self.elements:
            if type(element) is SingleOctet:
                octet: SingleOctet = element
                if octet.code == code:
                    return True
        return False


if not cython.compiled:  # else the C form in q931_codec.pxd

    def _message(
        message_type: int,
        reference: int,
        flag: bool,
        elements: tuple[Element, ...],
        reference_octets: int,
        discriminator: int,
        faults: tuple[Fault, ...],
    ) -> Message:
        return Message(message_type, reference, flag, elements, reference_octets, discriminator, faults)


# -- decoding --------------------------------------------------------------------------------------------------


def _by_code(rows: tuple[ElementRow, ...]) -> list[DecoderRow | None]:
    table: list[DecoderRow | None] = [None] * 256
    for row in rows:
        table[row.code] = decoder_row(row)
    return table


_CALL_CONTROL_ELEMENTS = _by_code(ELEMENT_ROWS)
_MAINTENANCE_ELEMENTS = _by_code(tuple(r for r in ELEMENT_ROWS if r.code != 0) + MAINTENANCE_ROWS)
_SENDING_COMPLETE = SingleOctet(0xA1, 0)
_MORE_DATA = SingleOctet(0xA0, 0)


@cython.cfunc  # type: ignore[untyped-decorator]
def _single_octet(code: cython.int, codeset: cython.int, faults: list[Fault]) -> Element:
    if codeset != 0:
        return Raw(code, codeset, bytes((code,)))
    if code == 0xA1:
        return _SENDING_COMPLETE
    if code == 0xA0:
        return _MORE_DATA
    if code & 0xF0 == 0xB0 or code & 0xF0 == 0xD0:
        return SingleOctet(code & 0xF0, code & 0x0F)
    faults.append(Fault(code, 0, 99))
    return Raw(code, 0, bytes((code,)))


@cython.cfunc  # type: ignore[untyped-decorator]
def _decode_elements(
    data: bytes, at: cython.Py_ssize_t, table: list[DecoderRow | None], faults: list[Fault]
) -> tuple[Element, ...]:
    """§4.5.1 to §4.5.4: walk the elements and the codesets."""
    n: cython.Py_ssize_t = len(data)
    end: cython.Py_ssize_t
    code: cython.int
    locked: cython.int = 0
    codeset: cython.int = 0
    elements: list[Element] = []
    while at < n:
        code = data[at]
        if code & 0x80:
            at += 1
            if code & 0xF0 == 0x90:
                elements.append(Shift(code & 7, code & 8 == 0))
                codeset = code & 7
                if code & 8 == 0:
                    locked = codeset
                continue
            elements.append(_single_octet(code, codeset, faults))
            codeset = locked
            continue
        if at + 2 > n or at + 2 + data[at + 1] > n:
            # §5.8.7.2: the length runs past the message
            faults.append(Fault(code, codeset, 100, codeset == 0 and code & 0xF0 == 0))
            elements.append(Raw(code, codeset, data[at:n]))
            break
        end = at + 2 + data[at + 1]
        element = None
        if codeset == 0:
            element = _decode_known(table[code], code, part(data, at + 2, end), faults)
        # codesets 5, 6, 7 are of national and local use (§4.5.2): not known, and no fault
        elements.append(Raw(code, codeset, part(data, at, end)) if element is None else element)
        at = end
        codeset = locked
    return tuple(elements)


@cython.cfunc  # type: ignore[untyped-decorator]
def _decode_known(row: DecoderRow | None, code: cython.int, contents: bytes, faults: list[Fault]) -> Element:
    """An element of codeset 0; None, and its fault noted, where it stays as it came."""
    if row is None:
        faults.append(Fault(code, 0, 99, code & 0xF0 == 0))
        return None
    try:
        return decode_contents(row, contents)
    except RemoteError:
        faults.append(Fault(code, 0, 100))
        return None


def decode(octets: bytes) -> Message:
    """One message. RemoteError where there is none: cause 111 other protocol, 95 too short, 81 call reference."""
    if type(octets) is not bytes:
        octets = bytes(octets)
    n: cython.Py_ssize_t = len(octets)
    if n < 3:
        raise RemoteError(f"message of {n} octets", 95)  # §5.8.2
    discriminator: cython.int = octets[0]
    if discriminator not in (0x08, 0x03):
        raise RemoteError(f"protocol discriminator {discriminator:#04x}", 111)  # §5.8.1
    size: cython.int = octets[1]
    if size > 2:
        raise RemoteError(f"call reference of {size} octets", 81)  # §5.8.3.1; §4.3: two on primary rate access
    if n < 3 + size:
        raise RemoteError(f"message of {n} octets", 95)
    reference: cython.int = 0
    flag = False
    if size:
        flag = octets[2] & 0x80 != 0
        reference = octets[2] & 0x7F
        if size == 2:
            reference = reference << 8 | octets[3]
    message_type: cython.int = octets[2 + size]
    faults: list[Fault] = []
    table = _CALL_CONTROL_ELEMENTS if discriminator == 0x08 else _MAINTENANCE_ELEMENTS
    elements = _decode_elements(octets, 3 + size, table, faults)
    return _message(message_type, reference, flag, elements, size, discriminator, tuple(faults) if faults else ())


# -- encoding --------------------------------------------------------------------------------------------------


def encode_parts(
    message_type: int,
    reference: int,
    flag: bool,
    elements: tuple[Element, ...],
    *,
    reference_octets: int = 2,
    discriminator: int = CALL_CONTROL,
) -> bytes:
    """As `encode`, without a Message being made first."""
    return encode_octets(message_type, reference, flag, elements, reference_octets, discriminator)


def encode_octets(
    message_type: Int, reference: Int, flag: Flag, elements: Elements, reference_octets: Int, discriminator: Int
) -> Encoded:
    """As `encode_parts`; a C function for the modules beside this one."""
    size: cython.int = reference_octets
    value: cython.int = reference
    if value < 0 or value >= (1 if size == 0 else 0x80 if size == 1 else 0x8000) or size < 0 or size > 2:
        raise LocalError(f"call reference {reference} in {reference_octets} octets")
    if flag and size:
        value |= 0x80 if size == 1 else 0x8000
    out = message_head(discriminator, size, value, message_type)
    for element in elements:
        encode_element(out, element)
    return frozen(out)


def encode(message: Message) -> bytes:
    """The octets of a message. LocalError where a value does not fit its field."""
    return encode_parts(
        message.type,
        message.reference,
        message.flag,
        message.elements,
        reference_octets=message.reference_octets,
        discriminator=message.discriminator,
    )


# -- checks against the table ----------------------------------------------------------------------------------


def element_code(element: Element) -> int | None:
    """Code of an element as in the table; None for a shift and for elements of other codesets."""
    if isinstance(element, Shift) or (isinstance(element, Raw) and element.codeset != 0):
        return None
    if isinstance(element, Raw):
        return element.code
    out = bytearray()
    encode_element(out, element)
    first = out[0]
    return first if first < 0x80 or first & 0xF0 == 0xA0 else first & 0xF0


def missing_elements(message: Message, row: MessageRow, from_network: bool) -> tuple[Fault, ...]:
    """§5.8.6: mandatory elements that are not there (96), or there and faulty (100)."""
    return missing_of(message, row.mandatory + row.mandatory_from_network if from_network else row.mandatory)


def missing_of(message: Message, wanted: Codes) -> Faults:
    """As `missing_elements`, of the elements with these codes."""
    out: list[Fault] = []
    for code in wanted:
        if not _present(message, code):
            out.append(Fault(code, 0, 100 if _is_faulty(message, code) else 96))
    return tuple(out) if out else ()


def _present(message: Message, code: int) -> bool:
    """Is the element there and of a form that is no fault?"""
    for element in message.elements:
        if _CODE_OF.get(type(element)) == code:
            return True
        if type(element) is Raw:
            raw: Raw = element
            if raw.code == code and raw.codeset == 0:
                return not _is_faulty(message, code)
    return False


def _is_faulty(message: Message, code: int) -> bool:
    return any(f.code == code and f.codeset == 0 for f in message.faults)


_CODE_OF: dict[type, int] = {row.cls: row.code for row in ELEMENT_ROWS + MAINTENANCE_ROWS if row.cls is not None}


def unexpected_elements(message: Message, row: MessageRow) -> tuple[int, ...]:
    """Codes of elements that have no place in this message; our own messages are tested to have none."""
    allowed = row.mandatory + row.mandatory_from_network + row.optional
    codes = [element_code(e) for e in message.elements]
    return tuple([code for code in codes if code is not None and code not in allowed])
