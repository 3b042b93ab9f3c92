"""Parameters of supplementary services and of intelligent network calls, ITU-T Q.763 (12/99) §3.

Mostly tables of bits: a class `X(Indicators)` has `X.decode(content)` and `x.encode()`. Those of another form have functions beside them.
Every decoder raises RemoteError (cause 100), every encoder LocalError.
"""

from __future__ import annotations

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
from xunhu._ss7.isup_parameters_numbers import packed, signals_of
from xunhu.protocol.errors import LocalError, RemoteError

_REASONS = (
    *("", "on busy", "on no reply", "unconditional", "deflected while alerting", "deflected at once"),
    "mobile not reachable",
)


@dataclass(frozen=True, slots=True)
class AccessDelivery(Indicators):
    """§3.2. none: no set-up message was generated towards the called access."""

    none: bool = bits(0, 0, 1, "set-up generated", "no set-up generated")


@dataclass(frozen=True, slots=True)
class CallDiversion(Indicators):
    """§3.6. notification: 0 unknown, 1 presentation not allowed, 2 allowed with redirection number, 3 allowed without."""

    notification: int = bits(
        0, 0, 3, "", "not to be told", "to be told with the number", "to be told without the number"
    )
    reason: int = bits(0, 3, 4, *_REASONS)


@dataclass(frozen=True, slots=True)
class UserToUserRequest(Indicators):
    """§3.60, type 0. Each service: 0 no information, 2 requested, not essential, 3 essential."""

    service1: int = bits(0, 1, 2, "", "", "UUS1 requested", "UUS1 essential")
    service2: int = bits(0, 3, 2, "", "", "UUS2 requested", "UUS2 essential")
    service3: int = bits(0, 5, 2, "", "", "UUS3 requested", "UUS3 essential")


@dataclass(frozen=True, slots=True)
class UserToUserResponse(Indicators):
    """§3.60, type 1. Each service: 0 no information, 1 not provided, 2 provided. discarded: by the network."""

    response: bool = bits(0, 0, 1, "", "response", default=1)
    service1: int = bits(0, 1, 2, "", "UUS1 not provided", "UUS1 provided", "")
    service2: int = bits(0, 3, 2, "", "UUS2 not provided", "UUS2 provided", "")
    service3: int = bits(0, 5, 2, "", "UUS3 not provided", "UUS3 provided", "")
    discarded: bool = bits(0, 7, 1, "", "user-to-user information discarded")


def decode_user_to_user_indicators(content: bytes) -> UserToUserRequest | UserToUserResponse:
    at_least(content, 1, "user-to-user indicators")
    return UserToUserResponse.decode(content) if content[0] & 1 else UserToUserRequest.decode(content)


def encode_user_to_user_indicators(value: UserToUserRequest | UserToUserResponse) -> bytes:
    return value.encode()


@dataclass(frozen=True, slots=True)
class UserToUser:
    """§3.61. discriminator: 0 user specific, 4 IA5."""

    discriminator: int
    octets: bytes

    def describe(self) -> str:
        return repr(self.octets.decode("ascii", "replace")) if self.discriminator == 4 else f"{len(self.octets)} octets"


def encode_user_to_user_information(value: UserToUser) -> bytes:
    if len(value.octets) > 128:
        raise LocalError(f"user-to-user information of {len(value.octets)} octets")
    return one_octet(value.discriminator, 255, "protocol discriminator") + value.octets


def decode_user_to_user_information(content: bytes) -> UserToUser:
    at_least(content, 1, "user-to-user information")
    return UserToUser(content[0], content[1:])


@dataclass(frozen=True, slots=True)
class ClosedUserGroup:
    """§3.15. network: four digits; code: 0 to 65535."""

    network: str
    code: int


def encode_closed_user_group_interlock_code(group: ClosedUserGroup) -> bytes:
    if len(group.network) != 4 or not group.network.isdecimal() or not 0 <= group.code <= 0xFFFF:
        raise LocalError(f"closed user group {group}")
    return bytes.fromhex(group.network) + group.code.to_bytes(2, "big")


def decode_closed_user_group_interlock_code(content: bytes) -> ClosedUserGroup:
    at_least(content, 4, "closed user group interlock code")
    return ClosedUserGroup(content[:2].hex(), int.from_bytes(content[2:4], "big"))


