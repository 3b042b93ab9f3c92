"""Fax machines on calls: what the ledger has, and what a flow can do about it."""

from __future__ import annotations

import pytest
from world import World, simulate

from xunhu._media import fax_tones
from xunhu.ivr.session import FaxHeardError, Session


def fax_of(world: World) -> list[tuple[str, str, float]]:
    rows = [data for kind, data in world.ledger.of(world.call_id()) if kind == "leg.heard"]
    assert all(data["what"] == "fax" for data in rows)
    return [(data["leg"], data["tone"], data["level"]) for data in rows]


def test_a_calling_fax_machine_ends_what_the_flow_waits_for() -> None:
    heard: list[str] = []

    async def walk(session: Session) -> str:
        session.mind_fax(True)
        with pytest.raises(FaxHeardError):
            await session.play_collect(["/p/welcome-5000.wav"])
        heard.append("once")
        await session.play_collect(["/p/fax-now-1000.wav"])  # it is told once, and what follows goes on
        heard.append("played")
        with pytest.raises(FaxHeardError):
            await session.wait_key("1", 20)
        heard.append("again")
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep(0.5)
        (player,) = w.engine.pool()
        w.engine.fax(caller.port, fax_tones.CNG)
        await w.sleep(0.2)
        assert heard == ["once"]
        assert player not in w.engine.pool()
        await w.sleep(2)
        assert heard == ["once", "played"]
        w.engine.fax(caller.port, fax_tones.CNG)
        w.engine.fax(caller.port, fax_tones.V21_PREAMBLE)
        await w.sleep(1)

    world = simulate(main)
    assert heard == ["once", "played", "again"]
    assert fax_of(world) == [("1", "cng", -20.0), ("1", "v21-preamble", -20.0)]


def test_a_flow_that_does_not_mind_goes_on_and_may_mind_later() -> None:
    heard: list[str] = []

    async def walk(session: Session) -> str:
        heard.append((await session.play_collect(["/p/welcome-2000.wav"])).reason)
        session.mind_fax(True)
        with pytest.raises(FaxHeardError):
            await session.play_collect(["/p/menu-2000.wav"])
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep(0.5)
        w.engine.fax(caller.port, fax_tones.CNG)
        await w.sleep(4)

    world = simulate(main)
    assert heard == ["played"]
    assert fax_of(world) == [("1", "cng", -20.0)]


def test_what_only_called_machines_send_is_nothing_from_a_caller() -> None:
    async def walk(session: Session) -> str:
        session.mind_fax(True)
        await session.play_collect(["/p/welcome-2000.wav"])
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep(0.5)
        for tone in (fax_tones.ANS, fax_tones.ANSAM, fax_tones.CALLING, fax_tones.BELL_ANS, fax_tones.TONE_1100, fax_tones.NONE):
            w.engine.fax(caller.port, tone)
        await w.sleep(3)

    assert fax_of(simulate(main)) == []


def test_a_called_fax_machine_is_in_the_ledger() -> None:
    """Before a flow has begun, and by the flow."""
    heard: list[str] = []

    async def walk(session: Session) -> str:
        session.mind_fax(True)
        with pytest.raises(FaxHeardError):
            await session.play_collect(["/p/hello-5000.wav"])
        heard.append("fax")
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        w.control.originate("carrier/139", calling="4000", flow="main")
        await w.sleep()
        made = w.carrier.made[-1]
        made.far_alerting()
        await w.sleep()
        made.far_answer()
        await w.sleep(0.5)
        w.engine.fax(made.port, fax_tones.ANS)
        w.engine.fax(made.port, fax_tones.ANS_PR)
        await w.sleep(0.5)

    world = simulate(main)
    assert heard == ["fax"]
    assert [tone for _, tone, _ in fax_of(world)] == ["ced", "ans-pr"]
