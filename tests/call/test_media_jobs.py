"""`Job` over a real engine on the virtual clock: places, speed, memory, masks, pre-roll."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from xunhu._media import engine as en
from xunhu._media import files
from xunhu.call.media import Ended, Job, MediaPlane
from xunhu.call.media_play import MemoryFiles
from xunhu.call.media_record import RecordOptions


class Plane:
    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.engine = en.Engine([{"number": 0, "driver": "loop", "peer": 1}])
        self.media = MediaPlane(self.loop)
        self.media.attach(self.engine)

    def run(self, ticks: int) -> None:
        for _ in range(ticks):
            self.engine.tick()
            self.media.pump()
            self.loop.run_until_complete(asyncio.sleep(0))

    def record(self, source: Job, path: Path) -> Job:
        job = self.media.record(str(path), RecordOptions(en.REC_PCM16))
        self.media.connect(source.port, job.port)
        return job


@pytest.fixture
def plane() -> Iterator[Plane]:
    plane = Plane()
    yield plane
    plane.media.memory.close()
    plane.loop.close()


def ramp(n: int) -> np.ndarray:
    return (np.arange(n) % 20000 + 1).astype(np.int16)


def prompt(path: Path, n: int) -> str:
    files.write_wav(path, ramp(n))
    return str(path)


def test_where_a_job_is(plane: Plane, tmp_path: Path) -> None:
    job = plane.media.play([prompt(tmp_path / "a.wav", 16000), prompt(tmp_path / "b.wav", 16000)], start_ms=1000)
    plane.run(11)
    assert job.position_ms == pytest.approx(1100, abs=20)
    job.seek(-500, relative=True)
    plane.run(11)
    assert job.position_ms == pytest.approx(700, abs=30)
    job.skip(1)
    plane.run(3)
    assert job.place is not None
    assert (job.place.file, job.place.length_ms) == (1, 2000)
    job.pause()
    plane.run(50)
    before = job.position_ms
    assert before <= 40
    job.resume()
    job.speed(200)
    plane.run(50)
    assert job.position_ms - before == pytest.approx(1000, abs=40)
    job.volume(-6)
    job.stop()
    plane.run(3)
    assert job.done.result().reason == en.END_STOPPED
    assert (job.position_ms, job.place) == (0, None)
    for nothing in (job.pause, job.resume, lambda: job.skip(1), lambda: job.seek(0), job.mask):
        nothing()
    for wrong in (lambda: job.speed(10), lambda: job.volume(20)):
        with pytest.raises(ValueError, match="is"):
            wrong()


def test_from_memory(plane: Plane, tmp_path: Path) -> None:
    files.write_wav(tmp_path / "a.wav", ramp(8000))
    job = plane.media.play_memory((tmp_path / "a.wav").read_bytes())
    recording = plane.record(job, tmp_path / "out.wav")
    assert plane.media.memory.used == 16044
    plane.run(120)
    assert job.done.result() == Ended(en.END_DONE, samples=8000)
    assert plane.media.memory.used == 0
    recording.stop()
    plane.run(3)
    assert np.array_equal(files.read_wav(tmp_path / "out.wav")[1][:8000], ramp(8000))


def test_memory_is_bounded_and_what_the_dead_leave_goes(tmp_path: Path) -> None:
    left = tmp_path / "xunhu-4194305-x"
    left.mkdir()
    (left / "a.wav").write_bytes(b"x")
    memory = MemoryFiles(tmp_path, 1000)
    path = memory.put(b"x" * 600, ".wav")
    assert not left.exists()
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(OSError, match="memory"):
        memory.put(b"x" * 401, ".wav")
    memory.drop(path)
    memory.put(b"x" * 1000, ".wav")
    memory.close()
    assert list(tmp_path.iterdir()) == []


def test_mask_and_preroll(plane: Plane, tmp_path: Path) -> None:
    source = plane.media.play([prompt(tmp_path / "a.wav", 40000)])
    armed = plane.media.arm(RecordOptions(en.REC_PCM16, preroll_s=0.5))
    masked = plane.record(source, tmp_path / "masked.wav")
    plane.media.connect(source.port, armed.port)
    plane.run(100)
    armed.begin(str(tmp_path / "armed.wav"))
    masked.mask()
    plane.run(50)
    masked.unmask()
    assert masked.recorded_s == pytest.approx(1.5, abs=0.02)
    plane.run(50)
    for job in (armed, masked):
        job.stop()
    plane.run(3)
    x = np.array(files.read_wav(tmp_path / "armed.wav")[1])
    assert np.array_equal(x, ramp(16000)[4000:])
    y = np.array(files.read_wav(tmp_path / "masked.wav")[1])
    expected = ramp(16000)
    expected[8000:12000] = 0
    assert np.array_equal(y, expected)
