"""The ces driver against packets that this file makes and reads by itself from the layout in RFC 5086, and tshark's.

Nothing waits for a clock: a span takes what lies in its socket when it is read, and time is frames read.
"""

import errno
import functools
import json
import random
import socket
import struct
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from xunhu._e1.span import ALARM_AIS, ALARM_LOS, ALARM_RAI, Span

IDLE = 0xD5
TICK = 80


class FarEnd:
    """A gateway at the other end: RFC 5086 §4, UDP, 31 timeslots."""

    def __init__(self, frames: int, rtp: bool, family: socket.AddressFamily = socket.AF_INET) -> None:
        host = "127.0.0.1" if family == socket.AF_INET else "::1"
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(10)
        self.frames, self.rtp = frames, rtp
        with socket.socket(family, socket.SOCK_DGRAM) as s:  # a port that is free for the span
            s.bind((host, 0))
            self.to = s.getsockname()

    def close(self) -> None:
        self.socket.close()

    @staticmethod
    def name(address: tuple[str, int]) -> str:
        return f"[{address[0]}]:{address[1]}" if ":" in address[0] else f"{address[0]}:{address[1]}"

    def span(self, **more: int) -> Span:
        return Span.ces(
            self.name(self.to), self.name(self.socket.getsockname()), frames=self.frames, rtp=self.rtp, **more
        )

    def packet(self, sequence: int, payload: bytes, *, first: int = 0, second: int = 0) -> bytes:
        """first, second: octets of the control word before the sequence number."""
        head = struct.pack(">BBHII", 0x80, 96, sequence & 0xFFFF, sequence * self.frames & 0xFFFFFFFF, 0xABCD)
        return (head if self.rtp else b"") + struct.pack(">BBH", first, second, sequence & 0xFFFF) + payload

    def payload(self, number: int) -> bytes:
        return b"".join(frame(number * self.frames + i) for i in range(self.frames))

    def send(self, sequence: int, *, first: int = 0, number: int | None = None) -> None:
        payload = self.payload(sequence if number is None else number)
        self.socket.sendto(self.packet(sequence, payload, first=first), self.to)

    def receive(self) -> tuple[int, int, int, bytes]:
        """(first octet, second octet, sequence, payload)"""
        data = self.socket.recv(2000)
        if self.rtp:
            version, _, sequence, _, _ = struct.unpack_from(">BBHII", data)
            assert version == 0x80
            assert data[14:16] == struct.pack(">H", sequence)
            data = data[12:]
        first, second, sequence = struct.unpack_from(">BBH", data)
        assert len(data) == 4 + 31 * self.frames
        return first, second, sequence, data[4:]


@functools.cache
def frame(n: int) -> bytes:
    """Timeslots 1..31 of E1 frame n; never the idle octet."""
    return bytes(v if (v := (n * 5 + t * 11 + (n >> 7)) & 0xFF) != IDLE else 0x2A for t in range(1, 32))


def block_of(first: int, n: int) -> bytearray:
    block = bytearray(32 * n)
    for i in range(n):
        for t, octet in enumerate(frame(first + i), 1):
            block[t * n + i] = octet
    return block


def idle_block(n: int) -> bytearray:
    return bytearray(n) + bytearray([IDLE]) * (31 * n)


@pytest.fixture(params=[(40, False), (40, True), (8, False), (27, True)], ids=lambda p: f"{p[0]}{'rtp' if p[1] else ''}")
def far(request: pytest.FixtureRequest) -> Iterator[FarEnd]:
    with closing(FarEnd(*request.param)) as end:
        yield end


def test_what_the_far_end_sends_is_read(far: FarEnd) -> None:
    with closing(far.span()) as span:
        span.start()
        assert span.read(TICK) == (idle_block(TICK), errno.ENETDOWN)
        assert span.status()["alarms"] == ALARM_LOS
        sent = next_frame = 0
        for tick in range(1, 60):
            while (sent + 1) * far.frames <= tick * TICK:
                far.send(65500 + sent, number=sent)  # across the wrap of the sequence number
                sent += 1
            block, line = span.read(TICK)
            if line:
                assert next_frame == 0
                assert block == idle_block(TICK)
            else:
                assert block == block_of(next_frame, TICK)
                next_frame += TICK
        status = span.status()
        assert next_frame >= 50 * TICK
        assert status["frames_rx"] == sent * far.frames
        for counter in ("alarms", "lost", "late", "reordered", "duplicated", "underruns", "slips", "malformed"):
            assert status[counter] == 0, counter


