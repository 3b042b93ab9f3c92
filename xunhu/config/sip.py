"""What xunhu.yaml says of SIP: where we listen, the trunks, the telephones. sip_read.py reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

#: transport -> the port where nothing is said of it
TRANSPORTS = {"udp": 5060, "tcp": 5060, "tls": 5061}
#: names of xunhu/sip/offer_answer.py
CODECS = ("alaw", "ulaw", "g729", "g723", "g726-16", "g726-24", "g726-32", "g726-40", "ilbc", "amr", "gsm", "opus")
DTMF = ("auto", "rfc4733", "info", "inband")
SRTP = ("no", "offer", "sdes", "dtls")
REDIRECT = ("refuse", "follow")
DIGESTS = ("sha-256", "md5")
PRACK = ("no", "yes", "require")
#: trunk and trunk group of everybody who registers
PHONES = "phones"

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class SipListen:
    """transport: of TRANSPORTS; host: a literal address, an IPv6 one without brackets."""

    transport: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.transport}:{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class SipMedia:
    """How voice goes. codecs: in the order of preference; dtmf: auto is RFC 4733 where the other side has it, else INFO and the
    detector; ptime_ms: of what we send where the other side wants nothing else; srtp: "offer" asks for SRTP and bears RTP, "sdes" and "dtls" insist."""

    codecs: tuple[str, ...] = ("alaw", "ulaw")
    dtmf: str = "auto"
    ptime_ms: int = 20
    srtp: str = "no"


@dataclass(frozen=True, slots=True)
class SipRtp:
    """address: local, "" = that of the way to the other side; advertise: what the other side is told, "" = the local one; ports: the first
    UDP port, two a line; silence_s: a talk without any packet for so long is over, 0 never."""

    address: str = ""
    advertise: str = ""
    ports: int = 16384
    silence_s: int = 0


@dataclass(frozen=True, slots=True)
class SipTrunkLine:
    """One peer. host: name or address; register: we register there as `user`; sources: from where its calls come beside its own
    addresses; calls: at once, both ways; session_timer: RFC 4028, seconds, 0 none; options_s: it is asked so often whether it is there, 0 never.

    asserted: P-Asserted-Identity and Diversion of it are believed, and it is sent ours; redirect: what is done on 3xx; nat: it is reached where its
    messages come from, whatever its Contact says; number: the calling number of calls that have none; line: in the file."""

    name: str
    host: str
    port: int = 0
    transport: str = "udp"
    proxy: str = ""
    register: bool = False
    user: str = ""
    auth_user: str = ""
    secret: str = field(default="", repr=False)
    domain: str = ""
    expires_s: int = 600
    calls: int = 30
    sources: tuple[Network, ...] = ()
    media: SipMedia = SipMedia()
    session_timer: int = 0
    prack: str = "yes"
    options_s: int = 60
    asserted: bool = True
    redirect: str = "refuse"
    nat: bool = False
    number: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True)
class SipPhone:
    """An extension with a secret. contacts: telephones at once that may register as it; all ring."""

    number: str
    secret: str = field(repr=False)
    contacts: int = 4
    media: SipMedia = SipMedia()
    display: str = ""


@dataclass(frozen=True, slots=True)
class SipSite:
    """All of it. domain: what stands behind @ in our addresses and in the realm, "" = the address we are reached at; networks in `inside` are told the local
    address, others `advertise`; digest: what telephones are asked for, best first (many fail when they see another one than md5); scanners: more words in a User-Agent that is answered nothing; register_min_s, register_max_s: bounds of registrations."""

    listen: tuple[SipListen, ...] = (SipListen("udp", "0.0.0.0", 5060), SipListen("tcp", "0.0.0.0", 5060))
    domain: str = ""
    advertise: str = ""
    inside: tuple[Network, ...] = ()
    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    rtp: SipRtp = SipRtp()
    media: SipMedia = SipMedia()
    trunks: tuple[SipTrunkLine, ...] = ()
    phones: dict[str, SipPhone] = field(default_factory=dict)
    phone_calls: int = 300
    phone_nat: bool = True
    session_timer: int = 1800
    register_min_s: int = 60
    register_max_s: int = 3600
    scanners: tuple[str, ...] = ()
    digest: tuple[str, ...] = ("md5",)

    @property
    def realm(self) -> str:
        return self.domain or "xunhu"
