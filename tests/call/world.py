"""Call control with two trunks, a silent engine and a ledger that is a list, on a virtual clock."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC
from pathlib import Path
from typing import Any

from fake_engine import FakeEngine
from fake_trunk import FakeTrunk

from xunhu import vclock
from xunhu.call.control import CallControl
from xunhu.call.leg import Leg
from xunhu.call.media import MediaPlane
from xunhu.call.settings import CallSettings, Extension, Route, TrunkGroup
from xunhu.ivr.session import Session
from xunhu.vclock import LoopClock, Ticker

Walk = Callable[[Session], Awaitable[str]]


class ListLedger:
    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.rows: list[tuple[int, int, str, str, str, dict[str, Any]]] = []

    def append(self, kind: str, call: str = "", party: str = "", **data: Any) -> int:
        self.rows.append((len(self.rows) + 1, self.clock.wall_ns(), kind, call, party, data))
        return len(self.rows)

    def octets(self) -> bytes:
        return b"\n".join(json.dumps(row).encode() for row in self.rows)

    def of(self, call: str) -> list[tuple[str, dict[str, Any]]]:
        return [(row[2], row[5]) for row in self.rows if row[3] == call]

    def kinds(self, call: str) -> list[str]:
        return [kind for kind, _ in self.of(call)]


class WalkFlows:
    """Flows are Python functions over the session."""

    def __init__(self) -> None:
        self.walks: dict[str, Walk] = {}
        self.started: list[tuple[str, str | None, dict[str, str]]] = []

    def get(self, name: str, version: str = "") -> tuple[str, Walk] | None:
        walk = self.walks.get(name)
        return None if walk is None else (name, walk)

    def version(self, flow: tuple[str, Walk]) -> str:
        return "v1"

    async def run(
        self, flow: tuple[str, Walk], session: Session, *, start_node: str | None, variables: Mapping[str, str]
    ) -> str:
        self.started.append((flow[0], start_node, dict(variables)))
        return await flow[1](session)


ROUTES = (
    Route(called="4000", flow="main"),
    Route(called="8???", extension="{called}"),
    Route(called="5550", refuse=21),
    Route(called="90", flow="main"),
    Route(called="901", flow="main"),
)
GROUPS = {
    "carrier": TrunkGroup("carrier", ("Trunk0",)),
    "pbx": TrunkGroup("pbx", ("Trunk1",), "linear"),
}
EXTENSIONS = {n: Extension(n, "pbx") for n in ("8001", "8002", "8003")}


class World:
    def __init__(self, *, engine: Any = None, trunks: bool = True, first_number: int = 1, **settings: Any) -> None:
        self.loop = asyncio.get_running_loop()
        self.clock = LoopClock(self.loop)
        self.engine: Any = engine or FakeEngine()
        self.media = MediaPlane(self.loop)
        self.media.attach(self.engine)
        self.ledger = ListLedger(self.clock)
        self.flows = WalkFlows()
        values: dict[str, Any] = {
            "groups": GROUPS,
            "extensions": EXTENSIONS,
            "routes": ROUTES,
            "timezone": UTC,
            "recordings": Path("/nonexistent/rec"),
        }
        self.control = CallControl(
            CallSettings(**(values | settings)),
            self.media,
            self.ledger,
            self.clock,
            self.flows,
            first_number=first_number,
        )
        self.ticker = Ticker(self.loop, self._tick)
        if trunks:
            self.carrier = FakeTrunk("Trunk0", 0, self.control)
            self.pbx = FakeTrunk("Trunk1", 1, self.control)
            self.control.add_trunks([self.carrier, self.pbx])

    def _tick(self) -> None:
        self.engine.tick()
        self.media.pump()

    async def sleep(self, seconds: float = 0.05) -> None:
        await asyncio.sleep(seconds)

    def call_id(self, index: int = -1) -> str:
        return [row[3] for row in self.ledger.rows if row[2] == "call.new"][index]

    def leg(self, name: str, call: int = -1) -> Leg:
        return self.control.leg(self.call_id(call), name)

    def ended(self, index: int = -1) -> dict[str, Any]:
        kind, data = self.ledger.of(self.call_id(index))[-1]
        assert kind == "call.ended"
        return data

    def check_clean(self) -> None:
        """All calls are over: nothing is left open, and each has exactly one end, as its last event."""
        assert self.control.calls() == []
        assert self.media.timeslots_open() == 0
        assert self.media.jobs_open() == 0
        assert self.engine.ports() == []
        for trunk in self.control.trunks.values():
            assert "busy" not in trunk.circuits().values()
        new = [row[3] for row in self.ledger.rows if row[2] == "call.new"]
        ends = [row[3] for row in self.ledger.rows if row[2] == "call.ended"]
        assert sorted(new) == sorted(ends)
        assert len(set(ends)) == len(ends)
        for call in new:
            assert self.ledger.kinds(call)[-1] == "call.ended"
        legs = [(row[3], row[5]["leg"]) for row in self.ledger.rows if row[2] == "leg.new"]
        gone = [(row[3], row[5]["leg"]) for row in self.ledger.rows if row[2] == "leg.released"]
        assert sorted(legs) == sorted(gone)


def simulate(main: Callable[[World], Awaitable[None]], **settings: Any) -> World:
    """Run main in a world; after it everything has to be clean."""

    async def body() -> World:
        world = World(**settings)
        await main(world)
        await world.sleep(1.0)
        world.check_clean()
        return world

    return vclock.run(body())


async def talk(w: World) -> tuple[Any, Any]:
    """A caller of 8001 talks with it."""
    caller = w.carrier.offer("8001")
    await w.sleep()
    callee = w.pbx.made[-1]
    callee.far_alerting()
    await w.sleep()
    callee.far_answer()
    await w.sleep()
    return caller, callee


async def walk_hangup(session: Session) -> str:
    """A flow that only hangs up."""
    await session.hangup(31)
    return "0000"
