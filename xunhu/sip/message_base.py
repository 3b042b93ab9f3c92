# cython: boundscheck=True
"""The message: rows, typed views, writing, and the making of requests and responses. message.py says what it is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import cython

from xunhu.protocol.errors import LocalError
from xunhu.sip.errors import SipParseError
from xunhu.sip.names import COMMA_LISTS, HEADERS, REASONS

if not cython.compiled:  # else their C form
    from xunhu.sip.chars import TOKEN, number, only, pieces
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
    from xunhu.sip.uri import SipUri, parse_uri
else:
    from xunhu.sip.chars import TOKEN

# Names for types in signatures that the .pxd declares: C types there.
Int: TypeAlias = int
Flag: TypeAlias = bool

NEEDED = ("Via", "From", "To", "Call-ID", "CSeq")
_TOKEN: int = TOKEN
_MAX_FORWARDS = 7  # code in names.HEADER_ROWS
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
            self._call_id = call_id_of(self.get("Call-ID"))
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
        return counted(self.get("Max-Forwards", "70"), 255, "Max-Forwards")

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
                counted(value, 255, name)
            elif name == "Content-Type":
                _ = self.content_type
            elif name == "Expires":
                __ = self.expires
        if self._via is None or self._from is None or self._to is None or self._call_id is None or self._cseq is None:
            for name in NEEDED:
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


def call_id_of(text: str) -> str:
    """callid = word [ "@" word ]: no blanks."""
    if not text or " " in text or "\t" in text:
        raise SipParseError(400, "no call id", "Call-ID")
    return text


def counted(text: str, limit: Int, header: str) -> Int:
    value: cython.longlong = number(text, limit)
    if value < 0:
        raise SipParseError(400, f"no number of 0 to {limit}", header)
    return int(value)


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
