"""Calls of the ISDN user part between two of them, through the public interface; what Q.784 does not ask for."""

from __future__ import annotations

from typing import Any

import pytest
from isup_pair import POINTS, SECOND, A, B, Pair, indication

from xunhu._ss7 import circuit_primitives as p
from xunhu._ss7.circuit_primitives import Cause, CircuitUserPart, Number, SetupRequest
from xunhu._ss7.isup import Isup
from xunhu._ss7.isup_codec import decode, encode
from xunhu._ss7.isup_names import MessageType as M
from xunhu._ss7.isup_names import ParameterCode as P
from xunhu._ss7.isup_variants import VARIANTS
from xunhu._ss7.mtp_primitives import TransferIndication, TransferRequest
from xunhu.protocol.errors import LocalError

VARIANT_NAMES = ("ISUP-ITU", "ISUP-ITU-1997", "ISUP-CHINA", "ISUP-Q767")
REQUEST = SetupRequest(Number("4006000998"), Number("13800138000", 3, 1, 0, 1))


def types(pair: Pair) -> list[tuple[int, str]]:
    return [(side, M(octets[2]).name) for side, octets in pair.sent]


def quiet(pair: Pair) -> None:
    """Nothing stands and nothing runs."""
    for side, part in enumerate(pair.sides):
        assert {info.state for info in part.circuits()} == {"idle"}
        assert part.next_deadline is None
        assert pair.begun[side] == pair.ended[side]


def test_it_is_a_user_part() -> None:
    part: CircuitUserPart = Isup(1)
    assert part.circuits() == []


@pytest.mark.parametrize("variant", VARIANT_NAMES)
def test_a_whole_call(variant: str) -> None:
    pair = Pair(variant=variant)
    call = pair.setup(A, REQUEST, 2)
    pair.turn()
    setup = pair.take(B, p.SetupIndication)
    assert (setup.circuit, setup.called.digits, setup.complete, setup.category, setup.medium) == (2, "4006000998", True, 10, 0)
    assert setup.calling == REQUEST.calling
    assert (pair.sides[A].circuit_state(2), pair.sides[B].circuit_state(2)) == ("out", "in")
    pair.sides[B].address_complete_request(setup.call, True, False, pair.now)
    pair.turn()
    assert pair.take(A, p.AddressCompleteIndication) == p.AddressCompleteIndication(call, True, False, 2)
    pair.sides[B].answer_request(setup.call, pair.now)
    pair.turn()
    assert pair.take(A, p.AnswerIndication) == p.AnswerIndication(call, None, None, False)
    pair.sides[A].release_request(call, Cause(16), pair.now)
    pair.turn()
    assert pair.take(B, p.DisconnectIndication) == p.DisconnectIndication(setup.call, Cause(16))
    assert not [e for e in pair.events[A] if isinstance(e, p.ReleaseIndication)], "before RLC"
    pair.sides[B].release_request(setup.call, Cause(16), pair.now)
    pair.turn()
    assert pair.take(B, p.ReleaseIndication) == p.ReleaseIndication(setup.call, 2, Cause(16), True, False)
    assert pair.take(A, p.ReleaseIndication) == p.ReleaseIndication(call, 2, Cause(16), False, False)
    assert types(pair) == [(A, "IAM"), (B, "ACM"), (B, "ANM"), (A, "REL"), (B, "RLC")]
    quiet(pair)


def test_the_signalling_link_selection_is_the_lowest_bits_of_the_cic() -> None:
    """Q.704 §2.2.4: all messages of a circuit take one way."""
    part = Isup(5)
    part.add_circuit(1, 9, 0x7B3)
    part.setup_request(REQUEST, 1, 0)
    sent = part.drain()[0]
    assert isinstance(sent, TransferRequest)
    assert (sent.service, sent.opc, sent.dpc, sent.sls, sent.octets[:2]) == (5, 5, 9, 3, b"\xb3\x07")


