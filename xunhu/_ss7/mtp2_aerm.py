"""Alignment error rate monitor of MTP level 2 (ITU-T Q.703 (07/96) §10.3, Figure 17): counts errored units while
proving goes on."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum

from xunhu._ss7.mtp2_tables import AERM, ProvingEvent, ProvingState


class ProvingResult(IntEnum):
    """What initial alignment control must hear."""

    NOTHING = 0
    ABORT_PROVING = 1
    CORRECT_SU = 2


class AlignmentErrorRateMonitor:
    """tin, tie: errored units that abort a normal or an emergency proving period."""

    def __init__(self, tin: int, tie: int) -> None:
        self._tin = tin
        self._tie = tie
        self.state = ProvingState.IDLE
        self.threshold = tin  # Ti
        self.errors = 0  # Ca

    def set_normal(self) -> None:
        """Set Ti to Tin."""
        self.threshold = self._tin

    def set_emergency(self) -> None:
        """Set Ti to Tie."""
        self.threshold = self._tie

    def run(self, event: ProvingEvent) -> ProvingResult:
        return _ACTIONS[self.state, event](self)

    def _nothing(self) -> ProvingResult:
        return ProvingResult.NOTHING

    def _start(self) -> ProvingResult:
        self.errors = 0
        self.state = ProvingState.MONITORING
        return ProvingResult.NOTHING

    def _stop(self) -> ProvingResult:
        self.state = ProvingState.IDLE
        self.threshold = self._tin
        return ProvingResult.NOTHING

    def _count(self) -> ProvingResult:
        self.errors += 1
        if self.errors < self.threshold:
            return ProvingResult.NOTHING
        self.state = ProvingState.ABORTED
        return ProvingResult.ABORT_PROVING

    def _correct_su(self) -> ProvingResult:
        self.state = ProvingState.IDLE
        return ProvingResult.CORRECT_SU


_ACTIONS: dict[tuple[int, int], Callable[[AlignmentErrorRateMonitor], ProvingResult]] = {
    (row.state, row.event): getattr(AlignmentErrorRateMonitor, "_" + row.action) for row in AERM
}
