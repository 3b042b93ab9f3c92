"""Errored interval monitor of MTP level 2, for links of Annex A (ITU-T Q.703 (07/96) Annex A, Table A.1).

Time is cut into intervals of T8. One with an errored unit (or without flags, which the framer reports as errored
octets) puts Ue into the bucket at its end, any other one takes De out; the link fails at Te. Intervals without errors
are not timed: they are counted when the next error comes, so T8 runs only in an interval that has one.
"""

from __future__ import annotations

from collections.abc import Callable

from xunhu._ss7.mtp2_tables import ERROR_RATE, RateEvent, RateState
from xunhu._ss7.mtp2_txc import NEVER


class ErroredIntervalMonitor:
    """threshold: Te; up: Ue; down: De."""

    def __init__(self, threshold: int, up: int, down: int, t8_ns: int) -> None:
        self._threshold = threshold
        self._up = up
        self._down = down
        self._t8_ns = t8_ns
        self.state = RateState.IDLE
        self.bucket = 0  # Ce
        self._counted_to = 0  # end of the last interval that is in the bucket
        self.t8_at = NEVER

    def run(self, event: RateEvent, good: int, now: int) -> bool:
        """True: the link has failed. good: not used, as one error or many make no difference to an interval."""
        return _ACTIONS[self.state, event](self, now)

    def _nothing(self, now: int) -> bool:
        return False

    def _start(self, now: int) -> bool:
        self.bucket = 0
        self._counted_to = now
        self.t8_at = NEVER
        self.state = RateState.MONITORING
        return False

    def _stop(self, now: int) -> bool:
        self.t8_at = NEVER
        self.state = RateState.IDLE
        return False

    def _count(self, now: int) -> bool:
        """The interval of now has an error."""
        if self.t8_at != NEVER:
            if now < self.t8_at:
                return False
            if self._interval_ends(now):  # an error of the next interval, reported before the time was
                return True
        clean = (now - self._counted_to) // self._t8_ns
        self.bucket = max(0, self.bucket - clean * self._down)
        self._counted_to += clean * self._t8_ns
        self.t8_at = self._counted_to + self._t8_ns
        return False

    def _interval_ends(self, now: int) -> bool:
        self._counted_to = self.t8_at
        self.t8_at = NEVER
        self.bucket += self._up
        if self.bucket < self._threshold:
            return False
        self.state = RateState.IDLE
        return True


_ACTIONS: dict[tuple[int, int], Callable[[ErroredIntervalMonitor, int], bool]] = {
    (row.state, row.event): getattr(ErroredIntervalMonitor, "_" + row.action) for row in ERROR_RATE
}
