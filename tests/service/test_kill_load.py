"""Killed again and again while calls come and go: the ledger loses no finished call, and no circuit stays stuck."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from switch_site import HOTLINE, Far, FarParty, Site, running, until

RATE = 10  # calls a second
FLOW = """\
<flow name="main" language="en">
  <node code="ask" type="play" files="ping" digits="1" valid="5" repeat="1" timeout="2">
    <node code="bye" type="hangup" key="5"/>
  </node>
</flow>
"""


class Load:
    """Callers, one after the other: to extensions and into the flow; they hang up after a moment, or press the key."""

    def __init__(self, far: Far) -> None:
        self.far = far
        self.tasks: set[asyncio.Task[None]] = set()
        self.finished = 0  # answered and released in the usual way
        self.tried = 0

    async def run(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.far.trunks[0].idle():
                self.tried += 1
                called = HOTLINE if self.tried % 2 else f"80{self.tried % 30:02}"
                party = self.far.call(0, f"13{self.tried:06}", called)
                task = asyncio.create_task(self._caller(party, called))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
            await asyncio.sleep(1 / RATE)

    async def _caller(self, party: FarParty, called: str) -> None:
        await asyncio.wait((party.answered, party.gone), return_when=asyncio.FIRST_COMPLETED)
        if not party.gone.done():
            if called == HOTLINE:
                await asyncio.sleep(0.2)
                await party.press("5")
                await asyncio.wait((party.gone,), timeout=3.0)
            else:
                await asyncio.sleep(0.4)
            if not party.gone.done():
                party.call.release(16)
        await party.gone

    async def over(self) -> None:
        # a far end repeats what was lost by its T305, 30 s, at the latest
        await until(lambda: not self.tasks, "every caller's circuit is free", seconds=75.0)


@pytest.mark.slow
async def test_killed_four_times_under_load(tmp_path: Path) -> None:
    site = Site(tmp_path, flow=FLOW, jitter_ms=60)
    async with running(site) as far:
        load = Load(far)
        for blow in ("control", "control", "media", "both"):
            loading = asyncio.create_task(load.run(3.0))
            await asyncio.sleep(1.2)
            assert site.process is not None
            finished = {cdr.call: cdr for cdr in site.cdrs()}
            known = {event.call for event in site.events("call.new")}
            if blow != "control":
                os.kill(site.media_pid, signal.SIGKILL)
            if blow != "media":
                await site.strike(signal.SIGKILL)
                await site.start()
            await loading
            after = {cdr.call: cdr for cdr in site.cdrs()}
            assert {call: after[call] for call in finished} == finished, "what was finished is as it was"
            assert known <= {event.call for event in site.events("call.new")}
        await load.over()
        await far.up_again()
        await site.quiet()
        begun = [event.call for event in site.events("call.new")]
        ended = [event.call for event in site.events("call.ended")]
        assert len(set(begun)) == len(begun)
        assert sorted(begun) == sorted(ended) == sorted(cdr.call for cdr in site.cdrs())
        good = [cdr for cdr in site.cdrs() if cdr.cause == 16]
        causes = sorted(Counter(cdr.cause for cdr in site.cdrs()).items())
        print(f"{load.tried} calls, {len(begun)} reached xunhu; by cause: {causes}")
        assert good, "it goes on serving"
        seqs = [event.seq for event in site.events()]
        assert seqs == list(range(1, len(seqs) + 1))
        await until(lambda: len(far.trunks[0].idle()) == len(far.trunks[1].idle()) == 30, "idle on the far side too")


async def test_a_caller_who_leaves_while_control_is_away_is_released(tmp_path: Path) -> None:
    site = Site(tmp_path)
    async with running(site) as far:
        caller = far.call(0, "1381", HOTLINE)
        await asyncio.wait_for(caller.answered, 30)
        talker = far.call(0, "1382", "8001")
        await asyncio.wait_for(talker.answered, 30)
        await until(lambda: [row["state"] for row in site.calls().values()] == ["flow", "talking"], "both are served")
        await site.strike(signal.SIGKILL)
        caller.call.release(16)
        far.agents[0].call.release(16)
        await asyncio.sleep(0.3)
        await site.start()
        await until(lambda: not site.calls(), "both calls are over")
        assert await asyncio.wait_for(talker.gone, 30) == 31  # what the agent hung up with was lost
        await site.quiet()
        released = {cdr.calling: cdr.released_by for cdr in site.cdrs()}
        assert released == {"1381": "caller", "1382": "called"}
