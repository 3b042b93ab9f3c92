"""Figures of many values: percentiles, and what happened in each second of a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any


def percentile(ordered: Sequence[float], share: float) -> float:
    """Nearest rank: the smallest value that `share` (0 to 1) of all do not exceed. ordered: ascending, not empty."""
    if not ordered:
        raise ValueError("a percentile of nothing")
    if not 0.0 <= share <= 1.0:
        raise ValueError(f"share {share}: 0 to 1")
    # 0.07 * 100 is a little above 7: what is that near a whole number is meant to be it
    return ordered[max(0, ceil(share * len(ordered) - 1e-9) - 1)]


@dataclass(slots=True)
class Times:
    """Values in milliseconds."""

    values: list[float] = field(default_factory=list)

    def add(self, ms: float) -> None:
        self.values.append(ms)

    def summary(self) -> dict[str, Any] | None:
        """count, p50, p90, p99, most, mean, and curve: the percentiles 0, 5 .. 100; None: there is none."""
        if not self.values:
            return None
        ordered = sorted(self.values)
        return {
            "count": len(ordered),
            "p50": round(percentile(ordered, 0.50), 1),
            "p90": round(percentile(ordered, 0.90), 1),
            "p99": round(percentile(ordered, 0.99), 1),
            "most": round(ordered[-1], 1),
            "mean": round(sum(ordered) / len(ordered), 1),
            "curve": [round(percentile(ordered, share / 100), 1) for share in range(0, 101, 5)],
        }


@dataclass(slots=True)
class Second:
    """One second of a run. up: calls up at its end."""

    attempts: int = 0
    answered: int = 0
    failed: int = 0
    ended: int = 0
    up: int = 0
    setup_ms: list[float] = field(default_factory=list)
    probe: dict[str, float] = field(default_factory=dict)  # of the switch: what Probe has seen (probe.py)

    def as_dict(self, at: int) -> dict[str, Any]:
        ordered = sorted(self.setup_ms)
        row: dict[str, Any] = {"at": at, "attempts": self.attempts, "answered": self.answered, "failed": self.failed}
        row |= {"ended": self.ended, "up": self.up}
        row["setup_p50_ms"] = round(percentile(ordered, 0.5), 1) if ordered else None
        row["setup_p99_ms"] = round(percentile(ordered, 0.99), 1) if ordered else None
        return row | self.probe


class Seconds:
    """The seconds of a run, from its beginning on. at: seconds since then; a value that comes late belongs to its own second."""

    def __init__(self) -> None:
        self._rows: list[Second] = []

    def at(self, seconds: float) -> Second:
        n = max(0, int(seconds))
        while len(self._rows) <= n:
            up = self._rows[-1].up if self._rows else 0
            self._rows.append(Second(up=up))
        return self._rows[n]

    def rows(self) -> list[dict[str, Any]]:
        return [row.as_dict(n) for n, row in enumerate(self._rows)]


def by_number(counter: Counter[str]) -> dict[str, int]:
    """The most frequent first, then by name."""
    return dict(sorted(counter.items(), key=lambda item: (-item[1], item[0])))
