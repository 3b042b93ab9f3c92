"""Calls of the ISDN user part: the transition tables of ITU-T Q.764 (12/99) §§2.1 to 2.5 and 2.9.5.

Data only (isup_machine.py). Three machines a circuit: the call, its suspension, the segmented message that is being put together.
States are named by side (ICC incoming call control, OGC outgoing call control) and by what is awaited, as the SDL of Q.764 does.
docs/isup.md is drawn from these rows.
"""

from __future__ import annotations

from enum import IntEnum

from xunhu._ss7.isup_machine import Machine, Row, each
from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_timers import mask


class CallState(IntEnum):
    IDLE = 0
    ICC_WAIT_DIGITS = 1  # the address is not known to be complete
    ICC_WAIT_ACM = 2  # the owner has the call
    ICC_WAIT_ANM = 3  # ACM sent
    ICC_ANSWERED = 4
    ICC_WAIT_RELEASE = 5  # REL received, the owner's release_request awaited
    ICC_WAIT_RLC = 6  # REL sent
    OGC_WAIT_ACM = 7  # IAM sent
    OGC_WAIT_ANM = 8
    OGC_ANSWERED = 9
    OGC_WAIT_RELEASE = 10
    OGC_WAIT_RLC = 11


class CallEvent(IntEnum):
    IAM = 0
    SAM = 1
    ACM = 2
    CON = 3
    CPG = 4
    ANM = 5
    SUS = 6
    RES = 7
    REL = 8
    RLC = 9
    FOT = 10
    INR = 11
    INF = 12
    OLM = 13
    CHARGE = 14  # CRG, MPM
    INFORMATION = 15  # FAC, USR, NRM and what else calls tell each other
    CLEAR = 16  # RSC, GRS, CGB for hardware failure: the circuit is idle from now on
    REMOTE_BLOCK = 17  # BLO, CGB for maintenance
    CONTINUITY_FAILED = 18
    PAUSE = 19  # the destination cannot be reached
    UNRECOGNIZED = 20  # compatibility information wants the call released
    SETUP_REQUEST = 21
    RESTORE_REQUEST = 22
    INFORMATION_REQUEST = 23
    ADDRESS_COMPLETE_REQUEST = 24
    PROGRESS_REQUEST = 25
    ANSWER_REQUEST = 26
    SUSPEND_REQUEST = 27
    RESUME_REQUEST = 28
    RELEASE_REQUEST = 29
    MESSAGE_REQUEST = 30  # FOT, FAC and others, for the owner
    ENQUIRY_REQUEST = 31  # INR
    T1 = 32
    T2 = 33
    T3 = 34
    T5 = 35
    T6 = 36
    T7 = 37
    T8 = 38
    T9 = 39
    T10 = 40
    T11 = 41
    T33 = 42
    T35 = 43
    T38 = 44


S, E = CallState, CallEvent
_IDLE = (S.IDLE,)
_ICC_SETUP = (S.ICC_WAIT_DIGITS, S.ICC_WAIT_ACM)  # before the first backward message
_OGC_SETUP = (S.OGC_WAIT_ACM,)
_SETUP = _ICC_SETUP + _OGC_SETUP
_ICC_LATER = (S.ICC_WAIT_ANM, S.ICC_ANSWERED)
_OGC_LATER = (S.OGC_WAIT_ANM, S.OGC_ANSWERED)
_LATER = _ICC_LATER + _OGC_LATER
_ICC = _ICC_SETUP + _ICC_LATER
_OGC = _OGC_SETUP + _OGC_LATER
_UP = _ICC + _OGC
_ANSWERED = (S.ICC_ANSWERED, S.OGC_ANSWERED)
_WAIT_RELEASE = (S.ICC_WAIT_RELEASE, S.OGC_WAIT_RELEASE)
_WAIT_RLC = (S.ICC_WAIT_RLC, S.OGC_WAIT_RLC)
_OVER = _WAIT_RELEASE + _WAIT_RLC
_ALL = tuple(S)

# Which call timers may run in a state; entering it stops the others.
STATE_TIMERS: dict[CallState, int] = {
    S.IDLE: 0,
    S.ICC_WAIT_DIGITS: mask(8, 10, 33, 35),
    S.ICC_WAIT_ACM: mask(8, 11, 33),
    S.ICC_WAIT_ANM: mask(33),
    S.ICC_ANSWERED: mask(2, 6, 38),
    S.ICC_WAIT_RELEASE: 0,
    S.ICC_WAIT_RLC: mask(1, 5),
    S.OGC_WAIT_ACM: mask(3, 7),
    S.OGC_WAIT_ANM: mask(9),
    S.OGC_ANSWERED: mask(2, 6, 38),
    S.OGC_WAIT_RELEASE: 0,
    S.OGC_WAIT_RLC: mask(1, 5),
}


