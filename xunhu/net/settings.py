"""What the shell of SIP is told: where it listens, certificates, limits."""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from pathlib import Path

Network = IPv4Network | IPv6Network

#: Names that scanners give themselves in User-Agent or From.
SCANNERS = (
    "friendly-scanner", "friendly-request", "sipvicious", "sipcli", "sip-scan", "sipscan", "sundayddr", "vaxsipuseragent", "vaxasip", "pplsip",
    "siparmyknife", "iwar/", "smap/", "sivus", "scanner",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Bind:
    """Where we listen. transport: udp, tcp or tls; host: a literal address without brackets, 0.0.0.0 and :: are all; port 0: any free one."""

    transport: str
    host: str
    port: int

    @property
    def wildcard(self) -> bool:
        return self.host in ("0.0.0.0", "::")

    def __str__(self) -> str:
        return f"{self.transport}:[{self.host}]:{self.port}" if ":" in self.host else f"{self.transport}:{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """certificate: PEM with the chain; key: None where it stands in the same file. client_ca: those who connect must show a certificate of
    it (None: nobody is asked). ca: of servers we connect to, None: the system's; verify: these are checked, their name too."""

    certificate: Path | None = None
    key: Path | None = None
    client_ca: Path | None = None
    ca: Path | None = None
    verify: bool = True

    def server(self) -> ssl.SSLContext:
        """OSError, ssl.SSLError: a file cannot be read or does not fit."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        if self.client_ca is not None:
            context.verify_mode = ssl.CERT_REQUIRED
            context.load_verify_locations(self.client_ca)
        return context

    def client(self) -> ssl.SSLContext:
        """Shows our certificate where the server asks for one. OSError, ssl.SSLError."""
        context = ssl.create_default_context(cafile=None if self.ca is None else str(self.ca))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if not self.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context


@dataclass(frozen=True, slots=True)
class NetLimits:
    """Sources that are neither configured peers nor hold a registration are `unknown`.

    octets: of a message; rate, burst: messages a second, and at once, of an unknown source; unknown_rate, unknown_burst: of all of them
    together, by UDP. connections: in all; per_source, per_peer: of one address that is unknown, that is trusted; first_s: until
    a connection's first message is whole, and any other one that has begun; idle_s: an unknown source's connection without any octet;
    handshake_s, connect_s; waiting: messages for a connection that is being made; unsent: octets the other side does not take;
    late_s: an INVITE by UDP that has waited so long for us is refused with 503: beyond it callers repeat themselves, and all wait longer;
    ping_s: our keep-alive on connections that we have made, pong_s: its answer, where one was ever given (RFC 5626 §4.4.1)."""

    octets: int = 65535
    rate: int = 50
    burst: int = 400
    unknown_rate: int = 2000
    unknown_burst: int = 4000
    connections: int = 4000
    per_source: int = 20
    per_peer: int = 1000
    first_s: float = 10.0
    idle_s: float = 900.0
    handshake_s: float = 5.0
    connect_s: float = 8.0
    connecting: int = 500
    waiting: int = 256
    late_s: float = 0.25
    unsent: int = 1 << 20
    ping_s: float = 90.0
    pong_s: float = 10.0


def within(host: str, networks: Sequence[Network]) -> bool:
    """Whether a literal address stands in one of them."""
    address = ip_address(host.partition("%")[0])
    return any(address in network for network in networks if network.version == address.version)
