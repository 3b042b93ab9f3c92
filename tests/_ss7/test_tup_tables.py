"""The tables of the telephone user part are whole: every cell, every action, every timer, every message."""

import pytest

from xunhu._ss7.tup import Tup
from xunhu._ss7.tup_call_tables import TRANSITIONS, Event, State
from xunhu._ss7.tup_causes import CAUSE_OF, MESSAGE_OF
from xunhu._ss7.tup_circuit import ALLOWED
from xunhu._ss7.tup_circuit_tables import (
    BLOCKING,
    CONTINUITY,
    GROUP,
    RESET,
    Blocking,
    BlockingEvent,
    Continuity,
    ContinuityEvent,
    Group,
    GroupEvent,
    Reset,
    ResetEvent,
)
from xunhu._ss7.tup_tables import CHINA_DROPPED, ITU_MESSAGES, VARIANTS, Form, Kind
from xunhu._ss7.tup_timers import NAMES, TUP_TIMERS
from xunhu.protocol.errors import LocalError

MACHINES = {
    "call": (TRANSITIONS, State, Event),
    "blocking": (BLOCKING, Blocking, BlockingEvent),
    "reset": (RESET, Reset, ResetEvent),
    "group": (GROUP, Group, GroupEvent),
    "continuity": (CONTINUITY, Continuity, ContinuityEvent),
}


@pytest.mark.parametrize("name", MACHINES)
def test_every_cell_is_there_once_with_action_and_source(name: str) -> None:
    rows, states, events = MACHINES[name]
    assert sorted((row.state, row.event) for row in rows) == sorted((s, e) for s in states for e in events)
    for row in rows:
        assert callable(getattr(Tup, "_" + row.action)), row
        assert row.ends_in, row
        assert row.clause, row
        if row.action in ("ignore", "discard", "too_late", "refuse", "pass_on"):
            assert row.ends_in == (row.state,), row


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_reached_and_left(name: str) -> None:
    rows, states, _events = MACHINES[name]
    for state in states:
        assert state == 0 or any(state in row.ends_in and row.state is not state for row in rows), f"{state} is never entered"
        if state is not Group.ENDED:
            assert any(row.state is state and set(row.ends_in) != {state} for row in rows), f"{state} is never left"


def test_each_call_state_comes_to_idle_by_the_peer_alone_and_by_time_or_owner() -> None:
    by_peer = {Event.CLF, Event.RLG, Event.RESET, Event.IDLED}
    leaves = {(row.state, row.event): row.ends_in for row in TRANSITIONS}
    for state in State:
        if state is State.IDLE:
            continue
        ends = {after for event in by_peer for after in leaves[state, event]}
        assert ends & {State.IDLE, State.OUT_WAIT_RELEASE_GUARD}, state
    assert leaves[State.OUT_WAIT_RELEASE_GUARD, Event.T7] == (State.IDLE,)
    assert leaves[State.IN_WAIT_CLEAR_FORWARD, Event.T5] == (State.IDLE,)


def test_a_timer_has_rows_where_it_may_run() -> None:
    name_of = {"DIGITS": "NO_DIGITS", "ANSWER": "NO_ANSWER", "CLEARBACK": "NO_RE_ANSWER", "GSM": "NO_GSM", "CLF": "NO_CLF"}
    cells = {(row.state, row.event): row for row in TRANSITIONS}
    for state, timers in ALLOWED.items():
        running = {Event[name_of.get(NAMES[timer], NAMES[timer])] for timer in timers}
        for event in (Event[name_of.get(name, name)] for name in NAMES if name_of.get(name, name) in Event.__members__):
            assert (cells[state, event].action != "ignore") == (event in running), (state, event)


def test_timers_are_within_their_bounds() -> None:
    for row in TUP_TIMERS.values():
        assert row.minimum_ms is not None
        assert row.maximum_ms is not None
        assert row.minimum_ms <= row.default_ms <= row.maximum_ms, row
    # what waits for the other side's timer must outlive it
    assert TUP_TIMERS["CLF"].minimum_ms > TUP_TIMERS["CLEARBACK"].maximum_ms
    with pytest.raises(LocalError, match="T6"):
        Tup(1, bits=14, timers_ms={"T6": 1})
    with pytest.raises(LocalError, match="T99"):
        Tup(1, bits=14, timers_ms={"T99": 1})


def test_heading_codes() -> None:
    """Q.723 Table 3: H0 is the group, H1 the message; no code twice."""
    groups = {1: "IAM IAI SAM SAO", 2: "GSM COT CCF", 3: "GRQ", 4: "ACM CHG", 6: "ANU ANC ANN CBK CLF RAN FOT CCL"}
    groups[5] = "SEC CGC NNC ADI CFL SSB UNN LOS SST ACB DPN MPR EUM"
    groups[7] = "RLG BLO BLA UBL UBA CCR RSC"
    groups[8] = "MGB MBA MGU MUA HGB HBA HGU HUA GRS GRA SGB SBA SGU SUA"
    groups[10] = "ACC"
    assert {row.heading & 15 for row in ITU_MESSAGES} == set(groups)
    for h0, names in groups.items():
        assert " ".join(row.acronym for row in ITU_MESSAGES if row.heading & 15 == h0) == names
    china = VARIANTS["TUP-CHINA"].rows
    codes = {row.acronym: row.heading for row in china.values()}
    assert [codes[name] for name in ("MPM", "OPR", "SLB", "STB", "MAL")] == [0x2C, 0x1D, 0x1E, 0x2E, 0x1F]
    assert not set(CHINA_DROPPED) & set(china)
    for variant in VARIANTS.values():
        assert len({row.acronym for row in variant.rows.values()}) == len(variant.rows)
        for row in variant.rows.values():
            assert row.kind is not Kind.NONE
            assert row.form is not Form.UNKNOWN


def test_causes_both_ways() -> None:
    for variant in VARIANTS.values():
        table = MESSAGE_OF[variant.name]
        assert all(heading in variant.rows for heading in table.values())
        for cause, heading in table.items():
            assert 1 <= cause <= 127
            # a message says its own cause when it comes back, where the cause has a message of its own
            if cause in (1, 4, 17, 21, 27, 28, 34, 42, 58):
                assert CAUSE_OF[heading] == cause, (variant.name, cause)
    unsuccessful = {row.heading for v in VARIANTS.values() for row in v.rows.values() if row.kind is Kind.UNSUCCESSFUL}
    assert set(CAUSE_OF) == unsuccessful
    assert (MESSAGE_OF["TUP-ITU"][17], MESSAGE_OF["TUP-CHINA"][17], MESSAGE_OF["TUP-CHINA"][5]) == (0x65, 0x1E, 0x75)


def test_the_messages_of_a_call_are_its_events() -> None:
    for kind in Kind:
        if Kind.IAM <= kind <= Kind.MAL:
            assert Event(int(kind)).name == kind.name
