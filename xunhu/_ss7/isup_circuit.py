# cython: annotation_typing=False
"""Records of the ISDN user part: a circuit with the call it carries, a destination, a group message that awaits its answer.

A circuit's states are those of the machines of isup_call_tables.py and isup_circuit_tables.py, one field each. What a call needs is kept
in its circuit, for a call has one as long as it lives; `begin_call` makes that part new.
"""

from __future__ import annotations

from typing import Any

from xunhu._ss7.circuit_primitives import Cause
from xunhu._ss7.isup_codec import Message


class Destination:
    """A signalling point with circuits to us. index: its number in the timer queue."""

    def __init__(self, dpc: int, index: int) -> None:
        self.dpc = dpc
        self.index = index
        self.state = 0  # DestinationState
        self.congestion = 0  # CongestionState
        self.steps = 0  # of traffic that is held back, of TRAFFIC_STEPS
        self.share = 0  # what of a call is held back so far
        self.limited = 0  # steps because of automatic congestion level
        self.limited_until = 0
        self.circuits: dict[int, Circuit] = {}  # by CIC
        self.members: list[Circuit] = []


class Circuit:
    """A circuit. number: the owner's; index: its number in the timer queue; prefix: its CIC, as messages begin."""

    def __init__(self, number: int, cic: int, index: int, destination: Destination, controls: bool) -> None:
        self.number = number
        self.dpc = destination.dpc
        self.cic = cic
        self.sls = cic & 0x0F  # Q.704 §2.2.4, Q.764 §1.3: the four lowest bits of the CIC
        self.prefix = cic.to_bytes(2, "little")
        self.index = index
        self.destination = destination
        self.controls = controls  # in dual seizure the call is ours
        self.timers = 0  # those that run, as bits
        self.unequipped = False  # the peer says so (UCIC)
        self.alarms: set[str] = set()
        # machines
        self.state = 0  # CallState
        self.maintenance = 0  # LocalState
        self.hardware = 0  # LocalState
        self.remote = 0  # RemoteState
        self.reset = 0  # ResetState
        self.check = 0  # CheckState
        self.suspension = 0  # SuspensionState
        self.segment: Message | None = None  # held until its rest comes
        # group messages that the circuit's state awaits the answer of
        self.maintenance_group: Group | None = None
        self.hardware_group: Group | None = None
        self.reset_group: Group | None = None
        # the call
        self.master: Circuit | None = None  # of a call at several times 64 kbit/s: the circuit that speaks for this one
        self.call = 0
        self.begin_call(0)

    def begin_call(self, call: Any) -> None:
        """A new call; 0: none, or one that the owner knows nothing of."""
        self.call = call
        self.others: tuple[Circuit, ...] = ()
        self.cause: Cause | None = None  # why it is being released
        self.by_peer = False
        self.rel = b""  # REL, for repetition
        self.rlc = b""  # RLC where it is not the usual one
        self.calling = b""  # content of the calling party's number, for INF
        self.category = 0
        self.digits = 0  # how many came or went
        self.charge = -1  # what ACM said of charging
        self.medium_used = -1  # to be told by the next backward message
        self.enquired = False  # INR sent

    @property
    def call_state(self) -> int:
        """State of the call machine; of a member of a call at several times 64 kbit/s that of the circuit that speaks for it."""
        return self.state if self.master is None else self.master.state


class Group:
    """A group message that has been sent. message: MessageType; kind: 0 maintenance, 1 hardware failure; body: what follows the CIC."""

    def __init__(self, index: int, message: int, kind: int, base: Circuit, circuits: list[Circuit], span: int, body: bytes) -> None:
        self.index = index
        self.state = 0  # GroupState
        self.message = message
        self.kind = kind
        self.base = base  # whose CIC the message has
        self.circuits = circuits
        self.span = span  # the range: circuits less one
        self.body = body
        self.timers = 0
        self.pending = len(circuits)  # circuits that still wait for this answer
        self.alarmed = False
