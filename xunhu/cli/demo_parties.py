"""The people of the demo: callers who telephone the hotline over the far end of Trunk0, and agents who answer at the far end of Trunk1.

Each end is a trunk of the same stack in the other role (network for a caller, user for an agent); keys and speech go as sound through the lines.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from xunhu.call.media import Job, MediaPlane
from xunhu.call.trunk import CallRequest, NoCircuitError, Party, Trunk, TrunkCall

_PATIENCE_S = 60.0  # how long a caller stays on the line for the hotline to release
_NO_END = 0  # no cause: the call could not even be released
Say = Callable[[str, str], None]  # who, what


@dataclass(frozen=True, slots=True)
class Step:
    """wait_s, then keys or speech (a file); or waiting until an agent has answered and talked."""

    wait_s: float
    keys: str = ""
    speech: str = ""


@dataclass(frozen=True, slots=True)
class Script:
    """One caller: what it wants (for the viewer), its steps; hangs_up: leaves at the end, else it waits for the hotline to release. called: what
    it dials, "" the hotline."""

    title_en: str
    title_zh: str
    steps: tuple[Step, ...]
    hangs_up: bool = True
    called: str = ""


class _Far:
    """A trunk's calls, answered or not, by identity; what both kinds of party share."""

    def __init__(self, media: MediaPlane, say: Say) -> None:
        self.media = media
        self.say = say
        self.gone: dict[int, asyncio.Future[int]] = {}
        self.answered: dict[int, asyncio.Future[None]] = {}
        self.jobs: dict[int, list[Job]] = {}

    def begin(self, call: TrunkCall) -> None:
        loop = self.media.loop
        self.gone[id(call)] = loop.create_future()
        self.answered[id(call)] = loop.create_future()
        self.jobs[id(call)] = []
        if call.port is not None:
            self.media.open_timeslot(call.port, lambda digit, level: None, lambda error: None, dtmf=False)

    async def sound(self, call: TrunkCall, job: Job) -> None:
        """Let the line hear a job until it is over."""
        if call.port is None or id(call) not in self.jobs:
            job.stop()
            return
        self.jobs[id(call)].append(job)
        job.feed(call.port)
        await job.done

    # -- TrunkEvents -------------------------------------------------------------------------------------------

    def trunk_offered(
        self, call: TrunkCall, called: Party, calling: Party | None, redirecting: Party | None, complete: bool
    ) -> None:
        call.release(21)

    def trunk_digits(self, call: TrunkCall, digits: str, complete: bool) -> None: ...
    def trunk_wants_digits(self, call: TrunkCall) -> None: ...
    def trunk_proceeding(self, call: TrunkCall, inband: bool) -> None: ...
    def trunk_progress(self, call: TrunkCall, inband: bool, cause: int | None) -> None: ...
    def trunk_alerting(self, call: TrunkCall, inband: bool) -> None: ...

    def trunk_answered(self, call: TrunkCall) -> None:
        future = self.answered.get(id(call))
        if future is not None and not future.done():
            future.set_result(None)

    def trunk_disconnecting(self, call: TrunkCall, cause: int, inband: bool) -> None:
        call.release(cause)

    def trunk_released(self, call: TrunkCall, cause: int, by_peer: bool) -> None:
        for job in self.jobs.pop(id(call), []):
            job.stop()
        if call.port is not None:
            self.media.close_timeslot(call.port)
        for future in (self.gone.get(id(call)), self.answered.pop(id(call), None)):
            if future is not None and not future.done():
                future.set_result(cause)  # type: ignore[arg-type]

    def trunk_state(self, trunk: Trunk, up: bool, why: str) -> None: ...
    def trunk_alarm(self, trunk: Trunk, severity: str, text: str) -> None:
        self.say(trunk.name, text)


class Callers(_Far):
    """The far end of the carrier's line."""

    async def call(self, trunk: Trunk, number: str, called: str, script: Script) -> int:
        """One call from beginning to end; the cause it ended with."""
        try:
            call = trunk.setup(CallRequest(called, Party(number, screening="network")))
        except NoCircuitError as error:
            self.say(number, str(error))
            return error.cause
        self.begin(call)
        gone = self.gone[id(call)]
        walk = asyncio.ensure_future(self._walk(call, script))
        await asyncio.wait((gone, walk), return_when=asyncio.FIRST_COMPLETED)
        if not gone.done() and script.hangs_up:
            call.release(16)
        await asyncio.wait((gone,), timeout=_PATIENCE_S)
        if not gone.done():
            call.release(16)
            await asyncio.wait((gone,), timeout=10.0)
        walk.cancel()
        await asyncio.gather(walk, return_exceptions=True)
        del self.gone[id(call)]
        return gone.result() if gone.done() else _NO_END

    async def _walk(self, call: TrunkCall, script: Script) -> None:
        await self.answered[id(call)]
        for step in script.steps:
            await asyncio.sleep(step.wait_s)
            if step.keys:
                await self.sound(call, self.media.dtmf(step.keys))
            if step.speech:
                await self.sound(call, self.media.play([step.speech]))


class Agents(_Far):
    """The far end of the PBX's line: every telephone answers after `ring_s`, speaks `greeting`, and hangs up after `talk_s`."""

    def __init__(self, media: MediaPlane, say: Say, *, ring_s: float, talk_s: float, greeting: str) -> None:
        super().__init__(media, say)
        self.ring_s, self.talk_s, self.greeting = ring_s, talk_s, greeting
        self._tasks: set[asyncio.Task[None]] = set()

    def trunk_offered(
        self, call: TrunkCall, called: Party, calling: Party | None, redirecting: Party | None, complete: bool
    ) -> None:
        self.begin(call)
        task = self.media.loop.create_task(self._serve(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, call: TrunkCall) -> None:
        gone = self.gone[id(call)]
        call.alert(inband=False)
        if not await self._still(gone, self.ring_s):
            return
        call.answer()
        if not await self._still(gone, 0.5):
            return
        await self.sound(call, self.media.play([self.greeting]))
        if await self._still(gone, self.talk_s):
            call.release(16)

    @staticmethod
    async def _still(gone: asyncio.Future[int], seconds: float) -> bool:
        """Wait; whether the call is still there."""
        await asyncio.wait((gone,), timeout=seconds)
        return not gone.done()

    def trunk_released(self, call: TrunkCall, cause: int, by_peer: bool) -> None:
        super().trunk_released(call, cause, by_peer)
        self.gone.pop(id(call), None)
