# cython: annotation_typing=False
"""Blocking of circuits: ITU-T Q.764 (12/99) §2.8.2, both sides, single circuits and groups; circuits that are not equipped, §2.12.

A single circuit is blocked for maintenance by BLO; several, and any for hardware failure, by CGB. Blocking for hardware failure ends the
calls on the circuits at both sides, without REL (§2.8.2.2); blocking for maintenance lets them be, but an outgoing call that has heard
nothing yet is tried elsewhere (§2.8.1 iii).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xunhu._ss7.isup_base import Int, Octets
from xunhu._ss7.isup_call_tables import CallEvent
from xunhu._ss7.isup_circuit import Circuit, Group
from xunhu._ss7.isup_circuit_tables import HardwareEvent, LocalState, MaintenanceEvent, RemoteEvent
from xunhu._ss7.isup_codec import Message
from xunhu._ss7.isup_groups import HARDWARE_KIND, MAINTENANCE_KIND, Groups, range_and_status, runs
from xunhu._ss7.isup_names import MessageType, ParameterCode
from xunhu._ss7.isup_timers import mask

_BLO, _UBL, _BLA, _UBA = MessageType.BLO, MessageType.UBL, MessageType.BLA, MessageType.UBA
_CGB, _CGU, _CGBA, _CGUA = MessageType.CGB, MessageType.CGU, MessageType.CGBA, MessageType.CGUA
_BLOCKING = (LocalState.WAIT_BLA, LocalState.BLOCKED)
_LOCAL_TIMERS = mask(12, 13, 14, 15)
_MAINTENANCE, _HARDWARE = 1, 2  # bits of RemoteState


class Blocking(Groups):
    """Local and remote blocking."""

    # -- the owner's wishes --------------------------------------------------------------------------------------

    def block_request(self, circuits: Sequence[int], now: int, hardware: bool = False) -> None:
        """Block circuits against calls from the other side and from here. LocalError: one that is not known."""
        found = self._all(circuits)
        if hardware:
            for run in runs([c for c in found if c.hardware not in _BLOCKING], gaps=True):
                self._block_hardware(run, now)
        else:
            for run in runs([c for c in found if c.maintenance not in _BLOCKING], gaps=True):
                self._block_maintenance(run, now)

    def unblock_request(self, circuits: Sequence[int], now: int, hardware: bool = False) -> None:
        found = self._all(circuits)
        if hardware:
            for run in runs([c for c in found if c.hardware in _BLOCKING], gaps=True):
                group = self._send_group(_CGU, HARDWARE_KIND, run, now)
                for circuit in run:
                    self._join_hardware(circuit, group, HardwareEvent.GROUP_UNBLOCK, now)
        else:
            for run in runs([c for c in found if c.maintenance in _BLOCKING], gaps=True):
                if len(run) == 1:
                    self._maintenance_event(run[0], MaintenanceEvent.UNBLOCK_REQUEST, now)
                else:
                    group = self._send_group(_CGU, MAINTENANCE_KIND, run, now)
                    for circuit in run:
                        self._join_maintenance(circuit, group, MaintenanceEvent.GROUP_UNBLOCK, now)

    def _block_maintenance(self, run: list[Circuit], now: Int) -> None:
        if len(run) == 1:
            circuit = run[0]
            # asked for again after a reset: the request is new to the peer
            event = MaintenanceEvent.RESET if circuit.maintenance in _BLOCKING else MaintenanceEvent.BLOCK_REQUEST
            self._maintenance_event(circuit, event, now)
        else:
            group = self._send_group(_CGB, MAINTENANCE_KIND, run, now)
            for circuit in run:
                self._join_maintenance(circuit, group, MaintenanceEvent.GROUP_BLOCK, now)

    def _block_hardware(self, run: list[Circuit], now: Int) -> None:
        group = self._send_group(_CGB, HARDWARE_KIND, run, now)
        for circuit in run:
            self._join_hardware(circuit, group, HardwareEvent.GROUP_BLOCK, now)

    def _join_maintenance(self, circuit: Circuit, group: Group, event: Int, now: Int) -> None:
        self._leave_maintenance(circuit, now)
        circuit.maintenance_group = group
        self._maintenance_event(circuit, event, now)

    def _join_hardware(self, circuit: Circuit, group: Group, event: Int, now: Int) -> None:
        self._leave_hardware(circuit, now)
        circuit.hardware_group = group
        self._hardware_event(circuit, event, now)

    def _block_again(self, circuits: list[Circuit], now: Int) -> None:
        """The peer has forgotten what we had blocked."""
        for run in runs([c for c in circuits if c.maintenance in _BLOCKING], gaps=True):
            self._block_maintenance(run, now)
        for run in runs([c for c in circuits if c.hardware in _BLOCKING], gaps=True):
            self._block_hardware(run, now)

    # -- local, for maintenance ----------------------------------------------------------------------------------

    def _local(self, circuit: Circuit, state: Int, why: str) -> None:
        """Change the state of blocking for maintenance."""
        self._stop_mask(circuit, _LOCAL_TIMERS)
        if state in (LocalState.UNBLOCKED, LocalState.BLOCKED):
            self._well(circuit, "T13")
            self._well(circuit, "T15")
        circuit.maintenance = state
        self._changed(circuit, why)

    def _send_blo(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._leave_maintenance(circuit, now)
        self._local(circuit, LocalState.WAIT_BLA, "blocking for maintenance")
        self._say(circuit, _BLO)
        self._start(circuit, 12, now)
        self._start(circuit, 13, now)

    def _send_ubl(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._leave_maintenance(circuit, now)
        self._local(circuit, LocalState.WAIT_UBA, "unblocking for maintenance")
        self._say(circuit, _UBL)
        self._start(circuit, 14, now)
        self._start(circuit, 15, now)

    def _group_blocks(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._local(circuit, LocalState.WAIT_BLA, "blocking for maintenance")

    def _group_unblocks(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._local(circuit, LocalState.WAIT_UBA, "unblocking for maintenance")

    def _blocked(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._leave_maintenance(circuit, now)
        self._local(circuit, LocalState.BLOCKED, "blocked for maintenance")

    def _unblocked(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._leave_maintenance(circuit, now)
        self._local(circuit, LocalState.UNBLOCKED, "unblocked for maintenance")

    def _unexpected_bla(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._count("unexpected BLA")  # Q.752 12.14
        self._send_ubl(circuit, None, now)

    def _unexpected_uba(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._count("unexpected UBA")  # Q.752 12.15
        self._send_blo(circuit, None, now)

    def _refuse_blocked(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._count("calls on blocked circuits")
        self._send_blo(circuit, None, now)

    def _repeat_blo(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._say(circuit, _BLO)
        self._start(circuit, 12, now)

    def _no_bla(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._stop(circuit, 12)
        self._say(circuit, _BLO)
        self._start(circuit, 13, now)
        self._alarm(circuit, "T13", "BLO is not answered")

    def _repeat_ubl(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._say(circuit, _UBL)
        self._start(circuit, 14, now)

    def _no_uba(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._stop(circuit, 14)
        self._say(circuit, _UBL)
        self._start(circuit, 15, now)
        self._alarm(circuit, "T15", "UBL is not answered")

    # -- local, for hardware failure -----------------------------------------------------------------------------

    def _hardware_state(self, circuit: Circuit, state: Int, why: str) -> None:
        circuit.hardware = state
        self._changed(circuit, why)

    def _hardware_blocks(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._count("circuits blocked, hardware failure")  # Q.752 12.7
        self._hardware_state(circuit, LocalState.WAIT_BLA, "blocking for hardware failure")
        self._clear_circuit(circuit, False, now)

    def _hardware_unblocks(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._hardware_state(circuit, LocalState.WAIT_UBA, "unblocking for hardware failure")

    def _hardware_blocked(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._hardware_state(circuit, LocalState.BLOCKED, "blocked for hardware failure")

    def _hardware_unblocked(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._leave_hardware(circuit, now)
        self._hardware_state(circuit, LocalState.UNBLOCKED, "unblocked for hardware failure")

    def _hardware_again(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._block_hardware([circuit], now)

    def _hardware_refuses(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._count("calls on blocked circuits")
        self._block_hardware([circuit], now)

    # -- remote --------------------------------------------------------------------------------------------------

    def _receive_blo(self, circuit: Circuit, message: Message, now: int) -> None:
        self._remote_event(circuit, RemoteEvent.BLO, now)
        self._say(circuit, _BLA)
        self._call_event(circuit, CallEvent.REMOTE_BLOCK, None, now)

    def _receive_ubl(self, circuit: Circuit, message: Message, now: int) -> None:
        self._remote_event(circuit, RemoteEvent.UBL, now)
        self._say(circuit, _UBA)

    def _receive_bla(self, circuit: Circuit, message: Message, now: int) -> None:
        self._maintenance_event(circuit, MaintenanceEvent.BLA, now)

    def _receive_uba(self, circuit: Circuit, message: Message, now: int) -> None:
        self._maintenance_event(circuit, MaintenanceEvent.UBA, now)

    def _receive_group_blocking(self, circuit: Circuit, message: Message, now: int) -> None:
        """CGB or CGU. Those of the circuits that are ours are blocked or unblocked, and acknowledged."""
        content = message.get(ParameterCode.RANGE_AND_STATUS) or b"\0"
        kind = self._kind_of(message)
        span = content[0]
        status = int.from_bytes(content[1:], "little") & ((1 << (span + 1)) - 1)
        if (
            span == 0
            or span > self.variant.range_maximum[message.type]
            or len(content) < 2 + span // 8
            or status.bit_count() > self.variant.affected_maximum
            or kind > HARDWARE_KIND
        ):
            self._count("abnormal group messages")
            return
        blocks = message.type == _CGB
        if kind == HARDWARE_KIND:
            event = RemoteEvent.HARDWARE_BLOCK if blocks else RemoteEvent.HARDWARE_UNBLOCK
        else:
            event = RemoteEvent.BLO if blocks else RemoteEvent.UBL
        found = self._in_range(circuit, span, status)
        taken = 0
        for member in found:
            taken |= 1 << (member.cic - circuit.cic)
            self._remote_event(member, event, now)
        parameters = (
            (ParameterCode.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE, bytes((kind,))),
            (ParameterCode.RANGE_AND_STATUS, range_and_status(span, taken)),
        )
        self._send(circuit, self._compose(_CGBA if blocks else _CGUA, parameters))
        if blocks:
            for member in found:
                if kind == HARDWARE_KIND:
                    self._clear_circuit(member, True, now)
                else:
                    self._call_event(member, CallEvent.REMOTE_BLOCK, None, now)

    def _in_range(self, base: Circuit, span: Int, status: Int) -> list[Circuit]:
        """Our circuits among those of a group message; status: a bit for each that it concerns."""
        circuits = base.destination.circuits
        found = []
        offset = 0
        while offset <= span:
            if status >> offset & 1:
                member = circuits.get(base.cic + offset)
                if member is None:
                    self._count("unequipped circuits in groups")
                else:
                    found.append(member)
            offset += 1
        return found

    def _remote_change(self, circuit: Circuit, remote: Int, why: str) -> None:
        if circuit.remote != remote:
            circuit.remote = remote
            self._changed(circuit, why)

    def _remote_blocks(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._remote_change(circuit, circuit.remote | _MAINTENANCE, "blocked by the far end for maintenance")

    def _remote_unblocks(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._remote_change(circuit, circuit.remote & ~_MAINTENANCE, "unblocked by the far end for maintenance")

    def _remote_fails(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._remote_change(circuit, circuit.remote | _HARDWARE, "blocked by the far end for hardware failure")

    def _remote_recovers(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._remote_change(circuit, circuit.remote & ~_HARDWARE, "unblocked by the far end for hardware failure")

    def _remote_forgets(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._remote_change(circuit, 0, "blocking by the far end is over")

    # -- answers that nothing was asked for ----------------------------------------------------------------------

    def _correct(self, circuit: Circuit, asked: Int, kind: Int, content: Octets, now: Int) -> None:
        """§2.8.2.3: the far end acknowledges what we have not, or no longer: it is told how things are."""
        status = int.from_bytes(content[1:], "little")
        blocks = asked == _CGB
        wrong = LocalState.UNBLOCKED if blocks else LocalState.BLOCKED
        members = self._in_range(circuit, min(content[0], 255), status)
        if kind == HARDWARE_KIND:
            found = [c for c in members if c.hardware == wrong]
        else:
            found = [c for c in members if c.maintenance == wrong]
        for run in runs(found, gaps=True):
            group = self._send_group(_CGU if blocks else _CGB, kind, run, now)
            for member in run:
                if kind == HARDWARE_KIND:
                    event = HardwareEvent.GROUP_UNBLOCK if blocks else HardwareEvent.GROUP_BLOCK
                    self._join_hardware(member, group, event, now)
                else:
                    change = MaintenanceEvent.GROUP_UNBLOCK if blocks else MaintenanceEvent.GROUP_BLOCK
                    self._join_maintenance(member, group, change, now)

    # -- circuits that are not there -----------------------------------------------------------------------------

    def _receive_ucic(self, circuit: Circuit, message: Message | None, now: int) -> None:
        """§2.12: the far end has no such circuit. It is not used until a reset, or a call from there, shows otherwise."""
        circuit.unequipped = True
        self._clear_circuit(circuit, True, now)
        self._alarm(circuit, "unequipped", "the far end has no such circuit")
        self._changed(circuit, "not equipped at the far end")
