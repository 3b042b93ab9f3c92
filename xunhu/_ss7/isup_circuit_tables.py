"""Circuit supervision of the ISDN user part: the transition tables of ITU-T Q.764 (12/99) §§2.1.8, 2.8, 2.9.3, 2.10 and 2.13.

Data only (isup_machine.py). Of each circuit: local blocking for maintenance and for hardware failure (BLS, MGBS, HLB), remote blocking
(BLR, MGBR, HRB), reset (CRS), continuity check (CCO, CCI, CRCS, CRCR). Of each group message that awaits its answer: `GROUP`. Of each
destination: whether its user part is there, and congestion. docs/isup.md is drawn from these rows.
"""

from __future__ import annotations

from enum import IntEnum

from xunhu._ss7.isup_machine import Machine, Row, each

_NOT_RUNNING = "not running in this state"


# -- local blocking, for maintenance: §2.8.2.1, §2.8.2.2 ------------------------------------------------------------------


class LocalState(IntEnum):
    UNBLOCKED = 0
    WAIT_BLA = 1  # BLO or CGB sent
    BLOCKED = 2
    WAIT_UBA = 3  # UBL or CGU sent


class MaintenanceEvent(IntEnum):
    BLOCK_REQUEST = 0
    UNBLOCK_REQUEST = 1
    GROUP_BLOCK = 2  # CGB has been sent with the circuit in it
    GROUP_UNBLOCK = 3
    BLA = 4
    UBA = 5
    CGBA = 6  # the answer to our CGB, with the circuit in it
    CGUA = 7
    RESET = 8  # the peer has forgotten: RSC from it, or our own
    IAM = 9  # a call, though the circuit is blocked
    T12 = 10
    T13 = 11
    T14 = 12
    T15 = 13


_L, _M = LocalState, MaintenanceEvent
_L_ALL = tuple(LocalState)
_L_BLOCK = (_L.WAIT_BLA, _L.BLOCKED)
_L_FREE = (_L.UNBLOCKED, _L.WAIT_UBA)

MAINTENANCE = Machine(
    "maintenance",
    "Local blocking for maintenance (BLS, MGBS; Q.764 §2.8.2)",
    LocalState,
    MaintenanceEvent,
    (
        *each(_L_FREE, _M.BLOCK_REQUEST, "send_blo", "§2.8.2.1", (_L.WAIT_BLA,)),
        *each(_L_BLOCK, _M.BLOCK_REQUEST, "nothing", "§2.8.2.1: blocked, or about to be"),
        *each(_L_BLOCK, _M.UNBLOCK_REQUEST, "send_ubl", "§2.8.2.1", (_L.WAIT_UBA,)),
        *each(_L_FREE, _M.UNBLOCK_REQUEST, "nothing", "§2.8.2.1: not blocked, or about not to be"),
        *each(_L_ALL, _M.GROUP_BLOCK, "group_blocks", "§2.8.2.2", (_L.WAIT_BLA,)),
        *each(_L_ALL, _M.GROUP_UNBLOCK, "group_unblocks", "§2.8.2.2", (_L.WAIT_UBA,)),
        Row(_L.UNBLOCKED, _M.BLA, "unexpected_bla", (_L.WAIT_UBA,), "§2.8.2.3 iii: UBL"),
        Row(_L.WAIT_BLA, _M.BLA, "blocked", (_L.BLOCKED,), "§2.8.2.1"),
        *each((_L.BLOCKED, _L.WAIT_UBA), _M.BLA, "ignore", "§2.8.2.3 iii: discarded"),
        *each((_L.UNBLOCKED, _L.WAIT_BLA), _M.UBA, "ignore", "§2.8.2.3 iv: discarded"),
        Row(_L.BLOCKED, _M.UBA, "unexpected_uba", (_L.WAIT_BLA,), "§2.8.2.3 iv: BLO"),
        Row(_L.WAIT_UBA, _M.UBA, "unblocked", (_L.UNBLOCKED,), "§2.8.2.1"),
        Row(_L.WAIT_BLA, _M.CGBA, "blocked", (_L.BLOCKED,), "§2.8.2.2"),
        *each((_L.UNBLOCKED, _L.BLOCKED, _L.WAIT_UBA), _M.CGBA, "nothing", "§2.8.2.2: meanwhile otherwise"),
        Row(_L.WAIT_UBA, _M.CGUA, "unblocked", (_L.UNBLOCKED,), "§2.8.2.2"),
        *each((_L.UNBLOCKED, _L.WAIT_BLA, _L.BLOCKED), _M.CGUA, "nothing", "§2.8.2.2: meanwhile otherwise"),
        Row(_L.UNBLOCKED, _M.RESET, "nothing", (_L.UNBLOCKED,), "§2.9.3"),
        *each(_L_BLOCK, _M.RESET, "send_blo", "§2.9.3.1 d: BLO again", (_L.WAIT_BLA,)),
        Row(_L.WAIT_UBA, _M.RESET, "unblocked", (_L.UNBLOCKED,), "§2.9.3.1: nothing is left to unblock"),
        *each(_L_BLOCK, _M.IAM, "refuse_blocked", "§2.8.2.3 v: BLO again", (_L.WAIT_BLA,)),
        *each(_L_FREE, _M.IAM, "nothing", "§2.8.2.3"),
        Row(_L.WAIT_BLA, _M.T12, "repeat_blo", (_L.WAIT_BLA,), "Table A.1 T12"),
        *each((_L.UNBLOCKED, _L.BLOCKED, _L.WAIT_UBA), _M.T12, "ignore", _NOT_RUNNING),
        Row(_L.WAIT_BLA, _M.T13, "no_bla", (_L.WAIT_BLA,), "Table A.1 T13"),
        *each((_L.UNBLOCKED, _L.BLOCKED, _L.WAIT_UBA), _M.T13, "ignore", _NOT_RUNNING),
        Row(_L.WAIT_UBA, _M.T14, "repeat_ubl", (_L.WAIT_UBA,), "Table A.1 T14"),
        *each((_L.UNBLOCKED, _L.WAIT_BLA, _L.BLOCKED), _M.T14, "ignore", _NOT_RUNNING),
        Row(_L.WAIT_UBA, _M.T15, "no_uba", (_L.WAIT_UBA,), "Table A.1 T15"),
        *each((_L.UNBLOCKED, _L.WAIT_BLA, _L.BLOCKED), _M.T15, "ignore", _NOT_RUNNING),
    ),
)


