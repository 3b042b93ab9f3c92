"""The recorder: what is in the file, when the disk stalls, fills up or is not there, and after kill -9."""

import errno
import os
import signal
import subprocess
import sys
from array import array
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from xunhu._media import files, g711, media_file

TICK = 80
Samples = npt.NDArray[np.int16]


def sound(n: int, seed: int = 1) -> Samples:
    return np.random.default_rng(seed).integers(-20000, 20000, n, dtype=np.int16)


def coded(fmt: int, x: Samples) -> Samples:
    if fmt == files.ALAW:
        return np.array(g711.alaw_decode(g711.alaw_encode(x)), dtype=np.int16)
    if fmt == files.ULAW:
        return np.array(g711.ulaw_decode(g711.ulaw_encode(x)), dtype=np.int16)
    return x


def pump_all(recorder: files.Recorder) -> None:
    while recorder.pump():
        pass


def record(recorder: files.Recorder, left: Samples, right: Samples | None = None, *, pump: bool = True) -> int:
    """Tick by tick; returns how many ticks were lost."""
    lost = 0
    for i in range(0, len(left), TICK):
        lost += not recorder.write(left[i : i + TICK], None if right is None else right[i : i + TICK])
        if pump:
            pump_all(recorder)
    return lost


def judge(path: Path) -> tuple[int, int, npt.NDArray[np.int64]]:
    """What sox says of a file: channels, frames, samples (frames, channels)."""
    said = [
        int(subprocess.run(["soxi", flag, path], check=True, capture_output=True).stdout) for flag in ("-c", "-s", "-r")
    ]
    assert said[2] == 8000
    raw = subprocess.run(
        ["sox", "-D", path, "-t", "raw", "-e", "signed", "-b", "16", "-"], check=True, capture_output=True
    )
    assert b"WARN" not in raw.stderr
    return said[0], said[1], np.array(array("h", raw.stdout), dtype=np.int64).reshape(-1, said[0])


@pytest.mark.parametrize("fmt", [files.ALAW, files.ULAW, files.PCM16])
@pytest.mark.parametrize("n", [0, 1, 80, 8001, 40000])
def test_mono_is_what_was_given(fmt: int, n: int, tmp_path: Path) -> None:
    path, x = tmp_path / "r.wav", sound(n)
    recorder = files.Recorder(path, fmt=fmt)
    pump_all(recorder)
    assert record(recorder, x) == 0
    recorder.finish()
    pump_all(recorder)
    assert recorder.state() == files.RecorderState(True, 0, n, 0)
    channels, frames, samples = judge(path)
    assert (channels, frames) == (1, n)
    assert np.array_equal(samples[:, 0], coded(fmt, x))
    assert np.array_equal(files.read_wav(path)[1], coded(fmt, x))
    assert path.stat().st_mode & 0o777 & ~0o640 == 0


@pytest.mark.parametrize("fmt", [files.ALAW, files.ULAW, files.PCM16])
def test_two_tracks_stay_apart(fmt: int, tmp_path: Path) -> None:
    path, left, right = tmp_path / "r.wav", sound(33333, 1), sound(33333, 2)
    recorder = files.Recorder(path, tracks=2, fmt=fmt)
    assert record(recorder, left, right) == 0
    recorder.finish()
    pump_all(recorder)
    channels, frames, samples = judge(path)
    assert (channels, frames) == (2, 33333)
    assert np.array_equal(samples[:, 0], coded(fmt, left))
    assert np.array_equal(samples[:, 1], coded(fmt, right))


def test_an_absent_track_is_silent(tmp_path: Path) -> None:
    path, left = tmp_path / "r.wav", sound(800)
    recorder = files.Recorder(path, tracks=2, fmt=files.PCM16)
    assert record(recorder, left) == 0
    recorder.release()
    samples = judge(path)[2]
    assert np.array_equal(samples[:, 0], left)
    assert not samples[:, 1].any()


