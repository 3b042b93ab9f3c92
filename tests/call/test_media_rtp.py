"""RTP lines as call control has them: opened before anything is known, set when it is agreed, gone when they are closed."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from xunhu._media import engine as en
from xunhu.call.media import MediaFullError, MediaPlane
from xunhu.call.media_rtp import RtpLine, RtpPlace
from xunhu.call.sip_voice import SipVoice, Wish
from xunhu.sip.offer_answer import Capability

LOOP = [{"number": 0, "driver": "loop", "peer": 1}]
FIRST = 10_000 + os.getpid() % 1300 * 16  # each process of the tests its own
PLACE = RtpPlace("127.0.0.1", "::1", first_port=FIRST, silence_s=0.5, probe=False)


class World:
    def __init__(self) -> None:
        self.engine = en.Engine(LOOP)
        self.plane()
        self.digits: list[tuple[int, str]] = []
        self.errors: list[int] = []

    def plane(self) -> None:
        self.media = MediaPlane(asyncio.get_running_loop())
        self.media.rtp_place = PLACE
        self.media.attach(self.engine)

    def run(self, ticks: int = 2) -> None:
        for _ in range(ticks):
            self.engine.tick()
            self.media.pump()

    def hook(self, line: RtpLine, dtmf: bool = True) -> None:
        self.media.open_timeslot(
            line.port, lambda digit, _level: self.digits.append((line.port, digit)), self.errors.append, dtmf=dtmf
        )

    def pair(self, **more: object) -> tuple[RtpLine, RtpLine]:
        lines = self.media.rtp_open(4, on_refused=self.errors.append), self.media.rtp_open(4, on_refused=self.errors.append)
        for line, other in (lines, lines[::-1]):
            line.set_remote(
                "127.0.0.1", other.udp_port, codec="alaw", payload_type=8, receive={8: "alaw", 0: "ulaw"}, **more  # type: ignore[arg-type]
            )  # fmt: skip
            self.hook(line)
        self.run(4)
        assert self.errors == []
        return lines


@pytest.fixture
async def world() -> AsyncIterator[World]:
    made = World()
    yield made
    made.engine.shut()


async def test_digits_go_and_come_by_packets(world: World) -> None:
    near, far = world.pair(dtmf_pt=101)
    assert near.udp_port % 2 == 0
    assert (near.address, near.udp_port) != (far.address, far.udp_port)
    near.send_digits("12#")
    world.run(100)
    assert world.digits == [(far.port, "1"), (far.port, "2"), (far.port, "#")]
    assert not world.engine.port(far.port).detect & en.DETECT_DTMF
    world.media.close_timeslot(far.port)  # the leg goes, the line stays
    near.send_digits("4")
    world.run(40)
    assert len(world.digits) == 3
    assert far.stats() is not None


async def test_digits_without_events_go_as_tones(world: World) -> None:
    near, far = world.pair()
    far.inband_dtmf = True
    world.run()
    assert world.engine.port(far.port).detect & en.DETECT_DTMF
    near.send_digits("59", off_ms=100)
    world.run(120)
    assert world.digits == [(far.port, "5"), (far.port, "9")]
    far.inband_dtmf = False
    world.run()
    assert not world.engine.port(far.port).detect & en.DETECT_DTMF


async def test_a_key_of_info_stops_what_it_would_stop(world: World, tmp_path: Path) -> None:
    near, _ = world.pair()
    recorder = world.media.record(str(tmp_path / "key.wav"), key_port=near.port, keys="5")
    world.run()
    near.key("5")
    world.run(10)
    assert world.digits == [(near.port, "5")]
    assert (await recorder.done).by_key


async def test_silence_is_told(world: World) -> None:
    near, far = world.pair()
    silent: list[float] = []
    far.on_silent = silent.append
    world.run(20)
    near.hold("recvonly")
    world.run(80)
    assert silent == [0.5]
    near.hold("sendrecv")
    world.run(100)
    far.hold("inactive")
    world.run(100)
    assert silent == [0.5]


async def test_numbers_come_back_when_the_engine_has_closed_them(world: World) -> None:
    free = len(world.media._rtp_free)
    lines = [world.media.rtp_open(4) for _ in range(3)]
    world.run()
    for line in lines:
        line.close()
        line.close()
        assert line.stats() is None
    assert len(world.media._rtp_free) == free - 3
    world.run()
    assert len(world.media._rtp_free) == free
    assert world.media.rtp_lines_open() == 0
    assert world.engine.ports() == []


async def test_a_port_that_is_taken_is_passed_over_or_refused(world: World) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        first = world.media._rtp_free[0]
        taken.bind(("127.0.0.1", PLACE.first_port + 2 * (first - en.TS_PORTS) + 1))
        world.media.rtp_open(4, on_refused=world.errors.append)
        world.run()
        assert world.errors == [errno.EADDRINUSE]
        world.media._rtp_free.remove(first)
        world.media._rtp_free.appendleft(first)
        world.media.rtp_place = RtpPlace("127.0.0.1", "::1", first_port=PLACE.first_port)
        line = world.media.rtp_open(4, on_refused=world.errors.append)
        assert line.port != first
        world.run()
        assert len(world.errors) == 1


async def test_all_lines_are_in_use(world: World) -> None:
    world.media._rtp_free.clear()
    with pytest.raises(MediaFullError):
        world.media.rtp_open(4)


async def test_lines_go_on_without_control_and_are_taken_over(world: World) -> None:
    near, far = world.pair(dtmf_pt=101)
    world.media.let_go()
    assert not near.is_open
    world.engine.tick(50)
    before, port = far.port, far.udp_port
    world.plane()
    world.engine.events()
    adopted = world.media.rtp_adopt(before)
    assert adopted is not None
    assert (adopted.udp_port, adopted.address) == (port, "127.0.0.1")
    assert world.media.rtp_adopt(before) is None
    assert world.media.rtp_adopt(en.TS_PORTS + 2000) is None
    world.hook(adopted)
    adopted.send_digits("7")
    world.run(50)
    world.media.close_port(near.port)  # nobody took it: recovery closes it
    world.run()
    assert near.port in world.media._rtp_free
    row = adopted.stats()
    assert row is not None
    assert row.remote_packets > 40


async def test_the_engine_dies(world: World) -> None:
    world.pair()
    world.media.detach()
    assert world.errors[0] == errno.ENODEV
    assert world.media.rtp_lines_open() == 0
    with pytest.raises(MediaFullError):
        world.media.rtp_open(4)
    world.run()


@pytest.mark.parametrize("suite", sorted(en.SRTP_SUITES))
async def test_srtp(world: World, suite: str) -> None:
    octets = en.SRTP_SUITES[suite][1]
    ours, theirs = bytes(range(octets)), bytes(range(100, 100 + octets))
    near, far = world.media.rtp_open(4), world.media.rtp_open(4)
    for line, other, keys in ((near, far, (ours, theirs)), (far, near, (theirs, ours))):
        line.set_remote(
            "127.0.0.1", other.udp_port, codec="ulaw", payload_type=0, receive={0: "ulaw"}, srtp=(suite, *keys), dtmf_pt=101
        )
        world.hook(line)
    world.run(20)
    near.send_digits("8")
    world.run(160)
    assert world.digits == [(far.port, "8")]
    row = far.stats()
    assert row is not None
    assert row.state & en.RTP_STATE_SECURE
    assert row.remote_packets > 50
    assert row.unauthentic == row.lost == row.invalid == 0
    near.set_remote(  # another key on one side alone: nothing of it is heard
        "127.0.0.1", far.udp_port, codec="ulaw", payload_type=0, receive={0: "ulaw"}, srtp=(suite, theirs, ours), dtmf_pt=101
    )
    world.run(200)
    row = far.stats()
    assert row is not None
    assert row.unauthentic > 50


async def test_keys_by_dtls(world: World) -> None:
    """Two lines agree on keys in their own media path; no sound goes before, and none when the fingerprint is another's."""
    fingerprint = world.media.dtls_fingerprint()
    assert fingerprint is not None
    assert fingerprint.startswith("sha-256 ")
    lines = world.media.rtp_open(4), world.media.rtp_open(4)
    secure: list[tuple[int, int]] = []
    for line, other, role in ((*lines, "active"), (*lines[::-1], "passive")):
        line.on_event = lambda event: secure.append((event.type, event.a0)) if event.type == en.EV_RTP_SECURE else None
        line.set_remote(
            "127.0.0.1", other.udp_port, codec="alaw", payload_type=8, receive={8: "alaw"}, dtmf_pt=101, dtls=(role, fingerprint)
        )  # fmt: skip
        world.hook(line)
    for _ in range(300):
        world.run(10)
        if len(secure) == 2:
            break
    assert secure == [(en.EV_RTP_SECURE, 1)] * 2
    lines[0].send_digits("6")
    world.run(200)
    assert world.digits == [(lines[1].port, "6")]
    for line in lines:
        row = line.stats()
        assert row is not None
        assert row.state & en.RTP_STATE_SECURE
        assert row.remote_packets > 80
        assert row.strange == row.unauthentic == row.invalid == 0
    lines[0].set_remote(  # said again: keys go on
        "127.0.0.1", lines[1].udp_port, codec="ulaw", payload_type=0, receive={8: "alaw", 0: "ulaw"}, dtls=("active", fingerprint)
    )
    lines[1].set_remote(
        "127.0.0.1", lines[0].udp_port, codec="alaw", payload_type=8, receive={8: "alaw", 0: "ulaw"}, dtls=("passive", fingerprint)
    )
    world.run(150)
    row = lines[1].stats()
    assert row is not None
    assert row.remote_codec == "PCMU"
    assert row.unauthentic == 0
    assert len(secure) == 2


