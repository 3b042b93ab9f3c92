"""Readers of single values of an .ini: each gives the value, or says what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from xunhu.config.ini import Entry
from xunhu.config.problems import Problems
from xunhu.protocol.timers import TimerRow
from xunhu.text import tr


class ValueFaultError(Exception):
    """A value is wrong: what is right."""


Reader = Callable[[str], Any]


def choice(*names: str) -> Callable[[str], str]:
    def read(value: str) -> str:
        for name in names:
            if value.lower() == name.lower():
                return name
        raise ValueFaultError(tr("one of ", "应为其中之一：") + ", ".join(names))

    return read


def whole(low: int, high: int) -> Callable[[str], int]:
    def read(value: str) -> int:
        if re.fullmatch(r"[0-9]{1,9}", value) and low <= int(value) <= high:
            return int(value)
        raise ValueFaultError(tr(f"a whole number from {low} to {high}", f"应为 {low} 到 {high} 的整数"))

    return read


def yes(value: str) -> bool:
    if value.lower() in ("yes", "no", "true", "false", "1", "0", "on", "off"):
        return value.lower() in ("yes", "true", "1", "on")
    raise ValueFaultError(tr("yes or no", "应为 yes 或 no"))


def timeslots(value: str) -> tuple[int, ...]:
    if value.lower() == "none":
        return ()
    parts = [p.strip() for p in value.split(",")]
    if all(re.fullmatch(r"[0-9]{1,2}", p) and 1 <= int(p) <= 31 for p in parts) and len(set(parts)) == len(parts):
        return tuple(sorted(int(p) for p in parts))
    raise ValueFaultError(
        tr("timeslots from 1 to 31 such as 16 or 1,16, or none", "1 到 31 的时隙，例如 16 或 1,16，或 none")
    )


def value_of(entry: Entry, read: Reader, problems: Problems) -> Any:
    """None: not right, and said so."""
    try:
        return read(entry.value)
    except ValueFaultError as right:
        problems.add(
            entry.line,
            tr(f"{entry.key} = {entry.value} is not right", f"{entry.key} = {entry.value} 不正确"),
            str(right),
            value=entry.value,
        )
        return None


def timer_ms(entry: Entry, row: TimerRow, problems: Problems) -> int | None:
    """T303 = 4.0: seconds, within the range of the recommendation. None: not right, and said so."""
    name = entry.key
    if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,3})?", entry.value) or float(entry.value) <= 0:
        problems.add(
            entry.line,
            tr(f"{name} = {entry.value} is no time", f"{name} = {entry.value} 不是时间"),
            tr("write seconds, such as 4 or 0.5", "以秒为单位，例如 4 或 0.5"),
            value=entry.value,
        )
        return None
    value = round(float(entry.value) * 1000)
    low, high = row.minimum_ms or 1, row.maximum_ms
    if low <= value and (high is None or value <= high):
        return value
    span = tr(f"from {low / 1000:g} s", f"从 {low / 1000:g} 秒")
    if high is not None:
        span += tr(f" to {high / 1000:g} s", f" 到 {high / 1000:g} 秒")
    problems.add(
        entry.line,
        tr(f"{name} = {entry.value} is out of range", f"{name} = {entry.value} 超出范围"),
        f"{span} ({row.clause})",
        value=entry.value,
    )
    return None
