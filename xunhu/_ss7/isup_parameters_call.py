"""Parameters of the basic call and of circuit supervision, ITU-T Q.763 (12/99) §3, all but the numbers.

Those that every call has (nature of connection, forward and backward call indicators, cause) are extension types when compiled; the
others are tables of bits (isup_parameters_base.py). Every `decode_` raises RemoteError (cause 100), every `encode_` LocalError.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar, TypeAlias

import cython

from xunhu._ss7.circuit_primitives import Cause
from xunhu._ss7.isup_parameters_base import INVALID, Indicators, at_least, bits, one_octet
from xunhu.protocol.errors import LocalError, RemoteError

# Names for types in signatures that the .pxd declares: C functions there.
Int: TypeAlias = int

_OCTETS = tuple(bytes((octet,)) for octet in range(256))

# -- indicators of every call ------------------------------------------------------------------------------------------

CHECK_NOT_REQUIRED, CHECK_ON_THIS_CIRCUIT, CHECK_ON_PREVIOUS_CIRCUIT = 0, 1, 2  # §3.35 b


@cython.cclass
@dataclass(frozen=True)
class NatureOfConnection:
    """§3.35. satellite: number of satellite circuits, 0 to 2; continuity: 0 no check, 1 on this circuit, 2 on a previous one;
    echo_control: an outgoing half echo control device is there."""

    satellite: int = 0
    continuity: int = 0
    echo_control: bool = False


def encode_nature_of_connection_indicators(nature: NatureOfConnection) -> bytes:
    if not 0 <= nature.satellite <= 3 or not 0 <= nature.continuity <= 3:
        raise LocalError(f"nature of connection {nature}")
    octet: bytes = _OCTETS[nature.satellite | nature.continuity << 2 | (0x10 if nature.echo_control else 0)]
    return octet


def decode_nature_of_connection_indicators(content: bytes) -> NatureOfConnection:
    if len(content) < 1:
        raise RemoteError("nature of connection indicators of 0 octets", INVALID)
    octet: cython.int = content[0]
    return NatureOfConnection(octet & 3, octet >> 2 & 3, octet & 0x10 != 0)


@cython.cclass
@dataclass(frozen=True)
class ForwardCallIndicators:
    """§3.23. international: bit A; end_to_end_method: bits BC; interworking: D; end_to_end_information: E; isup: F, ISDN user part all
    the way; preference: GH, 0 preferred, 1 not required, 2 required all the way; isdn_access: I; sccp_method: JK; ported: M, number
    translated; qor: N, query on release attempt."""

    international: bool = False
    end_to_end_method: int = 0
    interworking: bool = False
    end_to_end_information: bool = False
    isup: bool = True
    preference: int = 0
    isdn_access: bool = False
    sccp_method: int = 0
    ported: bool = False
    qor: bool = False


def encode_forward_call_indicators(forward: ForwardCallIndicators) -> bytes:
    for value in (forward.end_to_end_method, forward.preference, forward.sccp_method):
        if not 0 <= value <= 3:
            raise LocalError(f"forward call indicators {forward}")
    first: cython.int = forward.international | forward.end_to_end_method << 1 | forward.interworking << 3
    first |= forward.end_to_end_information << 4 | forward.isup << 5 | forward.preference << 6
    second: cython.int = forward.isdn_access | forward.sccp_method << 1 | forward.ported << 4 | forward.qor << 5
    return bytes((first, second))


def decode_forward_call_indicators(content: bytes) -> ForwardCallIndicators:
    if len(content) < 2:
        raise RemoteError(f"forward call indicators of {len(content)} octets", INVALID)
    first: cython.int = content[0]
    second: cython.int = content[1]
    return ForwardCallIndicators(
        first & 1 != 0,
        first >> 1 & 3,
        first & 8 != 0,
        first & 0x10 != 0,
        first & 0x20 != 0,
        first >> 6,
        second & 1 != 0,
        second >> 1 & 3,
        second & 0x10 != 0,
        second & 0x20 != 0,
    )


@cython.cclass
@dataclass(frozen=True)
class BackwardCallIndicators:
    """§3.5. charge: bits AB, 0 no indication, 1 no charge, 2 charge; status: CD, called party, 0 no indication, 1 subscriber free,
    2 connect when free; category: EF, 0 no indication, 1 ordinary subscriber, 2 payphone; end_to_end_method: GH; interworking: I;
    end_to_end_information: J; isup: K, all the way; holding: L; isdn_access: M; echo_control: N, incoming half device there;
    sccp_method: OP."""

    charge: int = 0
    status: int = 0
    category: int = 0
    end_to_end_method: int = 0
    interworking: bool = False
    end_to_end_information: bool = False
    isup: bool = True
    holding: bool = False
    isdn_access: bool = False
    echo_control: bool = False
    sccp_method: int = 0


def encode_backward_call_indicators(backward: BackwardCallIndicators) -> bytes:
    for value in (
        backward.charge,
        backward.status,
        backward.category,
        backward.end_to_end_method,
        backward.sccp_method,
    ):
        if not 0 <= value <= 3:
            raise LocalError(f"backward call indicators {backward}")
    first: cython.int = backward.charge | backward.status << 2 | backward.category << 4
    first |= backward.end_to_end_method << 6
    second: cython.int = backward.interworking | backward.end_to_end_information << 1 | backward.isup << 2
    second |= backward.holding << 3 | backward.isdn_access << 4 | backward.echo_control << 5
    second |= backward.sccp_method << 6
    return bytes((first, second))


def decode_backward_call_indicators(content: bytes) -> BackwardCallIndicators:
    if len(content) < 2:
        raise RemoteError(f"backward call indicators of {len(content)} octets", INVALID)
    first: cython.int = content[0]
    second: cython.int = content[1]
    return BackwardCallIndicators(
        first & 3,
        first >> 2 & 3,
        first >> 4 & 3,
        first >> 6,
        second & 1 != 0,
        second & 2 != 0,
        second & 4 != 0,
        second & 8 != 0,
        second & 0x10 != 0,
        second & 0x20 != 0,
        second >> 6,
    )


# -- cause ---------------------------------------------------------------------------------------------------------------


def encode_cause_indicators(cause: Cause) -> bytes:
    """§3.12, Q.850 §2."""
    value: cython.int = cause.value
    location: cython.int = cause.location
    coding: cython.int = cause.coding
    if not 0 <= value <= 127 or not 0 <= location <= 15 or not 0 <= coding <= 3:
        raise LocalError(f"cause {cause}")
    head: bytes = bytes((0x80 | coding << 5 | location, 0x80 | value))
    return head + cause.diagnostics if cause.diagnostics else head


def decode_cause_indicators(content: bytes) -> Cause:
    """§3.12. An octet 1a (recommendation) is skipped."""
    n: cython.int = len(content)
    at: cython.int = 1
    if n > 1 and not content[0] & 0x80:
        at = 2
    if n <= at:
        raise RemoteError(f"cause indicators of {n} octets", INVALID)
    head: cython.int = content[0]
    return Cause(content[at] & 0x7F, head & 15, content[at + 1 :] if n > at + 1 else b"", head >> 5 & 3)


# -- one octet with a number -------------------------------------------------------------------------------------------


class Medium(IntEnum):
    """Transmission medium requirement, §3.54; 16 to 42: 3 to 29 times 64 kbit/s, value - 13."""

    SPEECH = 0
    UNRESTRICTED_64 = 2
    AUDIO = 3  # 3.1 kHz
    RESERVED_SERVICE_2 = 4
    RESERVED_SERVICE_1 = 5
    PREFERRED_64 = 6
    UNRESTRICTED_2X64 = 7
    UNRESTRICTED_384 = 8
    UNRESTRICTED_1536 = 9
    UNRESTRICTED_1920 = 10


_MEDIA = ("speech", "", "64 kbit/s unrestricted", "3.1 kHz audio", "service 2", "service 1", "64 kbit/s preferred")
_WIDE = {7: "2 x 64 kbit/s", 8: "384 kbit/s", 9: "1536 kbit/s", 10: "1920 kbit/s"}


def medium_name(value: int) -> str:
    if value < len(_MEDIA) and _MEDIA[value]:
        return _MEDIA[value]
    if 16 <= value <= 42:
        return f"{value - 13} x 64 kbit/s"
    return _WIDE.get(value, f"medium {value}")


def encode_transmission_medium_requirement(medium: int) -> bytes:
    """§3.54; also §3.55 (prime) and §3.56 (used)."""
    return one_octet(medium, 255, "transmission medium")


def decode_transmission_medium_requirement(content: bytes) -> int:
    at_least(content, 1, "transmission medium")
    return content[0]


class Category(IntEnum):
    """Calling party's category, §3.11; national ones from 0xE0 on."""

    UNKNOWN = 0
    OPERATOR_FRENCH = 1
    OPERATOR_ENGLISH = 2
    OPERATOR_GERMAN = 3
    OPERATOR_RUSSIAN = 4
    OPERATOR_SPANISH = 5
    NATIONAL_OPERATOR = 9
    ORDINARY = 10
    PRIORITY = 11
    DATA = 12
    TEST = 13
    PAYPHONE = 15


