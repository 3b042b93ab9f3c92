"""SIP messages, RFC 3261 §7: parse, typed views, encode, requests and responses, framing on a stream.

`parse` reads the start line and all header rows and looks at what each stack needs at once: Via, From, To, Call-ID, CSeq (each
must be there, the five last once, §8.1.1), Max-Forwards and Content-Length. Other views are read when they are asked for and
raise SipParseError then; `SipMessage.check` reads all of them. Header values are text: UTF-8, and octets that are none as
`surrogateescape` has it, so a value that is copied has the same octets. Lines end with CR LF; neither stands alone anywhere in
front of the body, as another reader might see other headers there.

message_base.py has the message, message_parse.py the parser, message_stream.py the reader of streams.
"""

from __future__ import annotations

from xunhu.sip.errors import SipParseError
from xunhu.sip.headers import NameAddr, Via
from xunhu.sip.message_base import SipMessage, request, response
from xunhu.sip.message_parse import MAX_HEADERS, MAX_LINE, MAX_OCTETS, parse
from xunhu.sip.message_stream import StreamReader
from xunhu.sip.uri import SipUri

__all__ = [
    "MAX_HEADERS",
    "MAX_LINE",
    "MAX_OCTETS",
    "NameAddr",
    "SipMessage",
    "SipParseError",
    "SipUri",
    "StreamReader",
    "Via",
    "parse",
    "request",
    "response",
]
