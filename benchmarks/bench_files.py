"""What samples and files cost: ns a sample of G.711, tones and the call progress receiver; us of file work a second and port.

One tick of 64 E1 is 1,920 x 80 = 153,600 samples; 1 ns a sample is 1.5 % of a core.
"""

import functools
import http.server
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import common
import numpy as np

from xunhu._media import files, g711, media_file, tones
from xunhu._media.time_scale import TimeScale
from xunhu._media.tone_tables import CHINA

TICK = 1920 * 80


def best_ns(work: Callable[[], object], rounds: int = 7) -> float:
    took = []
    for _ in range(rounds):
        begin = time.perf_counter_ns()
        work()
        took.append(time.perf_counter_ns() - begin)
    return min(took)


def kernels(report: common.Report, rounds: int) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(0, 4000, TICK).astype(np.int16)
    alaw, ulaw = g711.alaw_encode(x), g711.ulaw_encode(x)
    dial, sit = tones.ToneGenerator(CHINA["dial"].steps), tones.ToneGenerator([(697, 1209, -9, -9, 0)])
    tone, receiver = np.array(dial.run(TICK), dtype=np.int16), tones.ProgressReceiver()
    rows: list[tuple[str, Callable[[], object]]] = [
        ("A-law encode", lambda: g711.alaw_encode(x)),
        ("A-law decode", lambda: g711.alaw_decode(alaw)),
        ("u-law encode", lambda: g711.ulaw_encode(x)),
        ("u-law decode", lambda: g711.ulaw_decode(ulaw)),
        ("tone, one sine", lambda: dial.run(TICK)),
        ("tone, two sines", lambda: sit.run(TICK)),
        ("progress receiver, 450 Hz", lambda: receiver.run(tone)),
        ("progress receiver, noise", lambda: receiver.run(x)),
        ("progress receiver, silence", lambda: receiver.run(np.zeros(TICK, dtype=np.int16))),
    ]
    for name, work in rows:
        report.add(name, best_ns(work, rounds) / TICK, "ns/sample", headline=name in ("A-law encode", "A-law decode"))


def file_work(report: common.Report, folder: Path, seconds: int) -> None:
    x = np.random.default_rng(2).normal(0, 4000, 8000 * seconds).astype(np.int16)
    files.write_wav(folder / "play.wav", x, fmt=files.ALAW)
    player = files.Player([folder / "play.wav"])
    recorder = files.Recorder(folder / "record.wav", tracks=2)
    file_ns = tick_ns = 0
    for i in range(0, len(x), 80):
        a = time.perf_counter_ns()
        while player.pump():
            pass
        while recorder.pump():
            pass
        b = time.perf_counter_ns()
        player.read(80)
        recorder.write(x[i : i + 80], x[i : i + 80])
        file_ns, tick_ns = file_ns + b - a, tick_ns + time.perf_counter_ns() - b
    recorder.release()
    report.add("player and two-track recorder: file side, a second of sound", file_ns / seconds / 1000, "us")
    report.add("player and two-track recorder: tick side, a tick of 10 ms", tick_ns / seconds / 100, "ns")
    report.add("memory of a player", files.PLAYER_SIZE, "octets")
    report.add("memory of a recorder", files.RECORDER_SIZE, "octets")


KINDS = ("wav-alaw", "wav", "wav-ima", "wav-gsm", "vox", "g726-32", "mp3")


def by_format(report: common.Report, folder: Path, seconds: int) -> None:
    """File side of a player for a second of sound, by the kind of file."""
    x = np.random.default_rng(3).normal(0, 4000, 8000 * seconds).astype(np.int16)
    for name in KINDS:
        path = folder / f"{name}{media_file.FORMATS[name].suffix}"
        with media_file.Writer(path, name) as writer:
            writer.write(x)
        player = files.Player([path])
        spent = 0
        while not player.state().done:
            a = time.perf_counter_ns()
            while player.pump():
                pass
            spent += time.perf_counter_ns() - a
            player.read(800)
        report.add(f"player of {name}: file side, a second of sound", spent / seconds / 1000, "us")


def from_memory_of_a_server(report: common.Report, folder: Path, seconds: int) -> None:
    """A prompt of an HTTP server on loopback: until it is first heard, and again from what is kept."""
    files.write_wav(folder / "prompt.wav", np.ones(8000 * seconds, dtype=np.int16))
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        fetch = files.Fetch()
        try:
            for name in ("HTTP player: from the command to the first sample", "HTTP player: the same, kept"):
                begin = time.perf_counter_ns()
                player = files.Player([f"http://127.0.0.1:{server.server_port}/prompt.wav"], fetch=fetch)
                while not player.read(80)[1]:
                    if not player.pump():
                        time.sleep(0.0001)
                report.add(name, (time.perf_counter_ns() - begin) / 1000, "us")
        finally:
            server.shutdown()
            thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


def time_scale(report: common.Report, seconds: int) -> None:
    """On speech-like noise; ns a sample heard."""
    rng = np.random.default_rng(4)
    x = np.convolve(rng.normal(0, 2000, 8000 * seconds), np.hanning(9), "same").astype(np.int16)
    for percent in (100, 75, 150, 200):
        best = min(timed(lambda percent=percent: len(TimeScale(percent).run(x))) for _ in range(3))
        report.add(f"time scale, {percent} %", best, "ns/sample", headline=percent == 150)


def timed(work: Callable[[], int]) -> float:
    begin = time.perf_counter_ns()
    made = work()
    return (time.perf_counter_ns() - begin) / made


def main() -> None:
    options = common.parser(__doc__).parse_args()
    report = common.Report("files", "Samples and files, 1,920 channels of 10 ms at once", options.quick)
    kernels(report, 1 if options.quick else 7)
    with tempfile.TemporaryDirectory() as folder:
        file_work(report, Path(folder), 2 if options.quick else 60)
        by_format(report, Path(folder), 2 if options.quick else 60)
        from_memory_of_a_server(report, Path(folder), 2)
    time_scale(report, 1 if options.quick else 20)
    report.note("file work and tick side are called from Python, its calls included; of a recorder 34 KiB are touched (one track)")
    report.print(options)


if __name__ == "__main__":
    main()
