"""Calls in talk: hold, transfer, consultation, calls we make, recording."""

from __future__ import annotations

from typing import Any

import pytest
from world import World, simulate, talk

from xunhu import vclock
from xunhu.call.errors import CallControlError, LegGoneError, NoSuchCallError, NotPossibleError
from xunhu.call.settings import Route
from xunhu.call.trunk import NoCircuitError
from xunhu.ivr.session import Session


def test_hold_and_retrieve() -> None:
    async def main(w: World) -> None:
        caller, callee = await talk(w)
        w.control.hold(w.leg("1"), "/m/music.wav")
        await w.sleep()
        assert not w.engine.hears(caller.port, callee.port)
        (music,) = w.engine.pool()
        assert w.engine.hears(caller.port, music)
        assert w.control.calls()[0].legs[0].held
        with pytest.raises(NotPossibleError):
            w.control.retrieve(w.leg("2"))
        w.control.retrieve(w.leg("1"))
        await w.sleep()
        assert w.engine.pool() == []
        assert w.engine.hears(caller.port, callee.port)
        w.control.hold(w.leg("2"))
        callee.far_disconnect()
        await w.sleep()
        with pytest.raises(CallControlError):
            w.control.retrieve(w.control.leg("nowhere", "1"))

    world = simulate(main)
    kinds = world.ledger.kinds(world.call_id())
    assert kinds.count("call.held") == 2
    assert kinds.count("call.retrieved") == 1
    assert kinds.count("call.bridged") == kinds.count("call.unbridged") == 2


def test_blind_transfer() -> None:
    async def main(w: World) -> None:
        caller, callee = await talk(w)
        w.control.transfer_blind(w.leg("1"), "8002")
        await w.sleep()
        assert callee.did[-1] == "release 16"
        second = w.pbx.made[1]
        second.far_alerting()
        await w.sleep()
        assert len(w.engine.pool()) == 1
        second.far_answer()
        await w.sleep()
        assert w.engine.hears(caller.port, second.port)
        assert w.engine.hears(second.port, caller.port)
        assert w.engine.pool() == []
        caller.far_disconnect()

    world = simulate(main)
    events = dict(world.ledger.of(world.call_id()))
    assert events["call.transferred"] == {"how": "blind", "from": "8001", "to": "extension:8002"}
    assert world.ended()["by"] == "caller"


def test_blind_transfer_that_fails_ends_the_call_with_the_cause() -> None:
    async def main(w: World) -> None:
        caller, _ = await talk(w)
        with pytest.raises(NoSuchCallError):
            w.control.transfer_blind(w.leg("1"), "9999")
        w.pbx.refuse = 34
        with pytest.raises(NoCircuitError):
            w.control.transfer_blind(w.leg("1"), "8002")
        await w.sleep()
        assert w.control.calls()[0].bridged == ("1", "2")
        w.pbx.refuse = 0
        w.control.transfer_blind(w.leg("1"), "8002")
        await w.sleep()
        w.pbx.made[-1].far_disconnect(17)
        await w.sleep()
        assert caller.did[-1] == "release 17"

    simulate(main)


def test_the_caller_transfers_the_callee_and_leaves() -> None:
    async def main(w: World) -> None:
        caller, callee = await talk(w)
        w.control.transfer_blind(w.leg("2"), "carrier/13900139000")
        await w.sleep()
        assert caller.did[-1] == "release 16"
        out = w.carrier.made[-1]
        assert out.called == "13900139000"
        out.far_answer()
        await w.sleep()
        assert w.engine.hears(callee.port, out.port)
        callee.far_disconnect()
        await w.sleep()
        assert out.did[-1] == "release 16"

    assert simulate(main).ended()["by"] == "called"


