"""`MediaPlane.set_level`, `watch_voice` and what a line's settings say of level: the real engine under call control."""

from __future__ import annotations

import asyncio
import subprocess
from pathlib import Path

import pytest
import test_sound
from test_sound import FarEnd, level, tracks
from world import World

from xunhu._media import engine as en
from xunhu.call.line_audio import LineAudio
from xunhu.call.media import MediaPlane
from xunhu.call.media_level import OFF, Level, Voice, agc, fixed

LOOP = [{"number": 0, "driver": "loop", "peer": 1}, {"number": 1, "driver": "loop", "peer": 0}]
OURS, THEIRS = 1, 33


class Line:
    def __init__(self, audio: LineAudio | None = None) -> None:
        self.engine = en.Engine(LOOP)
        self.media = MediaPlane(asyncio.get_running_loop())
        self.troubles: list[str] = []
        self.media.on_trouble.append(self.troubles.append)
        self.media.attach(self.engine)
        if audio is not None:
            self.media.line_audio[0] = audio
        for port in (OURS, THEIRS):
            self.open(port)

    def open(self, port: int, *, voice: bool = True) -> None:
        self.media.open_timeslot(port, lambda _digit, _level: None, pytest.fail, dtmf=False, voice=voice)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.engine.tick()
            self.media.pump()


async def test_a_line_is_levelled_as_its_settings_say() -> None:
    line = Line(LineAudio(rx=fixed(4.0), tx=agc(-16.0)))
    line.run(0.1)
    state = line.media.level_state(OURS)
    assert state is not None
    assert (state.rx.mode, state.rx.gain_db, state.tx.mode) == ("fixed", 4.0, "agc")
    there = line.media.level_state(THEIRS)
    assert there is not None
    assert (there.rx.mode, there.tx.mode) == ("off", "off")
    assert line.media.line_level(OURS) == (fixed(4.0), agc(-16.0))
    assert line.media.line_level(THEIRS) == (OFF, OFF)
    line.media.close_timeslot(OURS)
    line.run(0.1)
    line.open(OURS, voice=False)  # a circuit under test carries no voice
    line.run(0.1)
    state = line.media.level_state(OURS)
    assert state is not None
    assert state.rx.mode == "off"
    assert not line.troubles


async def test_levels_change_while_one_talks_and_outlive_control() -> None:
    line = Line()
    line.media.set_level(OURS, rx=Level("agc", target_dbm0=-20, most_db=6))
    line.run(0.1)
    line.media.set_level(OURS, tx=fixed(-3))
    line.run(0.1)
    line.media.let_go()
    line.engine.tick(20)
    again = MediaPlane(asyncio.get_running_loop())
    again.attach(line.engine)
    again.adopt_timeslot(OURS, lambda _digit, _level: None)
    state = again.level_state(OURS)
    assert state is not None
    assert (state.rx.mode, state.tx.mode, state.tx.gain_db) == ("agc", "fixed", -3)
    again.set_level(OURS, rx=OFF, tx=OFF)
    line.engine.tick(3)
    state = again.level_state(OURS)
    assert state is not None
    assert (state.rx.mode, state.tx.mode) == ("off", "off")
    again.detach()
    assert again.level_state(OURS) is None


async def test_what_is_refused_is_told_and_a_closed_port_is_no_trouble() -> None:
    line = Line()
    line.media.set_level(40, rx=fixed(1))  # not open: it may just have been closed
    line.run(0.1)
    assert not line.troubles
    line.media.set_level(OURS, rx=fixed(31))
    assert ["gain_db" in text for text in line.troubles] == [True]


def spoken(path: Path) -> str:
    """A short sentence, 8 kHz."""
    voice = subprocess.run(
        ["espeak-ng", "-v", "en-gb", "--stdout", "Your call is important to us"], capture_output=True, check=True
    ).stdout
    subprocess.run(
        ["sox", "-t", "wav", "-", "-r", "8000", "-b", "16", str(path), "gain", "-n", "-6", "pad", "0", "1"],
        input=voice,
        check=True,
    )
    return str(path)


