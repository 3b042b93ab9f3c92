"""The form of the transition tables of the ISDN user part: flat rows, one for each pair of state and event.

Data only. `action` is a method of `isup.Isup` (with an underscore before it); `ends_in` lists the states that its guards may choose from.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from typing import NamedTuple


class Row(NamedTuple):
    state: IntEnum
    event: IntEnum
    action: str
    ends_in: tuple[IntEnum, ...]
    clause: str


class Machine(NamedTuple):
    """A machine as docs/isup.md shows it."""

    name: str
    title: str
    states: type[IntEnum]
    events: type[IntEnum]
    rows: tuple[Row, ...]


def each(
    states: Iterable[IntEnum], event: IntEnum, action: str, clause: str, ends_in: tuple[IntEnum, ...] | None = None
) -> list[Row]:
    """A row for each of `states`; without `ends_in` the state stays."""
    return [Row(state, event, action, (state,) if ends_in is None else ends_in, clause) for state in states]


def by_cell(machine: Machine) -> list[str]:
    """Names of actions by state * number of events + event. AssertionError: a cell is missing, or there twice."""
    events = len(machine.events)
    cells = [""] * (len(machine.states) * events)
    for row in machine.rows:
        place = row.state * events + row.event
        assert not cells[place], f"{machine.name}: {row.state.name} {row.event.name} twice"
        cells[place] = row.action
    missing = [divmod(place, events) for place, action in enumerate(cells) if not action]
    assert not missing, f"{machine.name}: no row for {[(machine.states(s).name, machine.events(e).name) for s, e in missing]}"
    return cells