def test_attended_transfer() -> None:
    async def main(w: World) -> None:
        caller, callee = await talk(w)
        asked = w.control.consult(w.leg("2"), "8002")
        await w.sleep()
        other = w.pbx.made[-1]
        other.far_alerting()
        await w.sleep()
        other.far_answer()
        await w.sleep()
        assert w.engine.hears(callee.port, other.port)
        assert not w.engine.hears(caller.port, callee.port)
        w.control.transfer_attended(w.leg("1"), asked)
        await w.sleep()
        assert callee.did[-1] == "release 16"
        assert w.engine.hears(caller.port, other.port)
        assert w.engine.hears(other.port, caller.port)
        other.far_disconnect()
        await w.sleep()
        assert caller.did[-1] == "release 16"

    world = simulate(main, music="/m/music.wav")
    assert ("call.transferred", {"how": "attended", "from": "8001", "to": "8002"}) in world.ledger.of(world.call_id())


def test_consultation_that_fails_leaves_the_caller_on_hold_to_be_retrieved() -> None:
    async def main(w: World) -> None:
        caller, callee = await talk(w)
        w.control.consult(w.leg("2"), "8002")
        await w.sleep()
        with pytest.raises(NotPossibleError):
            w.control.consult(w.leg("2"), "8003")
        w.pbx.made[-1].far_disconnect(17)
        await w.sleep()
        w.control.retrieve(w.leg("1"))
        await w.sleep()
        assert w.engine.hears(caller.port, callee.port)
        caller.far_disconnect()

    simulate(main)


def test_attended_transfer_of_two_calls() -> None:
    async def main(w: World) -> None:
        first_caller, first_callee = await talk(w)
        caller = w.carrier.offer("8002", calling="222")
        await w.sleep()
        callee = w.pbx.made[-1]
        callee.far_answer()
        await w.sleep()
        w.control.transfer_attended(w.leg("1", 0), w.leg("2", 1))
        await w.sleep()
        assert first_callee.did[-1] == "release 16"
        assert caller.did[-1] == "release 16"
        assert w.engine.hears(first_caller.port, callee.port)
        assert w.engine.hears(callee.port, first_caller.port)
        assert len(w.control.calls()) == 1
        callee.far_disconnect()
        await w.sleep()
        assert first_caller.did[-1] == "release 16"

    simulate(main)


def test_public_calls_after_the_end_say_what_is_not_so() -> None:
    async def main(w: World) -> None:
        caller, _ = await talk(w)
        one, two = w.leg("1"), w.leg("2")
        with pytest.raises(NotPossibleError):
            w.control.bridge(one, one)
        w.control.bridge(one, two)
        w.control.unbridge(one)
        with pytest.raises(NotPossibleError):
            w.control.unbridge(one)
        with pytest.raises(NotPossibleError):
            w.control.transfer_blind(one, "8002")
        w.control.bridge(one, two)
        call = w.call_id()
        with pytest.raises(ValueError, match="cause 0"):
            w.control.hangup(call, 0)
        w.control.hangup(call, 21)
        for action in (
            lambda: w.control.hold(one),
            lambda: w.control.bridge(one, two),
            lambda: w.control.transfer_blind(one, "8002"),
            lambda: w.control.transfer_attended(one, two),
            lambda: w.control.consult(one, "8002"),
        ):
            with pytest.raises(LegGoneError):
                action()
        await w.sleep()
        assert caller.did[-1] == "release 21"
        with pytest.raises(NoSuchCallError):
            w.control.hangup(call)

    assert simulate(main).ended() == {"cause": 21, "by": "system", "answered": True, "why": "hung up"}


def test_originate_into_a_flow_and_to_another_party() -> None:
    async def walk(session: Session) -> str:
        await session.play_collect(["/p/survey-1000.wav"])
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["survey"] = walk
        w.control.originate("carrier/139", calling="4000", flow="survey")
        await w.sleep()
        out = w.carrier.made[-1]
        assert (out.called, out.calling) == ("139", "4000")
        out.far_answer()
        await w.sleep(0.5)
        assert len(w.engine.pool()) == 1
        await w.sleep(2)
        assert out.did[-1] == "release 16"
        w.control.originate("8001", connect_to="carrier/138")
        await w.sleep()
        w.pbx.made[-1].far_answer()
        await w.sleep()
        w.carrier.made[-1].far_answer()
        await w.sleep()
        assert w.engine.hears(w.pbx.made[-1].port, w.carrier.made[-1].port)
        w.carrier.made[-1].far_disconnect()
        await w.sleep()
        w.control.originate("8001", connect_to="8002")
        await w.sleep()
        w.pbx.made[-1].far_disconnect(17)
        await w.sleep()
        with pytest.raises(NotPossibleError):
            w.control.originate("8001")

    assert simulate(main).ended() == {"cause": 17, "by": "called", "answered": False}


