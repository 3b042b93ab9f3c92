# cython: boundscheck=True
"""Values of headers, RFC 3261 §20 and §25.1: names with addresses, Via, parameters.

    name-addr  = [ display-name ] "<" addr-spec ">"
    from-param = name-addr or addr-spec, *( ";" name [ "=" value ] )
    via-parm   = name "/" version "/" transport  host [":" port]  *( ";" name [ "=" value ] )

Parameters are a dict: names in lower case, values as they stand (a quoted string with its marks: `unquoted` takes them away), ""
where there is none. What is parsed gives the same text again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import cython

from xunhu.sip.errors import SipParseError

if not cython.compiled:  # else their C form
    from xunhu.sip.chars import (
        LOWER,
        OTHER,
        PARAM,
        TOKEN,
        after,
        after_blanks,
        end_of_quoted,
        find,
        number,
        only,
        pieces,
        quoted,
        stripped,
        unquoted,
    )
    from xunhu.sip.uri import MAX_PARAMETERS, SipUri, host_and_port, parse_uri
else:
    from xunhu.sip.chars import LOWER, OTHER, PARAM, TOKEN
    from xunhu.sip.uri import MAX_PARAMETERS

# Names for types in signatures that the .pxd declares: C types there.
Int: TypeAlias = int
Rows: TypeAlias = list[str]
Params: TypeAlias = Mapping[str, str]
Address: TypeAlias = "SipUri | str"

MAX_CSEQ = 2**31 - 1  # RFC 3261 §8.1.1.5
_TOKEN: int = TOKEN
_LOWER: int = LOWER
_PARAM: int = PARAM | OTHER
_NEVER = frozenset(' \t<>"')  # in no URI
_NONE: dict[str, str] = {}


class NameAddr:
    """display without quotation marks; uri: SipUri, or the text of a URI of another scheme ("*" in Contact); params: not to be
    changed, `replace` makes another one."""

    def __init__(self, display: str, uri: SipUri | str, params: Mapping[str, str] | None = None) -> None:
        self.display = display
        self.uri = uri
        self.params: Mapping[str, str] = dict(params) if params else _NONE
        self._text = ""

    @staticmethod
    def parse(text: str, header: str = "") -> NameAddr:
        """SipParseError: as of SipUri.parse, and 400. header: whose value it is, for the error."""
        return parse_name_addr(text, header)

    @property
    def tag(self) -> str:
        """ "" without one."""
        return self.params.get("tag", "")

    def replace(
        self, *, display: str | None = None, uri: SipUri | str | None = None, params: Mapping[str, str] | None = None
    ) -> NameAddr:
        return NameAddr(
            self.display if display is None else display,
            self.uri if uri is None else uri,
            self.params if params is None else params,
        )

    def with_tag(self, tag: str) -> NameAddr:
        """The same with this tag; "" takes it away."""
        params = {name: value for name, value in self.params.items() if name != "tag"}
        if tag:
            params["tag"] = tag
        return NameAddr(self.display, self.uri, params)

    def __str__(self) -> str:
        if not self._text:
            if self.uri == "*":
                return "*"
            display = f"{quoted(self.display)} " if self.display else ""
            self._text = f"{display}<{self.uri}>{written(self.params)}"
        return self._text

    def __repr__(self) -> str:
        return f"NameAddr({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        """Display names do not count."""
        if not isinstance(other, NameAddr):
            return NotImplemented
        return bool(self.uri == other.uri and self.params == other.params)

    def __hash__(self) -> int:
        return hash(self.uri)


class Via:
    """One element of Via. transport: upper case; host without brackets; port None where there is none."""

    def __init__(
        self, transport: str, host: str, port: int | None = None, params: Mapping[str, str] | None = None
    ) -> None:
        self.protocol = "SIP/2.0"
        self.transport = transport
        self.host = host
        self.port = port
        self.params: Mapping[str, str] = dict(params) if params else _NONE
        self._text = ""

    @staticmethod
    def parse(text: str) -> Via:
        """SipParseError 400."""
        return parse_via(text)

    @property
    def branch(self) -> str:
        """ "" without one."""
        return self.params.get("branch", "")

    @property
    def received(self) -> str:
        """Address without brackets, "" without one."""
        return self.params.get("received", "").strip("[]")

    @property
    def rport(self) -> int | None:
        """RFC 3581: None without one, 0 where it is asked for, else the port."""
        value = self.params.get("rport")
        if value is None:
            return None
        return max(number(value, 65535), 0)

    @property
    def sent_by(self) -> str:
        """Host and port as §17.2.3 compares them: in lower case, with brackets, port as written."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return (host if self.port is None else f"{host}:{self.port}").lower()

    def replace(self, *, params: Mapping[str, str]) -> Via:
        out = Via(self.transport, self.host, self.port, params)
        out.protocol = self.protocol
        return out

    def __str__(self) -> str:
        if not self._text:
            host = f"[{self.host}]" if ":" in self.host else self.host
            port = "" if self.port is None else f":{self.port}"
            self._text = f"{self.protocol}/{self.transport} {host}{port}{written(self.params)}"
        return self._text

    def __repr__(self) -> str:
        return f"Via({str(self)!r})"


