"""A call between two user agents: answered, refused, cancelled, released from either side."""

from __future__ import annotations

import pytest
from agents import ANSWER, MS, OFFER, Agent, S, empty, pair

from xunhu.protocol.errors import LocalError
from xunhu.sip.events import (
    Acknowledged,
    Answered,
    Ended,
    Invited,
    Provisional,
    Refused,
    RequestReceived,
    ResponseReceived,
)
from xunhu.sip.message import response
from xunhu.sip.session import SessionState


def test_a_call_is_seven_messages_and_leaves_nothing() -> None:
    net, a, b = pair()
    session = a.invite(b)
    net.pass_by(20 * MS)
    invited = b.take(Invited)
    assert invited.offer == OFFER
    invited.session.ring(now=net.now)
    net.pass_by(20 * MS)
    assert a.take(Provisional).status == 180
    invited.session.answer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    assert a.take(Answered).body == ANSWER
    b.take(Acknowledged)
    assert session.state == invited.session.state == SessionState.CONFIRMED
    session.bye([("Reason", "Q.850;cause=16")], now=net.now)
    net.pass_by(20 * MS)
    ended = b.take(Ended)
    assert (ended.by_peer, ended.status, ended.message.get("Reason")) == (True, 200, "Q.850;cause=16")
    assert a.take(Ended)[1:3] == (False, 200)
    assert net.log == ["INVITE", "100 INVITE", "180 INVITE", "200 INVITE", "ACK", "BYE", "200 BYE"]
    net.run()
    assert empty(a)
    assert empty(b)


def test_the_called_side_releases() -> None:
    net, a, b = pair()
    session = a.invite(b)
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.answer(ANSWER, now=net.now)
    called.bye(now=net.now)  # waits for the ACK (§15)
    net.pass_by(20 * MS)
    assert a.take(Ended).by_peer
    assert not b.take(Ended).by_peer
    assert session.state == called.state == SessionState.ENDED
    net.run()
    assert empty(a)
    assert empty(b)


def test_a_refusal_has_its_headers_and_is_acknowledged() -> None:
    net, a, b = pair()
    a.invite(b)
    net.pass_by(20 * MS)
    b.take(Invited).session.reject(486, "Busy", [("Reason", "Q.850;cause=17")], now=net.now)
    net.pass_by(20 * MS)
    refused = a.take(Refused)
    assert (refused.status, refused.message.reason, refused.message.get("Reason")) == (486, "Busy", "Q.850;cause=17")
    assert net.log[-1] == "ACK"
    assert b.take(Ended)[1:3] == (False, 486)
    net.run()
    assert empty(a)
    assert empty(b)


def test_redirection_names_contacts() -> None:
    net, a, b = pair()
    a.invite(b)
    net.pass_by(20 * MS)
    b.take(Invited).session.redirect(["sip:1@10.0.0.9", "sip:2@10.0.0.9"], now=net.now)
    net.pass_by(20 * MS)
    refused = a.take(Refused)
    assert refused.status == 302
    assert [str(contact.uri) for contact in refused.message.contacts] == ["sip:1@10.0.0.9", "sip:2@10.0.0.9"]


@pytest.mark.parametrize("rung", [False, True])
def test_cancel(rung: bool) -> None:
    net, a, b = pair()
    session = a.invite(b)
    if rung:
        net.pass_by(20 * MS)
        b.take(Invited).session.ring(now=net.now)
        net.pass_by(20 * MS)
    session.cancel([("Reason", 'SIP;cause=200;text="Call completed elsewhere"')], now=net.now)
    net.pass_by(100 * MS)
    assert a.take(Ended)[1:3] == (False, 487)
    ended = b.take(Ended)
    assert (ended.by_peer, ended.status, ended.message.method) == (True, 487, "CANCEL")
    assert ended.message.get("Reason").startswith("SIP;cause=200")
    net.run()
    assert empty(a)
    assert empty(b)


