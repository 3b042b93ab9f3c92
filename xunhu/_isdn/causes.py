"""Cause values of ITU-T Q.850 (05/98), Table 1, as a table: value, name, class, text for people.

Values not listed are legal on the line and mean what the last of their class means (§2.2.7.1.9 Note: an unknown value
is read as the "unspecified" of its class): `meaning_of`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class CauseRow(NamedTuple):
    value: int
    name: str
    text: str


_ROWS: tuple[CauseRow, ...] = (
    # class 000 and 001: normal event
    CauseRow(1, "UNALLOCATED_NUMBER", "unallocated number"),
    CauseRow(2, "NO_ROUTE_TO_TRANSIT_NETWORK", "no route to the transit network wanted"),
    CauseRow(3, "NO_ROUTE_TO_DESTINATION", "no route to destination"),
    CauseRow(4, "SEND_SPECIAL_TONE", "send special information tone"),
    CauseRow(5, "MISDIALLED_TRUNK_PREFIX", "trunk prefix dialled wrongly"),
    CauseRow(6, "CHANNEL_UNACCEPTABLE", "channel unacceptable"),
    CauseRow(7, "CALL_AWARDED", "call awarded, delivered in an established channel"),
    CauseRow(8, "PREEMPTION", "preemption"),
    CauseRow(9, "PREEMPTION_RESERVED", "preemption, circuit reserved for reuse"),
    CauseRow(14, "QOR_PORTED_NUMBER", "query on release: ported number"),
    CauseRow(16, "NORMAL_CLEARING", "normal call clearing"),
    CauseRow(17, "USER_BUSY", "user busy"),
    CauseRow(18, "NO_USER_RESPONDING", "no user responding"),
    CauseRow(19, "NO_ANSWER", "user alerted, no answer"),
    CauseRow(20, "SUBSCRIBER_ABSENT", "subscriber absent"),
    CauseRow(21, "CALL_REJECTED", "call rejected"),
    CauseRow(22, "NUMBER_CHANGED", "number changed"),
    CauseRow(23, "REDIRECTION_TO_NEW_DESTINATION", "redirection to new destination"),
    CauseRow(25, "EXCHANGE_ROUTING_ERROR", "exchange routing error"),
    CauseRow(26, "NON_SELECTED_USER_CLEARING", "non-selected user clearing"),
    CauseRow(27, "DESTINATION_OUT_OF_ORDER", "destination out of order"),
    CauseRow(28, "INVALID_NUMBER_FORMAT", "invalid number format, address incomplete"),
    CauseRow(29, "FACILITY_REJECTED", "facility rejected"),
    CauseRow(30, "RESPONSE_TO_STATUS_ENQUIRY", "response to STATUS ENQUIRY"),
    CauseRow(31, "NORMAL_UNSPECIFIED", "normal, unspecified"),
    # class 010: resource unavailable
    CauseRow(34, "NO_CIRCUIT_AVAILABLE", "no circuit or channel available"),
    CauseRow(38, "NETWORK_OUT_OF_ORDER", "network out of order"),
    CauseRow(39, "PERMANENT_FRAME_CONNECTION_OUT", "permanent frame mode connection out of service"),
    CauseRow(40, "PERMANENT_FRAME_CONNECTION_UP", "permanent frame mode connection operational"),
    CauseRow(41, "TEMPORARY_FAILURE", "temporary failure"),
    CauseRow(42, "CONGESTION", "switching equipment congestion"),
    CauseRow(43, "ACCESS_INFORMATION_DISCARDED", "access information discarded"),
    CauseRow(44, "CHANNEL_NOT_AVAILABLE", "requested circuit or channel not available"),
    CauseRow(46, "PRECEDENCE_CALL_BLOCKED", "precedence call blocked"),
    CauseRow(47, "RESOURCE_UNAVAILABLE", "resource unavailable, unspecified"),
    # class 011: service or option not available
    CauseRow(49, "QUALITY_NOT_AVAILABLE", "quality of service not available"),
    CauseRow(50, "FACILITY_NOT_SUBSCRIBED", "requested facility not subscribed"),
    CauseRow(53, "OUTGOING_BARRED_IN_CUG", "outgoing calls barred within the closed user group"),
    CauseRow(55, "INCOMING_BARRED_IN_CUG", "incoming calls barred within the closed user group"),
    CauseRow(57, "BEARER_NOT_AUTHORIZED", "bearer capability not authorized"),
    CauseRow(58, "BEARER_NOT_AVAILABLE", "bearer capability not available now"),
    CauseRow(62, "INCONSISTENT_ACCESS_INFORMATION", "outgoing access information and subscriber class inconsistent"),
    CauseRow(63, "SERVICE_NOT_AVAILABLE", "service or option not available, unspecified"),
    # class 100: service or option not implemented
    CauseRow(65, "BEARER_NOT_IMPLEMENTED", "bearer capability not implemented"),
    CauseRow(66, "CHANNEL_TYPE_NOT_IMPLEMENTED", "channel type not implemented"),
    CauseRow(69, "FACILITY_NOT_IMPLEMENTED", "requested facility not implemented"),
    CauseRow(70, "ONLY_RESTRICTED_DIGITAL", "only restricted digital information available"),
    CauseRow(79, "SERVICE_NOT_IMPLEMENTED", "service or option not implemented, unspecified"),
    # class 101: invalid message
    CauseRow(81, "INVALID_CALL_REFERENCE", "invalid call reference value"),
    CauseRow(82, "CHANNEL_DOES_NOT_EXIST", "identified channel does not exist"),
    CauseRow(83, "CALL_IDENTITY_DOES_NOT_EXIST", "suspended call exists, but not this call identity"),
    CauseRow(84, "CALL_IDENTITY_IN_USE", "call identity in use"),
    CauseRow(85, "NO_CALL_SUSPENDED", "no call suspended"),
    CauseRow(86, "SUSPENDED_CALL_CLEARED", "call with this call identity has been cleared"),
    CauseRow(87, "USER_NOT_IN_CUG", "user not member of the closed user group"),
    CauseRow(88, "INCOMPATIBLE_DESTINATION", "incompatible destination"),
    CauseRow(90, "NON_EXISTENT_CUG", "closed user group does not exist"),
    CauseRow(91, "INVALID_TRANSIT_NETWORK", "invalid transit network selection"),
    CauseRow(95, "INVALID_MESSAGE", "invalid message, unspecified"),
    # class 110: protocol error
    CauseRow(96, "MANDATORY_ELEMENT_MISSING", "mandatory information element is missing"),
    CauseRow(97, "MESSAGE_TYPE_NOT_IMPLEMENTED", "message type non-existent or not implemented"),
    CauseRow(98, "MESSAGE_NOT_COMPATIBLE_OR_UNKNOWN", "message not compatible with call state, or not implemented"),
    CauseRow(99, "ELEMENT_NOT_IMPLEMENTED", "information element non-existent or not implemented"),
    CauseRow(100, "INVALID_ELEMENT_CONTENTS", "invalid information element contents"),
    CauseRow(101, "MESSAGE_NOT_COMPATIBLE_WITH_STATE", "message not compatible with call state"),
    CauseRow(102, "RECOVERY_ON_TIMER_EXPIRY", "recovery on timer expiry"),
    CauseRow(103, "PARAMETER_PASSED_ON", "parameter non-existent or not implemented, passed on"),
    CauseRow(110, "MESSAGE_WITH_PARAMETER_DISCARDED", "message with unrecognized parameter discarded"),
    CauseRow(111, "PROTOCOL_ERROR", "protocol error, unspecified"),
    # class 111: interworking
    CauseRow(127, "INTERWORKING", "interworking, unspecified"),
)

CAUSES: Mapping[int, CauseRow] = MappingProxyType({row.value: row for row in _ROWS})

# The "unspecified" value of each class (bits 7 to 5 of the value).
_UNSPECIFIED = (31, 31, 47, 63, 79, 95, 111, 127)


def meaning_of(value: int) -> CauseRow:
    """The row of a cause value 0 to 127; for a value not in the table that of its class (Q.850 §2.2.7)."""
    row = CAUSES.get(value)
    return row if row is not None else CAUSES[_UNSPECIFIED[(value & 0x7F) >> 4]]
