"""Timers of ITU-T Q.704 (07/96) §16.8 and Q.707 (07/96) §2.2, as a table (xunhu/protocol/timers.py), and the network's options.

T7 (signalling data link connection, automatic allocation) and T9 (not used) stand in no machine of ours and are left out;
T24 belongs to a national option of processor outage that we do without.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType

from xunhu.protocol.timers import TimerRow, timer_table

MTP3_TIMERS: Mapping[str, TimerRow] = MappingProxyType(
    {
        **timer_table(
            "Q.704 §16.8",
            ("T1", 800, 500, 1_200, "time-controlled changeover: against mis-sequencing (§5.6.2)"),
            ("T2", 1_400, 700, 2_000, "changeover: waiting for COA (§5.7.2)"),
            ("T3", 800, 500, 1_200, "time-controlled diversion (§6.4)"),
            ("T4", 800, 500, 1_200, "changeback: waiting for CBA, first attempt (§6.5.3)"),
            ("T5", 800, 500, 1_200, "changeback: waiting for CBA, second attempt (§6.5.3)"),
            ("T6", 800, 500, 1_200, "controlled rerouting: against mis-sequencing (§8.2)"),
            ("T8", 1_000, 800, 1_200, "TFP by the response method at most once (§13.2)"),
            ("T10", 45_000, 30_000, 60_000, "signalling route set test: repetition (§13.5)"),
            ("T11", 60_000, 30_000, 90_000, "before TFR is told, national option (§13.4)"),
            ("T12", 1_150, 800, 1_500, "uninhibiting: waiting for LUA (§10)"),
            ("T13", 1_150, 800, 1_500, "forced uninhibiting: waiting for LUN (§10)"),
            ("T14", 2_500, 2_000, 3_000, "inhibiting: waiting for LIA (§10)"),
            ("T15", 2_500, 2_000, 3_000, "before a route set congestion test, national option (§13.9)"),
            ("T16", 1_700, 1_400, 2_000, "route set congestion test: waiting for TFC, national option (§13.9)"),
            ("T17", 1_150, 800, 1_500, "delay before initial alignment starts anew (§3.2, Figure 36)"),
            ("T18", 20_000, 1_000, 58_000, "restarting STP: links and routing information come in (§9.2); network dependent"),
            ("T19", 68_000, 67_000, 69_000, "after TRA: further ones are not answered (§9.5)"),
            ("T20", 60_000, 59_000, 61_000, "the whole restart (§9.2)"),
            ("T21", 64_000, 63_000, 65_000, "restart of an adjacent point: waiting for its TRA (§9.3)"),
            ("T22", 270_000, 180_000, 360_000, "local inhibit test (§10.6)"),
            ("T23", 270_000, 180_000, 360_000, "remote inhibit test (§10.6)"),
        ),
        **timer_table(
            "Q.707 §2.2",
            ("SLT-T1", 8_000, 4_000, 12_000, "signalling link test: waiting for SLTA"),
            ("SLT-T2", 60_000, 30_000, 90_000, "signalling link test: interval of the periodic test"),
        ),
        **timer_table(
            "Q.704 §3.8",
            ("T31", 60_000, 10_000, 120_000, "false congestion: a link that stays congested is taken down, national option"),
        ),
    }
)


class Timer(IntEnum):
    """Numbers of the timers in the queue; `ROWS` names their rows above."""

    T1 = 1
    T2 = 2
    T3 = 3
    T4 = 4
    T5 = 5
    T6 = 6
    T8 = 8
    T10 = 10
    T11 = 11
    T12 = 12
    T13 = 13
    T14 = 14
    T15 = 15
    T16 = 16
    T17 = 17
    T18 = 18
    T19 = 19
    T20 = 20
    T21 = 21
    T22 = 22
    T23 = 23
    T31 = 31
    SLT_T1 = 41
    SLT_T2 = 42


def row_name(timer: Timer) -> str:
    return timer.name.replace("_", "-")


@dataclass(frozen=True, slots=True)
class Options:
    """What a network may choose (Q.704 marks them national options).

    levels: congestion levels of a destination; priorities: messages carry one of four in the SIO's spare bits (§14.2.1);
    restricted: TFR and RST for restricted destinations (§13.4); test: route set congestion test (§13.9); guard: T31."""

    levels: int
    priorities: bool
    restricted: bool
    test: bool
    guard: bool


OPTIONS: Mapping[str, Options] = MappingProxyType(
    {
        "international": Options(levels=1, priorities=False, restricted=False, test=False, guard=False),
        "national": Options(levels=3, priorities=False, restricted=True, test=False, guard=True),
        "national-priorities": Options(levels=3, priorities=True, restricted=True, test=True, guard=True),
    }
)
