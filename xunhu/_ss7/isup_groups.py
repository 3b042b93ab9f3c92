# cython: annotation_typing=False
"""Group messages of ITU-T Q.764 (12/99) §2.8.2.2, §2.8.3 and §2.9.3.2, sending side: building them, repeating them, their answers.

A group message concerns up to 32 circuits of one destination within a range of CICs. For each one sent there is a `Group` until it is
answered. A circuit belongs to at most one of each sort, the newest: of one whose circuits have all gone to newer ones nothing is awaited
any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from xunhu._ss7.isup_base import CIC_BITS, Int, IsupBase, Octets
from xunhu._ss7.isup_circuit import Circuit, Group
from xunhu._ss7.isup_circuit_tables import (
    GroupEvent,
    GroupState,
    HardwareEvent,
    MaintenanceEvent,
    RemoteEvent,
    ResetEvent,
)
from xunhu._ss7.isup_codec import Message
from xunhu._ss7.isup_names import MessageType, ParameterCode

MAXIMUM_SPAN = 31  # Q.763 §3.43: the largest range that holds 32 circuits
MAINTENANCE_KIND, HARDWARE_KIND = 0, 1  # Q.763 §3.13

_CGB, _CGU, _GRS, _CQM = MessageType.CGB, MessageType.CGU, MessageType.GRS, MessageType.CQM
_ANSWERS: dict[int, int] = {MessageType.CGBA: _CGB, MessageType.CGUA: _CGU, MessageType.GRA: _GRS, MessageType.CQR: _CQM}
_TIMERS: dict[int, tuple[int, int]] = {_CGB: (18, 19), _CGU: (20, 21), _GRS: (22, 23), _CQM: (28, 0)}
_RANGE = ParameterCode.RANGE_AND_STATUS
_KIND = ParameterCode.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE


def range_and_status(span: int, status: int | None) -> bytes:
    """Q.763 §3.43. status: a bit for each circuit, the lowest CIC's lowest; None: without."""
    if status is None:
        return bytes((span,))
    return bytes((span,)) + status.to_bytes(span // 8 + 1, "little")


def runs(circuits: Iterable[Circuit], gaps: bool) -> list[list[Circuit]]:
    """Circuits as groups that one message holds each, in the order of CICs. gaps: there may be others between them."""
    out: list[list[Circuit]] = []
    for circuit in sorted(circuits, key=lambda c: (c.dpc, c.cic)):
        run = out[len(out) - 1] if out else None
        if (
            run is None
            or run[0].dpc != circuit.dpc
            or circuit.cic - run[0].cic > MAXIMUM_SPAN
            or (not gaps and circuit.cic != run[len(run) - 1].cic + 1)
        ):
            out.append([circuit])
        else:
            run.append(circuit)
    return out


class Groups(IsupBase):
    """Group messages sent, and their answers."""

    def _init_groups(self) -> None:
        self._groups: dict[tuple[int, int, int], Group] = {}  # (message, kind, dpc << 12 | cic)

    def _all(self, numbers: Sequence[int]) -> list[Circuit]:
        """Circuits by the owner's numbers, each once. LocalError: one that is not known."""
        return [self._circuit(number) for number in dict.fromkeys(numbers)]

    # -- sending -------------------------------------------------------------------------------------------------

    def _send_group(self, message: Int, kind: Int, circuits: list[Circuit], now: Int) -> Group:
        """circuits: one or more of one destination, in the order of CICs, within MAXIMUM_SPAN."""
        base = circuits[0]
        span = circuits[len(circuits) - 1].cic - base.cic or 1  # range 0 is reserved: a neighbour comes in, its status bit is 0
        parameters: list[tuple[int, bytes]]
        if message in (_CGB, _CGU):
            status = sum(1 << (circuit.cic - base.cic) for circuit in circuits)
            parameters = [(_KIND, bytes((kind,))), (_RANGE, range_and_status(span, status))]
        else:
            parameters = [(_RANGE, range_and_status(span, None))]
        body = self._compose(message, parameters)
        key = (message, kind, base.dpc << CIC_BITS | base.cic)
        old = self._groups.get(key)
        self._last_index += 1
        group = Group(self._last_index, message, kind, base, circuits, span, body)
        rest: list[Circuit] = []
        if old is not None:
            rest = [circuit for circuit in old.circuits if self._waits_for(circuit, old) and circuit not in circuits]
            self._group_event(old, GroupEvent.VOID, None, now)
        self._groups[key] = group
        self._owners[group.index] = group
        self._send(base, body)
        for timer in _TIMERS[message]:
            if timer:
                self._start_group(group, timer, now)
        if rest:  # an answer names only the first circuit: what the older message asked for beside this is asked for again
            again = self._send_group(message, kind, rest, now)
            for circuit in rest:
                self._point(circuit, again)
        return group

    def _waits_for(self, circuit: Circuit, group: Group) -> bool:
        return group in (circuit.maintenance_group, circuit.hardware_group, circuit.reset_group)

    def _point(self, circuit: Circuit, group: Group) -> None:
        """Let a circuit that waits for the answer to an older message wait for this one's."""
        if group.message == _GRS:
            circuit.reset_group = group
        elif group.kind == HARDWARE_KIND:
            circuit.hardware_group = group
        else:
            circuit.maintenance_group = group

    def _start_group(self, group: Group, timer: Int, now: Int) -> None:
        group.timers |= 1 << timer
        self._timers.start(group.index, timer, now + self._ns[timer])

    def _group_event(self, group: Group, event: Int, arg: Any, now: Int) -> None:
        before = group.state
        _group_cells[before * _GROUP_EVENTS + event](self, group, arg, now)
        if self.trace is not None:
            self.trace("group", group.base.number, before, event, group.state, now)

    def _repeat_group(self, group: Group, arg: Any, now: int) -> None:
        if group.message == _CQM:  # §2.8.3: not repeated
            self._note("warning", "T28", self._subject(group.base), "CQM is not answered")
            self._end_group(group, None, now)
            return
        self._send(group.base, group.body)
        self._start_group(group, _TIMERS[group.message][0], now)

    def _no_group_answer(self, group: Group, arg: Any, now: int) -> None:
        """Table A.1: sent again, maintenance told; from now on by the long timer alone."""
        short, long = _TIMERS[group.message]
        group.state = GroupState.WAIT_LONG
        self._timers.stop(group.index, short)
        self._send(group.base, group.body)
        self._start_group(group, long, now)
        group.alarmed = True
        self._alarm(group.base, f"T{long}", f"{MessageType(group.message).name} of {group.span + 1} circuits is not answered")

    def _end_group(self, group: Group, arg: Any, now: int) -> None:
        group.state = GroupState.OVER
        for timer in _TIMERS[group.message]:
            if timer:
                self._timers.stop(group.index, timer)
        key = (group.message, group.kind, group.base.dpc << CIC_BITS | group.base.cic)
        if self._groups.get(key) is group:
            del self._groups[key]
        del self._owners[group.index]
        if group.alarmed:
            self._well(group.base, f"T{_TIMERS[group.message][1]}")

    # -- membership ----------------------------------------------------------------------------------------------

    def _left(self, group: Group, now: Int) -> None:
        """A circuit of the group waits for something newer."""
        group.pending -= 1
        if group.pending == 0 and group.state != GroupState.OVER:
            self._group_event(group, GroupEvent.VOID, None, now)

    def _leave_maintenance(self, circuit: Circuit, now: Int) -> None:
        group = circuit.maintenance_group
        if group is not None:
            circuit.maintenance_group = None
            self._left(group, now)

    def _leave_hardware(self, circuit: Circuit, now: Int) -> None:
        group = circuit.hardware_group
        if group is not None:
            circuit.hardware_group = None
            self._left(group, now)

    def _leave_reset(self, circuit: Circuit, now: Int) -> None:
        group = circuit.reset_group
        if group is not None:
            circuit.reset_group = None
            self._left(group, now)

    def _leave_groups(self, circuit: Circuit) -> None:
        self._leave_maintenance(circuit, 0)
        self._leave_hardware(circuit, 0)
        self._leave_reset(circuit, 0)
        # a group message that has its CIC cannot be answered any more: its other circuits go on as if it had been
        for group in [group for group in self._groups.values() if group.base is circuit]:
            members = [member for member in group.circuits if self._waits_for(member, group)]
            self._group_event(group, GroupEvent.VOID, None, 0)
            for member in members:
                self._without_answer(member, group)

    def _without_answer(self, circuit: Circuit, group: Group) -> None:
        if group.message == _GRS:
            circuit.reset_group = None
            self._reset_event(circuit, ResetEvent.GRA, None, 0)
        elif group.kind == HARDWARE_KIND:
            circuit.hardware_group = None
            self._hardware_event(circuit, HardwareEvent.CGBA if group.message == _CGB else HardwareEvent.CGUA, 0)
        else:
            circuit.maintenance_group = None
            self._maintenance_event(circuit, MaintenanceEvent.CGBA if group.message == _CGB else MaintenanceEvent.CGUA, 0)

    # -- answers -------------------------------------------------------------------------------------------------

    def _group_answer(self, circuit: Circuit, message: Message, now: Int) -> None:
        """CGBA, CGUA, GRA or CQR."""
        asked = _ANSWERS[message.type]
        kind = self._kind_of(message)
        content = message.get(_RANGE) or b""
        group = self._groups.get((asked, kind, circuit.dpc << CIC_BITS | circuit.cic))
        if not content or kind > HARDWARE_KIND:
            self._count("abnormal group messages")
        elif group is None:
            self._count(f"unexpected {MessageType(message.type).name}")  # Q.752 12.12, 12.13
            if asked in (_CGB, _CGU):
                self._correct(circuit, asked, kind, content, now)
        elif content[0] != group.span:
            self._note(
                "warning",
                f"abnormal {MessageType(message.type).name}",
                self._subject(circuit),
                f"range {content[0]}, {group.span} was asked for",
            )
        elif asked != _GRS and len(content) < 1 + (group.span // 8 + 1) * (asked != _CQM):
            self._count("abnormal group messages")
        else:
            self._group_event(group, GroupEvent.ANSWER, message, now)

    def _kind_of(self, message: Message) -> int:
        """Q.763 §3.13, bits 1 and 2: 0 maintenance, 1 hardware failure."""
        content = message.get(_KIND)
        return content[0] & 3 if content else MAINTENANCE_KIND

    def _group_answered(self, group: Group, message: Message, now: int) -> None:
        self._end_group(group, None, now)
        content = message.get(_RANGE) or b"\0"
        status = int.from_bytes(content[1:], "little")
        if group.message == _GRS:
            self._answered_reset(group, status, now)
        elif group.message == _CQM:
            self._answered_query(group, message.get(ParameterCode.CIRCUIT_STATE_INDICATOR) or b"", now)
        else:
            self._answered_blocking(group, status, now)

    def _answered_blocking(self, group: Group, status: Int, now: Int) -> None:
        """§2.8.2.2. What is not acknowledged is reported and counts as done: we block what we said we block."""
        blocks = group.message == _CGB
        asked = 0
        for circuit in group.circuits:
            bit = 1 << (circuit.cic - group.base.cic)
            asked |= bit
            if not status & bit:
                name = "CGBA" if blocks else "CGUA"
                self._note("warning", f"circuit missing in {name}", self._subject(circuit), f"not in the {name}")
            if group.kind == HARDWARE_KIND:
                if circuit.hardware_group is group:
                    circuit.hardware_group = None
                    self._hardware_event(circuit, HardwareEvent.CGBA if blocks else HardwareEvent.CGUA, now)
            elif circuit.maintenance_group is group:
                circuit.maintenance_group = None
                self._maintenance_event(circuit, MaintenanceEvent.CGBA if blocks else MaintenanceEvent.CGUA, now)
        if status & ~asked:
            self._count("abnormal CGBA" if blocks else "abnormal CGUA")

    def _answered_reset(self, group: Group, status: Int, now: Int) -> None:
        """§2.9.3.2: the circuits are idle; status bits say which the peer has blocked for maintenance."""
        done = []
        for circuit in group.circuits:
            if circuit.reset_group is group:
                circuit.reset_group = None
                done.append(circuit)
                self._reset_event(circuit, ResetEvent.GRA, None, now)
                if status >> (circuit.cic - group.base.cic) & 1:
                    self._remote_event(circuit, RemoteEvent.BLO, now)
        self._block_again(done, now)

    def _answered_query(self, group: Group, states: Octets, now: Int) -> None:
        raise NotImplementedError

    def _block_again(self, circuits: list[Circuit], now: Int) -> None:
        raise NotImplementedError

    def _correct(self, circuit: Circuit, asked: Int, kind: Int, content: Octets, now: Int) -> None:
        raise NotImplementedError

    # -- machines of circuits that groups speak to ---------------------------------------------------------------

    def _maintenance_event(self, circuit: Circuit, event: Int, now: Int) -> None:
        before = circuit.maintenance
        _maintenance_cells[before * _MAINTENANCE_EVENTS + event](self, circuit, None, now)
        if self.trace is not None:
            self.trace("maintenance", circuit.number, before, event, circuit.maintenance, now)

    def _hardware_event(self, circuit: Circuit, event: Int, now: Int) -> None:
        before = circuit.hardware
        _hardware_cells[before * _HARDWARE_EVENTS + event](self, circuit, None, now)
        if self.trace is not None:
            self.trace("hardware", circuit.number, before, event, circuit.hardware, now)

    def _remote_event(self, circuit: Circuit, event: Int, now: Int) -> None:
        before = circuit.remote
        _remote_cells[before * _REMOTE_EVENTS + event](self, circuit, None, now)
        if self.trace is not None:
            self.trace("remote", circuit.number, before, event, circuit.remote, now)

    def _reset_event(self, circuit: Circuit, event: Int, arg: Any, now: Int) -> None:
        before = circuit.reset
        _reset_cells[before * _RESET_EVENTS + event](self, circuit, arg, now)
        if self.trace is not None:
            self.trace("reset", circuit.number, before, event, circuit.reset, now)


_GROUP_EVENTS = len(GroupEvent)
_MAINTENANCE_EVENTS = len(MaintenanceEvent)
_HARDWARE_EVENTS = len(HardwareEvent)
_REMOTE_EVENTS = len(RemoteEvent)
_RESET_EVENTS = len(ResetEvent)

# The tables' cells as functions, filled by isup.py when the class is whole.
_group_cells: list[Any] = []
_maintenance_cells: list[Any] = []
_hardware_cells: list[Any] = []
_remote_cells: list[Any] = []
_reset_cells: list[Any] = []
