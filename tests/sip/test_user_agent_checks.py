"""What the user agent does with requests before anybody else hears of them (RFC 3261 §8.2, §9.2, §12.2.2, §18.2), and its bounds."""

from __future__ import annotations

from typing import Any

import pytest
from agents import ANSWER, MS, OFFER, Agent, Net, S, empty
from hypothesis import given, settings
from hypothesis import strategies as st

from xunhu.sip.address import Address, Admission, Credentials, UaPeer, UaSettings
from xunhu.sip.bodies import parts, session_description
from xunhu.sip.digest import Challenge, parse_credentials, verify
from xunhu.sip.events import Invited, Referred, Refused, RequestReceived, ResponseReceived
from xunhu.sip.message import SipMessage, SipParseError, parse, response

SOURCE = Address("udp", "10.0.0.9", 5060)


class Bare:
    """An agent and messages written by hand."""

    def __init__(self, **settings: Any) -> None:
        self.net = Net()
        self.agent = Agent(self.net, "10.0.0.2", settings=UaSettings(**settings))
        self.ua = self.agent.ua

    def give(self, data: bytes, source: Address = SOURCE, flow: int = 0) -> list[SipMessage]:
        """What goes out for it."""
        try:
            self.ua.receive(parse(data), source, self.agent.address, flow, self.net.now)
        except SipParseError as error:
            self.ua.malformed(error, source, self.agent.address, flow, self.net.now)
        self.agent.told += self.ua.events
        self.ua.events.clear()
        self.to = [(send.to, send.flow) for send in self.ua.sends]
        out = [parse(send.data) for send in self.ua.sends]
        self.ua.sends.clear()
        return out


def text(
    method: str = "INVITE",
    headers: str = "",
    body: bytes = b"",
    uri: str = "sip:b@10.0.0.2",
    branch: str = "z9hG4bK1",
    via: str = "10.0.0.9:5060",
    to: str = "<sip:b@10.0.0.2>",
    cseq: str = "",
    forwards: str = "70",
    tag: str = "1",
    transport: str = "UDP",
) -> bytes:
    rows = [
        f"{method} {uri} SIP/2.0",
        f"Via: SIP/2.0/{transport} {via};branch={branch}",
        f"From: <sip:a@10.0.0.9>;tag={tag}",
        f"To: {to}",
        "Call-ID: c1",
        f"CSeq: {cseq or '1 ' + method}",
        f"Max-Forwards: {forwards}",
        "Contact: <sip:a@10.0.0.9>",
    ]
    rows += [row for row in headers.split("\n") if row]
    rows.append(f"Content-Length: {len(body)}")
    return "\r\n".join(rows).encode() + b"\r\n\r\n" + body


SDP = "Content-Type: application/sdp"


@pytest.mark.parametrize(
    ("data", "status", "header"),
    [
        (text("OPTIONS", uri="ftp:x"), 416, ""),
        (text("SING"), 501, "Allow"),
        (text("PUBLISH"), 405, "Allow"),
        (text("INVITE", "Require: a, timer"), 420, "Unsupported"),
        (text("INVITE", forwards="0"), 483, ""),
        (text("INVITE", "Content-Type: text/x", b"x"), 415, "Accept"),
        (text("INVITE", SDP + "\nContent-Encoding: gzip", OFFER), 415, "Accept-Encoding"),
        (text("OPTIONS", cseq="1 INVITE"), 400, ""),
        (text("OPTIONS", forwards="256"), 400, ""),
        (text("BYE"), 481, ""),
        (text("BYE", to="<sip:b@b>;tag=x"), 481, ""),
        (text("CANCEL"), 481, ""),
        (text("PRACK"), 481, ""),
        (text("NOTIFY"), 481, ""),
        (text("REFER"), 400, ""),
        (text("INVITE", "Session-Expires: 10\nSupported: timer"), 422, "Min-SE"),
        (text("INVITE", "Session-Expires: x"), 400, ""),
    ],
)
def test_answers_at_the_door(data: bytes, status: int, header: str) -> None:
    bare = Bare()
    (answer,) = bare.give(data)
    assert answer.status == status
    assert answer.to.tag
    if header:
        assert answer.get(header)
    assert bare.agent.told == []
    bare.net.now = 40 * S
    bare.ua.handle_timeout(bare.net.now)
    bare.ua.handle_timeout(90 * S)
    assert empty(bare.agent)