# -- local blocking, for hardware failure: §2.8.2.2; by group messages only -----------------------------------------------


class HardwareEvent(IntEnum):
    GROUP_BLOCK = 0
    GROUP_UNBLOCK = 1
    CGBA = 2
    CGUA = 3
    RESET = 4
    IAM = 5


_H = HardwareEvent
HARDWARE = Machine(
    "hardware",
    "Local blocking for hardware failure (HLB; Q.764 §2.8.2.2)",
    LocalState,
    HardwareEvent,
    (
        *each(_L_ALL, _H.GROUP_BLOCK, "hardware_blocks", "§2.8.2.2", (_L.WAIT_BLA,)),
        *each(_L_ALL, _H.GROUP_UNBLOCK, "hardware_unblocks", "§2.8.2.2", (_L.WAIT_UBA,)),
        Row(_L.WAIT_BLA, _H.CGBA, "hardware_blocked", (_L.BLOCKED,), "§2.8.2.2"),
        *each((_L.UNBLOCKED, _L.BLOCKED, _L.WAIT_UBA), _H.CGBA, "nothing", "§2.8.2.2: meanwhile otherwise"),
        Row(_L.WAIT_UBA, _H.CGUA, "hardware_unblocked", (_L.UNBLOCKED,), "§2.8.2.2"),
        *each((_L.UNBLOCKED, _L.WAIT_BLA, _L.BLOCKED), _H.CGUA, "nothing", "§2.8.2.2: meanwhile otherwise"),
        Row(_L.UNBLOCKED, _H.RESET, "nothing", (_L.UNBLOCKED,), "§2.9.3"),
        *each(_L_BLOCK, _H.RESET, "hardware_again", "§2.9.3.2: CGB again", (_L.WAIT_BLA,)),
        Row(_L.WAIT_UBA, _H.RESET, "hardware_unblocked", (_L.UNBLOCKED,), "§2.9.3.2: nothing is left to unblock"),
        *each(_L_BLOCK, _H.IAM, "hardware_refuses", "§2.8.2.3 v: CGB again", (_L.WAIT_BLA,)),
        *each(_L_FREE, _H.IAM, "nothing", "§2.8.2.3"),
    ),
)


# -- remote blocking: §2.8.2 ---------------------------------------------------------------------------------------------


class RemoteState(IntEnum):
    UNBLOCKED = 0
    MAINTENANCE = 1
    HARDWARE = 2
    BOTH = 3


