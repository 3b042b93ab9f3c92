"""The switch under load, looked at from outside once a second: processor time and memory of its two processes from /proc, the rest from the
words it has for `xunhu status`. A switch that does not answer is looked at again a second later; what is missing is left out."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Usage:
    """Of a process: seconds of processor time so far, octets in memory."""

    cpu_s: float
    rss: int


def usage(pid: int) -> Usage | None:
    """None: there is no such process."""
    try:
        # the name, in brackets, may hold anything; fields 14 and 15 of proc(5) are user and system time
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        rss = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    except (OSError, IndexError):
        return None
    return Usage((int(fields[11]) + int(fields[12])) / _TICKS, rss)


class Probe:
    """Takes one status answer after the other and gives the figures of the time between."""

    def __init__(self) -> None:
        self._before: dict[str, tuple[float, Usage]] = {}
        self._late: int | None = None
        self.late_ticks = 0  # since the first look
        self.most: dict[str, float] = {}
        self._sums: dict[str, tuple[float, int]] = {}

    def look(self, status: dict[str, Any] | None, now_s: float, pids: dict[str, int]) -> dict[str, float]:
        """status: of the switch, None: it did not answer. pids: "control", "media", "far". The second's row."""
        row: dict[str, float] = {}
        for name, pid in pids.items():
            got = usage(pid)
            if got is None:
                self._before.pop(name, None)
                continue
            row[f"{name}_rss_mib"] = round(got.rss / 2**20, 1)
            before = self._before.get(name)
            if before is not None and now_s > before[0] and got.cpu_s >= before[1].cpu_s:
                row[f"{name}_cpu_percent"] = round(100 * (got.cpu_s - before[1].cpu_s) / (now_s - before[0]), 1)
            self._before[name] = (now_s, got)
        if status is not None:
            media = status["media"]
            late = int(media.get("late_ticks", 0))
            if self._late is None or late < self._late:  # the first look, or a new engine
                self._late = late
            row["late_ticks"] = late - self._late
            self.late_ticks += late - self._late
            self._late = late
            row["engine_load_percent"] = media.get("load_permille", 0) / 10
            row["switch_calls"] = status["calls"]
        for key, value in row.items():
            self.most[key] = max(value, self.most.get(key, value))
            total, count = self._sums.get(key, (0.0, 0))
            self._sums[key] = (total + value, count + 1)
        return row

    def as_dict(self) -> dict[str, Any]:
        """Most and mean of each figure."""
        rows = {key: {"most": self.most[key], "mean": round(total / count, 1)} for key, (total, count) in self._sums.items()}
        return {"late_ticks": self.late_ticks, "figures": rows}
