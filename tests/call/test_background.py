"""A background sound under a talk and a flow, by sound through the engine: how loud it is, when it is lowered, and that it never jumps."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest
from test_sound import FarEnd, level, simulate, tracks
from world import World, talk

from xunhu.call.errors import NoSuchCallError, NotPossibleError
from xunhu.ivr.session import Session

MUSIC_HZ, PROMPT_HZ = 2000, 600


def tone(path: Path, hz: int, seconds: float, dbm0: float = -10.0) -> str:
    """By sox; 0 dBm0 is a peak of 22,779."""
    volume = 10 ** (dbm0 / 20) * 22779 / 32768
    subprocess.run(["sox", "-n", "-r", "8000", "-b", "16", str(path), "synth", str(seconds), "sine", str(hz), "vol", str(volume)], check=True)
    return str(path)


def speech(path: Path, seconds: float) -> str:
    raw = path.with_suffix(".raw.wav")
    subprocess.run(["espeak-ng", "-w", str(raw), "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"], check=True)
    subprocess.run(["sox", str(raw), "-r", "8000", "-b", "16", "-c", "1", str(path), "lowpass", "1200", "gain", "-n", "-6", "trim", "0", str(seconds)], check=True)
    return str(path)


def course(samples: np.ndarray, hz: float, step: int = 320) -> np.ndarray:
    """Level of a tone each 40 ms."""
    return np.array([level(samples[at : at + step], hz) for at in range(0, len(samples) - step, step)])


def test_under_a_flow_it_is_lowered_while_a_prompt_is_played(tmp_path: Path) -> None:
    music, prompt = tone(tmp_path / "music.wav", MUSIC_HZ, 1), tone(tmp_path / "prompt.wav", PROMPT_HZ, 1.5)
    heard: list[np.ndarray] = []

    async def main(w: World) -> None:
        async def walk(session: Session) -> str:
            assert await session.background([music], gain_db=-10, duck_db=12) == ""
            await session.wait_key("#", 1.5)
            await session.play_collect([prompt])
            await session.wait_key("#", 2.0)
            await session.background([])
            await session.wait_key("#", 0.5)
            return "0000"

        w.flows.walks["main"] = walk
        call = w.carrier.offer("4000")
        await w.sleep()
        party = FarEnd(w, call.port or 0)
        heard.append(await party.listen(tmp_path / "heard.wav", 5.4))
        party.leave()
        await w.sleep(1)

    w = simulate(main, recording="all", recordings=tmp_path / "rec")
    background, spoken = course(heard[0], MUSIC_HZ), course(heard[0], PROMPT_HZ)
    on = np.flatnonzero(spoken > -14)
    begin, end = on[0], on[-1]
    assert np.median(background[begin - 25 : begin - 2]) == pytest.approx(-20, abs=0.5)
    assert np.median(background[begin + 8 : end - 1]) == pytest.approx(-32, abs=1)
    assert background[begin + 4] < -29  # within 160 ms
    assert np.median(background[end + 12 : end + 14]) == pytest.approx(-32, abs=1)  # not in every pause
    assert np.median(background[end + 35 : end + 48]) == pytest.approx(-20, abs=0.5)
    assert np.diff(background[end + 12 : end + 35]).max() < 3  # no jump on its way up
    assert background[-3:].max() < -50  # it has ended
    events = w.ledger.of(w.call_id())
    assert [data["files"] for kind, data in events if kind == "call.background"] == [[music], []]
    left, right = tracks(Path(dict(events)["rec.start"]["path"]))
    assert course(right, PROMPT_HZ).max() > -12
    assert max(course(right, MUSIC_HZ).max(), course(left, MUSIC_HZ).max()) < -45  # recordings are without it


def test_under_a_talk_both_hear_it_and_a_voice_lowers_it(tmp_path: Path) -> None:
    music, words = tone(tmp_path / "music.wav", MUSIC_HZ, 1), speech(tmp_path / "words.wav", 2.5)
    heard: dict[str, np.ndarray] = {}

    async def main(w: World) -> None:
        caller, callee = await talk(w)
        a, b = FarEnd(w, caller.port or 0), FarEnd(w, callee.port or 0)
        w.control.background(w.call_id(), [music])
        await w.sleep(0.3)
        for name, party in (("a", a), ("b", b)):
            heard[name] = await party.listen(tmp_path / f"{name}.wav", 1)
        job = w.media.play([words])
        job.feed(a.port)
        heard["spoken over"] = await b.listen(tmp_path / "over.wav", 2.4)
        await job.done
        await w.sleep(2)
        heard["after"] = await b.listen(tmp_path / "after.wav", 1)
        caller.far_disconnect()
        a.leave()
        b.leave()
        await w.sleep(0.3)

    simulate(main)
    for name in ("a", "b", "after"):
        assert np.median(course(heard[name], MUSIC_HZ)) == pytest.approx(-28, abs=0.5), name
    assert np.median(course(heard["spoken over"], MUSIC_HZ)[25:]) < -36


def test_what_cannot_be_played_is_noted_and_the_call_goes_on(tmp_path: Path) -> None:
    async def main(w: World) -> None:
        caller, _ = await talk(w)
        w.control.background(w.call_id(), [str(tmp_path / "none.wav")])
        await w.sleep(0.3)
        w.control.background(w.call_id(), [])
        with pytest.raises(NoSuchCallError):
            w.control.background("nobody", ["x"])
        free, w.media._free = w.media._free, type(w.media._free)()  # no port is left
        with pytest.raises(NotPossibleError, match="ports"):
            w.control.background(w.call_id(), ["x"])
        w.media._free = free
        caller.far_disconnect()
        await w.sleep(2)

    w = simulate(main)
    notes = [data["text"] for kind, data in w.ledger.of(w.call_id()) if kind == "call.note"]
    assert any("No such file" in note for note in notes)

