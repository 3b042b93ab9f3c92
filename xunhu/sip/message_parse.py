# cython: boundscheck=True
"""Octets into a message: the head is scanned once. message.py says what is looked at."""

from __future__ import annotations

from typing import TypeAlias

import cython

from xunhu.sip.errors import SipParseError
from xunhu.sip.names import HEADERS

if not cython.compiled:  # else their C form
    from xunhu.sip.chars import OTHER, TOKEN, URI, find, find_octets, lines_end_well, number, only, stripped
    from xunhu.sip.headers import parse_cseq, parse_name_addr, parse_via
    from xunhu.sip.message_base import NEEDED, SipMessage, call_id_of, counted
    from xunhu.sip.uri import MAX_URI
else:
    from xunhu.sip.chars import OTHER, TOKEN, URI
    from xunhu.sip.message_base import NEEDED
    from xunhu.sip.uri import MAX_URI

# Names for types in signatures that the .pxd declares: C types there.
Int: TypeAlias = int
Four: TypeAlias = tuple[str, str, str, str]

MAX_OCTETS = 65535  # of a message
MAX_HEADERS = 256  # rows of a message
MAX_LINE = 8192  # characters of a header, unfolded

_TOKEN: int = TOKEN
_URI: int = URI | OTHER
# codes in names.HEADER_ROWS
_VIA, _FROM, _TO, _CALL_ID, _CSEQ, _LENGTH, _MAX_FORWARDS = 1, 2, 3, 4, 5, 6, 7
_SPELLINGS: dict[str, tuple[str, int]] = dict(HEADERS)


def parse(datagram: bytes, max_octets: Int = MAX_OCTETS) -> SipMessage:
    """A message that came as one datagram; octets behind the body are left out (§18.3).

    SipParseError: 513 longer than max_octets; 505; 414; 400 anything else.
    """
    start: cython.Py_ssize_t = 0
    end: cython.Py_ssize_t
    length: cython.longlong
    if len(datagram) > max_octets:
        raise with_head(SipParseError(513, "message too large"), datagram[:max_octets])
    while datagram.startswith(b"\r\n", start):  # §7.5
        start += 2
    end = find_octets(datagram, b"\r\n\r\n", start)
    if end < 0:
        raise with_head(SipParseError(400, "no empty line behind the headers"), datagram)
    out: SipMessage = SipMessage.__new__(SipMessage)
    length = parse_head(out, datagram[start:end])
    start = end + 4
    if length < 0:
        out.body = datagram[start:]
    elif length > len(datagram) - start:
        out.body = datagram[start:]
        raise with_message(SipParseError(400, "body shorter than said", "Content-Length"), out)
    else:
        out.body = datagram[start : start + length]
    return out


def with_message(error: SipParseError, message: SipMessage) -> SipParseError:
    error.message = message
    return error


def with_head(error: SipParseError, octets: bytes) -> SipParseError:
    """With the message as far as its whole lines can be read."""
    head, whole, _ = octets.lstrip(b"\r\n").partition(b"\r\n\r\n")
    if not whole:
        head = head.rpartition(b"\r\n")[0]
    out: SipMessage = SipMessage.__new__(SipMessage)
    try:
        parse_head(out, head)
        error.message = out
    except SipParseError as found:
        error.message = found.message
    return error


def parse_head(out: SipMessage, octets: bytes) -> Int:
    """Start line and headers into out; Content-Length, -1 where there is none. SipParseError with `message` out."""
    head: str = octets.decode("utf-8", "surrogateescape")
    length = -1
    out.method = out.uri = out.reason = ""
    out.status = 0
    out.headers = []
    out.body = b""
    out._forget()
    fault: SipParseError | None = None
    if not lines_end_well(octets):
        fault = SipParseError(400, "CR or LF alone")
        # for the answer, which has rows of this message in it, and must have no such thing
        head = "\r\n".join([line.replace("\r", " ").replace("\n", " ") for line in head.split("\r\n")])
    end: cython.Py_ssize_t = head.find("\r\n")
    if end < 0:
        end = len(head)
    try:
        _start_line(out, head[:end])
    except SipParseError as error:
        if not out.method and not out.status:
            raise
        fault = fault or error
    try:
        length = _rows(out, head, end + 2)
    except SipParseError as error:
        fault = fault or error
    if fault is not None:
        fault.message = out
        raise fault
    return length


def _start_line(out: SipMessage, line: str) -> None:
    at: cython.Py_ssize_t
    end: cython.Py_ssize_t
    n: cython.Py_ssize_t = len(line)
    if line.startswith(("SIP/", "sip/", "Sip/")):
        _status_line(out, line)
        return
    at = find(line, " ", 0, n)
    if at <= 0 or not only(line, 0, at, _TOKEN):
        raise SipParseError(400, "no start line")
    end = n - 8
    if not line.endswith(" SIP/2.0"):
        # Even where the rest is faulty, the request can be answered. Where it is not of SIP at all, it need not.
        if "SIP/" not in line[at:].upper():
            raise SipParseError(400, "no start line")
        end = line.rfind(" ")
    out.method = line[:at]
    if end <= at:
        raise SipParseError(400, "no Request-URI")
    if end - at - 1 > MAX_URI:
        raise SipParseError(414, "URI too long")
    out.uri = line[at + 1 : end]
    if end != n - 8 or line[end + 1 :].upper() != "SIP/2.0":
        if line[end + 1 : end + 5].upper() == "SIP/":
            raise SipParseError(505, "version not supported")
        raise SipParseError(400, "text behind the version")
    at = find(out.uri, ":", 0, len(out.uri))
    if at <= 0 or not only(out.uri, 0, at, _TOKEN) or not only(out.uri, at, len(out.uri), _URI):
        raise SipParseError(400, "Request-URI is no URI")


