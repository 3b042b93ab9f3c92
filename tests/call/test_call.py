"""Calls over fake trunks and a silent engine: every way in, every way out."""

from __future__ import annotations

import errno
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from world import World

from xunhu import vclock
from xunhu._media import engine as en
from xunhu.call.errors import CallControlError, LegGoneError, NoSuchCallError, NotPossibleError
from xunhu.call.settings import Route
from xunhu.call.trunk import NoCircuitError
from xunhu.ivr.session import CallerGoneError, Session


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


def test_extension_rings_answers_talks_and_the_callee_hangs_up() -> None:
    async def main(w: World) -> None:
        caller = w.carrier.offer("8001")
        await w.sleep()
        assert caller.did == ["proceed"]
        callee = w.pbx.made[0]
        assert callee.called == "8001"
        assert callee.calling == "13800138000"
        callee.far_proceeding()
        callee.far_alerting()
        await w.sleep()
        assert caller.did == ["proceed", "alert True"]
        (tone,) = w.engine.pool()
        assert w.engine.hears(caller.port, tone)
        callee.far_answer()
        await w.sleep()
        assert caller.did[-1] == "answer"
        assert w.engine.pool() == []
        assert w.engine.hears(caller.port, callee.port)
        assert w.engine.hears(callee.port, caller.port)
        (info,) = w.control.calls()
        assert info.state == "talking"
        assert info.bridged == ("1", "2")
        callee.far_disconnect(16)
        await w.sleep()
        assert caller.did[-1] == "release 16"

    world = simulate(main)
    assert world.ended() == {"cause": 16, "by": "called", "answered": True}
    assert world.ledger.kinds(world.call_id()) == [
        "call.new", "leg.new", "call.route", "leg.new", "leg.proceeding", "leg.alerting", "leg.alerting", "leg.answered", "leg.answered",
        "call.bridged", "call.unbridged", "leg.released", "leg.released", "call.ended",
    ]  # fmt: skip
    assert world.call_id() == "20261123T060000-000001"


def test_inband_ringing_of_the_callee_is_passed_on_and_ours_is_not_played() -> None:
    async def main(w: World) -> None:
        caller = w.carrier.offer("8001")
        await w.sleep()
        callee = w.pbx.made[0]
        callee.far_alerting(inband=True)
        await w.sleep()
        assert w.engine.pool() == []
        assert w.engine.hears(caller.port, callee.port)
        assert not w.engine.hears(callee.port, caller.port)
        assert caller.did[-1] == "alert True"
        caller.far_disconnect(16)
        await w.sleep()
        assert callee.did[-1] == "release 16"

    assert simulate(main).ended() == {"cause": 16, "by": "caller", "answered": False}


def test_early_announcement_is_heard_by_the_caller() -> None:
    async def main(w: World) -> None:
        caller = w.carrier.offer("8001")
        await w.sleep()
        callee = w.pbx.made[0]
        callee.far_alerting()
        await w.sleep()
        callee.far_progress(True, 31)
        await w.sleep()
        assert caller.did[-1] == "progress True 31"
        assert w.engine.pool() == []
        assert w.engine.hears(caller.port, callee.port)
        callee.far_disconnect(31)

    assert simulate(main).ended()["cause"] == 31


@pytest.mark.parametrize("cause", [1, 3, 16, 17, 18, 19, 21, 22, 27, 28, 34, 38, 41, 58, 88, 102, 127])
@pytest.mark.parametrize("how", ["far_disconnect", "far_release"])
def test_cause_of_the_callee_reaches_the_caller(cause: int, how: str) -> None:
    async def main(w: World) -> None:
        caller = w.carrier.offer("8001")
        await w.sleep()
        getattr(w.pbx.made[0], how)(cause)
        await w.sleep()
        assert caller.did[-1] == f"release {cause}"

    assert simulate(main).ended() == {"cause": cause, "by": "called", "answered": False}


