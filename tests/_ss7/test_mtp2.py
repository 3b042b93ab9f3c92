"""Procedures of MTP level 2 that Q.781 does not try: limits, PCR, retrieval, congestion of transmission, the line."""

from __future__ import annotations

import pytest
from mtp2_far import MS, Far, R, message, numbers
from mtp2_pair import Pair

from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp2_measurements import LINK_MEASUREMENTS
from xunhu._ss7.mtp2_units import SIN, SIO, SIOS, SIPO, basic_unit
from xunhu._ss7.mtp_primitives import (
    LinkFailure,
    LinkIndication,
    ManagementIndication,
)
from xunhu.protocol.errors import LocalError

# -- limits and mistakes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 2, 274])
def test_2_3_8_a_message_that_is_no_message_is_refused(size: int) -> None:
    far = Far().up()
    with pytest.raises(LocalError, match=f"{size} octets"):
        far.ask(R.MESSAGE, bytes(size))
    assert not far.link.wants_line


def test_unknown_request() -> None:
    with pytest.raises(LocalError, match="request 99"):
        Far().ask(99)  # type: ignore[arg-type]


@pytest.mark.parametrize("size", [3, 62, 63, 64, 273])
def test_2_3_3_length_indicator(size: int) -> None:
    basic, extended = Far().up(), Far("2M").up()
    (unit,) = basic.send(message(1, size))
    assert unit == basic_unit(127, 1, 0, 1, message(1, size))
    assert unit[2] == min(size, 63)
    (unit,) = extended.send(message(1, size))
    assert unit[:6] == b"\xff\x8f\x00\x80" + size.to_bytes(2, "little")
    assert unit[6:] == message(1, size)
    # and back
    basic.unit(0, 0, message(2, size))
    extended.unit(0, 0, message(2, size))
    assert basic.heard() == extended.heard() == [("MESSAGE", message(2, size))]


@pytest.mark.parametrize(
    "unit",
    [
        b"",
        b"\xff",
        b"\xff\x80\x03",
        b"\xff\x80\x04\x85\x00\x00",
        b"\xff\x80\x00\x85",
        b"\xff\x80\x3f" + bytes(62),
        b"\xff\x80\x3f" + bytes(274),
        b"\xff\xff\x02\x00",
    ],
)
def test_a_length_indicator_that_lies_is_counted(unit: bytes) -> None:
    far = Far().up()
    far.link.receive(unit, far.now)
    assert far.heard() == []
    assert far.link.counters["invalid_units"] == 1
    assert far.link.state == "in service"


@pytest.mark.parametrize(("rate", "n1"), [("64k", 127), ("64k", 5), ("2M", 4_095)])
def test_5_2_3_no_more_than_n1_without_acknowledgement(rate: str, n1: int) -> None:
    far = Far(rate, N1=n1).up()
    units = far.send(*(message(i) for i in range(n1 + 1)))
    assert len(units) == n1
    assert not far.link.wants_line
    far.unit(0, -1)  # one is acknowledged
    assert len(far.pull()) == 1
    # all 128 or 4,096 numbers but one may be outstanding, and each BSN is then within its limits
    far.unit(n1, -1)
    assert far.link.queued == 0
    assert far.heard() == [] or rate == "2M"


def test_an_idle_link_in_service_has_no_timer_and_nothing_to_send() -> None:
    for rate in ("64k", "2M"):
        for correction in ("basic", "PCR"):
            far = Far(rate, correction).up()
            assert far.link.next_deadline is None
            assert not far.link.wants_line
            assert far.link.next_signal_unit(far.now) is None
            assert far.link.monitoring


# -- T7 --------------------------------------------------------------------------------------------------------------


def test_5_3_1_t7_runs_from_the_oldest_and_anew_at_each_acknowledgement() -> None:
    far = Far().up()
    far.link.request(R.MESSAGE, message(0), 0, far.now)
    assert far.link.next_deadline is None  # not before it is on the line
    begin = far.now
    far.pull()
    assert far.link.next_deadline == begin + 1_000 * MS
    far.now += 300 * MS
    far.send(message(1))
    assert far.link.next_deadline == begin + 1_000 * MS
    far.now += 300 * MS
    far.unit(0, -1)
    assert far.link.next_deadline == begin + 1_600 * MS
    far.unit(1, -1)
    assert far.link.next_deadline is None


