"""Circuit supervision of the ISDN user part: groups, blocking, reset, query, destinations, compatibility; what Q.784 does not ask for."""

from __future__ import annotations

from typing import Any

import pytest
from isup_pair import POINTS, SECOND, A, B, Pair

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7.circuit_primitives import Cause, Number, SetupRequest
from xunhu._ss7.isup import Isup
from xunhu._ss7.isup_codec import Message, decode, encode
from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_variants import VARIANTS
from xunhu._ss7.mtp_primitives import ManagementIndication, StatusCause, TransferIndication, TransferRequest
from xunhu.protocol.errors import LocalError

ITU = VARIANTS["ISUP-ITU"]
REQUEST = SetupRequest(Number("4006000998"))


def sent(part: Isup) -> list[Message]:
    return [decode(o.octets, part.variant) for o in part.drain() if isinstance(o, TransferRequest)]


def names(messages: list[Message]) -> list[tuple[str, int]]:
    return [(message.acronym, message.cic) for message in messages]


def one(circuits: Any = range(1, 32), **options: Any) -> Isup:
    """Point code 100 with circuits to 99."""
    part = Isup(100, **options)
    for cic in circuits:
        part.add_circuit(cic, 99, cic)
    return part


def hear(part: Isup, cic: int, kind: int, *parameters: tuple[int, bytes], now: int = 0) -> list[Message]:
    part.receive(TransferIndication(5, 99, 100, 0, 0, encode(cic, kind, parameters, part.variant)), now)
    return sent(part)


def ranged(content: bytes, kind: int | None = None) -> list[tuple[int, bytes]]:
    status = [(int(P.RANGE_AND_STATUS), content)]
    return status if kind is None else [(int(P.CIRCUIT_GROUP_SUPERVISION_MESSAGE_TYPE), bytes((kind,))), *status]


# -- groups ------------------------------------------------------------------------------------------------------------


def test_groups_are_cut_where_messages_end() -> None:
    """GRS wants CICs that follow each other; CGB has a status bit for each circuit, so that gaps may be between them."""
    part = one([*range(1, 16), *range(17, 32), 40, 200])
    everything = [info.circuit for info in part.circuits()]
    part.reset_request(everything, 0)
    assert [(n, c, m.get(P.RANGE_AND_STATUS)) for m in sent(part) for n, c in [(m.acronym, m.cic)]] == [
        ("GRS", 1, b"\x0e"),
        ("GRS", 17, b"\x0e"),
        ("RSC", 40, None),
        ("RSC", 200, None),
    ]
    part = one([*range(1, 16), *range(17, 32), 40, 200])
    part.block_request(everything, 0)
    messages = sent(part)
    assert names(messages) == [("CGB", 1), ("BLO", 40), ("BLO", 200)]
    assert messages[0].get(P.RANGE_AND_STATUS) == b"\x1e\xff\x7f\xff\x7f"


def test_a_group_of_one_has_no_range_of_zero() -> None:
    """Range 0 is reserved; for hardware failure there is no message of a single circuit."""
    part = one([7])
    part.block_request([7], 0, hardware=True)
    (message,) = sent(part)
    assert names([message]) == [("CGB", 7)]
    assert message.get(P.RANGE_AND_STATUS) == b"\x01\x01"
    hear(part, 7, M.CGBA, *ranged(b"\x01\x01", 1))
    assert part.circuit_state(7) == "blocked-local"
    assert part.next_deadline is None


