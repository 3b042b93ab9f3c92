"""The tables of Q.931: every cell defined, every row cited, every timer in its range; docs/q931.md drawn from them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from xunhu._isdn import q931_codec as c
from xunhu._isdn.causes import CAUSES, meaning_of
from xunhu._isdn.q931 import Q931
from xunhu._isdn.q931_ie_codec import ELEMENT_ROWS, MAINTENANCE_ROWS, SINGLE_OCTETS
from xunhu._isdn.q931_tables import (
    COMPATIBLE,
    DEFAULTS,
    NETWORK_STATES,
    ROWS,
    STATE_NAMES,
    TIMER_EVENTS,
    TIMERS_OF_STATE,
    USER_STATES,
    Event,
    transitions,
)
from xunhu._isdn.timers import Q931_TIMERS_NETWORK, Q931_TIMERS_USER
from xunhu._isdn.variants import VARIANTS

ROOT = Path(__file__).resolve().parents[2]
STATES = {"user": USER_STATES, "network": NETWORK_STATES}
SIDES = pytest.mark.parametrize("side", ["user", "network"])


@SIDES
def test_every_cell_is_defined(side: str) -> None:
    table = transitions(side)
    assert set(table) == {(state, event) for state in STATES[side] for event in Event}
    for (state, event), cell in table.items():
        assert callable(getattr(Q931, f"_{cell.action}")), (state, event)
        assert cell.ends_in
        assert set(cell.ends_in) <= set(STATES[side])
        assert cell.clause


@SIDES
def test_every_state_but_null_is_left_and_reached(side: str) -> None:
    table = transitions(side)
    reached = {end for (state, _), cell in table.items() for end in cell.ends_in if end != state}
    assert reached == set(STATES[side])
    for state in STATES[side]:
        assert table[state, Event.RELEASE_COMPLETE].ends_in == (0,)


def test_every_row_cites_its_clause() -> None:
    for row in ROWS:
        assert "§" in row.clause or row.clause.startswith(("own", "Q.9", "being")), row
    for default in DEFAULTS:
        assert default.clause


@SIDES
def test_timers_are_of_the_table_and_in_range(side: str) -> None:
    rows = Q931_TIMERS_USER if side == "user" else Q931_TIMERS_NETWORK
    machine = Q931(side)
    named = {t for timers in TIMERS_OF_STATE[side].values() for t in timers} | {"T309", "T314", "T316", "T322"}
    for name in named:
        row = rows[name] if name in rows else Q931_TIMERS_NETWORK[name]  # T306 is of the network
        assert (row.minimum_ms or 1) <= row.default_ms <= (row.maximum_ms or row.default_ms)
        assert row.clause
    assert machine.next_deadline is None
    for event in TIMER_EVENTS:
        table = transitions(side)
        handled = {state for state in STATES[side] if table[state, event].action != "ignore"}
        may_run = {state for state, timers in TIMERS_OF_STATE[side].items() if event.name in timers}
        if event not in (Event.T309, Event.T322):
            assert handled == may_run, event


def test_tables_of_codes() -> None:
    for rows in (ELEMENT_ROWS, MAINTENANCE_ROWS):
        codes = [row.code for row in rows]
        assert len(set(codes)) == len(codes)
        assert codes == sorted(codes)
        for row in rows:
            assert 0 <= row.minimum <= row.maximum <= 255
            assert row.clause
            assert (row.cls is None) == (row.decode is None) == (row.encode is None)
    known = {row.code for row in ELEMENT_ROWS + MAINTENANCE_ROWS} | set(SINGLE_OCTETS)
    for message in c.MESSAGE_ROWS + c.SERVICE_ROWS:
        assert message.clause
        elements = (*message.mandatory, *message.optional)
        assert set(elements) | set(message.mandatory_from_network) <= known
        assert len(set(elements)) == len(elements), message.name
    assert set(STATE_NAMES) >= set(USER_STATES) | set(NETWORK_STATES) | set(COMPATIBLE)


def test_variants_are_overlays() -> None:
    assert set(VARIANTS) == {"NET5", "TR41459"}
    for variant in VARIANTS.values():
        for message_type, row in variant.messages.items():
            assert c.MESSAGES[message_type] is row


def test_causes() -> None:
    assert len({row.name for row in CAUSES.values()}) == len(CAUSES)
    for value in range(128):
        row = meaning_of(value)
        assert row is CAUSES.get(value, row)
        assert row.value >> 4 == value >> 4 or (value < 16 and row.value == 31), value


def test_the_page_is_current() -> None:
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import q931_diagram
    finally:
        sys.path.pop(0)
    page = (ROOT / "docs" / "q931.md").read_text(encoding="utf-8")
    for side in ("user", "network"):
        assert q931_diagram.diagram(side) in page, "run tools/q931_diagram.py"
    assert q931_diagram.page() == page, "run tools/q931_diagram.py"