def test_an_answer_that_crosses_cancel_is_released() -> None:
    net, a, b = pair()
    session = a.invite(b)
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.answer(ANSWER, now=net.now)
    session.cancel(now=net.now)
    net.pass_by(100 * MS)
    assert a.take(Ended)[1:3] == (False, 487)
    assert b.take(Ended).by_peer
    net.run()
    assert empty(a)
    assert empty(b)


def test_nobody_there() -> None:
    net, a, _ = pair()
    net.fate = lambda data, source, to: []
    a.invite(a)
    net.run()
    assert a.take(Refused)[1:] == (408, None)
    assert net.now == 32 * S
    assert empty(a)


def test_a_call_that_rings_for_ever_is_cancelled() -> None:
    """Timer C; the other side repeats its 180 each minute, so it is ours that end the repetitions here."""
    net, a, b = pair()
    a.invite(b)
    net.pass_by(20 * MS)
    b.take(Invited).session.ring(now=net.now)
    net.pass_by(1 * S)
    assert a.take(Provisional).status == 180
    net.pass_by(600 * S)
    assert a.told[-1].status == 180, "repeated, so it goes on"
    net.fate = lambda data, source, to: [] if data.startswith(b"SIP/2.0 180") else [MS]
    net.pass_by(200 * S)
    assert a.take(Refused).status == 408
    assert b.take(Ended)[1:3] == (True, 487)
    net.run()
    assert empty(a)
    assert empty(b)


def test_the_transport_failed() -> None:
    net, a, b = pair()
    net.fate = lambda data, source, to: []
    a.invite(b)
    a.ua.transport_failed(b.address, 0, net.now)
    net.drain()
    assert a.take(Refused)[1:] == (503, None)
    assert empty(a)


def test_an_invite_without_offer_gets_one_in_the_answer() -> None:
    net, a, b = pair()
    session = a.invite(b, b"")
    net.pass_by(20 * MS)
    invited = b.take(Invited)
    assert invited.offer == b""
    with pytest.raises(LocalError):
        invited.session.answer(now=net.now)
    invited.session.answer(OFFER, now=net.now)
    net.pass_by(20 * MS)
    assert a.take(Answered).body == b""
    session.answer_offer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    assert [type(event).__name__ for event in b.told] == ["OfferAnswered", "Acknowledged"]
    assert b.told[0].body == ANSWER


def test_options_and_a_request_that_nobody_answers() -> None:
    net, a, b = pair()
    handle = a.ua.request("OPTIONS", b.address, "sip:10.0.0.2", "<sip:a@a>", now=0)
    net.pass_by(20 * MS)
    asked = b.take(RequestReceived)
    asked.request.answer(200, headers=[("Allow", b.ua.allow)], now=net.now)
    net.pass_by(20 * MS)
    answered = a.take(ResponseReceived)
    assert (answered.handle, answered.status) == (handle, 200)
    a.ua.request(
        "MESSAGE", b.address, "sip:10.0.0.2", "<sip:a@a>", body=b"hello", content_type="text/plain", now=net.now
    )
    net.run()
    assert a.take(ResponseReceived).status == 408
    assert empty(a)
    assert empty(b)


def test_requests_may_be_answered_by_whoever_admits() -> None:
    from xunhu.sip.address import Admission

    net, a, b = pair()
    b.ua.admit = lambda message, source, flow: Admission.answer(response(message, 403, to_tag="x"))
    a.invite(b)
    net.pass_by(20 * MS)
    assert a.take(Refused).status == 403
    b.ua.admit = lambda message, source, flow: Admission.drop()
    a.invite(b)
    net.run()
    assert a.take(Refused).status == 408
    assert b.told == []
    assert empty(b)


def test_both_agents_keep_their_own_numbers() -> None:
    net, a, b = pair()
    session = a.invite(b)
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.answer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    kept = called.snapshot()
    other = Agent(net, "10.0.0.2")  # the process was killed; another one has its address
    restored = other.ua.restore(kept, net.now)
    restored.bye(now=net.now)
    net.pass_by(20 * MS)
    assert a.take(Ended).by_peer
    assert session.state == SessionState.ENDED
    assert other.take(Ended)[1:3] == (False, 200)