def test_5_2_2_a_retransmission_that_has_come_is_awaited_no_more() -> None:
    far = Far().up()
    far.unit(-1, 1, message(1))  # 0 is missing
    assert far.pull() == [b"\x7f\xff\x00"]
    for _ in range(5):
        far.unit(-1, 1)  # on its way before the far end has heard of it
    far.unit(-1, 0, message(0), fib=0)
    far.unit(-1, 1, message(1), fib=0)
    assert far.heard() == [("MESSAGE", message(0)), ("MESSAGE", message(1))]
    far.unit(-1, 1)
    far.unit(-1, 1)
    assert far.heard() == [("OUT_OF_SERVICE", LinkFailure.ABNORMAL_FIB)]


# -- preventive cyclic retransmission, §6 ------------------------------------------------------------------------


def test_6_3_what_is_acknowledged_leaves_the_cycle_wherever_it_is() -> None:
    far = Far(correction="PCR").up()
    for number in range(6):
        far.link.request(R.MESSAGE, message(number), 0, far.now)
    assert numbers(far.pull(8)) == [0, 1, 2, 3, 4, 5, 0, 1]
    far.unit(3, -1)  # 2 and 3 are next, and are gone
    units = far.pull(5)
    assert numbers(units) == [4, 5, 4, 5, 4]
    assert [unit[3:] for unit in units[:2]] == [message(4), message(5)]


def test_5_2_3_what_is_acknowledged_is_not_retransmitted() -> None:
    far = Far().up()
    far.send(*(message(i) for i in range(6)))
    far.unit(-1, -1, bib=0)
    assert numbers(far.pull(2)) == [0, 1]
    far.unit(3, -1, bib=0)
    units = far.pull()
    assert numbers(units) == [4, 5]
    assert [unit[3:] for unit in units] == [message(4), message(5)]


@pytest.mark.parametrize("parameters", [{"N1": 3}, {"N2": 320}])
def test_6_4_forced_retransmission_is_repeated_while_the_limit_is_reached(parameters: dict[str, int]) -> None:
    """§6.4.1; each message counts with its header."""
    far = Far(correction="PCR", **parameters).up()
    size = 20 if "N1" in parameters else 104  # 3 * 107 >= 320
    for number in range(5):
        far.link.request(R.MESSAGE, message(number, size), 0, far.now)
    assert numbers(far.pull(9)) == [0, 1, 2, 0, 1, 2, 0, 1, 2]
    assert numbers(far.pull(1)) == [0]
    far.unit(0, -1)  # below the limit, but the cycle goes to its end
    assert numbers(far.pull(3)) == [1, 2, 3]
    assert numbers(far.pull(4)) == [1, 2, 3, 1]


# -- retrieval, Q.704 §5 ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("restarted", [False, True])
def test_retrieval_after_a_failure(restarted: bool) -> None:
    """What the far end has not accepted, then what was never sent; also when the link is being aligned again."""
    far = Far(N1=4).up()
    far.unit(-1, 0, message(100))
    far.heard()
    far.send(*(message(i) for i in range(6)))  # four go out
    far.unit(1, 0)  # 0 and 1 are acknowledged, so 4 and 5 go out
    far.pull()
    far.status(SIOS)
    assert far.heard() == [("OUT_OF_SERVICE", LinkFailure.SIOS_RECEIVED)]
    if restarted:
        far.ask(R.START)
        far.status(SIO)
    assert far.ask(R.RETRIEVE_BSNT) == [("BSNT", 0)]
    assert far.ask(R.RETRIEVE, value=3) == [
        ("RETRIEVED", message(4)),
        ("RETRIEVED", message(5)),
        ("RETRIEVAL_COMPLETE", 0),
    ]
    assert far.ask(R.RETRIEVE, value=3) == [("RETRIEVAL_COMPLETE", 0)]
    assert far.link.queued == 0


@pytest.mark.parametrize("restarted", [False, True])
def test_5_6_of_q704_retrieval_without_the_number(restarted: bool) -> None:
    """Emergency changeover: only what was never sent."""
    far = Far(N1=2).up()
    far.send(*(message(i) for i in range(4)))
    far.link.line(False, far.now)
    far.heard()
    if restarted:
        far.link.line(True, far.now)
        far.ask(R.START)
    assert far.ask(R.RETRIEVE, value=-1) == [
        ("RETRIEVED", message(2)),
        ("RETRIEVED", message(3)),
        ("RETRIEVAL_COMPLETE", 0),
    ]


@pytest.mark.parametrize("fsnc", [5, 100, 126, 128, 4_000])
def test_5_7_2_of_q704_a_number_that_cannot_be_retrieves_nothing(fsnc: int) -> None:
    far = Far(N1=4).up()
    far.send(*(message(i) for i in range(6)))
    far.status(SIOS)
    far.heard()
    assert far.ask(R.RETRIEVE, value=fsnc) == [("RETRIEVAL_COMPLETE", 0)]
    assert far.link.queued == 0