class RemoteEvent(IntEnum):
    BLO = 0  # or CGB for maintenance
    UBL = 1  # or CGU for maintenance
    HARDWARE_BLOCK = 2  # CGB
    HARDWARE_UNBLOCK = 3  # CGU
    RESET = 4  # RSC, GRS: the peer has forgotten
    IAM = 5  # a call from the peer: it does not block


_R, _B = RemoteState, RemoteEvent
_R_ALL = tuple(RemoteState)


def _remote(event: RemoteEvent, action: str, clause: str, clears: int, sets: int) -> list[Row]:
    return [Row(state, event, action, (RemoteState((state & ~clears) | sets),), clause) for state in _R_ALL]


REMOTE = Machine(
    "remote",
    "Remote blocking (BLR, MGBR, HRB; Q.764 §2.8.2)",
    RemoteState,
    RemoteEvent,
    (
        *_remote(_B.BLO, "remote_blocks", "§2.8.2.1, §2.8.2.2", 0, 1),
        *_remote(_B.UBL, "remote_unblocks", "§2.8.2.1, §2.8.2.2", 1, 0),
        *_remote(_B.HARDWARE_BLOCK, "remote_fails", "§2.8.2.2: its calls are over", 0, 2),
        *_remote(_B.HARDWARE_UNBLOCK, "remote_recovers", "§2.8.2.2", 2, 0),
        *_remote(_B.RESET, "remote_forgets", "§2.9.3.1 c, §2.9.3.2", 3, 0),
        *_remote(_B.IAM, "remote_forgets", "§2.8.2.3: the blocking is over", 3, 0),
    ),
)


# -- reset, sending side: §2.9.3 ------------------------------------------------------------------------------------------


class ResetState(IntEnum):
    IDLE = 0
    WAIT_RLC = 1  # RSC sent
    WAIT_GRA = 2  # GRS sent with the circuit in it


class ResetEvent(IntEnum):
    RESET_REQUEST = 0
    T5 = 1  # no answer to REL
    GROUP_RESET = 2  # GRS has been sent with the circuit in it
    RLC = 3
    GRA = 4
    T16 = 5
    T17 = 6
    PEER_RESETS = 7  # RSC received


_X, _XE = ResetState, ResetEvent
_X_ALL = tuple(ResetState)
RESET = Machine(
    "reset",
    "Reset, sending side (CRS, CGRS; Q.764 §2.9.3)",
    ResetState,
    ResetEvent,
    (
        *each(_X_ALL, _XE.RESET_REQUEST, "send_rsc", "§2.9.3.1", (_X.WAIT_RLC,)),
        *each(_X_ALL, _XE.T5, "send_rsc_after_t5", "Table A.1 T5: T17 without T16", (_X.WAIT_RLC,)),
        *each(_X_ALL, _XE.GROUP_RESET, "group_resets", "§2.9.3.2", (_X.WAIT_GRA,)),
        *each((_X.IDLE,), _XE.RLC, "rlc_for_call", "§2.3.1: the call's"),
        Row(_X.WAIT_RLC, _XE.RLC, "reset_done", (_X.IDLE,), "§2.9.3.1"),
        *each((_X.WAIT_GRA,), _XE.RLC, "ignore", "§2.9.5.1 b"),
        *each((_X.IDLE, _X.WAIT_RLC), _XE.GRA, "nothing", "§2.9.3.2: meanwhile otherwise"),
        Row(_X.WAIT_GRA, _XE.GRA, "reset_done", (_X.IDLE,), "§2.9.3.2"),
        *each((_X.WAIT_RLC,), _XE.T16, "repeat_rsc", "Table A.1 T16"),
        *each((_X.IDLE, _X.WAIT_GRA), _XE.T16, "ignore", _NOT_RUNNING),
        *each((_X.WAIT_RLC,), _XE.T17, "no_rlc_to_rsc", "Table A.1 T17"),
        *each((_X.IDLE, _X.WAIT_GRA), _XE.T17, "ignore", _NOT_RUNNING),
        *each(_X_ALL, _XE.PEER_RESETS, "answer_rsc", "§2.9.3.1 a, e"),
    ),
)


# -- continuity check: §2.1.8, Q.724 §7 -----------------------------------------------------------------------------------


class CheckState(IntEnum):
    NONE = 0
    OUT_WAIT_TONE = 1  # IAM sent, tone on, T24
    OUT_RECHECK = 2  # failed: T25 or T26, then CCR
    OUT_RECHECK_TONE = 3  # CCR sent, tone on, T24
    IN_WAIT_COT = 4  # IAM received, loop on, T8
    IN_WAIT_COT_PREVIOUS = 5  # IAM received, the check is of a circuit before this one, T8
    IN_FAILED = 6  # COT failure received, T27, waiting for CCR
    IN_LOOP = 7  # CCR received, loop on, T36


