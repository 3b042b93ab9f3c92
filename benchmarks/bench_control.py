"""Calls through the whole control plane, on the virtual clock: us of CPU a call, octets a channel and a call.

Our spans are the user sides of loops whose network sides are a far switch in the same process: PriTrunk, Q.931, Q.921, HDLC and
engine of both ends, routing, flows, recording and a real ledger. What both ends, the engine's work for the call and the ledger's
writer take is in the figures, so they are upper bounds. CPU: the same time without calls is taken off.
"""

from __future__ import annotations

import asyncio
import gc
import sys
import tempfile
import time
from pathlib import Path

import common

sys.path.insert(0, str(common.ROOT / "tests" / "call"))

from test_pri_trunk import FarSwitch

from xunhu import vclock
from xunhu._media.engine import Engine
from xunhu.call.control import CallControl
from xunhu.call.media import MediaPlane
from xunhu.call.pri_trunk import PriTrunk
from xunhu.call.settings import CallSettings, Extension, Route, TrunkGroup
from xunhu.call.trunk import CallRequest, Party
from xunhu.ivr.interpreter import Environment
from xunhu.ivr.library import FlowLibrary
from xunhu.ivr.prompts import PromptStore
from xunhu.ivr.service import FlowService
from xunhu.ledger import Ledger
from xunhu.records.cdr import CdrProjection

KIB = 1024
IDLE_KIB, CALL_KIB = 64.0, 128.0
FLOW = '<flow name="main" language="en"><node code="welcome" type="play" files="main-menu" repeat="20" digits="1"/></flow>'


class World:
    """`pairs` loops; the first half of our trunks is the carrier's, the other half the PBX's."""

    def __init__(self, folder: Path, pairs: int, *, record: bool) -> None:
        loop = asyncio.get_running_loop()
        clock = vclock.LoopClock(loop)
        self.engine = Engine([{"number": n, "driver": "loop", "peer": (n + pairs) % (2 * pairs)} for n in range(2 * pairs)])
        media = MediaPlane(loop)
        media.attach(self.engine)
        self.ledger = Ledger(folder / "ledger", clock=clock.wall_ns, projections=(CdrProjection(),))
        (folder / "flows").mkdir()
        (folder / "flows" / "main.xml").write_text(FLOW)
        prompts = PromptStore([common.ROOT / "conf" / "voice", common.ROOT / "voice-built"])
        library = FlowLibrary(folder / "flows", prompts=prompts)
        refused = [outcome for outcome in library.reload() if outcome.status == "refused"]
        assert not refused, refused
        names = [f"Trunk{n}" for n in range(pairs)]
        half = max(1, pairs // 2)
        settings = CallSettings(
            groups={"carrier": TrunkGroup("carrier", tuple(names[:half])), "pbx": TrunkGroup("pbx", tuple(names[half:]))},
            extensions={"8???": Extension("8???", "pbx", lines=1000)},
            routes=(Route(called="4000", flow="main"), Route(called="8???", extension="{called}")),
            recording="all" if record else "none",
            recordings=folder / "recordings",
        )
        flows = FlowService(library, Environment(prompts, folder / "mailboxes"))
        self.control = CallControl(settings, media, self.ledger, clock, flows)
        self.far = FarSwitch("answer")
        self.trunks = [PriTrunk(name, n, media, clock, self.control) for n, name in enumerate(names)]
        self.far_trunks = [
            PriTrunk(f"Far{n}", pairs + n, media, clock, self.far, side="network") for n in range(pairs)
        ]
        self.control.add_trunks(self.trunks)

        def tick() -> None:
            self.engine.tick()
            media.pump()

        self.ticker = vclock.Ticker(loop, tick)

    def call_in(self, called: str, n: int) -> None:
        trunk = self.far_trunks[n % max(1, len(self.far_trunks) // 2)] if called[0] == "8" else self.far_trunks[n % len(self.far_trunks)]
        self.calls.append(trunk.setup(CallRequest(called, Party("13800138000"))))

    async def start(self) -> None:
        self.calls: list = []
        await asyncio.sleep(1)
        assert all(trunk.up for trunk in self.trunks)

    async def stop(self) -> None:
        self.ticker.stop()
        await asyncio.sleep(0.1)
        self.ledger.close()
        self.engine.shut()


async def cpu_a_call(folder: Path, called: str, calls: int, gap_s: float = 0.1) -> tuple[float, float]:
    """us a call above those of the idle world, and us of 10 ms of the idle world."""
    world = World(folder, 2, record=called[0] == "8")
    await world.start()
    begin = time.process_time()
    await asyncio.sleep(calls * gap_s)
    idle = time.process_time() - begin
    begin = time.process_time()
    for n in range(calls):
        world.call_in(called, n)
        await asyncio.sleep(gap_s)
        if n >= 10:
            world.calls[n - 10].release(16)
    for call in world.calls[-10:]:
        call.release(16)
    await asyncio.sleep(0.5)
    busy = time.process_time() - begin
    await asyncio.sleep(5)
    world.ledger.flush()
    rows = world.ledger.rows("cdr")
    assert len(rows) == calls, (len(rows), calls)
    assert not world.control.calls()
    await world.stop()
    return (busy - idle) / calls * 1e6, idle / (calls * gap_s * 100) * 1e6


async def memory(folder: Path, pairs: int, counts: tuple[int, ...]) -> tuple[float, dict[int, float]]:
    """KiB an idle channel (both ends count), KiB a call with so many calls in a prompt."""
    gc.collect()
    before = common.resident()
    world = World(folder, pairs, record=False)
    await world.start()
    gc.collect()
    idle = common.resident()
    a_call: dict[int, float] = {}
    for count in counts:
        for n in range(len(world.calls), count):
            world.call_in("4000", n)
            await asyncio.sleep(0.02)
        await asyncio.sleep(1)
        assert len(world.control.calls()) == count
        gc.collect()
        a_call[count] = (common.resident() - idle) / count / KIB
    for call in world.calls:
        call.release(16)
    await asyncio.sleep(2)
    assert not world.control.calls()
    await world.stop()
    return (idle - before) / (pairs * 60) / KIB, a_call


def main() -> None:
    options = common.parser(__doc__).parse_args()
    report = common.Report("control", "Calls through the whole control plane, both ends, virtual clock", options.quick)
    pairs, counts, calls = (1, (5,), 12) if options.quick else (8, (60, 240), 300)
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        at = Path(folder)
        for name in ("memory", "flow", "bridge"):
            (at / name).mkdir()
        idle_kib, a_call = vclock.run(memory(at / "memory", pairs, counts))
        flow_us, idle_us = vclock.run(cpu_a_call(at / "flow", "4000", calls))
        bridge_us, _ = vclock.run(cpu_a_call(at / "bridge", "8001", calls))
    report.add("inbound call answered by a flow, prompt, released", flow_us, "us", headline=True)
    report.add("inbound call to an extension: bridged, recorded, released", bridge_us, "us", headline=True)
    report.add("idle, 10 ms of two spans with both ends", idle_us, "us")
    report.add(f"memory of an idle channel ({pairs * 2} spans)", idle_kib, "KiB", budget=IDLE_KIB)
    for count, kib in a_call.items():
        report.add(f"memory of a call, {count} in a prompt", kib, "KiB", budget=CALL_KIB)
    report.print(options)


if __name__ == "__main__":
    main()