def encode_calling_partys_category(category: int) -> bytes:
    return one_octet(category, 255, "calling party's category")


def decode_calling_partys_category(content: bytes) -> int:
    at_least(content, 1, "calling party's category")
    return content[0]


def encode_hop_counter(hops: int) -> bytes:
    """§3.80: hops that are left."""
    return one_octet(hops, 31, "hop counter")


def decode_hop_counter(content: bytes) -> int:
    at_least(content, 1, "hop counter")
    return content[0] & 31


def encode_automatic_congestion_level(level: int) -> bytes:
    """§3.4: 1 or 2."""
    return one_octet(level, 255, "automatic congestion level")


def decode_automatic_congestion_level(content: bytes) -> int:
    at_least(content, 1, "automatic congestion level")
    return content[0]


def encode_propagation_delay_counter(delay_ms: int) -> bytes:
    """§3.42; also §3.7 (call history information)."""
    if not 0 <= delay_ms <= 0xFFFF:
        raise LocalError(f"propagation delay of {delay_ms} ms")
    return delay_ms.to_bytes(2, "big")


def decode_propagation_delay_counter(content: bytes) -> int:
    at_least(content, 2, "propagation delay")
    return int.from_bytes(content[:2], "big")


class GroupSupervision(IntEnum):
    """Circuit group supervision message type, §3.13."""

    MAINTENANCE = 0
    HARDWARE = 1
    NATIONAL = 2


