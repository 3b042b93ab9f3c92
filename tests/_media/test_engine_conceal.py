"""A voice over a line of packets of which some are lost: what the engine records with concealment, beside what it does without."""

from __future__ import annotations

import errno
import socket
import struct
import wave
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from plc_sounds import loudness_error, segmental_snr, spectral_distance, speech

from xunhu._media import engine as media
from xunhu._media import g711
from xunhu._media.engine import Engine

VOICE, DATA, OUT = 3, 4, 7  # timeslots
POOL = media.LINE_PORTS
Octets = NDArray[np.uint8]


class FarEnd:
    """A gateway that sends RFC 5086 packets of `frames` E1 frames, one octet string in all 31 timeslots."""

    def __init__(self, frames: int) -> None:
        self.frames = frames
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:  # a port that is free for the engine
            s.bind(("127.0.0.1", 0))
            self.to = s.getsockname()
        self.sequence = 0

    def close(self) -> None:
        self.socket.close()

    def row(self) -> dict[str, object]:
        local, remote = (f"127.0.0.1:{a[1]}" for a in (self.to, self.socket.getsockname()))
        return {"number": 0, "driver": "ces", "local": local, "remote": remote, "frames": self.frames, "jitter_ms": 20}

    def send(self, octets: Octets, lost: bool) -> None:
        if not lost:
            head = struct.pack(">BBH", 0, 0, self.sequence & 0xFFFF)
            self.socket.sendto(head + np.repeat(octets, 31).tobytes(), self.to)
        self.sequence += 1

    def received(self, timeslot: int) -> bytes:
        """What has come in a timeslot since the last time."""
        out = bytearray()
        self.socket.setblocking(False)
        while True:
            try:
                out += self.socket.recv(2000)[4 + timeslot - 1 :: 31]
            except BlockingIOError:
                return bytes(out)


@contextmanager
def shutting(engine: Engine) -> Iterator[Engine]:
    yield engine
    engine.shut()


@pytest.fixture(params=[40, 8])
def far(request: pytest.FixtureRequest) -> Iterator[FarEnd]:
    with closing(FarEnd(request.param)) as far:
        yield far


def run(far: FarEnd, engine: Engine, octets: Octets, lost: NDArray[np.bool_]) -> None:
    """Packets and ticks in step."""
    packets = octets.reshape(-1, far.frames)
    a_tick = 80 // far.frames
    for at in range(0, len(packets), a_tick):
        for i in range(at, at + a_tick):
            far.send(packets[i], bool(lost[i]))
        engine.tick()


def recorder(engine: Engine, port: int, source: int, path: Path) -> None:
    engine.record(port, str(path), fmt=media.REC_PCM16)
    engine.connect(source, port)


def samples(path: Path) -> NDArray[np.int16]:
    with wave.open(str(path)) as w:
        return np.frombuffer(w.readframes(w.getnframes()), np.int16)