def test_what_is_kept_is_dropped_when_the_link_is_in_service_again() -> None:
    far = Far().up()
    far.send(message(0))
    far.status(SIOS)
    far.align()
    far.unit(-1, -1)
    assert far.link.state == "in service"
    far.heard()
    assert far.ask(R.RETRIEVE, value=127) == [("RETRIEVAL_COMPLETE", 0)]
    assert far.ask(R.RETRIEVE_BSNT) == [("BSNT", 127)]
    assert numbers(far.send(message(1))) == [0]


def test_what_is_kept_is_retrieved_without_what_has_come_since() -> None:
    far = Far().up()
    far.send(message(0), message(1))
    far.status(SIOS)
    far.align()
    far.send(message(2))  # aligned ready: it is on the line
    far.link.request(R.MESSAGE, message(3), 0, far.now)
    far.heard()
    assert far.ask(R.RETRIEVE, value=0) == [("RETRIEVED", message(1)), ("RETRIEVAL_COMPLETE", 0)]
    far.unit(0, -1)
    assert far.link.state == "in service"
    assert far.link.queued == 1
    assert [unit[3:] for unit in far.pull() if len(unit) > 5] == [message(3)]


def test_retrieval_from_a_link_in_processor_outage_and_on_with_the_numbers() -> None:
    far = Far().up()
    far.send(message(0), message(1))
    far.status(SIPO)
    far.heard()
    assert far.ask(R.RETRIEVE, value=0) == [("RETRIEVED", message(1)), ("RETRIEVAL_COMPLETE", 0)]
    far.unit(0, -1)
    assert far.heard() == [("REMOTE_PROCESSOR_RECOVERED", 0)]
    far.ask(R.CONTINUE)
    assert numbers(far.send(message(2))) == [1]


# -- congestion of transmission, Q.704 §3.8 --------------------------------------------------------------------------


def test_3_8_levels_with_onset_and_abatement() -> None:
    thresholds = {"onset1": 10, "abate1": 5, "onset2": 20, "abate2": 15, "onset3": 30, "abate3": 25, "limit": 40}
    far = Far(**thresholds).up()
    levels: list[tuple[int, object]] = []
    for held in range(1, 46):
        far.link.request(R.MESSAGE, message(held), 0, far.now)
        for output in far.link.drain():
            if isinstance(output, LinkIndication):
                levels.append((held, output.value))
            else:
                assert isinstance(output, ManagementIndication)
                assert (held, output.code, output.cleared) == (41, "messages-discarded", False)
    assert levels == [(10, 1), (20, 2), (30, 3)]
    assert far.link.congestion == 3
    assert far.link.queued == 40
    far.pull()
    levels.clear()
    cleared = []
    for acknowledged in range(40):
        far.unit(acknowledged, -1)
        for output in far.link.drain():
            if isinstance(output, LinkIndication):
                levels.append((39 - acknowledged, output.value))
            else:
                cleared.append(output)
    assert levels == [(24, 2), (14, 1), (4, 0)]
    assert [(output.code, output.cleared) for output in cleared] == [("messages-discarded", True)]
    counters = far.link.counters
    assert counters["messages_discarded"] == 5
    assert counters["discard_events"] == 1
    assert [counters[f"congestion_onsets_{level}"] for level in (1, 2, 3)] == [1, 1, 1]


# -- starting, the line ----------------------------------------------------------------------------------------------


def test_7_an_lssu_that_came_before_the_start_is_not_forgotten() -> None:
    """The framer passes up a repeated LSSU no more, and the far end may have begun before us."""
    far = Far()
    far.ask(R.POWER_ON)
    far.status(SIN)
    far.status(SIN)
    far.ask(R.START)
    assert far.link.monitoring  # it is proving
    far.now += 8_200 * MS
    far.link.handle_timeout(far.now)
    assert far.link.state == "aligned ready"


def test_7_a_fisu_that_came_before_proving_ended_is_not_forgotten() -> None:
    far = Far()
    far.ask(R.POWER_ON)
    far.ask(R.START)
    far.status(SIO)
    far.status(SIN)
    far.unit(-1, -1)
    far.unit(-1, -1)
    far.now += 8_200 * MS
    far.link.handle_timeout(far.now)
    assert far.link.state == "in service"


@pytest.mark.parametrize("late_ms", [0, 1, 400, 1_900, 4_000])
def test_7_ends_that_start_at_different_times(late_ms: int) -> None:
    pair = Pair()
    for end in "ab":
        pair.ask(end, R.POWER_ON)
    pair.ask("a", R.START)
    pair.run(late_ms)
    pair.ask("b", R.START)
    pair.run(10_000)
    assert pair.a.state == pair.b.state == "in service"


