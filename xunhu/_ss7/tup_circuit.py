# cython: annotation_typing=False
"""What all procedures of the telephone user part stand on: circuits, destinations, timers, messages out, the end of a call.

A circuit's record is `Circuit`: the state of its call and of the small machines beside it. Its timers run in one queue for all circuits;
a bit mask beside it says which, so that entering a state costs nothing where nothing runs. See `tup.Tup`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from xunhu._ss7.circuit_primitives import Cause, CircuitIndication, ReleaseIndication, SetupRequest
from xunhu._ss7.mtp_primitives import ManagementIndication, TransferRequest
from xunhu._ss7.tup_call_tables import Event, State
from xunhu._ss7.tup_circuit_tables import BlockingEvent, ContinuityEvent, GroupEvent, ResetEvent
from xunhu._ss7.tup_codec import label
from xunhu._ss7.tup_messages import InitialAddress
from xunhu._ss7.tup_tables import VARIANTS, Variant
from xunhu._ss7.tup_timers import (
    ANSWER,
    CLEARBACK,
    CLF,
    DIGITS,
    GSM,
    NAMES,
    T2,
    T3,
    T4,
    T5,
    T6,
    T7,
    TUP_TIMERS,
)
from xunhu.protocol.errors import LocalError
from xunhu.protocol.timer_queue import TimerQueue
from xunhu.protocol.timers import with_values

# Names for types in the signatures that tup_circuit.pxd declares: there they are C methods with untyped arguments.
Int: TypeAlias = int
Flag: TypeAlias = bool
Text: TypeAlias = str
Octets: TypeAlias = bytes

SERVICE = 4  # service indicator, Q.704 §14.2.1
MAXIMUM_CIC = 4095
_SERVICE = SERVICE
_OCTET = [bytes((i,)) for i in range(256)]

# Blocking conditions: bits of Circuit.wanted, Circuit.local and Circuit.remote
MAINTENANCE, HARDWARE, SOFTWARE = 1, 2, 4
CONDITIONS = {MAINTENANCE: "maintenance", HARDWARE: "hardware", SOFTWARE: "software"}

# Alarms of a circuit
ALARMS = ("release", "reset", "blocking", "unblocking", "group", "continuity")

# By state: timers that may run (bits by timer number). Entering a state stops the others of a call.
_CALL_TIMERS = sum(1 << timer for timer in (T2, T3, T4, T5, T6, T7, DIGITS, ANSWER, CLEARBACK, GSM, CLF))
ALLOWED: dict[State, tuple[int, ...]] = {
    State.IDLE: (),
    State.OUT_WAIT_COMPLETE: (T2,),
    State.OUT_WAIT_ANSWER: (ANSWER,),
    State.OUT_ANSWERED: (),
    State.OUT_CLEARED_BACK: (CLEARBACK,),
    State.OUT_WAIT_RELEASE_GUARD: (T6, T7),
    State.IN_WAIT_INFORMATION: (GSM,),
    State.IN_WAIT_COMPLETE: (DIGITS,),
    State.IN_WAIT_ANSWER: (),
    State.IN_ANSWERED: (),
    State.IN_CLEARED_BACK: (CLF,),
    State.IN_WAIT_CLEAR_FORWARD: (T3, T4, T5),
}
_STOPPED = [_CALL_TIMERS & ~sum(1 << timer for timer in ALLOWED[state]) for state in State]

# By state: a continuity check of the call may be under way
_CHECKED = bytes(
    state in (State.OUT_WAIT_COMPLETE, State.IN_WAIT_INFORMATION, State.IN_WAIT_COMPLETE) for state in State
)
_CALL_ENDS = int(ContinuityEvent.CALL_ENDS)
_IDLE = int(State.IDLE)
_FIRST_IN = int(State.IN_WAIT_INFORMATION)
_EVENTS = len(Event) + 1  # the first is 1
_RESET_EVENTS = len(ResetEvent)
_CONTINUITY_EVENTS = len(ContinuityEvent)
_BLOCKING_EVENTS = len(BlockingEvent)
GROUP_EVENTS = len(GroupEvent)

# machine, circuit, state, event, next state, now
Trace = Callable[[str, int, int, int, int, int], None]


class Destination:
    """A point at the other end of circuits. attempts and step: see `Tup.status`."""

    def __init__(self, dpc: int) -> None:
        self.dpc = dpc
        self.index = 0
        self.available = True
        self.user_available = True
        self.step = 0  # of congestion, 0 to 4: so many calls out of four are refused
        self.hold = False  # further congestion indications say nothing new
        self.attempts = 0
        self.alerted = False  # maintenance knows of messages for circuits that are not there
        self.circuits: dict[int, Circuit] = {}  # by CIC


class Circuit:
    """A circuit and its machines. state: State; blocking, reset, continuity: states of tup_circuit_tables; call: 0 for none."""

    def __init__(self, circuit: int, index: int, destination: Destination, cic: int, bits: int, own: int) -> None:
        self.circuit = circuit
        self.index = index
        self.destination = destination
        self.dpc = destination.dpc
        self.cic = cic
        self.key = destination.dpc << 12 | cic  # among the circuits of all destinations
        self.sls, self.head = label(cic, bits)
        # Q.724, dual seizure: the exchange with the higher point code controls the even circuits, the other one the odd ones
        self.controls = (own > destination.dpc) == (cic % 2 == 0)
        self.state = 0
        self.blocking = 0
        self.reset = 0
        self.continuity = 0
        self.running = 0
        self.wanted = 0  # what the owner wants blocked
        self.local = 0  # what is not known to be unblocked
        self.remote = 0
        self.rechecks = 0
        self.call = 0
        self.told = False  # the owner knows of this incoming call
        self.checking = False  # incoming call whose continuity is not yet known
        self.complete = False
        self.released = False  # the owner has given up an answered incoming call
        self.by_peer = False
        self.alarms = 0  # told to maintenance and not taken back: bits by place in ALARMS
        self.digits = ""
        self.setup: SetupRequest | None = None
        self.initial: InitialAddress | None = None
        self.cause: Cause | None = None


class TupCircuits:
    """State, output, timers. See `tup.Tup`."""

    def __init__(
        self,
        own: int,
        variant: Variant | str = "TUP-CHINA",
        *,
        bits: int,
        timers_ms: Mapping[str, int] | None = None,
        name: str = "",
        trace: Trace | None = None,
        first_call: int = 1,
        st: bool | None = None,
        ask_calling: bool | None = None,
        number_length: int = 0,
    ) -> None:
        if isinstance(variant, str):
            if variant not in VARIANTS:
                raise LocalError(f"variant {variant!r} is not known; known: {', '.join(VARIANTS)}")
            variant = VARIANTS[variant]
        if bits not in (14, 24) or not 0 <= own < 1 << bits:
            raise LocalError(f"point code {own} with {bits} bits: 14 or 24 bits, and within them")
        if first_call < 1:
            raise LocalError(f"first call {first_call} must be above 0")
        try:
            values = with_values(TUP_TIMERS, timers_ms or {})
        except ValueError as why:
            raise LocalError(str(why)) from None
        self.own = own
        self.bits = bits
        self.variant = variant
        self.name = name
        self.trace = trace
        self.counters: dict[str, int] = {}
        self._st = variant.st if st is None else st
        self._ask_calling = variant.ask_calling if ask_calling is None else ask_calling
        self._number_length = number_length
        self._ns: list[int] = [values[timer] * 1_000_000 for timer in NAMES]
        self._timers = TimerQueue()
        self._out: list[Any] = []
        self._circuits: dict[int, Circuit] = {}
        self._by_key: dict[int, Circuit] = {}  # by Circuit.key
        self._by_index: dict[int, Circuit] = {}
        self._destinations: dict[int, Destination] = {}
        self._calls: dict[int, Circuit] = {}
        self._next_call = first_call
        self._next_index = 1
        self._call_actions: list[Any] = []
        self._blocking_actions: list[Any] = []
        self._reset_actions: list[Any] = []
        self._continuity_actions: list[Any] = []
        self._group_actions: list[Any] = []
        # the message at hand, and the arguments of the request at hand
        self._heading = 0
        self._octets = b""
        self._request: SetupRequest | None = None
        self._more = ""
        self._complete = False
        self._alerting = False
        self._charge = True
        self._why: Cause | None = None
        self._prepare()

    def _prepare(self) -> None:
        """What the class that has everything adds."""

    # -- output --------------------------------------------------------------------------------------------------

    def _count(self, what: Text) -> None:
        self.counters[what] = self.counters.get(what, 0) + 1

    def _alarm(self, c: Circuit, code: Text, text: Text) -> None:
        """Maintenance is alerted, once until it is over."""
        bit = 1 << ALARMS.index(code)
        if not c.alarms & bit:
            c.alarms |= bit
            self._out.append(ManagementIndication("error", code, self._subject(c), f"CIC {c.cic} to {c.dpc}: {text}"))

    def _alarm_over(self, c: Circuit, *codes: str) -> None:
        for code in codes:
            bit = 1 << ALARMS.index(code)
            if c.alarms & bit:
                c.alarms &= ~bit
                text = f"CIC {c.cic} to {c.dpc}: over"
                self._out.append(ManagementIndication("info", code, self._subject(c), text, True))

    def _warn(self, c: Circuit, code: Text, text: Text) -> None:
        self._out.append(ManagementIndication("warning", code, self._subject(c), f"CIC {c.cic} to {c.dpc}: {text}"))

    def _subject(self, c: Circuit) -> str:
        return f"{self.name} circuit {c.circuit}".strip()

    def _indicate(self, c: Circuit, why: Text) -> None:
        self._out.append(CircuitIndication(c.circuit, self._state_of(c), why))

    def _signal(self, c: Circuit, heading: Int) -> None:
        """A message that is its heading code alone."""
        self._out.append(TransferRequest(_SERVICE, self.own, c.dpc, c.sls, 0, c.head + _OCTET[heading]))

    def _send(self, c: Circuit, message: Octets) -> None:
        """A message from its heading code on."""
        self._out.append(TransferRequest(_SERVICE, self.own, c.dpc, c.sls, 0, c.head + message))

    # -- timers --------------------------------------------------------------------------------------------------

    def _start(self, c: Circuit, timer: Int, now: Int) -> None:
        c.running |= 1 << timer
        self._timers.start(c.index, timer, now + self._ns[timer])

    def _stop(self, c: Circuit, timer: Int) -> None:
        if c.running >> timer & 1:
            c.running &= ~(1 << timer)
            self._timers.stop(c.index, timer)

    def _stop_mask(self, c: Circuit, mask: Int) -> None:
        mask &= c.running
        timer = 0
        while mask:
            if mask & 1:
                self._stop(c, timer)
            mask >>= 1
            timer += 1

    def _enter(self, c: Circuit, state: Int, now: Int) -> None:
        """A new state of the call; timers and checks that have no place in it stop."""
        c.state = state
        stopped = c.running & _STOPPED[state]
        if stopped:
            self._stop_mask(c, stopped)
        if c.continuity and not _CHECKED[state]:
            self._run_continuity(c, _CALL_ENDS, now)

    @property
    def next_deadline(self) -> int | None:
        """When handle_timeout is due, or None."""
        return self._timers.next_deadline

    # -- the machines of a circuit -------------------------------------------------------------------------------

    def _run_call(self, c: Circuit, event: Int, now: Int) -> None:
        state = c.state
        self._call_actions[state * _EVENTS + event](self, c, now)
        if self.trace is not None:
            self.trace("call", c.circuit, state, event, c.state, now)

    def _run_blocking(self, c: Circuit, event: Int, now: Int) -> None:
        state = c.blocking
        self._blocking_actions[state * _BLOCKING_EVENTS + event](self, c, now)
        if self.trace is not None:
            self.trace("blocking", c.circuit, state, event, c.blocking, now)

    def _run_reset(self, c: Circuit, event: Int, now: Int) -> bool:
        """False: the message is not about a reset and goes on to the other machines."""
        state = c.reset
        taken = self._reset_actions[state * _RESET_EVENTS + event](self, c, now)
        if self.trace is not None:
            self.trace("reset", c.circuit, state, event, c.reset, now)
        return taken is None

    def _run_continuity(self, c: Circuit, event: Int, now: Int) -> bool:
        """As _run_reset."""
        state = c.continuity
        taken = self._continuity_actions[state * _CONTINUITY_EVENTS + event](self, c, now)
        if self.trace is not None:
            self.trace("continuity", c.circuit, state, event, c.continuity, now)
        return taken is None

    def _ignore(self, c: Circuit, now: int) -> None:
        """Nothing to be done."""

    def _discard(self, c: Circuit, now: int) -> None:
        self._count("discarded")

    def _too_late(self, c: Circuit, now: int) -> None:
        self._count("too_late")

    def _refuse(self, c: Circuit, now: int) -> None:
        raise LocalError(f"circuit {c.circuit}: this cannot be asked for in state {State(c.state).name}")

    def _pass_on(self, c: Circuit, now: int) -> bool:
        return False

    # -- calls ---------------------------------------------------------------------------------------------------

    def _begin(self, c: Circuit) -> None:
        """A new call on an idle circuit."""
        c.call = self._next_call
        self._next_call += 1
        self._calls[c.call] = c

    def _end(self, c: Circuit, cause: Cause, by_peer: Flag, again: Flag) -> None:
        """The last word to the owner about the call of a circuit; the circuit may still have to be cleared."""
        if c.call:
            del self._calls[c.call]
            if c.told or c.state < _FIRST_IN:
                self._out.append(ReleaseIndication(c.call, c.circuit, cause, by_peer, again))
        c.call = 0
        c.told = c.checking = c.complete = c.released = c.by_peer = False
        c.digits = ""
        c.setup = None
        c.initial = None
        c.cause = None

    def _of_call(self, call: Int) -> Circuit:
        found = self._calls.get(call)
        if found is None:
            raise LocalError(f"there is no call {call}")
        return found

    def _of_circuit(self, circuit: Int) -> Circuit:
        found = self._circuits.get(circuit)
        if found is None:
            raise LocalError(f"there is no circuit {circuit}")
        return found

    # -- circuits ------------------------------------------------------------------------------------------------

    def add_circuit(self, circuit: int, dpc: int, cic: int) -> None:
        """LocalError: number or code in use, or out of range."""
        if circuit in self._circuits:
            raise LocalError(f"circuit {circuit} is there already")
        if not 0 <= dpc < 1 << self.bits or dpc == self.own:
            raise LocalError(f"circuit {circuit}: {dpc} is no destination of {self.own}")
        if not 0 <= cic <= MAXIMUM_CIC:
            raise LocalError(f"circuit {circuit}: CIC {cic} is out of range: 0 to {MAXIMUM_CIC}")
        there = self._by_key.get(dpc << 12 | cic)
        if there is not None:
            raise LocalError(f"CIC {cic} to {dpc} is circuit {there.circuit}")
        destination = self._destination(dpc)
        c = Circuit(circuit, self._new_index(), destination, cic, self.bits, self.own)
        self._circuits[circuit] = c
        self._by_key[c.key] = c
        self._by_index[c.index] = c
        destination.circuits[cic] = c

    def _destination(self, dpc: int) -> Destination:
        found = self._destinations.get(dpc)
        if found is None:
            found = Destination(dpc)
            found.index = self._new_index()
            self._destinations[dpc] = found
        return found

    def _new_index(self) -> int:
        self._next_index += 1
        return self._next_index

    def _state_of(self, c: Circuit) -> str:
        """Of CircuitInfo: what is in the way of a new call comes in this order."""
        if c.state != _IDLE:
            return "in" if c.state >= _FIRST_IN else "out"
        if c.reset:
            return "reset"
        if c.continuity:
            return "test"
        if not (c.destination.available and c.destination.user_available):
            return "unavailable"
        if c.local:
            return "blocked-both" if c.remote else "blocked-local"
        return "blocked-remote" if c.remote else "idle"

    def circuit_state(self, circuit: int) -> str:
        """LocalError: there is no such circuit."""
        return self._state_of(self._of_circuit(circuit))
