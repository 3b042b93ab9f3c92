"""The far end against call control on one engine, ticked by hand: real sound, virtual clock. What is broken on purpose must be found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path as File
from typing import Any

import pytest

from xunhu import vclock
from xunhu._media import engine as en
from xunhu._media.r2mf import BACKWARD, r2_step
from xunhu.call.control import CallControl
from xunhu.call.pri_trunk import PriTrunk
from xunhu.call.settings import CallSettings, Extension, Route, TrunkGroup
from xunhu.call.trunk import CallRequest, Party
from xunhu.config import Lines, TrunkLine
from xunhu.ivr.interpreter import Environment
from xunhu.ivr.library import FlowLibrary
from xunhu.ivr.prompts import PromptStore
from xunhu.ivr.service import FlowService
from xunhu.load import far as far_module
from xunhu.load.drive import Driver
from xunhu.load.far import FarEnd, FarPlane
from xunhu.load.own_site import EXTENSIONS, HOTLINE, write_flow
from xunhu.load.plan import CallKind, Plan
from xunhu.load.tally import Outcome
from xunhu.vclock import LoopClock, Ticker

BRIDGE = CallKind("bridge", EXTENSIONS, hold_s=2.0)
MENU = CallKind("menu", HOTLINE, keys="1590*", hold_s=1.0)


class NoLedger:
    def append(self, kind: str, call: str = "", party: str = "", **data: Any) -> int:
        return 1


@dataclass
class World:
    """A switch with a carrier (spans 0 and 2) and a PBX (1 and 3), the far end of both, one engine."""

    media: FarPlane
    control: CallControl
    far: FarEnd

    async def drive(self, plan: Plan, first: int = 0) -> tuple[dict[str, Any], list[Outcome]]:
        driver = Driver(self.far, plan, first=first)
        outcomes: list[Outcome] = []
        driver.on_end = outcomes.append
        tally = await driver.run()
        return tally.as_dict(), outcomes


Body = Callable[[World], Any]


def in_world(tmp_path: File, body: Body) -> None:
    write_flow(tmp_path / "flows", tmp_path / "voice")

    async def main() -> None:
        loop = asyncio.get_running_loop()
        clock, media = LoopClock(loop), FarPlane(loop)
        spans = [{"number": n, "driver": "loop", "peer": n ^ 2} for n in range(4)]
        engine = en.Engine(spans)
        media.attach(engine)
        ticker = Ticker(loop, lambda: (engine.tick(), media.pump()))
        prompts = PromptStore([tmp_path / "voice"])
        library = FlowLibrary(tmp_path / "flows", prompts=prompts)
        assert [outcome.status for outcome in library.reload()] == ["loaded"] * 2
        settings = CallSettings(
            groups={"carrier": TrunkGroup("carrier", ("Trunk0",)), "pbx": TrunkGroup("pbx", ("Trunk1",))},
            extensions={EXTENSIONS: Extension(EXTENSIONS, "pbx", lines=30)},
            routes=(Route(called=HOTLINE, flow="load"), Route(called=EXTENSIONS, extension="{called}"), Route(called="5", refuse=21)),
        )
        control = CallControl(
            settings, media, NoLedger(), clock, FlowService(library, Environment(prompts, tmp_path / "mailboxes"))  # type: ignore[arg-type]
        )
        control.add_trunks(
            [
                PriTrunk("Trunk0", 0, media, clock, control, side="user"),
                PriTrunk("Trunk1", 1, media, clock, control, side="network"),
            ]
        )
        there = (TrunkLine(2, 0, "loop", side="network"), TrunkLine(3, 0, "loop", side="user"))
        far = FarEnd(Lines(trunks=there), media, clock)
        assert await far.up(30) == []
        await asyncio.sleep(5)
        await body(World(media, control, far))
        far.close()
        ticker.stop()
        engine.shut()

    vclock.run(main())


def plan(*kinds: CallKind, **more: Any) -> Plan:
    return Plan(kinds=kinds, via=("Trunk2",), **{"rate": 4, "calls": 8, **more})


def test_talks_and_menus_are_right(tmp_path: File) -> None:
    async def body(world: World) -> None:
        figures, outcomes = await world.drive(plan(BRIDGE, MENU, CallKind("prompt", HOTLINE), CallKind("answer", HOTLINE), rate=5, calls=40))
        assert (figures["attempts"], figures["answered"], figures["failed"]) == (40, 40, 0), figures
        assert figures["talk_paths"] == {"right": 10}
        assert figures["words"]["broken"] == 0
        assert figures["words"]["right"] >= 2 * 10 * 3
        assert figures["keys"] == {"right": 10 * 2 * 5, "missed": 0, "wrong": 0}
        assert figures["strangers"] == 0
        assert 0 <= figures["answer_to_audio_ms"]["most"] <= 120
        assert -60 <= figures["key_ms"]["p50"] <= figures["key_ms"]["most"] < 80  # the switch's own limit
        assert all(outcome.cause == 16 for outcome in outcomes)
        await asyncio.sleep(6)
        assert not world.control.calls()
        assert world.far.lines == {}
        assert world.far.ports == {}

    in_world(tmp_path, body)


def test_twice_the_same_run_is_the_same(tmp_path: File) -> None:
    runs = []

    async def body(world: World) -> None:
        figures, _ = await world.drive(plan(BRIDGE, MENU, poisson=True, seed=7, calls=12))
        runs.append(figures)

    for n in range(2):
        in_world(tmp_path / str(n), body)
    assert runs[0] == runs[1]


def test_answer_late_refusal_and_no_answer(tmp_path: File) -> None:
    async def body(world: World) -> None:
        refused, _ = await world.drive(plan(CallKind("answer", "5"), calls=3))
        assert refused["failures"] == {"cause:21": 3}
        late, outcomes = await world.drive(plan(BRIDGE, calls=4, answer_after_s=0.7), first=10)
        assert late["failed"] == 0
        assert all(outcome.alert_ms is not None and outcome.setup_ms is not None for outcome in outcomes)
        waited = [(outcome.setup_ms or 0) - (outcome.alert_ms or 0) for outcome in outcomes]
        assert all(690 <= ms < 760 for ms in waited), waited
        never, _ = await world.drive(plan(BRIDGE, calls=4, answer_after_s=50, patience_s=3.0), first=20)
        assert never["failures"] == {"no-answer": 4}
        full, _ = await world.drive(plan(CallKind("prompt", HOTLINE, hold_s=20), rate=20, calls=40), first=30)
        assert full["failures"] == {"no-circuit": 10}

    in_world(tmp_path, body)


def wired(world: World, change: Callable[[int, int], tuple[int, int] | None]) -> None:
    """Every crosspoint between timeslots of the switch goes through `change`; None: it is left out."""
    plain = world.media.connect

    def connect(source: int, destination: int, **more: Any) -> None:
        pair = change(source, destination) if source < 64 and destination < 64 else (source, destination)
        if pair is not None:
            plain(*pair, **more)

    world.media.connect = connect  # type: ignore[method-assign]


@pytest.mark.parametrize("fault", ["one-way", "silent", "looped"])
def test_broken_talk_paths_are_found(tmp_path: File, fault: str) -> None:
    changes: dict[str, Callable[[int, int], tuple[int, int] | None]] = {
        "one-way": lambda source, destination: (source, destination) if source < 32 else None,
        "silent": lambda source, destination: None,
        "looped": lambda source, destination: (source, source),
    }

    async def body(world: World) -> None:
        wired(world, changes[fault])
        figures, _ = await world.drive(plan(BRIDGE))
        assert figures["failures"] == {fault: 8}
        assert figures["talk_paths"] == {fault: 8}

    in_world(tmp_path, body)


def test_who_is_sent_back_what_it_says_hears_itself(tmp_path: File) -> None:
    async def body(world: World) -> None:
        figures, _ = await world.drive(plan(CallKind("echo", EXTENSIONS)))
        assert (figures["failed"], figures["talk_paths"]) == (0, {"right": 8}), figures

    in_world(tmp_path / "echo", body)

    async def without(world: World) -> None:
        figures, _ = await world.drive(plan(CallKind("echo", HOTLINE)))
        assert figures["failures"] == {"silent": 8}, figures

    in_world(tmp_path / "none", without)


def test_crossed_talk_paths_are_found(tmp_path: File) -> None:
    """The called parties of two calls at a time are exchanged, for one direction of one pair of calls in three."""

    async def body(world: World) -> None:
        pairs: dict[int, int] = {}  # called party's port -> caller's, of the calls under way
        plain = world.media.connect
        turn = 0

        def connect(source: int, destination: int, **more: Any) -> None:
            nonlocal turn
            if source >= 32 or not 32 <= destination < 64:  # only what the called parties hear
                plain(source, destination, **more)
                return
            turn += 1
            pairs[destination] = source
            if turn % 6 != 0:
                plain(source, destination, **more)
                return
            other = list(pairs)[-2]
            world.media.disconnect(pairs[other], other)
            plain(pairs[other], destination, **more)
            plain(source, other, **more)

        world.media.connect = connect  # type: ignore[method-assign]
        figures, outcomes = await world.drive(plan(BRIDGE, rate=2, calls=12))
        assert figures["talk_paths"] == {"right": 8, "crossed": 4}, figures
        assert [outcome.n for outcome in sorted(outcomes, key=lambda o: o.n) if outcome.result == "crossed"] == [4, 5, 10, 11]

    in_world(tmp_path, body)


def test_keys_that_are_lost_or_taken_for_others(tmp_path: File) -> None:
    async def body(world: World) -> None:
        plain = world.media.dtmf
        pressed = 0

        def dtmf(digits: str, **more: Any) -> Any:
            nonlocal pressed
            pressed += 1
            if pressed == 5:  # too short to be a key
                return plain(digits, on_ms=15, off_ms=10)
            return plain("9" if pressed == 3 else digits, **more)

        world.media.dtmf = dtmf  # type: ignore[method-assign]
        figures, outcomes = await world.drive(plan(CallKind("menu", HOTLINE, keys="123", hold_s=1), calls=1))
        assert figures["keys"] == {"right": 3, "missed": 1, "wrong": 1}
        assert figures["failures"] == {"key-wrong": 1}, "a call counts once, by what came first"
        assert len(outcomes[0].keys_ms) == 3

    in_world(tmp_path, body)


def test_stopped_in_the_middle(tmp_path: File) -> None:
    async def body(world: World) -> None:
        driver = Driver(world.far, plan(BRIDGE, MENU, calls=400))
        asyncio.get_running_loop().call_later(3.1, driver.stop)
        figures = (await driver.run()).as_dict()
        assert 10 <= figures["attempts"] <= 14
        assert figures["attempts"] == figures["finished"]
        assert figures["failed"] == 0
        assert figures["stopped"] > 0
        assert driver.now_s < 4
        await asyncio.sleep(1)  # the called parties hear of it a moment later
        assert world.far.lines == {}

    in_world(tmp_path, body)


def test_a_stranger_is_refused(tmp_path: File) -> None:
    """A call to us that none of ours has caused: another caller of the site."""

    async def body(world: World) -> None:
        driver = Driver(world.far, plan(BRIDGE, calls=4))
        world.media.loop.call_later(0.6, lambda: world.far.trunks["Trunk2"].setup(CallRequest("8005", Party("777"))))
        figures = (await driver.run()).as_dict()
        assert (figures["strangers"], figures["failed"]) == (1, 0)
        await asyncio.sleep(6)
        assert not world.control.calls()

    in_world(tmp_path, body)


def test_when_a_burst_began_is_known_to_the_tick() -> None:
    """The receivers' own delay, which far.py takes off, is what it says there."""
    engine = en.Engine([{"number": 0, "driver": "loop", "peer": 1}, {"number": 1, "driver": "loop", "peer": 0}])
    engine.ts_open(1)
    engine.ts_open(33)
    engine.detect(33, en.DETECT_R2B)
    engine.tick(5)
    for n, signal in enumerate((1, 7, 15)):
        began = engine.sample + engine.tick_samples  # a loop gives in the next tick what is written in this
        engine.tone(en.LINE_PORTS + n, [r2_step(BACKWARD, signal, level_dbm0=-14.0, ms=50), (0, 0, 0, 0, 30)], repeats=1)
        engine.connect(en.LINE_PORTS + n, 1)
        seen = []
        for _ in range(12):
            engine.tick()
            seen += [event for event in engine.events() if event.type == en.EV_R2 and event.a0]
        assert [event.a0 for event in seen] == [signal]
        assert abs(seen[0].sample / 8000 - far_module._RECEIVER_S - began / 8000) <= 0.005
    engine.shut()
