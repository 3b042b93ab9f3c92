# cython: annotation_typing=False
"""Messages and parameters that are not known: ITU-T Q.764 (12/99) §2.9.5.2 and §2.9.5.3, by their compatibility information.

An exchange of type A (where a call begins or ends) obeys all instructions, and can pass nothing on; one of type B (transit) passes on what
bit A leaves to the end node, by UserInformationIndication and SetupIndication.parameters; the owner sends it on the next leg with
`message_request` or in SetupRequest.parameters. Confusion is never answered with confusion; what is wrong with REL is told in RLC.
"""

from __future__ import annotations

from xunhu._ss7.circuit_primitives import Cause
from xunhu._ss7.isup_base import Int
from xunhu._ss7.isup_call_tables import CallEvent, CallState
from xunhu._ss7.isup_circuit import Circuit
from xunhu._ss7.isup_codec import Message
from xunhu._ss7.isup_congestion import Congestion
from xunhu._ss7.isup_names import MessageType, ParameterCode
from xunhu._ss7.isup_parameters_call import encode_cause_indicators
from xunhu.protocol.errors import LocalError

_CFN, _REL, _RLC, _IAM = MessageType.CFN, MessageType.REL, MessageType.RLC, MessageType.IAM
_MCI, _PCI = ParameterCode.MESSAGE_COMPATIBILITY_INFORMATION, ParameterCode.PARAMETER_COMPATIBILITY_INFORMATION

# Instruction indicators, Q.763 §3.33 and §3.41
_END_NODE = 0x01  # A: end node interpretation; else transit interpretation
_RELEASE = 0x02  # B
_NOTIFY = 0x04  # C
_DISCARD_MESSAGE = 0x08  # D
_MESSAGE_DISCARD_INSTEAD = 0x10  # E of a message: where it cannot be passed on, discard it
_DISCARD_PARAMETER = 0x10  # E of a parameter
_INSTEAD = 0x60  # F, G of a parameter: where it cannot be passed on: 0 release, 1 discard message, 2 discard parameter

_UNKNOWN_MESSAGE, _UNKNOWN_PARAMETER, _PASSED_ON, _MESSAGE_DISCARDED = 97, 99, 103, 110  # Q.850
_ACTIVE = frozenset(
    state
    for state in CallState
    if state not in (CallState.IDLE, CallState.ICC_WAIT_RELEASE, CallState.ICC_WAIT_RLC)
    and state not in (CallState.OGC_WAIT_RELEASE, CallState.OGC_WAIT_RLC)
)


