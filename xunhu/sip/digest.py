"""Digest authentication, RFC 7616 (09/2015) and for SIP RFC 8760, both ends, sans-IO.

MD5, SHA-256 and SHA-512-256, each with -sess; qop auth, auth-int and none at all (RFC 2069, which RFC 3261 §22.4 keeps alive). Nonces
and their counts are their owner's: `verify` says only whether a response fits its own nonce, realm and count. Comparisons take
the same time wherever they differ. userhash is left out: no SIP agent sends it.

    challenge     = "Digest" SP name = value, ...     value: token or quoted string
    response      = H( H(A1) ":" nonce [ ":" nc ":" cnonce ":" qop ] ":" H(A2) )
    A1            = user ":" realm ":" password       -sess: H(A1) ":" nonce ":" cnonce
    A2            = method ":" uri                    auth-int: ":" H(body)
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from xunhu.sip.chars import pieces, quoted, unquoted
from xunhu.sip.errors import SipParseError

ALGORITHMS = ("SHA-512-256", "SHA-256", "MD5")  # the strongest first; each also with -sess
MAX_CREDENTIALS = 8192  # characters of a header
_HASHES: dict[str, Callable[..., Any]] = {
    "MD5": partial(hashlib.md5, usedforsecurity=False),
    "SHA-256": hashlib.sha256,
    "SHA-512-256": partial(hashlib.new, "sha512_256"),
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """WWW-Authenticate or Proxy-Authenticate. qop: what is offered, () for none; algorithm in its usual spelling."""

    realm: str
    nonce: str
    algorithm: str = "MD5"
    qop: tuple[str, ...] = ("auth",)
    opaque: str = ""
    stale: bool = False
    domain: str = ""

    def __str__(self) -> str:
        out = [f"Digest realm={quoted(self.realm)}", f"nonce={quoted(self.nonce)}"]
        if self.domain:
            out.append(f"domain={quoted(self.domain)}")
        if self.opaque:
            out.append(f"opaque={quoted(self.opaque)}")
        if self.stale:
            out.append("stale=true")
        out.append(f"algorithm={self.algorithm}")
        if self.qop:
            out.append(f'qop="{",".join(self.qop)}"')
        return ", ".join(out)


@dataclass(frozen=True, slots=True)
class Credentials:
    """Authorization or Proxy-Authorization. qop "" and nc 0: there is none."""

    username: str
    realm: str
    nonce: str
    uri: str
    response: str
    algorithm: str = "MD5"
    cnonce: str = ""
    opaque: str = ""
    qop: str = ""
    nc: int = 0

    def __str__(self) -> str:
        out = [f"Digest username={quoted(self.username)}", f"realm={quoted(self.realm)}", f"nonce={quoted(self.nonce)}"]
        out += [f"uri={quoted(self.uri)}", f'response="{self.response}"', f"algorithm={self.algorithm}"]
        if self.cnonce:
            out.append(f"cnonce={quoted(self.cnonce)}")
        if self.opaque:
            out.append(f"opaque={quoted(self.opaque)}")
        if self.qop:
            out += [f"qop={self.qop}", f"nc={self.nc:08x}"]
        return ", ".join(out)


def parse_challenge(text: str, header: str = "WWW-Authenticate") -> Challenge:
    """SipParseError 400: another scheme than Digest, no realm or nonce, not the grammar. An unknown algorithm is kept: `supported`."""
    params = _parameters(text, header)
    if "realm" not in params or "nonce" not in params:
        raise SipParseError(400, "challenge without realm or nonce", header)
    return Challenge(
        realm=params["realm"],
        nonce=params["nonce"],
        algorithm=_algorithm(params.get("algorithm", "MD5")),
        qop=tuple(item.strip().lower() for item in params.get("qop", "").split(",") if item.strip()),
        opaque=params.get("opaque", ""),
        stale=params.get("stale", "").lower() == "true",
        domain=params.get("domain", ""),
    )


def parse_challenges(rows: Iterable[str], header: str = "WWW-Authenticate") -> list[Challenge]:
    """All of Digest that can be read, in order: those of other schemes and faulty ones are left out. One row may have several."""
    out = []
    for row in rows:
        for text in _by_scheme(row):
            try:
                out.append(parse_challenge(text, header))
            except SipParseError:
                continue
    return out


def choose(challenges: Iterable[Challenge]) -> Challenge | None:
    """The first one that we can answer, as RFC 8760 §2.4 wants: the server names first what it likes best."""
    return next(
        (
            row
            for row in challenges
            if supported(row.algorithm) and (not row.qop or {"auth", "auth-int"} & set(row.qop))
        ),
        None,
    )


def parse_credentials(text: str, header: str = "Authorization") -> Credentials:
    """SipParseError 400: another scheme than Digest, something missing, not the grammar."""
    params = _parameters(text, header)
    for name in ("username", "realm", "nonce", "uri", "response"):
        if name not in params:
            raise SipParseError(400, f"credentials without {name}", header)
    qop, count = params.get("qop", "").lower(), params.get("nc", "")
    nc = 0
    if qop:
        if "cnonce" not in params or len(count) != 8 or not all(c in "0123456789abcdefABCDEF" for c in count):
            raise SipParseError(400, "credentials with qop, without cnonce or nc", header)
        nc = int(count, 16)
    return Credentials(
        username=params["username"],
        realm=params["realm"],
        nonce=params["nonce"],
        uri=params["uri"],
        response=params["response"],
        algorithm=_algorithm(params.get("algorithm", "MD5")),
        cnonce=params.get("cnonce", ""),
        opaque=params.get("opaque", ""),
        qop=qop,
        nc=nc,
    )


def supported(algorithm: str) -> bool:
    return algorithm.upper().removesuffix("-SESS") in _HASHES


def authorization(
    challenge: Challenge, method: str, uri: str, user: str, password: str, cnonce: str, nc: int, body: bytes = b""
) -> str:
    """The header that answers a challenge. nc: requests sent with this nonce, this one among them. auth goes before auth-int.

    ValueError: an algorithm or qop that is not known: see `choose`.
    """
    qop = ""
    if challenge.qop:
        known = [name for name in ("auth", "auth-int") if name in challenge.qop]
        if not known:
            raise ValueError(f"no known qop in {challenge.qop}")
        qop = known[0]
    session = challenge.algorithm.endswith("-sess")
    shown = cnonce if qop or session else ""
    reply = _response(
        ha1(user, challenge.realm, password, challenge.algorithm),
        challenge.algorithm,
        (challenge.nonce, nc, shown, qop),
        (method, uri, body),
    )
    return str(
        Credentials(
            username=user,
            realm=challenge.realm,
            nonce=challenge.nonce,
            uri=uri,
            response=reply,
            algorithm=challenge.algorithm,
            cnonce=shown,
            opaque=challenge.opaque,
            qop=qop,
            nc=nc if qop else 0,
        )
    )


def ha1(user: str, realm: str, password: str, algorithm: str = "MD5") -> str:
    """H(user:realm:password): what a server may keep instead of the password. Hexadecimal; the same with and without -sess."""
    return _hash(algorithm, f"{user}:{realm}:{password}".encode("utf-8", "surrogateescape"))


def verify(header: str | Credentials, method: str, secret: str | Mapping[str, str], body: bytes = b"") -> bool:
    """Whether credentials (or their text) fit. secret: the password, or H(A1) by algorithm (without -sess), as `ha1` makes it.

    False also where they cannot be read and where their algorithm or qop is not known or has no secret.
    """
    if isinstance(header, str):
        try:
            header = parse_credentials(header)
        except SipParseError:
            return False
    algorithm = header.algorithm
    base = algorithm.removesuffix("-sess")
    if base not in _HASHES or header.qop not in ("", "auth", "auth-int") or (algorithm != base and not header.cnonce):
        return False
    first = ha1(header.username, header.realm, secret, base) if isinstance(secret, str) else secret.get(base)
    if first is None:
        return False
    wanted = _response(
        first, algorithm, (header.nonce, header.nc, header.cnonce, header.qop), (method, header.uri, body)
    )
    return hmac.compare_digest(wanted.encode(), header.response.lower().encode("utf-8", "surrogateescape"))


# -- within ----------------------------------------------------------------------------------------------------


def _hash(algorithm: str, octets: bytes) -> str:
    return str(_HASHES[algorithm.removesuffix("-sess")](octets).hexdigest())


def _response(first: str, algorithm: str, shared: tuple[str, int, str, str], asked: tuple[str, str, bytes]) -> str:
    """shared: nonce, nc, cnonce, qop; asked: method, uri, body."""
    nonce, nc, cnonce, qop = shared
    method, uri, body = asked

    def hashed(*parts: str) -> str:
        return _hash(algorithm, ":".join(parts).encode("utf-8", "surrogateescape"))

    if algorithm.endswith("-sess"):
        first = hashed(first, nonce, cnonce)
    second = hashed(method, uri, _hash(algorithm, body)) if qop == "auth-int" else hashed(method, uri)
    return hashed(first, nonce, f"{nc:08x}", cnonce, qop, second) if qop else hashed(first, nonce, second)


def _algorithm(text: str) -> str:
    """In its usual spelling; one that is not known as it stands."""
    upper = text.upper()
    base = upper.removesuffix("-SESS")
    if base not in _HASHES:
        return text
    return base if base == upper else f"{base}-sess"


def _by_scheme(row: str) -> list[str]:
    """A row at the commas behind which another scheme's name stands: a token, a blank, and no "=" in between."""
    out: list[str] = []
    try:
        parts = _pieces(row, "")
    except SipParseError:
        return []
    for part in parts:
        first, blank, _ = part.partition(" ")
        if out and not (blank and "=" not in first and not part[len(first) :].lstrip().startswith("=")):
            out[-1] += f", {part}"
        else:
            out.append(part)
    return out


def _parameters(text: str, header: str) -> dict[str, str]:
    """Names in lower case -> values without quotation marks, behind the scheme's name, which must be Digest."""
    if len(text) > MAX_CREDENTIALS:
        raise SipParseError(400, "credentials too long", header)
    scheme, _, rest = text.strip().partition(" ")
    if scheme.lower() != "digest":
        raise SipParseError(400, "scheme is not Digest", header)
    out: dict[str, str] = {}
    for part in _pieces(rest, header):
        name, equals, value = part.partition("=")
        name, value = name.strip().lower(), value.strip()
        if not equals or not name:
            raise SipParseError(400, "parameter without value", header)
        if name in out:
            raise SipParseError(400, "parameter twice", header)
        out[name] = unquoted(value)
    return out


def _pieces(text: str, header: str) -> list[str]:
    """At the commas outside of quoted strings, stripped, without empty ones."""
    return [part for part in (piece.strip() for piece in pieces(text, ",", header)) if part]