NOTIFICATIONS = {
    0x00: "user suspended",
    0x01: "user resumed",
    0x02: "bearer service change",
    0x04: "call completion delay",
    0x42: "conference established",
    0x43: "conference disconnected",
    0x44: "other party added",
    0x45: "isolated",
    0x46: "reattached",
    0x47: "other party isolated",
    0x48: "other party reattached",
    0x49: "other party split",
    0x4A: "other party disconnected",
    0x4B: "conference floating",
    0x60: "call is waiting",
    0x68: "diversion activated",
    0x69: "call transfer, alerting",
    0x6A: "call transfer, active",
    0x79: "remote hold",
    0x7A: "remote retrieval",
    0x7B: "call is diverting",
}


def encode_generic_notification_indicator(notifications: tuple[int, ...]) -> bytes:
    """§3.25: one or more of `NOTIFICATIONS`; the extension bit ends them."""
    if not notifications or any(not 0 <= n <= 127 for n in notifications):
        raise LocalError(f"notifications {notifications}")
    return bytes(notifications[:-1]) + bytes((notifications[-1] | 0x80,))


def decode_generic_notification_indicator(content: bytes) -> tuple[int, ...]:
    at_least(content, 1, "generic notification indicator")
    out = []
    for octet in content:
        out.append(octet & 0x7F)
        if octet & 0x80:
            break
    return tuple(out)


@dataclass(frozen=True, slots=True)
class Precedence:
    """§3.34, MLPP. look_for_busy: 0 allowed, 1 path reserved, 2 not allowed; level: 0 flash override to 4 routine; network: four
    digits; domain: 24 bits."""

    look_for_busy: int = 0
    level: int = 4
    network: str = "0000"
    domain: int = 0


def encode_mlpp_precedence(precedence: Precedence) -> bytes:
    p = precedence
    if not 0 <= p.look_for_busy <= 3 or not 0 <= p.level <= 15 or not 0 <= p.domain <= 0xFFFFFF:
        raise LocalError(f"MLPP precedence {p}")
    if len(p.network) != 4 or not p.network.isdecimal():
        raise LocalError(f"network identity {p.network!r}")
    return bytes((p.look_for_busy << 5 | p.level,)) + bytes.fromhex(p.network) + p.domain.to_bytes(3, "big")


def decode_mlpp_precedence(content: bytes) -> Precedence:
    at_least(content, 6, "MLPP precedence")
    domain = int.from_bytes(content[3:6], "big")
    return Precedence(content[0] >> 5 & 3, content[0] & 15, content[1:3].hex(), domain)


@dataclass(frozen=True, slots=True)
class McidRequest(Indicators):
    """§3.31."""

    mcid: bool = bits(0, 0, 1, "", "MCID requested")
    holding: bool = bits(0, 1, 1, "", "holding requested")


@dataclass(frozen=True, slots=True)
class McidResponse(Indicators):
    """§3.32."""

    mcid: bool = bits(0, 0, 1, "MCID not included", "MCID included")
    holding: bool = bits(0, 1, 1, "", "holding provided")


@dataclass(frozen=True, slots=True)
class Ccss(Indicators):
    """§3.63: call completion on busy or no reply."""

    call: bool = bits(0, 0, 1, "", "CCSS call")


@dataclass(frozen=True, slots=True)
class CcnrPossible(Indicators):
    """§3.83."""

    possible: bool = bits(0, 0, 1, "CCNR not possible", "CCNR possible")


@dataclass(frozen=True, slots=True)
class CollectCall(Indicators):
    """§3.81."""

    requested: bool = bits(0, 0, 1, "", "collect call requested")


@dataclass(frozen=True, slots=True)
class RedirectionNumberRestriction(Indicators):
    """§3.47."""

    restriction: int = bits(0, 0, 2, "presentation allowed", "presentation restricted")


@dataclass(frozen=True, slots=True)
class LoopPrevention(Indicators):
    """§3.67. answer (of a response): 0 insufficient information, 1 no loop, 2 simultaneous transfer."""

    response: bool = bits(0, 0, 1, "request", "response")
    answer: int = bits(0, 1, 2, "", "no loop", "simultaneous transfer")


@dataclass(frozen=True, slots=True)
class CallDiversionTreatment(Indicators):
    """§3.72."""

    EXTENDED: ClassVar[bool] = True
    diversion: int = bits(0, 0, 2, "", "diversion allowed", "diversion not allowed")


@dataclass(frozen=True, slots=True)
class CallOfferingTreatment(Indicators):
    """§3.74."""

    EXTENDED: ClassVar[bool] = True
    offering: int = bits(0, 0, 2, "", "offering not allowed", "offering allowed")


@dataclass(frozen=True, slots=True)
class ConferenceTreatment(Indicators):
    """§3.76."""

    EXTENDED: ClassVar[bool] = True
    acceptance: int = bits(0, 0, 2, "", "conference accepted", "conference rejected")


