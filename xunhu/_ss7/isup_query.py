# cython: annotation_typing=False
"""Circuit group query: ITU-T Q.764 (12/99) §2.8.3 (national use), both sides.

The answer is compared with what we hold of each circuit. Where one side has a call and the other none, the call is released or the circuit
reset; where the sides differ about blocking, who blocks says it again or takes it back. A circuit that is in transition at either side is
left alone.
"""

from __future__ import annotations

from collections.abc import Sequence

from xunhu._ss7.isup_base import Int, Octets
from xunhu._ss7.isup_call_tables import CallEvent, CallState
from xunhu._ss7.isup_circuit import Circuit, Group
from xunhu._ss7.isup_circuit_tables import LocalState, RemoteEvent, ResetEvent
from xunhu._ss7.isup_codec import Message
from xunhu._ss7.isup_groups import MAXIMUM_SPAN, range_and_status, runs
from xunhu._ss7.isup_information import Information
from xunhu._ss7.isup_names import MessageType, ParameterCode
from xunhu.protocol.errors import LocalError

_CQM, _CQR = MessageType.CQM, MessageType.CQR
# Q.763 §3.14
TRANSIENT, UNEQUIPPED = 0x00, 0x03
_INCOMING, _OUTGOING, _IDLE = 1, 2, 3  # bits DC
_SETTLED = (LocalState.UNBLOCKED, LocalState.BLOCKED)
_ACTIVE = (
    CallState.ICC_WAIT_DIGITS,
    CallState.ICC_WAIT_ACM,
    CallState.ICC_WAIT_ANM,
    CallState.ICC_ANSWERED,
    CallState.OGC_WAIT_ANM,
    CallState.OGC_ANSWERED,
)


class Query(Information):
    """CQM and CQR."""

    def query_request(self, circuits: Sequence[int], now: int) -> None:
        """Ask the far end how it sees circuits, and set right what differs. LocalError: one is not known, or there is no CQM."""
        if not self.variant.cqm:
            raise LocalError(f"{self.variant.name} has no CQM")
        for run in runs(self._all(circuits), gaps=True):
            self._send_group(_CQM, 0, run, now)

    def _receive_cqm(self, circuit: Circuit, message: Message, now: int) -> None:
        content = message.get(ParameterCode.RANGE_AND_STATUS) or b"\0"
        span = content[0]
        if span > MAXIMUM_SPAN or not self.variant.cqm:
            self._count("abnormal group messages")
            return
        circuits = circuit.destination.circuits
        states = bytearray()
        for cic in range(circuit.cic, circuit.cic + span + 1):
            member = circuits.get(cic)
            states.append(UNEQUIPPED if member is None else self._indicator(member))
        parameters = (
            (ParameterCode.RANGE_AND_STATUS, range_and_status(span, None)),
            (ParameterCode.CIRCUIT_STATE_INDICATOR, bytes(states)),
        )
        self._send(circuit, self._compose(_CQR, parameters))

    def _indicator(self, circuit: Circuit) -> int:
        """Circuit state indicator: maintenance, call, hardware, two bits each; remote blocking is the higher bit."""
        state = circuit.call_state
        if (
            circuit.reset
            or circuit.check
            or circuit.segment is not None
            or circuit.maintenance not in _SETTLED
            or circuit.hardware not in _SETTLED
        ):
            return TRANSIENT
        if state == CallState.IDLE:
            call = _IDLE
        elif state in _ACTIVE:
            call = _INCOMING if state < CallState.OGC_WAIT_ACM else _OUTGOING
        else:
            return TRANSIENT
        maintenance = (circuit.maintenance == LocalState.BLOCKED) | (circuit.remote & 1) << 1
        hardware = (circuit.hardware == LocalState.BLOCKED) | (circuit.remote >> 1 & 1) << 1
        return int(maintenance) | call << 2 | int(hardware) << 4

    def _answered_query(self, group: Group, states: Octets, now: Int) -> None:
        again: list[Circuit] = []
        free: list[int] = []
        for circuit in group.circuits:
            offset = circuit.cic - group.base.cic
            if offset < len(states):
                self._compare(circuit, states[offset], again, free, now)
        self._block_again(again, now)
        if free:
            for number in free:  # the far end must hear UBL even though nothing is blocked here
                self._send_ubl(self._circuit(number), None, now)

    def _compare(self, circuit: Circuit, theirs: Int, again: list[Circuit], free: list[int], now: Int) -> None:
        ours = self._indicator(circuit)
        if theirs == UNEQUIPPED:
            self._receive_ucic(circuit, None, now)
            return
        if theirs >> 2 & 3 == 0 or ours == TRANSIENT:
            return
        our_call, their_call = ours >> 2 & 3, theirs >> 2 & 3
        if our_call == _IDLE and their_call != _IDLE:
            self._count("circuits out of step")
            self._reset_event(circuit, ResetEvent.RESET_REQUEST, None, now)
            return
        if our_call != _IDLE and their_call in (_IDLE, our_call):
            self._count("circuits out of step")
            self._call_event(circuit, CallEvent.RLC, None, now)  # as if RLC had come: the far end has no such call
        # what we block must be blocked remotely there, and the other way about
        if (ours & 1) != (theirs >> 1 & 1):
            if ours & 1:
                again.append(circuit)
            else:
                free.append(circuit.number)
        if (ours >> 1 & 1) != (theirs & 1):
            self._remote_event(circuit, RemoteEvent.BLO if theirs & 1 else RemoteEvent.UBL, now)
        if (ours >> 5 & 1) != (theirs >> 4 & 1):
            self._remote_event(circuit, RemoteEvent.HARDWARE_BLOCK if theirs & 0x10 else RemoteEvent.HARDWARE_UNBLOCK, now)
            if theirs & 0x10:
                self._clear_circuit(circuit, True, now)
        if (ours >> 4 & 1) and not theirs >> 5 & 1 and circuit not in again:
            again.append(circuit)
