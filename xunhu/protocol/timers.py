"""Timers and parameters of protocols, as tables.

One row a timer: name, default, minimum, maximum, meaning; the clause heads each table. Values are in milliseconds,
None where the recommendation sets no bound. Configuration changes values only, through `with_values`, which
refuses what is out of range.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class TimerRow:
    """A timer; all values in milliseconds."""

    name: str
    default_ms: int
    minimum_ms: int | None
    maximum_ms: int | None
    clause: str
    meaning: str

    @property
    def default_ns(self) -> int:
        return self.default_ms * 1_000_000


@dataclass(frozen=True, slots=True)
class ParameterRow:
    """A system parameter that is a plain number."""

    name: str
    default: int
    minimum: int
    maximum: int
    unit: str
    clause: str
    meaning: str


def timer_table(clause: str, *rows: tuple[str, int, int | None, int | None, str]) -> Mapping[str, TimerRow]:
    table = {}
    for name, default, minimum, maximum, meaning in rows:
        table[name] = TimerRow(name, default, minimum, maximum, clause, meaning)
    return MappingProxyType(table)


def with_values(table: Mapping[str, TimerRow], values: Mapping[str, int]) -> dict[str, int]:
    """Milliseconds by timer name: the defaults of `table` with `values` in their place.

    ValueError names the timer that is unknown or out of its range."""
    out = {name: row.default_ms for name, row in table.items()}
    for name, value in values.items():
        row = table.get(name)
        if row is None:
            raise ValueError(f"timer {name} is not known; known: {', '.join(table)}")
        low = 1 if row.minimum_ms is None else row.minimum_ms
        if value < low or (row.maximum_ms is not None and value > row.maximum_ms):
            high = "no limit" if row.maximum_ms is None else f"{row.maximum_ms} ms"
            raise ValueError(f"timer {name} = {value} ms is out of range: {low} ms to {high} ({row.clause})")
        out[name] = value
    return out