def _rel(state: CallState) -> tuple[CallState, ...]:
    """Where a call goes whose REL has been sent."""
    return (S.ICC_WAIT_RLC,) if state < S.OGC_WAIT_ACM else (S.OGC_WAIT_RLC,)


def _to_rlc(states: tuple[CallState, ...], event: CallEvent, action: str, clause: str) -> list[Row]:
    return [Row(state, event, action, _rel(state), clause) for state in states]


def _not(*states: CallState) -> tuple[CallState, ...]:
    return tuple(state for state in S if state not in states)


_UNREASONABLE = "§2.9.5.1 d: unreasonable"
_STRAY = "§2.9.5.1 d i: RSC on an idle circuit"
_BEFORE = "§2.9.5.1 d iii: before the backward message"
_AFTER = "§2.9.5.1 d ii: after the backward message"
_OVER_TEXT = "being released"
_NOT_RUNNING = "not running in this state"


def _unexpected(event: CallEvent, states: tuple[CallState, ...], idle: bool = True) -> list[Row]:
    """Rows for a message where it has no place: RSC in idle and before the first backward message, else discarded."""
    rows: list[Row] = []
    for state in states:
        if state is S.IDLE and idle:
            rows.append(Row(state, event, "reset_idle", (S.IDLE,), _STRAY))
        elif state in _SETUP:
            rows.append(Row(state, event, "reset_unexpected", (S.IDLE,), _BEFORE))
        elif state in _OVER:
            rows.append(Row(state, event, "ignore", (state,), _OVER_TEXT))
        else:
            rows.append(Row(state, event, "ignore", (state,), _AFTER))
    return rows