def test_nobody_answers() -> None:
    async def main(w: World) -> None:
        caller = w.carrier.offer("8001")
        await w.sleep()
        w.pbx.made[0].far_alerting()
        await w.sleep(11)
        assert caller.did[-1] == "release 19"
        assert w.pbx.made[0].did == ["release 16"]

    assert simulate(main, ring_s=10).ended() == {"cause": 19, "by": "system", "answered": False}


def test_refused_by_rule_and_unknown_numbers() -> None:
    async def main(w: World) -> None:
        calls = [w.carrier.offer(number) for number in ("5550", "7777", "8", "8009", "")]
        await w.sleep()
        assert [call.did[-1] for call in calls] == ["release 21", "release 1", "release 28", "release 1", "release 1"]

    simulate(main)


def test_no_circuit_and_trunk_down() -> None:
    async def main(w: World) -> None:
        w.pbx.refuse = 42
        first = w.carrier.offer("8001")
        await w.sleep()
        w.pbx.refuse = 0
        w.pbx.up = False
        second = w.carrier.offer("8001")
        await w.sleep()
        w.pbx.up = True
        w.pbx.ports = []
        third = w.carrier.offer("8001")
        await w.sleep()
        assert [c.did[-1] for c in (first, second, third)] == ["release 42", "release 38", "release 34"]

    simulate(main)


def test_overlap_until_a_rule_fits() -> None:
    async def main(w: World) -> None:
        caller = w.carrier.offer("", complete=False)
        await w.sleep()
        assert caller.did == ["want_digits True"]
        (tone,) = w.engine.pool()
        assert w.engine.hears(caller.port, tone)
        for digit in "800":
            caller.far_digits(digit)
            await w.sleep(1)
        assert w.engine.pool() == []
        assert w.pbx.made == []
        caller.far_digits("1")
        await w.sleep()
        assert w.pbx.made[0].called == "8001"
        caller.far_disconnect()

    simulate(main)


def test_overlap_times_out() -> None:
    async def main(w: World) -> None:
        w.flows.walks["main"] = walk_hangup
        silent = w.carrier.offer("", complete=False)
        part = w.carrier.offer("80", complete=False)
        shorter = w.carrier.offer("90", complete=False)
        ended = w.carrier.offer("800", complete=False)
        wrong = w.carrier.offer("7", complete=False)
        await w.sleep()
        assert wrong.did == ["release 1"]
        ended.far_digits("", True)
        await w.sleep()
        assert ended.did == ["want_digits False", "release 28"]
        await w.sleep(5.1)
        assert part.did == ["want_digits False", "release 28"]
        assert shorter.did == ["want_digits False", "proceed", "release 31"]
        await w.sleep(11)
        assert silent.did == ["want_digits True", "release 1"]

    simulate(main)


async def walk_hangup(session: Session) -> str:
    await session.hangup(31)
    return "0000"


