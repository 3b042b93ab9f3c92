# cython: annotation_typing=False
"""Release of calls: ITU-T Q.764 (12/99) §2.3, and what ends a call otherwise: timers, resets, unreasonable messages (§2.9.5.1).

Where the owner releases, ReleaseIndication comes with RLC. Where the peer does, DisconnectIndication asks for release_request, which sends
RLC. Where a call ends for reasons of our own (a timer, a circuit lost), the owner is told at once, and the circuit sees to its RLC alone.
"""

from __future__ import annotations

from typing import Any

import cython

from xunhu._ss7.circuit_primitives import Cause, DisconnectIndication, ResumeIndication, SuspendIndication
from xunhu._ss7.isup_base import ICC_LAST, Flag, Int
from xunhu._ss7.isup_call_tables import CallState, SuspensionEvent, SuspensionState
from xunhu._ss7.isup_circuit import Circuit
from xunhu._ss7.isup_circuit_tables import CheckEvent, ResetEvent
from xunhu._ss7.isup_codec import Message
from xunhu._ss7.isup_continuity import Continuity
from xunhu._ss7.isup_names import MessageType, ParameterCode
from xunhu._ss7.isup_parameters_call import decode_cause_indicators, encode_cause_indicators
from xunhu._ss7.isup_timers import mask
from xunhu.protocol.errors import LocalError, RemoteError

if not cython.compiled:  # else the C form in isup_release.pxd

    def disconnect_indication(call: int, cause: Cause) -> DisconnectIndication:
        return DisconnectIndication(call, cause)


_REL, _RLC = int(MessageType.REL), int(MessageType.RLC)
_CAUSE = int(ParameterCode.CAUSE_INDICATORS)
_ACL = int(ParameterCode.AUTOMATIC_CONGESTION_LEVEL)
_INDICATORS = int(ParameterCode.SUSPEND_RESUME_INDICATORS)
_ICC_LAST = ICC_LAST
_ICC_WAIT_RELEASE = int(CallState.ICC_WAIT_RELEASE)
_ICC_WAIT_RLC = int(CallState.ICC_WAIT_RLC)
_OGC_WAIT_ACM = int(CallState.OGC_WAIT_ACM)
_OGC_WAIT_RELEASE = int(CallState.OGC_WAIT_RELEASE)
_OGC_WAIT_RLC = int(CallState.OGC_WAIT_RLC)
_SUSPENSION_TIMERS = mask(2, 6, 38)
_USER, _NETWORK = 1, 2  # bits of SuspensionState

# Q.850
NORMAL, NO_ANSWER, ADDRESS_INCOMPLETE, UNSPECIFIED = 16, 19, 28, 31
NO_CIRCUIT, OUT_OF_ORDER, TEMPORARY_FAILURE, CONGESTION = 34, 38, 41, 42
MESSAGE_UNKNOWN, RECOVERY_ON_TIMER, PROTOCOL_ERROR = 97, 102, 111


