# cython: boundscheck=True
"""SIP and SIPS URIs, RFC 3261 §19.1.

    SIP-URI = "sip:" [ user [":" password] "@" ] host [":" port] *( ";" name ["=" value] ) [ "?" name "=" value *( "&" ... ) ]

A URI that was parsed gives the same text again; `replace` makes another one. Text of users, parameters and headers is unescaped;
where it is put into a URI it is escaped. IPv6 addresses have no brackets here.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import quote

import cython

from xunhu.sip.errors import SipParseError

if not cython.compiled:  # else their C form
    from xunhu.sip.chars import HEX, HOST, OTHER, URI, find, is_ipv6, number, only
else:
    from xunhu.sip.chars import HEX, HOST, OTHER, URI

MAX_URI = 2048  # characters; a longer one is refused by 414
MAX_PARAMETERS = 64

_USER_SAFE = "!*'()&=+$,;?/"
_PASSWORD_SAFE = "!*'()&=+$,"
_PARAMETER_SAFE = "!*'()[]/:&+$"
_HEADER_SAFE = "!*'()[]/?:+$"
_UNRESERVED = frozenset(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.!~*'()")
# §19.1.4: these count even where the other URI has none of that name.
_COMPARED = ("user", "ttl", "method", "maddr", "transport")
_HOST: int = HOST
_ALLOWED: int = URI | OTHER
_HEX: int = HEX
_NONE: dict[str, str] = {}


class SipUri:
    """scheme "sip" or "sips"; host lower or upper case as it came, without brackets; port None where there is none.

    params and headers are not to be changed; a parameter without value is "". Names of parameters are lower case. More headers
    of one name stand in one value with commas between. Two URIs are equal by the rules of §19.1.4.
    """

    def __init__(
        self,
        scheme: str = "sip",
        user: str = "",
        host: str = "",
        port: int | None = None,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        password: str = "",
    ) -> None:
        self.scheme = scheme
        self.user = user
        self.password = password
        self.host = host
        self.port = port
        self.params: Mapping[str, str] = dict(params) if params else _NONE
        self.headers: Mapping[str, str] = dict(headers) if headers else _NONE
        self._text = ""
        self._user = ""

    @staticmethod
    def parse(text: str) -> SipUri:
        """SipParseError: 400, 414 longer than MAX_URI, 416 neither sip nor sips."""
        return parse_uri(text)

    def replace(
        self,
        *,
        scheme: str | None = None,
        user: str | None = None,
        host: str | None = None,
        port: int | None = -1,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        password: str | None = None,
    ) -> SipUri:
        """Another one that differs in what is named; port=None takes the port away."""
        return SipUri(
            self.scheme if scheme is None else scheme,
            self.user if user is None else user,
            self.host if host is None else host,
            self.port if port == -1 else port,
            self.params if params is None else params,
            self.headers if headers is None else headers,
            self.password if password is None else password,
        )

    @property
    def transport(self) -> str:
        """The transport parameter in lower case, "" without one."""
        return self.params.get("transport", "").lower()

    def __str__(self) -> str:
        if not self._text:
            self._text = self._build()
        return self._text

    def _build(self) -> str:
        out = [self.scheme, ":"]
        if self.user:
            out.append(_escaped(self.user, _USER_SAFE))
            if self.password:
                out += (":", _escaped(self.password, _PASSWORD_SAFE))
            out.append("@")
        out.append(f"[{self.host}]" if ":" in self.host else self.host)
        if self.port is not None:
            out.append(f":{self.port}")
        for name, value in self.params.items():
            out.append(f";{_escaped(name, _PARAMETER_SAFE)}")
            if value:
                out.append(f"={_escaped(value, _PARAMETER_SAFE)}")
        mark = "?"
        for name, value in self.headers.items():
            out.append(f"{mark}{_escaped(name, _HEADER_SAFE)}={_escaped(value, _HEADER_SAFE)}")
            mark = "&"
        return "".join(out)

    def __repr__(self) -> str:
        return f"SipUri({str(self)!r})"

    def _compared_user(self) -> str:
        """The user as §19.1.4 compares it: characters that need no escape without it."""
        return _normal(self._user) if self._user else _normal(_escaped(self.user, _USER_SAFE))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SipUri):
            return NotImplemented
        if self.scheme != other.scheme or self.port != other.port or self.host.lower() != other.host.lower():
            return False
        if self.password != other.password or self._compared_user() != other._compared_user():
            return False
        mine, theirs = self.params, other.params
        for name in _COMPARED:
            if (name in mine or name in theirs) and mine.get(name, "\n").lower() != theirs.get(name, "\n").lower():
                return False
        for name, value in mine.items():
            if name in theirs and theirs[name].lower() != value.lower():
                return False
        return _folded(self.headers) == _folded(other.headers)

    def __hash__(self) -> int:
        return hash((self.scheme, self.host.lower(), self.port, self._compared_user()))


def _folded(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _escaped(text: str, safe: str) -> str:
    return text if text.isalnum() and text.isascii() else quote(text, safe=safe, errors="surrogateescape")


def _normal(text: str) -> str:
    """Escapes of characters that need none undone, those that stay in upper case."""
    if "%" not in text:
        return text
    out: list[str] = []
    first, *rest = text.split("%")
    out.append(first)
    for part in rest:
        code = int(part[:2], 16)
        out.append((chr(code) if code in _UNRESERVED else f"%{code:02X}") + part[2:])
    return "".join(out)


def unescaped(text: str) -> str:
    """Without its escapes: octets of UTF-8, those that are none as `surrogateescape` has it. SipParseError 400: % without two digits."""
    if find(text, "%", 0, len(text)) < 0:
        return text
    out: list[bytes] = []
    first, *rest = text.split("%")
    out.append(first.encode("utf-8", "surrogateescape"))
    for part in rest:
        digits = part[:2]
        if len(digits) < 2 or not only(digits, 0, 2, _HEX):
            raise SipParseError(400, "% without two digits in URI")
        out.append(bytes((int(digits, 16),)) + part[2:].encode("utf-8", "surrogateescape"))
    return b"".join(out).decode("utf-8", "surrogateescape")


def parse_uri(text: str) -> SipUri:
    """What `SipUri.parse` says."""
    n: cython.Py_ssize_t = len(text)
    colon: cython.Py_ssize_t
    at: cython.Py_ssize_t
    start: cython.Py_ssize_t
    end: cython.Py_ssize_t
    query: cython.Py_ssize_t
    if n > MAX_URI:
        raise SipParseError(414, "URI too long")
    uri: SipUri = SipUri.__new__(SipUri)
    if text.startswith("sip:"):
        colon = 3
        uri.scheme = "sip"
    else:
        colon = find(text, ":", 0, n)
        if colon < 0:
            raise SipParseError(400, "no URI")
        uri.scheme = text[:colon].lower()
        if uri.scheme not in ("sip", "sips"):
            raise SipParseError(416, "scheme of URI is not SIP")
    if not only(text, colon, n, _ALLOWED):
        raise SipParseError(400, "character that no URI has")
    uri._text = text
    uri.user = uri.password = uri._user = ""
    uri.params = uri.headers = _NONE
    start = colon + 1
    at = find(text, "@", start, n)
    if at >= 0:
        end = find(text, ":", start, at)
        if end < 0:
            end = at
        if end == start:
            raise SipParseError(400, "URI with empty user")
        uri._user = text[start:end]
        uri.user = unescaped(uri._user)
        if end < at:
            uri.password = unescaped(text[end + 1 : at])
        start = at + 1
    query = find(text, "?", start, n)
    end = n if query < 0 else query
    at = find(text, ";", start, end)
    if at >= 0:
        uri.params = _parameters(text[at + 1 : end])
        end = at
    colon = find(text, ":", start, end)
    if colon < 0 and end > start and only(text, start, end, _HOST):
        uri.host = text[start:end]
        uri.port = None
    else:
        uri.host, uri.port = host_and_port(text[start:end], "")
    if query >= 0:
        uri.headers = _headers(text[query + 1 :])
    return uri


def host_and_port(text: str, header: str) -> tuple[str, int | None]:
    """host [":" port]; an IPv6 address stands in brackets, and comes back without. SipParseError 400."""
    colon: cython.Py_ssize_t
    n: cython.Py_ssize_t = len(text)
    port: cython.longlong
    if n and text[0] == "[":
        colon = find(text, "]", 0, n)
        if colon < 0:
            raise SipParseError(400, "[ without ]", header)
        host = text[1:colon]
        if not is_ipv6(host):
            raise SipParseError(400, "no IPv6 address in brackets", header)
        colon += 1
        if colon == n:
            return host, None
        if text[colon] != ":":
            raise SipParseError(400, "text behind ]", header)
    else:
        colon = find(text, ":", 0, n)
        if colon < 0:
            colon = n
        host = text[:colon]
        if not host or not only(host, 0, colon, _HOST):
            raise SipParseError(400, "host name is none", header)
        if colon == n:
            return host, None
    port = number(text[colon + 1 :], 65535)
    if port < 0:
        raise SipParseError(400, "port is none", header)
    return host, port


def _parameters(text: str) -> dict[str, str]:
    out: dict[str, str] = {}
    rows: list[str] = text.split(";")
    if len(rows) > MAX_PARAMETERS:
        raise SipParseError(400, "too many parameters in URI")
    for row in rows:
        name, _, value = row.partition("=")
        if not name:
            raise SipParseError(400, "empty parameter in URI")
        name = unescaped(name).lower()
        if name in out:
            raise SipParseError(400, "parameter twice in URI")
        out[name] = unescaped(value)
    return out


def _headers(text: str) -> dict[str, str]:
    out: dict[str, str] = {}
    rows: list[str] = text.split("&")
    if len(rows) > MAX_PARAMETERS:
        raise SipParseError(400, "too many headers in URI")
    for row in rows:
        name, _, value = row.partition("=")
        if not name:
            raise SipParseError(400, "empty header in URI")
        name, value = unescaped(name), unescaped(value)
        out[name] = f"{out[name]},{value}" if name in out else value
    return out
