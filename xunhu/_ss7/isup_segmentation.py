# cython: annotation_typing=False
"""Simple segmentation: ITU-T Q.764 (12/99) §2.1.12, receiving side. A machine before all others of a circuit.

A message that announces SGM by its optional forward or backward call indicators waits for it until T34; any other message of the circuit
ends the waiting, and the rest is taken as lost.
"""

from __future__ import annotations

from typing import Any

from xunhu._ss7.isup_base import Int
from xunhu._ss7.isup_call_tables import SegmentEvent, SegmentState
from xunhu._ss7.isup_circuit import Circuit
from xunhu._ss7.isup_codec import Message, joined
from xunhu._ss7.isup_compatibility import Compatibility
from xunhu._ss7.isup_names import MessageType, ParameterCode

_FORWARD, _BACKWARD = int(ParameterCode.OPTIONAL_FORWARD_CALL_INDICATORS), int(ParameterCode.OPTIONAL_BACKWARD_CALL_INDICATORS)
_SEGMENTATION = 4  # bit C of both, §3.37, §3.38
_IAM, _SGM = int(MessageType.IAM), int(MessageType.SGM)
_KINDS = (MessageType.IAM, MessageType.ACM, MessageType.CPG, MessageType.ANM, MessageType.CON)
_ANNOUNCING = bytes(kind in _KINDS for kind in range(256))  # by message type: 1: it may announce SGM
_HELD = int(SegmentState.HELD)


class Segmentation(Compatibility):
    """SGM."""

    def _announces(self, message: Message) -> bool:
        """Does SGM follow? The message has an optional part."""
        if not _ANNOUNCING[message.type] or not self.variant.segmentation:
            return False
        content = message.get(_FORWARD if message.type == _IAM else _BACKWARD)
        return content is not None and len(content) > 0 and content[0] & _SEGMENTATION != 0

    def _segment_event(self, circuit: Circuit, event: Int, message: Message | None, now: Int) -> None:
        before = 0 if circuit.segment is None else _HELD
        _segment_cells[before * _SEGMENT_EVENTS + event](self, circuit, message, now)
        if self.trace is not None:
            self.trace("segmentation", circuit.number, before, event, 0 if circuit.segment is None else _HELD, now)

    def _hold_message(self, circuit: Circuit, message: Message, now: int) -> None:
        circuit.segment = message
        self._start(circuit, 34, now)

    def _take_message(self, circuit: Circuit, message: Message, now: int) -> None:
        self._take(circuit, message, now)

    def _take_held(self, circuit: Circuit, arg: Any, now: int) -> None:
        held = circuit.segment
        assert held is not None, "the table's state is HELD"
        circuit.segment = None
        self._stop(circuit, 34)
        self._take(circuit, held, now)

    def _take_held_and_hold(self, circuit: Circuit, message: Message, now: int) -> None:
        self._take_held(circuit, None, now)
        self._hold_message(circuit, message, now)

    def _take_held_and_message(self, circuit: Circuit, message: Message, now: int) -> None:
        self._take_held(circuit, None, now)
        self._take(circuit, message, now)

    def _put_together(self, circuit: Circuit, message: Message, now: int) -> None:
        """The parameters of SGM follow those of the message."""
        held = circuit.segment
        assert held is not None, "the table's state is HELD"
        circuit.segment = None
        self._stop(circuit, 34)
        self._take(circuit, joined(held, message), now)

    def _take(self, circuit: Circuit, message: Message, now: Int) -> None:
        raise NotImplementedError


_SEGMENT_EVENTS = len(SegmentEvent)

# The tables' cells as functions, filled by isup.py when the class is whole.
_segment_cells: list[Any] = []
