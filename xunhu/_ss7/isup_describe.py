"""A message of the ISDN user part on one line, for people who read a trace.

    IAM cic 169: called 4006000998 ST; calling 13800138000; connection no satellite, no check; ...

It never raises: what cannot be read is said to be so, in hexadecimal.
"""

from __future__ import annotations

from xunhu._ss7.isup_codec import REST, Message, decode
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_parameters import VIEWS, decode_connection_request
from xunhu._ss7.isup_variants import ISUP_ITU, Variant
from xunhu.protocol.errors import RemoteError

# Words for the parameters that every trace is full of; others go by the names of the table.
_SHORT: dict[int, str] = {
    P.CALLED_PARTY_NUMBER: "called",
    P.CALLING_PARTY_NUMBER: "calling",
    P.SUBSEQUENT_NUMBER: "digits",
    P.CONNECTED_NUMBER: "connected",
    P.REDIRECTING_NUMBER: "redirecting",
    P.REDIRECTION_NUMBER: "redirection",
    P.ORIGINAL_CALLED_NUMBER: "original called",
    P.CAUSE_INDICATORS: "cause",
    P.CALLING_PARTYS_CATEGORY: "category",
    P.TRANSMISSION_MEDIUM_REQUIREMENT: "medium",
    P.NATURE_OF_CONNECTION_INDICATORS: "connection",
    P.FORWARD_CALL_INDICATORS: "forward",
    P.BACKWARD_CALL_INDICATORS: "backward",
    P.OPTIONAL_BACKWARD_CALL_INDICATORS: "also",
    P.OPTIONAL_FORWARD_CALL_INDICATORS: "also",
    P.EVENT_INFORMATION: "event",
    P.RANGE_AND_STATUS: "range",
    P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE: "for",
    P.CIRCUIT_STATE_INDICATOR: "states",
    P.CONTINUITY_INDICATORS: "check",
    P.SUSPEND_RESUME_INDICATORS: "by",
    P.USER_SERVICE_INFORMATION: "bearer",
}
# What is told first.
_FIRST = (P.CALLED_PARTY_NUMBER, P.CALLING_PARTY_NUMBER, P.CAUSE_INDICATORS)


def describe_parameter(code: int, content: bytes, variant: Variant = ISUP_ITU) -> str:
    """Name and value of a parameter."""
    row = variant.parameters.get(code)
    if row is None:
        return f"parameter {code:#04x} {content.hex()}".rstrip()
    name = _SHORT.get(code, row.name)
    if code == P.CALLING_PARTYS_CATEGORY and content:
        return f"{name} {variant.categories.get(content[0], content[0])}"
    try:
        view = VIEWS[code]
        if code == P.CONNECTION_REQUEST:  # the one content that does not tell how long a point code is
            value = view.describe(decode_connection_request(content, variant.point_code_octets))
        else:
            value = view.describe(view.decode(content))
    except RemoteError as why:
        return f"{name} {content.hex()} ({why})"
    return f"{name} {value}".rstrip()


def describe_message(message: Message, variant: Variant = ISUP_ITU) -> str:
    """As `describe`, of a message that has been decoded."""
    parameters = message.items()
    if message.layout.raw:
        said = [content.hex(" ") for code, content in parameters if code == REST]
    else:
        parameters.sort(key=lambda item: _FIRST.index(item[0]) if item[0] in _FIRST else len(_FIRST))
        said = [describe_parameter(code, content, variant) for code, content in parameters]
    head = f"{message.acronym} cic {message.cic}"
    return f"{head}: {'; '.join(said)}" if said and any(said) else head


def describe(octets: bytes, variant: Variant = ISUP_ITU) -> str:
    """One line about a message, from its CIC on."""
    try:
        return describe_message(decode(octets, variant), variant)
    except RemoteError as why:
        return f"malformed ISUP message ({why}): {octets.hex()}"
