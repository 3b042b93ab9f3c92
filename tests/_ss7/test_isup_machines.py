"""The transition tables of the ISDN user part: whole, cited, and bound to methods that exist."""

from __future__ import annotations

import re

import pytest
from isup_pair import MACHINES

from xunhu._ss7 import isup_call_tables as calls
from xunhu._ss7 import isup_circuit_tables as circuits
from xunhu._ss7.isup import Isup
from xunhu._ss7.isup_machine import Machine, by_cell
from xunhu._ss7.isup_timers import CALL_TIMERS, NAMES
from xunhu._ss7.isup_variants import VARIANTS


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_every_cell_is_there_once(machine: Machine) -> None:
    seen = {(row.state, row.event) for row in machine.rows}
    assert seen == {(state, event) for state in machine.states for event in machine.events}
    assert len(machine.rows) == len(seen)
    assert [int(state) for state in machine.states] == list(range(len(machine.states)))
    assert [int(event) for event in machine.events] == list(range(len(machine.events)))


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_every_row_is_cited_and_ends_somewhere(machine: Machine) -> None:
    for row in machine.rows:
        assert row.clause, row
        assert row.ends_in, row
        assert all(isinstance(state, machine.states) for state in row.ends_in), row
        assert callable(getattr(Isup, f"_{row.action}")), row


@pytest.mark.parametrize("machine", MACHINES, ids=lambda m: m.name)
def test_every_state_can_be_reached_and_left(machine: Machine) -> None:
    """From the first state every other is reached, and from every other (but one that is over) the first."""
    first = next(iter(machine.states))
    edges = {(row.state, after) for row in machine.rows for after in row.ends_in}
    forward, backward = {first}, {first}
    for _ in machine.states:
        forward |= {after for before, after in edges if before in forward}
        backward |= {before for before, after in edges if after in backward}
    assert forward == set(machine.states)
    if machine is not circuits.GROUP:  # a group message that is over is gone
        assert backward == set(machine.states)


def test_by_cell_refuses_tables_with_holes() -> None:
    holed = calls.SUSPENSION._replace(rows=calls.SUSPENSION.rows[1:])
    with pytest.raises(AssertionError, match="no row"):
        by_cell(holed)
    with pytest.raises(AssertionError, match="twice"):
        by_cell(calls.SUSPENSION._replace(rows=(calls.SUSPENSION.rows[0], *calls.SUSPENSION.rows)))


def test_timers_of_states_are_timers_of_calls() -> None:
    assert set(calls.STATE_TIMERS) == set(calls.CallState)
    assert calls.STATE_TIMERS[calls.CallState.IDLE] == 0
    together = 0
    for allowed in calls.STATE_TIMERS.values():
        together |= allowed
    assert together == CALL_TIMERS
    # a timer that may run in a state has a row there that does something
    for state, allowed in calls.STATE_TIMERS.items():
        for row in calls.CALL.rows:
            if row.state is state and re.fullmatch(r"T\d+", row.event.name) and row.event.name != "T8":
                runs = allowed >> int(row.event.name[1:]) & 1
                assert (row.action != "ignore") == bool(runs), row


def test_every_timer_of_the_machines_is_in_the_variants() -> None:
    for variant in VARIANTS.values():
        assert list(variant.timers) == list(NAMES[1:])
