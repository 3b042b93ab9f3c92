"""Calls with sound: the real engine over spans back to back; the trunks' signalling is fake, the far ends' voices are tones and keys."""

from __future__ import annotations

import wave
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from world import World

from xunhu import vclock
from xunhu._media import g711
from xunhu._media.engine import Engine
from xunhu.ivr.session import Session

FAR = 64  # our spans are 0 and 1, their far ends 2 and 3
RATE = 8000


def spans() -> list[dict[str, Any]]:
    return [
        {"number": 0, "driver": "loop", "peer": 2},
        {"number": 2, "driver": "loop", "peer": 0},
        {"number": 1, "driver": "loop", "peer": 3},
        {"number": 3, "driver": "loop", "peer": 1},
    ]


class FarEnd:
    """Somebody at the other end of a circuit: has a voice (a tone), presses keys, hears keys, records what is heard."""

    def __init__(self, w: World, port: int) -> None:
        self.w = w
        self.port = port + FAR
        self.heard = ""
        w.media.open_timeslot(self.port, self._digit, lambda error: pytest.fail(f"refused: {error}"), dtmf=True)

    def _digit(self, digit: str, _level: int) -> None:
        self.heard += digit

    async def press(self, digits: str) -> None:
        job = self.w.media.dtmf(digits, on_ms=70, off_ms=70)
        job.feed(self.port)
        await job.done

    def voice(self, hz: float) -> Any:
        job = self.w.media.tone([(hz, 0.0, -10.0, 0.0, 0)])
        job.feed(self.port)
        return job

    async def listen(self, path: Path, seconds: float) -> np.ndarray:
        job = self.w.media.record(str(path), longest_s=seconds)
        self.w.media.connect(self.port, job.port)
        await job.done
        return tracks(path)[0]

    def leave(self) -> None:
        self.w.media.close_timeslot(self.port)


def tracks(path: Path) -> list[np.ndarray]:
    """The tracks of an A-law WAV file as 16-bit samples."""
    octets = path.read_bytes()
    assert octets[:4] == b"RIFF"
    count = int.from_bytes(octets[22:24], "little")
    at = octets.index(b"data") + 8
    samples = np.asarray(g711.alaw_decode(octets[at:]))
    return [samples[i::count] for i in range(count)]


def level(samples: np.ndarray, hz: float) -> float:
    """dBm0 of a tone in the samples."""
    n = np.arange(len(samples))
    power = abs(np.dot(samples, np.exp(-2j * np.pi * hz / RATE * n))) * 2 / len(samples) / 22779
    return float(20 * np.log10(max(power, 1e-6)))


def prompt(path: Path, hz: float, seconds: float) -> str:
    n = np.arange(round(RATE * seconds))
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((8000 * np.sin(2 * np.pi * hz / RATE * n)).astype("<i2").tobytes())
    return str(path)


def simulate(main: Callable[[World], Awaitable[None]], **settings: Any) -> World:
    async def body() -> World:
        w = World(engine=Engine(spans()), **settings)
        await main(w)
        await w.sleep(1)
        w.check_clean()
        return w

    return vclock.run(body())