async def test_who_speaks_is_told_to_whoever_asked(tmp_path: Path) -> None:
    line = Line()
    heard: list[Voice] = []
    line.media.watch_voice(OURS, heard.append)
    line.run(0.5)
    begin = line.engine.sample
    line.media.play([spoken(tmp_path / "voice.wav")]).feed(THEIRS)
    line.media.detect(OURS, True)  # as a flow does when it asks for keys
    line.run(4)
    assert [voice.speaks for voice in heard][:: len(heard) - 1] == [True, False]
    assert [voice.speaks for voice in heard] == [i % 2 == 0 for i in range(len(heard))]
    assert 400 < heard[0].sample - begin < 4000
    assert -25 < heard[-1].level_dbm0 < 0
    state = line.media.level_state(OURS)
    assert state is not None
    assert state.voice is False
    count = len(heard)
    line.media.watch_voice(OURS, None)
    line.media.play([spoken(tmp_path / "voice.wav")]).feed(THEIRS)
    line.run(3)
    assert len(heard) == count


def test_a_call_is_heard_and_recorded_with_the_gain_of_its_line(tmp_path: Path) -> None:
    """RxGain 6 at the caller's line: the callee and the recording get the caller 6 dB louder; TxGain -4 there: the caller gets the callee 4 dB
    softer, the recording does not."""

    async def main(w: World) -> None:
        w.media.line_audio[0] = LineAudio(rx=fixed(6.0), tx=fixed(-4.0))
        caller = w.carrier.offer("8001")
        await w.sleep()
        callee = w.pbx.made[0]
        a, b = FarEnd(w, caller.port or 0), FarEnd(w, callee.port or 0)
        callee.far_alerting()
        await w.sleep()
        callee.far_answer()
        await w.sleep(0.2)
        one, two = a.voice(700), b.voice(1700)
        await w.sleep(0.2)
        heard_by_b = await b.listen(tmp_path / "b.wav", 1)
        heard_by_a = await a.listen(tmp_path / "a.wav", 1)
        assert level(heard_by_b[800:], 700) == pytest.approx(-10 + 6, abs=0.3)
        assert level(heard_by_a[800:], 1700) == pytest.approx(-10 - 4, abs=0.3)
        one.stop()
        two.stop()
        caller.far_disconnect()
        await w.sleep(0.2)
        a.leave()
        b.leave()

    w = test_sound.simulate(main, recording="all", recordings=tmp_path / "rec")
    events = dict(w.ledger.of(w.call_id()))
    left, right = tracks(Path(events["rec.start"]["path"]))
    talk = slice(4000, 12000)
    assert level(left[talk], 700) == pytest.approx(-4, abs=0.3)
    assert level(right[talk], 1700) == pytest.approx(-10, abs=0.3)


async def test_a_member_of_a_conference_has_an_automatic_gain_as_long_as_it_is_one() -> None:
    line = Line(LineAudio(rx=fixed(2.0)))
    room = line.media.open_conference()
    room.join(OURS, agc=-20.0)
    line.run(0.1)

    def rx() -> tuple[str, float]:
        state = line.media.level_state(OURS)
        assert state is not None
        return state.rx.mode, state.rx.gain_db

    assert rx()[0] == "agc"
    room.join(OURS, 3.0, agc=-20.0)
    line.run(0.1)
    assert rx()[0] == "agc"
    room.join(OURS)
    line.run(0.1)
    assert rx() == ("fixed", 2.0)
    room.join(OURS, agc=-16.0)
    room.leave(OURS)
    line.run(0.1)
    assert rx() == ("fixed", 2.0)
    room.join(OURS, agc=-16.0)
    line.run(0.1)
    assert rx()[0] == "agc"
    room.stop()
    line.run(0.1)
    assert rx() == ("fixed", 2.0)
    assert not line.troubles