def test_flow_menu_with_keys_and_hangup() -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        session.node_entered("main", "v1", "n1", {"a": "1"})
        got.append(await session.play_collect(["/p/hello-1000.wav"], digits=1, interrupt="0123456789*#", timeout_s=3))
        session.node_result("n1", "0000", got[-1].digits)
        got.append(await session.play_collect(["/p/pin-1000.wav"], digits=4, interrupt="0123456789", end="#", timeout_s=3))
        got.append(await session.play_collect(["/p/pin-1000.wav"], digits=4, end="#", timeout_s=3, between_s=2))
        got.append(await session.play_collect(["/p/pin-100.wav"], digits=1, valid="12", timeout_s=3))
        got.append(await session.play_collect(["/p/pin-100.wav"], digits=3, first_end="0", timeout_s=3))
        got.append(await session.play_collect(["/p/pin-100.wav"], digits=3, timeout_s=1))
        got.append(await session.play_collect(["/p/pin-100.wav", "/p/missing.wav"]))
        got.append(dict(session.variables))
        await session.hangup(16)
        with pytest.raises(CallerGoneError):
            await session.play_collect(["/p/x.wav"])
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep()
        assert caller.did == ["proceed", "answer"]
        (player,) = w.engine.pool()
        assert w.engine.hears(caller.port, player)
        w.engine.key(caller.port, "5")
        await w.sleep()
        assert got[0].digits == "5"
        assert got[0].reason == "full"
        for key in "12#":
            w.engine.key(caller.port, key)
            await w.sleep(0.2)
        assert (got[1].digits, got[1].reason) == ("12", "end-key")
        w.engine.key(caller.port, "7")  # not among the interrupting ones: the prompt goes on and the key is gone
        await w.sleep(1)
        w.engine.key(caller.port, "8")
        await w.sleep(2.1)
        assert (got[2].digits, got[2].reason) == ("8", "timeout")
        await w.sleep(0.2)
        w.engine.key(caller.port, "9")
        await w.sleep(0.3)
        assert (got[3].digits, got[3].reason) == ("9", "invalid")
        w.engine.key(caller.port, "0")
        await w.sleep(0.2)
        assert (got[4].digits, got[4].reason) == ("0", "first-end")
        await w.sleep(2)
        assert (got[5].digits, got[5].reason) == ("", "timeout")
        assert (got[6].reason, got[6].missing) == ("missing-file", "/p/missing.wav")
        assert got[7]["called"] == "4000"
        assert got[7]["date"] == "2026-11-23"
        assert got[7]["weekday"] == "1"

    world = simulate(main)
    kinds = world.ledger.kinds(world.call_id())
    assert kinds[:6] == ["call.new", "leg.new", "call.route", "flow.start", "flow.node", "leg.answered"]
    assert "flow.result" in kinds
    assert world.ended() == {"cause": 16, "by": "system", "answered": True, "why": "hung up by the flow"}


def test_keys_typed_ahead_answer_the_next_nodes() -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.play_collect(["/p/welcome-2000.wav"], interrupt="0123456789"))
        got.append(await session.play_collect(["/p/menu-2000.wav"], digits=1, interrupt="0123456789", timeout_s=3))
        got.append(await session.play_collect(["/p/menu-2000.wav"], digits=2, interrupt="0123456789", timeout_s=3))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep()
        for key in "123":
            w.engine.key(caller.port, key)
        await w.sleep()
        assert [(c.digits, c.reason) for c in got] == [("", "played"), ("1", "full"), ("23", "full")]

    simulate(main)


def test_caller_hangs_up_in_the_flow() -> None:
    ends: list[str] = []

    async def walk(session: Session) -> str:
        try:
            await session.play_collect(["/p/long-60000.wav"], digits=1, timeout_s=60)
        except CallerGoneError:
            ends.append("gone")
            raise
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep(1)
        caller.far_disconnect(16)
        await w.sleep()

    world = simulate(main)
    assert ends == ["gone"]
    assert world.ended() == {"cause": 16, "by": "caller", "answered": True}
    assert ("flow.end", {"flow": "main", "version": "v1", "result": "0003"}) in world.ledger.of(world.call_id())


def test_flow_that_fails_or_hangs_leaves_no_call_behind() -> None:
    async def fails(session: Session) -> str:
        raise KeyError("x")

    async def hangs(session: Session) -> str:
        while True:
            try:
                await session.wait_key("1", 1000)
            except CallerGoneError:
                await vclock.asyncio.sleep(1e6)

    async def main(w: World) -> None:
        w.flows.walks["main"] = fails
        first = w.carrier.offer("4000")
        await w.sleep()
        assert first.did[-1] == "release 41"
        w.flows.walks["main"] = hangs
        second = w.carrier.offer("4000")
        await w.sleep()
        second.far_disconnect()
        await w.sleep(6)
        del w.flows.walks["main"]
        third = w.carrier.offer("4000")
        await w.sleep()
        assert third.did[-1] == "release 41"

    world = simulate(main)
    assert any(row[2] == "alarm" and "KeyError" in row[5]["text"] for row in world.ledger.rows)


def test_voicemail(tmp_path: Any) -> None:
    folder = str(tmp_path)
    got: list[float] = []

    async def walk(session: Session) -> str:
        got.append(await session.record(folder + "/a.wav", stop_keys="#", seconds=10))
        got.append(await session.record(folder + "/b.wav", stop_keys="#", seconds=2, beep=False))
        got.append(await session.record(folder + "/full-disk.wav", seconds=2, beep=False))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep(3.3)
        (recorder,) = w.engine.pool()
        assert w.engine.hears(recorder, caller.port)
        w.engine.key(caller.port, "#")
        await w.sleep(4)

    simulate(main)
    assert 2.8 < got[0] < 3.1
    assert got[1] == 2.0
    assert got[2] < 0.1


