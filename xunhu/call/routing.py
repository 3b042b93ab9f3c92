"""Which rule a call follows: patterns, times, and when digits that come one by one are enough.

Whether a number fits is asked of every call and of many rules: a compiled expression says it. Whether it could still come to fit
with more digits is asked of overlap receiving only: there the pattern is read as a small automaton.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from xunhu.call.settings import CallSettings, Extension, Route


def _closure(pattern: str, position: int) -> set[int]:
    """Positions reachable from `position` without reading a sign: a * may stand for nothing."""
    found = {position}
    while position < len(pattern) and pattern[position] == "*":
        position += 1
        found.add(position)
    return found


def _positions(pattern: str, digits: str) -> set[int]:
    now = _closure(pattern, 0)
    for digit in digits:
        after: set[int] = set()
        for position in now:
            if position == len(pattern):
                continue
            sign = pattern[position]
            if sign == "*":
                after |= _closure(pattern, position)
            elif sign in ("?", digit):
                after |= _closure(pattern, position + 1)
        now = after
        if not now:
            break
    return now


@lru_cache(maxsize=10_000)
def _compiled(pattern: str) -> re.Pattern[str]:
    signs = {"?": ".", "*": ".*"}
    return re.compile("".join(signs.get(sign) or re.escape(sign) for sign in pattern), re.DOTALL)


def fits(pattern: str, digits: str) -> bool:
    """Whether the whole of `digits` fits."""
    return pattern == "*" or _compiled(pattern).fullmatch(digits) is not None


def could_grow(pattern: str, digits: str) -> bool:
    """Whether `digits` with at least one more digit could fit."""
    return any(position < len(pattern) for position in _positions(pattern, digits))


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes. kind: "flow" | "extension" | "refused"."""

    kind: str
    name: str = ""
    cause: int = 1
    record: bool = False
    rule: int = -1
    why: str = ""

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}" if self.name else self.kind


@dataclass(frozen=True, slots=True)
class Found:
    """target: the rule that fits now, None when none does. more: further digits could change that."""

    target: Target | None
    more: bool


class Router:
    """First match wins. `find` for numbers that may still grow, `route` for whole ones."""

    def __init__(self, settings: CallSettings) -> None:
        self._settings = settings

    def _open(self, calling: str, group: str, when: datetime) -> Iterator[tuple[int, Route]]:
        """The rules that hold for this caller now, in order."""
        return (
            (index, route)
            for index, route in enumerate(self._settings.routes)
            if fits(route.calling, calling)
            and fits(route.trunk_group, group)
            and (not route.times or any(window.holds(when) for window in route.times))
        )

    def find(self, called: str, calling: str, group: str, when: datetime) -> Found:
        """The rule for `called`, and whether to wait for more digits.

        A rule for every number ("*") says nothing about how long a number is, so behind another rule that fits it is no reason to wait."""
        found: Target | None = None
        more = False
        for index, route in self._open(calling, group, when):
            if found is not None and route.called == "*":
                continue
            if found is None and fits(route.called, called):
                found = _target(index, route, called, calling)
            more = more or could_grow(route.called, called)
        return Found(found, more)

    def route(self, called: str, calling: str, group: str, when: datetime) -> Target:
        """The rule for a whole number; refused with cause 1 when there is none, 28 when digits are missing."""
        for index, route in self._open(calling, group, when):
            if fits(route.called, called):
                return _target(index, route, called, calling)
        if called and self.find(called, calling, group, when).more:
            return Target("refused", cause=28, why="incomplete number")
        return Target("refused", cause=1, why="no rule fits")

    def extension(self, number: str) -> Extension | None:
        """The extension with this number: the exact one, else the first whose pattern fits."""
        exact = self._settings.extensions.get(number)
        if exact is not None:
            return exact
        for extension in self._settings.extensions.values():
            if fits(extension.number, number):
                return extension
        return None


def _target(index: int, route: Route, called: str, calling: str) -> Target:
    def fill(text: str) -> str:
        return text.replace("{called}", called).replace("{calling}", calling)

    if route.flow:
        return Target("flow", fill(route.flow), record=route.record, rule=index)
    if route.extension:
        return Target("extension", fill(route.extension), record=route.record, rule=index)
    if route.conference:  # `room_entry.RoomFlows`
        return Target("flow", f"conference:{fill(route.conference)}", record=route.record, rule=index)
    return Target("refused", cause=route.refuse or 1, rule=index, why="by rule")
