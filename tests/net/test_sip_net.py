"""The shell over real sockets of the loopback interface: UDP, TCP and TLS, IPv4 and IPv6; reuse and limits of connections; what fails."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import ClassVar

import pytest
from net_pair import Bind, NetLimits, Node, certificates, issue, node

from xunhu.net.settings import TlsSettings
from xunhu.sip.address import Address
from xunhu.sip.events import RequestReceived
from xunhu.sip.uri import SipUri

OPTIONS = (
    "OPTIONS sip:node@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{} 127.0.0.1:{};rport;branch=z9hG4bK{}\r\nMax-Forwards: 70\r\n"
    "From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: {}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
)


def options(number: int, transport: str = "TCP", port: int = 5060) -> bytes:
    return OPTIONS.format(transport, port, number, number).encode()


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> TlsSettings:
    return certificates(tmp_path_factory.mktemp("tls"))


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_request_and_its_answer(transport: str, host: str, tls: TlsSettings) -> None:
    bind = Bind(transport, host, 0)
    async with node(bind, tls=tls) as a, node(bind, tls=tls) as b:
        for _ in range(3):
            answer = await a.ask(b.place(transport))
            assert answer.status == 200
        requests = [event for event in b.heard if isinstance(event, RequestReceived)]
        assert len(requests) == 3
        source = requests[0].request.source
        assert (source.transport, source.host) == (transport, host)
        if transport == "udp":
            assert source.port == a.place().port
        else:  # one connection for all
            assert len({event.request.flow for event in requests}) == 1
            assert (a.net.counts()["connections"], b.net.counts()["connections"]) == (1, 1)


async def test_both_ways_over_one_connection() -> None:
    bind = Bind("tcp", "127.0.0.1", 0)
    async with node(bind) as a, node(bind) as b:
        assert (await a.ask(b.place("tcp"))).status == 200
        (event,) = [event for event in b.heard if isinstance(event, RequestReceived)]
        assert (await b.ask(event.request.source)).status == 200
        assert (a.net.counts()["connections"], b.net.counts()["connections"]) == (1, 1)


async def test_wildcard_answers_from_the_address_that_was_asked() -> None:
    async with node(Bind("udp", "0.0.0.0", 0)) as a:
        loop = asyncio.get_running_loop()
        peer, protocol = await loop.create_datagram_endpoint(Datagrams, ("127.0.0.1", 0))
        port = peer.get_extra_info("sockname")[1]
        peer.sendto(options(1, "UDP", port), ("127.0.0.7", a.place().port))
        octets, source = await asyncio.wait_for(protocol.got.get(), 5)
        assert octets.startswith(b"SIP/2.0 200")
        assert source == ("127.0.0.7", a.place().port)
        peer.close()


async def test_calls_that_have_waited_too_long_are_refused() -> None:
    async with node(Bind("udp", "127.0.0.1", 0), limits=NetLimits(late_s=0.05)) as a:
        peer, protocol = await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, ("127.0.0.1", 0))
        port = peer.get_extra_info("sockname")[1]

        async def status(number: int, method: str, stalls_s: float) -> bytes:
            peer.sendto(options(number, "UDP", port).replace(b"OPTIONS", method.encode()), ("127.0.0.1", a.place().port))
            time.sleep(stalls_s)  # nobody reads meanwhile
            octets, _ = await asyncio.wait_for(protocol.got.get(), 5)
            return octets[8:11]

        assert await status(1, "INVITE", 0) == b"100"
        assert await status(2, "INVITE", 0.2) == b"503"
        assert await status(3, "OPTIONS", 0.2) == b"200"
        peer.close()


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.got: asyncio.Queue[tuple[bytes, tuple[str, int]]] = asyncio.Queue()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.got.put_nowait((data, addr))


async def test_nobody_there() -> None:
    async with node(Bind("udp", "127.0.0.1", 0), Bind("tcp", "127.0.0.1", 0)) as a:
        for transport in ("udp", "tcp"):  # ICMP and RST say it at once: not the 32 s of a transaction
            answer = await a.ask(Address(transport, "127.0.0.1", 1))
            assert (answer.status, answer.message) == (503, None)
        answer = await a.ask(Address("udp", "::1", 5060))  # no such socket here
        assert answer.status == 503


async def test_a_flood_of_messages_is_answered_in_batches() -> None:
    async with node(Bind("udp", "127.0.0.1", 0), limits=NetLimits(rate=100_000, burst=100_000)) as a:
        loop = asyncio.get_running_loop()
        peer, protocol = await loop.create_datagram_endpoint(Datagrams, ("127.0.0.1", 0))
        port = peer.get_extra_info("sockname")[1]
        got = set()
        for first in range(0, 1000, 100):
            for n in range(first, first + 100):
                peer.sendto(options(n, "UDP", port), ("127.0.0.1", a.place().port))
            while len(got) < first + 100:
                octets, _ = await asyncio.wait_for(protocol.got.get(), 10)
                got.add(octets.partition(b"Call-ID: ")[2].split(b"\r\n")[0])
        assert len(got) == 1000
        peer.close()


async def test_batches_that_pile_up_are_all_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bursts of all sizes around that of a batch: nothing is left in the ring until somebody else sends."""
    monkeypatch.setattr("xunhu.net.sip_net._BATCH", 4)
    async with node(limits=NetLimits(rate=100_000, burst=100_000, unknown_rate=100_000, unknown_burst=100_000)) as a:
        peer, _ = await asyncio.get_running_loop().create_datagram_endpoint(Datagrams, ("127.0.0.1", 0))
        sent = 0
        async with asyncio.timeout(30):
            for burst in range(1, 60):
                for _ in range(burst):
                    peer.sendto(b"SIP/2.0 junk\r\n\r\n", ("127.0.0.1", a.place().port))
                sent += burst
                while a.ua.layer.counters.get("malformed", 0) < sent:
                    await asyncio.sleep(0)
        peer.close()


