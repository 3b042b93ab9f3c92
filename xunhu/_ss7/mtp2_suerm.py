"""Signal unit error rate monitor of MTP level 2 (ITU-T Q.703 (07/96) §10.2, Figure 18), for links without Annex A.

A leaky bucket: one up for an errored unit (or N octets in octet counting mode), one down for D units, errored or not;
the link fails at T. Good units are not reported one by one: their number comes with the next errored one, so the
bucket leaks when it is looked at.
"""

from __future__ import annotations

from collections.abc import Callable

from xunhu._ss7.mtp2_tables import ERROR_RATE, RateEvent, RateState
from xunhu._ss7.mtp2_txc import NEVER


class SignalUnitErrorRateMonitor:
    """threshold: T; units: D."""

    def __init__(self, threshold: int, units: int) -> None:
        self._threshold = threshold
        self._units = units
        self.state = RateState.IDLE
        self.errors = 0  # Cs
        self._seen = 0  # Ns: units since the last leak
        self.t8_at = NEVER  # none here

    def run(self, event: RateEvent, good: int, now: int) -> bool:
        """good: units without error since the event before. True: the link has failed."""
        return _ACTIONS[self.state, event](self, good, now)

    def _nothing(self, good: int, now: int) -> bool:
        return False

    def _start(self, good: int, now: int) -> bool:
        self.errors = 0
        self._seen = 0
        self.state = RateState.MONITORING
        return False

    def _stop(self, good: int, now: int) -> bool:
        self.state = RateState.IDLE
        return False

    def _interval_ends(self, good: int, now: int) -> bool:
        return False

    def _leak(self, units: int) -> None:
        leaks, self._seen = divmod(self._seen + units, self._units)
        self.errors = max(0, self.errors - leaks)

    def _count(self, good: int, now: int) -> bool:
        self._leak(good)
        self.errors += 1
        if self.errors >= self._threshold:
            self.state = RateState.IDLE
            return True
        self._leak(1)
        return False


_ACTIONS: dict[tuple[int, int], Callable[[SignalUnitErrorRateMonitor, int, int], bool]] = {
    (row.state, row.event): getattr(SignalUnitErrorRateMonitor, "_" + row.action) for row in ERROR_RATE
}