@dataclass(frozen=True, slots=True)
class UidAction(Indicators):
    """§3.78."""

    EXTENDED: ClassVar[bool] = True
    through_connection: bool = bits(0, 0, 1, "", "through-connect both ways")
    stop_t9: bool = bits(0, 1, 1, "", "stop T9")


@dataclass(frozen=True, slots=True)
class UidCapability(Indicators):
    """§3.79."""

    EXTENDED: ClassVar[bool] = True
    through_connection: bool = bits(0, 0, 1, "", "through-connection can be changed")
    stop_t9: bool = bits(0, 1, 1, "", "T9 can be stopped")


@dataclass(frozen=True, slots=True)
class NumberPortabilityForward(Indicators):
    """§3.101. status: 0 no indication, 1 query not done, 2 not ported, 3 ported."""

    EXTENDED: ClassVar[bool] = True
    status: int = bits(0, 0, 4, "", "portability query not done", "not ported", "ported")


@dataclass(frozen=True, slots=True)
class QorCapability(Indicators):
    """§3.91."""

    EXTENDED: ClassVar[bool] = True
    supported: bool = bits(0, 0, 1, "", "query on release supported")


# -- facilities ----------------------------------------------------------------------------------------------------------


def encode_facility_indicator(facility: int) -> bytes:
    """§3.22: 2 user-to-user service."""
    return one_octet(facility, 255, "facility indicator")


def decode_facility_indicator(content: bytes) -> int:
    at_least(content, 1, "facility indicator")
    return content[0]


def encode_call_transfer_reference(reference: int) -> bytes:
    """§3.65."""
    return one_octet(reference, 255, "call transfer reference")


def decode_call_transfer_reference(content: bytes) -> int:
    at_least(content, 1, "call transfer reference")
    return content[0]


def encode_service_activation(features: tuple[int, ...]) -> bytes:
    """§3.49: feature codes, 1 call transfer."""
    if not features or any(not 0 <= code <= 255 for code in features):
        raise LocalError(f"feature codes {features}")
    return bytes(features)


def decode_service_activation(content: bytes) -> tuple[int, ...]:
    at_least(content, 1, "service activation")
    return tuple(content)


@dataclass(frozen=True, slots=True)
class RemoteOperations:
    """§3.48. profile: 17 remote operations protocol; components: as Q.763 writes them, in tag-length-value."""

    profile: int
    components: bytes


def encode_remote_operations(operations: RemoteOperations) -> bytes:
    profile = one_octet(operations.profile, 31, "protocol profile")[0]
    return bytes((0x80 | profile,)) + operations.components


def decode_remote_operations(content: bytes) -> RemoteOperations:
    at_least(content, 1, "remote operations")
    return RemoteOperations(content[0] & 31, content[1:])


@dataclass(frozen=True, slots=True)
class NetworkFacility:
    """§3.36. network: type and plan of identification with the identification; facility: what the network wants."""

    network: bytes
    facility: bytes


def encode_network_specific_facility(value: NetworkFacility) -> bytes:
    return one_octet(len(value.network), 255, "length of a network identification") + value.network + value.facility


def decode_network_specific_facility(content: bytes) -> NetworkFacility:
    at_least(content, 1, "network specific facility")
    at_least(content, 1 + content[0], "network specific facility")
    return NetworkFacility(content[1 : 1 + content[0]], content[1 + content[0] :])


@dataclass(frozen=True, slots=True)
class Teleservice:
    """§3.59: high layer compatibility of Q.931 §4.5.17. service: 1 telephony, 4 facsimile; extended: its octet 4a."""

    service: int = 1
    extended: int | None = None
    coding: int = 0
    interpretation: int = 4
    presentation: int = 1


def encode_user_teleservice_information(t: Teleservice) -> bytes:
    if not (0 <= t.service <= 127 and 0 <= t.coding <= 3 and 0 <= t.interpretation <= 7 and 0 <= t.presentation <= 3):
        raise LocalError(f"teleservice {t}")
    head = 0x80 | t.coding << 5 | t.interpretation << 2 | t.presentation
    if t.extended is None:
        return bytes((head, 0x80 | t.service))
    return bytes((head, t.service)) + bytes((0x80 | one_octet(t.extended, 127, "extended teleservice")[0],))


def decode_user_teleservice_information(content: bytes) -> Teleservice:
    at_least(content, 2, "user teleservice information")
    extended = None
    if not content[1] & 0x80:
        at_least(content, 3, "user teleservice information")
        extended = content[2] & 0x7F
    head = content[0]
    return Teleservice(content[1] & 0x7F, extended, head >> 5 & 3, head >> 2 & 7, head & 3)


