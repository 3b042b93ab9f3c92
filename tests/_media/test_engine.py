"""The engine on the virtual clock: what is heard where, bit for bit."""

import wave
from pathlib import Path

import numpy as np
import pytest

from xunhu._media import engine as media
from xunhu._media.engine import Engine, Event

LOOP = [{"number": 0, "driver": "loop", "peer": 1}]
TWO_LOOPS = [*LOOP, {"number": 2, "driver": "loop", "peer": 3}]
POOL = media.LINE_PORTS
TICK = 80


def of_type(events: list[Event], kind: int) -> list[Event]:
    return [event for event in events if event.type == kind]


def nothing_refused(engine: Engine) -> list[Event]:
    events = engine.events()
    assert of_type(events, media.EV_REFUSED) == []
    return events


def write_pcm(path: Path, samples: np.ndarray) -> str:
    with wave.open(str(path), "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(8000)
        f.writeframes(samples.astype("<i2").tobytes())
    return str(path)


def write_raw(path: Path, octets: bytes) -> str:
    """.al, .ul: headerless."""
    path.write_bytes(octets)
    return str(path)


def read_pcm(path: Path, tracks: int = 1) -> np.ndarray:
    with wave.open(str(path), "rb") as f:
        assert (f.getnchannels(), f.getsampwidth(), f.getframerate()) == (tracks, 2, 8000)
        samples = np.frombuffer(f.readframes(f.getnframes()), dtype="<i2")
    return samples.reshape(-1, tracks) if tracks > 1 else samples


def read_octets(path: Path) -> bytes:
    """The data chunk of a G.711 recording, which begins behind a header of 58 octets."""
    return path.read_bytes()[58:]


def noise(seed: int, n: int, peak: int = 32767) -> np.ndarray:
    return np.random.default_rng(seed).integers(-peak, peak + 1, n).astype(np.int16)


@pytest.mark.parametrize("law", ["A", "U"])
@pytest.mark.parametrize("tick_ms", [5, 10, 20])
def test_player_reaches_the_line_and_the_recorder_bit_for_bit(tmp_path: Path, law: str, tick_ms: int) -> None:
    # u-law 0x7f is minus zero: it decodes to what 0xff decodes to
    octets = bytes(o for o in np.random.default_rng(1).integers(0, 256, 12_345).tolist() if law == "A" or o != 0x7F)
    name = write_raw(tmp_path / ("in.al" if law == "A" else "in.ul"), octets)
    engine = Engine(LOOP, law=law, tick_ms=tick_ms)
    for port in (1, 33):
        engine.ts_open(port)
    engine.record(POOL, str(tmp_path / "out.wav"), fmt=media.REC_ALAW if law == "A" else media.REC_ULAW)
    engine.connect(33, POOL)
    engine.play(POOL + 1, [name])
    engine.connect(POOL + 1, 1)
    engine.tick(2000 // tick_ms)
    engine.close(POOL)
    engine.tick(2)
    events = nothing_refused(engine)
    (played,) = of_type(events, media.EV_PLAYED)
    assert (played.a0, played.samples) == (media.END_DONE, len(octets))
    assert octets in read_octets(tmp_path / "out.wav")


@pytest.mark.parametrize("law", ["A", "U"])
def test_a_bridge_of_one_law_at_unity_gain_is_transparent(law: str) -> None:
    """Frames of a link pass through two bridged timeslots, which they do only if no octet is changed."""
    engine = Engine(TWO_LOOPS, law=law)
    engine.link_open(0, 0, 5)
    engine.link_open(1, 3, 9)
    inner, outer = 1 * 32 + 5, 2 * 32 + 9
    for port in (inner, outer):
        engine.ts_open(port)
    engine.connect(inner, outer)
    engine.connect(outer, inner)
    engine.tick()
    rng = np.random.default_rng(2)
    frames = [rng.bytes(n) for n in (3, 300, 17, 64, 255)] + [b"\xff" * 40, b"\x00" * 40, b"\x7f\xfe" * 20]
    for frame in frames:
        assert engine.link_send(0, frame)
        assert engine.link_send(1, frame[::-1])
    engine.tick(60)
    nothing_refused(engine)
    assert engine.link_receive(1) == frames
    assert engine.link_receive(0) == [frame[::-1] for frame in frames]


def test_a_bridge_between_laws_converts(tmp_path: Path) -> None:
    engine = Engine([{"number": 0, "driver": "loop", "peer": 1}, {"number": 2, "driver": "loop", "peer": 3, "law": "U"},
                     {"number": 3, "driver": "loop", "peer": 2, "law": "U"}])
    for port in (1, 33, 65, 97):
        engine.ts_open(port)
    sound = (8000 * np.sin(np.arange(8000) * 2 * np.pi * 700 / 8000)).astype(np.int16)
    engine.play(POOL, [write_pcm(tmp_path / "in.wav", sound)])
    engine.connect(POOL, 1)
    engine.connect(33, 65)
    engine.record(POOL + 1, str(tmp_path / "out.wav"), fmt=media.REC_PCM16)
    engine.connect(97, POOL + 1)
    engine.tick(102)
    engine.close(POOL + 1)
    engine.tick(2)
    nothing_refused(engine)
    out = read_pcm(tmp_path / "out.wav").astype(float)
    heard = out[2 * TICK : 2 * TICK + 8000]
    error = heard - sound
    assert 10 * np.log10(np.mean(sound.astype(float) ** 2) / np.mean(error**2)) > 32  # two G.711 steps, dB


def record_sources(engine: Engine, tmp_path: Path, sources: list[tuple[np.ndarray, float, int]], tracks: int = 1) -> np.ndarray:
    """Players with these samples, gains and tracks into one PCM16 recorder."""
    n = max(len(samples) for samples, _, _ in sources)
    for i, (samples, gain_db, track) in enumerate(sources):
        engine.play(POOL + 1 + i, [write_pcm(tmp_path / f"in{i}.wav", samples)])
        engine.connect(POOL + 1 + i, POOL, gain_db=gain_db, track=track)
    engine.tick(-(-n // TICK))
    engine.close(POOL)
    engine.tick(2)
    nothing_refused(engine)
    return read_pcm(tmp_path / "mix.wav", tracks)


@pytest.mark.parametrize("gains", [[0.0], [0.0, 0.0], [-6.0], [12.0], [0.0, -3.0, 6.0], [0.0] * 7])
def test_mixing_saturates_and_gain_is_exact(tmp_path: Path, gains: list[float]) -> None:
    engine = Engine(LOOP)
    engine.record(POOL, str(tmp_path / "mix.wav"), fmt=media.REC_PCM16)
    inputs = [noise(i, 4000) for i in range(len(gains))]
    out = record_sources(engine, tmp_path, [(s, g, 0) for s, g in zip(inputs, gains, strict=True)])
    total = np.zeros(4000, dtype=np.int64)
    for samples, gain_db in zip(inputs, gains, strict=True):
        total += (samples.astype(np.int64) * round(4096 * 10 ** (gain_db / 20)) + 2048) >> 12
    assert np.array_equal(out, np.clip(total, -32768, 32767))


def test_a_silent_crosspoint_adds_nothing(tmp_path: Path) -> None:
    engine = Engine(LOOP)
    engine.record(POOL, str(tmp_path / "mix.wav"), fmt=media.REC_PCM16)
    loud = noise(1, 1600)
    out = record_sources(engine, tmp_path, [(loud, 0.0, 0), (noise(2, 1600), float("-inf"), 0)])
    assert np.array_equal(out, loud)


def test_both_sides_are_recorded_on_two_tracks(tmp_path: Path) -> None:
    engine = Engine(LOOP)
    engine.record(POOL, str(tmp_path / "mix.wav"), fmt=media.REC_PCM16, tracks=2)
    left, right, more = noise(1, 4000, 9000), noise(2, 4000, 9000), noise(3, 4000, 9000)
    out = record_sources(engine, tmp_path, [(left, 0, 0), (right, 0, 1), (more, 0, 1)], tracks=2)
    assert np.array_equal(out[:, 0], left)
    assert np.array_equal(out[:, 1], right + more)


def test_files_of_a_list_follow_without_a_gap_and_more_may_come(tmp_path: Path) -> None:
    parts = [noise(i, 777 + i) for i in range(12)]
    names = [write_pcm(tmp_path / f"part-with-a-rather-long-name-{i:032}.wav", p) for i, p in enumerate(parts)]
    engine = Engine(LOOP)
    engine.record(POOL, str(tmp_path / "out.wav"), fmt=media.REC_PCM16)
    engine.play(POOL + 1, names[:10])
    engine.play_more(POOL + 1, names[10:])
    engine.connect(POOL + 1, POOL)
    engine.tick(150)
    engine.close(POOL)
    engine.tick(2)
    (played,) = of_type(nothing_refused(engine), media.EV_PLAYED)
    whole = np.concatenate(parts)
    assert (played.a1, played.samples) == (11, len(whole))
    assert np.array_equal(read_pcm(tmp_path / "out.wav")[: len(whole)], whole)


def test_a_player_that_keeps_waits_for_more(tmp_path: Path) -> None:
    name = write_pcm(tmp_path / "a.wav", noise(1, 800))
    engine = Engine(LOOP)
    engine.play(POOL, [], keep=True)
    engine.tick(3)
    assert engine.events() == []
    for _ in range(2):
        engine.play_more(POOL, [name])
        engine.tick(15)
        (played,) = nothing_refused(engine)
        assert (played.type, played.a0) == (media.EV_PLAYED, media.END_DONE)
        assert engine.port(POOL).kind == media.PORT_PLAYER
    engine.close(POOL)
    engine.tick()
    assert [(e.type, e.a0, e.samples) for e in engine.events()] == [
        (media.EV_PLAYED, media.END_STOPPED, 1600),
        (media.EV_CLOSED, 0, 0),
    ]


def test_a_loop_goes_round_and_pause_holds_it(tmp_path: Path) -> None:
    sound = noise(5, 400)
    engine = Engine(LOOP)
    engine.record(POOL, str(tmp_path / "out.wav"), fmt=media.REC_PCM16)
    engine.play(POOL + 1, [write_pcm(tmp_path / "a.wav", sound)], loop=True, loops=3)
    engine.connect(POOL + 1, POOL)
    engine.tick(5)
    engine.pause(POOL + 1, True)
    engine.tick(7)
    engine.pause(POOL + 1, False)
    engine.tick(12)
    engine.close(POOL)
    engine.tick(2)
    (played,) = of_type(nothing_refused(engine), media.EV_PLAYED)
    assert played.samples == 1200
    out = read_pcm(tmp_path / "out.wav")
    assert np.array_equal(out[: 12 * 80], np.concatenate([sound, np.zeros(7 * 80, np.int16)]))
    assert np.array_equal(out[960:1760], np.concatenate([sound, sound]))


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    engine = Engine(LOOP)
    tag = engine.play(POOL, [write_pcm(tmp_path / "a.wav", noise(1, 160)), str(tmp_path / "none.wav")], keep=True)
    engine.tick(5)
    played, closed = engine.events()
    assert played[:3] == (media.EV_PLAYED, POOL, tag)
    assert (played.a0, played.a1, played.a2, played.samples) == (media.END_ERROR, 1, 2, 160)
    assert closed.type == media.EV_CLOSED
    assert engine.ports() == []


def test_a_recording_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    engine = Engine(LOOP)
    engine.record(POOL, str(tmp_path / "no" / "such" / "folder.wav"))
    engine.tick(60)
    recorded, closed = engine.events()
    assert (recorded.type, recorded.a0, recorded.a2) == (media.EV_RECORDED, media.END_ERROR, 2)
    assert closed.type == media.EV_CLOSED


def test_the_longest_recording_is_exact_to_the_sample(tmp_path: Path) -> None:
    engine = Engine(LOOP)
    engine.record(POOL, str(tmp_path / "a.wav"), longest_s=0.123)
    engine.tick(20)
    recorded, _ = engine.events()
    assert (recorded.a0, recorded.samples) == (media.END_LONGEST, 984)
    assert len(read_octets(tmp_path / "a.wav")) in (984, 985)  # chunks are padded to even length


def test_silence_ends_a_recording(tmp_path: Path) -> None:
    engine = Engine(LOOP)
    engine.record(POOL, str(tmp_path / "a.wav"), silence_s=0.5)
    engine.tone(POOL + 1, [(440.0, 0.0, -20.0, -99.0, 300)], repeats=1)
    engine.connect(POOL + 1, POOL)
    engine.tick(120)
    (recorded,) = of_type(nothing_refused(engine), media.EV_RECORDED)
    assert (recorded.a0, recorded.samples) == (media.END_SILENCE, 8 * 800)


def test_dtmf_goes_through_the_line_and_is_told(tmp_path: Path) -> None:
    engine = Engine(LOOP)
    engine.ts_open(1)
    tag = engine.ts_open(33)
    engine.detect(33, media.DETECT_DTMF)
    engine.dtmf(POOL, "0123456789*#ABCD", on_ms=70, off_ms=70)
    engine.connect(POOL, 1)
    engine.tick(300)
    events = nothing_refused(engine)
    digits, ends = of_type(events, media.EV_DIGIT), of_type(events, media.EV_DIGIT_END)
    assert "".join(chr(e.a0) for e in digits) == "0123456789*#ABCD"
    assert [e.a0 for e in ends] == [e.a0 for e in digits]
    assert {(e.port, e.tag) for e in digits + ends} == {(33, tag)}
    assert all(abs(e.a1 + 90) <= 10 for e in digits)
    assert all(55 <= e.a1 <= 85 for e in ends)
    assert all(0 <= e.sample - (80 + i * 1120) <= 480 for i, e in enumerate(digits))


@pytest.mark.parametrize(("keys", "stops"), [("5", True), ("0123456789*#ABCD", True), ("46", False)])
def test_a_key_stops_player_and_recorder_in_the_tick_it_is_heard(tmp_path: Path, keys: str, stops: bool) -> None:
    engine = Engine(LOOP)
    engine.ts_open(1)
    engine.ts_open(33)
    engine.detect(33, media.DETECT_DTMF)
    engine.tick()
    engine.play(POOL, [write_pcm(tmp_path / "a.wav", noise(1, 16000))], key_port=33, keys=keys)
    engine.record(POOL + 1, str(tmp_path / "r.wav"), key_port=33, keys=keys)
    engine.dtmf(POOL + 2, "5")
    engine.connect(POOL + 2, 1)
    engine.tick(50)
    events = nothing_refused(engine)
    (digit,) = of_type(events, media.EV_DIGIT)
    ended = of_type(events, media.EV_PLAYED) + of_type(events, media.EV_RECORDED)
    if not stops:
        assert ended == []
        return
    begin_of_tick = digit.sample // TICK * TICK
    assert [(e.a0, e.samples) for e in ended] == [(media.END_KEY, begin_of_tick - TICK)] * 2
    assert ended[0].sample == begin_of_tick


def test_call_progress_tones_are_told() -> None:
    engine = Engine(LOOP)
    engine.ts_open(1)
    engine.ts_open(33)
    engine.detect(33, media.DETECT_PROGRESS)
    engine.tone(POOL, [(450.0, 0.0, -10.0, -99.0, 350), (0.0, 0.0, -99.0, -99.0, 350)])
    engine.connect(POOL, 1)
    engine.tick(500)
    tones = of_type(nothing_refused(engine), media.EV_PROGRESS)
    assert media.TONE_BUSY in [e.a0 for e in tones]


def test_meters_show_both_directions() -> None:
    engine = Engine(LOOP)
    engine.ts_open(1)
    engine.ts_open(33)
    for port in (1, 33):
        engine.detect(port, media.DETECT_METER)
    engine.tone(POOL, [(1000.0, 0.0, -12.0, -99.0, 0)])
    engine.connect(POOL, 1)
    engine.tick(40)
    near, far = engine.port(1), engine.port(33)
    assert near.rms_out_dbm0 == pytest.approx(-12, abs=0.2)
    assert near.peak_out_dbm0 == pytest.approx(-12, abs=0.2)
    assert far.rms_in_dbm0 == pytest.approx(-12, abs=0.3)
    assert near.rms_in_dbm0 is not None
    assert near.rms_in_dbm0 < -60
    assert far.rms_out_dbm0 == -99
    engine.detect(33, 0)
    engine.tick()
    assert engine.port(33).rms_in_dbm0 is None


def test_a_closed_timeslot_sends_idle_and_loses_its_crosspoints(tmp_path: Path) -> None:
    engine = Engine(LOOP)
    for port in (1, 33):
        engine.ts_open(port)
    engine.tone(POOL, [(1000.0, 0.0, -6.0, -99.0, 0)])
    engine.connect(POOL, 1)
    engine.connect(33, 1)
    engine.tick()
    assert set(engine.port(1).sources) == {POOL, 33}
    engine.close(1)
    engine.record(POOL + 1, str(tmp_path / "a.wav"))
    engine.connect(33, POOL + 1)
    engine.tick(20)
    engine.close(POOL + 1)
    engine.tick(2)
    assert engine.stats()["crosspoints"] == 0
    assert set(read_octets(tmp_path / "a.wav")[TICK:1600]) == {0xD5}


def scene(folder: Path) -> tuple[list[Event], list[bytes]]:
    """Everything at once: bridged, played, mixed, keyed, recorded."""
    folder.mkdir()
    engine = Engine(TWO_LOOPS)
    for port in (1, 33, 65, 97, 2, 34):
        engine.ts_open(port)
    engine.detect(97, media.DETECT_DTMF | media.DETECT_METER)
    engine.connect(33, 65)
    engine.connect(65, 33)
    engine.play(POOL, [write_pcm(folder / "in.wav", noise(3, 30000, 5000))], loop=True)
    engine.connect(POOL, 2, gain_db=-3.5)
    engine.connect(34, 97)
    engine.dtmf(POOL + 1, "12,34")
    engine.connect(POOL + 1, 1)
    engine.connect(POOL, 1, gain_db=-30)
    for i, tracks in enumerate((1, 2)):
        engine.record(POOL + 2 + i, str(folder / f"{i}.wav"), tracks=tracks)
        engine.connect(97, POOL + 2 + i)
        engine.connect(34, POOL + 2 + i, track=tracks - 1)
    engine.tick(317)
    for port in engine.ports():
        engine.close(port)
    engine.tick(2)
    return engine.events(), [(folder / f"{i}.wav").read_bytes() for i in range(2)]


def test_two_runs_are_the_same_bit_for_bit(tmp_path: Path) -> None:
    first, second = scene(tmp_path / "a"), scene(tmp_path / "b")
    assert of_type(first[0], media.EV_DIGIT)
    assert len(first[1][0]) > 25000
    assert first == second