@pytest.mark.parametrize(("fmt", "tracks"), [(files.ALAW, 1), (files.PCM16, 2)])
def test_two_seconds_of_stall_lose_nothing(fmt: int, tracks: int, tmp_path: Path) -> None:
    path, x = tmp_path / "r.wav", sound(48000)
    recorder = files.Recorder(path, fmt=fmt, tracks=tracks)
    for i in range(0, 48000, 16000):
        assert record(recorder, x[i : i + 16000], pump=False) == 0
        pump_all(recorder)
    recorder.release()
    assert recorder.state() == files.RecorderState(True, 0, 48000, 0)
    assert np.array_equal(judge(path)[2][:, 0], coded(fmt, x))


def test_longer_stalls_leave_silence_of_the_same_length(tmp_path: Path) -> None:
    """Every sample that is in the file is where it was said."""
    path, x = tmp_path / "r.wav", sound(8000 * 60)
    recorder = files.Recorder(path, fmt=files.PCM16)
    pump_all(recorder)
    given = kept = 0
    where = np.zeros(len(x), dtype=bool)
    for stall in (3, 1, 5, 2, 10, 4, 3, 1, 7):
        for i in range(given, given + stall * 8000, TICK):
            ok = recorder.write(x[i : i + TICK])
            where[i : i + TICK] = ok
            kept += TICK * ok
        given += stall * 8000
        pump_all(recorder)
    recorder.finish()
    pump_all(recorder)
    assert recorder.state() == files.RecorderState(True, 0, given, given - kept)
    assert 0 < kept < given
    assert np.array_equal(judge(path)[2][:, 0], np.where(where[:given], x[:given], 0))


@pytest.mark.parametrize("fmt", [files.ALAW, files.ULAW])
def test_the_gap_at_the_very_end(fmt: int, tmp_path: Path) -> None:
    path, x = tmp_path / "r.wav", sound(80000)
    recorder = files.Recorder(path, fmt=fmt)
    lost = record(recorder, x, pump=False)
    recorder.finish()
    pump_all(recorder)
    samples = judge(path)[2][:, 0]
    assert len(samples) == 80000
    assert np.array_equal(samples[: 80000 - lost * TICK], coded(fmt, x)[: 80000 - lost * TICK])
    assert np.abs(samples[80000 - lost * TICK :]).max() <= 8  # A-law has no zero: its smallest value


def test_never_overwrites(tmp_path: Path) -> None:
    path = tmp_path / "r.wav"
    path.write_bytes(b"precious")
    recorder = files.Recorder(path)
    pump_all(recorder)
    assert recorder.state() == files.RecorderState(True, errno.EEXIST, 0, 0)
    with pytest.raises(OSError, match="exists"):
        recorder.write(sound(80))
    recorder.release()
    assert path.read_bytes() == b"precious"


def test_no_such_folder(tmp_path: Path) -> None:
    recorder = files.Recorder(tmp_path / "none" / "r.wav")
    assert recorder.write(sound(80))
    pump_all(recorder)
    assert recorder.state().done
    assert recorder.state().error == errno.ENOENT


def test_bad_arguments(tmp_path: Path) -> None:
    for options, code in (
        ({"tracks": 3}, errno.EINVAL),
        ({"tracks": 0}, errno.EINVAL),
        ({"fmt": 99}, errno.EINVAL),
        ({"fmt": 11, "tracks": 2}, errno.EINVAL),
    ):
        with pytest.raises(OSError, match=r".") as e:
            files.Recorder(tmp_path / "r.wav", **options)
        assert e.value.errno == code
    for name, code in (("", errno.EINVAL), ("x" * 512, errno.ENAMETOOLONG)):
        with pytest.raises(OSError, match=r".") as e:
            files.Recorder(name)
        assert e.value.errno == code
    recorder = files.Recorder(tmp_path / "r.wav")
    with pytest.raises(ValueError, match="length"):
        recorder.write(sound(80), sound(79))
    recorder.finish()
    with pytest.raises(OSError, match="argument"):
        recorder.write(sound(80))


def test_nothing_is_made_of_a_recording_never_begun(tmp_path: Path) -> None:
    files.Recorder(tmp_path / "r.wav").release()
    assert not (tmp_path / "r.wav").exists()


