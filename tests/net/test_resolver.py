"""RFC 3263 against a DNS server of the test's own: order of NAPTR, SRV and addresses, weights, what is kept and how long, failures."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from dns_server import DnsServer

from xunhu.net.resolver import Resolver
from xunhu.sip.address import Address
from xunhu.sip.uri import SipUri

ZONE = """
@       IN NAPTR 20 50 "s" "SIP+D2U" "" _sip._udp
@       IN NAPTR 10 50 "s" "SIP+D2T" "" _sip._tcp
@       IN NAPTR 5  50 "s" "SIPS+D2T" "" _sips._tcp
@       IN NAPTR 1  50 "s" "E2U+email" "" mail
_sip._udp  IN SRV 10 0 5060 a
_sip._udp  IN SRV 20 0 5070 b
_sip._tcp  IN SRV 10 0 5080 b
_sips._tcp IN SRV 10 0 5061 a
a       IN A 192.0.2.1
a       IN AAAA 2001:db8::1
b       IN A 192.0.2.2
alias   IN CNAME a
plain   IN A 192.0.2.9
srv     IN TXT "no address, but services"
_sip._udp.srv IN SRV 0 0 5090 b
_sip._tcp.srv IN SRV 0 0 5091 b
_sip._udp.none IN SRV 0 0 5060 .
_sip._udp.none2 IN SRV 0 0 5060 missing
none2   IN A 192.0.2.33
w       IN A 192.0.2.44
_sip._udp.w IN SRV 0 60 5001 b
_sip._udp.w IN SRV 0 30 5002 b
_sip._udp.w IN SRV 0 10 5003 b
_sip._udp.w IN SRV 0 0 5004 b
brief   IN A 192.0.2.50
"""


class Time:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "hosts"
    path.write_text("# names\n192.0.2.77 Gateway.example.com gateway # the old one\n2001:db8::77 gateway\nnonsense here\nfe80::1%lo local\n")
    return path


def resolver(server: DnsServer, hosts: Path, **options: object) -> Resolver:
    return Resolver(["127.0.0.1"], port=server.port, hosts=hosts, timeout_s=1.0, **options)  # type: ignore[arg-type]


def places(text: str) -> list[Address]:
    """ "udp 192.0.2.1 5060, ..." """
    rows = [row.split() for row in text.split(",")] if text else []
    return [Address(transport, host, int(port)) for transport, host, port in rows]


ROWS = [
    ("sip:192.0.2.5", "udp 192.0.2.5 5060"),
    ("sip:192.0.2.5:5070;transport=tcp", "tcp 192.0.2.5 5070"),
    ("sips:[2001:db8::5]", "tls 2001:db8::5 5061"),
    ("sip:x@ignored;maddr=192.0.2.6", "udp 192.0.2.6 5060"),
    ("sip:a.example.com:5099", "udp 192.0.2.1 5099,udp 2001:db8::1 5099"),
    ("sip:plain.example.com", "udp 192.0.2.9 5060"),
    ("sip:PLAIN.example.com.", "udp 192.0.2.9 5060"),
    ("sip:plain.example.com;transport=tls", "tls 192.0.2.9 5061"),
    ("sip:alias.example.com", "udp 192.0.2.1 5060,udp 2001:db8::1 5060"),
    ("sip:example.com;transport=udp", "udp 192.0.2.1 5060,udp 2001:db8::1 5060,udp 192.0.2.2 5070"),
    ("sip:example.com", "tls 192.0.2.1 5061,tls 2001:db8::1 5061,tcp 192.0.2.2 5080,udp 192.0.2.1 5060,udp 2001:db8::1 5060,udp 192.0.2.2 5070"),
    ("sips:example.com", "tls 192.0.2.1 5061,tls 2001:db8::1 5061"),
    ("sip:srv.example.com", "udp 192.0.2.2 5090,tcp 192.0.2.2 5091"),
    ("sip:srv.example.com;transport=tcp", "tcp 192.0.2.2 5091"),
    ("sip:none.example.com", ""),
    ("sip:none2.example.com", "udp 192.0.2.33 5060"),
    ("sip:missing.example.com", ""),
    ("sip:example.com;transport=sctp", ""),
    ("sip:gateway", "udp 192.0.2.77 5060,udp 2001:db8::77 5060"),
    ("sip:gateway.example.com;transport=tcp", "tcp 192.0.2.77 5060"),
    ("sip:a..example.com", ""),
    (f"sip:{'x' * 70}.example.com", ""),
]  # fmt: skip


@pytest.mark.parametrize(("uri", "expected"), ROWS)
async def test_where_a_uri_leads(uri: str, expected: str, hosts: Path) -> None:
    async with DnsServer(ZONE) as server:
        assert await resolver(server, hosts).resolve(SipUri.parse(uri)) == places(expected)


async def test_literals_and_hosts_ask_nobody(hosts: Path) -> None:
    async with DnsServer(ZONE) as server:
        r = resolver(server, hosts)
        for uri in ("sip:192.0.2.5", "sip:gateway:5060", "sips:[2001:db8::5]"):
            await r.resolve(SipUri.parse(uri))
        assert server.asked == []
        hosts.write_text("192.0.2.78 gateway\n")  # read again when it has changed
        assert await r.addresses("gateway") == ["192.0.2.78"]
        hosts.unlink()
        assert await r.addresses("gateway") == []


async def test_weights(hosts: Path) -> None:
    """RFC 2782: in a thousand draws each server is first about as often as its weight says; all of them stand in each answer."""
    async with DnsServer(ZONE) as server:
        chances = iter(n * 0.6180339887 % 1 for n in range(100_000))
        r = resolver(server, hosts, chance=lambda: next(chances))
        first: Counter[int] = Counter()
        for _ in range(1000):
            found = await r.resolve(SipUri.parse("sip:w.example.com;transport=udp"))
            assert sorted(place.port for place in found) == [5001, 5002, 5003, 5004]
            first[found[0].port] += 1
        assert 550 < first[5001] < 650
        assert 250 < first[5002] < 350
        assert 60 < first[5003] < 140
        assert first[5004] < 40


async def test_answers_are_kept_as_long_as_they_say(hosts: Path) -> None:
    async with DnsServer(ZONE) as server:
        time = Time()
        r = resolver(server, hosts, clock=time, ipv6=False)
        for time.now in (0, 100, 290):
            assert await r.addresses("plain.example.com") == ["192.0.2.9"]
        assert len(server.asked) == 1
        time.now = 301
        await r.addresses("plain.example.com")
        assert len(server.asked) == 2
        for time.now in (400, 415):
            assert await r.addresses("missing.example.com") == []
        assert len(server.asked) == 3  # that there is none is kept, too
        time.now = 470
        assert await r.addresses("missing.example.com") == []
        assert len(server.asked) == 4


async def test_servers_that_fail_leave_what_was_known(hosts: Path) -> None:
    async with DnsServer(ZONE) as server:
        time = Time()
        r = resolver(server, hosts, clock=time, ipv6=False)
        assert await r.addresses("plain.example.com") == ["192.0.2.9"]
        server.failing = True
        time.now = 1000
        assert await r.addresses("plain.example.com") == ["192.0.2.9"]
        assert await r.addresses("b.example.com") == []
        time.now = 5000
        assert await r.addresses("plain.example.com") == []
        server.failing = False
        time.now = 5010
        assert await r.addresses("plain.example.com") == ["192.0.2.9"]


async def test_the_same_question_is_asked_once(hosts: Path) -> None:
    async with DnsServer(ZONE) as server:
        r = resolver(server, hosts, ipv6=False)
        found = await asyncio.gather(*(r.addresses("plain.example.com") for _ in range(50)))
        assert found == [["192.0.2.9"]] * 50
        assert len(server.asked) == 1


async def test_one_who_gives_up_does_not_take_the_answer_from_the_others(hosts: Path) -> None:
    async with DnsServer(ZONE) as server:
        server.silent = True
        r = resolver(server, hosts, ipv6=False)
        first = asyncio.ensure_future(r.addresses("plain.example.com"))
        second = asyncio.ensure_future(r.addresses("plain.example.com"))
        await asyncio.sleep(0.05)
        first.cancel()
        assert await second == []  # after the time-out
        assert first.cancelled()


async def test_what_is_remembered_is_bounded(hosts: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("xunhu.net.resolver._CACHE", 20)
    async with DnsServer(ZONE) as server:
        r = resolver(server, hosts, ipv6=False)
        for n in range(100):
            await r.addresses(f"x{n}.example.com")
            assert len(r._cache) <= 20