def test_flow_connects_to_an_extension_and_goes_on() -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.connect(["8001"], wait_s=30, queue=False))
        got.append(await session.play_collect(["/p/bye-500.wav"]))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep()
        callee = w.pbx.made[0]
        callee.far_alerting()
        await w.sleep()
        assert len(w.engine.pool()) == 1  # our ringing tone
        callee.far_answer()
        await w.sleep(5)
        assert w.engine.hears(caller.port, callee.port)
        assert w.engine.hears(callee.port, caller.port)
        callee.far_disconnect(16)
        await w.sleep(0.1)
        assert not got[1:]
        assert len(w.engine.pool()) == 1

    world = simulate(main)
    assert (got[0].outcome, got[0].extension, got[0].cause) == ("ended", "8001", 16)
    assert world.ended()["answered"] is True


@pytest.mark.parametrize(
    ("causes", "outcome"),
    [((17, 17), "busy"), ((17, 19), "no-answer"), ((21, 17), "busy"), ((21, 1), "refused"), ((18, 21), "no-answer")],
)
def test_flow_connect_outcomes(causes: tuple[int, int], outcome: str) -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.connect(["8001", "8002"], wait_s=30, queue=False))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        w.carrier.offer("4000")
        for index, cause in enumerate(causes):
            await w.sleep()
            w.pbx.made[index].far_disconnect(cause)
        await w.sleep()

    simulate(main)
    assert got[0].outcome == outcome


def test_flow_connect_to_nobody_and_no_answer_moves_on() -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.connect([], wait_s=30, queue=True))
        got.append(await session.connect(["9999"], wait_s=30, queue=True))
        got.append(await session.connect(["8001", "8002"], wait_s=0, queue=False))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        w.carrier.offer("4000")
        await w.sleep(5.1)
        assert [call.called for call in w.pbx.made] == ["8001", "8002"]
        w.pbx.made[1].far_answer()
        await w.sleep()
        w.pbx.made[1].far_disconnect()

    simulate(main, ring_s=5)
    assert [r.outcome for r in got] == ["nobody", "nobody", "ended"]


def test_queue_waits_with_music_in_order_and_times_out() -> None:
    got: list[tuple[str, str]] = []

    async def walk(session: Session) -> str:
        result = await session.connect(["8001"], wait_s=20, queue=True, music="/m/music.wav")
        got.append((session.variables["calling"], result.outcome))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        callers = [w.carrier.offer("4000", calling=str(n)) for n in range(4)]
        await w.sleep()
        assert len(w.pbx.made) == 1
        w.pbx.made[0].far_answer()
        await w.sleep(8.1)
        assert len(w.engine.pool()) == 3  # music for those who wait; the fourth too
        w.pbx.made[0].far_disconnect()
        await w.sleep(0.1)
        assert [call.calling for call in w.pbx.made] == ["0", "1"]
        w.pbx.made[1].far_answer()
        await w.sleep(1)
        callers[2].far_disconnect()
        await w.sleep(15)
        assert ("3", "waited") in got
        w.pbx.made[1].far_disconnect()

    simulate(main)
    assert got == [("0", "ended"), ("3", "waited"), ("1", "ended")]


def test_queue_is_bounded() -> None:
    got: list[str] = []

    async def walk(session: Session) -> str:
        got.append((await session.connect(["8001"], wait_s=5, queue=True)).outcome)
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        for _ in range(4):
            w.carrier.offer("4000")
        await w.sleep()
        assert got == ["busy", "busy"]
        await w.sleep(6)

    simulate(main, max_waiting=1)
    assert sorted(got) == ["busy", "busy", "no-answer", "waited"]


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