def test_options_with_no_forwards_left_is_answered() -> None:
    bare = Bare()
    bare.give(text("OPTIONS", forwards="0"))
    assert type(bare.agent.told[0]) is RequestReceived


def test_a_body_that_need_not_be_read() -> None:
    bare = Bare()
    bare.give(text("INVITE", "Content-Type: text/x\nContent-Disposition: session;handling=optional", b"x"))
    assert type(bare.agent.told[0]) is Invited


def test_merged_requests() -> None:
    """§8.2.2.2: the same INVITE by another way."""
    bare = Bare()
    bare.give(text())
    (answer,) = bare.give(text(branch="z9hG4bK2"))
    assert answer.status == 482
    assert len(bare.agent.told) == 1


def test_an_answer_to_a_challenge_with_the_same_number_is_not_merged() -> None:
    bare = Bare()
    bare.ua.admit = lambda message, source, flow: Admission.answer(response(message, 401, to_tag="x"))
    assert [row.status for row in bare.give(text())] == [401]
    bare.ua.admit = None
    assert [row.status for row in bare.give(text(branch="z9hG4bK2"))] == [100]
    assert [row.status for row in bare.give(text(branch="z9hG4bK3"))] == [482]
    bare.agent.told[0].session.reject(486, now=0)
    bare.ua.handle_timeout(40 * S)
    bare.ua.handle_timeout(80 * S)
    assert empty(bare.agent)


@pytest.mark.parametrize("spiral", [False, True])
def test_our_own_invite_comes_back(spiral: bool) -> None:
    """As it went out: a loop. With another target: a spiral, that may be."""
    bare = Bare()
    bare.ua.invite(SOURCE, "sip:x@10.0.0.9", "<sip:b@b>", body=OFFER, now=0)
    invite = parse(bare.ua.sends[0].data)
    bare.ua.sends.clear()
    invite.add("Via", "SIP/2.0/UDP 10.0.0.9:5060;branch=z9hG4bKproxy", first=True)
    if spiral:
        invite.uri = "sip:y@10.0.0.2"
    (answer,) = bare.give(invite.encode())
    assert answer.status == (100 if spiral else 482)
    assert [type(event) for event in bare.agent.told] == [Invited] * spiral


@pytest.mark.parametrize(
    ("via", "extra", "source", "to"),
    [
        ("10.0.0.9:5060", "", SOURCE, SOURCE),
        ("10.0.0.9:5070", "", SOURCE, Address("udp", "10.0.0.9", 5070)),
        ("10.0.0.9", "", Address("udp", "10.0.0.9", 1234), SOURCE),
        ("192.168.0.1:5060", "", Address("udp", "10.0.0.9", 1234), SOURCE),
        ("192.168.0.1:5060", ";rport", Address("udp", "10.0.0.9", 1234), Address("udp", "10.0.0.9", 1234)),
        ("phone.local", ";rport;maddr=1.2.3.4", Address("udp", "10.0.0.9", 1234), Address("udp", "10.0.0.9", 1234)),
        ("[2001:db8::1]:5080", "", Address("udp", "2001:db8::1", 5080), Address("udp", "2001:db8::1", 5080)),
    ],
)
def test_where_answers_go(via: str, extra: str, source: Address, to: Address) -> None:
    """§18.2.2, RFC 3581."""
    bare = Bare()
    (trying,) = bare.give(text(via=via, branch=f"z9hG4bK1{extra}"), source)
    assert trying.status == 100
    assert bare.to == [(to, 0)]
    sent_by = trying.via.host
    assert trying.via.received == (source.host if sent_by != source.host or extra else "")
    if extra:
        assert trying.via.rport == source.port