# -- end-to-end signalling -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class CallReference:
    """§3.8. identity: 24 bits; point_code: 14 bits in two octets, or 24 in three."""

    identity: int
    point_code: int
    octets: int = 2


def encode_call_reference(reference: CallReference) -> bytes:
    if not 0 <= reference.identity <= 0xFFFFFF:
        raise LocalError(f"call identity {reference.identity}")
    code = little_endian(reference.point_code, reference.octets, "point code")
    return reference.identity.to_bytes(3, "big") + code


def decode_call_reference(content: bytes) -> CallReference:
    at_least(content, 5, "call reference")
    code = content[3:6]
    return CallReference(int.from_bytes(content[:3], "big"), point_code(code), len(code))


@dataclass(frozen=True, slots=True)
class ConnectionRequest:
    """§3.17. reference: 24 bits; protocol_class, credit: of SCCP; credit None: not there; octets: of the point code."""

    reference: int
    point_code: int
    protocol_class: int
    credit: int | None = None
    octets: int = 2


def encode_connection_request(request: ConnectionRequest) -> bytes:
    if not 0 <= request.reference <= 0xFFFFFF:
        raise LocalError(f"local reference {request.reference}")
    code = little_endian(request.point_code, request.octets, "point code")
    out = request.reference.to_bytes(3, "big") + code + one_octet(request.protocol_class, 255, "protocol class")
    return out if request.credit is None else out + one_octet(request.credit, 255, "credit")


def decode_connection_request(content: bytes, octets: int = 2) -> ConnectionRequest:
    """octets: of the point code; the length alone does not tell."""
    at_least(content, 4 + octets, "connection request")
    reference = int.from_bytes(content[:3], "big")
    at = 3 + octets
    credit = content[at + 1] if len(content) > at + 1 else None
    return ConnectionRequest(reference, point_code(content[3:at]), content[at], credit, octets)


# -- global virtual network service --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BackwardGvns(Indicators):
    """§3.62. access: 0 no information, 1 dedicated, 2 switched terminating access."""

    EXTENDED: ClassVar[bool] = True
    access: int = bits(0, 0, 2, "", "dedicated access", "switched access")


@dataclass(frozen=True, slots=True)
class ForwardGvns:
    """§3.66. provider: digits of the originating participating service provider; group: of the GVNS user group; routing: of the
    terminating network routing number, with its plan and nature of address (0: none)."""

    provider: str
    group: str
    routing: str = ""
    plan: int = 1
    nature: int = 0


def _counted(digits: str) -> bytes:
    octets = packed(digits)
    if len(octets) > 15:
        raise LocalError(f"GVNS digits {digits!r}")
    return bytes(((len(digits) & 1) << 7 | len(octets),)) + octets


def encode_forward_gvns(gvns: ForwardGvns) -> bytes:
    out = _counted(gvns.provider) + _counted(gvns.group)
    octets = packed(gvns.routing)
    if octets or gvns.nature:
        octets = one_octet(gvns.nature, 127, "nature of address") + octets
    if len(octets) > 15 or not 0 <= gvns.plan <= 7:
        raise LocalError(f"GVNS routing number {gvns.routing!r}")
    return out + bytes(((len(gvns.routing) & 1) << 7 | gvns.plan << 4 | len(octets),)) + octets


def decode_forward_gvns(content: bytes) -> ForwardGvns:
    at = 0
    said = []
    for _ in range(3):
        at_least(content, at + 1, "forward GVNS")
        end = at + 1 + (content[at] & 15)
        at_least(content, end, "forward GVNS")
        said.append((content[at], content[at + 1 : end]))
        at = end
    (first, provider), (second, group), (third, routing) = said
    nature = 0
    if routing:
        nature, routing = routing[0] & 0x7F, routing[1:]
    return ForwardGvns(
        signals_of(provider, 0, first & 0x80 != 0, INVALID),
        signals_of(group, 0, second & 0x80 != 0, INVALID),
        signals_of(routing, 0, third & 0x80 != 0, INVALID),
        third >> 4 & 7,
        nature,
    )


# -- charging in China ---------------------------------------------------------------------------------------------------


def encode_charge_information(octets: bytes) -> bytes:
    """YDN 038-1997, of MPM: two octets, whose meaning is the charging exchange's."""
    if len(octets) != 2:
        raise LocalError(f"charge information of {len(octets)} octets")
    return octets


def decode_charge_information(content: bytes) -> bytes:
    if len(content) != 2:
        raise RemoteError(f"charge information of {len(content)} octets", INVALID)
    return content