def test_figure_8_marks_of_level_3_end_with_the_link() -> None:
    """Emergency and local processor outage are of one time in service."""
    far = Far().up()
    far.ask(R.EMERGENCY)
    far.ask(R.LOCAL_PROCESSOR_OUTAGE)
    far.ask(R.STOP)
    far.ask(R.START)
    far.pull()
    far.status(SIO)
    assert [unit[3] for unit in far.pull()] == [SIN]
    far.status(SIN)
    far.now += 8_200 * MS
    far.link.handle_timeout(far.now)
    assert far.link.state == "aligned ready"


def test_figure_9_a_far_end_that_begins_anew_is_proved_anew() -> None:
    far = Far()
    far.ask(R.POWER_ON)
    far.ask(R.START)
    for _ in range(3):
        far.status(SIO)
        far.status(SIN)
        for _ in range(4):  # of five that may be aborted
            far.link.receive_all([b"\0\0"] * 4, far.now)
            far.status(SIN)
        assert far.link.monitoring
        far.status(SIO)
        assert not far.link.monitoring
        assert far.link.next_deadline == far.now + 1_000 * MS  # T3
    assert far.link.state == "initial alignment"


def test_7_one_end_in_emergency_is_enough() -> None:
    pair = Pair()
    for end in "ab":
        pair.ask(end, R.POWER_ON)
    pair.ask("a", R.EMERGENCY)
    pair.ask("a", R.START)
    pair.ask("b", R.START)
    pair.run(1_000)
    assert pair.a.state == pair.b.state == "in service"


def test_the_line_fails_a_link_and_refuses_a_start() -> None:
    far = Far().up()
    far.link.line(False, far.now)
    assert far.heard() == [("OUT_OF_SERVICE", LinkFailure.LINE)]
    assert far.ask(R.START) == [("OUT_OF_SERVICE", LinkFailure.LINE)]
    assert far.link.state == "out of service"
    far.link.line(True, far.now)
    far.align()
    assert far.link.state == "aligned ready"
    assert far.link.counters["failures_line"] == 1


def test_the_line_of_a_link_that_is_not_wanted_is_nobodys_concern() -> None:
    far = Far()
    far.link.line(False, 0)
    far.ask(R.POWER_ON)
    far.link.line(True, 0)
    far.link.line(False, 0)
    assert far.heard() == []


def test_power_off_sends_nothing_and_hears_nothing() -> None:
    far = Far()
    far.status(SIO)
    far.unit(-1, 0, message(1))
    assert far.ask(R.START) == []
    assert far.ask(R.RETRIEVE_BSNT) == [("BSNT", -1)]
    assert far.ask(R.RETRIEVE) == [("RETRIEVAL_COMPLETE", 0)]
    assert far.link.next_signal_unit(0) is None
    assert not far.link.wants_line
    assert far.link.state == "power off"


def test_numbers_of_a_far_end_still_in_service_do_not_fail_an_alignment() -> None:
    far = Far()
    far.ask(R.POWER_ON)
    far.ask(R.START)
    for number in range(10):
        far.unit(number, number)
    assert far.heard() == []
    assert far.link.state == "initial alignment"


# -- measurements, Q.752 ---------------------------------------------------------------------------------------------


def test_q752_durations_and_counts() -> None:
    far = Far().up()
    names = {row.name for row in LINK_MEASUREMENTS}
    assert set(far.link.counters) == names
    up_at = far.now
    far.send(message(0, 30))
    far.unit(0, 0, message(1, 50))
    far.now += 2_000 * MS
    far.status(SIPO)
    far.now += 300 * MS
    counters = far.link.measurements(far.now)
    assert counters["in_service"] == 2_000
    assert counters["unavailable"] == up_at // MS + 300
    assert counters["unavailable_remote_outage"] == 300
    assert (counters["octets_sent"], counters["messages_sent"]) == (30, 1)
    assert (counters["octets_received"], counters["messages_received"]) == (50, 1)
    far.unit(0, 0)
    far.ask(R.CONTINUE)
    far.now += 1_000 * MS
    far.status(SIOS)
    far.now += 700 * MS
    counters = far.link.measurements(far.now)
    assert counters["in_service"] == 3_000
    assert counters["unavailable_failure"] == 700
    assert counters["failures"] == counters["failures_far_end"] == 1


def test_trace_tells_of_every_transition() -> None:
    rows: list[tuple[str, str, int, int, int, int]] = []
    link = Mtp2("a", trace=lambda *row: rows.append(row))
    link.request(R.POWER_ON, b"", 0, 5)
    link.request(R.START, b"", 0, 6)
    assert rows == [("LSC", "a", 0, 0, 1, 5), ("LSC", "a", 1, 1, 2, 6)]