def encode_circuit_group_supervision_message_type(kind: int) -> bytes:
    return one_octet(kind, 3, "circuit group supervision message type")


def decode_circuit_group_supervision_message_type(content: bytes) -> int:
    at_least(content, 1, "circuit group supervision message type")
    return content[0] & 3


def encode_continuity_indicators(successful: bool) -> bytes:
    """§3.18."""
    return b"\x01" if successful else b"\x00"


def decode_continuity_indicators(content: bytes) -> bool:
    at_least(content, 1, "continuity indicators")
    return content[0] & 1 != 0


def encode_suspend_resume_indicators(network: bool) -> bytes:
    """§3.52. network: False: by an ISDN subscriber."""
    return b"\x01" if network else b"\x00"


def decode_suspend_resume_indicators(content: bytes) -> bool:
    at_least(content, 1, "suspend/resume indicators")
    return content[0] & 1 != 0


# -- small tables of bits ------------------------------------------------------------------------------------------------


class Event(IntEnum):
    """§3.21."""

    ALERTING = 1
    PROGRESS = 2
    INBAND = 3  # in-band information or an appropriate pattern is now available
    FORWARDED_ON_BUSY = 4
    FORWARDED_ON_NO_REPLY = 5
    FORWARDED_UNCONDITIONAL = 6


@dataclass(frozen=True, slots=True)
class EventInformation(Indicators):
    """§3.21."""

    event: int = bits(
        *(0, 0, 7),
        *("", "alerting", "progress", "in-band information", "forwarded on busy", "forwarded on no reply"),
        "forwarded unconditionally",
    )
    restricted: bool = bits(0, 7, 1, "", "presentation restricted")


def encode_event_information(event: int) -> bytes:
    return one_octet(event, 127, "event")


def decode_event_information(content: bytes) -> int:
    """The event; `EventInformation.decode` has the presentation too."""
    at_least(content, 1, "event information")
    return content[0] & 0x7F


@dataclass(frozen=True, slots=True)
class OptionalBackwardCallIndicators(Indicators):
    """§3.37."""

    inband: bool = bits(0, 0, 1, "", "in-band information")
    diversion: bool = bits(0, 1, 1, "", "diversion may occur")
    segmentation: bool = bits(0, 2, 1, "", "more by SGM")
    mlpp: bool = bits(0, 3, 1, "", "MLPP user")


@dataclass(frozen=True, slots=True)
class OptionalForwardCallIndicators(Indicators):
    """§3.38. cug: 0 no closed user group call, 2 outgoing access allowed, 3 not allowed."""

    cug: int = bits(0, 0, 2, "", "", "CUG, outgoing access allowed", "CUG, outgoing access not allowed")
    segmentation: bool = bits(0, 2, 1, "", "more by SGM")
    connected_line: bool = bits(0, 7, 1, "", "connected line identity requested")


@dataclass(frozen=True, slots=True)
class InformationRequestIndicators(Indicators):
    """§3.29."""

    OCTETS: ClassVar[int] = 2
    calling_party: bool = bits(0, 0, 1, "", "calling party address")
    holding: bool = bits(0, 1, 1, "", "holding")
    category: bool = bits(0, 3, 1, "", "category")
    charge: bool = bits(0, 4, 1, "", "charge information")
    malicious: bool = bits(0, 7, 1, "", "malicious call identification")


