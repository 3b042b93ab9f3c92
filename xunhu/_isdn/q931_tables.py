"""Call control of ITU-T Q.931 (05/98) §5 as one flat table: states, event, action, states in which it may end, clause.

Data only. Both sides share the rows: "U1 N6" are the states of the user and of the network between SETUP sent and the first
answer (the numbers of one call are the same at both ends, §2.1, so a call we make is U1 at a user and N6 at a network).
`ends_in` lists what a guard may choose from; "=" stays; of each side only its own tokens count. `action` is a method of
`q931.Q931` with an underscore before it. A pair not in ROWS is decided by DEFAULTS: the family's row. docs/q931.md is drawn
from these rows.

Not entered: U15, U17, N15, N17 (suspend and resume, §5.6, basic access), N22 (call abort, broadcast SETUP), N8 (a network
acknowledges CONNECT at once, so it passes through). Their names are known, a peer may report them.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

STATE_NAMES: dict[int, str] = {
    0: "NULL",
    1: "CALL_INITIATED",
    2: "OVERLAP_SENDING",
    3: "OUTGOING_CALL_PROCEEDING",
    4: "CALL_DELIVERED",
    6: "CALL_PRESENT",
    7: "CALL_RECEIVED",
    8: "CONNECT_REQUEST",
    9: "INCOMING_CALL_PROCEEDING",
    10: "ACTIVE",
    11: "DISCONNECT_REQUEST",
    12: "DISCONNECT_INDICATION",
    15: "SUSPEND_REQUEST",
    17: "RESUME_REQUEST",
    19: "RELEASE_REQUEST",
    22: "CALL_ABORT",
    25: "OVERLAP_RECEIVING",
}

USER_STATES: tuple[int, ...] = (0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 19, 25)
NETWORK_STATES: tuple[int, ...] = (0, 1, 2, 3, 4, 6, 7, 9, 10, 11, 12, 19, 25)


class Event(IntEnum):
    """Messages keep their type octet (§4.4); the rest is numbered from 128."""

    ALERTING = 0x01
    CALL_PROCEEDING = 0x02
    PROGRESS = 0x03
    SETUP = 0x05
    CONNECT = 0x07
    SETUP_ACKNOWLEDGE = 0x0D
    CONNECT_ACKNOWLEDGE = 0x0F
    USER_INFORMATION = 0x20
    SUSPEND_REJECT = 0x21
    RESUME_REJECT = 0x22
    SUSPEND = 0x25
    RESUME = 0x26
    SUSPEND_ACKNOWLEDGE = 0x2D
    RESUME_ACKNOWLEDGE = 0x2E
    DISCONNECT = 0x45
    RESTART = 0x46
    RELEASE = 0x4D
    RESTART_ACKNOWLEDGE = 0x4E
    RELEASE_COMPLETE = 0x5A
    FACILITY = 0x62
    NOTIFY = 0x6E
    STATUS_ENQUIRY = 0x75
    CONGESTION_CONTROL = 0x79
    INFORMATION = 0x7B
    STATUS = 0x7D
    UNKNOWN_MESSAGE = 128
    # requests of the owner
    SETUP_REQUEST = 130
    MORE_INFO_REQUEST = 131
    PROCEEDING_REQUEST = 132
    ALERTING_REQUEST = 133
    PROGRESS_REQUEST = 134
    SETUP_RESPONSE = 135
    INFORMATION_REQUEST = 136
    DISCONNECT_REQUEST = 137
    RELEASE_REQUEST = 138
    NOTIFY_REQUEST = 139
    STATUS_ENQUIRY_REQUEST = 140
    RESTORE_REQUEST = 141
    # timers
    T301 = 150
    T302 = 151
    T303 = 152
    T304 = 153
    T305 = 154
    T306 = 155
    T308 = 156
    T309 = 157
    T310 = 158
    T313 = 159
    T322 = 160
    # the data link and the interface
    DL_RELEASED = 170
    DL_ESTABLISHED = 171  # after having been released
    DL_RESET = 172  # anew, without having been released
    RESTARTED = 173  # the channel of the call is restarted, by either side


MESSAGE_EVENTS: tuple[Event, ...] = tuple(e for e in Event if e <= Event.UNKNOWN_MESSAGE)
REQUEST_EVENTS: tuple[Event, ...] = tuple(e for e in Event if 130 <= e < 150)
TIMER_EVENTS: tuple[Event, ...] = tuple(e for e in Event if 150 <= e < 170)
LINK_EVENTS: tuple[Event, ...] = tuple(e for e in Event if e >= 170)


class Row(NamedTuple):
    states: str
    event: Event
    action: str
    ends_in: str
    clause: str


_E = Event
_NULL = "U0 N0"
# calls we make
_SENT = "U1 N6"
_SENDING = "U2 N25"
_PROCEEDING = "U3 N9"
_DELIVERED = "U4 N7"
# calls we are offered
_PRESENT = "U6 N1"
_RECEIVING = "U25 N2"
_INCOMING = "U9 N3"
_RINGING = "U7 N4"
_ANSWERED = "U8"
_ACTIVE = "U10 N10"
# clearing
_WE_CLEAR = "U11 N12"
_PEER_CLEARS = "U12 N11"
_RELEASING = "U19 N19"

_OUT = f"{_SENT} {_SENDING} {_PROCEEDING} {_DELIVERED}"
_OUT_LATER = f"{_SENDING} {_PROCEEDING} {_DELIVERED}"
_IN = f"{_PRESENT} {_RECEIVING} {_INCOMING} {_RINGING} {_ANSWERED}"
_IN_LATER = f"{_RECEIVING} {_INCOMING} {_RINGING} {_ANSWERED}"
_CALL = f"{_OUT} {_IN} {_ACTIVE}"
_CLEARING = f"{_WE_CLEAR} {_PEER_CLEARS} {_RELEASING}"
_ANY = f"{_CALL} {_CLEARING}"

ROWS: tuple[Row, ...] = (
    # -- a call we make ----------------------------------------------------------------------------------------
    Row(_NULL, _E.SETUP_REQUEST, "send_setup", _SENT, "§5.1.1, §5.2.1"),
    Row(_SENT, _E.SETUP_ACKNOWLEDGE, "receive_setup_acknowledge", f"{_SENDING} {_RELEASING}", "§5.1.3, §5.2.4"),
    Row(
        f"{_SENT} {_SENDING}",
        _E.CALL_PROCEEDING,
        "receive_call_proceeding",
        f"{_PROCEEDING} {_RELEASING}",
        "§5.1.5, §5.2.5.2",
    ),
    Row(
        f"{_SENT} {_SENDING} {_PROCEEDING}",
        _E.ALERTING,
        "receive_alerting",
        f"{_DELIVERED} {_RELEASING}",
        "§5.1.7, §5.2.5.2",
    ),
    Row(_OUT, _E.CONNECT, "receive_connect", f"{_ACTIVE} {_RELEASING}", "§5.1.8, §5.2.7, §5.2.8"),
    Row(_OUT_LATER, _E.PROGRESS, "receive_progress", "=", "§5.1.6, §5.2.6"),
    Row(_SENT, _E.INFORMATION_REQUEST, "keep_digits", "=", "§5.1.3: sent when they are asked for"),
    Row(_SENDING, _E.INFORMATION_REQUEST, "send_information", "=", "§5.1.3, §5.2.4"),
    Row(
        f"{_PROCEEDING} {_DELIVERED} {_ACTIVE}",
        _E.INFORMATION_REQUEST,
        "drop_digits",
        "=",
        "§5.1.5: the number was complete",
    ),
    Row(_SENT, _E.T303, "t303_expired", f"= {_NULL}", "§5.1.1, §5.2.5.3, §9"),
    Row(_SENDING, _E.T304, "clear_on_timer", _WE_CLEAR, "§5.1.3, §5.2.4, §9"),
    Row(_PROCEEDING, _E.T310, "clear_on_timer", _WE_CLEAR, "§5.1.5, §5.2.5.3, §9"),
    Row(_DELIVERED, _E.T301, "t301_expired", _WE_CLEAR, "§5.1.7, §5.2.5.3, §9"),
    # -- a call we are offered ---------------------------------------------------------------------------------
    Row(_NULL, _E.SETUP, "receive_setup", f"{_PRESENT} {_NULL}", "§5.1.1, §5.2.1, §5.7"),
    Row(_PRESENT, _E.MORE_INFO_REQUEST, "send_setup_acknowledge", _RECEIVING, "§5.1.3, §5.2.4"),
    Row(
        f"{_PRESENT} {_RECEIVING}", _E.PROCEEDING_REQUEST, "send_call_proceeding", _INCOMING, "§5.1.5, §5.2.5.1"
    ),
    Row(
        f"{_PRESENT} {_RECEIVING} {_INCOMING}",
        _E.ALERTING_REQUEST,
        "send_alerting",
        _RINGING,
        "§5.1.7, §5.2.5.1",
    ),
    Row(_PRESENT, _E.PROGRESS_REQUEST, "send_proceeding_for_progress", _INCOMING, "§5.1.6: PROGRESS cannot come first"),
    Row(f"{_RECEIVING} {_INCOMING} {_RINGING}", _E.PROGRESS_REQUEST, "send_progress", "=", "§5.1.6, §5.2.6"),
    Row(
        f"{_PRESENT} {_RECEIVING} {_INCOMING} {_RINGING}",
        _E.SETUP_RESPONSE,
        "send_connect",
        "U8 N10",
        "§5.1.8, §5.2.7",
    ),
    Row(_RECEIVING, _E.INFORMATION, "receive_digits", "=", "§5.1.3, §5.2.4"),
    Row(_RECEIVING, _E.T302, "t302_expired", "=", "§5.1.3, §5.2.4, §9"),
    Row(_IN_LATER, _E.PROGRESS, "receive_progress", "=", "§5.1.6, §5.2.6"),
    Row(_ANSWERED, _E.CONNECT_ACKNOWLEDGE, "receive_connect_acknowledge", "U10", "§5.2.8"),
    Row(_ANSWERED, _E.T313, "clear_on_timer", _WE_CLEAR, "§5.2.8, §9.2"),
    # -- any call ----------------------------------------------------------------------------------------------
    Row(_ACTIVE, _E.CONNECT_ACKNOWLEDGE, "ignore", "=", "§5.1.8: the user may send it; repeated"),
    Row(_ACTIVE, _E.PROGRESS, "receive_progress", "=", "§5.1.6: crossed CONNECT"),
    Row(
        f"{_OUT_LATER} {_INCOMING} {_RINGING} {_ANSWERED} {_ACTIVE}",
        _E.INFORMATION,
        "receive_information",
        "=",
        "§5.1.5, §3.1.6",
    ),
    Row(f"{_OUT_LATER} {_IN_LATER} {_ACTIVE}", _E.NOTIFY, "receive_notify", "=", "§5.9"),
    Row(f"{_OUT_LATER} {_IN_LATER} {_ACTIVE}", _E.NOTIFY_REQUEST, "send_notify", "=", "§5.9"),
    Row(_CALL, _E.FACILITY, "ignore", "=", "Q.932 §6: no supplementary service by FACILITY"),
    Row(_CALL, _E.USER_INFORMATION, "ignore", "=", "Q.957: user-to-user service 3 is not offered"),
    Row(_CALL, _E.CONGESTION_CONTROL, "ignore", "=", "Q.957 §1.4"),
    Row(_ANY, _E.SETUP, "ignore", "=", "§5.8.3.2 e: repeated on T303"),
    Row("N10", _E.SUSPEND, "reject_suspend", "=", "§5.6.3: not offered on primary rate access"),
    Row(_ANY, _E.STATUS, "receive_status", f"= {_NULL} {_WE_CLEAR} {_PEER_CLEARS}", "§5.8.11"),
    Row(_ANY, _E.STATUS_ENQUIRY, "answer_status_enquiry", "=", "§5.8.10"),
    Row(_ANY, _E.STATUS_ENQUIRY_REQUEST, "send_status_enquiry", "=", "§5.8.10"),
    Row(_ANY, _E.T322, "t322_expired", f"= {_WE_CLEAR} {_NULL}", "§5.8.10, §9"),
    # -- clearing ----------------------------------------------------------------------------------------------
    Row(_PRESENT, _E.DISCONNECT_REQUEST, "reject_or_disconnect", f"{_NULL} {_WE_CLEAR}", "§5.2.5.1, §5.3.2 b, §5.4"),
    Row(_PRESENT, _E.RELEASE_REQUEST, "reject_request", _NULL, "§5.3.2 b"),
    Row(
        f"{_OUT} {_IN_LATER} {_ACTIVE}",
        _E.DISCONNECT_REQUEST,
        "send_disconnect",
        _WE_CLEAR,
        "§5.3.3, §5.3.4, §5.4",
    ),
    Row(f"{_OUT} {_IN_LATER} {_ACTIVE}", _E.RELEASE_REQUEST, "send_disconnect", _WE_CLEAR, "§5.3.3, §5.3.4"),
    Row(_WE_CLEAR, _E.DISCONNECT_REQUEST, "ignore", "=", "being cleared already"),
    Row(_WE_CLEAR, _E.RELEASE_REQUEST, "end_of_tone", f"= {_RELEASING}", "§5.3.4.1: the tone is over"),
    Row(_PEER_CLEARS, _E.DISCONNECT_REQUEST, "send_release", _RELEASING, "§5.3.3, §5.3.4"),
    Row(_PEER_CLEARS, _E.RELEASE_REQUEST, "send_release", _RELEASING, "§5.3.3, §5.3.4"),
    Row(_RELEASING, _E.DISCONNECT_REQUEST, "ignore", "=", "being cleared already"),
    Row(_RELEASING, _E.RELEASE_REQUEST, "ignore", "=", "being cleared already"),
    Row(_CALL, _E.DISCONNECT, "receive_disconnect", _PEER_CLEARS, "§5.3.3, §5.3.4"),
    Row(_WE_CLEAR, _E.DISCONNECT, "collide_disconnect", _RELEASING, "§5.3.5: clear collision"),
    Row(_RELEASING, _E.DISCONNECT, "ignore", "=", "§5.3.5: crossed our RELEASE"),
    Row(f"{_CALL} {_WE_CLEAR} {_PEER_CLEARS}", _E.RELEASE, "receive_release", _NULL, "§5.3.3, §5.3.4"),
    Row(_RELEASING, _E.RELEASE, "collide_release", _NULL, "§5.3.5: both have sent RELEASE"),
    Row(_ANY, _E.RELEASE_COMPLETE, "receive_release_complete", _NULL, "§5.3.3, §5.3.4, §5.3.2"),
    Row(_WE_CLEAR, _E.T305, "t305_expired", _RELEASING, "§5.3.3, §9"),
    Row(_WE_CLEAR, _E.T306, "t305_expired", _RELEASING, "§5.3.4.1, §9.1"),
    Row(_RELEASING, _E.T308, "t308_expired", f"= {_NULL}", "§5.3.3, §5.3.4.3, §9"),
    # -- the data link -----------------------------------------------------------------------------------------
    Row(f"{_OUT} {_IN} {_CLEARING}", _E.DL_RELEASED, "clear_with_link", f"= {_NULL}", "§5.8.9"),
    Row(_ACTIVE, _E.DL_RELEASED, "wait_for_link", "=", "§5.8.9: T309"),
    Row(f"{_ACTIVE} {_WE_CLEAR}", _E.T309, "t309_expired", _NULL, "§5.8.9, §9"),
    Row(_ACTIVE, _E.DL_ESTABLISHED, "confirm_after_link", "=", "§5.8.9: STATUS ENQUIRY"),
    Row(_WE_CLEAR, _E.DL_ESTABLISHED, "clear_after_link", "=", "§5.8.9: cleared by us meanwhile"),
    Row(f"{_SENDING} {_RECEIVING}", _E.DL_RESET, "clear_on_reset", _WE_CLEAR, "§5.8.8 a"),
    Row(_NULL, _E.RESTORE_REQUEST, "restore", _ACTIVE, "own procedure: taken over in state 10, §5.8.10 confirms"),
    Row(_ANY, _E.RESTARTED, "clear_on_restart", _NULL, "§5.5.1, §5.5.2"),
    # -- messages with a call reference of no call (§5.8.3.2) --------------------------------------------------
    Row(_NULL, _E.RELEASE, "null_release", "=", "§5.8.3.2 c"),
    Row(_NULL, _E.RELEASE_COMPLETE, "null_ignore", "=", "§5.8.3.2 d"),
    Row(_NULL, _E.STATUS, "null_status", "=", "§5.8.3.2 g, §5.8.11"),
    Row(_NULL, _E.STATUS_ENQUIRY, "null_status_enquiry", "=", "§5.8.3.2 h, §5.8.10"),
    Row("N0", _E.RESUME, "null_resume", "=", "§5.6.5: not offered on primary rate access"),
)


class Default(NamedTuple):
    """What a pair of state and event does that has no row: of `events`, in null or else."""

    events: tuple[Event, ...]
    null: bool
    action: str
    clause: str


DEFAULTS: tuple[Default, ...] = (
    Default((_E.UNKNOWN_MESSAGE,), False, "unknown_message", "§5.8.4: STATUS 97"),
    Default(MESSAGE_EVENTS, False, "unexpected_message", "§5.8.4: STATUS 101"),
    Default(MESSAGE_EVENTS, True, "null_unexpected", "§5.8.3.2 a: RELEASE COMPLETE 81"),
    Default(REQUEST_EVENTS, False, "refuse_request", "own caller's mistake, or too late: the call is being cleared"),
    Default(REQUEST_EVENTS, True, "refuse_request", "own caller's mistake"),
    Default(TIMER_EVENTS, False, "ignore", "not running in this state"),
    Default(TIMER_EVENTS, True, "ignore", "not running in this state"),
    Default(LINK_EVENTS, False, "ignore", "§5.8.8 b, §5.8.9: no action"),
    Default(LINK_EVENTS, True, "ignore", "no call"),
)


class Cell(NamedTuple):
    action: str
    ends_in: tuple[int, ...]
    clause: str


def transitions(side: str) -> dict[tuple[int, Event], Cell]:
    """The table of one side ("user", "network"), every pair of state and event filled."""
    letter = side[0].upper()
    states = USER_STATES if side == "user" else NETWORK_STATES
    table: dict[tuple[int, Event], Cell] = {}
    for row in ROWS:
        ends = [int(t[1:]) for t in row.ends_in.split() if t[0] == letter]
        for token in row.states.split():
            if token[0] != letter:
                continue
            state = int(token[1:])
            own = (state, *ends) if "=" in row.ends_in else tuple(ends)
            if (state, row.event) in table:
                raise AssertionError(f"two rows for {token} {row.event.name}")
            table[state, row.event] = Cell(row.action, own, row.clause)
    for default in DEFAULTS:
        for event in default.events:
            for state in states:
                if (state == 0) == default.null:
                    table.setdefault((state, event), Cell(default.action, (state,), default.clause))
    return table


# Which main timer may run in a state (T309 and T322 run beside it).
TIMERS_OF_STATE: dict[str, dict[int, tuple[str, ...]]] = {
    "user": {
        1: ("T303",),
        2: ("T304",),
        3: ("T310",),
        4: ("T301",),
        8: ("T313",),
        11: ("T305", "T306"),
        19: ("T308",),
        25: ("T302",),
    },
    "network": {
        2: ("T302",),
        6: ("T303",),
        7: ("T301",),
        9: ("T310",),
        12: ("T305", "T306"),
        19: ("T308",),
        25: ("T304",),
    },
}

# §5.8.11: call states of the peer that fit ours; the numbers mean the same at both ends. Null is handled before.
_MADE = frozenset((1, 2, 3, 4))
_OFFERED = frozenset((6, 7, 8, 9, 25))
_ENDING = frozenset((10, 11, 12, 19, 22))
COMPATIBLE: dict[int, frozenset[int]] = {
    **dict.fromkeys(_MADE, _MADE | _ENDING),
    **dict.fromkeys(_OFFERED, _OFFERED | _ENDING),
    10: frozenset((8, 10, 11, 12, 15, 19)),
    11: frozenset(range(1, 26)),
    12: frozenset(range(1, 26)),
    19: frozenset(range(1, 26)),
}
# In a STATUS that was not asked for, a CONNECT may be on its way.
COMPATIBLE_UNASKED: dict[int, frozenset[int]] = {**COMPATIBLE, 10: _MADE | _OFFERED | _ENDING | {15}}