CALL_ROWS: tuple[Row, ...] = (
    # -- messages of set-up --------------------------------------------------------------------------------------
    Row(S.IDLE, E.IAM, "incoming_call", (S.IDLE, S.ICC_WAIT_DIGITS, S.ICC_WAIT_ACM, S.ICC_WAIT_RLC), "§2.1.1, §2.1.2"),
    Row(
        S.OGC_WAIT_ACM,
        E.IAM,
        "dual_seizure",
        (S.OGC_WAIT_ACM, S.ICC_WAIT_DIGITS, S.ICC_WAIT_ACM, S.ICC_WAIT_RLC, S.IDLE),
        "§2.9.1.4; §2.8.2.3 where we block",
    ),
    *_unexpected(E.IAM, _not(S.IDLE, S.OGC_WAIT_ACM)),
    Row(S.ICC_WAIT_DIGITS, E.SAM, "more_digits", (S.ICC_WAIT_DIGITS, S.ICC_WAIT_ACM, S.ICC_WAIT_RLC), "§2.1.2"),
    Row(S.ICC_WAIT_ACM, E.SAM, "ignore", (S.ICC_WAIT_ACM,), "§2.1.2: the address is complete"),
    *_unexpected(E.SAM, _not(S.ICC_WAIT_DIGITS, S.ICC_WAIT_ACM)),
    Row(S.OGC_WAIT_ACM, E.ACM, "address_complete", (S.OGC_WAIT_ANM, S.IDLE), "§2.1.4; RSC before COT"),
    *_unexpected(E.ACM, _not(S.OGC_WAIT_ACM)),
    Row(S.OGC_WAIT_ACM, E.CON, "connected", (S.OGC_ANSWERED, S.IDLE), "§2.1.7; RSC before COT"),
    *_unexpected(E.CON, _not(S.OGC_WAIT_ACM)),
    *each(_OGC_LATER, E.CPG, "progress", "§2.1.5"),
    *_unexpected(E.CPG, _not(*_OGC_LATER)),
    Row(S.OGC_WAIT_ANM, E.ANM, "answered", (S.OGC_ANSWERED,), "§2.1.7"),
    *_unexpected(E.ANM, _not(S.OGC_WAIT_ANM)),
    # -- messages during the call --------------------------------------------------------------------------------
    *each(_ANSWERED, E.SUS, "suspended", "§2.4"),
    *_unexpected(E.SUS, _not(*_ANSWERED)),
    *each(_ANSWERED, E.RES, "resumed", "§2.4"),
    *_unexpected(E.RES, _not(*_ANSWERED)),
    *each(_ICC, E.FOT, "tell_information", "§2.1.10"),
    *_unexpected(E.FOT, _not(*_ICC)),
    *each((*_OGC_SETUP, S.OGC_WAIT_ANM), E.INR, "answer_enquiry", "§2.1.6"),
    *_unexpected(E.INR, _not(S.OGC_WAIT_ACM, S.OGC_WAIT_ANM)),
    *each(_UP, E.INF, "information", "§2.1.6"),
    *each(_IDLE, E.INF, "reset_idle", _STRAY),
    *each(_OVER, E.INF, "ignore", _OVER_TEXT),
    Row(S.OGC_WAIT_ACM, E.OLM, "overload", (S.OGC_WAIT_ACM,), "§2.10, Table A.1 T3"),
    *each(_not(S.OGC_WAIT_ACM), E.OLM, "ignore", "§2.10"),
    *each(_UP, E.CHARGE, "charge", "national"),
    *each(_IDLE + _OVER, E.CHARGE, "ignore", "national: too late"),
    *each(_UP, E.INFORMATION, "tell_information", "Q.730, Q.732"),
    *each(_IDLE + _OVER, E.INFORMATION, "ignore", "too late"),
    # -- release -------------------------------------------------------------------------------------------------
    Row(S.IDLE, E.REL, "release_idle", (S.IDLE,), "§2.9.5.1 a"),
    *each(_ICC, E.REL, "peer_releases", "§2.3.1", (S.ICC_WAIT_RELEASE,)),
    *each(_OGC, E.REL, "peer_releases", "§2.3.1", (S.OGC_WAIT_RELEASE,)),
    *each(_WAIT_RELEASE, E.REL, "ignore", "§2.3.1: again, RLC will follow"),
    *each(_WAIT_RLC, E.REL, "collision", "§2.3.1: both release"),
    Row(S.IDLE, E.RLC, "ignore", (S.IDLE,), "§2.9.5.1 b"),
    *_to_rlc(_UP, E.RLC, "stray_release_complete", "§2.9.5.1 c"),
    *each(_WAIT_RELEASE, E.RLC, "ignore", _OVER_TEXT),
    *each(_WAIT_RLC, E.RLC, "release_complete", "§2.3.1", (S.IDLE,)),
    # -- from circuit supervision --------------------------------------------------------------------------------
    Row(S.IDLE, E.CLEAR, "nothing", (S.IDLE,), "§2.9.3"),
    *each(_UP + _OVER, E.CLEAR, "clear", "§2.9.3, §2.8.2.2", (S.IDLE,)),
    Row(S.OGC_WAIT_ACM, E.REMOTE_BLOCK, "repeat_attempt", (S.OGC_WAIT_RLC,), "§2.8.1 iii"),
    *each(_not(S.OGC_WAIT_ACM), E.REMOTE_BLOCK, "nothing", "§2.8.2.1: the call goes on"),
    Row(S.OGC_WAIT_ACM, E.CONTINUITY_FAILED, "check_failed", (S.IDLE,), "§2.1.8, §2.8.1 i"),
    *each(_ICC_SETUP, E.CONTINUITY_FAILED, "check_failed", "§2.1.8", (S.IDLE,)),
    *each(_not(*_SETUP), E.CONTINUITY_FAILED, "nothing", "§2.1.8: no call in set-up"),
    *_to_rlc((*_SETUP, S.ICC_WAIT_ANM, S.OGC_WAIT_ANM), E.PAUSE, "destination_lost", "§2.13.2"),
    *each(_IDLE + _ANSWERED + _OVER, E.PAUSE, "nothing", "§2.13.2: answered calls stay"),
    *_to_rlc(_UP, E.UNRECOGNIZED, "release_unrecognized", "§2.9.5.2, §2.9.5.3"),
    *each(_IDLE + _OVER, E.UNRECOGNIZED, "ignore", "§2.9.5.2: no call to release"),
    # -- requests ------------------------------------------------------------------------------------------------
    Row(S.IDLE, E.SETUP_REQUEST, "seize", (S.OGC_WAIT_ACM,), "§2.1.1"),
    *each(_not(S.IDLE), E.SETUP_REQUEST, "refuse", "the circuit is not idle"),
    Row(S.IDLE, E.RESTORE_REQUEST, "restore", (S.ICC_ANSWERED, S.OGC_ANSWERED), "own decision: after a restart"),
    *each(_not(S.IDLE), E.RESTORE_REQUEST, "refuse", "the circuit is not idle"),
    Row(S.OGC_WAIT_ACM, E.INFORMATION_REQUEST, "send_digits", (S.OGC_WAIT_ACM,), "§2.1.1: overlap"),
    *each(_not(S.OGC_WAIT_ACM, *_OVER), E.INFORMATION_REQUEST, "refuse", "§2.1.1"),
    *each(_OVER, E.INFORMATION_REQUEST, "too_late", _OVER_TEXT),
    *each(_ICC_SETUP, E.ADDRESS_COMPLETE_REQUEST, "send_acm", "§2.1.4", (S.ICC_WAIT_ANM,)),
    Row(S.ICC_WAIT_ANM, E.ADDRESS_COMPLETE_REQUEST, "send_cpg", (S.ICC_WAIT_ANM,), "§2.1.5: ACM has been sent"),
    *each(_IDLE + _OGC + (S.ICC_ANSWERED,), E.ADDRESS_COMPLETE_REQUEST, "refuse", "§2.1.4"),
    *each(_OVER, E.ADDRESS_COMPLETE_REQUEST, "too_late", _OVER_TEXT),
    *each(_ICC_SETUP, E.PROGRESS_REQUEST, "send_acm", "§2.1.5: the first is ACM", (S.ICC_WAIT_ANM,)),
    *each(_ICC_LATER, E.PROGRESS_REQUEST, "send_cpg", "§2.1.5"),
    *each(_IDLE + _OGC, E.PROGRESS_REQUEST, "refuse", "§2.1.5"),
    *each(_OVER, E.PROGRESS_REQUEST, "too_late", _OVER_TEXT),
    *each(_ICC_SETUP, E.ANSWER_REQUEST, "send_con", "§2.1.7", (S.ICC_ANSWERED,)),
    Row(S.ICC_WAIT_ANM, E.ANSWER_REQUEST, "send_anm", (S.ICC_ANSWERED,), "§2.1.7"),
    *each(_IDLE + _OGC + (S.ICC_ANSWERED,), E.ANSWER_REQUEST, "refuse", "§2.1.7"),
    *each(_OVER, E.ANSWER_REQUEST, "too_late", _OVER_TEXT),
    *each(_ANSWERED, E.SUSPEND_REQUEST, "send_sus", "§2.4"),
    *each(_not(*_ANSWERED, *_OVER), E.SUSPEND_REQUEST, "refuse", "§2.4: answered calls only"),
    *each(_OVER, E.SUSPEND_REQUEST, "too_late", _OVER_TEXT),
    *each(_ANSWERED, E.RESUME_REQUEST, "send_res", "§2.4"),
    *each(_not(*_ANSWERED, *_OVER), E.RESUME_REQUEST, "refuse", "§2.4: answered calls only"),
    *each(_OVER, E.RESUME_REQUEST, "too_late", _OVER_TEXT),
    Row(S.IDLE, E.RELEASE_REQUEST, "refuse", (S.IDLE,), "no call"),
    *_to_rlc(_UP, E.RELEASE_REQUEST, "release", "§2.3.1"),
    *each(_WAIT_RELEASE, E.RELEASE_REQUEST, "confirm_release", "§2.3.1", (S.IDLE,)),
    *each(_WAIT_RLC, E.RELEASE_REQUEST, "too_late", _OVER_TEXT),
    *each(_UP, E.MESSAGE_REQUEST, "send_message", "§2.1.10, Q.730"),
    *each(_IDLE, E.MESSAGE_REQUEST, "refuse", "no call"),
    *each(_OVER, E.MESSAGE_REQUEST, "too_late", _OVER_TEXT),
    *each((*_ICC_SETUP, S.ICC_WAIT_ANM), E.ENQUIRY_REQUEST, "send_inr", "§2.1.6"),
    *each(_not(*_ICC_SETUP, S.ICC_WAIT_ANM, *_OVER), E.ENQUIRY_REQUEST, "refuse", "§2.1.6: while an incoming call is set up"),
    *each(_OVER, E.ENQUIRY_REQUEST, "too_late", _OVER_TEXT),
    # -- timers --------------------------------------------------------------------------------------------------
    *each(_WAIT_RLC, E.T1, "repeat_rel", "Table A.1 T1"),
    *each(_not(*_WAIT_RLC), E.T1, "ignore", _NOT_RUNNING),
    *_to_rlc(_ANSWERED, E.T2, "suspended_too_long", "Table A.1 T2"),
    *each(_not(*_ANSWERED), E.T2, "ignore", _NOT_RUNNING),
    *_to_rlc(_OGC_SETUP, E.T3, "overloaded_too_long", "Table A.1 T3"),
    *each(_not(*_OGC_SETUP), E.T3, "ignore", _NOT_RUNNING),
    *each(_WAIT_RLC, E.T5, "no_release_complete", "Table A.1 T5, §2.9.6", (S.IDLE,)),
    *each(_not(*_WAIT_RLC), E.T5, "ignore", _NOT_RUNNING),
    *_to_rlc(_ANSWERED, E.T6, "suspended_too_long", "Table A.1 T6"),
    *each(_not(*_ANSWERED), E.T6, "ignore", _NOT_RUNNING),
    *_to_rlc(_OGC_SETUP, E.T7, "no_acm", "Table A.1 T7"),
    *each(_not(*_OGC_SETUP), E.T7, "ignore", _NOT_RUNNING),
    *_to_rlc(_ICC_SETUP, E.T8, "no_cot", "Table A.1 T8"),
    *each(_not(*_ICC_SETUP), E.T8, "ignore", _NOT_RUNNING),
    *_to_rlc((S.OGC_WAIT_ANM,), E.T9, "no_answer", "Table A.1 T9"),
    *each(_not(S.OGC_WAIT_ANM), E.T9, "ignore", _NOT_RUNNING),
    Row(S.ICC_WAIT_DIGITS, E.T10, "digits_over", (S.ICC_WAIT_ACM,), "Table A.1 T10"),
    *each(_not(S.ICC_WAIT_DIGITS), E.T10, "ignore", _NOT_RUNNING),
    Row(S.ICC_WAIT_ACM, E.T11, "early_acm", (S.ICC_WAIT_ANM,), "Table A.1 T11"),
    *each(_not(S.ICC_WAIT_ACM), E.T11, "ignore", _NOT_RUNNING),
    *_to_rlc((*_ICC_SETUP, S.ICC_WAIT_ANM), E.T33, "no_inf", "Table A.1 T33"),
    *each(_not(*_ICC_SETUP, S.ICC_WAIT_ANM), E.T33, "ignore", _NOT_RUNNING),
    *_to_rlc((S.ICC_WAIT_DIGITS,), E.T35, "address_incomplete", "Table A.1 T35"),
    *each(_not(S.ICC_WAIT_DIGITS), E.T35, "ignore", _NOT_RUNNING),
    *_to_rlc(_ANSWERED, E.T38, "suspended_too_long", "Table A.1 T38"),
    *each(_not(*_ANSWERED), E.T38, "ignore", _NOT_RUNNING),
)

