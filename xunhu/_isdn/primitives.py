"""Primitives between Q.931 call control and its owner (ITU-T Q.931 §5; names as in its SDL: setup_indication is
`SetupIndication`).

The owner calls the request methods of `q931.Q931`; what comes back is drained from `Q931.drain()` as the dataclasses
below, in order. `call` is the stack's own number of a call, an int above 0, unique as long as the stack lives;
`reference` is the call reference value on the line with `originated` = we chose it.

Compiled, these classes are extension types (a tenth of the time to make one); they are frozen in either form.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cython


@cython.cclass
@dataclass(frozen=True)
class Number:
    """A party number (Q.931 §4.5.8, §4.5.10). digits: 0-9 * # A-D."""

    digits: str
    type: int = 0  # type of number: 0 unknown, 1 international, 2 national, 4 subscriber
    plan: int = 1  # numbering plan: 1 E.164
    presentation: int | None = None  # 0 allowed, 1 restricted, 2 not available; None: octet 3a absent
    screening: int = 0  # 0 user provided, 1 verified and passed, 2 verified and failed, 3 network provided


@cython.cclass
@dataclass(frozen=True)
class Progress:
    """Progress indicator (Q.931 §4.5.23). 1 not end-to-end ISDN, 2 destination non-ISDN, 3 origination non-ISDN,
    8 in-band information available."""

    description: int
    location: int = 1
    coding: int = 0


@cython.cclass
@dataclass(frozen=True)
class Cause:
    """Q.850 cause. location: 0 user, 1 private local, 2 public local, 10 beyond interworking point."""

    value: int
    location: int = 1
    diagnostics: bytes = b""
    coding: int = 0  # 0 ITU-T
    recommendation: int | None = None  # octet 3a; None: absent, Q.931


@cython.cclass
@dataclass(frozen=True)
class Bearer:
    """Bearer capability (Q.931 §4.5.5): 0 speech, 8 unrestricted, 16 3.1 kHz audio; layer 1: 3 = A-law, 2 = u-law."""

    capability: int = 0
    rate: int = 16
    layer1: int | None = 3


@cython.cclass
@dataclass(frozen=True)
class SetupRequest:
    called: Number | None = None
    calling: Number | None = None
    redirecting: Number | None = None
    redirecting_reason: int | None = None
    bearer: Bearer = field(default_factory=Bearer)
    channel: int | None = None  # timeslot wanted; None: the stack takes any idle one
    exclusive: bool = False
    sending_complete: bool = True  # False: overlap, more digits by information_request
    display: str = ""
    progress: tuple[Progress, ...] = ()


# -- to the owner --------------------------------------------------------------------------------------------------


@cython.freelist(64)
@cython.cclass
@dataclass(frozen=True)
class DataRequest:
    """Q.931 message for the data link (DL-DATA request)."""

    payload: bytes


@cython.cclass
@dataclass(frozen=True)
class EstablishRequest:
    """The data link is wanted (DL-ESTABLISH request)."""


@cython.cclass
@dataclass(frozen=True)
class SetupIndication:
    call: int
    reference: int
    channel: int | None  # timeslot; None when none could be given (the stack has refused)
    called: Number | None
    calling: Number | None
    redirecting: Number | None
    redirecting_reason: int | None
    bearer: Bearer
    sending_complete: bool  # False: overlap receiving; more digits come as InformationIndication
    display: str
    progress: tuple[Progress, ...]


@cython.cclass
@dataclass(frozen=True)
class InformationIndication:
    call: int
    digits: str
    sending_complete: bool


@cython.cclass
@dataclass(frozen=True)
class SetupAckIndication:
    """Overlap sending: the other side wants more digits."""

    call: int
    channel: int | None
    progress: tuple[Progress, ...]


@cython.cclass
@dataclass(frozen=True)
class ProceedingIndication:
    call: int
    channel: int | None
    progress: tuple[Progress, ...]


@cython.cclass
@dataclass(frozen=True)
class ProgressIndication:
    call: int
    progress: tuple[Progress, ...]
    cause: Cause | None


@cython.cclass
@dataclass(frozen=True)
class AlertingIndication:
    call: int
    channel: int | None
    progress: tuple[Progress, ...]


@cython.cclass
@dataclass(frozen=True)
class SetupConfirm:
    """CONNECT came: the call we made is answered."""

    call: int
    channel: int | None
    connected: Number | None
    progress: tuple[Progress, ...]


@cython.cclass
@dataclass(frozen=True)
class SetupCompleteIndication:
    """CONNECT ACKNOWLEDGE came (or was not needed): the call we answered is active."""

    call: int


@cython.cclass
@dataclass(frozen=True)
class DisconnectIndication:
    """The other side clears. Answer with release_request; with in-band information (progress 8) one may listen first."""

    call: int
    cause: Cause
    progress: tuple[Progress, ...]


@cython.cclass
@dataclass(frozen=True)
class ReleaseIndication:
    """The call is over and its reference and channel are free again. The last word of every call that had
    SetupIndication or setup_request; exactly once."""

    call: int
    cause: Cause
    channel: int | None
    by_peer: bool


@cython.cclass
@dataclass(frozen=True)
class NotifyIndication:
    call: int
    notification: int


@cython.cclass
@dataclass(frozen=True)
class StatusIndication:
    call: int
    state: int
    cause: Cause


@cython.cclass
@dataclass(frozen=True)
class RestartIndication:
    """Channels were put back to idle (RESTART from the other side, or ours acknowledged); calls on them have had their
    ReleaseIndication before this."""

    channels: tuple[int, ...]
    by_peer: bool


@cython.cclass
@dataclass(frozen=True)
class ChannelIndication:
    """A channel leaves or enters service (T308 or T316 run out, SERVICE message)."""

    channel: int
    state: str  # "in-service" | "maintenance" | "out-of-service"
    why: str


@cython.cclass
@dataclass(frozen=True)
class ManagementIndication:
    """What an operator should hear of: timer run out, protocol error, T309 running ..."""

    severity: str  # "info" | "warning" | "error"
    text: str
    call: int | None = None