def test_only_circuits_that_are_ours_are_acknowledged() -> None:
    part = one([1, 2, 4])
    (answer,) = hear(part, 1, M.CGB, *ranged(b"\x03\x0f", 0))
    assert (answer.acronym, answer.get(P.RANGE_AND_STATUS)) == ("CGBA", b"\x03\x0b")
    (answer,) = hear(part, 1, M.GRS, *ranged(b"\x03"))
    assert (answer.acronym, answer.get(P.RANGE_AND_STATUS)) == ("GRA", b"\x03\x00")
    assert {info.state for info in part.circuits()} == {"idle"}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (M.GRS, ranged(b"\x00")),
        (M.GRS, ranged(b"\x20")),
        (M.CGB, ranged(b"\x00\x01", 0)),
        (M.CGB, ranged(b"\x1e\x01", 0)),  # three octets of status are not there
        (M.CGB, ranged(b"\x3f" + b"\xff" * 8, 0)),  # more than 32 bits
        (M.CGB, ranged(b"\x01\x03", 2)),  # blocking for software, national
        (M.CGBA, ranged(b"\x01\x03", 0)),
        (M.GRA, ranged(b"\x01\x00")),
        (M.CQM, ranged(b"\x20")),
    ],
)
def test_abnormal_group_messages_change_nothing(kind: M, content: list[tuple[int, bytes]]) -> None:
    part = one()
    assert hear(part, 1, kind, *content) == [] or kind is M.CGBA
    assert {info.state for info in part.circuits()} == {"idle"} or kind is M.CGBA
    assert sum(part.counters.values()) >= 1


def test_a_wide_range_with_few_bits_is_taken() -> None:
    """Q.763 §3.43: the range of CGB may go to 255, with at most 32 bits set."""
    part = one(range(1, 101))
    status = bytearray(13)
    status[0], status[12] = 0x01, 0x08  # the first circuit and the last
    (answer,) = hear(part, 1, M.CGB, *ranged(bytes((99,)) + bytes(status), 0))
    assert answer.get(P.RANGE_AND_STATUS) == bytes((99,)) + bytes(status)
    assert [info.cic for info in part.circuits() if info.remotely_blocked] == [1, 100]


def test_answers_that_differ_from_the_question() -> None:
    part = one()
    part.block_request([1, 2, 3], 0)
    sent(part)
    hear(part, 1, M.CGBA, *ranged(b"\x01\x03", 0))  # another range: not the answer
    assert part.counters["abnormal CGBA"] == 1
    assert part.next_deadline is not None
    hear(part, 1, M.CGBA, *ranged(b"\x02\x05", 0))  # the second circuit is not acknowledged
    assert part.counters["circuit missing in CGBA"] == 1
    assert part.next_deadline is None
    assert [part.circuit_state(n) for n in (1, 2, 3, 4)] == ["blocked-local"] * 3 + ["idle"]


def test_newer_wishes_take_the_place_of_older_ones() -> None:
    """CGB to a far end that is silent, then other wishes for part of its circuits: the rest is still asked for."""
    pair = Pair(6)
    pair.cut = True
    a = pair.sides[A]
    a.block_request([1, 2, 3, 4], pair.now)
    a.unblock_request([1, 2], pair.now)
    a.block_request([1, 5], pair.now)
    pair.turn()
    pair.wait(50)
    pair.cut = False
    pair.wait(50)
    expected = [(("maintenance",) if n in (1, 3, 4, 5) else ()) for n in range(1, 7)]
    assert [info.locally_blocked for info in a.circuits()] == expected
    assert [info.remotely_blocked for info in pair.sides[B].circuits()] == expected
    assert a.next_deadline is None


def test_a_circuit_taken_away_leaves_no_other_waiting() -> None:
    part = one([1, 2, 3])
    part.reset_request([1, 2, 3], 0)
    part.remove_circuit(1)
    assert part.circuit_state(2) == "idle"
    assert part.next_deadline is None
    for circuit in (2, 3):
        part.remove_circuit(circuit)
    assert part.circuits() == []


