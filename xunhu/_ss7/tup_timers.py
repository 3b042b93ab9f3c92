"""Timers of the telephone user part, ITU-T Q.724 (11/88) and, for supervision of calls, Q.118 (09/97); GF 001-9001 keeps them.

T1 to T20 are numbered as in Q.724; T17, which belongs to circuits of other signalling systems, has no use here. From T21 the numbers are
ours: every kind of circuit group message waits alike. Those with a word for a name have no number in Q.724. Where it says
"one minute" the bounds are one minute; what is repeated within it has a default that does not divide it.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xunhu.protocol.timers import TimerRow

_ROWS: tuple[TimerRow, ...] = (
    TimerRow("T1", 12_000, 10_000, 15_000, "Q.724, continuity check", "incoming call with continuity check, waiting for COT or CCF"),
    TimerRow("T2", 25_000, 20_000, 30_000, "Q.724, no address complete", "address sent, waiting for address complete"),
    TimerRow("T3", 11_000, 4_000, 15_000, "Q.724, no clear-forward", "unsuccessful message sent, waiting for CLF"),
    TimerRow("T4", 11_000, 4_000, 15_000, "Q.724, no clear-forward", "CFL sent, waiting for CLF; CFL repeated"),
    TimerRow("T5", 60_000, 60_000, 60_000, "Q.724, no clear-forward", "CFL repeated for so long, then maintenance is alerted"),
    TimerRow("T6", 11_000, 4_000, 15_000, "Q.724, no release-guard", "CLF sent, waiting for RLG; CLF repeated"),
    TimerRow("T7", 60_000, 60_000, 60_000, "Q.724, no release-guard", "CLF repeated for so long, then maintenance is alerted"),
    TimerRow("T8", 2_000, 100, 2_000, "Q.724, continuity check", "check tone sent, waiting for it to come back"),
    TimerRow("T9", 5_000, 1_000, 10_000, "Q.724, continuity check", "check failed, waiting before the first recheck"),
    TimerRow("T10", 120_000, 60_000, 180_000, "Q.724, continuity check", "recheck failed, waiting before the next"),
    TimerRow("T11", 11_000, 4_000, 15_000, "Q.724, blocking", "BLO sent, waiting for BLA; BLO repeated"),
    TimerRow("T12", 60_000, 60_000, 60_000, "Q.724, blocking", "BLO repeated for so long, then maintenance is alerted"),
    TimerRow("T13", 60_000, 60_000, 60_000, "Q.724, blocking", "BLO repeated at this interval after T12"),
    TimerRow("T14", 11_000, 4_000, 15_000, "Q.724, blocking", "UBL sent, waiting for UBA; UBL repeated"),
    TimerRow("T15", 60_000, 60_000, 60_000, "Q.724, blocking", "UBL repeated for so long, then maintenance is alerted"),
    TimerRow("T16", 60_000, 60_000, 60_000, "Q.724, blocking", "UBL repeated at this interval after T15"),
    TimerRow("T18", 11_000, 4_000, 15_000, "Q.724, reset", "RSC sent, waiting for RLG, CLF or BLO; RSC repeated"),
    TimerRow("T19", 60_000, 60_000, 60_000, "Q.724, reset", "RSC repeated for so long, then maintenance is alerted"),
    TimerRow("T20", 60_000, 60_000, 60_000, "Q.724, reset", "RSC repeated at this interval after T19"),
    TimerRow("T21", 11_000, 4_000, 15_000, "Q.724, circuit groups", "group message sent, waiting for its answer; repeated"),
    TimerRow("T22", 60_000, 60_000, 60_000, "Q.724, circuit groups", "group message repeated so long, then maintenance is alerted"),
    TimerRow("T23", 60_000, 60_000, 60_000, "Q.724, circuit groups", "group message repeated at this interval after T22"),
    TimerRow("DIGITS", 18_000, 15_000, 20_000, "Q.724, address incomplete", "incoming, waiting for more digits"),
    TimerRow("ANSWER", 180_000, 60_000, 240_000, "Q.118", "address complete, waiting for the answer"),
    TimerRow("CLEARBACK", 90_000, 60_000, 120_000, "Q.118", "clear-back received, waiting for re-answer"),
    TimerRow("GSM", 8_000, 4_000, 15_000, "Q.724, general request", "GRQ sent, waiting for GSM; own value"),
    TimerRow("CLF", 180_000, 130_000, 600_000, "own", "CBK sent for good, waiting for CLF; above CLEARBACK of any peer"),
    TimerRow("CCR", 240_000, 240_000, 600_000, "own, as T27 of Q.764", "check failed, waiting for the peer's recheck or its end"),
    TimerRow("CONGESTION_UP", 400, 300, 600, "as T29 of Q.764", "further congestion indications say nothing new"),
    TimerRow("CONGESTION_DOWN", 7_000, 5_000, 10_000, "as T30 of Q.764", "one step more traffic without congestion indication"),
    TimerRow("USER", 30_000, 10_000, 60_000, "own, as T4 of Q.764", "no user part at the destination, waiting before it is tried"),
)

TUP_TIMERS: Mapping[str, TimerRow] = MappingProxyType({row.name: row for row in _ROWS})
NAMES: tuple[str, ...] = tuple(TUP_TIMERS)
NUMBERS: Mapping[str, int] = MappingProxyType({name: number for number, name in enumerate(NAMES)})

# Numbers of timers in the timer queue and in bit masks: places in the table above
(T1, T2, T3, T4, T5, T6, T7, T8, T9, T10, T11, T12, T13, T14, T15, T16, T18, T19, T20, T21, T22, T23) = range(22)
(DIGITS, ANSWER, CLEARBACK, GSM, CLF, CCR, CONGESTION_UP, CONGESTION_DOWN, USER) = range(22, 31)
