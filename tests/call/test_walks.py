"""Random walks: whatever happens in whatever order, at the end nothing is open and each call has exactly one end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import World

from xunhu import vclock
from xunhu._media import engine as en
from xunhu.call.errors import CallControlError
from xunhu.call.trunk import NoCircuitError
from xunhu.ivr.session import CallerGoneError, ServiceError, Session

NUMBERS = ("4000", "8001", "8002", "9", "", "80", "5550")

STEP = st.one_of(
    st.tuples(st.just("offer"), st.sampled_from(NUMBERS), st.booleans()),
    st.tuples(
        st.sampled_from(["far_alerting", "far_answer", "far_answer", "far_disconnect", "far_release", "far_progress", "far_proceeding"]),
        st.integers(0, 5),
        st.integers(0, 1),
    ),
    st.tuples(st.just("digits"), st.integers(0, 5), st.sampled_from("0189")),
    st.tuples(st.just("key"), st.integers(0, 5), st.sampled_from("123#")),
    st.tuples(
        st.sampled_from(["hold", "retrieve", "unbridge", "blind", "consult", "attended", "bridge", "hangup", "join"]),
        st.integers(0, 3),
        st.integers(0, 5),
    ),
    st.tuples(st.just("sleep"), st.sampled_from([0.0, 0.01, 0.1, 1.0, 6.0]), st.just(0)),
    st.tuples(st.just("originate"), st.booleans(), st.just(0)),
    st.tuples(st.just("refuse"), st.sampled_from(["play", "record", "tone", "ts_open", ""]), st.just(0)),
)


async def walk(session: Session) -> str:
    try:
        while True:
            got = await session.play_collect(["/p/menu-500.wav"], digits=1, interrupt="123", timeout_s=2)
            if got.digits == "1":
                await session.connect(["8001", "8002"], wait_s=10, queue=True)
            elif got.digits == "2":
                await session.record("vm/full-disk.wav" if got.reason == "x" else "vm.wav", stop_keys="#", seconds=2)
            else:
                return "0001"
    except ServiceError:
        return "0010"


def act(w: World, step: tuple[Any, ...]) -> None:
    what, one, two = step
    fakes = [call for call in (*w.carrier.made, *w.pbx.made) if call.state.value not in ("releasing", "released")]
    legs = [leg for call in list(w.control._calls.values()) for leg in call.legs.values()]
    if what == "offer":
        w.carrier.offer(one, calling=str(len(w.carrier.made)), complete=two)
    elif what == "originate":
        w.control.originate("8001", **({"flow": "main"} if one else {"connect_to": "8002"}))
    elif what == "refuse":
        w.engine.refuse = {one: 16} if one else {}
    elif what == "digits":
        incoming = [call for call in fakes if call.incoming]
        if incoming:
            incoming[one % len(incoming)].far_digits(two)
    elif what == "key":
        open_ports = [port for port in w.engine.ports() if port < en.LINE_PORTS]
        if open_ports:
            w.engine.key(open_ports[one % len(open_ports)], two)
    elif what.startswith("far_"):
        if not fakes:
            return
        call = fakes[two % len(fakes)] if two else fakes[one % len(fakes)]
        if what in ("far_disconnect", "far_release") or not call.incoming:
            getattr(call, what)()
    elif legs:
        _ask(w, what, legs[one % len(legs)], legs[two % len(legs)])


def _ask(w: World, what: str, leg: Any, other: Any) -> None:
    control = w.control
    if what == "hold":
        control.hold(leg, "/m/music.wav")
    elif what == "retrieve":
        control.retrieve(leg)
    elif what == "unbridge":
        control.unbridge(leg)
    elif what == "blind":
        control.transfer_blind(leg, "8002")
    elif what == "consult":
        control.consult(leg, "8002")
    elif what in ("attended", "join"):
        control.transfer_attended(leg, other)
    elif what == "bridge":
        control.bridge(leg, other)
    elif what == "hangup":
        control.hangup(leg.call.id)


def pairs(w: World) -> None:
    """Who is bridged hears each other; nobody else hears another's timeslot unless somebody is being rung."""
    for call in w.control._calls.values():
        if call.bridged is not None:
            one, two = call.bridged
            assert one.answered
            assert two.answered


async def run(steps: list[tuple[Any, ...]], folder: Path) -> bytes:
    w = World(recording="all", recordings=folder, ring_s=8, max_calls=6, max_waiting=2, music="/m/music.wav")
    w.flows.walks["main"] = walk
    for step in steps:
        if step[0] == "sleep":
            await w.sleep(step[1])
        else:
            try:
                act(w, step)
            except (CallControlError, NoCircuitError):
                assert w.control is not None
            pairs(w)
            await w.sleep(0)
    w.engine.refuse = {}
    await w.sleep(0.1)
    for call in w.control.calls():
        w.control.hangup(call.call)
    await w.sleep(6)
    w.check_clean()
    kinds = [row[2] for row in w.ledger.rows]
    for begin, end in (("call.bridged", "call.unbridged"), ("rec.start", "rec.end"), ("flow.start", "flow.end")):
        assert kinds.count(begin) == kinds.count(end)
    return w.ledger.octets()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True)
@given(st.lists(STEP, min_size=3, max_size=60))
def test_random_walks_end_clean(tmp_path: Path, steps: list[tuple[Any, ...]]) -> None:
    vclock.run(run(steps, tmp_path))


def test_thousand_calls_twice_give_the_same_ledger(tmp_path: Path) -> None:
    async def body() -> bytes:
        w = World(recording="all", recordings=tmp_path, ring_s=8)
        w.flows.walks["main"] = walk
        for n in range(1000):
            for call in [call for call in w.carrier.made if call.state.value == "active"][: 0 if w.carrier.idle() else 10]:
                call.far_disconnect()
            while not w.carrier.idle():
                await w.sleep(0.1)
            fake = w.carrier.offer(("4000", "8001", "8002", "8003", "5550")[n % 5], calling=str(n))
            await w.sleep(0.1)
            for call in w.pbx.made[-2:]:
                if n % 3:
                    call.far_answer()
                elif n % 7 == 0:
                    call.far_disconnect(17)
            if fake.port in w.engine.rows:
                w.engine.key(fake.port, "123"[n % 3])
            if n % 11 == 0:
                fake.far_disconnect()
            elif n > 20 and w.carrier.made[n - 20].state.value == "active":
                w.carrier.made[n - 20].far_disconnect(16)
        await w.sleep(20)
        for info in w.control.calls():
            w.control.hangup(info.call)
        await w.sleep(6)
        w.check_clean()
        assert [row[2] for row in w.ledger.rows].count("call.ended") == 1000
        return w.ledger.octets()

    first, second = vclock.run(body()), vclock.run(body())
    assert first == second


def test_the_flow_of_the_walk_knows_when_its_caller_is_gone() -> None:
    gone: list[str] = []

    async def until_gone(session: Session) -> str:
        try:
            return await walk(session)
        except CallerGoneError:
            gone.append("gone")
            raise

    async def body() -> None:
        w = World()
        w.flows.walks["main"] = until_gone
        call = w.carrier.offer("4000")
        await w.sleep()
        call.far_release()
        await w.sleep(1)
        w.check_clean()

    vclock.run(body())
    assert gone == ["gone"]
