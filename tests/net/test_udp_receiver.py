"""The receiver thread over real sockets of the loopback interface: what comes through, what is shed and counted, errors, batched sending."""

from __future__ import annotations

import os
import select
import socket
import time
from collections.abc import Iterator

import pytest

from xunhu.net import udp_receiver as udp

NS = 1_000_000_000
MESSAGE = b"OPTIONS sip:a@example.com SIP/2.0\r\nFrom: <sip:b@example.com>;tag=1\r\nUser-Agent: Phone 1\r\n\r\n"
SCANNER = b"OPTIONS sip:100@192.0.2.1 SIP/2.0\r\nFrom: \"sipvicious\" <sip:100@1.1.1.1>;tag=1\r\nUser-Agent: friendly-scanner\r\n\r\n"
Packet = tuple[int, bytes, str, int, str, int, int, bool]


class Line:
    """A receiver with one socket, and somebody who sends to it."""

    def __init__(self, host: str = "127.0.0.1", **limits: int) -> None:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        if family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
            self.socket.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR
        else:
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        self.socket.bind((host, 0))
        self.port = self.socket.getsockname()[1]
        self.receiver = udp.UdpReceiver(seed=1, **limits)
        self.number = self.receiver.add(self.socket.fileno())
        self.receiver.start()
        self.peer = socket.socket(family, socket.SOCK_DGRAM)
        self.peer.bind((host, 0))
        self.host = host

    def send(self, *datagrams: bytes) -> None:
        for octets in datagrams:
            self.peer.sendto(octets, (self.host, self.port))

    def receive(self, n: int) -> list[Packet]:
        """The next n packets; fewer only when none comes for 5 s."""
        out: list[Packet] = []
        while len(out) < n:
            if self.receiver.wait() and not select.select([self.receiver.fd], [], [], 5)[0]:
                break
            out += self.receiver.receive()
        return out

    def settled(self, received: int) -> dict[str, int]:
        """Counts when so many datagrams have been read."""
        end = time.monotonic() + 10
        while (counts := self.receiver.counts())["received"] < received and time.monotonic() < end:
            time.sleep(0.002)
        return counts

    def close(self) -> None:
        self.receiver.stop()
        self.socket.close()
        self.peer.close()


@pytest.fixture
def line() -> Iterator[Line]:
    made = Line(rate=1000, burst=1000)
    yield made
    made.close()


def test_a_message_comes_with_its_addresses(line: Line) -> None:
    before = time.monotonic_ns()
    line.send(MESSAGE)
    (packet,) = line.receive(1)
    error, octets, host, port, local, number, at_ns, trusted = packet
    assert (error, octets, host, port, local) == (0, MESSAGE, "127.0.0.1", line.peer.getsockname()[1], "127.0.0.1")
    assert (number, trusted) == (line.number, False)
    assert before <= at_ns <= time.monotonic_ns()


def test_ipv6() -> None:
    line = Line("::1")
    line.send(MESSAGE)
    (packet,) = line.receive(1)
    assert packet[1:5] == (MESSAGE, "::1", line.peer.getsockname()[1], "::1")
    assert udp.send([(line.socket.fileno(), b"back", "::1", packet[3], "::1")]) == []
    assert line.peer.recvfrom(100)[0] == b"back"
    line.close()


def test_order_and_all_of_them_several_times_around_the_ring() -> None:
    line = Line(ring=1 << 20)
    line.receiver.trust("127.0.0.1")
    sent = [MESSAGE + b"%d" % n + b"x" * (n * 37 % 3000) for n in range(3000)]
    got: list[bytes] = []
    for first in range(0, 3000, 300):
        line.send(*sent[first : first + 300])
        got += [packet[1] for packet in line.receive(300)]
    assert got == sent
    assert line.receiver.counts()["passed_trusted"] == 3000
    line.close()


def test_what_is_shed_and_why(line: Line) -> None:
    line.receiver.words(["friendly-scanner", "sipvicious", "sipcli"])
    line.receiver.limit(octets=1000, rate=1000, burst=1000)
    line.send(SCANNER, b"\r\n\r\n", b"", b"\0\0\0\0", b"GET / HTTP/1.0\r\n\r\n", os.urandom(40), MESSAGE + b"x" * 1000, MESSAGE)
    assert [packet[1] for packet in line.receive(1)] == [MESSAGE]
    counts = line.settled(8)
    assert {name: counts[name] for name in udp.VERDICTS if counts[name]} == {
        "passed": 1, "scanner": 1, "empty": 3, "not_sip": 2, "too_long": 1,
    }  # fmt: skip
    assert line.receiver.suspects() == [("127.0.0.1", 1, 0, 0, line.receiver.suspects()[0][4])]
    line.receiver.trust("127.0.0.1")
    line.send(SCANNER)
    assert [packet[1] for packet in line.receive(1)] == [SCANNER]