def test_answers_of_a_connection_go_back_by_it() -> None:
    bare = Bare()
    source = Address("tcp", "10.0.0.9", 41234)
    bare.give(text(transport="TCP"), source, flow=7)
    assert bare.to == [(Address("tcp", "10.0.0.9", 5060), 7)], "and where it is gone, to the port of the Via"


def test_malformed_messages() -> None:
    bare = Bare()
    (answer,) = bare.give(text("OPTIONS", forwards="x"))
    assert answer.status == 400
    assert bare.give(text("ACK", forwards="x")) == []
    assert bare.give(b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n") == []
    assert bare.give(b"nonsense\r\n\r\n") == []
    (answer,) = bare.give(text("OPTIONS", "Contact: <<>>", branch="z9hG4bK3"))
    assert answer.status == 400
    assert empty(bare.agent) or bare.ua.layer.servers


def test_overload_is_answered_without_a_state() -> None:
    bare = Bare(transactions=2)
    for number in range(5):
        answers = bare.give(text("OPTIONS", branch=f"z9hG4bKa{number}", tag=str(number)))
        if number < 2:
            assert answers == []
        else:
            assert [(row.status, row.get("Retry-After")) for row in answers] == [(503, "5")]
    assert len(bare.ua.layer.servers) == 2
    assert bare.give(text("ACK", branch="z9hG4bKz")) == []


def test_new_calls_are_refused_while_the_owner_is_late() -> None:
    bare = Bare()
    bare.give(text())
    bare.ua.late = True
    (answer,) = bare.give(text(branch="z9hG4bK2", tag="2"))
    assert (answer.status, answer.get("Retry-After")) == (503, "5")
    assert len(bare.ua.layer.servers) == 1
    assert bare.give(text("OPTIONS", branch="z9hG4bK3", tag="3")) == []  # everything else is served
    assert len(bare.ua.layer.servers) == 2
    bare.ua.late = False
    assert bare.give(text(branch="z9hG4bK4", tag="2"))[0].status == 100


def test_sessions_are_bounded() -> None:
    bare = Bare(sessions=1)
    bare.give(text())
    answers = bare.give(text(branch="z9hG4bK2", tag="2"))
    assert answers[0].status == 503
    assert answers[0].get("Retry-After") == "5"
    with pytest.raises(Exception, match="too many"):
        bare.ua.invite(SOURCE, "sip:x@x", "<sip:a@a>", now=0)


def test_sessions_of_a_peer_are_bounded() -> None:
    bare = Bare()
    peer = UaPeer(calls=1)
    bare.ua.admit = lambda message, source, flow: Admission.accept(peer)
    bare.give(text())
    assert bare.give(text(branch="z9hG4bK2", tag="2"))[0].status == 503
    assert peer.sessions == 1
    bare.agent.told[0].session.reject(486, now=0)
    assert peer.sessions == 0
    bare.give(text(branch="z9hG4bK3", tag="3"))
    assert peer.sessions == 1


def test_requests_out_of_order() -> None:
    """§12.2.2."""
    bare = Bare()
    bare.give(text("INVITE", SDP, OFFER, cseq="5 INVITE"))
    session = bare.agent.told[0].session
    session.answer(ANSWER, now=0)
    to = f"<sip:b@10.0.0.2>;tag={session.local_tag}"
    bare.ua.sends.clear()
    bare.give(text("ACK", to=to, cseq="5 ACK", branch="z9hG4bKa"))
    assert [row.status for row in bare.give(text("INFO", to=to, cseq="4 INFO", branch="z9hG4bKb"))] == [500]
    assert [row.status for row in bare.give(text("INFO", to=to, cseq="9 INFO", branch="z9hG4bKc"))] == [200]
    assert [row.status for row in bare.give(text("FETCH", to=to, cseq="10 FETCH", branch="z9hG4bKd"))] == [501]
    assert [row.status for row in bare.give(text("BYE", to=to, cseq="11 BYE", branch="z9hG4bKe"))] == [200]
    assert [row.status for row in bare.give(text("INFO", to=to, cseq="12 INFO", branch="z9hG4bKf"))] == [481]


def test_a_call_of_an_agent_of_rfc_2543() -> None:
    """No magic cookie: the INVITE is known by its headers, and so are CANCEL and the ACK of a refusal."""
    bare = Bare()
    assert [row.status for row in bare.give(text(branch="1"))] == [100]
    assert [row.status for row in bare.give(text(branch="1"))] == [100], "a repetition"
    assert len(bare.agent.told) == 1
    answers = bare.give(text("CANCEL", branch="1"))
    assert [(row.status, row.cseq[1]) for row in answers] == [(200, "CANCEL"), (487, "INVITE")]
    tag = answers[1].to.tag
    bare.give(text("ACK", branch="1", to=f"<sip:b@10.0.0.2>;tag={tag}"))
    bare.ua.handle_timeout(6 * S)
    assert bare.ua.sends == [], "no repetition of the 487"
    bare.ua.handle_timeout(40 * S)
    assert empty(bare.agent)


def test_an_invite_expires() -> None:
    bare = Bare()
    bare.give(text("INVITE", "Expires: 20"))
    bare.ua.handle_timeout(20 * S)
    assert parse(bare.ua.sends[-1].data).status == 487


def test_a_provisional_response_is_repeated_each_minute() -> None:
    bare = Bare()
    bare.give(text())
    bare.agent.told[0].session.ring(now=0)
    bare.ua.sends.clear()
    bare.ua.handle_timeout(60 * S)
    assert [parse(send.data).status for send in bare.ua.sends] == [180]


def test_parts_of_a_body() -> None:
    bare = Bare()
    body = b"--x y\r\nContent-Type: application/isup\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01\x02"
    body += b"\r\n--x y\r\nContent-Type: application/SDP;a=b\r\n\r\n" + OFFER + b"\r\n--x y--\r\ntail"
    bare.give(text("INVITE", 'Content-Type: multipart/mixed; boundary="x y"', body))
    invited = bare.agent.told[0]
    assert invited.offer == OFFER
    assert [(part.content_type, part.body) for part in parts(invited.message)] == [
        ("application/isup", b"\x01\x02"),
        ("application/sdp", OFFER),
    ]


@settings(deadline=None, max_examples=200)
@given(
    body=st.binary(max_size=300),
    kind=st.sampled_from(["multipart/mixed", "multipart/mixed;boundary=a", "application/sdp", "x/y", ""]),
)
def test_any_body(body: bytes, kind: str) -> None:
    message = SipMessage()
    message.method, message.body = "INVITE", body.replace(b"b", b"\r\n--a")
    if kind:
        message.add("Content-Type", kind)
    assert isinstance(parts(message), list)
    assert isinstance(session_description(message), bytes)


@settings(deadline=None, max_examples=300)
@given(
    start=st.sampled_from(
        ["INVITE", "ACK", "BYE", "CANCEL", "PRACK", "UPDATE", "INFO", "REFER", "NOTIFY", "SUBSCRIBE", "OPTIONS"]
    ),
    headers=st.lists(
        st.sampled_from(
            [
                *(
                    "Require: 100rel",
                    "Supported: 100rel, timer",
                    "Session-Expires: 90;refresher=uas",
                    "Replaces: a;to-tag=b;from-tag=c",
                ),
                *(
                    "RAck: 1 1 INVITE",
                    "RAck: x",
                    "Refer-To: <sip:a@b?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc>",
                    "Event: dialog",
                    "Event: ;",
                ),
                *(
                    "Subscription-State: active;expires=-1",
                    "Expires: 0",
                    "Content-Type: application/sdp",
                    "Record-Route: <sip:x;lr>",
                ),
                *(
                    "Route: <sip:x>",
                    "Info-Package: x",
                    "Min-SE: 1e9",
                    "Contact: *",
                    "Record-Route: x",
                    "Event: refer;id=1",
                ),
            ]
        ),
        max_size=5,
    ),
    body=st.sampled_from([b"", OFFER, b"\xff"]),
    tagged=st.booleans(),
    number=st.integers(0, 3),
)
def test_any_request_is_answered_or_told(
    start: str, headers: list[str], body: bytes, tagged: bool, number: int
) -> None:
    """Into a call that stands, or beside it: nothing raises, and everything but ACK is answered, told or waits for the owner."""
    bare = Bare()
    bare.give(text("INVITE", SDP, OFFER))
    session = bare.agent.told.pop().session
    session.answer(ANSWER, now=0)
    bare.ua.sends.clear()
    to = f"<sip:b@10.0.0.2>;tag={session.local_tag}" if tagged else "<sip:b@10.0.0.2>"
    data = text(
        start, "\n".join(headers), body, to=to, branch="z9hG4bKq", cseq=f"{number} {start}", tag="1" if tagged else "2"
    )
    answers = bare.give(data)
    told = [event for event in bare.agent.told if type(event) is not Refused]
    assert answers or told or start == "ACK"
    for event in told:
        if type(event) is Referred:
            event.accept(now=0)


def test_challenges_of_registrations_are_answered_with_counted_nonces() -> None:
    """401 with two algorithms: the first one that we know; MESSAGE after it."""
    net = Net()
    a, b = Agent(net, "10.0.0.1"), Agent(net, "10.0.0.2")
    seen: list[Any] = []

    def admit(message: SipMessage, source: Address, flow: int) -> Admission:
        given_ = message.get("Authorization")
        if not given_:
            rows = [
                ("WWW-Authenticate", 'Digest realm="r", nonce="n", algorithm=UNKNOWN, qop="auth"'),
                ("WWW-Authenticate", str(Challenge("r", "n", "SHA-256"))),
                ("WWW-Authenticate", str(Challenge("r", "n", "MD5"))),
            ]
            return Admission.answer(response(message, 401, to_tag="x", headers=rows))
        seen.append(parse_credentials(given_))
        assert verify(given_, message.method, "pass", message.body)
        return Admission.accept()

    b.ua.admit = admit
    a.ua.request(
        "REGISTER", b.address, "sip:10.0.0.2", "<sip:a@a>", credentials=Credentials("a", "pass"), cseq=7, now=0
    )
    net.pass_by(20 * MS)
    b.take(RequestReceived).request.answer(200, now=net.now)
    net.pass_by(20 * MS)
    answered = a.take(ResponseReceived)
    assert (answered.status, answered.message.cseq[0]) == (200, 8)
    assert [(row.algorithm, row.nc, row.realm) for row in seen] == [("SHA-256", 1, "r")]


@pytest.mark.parametrize(("realm", "asked"), [("", 2), ("r", 2), ("other", 1)])
def test_passwords_go_only_to_their_realm_and_once(realm: str, asked: int) -> None:
    net = Net()
    a, b = Agent(net, "10.0.0.1"), Agent(net, "10.0.0.2")
    count = [0]

    def admit(message: SipMessage, source: Address, flow: int) -> Admission:
        count[0] += 1
        row = ("WWW-Authenticate", str(Challenge("r", f"nonce{count[0]}")))
        return Admission.answer(response(message, 401, to_tag="x", headers=[row]))

    b.ua.admit = admit
    a.ua.request(
        "REGISTER", b.address, "sip:10.0.0.2", "<sip:a@a>", credentials=Credentials("a", "wrong", realm), now=0
    )
    net.pass_by(1 * S)
    assert a.take(ResponseReceived).status == 401
    assert count[0] == asked