CHILD = """
import resource, sys
from xunhu._media import files
import numpy as np
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
recorder = files.Recorder(sys.argv[1], fmt=files.PCM16, tracks=int(sys.argv[3]))
x = (np.arange(80000) % 20000).astype(np.int16)
for i in range(0, 80000, 80):
    try:
        recorder.write(x[i:i + 80], x[i:i + 80] if sys.argv[3] == "2" else None)
    except OSError as e:
        print("write", e.errno)
        break
    recorder.pump()
recorder.finish()
while recorder.pump():
    pass
print(*recorder.state())
"""


@pytest.mark.parametrize(("limit", "tracks", "frames"), [(40045, 1, 20000), (40047, 2, 10000), (44, 1, 0)])
def test_no_more_room_ends_the_recording_only(limit: int, tracks: int, frames: int, tmp_path: Path) -> None:
    """The file size limit stands for a full disk: a write is cut short, the next one fails. What found room is valid."""
    path = tmp_path / "r.wav"
    run = subprocess.run(
        [sys.executable, "-c", CHILD, path, str(limit), str(tracks)], check=True, capture_output=True, text=True
    )
    assert run.stdout.splitlines() == [f"write {errno.EFBIG}", f"True {errno.EFBIG} {frames} 0"]
    assert judge(path)[:2] == (tracks, frames)
    assert np.array_equal(judge(path)[2][:, 0], np.arange(frames) % 20000)
    assert path.stat().st_size == 44 + frames * 2 * tracks


def test_no_room_for_the_header(tmp_path: Path) -> None:
    path = tmp_path / "r.wav"
    run = subprocess.run([sys.executable, "-c", CHILD, path, "20", "1"], check=True, capture_output=True, text=True)
    assert run.stdout.splitlines()[-1] == f"True {errno.EFBIG} 0 0"
    assert not path.exists()


FULL_DISK = """
set -e
mount -t tmpfs -o size=64k none "$1"
"$2" -c "$3" "$1/r.wav" 1000000 1
cp "$1/r.wav" "$4"
"""


def test_full_disk(tmp_path: Path) -> None:
    """A real file system of 64 KiB, in a name space of our own; where that is not allowed, the file size limit above has
    to do and this test sees to it that the error is told in the same way."""
    folder, copy = tmp_path / "disk", tmp_path / "copy.wav"
    folder.mkdir()
    run = subprocess.run(
        ["unshare", "--mount", "--map-root-user", "bash", "-c", FULL_DISK, "-", folder, sys.executable, CHILD, copy],
        check=False,
        capture_output=True,
        text=True,
    )
    if "unshare" in run.stderr or "mount" in run.stderr:
        run = subprocess.run(
            [sys.executable, "-c", CHILD, copy, "65536", "1"], check=True, capture_output=True, text=True
        )
        expected = errno.EFBIG
    else:
        expected = errno.ENOSPC
    frames = int(run.stdout.splitlines()[-1].split()[2])
    assert run.stdout.splitlines() == [f"write {expected}", f"True {expected} {frames} 0"]
    assert 0 <= (65536 - 44) // 2 - frames < 1024  # the last write may have found no room as a whole
    assert judge(copy)[:2] == (1, frames)


KILLED = """
import sys
from xunhu._media import files
import numpy as np
recorder = files.Recorder(sys.argv[1], fmt=int(sys.argv[2]), tracks=int(sys.argv[3]))
x = (np.arange(8000) + 1).astype(np.int16)
at = 0
while True:
    recorder.write(x[at % 8000:at % 8000 + 80], x[at % 8000:at % 8000 + 80])
    at += 80
    recorder.pump()
    sys.stdout.write(f"{at}\\n")
    sys.stdout.flush()
    sys.stdin.readline()
"""


