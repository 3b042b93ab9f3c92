"""MTP level 2: the tables of ITU-T Q.703 (07/96), one for each functional block of its Figure 7.

Data only. One row a cell: state, event, action, the states in which the action may end, clause. Every pair of state
and event of a block has its row; where the recommendation says nothing the action is `ignore`, counted by the machine,
and where nothing is to be done `nothing`. An action is a method of the block's class, with an underscore before it.
Blocks that are asked about each signal unit (sequence checks, acceptance, choice of the next unit) have tables of
verdicts in the place of states and events. docs/mtp2.md is drawn from these rows.

    LSC         link state control                mtp2_lsc.py    Figure 8
    IAC         initial alignment control         mtp2_iac.py    Figure 9
    POC         processor outage control          mtp2_poc.py    Figure 10
    AERM        alignment error rate monitor      mtp2_aerm.py   Figure 17
    ERROR_RATE  SUERM, EIM                        mtp2_suerm.py, mtp2_eim.py    Figure 18, Annex A
    CC          congestion control                mtp2_cc.py     Figure 19
    SEQUENCE, ACCEPTANCE  reception control       mtp2_rc.py     Figures 14 and 16
    CHOICE      transmission control              mtp2_txc.py    Figures 13 and 15
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


class LinkState(IntEnum):
    """States of link state control, Figure 8."""

    POWER_OFF = 0
    OUT_OF_SERVICE = 1
    INITIAL_ALIGNMENT = 2
    ALIGNED_READY = 3
    ALIGNED_NOT_READY = 4
    IN_SERVICE = 5
    PROCESSOR_OUTAGE = 6


class LinkEvent(IntEnum):
    """What link state control hears: from level 3, from other blocks, of the signal units received, of its timer."""

    POWER_ON = 0
    START = 1
    STOP = 2
    EMERGENCY = 3
    EMERGENCY_CEASES = 4
    LOCAL_PROCESSOR_OUTAGE = 5
    LOCAL_PROCESSOR_RECOVERED = 6
    RETRIEVE_BSNT = 7
    RETRIEVE = 8
    FLUSH_BUFFERS = 9
    CONTINUE = 10
    CONGESTION_ACCEPT = 11
    CONGESTION_DISCARD = 12
    CONGESTION_CEASES = 13
    ALIGNMENT_COMPLETE = 14
    ALIGNMENT_NOT_POSSIBLE = 15
    LINK_FAILURE = 16
    SIO = 17
    SIN = 18
    SIE = 19
    SIOS = 20
    SIPO = 21
    SIB = 22
    FISU_MSU = 23
    NO_PROCESSOR_OUTAGE = 24
    T1 = 25


class AlignmentState(IntEnum):
    """States of initial alignment control, Figure 9."""

    IDLE = 0
    NOT_ALIGNED = 1
    ALIGNED = 2
    PROVING = 3


class AlignmentEvent(IntEnum):
    START = 0
    STOP = 1
    EMERGENCY = 2
    SIO = 3
    SIN = 4
    SIE = 5
    SIOS = 6
    T2 = 7
    T3 = 8
    T4 = 9
    ABORT_PROVING = 10
    CORRECT_SU = 11


class OutageState(IntEnum):
    """Whose processor is out, Figure 10."""

    IDLE = 0
    LOCAL = 1
    REMOTE = 2
    BOTH = 3


class OutageEvent(IntEnum):
    LOCAL_OUTAGE = 0
    LOCAL_RECOVERED = 1
    REMOTE_OUTAGE = 2
    REMOTE_RECOVERED = 3
    STOP = 4


class ProvingState(IntEnum):
    """States of the alignment error rate monitor, Figure 17. ABORTED: its idle state with "aborted proving" marked."""

    IDLE = 0
    MONITORING = 1
    ABORTED = 2


class ProvingEvent(IntEnum):
    START = 0
    STOP = 1
    SU_IN_ERROR = 2
    CORRECT_SU = 3


class RateState(IntEnum):
    """States of the signal unit error rate monitor (Figure 18) and of the errored interval monitor (Annex A)."""

    IDLE = 0
    MONITORING = 1


class RateEvent(IntEnum):
    START = 0
    STOP = 1
    SU_IN_ERROR = 2
    T8 = 3


class BusyState(IntEnum):
    """States of congestion control, Figure 19."""

    IDLE = 0
    BUSY = 1


class BusyEvent(IntEnum):
    BUSY = 0
    NORMAL = 1
    T5 = 2


_L, _LE = LinkState, LinkEvent
_I, _IE = AlignmentState, AlignmentEvent
_P, _PE = OutageState, OutageEvent
_A, _AE = ProvingState, ProvingEvent
_R, _RE = RateState, RateEvent
_C, _CE = BusyState, BusyEvent

LSC: tuple[Row, ...] = (
    # -- power off --
    Row(_L.POWER_OFF, _LE.POWER_ON, "power_on", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 1)"),
    Row(_L.POWER_OFF, _LE.START, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.STOP, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.EMERGENCY, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.EMERGENCY_CEASES, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.LOCAL_PROCESSOR_OUTAGE, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.LOCAL_PROCESSOR_RECOVERED, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.RETRIEVE_BSNT, "refuse_bsnt", (_L.POWER_OFF,), "there is none"),
    Row(_L.POWER_OFF, _LE.RETRIEVE, "refuse_retrieval", (_L.POWER_OFF,), "there is nothing"),
    Row(_L.POWER_OFF, _LE.FLUSH_BUFFERS, "ignore", (_L.POWER_OFF,), "§8: only in processor outage"),
    Row(_L.POWER_OFF, _LE.CONTINUE, "ignore", (_L.POWER_OFF,), "§8: only in processor outage"),
    Row(_L.POWER_OFF, _LE.CONGESTION_ACCEPT, "ignore", (_L.POWER_OFF,), "§9: only of a link in service"),
    Row(_L.POWER_OFF, _LE.CONGESTION_DISCARD, "ignore", (_L.POWER_OFF,), "§9: only of a link in service"),
    Row(_L.POWER_OFF, _LE.CONGESTION_CEASES, "ignore", (_L.POWER_OFF,), "§9: only of a link in service"),
    Row(_L.POWER_OFF, _LE.ALIGNMENT_COMPLETE, "ignore", (_L.POWER_OFF,), "Figure 9 runs in initial alignment only"),
    Row(_L.POWER_OFF, _LE.ALIGNMENT_NOT_POSSIBLE, "ignore", (_L.POWER_OFF,), "Figure 9 runs in initial alignment only"),
    Row(_L.POWER_OFF, _LE.LINK_FAILURE, "ignore", (_L.POWER_OFF,), "there is no link"),
    Row(_L.POWER_OFF, _LE.SIO, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.SIN, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.SIE, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.SIOS, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.SIPO, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.SIB, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.FISU_MSU, "ignore", (_L.POWER_OFF,), "power is off"),
    Row(_L.POWER_OFF, _LE.NO_PROCESSOR_OUTAGE, "nothing", (_L.POWER_OFF,), "Figure 10: outage was no reason to stop"),
    Row(_L.POWER_OFF, _LE.T1, "ignore", (_L.POWER_OFF,), "not running in this state"),
    # -- out of service --
    Row(_L.OUT_OF_SERVICE, _LE.POWER_ON, "ignore", (_L.OUT_OF_SERVICE,), "power is on"),
    Row(
        _L.OUT_OF_SERVICE,
        _LE.START,
        "start",
        (_L.INITIAL_ALIGNMENT, _L.OUT_OF_SERVICE),
        "Figure 8 (sheet 2), §7.2; own decision: at once out of service without a line",
    ),
    Row(_L.OUT_OF_SERVICE, _LE.STOP, "ignore", (_L.OUT_OF_SERVICE,), "Q.781 case 2.1: unexpected"),
    Row(_L.OUT_OF_SERVICE, _LE.EMERGENCY, "mark_emergency", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 2), §7.2"),
    Row(_L.OUT_OF_SERVICE, _LE.EMERGENCY_CEASES, "cancel_emergency", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 2)"),
    Row(_L.OUT_OF_SERVICE, _LE.LOCAL_PROCESSOR_OUTAGE, "mark_local_outage", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 2)"),
    Row(
        _L.OUT_OF_SERVICE,
        _LE.LOCAL_PROCESSOR_RECOVERED,
        "cancel_local_outage",
        (_L.OUT_OF_SERVICE,),
        "Figure 8 (sheet 2)",
    ),
    Row(
        _L.OUT_OF_SERVICE, _LE.RETRIEVE_BSNT, "retrieve_bsnt", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 2), Q.704 §5.4.2"
    ),
    Row(_L.OUT_OF_SERVICE, _LE.RETRIEVE, "retrieve", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 2), Q.704 §5.5"),
    Row(
        _L.OUT_OF_SERVICE,
        _LE.FLUSH_BUFFERS,
        "flush_buffers",
        (_L.OUT_OF_SERVICE,),
        "own decision: level 3 wants nothing of what waits",
    ),
    Row(_L.OUT_OF_SERVICE, _LE.CONTINUE, "ignore", (_L.OUT_OF_SERVICE,), "§8: only in processor outage"),
    Row(_L.OUT_OF_SERVICE, _LE.CONGESTION_ACCEPT, "ignore", (_L.OUT_OF_SERVICE,), "§9: only of a link in service"),
    Row(_L.OUT_OF_SERVICE, _LE.CONGESTION_DISCARD, "ignore", (_L.OUT_OF_SERVICE,), "§9: only of a link in service"),
    Row(_L.OUT_OF_SERVICE, _LE.CONGESTION_CEASES, "ignore", (_L.OUT_OF_SERVICE,), "§9: only of a link in service"),
    Row(
        _L.OUT_OF_SERVICE,
        _LE.ALIGNMENT_COMPLETE,
        "ignore",
        (_L.OUT_OF_SERVICE,),
        "Figure 9 runs in initial alignment only",
    ),
    Row(
        _L.OUT_OF_SERVICE,
        _LE.ALIGNMENT_NOT_POSSIBLE,
        "ignore",
        (_L.OUT_OF_SERVICE,),
        "Figure 9 runs in initial alignment only",
    ),
    Row(_L.OUT_OF_SERVICE, _LE.LINK_FAILURE, "ignore", (_L.OUT_OF_SERVICE,), "there is no link"),
    Row(_L.OUT_OF_SERVICE, _LE.SIO, "ignore", (_L.OUT_OF_SERVICE,), "Q.781 case 2.1: unexpected"),
    Row(_L.OUT_OF_SERVICE, _LE.SIN, "ignore", (_L.OUT_OF_SERVICE,), "Q.781 case 2.1: unexpected"),
    Row(_L.OUT_OF_SERVICE, _LE.SIE, "ignore", (_L.OUT_OF_SERVICE,), "Q.781 case 2.1: unexpected"),
    Row(_L.OUT_OF_SERVICE, _LE.SIOS, "ignore", (_L.OUT_OF_SERVICE,), "Q.781 case 2.1: unexpected"),
    Row(_L.OUT_OF_SERVICE, _LE.SIPO, "ignore", (_L.OUT_OF_SERVICE,), "Q.781 case 2.1: unexpected"),
    Row(_L.OUT_OF_SERVICE, _LE.SIB, "ignore", (_L.OUT_OF_SERVICE,), "Q.781 case 2.1: unexpected"),
    Row(_L.OUT_OF_SERVICE, _LE.FISU_MSU, "ignore", (_L.OUT_OF_SERVICE,), "Q.781 group 2: unexpected"),
    Row(
        _L.OUT_OF_SERVICE,
        _LE.NO_PROCESSOR_OUTAGE,
        "nothing",
        (_L.OUT_OF_SERVICE,),
        "Figure 10: outage was no reason to stop",
    ),
    Row(_L.OUT_OF_SERVICE, _LE.T1, "ignore", (_L.OUT_OF_SERVICE,), "not running in this state"),
    # -- initial alignment --
    Row(_L.INITIAL_ALIGNMENT, _LE.POWER_ON, "ignore", (_L.INITIAL_ALIGNMENT,), "power is on"),
    Row(_L.INITIAL_ALIGNMENT, _LE.START, "ignore", (_L.INITIAL_ALIGNMENT,), "Q.781 group 2: unexpected"),
    Row(_L.INITIAL_ALIGNMENT, _LE.STOP, "stop", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 4)"),
    Row(
        _L.INITIAL_ALIGNMENT,
        _LE.EMERGENCY,
        "emergency_while_aligning",
        (_L.INITIAL_ALIGNMENT,),
        "Figure 8 (sheet 4), Figure 9",
    ),
    Row(_L.INITIAL_ALIGNMENT, _LE.EMERGENCY_CEASES, "cancel_emergency", (_L.INITIAL_ALIGNMENT,), "Figure 8 (sheet 4)"),
    Row(
        _L.INITIAL_ALIGNMENT,
        _LE.LOCAL_PROCESSOR_OUTAGE,
        "mark_local_outage",
        (_L.INITIAL_ALIGNMENT,),
        "Figure 8 (sheet 4)",
    ),
    Row(
        _L.INITIAL_ALIGNMENT,
        _LE.LOCAL_PROCESSOR_RECOVERED,
        "cancel_local_outage",
        (_L.INITIAL_ALIGNMENT,),
        "Figure 8 (sheet 4)",
    ),
    Row(
        _L.INITIAL_ALIGNMENT,
        _LE.RETRIEVE_BSNT,
        "retrieve_bsnt",
        (_L.INITIAL_ALIGNMENT,),
        "own decision: changeover may ask while the link is aligned anew",
    ),
    Row(
        _L.INITIAL_ALIGNMENT,
        _LE.RETRIEVE,
        "retrieve",
        (_L.INITIAL_ALIGNMENT,),
        "own decision: what the link held before it was aligned anew",
    ),
    Row(_L.INITIAL_ALIGNMENT, _LE.FLUSH_BUFFERS, "ignore", (_L.INITIAL_ALIGNMENT,), "§8: only in processor outage"),
    Row(_L.INITIAL_ALIGNMENT, _LE.CONTINUE, "ignore", (_L.INITIAL_ALIGNMENT,), "§8: only in processor outage"),
    Row(
        _L.INITIAL_ALIGNMENT, _LE.CONGESTION_ACCEPT, "ignore", (_L.INITIAL_ALIGNMENT,), "§9: only of a link in service"
    ),
    Row(
        _L.INITIAL_ALIGNMENT, _LE.CONGESTION_DISCARD, "ignore", (_L.INITIAL_ALIGNMENT,), "§9: only of a link in service"
    ),
    Row(
        _L.INITIAL_ALIGNMENT, _LE.CONGESTION_CEASES, "ignore", (_L.INITIAL_ALIGNMENT,), "§9: only of a link in service"
    ),
    Row(
        _L.INITIAL_ALIGNMENT,
        _LE.ALIGNMENT_COMPLETE,
        "aligned",
        (_L.ALIGNED_READY, _L.ALIGNED_NOT_READY),
        "Figure 8 (sheet 5), §7.3; Q.781 case 1.9: MSUs are sent when aligned ready",
    ),
    Row(_L.INITIAL_ALIGNMENT, _LE.ALIGNMENT_NOT_POSSIBLE, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 5), §7.3"),
    Row(_L.INITIAL_ALIGNMENT, _LE.LINK_FAILURE, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 4)"),
    Row(_L.INITIAL_ALIGNMENT, _LE.SIO, "ignore", (_L.INITIAL_ALIGNMENT,), "Figure 9: initial alignment control's"),
    Row(_L.INITIAL_ALIGNMENT, _LE.SIN, "ignore", (_L.INITIAL_ALIGNMENT,), "Figure 9: initial alignment control's"),
    Row(_L.INITIAL_ALIGNMENT, _LE.SIE, "ignore", (_L.INITIAL_ALIGNMENT,), "Figure 9: initial alignment control's"),
    Row(_L.INITIAL_ALIGNMENT, _LE.SIOS, "ignore", (_L.INITIAL_ALIGNMENT,), "Figure 9: initial alignment control's"),
    Row(_L.INITIAL_ALIGNMENT, _LE.SIPO, "ignore", (_L.INITIAL_ALIGNMENT,), "Figure 9: initial alignment control's"),
    Row(_L.INITIAL_ALIGNMENT, _LE.SIB, "ignore", (_L.INITIAL_ALIGNMENT,), "Figure 9: initial alignment control's"),
    Row(_L.INITIAL_ALIGNMENT, _LE.FISU_MSU, "ignore", (_L.INITIAL_ALIGNMENT,), "Q.781 group 2: unexpected"),
    Row(
        _L.INITIAL_ALIGNMENT,
        _LE.NO_PROCESSOR_OUTAGE,
        "nothing",
        (_L.INITIAL_ALIGNMENT,),
        "Figure 10: outage was no reason to stop",
    ),
    Row(_L.INITIAL_ALIGNMENT, _LE.T1, "ignore", (_L.INITIAL_ALIGNMENT,), "not running in this state"),
    # -- aligned ready --
    Row(_L.ALIGNED_READY, _LE.POWER_ON, "ignore", (_L.ALIGNED_READY,), "power is on"),
    Row(_L.ALIGNED_READY, _LE.START, "ignore", (_L.ALIGNED_READY,), "Q.781 group 2: unexpected"),
    Row(_L.ALIGNED_READY, _LE.STOP, "stop", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 6)"),
    Row(_L.ALIGNED_READY, _LE.EMERGENCY, "mark_emergency", (_L.ALIGNED_READY,), "Figure 8 (sheet 6), §7.2"),
    Row(_L.ALIGNED_READY, _LE.EMERGENCY_CEASES, "cancel_emergency", (_L.ALIGNED_READY,), "Figure 8 (sheet 6)"),
    Row(
        _L.ALIGNED_READY, _LE.LOCAL_PROCESSOR_OUTAGE, "local_outage", (_L.ALIGNED_NOT_READY,), "Figure 8 (sheet 7), §8"
    ),
    Row(_L.ALIGNED_READY, _LE.LOCAL_PROCESSOR_RECOVERED, "ignore", (_L.ALIGNED_READY,), "Q.781 case 2.5: unexpected"),
    Row(
        _L.ALIGNED_READY,
        _LE.RETRIEVE_BSNT,
        "retrieve_bsnt",
        (_L.ALIGNED_READY,),
        "own decision: changeover may ask while the link is aligned anew",
    ),
    Row(
        _L.ALIGNED_READY,
        _LE.RETRIEVE,
        "retrieve",
        (_L.ALIGNED_READY,),
        "own decision: what the link held before it was aligned anew",
    ),
    Row(_L.ALIGNED_READY, _LE.FLUSH_BUFFERS, "ignore", (_L.ALIGNED_READY,), "§8: only in processor outage"),
    Row(_L.ALIGNED_READY, _LE.CONTINUE, "ignore", (_L.ALIGNED_READY,), "§8: only in processor outage"),
    Row(_L.ALIGNED_READY, _LE.CONGESTION_ACCEPT, "ignore", (_L.ALIGNED_READY,), "§9: only of a link in service"),
    Row(_L.ALIGNED_READY, _LE.CONGESTION_DISCARD, "ignore", (_L.ALIGNED_READY,), "§9: only of a link in service"),
    Row(_L.ALIGNED_READY, _LE.CONGESTION_CEASES, "ignore", (_L.ALIGNED_READY,), "§9: only of a link in service"),
    Row(
        _L.ALIGNED_READY,
        _LE.ALIGNMENT_COMPLETE,
        "ignore",
        (_L.ALIGNED_READY,),
        "Figure 9 runs in initial alignment only",
    ),
    Row(
        _L.ALIGNED_READY,
        _LE.ALIGNMENT_NOT_POSSIBLE,
        "ignore",
        (_L.ALIGNED_READY,),
        "Figure 9 runs in initial alignment only",
    ),
    Row(_L.ALIGNED_READY, _LE.LINK_FAILURE, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 6)"),
    Row(_L.ALIGNED_READY, _LE.SIO, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 6)"),
    Row(_L.ALIGNED_READY, _LE.SIN, "ignore", (_L.ALIGNED_READY,), "§7.3: the far end is proving"),
    Row(_L.ALIGNED_READY, _LE.SIE, "ignore", (_L.ALIGNED_READY,), "§7.3: the far end is proving"),
    Row(_L.ALIGNED_READY, _LE.SIOS, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 6)"),
    Row(_L.ALIGNED_READY, _LE.SIPO, "remote_outage", (_L.PROCESSOR_OUTAGE,), "Figure 8 (sheet 7), §8"),
    Row(_L.ALIGNED_READY, _LE.SIB, "ignore", (_L.ALIGNED_READY,), "Q.781 group 2: unexpected"),
    Row(_L.ALIGNED_READY, _LE.FISU_MSU, "in_service", (_L.IN_SERVICE,), "Figure 8 (sheet 7), §7.3"),
    Row(
        _L.ALIGNED_READY,
        _LE.NO_PROCESSOR_OUTAGE,
        "nothing",
        (_L.ALIGNED_READY,),
        "Figure 10: outage was no reason to stop",
    ),
    Row(_L.ALIGNED_READY, _LE.T1, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 6)"),
    # -- aligned not ready --
    Row(_L.ALIGNED_NOT_READY, _LE.POWER_ON, "ignore", (_L.ALIGNED_NOT_READY,), "power is on"),
    Row(_L.ALIGNED_NOT_READY, _LE.START, "ignore", (_L.ALIGNED_NOT_READY,), "Q.781 group 2: unexpected"),
    Row(_L.ALIGNED_NOT_READY, _LE.STOP, "stop", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 8)"),
    Row(_L.ALIGNED_NOT_READY, _LE.EMERGENCY, "mark_emergency", (_L.ALIGNED_NOT_READY,), "Figure 8 (sheet 8), §7.2"),
    Row(_L.ALIGNED_NOT_READY, _LE.EMERGENCY_CEASES, "cancel_emergency", (_L.ALIGNED_NOT_READY,), "Figure 8 (sheet 8)"),
    Row(_L.ALIGNED_NOT_READY, _LE.LOCAL_PROCESSOR_OUTAGE, "ignore", (_L.ALIGNED_NOT_READY,), "Q.781 case 2.6: known"),
    Row(_L.ALIGNED_NOT_READY, _LE.LOCAL_PROCESSOR_RECOVERED, "ready_again", (_L.ALIGNED_READY,), "Figure 8 (sheet 9)"),
    Row(
        _L.ALIGNED_NOT_READY,
        _LE.RETRIEVE_BSNT,
        "retrieve_bsnt",
        (_L.ALIGNED_NOT_READY,),
        "own decision: changeover may ask while the link is aligned anew",
    ),
    Row(
        _L.ALIGNED_NOT_READY,
        _LE.RETRIEVE,
        "retrieve",
        (_L.ALIGNED_NOT_READY,),
        "own decision: what the link held before it was aligned anew",
    ),
    Row(_L.ALIGNED_NOT_READY, _LE.FLUSH_BUFFERS, "ignore", (_L.ALIGNED_NOT_READY,), "§8: only in processor outage"),
    Row(_L.ALIGNED_NOT_READY, _LE.CONTINUE, "ignore", (_L.ALIGNED_NOT_READY,), "§8: only in processor outage"),
    Row(
        _L.ALIGNED_NOT_READY, _LE.CONGESTION_ACCEPT, "ignore", (_L.ALIGNED_NOT_READY,), "§9: only of a link in service"
    ),
    Row(
        _L.ALIGNED_NOT_READY, _LE.CONGESTION_DISCARD, "ignore", (_L.ALIGNED_NOT_READY,), "§9: only of a link in service"
    ),
    Row(
        _L.ALIGNED_NOT_READY, _LE.CONGESTION_CEASES, "ignore", (_L.ALIGNED_NOT_READY,), "§9: only of a link in service"
    ),
    Row(
        _L.ALIGNED_NOT_READY,
        _LE.ALIGNMENT_COMPLETE,
        "ignore",
        (_L.ALIGNED_NOT_READY,),
        "Figure 9 runs in initial alignment only",
    ),
    Row(
        _L.ALIGNED_NOT_READY,
        _LE.ALIGNMENT_NOT_POSSIBLE,
        "ignore",
        (_L.ALIGNED_NOT_READY,),
        "Figure 9 runs in initial alignment only",
    ),
    Row(_L.ALIGNED_NOT_READY, _LE.LINK_FAILURE, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 8)"),
    Row(_L.ALIGNED_NOT_READY, _LE.SIO, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 8)"),
    Row(_L.ALIGNED_NOT_READY, _LE.SIN, "ignore", (_L.ALIGNED_NOT_READY,), "§7.3: the far end is proving"),
    Row(_L.ALIGNED_NOT_READY, _LE.SIE, "ignore", (_L.ALIGNED_NOT_READY,), "§7.3: the far end is proving"),
    Row(_L.ALIGNED_NOT_READY, _LE.SIOS, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 8)"),
    Row(_L.ALIGNED_NOT_READY, _LE.SIPO, "remote_outage", (_L.PROCESSOR_OUTAGE,), "Figure 8 (sheet 9), §8"),
    Row(_L.ALIGNED_NOT_READY, _LE.SIB, "ignore", (_L.ALIGNED_NOT_READY,), "Q.781 group 2: unexpected"),
    Row(_L.ALIGNED_NOT_READY, _LE.FISU_MSU, "in_service_with_outage", (_L.PROCESSOR_OUTAGE,), "Figure 8 (sheet 9)"),
    Row(
        _L.ALIGNED_NOT_READY,
        _LE.NO_PROCESSOR_OUTAGE,
        "nothing",
        (_L.ALIGNED_NOT_READY,),
        "Figure 10: outage was no reason to stop",
    ),
    Row(_L.ALIGNED_NOT_READY, _LE.T1, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 8)"),
    # -- in service --
    Row(_L.IN_SERVICE, _LE.POWER_ON, "ignore", (_L.IN_SERVICE,), "power is on"),
    Row(_L.IN_SERVICE, _LE.START, "ignore", (_L.IN_SERVICE,), "Q.781 group 2: unexpected"),
    Row(_L.IN_SERVICE, _LE.STOP, "stop", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 10)"),
    Row(_L.IN_SERVICE, _LE.EMERGENCY, "mark_emergency", (_L.IN_SERVICE,), "Figure 8 (sheet 10), §7.2"),
    Row(_L.IN_SERVICE, _LE.EMERGENCY_CEASES, "cancel_emergency", (_L.IN_SERVICE,), "Figure 8 (sheet 10)"),
    Row(_L.IN_SERVICE, _LE.LOCAL_PROCESSOR_OUTAGE, "local_outage", (_L.PROCESSOR_OUTAGE,), "Figure 8 (sheet 11), §8"),
    Row(_L.IN_SERVICE, _LE.LOCAL_PROCESSOR_RECOVERED, "ignore", (_L.IN_SERVICE,), "Q.781 case 2.7: unexpected"),
    Row(
        _L.IN_SERVICE,
        _LE.RETRIEVE_BSNT,
        "retrieve_bsnt",
        (_L.IN_SERVICE,),
        "own decision: an order of the far end comes first, Q.704 §5.3.2",
    ),
    Row(
        _L.IN_SERVICE,
        _LE.RETRIEVE,
        "refuse_retrieval",
        (_L.IN_SERVICE,),
        "Q.704 §5.5: only of a link that carries nothing",
    ),
    Row(_L.IN_SERVICE, _LE.FLUSH_BUFFERS, "ignore", (_L.IN_SERVICE,), "§8: only in processor outage"),
    Row(_L.IN_SERVICE, _LE.CONTINUE, "ignore", (_L.IN_SERVICE,), "§8: only in processor outage"),
    Row(_L.IN_SERVICE, _LE.CONGESTION_ACCEPT, "congestion_accept", (_L.IN_SERVICE,), "Figure 14, Figure 16, §9"),
    Row(_L.IN_SERVICE, _LE.CONGESTION_DISCARD, "congestion_discard", (_L.IN_SERVICE,), "Figure 14, Figure 16, §9"),
    Row(_L.IN_SERVICE, _LE.CONGESTION_CEASES, "congestion_ceases", (_L.IN_SERVICE,), "Figure 14, Figure 16, §9"),
    Row(_L.IN_SERVICE, _LE.ALIGNMENT_COMPLETE, "ignore", (_L.IN_SERVICE,), "Figure 9 runs in initial alignment only"),
    Row(
        _L.IN_SERVICE, _LE.ALIGNMENT_NOT_POSSIBLE, "ignore", (_L.IN_SERVICE,), "Figure 9 runs in initial alignment only"
    ),
    Row(_L.IN_SERVICE, _LE.LINK_FAILURE, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 10)"),
    Row(_L.IN_SERVICE, _LE.SIO, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 10)"),
    Row(_L.IN_SERVICE, _LE.SIN, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 10)"),
    Row(_L.IN_SERVICE, _LE.SIE, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 10)"),
    Row(_L.IN_SERVICE, _LE.SIOS, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 10)"),
    Row(_L.IN_SERVICE, _LE.SIPO, "remote_outage", (_L.PROCESSOR_OUTAGE,), "Figure 8 (sheet 11), §8"),
    Row(_L.IN_SERVICE, _LE.SIB, "remote_busy", (_L.IN_SERVICE,), "Figure 13, Figure 15, §9.3"),
    Row(_L.IN_SERVICE, _LE.FISU_MSU, "nothing", (_L.IN_SERVICE,), "normal operation"),
    Row(_L.IN_SERVICE, _LE.NO_PROCESSOR_OUTAGE, "nothing", (_L.IN_SERVICE,), "Figure 10: outage was no reason to stop"),
    Row(_L.IN_SERVICE, _LE.T1, "ignore", (_L.IN_SERVICE,), "not running in this state"),
    # -- processor outage --
    Row(_L.PROCESSOR_OUTAGE, _LE.POWER_ON, "ignore", (_L.PROCESSOR_OUTAGE,), "power is on"),
    Row(_L.PROCESSOR_OUTAGE, _LE.START, "ignore", (_L.PROCESSOR_OUTAGE,), "Q.781 group 2: unexpected"),
    Row(_L.PROCESSOR_OUTAGE, _LE.STOP, "stop", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 12)"),
    Row(_L.PROCESSOR_OUTAGE, _LE.EMERGENCY, "mark_emergency", (_L.PROCESSOR_OUTAGE,), "Figure 8 (sheet 12), §7.2"),
    Row(_L.PROCESSOR_OUTAGE, _LE.EMERGENCY_CEASES, "cancel_emergency", (_L.PROCESSOR_OUTAGE,), "Figure 8 (sheet 12)"),
    Row(
        _L.PROCESSOR_OUTAGE,
        _LE.LOCAL_PROCESSOR_OUTAGE,
        "local_outage_again",
        (_L.PROCESSOR_OUTAGE,),
        "Figure 8 (sheet 12), §8",
    ),
    Row(
        _L.PROCESSOR_OUTAGE,
        _LE.LOCAL_PROCESSOR_RECOVERED,
        "local_recovered",
        (_L.PROCESSOR_OUTAGE,),
        "Figure 8 (sheet 13), §8",
    ),
    Row(
        _L.PROCESSOR_OUTAGE,
        _LE.RETRIEVE_BSNT,
        "retrieve_bsnt",
        (_L.PROCESSOR_OUTAGE,),
        "Figure 8 (sheet 12), Q.704 §5.4.2",
    ),
    Row(_L.PROCESSOR_OUTAGE, _LE.RETRIEVE, "retrieve", (_L.PROCESSOR_OUTAGE,), "Figure 8 (sheet 12), Q.704 §5.5"),
    Row(
        _L.PROCESSOR_OUTAGE,
        _LE.FLUSH_BUFFERS,
        "flush_and_resume",
        (_L.PROCESSOR_OUTAGE, _L.IN_SERVICE),
        "Figure 8 (sheet 13), §8",
    ),
    Row(_L.PROCESSOR_OUTAGE, _LE.CONTINUE, "resume", (_L.PROCESSOR_OUTAGE, _L.IN_SERVICE), "Figure 8 (sheet 13), §8"),
    Row(
        _L.PROCESSOR_OUTAGE,
        _LE.CONGESTION_ACCEPT,
        "congestion_accept",
        (_L.PROCESSOR_OUTAGE,),
        "Figure 14, Figure 16, §9",
    ),
    Row(
        _L.PROCESSOR_OUTAGE,
        _LE.CONGESTION_DISCARD,
        "congestion_discard",
        (_L.PROCESSOR_OUTAGE,),
        "Figure 14, Figure 16, §9",
    ),
    Row(
        _L.PROCESSOR_OUTAGE,
        _LE.CONGESTION_CEASES,
        "congestion_ceases",
        (_L.PROCESSOR_OUTAGE,),
        "Figure 14, Figure 16, §9",
    ),
    Row(
        _L.PROCESSOR_OUTAGE,
        _LE.ALIGNMENT_COMPLETE,
        "ignore",
        (_L.PROCESSOR_OUTAGE,),
        "Figure 9 runs in initial alignment only",
    ),
    Row(
        _L.PROCESSOR_OUTAGE,
        _LE.ALIGNMENT_NOT_POSSIBLE,
        "ignore",
        (_L.PROCESSOR_OUTAGE,),
        "Figure 9 runs in initial alignment only",
    ),
    Row(_L.PROCESSOR_OUTAGE, _LE.LINK_FAILURE, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 12)"),
    Row(_L.PROCESSOR_OUTAGE, _LE.SIO, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 12)"),
    Row(_L.PROCESSOR_OUTAGE, _LE.SIN, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 12)"),
    Row(_L.PROCESSOR_OUTAGE, _LE.SIE, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 12)"),
    Row(_L.PROCESSOR_OUTAGE, _LE.SIOS, "fail", (_L.OUT_OF_SERVICE,), "Figure 8 (sheet 12)"),
    Row(_L.PROCESSOR_OUTAGE, _LE.SIPO, "remote_outage_again", (_L.PROCESSOR_OUTAGE,), "Figure 8 (sheet 12), §8"),
    Row(_L.PROCESSOR_OUTAGE, _LE.SIB, "remote_busy", (_L.PROCESSOR_OUTAGE,), "Figure 13, Figure 15, §9.3"),
    Row(_L.PROCESSOR_OUTAGE, _LE.FISU_MSU, "remote_recovered", (_L.PROCESSOR_OUTAGE,), "Figure 8 (sheet 12), §8"),
    Row(
        _L.PROCESSOR_OUTAGE,
        _LE.NO_PROCESSOR_OUTAGE,
        "no_outage",
        (_L.PROCESSOR_OUTAGE, _L.IN_SERVICE),
        "Figure 8 (sheet 14), §8",
    ),
    Row(_L.PROCESSOR_OUTAGE, _LE.T1, "ignore", (_L.PROCESSOR_OUTAGE,), "not running in this state"),
)

IAC: tuple[Row, ...] = (
    # -- idle --
    Row(_I.IDLE, _IE.START, "start", (_I.NOT_ALIGNED,), "Figure 9 (sheet 1), §7.3"),
    Row(_I.IDLE, _IE.STOP, "ignore", (_I.IDLE,), "Figure 9: nothing is being aligned"),
    Row(_I.IDLE, _IE.EMERGENCY, "mark_emergency", (_I.IDLE,), "Figure 9 (sheet 1)"),
    Row(_I.IDLE, _IE.SIO, "ignore", (_I.IDLE,), "Figure 9: nothing is being aligned"),
    Row(_I.IDLE, _IE.SIN, "ignore", (_I.IDLE,), "Figure 9: nothing is being aligned"),
    Row(_I.IDLE, _IE.SIE, "ignore", (_I.IDLE,), "Figure 9: nothing is being aligned"),
    Row(_I.IDLE, _IE.SIOS, "ignore", (_I.IDLE,), "Figure 9: nothing is being aligned"),
    Row(_I.IDLE, _IE.T2, "ignore", (_I.IDLE,), "not running in this state"),
    Row(_I.IDLE, _IE.T3, "ignore", (_I.IDLE,), "not running in this state"),
    Row(_I.IDLE, _IE.T4, "ignore", (_I.IDLE,), "not running in this state"),
    Row(_I.IDLE, _IE.ABORT_PROVING, "ignore", (_I.IDLE,), "Figure 17 monitors proving only"),
    Row(_I.IDLE, _IE.CORRECT_SU, "ignore", (_I.IDLE,), "Figure 17 monitors proving only"),
    # -- not aligned --
    Row(_I.NOT_ALIGNED, _IE.START, "ignore", (_I.NOT_ALIGNED,), "under way"),
    Row(_I.NOT_ALIGNED, _IE.STOP, "stop", (_I.IDLE,), "Figure 9"),
    Row(_I.NOT_ALIGNED, _IE.EMERGENCY, "mark_emergency", (_I.NOT_ALIGNED,), "Figure 9 (sheet 2)"),
    Row(_I.NOT_ALIGNED, _IE.SIO, "align", (_I.ALIGNED,), "Figure 9 (sheet 2), §7.3"),
    Row(_I.NOT_ALIGNED, _IE.SIN, "align", (_I.ALIGNED,), "Figure 9 (sheet 2), §7.3"),
    Row(_I.NOT_ALIGNED, _IE.SIE, "align_in_emergency", (_I.ALIGNED,), "Figure 9 (sheet 2), §7.3"),
    Row(_I.NOT_ALIGNED, _IE.SIOS, "ignore", (_I.NOT_ALIGNED,), "§7.3: the far end has not begun"),
    Row(_I.NOT_ALIGNED, _IE.T2, "not_possible", (_I.IDLE,), "Figure 9 (sheet 2)"),
    Row(_I.NOT_ALIGNED, _IE.T3, "ignore", (_I.NOT_ALIGNED,), "not running in this state"),
    Row(_I.NOT_ALIGNED, _IE.T4, "ignore", (_I.NOT_ALIGNED,), "not running in this state"),
    Row(_I.NOT_ALIGNED, _IE.ABORT_PROVING, "ignore", (_I.NOT_ALIGNED,), "Figure 17 monitors proving only"),
    Row(_I.NOT_ALIGNED, _IE.CORRECT_SU, "ignore", (_I.NOT_ALIGNED,), "Figure 17 monitors proving only"),
    # -- aligned --
    Row(_I.ALIGNED, _IE.START, "ignore", (_I.ALIGNED,), "under way"),
    Row(_I.ALIGNED, _IE.STOP, "stop", (_I.IDLE,), "Figure 9"),
    Row(_I.ALIGNED, _IE.EMERGENCY, "emergency_when_aligned", (_I.ALIGNED,), "Figure 9 (sheet 3)"),
    Row(_I.ALIGNED, _IE.SIO, "ignore", (_I.ALIGNED,), "Figure 9: known"),
    Row(_I.ALIGNED, _IE.SIN, "prove", (_I.PROVING,), "Figure 9 (sheet 3), §7.3"),
    Row(_I.ALIGNED, _IE.SIE, "prove_in_emergency", (_I.PROVING,), "Figure 9 (sheet 3), §7.3"),
    Row(_I.ALIGNED, _IE.SIOS, "not_possible", (_I.IDLE,), "Figure 9 (sheet 3)"),
    Row(_I.ALIGNED, _IE.T2, "ignore", (_I.ALIGNED,), "not running in this state"),
    Row(_I.ALIGNED, _IE.T3, "not_possible", (_I.IDLE,), "Figure 9 (sheet 3)"),
    Row(_I.ALIGNED, _IE.T4, "ignore", (_I.ALIGNED,), "not running in this state"),
    Row(_I.ALIGNED, _IE.ABORT_PROVING, "ignore", (_I.ALIGNED,), "Figure 17 monitors proving only"),
    Row(_I.ALIGNED, _IE.CORRECT_SU, "ignore", (_I.ALIGNED,), "Figure 17 monitors proving only"),
    # -- proving --
    Row(_I.PROVING, _IE.START, "ignore", (_I.PROVING,), "under way"),
    Row(_I.PROVING, _IE.STOP, "stop", (_I.IDLE,), "Figure 9"),
    Row(_I.PROVING, _IE.EMERGENCY, "emergency_when_proving", (_I.PROVING,), "Figure 9 (sheet 5)"),
    Row(_I.PROVING, _IE.SIO, "aligned_again", (_I.ALIGNED,), "Figure 9 (sheet 4)"),
    Row(_I.PROVING, _IE.SIN, "ignore", (_I.PROVING,), "Figure 9: known"),
    Row(_I.PROVING, _IE.SIE, "far_end_in_emergency", (_I.PROVING,), "Figure 9 (sheet 4)"),
    Row(_I.PROVING, _IE.SIOS, "not_possible", (_I.IDLE,), "Figure 9 (sheet 4)"),
    Row(_I.PROVING, _IE.T2, "ignore", (_I.PROVING,), "not running in this state"),
    Row(_I.PROVING, _IE.T3, "ignore", (_I.PROVING,), "not running in this state"),
    Row(_I.PROVING, _IE.T4, "proving_ends", (_I.IDLE, _I.PROVING), "Figure 9 (sheet 5), §7.3"),
    Row(_I.PROVING, _IE.ABORT_PROVING, "abort_proving", (_I.IDLE, _I.PROVING), "Figure 9 (sheet 6), §10.3"),
    Row(_I.PROVING, _IE.CORRECT_SU, "prove_further", (_I.PROVING,), "Figure 9 (sheet 6), §10.3"),
)

POC: tuple[Row, ...] = (
    # -- idle --
    Row(_P.IDLE, _PE.LOCAL_OUTAGE, "nothing", (_P.LOCAL,), "Figure 10"),
    Row(_P.IDLE, _PE.LOCAL_RECOVERED, "ignore", (_P.IDLE,), "Figure 10: known"),
    Row(_P.IDLE, _PE.REMOTE_OUTAGE, "nothing", (_P.REMOTE,), "Figure 10"),
    Row(_P.IDLE, _PE.REMOTE_RECOVERED, "ignore", (_P.IDLE,), "Figure 10: known"),
    Row(_P.IDLE, _PE.STOP, "ignore", (_P.IDLE,), "Figure 10: known"),
    # -- local --
    Row(_P.LOCAL, _PE.LOCAL_OUTAGE, "ignore", (_P.LOCAL,), "Figure 10: known"),
    Row(_P.LOCAL, _PE.LOCAL_RECOVERED, "no_outage", (_P.IDLE,), "Figure 10"),
    Row(_P.LOCAL, _PE.REMOTE_OUTAGE, "nothing", (_P.BOTH,), "Figure 10"),
    Row(_P.LOCAL, _PE.REMOTE_RECOVERED, "ignore", (_P.LOCAL,), "Figure 10: known"),
    Row(_P.LOCAL, _PE.STOP, "nothing", (_P.IDLE,), "Figure 10"),
    # -- remote --
    Row(_P.REMOTE, _PE.LOCAL_OUTAGE, "nothing", (_P.BOTH,), "Figure 10"),
    Row(_P.REMOTE, _PE.LOCAL_RECOVERED, "ignore", (_P.REMOTE,), "Figure 10: known"),
    Row(_P.REMOTE, _PE.REMOTE_OUTAGE, "ignore", (_P.REMOTE,), "Figure 10: known"),
    Row(_P.REMOTE, _PE.REMOTE_RECOVERED, "no_outage", (_P.IDLE,), "Figure 10"),
    Row(_P.REMOTE, _PE.STOP, "nothing", (_P.IDLE,), "Figure 10"),
    # -- both --
    Row(_P.BOTH, _PE.LOCAL_OUTAGE, "ignore", (_P.BOTH,), "Figure 10: known"),
    Row(_P.BOTH, _PE.LOCAL_RECOVERED, "nothing", (_P.REMOTE,), "Figure 10"),
    Row(_P.BOTH, _PE.REMOTE_OUTAGE, "ignore", (_P.BOTH,), "Figure 10: known"),
    Row(_P.BOTH, _PE.REMOTE_RECOVERED, "nothing", (_P.LOCAL,), "Figure 10"),
    Row(_P.BOTH, _PE.STOP, "nothing", (_P.IDLE,), "Figure 10"),
)

AERM: tuple[Row, ...] = (
    # -- idle --
    Row(_A.IDLE, _AE.START, "start", (_A.MONITORING,), "Figure 17"),
    Row(_A.IDLE, _AE.STOP, "stop", (_A.IDLE,), "Figure 17"),
    Row(_A.IDLE, _AE.SU_IN_ERROR, "nothing", (_A.IDLE,), "Figure 17: not counted"),
    Row(_A.IDLE, _AE.CORRECT_SU, "nothing", (_A.IDLE,), "Figure 17: not counted"),
    # -- monitoring --
    Row(_A.MONITORING, _AE.START, "start", (_A.MONITORING,), "Figure 17"),
    Row(_A.MONITORING, _AE.STOP, "stop", (_A.IDLE,), "Figure 17"),
    Row(_A.MONITORING, _AE.SU_IN_ERROR, "count", (_A.MONITORING, _A.ABORTED), "Figure 17, §10.3.2"),
    Row(_A.MONITORING, _AE.CORRECT_SU, "nothing", (_A.MONITORING,), "Figure 17: not counted"),
    # -- aborted --
    Row(_A.ABORTED, _AE.START, "start", (_A.MONITORING,), "Figure 17"),
    Row(_A.ABORTED, _AE.STOP, "stop", (_A.IDLE,), "Figure 17"),
    Row(_A.ABORTED, _AE.SU_IN_ERROR, "nothing", (_A.ABORTED,), "Figure 17: not counted"),
    Row(_A.ABORTED, _AE.CORRECT_SU, "correct_su", (_A.IDLE,), "Figure 17, §10.3.4"),
)

ERROR_RATE: tuple[Row, ...] = (
    # -- idle --
    Row(_R.IDLE, _RE.START, "start", (_R.MONITORING,), "Figure 18, Annex A"),
    Row(_R.IDLE, _RE.STOP, "stop", (_R.IDLE,), "Figure 18, Annex A"),
    Row(_R.IDLE, _RE.SU_IN_ERROR, "nothing", (_R.IDLE,), "not monitored"),
    Row(_R.IDLE, _RE.T8, "nothing", (_R.IDLE,), "not monitored"),
    # -- monitoring --
    Row(_R.MONITORING, _RE.START, "start", (_R.MONITORING,), "Figure 18, Annex A"),
    Row(_R.MONITORING, _RE.STOP, "stop", (_R.IDLE,), "Figure 18, Annex A"),
    Row(_R.MONITORING, _RE.SU_IN_ERROR, "count", (_R.MONITORING, _R.IDLE), "Figure 18, §10.2; Annex A"),
    Row(_R.MONITORING, _RE.T8, "interval_ends", (_R.MONITORING, _R.IDLE), "Annex A; SUERM has no timer"),
)

CC: tuple[Row, ...] = (
    # -- idle --
    Row(_C.IDLE, _CE.BUSY, "send_sib", (_C.BUSY,), "Figure 19, §9.2"),
    Row(_C.IDLE, _CE.NORMAL, "nothing", (_C.IDLE,), "Figure 19: known"),
    Row(_C.IDLE, _CE.T5, "nothing", (_C.IDLE,), "not running in this state"),
    # -- busy --
    Row(_C.BUSY, _CE.BUSY, "nothing", (_C.BUSY,), "Figure 19: known"),
    Row(_C.BUSY, _CE.NORMAL, "stop", (_C.IDLE,), "Figure 19, §9.2"),
    Row(_C.BUSY, _CE.T5, "send_sib", (_C.BUSY,), "Figure 19, §9.2"),
)

# -- reception control: two of three sequence numbers abnormal, §5.3 -------------------------------------------------


class SequenceState(IntEnum):
    """What the last signal units were like; one machine for the BSN and one for the FIB."""

    NORMAL = 0
    ABNORMAL = 1  # the last one was not as it must be
    RECOVERING = 2  # the one before the last was not, the last was


class SequenceEvent(IntEnum):
    """BSN within FSNF - 1 ... FSNT, or not; FIB as expected, or not, or not while a retransmission is awaited."""

    GOOD = 0
    BAD = 1
    BAD_AWAITING_RETRANSMISSION = 2


_S, _SE = SequenceState, SequenceEvent

# action: take the unit, discard it, take of it nothing but the acknowledgement, fail the link
SEQUENCE: tuple[Row, ...] = (
    Row(_S.NORMAL, _SE.GOOD, "take", (_S.NORMAL,), "§5.3.1"),
    Row(_S.NORMAL, _SE.BAD, "discard", (_S.ABNORMAL,), "Figure 14 (sheet 3), §5.3.1"),
    Row(_S.NORMAL, _SE.BAD_AWAITING_RETRANSMISSION, "acknowledge", (_S.NORMAL,), "Figure 14 (sheet 4), §5.2.2"),
    Row(_S.ABNORMAL, _SE.GOOD, "discard", (_S.RECOVERING,), "Figure 14 (sheet 3), §5.3.1"),
    Row(_S.ABNORMAL, _SE.BAD, "fail", (_S.NORMAL,), "Figure 14 (sheet 3), §5.3.1: two of three"),
    Row(
        _S.ABNORMAL, _SE.BAD_AWAITING_RETRANSMISSION, "fail", (_S.NORMAL,), "Figure 14 (sheet 4), §5.3.1: two of three"
    ),
    Row(_S.RECOVERING, _SE.GOOD, "take", (_S.NORMAL,), "Figure 14 (sheet 3), §5.3.1"),
    Row(_S.RECOVERING, _SE.BAD, "fail", (_S.NORMAL,), "Figure 14 (sheet 3), §5.3.1: two of three"),
    Row(
        _S.RECOVERING,
        _SE.BAD_AWAITING_RETRANSMISSION,
        "fail",
        (_S.NORMAL,),
        "Figure 14 (sheet 4), §5.3.1: two of three",
    ),
)

# -- reception control: what becomes of a unit that is in order, §5.2, §6.2, §9 --------------------------------------


class Correction(IntEnum):
    BASIC = 0
    PCR = 1


class Numbered(IntEnum):
    """FSNR of a unit against FSNX, the number that the next MSU must have."""

    EXPECTED = 0  # an MSU with FSNX
    LAST = 1  # a FISU, or an MSU come again: FSNX - 1
    OTHER = 2  # an MSU was lost, or it is an older one


class Congestion(IntEnum):
    """What level 3 has said of its own congestion, §9.1."""

    NONE = 0
    ACCEPT = 1
    DISCARD = 2


class Acceptance(NamedTuple):
    correction: Correction
    numbered: Numbered
    congestion: Congestion
    action: str
    clause: str


_B, _X = Correction.BASIC, Correction.PCR
_N, _G = Numbered, Congestion

# deliver: to level 3, acknowledged; withhold: to level 3, acknowledged when congestion ceases; nack: negative
# acknowledgement; remember: as nack, when congestion ceases; discard
ACCEPTANCE: tuple[Acceptance, ...] = (
    Acceptance(_B, _N.EXPECTED, _G.NONE, "deliver", "§5.2.2, Figure 14"),
    Acceptance(_B, _N.EXPECTED, _G.ACCEPT, "withhold", "§9.2, Figure 14"),
    Acceptance(_B, _N.EXPECTED, _G.DISCARD, "remember", "§9.2, Figure 14"),
    Acceptance(_B, _N.LAST, _G.NONE, "discard", "§5.2.2, Figure 14"),
    Acceptance(_B, _N.LAST, _G.ACCEPT, "discard", "§5.2.2, Figure 14"),
    Acceptance(_B, _N.LAST, _G.DISCARD, "discard", "§9.2: nothing is lost"),
    Acceptance(_B, _N.OTHER, _G.NONE, "nack", "§5.2.2, Figure 14"),
    Acceptance(_B, _N.OTHER, _G.ACCEPT, "remember", "§9.2, Figure 14"),
    Acceptance(_B, _N.OTHER, _G.DISCARD, "remember", "§9.2, Figure 14"),
    Acceptance(_X, _N.EXPECTED, _G.NONE, "deliver", "§6.2.2, Figure 16"),
    Acceptance(_X, _N.EXPECTED, _G.ACCEPT, "withhold", "§9.2, Figure 16"),
    Acceptance(_X, _N.EXPECTED, _G.DISCARD, "discard", "§9.2, Figure 16"),
    Acceptance(_X, _N.LAST, _G.NONE, "discard", "§6.2.2: sent again before it was acknowledged"),
    Acceptance(_X, _N.LAST, _G.ACCEPT, "discard", "§6.2.2: sent again before it was acknowledged"),
    Acceptance(_X, _N.LAST, _G.DISCARD, "discard", "§6.2.2: sent again before it was acknowledged"),
    Acceptance(_X, _N.OTHER, _G.NONE, "discard", "§6.2.2: there is no negative acknowledgement"),
    Acceptance(_X, _N.OTHER, _G.ACCEPT, "discard", "§6.2.2: there is no negative acknowledgement"),
    Acceptance(_X, _N.OTHER, _G.DISCARD, "discard", "§6.2.2: there is no negative acknowledgement"),
)

# -- transmission control: which unit is next, §11.2 -----------------------------------------------------------------


class Transmission(IntEnum):
    """What transmission control has been told to send."""

    IDLE = 0  # power is off
    LSSU = 1  # SIOS, SIO, SIN, SIE or SIPO
    FISU = 2  # MSUs are inhibited
    MSU = 3


class Waiting(IntEnum):
    """The first of these that is the case."""

    SIB = 0  # T5 has brought one
    RETRANSMISSION = 1  # basic: negatively acknowledged; PCR: forced by N1 or N2
    NEW = 2  # an MSU not yet sent, and room for it among those not acknowledged
    CYCLE = 3  # PCR: MSUs not acknowledged
    NOTHING = 4


class Unit(IntEnum):
    NONE = 0
    LSSU = 1
    SIB = 2
    FISU = 3
    OLD_MSU = 4
    NEW_MSU = 5


class Choice(NamedTuple):
    transmission: Transmission
    waiting: Waiting
    unit: Unit
    clause: str


_T, _W = Transmission, Waiting

CHOICE: tuple[Choice, ...] = (
    Choice(_T.IDLE, _W.SIB, Unit.NONE, "Figure 13, Figure 15: idle"),
    Choice(_T.IDLE, _W.RETRANSMISSION, Unit.NONE, "Figure 13, Figure 15: idle"),
    Choice(_T.IDLE, _W.NEW, Unit.NONE, "Figure 13, Figure 15: idle"),
    Choice(_T.IDLE, _W.CYCLE, Unit.NONE, "Figure 13, Figure 15: idle"),
    Choice(_T.IDLE, _W.NOTHING, Unit.NONE, "Figure 13, Figure 15: idle"),
    Choice(_T.LSSU, _W.SIB, Unit.LSSU, "§8: SIPO without a break"),
    Choice(_T.LSSU, _W.RETRANSMISSION, Unit.LSSU, "§11.2.1: link status first"),
    Choice(_T.LSSU, _W.NEW, Unit.LSSU, "§11.2.1: link status first"),
    Choice(_T.LSSU, _W.CYCLE, Unit.LSSU, "§11.2.1: link status first"),
    Choice(_T.LSSU, _W.NOTHING, Unit.LSSU, "§11.2.1"),
    Choice(_T.FISU, _W.SIB, Unit.SIB, "§9.2"),
    Choice(_T.FISU, _W.RETRANSMISSION, Unit.FISU, "§8: MSUs are inhibited"),
    Choice(_T.FISU, _W.NEW, Unit.FISU, "§8: MSUs are inhibited"),
    Choice(_T.FISU, _W.CYCLE, Unit.FISU, "§8: MSUs are inhibited"),
    Choice(_T.FISU, _W.NOTHING, Unit.FISU, "§11.2.1"),
    Choice(_T.MSU, _W.SIB, Unit.SIB, "§9.2"),
    Choice(_T.MSU, _W.RETRANSMISSION, Unit.OLD_MSU, "§5.2.3, §6.4, §11.2.1"),
    Choice(_T.MSU, _W.NEW, Unit.NEW_MSU, "§11.2.1, §6.3"),
    Choice(_T.MSU, _W.CYCLE, Unit.OLD_MSU, "§6.3"),
    Choice(_T.MSU, _W.NOTHING, Unit.FISU, "§11.2.1"),
)

BLOCKS: dict[str, tuple[tuple[Row, ...], type[IntEnum], type[IntEnum]]] = {
    "LSC": (LSC, LinkState, LinkEvent),
    "IAC": (IAC, AlignmentState, AlignmentEvent),
    "POC": (POC, OutageState, OutageEvent),
    "AERM": (AERM, ProvingState, ProvingEvent),
    "ERROR_RATE": (ERROR_RATE, RateState, RateEvent),
    "CC": (CC, BusyState, BusyEvent),
    "SEQUENCE": (SEQUENCE, SequenceState, SequenceEvent),
}


def actions(rows: tuple[Row, ...], events: type[IntEnum]) -> list[str]:
    """[state * events + event]: the action, for tables whose states and events are numbered from 0."""
    out = [""] * (len(rows))
    for row in rows:
        out[row.state * len(events) + row.event] = row.action
    return out


def describe(state: int) -> str:
    """A link state for people: "in service"."""
    return LinkState(state).name.lower().replace("_", " ")
