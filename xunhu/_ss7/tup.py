# cython: annotation_typing=False
"""Telephone user part: ITU-T Q.721 to Q.724 (11/88) and China's GF 001-9001 (08/90), by variant. One object for all circuits of an own
point code, the `CircuitUserPart` of xunhu/_ss7/circuit_primitives.py.

How it works: sans-IO. Messages of service 4 come in by `receive`, requests by their methods, time by `handle_timeout` when
`next_deadline` is reached; `now` is integer nanoseconds of any monotonic clock. What comes out is drained in order. Each circuit has
small machines, one for each fact that stands by itself: its call, blocking, reset and continuity check; a group message that waits for its
answer is one more. What each does on an event is one cell of the tables in tup_call_tables and tup_circuit_tables. A message goes to
reset first, then to a continuity recheck, and if neither is under way to the call. Peer input raises nothing: what is damaged or unknown is
counted, what makes no sense is answered as Q.724 says (unreasonable messages).

A number is complete when ST says so, or when it has `number_length` digits (0: not told by length). China's exchanges send no ST: the owner
then decides by its numbering plan when it has enough, and answers with address complete.

Left out, for an exchange of E1 circuits at the end of the network has no use of them: echo control (the indicators say none), closed user
groups and network capabilities of IAI (kept by the codec, not acted on), interruption control of FDM circuits, transit (the owner may pass
a call on), forward transfer of ours. OPR, MAL and FOT are told to the owner as they come. Timers of the metering charge (MPM) are the owner's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xunhu._ss7.circuit_primitives import CircuitInfo, Output
from xunhu._ss7.mtp_primitives import ManagementIndication, StatusCause, TransferIndication
from xunhu._ss7.tup_call_tables import TRANSITIONS, Event, State
from xunhu._ss7.tup_circuit import (
    CONDITIONS,
    HARDWARE,
    MAINTENANCE,
    Circuit,
    Destination,
)
from xunhu._ss7.tup_circuit_tables import (
    BLOCKING,
    CONTINUITY,
    GROUP,
    RESET,
    Blocking,
    BlockingEvent,
    Continuity,
    ContinuityEvent,
    Group,
    GroupEvent,
    Reset,
    ResetEvent,
)
from xunhu._ss7.tup_incoming import TupIncoming
from xunhu._ss7.tup_tables import Kind
from xunhu._ss7.tup_timers import (
    ANSWER,
    CCR,
    CLEARBACK,
    CLF,
    CONGESTION_DOWN,
    CONGESTION_UP,
    DIGITS,
    GSM,
    T1,
    T2,
    T3,
    T4,
    T5,
    T6,
    T7,
    T8,
    T9,
    T10,
    T11,
    T12,
    T13,
    T14,
    T15,
    T16,
    T18,
    T19,
    T20,
    USER,
)
from xunhu.protocol.errors import LocalError

_IDLE = int(State.IDLE)
_OUT_ANSWERED, _IN_ANSWERED = int(State.OUT_ANSWERED), int(State.IN_ANSWERED)
_IDLED = int(Event.IDLED)
_CLEARING = int(Continuity.CLEARING)
_LAST_CALL_KIND = int(Kind.MAL)
_CCR, _BLOCKING, _RESET, _GROUP, _CONGESTION = (
    int(kind) for kind in (Kind.CCR, Kind.BLOCKING, Kind.RESET, Kind.GROUP, Kind.CONGESTION)
)
_BLOCK_REQUEST, _UNBLOCK_REQUEST = int(BlockingEvent.BLOCK_REQUEST), int(BlockingEvent.UNBLOCK_REQUEST)
_RESET_OTHER, _RESET_BLO, _RSC = int(ResetEvent.OTHER), int(ResetEvent.BLO), int(ResetEvent.RSC)
_RESET_CANCEL, _RESET_T20 = int(ResetEvent.CANCEL), int(ResetEvent.T20)
_RESET_ALERTED = int(Reset.ALERTED)
_CHECK_CANCEL, _CHECK_CCR = int(ContinuityEvent.CANCEL), int(ContinuityEvent.CCR)
_BLO_HEADING = 0x27

_CALL_TIMER = {
    T2: Event.T2,
    T3: Event.T3,
    T4: Event.T4,
    T5: Event.T5,
    T6: Event.T6,
    T7: Event.T7,
    DIGITS: Event.NO_DIGITS,
    ANSWER: Event.NO_ANSWER,
    CLEARBACK: Event.NO_RE_ANSWER,
    GSM: Event.NO_GSM,
    CLF: Event.NO_CLF,
}
_BLOCKING_TIMER = {
    T11: BlockingEvent.T11,
    T12: BlockingEvent.T12,
    T13: BlockingEvent.T13,
    T14: BlockingEvent.T14,
    T15: BlockingEvent.T15,
    T16: BlockingEvent.T16,
}
_RESET_TIMER = {T18: ResetEvent.T18, T19: ResetEvent.T19, T20: ResetEvent.T20}
_CONTINUITY_TIMER = {
    T1: ContinuityEvent.T1,
    T6: ContinuityEvent.T6,
    T7: ContinuityEvent.T7,
    T8: ContinuityEvent.T8,
    T9: ContinuityEvent.T9,
    T10: ContinuityEvent.T10,
    CCR: ContinuityEvent.NO_CCR,
}
# Messages of calls as events of the reset and continuity machines
_RESET_EVENT = [
    int({Kind.RLG: ResetEvent.RLG, Kind.CLF: ResetEvent.CLF}.get(kind, ResetEvent.OTHER)) for kind in Kind
]
_CONTINUITY_EVENT = [
    int(
        {
            Kind.COT: ContinuityEvent.COT,
            Kind.CCF: ContinuityEvent.CCF,
            Kind.CLF: ContinuityEvent.CLF,
            Kind.RLG: ContinuityEvent.RLG,
            Kind.IAM: ContinuityEvent.IAM,
        }.get(kind, ContinuityEvent.OTHER)
    )
    for kind in Kind
]
_MAXIMUM_STEP = 4


class Tup(TupIncoming):
    """See the module's text.

    own: own point code of `bits` bits (14 or 24). variant: "TUP-CHINA", "TUP-ITU", or a row like those. timers_ms: by name of
    tup_timers. st, ask_calling: in the place of the variant's. number_length: of a complete called number that comes in, 0 for any.
    first_call: number of the first call. trace: called after every event with (machine, circuit, state, event, next state, now), for the
    machine "group" with the first CIC in the place of the circuit; it must not call back. LocalError: a value out of its range."""

    def _prepare(self) -> None:
        self._prepare_groups()
        self._kinds = bytes(
            self.variant.rows[heading].kind if heading in self.variant.rows else Kind.NONE for heading in range(256)
        )
        self._call_actions = _CALL_ACTIONS
        self._blocking_actions = _BLOCKING_ACTIONS
        self._reset_actions = _RESET_ACTIONS
        self._continuity_actions = _CONTINUITY_ACTIONS
        self._group_actions = _GROUP_ACTIONS

    # -- messages ------------------------------------------------------------------------------------------------------

    def receive(self, message: TransferIndication, now: int) -> None:
        """A message of service 4; raises nothing."""
        octets = message.octets
        if len(octets) < 2:
            self._count("damaged")
            return
        first = octets[0]
        cic = message.sls & 0xFF | (first & 0x0F) << 8 if self.bits == 24 else message.sls & 0x0F | first << 4
        self._octets = octets
        heading = octets[1]
        self._heading = heading
        kind = self._kinds[heading]
        opc = message.opc
        c = self._by_key.get(opc << 12 | cic)
        if c is not None:
            if not c.destination.user_available:
                self._user_returns(c.destination)
            if 0 < kind <= _LAST_CALL_KIND:
                if c.reset and self._run_reset(c, _RESET_EVENT[kind], now):
                    return
                if c.continuity and self._run_continuity(c, _CONTINUITY_EVENT[kind], now):
                    return
                self._run_call(c, kind, now)
            else:
                self._circuit_message(c, kind, opc, cic, now)
        elif kind == _GROUP:
            self._group_message(opc, cic, now)
        elif kind == _CONGESTION:
            self._congestion_message(opc, now)
        else:
            self._unequipped(opc, cic)

    def _circuit_message(self, c: Circuit, kind: int, opc: int, cic: int, now: int) -> None:
        if kind == _BLOCKING:
            if c.reset and self._heading == _BLO_HEADING and self._run_reset(c, _RESET_BLO, now):
                return
            self._blocking_message(c, now)
        elif kind == _RESET:
            self._run_reset(c, _RSC, now)
        elif kind == _CCR:
            if not (c.reset and self._run_reset(c, _RESET_OTHER, now)):
                self._run_continuity(c, _CHECK_CCR, now)
        elif kind == _GROUP:
            self._group_message(opc, cic, now)
        elif kind == _CONGESTION:
            self._congestion_message(opc, now)
        else:
            self._count("unknown")

    def _unequipped(self, dpc: int, cic: int) -> None:
        """Discarded, for TUP has no message for it; maintenance is told once of each destination that we have, and once of others."""
        self._count("unequipped")
        destination = self._destinations.get(dpc)
        if destination is None:
            first = self.counters["unequipped"] == 1
        else:
            first = not destination.alerted
            destination.alerted = True
        if first:
            subject = f"{self.name} CIC {cic} to {dpc}".strip()
            self._out.append(
                ManagementIndication("warning", "unequipped", subject, "a message for a circuit that is not there; further ones are counted")
            )

    # -- circuits ------------------------------------------------------------------------------------------------------

    def remove_circuit(self, circuit: int) -> None:
        """A call on it ends with ReleaseIndication. LocalError: there is no such circuit."""
        c = self._of_circuit(circuit)
        self._run_reset(c, _RESET_CANCEL, 0)
        self._run_continuity(c, _CHECK_CANCEL, 0)
        self._run_call(c, _IDLED, 0)
        self._stop_mask(c, c.running)
        del self._circuits[circuit]
        del self._by_key[c.key]
        del self._by_index[c.index]
        del c.destination.circuits[c.cic]

    def restore_call(self, circuit: int, incoming: bool, now: int) -> int:
        """Take over an answered call after a restart of control. LocalError: the circuit is not idle."""
        c = self._of_circuit(circuit)
        if c.state != _IDLE or c.reset or c.continuity:
            raise LocalError(f"circuit {circuit} is not idle: {self._state_of(c)}")
        self._begin(c)
        c.told = c.complete = True
        self._enter(c, _IN_ANSWERED if incoming else _OUT_ANSWERED, now)
        return c.call

    def block_request(self, circuits: Sequence[int], now: int, hardware: bool = False) -> None:
        """BLO, or MGB where several are neighbours; HGB for hardware, which ends calls at once. LocalError: no such circuit."""
        condition = HARDWARE if hardware else MAINTENANCE
        for run in self._neighbours(circuits):
            if len(run) == 1 and not hardware:
                self._run_blocking(run[0], _BLOCK_REQUEST, now)
            else:
                self._block_group(run, condition, now)

    def unblock_request(self, circuits: Sequence[int], now: int, hardware: bool = False) -> None:
        """As block_request; circuits that are not blocked are told to be free once more. LocalError: no such circuit."""
        condition = HARDWARE if hardware else MAINTENANCE
        for run in self._neighbours(circuits):
            if len(run) == 1 and not hardware:
                self._run_blocking(run[0], _UNBLOCK_REQUEST, now)
            else:
                self._unblock_group(run, condition, now)

    def reset_request(self, circuits: Sequence[int], now: int) -> None:
        """RSC, or GRS where several are neighbours; calls on them end at once. LocalError: no such circuit."""
        for run in self._neighbours(circuits):
            if len(run) == 1:
                self._reset_circuit(run[0], now)
            else:
                self._reset_group(run, now)

    def circuits(self) -> list[CircuitInfo]:
        return [
            CircuitInfo(
                c.circuit,
                c.dpc,
                c.cic,
                self._state_of(c),
                State(c.state).name,
                c.call or None,
                tuple(word for bit, word in CONDITIONS.items() if c.local & bit),
                tuple(word for bit, word in CONDITIONS.items() if c.remote & bit),
            )
            for c in self._circuits.values()
        ]

    def running_timers(self) -> list[str]:
        """Names of all timers that run; for tests and pictures."""
        return self._running_timers()

    # -- the network below ---------------------------------------------------------------------------------------------

    def pause(self, dpc: int, now: int) -> None:
        """MTP-PAUSE: no new calls there; those that are go on."""
        destination = self._destination(dpc)
        if destination.available:
            destination.available = False
            self._indicate_all(destination, "destination cannot be reached")

    def resume(self, dpc: int, now: int) -> None:
        """MTP-RESUME. Circuits whose reset has found no answer try again at once."""
        destination = self._destinations.get(dpc)
        if destination is None:
            return
        if not (destination.available and destination.user_available):
            destination.available = destination.user_available = True
            self._timers.stop(destination.index, USER)
            self._indicate_all(destination, "destination is reached again")
        for c in destination.circuits.values():
            if c.reset == _RESET_ALERTED:
                self._run_reset(c, _RESET_T20, now)

    def status(self, dpc: int, cause: StatusCause, level: int, now: int) -> None:
        """MTP-STATUS. Congestion: of four calls there, one more is refused with each indication that is not within CONGESTION_UP of the
        last, one less with each CONGESTION_DOWN. User part unavailable: no new calls until a message of it comes, or USER is over."""
        destination = self._destinations.get(dpc)
        if destination is None:
            return
        if cause == StatusCause.CONGESTED:
            self._congested(destination, 1, now)
        else:
            if destination.user_available:
                destination.user_available = False
                self._indicate_all(destination, "no user part at the destination")
            self._timers.start(destination.index, USER, now + self._ns[USER])

    def _user_returns(self, destination: Destination) -> None:
        destination.user_available = True
        self._timers.stop(destination.index, USER)
        self._indicate_all(destination, "the user part at the destination is back")

    def _indicate_all(self, destination: Destination, why: str) -> None:
        for c in destination.circuits.values():
            self._indicate(c, why)

    def _congested(self, destination: Destination, steps: int, now: int) -> None:
        if not destination.hold:
            destination.hold = True
            destination.step = min(destination.step + steps, _MAXIMUM_STEP)
            self._timers.start(destination.index, CONGESTION_UP, now + self._ns[CONGESTION_UP])
        self._timers.start(destination.index, CONGESTION_DOWN, now + self._ns[CONGESTION_DOWN])

    def _congestion_message(self, dpc: int, now: int) -> None:
        """ACC: level 1 or 2 of the exchange there."""
        destination = self._destinations.get(dpc)
        level = self._octets[2] & 3 if len(self._octets) > 2 else 0
        if destination is not None and level in (1, 2):
            self._congested(destination, level, now)
        else:
            self._count("discarded")

    def _destination_timeout(self, index: int, timer: int, now: int) -> None:
        destination = next((d for d in self._destinations.values() if d.index == index), None)
        if destination is None:
            return
        if timer == USER:
            self._user_returns(destination)
        elif timer == CONGESTION_UP:
            destination.hold = False
        else:
            destination.step -= 1
            if destination.step > 0:
                self._timers.start(index, CONGESTION_DOWN, now + self._ns[CONGESTION_DOWN])

    # -- time and output -----------------------------------------------------------------------------------------------

    def handle_timeout(self, now: int) -> None:
        """To be called when next_deadline is reached; earlier does nothing."""
        while True:
            found = self._timers.expired(now)
            if found is None:
                return
            index, timer = found
            c = self._by_index.get(index)
            if c is not None:
                c.running &= ~(1 << timer)
                self._circuit_timeout(c, timer, now)
            elif index in self._operations:
                self._group_timeout(self._operations[index], timer, now)
            else:
                self._destination_timeout(index, timer, now)

    def _circuit_timeout(self, c: Circuit, timer: int, now: int) -> None:
        event = _CALL_TIMER.get(timer)
        if event is not None and c.continuity != _CLEARING:
            self._run_call(c, int(event), now)
        elif timer in _BLOCKING_TIMER:
            self._run_blocking(c, int(_BLOCKING_TIMER[timer]), now)
        elif timer in _RESET_TIMER:
            self._run_reset(c, int(_RESET_TIMER[timer]), now)
        else:
            self._run_continuity(c, int(_CONTINUITY_TIMER[timer]), now)

    def drain(self) -> list[Output]:
        """All that has come out since the last call, in order."""
        out = self._out
        self._out = []
        return out


def _cells(rows: Sequence[Any], states: Any, events: Any) -> list[Any]:
    """[state * places + event]: the action; events may begin at 1. KeyError at import if a cell is missing."""
    cells = {(int(row.state), int(row.event)): row.action for row in rows}
    first = min(int(event) for event in events)
    return [
        getattr(Tup, "_ignore" if event < first else "_" + cells[int(state), event])
        for state in states
        for event in range(max(int(event) for event in events) + 1)
    ]


_CALL_ACTIONS = _cells(TRANSITIONS, State, Event)
_BLOCKING_ACTIONS = _cells(BLOCKING, Blocking, BlockingEvent)
_RESET_ACTIONS = _cells(RESET, Reset, ResetEvent)
_CONTINUITY_ACTIONS = _cells(CONTINUITY, Continuity, ContinuityEvent)
_GROUP_ACTIONS = _cells(GROUP, Group, GroupEvent)
