"""What MTP2 links cost the engine: 64 that idle, 64 full ones of 64 kbit/s, one full one of 2 Mbit/s, as share of a core.

Engines of loop spans are ticked by hand; only the ticks are measured, and what the same engine takes without links is taken
off. The far end of each link is in the same engine, so a pair of spans carries two links' ends.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import common

from xunhu._media.engine import LINK_MTP2, LINK_MTP2_HIGH_SPEED, Engine

SPANS = 64
TICK_MS = 10
TICK_NS = TICK_MS * 1_000_000
FISU, FISU_EXTENDED = bytes((0xFF, 0xFF, 0)), bytes((0xFF, 0x8F, 0xFF, 0x8F, 0, 0))


class Site:
    """64 spans, back to back in pairs; a link on each."""

    def __init__(self, spans: int, kind: int | None) -> None:
        rows = [{"number": n, "driver": "loop", "peer": n ^ 1} for n in range(spans)]
        self.engine = Engine(rows, tick_ms=TICK_MS)
        self.links = range(spans if kind is not None else 0)
        fisu = FISU_EXTENDED if kind == LINK_MTP2_HIGH_SPEED else FISU
        for n in self.links:
            assert kind is not None
            self.engine.link_open(n, n, 16, kind)
        self.engine.tick()
        for n in self.links:
            self.engine.link_send(n, fisu)
        self.run(100)

    def run(self, ticks: int, feed: Callable[[], None] | None = None) -> float:
        """ns of CPU a tick."""
        engine, took = self.engine, 0
        for _ in range(ticks):
            if feed is not None:
                feed()
            begin = time.thread_time_ns()
            engine.tick()
            took += time.thread_time_ns() - begin
            if feed is not None:
                for n in self.links:
                    engine.link_receive(n)
        return took / ticks

    def units(self) -> int:
        return sum(self.engine.link_status(n)["rx"] for n in self.links)

    def bad(self) -> int:
        return sum(self.engine.link_status(n)[what] for n in self.links for what in ("bad", "rx_lost", "tx_lost"))


def feeder(site: Site, ahead: int, *, extended: bool) -> Callable[[], None]:
    """Keeps `ahead` octets in each queue: MSUs of 40 octets on average, as of ISUP."""
    rng = random.Random(1)
    msus = []
    for number in range(128):
        length = rng.randint(20, 54)
        head = bytes((number, 0, 0x80, 0, length, 0)) if extended else bytes((number, 0x80, length))
        msus.append(head + rng.randbytes(length))
    engine, turn = site.engine, 0

    def feed() -> None:
        nonlocal turn
        for n in site.links:
            while engine.link_waiting(n) < ahead:
                engine.link_send(n, msus[turn])
                turn = (turn + 1) % 128

    return feed


def main() -> None:
    options = common.parser(__doc__).parse_args()
    ticks, rounds = (20, 1) if options.quick else (400, 7)
    report = common.Report("mtp2_lines", f"MTP2 links in the engine, a tick of {TICK_MS} ms", options.quick)
    bare, idle, full = Site(SPANS, None), Site(SPANS, LINK_MTP2), Site(SPANS, LINK_MTP2)
    bare_two, fast = Site(2, None), Site(2, LINK_MTP2_HIGH_SPEED)
    feed = feeder(full, 200, extended=False)
    feed_fast = feeder(fast, 31 * 160, extended=True)
    none, quiet, busy, none_two, busy_two = common.in_turns(
        rounds,
        lambda: bare.run(ticks),
        lambda: idle.run(ticks),
        lambda: full.run(ticks, feed),
        lambda: bare_two.run(ticks),
        lambda: fast.run(ticks, feed_fast),
    )
    assert idle.bad() == full.bad() == fast.bad() == 0

    def share(ns: float) -> float:
        return max(0.0, ns) / TICK_NS * 100

    report.add("64 idle links", (quiet - none) / 1000, "us/tick")
    report.add("64 idle links: share of a core", share(quiet - none), "%", headline=True)
    report.add("one idle link: share of a core", share(quiet - none) / SPANS, "%", budget=0.01)
    report.add("64 full links of 64 kbit/s", (busy - none) / 1000, "us/tick")
    report.add("one full link of 64 kbit/s: share of a core", share(busy - none) / SPANS, "%", budget=0.3)
    report.add("one full link of 2 Mbit/s, one end", (busy_two - none_two) / 2000, "us/tick")
    report.add("one full link of 2 Mbit/s: share of a core", share(busy_two - none_two) / 2, "%", headline=True)
    report.note(f"{full.units() / SPANS:,.0f} units a 64 kbit/s link, {fast.units() / 2:,.0f} a 2 Mbit/s one, none lost, none bad")
    report.print(options)


if __name__ == "__main__":
    main()
