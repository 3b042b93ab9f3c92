"""Reliable provisional responses (RFC 3262), UPDATE and re-INVITE (RFC 3311, RFC 3261 §14), glare."""

from __future__ import annotations

from typing import Any

import pytest
from agents import ANSWER, MS, OFFER, Agent, Net, S, empty, pair

from xunhu.sip.address import Admission, UaPeer
from xunhu.sip.events import (
    Answered,
    Ended,
    Invited,
    OfferAnswered,
    Offered,
    OfferRefused,
    OfferWithdrawn,
    Provisional,
    Refused,
)
from xunhu.sip.session import SessionState

OTHER = OFFER.replace(b"4000", b"6000")
OTHER_ANSWER = OFFER.replace(b"4000", b"7000")


def talk() -> tuple[Net, Agent, Agent, Any, Any]:
    """Two agents with an answered call."""
    net, a, b = pair()
    session = a.invite(b)
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.answer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    a.take(Answered)
    a.told.clear()
    b.told.clear()
    net.log.clear()
    return net, a, b, session, called


def early() -> tuple[Net, Agent, Agent, Any, Any]:
    """With early media, acknowledged by PRACK."""
    net, a, b = pair()
    session = a.invite(b)
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.progress(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    a.take(Provisional)
    net.log.clear()
    return net, a, b, session, called


def finish(net: Net, a: Agent, b: Agent, session: Any) -> None:
    session.bye(now=net.now)
    net.run()
    assert empty(a)
    assert empty(b)


def test_early_media_is_acknowledged_by_prack() -> None:
    net, a, b, session, called = early()
    assert not called.dialog.offer
    assert session.dialog.negotiated
    called.answer(now=net.now)  # the description has been said
    net.pass_by(20 * MS)
    assert a.take(Answered).body == b""
    assert session.state == called.state == SessionState.CONFIRMED
    finish(net, a, b, session)


def test_responses_wait_for_the_prack_before_them() -> None:
    net, a, b = pair()
    a.invite(b)
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.progress(ANSWER, now=net.now)
    called.ring(reliable=True, now=net.now)
    called.answer(now=net.now)
    assert called.state == SessionState.INCOMING
    net.pass_by(100 * MS)
    assert net.log == [
        *("INVITE", "100 INVITE", "183 INVITE", "PRACK", "200 PRACK"),
        *("180 INVITE", "PRACK", "200 PRACK", "200 INVITE", "ACK"),
    ]
    assert [event.status for event in a.seen(Provisional)] == [183, 180]
    assert called.state == SessionState.CONFIRMED


def test_without_prack_the_invite_is_refused() -> None:
    """§3: repetitions T1, doubled; given up after 64 T1."""
    net, a, b = pair()
    a.invite(b)
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    net.fate = lambda data, source, to: [] if data.startswith(b"PRACK") else [MS]
    begin = net.now
    called.progress(ANSWER, now=net.now)
    net.run(begin + 31_900 * MS)
    times = [(at - begin) // MS for at, _, data in net.sent if data.startswith(b"SIP/2.0 183")]
    assert times == [0, 500, 1500, 3500, 7500, 15500, 31500]
    assert [event.status for event in a.seen(Provisional)] == [183], "repetitions are not told"
    net.run()
    assert a.take(Refused).status == 504
    assert b.take(Ended).status == 408
    assert empty(a)
    assert empty(b)


def test_lost_prack_and_lost_answer_to_it() -> None:
    net, a, b = pair()
    session = a.invite(b)
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    lost = {b"PRACK": 2, b"SIP/2.0 200": 1}

    def fate(data: bytes, source: Any, to: Any) -> list[int]:
        for start, left in lost.items():
            if data.startswith(start) and left:
                lost[start] -= 1
                return []
        return [MS]

    net.fate = fate
    called.progress(ANSWER, now=net.now)
    called.answer(now=net.now)
    net.pass_by(10 * S)
    assert session.state == called.state == SessionState.CONFIRMED
    assert [event.status for event in a.seen(Provisional)] == [183]
    finish(net, a, b, session)


def test_invite_without_offer_and_reliable_offer() -> None:
    """RFC 3262 §5: the offer in the 183, the answer in its PRACK."""
    net, a, b = pair()
    session = a.invite(b, b"")
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.progress(OFFER, now=net.now)
    net.pass_by(20 * MS)
    assert a.take(Offered).body == OFFER
    session.answer_offer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    assert b.take(OfferAnswered).body == ANSWER
    called.answer(now=net.now)
    net.pass_by(20 * MS)
    assert a.take(Answered).body == b""
    assert session.state == SessionState.CONFIRMED
    finish(net, a, b, session)


@pytest.mark.parametrize("prack", ["no", "yes", "require"])
def test_the_peer_settings_decide(prack: str) -> None:
    net, a, b = pair()
    b.ua.admit = lambda message, source, flow: Admission.accept(UaPeer(prack=prack))
    a.invite(b)
    net.pass_by(20 * MS)
    b.take(Invited).session.ring(now=net.now)
    net.pass_by(20 * MS)
    assert ("PRACK" in net.log) == (prack == "require")


def test_a_caller_that_requires_100rel_gets_it() -> None:
    net, a, b = pair()
    a.invite(b, peer=UaPeer(prack="require"))
    net.pass_by(20 * MS)
    b.take(Invited).session.ring(now=net.now)
    net.pass_by(20 * MS)
    assert "PRACK" in net.log


def test_prack_of_nothing_is_481() -> None:
    net, a, b, session, _ = early()
    dialog = session.dialog
    session._ask(dialog, "PRACK", [("RAck", "1 1 INVITE")], b"", "", "PRACK", net.now)
    net.pass_by(20 * MS)
    assert net.log == ["PRACK", "481 PRACK"]
    finish(net, a, b, session)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize("by_caller", [True, False])
def test_new_offer_in_a_call(method: str, by_caller: bool) -> None:
    net, a, b, session, called = talk()
    near, far, mine = (a, b, session) if by_caller else (b, a, called)
    mine.reoffer(OTHER, method, now=net.now)
    net.pass_by(20 * MS)
    offered = far.take(Offered)
    assert offered.body == OTHER
    offered.session.answer_offer(OTHER_ANSWER, now=net.now)
    net.pass_by(20 * MS)
    assert near.take(OfferAnswered).body == OTHER_ANSWER
    assert net.log == (["INVITE", "200 INVITE", "ACK"] if method == "INVITE" else ["UPDATE", "200 UPDATE"])
    finish(net, a, b, session)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_a_new_offer_refused_leaves_the_call(method: str) -> None:
    net, a, b, session, _ = talk()
    session.reoffer(OTHER, method, now=net.now)
    net.pass_by(20 * MS)
    b.take(Offered).session.refuse_offer(488, now=net.now)
    net.pass_by(20 * MS)
    assert a.take(OfferRefused).status == 488
    assert session.state == SessionState.CONFIRMED
    finish(net, a, b, session)


def test_update_while_ringing() -> None:
    net, a, b, session, called = early()
    session.reoffer(OTHER, "UPDATE", now=net.now)
    net.pass_by(20 * MS)
    b.take(Offered).session.answer_offer(OTHER_ANSWER, now=net.now)
    net.pass_by(20 * MS)
    assert a.take(OfferAnswered).body == OTHER_ANSWER
    called.reoffer(ANSWER, "UPDATE", now=net.now)
    net.pass_by(20 * MS)
    a.take(Offered).session.answer_offer(OFFER, now=net.now)
    net.pass_by(20 * MS)
    assert b.take(OfferAnswered).body == OFFER
    called.answer(now=net.now)
    net.pass_by(20 * MS)
    a.take(Answered)
    finish(net, a, b, session)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
def test_glare(method: str) -> None:
    """§14.1: both get 491; the caller waits 2.1 to 4 s, the other up to 2 s; both offers come through."""
    net, a, b, session, called = talk()

    def answer(event: Any) -> None:
        if type(event) is Offered:
            event.session.answer_offer(OTHER_ANSWER, now=net.now)

    a.on_event = b.on_event = answer
    session.reoffer(OTHER, method, now=net.now)
    called.reoffer(ANSWER, method, now=net.now)
    begin = net.now
    net.pass_by(5 * S)
    name = f"491 {method}"
    assert net.log.count(name) == 2
    assert a.take(OfferAnswered).body == b.take(OfferAnswered).body == OTHER_ANSWER
    retried = [
        (at - begin) / S for at, host, data in net.sent if host == "10.0.0.1" and data.startswith(method.encode())
    ]
    assert 2.1 <= retried[-1] <= 4.0 + 0.1
    finish(net, a, b, session)


def test_a_second_offer_waits_for_the_first() -> None:
    net, a, b, session, _ = talk()
    session.reoffer(OTHER, now=net.now)
    session.reoffer(ANSWER, now=net.now)
    session.reoffer(OFFER, now=net.now)  # takes the place of the one that waits
    net.pass_by(20 * MS)
    b.take(Offered).session.answer_offer(OTHER_ANSWER, now=net.now)
    net.pass_by(20 * MS)
    assert b.take(Offered).body == OFFER
    b.ua.session(session.call_id, session.dialog.remote_tag, session.local_tag).answer_offer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    assert [event.body for event in a.seen(OfferAnswered)] == [OTHER_ANSWER, ANSWER]
    finish(net, a, b, session)


def test_an_owner_that_does_not_answer() -> None:
    net, a, b, session, _ = talk()
    session.reoffer(OTHER, now=net.now)
    net.pass_by(31 * S)
    assert net.log == ["INVITE", "100 INVITE", "504 INVITE", "ACK"]
    b.take(OfferWithdrawn)
    assert a.take(OfferRefused).status == 504
    finish(net, a, b, session)


def test_the_ack_of_a_new_offer_lost() -> None:
    net, a, b, session, _ = talk()
    lost = 3

    def fate(data: bytes, source: Any, to: Any) -> list[int]:
        nonlocal lost
        if data.startswith(b"ACK") and lost:
            lost -= 1
            return []
        return [MS]

    net.fate = fate
    session.reoffer(OTHER, now=net.now)
    net.pass_by(20 * MS)
    b.take(Offered).session.answer_offer(OTHER_ANSWER, now=net.now)
    net.pass_by(10 * S)
    assert net.log.count("ACK") == 1
    assert net.log.count("200 INVITE") == 4
    finish(net, a, b, session)


def test_no_ack_ends_the_call() -> None:
    net, a, b = pair()
    a.invite(b)
    net.pass_by(20 * MS)
    net.fate = lambda data, source, to: [] if data.startswith(b"ACK") else [MS]
    begin = net.now
    b.take(Invited).session.answer(ANSWER, now=net.now)
    net.run()
    times = [(at - begin) // MS for at, _, data in net.sent if data.startswith(b"SIP/2.0 200 OK") and b"INVITE" in data]
    assert times == [0, 500, 1500, 3500, 7500, 11500, 15500, 19500, 23500, 27500, 31500]
    assert b.take(Ended).status == 408
    assert a.take(Ended).by_peer
    assert empty(a)
    assert empty(b)
