"""Echo cancellers in the engine: a far side that sends back what it hears, 10 dB lower, beside a voice of its own."""

from __future__ import annotations

import errno
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from xunhu._media import engine as media
from xunhu._media.engine import Engine

NEAR, FAR = 1, 33  # timeslot 1 of the two spans of a loop
POOL = media.LINE_PORTS
Samples = NDArray[np.int16]


def noise(seed: int, seconds: float, rms: float) -> Samples:
    return np.clip(np.random.default_rng(seed).normal(0, rms, int(8000 * seconds)), -32767, 32767).astype(np.int16)


def dbm0(samples: Samples) -> float:
    return float(20 * np.log10(max(np.sqrt(np.mean(np.square(samples, dtype=float))), 1e-3) * np.sqrt(2) / 22779))


class Line:
    """Both ends of a timeslot in one engine; `says` plays to the line at NEAR, `answers` is a voice at FAR."""

    def __init__(self, folder: Path, *, threads: int = 1, echo_db: float = -10.0) -> None:
        self.folder = folder
        self.engine = Engine([{"number": 0, "driver": "loop", "peer": 1}], threads=threads)
        self.next = POOL
        for port in (NEAR, FAR):
            self.engine.ts_open(port)
        self.engine.connect(FAR, FAR, gain_db=echo_db)
        self.engine.tick()

    def play(self, to: int, samples: Samples) -> None:
        path = self.folder / f"play{self.next}.wav"
        with wave.open(str(path), "wb") as f:
            f.setnchannels(1)
            f.setsampwidth(2)
            f.setframerate(8000)
            f.writeframes(samples.astype("<i2").tobytes())
        self.engine.play(self.next, [str(path)])
        self.engine.connect(self.next, to)
        self.next += 1

    def hear(self, seconds: float) -> Samples:
        """What those who listen to NEAR get in this time."""
        path, port = self.folder / f"heard{self.next}.wav", self.next
        self.next += 1
        self.engine.record(port, str(path), fmt=media.REC_PCM16)
        self.engine.connect(NEAR, port)
        self.engine.tick(round(seconds * 100))
        self.engine.close(port)
        self.engine.tick(2)
        with wave.open(str(path), "rb") as f:
            return np.frombuffer(f.readframes(f.getnframes()), "<i2")


