"""Forks of one INVITE (RFC 3261 §13.2.2.4), routes strict and loose (§12.2.1.1), targets, peers behind NAT."""

from __future__ import annotations

from typing import Any

import pytest
from agents import ANSWER, MS, OFFER, Agent, Net, S, empty, pair

from xunhu.sip.address import Address, UaPeer
from xunhu.sip.dialog import Dialog, address_of
from xunhu.sip.events import Answered, Ended, Invited, Provisional
from xunhu.sip.message import SipMessage, SipUri, parse, response


class Forker:
    """Answers INVITEs by hand, with as many tags as it likes; keeps what comes."""

    def __init__(self, net: Net, agent: Agent) -> None:
        self.net, self.agent = net, agent
        self.got: list[SipMessage] = []
        self.at = Address("udp", "10.0.0.9", 5060)
        net.fate = self._fate

    def _fate(self, data: bytes, source: Address, to: Address) -> list[int]:
        if to.host == self.at.host:
            self.got.append(parse(data))
            return []
        return [MS]

    def of(self, method: str) -> list[SipMessage]:
        return [message for message in self.got if message.method == method]

    def say(self, invite: SipMessage, status: int, tag: str, body: bytes = b"", *headers: tuple[str, str]) -> None:
        contact = ("Contact", f"<sip:{tag}@10.0.0.9>")
        kind = "application/sdp" if body else ""
        out = response(invite, status, "", tag, [contact, *headers], body, kind)
        self.agent.ua.receive(parse(out.encode()), self.at, self.agent.address, 0, self.net.now)
        self.net.drain()


def forked() -> tuple[Net, Agent, Forker, Any, SipMessage]:
    net = Net()
    a = Agent(net, "10.0.0.1")
    forker = Forker(net, a)
    session = a.ua.invite(forker.at, "sip:b@10.0.0.9", "<sip:a@a>", body=OFFER, now=0)
    net.drain()
    return net, a, forker, session, forker.of("INVITE")[0]


def test_the_first_fork_that_answers_wins() -> None:
    net, a, forker, session, invite = forked()
    forker.say(invite, 180, "one")
    forker.say(invite, 183, "two", ANSWER)
    assert [event.message.to.tag for event in a.seen(Provisional)] == ["one", "two"]
    assert len(a.ua.dialogs) == 2
    forker.say(invite, 200, "two", ANSWER)
    assert a.take(Answered).message.to.tag == "two"
    forker.say(invite, 200, "one", ANSWER)
    forker.say(invite, 200, "three", ANSWER)
    assert [ack.to.tag for ack in forker.of("ACK")] == ["two", "one", "three"]
    byes = forker.of("BYE")
    assert [bye.to.tag for bye in byes] == ["one", "three"]
    assert byes[0].uri == "sip:one@10.0.0.9"
    for bye in byes:
        forker.say(bye, 200, "")
    forker.say(invite, 200, "one", ANSWER)  # its ACK was lost
    assert [ack.to.tag for ack in forker.of("ACK")] == ["two", "one", "three", "one"]
    assert session.dialog.remote_tag == "two"
    net.run(40 * S)
    assert list(a.ua.dialogs) == [session.dialog.key]
    session.bye(now=net.now)
    net.drain()
    forker.say(forker.of("BYE")[-1], 200, "")
    net.run()
    assert empty(a)


def test_forks_are_bounded() -> None:
    net, a, forker, session, invite = forked()
    for tag in range(50):
        forker.say(invite, 180, f"tag{tag}")
    assert len(a.ua.dialogs) == 12
    session.cancel(now=net.now)
    net.run()
    assert empty(a)


def test_a_fork_after_cancel_is_released() -> None:
    net, a, forker, session, invite = forked()
    forker.say(invite, 180, "one")
    session.cancel(now=net.now)
    net.drain()
    cancel = forker.of("CANCEL")[0]
    assert (cancel.via.branch, cancel.cseq, cancel.to.tag) == (invite.via.branch, (invite.cseq[0], "CANCEL"), "")
    forker.say(invite, 200, "two", ANSWER)
    assert [message.to.tag for message in forker.of("BYE")] == ["two"]
    forker.say(forker.of("BYE")[0], 200, "")
    assert a.take(Ended)[1:3] == (False, 487)
    net.run()
    assert empty(a)


def test_cancel_waits_for_a_provisional_response() -> None:
    net, a, forker, session, invite = forked()
    session.cancel(now=net.now)
    net.drain()
    assert forker.of("CANCEL") == []
    forker.say(invite, 100, "")
    assert len(forker.of("CANCEL")) == 1
    net.run()
    assert a.take(Ended)[1:3] == (False, 487), "no final response for 64 T1 after CANCEL (§9.1)"
    assert empty(a)


def test_an_answer_without_description_is_no_answer() -> None:
    _net, a, forker, _session, invite = forked()
    forker.say(invite, 200, "one")
    assert len(forker.of("ACK")) == len(forker.of("BYE")) == 1
    forker.say(forker.of("BYE")[0], 200, "")
    assert a.take(Ended).status == 488
    assert a.seen(Answered) == []


