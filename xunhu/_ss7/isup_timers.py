"""Timers of ITU-T Q.764 Table A.1 by number, as the machines run them; values and ranges are the variant's (isup_variants.py).

T31 and T32 belong to end-to-end signalling by SCCP, T37 to the echo control procedure by NRM (Q.115), T39 to malicious call
identification (Q.731.7): they may be configured, and nothing here starts them.
"""

from __future__ import annotations

NAMES: tuple[str, ...] = ("", *(f"T{number}" for number in range(1, 40)))


def mask(*numbers: int) -> int:
    """Timers as bits."""
    return sum(1 << number for number in numbers)


# Timers of calls; the others supervise circuits, groups and destinations.
CALL_TIMERS = mask(1, 2, 3, 5, 6, 7, 8, 9, 10, 11, 33, 35, 38)
