# cython: annotation_typing=False
"""Continuity check: ITU-T Q.764 (12/99) §2.1.8 and Q.724 §7; both sides, in the set-up of a call and by itself (CCR).

The owner of the audio is asked by ContinuityRequest to send the tone or to connect the loop, and says by `continuity_detected` what has
come of the tone. A check that fails in set-up costs the call (which may be tried again on another circuit); the circuit is checked again
after T25, and then after T26 until the tone is there. A good check by CCR ends with REL and RLC.

Left out: LPA as an answer to CCR (national; what is heard is enough, and one received is ignored).
"""

from __future__ import annotations

from xunhu._ss7.circuit_primitives import ContinuityAction, ContinuityReport, ContinuityRequest
from xunhu._ss7.isup_base import Flag, Int
from xunhu._ss7.isup_call_tables import CallEvent, CallState
from xunhu._ss7.isup_circuit import Circuit
from xunhu._ss7.isup_circuit_tables import CheckEvent, CheckState, ResetEvent
from xunhu._ss7.isup_codec import Message
from xunhu._ss7.isup_names import MessageType, ParameterCode
from xunhu._ss7.isup_reset import Reset
from xunhu._ss7.isup_timers import mask
from xunhu.protocol.errors import LocalError

_COT, _CCR = MessageType.COT, MessageType.CCR
_GOOD = ((ParameterCode.CONTINUITY_INDICATORS, b"\x01"),)  # Q.763 §3.18
_BAD = ((ParameterCode.CONTINUITY_INDICATORS, b"\x00"),)
_TONES = (CheckState.OUT_WAIT_TONE, CheckState.OUT_RECHECK_TONE)
_LOOPS = (CheckState.IN_WAIT_COT, CheckState.IN_LOOP)
_CHECK_TIMERS = mask(8, 24, 25, 26, 27, 36)
_ALARM = "continuity"


