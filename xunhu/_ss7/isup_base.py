# cython: annotation_typing=False
"""What all procedures of the ISDN user part stand on: circuits, output, timers, the machines' tables, the end of a call. See `isup.Isup`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

import cython

from xunhu._ss7.circuit_primitives import Cause, CircuitIndication, ReleaseIndication
from xunhu._ss7.isup_call_tables import STATE_TIMERS, CallEvent, CallState, SuspensionEvent
from xunhu._ss7.isup_circuit import Circuit, Destination
from xunhu._ss7.isup_circuit_tables import CheckEvent, DestinationState
from xunhu._ss7.isup_codec import encode
from xunhu._ss7.isup_names import MessageType
from xunhu._ss7.isup_timers import CALL_TIMERS, NAMES
from xunhu._ss7.isup_variants import VARIANTS, Variant
from xunhu._ss7.mtp_primitives import ManagementIndication, TransferRequest
from xunhu.protocol.errors import LocalError
from xunhu.protocol.timer_queue import TimerQueue
from xunhu.protocol.timers import with_values

if not cython.compiled:  # else the C form in isup_base.pxd

    def transfer_request(opc: int, dpc: int, sls: int, octets: bytes) -> TransferRequest:
        return TransferRequest(SERVICE, opc, dpc, sls, 0, octets)

    def release_indication(call: int, circuit: int, cause: Cause, by_peer: bool, again: bool) -> ReleaseIndication:
        return ReleaseIndication(call, circuit, cause, by_peer, again)


SERVICE = 5  # service indicator of the ISDN user part, Q.704 §14.2.1
CIC_BITS = 12
CICS = 1 << CIC_BITS
_CICS = CICS

# Names for types in signatures that isup_base.pxd declares: there they are C methods with untyped arguments.
Int: TypeAlias = int
Text: TypeAlias = str
Flag: TypeAlias = bool
Octets: TypeAlias = bytes

# machine, circuit or other identity, state, event, next state, now
Trace = Callable[[str, int, int, int, int, int], None]

_bits: list[int] = [1 << timer for timer in range(64)]  # 1 << timer is no 64-bit integer in C
_IDLE = int(CallState.IDLE)
_state_timers: list[int] = [STATE_TIMERS[state] for state in CallState]
_CALL_TIMERS = CALL_TIMERS
_PAUSED = int(DestinationState.PAUSED)
_CLEAR = int(CallEvent.CLEAR)
_END = int(CheckEvent.END)
_RELEASE = int(SuspensionEvent.RELEASE)
_CALL_EVENTS = 45
_CHECK_EVENTS = 17
_SUSPENSION_EVENTS = 5
_RLC = int(MessageType.RLC)

ICC_LAST = 6  # states of the call machine up to this one are of incoming calls


class IsupBase:
    """Circuits, output, timers, dispatch."""

    def __init__(
        self,
        own: int,
        variant: Variant | str,
        *,
        controls: str,
        timers_ms: Mapping[str, int] | None,
        name: str,
        trace: Trace | None,
        first_call: int,
    ) -> None:
        if isinstance(variant, str):
            if variant not in VARIANTS:
                raise LocalError(f"variant {variant!r} is not known; known: {', '.join(VARIANTS)}")
            variant = VARIANTS[variant]
        if controls not in ("by-point-code", "all", "none"):
            raise LocalError(f"controls {controls!r} is none of by-point-code, all, none")
        self.own = own
        self.variant = variant
        self.name = name
        self.trace = trace
        self.counters: dict[str, int] = {}
        self.sent = 0  # messages, Q.752 11.1
        self.received = 0  # Q.752 11.2
        try:
            values = with_values(variant.timers, timers_ms or {})
        except ValueError as why:
            raise LocalError(str(why)) from None
        self._ns: list[int] = [0] + [values[timer] * 1_000_000 for timer in NAMES[1:]]
        self._controls = controls
        self._out: list[Any] = []
        self._timers = TimerQueue()
        self._by_key: dict[int, Circuit] = {}  # dpc << 12 | cic
        self._by_number: dict[int, Circuit] = {}
        self._calls: dict[int, Circuit] = {}
        self._destinations: dict[int, Destination] = {}
        self._paused: set[int] = set()  # destinations that cannot be reached, with circuits or without
        self._owners: dict[int, Any] = {}  # by index in the timer queue: Circuit, Destination, Group
        self._last_index = 0
        self._last_call = first_call - 1
        self._bodies: dict[tuple[int, tuple[tuple[int, bytes], ...]], bytes] = {}
        self._rlc_body = self._body(_RLC, ())

    # -- circuits ------------------------------------------------------------------------------------------------

    def add_circuit(self, circuit: int, dpc: int, cic: int) -> None:
        """LocalError: the number or the circuit is there already, or the CIC is out of 0 to 4095."""
        key = dpc << CIC_BITS | cic
        if not 0 <= cic < CICS:
            raise LocalError(f"CIC {cic} is out of 0 to {CICS - 1}")
        if circuit in self._by_number:
            raise LocalError(f"circuit {circuit} is there already")
        if key in self._by_key:
            raise LocalError(f"CIC {cic} of {dpc} is circuit {self._by_key[key].number}")
        destination = self._destinations.get(dpc)
        if destination is None:
            self._last_index += 1
            destination = Destination(dpc, self._last_index)
            if dpc in self._paused:
                destination.state = _PAUSED
            self._destinations[dpc] = destination
            self._owners[destination.index] = destination
        # §2.9.1.4: the higher point code controls the even circuits, the lower one the odd ones
        controls = self._controls == "all" or (
            self._controls == "by-point-code" and (self.own > dpc) == (cic % 2 == 0)
        )
        self._last_index += 1
        new = Circuit(circuit, cic, self._last_index, destination, controls)
        self._owners[new.index] = new
        self._by_key[key] = new
        self._by_number[circuit] = new
        destination.circuits[cic] = new
        destination.members.append(new)

    def remove_circuit(self, circuit: int) -> None:
        """LocalError: no such circuit, or a call is on it. What it waited for is forgotten."""
        found = self._circuit(circuit)
        if found.call_state != _IDLE or found.segment is not None:
            raise LocalError(f"circuit {circuit} carries a call")
        self._leave_groups(found)
        self._stop_mask(found, found.timers)
        destination = found.destination
        del self._by_number[circuit]
        del self._by_key[found.dpc << CIC_BITS | found.cic]
        del self._owners[found.index]
        del destination.circuits[found.cic]
        destination.members.remove(found)
        if not destination.members:
            self._stop_destination(destination)
            del self._owners[destination.index]
            del self._destinations[found.dpc]

    def _circuit(self, number: Int) -> Circuit:
        circuit = self._by_number.get(number)
        if circuit is None:
            raise LocalError(f"circuit {number} is not known")
        return circuit

    def _leave_groups(self, circuit: Circuit) -> None:
        raise NotImplementedError

    def _stop_destination(self, destination: Destination) -> None:
        for timer in (4, 29, 30):
            self._timers.stop(destination.index, timer)

    # -- output --------------------------------------------------------------------------------------------------

    def drain(self) -> list[Any]:
        """What has come out since the last time, in order."""
        out = self._out
        self._out = []
        return out

    def _count(self, what: Text) -> None:
        self.counters[what] = self.counters.get(what, 0) + 1

    def _body(self, message_type: Int, parameters: Any) -> bytes:
        """What follows the CIC in a message, made once: for messages that are often the same. Bounded by what we say, not by the peer."""
        key = (message_type, parameters)
        body = self._bodies.get(key)
        if body is None:
            body = self._compose(message_type, parameters)
            if len(self._bodies) < 1024:
                self._bodies[key] = body
        return body

    def _compose(self, message_type: Int, parameters: Any) -> bytes:
        """What follows the CIC in a message that is said once."""
        return encode(0, message_type, parameters, self.variant)[2:]

    def _send(self, circuit: Circuit, body: Octets) -> None:
        """A message of a circuit, of which `body` is what follows the CIC."""
        self.sent += 1
        self._out.append(transfer_request(self.own, circuit.dpc, circuit.sls, circuit.prefix + body))

    def _say(self, circuit: Circuit, message_type: Int) -> None:
        """A message without parameters."""
        self._send(circuit, self._body(message_type, ()))

    def _subject(self, circuit: Circuit) -> str:
        return f"{self.name} circuit {circuit.dpc}/{circuit.cic}" if self.name else f"circuit {circuit.dpc}/{circuit.cic}"

    def _alarm(self, circuit: Circuit, code: Text, text: Text) -> None:
        """Maintenance is told; `_well` says when it is over."""
        circuit.alarms.add(code)
        self._count(code)
        self._out.append(ManagementIndication("error", code, self._subject(circuit), text))

    def _well(self, circuit: Circuit, code: Text) -> None:
        if code in circuit.alarms:
            circuit.alarms.discard(code)
            self._out.append(ManagementIndication("info", code, self._subject(circuit), "is over", cleared=True))

    def _note(self, severity: Text, code: Text, subject: Text, text: Text) -> None:
        """Maintenance is told of what has no end."""
        self._count(code)
        self._out.append(ManagementIndication(severity, code, subject, text))

    def _changed(self, circuit: Circuit, why: Text) -> None:
        self._out.append(CircuitIndication(circuit.number, self._state_of(circuit), why))

    def _state_of(self, circuit: Circuit) -> str:
        """As CircuitInfo.state: a reset goes before a call, a call before blocking."""
        state = circuit.call_state
        if circuit.reset:
            return "reset"
        if state != _IDLE or circuit.segment is not None:
            return "in" if state <= ICC_LAST else "out"
        if circuit.check:
            return "test"
        if circuit.destination.state or circuit.unequipped:
            return "unavailable"
        local = circuit.maintenance or circuit.hardware
        if local and circuit.remote:
            return "blocked-both"
        if local:
            return "blocked-local"
        return "blocked-remote" if circuit.remote else "idle"

    # -- timers --------------------------------------------------------------------------------------------------

    @property
    def next_deadline(self) -> int | None:
        """When `handle_timeout` wants to be called; None: no timer runs."""
        return self._timers.next_deadline

    def _start(self, circuit: Circuit, timer: Int, now: Int) -> None:
        """Start a circuit's timer, or start it anew."""
        circuit.timers |= _bits[timer]
        self._timers.start(circuit.index, timer, now + self._ns[timer])

    def _stop(self, circuit: Circuit, timer: Int) -> None:
        if circuit.timers >> timer & 1:
            circuit.timers ^= _bits[timer]
            self._timers.stop(circuit.index, timer)

    def _stop_mask(self, circuit: Circuit, timers: Int) -> None:
        """Stop those of `timers` (bits) that run."""
        left = timers & circuit.timers
        circuit.timers ^= left
        timer = 0
        while left:
            if left & 1:
                self._timers.stop(circuit.index, timer)
            left >>= 1
            timer += 1

    # -- the machines --------------------------------------------------------------------------------------------

    def _call_event(self, circuit: Circuit, event: Int, arg: Any, now: Int) -> None:
        before = circuit.state
        _call_cells[before * _CALL_EVENTS + event](self, circuit, arg, now)
        if self.trace is not None:
            self.trace("call", circuit.number, before, event, circuit.state, now)

    def _check_event(self, circuit: Circuit, event: Int, now: Int) -> None:
        before = circuit.check
        _check_cells[before * _CHECK_EVENTS + event](self, circuit, event, now)
        if self.trace is not None:
            self.trace("check", circuit.number, before, event, circuit.check, now)

    def _suspension_event(self, circuit: Circuit, event: Int, now: Int) -> None:
        before = circuit.suspension
        _suspension_cells[before * _SUSPENSION_EVENTS + event](self, circuit, event, now)
        if self.trace is not None:
            self.trace("suspension", circuit.number, before, event, circuit.suspension, now)

    def _enter(self, circuit: Circuit, state: Int) -> None:
        """Change the state of a call: timers that the new one has not are stopped."""
        circuit.state = state
        timers = circuit.timers & _CALL_TIMERS & ~_state_timers[state]
        if timers:
            self._stop_mask(circuit, timers)

    def _clear_circuit(self, circuit: Circuit, by_peer: Flag, now: Int) -> None:
        """Whatever call the circuit is used for is over, nothing is sent."""
        self._call_event(circuit if circuit.master is None else circuit.master, _CLEAR, by_peer, now)

    # -- calls and their end -------------------------------------------------------------------------------------

    def _begin(self, circuit: Circuit) -> int:
        self._last_call += 1
        circuit.begin_call(self._last_call)
        self._calls[self._last_call] = circuit
        return self._last_call

    def _tell_release(self, circuit: Circuit, cause: Cause, by_peer: Flag, again: Flag) -> None:
        """The owner's last word of a call, if he has not had it; the circuit may still have to wait for RLC."""
        call = circuit.call
        if call:
            circuit.call = 0
            del self._calls[call]
            self._out.append(release_indication(call, circuit.number, cause, by_peer, again))

    def _leave_talk(self, circuit: Circuit, now: Int) -> None:
        """What goes with the call ends with it: suspension, continuity check."""
        if circuit.suspension:
            self._suspension_event(circuit, _RELEASE, now)
        if circuit.check:
            self._check_event(circuit, _END, now)

    def _to_idle(self, circuit: Circuit, now: Int) -> None:
        """The circuit carries no call any more."""
        if circuit.suspension or circuit.check:
            self._leave_talk(circuit, now)
        self._enter(circuit, _IDLE)
        if circuit.others:
            for other in circuit.others:
                other.master = None
            circuit.others = ()

    # -- what needs no procedure ---------------------------------------------------------------------------------

    def _nothing(self, circuit: Any, arg: Any, now: int) -> None:
        """Foreseen, and nothing is to be done."""

    def _ignore(self, circuit: Any, arg: Any, now: int) -> None:
        self._count("ignored")

    def _too_late(self, circuit: Circuit, arg: Any, now: int) -> None:
        self._count("requests too late")

    def _refuse(self, circuit: Circuit, arg: Any, now: int) -> None:
        raise LocalError(f"circuit {circuit.number} in state {CallState(circuit.state).name}: not possible")


# The tables' cells as functions, filled by isup.py when the class is whole.
_call_cells: list[Any] = []
_check_cells: list[Any] = []
_suspension_cells: list[Any] = []


def fill(call: list[Any], check: list[Any], suspension: list[Any]) -> None:
    _call_cells.extend(call)
    _check_cells.extend(check)
    _suspension_cells.extend(suspension)