async def test_scanners_hear_nothing_and_cost_no_turn() -> None:
    async with node() as a:
        loop = asyncio.get_running_loop()
        peer, protocol = await loop.create_datagram_endpoint(Datagrams, ("127.0.0.1", 0))
        bad = options(1, "UDP").replace(b"Max-Forwards: 70", b"User-Agent: friendly-scanner")
        for octets in (bad, b"\r\n\r\n", b"junk", options(2, "UDP", peer.get_extra_info("sockname")[1])):
            peer.sendto(octets, ("127.0.0.1", a.place().port))
        octets, _ = await asyncio.wait_for(protocol.got.get(), 5)
        assert b"Call-ID: 2" in octets
        counts = a.net.counts()
        assert (counts["scanner"], counts["empty"], counts["not_sip"], counts["passed"]) == (1, 1, 1, 1)
        assert protocol.got.empty()
        peer.close()


# -- streams -----------------------------------------------------------------------------------------------------


class Raw:
    """A connection driven octet by octet."""

    opened: ClassVar[list[Raw]] = []

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        Raw.opened.append(self)

    @staticmethod
    async def to(a: Node, source: str = "127.0.0.1") -> Raw:
        place = a.place("tcp")
        return Raw(*await asyncio.open_connection(place.host, place.port, local_addr=(source, 0)))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def read(self) -> bytes:
        async with asyncio.timeout(10):
            return await self.reader.read(65536)

    async def ended(self) -> bool:
        try:
            return await self.read() == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.writer.close()


@pytest.fixture(autouse=True)
async def _raw_connections_are_closed() -> AsyncIterator[None]:
    yield
    for raw in Raw.opened:
        raw.close()
    Raw.opened.clear()
    await asyncio.sleep(0)


TCP = Bind("tcp", "127.0.0.1", 0)


