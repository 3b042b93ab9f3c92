"""Q.850 cause values as call control uses them (ITU-T Q.850 (05/98) table 1), and what they mean to a flow."""

from __future__ import annotations

UNALLOCATED = 1
NORMAL = 16
BUSY = 17
NO_RESPONSE = 18
NO_ANSWER = 19
REJECTED = 21
OUT_OF_ORDER = 27
INCOMPLETE = 28
NORMAL_UNSPECIFIED = 31
NO_CIRCUIT = 34
NETWORK_OUT_OF_ORDER = 38
TEMPORARY_FAILURE = 41
CONGESTION = 42
CHANNEL_TAKEN = 44
RECOVERY_ON_TIMER = 102

TEXTS: dict[int, str] = {
    1: "unallocated number",
    3: "no route to destination",
    6: "channel unacceptable",
    16: "normal call clearing",
    17: "user busy",
    18: "no user responding",
    19: "no answer from user",
    20: "subscriber absent",
    21: "call rejected",
    22: "number changed",
    27: "destination out of order",
    28: "invalid number format",
    29: "facility rejected",
    31: "normal, unspecified",
    34: "no circuit available",
    38: "network out of order",
    41: "temporary failure",
    42: "switching equipment congestion",
    44: "requested circuit not available",
    47: "resource unavailable",
    50: "facility not subscribed",
    57: "bearer capability not authorized",
    58: "bearer capability not available",
    63: "service not available",
    65: "bearer capability not implemented",
    79: "service not implemented",
    81: "invalid call reference",
    88: "incompatible destination",
    96: "mandatory element missing",
    97: "message type non-existent",
    100: "invalid element contents",
    101: "message not compatible with state",
    102: "recovery on timer expiry",
    111: "protocol error",
    127: "interworking",
}

_OUTCOMES = {BUSY: "busy", NO_RESPONSE: "no-answer", NO_ANSWER: "no-answer", RECOVERY_ON_TIMER: "no-answer"}


def text(cause: int) -> str:
    """The name of a cause: "17 user busy"."""
    return f"{cause} {TEXTS.get(cause, 'unknown cause')}"


def outcome(cause: int) -> str:
    """What an attempt that ended with `cause` before an answer is to a flow: "busy" | "no-answer" | "refused"."""
    return _OUTCOMES.get(cause, "refused")


def valid(cause: int) -> int:
    """`cause` where it is a Q.850 value (1..127); 31 for anything else, which must not reach a line."""
    return cause if 1 <= cause <= 127 else NORMAL_UNSPECIFIED
