"""Players and recorders of the engine: places, speed, pauses, silence; and file servers that do not answer."""

from __future__ import annotations

import errno
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from xunhu._media import engine as media
from xunhu._media import files
from xunhu._media.engine import Engine, Event

LOOP = [{"number": 0, "driver": "loop", "peer": 1}]
POOL = media.LINE_PORTS
Samples = npt.NDArray[np.int16]


def ramp(n: int, start: int = 0) -> Samples:
    return ((np.arange(n) + start) % 20000 + 1).astype(np.int16)


def tone(n: int, level: int = 8000) -> Samples:
    return (level * np.sin(np.arange(n) * 2 * np.pi * 440 / 8000)).astype(np.int16)


def prompt(path: Path, samples: Samples) -> str:
    files.write_wav(path, samples)
    return str(path)


def recorded(path: Path) -> Samples:
    return np.array(files.read_wav(path)[1], dtype=np.int16)


def of_type(events: list[Event], kind: int) -> list[Event]:
    assert not [event for event in events if event.type == media.EV_REFUSED], events
    return [event for event in events if event.type == kind]


class Desk:
    """An engine whose player is heard by a recorder."""

    def __init__(self, folder: Path) -> None:
        self.engine = Engine(LOOP)
        self.out = folder / "out.wav"

    def listen(self, player: int = POOL) -> None:
        self.engine.record(POOL + 1, str(self.out), fmt=media.REC_PCM16)
        self.engine.connect(player, POOL + 1)

    def heard(self) -> Samples:
        self.engine.close(POOL + 1)
        self.engine.tick(2)
        return recorded(self.out)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_seek_skip_speed_gain_by_command(desk: Desk, tmp_path: Path) -> None:
    a, b = prompt(tmp_path / "a.wav", ramp(16000)), prompt(tmp_path / "b.wav", ramp(16000, 7))
    e = desk.engine
    e.play(POOL, [a, b])
    desk.listen()
    e.tick(10)
    assert e.media(POOL) == media.MediaRow(0, 100, 2000, 100)
    e.play_seek(POOL, 1000)
    e.tick(1)
    e.play_seek(POOL, 500, relative=True)
    e.tick(10)
    assert e.media(POOL).position_ms == pytest.approx(1600, abs=20)
    e.play_skip(POOL, 1)
    e.tick(10)
    assert e.media(POOL).file == 1
    e.play_skip(POOL, -1)
    e.tick(5)
    assert e.media(POOL).file == 0
    e.play_speed(POOL, 200)
    e.tick(20)
    assert e.media(POOL).speed == 200
    assert e.media(POOL).position_ms == pytest.approx(440, abs=40)
    e.play_speed(POOL, 100)
    e.play_gain(POOL, -20.0)
    e.tick(5)
    assert of_type(e.events(), media.EV_PLAYED) == []
    heard = desk.heard()
    assert np.array_equal(heard[:800], ramp(800))


def test_a_paused_player_keeps_its_place(desk: Desk, tmp_path: Path) -> None:
    e = desk.engine
    e.play(POOL, [prompt(tmp_path / "a.wav", ramp(16000))])
    desk.listen()
    e.tick(10)
    e.pause(POOL, True)
    e.tick(2000)
    assert e.media(POOL).position_ms == 100
    e.pause(POOL, False)
    e.tick(10)
    heard = desk.heard()
    assert np.array_equal(heard[800 + 160000 : 1600 + 160000], ramp(800, 800))


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (lambda e: e.play_seek(POOL, 0), errno.ENOENT),
        (lambda e: e.play_skip(POOL, 1), errno.ENOENT),
        (lambda e: e.play_speed(POOL, 100), errno.ENOENT),
        (lambda e: e.play_gain(POOL, 0.0), errno.ENOENT),
        (lambda e: e.record_start(POOL, "/x"), errno.ENOENT),
        (lambda e: e.record_pause(POOL, 1), errno.ENOENT),
    ],
)
def test_commands_to_nobody_are_refused(command, error, desk: Desk) -> None:
    command(desk.engine)
    desk.engine.tick(1)
    (event,) = desk.engine.events()
    assert (event.type, event.a0) == (media.EV_REFUSED, error)