async def test_pings_and_pieces() -> None:
    async with node(TCP) as a:
        raw = await Raw.to(a)
        await raw.send(b"\r\n\r\n")
        assert await raw.read() == b"\r\n"
        message = options(1)
        for at in range(0, len(message), 50):
            await raw.send(message[at : at + 50])
            await asyncio.sleep(0)
        assert (await raw.read()).startswith(b"SIP/2.0 200")
        await raw.send(options(2) + options(3))
        got = b""
        while got.count(b"SIP/2.0 200") < 2:
            got += await raw.read()
        raw.close()


async def test_a_message_without_end_is_answered_and_the_connection_closed() -> None:
    async with node(TCP) as a:
        raw = await Raw.to(a)
        await raw.send(options(1).replace(b"Content-Length: 0\r\n", b""))
        assert (await raw.read()).startswith(b"SIP/2.0 400")
        assert await raw.ended()


async def test_slow_ones_are_cut_off() -> None:
    async with node(TCP, limits=NetLimits(first_s=0.5, idle_s=0.5)) as a:
        silent, half, drip, good = [await Raw.to(a) for _ in range(4)]
        await half.send(options(1)[:100])
        await good.send(options(2))
        assert (await good.read()).startswith(b"SIP/2.0 200")

        async def dripping() -> bool:
            for octet in options(3) * 100:
                drip.writer.write(bytes([octet]))
                await asyncio.sleep(0.05)
                if drip.reader.at_eof():
                    return True
            return False

        ends = await asyncio.gather(silent.ended(), half.ended(), good.ended(), dripping(), return_exceptions=True)
        assert ends[:3] == [True, True, True]
        assert ends[3] is True or isinstance(ends[3], ConnectionError)
        counts = a.net.counts()
        assert (counts["slow"], counts["idle"], counts["connections"]) == (3, 1, 0)


async def test_limits_of_connections_are_of_a_source_and_trust_lifts_them() -> None:
    async with node(TCP, limits=NetLimits(per_source=3)) as a:
        kept = [await Raw.to(a) for _ in range(3)]
        extra = await Raw.to(a)
        assert await extra.ended()
        other = await Raw.to(a, "127.0.0.9")
        await other.send(options(1))
        assert (await other.read()).startswith(b"SIP/2.0 200")
        a.net.trust("127.0.0.1")
        fifth = await Raw.to(a)
        await fifth.send(options(2))
        assert (await fifth.read()).startswith(b"SIP/2.0 200")
        assert a.net.counts()["too many of a source"] == 1
        for raw in (*kept, other, fifth):
            raw.close()


async def test_an_unknown_source_that_sends_too_much_is_read_slowly() -> None:
    async with node(TCP, limits=NetLimits(rate=100, burst=10)) as a:
        raw = await Raw.to(a)
        loop = asyncio.get_running_loop()
        begin = loop.time()
        got = b""
        for n in range(40):
            await raw.send(options(n))
            while got.count(b"SIP/2.0 200") <= n:
                got += await raw.read()
        assert loop.time() - begin >= 0.25  # 30 beyond the burst, 100 a second
        raw.close()


async def test_bans_cut_connections_and_refuse_new_ones() -> None:
    async with node(TCP, Bind("udp", "127.0.0.1", 0)) as a:
        banned = False
        a.net.banned = lambda host, now: banned
        raw = await Raw.to(a)
        await raw.send(options(1))
        await raw.read()
        a.net.ban("127.0.0.1", a.clock.now_ns() + 10**12)
        banned = True
        assert await raw.ended()
        assert a.lost == [1]
        again = await Raw.to(a)
        assert await again.ended()
        assert a.net.counts()["banned connections"] == 1


