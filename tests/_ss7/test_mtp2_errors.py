"""Error rate monitors through the public interface: SUERM (Q.703 §10.2), AERM (§10.3), EIM (Annex A)."""

from __future__ import annotations

import pytest
from mtp2_pair import MS, Pair

from xunhu._ss7.mtp2 import Mtp2
from xunhu._ss7.mtp2_units import SIE, SIN, SIO, basic_unit, extended_unit
from xunhu._ss7.mtp_primitives import LinkFailure, LinkIndication, LinkIndicationKind, LinkRequestKind

ERRORED_AT_ONCE = b"\0\0"


def lssu(link: Mtp2, status: int, now: int) -> None:
    make, last = (extended_unit, 4095) if link.rate == "2M" else (basic_unit, 127)
    link.receive(make(last, 1, last, 1, bytes((status,))), now)


def fisu(link: Mtp2, now: int) -> None:
    make, last = (extended_unit, 4095) if link.rate == "2M" else (basic_unit, 127)
    link.receive(make(last, 1, last, 1, b""), now)


def proving(rate: str = "64k", emergency: bool = False, **parameters: int) -> Mtp2:
    """A link that has begun to prove at time 0."""
    link = Mtp2("a", rate=rate, parameters=parameters)
    link.request(LinkRequestKind.POWER_ON, b"", 0, 0)
    link.request(LinkRequestKind.START, b"", 0, 0)
    lssu(link, SIO, 0)
    lssu(link, SIE if emergency else SIN, 0)
    assert link.monitoring
    return link


def in_service(rate: str = "64k", **parameters: int) -> tuple[Mtp2, int]:
    link = proving(rate, True, **parameters)
    now = 500 * MS
    link.handle_timeout(now)
    fisu(link, now)
    assert link.state == "in service"
    assert link.next_deadline is None
    link.drain()
    return link, now


def failure(link: Mtp2) -> int | None:
    """Why the link has just failed."""
    for output in link.drain():
        if isinstance(output, LinkIndication) and output.kind == LinkIndicationKind.OUT_OF_SERVICE:
            return output.value
    return None


# -- SUERM -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate", "threshold"), [("64k", 64), ("4k8", 32)])
def test_10_2_2_t_errored_units_in_a_row_fail_the_link(rate: str, threshold: int) -> None:
    if rate == "64k":
        link, now = in_service()
    else:
        link = proving("4k8", True)
        now = 7_000 * MS
        link.handle_timeout(now)
        fisu(link, now)
        link.drain()
    link.receive_all([ERRORED_AT_ONCE] * (threshold - 1), now)
    assert link.state == "in service"
    link.receive_all([ERRORED_AT_ONCE], now)
    assert link.state == "out of service"
    assert failure(link) == LinkFailure.ERROR_RATE
    assert link.counters["errored_units"] == threshold
    assert link.counters["failures_error_rate"] == link.counters["failures"] == 1
    assert not link.monitoring


def test_10_2_2_one_error_is_forgotten_for_each_256_units() -> None:
    link, now = in_service()
    link.receive_all([ERRORED_AT_ONCE] * 63, now)
    # 63 units are counted; 193 more are one of D
    link.receive_all([(192).to_bytes(2, "big")], now)
    assert failure(link) == LinkFailure.ERROR_RATE
    link, now = in_service()
    link.receive_all([ERRORED_AT_ONCE] * 63, now)
    link.receive_all([(193).to_bytes(2, "big")], now)
    assert link.state == "in service"


def test_10_2_2_a_long_time_without_errors_forgets_all() -> None:
    link, now = in_service()
    link.receive_all([ERRORED_AT_ONCE] * 60, now)
    link.receive_all([(60 * 256).to_bytes(2, "big")], now)  # none left, now 1
    link.receive_all([ERRORED_AT_ONCE] * 62, now)
    assert link.state == "in service"
    link.receive_all([ERRORED_AT_ONCE], now)
    assert link.state == "out of service"


@pytest.mark.parametrize(("good", "stays"), [(255, True), (200, False)])
def test_10_2_2_rate_of_one_in_256_is_the_limit(good: int, stays: bool) -> None:
    link, now = in_service()
    link.receive_all([good.to_bytes(2, "big")] * 2_000, now)
    assert (link.state == "in service") is stays


# -- AERM ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("emergency", [False, True])
def test_10_3_proving_periods_are_given_up_after_m(emergency: bool) -> None:
    link = proving(emergency=emergency)
    errors = 1 if emergency else 4
    for period in range(5):
        assert link.state == "initial alignment", period
        link.receive_all([ERRORED_AT_ONCE] * errors, 100 * MS)
        lssu(link, SIN, 100 * MS)  # a unit without error: the next period begins
    assert failure(link) == LinkFailure.ALIGNMENT_NOT_POSSIBLE
    assert link.counters["alignment_failures"] == 1
    assert link.counters["failures"] == 0


