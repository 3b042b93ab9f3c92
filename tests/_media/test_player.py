"""The player: lists without a gap, loops, ends, errors, and what the tick side sees of the file side."""

from __future__ import annotations

import errno
import os
from array import array
from pathlib import Path

import numpy as np
import pytest

from xunhu._media import files, media_file

TICK = 80


def ramp(start: int, n: int) -> array[int]:
    """Samples that say where they are from."""
    return array("h", [(start + i) % 30000 + 1 for i in range(n)])


def prompt(folder: Path, name: str, start: int, n: int) -> tuple[Path, array[int]]:
    path, samples = folder / name, ramp(start, n)
    files.write_wav(path, samples)
    return path, samples


def pump_all(player: files.Player) -> None:
    for _ in range(1000):
        if not player.pump():
            return
    raise AssertionError("the file side does not come to rest")


def play(player: files.Player, most: int = 1_000_000) -> array[int]:
    """As the engine does under the virtual clock: file side, then a tick, until done."""
    out: array[int] = array("h")
    while len(out) < most:
        pump_all(player)
        samples, got = player.read(TICK)
        out.extend(samples[:got])
        assert not any(samples[got:])
        if player.state().done:
            return out
    return out


def test_files_follow_without_a_gap(tmp_path: Path) -> None:
    lengths = [1000, 1, 80, 8192, 0, 3, 1024, 20001]
    parts = [prompt(tmp_path, f"{i}.wav", 4000 * i, n) for i, n in enumerate(lengths)]
    player = files.Player([path for path, _ in parts])
    assert play(player) == sum((samples for _, samples in parts), array("h"))
    state = player.state()
    assert state == files.PlayerState(True, 0, len(lengths) - 1, sum(lengths), 0)
    assert not player.pump()
    assert player.read(TICK) == (array("h", [0] * TICK), 0)


def test_a_thousand_short_files(tmp_path: Path) -> None:
    """More files in the ring than it has marks, more paths than fit at once: added as they go."""
    path, samples = prompt(tmp_path, "s.wav", 5, 7)
    player = files.Player([])
    out: array[int] = array("h")
    waiting = 1000
    while waiting or not player.state().done:
        try:
            while waiting:
                player.add([path])
                waiting -= 1
        except OSError as e:
            if e.errno != errno.ENOSPC:
                raise
        pump_all(player)
        got, n = player.read(TICK)
        out.extend(got[:n])
    assert out == samples * 1000
    assert player.state().file == 999


def test_file_number_is_that_of_the_sample_heard(tmp_path: Path) -> None:
    parts = [prompt(tmp_path, f"{i}.wav", 0, 160) for i in range(5)]
    player = files.Player([path for path, _ in parts])
    pump_all(player)
    seen = []
    for _ in range(10):
        player.read(TICK)
        seen.append(player.state().file)
    assert seen == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]


@pytest.mark.parametrize("loops", [1, 2, 5])
def test_loops_are_counted(loops: int, tmp_path: Path) -> None:
    (a, first), (b, second) = prompt(tmp_path, "a.wav", 0, 777), prompt(tmp_path, "b.wav", 9, 333)
    player = files.Player([a, b], loop=True, loops=loops)
    assert play(player) == (first + second) * loops
    assert player.state().file == 1


def test_loop_for_ever(tmp_path: Path) -> None:
    path, samples = prompt(tmp_path, "a.wav", 0, 500)
    assert play(files.Player([path], loop=True), 100_000)[:50_000] == samples * 100


def test_a_loop_over_nothing_ends_with_an_error(tmp_path: Path) -> None:
    path, _ = prompt(tmp_path, "a.wav", 0, 0)
    player = files.Player([path], loop=True)
    assert len(play(player)) == 0
    assert player.state().error == errno.ENODATA


def test_more_can_be_added_when_all_is_played(tmp_path: Path) -> None:
    (a, first), (b, second) = prompt(tmp_path, "a.wav", 0, 500), prompt(tmp_path, "b.wav", 9, 333)
    player = files.Player([a], keep=True)
    assert play(player) == first
    for _ in range(5):
        assert player.read(TICK)[1] == 0
    player.add([b, a])
    assert not player.state().done
    assert play(player) == second + first
    assert player.state() == files.PlayerState(True, 0, 2, 1333, 0)


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("missing.wav", None, errno.ENOENT),
        ("bad.wav", b"RIFFnonsense", errno.EBADMSG),
        ("empty.wav", b"", errno.EBADMSG),
    ],
)
def test_a_faulty_file_ends_the_list(name: str, content: bytes | None, code: int, tmp_path: Path) -> None:
    """What stands before is heard; the number of the file is told; what stands behind is not played."""
    (a, first), (b, second) = prompt(tmp_path, "a.wav", 0, 500), prompt(tmp_path, "b.wav", 9, 333)
    if content is not None:
        (tmp_path / name).write_bytes(content)
    player = files.Player([a, b, tmp_path / name, a])
    assert play(player) == first + second
    assert player.state() == files.PlayerState(True, code, 2, 833, 0)
    with pytest.raises(OSError, match="argument") as e:
        player.add([a])
    assert e.value.errno == errno.EINVAL