def test_talk_is_heard_both_ways_and_recorded_on_two_tracks(tmp_path: Path) -> None:
    async def main(w: World) -> None:
        caller = w.carrier.offer("8001")
        await w.sleep()
        callee = w.pbx.made[0]
        a, b = FarEnd(w, caller.port or 0), FarEnd(w, callee.port or 0)
        callee.far_alerting()
        await w.sleep()
        ringing = await a.listen(tmp_path / "ringing.wav", 0.5)
        assert level(ringing[800:], 450) == pytest.approx(-10, abs=1)
        callee.far_answer()
        await w.sleep(0.2)
        one, two = a.voice(700), b.voice(1700)
        await w.sleep(0.2)
        heard_by_b = await b.listen(tmp_path / "b.wav", 1)
        heard_by_a = await a.listen(tmp_path / "a.wav", 1)
        assert level(heard_by_b[800:], 700) == pytest.approx(-10, abs=0.5)
        assert level(heard_by_a[800:], 1700) == pytest.approx(-10, abs=0.5)
        assert level(heard_by_a[800:], 700) < -50
        assert level(heard_by_a[800:], 450) < -50
        one.stop()
        two.stop()
        await w.sleep(0.2)
        await a.press("159")
        await b.press("D0#")
        await w.sleep(0.2)
        assert (a.heard, b.heard) == ("D0#", "159")
        caller.far_disconnect()
        await w.sleep(0.2)
        a.leave()
        b.leave()

    w = simulate(main, recording="all", recordings=tmp_path / "rec")
    digits = [(data["leg"], data["digit"]) for kind, data in w.ledger.of(w.call_id()) if kind == "leg.digit"]
    assert digits == [("1", "1"), ("1", "5"), ("1", "9"), ("2", "D"), ("2", "0"), ("2", "#")]
    events = dict(w.ledger.of(w.call_id()))
    left, right = tracks(Path(events["rec.start"]["path"]))
    assert len(left) == pytest.approx(events["rec.end"]["seconds"] * RATE, abs=200)
    talk = slice(RATE // 2, 2 * RATE)
    assert level(left[talk], 700) == pytest.approx(-10, abs=1)
    assert level(left[talk], 1700) < -50
    assert level(right[talk], 1700) == pytest.approx(-10, abs=1)
    assert level(right[talk], 700) < -50


def test_menu_by_keys_and_key_to_next_prompt_within_80_ms(tmp_path: Path) -> None:
    hello = prompt(tmp_path / "hello.wav", 600, 5)
    sales = prompt(tmp_path / "sales.wav", 1600, 5)
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.play_collect([hello], digits=1, interrupt="0123456789", timeout_s=5))
        got.append(await session.play_collect([sales], interrupt="0123456789"))
        got.append(await session.play_collect([str(tmp_path / "none.wav")]))
        got.append(await session.record(str(tmp_path / "vm" / "1.wav"), stop_keys="#", seconds=10))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep(0.02)
        far = FarEnd(w, caller.port or 0)
        listening = w.loop.create_task(far.listen(tmp_path / "heard.wav", 2))
        await w.sleep(1)
        await far.press("1")
        key_end = w.engine.sample  # of the tone and its pause of 70 ms
        heard = await listening
        begin = w.engine.sample - len(heard)
        assert got[0].digits == "1"
        window = 40
        sounding = [i for i in range(0, len(heard) - window, window) if level(heard[i : i + window], 1600) > -20]
        assert sounding[0] + begin - (key_end - 560) < 640
        assert level(heard[sounding[0] + 400 :], 600) < -40
        await far.press("9")
        await w.sleep(0.6)
        voice = far.voice(900)
        await w.sleep(2)
        voice.stop()
        await far.press("#")
        await w.sleep(0.2)
        assert caller.did[-1] == "release 16"
        far.leave()

    simulate(main)
    assert (got[1].digits, got[1].reason) == ("", "played")
    assert (got[2].reason, got[2].missing) == ("missing-file", str(tmp_path / "none.wav"))
    assert 2.0 < got[3] < 2.5
    (message,) = tracks(tmp_path / "vm" / "1.wav")
    assert level(message[4000:12000], 900) == pytest.approx(-10, abs=1)


def test_recording_over_hold_with_music_and_blind_transfer(tmp_path: Path) -> None:
    music = prompt(tmp_path / "music.wav", 1200, 0.5)

    async def main(w: World) -> None:
        caller = w.carrier.offer("8001")
        await w.sleep()
        w.pbx.made[0].far_answer()
        await w.sleep(0.1)
        far = FarEnd(w, caller.port or 0)
        voice = far.voice(700)
        await w.sleep(1)
        w.control.hold(w.leg("1"), music)
        heard = await far.listen(tmp_path / "held.wav", 1)
        assert level(heard[1600:], 1200) > -15
        w.control.transfer_blind(w.leg("1"), "8002")
        await w.sleep(0.5)
        w.pbx.made[1].far_answer()
        await w.sleep(0.1)
        agent = FarEnd(w, w.pbx.made[1].port or 0)
        other = agent.voice(1700)
        await w.sleep(1)
        heard = await far.listen(tmp_path / "after.wav", 0.5)
        assert level(heard, 1700) > -15
        assert level(heard, 1200) < -40
        caller.far_disconnect()
        for job in (voice, other):
            job.stop()
        far.leave()
        agent.leave()

    w = simulate(main, recording="all", recordings=tmp_path)
    assert [row[2] for row in w.ledger.rows].count("rec.start") == 1
    left, right = tracks(Path(next(row[5]["path"] for row in w.ledger.rows if row[2] == "rec.start")))
    assert level(left[RATE:], 700) > -12  # all the time
    assert level(right[int(1.3 * RATE) : 2 * RATE], 1200) > -15
    assert level(right[-RATE:], 1700) > -15
    assert level(right[-RATE:], 1200) < -40
