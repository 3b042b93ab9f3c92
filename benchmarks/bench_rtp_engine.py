"""What RTP lines of the engine cost: of one core, for prompts sent, and for talks both ways; in real time, how evenly packets leave; memory a line."""

from __future__ import annotations

import subprocess
import tempfile
import time
from pathlib import Path

import common

from xunhu._media import engine as media

LOOP = [{"number": 0, "driver": "loop", "peer": 1}]
HOST = "127.0.0.1"
BATCH = 500  # commands of a tick


def lines(engine: media.Engine, count: int, to: int | None, codec: str, payload_type: int, srtp: bool) -> None:
    """Lines of which each hears a prompt. to: the UDP port all send to; None: they talk to each other, two and two."""
    key = ("AES_CM_128_HMAC_SHA1_80", bytes(30)) if srtp else None
    for first in range(0, count, BATCH):
        last = min(first + BATCH, count) - 1
        for i in range(first, last + 1):
            engine.rtp_open(media.TS_PORTS + i, HOST, rtcp=to is None, silent_s=30.0)
            engine.rtp_receive(media.TS_PORTS + i, [(payload_type, codec)], key_types=[101], srtp=key)
        wait(engine, media.TS_PORTS + last)
    for i in range(count):
        port = to
        if port is None:
            row = engine.rtp_row(media.TS_PORTS + (i ^ 1))
            assert row is not None
            assert row.local is not None
            port = row.local[1]
        engine.rtp_send(media.TS_PORTS + i, HOST, port, codec=codec, payload_type=payload_type, key_type=101, ptime_ms=20, srtp=key)
        if i % BATCH == BATCH - 1:
            pass_time(engine)


def pass_time(engine: media.Engine) -> None:
    if engine.event_fd < 0:
        engine.tick()
    else:
        time.sleep(0.03)


def wait(engine: media.Engine, port: int) -> None:
    for _ in range(500):
        pass_time(engine)
        if engine.rtp_row(port) is not None:
            return
    raise TimeoutError("the engine does not open its lines")


def prompts(engine: media.Engine, count: int, folder: Path, voices: int) -> None:
    path = folder / "prompt.al"
    path.write_bytes(bytes(range(256)) * 400)
    for i in range(voices):
        engine.play(media.LINE_PORTS + i, [str(path)], loop=True)
    pass_time(engine)
    for i in range(count):
        engine.connect(media.LINE_PORTS + i % voices, media.TS_PORTS + i)
        if i % BATCH == BATCH - 1:
            pass_time(engine)


def cost(count: int, ticks: int, *, both: bool, codec: str = "PCMA", payload_type: int = 8, srtp: bool = False) -> tuple[float, float]:
    """us of CPU a tick, and KiB of memory a line."""
    with tempfile.TemporaryDirectory() as folder, Sink() as sink:
        engine = media.Engine(LOOP)
        before = common.resident()
        lines(engine, count, None if both else sink.port, codec, payload_type, srtp)
        prompts(engine, count, Path(folder), min(count, 200))
        engine.tick(20)
        memory = (common.resident() - before) / count / 1024
        refused = [event for event in engine.events() if event.type == media.EV_REFUSED]
        assert not refused, refused[0]
        took = common.cpu_us(lambda: engine.tick(ticks), ticks)
        engine.shut()
    return took, memory


class Sink:
    """benchmarks/peer/rtp_sink.c. With ms 0 it is there so that packets have where to go to."""

    def __init__(self, ms: int = 0) -> None:
        program = common.peer_program("rtp_sink", [])
        self.process = subprocess.Popen([program, str(ms or 3_600_000), "20"], stdout=subprocess.PIPE, text=True)
        assert self.process.stdout is not None
        self.port = int(self.process.stdout.readline())

    def __enter__(self) -> Sink:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def figures(self) -> dict[str, float]:
        out, _ = self.process.communicate(timeout=120)
        return dict(common.json.loads(out))


def real_time(count: int, ms: int) -> tuple[dict[str, float], dict[str, int]]:
    """The engine's own thread sends prompts at `count` lines; what the sink saw, and the engine's counters."""
    with tempfile.TemporaryDirectory() as folder, Sink(ms) as sink:
        engine = media.Engine(LOOP)
        engine.start()
        time.sleep(0.1)
        lines(engine, count, sink.port, "PCMA", 8, srtp=False)
        prompts(engine, count, Path(folder), min(count, 200))
        figures = sink.figures()
        stats = engine.stats()
        engine.shut()
    return figures, stats


def main() -> None:
    options = common.parser(__doc__).parse_args()
    count, ticks, rounds, ms = (16, 20, 1, 300) if options.quick else (1500, 300, 3, 5000)
    report = common.Report("rtp_engine", f"RTP lines of the engine, {count} of 20 ms, tick of 10 ms", options.quick)
    cases = {
        "prompts sent, G.711": {"both": False},
        "talks both ways, G.711, RTCP": {"both": True},
        "talks both ways, G.711, SRTP AES_CM_128_80": {"both": True, "srtp": True},
    }
    figures = {name: [cost(count, ticks, **case) for _ in range(rounds)] for name, case in cases.items()}
    for name, rows in figures.items():
        took = min(row[0] for row in rows)
        report.add(f"{name}: of a core", took / 10_000 * 100, "%", budget=None if "SRTP" in name else 100.0, headline=True)
        report.add(f"{name}: a packet", took * 1000 / (count / 2) / (2 if cases[name]["both"] else 1), "ns")
    report.add("memory a line that talks", min(row[1] for row in figures["talks both ways, G.711, RTCP"]), "KiB", budget=64.0)
    seen, stats = real_time(count, ms)
    report.add(f"{count} lines in real time: p99 of a packet's timing error", seen["p99_ms"], "ms", budget=2.0)
    report.add("the median", seen["p50_ms"], "ms")
    report.add("the most", seen["most_ms"], "ms")
    report.note(f"{seen['streams']:.0f} streams, {seen['packets']:.0f} packets came, {seen['missing']:.0f} are missing; {stats['late_ticks']} late ticks")
    report.print(options)


if __name__ == "__main__":
    main()