class Compatibility(Congestion):
    """Compatibility information, confusion."""

    def _init_compatibility(self, exchange: str) -> None:
        if exchange not in ("A", "B"):
            raise LocalError(f"exchange type {exchange!r} is neither A nor B")
        self._transit = exchange == "B"
        self._codes = bytes(code in self.variant.parameters for code in range(256))  # 1: known

    def _confuse(self, circuit: Circuit, value: Int, diagnostics: bytes) -> None:
        if self.variant.confusion:
            cause = encode_cause_indicators(Cause(value, self._location, diagnostics))
            self._send(circuit, self._compose(_CFN, [(ParameterCode.CAUSE_INDICATORS, cause)]))

    # -- messages ------------------------------------------------------------------------------------------------

    def _unknown_message(self, circuit: Circuit, message: Message, now: Int) -> None:
        self._count("unknown messages")
        if circuit.state not in _ACTIVE or not self.variant.compatibility:
            return
        instructions = message.get(_MCI)
        diagnostics = bytes((message.type,))
        if not instructions:
            self._confuse(circuit, _UNKNOWN_MESSAGE, diagnostics)
            return
        bits = instructions[0]
        if self._transit and not bits & _END_NODE:
            self._tell_information(circuit, message, now)
        elif bits & _RELEASE:
            self._give_up(circuit, _UNKNOWN_MESSAGE, diagnostics, now)
        elif bits & _DISCARD_MESSAGE:
            if bits & _NOTIFY:
                self._confuse(circuit, _UNKNOWN_MESSAGE, diagnostics)
        elif self._transit:
            self._tell_information(circuit, message, now)
        elif not bits & _MESSAGE_DISCARD_INSTEAD:
            self._give_up(circuit, _UNKNOWN_MESSAGE, diagnostics, now)
        elif bits & _NOTIFY:
            self._confuse(circuit, _UNKNOWN_MESSAGE, diagnostics)

    def _give_up(self, circuit: Circuit, value: Int, diagnostics: bytes, now: Int) -> None:
        self._call_event(circuit, CallEvent.UNRECOGNIZED, Cause(value, self._location, diagnostics), now)

    # -- parameters ----------------------------------------------------------------------------------------------

    def _strange(self, message: Message) -> bool:
        """Has it optional parameters that are not known?"""
        octets = message.octets
        codes = self._codes
        at = message.optional_at
        end = len(octets)
        while at < end and octets[at]:
            if not codes[octets[at]]:
                return True
            at += 2 + octets[at + 1]
        return False

    def _refused_for_parameters(self, circuit: Circuit, message: Message, now: Int) -> bool:
        """What §2.9.5.3.2 wants of a message with parameters that are not known; True: the message goes no further."""
        self._count("unknown parameters")
        kind = message.type
        if not self.variant.compatibility or kind in (_RLC, _CFN):
            return False
        if circuit.state not in _ACTIVE and not (kind == _IAM and circuit.state == CallState.IDLE):
            return False
        instructions = self._instructions(message.get(_PCI) or b"")
        unknown = [code for code, _ in message.optional() if not self._codes[code]]
        told: list[int] = []  # parameters that are discarded, to be told of
        passed: list[int] = []  # ... that are passed on, to be told of
        dropped = bytearray()
        for code in unknown:
            bits = instructions.get(code, _DISCARD_PARAMETER | _NOTIFY)
            discarded = self._fate(bits)
            if discarded == "release":
                self._refuse_parameter(circuit, message, code, now)
                return True
            if discarded == "message":
                if bits & _NOTIFY and kind != _REL:
                    self._confuse(circuit, _MESSAGE_DISCARDED, bytes((message.type, code)))
                return kind != _REL  # a release is heeded whatever comes with it
            if discarded == "parameter":
                dropped.append(code)
            if bits & _NOTIFY:
                (passed if discarded == "pass on" else told).append(code)
        if kind == _REL:
            if told:
                cause = encode_cause_indicators(Cause(_UNKNOWN_PARAMETER, self._location, bytes(told[:8])))
                circuit.rlc = self._compose(_RLC, [(ParameterCode.CAUSE_INDICATORS, cause)])
            return False
        if told:
            self._confuse(circuit, _UNKNOWN_PARAMETER, bytes(told[:8]))
        if passed:
            self._confuse(circuit, _PASSED_ON, bytes(passed[:8]))
        if kind == _IAM:
            self._dropped = bytes(dropped)  # the rest is in SetupIndication.parameters
        elif len(dropped) < len(unknown):
            self._tell_information(circuit, message, now)
        return False

    def _fate(self, bits: Int) -> str:
        """Of a parameter with these instructions: release, message (discard it), parameter (discard it), pass on."""
        if self._transit and not bits & _END_NODE:
            return "pass on"
        if bits & _RELEASE:
            return "release"
        if bits & _DISCARD_MESSAGE:
            return "message"
        if bits & _DISCARD_PARAMETER:
            return "parameter"
        if self._transit:
            return "pass on"
        instead = (bits & _INSTEAD) >> 5
        return ("release", "message", "parameter", "release")[instead]

    def _refuse_parameter(self, circuit: Circuit, message: Message, code: Int, now: Int) -> None:
        diagnostics = bytes((code,))
        if message.type == _REL:
            self._call_event(circuit, CallEvent.REL, message, now)
        elif circuit.state == CallState.IDLE:
            if not circuit.reset and not circuit.check and circuit.master is None:
                self._count("calls released, unrecognized information")
                circuit.begin_call(0)
                circuit.state = CallState.ICC_WAIT_ACM
                self._send_rel(circuit, Cause(_UNKNOWN_PARAMETER, self._location, diagnostics), now)
        else:
            self._give_up(circuit, _UNKNOWN_PARAMETER, diagnostics, now)

    def _instructions(self, content: bytes) -> dict[int, int]:
        """Q.763 §3.41: parameter code, then instruction octets as far as their extension bits say."""
        found: dict[int, int] = {}
        at = 0
        while at + 1 < len(content):
            code = content[at]
            found[code] = content[at + 1] & 0x7F
            at += 1
            while at < len(content) and not content[at] & 0x80:
                at += 1
            at += 1
        return found