def _status_line(out: SipMessage, line: str) -> None:
    version, _, rest = line.partition(" ")
    code, _, reason = rest.partition(" ")
    status: cython.longlong = number(code, 699)
    out.reason = reason
    if len(code) != 3 or status < 100:
        raise SipParseError(400, "no status")
    out.status = status
    if version.upper() != "SIP/2.0":
        raise SipParseError(505, "version not supported")


def _rows(out: SipMessage, head: str, start: Int) -> Int:
    """All rows from start on, then those that must be there; Content-Length or -1."""
    headers: list[tuple[str, str]] = out.headers
    n: cython.Py_ssize_t = len(head)
    at: cython.Py_ssize_t = start
    end: cython.Py_ssize_t
    following: cython.Py_ssize_t
    colon: cython.Py_ssize_t
    code: cython.int
    seen: cython.uint = 0
    length = -1
    name: str
    value: str
    via: str = ""
    from_: str = ""
    to: str = ""
    call_id: str = ""
    cseq: str = ""
    forwards: str = ""
    fault: SipParseError | None = None
    while at < n:
        end = find(head, "\r", at, n)  # none stands alone: `parse_head`
        if end < 0:
            end = n
        following = end + 2
        colon = find(head, ":", at, end)
        if colon <= at or head[at] == " " or head[at] == "\t":
            fault = fault or SipParseError(400, "line without a header's name")
            at = following
            continue
        name = head[at:colon]
        row = _SPELLINGS.get(name)
        if row is None:
            name = name.rstrip(" \t")
            row = _SPELLINGS.get(name) or _SPELLINGS.get(name.lower())
        if row is not None:
            name, code = row
        else:
            code = 0
            if not only(name, 0, len(name), _TOKEN):
                fault = fault or SipParseError(400, "name of a header is no token")
                at = following
                continue
        if following < n and (head[following] == " " or head[following] == "\t"):
            value, following = _unfolded(head, colon + 1)
        else:
            value = stripped(head, colon + 1, end)
        at = following
        if len(value) > MAX_LINE:
            fault = fault or SipParseError(400, "header too long", name)
            continue
        if len(headers) >= MAX_HEADERS:
            fault = fault or SipParseError(400, "too many headers")
            break
        headers.append((name, value))
        if code == 0:
            continue
        if code == _VIA:
            if not via:
                via = value
            continue
        if seen & (1 << code):
            fault = fault or SipParseError(400, "more than once", name)
            continue
        seen |= 1 << code
        if code == _FROM:
            from_ = value
        elif code == _TO:
            to = value
        elif code == _CALL_ID:
            call_id = value
        elif code == _CSEQ:
            cseq = value
        elif code == _MAX_FORWARDS:
            forwards = value
        elif code == _LENGTH:
            length = number(value, 2**31)
            if length < 0:
                fault = fault or SipParseError(400, "no length", name)
    if fault is not None:
        raise fault
    _first_views(out, via, (from_, to, call_id, cseq), forwards)
    return length


def _first_views(out: SipMessage, via: str, values: Four, forwards: str) -> None:
    """What each message must have. values: From, To, Call-ID, CSeq."""
    from_: str
    to: str
    call_id: str
    cseq: str
    from_, to, call_id, cseq = values
    if not (via and from_ and to and call_id and cseq):
        for name, value in zip(NEEDED, (via, *values), strict=True):
            if not value:
                raise SipParseError(400, "missing", name)
    out._via = parse_via(via) if "," not in via else parse_via(out._top_via()[0])
    out._from = parse_name_addr(from_, "From")
    out._to = parse_name_addr(to, "To")
    out._call_id = call_id_of(call_id)
    out._cseq = parse_cseq(cseq)
    if forwards:
        counted(forwards, 255, "Max-Forwards")
    if out.method and out._cseq[1] != out.method:
        raise SipParseError(400, "method is not the request's", "CSeq")


def _unfolded(head: str, start: Int) -> tuple[str, int]:
    """The value at start with the lines that continue it (§7.3.1), each joined by one blank; and the place of the next line."""
    out: list[str] = []
    n: cython.Py_ssize_t = len(head)
    at: cython.Py_ssize_t = start
    end: cython.Py_ssize_t
    while at < n:
        end = find(head, "\r", at, n)
        if end < 0:
            end = n
        out.append(stripped(head, at, end))
        at = end + 2
        if at >= n or (head[at] != " " and head[at] != "\t"):
            break
    return " ".join(out).strip(" "), at
