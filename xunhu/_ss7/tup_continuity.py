# cython: annotation_typing=False
"""Continuity checks (ITU-T Q.724 (11/88), continuity check for 4-wire circuits): of an outgoing call (tone of 2000 Hz, COT or CCF), of an
incoming one (loop), and the recheck of a circuit with CCR, ours and the peer's. See `tup.Tup`.

The machine says what the audio has to do (ContinuityRequest) and is told what was heard (`continuity_detected`). A circuit whose check
has failed is rechecked until it is good: first after T9, then each T10.
"""

from __future__ import annotations

from xunhu._ss7.circuit_primitives import Cause, ContinuityAction, ContinuityReport, ContinuityRequest
from xunhu._ss7.tup_call_tables import Event, State
from xunhu._ss7.tup_circuit import Circuit
from xunhu._ss7.tup_circuit_tables import Continuity, ContinuityEvent, ResetEvent
from xunhu._ss7.tup_reset import TupReset
from xunhu._ss7.tup_tables import CCF, CCR, CLF, COT, RLG
from xunhu._ss7.tup_timers import CCR as T_CCR
from xunhu._ss7.tup_timers import T1, T6, T7, T8, T9, T10
from xunhu.protocol.errors import LocalError

_QUIET, _OUT_CHECK, _DELAY, _TONE, _CLEARING, _IN_CHECK, _IN_WAIT, _IN_LOOP = (int(state) for state in Continuity)
_IDLE, _OUT_WAIT_COMPLETE = int(State.IDLE), int(State.OUT_WAIT_COMPLETE)
_CHECK_FAILED, _CONTINUITY_FAILED, _NO_CONTINUITY = (
    int(event) for event in (Event.CHECK_FAILED, Event.CONTINUITY_FAILED, Event.NO_CONTINUITY)
)
_STUCK = int(ResetEvent.STUCK)
_TIMERS = sum(1 << timer for timer in (T1, T8, T9, T10, T_CCR))
_CLEARING_TIMERS = 1 << T6 | 1 << T7


