"""Timers of the session initiation protocol, as tables (xunhu/protocol/timers.py).

T1, T2 and T4 are set; most of the others follow from them (`derived`), as RFC 3261 Table 4 and RFC 6026 §7.1 say.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from xunhu.protocol.timers import TimerRow, timer_table

SIP_TIMERS: Mapping[str, TimerRow] = MappingProxyType(
    {
        **timer_table(
            "RFC 3261 §17.1.1.1, Table 4",
            ("T1", 500, 10, 10_000, "estimate of the round trip; first interval between repetitions"),
            ("T2", 4_000, 10, 60_000, "longest interval between repetitions, of INVITE excepted"),
            ("T4", 5_000, 10, 60_000, "how long a message may stay in the network"),
        ),
        **timer_table(
            "RFC 3261 §17.1.1.2", ("TD", 32_000, 10, 300_000, "D: final responses come again, unreliable transport")
        ),
        **timer_table(
            "RFC 3261 §13.3.1, §16.6",
            ("TC", 180_000, 1_000, 3_600_000, "our INVITE without a final response after a provisional one"),
            ("TPROV", 60_000, 1_000, 3_600_000, "a provisional response is sent again, lest a proxy give up"),
        ),
        **timer_table(
            "RFC 3261 §14", ("TANSWER", 30_000, 100, 300_000, "the owner's answer to an offer inside the dialog")
        ),
        **timer_table(
            "RFC 6665 §4.1.2.4", ("TN", 32_000, 100, 300_000, "N: the first NOTIFY after SUBSCRIBE or REFER")
        ),
    }
)

#: timers of the transactions: name -> (clause, of which it is made)
DERIVED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "A": ("RFC 3261 §17.1.1.2", "T1, doubled each time; unreliable only"),
        "B": ("RFC 3261 §17.1.1.2", "64 T1"),
        "D": ("RFC 3261 §17.1.1.2", "TD; reliable 0"),
        "E": ("RFC 3261 §17.1.2.2", "T1, doubled to T2; unreliable only"),
        "F": ("RFC 3261 §17.1.2.2", "64 T1"),
        "G": ("RFC 3261 §17.2.1", "T1, doubled to T2; unreliable only"),
        "H": ("RFC 3261 §17.2.1", "64 T1"),
        "I": ("RFC 3261 §17.2.1", "T4; reliable 0"),
        "J": ("RFC 3261 §17.2.2", "64 T1; reliable 0"),
        "K": ("RFC 3261 §17.1.2.2", "T4; reliable 0"),
        "L": ("RFC 6026 §8.7", "64 T1"),
        "M": ("RFC 6026 §8.4", "64 T1"),
    }
)