def written(params: Params) -> str:
    """;name=value;name ... A value must be a token or quoted already."""
    return "".join([f";{name}={value}" if value else f";{name}" for name, value in params.items()])


def parse_parameters(text: str, start: Int, header: str) -> dict[str, str]:
    """text[start:]: nothing, or blanks, ";" name [ "=" value ] ... SipParseError 400: empty, twice, more than MAX_PARAMETERS,
    characters that neither token nor quoted string has."""
    n: cython.Py_ssize_t = len(text)
    i: cython.Py_ssize_t = after_blanks(text, start)
    end: cython.Py_ssize_t
    count: cython.int = 0
    if i >= n:
        return _NONE
    out: dict[str, str] = {}
    name: str
    value: str
    while i < n:
        if text[i] != ";":
            raise SipParseError(400, "text where ; should be", header)
        count += 1
        if count > MAX_PARAMETERS:
            raise SipParseError(400, "too many parameters", header)
        i = after_blanks(text, i + 1)
        end = after(text, i, _LOWER)
        if end < n and text[end] >= "A" and text[end] <= "Z":
            end = after(text, end, _TOKEN)
            name = text[i:end].lower()
        else:
            name = text[i:end]
        if end == i:
            raise SipParseError(400, "name of a parameter is no token", header)
        if name in out:
            raise SipParseError(400, "parameter twice", header)
        i = after_blanks(text, end)
        value = ""
        if i < n and text[i] == "=":
            i = after_blanks(text, i + 1)
            if i < n and text[i] == '"':
                end = end_of_quoted(text, i)
                if end < 0:
                    raise SipParseError(400, "quoted string without end", header)
            else:
                end = after(text, i, _PARAM)
            value = text[i:end]
            i = after_blanks(text, end)
        out[name] = value
    return out


def parse_name_addr(text: str, header: str) -> NameAddr:
    """What `NameAddr.parse` says."""
    n: cython.Py_ssize_t = len(text)
    less: cython.Py_ssize_t
    more: cython.Py_ssize_t
    out: NameAddr = NameAddr.__new__(NameAddr)
    address: str
    out._text = text
    out.display = ""
    if n and text[0] == '"':
        more = end_of_quoted(text, 0)
        if more < 0:
            raise SipParseError(400, "quoted string without end", header)
        out.display = unquoted(text[:more])
        less = text.find("<", more)
        if less < 0 or text[more:less].strip(" \t"):
            raise SipParseError(400, "no < behind the display name", header)
    else:
        less = find(text, "<", 0, n)
        if less > 0:
            out.display = stripped(text, 0, less)
            if '"' in out.display:
                raise SipParseError(400, "quotation mark in the display name", header)
    if less >= 0:
        more = find(text, ">", less, n)
        if more < 0:
            raise SipParseError(400, "< without >", header)
        address = stripped(text, less + 1, more)
        out.params = parse_parameters(text, more + 1, header)
    else:
        # §20.10: without < and > all behind ";" is the header's, and there may be neither "?" nor ","
        more = text.find(";")
        if more < 0:
            more = n
        address = text[:more].strip(" \t")
        if "?" in address or "," in address:
            raise SipParseError(400, "URI with ? or , must stand between < and >", header)
        out.params = parse_parameters(text, more, header)
    out.uri = _address(address, header)
    return out


