"""The small parts: routing, hunting, settings, the media plane's limits, the virtual clock."""

from __future__ import annotations

import asyncio
import errno
from datetime import UTC, datetime
from typing import Any

import pytest
from fake_engine import FakeEngine
from fake_trunk import FakeTrunk
from world import World

from xunhu import vclock
from xunhu._media import engine as en
from xunhu.call import causes
from xunhu.call.hunting import Hunter
from xunhu.call.media import MediaFullError, MediaPlane
from xunhu.call.routing import Router, could_grow, fits
from xunhu.call.settings import CallSettings, Extension, Route, TimeWindow, TrunkGroup
from xunhu.call.tones import COUNTRIES, steps
from xunhu.call.trunk import CallRequest, NoCircuitError

MONDAY = datetime(2026, 11, 23, 14, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("pattern", "digits", "fit", "grow"),
    [
        ("8001", "8001", True, False),
        ("8001", "80", False, True),
        ("8001", "81", False, False),
        ("8???", "8123", True, False),
        ("8???", "812", False, True),
        ("*", "", True, True),
        ("*", "123", True, True),
        ("0*", "", False, True),
        ("0*", "0", True, True),
        ("0*9", "0123", False, True),
        ("0*9", "01239", True, True),
        ("*9?", "991", True, True),
        ("", "", True, False),
        ("", "1", False, False),
    ],
)
def test_patterns(pattern: str, digits: str, fit: bool, grow: bool) -> None:
    assert fits(pattern, digits) is fit
    assert could_grow(pattern, digits) is grow


def test_first_match_wins_with_calling_group_and_times() -> None:
    work = TimeWindow(frozenset(range(1, 6)), 8 * 60, 18 * 60)
    router = Router(
        CallSettings(
            routes=(
                Route(called="400", calling="139*", flow="vip"),
                Route(called="400", trunk_group="pbx", extension="9{calling}"),
                Route(called="400", times=(work,), flow="day"),
                Route(called="400", flow="night"),
                Route(refuse=21),
            )
        )
    )
    assert str(router.route("400", "1391", "carrier", MONDAY)) == "flow:vip"
    assert str(router.route("400", "8001", "pbx", MONDAY)) == "extension:98001"
    assert str(router.route("400", "1", "carrier", MONDAY)) == "flow:day"
    assert str(router.route("400", "1", "carrier", MONDAY.replace(hour=18))) == "flow:night"
    assert str(router.route("400", "1", "carrier", MONDAY.replace(day=22))) == "flow:night"
    refused = router.route("5", "1", "carrier", MONDAY)
    assert (str(refused), refused.cause, refused.rule) == ("refused", 21, 4)
    # a rule for every number behind one that fits is no reason to wait for more digits
    assert not router.find("400", "1", "carrier", MONDAY).more


def test_time_window_over_midnight() -> None:
    night = TimeWindow(frozenset((5,)), 22 * 60, 6 * 60)
    friday = datetime(2026, 11, 27, 23, 0, tzinfo=UTC)
    assert night.holds(friday)
    assert night.holds(friday.replace(day=28, hour=5))
    assert not night.holds(friday.replace(hour=5))
    assert not night.holds(friday.replace(day=28, hour=23))


def test_settings_say_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="hunting 'up' of trunk group a"):
        TrunkGroup("a", (), "up")
    with pytest.raises(ValueError, match="exactly one of flow"):
        Route(called="1")
    with pytest.raises(ValueError, match="refuse 128 is no"):
        Route(refuse=128)
    with pytest.raises(ValueError, match="recording 'some'"):
        CallSettings(recording="some")
    with pytest.raises(ValueError, match="there is no trunk group 'x'"):
        CallSettings(extensions={"1": Extension("1", "x")})
    with pytest.raises(ValueError, match="days of a time window"):
        TimeWindow(frozenset((0,)))
    with pytest.raises(ValueError, match="between 00:00 and 24:00"):
        TimeWindow(begin_min=2000)
    settings = CallSettings(
        groups={"pbx": TrunkGroup("pbx", ("T1",))}, extensions={"8???": Extension("8???", "pbx"), "81": Extension("81", "pbx")}
    )
    found = Router(settings).extension("8123")
    assert found is not None
    assert found.number == "8???"
    assert (settings.group_of("T1"), settings.group_of("T2")) == ("pbx", "")


def test_causes() -> None:
    assert causes.text(17) == "17 user busy"
    assert causes.text(126) == "126 unknown cause"
    assert [causes.valid(n) for n in (0, 1, 127, 128, -1)] == [31, 1, 127, 31, 31]
    assert [causes.outcome(n) for n in (17, 18, 19, 102, 21, 1)] == ["busy", "no-answer", "no-answer", "no-answer", "refused", "refused"]
    assert all(steps(name, tone) for name in COUNTRIES for tone in ("dial", "ringback", "busy", "congestion"))


def _hunt(hunting: str, busy: set[int], n: int) -> list[int]:
    async def body() -> list[int]:
        trunk = FakeTrunk("T", 0, circuits=6)
        hunter = Hunter(TrunkGroup("g", ("T",), hunting), [trunk])
        trunk.busy = set(busy)
        taken = []
        for _ in range(n):
            call = hunter.setup(CallRequest("1"))
            taken.append(call.port or 0)
            trunk.busy = set(busy)
        return taken

    return vclock.run(body())


