"""Primitives between the levels of the message transfer part (ITU-T Q.701 §8, Q.703 Figure 7, Q.704 Figure 23).

    level 4   isup, tup                 TransferRequest  v   ^ TransferIndication, PauseIndication, ...
    level 3   mtp3                      LinkRequest      v   ^ LinkIndication
    level 2   mtp2
    level 1   signal units as octets, without flags and check bits

Every machine is drained of a list of these; none calls another. Those of which a call makes many are extension types when compiled,
with a layout in mtp_primitives.pxd. An MSU between levels 2 and 3 is the service information octet and the signalling
information field (SIO + SIF), up to 273 octets.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import cython


class LinkRequestKind(IntEnum):
    """What level 3 asks of a link, Q.703 Figure 7 and §§7-9, 11."""

    MESSAGE = 0  # octets: SIO + SIF, for transmission
    START = 1
    STOP = 2
    EMERGENCY = 3
    EMERGENCY_CEASES = 4
    LOCAL_PROCESSOR_OUTAGE = 5
    LOCAL_PROCESSOR_RECOVERED = 6
    RETRIEVE_BSNT = 7
    RETRIEVE = 8  # value: FSNC of the far end; answered by RETRIEVED ... RETRIEVAL_COMPLETE
    FLUSH_BUFFERS = 9
    CONTINUE = 10
    POWER_ON = 11
    CONGESTION_ACCEPT = 12  # level 3 cannot take more; level 2 sends SIB and goes on acknowledging
    CONGESTION_DISCARD = 13  # as above, and messages received are discarded unacknowledged
    CONGESTION_CEASES = 14


class LinkIndicationKind(IntEnum):
    """What a link says to level 3, Q.703 Figure 7."""

    MESSAGE = 0  # octets: SIO + SIF received
    IN_SERVICE = 1
    OUT_OF_SERVICE = 2  # value: LinkFailure
    REMOTE_PROCESSOR_OUTAGE = 3
    REMOTE_PROCESSOR_RECOVERED = 4
    BSNT = 5  # value: backward sequence number of the next signal unit to be transmitted
    RETRIEVED = 6  # octets: SIO + SIF of a message that was not acknowledged or not sent
    RETRIEVAL_COMPLETE = 7
    BUFFERS_CLEARED = 8
    TRANSMIT_CONGESTION = 9  # value: level 0 (none) to 3 of the transmission and retransmission buffers, Q.704 §3.8


class LinkFailure(IntEnum):
    """Why a link is out of service (Q.703 §§3, 5, 7, 9; Q.752 Table 1)."""

    MANAGEMENT = 0  # STOP, or not started
    ALIGNMENT_NOT_POSSIBLE = 1  # T2, T3 or proving failed M times
    ALIGNED_READY_TIMEOUT = 2  # T1
    ABNORMAL_BSN = 3
    ABNORMAL_FIB = 4
    ERROR_RATE = 5  # SUERM or EIM
    ACK_DELAY = 6  # T7
    REMOTE_CONGESTION = 7  # T6
    SIO_RECEIVED = 8
    SIN_RECEIVED = 9
    SIE_RECEIVED = 10
    SIOS_RECEIVED = 11
    LINE = 12  # the line below is gone


@cython.freelist(64)
@cython.cclass
@dataclass(frozen=True)
class LinkRequest:
    """From mtp3 to a link. kind: LinkRequestKind."""

    link: int
    kind: int
    octets: bytes
    value: int


@cython.freelist(64)
@cython.cclass
@dataclass(frozen=True)
class LinkIndication:
    """From mtp2. kind: LinkIndicationKind; the owner of the link knows which it is."""

    kind: int
    octets: bytes
    value: int


@cython.freelist(64)
@cython.cclass
@dataclass(frozen=True)
class TransferRequest:
    """MTP-TRANSFER request (Q.701 §8.1). service: service indicator, 0 to 15; opc: one of our own point codes; priority: 0 to 3,
    for networks with congestion priorities; sls: 4 bits, with 24-bit point codes the whole octet that has them in its lower half; octets: what follows the routing label, up to 268."""

    service: int
    opc: int
    dpc: int
    sls: int
    priority: int
    octets: bytes


@cython.freelist(64)
@cython.cclass
@dataclass(frozen=True)
class TransferIndication:
    """MTP-TRANSFER indication: a message for a user of this node."""

    service: int
    opc: int
    dpc: int
    sls: int
    priority: int
    octets: bytes


@dataclass(frozen=True, slots=True)
class PauseIndication:
    """MTP-PAUSE: nothing reaches this destination."""

    dpc: int


@dataclass(frozen=True, slots=True)
class ResumeIndication:
    """MTP-RESUME: the destination is reached again."""

    dpc: int


class StatusCause(IntEnum):
    """Why MTP-STATUS is given (Q.701 §8.4, Q.704 §11.2.7)."""

    CONGESTED = 0
    USER_UNAVAILABLE_UNKNOWN = 1
    USER_UNEQUIPPED = 2
    USER_INACCESSIBLE = 3


@dataclass(frozen=True, slots=True)
class StatusIndication:
    """MTP-STATUS. service: the user concerned by UPU, -1 for congestion (all users); level: congestion, 0 to 3 (1 where the network
    knows one level)."""

    dpc: int
    cause: StatusCause
    service: int
    level: int


@dataclass(frozen=True, slots=True)
class ManagementIndication:
    """What an operator should hear of. severity: info | warning | error; subject: the link, linkset, route or circuit, such as
    "LinkSet0/1" or "route 0-11-5"; code: a short word for programs, such as "link-failure"; cleared: the end of an alarm of the same
    subject and code."""

    severity: str
    code: str
    subject: str
    text: str
    cleared: bool = False
