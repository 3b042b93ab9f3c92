"""Conference rooms with sound: the real engine, tone codes and keys in band; who hears whom, what all hear, what is recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from test_rooms import kinds, walker
from test_sound import RATE, FarEnd, prompt, simulate, tracks
from world import World

from xunhu.call.room_settings import RoomSettings
from xunhu.ivr.session import ConferenceResult

HERTZ = np.array([430.0, 570.0, 710.0, 850.0, 1030.0, 1190.0, 1370.0, 1570.0, 1790.0, 2030.0])
LEVEL = -20.0
#: prompts of these tests: a tone each
SAID = {"conf-muted": 2300.0, "conf-joined": 2500.0, "conf-pin-wrong": 2700.0, "conf-leaders-only": 2900.0}


def levels(samples: NDArray[Any], hertz: NDArray[np.float64] = HERTZ) -> NDArray[np.float64]:
    """dBm0 of sines in the samples, by least squares."""
    t = np.arange(len(samples)) * 2 * np.pi / RATE
    base = np.hstack([np.cos(np.outer(t, hertz)), np.sin(np.outer(t, hertz))])
    found, *_ = np.linalg.lstsq(base, samples.astype(float), rcond=None)
    return 20 * np.log10(np.maximum(np.hypot(found[: len(hertz)], found[len(hertz) :]), 1) / 22779)


class Hall:
    """Callers of room 8800 with a tone each."""

    def __init__(self, w: World, folder: Path) -> None:
        self.w, self.folder = w, folder
        self.ends: list[FarEnd] = []
        self.fakes: list[Any] = []
        self.voices: list[Any] = []
        self.results: list[ConferenceResult] = []
        self.files = 0

    async def call(self, **how: Any) -> FarEnd:
        self.w.flows.walks["main"] = walker(self.results, **how)
        fake = self.w.carrier.offer("4000", calling=str(len(self.ends) + 1))
        await self.w.sleep(0.05)
        end = FarEnd(self.w, fake.port or 0)
        self.fakes.append(fake)
        self.ends.append(end)
        return end

    def speak(self) -> None:
        for end, hz in zip(self.ends, HERTZ, strict=False):
            job = self.w.media.tone([(float(hz), 0.0, LEVEL, 0.0, 0)])
            job.feed(end.port)
            self.voices.append(job)

    def hush(self) -> None:
        for job in self.voices:
            job.stop()
        self.voices.clear()

    async def record(self, seconds: float) -> list[NDArray[Any]]:
        """What each hears at the same time."""
        jobs, names = [], []
        for end in self.ends:
            self.files += 1
            names.append(self.folder / f"heard-{self.files}.wav")
            jobs.append(self.w.media.record(str(names[-1]), longest_s=seconds))
            self.w.media.connect(end.port, jobs[-1].port)
        for job in jobs:
            await job.done
        return [tracks(name)[0] for name in names]

    async def matrix(self) -> list[list[int | None]]:
        """matrix[i][j]: dB against what j says, as i hears it; None: not there."""
        await self.w.sleep(0.1)
        out = []
        for sound in await self.record(0.3):
            row = levels(sound[400:])[: len(self.ends)]
            out.append([round(float(x) - LEVEL) if x > LEVEL - 30 else None for x in row])
        return out

    def leave(self) -> None:
        for fake in self.fakes:
            fake.far_disconnect()
        for end in self.ends:
            end.leave()


def all_but_oneself(count: int, silent: tuple[int, ...] = ()) -> list[list[int | None]]:
    return [[None if i == j or j in silent else 0 for j in range(count)] for i in range(count)]


def hall_of(main: Callable[[Hall], Awaitable[None]], folder: Path, room: RoomSettings, **settings: Any) -> World:
    async def body(w: World) -> None:
        voices = {name: prompt(folder / f"{name}.wav", hz, 0.4) for name, hz in SAID.items()}
        w.control._prompts = lambda name, _language: voices.get(name, "")
        hall = Hall(w, folder)
        await main(hall)
        hall.hush()
        hall.leave()

    return simulate(body, rooms={room.number: room}, recordings=folder / "rec", **settings)


def test_ten_with_pin_each_hears_all_but_himself(tmp_path: Path) -> None:
    async def main(hall: Hall) -> None:
        for n in range(10):
            end = await hall.call()
            await end.press("7" if n == 3 else "1234")
            if n == 3:  # too short, and wrong
                await end.press("#")
                heard = await end.listen(tmp_path / "wrong.wav", 0.3)
                assert levels(heard[800:], np.array([SAID["conf-pin-wrong"]]))[0] > -20
                await hall.w.sleep(0.5)
                await end.press("1234")
        await hall.w.sleep(1)
        assert len(hall.w.control.rooms.room("8800").parties) == 10
        hall.speak()
        assert await hall.matrix() == all_but_oneself(10)
        hall.hush()
        await hall.ends[4].press("*1")
        await hall.w.sleep(1)
        hall.speak()
        assert await hall.matrix() == all_but_oneself(10, silent=(4,))

    w = hall_of(main, tmp_path, RoomSettings("8800", pin="1234", entry_tone=False, music=False))
    (changed,) = kinds(w, "conference.changed")
    assert (changed["member"], changed["muted"], changed["by"]) == ("5", True, "")


def test_roles_gains_and_whisper(tmp_path: Path) -> None:
    async def main(hall: Hall) -> None:
        for role in ("leader", "talk", "listen", "whisper"):
            await hall.call(role=role, to="2")
        room = hall.w.control.rooms.room("8800")
        hall.speak()
        assert await hall.matrix() == [
            [None, 0, None, None],
            [0, None, None, 0],  # hears the whisperer
            [0, 0, None, None],
            [0, 0, None, None],
        ]
        room.party("1").set_gain(-6)
        room.party("3").set_hear_gain(-6)
        room.party("2").make_deaf(True)
        assert await hall.matrix() == [
            [None, 0, None, None],
            [None, None, None, 0],
            [-12, -6, None, None],
            [-6, 0, None, None],
        ]
        room.party("2").make_deaf(False)
        room.set_role(room.party("4"), "talk", "operator")
        room.set_role(room.party("1"), "listen", "operator")
        assert await hall.matrix() == [
            [None, 0, None, 0],
            [None, None, None, 0],
            [None, -6, None, -6],
            [None, 0, None, None],
        ]

    hall_of(main, tmp_path, RoomSettings("8800", entry_tone=False, music=False))


def test_music_until_the_leader_comes_and_the_end_with_him(tmp_path: Path) -> None:
    music = prompt(tmp_path / "music.wav", 1110, 0.5)

    async def main(hall: Hall) -> None:
        one, two = await hall.call(), await hall.call()
        await hall.w.sleep(0.2)
        for voice in (one, two):
            heard = await voice.listen(tmp_path / "waits.wav", 0.4)
            assert levels(heard[800:], np.array([1110.0]))[0] > -12
        hall.speak()
        assert await hall.matrix() == [[None, None], [None, None]]
        hall.hush()
        leader = await hall.call(role="leader")
        hall.speak()
        assert await hall.matrix() == all_but_oneself(3)
        hall.hush()
        heard = await one.listen(tmp_path / "begun.wav", 0.4)
        assert levels(heard[800:], np.array([1110.0]))[0] < -50
        await leader.press("*0")
        await hall.w.sleep(0.5)
        assert len(hall.w.control.rooms) == 0

    w = hall_of(
        main, tmp_path, RoomSettings("8800", wait_for_leader=True, end_with_leader=True, entry_tone=False), music=music
    )
    assert [row["why"] for row in kinds(w, "conference.left")] == ["left", "ended", "ended"]
    assert len(kinds(w, "conference.begun")) == 1


def test_leaders_keys_in_band(tmp_path: Path) -> None:
    async def main(hall: Hall) -> None:
        leader = await hall.call(role="leader")
        member, last = await hall.call(), await hall.call()
        room = hall.w.control.rooms.room("8800")
        await member.press("**1")
        heard = await member.listen(tmp_path / "no.wav", 0.3)
        assert not room.locked
        assert levels(heard[800:], np.array([SAID["conf-leaders-only"]]))[0] > -20
        await leader.press("**1")
        assert room.locked
        await leader.press("**2")
        assert not room.locked
        await leader.press("**3")
        assert [party.muted for party in room.parties.values()] == [False, True, True]
        await member.press("*1")
        assert room.party("2").muted  # the leader alone can end that here
        await leader.press("**4")
        assert not room.party("2").muted
        await leader.press("**6")
        assert room.recording
        await leader.press("**6")
        assert not room.recording
        await member.press("*4*4*9")
        assert (room.party("2").hear_db, room.party("2").gain_db) == (-6, 3)
        await member.press("*")  # forgotten after a while
        await hall.w.sleep(4)
        await member.press("1")
        assert not room.party("2").muted
        await leader.press("**5")
        assert list(room.parties) == ["1", "2"]
        del last
        await leader.press("**0")
        assert room.ending

    w = hall_of(main, tmp_path, RoomSettings("8800", unmute_self=False))
    assert [row["why"] for row in kinds(w, "conference.left")] == ["removed", "ended", "ended"]
    assert [(row["on"], row["by"]) for row in kinds(w, "conference.locked")] == [(True, "1"), (False, "1")]


def test_keys_are_not_heard_by_others(tmp_path: Path) -> None:
    """Of each key of 70 ms at most 25 ms gets through; the voice behind it does."""

    async def main(hall: Hall) -> None:
        one, two = await hall.call(), await hall.call()
        listening = hall.w.loop.create_task(two.listen(tmp_path / "heard.wav", 2))
        await one.press("1479#3D")
        voice = one.voice(1000)
        heard = await listening
        voice.stop()
        assert two.heard == ""
        keys = heard[: 7 * 140 * 8]
        loud = [i for i in range(0, len(keys) - 40, 40) if np.abs(keys[i : i + 40].astype(int)).max() > 400]
        assert 0 < len(loud) * 5 <= 7 * 25
        assert levels(heard[-4000:], np.array([1000.0]))[0] == pytest.approx(-10, abs=0.5)

    hall_of(main, tmp_path, RoomSettings("8800", entry_tone=False, music=False))


def test_names_tones_and_the_recording(tmp_path: Path) -> None:
    async def main(hall: Hall) -> None:
        one = await hall.call()
        name = one.voice(1500)
        await hall.w.sleep(1.5)
        name.stop()
        await one.press("#")
        await hall.w.sleep(0.3)
        two = await hall.call()
        listening = hall.w.loop.create_task(one.listen(tmp_path / "announced.wav", 4))
        await hall.w.sleep(0.5)  # the beep
        name = two.voice(1900)
        await hall.w.sleep(1.2)
        name.stop()
        await two.press("#")
        heard = await listening
        found = [levels(heard[i : i + 800], np.array([1900.0, SAID["conf-joined"]])) for i in range(0, len(heard) - 800, 800)]
        names = [i for i, (name_db, _) in enumerate(found) if name_db > -15]
        joined = [i for i, (_, joined_db) in enumerate(found) if joined_db > -15]
        assert 5 <= len(names) <= 14
        assert names[-1] < joined[0]
        assert len(joined) in (3, 4)
        clips = list((tmp_path / "rec" / ".names").iterdir())
        assert len(clips) == 2
        room = hall.w.control.rooms.room("8800")
        room.record(True, "operator")
        hall.speak()
        await hall.w.sleep(1)
        hall.hush()
        room.record(False, "operator")

    w = hall_of(main, tmp_path, RoomSettings("8800", announce_names=True, music=False), recording="none")
    assert list((tmp_path / "rec" / ".names").iterdir()) == []
    (start,), (end,) = kinds(w, "rec.start"), kinds(w, "rec.end")
    assert start["path"] == end["path"]
    assert "/2026/11/23/" in start["path"]
    (sound,) = tracks(Path(start["path"]))
    assert len(sound) == pytest.approx(end["seconds"] * RATE, abs=200)
    assert levels(sound[2000:8000])[:2] == pytest.approx([LEVEL, LEVEL], abs=0.5)
    assert {row["why"] for row in kinds(w, "conference.left")} == {"hung-up"}
    assert all(row["recordings"] == [start["path"]] for row in kinds(w, "conference.left"))


def test_the_call_is_recorded_with_what_it_hears(tmp_path: Path) -> None:
    async def main(hall: Hall) -> None:
        for _ in range(3):
            await hall.call()
        hall.speak()
        await hall.w.sleep(1)

    w = hall_of(main, tmp_path, RoomSettings("8800", entry_tone=False, music=False), recording="all")
    left, right = tracks(Path(kinds(w, "rec.start")[0]["path"]))
    assert levels(left[3000:8000])[:3] == pytest.approx([LEVEL, -70, -70], abs=20)
    assert levels(right[3000:8000])[:3] == pytest.approx([LEVEL] * 3, abs=0.7)


def test_the_floor_is_told_and_who_speaks_is_seen(tmp_path: Path) -> None:
    async def main(hall: Hall) -> None:
        for _ in range(3):
            await hall.call()
        room = hall.w.control.rooms.room("8800")
        room.watch()
        await hall.w.sleep(1)
        voice = hall.ends[1].voice(700)
        await hall.w.sleep(1)
        assert room.floor is room.party("2")
        assert [party.speaks for party in room.parties.values()] == [False, True, False]
        voice.stop()
        await hall.w.sleep(3)
        assert room.floor is None
        for n in range(20):  # a lively talk: the ledger hears of it now and then
            voice = hall.ends[n % 3].voice(700)
            await hall.w.sleep(0.5)
            voice.stop()
            await hall.w.sleep(0.5)
        await hall.w.sleep(12)
        assert not any(party.speaks for party in room.parties.values())

    w = hall_of(main, tmp_path, RoomSettings("8800", entry_tone=False, music=False))
    told = [(row[1], row[5]["member"]) for row in w.ledger.rows if row[2] == "conference.floor"]
    assert told[0][1] == "2"
    assert 5 < len(told) < 16
    assert all(b[0] - a[0] >= 1.99e9 for a, b in pairwise(told))
