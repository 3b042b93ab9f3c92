"""What a conference costs: the sum and each party's own, ns a sample and party, beside NumPy; and a whole tick of the engine."""

from __future__ import annotations

import time
from collections.abc import Callable

import common
import numpy as np

from xunhu._media import engine as media

TICK = 80
SPANS = [{"number": 2 * i, "driver": "loop", "peer": 2 * i + 1} for i in range(32)]
PORTS = [span * 32 + t for span in range(64) for t in range(1, 32) if t != 16]


def cost(ticks: int, rooms: list[list[int]], *, joined: bool) -> float:
    """us a tick."""
    engine = media.Engine(SPANS)
    pool = iter(range(media.LINE_PORTS, media.MAX_PORTS))
    sent = 0
    for parties in rooms:
        room = next(pool)
        todo: list[tuple[Callable[..., object], tuple[int, ...]]] = [(engine.conference, (room,))] if joined else []
        for port in parties:
            todo.append((engine.ts_open, (port,)))
            if joined:
                todo += [(engine.connect, (port, room)), (engine.connect, (room, port))]
        for method, arguments in todo:
            method(*arguments)
            sent += 1
            if sent % 2000 == 0:
                engine.tick()
    tone = next(pool)
    engine.tone(tone, [(450.0, 1100.0, -30.0, -33.0, 0)])
    for port in (port for parties in rooms for port in parties):
        engine.connect(tone, port)
        sent += 1
        if sent % 2000 == 0:
            engine.tick()
    engine.tick(20)
    assert not [e for e in engine.events() if e.type == media.EV_REFUSED]
    begin = time.thread_time_ns()
    engine.tick(ticks)
    took = time.thread_time_ns() - begin
    engine.shut()
    return took / ticks / 1000


def by_numpy(parties: int, rounds: int) -> float:
    """ns a sample and party: the same sum and differences by NumPy over all parties at once."""
    own = np.random.default_rng(1).integers(-2000, 2000, (parties, TICK)).astype(np.int32)
    best = 1e18
    for _ in range(rounds):
        begin = time.thread_time_ns()
        np.clip(own.sum(axis=0) - own, -32768, 32767).astype(np.int16)
        best = min(best, time.thread_time_ns() - begin)
    return best / parties / TICK


def main() -> None:
    options = common.parser(__doc__).parse_args()
    ticks, most = (5, 60) if options.quick else (300, 1920)
    report = common.Report("conference", f"Conferences, {most} parties, tick of 10 ms", options.quick)
    for size in (3, 30 if options.quick else 128):
        rooms = [PORTS[i : i + size] for i in range(0, most - size + 1, size)]
        parties = sum(map(len, rooms))
        alone, together = common.in_turns(
            3, lambda rooms=rooms: cost(ticks, rooms, joined=False), lambda rooms=rooms: cost(ticks, rooms, joined=True)
        )
        each = max(0.0, together - alone) * 1000 / parties / TICK
        report.add(f"{len(rooms)} conferences of {size}: a tick", together, "us")
        report.add(
            f"{size} parties: a sample and party, energies and coding in it", each, "ns", peer="NumPy", peer_value=by_numpy(size, 200)
        )
        report.rows[-1].headline = True
    report.print(options)


if __name__ == "__main__":
    main()
