"""Signalling network functions: the transition tables of ITU-T Q.704 (07/96) and Q.707 (07/96).

Data only. Each orthogonal fact is a small machine of its own; one row a cell: state, event, action, the states in which the action may
end, clause. Every pair of state and event of a machine has its row; `ignore` is counted. An action is a method of the functional block that
runs the machine (with an underscore before it); BLOCKS names block and machine. docs/mtp3.md is drawn from these rows.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple


class Row(NamedTuple):
    state: IntEnum
    event: IntEnum
    action: str
    ends_in: tuple[IntEnum, ...]
    clause: str


# -- a signalling link: activation, restoration, deactivation ------------------------------------------------------------


class Activity(IntEnum):
    """What link management is about with a link, Q.704 §12.2. Only an ACTIVE one has proved itself."""

    INACTIVE = 0
    ALIGNING = 1
    TESTING = 2
    ACTIVE = 3
    WAITING = 4  # for T17, before it is aligned anew


class ActivityEvent(IntEnum):
    ACTIVATE = 0
    DEACTIVATE = 1
    RESTART = 2
    IN_SERVICE = 3  # said level 2
    OUT_OF_SERVICE = 4  # said level 2
    TEST_PASSED = 5
    TEST_FAILED = 6
    CHANGEOVER_ORDER = 7  # the far end has given the link up
    T17 = 8


_AI, _AA, _AT, _AC, _AW = Activity
_A = ActivityEvent
ACTIVITY = (
    Row(_AI, _A.ACTIVATE, "align", (_AA,), "§12.2.2"),
    Row(_AI, _A.DEACTIVATE, "ignore", (_AI,), "§12.2.3: done"),
    Row(_AI, _A.RESTART, "ignore", (_AI,), "only a link that is wanted is restarted"),
    Row(_AI, _A.IN_SERVICE, "stop_again", (_AI,), "§12.2.3: not wanted"),
    Row(_AI, _A.OUT_OF_SERVICE, "ignore", (_AI,), "§12.2.3: done"),
    Row(_AI, _A.TEST_PASSED, "ignore", (_AI,), "no test runs"),
    Row(_AI, _A.TEST_FAILED, "ignore", (_AI,), "no test runs"),
    Row(_AI, _A.CHANGEOVER_ORDER, "ignore", (_AI,), "§5.7.3: changeover answers"),
    Row(_AI, _A.T17, "ignore", (_AI,), "not running in this state"),
    Row(_AA, _A.ACTIVATE, "ignore", (_AA,), "§12.2.2: under way"),
    Row(_AA, _A.DEACTIVATE, "stop", (_AI,), "§12.2.3"),
    Row(_AA, _A.RESTART, "stop_and_wait", (_AW,), "§12.2.2: from the start"),
    Row(_AA, _A.IN_SERVICE, "test", (_AT,), "§12.2.2, Q.707 §2.2"),
    Row(_AA, _A.OUT_OF_SERVICE, "not_aligned", (_AW,), "§12.2.2: attempts go on"),
    Row(_AA, _A.TEST_PASSED, "ignore", (_AA,), "no test runs"),
    Row(_AA, _A.TEST_FAILED, "ignore", (_AA,), "no test runs"),
    Row(_AA, _A.CHANGEOVER_ORDER, "ignore", (_AA,), "§5.7.3: changeover answers"),
    Row(_AA, _A.T17, "ignore", (_AA,), "not running in this state"),
    Row(_AT, _A.ACTIVATE, "ignore", (_AT,), "§12.2.2: under way"),
    Row(_AT, _A.DEACTIVATE, "stop", (_AI,), "§12.2.3"),
    Row(_AT, _A.RESTART, "stop_and_wait", (_AW,), "§12.2.2: from the start"),
    Row(_AT, _A.IN_SERVICE, "ignore", (_AT,), "known"),
    Row(_AT, _A.OUT_OF_SERVICE, "not_aligned", (_AW,), "§12.2.2: attempts go on"),
    Row(_AT, _A.TEST_PASSED, "become_active", (_AC,), "§3.2.3, Q.707 §2.2"),
    Row(_AT, _A.TEST_FAILED, "fail_test", (_AW,), "Q.707 §2.2"),
    Row(_AT, _A.CHANGEOVER_ORDER, "ignore", (_AT,), "§5.7.3: changeover answers"),
    Row(_AT, _A.T17, "ignore", (_AT,), "not running in this state"),
    Row(_AC, _A.ACTIVATE, "ignore", (_AC,), "§12.2.2: done"),
    Row(_AC, _A.DEACTIVATE, "deactivate", (_AI,), "§12.2.3, §3.2.7"),
    Row(_AC, _A.RESTART, "take_down", (_AW,), "§12.2.3 and §12.2.2"),
    Row(_AC, _A.IN_SERVICE, "ignore", (_AC,), "known"),
    Row(_AC, _A.OUT_OF_SERVICE, "fail", (_AW,), "§3.2.2"),
    Row(_AC, _A.TEST_PASSED, "ignore", (_AC,), "Q.707 §2.2: periodic test"),
    Row(_AC, _A.TEST_FAILED, "fail_test", (_AW,), "Q.707 §2.2: left to us; restored"),
    Row(_AC, _A.CHANGEOVER_ORDER, "take_down", (_AW,), "§3.2.2 ii: failed at the far end"),
    Row(_AC, _A.T17, "ignore", (_AC,), "not running in this state"),
    Row(_AW, _A.ACTIVATE, "ignore", (_AW,), "§12.2.2: under way"),
    Row(_AW, _A.DEACTIVATE, "stop", (_AI,), "§12.2.3"),
    Row(_AW, _A.RESTART, "ignore", (_AW,), "§12.2.2: under way"),
    Row(_AW, _A.IN_SERVICE, "stop_again", (_AW,), "late word of an attempt that was stopped"),
    Row(_AW, _A.OUT_OF_SERVICE, "ignore", (_AW,), "known"),
    Row(_AW, _A.TEST_PASSED, "ignore", (_AW,), "no test runs"),
    Row(_AW, _A.TEST_FAILED, "ignore", (_AW,), "no test runs"),
    Row(_AW, _A.CHANGEOVER_ORDER, "ignore", (_AW,), "§5.7.3: changeover answers"),
    Row(_AW, _A.T17, "align", (_AA,), "§3.2.2, §12.2.2"),
)


# -- its processors --------------------------------------------------------------------------------------------------------


class Outage(IntEnum):
    """Processor outage blocks a link, Q.704 §3.2.4."""

    NONE = 0
    LOCAL = 1
    REMOTE = 2
    BOTH = 3


class OutageEvent(IntEnum):
    LOCAL = 0
    LOCAL_ENDS = 1
    REMOTE = 2
    REMOTE_ENDS = 3
    OUT_OF_SERVICE = 4  # alignment starts with none


_ON, _OL, _OR, _OB = Outage
_O = OutageEvent
OUTAGE = (
    Row(_ON, _O.LOCAL, "block", (_OL,), "§3.2.4"),
    Row(_ON, _O.LOCAL_ENDS, "ignore", (_ON,), "there is none"),
    Row(_ON, _O.REMOTE, "block", (_OR,), "§3.2.4"),
    Row(_ON, _O.REMOTE_ENDS, "ignore", (_ON,), "there is none"),
    Row(_ON, _O.OUT_OF_SERVICE, "ignore", (_ON,), "there is none"),
    Row(_OL, _O.LOCAL, "ignore", (_OL,), "known"),
    Row(_OL, _O.LOCAL_ENDS, "unblock", (_ON,), "§3.2.5"),
    Row(_OL, _O.REMOTE, "note", (_OB,), "§3.2.4: blocked already"),
    Row(_OL, _O.REMOTE_ENDS, "ignore", (_OL,), "there is none"),
    Row(_OL, _O.OUT_OF_SERVICE, "note", (_OL,), "§3.2.4: ours outlives the link"),
    Row(_OR, _O.LOCAL, "note", (_OB,), "§3.2.4: blocked already"),
    Row(_OR, _O.LOCAL_ENDS, "ignore", (_OR,), "there is none"),
    Row(_OR, _O.REMOTE, "ignore", (_OR,), "known"),
    Row(_OR, _O.REMOTE_ENDS, "unblock", (_ON,), "§3.2.5"),
    Row(_OR, _O.OUT_OF_SERVICE, "note", (_ON,), "§3.2.4: the link's failure counts"),
    Row(_OB, _O.LOCAL, "ignore", (_OB,), "known"),
    Row(_OB, _O.LOCAL_ENDS, "note", (_OR,), "§3.2.5: blocked still"),
    Row(_OB, _O.REMOTE, "ignore", (_OB,), "known"),
    Row(_OB, _O.REMOTE_ENDS, "note", (_OL,), "§3.2.5: blocked still"),
    Row(_OB, _O.OUT_OF_SERVICE, "note", (_OL,), "§3.2.4: the link's failure counts"),
)


# -- its test (SLTC) -------------------------------------------------------------------------------------------------------


class Test(IntEnum):
    """Signalling link test control, Q.707 §2.2 and Figure 2."""

    STOPPED = 0
    FIRST_SENT = 1
    REPEATED = 2
    PASSED = 3  # T2 runs until the next

    __test__ = False  # no test case of pytest


class TestEvent(IntEnum):
    START = 0
    STOP = 1
    SLTA = 2  # with our pattern, code and points
    OTHER_SLTA = 3
    T1 = 4
    T2 = 5

    __test__ = False


_TS, _TF, _TR, _TP = Test
_T = TestEvent
TEST = (
    Row(_TS, _T.START, "send", (_TF,), "Q.707 §2.2"),
    Row(_TS, _T.STOP, "ignore", (_TS,), "stopped"),
    Row(_TS, _T.SLTA, "ignore", (_TS,), "Q.707 §2.2: not asked for"),
    Row(_TS, _T.OTHER_SLTA, "ignore", (_TS,), "Q.707 §2.2: not asked for"),
    Row(_TS, _T.T1, "ignore", (_TS,), "not running in this state"),
    Row(_TS, _T.T2, "ignore", (_TS,), "not running in this state"),
    Row(_TF, _T.START, "send", (_TF,), "Q.707 §2.2: from the start"),
    Row(_TF, _T.STOP, "end", (_TS,), "Q.707 Figure 2"),
    Row(_TF, _T.SLTA, "pass", (_TP,), "Q.707 §2.2"),
    Row(_TF, _T.OTHER_SLTA, "ignore", (_TF,), "Q.707 §2.2: as if none had come"),
    Row(_TF, _T.T1, "repeat", (_TR,), "Q.707 §2.2: once again"),
    Row(_TF, _T.T2, "ignore", (_TF,), "not running in this state"),
    Row(_TR, _T.START, "send", (_TF,), "Q.707 §2.2: from the start"),
    Row(_TR, _T.STOP, "end", (_TS,), "Q.707 Figure 2"),
    Row(_TR, _T.SLTA, "pass", (_TP,), "Q.707 §2.2"),
    Row(_TR, _T.OTHER_SLTA, "ignore", (_TR,), "Q.707 §2.2: as if none had come"),
    Row(_TR, _T.T1, "give_up", (_TS,), "Q.707 §2.2: failed twice"),
    Row(_TR, _T.T2, "ignore", (_TR,), "not running in this state"),
    Row(_TP, _T.START, "send", (_TF,), "Q.707 §2.2: from the start"),
    Row(_TP, _T.STOP, "end", (_TS,), "Q.707 Figure 2"),
    Row(_TP, _T.SLTA, "ignore", (_TP,), "Q.707 §2.2: supplementary"),
    Row(_TP, _T.OTHER_SLTA, "ignore", (_TP,), "Q.707 §2.2: supplementary"),
    Row(_TP, _T.T1, "ignore", (_TP,), "not running in this state"),
    Row(_TP, _T.T2, "send", (_TF,), "Q.707 §2.2: periodic"),
)


# -- management inhibiting ---------------------------------------------------------------------------------------------------


class Local(IntEnum):
    """Inhibited from this end, Q.704 §10."""

    FREE = 0
    LIN_SENT = 1
    LIN_REPEATED = 2
    INHIBITED = 3
    LUN_SENT = 4
    LUN_REPEATED = 5


class LocalEvent(IntEnum):
    INHIBIT = 0
    UNINHIBIT = 1
    RELIEVE = 2  # a destination cannot be reached without the link
    LIA = 3
    LID = 4
    LUA = 5
    LFU = 6
    LRT = 7
    T12 = 8
    T14 = 9
    T22 = 10
    RESET = 11  # restart, or the link is taken out of the configuration


_LF, _L1, _L2, _LI, _U1, _U2 = Local
_L = LocalEvent
LOCAL = (
    Row(_LF, _L.INHIBIT, "ask", (_LF, _L1), "§10.2 a"),
    Row(_LF, _L.UNINHIBIT, "ignore", (_LF,), "not inhibited"),
    Row(_LF, _L.RELIEVE, "ignore", (_LF,), "not inhibited"),
    Row(_LF, _L.LIA, "ignore", (_LF,), "§10.4: not asked for"),
    Row(_LF, _L.LID, "ignore", (_LF,), "§10.4: not asked for"),
    Row(_LF, _L.LUA, "ignore", (_LF,), "§10.4: not asked for"),
    Row(_LF, _L.LFU, "say_free", (_LF,), "§10.3.2, §10.6: the far end's mark goes"),
    Row(_LF, _L.LRT, "say_free", (_LF,), "§10.6.2: the marks differ"),
    Row(_LF, _L.T12, "ignore", (_LF,), "not running in this state"),
    Row(_LF, _L.T14, "ignore", (_LF,), "not running in this state"),
    Row(_LF, _L.T22, "ignore", (_LF,), "not running in this state"),
    Row(_LF, _L.RESET, "ignore", (_LF,), "not inhibited"),
    Row(_L1, _L.INHIBIT, "ignore", (_L1,), "under way"),
    Row(_L1, _L.UNINHIBIT, "withdraw", (_LF,), "§10.3: the far end may have marked it"),
    Row(_L1, _L.RELIEVE, "withdraw", (_LF,), "§10.3.2"),
    Row(_L1, _L.LIA, "inhibited", (_LI,), "§10.2 d"),
    Row(_L1, _L.LID, "denied", (_LF,), "§10.2 c"),
    Row(_L1, _L.LUA, "ignore", (_L1,), "§10.4: not asked for"),
    Row(_L1, _L.LFU, "withdraw", (_LF,), "§10.3.2"),
    Row(_L1, _L.LRT, "ignore", (_L1,), "under way"),
    Row(_L1, _L.T12, "ignore", (_L1,), "not running in this state"),
    Row(_L1, _L.T14, "ask_again", (_L2,), "§10.2 g"),
    Row(_L1, _L.T22, "ignore", (_L1,), "not running in this state"),
    Row(_L1, _L.RESET, "reset", (_LF,), "§9.2"),
    Row(_L2, _L.INHIBIT, "ignore", (_L2,), "under way"),
    Row(_L2, _L.UNINHIBIT, "withdraw", (_LF,), "§10.3: the far end may have marked it"),
    Row(_L2, _L.RELIEVE, "withdraw", (_LF,), "§10.3.2"),
    Row(_L2, _L.LIA, "inhibited", (_LI,), "§10.2 d"),
    Row(_L2, _L.LID, "denied", (_LF,), "§10.2 c"),
    Row(_L2, _L.LUA, "ignore", (_L2,), "§10.4: not asked for"),
    Row(_L2, _L.LFU, "withdraw", (_LF,), "§10.3.2"),
    Row(_L2, _L.LRT, "ignore", (_L2,), "under way"),
    Row(_L2, _L.T12, "ignore", (_L2,), "not running in this state"),
    Row(_L2, _L.T14, "give_up_inhibiting", (_LF,), "§10.2 g"),
    Row(_L2, _L.T22, "ignore", (_L2,), "not running in this state"),
    Row(_L2, _L.RESET, "reset", (_LF,), "§9.2"),
    Row(_LI, _L.INHIBIT, "ignore", (_LI,), "done"),
    Row(_LI, _L.UNINHIBIT, "ask_back", (_U1,), "§10.3.1"),
    Row(_LI, _L.RELIEVE, "ask_back", (_U1,), "§10.3.2"),
    Row(_LI, _L.LIA, "ignore", (_LI,), "§10.4: done"),
    Row(_LI, _L.LID, "ignore", (_LI,), "§10.4: not asked for"),
    Row(_LI, _L.LUA, "ignore", (_LI,), "§10.4: not asked for"),
    Row(_LI, _L.LFU, "ask_back", (_U1,), "§10.3.2"),
    Row(_LI, _L.LRT, "ignore", (_LI,), "§10.6.2: the marks agree"),
    Row(_LI, _L.T12, "ignore", (_LI,), "not running in this state"),
    Row(_LI, _L.T14, "ignore", (_LI,), "not running in this state"),
    Row(_LI, _L.T22, "test_mark", (_LI,), "§10.6.1"),
    Row(_LI, _L.RESET, "reset", (_LF,), "§9.2"),
    Row(_U1, _L.INHIBIT, "ignore", (_U1,), "under way"),
    Row(_U1, _L.UNINHIBIT, "ignore", (_U1,), "under way"),
    Row(_U1, _L.RELIEVE, "ignore", (_U1,), "under way"),
    Row(_U1, _L.LIA, "ignore", (_U1,), "§10.4: withdrawn"),
    Row(_U1, _L.LID, "ignore", (_U1,), "§10.4: withdrawn"),
    Row(_U1, _L.LUA, "uninhibited", (_LF,), "§10.3.1"),
    Row(_U1, _L.LFU, "ignore", (_U1,), "under way"),
    Row(_U1, _L.LRT, "ignore", (_U1,), "under way"),
    Row(_U1, _L.T12, "ask_back_again", (_U2,), "§10.3.1"),
    Row(_U1, _L.T14, "ignore", (_U1,), "not running in this state"),
    Row(_U1, _L.T22, "ignore", (_U1,), "not running in this state"),
    Row(_U1, _L.RESET, "reset", (_LF,), "§9.2"),
    Row(_U2, _L.INHIBIT, "ignore", (_U2,), "under way"),
    Row(_U2, _L.UNINHIBIT, "ignore", (_U2,), "under way"),
    Row(_U2, _L.RELIEVE, "ignore", (_U2,), "under way"),
    Row(_U2, _L.LIA, "ignore", (_U2,), "§10.4: withdrawn"),
    Row(_U2, _L.LID, "ignore", (_U2,), "§10.4: withdrawn"),
    Row(_U2, _L.LUA, "uninhibited", (_LF,), "§10.3.1"),
    Row(_U2, _L.LFU, "ignore", (_U2,), "under way"),
    Row(_U2, _L.LRT, "ignore", (_U2,), "under way"),
    Row(_U2, _L.T12, "give_up_uninhibiting", (_LI,), "§10.3.1"),
    Row(_U2, _L.T14, "ignore", (_U2,), "not running in this state"),
    Row(_U2, _L.T22, "ignore", (_U2,), "not running in this state"),
    Row(_U2, _L.RESET, "reset", (_LF,), "§9.2"),
)


class Remote(IntEnum):
    """Inhibited from the far end, Q.704 §10."""

    FREE = 0
    INHIBITED = 1
    LFU_SENT = 2
    LFU_REPEATED = 3


class RemoteEvent(IntEnum):
    LIN = 0
    LUN = 1
    LLT = 2
    RELIEVE = 3
    T13 = 4
    T23 = 5
    RESET = 6


_RF, _RI, _R1, _R2 = Remote
_R = RemoteEvent
REMOTE = (
    Row(_RF, _R.LIN, "decide", (_RF, _RI), "§10.2 b c"),
    Row(_RF, _R.LUN, "confirm_free", (_RF,), "§10.3.1"),
    Row(_RF, _R.LLT, "say_not_marked", (_RF,), "§10.6.1: the marks differ"),
    Row(_RF, _R.RELIEVE, "ignore", (_RF,), "not inhibited"),
    Row(_RF, _R.T13, "ignore", (_RF,), "not running in this state"),
    Row(_RF, _R.T23, "ignore", (_RF,), "not running in this state"),
    Row(_RF, _R.RESET, "ignore", (_RF,), "not inhibited"),
    Row(_RI, _R.LIN, "confirm", (_RI,), "§10.2 c: our answer was lost"),
    Row(_RI, _R.LUN, "free", (_RF,), "§10.3.1"),
    Row(_RI, _R.LLT, "ignore", (_RI,), "§10.6.1: the marks agree"),
    Row(_RI, _R.RELIEVE, "force", (_R1,), "§10.3.2 b"),
    Row(_RI, _R.T13, "ignore", (_RI,), "not running in this state"),
    Row(_RI, _R.T23, "test_remote_mark", (_RI,), "§10.6.2"),
    Row(_RI, _R.RESET, "reset_remote", (_RF,), "§9.2"),
    Row(_R1, _R.LIN, "confirm", (_R1,), "§10.2 c: our answer was lost"),
    Row(_R1, _R.LUN, "free", (_RF,), "§10.3.2 c"),
    Row(_R1, _R.LLT, "ignore", (_R1,), "§10.6.1: the marks agree"),
    Row(_R1, _R.RELIEVE, "ignore", (_R1,), "under way"),
    Row(_R1, _R.T13, "force_again", (_R2,), "§10.3.2 e"),
    Row(_R1, _R.T23, "test_remote_mark", (_R1,), "§10.6.2"),
    Row(_R1, _R.RESET, "reset_remote", (_RF,), "§9.2"),
    Row(_R2, _R.LIN, "confirm", (_R2,), "§10.2 c: our answer was lost"),
    Row(_R2, _R.LUN, "free", (_RF,), "§10.3.2 c"),
    Row(_R2, _R.LLT, "ignore", (_R2,), "§10.6.1: the marks agree"),
    Row(_R2, _R.RELIEVE, "ignore", (_R2,), "under way"),
    Row(_R2, _R.T13, "give_up_forcing", (_RI,), "§10.3.2 f"),
    Row(_R2, _R.T23, "test_remote_mark", (_R2,), "§10.6.2"),
    Row(_R2, _R.RESET, "reset_remote", (_RF,), "§9.2"),
)


# -- changeover (TCOC) -------------------------------------------------------------------------------------------------------


class Changeover(IntEnum):
    """Changeover of one link, Q.704 §5 and Figure 29."""

    IDLE = 0
    WAIT_BSNT = 1
    ANSWER_BSNT = 2  # the far end's order came first
    WAIT_COA = 3
    RETRIEVING = 4
    TIMED = 5


class ChangeoverEvent(IntEnum):
    FAILED = 0  # with a path to the far end
    DIVERT = 1  # blocked, inhibited, or without a path
    RESUME = 2  # the link can be used again
    BSNT = 3
    NO_BSNT = 4
    COO = 5
    COA = 6
    ECO = 7
    ECA = 8
    RETRIEVED = 9
    T1 = 10
    T2 = 11


_CI, _CB, _CA, _CW, _CR, _CT = Changeover
_C = ChangeoverEvent
CHANGEOVER = (
    Row(_CI, _C.FAILED, "ask_bsnt", (_CB,), "§5.4.2"),
    Row(_CI, _C.DIVERT, "wait_t1", (_CT,), "§5.6.2"),
    Row(_CI, _C.RESUME, "ignore", (_CI,), "nothing to be taken back"),
    Row(_CI, _C.BSNT, "ignore", (_CI,), "not asked for"),
    Row(_CI, _C.NO_BSNT, "ignore", (_CI,), "not asked for"),
    Row(_CI, _C.COO, "answer_late", (_CI,), "§5.7.3"),
    Row(_CI, _C.COA, "ignore", (_CI,), "§5.7: not asked for"),
    Row(_CI, _C.ECO, "answer_late", (_CI,), "§5.7.3"),
    Row(_CI, _C.ECA, "ignore", (_CI,), "§5.7: not asked for"),
    Row(_CI, _C.RETRIEVED, "ignore", (_CI,), "not asked for"),
    Row(_CI, _C.T1, "ignore", (_CI,), "not running in this state"),
    Row(_CI, _C.T2, "ignore", (_CI,), "not running in this state"),
    Row(_CB, _C.FAILED, "ignore", (_CB,), "under way"),
    Row(_CB, _C.DIVERT, "ignore", (_CB,), "under way"),
    Row(_CB, _C.RESUME, "ignore", (_CB,), "§5: ends first"),
    Row(_CB, _C.BSNT, "order", (_CW,), "§5.4.2"),
    Row(_CB, _C.NO_BSNT, "order_emergency", (_CW,), "§5.6.1"),
    Row(_CB, _C.COO, "note_order", (_CA,), "§5.4.3"),
    Row(_CB, _C.COA, "ignore", (_CB,), "§5.7: not asked for"),
    Row(_CB, _C.ECO, "note_emergency_order", (_CA,), "§5.6.1"),
    Row(_CB, _C.ECA, "ignore", (_CB,), "§5.7: not asked for"),
    Row(_CB, _C.RETRIEVED, "ignore", (_CB,), "not asked for"),
    Row(_CB, _C.T1, "ignore", (_CB,), "not running in this state"),
    Row(_CB, _C.T2, "give_up", (_CI,), "level 2 does not answer"),
    Row(_CA, _C.FAILED, "ignore", (_CA,), "under way"),
    Row(_CA, _C.DIVERT, "ignore", (_CA,), "under way"),
    Row(_CA, _C.RESUME, "ignore", (_CA,), "§5: ends first"),
    Row(_CA, _C.BSNT, "acknowledge", (_CR,), "§5.4.3"),
    Row(_CA, _C.NO_BSNT, "acknowledge_emergency", (_CR,), "§5.6.1"),
    Row(_CA, _C.COO, "note_order", (_CA,), "§5.7.3: the latest"),
    Row(_CA, _C.COA, "ignore", (_CA,), "§5.7: not asked for"),
    Row(_CA, _C.ECO, "ignore", (_CA,), "an order is noted"),
    Row(_CA, _C.ECA, "ignore", (_CA,), "§5.7: not asked for"),
    Row(_CA, _C.RETRIEVED, "ignore", (_CA,), "not asked for"),
    Row(_CA, _C.T1, "ignore", (_CA,), "not running in this state"),
    Row(_CA, _C.T2, "acknowledge_emergency", (_CR,), "level 2 does not answer"),
    Row(_CW, _C.FAILED, "ignore", (_CW,), "under way"),
    Row(_CW, _C.DIVERT, "ignore", (_CW,), "under way"),
    Row(_CW, _C.RESUME, "ignore", (_CW,), "§5: ends first"),
    Row(_CW, _C.BSNT, "ignore", (_CW,), "known"),
    Row(_CW, _C.NO_BSNT, "ignore", (_CW,), "known"),
    Row(_CW, _C.COO, "crossed", (_CR,), "§5.4.3: acknowledged by its FSN"),
    Row(_CW, _C.COA, "retrieve", (_CR,), "§5.4.2, §5.5"),
    Row(_CW, _C.ECO, "crossed_emergency", (_CR,), "§5.6.1: no buffer updating"),
    Row(_CW, _C.ECA, "retrieve_unsent", (_CR,), "§5.6.1: no buffer updating"),
    Row(_CW, _C.RETRIEVED, "ignore", (_CW,), "not asked for"),
    Row(_CW, _C.T1, "ignore", (_CW,), "not running in this state"),
    Row(_CW, _C.T2, "give_up", (_CI,), "§5.7.2"),
    Row(_CR, _C.FAILED, "ignore", (_CR,), "under way"),
    Row(_CR, _C.DIVERT, "ignore", (_CR,), "under way"),
    Row(_CR, _C.RESUME, "ignore", (_CR,), "§5: ends first"),
    Row(_CR, _C.BSNT, "ignore", (_CR,), "known"),
    Row(_CR, _C.NO_BSNT, "ignore", (_CR,), "known"),
    Row(_CR, _C.COO, "answer_late", (_CR,), "§5.7.3"),
    Row(_CR, _C.COA, "ignore", (_CR,), "§5.4.3: the order was enough"),
    Row(_CR, _C.ECO, "answer_late", (_CR,), "§5.7.3"),
    Row(_CR, _C.ECA, "ignore", (_CR,), "§5.4.3: the order was enough"),
    Row(_CR, _C.RETRIEVED, "finish", (_CI,), "§5.5"),
    Row(_CR, _C.T1, "ignore", (_CR,), "not running in this state"),
    Row(_CR, _C.T2, "give_up", (_CI,), "level 2 does not answer"),
    Row(_CT, _C.FAILED, "ask_bsnt_instead", (_CB,), "§5.6.2: there is a path now"),
    Row(_CT, _C.DIVERT, "ignore", (_CT,), "under way"),
    Row(_CT, _C.RESUME, "take_back", (_CI,), "§5.6.2: before T1, nothing was diverted"),
    Row(_CT, _C.BSNT, "ignore", (_CT,), "not asked for"),
    Row(_CT, _C.NO_BSNT, "ignore", (_CT,), "not asked for"),
    Row(_CT, _C.COO, "order_instead", (_CA,), "§5.6.2: normal changeover replaces it"),
    Row(_CT, _C.COA, "ignore", (_CT,), "§5.7: not asked for"),
    Row(_CT, _C.ECO, "emergency_order_instead", (_CA,), "§5.6.2"),
    Row(_CT, _C.ECA, "ignore", (_CT,), "§5.7: not asked for"),
    Row(_CT, _C.RETRIEVED, "ignore", (_CT,), "not asked for"),
    Row(_CT, _C.T1, "finish_timed", (_CI,), "§5.6.2"),
    Row(_CT, _C.T2, "ignore", (_CT,), "not running in this state"),
)


# -- diversions to a better link: changeback (TCBC), time-controlled, controlled rerouting (TCRC) ------------------------------


class Diversion(IntEnum):
    """Traffic on its way to a better link, Q.704 §6 and §8."""

    NEW = 0
    WAIT_CBA = 1
    WAIT_CBA_AGAIN = 2
    TIMED = 3  # T3
    REROUTING = 4  # T6
    DONE = 5


class DiversionEvent(IntEnum):
    DECLARE = 0
    WAIT = 1
    REROUTE = 2
    CBA = 3
    EMPTY = 4  # all its traffic has been taken over by another procedure
    T3 = 5
    T4 = 6
    T5 = 7
    T6 = 8


_DN, _D1, _D2, _DT, _DR, _DD = Diversion
_D = DiversionEvent
DIVERSION = (
    Row(_DN, _D.DECLARE, "declare", (_D1,), "§6.3.1"),
    Row(_DN, _D.WAIT, "wait_t3", (_DT,), "§6.4"),
    Row(_DN, _D.REROUTE, "wait_t6", (_DR,), "§8.2.1"),
    Row(_DN, _D.CBA, "ignore", (_DN,), "not begun"),
    Row(_DN, _D.EMPTY, "end", (_DD,), "nothing is left"),
    Row(_DN, _D.T3, "ignore", (_DN,), "not running in this state"),
    Row(_DN, _D.T4, "ignore", (_DN,), "not running in this state"),
    Row(_DN, _D.T5, "ignore", (_DN,), "not running in this state"),
    Row(_DN, _D.T6, "ignore", (_DN,), "not running in this state"),
    Row(_D1, _D.DECLARE, "ignore", (_D1,), "under way"),
    Row(_D1, _D.WAIT, "ignore", (_D1,), "under way"),
    Row(_D1, _D.REROUTE, "ignore", (_D1,), "under way"),
    Row(_D1, _D.CBA, "finish", (_DD,), "§6.3.3"),
    Row(_D1, _D.EMPTY, "end", (_DD,), "nothing is left"),
    Row(_D1, _D.T3, "ignore", (_D1,), "not running in this state"),
    Row(_D1, _D.T4, "declare_again", (_D2,), "§6.5.3"),
    Row(_D1, _D.T5, "ignore", (_D1,), "not running in this state"),
    Row(_D1, _D.T6, "ignore", (_D1,), "not running in this state"),
    Row(_D2, _D.DECLARE, "ignore", (_D2,), "under way"),
    Row(_D2, _D.WAIT, "ignore", (_D2,), "under way"),
    Row(_D2, _D.REROUTE, "ignore", (_D2,), "under way"),
    Row(_D2, _D.CBA, "finish", (_DD,), "§6.3.3"),
    Row(_D2, _D.EMPTY, "end", (_DD,), "nothing is left"),
    Row(_D2, _D.T3, "ignore", (_D2,), "not running in this state"),
    Row(_D2, _D.T4, "ignore", (_D2,), "not running in this state"),
    Row(_D2, _D.T5, "give_up", (_DD,), "§6.5.3"),
    Row(_D2, _D.T6, "ignore", (_D2,), "not running in this state"),
    Row(_DT, _D.DECLARE, "ignore", (_DT,), "under way"),
    Row(_DT, _D.WAIT, "ignore", (_DT,), "under way"),
    Row(_DT, _D.REROUTE, "ignore", (_DT,), "under way"),
    Row(_DT, _D.CBA, "ignore", (_DT,), "§6.5.1: none was declared"),
    Row(_DT, _D.EMPTY, "end", (_DD,), "nothing is left"),
    Row(_DT, _D.T3, "finish", (_DD,), "§6.4.2"),
    Row(_DT, _D.T4, "ignore", (_DT,), "not running in this state"),
    Row(_DT, _D.T5, "ignore", (_DT,), "not running in this state"),
    Row(_DT, _D.T6, "ignore", (_DT,), "not running in this state"),
    Row(_DR, _D.DECLARE, "ignore", (_DR,), "under way"),
    Row(_DR, _D.WAIT, "ignore", (_DR,), "under way"),
    Row(_DR, _D.REROUTE, "ignore", (_DR,), "under way"),
    Row(_DR, _D.CBA, "ignore", (_DR,), "§6.5.1: none was declared"),
    Row(_DR, _D.EMPTY, "end", (_DD,), "nothing is left"),
    Row(_DR, _D.T3, "ignore", (_DR,), "not running in this state"),
    Row(_DR, _D.T4, "ignore", (_DR,), "not running in this state"),
    Row(_DR, _D.T5, "ignore", (_DR,), "not running in this state"),
    Row(_DR, _D.T6, "finish", (_DD,), "§8.2.1"),
    Row(_DD, _D.DECLARE, "ignore", (_DD,), "done"),
    Row(_DD, _D.WAIT, "ignore", (_DD,), "done"),
    Row(_DD, _D.REROUTE, "ignore", (_DD,), "done"),
    Row(_DD, _D.CBA, "ignore", (_DD,), "§6.5.1: additional"),
    Row(_DD, _D.EMPTY, "ignore", (_DD,), "done"),
    Row(_DD, _D.T3, "ignore", (_DD,), "not running in this state"),
    Row(_DD, _D.T4, "ignore", (_DD,), "not running in this state"),
    Row(_DD, _D.T5, "ignore", (_DD,), "not running in this state"),
    Row(_DD, _D.T6, "ignore", (_DD,), "not running in this state"),
)


# -- a route: what its adjacent point says of it (RTPC, RTAC, RTRC; RSRT) --------------------------------------------------------


class RouteStatus(IntEnum):
    """Q.704 §3.4.2."""

    ALLOWED = 0
    RESTRICTED = 1
    PROHIBITED = 2


class RouteEvent(IntEnum):
    TFP = 0
    TFA = 1
    TFR = 2
    RESET = 3  # its adjacent point is gone: what it said counts no more
    T10 = 4


_SA, _SR, _SP = RouteStatus
_S = RouteEvent
ROUTE = (
    Row(_SA, _S.TFP, "prohibit", (_SP,), "§13.2.3"),
    Row(_SA, _S.TFA, "ignore", (_SA,), "§13.3.4: known"),
    Row(_SA, _S.TFR, "restrict", (_SR,), "§13.4.3"),
    Row(_SA, _S.RESET, "ignore", (_SA,), "allowed"),
    Row(_SA, _S.T10, "ignore", (_SA,), "not running in this state"),
    Row(_SR, _S.TFP, "prohibit", (_SP,), "§13.2.3"),
    Row(_SR, _S.TFA, "allow", (_SA,), "§13.3.3"),
    Row(_SR, _S.TFR, "ignore", (_SR,), "§13.4.4: known"),
    Row(_SR, _S.RESET, "forget", (_SA,), "§9.3"),
    Row(_SR, _S.T10, "test", (_SR,), "§13.5.2"),
    Row(_SP, _S.TFP, "ignore", (_SP,), "§13.2.4: known"),
    Row(_SP, _S.TFA, "allow", (_SA,), "§13.3.3"),
    Row(_SP, _S.TFR, "restrict", (_SR,), "§13.4.3"),
    Row(_SP, _S.RESET, "forget", (_SA,), "§9.3"),
    Row(_SP, _S.T10, "test", (_SP,), "§13.5.2"),
)


# -- restart (TPRC): our own, and that of an adjacent point -----------------------------------------------------------------------


class Restart(IntEnum):
    """MTP restart of this point, Q.704 §9.2."""

    STOPPED = 0
    ISOLATED = 1  # wanted, no link in service
    RESTARTING = 2
    RUNNING = 3


class RestartEvent(IntEnum):
    START = 0
    FIRST_LINK = 1
    ENOUGH = 2  # links and routing information
    ISOLATED = 3  # the last link is out of service
    T18 = 4
    T20 = 5


_ES, _EI, _ER, _EU = Restart
_E = RestartEvent
RESTART = (
    Row(_ES, _E.START, "wait_for_links", (_EI,), "§9.2.1"),
    Row(_ES, _E.FIRST_LINK, "ignore", (_ES,), "not started"),
    Row(_ES, _E.ENOUGH, "ignore", (_ES,), "not started"),
    Row(_ES, _E.ISOLATED, "ignore", (_ES,), "not started"),
    Row(_ES, _E.T18, "ignore", (_ES,), "not running in this state"),
    Row(_ES, _E.T20, "ignore", (_ES,), "not running in this state"),
    Row(_EI, _E.START, "ignore", (_EI,), "started"),
    Row(_EI, _E.FIRST_LINK, "begin", (_ER,), "§9.2.1"),
    Row(_EI, _E.ENOUGH, "ignore", (_EI,), "no link"),
    Row(_EI, _E.ISOLATED, "ignore", (_EI,), "known"),
    Row(_EI, _E.T18, "ignore", (_EI,), "not running in this state"),
    Row(_EI, _E.T20, "ignore", (_EI,), "not running in this state"),
    Row(_ER, _E.START, "ignore", (_ER,), "started"),
    Row(_ER, _E.FIRST_LINK, "ignore", (_ER,), "not the first"),
    Row(_ER, _E.ENOUGH, "conclude", (_EU,), "§9.2.2, §9.2.3"),
    Row(_ER, _E.ISOLATED, "abandon", (_EI,), "§9.2.1: from the start"),
    Row(_ER, _E.T18, "conclude", (_EU,), "§9.2.2: phase 2"),
    Row(_ER, _E.T20, "conclude", (_EU,), "§9.2.4"),
    Row(_EU, _E.START, "ignore", (_EU,), "started"),
    Row(_EU, _E.FIRST_LINK, "ignore", (_EU,), "not the first"),
    Row(_EU, _E.ENOUGH, "ignore", (_EU,), "done"),
    Row(_EU, _E.ISOLATED, "abandon", (_EI,), "§9.1: an isolated point restarts"),
    Row(_EU, _E.T18, "ignore", (_EU,), "not running in this state"),
    Row(_EU, _E.T20, "ignore", (_EU,), "not running in this state"),
)


class Neighbour(IntEnum):
    """An adjacent point, as seen over its direct links, Q.704 §9.3."""

    UNREACHED = 0
    RESTARTING = 1
    REACHED = 2


class NeighbourEvent(IntEnum):
    FIRST_LINK = 0
    FIRST_LINK_REACHED = 1  # the point was reached by another route all the while
    LAST_LINK = 2  # is gone
    TRA = 3
    T21 = 4


_NU, _NR, _NA = Neighbour
_N = NeighbourEvent
NEIGHBOUR = (
    Row(_NU, _N.FIRST_LINK, "await_tra", (_NR,), "§9.3.1"),
    Row(_NU, _N.FIRST_LINK_REACHED, "take_up", (_NA,), "§9.3: no restart, changeback"),
    Row(_NU, _N.LAST_LINK, "ignore", (_NU,), "known"),
    Row(_NU, _N.TRA, "ignore", (_NU,), "§9.5: over no link of ours"),
    Row(_NU, _N.T21, "ignore", (_NU,), "not running in this state"),
    Row(_NR, _N.FIRST_LINK, "ignore", (_NR,), "not the first"),
    Row(_NR, _N.FIRST_LINK_REACHED, "ignore", (_NR,), "not the first"),
    Row(_NR, _N.LAST_LINK, "lose", (_NU,), "§9.3: abandoned"),
    Row(_NR, _N.TRA, "restarted", (_NA,), "§9.3.3"),
    Row(_NR, _N.T21, "restarted", (_NA,), "§9.3.3"),
    Row(_NA, _N.FIRST_LINK, "ignore", (_NA,), "not the first"),
    Row(_NA, _N.FIRST_LINK_REACHED, "ignore", (_NA,), "not the first"),
    Row(_NA, _N.LAST_LINK, "lose", (_NU,), "§3.6"),
    Row(_NA, _N.TRA, "unexpected_tra", (_NA,), "§9.5.2"),
    Row(_NA, _N.T21, "ignore", (_NA,), "not running in this state"),
)


# -- congestion of a route set (RCAT, RTCC), national option ---------------------------------------------------------------------------


class Congestion(IntEnum):
    """Of a destination, Q.704 §11.2.4, §13.9."""

    NONE = 0
    TOLD = 1  # T15
    TESTING = 2  # T16


class CongestionEvent(IntEnum):
    TFC = 0
    T15 = 1
    T16 = 2
    RESET = 3  # the destination cannot be reached


_GN, _GT, _GE = Congestion
_G = CongestionEvent
CONGESTION = (
    Row(_GN, _G.TFC, "note", (_GN, _GT), "§13.9.3"),
    Row(_GN, _G.T15, "ignore", (_GN,), "not running in this state"),
    Row(_GN, _G.T16, "ignore", (_GN,), "not running in this state"),
    Row(_GN, _G.RESET, "ignore", (_GN,), "not congested"),
    Row(_GT, _G.TFC, "note", (_GN, _GT), "§13.7.5"),
    Row(_GT, _G.T15, "test", (_GE,), "§13.9.3"),
    Row(_GT, _G.T16, "ignore", (_GT,), "not running in this state"),
    Row(_GT, _G.RESET, "forget", (_GN,), "§11.2.4"),
    Row(_GE, _G.TFC, "note", (_GN, _GT), "§13.9.4"),
    Row(_GE, _G.T15, "ignore", (_GE,), "not running in this state"),
    Row(_GE, _G.T16, "lower", (_GN, _GE), "§13.9.5"),
    Row(_GE, _G.RESET, "forget", (_GN,), "§11.2.4"),
)


class Machine(NamedTuple):
    """One kind of machine. key: its word in traces; block: module and class that run it."""

    key: str
    title: str
    states: type[IntEnum]
    events: type[IntEnum]
    rows: tuple[Row, ...]
    block: str


MACHINES: tuple[Machine, ...] = (
    Machine("activity", "Signalling link: activation and restoration (LSAC, LSLA, LSLR, LSLD)", Activity, ActivityEvent, ACTIVITY, "LinkActivity"),
    Machine("outage", "Signalling link: processor outage", Outage, OutageEvent, OUTAGE, "LinkOutage"),
    Machine("test", "Signalling link test (SLTC)", Test, TestEvent, TEST, "LinkTest"),
    Machine("local", "Inhibited from this end (TLAC, LLSC)", Local, LocalEvent, LOCAL, "LocalInhibiting"),
    Machine("remote", "Inhibited from the far end (TLAC, LLSC)", Remote, RemoteEvent, REMOTE, "RemoteInhibiting"),
    Machine("changeover", "Changeover (TCOC)", Changeover, ChangeoverEvent, CHANGEOVER, "ChangeoverControl"),
    Machine("diversion", "Changeback and rerouting (TCBC, TCRC)", Diversion, DiversionEvent, DIVERSION, "DiversionControl"),
    Machine("route", "Signalling route (RTPC, RTAC, RTRC, RSRT)", RouteStatus, RouteEvent, ROUTE, "RouteControl"),
    Machine("restart", "Restart of this point (TPRC)", Restart, RestartEvent, RESTART, "RestartControl"),
    Machine("neighbour", "Restart of an adjacent point (TPRC)", Neighbour, NeighbourEvent, NEIGHBOUR, "NeighbourControl"),
    Machine("congestion", "Congestion of a route set (RCAT, RTCC)", Congestion, CongestionEvent, CONGESTION, "CongestionControl"),
)