@pytest.mark.parametrize(("fmt", "tracks"), [(files.ALAW, 1), (files.ULAW, 2), (files.PCM16, 1), (files.PCM16, 2)])
@pytest.mark.parametrize("ticks", [3, 26, 77, 311])
def test_killed_at_any_moment(fmt: int, tracks: int, ticks: int, tmp_path: Path) -> None:
    """kill -9: the file is valid for anyone and ends less than a second early."""
    path = tmp_path / "r.wav"
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, path, str(fmt), str(tracks)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        for _ in range(ticks):
            at = int(child.stdout.readline())
            child.stdin.write("\n")
            child.stdin.flush()
        at = int(child.stdout.readline())
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdin.close()
    channels, frames, samples = judge(path)
    assert channels == tracks
    assert at - 8000 < frames <= at
    expected = coded(fmt, (np.arange(frames) % 8000 + 1).astype(np.int16))
    for track in range(tracks):
        assert np.array_equal(samples[:, track], expected)


def test_readable_while_it_grows(tmp_path: Path) -> None:
    path, x = tmp_path / "r.wav", sound(40000)
    recorder = files.Recorder(path, fmt=files.PCM16)
    for i in range(0, 40000, 4000):
        record(recorder, x[i : i + 4000])
        so_far = np.array(files.read_wav(path)[1], dtype=np.int16)
        assert i + 4000 - len(so_far) < 8000
        assert np.array_equal(so_far, x[: len(so_far)])


def test_memory_of_a_recorder() -> None:
    assert files.RECORDER_SIZE < 68 * 1024


# -- what a recorder can do besides ------------------------------------------------------------------------------------


def finish(recorder: files.Recorder) -> files.RecorderState:
    recorder.finish()
    pump_all(recorder)
    return recorder.state()


def decoded(path: Path) -> Samples:
    with media_file.Reader(path) as reader:
        return np.array(reader.read_all(), dtype=np.int16)


@pytest.mark.parametrize("name", list(media_file.FORMATS))
@pytest.mark.parametrize("tracks", [1, 2])
def test_every_format(name: str, tracks: int, tmp_path: Path) -> None:
    """What the file holds is what the format's own writer makes of the samples."""
    info = media_file.FORMATS[name]
    if tracks > info.channels_max:
        with pytest.raises(OSError, match="Invalid"):
            files.Recorder(tmp_path / "x", tracks=tracks, fmt=info.number)
        return
    x, y = sound(20011, 3) // 4, sound(20011, 4) // 4
    path, other = tmp_path / f"r{info.suffix}", tmp_path / f"w{info.suffix}"
    recorder = files.Recorder(path, tracks=tracks, fmt=info.number)
    assert record(recorder, x, y if tracks == 2 else None) == 0
    assert finish(recorder) == files.RecorderState(True, 0, 20011, 0)
    with media_file.Writer(other, name, channels=tracks) as writer:
        writer.write(x if tracks == 1 else np.ascontiguousarray(np.stack([x, y], axis=1)).reshape(-1))
    assert path.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("name", ["wav", "wav-alaw", "wav-gsm", "wav-ima", "vox", "mp3"])
def test_append(name: str, tmp_path: Path) -> None:
    info = media_file.FORMATS[name]
    path, x = tmp_path / f"r{info.suffix}", sound(16000) // 4
    for part in (x[:8000], x[8000:]):
        recorder = files.Recorder(path, fmt=info.number, append=True)
        record(recorder, part)
        assert finish(recorder) == files.RecorderState(True, 0, 8000, 0)
    assert len(decoded(path)) == pytest.approx(16000, abs=2600)  # MP3: the delay of two encoders
    if name == "wav":
        assert np.array_equal(decoded(path), x)


def test_append_to_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.wav"
    files.write_wav(path, sound(800), fmt=files.ULAW)
    before = path.read_bytes()
    recorder = files.Recorder(path, append=True)
    pump_all(recorder)
    assert recorder.state() == files.RecorderState(True, errno.EINVAL, 0, 0)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("before", "preroll_ms"), [(0, 1000), (4000, 1000), (8000, 1000), (100000, 10000), (30000, 0)])
