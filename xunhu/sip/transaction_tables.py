"""The four transactions of RFC 3261 §17 with RFC 6026, as tables: (state, event) -> (action, possible next states).

Actions are functions of transaction.py. Where there is no row the event is absorbed and counted: a state that has no use of a
message has had it before, and the peer will be told by what is repeated anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType


class State(IntEnum):
    """CALLING: INVITE client only; ACCEPTED: both INVITE transactions (RFC 6026); CONFIRMED: INVITE server only."""

    CALLING = 0
    TRYING = 1
    PROCEEDING = 2
    COMPLETED = 3
    ACCEPTED = 4
    CONFIRMED = 5
    TERMINATED = 6


class Event(IntEnum):
    PROVISIONAL = 0  # 1xx: received by a client, given by the user of a server
    SUCCESS = 1  # 2xx
    FAILURE = 2  # 300 to 699
    REPEAT = 3  # timers A, E, G
    TIMEOUT = 4  # timers B, F, H
    EXPIRY = 5  # timers D, I, J, K, L, M
    TRANSPORT_ERROR = 6
    REQUEST = 7  # the request came again
    ACK = 8


Row = tuple[str, tuple[State, ...]]
Table = Mapping[tuple[State, Event], Row]

_CALLING, _TRYING, _PROCEEDING = State.CALLING, State.TRYING, State.PROCEEDING
_COMPLETED, _ACCEPTED, _CONFIRMED, _TERMINATED = State.COMPLETED, State.ACCEPTED, State.CONFIRMED, State.TERMINATED

#: Figure 5/RFC 3261 as changed by Figure 1/RFC 6026
INVITE_CLIENT: Table = MappingProxyType(
    {
        (_CALLING, Event.REPEAT): ("send_again_doubled", (_CALLING,)),
        (_CALLING, Event.TIMEOUT): ("time_out", (_TERMINATED,)),
        (_CALLING, Event.TRANSPORT_ERROR): ("transport_error", (_TERMINATED,)),
        (_CALLING, Event.PROVISIONAL): ("invite_provisional", (_PROCEEDING,)),
        (_CALLING, Event.SUCCESS): ("invite_success", (_ACCEPTED,)),
        (_CALLING, Event.FAILURE): ("invite_failure", (_COMPLETED, _TERMINATED)),
        (_PROCEEDING, Event.PROVISIONAL): ("invite_provisional", (_PROCEEDING,)),
        (_PROCEEDING, Event.SUCCESS): ("invite_success", (_ACCEPTED,)),
        (_PROCEEDING, Event.FAILURE): ("invite_failure", (_COMPLETED, _TERMINATED)),
        (_PROCEEDING, Event.TIMEOUT): ("ring_out", (_PROCEEDING, _TERMINATED)),
        (_COMPLETED, Event.FAILURE): ("acknowledge_again", (_COMPLETED,)),
        (_COMPLETED, Event.EXPIRY): ("expire", (_TERMINATED,)),
        (_COMPLETED, Event.TRANSPORT_ERROR): ("expire", (_TERMINATED,)),
        (_ACCEPTED, Event.SUCCESS): ("pass_up", (_ACCEPTED,)),
        (_ACCEPTED, Event.EXPIRY): ("expire", (_TERMINATED,)),
    }
)

#: Figure 6/RFC 3261
CLIENT: Table = MappingProxyType(
    {
        (_TRYING, Event.REPEAT): ("send_again_to_t2", (_TRYING,)),
        (_TRYING, Event.TIMEOUT): ("time_out", (_TERMINATED,)),
        (_TRYING, Event.TRANSPORT_ERROR): ("transport_error", (_TERMINATED,)),
        (_TRYING, Event.PROVISIONAL): ("provisional", (_PROCEEDING,)),
        (_TRYING, Event.SUCCESS): ("final", (_COMPLETED, _TERMINATED)),
        (_TRYING, Event.FAILURE): ("final", (_COMPLETED, _TERMINATED)),
        (_PROCEEDING, Event.REPEAT): ("send_again_at_t2", (_PROCEEDING,)),
        (_PROCEEDING, Event.TIMEOUT): ("time_out", (_TERMINATED,)),
        (_PROCEEDING, Event.TRANSPORT_ERROR): ("transport_error", (_TERMINATED,)),
        (_PROCEEDING, Event.PROVISIONAL): ("provisional", (_PROCEEDING,)),
        (_PROCEEDING, Event.SUCCESS): ("final", (_COMPLETED, _TERMINATED)),
        (_PROCEEDING, Event.FAILURE): ("final", (_COMPLETED, _TERMINATED)),
        (_COMPLETED, Event.EXPIRY): ("expire", (_TERMINATED,)),
    }
)

#: Figure 7/RFC 3261 as changed by Figure 2/RFC 6026
INVITE_SERVER: Table = MappingProxyType(
    {
        (_PROCEEDING, Event.REQUEST): ("respond_again", (_PROCEEDING,)),
        (_PROCEEDING, Event.PROVISIONAL): ("respond", (_PROCEEDING,)),
        (_PROCEEDING, Event.SUCCESS): ("respond_success", (_ACCEPTED,)),
        (_PROCEEDING, Event.FAILURE): ("respond_failure", (_COMPLETED,)),
        (_PROCEEDING, Event.TRANSPORT_ERROR): ("respond_lost", (_PROCEEDING,)),
        (_COMPLETED, Event.REQUEST): ("respond_again", (_COMPLETED,)),
        (_COMPLETED, Event.REPEAT): ("respond_again_doubled", (_COMPLETED,)),
        (_COMPLETED, Event.ACK): ("acknowledged", (_CONFIRMED, _TERMINATED)),
        (_COMPLETED, Event.TIMEOUT): ("server_time_out", (_TERMINATED,)),
        (_COMPLETED, Event.TRANSPORT_ERROR): ("expire", (_TERMINATED,)),
        (_ACCEPTED, Event.SUCCESS): ("respond", (_ACCEPTED,)),
        (_ACCEPTED, Event.ACK): ("pass_ack", (_ACCEPTED,)),
        (_ACCEPTED, Event.EXPIRY): ("expire", (_TERMINATED,)),
        (_CONFIRMED, Event.EXPIRY): ("expire", (_TERMINATED,)),
    }
)

#: Figure 8/RFC 3261
SERVER: Table = MappingProxyType(
    {
        (_TRYING, Event.PROVISIONAL): ("respond", (_PROCEEDING,)),
        (_TRYING, Event.SUCCESS): ("respond_final", (_COMPLETED, _TERMINATED)),
        (_TRYING, Event.FAILURE): ("respond_final", (_COMPLETED, _TERMINATED)),
        (_PROCEEDING, Event.REQUEST): ("respond_again", (_PROCEEDING,)),
        (_PROCEEDING, Event.PROVISIONAL): ("respond", (_PROCEEDING,)),
        (_PROCEEDING, Event.SUCCESS): ("respond_final", (_COMPLETED, _TERMINATED)),
        (_PROCEEDING, Event.FAILURE): ("respond_final", (_COMPLETED, _TERMINATED)),
        (_COMPLETED, Event.REQUEST): ("respond_again", (_COMPLETED,)),
        (_COMPLETED, Event.EXPIRY): ("expire", (_TERMINATED,)),
    }
)

TABLES: Mapping[str, Table] = MappingProxyType(
    {"INVITE client": INVITE_CLIENT, "client": CLIENT, "INVITE server": INVITE_SERVER, "server": SERVER}
)
