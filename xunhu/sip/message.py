# cython: boundscheck=True
"""SIP messages, RFC 3261 §7: parse, typed views, encode, requests and responses, framing on a stream.

`parse` reads the start line and all header rows and looks at what each stack needs at once: Via, From, To, Call-ID, CSeq (each
must be there, the five last once, §8.1.1), Max-Forwards and Content-Length. Other views are read when they are asked for and
raise SipParseError then; `SipMessage.check` reads all of them. Header values are text: UTF-8, and octets that are none as
`surrogateescape` has it, so a value that is copied has the same octets. Lines end with CR LF; neither stands alone anywhere in
front of the body, as another reader might see other headers there.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import cython

from xunhu.protocol.errors import LocalError
from xunhu.sip.errors import SipParseError
from xunhu.sip.names import COMMA_LISTS, HEADERS, REASONS

if not cython.compiled:  # else their C form
    from xunhu.sip.chars import OTHER, TOKEN, URI, find, find_octets, lines_end_well, number, only, pieces, stripped
    from xunhu.sip.headers import (
        NameAddr,
        Via,
        parse_cseq,
        parse_name_addr,
        parse_name_addrs,
        parse_via,
        parse_vias,
        split_rows,
    )
    from xunhu.sip.uri import MAX_URI, SipUri, parse_uri
else:
    from xunhu.sip.chars import OTHER, TOKEN, URI
    from xunhu.sip.uri import MAX_URI

# Names for types in signatures that the .pxd declares: C types there.
Int: TypeAlias = int
Four: TypeAlias = tuple[str, str, str, str]
Flag: TypeAlias = bool

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

MAX_OCTETS = 65535  # of a message
MAX_HEADERS = 256  # rows of a message
MAX_LINE = 8192  # characters of a header, unfolded

_TOKEN: int = TOKEN
_URI: int = URI | OTHER
_NONE: dict[str, str] = {}
if cython.compiled:  # the C names of these are none of the module's
    globals().update(NameAddr=NameAddr, Via=Via, SipUri=SipUri)
# codes of names.HEADER_ROWS
_VIA, _FROM, _TO, _CALL_ID, _CSEQ, _LENGTH, _MAX_FORWARDS = 1, 2, 3, 4, 5, 6, 7
_NEEDED = ("Via", "From", "To", "Call-ID", "CSeq")
_SPELLINGS: dict[str, tuple[str, int]] = dict(HEADERS)
_REASONS: dict[int, str] = dict(REASONS)


class SipMessage:
    """A request (method, uri) or a response (status, reason). `headers` are read with the methods below; whoever changes the
    list itself must drop the views that were read from it (`set` and its like do)."""

    def __init__(self) -> None:
        self.method = ""
        self.uri = ""
        self.status = 0
        self.reason = ""
        self.headers: list[tuple[str, str]] = []
        self.body = b""
        self._forget()

    def _forget(self) -> None:
        """No view has been read."""
        self._via: Via | None = None
        self._from: NameAddr | None = None
        self._to: NameAddr | None = None
        self._cseq: tuple[int, str] | None = None
        self._call_id: str | None = None
        self._contacts: list[NameAddr] | None = None

    # -- rows --------------------------------------------------------------------------------------------------

    def get(self, name: str, default: str = "") -> str:
        """The value of the first row."""
        row = _SPELLINGS.get(name)
        if row is not None:
            name = row[0]
            for pair in self.headers:
                if pair[0] == name:
                    return pair[1]
            return default
        rows = self.all(name)
        return rows[0] if rows else default

    def all(self, name: str) -> list[str]:
        """The values of all rows."""
        row = _SPELLINGS.get(name) or _SPELLINGS.get(name.lower())
        if row is not None:
            name = row[0]
            return [pair[1] for pair in self.headers if pair[0] == name]
        name = name.lower()
        return [pair[1] for pair in self.headers if pair[0].lower() == name]

    def items(self, name: str) -> list[str]:
        """The elements of all rows: lists are split at their commas where the header is one that has them, or is not known. A list
        that cannot be split, as a quoted string in it has no end, is one element a row."""
        row = _SPELLINGS.get(name) or _SPELLINGS.get(name.lower())
        rows = self.all(name)
        if row is not None and row[0] not in COMMA_LISTS:
            return rows
        try:
            return split_rows(rows, name)
        except SipParseError:
            return rows

    def add(self, name: str, value: str, first: Flag = False) -> None:
        """A row at the end, or in front of all."""
        row = _SPELLINGS.get(name) or _SPELLINGS.get(name.lower())
        pair = (row[0] if row is not None else name, value)
        if first:
            self.headers.insert(0, pair)
        else:
            self.headers.append(pair)
        self._forget()

    def set(self, name: str, value: str) -> None:
        """One row in the place of all of that name."""
        row = _SPELLINGS.get(name) or _SPELLINGS.get(name.lower())
        name = row[0] if row is not None else name
        wanted = name.lower()
        out: list[tuple[str, str]] = []
        placed = False
        for pair in self.headers:
            if pair[0].lower() != wanted:
                out.append(pair)
            elif not placed:
                out.append((name, value))
                placed = True
        if not placed:
            out.append((name, value))
        self.headers = out
        self._forget()

    def remove(self, name: str) -> None:
        """All rows of that name."""
        row = _SPELLINGS.get(name) or _SPELLINGS.get(name.lower())
        wanted = (row[0] if row is not None else name).lower()
        self.headers = [pair for pair in self.headers if pair[0].lower() != wanted]
        self._forget()

    def copy(self) -> SipMessage:
        """Another message with the same rows and body."""
        out = SipMessage()
        out.method, out.uri, out.status, out.reason = self.method, self.uri, self.status, self.reason
        out.headers = self.headers[:]
        out.body = self.body
        return out

    # -- views -------------------------------------------------------------------------------------------------

    @property
    def via(self) -> Via:
        """The topmost."""
        if self._via is None:
            self._via = parse_via(self._top_via()[0])
        return self._via

    def _top_via(self) -> tuple[str, str]:
        """The first element, and what follows it in its row."""
        row = self.get("Via")
        if "," not in row:
            return row, ""
        first: str
        for first in pieces(row, ",", "Via"):
            if first.strip(" \t"):
                at = row.index(first) + len(first)
                return first.strip(" \t"), row[at + 1 :].strip(" \t,")
        return "", ""

    @property
    def vias(self) -> list[Via]:
        return parse_vias(self.all("Via"))

    @property
    def from_(self) -> NameAddr:
        if self._from is None:
            self._from = parse_name_addr(self.get("From"), "From")
        return self._from

    @property
    def to(self) -> NameAddr:
        if self._to is None:
            self._to = parse_name_addr(self.get("To"), "To")
        return self._to

    @property
    def call_id(self) -> str:
        if self._call_id is None:
            self._call_id = _call_id_of(self.get("Call-ID"))
        return self._call_id

    @property
    def cseq(self) -> tuple[int, str]:
        if self._cseq is None:
            self._cseq = parse_cseq(self.get("CSeq"))
        return self._cseq

    @property
    def contacts(self) -> list[NameAddr]:
        """With uri "*" alone where all are meant (§10.2.2). The list is not to be changed."""
        if self._contacts is None:
            rows = self.all("Contact")
            if rows == ["*"]:
                self._contacts = [NameAddr("", "*")]
            else:
                self._contacts = parse_name_addrs(rows, "Contact")
        return self._contacts

    @property
    def routes(self) -> list[NameAddr]:
        return parse_name_addrs(self.all("Route"), "Route")

    @property
    def record_routes(self) -> list[NameAddr]:
        return parse_name_addrs(self.all("Record-Route"), "Record-Route")

    @property
    def max_forwards(self) -> int:
        """70 where there is none (§16.6)."""
        return _counted(self.get("Max-Forwards", "70"), 255, "Max-Forwards")

    @property
    def expires(self) -> int | None:
        """s; None where there is none. More than 2**32-1 counts as that (§20.19)."""
        text = self.get("Expires")
        if not text:
            return None
        if not (text.isascii() and text.isdigit()):
            raise SipParseError(400, "no number", "Expires")
        value: cython.longlong = number(text, 2**32 - 1)
        return 2**32 - 1 if value < 0 else value

    @property
    def content_type(self) -> str:
        """type/subtype in lower case without parameters; "" where there is none."""
        text = self.get("Content-Type")
        if text in ("", "application/sdp"):
            return text
        kind, slash, sub = text.partition(";")[0].partition("/")
        kind, sub = kind.strip(" \t").lower(), sub.strip(" \t").lower()
        if (
            not slash
            or not kind
            or not sub
            or not only(kind, 0, len(kind), _TOKEN)
            or not only(sub, 0, len(sub), _TOKEN)
        ):
            raise SipParseError(400, "no media type", "Content-Type")
        return f"{kind}/{sub}"

    @property
    def request_uri(self) -> SipUri:
        """SipParseError 416: another scheme than sip or sips."""
        return parse_uri(self.uri)

    def check(self) -> None:
        """Reads each view that the message has rows for; SipParseError, with `message` set, of the first that is faulty.

        A Request-URI must be sip, sips or tel (else 416) and have no headers (§19.1.1, 400).
        """
        try:
            self._check()
        except SipParseError as error:
            error.message = self
            raise

    def _check(self) -> None:
        name: str
        value: str
        vias: cython.int = 0
        if self.method and not self.uri[:4].lower().startswith("tel:") and self.request_uri.headers:
            raise SipParseError(400, "headers in the Request-URI")
        for pair in self.headers:
            name, value = pair
            if name == "Via":
                vias += 1
                if vias > 1 or "," in value:
                    parse_vias([value])
            elif name in ("Route", "Record-Route"):
                parse_name_addrs([value], name)
            elif name == "Contact":
                if len(self.contacts) > 1 and value == "*":
                    raise SipParseError(400, "* beside others", name)
            elif name == "Max-Forwards":
                _counted(value, 255, name)
            elif name == "Content-Type":
                _ = self.content_type
            elif name == "Expires":
                __ = self.expires
        if self._via is None or self._from is None or self._to is None or self._call_id is None or self._cseq is None:
            for name in _NEEDED:
                if not self.get(name):
                    raise SipParseError(400, "missing", name)
            ___ = (self.via, self.from_, self.to, self.call_id, self.cseq)

    # -- writing -----------------------------------------------------------------------------------------------

    def stamp_via(self, host: str, port: int) -> None:
        """What the topmost Via of a request that came from there gets: received and rport (§18.2.1, RFC 3581 §4)."""
        via = self.via
        asked = via.rport is not None
        if not asked and via.host.lower() == host.lower() and "received" not in via.params:
            return
        params = dict(via.params)
        params["received"] = host
        if asked:
            params["rport"] = str(port)
        _, rest = self._top_via()
        stamped = via.replace(params=params)
        text = f"{stamped}, {rest}" if rest else str(stamped)
        for i, pair in enumerate(self.headers):
            if pair[0] == "Via" and pair[1].strip(" \t,"):
                self.headers[i] = ("Via", text)
                break
        self._via = stamped

    def encode(self) -> bytes:
        """Content-Length is written as the body is. LocalError: a line end within a value, which would begin another header."""
        out: list[str] = []
        name: str
        value: str
        count: cython.Py_ssize_t = 3
        if self.method:
            out.append(f"{self.method} {self.uri} SIP/2.0\r\n")
        else:
            out.append(f"SIP/2.0 {self.status} {self.reason}\r\n")
        for pair in self.headers:
            name, value = pair
            if name != "Content-Length":
                out.append(f"{name}: {value}\r\n")
                count += 1
        out.append(f"Content-Length: {len(self.body)}\r\n\r\n")
        text: str = "".join(out)
        if text.count("\n") != count or text.count("\r") != count:
            raise LocalError("line end within a SIP header")
        return text.encode("utf-8", "surrogateescape") + self.body

    def __repr__(self) -> str:
        start = f"{self.method} {self.uri}" if self.method else f"{self.status} {self.reason}"
        return f"<SipMessage {start}>"


def _call_id_of(text: str) -> str:
    """callid = word [ "@" word ]: no blanks."""
    if not text or " " in text or "\t" in text:
        raise SipParseError(400, "no call id", "Call-ID")
    return text


def _counted(text: str, limit: Int, header: str) -> Int:
    value: cython.longlong = number(text, limit)
    if value < 0:
        raise SipParseError(400, f"no number of 0 to {limit}", header)
    return int(value)


# -- parsing ---------------------------------------------------------------------------------------------------


def parse(datagram: bytes, max_octets: Int = MAX_OCTETS) -> SipMessage:
    """A message that came as one datagram; octets behind the body are left out (§18.3).

    SipParseError: 513 longer than max_octets; 505; 414; 400 anything else.
    """
    start: cython.Py_ssize_t = 0
    end: cython.Py_ssize_t
    length: cython.longlong
    if len(datagram) > max_octets:
        raise _with_head(SipParseError(513, "message too large"), datagram[:max_octets])
    while datagram.startswith(b"\r\n", start):  # §7.5
        start += 2
    end = find_octets(datagram, b"\r\n\r\n", start)
    if end < 0:
        raise _with_head(SipParseError(400, "no empty line behind the headers"), datagram)
    out: SipMessage = SipMessage.__new__(SipMessage)
    length = _parse_head(out, datagram[start:end])
    start = end + 4
    if length < 0:
        out.body = datagram[start:]
    elif length > len(datagram) - start:
        out.body = datagram[start:]
        raise _at(SipParseError(400, "body shorter than said", "Content-Length"), out)
    else:
        out.body = datagram[start : start + length]
    return out


def _at(error: SipParseError, message: SipMessage) -> SipParseError:
    error.message = message
    return error


def _with_head(error: SipParseError, octets: bytes) -> SipParseError:
    """With the message as far as its whole lines can be read."""
    head = octets.lstrip(b"\r\n").partition(b"\r\n\r\n")[0]
    out: SipMessage = SipMessage.__new__(SipMessage)
    try:
        _parse_head(out, head)
        error.message = out
    except SipParseError as found:
        error.message = found.message
    return error


def _parse_head(out: SipMessage, octets: bytes) -> Int:
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
        end = find(head, "\r", at, n)  # none stands alone: `_parse_head`
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
        for name, value in zip(_NEEDED, (via, *values), strict=True):
            if not value:
                raise SipParseError(400, "missing", name)
    out._via = parse_via(via) if "," not in via else parse_via(out._top_via()[0])
    out._from = parse_name_addr(from_, "From")
    out._to = parse_name_addr(to, "To")
    out._call_id = _call_id_of(call_id)
    out._cseq = parse_cseq(cseq)
    if forwards:
        _counted(forwards, 255, "Max-Forwards")
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


# -- making ----------------------------------------------------------------------------------------------------


def request(
    method: str,
    uri: SipUri | str,
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str = "",
) -> SipMessage:
    """A request with these rows in their order; Max-Forwards 70 where they have none, as §8.1.1 wants it."""
    out: SipMessage = SipMessage.__new__(SipMessage)
    rows: list[tuple[str, str]] = []
    out.method = method
    out.uri = str(uri)
    out.status = 0
    out.reason = ""
    out.body = body
    out._forget()
    forwards = False
    for name, value in headers:
        row = _SPELLINGS.get(name) or _SPELLINGS.get(name.lower())
        if row is not None:
            name = row[0]
            forwards = forwards or row[1] == _MAX_FORWARDS
        rows.append((name, value))
    if not forwards:
        rows.append(("Max-Forwards", "70"))
    if content_type:
        rows.append(("Content-Type", content_type))
    out.headers = rows
    return out


def response(
    req: SipMessage,
    status: int,
    reason: str = "",
    to_tag: str = "",
    headers: Iterable[tuple[str, str]] = (),
    body: bytes = b"",
    content_type: str = "",
) -> SipMessage:
    """What answers req, §8.2.6: its Via, From, To, Call-ID and CSeq; To gets to_tag where it has no tag; Timestamp into a 100.

    Record-Route is the dialog's matter (§12.1.1) and is not copied. req may be the `message` of a SipParseError; rows that it
    has not are not in the response either.
    """
    out: SipMessage = SipMessage.__new__(SipMessage)
    rows: list[tuple[str, str]] = []
    name: str
    value: str
    out.method = out.uri = ""
    out.status = status
    out.reason = reason or _REASONS.get(status, "Unknown")
    out.body = body
    out._via = req._via
    out._from = req._from
    out._to = None
    out._call_id = req._call_id
    out._cseq = req._cseq
    out._contacts = None
    for pair in req.headers:
        name, value = pair
        if name in ("Via", "From", "Call-ID", "CSeq"):
            rows.append(pair)
        elif name == "To":
            if to_tag and status != 100 and not _has_tag(req, value):
                pair = (name, f"{value};tag={to_tag}")
            else:
                out._to = req._to
            rows.append(pair)
        elif name == "Timestamp" and status == 100:
            rows.append(pair)
    for name, value in headers:
        row = _SPELLINGS.get(name) or _SPELLINGS.get(name.lower())
        rows.append((name if row is None else row[0], value))
    if content_type:
        rows.append(("Content-Type", content_type))
    out.headers = rows
    return out


def _has_tag(req: SipMessage, text: str) -> Flag:
    """Of To; one that cannot be read counts as one with a tag: what follows it would be part of its fault."""
    if req._to is not None:
        return "tag" in req._to.params
    try:
        return "tag" in parse_name_addr(text, "To").params
    except SipParseError:
        return True


# -- streams ---------------------------------------------------------------------------------------------------


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
                self._break(out, _with_head(SipParseError(513, "message too large"), bytes(self._data)))
            return False
        head = bytes(self._data[:end])
        del self._data[: end + 4]
        self._searched = 0
        message = SipMessage()
        try:
            length = _parse_head(message, head)
        except SipParseError as error:
            length = _length_of(message)
            self._fault = error
        if length < 0:
            self._break(out, self._fault or _at(SipParseError(400, "missing", "Content-Length"), message))
            return False
        if length + end > self._max:
            self._break(out, _at(SipParseError(513, "message too large"), message))
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
