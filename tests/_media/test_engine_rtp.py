"""RTP lines of the engine on the virtual clock, over real sockets of the loopback interface: what is said at one is heard at another, what comes
from a stranger is not, and each packet is as RFC 3550 has it."""

import socket
import struct
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from xunhu._media import engine as media
from xunhu._media.engine import Engine, Event, RtpType
from xunhu._media.g711 import alaw_decode, alaw_encode

LOOP = [{"number": 0, "driver": "loop", "peer": 1}]
A, B = media.TS_PORTS, media.TS_PORTS + 7
POOL = media.LINE_PORTS
HOST = "127.0.0.1"
TONE = [(1000.0, 0.0, -10.0, -99.0, 0)]
KEYS = 101


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine(LOOP)
    yield made
    made.shut()


def of_type(events: list[Event], kind: int) -> list[Event]:
    return [event for event in events if event.type == kind]


def nothing_refused(engine: Engine) -> list[Event]:
    events = engine.events()
    assert of_type(events, media.EV_REFUSED) == []
    return events


def local_of(engine: Engine, port: int) -> tuple[str, int]:
    row = engine.rtp_row(port)
    assert row is not None
    assert row.local is not None
    return row.local


def fresh(engine: Engine, port: int) -> media.RtpRow:
    """The row is written each 50 ticks."""
    engine.tick(50)
    row = engine.rtp_row(port)
    assert row is not None
    return row


class FarEnd:
    """A socket that sends packets by hand and keeps what came."""

    def __init__(self, host: str = HOST) -> None:
        self.socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind((host, 0))
        self.socket.settimeout(10)
        self.sequence, self.timestamp, self.ssrc = 100, 5000, 0x1234

    @property
    def port(self) -> int:
        port: int = self.socket.getsockname()[1]
        return port

    def send(self, to: tuple[str, int], payload: bytes = b"\xd5" * 160, *, payload_type: int = 8, ssrc: int | None = None) -> None:
        head = struct.pack(">BBHII", 0x80, payload_type, self.sequence, self.timestamp, self.ssrc if ssrc is None else ssrc)
        self.socket.sendto(head + payload, to)
        self.sequence += 1
        self.timestamp += len(payload)

    def packets(self) -> list[bytes]:
        """All that wait."""
        out = []
        self.socket.setblocking(False)
        while True:
            try:
                out.append(self.socket.recv(2000))
            except BlockingIOError:
                return out

    def close(self) -> None:
        self.socket.close()


@pytest.fixture
def far() -> Iterator[FarEnd]:
    made = FarEnd()
    yield made
    made.close()


def pair(engine: Engine, **sending: object) -> None:
    """Lines A and B, each the other's far end."""
    for port in (A, B):
        engine.rtp_open(port, HOST, cname="us@here", seed=port)
        engine.rtp_receive(port, [RtpType(8, "PCMA"), RtpType(0, "PCMU")], key_types=[KEYS], noise_types=[13])
    engine.tick()
    for port, other in ((A, B), (B, A)):
        engine.rtp_send(port, *local_of(engine, other), key_type=KEYS, **sending)  # type: ignore[arg-type]
    engine.tick()


def samples_of(path: Path) -> np.ndarray:
    return np.frombuffer(path.read_bytes()[44:], dtype="<i2").astype(int)


def only_tone(sound: np.ndarray, most: int) -> None:
    """1000 Hz repeats each 8 samples, all through what is loud."""
    loud = np.flatnonzero(np.abs(sound) > 500)
    middle = sound[loud[0] + 400 : loud[-1] - 400]
    assert len(middle) > 8000
    assert np.max(np.abs(middle[8:] - middle[:-8])) <= most


