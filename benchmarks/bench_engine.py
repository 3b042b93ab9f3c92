"""The engine under a full load: 64 spans, 1,920 channels bridged in pairs, half recorded, half watched for DTMF.

One tick of 10 ms under the virtual clock (so that nothing sleeps): us of CPU, the share of one core, the same with parts of the
load, so that one sees what costs what; memory a channel; and the time from the start of `xunhu-media` until it is ready with 64
spans. Recordings go to a folder on /dev/shm.

    python benchmarks/bench_engine.py [--seconds 2]     line time measured a case
"""

import itertools
import resource
import tempfile
import time
from pathlib import Path

import common

from xunhu._media import engine as media
from xunhu._media.service import spawn_media

SPANS = [{"number": 2 * i, "driver": "loop", "peer": 2 * i + 1} for i in range(32)]
TIMESLOTS = [t for t in range(1, 32) if t != 16]
CHANNELS = [span * 32 + t for span in range(64) for t in TIMESLOTS]


def resident() -> int:
    """Octets of this process in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def send(engine: media.Engine, calls: list[tuple]) -> None:
    for i, (method, *args) in enumerate(calls):
        method(*args)
        if i % 4000 == 3999:
            engine.tick()
    engine.tick()


def load(engine: media.Engine, folder: Path, *, bridged: bool, recorded: bool, dtmf: bool) -> None:
    """Channel i of the exchange is bridged with channel i + 960; every second pair is recorded, each side by a recorder of
    its own which hears both; every second channel is watched for DTMF. Before they are bridged all hear a tone for two
    ticks: bridged loops pass it round for ever, so that no kernel works on silence."""
    send(engine, [(engine.ts_open, port) for port in CHANNELS])
    engine.tone(media.MAX_PORTS - 1, [(450.0, 1100.0, -13.0, -16.0, 0)])
    send(engine, [(engine.connect, media.MAX_PORTS - 1, port) for port in CHANNELS])
    engine.tick()
    pairs = list(zip(CHANNELS[:960], CHANNELS[960:], strict=True))
    bridges = [(engine.connect, a, b) for a, b in pairs] + [(engine.connect, b, a) for a, b in pairs]
    send(engine, [(engine.close, media.MAX_PORTS - 1), *(bridges if bridged else ())])
    if dtmf:
        send(engine, [(engine.detect, port, media.DETECT_DTMF) for port in CHANNELS[::2]])
    if recorded:
        numbers = itertools.count(media.LINE_PORTS)
        for a, b in pairs[::2]:
            for side in (a, b):
                port = next(numbers)
                engine.record(port, str(folder / f"{side}.wav"))
                engine.connect(a, port)
                engine.connect(b, port)
            engine.tick(0 if side % 64 else 1)
    engine.tick()


def measure(folder: Path, ticks: int, **what: bool) -> tuple[float, float, int, dict[str, int]]:
    """Wall and processor seconds a tick, octets that the engine took, its counters."""
    before = resident()
    engine = media.Engine(SPANS)
    load(engine, folder, **what)
    engine.tick(30)
    wall, cpu = time.perf_counter(), time.process_time()
    engine.tick(ticks)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    took = resident() - before
    stats = engine.stats()
    refused = [event for event in engine.events() if event.type == media.EV_REFUSED]
    assert not refused, refused[:3]
    engine.shut()
    return wall / ticks, cpu / ticks, took, stats


def main() -> None:
    parser = common.parser(__doc__)
    parser.add_argument("--seconds", type=float, default=2.0)
    options = parser.parse_args()
    ticks = 10 if options.quick else int(options.seconds * 100)
    cases = {
        "open timeslots": {"bridged": False, "recorded": False, "dtmf": False},
        "+ bridged in pairs": {"bridged": True, "recorded": False, "dtmf": False},
        "bridged + half DTMF": {"bridged": True, "recorded": False, "dtmf": True},
        "bridged + half recorded": {"bridged": True, "recorded": True, "dtmf": False},
        "bridged + half DTMF + half recorded": {"bridged": True, "recorded": True, "dtmf": True},
    }
    report = common.Report("engine", "Engine, 1,920 channels (64 E1), tick of 10 ms", options.quick)
    for name, what in cases.items():
        with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
            _, cpu, took, _ = measure(Path(folder), ticks, **what)
        everything = all(what.values())
        report.add(f"tick, {name}", cpu * 1e6, "us")
        report.add(f"share of a core, {name}", cpu * 1e4, "%", budget=100.0 if everything else None)
        report.add(f"memory of a channel, {name}", took / 1024 / 1920, "KiB")
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder, spawn_media(f"{folder}/media.sock", SPANS, log="/dev/null"):
        report.add("start of xunhu-media, 64 spans", time.perf_counter() - started, "s", headline=True)
    report.print(options)


if __name__ == "__main__":
    main()
