# cython: annotation_typing=False
"""ISDN user part: signalling procedures of ITU-T Q.764 (12/99 and 09/97), the national network of China (YDN 038-1997) and the
international interface of Q.767; one exchange's circuits to any number of destinations.

How it works: `Isup` is sans-IO. Messages of the network below go in by `receive`, its state by `pause`, `resume` and `status`, time by
`handle_timeout` when `next_deadline` is reached, the owner's wishes by the `*_request` methods; `now` is integer nanoseconds of any
monotonic clock. What comes out is drained, in order: `TransferRequest` for the network, the primitives of circuit_primitives.py for the
owner, `ManagementIndication` for maintenance.

A circuit is several small machines, one for each fact: the call, its suspension, a message in segments (isup_call_tables.py), blocking for
maintenance and for hardware failure from either side, reset, continuity check (isup_circuit_tables.py). Each transition is a cell of these
tables; the actions are methods, by subject:

    isup_base.py           circuits, output, timers, the end of a call
    isup_groups.py         group messages and their answers
    isup_blocking.py       §2.8.2, §2.12        isup_reset.py       §2.9.3        isup_continuity.py    §2.1.8
    isup_release.py        §2.3, §2.4, §2.9.5.1 isup_outgoing.py    §2.1          isup_incoming.py      §2.1, §2.9.1
    isup_information.py    §2.1.6, charging     isup_query.py       §2.8.3        isup_congestion.py    §2.10, §2.11, §2.13
    isup_compatibility.py  §2.9.5.2, §2.9.5.3   isup_segmentation.py §2.1.12

The peer's octets raise nothing: what is wrong is counted (`counters`) and answered as §2.9.5 says. A request that cannot be raises
LocalError and changes nothing; one for a call that has ended comes too late and is counted. Every call that had SetupIndication or a
number from setup_request has exactly one ReleaseIndication.

Left out: end-to-end signalling by SCCP and by pass-along (PAM goes to the owner), echo control by NRM (Q.115; the indicators of IAM and ACM
are there), T37, circuit validation (a message of ANSI T1.113). Supplementary services of Q.730 to Q.732 are parameters, which the owner
gives and gets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xunhu._ss7 import isup_base, isup_congestion, isup_groups, isup_segmentation
from xunhu._ss7.circuit_primitives import Cause, CircuitInfo
from xunhu._ss7.isup_base import CIC_BITS, Int, Trace
from xunhu._ss7.isup_call_tables import (
    CALL,
    EVENT_OF,
    SEGMENTATION,
    SUSPENSION,
    CallEvent,
    CallState,
    SegmentEvent,
)
from xunhu._ss7.isup_circuit import Circuit, Destination, Group
from xunhu._ss7.isup_circuit_tables import (
    CHECK,
    CONGESTION,
    DESTINATION,
    GROUP,
    HARDWARE,
    MAINTENANCE,
    REMOTE,
    RESET,
    CheckEvent,
    CongestionEvent,
    DestinationEvent,
    GroupEvent,
    MaintenanceEvent,
    ResetEvent,
)
from xunhu._ss7.isup_codec import Message, decode
from xunhu._ss7.isup_machine import Machine, by_cell
from xunhu._ss7.isup_names import MessageType, ParameterCode
from xunhu._ss7.isup_outgoing import WIDTHS
from xunhu._ss7.isup_segmentation import Segmentation
from xunhu._ss7.isup_variants import Variant
from xunhu._ss7.mtp_primitives import TransferIndication
from xunhu.protocol.errors import LocalError, RemoteError

__all__ = ["Isup"]

_IDLE = int(CallState.IDLE)
_OGC_WAIT_ACM = int(CallState.OGC_WAIT_ACM)
_IAM, _SGM, _RLC, _REL = int(MessageType.IAM), int(MessageType.SGM), int(MessageType.RLC), int(MessageType.REL)
_TMR = int(ParameterCode.TRANSMISSION_MEDIUM_REQUIREMENT)
_HEARD = int(DestinationEvent.HEARD)
_E_REL = int(CallEvent.REL)
_FIRST, _NEXT, _OTHER = int(SegmentEvent.FIRST), int(SegmentEvent.SGM), int(SegmentEvent.OTHER)
_RELEASE_REQUEST = int(CallEvent.RELEASE_REQUEST)
_ANSWER_REQUEST = int(CallEvent.ANSWER_REQUEST)
_ADDRESS_COMPLETE_REQUEST = int(CallEvent.ADDRESS_COMPLETE_REQUEST)


class Isup(Segmentation):
    """The ISDN user part of one own point code.

    variant: of isup_variants.py, or its name. controls: whose call goes on in dual seizure: "by-point-code" (§2.9.1.4), or "all" or
    "none" of the circuits are ours. answer: how a call is answered that has not been said to alert, "ACM+ANM" or "CON". location: of our
    own causes, Q.850. international: bit A of the forward call indicators; an international exchange, for which T38 supervises a suspended
    call. exchange: "A" where calls begin and end, "B" in transit, for compatibility. isdn_access, echo_control: what IAM and ACM say of us.
    interworking: the side beyond is not ISDN (T10, T11). ucic: answer with UCIC for circuits that are not there. multirate, fallback: calls
    at several times 64 kbit/s, and at 64 kbit/s preferred, are taken. propagation_delay_ms: of our part, added to that of
    SetupRequest.parameters; None: not sent. hop_counter: to begin with; None: the variant's; 0: not sent. timers_ms: milliseconds by name.
    name: in subjects of ManagementIndication. trace: called on every transition with (machine, circuit, state, event, next state, now); it
    must not call back. first_call: number of the first call.
    LocalError for arguments that make no sense.
    """

    def __init__(
        self,
        own: int,
        variant: Variant | str = "ISUP-ITU",
        *,
        controls: str = "by-point-code",
        answer: str = "ACM+ANM",
        location: int = 2,
        international: bool = False,
        exchange: str = "A",
        isdn_access: bool = True,
        echo_control: bool = False,
        interworking: bool = False,
        ucic: bool = False,
        multirate: bool = False,
        fallback: bool = False,
        propagation_delay_ms: int | None = None,
        hop_counter: int | None = None,
        timers_ms: Mapping[str, int] | None = None,
        name: str = "",
        trace: Trace | None = None,
        first_call: int = 1,
    ) -> None:
        super().__init__(
            own, variant, controls=controls, timers_ms=timers_ms, name=name, trace=trace, first_call=first_call
        )
        self._init_groups()
        self._init_release(location, international)
        self._init_outgoing(isdn_access, echo_control, propagation_delay_ms, hop_counter)
        self._init_incoming(answer, isdn_access, interworking, multirate, fallback)
        self._init_congestion(ucic)
        self._init_compatibility(exchange)

    # -- the network below ---------------------------------------------------------------------------------------

    def receive(self, message: TransferIndication, now: int) -> None:
        """A message for us (MTP-TRANSFER indication). Nothing it may hold raises."""
        self.received += 1
        try:
            decoded = decode(message.octets, self.variant)
        except RemoteError:
            self._count("message format errors")  # Q.752 12.20; §2.9.5.1: discarded
            return
        key = message.opc << CIC_BITS | decoded.cic
        circuit = self._by_key.get(key)
        if circuit is None:
            self._receive_elsewhere(message.opc, decoded, now)
            return
        if circuit.destination.state:
            self._destination_event(circuit.destination, _HEARD, now)
        if circuit.segment is not None or (decoded.optional_at and self._announces(decoded)) or decoded.type == _SGM:
            self._receive_segment(circuit, decoded, now)
        else:
            self._take(circuit, decoded, now)

    def _receive_segment(self, circuit: Circuit, message: Message, now: Int) -> None:
        if message.type == _SGM and message.known:
            event = _NEXT
        elif message.optional_at and self._announces(message):
            event = _FIRST
        else:
            event = _OTHER
        self._segment_event(circuit, event, message, now)

    def _take(self, circuit: Circuit, message: Message, now: Int) -> None:
        """A whole message of a circuit that is ours."""
        event = -1
        if message.known:
            event = _EVENTS[message.type]
            self._dropped = b""
            if message.optional_at and self._strange(message) and self._refused_for_parameters(circuit, message, now):
                return
        if event < 0:
            self._take_other(circuit, message, event, now)
        elif circuit.master is not None:
            self._take_for_member(circuit, message, event, now)
        elif circuit.reset:
            self._take_in_reset(circuit, message, event, now)
        else:
            self._call_event(circuit, event, message, now)

    def _take_other(self, circuit: Circuit, message: Message, event: Int, now: Int) -> None:
        """Circuit supervision, and what is not known."""
        handler = _HANDLERS.get(message.type) if message.known else None
        if handler is not None:
            handler(self, circuit, message, now)
        elif message.known:
            self._count("unexpected messages")
        else:
            self._unknown_message(circuit, message, now)

    def _take_in_reset(self, circuit: Circuit, message: Message, event: Int, now: Int) -> None:
        """While a reset awaits its answer calls are of the past: RLC may be that answer, REL has one, the rest is discarded."""
        if message.type == _RLC:
            self._receive_rlc(circuit, message, now)
        elif event == _E_REL:
            self._call_event(circuit, event, message, now)
        else:
            self._count("ignored")

    def _take_for_member(self, circuit: Circuit, message: Message, event: Int, now: Int) -> None:
        """A circuit that a call at several times 64 kbit/s holds: only its lowest one speaks (§2.9.1.4 b for IAM)."""
        master = circuit.master
        if event == _E_REL:
            self._call_event(circuit, event, message, now)
        elif message.type == _IAM and master is not None and master.state == _OGC_WAIT_ACM:
            self._count("dual seizures")
            if WIDTHS.get((message.get(_TMR) or b"\0")[0], 1) > len(master.others) + 1:
                self._count("dual seizures lost")
                self._give_way(master, now)
                self._call_event(circuit, event, message, now)
        else:
            self._count("ignored")

    def _receive_upt_here(self, circuit: Circuit, message: Message, now: int) -> None:
        self._receive_upt(circuit.dpc, message)

    def _receive_cfn(self, circuit: Circuit, message: Message, now: int) -> None:
        """Confusion changes nothing; the owner of the call hears of it."""
        self._count("CFN")
        if circuit.call:
            self._tell_information(circuit, message, now)

    # -- the owner's requests ------------------------------------------------------------------------------------

    def information_request(self, call: int, digits: str, complete: bool, now: int) -> None:
        """More digits of a call that was begun with complete=False. LocalError: no such call, not in overlap, bad digits."""
        circuit = self._calls.get(call)
        if circuit is None:
            self._late(call)
        elif digits or complete:
            self._call_event(circuit, CallEvent.INFORMATION_REQUEST, (digits, complete), now)

    def address_complete_request(self, call: int, alerting: bool, inband: bool, now: int, charge: bool = True) -> None:
        """ACM: the address is complete. LocalError: no such incoming call, or its continuity check is not over."""
        found = self._calls.get(call)
        if found is None:
            self._late(call)
        else:
            self._call_event(found, _ADDRESS_COMPLETE_REQUEST, (alerting, inband, None, charge), now)

    def progress_request(self, call: int, alerting: bool, inband: bool, cause: Cause | None, now: int) -> None:
        """CPG, or ACM where none has been sent yet."""
        circuit = self._calls.get(call)
        if circuit is None:
            self._late(call)
        else:
            self._call_event(circuit, CallEvent.PROGRESS_REQUEST, (alerting, inband, cause, True), now)

    def answer_request(self, call: int, now: int, charge: bool = True) -> None:
        """ANM; before ACM as `answer` of the constructor says."""
        found = self._calls.get(call)
        if found is None:
            self._late(call)
        else:
            self._call_event(found, _ANSWER_REQUEST, charge, now)

    def fallback_request(self, call: int, medium: int) -> None:
        """A call at 64 kbit/s preferred is carried otherwise: the next backward message says so (§2.5). medium: Q.763 §3.56.
        LocalError: no such call, or it is outgoing or answered."""
        circuit = self._calls.get(call)
        if circuit is None:
            self._late(call)
        elif not 0 < circuit.state < CallState.ICC_ANSWERED or not 0 <= medium <= 255:
            raise LocalError(f"call {call}: no fallback to medium {medium}")
        else:
            circuit.medium_used = medium

    def suspend_request(self, call: int, now: int, network: bool = True) -> None:
        """SUS, of the network (the called party is on hook) or of an ISDN user."""
        circuit = self._calls.get(call)
        if circuit is None:
            self._late(call)
        else:
            self._call_event(circuit, CallEvent.SUSPEND_REQUEST, network, now)

    def resume_request(self, call: int, now: int, network: bool = True) -> None:
        circuit = self._calls.get(call)
        if circuit is None:
            self._late(call)
        else:
            self._call_event(circuit, CallEvent.RESUME_REQUEST, network, now)

    def release_request(self, call: int, cause: Cause, now: int) -> None:
        """REL, or RLC where the peer has released. LocalError: no such call, or a cause that cannot be said."""
        found = self._calls.get(call)
        if found is None:
            self._late(call)
        else:
            self._call_event(found, _RELEASE_REQUEST, cause, now)

    def restore_call(self, circuit: int, incoming: bool, now: int) -> int:
        """Take over an answered call after a restart; its number. LocalError: the circuit is not known, or not idle."""
        found = self._circuit(circuit)
        if found.reset or found.check or found.master is not None or found.segment is not None:
            raise LocalError(f"circuit {circuit} is {self._state_of(found)}")
        self._call_event(found, CallEvent.RESTORE_REQUEST, incoming, now)
        return found.call

    def _restore(self, circuit: Circuit, incoming: Any, now: int) -> None:
        self._begin(circuit)
        self._enter(circuit, CallState.ICC_ANSWERED if incoming else CallState.OGC_ANSWERED)

    # -- pictures ------------------------------------------------------------------------------------------------

    def circuits(self) -> list[CircuitInfo]:
        """In the order in which they were added."""
        return [self._info(circuit) for circuit in self._by_number.values()]

    def _info(self, circuit: Circuit) -> CircuitInfo:
        local = (("maintenance",) if circuit.maintenance else ()) + (("hardware",) if circuit.hardware else ())
        remote = (("maintenance",) if circuit.remote & 1 else ()) + (("hardware",) if circuit.remote & 2 else ())
        speaker = circuit if circuit.master is None else circuit.master
        return CircuitInfo(
            circuit.number,
            circuit.dpc,
            circuit.cic,
            self._state_of(circuit),
            CallState(speaker.state).name,
            speaker.call or None,
            local,
            remote,
        )

    def circuit_state(self, circuit: int) -> str:
        """As CircuitInfo.state. LocalError: the circuit is not known."""
        return self._state_of(self._circuit(circuit))

    def running_timers(self, circuit: int) -> tuple[str, ...]:
        """Timers of a circuit that run, for pictures and tests. LocalError: the circuit is not known."""
        timers = self._circuit(circuit).timers
        return tuple(f"T{number}" for number in range(1, 40) if timers >> number & 1)

    # -- time ----------------------------------------------------------------------------------------------------

    def handle_timeout(self, now: int) -> None:
        """Everything whose time has come by `now`."""
        while True:
            expired = self._timers.expired(now)
            if expired is None:
                return
            index, timer = expired
            owner = self._owners[index]
            if isinstance(owner, Circuit):
                owner.timers &= ~(1 << timer)  # it has run out
                self._circuit_timer(owner, timer, now)
            elif isinstance(owner, Group):
                self._group_event(owner, GroupEvent.LONG if timer in (19, 21, 23) else GroupEvent.SHORT, None, now)
            else:
                self._destination_timer(owner, timer, now)

    def _circuit_timer(self, circuit: Circuit, timer: Int, now: Int) -> None:
        event = _CALL_TIMER_EVENTS.get(timer, -1)
        if event >= 0:
            self._call_event(circuit, event, None, now)
        elif timer in _CHECK_TIMER_EVENTS:
            self._check_event(circuit, _CHECK_TIMER_EVENTS[timer], now)
        elif timer in _LOCAL_TIMER_EVENTS:
            self._maintenance_event(circuit, _LOCAL_TIMER_EVENTS[timer], now)
        elif timer == 34:
            self._segment_event(circuit, SegmentEvent.T34, None, now)
        else:
            self._reset_event(circuit, ResetEvent.T16 if timer == 16 else ResetEvent.T17, None, now)

    def _destination_timer(self, destination: Destination, timer: Int, now: Int) -> None:
        if timer == 4:
            self._destination_event(destination, DestinationEvent.T4, now)
        else:
            self._congestion_event(destination, CongestionEvent.T29 if timer == 29 else CongestionEvent.T30, now)


# -- the tables, made ready ---------------------------------------------------------------------------------------------


def _cells(machine: Machine) -> list[Callable[..., None]]:
    return [getattr(Isup, f"_{action}") for action in by_cell(machine)]


isup_base.fill(_cells(CALL), _cells(CHECK), _cells(SUSPENSION))
isup_groups._group_cells.extend(_cells(GROUP))
isup_groups._maintenance_cells.extend(_cells(MAINTENANCE))
isup_groups._hardware_cells.extend(_cells(HARDWARE))
isup_groups._remote_cells.extend(_cells(REMOTE))
isup_groups._reset_cells.extend(_cells(RESET))
isup_congestion._destination_cells.extend(_cells(DESTINATION))
isup_congestion._congestion_cells.extend(_cells(CONGESTION))
isup_segmentation._segment_cells.extend(_cells(SEGMENTATION))

_EVENTS: list[int] = [EVENT_OF.get(kind, -1) for kind in range(256)]  # by message type; -1: not of a call
_HANDLERS: dict[int, Callable[..., None]] = {
    MessageType.COT: Isup._receive_cot,
    MessageType.CCR: Isup._receive_ccr,
    MessageType.LPA: Isup._receive_lpa,
    MessageType.RSC: Isup._receive_rsc,
    MessageType.BLO: Isup._receive_blo,
    MessageType.UBL: Isup._receive_ubl,
    MessageType.BLA: Isup._receive_bla,
    MessageType.UBA: Isup._receive_uba,
    MessageType.GRS: Isup._receive_grs,
    MessageType.CGB: Isup._receive_group_blocking,
    MessageType.CGU: Isup._receive_group_blocking,
    MessageType.CGBA: Isup._group_answer,
    MessageType.CGUA: Isup._group_answer,
    MessageType.GRA: Isup._group_answer,
    MessageType.CQM: Isup._receive_cqm,
    MessageType.CQR: Isup._group_answer,
    MessageType.UCIC: Isup._receive_ucic,
    MessageType.CFN: Isup._receive_cfn,
    MessageType.UPT: Isup._receive_upt_here,
    MessageType.UPA: Isup._nothing,
}
_CALL_TIMER_EVENTS: dict[int, int] = {
    int(event.name[1:]): int(event) for event in CallEvent if event.name[1:].isdecimal() and event is not CallEvent.T8
}
_CHECK_TIMER_EVENTS: dict[int, int] = {
    8: CheckEvent.T8,
    24: CheckEvent.T24,
    25: CheckEvent.T25,
    26: CheckEvent.T26,
    27: CheckEvent.T27,
    36: CheckEvent.T36,
}
_LOCAL_TIMER_EVENTS: dict[int, int] = {
    12: MaintenanceEvent.T12,
    13: MaintenanceEvent.T13,
    14: MaintenanceEvent.T14,
    15: MaintenanceEvent.T15,
}