def test_two_per_cent_lost(tmp_path: Path, far: FarEnd) -> None:
    octets = np.frombuffer(bytes(g711.alaw_encode(speech("en-gb", 12.0))), np.uint8)
    octets = octets[: len(octets) // 80 * 80]
    packets = len(octets) // far.frames
    lost = np.random.default_rng(2).random(packets) < 0.02
    lost[: 480 // far.frames] = False
    with shutting(Engine([far.row()])) as engine:
        for port in (VOICE, DATA, OUT):
            engine.ts_open(port)
        engine.conceal(VOICE, True)
        engine.connect(VOICE, OUT)  # octet for octet
        recorder(engine, POOL, VOICE, tmp_path / "voice.wav")
        recorder(engine, POOL + 1, DATA, tmp_path / "data.wav")
        run(far, engine, octets, lost)
        voice, data = engine.concealed(VOICE), engine.concealed(DATA)
        assert voice is not None
        assert engine.stats()["concealed"] == voice.samples
        engine.close(POOL)
        engine.close(POOL + 1)
        engine.tick(3)
    heard, held = samples(tmp_path / "voice.wav"), samples(tmp_path / "data.wav")
    # the jitter buffer's delay: what went out begins so many samples later in the recording
    truth = np.array(g711.alaw_decode(octets.tobytes()), np.int16)
    delay = next(d for d in range(0, 800) if np.array_equal(held[d + 240 : d + 400], truth[240:400]))
    n = len(held) - delay
    truth, heard, held = truth[:n], heard[delay:], held[delay:]
    gone = np.repeat(lost, far.frames)[:n]
    silent = np.where(gone, 0, truth).astype(np.int16)
    assert data is None
    assert abs(voice.samples - int(gone.sum())) <= 80
    assert voice.holes == int(np.count_nonzero(np.diff(gone.astype(int)) == 1))
    for worse in (silent, held):
        assert segmental_snr(truth, heard) > segmental_snr(truth, worse) + 1.0
        assert spectral_distance(truth, heard) < 0.8 * spectral_distance(truth, worse)
        assert loudness_error(truth, heard) < 0.8 * loudness_error(truth, worse)
    kept = ~gone
    for at in np.flatnonzero(np.diff(gone.astype(int)) == -1):
        kept[at : at + 31] = False
    assert np.array_equal(heard[kept], truth[kept])


def test_who_gets_the_octets_unchanged_gets_the_same(tmp_path: Path) -> None:
    """A bridge of two spans at one law copies octets; what is lost is concealed in them as well."""
    with closing(FarEnd(40)) as far, closing(FarEnd(40)) as other:
        row = other.row() | {"number": 1}
        engine = Engine([far.row(), row])
        engine.ts_open(VOICE)
        engine.ts_open(32 + OUT)
        engine.conceal(VOICE, True)
        engine.connect(VOICE, 32 + OUT)
        recorder(engine, POOL, VOICE, tmp_path / "voice.wav")
        octets = np.frombuffer(bytes(g711.alaw_encode(speech("de", 2.0))), np.uint8)
        sent = bytearray()
        for at in range(0, len(octets), 1600):
            run(far, engine, octets[at : at + 1600], np.arange(40) == 39)
            sent += other.received(OUT)
        engine.shut()
        heard = samples(tmp_path / "voice.wav")
        out = np.array(g711.alaw_decode(bytes(sent)), np.int16)
        assert len(out) > 14000
        early = next(d for d in range(400) if np.array_equal(heard[d + 6000 : d + 7000], out[6000:7000]))
        n = min(len(out), len(heard) - early)
        assert np.array_equal(out[:n], heard[early : early + n])
        assert np.abs(out[8000:12000].astype(int)).max() > 1000


def test_line_goes_and_comes_back(tmp_path: Path) -> None:
    """A line that is gone is silent after 60 ms, and the silence is not counted."""
    with closing(FarEnd(40)) as far, shutting(Engine([far.row()])) as engine:
        engine.ts_open(VOICE)
        engine.conceal(VOICE, True)
        recorder(engine, POOL, VOICE, tmp_path / "voice.wav")
        octets = np.frombuffer(bytes(g711.alaw_encode(speech("fr", 4.0))), np.uint8)[:32000]
        lost = np.zeros(800, bool)
        lost[400:500] = True  # half a second
        run(far, engine, octets, lost)
        assert engine.concealed(VOICE) == (1, 480)
        engine.close(POOL)
        engine.tick(3)
    heard = samples(tmp_path / "voice.wav")
    assert np.abs(heard[16000 + 800 : 16000 + 3600]).max() <= 8  # the least that A-law has
    assert heard[21000:].any()


def test_refused(tmp_path: Path) -> None:
    with closing(FarEnd(40)) as far, shutting(Engine([far.row()])) as engine:
        engine.conceal(VOICE, True)
        engine.tick()
        assert [e.a0 for e in engine.events() if e.type == media.EV_REFUSED] == [errno.ENOENT]
        engine.ts_open(VOICE)
        engine.conceal(VOICE, True)
        engine.tick()
        assert engine.concealed(VOICE) == (0, 0)
        engine.conceal(VOICE, False)
        engine.tick()
        assert engine.concealed(VOICE) is None
        engine.conceal(VOICE, True)
        engine.close(VOICE)
        engine.tick()
        assert engine.concealed(VOICE) is None
        with pytest.raises(ValueError, match="port"):
            engine.conceal(POOL, True)
        with pytest.raises(ValueError, match="port"):
            engine.concealed(POOL)