class TupContinuity(TupReset):
    """See `tup.Tup`."""

    def continuity_request(self, circuit: int, now: int) -> None:
        """A continuity check of an idle circuit (CCR). LocalError: it is not idle."""
        c = self._of_circuit(circuit)
        if c.state != _IDLE or c.reset or c.continuity:
            raise LocalError(f"circuit {circuit} is not idle: {self._state_of(c)}")
        c.rechecks = 0
        self._run_continuity(c, int(ContinuityEvent.TEST_REQUEST), now)

    def continuity_detected(self, circuit: int, good: bool, now: int) -> None:
        """The tone has come back, or will not."""
        c = self._of_circuit(circuit)
        self._run_continuity(c, int(ContinuityEvent.TONE_GOOD if good else ContinuityEvent.TONE_BAD), now)

    def _audio(self, c: Circuit, action: ContinuityAction) -> None:
        self._out.append(ContinuityRequest(c.circuit, action))

    def _leave(self, c: Circuit) -> None:
        """The audio as it was, no timer of this machine."""
        if c.continuity in (_OUT_CHECK, _TONE):
            self._audio(c, ContinuityAction.UNTONE)
        elif c.continuity in (_IN_CHECK, _IN_LOOP):
            self._audio(c, ContinuityAction.UNLOOP)
        elif c.continuity == _CLEARING:
            self._stop_mask(c, _CLEARING_TIMERS)
        self._stop_mask(c, _TIMERS)
        c.continuity = _QUIET

    def _end_check(self, c: Circuit, now: int) -> None:
        self._leave(c)
        self._alarm_over(c, "continuity")

    # -- of an outgoing call -----------------------------------------------------------------------------------------

    def _check_outgoing(self, c: Circuit, now: int) -> None:
        c.continuity = _OUT_CHECK
        self._audio(c, ContinuityAction.TONE)
        self._start(c, T8, now)

    def _check_passed(self, c: Circuit, now: int) -> None:
        self._leave(c)
        self._signal(c, COT)

    def _check_failed(self, c: Circuit, now: int) -> None:
        self._leave(c)
        self._signal(c, CCF)
        self._count("continuity_failed")
        c.rechecks = 0
        c.continuity = _DELAY
        self._start(c, T9, now)
        self._run_call(c, _CHECK_FAILED, now)

    # -- our recheck -------------------------------------------------------------------------------------------------

    def _send_request(self, c: Circuit, now: int) -> None:
        self._leave(c)
        c.continuity = _TONE
        self._signal(c, CCR)
        self._audio(c, ContinuityAction.TONE)
        self._start(c, T8, now)

    def _recheck_passed(self, c: Circuit, now: int) -> None:
        self._leave(c)
        c.continuity = _CLEARING
        self._signal(c, CLF)
        self._start(c, T6, now)
        self._start(c, T7, now)

    def _recheck_failed(self, c: Circuit, now: int) -> None:
        self._leave(c)
        self._signal(c, CCF)
        c.rechecks += 1
        if c.rechecks == 1:
            self._alarm(c, "continuity", "continuity check failed")
            self._indicate(c, "continuity check failed")
        c.continuity = _DELAY
        self._start(c, T10, now)

    def _recheck_ended(self, c: Circuit, now: int) -> None:
        self._end_check(c, now)
        self._indicate(c, "continuity check good")

    def _recheck_stuck(self, c: Circuit, now: int) -> None:
        self._end_check(c, now)
        self._alarm(c, "release", "no RLG to CLF for a minute")
        self._run_reset(c, _STUCK, now)

    def _give_way(self, c: Circuit, now: int) -> bool:
        """The peer's call goes on as on an idle circuit."""
        self._end_check(c, now)
        return False

    def _seizure_in_recheck(self, c: Circuit, now: int) -> bool | None:
        if c.controls:
            self._count("dual_seizure")
            return None
        self._end_check(c, now)
        return False

    def _request_in_recheck(self, c: Circuit, now: int) -> None:
        if c.controls:
            self._count("dual_seizure")
        else:
            self._take_request(c, now)

    # -- of an incoming call -------------------------------------------------------------------------------------------

    def _check_incoming(self, c: Circuit, now: int) -> None:
        c.continuity = _IN_CHECK
        c.checking = True
        self._audio(c, ContinuityAction.LOOP)
        self._start(c, T1, now)

    def _continuity_given(self, c: Circuit, now: int) -> None:
        self._leave(c)
        c.checking = False
        if c.told:
            self._out.append(ContinuityReport(c.call))

    def _continuity_failed(self, c: Circuit, now: int) -> None:
        self._leave(c)
        c.continuity = _IN_WAIT
        self._start(c, T_CCR, now)
        self._run_call(c, _CONTINUITY_FAILED, now)

    def _continuity_unknown(self, c: Circuit, now: int) -> None:
        self._leave(c)
        self._run_call(c, _NO_CONTINUITY, now)

    # -- the peer's recheck ----------------------------------------------------------------------------------------------

    def _take_request(self, c: Circuit, now: int) -> None:
        if c.continuity != _IN_LOOP:
            self._end_check(c, now)
            self._audio(c, ContinuityAction.LOOP)
        c.continuity = _IN_LOOP
        self._start(c, T_CCR, now)

    def _request_on_quiet_circuit(self, c: Circuit, now: int) -> None:
        if c.state == _OUT_WAIT_COMPLETE and not c.controls:
            self._count("dual_seizure")
            self._leave(c)
            self._end(c, Cause(44), True, True)
            self._enter(c, _IDLE, now)
        if c.state == _IDLE:
            self._take_request(c, now)
        else:
            self._count("discarded")

    def _guard_after_check(self, c: Circuit, now: int) -> None:
        self._leave(c)
        self._signal(c, RLG)
        self._indicate(c, "continuity check of the other side ended")

    def _recheck_not_given(self, c: Circuit, now: int) -> None:
        self._leave(c)
        c.continuity = _IN_WAIT
        self._start(c, T_CCR, now)

    def _recheck_missing(self, c: Circuit, now: int) -> None:
        self._leave(c)
        self._warn(c, "continuity", "the other side has not ended its continuity check")
        self._indicate(c, "continuity check of the other side given up")