def test_overload_and_limits_refuse_new_calls() -> None:
    async def main(w: World) -> None:
        caller, _ = await talk(w)
        over = w.carrier.offer("8002")
        await w.sleep()
        assert over.did == ["release 42"]
        caller.far_disconnect()
        await w.sleep()
        w.engine.event(en.EV_OVERLOAD, a=(1, 900))
        await w.sleep()
        late = w.carrier.offer("8002")
        await w.sleep()
        assert late.did == ["release 42"]
        with pytest.raises(NoCircuitError):
            w.control.originate("8001", connect_to="8002")
        w.engine.event(en.EV_OVERLOAD, a=(0, 500))
        await w.sleep()
        w.engine.refuse["ts_open"] = errno.EBUSY
        refused = w.carrier.offer("8002")
        await w.sleep()
        assert refused.did[-1] == "release 42"

    simulate(main, max_calls=1)


def test_media_loss_clears_all_calls() -> None:
    async def walk(session: Session) -> str:
        return (await session.play_collect(["/p/long-60000.wav"])).reason

    async def body() -> World:
        w = World(recording="all")
        w.flows.walks["main"] = walk
        caller, callee = await talk(w)
        in_flow = w.carrier.offer("4000")
        await w.sleep()
        w.control.media_lost("killed")
        refused = w.carrier.offer("4000")
        await w.sleep(1)
        assert [c.did[-1] for c in (caller, callee, in_flow, refused)] == ["release 41"] * 4
        w.engine.rows.clear()
        w.media.attach(w.engine)
        caller, callee = await talk(w)
        assert w.engine.hears(caller.port, callee.port)
        caller.far_disconnect()
        await w.sleep(1)
        w.check_clean()
        return w

    world = vclock.run(body())
    assert world.ended(0) == {"cause": 41, "by": "system", "answered": True, "why": "media engine lost: killed"}


def test_shutdown_drains_then_clears() -> None:
    async def main(w: World) -> None:
        caller, _ = await talk(w)
        other, _ = await talk(w)
        task = w.loop.create_task(w.control.shutdown(drain_s=5))
        await w.sleep(1)
        refused = w.carrier.offer("8002")
        caller.far_disconnect()
        await w.sleep(1)
        assert refused.did == ["release 41"]
        assert w.control.call_count == 1
        assert await task
        assert other.did[-1] == "release 16"

    simulate(main)


def test_text_to_speech_is_given_up_when_the_caller_goes() -> None:
    ends: list[str] = []

    async def speak(text: str, language: str) -> str:
        try:
            await vclock.asyncio.sleep(1000)
        except vclock.asyncio.CancelledError:
            ends.append(f"no more {text} in {language}")
            raise
        return "/p/x.wav"

    async def walk(session: Session) -> str:
        await session.answer()
        await session.speak_text("hello", "en")
        return "0000"

    async def main(w: World) -> None:
        w.control.speak = speak
        w.flows.walks["main"] = walk
        caller = w.carrier.offer("4000")
        await w.sleep(0.5)
        caller.far_disconnect()

    simulate(main)
    assert ends == ["no more hello in en"]


def test_keys_are_heard_in_flows_also_when_not_in_talks() -> None:
    got: list[Any] = []

    async def walk(session: Session) -> str:
        got.append(await session.play_collect([], digits=1, timeout_s=5))
        return "0000"

    async def main(w: World) -> None:
        w.flows.walks["main"] = walk
        caller, callee = await talk(w)
        w.engine.key(caller.port, "1")
        in_flow = w.carrier.offer("4000")
        await w.sleep()
        w.engine.key(in_flow.port, "2")
        await w.sleep()
        callee.far_disconnect()

    world = simulate(main, detect_in_talk=False)
    assert got[0].digits == "2"
    assert [row[5]["digit"] for row in world.ledger.rows if row[2] == "leg.digit"] == ["2"]


def test_trouble_of_the_engine_does_not_flood_the_ledger() -> None:
    async def main(w: World) -> None:
        for n in range(100):
            w.engine.event(en.EV_LOST_EVENTS, a=(n + 1,))
            await w.sleep(1)

    world = simulate(main)
    assert [row[2] for row in world.ledger.rows].count("alarm") == 2


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
