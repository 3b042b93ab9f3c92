# cython: boundscheck=True
"""Session descriptions, RFC 8866, with every line kept.

A session is its lines, in their order, then its media, each with its own lines; what offer and answer need (RFC 3264) is read from
them when it is asked for: formats and their names (rtpmap, fmtp, the static types of RFC 3551), ptime, direction, addresses, RTCP
(RFC 3605, 5761), keys (RFC 4568), fingerprint and setup (RFC 8122, 4145), groups (RFC 5888). An attribute that is not as its
RFC has it counts as not there; it stays in the lines. So `parse(x).encode() == x` for each x whose lines end with CR LF.

A value of a media section stands before that of the session: who reads looks at `media.direction or session.direction`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cython

from xunhu.protocol.errors import LocalError
from xunhu.sip.errors import SipParseError
from xunhu.sip.sdp_tables import STATIC, RtpMap

__all__ = ["Crypto", "Media", "Origin", "RtpMap", "Session", "parse"]

Line: TypeAlias = tuple[str, str]  # letter, value
Attribute: TypeAlias = tuple[str, str | None]  # name, value; None where there is no colon

MAX_LINES = 2048
MAX_MEDIA = 64

_DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
_SETUPS = ("active", "passive", "actpass", "holdconn")
_STATIC: dict[int, RtpMap] = dict(STATIC)


@dataclass(frozen=True, slots=True)
class Origin:
    """o=, §5.2."""

    user: str
    session_id: int
    version: int
    family: str
    address: str
    network: str = "IN"

    def __str__(self) -> str:
        return f"{self.user} {self.session_id} {self.version} {self.network} {self.family} {self.address}"


@dataclass(frozen=True, slots=True)
class Crypto:
    """a=crypto, RFC 4568 §4. keys: key parameters as they stand, "inline:..." each; params: session parameters."""

    tag: int
    suite: str
    keys: tuple[str, ...]
    params: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """Key and salt of the first, in base64, without lifetime and MKI."""
        return self.keys[0].removeprefix("inline:").partition("|")[0]

    def __str__(self) -> str:
        return " ".join([str(self.tag), self.suite, ";".join(self.keys), *self.params])


class Section:
    """Lines of a session or of one of its media. Change them by the methods: views are read once."""

    def __init__(self, lines: Iterable[Line] = ()) -> None:
        self.lines: list[Line] = list(lines)
        self._attributes: dict[str, list[str]] | None = None
        self._rtpmap: dict[int, RtpMap] | None = None
        self._fmtp: dict[int, str] | None = None

    def value(self, letter: str, default: str = "") -> str:
        """Of the first line with this letter."""
        for found, value in self.lines:
            if found == letter:
                return value
        return default

    @property
    def attributes(self) -> list[Attribute]:
        """All, in order. The list is a copy."""
        out: list[Attribute] = []
        for letter, line in self.lines:
            if letter == "a":
                name, colon, value = line.partition(":")
                out.append((name, value if colon else None))
        return out

    def _named(self) -> dict[str, list[str]]:
        """Name in lower case -> values, "" where there is no colon."""
        if self._attributes is None:
            self._attributes = {}
            for letter, line in self.lines:
                if letter == "a":
                    name, _, value = line.partition(":")
                    self._attributes.setdefault(name.lower(), []).append(value.strip(" "))
        return self._attributes

    def attribute(self, name: str, default: str = "") -> str:
        """The value of the first of this name."""
        values = self._named().get(name.lower())
        return values[0] if values else default

    def all(self, name: str) -> list[str]:
        """The values of all of this name. Not to be changed."""
        return self._named().get(name.lower(), [])

    def has(self, name: str) -> bool:
        return name.lower() in self._named()

    def add(self, name: str, value: str | None = None) -> None:
        """An attribute at the end."""
        self.lines.append(("a", name if value is None else f"{name}:{value}"))
        self._forget()

    def remove(self, name: str) -> None:
        """All attributes of this name."""
        wanted = name.lower()
        self.lines = [row for row in self.lines if row[0] != "a" or row[1].partition(":")[0].lower() != wanted]
        self._forget()

    def _forget(self) -> None:
        self._attributes = self._rtpmap = self._fmtp = None

    @property
    def connection(self) -> str:
        """Address of the first c= (§5.7) without TTL and count; "" where there is none."""
        parts = self.value("c").split()
        return parts[2].partition("/")[0] if len(parts) == 3 else ""

    @property
    def bandwidth(self) -> dict[str, int]:
        """b=, §5.8: type -> kbit/s (CT, AS) or bit/s (TIAS, RR, RS)."""
        out: dict[str, int] = {}
        for letter, line in self.lines:
            if letter == "b":
                kind, _, value = line.partition(":")
                number = _number(value.strip())
                if number is not None:
                    out[kind.strip()] = number
        return out

    @property
    def direction(self) -> str:
        """sendrecv, sendonly, recvonly, inactive; "" where none is said (§6.7: sendrecv). The last one counts."""
        for letter, line in reversed(self.lines):
            if letter == "a" and line in _DIRECTIONS:
                return line
        return ""

    @property
    def fingerprint(self) -> str:
        """RFC 8122 §5: "sha-256 AB:CD..." of the first, "" without."""
        return self.attribute("fingerprint")

    @property
    def fingerprints(self) -> list[str]:
        return self.all("fingerprint")

    @property
    def setup(self) -> str:
        """RFC 4145 §4: active, passive, actpass, holdconn; "" where none is said."""
        value = self.attribute("setup").lower()
        return value if value in _SETUPS else ""

    @property
    def ice(self) -> tuple[str, str]:
        """RFC 8839 §5.4: ice-ufrag and ice-pwd, "" each where there is none."""
        return self.attribute("ice-ufrag"), self.attribute("ice-pwd")


class Media(Section):
    """A media description. kind: audio, video, image ...; port 0: refused or over; port_count: of a hierarchy, 1; formats as text."""

    def __init__(
        self, kind: str, port: int, proto: str, formats: Sequence[str], lines: Iterable[Line] = (), port_count: int = 1
    ) -> None:
        """lines: those behind m=."""
        super().__init__(lines)
        self.kind = kind
        self.port = port
        self.port_count = port_count
        self.proto = proto
        self.formats: list[str] = list(formats)

    @property
    def rtpmap(self) -> dict[int, RtpMap]:
        """Payload type -> encoding of each format that is said or static. Not to be changed."""
        if self._rtpmap is None:
            self._rtpmap = {}
            said: dict[int, RtpMap] = {}
            for row in self.all("rtpmap"):
                number, _, text = row.partition(" ")
                payload = _number(number)
                encoding = _rtpmap(text.strip(" "))
                if payload is not None and encoding is not None:
                    said.setdefault(payload, encoding)
            for number in self.formats:
                payload = _number(number)
                if payload is not None:
                    encoding = said.get(payload) or _STATIC.get(payload)
                    if encoding is not None:
                        self._rtpmap[payload] = encoding
        return self._rtpmap

    @property
    def fmtp(self) -> dict[int, str]:
        """Payload type -> parameters. Not to be changed."""
        if self._fmtp is None:
            self._fmtp = {}
            for row in self.all("fmtp"):
                number, _, text = row.partition(" ")
                payload = _number(number)
                if payload is not None:
                    self._fmtp.setdefault(payload, text.strip(" "))
        return self._fmtp

    @property
    def ptime(self) -> int:
        """ms, 0 where none is said; fractions are cut off."""
        return _number(self.attribute("ptime").partition(".")[0]) or 0

    @property
    def maxptime(self) -> int:
        """ms, 0 where none is said."""
        return _number(self.attribute("maxptime").partition(".")[0]) or 0

    @property
    def rtcp_port(self) -> int:
        """RFC 3605; 0 where none is said."""
        port = _number(self.attribute("rtcp").partition(" ")[0]) or 0
        return port if port < 65536 else 0

    @property
    def rtcp_address(self) -> str:
        """RFC 3605; "" where none is said."""
        parts = self.attribute("rtcp").split()
        return parts[3] if len(parts) == 4 else ""

    @property
    def rtcp_mux(self) -> bool:
        """RFC 5761."""
        return self.has("rtcp-mux")

    @property
    def crypto(self) -> list[Crypto]:
        out: list[Crypto] = []
        for row in self.all("crypto"):
            parts = row.split()
            tag = _number(parts[0]) if parts else None
            if tag is not None and len(parts) >= 3:
                out.append(Crypto(tag, parts[1], tuple(parts[2].split(";")), tuple(parts[3:])))
        return out

    @property
    def candidates(self) -> list[str]:
        """RFC 8839 §5.1, as they stand."""
        return self.all("candidate")

    @property
    def mid(self) -> str:
        """RFC 5888 §4; "" without."""
        return self.attribute("mid")

    @property
    def m_line(self) -> str:
        port = f"{self.port}/{self.port_count}" if self.port_count > 1 else str(self.port)
        return " ".join([self.kind, port, self.proto, *self.formats])


class Session(Section):
    """v= and what follows it down to the first m=, and the media."""

    def __init__(self, lines: Iterable[Line] = (), media: Iterable[Media] = ()) -> None:
        super().__init__(lines)
        self.media: list[Media] = list(media)

    @staticmethod
    def make(
        origin: Origin,
        name: str = "-",
        connection: str = "",
        times: Sequence[str] = ("0 0",),
        attributes: Iterable[Attribute] = (),
        media: Iterable[Media] = (),
    ) -> Session:
        """connection: "IN IP4 192.0.2.1", "" none."""
        lines = [("v", "0"), ("o", str(origin)), ("s", name)]
        if connection:
            lines.append(("c", connection))
        lines += [("t", time) for time in times]
        lines += [("a", key if value is None else f"{key}:{value}") for key, value in attributes]
        return Session(lines, media)

    @property
    def origin(self) -> Origin:
        return _origin(self.value("o"))

    @property
    def name(self) -> str:
        return self.value("s")

    @property
    def times(self) -> list[str]:
        """Values of t= (§5.9)."""
        return [value for letter, value in self.lines if letter == "t"]

    @property
    def groups(self) -> list[tuple[str, list[str]]]:
        """RFC 5888 §5: semantics and the media's marks."""
        return [(row.split()[0], row.split()[1:]) for row in self.all("group") if row.split()]

    def encode(self) -> bytes:
        """LocalError: a line end within a line."""
        out: list[str] = [f"{letter}={value}\r\n" for letter, value in self.lines]
        for media in self.media:
            out.append(f"m={media.m_line}\r\n")
            out += [f"{letter}={value}\r\n" for letter, value in media.lines]
        text = "".join(out)
        if text.count("\n") != len(out) or text.count("\r") != len(out):
            raise LocalError("line end within a line of SDP")
        return text.encode("utf-8", "surrogateescape")