def test_answer_without_alerting() -> None:
    for answer, expected in (("ACM+ANM", ["IAM", "ACM", "ANM"]), ("CON", ["IAM", "CON"])):
        pair = Pair(answer=answer)
        pair.setup(A, REQUEST, 1)
        pair.turn()
        pair.sides[B].answer_request(pair.take(B, p.SetupIndication).call, pair.now, charge=False)
        pair.turn()
        assert [name for _, name in types(pair)] == expected
        told = pair.take(A, p.AnswerIndication)
        assert told.direct == (answer == "CON")
        if told.direct:
            assert told.charge == 1  # no charge
        else:
            assert pair.take(A, p.AddressCompleteIndication).charge == 1


def test_anm_speaks_of_charging_only_when_it_differs() -> None:
    pair = Pair()
    pair.setup(A, REQUEST, 1)
    pair.turn()
    call = pair.take(B, p.SetupIndication).call
    pair.sides[B].address_complete_request(call, False, False, pair.now, charge=False)
    pair.sides[B].answer_request(call, pair.now, charge=True)
    pair.turn()
    assert pair.take(A, p.AddressCompleteIndication).charge == 1
    assert pair.take(A, p.AnswerIndication).charge == 2


def test_overlap_ends_with_st_or_with_the_owner() -> None:
    for complete in (True, False):
        pair = Pair()
        call = pair.setup(A, SetupRequest(Number("40"), complete=False), 1)
        pair.turn()
        setup = pair.take(B, p.SetupIndication)
        assert (setup.called.digits, setup.complete) == ("40", False)
        pair.sides[A].information_request(call, "06", False, pair.now)
        pair.sides[A].information_request(call, "009", complete, pair.now)
        pair.turn()
        assert [(e.digits, e.complete) for e in pair.events[B] if isinstance(e, p.InformationIndication)] == [
            ("06", False),
            ("009", complete),
        ]
        assert pair.sides[B].running_timers(1) == (() if complete else ("T35",))
        pair.sides[B].address_complete_request(setup.call, True, False, pair.now)
        assert pair.sides[B].running_timers(1) == ()
        with pytest.raises(LocalError):
            pair.sides[B].information_request(setup.call, "1", False, pair.now)


def test_an_address_without_end_is_refused() -> None:
    pair = Pair()
    pair.setup(A, SetupRequest(Number("4"), complete=False), 1)
    pair.turn()
    for _ in range(10):
        octets = encode(1, M.SAM, ((P.SUBSEQUENT_NUMBER, b"\x00" + b"\x11" * 5),), VARIANTS["ISUP-ITU"])
        pair.sides[B].receive(TransferIndication(5, POINTS[A], POINTS[B], 1, 0, octets), pair.now)
    pair.turn()
    assert pair.take(B, p.ReleaseIndication).cause.value == 28


def test_redirection_and_further_parameters_arrive() -> None:
    pair = Pair()
    request = SetupRequest(
        Number("4006000998"),
        Number("138", presentation=1),
        redirecting=Number("555"),
        original_called=Number("777", 4),
        redirecting_reason=3,
        category=11,
        medium=3,
        satellite=1,
        parameters=((P.USER_TO_USER_INFORMATION, b"\x04hi"), (P.GENERIC_NUMBER, b"\x06\x03\x11\x21\x43")),
    )
    pair.setup(A, request, 1)
    pair.turn()
    setup = pair.take(B, p.SetupIndication)
    assert (setup.redirecting.digits, setup.original_called.digits, setup.original_called.nature) == ("555", "777", 4)
    assert (setup.redirecting_reason, setup.category, setup.medium, setup.calling.presentation) == (3, 11, 3, 1)
    found = dict(setup.parameters)
    assert found[P.USER_TO_USER_INFORMATION] == b"\x04hi"
    assert found[P.GENERIC_NUMBER] == b"\x06\x03\x11\x21\x43"
    assert found[P.NATURE_OF_CONNECTION_INDICATORS] == b"\x01"  # one satellite circuit, for the next leg
    assert P.CALLING_PARTY_NUMBER not in found