def test_10_3_a_new_period_begins_with_the_first_unit_without_error() -> None:
    link = proving()
    link.receive_all([ERRORED_AT_ONCE] * 4, 2_000 * MS)
    lssu(link, SIN, 3_000 * MS)
    assert link.next_deadline == (3_000 + 8_200) * MS


def test_10_3_a_count_of_good_units_begins_a_new_period_too() -> None:
    """The framer passes up a repeated LSSU no more; it says how many came when the next error does."""
    link = proving()
    link.receive_all([ERRORED_AT_ONCE] * 4, 2_000 * MS)
    link.receive_all([b"\0\x05"], 3_000 * MS)
    assert link.next_deadline == (3_000 + 8_200) * MS


def test_10_3_without_any_report_the_period_is_repeated_at_its_end() -> None:
    """Figure 9 (sheet 5): T4 with further proving marked."""
    link = proving()
    link.receive_all([ERRORED_AT_ONCE] * 4, 2_000 * MS)
    assert link.next_deadline == 8_200 * MS
    link.handle_timeout(8_200 * MS)
    assert link.state == "initial alignment"
    assert link.next_deadline == 2 * 8_200 * MS
    link.handle_timeout(2 * 8_200 * MS)
    assert link.state == "aligned ready"


def test_10_3_errors_below_the_threshold_do_not_count_in_the_next_period() -> None:
    link = proving()
    link.receive_all([ERRORED_AT_ONCE] * 4, 100 * MS)
    lssu(link, SIN, 200 * MS)
    link.receive_all([ERRORED_AT_ONCE] * 3, 300 * MS)
    link.handle_timeout(8_400 * MS)
    assert link.state == "aligned ready"


# -- EIM -------------------------------------------------------------------------------------------------------------


def test_annex_a_five_errored_intervals_in_a_row_fail_the_link() -> None:
    """Te = 793,544 is 8 more than four times Ue."""
    link, now = in_service("2M")
    for interval in range(5):
        at = now + interval * 100 * MS
        link.receive_all([ERRORED_AT_ONCE] * 300, at + 10 * MS)  # one or many
        assert link.next_deadline == at + 100 * MS
        assert link.state == "in service"
        link.handle_timeout(at + 100 * MS)
        assert link.next_deadline is None
    assert failure(link) == LinkFailure.ERROR_RATE


def test_annex_a_intervals_without_errors_are_not_timed_but_counted() -> None:
    link, now = in_service("2M")

    def errored_interval(number: int) -> None:
        link.receive_all([ERRORED_AT_ONCE], now + number * 100 * MS + 50 * MS)
        link.handle_timeout(now + (number + 1) * 100 * MS)

    for number in range(4):
        errored_interval(number)
    # one without: 11,328 off, more than the 8 that were missing
    errored_interval(5)
    assert failure(link) == LinkFailure.ERROR_RATE
    link, now = in_service("2M")
    for number in range(4):
        errored_interval(number)
    # eighteen without take more off than the one before had put in
    errored_interval(4 + 18)
    assert link.state == "in service"
    assert link.next_deadline is None


@pytest.mark.parametrize(("every", "stays"), [(19, True), (18, False)])
def test_annex_a_the_limit_of_a_steady_rate(every: int, stays: bool) -> None:
    """One errored interval for 17.5 without errors leaves the bucket as it is."""
    link, now = in_service("2M")
    for turn in range(4_000):
        at = now + turn * every * 100 * MS
        link.receive_all([ERRORED_AT_ONCE], at + 1)
        link.handle_timeout(at + 100 * MS)
        if link.state != "in service":
            break
    assert (link.state == "in service") is stays


def test_annex_a_an_error_of_the_next_interval_reported_late() -> None:
    """handle_timeout has not been called yet when the report comes."""
    link, now = in_service("2M")
    for interval in range(5):
        link.receive_all([ERRORED_AT_ONCE], now + interval * 100 * MS + 1)
    assert link.state == "in service"
    link.receive_all([ERRORED_AT_ONCE], now + 500 * MS + 1)
    assert failure(link) == LinkFailure.ERROR_RATE


@pytest.mark.parametrize("rate", ["64k", "2M"])
def test_reports_while_nobody_asks_mean_nothing(rate: str) -> None:
    link = Mtp2("a", rate=rate)
    link.receive_all([ERRORED_AT_ONCE] * 1_000, 0)
    link.request(LinkRequestKind.POWER_ON, b"", 0, 0)
    link.receive_all([ERRORED_AT_ONCE] * 1_000, 0)
    assert not link.monitoring
    assert link.drain() == []
    assert link.counters["errored_units"] == 0


def test_errors_of_one_way_fail_the_receiver_and_then_the_sender() -> None:
    fates = {"bad": 0}
    pair = Pair(fate_a=lambda n: 2 if fates["bad"] else 0).up()
    fates["bad"] = 1
    for number in range(200):
        pair.send("a", bytes((5, number, 0)))
        pair.run(20)
    assert ("OUT_OF_SERVICE", LinkFailure.ERROR_RATE) in pair.heard("b")
    assert ("OUT_OF_SERVICE", LinkFailure.SIOS_RECEIVED) in pair.heard("a")