def test_early_media_counts_where_the_answer_repeats_it_not() -> None:
    _net, a, forker, _session, invite = forked()
    forker.say(invite, 183, "one", ANSWER)
    forker.say(invite, 200, "one")
    assert a.take(Answered).body == ANSWER


ROUTES = [("Record-Route", "<sip:p2@10.0.0.8;lr>"), ("Record-Route", "<sip:p1@10.0.0.7;lr>")]


def test_loose_routes_of_an_answer_go_backwards() -> None:
    net, _a, forker, _session, invite = forked()
    sent: list[tuple[SipMessage, Address]] = []
    net.fate = lambda data, source, to: sent.append((parse(data), to)) or []  # type: ignore[func-returns-value]
    forker.say(invite, 200, "one", ANSWER, *ROUTES)
    ack, to = sent[0]
    assert (ack.uri, [str(route.uri) for route in ack.routes]) == (
        "sip:one@10.0.0.9",
        ["sip:p1@10.0.0.7;lr", "sip:p2@10.0.0.8;lr"],
    )
    assert to.host == "10.0.0.7"


def test_a_strict_router_gets_its_own_address() -> None:
    net, _a, forker, _session, invite = forked()
    sent: list[tuple[SipMessage, Address]] = []
    net.fate = lambda data, source, to: sent.append((parse(data), to)) or []  # type: ignore[func-returns-value]
    strict = [("Record-Route", "<sip:p2@10.0.0.8>"), ("Record-Route", "<sip:p1@10.0.0.7>")]
    forker.say(invite, 200, "one", ANSWER, *strict)
    ack, to = sent[0]
    assert (ack.uri, [str(route.uri) for route in ack.routes]) == (
        "sip:p1@10.0.0.7",
        ["sip:p2@10.0.0.8", "sip:one@10.0.0.9"],
    )
    assert to.host == "10.0.0.7"


def test_routes_of_a_request_are_copied_and_used_as_they_stand() -> None:
    net, a, b = pair()
    a.invite(b, headers=[("Record-Route", "<sip:10.0.0.1;lr>"), ("Record-Route", "<sip:10.0.0.6;lr>")])
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.answer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    answered = a.take(Answered).message
    assert answered.all("Record-Route") == ["<sip:10.0.0.1;lr>", "<sip:10.0.0.6;lr>"]
    assert called.dialog.routes == ["<sip:10.0.0.1;lr>", "<sip:10.0.0.6;lr>"]


@pytest.mark.parametrize("nat", [False, True])
def test_a_peer_behind_nat_is_reached_where_it_speaks_from(nat: bool) -> None:
    from xunhu.sip.address import Admission

    net, a, b = pair()
    b.ua.admit = lambda message, source, flow: Admission.accept(UaPeer(nat=nat))
    a.invite(b, headers=[("Contact", "<sip:a@192.168.1.5:5070>")])
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.answer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    called.bye(now=net.now)
    (send,) = [send for send in b.ua.sends if send.data.startswith(b"BYE")]
    assert send.data.startswith(b"BYE sip:a@192.168.1.5:5070 SIP/2.0")
    assert send.to == (a.address if nat else Address("udp", "192.168.1.5", 5070))


def test_a_connection_is_used_again_and_named_in_via() -> None:
    """The Contact says nothing of TCP; requests go by the connection all the same, and when it has gone, to the Contact."""
    net = Net()
    a = Agent(net, "10.0.0.1", transport="tcp")
    b = Agent(net, "10.0.0.2", transport="tcp")
    a.invite(b, headers=[("Contact", "<sip:a@192.168.1.5:5070>")])
    net.pass_by(20 * MS)
    called = b.take(Invited).session
    called.answer(ANSWER, now=net.now)
    net.pass_by(20 * MS)
    called.info("x/y", b"z", now=net.now)
    (send,) = b.ua.sends
    assert (send.to, send.flow) == (Address("tcp", "192.168.1.5", 5070), 1)
    assert parse(send.data).via.transport == "TCP"
    b.ua.transport_failed(send.to, 1, net.now)
    b.ua.sends.clear()
    called.info("x/y", b"z", now=net.now)
    (send,) = b.ua.sends
    assert (send.to, send.flow) == (Address("udp", "192.168.1.5", 5070), 0)


def test_targets_that_are_names() -> None:
    dialog = Dialog("c", "l", "r", "<sip:a>", "<sip:b>", "<sip:a>")
    dialog.target = "sip:b@example.cn:5062"
    dialog.source = Address("udp", "10.0.0.3", 5060)
    _net, a, _ = pair()
    assert dialog.next_hop(a.ua) == dialog.source
    dialog.hop = None
    a.ua.resolve = lambda uri: Address("udp", "10.9.9.9", uri.port or 5060)
    assert dialog.next_hop(a.ua) == Address("udp", "10.9.9.9", 5062)


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        ("sip:1.2.3.4", Address("udp", "1.2.3.4", 5060)),
        ("sip:x@1.2.3.4:5070;transport=TCP", Address("tcp", "1.2.3.4", 5070)),
        ("sips:x@[2001:db8::1]", Address("tls", "2001:db8::1", 5061)),
        ("sip:x@host4", None),
        ("sip:x@host", None),
    ],
)
def test_literal_addresses(uri: str, address: Address | None) -> None:
    assert address_of(SipUri.parse(uri)) == address
