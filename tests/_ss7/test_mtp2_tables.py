"""The tables of MTP level 2: every cell of every block, every row cited, every action there, every timer within its
range."""

from __future__ import annotations

from enum import IntEnum
from itertools import product

import pytest

from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp2_aerm import AlignmentErrorRateMonitor
from xunhu._ss7.mtp2_cc import CongestionControl
from xunhu._ss7.mtp2_eim import ErroredIntervalMonitor
from xunhu._ss7.mtp2_iac import InitialAlignmentControl
from xunhu._ss7.mtp2_lsc import LinkStateControl
from xunhu._ss7.mtp2_suerm import SignalUnitErrorRateMonitor
from xunhu._ss7.mtp2_tables import (
    ACCEPTANCE,
    BLOCKS,
    CHOICE,
    LSC,
    Congestion,
    Correction,
    LinkEvent,
    LinkState,
    Numbered,
    Row,
    Transmission,
    Waiting,
)
from xunhu._ss7.mtp2_timers import PARAMETERS, RATES, TIMERS, parameters_of
from xunhu.protocol.errors import LocalError

CLASSES: dict[str, list[type]] = {
    "LSC": [LinkStateControl],
    "IAC": [InitialAlignmentControl],
    "AERM": [AlignmentErrorRateMonitor],
    "ERROR_RATE": [SignalUnitErrorRateMonitor, ErroredIntervalMonitor],
    "CC": [CongestionControl],
}


@pytest.mark.parametrize("block", list(BLOCKS))
def test_every_cell_once_and_cited(block: str) -> None:
    rows, states, events = BLOCKS[block]
    assert sorted((row.state, row.event) for row in rows) == list(product(states, events))
    for row in rows:
        assert isinstance(row.state, states)
        assert isinstance(row.event, events)
        assert row.clause
        assert row.ends_in
        assert all(isinstance(end, states) for end in row.ends_in), row


@pytest.mark.parametrize("block", list(CLASSES))
def test_every_action_is_there_and_none_is_left_over(block: str) -> None:
    named = {row.action for row in BLOCKS[block][0]}
    for machine in CLASSES[block]:
        assert all(callable(getattr(machine, "_" + action)) for action in named)


@pytest.mark.parametrize("block", list(BLOCKS))
def test_what_is_ignored_changes_nothing(block: str) -> None:
    for row in BLOCKS[block][0]:
        if row.action == "ignore":
            assert row.ends_in == (row.state,)


def test_a_failed_link_is_out_of_service_and_nothing_else() -> None:
    """Figure 8: whatever fails or stops a link ends in one state."""
    for row in LSC:
        if row.action in ("fail", "stop"):
            assert row.ends_in == (LinkState.OUT_OF_SERVICE,)
    failing = {row.event for row in LSC if row.state == LinkState.IN_SERVICE and row.action == "fail"}
    assert failing == {LinkEvent.LINK_FAILURE, LinkEvent.SIO, LinkEvent.SIN, LinkEvent.SIE, LinkEvent.SIOS}


@pytest.mark.parametrize("block", list(BLOCKS))
def test_every_state_is_reached_and_left(block: str) -> None:
    rows, states, _ = BLOCKS[block]
    first: IntEnum = next(iter(states))
    reached: set[IntEnum] = {first}
    for _ in states:
        reached |= {end for row in rows if row.state in reached for end in row.ends_in}
    assert reached == set(states)
    leaving: set[Row] = {row for row in rows if set(row.ends_in) - {row.state}}
    assert {row.state for row in leaving} == set(states)


def test_acceptance_and_choice_are_complete() -> None:
    assert [row[:3] for row in sorted(ACCEPTANCE)] == list(product(Correction, Numbered, Congestion))
    assert [row[:2] for row in sorted(CHOICE)] == list(product(Transmission, Waiting))
    assert all(row.clause for row in (*ACCEPTANCE, *CHOICE))
    # a repeated unit is never delivered (§5.2.2), and there is no negative acknowledgement in PCR (§6.2.2)
    assert {row.action for row in ACCEPTANCE if row.numbered == Numbered.LAST} == {"discard"}
    assert "nack" not in {row.action for row in ACCEPTANCE if row.correction == Correction.PCR}


@pytest.mark.parametrize("rate", RATES)
def test_defaults_are_within_their_ranges(rate: str) -> None:
    for row in TIMERS[rate].values():
        assert row.minimum_ms is not None
        assert row.maximum_ms is not None
        assert row.minimum_ms <= row.default_ms <= row.maximum_ms
        assert row.clause
    for parameter in PARAMETERS[rate].values():
        assert parameter.minimum <= parameter.default <= parameter.maximum
        assert parameter.clause
    assert parameters_of(rate, {}) == {name: row.default for name, row in PARAMETERS[rate].items()}


@pytest.mark.parametrize(
    ("rate", "correction", "timers", "parameters", "why"),
    [
        ("56k", "basic", {}, {}, "56k"),
        ("64k", "selective", {}, {}, "selective"),
        ("64k", "basic", {"T9": 1}, {}, "T9"),
        ("64k", "basic", {"T1": 39_999}, {}, "40000 ms to 50000 ms"),
        ("64k", "PCR", {"T7": 700}, {}, "800 ms"),
        ("64k", "basic", {"T8": 100}, {}, "T8"),
        ("64k", "basic", {}, {"N1": 128}, "1 to 127"),
        ("2M", "basic", {}, {"N1": 4_096}, "1 to 4095"),
        ("2M", "basic", {}, {"T": 64}, "parameter T is not known"),
        ("64k", "basic", {}, {"abate2": 641}, "abate2"),
        ("64k", "basic", {}, {"onset1": 700}, "descend"),
        ("64k", "basic", {}, {"limit": 1_000}, "limit"),
    ],
)
def test_values_that_are_not_permitted_are_named(
    rate: str, correction: str, timers: dict[str, int], parameters: dict[str, int], why: str
) -> None:
    with pytest.raises(LocalError, match=why):
        Mtp2("a", rate=rate, correction=correction, timers_ms=timers, parameters=parameters)