async def test_one_who_does_not_read_is_cut_off() -> None:
    """Answers of 14 kB each: a few hundred fill what the kernel keeps for a connection, and what we keep."""
    async with node(TCP, limits=NetLimits(unsent=20_000, rate=10**6, burst=10**6)) as a:
        raw = await Raw.to(a)
        raw.writer.transport.pause_reading()  # type: ignore[attr-defined]
        long = b"".join(b"Via: SIP/2.0/TCP 192.0.2.%d;branch=z9hG4bK%s\r\n" % (n, b"x" * 7000) for n in range(2))

        async def flood() -> None:
            for n in range(4000):
                await raw.send(options(n).replace(b"Max-Forwards", long + b"Max-Forwards"))
                await asyncio.sleep(0)

        with pytest.raises(ConnectionError):
            await flood()
        assert a.lost == [1]


async def test_an_answer_after_the_connection_went_goes_by_a_new_one() -> None:
    """RFC 3261 §18.2.2: to the address of the Via's sent-by, when the connection is not there any more."""
    async with node(TCP) as a, node(TCP) as b:
        raw = await Raw.to(a)
        a.turn = lambda: None  # type: ignore[method-assign]
        a.net.on_events = a.turn
        await raw.send(options(7, "TCP", b.place("tcp").port))
        while not a.ua.events:
            await asyncio.sleep(0.01)
        raw.close()
        while not a.lost:
            await asyncio.sleep(0.01)
        a.ua.events[0].request.answer(200, now=a.clock.now_ns())
        a.net.wake()
        while not b.net.counts()["connections"]:
            await asyncio.sleep(0.01)


# -- TLS ---------------------------------------------------------------------------------------------------------


async def test_tls_names_are_checked(tls: TlsSettings, tmp_path: Path) -> None:
    bind = Bind("tls", "127.0.0.1", 0)
    async with node(bind, tls=tls) as a, node(bind, tls=tls) as b:
        port = b.place("tls").port
        (place,) = await a.net.resolve(SipUri.parse(f"sips:localhost:{port}"))  # its certificate has this name
        assert place == Address("tls", "127.0.0.1", port)
        assert (await a.ask(place)).status == 200
        a.net._names["127.0.0.1", port] = "other.example.com"
        a.net._flows.all()[0].abort()
        await asyncio.sleep(0.05)
        assert (await a.ask(place)).status == 503
        assert "other.example.com" in a.net._flows.last_error


async def test_tls_of_an_unknown_authority_and_without_verifying(tls: TlsSettings, tmp_path: Path) -> None:
    bind = Bind("tls", "127.0.0.1", 0)
    async with node(bind, tls=tls) as b:
        async with node(bind, tls=TlsSettings(tls.certificate, tls.key)) as a:
            assert (await a.ask(b.place("tls"))).status == 503
        async with node(bind, tls=TlsSettings(tls.certificate, tls.key, verify=False)) as a:
            assert (await a.ask(b.place("tls"))).status == 200


async def test_mutual_tls(tls: TlsSettings, tmp_path: Path) -> None:
    bind = Bind("tls", "127.0.0.1", 0)
    mutual = TlsSettings(tls.certificate, tls.key, client_ca=tls.ca, ca=tls.ca)
    certificates(tmp_path)  # another authority
    stranger = TlsSettings(tmp_path / "node.pem", tmp_path / "node.key", ca=tls.ca)
    async with node(bind, tls=mutual) as b:
        async with node(bind, tls=tls) as a:
            assert (await a.ask(b.place("tls"))).status == 200
            (event,) = [event for event in b.heard if isinstance(event, RequestReceived)]
            certificate = b.net.flow(event.request.flow).certificate()  # type: ignore[union-attr]
            assert ("DNS", "sip.example.com") in certificate["subjectAltName"]  # type: ignore[index]
        async with node(bind, tls=stranger) as a:
            assert (await a.ask(b.place("tls"))).status == 503
        assert b.net.counts()["connections"] == 0