CALL = Machine("call", "Call (CPCI, CPCO; Q.764 §2.1, §2.3)", CallState, CallEvent, CALL_ROWS)

# Which event a message is to the call; all others belong to circuit supervision, to the destination, or are not known.
EVENT_OF: dict[int, CallEvent] = {
    M.IAM: E.IAM,
    M.SAM: E.SAM,
    M.ACM: E.ACM,
    M.CON: E.CON,
    M.CPG: E.CPG,
    M.ANM: E.ANM,
    M.SUS: E.SUS,
    M.RES: E.RES,
    M.REL: E.REL,
    M.RLC: E.RLC,
    M.FOT: E.FOT,
    M.INR: E.INR,
    M.INF: E.INF,
    M.OLM: E.OLM,
    M.CRG: E.CHARGE,
    M.MPM: E.CHARGE,
    M.FAR: E.INFORMATION,
    M.FAA: E.INFORMATION,
    M.FRJ: E.INFORMATION,
    M.PAM: E.INFORMATION,
    M.USR: E.INFORMATION,
    M.NRM: E.INFORMATION,
    M.FAC: E.INFORMATION,
    M.IDR: E.INFORMATION,
    M.IRS: E.INFORMATION,
    M.LOP: E.INFORMATION,
    M.APM: E.INFORMATION,
    M.PRI: E.INFORMATION,
    M.SDN: E.INFORMATION,
    M.CCL: E.INFORMATION,
    M.OPR: E.INFORMATION,
}