class Release(Continuity):
    """REL, RLC, SUS, RES."""

    def _init_release(self, location: int, international: bool) -> None:
        if not 0 <= location <= 15:
            raise LocalError(f"location {location} is out of 0 to 15")
        self._location = location
        self._international = international
        self._level = 0  # automatic congestion level that we are at, Q.764 §2.11
        self._rel_bodies: dict[int, bytes] = {}  # by cause value, of our location, without diagnostics
        self._causes = [Cause(value, location) for value in range(128)]

    def _own(self, value: Int) -> Cause:
        return self._causes[value]

    def _why(self, circuit: Circuit) -> Cause:
        """Why the call is being released."""
        return self._own(UNSPECIFIED) if circuit.cause is None else circuit.cause

    # -- sending REL ---------------------------------------------------------------------------------------------

    def _rel_body(self, cause: Cause) -> bytes:
        if self._level == 0 and not cause.diagnostics and cause.coding == 0 and cause.location == self._location:
            body = self._rel_bodies.get(cause.value)
            if body is None:
                body = self._compose(_REL, ((_CAUSE, encode_cause_indicators(cause)),))
                self._rel_bodies[cause.value] = body
            return body
        parameters: list[tuple[int, bytes]] = [(_CAUSE, encode_cause_indicators(cause))]
        if self._level:
            parameters.append((_ACL, bytes((self._level,))))
        return self._compose(_REL, parameters)

    def _send_rel(self, circuit: Circuit, cause: Cause, now: Int) -> None:
        """REL, from whatever state; its RLC is waited for."""
        body = self._rel_body(cause)
        if circuit.suspension or circuit.check:
            self._leave_talk(circuit, now)
        circuit.rel = body
        self._send(circuit, body)
        incoming = circuit.state <= _ICC_LAST and circuit.state != 0
        self._enter(circuit, _ICC_WAIT_RLC if incoming else _OGC_WAIT_RLC)
        self._start(circuit, 1, now)
        self._start(circuit, 5, now)

    def _release_silently(self, circuit: Circuit, now: Int) -> None:
        circuit.begin_call(0)
        self._send_rel(circuit, self._own(NORMAL), now)

    def _fail(self, circuit: Circuit, value: Int, again: Flag, now: Int) -> None:
        """The call is over for a reason of our own: the owner is told at once."""
        cause = self._own(value)
        self._count("calls released, abnormal conditions")  # Q.752 12.6
        self._tell_release(circuit, cause, False, again)
        self._send_rel(circuit, cause, now)

    # -- the owner -----------------------------------------------------------------------------------------------

    def _release(self, circuit: Circuit, cause: Cause, now: int) -> None:
        self._send_rel(circuit, cause, now)
        circuit.cause = cause

    def _confirm_release(self, circuit: Circuit, cause: Cause, now: int) -> None:
        self._send(circuit, circuit.rlc or self._rlc_body)
        self._tell_release(circuit, self._why(circuit), circuit.by_peer, False)
        self._to_idle(circuit, now)

    # -- the peer ------------------------------------------------------------------------------------------------

    def _cause_of(self, message: Message) -> Cause:
        """A cause that cannot be read is one that is not specified."""
        content = message.get(_CAUSE)
        if content is not None:
            try:
                return decode_cause_indicators(content)
            except RemoteError:
                self._count("parameters of wrong format")
        return self._own(UNSPECIFIED)

    def _peer_releases(self, circuit: Circuit, message: Message, now: int) -> None:
        cause = self._cause_of(message)
        level = message.get(_ACL) if message.optional_at else None
        if level is not None:
            self._heed_level(circuit, level[0] if level else 0, now)
        if circuit.suspension or circuit.check:
            self._leave_talk(circuit, now)
        circuit.cause = cause
        circuit.by_peer = True
        self._enter(circuit, _ICC_WAIT_RELEASE if circuit.state <= _ICC_LAST else _OGC_WAIT_RELEASE)
        self._out.append(disconnect_indication(circuit.call, cause))

    def _heed_level(self, circuit: Circuit, level: Int, now: Int) -> None:
        raise NotImplementedError

    def _release_idle(self, circuit: Circuit, message: Message, now: int) -> None:
        """§2.9.5.1 a; it also ends a continuity check that the peer has asked for."""
        if circuit.check:
            self._check_event(circuit, CheckEvent.END, now)
        self._send(circuit, self._rlc_body)

    def _collision(self, circuit: Circuit, message: Message, now: int) -> None:
        self._send(circuit, self._rlc_body)

    def _release_complete(self, circuit: Circuit, message: Message, now: int) -> None:
        if circuit.call:
            self._tell_release(circuit, self._why(circuit), circuit.by_peer, False)
        self._to_idle(circuit, now)

    def _stray_release_complete(self, circuit: Circuit, message: Message, now: int) -> None:
        """§2.9.5.1 c: who sends RLC has no call; REL makes sure."""
        self._count("unexpected messages")  # Q.752 12.21
        self._fail(circuit, UNSPECIFIED, False, now)

    # -- the circuit is lost -------------------------------------------------------------------------------------

    def _clear(self, circuit: Circuit, by_peer: bool, now: int) -> None:
        """The circuit is idle at once, nothing is sent."""
        if circuit.call:
            known = circuit.cause
            if known is None:
                again = circuit.state == _OGC_WAIT_ACM
                self._tell_release(circuit, self._own(TEMPORARY_FAILURE), by_peer, again)
            else:
                self._tell_release(circuit, known, circuit.by_peer, False)
        self._to_idle(circuit, now)

    def _repeat_attempt(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._fail(circuit, TEMPORARY_FAILURE, True, now)

    def _check_failed(self, circuit: Circuit, arg: Any, now: int) -> None:
        again = circuit.state == _OGC_WAIT_ACM
        self._tell_release(circuit, self._own(TEMPORARY_FAILURE), not again, again)
        self._to_idle(circuit, now)

    def _destination_lost(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._fail(circuit, OUT_OF_ORDER, False, now)

    def _reset_idle(self, circuit: Circuit, arg: Any, now: int) -> None:
        """§2.9.5.1 d i. While a reset or a check is under way the message is of what went before."""
        self._count("unexpected messages")
        if not circuit.reset and not circuit.check and circuit.master is None:
            self._reset_event(circuit, ResetEvent.RESET_REQUEST, None, now)

    def _reset_unexpected(self, circuit: Circuit, arg: Any, now: int) -> None:
        """§2.9.5.1 d iii."""
        self._count("unexpected messages")
        again = circuit.state == _OGC_WAIT_ACM
        self._tell_release(circuit, self._own(PROTOCOL_ERROR), False, again)
        self._reset_event(circuit, ResetEvent.RESET_REQUEST, None, now)

    # -- timers --------------------------------------------------------------------------------------------------

    def _repeat_rel(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._send(circuit, circuit.rel)
        self._start(circuit, 1, now)

    def _no_release_complete(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._alarm(circuit, "T5", "REL is not answered")
        self._tell_release(circuit, self._why(circuit), circuit.by_peer, False)
        self._to_idle(circuit, now)
        self._reset_event(circuit, ResetEvent.T5, None, now)

    def _no_acm(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._fail(circuit, RECOVERY_ON_TIMER, False, now)

    def _no_answer(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._fail(circuit, NO_ANSWER, False, now)

    def _no_cot(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._fail(circuit, TEMPORARY_FAILURE, False, now)

    def _overloaded_too_long(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._fail(circuit, CONGESTION, False, now)

    def _suspended_too_long(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._fail(circuit, RECOVERY_ON_TIMER, False, now)

    def _address_incomplete(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._fail(circuit, ADDRESS_INCOMPLETE, False, now)

    def _no_inf(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._note("warning", "T33", self._subject(circuit), "INR is not answered")
        self._fail(circuit, RECOVERY_ON_TIMER, False, now)

    # -- suspension ----------------------------------------------------------------------------------------------

    def _suspended(self, circuit: Circuit, message: Message, now: int) -> None:
        network = ((message.get(_INDICATORS) or b"\0")[0]) & 1
        self._suspension_event(circuit, SuspensionEvent.SUS_NETWORK if network else SuspensionEvent.SUS_USER, now)

    def _resumed(self, circuit: Circuit, message: Message, now: int) -> None:
        network = ((message.get(_INDICATORS) or b"\0")[0]) & 1
        self._suspension_event(circuit, SuspensionEvent.RES_NETWORK if network else SuspensionEvent.RES_USER, now)

    def _user_suspends(self, circuit: Circuit, event: int, now: int) -> None:
        circuit.suspension |= _USER
        self._start(circuit, 2, now)
        self._out.append(SuspendIndication(circuit.call, False))

    def _network_suspends(self, circuit: Circuit, event: int, now: int) -> None:
        """T6 at the controlling exchange; T38 at the incoming international one, whose calls come from the other network."""
        circuit.suspension |= _NETWORK
        self._start(circuit, 38 if self._international else 6, now)
        self._out.append(SuspendIndication(circuit.call, True))

    def _user_resumes(self, circuit: Circuit, event: int, now: int) -> None:
        circuit.suspension &= ~_USER
        self._stop(circuit, 2)
        self._out.append(ResumeIndication(circuit.call, False))

    def _network_resumes(self, circuit: Circuit, event: int, now: int) -> None:
        circuit.suspension &= ~_NETWORK
        self._stop_mask(circuit, mask(6, 38))
        self._out.append(ResumeIndication(circuit.call, True))

    def _forget_suspension(self, circuit: Circuit, event: int, now: int) -> None:
        circuit.suspension = SuspensionState.NONE
        self._stop_mask(circuit, _SUSPENSION_TIMERS)

    def _send_sus(self, circuit: Circuit, network: bool, now: int) -> None:
        self._send(circuit, self._body(MessageType.SUS, ((_INDICATORS, b"\x01" if network else b"\x00"),)))

    def _send_res(self, circuit: Circuit, network: bool, now: int) -> None:
        self._send(circuit, self._body(MessageType.RES, ((_INDICATORS, b"\x01" if network else b"\x00"),)))
