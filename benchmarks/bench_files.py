"""What samples and files cost: ns a sample of G.711, tones and the call progress receiver; us of file work a second and port.

One tick of 64 E1 is 1,920 x 80 = 153,600 samples; 1 ns a sample is 1.5 % of a core."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

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


def kernels() -> None:
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
        ns = best_ns(work) / TICK
        print(f"  {name:30} {ns:6.2f} ns a sample, {ns * TICK * 100 / 1e9 * 100:.2f} % of a core for 1,920 ports")


def file_work(folder: Path) -> None:
    seconds = 60
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
    print(f"  player and two-track recorder: file side {file_ns / seconds / 1000:.0f} us a second of sound,")
    print(f"  tick side {tick_ns / seconds / 100:.0f} ns a tick of 10 ms (both from Python, its calls included)")
    print(f"  memory: player {files.PLAYER_SIZE} octets, recorder {files.RECORDER_SIZE} (A-law, one track: 17 KiB touched)")


def main() -> None:
    kernels()
    with tempfile.TemporaryDirectory() as folder:
        file_work(Path(folder))


if __name__ == "__main__":
    main()
