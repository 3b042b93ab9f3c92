"""Initial alignment control of MTP level 2 (ITU-T Q.703 (07/96) §7, Figure 9): alignment and proving, normal or in
emergency."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import IntEnum

from xunhu._ss7.mtp2_aerm import AlignmentErrorRateMonitor
from xunhu._ss7.mtp2_tables import IAC, AlignmentEvent, AlignmentState, ProvingEvent
from xunhu._ss7.mtp2_timers import T2, T3, T4E, T4N
from xunhu._ss7.mtp2_txc import NEVER, TransmissionControl
from xunhu._ss7.mtp2_units import SIE, SIN, SIO


class AlignmentResult(IntEnum):
    """What link state control must hear."""

    NOTHING = 0
    COMPLETE = 1
    NOT_POSSIBLE = 2


_NOTHING, _COMPLETE, _NOT_POSSIBLE = AlignmentResult


class InitialAlignmentControl:
    """periods: M, proving periods before it is given up."""

    def __init__(
        self, txc: TransmissionControl, aerm: AlignmentErrorRateMonitor, timers_ns: Mapping[str, int], periods: int
    ) -> None:
        self._txc = txc
        self._aerm = aerm
        self._t2_ns = timers_ns[T2]
        self._t3_ns = timers_ns[T3]
        self._t4_ns = {False: timers_ns[T4N], True: timers_ns[T4E]}
        self._periods = periods
        self.state = AlignmentState.IDLE
        self._emergency = False  # ours
        self._short = False  # T4 is Pe
        self._further = False  # proving
        self._aborted = 0  # Cp
        self.t2_at = NEVER
        self.t3_at = NEVER
        self.t4_at = NEVER
        self.ignored = 0

    def run(self, event: AlignmentEvent, now: int) -> AlignmentResult:
        return _ACTIONS[self.state, event](self, now)

    # -- parts of actions --------------------------------------------------------------------------------------------

    def _stop_timers(self) -> None:
        self.t2_at = NEVER
        self.t3_at = NEVER
        self.t4_at = NEVER

    def _end(self) -> None:
        self._stop_timers()
        self._aerm.run(ProvingEvent.STOP)
        self._emergency = False
        self.state = AlignmentState.IDLE

    def _enter_aligned(self, short: bool, now: int) -> None:
        self._short = short or self._emergency
        self._txc.send_lssu(SIE if self._emergency else SIN)
        self._stop_timers()
        self.t3_at = now + self._t3_ns
        self.state = AlignmentState.ALIGNED

    def _start_period(self, now: int) -> None:
        """A proving period from its beginning."""
        self._aerm.run(ProvingEvent.START)
        self._further = False
        self._stop_timers()
        self.t4_at = now + self._t4_ns[self._short]

    def _shorten(self, now: int) -> None:
        """Emergency while proving: a new period of Pe."""
        self._short = True
        self._aerm.set_emergency()
        self._start_period(now)

    # -- actions: names as in the table ------------------------------------------------------------------------------

    def _ignore(self, now: int) -> AlignmentResult:
        self.ignored += 1
        return _NOTHING

    def _start(self, now: int) -> AlignmentResult:
        self._txc.send_lssu(SIO)
        self.t2_at = now + self._t2_ns
        self.state = AlignmentState.NOT_ALIGNED
        return _NOTHING

    def _stop(self, now: int) -> AlignmentResult:
        self._end()
        return _NOTHING

    def _mark_emergency(self, now: int) -> AlignmentResult:
        self._emergency = True
        return _NOTHING

    def _align(self, now: int) -> AlignmentResult:
        self._enter_aligned(False, now)
        return _NOTHING

    def _align_in_emergency(self, now: int) -> AlignmentResult:
        self._enter_aligned(True, now)
        return _NOTHING

    def _not_possible(self, now: int) -> AlignmentResult:
        self._end()
        return _NOT_POSSIBLE

    def _emergency_when_aligned(self, now: int) -> AlignmentResult:
        self._emergency = True
        self._short = True
        self._txc.send_lssu(SIE)
        return _NOTHING

    def _prove(self, now: int) -> AlignmentResult:
        if self._short:
            self._aerm.set_emergency()
        self._aborted = 0
        self._start_period(now)
        self.state = AlignmentState.PROVING
        return _NOTHING

    def _prove_in_emergency(self, now: int) -> AlignmentResult:
        self._short = True
        return self._prove(now)

    def _emergency_when_proving(self, now: int) -> AlignmentResult:
        self._emergency = True
        self._txc.send_lssu(SIE)
        self._shorten(now)
        return _NOTHING

    def _aligned_again(self, now: int) -> AlignmentResult:
        """The far end has begun anew. What is being sent stays."""
        self._aerm.run(ProvingEvent.STOP)
        self._stop_timers()
        self.t3_at = now + self._t3_ns
        self.state = AlignmentState.ALIGNED
        return _NOTHING

    def _far_end_in_emergency(self, now: int) -> AlignmentResult:
        if not self._short:
            self._shorten(now)
        return _NOTHING

    def _proving_ends(self, now: int) -> AlignmentResult:
        if self._further:
            self._start_period(now)
            return _NOTHING
        self._end()
        return _COMPLETE

    def _abort_proving(self, now: int) -> AlignmentResult:
        self._aborted += 1
        if self._aborted >= self._periods:
            self._end()
            return _NOT_POSSIBLE
        self._further = True
        return _NOTHING

    def _prove_further(self, now: int) -> AlignmentResult:
        if self._further:
            self._start_period(now)
        return _NOTHING


_ACTIONS: dict[tuple[int, int], Callable[[InitialAlignmentControl, int], AlignmentResult]] = {
    (row.state, row.event): getattr(InitialAlignmentControl, "_" + row.action) for row in IAC
}
