"""Timers of the ISDN user part: each runs as long as it is told to, within its range, and stops when what it waits for comes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from xunhu._ss7.circuit_primitives import Cause, Number, SetupRequest
from xunhu._ss7.isup import Isup
from xunhu._ss7.isup_codec import encode
from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_variants import VARIANTS
from xunhu._ss7.mtp_primitives import StatusCause, TransferIndication
from xunhu.protocol.errors import LocalError

MS = 1_000_000
REQUEST = SetupRequest(Number("1234"))
BCI = (P.BACKWARD_CALL_INDICATORS, b"\x16\x14")
NETWORK = (P.SUSPEND_RESUME_INDICATORS, b"\x01")
USER = (P.SUSPEND_RESUME_INDICATORS, b"\x00")


def hear(part: Isup, kind: M, *parameters: tuple[int, bytes]) -> None:
    part.receive(TransferIndication(5, 99, 100, 0, 0, encode(1, kind, parameters, part.variant)), 0)


def iam(check: int = 0, complete: bool = True, more: tuple[tuple[int, bytes], ...] = ()) -> list[tuple[int, bytes]]:
    return [
        (P.NATURE_OF_CONNECTION_INDICATORS, bytes((check << 2,))),
        (P.FORWARD_CALL_INDICATORS, b"\x60\x01"),
        (P.CALLING_PARTYS_CATEGORY, b"\x0a"),
        (P.TRANSMISSION_MEDIUM_REQUIREMENT, b"\x00"),
        (P.CALLED_PARTY_NUMBER, b"\x03\x10\x21\xf3" if complete else b"\x03\x10\x21\x43"),
        *more,
    ]


def out(part: Isup) -> int:
    return part.setup_request(REQUEST, 1, 0)


def answered(part: Isup) -> int:
    call = out(part)
    hear(part, M.ACM, BCI)
    hear(part, M.ANM)
    return call


def coming(part: Isup) -> None:
    hear(part, M.IAM, *iam())


def group(part: Isup, answer: M | None, unblock: bool = False) -> None:
    part.block_request([1, 2], 0)
    if unblock:
        hear(part, M.CGBA, (P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE, b"\0"), (P.RANGE_AND_STATUS, b"\x01\x03"))
        part.unblock_request([1, 2], 0)
    if answer is not None:
        hear(part, answer, (P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE, b"\0"), (P.RANGE_AND_STATUS, b"\x01\x03"))


def reset_group(part: Isup) -> None:
    part.reset_request([1, 2], 0)


Step = Callable[[Isup], object]

# timer, options, what starts it, what stops it
CASES: list[tuple[str, dict[str, bool], Step, Step]] = [
    ("T1", {}, lambda i: i.release_request(answered(i), Cause(16), 0), lambda i: hear(i, M.RLC)),
    ("T2", {}, lambda i: (answered(i), hear(i, M.SUS, USER)), lambda i: hear(i, M.RES, USER)),
    ("T3", {}, lambda i: (out(i), hear(i, M.OLM)), lambda i: hear(i, M.REL, (P.CAUSE_INDICATORS, b"\x82\x90"))),
    ("T4", {}, lambda i: i.status(99, StatusCause.USER_INACCESSIBLE, 0, 0), lambda i: hear(i, M.UPA)),
    ("T5", {}, lambda i: i.release_request(answered(i), Cause(16), 0), lambda i: hear(i, M.RLC)),
    ("T6", {}, lambda i: (answered(i), hear(i, M.SUS, NETWORK)), lambda i: hear(i, M.RES, NETWORK)),
    ("T7", {}, out, lambda i: hear(i, M.CON, BCI)),
    ("T8", {}, lambda i: hear(i, M.IAM, *iam(2)), lambda i: hear(i, M.COT, (P.CONTINUITY_INDICATORS, b"\x01"))),
    ("T9", {}, lambda i: (out(i), hear(i, M.ACM, BCI)), lambda i: hear(i, M.ANM)),
    ("T10", {"interworking": True}, lambda i: hear(i, M.IAM, *iam(complete=False)), lambda i: i.answer_request(1, 0)),
    ("T11", {"interworking": True}, coming, lambda i: i.address_complete_request(1, True, False, 0)),
    ("T12", {}, lambda i: i.block_request([1], 0), lambda i: hear(i, M.BLA)),
    ("T13", {}, lambda i: i.block_request([1], 0), lambda i: hear(i, M.BLA)),
    ("T14", {}, lambda i: (i.block_request([1], 0), i.unblock_request([1], 0)), lambda i: hear(i, M.UBA)),
    ("T15", {}, lambda i: (i.block_request([1], 0), i.unblock_request([1], 0)), lambda i: hear(i, M.UBA)),
    ("T16", {}, lambda i: i.reset_request([1], 0), lambda i: hear(i, M.RLC)),
    ("T17", {}, lambda i: i.reset_request([1], 0), lambda i: hear(i, M.RLC)),
    ("T18", {}, lambda i: group(i, None), lambda i: group(i, M.CGBA)),
    ("T19", {}, lambda i: group(i, None), lambda i: group(i, M.CGBA)),
    ("T20", {}, lambda i: group(i, None, True), lambda i: group(i, M.CGUA, True)),
    ("T21", {}, lambda i: group(i, None, True), lambda i: group(i, M.CGUA, True)),
    ("T22", {}, reset_group, lambda i: hear(i, M.GRA, (P.RANGE_AND_STATUS, b"\x01\0"))),
    ("T23", {}, reset_group, lambda i: hear(i, M.GRA, (P.RANGE_AND_STATUS, b"\x01\0"))),
    ("T24", {}, lambda i: i.continuity_request(1, 0), lambda i: (i.continuity_detected(1, True, 0), hear(i, M.RLC))),
    (
        "T25",
        {},
        lambda i: (i.setup_request(SetupRequest(Number("1"), continuity=True), 1, 0), i.continuity_detected(1, False, 0)),
        lambda i: hear(i, M.REL, (P.CAUSE_INDICATORS, b"\x82\x90")),
    ),
    (
        "T26",
        {},
        lambda i: (i.continuity_request(1, 0), i.continuity_detected(1, False, 0)),
        lambda i: hear(i, M.REL, (P.CAUSE_INDICATORS, b"\x82\x90")),
    ),
    (
        "T27",
        {},
        lambda i: (hear(i, M.CCR), hear(i, M.COT, (P.CONTINUITY_INDICATORS, b"\0"))),
        lambda i: hear(i, M.REL, (P.CAUSE_INDICATORS, b"\x82\x90")),
    ),
    (
        "T28",
        {},
        lambda i: i.query_request([1, 2], 0),
        lambda i: hear(i, M.CQR, (P.RANGE_AND_STATUS, b"\x01"), (P.CIRCUIT_STATE_INDICATOR, b"\x0c\x0c")),
    ),
    ("T33", {}, lambda i: (coming(i), i.enquiry_request(1, 0)), lambda i: hear(i, M.INF, (P.INFORMATION_INDICATORS, b"\0\0"))),
    (
        "T34",
        {},
        lambda i: hear(i, M.IAM, *iam(more=((P.OPTIONAL_FORWARD_CALL_INDICATORS, b"\x04"),))),
        lambda i: hear(i, M.SGM, (P.USER_TO_USER_INFORMATION, b"\x04")),
    ),
    ("T35", {}, lambda i: hear(i, M.IAM, *iam(complete=False)), lambda i: hear(i, M.SAM, (P.SUBSEQUENT_NUMBER, b"\x80\x0f"))),
    ("T36", {}, lambda i: hear(i, M.CCR), lambda i: hear(i, M.COT, (P.CONTINUITY_INDICATORS, b"\x01"))),
    ("T38", {"international": True}, lambda i: (answered(i), hear(i, M.SUS, NETWORK)), lambda i: hear(i, M.RES, NETWORK)),
]
REPEATERS = {"T5": "T1", "T13": "T12", "T15": "T14", "T17": "T16", "T19": "T18", "T21": "T20", "T23": "T22"}


def part_with(name: str, value: int | None, options: dict[str, bool], variant: str = "ISUP-ITU") -> Isup:
    part = Isup(100, variant, timers_ms={} if value is None else {name: value}, **options)  # type: ignore[arg-type]
    for cic in (1, 2):
        part.add_circuit(cic, 99, cic)
    return part


def runs_out(part: Isup, name: str) -> int:
    """When the timer runs out that has been started; the shorter one beside it goes on repeating until then."""
    now = 0
    sent = part.sent
    while True:
        assert part.next_deadline is not None, f"{name} does not run"
        now = part.next_deadline
        part.handle_timeout(now)
        if name not in REPEATERS or part.counters.get(name, 0):
            assert part.sent > sent or part.drain(), f"{name} runs out, and nothing happens"
            return now


@pytest.mark.parametrize(("name", "options", "start", "stop"), CASES, ids=[case[0] for case in CASES])
def test_it_lasts_as_long_as_it_is_told_to(name: str, options: dict[str, bool], start: Step, stop: Step) -> None:
    row = VARIANTS["ISUP-ITU"].timers[name]
    for value in {row.minimum_ms or 500, row.default_ms, row.maximum_ms or row.default_ms}:
        part = part_with(name, value, options)
        start(part)
        part.drain()
        assert runs_out(part, name) == value * MS


@pytest.mark.parametrize(("name", "options", "start", "stop"), CASES, ids=[case[0] for case in CASES])
def test_it_stops_when_what_it_waits_for_comes(name: str, options: dict[str, bool], start: Step, stop: Step) -> None:
    part = part_with(name, None, options)
    start(part)
    before = part.next_deadline
    stop(part)
    for running in (name, REPEATERS.get(name, name)):
        assert running not in part.running_timers(1)
    if name not in ("T9", "T34"):  # after which nothing else runs
        assert part.next_deadline is None or part.next_deadline != before


def test_out_of_range_is_refused() -> None:
    for row in VARIANTS["ISUP-ITU"].timers.values():
        if row.maximum_ms is not None:
            with pytest.raises(LocalError, match=row.name):
                part_with(row.name, row.maximum_ms + 1, {})
        with pytest.raises(LocalError, match=row.name):
            part_with(row.name, (row.minimum_ms or 1) - 1, {})


def test_the_international_interface_repeats_faster() -> None:
    """Q.767 Annex C: 4 to 15 s, and after a minute the other way."""
    part = part_with("T1", None, {}, "ISUP-Q767")
    part.reset_request([1], 0)
    assert part.next_deadline == 15_000 * MS
    part.handle_timeout(60_000 * MS)
    assert part.counters["T17"] == 1
    assert part.next_deadline == 120_000 * MS


def test_congestion_timers() -> None:
    """T29 and T30 run for a destination, not a circuit."""
    part = part_with("T29", 300, {})
    part.status(99, StatusCause.CONGESTED, 1, 0)
    assert part.next_deadline == 300 * MS
    part.handle_timeout(300 * MS)
    assert part.next_deadline == VARIANTS["ISUP-ITU"].timers["T30"].default_ms * MS
    part.handle_timeout(part.next_deadline)
    assert part.next_deadline is None


def test_digits_start_t35_anew() -> None:
    part = part_with("T35", None, {})
    hear(part, M.IAM, *iam(complete=False))
    first = part.next_deadline
    assert first is not None
    octets = encode(1, M.SAM, ((P.SUBSEQUENT_NUMBER, b"\x00\x11"),), part.variant)
    part.receive(TransferIndication(5, 99, 100, 0, 0, octets), 5_000 * MS)
    assert part.next_deadline == first + 5_000 * MS