def test_what_came_goes_on_to_the_next_leg() -> None:
    """SetupIndication.parameters are SetupRequest.parameters of a transit call: hops and satellites count."""
    part = Isup(5, hop_counter=20)
    part.add_circuit(1, 9, 1)
    came = ((P.HOP_COUNTER, b"\x07"), (P.NATURE_OF_CONNECTION_INDICATORS, b"\x01"), (P.USER_TO_USER_INFORMATION, b"\x04x"))
    part.setup_request(SetupRequest(Number("1"), parameters=came), 1, 0)
    message = decode(part.drain()[0].octets, part.variant)
    assert message.get(P.HOP_COUNTER) == b"\x06"
    assert message.get(P.NATURE_OF_CONNECTION_INDICATORS) == b"\x01"
    assert [code for code, _ in message.optional()].count(P.NATURE_OF_CONNECTION_INDICATORS) == 0
    part.add_circuit(2, 9, 2)
    with pytest.raises(LocalError, match="circles"):
        part.setup_request(SetupRequest(Number("1"), parameters=((P.HOP_COUNTER, b"\x01"),)), 2, 0)
    assert part.circuit_state(2) == "idle"


def test_announcement_with_a_cause() -> None:
    pair = Pair()
    pair.setup(A, REQUEST, 1)
    pair.turn()
    call = pair.take(B, p.SetupIndication).call
    pair.sides[B].progress_request(call, False, True, Cause(1), pair.now)
    pair.sides[B].progress_request(call, False, True, Cause(1), pair.now)
    pair.turn()
    assert [name for _, name in types(pair)] == ["IAM", "ACM", "CPG"]
    told = pair.take(A, p.AddressCompleteIndication)
    assert (told.alerting, told.inband, told.cause) == (False, True, 1)
    progress = pair.take(A, p.ProgressIndication)
    assert (progress.alerting, progress.inband, progress.cause) == (False, True, 1)


def test_dual_seizure_leaves_one_call() -> None:
    """Q.764 §2.9.1.4: the higher point code controls the even circuits; the other side's call may be tried again."""
    for circuit, loser in ((1, B), (2, A)):
        pair = Pair()
        calls = [pair.setup(side, REQUEST, circuit) for side in (A, B)]
        pair.turn()
        lost = pair.take(loser, p.ReleaseIndication)
        assert (lost.call, lost.again) == (calls[loser], True)
        offered = pair.take(loser, p.SetupIndication).call
        assert pair.up(1 - loser) == [calls[1 - loser]]
        pair.sides[loser].address_complete_request(offered, True, False, pair.now)
        pair.turn()
        assert pair.take(1 - loser, p.AddressCompleteIndication).call == calls[1 - loser]


def test_who_controls_can_be_agreed_otherwise() -> None:
    for controls, states in (("all", {True}), ("none", {False})):
        part = Isup(100, controls=controls)
        for cic in (1, 2):
            part.add_circuit(cic, 200, cic)
            part.setup_request(REQUEST, cic, 0)
            part.drain()
            seized = encode(cic, M.IAM, iam(), part.variant)
            part.receive(TransferIndication(5, 200, 100, 0, 0, seized), 0)
        assert {part.circuit_state(cic) == "out" for cic in (1, 2)} == states


def iam() -> list[tuple[int, bytes]]:
    return [
        (P.NATURE_OF_CONNECTION_INDICATORS, b"\x00"),
        (P.FORWARD_CALL_INDICATORS, b"\x60\x01"),
        (P.CALLING_PARTYS_CATEGORY, b"\x0a"),
        (P.TRANSMISSION_MEDIUM_REQUIREMENT, b"\x00"),
        (P.CALLED_PARTY_NUMBER, b"\x03\x10\x21\xf3"),
    ]


def test_both_release_at_once() -> None:
    pair = Pair()
    call, offered = pair.talk(REQUEST)
    pair.sides[A].release_request(call, Cause(16), pair.now)
    pair.sides[B].release_request(offered, Cause(17), pair.now)
    pair.turn()
    assert pair.take(A, p.ReleaseIndication).cause.value == 16
    assert pair.take(B, p.ReleaseIndication).cause.value == 17
    quiet(pair)