def test_hundred_thousand_of_a_scanner_and_one_call() -> None:
    """None of the flood gets through; what a trusted peer sends meanwhile does."""
    line = Line()
    line.receiver.words(["friendly-scanner"])
    line.receiver.networks([("127.0.0.2", 32)])
    phone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    phone.bind(("127.0.0.2", 0))
    flood = [(line.peer.fileno(), SCANNER, "127.0.0.1", line.port, "")] * 1000
    got: list[bytes] = []
    for n in range(100):
        assert udp.send(flood) == []
        phone.sendto(MESSAGE + b"%d" % n, ("127.0.0.1", line.port))
        line.settled((n + 1) * 1001)
        got += [packet[1] for packet in line.receiver.receive()]
    counts = line.settled(100_100)
    assert got == [MESSAGE + b"%d" % n for n in range(100)]
    assert counts["kernel_dropped"] == 0
    assert counts["scanner"] + counts["rate"] == 100_000
    assert (counts["passed"], counts["passed_trusted"]) == (0, 100)
    phone.close()
    line.close()


def test_a_source_above_its_rate() -> None:
    line = Line(rate=1, burst=5)
    line.send(*[MESSAGE] * 20)
    counts = line.settled(20)
    assert (counts["passed"], counts["rate"]) == (5, 15)
    line.close()


def test_bans_end(line: Line) -> None:
    now = time.monotonic_ns()
    line.receiver.ban("127.0.0.1", now + 3600 * NS, now)
    assert line.receiver.banned("127.0.0.1", now) == now + 3600 * NS
    line.send(MESSAGE)
    assert line.settled(1)["banned"] == 1
    line.receiver.unban("127.0.0.1")
    line.send(MESSAGE)
    assert len(line.receive(1)) == 1
    line.receiver.ban("127.0.0.1", now + 1, now)
    line.send(MESSAGE)
    assert len(line.receive(1)) == 1


def test_the_ring_is_bounded_and_half_of_it_is_for_trusted_sources() -> None:
    line = Line(rate=100_000, burst=100_000, unknown_rate=100_000, unknown_burst=100_000, ring=1 << 20)
    big = MESSAGE + b"x" * 8000
    for n in range(1, 11):
        line.send(*[big] * 20)
        line.settled(n * 20)
    counts = line.receiver.counts()
    assert counts["passed"] + counts["full"] == 200
    assert counts["passed"] == (1 << 19) // (64 + (len(big) + 15) // 16 * 16)
    line.receiver.trust("127.0.0.1")
    line.send(MESSAGE)
    line.settled(201)
    got = line.receive(counts["passed"] + 1)
    assert [packet[1] for packet in got] == [big] * counts["passed"] + [MESSAGE]
    line.close()


def test_an_icmp_error_says_who_is_not_there(line: Line) -> None:
    gone = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    gone.bind(("127.0.0.1", 0))
    port = gone.getsockname()[1]
    gone.close()
    peer = line.peer.getsockname()[1]
    fd = line.socket.fileno()
    assert udp.send([(fd, MESSAGE, "127.0.0.1", port, ""), (fd, MESSAGE, "127.0.0.1", peer, "")]) == []
    (packet,) = line.receive(1)
    assert packet[:4] == (111, b"", "127.0.0.1", port)  # ECONNREFUSED
    assert udp.send([(fd, b"one", "127.0.0.1", peer, "127.0.0.1")]) == []
    assert [line.peer.recv(2000) for _ in range(2)] == [MESSAGE, b"one"]


def test_sending_tells_which_failed(line: Line) -> None:
    fd, peer = line.socket.fileno(), line.peer.getsockname()[1]
    datagrams = [(fd, b"%d" % n if n != 70 else b"x" * 70000, "127.0.0.1", peer, "") for n in range(130)]
    assert udp.send(datagrams) == [(70, 90)]  # EMSGSIZE
    assert [line.peer.recv(100) for _ in range(129)] == [b"%d" % n for n in range(130) if n != 70]
    with pytest.raises(ValueError, match="literal"):
        udp.send([(fd, b"x", "localhost", peer, "")])


def test_source_address_is_the_one_asked_for() -> None:
    line = Line()
    other = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    other.setsockopt(socket.IPPROTO_IP, 8, 1)  # IP_PKTINFO
    other.bind(("0.0.0.0", 0))
    peer = line.peer.getsockname()[1]
    assert udp.send([(other.fileno(), b"x", "127.0.0.1", peer, "127.0.0.3")]) == []
    assert line.peer.recvfrom(10) == (b"x", ("127.0.0.3", other.getsockname()[1]))
    other.close()
    line.close()


def test_local_misuse() -> None:
    with pytest.raises(ValueError, match="power of 2"):
        udp.UdpReceiver(ring=3 << 20)
    with pytest.raises(ValueError, match="limits"):
        udp.UdpReceiver(rate=0)
    receiver = udp.UdpReceiver()
    with pytest.raises(ValueError, match="words"):
        receiver.words(["x" * 32])
    with pytest.raises(ValueError, match="words"):
        receiver.words(["sip"] * 65)
    with pytest.raises(ValueError, match="prefix"):
        receiver.networks([("10.0.0.0", 33)])
    with pytest.raises(ValueError, match="literal"):
        receiver.trust("example.com")
    with pytest.raises(KeyError):
        receiver.distrust("192.0.2.1")
    for _ in range(udp.SOCKETS_MAX):
        receiver.add(0)
    with pytest.raises(ValueError, match="sockets"):
        receiver.add(0)
