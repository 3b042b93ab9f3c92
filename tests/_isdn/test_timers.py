"""Tables of timers: every row in its own range, values changed within it only."""

import pytest

from xunhu._isdn.timers import Q921_PARAMETERS, Q921_TIMERS, Q931_TIMERS_NETWORK, Q931_TIMERS_USER
from xunhu.protocol.timers import with_values

TABLES = (Q921_TIMERS, Q931_TIMERS_NETWORK, Q931_TIMERS_USER)


@pytest.mark.parametrize("table", TABLES)
def test_rows_are_whole(table) -> None:
    for name, row in table.items():
        assert row.name == name
        assert row.clause.startswith("Q.9")
        assert row.meaning
        assert row.minimum_ms is None or row.minimum_ms <= row.default_ms
        assert row.maximum_ms is None or row.default_ms <= row.maximum_ms
        assert row.default_ns == row.default_ms * 1_000_000
    assert with_values(table, {}) == {name: row.default_ms for name, row in table.items()}


def test_parameters_are_in_range() -> None:
    for row in Q921_PARAMETERS.values():
        assert row.minimum <= row.default <= row.maximum


def test_values_by_the_standard() -> None:
    assert (Q931_TIMERS_USER["T303"].default_ms, Q931_TIMERS_NETWORK["T310"].default_ms) == (4_000, 10_000)
    assert (Q921_TIMERS["T200"].default_ms, Q921_TIMERS["T203"].default_ms) == (1_000, 10_000)
    assert Q931_TIMERS_NETWORK["T317"].maximum_ms < Q931_TIMERS_NETWORK["T316"].default_ms
    assert "T313" not in Q931_TIMERS_NETWORK  # only the user waits for CONNECT ACKNOWLEDGE


def test_changed_values() -> None:
    assert with_values(Q931_TIMERS_NETWORK, {"T309": 6_000})["T309"] == 6_000
    with pytest.raises(ValueError, match="T309 = 5999 ms is out of range: 6000 ms to 90000 ms"):
        with_values(Q931_TIMERS_NETWORK, {"T309": 5_999})
    with pytest.raises(ValueError, match="no limit"):
        with_values(Q931_TIMERS_USER, {"T301": 1})
    with pytest.raises(ValueError, match="T999 is not known"):
        with_values(Q921_TIMERS, {"T999": 1})