def test_requests_that_cannot_be_change_nothing() -> None:
    pair = Pair()
    call, offered = pair.talk(REQUEST)
    a, b, now = *pair.sides, pair.now
    wrong: list[Any] = [
        lambda: a.setup_request(REQUEST, 1, now),
        lambda: a.setup_request(REQUEST, 77, now),
        lambda: a.setup_request(SetupRequest(Number("12x")), 2, now),
        lambda: a.setup_request(SetupRequest(Number("1"), medium=300), 2, now),
        lambda: a.setup_request(SetupRequest(Number("1"), medium=8), 2, now),
        lambda: a.answer_request(call, now),
        lambda: a.address_complete_request(call, True, False, now),
        lambda: b.answer_request(offered, now),
        lambda: a.release_request(99, Cause(16), now),
        lambda: a.release_request(call, Cause(200), now),
        lambda: a.release_request(call, Cause(16, 16), now),
        lambda: b.progress_request(offered, False, False, Cause(300), now),
        lambda: a.information_request(call, "1", False, now),
        lambda: a.enquiry_request(call, now),
        lambda: b.fallback_request(offered, 0),
        lambda: a.continuity_request(1, now),
        lambda: a.restore_call(1, True, now),
        lambda: a.block_request([1, 99], now),
        lambda: a.reset_request([99], now),
        lambda: a.remove_circuit(1),
        lambda: a.add_circuit(1, 5, 5),
        lambda: a.add_circuit(50, POINTS[B], 1),
        lambda: a.add_circuit(50, POINTS[B], 4096),
        lambda: a.message_request(call, 300, b"", now),
    ]
    for request in wrong:
        with pytest.raises(LocalError):
            request()
        assert a.drain() == b.drain() == []
    assert (a.circuit_state(1), b.circuit_state(1)) == ("out", "in")
    pair.release_all()
    pair.respond()
    quiet(pair)
    a.release_request(call, Cause(16), now)  # late, which is nobody's mistake
    a.answer_request(call, now)
    assert a.drain() == []
    assert a.counters["requests too late"] == 2


def test_a_call_that_is_not_answered_yet_refuses_a_bad_cause_and_goes_on() -> None:
    pair = Pair()
    pair.setup(A, REQUEST, 1)
    pair.turn()
    call = pair.take(B, p.SetupIndication).call
    with pytest.raises(LocalError):
        pair.sides[B].progress_request(call, False, True, Cause(300), pair.now)
    assert pair.sides[B].circuits()[0].call_state == "ICC_WAIT_ACM"
    pair.sides[B].answer_request(call, pair.now)
    pair.turn()
    assert pair.take(A, p.AnswerIndication).direct is False


def test_constructor_refuses_what_makes_no_sense() -> None:
    for options in (
        {"variant": "ISUP-MARS"},
        {"controls": "me"},
        {"answer": "now"},
        {"location": 16},
        {"exchange": "C"},
        {"timers_ms": {"T7": 1}},
        {"timers_ms": {"T99": 1000}},
        {"propagation_delay_ms": -1},
        {"hop_counter": 32},
    ):
        with pytest.raises(LocalError):
            Isup(1, **options)  # type: ignore[arg-type]


def test_restored_calls_end_like_others() -> None:
    """After a restart of control: answered calls are taken over at both ends."""
    pair = Pair()
    pair.talk(REQUEST, 2)
    again = Pair(first_call=50)
    a = again.sides[A].restore_call(2, False, again.now)
    b = again.sides[B].restore_call(2, True, again.now)
    assert a == b == 50
    for side, call in ((A, a), (B, b)):
        again.begun[side][call] += 1
        info = again.sides[side].circuits()[1]
        assert (info.call, info.state, info.call_state) == (call, ("out", "in")[side], ("OGC_ANSWERED", "ICC_ANSWERED")[side])
    again.sides[B].suspend_request(b, again.now)
    again.turn()
    assert again.take(A, p.SuspendIndication).network
    assert again.sides[A].running_timers(2) == ("T6",)
    again.sides[B].resume_request(b, again.now)
    again.turn()
    again.sides[B].release_request(b, Cause(16), again.now)
    again.turn()
    again.respond()
    quiet(again)
    with pytest.raises(LocalError):
        again.sides[A].restore_call(99, True, 0)


