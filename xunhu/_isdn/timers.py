"""Timers and parameters of ITU-T Q.921 (09/97) and Q.931 (05/98), as tables (xunhu/protocol/timers.py)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xunhu.protocol.timers import ParameterRow, TimerRow, timer_table

# -- Q.921 ---------------------------------------------------------------------------------------------------
# T201 and T202 belong to TEI management, not used point to point on primary rate access (TEI 0, §5.3.1).

Q921_TIMERS: Mapping[str, TimerRow] = timer_table(
    "Q.921 §5.9",
    ("T200", 1_000, None, None, "waiting for the answer to a command or I frame (§5.9.1)"),
    ("T203", 10_000, None, None, "longest time without a frame exchanged (§5.9.8)"),
)

Q921_PARAMETERS: Mapping[str, ParameterRow] = MappingProxyType(
    {
        row.name: row
        for row in (
            ParameterRow("N200", 3, 1, 20, "", "Q.921 §5.9.2", "how often a frame is sent again"),
            ParameterRow("N201", 260, 1, 260, "octets", "Q.921 §5.9.3", "longest information field"),
            ParameterRow("k", 7, 1, 127, "frames", "Q.921 §5.9.5", "I frames not yet acknowledged"),
        )
    }
)


def check_parameters(table: Mapping[str, ParameterRow], values: Mapping[str, int]) -> None:
    """ValueError: one of the values is out of its range."""
    for name, value in values.items():
        row = table[name]
        if not row.minimum <= value <= row.maximum:
            raise ValueError(f"{name} = {value} is out of range: {row.minimum} to {row.maximum} ({row.clause})")


# -- Q.931, network side (§9.1, Table 9-1) -------------------------------------------------------------------

Q931_TIMERS_NETWORK: Mapping[str, TimerRow] = timer_table(
    "Q.931 §9.1",
    ("T301", 180_000, 180_000, None, "ALERTING received, waiting for CONNECT"),
    ("T302", 12_000, 10_000, 15_000, "overlap receiving: waiting for further digits"),
    ("T303", 4_000, 4_000, 4_000, "SETUP sent, waiting for an answer; repeated once"),
    ("T304", 20_000, 20_000, 20_000, "overlap sending: INFORMATION sent, waiting for an answer"),
    ("T305", 30_000, 30_000, 30_000, "DISCONNECT sent, waiting for RELEASE"),
    ("T306", 30_000, 30_000, 30_000, "DISCONNECT with progress 8 sent, tone heard meanwhile"),
    ("T307", 180_000, 180_000, 180_000, "call suspended, waiting for RESUME"),
    ("T308", 4_000, 4_000, 4_000, "RELEASE sent, waiting for RELEASE COMPLETE; repeated once"),
    ("T309", 90_000, 6_000, 90_000, "data link lost, calls in talk are kept"),
    ("T310", 10_000, 10_000, 10_000, "CALL PROCEEDING received, waiting for what follows"),
    ("T312", 6_000, 6_000, 6_000, "SETUP sent on the broadcast data link"),
    ("T314", 4_000, 4_000, 4_000, "message segment received, waiting for the last"),
    ("T316", 120_000, 120_000, 120_000, "RESTART sent, waiting for its acknowledgement; repeated"),
    ("T317", 60_000, None, 119_999, "RESTART received, clearing calls; below T316"),
    ("T320", 30_000, 30_000, 30_000, "packet access on a B-channel released"),
    ("T321", 30_000, 30_000, 30_000, "D-channel failure with a back-up D-channel (Annex F)"),
    ("T322", 4_000, 4_000, 4_000, "STATUS ENQUIRY sent, waiting for STATUS"),
)

# -- Q.931, user side (§9.2, Table 9-2) ----------------------------------------------------------------------

Q931_TIMERS_USER: Mapping[str, TimerRow] = timer_table(
    "Q.931 §9.2",
    ("T301", 180_000, 180_000, None, "ALERTING received, waiting for CONNECT"),
    ("T302", 15_000, 15_000, 15_000, "overlap receiving: waiting for further digits"),
    ("T303", 4_000, 4_000, 4_000, "SETUP sent, waiting for an answer; repeated once"),
    ("T304", 30_000, 30_000, 30_000, "overlap sending: INFORMATION sent, waiting for an answer"),
    ("T305", 30_000, 30_000, 30_000, "DISCONNECT sent, waiting for RELEASE"),
    ("T308", 4_000, 4_000, 4_000, "RELEASE sent, waiting for RELEASE COMPLETE; repeated once"),
    ("T309", 90_000, 6_000, 90_000, "data link lost, calls in talk are kept (optional)"),
    ("T310", 120_000, 30_000, 120_000, "CALL PROCEEDING received, waiting for what follows"),
    ("T313", 4_000, 4_000, 4_000, "CONNECT sent, waiting for CONNECT ACKNOWLEDGE"),
    ("T314", 4_000, 4_000, 4_000, "message segment received, waiting for the last"),
    ("T316", 120_000, 120_000, 120_000, "RESTART sent, waiting for its acknowledgement; repeated"),
    ("T317", 60_000, None, 119_999, "RESTART received, clearing calls; below T316"),
    ("T318", 4_000, 4_000, 4_000, "RESUME sent, waiting for the acknowledgement"),
    ("T319", 4_000, 4_000, 4_000, "SUSPEND sent, waiting for the acknowledgement"),
    ("T321", 30_000, 30_000, 30_000, "D-channel failure with a back-up D-channel (Annex F)"),
    ("T322", 4_000, 4_000, 4_000, "STATUS ENQUIRY sent, waiting for STATUS"),
)
