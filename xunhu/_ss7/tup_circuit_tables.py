"""Telephone user part: the small machines of a circuit beside its call (ITU-T Q.724 (11/88)): blocking, reset, groups, continuity.

Data only, as tup_call_tables: one row a cell, subject of Q.724 where no other document is named. `action` is a method of `tup.Tup` (with an
underscore before it); `ignore` is what cannot be or means nothing, `discard` a message out of place, `pass_on` a message that is the call's.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Generic, NamedTuple, TypeVar

S = TypeVar("S")
E = TypeVar("E")


class Row(NamedTuple, Generic[S, E]):
    state: S
    event: E
    action: str
    ends_in: tuple[S, ...]
    clause: str


class Blocking(IntEnum):
    """Blocking of a circuit by us with BLO and UBL; what the peer blocks is a fact, not a state."""

    QUIET = 0
    WAIT_BLA = 1
    WAIT_UBA = 2


class BlockingEvent(IntEnum):
    BLOCK_REQUEST = 0
    UNBLOCK_REQUEST = 1
    AGAIN = 2
    BLO = 3
    UBL = 4
    BLA = 5
    UBA = 6
    T11 = 7
    T12 = 8
    T13 = 9
    T14 = 10
    T15 = 11
    T16 = 12


class Reset(IntEnum):
    """Reset of a circuit by us with RSC. ALERTED: after T19, or after T5 or T7 of a call; GROUP: by GRS."""

    QUIET = 0
    WAIT = 1
    ALERTED = 2
    GROUP = 3


class ResetEvent(IntEnum):
    RESET_REQUEST = 0
    GROUP = 1
    STUCK = 2
    RSC = 3
    RLG = 4
    CLF = 5
    BLO = 6
    OTHER = 7
    CANCEL = 8
    T18 = 9
    T19 = 10
    T20 = 11


class Group(IntEnum):
    """A group message of ours that waits for its answer. ENDED: the record is gone."""

    WAIT = 0
    ALERTED = 1
    ENDED = 2


class GroupEvent(IntEnum):
    ANSWER = 0
    T21 = 1
    T22 = 2
    T23 = 3


class Continuity(IntEnum):
    """Continuity check of a call and recheck of a circuit: OUT_CHECK, DELAY, TONE, CLEARING are ours, IN_* the peer's."""

    QUIET = 0
    OUT_CHECK = 1
    DELAY = 2
    TONE = 3
    CLEARING = 4
    IN_CHECK = 5
    IN_WAIT = 6
    IN_LOOP = 7


class ContinuityEvent(IntEnum):
    OUT_CALL = 0
    IN_CALL = 1
    TEST_REQUEST = 2
    TONE_GOOD = 3
    TONE_BAD = 4
    COT = 5
    CCF = 6
    CCR = 7
    CLF = 8
    RLG = 9
    IAM = 10
    OTHER = 11
    CALL_ENDS = 12
    CANCEL = 13
    T1 = 14
    T6 = 15
    T7 = 16
    T8 = 17
    T9 = 18
    T10 = 19
    NO_CCR = 20


