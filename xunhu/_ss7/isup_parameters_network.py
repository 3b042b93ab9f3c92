"""Parameters of compatibility, network management, application transport, pivot routing, redirection and location, ITU-T Q.763 (12/99) §3.

Every decoder raises RemoteError (cause 100), every encoder LocalError.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from xunhu._ss7.isup_parameters_base import (
    INVALID,
    Indicators,
    at_least,
    bits,
    little_endian,
    one_octet,
    point_code,
)
from xunhu.protocol.errors import LocalError, RemoteError

# -- compatibility, Q.764 §2.9.5 -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class MessageInstructions(Indicators):
    """§3.33: what is to be done with a message that is not known. end_node: A, to be read even at a transit exchange; release: B;
    notify: C, send CFN (or cause 97 or 98); discard: D, the message; pass_on_impossible: E, 0 release, 1 discard where it cannot
    be passed on; broadband: GF, 0 pass on, 1 discard, 2 release, at an interworking with a broadband network."""

    EXTENDED: ClassVar[bool] = True
    end_node: bool = bits(0, 0, 1, "transit", "end node")
    release: bool = bits(0, 1, 1, "", "release call")
    notify: bool = bits(0, 2, 1, "", "send notification")
    discard: bool = bits(0, 3, 1, "", "discard message")
    pass_on_impossible: bool = bits(0, 4, 1, "", "else discard")
    broadband: int = bits(0, 5, 2, "", "broadband: discard", "broadband: release")


def encode_message_compatibility_information(instructions: MessageInstructions) -> bytes:
    return instructions.encode()


def decode_message_compatibility_information(content: bytes) -> MessageInstructions:
    """Further octets are from a later edition and not read."""
    return MessageInstructions.decode(content)


@dataclass(frozen=True, slots=True)
class ParameterInstructions(Indicators):
    """§3.41: what is to be done with a parameter that is not known. As `MessageInstructions`, and discard_parameter: E;
    pass_on_impossible: GF, 0 release, 1 discard message, 2 discard parameter."""

    EXTENDED: ClassVar[bool] = True
    end_node: bool = bits(0, 0, 1, "transit", "end node")
    release: bool = bits(0, 1, 1, "", "release call")
    notify: bool = bits(0, 2, 1, "", "send notification")
    discard_message: bool = bits(0, 3, 1, "", "discard message")
    discard_parameter: bool = bits(0, 4, 1, "", "discard parameter")
    pass_on_impossible: int = bits(0, 5, 2, "", "else discard message", "else discard parameter")


@dataclass(frozen=True, slots=True)
class UpgradedParameter:
    """An entry of §3.41. code: of the parameter; further: instruction octets after the first (broadband interworking)."""

    code: int
    instructions: ParameterInstructions
    further: bytes = b""


def encode_parameter_compatibility_information(entries: Sequence[UpgradedParameter]) -> bytes:
    out = bytearray()
    for entry in entries:
        first = entry.instructions.encode()[0]
        octets = bytes((first,)) + entry.further
        last = len(octets) - 1
        out.append(one_octet(entry.code, 255, "parameter code")[0])
        out += bytes(octet & 0x7F if k < last else octet | 0x80 for k, octet in enumerate(octets))
    if not 2 <= len(out) <= 255:
        raise LocalError(f"parameter compatibility information of {len(out)} octets")
    return bytes(out)


def decode_parameter_compatibility_information(content: bytes) -> tuple[UpgradedParameter, ...]:
    at_least(content, 2, "parameter compatibility information")
    out = []
    at = 0
    while at < len(content):
        end = at + 1
        while end < len(content) and not content[end] & 0x80:
            end += 1
        if end >= len(content):
            raise RemoteError("parameter compatibility information without its end", INVALID)
        octets = content[at + 1 : end + 1]
        further = bytes(octet & 0x7F for octet in octets[1:])
        out.append(UpgradedParameter(content[at], ParameterInstructions.decode(octets[:1]), further))
        at = end + 1
    return tuple(out)


# -- network ---------------------------------------------------------------------------------------------------------------

_ECHO = ("", "not there", "there", "not there but to be had")
_ECHO_REQUEST = ("", "activate", "deactivate")


@dataclass(frozen=True, slots=True)
class EchoControl(Indicators):
    """§3.19. outgoing, incoming: 1 device not included and not available, 2 included, 3 not included but available; ..._request: 1
    activation, 2 deactivation."""

    outgoing: int = bits(0, 0, 2, *(text and f"outgoing {text}" for text in _ECHO))
    incoming: int = bits(0, 2, 2, *(text and f"incoming {text}" for text in _ECHO))
    outgoing_request: int = bits(0, 4, 2, *(text and f"{text} outgoing" for text in _ECHO_REQUEST))
    incoming_request: int = bits(0, 6, 2, *(text and f"{text} incoming" for text in _ECHO_REQUEST))


@dataclass(frozen=True, slots=True)
class NetworkManagement(Indicators):
    """§3.68. alternative: the call is under temporary alternative routing."""

    EXTENDED: ClassVar[bool] = True
    alternative: bool = bits(0, 0, 1, "", "temporary alternative routing")


def encode_signalling_point_code(code: int, octets: int = 2) -> bytes:
    """§3.50: 14 bits in two octets; 24 in three."""
    return little_endian(code, octets, "point code")


def decode_signalling_point_code(content: bytes) -> int:
    at_least(content, 2, "signalling point code")
    return point_code(content[:3])


def encode_origination_isc_point_code(code: int) -> bytes:
    """§3.40."""
    return little_endian(code, 2, "point code")


def decode_origination_isc_point_code(content: bytes) -> int:
    at_least(content, 2, "origination ISC point code")
    return point_code(content[:2])


@dataclass(frozen=True, slots=True)
class CircuitMap:
    """§3.69, of N x 64 kbit/s calls. type: 1 1544 kbit/s, 2 2048 kbit/s; timeslots: 1 to 31 that are used."""

    timeslots: tuple[int, ...]
    type: int = 2


def encode_circuit_assignment_map(value: CircuitMap) -> bytes:
    used = 0
    for timeslot in value.timeslots:
        if not 1 <= timeslot <= 31:
            raise LocalError(f"timeslot {timeslot}")
        used |= 1 << (timeslot - 1)
    return one_octet(value.type, 63, "map type") + used.to_bytes(4, "little")


def decode_circuit_assignment_map(content: bytes) -> CircuitMap:
    at_least(content, 5, "circuit assignment map")
    used = int.from_bytes(content[1:5], "little")
    return CircuitMap(tuple(k + 1 for k in range(31) if used >> k & 1), content[0] & 63)


# -- application transport, Q.765 ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ApplicationTransport:
    """§3.82. context: application context identifier; release, notify: what is to be done with one not known (RCI, SNI); new: the
    sequence indicator, first segment of a new sequence; remaining: segments that follow; reference: local reference of segments,
    None where it is not there; octets: of the application (contexts above 3 begin with the addresses of Q.765)."""

    context: int
    release: bool = False
    notify: bool = False
    new: bool = True
    remaining: int = 0
    reference: int | None = None
    octets: bytes = b""


def encode_application_transport(apm: ApplicationTransport) -> bytes:
    if not 0 <= apm.context < 1 << 14 or not 0 <= apm.remaining <= 63:
        raise LocalError(f"application context {apm.context}, {apm.remaining} segments")
    out = bytearray()
    if apm.context < 128:
        out.append(0x80 | apm.context)
    else:
        out += bytes((apm.context & 0x7F, 0x80 | apm.context >> 7))
    out.append(0x80 | apm.notify << 1 | apm.release)
    segments = apm.new << 6 | apm.remaining
    if apm.reference is None:
        out.append(0x80 | segments)
    else:
        out += bytes((segments, 0x80 | one_octet(apm.reference, 127, "segmentation local reference")[0]))
    return bytes(out) + apm.octets


def decode_application_transport(content: bytes) -> ApplicationTransport:
    name = "application transport"
    at_least(content, 3, name)
    context = content[0] & 0x7F
    at = 1
    if not content[0] & 0x80:
        context |= (content[1] & 0x7F) << 7
        at = 2
    at_least(content, at + 2, name)
    instructions, segments = content[at], content[at + 1]
    at += 2
    reference = None
    if not segments & 0x80:
        at_least(content, at + 1, name)
        reference = content[at] & 0x7F
        at += 1
    return ApplicationTransport(
        context,
        instructions & 1 != 0,
        instructions & 2 != 0,
        segments & 0x40 != 0,
        segments & 63,
        reference,
        content[at:],
    )


# -- pivot routing and redirection -----------------------------------------------------------------------------------------

_WHEN = ("", "possible before ACM", "possible before ANM", "possible at any time")


@dataclass(frozen=True, slots=True)
class RedirectCapability(Indicators):
    """§3.96."""

    EXTENDED: ClassVar[bool] = True
    possible: int = bits(0, 0, 3, *_WHEN)


@dataclass(frozen=True, slots=True)
class PivotCapability(Indicators):
    """§3.84. possible: as in RedirectCapability; no_interworking: G, interworking to redirection prohibited."""

    EXTENDED: ClassVar[bool] = True
    possible: int = bits(0, 0, 3, *_WHEN)
    no_interworking: bool = bits(0, 6, 1, "", "no interworking to redirection")


@dataclass(frozen=True, slots=True)
class PivotRouting(Indicators):
    """§3.85."""

    EXTENDED: ClassVar[bool] = True
    routing: int = bits(
        *(0, 0, 7),
        *("", "pivot request", "cancel pivot request", "pivot request failure"),
        *("no interworking to redirection, backward", "no interworking to redirection, forward"),
    )


@dataclass(frozen=True, slots=True)
class PivotStatus(Indicators):
    """§3.92."""

    EXTENDED: ClassVar[bool] = True
    status: int = bits(0, 0, 2, "", "pivot acknowledged", "pivot will not be invoked")


@dataclass(frozen=True, slots=True)
class RedirectStatus(Indicators):
    """§3.98."""

    EXTENDED: ClassVar[bool] = True
    status: int = bits(0, 0, 2, "", "redirect acknowledged", "redirect will not be invoked")


def encode_pivot_counter(count: int) -> bytes:
    """§3.93, §3.97 (redirect counter)."""
    return one_octet(count, 31, "pivot counter")


def decode_pivot_counter(content: bytes) -> int:
    at_least(content, 1, "pivot counter")
    return content[0] & 31


encode_redirect_counter = encode_pivot_counter
decode_redirect_counter = decode_pivot_counter


def encode_tagged(information: Sequence[tuple[int, bytes]]) -> bytes:
    """§§3.94, 3.95, 3.99, 3.100: pivot and redirect forward and backward information, (information type tag, octets). Forward tags: 1
    return possible, 2 call identifier, 3 performing indicators, 4 invoking reason; backward: 1 duration, 2 call identifier, 3 reason."""
    out = bytearray()
    for tag, octets in information:
        out += one_octet(tag, 255, "information type")
        out += one_octet(len(octets), 255, "length of information")
        out += octets
    if not 1 <= len(out) <= 255:
        raise LocalError(f"routing information of {len(out)} octets")
    return bytes(out)


def decode_tagged(content: bytes) -> tuple[tuple[int, bytes], ...]:
    at_least(content, 1, "routing information")
    out = []
    at = 0
    while at < len(content):
        at_least(content, at + 2, "routing information")
        end = at + 2 + content[at + 1]
        at_least(content, end, "routing information")
        out.append((content[at], content[at + 2 : end]))
        at = end
    return tuple(out)


# -- location --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class GeodeticLocation:
    """§3.88. shape: 0 ellipsoid point, 1 with uncertainty, 2 with altitude and uncertainty, 3 on the ellipsoid, 4 sector, 5 polygon;
    octets: its description."""

    shape: int
    octets: bytes
    presentation: int = 0
    screening: int = 3


def encode_calling_geodetic_location(location: GeodeticLocation) -> bytes:
    g = location
    if not 0 <= g.shape <= 127 or not 0 <= g.presentation <= 3 or not 0 <= g.screening <= 3:
        raise LocalError(f"geodetic location {g}")
    return bytes((g.presentation << 2 | g.screening, 0x80 | g.shape)) + g.octets


def decode_calling_geodetic_location(content: bytes) -> GeodeticLocation:
    at_least(content, 2, "calling geodetic location")
    return GeodeticLocation(content[1] & 0x7F, content[2:], content[0] >> 2 & 3, content[0] & 3)