class Continuity(Reset):
    """COT and CCR."""

    # -- the owner -----------------------------------------------------------------------------------------------

    def continuity_request(self, circuit: int, now: int) -> None:
        """Check an idle circuit. LocalError: it is not known, or not idle."""
        found = self._circuit(circuit)
        if found.call_state != CallState.IDLE or found.reset or found.segment is not None:
            raise LocalError(f"circuit {circuit} is not idle")
        self._check_event(found, CheckEvent.CONTINUITY_REQUEST, now)

    def continuity_detected(self, circuit: int, good: bool, now: int) -> None:
        """The tone came back and has gone again, or did not come. LocalError: the circuit is not known."""
        self._check_event(self._circuit(circuit), CheckEvent.TONE_GOOD if good else CheckEvent.TONE_BAD, now)

    def _refuse_check(self, circuit: Circuit, event: int, now: int) -> None:
        raise LocalError(f"circuit {circuit.number} is being checked")

    # -- messages ------------------------------------------------------------------------------------------------

    def _receive_cot(self, circuit: Circuit, message: Message, now: int) -> None:
        content = message.get(ParameterCode.CONTINUITY_INDICATORS) or b"\0"
        self._check_event(circuit, CheckEvent.COT_GOOD if content[0] & 1 else CheckEvent.COT_BAD, now)

    def _receive_ccr(self, circuit: Circuit, message: Message, now: int) -> None:
        self._check_event(circuit, CheckEvent.CCR, now)

    def _receive_lpa(self, circuit: Circuit, message: Message, now: int) -> None:
        self._check_event(circuit, CheckEvent.LPA, now)

    # -- outgoing ------------------------------------------------------------------------------------------------

    def _ask(self, circuit: Circuit, action: Int) -> None:
        self._out.append(ContinuityRequest(circuit.number, ContinuityAction(action)))

    def _tone(self, circuit: Circuit, state: Int, now: Int) -> None:
        circuit.check = state
        self._ask(circuit, ContinuityAction.TONE)
        self._start(circuit, 24, now)

    def _untone(self, circuit: Circuit, good: Flag) -> None:
        self._stop(circuit, 24)
        self._ask(circuit, ContinuityAction.UNTONE)
        self._send(circuit, self._body(_COT, _GOOD if good else _BAD))

    def _send_tone(self, circuit: Circuit, event: int, now: int) -> None:
        self._tone(circuit, CheckState.OUT_WAIT_TONE, now)

    def _tone_good(self, circuit: Circuit, event: int, now: int) -> None:
        circuit.check = CheckState.NONE
        self._untone(circuit, True)

    def _tone_bad(self, circuit: Circuit, event: int, now: int) -> None:
        """The call goes elsewhere; the circuit is checked again."""
        self._count("continuity failures")
        circuit.check = CheckState.NONE
        self._untone(circuit, False)
        self._call_event(circuit, CallEvent.CONTINUITY_FAILED, None, now)
        circuit.check = CheckState.OUT_RECHECK
        self._start(circuit, 25, now)
        self._changed(circuit, "continuity check failed")

    def _send_ccr(self, circuit: Circuit, event: int, now: int) -> None:
        self._stop_mask(circuit, _CHECK_TIMERS)
        self._say(circuit, _CCR)
        self._tone(circuit, CheckState.OUT_RECHECK_TONE, now)
        if event == CheckEvent.CONTINUITY_REQUEST:
            self._changed(circuit, "continuity check")

    def _recheck_good(self, circuit: Circuit, event: int, now: int) -> None:
        self._stop(circuit, 24)
        self._ask(circuit, ContinuityAction.UNTONE)
        circuit.check = CheckState.NONE
        self._well(circuit, _ALARM)
        self._release_silently(circuit, now)
        self._changed(circuit, "continuity check was good")

    def _recheck_bad(self, circuit: Circuit, event: int, now: int) -> None:
        self._count("continuity failures")
        self._untone(circuit, False)
        circuit.check = CheckState.OUT_RECHECK
        self._start(circuit, 26, now)
        self._alarm(circuit, _ALARM, "continuity check failed again")

    def _release_silently(self, circuit: Circuit, now: Int) -> None:
        """REL for a circuit with no call that the owner knows of."""
        raise NotImplementedError

    # -- incoming ------------------------------------------------------------------------------------------------

    def _connect_loop(self, circuit: Circuit, event: int, now: int) -> None:
        circuit.check = CheckState.IN_WAIT_COT
        self._ask(circuit, ContinuityAction.LOOP)
        self._start(circuit, 8, now)

    def _await_cot(self, circuit: Circuit, event: int, now: int) -> None:
        circuit.check = CheckState.IN_WAIT_COT_PREVIOUS
        self._start(circuit, 8, now)

    def _unloop(self, circuit: Circuit) -> None:
        """The circuit is not checked any more."""
        before = circuit.check
        self._stop_mask(circuit, _CHECK_TIMERS)
        circuit.check = CheckState.NONE
        if before in _LOOPS:
            self._ask(circuit, ContinuityAction.UNLOOP)
        elif before in _TONES:
            self._ask(circuit, ContinuityAction.UNTONE)

    def _cot_good(self, circuit: Circuit, event: int, now: int) -> None:
        self._unloop(circuit)
        if circuit.call:
            self._out.append(ContinuityReport(circuit.call))

    def _failed(self, circuit: Circuit, now: Int) -> None:
        self._count("continuity failures")
        circuit.check = CheckState.IN_FAILED
        self._start(circuit, 27, now)
        self._changed(circuit, "continuity check failed")

    def _cot_bad(self, circuit: Circuit, event: int, now: int) -> None:
        self._unloop(circuit)
        self._call_event(circuit, CallEvent.CONTINUITY_FAILED, None, now)
        self._failed(circuit, now)

    def _cot_bad_previous(self, circuit: Circuit, event: int, now: int) -> None:
        """This circuit is not at fault: the call is released as when no COT comes."""
        self._count("continuity failures")
        self._unloop(circuit)
        self._call_event(circuit, CallEvent.T8, None, now)

    def _cot_missing(self, circuit: Circuit, event: int, now: int) -> None:
        self._unloop(circuit)
        self._call_event(circuit, CallEvent.T8, None, now)

    def _loop_for_ccr(self, circuit: Circuit, event: int, now: int) -> None:
        if circuit.call_state != CallState.IDLE or circuit.reset:
            self._count("ignored")  # §2.9.5.1 d: the circuit is busy
            return
        self._stop_mask(circuit, _CHECK_TIMERS)
        circuit.check = CheckState.IN_LOOP
        self._ask(circuit, ContinuityAction.LOOP)
        self._start(circuit, 36, now)
        self._changed(circuit, "continuity check by the far end")

    def _ccr_again(self, circuit: Circuit, event: int, now: int) -> None:
        self._start(circuit, 36, now)

    def _loop_instead(self, circuit: Circuit, event: int, now: int) -> None:
        self._loop_for_ccr(circuit, event, now)

    def _check_collision(self, circuit: Circuit, event: int, now: int) -> None:
        """Both send the tone, and nobody loops it: who controls the circuit goes on."""
        if circuit.controls:
            self._count("ignored")
        else:
            self._unloop(circuit)
            self._loop_for_ccr(circuit, event, now)

    def _loop_over(self, circuit: Circuit, event: int, now: int) -> None:
        self._unloop(circuit)
        self._well(circuit, _ALARM)
        self._changed(circuit, "continuity check by the far end was good")

    def _ccr_failed(self, circuit: Circuit, event: int, now: int) -> None:
        self._unloop(circuit)
        self._failed(circuit, now)
        self._alarm(circuit, _ALARM, "continuity check by the far end failed")

    def _no_ccr(self, circuit: Circuit, event: int, now: int) -> None:
        self._unloop(circuit)
        self._alarm(circuit, "T27", "no CCR after COT with failure")
        self._reset_event(circuit, ResetEvent.RESET_REQUEST, None, now)

    def _no_cot_to_ccr(self, circuit: Circuit, event: int, now: int) -> None:
        self._unloop(circuit)
        self._count("T36")
        self._reset_event(circuit, ResetEvent.RESET_REQUEST, None, now)

    def _end_check(self, circuit: Circuit, event: int, now: int) -> None:
        self._unloop(circuit)
        self._well(circuit, _ALARM)
        if circuit.call_state == CallState.IDLE and not circuit.reset:
            self._changed(circuit, "continuity check is over")