BLOCKING: tuple[Row[Blocking, BlockingEvent], ...] = (
    Row(Blocking.QUIET, BlockingEvent.BLOCK_REQUEST, "send_blocking", (Blocking.WAIT_BLA,), "blocking"),
    Row(Blocking.QUIET, BlockingEvent.UNBLOCK_REQUEST, "send_unblocking", (Blocking.WAIT_UBA,), "blocking"),
    Row(Blocking.QUIET, BlockingEvent.AGAIN, "send_blocking", (Blocking.WAIT_BLA,), "reset: the peer has forgotten the blocking"),
    Row(Blocking.QUIET, BlockingEvent.BLO, "take_blocking", (Blocking.QUIET,), "blocking; unreasonable messages: acknowledged each time"),
    Row(Blocking.QUIET, BlockingEvent.UBL, "take_unblocking", (Blocking.QUIET,), "blocking; unreasonable messages: acknowledged each time"),
    Row(Blocking.QUIET, BlockingEvent.BLA, "stray_blocking_acknowledgement", (Blocking.QUIET, Blocking.WAIT_UBA), "unreasonable messages: unblocked where we do not block"),
    Row(Blocking.QUIET, BlockingEvent.UBA, "stray_unblocking_acknowledgement", (Blocking.QUIET, Blocking.WAIT_BLA), "unreasonable messages: blocked where we do block"),
    Row(Blocking.QUIET, BlockingEvent.T11, "ignore", (Blocking.QUIET,), "not running in this state"),
    Row(Blocking.QUIET, BlockingEvent.T12, "ignore", (Blocking.QUIET,), "not running in this state"),
    Row(Blocking.QUIET, BlockingEvent.T13, "ignore", (Blocking.QUIET,), "not running in this state"),
    Row(Blocking.QUIET, BlockingEvent.T14, "ignore", (Blocking.QUIET,), "not running in this state"),
    Row(Blocking.QUIET, BlockingEvent.T15, "ignore", (Blocking.QUIET,), "not running in this state"),
    Row(Blocking.QUIET, BlockingEvent.T16, "ignore", (Blocking.QUIET,), "not running in this state"),
    Row(Blocking.WAIT_BLA, BlockingEvent.BLOCK_REQUEST, "send_blocking", (Blocking.WAIT_BLA,), "blocking"),
    Row(Blocking.WAIT_BLA, BlockingEvent.UNBLOCK_REQUEST, "send_unblocking", (Blocking.WAIT_UBA,), "blocking"),
    Row(Blocking.WAIT_BLA, BlockingEvent.AGAIN, "send_blocking", (Blocking.WAIT_BLA,), "reset: the peer has forgotten the blocking"),
    Row(Blocking.WAIT_BLA, BlockingEvent.BLO, "take_blocking", (Blocking.WAIT_BLA,), "blocking; unreasonable messages: acknowledged each time"),
    Row(Blocking.WAIT_BLA, BlockingEvent.UBL, "take_unblocking", (Blocking.WAIT_BLA,), "blocking; unreasonable messages: acknowledged each time"),
    Row(Blocking.WAIT_BLA, BlockingEvent.BLA, "blocking_confirmed", (Blocking.QUIET,), "blocking"),
    Row(Blocking.WAIT_BLA, BlockingEvent.UBA, "ignore", (Blocking.WAIT_BLA,), "unreasonable messages: of an older UBL"),
    Row(Blocking.WAIT_BLA, BlockingEvent.T11, "repeat_blocking", (Blocking.WAIT_BLA,), "blocking"),
    Row(Blocking.WAIT_BLA, BlockingEvent.T12, "blocking_unanswered", (Blocking.WAIT_BLA,), "blocking: maintenance is alerted"),
    Row(Blocking.WAIT_BLA, BlockingEvent.T13, "repeat_blocking_slowly", (Blocking.WAIT_BLA,), "blocking"),
    Row(Blocking.WAIT_BLA, BlockingEvent.T14, "ignore", (Blocking.WAIT_BLA,), "not running in this state"),
    Row(Blocking.WAIT_BLA, BlockingEvent.T15, "ignore", (Blocking.WAIT_BLA,), "not running in this state"),
    Row(Blocking.WAIT_BLA, BlockingEvent.T16, "ignore", (Blocking.WAIT_BLA,), "not running in this state"),
    Row(Blocking.WAIT_UBA, BlockingEvent.BLOCK_REQUEST, "send_blocking", (Blocking.WAIT_BLA,), "blocking"),
    Row(Blocking.WAIT_UBA, BlockingEvent.UNBLOCK_REQUEST, "send_unblocking", (Blocking.WAIT_UBA,), "blocking"),
    Row(Blocking.WAIT_UBA, BlockingEvent.AGAIN, "send_blocking", (Blocking.WAIT_BLA,), "reset: the peer has forgotten the blocking"),
    Row(Blocking.WAIT_UBA, BlockingEvent.BLO, "take_blocking", (Blocking.WAIT_UBA,), "blocking; unreasonable messages: acknowledged each time"),
    Row(Blocking.WAIT_UBA, BlockingEvent.UBL, "take_unblocking", (Blocking.WAIT_UBA,), "blocking; unreasonable messages: acknowledged each time"),
    Row(Blocking.WAIT_UBA, BlockingEvent.BLA, "ignore", (Blocking.WAIT_UBA,), "unreasonable messages: of an older BLO"),
    Row(Blocking.WAIT_UBA, BlockingEvent.UBA, "unblocking_confirmed", (Blocking.QUIET,), "blocking"),
    Row(Blocking.WAIT_UBA, BlockingEvent.T11, "ignore", (Blocking.WAIT_UBA,), "not running in this state"),
    Row(Blocking.WAIT_UBA, BlockingEvent.T12, "ignore", (Blocking.WAIT_UBA,), "not running in this state"),
    Row(Blocking.WAIT_UBA, BlockingEvent.T13, "ignore", (Blocking.WAIT_UBA,), "not running in this state"),
    Row(Blocking.WAIT_UBA, BlockingEvent.T14, "repeat_unblocking", (Blocking.WAIT_UBA,), "blocking"),
    Row(Blocking.WAIT_UBA, BlockingEvent.T15, "unblocking_unanswered", (Blocking.WAIT_UBA,), "blocking: maintenance is alerted"),
    Row(Blocking.WAIT_UBA, BlockingEvent.T16, "repeat_unblocking_slowly", (Blocking.WAIT_UBA,), "blocking"),
)

