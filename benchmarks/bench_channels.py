"""Everything at once: channels that all have a 128 ms echo canceller, a DTMF and a voice detector, an automatic gain, a mix, half recorded.

The channels are the timeslots of spans in loops. One end of each loop is spoken to by a player; the other sends back what it
hears 10 dB lower, beside a voice of its own, so that every canceller has an echo to learn and a near talker to bear. Ticks are
made by hand, so that what is measured is the work alone; then once more by the clock, where no tick may be late.

    python benchmarks/bench_channels.py [--seconds 5]     line time measured a case
"""

from __future__ import annotations

import tempfile
import time
import wave
from pathlib import Path

import common
import numpy as np

from xunhu._media import engine as media

SPANS = [{"number": 2 * i, "driver": "loop", "peer": 2 * i + 1} for i in range(32)]
TIMESLOTS = [t for t in range(1, 32) if t != 16]
PAIRS = [(span * 32 + t, span * 32 + 32 + t) for span in range(0, 64, 2) for t in TIMESLOTS]
VOICES = 16
TICK_US = 10_000


def voice(seed: int, seconds: float = 7.0) -> bytes:
    """Something like speech: harmonics of a wandering pitch in syllables, breath between them; about -18 dBm0 while it speaks."""
    rng = np.random.default_rng(seed)
    n = int(seconds * 8000)
    t = np.arange(n) / 8000
    pitch = 110 + 80 * rng.random() + 20 * np.sin(2 * np.pi * 0.4 * t + seed)
    phase = 2 * np.pi * np.cumsum(pitch) / 8000
    tone = sum((np.cos(k * phase + k * k) / (1 + abs(k - 5) / 3) for k in range(1, 20)), np.zeros(n))
    syllables = np.clip(np.sin(2 * np.pi * (2.8 + rng.random()) * t + seed) + 0.3, 0, 1)
    words = (np.sin(2 * np.pi * (0.31 + 0.1 * rng.random()) * t) > -0.4).astype(float)
    sound = 1300 * tone * syllables * words + rng.normal(0, 15, n)
    return np.clip(sound, -32767, 32767).astype("<i2").tobytes()


def write_voices(folder: Path) -> list[str]:
    out = []
    for i in range(VOICES):
        path = folder / f"voice{i}.wav"
        with wave.open(str(path), "wb") as f:
            f.setnchannels(1)
            f.setsampwidth(2)
            f.setframerate(8000)
            f.writeframes(voice(i))
        out.append(str(path))
    return out


class Load:
    """An engine with `channels` channels at work."""

    def __init__(self, folder: Path, voices: list[str], channels: int, *, threads: int, parts: frozenset[str]) -> None:
        self.engine = engine = media.Engine(SPANS, threads=threads)
        ports = [port for pair in PAIRS for port in pair][:channels]
        self._sent = 0
        for i, path in enumerate(voices):
            engine.play(media.LINE_PORTS + i, [path], loop=True)
        for i, port in enumerate(ports):
            self._do(engine.ts_open, port)
            if "mix" in parts:
                near = port % 64 >= 32
                if near:
                    self._do(engine.connect, port, port, gain_db=-10.0)
                self._do(engine.connect, media.LINE_PORTS + (i * 7 + near) % VOICES, port)
            if "echo" in parts:
                self._do(engine.echo, port, 128)
            if "level" in parts:
                self._do(engine.level, port, "rx", "agc")
            wanted = (media.DETECT_DTMF if "dtmf" in parts else 0) | (media.DETECT_VOICE if "level" in parts else 0)
            self._do(engine.detect, port, wanted)
            if "record" in parts and i % 2 == 0:
                recorder = media.LINE_PORTS + VOICES + i
                self._do(engine.record, recorder, str(folder / f"{port}.wav"), tracks=2)
                self._do(engine.connect, port, recorder)
                self._do(engine.connect, media.LINE_PORTS + i % VOICES, recorder, track=1)
        engine.tick(2)
        self.check()

    def _do(self, method: object, *args: object, **named: object) -> None:
        method(*args, **named)  # type: ignore[operator]
        self._sent += 1
        if self._sent % 1500 == 0:
            self.engine.tick()

    def check(self) -> None:
        refused = [e for e in self.engine.events() if e.type == media.EV_REFUSED]
        assert not refused, refused[:3]


