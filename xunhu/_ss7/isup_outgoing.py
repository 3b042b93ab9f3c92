# cython: annotation_typing=False
"""Outgoing calls: ITU-T Q.764 (12/99) §2.1, at the exchange that sends IAM (CPCO); calls at several times 64 kbit/s; IAM in two segments.

A call at n times 64 kbit/s seizes n circuits that follow each other (time slot 16 is left out, §2.1.1.1); the lowest speaks for all.
An IAM longer than a message may be leaves what can follow in SGM (§2.1.12).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cython

from xunhu._ss7.circuit_primitives import (
    AddressCompleteIndication,
    AnswerIndication,
    Cause,
    Number,
    ProgressIndication,
    SetupRequest,
    UserInformationIndication,
)
from xunhu._ss7.isup_base import Int, Octets
from xunhu._ss7.isup_call_tables import CallEvent, CallState
from xunhu._ss7.isup_circuit import Circuit
from xunhu._ss7.isup_circuit_tables import CheckEvent
from xunhu._ss7.isup_codec import MAXIMUM, Message, encode
from xunhu._ss7.isup_names import MessageType, ParameterCode
from xunhu._ss7.isup_parameters_call import (
    RedirectionInformation,
    decode_cause_indicators,
    encode_redirection_information,
)
from xunhu._ss7.isup_parameters_numbers import (
    decode_connected_number,
    encode_called_party_number,
    encode_calling_party_number,
    encode_original_called_number,
    encode_subsequent_number,
)
from xunhu._ss7.isup_release import Release
from xunhu.protocol.errors import LocalError, RemoteError

if not cython.compiled:  # else the C forms in isup_outgoing.pxd

    def address_complete_indication(
        call: int, alerting: bool, inband: bool, charge: int | None, cause: int | None
    ) -> AddressCompleteIndication:
        return AddressCompleteIndication(call, alerting, inband, charge, cause)

    def answer_indication(call: int, connected: Number | None, charge: int | None, direct: bool) -> AnswerIndication:
        return AnswerIndication(call, connected, charge, direct)


P = ParameterCode
_FIXED = frozenset((6, 7, 9, 2, 4))  # the mandatory parameters, which have fields of their own
_IAM, _SAM, _SGM = int(MessageType.IAM), int(MessageType.SAM), int(MessageType.SGM)
_NCI, _FCI = int(P.NATURE_OF_CONNECTION_INDICATORS), int(P.FORWARD_CALL_INDICATORS)
_CATEGORY, _TMR = int(P.CALLING_PARTYS_CATEGORY), int(P.TRANSMISSION_MEDIUM_REQUIREMENT)
_CALLED, _CALLING = int(P.CALLED_PARTY_NUMBER), int(P.CALLING_PARTY_NUMBER)
_REDIRECTING, _ORIGINAL = int(P.REDIRECTING_NUMBER), int(P.ORIGINAL_CALLED_NUMBER)
_REDIRECTION, _OFCI = int(P.REDIRECTION_INFORMATION), int(P.OPTIONAL_FORWARD_CALL_INDICATORS)
_USI, _PDC, _HOP = int(P.USER_SERVICE_INFORMATION), int(P.PROPAGATION_DELAY_COUNTER), int(P.HOP_COUNTER)
_BCI, _OBCI = int(P.BACKWARD_CALL_INDICATORS), int(P.OPTIONAL_BACKWARD_CALL_INDICATORS)
_CAUSE, _EVENT, _CONNECTED = int(P.CAUSE_INDICATORS), int(P.EVENT_INFORMATION), int(P.CONNECTED_NUMBER)
_TMU = int(P.TRANSMISSION_MEDIUM_USED)

_OGC_WAIT_ACM = int(CallState.OGC_WAIT_ACM)
_OGC_WAIT_ANM = int(CallState.OGC_WAIT_ANM)
_OGC_ANSWERED = int(CallState.OGC_ANSWERED)
_SETUP = int(CallEvent.SETUP_REQUEST)
_SEGMENTATION = 4  # bit C of the optional forward and backward call indicators, §3.37, §3.38
TEST_CALL, PRIORITY_CALL = 13, 11  # Q.763 §3.11
_OCTETS = [bytes((value,)) for value in range(256)]

# Circuits by transmission medium requirement, Q.763 §3.54; all others need one.
WIDTHS: Mapping[int, int] = {7: 2, 8: 6, 9: 24, 10: 30, **{value: value - 13 for value in range(16, 43)}}
MEDIUM_PREFERRED_64 = 6
LAST_NARROW = 6  # media up to this one need one circuit
_LAST_NARROW = LAST_NARROW

# Bearer capability that goes with a medium where the owner gives none, Q.763 §3.57.
_SERVICES = {2: b"\x88\x90", 3: b"\x90\x90\xa3"}

# What may be left to SGM, Q.764 §2.1.12; the longest first.
_SEGMENTABLE = (P.USER_TO_USER_INFORMATION, P.ACCESS_TRANSPORT, P.GENERIC_DIGITS, P.GENERIC_NUMBER, P.GENERIC_NOTIFICATION_INDICATOR)


class Outgoing(Release):
    """IAM and what answers it."""

    def _init_outgoing(
        self, isdn_access: bool, echo_control: bool, propagation_delay_ms: int | None, hop_counter: int | None
    ) -> None:
        if propagation_delay_ms is not None and not 0 <= propagation_delay_ms <= 0xFFFF:
            raise LocalError(f"propagation delay of {propagation_delay_ms} ms is out of 0 to 65535")
        hops = self.variant.hop_counter if hop_counter is None else hop_counter
        if not 0 <= hops <= 31:
            raise LocalError(f"hop counter {hops} is out of 0 to 31")
        # a signalling information field holds 272 octets, the label of 24-bit point codes among them 3 more than that of 14-bit ones
        self._longest = MAXIMUM if self.variant.point_code_octets == 2 else MAXIMUM - 3
        self._echo_control = echo_control
        self._propagation_delay = propagation_delay_ms
        self._hops = hops
        # §3.23: ISDN user part all the way; preferred (not required) for speech and audio, required for 64 kbit/s
        head = 0x21 if self._international else 0x20
        self._fci = bytes((head | 0x40, int(isdn_access)))
        self._fci_digital = bytes((head | 0x80, int(isdn_access)))

    # -- seizure -------------------------------------------------------------------------------------------------

    def setup_request(self, request: SetupRequest, circuit: int, now: int) -> int:
        """Make a call; its number. LocalError: the circuit is not known, not idle or blocked (test calls pass remote blocking), its
        destination cannot be reached or is congested, or the request cannot be said in an IAM."""
        found = self._circuit(circuit)
        self._seizable(found, request.category, now)
        others = self._others(found, request.medium, now) if request.medium > _LAST_NARROW else ()
        iam, rest = self._iam(request)
        found.begin_call(0)
        self._call_event(found, _SETUP, (request, others, iam, rest), now)
        return found.call

    def _seizable(self, circuit: Circuit, category: Int, now: Int) -> None:
        """LocalError: why the circuit cannot be seized."""
        if (
            circuit.state
            or circuit.reset
            or circuit.check
            or circuit.maintenance
            or circuit.hardware
            or circuit.unequipped
            or circuit.master is not None
            or circuit.segment is not None
            or (circuit.remote and (category != TEST_CALL or circuit.remote != 1))
            or circuit.destination.state
        ):
            raise LocalError(f"circuit {circuit.number} is {self._state_of(circuit)}")
        if circuit.destination.steps or circuit.destination.limited:
            self._admit(circuit, category, now)

    def _admit(self, circuit: Circuit, category: Int, now: Int) -> None:
        raise NotImplementedError

    def _others(self, circuit: Circuit, medium: Int, now: Int) -> tuple[Circuit, ...]:
        """The further circuits of a call at several times 64 kbit/s. LocalError: one is not there or not idle."""
        width = WIDTHS.get(medium, 1)
        if width == 1:
            return ()
        members = self._members(circuit, width)
        if len(members) < width:
            raise LocalError(f"{width} circuits do not follow circuit {circuit.number}")
        for member in members[1:]:
            self._seizable(member, 0, now)
        return tuple(members[1:])

    def _members(self, circuit: Circuit, width: Int) -> list[Circuit]:
        """As many circuits from this one on as there are, within one 2048 kbit/s system, time slots 0 and 16 left out."""
        members: list[Circuit] = []
        cic = circuit.cic
        end = cic // 32 * 32 + 32
        while cic < end and len(members) < width:
            if cic % 16:
                member = circuit.destination.circuits.get(cic)
                if member is None:
                    break
                members.append(member)
            cic += 1
        return members

    def _iam(self, request: SetupRequest) -> tuple[bytes, bytes]:
        """IAM and, where it does not hold everything, SGM: what follows the CIC. LocalError: the request cannot be said."""
        medium = request.medium
        nature = request.satellite | (4 if request.continuity else 0) | (0x10 if self._echo_control else 0)
        if request.parameters:
            for code, content in request.parameters:
                if code == _NCI and content:  # of the leg before: SetupIndication.parameters
                    nature |= content[0] & 0x13
        if not 0 <= request.satellite <= 3 or not 0 <= medium <= 255 or not 0 <= request.category <= 255:
            raise LocalError("satellite, medium or category of the request is out of range")
        digital = medium not in (0, 3)
        parameters: list[tuple[int, bytes]] = [
            (_NCI, _OCTETS[nature]),
            (_FCI, self._fci_digital if digital else self._fci),
            (_CATEGORY, _OCTETS[request.category]),
            (_TMR, _OCTETS[medium]),
            (_CALLED, encode_called_party_number(request.called, request.complete)),
        ]
        if request.calling is not None:
            parameters.append((_CALLING, encode_calling_party_number(request.calling)))
        if request.redirecting is not None or request.original_called is not None:
            self._add_redirection(parameters, request)
        extra = request.parameters
        if medium in _SERVICES and all(code != _USI for code, _ in extra):
            parameters.append((_USI, _SERVICES[medium]))
        if self._propagation_delay is not None or self._hops or extra:
            self._add_counters(parameters, extra)
        try:
            octets = encode(0, _IAM, parameters, self.variant)
        except LocalError:
            if not self.variant.segmentation or sum(2 + len(content) for _, content in parameters) < self._longest - 16:
                raise
        else:
            if len(octets) <= self._longest:
                return octets[2:], b""
            if not self.variant.segmentation:
                raise LocalError(f"IAM of {len(octets)} octets, {self._longest} at most")
        return self._segmented(parameters)

    def _add_redirection(self, parameters: list[tuple[int, bytes]], request: SetupRequest) -> None:
        if request.redirecting is not None:
            parameters.append((_REDIRECTING, encode_original_called_number(request.redirecting)))
        if request.original_called is not None:
            parameters.append((_ORIGINAL, encode_original_called_number(request.original_called)))
        reason = request.redirecting_reason or 0
        parameters.append((_REDIRECTION, encode_redirection_information(RedirectionInformation(3, reason, 1, reason))))

    def _add_counters(self, parameters: list[tuple[int, bytes]], extra: tuple[tuple[int, bytes], ...]) -> None:
        """Further parameters; the propagation delay grows (§2.6), the hop counter shrinks (§2.15), where we have them."""
        delay = self._propagation_delay
        hops = self._hops
        for code, content in extra:
            if code == _PDC:
                if delay is not None and len(content) >= 2:
                    delay = min(delay + int.from_bytes(content[:2], "big"), 0xFFFF)
            elif code == _HOP:
                hops = (content[0] & 31) - 1 if content else hops
                if hops <= 0:
                    raise LocalError("hop counter is used up: the call goes round in circles")
            elif code not in _FIXED and (self.variant.compatibility or code in self.variant.parameters):
                parameters.append((code, content))
        if delay is not None and _PDC in self.variant.parameters:
            parameters.append((_PDC, delay.to_bytes(2, "big")))
        if hops and _HOP in self.variant.parameters:
            parameters.append((_HOP, bytes((hops,))))

    def _segmented(self, parameters: list[tuple[int, bytes]]) -> tuple[bytes, bytes]:
        """§2.1.12. LocalError: it does not fit even so."""
        first = [(code, content) for code, content in parameters if code != _OFCI]
        indicators = next((content[0] for code, content in parameters if code == _OFCI and content), 0)
        first.append((_OFCI, bytes((indicators | _SEGMENTATION,))))
        rest: list[tuple[int, bytes]] = []
        for code in _SEGMENTABLE:
            moved = [item for item in first if item[0] == code]
            if moved:
                first = [item for item in first if item[0] != code]
                rest.extend(moved)
                try:
                    octets, more = encode(0, _IAM, first, self.variant), encode(0, _SGM, rest, self.variant)
                except LocalError:
                    continue
                if max(len(octets), len(more)) <= self._longest:
                    return octets[2:], more[2:]
        raise LocalError("the request does not fit into IAM and SGM")

    def _seize(self, circuit: Circuit, arg: Any, now: int) -> None:
        request = arg[0]
        self._begin(circuit)
        if request.calling is not None:
            circuit.calling = encode_calling_party_number(request.calling)
        circuit.category = request.category
        if arg[1]:
            circuit.others = arg[1]
            for other in circuit.others:
                other.master = circuit
        self._enter(circuit, _OGC_WAIT_ACM)
        self._send(circuit, arg[2])
        if arg[3]:
            self._send(circuit, arg[3])
        self._start(circuit, 7, now)
        if request.continuity:
            self._check_event(circuit, CheckEvent.OUTGOING, now)

    def _send_digits(self, circuit: Circuit, arg: tuple[str, bool], now: int) -> None:
        self._send(circuit, self._compose(_SAM, ((P.SUBSEQUENT_NUMBER, encode_subsequent_number(arg[0], arg[1])),)))
        self._start(circuit, 7, now)

    # -- backward messages ---------------------------------------------------------------------------------------

    def _backward_cause(self, message: Message) -> int | None:
        content = message.get(_CAUSE)
        if content is None:
            return None
        try:
            return decode_cause_indicators(content).value
        except RemoteError:
            self._count("parameters of wrong format")
            return None

    def _inband(self, message: Message) -> bool:
        content = message.get(_OBCI)
        return content is not None and len(content) > 0 and content[0] & 1 != 0

    def _charge_of(self, content: Octets) -> int | None:
        """Bits AB of the backward call indicators: 1 no charge, 2 charge."""
        charge = content[0] & 3 if content else 0
        return charge if charge in (1, 2) else None

    def _tell_fallback(self, circuit: Circuit, message: Message) -> None:
        """The medium is another than was preferred (§2.5): the owner sees it in the message."""
        if message.get(_TMU) is not None:
            self._out.append(UserInformationIndication(circuit.call, message.type, message.octets[3:]))

    def _address_complete(self, circuit: Circuit, message: Message, now: int) -> None:
        if circuit.check:  # §2.1.8: not before COT
            self._reset_unexpected(circuit, message, now)
            return
        indicators = message.get(_BCI) or b"\0\0"
        inband = False
        cause = None
        if message.optional_at:
            inband = self._inband(message)
            cause = self._backward_cause(message)
            self._tell_fallback(circuit, message)
        self._enter(circuit, _OGC_WAIT_ANM)
        self._start(circuit, 9, now)
        alerting = indicators[0] >> 2 & 3 == 1
        self._out.append(address_complete_indication(circuit.call, alerting, inband, self._charge_of(indicators), cause))

    def _progress(self, circuit: Circuit, message: Message, now: int) -> None:
        event = (message.get(_EVENT) or b"\0")[0] & 0x7F
        inband = event == 3
        alerting = event == 1
        cause = None
        if message.optional_at:
            inband = inband or self._inband(message)
            cause = self._backward_cause(message)
            indicators = message.get(_BCI)
            alerting = alerting or (indicators is not None and len(indicators) > 0 and indicators[0] >> 2 & 3 == 1)
            self._tell_fallback(circuit, message)
        self._out.append(ProgressIndication(circuit.call, alerting, inband, cause))

    def _answer(self, circuit: Circuit, message: Message, direct: bool) -> None:
        connected = None
        charge = None
        if message.optional_at:
            connected = self._connected_number(message)
            self._tell_fallback(circuit, message)
        indicators = message.get(_BCI)
        if indicators is not None:
            charge = self._charge_of(indicators)
        self._enter(circuit, _OGC_ANSWERED)
        self._out.append(answer_indication(circuit.call, connected, charge, direct))

    def _connected_number(self, message: Message) -> Number | None:
        content = message.get(_CONNECTED)
        if content is None:
            return None
        try:
            return decode_connected_number(content)
        except RemoteError:
            self._count("parameters of wrong format")
            return None

    def _connected(self, circuit: Circuit, message: Message, now: int) -> None:
        if circuit.check:
            self._reset_unexpected(circuit, message, now)
            return
        self._answer(circuit, message, True)

    def _answered(self, circuit: Circuit, message: Message, now: int) -> None:
        self._answer(circuit, message, False)

    def _overload(self, circuit: Circuit, message: Message, now: int) -> None:
        """OLM: the call has no chance; until T3 it is held so that the caller does not try again at once."""
        self._count("OLM")
        self._stop(circuit, 7)
        self._start(circuit, 3, now)

    def _release_unrecognized(self, circuit: Circuit, cause: Cause, now: int) -> None:
        self._count("calls released, unrecognized information")  # Q.752 12.22
        self._tell_release(circuit, cause, False, False)
        self._send_rel(circuit, cause, now)