RESET: tuple[Row[Reset, ResetEvent], ...] = (
    Row(Reset.QUIET, ResetEvent.RESET_REQUEST, "send_reset", (Reset.WAIT,), "reset; unreasonable messages"),
    Row(Reset.QUIET, ResetEvent.GROUP, "reset_by_group", (Reset.GROUP,), "circuit group reset"),
    Row(Reset.QUIET, ResetEvent.STUCK, "reset_later", (Reset.ALERTED,), "own decision: after T5 or T7 by RSC each T20"),
    Row(Reset.QUIET, ResetEvent.RSC, "take_reset", (Reset.QUIET,), "reset: the peer resets; it answers ours as well"),
    Row(Reset.QUIET, ResetEvent.RLG, "pass_on", (Reset.QUIET,), "not about a reset"),
    Row(Reset.QUIET, ResetEvent.CLF, "pass_on", (Reset.QUIET,), "not about a reset"),
    Row(Reset.QUIET, ResetEvent.BLO, "pass_on", (Reset.QUIET,), "not about a reset"),
    Row(Reset.QUIET, ResetEvent.OTHER, "pass_on", (Reset.QUIET,), "not about a reset"),
    Row(Reset.QUIET, ResetEvent.CANCEL, "end_reset", (Reset.QUIET,), "reset: idle by a group reset, or gone"),
    Row(Reset.QUIET, ResetEvent.T18, "ignore", (Reset.QUIET,), "not running in this state"),
    Row(Reset.QUIET, ResetEvent.T19, "ignore", (Reset.QUIET,), "not running in this state"),
    Row(Reset.QUIET, ResetEvent.T20, "ignore", (Reset.QUIET,), "not running in this state"),
    Row(Reset.WAIT, ResetEvent.RESET_REQUEST, "send_reset", (Reset.WAIT,), "reset; unreasonable messages"),
    Row(Reset.WAIT, ResetEvent.GROUP, "reset_by_group", (Reset.GROUP,), "circuit group reset"),
    Row(Reset.WAIT, ResetEvent.STUCK, "reset_later", (Reset.ALERTED,), "own decision: after T5 or T7 by RSC each T20"),
    Row(Reset.WAIT, ResetEvent.RSC, "take_reset", (Reset.QUIET,), "reset: the peer resets; it answers ours as well"),
    Row(Reset.WAIT, ResetEvent.RLG, "reset_confirmed", (Reset.QUIET,), "reset"),
    Row(Reset.WAIT, ResetEvent.CLF, "reset_confirmed_by_clear", (Reset.QUIET,), "reset, outgoing circuit: answered with RLG"),
    Row(Reset.WAIT, ResetEvent.BLO, "reset_confirmed_by_blocking", (Reset.QUIET,), "reset, blocked circuit: answered with BLA"),
    Row(Reset.WAIT, ResetEvent.OTHER, "discard", (Reset.WAIT,), "reset: only the answer counts"),
    Row(Reset.WAIT, ResetEvent.CANCEL, "end_reset", (Reset.QUIET,), "reset: idle by a group reset, or gone"),
    Row(Reset.WAIT, ResetEvent.T18, "repeat_reset", (Reset.WAIT,), "reset"),
    Row(Reset.WAIT, ResetEvent.T19, "reset_unanswered", (Reset.ALERTED,), "reset: maintenance is alerted"),
    Row(Reset.WAIT, ResetEvent.T20, "ignore", (Reset.WAIT,), "not running in this state"),
    Row(Reset.ALERTED, ResetEvent.RESET_REQUEST, "send_reset", (Reset.WAIT,), "reset; unreasonable messages"),
    Row(Reset.ALERTED, ResetEvent.GROUP, "reset_by_group", (Reset.GROUP,), "circuit group reset"),
    Row(Reset.ALERTED, ResetEvent.STUCK, "reset_later", (Reset.ALERTED,), "own decision: after T5 or T7 by RSC each T20"),
    Row(Reset.ALERTED, ResetEvent.RSC, "take_reset", (Reset.QUIET,), "reset: the peer resets; it answers ours as well"),
    Row(Reset.ALERTED, ResetEvent.RLG, "reset_confirmed", (Reset.QUIET,), "reset"),
    Row(Reset.ALERTED, ResetEvent.CLF, "reset_confirmed_by_clear", (Reset.QUIET,), "reset, outgoing circuit: answered with RLG"),
    Row(Reset.ALERTED, ResetEvent.BLO, "reset_confirmed_by_blocking", (Reset.QUIET,), "reset, blocked circuit: answered with BLA"),
    Row(Reset.ALERTED, ResetEvent.OTHER, "discard", (Reset.ALERTED,), "reset: only the answer counts"),
    Row(Reset.ALERTED, ResetEvent.CANCEL, "end_reset", (Reset.QUIET,), "reset: idle by a group reset, or gone"),
    Row(Reset.ALERTED, ResetEvent.T18, "ignore", (Reset.ALERTED,), "not running in this state"),
    Row(Reset.ALERTED, ResetEvent.T19, "ignore", (Reset.ALERTED,), "not running in this state"),
    Row(Reset.ALERTED, ResetEvent.T20, "repeat_reset_slowly", (Reset.ALERTED,), "reset"),
    Row(Reset.GROUP, ResetEvent.RESET_REQUEST, "send_reset", (Reset.WAIT,), "reset"),
    Row(Reset.GROUP, ResetEvent.GROUP, "reset_by_group", (Reset.GROUP,), "circuit group reset"),
    Row(Reset.GROUP, ResetEvent.STUCK, "ignore", (Reset.GROUP,), "already under way"),
    Row(Reset.GROUP, ResetEvent.RSC, "take_reset", (Reset.QUIET,), "reset: the peer resets; it answers ours as well"),
    Row(Reset.GROUP, ResetEvent.RLG, "discard", (Reset.GROUP,), "circuit group reset: only GRA counts"),
    Row(Reset.GROUP, ResetEvent.CLF, "guard", (Reset.GROUP,), "reset, outgoing circuit: it crossed GRS"),
    Row(Reset.GROUP, ResetEvent.BLO, "pass_on", (Reset.GROUP,), "blocking goes its own way"),
    Row(Reset.GROUP, ResetEvent.OTHER, "discard", (Reset.GROUP,), "circuit group reset: only GRA counts"),
    Row(Reset.GROUP, ResetEvent.CANCEL, "end_reset", (Reset.QUIET,), "circuit group reset: answered, or by the peer"),
    Row(Reset.GROUP, ResetEvent.T18, "ignore", (Reset.GROUP,), "not running in this state"),
    Row(Reset.GROUP, ResetEvent.T19, "ignore", (Reset.GROUP,), "not running in this state"),
    Row(Reset.GROUP, ResetEvent.T20, "ignore", (Reset.GROUP,), "not running in this state"),
)

