"""What samples and files cost: ns a sample of G.711, tones and the call progress receiver; us of file work a second and port.

One tick of 64 E1 is 1,920 x 80 = 153,600 samples; 1 ns a sample is 1.5 % of a core.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import common
import numpy as np

from xunhu._media import files, g711, tones
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


def main() -> None:
    options = common.parser(__doc__).parse_args()
    report = common.Report("files", "Samples and files, 1,920 channels of 10 ms at once", options.quick)
    kernels(report, 1 if options.quick else 7)
    with tempfile.TemporaryDirectory() as folder:
        file_work(report, Path(folder), 2 if options.quick else 60)
    report.note("file work and tick side are called from Python, its calls included; of a recorder 17 KiB are touched (A-law, one track)")
    report.print(options)


if __name__ == "__main__":
    main()