@pytest.mark.parametrize("tracks", [1, 2])
def test_preroll(before: int, preroll_ms: int, tracks: int, tmp_path: Path) -> None:
    """The file begins with the last preroll_ms before it was started, to the sample."""
    path, x = tmp_path / "r.wav", sound(before + 16000)
    recorder = files.Recorder(None, tracks=tracks, fmt=files.PCM16, preroll_ms=preroll_ms)
    y = x if tracks == 2 else None
    assert record(recorder, x[:before], None if y is None else -y[:before]) == 0
    assert not list(tmp_path.iterdir())
    recorder.start(path)
    with pytest.raises(OSError, match="already"):
        recorder.start(path)
    assert record(recorder, x[before:], None if y is None else -y[before:]) == 0
    kept = min(before, preroll_ms * 8)
    assert finish(recorder) == files.RecorderState(True, 0, kept + 16000, 0)
    samples = judge(path)[2]
    assert np.array_equal(samples[:, 0], x[before - kept :])
    if tracks == 2:
        assert np.array_equal(samples[:, 1], -x[before - kept :])


def test_armed_and_never_started(tmp_path: Path) -> None:
    recorder = files.Recorder(None, preroll_ms=5000)
    record(recorder, sound(40000))
    assert finish(recorder) == files.RecorderState(True, 0, 0, 0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("pause", [3000, 12000, 40000, 300000])
def test_silence_at_the_end_is_cut_within_it_is_not(pause: int, tmp_path: Path) -> None:
    """Sound, a pause, sound, silence: all of it but the last."""
    path, x = tmp_path / "r.wav", sound(8000)
    hiss = (np.arange(pause) % 7).astype(np.int16)
    recorder = files.Recorder(path, fmt=files.PCM16, cut_silence=True)
    for part, loud in ((x, True), (hiss, False), (x, True), (hiss, False)):
        for i in range(0, len(part), TICK):
            recorder.write(part[i : i + TICK])
            if loud:
                recorder.heard()
            pump_all(recorder)
    state = finish(recorder)
    tail = max(1600, pause - 240000)  # 0.2 s are kept, and what is more than 30 s has been written long ago
    assert abs(state.samples - (16000 + pause + tail)) <= TICK
    expected = np.concatenate([x, hiss, x, hiss])[: state.samples]
    assert np.array_equal(judge(path)[2][:, 0], expected)


def test_nothing_but_silence_cut(tmp_path: Path) -> None:
    recorder = files.Recorder(tmp_path / "r.wav", cut_silence=True)
    record(recorder, np.zeros(20000, dtype=np.int16))
    assert finish(recorder).samples == 1600
    assert judge(tmp_path / "r.wav")[1] == 1600


COUNTER = """
#include <stdio.h>
int fdatasync(int fd)
{
    FILE *f = fopen("COUNT", "a");
    (void)fd;
    if (f) {
        fputc('s', f);
        fclose(f);
    }
    return 0;
}
"""


def test_synced(tmp_path: Path) -> None:
    """fdatasync, counted in the place of the C library's."""
    count, counter = tmp_path / "count", tmp_path / "counter.so"
    compiled = subprocess.run(
        ["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", counter], input=COUNTER.replace("COUNT", str(count)), text=True, check=False
    )
    assert compiled.returncode == 0
    code = """
import sys
import numpy as np
from xunhu._media import files
r = files.Recorder(sys.argv[1], sync_s=1)
x = np.ones(80, dtype=np.int16)
for _ in range(350):
    r.write(x)
    r.pump()
r.release()
"""
    command = [sys.executable, "-c", code, tmp_path / "r.wav"]
    subprocess.run(command, env={**os.environ, "LD_PRELOAD": str(counter)}, check=True)
    assert len(count.read_text()) >= 4


def test_bad_options() -> None:
    for options in ({"preroll_ms": -1}, {"preroll_ms": 120001}, {"sync_s": -1}):
        with pytest.raises(OSError, match="Invalid"):
            files.Recorder(None, **options)
    with pytest.raises(OSError, match="Invalid"):
        files.Recorder("/tmp/x.wav", preroll_ms=100)