async def test_a_certificate_of_somebody_else_is_not_believed(world: World) -> None:
    fingerprint = world.media.dtls_fingerprint()
    assert fingerprint is not None
    strange = fingerprint[:-2] + ("00" if fingerprint[-2:] != "00" else "01")
    lines = world.media.rtp_open(4), world.media.rtp_open(4)
    secure: list[tuple[int, int]] = []
    for line, other, role, believed in ((*lines, "active", strange), (*lines[::-1], "passive", fingerprint)):
        line.on_event = lambda event: secure.append((event.port, event.a0)) if event.type == en.EV_RTP_SECURE else None
        line.set_remote(
            "127.0.0.1", other.udp_port, codec="alaw", payload_type=8, receive={8: "alaw"}, dtls=(role, believed)
        )  # fmt: skip
    for _ in range(300):
        world.run(10)
        if secure:
            break
    world.run(100)
    assert (lines[0].port, 0) in secure
    assert (lines[0].port, 1) not in secure
    for line in lines:
        row = line.stats()
        assert row is not None
        assert row.remote_packets == 0


async def test_session_descriptions_with_dtls(world: World) -> None:
    """Offer and answer of two calls, and what they set agrees on keys."""
    wish = Wish(Capability(("alaw",), srtp="dtls"))
    caller, called = (SipVoice(world.media.rtp_open(4), "127.0.0.1", wish) for _ in range(2))
    secure: list[int] = []
    for voice in (caller, called):
        voice.line.on_event = lambda event: secure.append(event.a0) if event.type == en.EV_RTP_SECURE else None  # type: ignore[attr-defined]
    offer = caller.offer()
    assert b"UDP/TLS/RTP/SAVP" in offer
    caller.take_answer(called.answer(offer))
    for _ in range(300):
        world.run(10)
        if len(secure) == 2:
            break
    assert secure == [1, 1]
    world.run(100)
    for voice in (caller, called):
        row = voice.line.stats()  # type: ignore[attr-defined]
        assert row.state & en.RTP_STATE_SECURE
        assert row.remote_packets > 30