# -- suspension: §2.4 ---------------------------------------------------------------------------------------------------


class SuspensionState(IntEnum):
    """By whom the peer's side has the call suspended."""

    NONE = 0
    USER = 1
    NETWORK = 2
    BOTH = 3


class SuspensionEvent(IntEnum):
    SUS_USER = 0
    SUS_NETWORK = 1
    RES_USER = 2
    RES_NETWORK = 3
    RELEASE = 4  # the call is over


_SS, _SE = SuspensionState, SuspensionEvent
SUSPENSION = Machine(
    "suspension",
    "Suspension (Q.764 §2.4)",
    SuspensionState,
    SuspensionEvent,
    (
        Row(_SS.NONE, _SE.SUS_USER, "user_suspends", (_SS.USER,), "§2.4.1, T2"),
        Row(_SS.NONE, _SE.SUS_NETWORK, "network_suspends", (_SS.NETWORK,), "§2.4.2, T6, T38"),
        *each((_SS.NONE,), _SE.RES_USER, "ignore", "§2.9.5.1: not suspended"),
        *each((_SS.NONE,), _SE.RES_NETWORK, "ignore", "§2.9.5.1: not suspended"),
        *each((_SS.NONE,), _SE.RELEASE, "nothing", "§2.3"),
        *each((_SS.USER,), _SE.SUS_USER, "ignore", "§2.9.5.1: already"),
        Row(_SS.USER, _SE.SUS_NETWORK, "network_suspends", (_SS.BOTH,), "§2.4.2, T6, T38"),
        Row(_SS.USER, _SE.RES_USER, "user_resumes", (_SS.NONE,), "§2.4.1"),
        *each((_SS.USER,), _SE.RES_NETWORK, "ignore", "§2.9.5.1: not suspended"),
        Row(_SS.USER, _SE.RELEASE, "forget_suspension", (_SS.NONE,), "§2.3"),
        Row(_SS.NETWORK, _SE.SUS_USER, "user_suspends", (_SS.BOTH,), "§2.4.1, T2"),
        *each((_SS.NETWORK,), _SE.SUS_NETWORK, "ignore", "§2.9.5.1: already"),
        *each((_SS.NETWORK,), _SE.RES_USER, "ignore", "§2.9.5.1: not suspended"),
        Row(_SS.NETWORK, _SE.RES_NETWORK, "network_resumes", (_SS.NONE,), "§2.4.2"),
        Row(_SS.NETWORK, _SE.RELEASE, "forget_suspension", (_SS.NONE,), "§2.3"),
        *each((_SS.BOTH,), _SE.SUS_USER, "ignore", "§2.9.5.1: already"),
        *each((_SS.BOTH,), _SE.SUS_NETWORK, "ignore", "§2.9.5.1: already"),
        Row(_SS.BOTH, _SE.RES_USER, "user_resumes", (_SS.NETWORK,), "§2.4.1"),
        Row(_SS.BOTH, _SE.RES_NETWORK, "network_resumes", (_SS.USER,), "§2.4.2"),
        Row(_SS.BOTH, _SE.RELEASE, "forget_suspension", (_SS.NONE,), "§2.3"),
    ),
)