@dataclass(frozen=True, slots=True)
class InformationIndicators(Indicators):
    """§3.28. calling_party: 0 not included, 1 not available, 3 included."""

    OCTETS: ClassVar[int] = 2
    calling_party: int = bits(0, 0, 2, "no calling party address", "calling party address not available", "", "")
    holding: bool = bits(0, 2, 1, "", "hold provided")
    category: bool = bits(0, 5, 1, "", "category included")
    charge: bool = bits(0, 6, 1, "", "charge information included")
    unsolicited: bool = bits(0, 7, 1, "", "unsolicited")


_WHO = ("", "rerouted", "rerouted, all restricted", "diverted", "diverted, all restricted")
_REASONS = (
    *("reason unknown", "on busy", "on no reply", "unconditional", "deflected while alerting"),
    *("deflected at once", "mobile not reachable"),
)


@dataclass(frozen=True, slots=True)
class RedirectionInformation:
    """§3.45. indicator: 3 call diverted, 4 and all presentation restricted, ...; original_reason and reason: 0 unknown, 1 busy,
    2 no reply, 3 unconditional, 4, 5 deflection, 6 mobile not reachable; counter: 1 to 5; a first octet alone (counter None) is of
    the national form."""

    indicator: int = 3
    original_reason: int = 0
    counter: int | None = 1
    reason: int = 0

    def describe(self) -> str:
        who = _WHO[self.indicator] if self.indicator < len(_WHO) else f"indicator {self.indicator}"
        why = _REASONS[self.reason] if self.reason < len(_REASONS) else f"reason {self.reason}"
        return f"{who or 'not redirected'}, {why}, {self.counter or 0} times"


def encode_redirection_information(redirection: RedirectionInformation) -> bytes:
    r = redirection
    counter = r.counter or 0
    if not (0 <= r.indicator <= 7 and 0 <= r.original_reason <= 15 and 0 <= counter <= 7 and 0 <= r.reason <= 15):
        raise LocalError(f"redirection information {r}")
    first = r.indicator | r.original_reason << 4
    return bytes((first,)) if r.counter is None else bytes((first, counter | r.reason << 4))


def decode_redirection_information(content: bytes) -> RedirectionInformation:
    at_least(content, 1, "redirection information")
    first = content[0]
    if len(content) == 1:
        return RedirectionInformation(first & 7, first >> 4, None, 0)
    return RedirectionInformation(first & 7, first >> 4, content[1] & 7, content[1] >> 4)


# -- circuits ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RangeAndStatus:
    """§3.43. range: circuits - 1; status: bit k for the circuit k after that of the message, None: only the range (GRS, CQM, CQR)."""

    range: int
    status: int | None = None

    def circuits(self) -> list[int]:
        """Those whose bit is 1, counted from the circuit of the message."""
        status = self.status or 0
        return [k for k in range(self.range + 1) if status >> k & 1]


def status_of(circuits: Iterable[int]) -> int:
    """Bits for circuits, counted from that of the message."""
    status = 0
    for k in circuits:
        status |= 1 << k
    return status