def test_bad_arguments(desk: Desk) -> None:
    e = desk.engine
    for call in (
        lambda: e.play_speed(POOL, 49),
        lambda: e.play_speed(POOL, 201),
        lambda: e.play_gain(POOL, 19.0),
        lambda: e.play_skip(POOL, 20_000),
        lambda: e.record(POOL, "/x", preroll_s=1.0),
        lambda: e.record(POOL, None, preroll_s=121.0),
        lambda: e.record(POOL, "/x", fmt=99),
        lambda: e.record(POOL, "/x", sync_s=-1),
        lambda: e.record_pause(POOL, 3),
        lambda: e.media(5),
    ):
        with pytest.raises(ValueError, match=r"."):
            call()


# -- recorders ------------------------------------------------------------------------------------------------


def fed(tmp_path: Path, samples: Samples) -> Engine:
    engine = Engine(LOOP)
    engine.play(POOL, [prompt(tmp_path / "in.wav", samples)])
    return engine


def test_masking(tmp_path: Path) -> None:
    """A card number: silence in its place, or left out."""
    for how, length in ((media.REC_SILENCE, 8000), (media.REC_LEAVE_OUT, 6400)):
        engine = fed(tmp_path, ramp(8000))
        out = tmp_path / f"out{how}.wav"
        engine.record(POOL + 1, str(out), fmt=media.REC_PCM16)
        engine.connect(POOL, POOL + 1)
        engine.tick(40)
        engine.record_pause(POOL + 1, how)
        engine.tick(20)
        engine.record_pause(POOL + 1, media.REC_GO_ON)
        engine.tick(40)
        engine.close(POOL + 1)
        engine.tick(2)
        x = recorded(out)
        assert len(x) == length
        expected = ramp(8000)
        expected[3200:4800] = 0
        assert np.array_equal(x, expected if how == media.REC_SILENCE else np.delete(expected, np.s_[3200:4800]))


def test_silence_before_and_behind_the_first_word(tmp_path: Path) -> None:
    """Nothing said for lead_s, or silent for silence_s after a word: the first is told apart."""
    for sound, ms, heard in ((0, 3000, 0), (4000, 1500, 1)):
        engine = fed(
            tmp_path, np.concatenate([np.zeros(8000, dtype=np.int16), tone(sound), np.zeros(80000, dtype=np.int16)])
        )
        out = tmp_path / f"{sound}.wav"
        engine.record(POOL + 1, str(out), silence_s=1.5, lead_s=3.0)
        engine.connect(POOL, POOL + 1)
        engine.tick(600)
        (event,) = of_type(engine.events(), media.EV_RECORDED)
        assert (event.a0, event.a1) == (media.END_SILENCE, heard)
        assert event.samples == pytest.approx((8000 + sound if sound else 0) + ms * 8, abs=160)


def test_cut_silence_by_command(tmp_path: Path) -> None:
    engine = fed(tmp_path, np.concatenate([tone(8000), np.zeros(80000, dtype=np.int16)]))
    engine.record(POOL + 1, str(tmp_path / "out.wav"), silence_s=3.0, cut_silence=True)
    engine.connect(POOL, POOL + 1)
    engine.tick(600)
    (event,) = of_type(engine.events(), media.EV_RECORDED)
    assert event.a0 == media.END_SILENCE
    assert event.samples == pytest.approx(8000 + 1600, abs=160)


