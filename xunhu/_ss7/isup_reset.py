# cython: annotation_typing=False
"""Reset of circuits: ITU-T Q.764 (12/99) §2.9.3, single circuits and groups, both sides.

The side that resets has lost what it knew: the receiving side makes the circuit idle, forgets that it was blocked from there, and says
again what it has blocked itself: BLO for single circuits, status bits of GRA for groups, CGB for hardware failure. The sending side does
likewise with what it has kept, when the answer has come.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xunhu._ss7.isup_base import Int
from xunhu._ss7.isup_blocking import Blocking
from xunhu._ss7.isup_call_tables import CallEvent
from xunhu._ss7.isup_circuit import Circuit
from xunhu._ss7.isup_circuit_tables import (
    CheckEvent,
    HardwareEvent,
    LocalState,
    MaintenanceEvent,
    RemoteEvent,
    ResetEvent,
    ResetState,
)
from xunhu._ss7.isup_codec import Message
from xunhu._ss7.isup_groups import MAXIMUM_SPAN, range_and_status, runs
from xunhu._ss7.isup_names import MessageType, ParameterCode
from xunhu._ss7.isup_timers import mask

_RSC, _RLC, _GRS, _GRA = MessageType.RSC, MessageType.RLC, MessageType.GRS, MessageType.GRA
_BLOCKING = (LocalState.WAIT_BLA, LocalState.BLOCKED)


class Reset(Blocking):
    """RSC and GRS."""

    def reset_request(self, circuits: Sequence[int], now: int) -> None:
        """RSC; GRS where there are several with CICs that follow each other. LocalError: one that is not known."""
        for run in runs(self._all(circuits), gaps=False):
            if len(run) == 1:
                self._reset_event(run[0], ResetEvent.RESET_REQUEST, None, now)
            else:
                group = self._send_group(_GRS, 0, run, now)
                for circuit in run:
                    self._leave_reset(circuit, now)
                    circuit.reset_group = group
                    self._reset_event(circuit, ResetEvent.GROUP_RESET, None, now)

    # -- sending side --------------------------------------------------------------------------------------------

    def _forget(self, circuit: Circuit, now: Int) -> None:
        """What is on a circuit that is about to be reset."""
        self._stop_mask(circuit, mask(16, 17))
        self._clear_circuit(circuit, False, now)
        if circuit.check:
            self._check_event(circuit, CheckEvent.END, now)
        if circuit.remote:
            self._remote_event(circuit, RemoteEvent.RESET, now)

    def _send_rsc(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._leave_reset(circuit, now)
        self._forget(circuit, now)
        circuit.reset = ResetState.WAIT_RLC
        self._say(circuit, _RSC)
        self._start(circuit, 16, now)
        self._start(circuit, 17, now)
        self._changed(circuit, "reset")

    def _send_rsc_after_t5(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._send_rsc(circuit, arg, now)
        self._stop(circuit, 16)

    def _group_resets(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._forget(circuit, now)
        circuit.reset = ResetState.WAIT_GRA
        self._changed(circuit, "reset")

    def _repeat_rsc(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._say(circuit, _RSC)
        self._start(circuit, 16, now)

    def _no_rlc_to_rsc(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._stop(circuit, 16)
        self._say(circuit, _RSC)
        self._start(circuit, 17, now)
        self._alarm(circuit, "T17", "RSC is not answered")

    def _reset_done(self, circuit: Circuit, arg: Any, now: int) -> None:
        alone = circuit.reset == ResetState.WAIT_RLC
        self._stop_mask(circuit, mask(16, 17))
        circuit.reset = ResetState.IDLE
        circuit.unequipped = False
        for code in list(circuit.alarms):
            self._well(circuit, code)
        self._changed(circuit, "reset is done")
        if alone:  # of groups all circuits at once
            self._block_again([circuit], now)

    def _rlc_for_call(self, circuit: Circuit, message: Message, now: int) -> None:
        self._call_event(circuit, CallEvent.RLC, message, now)

    def _receive_rlc(self, circuit: Circuit, message: Message, now: int) -> None:
        self._reset_event(circuit, ResetEvent.RLC, message, now)

    # -- receiving side ------------------------------------------------------------------------------------------

    def _reset_by_peer(self, circuit: Circuit, now: Int) -> None:
        self._clear_circuit(circuit, True, now)
        if circuit.check:
            self._check_event(circuit, CheckEvent.END, now)
        if circuit.remote:
            self._remote_event(circuit, RemoteEvent.RESET, now)
        if circuit.unequipped:
            circuit.unequipped = False
            self._well(circuit, "unequipped")
        self._changed(circuit, "reset by the far end")

    def _receive_rsc(self, circuit: Circuit, message: Message, now: int) -> None:
        self._reset_event(circuit, ResetEvent.PEER_RESETS, message, now)

    def _answer_rsc(self, circuit: Circuit, message: Message, now: int) -> None:
        """§2.9.3.1. While our own reset waits for its answer this is as much a reset as any other (e)."""
        self._reset_by_peer(circuit, now)
        if circuit.maintenance:
            self._maintenance_event(circuit, MaintenanceEvent.RESET, now)
        if circuit.hardware:
            self._hardware_event(circuit, HardwareEvent.RESET, now)
        self._say(circuit, _RLC)

    def _receive_grs(self, circuit: Circuit, message: Message, now: int) -> None:
        """§2.9.3.2. Range 0 is reserved, and 32 circuits are the most."""
        content = message.get(ParameterCode.RANGE_AND_STATUS) or b"\0"
        span = content[0]
        if span == 0 or span > MAXIMUM_SPAN:
            self._count("abnormal group messages")
            return
        found = self._in_range(circuit, span, (1 << (span + 1)) - 1)
        status = 0
        for member in found:
            self._reset_by_peer(member, now)
            if member.maintenance in _BLOCKING:
                status |= 1 << (member.cic - circuit.cic)
        parameters = ((ParameterCode.RANGE_AND_STATUS, range_and_status(span, status)),)
        self._send(circuit, self._compose(_GRA, parameters))
        for run in runs([c for c in found if c.hardware in _BLOCKING], gaps=True):
            self._block_hardware(run, now)