def test_a_restored_call_that_the_far_end_has_lost() -> None:
    """The far end has restarted too and resets the circuit."""
    pair = Pair()
    call = pair.sides[A].restore_call(1, True, pair.now)
    pair.begun[A][call] += 1
    pair.sides[B].reset_request([1], pair.now)
    pair.turn()
    told = pair.take(A, p.ReleaseIndication)
    assert (told.call, told.by_peer, told.again) == (call, True, False)
    quiet(pair)


def test_metering_pulses_of_china() -> None:
    """YDN 038-1997: MPM carries two octets of charge information; CCL is the owner's matter."""
    pair = Pair(variant="ISUP-CHINA")
    call, offered = pair.talk(REQUEST)
    pair.sides[B].message_request(offered, M.MPM, b"\x02\x00\x00", pair.now)
    pair.sides[A].message_request(call, M.CCL, b"", pair.now)
    pair.turn()
    assert pair.take(A, p.ChargeIndication) == p.ChargeIndication(call, b"\x02\x00\x00")
    assert pair.take(B, p.UserInformationIndication) == p.UserInformationIndication(offered, M.CCL, b"\x00")
    pair.release_all()
    pair.respond()
    quiet(pair)


def test_mpm_is_not_known_elsewhere() -> None:
    pair = Pair()
    call, _ = pair.talk(REQUEST)
    octets = b"\x01\x00" + bytes((M.MPM, 2, 0, 0))
    pair.sides[A].receive(TransferIndication(5, POINTS[B], POINTS[A], 1, 0, octets), pair.now)
    assert decode(pair.sides[A].drain()[0].octets, VARIANTS["ISUP-ITU"]).type == M.CFN
    assert pair.up(A) == [call]


def test_enquiry_is_answered_from_the_iam() -> None:
    pair = Pair()
    pair.setup(A, REQUEST, 1)
    pair.turn()
    call = pair.take(B, p.SetupIndication).call
    pair.sides[B].enquiry_request(call, pair.now, calling=True, category=True)
    assert pair.sides[B].running_timers(1) == ("T33",)
    pair.turn()
    told = pair.take(B, p.UserInformationIndication)
    assert (told.call, told.message) == (call, M.INF)
    answer = decode(b"\x01\x00" + bytes((M.INF,)) + told.octets, VARIANTS["ISUP-ITU"])
    assert answer.get(P.CALLING_PARTYS_CATEGORY) == b"\x0a"
    assert answer.get(P.CALLING_PARTY_NUMBER) is not None
    assert pair.sides[B].running_timers(1) == ()


def test_segments_meet_again() -> None:
    """Q.764 §2.1.12, with 14 and with 24 bits of point code: no message is longer than level 3 can carry."""
    for variant, longest in (("ISUP-ITU", 268), ("ISUP-CHINA", 265)):
        for extra in range(180, 215):
            pair = Pair(variant=variant)
            parameters = ((P.USER_TO_USER_INFORMATION, b"\x04" + bytes(30)), (P.ACCESS_TRANSPORT, bytes(extra)))
            pair.setup(A, SetupRequest(Number("4006000998"), Number("138"), parameters=parameters), 1)
            pair.turn()
            assert max(len(octets) for _, octets in pair.sent) <= longest
            assert sorted(pair.take(B, p.SetupIndication).parameters) == sorted(parameters)


def test_a_segment_that_does_not_come() -> None:
    pair = Pair()
    parameters = ((P.USER_TO_USER_INFORMATION, b"\x04" + bytes(120)), (P.ACCESS_TRANSPORT, bytes(200)))
    pair.setup(A, SetupRequest(Number("4006000998"), parameters=parameters), 1)
    first = indication(pair.sides[A].drain()[0])
    pair.sides[B].receive(first, pair.now)
    assert pair.sides[B].drain() == []
    assert pair.sides[B].circuit_state(1) == "in"
    with pytest.raises(LocalError):
        pair.sides[B].setup_request(REQUEST, 1, pair.now)
    pair.sides[B].handle_timeout(pair.now + 4 * SECOND)
    assert [code for code, _ in pair.sides[B].drain()[0].parameters] == [P.ACCESS_TRANSPORT]
