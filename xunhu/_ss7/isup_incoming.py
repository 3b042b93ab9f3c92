# cython: annotation_typing=False
"""Incoming calls: ITU-T Q.764 (12/99) §2.1, at the exchange that receives IAM (CPCI), and dual seizure, §2.9.1.

When an address is complete: at once where ST says so; else when the owner says so (by any request that answers), or after T35 the call is
released. With `interworking` the side beyond is slow and knows no ST: T10 after the latest digit takes the address as complete, and T11
sends ACM before the far end loses patience (its T7).
"""

from __future__ import annotations

from typing import Any

import cython

from xunhu._ss7.circuit_primitives import Cause, InformationIndication, Number, SetupIndication
from xunhu._ss7.isup_base import Int
from xunhu._ss7.isup_call_tables import CallState
from xunhu._ss7.isup_circuit import Circuit
from xunhu._ss7.isup_circuit_tables import CheckEvent, HardwareEvent, LocalState, MaintenanceEvent, RemoteEvent
from xunhu._ss7.isup_codec import Message
from xunhu._ss7.isup_names import MessageType, ParameterCode
from xunhu._ss7.isup_outgoing import LAST_NARROW, MEDIUM_PREFERRED_64, PRIORITY_CALL, TEST_CALL, WIDTHS, Outgoing
from xunhu._ss7.isup_parameters_call import decode_redirection_information, encode_cause_indicators
from xunhu._ss7.isup_parameters_numbers import (
    decode_called_party_number,
    decode_calling_party_number,
    decode_original_called_number,
    decode_subsequent_number,
)
from xunhu._ss7.isup_release import ADDRESS_INCOMPLETE, CONGESTION, NO_CIRCUIT
from xunhu.protocol.errors import LocalError, RemoteError

if not cython.compiled:  # else the C form in isup_incoming.pxd

    def setup_indication(
        call: int,
        circuit: int,
        called: Number,
        calling: Number | None,
        redirecting: Number | None,
        original: Number | None,
        reason: int | None,
        category: int,
        medium: int,
        complete: bool,
        continuity: bool,
        parameters: tuple[tuple[int, bytes], ...],
    ) -> SetupIndication:
        return SetupIndication(
            call, circuit, called, calling, redirecting, original, reason, category, medium, complete, continuity, parameters
        )


P = ParameterCode
_ACM, _CON, _ANM, _CPG = int(MessageType.ACM), int(MessageType.CON), int(MessageType.ANM), int(MessageType.CPG)
_NCI, _CATEGORY, _TMR = int(P.NATURE_OF_CONNECTION_INDICATORS), int(P.CALLING_PARTYS_CATEGORY), int(P.TRANSMISSION_MEDIUM_REQUIREMENT)
_CALLED, _CALLING = int(P.CALLED_PARTY_NUMBER), int(P.CALLING_PARTY_NUMBER)
_REDIRECTING, _ORIGINAL, _REDIRECTION = int(P.REDIRECTING_NUMBER), int(P.ORIGINAL_CALLED_NUMBER), int(P.REDIRECTION_INFORMATION)
_BCI, _OBCI, _CAUSE = int(P.BACKWARD_CALL_INDICATORS), int(P.OPTIONAL_BACKWARD_CALL_INDICATORS), int(P.CAUSE_INDICATORS)
_EVENT, _TMU = int(P.EVENT_INFORMATION), int(P.TRANSMISSION_MEDIUM_USED)
_HANDLED = frozenset(
    {
        *(_CALLING, _REDIRECTING, _ORIGINAL, _REDIRECTION, int(P.OPTIONAL_FORWARD_CALL_INDICATORS)),
        *(int(P.MESSAGE_COMPATIBILITY_INFORMATION), int(P.PARAMETER_COMPATIBILITY_INFORMATION)),
    }
)

_ICC_WAIT_DIGITS = int(CallState.ICC_WAIT_DIGITS)
_ICC_WAIT_ACM = int(CallState.ICC_WAIT_ACM)
_ICC_WAIT_ANM = int(CallState.ICC_WAIT_ANM)
_ICC_ANSWERED = int(CallState.ICC_ANSWERED)
_OGC_WAIT_ACM = int(CallState.OGC_WAIT_ACM)
_LAST_NARROW, _TEST = LAST_NARROW, TEST_CALL
_BLOCKING = (int(LocalState.WAIT_BLA), int(LocalState.BLOCKED))

