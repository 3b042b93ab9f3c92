"""An asyncio loop on a virtual clock, and the clocks control reads.

`VirtualLoop` never sleeps: when nothing is ready it jumps to the next timer. A run of it depends on nothing but the program:
twice the same program gives twice the same order of events. Work given to an executor is done at once in the
loop's own thread, for the same reason. A loop that has no timer and no file descriptor left to wait for would stand still
for ever; it raises `StalledError` instead, so that a hanging test is an error at once.

`LoopClock` is the only place from which the control plane takes the time: `now_ns` is monotonic (the signalling stacks' `now`), `wall_ns`
is UTC for the ledger and for call numbers.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

NS = 1_000_000_000
#: 2026-11-23 06:00:00 UTC, a Monday: where virtual time begins when nothing else is said
DEFAULT_WALL_NS = 1_795_413_600 * NS

_T = TypeVar("_T")


class StalledError(RuntimeError):
    """Nothing is ready, no timer is set, no descriptor is watched: the virtual loop would wait for ever."""


class Clock(Protocol):
    """What the time is."""

    def now_ns(self) -> int:
        """Monotonic nanoseconds, of the loop's clock."""

    def wall_ns(self) -> int:
        """UTC nanoseconds since 1970."""


class _JumpSelector(selectors.SelectSelector):
    """A selector that takes no time: what would be waited is added to the loop's clock."""

    jump: Callable[[float], None]

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or (timeout is not None and timeout <= 0):
            return ready
        if timeout is None:
            if len(self.get_map()) <= 1:  # only the loop's own wake-up socket
                raise StalledError("nothing is ready and no timer is set")
            return super().select(None)
        self.jump(timeout)
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """See the module's text. wall_ns: what the wall clock shows when the loop's time is 0."""

    def __init__(self, wall_ns: int = DEFAULT_WALL_NS) -> None:
        self._virtual_s = 0.0
        self._wall_base_ns = wall_ns
        selector = _JumpSelector()
        selector.jump = self._jump
        super().__init__(selector)

    def _jump(self, seconds: float) -> None:
        self._virtual_s += seconds

    def time(self) -> float:
        return self._virtual_s

    def now_ns(self) -> int:
        return round(self._virtual_s * NS)

    def wall_ns(self) -> int:
        return self._wall_base_ns + self.now_ns()

    def run_in_executor(self, executor: Any, func: Callable[..., _T], *args: Any) -> asyncio.Future[_T]:  # type: ignore[override]
        """The work is done now, in this thread."""
        future: asyncio.Future[_T] = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - handed to whoever awaits it
            future.set_exception(error)
        return future


class LoopClock:
    """The clock of an asyncio loop, virtual or not."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def now_ns(self) -> int:
        return round(self._loop.time() * NS)

    def wall_ns(self) -> int:
        if isinstance(self._loop, VirtualLoop):
            return self._loop.wall_ns()
        return time.time_ns()


class Ticker:
    """Calls `action` each `period_ms` of the loop's time, without drift: the hand that ticks an engine under a virtual clock."""

    def __init__(self, loop: asyncio.AbstractEventLoop, action: Callable[[], object], period_ms: int = 10) -> None:
        self._loop = loop
        self._action = action
        self._period_s = period_ms / 1000
        self._start = loop.time()
        self._count = 0
        self._handle: asyncio.TimerHandle | None = None
        self._arm()

    def _arm(self) -> None:
        self._count += 1
        self._handle = self._loop.call_at(self._start + self._count * self._period_s, self._fire)

    def _fire(self) -> None:
        self._arm()
        self._action()

    def stop(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None


def run(main: Coroutine[Any, Any, _T], *, wall_ns: int = DEFAULT_WALL_NS) -> _T:
    """Run `main` to its end on a new virtual loop."""
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(wall_ns)) as runner:
        return runner.run(main)
