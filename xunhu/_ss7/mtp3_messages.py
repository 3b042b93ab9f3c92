"""Messages of signalling network management (ITU-T Q.704 (07/96) §15) and of the signalling link test (Q.707 (07/96) §5).

Two widths of point codes: 14 bits (Q.704 §2.2, label of 4 octets) and 24 bits (GF 001-9001, label of 7 octets). A message is the service
information octet, the label, the heading (H1 in the high, H0 in the low four bits) and what the tables below say. In management and
test messages the place of the SLS holds the signalling link code (§15.2).

    14 bits   DPC 14 | OPC 14 | SLS 4                 24 bits   DPC 24 | OPC 24 | SLS 4 | spare 4
    destination: 14 bits and 2 of status or spare     destination: 24 bits, the status in an octet of its own

Left out: XCO and XCA (Q.2210, other links than Q.703's), DLC and its answers (allocation of data links, §12.3: ours are fixed) are known by
name, but not sent. Peer octets raise nothing but RemoteError.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

from xunhu.protocol.errors import LocalError, RemoteError

SNM, SLT, SLT_SPECIAL = 0, 1, 2  # service indicators, §14.2.1
WIDTHS = (14, 24)
MANAGEMENT_PRIORITY = 3  # the highest, §15


class Body(Enum):
    """What follows the heading."""

    NOTHING = "nothing"
    FSN = "forward sequence number, 7 bits, or 12 on links with extended numbers"
    CODE = "changeback code, 8 bits"
    DESTINATION = "destination"
    CONGESTED = "destination and congestion status"
    USER = "destination, user part and cause"
    TEST = "length in four bits and test pattern of 1 to 15 octets"
    DATA_LINK = "signalling data link identity, 12 bits"


@dataclass(frozen=True, slots=True)
class MessageRow:
    """name; heading: H1 << 4 | H0."""

    name: str
    heading: int
    body: Body
    clause: str


def _rows(*rows: tuple[str, int, int, Body, str]) -> Mapping[str, MessageRow]:
    return MappingProxyType({name: MessageRow(name, h1 << 4 | h0, body, clause) for name, h0, h1, body, clause in rows})


MANAGEMENT_MESSAGES = _rows(
    ("COO", 1, 1, Body.FSN, "Q.704 §15.4"),
    ("COA", 1, 2, Body.FSN, "Q.704 §15.4"),
    ("CBD", 1, 5, Body.CODE, "Q.704 §15.5"),
    ("CBA", 1, 6, Body.CODE, "Q.704 §15.5"),
    ("ECO", 2, 1, Body.NOTHING, "Q.704 §15.6"),
    ("ECA", 2, 2, Body.NOTHING, "Q.704 §15.6"),
    ("RCT", 3, 1, Body.NOTHING, "Q.704 §15.9"),
    ("TFC", 3, 2, Body.CONGESTED, "Q.704 §15.15"),
    ("TFP", 4, 1, Body.DESTINATION, "Q.704 §15.7"),
    ("TFR", 4, 3, Body.DESTINATION, "Q.704 §15.7"),
    ("TFA", 4, 5, Body.DESTINATION, "Q.704 §15.8"),
    ("RST", 5, 1, Body.DESTINATION, "Q.704 §15.10"),
    ("RSR", 5, 2, Body.DESTINATION, "Q.704 §15.10"),
    ("LIN", 6, 1, Body.NOTHING, "Q.704 §15.11"),
    ("LUN", 6, 2, Body.NOTHING, "Q.704 §15.11"),
    ("LIA", 6, 3, Body.NOTHING, "Q.704 §15.11"),
    ("LUA", 6, 4, Body.NOTHING, "Q.704 §15.11"),
    ("LID", 6, 5, Body.NOTHING, "Q.704 §15.11"),
    ("LFU", 6, 6, Body.NOTHING, "Q.704 §15.11"),
    ("LLT", 6, 7, Body.NOTHING, "Q.704 §15.11"),
    ("LRT", 6, 8, Body.NOTHING, "Q.704 §15.11"),
    ("TRA", 7, 1, Body.NOTHING, "Q.704 §15.12"),
    ("DLC", 8, 1, Body.DATA_LINK, "Q.704 §15.13"),
    ("CSS", 8, 2, Body.NOTHING, "Q.704 §15.14"),
    ("CNS", 8, 3, Body.NOTHING, "Q.704 §15.14"),
    ("CNP", 8, 4, Body.NOTHING, "Q.704 §15.14"),
    ("UPU", 10, 1, Body.USER, "Q.704 §15.17"),
)
TEST_MESSAGES = _rows(
    ("SLTM", 1, 1, Body.TEST, "Q.707 §5.3"),
    ("SLTA", 1, 2, Body.TEST, "Q.707 §5.3"),
)
_BY_HEADING = (
    {row.heading: row for row in MANAGEMENT_MESSAGES.values()},
    {row.heading: row for row in TEST_MESSAGES.values()},
)


@dataclass(frozen=True, slots=True)
class Label:
    """The service information octet and the routing label. sls: 0 to 15, in management messages the SLC."""

    service: int
    network: int
    priority: int
    dpc: int
    opc: int
    sls: int


@dataclass(frozen=True, slots=True)
class Message:
    """A management or test message. value: FSN, changeback code, congestion status, data link identity, or user part in the low and
    cause in the high four bits; destination: that of TFx, RST, RSR, TFC, UPU; pattern: that of a test. What the row has not is 0 or empty."""

    name: str
    label: Label
    value: int = 0
    destination: int = 0
    pattern: bytes = b""

    @property
    def slc(self) -> int:
        return self.label.sls


def label_octets(bits: int) -> int:
    """Octets of a label with its service information octet."""
    return 5 if bits == 14 else 8


def encode_label(label: Label, bits: int) -> bytes:
    """LocalError: a field does not fit."""
    if bits not in WIDTHS:
        raise LocalError(f"point codes of {bits} bits are not known; 14 or 24")
    if (label.dpc | label.opc) >> bits or label.sls >> 4 or label.network >> 2 or label.priority >> 2 or label.service >> 4:
        raise LocalError(f"label does not fit into {bits} bits: {label}")
    if min(label.dpc, label.opc, label.sls, label.network, label.priority, label.service) < 0:
        raise LocalError(f"negative field in {label}")
    packed = label.dpc | label.opc << bits | label.sls << 2 * bits
    octet = label.network << 6 | label.priority << 4 | label.service
    return bytes((octet,)) + packed.to_bytes(label_octets(bits) - 1, "little")


def decode_label(octets: bytes, bits: int) -> Label:
    """RemoteError: too short. The four spare bits of the longer label are not looked at."""
    size = label_octets(bits)
    if len(octets) < size:
        raise RemoteError(f"message of {len(octets)} octets has no label of {size}")
    packed = int.from_bytes(octets[1:size], "little")
    mask = (1 << bits) - 1
    sio = octets[0]
    return Label(
        service=sio & 15,
        network=sio >> 6,
        priority=sio >> 4 & 3,
        dpc=packed & mask,
        opc=packed >> bits & mask,
        sls=packed >> 2 * bits & 15,
    )


def encode_message(message: Message, bits: int, *, extended: bool = False) -> bytes:
    """extended: the FSN has 12 bits. LocalError: not a message, or a field does not fit."""
    table = MANAGEMENT_MESSAGES if message.label.service == SNM else TEST_MESSAGES
    row = table.get(message.name)
    if row is None:
        raise LocalError(f"{message.name} is no message of service indicator {message.label.service}")
    head = encode_label(message.label, bits) + bytes((row.heading,))
    try:
        return head + _encode_body(row.body, message, bits, extended)
    except OverflowError:
        raise LocalError(f"field of {message.name} does not fit: {message}") from None


def _fits(value: int, bits: int) -> int:
    if value >> bits:
        raise OverflowError
    return value


def _encode_body(body: Body, message: Message, bits: int, extended: bool) -> bytes:
    value = message.value
    if body is Body.NOTHING:
        return b""
    if body is Body.FSN:
        return _fits(value, 12).to_bytes(2, "little") if extended else bytes((_fits(value, 7),))
    if body is Body.CODE:
        return bytes((_fits(value, 8),))
    if body is Body.DATA_LINK:
        return _fits(value, 12).to_bytes(2, "little")
    if body is Body.TEST:
        size = len(message.pattern)
        if not 1 <= size <= 15:
            raise LocalError(f"test pattern of {size} octets; 1 to 15 (Q.707 §5.3)")
        return bytes((size << 4,)) + message.pattern
    point = _fits(message.destination, bits)
    if body is Body.CONGESTED and bits == 14:
        return (point | _fits(value, 2) << 14).to_bytes(2, "little")
    octets = point.to_bytes(2 if bits == 14 else 3, "little")
    if body is Body.DESTINATION:
        return octets
    return octets + bytes((_fits(value, 8 if body is Body.USER else 2),))


def decode_message(octets: bytes, bits: int) -> Message:
    """A message of service indicator 0, 1 or 2. Octets after the last field are not looked at; an FSN
    of one octet has 7 bits, of two 12. RemoteError: unknown heading, too short, or a test pattern that does not fit its length."""
    label = decode_label(octets, bits)
    at = label_octets(bits)
    if len(octets) == at:
        raise RemoteError("message without heading")
    if label.service > SLT_SPECIAL:
        raise RemoteError(f"service indicator {label.service} is a user part's")
    row = _BY_HEADING[label.service != SNM].get(octets[at])
    if row is None:
        raise RemoteError(f"heading H0 {octets[at] & 15} H1 {octets[at] >> 4} is not known")
    return _decode_body(row, label, octets[at + 1 :], bits)


def _need(row: MessageRow, rest: bytes, size: int) -> None:
    if len(rest) < size:
        raise RemoteError(f"{row.name} is too short: {len(rest)} octets after the heading, {size} needed")


def _decode_body(row: MessageRow, label: Label, rest: bytes, bits: int) -> Message:
    body, name = row.body, row.name
    if body is Body.NOTHING:
        return Message(name, label)
    if body is Body.FSN:
        _need(row, rest, 1)
        return Message(name, label, rest[0] & 127 if len(rest) == 1 else int.from_bytes(rest[:2], "little") & 4095)
    if body is Body.CODE:
        _need(row, rest, 1)
        return Message(name, label, rest[0])
    if body is Body.DATA_LINK:
        _need(row, rest, 2)
        return Message(name, label, int.from_bytes(rest[:2], "little") & 4095)
    if body is Body.TEST:
        _need(row, rest, 2)
        size = rest[0] >> 4
        if size == 0 or len(rest) != 1 + size:
            raise RemoteError(f"{name}: length {size} and {len(rest) - 1} octets of pattern")
        return Message(name, label, pattern=bytes(rest[1:]))
    size = 2 if bits == 14 else 3
    _need(row, rest, size)
    point = int.from_bytes(rest[:size], "little")
    destination = point & (1 << bits) - 1
    if body is Body.DESTINATION:
        return Message(name, label, destination=destination)
    if body is Body.CONGESTED and bits == 14:
        return Message(name, label, point >> 14, destination)
    _need(row, rest, size + 1)
    return Message(name, label, rest[size] if body is Body.USER else rest[size] & 3, destination)
