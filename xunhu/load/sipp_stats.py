"""What SIPp writes, read: its statistics (-trace_stat), response times (-trace_rtt) and status codes (-trace_error_codes), as figures of the same
names as those of calls over E1 (tally.py)."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xunhu.load.figures import Seconds, Times, by_number

#: columns of SIPp (cumulative) -> names of failures (words.py)
_FAILED = {
    "FailedCannotSendMessage": "not-sent",
    "FailedMaxUDPRetrans": "retransmissions",
    "FailedTcpConnect": "not-sent",
    "FailedTcpClosed": "not-sent",
    "FailedUnexpectedMessage": "unexpected",
    "FailedCallRejected": "rejected",
    "FailedOutboundCongestion": "not-sent",
    "FailedTimeoutOnRecv": "timeout",
    "FailedTimeoutOnSend": "timeout",
}
#: response times of our scenarios -> names of times
TIMES = {name: f"{name}_ms" for name in ("setup", "key", "bye", "hold", "retrieve", "transfer", "register")}


@dataclass(slots=True)
class SippFigures:
    """Counters of the last row; times of all calls, each with the second at which it was taken."""

    created: int = 0
    good: int = 0
    failed: int = 0
    up: int = 0
    retransmissions: int = 0
    failures: Counter[str] = field(default_factory=Counter)
    times: dict[str, Times] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """As Tally.as_dict has it, as far as SIPp knows it."""
        done = self.good + self.failed
        setup = self.times.get("setup_ms") or self.times.get("register_ms")
        out: dict[str, Any] = {
            "attempts": self.created,
            "answered": len(setup.values) if setup is not None else self.good,
            "finished": done,
            "stopped": 0,
            "failed": self.failed,
            "failed_percent": round(100 * self.failed / done, 3) if done else 0.0,
            "failures": by_number(self.failures),
            "causes": {},
            "retransmissions": self.retransmissions,
            "setup_ms": None,
        }
        return out | {name: times.summary() for name, times in self.times.items()}


def rows_of(text: str) -> list[dict[str, str]]:
    """Of a statistics file, which SIPp may be writing at this moment: a last row that is not whole is left out."""
    whole = text[: text.rfind("\n") + 1]
    rows = list(csv.reader(whole.splitlines(), delimiter=";"))
    if not rows:
        return []
    head = rows[0]
    return [dict(zip(head, row, strict=False)) for row in rows[1:] if len(row) >= len(head) - 1]


def _whole(row: dict[str, str], name: str) -> int:
    value = row.get(name, "")
    return int(value) if value.isdigit() else 0


def counters(row: dict[str, str]) -> SippFigures:
    """Of one row."""
    found = SippFigures(
        created=_whole(row, "TotalCallCreated"),
        good=_whole(row, "SuccessfulCall(C)"),
        failed=_whole(row, "FailedCall(C)"),
        up=_whole(row, "CurrentCall"),
        retransmissions=_whole(row, "Retransmissions(C)"),
    )
    for column, name in _FAILED.items():
        if count := _whole(row, f"{column}(C)"):
            found.failures[name] += count
    rest = found.failed - sum(found.failures.values())
    if rest > 0:
        found.failures["other"] += rest
    return found


def read_times(text: str, seconds: Seconds | None = None, offset_s: float = 0.0) -> dict[str, Times]:
    """Of a response time file; with `seconds` the set-ups are also put into theirs."""
    found: dict[str, Times] = {}
    for line in text.splitlines():
        parts = line.split(";")
        if len(parts) != 3 or parts[2] not in TIMES:
            continue
        try:
            at_ms, took_ms = float(parts[0]), float(parts[1])
        except ValueError:
            continue  # the row SIPp is about to write
        found.setdefault(TIMES[parts[2]], Times()).add(took_ms)
        if seconds is not None and parts[2] in ("setup", "register"):
            second = seconds.at(offset_s + at_ms / 1000)
            second.answered += 1
            second.setup_ms.append(took_ms)
    return found


def read_codes(text: str) -> Counter[int]:
    """Statuses that were not expected: they stand behind the times of each row."""
    found: Counter[int] = Counter()
    for line in text.splitlines():
        found.update(int(code) for code in line.rpartition(";")[2].split(",") if code.isdigit() and 100 <= int(code) <= 699)
    return found


def split_unexpected(figures: SippFigures, codes: Counter[int]) -> None:
    """Of the unexpected messages those that were final answers are told by their status."""
    for code, count in codes.items():
        taken = min(count, figures.failures["unexpected"])
        if code >= 300 and taken:
            figures.failures["unexpected"] -= taken
            figures.failures[f"status:{code}"] += taken
    figures.failures = +figures.failures


def fill_seconds(seconds: Seconds, rows: Iterable[dict[str, str]], offset_s: float = 0.0) -> None:
    """What was created, failed and up in each second, from the cumulative counters of the rows."""
    created = failed = good = 0
    for row in rows:
        at = _elapsed_s(row.get("ElapsedTime(C)", ""))
        now = counters(row)
        second = seconds.at(offset_s + max(0.0, at - 0.5))
        second.attempts += now.created - created
        second.failed += now.failed - failed
        second.ended += now.good + now.failed - good - failed
        second.up = now.up
        created, failed, good = now.created, now.failed, now.good


def _elapsed_s(text: str) -> float:
    """ "00:01:05" or with a fraction -> 65."""
    parts = text.split(":")
    if len(parts) < 3 or not all(part.isdigit() for part in parts[:3]):
        return 0.0
    return 3600.0 * int(parts[0]) + 60 * int(parts[1]) + int(parts[2])


def read_run(folder: Path, statistics: Path, seconds: Seconds, offset_s: float = 0.0) -> SippFigures:
    """All of a SIPp that has ended. OSError: it has written nothing."""
    rows = rows_of(statistics.read_text(errors="replace"))
    figures = counters(rows[-1]) if rows else SippFigures()
    for path in folder.glob("*_rtt.csv"):
        figures.times |= read_times(path.read_text(errors="replace"), seconds, offset_s)
    for path in folder.glob("*_error_codes.csv"):
        split_unexpected(figures, read_codes(path.read_text(errors="replace")))
    fill_seconds(seconds, rows, offset_s)
    return figures