def encode_range_and_status(value: RangeAndStatus) -> bytes:
    if not 0 <= value.range <= 255:
        raise LocalError(f"range {value.range}")
    if value.status is None:
        return bytes((value.range,))
    if value.status >> (value.range + 1):
        raise LocalError(f"status bits beyond the range {value.range}")
    return bytes((value.range,)) + value.status.to_bytes(value.range // 8 + 1, "little")


# Bits 0 to `range`; numbers of Python, as the compiler would shift an int of C by up to 256.
_IN_RANGE: tuple[int, ...] = tuple(int.from_bytes(b"\xff" * 33, "little") >> (263 - last) for last in range(256))


def decode_range_and_status(content: bytes) -> RangeAndStatus:
    """RemoteError where the octets of status are not as many as the range says."""
    at_least(content, 1, "range and status")
    if len(content) == 1:
        return RangeAndStatus(content[0])
    if len(content) != content[0] // 8 + 2:
        raise RemoteError(f"range {content[0]} with {len(content) - 1} octets of status", INVALID)
    return RangeAndStatus(content[0], int.from_bytes(content[1:], "little") & _IN_RANGE[content[0]])


class CallProcessing(IntEnum):
    """§3.14, bits DC."""

    NONE = 0  # transient, or unequipped by the maintenance bits
    INCOMING_BUSY = 1
    OUTGOING_BUSY = 2
    IDLE = 3


_CALLS = ("", "incoming busy", "outgoing busy", "idle")
_BLOCKED = ("", "locally blocked", "remotely blocked", "locally and remotely blocked")


@dataclass(frozen=True, slots=True)
class CircuitState(Indicators):
    """§3.14. call: CallProcessing; maintenance, hardware: 1 locally, 2 remotely blocked, 3 both. With call 0 the maintenance bits are:
    0 transient, 3 unequipped."""

    maintenance: int = bits(0, 0, 2, *_BLOCKED)
    call: int = bits(0, 2, 2, *_CALLS)
    hardware: int = bits(0, 4, 2, *("", "hardware locally blocked", "hardware remotely blocked", "hardware both blocked"))

    def describe(self) -> str:
        if self.call == CallProcessing.NONE:
            return ("transient", "spare 1", "spare 2", "unequipped")[self.maintenance]
        said = (_CALLS[self.call], _BLOCKED[self.maintenance], _BLOCKED[self.hardware] and f"hardware {_BLOCKED[self.hardware]}")
        return ", ".join(text for text in said if text)


TRANSIENT = CircuitState()
UNEQUIPPED = CircuitState(maintenance=3)
IDLE = CircuitState(call=CallProcessing.IDLE)

_STATES = tuple(CircuitState.decode(octet) for octet in _OCTETS)


def encode_circuit_state_indicator(states: Sequence[CircuitState]) -> bytes:
    if not 1 <= len(states) <= 32:
        raise LocalError(f"states of {len(states)} circuits")
    return b"".join(state.encode() for state in states)


def decode_circuit_state_indicator(content: bytes) -> tuple[CircuitState, ...]:
    at_least(content, 1, "circuit state indicator")
    return tuple(_STATES[octet] for octet in content)


# -- carried from access to access -------------------------------------------------------------------------------------


def encode_access_transport(elements: Sequence[tuple[int, bytes]]) -> bytes:
    """§3.3: information elements of Q.931, (identifier, content); one-octet elements (identifier above 127) have no content."""
    out = bytearray()
    for identifier, content in elements:
        if not 0 <= identifier <= 255 or len(content) > 255 or (identifier & 0x80 and content):
            raise LocalError(f"information element {identifier:#04x}")
        out.append(identifier)
        if not identifier & 0x80:
            out.append(len(content))
            out += content
    if not 1 <= len(out) <= 255:
        raise LocalError(f"access transport of {len(out)} octets")
    return bytes(out)


def decode_access_transport(content: bytes) -> tuple[tuple[int, bytes], ...]:
    at_least(content, 1, "access transport")
    out = []
    at = 0
    while at < len(content):
        identifier = content[at]
        if identifier & 0x80:
            out.append((identifier, b""))
            at += 1
            continue
        end = at + 2 + (content[at + 1] if at + 1 < len(content) else 0)
        if at + 2 > len(content) or end > len(content):
            raise RemoteError("access transport: an element leads out of it", INVALID)
        out.append((identifier, content[at + 2 : end]))
        at = end
    return tuple(out)


_CAPABILITIES = {0: "speech", 8: "unrestricted", 9: "restricted", 16: "3.1 kHz audio", 17: "7 kHz audio", 24: "video"}


@dataclass(frozen=True, slots=True)
class UserService:
    """§3.57, §3.58: bearer capability of Q.931 §4.5.5, octets 3 and 4 read; further: all octets after those (multiplier, layers 1 to
    3). layer1: 2 mu-law, 3 A-law; None: no octet 5."""

    capability: int = 0
    mode: int = 0
    rate: int = 16
    further: bytes = b""
    coding: int = 0

    @property
    def layer1(self) -> int | None:
        rest = self.further[1:] if self.rate == 24 else self.further
        return rest[0] & 31 if rest and rest[0] >> 5 & 3 == 1 else None

    def describe(self) -> str:
        law = {2: ", mu-law", 3: ", A-law"}.get(self.layer1 or 0, "")
        return f"{_CAPABILITIES.get(self.capability, f'capability {self.capability}')}{law}"


def encode_user_service_information(service: UserService) -> bytes:
    if not (0 <= service.capability <= 31 and 0 <= service.mode <= 3 and 0 <= service.rate <= 31):
        raise LocalError(f"user service information {service}")
    return bytes((0x80 | service.coding << 5 | service.capability, 0x80 | service.mode << 5 | service.rate)) + service.further


def decode_user_service_information(content: bytes) -> UserService:
    at_least(content, 2, "user service information")
    return UserService(content[0] & 31, content[1] >> 5 & 3, content[1] & 31, content[2:], content[0] >> 5 & 3)
