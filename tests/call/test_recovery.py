"""Control goes away with calls up and comes back: what the ledger and the engine know is put together again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from world import World

from xunhu import vclock
from xunhu.call import recovery
from xunhu.ivr.session import Session


@dataclass
class Row:
    seq: int
    time_ns: int
    kind: str
    call: str
    party: str
    data: dict[str, Any]


async def menu(session: Session) -> str:
    session.node_entered("main", "v1", "m2", {"language": "zh"})
    await session.play_collect(["/p/menu-600000.wav"], digits=1, interrupt="1")
    return "0000"


async def to_agent(session: Session) -> str:
    session.node_entered("main", "v1", "agent", {})
    await session.connect(["8002"], wait_s=30, queue=False)
    return "0000"


async def before(folder: Path) -> World:
    """Calls in all stages: a recorded talk, one on hold, a menu, an agent in a flow, one that rings, one that collects digits."""
    w = World(recording="all", recordings=folder)
    w.flows.walks["main"] = menu
    w.carrier.offer("8001", calling="1")
    await w.sleep()
    w.pbx.made[-1].far_answer()
    await w.sleep()
    w.carrier.offer("8001", calling="2")
    await w.sleep()
    w.pbx.made[-1].far_answer()
    await w.sleep()
    w.control.hold(w.leg("1"), "/m/music.wav")
    w.carrier.offer("4000", calling="3")
    await w.sleep()
    w.flows.walks["main"] = to_agent
    w.carrier.offer("4000", calling="4")
    await w.sleep()
    w.pbx.made[-1].far_answer()
    await w.sleep()
    w.carrier.offer("8003", calling="5")
    w.carrier.offer("80", calling="6", complete=False)
    await w.sleep()
    return w


def after(old: World, folder: Path, rows: list[Row], **options: Any) -> World:
    """A new control over the engine that has gone on."""
    old.ticker.stop()
    new = World(engine=old.engine, first_number=len(rows) + 1, recording="all", recordings=folder, **options)
    new.ledger.rows = list(old.ledger.rows)
    new.flows.walks["main"] = menu
    return new


def rows_of(w: World) -> list[Row]:
    return [Row(*row) for row in w.ledger.rows]


def test_calls_are_taken_over_and_end_as_usual(tmp_path: Path) -> None:
    async def body() -> World:
        old = await before(tmp_path)
        rows = rows_of(old)
        known = recovery.open_calls(rows)
        assert [call.facts.calling for call in known] == ["1", "2", "3", "4", "5", "6"]
        w = after(old, tmp_path, rows, music="/m/music.wav")
        result = recovery.recover(w.control, known)
        assert (result.taken_over, result.ended) == (4, 2)
        await w.sleep()
        assert w.carrier.restarted == w.pbx.restarted == 1
        talk, held, flow, agent = w.control.calls()
        assert (talk.state, talk.bridged) == ("talking", ("1", "2"))
        assert talk.recording.endswith(".wav")
        assert held.state == "held"
        assert held.legs[0].held
        assert (flow.state, flow.node) == ("flow", "m2")
        assert w.flows.started == [("main", "m2", {"language": "zh"})]
        assert agent.bridged == ("1", "2")
        one, two = w.control.leg(talk.call, "1"), w.control.leg(talk.call, "2")
        assert w.engine.hears(one.port, two.port)
        w.control.retrieve(w.control.leg(held.call, "1"))
        new = w.carrier.offer("8003")
        await w.sleep()
        assert new.did == ["proceed"]
        for call in [*w.carrier.made]:
            call.far_disconnect()
        await w.sleep(1)
        w.check_clean()
        return w

    world = vclock.run(body())
    for call in {row[3] for row in world.ledger.rows if row[2] == "rec.start"}:
        kinds = world.ledger.kinds(call)
        assert kinds.count("rec.end") == 1
    ends = {row[3]: row[5] for row in world.ledger.rows if row[2] == "call.ended"}
    assert [end["cause"] for end in ends.values()].count(41) == 2
    kinds = [row[2] for row in world.ledger.rows]
    assert kinds.count("call.bridged") == kinds.count("call.unbridged")
    assert kinds.count("flow.start") == kinds.count("flow.end") + 1  # the one that was entered again had no end of its own


def test_media_gone_too_ends_every_call(tmp_path: Path) -> None:
    async def body() -> World:
        old = await before(tmp_path)
        rows = rows_of(old)
        old.engine.rows.clear()
        old.engine.crosspoints.clear()
        w = after(old, tmp_path, rows)
        result = recovery.recover(w.control, recovery.open_calls(rows))
        assert (result.taken_over, result.ended, result.ports_closed) == (0, 6, 0)
        await w.sleep(1)
        w.check_clean()
        return w

    vclock.run(body())


def test_a_leg_the_trunk_cannot_restore_ends_its_call_and_ports_of_nobody_are_closed(tmp_path: Path) -> None:
    async def body() -> World:
        old = await before(tmp_path)
        rows = rows_of(old)
        w = after(old, tmp_path, rows)
        w.engine.ts_open(63)
        w.engine.tone(3000, [(450.0, 0.0, -10.0, 0.0, 0)])
        w.pbx.ports = []
        result = recovery.recover(w.control, recovery.open_calls(rows))
        # the menu, and the caller of the agent: without the agent's leg the flow is entered again
        assert (result.taken_over, result.ended) == (2, 4)
        await w.sleep(1)
        assert [info.state for info in w.control.calls()] == ["flow", "flow"]
        assert [start[1] for start in w.flows.started] == ["m2", "agent"]
        ports = {w.control.leg(info.call, "1").port for info in w.control.calls()}
        assert set(w.engine.ports()) == {*ports, *w.engine.pool()}
        assert len(w.engine.pool()) == 4  # their recordings and prompts
        for info in w.control.calls():
            w.control.hangup(info.call)
        await w.sleep(1)
        w.check_clean()
        return w

    vclock.run(body())


def test_twice_restarted(tmp_path: Path) -> None:
    async def body() -> World:
        w = await before(tmp_path)
        for _ in range(2):
            rows = rows_of(w)
            w = after(w, tmp_path, rows, music="/m/music.wav")
            recovery.recover(w.control, recovery.open_calls(rows))
            await w.sleep(1)
        assert [call.state for call in w.control.calls()] == ["talking", "held", "flow", "talking"]
        await w.control.shutdown()
        await w.sleep(1)
        w.check_clean()
        return w

    vclock.run(body())