MAXIMUM_DIGITS = 64  # of an address in all; more are no number of any plan
_BEARER_NOT_IMPLEMENTED = 65
_ALERTING, _PROGRESS, _INBAND = 1, 2, 3  # Q.763 §3.21
_CONVEYED = 0x13  # of the nature of connection: satellite circuits and echo control device, which the owner may pass on
_INBAND_PARAMETER = (_OBCI, b"\x01")


class Incoming(Outgoing):
    """IAM received, and our answers to it."""

    def _init_incoming(
        self, answer: str, isdn_access: bool, interworking: bool, multirate: bool, fallback: bool
    ) -> None:
        if answer not in ("ACM+ANM", "CON"):
            raise LocalError(f"answer {answer!r} is neither ACM+ANM nor CON")
        self._con = answer == "CON"
        self._interworking = interworking
        self._multirate = multirate
        self._fallback = fallback
        # §3.5: ordinary subscriber; ISDN user part all the way, or interworking met
        second = 0x01 if interworking else 0x04
        if isdn_access:
            second |= 0x10
        if self._echo_control:
            second |= 0x20
        self._bci_second = second
        self._acm_bodies: list[bytes] = [b""] * 8  # by charge, alerting, inband
        self._anm_body = self._body(_ANM, ())
        self._dropped = b""  # codes of parameters of the IAM in hand that are not known and not passed on
        self._refused = 0  # share of calls refused for congestion

    # -- IAM -----------------------------------------------------------------------------------------------------

    def _incoming_call(self, circuit: Circuit, message: Message, now: int) -> None:
        octets = message.get(_CATEGORY) or b"\0"
        category = octets[0]
        if circuit.reset or circuit.check or circuit.master is not None:
            self._count("ignored")  # it was sent before what is under way
            return
        if category != _TEST and (circuit.maintenance or circuit.hardware or circuit.remote):
            if circuit.maintenance in _BLOCKING:
                self._maintenance_event(circuit, MaintenanceEvent.IAM, now)
                return
            if circuit.hardware in _BLOCKING:
                self._hardware_event(circuit, HardwareEvent.IAM, now)
                return
            if circuit.remote:
                self._remote_event(circuit, RemoteEvent.IAM, now)
        if circuit.unequipped:
            circuit.unequipped = False
            self._well(circuit, "unequipped")
        octets = message.get(_TMR) or b"\0"
        medium = octets[0]
        refusal = self._refusal(circuit, medium, category, now)
        if refusal:
            self._refuse_call(circuit, refusal, now)
            return
        try:
            called, complete = decode_called_party_number(message.get(_CALLED) or b"")
        except RemoteError:
            self._count("parameters of wrong format")
            self._refuse_call(circuit, ADDRESS_INCOMPLETE, now)
            return
        self._offer(circuit, message, called, complete, category, medium, now)

    def _refusal(self, circuit: Circuit, medium: Int, category: Int, now: Int) -> int:
        """A Q.850 cause; 0: the call can be taken."""
        if self._level and category != PRIORITY_CALL:
            # §2.11: at level 2 every call is refused, at level 1 every other one
            self._refused += self._level
            if self._refused >= 2:
                self._refused = 0
                return CONGESTION
        if medium > _LAST_NARROW:
            width = WIDTHS.get(medium, 1)
            if width > 1:
                return self._take_members(circuit, width, now) if self._multirate else _BEARER_NOT_IMPLEMENTED
        if medium == MEDIUM_PREFERRED_64 and not self._fallback:
            return _BEARER_NOT_IMPLEMENTED
        return 0

    def _take_members(self, circuit: Circuit, width: Int, now: Int) -> int:
        """§2.9.1.4 b: of two calls that meet, the one with more circuits wins."""
        members = self._members(circuit, width)
        if len(members) < width:
            return NO_CIRCUIT
        for member in members[1:]:
            if member.reset or member.check or member.master is not None or member.segment is not None:
                return NO_CIRCUIT
            if member.state and not (member.state == _OGC_WAIT_ACM and len(member.others) + 1 < width):
                return NO_CIRCUIT
        for member in members[1:]:
            if member.state:
                self._count("dual seizures lost")
                self._give_way(member, now)
            member.master = circuit
        circuit.others = tuple(members[1:])
        return 0

    def _refuse_call(self, circuit: Circuit, value: Int, now: Int) -> None:
        """REL without a word to the owner."""
        self._count("calls refused")
        for other in circuit.others:
            other.master = None
        circuit.begin_call(0)
        circuit.state = _ICC_WAIT_ACM
        self._send_rel(circuit, self._own(value), now)

    def _offer(
        self, circuit: Circuit, message: Message, called: Number, complete: bool, category: Int, medium: Int, now: Int
    ) -> None:
        others = circuit.others
        call = self._begin(circuit)
        circuit.others = others
        circuit.digits = len(called.digits)
        circuit.category = category
        octets = message.get(_NCI) or b"\0"
        nature = octets[0]
        check = nature >> 2 & 3
        if complete:
            self._enter(circuit, _ICC_WAIT_ACM)
            if self._interworking:
                self._start(circuit, 11, now)
        else:
            self._enter(circuit, _ICC_WAIT_DIGITS)
            self._start(circuit, 10 if self._interworking else 35, now)
        calling = redirecting = original = None
        reason = None
        parameters: tuple[tuple[int, bytes], ...] = ()
        if message.optional_at:
            calling = self._calling_number(message)
            optional = message.optional()
            if len(optional) > (calling is not None):
                redirecting = self._number(decode_original_called_number, message.get(_REDIRECTING))
                original = self._number(decode_original_called_number, message.get(_ORIGINAL))
                reason = self._reason(message)
                dropped = self._dropped
                parameters = tuple([item for item in optional if item[0] not in _HANDLED and item[0] not in dropped])
        if nature & _CONVEYED:
            parameters = (*parameters, (_NCI, bytes((nature & _CONVEYED,))))
        if category not in self.variant.categories and category < 0xE0:  # spare: ordinary, Q.763 §3.11
            category = 10
        self._out.append(
            setup_indication(
                call,
                circuit.number,
                called,
                calling,
                redirecting,
                original,
                reason,
                category,
                medium,
                complete,
                check in (1, 2),
                parameters,
            )
        )
        if check == 1:
            self._check_event(circuit, CheckEvent.INCOMING, now)
        elif check == 2:
            self._check_event(circuit, CheckEvent.INCOMING_PREVIOUS, now)

    def _calling_number(self, message: Message) -> Number | None:
        content = message.get(_CALLING)
        if content is None:
            return None
        try:
            return decode_calling_party_number(content)
        except RemoteError:
            self._count("parameters of wrong format")
            return None

    def _number(self, decoder: Any, content: bytes | None) -> Number | None:
        """An optional number; one that cannot be read is not there."""
        if content is None:
            return None
        try:
            number: Number = decoder(content)
        except RemoteError:
            self._count("parameters of wrong format")
            return None
        return number

    def _reason(self, message: Message) -> int | None:
        content = message.get(_REDIRECTION)
        if not content:
            return None
        try:
            return decode_redirection_information(content).reason
        except RemoteError:
            self._count("parameters of wrong format")
            return None

    # -- dual seizure --------------------------------------------------------------------------------------------

    def _dual_seizure(self, circuit: Circuit, message: Message, now: int) -> None:
        """§2.9.1.4. The call of who controls the circuit goes on, the other is tried elsewhere; with different numbers of circuits the
        call that has more goes on."""
        own = len(circuit.others) + 1
        width = WIDTHS.get((message.get(_TMR) or b"\0")[0], 1)
        self._count("dual seizures")
        if own > width or (own == width and circuit.controls):
            return
        self._count("dual seizures lost")
        self._give_way(circuit, now)
        self._incoming_call(circuit, message, now)

    def _give_way(self, circuit: Circuit, now: Int) -> None:
        self._tell_release(circuit, self._own(NO_CIRCUIT), True, True)
        self._to_idle(circuit, now)

    # -- overlap -------------------------------------------------------------------------------------------------

    def _more_digits(self, circuit: Circuit, message: Message, now: int) -> None:
        try:
            digits, complete = decode_subsequent_number(message.get(P.SUBSEQUENT_NUMBER) or b"")
        except RemoteError:
            self._count("parameters of wrong format")
            return
        circuit.digits += len(digits)
        if circuit.digits > MAXIMUM_DIGITS:
            self._fail(circuit, ADDRESS_INCOMPLETE, False, now)
            return
        if complete:
            self._enter(circuit, _ICC_WAIT_ACM)
            if self._interworking:
                self._start(circuit, 11, now)
        else:
            self._start(circuit, 10 if self._interworking else 35, now)
        self._out.append(InformationIndication(circuit.call, digits, complete))

    def _digits_over(self, circuit: Circuit, arg: Any, now: int) -> None:
        """T10: what has come is the address."""
        self._enter(circuit, _ICC_WAIT_ACM)
        self._start(circuit, 11, now)
        self._out.append(InformationIndication(circuit.call, "", True))

    # -- backward messages ---------------------------------------------------------------------------------------

    def _checked(self, circuit: Circuit) -> None:
        """§2.1.8: no backward message before COT."""
        if circuit.check:
            raise LocalError(f"call {circuit.call}: the continuity check is not over")

    def _acm(self, circuit: Circuit, alerting: bool, inband: bool, cause: Cause | None, charge: bool, now: Int) -> None:
        circuit.charge = 2 if charge else 1
        which = (4 if charge else 0) | (2 if alerting else 0) | (1 if inband else 0)
        if cause is None and circuit.medium_used < 0:
            body = self._acm_bodies[which]
            if not body:
                body = self._acm_body(circuit, alerting, inband, None)
                self._acm_bodies[which] = body
        else:
            body = self._acm_body(circuit, alerting, inband, cause)
        self._enter(circuit, _ICC_WAIT_ANM)
        self._send(circuit, body)

    def _indicators(self, circuit: Circuit, alerting: bool) -> bytes:
        """§3.5: charge, called party's status, ordinary subscriber."""
        return bytes((circuit.charge | (4 if alerting else 0) | 0x10, self._bci_second))

    def _used(self, circuit: Circuit) -> list[tuple[int, bytes]]:
        """Transmission medium used (§2.5), told once."""
        if circuit.medium_used < 0:
            return []
        used = [(_TMU, bytes((circuit.medium_used,)))]
        circuit.medium_used = -1
        return used

    def _acm_body(self, circuit: Circuit, alerting: bool, inband: bool, cause: Cause | None) -> bytes:
        parameters = [(_BCI, self._indicators(circuit, alerting)), *self._used(circuit)]
        if inband:
            parameters.append(_INBAND_PARAMETER)
        if cause is not None:
            parameters.append((_CAUSE, encode_cause_indicators(cause)))
        return self._compose(_ACM, parameters)

    def _send_acm(self, circuit: Circuit, arg: Any, now: int) -> None:
        """arg: alerting, inband, cause, charge."""
        self._checked(circuit)
        self._acm(circuit, arg[0], arg[1], arg[2], arg[3], now)

    def _early_acm(self, circuit: Circuit, arg: Any, now: int) -> None:
        """T11. While COT is awaited its own timer, which is shorter, decides."""
        if circuit.check:
            self._start(circuit, 11, now)
        else:
            self._acm(circuit, False, False, None, True, now)

    def _send_cpg(self, circuit: Circuit, arg: Any, now: int) -> None:
        event = _ALERTING if arg[0] else _INBAND if arg[1] else _PROGRESS
        parameters = [(_EVENT, bytes((event,))), *self._used(circuit)]
        if arg[0] and arg[1]:
            parameters.append(_INBAND_PARAMETER)
        if arg[2] is not None:
            parameters.append((_CAUSE, encode_cause_indicators(arg[2])))
        self._send(circuit, self._compose(_CPG, parameters))

    def _send_con(self, circuit: Circuit, charge: bool, now: int) -> None:
        self._checked(circuit)
        if self._con:
            circuit.charge = 2 if charge else 1
            self._enter(circuit, _ICC_ANSWERED)
            self._send(circuit, self._compose(_CON, [(_BCI, self._indicators(circuit, False)), *self._used(circuit)]))
        else:
            self._acm(circuit, True, False, None, charge, now)
            self._send_anm(circuit, charge, now)

    def _send_anm(self, circuit: Circuit, charge: bool, now: int) -> None:
        """ANM says of charging only what differs from ACM."""
        self._enter(circuit, _ICC_ANSWERED)
        wanted = 2 if charge else 1
        if circuit.charge == wanted and circuit.medium_used < 0:
            self._send(circuit, self._anm_body)
            return
        parameters = self._used(circuit)
        if circuit.charge != wanted:
            circuit.charge = wanted
            parameters.append((_BCI, self._indicators(circuit, True)))
        self._send(circuit, self._compose(_ANM, parameters))