def test_recording_follows_the_call_over_hold_and_transfer(tmp_path: Any) -> None:
    async def main(w: World) -> None:
        caller, callee = await talk(w)
        (recorder,) = w.engine.pool()
        assert w.engine.crosspoints[caller.port, recorder] == 0
        assert w.engine.crosspoints[callee.port, recorder] == 1
        w.control.hold(w.leg("1"), "/m/music.wav")
        await w.sleep()
        (music,) = (port for port in w.engine.pool() if port != recorder)
        assert w.engine.crosspoints[music, recorder] == 1
        w.control.retrieve(w.leg("1"))
        w.control.transfer_blind(w.leg("1"), "8002")
        await w.sleep()
        w.pbx.made[-1].far_answer()
        await w.sleep(3)
        assert w.engine.pool() == [recorder]
        assert w.engine.crosspoints[w.pbx.made[-1].port, recorder] == 1
        caller.far_disconnect()

    world = simulate(main, recording="all", recordings=tmp_path)
    call = world.call_id()
    events = dict(world.ledger.of(call))
    assert events["rec.start"]["path"] == str(tmp_path / "2026" / "11" / "23" / f"{call}.wav")
    assert events["rec.end"]["why"] == "stopped"
    assert events["rec.end"]["seconds"] > 3
    assert world.ledger.kinds(call).count("rec.end") == 1


def test_a_recording_that_fails_hurts_no_call(tmp_path: Any) -> None:
    (tmp_path / "file").write_text("in the way")

    async def main(w: World) -> None:
        caller, callee = await talk(w)
        await w.sleep(1)
        assert w.engine.hears(caller.port, callee.port)
        callee.far_disconnect()

    full = simulate(main, recording="all", recordings=tmp_path / "full-disk")
    assert dict(full.ledger.of(full.call_id()))["rec.end"]["why"] == "No space left on device"
    blocked = simulate(main, recording="all", recordings=tmp_path / "file" / "rec")
    for world in (full, blocked):
        assert any(row[2] == "alarm" and row[5]["severity"] == "error" for row in world.ledger.rows)


def test_an_engine_that_does_not_answer_delays_the_end_by_five_seconds_only(tmp_path: Any) -> None:
    async def body() -> World:
        w = World(recording="all", recordings=tmp_path)
        caller, _ = await talk(w)
        w.engine.deaf = True
        caller.far_disconnect()
        await w.sleep(4)
        assert w.control.call_count == 1
        await w.sleep(2)
        assert w.control.call_count == 0
        return w

    world = vclock.run(body())
    assert world.ended()["cause"] == 16


@pytest.mark.parametrize(("policy", "recorded"), [("none", [False, False]), ("route", [False, True]), ("all", [True, True])])
def test_recording_policy(policy: str, recorded: list[bool], tmp_path: Any) -> None:
    async def main(w: World) -> None:
        for number in ("8001", "8002"):
            caller = w.carrier.offer(number)
            await w.sleep()
            w.pbx.made[-1].far_answer()
            await w.sleep()
            caller.far_disconnect()
            await w.sleep()

    routes = (Route(called="8001", extension="8001"), Route(called="8002", extension="8002", record=True))
    world = simulate(main, recording=policy, recordings=tmp_path, routes=routes)
    assert ["rec.start" in world.ledger.kinds(world.call_id(n)) for n in (0, 1)] == recorded