# -- segmentation: §2.1.12 ----------------------------------------------------------------------------------------------


class SegmentState(IntEnum):
    NONE = 0
    HELD = 1  # a message whose rest is to come


class SegmentEvent(IntEnum):
    FIRST = 0  # a message that says that SGM follows
    SGM = 1
    OTHER = 2  # any other message of the circuit
    T34 = 3


_GS, _GE = SegmentState, SegmentEvent
SEGMENTATION = Machine(
    "segmentation",
    "Segmented message (Q.764 §2.1.12)",
    SegmentState,
    SegmentEvent,
    (
        Row(_GS.NONE, _GE.FIRST, "hold_message", (_GS.HELD,), "§2.1.12"),
        Row(_GS.NONE, _GE.SGM, "ignore", (_GS.NONE,), "§2.1.12: not announced, or too late"),
        Row(_GS.NONE, _GE.OTHER, "take_message", (_GS.NONE,), "§2.1.12"),
        Row(_GS.NONE, _GE.T34, "ignore", (_GS.NONE,), "not running in this state"),
        Row(_GS.HELD, _GE.FIRST, "take_held_and_hold", (_GS.HELD,), "§2.1.12: the rest is taken as lost"),
        Row(_GS.HELD, _GE.SGM, "put_together", (_GS.NONE,), "§2.1.12"),
        Row(_GS.HELD, _GE.OTHER, "take_held_and_message", (_GS.NONE,), "§2.1.12: the rest is taken as lost"),
        Row(_GS.HELD, _GE.T34, "take_held", (_GS.NONE,), "§2.1.12, Table A.1 T34"),
    ),
)
