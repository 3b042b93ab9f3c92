# cython: annotation_typing=False
"""Circuit group messages (ITU-T Q.724 (11/88), circuit group supervision; Q.723 §3.10): blocking for maintenance (MGB, MGU), hardware
failure (HGB, HGU) and software (SGB, SGU), and group reset (GRS, GRA).

A message speaks of the circuit of its label and of `range` circuits behind it. Its answer has the same label and range, and a status bit
for each circuit that is taken; circuits we do not have are not. Blocking for hardware failure ends calls at once on both sides, without
further messages; the others leave them. A circuit may be blocked for several reasons, each of which ends by itself. Range 0, a
group agreed on bilaterally, is not known here: such messages are discarded and counted.

Ours: neighbouring circuits of a destination go into one message, at most 32. An answer that leaves circuits out is told to maintenance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from xunhu._ss7.mtp_primitives import TransferRequest
from xunhu._ss7.tup_blocking import TupBlocking
from xunhu._ss7.tup_call_tables import Event
from xunhu._ss7.tup_circuit import GROUP_EVENTS, HARDWARE, MAINTENANCE, SERVICE, SOFTWARE, Circuit, Destination, Int
from xunhu._ss7.tup_circuit_tables import ContinuityEvent, Group, GroupEvent, ResetEvent
from xunhu._ss7.tup_codec import label, read_group, write_group
from xunhu._ss7.tup_tables import (
    GRA,
    GRS,
    HBA,
    HGB,
    HGU,
    HUA,
    MBA,
    MGB,
    MGU,
    MUA,
    SBA,
    SGB,
    SGU,
    SUA,
)
from xunhu._ss7.tup_timers import NAMES, T21, T22, T23
from xunhu.protocol.errors import RemoteError

LARGEST_GROUP = 32  # circuits in a message of ours


class GroupRow(NamedTuple):
    """heading: of the request; answer: heading of what answers it; condition: blocking condition, 0 for reset; on: blocks."""

    heading: int
    answer: int
    condition: int
    on: bool


_ROWS = (
    GroupRow(MGB, MBA, MAINTENANCE, True),
    GroupRow(MGU, MUA, MAINTENANCE, False),
    GroupRow(HGB, HBA, HARDWARE, True),
    GroupRow(HGU, HUA, HARDWARE, False),
    GroupRow(SGB, SBA, SOFTWARE, True),
    GroupRow(SGU, SUA, SOFTWARE, False),
    GroupRow(GRS, GRA, 0, True),
)
BY_HEADING = {row.heading: row for row in _ROWS}
_BY_ANSWER = {row.answer: row for row in _ROWS}
_BLOCK = {row.condition: row for row in _ROWS if row.on}
_UNBLOCK = {row.condition: row for row in _ROWS if not row.on}
_RESET = BY_HEADING[GRS]

_WAIT, _ALERTED, _ENDED = (int(state) for state in Group)
_ANSWERED = int(GroupEvent.ANSWER)
_EVENT_OF = {T21: int(GroupEvent.T21), T22: int(GroupEvent.T22), T23: int(GroupEvent.T23)}
_HARDWARE_BLOCKED, _IDLED = int(Event.HARDWARE_BLOCKED), int(Event.IDLED)
_CANCEL_RESET, _GROUP_RESET = int(ResetEvent.CANCEL), int(ResetEvent.GROUP)
_CANCEL_CHECK = int(ContinuityEvent.CANCEL)


class GroupOperation:
    """A group message of ours that waits for its answer. circuits: by place in the range, those it speaks of."""

    def __init__(self, index: int, row: GroupRow, destination: Destination, first: int, circuits: dict[int, Circuit]) -> None:
        self.index = index
        self.row = row
        self.destination = destination
        self.first = first  # CIC
        self.range = max(1, *circuits)
        self.circuits = circuits
        self.status = sum(1 << place for place in circuits)
        self.state = 0
        self.answer = 0  # status bits of the answer at hand


class TupGroups(TupBlocking):
    """See `tup.Tup`."""

    def _prepare_groups(self) -> None:
        self._operations: dict[int, GroupOperation] = {}  # by index
        self._operation_keys: dict[tuple[int, int, int], GroupOperation] = {}  # dpc, first CIC, condition

    # -- ours ------------------------------------------------------------------------------------------------------

    def _neighbours(self, circuits: Sequence[int]) -> list[list[Circuit]]:
        """In runs of circuits with neighbouring codes to one destination. LocalError: one of them is not there."""
        runs: list[list[Circuit]] = []
        run: list[Circuit] = []
        last: Circuit | None = None
        for c in sorted({n: self._of_circuit(n) for n in circuits}.values(), key=_place):
            if last is not None and last.dpc == c.dpc and last.cic + 1 == c.cic and len(run) < LARGEST_GROUP:
                run.append(c)
            else:
                run = [c]
                runs.append(run)
            last = c
        return runs

    def _begin_group(self, row: GroupRow, circuits: Sequence[Circuit], now: int) -> None:
        """circuits: of one destination, in the order of their codes."""
        first = circuits[0]
        key = (first.dpc, first.cic, row.condition)
        older = self._operation_keys.get(key)
        if older is not None:
            self._drop_operation(older)
        by_place = {c.cic - first.cic: c for c in circuits}
        operation = GroupOperation(self._new_index(), row, first.destination, first.cic, by_place)
        self._operations[operation.index] = operation
        self._operation_keys[key] = operation
        self._send_group(operation)
        self._timers.start(operation.index, T21, now + self._ns[T21])
        self._timers.start(operation.index, T22, now + self._ns[T22])

    def _send_group(self, operation: GroupOperation) -> None:
        sls, head = label(operation.first, self.bits)
        row = operation.row
        octets = head + write_group(row.heading, operation.range, operation.status, row.condition != 0)
        self._out.append(TransferRequest(SERVICE, self.own, operation.destination.dpc, sls, 0, octets))

    def _drop_operation(self, operation: GroupOperation) -> None:
        operation.state = _ENDED
        for c in operation.circuits.values():
            self._alarm_over(c, "group")
        for timer in (T21, T22, T23):
            self._timers.stop(operation.index, timer)
        del self._operations[operation.index]
        del self._operation_keys[operation.destination.dpc, operation.first, operation.row.condition]

    def _run_group(self, operation: GroupOperation, event: int, now: int) -> None:
        state = operation.state
        self._group_actions[state * GROUP_EVENTS + event](self, operation, now)
        if self.trace is not None:
            self.trace("group", operation.first, state, event, operation.state, now)

    def _group_timeout(self, operation: GroupOperation, timer: int, now: int) -> None:
        self._run_group(operation, _EVENT_OF[timer], now)

    def _still_meant(self, operation: GroupOperation) -> bool:
        """Circuits about which the owner has said the opposite since are left out; False: none remains, the record is gone."""
        row = operation.row
        if row.condition:
            for place, c in list(operation.circuits.items()):
                if bool(c.wanted & row.condition) != row.on or self._circuits.get(c.circuit) is not c:
                    del operation.circuits[place]
                    self._alarm_over(c, "group")
                    operation.status &= ~(1 << place)
            if not operation.circuits:
                self._drop_operation(operation)
                return False
        return True

    def _repeat_group(self, operation: GroupOperation, now: int) -> None:
        if self._still_meant(operation):
            self._send_group(operation)
            self._timers.start(operation.index, T21, now + self._ns[T21])

    def _group_unanswered(self, operation: GroupOperation, now: int) -> None:
        if not self._still_meant(operation):
            return
        operation.state = _ALERTED
        self._timers.stop(operation.index, T21)
        self._timers.start(operation.index, T23, now + self._ns[T23])
        self._alarm(next(iter(operation.circuits.values())), "group", "no answer to a circuit group message for a minute")
        self._send_group(operation)

    def _repeat_group_slowly(self, operation: GroupOperation, now: int) -> None:
        if self._still_meant(operation):
            self._send_group(operation)
            self._timers.start(operation.index, T23, now + self._ns[T23])

    def _group_answered(self, operation: GroupOperation, now: int) -> None:
        self._drop_operation(operation)
        row = operation.row
        missing = operation.status & ~operation.answer
        again = []
        for place, c in operation.circuits.items():
            if self._circuits.get(c.circuit) is not c:
                continue  # taken away meanwhile
            if row.condition == 0:
                self._run_reset(c, _CANCEL_RESET, now)
                c.remote = MAINTENANCE if operation.answer >> place & 1 else 0
                if c.wanted & MAINTENANCE:
                    again.append(c)
                self._indicate(c, "reset")
            elif not missing >> place & 1:
                if not row.on and not c.wanted & row.condition:
                    c.local &= ~row.condition
                self._indicate(c, "blocking acknowledged" if row.on else "unblocking acknowledged")
        if row.condition and missing:
            self._warn(next(iter(operation.circuits.values())), "group", f"the answer leaves out {missing.bit_count()} circuits")
        self._block_again(again, now)

    def _block_again(self, circuits: Sequence[Circuit], now: int) -> None:
        """What the other side has forgotten with a reset."""
        for condition in (MAINTENANCE, HARDWARE, SOFTWARE):
            wanted = [c.circuit for c in circuits if c.wanted & condition and c.blocking == 0]
            for run in self._neighbours(wanted):
                self._begin_group(_BLOCK[condition], run, now)

    def _block_group(self, circuits: Sequence[Circuit], condition: int, now: int) -> None:
        for c in circuits:
            if condition == MAINTENANCE:
                self._stop_blocking(c)
            c.wanted |= condition
            if not c.local & condition:
                c.local |= condition
                self._indicate(c, "blocked by us")
            if condition == HARDWARE:
                self._idle_at_once(c, _HARDWARE_BLOCKED, now)
        self._begin_group(_BLOCK[condition], circuits, now)

    def _unblock_group(self, circuits: Sequence[Circuit], condition: int, now: int) -> None:
        for c in circuits:
            c.wanted &= ~condition
            if condition == MAINTENANCE:
                self._stop_blocking(c)
        self._begin_group(_UNBLOCK[condition], circuits, now)

    def _reset_group(self, circuits: Sequence[Circuit], now: int) -> None:
        for c in circuits:
            self._idle_at_once(c, _IDLED, now)
            self._run_reset(c, _GROUP_RESET, now)
        self._begin_group(_RESET, circuits, now)

    def _running_timers(self) -> list[str]:
        indexes = [*(c.index for c in self._circuits.values()), *self._operations]
        indexes += [destination.index for destination in self._destinations.values()]
        return [NAMES[timer] for index in indexes for timer in self._timers.names(index)]

    def _idle_at_once(self, c: Circuit, event: Int, now: int) -> None:
        """Both sides take the circuit as idle without a further message."""
        self._run_continuity(c, _CANCEL_CHECK, now)
        self._run_call(c, event, now)

    # -- the peer's ------------------------------------------------------------------------------------------------

    def _group_message(self, dpc: int, cic: int, now: int) -> None:
        destination = self._destinations.get(dpc)
        circuits = {} if destination is None else destination.circuits
        heading = self._heading
        row = BY_HEADING.get(heading)
        try:
            message = read_group(self._octets, 2, heading, heading != GRS)
        except RemoteError:
            self._count("damaged")
            return
        there = {place: circuits[cic + place] for place in range(message.range + 1) if cic + place in circuits}
        if not there or destination is None:
            self._count("unequipped")
            return
        if row is None:
            self._group_answer(dpc, cic, message.range, message.status, now)
        elif row.condition:
            self._take_group(row, destination, cic, message.range, message.status, there, now)
        else:
            self._take_group_reset(destination, cic, message.range, there, now)

    def _answer_group(self, destination: Destination, cic: int, heading: int, circuits: int, status: int) -> None:
        sls, head = label(cic, self.bits)
        octets = head + write_group(heading, circuits, status, True)
        self._out.append(TransferRequest(SERVICE, self.own, destination.dpc, sls, 0, octets))

    def _take_group(
        self, row: GroupRow, destination: Destination, cic: int, size: int, status: int, there: dict[int, Circuit], now: int
    ) -> None:
        taken = sum(1 << place for place in there if status >> place & 1)
        self._answer_group(destination, cic, row.answer, size, taken)
        for place, c in there.items():
            if taken >> place & 1:
                if row.on and row.condition == HARDWARE:
                    self._idle_at_once(c, _HARDWARE_BLOCKED, now)
                self._set_remote(c, row.condition, row.on, now)

    def _take_group_reset(self, destination: Destination, cic: int, size: int, there: dict[int, Circuit], now: int) -> None:
        status = 0
        for place, c in there.items():
            self._run_reset(c, _CANCEL_RESET, now)
            self._idle_at_once(c, _IDLED, now)
            if c.wanted & MAINTENANCE:
                status |= 1 << place
            c.remote = 0
            self._indicate(c, "reset by the other side")
        self._answer_group(destination, cic, GRA, size, status)
        # what GRA cannot say
        self._block_again([c for c in there.values() if c.wanted & (HARDWARE | SOFTWARE)], now)

    def _group_answer(self, dpc: int, cic: int, size: int, status: int, now: int) -> None:
        row = _BY_ANSWER[self._heading]
        operation = self._operation_keys.get((dpc, cic, row.condition))
        if operation is None or operation.row is not row or operation.range != size:
            self._count("discarded")
            return
        operation.answer = status
        self._run_group(operation, _ANSWERED, now)


def _place(c: Circuit) -> tuple[int, int]:
    return c.dpc, c.cic
