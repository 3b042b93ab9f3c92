"""How a trunk tells call control what it hears: from a turn of the loop of its own, and complaints not more than once a minute."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable

from xunhu.vclock import NS, Clock

_QUIET_NS = 60 * NS  # the same complaint is heard once in this time
_COMPLAINTS = 200


class Reports:
    """`post` an event: it is delivered later, in order, so that nobody is called back from inside a call."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._out: deque[Callable[[], None]] = deque()
        self._delivering = False
        self._said: dict[str, int] = {}

    def post(self, event: Callable[[], None]) -> None:
        self._out.append(event)
        if not self._delivering:
            self._delivering = True
            self._loop.call_soon(self._deliver)

    def _deliver(self) -> None:
        # an error in a listener goes to the loop's exception handler; the events behind it are still delivered
        try:
            while self._out:
                self._out.popleft()()
        finally:
            self._delivering = bool(self._out)
            if self._out:
                self._loop.call_soon(self._deliver)

    def clear(self) -> None:
        """What has not been delivered never will be."""
        self._out.clear()

    def new(self, text: str) -> bool:
        """Whether a complaint has not been heard within the last minute; from now on it has."""
        now = self._clock.now_ns()
        last = self._said.get(text)
        if last is not None and now - last < _QUIET_NS:
            return False
        if len(self._said) >= _COMPLAINTS:
            self._said.clear()
        self._said[text] = now
        return True