# -- blocking and reset ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("blocker", [A, B])
def test_hardware_failure_ends_calls_at_both_sides_without_rel(blocker: int) -> None:
    pair = Pair()
    call, offered = pair.talk(REQUEST, 2)
    pair.sent.clear()
    pair.sides[blocker].block_request([1, 2], pair.now, hardware=True)
    pair.turn()
    assert [M(octets[2]).name for _, octets in pair.sent] == ["CGB", "CGBA"]
    for side, number in ((A, call), (B, offered)):
        told = pair.take(side, p.ReleaseIndication)
        assert (told.call, told.by_peer, told.again) == (number, side != blocker, False)
    assert pair.sides[blocker].circuits()[1].locally_blocked == ("hardware",)
    assert pair.sides[1 - blocker].circuits()[1].remotely_blocked == ("hardware",)
    pair.sides[blocker].unblock_request([1, 2], pair.now, hardware=True)
    pair.turn()
    assert all(info.state == "idle" for part in pair.sides for info in part.circuits())


def test_blocking_for_both_reasons_is_two_blockings() -> None:
    pair = Pair()
    a, b = pair.sides
    a.block_request([1], pair.now)
    a.block_request([1], pair.now, hardware=True)
    pair.turn()
    assert b.circuits()[0].remotely_blocked == ("maintenance", "hardware")
    b.block_request([1], pair.now)
    pair.turn()
    assert (a.circuit_state(1), b.circuit_state(1)) == ("blocked-both", "blocked-both")
    a.unblock_request([1], pair.now)
    b.unblock_request([1], pair.now)
    pair.turn()
    assert a.circuits()[0].locally_blocked == ("hardware",)
    a.unblock_request([1], pair.now, hardware=True)
    pair.turn()
    assert (a.circuit_state(1), b.circuit_state(1)) == ("idle", "idle")


def test_a_call_on_a_blocked_circuit_hears_of_the_blocking() -> None:
    """The far end has forgotten: BLO, or CGB, again; but test calls pass (Q.764 §2.8.2)."""
    for hardware, message in ((False, "BLO"), (True, "CGB")):
        part = one()
        part.block_request([3], 0, hardware)
        sent(part)
        if hardware:
            hear(part, 3, M.CGBA, *ranged(b"\x01\x01", 1))
        else:
            hear(part, 3, M.BLA)
        assert names(hear(part, 3, M.IAM, *iam())) == [(message, 3)]
        assert part.circuits()[2].call is None
        hear(part, 3, M.IAM, *iam(category=13))
        assert part.circuits()[2].call is not None


def iam(category: int = 10, medium: int = 0) -> list[tuple[int, bytes]]:
    return [
        (P.NATURE_OF_CONNECTION_INDICATORS, b"\x00"),
        (P.FORWARD_CALL_INDICATORS, b"\x60\x01"),
        (P.CALLING_PARTYS_CATEGORY, bytes((category,))),
        (P.TRANSMISSION_MEDIUM_REQUIREMENT, bytes((medium,))),
        (P.CALLED_PARTY_NUMBER, b"\x03\x10\x21\xf3"),
    ]


def test_test_calls_pass_remote_blocking() -> None:
    part = one()
    hear(part, 3, M.BLO)
    with pytest.raises(LocalError, match="blocked-remote"):
        part.setup_request(REQUEST, 3, 0)
    part.setup_request(SetupRequest(Number("1"), category=13), 3, 0)
    assert names(sent(part)) == [("IAM", 3)]


@pytest.mark.parametrize("resetter", [A, B])
def test_blocking_outlives_resets_of_either_side(resetter: int) -> None:
    """Single circuits and groups; what one side has blocked is known at the other when the reset is done."""
    for circuits in ([2], [1, 2, 3]):
        pair = Pair()
        pair.sides[A].block_request([2], pair.now)
        pair.sides[A].block_request([3], pair.now, hardware=True)
        pair.sides[B].block_request([2], pair.now)
        pair.turn()
        pair.sides[resetter].reset_request(circuits, pair.now)
        pair.turn()
        here, there = (part.circuits() for part in pair.sides)
        for one_side, other in ((here, there), (there, here)):
            assert [info.locally_blocked for info in one_side] == [info.remotely_blocked for info in other]
        assert [info.locally_blocked for info in here] == [(), ("maintenance",), ("hardware",), ()]
        assert there[1].locally_blocked == ("maintenance",)
        assert all(part.next_deadline is None for part in pair.sides)