def _address(text: str, header: str) -> Address:
    """A SipUri, or the text of another URI."""
    if text.startswith("sip:"):
        return _sip(text, header)
    colon: cython.Py_ssize_t = text.find(":")
    if colon <= 0 or not only(text, 0, colon, _TOKEN) or not set(text).isdisjoint(_NEVER):
        raise SipParseError(400, "no URI", header)
    if text[:colon].lower() in ("sip", "sips"):
        return _sip(text, header)
    return text


def _sip(text: str, header: str) -> SipUri:
    try:
        return parse_uri(text)
    except SipParseError as error:
        raise SipParseError(error.status, error.reason, header) from None


def parse_name_addrs(rows: Rows, header: str) -> list[NameAddr]:
    """Of all rows of a header."""
    return [parse_name_addr(item, header) for item in split_rows(rows, header)]


def parse_vias(rows: Rows) -> list[Via]:
    """Of all rows of Via."""
    return [parse_via(item) for item in split_rows(rows, "Via")]


def split_rows(rows: Rows, header: str) -> list[str]:
    """The elements of comma lists, stripped, without empty ones."""
    out: list[str] = []
    row: str
    for row in rows:
        if "," not in row:
            if row:
                out.append(row)
            continue
        for item in pieces(row, ",", header):
            item = item.strip(" \t")
            if item:
                out.append(item)
    return out


def parse_via(text: str) -> Via:
    """What `Via.parse` says."""
    n: cython.Py_ssize_t = len(text)
    at: cython.Py_ssize_t
    end: cython.Py_ssize_t
    out: Via = Via.__new__(Via)
    out._text = text
    end = find(text, ";", 0, n)
    if end < 0:
        end = n
    if text.startswith("SIP/2.0/"):
        out.protocol = "SIP/2.0"
        at = 8
    else:
        out.protocol, at = _protocol(text, end)
    head: str = stripped(text, at, end)
    at = after(head, 0, _TOKEN)
    if at == 0 or at >= len(head) or (head[at] != " " and head[at] != "\t"):
        raise SipParseError(400, "no transport", "Via")
    out.transport = head[:at]
    if out.transport not in ("UDP", "TCP", "TLS"):
        out.transport = out.transport.upper()
    head = stripped(head, at, len(head))
    # §25.1: COLON may have blanks around it
    if find(head, " ", 0, len(head)) >= 0 or find(head, "\t", 0, len(head)) >= 0:
        host, colon, port = head.rpartition(":")
        head = host.strip(" \t") + colon + port.strip(" \t")
    out.host, out.port = host_and_port(head, "Via")
    out.params = parse_parameters(text, end, "Via")
    return out


def _protocol(text: str, end: int) -> tuple[str, int]:
    """name "/" version "/", with blanks around the slashes; and the place behind."""
    parts: list[str] = text[:end].split("/", 2)
    if len(parts) < 3:
        raise SipParseError(400, "no protocol and transport", "Via")
    name, version = parts[0].strip(" \t"), parts[1].strip(" \t")
    if not name or not version or not only(name, 0, len(name), _TOKEN) or not only(version, 0, len(version), _TOKEN):
        raise SipParseError(400, "name or version of the protocol is no token", "Via")
    return f"{name}/{version}", len(parts[0]) + len(parts[1]) + 2


def parse_cseq(text: str) -> tuple[int, str]:
    """Number and method. SipParseError 400."""
    at: cython.Py_ssize_t = text.find(" ")
    value: cython.longlong
    if at < 0:
        at = text.find("\t")
    if at <= 0:
        raise SipParseError(400, "number and method missing", "CSeq")
    method: str = text[at:].strip(" \t")
    value = number(text[:at], MAX_CSEQ)
    if value < 0:
        raise SipParseError(400, "number is not one of 31 bits", "CSeq")
    if not method or not only(method, 0, len(method), _TOKEN):
        raise SipParseError(400, "method is no token", "CSeq")
    return value, method
