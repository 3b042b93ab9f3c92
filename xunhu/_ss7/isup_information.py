# cython: annotation_typing=False
"""What calls say to each other beside set-up and release: INR and INF (ITU-T Q.764 (12/99) §2.1.6), charging (China's MPM, CRG), and
messages that are the owner's matter (FOT, FAC, USR, NRM, ...), which go through as octets.

INR is answered at once from what the IAM said. Where a message has an optional part, its octets after the message type begin with the
pointer to it; `message_request` makes an empty one where none are given.
"""

from __future__ import annotations

from typing import Any

from xunhu._ss7.circuit_primitives import ChargeIndication, UserInformationIndication
from xunhu._ss7.isup_call_tables import CallEvent
from xunhu._ss7.isup_circuit import Circuit
from xunhu._ss7.isup_codec import Message
from xunhu._ss7.isup_incoming import Incoming
from xunhu._ss7.isup_names import MessageType, ParameterCode
from xunhu.protocol.errors import LocalError

_INF, _INR = MessageType.INF, MessageType.INR
_INFORMATION, _WANTED = ParameterCode.INFORMATION_INDICATORS, ParameterCode.INFORMATION_REQUEST_INDICATORS
# Q.763 §3.29: bits of the request
_WANTS_CALLING, _WANTS_CATEGORY = 0x01, 0x08
# Q.763 §3.28: bits of the answer
_NOT_AVAILABLE, _INCLUDED, _CATEGORY_INCLUDED = 0x01, 0x03, 0x20


class Information(Incoming):
    """INR, INF, charging, and what is passed on."""

    # -- the owner -----------------------------------------------------------------------------------------------

    def message_request(self, call: int, message: int, octets: bytes, now: int) -> None:
        """Send a message of a call as it is: FOT, FAC, USR, or one that has been received on another call. octets: all that follows the
        message type; empty: without parameters. LocalError: no such call, or longer than a message may be."""
        circuit = self._calls.get(call)
        if circuit is None:
            self._late(call)
            return
        if not 0 <= message <= 255 or len(octets) > self._longest - 3:
            raise LocalError(f"message {message} of {len(octets)} octets")
        if not octets:
            layout = self.variant.layouts[message]
            if layout is not None and layout.optional:
                octets = b"\0"
        self._call_event(circuit, CallEvent.MESSAGE_REQUEST, bytes((message,)) + octets, now)

    def enquiry_request(self, call: int, now: int, calling: bool = True, category: bool = False) -> None:
        """INR: ask for the calling party's number or category while an incoming call is set up; the answer comes as
        UserInformationIndication of INF. LocalError: no such call, or not in set-up, or the variant has no INR."""
        if not self.variant.information_request:
            raise LocalError(f"{self.variant.name} has no INR")
        circuit = self._calls.get(call)
        if circuit is None:
            self._late(call)
            return
        wanted = (_WANTS_CALLING if calling else 0) | (_WANTS_CATEGORY if category else 0)
        self._call_event(circuit, CallEvent.ENQUIRY_REQUEST, wanted, now)

    def _late(self, call: int) -> None:
        """A request for a call that is not: one that has been comes too late, which is nobody's mistake."""
        if not 0 < call <= self._last_call:
            raise LocalError(f"call {call} is not known")
        self._count("requests too late")

    def _send_message(self, circuit: Circuit, body: bytes, now: int) -> None:
        self._send(circuit, body)

    def _send_inr(self, circuit: Circuit, wanted: int, now: int) -> None:
        circuit.enquired = True
        self._send(circuit, self._body(_INR, ((_WANTED, bytes((wanted, 0))),)))
        self._start(circuit, 33, now)

    # -- the peer ------------------------------------------------------------------------------------------------

    def _answer_enquiry(self, circuit: Circuit, message: Message, now: int) -> None:
        wanted = (message.get(_WANTED) or b"\0")[0]
        said = 0
        parameters: list[tuple[int, bytes]] = []
        if wanted & _WANTS_CALLING:
            if circuit.calling:
                said |= _INCLUDED
                parameters.append((ParameterCode.CALLING_PARTY_NUMBER, circuit.calling))
            else:
                said |= _NOT_AVAILABLE
        if wanted & _WANTS_CATEGORY:
            said |= _CATEGORY_INCLUDED
            parameters.append((ParameterCode.CALLING_PARTYS_CATEGORY, bytes((circuit.category,))))
        self._send(circuit, self._compose(_INF, [(_INFORMATION, bytes((said, 0))), *parameters]))

    def _information(self, circuit: Circuit, message: Message, now: int) -> None:
        if circuit.enquired:
            circuit.enquired = False
            self._stop(circuit, 33)
        self._tell_information(circuit, message, now)

    def _tell_information(self, circuit: Circuit, message: Message, now: int) -> None:
        self._out.append(UserInformationIndication(circuit.call, message.type, message.octets[3:]))

    def _charge(self, circuit: Circuit, message: Message, now: int) -> None:
        self._out.append(ChargeIndication(circuit.call, message.octets[3:]))

    def _restore(self, circuit: Circuit, arg: Any, now: int) -> None:
        raise NotImplementedError
