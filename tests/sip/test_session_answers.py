"""Any answers, in any order, to what a session of ours asks: nothing raises, and the session ends when its owner wants."""

from __future__ import annotations

from typing import Any

from agents import ANSWER, MS, OFFER, Agent, Net, S, empty
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu.protocol.errors import LocalError
from xunhu.sip.address import Address, Credentials, UaPeer
from xunhu.sip.events import Ended, Offered, Refused
from xunhu.sip.message import SipParseError, parse, response

FAR = Address("udp", "10.0.0.9", 5060)
HEADERS = [
    ("Contact", "<sip:x@10.0.0.9>"),
    ("Contact", "<sip:x@10.0.0.8>, <sip:y>"),
    ("Contact", "*"),
    ("Contact", "<<>"),
    ("Record-Route", "<sip:10.0.0.7;lr>, <sip:10.0.0.6>"),
    ("Record-Route", '"x'),
    ("Require", "100rel"),
    ("RSeq", "1"),
    ("RSeq", "2"),
    ("RSeq", "x"),
    ("Allow", "INVITE, UPDATE"),
    ("Session-Expires", "90;refresher=uac"),
    ("Session-Expires", "90;refresher=uas"),
    ("Session-Expires", "-1"),
    ("Min-SE", "300"),
    ("Min-SE", "x"),
    ("WWW-Authenticate", 'Digest realm="r", nonce="n"'),
    ("WWW-Authenticate", "Basic x"),
    ("Proxy-Authenticate", 'Digest realm="p", nonce="m", stale=true'),
    ("Refer-Sub", "false"),
    ("Retry-After", "1"),
]
STATUSES = [100, 180, 183, 200, 202, 302, 401, 407, 408, 422, 481, 486, 488, 491, 500, 503, 603, 699]
ANSWERS = st.tuples(
    st.sampled_from(STATUSES),
    st.sampled_from(["", "one", "two"]),
    st.lists(st.sampled_from(HEADERS), max_size=4),
    st.sampled_from([b"", ANSWER]),
)
ACTS = st.sampled_from(["reoffer", "update", "info", "refer", "cancel", "bye", "wait", "message"])


@settings(deadline=None, max_examples=300)
@given(
    steps=st.lists(st.one_of(ANSWERS, ACTS), max_size=14),
    offer=st.sampled_from([OFFER, b""]),
    timer=st.sampled_from([0, 90]),
)
def test_any_answers(steps: list[Any], offer: bytes, timer: int) -> None:
    net = Net()
    a = Agent(net, "10.0.0.1")
    asked: list[Any] = []

    def fate(data: bytes, source: Address, to: Address) -> list[int]:
        message = parse(data)
        if message.method and message.method != "ACK":
            asked.append(message)
        return []

    def willing(event: Any) -> None:
        if type(event) is Offered:
            event.session.answer_offer(ANSWER, now=net.now)

    net.fate = fate
    a.on_event = willing
    peer = UaPeer(session_timer=timer, credentials=Credentials("u", "p"))
    session = a.ua.invite(FAR, "sip:x@10.0.0.9", "<sip:a@a>", body=offer, peer=peer, now=0)
    net.drain()
    for step in steps:
        if isinstance(step, tuple):
            status, tag, headers, body = step
            out = response(asked[-1], status, "", tag, headers, body, "application/sdp" if body else "")
            try:
                message = parse(out.encode())
            except SipParseError:
                continue
            a.ua.receive(message, FAR, a.address, 0, net.now)
            net.drain()
            continue
        try:
            if step == "reoffer":
                session.reoffer(OFFER, now=net.now)
            elif step == "update":
                session.reoffer(OFFER, "UPDATE", now=net.now)
            elif step == "info":
                session.info("x/y", b"z", now=net.now)
            elif step == "message":
                session.message("x/y", b"z", now=net.now)
            elif step == "refer":
                session.refer("sip:c@c", now=net.now)
            elif step == "cancel":
                session.cancel(now=net.now)
            elif step == "bye":
                session.bye(now=net.now)
            else:
                net.pass_by(10 * S)
        except LocalError:
            continue
        net.drain()
    session.bye(now=net.now)
    net.run()
    assert len([event for event in a.told if type(event) in (Ended, Refused)]) == 1
    assert empty(a)


def test_a_challenge_after_cancel_is_the_end() -> None:
    net = Net()
    a = Agent(net, "10.0.0.1")
    peer = UaPeer(credentials=Credentials("u", "p"))
    session = a.ua.invite(FAR, "sip:x@10.0.0.9", "<sip:a@a>", body=OFFER, peer=peer, now=0)
    invite = parse(a.ua.sends[0].data)
    session.cancel(now=0)
    out = response(invite, 401, "", "t", [("WWW-Authenticate", 'Digest realm="r", nonce="n"')])
    a.ua.receive(parse(out.encode()), FAR, a.address, 0, MS)
    net.run()
    assert [parse(data).method for _, _, data in net.sent] == ["INVITE", "ACK"]
    assert a.take(Ended)[1:3] == (False, 487)
    assert empty(a)


def test_an_answer_that_cannot_be_read_is_none() -> None:
    net = Net()
    a = Agent(net, "10.0.0.1")
    session = a.ua.invite(FAR, "sip:x@10.0.0.9", "<sip:a@a>", body=OFFER, now=0)
    invite = parse(a.ua.sends[0].data)
    out = response(invite, 200, "", "t", [("Record-Route", '"x'), ("Contact", "<sip:x@y>")], ANSWER, "application/sdp")
    a.ua.receive(parse(out.encode()), FAR, a.address, 0, MS)
    net.run()
    assert a.take(Refused).status == 502
    assert session.state == 7
    assert empty(a)