class CheckEvent(IntEnum):
    OUTGOING = 0  # IAM sent that wants a check
    INCOMING = 1  # IAM received that wants a check
    INCOMING_PREVIOUS = 2
    CONTINUITY_REQUEST = 3  # the owner wants an idle circuit checked
    TONE_GOOD = 4
    TONE_BAD = 5
    CCR = 6
    COT_GOOD = 7
    COT_BAD = 8
    LPA = 9
    END = 10  # the call or the circuit is cleared
    T8 = 11
    T24 = 12
    T25 = 13
    T26 = 14
    T27 = 15
    T36 = 16


_C, _CE = CheckState, CheckEvent
_C_ALL = tuple(CheckState)


def _other(*states: CheckState) -> tuple[CheckState, ...]:
    return tuple(state for state in CheckState if state not in states)


CHECK = Machine(
    "check",
    "Continuity check (CCO, CCI, CRCS, CRCR; Q.764 §2.1.8)",
    CheckState,
    CheckEvent,
    (
        Row(_C.NONE, _CE.OUTGOING, "send_tone", (_C.OUT_WAIT_TONE,), "§2.1.8"),
        *each(_other(_C.NONE), _CE.OUTGOING, "ignore", "the circuit is not idle"),
        Row(_C.NONE, _CE.INCOMING, "connect_loop", (_C.IN_WAIT_COT,), "§2.1.8"),
        *each(_other(_C.NONE), _CE.INCOMING, "ignore", "the circuit is not idle"),
        Row(_C.NONE, _CE.INCOMING_PREVIOUS, "await_cot", (_C.IN_WAIT_COT_PREVIOUS,), "§2.1.8"),
        *each(_other(_C.NONE), _CE.INCOMING_PREVIOUS, "ignore", "the circuit is not idle"),
        *each((_C.NONE, _C.OUT_RECHECK), _CE.CONTINUITY_REQUEST, "send_ccr", "§2.1.8", (_C.OUT_RECHECK_TONE,)),
        *each(_other(_C.NONE, _C.OUT_RECHECK), _CE.CONTINUITY_REQUEST, "refuse_check", "under way, or the peer checks"),
        Row(_C.OUT_WAIT_TONE, _CE.TONE_GOOD, "tone_good", (_C.NONE,), "§2.1.8: COT"),
        Row(_C.OUT_RECHECK_TONE, _CE.TONE_GOOD, "recheck_good", (_C.NONE,), "§2.1.8: REL"),
        *each(_other(_C.OUT_WAIT_TONE, _C.OUT_RECHECK_TONE), _CE.TONE_GOOD, "ignore", "too late"),
        Row(_C.OUT_WAIT_TONE, _CE.TONE_BAD, "tone_bad", (_C.OUT_RECHECK,), "§2.1.8: COT, T25"),
        Row(_C.OUT_RECHECK_TONE, _CE.TONE_BAD, "recheck_bad", (_C.OUT_RECHECK,), "§2.1.8: COT, T26"),
        *each(_other(_C.OUT_WAIT_TONE, _C.OUT_RECHECK_TONE), _CE.TONE_BAD, "ignore", "too late"),
        Row(_C.NONE, _CE.CCR, "loop_for_ccr", (_C.NONE, _C.IN_LOOP), "§2.1.8; a busy circuit: §2.9.5.1 d"),
        Row(_C.IN_FAILED, _CE.CCR, "loop_for_ccr", (_C.IN_LOOP,), "§2.1.8"),
        Row(_C.IN_LOOP, _CE.CCR, "ccr_again", (_C.IN_LOOP,), "§2.1.8"),
        Row(_C.OUT_RECHECK, _CE.CCR, "loop_instead", (_C.IN_LOOP,), "own decision: both want to check"),
        Row(_C.OUT_RECHECK_TONE, _CE.CCR, "check_collision", (_C.OUT_RECHECK_TONE, _C.IN_LOOP), "§2.9.1.4 by analogy"),
        *each((_C.OUT_WAIT_TONE, _C.IN_WAIT_COT, _C.IN_WAIT_COT_PREVIOUS), _CE.CCR, "ignore", "§2.9.5.1 d: the circuit is busy"),
        *each((_C.IN_WAIT_COT, _C.IN_WAIT_COT_PREVIOUS), _CE.COT_GOOD, "cot_good", "§2.1.8", (_C.NONE,)),
        Row(_C.IN_LOOP, _CE.COT_GOOD, "loop_over", (_C.NONE,), "§2.1.8: some end the check so"),
        *each(_other(_C.IN_WAIT_COT, _C.IN_WAIT_COT_PREVIOUS, _C.IN_LOOP), _CE.COT_GOOD, "ignore", "§2.9.5.1"),
        Row(_C.IN_WAIT_COT, _CE.COT_BAD, "cot_bad", (_C.IN_FAILED,), "§2.1.8, T27"),
        Row(_C.IN_WAIT_COT_PREVIOUS, _CE.COT_BAD, "cot_bad_previous", (_C.NONE,), "§2.1.8"),
        Row(_C.IN_LOOP, _CE.COT_BAD, "ccr_failed", (_C.IN_FAILED,), "§2.1.8, T27"),
        *each(_other(_C.IN_WAIT_COT, _C.IN_WAIT_COT_PREVIOUS, _C.IN_LOOP), _CE.COT_BAD, "ignore", "§2.9.5.1"),
        *each(_C_ALL, _CE.LPA, "ignore", "§2.1.8: the tone says it"),
        Row(_C.NONE, _CE.END, "nothing", (_C.NONE,), "§2.3"),
        *each(_other(_C.NONE), _CE.END, "end_check", "§2.1.8, §2.9.3", (_C.NONE,)),
        *each((_C.IN_WAIT_COT, _C.IN_WAIT_COT_PREVIOUS), _CE.T8, "cot_missing", "Table A.1 T8", (_C.NONE,)),
        *each(_other(_C.IN_WAIT_COT, _C.IN_WAIT_COT_PREVIOUS), _CE.T8, "ignore", _NOT_RUNNING),
        Row(_C.OUT_WAIT_TONE, _CE.T24, "tone_bad", (_C.OUT_RECHECK,), "Table A.1 T24"),
        Row(_C.OUT_RECHECK_TONE, _CE.T24, "recheck_bad", (_C.OUT_RECHECK,), "Table A.1 T24"),
        *each(_other(_C.OUT_WAIT_TONE, _C.OUT_RECHECK_TONE), _CE.T24, "ignore", _NOT_RUNNING),
        Row(_C.OUT_RECHECK, _CE.T25, "send_ccr", (_C.OUT_RECHECK_TONE,), "Table A.1 T25"),
        *each(_other(_C.OUT_RECHECK), _CE.T25, "ignore", _NOT_RUNNING),
        Row(_C.OUT_RECHECK, _CE.T26, "send_ccr", (_C.OUT_RECHECK_TONE,), "Table A.1 T26"),
        *each(_other(_C.OUT_RECHECK), _CE.T26, "ignore", _NOT_RUNNING),
        Row(_C.IN_FAILED, _CE.T27, "no_ccr", (_C.NONE,), "Table A.1 T27"),
        *each(_other(_C.IN_FAILED), _CE.T27, "ignore", _NOT_RUNNING),
        Row(_C.IN_LOOP, _CE.T36, "no_cot_to_ccr", (_C.NONE,), "Table A.1 T36"),
        *each(_other(_C.IN_LOOP), _CE.T36, "ignore", _NOT_RUNNING),
    ),
)