def test_resets_meet() -> None:
    pair = Pair()
    for circuits in ([1], [1, 2, 3, 4]):
        for part in pair.sides:
            part.reset_request(circuits, pair.now)
        pair.turn()
        assert all(info.state == "idle" for part in pair.sides for info in part.circuits())
        assert all(part.next_deadline is None for part in pair.sides)


def test_a_reset_tries_the_call_elsewhere_only_before_the_first_answer() -> None:
    for answered in (False, True):
        part = one()
        call = part.setup_request(REQUEST, 1, 0)
        if answered:
            part.receive(TransferIndication(5, 99, 100, 0, 0, encode(1, M.ACM, [(P.BACKWARD_CALL_INDICATORS, b"\x16\x14")], ITU)), 0)
        part.drain()
        part.receive(TransferIndication(5, 99, 100, 0, 0, encode(1, M.RSC, [], ITU)), 0)
        told = next(o for o in part.drain() if isinstance(o, p.ReleaseIndication))
        assert (told.call, told.again, told.by_peer) == (call, not answered, True)


# -- circuits that are not there, query ----------------------------------------------------------------------------------


def test_unequipped_circuits() -> None:
    for ucic in (False, True):
        part = one([1], ucic=ucic)
        assert names(hear(part, 9, M.IAM, *iam())) == ([("UCIC", 9)] if ucic else [])
        assert hear(part, 9, M.UCIC) == []
        assert hear(part, 9, M.CFN, (P.CAUSE_INDICATORS, b"\x82\xe1")) == []
        assert part.counters["messages for unequipped circuits"] == 3


def test_reports_of_unequipped_circuits_do_not_pile_up() -> None:
    part = one([1])
    for cic in [*range(2, 4096)] * 2:
        part.receive(TransferIndication(5, 99, 100, 0, 0, encode(cic, M.RLC, [], ITU)), 0)
    assert len([o for o in part.drain() if isinstance(o, ManagementIndication)]) <= 256


def test_a_circuit_that_the_far_end_has_not_is_left_alone() -> None:
    part = one([1, 2])
    call = part.setup_request(REQUEST, 1, 0)
    part.drain()
    part.receive(TransferIndication(5, 99, 100, 0, 0, encode(1, M.UCIC, [], ITU)), 0)
    out = part.drain()
    told = next(o for o in out if isinstance(o, p.ReleaseIndication))
    assert (told.call, told.again) == (call, True)
    assert [o.code for o in out if isinstance(o, ManagementIndication)] == ["unequipped"]
    assert part.circuit_state(1) == "unavailable"
    with pytest.raises(LocalError):
        part.setup_request(REQUEST, 1, 0)
    part.reset_request([1], 0)
    part.drain()
    hear(part, 1, M.RLC)
    assert part.circuit_state(1) == "idle"


def test_query_says_how_circuits_are() -> None:
    """Q.763 §3.14: call in bits DC, maintenance below, hardware above; locally blocked is the lower bit of a pair."""
    part = one([1, 2, 3, 4, 5, 6])
    part.setup_request(REQUEST, 1, 0)
    hear(part, 2, M.IAM, *iam())
    part.block_request([3], 0)
    hear(part, 3, M.BLA)
    hear(part, 4, M.BLO)
    part.reset_request([5], 0)
    part.drain()
    hear(part, 6, M.CGB, *ranged(b"\x01\x01", 1))
    (answer,) = hear(part, 1, M.CQM, *ranged(b"\x07"))
    #                                                            transient (IAM sent), in, locally, remotely, reset, hardware, none, none
    assert answer.get(P.CIRCUIT_STATE_INDICATOR) == bytes((0x00, 0x04, 0x0D, 0x0E, 0x00, 0x2C, 0x03, 0x03))