def test_echo_goes_and_the_far_voice_stays(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.play(NEAR, noise(1, 6.5, 2000))
    assert dbm0(line.hear(0.5)) == pytest.approx(dbm0(noise(1, 1, 2000)) - 10, abs=1)
    line.engine.echo(NEAR, 128, nlp=False)
    line.hear(2.0)
    left = dbm0(line.hear(1.0))
    state = line.engine.echo_state(NEAR)
    assert state is not None
    assert left < dbm0(noise(1, 1, 2000)) - 40
    assert state.erl_db == pytest.approx(10, abs=1.5)
    assert 0 <= state.delay_ms <= 30
    voice = noise(2, 1.0, 2000)
    line.play(FAR, voice)
    both = line.hear(0.9)
    assert dbm0(both) == pytest.approx(dbm0(voice), abs=1)


def test_no_canceller_no_state(tmp_path: Path) -> None:
    line = Line(tmp_path)
    assert line.engine.echo_state(NEAR) is None
    line.engine.echo(NEAR, 64)
    line.engine.tick()
    assert line.engine.echo_state(NEAR) is not None
    line.engine.echo(NEAR, 0)
    line.engine.tick()
    assert line.engine.echo_state(NEAR) is None
    line.engine.echo(NEAR, 64)
    line.engine.close(NEAR)
    line.engine.tick()
    assert line.engine.echo_state(NEAR) is None


def test_refused(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.engine.echo(2, 64)
    line.engine.tick()
    refused = [e for e in line.engine.events() if e.type == media.EV_REFUSED]
    assert [e.a0 for e in refused] == [errno.ENOENT]
    for tail in (-1, 1, 7, 129):
        with pytest.raises(ValueError, match="tail_ms"):
            line.engine.echo(NEAR, tail)
    with pytest.raises(ValueError, match="port"):
        line.engine.echo(POOL, 64)


def test_own_digits_that_come_back_are_not_heard(tmp_path: Path) -> None:
    """A prompt with keys in it, or the digits we dial, must not act as if the caller had pressed them."""

    def digits(cancel: bool) -> str:
        folder = tmp_path / str(cancel)
        folder.mkdir()
        line = Line(folder)
        line.engine.detect(NEAR, media.DETECT_DTMF)
        if cancel:
            line.engine.echo(NEAR, 64)
        line.play(NEAR, noise(3, 2.0, 2000))
        line.engine.tick(220)
        line.engine.events()
        line.engine.dtmf(POOL + 500, "159", level_dbm0=-8.0)
        line.engine.connect(POOL + 500, NEAR)
        line.engine.tick(100)
        return "".join(chr(e.a0) for e in line.engine.events() if e.type == media.EV_DIGIT)

    assert digits(cancel=False) == "159"
    assert digits(cancel=True) == ""


def test_bridged_line_is_cancelled_too(tmp_path: Path) -> None:
    """Two timeslots connected with each other, which else are copied octet for octet: the one talking does not hear himself."""
    engine = Engine([{"number": 0, "driver": "loop", "peer": 1}])
    a, b, far_a, far_b = 1, 2, 33, 34
    for port in (a, b, far_a, far_b):
        engine.ts_open(port)
    engine.connect(a, b)
    engine.connect(b, a)
    engine.connect(far_b, far_b, gain_db=-8.0)
    engine.echo(b, 128)
    line = Line.__new__(Line)
    line.folder, line.engine, line.next = tmp_path, engine, POOL
    engine.tick()
    line.play(far_a, noise(5, 4.0, 3000))
    engine.tick(250)
    path = tmp_path / "back.wav"
    engine.record(POOL + 9, str(path), fmt=media.REC_PCM16)
    engine.connect(far_a, POOL + 9)
    engine.tick(100)
    engine.close(POOL + 9)
    engine.tick(2)
    with wave.open(str(path), "rb") as f:
        back = np.frombuffer(f.readframes(f.getnframes()), "<i2")
    assert dbm0(back) < dbm0(noise(5, 1, 3000)) - 40


@pytest.mark.parametrize("threads", [2, 4])
def test_several_threads_give_the_same(tmp_path: Path, threads: int) -> None:
    def run(folder: Path, count: int) -> bytes:
        folder.mkdir()
        engine = Engine([{"number": 0, "driver": "loop", "peer": 1}, {"number": 2, "driver": "loop", "peer": 3}], threads=count)
        ports = [span * 32 + t for span in range(4) for t in range(1, 32)]
        for port in ports:
            engine.ts_open(port)
            engine.connect(port, port, gain_db=-6.0)
            engine.echo(port, 64)
        engine.tone(POOL, [(440.0, 620.0, -13.0, -16.0, 0)])
        for port in ports[::3]:
            engine.connect(POOL, port)
        engine.tick(50)
        engine.record(POOL + 1, str(folder / "mix.wav"), fmt=media.REC_PCM16)
        for port in ports[::5]:
            engine.connect(port, POOL + 1, gain_db=-12.0)
        engine.tick(100)
        engine.close(POOL + 1)
        engine.tick(2)
        assert not [e for e in engine.events() if e.type == media.EV_REFUSED]
        engine.shut()
        return (folder / "mix.wav").read_bytes()

    assert run(tmp_path / "one", 1) == run(tmp_path / "more", threads)


def test_number_of_threads_is_checked() -> None:
    for threads in (0, 17, 1.5, True):
        with pytest.raises(ValueError, match="threads"):
            Engine([], threads=threads)  # type: ignore[arg-type]