def test_the_error_is_told_when_it_is_reached(tmp_path: Path) -> None:
    path, _ = prompt(tmp_path, "a.wav", 0, 500)
    player = files.Player([path, tmp_path / "none.wav"])
    pump_all(player)
    player.read(TICK)
    assert player.state() == files.PlayerState(False, 0, 0, 80, 0)


def test_unreadable_file(tmp_path: Path) -> None:
    player = files.Player([tmp_path])
    play(player)
    assert player.state().error == errno.EISDIR


def test_a_file_cut_while_played(tmp_path: Path) -> None:
    path, samples = prompt(tmp_path, "a.wav", 0, 20000)
    player = files.Player([path])
    pump_all(player)
    os.truncate(path, 1000)
    played = play(player)
    assert played == samples[: len(played)]
    assert len(played) < 20000
    assert player.state().error == 0


def test_underruns_are_counted_and_filled_with_silence(tmp_path: Path) -> None:
    path, samples = prompt(tmp_path, "a.wav", 0, 30000)
    player = files.Player([path])
    for _ in range(3):
        assert player.read(TICK)[1] == 0
    assert player.state().underruns == 0  # nothing was heard yet
    pump_all(player)
    out: array[int] = array("h")
    while player.state().underruns < 3:
        got, n = player.read(TICK)
        out.extend(got[:n])
    assert len(out) >= 7000  # most of a second is read ahead
    assert out + play(player) == samples
    assert player.state().underruns == 3


@pytest.mark.parametrize(("gain", "expected"), [(4096, 1000), (2048, 500), (0, 0), (8192, 2000), (32767, 8000)])
def test_gain(gain: int, expected: int, tmp_path: Path) -> None:
    files.write_wav(tmp_path / "a.wav", array("h", [1000, -1000] * 100))
    out = play(files.Player([tmp_path / "a.wav"], gain_q12=gain))
    assert set(np.abs(np.array(out))) == {expected}


def test_gain_is_clipped(tmp_path: Path) -> None:
    files.write_wav(tmp_path / "a.wav", array("h", [32767, -32768] * 100))
    assert set(play(files.Player([tmp_path / "a.wav"], gain_q12=16384))) == {32767, -32768}


def test_bad_arguments(tmp_path: Path) -> None:
    for options in ({"gain_q12": -1}, {"gain_q12": 32768}, {"loops": -1}):
        with pytest.raises(ValueError, match="gain_q12"):
            files.Player([], **options)
    player = files.Player([])
    for paths, code in (([], errno.EINVAL), ([""], errno.EINVAL), (["a", "", "b"], errno.EINVAL)):
        with pytest.raises(OSError, match=r".") as e:
            player.add(paths)
        assert e.value.errno == code
    with pytest.raises(OSError, match="space") as e:
        player.add(["x" * 1000] * 3)
    assert e.value.errno == errno.ENOSPC
    with pytest.raises(OSError, match=r".") as e:
        player.add(["x" * 1024])
    assert e.value.errno == errno.EINVAL
    with pytest.raises(ValueError, match="negative"):
        player.read(-1)


KINDS = ("wav-alaw", "wav-ulaw", "wav", "wav-ima", "wav-gsm", "alaw", "vox", "g726-32", "gsm", "mp3", "au")


def decoded(path: Path) -> array[int]:
    with media_file.Reader(path) as reader:
        return reader.read_all()


def test_files_of_every_kind_in_one_list(tmp_path: Path) -> None:
    """What the reader makes of each, one behind the other and nothing lost at the seams."""
    samples = (6000 * np.sin(np.arange(12000) / 7)).astype(np.int16)
    paths = []
    for name in KINDS:
        path = tmp_path / f"{name}{media_file.FORMATS[name].suffix}"
        with media_file.Writer(path, name) as writer:
            writer.write(samples)
        paths.append(path)
    files.write_wav(tmp_path / "wide.wav", samples, rate=16000)
    paths.append(tmp_path / "wide.wav")
    whole: array[int] = sum((decoded(path) for path in paths), array("h"))
    assert play(files.Player(paths)) == whole
    assert len(whole) > 12000 * len(KINDS)


def test_memory_of_a_player() -> None:
    assert files.PLAYER_SIZE < 24 * 1024