def test_query_sets_right_what_differs() -> None:
    pair = Pair(6)
    a, b = pair.sides
    call, offered = pair.talk(REQUEST, 1)
    pair.cut = True
    # lost: all that A says about 2 to 4; B has forgotten its call on 1; A has forgotten that B blocks 5
    a.block_request([2], pair.now)
    a.unblock_request([2], pair.now)
    b.block_request([5], pair.now)
    pair.turn()
    for circuit, message in ((2, M.UBA),):
        a.receive(TransferIndication(5, POINTS[B], POINTS[A], 0, 0, encode(circuit, message, [], ITU)), pair.now)
    b.receive(TransferIndication(5, POINTS[A], POINTS[B], 0, 0, encode(2, M.BLO, [], ITU)), pair.now)
    b.receive(TransferIndication(5, POINTS[A], POINTS[B], 0, 0, encode(5, M.BLA, [], ITU)), pair.now)
    b.receive(TransferIndication(5, POINTS[A], POINTS[B], 0, 0, encode(1, M.RSC, [], ITU)), pair.now)
    pair.turn()
    pair.cut = False
    assert b.circuits()[1].remotely_blocked == ("maintenance",)
    assert a.circuits()[4].remotely_blocked == ()
    a.query_request(range(1, 7), pair.now)
    pair.turn()
    assert b.circuits()[1].remotely_blocked == ()
    assert a.circuits()[4].remotely_blocked == ("maintenance",)
    assert pair.take(A, p.ReleaseIndication).call == call
    assert pair.take(B, p.ReleaseIndication).call == offered
    assert (a.circuit_state(1), b.circuit_state(1)) == ("idle", "idle")


def test_query_is_not_of_every_variant() -> None:
    part = one(variant="ISUP-Q767")
    with pytest.raises(LocalError, match="CQM"):
        part.query_request([1, 2], 0)


# -- destinations ------------------------------------------------------------------------------------------------------


def test_pause_releases_calls_in_set_up_and_keeps_answered_ones() -> None:
    pair = Pair()
    a = pair.sides[A]
    up, offered = pair.talk(REQUEST, 1)
    setting_up = pair.setup(A, REQUEST, 2)
    pair.turn()
    coming = pair.take(B, p.SetupIndication).call
    pair.cut = True
    for side, part in enumerate(pair.sides):
        part.pause(POINTS[1 - side], pair.now)
    pair.turn()
    assert pair.take(A, p.ReleaseIndication).call == setting_up
    assert pair.take(B, p.ReleaseIndication).call == coming
    assert (pair.up(A), pair.up(B)) == ([up], [offered])
    assert (a.circuit_state(1), a.circuit_state(2), a.circuit_state(3)) == ("out", "out", "unavailable")
    assert not a.accessible(POINTS[B])
    with pytest.raises(LocalError, match="unavailable"):
        a.setup_request(REQUEST, 3, pair.now)
    pair.wait(600)
    pair.cut = False
    for side, part in enumerate(pair.sides):
        part.resume(POINTS[1 - side], pair.now)
    pair.wait(600)
    assert (a.circuit_state(1), a.circuit_state(2), a.circuit_state(3)) == ("out", "idle", "idle")
    pair.release_all()
    pair.respond()
    assert all(info.state == "idle" for part in pair.sides for info in part.circuits())
    assert all(part.next_deadline is None for part in pair.sides)


def test_a_pause_before_there_are_circuits_is_remembered() -> None:
    part = Isup(100)
    part.pause(99, 0)
    part.add_circuit(1, 99, 1)
    assert part.circuit_state(1) == "unavailable"
    part.resume(99, 0)
    assert part.circuit_state(1) == "idle"


