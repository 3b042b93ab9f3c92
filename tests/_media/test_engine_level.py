"""Level control and voice events in the engine: two ends of a loop, what comes in and what goes out."""

from __future__ import annotations

import errno
import wave
from pathlib import Path

import numpy as np
import pytest
from dtmf_sounds import alaw, noise, pair, pcm, silence, sine
from level_sounds import RMS_0, active_level, conversation, spoken
from numpy.typing import NDArray

from xunhu._media import engine as media
from xunhu._media.engine import Engine

NEAR, FAR = 1, 33  # timeslot 1 of the two spans of a loop
POOL = media.LINE_PORTS
Samples = NDArray[np.int16]


def dbm0(x: Samples) -> float:
    return float(20 * np.log10(max(np.sqrt(np.mean(np.square(x, dtype=float))), 1e-3) / RMS_0))


class Line:
    """Both ends of a timeslot in one engine: what FAR says, NEAR hears, and the other way round."""

    def __init__(self, folder: Path, *, threads: int = 1, tick_ms: int = 10) -> None:
        self.folder = folder
        self.engine = Engine([{"number": 0, "driver": "loop", "peer": 1}], threads=threads, tick_ms=tick_ms)
        self.tick_ms = tick_ms
        self.next = POOL
        for port in (NEAR, FAR):
            self.engine.ts_open(port)
        self.engine.tick()

    def say(self, to: int, x: Samples, *, gain_db: float = 0.0) -> None:
        path = self.folder / f"play{self.next}.wav"
        with wave.open(str(path), "wb") as f:
            f.setnchannels(1)
            f.setsampwidth(2)
            f.setframerate(8000)
            f.writeframes(x.astype("<i2").tobytes())
        self.engine.play(self.next, [str(path)], gain_db=gain_db)
        self.engine.connect(self.next, to)
        self.next += 1

    def run(self, seconds: float) -> None:
        self.engine.tick(round(seconds * 1000 / self.tick_ms))

    def hear(self, of: int, seconds: float) -> Samples:
        """What those who listen to a port get in this time."""
        path, port = self.folder / f"heard{self.next}.wav", self.next
        self.next += 1
        self.engine.record(port, str(path), fmt=media.REC_PCM16)
        self.engine.connect(of, port)
        self.run(seconds)
        self.engine.close(port)
        self.engine.tick(2)
        with wave.open(str(path), "rb") as f:
            return np.frombuffer(f.readframes(f.getnframes()), "<i2")

    def refused(self) -> list[int]:
        return [e.a0 for e in self.engine.events() if e.type == media.EV_REFUSED]


