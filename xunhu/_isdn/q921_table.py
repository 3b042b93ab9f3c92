"""LAPD: the transition table of ITU-T Q.921 (09/97), point to point (§5.5 to §5.8, SDL of Annex B, states of §3.4).

Data only. One row a cell: state, event, action, the states in which the action may end, clause. Every pair of state
and event has its row; where the recommendation says nothing or "ignore" the action is `ignore`, counted by the machine.
`action` is a method of `q921.DataLink` (with an underscore before it). docs/q921.md is drawn from these rows.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class State(IntEnum):
    """Q.921 §3.4; states 1 to 3 belong to TEI assignment, which primary rate access does without (TEI 0)."""

    TEI_ASSIGNED = 4
    AWAITING_ESTABLISHMENT = 5
    AWAITING_RELEASE = 6
    MULTIPLE_FRAME_ESTABLISHED = 7
    TIMER_RECOVERY = 8


class Event(IntEnum):
    """What may happen to a data link: primitives from above, timers, frames of the peer."""

    DL_ESTABLISH_REQUEST = 0
    DL_RELEASE_REQUEST = 1
    DL_DATA_REQUEST = 2
    DL_UNIT_DATA_REQUEST = 3
    OWN_BUSY = 4
    OWN_READY = 5
    PH_DEACTIVATE = 6
    T200 = 7
    T203 = 8
    SABME = 9
    DISC = 10
    UA = 11
    DM = 12
    FRMR = 13
    UI = 14
    XID = 15
    I = 16  # noqa: E741 - the name of the frame
    RR = 17
    RNR = 18
    REJ = 19
    FRAME_ERROR = 20  # §5.8.5: undefined control field, wrong length, too long


class Row(NamedTuple):
    state: State
    event: Event
    action: str
    ends_in: tuple[State, ...]
    clause: str


_4, _5, _6, _7, _8 = State
_E = Event

TRANSITIONS: tuple[Row, ...] = (
    # -- 4 TEI assigned ------------------------------------------------------------------------------------
    Row(_4, _E.DL_ESTABLISH_REQUEST, "establish_by_layer3", (_5,), "§5.5.1.1"),
    Row(_4, _E.DL_RELEASE_REQUEST, "confirm_release", (_4,), "Figure B.4"),
    Row(_4, _E.DL_DATA_REQUEST, "refuse_data", (_4,), "§5.6.1: only in multiple-frame operation"),
    Row(_4, _E.DL_UNIT_DATA_REQUEST, "send_ui", (_4,), "§5.2.2"),
    Row(_4, _E.OWN_BUSY, "note_busy", (_4,), "own decision: kept for the established link"),
    Row(_4, _E.OWN_READY, "note_ready", (_4,), "own decision: kept for the established link"),
    Row(_4, _E.PH_DEACTIVATE, "ignore", (_4,), "Figure B.4"),
    Row(_4, _E.T200, "ignore", (_4,), "not running in this state"),
    Row(_4, _E.T203, "ignore", (_4,), "not running in this state"),
    Row(_4, _E.SABME, "accept_establishment", (_7,), "§5.5.1.2"),
    Row(_4, _E.DISC, "answer_dm", (_4,), "§5.5.4"),
    Row(_4, _E.UA, "unsolicited_ua", (_4,), "§5.5.4, Table II.1 C D"),
    Row(_4, _E.DM, "dm_in_tei_assigned", (_4, _5), "§5.5.4"),
    Row(_4, _E.FRMR, "ignore", (_4,), "§5.5.4"),
    Row(_4, _E.UI, "deliver_ui", (_4,), "§5.2.3"),
    Row(_4, _E.XID, "ignore", (_4,), "§5.4: parameters are not negotiated"),
    Row(_4, _E.I, "ignore", (_4,), "§5.5.4"),
    Row(_4, _E.RR, "ignore", (_4,), "§5.5.4"),
    Row(_4, _E.RNR, "ignore", (_4,), "§5.5.4"),
    Row(_4, _E.REJ, "ignore", (_4,), "§5.5.4"),
    Row(_4, _E.FRAME_ERROR, "report_frame_error", (_4,), "§5.8.5"),
    # -- 5 awaiting establishment --------------------------------------------------------------------------
    Row(_5, _E.DL_ESTABLISH_REQUEST, "layer3_wants_establishment", (_5,), "Figure B.5"),
    Row(_5, _E.DL_RELEASE_REQUEST, "release_when_established", (_5,), "Table D.1, state 5.2"),
    Row(_5, _E.DL_DATA_REQUEST, "queue_while_reestablishing", (_5,), "Figure B.5"),
    Row(_5, _E.DL_UNIT_DATA_REQUEST, "send_ui", (_5,), "§5.2.2"),
    Row(_5, _E.OWN_BUSY, "note_busy", (_5,), "own decision: kept for the established link"),
    Row(_5, _E.OWN_READY, "note_ready", (_5,), "own decision: kept for the established link"),
    Row(_5, _E.PH_DEACTIVATE, "line_lost", (_4,), "§5.5.1.3, Figure B.5"),
    Row(_5, _E.T200, "repeat_sabme", (_4, _5), "§5.5.1.3"),
    Row(_5, _E.T203, "ignore", (_5,), "not running in this state"),
    Row(_5, _E.SABME, "answer_ua", (_5,), "§5.5.5.1: both sides establish"),
    Row(_5, _E.DISC, "answer_dm", (_5,), "§5.5.5.2"),
    Row(_5, _E.UA, "ua_to_sabme", (_5, _6, _7), "§5.5.1.2"),
    Row(_5, _E.DM, "dm_to_sabme", (_4, _5), "§5.5.1.2"),
    Row(_5, _E.FRMR, "ignore", (_5,), "§5.5.1.2: others are discarded"),
    Row(_5, _E.UI, "deliver_ui", (_5,), "§5.2.3"),
    Row(_5, _E.XID, "ignore", (_5,), "§5.4: parameters are not negotiated"),
    Row(_5, _E.I, "ignore", (_5,), "§5.5.1.2: others are discarded"),
    Row(_5, _E.RR, "ignore", (_5,), "§5.5.1.2: others are discarded"),
    Row(_5, _E.RNR, "ignore", (_5,), "§5.5.1.2: others are discarded"),
    Row(_5, _E.REJ, "ignore", (_5,), "§5.5.1.2: others are discarded"),
    Row(_5, _E.FRAME_ERROR, "report_frame_error", (_5,), "§5.8.5"),
    # -- 6 awaiting release --------------------------------------------------------------------------------
    Row(_6, _E.DL_ESTABLISH_REQUEST, "establish_when_released", (_6,), "own decision: kept until released"),
    Row(_6, _E.DL_RELEASE_REQUEST, "release_after_all", (_6,), "already under way"),
    Row(_6, _E.DL_DATA_REQUEST, "refuse_data", (_6,), "§5.6.1: only in multiple-frame operation"),
    Row(_6, _E.DL_UNIT_DATA_REQUEST, "send_ui", (_6,), "§5.2.2"),
    Row(_6, _E.OWN_BUSY, "note_busy", (_6,), "own decision: kept for the established link"),
    Row(_6, _E.OWN_READY, "note_ready", (_6,), "own decision: kept for the established link"),
    Row(_6, _E.PH_DEACTIVATE, "released", (_4, _5), "§5.5.3.3, Figure B.6"),
    Row(_6, _E.T200, "repeat_disc", (_4, _5, _6), "§5.5.3.3"),
    Row(_6, _E.T203, "ignore", (_6,), "not running in this state"),
    Row(_6, _E.SABME, "answer_dm", (_6,), "§5.5.5.2"),
    Row(_6, _E.DISC, "answer_ua", (_6,), "§5.5.5.1: both sides release"),
    Row(_6, _E.UA, "ua_to_disc", (_4, _5, _6), "§5.5.3.2"),
    Row(_6, _E.DM, "dm_to_disc", (_4, _5, _6), "§5.5.3.2"),
    Row(_6, _E.FRMR, "ignore", (_6,), "§5.5.3.2: others are discarded"),
    Row(_6, _E.UI, "deliver_ui", (_6,), "§5.2.3"),
    Row(_6, _E.XID, "ignore", (_6,), "§5.4: parameters are not negotiated"),
    Row(_6, _E.I, "ignore", (_6,), "§5.5.3.2: others are discarded"),
    Row(_6, _E.RR, "ignore", (_6,), "§5.5.3.2: others are discarded"),
    Row(_6, _E.RNR, "ignore", (_6,), "§5.5.3.2: others are discarded"),
    Row(_6, _E.REJ, "ignore", (_6,), "§5.5.3.2: others are discarded"),
    Row(_6, _E.FRAME_ERROR, "report_frame_error", (_6,), "§5.8.5"),
    # -- 7 multiple frame established ----------------------------------------------------------------------
    Row(_7, _E.DL_ESTABLISH_REQUEST, "establish_anew", (_5,), "Figure B.7"),
    Row(_7, _E.DL_RELEASE_REQUEST, "release", (_6,), "§5.5.3.1"),
    Row(_7, _E.DL_DATA_REQUEST, "queue_data", (_7,), "§5.6.1"),
    Row(_7, _E.DL_UNIT_DATA_REQUEST, "send_ui", (_7,), "§5.2.2"),
    Row(_7, _E.OWN_BUSY, "become_busy", (_7,), "§5.6.6"),
    Row(_7, _E.OWN_READY, "become_ready", (_7,), "§5.6.6"),
    Row(_7, _E.PH_DEACTIVATE, "line_lost", (_4,), "Figure B.7"),
    Row(_7, _E.T200, "enquire", (_8,), "§5.6.7"),
    Row(_7, _E.T203, "enquire", (_8,), "§5.10.3"),
    Row(_7, _E.SABME, "peer_reestablishes", (_7,), "§5.7, Table II.1 F"),
    Row(_7, _E.DISC, "peer_releases", (_4,), "§5.5.3.2"),
    Row(_7, _E.UA, "unsolicited_ua", (_7,), "Table II.1 C D"),
    Row(_7, _E.DM, "dm_in_multiple_frame", (_5, _7), "§5.7.1, Table II.1 B E"),
    Row(_7, _E.FRMR, "frmr", (_5,), "§5.8.6, Table II.1 K"),
    Row(_7, _E.UI, "deliver_ui", (_7,), "§5.2.3"),
    Row(_7, _E.XID, "ignore", (_7,), "§5.4: parameters are not negotiated"),
    Row(_7, _E.I, "receive_i", (_5, _7), "§5.6.2, §5.8.1, §5.8.4"),
    Row(_7, _E.RR, "receive_rr", (_5, _7), "§5.6.3.2"),
    Row(_7, _E.RNR, "receive_rnr", (_5, _7), "§5.6.5"),
    Row(_7, _E.REJ, "receive_rej", (_5, _7), "§5.6.4"),
    Row(_7, _E.FRAME_ERROR, "frame_rejected", (_5,), "§5.8.5, Table II.1 L M N O"),
    # -- 8 timer recovery ----------------------------------------------------------------------------------
    Row(_8, _E.DL_ESTABLISH_REQUEST, "establish_anew", (_5,), "Figure B.8"),
    Row(_8, _E.DL_RELEASE_REQUEST, "release", (_6,), "§5.5.3.1"),
    Row(_8, _E.DL_DATA_REQUEST, "queue_data", (_8,), "§5.6.7: sent when the peer has answered"),
    Row(_8, _E.DL_UNIT_DATA_REQUEST, "send_ui", (_8,), "§5.2.2"),
    Row(_8, _E.OWN_BUSY, "become_busy", (_8,), "§5.6.6"),
    Row(_8, _E.OWN_READY, "become_ready", (_8,), "§5.6.6"),
    Row(_8, _E.PH_DEACTIVATE, "line_lost", (_4,), "Figure B.8"),
    Row(_8, _E.T200, "enquire_again", (_5, _8), "§5.6.7, Table II.1 I"),
    Row(_8, _E.T203, "ignore", (_8,), "not running in this state"),
    Row(_8, _E.SABME, "peer_reestablishes", (_7,), "§5.7, Table II.1 F"),
    Row(_8, _E.DISC, "peer_releases", (_4,), "§5.5.3.2"),
    Row(_8, _E.UA, "unsolicited_ua", (_8,), "Table II.1 C D"),
    Row(_8, _E.DM, "dm_in_timer_recovery", (_5,), "§5.7.1, Table II.1 B E"),
    Row(_8, _E.FRMR, "frmr", (_5,), "§5.8.6, Table II.1 K"),
    Row(_8, _E.UI, "deliver_ui", (_8,), "§5.2.3"),
    Row(_8, _E.XID, "ignore", (_8,), "§5.4: parameters are not negotiated"),
    Row(_8, _E.I, "receive_i", (_5, _8), "§5.6.2, §5.6.7"),
    Row(_8, _E.RR, "supervisory_in_recovery", (_5, _7, _8), "§5.6.7"),
    Row(_8, _E.RNR, "supervisory_in_recovery", (_5, _7, _8), "§5.6.5, §5.6.7"),
    Row(_8, _E.REJ, "supervisory_in_recovery", (_5, _7, _8), "§5.6.4, §5.6.7"),
    Row(_8, _E.FRAME_ERROR, "frame_rejected", (_5,), "§5.8.5, Table II.1 L M N O"),
)

# Frames that are never a response, and never a command (Table 5/Q.921)
COMMANDS = frozenset({Event.SABME, Event.DISC, Event.UI, Event.I})
RESPONSES = frozenset({Event.UA, Event.DM, Event.FRMR})

COUNTERS = (
    "retransmitted",
    "ignored",
    "invalid",
    "foreign",
    "discarded",
    "out_of_sequence",
    "data_refused",
    "mdl_errors",
)


def actions() -> list[str]:
    """[(state - 4) * events + event]: the action's name. KeyError if a cell is missing."""
    cells = {(row.state, row.event): row.action for row in TRANSITIONS}
    return [cells[state, event] for state in State for event in Event]


# MDL-ERROR indication, Q.921 Appendix II, Table II.1
MDL_ERRORS: dict[str, str] = {
    "A": "supervisory response with F = 1 that nobody asked for",
    "B": "DM with F = 1 that nobody asked for",
    "C": "UA with F = 1 that nobody asked for",
    "D": "UA with F = 0 that nobody asked for",
    "E": "DM with F = 0: the peer is not in multiple-frame operation",
    "F": "the peer establishes the data link anew",
    "G": "no answer to SABME, sent N200 times again",
    "H": "no answer to DISC, sent N200 times again",
    "I": "no answer to a status enquiry, sent N200 times again",
    "J": "N(R) outside of what was sent",
    "K": "FRMR received",
    "L": "frame that is not implemented",
    "M": "information field where none is permitted",
    "N": "frame of the wrong size",
    "O": "information field longer than N201",
}