GROUP: tuple[Row[Group, GroupEvent], ...] = (
    Row(Group.WAIT, GroupEvent.ANSWER, "group_answered", (Group.ENDED,), "circuit group messages"),
    Row(Group.WAIT, GroupEvent.T21, "repeat_group", (Group.WAIT, Group.ENDED), "circuit group messages"),
    Row(Group.WAIT, GroupEvent.T22, "group_unanswered", (Group.ALERTED, Group.ENDED), "circuit group messages: maintenance is alerted"),
    Row(Group.WAIT, GroupEvent.T23, "ignore", (Group.WAIT,), "not running in this state"),
    Row(Group.ALERTED, GroupEvent.ANSWER, "group_answered", (Group.ENDED,), "circuit group messages"),
    Row(Group.ALERTED, GroupEvent.T21, "ignore", (Group.ALERTED,), "not running in this state"),
    Row(Group.ALERTED, GroupEvent.T22, "ignore", (Group.ALERTED,), "not running in this state"),
    Row(Group.ALERTED, GroupEvent.T23, "repeat_group_slowly", (Group.ALERTED, Group.ENDED), "circuit group messages"),
    Row(Group.ENDED, GroupEvent.ANSWER, "ignore", (Group.ENDED,), "the record is gone"),
    Row(Group.ENDED, GroupEvent.T21, "ignore", (Group.ENDED,), "the record is gone"),
    Row(Group.ENDED, GroupEvent.T22, "ignore", (Group.ENDED,), "the record is gone"),
    Row(Group.ENDED, GroupEvent.T23, "ignore", (Group.ENDED,), "the record is gone"),
)