def test_user_part_unavailable() -> None:
    """Q.764 §2.13.3: UPT each T4 until anything is heard; unequipped: no test."""
    part = one([1, 2])
    part.status(99, StatusCause.USER_UNAVAILABLE_UNKNOWN, 0, 0)
    assert names(sent(part)) == [("UPT", 1)]
    with pytest.raises(LocalError):
        part.setup_request(REQUEST, 1, 0)
    part.status(99, StatusCause.USER_INACCESSIBLE, 0, SECOND)
    assert sent(part) == []
    assert part.next_deadline is not None
    part.handle_timeout(part.next_deadline)
    assert names(sent(part)) == [("UPT", 1)]
    hear(part, 2, M.BLO)
    assert part.circuit_state(1) == "idle"
    assert part.next_deadline is None
    part.status(99, StatusCause.USER_UNEQUIPPED, 0, 0)
    assert part.circuit_state(1) == "unavailable"
    assert part.next_deadline is None
    hear(part, 9, M.UPA)  # the circuit does not matter
    assert part.circuit_state(1) == "idle"


def test_a_user_part_test_is_answered_whatever_circuit_it_names() -> None:
    part = one([1])
    for cic in (1, 77):
        assert names(hear(part, cic, M.UPT)) == [("UPA", cic)]


def test_priority_and_test_calls_are_not_held_back() -> None:
    part = one()
    now = 0
    for _ in range(20):
        part.status(99, StatusCause.CONGESTED, 1, now)
        now += SECOND
        part.handle_timeout(now)
    held = 0
    for cic in range(1, 9):
        try:
            part.setup_request(REQUEST, cic, now)
        except LocalError:
            held += 1
    assert held == 7  # of eight: never all
    for cic in range(10, 20):
        part.setup_request(SetupRequest(Number("1"), category=11), cic, now)


def test_own_congestion_is_told_and_calls_are_refused() -> None:
    part = one()
    part.congestion_request(1)
    kinds = [hear(part, cic, M.IAM, *iam()) for cic in range(1, 9)]
    assert [names(messages) for messages in kinds] == [[("REL", cic)] if cic % 2 == 0 else [] for cic in range(1, 9)]
    assert kinds[1][0].get(P.AUTOMATIC_CONGESTION_LEVEL) == b"\x01"
    assert hear(part, 10, M.IAM, *iam(category=11)) == []
    part.congestion_request(0)
    assert hear(part, 12, M.IAM, *iam()) == []
    with pytest.raises(LocalError):
        part.congestion_request(3)


# -- compatibility -----------------------------------------------------------------------------------------------------


def test_an_iam_with_a_parameter_that_wants_release_is_refused() -> None:
    part = one()
    strange = [(0xEE, b"\x01"), (P.PARAMETER_COMPATIBILITY_INFORMATION, b"\xee\x83")]
    (rel,) = hear(part, 4, M.IAM, *iam(), *strange)
    assert rel.acronym == "REL"
    assert rel.get(P.CAUSE_INDICATORS) == b"\x82\xe3\xee"
    hear(part, 4, M.RLC)
    assert part.circuit_state(4) == "idle"


def test_parameters_not_known_are_dropped_or_passed_on() -> None:
    for exchange in "AB":
        part = one(exchange=exchange)
        strange = [(0xEE, b"\x01"), (0xED, b"\x02"), (P.PARAMETER_COMPATIBILITY_INFORMATION, b"\xee\xc0\xed\x91")]
        part.receive(TransferIndication(5, 99, 100, 0, 0, encode(4, M.IAM, iam() + strange, ITU)), 0)
        setup = next(o for o in part.drain() if isinstance(o, p.SetupIndication))
        assert exchange == "A" or setup.parameters == ((0xEE, b"\x01"),)
        assert exchange == "B" or setup.parameters == ()


def test_confusion_and_late_information_do_no_harm() -> None:
    part = one()
    for kind in (M.CFN, M.FAC, M.CRG, M.USR):
        content = {M.CFN: [(P.CAUSE_INDICATORS, b"\x82\xe1")], M.USR: [(P.USER_TO_USER_INFORMATION, b"\x04")]}.get(kind, [])
        assert hear(part, 1, kind, *content) == []
    assert part.circuit_state(1) == "idle"


# -- continuity --------------------------------------------------------------------------------------------------------


