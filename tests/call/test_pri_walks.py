"""Random walks over real PRI: both far ends, the line and the engine do what they like; at the end every circuit is free on all four sides."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from test_pri_trunk import PriWorld
from test_sound import spans
from test_walks import walk

from xunhu import vclock
from xunhu._media.engine import Engine
from xunhu.call.errors import CallControlError
from xunhu.call.trunk import NoCircuitError


def act(w: PriWorld, rng: random.Random, far_calls: list[Any]) -> None:
    """One thing that a caller, a called party or an agent may do."""
    what = rng.randrange(12)
    w.pbx_far.auto = rng.choice(["", "ring", "answer", "answer", "busy"])
    theirs = [call for call in (*far_calls, *w.pbx_far.calls, *w.carrier_far.calls) if call.state.value != "released"]
    legs = [leg for call in list(w.control._calls.values()) for leg in call.legs.values()]
    if what < 4:
        called = rng.choice(["8001", "8002", "4000", "7777", "80", ""])
        far_calls.append(w.call_in(called, complete=rng.random() < 0.7))
    elif what < 6 and theirs:
        rng.choice(theirs).release(rng.choice([16, 17, 21, 31]), rng.random() < 0.2)
    elif what < 8 and theirs:
        call = rng.choice(theirs)
        if call.incoming:
            rng.choice([call.answer, call.proceed, lambda: call.alert(True), lambda: call.progress(True, 31)])()
        else:
            call.send_digits(rng.choice("0189"))
    elif legs:
        one, two = rng.choice(legs), rng.choice(legs)
        rng.choice(
            [
                lambda: w.control.hold(one),
                lambda: w.control.retrieve(one),
                lambda: w.control.transfer_blind(one, "8003"),
                lambda: w.control.consult(one, "8002"),
                lambda: w.control.transfer_attended(one, two),
                lambda: w.control.hangup(one.call.id, rng.choice([16, 41])),
                lambda: w.control.originate("8001", connect_to="carrier/139"),
            ]
        )()


@pytest.mark.parametrize("seed", range(8))
def test_walks_over_pri_end_clean(seed: int, tmp_path: Path) -> None:
    async def body() -> None:
        rng = random.Random(seed)
        w = PriWorld(recording="all", recordings=tmp_path, ring_s=6, busy_retry_s=1.0)
        w.flows.walks["main"] = walk
        await w.sleep(1)
        far_calls: list[Any] = []
        refused = 0
        for n in range(150):
            try:
                act(w, rng, far_calls)
            except (CallControlError, NoCircuitError):
                refused += 1
            if seed % 2 and n % 40 == 20:
                w.engine.loop_cut(2, True)
            elif seed % 2 and n % 40 == 30:
                w.engine.loop_cut(2, False)
            await w.sleep(rng.choice([0.0, 0.0, 0.01, 0.03, 0.3, 1.0]))
        w.engine.loop_cut(2, False)
        for call in (*far_calls, *w.pbx_far.calls, *w.carrier_far.calls):
            call.release(16)
        await w.sleep(1)
        for info in w.control.calls():
            w.control.hangup(info.call)
        await w.sleep(60)  # T305 and T308 of what was lost with the line
        w.check_clean()
        assert refused < 150

    vclock.run(body())


def test_media_engine_dies_and_another_takes_its_place() -> None:
    async def body() -> None:
        w = PriWorld()
        await w.sleep(1)
        w.pbx_far.auto = "answer"
        for _ in range(5):
            w.call_in("8001")
        await w.sleep(0.5)
        assert len(w.control.calls()) == 5
        w.control.media_lost("killed")
        w.engine = Engine(spans())
        await w.sleep(2.5)
        assert {info.state for info in w.control.calls()} == {"ending"}  # the far ends cannot be told yet
        w.media.attach(w.engine)
        await w.sleep(10)
        assert w.control.calls() == []
        for call in (*w.pbx_far.calls,):
            call.release(16)
        await w.sleep(60)
        assert w.trunk0.up
        w.check_clean()
        w.call_in("8001")
        await w.sleep(0.5)
        assert w.control.calls()[0].bridged == ("1", "2")
        w.control.hangup(w.control.calls()[0].call)
        await w.sleep(1)
        w.check_clean()
        assert {row[5]["cause"] for row in w.ledger.rows if row[2] == "call.ended"} == {41, 16}

    vclock.run(body())
