"""`MediaPlane.open_conference` over a real engine: members, mutes, gains, floor; and that nothing is left."""

import asyncio
import errno
from pathlib import Path

import numpy as np
import pytest

from xunhu._media import engine as en
from xunhu.call.media import Ended, MediaPlane

SPANS = [{"number": 0, "driver": "loop", "peer": 1}]
MEMBERS = 4
HERTZ = [500.0, 700.0, 900.0, 1100.0]


def near(i: int) -> int:
    return 1 + i


def far(i: int) -> int:
    return 33 + i


class Hall:
    """Four lines with a tone each at their far ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.engine = en.Engine(SPANS)
        self.media = MediaPlane(asyncio.get_running_loop())
        self.media.attach(self.engine)
        self.troubles: list[str] = []
        self.media.on_trouble.append(self.troubles.append)
        self.floors: list[tuple[int | None, int]] = []
        self.talks: list[tuple[int, bool]] = []
        self.files = 0
        for i in range(MEMBERS):
            for port in (near(i), far(i)):
                self.media.open_timeslot(port, lambda _digit, _level: None, self.refused, dtmf=False)
            self.media.tone([(HERTZ[i], 0.0, -20.0, -99.0, 0)]).feed(far(i))
        self.room = self.media.open_conference(
            on_floor=lambda port, talkers: self.floors.append((port, talkers)), on_talk=lambda *talk: self.talks.append(talk)
        )
        self.run(0.1)

    def refused(self, error: int) -> None:
        raise AssertionError(error)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds * 100)):
            self.engine.tick()
            self.media.pump()

    def heard(self, i: int) -> list[float | None]:
        """Levels in dB against what was said, as member i hears them; None: not there."""
        self.run(0.05)
        self.files += 1
        name = self.folder / f"{self.files}.wav"
        job = self.media.record(str(name), fmt=en.REC_PCM16)
        self.media.connect(far(i), job.port)
        self.run(0.2)
        job.stop()
        self.run(0.03)
        sound = np.frombuffer(name.read_bytes()[44:], dtype="<i2").astype(float)[-1200:]
        t = np.arange(len(sound)) / 8000
        out: list[float | None] = []
        for hertz in HERTZ:
            level = abs(np.mean(sound * np.exp(-2j * np.pi * hertz * t))) * 2 / 2277.9
            out.append(round(20 * np.log10(level)) if level > 0.05 else None)
        return out


@pytest.fixture
async def hall(tmp_path: Path) -> Hall:
    return Hall(tmp_path)


async def test_members_hear_each_other_and_not_themselves(hall: Hall) -> None:
    for i in range(3):
        hall.room.join(near(i))
    hall.room.join(near(3), talk=False)
    assert hall.heard(0) == [None, 0, 0, None]
    assert hall.heard(3) == [0, 0, 0, None]
    hall.room.set_talk(near(1), False)
    assert hall.heard(0) == [None, None, 0, None]
    assert hall.heard(1) == [0, None, 0, None]
    hall.room.set_talk(near(1), True)
    hall.room.set_gain(near(1), -6)
    hall.room.set_hear_gain(near(0), -6)
    assert hall.heard(0) == [None, -12, -6, None]
    hall.room.set_listen(near(0), False)
    assert hall.heard(0) == [None] * 4
    hall.room.set_listen(near(0), True)
    hall.room.leave(near(1))
    assert hall.heard(0) == [None, None, -6, None]
    assert hall.heard(1) == [None] * 4
    assert hall.troubles == []


async def test_who_joins_anew_is_one_member(hall: Hall) -> None:
    hall.room.join(near(0))
    hall.room.join(near(1), gain_db=-6)
    hall.room.join(near(1), talk=False, listen=False)
    assert hall.heard(0) == [None] * 4
    assert hall.heard(1) == [None] * 4
    hall.room.leave(near(1))
    hall.room.leave(near(1))
    hall.run(0.1)
    assert hall.engine.stats()["crosspoints"] == MEMBERS + 2


async def test_floor_and_talkers(hall: Hall) -> None:
    hall.room.join(near(0), gain_db=-10)
    hall.room.join(near(1))
    hall.run(1.0)
    assert hall.room.floor == near(1)
    assert hall.floors[-1][0] == near(1)
    assert set(hall.talks) == {(near(0), True), (near(1), True)}
    hall.room.leave(near(1))
    hall.run(1.0)
    assert hall.floors[-1] == (near(0), 1)


async def test_the_loudest(hall: Hall) -> None:
    for i, gain in enumerate((0, -4, -8)):
        hall.room.join(near(i), gain_db=gain)
    hall.room.join(near(3), talk=False)
    hall.room.set_loudest(2)
    hall.run(0.5)
    assert hall.heard(3) == [0, -4, None, None]


async def test_the_end_comes_once_and_leaves_nothing(hall: Hall) -> None:
    jobs = hall.media.jobs_open()
    hall.room.join(near(0))
    hall.room.stop()
    hall.room.stop()
    hall.room.join(near(1))
    hall.room.set_talk(near(1), False)
    hall.room.feed(near(2))
    hall.room.set_loudest(3)
    hall.run(0.05)
    assert hall.room.done.result() == Ended(en.END_STOPPED)
    assert hall.media.jobs_open() == jobs - 1
    assert hall.engine.stats()["crosspoints"] == MEMBERS
    assert hall.troubles == []


async def test_an_engine_that_dies_ends_it(hall: Hall) -> None:
    hall.room.join(near(0))
    hall.run(0.1)
    hall.media.detach()
    assert hall.room.done.result() == Ended(en.END_ERROR, error=errno.ENODEV)
    hall.room.leave(near(0))
    without = hall.media.open_conference()
    without.join(near(0))
    await asyncio.sleep(0)
    assert without.done.result().failed