async def test_certificates_are_changed_while_it_runs(tls: TlsSettings, tmp_path: Path) -> None:
    mine = certificates(tmp_path)
    bind = Bind("tls", "127.0.0.1", 0)

    async def shown(port: int) -> str:
        context = ssl.create_default_context(cafile=str(mine.ca))
        _, writer = await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname="localhost")
        certificate = writer.get_extra_info("peercert")
        writer.close()
        return str(certificate["subject"])

    async with node(bind, tls=mine) as b:
        port = b.place("tls").port
        assert "sip.example.com" in await shown(port)
        issue(tmp_path, "node", "new.example.com")
        b.net.reload_certificates()
        assert "new.example.com" in await shown(port)
        (tmp_path / "node.pem").write_text("nothing")
        with pytest.raises(ssl.SSLError):
            b.net.reload_certificates()
        assert "new.example.com" in await shown(port)


async def test_handshakes_that_do_not_end(tls: TlsSettings) -> None:
    bind = Bind("tls", "127.0.0.1", 0)
    async with node(bind, tls=tls, limits=NetLimits(per_source=2, handshake_s=0.5)) as b:
        port = b.place("tls").port
        silent = [Raw(*await asyncio.open_connection("127.0.0.1", port)) for _ in range(3)]
        assert all(await asyncio.gather(*(raw.ended() for raw in silent)))
        counts = b.net.counts()
        assert (counts["too many of a source"], counts["handshake failed"], counts["connections"]) == (1, 2, 0)


# -- addresses ---------------------------------------------------------------------------------------------------


async def test_our_address_for_whom() -> None:
    from ipaddress import ip_network

    binds = [Bind("udp", "0.0.0.0", 0), Bind("tcp", "127.0.0.2", 0)]
    inside = [ip_network("127.0.0.0/8")]
    async with node(*binds, advertise="203.0.113.5", inside=inside) as a:
        udp, tcp = a.place("udp").port, a.place("tcp").port
        assert a.net.local_for(Address("udp", "127.0.0.1", 5060)) == Address("udp", "127.0.0.1", udp)
        assert a.net.local_for(Address("udp", "192.0.2.1", 5060)) == Address("udp", "203.0.113.5", udp)
        assert a.net.local_for(Address("tcp", "127.0.0.1", 5060)) == Address("tcp", "127.0.0.2", tcp)
        assert a.net.local_for(Address("tls", "127.0.0.1", 5061)) == Address("tls", "127.0.0.1", 5061)


async def test_taken_addresses_and_missing_certificates_are_errors_and_leave_nothing_open(tmp_path: Path) -> None:
    async with node(Bind("tcp", "127.0.0.1", 0)) as a:
        taken = a.place("tcp").port
        with pytest.raises(OSError, match="in use"):
            async with node(Bind("udp", "127.0.0.1", 0), Bind("tcp", "127.0.0.1", taken)):
                pass
    with pytest.raises(FileNotFoundError):
        async with node(Bind("tls", "127.0.0.1", 0), tls=TlsSettings(tmp_path / "none.pem")):
            pass


async def test_a_fault_of_ours_does_not_stop_the_others() -> None:
    async with node() as a:
        loop = asyncio.get_running_loop()
        reported = []
        loop.set_exception_handler(lambda loop, context: reported.append(context["message"]))
        receive = a.ua.receive

        def failing(message, *rest):  # type: ignore[no-untyped-def]
            if message.call_id == "1":
                raise KeyError("fault")
            receive(message, *rest)

        a.ua.receive = failing  # type: ignore[method-assign]
        peer, protocol = await loop.create_datagram_endpoint(Datagrams, ("127.0.0.1", 0))
        port = peer.get_extra_info("sockname")[1]
        for n in (1, 2):
            peer.sendto(options(n, "UDP", port), ("127.0.0.1", a.place().port))
        assert b"Call-ID: 2" in (await asyncio.wait_for(protocol.got.get(), 5))[0]
        assert (a.net.counts()["faults"], reported) == (1, ["a SIP message was not understood"])
        peer.close()
