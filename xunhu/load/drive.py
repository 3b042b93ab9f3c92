"""Calls at a rate: the driver of a run over E1 lines. Places calls by the clock, pairs them with those that come back, counts."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable, Iterator

from xunhu.call.trunk import Party, Trunk, TrunkCall
from xunhu.load.code import IDS
from xunhu.load.far import FarEnd, Listener
from xunhu.load.heard import Ear
from xunhu.load.party import Called, Caller, Pair
from xunhu.load.plan import Plan
from xunhu.load.tally import Outcome, Tally

_NUMBER_DIGITS = 7
_KEPT = 4096  # calls whose number is still known, after they have ended too


class Driver:
    """One run. `stop` ends it early: no more calls are placed, those that are up are released."""

    def __init__(self, far: FarEnd, plan: Plan, *, first: int = 0) -> None:
        self._far = far
        self.plan = plan
        self._loop = far.media.loop
        self._pairs: OrderedDict[str, Pair] = OrderedDict()  # by the caller's number
        self._first = first  # of this run among all of the far end: no number and no code comes twice
        self._began = 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._stop = asyncio.Event()
        self.tally = Tally()
        self.on_end: Callable[[Outcome], None] = lambda outcome: None
        self.placed = 0
        self.lag_ms = 0.0  # the latest a call was placed after its time: what the load tool itself lacks
        far.on_offered = self._offered

    @property
    def now_s(self) -> float:
        """Since the run's beginning."""
        return self._loop.time() - self._began

    @property
    def stopped(self) -> bool:
        return self._stop.is_set()

    def stop(self) -> None:
        self._stop.set()

    async def run(self) -> Tally:
        """Place all calls, wait for their ends. An error in a call's own code comes out of here."""
        self._began = self._loop.time()
        trunks = [self._far.trunks[name] for name in self.plan.via]
        try:
            for n, due_s in enumerate(self._times()):
                await self._until(due_s)
                if self._stop.is_set():
                    break
                self.lag_ms = max(self.lag_ms, (self.now_s - due_s) * 1000)
                self._place(n, _idle(trunks, n))
            while self._tasks:
                done, _ = await asyncio.wait(tuple(self._tasks), return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in tuple(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
        return self.tally

    async def _until(self, due_s: float) -> None:
        """That time, or the order to stop; meanwhile errors of calls are raised."""
        while not self._stop.is_set():
            wait = due_s - self.now_s
            if wait <= 0:
                return
            try:
                await asyncio.wait_for(self._stop.wait(), wait)
            except TimeoutError:
                return

    def _times(self) -> Iterator[float]:
        """When each call is due."""
        plan, at = self.plan, 0.0
        source = random.Random(plan.seed)  # the same arrivals in each run of this plan
        for n in range(plan.total):
            yield at if plan.poisson else n / plan.rate
            at += source.expovariate(plan.rate)

    def _place(self, n: int, trunk: Trunk) -> None:
        kind, before = self.plan.kind_of(n)
        number = self._first + n
        identity = number % IDS
        calling = f"{self.plan.calling}{number % 10**_NUMBER_DIGITS:0{_NUMBER_DIGITS}}"
        known = self._known
        pair = Pair(
            number,
            Ear(identity, identity, False, known),
            Ear(identity, identity, True, known),
            echo=kind.do == "echo",
        )
        if kind.do in ("bridge", "echo"):
            self._pairs[calling] = pair
            while len(self._pairs) > _KEPT:
                self._pairs.popitem(last=False)
        caller = Caller(self._far, self.plan, kind, pair, identity, lambda: self.now_s)
        self.tally.begun(self.now_s)
        self.placed += 1
        task = self._loop.create_task(self._go_through(caller, trunk, kind.number(before), calling))
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or task.exception() is None:
            self._tasks.discard(task)
        else:
            self._stop.set()  # `run` finds it among the tasks and raises

    async def _go_through(self, caller: Caller, trunk: Trunk, called: str, calling: str) -> None:
        outcome = await caller.run(trunk, called, calling, self._stop)
        self.tally.ended(outcome)
        self.on_end(outcome)

    def _known(self, identity: int, _backward: bool) -> bool:
        """Whether a call of this run has this identity: what else looks like a word is noise."""
        last = self._first + self.placed
        age: int = (last - 1 - identity) % IDS
        return age < self.placed

    def _offered(self, call: TrunkCall, called: Party, calling: Party | None) -> Listener | None:
        """The site calls a party of ours: whose call is it?"""
        pair = self._pairs.get(calling.digits) if calling is not None else None
        if pair is None or pair.party is not None:
            self.tally.strangers += 1
            return None
        line = self._far.begin(call, _NOBODY)
        pair.party = Called(self._far, line, pair, pair.called.own, self.plan.answer_after_s)
        line.listener = pair.party
        return pair.party


class _Nobody:
    """Until the called party is there."""

    def alerting(self) -> None: ...
    def answered(self) -> None: ...
    def released(self, cause: int, by_peer: bool) -> None: ...
    def heard(self, signal: int, backward: bool, at_s: float) -> None: ...
    def voice(self, at_s: float) -> None: ...


_NOBODY = _Nobody()


def _idle(trunks: list[Trunk], n: int) -> Trunk:
    """The trunks take turns; one without an idle circuit is passed over."""
    for step in range(len(trunks)):
        trunk = trunks[(n + step) % len(trunks)]
        if trunk.idle():
            return trunk
    return trunks[n % len(trunks)]
