"""Names of SIP as tables: methods, statuses, headers with their compact forms.

HEADER_ROWS has one row a header: canonical name, compact form, how often it may stand ("1": one row with one value, "n": rows
and comma lists, "r": rows, and a comma is text), where it is defined. A header that is not in the table is carried as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class HeaderRow(NamedTuple):
    name: str
    compact: str
    often: str
    source: str


_H = HeaderRow
HEADER_ROWS: tuple[HeaderRow, ...] = (
    # Those that `parse` looks at have the first places: their number here is their code there.
    _H("Via", "v", "n", "RFC 3261 §20.42"),
    _H("From", "f", "1", "RFC 3261 §20.20"),
    _H("To", "t", "1", "RFC 3261 §20.39"),
    _H("Call-ID", "i", "1", "RFC 3261 §20.8"),
    _H("CSeq", "", "1", "RFC 3261 §20.16"),
    _H("Content-Length", "l", "1", "RFC 3261 §20.14"),
    _H("Max-Forwards", "", "1", "RFC 3261 §20.22"),
    _H("Content-Type", "c", "1", "RFC 3261 §20.15"),
    _H("Event", "o", "1", "RFC 6665 §8.2.1"),
    _H("Expires", "", "1", "RFC 3261 §20.19"),
    _H("Min-SE", "", "1", "RFC 4028 §5"),
    _H("RAck", "", "1", "RFC 3262 §7.2"),
    _H("Refer-To", "r", "1", "RFC 3515 §2.1"),
    _H("Referred-By", "b", "1", "RFC 3892 §3"),
    _H("Replaces", "", "1", "RFC 3891 §6.1"),
    _H("RSeq", "", "1", "RFC 3262 §7.1"),
    _H("Session-Expires", "x", "1", "RFC 4028 §4"),
    _H("Subscription-State", "", "1", "RFC 6665 §8.2.3"),
    # the rest
    _H("Accept", "", "n", "RFC 3261 §20.1"),
    _H("Accept-Contact", "a", "n", "RFC 3841 §9.2"),
    _H("Accept-Encoding", "", "n", "RFC 3261 §20.2"),
    _H("Accept-Language", "", "n", "RFC 3261 §20.3"),
    _H("Alert-Info", "", "n", "RFC 3261 §20.4"),
    _H("Allow", "", "n", "RFC 3261 §20.5"),
    _H("Allow-Events", "u", "n", "RFC 6665 §8.2.2"),
    _H("Answer-Mode", "", "1", "RFC 5373 §3"),
    _H("Authentication-Info", "", "r", "RFC 3261 §20.6"),
    _H("Authorization", "", "r", "RFC 3261 §20.7"),
    _H("Call-Info", "", "n", "RFC 3261 §20.9"),
    _H("Contact", "m", "n", "RFC 3261 §20.10"),
    _H("Content-Disposition", "", "1", "RFC 3261 §20.11"),
    _H("Content-Encoding", "e", "n", "RFC 3261 §20.12"),
    _H("Content-Language", "", "n", "RFC 3261 §20.13"),
    _H("Date", "", "r", "RFC 3261 §20.17"),
    _H("Diversion", "", "n", "RFC 5806 §4"),
    _H("Error-Info", "", "n", "RFC 3261 §20.18"),
    _H("Flow-Timer", "", "1", "RFC 5626 §10"),
    _H("History-Info", "", "n", "RFC 7044 §5"),
    _H("Identity", "y", "n", "RFC 8224 §4"),
    _H("In-Reply-To", "", "n", "RFC 3261 §20.21"),
    _H("Info-Package", "", "1", "RFC 6086 §7"),
    _H("Join", "", "1", "RFC 3911 §7.1"),
    _H("MIME-Version", "", "1", "RFC 3261 §20.24"),
    _H("Min-Expires", "", "1", "RFC 3261 §20.23"),
    _H("Organization", "", "r", "RFC 3261 §20.25"),
    _H("P-Access-Network-Info", "", "n", "RFC 7315 §4.4"),
    _H("P-Asserted-Identity", "", "n", "RFC 3325 §9.1"),
    _H("P-Associated-URI", "", "n", "RFC 7315 §4.1"),
    _H("P-Called-Party-ID", "", "1", "RFC 7315 §4.2"),
    _H("P-Charging-Vector", "", "1", "RFC 7315 §4.6"),
    _H("P-Early-Media", "", "n", "RFC 5009 §8"),
    _H("P-Preferred-Identity", "", "n", "RFC 3325 §9.2"),
    _H("Path", "", "n", "RFC 3327 §4"),
    _H("Priority", "", "1", "RFC 3261 §20.26"),
    _H("Privacy", "", "1", "RFC 3323 §4.2"),
    _H("Proxy-Authenticate", "", "r", "RFC 3261 §20.27"),
    _H("Proxy-Authorization", "", "r", "RFC 3261 §20.28"),
    _H("Proxy-Require", "", "n", "RFC 3261 §20.29"),
    _H("Reason", "", "n", "RFC 3326 §2"),
    _H("Record-Route", "", "n", "RFC 3261 §20.30"),
    _H("Recv-Info", "", "n", "RFC 6086 §7"),
    _H("Refer-Sub", "", "1", "RFC 4488 §4"),
    _H("Reject-Contact", "j", "n", "RFC 3841 §9.2"),
    _H("Remote-Party-ID", "", "n", "draft-ietf-sip-privacy-04"),
    _H("Reply-To", "", "1", "RFC 3261 §20.31"),
    _H("Request-Disposition", "d", "n", "RFC 3841 §9.1"),
    _H("Require", "", "n", "RFC 3261 §20.32"),
    _H("Retry-After", "", "r", "RFC 3261 §20.33"),
    _H("Route", "", "n", "RFC 3261 §20.34"),
    _H("SIP-ETag", "", "1", "RFC 3903 §11.3.1"),
    _H("SIP-If-Match", "", "1", "RFC 3903 §11.3.2"),
    _H("Server", "", "r", "RFC 3261 §20.35"),
    _H("Service-Route", "", "n", "RFC 3608 §5"),
    _H("Subject", "s", "r", "RFC 3261 §20.36"),
    _H("Supported", "k", "n", "RFC 3261 §20.37"),
    _H("Target-Dialog", "", "1", "RFC 4538 §7"),
    _H("Timestamp", "", "1", "RFC 3261 §20.38"),
    _H("Unsupported", "", "n", "RFC 3261 §20.40"),
    _H("User-Agent", "", "r", "RFC 3261 §20.41"),
    _H("WWW-Authenticate", "", "r", "RFC 3261 §20.44"),
    _H("Warning", "", "n", "RFC 3261 §20.43"),
)

# How many of the first rows have a code: 1 Via, 2 From ... A second row of one of them, or of Via's none, is seen by `parse`.
CODED = 18
COMMA_LISTS: frozenset[str] = frozenset(row.name for row in HEADER_ROWS if row.often == "n")


def _spellings() -> dict[str, tuple[str, int]]:
    """Spelling -> (canonical name, code); the usual ones (lower and upper case, compact), and the lower one of each for all others."""
    out: dict[str, tuple[str, int]] = {}
    for code, row in enumerate(HEADER_ROWS, 1):
        entry = (row.name, code if code <= CODED else 0)
        titled = "-".join(part.capitalize() for part in row.name.split("-"))
        for spelling in (row.name, row.name.lower(), row.name.upper(), titled, row.compact, row.compact.upper()):
            if spelling:
                out[spelling] = entry
    return out


HEADERS: Mapping[str, tuple[str, int]] = MappingProxyType(_spellings())


def canonical(name: str) -> str:
    """The long name in the usual spelling; a name that the table does not have comes back as it is."""
    row = HEADERS.get(name) or HEADERS.get(name.lower())
    return row[0] if row else name


METHODS: tuple[str, ...] = (
    *("INVITE", "ACK", "BYE", "CANCEL", "OPTIONS", "REGISTER"),  # RFC 3261
    *("PRACK", "UPDATE", "INFO", "REFER", "SUBSCRIBE", "NOTIFY"),  # RFC 3262, 3311, 6086, 3515, 6665
    *("MESSAGE", "PUBLISH"),  # RFC 3428, 3903
)

# RFC 3261 §21 and the registry of statuses; phrases of our own choice are allowed (§7.2).
REASONS: Mapping[int, str] = MappingProxyType(
    {
        100: "Trying",
        180: "Ringing",
        181: "Call Is Being Forwarded",
        182: "Queued",
        183: "Session Progress",
        199: "Early Dialog Terminated",
        200: "OK",
        202: "Accepted",
        204: "No Notification",
        300: "Multiple Choices",
        301: "Moved Permanently",
        302: "Moved Temporarily",
        305: "Use Proxy",
        380: "Alternative Service",
        400: "Bad Request",
        401: "Unauthorized",
        402: "Payment Required",
        403: "Forbidden",
        404: "Not Found",
        405: "Method Not Allowed",
        406: "Not Acceptable",
        407: "Proxy Authentication Required",
        408: "Request Timeout",
        410: "Gone",
        412: "Conditional Request Failed",
        413: "Request Entity Too Large",
        414: "Request-URI Too Long",
        415: "Unsupported Media Type",
        416: "Unsupported URI Scheme",
        417: "Unknown Resource-Priority",
        420: "Bad Extension",
        421: "Extension Required",
        422: "Session Interval Too Small",
        423: "Interval Too Brief",
        424: "Bad Location Information",
        425: "Bad Alert Message",
        428: "Use Identity Header",
        429: "Provide Referrer Identity",
        430: "Flow Failed",
        433: "Anonymity Disallowed",
        436: "Bad Identity Info",
        437: "Unsupported Credential",
        438: "Invalid Identity Header",
        439: "First Hop Lacks Outbound Support",
        440: "Max-Breadth Exceeded",
        469: "Bad Info Package",
        470: "Consent Needed",
        480: "Temporarily Unavailable",
        481: "Call/Transaction Does Not Exist",
        482: "Loop Detected",
        483: "Too Many Hops",
        484: "Address Incomplete",
        485: "Ambiguous",
        486: "Busy Here",
        487: "Request Terminated",
        488: "Not Acceptable Here",
        489: "Bad Event",
        491: "Request Pending",
        493: "Undecipherable",
        494: "Security Agreement Required",
        500: "Server Internal Error",
        501: "Not Implemented",
        502: "Bad Gateway",
        503: "Service Unavailable",
        504: "Server Time-out",
        505: "Version Not Supported",
        513: "Message Too Large",
        555: "Push Notification Service Not Supported",
        580: "Precondition Failure",
        600: "Busy Everywhere",
        603: "Decline",
        604: "Does Not Exist Anywhere",
        606: "Not Acceptable",
        607: "Unwanted",
        608: "Rejected",
    }
)
