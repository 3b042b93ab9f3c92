"""Conferences in the engine: who hears whom, bit for bit; who is heard; who has the floor."""

import errno
import struct
import tempfile
import wave
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from progress_sounds import speech

from xunhu._media import engine as media
from xunhu._media import g711
from xunhu._media.engine import Engine, Event

POOL = media.LINE_PORTS
CONFERENCE = media.MAX_PORTS - 1
TICK = 80
LOOP = [{"number": 0, "driver": "loop", "peer": 1}]
CONFERENCES = 3584
Samples = NDArray[np.int16]


def loops(pairs: int) -> list[dict[str, object]]:
    return [{"number": 2 * i, "driver": "loop", "peer": 2 * i + 1} for i in range(pairs)]


def near(i: int) -> int:
    """The exchange's port number i: timeslots 1 to 31 of the even spans."""
    return (i // 31) * 64 + 1 + i % 31


def far(i: int) -> int:
    return near(i) + 32


def nothing_refused(engine: Engine) -> list[Event]:
    events = engine.events()
    assert [event for event in events if event.type == media.EV_REFUSED] == []
    return events


def send(engine: Engine, calls: list[tuple]) -> None:
    """Commands, with ticks where the ring would be full."""
    for i, (method, *arguments) in enumerate(calls):
        method(*arguments)
        if i % 4000 == 3999:
            engine.tick()


def write_pcm(path: Path, samples: Samples) -> str:
    with wave.open(str(path), "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(8000)
        f.writeframes(samples.astype("<i2").tobytes())
    return str(path)


def read_pcm(path: Path, tracks: int = 1) -> Samples:
    with wave.open(str(path), "rb") as f:
        samples = np.frombuffer(f.readframes(f.getnframes()), dtype="<i2")
    return samples.reshape(-1, tracks) if tracks > 1 else samples


def noise(seed: int, n: int, peak: int = 32767) -> Samples:
    return np.random.default_rng(seed).integers(-peak, peak + 1, n).astype(np.int16)


def amplitudes(sound: Samples, hertz: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Of the sines of these frequencies, by least squares; and the rms of what is left."""
    t = np.arange(len(sound)) * 2 * np.pi / 8000
    base = np.hstack([np.cos(np.outer(t, hertz)), np.sin(np.outer(t, hertz))])
    found, *_ = np.linalg.lstsq(base, sound.astype(float), rcond=None)
    rest = sound - base @ found
    return np.hypot(found[: len(hertz)], found[len(hertz) :]), float(np.sqrt(np.mean(rest**2)))


def test_128_parties_each_hears_all_others_not_himself_nothing_else(tmp_path: Path) -> None:
    parties = 128
    hertz = 200.0 + 25.0 * np.arange(parties) + 0.77 * (np.arange(parties) * 7 % 23)  # no tone a harmonic of many
    engine = Engine(loops(5))
    calls: list[tuple] = [(engine.conference, CONFERENCE)]
    for i in range(parties):
        calls += [(engine.ts_open, near(i)), (engine.ts_open, far(i))]
        calls += [(engine.tone, POOL + i, [(hertz[i], 0.0, -40.0, -99.0, 0)]), (engine.connect, POOL + i, far(i))]
        calls += [(engine.connect, near(i), CONFERENCE), (engine.connect, CONFERENCE, near(i))]
    send(engine, calls)
    engine.tick(10)
    for i in range(parties):
        engine.record(POOL + parties + i, str(tmp_path / f"{i}.wav"), fmt=media.REC_PCM16)
        engine.connect(far(i), POOL + parties + i)
    engine.tick(50)
    for i in range(parties):
        engine.close(POOL + parties + i)
    engine.tick(2)
    nothing_refused(engine)
    said = 22779 * 10 ** (-40 / 20)
    for i in range(parties):
        found, rest = amplitudes(read_pcm(tmp_path / f"{i}.wav"), hertz)
        others = np.delete(found, i)
        # A tone of -40 dBm0 in A-law has 14 steps a side: harmonics of 2 % each, some of which fall on tones of others
        assert abs(others - said).max() < 0.15 * said
        assert found[i] < 0.15 * said
        assert rest < 0.05 * said * np.sqrt(parties / 2)


def test_128_codes_bit_for_bit(tmp_path: Path) -> None:
    """Each sends noise of his own in A-law: what he gets is the encoded sum of all others, octet for octet."""
    parties, ticks = 128, 10
    engine = Engine(loops(5))
    codes = np.random.default_rng(4).integers(0, 256, (parties, ticks * TICK), np.uint8)
    codes[:] = np.where(np.arange(parties)[:, None] % 3, codes & 0x8F | 0x50, codes)  # two thirds are low
    calls: list[tuple] = [(engine.conference, CONFERENCE)]
    for i in range(parties):
        (tmp_path / f"{i}.al").write_bytes(codes[i].tobytes())
        calls += [(engine.ts_open, near(i)), (engine.ts_open, far(i))]
        calls += [(engine.connect, near(i), CONFERENCE), (engine.connect, CONFERENCE, near(i))]
    send(engine, calls)
    engine.tick(2)
    for i in range(parties):
        engine.play(POOL + i, [str(tmp_path / f"{i}.al")])
        engine.connect(POOL + i, far(i))
        engine.record(POOL + parties + i, str(tmp_path / f"{i}.wav"))
        engine.connect(far(i), POOL + parties + i)
    engine.tick(ticks + 4)
    send(engine, [(engine.close, POOL + parties + i) for i in range(parties)])
    engine.tick(2)
    nothing_refused(engine)
    said = np.stack([np.array(g711.alaw_decode(row.tobytes()), np.int64) for row in codes])
    for i in range(parties):
        others = np.clip(said.sum(0) - said[i], -32768, 32767).astype(np.int16)
        heard = (tmp_path / f"{i}.wav").read_bytes()[58:]
        assert heard[2 * TICK : (2 + ticks) * TICK] == g711.alaw_encode(others)


def test_no_wrap_with_128_parties_at_full_scale(tmp_path: Path) -> None:
    engine = Engine(LOOP)
    engine.conference(CONFERENCE)
    engine.record(POOL, str(tmp_path / "out.wav"), fmt=media.REC_PCM16)
    engine.connect(CONFERENCE, POOL)
    loud = np.where(np.arange(800) % 160 < 80, 32767, -32768).astype(np.int16)
    name = write_pcm(tmp_path / "in.wav", loud)
    for i in range(128):
        engine.play(POOL + 1 + i, [name])
        engine.connect(POOL + 1 + i, CONFERENCE, gain_db=18.0)
    engine.tick(10)
    engine.close(POOL)
    engine.tick(2)
    nothing_refused(engine)
    assert np.array_equal(read_pcm(tmp_path / "out.wav"), loud)


def test_2048_listeners_get_the_same_octets(tmp_path: Path) -> None:
    """128 talk; 864 timeslots and 1,184 recorders listen. The octets of the timeslots are recorded at their far ends."""
    talkers, timeslots, recorders = 128, 864, 1184
    engine = Engine(loops(32))
    send(engine, [(engine.ts_open, port) for i in range(talkers + timeslots) for port in (near(i), far(i))])
    engine.conference(CONFERENCE)
    send(engine, [(engine.connect, near(i), CONFERENCE) for i in range(talkers)])
    send(engine, [(engine.connect, CONFERENCE, near(talkers + i)) for i in range(timeslots)])
    engine.tick()
    listeners = range(timeslots + recorders)
    for i in listeners:
        engine.record(POOL + i, str(tmp_path / f"{i}.wav"))
        engine.connect(far(talkers + i) if i < timeslots else CONFERENCE, POOL + i)
        engine.tick(0 if i % 1000 else 1)
    engine.tick()
    for i in range(talkers):
        name = tmp_path / f"{i}.al"
        name.write_bytes(np.random.default_rng(i).integers(0, 0x40, 800, np.uint8).tobytes())
        engine.play(CONFERENCE - 1 - i, [str(name)])
        engine.connect(CONFERENCE - 1 - i, far(i))
    engine.tick(15)
    send(engine, [(engine.close, POOL + i) for i in listeners])
    engine.tick(3)
    nothing_refused(engine)
    heard = {bytes(octets).strip(b"\xd5") for octets in ((tmp_path / f"{i}.wav").read_bytes()[58:] for i in listeners)}
    (one,) = heard
    assert len(one) > 700


def test_3584_conferences_at_once(tmp_path: Path) -> None:
    engine = Engine(LOOP)
    ports = range(POOL + 2048, POOL + 2048 + CONFERENCES)
    send(engine, [(engine.conference, port) for port in ports])
    players = range(POOL + 1800, POOL + 1800 + 128)
    sounds = np.stack([noise(i, 400, 9000) for i in range(128)])
    pairs = [(k % 128, (k % 128 + 1 + k // 128) % 128) for k in range(CONFERENCES)]
    engine.tick()
    for r in range(CONFERENCES // 2):
        engine.record(POOL + r, str(tmp_path / f"{r}.wav"), tracks=2, fmt=media.REC_PCM16)
    engine.tick()
    for k, port in enumerate(ports):
        engine.connect(port, POOL + k // 2, track=k % 2)
        engine.tick(0 if k % 2000 else 1)
    engine.tick()
    for i, port in enumerate(players):
        engine.play(port, [write_pcm(tmp_path / f"in{i}.wav", sounds[i])])
        engine.pause(port, True)
    engine.tick()
    for k, port in enumerate(ports):
        engine.connect(players[pairs[k][0]], port)
        engine.connect(players[pairs[k][1]], port)
        engine.tick(0 if k % 1500 else 1)
    engine.tick()
    for port in players:
        engine.pause(port, False)
    engine.tick(8)
    send(engine, [(engine.close, POOL + r) for r in range(CONFERENCES // 2)])
    engine.tick(3)
    nothing_refused(engine)
    for r in range(CONFERENCES // 2):
        both = read_pcm(tmp_path / f"{r}.wav", tracks=2)
        for track in range(2):
            a, b = pairs[2 * r + track]
            start = int(np.argmax(both[:, track] != 0))
            expected = np.clip(sounds[a].astype(int) + sounds[b], -32768, 32767)
            assert np.array_equal(both[start : start + 400, track], expected)
    engine.conference(POOL + 2047)
    engine.tick()
    (event,) = engine.events()
    assert (event.type, event.a0) == (media.EV_REFUSED, errno.ENOSPC)


# -- random programs against NumPy ---------------------------------------------------------------------------------------

PARTIES = 5
GAINS = [-float("inf"), -6.0, 0.0, 0.0, 0.0, 12.0]
action = st.one_of(
    st.tuples(st.just("talk"), st.integers(0, PARTIES), st.sampled_from(GAINS)),
    st.tuples(st.just("quiet"), st.integers(0, PARTIES), st.just(0.0)),
    st.tuples(st.just("listen"), st.integers(0, PARTIES - 1), st.sampled_from(GAINS)),
    st.tuples(st.just("deaf"), st.integers(0, PARTIES - 1), st.just(0.0)),
    st.tuples(st.just("whisper"), st.integers(0, PARTIES - 1), st.sampled_from(GAINS)),
)
program = st.lists(st.lists(action, max_size=3), min_size=1, max_size=25)


def q12(gain_db: float) -> int:
    return 0 if gain_db == -float("inf") else round(4096 * 10 ** (gain_db / 20))


def scaled(sound: NDArray[np.int64], before: int, after: int) -> NDArray[np.int64]:
    gains = np.array([before + int((after - before) * (i + 1) / TICK) for i in range(TICK)], np.int64)
    return np.clip((sound * gains + 2048) >> 12, -32768, 32767)


class Model:
    """Parties 0 to 4 are timeslots, 5 is a player; what each timeslot is sent in a tick."""

    def __init__(self) -> None:
        self.talk: dict[int, int] = {}
        self.before: dict[int, int] = {}
        self.listen: dict[int, int] = {}
        self.whisper: dict[int, int] = {}  # from whom to the next one; gain

    def do(self, what: str, i: int, gain: int) -> None:
        if what == "talk":
            if i not in self.talk:
                self.before[i] = gain if i == PARTIES else 0
            self.talk[i] = gain
        elif what == "quiet":
            self.talk.pop(i, None)
            self.before.pop(i, None)
        elif what == "listen":
            self.listen[i] = gain
        elif what == "deaf":
            self.listen.pop(i, None)
        else:
            self.whisper[i] = gain

    def tick(self, said: dict[int, NDArray[np.int64]]) -> list[NDArray[np.int64]]:
        own = {i: scaled(said[i], self.before[i], gain) for i, gain in self.talk.items()}
        self.before = dict(self.talk)
        total = sum(own.values(), np.zeros(TICK, np.int64))
        out = []
        for j in range(PARTIES):
            mixed = np.zeros(TICK, np.int64)
            if j in self.listen:
                mixed += (np.clip(total - own.get(j, 0), -32768, 32767) * self.listen[j] + 2048) >> 12
            whisperer = (j - 1) % PARTIES
            if whisperer in self.whisper:
                mixed += (said[whisperer] * self.whisper[whisperer] + 2048) >> 12
            out.append(np.clip(mixed, -32768, 32767))
        return out


def command(engine: Engine, what: str, i: int, gain_db: float) -> None:
    port = near(i) if i < PARTIES else POOL + 50
    if what == "talk":
        engine.connect(port, CONFERENCE, gain_db=gain_db)
    elif what == "quiet":
        engine.disconnect(port, CONFERENCE)
    elif what == "listen":
        engine.connect(CONFERENCE, port, gain_db=gain_db)
    elif what == "deaf":
        engine.disconnect(CONFERENCE, port)
    else:
        engine.connect(port, near((i + 1) % PARTIES), gain_db=gain_db)


@settings(max_examples=40, deadline=None)
@given(program, st.integers(0, 1000))
def test_random_programs_against_numpy(ticks: list[list[tuple[str, int, float]]], seed: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        run_program(Path(folder), ticks, seed)


def run_program(tmp_path: Path, ticks: list[list[tuple[str, int, float]]], seed: int) -> None:
    engine = Engine(LOOP)
    length = (len(ticks) + 4) * TICK
    octets = [np.random.default_rng(seed + i).integers(0, 256, length, np.uint8).tobytes() for i in range(PARTIES)]
    music = noise(seed, length)
    engine.conference(CONFERENCE)
    for i in range(PARTIES):
        (tmp_path / f"{i}.al").write_bytes(octets[i])
        engine.ts_open(near(i))
        engine.ts_open(far(i))
        engine.play(POOL + i, [str(tmp_path / f"{i}.al")])
        engine.connect(POOL + i, far(i))
        engine.record(POOL + 10 + i, str(tmp_path / f"{i}.wav"))
        engine.connect(far(i), POOL + 10 + i)
    engine.play(POOL + 50, [write_pcm(tmp_path / "music.wav", music)])
    engine.tick()
    model = Model()
    expected: list[list[bytes]] = []
    for t, actions in enumerate(ticks):
        for what, i, gain_db in actions:
            command(engine, what, i, gain_db)
            model.do(what, i, q12(gain_db))
        at = slice(t * TICK, (t + 1) * TICK)
        said = {i: np.array(g711.alaw_decode(octets[i][at]), np.int64) for i in range(PARTIES)}
        said[PARTIES] = music[(t + 1) * TICK : (t + 2) * TICK].astype(np.int64)
        expected.append([g711.alaw_encode(out.astype(np.int16)) for out in model.tick(said)])
        engine.tick()
    engine.tick()
    for i in range(PARTIES):
        engine.close(POOL + 10 + i)
    engine.tick(2)
    refused = [event for event in engine.events() if event.type == media.EV_REFUSED]
    assert {event.a0 for event in refused} <= {errno.ENOENT}  # what was not connected is disconnected
    for i in range(PARTIES):
        heard = (tmp_path / f"{i}.wav").read_bytes()[58:]
        for t in range(len(ticks)):
            got = heard[(t + 2) * TICK : (t + 3) * TICK]
            silent = all(octet in b"\xd5\x55" for octet in expected[t][i])
            assert got == expected[t][i] or (silent and all(octet in b"\xd5\x55" for octet in got)), (t, i)


# -- who is heard, who has the floor -------------------------------------------------------------------------------------


class Room:
    """Timeslots with a tone each at their far ends, all in one conference; one recorder hears it."""

    def __init__(self, folder: Path, levels: list[float | None], **options: object) -> None:
        self.engine = Engine(loops(1))
        self.hertz = 300.0 + 100.0 * np.arange(len(levels))
        self.folder = folder
        self.files = 0
        self.engine.conference(CONFERENCE, **options)  # type: ignore[arg-type]
        for i, level in enumerate(levels):
            self.engine.ts_open(near(i))
            self.engine.ts_open(far(i))
            self.engine.connect(near(i), CONFERENCE)
            self.engine.connect(CONFERENCE, near(i))
            self.say(i, level)
        self.events: list[Event] = []
        self.run(30)

    def say(self, i: int, level: float | None) -> None:
        if POOL + i in self.engine.ports():
            self.engine.close(POOL + i)
            self.engine.tick()
        if level is not None:
            self.engine.tone(POOL + i, [(self.hertz[i], 0.0, level, -99.0, 0)])
            self.engine.connect(POOL + i, far(i))

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            self.engine.tick()
            self.events += nothing_refused(self.engine)

    def heard(self, ticks: int = 20) -> list[int]:
        """Who is in the sum."""
        self.files += 1
        name = self.folder / f"room{self.files}.wav"
        self.engine.record(POOL + 100, str(name), fmt=media.REC_PCM16)
        self.engine.connect(CONFERENCE, POOL + 100)
        self.run(ticks)
        self.engine.close(POOL + 100)
        self.run(2)
        found, _ = amplitudes(read_pcm(name), self.hertz)
        return [i for i in range(len(found)) if found[i] > 60]

    def of(self, kind: int) -> list[Event]:
        return [event for event in self.events if event.type == kind]

    def floors(self) -> list[int]:
        return [event.a0 - 1 for event in self.of(media.EV_FLOOR)]


def test_the_loudest_are_heard(tmp_path: Path) -> None:
    room = Room(tmp_path, [-30.0, -10.0, -25.0, -15.0, -20.0], loudest=2)
    assert room.heard() == [1, 3]
    room.engine.conference_set(CONFERENCE, loudest=3)
    room.run(30)
    assert room.heard() == [1, 3, 4]
    room.engine.conference_set(CONFERENCE, loudest=0)
    room.run(2)
    assert room.heard() == [0, 1, 2, 3, 4]
    room.engine.conference_set(CONFERENCE, loudest=1)
    room.run(40)
    assert room.heard() == [1]


def test_a_place_is_not_lost_to_one_who_is_hardly_louder(tmp_path: Path) -> None:
    room = Room(tmp_path, [-20.0, None], loudest=1)
    assert room.heard() == [0]
    room.say(1, -18.5)
    room.run(60)
    assert room.heard() == [0]
    room.say(1, -14.0)
    room.run(60)
    assert room.heard() == [1]
    room.say(1, None)
    room.run(60)
    assert room.heard() == [0]


def test_prompts_are_heard_beside_the_loudest(tmp_path: Path) -> None:
    room = Room(tmp_path, [-10.0, -12.0, -14.0], loudest=1)
    room.engine.tone(POOL + 60, [(1000.0, 0.0, -20.0, -99.0, 0)])
    room.engine.connect(POOL + 60, CONFERENCE)
    room.hertz = np.append(room.hertz, 1000.0 + 1000.0)
    room.engine.close(POOL + 60)
    room.engine.tone(POOL + 61, [(2000.0, 0.0, -20.0, -99.0, 0)])
    room.engine.connect(POOL + 61, CONFERENCE)
    room.run(5)
    assert room.heard() == [0, 3]


def test_muted_members_do_not_count(tmp_path: Path) -> None:
    room = Room(tmp_path, [-10.0, -15.0], loudest=1, floor=True)
    assert room.heard() == [0]
    room.engine.connect(near(0), CONFERENCE, gain_db=-float("inf"))
    room.run(60)
    assert room.heard() == [1]
    assert room.floors()[-1] == near(1)


def test_the_floor_is_taken_given_up_and_not_passed_to_and_fro(tmp_path: Path) -> None:
    room = Room(tmp_path, [-15.0, None, None], floor=True, talkers=True)
    assert room.floors() == [near(0)]
    room.say(1, -14.0)  # hardly louder
    room.run(100)
    assert room.floors() == [near(0)]
    room.say(2, -6.0)
    room.run(60)
    assert room.floors() == [near(0), near(2)]
    assert room.of(media.EV_FLOOR)[-1].a1 == 3
    for i in range(3):
        room.say(i, None)
    room.run(100)
    assert room.floors()[-1] == -1
    assert {(event.a0, event.a1) for event in room.of(media.EV_TALK)} == {(near(i), on) for i in range(3) for on in (0, 1)}
    assert len(room.of(media.EV_TALK)) == 6


def test_floor_events_keep_their_distance(tmp_path: Path) -> None:
    room = Room(tmp_path, [None, None], floor=True, talkers=True, every_ms=1000)
    for _ in range(8):
        for i in range(2):
            room.say(i, -10.0)
            room.run(20)
            room.say(i, None)
            room.run(45)
    at = [event.sample for event in room.of(media.EV_FLOOR)]
    assert len(at) > 3
    assert min(np.diff(at)) >= 8000


def test_talk_of_many_is_told_a_few_a_tick_and_never_lost(tmp_path: Path) -> None:
    room = Room(tmp_path, [-15.0] * 31, talkers=True)
    told = room.of(media.EV_TALK)
    assert sorted(event.a0 for event in told) == [near(i) for i in range(31)]
    assert max(sum(event.sample == at for event in told) for at in {event.sample for event in told}) <= 8


# -- commands, life ------------------------------------------------------------------------------------------------------

RECORD = struct.Struct("=IIQ6iI5I448s")
CMD_CONNECT, CMD_CONFERENCE, CMD_SET = 8, 48, 49


@pytest.mark.parametrize(
    ("op", "port", "arguments", "error"),
    [
        (CMD_CONFERENCE, 5, (0, 0, 0), errno.EINVAL),
        (CMD_CONFERENCE, 16384, (0, 0, 0), errno.EINVAL),
        (CMD_CONFERENCE, POOL + 5, (-1, 0, 0), errno.EINVAL),
        (CMD_CONFERENCE, POOL + 5, (129, 0, 0), errno.EINVAL),
        (CMD_CONFERENCE, POOL + 5, (0, 8, 0), errno.EINVAL),
        (CMD_CONFERENCE, POOL + 5, (0, 0, -1), errno.EINVAL),
        (CMD_CONFERENCE, POOL + 5, (0, 0, 60001), errno.EINVAL),
        (CMD_CONFERENCE, CONFERENCE, (0, 0, 0), errno.EBUSY),
        (CMD_SET, POOL + 5, (0, 0, 0), errno.ENOENT),
        (CMD_SET, POOL, (0, 0, 0), errno.ENOENT),
        (CMD_SET, CONFERENCE, (200, 0, 0), errno.EINVAL),
        (CMD_CONNECT, 0, (CONFERENCE, CONFERENCE, 4096, 0), errno.EINVAL),
        (CMD_CONNECT, 0, (POOL + 1, CONFERENCE, 4096, 0), errno.EINVAL),  # a recorder says nothing
        (CMD_CONNECT, 0, (CONFERENCE, POOL, 4096, 0), errno.EINVAL),  # a tone hears nothing
    ],
)
def test_what_cannot_be_done_is_refused(tmp_path: Path, op: int, port: int, arguments: tuple[int, ...], error: int) -> None:
    engine = Engine(LOOP)
    engine.conference(CONFERENCE)
    engine.tone(POOL, [(450.0, 0.0, -10.0, -99.0, 0)])
    engine.record(POOL + 1, str(tmp_path / "out.wav"))
    engine.tick()
    nothing_refused(engine)
    numbers = [*arguments, 0, 0, 0, 0][:6]
    engine.put_raw(RECORD.pack(op, port, 7, *numbers, 0, 0, 0, 0, 0, 0, b""))
    engine.tick()
    (event,) = engine.events()
    assert (event.type, event.tag, event.a0) == (media.EV_REFUSED, 7, error)


def test_bad_arguments() -> None:
    engine = Engine(LOOP)
    with pytest.raises(ValueError, match="loudest"):
        engine.conference(POOL, loudest=129)
    with pytest.raises(ValueError, match="port"):
        engine.conference(3)
    with pytest.raises(ValueError, match="every_ms"):
        engine.conference_set(POOL, every_ms=-1)


def test_members_of_both_laws(tmp_path: Path) -> None:
    engine = Engine([*LOOP, {"number": 2, "driver": "loop", "peer": 3, "law": "U"}, {"number": 3, "driver": "loop", "peer": 2, "law": "U"}])
    engine.conference(CONFERENCE)
    sound = (8000 * np.sin(np.arange(4000) * 2 * np.pi * 700 / 8000)).astype(np.int16)
    engine.play(POOL, [write_pcm(tmp_path / "in.wav", sound)])
    engine.connect(POOL, CONFERENCE)
    for i, port in enumerate((1, 65)):
        engine.ts_open(port)
        engine.ts_open(port + 32)
        engine.connect(CONFERENCE, port)
        engine.record(POOL + 1 + i, str(tmp_path / f"{i}.wav"), fmt=media.REC_PCM16)
        engine.connect(port + 32, POOL + 1 + i)
    engine.tick(55)
    engine.close(POOL + 1)
    engine.close(POOL + 2)
    engine.tick(2)
    nothing_refused(engine)
    for i in range(2):
        heard = read_pcm(tmp_path / f"{i}.wav")[TICK : TICK + 4000].astype(float)
        assert 10 * np.log10(np.mean(sound.astype(float) ** 2) / np.mean((heard - sound) ** 2)) > 34


def test_churn_leaks_nothing() -> None:
    """Members, prompts and conferences come and go each tick; afterwards everything can be had again."""
    rng = np.random.default_rng(3)
    engine = Engine(loops(2))
    send(engine, [(engine.ts_open, port) for i in range(62) for port in (near(i), far(i))])
    engine.tick()
    nothing_refused(engine)
    conferences = [CONFERENCE - k for k in range(20)]
    for _ in range(600):
        for _ in range(20):
            conference, member = int(rng.choice(conferences)), near(int(rng.integers(62)))
            match int(rng.integers(8)):
                case 0:
                    engine.close(conference)
                case 1 | 2:
                    engine.conference(conference, loudest=int(rng.integers(3)), floor=True, talkers=True)
                case 3 | 4:
                    engine.connect(member, conference, gain_db=float(rng.integers(-6, 6)))
                case 5:
                    engine.connect(conference, member)
                case 6:
                    engine.tone(POOL + int(rng.integers(50)), [(500.0, 0.0, -10.0, -99.0, 30)], repeats=1)
                    engine.connect(POOL + int(rng.integers(50)), conference)
                case 7:
                    engine.disconnect(member, conference)
        engine.tick()
        refused = {event.a0 for event in engine.events() if event.type == media.EV_REFUSED}
        assert refused <= {errno.ENOENT, errno.EBUSY}
    send(engine, [(engine.close, port) for port in engine.ports()])
    engine.tick(2)
    engine.events()
    stats = engine.stats()
    assert (stats["ports_open"], stats["crosspoints"], stats["tones"]) == (0, 0, 0)
    send(engine, [(engine.conference, POOL + k) for k in range(CONFERENCES)])
    engine.tick(2)
    nothing_refused(engine)
    assert engine.stats()["ports_open"] == CONFERENCES


def test_a_key_is_held_back_and_is_no_speech(tmp_path: Path) -> None:
    """Of each DTMF tone at most 25 ms gets through where that is asked for, whatever the place in the tick at which it begins; all of it
    where the detector is off."""
    for detects in (True, False):
        engine = Engine(LOOP)
        engine.conference(CONFERENCE, floor=True, talkers=True, every_ms=10, hold_keys=True)
        engine.ts_open(near(0))
        engine.ts_open(far(0))
        engine.detect(near(0), media.DETECT_DTMF if detects else 0)
        engine.connect(near(0), CONFERENCE)
        engine.record(POOL, str(tmp_path / f"keys-{detects}.wav"), fmt=media.REC_PCM16)
        engine.connect(CONFERENCE, POOL)
        engine.dtmf(POOL + 1, "123A456B789C*0#D", on_ms=93, off_ms=70)
        engine.connect(POOL + 1, far(0))
        engine.tick(300)
        engine.close(POOL)
        engine.tick(2)
        events = nothing_refused(engine)
        digits = "".join(chr(event.a0) for event in events if event.type == media.EV_DIGIT)
        sound = np.abs(read_pcm(tmp_path / f"keys-{detects}.wav").astype(int))
        loud = sum(bool(sound[i : i + 8].max() > 300) for i in range(0, len(sound) - 8, 8))  # ms
        if detects:
            assert digits == "123A456B789C*0#D"
            assert 0 < loud <= 16 * 25
            assert [event.type for event in events if event.type in (media.EV_FLOOR, media.EV_TALK)] == []
        else:
            assert loud >= 16 * 90


def test_speech_is_not_taken_for_keys(tmp_path: Path) -> None:
    """A minute of eleven languages, drawn-out and whispering voices among them: of 6,000 ticks at most six are not as they were said."""
    words = write_pcm(tmp_path / "speech.wav", np.clip(speech(60, np.random.default_rng(7)), -32768, 32767).astype(np.int16))
    heard = []
    for detects in (True, False):
        engine = Engine(LOOP)
        engine.conference(CONFERENCE, hold_keys=True)
        for port in (near(0), far(0)):
            engine.ts_open(port)
        engine.detect(near(0), media.DETECT_DTMF if detects else 0)
        engine.connect(near(0), CONFERENCE)
        engine.record(POOL, str(tmp_path / f"heard-{detects}.wav"), fmt=media.REC_PCM16)
        engine.connect(CONFERENCE, POOL)
        engine.play(POOL + 1, [words])
        engine.connect(POOL + 1, far(0))
        for _ in range(60):
            engine.tick(100)
        engine.close(POOL)
        engine.tick(2)
        nothing_refused(engine)
        heard.append(read_pcm(tmp_path / f"heard-{detects}.wav"))
    one, other = (sound[: len(sound) // TICK * TICK].reshape(-1, TICK) for sound in heard)
    assert np.abs(other.astype(int)).max() > 2000
    assert int((one != other).any(axis=1).sum()) <= 6
