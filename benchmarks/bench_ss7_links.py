"""64 signalling links of 64 kbit/s through the whole of a node: engine, shell, MTP 2 and MTP 3; share of a core idle and full.

Two pairs of networks in one node with 16 links each between them, over E1s back to back: 64 ends. A user part of the benchmark's own keeps every link full both ways
with messages of 40 octets. The clock is virtual; CPU of the engine's ticks and of control is taken apart.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import common

from xunhu import vclock
from xunhu._media.engine import Engine
from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp3 import Mtp3
from xunhu._ss7.mtp_primitives import TransferRequest
from xunhu.call.media import MediaPlane
from xunhu.call.ss7_shell import Ss7Shell
from xunhu.vclock import LoopClock, Ticker

LINKS, GROUPS = 16, 2  # of a linkset; pairs of networks
PAIRS = LINKS * GROUPS
SERVICE = 13
POINTS = (0x101, 0x202)
SELECTIONS = 16
OCTETS = bytes(31)  # behind a label of 4 and the SIO: 36 octets, a unit of 39, with check bits and flag 42
LINE_OCTETS_S = 8000
UNIT = 42


class Filler:
    """A user part that says `due` messages whenever it is asked, on selections in turn, and counts what it hears."""

    def __init__(self, own: int, far: int) -> None:
        self.own, self.far = own, far
        self.due = 0
        self.said = self.heard = 0
        self.counters: dict[str, int] = {}

    next_deadline = None

    def receive(self, _message: Any, _now: int) -> None:
        self.heard += 1

    def drain(self) -> list[Any]:
        due, self.due = self.due, 0
        out = []
        for _ in range(due):
            self.said += 1
            out.append(TransferRequest(SERVICE, self.own, self.far, self.said % SELECTIONS, 0, OCTETS))
        return out

    def pause(self, _dpc: int, _now: int) -> None: ...
    def resume(self, _dpc: int, _now: int) -> None: ...
    def status(self, _dpc: int, _cause: Any, _level: int, _now: int) -> None: ...


class Bench:
    """See the module's text; `run` gives the shares of a core: engine, control, and MSUs a second each way."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        rows = [{"number": n, "driver": "loop", "peer": n ^ 1} for n in range(2 * PAIRS)]
        self.engine = Engine(rows)
        self.media = MediaPlane(loop)
        self.media.attach(self.engine)
        self.clock = LoopClock(loop)
        self.shell = Ss7Shell(self.media, self.clock)
        self.users: list[Filler] = []
        self.tick_ns = 0
        for network in range(2 * GROUPS):
            own, far = POINTS[network % 2], POINTS[network % 2 ^ 1]
            mtp3 = Mtp3(own, 2, 14, name=f"Point{network}")
            self.shell.add_network(network, mtp3)
            mtp3.add_linkset(0, f"LinkSet{network}", far)
            for slc in range(LINKS):
                number = network * LINKS + slc
                span = 2 * (network // 2 * LINKS + slc) + network % 2
                self.shell.add_link(number, Mtp2(f"Link{number}"), network, span, 16, "64k")
                mtp3.add_link(number, 0, slc)
            self.users.append(Filler(own, far))
            self.shell.add_part(network, self.users[network], network, SERVICE, None)  # type: ignore[arg-type]
        for network in range(2 * GROUPS):
            self._activate(network)
        self.ticker = Ticker(loop, self._tick)

    def _activate(self, network: int) -> None:
        self.shell.manage(network, lambda mtp3, now: mtp3.start(now))
        self.shell.manage(network, lambda mtp3, now: mtp3.activate_linkset(0, now))

    def _tick(self) -> None:
        before = time.thread_time_ns()
        self.engine.tick()
        self.tick_ns += time.thread_time_ns() - before
        self.media.pump()

    async def run(self, seconds: float, full: bool) -> tuple[float, float, float]:
        self.tick_ns = 0
        heard = sum(user.heard for user in self.users)
        cpu, steps = time.thread_time_ns(), round(seconds * 100)
        owed = 0.0
        for _ in range(steps):
            if full:
                owed += LINKS * LINE_OCTETS_S / UNIT / 100
                for network, user in enumerate(self.users):
                    user.due = int(owed)
                    self.shell.node.touch_user(network)
                owed -= int(owed)
                self.shell.turn()
            await asyncio.sleep(0.01)
        all_ns = time.thread_time_ns() - cpu
        heard = sum(user.heard for user in self.users) - heard
        span_ns = seconds * 1e9
        return self.tick_ns / span_ns, (all_ns - self.tick_ns) / span_ns, heard / 2 / seconds


async def measure(seconds: float) -> list[tuple[float, float, float]]:
    bench = Bench()
    await asyncio.sleep(40)
    links = [row for network in range(2 * GROUPS) for row in bench.shell.node.network(network).links()]
    assert {row.state for row in links} == {"available"}, {row.state for row in links}
    out = [await bench.run(seconds, False), await bench.run(seconds, True)]
    lost = sum(user.said for user in bench.users) - sum(user.heard for user in bench.users)
    assert lost < 2 * PAIRS * 40, lost  # what is still under way
    bench.ticker.stop()
    bench.shell.close()
    return out


def main() -> None:
    options = common.parser(__doc__).parse_args()
    report = common.Report("ss7_links", f"{2 * PAIRS} signalling links of 64 kbit/s, engine to MTP 3", options.quick)
    (idle_tick, idle_control, _), (tick, control, rate) = vclock.run(measure(1.0 if options.quick else 30.0))
    report.add("idle: engine, share of a core", 100 * idle_tick, "%")
    report.add("idle: control, share of a core", 100 * idle_control, "%", headline=True)
    report.add("full both ways: engine, share of a core", 100 * tick, "%")
    report.add("full both ways: control, share of a core", 100 * control, "%")
    report.add("full both ways: together, share of a core", 100 * (tick + control), "%", budget=50.0)
    report.add("MSUs each way", rate, "MSU/s", headline=True)
    report.print(options)


if __name__ == "__main__":
    main()