def _number(text: str) -> int | None:
    """Of at most 9 digits."""
    return int(text) if text.isdigit() and text.isascii() and len(text) < 10 else None


def _rtpmap(text: str) -> RtpMap | None:
    """encoding "/" clock [ "/" channels ], §6.6."""
    parts = text.split("/")
    if not 2 <= len(parts) <= 3 or not parts[0]:
        return None
    clock = _number(parts[1].strip())
    channels = _number(parts[2].strip()) if len(parts) == 3 else 1
    return RtpMap(parts[0].strip(), clock, channels) if clock and channels else None


def _origin(text: str) -> Origin:
    parts = text.split()
    if len(parts) != 6:
        raise SipParseError(400, "o= of SDP has not six fields")
    user, session, version, network, family, address = parts
    for number in (session, version):
        if not (number.isdigit() and number.isascii() and len(number) <= 40):
            raise SipParseError(400, "number in o= of SDP is none")
    return Origin(user, int(session), int(version), family, address, network)


def _media(text: str) -> Media:
    """m=, §5.14."""
    parts = text.split()
    if len(parts) < 3:
        raise SipParseError(400, "m= of SDP has not its fields")
    port, slash, count = parts[1].partition("/")
    number = _number(port)
    ports = _number(count) if slash else 1
    if number is None or number > 65535 or not ports or not parts[0].isascii():
        raise SipParseError(400, "port in m= of SDP is none")
    return Media(parts[0], number, parts[2], parts[3:], (), ports)


def parse(octets: bytes) -> Session:
    """SipParseError 400: not SDP, another version than 0, o= or m= not as they should be, more lines than MAX_LINES or media than
    MAX_MEDIA. Lines may end with LF alone; s= and t= may be missing."""
    text: str = octets.decode("utf-8", "surrogateescape")
    rows: list[str] = text.split("\n")
    row: str
    end: cython.Py_ssize_t
    if len(rows) > MAX_LINES:
        raise SipParseError(400, "SDP with too many lines")
    out = Session()
    section: Section = out
    into: list[Line] = out.lines
    for row in rows:
        row = row.removesuffix("\r")
        if not row:
            continue
        end = row.find("=")
        if end != 1 or "\r" in row:
            raise SipParseError(400, "line of SDP without its letter")
        if row[0] == "m":
            if len(out.media) >= MAX_MEDIA:
                raise SipParseError(400, "SDP with too many media")
            media = _media(row[2:])
            out.media.append(media)
            section = media
            into = section.lines
        else:
            into.append((row[0], row[2:]))
    if not out.lines or out.lines[0] != ("v", "0"):
        raise SipParseError(400, "SDP does not begin with v=0")
    _origin(out.value("o"))
    return out