def test_what_is_written_arrives(far: FarEnd) -> None:
    with closing(far.span()) as span:
        span.start()
        first_sequence, frames = None, b""
        for tick in range(50):
            assert span.write(block_of(tick * TICK, TICK)) == 0
            for _ in range((tick + 1) * TICK // far.frames - tick * TICK // far.frames):
                first, second, sequence, payload = far.receive()
                first_sequence = sequence if first_sequence is None else first_sequence
                assert sequence == (first_sequence + len(frames) // 31 // far.frames) & 0xFFFF
                assert first == 0x04, "R: we hear nothing"
                assert second == 0
                frames += payload
        assert frames == b"".join(frame(i) for i in range(len(frames) // 31))
        assert span.status()["frames_tx"] == len(frames) // 31
        assert len(frames) // 31 > 50 * TICK - far.frames


def test_timeslots_out_of_use_are_idle(far: FarEnd) -> None:
    with closing(far.span()) as span:
        span.start()
        span.write(block_of(0, TICK), 1 << 3)
        payload = far.receive()[3]
        assert payload[2] == frame(0)[2]
        assert set(payload[:2] + payload[3:31]) == {IDLE}
        for n in range(20):
            far.send(n)
        assert span.read(TICK, 1 << 3)[0] == bytearray(
            octet if 3 * TICK <= i < 4 * TICK else 0 if i < TICK else IDLE
            for i, octet in enumerate(block_of(0, TICK))
        )


def test_alarm_bits_both_ways(far: FarEnd) -> None:
    with closing(far.span(jitter_ms=5)) as span:
        span.start()
        n = 0

        def alarms(first: int) -> tuple[int, int]:
            """(our alarms, first octet we send) while the far end sends this one"""
            nonlocal n
            for _ in range(4 * TICK // far.frames + 2):
                far.send(n, first=first)
                n += 1
            for _ in range(4):
                span.read(TICK)
            far.socket.setblocking(False)
            while True:
                try:
                    far.socket.recv(2000)
                except BlockingIOError:
                    break
            far.socket.settimeout(10)
            span.write(idle_block(TICK))
            return span.status()["alarms"], far.receive()[0]

        assert alarms(0) == (0, 0)
        assert alarms(0x08) == (ALARM_AIS, 0x02)  # L; M = 10 back, for packets do come
        assert span.read(TICK) == (idle_block(TICK), errno.ENETDOWN)
        assert alarms(0x04) == (ALARM_RAI, 0)  # R
        assert alarms(0x02) == (ALARM_RAI, 0)  # M = 10
        assert alarms(0) == (0, 0)
        span.send_rai(True)
        assert alarms(0) == (0, 0x02)
        span.send_rai(False)
        assert alarms(0) == (0, 0)
        for _ in range(12):
            span.read(TICK)
        assert span.status()["alarms"] == ALARM_LOS


@pytest.fixture
def plain() -> Iterator[FarEnd]:
    with closing(FarEnd(40, False)) as end:
        yield end


def test_strangers_and_bad_packets_are_counted_and_change_nothing(plain: FarEnd) -> None:
    with closing(plain.span()) as span, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        span.start()
        good = plain.payload(0)
        stranger.sendto(plain.packet(0, bytes(len(good))), plain.to)
        bad = [
            b"",
            b"\0\0\0",
            plain.packet(0, b""),
            plain.packet(0, good[:-1]),
            plain.packet(0, good + b"\0"),
            plain.packet(0, bytes(3000)),
            plain.packet(0, good, first=0x10),
            plain.packet(0, good, first=0x01),
            plain.packet(0, good, first=0x03),
            plain.packet(0, good, second=0x40),
            plain.packet(0, good, second=0x20),
        ]
        for packet in bad:
            plain.socket.sendto(packet, plain.to)
        for n in range(4):
            plain.send(n)
        assert span.read(TICK) == (block_of(0, TICK), 0)
        status = span.status()
        assert (status["rejected"], status["malformed"]) == (1, len(bad))


def test_lost_reordered_and_doubled_packets(plain: FarEnd) -> None:
    with closing(plain.span()) as span:
        span.start()
        for n in (0, 2, 1, 3, 3, 5, 6, 7):
            plain.send(n)
        assert span.read(160) == (block_of(0, 160), 0)
        block, line = span.read(160)
        assert line == 0
        held, rest = frame(159), block_of(200, 120)
        for t in range(1, 32):
            row = block[t * 160 : (t + 1) * 160]
            assert row[:40] == bytes([held[t - 1]]) * 40, "one lost packet: the last octet is held"
            assert row[40:] == rest[t * 120 : (t + 1) * 120]
        plain.send(4)
        span.read(TICK)
        status = span.status()
        assert [status[k] for k in ("lost", "late", "reordered", "duplicated")] == [1, 1, 1, 1]


def test_a_port_in_use_is_refused(plain: FarEnd) -> None:
    local, remote = FarEnd.name(plain.to), FarEnd.name(plain.socket.getsockname())
    with closing(Span.ces(local, remote)), pytest.raises(OSError, match="in use") as e:
        Span.ces(local, remote)
    assert e.value.errno == errno.EADDRINUSE
    Span.ces(local, remote).close()


@pytest.mark.parametrize(
    ("local", "remote", "more"),
    [
        ("127.0.0.1", "127.0.0.1:1", {}),
        ("127.0.0.1:1000", "[::1]:1", {}),
        ("localhost:1000", "127.0.0.1:1", {}),
        ("127.0.0.1:40000", "127.0.0.1:1", {"frames": 7}),
        ("127.0.0.1:40000", "127.0.0.1:1", {"frames": 41}),
        ("127.0.0.1:40000", "127.0.0.1:1", {"jitter_ms": 0}),
        ("127.0.0.1:40000", "127.0.0.1:1", {"jitter_ms": 501}),
    ],
)
def test_bad_parameters_are_refused(local: str, remote: str, more: dict[str, int]) -> None:
    with pytest.raises(OSError, match="Invalid argument") as e:
        Span.ces(local, remote, **more)
    assert e.value.errno == errno.EINVAL


def test_a_far_end_that_refuses_does_not_stop_us(plain: FarEnd) -> None:
    """Its port is closed: ICMP comes back for each packet; when it is open again all goes on."""
    with closing(plain.span()) as span:
        span.start()
        address = plain.socket.getsockname()
        plain.socket.close()
        for _ in range(5):
            assert span.write(idle_block(TICK)) == 0
            assert span.read(TICK)[1] == errno.ENETDOWN
        plain.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        plain.socket.bind(address)
        plain.socket.settimeout(10)
        assert span.write(idle_block(TICK)) == 0
        assert plain.receive()[0] == 0x04
        for n in range(4):
            plain.send(n)
        assert span.read(TICK) == (block_of(0, TICK), 0)


def test_ipv6() -> None:
    with closing(FarEnd(16, False, socket.AF_INET6)) as far, closing(far.span()) as span:
        span.start()
        for n in range(11):
            far.send(n)
        assert span.read(TICK) == (block_of(0, TICK), 0)
        span.write(block_of(0, 16))
        assert far.receive()[3] == far.payload(0)


def test_what_came_before_the_start_is_not_played(plain: FarEnd) -> None:
    with closing(plain.span()) as span:
        for n in range(10):
            plain.send(n)
        span.start()
        assert span.read(TICK) == (idle_block(TICK), errno.ENETDOWN)
        for n in range(10, 14):
            plain.send(n)
        assert span.read(TICK) == (block_of(400, TICK), 0)


def test_a_far_end_that_starts_late_and_restarts(far: FarEnd) -> None:
    """Ten seconds of nothing, then a stream; the same gateway booted anew goes on at any other number."""
    with closing(far.span()) as span:
        span.start()
        for _ in range(1000):
            assert span.read(TICK) == (idle_block(TICK), errno.ENETDOWN)
        assert span.status()["alarms"] == ALARM_LOS
        assert span.status()["lost"] == 0
        for first in (7, 40000, 12):
            heard = b""
            for n in range(5000 // far.frames):
                far.send(first + n)
                if (n + 1) * far.frames // TICK > n * far.frames // TICK:
                    heard += bytes(span.read(TICK)[0][3 * TICK : 4 * TICK])
            assert span.status()["alarms"] == 0
            stream = bytes(frame(first * far.frames + i)[2] for i in range(5000))
            assert stream[1000:4000] in heard, "from at most 125 ms after the start on, all of it"


@pytest.mark.parametrize("theirs", [8, 16, 39])
def test_a_far_end_with_other_packets_is_no_line(plain: FarEnd, theirs: int) -> None:
    """F must be the same at both ends: else LOS, and the count of malformed packets says why."""
    with closing(plain.span()) as span:
        span.start()
        plain.frames = theirs
        for n in range(50):
            plain.send(n)
            assert span.read(TICK)[1] == errno.ENETDOWN
        assert (span.status()["malformed"], span.status()["alarms"]) == (50, ALARM_LOS)


@pytest.mark.parametrize("seed", range(2))
def test_a_bad_network(far: FarEnd, seed: int) -> None:
    """5 % lost, 10 % overtaken by the next, 3 % doubled, up to 15 ms of jitter: each sample comes at its place, the rest is counted."""
    rng = random.Random(seed)
    lost = doubled = 0
    sent: list[int] = []
    on_the_way: list[tuple[float, int]] = []
    with closing(far.span(jitter_ms=40)) as span:
        span.start()
        n = played = wrong = 0
        for tick in range(600):
            while n * far.frames < tick * TICK:
                at = n * far.frames + rng.random() * 120
                fate = rng.random()
                if n > 20 and fate < 0.05:
                    lost += 1
                else:
                    on_the_way.append((at + (far.frames if fate < 0.15 else 0), n))
                    if n > 20 and fate > 0.97:
                        on_the_way.append((at + 1, n))
                n += 1
            on_the_way.sort()
            while on_the_way and on_the_way[0][0] <= tick * TICK:
                number = on_the_way.pop(0)[1]
                far.send(number)
                doubled += number in sent
                sent.append(number)
            block, line = span.read(TICK)
            if line == 0:
                wrong += sum(block[TICK * 3 + i] != frame(played + i)[2] for i in range(TICK))
                played += TICK
        status = span.status()
        assert status["alarms"] == status["slips"] == status["underruns"] == status["overruns"] == 0
        assert played > 580 * TICK
        assert abs(status["lost"] - lost) <= 400 // far.frames + 1, "but for those still ahead"
        assert status["late"] == 0
        assert status["duplicated"] == doubled
        assert 0 < wrong <= lost * far.frames
        assert status["frames_rx"] == len(sent) * far.frames


# -- tshark ----------------------------------------------------------------------------------------


def pcap(path: Path, packets: list[bytes]) -> None:
    """Raw IPv4 packets (LINKTYPE_RAW, 101) from and to port 40000."""
    with path.open("wb") as f:
        f.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101))
        for i, packet in enumerate(packets):
            udp = struct.pack(">HHHH", 40001, 40000, 8 + len(packet), 0) + packet
            ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), i, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1")
            f.write(struct.pack("<IIII", i, 0, len(ip + udp), len(ip + udp)) + ip + udp)


@pytest.mark.interop
@pytest.mark.parametrize("rtp", [False, True])
def test_tshark_decodes_our_packets_without_a_complaint(tmp_path: Path, rtp: bool) -> None:
    with closing(FarEnd(40, rtp)) as far, closing(far.span()) as span:
        span.start()
        packets = []
        for tick in range(10):
            if tick == 5:  # the far end appears: R goes out no more
                for n in range(4):
                    far.send(n)
                span.read(TICK)
            span.write(block_of(tick * TICK, TICK))
            packets += [far.socket.recv(2000), far.socket.recv(2000)]
    if rtp:  # tshark knows CESoPSN without RTP only: RTP and what it carries are looked at apart
        heads = [p[:12] for p in packets]
        sequences = [struct.unpack_from(">BBHII", h) for h in heads]
        assert {s[:2] for s in sequences} == {(0x80, 97)}
        assert [(s[2] - sequences[0][2]) & 0xFFFF for s in sequences] == list(range(20))
        assert [(s[3] - sequences[0][3]) & 0xFFFFFFFF for s in sequences] == list(range(0, 800, 40))
        assert len({s[4] for s in sequences}) == 1
        packets = [p[12:] for p in packets]
    pcap(tmp_path / "ces.pcap", packets)
    shown = subprocess.run(
        ["tshark", "-r", str(tmp_path / "ces.pcap"), "-d", "udp.port==40000,pwcesopsn", "-T", "json", "-J", "pwcesopsn"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    decoded = [p["_source"]["layers"] for p in json.loads(shown.stdout)]
    assert len(decoded) == 20
    text = json.dumps(decoded)
    assert "_ws.expert" not in text
    assert "_ws.malformed" not in text
    words = [p["pwcesopsn"]["Control Word"] if "Control Word" in p["pwcesopsn"] else p["pwcesopsn"] for p in decoded]
    numbers = [int(next(v for k, v in flat(w) if k == "pwcesopsn.cw.seqno")) for w in words]
    assert [(n - numbers[0]) & 0xFFFF for n in numbers] == list(range(20))
    r_bits = [next(v for k, v in flat(w) if k == "pwcesopsn.cw.rbit") for w in words]
    assert [int(v, 0) for v in r_bits] == [1] * 10 + [0] * 10


def flat(tree: object) -> Iterator[tuple[str, str]]:
    if isinstance(tree, dict):
        for key, value in tree.items():
            if isinstance(value, str):
                yield key, value
            else:
                yield from flat(value)