# -- group messages that await their answer: §2.8.2.2, §2.8.3, §2.9.3.2 ---------------------------------------------------


class GroupState(IntEnum):
    WAIT = 0  # CGB, CGU, GRS or CQM sent
    WAIT_LONG = 1  # repeated by the long timer alone
    OVER = 2


class GroupEvent(IntEnum):
    ANSWER = 0
    SHORT = 1  # T18, T20, T22, T28
    LONG = 2  # T19, T21, T23
    VOID = 3  # something newer was asked of all its circuits


_G, _GE = GroupState, GroupEvent
_G_WAIT = (_G.WAIT, _G.WAIT_LONG)
GROUP = Machine(
    "group",
    "Group message (MGBS, HGBS, CGRS, CQS; Q.764 §2.8.2.2, §2.8.3, §2.9.3.2)",
    GroupState,
    GroupEvent,
    (
        *each(_G_WAIT, _GE.ANSWER, "group_answered", "§2.8.2.2, §2.8.3, §2.9.3.2", (_G.OVER,)),
        Row(_G.WAIT, _GE.SHORT, "repeat_group", (_G.WAIT, _G.OVER), "Table A.1 T18, T20, T22; T28"),
        Row(_G.WAIT_LONG, _GE.SHORT, "ignore", (_G.WAIT_LONG,), _NOT_RUNNING),
        *each(_G_WAIT, _GE.LONG, "no_group_answer", "Table A.1 T19, T21, T23", (_G.WAIT_LONG,)),
        *each(_G_WAIT, _GE.VOID, "end_group", "superseded", (_G.OVER,)),
        *(Row(_G.OVER, event, "ignore", (_G.OVER,), "over") for event in GroupEvent),
    ),
)