def test_level_of_what_comes_in_is_set_and_set_back(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.say(FAR, pcm(sine(1020, -20, 8000 * 4)))
    before = line.hear(NEAR, 0.5)
    assert dbm0(before[800:]) == pytest.approx(-20, abs=0.1)
    for gain in (6.0, -9.5, 0.3):
        line.engine.level(NEAR, "rx", "fixed", gain_db=gain)
        line.run(0.05)
        assert dbm0(line.hear(NEAR, 0.4)) == pytest.approx(-20 + gain, abs=0.1)
        assert line.engine.level_state(NEAR).rx == ("fixed", gain, 0, -100)
        assert line.engine.level_state(NEAR).tx.mode == "off"
        assert line.engine.stats()["levels"] == 1
    line.engine.level(NEAR, "rx", "off")
    line.run(0.05)
    assert dbm0(line.hear(NEAR, 0.4)) == pytest.approx(-20, abs=0.1)
    assert line.engine.level_state(NEAR).rx.mode == "off"
    assert line.engine.stats()["levels"] == 0
    assert not line.refused()


def test_level_of_what_goes_out(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.say(NEAR, pcm(sine(1020, -20, 8000 * 3)))
    line.engine.level(NEAR, "tx", "fixed", gain_db=-7.0)
    line.run(0.05)
    assert dbm0(line.hear(FAR, 0.5)[800:]) == pytest.approx(-27, abs=0.1)
    assert line.engine.level_state(NEAR).tx == ("fixed", -7.0, 0, -100)
    line.engine.level(NEAR, "tx", "off")
    line.run(0.05)
    assert dbm0(line.hear(FAR, 0.5)) == pytest.approx(-20, abs=0.1)


def test_octets_are_copied_again_when_no_level_is_set(tmp_path: Path) -> None:
    """A call between two lines: its octets come through as they are, while it is levelled they do not, and afterwards they do."""
    line = Line(tmp_path)
    for port in (NEAR + 1, FAR + 1):
        line.engine.ts_open(port)
    rng = np.random.default_rng(1)
    line.say(FAR, pcm(alaw(noise(rng, -12, 8000 * 3))))
    line.engine.connect(NEAR, NEAR + 1)
    line.run(0.1)

    def same() -> bool:
        a, b = line.folder / f"a{line.next}.wav", line.folder / f"b{line.next}.wav"
        line.engine.record(line.next, str(a), fmt=media.REC_PCM16)
        line.engine.record(line.next + 1, str(b), fmt=media.REC_PCM16)
        line.engine.connect(NEAR, line.next)
        line.engine.connect(FAR + 1, line.next + 1)
        line.run(0.3)
        for port in (line.next, line.next + 1):
            line.engine.close(port)
        line.engine.tick(2)
        line.next += 2
        sounds = []
        for path in (a, b):
            with wave.open(str(path), "rb") as f:
                sounds.append(np.frombuffer(f.readframes(f.getnframes()), "<i2"))
        lag = next(
            n for n in range(0, 1600, 80) if n == 1520 or np.array_equal(sounds[0][80:800], sounds[1][80 + n : 800 + n])
        )
        return lag < 1520

    assert same()
    line.engine.level(NEAR + 1, "tx", "fixed", gain_db=-3.0)
    line.run(0.05)
    assert not same()
    line.engine.level(NEAR + 1, "tx", "off")
    line.run(0.05)
    assert same()


@pytest.mark.parametrize("sound", ["square", "sine", "noise", "speech"])
def test_what_is_much_too_loud_is_bent_and_never_cut(tmp_path: Path, sound: str) -> None:
    n = 8000
    x = {
        "square": np.where(np.arange(n) // 20 % 2, 30000.0, -30000.0),
        "sine": sine(300, 0, n),
        "noise": noise(np.random.default_rng(3), -6, n),
        "speech": spoken("en-gb")[:n] * 10 ** (-3 / 20),
    }[sound]
    line = Line(tmp_path)
    line.engine.level(NEAR, "rx", "fixed", gain_db=20.0)
    line.say(FAR, pcm(np.clip(x, -32000, 32000)))
    heard = line.hear(NEAR, 1.0).astype(int)
    ceiling = 22779 * 10 ** (2 / 20)
    assert np.abs(heard).max() <= ceiling + 1
    assert np.abs(heard).max() > 0.8 * ceiling
    state = line.engine.level_state(NEAR).rx
    assert state.gain_db == 20
    if sound == "sine":  # the limiter has settled to a gain: no harmonics but A-law's own
        settled = heard[4000:7600].astype(float)
        spectrum = np.abs(np.fft.rfft(settled * np.hanning(len(settled)))) ** 2
        at = round(300 * len(settled) / 8000)
        assert spectrum.sum() - spectrum[at - 4 : at + 5].sum() < 10**-3.5 * spectrum[at - 4 : at + 5].sum()


@pytest.mark.parametrize("level", [-36, -26, -8])
@pytest.mark.parametrize("direction", ["rx", "tx"])
def test_a_quiet_and_a_loud_talker_come_to_the_target(tmp_path: Path, level: float, direction: str) -> None:
    voice = pcm(conversation("en-gb", 3, 16) * 10 ** (level / 20))
    line = Line(tmp_path)
    line.engine.level(NEAR, "rx" if direction == "rx" else "tx", "agc", target_dbm0=-20.0)
    line.say(FAR if direction == "rx" else NEAR, voice)
    of = NEAR if direction == "rx" else FAR
    line.run(8)
    heard = line.hear(of, 8)
    wanted = np.clip(-20.0 - active_level(voice.astype(float)), -12, 18)
    assert active_level(heard.astype(float)) == pytest.approx(active_level(voice.astype(float)) + wanted, abs=1.5)
    state = line.engine.level_state(NEAR)
    side = state.rx if direction == "rx" else state.tx
    assert side.gain_db == pytest.approx(wanted, abs=2.5)
    assert side.voice_dbm0 == pytest.approx(active_level(voice.astype(float)), abs=3)
    assert line.engine.stats()["voices"] == 1


def test_digits_are_heard_through_any_gain(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.engine.detect(NEAR, media.DETECT_DTMF)
    tones = np.concatenate([np.concatenate([pair(d, 60, level=-9.0), silence(60)]) for d in "159D*0#8"])
    for mode, gain in (("fixed", 18.0), ("fixed", -18.0), ("agc", 0.0)):
        line.engine.level(NEAR, "rx", mode, gain_db=gain)  # type: ignore[arg-type]
        line.run(0.05)
        line.say(FAR, pcm(tones))
        line.run(1.2)
        assert "".join(chr(e.a0) for e in line.engine.events() if e.type == media.EV_DIGIT) == "159D*0#8"


def voice_events(folder: Path, threads: int = 1, tick_ms: int = 10) -> tuple[int, list[media.Event]]:
    """Two sentences at -20 dBm0 with a pause, in noise; the sample at which the first begins to be played."""
    folder.mkdir()
    line = Line(folder, threads=threads, tick_ms=tick_ms)
    voice = spoken("en-gb")[:5840] * 10 ** (-20 / 20)
    x = noise(np.random.default_rng(5), -55, 34000)
    x[8000:13840] += voice
    x[24000:29840] += voice
    line.engine.detect(NEAR, media.DETECT_VOICE | media.DETECT_METER)
    line.engine.level(NEAR, "rx", "fixed", gain_db=-10.0)
    begin = line.engine.sample
    line.say(FAR, pcm(x))
    line.run(0.8)
    state = line.engine.level_state(NEAR)
    assert state.voice is False
    assert abs(state.noise_dbm0 + 55) < 2
    line.run(0.5)
    assert line.engine.level_state(NEAR).voice is True
    line.run(3.2)
    return begin, [e for e in line.engine.events() if e.type == media.EV_VOICE]


@pytest.mark.parametrize("tick_ms", [5, 10, 20])
def test_voice_begins_and_ends_on_the_clock(tmp_path: Path, tick_ms: int) -> None:
    begin, found = voice_events(tmp_path / "a", tick_ms=tick_ms)
    assert [e.a0 for e in found] == [1, 0, 1, 0]
    assert {e.port for e in found} == {NEAR}
    late = 2 * 8 * tick_ms + 80  # of the loop, and of a decision
    for event, edge in zip(found, (8000, 13840, 24000, 29840), strict=True):
        after = event.sample - begin - edge
        assert 400 <= after <= 1600 + late if event.a0 else 1000 <= after <= 1600 + late + 1600
    assert abs(found[1].a1 / 10 + 20) < 3  # as it came in, not as it was levelled
    again = voice_events(tmp_path / "b", tick_ms=tick_ms)[1]
    assert [(e.sample, e.a0, e.a1) for e in again] == [(e.sample, e.a0, e.a1) for e in found]


def test_threads_hear_and_level_the_same(tmp_path: Path) -> None:
    heard = []
    for threads in (1, 2):
        folder = tmp_path / str(threads)
        folder.mkdir()
        line = Line(folder, threads=threads)
        ports = [span * 32 + t for span in (0, 1) for t in range(2, 32)]
        for port in ports:
            line.engine.ts_open(port)
            line.engine.level(port, "rx", "agc")
            line.engine.level(port, "tx", "fixed", gain_db=port / 10 - 3)
            line.engine.detect(port, media.DETECT_VOICE)
        voice = pcm(spoken("fr-fr")[:16000] * 0.1)
        line.say(40, voice)
        for port in ports:
            line.engine.connect(POOL, port)
        heard.append(
            [
                line.hear(9, 1.5).tobytes(),
                *[(e.port, e.sample, e.a1) for e in line.engine.events() if e.type == media.EV_VOICE],
            ]
        )
        assert line.engine.stats()["voices"] == 60
        assert line.engine.stats()["levels"] == 120
    assert heard[0] == heard[1]
    assert len(heard[0]) > 50


def test_all_timeslots_at_once_and_what_is_closed_is_free(tmp_path: Path) -> None:
    spans = [{"number": 2 * i, "driver": "loop", "peer": 2 * i + 1} for i in range(32)]
    engine = Engine(spans)
    ports = [span * 32 + t for span in range(64) for t in range(1, 32)]
    for _ in range(2):
        for i, port in enumerate(ports):
            engine.ts_open(port)
            engine.level(port, "rx", "agc")
            engine.level(port, "tx", "fixed", gain_db=-2.0)
            engine.detect(port, media.DETECT_VOICE)
            if i % 800 == 0:
                engine.tick()
        engine.tick(3)
        assert engine.stats()["levels"] == 2 * len(ports)
        assert engine.stats()["voices"] == len(ports)
        for i, port in enumerate(ports):
            engine.close(port)
            if i % 800 == 0:
                engine.tick()
        engine.tick(2)
        assert engine.stats()["levels"] == engine.stats()["voices"] == 0
        assert not [e for e in engine.events() if e.type == media.EV_REFUSED]
    assert engine.level_state(ports[7]).rx.mode == "off"
    assert engine.level_state(ports[7]).voice is None


def test_what_cannot_be_levelled_is_refused(tmp_path: Path) -> None:
    line = Line(tmp_path)
    engine = line.engine
    engine.level(5, "rx", "fixed", gain_db=1.0)  # not open
    engine.tick()
    assert line.refused() == [errno.ENOENT]
    for bad in (
        {"gain_db": 30.1},
        {"target_dbm0": 0.0},
        {"most_db": 0.0},
        {"least_db": 31.0},
        {"rise_db": 61.0},
        {"fall_db": -1.0},
        {"ceiling_dbm0": 0.01},
        {"gain_db": float("nan")},
    ):
        with pytest.raises(ValueError, match=next(iter(bad))):
            engine.level(NEAR, "rx", "agc", **bad)
    with pytest.raises(ValueError, match="direction"):
        engine.level(NEAR, "both", "agc")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="mode"):
        engine.level(NEAR, "rx", "loud")  # type: ignore[arg-type]
    engine.record(POOL, str(tmp_path / "r.wav"))
    engine.detect(POOL, media.DETECT_VOICE)
    engine.tick()
    assert line.refused() == [errno.EINVAL]


def test_a_prompt_has_a_voice_and_a_tone_has_none(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.say(NEAR, pcm(spoken("en-gb")[:5840] * 0.2))
    prompt = line.next - 1
    line.engine.detect(prompt, media.DETECT_VOICE)
    line.engine.tone(line.next, [(425.0, 0.0, -10.0, 0.0, 2000)])
    line.engine.detect(line.next, media.DETECT_VOICE)
    line.run(1.5)
    found = [e for e in line.engine.events() if e.type == media.EV_VOICE]
    assert [(e.port, e.a0) for e in found] == [(prompt, 1)]  # it was closed before the voice was seen to end
    assert line.engine.stats()["voices"] == 1


def test_a_member_of_a_conference_hears_it_levelled(tmp_path: Path) -> None:
    line = Line(tmp_path)
    for port in (NEAR + 1, FAR + 1, NEAR + 2, FAR + 2):
        line.engine.ts_open(port)
    room = POOL + 500
    line.engine.conference(room)
    for port in (NEAR, NEAR + 1, NEAR + 2):
        line.engine.connect(port, room)
        line.engine.connect(room, port)
    line.engine.level(NEAR + 1, "tx", "fixed", gain_db=-6.0)
    line.say(FAR, pcm(sine(1020, -20, 8000 * 4)))
    line.run(0.5)
    assert dbm0(line.hear(FAR + 2, 0.5)) == pytest.approx(-20, abs=0.2)
    assert dbm0(line.hear(FAR + 1, 0.5)) == pytest.approx(-26, abs=0.2)
    line.engine.level(NEAR, "rx", "fixed", gain_db=5.0)
    line.run(0.1)
    assert dbm0(line.hear(FAR + 2, 0.5)) == pytest.approx(-15, abs=0.2)
