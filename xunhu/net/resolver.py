"""RFC 3263: from a SIP URI to the addresses a request for it is sent to, best first; with the system's DNS servers by dnspython.

Order of looking (RFC 3263 §4.1, §4.2): a literal address or a port is taken as it stands; else NAPTR says which transports the domain has (unless the
URI does), SRV which hosts and ports, by priority and then by chance within the weights, A and AAAA their addresses. /etc/hosts comes before DNS.

What was found is kept as long as its time to live says (within bounds), what does not exist as long as the zone's SOA says. Questions that
others have already on the way are waited for. A server that fails is no answer: what was known before is used a while longer, else [].
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import dns.asyncresolver
import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver

from xunhu.sip.address import Address, default_port
from xunhu.sip.uri import SipUri

_SERVICES = {"SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls"}
_SRV = {"udp": "_sip._udp", "tcp": "_sip._tcp", "tls": "_sips._tcp"}
_TTL_MIN_S, _TTL_MAX_S = 5.0, 86_400.0
_STALE_S = 3600.0  # an answer is used so long beyond its time while the servers fail
_NEGATIVE_S = 60.0
_CACHE = 4096
_HOSTS = 32  # addresses of one URI
_LOOKUPS = 200  # questions at once


class _Row:
    __slots__ = ("answers", "until")

    def __init__(self, answers: list[Any], until: float) -> None:
        self.answers = answers
        self.until = until


class Resolver:
    """servers: addresses of DNS servers, None: those of /etc/resolv.conf; port: theirs; hosts: the file of names; transports: those we
    can use, best first; timeout_s: for one question; chance: a number from 0 up to 1 (weights of SRV); clock: seconds."""

    def __init__(
        self,
        servers: Sequence[str] | None = None,
        *,
        port: int = 53,
        hosts: Path = Path("/etc/hosts"),
        transports: Sequence[str] = ("udp", "tcp", "tls"),
        ipv6: bool = True,
        timeout_s: float = 5.0,
        chance: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._servers = servers
        self._port = port
        self._hosts_path = hosts
        self._hosts: dict[str, list[str]] = {}
        self._hosts_at: int | None = None
        self._transports = tuple(transports)
        self._ipv6 = ipv6
        self._timeout_s = timeout_s
        self._chance = chance
        self._clock = clock
        self._cache: dict[tuple[str, str], _Row] = {}
        self._asking: dict[tuple[str, str], asyncio.Future[list[Any]]] = {}
        self._dns: dns.asyncresolver.Resolver | None = None
        self.questions = 0

    # -- RFC 3263 ------------------------------------------------------------------------------------------------

    async def resolve(self, uri: SipUri) -> list[Address]:
        """At most 32, best first; []: nothing is known of it. maddr goes before the host."""
        host = (uri.params.get("maddr") or uri.host).rstrip(".").lower()
        asked = uri.params.get("transport", "").lower()
        secure = uri.scheme == "sips"
        if secure:
            asked = "tls" if asked in ("", "tcp", "tls") else asked
        if asked and asked not in self._transports:
            return []
        try:
            literal = str(ip_address(host))
        except ValueError:
            literal = ""
        if literal or uri.port is not None:
            transport = asked or "udp"
            port = uri.port if uri.port is not None else default_port(transport)
            return [Address(transport, literal, port)] if literal else await self._places(host, transport, port)
        found: list[Address] = []
        for transport, name in [(asked, f"{_SRV[asked]}.{host}")] if asked else await self._services(host, secure):
            for target, port in await self._servers_of(name):
                found += await self._places(target, transport, port)
        if not found:
            transport = asked or "udp"
            found = await self._places(host, transport, default_port(transport))
        return list(dict.fromkeys(found))[:_HOSTS]

    async def _services(self, host: str, secure: bool) -> list[tuple[str, str]]:
        """Transports and their SRV names, best first: by NAPTR, else those that we have."""
        rows = await self._ask(host, "NAPTR")
        out: list[tuple[str, str]] = []
        for row in sorted(rows, key=lambda row: (row.order, row.preference)):
            transport = _SERVICES.get(row.service.decode("ascii", "replace").upper(), "")
            if row.flags.lower() == b"s" and transport in self._transports and (transport == "tls" or not secure):
                out.append((transport, _text(row.replacement)))
        if out:
            return out
        return [(transport, f"{_SRV[transport]}.{host}") for transport in self._transports if transport != "tls" or secure]

    async def _servers_of(self, name: str) -> list[tuple[str, int]]:
        """Targets and ports of SRV rows in the order of RFC 2782."""
        rows = [row for row in await self._ask(name, "SRV") if _text(row.target)]
        out: list[tuple[str, int]] = []
        for priority in sorted({row.priority for row in rows}):
            group = sorted((row for row in rows if row.priority == priority), key=lambda row: row.weight)
            while group:
                at = self._chance() * (sum(row.weight for row in group) + 1)
                total = 0.0
                chosen = group[-1]
                for row in group:
                    total += row.weight
                    if at <= total:
                        chosen = row
                        break
                group.remove(chosen)
                out.append((_text(chosen.target), chosen.port))
        return out[:_HOSTS]

    async def _places(self, host: str, transport: str, port: int) -> list[Address]:
        return [Address(transport, address, port) for address in await self.addresses(host)]

    async def addresses(self, host: str) -> list[str]:
        """IPv4 and IPv6 addresses of a name, those of /etc/hosts before those of DNS."""
        try:
            return [str(ip_address(host))]
        except ValueError:
            pass  # a name
        known = self._from_hosts(host.lower())
        if known:
            return [address for address in known if self._ipv6 or ":" not in address]
        if self._ipv6:
            v4, v6 = await asyncio.gather(self._ask(host, "A"), self._ask(host, "AAAA"))
        else:
            v4, v6 = await self._ask(host, "A"), []
        return [row.address for row in [*v4, *v6]]

    def _from_hosts(self, host: str) -> list[str]:
        """The file is read again when it has changed."""
        try:
            at = self._hosts_path.stat().st_mtime_ns
            if at != self._hosts_at:
                self._hosts = _read_hosts(self._hosts_path.read_text(errors="replace"))
                self._hosts_at = at
        except OSError:
            self._hosts, self._hosts_at = {}, None  # no such file: no such names
        return self._hosts.get(host, [])

    # -- questions -----------------------------------------------------------------------------------------------

    async def _ask(self, name: str, kind: str) -> list[Any]:
        """Rows of the answer; [] when there are none, when there is no such name and when no server answers."""
        key = (name, kind)
        row = self._cache.get(key)
        if row is not None and row.until > self._clock():
            return row.answers
        future = self._asking.get(key)
        if future is None:
            if len(self._asking) >= _LOOKUPS:
                return row.answers if row is not None else []
            future = self._asking[key] = asyncio.ensure_future(self._question(key, row))
        # One who gives up does not take the answer from the others who wait for it.
        return await asyncio.shield(future)

    async def _question(self, key: tuple[str, str], before: _Row | None) -> list[Any]:
        try:
            return await self._lookup(key, before)
        finally:
            del self._asking[key]

    async def _lookup(self, key: tuple[str, str], before: _Row | None) -> list[Any]:
        self.questions += 1
        answers: list[Any] = []
        try:
            answer = await self._resolver().resolve(
                dns.name.from_text(key[0]), key[1], raise_on_no_answer=False, lifetime=self._timeout_s
            )
        except dns.resolver.NXDOMAIN:
            lasts = _NEGATIVE_S
        except (dns.exception.DNSException, OSError, ValueError):
            # Servers that fail, and names that cannot be names.
            now = self._clock()
            if before is not None and now < before.until + _STALE_S:
                return before.answers
            answers, lasts = [], _TTL_MIN_S
        else:
            answers = list(answer.rrset) if answer.rrset is not None else []
            lasts = min(max(answer.expiration - time.time(), _TTL_MIN_S), _TTL_MAX_S if answers else _NEGATIVE_S)
        if len(self._cache) >= _CACHE:
            self._forget()
        self._cache[key] = _Row(answers, self._clock() + lasts)
        return answers

    def _forget(self) -> None:
        """What is over; when that is little, the half that ends first."""
        now = self._clock()
        rows = sorted(self._cache.items(), key=lambda item: item[1].until)
        keep = [item for item in rows if item[1].until > now]
        self._cache = dict(keep[-_CACHE // 2 :])

    def _resolver(self) -> dns.asyncresolver.Resolver:
        if self._dns is None:
            made = dns.asyncresolver.Resolver(configure=self._servers is None)
            if self._servers is not None:
                made.nameservers = list(self._servers)
                made.port = self._port
            self._dns = made
        return self._dns


def _text(name: dns.name.Name) -> str:
    """Without the last dot; "" for the root: there is no such service (RFC 2782)."""
    return name.to_text(omit_final_dot=True).lower() if name != dns.name.root else ""


def _read_hosts(text: str) -> dict[str, list[str]]:
    out: dict[str, list[str]] = {}
    for line in text.splitlines():
        words = line.partition("#")[0].split()
        if len(words) < 2:
            continue
        try:
            address = str(ip_address(words[0].partition("%")[0]))
        except ValueError:
            continue  # no address: not a row of ours
        for name in words[1:]:
            known = out.setdefault(name.lower(), [])
            if address not in known:
                known.append(address)
    return out
