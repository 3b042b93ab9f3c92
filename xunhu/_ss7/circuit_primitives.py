"""Primitives between a circuit-related user part (ISUP, TUP) and its owner (ITU-T Q.764 Annex on primitives, Q.724; names as there).

One set for both user parts, so that what stands above cannot tell them apart. The owner calls the request methods of `CircuitUserPart`;
what comes back is drained as the dataclasses below, in order.

`circuit` is the owner's own number of a circuit, given with `add_circuit`; the user part knows its destination and CIC. `call` is the
user part's own number of a call, an int above 0, unique as long as the machine lives. Each call that had SetupIndication or setup_request has exactly one
ReleaseIndication, its last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Protocol

import cython

from xunhu._ss7.mtp_primitives import StatusCause, TransferIndication


class NatureOfAddress(IntEnum):
    """Q.763 §3.9 b, Q.723 §3.3.1 d; both user parts map their own codes to these."""

    SUBSCRIBER = 1
    UNKNOWN = 2
    NATIONAL = 3
    INTERNATIONAL = 4


@cython.cclass
@dataclass(frozen=True)
class Number:
    """A party's number. digits: 0-9, and A-F for codes 10-14 of the recommendation (B code 11, C code 12); ST is not among them."""

    digits: str
    nature: int = 3  # NatureOfAddress
    plan: int = 1  # numbering plan indicator: 1 E.164
    presentation: int = 0  # 0 allowed, 1 restricted, 2 not available
    screening: int = 3  # 0 user provided not verified, 1 user provided verified and passed, 3 network provided
    inn: int = 0  # called: 1 = routing to internal network number not allowed
    incomplete: bool = False


@cython.cclass
@dataclass(frozen=True)
class Cause:
    """Q.850 cause. location: 0 user, 1 private local, 2 public local, 3 transit, 4 public remote, 5 private remote, 7 international,
    10 beyond an interworking point."""

    value: int
    location: int = 2
    diagnostics: bytes = b""
    coding: int = 0


@cython.cclass
@dataclass(frozen=True)
class SetupRequest:
    """A call to be made. medium: transmission medium requirement, Q.763 §3.54: 0 speech, 2 64 kbit/s unrestricted, 3 3.1 kHz audio;
    category: calling party's category, Q.763 §3.11: 10 ordinary, 11 priority, 12 data, 13 test call;
    complete: False = overlap, more digits by information_request; continuity: ask for a continuity check of the circuit."""

    called: Number
    calling: Number | None = None
    redirecting: Number | None = None
    original_called: Number | None = None
    redirecting_reason: int | None = None  # Q.763 §3.45
    category: int = 10
    medium: int = 0
    complete: bool = True
    continuity: bool = False
    satellite: int = 0  # circuits by satellite in the connection so far, Q.763 §3.35
    parameters: tuple[tuple[int, bytes], ...] = ()  # further optional parameters of ISUP: code, content


# -- to the owner --------------------------------------------------------------------------------------------------


@cython.cclass
@dataclass(frozen=True)
class SetupIndication:
    """A call comes in. continuity: the check is under way; the call must not be offered to anybody before ContinuityReport says that
    it was good (the user part itself refuses the call when it was not)."""

    call: int
    circuit: int
    called: Number
    calling: Number | None
    redirecting: Number | None
    original_called: Number | None
    redirecting_reason: int | None
    category: int
    medium: int
    complete: bool  # False: more digits come as InformationIndication
    continuity: bool
    parameters: tuple[tuple[int, bytes], ...] = ()  # optional parameters of ISUP that are not among the fields


@cython.cclass
@dataclass(frozen=True)
class InformationIndication:
    """More digits (SAM, SAO)."""

    call: int
    digits: str
    complete: bool


@cython.cclass
@dataclass(frozen=True)
class ContinuityReport:
    """The continuity check of an incoming call was good (COT): it may be offered now."""

    call: int


@cython.cclass
@dataclass(frozen=True)
class AddressCompleteIndication:
    """ACM: all digits have been taken. alerting: the called party is free and rings; inband: something is to be heard."""

    call: int
    alerting: bool
    inband: bool
    charge: int | None = None  # 1 no charge, 2 charge; None: not indicated
    cause: int | None = None  # Q.850 value that goes with an announcement


@cython.cclass
@dataclass(frozen=True)
class ProgressIndication:
    """CPG. alerting, inband: as above."""

    call: int
    alerting: bool
    inband: bool
    cause: int | None = None


@cython.cclass
@dataclass(frozen=True)
class AnswerIndication:
    """ANM, CON, ANC, ANN, ANU. direct: it was the first backward message (CON, or ANC without ACM)."""

    call: int
    connected: Number | None
    charge: int | None
    direct: bool


@cython.cclass
@dataclass(frozen=True)
class SuspendIndication:
    """SUS or CBK: the called party has put down the telephone; the call goes on until the timer or the other side ends it."""

    call: int
    network: bool


