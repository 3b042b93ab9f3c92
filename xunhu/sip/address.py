"""Whom the user agent speaks to and how: addresses, what is sent, peers and their settings, credentials, random names.

No socket, clock or random source is here: `Tokens` makes tags, branches and Call-IDs from octets that its owner brings.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from xunhu.protocol.timers import with_values
from xunhu.sip.message import SipMessage
from xunhu.sip.timers import SIP_TIMERS

__all__ = ["Address", "Admission", "Credentials", "Send", "Tokens", "UaPeer", "UaSettings"]

_DEFAULT_PORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}


class Address(NamedTuple):
    """One end of a transport. transport: udp, tcp or tls; host: a literal IPv4 or IPv6 address without brackets."""

    transport: str
    host: str
    port: int

    @property
    def reliable(self) -> bool:
        return self.transport != "udp"

    @property
    def hostport(self) -> str:
        """As it stands in a URI or a Via: [2001:db8::1]:5060."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


def default_port(transport: str) -> int:
    """RFC 3261 §19.1.2."""
    return _DEFAULT_PORTS.get(transport, 5060)


class Send(NamedTuple):
    """Octets to be sent. flow: the connection to use, 0: one to `to`; when that flow is gone, one to `to` as well.
    local: the address of ours that the other end knows, None: any."""

    data: bytes
    to: Address
    flow: int
    local: Address | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What answers a digest challenge. realm "": any realm."""

    user: str
    password: str
    realm: str = ""


@dataclass(slots=True)
class UaPeer:
    """How one peer is to be treated; `Admission.accept` and `UserAgent.invite` bring it to a session.

    nat: in-dialog requests go to where the peer's last message came from, whatever its Contact says.
    prack: "no": 100rel is neither offered nor used; "yes": where the other side can; "require": INVITEs ask for it.
    session_timer: seconds of RFC 4028, 0: only when the other side wants one. min_se: the shortest we allow.
    calls: sessions at the same time, 0: no limit beside the agent's. owner: free for the owner.
    """

    name: str = ""
    nat: bool = False
    prack: str = "yes"
    session_timer: int = 0
    min_se: int = 90
    credentials: Credentials | None = None
    calls: int = 0
    owner: Any = None
    sessions: int = field(default=0, compare=False)  # kept by the user agent


class Admission:
    """The answer of `UserAgent.admit` to a request outside a dialog."""

    __slots__ = ("peer", "response")

    def __init__(self, peer: UaPeer | None, response: SipMessage | None) -> None:
        self.peer = peer
        self.response = response

    @staticmethod
    def accept(peer: UaPeer | None = None) -> Admission:
        """Go on, with this peer's settings."""
        return Admission(peer or UaPeer(), None)

    @staticmethod
    def answer(response: SipMessage) -> Admission:
        """Send this final response; nobody else hears of the request."""
        return Admission(None, response)

    @staticmethod
    def drop() -> Admission:
        """Be silent."""
        return Admission(None, None)


class Tokens:
    """Names that nobody guesses. random: so many octets, os.urandom in service, a counter in tests."""

    def __init__(self, random: Callable[[int], bytes]) -> None:
        self._random = random
        self._pool = ""
        self._at = 0

    def _hex(self, digits: int) -> str:
        at = self._at
        if at + digits > len(self._pool):
            self._pool = self._random(1024).hex()
            at = 0
        self._at = at + digits
        return self._pool[at : at + digits]

    def branch(self) -> str:
        """With the magic cookie of RFC 3261 §8.1.1.7."""
        return "z9hG4bK" + self._hex(20)

    def tag(self) -> str:
        return self._hex(16)

    def call_id(self, host: str) -> str:
        return f"{self._hex(24)}@{host}"

    def below(self, bound: int) -> int:
        """0 to bound - 1, evenly enough for timers."""
        return int(self._hex(12), 16) % bound


def counting_tokens(prefix: int = 0) -> Tokens:
    """For tests: never the same name twice, always the same names in the same run."""
    count = 0

    def octets(wanted: int) -> bytes:
        nonlocal count
        out = bytearray()
        while len(out) < wanted:
            count += 1
            out += prefix.to_bytes(2) + count.to_bytes(8)
        return bytes(out[:wanted])

    return Tokens(octets)


@dataclass(slots=True)
class UaSettings:
    """What a user agent says of itself, and its limits. timers: milliseconds by name, of timers.py."""

    user_agent: str = "xunhu"
    allow: tuple[str, ...] = (
        "INVITE",
        "ACK",
        "CANCEL",
        "BYE",
        "OPTIONS",
        "PRACK",
        "UPDATE",
        "INFO",
        "REFER",
        "NOTIFY",
        "SUBSCRIBE",
        "MESSAGE",
        "REGISTER",
    )
    supported: tuple[str, ...] = ("100rel", "timer", "replaces", "norefersub", "path")
    accept: tuple[str, ...] = ("application/sdp", "multipart/mixed", "message/sipfrag")
    info_packages: tuple[str, ...] = ()
    schemes: tuple[str, ...] = ("sip", "sips", "tel")
    timers: dict[str, int] = field(default_factory=dict)
    transactions: int = 20_000  # server transactions alive; beyond them 503, without a state kept
    sessions: int = 8_000
    subscriptions: int = 20_000
    retry_after: int = 5  # seconds, in our 503
    follow_expires: bool = True  # an INVITE's Expires ends it with 487

    def nanoseconds(self) -> dict[str, int]:
        """Timers by name. ValueError: one is unknown or out of its range."""
        return {name: ms * 1_000_000 for name, ms in with_values(SIP_TIMERS, self.timers).items()}