CONTINUITY: tuple[Row[Continuity, ContinuityEvent], ...] = (
    Row(Continuity.QUIET, ContinuityEvent.OUT_CALL, "check_outgoing", (Continuity.OUT_CHECK,), "continuity check"),
    Row(Continuity.QUIET, ContinuityEvent.IN_CALL, "check_incoming", (Continuity.IN_CHECK,), "continuity check"),
    Row(Continuity.QUIET, ContinuityEvent.TEST_REQUEST, "send_request", (Continuity.TONE,), "continuity check: test of an idle circuit"),
    Row(Continuity.QUIET, ContinuityEvent.TONE_GOOD, "ignore", (Continuity.QUIET,), "own decision: too late, no tone is waited for"),
    Row(Continuity.QUIET, ContinuityEvent.TONE_BAD, "ignore", (Continuity.QUIET,), "own decision: too late, no tone is waited for"),
    Row(Continuity.QUIET, ContinuityEvent.COT, "pass_on", (Continuity.QUIET,), "not about a recheck"),
    Row(Continuity.QUIET, ContinuityEvent.CCF, "pass_on", (Continuity.QUIET,), "not about a recheck"),
    Row(Continuity.QUIET, ContinuityEvent.CCR, "request_on_quiet_circuit", (Continuity.QUIET, Continuity.IN_LOOP), "continuity check; in a call dual seizure or discarded"),
    Row(Continuity.QUIET, ContinuityEvent.CLF, "pass_on", (Continuity.QUIET,), "not about a recheck"),
    Row(Continuity.QUIET, ContinuityEvent.RLG, "pass_on", (Continuity.QUIET,), "not about a recheck"),
    Row(Continuity.QUIET, ContinuityEvent.IAM, "pass_on", (Continuity.QUIET,), "not about a recheck"),
    Row(Continuity.QUIET, ContinuityEvent.OTHER, "pass_on", (Continuity.QUIET,), "not about a recheck"),
    Row(Continuity.QUIET, ContinuityEvent.CALL_ENDS, "ignore", (Continuity.QUIET,), "no check of a call"),
    Row(Continuity.QUIET, ContinuityEvent.CANCEL, "ignore", (Continuity.QUIET,), "no check under way"),
    Row(Continuity.QUIET, ContinuityEvent.T1, "ignore", (Continuity.QUIET,), "not running in this state"),
    Row(Continuity.QUIET, ContinuityEvent.T6, "ignore", (Continuity.QUIET,), "not running in this state"),
    Row(Continuity.QUIET, ContinuityEvent.T7, "ignore", (Continuity.QUIET,), "not running in this state"),
    Row(Continuity.QUIET, ContinuityEvent.T8, "ignore", (Continuity.QUIET,), "not running in this state"),
    Row(Continuity.QUIET, ContinuityEvent.T9, "ignore", (Continuity.QUIET,), "not running in this state"),
    Row(Continuity.QUIET, ContinuityEvent.T10, "ignore", (Continuity.QUIET,), "not running in this state"),
    Row(Continuity.QUIET, ContinuityEvent.NO_CCR, "ignore", (Continuity.QUIET,), "not running in this state"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.OUT_CALL, "ignore", (Continuity.OUT_CHECK,), "only on an idle circuit without check"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.IN_CALL, "ignore", (Continuity.OUT_CHECK,), "only on an idle circuit without check"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.TEST_REQUEST, "ignore", (Continuity.OUT_CHECK,), "only on an idle circuit without check"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.TONE_GOOD, "check_passed", (Continuity.QUIET,), "continuity check: COT is sent"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.TONE_BAD, "check_failed", (Continuity.DELAY,), "continuity check: CCF is sent, recheck follows"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.COT, "pass_on", (Continuity.OUT_CHECK,), "of the call"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.CCF, "pass_on", (Continuity.OUT_CHECK,), "of the call"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.CCR, "request_on_quiet_circuit", (Continuity.OUT_CHECK, Continuity.IN_LOOP), "dual seizure"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.CLF, "pass_on", (Continuity.OUT_CHECK,), "of the call"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.RLG, "pass_on", (Continuity.OUT_CHECK,), "of the call"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.IAM, "pass_on", (Continuity.OUT_CHECK,), "of the call"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.OTHER, "pass_on", (Continuity.OUT_CHECK,), "of the call"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.CALL_ENDS, "end_check", (Continuity.QUIET,), "continuity check: the call has gone"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.CANCEL, "end_check", (Continuity.QUIET,), "reset: reset, or blocked for hardware failure"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.T1, "ignore", (Continuity.OUT_CHECK,), "not running in this state"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.T6, "ignore", (Continuity.OUT_CHECK,), "not running in this state"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.T7, "ignore", (Continuity.OUT_CHECK,), "not running in this state"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.T8, "check_failed", (Continuity.DELAY,), "continuity check: CCF is sent, recheck follows"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.T9, "ignore", (Continuity.OUT_CHECK,), "not running in this state"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.T10, "ignore", (Continuity.OUT_CHECK,), "not running in this state"),
    Row(Continuity.OUT_CHECK, ContinuityEvent.NO_CCR, "ignore", (Continuity.OUT_CHECK,), "not running in this state"),
    Row(Continuity.DELAY, ContinuityEvent.OUT_CALL, "ignore", (Continuity.DELAY,), "only on an idle circuit without check"),
    Row(Continuity.DELAY, ContinuityEvent.IN_CALL, "ignore", (Continuity.DELAY,), "only on an idle circuit without check"),
    Row(Continuity.DELAY, ContinuityEvent.TEST_REQUEST, "ignore", (Continuity.DELAY,), "only on an idle circuit without check"),
    Row(Continuity.DELAY, ContinuityEvent.TONE_GOOD, "ignore", (Continuity.DELAY,), "own decision: too late, no tone is waited for"),
    Row(Continuity.DELAY, ContinuityEvent.TONE_BAD, "ignore", (Continuity.DELAY,), "own decision: too late, no tone is waited for"),
    Row(Continuity.DELAY, ContinuityEvent.COT, "discard", (Continuity.DELAY,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.DELAY, ContinuityEvent.CCF, "discard", (Continuity.DELAY,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.DELAY, ContinuityEvent.CCR, "take_request", (Continuity.IN_LOOP,), "continuity check"),
    Row(Continuity.DELAY, ContinuityEvent.CLF, "guard", (Continuity.DELAY,), "unreasonable messages: CLF"),
    Row(Continuity.DELAY, ContinuityEvent.RLG, "discard", (Continuity.DELAY,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.DELAY, ContinuityEvent.IAM, "give_way", (Continuity.QUIET,), "own decision: the peer uses the circuit"),
    Row(Continuity.DELAY, ContinuityEvent.OTHER, "discard", (Continuity.DELAY,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.DELAY, ContinuityEvent.CALL_ENDS, "ignore", (Continuity.DELAY,), "no check of a call"),
    Row(Continuity.DELAY, ContinuityEvent.CANCEL, "end_check", (Continuity.QUIET,), "reset: reset, or blocked for hardware failure"),
    Row(Continuity.DELAY, ContinuityEvent.T1, "ignore", (Continuity.DELAY,), "not running in this state"),
    Row(Continuity.DELAY, ContinuityEvent.T6, "ignore", (Continuity.DELAY,), "not running in this state"),
    Row(Continuity.DELAY, ContinuityEvent.T7, "ignore", (Continuity.DELAY,), "not running in this state"),
    Row(Continuity.DELAY, ContinuityEvent.T8, "ignore", (Continuity.DELAY,), "not running in this state"),
    Row(Continuity.DELAY, ContinuityEvent.T9, "send_request", (Continuity.TONE,), "continuity check"),
    Row(Continuity.DELAY, ContinuityEvent.T10, "send_request", (Continuity.TONE,), "continuity check"),
    Row(Continuity.DELAY, ContinuityEvent.NO_CCR, "ignore", (Continuity.DELAY,), "not running in this state"),
    Row(Continuity.TONE, ContinuityEvent.OUT_CALL, "ignore", (Continuity.TONE,), "only on an idle circuit without check"),
    Row(Continuity.TONE, ContinuityEvent.IN_CALL, "ignore", (Continuity.TONE,), "only on an idle circuit without check"),
    Row(Continuity.TONE, ContinuityEvent.TEST_REQUEST, "ignore", (Continuity.TONE,), "only on an idle circuit without check"),
    Row(Continuity.TONE, ContinuityEvent.TONE_GOOD, "recheck_passed", (Continuity.CLEARING,), "continuity check: CLF is sent"),
    Row(Continuity.TONE, ContinuityEvent.TONE_BAD, "recheck_failed", (Continuity.DELAY,), "continuity check: CCF is sent, maintenance is alerted, again after T10"),
    Row(Continuity.TONE, ContinuityEvent.COT, "discard", (Continuity.TONE,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.TONE, ContinuityEvent.CCF, "discard", (Continuity.TONE,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.TONE, ContinuityEvent.CCR, "request_in_recheck", (Continuity.TONE, Continuity.IN_LOOP), "as dual seizure: own decision for CCR"),
    Row(Continuity.TONE, ContinuityEvent.CLF, "guard", (Continuity.TONE,), "unreasonable messages: CLF"),
    Row(Continuity.TONE, ContinuityEvent.RLG, "discard", (Continuity.TONE,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.TONE, ContinuityEvent.IAM, "seizure_in_recheck", (Continuity.TONE, Continuity.QUIET), "as dual seizure: own decision for CCR"),
    Row(Continuity.TONE, ContinuityEvent.OTHER, "discard", (Continuity.TONE,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.TONE, ContinuityEvent.CALL_ENDS, "ignore", (Continuity.TONE,), "no check of a call"),
    Row(Continuity.TONE, ContinuityEvent.CANCEL, "end_check", (Continuity.QUIET,), "reset: reset, or blocked for hardware failure"),
    Row(Continuity.TONE, ContinuityEvent.T1, "ignore", (Continuity.TONE,), "not running in this state"),
    Row(Continuity.TONE, ContinuityEvent.T6, "ignore", (Continuity.TONE,), "not running in this state"),
    Row(Continuity.TONE, ContinuityEvent.T7, "ignore", (Continuity.TONE,), "not running in this state"),
    Row(Continuity.TONE, ContinuityEvent.T8, "recheck_failed", (Continuity.DELAY,), "continuity check: CCF is sent, maintenance is alerted, again after T10"),
    Row(Continuity.TONE, ContinuityEvent.T9, "ignore", (Continuity.TONE,), "not running in this state"),
    Row(Continuity.TONE, ContinuityEvent.T10, "ignore", (Continuity.TONE,), "not running in this state"),
    Row(Continuity.TONE, ContinuityEvent.NO_CCR, "ignore", (Continuity.TONE,), "not running in this state"),
    Row(Continuity.CLEARING, ContinuityEvent.OUT_CALL, "ignore", (Continuity.CLEARING,), "only on an idle circuit without check"),
    Row(Continuity.CLEARING, ContinuityEvent.IN_CALL, "ignore", (Continuity.CLEARING,), "only on an idle circuit without check"),
    Row(Continuity.CLEARING, ContinuityEvent.TEST_REQUEST, "ignore", (Continuity.CLEARING,), "only on an idle circuit without check"),
    Row(Continuity.CLEARING, ContinuityEvent.TONE_GOOD, "ignore", (Continuity.CLEARING,), "own decision: too late, no tone is waited for"),
    Row(Continuity.CLEARING, ContinuityEvent.TONE_BAD, "ignore", (Continuity.CLEARING,), "own decision: too late, no tone is waited for"),
    Row(Continuity.CLEARING, ContinuityEvent.COT, "discard", (Continuity.CLEARING,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.CLEARING, ContinuityEvent.CCF, "discard", (Continuity.CLEARING,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.CLEARING, ContinuityEvent.CCR, "discard", (Continuity.CLEARING,), "unreasonable messages: RLG comes first"),
    Row(Continuity.CLEARING, ContinuityEvent.CLF, "guard", (Continuity.CLEARING,), "unreasonable messages: CLF"),
    Row(Continuity.CLEARING, ContinuityEvent.RLG, "recheck_ended", (Continuity.QUIET,), "continuity check"),
    Row(Continuity.CLEARING, ContinuityEvent.IAM, "discard", (Continuity.CLEARING,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.CLEARING, ContinuityEvent.OTHER, "discard", (Continuity.CLEARING,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.CLEARING, ContinuityEvent.CALL_ENDS, "ignore", (Continuity.CLEARING,), "no check of a call"),
    Row(Continuity.CLEARING, ContinuityEvent.CANCEL, "end_check", (Continuity.QUIET,), "reset: reset, or blocked for hardware failure"),
    Row(Continuity.CLEARING, ContinuityEvent.T1, "ignore", (Continuity.CLEARING,), "not running in this state"),
    Row(Continuity.CLEARING, ContinuityEvent.T6, "repeat_clear_forward", (Continuity.CLEARING,), "no release-guard"),
    Row(Continuity.CLEARING, ContinuityEvent.T7, "recheck_stuck", (Continuity.QUIET,), "no release-guard: maintenance is alerted"),
    Row(Continuity.CLEARING, ContinuityEvent.T8, "ignore", (Continuity.CLEARING,), "not running in this state"),
    Row(Continuity.CLEARING, ContinuityEvent.T9, "ignore", (Continuity.CLEARING,), "not running in this state"),
    Row(Continuity.CLEARING, ContinuityEvent.T10, "ignore", (Continuity.CLEARING,), "not running in this state"),
    Row(Continuity.CLEARING, ContinuityEvent.NO_CCR, "ignore", (Continuity.CLEARING,), "not running in this state"),
    Row(Continuity.IN_CHECK, ContinuityEvent.OUT_CALL, "ignore", (Continuity.IN_CHECK,), "only on an idle circuit without check"),
    Row(Continuity.IN_CHECK, ContinuityEvent.IN_CALL, "ignore", (Continuity.IN_CHECK,), "only on an idle circuit without check"),
    Row(Continuity.IN_CHECK, ContinuityEvent.TEST_REQUEST, "ignore", (Continuity.IN_CHECK,), "only on an idle circuit without check"),
    Row(Continuity.IN_CHECK, ContinuityEvent.TONE_GOOD, "ignore", (Continuity.IN_CHECK,), "own decision: too late, no tone is waited for"),
    Row(Continuity.IN_CHECK, ContinuityEvent.TONE_BAD, "ignore", (Continuity.IN_CHECK,), "own decision: too late, no tone is waited for"),
    Row(Continuity.IN_CHECK, ContinuityEvent.COT, "continuity_given", (Continuity.QUIET,), "continuity check"),
    Row(Continuity.IN_CHECK, ContinuityEvent.CCF, "continuity_failed", (Continuity.IN_WAIT,), "continuity check"),
    Row(Continuity.IN_CHECK, ContinuityEvent.CCR, "discard", (Continuity.IN_CHECK,), "unreasonable messages: before COT or CCF"),
    Row(Continuity.IN_CHECK, ContinuityEvent.CLF, "pass_on", (Continuity.IN_CHECK,), "of the call"),
    Row(Continuity.IN_CHECK, ContinuityEvent.RLG, "pass_on", (Continuity.IN_CHECK,), "of the call"),
    Row(Continuity.IN_CHECK, ContinuityEvent.IAM, "pass_on", (Continuity.IN_CHECK,), "of the call"),
    Row(Continuity.IN_CHECK, ContinuityEvent.OTHER, "pass_on", (Continuity.IN_CHECK,), "of the call"),
    Row(Continuity.IN_CHECK, ContinuityEvent.CALL_ENDS, "end_check", (Continuity.QUIET,), "continuity check: the call has gone"),
    Row(Continuity.IN_CHECK, ContinuityEvent.CANCEL, "end_check", (Continuity.QUIET,), "reset: reset, or blocked for hardware failure"),
    Row(Continuity.IN_CHECK, ContinuityEvent.T1, "continuity_unknown", (Continuity.QUIET,), "continuity check"),
    Row(Continuity.IN_CHECK, ContinuityEvent.T6, "ignore", (Continuity.IN_CHECK,), "not running in this state"),
    Row(Continuity.IN_CHECK, ContinuityEvent.T7, "ignore", (Continuity.IN_CHECK,), "not running in this state"),
    Row(Continuity.IN_CHECK, ContinuityEvent.T8, "ignore", (Continuity.IN_CHECK,), "not running in this state"),
    Row(Continuity.IN_CHECK, ContinuityEvent.T9, "ignore", (Continuity.IN_CHECK,), "not running in this state"),
    Row(Continuity.IN_CHECK, ContinuityEvent.T10, "ignore", (Continuity.IN_CHECK,), "not running in this state"),
    Row(Continuity.IN_CHECK, ContinuityEvent.NO_CCR, "ignore", (Continuity.IN_CHECK,), "not running in this state"),
    Row(Continuity.IN_WAIT, ContinuityEvent.OUT_CALL, "ignore", (Continuity.IN_WAIT,), "only on an idle circuit without check"),
    Row(Continuity.IN_WAIT, ContinuityEvent.IN_CALL, "ignore", (Continuity.IN_WAIT,), "only on an idle circuit without check"),
    Row(Continuity.IN_WAIT, ContinuityEvent.TEST_REQUEST, "ignore", (Continuity.IN_WAIT,), "only on an idle circuit without check"),
    Row(Continuity.IN_WAIT, ContinuityEvent.TONE_GOOD, "ignore", (Continuity.IN_WAIT,), "own decision: too late, no tone is waited for"),
    Row(Continuity.IN_WAIT, ContinuityEvent.TONE_BAD, "ignore", (Continuity.IN_WAIT,), "own decision: too late, no tone is waited for"),
    Row(Continuity.IN_WAIT, ContinuityEvent.COT, "discard", (Continuity.IN_WAIT,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.IN_WAIT, ContinuityEvent.CCF, "discard", (Continuity.IN_WAIT,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.IN_WAIT, ContinuityEvent.CCR, "take_request", (Continuity.IN_LOOP,), "continuity check"),
    Row(Continuity.IN_WAIT, ContinuityEvent.CLF, "guard_after_check", (Continuity.QUIET,), "continuity check"),
    Row(Continuity.IN_WAIT, ContinuityEvent.RLG, "discard", (Continuity.IN_WAIT,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.IN_WAIT, ContinuityEvent.IAM, "give_way", (Continuity.QUIET,), "own decision: the peer uses the circuit"),
    Row(Continuity.IN_WAIT, ContinuityEvent.OTHER, "discard", (Continuity.IN_WAIT,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.IN_WAIT, ContinuityEvent.CALL_ENDS, "ignore", (Continuity.IN_WAIT,), "no check of a call"),
    Row(Continuity.IN_WAIT, ContinuityEvent.CANCEL, "end_check", (Continuity.QUIET,), "reset: reset, or blocked for hardware failure"),
    Row(Continuity.IN_WAIT, ContinuityEvent.T1, "ignore", (Continuity.IN_WAIT,), "not running in this state"),
    Row(Continuity.IN_WAIT, ContinuityEvent.T6, "ignore", (Continuity.IN_WAIT,), "not running in this state"),
    Row(Continuity.IN_WAIT, ContinuityEvent.T7, "ignore", (Continuity.IN_WAIT,), "not running in this state"),
    Row(Continuity.IN_WAIT, ContinuityEvent.T8, "ignore", (Continuity.IN_WAIT,), "not running in this state"),
    Row(Continuity.IN_WAIT, ContinuityEvent.T9, "ignore", (Continuity.IN_WAIT,), "not running in this state"),
    Row(Continuity.IN_WAIT, ContinuityEvent.T10, "ignore", (Continuity.IN_WAIT,), "not running in this state"),
    Row(Continuity.IN_WAIT, ContinuityEvent.NO_CCR, "recheck_missing", (Continuity.QUIET,), "own decision: maintenance is alerted, the circuit is idle"),
    Row(Continuity.IN_LOOP, ContinuityEvent.OUT_CALL, "ignore", (Continuity.IN_LOOP,), "only on an idle circuit without check"),
    Row(Continuity.IN_LOOP, ContinuityEvent.IN_CALL, "ignore", (Continuity.IN_LOOP,), "only on an idle circuit without check"),
    Row(Continuity.IN_LOOP, ContinuityEvent.TEST_REQUEST, "ignore", (Continuity.IN_LOOP,), "only on an idle circuit without check"),
    Row(Continuity.IN_LOOP, ContinuityEvent.TONE_GOOD, "ignore", (Continuity.IN_LOOP,), "own decision: too late, no tone is waited for"),
    Row(Continuity.IN_LOOP, ContinuityEvent.TONE_BAD, "ignore", (Continuity.IN_LOOP,), "own decision: too late, no tone is waited for"),
    Row(Continuity.IN_LOOP, ContinuityEvent.COT, "end_check", (Continuity.QUIET,), "own decision: a peer that ends its recheck so"),
    Row(Continuity.IN_LOOP, ContinuityEvent.CCF, "recheck_not_given", (Continuity.IN_WAIT,), "continuity check"),
    Row(Continuity.IN_LOOP, ContinuityEvent.CCR, "take_request", (Continuity.IN_LOOP,), "continuity check"),
    Row(Continuity.IN_LOOP, ContinuityEvent.CLF, "guard_after_check", (Continuity.QUIET,), "continuity check"),
    Row(Continuity.IN_LOOP, ContinuityEvent.RLG, "discard", (Continuity.IN_LOOP,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.IN_LOOP, ContinuityEvent.IAM, "give_way", (Continuity.QUIET,), "own decision: the peer uses the circuit"),
    Row(Continuity.IN_LOOP, ContinuityEvent.OTHER, "discard", (Continuity.IN_LOOP,), "unreasonable messages: out of place in a recheck"),
    Row(Continuity.IN_LOOP, ContinuityEvent.CALL_ENDS, "ignore", (Continuity.IN_LOOP,), "no check of a call"),
    Row(Continuity.IN_LOOP, ContinuityEvent.CANCEL, "end_check", (Continuity.QUIET,), "reset: reset, or blocked for hardware failure"),
    Row(Continuity.IN_LOOP, ContinuityEvent.T1, "ignore", (Continuity.IN_LOOP,), "not running in this state"),
    Row(Continuity.IN_LOOP, ContinuityEvent.T6, "ignore", (Continuity.IN_LOOP,), "not running in this state"),
    Row(Continuity.IN_LOOP, ContinuityEvent.T7, "ignore", (Continuity.IN_LOOP,), "not running in this state"),
    Row(Continuity.IN_LOOP, ContinuityEvent.T8, "ignore", (Continuity.IN_LOOP,), "not running in this state"),
    Row(Continuity.IN_LOOP, ContinuityEvent.T9, "ignore", (Continuity.IN_LOOP,), "not running in this state"),
    Row(Continuity.IN_LOOP, ContinuityEvent.T10, "ignore", (Continuity.IN_LOOP,), "not running in this state"),
    Row(Continuity.IN_LOOP, ContinuityEvent.NO_CCR, "recheck_missing", (Continuity.QUIET,), "own decision: maintenance is alerted, the circuit is idle"),
)