def test_a_click_is_no_word(tmp_path: Path) -> None:
    x = np.zeros(80000, dtype=np.int16)
    x[8000:8050] = 20000
    engine = fed(tmp_path, x)
    engine.record(POOL + 1, str(tmp_path / "out.wav"), silence_s=5.0, lead_s=2.0)
    engine.connect(POOL, POOL + 1)
    engine.tick(300)
    (event,) = of_type(engine.events(), media.EV_RECORDED)
    assert (event.a1, event.samples) == (0, 16000)


def test_preroll_by_command(tmp_path: Path) -> None:
    engine = fed(tmp_path, ramp(40000))
    engine.record(POOL + 1, None, fmt=media.REC_PCM16, preroll_s=2.0, longest_s=4.0)
    engine.connect(POOL, POOL + 1)
    engine.tick(300)
    engine.record_start(POOL + 1, str(tmp_path / "out.wav"))
    engine.tick(150)
    engine.close(POOL + 1)
    engine.tick(2)
    assert np.array_equal(recorded(tmp_path / "out.wav"), ramp(16000 + 12000, 8000))


def test_preroll_takes_a_bounded_memory() -> None:
    """120 s of two tracks are 3.84 MB; all together 256 MiB."""
    engine = Engine(LOOP)
    for i in range(100):
        engine.record(POOL + i, None, tracks=2, preroll_s=120.0)
    engine.tick(2)
    refused = [event for event in engine.events() if event.type == media.EV_REFUSED]
    assert 25 < len(refused) < 40
    assert {event.a0 for event in refused} == {errno.ENOMEM}
    for i in range(100 - len(refused)):
        engine.close(POOL + i)
    engine.tick(3)
    engine.events()
    engine.record(POOL, None, tracks=2, preroll_s=120.0)
    engine.tick(2)
    assert engine.events() == []


def test_several_recorders_on_a_port(tmp_path: Path) -> None:
    engine = fed(tmp_path, ramp(8000))
    for i in range(1, 6):
        engine.record(POOL + i, str(tmp_path / f"{i}.wav"), fmt=media.REC_PCM16)
        engine.connect(POOL, POOL + i)
    engine.tick(100)
    for i in range(1, 6):
        engine.close(POOL + i)
    engine.tick(2)
    for i in range(1, 6):
        assert np.array_equal(recorded(tmp_path / f"{i}.wav"), ramp(8000))


# -- file servers that do not answer, on the virtual clock -------------------------------------------------------


def test_a_dead_file_server_is_told_and_nobody_else_waits(desk: Desk, tmp_path: Path) -> None:
    """Players there: ETIMEDOUT after five seconds; the one on the local disk misses nothing."""
    dead = tmp_path / "mount"
    dead.mkdir()
    names = [prompt(dead / f"{i}.wav", ramp(800)) for i in range(50)]
    e = desk.engine
    e.pretend_stall(str(dead))
    e.play(POOL, [prompt(tmp_path / "good.wav", ramp(64000))])
    desk.listen()
    for i, name in enumerate(names):
        e.play(POOL + 10 + i, [name])
    e.tick(499)
    assert of_type(e.events(), media.EV_PLAYED) == []
    e.tick(2)
    ended = of_type(e.events(), media.EV_PLAYED)
    assert len(ended) == 50
    assert {(event.a0, event.a2, event.samples) for event in ended} == {(media.END_ERROR, errno.ETIMEDOUT, 0)}
    e.tick(250)
    assert np.array_equal(desk.heard()[:59000], ramp(59000))
    e.pretend_stall(None)


