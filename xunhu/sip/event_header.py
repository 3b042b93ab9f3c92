"""Event and Subscription-State, RFC 6665 §8.2: packages, their ids, states."""

from __future__ import annotations

from xunhu.sip.message import SipMessage, SipParseError

__all__ = ["event_of", "seconds_of", "state_of", "usage_key"]


def event_of(message: SipMessage) -> tuple[str, str]:
    """Package in lower case and id of Event; ("", "") without one."""
    package, _, rest = message.get("Event").partition(";")
    known = ""
    for row in rest.split(";"):
        name, _, value = row.partition("=")
        if name.strip().lower() == "id":
            known = value.strip()
    return package.strip().lower(), known


def usage_key(package: str, known: str) -> str:
    return f"{package};{known}" if known else package


def state_of(message: SipMessage) -> tuple[str, dict[str, str]]:
    """State in lower case and parameters of Subscription-State. SipParseError 400: there is none."""
    state, *rows = message.get("Subscription-State").split(";")
    if not state.strip():
        raise SipParseError(400, "missing", "Subscription-State")
    found: dict[str, str] = {}
    for row in rows:
        name, _, value = row.partition("=")
        found[name.strip().lower()] = value.strip().strip('"')
    return state.strip().lower(), found


def seconds_of(text: str) -> int:
    """A number of seconds; -1: there is none."""
    return min(int(text), 1 << 31) if text.isascii() and text.isdigit() and len(text) < 11 else -1
