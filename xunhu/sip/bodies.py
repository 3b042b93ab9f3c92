"""Bodies with several parts, RFC 2046 §5.1, as RFC 5621 lets SIP have them: the session description among ISUP and the like."""

from __future__ import annotations

from typing import NamedTuple

from xunhu.sip.message import SipMessage

__all__ = ["Part", "parts", "session_description"]

MAX_PARTS = 16
_SDP = "application/sdp"


class Part(NamedTuple):
    content_type: str  # in lower case, without parameters
    headers: dict[str, str]  # names in lower case
    body: bytes


def parts(message: SipMessage) -> list[Part]:
    """The parts of a message's body; one for a body that has none. Further ones than MAX_PARTS, and what is nested, stay as they are."""
    if not message.body:
        return []
    kind = message.content_type
    whole = Part(kind, {"content-disposition": message.get("Content-Disposition")}, message.body)
    if not kind.startswith("multipart/"):
        return [whole]
    boundary = _parameter(message.get("Content-Type"), "boundary")
    if not boundary:
        return [whole]
    pieces = (b"\r\n" + message.body).split(b"\r\n--" + boundary.encode("utf-8", "surrogateescape"), MAX_PARTS + 1)
    out: list[Part] = []
    for piece in pieces[1:]:
        if piece.startswith(b"--"):
            break
        head, found, body = piece.partition(b"\r\n\r\n")
        if not found:
            continue
        headers: dict[str, str] = {}
        for line in head.decode("utf-8", "replace").split("\r\n"):
            name, colon, value = line.partition(":")
            if colon:
                headers[name.strip().lower()] = value.strip()
        out.append(Part(headers.get("content-type", "text/plain").partition(";")[0].strip().lower(), headers, body))
    return out


def session_description(message: SipMessage) -> bytes:
    """The first application/sdp of a message; b"" where there is none."""
    if not message.body:
        return b""
    kind = message.content_type
    if kind == _SDP:
        return message.body
    if kind.startswith("multipart/"):
        for part in parts(message):
            if part.content_type == _SDP:
                return part.body
    return b""


def unacceptable(message: SipMessage, accept: tuple[str, ...]) -> bool:
    """§8.2.3: a body of a type that nobody here reads and that must be read. Parts of a multipart are looked at one by one."""
    if not message.body:
        return False
    for part in parts(message):
        disposition = part.headers.get("content-disposition", "")
        if part.content_type not in accept and _parameter(disposition, "handling") != "optional":
            return not (message.content_type.startswith("multipart/") and session_description(message))
    return False


def _parameter(text: str, wanted: str) -> str:
    for row in text.split(";")[1:]:
        name, _, value = row.partition("=")
        if name.strip().lower() == wanted:
            return value.strip().strip('"')
    return ""
