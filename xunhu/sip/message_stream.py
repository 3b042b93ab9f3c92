"""Messages on TCP and TLS, RFC 3261 §18.3."""

from __future__ import annotations

from xunhu.sip.chars import number
from xunhu.sip.errors import SipParseError
from xunhu.sip.message_base import SipMessage
from xunhu.sip.message_parse import MAX_OCTETS, parse_head, with_head, with_message


class StreamReader:
    """Messages from TCP or TLS, framed by Content-Length (§18.3), which must be there.

    pings   double CRLFs in front of a message since the owner set it to 0: each is answered by one CRLF (RFC 5626 §3.5.1)
    broken  where the next message begins cannot be known: the connection is to be closed, `feed` gives nothing more
    """

    def __init__(self, max_octets: int = MAX_OCTETS) -> None:
        self.pings = 0
        self.broken = False
        self._max = max_octets
        self._data = bytearray()
        self._half = False  # one CRLF of two
        self._searched = 0  # octets at the front that have no end of a head
        self._message: SipMessage | None = None  # whose body is awaited
        self._fault: SipParseError | None = None  # likewise, and what is wrong with it
        self._length = 0

    @property
    def partial(self) -> bool:
        """A message has begun that is not whole."""
        return self._message is not None or len(self._data) > 1

    def feed(self, data: bytes) -> list[SipMessage | SipParseError]:
        """What is whole now, in order."""
        out: list[SipMessage | SipParseError] = []
        if self.broken:
            return out
        self._data += data
        while not self.broken and (self._message is not None or self._head(out)):
            if self._message is None:
                break
            if len(self._data) < self._length:
                break
            self._message.body = bytes(self._data[: self._length])
            del self._data[: self._length]
            out.append(self._fault or self._message)
            self._message = self._fault = None
        return out

    def _head(self, out: list[SipMessage | SipParseError]) -> bool:
        """The next head, if it is whole; `_message` awaits its body then."""
        if not self._searched and not self._blank():
            return False
        end = self._data.find(b"\r\n\r\n", max(self._searched - 3, 0))
        if end < 0:
            self._searched = len(self._data)
            if self._searched > self._max:
                self._break(out, with_head(SipParseError(513, "message too large"), bytes(self._data)))
            return False
        head = bytes(self._data[:end])
        del self._data[: end + 4]
        self._searched = 0
        message = SipMessage()
        try:
            length = parse_head(message, head)
        except SipParseError as error:
            length = _length_of(message)
            self._fault = error
        if length < 0:
            self._break(out, self._fault or with_message(SipParseError(400, "missing", "Content-Length"), message))
            return False
        if length + end > self._max:
            self._break(out, with_message(SipParseError(513, "message too large"), message))
            return False
        self._message, self._length = message, length
        return True

    def _blank(self) -> bool:
        """Takes the CRLFs in front of a message away; whether one begins."""
        at = 0
        while self._data.startswith(b"\r\n", at):
            self.pings += self._half
            self._half = not self._half
            at += 2
        del self._data[:at]
        if not self._data or self._data == b"\r":
            return False
        self._half = False
        return True

    def _break(self, out: list[SipMessage | SipParseError], error: SipParseError) -> None:
        self.broken = True
        self._data = bytearray()
        self._message = self._fault = None
        out.append(error)


def _length_of(message: SipMessage) -> int:
    """Content-Length of a message with a fault, -1 where it cannot be trusted."""
    rows = message.all("Content-Length")
    return number(rows[0], 2**31) if len(rows) == 1 else -1
