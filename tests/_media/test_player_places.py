"""Position, seeking, next and previous, speed and volume of a player, with the file side at any distance."""

from __future__ import annotations

import contextlib
import errno
import random
from array import array
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from xunhu._media import files, media_file
from xunhu._media.time_scale import TimeScale

TICK = 80
Samples = npt.NDArray[np.int16]


def ramp(start: int, n: int) -> Samples:
    """Samples that say where they are from."""
    return ((start + np.arange(n)) % 30000 + 1).astype(np.int16)


@pytest.fixture
def three(tmp_path: Path) -> list[tuple[Path, Samples]]:
    out = []
    for i in range(3):
        x = ramp(10000 * i, 9600)
        files.write_wav(tmp_path / f"{i}.wav", x)
        out.append((tmp_path / f"{i}.wav", x))
    return out


def pump_all(player: files.Player) -> None:
    for _ in range(5000):
        if not player.pump():
            return
    raise AssertionError("the file side does not come to rest")


def read(player: files.Player, n: int) -> Samples:
    """n samples that came from files, the file side always ahead."""
    out: array[int] = array("h")
    for _ in range(n):
        pump_all(player)
        got, count = player.read(min(TICK, n - len(out)))
        out.extend(got[:count])
        if len(out) >= n or player.state().done:
            break
    return np.array(out, dtype=np.int16)


def rest(player: files.Player) -> Samples:
    return read(player, 1_000_000)


def test_position_follows_what_is_heard(three: list[tuple[Path, Samples]]) -> None:
    player = files.Player([path for path, _ in three])
    for i in range(3):
        for at in range(0, 9600, TICK):
            place = player.place()
            assert (player.state().file, place.position) in ((i, at), (i - 1, 9600))
            read(player, TICK)
            assert player.place().length == 9600
    assert player.place().position == 9600


@pytest.mark.parametrize("to", [0, 1, 79, 4000, 9599])
def test_seek_is_to_the_sample(to: int, three: list[tuple[Path, Samples]]) -> None:
    player = files.Player([path for path, _ in three])
    read(player, 10400)
    player.seek(to)
    assert player.place().position == to
    assert np.array_equal(rest(player), np.concatenate([three[1][1][to:], three[2][1]]))


def test_relative_seeks(three: list[tuple[Path, Samples]]) -> None:
    player = files.Player([path for path, _ in three])
    read(player, 4000)
    player.seek(1000, relative=True)
    assert np.array_equal(read(player, 80), three[0][1][5000:5080])
    player.seek(-2080, relative=True)
    assert np.array_equal(read(player, 80), three[0][1][3000:3080])
    player.seek(-8000, relative=True)
    assert np.array_equal(read(player, 80), three[0][1][:80])
    player.seek(90000, relative=True)  # beyond the end: the next file
    assert np.array_equal(read(player, 80), three[1][1][:80])


def test_many_seeks_before_the_file_side_comes(three: list[tuple[Path, Samples]]) -> None:
    """They add up, and nothing of the places between is heard."""
    player = files.Player([path for path, _ in three])
    read(player, 800)
    for _ in range(5):
        player.seek(400, relative=True)
    assert player.place().position == 2800
    assert player.read(TICK)[1] == 0
    assert player.place().waiting
    player.seek(100, relative=True)
    assert np.array_equal(rest(player), np.concatenate([three[0][1][2900:], three[1][1], three[2][1]]))


def test_next_and_previous(three: list[tuple[Path, Samples]]) -> None:
    player = files.Player([path for path, _ in three])
    read(player, 800)
    player.skip(1)
    assert player.state().file == 1
    assert np.array_equal(read(player, 80), three[1][1][:80])
    player.skip(-1)
    assert np.array_equal(read(player, 80), three[0][1][:80])
    player.skip(2)
    assert np.array_equal(read(player, 80), three[2][1][:80])
    player.skip(0)
    assert np.array_equal(read(player, 80), three[2][1][:80])
    player.skip(-9)
    assert np.array_equal(read(player, 80), three[0][1][:80])
    player.skip(3)
    assert len(rest(player)) == 0
    assert player.state().done
    assert player.state().error == 0


def test_previous_after_the_end_of_a_list_that_is_kept(three: list[tuple[Path, Samples]]) -> None:
    player = files.Player([path for path, _ in three], keep=True)
    rest(player)
    assert player.state().done
    player.skip(-1)
    assert not player.state().done
    assert np.array_equal(rest(player), np.concatenate([three[1][1], three[2][1]]))


def test_skip_in_a_loop(three: list[tuple[Path, Samples]]) -> None:
    player = files.Player([path for path, _ in three], loop=True)
    read(player, 800)
    player.skip(5)
    assert np.array_equal(read(player, 80), three[0][1][:80])
    player.skip(2)
    player.seek(9600)  # to its end: the list begins again
    assert np.array_equal(read(player, 80), three[0][1][:80])


