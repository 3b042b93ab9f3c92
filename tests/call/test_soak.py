"""Many calls through the whole control plane on the virtual clock: what one call leaves behind, ten thousand hours would not bear.

Real engine, HDLC, Q.921, Q.931 and call control; calls that are answered, refused, not answered, given up, wrongly dialled, and
served by a flow. Python's memory blocks are counted after a rest, before and after: less than one may stay for every five calls.
"""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import pytest
from test_pri_trunk import PriWorld
from test_ss7_trunk import Ss7World
from world import World

from xunhu import vclock
from xunhu.ivr.session import Session

WARM, CALLS = 250, 1500


async def _flow(session: Session) -> str:
    await session.answer()
    return "0000"


def _resident_kib() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4


async def _rest(w: PriWorld | Ss7World) -> None:
    for call in list(w.far0._calls.values()):
        call.release(16)
    await w.sleep(60)
    w.check_clean()
    _forget(w)
    gc.collect()


def _forget(w: PriWorld | Ss7World) -> None:
    """What the test itself notes down."""
    w.ledger.rows.clear()
    w.flows.started.clear()
    for far in (w.carrier_far, w.pbx_far):
        far.calls.clear()
        far.heard.clear()
        far.states.clear()


async def _calls(w: PriWorld | Ss7World, count: int) -> int:
    ended = 0
    for n in range(count):
        w.pbx_far.auto = ("answer", "busy", "answer", "ring", "taken")[n % 5]
        call = w.call_in(("8001", "4000", "8002", "7777", "5550", "8003")[n % 6])
        await w.sleep(0.02)
        if n % 3:
            call.release((16, 17, 31)[n % 3])
        if n % 10 == 9:
            for open_call in list(w.far0._calls.values()):
                open_call.release(16)
            await w.sleep(0.1)
            ended += sum(row[2] == "call.ended" for row in w.ledger.rows)
            calls = {row[3] for row in w.ledger.rows if row[2] == "call.ended"}
            w.ledger.rows = [row for row in w.ledger.rows if row[3] not in calls]
    return ended


@pytest.mark.slow
@pytest.mark.parametrize("world", [PriWorld, Ss7World])
def test_nothing_of_a_call_stays(world: type[PriWorld | Ss7World]) -> None:
    async def body() -> None:
        w = world()
        w.flows.walks["main"] = _flow
        await w.sleep(25)
        await _calls(w, WARM)
        await _rest(w)
        blocks, resident = sys.getallocatedblocks(), _resident_kib()
        ended = await _calls(w, CALLS)
        assert ended > CALLS * 0.9
        await _rest(w)
        assert sys.getallocatedblocks() - blocks < CALLS / 5
        assert _resident_kib() - resident < 8192
        assert not w.media._refusals
        assert len(w.trunk0._reports._said) + len(w.trunk1._reports._said) < 20

    vclock.run(body())


def test_a_refusal_that_waited_long_is_still_heard() -> None:
    """Control may stand still while the engine ticks: commands that were not refused are forgotten, refusals are not."""

    async def body() -> None:
        w = World()
        w.engine.refuse["ts_open"] = 16
        refused: list[int] = []
        w.media.open_timeslot(3, lambda digit, level: None, refused.append, dtmf=True)
        del w.engine.refuse["ts_open"]
        w.media.open_timeslot(4, lambda digit, level: None, refused.append, dtmf=True)
        w.engine.tick(500)
        assert len(w.media._refusals) == 2
        w.media.pump()
        assert refused == [16]
        assert not w.media._refusals

    vclock.run(body())