def test_a_recording_to_a_dead_file_server(tmp_path: Path) -> None:
    """Begun, then the server dies: told within seven seconds, the call's other recorder goes on; it comes back and the file is whole."""
    dead = tmp_path / "mount"
    dead.mkdir()
    engine = fed(tmp_path, ramp(120000))
    for port, folder in ((POOL + 1, dead), (POOL + 2, tmp_path)):
        engine.record(port, str(folder / "r.wav"), fmt=media.REC_PCM16)
        engine.connect(POOL, port)
    engine.tick(100)
    engine.pretend_stall(str(dead))
    engine.tick(750)
    (event,) = of_type(engine.events(), media.EV_RECORDED)
    assert (event.port, event.a0, event.a2) == (POOL + 1, media.END_ERROR, errno.ETIMEDOUT)
    engine.tick(200)
    engine.pretend_stall(None)
    engine.tick(10)
    engine.close(POOL + 2)
    engine.tick(3)
    assert np.array_equal(recorded(tmp_path / "r.wav")[:80000], ramp(80000))
    x = recorded(dead / "r.wav")
    assert len(x) > 24000  # what was in the ring, then silence for what was lost
    assert np.array_equal(x[:24000], ramp(24000))
    assert not x[25000:].any()


def test_closing_what_waits_for_a_dead_server(tmp_path: Path) -> None:
    """Players that have nothing open go at once, however many: their slots are not used up."""
    dead = tmp_path / "mount"
    dead.mkdir()
    name = prompt(dead / "a.wav", ramp(800))
    engine = Engine(LOOP)
    engine.pretend_stall(str(dead))
    for _ in range(8):
        for i in range(400):
            engine.play(POOL + i, [name])
        engine.tick(2)
        for i in range(400):
            engine.close(POOL + i)
        engine.tick(2)
        assert len(of_type(engine.events(), media.EV_CLOSED)) == 400


# -- the same with real threads ------------------------------------------------------------------------------------


class Listener:
    """Events as they come, until there are enough of a kind."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.events: list[Event] = []

    def wait(self, kind: int, count: int, seconds: float = 15.0) -> list[Event]:
        end = time.monotonic() + seconds
        while True:
            self.events += self.engine.events()
            found = [event for event in self.events if event.type == kind]
            if len(found) >= count or time.monotonic() > end:
                return found
            time.sleep(0.01)


@pytest.mark.parametrize("network", [True, False])
def test_threads_that_are_stuck_hold_up_nobody(network: bool, tmp_path: Path) -> None:
    """Workers sleep where the kernel would; other players and recorders go on, and what is stuck is told."""
    dead = tmp_path / "mount"
    dead.mkdir()
    names = [prompt(dead / f"{i}.wav", ramp(800)) for i in range(20 if network else 4)]
    good = prompt(tmp_path / "good.wav", ramp(4000))
    engine = Engine(LOOP)
    engine.pretend_stall(str(dead), network=network)
    engine.start()
    listener = Listener(engine)
    try:
        for i, name in enumerate(names):
            engine.play(POOL + 10 + i, [name])
        time.sleep(0.1)
        for i in range(6):
            engine.play(POOL + 100 + i, [good])
        engine.record(POOL + 200, str(tmp_path / "r.wav"), longest_s=1.0)
        played = listener.wait(media.EV_PLAYED, 6)
        assert {(event.port, event.a0) for event in played} == {(POOL + 100 + i, media.END_DONE) for i in range(6)}
        assert listener.wait(media.EV_FILES, 1)[0].a0 > 0
        ended = listener.wait(media.EV_PLAYED, 6 + len(names))[6:]
        assert {event.a2 for event in ended} == {errno.ETIMEDOUT}
        assert engine.stats()["file_workers"] <= 32
    finally:
        engine.pretend_stall(None)
        engine.stop()
    assert len(recorded(tmp_path / "r.wav")) == 8000


def test_the_engine_ends_with_a_thread_that_never_comes_back(tmp_path: Path) -> None:
    dead = tmp_path / "mount"
    dead.mkdir()
    engine = Engine(LOOP)
    engine.pretend_stall(str(dead))
    engine.start()
    engine.record(POOL, str(dead / "r.wav"))
    engine.record(POOL + 1, str(tmp_path / "r.wav"))
    time.sleep(0.3)
    begin = time.monotonic()
    engine.shut()
    assert time.monotonic() - begin < 10
    assert len(recorded(tmp_path / "r.wav")) > 0