def test_the_first_known_file_is_what_room_is_left_for(tmp_path: Path) -> None:
    """Names are forgotten when new ones need the room; previous then ends there."""
    folder = tmp_path / ("x" * 200)
    folder.mkdir()
    paths = []
    for i in range(40):
        files.write_wav(folder / f"{i}.wav", ramp(i * 100, 400))
        paths.append(folder / f"{i}.wav")
    player = files.Player([])
    added = heard = 0
    while heard < 40:
        with contextlib.suppress(OSError):  # no room for more names now
            while added < 40:
                player.add([paths[added]])
                added += 1
        got = read(player, 400)
        assert np.array_equal(got, ramp(heard * 100, 400))
        heard += 1
    player.skip(-100)
    first = player.state().file
    assert 30 <= first < 39
    assert np.array_equal(read(player, 400), ramp(first * 100, 400))


@pytest.mark.parametrize("seed", range(12))
def test_a_random_walk_hears_what_a_list_of_samples_would(seed: int, three: list[tuple[Path, Samples]]) -> None:
    """Seeks, skips and reads in any order, the file side now ahead, now behind."""
    rng = random.Random(seed)
    player = files.Player([path for path, _ in three], keep=True)
    file = at = 0
    for _ in range(400):
        act = rng.random()
        if act < 0.06:
            to = rng.randrange(0, 9600)
            player.seek(to)
            at = to
        elif act < 0.12:
            by = rng.randrange(-4000, 4000)
            player.seek(by, relative=True)
            at = max(0, at + by)
        elif act < 0.16 and file < 3:
            n = rng.choice((-2, -1, 0, 1))
            if file + n < 3:
                player.skip(n)
                file, at = max(0, file + n), 0
        for _ in range(rng.randrange(3)):
            player.pump()
        got, n = player.read(TICK)
        i = 0
        while i < n:
            while at >= 9600:
                file, at = file + 1, 0
            x = three[file][1]
            part = min(n - i, 9600 - at)
            assert got[i : i + part] == array("h", x[at : at + part].tolist())
            i, at = i + part, at + part
        if player.state().done:
            player.skip(-3)
            file = at = 0


@pytest.mark.parametrize("percent", [50, 80, 125, 200])
def test_speed_is_that_of_the_time_scale(percent: int, three: list[tuple[Path, Samples]]) -> None:
    player = files.Player([path for path, _ in three])
    player.speed(percent)
    assert player.place().speed == percent
    whole = np.concatenate([x for _, x in three])
    assert np.array_equal(rest(player), np.array(TimeScale(percent).run(whole), dtype=np.int16))
    assert player.state() == files.PlayerState(True, 0, 2, player.state().samples, 0)


def test_position_at_another_speed(three: list[tuple[Path, Samples]]) -> None:
    player = files.Player([three[0][0]])
    player.speed(200)
    for i in range(40):
        read(player, TICK)
        assert abs(player.place().position - 2 * TICK * (i + 1)) <= 240
    player.speed(50)
    before = player.place().position
    read(player, 1600)
    assert abs(player.place().position - before - 800) <= 240
    player.speed(100)
    player.seek(8000)
    assert np.array_equal(rest(player), three[0][1][8000:])


def test_volume_is_faded_to(tmp_path: Path) -> None:
    files.write_wav(tmp_path / "a.wav", np.full(4000, 8000, dtype=np.int16))
    player = files.Player([tmp_path / "a.wav"])
    assert set(read(player, 800).tolist()) == {8000}
    player.gain(2048)
    fading = read(player, TICK)
    assert fading[0] < 8000
    assert (np.diff(fading) <= 0).all()
    assert np.abs(np.diff(fading)).max() <= 60
    assert set(read(player, 800).tolist()) == {4000}
    player.gain(0)
    read(player, TICK)
    assert set(read(player, 80).tolist()) == {0}


@pytest.mark.parametrize("name", ["wav-ima", "wav-gsm", "vox", "g726-32", "mp3", "gsm"])
def test_seek_in_every_kind(name: str, tmp_path: Path) -> None:
    info = media_file.FORMATS[name]
    path = tmp_path / f"a{info.suffix}"
    with media_file.Writer(path, name) as writer:
        writer.write((8000 * np.sin(np.arange(40000) ** 1.5 / 2000)).astype(np.int16))
    with media_file.Reader(path) as reader:
        whole = np.array(reader.read_all(), dtype=np.int16)
    player = files.Player([path])
    for to in (20000, 3000, 0, 33333):
        player.seek(to)
        got = read(player, 800)
        if name == "mp3" and to in (0, 33333):  # its frames overlap: the first ones after a seek are not bit exact
            assert np.abs(got[400:].astype(int) - whole[to + 400 : to + 800]).max() < 100 or to == 0
        else:
            assert np.array_equal(got, whole[to : to + 800])
    assert player.place().position == 34133


def test_a_list_that_has_failed_takes_no_wishes(tmp_path: Path) -> None:
    player = files.Player([tmp_path / "none.wav"])
    pump_all(player)
    for wish in (lambda: player.seek(0), lambda: player.skip(1)):
        with pytest.raises(OSError, match="argument"):
            wish()
    with pytest.raises(OSError, match="argument"):
        files.Player([]).skip(1)


def test_skip_to_a_file_that_is_missing(three: list[tuple[Path, Samples]], tmp_path: Path) -> None:
    """What was in the ring of the old place is not played any more."""
    player = files.Player([three[0][0], tmp_path / "none.wav"])
    read(player, 80)
    player.skip(1)
    assert len(rest(player)) == 0
    assert player.state() == files.PlayerState(True, errno.ENOENT, 1, 80, 0)