@cython.cclass
@dataclass(frozen=True)
class ResumeIndication:
    """RES or RAN: the called party is back."""

    call: int
    network: bool


@cython.cclass
@dataclass(frozen=True)
class ReleaseIndication:
    """The call is over and its circuit free, or in the hands of circuit supervision. cause: Q.850; again: nothing has been heard of
    the called party and the call may be tried on another circuit (dual seizure, blocking, continuity failure, Q.764 §2.8.1)."""

    call: int
    circuit: int
    cause: Cause
    by_peer: bool
    again: bool


@cython.cclass
@dataclass(frozen=True)
class DisconnectIndication:
    """The other side clears (REL, CLF): the answer has been sent or will be by release_request; ReleaseIndication follows."""

    call: int
    cause: Cause


@dataclass(frozen=True, slots=True)
class ChargeIndication:
    """A charging message (China's metering pulse MPM, CRG): octets as received."""

    call: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class UserInformationIndication:
    """What calls say to each other beside the above: message type and octets of FAC, INF, USR, NRM and others, as received."""

    call: int
    message: int
    octets: bytes


class ContinuityAction(IntEnum):
    """What the owner must do with the audio of a circuit (Q.724 §7, Q.764 §2.1.8)."""

    LOOP = 1  # connect the receive path to the send path, transmission at 0 dB
    UNLOOP = 2
    TONE = 3  # send 2000 Hz at -12 dBm0 and watch for it; tell the outcome by continuity_detected
    UNTONE = 4


@dataclass(frozen=True, slots=True)
class ContinuityRequest:
    """To the owner of the audio."""

    circuit: int
    action: ContinuityAction


@dataclass(frozen=True, slots=True)
class CircuitIndication:
    """A circuit has changed its state. state: as of `CircuitUserPart.circuit_state`; why: for people."""

    circuit: int
    state: str
    why: str


Output = Any  # one of the above, or mtp_primitives.TransferRequest, or mtp_primitives.ManagementIndication


@dataclass(frozen=True, slots=True)
class CircuitInfo:
    """A picture of a circuit. call: state of the call, by the recommendation's name."""

    circuit: int
    dpc: int
    cic: int
    state: str  # idle | in | out | blocked-local | blocked-remote | blocked-both | reset | test | unavailable
    call_state: str
    call: int | None
    locally_blocked: tuple[str, ...]  # maintenance, hardware
    remotely_blocked: tuple[str, ...]


class CircuitUserPart(Protocol):
    """What ISUP and TUP are to their owner. All methods that take `now` may put outputs into `drain`.

    LocalError: a request that cannot be, such as one for a call that is not. No octets of a peer raise anything."""

    def add_circuit(self, circuit: int, dpc: int, cic: int) -> None: ...
    def remove_circuit(self, circuit: int) -> None: ...
    # calls
    def setup_request(self, request: SetupRequest, circuit: int, now: int) -> int: ...
    def information_request(self, call: int, digits: str, complete: bool, now: int) -> None: ...
    def address_complete_request(self, call: int, alerting: bool, inband: bool, now: int, charge: bool = True) -> None: ...
    def progress_request(self, call: int, alerting: bool, inband: bool, cause: Cause | None, now: int) -> None: ...
    def answer_request(self, call: int, now: int, charge: bool = True) -> None: ...
    def suspend_request(self, call: int, now: int) -> None: ...
    def resume_request(self, call: int, now: int) -> None: ...
    def release_request(self, call: int, cause: Cause, now: int) -> None: ...
    def restore_call(self, circuit: int, incoming: bool, now: int) -> int:
        """Take over an answered call after a restart of control."""

    # circuits
    def block_request(self, circuits: Sequence[int], now: int, hardware: bool = False) -> None: ...
    def unblock_request(self, circuits: Sequence[int], now: int, hardware: bool = False) -> None: ...
    def reset_request(self, circuits: Sequence[int], now: int) -> None:
        """RSC, or groups where several neighbouring circuits of a destination are given (GRS)."""

    def continuity_request(self, circuit: int, now: int) -> None:
        """A continuity check of an idle circuit (CCR)."""

    def continuity_detected(self, circuit: int, good: bool, now: int) -> None:
        """The owner of the audio has heard the tone come back (and its end), or waited in vain."""

    @property
    def counters(self) -> dict[str, int]:
        """What has happened, by name, since it was made."""

    def circuits(self) -> list[CircuitInfo]: ...
    def circuit_state(self, circuit: int) -> str: ...
    # the network below
    def receive(self, message: TransferIndication, now: int) -> None: ...
    def pause(self, dpc: int, now: int) -> None: ...
    def resume(self, dpc: int, now: int) -> None: ...
    def status(self, dpc: int, cause: StatusCause, level: int, now: int) -> None: ...
    # time and output
    @property
    def next_deadline(self) -> int | None: ...
    def handle_timeout(self, now: int) -> None: ...
    def drain(self) -> list[Output]: ...

