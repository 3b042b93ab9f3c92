"""SIP status codes and Q.850 causes into each other: RFC 3398 (12/2002) §7.2.4.1 and §8.2.6.1, the Reason header of RFC 3326 first.

A Reason with protocol Q.850 says the cause itself, so that a call from E1 to E1 by way of SIP ends with the cause it began its end with; only without
one the status is translated. Causes that the RFC does not name go the way of the general one of their class (Q.850 §2.2.5: x0..x7).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from xunhu.call import causes

_TO_CAUSE = {
    400: 41, 401: 21, 402: 21, 403: 21, 404: 1, 405: 63, 406: 79, 407: 21, 408: 102, 410: 22, 413: 127, 414: 127, 415: 79, 416: 127,
    420: 127, 421: 127, 422: 127, 423: 127, 429: 21, 433: 24, 436: 38, 480: 18, 481: 41, 482: 25, 483: 25, 484: 28, 485: 1, 486: 17, 487: 31,
    488: 31, 489: 79, 491: 41, 493: 127, 494: 21,
    500: 41, 501: 79, 502: 38, 503: 41, 504: 102, 505: 127, 513: 127, 580: 47,
    600: 17, 603: 21, 604: 1, 606: 31, 607: 21, 608: 21,
}  # fmt: skip
_BY_CLASS = {3: 23, 4: 127, 5: 41, 6: 31}  # of a status nobody knows

_TO_STATUS = {
    1: 404, 2: 404, 3: 404, 16: 480, 17: 486, 18: 408, 19: 480, 20: 480, 21: 403, 22: 410, 23: 410, 24: 433, 25: 483, 26: 404, 27: 502, 28: 484,
    29: 501, 31: 480, 34: 503, 38: 503, 41: 503, 42: 503, 44: 503, 47: 503, 55: 403, 57: 403, 58: 503, 65: 488, 70: 488, 79: 501, 87: 403,
    88: 503, 102: 504, 111: 500, 127: 500,
}  # fmt: skip
_STATUS_BY_CLASS = {0: 480, 1: 480, 2: 503, 3: 403, 4: 501, 5: 500, 6: 500, 7: 500}  # cause // 16
RETRY_AFTER_S = {42: 5, 38: 30, 41: 10, 34: 5}  # with 503: when it is worth another try

_REASON = re.compile(r'\s*([A-Za-z0-9.\-]+)\s*((?:;\s*[A-Za-z0-9\-]+\s*(?:=\s*(?:"(?:[^"\\]|\\.)*"|[^;,"\s]+))?\s*)*)(?:,|$)')
_CAUSE = re.compile(r";\s*cause\s*=\s*([0-9]{1,3})\b", re.IGNORECASE)


def to_cause(status: int) -> int:
    """The Q.850 cause of a final response from 300 on."""
    return _TO_CAUSE.get(status) or _BY_CLASS.get(status // 100, causes.NORMAL_UNSPECIFIED)


def to_status(cause: int, *, user: bool = False) -> int:
    """The final response that refuses a call with a cause. user: it is the called user's wish, not the network's."""
    if user and cause == causes.REJECTED:
        return 603
    cause = causes.valid(cause)
    return _TO_STATUS.get(cause) or _STATUS_BY_CLASS[cause // 16]


def reason(cause: int) -> str:
    """The value of a Reason header."""
    cause = causes.valid(cause)
    text = causes.TEXTS.get(cause, "")
    return f"Q.850;cause={cause}" + (f';text="{text}"' if text else "")


def reasons(values: Iterable[str]) -> list[tuple[str, int]]:
    """(protocol in upper case, cause) of each reason in some Reason headers; what cannot be read is left out."""
    out: list[tuple[str, int]] = []
    for value in values:
        for protocol, parameters in _REASON.findall(value):
            found = _CAUSE.search(parameters)
            if found:
                out.append((protocol.upper(), int(found[1])))
    return out


def cause_of(values: Iterable[str], status: int = 0) -> int:
    """The cause of a message. values: its Reason headers; status: of a response, 0 in a request, for BYE and CANCEL are a normal clearing."""
    found = reasons(values)
    for protocol, cause in found:
        if protocol == "Q.850" and 1 <= cause <= 127:
            return cause
    if status >= 300:
        return to_cause(status)
    for protocol, cause in found:
        if protocol == "SIP" and cause >= 300:
            return to_cause(cause)
    return causes.NORMAL


def answered_elsewhere(values: Iterable[str]) -> bool:
    """Whether a CANCEL is because somebody else has answered (RFC 3326 §3.1: SIP;cause=200)."""
    return ("SIP", 200) in reasons(values)