# -- destinations: §2.13 --------------------------------------------------------------------------------------------------


class DestinationState(IntEnum):
    AVAILABLE = 0
    UNEQUIPPED = 1  # no ISDN user part there
    INACCESSIBLE = 2  # its user part does not answer; UPT, T4
    PAUSED = 3  # no route


class DestinationEvent(IntEnum):
    PAUSE = 0
    RESUME = 1
    USER_UNEQUIPPED = 2
    USER_INACCESSIBLE = 3  # or for reasons not known
    HEARD = 4  # UPA, or any message from there
    T4 = 5


_D, _DE = DestinationState, DestinationEvent
_D_ALL = tuple(DestinationState)
_D_THERE = (_D.AVAILABLE, _D.UNEQUIPPED, _D.INACCESSIBLE)
DESTINATION = Machine(
    "destination",
    "Destination (Q.764 §2.13)",
    DestinationState,
    DestinationEvent,
    (
        *each(_D_THERE, _DE.PAUSE, "lose_destination", "§2.13.2", (_D.PAUSED,)),
        *each((_D.PAUSED,), _DE.PAUSE, "nothing", "§2.13.2: already"),
        *each((_D.PAUSED,), _DE.RESUME, "find_destination", "§2.13.2", (_D.AVAILABLE,)),
        *each(_D_THERE, _DE.RESUME, "nothing", "§2.13.2: not paused"),
        *each((_D.AVAILABLE, _D.INACCESSIBLE), _DE.USER_UNEQUIPPED, "user_unequipped", "§2.13.3", (_D.UNEQUIPPED,)),
        *each((_D.UNEQUIPPED, _D.PAUSED), _DE.USER_UNEQUIPPED, "nothing", "§2.13.3: already out"),
        *each((_D.AVAILABLE, _D.UNEQUIPPED), _DE.USER_INACCESSIBLE, "test_user", "§2.13.3: UPT, T4", (_D.INACCESSIBLE,)),
        *each((_D.INACCESSIBLE, _D.PAUSED), _DE.USER_INACCESSIBLE, "nothing", "§2.13.3: T4 runs, or no route"),
        *each((_D.UNEQUIPPED, _D.INACCESSIBLE), _DE.HEARD, "user_available", "§2.13.3", (_D.AVAILABLE,)),
        *each((_D.AVAILABLE, _D.PAUSED), _DE.HEARD, "nothing", "§2.13.3"),
        *each((_D.INACCESSIBLE,), _DE.T4, "test_user_again", "Table A.1 T4"),
        *each((_D.AVAILABLE, _D.UNEQUIPPED, _D.PAUSED), _DE.T4, "ignore", _NOT_RUNNING),
    ),
)


class CongestionState(IntEnum):
    NONE = 0
    FIRST = 1  # T29 and T30 run
    LATER = 2  # T30 runs


class CongestionEvent(IntEnum):
    CONGESTED = 0  # MTP-STATUS
    T29 = 1
    T30 = 2


_F, _FE = CongestionState, CongestionEvent
CONGESTION = Machine(
    "congestion",
    "Congestion of a destination (Q.764 §2.10)",
    CongestionState,
    CongestionEvent,
    (
        *each((_F.NONE, _F.LATER), _FE.CONGESTED, "less_traffic", "§2.10: a step", (_F.FIRST,)),
        *each((_F.FIRST,), _FE.CONGESTED, "nothing", "§2.10: within T29"),
        Row(_F.FIRST, _FE.T29, "heed_again", (_F.LATER,), "Table A.1 T29"),
        *each((_F.NONE, _F.LATER), _FE.T29, "ignore", _NOT_RUNNING),
        *each((_F.FIRST, _F.LATER), _FE.T30, "more_traffic", "Table A.1 T30", (_F.NONE, _F.LATER)),
        *each((_F.NONE,), _FE.T30, "ignore", _NOT_RUNNING),
    ),
)