ALL = frozenset({"mix", "echo", "dtmf", "level", "record"})


def measure(folder: Path, voices: list[str], channels: int, ticks: int, *, threads: int = 1, parts: frozenset[str] = ALL) -> dict[str, float]:
    """us of a tick: processor and wall, the longest; KiB a channel."""
    for old in folder.glob("[0-9]*.wav"):
        old.unlink()
    before = common.resident()
    load = Load(folder, voices, channels, threads=threads, parts=parts)
    load.engine.tick(min(ticks, 100))
    walls = []
    cpu = time.process_time()
    for _ in range(ticks):
        begin = time.perf_counter()
        load.engine.tick()
        walls.append(time.perf_counter() - begin)
    cpu = time.process_time() - cpu
    load.check()
    took = common.resident() - before
    load.engine.shut()
    return {"cpu": cpu / ticks * 1e6, "wall": float(np.mean(walls)) * 1e6, "longest": max(walls) * 1e6, "memory": took / 1024 / channels}


def by_the_clock(folder: Path, voices: list[str], channels: int, seconds: float, threads: int) -> dict[str, int]:
    """The engine's own counters after so long in real time."""
    for old in folder.glob("[0-9]*.wav"):
        old.unlink()
    load = Load(folder, voices, channels, threads=threads, parts=ALL)
    load.engine.start()
    time.sleep(seconds)
    load.engine.stop()
    stats = load.engine.stats()
    load.engine.shut()
    return stats


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    options = parser.parse_args()
    ticks = 3 if options.quick else int(options.seconds * 100)
    most = 60 if options.quick else len(PAIRS) * 2
    report = common.Report("channels", f"Everything at once, {most} channels, tick of 10 ms", options.quick)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        voices = write_voices(folder)
        for parts in ({"mix"}, {"mix", "echo"}, {"mix", "dtmf"}, {"mix", "level"}, {"mix", "record"}):
            got = measure(folder, voices, most, ticks, parts=frozenset(parts))
            report.add(f"{' + '.join(sorted(parts))}: a tick", got["cpu"], "us")
        for channels in [n for n in (1, 30, 120, 480, 960, 1920) if n < most] + [most]:
            got = measure(folder, voices, channels, ticks)
            everything = channels == most
            report.add(f"all, {channels} channels: a tick", got["cpu"], "us")
            report.add(f"all, {channels} channels: a channel and sample", got["cpu"] * 1000 / channels / 80, "ns")
            report.add(f"all, {channels} channels: share of a core", got["cpu"] / TICK_US * 100, "%", budget=100.0 if everything else None)
            report.rows[-1].headline = everything
            if everything:
                report.add("memory of a channel", got["memory"], "KiB", budget=64.0)
                report.rows[-1].headline = True
        for threads in (1, 2):
            got = measure(folder, voices, most, ticks, threads=threads)
            report.add(f"all, {most} channels, {threads} threads: time until a tick is done", got["wall"], "us", budget=float(TICK_US))
            report.rows[-1].headline = True
            report.add(f"all, {most} channels, {threads} threads: the longest tick", got["longest"], "us")
        stats = by_the_clock(folder, voices, most, 0.3 if options.quick else 2 * options.seconds, 1)
        report.add("by the clock: ticks", stats["ticks"], "ticks")
        report.add("by the clock: late ticks", stats["late_ticks"], "ticks")
        report.rows[-1].headline = True
        report.add("by the clock: the longest tick", stats["max_tick_us"], "us")
    report.print(options)


if __name__ == "__main__":
    main()
