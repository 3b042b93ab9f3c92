"""Faults of SIP messages that came from a peer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xunhu.protocol.errors import RemoteError

if TYPE_CHECKING:
    from xunhu.sip.message import SipMessage


class SipParseError(RemoteError):
    """The peer's octets are not SIP as RFC 3261 wants it.

    status   response that fits (400, 414, 416, 505, 513); a faulty response is answered by nothing: it is dropped
    reason   words for the response's reason phrase: what is wrong, without the peer's own text
    header   canonical name of the header at fault, "" for the start line, the framing and the body
    message  what could be read, None where not even a start line was found; enough for `response` to answer a request
    """

    def __init__(self, status: int, reason: str, header: str = "") -> None:
        super().__init__(f"{header}: {reason}" if header else reason)
        self.status = status
        self.reason = reason
        self.header = header
        self.message: SipMessage | None = None