def test_a_check_between_two() -> None:
    for good in (True, False):
        pair = Pair()
        pair.line_good = good
        call = pair.setup(A, SetupRequest(Number("1"), continuity=True), 2)
        pair.turn()
        setup = pair.take(B, p.SetupIndication)
        assert setup.continuity
        if good:
            assert pair.take(B, p.ContinuityReport).call == setup.call
            pair.sides[B].answer_request(setup.call, pair.now)
            pair.turn()
            assert pair.take(A, p.AnswerIndication).call == call
            continue
        with pytest.raises(LocalError, match="check"):
            pair.sides[B].address_complete_request(setup.call, True, False, pair.now)
        pair.wait(3)
        told = pair.take(A, p.ReleaseIndication)
        assert (told.call, told.again) == (call, True)
        assert pair.take(B, p.ReleaseIndication).call == setup.call
        assert (pair.sides[A].circuit_state(2), pair.sides[B].circuit_state(2)) == ("test", "test")
        pair.wait(600)
        pair.line_good = True
        pair.wait(600)
        assert (pair.sides[A].circuit_state(2), pair.sides[B].circuit_state(2)) == ("idle", "idle")
        assert all(part.next_deadline is None for part in pair.sides)


def test_checks_of_both_sides_meet() -> None:
    pair = Pair()
    for part in pair.sides:
        part.continuity_request(2, pair.now)
    pair.turn()
    pair.wait(10)
    assert all(info.state == "idle" for part in pair.sides for info in part.circuits())


def test_acm_before_cot_resets() -> None:
    part = one()
    call = part.setup_request(SetupRequest(Number("1"), continuity=True), 1, 0)
    part.drain()
    part.receive(TransferIndication(5, 99, 100, 0, 0, encode(1, M.ACM, [(P.BACKWARD_CALL_INDICATORS, b"\x16\x14")], ITU)), 0)
    out = part.drain()
    told = next(o for o in out if isinstance(o, p.ReleaseIndication))
    assert (told.call, told.again) == (call, True)
    assert [o.octets[2] for o in out if isinstance(o, TransferRequest)] == [M.RSC]
    assert [o.action.name for o in out if isinstance(o, p.ContinuityRequest)] == ["UNTONE"]


def test_an_alarm_ends_when_its_reason_does() -> None:
    """T17 runs out, RLC comes at last: the alarm is cleared, once."""
    part = one()
    part.reset_request([1], 0)
    now = 0
    while part.counters.get("T17", 0) < 2:
        assert part.next_deadline is not None
        now = part.next_deadline
        part.handle_timeout(now)
    raised = [o for o in part.drain() if isinstance(o, ManagementIndication)]
    part.receive(TransferIndication(5, 99, 100, 0, 0, encode(1, M.RLC, [], ITU)), now)
    cleared = [o for o in part.drain() if isinstance(o, ManagementIndication)]
    assert [(o.code, o.cleared) for o in raised] == [("T17", False)] * 2
    assert [(o.code, o.subject, o.cleared) for o in cleared] == [("T17", raised[0].subject, True)]
    assert part.next_deadline is None
    call = part.setup_request(REQUEST, 1, now)
    part.release_request(call, Cause(16), now)


def test_a_segment_behind_a_message_whose_parts_lie_oddly() -> None:
    """Parts of an IAM may stand behind its optional part; joined with its segment it must not become a message that cannot be read."""
    part = one([5])
    iam, segment = "05000100 2001 0a 00 06010801 04 00 03 0310 21", "05003801 20020441 00"
    for octets in (iam, segment):
        part.receive(TransferIndication(5, 99, 100, 5, 0, bytes.fromhex(octets.replace(" ", ""))), 0)
    (setup,) = [output for output in part.drain() if isinstance(output, p.SetupIndication)]
    assert setup.circuit == 5
    part.release_request(setup.call, Cause(16), 1)
    assert names(sent(part)) == [("REL", 5)]
