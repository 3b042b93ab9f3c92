"""Calls over fake trunks and a silent engine: routes, causes, digits one by one, limits and losses."""

from __future__ import annotations

import errno

import pytest
from world import World, simulate, talk, walk_hangup

from xunhu import vclock
from xunhu._media import engine as en
from xunhu.call.trunk import NoCircuitError
from xunhu.ivr.session import Session


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


def test_trouble_of_the_engine_does_not_flood_the_ledger() -> None:
    async def main(w: World) -> None:
        for n in range(100):
            w.engine.event(en.EV_LOST_EVENTS, a=(n + 1,))
            await w.sleep(1)

    world = simulate(main)
    assert [row[2] for row in world.ledger.rows].count("alarm") == 2