def test_hunting() -> None:
    assert _hunt("linear", {1}, 3) == [2, 2, 2]
    assert _hunt("circular", {2}, 7) == [1, 3, 4, 5, 6, 1, 3]
    assert _hunt("least-used", {3}, 6) == [1, 2, 4, 5, 6, 1]
    assert _hunt("odd", {1}, 2) == [3, 3]
    assert _hunt("even", {2, 4, 6}, 1) == [1]
    with pytest.raises(NoCircuitError) as caught:
        _hunt("linear", {1, 2, 3, 4, 5, 6}, 1)
    assert caught.value.cause == 34


def test_a_full_command_ring_loses_no_command() -> None:
    async def body() -> None:
        w = World(engine=FakeEngine(ring=3))
        w.flows.walks["main"] = lambda session: session.wait_key("1", 60)
        calls = [w.carrier.offer("8001") for _ in range(10)]
        await w.sleep(0.5)
        for call in w.pbx.made:
            call.far_answer()
        await w.sleep(0.5)
        for call in calls:
            leg = next(info for info in w.control.calls() if info.legs[0].port == call.port)
            assert w.engine.hears(call.port, leg.legs[1].port)
            assert w.engine.hears(leg.legs[1].port, call.port)
            call.far_disconnect()
        await w.sleep(1)
        w.check_clean()

    vclock.run(body())


def test_a_full_backlog_refuses() -> None:
    async def body() -> None:
        media = MediaPlane(asyncio.get_running_loop(), backlog=1)
        engine: Any = FakeEngine(ring=1)
        media.attach(engine)
        jobs = [media.tone(steps("cn", "busy")) for _ in range(3)]
        ended = await jobs[2].done
        assert (ended.failed, ended.error) == (True, errno.EAGAIN)
        engine.tick()
        media.pump()
        assert len(engine.ports()) == 2
        media.detach()
        assert [job.done.result().failed for job in jobs] == [True, True, True]
        assert (await media.play(["/p/x.wav"]).done).error == errno.ENODEV

    vclock.run(body())


def test_lost_events_are_made_up_for_from_the_port_table() -> None:
    async def body() -> None:
        w = World()
        heard: list[str] = []
        w.media.on_trouble.append(heard.append)
        job = w.media.tone(steps("cn", "busy"), repeats=1)
        other = w.media.tone(steps("cn", "busy"))
        await w.sleep(0.3)
        del w.engine.rows[job.port]
        w.engine.event(en.EV_LOST_EVENTS, a=(2,))
        await w.sleep(0.3)
        assert job.done.result().failed
        assert not other.done.done()
        assert heard == ["2 events of the media engine were lost"]
        other.stop()
        await w.sleep()
        w.check_clean()

    vclock.run(body())


def test_ports_of_others_are_not_given_out_and_all_ports_in_use_is_an_error() -> None:
    async def body() -> None:
        engine: Any = FakeEngine(ring=100_000)
        engine.tone(en.LINE_PORTS + 1, [(450.0, 0.0, -10.0, 0.0, 0)])
        media = MediaPlane(asyncio.get_running_loop())
        media.attach(engine)
        ports = [media.tone(steps("cn", "busy")).port for _ in range(en.MAX_PORTS - en.LINE_PORTS - 1)]
        assert en.LINE_PORTS + 1 not in ports
        with pytest.raises(MediaFullError):
            media.tone(steps("cn", "busy"))
        with pytest.raises(ValueError, match="no file"):
            media.play([])
        media.close_port(en.LINE_PORTS + 1)
        media.pump()
        assert media.tone(steps("cn", "busy")).port == en.LINE_PORTS + 1

    vclock.run(body())


def test_an_error_in_a_listener_is_seen_and_stops_no_other_event() -> None:
    async def body() -> None:
        w = World()
        errors: list[Any] = []
        w.loop.set_exception_handler(lambda loop, context: errors.append(context["exception"]))
        digits: list[str] = []

        def faulty(_digit: str, _level: int) -> None:
            raise LookupError("listener")

        w.media.open_timeslot(5, faulty, lambda error: None, dtmf=True)
        w.media.open_timeslot(6, lambda digit, level: digits.append(digit), lambda error: None, dtmf=True)
        await w.sleep()
        w.engine.key(5, "1")
        w.engine.key(6, "2")
        await w.sleep()
        assert [type(error) for error in errors] == [LookupError]
        assert digits == ["2"]

    vclock.run(body())


def test_virtual_clock_jumps_and_says_when_nothing_can_happen() -> None:
    async def sleeper() -> list[float]:
        loop = asyncio.get_running_loop()
        begin = loop.time()
        await asyncio.sleep(86400 * 30)
        in_executor = await loop.run_in_executor(None, lambda: 7)
        assert in_executor == 7
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(None, lambda: 1 // 0)
        return [begin, loop.time()]

    assert vclock.run(sleeper()) == [0.0, 86400.0 * 30]

    async def forever() -> None:
        await asyncio.get_running_loop().create_future()

    with pytest.raises(vclock.StalledError):
        vclock.run(forever())


def test_ticker_does_not_drift_and_wall_clock_follows() -> None:
    async def body() -> tuple[int, int, int]:
        loop = asyncio.get_running_loop()
        clock = vclock.LoopClock(loop)
        ticks: list[int] = []
        ticker = vclock.Ticker(loop, lambda: ticks.append(clock.now_ns()))
        await asyncio.sleep(100.0049)
        ticker.stop()
        await asyncio.sleep(1)
        return len(ticks), ticks[-1], clock.wall_ns()

    count, last, wall = vclock.run(body(), wall_ns=5)
    assert (count, last) == (10000, 100 * vclock.NS)
    assert wall == 5 + 101_004_900_000
