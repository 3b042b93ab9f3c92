# cython: annotation_typing=False
"""Running timers of many owners, earliest first, on a clock that its owner brings.

A timer is named by two small integers: the owner's number and the timer's. Starting and stopping cost the same whatever the
number of timers running: a heap whose outdated entries are dropped when they come to its top, and all at once when they outnumber
the others.
"""

from __future__ import annotations

from heapq import heapify, heappop, heappush

NEVER = 1 << 62
_NAMES = 256  # timers an owner
_SLACK = 64  # outdated entries that are left alone


class TimerQueue:
    """Times are integer nanoseconds of any monotonic clock; owners are numbers from 0 to 2^40, names from 0 to 255."""

    def __init__(self) -> None:
        self._running: dict[int, int] = {}  # key -> deadline
        self._heap: list[tuple[int, int]] = []  # (deadline, key)

    def __len__(self) -> int:
        return len(self._running)

    @property
    def next_deadline(self) -> int | None:
        """When `expired` has something; None: no timer runs."""
        found = self.deadline()
        return None if found == NEVER else found

    def deadline(self) -> int:
        """As next_deadline, with NEVER for None."""
        while self._heap:
            entry = self._heap[0]
            if self._running.get(entry[1]) == entry[0]:
                return entry[0]
            heappop(self._heap)
        return NEVER

    def start(self, owner: int, name: int, at: int) -> None:
        """Start, or start anew."""
        key = owner * _NAMES + name
        self._running[key] = at
        heappush(self._heap, (at, key))
        if len(self._heap) > 2 * len(self._running) + _SLACK:
            self._heap[:] = [(at, key) for key, at in self._running.items()]
            heapify(self._heap)

    def stop(self, owner: int, name: int) -> None:
        """Stop; one that does not run is left alone."""
        self._running.pop(owner * _NAMES + name, None)

    def runs(self, owner: int, name: int) -> bool:
        return owner * _NAMES + name in self._running

    def stop_all(self, owner: int) -> None:
        """Stop every timer of an owner. Costs by the number of timers running: for ends of owners, not of calls."""
        for key in [key for key in self._running if key // _NAMES == owner]:
            del self._running[key]

    def names(self, owner: int) -> list[int]:
        """The timers of an owner that run, in the order of their numbers; for tests and pictures."""
        return sorted(key % _NAMES for key in self._running if key // _NAMES == owner)

    def expired(self, now: int) -> tuple[int, int] | None:
        """The earliest timer whose time has come, as (owner, name), taken out; None: none. Call until None."""
        if self.deadline() > now:
            return None
        key = heappop(self._heap)[1]
        del self._running[key]
        return key // _NAMES, key % _NAMES