@pytest.mark.parametrize("tick_ms", [5, 10, 20])
@pytest.mark.parametrize(("codec", "payload_type"), [("PCMA", 8), ("PCMU", 0)])
@pytest.mark.parametrize("ptime_ms", [20, 30])
def test_what_is_said_at_one_line_is_heard_at_the_other(tmp_path: Path, tick_ms: int, codec: str, payload_type: int, ptime_ms: int) -> None:
    engine = Engine(LOOP, tick_ms=tick_ms)
    pair(engine, codec=codec, payload_type=payload_type, ptime_ms=ptime_ms)
    engine.tone(POOL, TONE)
    engine.connect(POOL, A)
    engine.record(POOL + 1, str(tmp_path / "out.wav"), fmt=media.REC_PCM16)
    engine.connect(B, POOL + 1)
    engine.tick(4000 // tick_ms)
    engine.close(POOL + 1)
    engine.tick(2)
    events = nothing_refused(engine)
    learnt = {event.port: event for event in of_type(events, media.EV_RTP_LEARNT)}
    assert set(learnt) == {A, B}
    assert learnt[B].a1 == local_of(engine, A)[1]
    only_tone(samples_of(tmp_path / "out.wav"), 1100)
    row = engine.rtp_row(B)
    assert row is not None
    assert row.remote_codec == codec
    assert row.lost == row.late == row.strange == row.invalid == 0
    assert row.state & media.RTP_STATE_LOCKED
    assert row.state & media.RTP_STATE_HEARD
    assert row.mos_in > 4.2
    assert abs(row.remote_packets - 4000 / ptime_ms) < 60
    engine.shut()


def test_packets_are_numbered_stamped_and_spread(engine: Engine, far: FarEnd) -> None:
    for i in range(8):
        engine.rtp_open(A + i, HOST, rtcp=False)
        engine.rtp_send(A + i, HOST, far.port, codec="PCMA", payload_type=8)
    engine.tick()
    times: dict[int, list[tuple[int, int, int, int]]] = {}
    for tick in range(100):
        engine.tick()
        for packet in far.packets():
            flags, kind, sequence, stamp, ssrc = struct.unpack(">BBHII", packet[:12])
            assert (flags, kind & 127, len(packet)) == (0x80, 8, 172)
            times.setdefault(ssrc, []).append((tick, sequence, stamp, kind >> 7))
    assert len(times) == 8
    for got in times.values():
        ticks, numbers, stamps, markers = (np.array(column, dtype=np.int64) for column in zip(*got, strict=True))
        assert len(got) >= 49
        assert set(np.diff(ticks)) == {2}
        assert set(np.diff(numbers) % 65536) == {1}
        assert set(np.diff(stamps) % (1 << 32)) == {160}
        assert markers[0] == 1
        assert not markers[1:].any()
    assert {got[0][0] % 2 for got in times.values()} == {0, 1}  # half of the lines in each tick
    nothing_refused(engine)


def test_timeslots_lines_players_and_conferences_hear_each_other(engine: Engine, tmp_path: Path) -> None:
    """E1 timeslot 1 hears a tone said at line A by way of line B; a conference of B and a timeslot is heard at A."""
    pair(engine)
    for port in (1, 33):
        engine.ts_open(port)
    engine.tone(POOL, TONE)
    engine.connect(POOL, A)
    engine.connect(B, 1)  # span 0 timeslot 1 is heard at span 1
    engine.conference(POOL + 2)
    engine.connect(33, POOL + 2)
    engine.connect(POOL + 2, B)
    engine.record(POOL + 3, str(tmp_path / "out.wav"), fmt=media.REC_PCM16)
    engine.connect(A, POOL + 3)
    engine.detect(A, media.DETECT_METER)
    engine.tick(300)
    assert engine.port(A).rms_in_dbm0 == pytest.approx(-10, abs=0.3)
    engine.level(A, "rx", "fixed", gain_db=-6.0)
    engine.tick(50)
    assert engine.port(A).kind == media.PORT_RTP
    engine.close(POOL + 3)
    engine.tick(2)
    nothing_refused(engine)
    only_tone(samples_of(tmp_path / "out.wav")[:16000], 1300)


def test_keys_stop_players_come_as_digits_and_flash_as_event(engine: Engine, tmp_path: Path) -> None:
    pair(engine)
    engine.tone(POOL, TONE)
    (tmp_path / "long.al").write_bytes(b"\x55" * 80_000)
    engine.play(POOL + 1, [str(tmp_path / "long.al")], key_port=B, keys="5")
    engine.connect(POOL + 1, B)
    engine.tick(20)
    engine.rtp_digits(A, "1!5", on_ms=80, off_ms=50)
    engine.tick(80)
    events = nothing_refused(engine)
    assert [chr(event.a0) for event in of_type(events, media.EV_DIGIT) if event.port == B and event.a2 == 1] == ["1", "5"]
    assert [(chr(event.a0), event.a1) for event in of_type(events, media.EV_DIGIT_END)] == [("1", 80), ("5", 80)]
    assert [(event.a0, event.a1) for event in of_type(events, media.EV_RTP_EVENT)] == [(16, 1), (16, 0)]
    (played,) = of_type(events, media.EV_PLAYED)
    assert played.a0 == media.END_KEY
    assert len(of_type(events, media.EV_RTP_DIALED)) == 1


def test_only_the_source_is_heard(engine: Engine, far: FarEnd) -> None:
    engine.rtp_open(A, HOST)
    engine.rtp_receive(A, [(8, "PCMA")])
    engine.detect(A, media.DETECT_METER)
    engine.tick()
    to = local_of(engine, A)
    loud = alaw_encode(np.full(160, 8000, dtype=np.int16))
    for _ in range(5):  # before signalling has said whom to hear: nobody
        far.send(to, bytes(loud))
        engine.tick(2)
    assert of_type(nothing_refused(engine), media.EV_RTP_LEARNT) == []
    engine.rtp_send(A, HOST, far.port)
    engine.tick(2)
    far.send(to)
    engine.tick(2)
    assert len(of_type(nothing_refused(engine), media.EV_RTP_LEARNT)) == 1
    stranger = FarEnd()
    for _ in range(60):
        stranger.send(to, bytes(loud))
        far.send(to)
        engine.tick(2)
    level = engine.port(A).peak_in_dbm0
    row = fresh(engine, A)
    assert row.strange == 65
    assert row.lost == 0
    assert level is not None
    assert level < -60
    assert row.remote == (HOST, far.port)
    stranger.close()


@pytest.mark.parametrize(("source", "host", "learns"), [("any", HOST, True), ("any", "127.0.0.2", True), ("host", HOST, True),
                                                        ("host", "127.0.0.2", False), ("exact", HOST, False)])  # fmt: skip
def test_a_source_elsewhere_is_learnt_as_far_as_it_is_allowed(engine: Engine, far: FarEnd, source: str, host: str, learns: bool) -> None:
    engine.rtp_open(A, "0.0.0.0")
    engine.rtp_receive(A, [(8, "PCMA")])
    engine.rtp_send(A, HOST, 9, source=source)  # type: ignore[arg-type]
    engine.tick()
    other = FarEnd(host)
    to = (HOST, local_of(engine, A)[1])
    other.send(to, payload_type=96)  # a type that is not expected
    other.send(to, ssrc=7)
    engine.tick(2)
    other.send(to, ssrc=8)  # not the same source: no two in a row
    engine.tick(2)
    assert of_type(nothing_refused(engine), media.EV_RTP_LEARNT) == []
    for _ in range(3):
        other.send(to)
        engine.tick(2)
    assert bool(of_type(nothing_refused(engine), media.EV_RTP_LEARNT)) == learns
    engine.tick(4)
    assert bool(other.packets()) == learns  # and what we say goes there
    other.close()


def test_another_far_end_is_believed_after_signalling_said_so(engine: Engine, far: FarEnd) -> None:
    engine.rtp_open(A, HOST, silent_s=0.5)
    engine.rtp_receive(A, [(8, "PCMA")])
    engine.rtp_send(A, HOST, far.port, source="host")
    engine.tick()
    to = local_of(engine, A)
    for _ in range(5):
        far.send(to)
        engine.tick(2)
    moved = FarEnd()
    for _ in range(5):
        moved.send(to)
        engine.tick(2)
    assert len(of_type(nothing_refused(engine), media.EV_RTP_LEARNT)) == 1
    engine.rtp_send(A, HOST, far.port, source="host")  # the same again, and the source speaks: nothing changes
    engine.tick()
    moved.send(to)
    moved.send(to)
    engine.tick(2)
    assert of_type(nothing_refused(engine), media.EV_RTP_LEARNT) == []
    engine.tick(60)
    (silent,) = of_type(nothing_refused(engine), media.EV_RTP_SILENT)
    assert (silent.a0, silent.a1) == (1, 500)
    engine.rtp_send(A, HOST, far.port, source="host")
    engine.tick()
    for _ in range(3):
        moved.send(to)
        engine.tick(2)
    events = nothing_refused(engine)
    assert [event.a1 for event in of_type(events, media.EV_RTP_LEARNT)] == [moved.port]
    assert [event.a0 for event in of_type(events, media.EV_RTP_SILENT)] == [0]
    engine.rtp_send(A, HOST, far.port)  # another address
    engine.rtp_send(A, HOST, 9)
    engine.rtp_send(A, HOST, far.port)
    engine.tick()
    far.send(to)
    engine.tick(2)
    assert [event.a1 for event in of_type(nothing_refused(engine), media.EV_RTP_LEARNT)] == [far.port]
    moved.close()


def test_hold_sends_nothing_and_hears_nothing(engine: Engine) -> None:
    pair(engine)
    engine.tone(POOL, TONE)
    engine.connect(POOL, A)
    engine.detect(B, media.DETECT_METER)
    engine.tick(40)
    level = engine.port(B).rms_in_dbm0
    assert level is not None
    assert level > -11
    engine.rtp_direction(B, sends=True, hears=False)
    engine.tick(40)
    assert engine.port(B).rms_in_dbm0 == -99
    engine.rtp_direction(B, sends=True, hears=True)
    engine.rtp_direction(A, sends=False, hears=True)
    assert fresh(engine, A).packets == fresh(engine, A).packets
    engine.rtp_direction(A, sends=True, hears=True)
    engine.tick(100)
    level = engine.port(B).rms_in_dbm0
    assert level is not None
    assert level > -11
    row = engine.rtp_row(B)
    assert row is not None
    assert row.lost == 0
    assert row.late == 0
    nothing_refused(engine)


def test_ports_that_are_taken_and_nonsense_are_refused(engine: Engine, far: FarEnd) -> None:
    engine.rtp_open(A, HOST, far.port)
    engine.rtp_open(A + 1, "192.0.2.1", 20000)  # nobody here has it
    engine.rtp_send(A + 2, HOST, 9)
    engine.close(A + 3)
    engine.rtp_digits(A, "1")
    engine.conceal(1, True)
    engine.tick()
    assert [event.port for event in of_type(engine.events(), media.EV_REFUSED)] == [A, A + 1, A + 2, A + 3, A, 1]
    for wrong in (
        lambda: engine.rtp_open(1, HOST),
        lambda: engine.rtp_open(POOL, HOST),
        lambda: engine.rtp_open(A, "localhost"),
        lambda: engine.rtp_open(A, HOST, 70_000),
        lambda: engine.rtp_send(A, HOST, 9, codec="nothing"),
        lambda: engine.rtp_send(A, HOST, 9, payload_type=128),
        lambda: engine.rtp_send(A, HOST, 9, source="somewhere"),  # type: ignore[arg-type]
        lambda: engine.rtp_send(A, HOST, 9, srtp=("AES_CM_128_HMAC_SHA1_80", b"x" * 29)),
        lambda: engine.rtp_receive(A, [(8, "PCMA")] * 11),
        lambda: engine.rtp_digits(A, "x"),
        lambda: engine.play(A, ["a.wav"]),
        lambda: engine.ts_open(A),
    ):
        with pytest.raises(ValueError, match=r"must|codec|suite|digits|takes|octets|no "):
            wrong()
    assert engine.ports() == []


def test_a_line_that_is_closed_says_bye_and_its_port_is_free(engine: Engine) -> None:
    pair(engine)
    engine.tick(400)
    row = engine.rtp_row(A)
    assert row is not None
    assert row.round_trip_ms > 0
    engine.close(A)
    engine.tick(3)
    assert len(of_type(nothing_refused(engine), media.EV_RTP_BYE)) == 1
    row = engine.rtp_row(B)
    assert row is not None
    assert row.state & media.RTP_STATE_BYE
    assert engine.rtp_row(A) is None
    assert engine.port(A).kind == media.PORT_FREE
    engine.rtp_open(A, HOST)
    engine.tick()
    nothing_refused(engine)


def test_mux_and_ipv6(engine: Engine) -> None:
    for port in (A, B):
        engine.rtp_open(port, "::1", mux=True, xr=True, cname="v6")
        engine.rtp_receive(port, [(8, "PCMA")])
    engine.tick()
    engine.rtp_send(A, *local_of(engine, B), mux=True)
    engine.rtp_send(B, *local_of(engine, A), mux=True)
    engine.tick(1200)
    row = engine.rtp_row(A)
    assert row is not None
    assert row.remote_packets > 590
    assert row.round_trip_ms > 0
    assert row.invalid == 0
    assert row.strange == 0
    nothing_refused(engine)


def test_paging_by_multicast(engine: Engine) -> None:
    group = "239.255.7.9"
    probe = FarEnd()
    port = probe.port + 1 & ~1
    probe.close()
    for line in (A, A + 1):
        engine.rtp_open(line, HOST, port, group=group, rtcp=False)
        engine.rtp_receive(line, [(8, "PCMA")])
        engine.detect(line, media.DETECT_METER)
    engine.rtp_open(B, HOST, rtcp=False)
    engine.rtp_send(B, group, port)
    engine.tone(POOL, TONE)
    engine.connect(POOL, B)
    engine.tick(100)
    nothing_refused(engine)
    for line in (A, A + 1):
        assert engine.port(line).rms_in_dbm0 == pytest.approx(-10, abs=0.3)


def test_a_flood_takes_its_share_and_no_more(engine: Engine, far: FarEnd) -> None:
    """800 packets a second of a line are looked at; what is more waits in its socket, or is thrown away by the kernel."""
    engine.rtp_open(A, HOST, rtcp=False)
    engine.rtp_receive(A, [(8, "PCMA")])
    engine.rtp_send(A, HOST, far.port)
    engine.tick()
    stranger = FarEnd()
    for _ in range(2000):
        stranger.send(local_of(engine, A))
    engine.tick(5)
    assert 8 <= fresh(engine, A).strange <= 8 * 56
    stranger.close()
    nothing_refused(engine)


def test_echo_of_a_line_is_cancelled(engine: Engine, far: FarEnd) -> None:
    """The far end sends back what it hears, 6 dB weaker."""
    rng = np.random.default_rng(4)
    engine.rtp_open(A, HOST, rtcp=False)
    engine.rtp_receive(A, [(8, "PCMA")])
    engine.rtp_send(A, HOST, far.port)
    engine.tick()
    to = local_of(engine, A)
    engine.echo(A, 128, nlp=False)
    engine.detect(A, media.DETECT_METER)
    speech = (rng.normal(0, 2500, 64_000) * np.repeat(rng.random(80) > 0.3, 800)).astype("<i2")
    path = Path(f"/dev/shm/rtp-echo-{time.monotonic_ns()}.al")
    path.write_bytes(bytes(alaw_encode(np.ascontiguousarray(speech, dtype=np.int16))))
    try:
        engine.play(POOL, [str(path)], loop=True)
        engine.connect(POOL, A)
        for _ in range(2000):
            engine.tick()
            for packet in far.packets():
                back = np.asarray(alaw_decode(packet[12:])) // 2
                far.send(to, bytes(alaw_encode(np.ascontiguousarray(back, dtype=np.int16))))
    finally:
        path.unlink()
    state = engine.echo_state(A)
    assert state is not None
    assert state.converged
    assert state.erle_db > 15
    nothing_refused(engine)
